#!/bin/bash
# Compiles what `scanlock abi emit` writes with every compiler that is here, and plants changes in
# copies of headers to see that assertions name them. A compiler that is not here is skipped with a
# message; the TypeScript compiler may be named by SCANLOCK_TSC.
set -u
cd "$(dirname "$0")/../.." || exit 2
: "${BUILD:=build}" "${SCANLOCK_TSC:=}"
export LC_ALL=C.UTF-8
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
here=$work/here
passed=0
failed=0

say() { # what happened, words of the case
    case $1 in
    passed) passed=$((passed + 1)) ;;
    skipped) echo "skipped: $2" ;;
    failed)
        failed=$((failed + 1))
        echo "FAILED $2"
        head -n 12 "$work/log"
        ;;
    esac
}

# The command must do its work and say nothing.
silent() { # words, command...
    local words=$1
    shift
    if "$@" >"$work/log" 2>&1 && [ ! -s "$work/log" ]; then
        say passed "$words"
    else
        say failed "$words"
    fi
}

# The command must fail and say the name.
caught() { # words, name, command...
    local words=$1 name=$2
    shift 2
    if ! "$@" >"$work/log" 2>&1 && grep -qF -- "$name" "$work/log"; then
        say passed "$words"
    else
        say failed "$words: nobody said $name"
    fi
}

emit() { "$BUILD/scanlock" abi emit "$@"; }

# plant FROM TO SCRIPT: a copy with a change; a script that changes nothing is a failure.
plant() {
    sed "$3" "$1" >"$2"
    if cmp -s "$1" "$2"; then
        : >"$work/log"
        say failed "the change is not in the copy: $3"
    fi
}

# Headers assert their own layout; a copy to plant in must not, or that speaks first.
unguarded() { sed -e '/^SL_ABI_SIZE(/d' -e '/^SL_ABI_OFFSET(/d' "$1"; }

entry='/^struct aerogpu_alloc_entry {/,/^};/'
moved="$entry { s/uint32_t flags;/uint32_t moved;/; s/uint32_t alloc_id;/uint32_t flags;/; \
s/uint32_t moved;/uint32_t alloc_id;/; }"

# What is planted in a copy of the AeroGPU header, and the words that a compiler must say of it.
c_changes=(
    's/^#define AEROGPU_RING_MAGIC .*/#define AEROGPU_RING_MAGIC 0x474E5242u/'
    'AEROGPU_RING_MAGIC is not 0x474E5241'
    's/^#define AEROGPU_MMIO_REG_DOORBELL .*/#define AEROGPU_MMIO_REG_DOORBELL 0x204u/'
    'AEROGPU_MMIO_REG_DOORBELL is not 0x200'
    's/^#define AEROGPU_FEATURE_VBLANK .*/#define AEROGPU_FEATURE_VBLANK UINT64_C(0x40)/'
    'AEROGPU_FEATURE_VBLANK is not UINT64_C(0x8)'
    's/AEROGPU_ERROR_OOB = 2/AEROGPU_ERROR_OOB = 4/'
    'AEROGPU_ERROR_OOB is not 2'
    's/AEROGPU_CMD_CLEAR = [0-9A-Fx]*/AEROGPU_CMD_CLEAR = 0x7FF/'
    'AEROGPU_CMD_CLEAR is not 0x600'
    's/AEROGPU_FORMAT_BC7_RGBA_UNORM =/AEROGPU_FORMAT_BC7_UNORM =/'
    'AEROGPU_FORMAT_BC7_RGBA_UNORM'
    "$moved"
    'aerogpu_alloc_entry.alloc_id is not at 0'
    "$entry s/uint64_t reserved0;/uint64_t reserved0[2];/"
    'struct aerogpu_alloc_entry does not have 32 bytes'
    "$entry s/uint64_t gpa;/uint32_t gpa, gpa_high;/"
    'aerogpu_alloc_entry.gpa does not have 8 bytes'
    's/uint8_t data\[4096\];/uint16_t data[2048];/'
    'aerogpu_escape_read_gpa_inout.data does not have elements of 1 bytes'
    's/^typedef uint32_t aerogpu_handle_t;/typedef uint64_t aerogpu_handle_t;/'
    'aerogpu_handle_t does not have 4 bytes'
    '/^#define AEROGPU_WDDM_ALLOC_PRIV_DESC_HEIGHT(/,/^$/ s/>> 48/>> 47/'
    'AEROGPU_WDDM_ALLOC_PRIV_DESC_HEIGHT(UINT64_C(0x8FEDCBA976543210)) has another value'
)

