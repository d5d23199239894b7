//! Tells the crate how the standard library of this compiler prints a panic in wasm.

use std::env::var_os;
use std::process::Command;

/// From this release on (1.x), panics are printed through `write` of the C library; this is what `runtime/panic.rs` needs.
const PRINTS_WITH_WRITE: u32 = 95;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(panic_hook)");
    if minor_release().is_none_or(|minor| minor < PRINTS_WITH_WRITE) {
        println!("cargo::rustc-cfg=panic_hook");
    }
}

/// The second number of the compiler's version, as in "rustc 1.95.0 (…)".
fn minor_release() -> Option<u32> {
    let output = Command::new(var_os("RUSTC")?)
        .arg("--version")
        .output()
        .ok()?;
    let version = String::from_utf8(output.stdout).ok()?;
    version.split('.').nth(1)?.parse().ok()
}
