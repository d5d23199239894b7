//! Identifiers as the server makes them: 128 bits written as 22 characters of base62.

const DIGITS: &[u8; 62] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LENGTH: usize = 22;

/// Returns a new id from 128 random bits.
pub(crate) fn random() -> String {
    encode(random_bits())
}

/// Returns 128 random bits.
pub(crate) fn random_bits() -> u128 {
    let mut bytes = [0; 16];
    if getrandom::fill(&mut bytes).is_err() {
        // No entropy source: unique within this process is still enough for ids that live in memory.
        use std::hash::{BuildHasher, RandomState};
        let half = || RandomState::new().hash_one(std::time::SystemTime::now());
        return (u128::from(half()) << 64) | u128::from(half());
    }
    u128::from_le_bytes(bytes)
}

/// Returns the id that always belongs to the same parts, for instance a library and a path in it.
pub(crate) fn stable(parts: &[&str]) -> String {
    // FNV-1a with 128 bits: fixed for ever, unlike the hashers of the standard library.
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let mut hash = OFFSET;
    for part in parts {
        // The zero byte keeps ("ab", "c") and ("a", "bc") apart.
        for byte in part.bytes().chain([0]) {
            hash = (hash ^ u128::from(byte)).wrapping_mul(PRIME);
        }
    }
    encode(hash)
}

fn encode(mut bits: u128) -> String {
    let mut text = [b'0'; LENGTH];
    for place in text.iter_mut().rev() {
        *place = DIGITS[(bits % 62) as usize];
        bits /= 62;
    }
    String::from_utf8_lossy(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_has_22_characters_of_base62() {
        for id in [
            random(),
            stable(&[]),
            stable(&["1", "a/b.flac"]),
            encode(0),
            encode(u128::MAX),
        ] {
            assert_eq!(id.len(), 22, "{id}");
            assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{id}");
        }
        assert_eq!(encode(0), "0".repeat(22));
        assert_eq!(encode(61), format!("{}Z", "0".repeat(21)));
    }

    #[test]
    fn random_ids_differ_and_stable_ids_do_not() {
        assert_ne!(random(), random());
        assert_eq!(stable(&["1", "a.flac"]), stable(&["1", "a.flac"]));
        assert_ne!(stable(&["1", "a.flac"]), stable(&["2", "a.flac"]));
        assert_ne!(stable(&["ab", "c"]), stable(&["a", "bc"]));
    }

    #[test]
    fn stable_ids_stay_the_same_between_releases() {
        assert_eq!(
            stable(&["1", "Artist/Album/01.flac"]),
            "59VnSdnPLWjU5bXvWZmLMr"
        );
    }
}
