//! The schemas of our capabilities say what existing servers and kits know, held by facts in `tests/schemas/facts`.

#![allow(clippy::unwrap_used)]

use nd_hostgen::driver;
use nd_hostgen::schemas::compare::{self, CompareError, Reference};
use nd_hostgen::schemas::{self, Schema, validate};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn facts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas/facts")
}

fn ours() -> Vec<Schema> {
    schemas::of(&driver::load(&root()).unwrap())
}

#[test]
fn our_schemas_agree_with_the_facts() {
    let theirs = compare::read(&facts()).unwrap();
    assert_eq!(theirs.len(), 8);
    assert_eq!(compare::compare(&ours(), &theirs), Vec::<String>::new());
}

#[test]
fn our_schemas_and_the_facts_keep_the_rules() {
    for schema in ours() {
        assert_eq!(validate::validate(&schema.meaning()), Vec::<String>::new());
    }
    for fact in compare::read(&facts()).unwrap() {
        assert_eq!(
            validate::validate(&fact.schema),
            Vec::<String>::new(),
            "{}",
            fact.file
        );
    }
}

#[test]
fn what_is_written_reads_as_what_is_meant() {
    let folder = tempfile::tempdir().unwrap();
    let ours = ours();
    for (name, schema) in schemas::file_names(&ours).iter().zip(&ours) {
        fs::write(folder.path().join(format!("{name}.yaml")), schema.yaml()).unwrap();
    }
    let written = compare::read(folder.path()).unwrap();
    assert_eq!(compare::compare(&ours, &written), Vec::<String>::new());
    for schema in &written {
        assert_eq!(validate::validate(&schema.schema), Vec::<String>::new());
    }
}

/// What differs after a change of the facts about the task worker.
fn differences(pointer: &str, value: Option<Value>) -> Vec<String> {
    let mut theirs = compare::read(&facts()).unwrap();
    let worker = theirs
        .iter_mut()
        .find(|fact| fact.file == "taskworker.yaml")
        .unwrap();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = worker
        .schema
        .pointer_mut(parent)
        .unwrap()
        .as_object_mut()
        .unwrap();
    match value {
        Some(value) => parent.insert(key.to_owned(), value),
        None => parent.remove(key),
    };
    compare::compare(&ours(), &theirs)
}

#[test]
fn every_kind_of_difference_is_found() {
    let request = "/components/schemas/TaskExecuteRequest";
    let place = "taskworker (taskworker.yaml): components: schemas: TaskExecuteRequest: ";
    let cases = [
        (
            "/version",
            Some(json!("v1")),
            "taskworker (taskworker.yaml): version is \"v1-draft\" here and \"v1\" there"
                .to_owned(),
        ),
        (
            "/exports/nd_task_execute/output",
            None,
            "taskworker (taskworker.yaml): exports: nd_task_execute: output is ours only"
                .to_owned(),
        ),
        (
            "/exports/nd_more",
            Some(json!({})),
            "taskworker (taskworker.yaml): exports: nd_more is theirs only".to_owned(),
        ),
        (
            "/components/schemas/More",
            Some(json!({})),
            "taskworker (taskworker.yaml): components: schemas: More is theirs only".to_owned(),
        ),
        (
            &format!("{request}/properties/payload/format"),
            None,
            format!("{place}properties: payload: format is ours only"),
        ),
        (
            &format!("{request}/properties/attempt/format"),
            Some(json!("int64")),
            format!("{place}properties: attempt: format is \"int32\" here and \"int64\" there"),
        ),
        (
            &format!("{request}/properties/taskId/nullable"),
            Some(json!(true)),
            format!("{place}properties: taskId: nullable is theirs only"),
        ),
        (
            &format!("{request}/required"),
            Some(json!(["taskId"])),
            format!(
                "{place}required is [\"attempt\",\"payload\",\"queueName\",\"taskId\"] here and [\"taskId\"] there"
            ),
        ),
    ];
    for (pointer, value, expected) in cases {
        assert_eq!(differences(pointer, value), [expected], "{pointer}");
    }
    let order = json!(["taskId", "queueName", "attempt", "payload"]);
    assert_eq!(
        differences(&format!("{request}/required"), Some(order)),
        Vec::<String>::new()
    );
    assert_eq!(
        differences(&format!("{request}/description"), Some(json!("Other."))),
        Vec::<String>::new()
    );
}

#[test]
fn a_property_called_description_counts() {
    let name = "/components/schemas/TaskExecuteRequest/properties/description";
    assert_eq!(differences(name, Some(json!({"type": "string"}))).len(), 1);
}

#[test]
fn capabilities_without_a_counterpart_are_told() {
    let mut theirs = compare::read(&facts()).unwrap();
    theirs.retain(|fact| fact.file != "taskworker.yaml");
    theirs.push(Reference {
        file: "strange.yaml".to_owned(),
        schema: json!({"exports": {"nd_strange": {}}}),
    });
    assert_eq!(
        compare::compare(&ours(), &theirs),
        [
            "strange.yaml: no capability of ours has its exports",
            "taskworker: no file of theirs has its exports",
        ]
    );
}

