# Sourced by the scripts: how they stop and how they leave something out. Not run by itself.
# shellcheck shell=bash

# die <what is wrong> [<what to do>]...
die() {
    printf 'error: %s\n' "$1" >&2
    shift
    for help in "$@"; do printf '  help: %s\n' "$help" >&2; done
    exit 1
}

# skip <what and why> <what to do>: a newcomer's machine may lack a part, a machine that sets CI must not.
skip() {
    [ -z "${CI:-}" ] || die "$@"
    printf 'skipped: %s (%s)\n' "$1" "$2"
    exit 0
}
