//! Guests that lie: made-up offsets, broken documents, output without end, recursion to the very limit.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{capped, guest, impatient, load, manifest, patient};
use crate::journal::MAX_PAYLOAD;
use crate::{CallError, Host, LoadError, Package, Plugin, PluginSettings};

/// Calls a function of the Cache service with the block at an offset and answers with what came back.
fn asking(offset: &str) -> String {
    format!(
        r#"(import "extism:host/user" "cache_has" (func $has (param i64) (result i64)))
        (func (export "run") (local $answer i64)
            (local.set $answer (call $has {offset}))
            (call $output_set (local.get $answer) (call $length (local.get $answer))))"#
    )
}

fn answer(plugin: &Plugin, input: &[u8]) -> String {
    let output = plugin.call_raw("run", input);
    let output = output.unwrap_or_else(|error| panic!("{error}"));
    String::from_utf8_lossy(&output).into_owned()
}

#[test]
fn a_request_at_an_offset_that_is_none_is_an_empty_document() {
    for offset in ["0", "1", "64", "-1", "0x7fffffffffffffff"] {
        let host = patient();
        let plugin = load(
            &host,
            r#"{"cache":{}}"#,
            &asking(&format!("(i64.const {offset})")),
        );
        assert_eq!(
            answer(&plugin, b""),
            r#"{"error":"unexpected end of JSON input"}"#,
            "{offset}"
        );
    }
}

/// A guest that hands its input on as a request, from as deep in its own stack as the first eight bytes say.
const RELAY: &str = r#"
    (import "extism:host/user" "cache_has" (func $has (param i64) (result i64)))
    (import "extism:host/env" "input_length" (func $input_length (result i64)))
    (import "extism:host/env" "input_load_u8" (func $input_u8 (param i64) (result i32)))
    (import "extism:host/env" "input_load_u64" (func $input_u64 (param i64) (result i64)))
    (global $request (mut i64) (i64.const 0))
    (func $down (param $depth i64) (result i64)
        (if (result i64) (i64.eqz (local.get $depth))
            (then (call $has (global.get $request)))
            (else (call $down (i64.sub (local.get $depth) (i64.const 1))))))
    (func (export "run") (local $i i64) (local $answer i64)
        (global.set $request (call $alloc (i64.sub (call $input_length) (i64.const 8))))
        (local.set $i (i64.const 8))
        (loop $next
            (call $store_u8
                (i64.add (global.get $request) (i64.sub (local.get $i) (i64.const 8)))
                (call $input_u8 (local.get $i)))
            (local.set $i (i64.add (local.get $i) (i64.const 1)))
            (br_if $next (i64.lt_u (local.get $i) (call $input_length))))
        (local.set $answer (call $down (call $input_u64 (i64.const 0))))
        (call $output_set (local.get $answer) (call $length (local.get $answer))))"#;

fn relayed(depth: u64, request: &str) -> Vec<u8> {
    [&depth.to_le_bytes(), request.as_bytes()].concat()
}

