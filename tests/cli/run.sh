#!/bin/bash
# Runs the tests of the command line: tests/cli/*.test, each in an empty folder of its own. A test
# file is a list of cases:
#
#     # a comment
#     $ a command, run by bash
#     > a line that the command prints to stdout, exactly
#     ! a line that it prints to stderr, in which * stands for anything
#     ? its exit status, if that is not 0
#
# UPDATE=1 rewrites the files with what the commands do now; look at the difference before you keep
# it. Commands find scanlock, make-trace, make-aerogputrace and scanlock-swapping (see the .c files
# here); FULL is a device that is always full, ROOT the project.
set -u
cd "$(dirname "$0")/../.." || exit 2
ROOT=$PWD
: "${BUILD:=build}" "${UPDATE:=}"
case $BUILD in
/*) ;;
*) BUILD=$ROOT/$BUILD ;;
esac
PATH=$BUILD:$BUILD/tests:$PATH
FULL=/dev/full
export PATH ROOT BUILD FULL
export LC_ALL=C.UTF-8 NO_COLOR=1
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

# Prints a case as it should stand in the file.
show_case() { # command, stdout file, stderr file, status
    printf '$ %s\n' "$1"
    sed 's/^./> &/; s/^$/>/' "$2"
    sed 's/^./! &/; s/^$/!/' "$3"
    [ "$4" -eq 0 ] || printf '? %s\n' "$4"
}

# True if each line of the file matches the line in the same place.
matches() { # file of lines, file of lines with *
    local line glob
    [ "$(wc -l <"$1")" -eq "$(wc -l <"$2")" ] || return 1
    while IFS= read -r glob <&3 && IFS= read -r line <&4; do
        glob=${glob//\\/\\\\}
        glob=${glob//\[/\\[}
        glob=${glob//\?/\\?}
        # shellcheck disable=SC2053 # the right side is a glob on purpose
        [[ $line == $glob ]] || return 1
    done 3<"$2" 4<"$1"
}

run_case() { # name, command; expectations are in $work/want.*
    local status want
    (cd "$work/folder" && exec bash -c "$2") >"$work/out" 2>"$work/err" </dev/null
    status=$?
    want=$(cat "$work/want.status")
    if cmp -s "$work/out" "$work/want.out" && matches "$work/err" "$work/want.err" &&
        [ "$status" -eq "$want" ]; then
        passed=$((passed + 1))
        show_case "$2" "$work/want.out" "$work/want.err" "$want" >>"$work/new"
        return
    fi
    show_case "$2" "$work/out" "$work/err" "$status" >>"$work/new"
    failed=$((failed + 1))
    [ -z "$UPDATE" ] || return
    echo "FAILED $1"
    show_case "$2" "$work/want.out" "$work/want.err" "$want" >"$work/a"
    show_case "$2" "$work/out" "$work/err" "$status" >"$work/b"
    diff -u --label expected --label actual "$work/a" "$work/b"
}

run_file() {
    local file=$1 line command=
    rm -rf "$work/folder"
    mkdir "$work/folder"
    : >"$work/new"
    while IFS= read -r line || [ -n "$line" ]; do
        case $line in
        '$ '*)
            [ -z "$command" ] || run_case "$file" "$command"
            command=${line#'$ '}
            : >"$work/want.out"
            : >"$work/want.err"
            echo 0 >"$work/want.status"
            ;;
        '> '* | '>') printf '%s\n' "${line:2}" >>"$work/want.out" ;;
        '! '* | '!') printf '%s\n' "${line:2}" >>"$work/want.err" ;;
        '? '*) printf '%s\n' "${line:2}" >"$work/want.status" ;;
        '#'* | '')
            [ -z "$command" ] || run_case "$file" "$command"
            command=
            printf '%s\n' "$line" >>"$work/new"
            ;;
        *)
            echo "$file: not a line of a test: $line"
            failed=$((failed + 1))
            ;;
        esac
    done <"$file"
    [ -z "$command" ] || run_case "$file" "$command"
    if [ -n "$UPDATE" ] && ! cmp -s "$work/new" "$file"; then
        cp "$work/new" "$file"
        echo "rewrote $file"
    fi
}

for file in tests/cli/*.test; do
    run_file "$file"
done
echo "cases: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
