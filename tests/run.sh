#!/bin/sh
# Runs every kind of test and ends with one line, "N passed, N failed". The verdict comes from exit
# statuses; the counts are what each kind says about itself. Called by `make test`.
set -u
cd "$(dirname "$0")/.." || exit 2
: "${BUILD:=build}" "${MAKE:=make}" "${SAN:=}"
export BUILD
export LC_ALL=C.UTF-8

log=$(mktemp) || exit 2
trap 'rm -f "$log"' EXIT
passed=0
failed=0

# count STATUS PASSED FAILED: adds what one kind of test says; a bad status is at least one failure.
count() {
    bad=$3
    if [ "$1" -ne 0 ] && [ "$bad" -eq 0 ]; then
        bad=1
    fi
    passed=$((passed + $2))
    failed=$((failed + bad))
}

# number PATTERN: the last number that the sed pattern finds in the log, or 0.
number() {
    found=$(sed -n "s/.*$1.*/\1/p" "$log" | tail -n 1)
    echo "${found:-0}"
}

# A kind of test with counts of its own: words to print, two patterns, the command.
counted() {
    echo "== $1"
    good=$2
    bad=$3
    shift 3
    "$@" >"$log" 2>&1
    status=$?
    cat "$log"
    count "$status" "$(number "$good")" "$(number "$bad")"
}

# A kind of test that passes or fails as a whole.
whole() {
    echo "== $1"
    shift
    if "$@"; then
        count 0 1 0
    else
        count 1 0 1
    fi
}

counted 'unit tests' 'Passing: \([0-9]*\)' 'Failing: \([0-9]*\)' "$BUILD/tests/unit-tests"
counted 'integration tests' 'Passing: \([0-9]*\)' 'Failing: \([0-9]*\)' "$BUILD/tests/integration-tests"
counted 'command line' 'cases: \([0-9]*\) passed' 'passed, \([0-9]*\) failed' tests/cli/run.sh
counted 'emitted declarations' 'emitted: \([0-9]*\) passed' 'passed, \([0-9]*\) failed' \
    tests/emit/run.sh
counted 'dissectors' 'dissected: \([0-9]*\) passed' 'passed, \([0-9]*\) failed' \
    tests/emit/wireshark.sh
counted 'bundled traces, each replayed twice' 'traces: \([0-9]*\) passed' 'passed, \([0-9]*\) failed' \
    "$BUILD/scanlock" check --jobs 2 --repeat 2 traces/suite.yaml
whole 'coverage of the ABIs by the bundled traces' "$BUILD/scanlock" coverage --fail-under 100
whole 'published ABIs' "$BUILD/scanlock" abi verify
for driver in "$BUILD"/tests/fuzz/replay-*; do
    case $driver in
    *.o | *.d | *'*') continue ;;
    esac
    name=${driver##*/replay-}
    if [ -d "tests/fuzz/corpus/$name" ]; then
        whole "fuzz corpus $name, whole and cut" "$driver" --cut "tests/fuzz/corpus/$name"
    fi
done
whole 'generated files' "$MAKE" --no-print-directory lint-generated
whole 'lint' tests/lint/run.sh
if [ -z "$SAN" ] && [ -e "$BUILD/libscanlock.so" ]; then
    whole 'installation' tests/install/run.sh
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
