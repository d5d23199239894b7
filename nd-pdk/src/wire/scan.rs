//! Looking for what strings cannot hold as it is: a quote, a backslash or a control character.
//!
//! Strings are most of a document, so this looks at as many bytes at a time as it can: at sixteen in wasm, where every
//! server has vectors, elsewhere at eight.

const ONES: u64 = u64::MAX / 255;
/// The highest bit of each byte of a word, which bytes of ASCII do not have.
pub(super) const HIGH: u64 = ONES << 7;

/// Returns the first place from this one on that strings cannot hold.
///
/// # Safety
///
/// There must be such a place, and [`STEP`] bytes must be readable from each place before.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
#[inline(never)]
pub(super) unsafe fn plain_end(mut at: *const u8) -> *const u8 {
    loop {
        // SAFETY: promised by the caller.
        let marks = unsafe { marks(at) };
        if marks != 0 {
            // SAFETY: within what was looked at.
            return unsafe { at.add(first(marks)) };
        }
        // SAFETY: the place looked for comes later.
        at = unsafe { at.add(STEP) };
    }
}

/// Copies a text to a place with room for it, and returns whether strings can hold all of it as it is.
///
/// # Safety
///
/// The length of the text must be writable there.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
#[inline(never)]
pub(super) unsafe fn copy_plain(text: &[u8], to: *mut u8) -> bool {
    let (from, length) = (text.as_ptr(), text.len());
    // SAFETY: both places are that long, and the last step, which may overlap the one before, is within them.
    unsafe {
        let Some(last) = length.checked_sub(STEP) else {
            let mut plain = true;
            for at in 0..length {
                let byte = *from.add(at);
                plain &= byte >= b' ' && byte != b'"' && byte != b'\\';
                to.add(at).write(byte);
            }
            return plain;
        };
        let mut found = step(from.add(last), to.add(last));
        let mut at = 0;
        while at + STEP < last {
            found = either(found, step(from.add(at), to.add(at)));
            found = either(found, step(from.add(at + STEP), to.add(at + STEP)));
            at += 2 * STEP;
        }
        if at < last {
            found = either(found, step(from.add(at), to.add(at)));
        }
        !any(found)
    }
}

/// Returns the place of the next byte from this one on that strings cannot hold, or the length.
pub(super) fn plain_until(bytes: &[u8], from: usize) -> usize {
    // SAFETY: the processor has what the function uses.
    unsafe { search(bytes, from) }
}

/// # Safety
///
/// None; functions for features that a processor may lack have to be marked.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
#[inline(never)]
unsafe fn search(bytes: &[u8], from: usize) -> usize {
    let (start, length) = (bytes.as_ptr(), bytes.len());
    let mut at = from;
    if let Some(last) = length.checked_sub(STEP) {
        while at <= last {
            // SAFETY: the place is at least a step before the end.
            let marks = unsafe { marks(start.add(at)) };
            if marks != 0 {
                return at + first(marks);
            }
            at += STEP;
        }
        if at < length {
            // What is left over is looked at together with what precedes it, which is shifted out.
            // SAFETY: as above.
            let marks = unsafe { marks(start.add(last)) } >> ((at - last) * BITS);
            if marks != 0 {
                return at + first(marks);
            }
        }
        return length;
    }
    while at < length {
        // SAFETY: the place is before the end.
        if matches!(unsafe { *start.add(at) }, 0..=31 | b'"' | b'\\') {
            break;
        }
        at += 1;
    }
    at
}

/// Bytes that are looked at in one go.
pub(super) use step::STEP;
use step::{BITS, any, either, first, marks, step};

#[cfg(target_arch = "wasm32")]
mod step {
    use core::arch::wasm32::{
        i8x16_bitmask, i8x16_eq, i8x16_splat, u8x16_lt, u8x16_splat, v128, v128_any_true,
        v128_load, v128_or, v128_store, v128_xor,
    };

    pub(in crate::wire) const STEP: usize = 16;
    /// Bits of the marks for each byte.
    pub(super) const BITS: usize = 1;

    /// Marks the bytes that strings cannot hold.
    ///
    /// # Safety
    ///
    /// As many bytes must be readable as a step has.
    #[target_feature(enable = "simd128")]
    #[inline]
    pub(super) unsafe fn marks(at: *const u8) -> u32 {
        // SAFETY: promised by the caller.
        u32::from(i8x16_bitmask(special(unsafe { v128_load(at.cast()) })))
    }

