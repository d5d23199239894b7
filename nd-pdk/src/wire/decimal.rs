//! The long way between decimal digits and binary floats, in whole numbers of any size.
//!
//! Reading divides the exact decimal value by a power of two and rounds once. Writing is the free-format algorithm of
//! Steele and White (as simplified by Burger and Dybvig, "Printing Floating-Point Numbers Quickly and Accurately", 1996).

use super::number::{push_integer, without_zeros};
use crate::buffer;
use std::cmp::Ordering;

/// The digits of a number, and the power of ten they are multiplied by.
pub(super) struct Digits {
    pub(super) whole: u64,
    pub(super) power: i32,
}

/// No double has more digits that matter when rounding; what follows only counts as "more than nothing".
const MOST_DIGITS: usize = 800;

/// Appends digits in plain or scientific form.
#[inline(never)]
pub(super) fn push(digits: &Digits, out: &mut Vec<u8>) {
    let start = out.len();
    push_integer(digits.whole, out);
    let count = (out.len() - start) as i32;
    // The number is 0.DIGITS times ten to the power of this.
    let point = count + digits.power;
    if (1..=21).contains(&point) {
        push_zeros(point - count, out);
        insert(b".", start + point as usize, out);
    } else if (-4..=0).contains(&point) {
        insert(
            b"0.0000".get(..(2 - point) as usize).unwrap_or_default(),
            start,
            out,
        );
    } else {
        insert(b".", start + 1, out);
        buffer::append(out, if point > 0 { b"e" } else { b"e-" });
        push_integer(u64::from((point - 1).unsigned_abs()), out);
    }
}

/// Inserts bytes that are not the last ones.
fn insert(bytes: &[u8], at: usize, out: &mut Vec<u8>) {
    let length = out.len();
    if at >= length {
        return;
    }
    buffer::append(out, bytes);
    // SAFETY: there is room now for what follows the place to move by as many bytes as are put there.
    unsafe {
        let place = out.as_mut_ptr().add(at);
        place.copy_to(place.add(bytes.len()), length - at);
        place.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
    }
}

fn push_zeros(count: i32, out: &mut Vec<u8>) {
    for _ in 0..count {
        buffer::push(out, b'0');
    }
}

/// Reads digits (a decimal point among them is passed over, an exponent ends them) times `10^power`.
#[inline(never)]
pub(super) fn parse(text: &[u8], mut power: i32) -> Option<f64> {
    let mut numerator = Big::from(0);
    let mut digits = 0;
    let mut more = false;
    for byte in text
        .iter()
        .take_while(|byte| matches!(byte, b'0'..=b'9' | b'.'))
        .filter(|byte| **byte != b'.')
    {
        if digits == 0 && *byte == b'0' {
            continue;
        }
        digits += 1;
        if digits <= MOST_DIGITS {
            numerator.multiply(10, u32::from(byte - b'0'));
        } else {
            more |= *byte != b'0';
            power = power.saturating_add(1);
        }
    }
    let kept = digits.min(MOST_DIGITS) as i32;
    if power.saturating_add(kept) > 310 {
        return None;
    }
    if power.saturating_add(kept) < -330 {
        return Some(0.0);
    }
    let mut denominator = Big::from(1);
    let scaled = if power < 0 {
        &mut denominator
    } else {
        &mut numerator
    };
    scaled.scale(power.unsigned_abs());
    // A quotient of 63 or 64 bits, found bit by bit.
    let shift = 63 - (numerator.bits() - denominator.bits());
    if shift > 0 {
        numerator.shift(shift)
    } else {
        denominator.shift(-shift)
    }
    denominator.shift(63);
    let mut quotient = 0u64;
    for _ in 0..64 {
        quotient <<= 1;
        if numerator.compare(&denominator) != Ordering::Less {
            numerator.add(&denominator, -1);
            quotient |= 1;
        }
        numerator.multiply(2, 0);
    }
    round(quotient, more || !numerator.is_zero(), -shift)
}

/// Rounds `quotient × 2^exponent`, and a little more when `more`, to the nearest double, ties to even.
fn round(quotient: u64, more: bool, exponent: i32) -> Option<f64> {
    let zeros = quotient.leading_zeros();
    let quotient = quotient << zeros;
    let biased = exponent - zeros as i32 + 63 + 1023;
    // Below the normal numbers, bits are lost one by one.
    let lost = 11 + (1 - biased).max(0);
    if lost > 64 {
        return Some(0.0);
    }
    let mantissa = quotient.checked_shr(lost as u32).unwrap_or(0);
    let rest = quotient & (u64::MAX >> (64 - lost));
    let half = 1u64 << (lost - 1);
    let up = match rest.cmp(&half) {
        Ordering::Less => false,
        Ordering::Greater => true,
        Ordering::Equal => more || mantissa & 1 == 1,
    };
    // The leading bit of the mantissa, and a carry out of it, add to the exponent by themselves.
    let bits = ((biased.max(1) - 1) as u64)
        .checked_shl(52)
        .unwrap_or(0)
        .wrapping_add(mantissa)
        .wrapping_add(u64::from(up));
    let value = f64::from_bits(bits);
    (biased < 2047 && value.is_finite()).then_some(value)
}

