//! Nothing of a call is left for the next one, however it ended, inside the pool of instances and outside; and the
//! pool refuses nothing.

use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use super::{load, patient};
use crate::context::CallContext;
use crate::generated::Config;
use crate::{CallError, Host, Plugin, PluginSettings};

/// Looks for traces of an earlier call in everything an instance has, adds a bit to its code for each it finds, leaves
/// traces everywhere, and ends as the second byte of the input says: `t` by a trap, `x` by an exit, `f` with an error.
const TRACES: &str = r#"
    (import "extism:host/env" "input_load_u8" (func $input (param i64) (result i32)))
    (import "extism:host/env" "memory_bytes" (func $memory_bytes (result i64)))
    (import "extism:host/env" "var_get" (func $var_get (param i64) (result i64)))
    (import "extism:host/env" "var_set" (func $var_set (param i64 i64)))
    (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $fdstat (param i32 i32) (result i32)))
    (global $global (mut i32) (i32.const 5))
    (table $table 4 100 funcref)
    (elem declare func $run)
    (elem $passive func $run)
    (data (i32.const 16) "clean")
    (data $text "abc")
    (func $bit (param $found i32) (param $bit i32) (result i32)
        (select (local.get $bit) (i32.const 0) (local.get $found)))
    (func $sum (param $from i32) (param $to i32) (result i32) (local $sum i32)
        (loop $next
            (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $from))))
            (local.set $from (i32.add (local.get $from) (i32.const 1)))
            (br_if $next (i32.lt_u (local.get $from) (local.get $to))))
        (local.get $sum))
    (func $run (export "run") (result i32) (local $found i32) (local $key i64) (local $end i32)
        (local.set $end (call $input (i64.const 1)))
        ;; Globals, memory and its size.
        (local.set $found (call $bit (i32.ne (global.get $global) (i32.const 5)) (i32.const 1)))
        (global.set $global (i32.const 6))
        (local.set $found (i32.or (local.get $found) (call $bit
            (i32.ne (call $sum (i32.const 0) (i32.const 65536)) (i32.const 515)) (i32.const 2))))
        (local.set $found (i32.or (local.get $found) (call $bit
            (i32.ne (memory.size) (i32.const 1)) (i32.const 4))))
        (drop (memory.grow (i32.const 40)))
        (local.set $found (i32.or (local.get $found) (call $bit
            (call $sum (i32.const 65536) (i32.const 2686976)) (i32.const 8))))
        (memory.fill (i32.const 0) (i32.const 255) (i32.const 2686976))
        ;; Tables and their size.
        (local.set $found (i32.or (local.get $found) (call $bit
            (i32.eqz (ref.is_null (table.get $table (i32.const 2)))) (i32.const 16))))
        (local.set $found (i32.or (local.get $found) (call $bit
            (i32.ne (table.size $table) (i32.const 4)) (i32.const 32))))
        (drop (table.grow $table (ref.func $run) (i32.const 50)))
        (table.fill $table (i32.const 0) (ref.func $run) (i32.const 54))
        ;; Segments: using one that was dropped traps.
        (memory.init $text (i32.const 0) (i32.const 0) (i32.const 3))
        (data.drop $text)
        (table.init $table $passive (i32.const 0) (i32.const 0) (i32.const 1))
        (elem.drop $passive)
        ;; Blocks and variables.
        (local.set $found (i32.or (local.get $found) (call $bit
            (i64.ne (call $memory_bytes) (i64.const 66)) (i32.const 64))))
        (local.set $key (call $alloc (i64.const 8)))
        (local.set $found (i32.or (local.get $found) (call $bit
            (call $load_u8 (local.get $key)) (i32.const 128))))
        (call $store_u8 (local.get $key) (i32.const 107))
        (local.set $found (i32.or (local.get $found) (call $bit
            (i64.ne (call $var_get (local.get $key)) (i64.const 0)) (i32.const 256))))
        (call $var_set (local.get $key) (local.get $key))
        ;; Descriptors: 3 is the mount, and 4 is what is opened first.
        (local.set $found (i32.or (local.get $found) (call $bit
            (i32.eqz (call $fdstat (i32.const 4) (i32.const 64))) (i32.const 512))))
        (i32.store8 (i32.const 0) (i32.const 97))
        (local.set $found (i32.or (local.get $found) (call $bit
            (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 1)
                (i64.const 66) (i64.const 0) (i32.const 0) (i32.const 32)) (i32.const 1024))))
        (local.set $found (i32.or (local.get $found) (call $bit
            (i32.ne (i32.load (i32.const 32)) (i32.const 4)) (i32.const 2048))))
        (if (i32.eq (local.get $end) (i32.const 116)) (then unreachable))
        (if (i32.eq (local.get $end) (i32.const 120)) (then (call $proc_exit (i32.const 9))))
        (if (i32.eq (local.get $end) (i32.const 102)) (then (call $error (i32.const 0) (i32.const 1))))
        (local.get $found))
"#;

