//! What a guest finds around it: initialisation, configuration, variables, logs, clocks, printed lines, mounts.

use super::{guest, load, patient, try_load};
use crate::journal::LogLevel;
use crate::{CallError, Host, Package, PluginSettings};

/// Returns the code a guest's `run` ends with.
fn code(body: &str) -> u32 {
    let host = patient();
    let plugin = load(&host, "{}", body);
    match plugin.call_raw("run", b"{}") {
        Ok(_) => 0,
        Err(CallError::ExitCode { code, .. }) => code,
        Err(error) => panic!("{error}"),
    }
}

/// Initialisers that multiply a number by ten and add a digit of their own.
fn initialisers(exports: &[(&str, &str, u32)]) -> String {
    let mut body = String::from(
        r#"(global $steps (mut i32) (i32.const 0))
        (func (export "run") (result i32) (global.get $steps))"#,
    );
    for (name, signature, digit) in exports {
        body.push_str(&format!(
            r#"(func (export "{name}") {signature}
                (global.set $steps (i32.add (i32.mul (global.get $steps) (i32.const 10)) (i32.const {digit}))))"#
        ));
    }
    body
}

#[test]
fn initialisation_is_chosen_by_the_exports() {
    let (hs, init, ctors) = (
        ("hs_init", "(param i32 i32)", 1),
        ("_initialize", "", 2),
        ("__wasm_call_ctors", "", 3),
    );
    assert_eq!(code(&initialisers(&[])), 0);
    assert_eq!(code(&initialisers(&[hs, init, ctors])), 21);
    assert_eq!(code(&initialisers(&[hs, ctors])), 1);
    assert_eq!(code(&initialisers(&[init, ctors])), 2);
    assert_eq!(code(&initialisers(&[ctors])), 3);
    assert_eq!(code(&initialisers(&[("_start", "", 4)])), 0);
    let with_parameter = ("_initialize", "(param i32)", 2);
    assert_eq!(code(&initialisers(&[with_parameter, ctors])), 3);
}

#[test]
fn the_input_is_what_the_host_passed() {
    let body = r#"(import "extism:host/env" "input_length" (func $input_length (result i64)))
        (import "extism:host/env" "input_load_u8" (func $input_load_u8 (param i64) (result i32)))
        (func (export "run") (result i32)
            (i32.add
                (i32.mul (i32.wrap_i64 (call $input_length)) (i32.const 1000))
                (call $input_load_u8 (i64.const 1))))"#;
    assert_eq!(code(body), 2000 + u32::from(b'}'));
}

#[test]
fn variables_and_configuration_answer_zero_for_unknown_keys() {
    let body = r#"(import "extism:host/env" "var_get" (func $var_get (param i64) (result i64)))
        (import "extism:host/env" "var_set" (func $var_set (param i64 i64)))
        (import "extism:host/env" "config_get" (func $config_get (param i64) (result i64)))
        (data (i32.const 0) "keyvalue")
        (func $key (result i64) (call $text (i32.const 0) (i32.const 3)))
        (func (export "run") (result i32)
            (if (i64.ne (call $var_get (call $key)) (i64.const 0)) (then unreachable))
            (if (i64.ne (call $config_get (call $key)) (i64.const 0)) (then unreachable))
            (call $var_set (call $key) (call $text (i32.const 3) (i32.const 5)))
            (i32.wrap_i64 (call $length (call $var_get (call $key)))))"#;
    assert_eq!(code(body), 5);
}

