#!/usr/bin/env bash
# Builds the standard library of a wasm target and installs it into the active toolchain: the fallback of
# wasm-target.sh for machines where rustup cannot fetch the target, but apt and cargo reach their packages.
#
# usage: scripts/wasm-target-from-debian.sh [wasm32-wasip1 | wasm32-unknown-unknown]
#
# The source must be of the same release as rustc, because the library uses the compiler's internals. It is
# taken from rustup's rust-src component, else from the Debian package rust-src or rust-web-src. For WASI the
# C library and the start-up objects come from the Debian package wasi-libc. Nothing is installed outside the
# toolchain, root is not needed; the packages are unpacked under target/. Undo: remove the printed directory.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

target=${1:-wasm32-wasip1}
rustc=${RUSTC:-rustc}
release=$("$rustc" -vV | sed -n 's/^release: //p')
work=$PWD/target/wasm-std/$release
sysroot=$("$rustc" --print sysroot)
lib=$sysroot/lib/rustlib/$target/lib

# apt's versions of a package as "1.85.0+dfsg3-1 1.63.0-2"
versions_of() { apt-cache madison "$1" 2>/dev/null | awk '{ print $3 }' | sort -u | xargs; }

# Unpacks a package below $work; the second argument may name its version.
unpack() {
    rm -rf "${work:?}/$1" && mkdir -p "$work/$1"
    if ! (cd "$work/$1" && apt-get -qq download "$1${2:+=$2}" 2>download.log && dpkg-deb -x ./*.deb .); then
        cat "$work/$1/download.log" >&2
        die "apt could not download $1" "check that 'apt-get update' works here, then try again"
    fi
}

# Prints the directory of the standard library's source.
find_source() {
    local own=$sysroot/lib/rustlib/src/rust/library package version offered=""
    if [ ! -d "$own/sysroot" ] && [ "$(rustup which rustc 2>/dev/null)" = "$sysroot/bin/rustc" ] &&
        RUST_BACKTRACE=0 rustup component add rust-src >"$work/rust-src.log" 2>&1; then
        # Not left there: the compiler's messages, which tests compare, would quote it.
        rm -rf "$work/rust-src"
        cp -r "$own" "$work/rust-src"
        rustup component remove rust-src >>"$work/rust-src.log" 2>&1
        own=$work/rust-src
    fi
    [ -d "$own/sysroot" ] && echo "$own" && return
    command -v apt-get >/dev/null ||
        die "neither rustup nor apt has the source of rustc $release" \
            "where the network allows it, run: rustup target add $target"
    for package in rust-src rust-web-src; do
        for version in $(versions_of "$package"); do
            case $version in
                "$release" | "$release"[+~-]*)
                    unpack "$package" "$version"
                    echo "$work/$package"/usr/src/rustc-*/library && return
                    ;;
            esac
            offered+="${offered:+, }$package $version"
        done
    done
    die "the target $target cannot be built: it needs the source of rustc $release, apt offers ${offered:-none}" \
        "where the network allows it, run: rustup target add $target" \
        "or let apt look again (apt-get update), or use a toolchain of a release that apt offers"
}

# The start-up objects and the C library, found beside each other in one directory of the package.
install_wasi_libc() {
    local crt
    unpack wasi-libc
    crt=$(find "$work/wasi-libc" -name crt1-reactor.o | sort | tail -n 1)
    [ -n "$crt" ] || die "the package wasi-libc has no crt1-reactor.o" "report its version: $(versions_of wasi-libc)"
    mkdir -p "$1/self-contained"
    cp "$(dirname "$crt")"/{crt1-command.o,crt1-reactor.o,libc.a} "$1/self-contained/"
}

case $target in
    wasm32-wasip1) features=panic-unwind,backtrace ;;
    # Nothing but the compiler's own builtins offers memcpy there.
    wasm32-unknown-unknown) features=panic-unwind,compiler-builtins-mem ;;
    *) die "unknown target $target" "known are wasm32-wasip1 and wasm32-unknown-unknown" ;;
esac
mkdir -p "$work"
[ -w "$sysroot/lib/rustlib" ] || die "cannot write to $sysroot/lib/rustlib" "run this as the owner of the toolchain"

source=$(find_source)
echo "building $target's standard library of rustc $release (about half a minute)"
# A copy, because Cargo writes beside the manifest. The flags are those of Rust's own build: bitcode is what
# link-time optimisation works on, and crates of the library must not be nameable by programs.
rm -rf "$work/library" && cp -r "$source" "$work/library"
RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Cembed-bitcode=yes -Zforce-unstable-if-unmarked" \
    cargo build --quiet --release --manifest-path "$work/library/sysroot/Cargo.toml" \
    --target "$target" --features "$features" --target-dir "$work/out" 2>"$work/build.log" ||
    { tail -n 20 "$work/build.log" >&2 && die "the standard library did not build" "the log is $work/build.log"; }

rm -rf "$lib.new" && mkdir -p "$lib.new"
cp "$work/out/$target/release/deps/"*.rlib "$lib.new/"
[ "$target" != wasm32-wasip1 ] || install_wasi_libc "$lib.new"
rm -rf "$lib" && mv "$lib.new" "$lib"

if ! echo 'pub fn f() { println!("{:?}", std::env::args()); }' | "$rustc" --target "$target" --crate-type cdylib \
    --crate-name check -C lto -o "$work/check.wasm" - 2>"$work/check.log"; then
    rm -rf "$lib"
    tail -n 20 "$work/check.log" >&2
    die "the library that was built does not link" "the log is $work/check.log"
fi
echo "installed into $lib"
