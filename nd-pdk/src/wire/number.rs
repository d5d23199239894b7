//! Numbers as text and back, without `core::fmt` and `core::num`.
//!
//! Their float halves are 20 kB of wasm each, which would be half of a small plugin, and every scrobbler reads one float.
//! What is here is as exact as they are: the short ways are used only where they cannot round twice, everything else
//! goes through the whole numbers of `decimal`.

use super::decimal::{self, Digits};
use crate::buffer;

/// The largest power of ten that a double holds exactly.
const EXACT_POWER: i32 = 22;

/// Appends an integer in decimal.
#[inline(never)]
pub(super) fn push_integer(value: u64, out: &mut Vec<u8>) {
    let (before, last) = (value / 10_000, (value % 10_000) as u32);
    // Four digits at a time, each in a byte of a word, the first one lowest: divided into pairs, and both pairs into digits
    // at once, where `* 103 >> 10` divides by ten.
    let pairs = (last / 100) | ((last % 100) << 16);
    let tens = ((pairs * 103) >> 10) & 0x000f_000f;
    let digits = tens | ((pairs - tens * 10) << 8);
    // Zeros in front are left out, but for the last digit.
    let mut zeros = (digits | 1 << 24).trailing_zeros() & !7;
    if before > 0 {
        push_integer(before, out);
        zeros = 0;
    }
    let text = (digits | u32::from_le_bytes(*b"0000")) >> zeros;
    // SAFETY: there is room for four bytes, of which those count that are digits.
    unsafe {
        let end = buffer::room(out, 4);
        end.cast::<u32>().write_unaligned(text.to_le());
        buffer::end_at(out, end.add(4 - zeros as usize / 8));
    }
}

/// Returns an integer in decimal.
pub(crate) fn decimal(value: u64) -> String {
    let mut out = Vec::new();
    push_integer(value, &mut out);
    // SAFETY: digits are a text.
    unsafe { String::from_utf8_unchecked(out) }
}

/// Appends a double with as few digits as tell it apart from its neighbours.
pub(super) fn push_f64(value: f64, out: &mut Vec<u8>) {
    let bits = value.to_bits();
    let parts = Parts {
        fraction: bits & (u64::MAX >> 12),
        stored: ((bits >> 52) & 0x7ff) as i32,
        width: 52,
        bias: 1075,
    };
    push_float(value, &parts, out);
}

/// Appends a single with as few digits as tell it apart from its neighbours.
pub(super) fn push_f32(value: f32, out: &mut Vec<u8>) {
    let bits = value.to_bits();
    let parts = Parts {
        fraction: u64::from(bits & (u32::MAX >> 9)),
        stored: ((bits >> 23) & 0xff) as i32,
        width: 23,
        bias: 150,
    };
    push_float(f64::from(value), &parts, out);
}

/// The parts of a float: its stored fraction and exponent, the width of the fraction, and the bias that makes the fraction
/// an integer.
struct Parts {
    fraction: u64,
    stored: i32,
    width: u32,
    bias: i32,
}

#[inline(never)]
fn push_float(value: f64, parts: &Parts, out: &mut Vec<u8>) {
    if !value.is_finite() {
        return buffer::append(out, b"null");
    }
    if value.is_sign_negative() {
        buffer::push(out, b'-');
    }
    let value = value.abs();
    if value < 1e15 && value as u64 as f64 == value {
        return push_integer(value as u64, out);
    }
    let digits = if let Some(digits) = thousandths(value, parts) {
        digits
    } else if (1e-4..1e15).contains(&value) {
        near_one(parts)
    } else {
        decimal::shortest(parts.fraction, parts.stored, parts.width, parts.bias)
    };
    decimal::push(&digits, out);
}

/// Finds the digits of a number that has three of them after the point at most, as most numbers have.
fn thousandths(value: f64, parts: &Parts) -> Option<Digits> {
    if value >= 1e9 {
        return None;
    }
    let double = parts.width == 52;
    let thousandths = (value * 1e3 + 0.5) as u64;
    // Both operands are exact, so this is the double next to the digits, and from it comes the single next to them.
    let next = thousandths as f64 / 1e3;
    let same = if double {
        next == value
    } else {
        f64::from(next as f32) == value
    };
    let digits = without_zeros(thousandths, -3);
    // Of so few digits no two numbers are the same float.
    (same && (double || digits.whole < 1_000_000)).then_some(digits)
}

/// The powers of ten of 64 bits.
const TENS: [u64; 20] = {
    let mut tens = [1; 20];
    let mut at = 1;
    while at < tens.len() {
        tens[at] = tens[at - 1] * 10;
        at += 1;
    }
    tens
};

