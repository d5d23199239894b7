//! Guests that take too much: time, memory, or both.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::{await_call, capped, impatient, load, patient, try_load};
use crate::context::{CallContext, CancelToken};
use crate::generated::Config;
use crate::plugin::CallOptions;
use crate::{CallError, Host, LoadError, PluginSettings};

const LOOP: &str = r#"(func (export "run") (loop $again (br $again)))"#;

#[test]
fn an_endless_loop_ends_at_the_limit() {
    let host = impatient();
    let plugin = load(&host, "{}", LOOP);
    let started = Instant::now();
    let error = plugin.call_raw("run", b"{}");
    assert!(
        started.elapsed() < Duration::from_secs(25),
        "not the limit of every call"
    );
    let Err(error @ CallError::Timeout { .. }) = error else {
        panic!("{error:?}");
    };
    let text = error.to_string();
    assert!(text.starts_with("plugin call failed: "), "{text}");
    assert!(text.contains("module closed with context deadline exceeded"));
}

#[test]
fn the_longest_limit_is_none() {
    let host = Host::builder()
        .call_timeout(Duration::MAX)
        .every_plugin(PluginSettings::all())
        .build()
        .unwrap_or_else(|error| panic!("{error}"));
    let plugin = load(&host, "{}", r#"(func (export "run"))"#);
    assert_eq!(plugin.call_raw("run", b"{}"), Ok(Vec::new()));
    let options = CallOptions::default().timeout(Duration::MAX);
    assert_eq!(plugin.call_with("run", b"{}", &options), Ok(Vec::new()));
}

#[test]
fn an_initialiser_that_hangs_ends_at_the_limit_too() {
    for name in ["_initialize", "__wasm_call_ctors"] {
        let host = impatient();
        let body =
            format!(r#"(func (export "{name}") (loop $again (br $again))) (func (export "run"))"#);
        let plugin = load(&host, "{}", &body);
        let error = plugin.call_raw("run", b"{}");
        assert!(matches!(error, Err(CallError::Timeout { .. })), "{error:?}");
    }
}

#[test]
fn a_start_function_that_hangs_fails_the_load() {
    let host = impatient();
    let body = "(func $start (loop $again (br $again))) (start $start)";
    let error = try_load(&host, "{}", body);
    assert!(
        matches!(error, Err(LoadError::Instance { .. })),
        "{error:?}"
    );
}

#[test]
fn sleeping_returns_at_once() {
    // One subscription: a relative sleep of an hour on the monotonic clock.
    let body = r#"(import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
        (func (export "run") (result i32)
            (i64.store (i32.const 24) (i64.const 3600000000000))
            (i32.store (i32.const 16) (i32.const 1))
            (call $poll (i32.const 0) (i32.const 104) (i32.const 1) (i32.const 200)))"#;
    let host = capped();
    let plugin = load(&host, "{}", body);
    assert_eq!(plugin.call_raw("run", b"{}"), Ok(Vec::new()));
}

#[test]
fn a_cancelled_call_ends_with_the_bare_cancellation() {
    let host = patient();
    let plugin = load(&host, "{}", LOOP);
    let token = CancelToken::new();
    let options = CallOptions::default().cancelled_by(&token);
    let error = thread::scope(|scope| {
        let call = scope.spawn(|| plugin.call_with("run", b"{}", &options));
        await_call(&host, "run");
        token.cancel();
        call.join()
    });
    let Ok(Err(error)) = error else {
        panic!("{error:?}");
    };
    assert!(matches!(error, CallError::Cancelled { .. }));
    assert_eq!(error.to_string(), "context canceled");
}

/// A Config service that knows a number once it is told so.
struct Told(Arc<AtomicBool>);

impl Config for Told {
    fn get(&self, _ctx: &CallContext, _key: String) -> Option<String> {
        None
    }

    fn get_int(&self, _ctx: &CallContext, _key: String) -> Option<i64> {
        self.0.load(Ordering::Acquire).then_some(1)
    }

    fn keys(&self, _ctx: &CallContext, _prefix: String) -> Vec<String> {
        Vec::new()
    }
}

#[test]
fn one_slow_call_does_not_end_the_others() {
    // Asks for a number until there is one, and the answer `{}` becomes longer.
    let body = r#"(import "extism:host/user" "config_getint" (func $number (param i64) (result i64)))
        (data (i32.const 0) "{}")
        (func (export "loop") (loop $again (br $again)))
        (func (export "ask")
            (loop $again
                (br_if $again (i64.eq (i64.const 2)
                    (call $length (call $number (call $text (i32.const 0) (i32.const 2))))))))"#;
    let told = Arc::new(AtomicBool::new(false));
    let host = Host::builder()
        .services({
            let told = told.clone();
            move |_, services| services.config = Arc::new(Told(told.clone()))
        })
        .build()
        .unwrap_or_else(|error| panic!("{error}"));
    let plugin = load(&host, "{}", body);
    let short = CallOptions::default().timeout(Duration::from_millis(20));
    thread::scope(|scope| {
        let ask = scope.spawn(|| plugin.call_raw("ask", b"{}"));
        await_call(&host, "ask");
        for _ in 0..3 {
            let error = plugin.call_with("loop", b"{}", &short);
            assert!(matches!(error, Err(CallError::Timeout { .. })), "{error:?}");
        }
        told.store(true, Ordering::Release);
        assert!(matches!(ask.join(), Ok(Ok(_))));
    });
}

#[test]
fn thirty_calls_run_at_once() {
    let host = patient();
    let plugin = load(&host, "{}", r#"(func (export "run"))"#);
    thread::scope(|scope| {
        let calls: Vec<_> = (0..30)
            .map(|_| scope.spawn(|| (0..10).all(|_| plugin.call_raw("run", b"{}").is_ok())))
            .collect();
        for call in calls {
            assert!(matches!(call.join(), Ok(true)));
        }
    });
    assert_eq!(host.journal().calls_of("run").len(), 300);
}

#[test]
fn unloading_cuts_running_calls_off() {
    let host = patient();
    let plugin = load(&host, "{}", LOOP);
    let error = thread::scope(|scope| {
        let call = scope.spawn(|| plugin.call_raw("run", b"{}"));
        await_call(&host, "run");
        assert!(host.unload("test"));
        call.join()
    });
    let Ok(Err(error @ CallError::Unloaded { .. })) = error else {
        panic!("{error:?}");
    };
    let text = error.to_string();
    assert!(text.starts_with("plugin call failed: "), "{text}");
    assert_eq!(host.metrics().calls("test", "run").failed, 1);
    let after = plugin.call_raw("run", b"{}");
    assert!(matches!(after, Err(CallError::NotLoaded { .. })));
}

#[test]
fn memory_stops_growing_at_the_cap() {
    // Grows by a page until that fails, and answers how many pages there are, as a return code.
    let body = r#"(func (export "run") (result i32)
        (loop $next (br_if $next (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
        (memory.size))"#;
    let host = capped();
    let plugin = load(&host, "{}", body);
    let error = plugin.call_raw("run", b"{}");
    assert!(
        matches!(error, Err(CallError::ExitCode { code: 64, .. })),
        "{error:?}"
    );
}

#[test]
fn blocks_stop_growing_at_the_cap() {
    let body = r#"(func (export "run") (result i32) (local $count i32)
        (loop $next
            (local.set $count (i32.add (local.get $count) (i32.const 1)))
            (br_if $next (i64.ne (call $alloc (i64.const 1048576)) (i64.const 0))))
        (local.get $count))"#;
    let host = capped();
    let plugin = load(&host, "{}", body);
    let error = plugin.call_raw("run", b"{}");
    assert!(
        matches!(error, Err(CallError::ExitCode { code: 4, .. })),
        "{error:?}"
    );
}

#[test]
fn an_input_beyond_the_cap_is_an_error() {
    let host = capped();
    let plugin = load(&host, "{}", r#"(func (export "run"))"#);
    let error = plugin.call_raw("run", &vec![b' '; 5 << 20]);
    let Err(error @ CallError::Instance { .. }) = error else {
        panic!("{error:?}");
    };
    assert!(error.to_string().starts_with("failed to create plugin"));
}

#[test]
fn a_module_that_starts_with_too_much_memory_is_not_loaded() {
    let host = capped();
    let wasm = wat::parse_str("(module (memory 1000))").unwrap_or_else(|error| panic!("{error}"));
    let package = crate::Package::from_parts("test", &super::manifest("{}"), wasm);
    let error = host.load_package(package.unwrap_or_else(|error| panic!("{error}")));
    let Err(error @ LoadError::Instance { .. }) = error else {
        panic!("{error:?}");
    };
    assert!(error.to_string().starts_with("creating instance"));
}

#[test]
fn every_call_has_an_instance_of_its_own() {
    let body = r#"(global $calls (mut i32) (i32.const 0))
        (func (export "run") (result i32)
            (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
            (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 10)))
            (i32.add (global.get $calls) (i32.load (i32.const 0))))"#;
    let host = patient();
    let plugin = load(&host, "{}", body);
    for _ in 0..2 {
        let error = plugin.call_raw("run", b"{}");
        assert!(
            matches!(error, Err(CallError::ExitCode { code: 11, .. })),
            "{error:?}"
        );
    }
}

#[test]
fn the_journal_tells_fuel_time_and_outcome() {
    let host = patient();
    let plugin = load(&host, "{}", r#"(func (export "run"))"#);
    plugin
        .call_raw("run", b"[1]")
        .unwrap_or_else(|error| panic!("{error}"));
    let Some(call) = host.journal().last_call("run") else {
        panic!("not in the journal");
    };
    assert_eq!(call.input.json(), Some(serde_json::json!([1])));
    assert!(
        call.fuel.is_some_and(|fuel| (1..100).contains(&fuel)),
        "{call:?}"
    );
    assert!(!call.duration.is_zero());
}
