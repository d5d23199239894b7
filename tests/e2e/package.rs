//! From files to a loaded plugin: what loads, and what a refusal says.

use nd_test_host::error::CallError;
use nd_test_host::package::PackageWriter;
use nd_test_host::{Host, LoadError, Package, PluginSettings};
use nd_tests::{load, manifest, package, package_with, wasm};
use serde_json::{Value, json};
use std::fs;

const NAME: &str = "minimal-scrobbler";

fn host() -> Host {
    Host::builder()
        .every_plugin(PluginSettings::all())
        .build()
        .unwrap()
}

/// Loads the minimal scrobbler with a changed manifest and returns the refusal.
fn refusal(edit: impl FnOnce(&mut Value)) -> LoadError {
    host().load_package(package_with(NAME, edit)).unwrap_err()
}

#[test]
fn archives_folders_and_bare_modules_load() {
    let dir = tempfile::tempdir().unwrap();
    let (manifest, wasm) = (manifest(NAME).to_string(), wasm(NAME));
    let archive = dir.path().join("from-archive.ndp");
    PackageWriter::new(manifest.clone(), wasm.clone())
        .entry("LICENCE", "MIT")
        .write(&archive)
        .unwrap();
    let folder = dir.path().join("from-folder");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("manifest.json"), &manifest).unwrap();
    fs::write(folder.join("plugin.wasm"), &wasm).unwrap();
    let module = dir.path().join("from-module.wasm");
    fs::write(dir.path().join("manifest.json"), &manifest).unwrap();
    fs::write(&module, &wasm).unwrap();

    let host = host();
    for (path, id) in [
        (archive, "from-archive"),
        (folder, "from-folder"),
        (module, "from-module"),
    ] {
        let plugin = host.load(&path).unwrap();
        assert_eq!(plugin.id(), id);
        assert_eq!(plugin.manifest().name, "Minimal scrobbler");
        assert!(plugin.has_capability("Scrobbler"), "{id}");
        assert_eq!(plugin.capabilities().len(), 1, "{id}");
        assert!(plugin.scrobbler().is_authorized("ann"), "{id}");
    }
    assert_eq!(host.plugins().len(), 3);
}

#[test]
fn a_package_is_the_same_whenever_it_is_written() {
    let write = || PackageWriter::new(manifest(NAME).to_string(), wasm(NAME)).to_bytes();
    let (first, second) = (write().unwrap(), write().unwrap());
    assert!(first == second);
    let read = |bytes: &[u8]| Package::from_archive(NAME, bytes).unwrap().sha256;
    assert_eq!(read(&first), read(&second));
}

