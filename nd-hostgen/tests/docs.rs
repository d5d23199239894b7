//! The reference documentation as a command; its text is held by the golden files.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn run(input: &str, arguments: &[&str]) -> Output {
    let input = Path::new(env!("CARGO_MANIFEST_DIR")).join(input);
    let mut command = Command::new(env!("CARGO_BIN_EXE_nd-hostgen"));
    command.arg("docs").arg("-input").arg(input).args(arguments);
    command.output().unwrap()
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn pages_are_written_or_printed() {
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().join("a/b");
    let output = run(
        "tests/golden/definitions",
        &["-output", below.to_str().unwrap(), "-v"],
    );
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(output.stdout).lines().count(), 3);
    let page = fs::read_to_string(below.join("services.md")).unwrap();
    assert!(page.starts_with("# Host services\n"), "{page}");
    let printed = text(run("tests/golden/definitions", &["-dry-run"]).stdout);
    assert!(
        printed.contains(&format!("=== services.md ===\n{page}")),
        "{printed}"
    );
    assert_eq!(run("tests/golden/definitions", &[]).status.code(), Some(2));
}

#[test]
fn a_model_file_gives_the_same_pages() {
    let printed = |input| text(run(input, &["-dry-run"]).stdout);
    assert_eq!(
        printed("tests/golden/model.json"),
        printed("tests/golden/definitions")
    );
}

#[test]
fn every_link_leads_to_a_heading() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../capabilities/reference");
    let page = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let anchors = |name: &str| -> Vec<String> {
        let page = page(name);
        let headings = page.lines().filter_map(|line| line.split_once("# "));
        let headings = headings.map(|(_, heading)| heading.to_lowercase().replace(' ', "-"));
        headings.map(|heading| heading.replace('`', "")).collect()
    };
    let mut links = 0;
    for name in ["services.md", "capabilities.md", "types.md"] {
        for part in page(name).split("](").skip(1) {
            let (target, _) = part.split_once(')').unwrap();
            let (file, anchor) = target.split_once('#').unwrap();
            let file = if file.is_empty() { name } else { file };
            assert!(
                anchors(file).contains(&anchor.to_owned()),
                "{name}: {target}"
            );
            links += 1;
        }
    }
    assert!(links > 50);
}
