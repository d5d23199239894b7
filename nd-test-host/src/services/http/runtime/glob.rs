//! The patterns of the runtime's host list: `*` any text, `?` any character, `[a-z]` and `[!a-z]` one character,
//! `{a,b}` alternatives, `\` takes the next character as it is.

/// Alternatives nested deeper than this are refused.
const MAX_DEPTH: usize = 16;

/// A pattern taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Glob(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Any,
    One,
    Char(char),
    Set {
        ranges: Vec<(char, char)>,
        negated: bool,
    },
    Either(Vec<Vec<Part>>),
}

impl Glob {
    /// Takes a pattern apart.
    ///
    /// # Errors
    ///
    /// When a bracket or brace is not closed, or braces are nested too deeply.
    pub(super) fn parse(pattern: &str) -> Result<Self, &'static str> {
        let mut rest = pattern.chars().peekable();
        let parts = sequence(&mut rest, 0)?;
        match rest.next() {
            None => Ok(Self(parts)),
            Some(_) => Err("a brace is closed that was not opened"),
        }
    }

    /// Tells whether the whole text matches. Takes time in the product of both lengths, whatever the pattern.
    pub(super) fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let mut places = vec![false; text.len() + 1];
        places[0] = true;
        step(&self.0, &text, places)[text.len()]
    }
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// Reads parts up to the end, or inside braces up to a comma or the closing brace.
fn sequence(rest: &mut Chars<'_>, depth: usize) -> Result<Vec<Part>, &'static str> {
    let mut parts = Vec::new();
    while let Some(&next) = rest.peek() {
        if next == '}' || (depth > 0 && next == ',') {
            break;
        }
        rest.next();
        parts.push(match next {
            '*' => Part::Any,
            '?' => Part::One,
            '[' => set(rest)?,
            '{' => either(rest, depth + 1)?,
            '\\' => Part::Char(rest.next().ok_or("it ends in a backslash")?),
            other => Part::Char(other),
        });
    }
    Ok(parts)
}

fn either(rest: &mut Chars<'_>, depth: usize) -> Result<Part, &'static str> {
    if depth > MAX_DEPTH {
        return Err("braces are nested too deeply");
    }
    let mut branches = Vec::new();
    loop {
        branches.push(sequence(rest, depth)?);
        match rest.next() {
            Some(',') => {}
            Some(_) => return Ok(Part::Either(branches)),
            None => return Err("a brace is not closed"),
        }
    }
}

fn set(rest: &mut Chars<'_>) -> Result<Part, &'static str> {
    let negated = rest.next_if_eq(&'!').is_some();
    let mut ranges = Vec::new();
    loop {
        let from = match rest.next().ok_or("a bracket is not closed")? {
            ']' if !ranges.is_empty() => return Ok(Part::Set { ranges, negated }),
            '\\' => rest.next().ok_or("it ends in a backslash")?,
            other => other,
        };
        let to = match rest.next_if_eq(&'-') {
            Some(_) => rest.next().ok_or("a bracket is not closed")?,
            None => from,
        };
        ranges.push((from, to));
    }
}

/// Moves every place the pattern can stand at past some parts.
fn step(parts: &[Part], text: &[char], mut places: Vec<bool>) -> Vec<bool> {
    for part in parts {
        places = match part {
            Part::Any => {
                let first = places.iter().position(|place| *place);
                (0..places.len())
                    .map(|at| first.is_some_and(|first| at >= first))
                    .collect()
            }
            Part::One => advance(text, &places, |_| true),
            Part::Char(wanted) => advance(text, &places, |found| found == *wanted),
            Part::Set { ranges, negated } => advance(text, &places, |found| {
                ranges
                    .iter()
                    .any(|(from, to)| (*from..=*to).contains(&found))
                    != *negated
            }),
            Part::Either(branches) => {
                let mut after = vec![false; places.len()];
                for branch in branches {
                    let reached = step(branch, text, places.clone());
                    for (place, reached) in after.iter_mut().zip(reached) {
                        *place |= reached;
                    }
                }
                after
            }
        };
    }
    places
}

fn advance(text: &[char], places: &[bool], accepts: impl Fn(char) -> bool) -> Vec<bool> {
    let mut after = vec![false; places.len()];
    for (at, found) in text.iter().enumerate() {
        after[at + 1] = places[at] && accepts(*found);
    }
    after
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_hosts_and_cross_dots() {
        let cases = [
            ("*", "", true),
            ("*", "a.b.c", true),
            ("*.example.com", "a.b.example.com", true),
            ("*.example.com", "example.com", false),
            ("api.*.com", "api.x.y.com", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("host[0-9]", "host7", true),
            ("host[!0-9]", "host7", false),
            ("host[!0-9]", "hostx", true),
            ("{api,www}.test", "www.test", true),
            ("{api,www}.test", "ftp.test", false),
            ("{a{b,c},}d", "acd", true),
            ("{a{b,c},}d", "d", true),
            ("a\\*", "a*", true),
            ("a\\*", "ab", false),
            ("a,b", "a,b", true),
            ("Example.com", "example.com", false),
            ("[]]x", "]x", true),
        ];
        for (pattern, host, expected) in cases {
            let glob = Glob::parse(pattern).expect(pattern);
            assert_eq!(glob.matches(host), expected, "{pattern} {host}");
        }
    }

    #[test]
    fn a_pattern_that_is_none_is_an_error() {
        for bad in ["[a", "[", "{a", "{a,b", "a}", "a\\", &"{".repeat(100)] {
            assert!(Glob::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn no_pattern_takes_for_ever() {
        let glob = Glob::parse(&"*a".repeat(200)).expect("a pattern");
        assert!(!glob.matches(&"a".repeat(199)));
        assert!(glob.matches(&"a".repeat(500)));
    }
}
