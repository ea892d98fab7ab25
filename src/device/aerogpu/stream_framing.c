#include "device/aerogpu/stream_framing.h"

#include "device/aerogpu/wire.h"

#include <inttypes.h>

enum {
    HEADER_SIZE = sizeof(struct aerogpu_cmd_stream_header),
    PACKET_HEADER_SIZE = sizeof(struct aerogpu_cmd_hdr),
};

static bool bad(struct sl_agpu_problem *problem, const char *field, uint32_t value)
{
    return sl_agpu_problem_note(problem, SL_AGPU_BAD_STREAM, "stream: %s is 0x%08" PRIx32, field,
                                value);
}

bool sl_agpu_stream_check_header(const uint8_t *header, uint32_t buffer_bytes, uint32_t *size,
                                 struct sl_agpu_problem *problem)
{
    uint32_t magic = SL_WIRE_GET32(header, aerogpu_cmd_stream_header, magic);
    uint32_t version = SL_WIRE_GET32(header, aerogpu_cmd_stream_header, abi_version);
    uint32_t declared = SL_WIRE_GET32(header, aerogpu_cmd_stream_header, size_bytes);
    if (magic != AEROGPU_CMD_STREAM_MAGIC) {
        return bad(problem, "magic", magic);
    }
    if (version >> 16 != AEROGPU_ABI_MAJOR) {
        return bad(problem, "abi_version", version);
    }
    if (declared < HEADER_SIZE || declared % 4 != 0) {
        return bad(problem, "size_bytes", declared);
    }
    if (declared > buffer_bytes) {
        return sl_agpu_problem_note(problem, SL_AGPU_OUT_OF_BOUNDS,
                                    "stream: size_bytes %" PRIu32
                                    " exceeds cmd_size_bytes %" PRIu32,
                                    declared, buffer_bytes);
    }
    if (declared > AEROGPU_LIMIT_CMD_STREAM_MAX_BYTES) {
        return bad(problem, "size_bytes", declared);
    }
    *size = declared;
    return true;
}

bool sl_agpu_stream_check_framing(const uint8_t *bytes, size_t size,
                                  struct sl_agpu_problem *problem)
{
    size_t offset = HEADER_SIZE;
    while (offset < size) {
        size_t left = size - offset;
        if (left < PACKET_HEADER_SIZE) {
            return sl_agpu_problem_note(problem, SL_AGPU_BAD_STREAM,
                                        "stream: %zu bytes left at 0x%zx hold no packet", left,
                                        offset);
        }
        uint32_t packet = SL_WIRE_GET32(bytes + offset, aerogpu_cmd_hdr, size_bytes);
        if (packet < PACKET_HEADER_SIZE || packet % 4 != 0 || packet > left) {
            return sl_agpu_problem_note(
                problem, SL_AGPU_BAD_STREAM,
                "stream: packet at 0x%zx of %" PRIu32 " bytes, %zu are left", offset, packet, left);
        }
        offset += packet;
    }
    return true;
}

/* PRESENT and PRESENT_EX have scanout_id and flags at the same place. */
bool sl_agpu_stream_wants_vsync(const uint8_t *bytes, size_t size)
{
    size_t offset = HEADER_SIZE;
    while (offset < size) {
        const uint8_t *packet = bytes + offset;
        uint32_t opcode = SL_WIRE_GET32(packet, aerogpu_cmd_hdr, opcode);
        uint32_t packet_size = SL_WIRE_GET32(packet, aerogpu_cmd_hdr, size_bytes);
        if (opcode == AEROGPU_CMD_PRESENT || opcode == AEROGPU_CMD_PRESENT_EX) {
            if (packet_size < sizeof(struct aerogpu_cmd_present)) {
                return false;
            }
            if (SL_WIRE_GET32(packet, aerogpu_cmd_present, flags) & AEROGPU_PRESENT_FLAG_VSYNC) {
                return true;
            }
        }
        offset += packet_size;
    }
    return false;
}
