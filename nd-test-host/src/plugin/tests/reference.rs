//! The same guests under the `extism` crate and under this host: the functions of the runtime must behave alike.

use extism::{Plugin as Reference, PluginBuilder};

use super::{guest, load, patient};
use crate::CallError;

/// Runs a guest's `run` in both and compares the code, the error text and the output.
fn same(body: &str, input: &str) {
    let host = patient();
    let ours = load(&host, "{}", body).call_raw("run", input.as_bytes());
    let ours = match ours {
        Ok(output) => Ok(output),
        Err(CallError::Failed { message, .. }) => Err(message),
        Err(error) => panic!("{error}"),
    };
    let mut reference: Reference = PluginBuilder::new(guest(body))
        .with_wasi(true)
        .with_cache_disabled()
        .build()
        .unwrap_or_else(|error| panic!("{error}"));
    let theirs: Result<Vec<u8>, _> = reference.call("run", input);
    assert_eq!(ours, theirs.map_err(|error| error.to_string()), "{body}");
}

#[test]
fn input_is_read_alike() {
    // Copies the input byte by byte, and its first word as a whole.
    let body = r#"(import "extism:host/env" "input_length" (func $input_length (result i64)))
        (import "extism:host/env" "input_load_u8" (func $input_load_u8 (param i64) (result i32)))
        (import "extism:host/env" "input_load_u64" (func $input_load_u64 (param i64) (result i64)))
        (import "extism:host/env" "store_u64" (func $store_u64 (param i64 i64)))
        (func (export "run") (result i32) (local $block i64) (local $i i64) (local $length i64)
            (local.set $length (call $input_length))
            (local.set $block (call $alloc (i64.add (local.get $length) (i64.const 16))))
            (call $store_u64 (local.get $block) (call $input_load_u64 (i64.const 0)))
            (call $store_u64 (i64.add (local.get $block) (i64.const 8)) (call $input_load_u64 (i64.const 5)))
            (loop $next
                (call $store_u8
                    (i64.add (i64.add (local.get $block) (i64.const 16)) (local.get $i))
                    (call $input_load_u8 (local.get $i)))
                (local.set $i (i64.add (local.get $i) (i64.const 1)))
                (br_if $next (i64.lt_u (local.get $i) (local.get $length))))
            (call $output_set (local.get $block) (i64.add (local.get $length) (i64.const 16)))
            (i32.const 0))"#;
    for input in ["{}", "12345678", "1234567890123", "é"] {
        same(body, input);
    }
}

#[test]
fn blocks_are_lent_and_taken_back_alike() {
    // Writes the lengths a few blocks have after some of them were freed.
    let body = r#"(import "extism:host/env" "free" (func $free (param i64)))
        (global $at (mut i32) (i32.const 1000))
        (func $note (param $value i64)
            (i32.store8 (global.get $at) (i32.wrap_i64 (local.get $value)))
            (global.set $at (i32.add (global.get $at) (i32.const 1))))
        (func (export "run") (result i32) (local $a i64) (local $b i64) (local $c i64)
            (local.set $a (call $alloc (i64.const 40)))
            (local.set $b (call $alloc (i64.const 7)))
            (call $note (call $length (local.get $a)))
            (call $note (call $length (i64.add (local.get $a) (i64.const 1))))
            (call $free (local.get $a))
            (call $note (call $length (local.get $a)))
            (call $free (local.get $a))
            (local.set $c (call $alloc (i64.const 30)))
            (call $note (call $length (local.get $c)))
            (call $note (call $length (local.get $b)))
            (call $note (call $length (i64.const 0)))
            (call $note (call $alloc (i64.const 0)))
            (call $output (i32.const 1000) (i32.const 7))
            (i32.const 0))"#;
    same(body, "{}");
}

#[test]
fn errors_and_outputs_are_read_alike() {
    let with = |calls: &str| {
        format!(
            r#"(data (i32.const 0) "first second")
            (func (export "run") (result i32) {calls} (i32.const 0))"#
        )
    };
    let output = "(call $output (i32.const 0) (i32.const 5))";
    let error = "(call $error (i32.const 6) (i32.const 6))";
    for calls in [
        "",
        output,
        error,
        &format!("{output}{error}"),
        &format!("{error}(call $error_set (i64.const 0)){output}"),
        &format!("{output}(call $output_set (i64.const 0) (i64.const 0))"),
        &format!("{output}(call $output_set (i64.const 0x7fffffffffff) (i64.const 1))"),
        // Not compared: an error text and then an exit with 0, for which the reference reports a backtrace.
        &format!("{output}(call $proc_exit (i32.const 0))"),
    ] {
        same(&with(calls), "{}");
    }
}
