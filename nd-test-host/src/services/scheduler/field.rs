//! One field of a cron expression: lists, ranges, steps, names, and numbers drawn at random.

use std::collections::BTreeSet;

/// What a field may hold.
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) min: u32,
    pub(super) max: u32,
    /// Names of the values from `min` on.
    names: &'static [&'static str],
}

/// The six fields in the order of an expression with seconds.
pub(super) const KINDS: [Kind; 6] = [
    Kind {
        name: "second",
        min: 0,
        max: 59,
        names: &[],
    },
    Kind {
        name: "minute",
        min: 0,
        max: 59,
        names: &[],
    },
    Kind {
        name: "hour",
        min: 0,
        max: 23,
        names: &[],
    },
    Kind {
        name: "day of month",
        min: 1,
        max: 31,
        names: &[],
    },
    Kind {
        name: "month",
        min: 1,
        max: 12,
        names: &[
            "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
        ],
    },
    Kind {
        name: "day of week",
        min: 0,
        max: 6,
        names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
    },
];

/// Rewrites a field as `*` or a plain list of numbers, which every cron library reads alike.
///
/// A field is only `*` if it restricts nothing: `*/2` is a list, and so counts in the rule about the two day fields.
///
/// # Errors
///
/// A text that names the field and what is wrong with it.
pub(super) fn normalise(
    text: &str,
    kind: &Kind,
    draw: &mut dyn FnMut(u32) -> u32,
) -> Result<String, String> {
    let in_field = |error: String| format!("{} field \"{text}\": {error}", kind.name);
    if text.contains('~') {
        return random(text, kind, draw)
            .map(|number| number.to_string())
            .map_err(in_field);
    }
    let mut values = BTreeSet::new();
    let mut everything = false;
    for part in text.split(',') {
        match part_values(part, kind).map_err(in_field)? {
            Some(part) => values.extend(part),
            None => everything = true,
        }
    }
    if everything {
        return Ok("*".to_owned());
    }
    Ok(values
        .iter()
        .map(u32::to_string)
        .collect::<Vec<_>>()
        .join(","))
}

/// Returns the values of one part of a list, or `None` for all of them.
fn part_values(
    part: &str,
    kind: &Kind,
) -> Result<Option<impl Iterator<Item = u32> + use<>>, String> {
    let (range, step) = match part.split_once('/') {
        Some((range, step)) => (
            range,
            number(step).ok_or_else(|| format!("\"{step}\" is not a step"))?,
        ),
        None => (part, 1),
    };
    if step == 0 {
        return Err("a step of 0 never moves on".to_owned());
    }
    let (from, to) = match range.split_once('-') {
        _ if matches!(range, "*" | "?") => match step {
            1 => return Ok(None),
            _ => (kind.min, kind.max),
        },
        Some((from, to)) => (value(from, kind)?, value(to, kind)?),
        // `5/10` runs from 5 to the end.
        None if part.contains('/') => (value(range, kind)?, kind.max),
        None => (value(range, kind)?, value(range, kind)?),
    };
    check_range(from, to, kind)?;
    Ok(Some((from..=to).step_by(step as usize)))
}

/// Draws the number of a field like `~`, `10~`, `~15` or `0~30`.
fn random(text: &str, kind: &Kind, draw: &mut dyn FnMut(u32) -> u32) -> Result<u32, String> {
    if let Some(other) = text.chars().find(|c| matches!(c, ',' | '/')) {
        return Err(format!("a random value cannot be combined with '{other}'"));
    }
    let bound = |text: &str, otherwise| match text {
        "" => Ok(otherwise),
        text => number(text).ok_or_else(|| format!("\"{text}\" is not a number")),
    };
    let (from, to) = text.split_once('~').unwrap_or((text, ""));
    let (from, to) = (bound(from, kind.min)?, bound(to, kind.max)?);
    check_range(from, to, kind)?;
    Ok(from + draw(to - from + 1))
}

