#!/bin/sh
# Builds the guest and runs a program of this folder: run.sh PROGRAM [ARGUMENTS...]. Says what is
# missing and ends well on a machine that cannot do it. Called by `make test-guest`.
set -u
cd "$(dirname "$0")/../.." || exit 2
: "${BUILD:=build}" "${QEMU:=qemu-system-x86_64}"
export BUILD

for program in "$QEMU" python3 cc; do
    if ! command -v "$program" >/dev/null; then
        echo "skipped: no $program (docs/guest-tests.md)"
        exit 0
    fi
done
tests/guest/build.sh build/guest
case $? in
0) ;;
77)
    echo 'skipped: the guest cannot be built here (docs/guest-tests.md)'
    exit 0
    ;;
*) exit 1 ;;
esac
cat build/guest/versions
"$QEMU" --version | head -n 1
program=$1
shift
exec python3 "tests/guest/$program" "$@"