#[test]
fn configuration_reaches_the_guest_as_text() {
    let json = br#"{"name":"T","author":"A","version":"1","config":{"schema":{}}}"#;
    let body = r#"(import "extism:host/env" "config_get" (func $config_get (param i64) (result i64)))
        (data (i32.const 0) "key")
        (func (export "run") (local $value i64)
            (local.set $value (call $config_get (call $text (i32.const 0) (i32.const 3))))
            (call $output_set (local.get $value) (call $length (local.get $value))))"#;
    let host = Host::builder()
        .every_plugin(PluginSettings::new().config_json(r#"{"key":{"b":1.50,"a":"<"}}"#))
        .build()
        .unwrap_or_else(|error| panic!("{error}"));
    let package = Package::from_parts("test", json, guest(body));
    let plugin = host.load_package(package.unwrap_or_else(|error| panic!("{error}")));
    let plugin = plugin.unwrap_or_else(|error| panic!("{error}"));
    let output = plugin
        .call_raw("run", b"{}")
        .map(|output| String::from_utf8_lossy(&output).into_owned());
    assert_eq!(output.as_deref(), Ok(r#"{"a":"\u003c","b":1.5}"#));
}

#[test]
fn too_many_variables_end_the_call() {
    let body = r#"(import "extism:host/env" "var_set" (func $var_set (param i64 i64)))
        (data (i32.const 0) "k")
        (func (export "run")
            (call $var_set (call $text (i32.const 0) (i32.const 1)) (call $alloc (i64.const 1048576))))"#;
    let host = patient();
    let error = load(&host, "{}", body).call_raw("run", b"{}");
    let text = error.map_err(|error| error.to_string());
    assert_eq!(
        text,
        Err("plugin call failed: variable store is full".to_owned())
    );
}

#[test]
fn the_runtimes_own_http_call_is_there_and_always_refused() {
    let body = r#"(import "extism:host/env" "http_request" (func $http (param i64 i64) (result i64)))
        (data (i32.const 0) "{\22url\22:\22http://example.com/\22}")
        (func (export "run") (drop (call $http (call $text (i32.const 0) (i32.const 29)) (i64.const 0))))"#;
    let host = patient();
    let plugin = load(&host, r#"{"http":{"requiredHosts":["example.com"]}}"#, body);
    let text = plugin
        .call_raw("run", b"{}")
        .map_err(|error| error.to_string());
    let Err(text) = text else { panic!("allowed") };
    assert!(
        text.contains("HTTP request to 'http://example.com/' is not allowed"),
        "{text}"
    );
}

#[test]
fn log_lines_reach_the_journal_above_the_threshold() {
    let body = r#"(import "extism:host/env" "log_info" (func $info (param i64)))
        (import "extism:host/env" "log_debug" (func $debug (param i64)))
        (import "extism:host/env" "get_log_level" (func $level (result i32)))
        (data (i32.const 0) "hello")
        (func (export "run") (result i32)
            (call $info (call $text (i32.const 0) (i32.const 5)))
            (call $debug (call $text (i32.const 0) (i32.const 5)))
            (call $level))"#;
    let host = patient();
    let plugin = load(&host, "{}", body);
    let error = plugin.call_raw("run", b"{}");
    assert!(matches!(error, Err(CallError::ExitCode { code: 2, .. })));
    let logs = host.journal().logs();
    assert_eq!(logs.len(), 1);
    assert_eq!(
        (logs[0].plugin.as_str(), logs[0].level),
        ("test", LogLevel::Info)
    );
    assert_eq!(logs[0].message, "hello");
    assert!(host.journal().tree().ends_with("└─ log info: hello\n"));
}

#[test]
fn the_monotonic_clock_counts_readings() {
    let body = r#"(import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
        (func $now (result i64)
            (drop (call $time (i32.const 1) (i64.const 0) (i32.const 0)))
            (i64.load (i32.const 0)))
        (func (export "run") (result i32)
            (if (i64.ne (call $now) (i64.const 0)) (then unreachable))
            (i32.wrap_i64 (call $now)))"#;
    assert_eq!(code(body), 1_000_000);
}

#[test]
fn printed_lines_are_kept() {
    let body = r#"(import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (data (i32.const 0) "\08\00\00\00\0e\00\00\00first\0asecond\0a\0a")
        (func (export "run") (result i32)
            (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 100)))"#;
    let host = patient();
    let plugin = load(&host, "{}", body);
    assert_eq!(plugin.call_raw("run", b"{}"), Ok(Vec::new()));
    let prints = host.journal().prints();
    let lines: Vec<_> = prints
        .iter()
        .map(|line| (line.stream, line.text.as_str()))
        .collect();
    assert_eq!(
        lines,
        [("stderr", "first"), ("stderr", "second"), ("stderr", "")]
    );
}

/// Opens `song` in the mount with file descriptor 3 and writes a byte; answers the WASI error code of the open
/// and, times 1000, that of the write.
const OPEN_AND_WRITE: &str = r#"
    (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (data (i32.const 0) "\10\00\00\00\01\00\00\00")
    (data (i32.const 16) "song")
    (func $try (param $rights i64) (result i32)
        (call $open (i32.const 3) (i32.const 1) (i32.const 16) (i32.const 4) (i32.const 0)
            (local.get $rights) (local.get $rights) (i32.const 0) (i32.const 100)))
    (func $put (result i32)
        (call $write (i32.load (i32.const 100)) (i32.const 0) (i32.const 1) (i32.const 104)))
    (func (export "to_read") (result i32) (i32.add (call $try (i64.const 2)) (i32.mul (call $put) (i32.const 1000))))
    (func (export "to_write") (result i32) (call $try (i64.const 64)))"#;

#[test]
fn libraries_are_mounted_read_only_unless_writing_is_granted() {
    let dir = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    std::fs::write(dir.path().join("song"), "la la").unwrap_or_else(|error| panic!("{error}"));
    let host = Host::builder()
        .library(7, "Music", dir.path())
        .every_plugin(PluginSettings::all())
        .build()
        .unwrap_or_else(|error| panic!("{error}"));
    let plugin = load(&host, r#"{"library":{"filesystem":true}}"#, OPEN_AND_WRITE);
    let code = |result| match result {
        Ok(_) => 0,
        Err(CallError::ExitCode { code, .. }) => code,
        Err(error) => panic!("{error}"),
    };
    const BADF: u32 = 8;
    const NOSYS: u32 = 52;
    assert_eq!(code(plugin.call_raw("to_read", b"{}")), BADF * 1000);
    assert_eq!(code(plugin.call_raw("to_write", b"{}")), NOSYS);

    host.configure("test", PluginSettings::all().write_access())
        .unwrap_or_else(|error| panic!("{error}"));
    let plugin = host.plugin("test").unwrap_or_else(|| panic!("gone"));
    assert_eq!(code(plugin.call_raw("to_write", b"{}")), 0);
}

#[test]
fn without_a_granted_library_nothing_is_mounted() {
    let host = Host::builder()
        .library(7, "Music", "/nowhere")
        .every_plugin(PluginSettings::new().libraries([8]))
        .build()
        .unwrap_or_else(|error| panic!("{error}"));
    let plugin = load(&host, r#"{"library":{"filesystem":true}}"#, OPEN_AND_WRITE);
    const BADF: u32 = 8;
    let error = plugin.call_raw("to_write", b"{}");
    assert!(
        matches!(error, Err(CallError::ExitCode { code: BADF, .. })),
        "{error:?}"
    );
}

#[test]
fn a_directory_is_nothing_to_write_to() {
    let body = r#"
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_filestat_set_size" (func $cut (param i32 i64) (result i32)))
        (import "wasi_snapshot_preview1" "fd_sync" (func $sync (param i32) (result i32)))
        (func $try (param $descriptor i32) (result i32)
            (i32.add
                (i32.add
                    (i32.mul (i32.const 10000)
                        (call $write (local.get $descriptor) (i32.const 0) (i32.const 0) (i32.const 8)))
                    (i32.mul (i32.const 100) (call $cut (local.get $descriptor) (i64.const 0))))
                (call $sync (local.get $descriptor))))
        (func (export "folder") (result i32) (call $try (i32.const 3)))
        (func (export "nothing") (result i32) (call $try (i32.const 4)))"#;
    let host = patient();
    let plugin = load(&host, r#"{"storage":{}}"#, body);
    // EISDIR three times, and EBADF three times.
    for (export, expected) in [("folder", 31_31_31), ("nothing", 8_08_08)] {
        let error = plugin.call_raw(export, b"{}");
        assert!(
            matches!(error, Err(CallError::ExitCode { code, .. }) if code == expected),
            "{export}: {error:?}"
        );
    }
}

#[test]
fn a_file_that_is_read_can_be_synchronised_on_a_writable_mount() {
    let body = r#"
        (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_sync" (func $sync (param i32) (result i32)))
        (data (i32.const 16) "f")
        (func (export "run") (result i32)
            ;; Bit 1 of the rights is to read.
            (drop (call $open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 0)
                (i64.const 2) (i64.const 2) (i32.const 0) (i32.const 24)))
            (i32.add (i32.const 1) (call $sync (i32.load (i32.const 24)))))"#;
    let host = patient();
    let plugin = load(&host, r#"{"storage":{}}"#, body);
    let folder = host.plugin_data_dir("test").join("storage");
    std::fs::write(folder.join("f"), "x").unwrap_or_else(|error| panic!("{error}"));
    let error = plugin.call_raw("run", b"{}");
    assert!(
        matches!(error, Err(CallError::ExitCode { code: 1, .. })),
        "{error:?}"
    );
}

#[test]
fn the_storage_folder_is_made_at_load() {
    let host = patient();
    load(&host, r#"{"storage":{}}"#, "");
    let folder = host.plugin_data_dir("test").join("storage");
    assert!(folder.is_dir());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&folder).map(|meta| meta.permissions().mode() & 0o777);
        assert_eq!(mode.ok(), Some(0o700));
    }
}

#[test]
fn a_storage_folder_that_cannot_be_made_fails_the_load() {
    let host = patient();
    let data = host.plugin_data_dir("test");
    std::fs::create_dir_all(&data)
        .and_then(|()| std::fs::write(data.join("storage"), "in the way"))
        .unwrap_or_else(|error| panic!("{error}"));
    let error = try_load(&host, r#"{"storage":{}}"#, "").map_err(|error| error.to_string());
    assert!(
        error
            .as_ref()
            .is_err_and(|text| text.starts_with("creating Storage service: ")),
        "{error:?}"
    );
}

#[test]
fn there_are_no_arguments_no_environment_no_input_and_no_sockets() {
    let body = r#"
        (import "wasi_snapshot_preview1" "args_sizes_get" (func $args (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
        (func (export "run") (result i32)
            (i64.store (i32.const 0) (i64.const -1))
            (i64.store (i32.const 8) (i64.const -1))
            (i32.store (i32.const 32) (i32.const 64))
            (i32.store (i32.const 36) (i32.const 8))
            (if (call $args (i32.const 0) (i32.const 4)) (then unreachable))
            (if (call $environ (i32.const 8) (i32.const 12)) (then unreachable))
            (if (call $read (i32.const 0) (i32.const 32) (i32.const 1) (i32.const 40)) (then unreachable))
            (if (i64.ne (i64.load (i32.const 0)) (i64.const 0)) (then unreachable))
            (if (i64.ne (i64.load (i32.const 8)) (i64.const 0)) (then unreachable))
            (if (i32.load (i32.const 40)) (then unreachable))
            (if (i32.eqz (call $accept (i32.const 3) (i32.const 0) (i32.const 48))) (then unreachable))
            (if (call $random (i32.const 128) (i32.const 16)) (then unreachable))
            (if (i64.eqz (i64.or (i64.load (i32.const 128)) (i64.load (i32.const 136)))) (then unreachable))
            ;; No mount: the first descriptor after the standard ones is none.
            (call $prestat (i32.const 3) (i32.const 64)))"#;
    const BADF: u32 = 8;
    assert_eq!(code(body), BADF);
}
