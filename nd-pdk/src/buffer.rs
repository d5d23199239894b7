//! Growing texts and lists without the ways of `Vec` and `String` to panic.
//!
//! A panic that could happen anywhere links the standard library's code that prints panics, which is half as large as
//! a small plugin. So the kit itself has none: there is no such thing as a capacity overflow here, and a plugin that
//! runs out of memory ends its call with a text.

use crate::runtime::{OUT_OF_MEMORY, platform};
use std::alloc::{Layout, alloc, realloc};

/// Makes room for so many more elements.
#[inline(always)]
pub(crate) fn reserve<T>(list: &mut Vec<T>, more: usize) {
    if list.capacity() - list.len() < more {
        grow(list, more);
    }
}

#[cold]
#[inline(never)]
fn grow<T>(list: &mut Vec<T>, more: usize) {
    let (length, capacity) = (list.len(), list.capacity());
    let wanted = length.checked_add(more);
    let wanted = wanted.map(|wanted| wanted.max(capacity * 2).max(LEAST));
    let Some(layout) = wanted.and_then(|wanted| Layout::array::<T>(wanted).ok()) else {
        platform::give_up(OUT_OF_MEMORY);
    };
    // SAFETY: types without size never need to grow, so the layouts are not empty; the old block is that of the list,
    // whose elements move to the new one.
    unsafe {
        let block = match Layout::array::<T>(capacity) {
            Ok(before) if capacity > 0 => realloc(list.as_mut_ptr().cast(), before, layout.size()),
            _ => alloc(layout),
        };
        if block.is_null() {
            platform::give_up(OUT_OF_MEMORY);
        }
        let list = core::mem::replace(
            list,
            Vec::from_raw_parts(block.cast(), length, layout.size() / size_of::<T>()),
        );
        core::mem::forget(list);
    }
}

/// Elements there is room for at least.
const LEAST: usize = 4;

/// Makes room for so many more bytes and returns where they go.
#[inline(always)]
pub(crate) fn room(out: &mut Vec<u8>, more: usize) -> *mut u8 {
    reserve(out, more);
    // SAFETY: the end of a list is within its block.
    unsafe { out.as_mut_ptr().add(out.len()) }
}

/// Makes bytes count up to a place.
///
/// # Safety
///
/// The place must be within the block, and everything before must be written.
#[inline(always)]
pub(crate) unsafe fn end_at(out: &mut Vec<u8>, end: *mut u8) {
    // SAFETY: promised by the caller.
    unsafe { out.set_len(end as usize - out.as_ptr() as usize) };
}

/// Adds an element and returns its place.
#[inline(always)]
pub(crate) fn add<T>(list: &mut Vec<T>, element: T) -> &mut T {
    reserve(list, 1);
    let length = list.len();
    // SAFETY: there is room for one more element, which is written before it counts.
    unsafe {
        let place = list.as_mut_ptr().add(length);
        place.write(element);
        list.set_len(length + 1);
        &mut *place
    }
}

/// Adds a byte.
#[inline(always)]
pub(crate) fn push(out: &mut Vec<u8>, byte: u8) {
    add(out, byte);
}

/// Adds bytes.
#[inline(never)]
pub(crate) fn append(out: &mut Vec<u8>, bytes: &[u8]) {
    extend(out, bytes);
}

/// Adds bytes, where it happens often enough to be worth the space.
#[inline(always)]
pub(crate) fn extend(out: &mut Vec<u8>, bytes: &[u8]) {
    reserve(out, bytes.len());
    let length = out.len();
    // SAFETY: there is room for the bytes, and they are written before they count.
    unsafe {
        out.as_mut_ptr()
            .add(length)
            .copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
        out.set_len(length + bytes.len());
    }
}

/// Adds a text to another.
pub(crate) fn append_text(out: &mut String, text: &str) {
    // SAFETY: two texts make a text.
    append(unsafe { out.as_mut_vec() }, text.as_bytes());
}

/// Returns an empty list of bytes with room for exactly so many.
#[inline(always)]
pub(crate) fn with_room(length: usize) -> Vec<u8> {
    if length > isize::MAX as usize {
        platform::give_up(OUT_OF_MEMORY);
    }
    // SAFETY: just checked.
    unsafe { with_room_unchecked(length) }
}

/// # Safety
///
/// The length must be that of something in memory, or as small.
#[inline(always)]
unsafe fn with_room_unchecked(length: usize) -> Vec<u8> {
    if length == 0 {
        return Vec::new();
    }
    // SAFETY: the layout is not empty, its size is that of a layout, and it is that of the list.
    unsafe {
        let block = alloc(Layout::from_size_align_unchecked(length, 1));
        if block.is_null() {
            platform::give_up(OUT_OF_MEMORY);
        }
        Vec::from_raw_parts(block, 0, length)
    }
}

/// Copies a text.
#[inline(always)]
pub(crate) fn copy(text: &str) -> String {
    // SAFETY: there is room for the text, and it is one.
    unsafe {
        let mut bytes = with_room_unchecked(text.len());
        bytes
            .as_mut_ptr()
            .copy_from_nonoverlapping(text.as_ptr(), text.len());
        bytes.set_len(text.len());
        String::from_utf8_unchecked(bytes)
    }
}

/// Puts texts together.
#[inline(never)]
pub(crate) fn concat(parts: &[&str]) -> String {
    let mut length = 0usize;
    for part in parts {
        length = length.saturating_add(part.len());
    }
    let mut whole = with_room(length);
    for part in parts {
        append(&mut whole, part.as_bytes());
    }
    // SAFETY: texts make a text.
    unsafe { String::from_utf8_unchecked(whole) }
}

#[cfg(test)]
mod tests {
    use super::{add, append_text, concat, copy};

    #[test]
    fn texts_and_lists_grow() {
        let mut text = concat(&["a", "", "bc"]);
        append_text(&mut text, "ä");
        assert_eq!(copy(&text), "abcä");
        assert_eq!((copy(""), concat(&[])), (String::new(), String::new()));
        let mut list = Vec::new();
        for number in 0..1000 {
            *add(&mut list, number) += 1;
        }
        assert_eq!(list, (1..=1000).collect::<Vec<i32>>());
    }
}
