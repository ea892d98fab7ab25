#!/bin/bash
# Loads the dissectors that `scanlock abi emit --lang wireshark` writes into tshark and compares what
# it shows of streams written by hand, of our own traces and of damaged bytes. Skipped with a message
# without tshark.
set -u
cd "$(dirname "$0")/../.." || exit 2
: "${BUILD:=build}"
export LC_ALL=C.UTF-8
if ! command -v tshark >/dev/null; then
    echo "skipped: tshark is not here"
    echo "dissected: 0 passed, 0 failed"
    exit 0
fi
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

# tshark without the settings of whoever runs this.
shark() {
    HOME=$work XDG_CONFIG_HOME=$work tshark "$@" 2>>"$work/errors"
}

# The capture $work/NAME.pcap, from lines of hexadecimal.
capture() { # name, link type
    "$BUILD/tests/make-pcap" "$2" >"$work/$1.pcap"
}

show() { # dissector, capture, fields...
    local dissector=$1 capture=$2
    shift 2
    shark -X "lua_script:$work/$dissector.lua" -r "$work/$capture.pcap" -T fields \
        -E aggregator=/s -E separator=';' "${@/#/-e}"
}

# What the command prints must be these lines.
equal() { # words, lines, command...
    local words=$1 lines=$2
    shift 2
    printf '%s\n' "$lines" >"$work/want"
    "$@" >"$work/got"
    if cmp -s "$work/want" "$work/got"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $words"
        diff -u --label expected --label shown "$work/want" "$work/got" | head -n 20
    fi
}

for abi in aerogpu virtio-gpu; do
    "$BUILD/scanlock" abi emit --lang wireshark --abi $abi -o "$work/$abi.lua" || exit 1
done

# A stream by hand. Its header: magic, version 1.4, size, flags, two reserved words.
head='41434d44 04000100'
rest='00000000 00000000 00000000'
clear='00060000 24000000 03000000 0000003f 0000803e 00000000 0000803f 0000803f 07000000'
samplers='22050000 20000000 02000000 01000000 02000000 03000000 0b000000 0c000000'
marker='01000000 10000000 68656c6c 6f210000'
vertices='00050000 30000000 00000000 02000000
    05000000 10000000 20000000 00000000 06000000 0c000000 40000000 00000000'
