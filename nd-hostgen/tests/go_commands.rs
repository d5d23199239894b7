//! The commands that read Go definitions: `import`, `model`, `diff`, and the flags of upstream's generator.

#![allow(clippy::unwrap_used)]

mod support;

use nd_hostgen::driver;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

const SERVICE: &str = "package host

import \"context\"

// ClockService tells the time.
//
//nd:hostservice name=Clock permission=clock
type ClockService interface {
	// Now returns the time in Unix seconds.
	//nd:hostfunc
	Now(ctx context.Context, zone string) (seconds int64, err error)
}
";

const CAPABILITY: &str = "package capabilities

// Alarm goes off.
//
//nd:capability name=alarm required=true
type AlarmAgent interface {
	// OnRing is called when the time has come.
	//nd:export name=nd_alarm_ring
	OnRing(RingRequest) error
}

// RingRequest says which alarm it is.
type RingRequest struct {
	Name string `json:\"name\"`
}
";

/// A checkout with one service and one capability.
fn checkout() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "plugins/host/clock.go", SERVICE);
    put(root.path(), "plugins/host/doc.go", "this is not even Go");
    put(root.path(), "plugins/host/clock_gen.go", "nor is this");
    put(root.path(), "plugins/capabilities/alarm.go", CAPABILITY);
    root
}

