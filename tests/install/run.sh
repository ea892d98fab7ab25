#!/bin/sh
# Installs into an empty folder and builds a program against what is there, with pkg-config, once
# with the shared and once with the static library.
set -eu
cd "$(dirname "$0")/../.."
: "${BUILD:=build}" "${MAKE:=make}" "${CC:=cc}"
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

"$MAKE" --no-print-directory BUILD="$BUILD" DESTDIR="$root" PREFIX=/opt/scanlock install-files
prefix=$root/opt/scanlock
for file in bin/scanlock lib/libscanlock.a lib/libscanlock.so.0 include/scanlock/replay.h \
    share/man/man1/scanlock.1 share/man/man1/scanlock-check.1 \
    share/bash-completion/completions/scanlock share/zsh/site-functions/_scanlock \
    share/fish/vendor_completions.d/scanlock.fish; do
    [ -s "$prefix/$file" ] || { echo "not installed: $file"; exit 1; }
done

export PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
config() { pkg-config --define-variable=prefix="$prefix" "$@" scanlock; }

# shellcheck disable=SC2046 # the words of pkg-config are words
$CC -std=c11 -Wall -Wextra -Werror $(config --cflags) tests/install/user.c -o "$root/shared" \
    $(config --libs)
LD_LIBRARY_PATH="$prefix/lib" "$root/shared"
readelf -d "$root/shared" | grep -q 'NEEDED.*libscanlock\.so\.0' || {
    echo "the program does not ask for libscanlock.so.0"
    exit 1
}

# The examples record, and replay finds the answers and the picture that they expect.
export LD_LIBRARY_PATH="$prefix/lib"
for name in aerogpu virtio_gpu; do
    # shellcheck disable=SC2046
    $CC -std=c11 -Wall -Wextra -Werror $(config --cflags) "docs/examples/record_$name.c" \
        -o "$root/record" $(config --libs)
    "$root/record" "$root/$name.slt"
    "$prefix/bin/scanlock" replay --digest "$root/$name.slt" >"$root/frames"
    [ "$(wc -l <"$root/frames")" -eq 1 ] || { echo "record_$name: not one frame"; exit 1; }
    "$prefix/bin/scanlock" dump "$root/$name.slt" | grep -q 'kind: frame' || {
        echo "record_$name: no picture is expected"
        exit 1
    }
done
if command -v python3 >/dev/null; then
    export PYTHONDONTWRITEBYTECODE=1
    python3 docs/examples/record_aerogpu.py "$root/python.slt"
    "$prefix/bin/scanlock" diff "$root/aerogpu.slt" "$root/python.slt"
    # One fence more than there is: replay says so.
    (cd docs/examples && python3 -c 'import sys, record_aerogpu as example
recorder = example.Recorder(example.load(), sys.argv[1], b"aerogpu", 0)
example.record(recorder)
recorder.expect_fence(2)
recorder.close()' "$root/wrong.slt")
    status=0
    "$prefix/bin/scanlock" replay "$root/wrong.slt" >/dev/null 2>&1 || status=$?
    [ "$status" -eq 1 ] || { echo "a fence too many: exit code $status"; exit 1; }
else
    echo "the example in Python is not tested: no python3"
fi
unset LD_LIBRARY_PATH

rm "$prefix/lib/libscanlock.so"
# shellcheck disable=SC2046
$CC -std=c11 -Wall -Wextra -Werror $(config --cflags) tests/install/user.c -o "$root/static" \
    $(config --static --libs)
"$root/static"

bash -n "$prefix/share/bash-completion/completions/scanlock"
[ "$("$prefix/bin/scanlock" version)" = "scanlock $(config --modversion)" ]