upload='04010000 28000000 09000000 00000000 10000000 01000000 06000000 00000000 a1a2a3a4 a5a60000'
bools='08020000 20000000 01000000 04000000 02000000 00000000 01000000 00000000'
stream="$head e4000000 $rest $clear $samplers $marker $vertices $upload $bools"
stream=${stream//$'\n'/ }
echo "$stream" | capture stream 147

equal 'names of packets' \
    'AeroGPU;CLEAR, SET_SAMPLERS, DEBUG_MARKER, SET_VERTEX_BUFFERS, UPLOAD_RESOURCE, SET_SHADER_CONSTANTS_B' \
    show aerogpu stream _ws.col.Protocol _ws.col.Info
equal 'the header of a stream' '1145914177;65540;228;0x00000000' \
    show aerogpu stream aerogpu.cmd_stream_header.{magic,abi_version,size_bytes,flags}
equal 'opcodes and sizes' '1536 1314 1 1280 260 520;36 32 16 48 40 32' \
    show aerogpu stream aerogpu.cmd_hdr.{opcode,size_bytes}
equal 'flags, floats, words' '0x00000003;0.5 0.25 0 1;1;7' \
    show aerogpu stream aerogpu.cmd_clear.{flags,color_rgba_f32,depth_f32,stencil}
equal 'an array behind a packet' '2;1;2;3;11 12' \
    show aerogpu stream \
    aerogpu.cmd_set_samplers.{shader_stage,start_slot,sampler_count,reserved0,samplers}
equal 'the stage that a packet means' 'hull pixel' show aerogpu stream aerogpu.effective_stage
equal 'text' 'hello!' show aerogpu stream aerogpu.cmd_debug_marker.text
equal 'structs behind a packet' '5 6;16 12;32 64' \
    show aerogpu stream aerogpu.vertex_buffer_binding.{buffer,stride_bytes,offset_bytes}
equal '64 bits, bytes' '4294967312;6;a1a2a3a4a5a6' \
    show aerogpu stream aerogpu.cmd_upload_resource.{offset_bytes,size_bytes,data}
equal 'the short form of a trailing part' '2;1 0' \
    show aerogpu stream aerogpu.cmd_set_shader_constants_b.{bool_count,data}
equal 'a sound stream gives no cause' '' show aerogpu stream _ws.expert.message
equal 'a filter' 'CLEAR' bash -c "$(declare -f shark show)
    work=$work; show aerogpu stream aerogpu.packet | cut -d' ' -f1"
shark -X "lua_script:$work/aerogpu.lua" -r "$work/stream.pcap" -V >"$work/tree"
equal 'words in the tree' '        [effective_stage: hull]
        flags: 0x00000003 (COLOR|DEPTH)
        shader_stage: COMPUTE (2)' bash -c \
    "grep -m3 -e COLOR -e effective_stage:.hull -e 'shader_stage: COMPUTE' $work/tree | sort"

# Frames with one fault each, and what the expert says.
{
    echo "41434d45 04000100 18000000 $rest"
    echo "$head 18000000 00000000 00000000"
    echo "41434d44 00000200 18000000 $rest"
    echo "$head 1a000000 $rest 0000"
    echo "$head 1c000000 $rest 00000000"
    echo "$head 20000000 $rest 00000000 04000000"
    echo "$head 24000000 $rest 00000000 0a000000 00000000"
    echo "$head 20000000 $rest 00000000 ffffffff"
    echo "$head 24000000 $rest 99990000 0c000000 01020304"
    echo "$head 28000000 $rest 00060000 10000000 01000000 00000000"
    echo "$head 38000000 $rest 22050000 20000000 00000000 00000000 ffffffff 00000000 01000000 02000000"
    echo "$head 18000000 00000000 05000000 00000000"
    echo "$head 3c000000 $rest 00060000 24000000 09000000 00000000 00000000 00000000 00000000 00000000 00000000"
    echo "$head 00010000 $rest 00000000 08000000"
    echo "$head 40000000 $rest 04010000 28000000 09000000 00000000 00000000 00000000
        00000000 00000080 a1a2a3a4 a5a60000" | tr '\n' ' '
    echo
} | capture faults 147
equal 'faults' 'no stream of AeroGPU 1: magic 0x454d4341, version 1.4
20 bytes, a stream header has 24
no stream of AeroGPU 1: magic 0x444d4341, version 2.0
size 26: expected a multiple of 4 from 24 to 26 2 bytes are no packet
4 bytes are no packet
packet with opcode 0x0 of 4 bytes, 8 bytes left
packet with opcode 0x0 of 10 bytes, 12 bytes left
packet with opcode 0x0 of 4294967295 bytes, 8 bytes left
no packet has opcode 0x9999
CLEAR has 16 bytes, needs 36
samplers: 4294967295 elements of 4 bytes announced, 8 bytes left
reserved0 is not 0
aerogpu_clear_flags has bits without a name: 0x9
size 256: expected a multiple of 4 from 24 to 32
data: 9223372036854775808 elements of 1 bytes announced, 8 bytes left' \
    show aerogpu faults _ws.expert.message

# Every cut of the stream, and the stream with one byte after the other set: no error inside Lua.
digits=${stream// /}
{
    for ((i = 2; i < ${#digits}; i += 2)); do
        echo "${digits:0:i}"
        echo "${digits:0:i-2}ff${digits:i}"
        echo "${digits:0:i-2}80${digits:i}"
    done
} >"$work/damaged"
count=$(wc -l <"$work/damaged")
capture damaged 147 <"$work/damaged"
shark -X "lua_script:$work/aerogpu.lua" -r "$work/damaged.pcap" -V >"$work/tree"
equal 'damaged frames are all shown' "$count 0" bash -c \
    "echo \$(grep -c '^AeroGPU' $work/tree) \$(grep -c -e 'Lua Error' -e 'Dissector bug' $work/tree)"

# A frame of the smallest packets, more than are shown.
{
    printf '%s 18e80300 %s' "$head" "$rest"
    for ((i = 0; i < 32000; i++)); do
        printf '0000000008000000'
    done
    echo
} | capture many 147
equal 'many packets' 'more than 50000 items' \
    bash -c "$(declare -f shark show); work=$work; show aerogpu many _ws.expert.message"

# The names of packets in traces of ours, against what scanlock says of the same.
for trace in traces/agpu_tex_*.yaml traces/agpu_tess_*.yaml traces/agpu_copy_*.yaml; do
    "$BUILD/tests/make-pcap" 147 "$trace" >"$work/trace.pcap"
    names=$("$BUILD/scanlock" dump "$trace" | sed -n 's/^  # [0-9]*:   \([A-Z][A-Z0-9_]*\).*/\1/p')
    equal "$trace" "$names" bash -c "$(declare -f shark show)
        work=$work; show aerogpu trace aerogpu.packet | tr ' ' '\n'"
done

# virtio-gpu: a frame is a command or a response.
header='00000000 8877665544332211 00000000 00000000'
{
    echo "01010000 $header 01000000 01000000 80020000 e0010000"
    echo "05010000 01000000 0100000000000000 00000000 00000000
        00000000 00000000 40000000 20000000 0001000000000000 07000000 00000000" | tr '\n' ' '
    echo
    echo "06010000 $header 07000000 02000000 0000001000000000 00100000 00000000
        0000002000000000 00200000 00000000" | tr '\n' ' '
    echo
    echo "00110000 $header"
    echo "34120000 $header"
    echo "01010000 00"
} | capture messages 148
equal 'virtio-gpu: names' 'virtio-gpu;RESOURCE_CREATE_2D
virtio-gpu;TRANSFER_TO_HOST_2D
virtio-gpu;RESOURCE_ATTACH_BACKING
virtio-gpu;OK_NODATA
virtio-gpu;opcode 0x1234
virtio-gpu;no packets' show virtio-gpu messages _ws.col.Protocol _ws.col.Info
equal 'virtio-gpu: fields' '1;1;640;480;;;
;;;;64;256;
;;;;;;268435456 536870912
;;;;;;
;;;;;;
;;;;;;' show virtio-gpu messages virtio_gpu.resource_create_2d.{resource_id,format,width,height} \
    virtio_gpu.rect.width virtio_gpu.transfer_to_host_2d.offset virtio_gpu.mem_entry.addr
equal 'virtio-gpu: fences' '1234605616436508552' bash -c "$(declare -f shark show)
    work=$work; show virtio-gpu messages virtio_gpu.ctrl_hdr.fence_id | head -n 1"
equal 'virtio-gpu: faults' '



no packet has opcode 0x1234
5 bytes, a header has 24' show virtio-gpu messages _ws.expert.message

# The stream in a datagram of UDP from port 4000 to port 4000, for "Decode As".
echo "45000100 00000000 40110000 7f000001 7f000001 0fa00fa0 00ec0000 $stream" | capture udp 101
equal 'Decode As' 'AeroGPU;228' shark -X "lua_script:$work/aerogpu.lua" -d udp.port==4000,aerogpu \
    -r "$work/udp.pcap" -T fields -E separator=';' -e _ws.col.Protocol \
    -e aerogpu.cmd_stream_header.size_bytes
equal 'not without being told' 'UDP;' shark -X "lua_script:$work/aerogpu.lua" \
    -r "$work/udp.pcap" -T fields -E separator=';' -e _ws.col.Protocol \
    -e aerogpu.cmd_stream_header.size_bytes

equal 'both dissectors at once' 'AeroGPU' shark -X "lua_script:$work/aerogpu.lua" \
    -X "lua_script:$work/virtio-gpu.lua" -r "$work/stream.pcap" -T fields -e _ws.col.Protocol

grep -v 'Running as user' "$work/errors"
echo "dissected: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
