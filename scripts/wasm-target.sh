#!/usr/bin/env bash
# Makes sure that the active toolchain can build for the named wasm targets; does nothing where it can already.
# Order: rustup; the Debian fallback; otherwise one message with the command to run.
#
# usage: scripts/wasm-target.sh <target>...
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

command -v cargo >/dev/null ||
    die "cargo is not on the PATH" "install the Rust toolchain with rustup, then open a new shell"

for target in "$@"; do
    libraries=("$("${RUSTC:-rustc}" --print target-libdir --target "$target")"/libstd-*.rlib)
    [ -e "${libraries[0]}" ] && continue

    # Without rustup the command fails like a refused download does, and the fallback takes over.
    echo "adding the target $target to $(rustc --version)"
    rustup target add "$target" 2>&1 && continue
    if command -v apt-get >/dev/null; then
        echo "rustup could not add it; building it from Debian's packages instead"
        scripts/wasm-target-from-debian.sh "$target" && continue
    fi
    die "the Rust target $target is missing and could not be added" \
        "where the network allows it, run: rustup target add $target"
done