/// A checkout with our own definitions in Go.
fn our_checkout() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let model = driver::load(&repository()).unwrap();
    let sources = support::go_writer::write(&model);
    for folder in sources.folders.iter().chain(&sources.shared) {
        for (path, text) in &folder.files {
            put(root.path(), path, text);
        }
    }
    root
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn put(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn run(root: &Path, line: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nd-hostgen"));
    command.current_dir(root).args(line.split_whitespace());
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[track_caller]
fn succeed(root: &Path, line: &str) -> String {
    let output = run(root, line);
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{line}: {errors}");
    text(&output.stdout) + &errors
}

#[track_caller]
fn fail(root: &Path, line: &str, code: i32, message: &str) {
    let output = run(root, line);
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{line}: {errors}");
    assert!(errors.contains(message), "{line}: {errors}");
}

#[test]
fn an_import_writes_definitions_that_are_read_again() {
    let root = checkout();
    let said = succeed(root.path(), "import -output=defs --since v0.64 -v");
    assert!(said.contains("wrote defs/services/clock.rs"), "{said}");
    assert!(said.contains("1 item without documentation"), "{said}");
    let written = fs::read_to_string(root.path().join("defs/services/clock.rs")).unwrap();
    assert_eq!(
        written,
        "//! The host service `Clock`.

/// Tells the time.
#[host_service(name = \"Clock\", permission = \"clock\", since = \"0.64.0\")]
pub trait Clock {
    /// Returns the time in Unix seconds.
    #[host_fn(results(seconds))]
    fn now(zone: String) -> Result<i64>;
}
"
    );
    let same = succeed(root.path(), "diff . defs");
    assert!(same.contains("do not differ"), "{same}");
    let said = succeed(root.path(), "import -output=defs -v");
    assert!(said.contains("nothing changed"), "{said}");
}

#[test]
fn what_exists_keeps_its_release_and_documentation() {
    let root = checkout();
    succeed(
        root.path(),
        "import -output=defs --since 0.64.0 --derive-docs",
    );
    let path = "defs/services/clock.rs";
    let written = fs::read_to_string(root.path().join(path)).unwrap();
    put(
        root.path(),
        path,
        &written.replace("The host function `now`.", "Says when."),
    );
    let more = "	// Later is new.\n	//nd:hostfunc\n	Later(ctx context.Context) error\n}\n";
    let grown = SERVICE.trim_end().strip_suffix('}').unwrap().to_owned() + more;
    put(root.path(), "plugins/host/clock.go", &grown);
    fail(
        root.path(),
        "import -output defs",
        1,
        "1 new item has no release",
    );
    fail(
        root.path(),
        "import -output defs -since 0.65",
        1,
        "clock.rs` exists and would change; allow that with --overwrite",
    );
    succeed(
        root.path(),
        "import -output defs -since 0.65 --overwrite --only clock",
    );
    let written = fs::read_to_string(root.path().join(path)).unwrap();
    assert!(
        written.contains("/// Says when.\n    #[host_fn(results(seconds))]"),
        "{written}"
    );
    assert!(
        written.contains("/// New.\n    #[host_fn(since = \"0.65.0\")]"),
        "{written}"
    );
}

#[test]
fn names_that_generated_code_needs_are_replaced() {
    let root = tempfile::tempdir().unwrap();
    let text = "package a

//nd:hostservice name=search
type SearchService interface {
	//nd:hostfunc
	Dispatch(document string, services []Request) (ctx Result, err error)
}

type Request struct {
	Result Result `json:\"result\"`
}

type Result struct {
	Error string `json:\"error\"`
}
";
    put(root.path(), "a.go", text);
    let said = succeed(root.path(), "import -output d -since 0.1");
    assert!(
        said.contains("type `Result` is called `SearchResult` here"),
        "{said}"
    );
    let written = fs::read_to_string(root.path().join("d/services/search.rs")).unwrap();
    assert!(
        written.contains(
            "#[host_fn(results(ctx_))]
    fn dispatch_(document_: String, services_: Vec<SearchRequest>) -> Result<SearchResult>;"
        ),
        "{written}"
    );
    let model = succeed(root.path(), "model -input d");
    for wire in ["search_dispatch", "\"document\"", "\"services\"", "\"ctx\""] {
        assert!(model.contains(wire), "{wire}: {model}");
    }
    succeed(root.path(), "bindings -guest guest -host host");
}

#[test]
fn an_import_says_what_is_wrong() {
    let root = checkout();
    let cases = [
        ("import", 2, "say where to write with --output"),
        (
            "import -output d -since x",
            2,
            "`x` is not a server release",
        ),
        (
            "import -output d -since 0.1 --only nix",
            2,
            "there is no module `nix`; there are: alarm, clock",
        ),
        (
            "import -input nowhere -output d",
            1,
            "reading directory: nowhere",
        ),
        (
            "import -output d -known nowhere",
            1,
            "cannot read `nowhere`",
        ),
    ];
    for (line, code, message) in cases {
        fail(root.path(), line, code, message);
    }
    // What our own language does not have stands in the way of Rust, but not of comparisons.
    let fields = CAPABILITY.replace("Name string", "Name any");
    put(root.path(), "plugins/capabilities/alarm.go", &fields);
    fail(
        root.path(),
        "import -output d -since 0.1",
        1,
        "plugins/capabilities/alarm.go:14:7",
    );
    succeed(root.path(), "model");
    assert!(!root.path().join("d").exists());
}

#[test]
fn a_checkout_is_a_source_like_any_other() {
    let root = our_checkout();
    let ours = repository();
    let same = succeed(root.path(), &format!("diff . {}", ours.display()));
    assert!(same.contains("do not differ"), "{same}");
    succeed(root.path(), "model -input plugins -output model.json");
    let same = succeed(root.path(), "diff . model.json");
    assert!(same.contains("do not differ"), "{same}");
    // The shared types are found beside a folder of definitions.
    succeed(root.path(), "model -input plugins/capabilities");
    succeed(
        root.path(),
        "bindings -input plugins/host -guest guest -host host",
    );
}

#[test]
fn an_empty_result_explains_itself() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "a_test.go", "package a");
    put(root.path(), "doc.go", "package a");
    put(root.path(), "more/b.go", "package a");
    put(
        root.path(),
        "a.go",
        "package a\n\n//nd:hostservice name=A\n\ntype A interface{ B() }\n",
    );
    let said = succeed(root.path(), "import -output d");
    for part in [
        "read 1 Go file with 1 interface, none with its annotation and an annotated method",
        "a.go:3:1: a comment with an annotation belongs to no declaration",
        "a.go:5:6: interface `A` has no annotation, nor has any of its methods",
        "a_test.go` was skipped: names ending in `_test.go` are tests",
        "doc.go` was skipped: a file named `doc.go` is not read",
        "more` was skipped: folders are not entered",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!root.path().join("d").exists());
}

