#!/usr/bin/env bash
# Checks that the named guest packages compile, natively and for wasm32-wasip1, with the oldest Rust that the
# workspace promises to plugin authors: `rust-version` of the root Cargo.toml.
# The compiler comes from rustup; where that cannot fetch it, a system rustc of that release will do (on
# Debian 12, the package rustc-web 1.85). With neither the check is left out, unless CI is set: then it fails.
#
# usage: scripts/check-msrv.sh <package>...
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

msrv=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
toolchain=$msrv.0

if rustup run "$toolchain" rustc --version 2>/dev/null ||
    rustup toolchain install "$toolchain" --profile minimal --no-self-update; then
    export RUSTUP_TOOLCHAIN=$toolchain
elif /usr/bin/rustc --version 2>/dev/null | grep -q "^rustc $msrv\."; then
    export RUSTC=/usr/bin/rustc
else
    skip "check with Rust $msrv: it could not be installed" "rustup toolchain install $toolchain"
fi

# Its own directory, because the compiler differs from that of every other build; and macros that run only here
# are not worth optimising.
check() {
    cargo check --target-dir target/msrv --config 'profile.dev.package."*".opt-level=0' \
        "${packages[@]/#/--package=}" "$@"
}
packages=("$@")
check
if scripts/wasm-target.sh wasm32-wasip1; then
    check --target wasm32-wasip1
else
    skip "check with Rust $msrv for wasm32-wasip1: the target is missing" \
        "rustup target add wasm32-wasip1 --toolchain $toolchain"
fi