    /// Fills the bytes that strings cannot hold with ones, the others with zeros.
    #[target_feature(enable = "simd128")]
    #[inline]
    fn special(bytes: v128) -> v128 {
        let backslash = i8x16_eq(bytes, i8x16_splat(b'\\' as i8));
        // With this bit turned, the quote follows the control characters.
        let turned = v128_xor(bytes, i8x16_splat(2));
        v128_or(backslash, u8x16_lt(turned, u8x16_splat(b' ' + 1)))
    }

    /// The byte of the first mark.
    pub(super) fn first(marks: u32) -> usize {
        marks.trailing_zeros() as usize
    }

    /// Copies a step, and finds the bytes that strings cannot hold.
    ///
    /// # Safety
    ///
    /// As many bytes must be readable and writable as a step has.
    #[target_feature(enable = "simd128")]
    #[inline]
    pub(super) unsafe fn step(from: *const u8, to: *mut u8) -> v128 {
        // SAFETY: promised by the caller.
        unsafe {
            let bytes = v128_load(from.cast());
            v128_store(to.cast(), bytes);
            special(bytes)
        }
    }

    #[target_feature(enable = "simd128")]
    #[inline]
    pub(super) fn either(a: v128, b: v128) -> v128 {
        v128_or(a, b)
    }

    #[target_feature(enable = "simd128")]
    #[inline]
    pub(super) fn any(found: v128) -> bool {
        v128_any_true(found)
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod step {
    use super::{HIGH, ONES};

    pub(in crate::wire) const STEP: usize = 8;
    /// Bits of the marks for each byte.
    pub(super) const BITS: usize = 8;

    /// Marks the first of the bytes that strings cannot hold by its highest bit. Bytes after it may be marked without
    /// reason.
    ///
    /// # Safety
    ///
    /// As many bytes must be readable as a step has.
    pub(super) unsafe fn marks(at: *const u8) -> u64 {
        // SAFETY: promised by the caller.
        let word = u64::from_le(unsafe { at.cast::<u64>().read_unaligned() });
        // Set where the byte is less than a space, or zero after exclusive or with the byte looked for.
        let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word;
        let quote = below(word ^ (ONES * u64::from(b'"')), 1);
        let backslash = below(word ^ (ONES * u64::from(b'\\')), 1);
        (below(word, 32) | quote | backslash) & HIGH
    }

    /// The byte of the first mark.
    pub(super) fn first(marks: u64) -> usize {
        marks.trailing_zeros() as usize / 8
    }

    /// Copies a step, and finds the bytes that strings cannot hold.
    ///
    /// # Safety
    ///
    /// As many bytes must be readable and writable as a step has.
    pub(super) unsafe fn step(from: *const u8, to: *mut u8) -> u64 {
        // SAFETY: promised by the caller.
        unsafe {
            to.cast::<u64>()
                .write_unaligned(from.cast::<u64>().read_unaligned());
            marks(from)
        }
    }

    pub(super) fn either(a: u64, b: u64) -> u64 {
        a | b
    }

    pub(super) fn any(found: u64) -> bool {
        found != 0
    }
}

#[cfg(test)]
mod tests {
    use super::{copy_plain, plain_until};

    #[test]
    fn every_special_byte_is_found_wherever_it_stands() {
        for length in 0..50 {
            let plain = vec![b'a'; length];
            assert_eq!(plain_until(&plain, 0), length);
            let mut copy = vec![0; length];
            // SAFETY: both are that long.
            assert!(unsafe { copy_plain(&plain, copy.as_mut_ptr()) });
            assert_eq!(copy, plain);
            for place in 0..length {
                for special in [0, 10, 31, b'"', b'\\'] {
                    let mut bytes = vec![0xc3; length];
                    bytes[place] = special;
                    // SAFETY: as above.
                    assert!(!unsafe { copy_plain(&bytes, copy.as_mut_ptr()) });
                    for from in 0..=place {
                        assert_eq!(plain_until(&bytes, from), place);
                    }
                    // Specials before do not count.
                    bytes[..place].fill(b'"');
                    bytes[place] = b' ';
                    bytes[place + 1..].fill(b'!');
                    assert_eq!(plain_until(&bytes, place), length);
                }
            }
        }
    }
}
