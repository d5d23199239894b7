//! Durations as the server's language writes them: `5m`, `1h30m`, `1.5h`, `300ms`.

use std::time::Duration;

/// Nanoseconds by unit; the longer spellings come first.
const UNITS: [(&str, f64); 8] = [
    ("ns", 1.0),
    ("us", 1e3),
    ("µs", 1e3),
    ("μs", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("m", 6e10),
    ("h", 3.6e12),
];

/// Reads a duration; a negative one counts as zero.
///
/// # Errors
///
/// A text that names the duration.
pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("\"{text}\" is not a duration; write for instance \"5m\" or \"1h30m\"");
    let negative = text.starts_with('-');
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    // Zero is the one number that needs no unit.
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    let mut nanos = 0.0;
    while {
        let unit_at = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .ok_or_else(wrong)?;
        let number: f64 = rest[..unit_at].parse().map_err(|_| wrong())?;
        let after = &rest[unit_at..];
        let unit_end = after
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(after.len());
        let (_, factor) = UNITS
            .iter()
            .find(|(unit, _)| *unit == &after[..unit_end])
            .ok_or_else(wrong)?;
        nanos += number * factor;
        rest = &after[unit_end..];
        !rest.is_empty()
    } {}
    // 2^63, the first number that the server's own type does not hold: about 292 years.
    if nanos >= 9_223_372_036_854_775_808.0 {
        return Err(wrong());
    }
    Ok(if negative {
        Duration::ZERO
    } else {
        Duration::from_nanos(nanos as u64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_add_up_their_parts() {
        for (text, millis) in [
            ("5m", 300_000),
            ("1h30m", 5_400_000),
            ("1.5h", 5_400_000),
            ("300ms", 300),
            ("1s500ms", 1_500),
            ("2000us", 2),
            ("2000µs", 2),
            ("+1s", 1_000),
            ("-5m", 0),
            ("0", 0),
            (".5s", 500),
            ("9223372036s", 9_223_372_036_000),
        ] {
            assert_eq!(
                parse_duration(text),
                Ok(Duration::from_millis(millis)),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_duration_is_named() {
        for text in [
            "",
            "5",
            "m",
            "5 m",
            "5d",
            "1h30",
            "1..5h",
            "--5m",
            "1e3s",
            "9223372037s",
            "9999999999h",
        ] {
            assert!(
                parse_duration(text).is_err_and(|error| error.contains(&format!("\"{text}\""))),
                "{text}"
            );
        }
    }
}