/// Finds the shortest digits that read back as the same number, from the parts of a positive float: its stored fraction
/// and exponent, the width of the fraction, and the bias that makes the fraction an integer.
#[inline(never)]
pub(super) fn shortest(fraction: u64, stored: i32, width: u32, bias: i32) -> Digits {
    let hidden = if stored == 0 { 0 } else { 1u64 << width };
    let mantissa = fraction | hidden;
    let exponent = stored.max(1) - bias;
    let even = mantissa & 1 == 0;
    // The neighbour below a power of two is half as far away as the one above.
    let uneven = i32::from(fraction == 0 && stored > 1);

    let mut value = Big::from(mantissa);
    let mut scale = Big::from(1);
    let mut above = Big::from(1);
    let mut below = Big::from(1);
    value.shift(exponent.max(0) + 1 + uneven);
    scale.shift((-exponent).max(0) + 1 + uneven);
    above.shift(exponent.max(0) + uneven);
    below.shift(exponent.max(0));

    // Never too large, at most one too small: log10(2) is a little more than 78913 / 2^18.
    let binary = 64 - mantissa.leading_zeros() as i32 + exponent;
    let mut point = (((binary - 1) * 78913) >> 18) + 1;
    let by = point.unsigned_abs();
    if point > 0 {
        scale.scale(by);
    } else {
        value.scale(by);
        above.scale(by);
        below.scale(by);
    }
    let reaches = |value: &Big, above: &Big, scale: &Big| {
        let mut sum = value.clone();
        sum.add(above, 1);
        let order = sum.compare(scale);
        order == Ordering::Greater || even && order == Ordering::Equal
    };
    if reaches(&value, &above, &scale) {
        point += 1;
        scale.multiply(10, 0);
    }
    let mut whole = 0u64;
    loop {
        value.multiply(10, 0);
        above.multiply(10, 0);
        below.multiply(10, 0);
        let mut digit = 0;
        while value.compare(&scale) != Ordering::Less {
            value.add(&scale, -1);
            digit += 1;
        }
        let order = value.compare(&below);
        let low = order == Ordering::Less || even && order == Ordering::Equal;
        let high = reaches(&value, &above, &scale);
        if low || high {
            value.multiply(2, 0);
            let up = high && (!low || value.compare(&scale) != Ordering::Less);
            return without_zeros(whole * 10 + digit + u64::from(up), point - 1);
        }
        whole = whole * 10 + digit;
        point -= 1;
    }
}

/// Words of the largest number that comes up: reading `0.00…` with all digits that matter, against a power of ten.
const WORDS: usize = 128;

/// A whole number: 32 bits each, least first, no zeros at the end.
#[derive(Clone)]
struct Big {
    words: [u32; WORDS],
    length: usize,
}

impl Big {
    fn from(value: u64) -> Self {
        let mut big = Self {
            words: [0; WORDS],
            length: 2,
        };
        big.words[0] = value as u32;
        big.words[1] = (value >> 32) as u32;
        big.trim();
        big
    }

    fn word(&self, at: usize) -> u32 {
        self.words.get(at).copied().unwrap_or(0)
    }

    fn set(&mut self, at: usize, word: u32) {
        if let Some(place) = self.words.get_mut(at) {
            *place = word;
        }
    }

    fn is_zero(&self) -> bool {
        self.length == 0
    }

    fn bits(&self) -> i32 {
        match self.length.checked_sub(1) {
            Some(top) => self.length as i32 * 32 - self.word(top).leading_zeros() as i32,
            None => 0,
        }
    }

    #[inline(never)]
    fn multiply(&mut self, factor: u32, add: u32) {
        let mut carry = u64::from(add);
        for at in 0..self.length {
            carry += u64::from(self.word(at)) * u64::from(factor);
            self.set(at, carry as u32);
            carry >>= 32;
        }
        self.set(self.length, carry as u32);
        self.length += usize::from(carry > 0);
    }

    /// Multiplies by a power of ten.
    #[inline(never)]
    fn scale(&mut self, power: u32) {
        for _ in 0..power {
            self.multiply(10, 0);
        }
    }

    #[inline(never)]
    fn shift(&mut self, bits: i32) {
        if self.is_zero() {
            return;
        }
        self.multiply(1 << (bits & 31), 0);
        let by = bits as usize >> 5;
        for at in (0..self.length).rev() {
            self.set(at + by, self.word(at));
        }
        for at in 0..by {
            self.set(at, 0);
        }
        self.length += by;
    }

    #[inline(never)]
    fn compare(&self, other: &Self) -> Ordering {
        for at in (0..self.length.max(other.length)).rev() {
            let order = self.word(at).cmp(&other.word(at));
            if order != Ordering::Equal {
                return order;
            }
        }
        Ordering::Equal
    }

    /// Adds a number, or takes away one that is not larger.
    #[inline(never)]
    fn add(&mut self, other: &Self, sign: i64) {
        self.length = self.length.max(other.length) + 1;
        let mut carry = 0i64;
        for at in 0..self.length {
            carry += i64::from(self.word(at)) + sign * i64::from(other.word(at));
            self.set(at, carry as u32);
            carry >>= 32;
        }
        self.trim();
    }

    fn trim(&mut self) {
        while self.length > 0 && self.word(self.length - 1) == 0 {
            self.length -= 1;
        }
    }
}
