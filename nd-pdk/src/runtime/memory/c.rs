//! The allocation functions of the C library, on the allocator of this plugin.
//!
//! All that the library's own allocator defines: were one missing, the linker would take that one too, and find the
//! others defined twice.

use super::{MEMORY, PAGE};
use core::alloc::{GlobalAlloc, Layout};

/// What stands before each block, for C does not say the size when it frees one.
struct Header {
    size: usize,
    align: usize,
}

/// Room for the header which keeps the alignment that C expects of every block.
const HEADER: usize = 16;

fn layout(size: usize, align: usize) -> Option<Layout> {
    Layout::from_size_align(size.checked_add(align)?, align).ok()
}

/// Allocates a block whose header fits into the `align` bytes before it.
#[inline(never)]
fn allocate(size: usize, align: usize) -> *mut u8 {
    let align = align.max(HEADER);
    let Some(layout) = layout(size, align) else {
        return core::ptr::null_mut();
    };
    // SAFETY: the layout is not empty, and the header lies within what was allocated.
    unsafe {
        let block = MEMORY.alloc(layout).add(align);
        block.cast::<Header>().sub(1).write(Header { size, align });
        block
    }
}

/// # Safety
///
/// `block` must come from [`allocate`].
unsafe fn size(block: *mut u8) -> usize {
    // SAFETY: every block has a header.
    unsafe { (*block.cast::<Header>().sub(1)).size }
}

#[unsafe(no_mangle)]
extern "C" fn malloc(size: usize) -> *mut u8 {
    allocate(size, HEADER)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn free(block: *mut u8) {
    if block.is_null() {
        return;
    }
    // SAFETY: the block comes from `allocate`, whose layout this is.
    unsafe {
        let Header { size, align } = block.cast::<Header>().sub(1).read();
        let layout = Layout::from_size_align_unchecked(size + align, align);
        MEMORY.dealloc(block.sub(align), layout);
    }
}

#[unsafe(no_mangle)]
extern "C" fn calloc(count: usize, size: usize) -> *mut u8 {
    let Some(size) = count.checked_mul(size) else {
        return core::ptr::null_mut();
    };
    let block = allocate(size, HEADER);
    if !block.is_null() {
        // SAFETY: the block has this size.
        unsafe { block.write_bytes(0, size) };
    }
    block
}

#[unsafe(no_mangle)]
unsafe extern "C" fn realloc(block: *mut u8, length: usize) -> *mut u8 {
    let new = allocate(length, HEADER);
    if !block.is_null() && !new.is_null() {
        // SAFETY: both blocks are at least as long as what is copied, and `block` is not used again.
        unsafe {
            block.copy_to_nonoverlapping(new, size(block).min(length));
            free(block);
        }
    }
    new
}

#[unsafe(no_mangle)]
extern "C" fn aligned_alloc(align: usize, size: usize) -> *mut u8 {
    if align.is_power_of_two() && align <= PAGE {
        allocate(size, align)
    } else {
        core::ptr::null_mut()
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn posix_memalign(place: *mut *mut u8, align: usize, size: usize) -> i32 {
    const EINVAL: i32 = 28;
    const ENOMEM: i32 = 48;
    if !align.is_power_of_two() || align > PAGE {
        return EINVAL;
    }
    let block = allocate(size, align);
    if block.is_null() {
        return ENOMEM;
    }
    // SAFETY: C passes a place for the answer.
    unsafe { place.write(block) };
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn malloc_usable_size(block: *mut u8) -> usize {
    if block.is_null() {
        return 0;
    }
    // SAFETY: the block comes from `allocate`.
    unsafe { size(block) }
}

#[unsafe(no_mangle)]
extern "C" fn __libc_malloc(size: usize) -> *mut u8 {
    malloc(size)
}

#[unsafe(no_mangle)]
extern "C" fn __libc_calloc(count: usize, size: usize) -> *mut u8 {
    calloc(count, size)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __libc_free(block: *mut u8) {
    // SAFETY: as for `free`.
    unsafe { free(block) }
}
