//! The bulk of base64 in vectors: twelve bytes, or sixteen letters, at a time. What is left over is for the loops of the
//! module above, and so is everything from the first letter on that is not of the alphabet.
//!
//! The server's engine knows vectors, as every engine of WebAssembly 2.0 does. After Wojciech Muła and Daniel Lemire,
//! "Faster Base64 Encoding and Decoding Using AVX2 Instructions", 2018.

use crate::buffer;
use core::arch::wasm32::{
    i8x16, i8x16_add, i8x16_eq, i8x16_lt, i8x16_splat, i8x16_swizzle, i32x4_shl, u8x16_shr,
    u8x16_splat, u8x16_sub_sat, u16x8_shl, u16x8_shr, u16x8_splat, u32x4_shr, u32x4_splat, v128,
    v128_and, v128_any_true, v128_load, v128_or, v128_store,
};

const BYTES: usize = 12;
const LETTERS: usize = 16;

/// Appends the letters of as many bytes as it can, and returns how many bytes that were.
pub(super) fn encode(bytes: &[u8], out: &mut Vec<u8>) -> usize {
    let Some(last) = bytes.len().checked_sub(LETTERS) else {
        return 0;
    };
    let rounds = last / BYTES + 1;
    buffer::reserve(out, rounds * LETTERS);
    let length = out.len();
    // SAFETY: sixteen bytes are readable at the start of each round, and there is room for sixteen letters.
    unsafe {
        letters(bytes.as_ptr(), out.as_mut_ptr().add(length), rounds);
        out.set_len(length + rounds * LETTERS);
    }
    rounds * BYTES
}

/// Appends the bytes of as many letters as it can, and returns how many letters that were.
pub(super) fn decode(text: &[u8], out: &mut Vec<u8>) -> usize {
    let rounds = text.len() / LETTERS;
    // Each round writes a whole vector.
    buffer::reserve(out, rounds * BYTES + LETTERS);
    let length = out.len();
    // SAFETY: there are sixteen letters for each round, and room for what it writes; the bytes of the rounds that were
    // done are written.
    unsafe {
        let done = bytes(text.as_ptr(), out.as_mut_ptr().add(length), rounds);
        out.set_len(length + done * BYTES);
        done * LETTERS
    }
}

/// # Safety
///
/// For each round sixteen bytes must be readable and writable, twelve and sixteen after those of the round before.
#[target_feature(enable = "simd128")]
#[inline(never)]
unsafe fn letters(mut from: *const u8, mut to: *mut u8, rounds: usize) {
    const LAST: i8 = -1;
    for _ in 0..rounds {
        // SAFETY: promised by the caller.
        let bytes = unsafe { v128_load(from.cast()) };
        // Three bytes to each lane, the first one highest.
        let places = i8x16(2, 1, 0, LAST, 5, 4, 3, LAST, 8, 7, 6, LAST, 11, 10, 9, LAST);
        let lanes = i8x16_swizzle(bytes, places);
        let sextets = v128_or(
            v128_or(
                v128_and(u32x4_shr(lanes, 18), u32x4_splat(0x3f)),
                v128_and(u32x4_shr(lanes, 4), u32x4_splat(0x3f00)),
            ),
            v128_or(
                v128_and(i32x4_shl(lanes, 10), u32x4_splat(0x3f_0000)),
                v128_and(i32x4_shl(lanes, 24), u32x4_splat(0x3f00_0000)),
            ),
        );
        // What to add: by 13 for capital letters, 0 for small ones, 1 to 10 for digits, 11 and 12 for `+` and `/`.
        let capital = v128_and(i8x16_lt(sextets, i8x16_splat(26)), i8x16_splat(13));
        let kind = v128_or(u8x16_sub_sat(sextets, u8x16_splat(51)), capital);
        let offsets = i8x16(
            71, -4, -4, -4, -4, -4, -4, -4, -4, -4, -4, -19, -16, 65, 0, 0,
        );
        // SAFETY: promised by the caller.
        unsafe {
            v128_store(to.cast(), i8x16_add(sextets, i8x16_swizzle(offsets, kind)));
            from = from.add(BYTES);
            to = to.add(LETTERS);
        }
    }
}

/// Returns how many rounds were done before the first letter that is not of the alphabet.
///
/// # Safety
///
/// Sixteen letters must be readable for each round, and sixteen bytes writable, twelve after those of the round before.
#[target_feature(enable = "simd128")]
#[inline(never)]
unsafe fn bytes(mut from: *const u8, mut to: *mut u8, rounds: usize) -> usize {
    for round in 0..rounds {
        // SAFETY: promised by the caller.
        let text = unsafe { v128_load(from.cast()) };
        let high = u8x16_shr(text, 4);
        let low = v128_and(text, u8x16_splat(0x0f));
        // Each bit is a reason against a letter; one that both halves have refuses it. Halves above seven, which are not
        // ASCII, have them all.
        let lows = i8x16(
            0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1a, 0x1b, 0x1b,
            0x1b, 0x1a,
        );
        let highs = i8x16(
            0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10,
            0x10, 0x10,
        );
        if v128_any_true(v128_and(
            i8x16_swizzle(lows, low),
            i8x16_swizzle(highs, high),
        )) {
            return round;
        }
        // What to add, by the high half, and one less for `/`.
        let offsets = i8x16(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0);
        let slash = i8x16_eq(text, i8x16_splat(b'/' as i8));
        let sextets = i8x16_add(text, i8x16_swizzle(offsets, i8x16_add(high, slash)));
        // SAFETY: promised by the caller.
        unsafe {
            v128_store(to.cast(), packed(sextets));
            from = from.add(LETTERS);
            to = to.add(BYTES);
        }
    }
    rounds
}

/// Puts four times four sextets together to four times three bytes.
///
/// # Safety
///
/// None; older compilers want functions for other processor features to be marked.
#[target_feature(enable = "simd128")]
#[inline]
unsafe fn packed(sextets: v128) -> v128 {
    let pairs = v128_or(
        u16x8_shl(v128_and(sextets, u16x8_splat(0x3f)), 6),
        u16x8_shr(sextets, 8),
    );
    let lanes = v128_or(
        i32x4_shl(v128_and(pairs, u32x4_splat(0xfff)), 12),
        u32x4_shr(pairs, 16),
    );
    const NONE: i8 = -1;
    let places = i8x16(
        2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, NONE, NONE, NONE, NONE,
    );
    i8x16_swizzle(lanes, places)
}
