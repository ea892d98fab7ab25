#include "bytecode/d3d9_table.h"

#include <string.h>

#define X (-1)
#define SLOT_PHASE 0x103
#define SLOTS 0x104
#define SLOT(op) ((op) == SL_D3D9_PHASE ? SLOT_PHASE : (op))

static const struct sl_d3d9_row rows[SLOTS] = {
#define SL_D3D9_OP(name, text, class_name, dst, vs_1, ps_1_1, ps_1_4, sm_2, sm_3)                  \
    [SLOT(SL_D3D9_##name)] = {.op = SL_D3D9_##name,                                                \
                              .mnemonic = text,                                                    \
                              .kind = SL_D3D9_CLASS_##class_name,                                  \
                              .has_dst = dst,                                                      \
                              .sources = {vs_1, ps_1_1, ps_1_4, sm_2, sm_3}},
#include "bytecode/d3d9_ops.def"
#undef SL_D3D9_OP
};

const struct sl_d3d9_alias sl_d3d9_aliases[] = {
    {0x4E, 3, SL_D3D9_SETP}, {0x52, 0, SL_D3D9_DEFI},   {0x53, 0, SL_D3D9_DEFB},
    {0x54, 0, SL_D3D9_SEQ},  {0x55, 0, SL_D3D9_SNE},    {0x56, 0, SL_D3D9_DSX},
    {0x57, 0, SL_D3D9_DSY},  {0x59, 0, SL_D3D9_DP2ADD}, {0x5A, 3, SL_D3D9_DP2},
};
const size_t sl_d3d9_alias_count = sizeof(sl_d3d9_aliases) / sizeof(sl_d3d9_aliases[0]);

const struct sl_d3d9_row *sl_d3d9_row(enum sl_d3d9_op op)
{
    size_t slot = SLOT((size_t)op);
    if (slot >= SLOTS || !rows[slot].mnemonic || rows[slot].op != op) {
        return NULL;
    }
    return &rows[slot];
}

const struct sl_d3d9_row *sl_d3d9_row_named(const char *mnemonic, size_t size)
{
    for (size_t i = 0; i < SLOTS; i++) {
        if (rows[i].mnemonic && strlen(rows[i].mnemonic) == size &&
            memcmp(rows[i].mnemonic, mnemonic, size) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

uint32_t sl_d3d9_code(enum sl_d3d9_op op)
{
    if (op < SL_D3D9_DP2 || op == SL_D3D9_PHASE) {
        return (uint32_t)op;
    }
    size_t i = 0;
    while (sl_d3d9_aliases[i].op != op) {
        i++;
    }
    return sl_d3d9_aliases[i].code;
}

bool sl_d3d9_version_known(bool is_pixel, unsigned major, unsigned minor)
{
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

enum sl_d3d9_version sl_d3d9_version_column(const struct sl_d3d9_program *program)
{
    switch (program->major) {
    case 1:
        if (!program->is_pixel) {
            return SL_D3D9_VS_1;
        }
        return program->minor == 4 ? SL_D3D9_PS_1_4 : SL_D3D9_PS_1_1;
    case 2:
        return program->is_pixel ? SL_D3D9_PS_2 : SL_D3D9_VS_2;
    default:
        return program->is_pixel ? SL_D3D9_PS_3 : SL_D3D9_VS_3;
    }
}

int sl_d3d9_sources(const struct sl_d3d9_row *row, enum sl_d3d9_version version)
{
    static const uint8_t column[SL_D3D9_VERSIONS] = {
        [SL_D3D9_VS_1] = 0, [SL_D3D9_PS_1_1] = 1, [SL_D3D9_PS_1_4] = 2, [SL_D3D9_VS_2] = 3,
        [SL_D3D9_PS_2] = 3, [SL_D3D9_VS_3] = 4,   [SL_D3D9_PS_3] = 4,
    };
    return row->sources[column[version]];
}

unsigned sl_d3d9_register_limit(enum sl_d3d9_register type, enum sl_d3d9_version version)
{
    /*
     * Columns: vs_1_1, ps_1_1 to 1_3, ps_1_4, vs_2, ps_2, vs_3, ps_3. The SDK has no t# in ps_3_0,
     * other assemblers use it as in ps_2_0; likewise oPos, oFog, oPts and oD# in vs_3_0.
     */
    static const uint16_t limits[][SL_D3D9_VERSIONS] = {
        [SL_D3D9_REG_TEMP] = {32, 2, 6, 32, 32, 32, 32},
        [SL_D3D9_REG_INPUT] = {16, 2, 2, 16, 2, 16, 10},
        [SL_D3D9_REG_CONST] = {256, 8, 8, 256, 256, 256, 256},
        [SL_D3D9_REG_ADDR] = {1, 4, 6, 1, 8, 1, 8},
        [SL_D3D9_REG_RASTOUT] = {3, 0, 0, 3, 0, 3, 0},
        [SL_D3D9_REG_ATTROUT] = {2, 0, 0, 2, 0, 2, 0},
        [SL_D3D9_REG_OUTPUT] = {8, 0, 0, 8, 0, 12, 0},
        [SL_D3D9_REG_CONSTINT] = {0, 0, 0, 16, 16, 16, 16},
        [SL_D3D9_REG_COLOROUT] = {0, 0, 0, 0, 4, 0, 4},
        [SL_D3D9_REG_DEPTHOUT] = {0, 0, 0, 0, 1, 0, 1},
        [SL_D3D9_REG_SAMPLER] = {0, 0, 0, 16, 16, 16, 16},
        [SL_D3D9_REG_CONSTBOOL] = {0, 0, 0, 16, 16, 16, 16},
        [SL_D3D9_REG_LOOP] = {0, 0, 0, 1, 1, 1, 1},
        [SL_D3D9_REG_MISC] = {0, 0, 0, 0, 0, 0, 2},
        [SL_D3D9_REG_LABEL] = {0, 0, 0, 2048, 2048, 2048, 2048},
        [SL_D3D9_REG_PREDICATE] = {0, 0, 0, 1, 1, 1, 1},
    };
    if ((size_t)type >= sizeof(limits) / sizeof(limits[0])) {
        return 0;
    }
    return limits[type][version];
}
