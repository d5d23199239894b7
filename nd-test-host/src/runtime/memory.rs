//! The memory between host and guest: blocks the guest asks for by number, and the marks for input, output and error.
//!
//! Extism keeps this memory in a small WebAssembly module. Here it is a plain buffer, so that no offset a guest makes
//! up reaches beyond it: what is out of bounds reads as zero and is not written, and the books of the allocator are
//! out of the guest's reach.

use std::collections::{BTreeMap, BTreeSet};

use crate::wire::lossy;

/// Offset of the first block. Offset 0 means "nothing", and small numbers are likely mistakes.
const FIRST: u64 = 64;
/// A freed block is split when at least this much would be wasted.
const MIN_SPLIT: u64 = 128;
/// What the books take for a block, in bytes. It counts as memory: a guest may ask for any number of tiny blocks.
const BOOKS: u64 = 64;

/// The blocks of one instance.
pub(super) struct Memory {
    bytes: Vec<u8>,
    blocks: BTreeMap<u64, Block>,
    /// Freed blocks by size, then offset.
    free: BTreeSet<(u64, u64)>,
    limit: u64,
    input: Range,
    output: Range,
    error: u64,
}

struct Block {
    size: u64,
    used: u64,
    active: bool,
}

/// A stretch of memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) offset: u64,
    pub(super) length: u64,
}

