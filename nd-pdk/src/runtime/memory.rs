//! The memory of a plugin: small, and made for instances that live for one call.
//!
//! Free blocks wait in lists by size class, four classes to each power of two, and are used again for the same class;
//! the rest of the memory is handed out from front to back. That is a tenth of the code of a general allocator and a
//! fifth of its work. Blocks are never joined, so a plugin that frees many small ones and then wants large ones needs
//! more memory than with another allocator: at most the sum of what it held of each class at the same time.
//!
//! The C library allocates too, under functions of `std` that few plugins call and the panic message links anyway. It
//! gets its blocks here ([`c`]), so that its own allocator, which is larger than a small plugin, is left out.

use super::OUT_OF_MEMORY;
use super::platform::give_up;
use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr::null_mut;

mod c;

/// Sizes up to twice this one share the step from class to class.
const SMALL: usize = 32;
/// Enough for every size that a layout may have.
const CLASSES: usize = 108;
/// All blocks have this alignment; a larger one is asked for.
const ALIGN: usize = 8;
const PAGE: usize = 64 * 1024;

/// The memory of this instance.
#[global_allocator]
static MEMORY: Memory = Memory(UnsafeCell::new(State {
    next: 0,
    end: 0,
    free: [null_mut(); CLASSES],
}));

struct Memory(UnsafeCell<State>);

// SAFETY: plugins have one thread.
unsafe impl Sync for Memory {}

struct State {
    /// Where memory begins that was never handed out, and where it ends; both zero before the first block.
    next: usize,
    end: usize,
    /// The first free block of each class, which holds the place of the next one.
    free: [*mut Free; CLASSES],
}

struct Free {
    next: *mut Free,
}

unsafe extern "C" {
    /// Where the linker put the end of data and stack. Only its address means something.
    static __heap_base: u8;
}

/// Returns the class of a size and the size of its blocks.
#[inline(always)]
fn class(size: usize) -> (usize, usize) {
    let last = size.wrapping_sub(1);
    if last < 2 * SMALL {
        // What follows comes to the same for these.
        return (last / ALIGN, (last | (ALIGN - 1)) + 1);
    }
    // The two bits below the highest one tell four classes apart.
    let high = (usize::BITS - 1 - last.leading_zeros()) as usize;
    let step = high - 2;
    let quarter = last >> step;
    ((high - 5) * 4 + quarter, (quarter + 1) << step)
}

// SAFETY: blocks come from memory that nobody else uses, do not overlap, and are aligned as asked.
unsafe impl GlobalAlloc for Memory {
    #[inline(always)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: one thread, and nothing below calls back.
        let block = unsafe { (*self.0.get()).take(layout.size(), layout.align()) };
        // SAFETY: no block is at the address zero. Said here, where the compiler sees it and leaves out the code that
        // handles a failed allocation.
        unsafe { core::hint::assert_unchecked(!block.is_null()) };
        block
    }

    #[inline(always)]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: one thread; the block was handed out for a layout of this size.
        unsafe { (*self.0.get()).put(block, layout.size()) };
    }

    #[inline(always)]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above.
        let block = unsafe { (*self.0.get()).resize(block, layout, size) };
        // SAFETY: as above.
        unsafe { core::hint::assert_unchecked(!block.is_null()) };
        block
    }
}

impl State {
    #[inline(never)]
    fn take(&mut self, size: usize, align: usize) -> *mut u8 {
        let (class, size) = class(size);
        if align > ALIGN {
            return self.fresh(size, align);
        }
        // SAFETY: there are as many lists as classes.
        let free = unsafe { self.free.get_unchecked_mut(class) };
        let block: *mut Free = *free;
        if !block.is_null() {
            // SAFETY: blocks in the list are free and hold the place of the next one.
            *free = unsafe { (*block).next };
            return block.cast();
        }
        // All blocks before have the alignment.
        let start = self.next;
        if size <= self.end - start {
            self.next = start + size;
            return start as *mut u8;
        }
        self.fresh(size, ALIGN)
    }

    /// # Safety
    ///
    /// The block must have been handed out for this size.
    #[inline(never)]
    unsafe fn put(&mut self, block: *mut u8, size: usize) {
        let (class, _) = class(size);
        // SAFETY: there are as many lists as classes.
        let free = unsafe { self.free.get_unchecked_mut(class) };
        let block: *mut Free = block.cast();
        // SAFETY: the block is free now and large enough for a place.
        unsafe { (*block).next = *free };
        *free = block;
    }

    /// # Safety
    ///
    /// The block must have been handed out for this layout.
    #[inline(never)]
    unsafe fn resize(&mut self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let ((before, held), (after, wanted)) = (class(layout.size()), class(size));
        if before == after {
            return old;
        }
        // The block handed out last grows where it is.
        let start = old as usize;
        if start + held == self.next && wanted <= self.end - start {
            self.next = start + wanted;
            return old;
        }
        let new = self.take(size, layout.align());
        // SAFETY: the blocks do not overlap, and the old one is not used again.
        unsafe {
            core::ptr::copy_nonoverlapping(old, new, size.min(layout.size()));
            self.put(old, layout.size());
        }
        new
    }

    /// Hands out memory that was never used.
    #[cold]
    #[inline(never)]
    fn fresh(&mut self, size: usize, align: usize) -> *mut u8 {
        loop {
            let start = (self.next + align - 1) & !(align - 1);
            if start <= self.end && size <= self.end - start {
                self.next = start + size;
                return start as *mut u8;
            }
            self.grow(size + align);
        }
    }

    /// Makes room for a block, or ends the call.
    #[cold]
    #[inline(never)]
    fn grow(&mut self, size: usize) {
        if self.end == 0 {
            // What is left of the first pages behind data and stack.
            self.next = (&raw const __heap_base as usize + ALIGN - 1) & !(ALIGN - 1);
            self.end = core::arch::wasm32::memory_size(0) * PAGE;
            return;
        }
        let pages = size.div_ceil(PAGE);
        let at = core::arch::wasm32::memory_grow(0, pages);
        // A refusal is the largest number, and the end of 4 GiB is no address: both overflow.
        let Some(end) = at.saturating_add(pages).checked_mul(PAGE) else {
            give_up(OUT_OF_MEMORY);
        };
        if at * PAGE != self.end {
            self.next = at * PAGE;
        }
        self.end = end;
    }
}
