//! Small guests, written as WebAssembly text, one per rule.

mod clients;
mod environment;
mod hostile;
mod isolation;
mod legacy;
mod limits;
mod loading;
mod lyrics;
mod profiles;
mod reference;
mod results;
mod sonic;
mod tasks;

use std::time::Duration;

use crate::{Host, LoadError, Package, Plugin, PluginSettings};

/// What every small guest starts with: the runtime's functions, and `$text`, which copies its own memory into a block.
const PRELUDE: &str = r#"
    (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
    (import "extism:host/env" "store_u8" (func $store_u8 (param i64 i32)))
    (import "extism:host/env" "load_u8" (func $load_u8 (param i64) (result i32)))
    (import "extism:host/env" "length" (func $length (param i64) (result i64)))
    (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
    (import "extism:host/env" "error_set" (func $error_set (param i64)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
    (memory (export "memory") 1)
    (func $text (param $at i32) (param $length i32) (result i64)
        (local $block i64) (local $i i32)
        (local.set $block (call $alloc (i64.extend_i32_u (local.get $length))))
        (loop $next
            (if (i32.lt_u (local.get $i) (local.get $length)) (then
                (call $store_u8
                    (i64.add (local.get $block) (i64.extend_i32_u (local.get $i)))
                    (i32.load8_u (i32.add (local.get $at) (local.get $i))))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br $next))))
        (local.get $block))
    (func $output (param $at i32) (param $length i32)
        (call $output_set
            (call $text (local.get $at) (local.get $length))
            (i64.extend_i32_u (local.get $length))))
    (func $error (param $at i32) (param $length i32)
        (call $error_set (call $text (local.get $at) (local.get $length))))
"#;

/// Builds a guest: the prelude, and what a test adds.
fn guest(body: &str) -> Vec<u8> {
    // Imports come first in a module, so those of the body move to the front.
    let (imports, rest): (Vec<&str>, Vec<&str>) = body
        .lines()
        .partition(|line| line.trim_start().starts_with("(import"));
    let text = format!(
        "(module {}{PRELUDE}{})",
        imports.join("\n"),
        rest.join("\n")
    );
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}

/// An export that answers with a document.
fn answering(export: &str, output: &str) -> String {
    let (data, length) = (output.replace('"', "\\22"), output.len());
    format!(
        r#"(data (i32.const 0) "{data}")
        (func (export "{export}") (call $output (i32.const 0) (i32.const {length})))"#
    )
}

/// An export that fails with a message.
fn failing(export: &str, message: &str) -> String {
    let length = message.len();
    format!(
        r#"(data (i32.const 0) "{message}")
        (func (export "{export}") (result i32)
            (call $error (i32.const 0) (i32.const {length}))
            (i32.const -1))"#
    )
}

fn manifest(permissions: &str) -> Vec<u8> {
    format!(r#"{{"name":"Test","author":"A","version":"1","permissions":{permissions}}}"#)
        .into_bytes()
}

/// A host whose limit is short, for guests that hang.
fn impatient() -> Host {
    Host::builder()
        .call_timeout(Duration::from_millis(150))
        .memory_limit(4 << 20)
        .every_plugin(PluginSettings::all())
        .build()
        .unwrap_or_else(|error| panic!("{error}"))
}

/// A host whose guests get little memory and all the time they need.
fn capped() -> Host {
    Host::builder()
        .memory_limit(4 << 20)
        .every_plugin(PluginSettings::all())
        .build()
        .unwrap_or_else(|error| panic!("{error}"))
}

fn patient() -> Host {
    Host::builder()
        .every_plugin(PluginSettings::all())
        .build()
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Waits until a call of an export has begun.
fn await_call(host: &Host, export: &str) {
    while host.journal().calls_of(export).is_empty() {
        std::thread::yield_now();
    }
}

/// Turns a text into the content of a data segment.
fn data(text: &str) -> String {
    text.bytes().map(|byte| format!("\\{byte:02x}")).collect()
}

fn try_load(host: &Host, permissions: &str, body: &str) -> Result<Plugin, LoadError> {
    host.load_package(Package::from_parts(
        "test",
        &manifest(permissions),
        guest(body),
    )?)
}

fn load(host: &Host, permissions: &str, body: &str) -> Plugin {
    try_load(host, permissions, body).unwrap_or_else(|error| panic!("{error}"))
}
