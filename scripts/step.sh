#!/usr/bin/env bash
# Runs one step of the Makefile: prints one line saying what it does and how long it took, keeps the command's
# output in target/logs/<step>.log, and shows it only when the command fails.
#
# usage: scripts/step.sh <step> <what it does> [--hint <what to do when it fails>] -- <command> [arguments]
set -euo pipefail

step=$1 what=$2 hint=""
shift 2
if [ "$1" = --hint ]; then
    hint=$2
    shift 2
fi
[ "$1" != -- ] || shift

log=target/logs/$step.log
mkdir -p target/logs
: >"$log"
started=$SECONDS
line=$(printf '%-9s %s' "$step" "$what")

# On a terminal the line shows the time spent and the newest line of the log, so that a long build is seen to work.
watch_log() {
    local last
    while sleep 1; do
        last=$(tail -c 400 "$log" | tr '\r' '\n' | sed 's/^ *//; /^$/d' | tail -n 1)
        printf '\r\033[K%s  %d s  \033[2m%.40s\033[0m' "$line" $((SECONDS - started)) "$last"
    done
}

printf '%s' "$line"
watcher=""
if [ -t 1 ]; then
    watch_log &
    watcher=$!
    trap 'kill "$watcher" 2>/dev/null || true' EXIT # also when this script is interrupted
fi
status=0
"$@" >"$log" 2>&1 </dev/null || status=$?
if [ -n "$watcher" ]; then
    kill "$watcher"
    wait "$watcher" 2>/dev/null || true # it ended by our signal, which is no failure
    printf '\r\033[K%s' "$line"
fi

if [ "$status" -eq 0 ]; then
    passed=$(awk '/^test result: ok\./ { sum += $4 } END { if (sum) printf ", %d passed", sum }' "$log")
    printf '  %d s%s\n' $((SECONDS - started)) "$passed"
    grep '^skipped: ' "$log" || true # a step may pass and still have left something out
    exit 0
fi
printf '  FAILED\n\n'
tail -n 120 "$log"
printf '\nstep "%s" failed, all of its output is in %s\n' "$step" "$log"
[ -z "$hint" ] || printf '  help: %s\n' "$hint"
exit "$status"
