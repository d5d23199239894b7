//! The ten rules a server reads results by.

use super::{load, patient};
use crate::CallError;

/// Calls the export `run` of a guest.
fn run(body: &str) -> Result<String, CallError> {
    let host = patient();
    let plugin = load(&host, "{}", body);
    let output = plugin.call_raw("run", b"{}")?;
    Ok(String::from_utf8_lossy(&output).into_owned())
}

fn text_of(result: Result<String, CallError>) -> String {
    match result {
        Ok(output) => panic!("the call succeeded with {output:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_missing_export_is_not_found() {
    let error = run(r#"(func (export "other"))"#);
    assert!(matches!(error, Err(CallError::MissingExport { .. })));
    assert_eq!(text_of(error), "function not found: run");
    let global = run(r#"(global (export "run") i32 (i32.const 1))"#);
    assert!(matches!(global, Err(CallError::MissingExport { .. })));
}

#[test]
fn a_missing_export_costs_no_guest_code() {
    let host = patient();
    let plugin = load(&host, "{}", r#"(func (export "_initialize") unreachable)"#);
    let error = plugin.call_raw("run", b"{}");
    assert!(matches!(error, Err(CallError::MissingExport { .. })));
}

#[test]
fn a_trap_is_a_failed_call_and_names_the_function() {
    let error = run(r#"(func $inner unreachable) (func (export "run") call $inner)"#);
    assert!(matches!(error, Err(CallError::Trap { .. })));
    assert_eq!(
        text_of(error),
        "plugin call failed: wasm trap: wasm `unreachable` instruction executed (in inner)"
    );
    let deep = run(r#"(func $deep (export "run") call $deep)"#);
    assert!(text_of(deep).contains("call stack exhausted"));
}

#[test]
fn a_trap_hides_the_error_text() {
    let error = run(r#"(data (i32.const 0) "boom")
        (func (export "run") (call $error (i32.const 0) (i32.const 4)) unreachable)"#);
    assert!(matches!(error, Err(CallError::Trap { .. })));
}

#[test]
fn an_error_text_beats_every_return_code() {
    for code in [0, -1, -2, 7] {
        let error = run(&format!(
            r#"(data (i32.const 0) "boom: é")
            (func (export "run") (result i32)
                (call $output (i32.const 0) (i32.const 1))
                (call $error (i32.const 0) (i32.const 8))
                (i32.const {code}))"#
        ));
        let Err(error) = error else {
            panic!("code {code} hid the error");
        };
        assert_eq!(error.plugin_message(), Some("boom: é"), "code {code}");
        assert_eq!(error.to_string(), "plugin call failed: boom: é");
    }
}

#[test]
fn clearing_the_error_text_leaves_the_return_code() {
    let error = run(r#"(data (i32.const 0) "boom")
        (func (export "run") (result i32)
            (call $error (i32.const 0) (i32.const 4))
            (call $error_set (i64.const 0))
            (i32.const -1))"#);
    assert!(matches!(
        error,
        Err(CallError::ExitCode { code: u32::MAX, .. })
    ));
    assert_eq!(text_of(error), "plugin call exited with code 4294967295");
}

#[test]
fn minus_two_without_a_text_is_not_implemented() {
    let error = run(r#"(func (export "run") (result i32) (i32.const -2))"#);
    assert!(matches!(error, Err(CallError::NotImplemented { .. })));
    assert_eq!(text_of(error), "function not implemented: run");
}

#[test]
fn other_codes_without_a_text_are_printed_unsigned() {
    let error = run(r#"(func (export "run") (result i32) (i32.const 5))"#);
    assert_eq!(text_of(error), "plugin call exited with code 5");
}

#[test]
fn the_lower_half_of_any_number_is_the_code() {
    assert_eq!(
        run(r#"(func (export "run") (result i64) (i64.const 0x100000000))"#),
        Ok(String::new())
    );
    let error = run(r#"(func (export "run") (result i64) (i64.const 0x1FFFFFFFE))"#);
    assert!(matches!(error, Err(CallError::NotImplemented { .. })));
    assert_eq!(
        run(r#"(func (export "run") (result f64) (f64.const 1))"#),
        Ok(String::new())
    );
}

#[test]
fn a_function_without_result_returns_zero() {
    let body = r#"(data (i32.const 0) "true")
        (func (export "run") (call $output (i32.const 0) (i32.const 4)))"#;
    assert_eq!(run(body).as_deref(), Ok("true"));
}

#[test]
fn two_results_or_parameters_are_a_failure() {
    let two = run(r#"(func (export "run") (result i32 i32) (i32.const 0) (i32.const 0))"#);
    assert!(text_of(two).contains("the export has 2 results, expected 0 or 1"));
    let parameter = run(r#"(func (export "run") (param i32) (result i32) (i32.const 0))"#);
    assert!(text_of(parameter).contains("the export takes 1 parameters"));
    let reference = run(r#"(func (export "run") (result funcref) (ref.null func))"#);
    assert!(text_of(reference).contains("does not return a number"));
}

#[test]
fn exiting_with_zero_is_returning_zero() {
    assert_eq!(
        run(r#"(data (i32.const 0) "done")
            (func (export "run") (result i32)
                (call $output (i32.const 0) (i32.const 4))
                (call $proc_exit (i32.const 0))
                (i32.const 1))"#)
        .as_deref(),
        Ok("done")
    );
}

#[test]
fn exiting_with_zero_after_setting_an_error_is_that_error() {
    // The guest kit reports panics this way.
    let error = run(r#"(data (i32.const 0) "panicked at src/lib.rs:1:1")
        (func (export "run") (result i32)
            (call $error (i32.const 0) (i32.const 26))
            (call $proc_exit (i32.const 0))
            unreachable)"#);
    assert_eq!(
        text_of(error),
        "plugin call failed: panicked at src/lib.rs:1:1"
    );
}

#[test]
fn exiting_with_another_code_is_a_failure() {
    let error = run(r#"(func (export "run") (call $proc_exit (i32.const 3)))"#);
    assert!(matches!(error, Err(CallError::Exited { code: 3, .. })));
    assert_eq!(
        text_of(error),
        "plugin call failed: module closed with exit_code(3)"
    );
}

fn answer(output: &str) -> String {
    let length = output.len();
    let data = output.replace('"', "\\22");
    format!(
        r#"(data (i32.const 0) "{data}")
        (func (export "run") (result i32)
            (call $output (i32.const 0) (i32.const {length}))
            (i32.const 0))"#
    )
}

#[test]
fn no_output_is_the_zero_value() {
    let host = patient();
    let plugin = load(&host, "{}", r#"(func (export "run"))"#);
    assert_eq!(plugin.call("run", "x"), Ok(false));
    assert_eq!(plugin.call("run", "x"), Ok(String::new()));
    assert_eq!(plugin.call("run", "x"), Ok(None::<Vec<i32>>));
    assert_eq!(plugin.call_unit("run", "x"), Ok(()));
}

#[test]
fn output_that_does_not_fit_is_a_decode_error_without_prefix() {
    let host = patient();
    let plugin = load(&host, "{}", &answer(r#"{"authorized":true}"#));
    let error = plugin.call::<_, bool>("run", "x");
    assert!(matches!(error, Err(CallError::Decode { .. })));
    assert_eq!(
        text_of(error.map(|value| value.to_string())),
        "expected a boolean, found an object"
    );
    assert_eq!(
        plugin.call_unit("run", "x"),
        Ok(()),
        "an object is fine here"
    );
}

#[test]
fn exports_without_output_still_have_theirs_read() {
    for (output, accepted) in [
        ("{}", true),
        ("null", true),
        (r#"{"error":"ignored"}"#, true),
        ("true", false),
        ("[]", false),
        ("text", false),
    ] {
        let host = patient();
        let plugin = load(&host, "{}", &answer(output));
        assert_eq!(plugin.call_unit("run", "x").is_ok(), accepted, "{output}");
    }
}

#[test]
fn null_is_the_zero_value() {
    let host = patient();
    let plugin = load(&host, "{}", &answer("null"));
    assert_eq!(plugin.call("run", "x"), Ok(false));
    assert_eq!(plugin.call("run", "x"), Ok(String::new()));
}

#[test]
fn outputs_out_of_the_memory_are_ignored() {
    let body = r#"(func (export "run") (result i32)
        (call $output_set (i64.const 0x7fffffffffffffff) (i64.const 9))
        (call $output_set (i64.const 70) (i64.const -1))
        (call $error_set (i64.const 0x7fffffffffffffff))
        (i32.const 0))"#;
    assert_eq!(run(body), Ok(String::new()));
}
