//! When a recurring schedule fires: cron expressions, descriptors and intervals as the server reads them.

use std::time::{Duration, SystemTime};

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::duration::parse_duration;
use super::field::{KINDS, normalise};

/// How far ahead a matching time is looked for: a little over five years.
const SEARCH: Duration = Duration::from_secs(5 * 366 * 24 * 60 * 60);

/// A parsed expression.
#[derive(Debug, Clone)]
pub(super) enum Expression {
    /// Again and again after the same time, whole seconds.
    Every(Duration),
    /// At the matching times of a time zone.
    Cron(Box<Cron>, TimeZone),
}

impl Expression {
    /// Reads an expression. `draw(n)` returns a number below `n` for the fields that hold a `~`.
    ///
    /// # Errors
    ///
    /// A text that says what is wrong with it.
    pub(super) fn parse(text: &str, draw: &mut dyn FnMut(u32) -> u32) -> Result<Self, String> {
        let (zone, text) = split_zone(text)?;
        if text.is_empty() {
            return Err("the expression is empty".to_owned());
        }
        if text.starts_with('@') && text.contains('~') {
            return Err(format!(
                "random values do not go into descriptors: \"{text}\""
            ));
        }
        if let Some(every) = text
            .strip_prefix("@every ")
            .map(parse_duration)
            .or_else(|| Some(Ok(parse_duration(text).ok()?)))
        {
            // Below one second becomes one second, fractions of a second are dropped.
            return Ok(Self::Every(Duration::from_secs(every?.as_secs().max(1))));
        }
        let spelled_out = match text.strip_prefix('@') {
            Some(descriptor) => spell_out(descriptor)?,
            None => text,
        };
        let mut fields: Vec<&str> = spelled_out.split_whitespace().collect();
        if fields.len() == 5 {
            fields.insert(0, "0");
        }
        if fields.len() != KINDS.len() {
            return Err(format!(
                "expected 5 or 6 fields, found {}: \"{text}\"",
                fields.len()
            ));
        }
        let normal: Vec<String> = fields
            .iter()
            .zip(&KINDS)
            .map(|(field, kind)| normalise(field, kind, draw))
            .collect::<Result<_, _>>()?;
        let parser = CronParser::builder()
            .seconds(Seconds::Required)
            .year(Year::Disallowed)
            .build();
        let cron = parser
            .parse(&normal.join(" "))
            .map_err(|error| error.to_string())?;
        Ok(Self::Cron(Box::new(cron), zone))
    }

    /// Returns the first time after `now` at which the schedule fires, if there is one within a few years.
    pub(super) fn next_after(&self, now: SystemTime) -> Option<SystemTime> {
        match self {
            Self::Every(interval) => now.checked_add(*interval).map(whole_seconds),
            Self::Cron(cron, zone) => {
                let next = next_on_the_wall(cron, zone, Timestamp::try_from(now).ok()?)?;
                Some(SystemTime::from(next))
            }
        }
    }
}

/// Returns the first moment after `now` at which the clock on the wall shows a matching time.
///
/// The server looks at nothing but that clock: a time it skips in spring never comes, a time it shows twice in autumn
/// comes twice. The cron library would move the one and merge the other, so it is asked about stretches between two
/// changes of the clock, in which nothing of that kind happens.
fn next_on_the_wall(cron: &Cron, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let give_up = now.checked_add(SEARCH).unwrap_or(Timestamp::MAX);
    let (mut from, mut inclusive) = (now, false);
    while from < give_up {
        let stretch = TimeZone::fixed(zone.to_offset(from));
        let next = cron.find_next_occurrence(&from.to_zoned(stretch), inclusive);
        let next = next.ok()?.timestamp();
        match zone.following(from).next() {
            Some(change) if change.timestamp() <= next => {
                (from, inclusive) = (change.timestamp(), true);
            }
            _ => return (next < give_up).then_some(next),
        }
    }
    None
}

/// Takes a leading `TZ=…` or `CRON_TZ=…` off; without one the machine's own zone applies.
fn split_zone(text: &str) -> Result<(TimeZone, &str), String> {
    let Some(rest) = text
        .strip_prefix("TZ=")
        .or_else(|| text.strip_prefix("CRON_TZ="))
    else {
        return Ok((TimeZone::system(), text));
    };
    let (name, rest) = rest
        .split_once(' ')
        .ok_or_else(|| format!("\"{text}\" has a time zone and nothing after it"))?;
    let zone = match name {
        "" | "UTC" => TimeZone::UTC,
        "Local" => TimeZone::system(),
        name => TimeZone::get(name).map_err(|_| {
            format!("unknown time zone \"{name}\"; use a name such as Europe/Paris")
        })?,
    };
    Ok((zone, rest.trim()))
}