#[test]
fn an_undeclared_permission_is_named() {
    let error = refusal(|manifest| {
        let permissions = manifest["permissions"].as_object_mut().unwrap();
        permissions.remove("kvstore");
    });
    assert!(matches!(error, LoadError::Imports { .. }), "{error:?}");
    let text = error.to_string();
    for part in [
        "creating instance of minimal-scrobbler",
        "\"kvstore_set\"",
        "add \"kvstore\": {} to \"permissions\" in manifest.json",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn exports_have_to_fit_the_permissions() {
    for (permission, missing) in [
        (json!({ "scheduler": {} }), "nd_scheduler_callback"),
        (json!({ "taskqueue": {} }), "nd_task_execute"),
    ] {
        let error = refusal(|manifest| {
            let permissions = manifest["permissions"].as_object_mut().unwrap();
            permissions.extend(permission.as_object().unwrap().clone());
        });
        assert!(matches!(error, LoadError::Exports { .. }), "{error:?}");
        let text = format!("requires plugin to export '{missing}' function");
        assert!(error.to_string().contains(&text), "{error}");
    }
    let error = refusal(|manifest| {
        let permissions = manifest["permissions"].as_object_mut().unwrap();
        permissions.remove("users");
    });
    assert!(
        error
            .to_string()
            .contains("scrobbler capability requires 'users' permission"),
        "{error}"
    );
}

#[test]
fn a_manifest_is_refused_with_the_field_at_fault() {
    let refused = |manifest: Value| {
        Package::from_parts(NAME, manifest.to_string().as_bytes(), wasm(NAME))
            .unwrap_err()
            .to_string()
    };
    let complete = manifest(NAME);
    let with = |key: &str, value: Value| {
        let mut manifest = complete.clone();
        manifest[key] = value;
        manifest
    };
    let without = |key: &str| {
        let mut manifest = complete.clone();
        manifest.as_object_mut().unwrap().remove(key);
        manifest
    };
    for (manifest, expected) in [
        (json!([]), "parsing manifest JSON"),
        (without("name"), "field name in Manifest: required"),
        (without("version"), "field version in Manifest: required"),
        (
            with("author", json!("")),
            "field author length: must be >= 1",
        ),
        (
            with("permissions", json!({ "matcher": {} })),
            "'matcher' permission requires 'library' permission",
        ),
        (
            with(
                "permissions",
                json!({ "taskqueue": { "maxConcurrency": 0 } }),
            ),
            "maxConcurrency: must be >= 1",
        ),
        (
            with("config", json!({ "schema": { "type": "wrong" } })),
            "invalid config schema",
        ),
    ] {
        let error = refused(manifest);
        assert!(
            error.starts_with("opening package minimal-scrobbler: "),
            "{error}"
        );
        assert!(error.contains(expected), "{expected} in {error}");
    }
}

#[test]
fn settings_are_checked_before_the_plugin_runs() {
    let load = |name: &str, settings: PluginSettings| {
        let host = Host::builder().every_plugin(settings).build().unwrap();
        host.load_package(package(name)).map(drop).unwrap_err()
    };
    let error = load(NAME, PluginSettings::new());
    assert!(
        matches!(
            error,
            LoadError::NotConfigured {
                permission: "users",
                ..
            }
        ),
        "{error:?}"
    );
    let hooks = json!({ "hooks": [{ "url": "https://x.test" }, { "url": "ftp://x.test" }] });
    let error = load("webhook", PluginSettings::all().config(&hooks));
    assert!(
        error
            .to_string()
            .starts_with("invalid config of webhook: hooks/1/url: "),
        "{error}"
    );
    let error = load(NAME, PluginSettings::all().config(&json!({ "a": 1 })));
    assert!(
        error.to_string().contains("no configurable options"),
        "{error}"
    );
    let error = load(NAME, PluginSettings::all().config_json("[1]"));
    assert!(
        error.to_string().starts_with("parsing plugin config: "),
        "{error}"
    );
}

#[test]
fn what_is_no_module_is_a_refusal() {
    let broken = |wasm: Vec<u8>| {
        let manifest = manifest(NAME).to_string();
        let package = Package::from_parts("broken", manifest.as_bytes(), wasm).unwrap();
        host().load_package(package).unwrap_err()
    };
    let mut cut = wasm(NAME);
    cut.truncate(cut.len() / 2);
    for module in [cut, b"\0asm".to_vec(), b"no module".to_vec(), Vec::new()] {
        let error = broken(module);
        assert!(matches!(error, LoadError::Compile { .. }), "{error:?}");
    }
}

#[test]
fn a_plugin_is_loaded_once_and_answers_until_it_is_unloaded() {
    let host = host();
    let plugin = load(&host, NAME);
    let error = host.load_package(package(NAME)).unwrap_err();
    assert!(
        matches!(error, LoadError::AlreadyLoaded { .. }),
        "{error:?}"
    );
    assert!(plugin.scrobbler().is_authorized("ann"));
    assert!(host.unload(NAME));
    let error = plugin.scrobbler().try_is_authorized("ann").unwrap_err();
    assert!(matches!(error, CallError::NotLoaded { .. }), "{error:?}");
    assert!(load(&host, NAME).scrobbler().is_authorized("ann"));
}

#[test]
fn the_examples_load_as_they_ship() {
    let host = host();
    for (name, capability) in [
        ("webhook", "Scrobbler"),
        ("sonic-similarity", "SonicSimilarity"),
    ] {
        let plugin = load(&host, name);
        assert!(plugin.has_capability(capability), "{name}");
    }
}