/// Finds the shortest digits of a number that is neither large nor small, for which 128 bits are enough.
fn near_one(parts: &Parts) -> Digits {
    // As many digits as any number of the type needs: two or three more than always tell numbers apart.
    let (most, least) = if parts.width == 52 { (17, 15) } else { (9, 6) };
    let mantissa = u128::from(parts.fraction | 1 << parts.width);
    // The number is `mantissa / 2^shift`. Times this power of ten it has that many digits before the point, or one more:
    // log10(2) is a little more than 78913 / 2^18.
    let shift = (parts.bias - parts.stored) as u32;
    let power = most - 1 - (((parts.width as i32 - shift as i32) * 78913) >> 18);
    let ten = |power: i32| TENS.get(power.max(0) as usize).copied().unwrap_or(1);
    let tens = u128::from(ten(power.min(19))) * u128::from(ten(power - 19));
    let scaled = mantissa * tens;
    let whole = (scaled >> shift) as u64;
    let odd = u128::from(parts.fraction & 1);
    let mut step = ten(most - least + i32::from(whole >= ten(most)));
    loop {
        // The multiple of `step` next to the number. It will do when it is less than half way to the next float; at half
        // way, the even one wins.
        let next = match step {
            1 => ((scaled >> (shift - 1)) as u64).div_ceil(2),
            _ => (whole + step / 2) / step * step,
        };
        let near = u128::from(next) << shift;
        // Below a power of two the next float is half as far away as above.
        let uneven = u32::from(parts.fraction == 0 && near < scaled);
        if step == 1 || (near.abs_diff(scaled) << (1 + uneven)) + odd <= tens {
            return without_zeros(next, -power);
        }
        step /= 10;
    }
}

/// The digits of a number times a power of ten, without the zeros at its end.
pub(super) fn without_zeros(mut whole: u64, mut power: i32) -> Digits {
    while whole % 10 == 0 && whole > 0 {
        whole /= 10;
        power += 1;
    }
    Digits { whole, power }
}

/// Reads the text of a JSON number; `None` when it is larger than any double.
pub(super) fn parse_f64(text: &[u8]) -> Option<f64> {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let mut whole = 0u64;
    let mut short = true;
    let mut power = 0i32;
    let mut fraction = false;
    let mut exponent: &[u8] = &[];
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'.' => fraction = true,
            b'0'..=b'9' => {
                if whole < 1 << 53 {
                    whole = whole * 10 + u64::from(byte - b'0');
                } else {
                    short = false;
                }
                power -= i32::from(fraction);
            }
            _ => {
                exponent = text.get(at + 1..).unwrap_or_default();
                break;
            }
        }
    }
    let power = power.saturating_add(parse_exponent(exponent));
    let value = if whole == 0 {
        0.0
    } else if short && whole < 1 << 53 && power.abs() <= EXACT_POWER {
        // Both operands are exact, so the one rounding of the operation is the right one.
        let ten = power_of_ten(power.abs());
        if power < 0 {
            whole as f64 / ten
        } else {
            whole as f64 * ten
        }
    } else {
        decimal::parse(text, power)?
    };
    Some(if negative { -value } else { value })
}

fn parse_exponent(text: &[u8]) -> i32 {
    let mut value = 0i32;
    for byte in text {
        if byte.is_ascii_digit() {
            value = value
                .saturating_mul(10)
                .saturating_add(i32::from(byte - b'0'));
        }
    }
    if text.first() == Some(&b'-') {
        -value
    } else {
        value
    }
}

fn power_of_ten(exponent: i32) -> f64 {
    (0..exponent).fold(1.0, |power, _| power * 10.0)
}

#[cfg(test)]
mod tests {
    use super::{decimal, parse_f64, push_f32, push_f64};

    fn written(value: f64) -> String {
        let mut out = Vec::new();
        push_f64(value, &mut out);
        String::from_utf8(out).unwrap_or_default()
    }

    fn written32(value: f32) -> String {
        let mut out = Vec::new();
        push_f32(value, &mut out);
        String::from_utf8(out).unwrap_or_default()
    }