#[test]
fn malformed_requests_are_answered_with_the_decoders_text() {
    let host = patient();
    let plugin = load(&host, r#"{"cache":{}}"#, RELAY);
    for (request, error) in [
        ("{", "unexpected end of JSON input"),
        ("[]", "expected an object, found a list"),
        (r#"{"key":1}"#, "key: expected a string, found the number 1"),
        (r#"{"key":"a"} x"#, "after the document"),
        (&"[".repeat(5_000), "nested too deeply"),
        (&r#"{"x":"#.repeat(5_000), "nested too deeply"),
    ] {
        let answer = answer(&plugin, &relayed(0, request));
        assert!(
            answer.starts_with(r#"{"error":""#) && answer.contains(error),
            "{answer}"
        );
    }
    for request in [
        "{}",
        "null",
        r#"{"key":null}"#,
        r#"{"KEY":"a","unknown":[{}]}"#,
        "{\"key\":\"\u{fffd}\"}",
    ] {
        assert_eq!(answer(&plugin, &relayed(0, request)), "{}", "{request}");
    }
}

#[test]
fn a_guest_at_the_end_of_its_stack_leaves_the_host_enough() {
    // As deep as a document may be, and ignored in the end: reading it takes the most stack.
    let request = format!(r#"{{"x":{}{}}}"#, "[".repeat(499), "]".repeat(499));
    let host = patient();
    let plugin = load(&host, r#"{"cache":{}}"#, RELAY);
    let fits = |depth: u64| match plugin.call_raw("run", &relayed(depth, &request)) {
        Ok(output) => {
            assert_eq!(output, b"{}");
            true
        }
        Err(error) => {
            assert!(
                error.to_string().contains("call stack exhausted"),
                "{error}"
            );
            false
        }
    };
    let (mut deep, mut too_deep) = (0, 1 << 20);
    assert!(fits(deep) && !fits(too_deep));
    while too_deep - deep > 1 {
        let middle = deep + (too_deep - deep) / 2;
        match fits(middle) {
            true => deep = middle,
            false => too_deep = middle,
        }
    }
    assert!(deep > 1_000, "{deep}");
}

#[test]
fn an_answer_nested_without_end_is_a_decode_error() {
    let body = r#"(func (export "run") (local $block i64) (local $i i64)
        (local.set $block (call $alloc (i64.const 100000)))
        (loop $next
            (call $store_u8 (i64.add (local.get $block) (local.get $i)) (i32.const 91))
            (local.set $i (i64.add (local.get $i) (i64.const 1)))
            (br_if $next (i64.lt_u (local.get $i) (i64.const 100000))))
        (call $output_set (local.get $block) (i64.const 100000)))"#;
    let host = patient();
    let plugin = load(&host, "{}", body);
    let error = plugin.call_unit("run", "x");
    assert!(matches!(error, Err(CallError::Decode { .. })), "{error:?}");
}

#[test]
fn tables_count_as_memory() {
    let body = r#"(table $t 0 funcref)
        (func (export "run") (result i32)
            (table.grow $t (ref.null func) (i32.const 1000))
            (i32.add (table.grow $t (ref.null func) (i32.const 9000000))))"#;
    let host = capped();
    let error = load(&host, "{}", body).call_raw("run", b"{}");
    assert!(
        matches!(error, Err(CallError::ExitCode { code: u32::MAX, .. })),
        "{error:?}"
    );
    let package = Package::from_parts("large", &manifest("{}"), guest("(table 9000000 funcref)"));
    let error = host.load_package(package.unwrap_or_else(|error| panic!("{error}")));
    assert!(
        matches!(error, Err(LoadError::Instance { .. })),
        "{error:?}"
    );
}

/// Prints the same four kilobytes until it is stopped.
const FLOOD: &str = r#"
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (func (export "run")
        (memory.fill (i32.const 64) (i32.const 120) (i32.const 4095))
        (i32.store8 (i32.const 4159) (i32.const 10))
        (i32.store (i32.const 0) (i32.const 64))
        (i32.store (i32.const 4) (i32.const 4096))
        (loop $again
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
            (br $again)))"#;

#[test]
fn printing_without_end_ends_at_the_limit_and_fills_no_memory() {
    let seen = Arc::new(AtomicUsize::new(0));
    let host = Host::builder()
        .call_timeout(std::time::Duration::from_secs(2))
        .journal_capacity(50)
        .on_print({
            let seen = seen.clone();
            move |line| {
                assert_eq!((line.plugin.as_str(), line.stream), ("test", "stdout"));
                seen.fetch_add(1, Ordering::Relaxed);
            }
        })
        .every_plugin(PluginSettings::all())
        .build()
        .unwrap_or_else(|error| panic!("{error}"));
    let error = load(&host, "{}", FLOOD).call_raw("run", b"{}");
    assert!(matches!(error, Err(CallError::Timeout { .. })), "{error:?}");
    assert!(host.journal().prints().len() <= 50);
    assert!(seen.load(Ordering::Relaxed) > 0);
}

#[test]
fn a_huge_log_line_is_cut() {
    let body = r#"(import "extism:host/env" "log_error" (func $log (param i64)))
        (func (export "run") (call $log (call $alloc (i64.const 1000000))))"#;
    let host = patient();
    assert_eq!(load(&host, "{}", body).call_raw("run", b"{}"), Ok(vec![]));
    let logs = host.journal().logs();
    assert_eq!(logs.len(), 1);
    assert!(logs[0].message.len() < MAX_PAYLOAD + 100);
    assert!(logs[0].message.ends_with("(1000000 bytes)"));
}

#[test]
fn any_exit_code_but_zero_is_a_failure() {
    for (code, printed) in [
        ("1", "1"),
        ("125", "125"),
        ("126", "126"),
        ("255", "255"),
        ("-1", "4294967295"),
        ("-2", "4294967294"),
    ] {
        let body = format!(r#"(func (export "run") (call $proc_exit (i32.const {code})))"#);
        let host = patient();
        let error = load(&host, "{}", &body).call_raw("run", b"{}");
        let text = error.map_err(|error| error.to_string());
        let expected = format!("plugin call failed: module closed with exit_code({printed})");
        assert_eq!(text, Err(expected), "{code}");
    }
}

#[test]
fn ending_a_call_takes_no_memory() {
    let wasm = wat::parse_str(
        r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (func (export "done") (call $exit (i32.const 0)))
            (func (export "failed") (call $exit (i32.const 3))))"#,
    );
    let package = Package::from_parts("test", &manifest("{}"), wasm.expect("a module"));
    let host = patient();
    let plugin = host.load_package(package.expect("a package"));
    let plugin = plugin.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(plugin.call_raw("done", b"{}"), Ok(Vec::new()));
    let failed = plugin.call_raw("failed", b"{}");
    assert!(
        matches!(failed, Err(CallError::Exited { code: 3, .. })),
        "{failed:?}"
    );
}

#[test]
fn an_initialiser_for_another_language_may_hang_as_well() {
    let body = r#"(func (export "hs_init") (param i32 i32) (loop $again (br $again)))
        (func (export "run"))"#;
    let host = impatient();
    let error = load(&host, "{}", body).call_raw("run", b"{}");
    assert!(matches!(error, Err(CallError::Timeout { .. })), "{error:?}");
}
