//! Base64 with the standard alphabet and padding: the form of byte fields on the wire.
//!
//! The `base64` crate does the same in 13 kB of wasm; this takes well under one.

use crate::buffer;

#[cfg(target_arch = "wasm32")]
mod simd;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Appends `bytes` as base64 text.
pub(super) fn encode(bytes: &[u8], out: &mut Vec<u8>) {
    buffer::reserve(out, bytes.len().div_ceil(3).saturating_mul(4));
    #[cfg(target_arch = "wasm32")]
    let bytes = bytes.get(simd::encode(bytes, out)..).unwrap_or_default();
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        let letter = |shift: u32| ALPHABET[(group >> shift) as usize & 63];
        let third = if chunk.len() > 1 { letter(6) } else { b'=' };
        let fourth = if chunk.len() > 2 { letter(0) } else { b'=' };
        buffer::append(out, &[letter(18), letter(12), third, fourth]);
    }
}

/// Appends the bytes of a base64 text; false when it is not base64.
///
/// Padding may be missing and line breaks are passed over; anything else that is not of the alphabet is refused.
pub(super) fn decode(text: &[u8], out: &mut Vec<u8>) -> bool {
    buffer::reserve(out, text.len() / 4 * 3 + 3);
    #[cfg(target_arch = "wasm32")]
    let text = text.get(simd::decode(text, out)..).unwrap_or_default();
    let (mut group, mut sextets, mut padding) = (0u32, 0usize, 0usize);
    for byte in text {
        let sextet = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'\r' | b'\n' => continue,
            b'=' => {
                padding += 1;
                continue;
            }
            _ => return false,
        };
        if padding > 0 {
            return false;
        }
        group = (group << 6) | u32::from(sextet);
        sextets += 1;
        if sextets % 4 == 0 {
            buffer::append(out, &group.to_be_bytes()[1..]);
            group = 0;
        }
    }
    let rest = sextets % 4;
    // A rest of one sextet is less than a byte; padding fills up to four, or is left out as a whole.
    if rest == 1 || padding > 2 || (padding > 0 && (rest + padding) % 4 != 0) {
        return false;
    }
    let tail = (group << (6 * (4 - rest) % 24)).to_be_bytes();
    buffer::append(out, &tail[1..1 + rest.saturating_sub(1)]);
    true
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    fn decoded(text: &str) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        decode(text.as_bytes(), &mut out).then_some(out)
    }

    #[test]
    fn agrees_with_the_base64_crate() {
        use ::base64::{Engine, engine::general_purpose::STANDARD};
        for length in 0..70u8 {
            let bytes: Vec<u8> = (0..length).map(|i| i.wrapping_mul(151) ^ length).collect();
            let mut text = Vec::new();
            encode(&bytes, &mut text);
            assert_eq!(String::from_utf8_lossy(&text), STANDARD.encode(&bytes));
            assert_eq!(decoded(&String::from_utf8_lossy(&text)), Some(bytes));
        }
    }

    #[test]
    fn tolerates_missing_padding_and_line_breaks_only() {
        assert_eq!(decoded("aGk="), Some(b"hi".to_vec()));
        assert_eq!(decoded("aGk"), Some(b"hi".to_vec()));
        assert_eq!(decoded("aG\r\nk=\n"), Some(b"hi".to_vec()));
        assert_eq!(decoded(""), Some(Vec::new()));
        for bad in [
            "a", "aGk==", "aG=k", "====", "=", "a===", "aGk-", "aGk_", "aG k=", "aGkä",
        ] {
            assert_eq!(decoded(bad), None, "{bad}");
        }
    }
}
