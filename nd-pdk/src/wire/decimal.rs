//! The long way between decimal digits and binary floats, in whole numbers of any size.
//!
//! Reading divides the exact decimal value by a power of two and rounds once. Writing is the free-format algorithm of
//! Steele and White (as simplified by Burger and Dybvig, "Printing Floating-Point Numbers Quickly and Accurately", 1996).

use std::cmp::Ordering;

/// The digits of a number: `0.DIGITS × 10^point`.
pub(super) struct Digits {
    pub(super) text: Vec<u8>,
    pub(super) point: i32,
}

/// No double has more digits that matter when rounding; what follows only counts as "more than nothing".
const MOST_DIGITS: usize = 800;

/// Appends digits in plain or scientific form.
#[inline(never)]
pub(super) fn push(digits: &Digits, out: &mut Vec<u8>) {
    let text = digits.text.as_slice();
    let zeros = text
        .iter()
        .rev()
        .take_while(|digit| **digit == b'0')
        .count();
    let text = text.get(..text.len() - zeros).unwrap_or_default();
    let point = digits.point;
    if (-4..=21).contains(&point) {
        if point <= 0 {
            out.extend_from_slice(b"0.");
            out.resize(out.len() + point.unsigned_abs() as usize, b'0');
            return out.extend_from_slice(text);
        }
        push_pointed(text, point as usize, out);
    } else {
        push_pointed(text, 1, out);
        out.push(b'e');
        let exponent = point - 1;
        if exponent < 0 {
            out.push(b'-');
        }
        super::number::push_integer(u64::from(exponent.unsigned_abs()), out);
    }
}

fn push_pointed(text: &[u8], point: usize, out: &mut Vec<u8>) {
    match text.split_at_checked(point) {
        Some((whole, fraction)) => {
            out.extend_from_slice(whole);
            if !fraction.is_empty() {
                out.push(b'.');
                out.extend_from_slice(fraction);
            }
        }
        None => {
            out.extend_from_slice(text);
            out.resize(out.len() + point - text.len(), b'0');
        }
    }
}

/// Reads digits (a decimal point among them is passed over, an exponent ends them) times `10^power`.
#[inline(never)]
pub(super) fn parse(text: &[u8], mut power: i32) -> Option<f64> {
    let mut numerator = Big::default();
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
    let mut denominator = Big(vec![1]);
    let scaled = if power < 0 {
        &mut denominator
    } else {
        &mut numerator
    };
    for _ in 0..power.unsigned_abs() {
        scaled.multiply(10, 0);
    }
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
            numerator.subtract(&denominator);
            quotient |= 1;
        }
        numerator.multiply(2, 0);
    }
    round(quotient, more || !numerator.0.is_empty(), -shift)
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
    let mut scale = Big(vec![1]);
    let mut above = Big(vec![1]);
    let mut below = Big(vec![1]);
    value.shift(exponent.max(0) + 1 + uneven);
    scale.shift((-exponent).max(0) + 1 + uneven);
    above.shift(exponent.max(0) + uneven);
    below.shift(exponent.max(0));

    // Never too large, at most one too small: log10(2) is a little more than 78913 / 2^18.
    let binary = 64 - mantissa.leading_zeros() as i32 + exponent;
    let mut point = (((binary - 1) * 78913) >> 18) + 1;
    for _ in 0..point.unsigned_abs() {
        if point > 0 {
            scale.multiply(10, 0);
        } else {
            value.multiply(10, 0);
            above.multiply(10, 0);
            below.multiply(10, 0);
        }
    }
    let reaches = |value: &Big, above: &Big, scale: &Big| {
        let order = value.plus(above).compare(scale);
        order == Ordering::Greater || even && order == Ordering::Equal
    };
    if reaches(&value, &above, &scale) {
        point += 1;
        scale.multiply(10, 0);
    }
    let mut text = Vec::with_capacity(20);
    loop {
        value.multiply(10, 0);
        above.multiply(10, 0);
        below.multiply(10, 0);
        let mut digit = b'0';
        while value.compare(&scale) != Ordering::Less {
            value.subtract(&scale);
            digit += 1;
        }
        let order = value.compare(&below);
        let low = order == Ordering::Less || even && order == Ordering::Equal;
        let high = reaches(&value, &above, &scale);
        if low || high {
            value.multiply(2, 0);
            let up = high && (!low || value.compare(&scale) != Ordering::Less);
            text.push(digit + u8::from(up));
            return Digits { text, point };
        }
        text.push(digit);
    }
}

/// A whole number: 32 bits each, least first, no zeros at the end.
#[derive(Default)]
struct Big(Vec<u32>);

impl Big {
    fn from(value: u64) -> Self {
        let mut big = Self(vec![value as u32, (value >> 32) as u32]);
        big.trim();
        big
    }

    fn bits(&self) -> i32 {
        self.0.last().map_or(0, |top| {
            self.0.len() as i32 * 32 - top.leading_zeros() as i32
        })
    }

    fn multiply(&mut self, factor: u32, add: u32) {
        let mut carry = u64::from(add);
        for word in &mut self.0 {
            carry += u64::from(*word) * u64::from(factor);
            *word = carry as u32;
            carry >>= 32;
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }

    fn shift(&mut self, bits: i32) {
        if self.0.is_empty() {
            return;
        }
        self.multiply(1 << (bits & 31), 0);
        for _ in 0..bits >> 5 {
            self.0.insert(0, 0);
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.0
            .len()
            .cmp(&other.0.len())
            .then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }

    /// Takes away a number that is not larger.
    fn subtract(&mut self, other: &Self) {
        let mut borrow = 0i64;
        for (at, word) in self.0.iter_mut().enumerate() {
            borrow += i64::from(*word) - i64::from(other.0.get(at).copied().unwrap_or(0));
            *word = borrow as u32;
            borrow >>= 32;
        }
        self.trim();
    }

    fn plus(&self, other: &Self) -> Self {
        let mut sum = Vec::with_capacity(self.0.len().max(other.0.len()) + 1);
        let mut carry = 0u64;
        for at in 0..self.0.len().max(other.0.len()) {
            carry += u64::from(self.0.get(at).copied().unwrap_or(0))
                + u64::from(other.0.get(at).copied().unwrap_or(0));
            sum.push(carry as u32);
            carry >>= 32;
        }
        sum.push(carry as u32);
        let mut sum = Self(sum);
        sum.trim();
        sum
    }

    fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }
}