fn spell_out(descriptor: &str) -> Result<&'static str, String> {
    Ok(match descriptor {
        "yearly" | "annually" => "0 0 0 1 1 *",
        "monthly" => "0 0 0 1 * *",
        "weekly" => "0 0 0 * * 0",
        "daily" | "midnight" => "0 0 0 * * *",
        "hourly" => "0 0 * * * *",
        other => {
            return Err(format!(
                "unrecognised descriptor \"@{other}\"; use @yearly, @monthly, @weekly, @daily, @hourly or @every <duration>"
            ));
        }
    })
}

fn whole_seconds(time: SystemTime) -> SystemTime {
    let since = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_secs(since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Expression, String> {
        Expression::parse(text, &mut |_| 0)
    }

    /// Returns the next times after 2026-01-01 10:00:00 UTC, a Thursday.
    fn next(text: &str, count: usize) -> Vec<String> {
        let expression = parse(&format!("TZ=UTC {text}")).expect(text);
        let mut now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_261_600);
        (0..count)
            .map_while(|_| {
                now = expression.next_after(now)?;
                let time = Timestamp::try_from(now).ok()?;
                Some(time.strftime("%a %m-%d %H:%M:%S").to_string())
            })
            .collect()
    }

    #[test]
    fn expressions_fire_when_they_should() {
        for (text, times) in [
            (
                "30 11 * * *",
                &["Thu 01-01 11:30:00", "Fri 01-02 11:30:00"][..],
            ),
            ("0 10 * * *", &["Fri 01-02 10:00:00"]),
            ("15 30 11 * * *", &["Thu 01-01 11:30:15"]),
            (
                "*/20 * * * *",
                &[
                    "Thu 01-01 10:20:00",
                    "Thu 01-01 10:40:00",
                    "Thu 01-01 11:00:00",
                ],
            ),
            (
                "50/5 * * * *",
                &[
                    "Thu 01-01 10:50:00",
                    "Thu 01-01 10:55:00",
                    "Thu 01-01 11:50:00",
                ],
            ),
            (
                "0 0 ? * MON-tue",
                &[
                    "Mon 01-05 00:00:00",
                    "Tue 01-06 00:00:00",
                    "Mon 01-12 00:00:00",
                ],
            ),
            ("? ? ? ? ? ?", &["Thu 01-01 10:00:01"]),
            ("0 0 * * 0", &["Sun 01-04 00:00:00"]),
            ("0 0 1 feb *", &["Sun 02-01 00:00:00"]),
            ("@yearly", &["Fri 01-01 00:00:00"]),
            ("@annually", &["Fri 01-01 00:00:00"]),
            ("@monthly", &["Sun 02-01 00:00:00"]),
            ("@weekly", &["Sun 01-04 00:00:00"]),
            ("@daily", &["Fri 01-02 00:00:00"]),
            ("@midnight", &["Fri 01-02 00:00:00"]),
            ("@hourly", &["Thu 01-01 11:00:00"]),
            ("@every 5m", &["Thu 01-01 10:05:00", "Thu 01-01 10:10:00"]),
            ("@every 1h30m", &["Thu 01-01 11:30:00"]),
            ("@every 90.9s", &["Thu 01-01 10:01:30"]),
            ("@every 10ms", &["Thu 01-01 10:00:01"]),
            ("@every -5m", &["Thu 01-01 10:00:01"]),
            ("5m", &["Thu 01-01 10:05:00"]),
            ("~ ~ * * *", &["Fri 01-02 00:00:00"]),
            ("20~40 12~ * * *", &["Thu 01-01 12:20:00"]),
        ] {
            assert_eq!(next(text, times.len()), times, "{text}");
        }
    }

    #[test]
    fn with_both_day_fields_restricted_either_suffices() {
        assert_eq!(
            next("0 0 13 * 5", 3),
            [
                "Fri 01-02 00:00:00",
                "Fri 01-09 00:00:00",
                "Tue 01-13 00:00:00"
            ]
        );
        assert_eq!(next("0 0 13 * *", 1), ["Tue 01-13 00:00:00"]);
        assert_eq!(
            next("0 0 */30 * 5", 3),
            [
                "Fri 01-02 00:00:00",
                "Fri 01-09 00:00:00",
                "Fri 01-16 00:00:00"
            ]
        );
        assert_eq!(
            next("0 0 ?/1 * 5", 2),
            ["Fri 01-02 00:00:00", "Fri 01-09 00:00:00"]
        );
    }

    #[test]
    fn a_zone_moves_the_times() {
        let at = |text: &str| {
            let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_261_600);
            let next = parse(text).expect(text).next_after(now).expect("a time");
            Timestamp::try_from(next).expect("a time").to_string()
        };
        assert_eq!(at("TZ=Europe/Paris 0 3 * * *"), "2026-01-02T02:00:00Z");
        assert_eq!(
            at("CRON_TZ=America/New_York 0 0 6 * * *"),
            "2026-01-01T11:00:00Z"
        );
        assert_eq!(at("TZ=Asia/Tokyo @daily"), "2026-01-01T15:00:00Z");
        assert_eq!(at("TZ=UTC 5m"), "2026-01-01T10:05:00Z");
    }

    /// Returns the next times in New York after one there.
    fn in_new_york(text: &str, after: &str, count: usize) -> Vec<String> {
        let expression = parse(&format!("CRON_TZ=America/New_York {text}")).expect(text);
        let after: Timestamp = after.parse().expect("a time");
        let mut now = SystemTime::from(after);
        (0..count)
            .map_while(|_| {
                now = expression.next_after(now)?;
                let zone = TimeZone::get("America/New_York").ok()?;
                let time = Timestamp::try_from(now).ok()?.to_zoned(zone);
                Some(time.strftime("%m-%d %H:%M%:z").to_string())
            })
            .collect()
    }

    #[test]
    fn times_the_clock_skips_do_not_come() {
        let spring = "2026-03-08T00:10:00-05:00";
        for (text, times) in [
            ("30 2 * * *", &["03-09 02:30-04:00"][..]),
            ("0 2 * * *", &["03-09 02:00-04:00"]),
            ("0 3 * * *", &["03-08 03:00-04:00"]),
            (
                "0 * * * *",
                &[
                    "03-08 01:00-05:00",
                    "03-08 03:00-04:00",
                    "03-08 04:00-04:00",
                ],
            ),
            (
                "*/30 1-3 * * *",
                &[
                    "03-08 01:00-05:00",
                    "03-08 01:30-05:00",
                    "03-08 03:00-04:00",
                    "03-08 03:30-04:00",
                ],
            ),
            ("@daily", &["03-09 00:00-04:00"]),
        ] {
            assert_eq!(in_new_york(text, spring, times.len()), times, "{text}");
        }
    }

    #[test]
    fn times_the_clock_shows_twice_come_twice() {
        let autumn = "2026-11-01T00:10:00-04:00";
        for (text, times) in [
            (
                "30 1 * * *",
                &[
                    "11-01 01:30-04:00",
                    "11-01 01:30-05:00",
                    "11-02 01:30-05:00",
                ][..],
            ),
            (
                "0 * * * *",
                &[
                    "11-01 01:00-04:00",
                    "11-01 01:00-05:00",
                    "11-01 02:00-05:00",
                ],
            ),
            ("0 2 * * *", &["11-01 02:00-05:00", "11-02 02:00-05:00"]),
            ("@daily", &["11-02 00:00-05:00"]),
        ] {
            assert_eq!(in_new_york(text, autumn, times.len()), times, "{text}");
        }
    }

    #[test]
    fn a_field_that_lists_everything_restricts_all_the_same() {
        for text in ["0 0 1-31 * 1", "0 0 13 * 0-6"] {
            assert_eq!(
                next(text, 2),
                ["Fri 01-02 00:00:00", "Sat 01-03 00:00:00"],
                "{text}"
            );
        }
    }

    #[test]
    fn a_day_that_never_comes_never_fires() {
        assert_eq!(next("0 0 30 2 *", 1), Vec::<String>::new());
        assert_eq!(
            in_new_york("30 2 8 3 *", "2026-03-08T00:00:00-05:00", 1),
            ["03-08 02:30-05:00"],
            "next year, when the clock changes a week later"
        );
    }

    #[test]
    fn what_the_server_refuses_is_refused() {
        for (text, fault) in [
            ("", "empty"),
            ("   ", "fields"),
            ("* * * *", "expected 5 or 6 fields, found 4"),
            ("0 * * * * * 2026", "expected 5 or 6 fields, found 7"),
            ("@reboot", "descriptor"),
            ("@Daily", "descriptor"),
            ("@every", "descriptor"),
            ("@every soon", "soon"),
            ("@daily~", "descriptors"),
            ("@every ~m", "descriptors"),
            ("TZ=Mars/Base 0 3 * * *", "unknown time zone"),
            ("TZ=UTC", "nothing after it"),
            ("TZ=UTC ", "empty"),
            ("0 0 L * *", "day of month"),
            ("0 0 * * 7", "above maximum"),
            ("0 0 15W * *", "day of month"),
            ("0 0 * * 5#2", "day of week"),
            ("nonsense", "found 1"),
            ("5", "found 1"),
        ] {
            let error = parse(text).err().unwrap_or_default();
            assert!(error.contains(fault), "{text:?}: {error:?}");
        }
    }
}
