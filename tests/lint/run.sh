#!/bin/sh
# Checks that need no program beyond the compiler's own. What needs more is left out where it is
# missing. Called by `make lint` and `make test`.
set -u
cd "$(dirname "$0")/../.." || exit 2
: "${BUILD:=build}" "${CC:=cc}"
bad=0

fail() {
    echo "lint: $1"
    bad=1
}

sources=$(find src -name '*.[ch]' | LC_ALL=C sort)

# shellcheck disable=SC2086 # file names are words
awk -f tests/lint/arrows.awk tests/lint/arrows.txt $sources || fail 'includes against the arrows'

for header in include/scanlock/*.h; do
    line="#include <scanlock/${header##*/}>"
    echo "$line" | $CC -std=c11 -pedantic -Wall -Wextra -Werror -Iinclude -fsyntax-only -x c - ||
        fail "$header does not compile alone as C11"
    if echo 'int x;' | $CC -x c++ -fsyntax-only - 2>/dev/null; then
        echo "$line" | $CC -x c++ -std=c++11 -pedantic -Wall -Wextra -Werror -Iinclude \
            -fsyntax-only - || fail "$header does not compile alone as C++"
    fi
done

if [ -e "$BUILD/libscanlock.so" ]; then
    foreign=$(nm -D --defined-only "$BUILD/libscanlock.so" | awk '$3 !~ /^sl_/ { print $3 }')
    [ -z "$foreign" ] || fail "exported symbols that do not start with sl_: $foreign"
    foreign=$(nm -g --defined-only "$BUILD/libscanlock.a" 2>/dev/null |
        awk 'NF == 3 && $3 !~ /^sl_/ { print $3 }')
    [ -z "$foreign" ] || fail "global symbols that do not start with sl_: $foreign"
fi

# Text files of the project: no tab but in Makefile, no trailing blank, a newline at the end.
texts=$(find src include docs tests traces Makefile README.md .ci -type f \
    ! -path 'tests/fuzz/corpus/*' ! -name '*.png' ! -name '*.slt' ! -name '*.bin' \
    ! -name '*.aerogputrace' 2>/dev/null | LC_ALL=C sort)
for file in $texts; do
    if [ "$file" != Makefile ] && grep -q "$(printf '\t')" "$file"; then
        fail "$file holds a tab"
    fi
    if grep -q '[[:blank:]]$' "$file"; then
        fail "$file has blanks at the end of a line"
    fi
    if [ -s "$file" ] && [ -n "$(tail -c 1 "$file")" ]; then
        fail "$file does not end with a newline"
    fi
done

# Traces in the formats of old never change: neither against their digests nor in history.
(cd tests/frozen && sha256sum --check --quiet SHA256SUMS) || fail 'a frozen trace changed'
if [ -e .git ]; then
    changed=$(git log --format= --name-only --diff-filter=MD -- 'tests/frozen/*.slt')
    [ -z "$changed" ] || fail "history changes frozen traces: $changed"
fi

# Every trace has a row that says where it comes from and what it locks.
for trace in traces/*.yaml traces/*.slt traces/*/*.yaml; do
    [ -e "$trace" ] && [ "$trace" != traces/suite.yaml ] && [ -e traces/README.md ] || continue
    name=${trace#traces/}
    grep -qF "\`$name\`" traces/README.md || fail "$trace has no row in traces/README.md"
done

[ "$bad" -eq 0 ] && echo "lint: clean"
exit "$bad"
