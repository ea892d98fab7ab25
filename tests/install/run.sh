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

rm "$prefix/lib/libscanlock.so"
# shellcheck disable=SC2046
$CC -std=c11 -Wall -Wextra -Werror $(config --cflags) tests/install/user.c -o "$root/static" \
    $(config --static --libs)
"$root/static"

bash -n "$prefix/share/bash-completion/completions/scanlock"
[ "$("$prefix/bin/scanlock" version)" = "scanlock $(config --modversion)" ]
