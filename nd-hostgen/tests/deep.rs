//! Endless nesting is a mistake like any other, in both languages.

#![allow(clippy::unwrap_used)]

use nd_hostgen::diff::{Options, diff};
use nd_hostgen::driver;
use nd_hostgen::go::{self, GoSources, SourceFolder};
use nd_hostgen::model::Model;
use std::collections::BTreeMap;

/// How often each construct is repeated.
const TIMES: usize = 20_000;

#[test]
fn rust_is_refused_with_a_message() {
    let types = [
        ("Vec<", "i32", ">"),
        ("(", "i32", ")"),
        ("[", "i32", "]"),
        ("&", "str", ""),
        ("*const ", "i32", ""),
        ("fn() -> ", "i32", ""),
        ("fn(", "i32", ")"),
        ("impl Fn() -> ", "i32", ""),
        ("<", "i32", ">::T"),
        ("A::<A", "", ">"),
        ("{", "", "}"),
    ];
    let values = [
        ("-", "1", ""),
        ("!", "1", ""),
        ("(", "1", ")"),
        ("[", "1", "]"),
        ("{", "1", "}"),
        ("1 + ", "1", ""),
        ("a.", "b", ""),
        ("&", "1", ""),
        ("|| ", "1", ""),
        ("if a {} else ", "{}", ""),
        ("return ", "1", ""),
        ("match a { a => ", "1", "}"),
        ("a = ", "1", ""),
        ("a(", "1", ")"),
        ("1 as i32 as ", "i32", ""),
        ("unsafe {", "1", "}"),
        ("async ", "{}", ""),
        ("loop { ", "1", "}"),
    ];
    let whole = [
        ("mod a {", "", "}"),
        ("#[a(", "", ")] struct A;"),
        ("fn f() { ", "", "}"),
        ("trait A { fn f() { ", "", "}}"),
        ("use a::{", "a", "};"),
        ("/* ", "", "*/"),
    ];
    let mut texts = Vec::new();
    for (open, inside, close) in types {
        let ty = repeated(open, inside, close);
        texts.push(format!("pub struct A {{ pub a: {ty} }}"));
        texts.push(format!("pub trait A {{ fn f(a: {ty}) -> {ty}; }}"));
    }
    for (open, inside, close) in values {
        let value = repeated(open, inside, close);
        texts.push(format!("pub const A: B = {value};"));
    }
    for (open, inside, close) in whole {
        texts.push(repeated(open, inside, close));
    }
    for text in texts {
        let path = "capabilities/services/sample.rs".to_owned();
        let sources = BTreeMap::from([(path, text.clone())]);
        let error = driver::model_of(&sources).map(|_| ()).unwrap_err();
        let start: String = text.chars().take(60).collect();
        assert!(
            error.to_string().contains("sample.rs:1:"),
            "{start}: {error}"
        );
    }
}

/// What the limit lets through fits the parser's stack.
#[test]
fn rust_just_below_the_limit_is_read() {
    for (open, inside, close, tokens) in [
        ("Vec<", "i32", ">", 3),
        ("(", "i32", ")", 1),
        ("&", "str", "", 1),
        ("fn() -> ", "i32", "", 4),
        ("impl Fn() -> ", "i32", "", 5),
    ] {
        let ty = times(2900 / tokens, open, inside, close);
        let text = format!("pub struct A {{ pub a: {ty} }}");
        let _ = driver::model_of(&BTreeMap::from([("services/a.rs".to_owned(), text)]));
    }
    for (open, inside, close, tokens) in [
        ("-", "1", "", 1),
        ("(", "1", ")", 1),
        ("{", "1", "}", 1),
        ("1 + ", "1", "", 2),
        ("a.", "b", "", 2),
        ("|| ", "1", "", 2),
        ("if a {} else ", "{}", "", 4),
        ("a = ", "1", "", 2),
        ("loop { ", "1", "}", 2),
        ("async ", "{}", "", 1),
    ] {
        let value = times(2900 / tokens, open, inside, close);
        let text = format!("pub const A: B = {value};");
        let _ = driver::model_of(&BTreeMap::from([("services/a.rs".to_owned(), text)]));
    }
}

/// Long is not deep.
#[test]
fn long_files_are_read() {
    let mut text = "//! Docs.\n\n/// Docs.\n#[host_service(name = \"A\", since = \"0.1.0\")]\n\
                    pub trait A {\n    /// Docs.\n    #[host_fn]\n    fn f(a: S0);\n}\n"
        .to_owned();
    for at in 0..1000 {
        let next = (at + 1) % 1000;
        text += &format!(
            "\n/// Docs.\npub struct S{at} {{\n    /// Docs.\n    pub a: Vec<S{next}>,\n    /// Docs.\n    pub b: i32,\n}}\n"
        );
    }
    let sources = BTreeMap::from([("services/a.rs".to_owned(), text)]);
    let model = driver::model_of(&sources).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(model.modules[0].structs.len(), 1000);
}