fn check_range(from: u32, to: u32, kind: &Kind) -> Result<(), String> {
    if from < kind.min {
        return Err(format!("{from} is below minimum {}", kind.min));
    }
    if to > kind.max {
        return Err(format!("{to} is above maximum {}", kind.max));
    }
    if from > to {
        return Err(format!("beginning of range {from} is beyond end {to}"));
    }
    Ok(())
}

fn value(text: &str, kind: &Kind) -> Result<u32, String> {
    let named = kind
        .names
        .iter()
        .zip(kind.min..)
        .find(|(name, _)| name.eq_ignore_ascii_case(text));
    match named {
        Some((_, value)) => Ok(value),
        None => number(text).ok_or_else(|| format!("\"{text}\" is not a {}", kind.name)),
    }
}

fn number(text: &str) -> Option<u32> {
    // The standard parser would take a sign.
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(text: &str, index: usize) -> Result<String, String> {
        normalise(text, &KINDS[index], &mut |bound| bound - 1)
    }

    #[test]
    fn fields_become_plain_lists() {
        for (text, index, list) in [
            ("*", 1, "*"),
            ("?", 2, "*"),
            ("*/1", 3, "*"),
            ("*,5", 3, "*"),
            ("7", 1, "7"),
            ("007", 1, "7"),
            ("1,3,2", 1, "1,2,3"),
            ("1-4", 1, "1,2,3,4"),
            ("1-9/4", 1, "1,5,9"),
            ("*/20", 1, "0,20,40"),
            ("?/20", 1, "0,20,40"),
            ("50/4", 1, "50,54,58"),
            ("JAN-Mar,dec", 4, "1,2,3,12"),
            ("mon-FRI", 5, "1,2,3,4,5"),
            ("sun", 5, "0"),
            ("*/10", 3, "1,11,21,31"),
        ] {
            assert_eq!(field(text, index), Ok(list.to_owned()), "{text}");
        }
    }

    #[test]
    fn random_fields_are_drawn_from_their_range() {
        for (text, index, highest, lowest) in [
            ("~", 1, "59", "0"),
            ("10~", 1, "59", "10"),
            ("~15", 2, "15", "0"),
            ("0~30", 1, "30", "0"),
            ("~", 3, "31", "1"),
            ("5~5", 1, "5", "5"),
        ] {
            assert_eq!(field(text, index), Ok(highest.to_owned()), "{text}");
            assert_eq!(
                normalise(text, &KINDS[index], &mut |_| 0),
                Ok(lowest.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn errors_name_the_field_and_the_fault() {
        for (text, index, fault) in [
            ("60", 0, "above maximum"),
            ("24", 2, "above maximum"),
            ("0", 3, "below minimum"),
            ("7", 5, "above maximum"),
            ("5-3", 1, "beyond end"),
            ("30~10", 1, "beyond end"),
            ("~60", 1, "above maximum"),
            ("0~5", 3, "below minimum"),
            ("1~5,7", 1, "cannot be combined"),
            ("~/5", 1, "cannot be combined"),
            ("mon~fri", 5, "not a number"),
            ("~~", 1, "not a number"),
            ("*/0", 1, "step of 0"),
            ("*/x", 1, "not a step"),
            ("1/2/3", 1, "not a step"),
            ("1-2-3", 1, "not a minute"),
            ("L", 3, "not a day of month"),
            ("15W", 3, "not a day of month"),
            ("5#2", 5, "not a day of week"),
            ("-1", 1, "not a minute"),
            ("+1", 1, "not a minute"),
            ("", 1, "not a minute"),
            ("1,,2", 1, "not a minute"),
            ("mon", 4, "not a month"),
        ] {
            let error = field(text, index).err().unwrap_or_default();
            assert!(
                error.contains(fault) && error.contains(KINDS[index].name),
                "{text}: {error}"
            );
        }
    }
}
