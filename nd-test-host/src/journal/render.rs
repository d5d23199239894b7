//! The journal as a tree that people can read.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use std::time::Duration;

use super::{CallId, CallRecord, Direction, Entry, Outcome, Payload};

/// Payloads longer than this many characters are cut.
const MAX_TEXT: usize = 100;

/// Draws entries as a tree: a call, and indented below it what happened inside.
pub(super) fn tree(entries: &[Entry]) -> String {
    let known: HashSet<CallId> = entries.iter().filter_map(own_id).collect();
    let mut children: HashMap<CallId, Vec<&Entry>> = HashMap::new();
    for entry in entries {
        let parent = parent_of(entry);
        // A parent that fell out of the journal must not hide its children.
        let parent = if known.contains(&parent) {
            parent
        } else {
            CallId::NONE
        };
        children.entry(parent).or_default().push(entry);
    }
    let mut text = String::new();
    draw(&children, CallId::NONE, "", &mut text);
    text
}

fn draw(children: &HashMap<CallId, Vec<&Entry>>, parent: CallId, indent: &str, text: &mut String) {
    let Some(entries) = children.get(&parent) else {
        return;
    };
    for (index, entry) in entries.iter().enumerate() {
        let last = index + 1 == entries.len();
        let (branch, below) = match (parent == CallId::NONE, last) {
            (true, _) => ("", ""),
            (false, false) => ("├─ ", "│  "),
            (false, true) => ("└─ ", "   "),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{indent}{branch}{}", line(entry));
        if let Some(id) = own_id(entry) {
            draw(children, id, &format!("{indent}{below}"), text);
        }
    }
}

fn own_id(entry: &Entry) -> Option<CallId> {
    match entry {
        Entry::Call(call) => Some(call.id),
        Entry::Log(_) | Entry::Printed(_) => None,
    }
}

fn parent_of(entry: &Entry) -> CallId {
    match entry {
        Entry::Call(call) => call.parent,
        Entry::Log(log) => log.call,
        Entry::Printed(printed) => printed.call,
    }
}

fn line(entry: &Entry) -> String {
    match entry {
        Entry::Call(call) => call_line(call),
        Entry::Log(log) if log.call == CallId::NONE => {
            format!("{} log {}: {}", log.plugin, log.level, log.message)
        }
        Entry::Log(log) => format!("log {}: {}", log.level, log.message),
        Entry::Printed(printed) => format!("{}: {}", printed.stream, printed.text),
    }
}

fn call_line(call: &CallRecord) -> String {
    let name = match call.direction {
        Direction::Export => format!("{} {}", call.plugin, call.name),
        Direction::Import => call.name.clone(),
    };
    let outcome = match &call.outcome {
        Outcome::Running => return format!("{name} {} … running", shown(&call.input)),
        Outcome::Answered(output) => shown(output),
        Outcome::Failed(message) => format!("failed: {message}"),
    };
    let fuel = call.fuel.map(|fuel| format!(", {}", amount(fuel)));
    format!(
        "{name} {} → {outcome} ({}{})",
        shown(&call.input),
        time(call.duration),
        fuel.unwrap_or_default()
    )
}

fn shown(payload: &Payload) -> String {
    let text = payload.text();
    if text.is_empty() {
        return "nothing".to_owned();
    }
    match text.char_indices().nth(MAX_TEXT) {
        None => text,
        Some((cut, _)) => format!("{}… ({} bytes)", &text[..cut], payload.full_length()),
    }
}

fn time(duration: Duration) -> String {
    match duration.as_micros() {
        micros @ 0..1_000 => format!("{micros} µs"),
        micros @ 1_000..1_000_000 => format!("{:.1} ms", micros as f64 / 1e3),
        micros => format!("{:.2} s", micros as f64 / 1e6),
    }
}

fn amount(fuel: u64) -> String {
    match fuel {
        0..10_000 => format!("{fuel} fuel"),
        10_000..10_000_000 => format!("{} k fuel", fuel / 1_000),
        _ => format!("{} M fuel", fuel / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Direction, Journal, LogLevel, Outcome};
    use super::*;

    #[test]
    fn calls_are_drawn_with_what_happened_inside() {
        let journal = Journal::new();
        let outer = journal.begin(CallId::NONE, Direction::Export, "p", "nd_on_init", b"{}");
        let inner = journal.begin(outer.id(), Direction::Import, "p", "config_keys", b"{}");
        inner.end(Outcome::Answered(Payload::new(br#"{"keys":["a"]}"#)), None);
        journal.log_in(outer.id(), "p", LogLevel::Info, "ready");
        outer.end(Outcome::Failed("boom".into()), Some(12_345));
        let entries = journal.entries().into_iter().map(|entry| match entry {
            Entry::Call(call) => Entry::Call(CallRecord {
                duration: Duration::from_micros(1500),
                ..call
            }),
            log => log,
        });
        assert_eq!(
            tree(&entries.collect::<Vec<_>>()),
            "p nd_on_init {} → failed: boom (1.5 ms, 12 k fuel)\n\
             ├─ config_keys {} → {\"keys\":[\"a\"]} (1.5 ms)\n\
             └─ log info: ready\n"
        );
    }

    #[test]
    fn a_child_whose_parent_was_forgotten_is_still_shown() {
        let journal = Journal::new();
        let outer = journal.begin(CallId::NONE, Direction::Export, "p", "outer", b"");
        journal.clear();
        let inner = journal.begin(outer.id(), Direction::Import, "p", "inner", b"");
        drop(inner);
        assert_eq!(journal.tree(), "inner nothing … running\n");
    }
}
