/*
 * Telling programs apart: D3D9 bytecode (raw, or in a DXBC container as old tools pack it) and DXBC
 * with SM4 or SM5 tokens in either of their two encodings (docs/devices.md). What follows the
 * version is looked at when a draw first needs it.
 */
#include "device/aerogpu/exec.h"

#include "base/bytes.h"
#include "base/checked.h"

#include <string.h>

enum {
    CONTAINER_HEADER = 32, /* magic, digest, 1, total size, chunk count */
    CHUNK_HEADER = 8,
    SDK_OPCODE_MAX = 206,
    SDK_CUSTOM_DATA = 53,
    AERO_RET = 0x3E,
};

#define D3D9_VERTEX 0xFFFEu
#define D3D9_PIXEL 0xFFFFu
#define D3D9_END 0x0000FFFFu
#define D3D9_COMMENT 0xFFFEu

struct chunk {
    const uint8_t *bytes;
    uint32_t size;
};

static bool is_d3d9(uint32_t token)
{
    return token >> 16 == D3D9_VERTEX || token >> 16 == D3D9_PIXEL;
}

static bool known_d3d9_version(uint32_t token)
{
    uint32_t major = token >> 8 & 0xFF;
    uint32_t minor = token & 0xFF;
    bool is_pixel = token >> 16 == D3D9_PIXEL;
    switch (major) {
    case 1:
        return is_pixel ? minor >= 1 && minor <= 4 : minor == 1;
    case 2:
        return minor <= 1;
    case 3:
        return minor == 0;
    default:
        return false;
    }
}

/*
 * Comments may hold anything, the end token's bits too, so they are stepped over; the end must come
 * somewhere else.
 */
static bool has_d3d9_end(const uint8_t *bytes, size_t size)
{
    for (size_t at = 4; sl_range_fits(at, 4, size);) {
        uint32_t token = sl_get_le32(bytes + at);
        if (token == D3D9_END) {
            return true;
        }
        bool is_comment = (token & 0xFFFF) == D3D9_COMMENT && token >> 31 == 0;
        at += is_comment ? 4 + 4 * (size_t)(token >> 16) : 4;
    }
    return false;
}

static bool identify_d3d9(const uint8_t *bytes, size_t size, enum sl_abi_stage *stage,
                          const char **why)
{
    uint32_t version = sl_get_le32(bytes);
    if (!known_d3d9_version(version)) {
        *why = "D3D9 bytecode of an unknown version";
        return false;
    }
    if (!has_d3d9_end(bytes, size)) {
        *why = "D3D9 bytecode without its end token";
        return false;
    }
    *stage = version >> 16 == D3D9_VERTEX ? SL_ABI_STAGE_VERTEX : SL_ABI_STAGE_PIXEL;
    return true;
}

/* Steps through an SM4/5 program; true if its instructions end where it does. */
static bool tiles(const uint8_t *tokens, uint32_t count, bool aero, bool *ends_in_aero_ret)
{
    uint32_t at = 2;
    *ends_in_aero_ret = false;
    while (at < count) {
        uint32_t token = sl_get_le32(tokens + 4 * (size_t)at);
        uint32_t opcode = token & 0x7FF;
        uint32_t length = aero ? token >> 11 & 0x1FFF : token >> 24 & 0x7F;
        if (!aero && opcode == SDK_CUSTOM_DATA) {
            length = at + 1 < count ? sl_get_le32(tokens + 4 * (size_t)(at + 1)) : 0;
        }
        if (length == 0 || length > count - at || (!aero && opcode > SDK_OPCODE_MAX)) {
            return false;
        }
        *ends_in_aero_ret = aero && opcode == AERO_RET && length == 1;
        at += length;
    }
    return true;
}

static bool identify_sm4(const struct chunk *program, enum sl_abi_stage *stage, const char **why)
{
    static const enum sl_abi_stage stages[] = {
        SL_ABI_STAGE_PIXEL, SL_ABI_STAGE_VERTEX, SL_ABI_STAGE_GEOMETRY,
        SL_ABI_STAGE_HULL,  SL_ABI_STAGE_DOMAIN, SL_ABI_STAGE_COMPUTE,
    };
    if (program->size < 8) {
        *why = "the program is shorter than its header";
        return false;
    }
    uint32_t version = sl_get_le32(program->bytes);
    uint32_t count = sl_get_le32(program->bytes + 4);
    uint32_t major = version >> 4 & 0xF;
    if ((major != 4 && major != 5) || version >> 16 >= sizeof(stages) / sizeof(stages[0])) {
        *why = "a program version that is neither SM4 nor SM5";
        return false;
    }
    if (count < 2 || count > program->size / 4) {
        *why = "the program is longer than its chunk";
        return false;
    }
    bool ends;
    if (!tiles(program->bytes, count, true, &ends) && !tiles(program->bytes, count, false, &ends)) {
        *why = "the instructions do not fill the program";
        return false;
    }
    *stage = stages[version >> 16];
    return true;
}

/* SHEX is preferred to SHDR, whatever their order. */
static bool find_program(const uint8_t *bytes, size_t size, struct chunk *program, const char **why)
{
    *program = (struct chunk){0};
    *why = "a damaged DXBC container";
    if (size < CONTAINER_HEADER || sl_get_le32(bytes + 20) != 1) {
        return false;
    }
    uint32_t total = sl_get_le32(bytes + 24);
    uint32_t count = sl_get_le32(bytes + 28);
    if (total < CONTAINER_HEADER || total > size || count > (total - CONTAINER_HEADER) / 4) {
        return false;
    }
    bool is_shex = false;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t offset = sl_get_le32(bytes + CONTAINER_HEADER + 4 * (size_t)i);
        if (!sl_range_fits(offset, CHUNK_HEADER, total)) {
            return false;
        }
        uint32_t chunk_size = sl_get_le32(bytes + offset + 4);
        if (!sl_range_fits((uint64_t)offset + CHUNK_HEADER, chunk_size, total)) {
            return false;
        }
        bool shex = memcmp(bytes + offset, "SHEX", 4) == 0;
        bool shdr = memcmp(bytes + offset, "SHDR", 4) == 0;
        if ((shex && !is_shex) || (shdr && !program->bytes)) {
            *program = (struct chunk){bytes + offset + CHUNK_HEADER, chunk_size};
            is_shex = shex;
        }
    }
    *why = "a DXBC container without a program";
    return program->bytes != NULL;
}

bool sl_agpu_shader_identify(const uint8_t *bytes, size_t size, enum sl_agpu_family *family,
                             enum sl_abi_stage *stage, const char **why)
{
    struct chunk program = {bytes, (uint32_t)size};
    bool is_container = size >= 4 && memcmp(bytes, "DXBC", 4) == 0;
    if (is_container && !find_program(bytes, size, &program, why)) {
        return false;
    }
    if (program.size >= 4 && is_d3d9(sl_get_le32(program.bytes))) {
        *family = SL_AGPU_FAMILY_D3D9;
        return identify_d3d9(program.bytes, program.size, stage, why);
    }
    if (!is_container) {
        *why = "neither DXBC nor D3D9 bytecode";
        return false;
    }
    *family = SL_AGPU_FAMILY_DXBC;
    return identify_sm4(&program, stage, why);
}
