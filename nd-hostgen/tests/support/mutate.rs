//! Changes sources at random, the same way for the same seed: bytes, tokens and lines are deleted, doubled, swapped,
//! replaced, and taken from other sources.

/// Pieces that front ends have opinions about.
const PIECES: [&str; 48] = [
    "#[host_fn]",
    "#[host_fn(results(a, b))]",
    "#[export(name = \"nd_x\")]",
    "#[since(\"0.1.0\")]",
    "#[json(\"\")]",
    "#[omit_empty]",
    "#[alias]",
    "#[distinguish_null]",
    "Option<",
    "Vec<",
    "Map<String, ",
    "types::",
    "Result<",
    "r#type",
    "&'static str",
    "pub ",
    "//nd:hostfunc\n",
    "//nd:hostservice name=A\n",
    "//nd:capability name=a required=true\n",
    "//nd:export name=nd_a\n",
    "`json:\"a,omitempty\"`",
    "map[string]",
    "[]",
    "[]byte",
    "*",
    "chan ",
    "func(",
    "interface{",
    "struct{",
    "types.",
    "iota",
    "= ",
    "/*",
    "*/",
    "//",
    "\"",
    "`",
    "'",
    "\\",
    "\u{0}",
    "\u{7f}",
    "é",
    "🎵",
    "\r\n",
    "\n\n",
    "9223372036854775808",
    "-",
    "_",
];

/// Numbers that look random and are the same for one seed.
pub struct Random(u64);

impl Random {
    /// Starts with a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below a bound, which may not be 0.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap_or_default()
    }
}

/// A changed text.
pub fn mutate(text: &str, others: &[String], random: &mut Random) -> String {
    let mut text = text.to_owned();
    for _ in 0..1 + random.below(4) {
        let parts: Vec<String> = match random.below(3) {
            0 => text.chars().map(String::from).collect(),
            1 => tokens(&text),
            _ => text.split_inclusive('\n').map(str::to_owned).collect(),
        };
        text = change(parts, others, random).concat();
    }
    text
}

fn change(mut parts: Vec<String>, others: &[String], random: &mut Random) -> Vec<String> {
    if parts.is_empty() {
        return vec![PIECES[random.below(PIECES.len())].to_owned()];
    }
    let at = random.below(parts.len());
    let other = random.below(parts.len());
    match random.below(8) {
        0 => {
            parts.remove(at);
        }
        1 => parts.insert(other, parts[at].clone()),
        2 => parts.swap(at, other),
        3 => parts[at] = parts[other].clone(),
        4 => parts.insert(at, PIECES[random.below(PIECES.len())].to_owned()),
        5 => parts[at] = PIECES[random.below(PIECES.len())].to_owned(),
        6 => {
            let end = (at + 1 + random.below(12)).min(parts.len());
            parts.drain(at..end);
        }
        _ => {
            let lines: Vec<&str> = others[random.below(others.len())]
                .split_inclusive('\n')
                .collect();
            if !lines.is_empty() {
                let from = random.below(lines.len());
                let until = (from + 1 + random.below(8)).min(lines.len());
                parts.insert(at, lines[from..until].concat());
            }
        }
    }
    parts
}

/// Words, spaces and single marks.
fn tokens(text: &str) -> Vec<String> {
    let kind = |c: char| match c {
        _ if c.is_alphanumeric() || c == '_' => 0,
        _ if c.is_whitespace() => 1,
        _ => 2,
    };
    let mut tokens: Vec<String> = Vec::new();
    let mut before = 3;
    for c in text.chars() {
        let now = kind(c);
        match tokens.last_mut() {
            Some(last) if now == before && now != 2 => last.push(c),
            _ => tokens.push(c.to_string()),
        }
        before = now;
    }
    tokens
}
