//! Compares the differences of two sets of definitions with the text beside each case of `tests/diff`.
//!
//! A case is one file; a line `//@ old <path>` or `//@ new <path>` opens a definition file of one side.
//! What a case leaves undocumented gets a stock sentence, for documentation is not what most cases are about.
//! `UPDATE_GOLDEN=1` writes the texts instead; read each verdict aloud before committing it.

#![allow(clippy::unwrap_used)]

use nd_hostgen::diff::{Options, diff};
use nd_hostgen::driver;
use nd_hostgen::model::Model;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diff")
}

/// The files of both sides of a case.
fn split(case: &str) -> BTreeMap<&str, BTreeMap<String, String>> {
    let mut sides: BTreeMap<&str, BTreeMap<String, String>> = BTreeMap::new();
    let (mut side, mut path) = ("", "");
    for line in case.lines() {
        if let Some((next_side, next_path)) =
            line.strip_prefix("//@ ").and_then(|l| l.split_once(' '))
        {
            (side, path) = (next_side, next_path);
            sides
                .entry(side)
                .or_default()
                .insert(path.to_owned(), "//! Docs.\n".to_owned());
            continue;
        }
        let text = sides.get_mut(side).unwrap().get_mut(path).unwrap();
        let item = line.trim_start();
        if item.starts_with("pub ") || item.starts_with("fn ") {
            *text += "/// Does.\n";
        }
        *text += &format!("{line}\n");
    }
    sides
}

fn models(case: &str) -> (Model, Model) {
    let text = fs::read_to_string(directory().join(case)).unwrap();
    let sides = split(&text);
    let model = |side: &str| {
        driver::model_of(&sides[side]).unwrap_or_else(|e| panic!("{case}, {side}: {e}"))
    };
    (model("old"), model("new"))
}

/// Compares a text with its golden file, or writes that.
fn check(path: &Path, text: &str, wrong: &mut Vec<String>) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(path, text).unwrap();
    } else if fs::read_to_string(path).unwrap_or_default() != text {
        wrong.push(format!("{}:\n{text}", path.display()));
    }
}

#[test]
fn every_difference_has_its_verdicts() {
    let cases = [
        "services",
        "functions",
        "types",
        "fields",
        "structs",
        "capabilities",
        "constants",
        "renamed",
        "flows",
        "moved",
    ];
    let mut wrong = Vec::new();
    for case in cases {
        let (old, new) = models(&format!("{case}.rs"));
        let report = diff(&old, &new, Options::default());
        check(
            &directory().join(format!("{case}.txt")),
            &report.text("old", "new"),
            &mut wrong,
        );
        assert!(
            diff(&old, &old, Options { details: true }).is_empty(),
            "{case}"
        );
    }
    let (old, new) = models("details.rs");
    assert!(diff(&old, &new, Options::default()).is_empty());
    let report = diff(&old, &new, Options { details: true });
    check(
        &directory().join("details.txt"),
        &report.text("old", "new"),
        &mut wrong,
    );
    check(
        &directory().join("details.json"),
        &report.json("old", "new"),
        &mut wrong,
    );
    assert!(
        wrong.is_empty(),
        "texts differ; UPDATE_GOLDEN=1 accepts these:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn the_other_way_round_verdicts_change_sides() {
    // Whoever reads what the other side writes is the same in both directions, only old and new are swapped.
    for case in ["types", "fields", "structs"] {
        let (old, new) = models(&format!("{case}.rs"));
        let there = diff(&old, &new, Options::default());
        let back = diff(&new, &old, Options::default());
        let mut swapped: Vec<_> = there
            .changes
            .iter()
            .map(|c| (&c.name, c.hosts.breaking, c.guests.breaking))
            .collect();
        let mut found: Vec<_> = back
            .changes
            .iter()
            .map(|c| (&c.name, c.guests.breaking, c.hosts.breaking))
            .collect();
        swapped.sort();
        found.sort();
        assert_eq!(swapped, found, "{case}");
    }
}

#[test]
fn values_that_hosts_send_break_plugins() {
    let (mut old, mut new) = models("constants.rs");
    for model in [&mut old, &mut new] {
        // As Go definitions say it.
        let mut fields = model.modules.iter_mut().flat_map(|module| {
            let structs = module.structs.iter_mut();
            structs.flat_map(|item| &mut item.fields)
        });
        fields.next().unwrap().alias = Some("State".to_owned());
    }
    let report = diff(&old, &new, Options::default());
    let breaking = |name: &str| {
        let mut changes = report.changes.iter();
        let found = changes.find(|change| change.name == name).unwrap();
        (found.guests.breaking, found.hosts.breaking)
    };
    assert_eq!(breaking("STATE_WON"), (true, false));
    assert_eq!(breaking("STATE_LOST"), (false, true));
    assert_eq!(breaking("OUTCOME_WON"), (false, true));
    let names: Vec<&str> = report.changes.iter().map(|c| c.name.as_str()).collect();
    assert!(!names.contains(&"STATE_ONE") && !names.contains(&"STATE_KEPT"));
}

/// Runs `diff` on two folders of definitions.
fn run(arguments: &[&str]) -> Output {
    let root = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(directory().join("functions.rs")).unwrap();
    for (side, files) in split(&text) {
        for (path, text) in files {
            let path = root.path().join(side).join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_nd-hostgen"));
    command.current_dir(root.path()).arg("diff").args(arguments);
    command.output().unwrap()
}

#[test]
fn exit_codes_say_what_was_asked_for() {
    let cases: [(&[&str], i32); 12] = [
        (&["old", "old"], 0),
        (&["old", "new"], 3),
        (&["old", "new", "-fail-on", "any"], 3),
        (&["old", "new", "--fail-on=breaking"], 3),
        (&["old", "new", "--fail-on", "guests"], 3),
        (&["old", "new", "--fail-on", "hosts"], 3),
        (&["old", "new", "--fail-on", "never"], 0),
        (&["old", "missing"], 1),
        (&["old"], 2),
        (&["old", "new", "more"], 2),
        (&["old", "new", "--fail-on", "sometimes"], 2),
        (&["old", "new", "--format", "xml"], 2),
    ];
    for (arguments, code) in cases {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        assert_eq!(
            output.stderr.is_empty(),
            code == 0 || code == 3,
            "{arguments:?}"
        );
    }
}

#[test]
fn the_report_goes_where_it_is_wanted() {
    let text = String::from_utf8(run(&["old", "new"]).stdout).unwrap();
    assert!(text.starts_with("from old to new\n"), "{text}");
    let json = run(&["-json", "old", "new"]).stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["format"], "nd-hostgen diff");
    let output = run(&["old", "new", "--output", "report.txt"]);
    assert!(output.stdout.is_empty());
}