# The same for a copy of <linux/virtio_gpu.h>.
virtio_changes=(
    's/^#define VIRTIO_GPU_F_EDID .*/#define VIRTIO_GPU_F_EDID 5/'
    'VIRTIO_GPU_F_EDID is not 1'
    's/^\tVIRTIO_GPU_CMD_RESOURCE_FLUSH,/\tVIRTIO_GPU_CMD_PLANTED,\n&/'
    'VIRTIO_GPU_CMD_RESOURCE_FLUSH is not 0x104'
    '/^struct virtio_gpu_rect {/,/^};/ s/__le32 height;/__le32 height, depth;/'
    'struct virtio_gpu_rect does not have 16 bytes'
    '/^struct virtio_gpu_ctrl_hdr {/,/^};/ s/__u8 ring_idx;/__le16 ring_idx;/'
    'virtio_gpu_ctrl_hdr.ring_idx does not have 1 bytes'
    '/^struct virtio_gpu_resource_flush {/,/^};/ s/__le32 resource_id;/__le32 r_id;/'
    'resource_id'
)

check_c() { # language, compiler and options...
    local language=$1
    shift
    local compile=("$@" -Wall -Wextra -pedantic -fsyntax-only -x "$language" -I "$here")
    local system=()
    [ "$language" = c ] || system=(-DVIRTIO_RING_NO_LEGACY)
    silent "$1: AeroGPU in C" "${compile[@]}" "$here/aerogpu.h"
    silent "$1: virtio-gpu in C" "${compile[@]}" "$here/virtio-gpu.h"
    silent "$1: our header" "${compile[@]}" -I include "$here/assert_public.h"
    silent "$1: what is emitted says the same" "${compile[@]}" "$here/assert_aerogpu.h"
    silent "$1: AeroGPU 1.0 in C" "${compile[@]}" "$here/assert_old.h"
    silent "$1: <linux/virtio_gpu.h>" "${compile[@]}" "${system[@]}" "$here/assert_virtio-gpu.h"
    mkdir -p "$work/planted/linux" "$work/planted/scanlock"
    for ((i = 0; i < ${#c_changes[@]}; i += 2)); do
        plant "$here/unguarded.h" "$work/planted/scanlock/aerogpu_abi.h" "${c_changes[i]}"
        caught "$1: ${c_changes[i]}" "${c_changes[i + 1]}" \
            "${compile[@]}" -I "$work/planted" "$here/assert_public.h"
    done
    for ((i = 0; i < ${#virtio_changes[@]}; i += 2)); do
        plant /usr/include/linux/virtio_gpu.h "$work/planted/linux/virtio_gpu.h" \
            "${virtio_changes[i]}"
        caught "$1: ${virtio_changes[i]}" "${virtio_changes[i + 1]}" \
            "${compile[@]}" "${system[@]}" -I "$work/planted" "$here/assert_virtio-gpu.h"
    done
    rm -r "$work/planted"
}

# How often the command, which must fail, says the words: once for every line of the file that has
# the pattern.
counted() { # words, what is said, file, pattern, command...
    local words=$1 said=$2 wanted found
    wanted=$(grep -c -- "$4" "$3")
    shift 4
    "$@" >"$work/log" 2>&1
    found=$(grep -c -- "$said" "$work/log")
    if [ "$found" -eq "$wanted" ] && [ "$wanted" -gt 0 ]; then
        say passed "$words"
    else
        say failed "$words: $found of $wanted"
    fi
}

# Everything of a kind changed at once: not one assertion may hold.
check_c_all() {
    local compile=(gcc -std=c11 -fsyntax-only -I "$work/planted" -I "$here" "$here/assert_public.h")
    local header=$work/planted/scanlock/aerogpu_abi.h
    mkdir -p "$work/planted/scanlock"
    plant "$here/unguarded.h" "$header" 's/^\(#define [A-Z0-9_]*\) \([U0-9].*\)/\1 (\2 ^ 1)/
        s/^\(    [A-Z0-9_]* = [0-9A-Fx]*\),/\1 ^ 1,/'
    counted 'gcc: every value' 'error: static assertion failed.* is not [U0-9]' \
        "$here/assert_public.h" '^SL_ABI_VALUE(' "${compile[@]}"
    plant "$here/unguarded.h" "$header" 's/^struct [A-Za-z0-9_]* {/&\n    uint64_t planted;/'
    counted 'gcc: every place' 'error: static assertion failed.* is not at ' \
        "$here/assert_public.h" '^SL_ABI_\(FIELD\|ARRAY\)(' "${compile[@]}"
    plant "$here/unguarded.h" "$header" 's/ uint64_t / unsigned __int128 /
        s/ u*int32_t / uint64_t /; s/ uint16_t / uint32_t /; s/ uint8_t / uint16_t /'
    counted 'gcc: every width' 'error: static assertion failed: "[A-Za-z0-9_]*\.[A-Za-z0-9_]* does not have [0-9]* bytes' \
        "$here/assert_public.h" '^SL_ABI_\(FIELD\|ARRAY\)(' "${compile[@]}"
    counted 'gcc: every size' 'error: static assertion failed: "[A-Za-z0-9_ ]* does not have [0-9]* bytes' \
        "$here/assert_public.h" '^SL_ABI_SIZE(' "${compile[@]}"
    rm -r "$work/planted"
}

rust_entry='/^pub struct aerogpu_alloc_entry {/,/^}/'
rust_changes=(
    's/^pub const AEROGPU_RING_MAGIC: u32 = .*/pub const AEROGPU_RING_MAGIC: u32 = 0x474E5242;/'
    'AEROGPU_RING_MAGIC is not 0x474E5241'
    's/^pub const AEROGPU_MMIO_REG_DOORBELL: u32 = .*/pub const AEROGPU_MMIO_REG_DOORBELL: u32 = 0x204;/'
    'AEROGPU_MMIO_REG_DOORBELL is not 0x200'
    's/^pub const AEROGPU_ERROR_OOB: aerogpu_error_code = 2;/pub const AEROGPU_ERROR_OOB: u8 = 4;/'
    'AEROGPU_ERROR_OOB is not 2'
    's/AEROGPU_FORMAT_BC7_RGBA_UNORM:/AEROGPU_FORMAT_BC7_UNORM:/'
    'AEROGPU_FORMAT_BC7_RGBA_UNORM'
    "$rust_entry { s/pub flags: u32,/pub moved: u32,/; s/pub alloc_id: u32,/pub flags: u32,/; \
s/pub moved: u32,/pub alloc_id: u32,/; }"
    'aerogpu_alloc_entry.alloc_id is not at 0'
    "$rust_entry s/pub reserved0: u64,/pub reserved0: [u64; 2],/"
    'aerogpu_alloc_entry does not have 32 bytes'
    "$rust_entry s/pub gpa: u64,/pub gpa: u32, pub gpa_high: u32,/"
    'aerogpu_alloc_entry.gpa does not have 8 bytes'
    's/pub data: \[u8; 4096\],/pub data: [u16; 2048],/'
    'aerogpu_escape_read_gpa_inout.data[0] does not have 1 bytes'
    's/^pub type aerogpu_handle_t = u32;/pub type aerogpu_handle_t = u64;/'
    'aerogpu_handle_t does not have 4 bytes'
)

check_rust() {
    local compile=(rustc --edition 2021 --crate-type lib --emit metadata --out-dir "$work")
    local crate=$here/crate
    mkdir -p "$crate"
    for abi in aerogpu virtio-gpu; do
        emit --lang rust --abi $abi -o "$crate/mirror.rs"
        emit --lang rust --abi $abi --asserts-only --prefix crate::mirror -o "$crate/asserts.rs"
        printf '%s\n' '#![no_std]' '#![deny(warnings)]' 'pub mod mirror;' 'mod asserts;' \
            >"$crate/lib.rs"
        silent "rustc: $abi, and assertions about it" "${compile[@]}" "$crate/lib.rs"
    done
    emit --lang rust --version 1.2 -o "$crate/mirror.rs"
    emit --lang rust --version 1.2 --asserts-only --prefix crate::mirror -o "$crate/asserts.rs"
    silent "rustc: AeroGPU 1.2, and assertions about it" "${compile[@]}" "$crate/lib.rs"
    emit --lang rust -o "$work/whole.rs"
    sed '/^const _: () = assert!/d' "$work/whole.rs" >"$work/bare.rs"
    emit --lang rust --asserts-only --prefix crate::mirror -o "$crate/asserts.rs"
    for ((i = 0; i < ${#rust_changes[@]}; i += 2)); do
        plant "$work/bare.rs" "$crate/mirror.rs" "${rust_changes[i]}"
        caught "rustc: ${rust_changes[i]}" "${rust_changes[i + 1]}" "${compile[@]}" "$crate/lib.rs"
    done
    plant "$work/bare.rs" "$crate/mirror.rs" 's/^\(pub const .* = [^;]*\);/\1 ^ 1;/'
    counted 'rustc: every value' '^error.* is not [0-9]' "$crate/asserts.rs" ' as u64 == ' \
        "${compile[@]}" "$crate/lib.rs"
    plant "$work/bare.rs" "$crate/mirror.rs" 's/^pub struct [A-Za-z0-9_]* {/&\n    pub planted: u64,/'
    counted 'rustc: every place' '^error.* is not at [0-9]' "$crate/asserts.rs" 'offset_of!' \
        "${compile[@]}" "$crate/lib.rs"
}

ts_changes=(
    's/^export const AEROGPU_RING_MAGIC = .*/export const AEROGPU_RING_MAGIC = 0x474E5242;/'
    '["AEROGPU_RING_MAGIC", "is", 1196315202, "not", "1196315201"]'
    's/^export const AEROGPU_MMIO_REG_DOORBELL = .*/export const AEROGPU_MMIO_REG_DOORBELL = 516;/'
    '["AEROGPU_MMIO_REG_DOORBELL", "is", 516, "not", "512"]'
    's/^export const AEROGPU_FEATURE_VBLANK = .*/export const AEROGPU_FEATURE_VBLANK = 9n;/'
    '["AEROGPU_FEATURE_VBLANK", "is", 9n, "not", "8"]'
    's/^export const AEROGPU_ERROR_OOB = 2;/export const AEROGPU_ERROR_OOB: number = 2;/'
    '["AEROGPU_ERROR_OOB", "is", number, "not", "2"]'
    's/^export const AEROGPU_FORMAT_BC7_RGBA_UNORM = 70;/const AEROGPU_FORMAT_BC7_RGBA_UNORM = 70;/'
    'AEROGPU_FORMAT_BC7_RGBA_UNORM'
    '/^export const aerogpu_alloc_entry = /,/^}/ s/flags: { offset: 4/flags: { offset: 0/'
    '["offset of aerogpu_alloc_entry.flags", "is", 0, "not", "4"]'
    '/^export const aerogpu_alloc_entry = /,/^}/ s/gpa: { offset: 8, size: 8/gpa: { offset: 8, size: 4/'
    '["size of aerogpu_alloc_entry.gpa", "is", 4, "not", "8"]'
    's/data: { offset: 40, size: 4096, type: "u8", count: 4096/data: { offset: 40, size: 4096, type: "u16", count: 2048/'
    '["count of aerogpu_escape_read_gpa_inout.data", "is", 2048, "not", "4096"]'
    '/^export const aerogpu_alloc_entry = /,/^}/ s/  size: 32,/  size: 40,/'
    '["size of aerogpu_alloc_entry", "is", 40, "not", "32"]'
)

check_typescript() { # compiler
    local compile=("$1" --strict --noEmit --pretty false --target es2022 --module esnext
        --moduleResolution bundler)
    cd "$here" || exit 2
    silent "tsc: both ABIs, AeroGPU 1.1, and assertions about them" "${compile[@]}" \
        asserts_aerogpu.ts asserts_virtio-gpu.ts asserts_enum.ts asserts_old.ts
    cp aerogpu.ts whole.ts
    for ((i = 0; i < ${#ts_changes[@]}; i += 2)); do
        plant whole.ts aerogpu.ts "${ts_changes[i]}"
        caught "tsc: ${ts_changes[i]}" "${ts_changes[i + 1]}" "${compile[@]}" asserts_aerogpu.ts
    done
    plant whole.ts aerogpu.ts 's/^\(export const [A-Z0-9_]* =\) \(0x\)*\([0-9A-F]\)/\1 \29\3/
        s/\(offset\|size\|count\): \([0-9]\)/\1: 9\2/g'
    counted 'tsc: everything' "does not satisfy the constraint 'true'" asserts_aerogpu.ts 'Holds<Is' \
        "${compile[@]}" asserts_aerogpu.ts
    cd - >/dev/null || exit 2
}

mkdir -p "$here"
case $BUILD in
/*) ;;
*) BUILD=$PWD/$BUILD ;;
esac
for abi in aerogpu virtio-gpu; do
    emit --lang c --abi $abi -o "$here/$abi.h"
    emit --lang typescript --abi $abi -o "$here/$abi.ts"
    emit --lang typescript --abi $abi --asserts-only --prefix ./$abi -o "$here/asserts_$abi.ts"
done
emit --lang c --version 1.0 -o "$here/old.h"
emit --lang typescript --version 1.1 -o "$here/old.ts"
emit --lang typescript --version 1.1 --asserts-only --prefix ./old -o "$here/asserts_old.ts"
emit --lang c --asserts-only --version 1.0 --include old.h -o "$here/assert_old.h"
emit --lang c --asserts-only --include aerogpu.h -o "$here/assert_aerogpu.h"
emit --lang c --asserts-only --include scanlock/aerogpu_abi.h -o "$here/assert_public.h"
emit --lang c --asserts-only --abi virtio-gpu -o "$here/assert_virtio-gpu.h"
unguarded include/scanlock/aerogpu_abi.h >"$here/unguarded.h"

# A real enum and a bigint are as good as the constants that are emitted.
printf '%s\n' 'enum E { A = 7 }' 'export const X = E.A;' 'export const Y = 7n;' >"$here/enum.ts"
grep -A1 '^type ' "$here/asserts_aerogpu.ts" | grep -v '^export' >"$here/asserts_enum.ts"
printf '%s\n' 'import type * as abi from "./enum";' \
    'export type T = [Holds<Is<"X", typeof abi.X, "7">>, Holds<Is<"Y", typeof abi.Y, "7">>];' \
    >>"$here/asserts_enum.ts"

for compiler in gcc clang; do
    if command -v $compiler >/dev/null; then
        check_c c $compiler -std=c11
    else
        say skipped "$compiler is not here"
    fi
done
! command -v gcc >/dev/null || check_c_all
for compiler in g++ clang++; do
    if command -v $compiler >/dev/null; then
        check_c c++ $compiler -std=c++11
    else
        say skipped "$compiler is not here"
    fi
done
if command -v rustc >/dev/null; then
    check_rust
else
    say skipped "rustc is not here"
fi
tsc=${SCANLOCK_TSC:-$(command -v tsc)}
if [ -n "$tsc" ]; then
    check_typescript "$tsc"
else
    say skipped "tsc is not here, nor does SCANLOCK_TSC name one"
fi
echo "emitted: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
