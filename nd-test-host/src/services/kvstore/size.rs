//! Sizes as manifests write them: `1MB`, `10 KiB`, `1,000`.

/// Multipliers by lower-case unit. Units without `i` are decimal.
const UNITS: [(&str, f64); 26] = [
    ("", 1.0),
    ("b", 1.0),
    ("k", 1e3),
    ("kb", 1e3),
    ("ki", 1_024.0),
    ("kib", 1_024.0),
    ("m", 1e6),
    ("mb", 1e6),
    ("mi", 1_048_576.0),
    ("mib", 1_048_576.0),
    ("g", 1e9),
    ("gb", 1e9),
    ("gi", 1_073_741_824.0),
    ("gib", 1_073_741_824.0),
    ("t", 1e12),
    ("tb", 1e12),
    ("ti", 1_099_511_627_776.0),
    ("tib", 1_099_511_627_776.0),
    ("p", 1e15),
    ("pb", 1e15),
    ("pi", 1_125_899_906_842_624.0),
    ("pib", 1_125_899_906_842_624.0),
    ("e", 1e18),
    ("eb", 1e18),
    ("ei", 1_152_921_504_606_846_976.0),
    ("eib", 1_152_921_504_606_846_976.0),
];

/// Returns the number of bytes a size stands for.
///
/// A plain number is bytes, units may have any case and a space before them, commas in the number are skipped.
///
/// # Errors
///
/// A text that says what is wrong with the size.
pub(crate) fn parse_size(text: &str) -> Result<i64, String> {
    let unit_at = text
        .find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let number: f64 = number.replace(',', "").parse().map_err(|_| {
        format!(
            "\"{text}\" does not begin with a number; write for instance \"10MB\" or \"512KiB\""
        )
    })?;
    let unit = unit.trim().to_ascii_lowercase();
    let (_, factor) = UNITS
        .iter()
        .find(|(name, _)| *name == unit)
        .ok_or_else(|| format!("\"{text}\" has the unknown unit \"{unit}\"; use B, KB, MB, GB, TB, KiB, MiB, GiB or TiB"))?;
    let bytes = number * factor;
    // 2^63, the first number that is no size.
    if bytes >= 9_223_372_036_854_775_808.0 {
        return Err(format!("\"{text}\" is too large"));
    }
    Ok(bytes as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_decimal_unless_they_say_otherwise() {
        let cases = [
            ("0", 0),
            ("1048576", 1_048_576),
            ("10KB", 10_000),
            ("10kb", 10_000),
            ("1MB", 1_000_000),
            ("1MiB", 1_048_576),
            ("1 mib", 1_048_576),
            ("1.5 MB", 1_500_000),
            ("1,000", 1_000),
            ("1,024 b", 1_024),
            ("2G", 2_000_000_000),
            ("1Ki", 1_024),
            (".5k", 500),
            ("2P", 2_000_000_000_000_000),
            ("1pi", 1 << 50),
            ("8EB", 8_000_000_000_000_000_000),
            ("7 EiB", 7 << 60),
        ];
        for (text, bytes) in cases {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_size_is_named() {
        for text in [
            "",
            "MB",
            "-1",
            " 1MB",
            "1 M B",
            "1.2.3",
            "1XB",
            "0x10",
            "9999999999TB",
            "8EiB",
            "much",
        ] {
            let error = parse_size(text).err().unwrap_or_default();
            assert!(error.contains(&format!("\"{text}\"")), "{text}: {error}");
        }
    }
}
