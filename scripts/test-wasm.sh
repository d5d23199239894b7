#!/usr/bin/env bash
# Runs a crate's `#[wasm_bindgen_test]`s on wasm32-unknown-unknown in Node.
# The runner must be of the very release of wasm-bindgen that Cargo.lock names, so it is built here once, into
# target/tools, from the registry that Cargo uses anyway.
#
# usage: scripts/test-wasm.sh <package> <test target>
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

package=$1 test=$2
version=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/[^0-9.]/, ""); print }' Cargo.lock)
tools=$PWD/target/tools/wasm-bindgen-$version
runner=$tools/bin/wasm-bindgen-test-runner

command -v node >/dev/null || skip "tests on wasm32: node is not on the PATH" "install Node.js 18 or newer"
scripts/wasm-target.sh wasm32-unknown-unknown

install_runner() {
    # The dev profile, because building takes far longer than running; no features, because Node needs no WebDriver.
    CARGO_PROFILE_DEV_DEBUG=0 cargo install wasm-bindgen-cli --version "=$version" --bin wasm-bindgen-test-runner \
        --profile dev --no-default-features --root "$tools" --target-dir target/tools/build "$@"
}
# A registry mirror may lack a release that the tool's own lock file names; its tests run the same with a neighbour.
if [ ! -x "$runner" ]; then
    echo "building the test runner of wasm-bindgen $version"
    install_runner --locked || install_runner ||
        die "the test runner of wasm-bindgen $version did not build" "check that 'cargo fetch' works here, then try again"
    rm -rf target/tools/build
fi

CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=$runner \
    cargo test --package "$package" --test "$test" --target wasm32-unknown-unknown