#[test]
fn folders_without_schemas_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let read = || compare::read(folder.path()).unwrap_err();
    assert!(matches!(read(), CompareError::Nothing { .. }));
    fs::write(folder.path().join("other.yaml"), "a: 1\n").unwrap();
    assert!(matches!(read(), CompareError::Nothing { .. }));
    fs::write(folder.path().join("broken.yml"), "a: [\n").unwrap();
    let message = read().to_string();
    assert!(
        message.starts_with("`broken.yml` is not YAML: "),
        "{message}"
    );
    assert!(matches!(
        compare::read(&folder.path().join("missing")),
        Err(CompareError::Io(_))
    ));
}

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nd-hostgen"));
    command.arg("schemas").args(arguments).output().unwrap()
}

#[test]
fn the_command_writes_prints_and_compares() {
    let (root, facts) = (root(), facts());
    let (root, facts) = (root.to_str().unwrap(), facts.to_str().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().join("a/b");
    let output = run(&["-input", root, "-output", below.to_str().unwrap(), "-v"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(fs::read_dir(&below).unwrap().count(), 8);
    let text = String::from_utf8(run(&["-input", root, "-dry-run"]).stdout).unwrap();
    assert!(
        text.starts_with("=== lifecycle.yaml ===\nversion: v1-draft\n"),
        "{text}"
    );
    assert_eq!(
        run(&["-input", root, "-compare", facts]).status.code(),
        Some(0)
    );
    fs::remove_file(below.join("lyrics.yaml")).unwrap();
    let output = run(&["-input", root, "-compare", below.to_str().unwrap(), "-v"]);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "lyrics: no file of theirs has its exports\ncompared with 7 files: 1 difference\n"
    );
    assert_eq!(run(&["-input", root]).status.code(), Some(2));
    assert_eq!(
        run(&["-input", root, "-compare", "/nowhere"]).status.code(),
        Some(1)
    );
}

#[test]
fn a_schema_that_breaks_the_rules_is_written_with_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let definitions = folder.path().join("capabilities");
    fs::create_dir(&definitions).unwrap();
    fs::write(
        definitions.join("sample.rs"),
        "//! Docs.\n\n/// Docs.\n#[capability(name = \"sample\", since = \"0.1.0\")]\npub trait Callback {\n    /// Docs.\n    \
         #[export(name = \"nd_sample\")]\n    fn on_sample(req: Sample);\n}\n\n/// Docs.\npub struct Sample {\n    /// Docs.\n    \
         #[json(\"user-name\")]\n    pub user: String,\n}\n",
    )
    .unwrap();
    let output = run(&[
        "-input",
        folder.path().to_str().unwrap(),
        "-output",
        folder.path().to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "Warning: Schema validation for sample:\n  components.schemas.Sample.properties.user-name: \"user-name\" is not a \
         name of letters, digits, `_` and `$`\n"
    );
    assert!(folder.path().join("sample.yaml").exists());
}

#[test]
fn two_types_of_one_name_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("capabilities");
    fs::create_dir_all(folder.path().join("types")).unwrap();
    fs::create_dir(&input).unwrap();
    let track = |package: &str| {
        format!("package {package}\n\ntype Track struct {{\n\tName string `json:\"name\"`\n}}\n")
    };
    fs::write(folder.path().join("types/types.go"), track("types")).unwrap();
    let own = "\n//nd:capability name=sample\ntype Sample interface {\n\t//nd:export name=nd_sample\n\t\
               OnSample(Both) error\n}\n\ntype Both struct {\n\tMine Track `json:\"mine\"`\n\t\
               Theirs types.Track `json:\"theirs\"`\n}\n";
    fs::write(input.join("sample.go"), track("capabilities") + own).unwrap();
    let output = run(&["-input", input.to_str().unwrap(), "-dry-run"]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stderr).unwrap();
    let said = "components.schemas.Track: a type of the capability and a shared one have this name";
    assert!(text.contains(said), "{text}");
}

#[test]
fn go_definitions_give_every_kind_of_schema() {
    let folder = tempfile::tempdir().unwrap();
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas");
    fs::copy(here.join("status.go.txt"), folder.path().join("status.go")).unwrap();
    let input = folder.path().to_str().unwrap();
    let output = run(&["-input", input, "-output", input]);
    assert_eq!(output.status.code(), Some(0));
    let warning = "Warning: Schema validation for status:\n  components.schemas.Kind: \"retry(b)\" is not a name";
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains(warning), "{text}");
    let written = fs::read_to_string(folder.path().join("status.yaml")).unwrap();
    let golden = here.join("status.yaml");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&golden, &written).unwrap();
    }
    assert_eq!(written, fs::read_to_string(golden).unwrap());
}
