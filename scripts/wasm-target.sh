#!/usr/bin/env bash
# Makes sure that the active toolchain can build for the named wasm targets; does nothing where it can already.
# First choice is rustup, second the build from Debian's packages; else one message says which command to run.
#
# usage: scripts/wasm-target.sh <target>...
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

command -v cargo >/dev/null ||
    die "cargo is not on the PATH" "install the Rust toolchain with rustup, then open a new shell"

installed() {
    local libraries
    libraries=("$("${RUSTC:-rustc}" --print target-libdir --target "$1")"/libcore-*.rlib)
    [ -e "${libraries[0]}" ]
}

for target in "$@"; do
    installed "$target" && continue

    # A refused download, a toolchain that is not rustup's and a missing rustup all end in the fallback.
    said=$(RUST_BACKTRACE=0 rustup target add "$target" 2>&1) || true
    installed "$target" && continue
    command -v apt-get >/dev/null ||
        die "the Rust target $target is missing, and rustup does not add it: $(tail -n 1 <<<"$said")" \
            "where the network allows it, run: rustup target add $target"
    printf 'rustup does not add the target %s: %s\n' "$target" "$(tail -n 1 <<<"$said")"
    scripts/wasm-target-from-debian.sh "$target"
done
