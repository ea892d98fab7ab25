#!/bin/sh
# Builds the tool in several ways and for several machines, runs the whole suite with each, and
# compares every frame digest and every transcript with those of the first row: one table, in which
# the last column must say "equal" everywhere. Called by `make test-portable`.
#
# Needs gcc, clang, Debian's cross compilers (gcc-aarch64-linux-gnu, gcc-s390x-linux-gnu) and
# qemu-user; a row whose tools are absent is skipped by name.
set -u
cd "$(dirname "$0")/../.." || exit 2
export LC_ALL=C.UTF-8

out=build/portable
jobs=$(getconf _NPROCESSORS_ONLN)
mkdir -p "$out"
bad=0
rows=0
reference=

# digests COMMAND OPTIONS...: what a replay of every bundled trace shows, one stream of text.
digests() {
    for trace in traces/*.yaml traces/*.slt; do
        [ "$trace" = traces/suite.yaml ] && continue
        echo "== $trace"
        "$@" "$trace" --digest --transcript - 2>&1
        echo "exit $?"
    done
}

# row NAME RUNNER BINARY OPTIONS...: the suite and the digests of one build.
row() {
    name=$1
    runner=$2
    binary=$3
    shift 3
    suite=$($runner "$binary" check --jobs "$jobs" traces/suite.yaml 2>&1 | tail -n 1)
    digests $runner "$binary" replay "$@" >"$out/$name.txt"
    sum=$(sha256sum <"$out/$name.txt" | cut -c 1-16)
    [ -n "$reference" ] || reference=$sum
    verdict=equal
    case $suite in *' 0 failed'*) ;; *) verdict=FAILED ;; esac
    if [ "$sum" != "$reference" ]; then
        verdict=DIFFERENT
    fi
    [ "$verdict" = equal ] || bad=$((bad + 1))
    rows=$((rows + 1))
    printf '%-26s %-18s %-44s %s\n' "$name" "$sum" "${suite%; time*}" "$verdict"
}

# built NAME CC OPT [MAKE-ARGUMENTS...]: builds; false with a line if that failed.
built() {
    name=$1
    cc=$2
    opt=$3
    shift 3
    if ! make --no-print-directory -j "$jobs" BUILD="$out/$name" CC="$cc" OPT="$opt" WERROR= "$@" \
        "$out/$name/scanlock" >"$out/$name.log" 2>&1; then
        printf '%-26s %s\n' "$name" "DOES NOT BUILD, see $out/$name.log"
        bad=$((bad + 1))
        return 1
    fi
}

# have NAME COMMAND...: false with a line if a tool is absent.
have() {
    name=$1
    shift
    for tool in "$@"; do
        if ! command -v "$tool" >/dev/null 2>&1; then
            printf '%-26s %s\n' "$name" "skipped: no $tool"
            return 1
        fi
    done
}

native() {
    have "$1" "$2" || return
    built "$1" "$2" "$3" || return
    row "$1" '' "$out/$1/scanlock"
}

# cross NAME TRIPLET QEMU DEBIAN-ARCH OPT
cross() {
    have "$1" "$2-gcc" "$3" || return
    root=$(pwd)/$out/sysroot-$4
    if ! tests/portable/sysroot.sh "$4" "$root"; then
        printf '%-26s %s\n' "$1" "skipped: no libraries for $4"
        return
    fi
    libs=$root/usr/lib/$2
    PKG_CONFIG_LIBDIR=$libs/pkgconfig:$root/usr/share/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root \
        CPPFLAGS="-I$root/usr/include" LDFLAGS="-static -L$libs" PKG_CONFIG="pkg-config --static" \
        built "$1" "$2-gcc" "$5" HOST_CC=gcc || return
    row "$1" "$3" "$out/$1/scanlock"
}

printf '%-26s %-18s %-44s %s\n' build digest suite verdict
native gcc-O2 gcc '-O2'
if [ -x "$out/gcc-O2/scanlock" ]; then
    row gcc-O2-threads-1 '' "$out/gcc-O2/scanlock" --threads 1
    row gcc-O2-threads-7 '' "$out/gcc-O2/scanlock" --threads 7
    for path in $(sed -n 's/^    \[SL_FAST_.*= "\(.*\)",/\1/p' src/base/fast_path.c); do
        SCANLOCK_DISABLE=$path
        export SCANLOCK_DISABLE
        row "gcc-O2-without-$path" '' "$out/gcc-O2/scanlock"
        unset SCANLOCK_DISABLE
    done
fi
native gcc-O0 gcc '-O0'
native gcc-O3 gcc '-O3'
native clang-O0 clang '-O0'
native clang-O3 clang '-O3'
cross aarch64-O2 aarch64-linux-gnu qemu-aarch64 arm64 '-O2'
cross s390x-O2 s390x-linux-gnu qemu-s390x s390x '-O2'

echo "builds and runs: $((rows - bad)) equal, $bad not"
[ "$bad" -eq 0 ]