#[test]
fn upstreams_flags_mean_the_same() {
    let root = our_checkout();
    let shared = "--shared=plugins/types";
    let said = succeed(
        root.path(),
        &format!("-input plugins/host {shared} -output out -rust -v"),
    );
    for part in [
        "Input directory: plugins/host\n",
        "Base output directory: out\n",
        "Rust output directory: out/rust/nd-pdk-host/src\n",
        "Package name: host\n",
        "Found 14 host service(s)\n",
        "Generated out/rust/nd-pdk-host/src/kvstore.rs\n",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    succeed(
        root.path(),
        &format!("-host-wrappers --input=plugins/host {shared} -output out"),
    );
    assert!(
        root.path()
            .join("out/rust/nd-test-host/src/kvstore.rs")
            .exists()
    );
    let said = succeed(
        root.path(),
        &format!("-schemas -input plugins/capabilities {shared} -v"),
    );
    assert!(said.contains("Found 8 capability(ies)\n"), "{said}");
    assert!(
        root.path()
            .join("plugins/capabilities/scrobbler.yaml")
            .exists()
    );
    let said = succeed(
        root.path(),
        &format!("-schemas -input plugins/capabilities {shared} -output x -dry-run"),
    );
    assert!(
        said.contains("=== x/scrobbler.yaml ===\nversion: v1-draft\n"),
        "{said}"
    );
    assert!(!root.path().join("x").exists());
    let said = succeed(
        root.path(),
        &format!("-input plugins/capabilities {shared} -package other -v"),
    );
    assert!(said.contains("Package name: other\n"), "{said}");
    assert!(said.contains("No host services found\n"), "{said}");
    assert!(said.contains("-schemas is for them"), "{said}");
    let said = succeed(
        root.path(),
        &format!("-schemas -input plugins/host {shared} -v"),
    );
    assert!(said.contains("No capabilities found\n"), "{said}");
    assert!(said.contains("-host-only is for them"), "{said}");
}

#[test]
fn upstreams_messages_are_kept() {
    let root = checkout();
    put(root.path(), "empty/a.go", "package a\n");
    put(
        root.path(),
        "broken/a.go",
        "package a\n\ntype A interface {\n",
    );
    put(
        root.path(),
        "shared/a.go",
        "package a\n\n//nd:hostservice name=A\ntype A interface {\n\t//nd:hostfunc\n\tB(a types.X)\n}\n",
    );
    let cases = [
        (
            "-host-only -schemas",
            1,
            "Error: cannot specify multiple modes (",
        ),
        (
            "-input nowhere",
            1,
            "Error: parsing source files: reading directory:",
        ),
        (
            "-schemas -input nowhere",
            1,
            "Error: parsing capability files: reading directory:",
        ),
        (
            "-input plugins/host -shared nowhere",
            1,
            "Error: loading shared types: reading shared types directory:",
        ),
        ("-input broken", 1, "parsing broken/a.go:"),
        (
            "-input shared",
            1,
            "shared type \"X\" could not be resolved: pass -shared=",
        ),
        (
            "-input plugins/host -nonsense",
            2,
            "usage: nd-hostgen ndpgen",
        ),
        (
            "-input plugins/host -v=maybe",
            2,
            "usage: nd-hostgen ndpgen",
        ),
        ("-go -input plugins/host", 1, "Error: -go writes Go"),
        ("-extism-pdk", 1, "Error: -extism-pdk writes Go"),
        ("-capability-only", 1, "nd-hostgen import"),
        ("-shared-types", 1, "nd-hostgen import"),
    ];
    for (line, code, message) in cases {
        fail(root.path(), line, code, message);
    }
    assert_eq!(succeed(root.path(), "-input empty"), "");
    let said = succeed(root.path(), "-input empty -v");
    assert!(said.contains("No host services found\n"), "{said}");
    let said = succeed(root.path(), "-schemas -input empty -v");
    assert!(said.contains("No capabilities found\n"), "{said}");
    let legacy = "-input plugins/host -output out --legacy";
    succeed(root.path(), legacy);
    assert!(
        root.path()
            .join("out/rust/nd-pdk-host/src/clock.rs")
            .exists()
    );
}

/// What upstream's generator makes of its own test cases, as guests see it.
#[test]
fn reference_cases_have_their_signatures() {
    let root = tempfile::tempdir().unwrap();
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/go");
    let text = fs::read_to_string(samples.join("reference_cases.go.txt")).unwrap();
    put(root.path(), "a.go", &text);
    let said = succeed(root.path(), "bindings -guest guest -dry-run");
    let said: String = said.split_whitespace().collect::<Vec<_>>().join(" ");
    for signature in [
        "pub fn echo(message: &str) -> Result<String, Error> {",
        "pub fn add(a: i32, b: i32) -> Result<i32, Error> {",
        "pub fn save(item: Item) -> Result<String, Error> {",
        "pub fn items(name: &str, filter: Filter) -> Result<i32, Error> {",
        "pub fn count(name: &str) -> Result<i32, Error> {",
        "pub fn ping() -> Result<(), Error> {",
        "pub fn get(key: &str) -> Result<serde_json::Value, Error> {",
        "pub fn set(data: HashMap<String, serde_json::Value>) -> Result<(), Error> {",
        "pub fn get(id: Option<String>, filter: Option<User>) -> Result<Option<User>, Error> {",
        // Upstream's output does not compile, because the struct is called `Result`.
        "pub fn find(query: &str) -> Result<(Vec<SearchResult>, i32), Error> {",
        "pub fn encode(data: Vec<u8>) -> Result<Vec<u8>, Error> {",
        "pub fn get(key: &str) -> Result<Option<String>, Error> {",
        "pub fn set(key: &str, value: &str) -> Result<(), Error> {",
        "pub fn has(key: &str) -> Result<bool, Error> {",
        "pub fn two() -> Result<(String, bool), Error> {",
        "pub fn both() -> Result<(bool, bool), Error> {",
        "pub fn no_params_no_returns() -> Result<(), Error> {",
        "runtime::import!(\"comprehensive_noparamsnoreturns\")",
        "runtime::import!(\"echo_echo\")",
    ] {
        assert!(said.contains(signature), "{signature}: {said}");
    }
}

#[test]
fn shared_types_are_those_of_the_kit_only_if_they_are_the_same() {
    let root = our_checkout();
    let radio = "package host\n\nimport \"example.org/fork/plugins/types\"\n\n\
                 //nd:hostservice name=Radio permission=radio\ntype RadioService interface {\n\
                 \t//nd:hostfunc\n\tPlay(song types.SongRef) (types.Podcast, error)\n}\n";
    let podcast = "package types\n\n// Podcast is the fork's own.\ntype Podcast struct {\n\
                   \tTitle string `json:\"title\"`\n\tSongs []SongRef `json:\"songs\"`\n}\n";
    put(root.path(), "own/radio.go", radio);
    let original = fs::read_to_string(root.path().join("plugins/types/types.go")).unwrap();
    put(root.path(), "types/podcast.go", podcast);
    put(root.path(), "types/types.go", &original);
    let lines = [
        "bindings -input own -guest out -dry-run",
        "bindings -input own -shared types -guest out -dry-run",
        "-input own -shared types -dry-run",
    ];
    for line in lines {
        let said = succeed(root.path(), line);
        assert!(
            said.contains("song: nd_pdk::types::SongRef"),
            "{line}: {said}"
        );
        assert!(said.contains("super::types::Podcast"), "{line}: {said}");
        assert!(said.contains("pub struct Podcast"), "{line}: {said}");
        assert!(!said.contains("pub struct SongRef"), "{line}: {said}");
    }
    // An artist with one field more is another type, and so is a song of such artists.
    let more = "type ArtistRef struct {\n\tCountry string `json:\"country\"`\n";
    let other = original.replace("type ArtistRef struct {\n", more);
    assert_ne!(other, original);
    put(root.path(), "types/types.go", &other);
    for line in lines {
        let said = succeed(root.path(), line);
        assert!(
            said.contains("song: super::types::SongRef"),
            "{line}: {said}"
        );
        assert!(said.contains("pub struct SongRef"), "{line}: {said}");
        assert!(
            said.contains("`SongRef` is not that of nd-types"),
            "{line}: {said}"
        );
    }
}

#[test]
fn what_is_no_file_of_text_is_refused() {
    let root = checkout();
    fs::write(
        root.path().join("plugins/host/a.go"),
        b"package host\n// caf\xe9\n",
    )
    .unwrap();
    fail(
        root.path(),
        "model -input .",
        1,
        "plugins/host/a.go:2:7` holds bytes that are no text",
    );
    fs::write(
        root.path().join("plugins/host/a.go"),
        vec![b' '; (1 << 20) + 1],
    )
    .unwrap();
    fail(root.path(), "model -input .", 1, "is longer than 1 MiB");
    #[cfg(unix)]
    {
        fs::remove_file(root.path().join("plugins/host/a.go")).unwrap();
        std::os::unix::fs::symlink("/dev/zero", root.path().join("plugins/host/a.go")).unwrap();
        fail(root.path(), "model -input .", 1, "not a regular file");
    }
}

#[test]
fn a_wrong_place_takes_no_generated_file_away() {
    let root = checkout();
    succeed(root.path(), "generate -input . -root out");
    succeed(root.path(), "bindings -input . -guest guest");
    let (generated, guest) = ("out/nd-pdk/src/generated/host/clock.rs", "guest/clock.rs");
    put(root.path(), "other/main.go", "package main\n");
    fail(
        root.path(),
        "generate -input other -root out",
        1,
        "no definitions under `other`",
    );
    fail(
        root.path(),
        "bindings -input other -guest guest",
        1,
        "there is no host service",
    );
    assert!(root.path().join(generated).exists() && root.path().join(guest).exists());
}