    /// A small generator of well-spread bits: SplitMix64.
    fn random(state: &mut u64) -> u64 {
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = *state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn check_parse(text: &str) {
        let expected: f64 = text.parse().unwrap_or(f64::NAN);
        let expected = expected.is_finite().then_some(expected.to_bits());
        assert_eq!(
            parse_f64(text.as_bytes()).map(f64::to_bits),
            expected,
            "{text}"
        );
    }

    fn significant(text: &str) -> String {
        let digits: String = text
            .split(['e', 'E'])
            .next()
            .unwrap_or("")
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        digits
            .trim_start_matches('0')
            .trim_end_matches('0')
            .to_owned()
    }

    fn check_write(value: f64) {
        let text = written(value);
        assert_eq!(text.parse(), Ok(value), "{value:?}");
        assert_eq!(
            significant(&text).len(),
            significant(&format!("{value:e}")).len(),
            "{text} {value:e}"
        );
        check_parse(&text);
    }

    #[test]
    fn integers_have_all_their_digits_and_no_more() {
        let mut state = 3;
        let powers = (0..20)
            .flat_map(|power| [10u64.pow(power) - 1, 10u64.pow(power), 10u64.pow(power) + 1]);
        let random = (0..5_000).map(|count| random(&mut state) >> (count % 64));
        for value in (0..20_000).chain(powers).chain(random).chain([u64::MAX]) {
            assert_eq!(decimal(value), value.to_string());
        }
    }

    #[test]
    fn writes_the_forms_people_expect() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (-2.5, "-2.5"),
            (0.1, "0.1"),
            (0.87, "0.87"),
            (0.00001, "0.00001"),
            (0.000001, "1e-6"),
            (0.1 + 0.2, "0.30000000000000004"),
            (123456789.125, "123456789.125"),
            (1e15, "1000000000000000"),
            (1e20, "100000000000000000000"),
            (1e21, "1e21"),
            (1.5e300, "1.5e300"),
            (f64::MAX, "1.7976931348623157e308"),
            (5e-324, "5e-324"),
            (f64::NAN, "null"),
            (f64::NEG_INFINITY, "null"),
        ] {
            assert_eq!(written(value), expected);
        }
        assert_eq!(written32(0.1), "0.1");
        assert_eq!(written32(215.37), "215.37");
        assert_eq!(written32(f32::MAX), "3.4028235e38");
        assert_eq!(written32(1e-45), "1e-45");
    }

    #[test]
    fn reads_what_is_known_to_be_hard() {
        for text in [
            "0",
            "-0",
            "1",
            "1e0",
            "0.1",
            "1.7976931348623157e308",
            "1.7976931348623159e308",
            "4.9406564584124654e-324",
            "2.4703282292062327e-324",
            "2.4703282292062328e-324",
            "2.2250738585072011e-308",
            "2.2250738585072014e-308",
            "9007199254740993",
            "9007199254740992",
            "9007199254740991",
            "90071992547409930",
            "0.000000000000000000000000001",
            "179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977587207096330286416692887910946555547851940402630657488671505820681908902000708383676273854845817711531764475730270069855571366959622842914819860834936475292719074168444365510704342711559699508093042880",
            "1e400",
            "1e-400",
            "0e999999999999",
            "1e-999999999999",
            "0.5e-323",
            "8.5e-323",
            "123456789012345678901234567890",
            "1.00000000000000011102230246251565404236316680908203124",
            "1.00000000000000011102230246251565404236316680908203125",
            "1.00000000000000011102230246251565404236316680908203126",
        ] {
            check_parse(text);
        }
        check_parse(&format!("0.{}1", "0".repeat(400)));
        check_parse(&format!("1{}", "0".repeat(300)));
        check_parse(&format!("1{}e-1000", "0".repeat(1000)));
        check_parse(&format!("1.{}1", "0".repeat(2000)));
        check_parse(&format!(
            "1.00000000000000011102230246251565404236316680908203125{}1",
            "0".repeat(2000)
        ));
    }

    #[test]
    fn agrees_with_the_standard_library_on_random_bits() {
        let mut state = 7;
        for _ in 0..5_000 {
            let bits = random(&mut state);
            let value = f64::from_bits(bits);
            if value.is_finite() {
                check_write(value);
                check_parse(&format!("{value:e}"));
            }
            check_write((bits >> 40) as f64 / 1000.0);
            check_write((bits >> 11) as f64 / (1u64 << 53) as f64);
            check_parse(&format!("{}e{}", bits, (bits % 700) as i64 - 350));
            let single = f32::from_bits(bits as u32);
            if single.is_finite() {
                let text = written32(single);
                assert_eq!(text.parse(), Ok(single));
                // Whole numbers are written out, which may take more digits than needed.
                if single.fract() == 0.0 && single.abs() < 1e15 {
                    continue;
                }
                assert_eq!(
                    significant(&text).len(),
                    significant(&format!("{single:e}")).len(),
                    "{text} {single:e}"
                );
            }
        }
    }
}
