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
        let found = unsafe { look(at) };
        if any(found) {
            // SAFETY: within what was looked at.
            return unsafe { at.add(first(found)) };
        }
        // SAFETY: the place looked for comes later.
        at = unsafe { at.add(STEP) };
    }
}

/// Copies so many bytes to a place up to the first byte that strings cannot hold, and returns how many bytes that were.
/// What follows them there is overwritten.
///
/// # Safety
///
/// The bytes must be readable here and writable there.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
#[inline(never)]
pub(super) unsafe fn copy_plain(from: *const u8, length: usize, to: *mut u8) -> usize {
    // SAFETY: both places are that long, and every step is within them.
    unsafe {
        let Some(last) = length.checked_sub(STEP) else {
            return copy_short(from, length, to);
        };
        // Two steps at a time, which may overlap where the text ends: each other, or those before.
        let second = last.min(STEP);
        let last = last - second;
        let mut at = 0;
        loop {
            let one = step(from.add(at), to.add(at));
            let two = step(from.add(at + second), to.add(at + second));
            if any(either(one, two)) {
                return at
                    + if any(one) {
                        first(one)
                    } else {
                        second + first(two)
                    };
            }
            if at == last {
                return length;
            }
            at = last.min(at + 2 * STEP);
        }
    }
}

/// Does the same for less than a step.
///
/// # Safety
///
/// As above.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
#[inline(never)]
unsafe fn copy_short(from: *const u8, length: usize, to: *mut u8) -> usize {
    let mut padded = [b' '; STEP];
    // SAFETY: there is room for less than a step, and what is looked at is one.
    unsafe {
        to.copy_from_nonoverlapping(from, length);
        padded.as_mut_ptr().copy_from_nonoverlapping(from, length);
        let found = look(padded.as_ptr());
        if any(found) { first(found) } else { length }
    }
}

/// Bytes that are looked at in one go.
pub(super) use step::STEP;
use step::{any, either, first, look, step};

#[cfg(target_arch = "wasm32")]
mod step {
    use core::arch::wasm32::{
        i8x16_bitmask, i8x16_eq, i8x16_splat, u8x16_lt, u8x16_splat, v128, v128_any_true,
        v128_load, v128_or, v128_store, v128_xor,
    };

    pub(in crate::wire) const STEP: usize = 16;

    /// Fills the bytes that strings cannot hold with ones, the others with zeros.
    #[target_feature(enable = "simd128")]
    #[inline]
    fn special(bytes: v128) -> v128 {
        let backslash = i8x16_eq(bytes, i8x16_splat(b'\\' as i8));
        // With this bit turned, the quote follows the control characters.
        let turned = v128_xor(bytes, i8x16_splat(2));
        v128_or(backslash, u8x16_lt(turned, u8x16_splat(b' ' + 1)))
    }

    /// Finds the bytes that strings cannot hold.
    ///
    /// # Safety
    ///
    /// As many bytes must be readable as a step has.
    #[target_feature(enable = "simd128")]
    #[inline]
    pub(super) unsafe fn look(at: *const u8) -> v128 {
        // SAFETY: promised by the caller.
        special(unsafe { v128_load(at.cast()) })
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

    /// The place of the first byte found.
    #[target_feature(enable = "simd128")]
    #[inline]
    pub(super) fn first(found: v128) -> usize {
        i8x16_bitmask(found).trailing_zeros() as usize
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod step {
    use super::{HIGH, ONES};

    pub(in crate::wire) const STEP: usize = 8;

    /// Marks the first of the bytes that strings cannot hold by its highest bit. Bytes after it may be marked without
    /// reason.
    fn special(bytes: u64) -> u64 {
        let word = u64::from_le(bytes);
        // Set where the byte is less than a space, or zero after exclusive or with the byte looked for.
        let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word;
        let quote = below(word ^ (ONES * u64::from(b'"')), 1);
        let backslash = below(word ^ (ONES * u64::from(b'\\')), 1);
        (below(word, 32) | quote | backslash) & HIGH
    }

    /// Finds the bytes that strings cannot hold.
    ///
    /// # Safety
    ///
    /// As many bytes must be readable as a step has.
    pub(super) unsafe fn look(at: *const u8) -> u64 {
        // SAFETY: promised by the caller.
        special(unsafe { at.cast::<u64>().read_unaligned() })
    }

    /// Copies a step, and finds the bytes that strings cannot hold.
    ///
    /// # Safety
    ///
    /// As many bytes must be readable and writable as a step has.
    pub(super) unsafe fn step(from: *const u8, to: *mut u8) -> u64 {
        // SAFETY: promised by the caller.
        unsafe {
            let bytes = from.cast::<u64>().read_unaligned();
            to.cast::<u64>().write_unaligned(bytes);
            special(bytes)
        }
    }

    pub(super) fn either(a: u64, b: u64) -> u64 {
        a | b
    }

    pub(super) fn any(found: u64) -> bool {
        found != 0
    }

    /// The place of the first byte found.
    pub(super) fn first(found: u64) -> usize {
        found.trailing_zeros() as usize / 8
    }
}

#[cfg(test)]
mod tests {
    use super::copy_plain;

    #[test]
    fn every_special_byte_is_found_wherever_it_stands() {
        for length in 0..100 {
            let plain: Vec<u8> = (0..length).map(|at| b'#' + at as u8 % 50).collect();
            let mut copy = vec![0; length];
            // SAFETY: both are that long.
            assert_eq!(
                unsafe { copy_plain(plain.as_ptr(), length, copy.as_mut_ptr()) },
                length
            );
            assert_eq!(copy, plain);
            for place in 0..length {
                for special in [0, 10, 31, b'"', b'\\'] {
                    let mut bytes = plain.clone();
                    bytes[place] = special;
                    // What stands behind does not count.
                    for next in [b'!', b' ', b']', 0x7f, 0xc3, special] {
                        bytes[place + 1..].fill(next);
                        copy.fill(0);
                        // SAFETY: as above.
                        let found =
                            unsafe { copy_plain(bytes.as_ptr(), length, copy.as_mut_ptr()) };
                        assert_eq!((found, &copy[..found]), (place, &plain[..place]));
                    }
                }
            }
        }
    }
}