fn storage(host: &Host, body: &str) -> Plugin {
    load(host, r#"{"storage":{}}"#, body)
}

fn finds_no_traces(plugin: &Plugin) {
    for end in ["tt", "xx", "ff", "--", "tt", "--"] {
        let result = plugin.call_raw("run", end.as_bytes());
        match (end, result) {
            ("tt", Err(CallError::Trap { detail, .. })) if detail.contains("unreachable") => {}
            ("xx", Err(CallError::Exited { code: 9, .. })) => {}
            ("ff", Err(CallError::Failed { .. })) => {}
            ("--", Ok(_)) => {}
            (end, result) => panic!("{end}: {result:?}"),
        }
    }
}

#[test]
fn nothing_is_left_of_a_call() {
    let host = patient();
    let plugin = storage(&host, TRACES);
    assert!(plugin.loaded.compiled.is_pooled());
    for _ in 0..3 {
        finds_no_traces(&plugin);
    }
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..3).for_each(|_| finds_no_traces(&plugin)));
        }
    });
}

#[test]
fn nothing_is_left_of_a_call_outside_the_pool() {
    let host = patient();
    let plugin = storage(&host, &format!("{TRACES} (table 1 funcref)"));
    assert!(!plugin.loaded.compiled.is_pooled());
    finds_no_traces(&plugin);
    finds_no_traces(&plugin);
}

#[test]
fn slots_pass_from_plugin_to_plugin_without_a_trace() {
    let host = patient();
    let load = |id: &str, body: &str| {
        let package = crate::Package::from_parts(
            id,
            &super::manifest(r#"{"storage":{}}"#),
            super::guest(body),
        );
        host.load_package(package.unwrap_or_else(|error| panic!("{error}")))
            .unwrap_or_else(|error| panic!("{error}"))
    };
    // Each sees the other's text if a slot keeps it.
    let other = TRACES.replace("clean", "other").replace("515", "546");
    let plugins = [load("one", TRACES), load("two", &other)];
    for _ in 0..5 {
        plugins.iter().for_each(finds_no_traces);
    }
}

/// Answers a look-up once so many calls wait for one.
struct Meeting {
    waiting: Mutex<usize>,
    complete: Condvar,
    size: usize,
}

impl Config for Meeting {
    fn get(&self, _: &CallContext, _: String) -> Option<String> {
        let mut waiting = self.waiting.lock().unwrap();
        *waiting += 1;
        self.complete.notify_all();
        let limit = Duration::from_secs(25);
        let all_here = |waiting: &mut usize| *waiting < self.size;
        let (waiting, _) = self
            .complete
            .wait_timeout_while(waiting, limit, all_here)
            .unwrap();
        (*waiting >= self.size).then(String::new)
    }

    fn get_int(&self, _: &CallContext, _: String) -> Option<i64> {
        None
    }

    fn keys(&self, _: &CallContext, _: String) -> Vec<String> {
        Vec::new()
    }
}

#[test]
fn more_calls_at_once_than_the_pool_holds_all_run() {
    const CALLS: usize = 100;
    let meeting = Arc::new(Meeting {
        waiting: Mutex::new(0),
        complete: Condvar::new(),
        size: CALLS,
    });
    let host = Host::builder()
        .every_plugin(PluginSettings::all())
        .services(move |_, services| services.config = meeting.clone())
        .build()
        .unwrap_or_else(|error| panic!("{error}"));
    // Answers what the look-up answered.
    let body = r#"(import "extism:host/user" "config_get" (func $get (param i64) (result i64)))
        (data (i32.const 0) "{}")
        (func (export "run") (local $answer i64)
            (local.set $answer (call $get (call $text (i32.const 0) (i32.const 2))))
            (call $output_set (local.get $answer) (call $length (local.get $answer))))"#;
    let plugin = load(&host, "{}", body);
    thread::scope(|scope| {
        let calls: Vec<_> = (0..CALLS)
            .map(|_| scope.spawn(|| plugin.call_raw("run", b"{}")))
            .collect();
        for call in calls {
            let answer = call
                .join()
                .unwrap()
                .unwrap_or_else(|error| panic!("{error}"));
            let answer = String::from_utf8_lossy(&answer).into_owned();
            assert!(answer.contains(r#""exists":true"#), "{answer}");
        }
    });
    let calls = host.journal().calls_of("run");
    assert_eq!(calls.len(), CALLS);
    // Inside or outside the pool, the same code runs.
    assert!(
        calls
            .iter()
            .all(|call| call.fuel.is_some() && call.fuel == calls[0].fuel)
    );
}

#[test]
fn guests_outside_the_pool_end_at_the_limit_too() {
    let host = super::impatient();
    let body = r#"(table 1 funcref) (table 1 funcref)
        (func (export "run") (loop $again (br $again)))
        (func (export "grow") (result i32)
            (loop $next (br_if $next (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
            (memory.size))"#;
    let plugin = load(&host, "{}", body);
    assert!(!plugin.loaded.compiled.is_pooled());
    let error = plugin.call_raw("run", b"{}");
    assert!(matches!(error, Err(CallError::Timeout { .. })), "{error:?}");
    let error = plugin.call_raw("grow", b"{}");
    assert!(
        matches!(error, Err(CallError::ExitCode { code: 64, .. })),
        "{error:?}"
    );
}