impl Memory {
    /// Makes an empty memory that never grows beyond `limit` bytes, the books of its blocks included.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            bytes: vec![0; FIRST as usize],
            blocks: BTreeMap::new(),
            free: BTreeSet::new(),
            limit: limit as u64,
            input: Range::default(),
            output: Range::default(),
            error: 0,
        }
    }

    /// Reserves a block and returns its offset, or 0 if there is no room.
    pub(super) fn alloc(&mut self, length: u64) -> u64 {
        if length == 0 {
            return 0;
        }
        match self.free.range((length, 0)..).next().copied() {
            Some(found) => self.reuse(found, length),
            None => self.extend(length),
        }
    }

    fn reuse(&mut self, (size, offset): (u64, u64), length: u64) -> u64 {
        self.free.remove(&(size, offset));
        let (size, offset) = if size - length >= MIN_SPLIT && self.has_room(0) {
            let rest = size - length;
            self.blocks.insert(
                offset,
                Block {
                    size: rest,
                    used: 0,
                    active: false,
                },
            );
            self.free.insert((rest, offset));
            (length, offset + rest)
        } else {
            (size, offset)
        };
        self.blocks.insert(
            offset,
            Block {
                size,
                used: length,
                active: true,
            },
        );
        offset
    }

    /// Tells whether there is room for so many bytes in one more block.
    fn has_room(&self, length: u64) -> bool {
        let books = BOOKS * (self.blocks.len() as u64 + 1);
        let used = (self.bytes.len() as u64).saturating_add(books);
        used.saturating_add(length) <= self.limit
    }

    fn extend(&mut self, length: u64) -> u64 {
        if !self.has_room(length) {
            return 0;
        }
        let offset = self.bytes.len() as u64;
        self.bytes.resize((offset + length) as usize, 0);
        self.blocks.insert(
            offset,
            Block {
                size: length,
                used: length,
                active: true,
            },
        );
        offset
    }

    /// Reserves a block for these bytes; returns 0 for none at all, or if there is no room.
    pub(super) fn store(&mut self, bytes: &[u8]) -> u64 {
        let offset = self.alloc(bytes.len() as u64);
        if offset != 0 {
            let start = offset as usize;
            self.bytes[start..start + bytes.len()].copy_from_slice(bytes);
        }
        offset
    }

    /// Gives a block back. Anything but the offset of a block in use is ignored.
    pub(super) fn free(&mut self, offset: u64) {
        let Some(block) = self.blocks.get_mut(&offset).filter(|block| block.active) else {
            return;
        };
        block.active = false;
        self.free.insert((block.size, offset));
        if offset == self.input.offset {
            self.input.length = 0;
        }
    }

    /// Returns the length of a block in use, or 0.
    pub(super) fn length(&self, offset: u64) -> u64 {
        match self.blocks.get(&offset) {
            Some(block) if block.active => block.used,
            _ => 0,
        }
    }

    /// Returns the content of a block in use; anything else reads as empty.
    pub(super) fn block(&self, offset: u64) -> &[u8] {
        let length = self.length(offset);
        self.slice(Range { offset, length }).unwrap_or_default()
    }

    pub(super) fn load_u8(&self, offset: u64) -> u8 {
        self.load::<1>(offset)[0]
    }

    pub(super) fn load_u64(&self, offset: u64) -> u64 {
        u64::from_le_bytes(self.load(offset))
    }

    pub(super) fn store_u8(&mut self, offset: u64, value: u8) {
        self.write(offset, &[value]);
    }

    pub(super) fn store_u64(&mut self, offset: u64, value: u64) {
        self.write(offset, &value.to_le_bytes());
    }

    fn load<const N: usize>(&self, offset: u64) -> [u8; N] {
        let mut word = [0; N];
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        if start >= FIRST as usize
            && let Some(rest) = self.bytes.get(start..)
        {
            let length = rest.len().min(N);
            word[..length].copy_from_slice(&rest[..length]);
        }
        word
    }

    fn write(&mut self, offset: u64, word: &[u8]) {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        if start >= FIRST as usize
            && let Some(rest) = self.bytes.get_mut(start..)
        {
            let length = rest.len().min(word.len());
            rest[..length].copy_from_slice(&word[..length]);
        }
    }

    fn slice(&self, range: Range) -> Option<&[u8]> {
        let start = usize::try_from(range.offset).ok()?;
        let length = usize::try_from(range.length).ok()?;
        self.bytes.get(start..start.checked_add(length)?)
    }

    fn in_bounds(&self, offset: u64) -> bool {
        (FIRST..self.bytes.len() as u64).contains(&offset)
    }

    /// Tells whether a stretch lies inside the memory, its last byte included.
    fn holds(&self, range: Range) -> bool {
        let last = range.offset.wrapping_add(range.length).wrapping_sub(1);
        self.in_bounds(range.offset) && (range.length == 0 || self.in_bounds(last))
    }

    pub(super) fn input(&self) -> Range {
        self.input
    }

    /// Marks the input. A stretch outside the memory is ignored.
    pub(super) fn set_input(&mut self, range: Range) {
        if self.holds(range) {
            self.input = range;
        }
    }

    pub(super) fn input_load_u8(&self, index: u64) -> u8 {
        if index >= self.input.length {
            return 0;
        }
        self.load_u8(self.input.offset.wrapping_add(index))
    }

    pub(super) fn input_load_u64(&self, index: u64) -> u64 {
        if index.saturating_add(8) > self.input.length {
            return 0;
        }
        self.load_u64(self.input.offset.wrapping_add(index))
    }

    pub(super) fn output(&self) -> Range {
        self.output
    }

    /// Marks the output. A stretch outside the memory is ignored.
    pub(super) fn set_output(&mut self, range: Range) {
        if self.holds(range) {
            self.output = range;
        }
    }

    /// Returns the marked output.
    pub(super) fn output_bytes(&self) -> &[u8] {
        self.slice(self.output).unwrap_or_default()
    }

    pub(super) fn error(&self) -> u64 {
        self.error
    }

    /// Marks a block as the error text; 0 takes the mark away, an offset outside the memory is ignored.
    pub(super) fn set_error(&mut self, offset: u64) {
        if offset == 0 || self.in_bounds(offset) {
            self.error = offset;
        }
    }

    /// Returns the error text, if one is set that is not empty.
    pub(super) fn error_text(&self) -> Option<String> {
        let text = self.block(self.error);
        (!text.is_empty()).then(|| lossy(text))
    }

    /// Returns how large the memory is.
    pub(super) fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Forgets every block and every mark.
    pub(super) fn reset(&mut self) {
        *self = Self::new(self.limit as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory() -> Memory {
        Memory::new(1 << 20)
    }

    #[test]
    fn a_block_keeps_what_was_stored() {
        let mut memory = memory();
        let offset = memory.store(b"hello world");
        assert_eq!(memory.length(offset), 11);
        assert_eq!(memory.load_u64(offset), u64::from_le_bytes(*b"hello wo"));
        memory.store_u8(offset, b'J');
        assert_eq!(memory.block(offset), b"Jello world");
        assert_eq!(memory.length(offset + 1), 0, "only the start is a block");
    }

    #[test]
    fn the_books_of_tiny_blocks_count() {
        let mut memory = memory();
        let blocks = (0..1 << 20).take_while(|_| memory.alloc(1) != 0).count();
        assert!((10_000..1 << 14).contains(&blocks), "{blocks}");
        // A block that cannot be split for want of room is given whole.
        let mut memory = Memory::new(64 + 1000 + 64);
        let block = memory.alloc(1000);
        memory.free(block);
        assert_eq!(memory.alloc(10), block);
        assert_eq!(memory.alloc(10), 0);
    }

    #[test]
    fn freed_blocks_are_used_again_and_large_ones_are_split() {
        let mut memory = memory();
        let first = memory.alloc(1000);
        let second = memory.alloc(10);
        memory.free(first);
        assert_eq!(memory.length(first), 0);
        let small = memory.alloc(100);
        assert!(small > first && small + 100 == second);
        assert_eq!(memory.alloc(850), first);
        let size = memory.size();
        memory.free(second);
        memory.free(second);
        assert_eq!(memory.alloc(9), second);
        assert_ne!(memory.alloc(9), second, "freeing twice is freeing once");
        assert!(memory.size() > size);
    }

    #[test]
    fn no_offset_reaches_beyond_the_memory() {
        let mut memory = memory();
        let offset = memory.store(b"abc");
        for forged in [0, 1, 63, 1 << 20, u64::MAX - 3, u64::MAX] {
            assert_eq!(memory.load_u8(forged), 0);
            assert_eq!(memory.load_u64(forged), 0);
            memory.store_u64(forged, u64::MAX);
            memory.free(forged);
            assert_eq!(memory.length(forged), 0);
            let range = |length| Range {
                offset: forged,
                length,
            };
            memory.set_output(range(u64::MAX));
            memory.set_input(range(2));
            assert_eq!(memory.output_bytes(), b"");
        }
        memory.set_output(Range {
            offset,
            length: u64::MAX,
        });
        memory.set_output(Range { offset, length: 4 });
        assert_eq!(memory.output(), Range::default());
        assert_eq!(memory.block(offset), b"abc");
    }

    #[test]
    fn words_at_the_end_are_clipped() {
        let mut memory = memory();
        let offset = memory.store(b"abc");
        memory.store_u64(offset, u64::from_le_bytes(*b"xyz12345"));
        assert_eq!(memory.block(offset), b"xyz");
        assert_eq!(
            memory.load_u64(offset + 1),
            u64::from_le_bytes(*b"yz\0\0\0\0\0\0")
        );
    }

    #[test]
    fn there_is_an_end_to_growth() {
        let mut memory = memory();
        assert_eq!(memory.alloc(u64::MAX), 0);
        assert_eq!(memory.alloc(1 << 20), 0);
        let mut blocks = 0;
        while memory.alloc(64 << 10) != 0 {
            blocks += 1;
        }
        assert_eq!(blocks, 15);
    }

    #[test]
    fn freeing_the_input_leaves_nothing_to_read() {
        let mut memory = memory();
        let offset = memory.store(b"input");
        memory.set_input(Range { offset, length: 5 });
        assert_eq!(memory.input_load_u8(4), b't');
        assert_eq!(memory.input_load_u64(0), 0, "fewer than eight bytes");
        memory.free(offset);
        assert_eq!(memory.input().length, 0);
    }

    #[test]
    fn an_empty_error_text_is_none() {
        let mut memory = memory();
        let offset = memory.store(b"boom");
        memory.set_error(offset);
        assert_eq!(memory.error_text().as_deref(), Some("boom"));
        memory.set_error(u64::MAX);
        assert_eq!(memory.error(), offset);
        memory.set_error(0);
        assert_eq!(memory.error_text(), None);
        memory.set_error(offset + 1);
        assert_eq!(memory.error_text(), None, "not the start of a block");
    }
}