#[test]
fn go_is_refused_with_a_message() {
    let types = [
        ("[]", "string", ""),
        ("*", "string", ""),
        ("map[string]", "string", ""),
        ("(", "string", ")"),
        ("struct{ A ", "string", "}"),
        ("func(", "string", ")"),
        ("chan ", "string", ""),
        ("interface{ A(", "string", ")}"),
        ("A[", "string", "]"),
        ("[1]", "string", ""),
    ];
    for (open, inside, close) in types {
        let ty = repeated(open, inside, close);
        for text in [
            format!("//nd:hostservice name=A\ntype A interface {{\n//nd:hostfunc\nF(a {ty})\n}}"),
            format!(
                "//nd:hostservice name=A\ntype A interface {{\n//nd:hostfunc\nF(a B)\n}}\n\ntype B struct {{\nA {ty}\n}}"
            ),
        ] {
            finish(&text);
        }
    }
    let values = [
        ("-", "1", ""),
        ("(", "1", ")"),
        ("1 + ", "1", ""),
        ("A(", "1", ")"),
    ];
    for (open, inside, close) in values {
        let value = repeated(open, inside, close);
        finish(&format!(
            "//nd:capability name=a\ntype A interface {{\n//nd:export name=a\nF()\n}}\n\ntype AKind int\n\nconst B AKind = {value}"
        ));
    }
    // A chain of types that stand for each other.
    let chain: String = (0..20_000)
        .map(|at| format!("type T{at} T{}\n", at + 1))
        .collect();
    finish(&format!(
        "//nd:hostservice name=A\ntype A interface {{\n//nd:hostfunc\nF(a T0)\n}}\n\n{chain}type T20000 string\n"
    ));
}

/// Each of these maps holds two of the next kind.
#[test]
fn go_maps_of_maps_do_not_multiply() {
    let maps: String = (0..60)
        .map(|at| format!("type T{at} map[T{next}]T{next}\n", next = at + 1))
        .collect();
    finish(&format!(
        "//nd:hostservice name=A\ntype A interface {{\n//nd:hostfunc\nF(a T0)\n}}\n\n{maps}type T60 string\n"
    ));
}

/// Every interface has its own copy of what it reaches, so that there is an end to it.
#[test]
fn go_interfaces_do_not_take_along_everything() {
    let structs: String = (0..2000)
        .map(|at| format!("type S{at} struct {{\nA []S{}\n}}\n", (at + 1) % 2000))
        .collect();
    let services: String = (0..2000)
        .map(|at| {
            format!("//nd:hostservice name=A{at}\ntype A{at} interface {{\n//nd:hostfunc\nF(a S0)\n}}\n\n")
        })
        .collect();
    let error = read(&format!("{services}{structs}")).unwrap_err();
    let said = "the interfaces up to this one take along more than 100000 structs and fields";
    assert!(error.contains(said), "{error}");
}

/// A difference is found however many structs of other names lie around it.
#[test]
fn structs_in_structs_are_compared_to_the_last() {
    let model = |name: &str, last: &str| {
        let structs: String = (0..12_000)
            .map(|at| format!("type {name}{at} struct {{\nA []{name}{}\n}}\n", at + 1))
            .collect();
        read(&format!(
            "//nd:hostservice name=A\ntype A interface {{\n//nd:hostfunc\nF(a {name}0) error\n}}\n\n{structs}type {name}12000 {last}\n"
        ))
        .unwrap()
    };
    let report = diff(
        &model("S", "string"),
        &model("T", "int"),
        Options::default(),
    );
    let change = &report.changes[0];
    assert!(change.guests.breaking && change.hosts.breaking);
    let why = "existing plugins send `String` instead of `i32`, in `T11999.a`, in `T11998.a`";
    assert!(change.guests.why.starts_with(why), "{}", change.guests.why);
    assert!(change.guests.why.len() < 1000);
}

/// Reads a Go file; a message is as good as a model.
fn finish(text: &str) {
    if let Err(message) = read(text) {
        assert!(message.contains("sample.go:"), "{message}");
    }
}

fn read(text: &str) -> Result<Model, String> {
    let path = "sample/sample.go".to_owned();
    let folder = SourceFolder {
        path: "sample".to_owned(),
        files: BTreeMap::from([(path, format!("package sample\n\n{text}\n"))]),
        ..SourceFolder::default()
    };
    let sources = GoSources {
        folders: vec![folder],
        ..GoSources::default()
    };
    let read = go::definitions_of(&sources);
    let read = read.map(|loaded| loaded.model());
    read.map_err(|error| error.to_string())
}

fn repeated(open: &str, inside: &str, close: &str) -> String {
    times(TIMES, open, inside, close)
}

fn times(times: usize, open: &str, inside: &str, close: &str) -> String {
    format!("{}{inside}{}", open.repeat(times), close.repeat(times))
}
