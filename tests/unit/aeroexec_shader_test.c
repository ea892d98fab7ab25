/* Programs, stages, constants, input layouts, samplers. */
#include "aeroexec_rig.h"
#include "device/aerogpu/exec.h"
#include "device/aerogpu/stage.h"

#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

TestSuite(aeroexec_shader);

static struct sl_agpu_context *context(struct rig *rig)
{
    return sl_agpu_get_context(rig->exec, rig->context_id);
}

static struct sl_agpu_stage_state *stage_state(struct rig *rig, enum sl_abi_stage stage)
{
    return sl_agpu_stage_state(context(rig), stage);
}

/* ---- stages ---- */

/* stage, stage_ex, then what it means for minor 2, 3 and 4 */
static const struct {
    uint32_t stage;
    uint32_t stage_ex;
    enum sl_abi_stage before;
    enum sl_abi_stage from_minor_3;
} stage_table[] = {
    {0, 0, SL_ABI_STAGE_VERTEX, SL_ABI_STAGE_VERTEX},
    {0, 9, SL_ABI_STAGE_VERTEX, SL_ABI_STAGE_VERTEX},
    {1, 0, SL_ABI_STAGE_PIXEL, SL_ABI_STAGE_PIXEL},
    {1, 3, SL_ABI_STAGE_PIXEL, SL_ABI_STAGE_PIXEL},
    {2, 0, SL_ABI_STAGE_COMPUTE, SL_ABI_STAGE_COMPUTE},
    {2, 1, SL_ABI_STAGE_COMPUTE, SL_ABI_STAGE_REJECT},
    {2, 2, SL_ABI_STAGE_COMPUTE, SL_ABI_STAGE_GEOMETRY},
    {2, 3, SL_ABI_STAGE_COMPUTE, SL_ABI_STAGE_HULL},
    {2, 4, SL_ABI_STAGE_COMPUTE, SL_ABI_STAGE_DOMAIN},
    {2, 5, SL_ABI_STAGE_COMPUTE, SL_ABI_STAGE_COMPUTE},
    {2, 6, SL_ABI_STAGE_COMPUTE, SL_ABI_STAGE_REJECT},
    {2, 0xFFFFFFFF, SL_ABI_STAGE_COMPUTE, SL_ABI_STAGE_REJECT},
    {3, 0, SL_ABI_STAGE_GEOMETRY, SL_ABI_STAGE_GEOMETRY},
    {3, 4, SL_ABI_STAGE_GEOMETRY, SL_ABI_STAGE_GEOMETRY},
    {4, 0, SL_ABI_STAGE_REJECT, SL_ABI_STAGE_REJECT},
    {5, 0, SL_ABI_STAGE_REJECT, SL_ABI_STAGE_REJECT},
    {6, 2, SL_ABI_STAGE_REJECT, SL_ABI_STAGE_REJECT},
    {0xFFFFFFFF, 0, SL_ABI_STAGE_REJECT, SL_ABI_STAGE_REJECT},
};

/* Each packet with a stage stores into the table of the stage it means. */
Test(aeroexec_shader, stages_of_every_minor)
{
    for (uint16_t minor = 0; minor <= 5; minor++) {
        for (size_t i = 0; i < sizeof(stage_table) / sizeof(stage_table[0]); i++) {
            struct rig rig = rig_make();
            uint32_t stage = stage_table[i].stage;
            uint32_t ex = stage_table[i].stage_ex;
            enum sl_abi_stage expected =
                minor >= 3 ? stage_table[i].from_minor_3 : stage_table[i].before;
            enum sl_agpu_class class_ =
                expected == SL_ABI_STAGE_REJECT ? SL_AGPU_BAD_VALUE : SL_AGPU_OK;
            rig.minor = minor;
            PACKET(&rig, AEROGPU_CMD_SET_TEXTURE, stage, 127, 77, ex);
            cr_assert_eq(rig_run(&rig), class_, "minor %u stage %u ex %u", minor, stage, ex);
            PACKET(&rig, AEROGPU_CMD_SET_SAMPLERS, stage, 15, 1, ex, 78);
            cr_assert_eq(rig_run(&rig), class_);
            PACKET(&rig, AEROGPU_CMD_SET_CONSTANT_BUFFERS, stage, 13, 1, ex, 79, 16, 32, 0);
            cr_assert_eq(rig_run(&rig), class_);
            PACKET(&rig, AEROGPU_CMD_SET_SHADER_RESOURCE_BUFFERS, stage, 5, 1, ex, 80, 4, 8, 0);
            cr_assert_eq(rig_run(&rig), class_);
            PACKET(&rig, AEROGPU_CMD_SET_SHADER_CONSTANTS_F, stage, 4095, 1, ex, 1, 2, 3, 4);
            cr_assert_eq(rig_run(&rig), class_);
            for (enum sl_abi_stage s = SL_ABI_STAGE_VERTEX; s <= SL_ABI_STAGE_COMPUTE; s++) {
                const struct sl_agpu_stage_state *state = stage_state(&rig, s);
                bool is = s == expected;
                cr_assert_eq(state->srv[127].range.handle, is ? 77 : 0);
                cr_assert_eq(state->sampler[15], is ? 78 : 0);
                cr_assert_eq(state->constant_buffer[13].handle, is ? 79 : 0);
                cr_assert_eq(state->constant_buffer[13].size_bytes, is ? 32 : 0);
                cr_assert_eq(state->srv[5].range.offset_bytes, is ? 4 : 0);
                cr_assert_eq(state->constants_f != NULL, is);
            }
            rig_finish(&rig);
        }
    }
}

Test(aeroexec_shader, some_packets_take_some_stages_only)
{
    struct rig rig = rig_make();
    for (uint32_t stage = 0; stage < 5; stage++) {
        enum sl_agpu_class d3d9 = stage < 2 ? SL_AGPU_OK : SL_AGPU_BAD_VALUE;
        enum sl_agpu_class uav = stage == 2 || stage == 3 ? SL_AGPU_OK : SL_AGPU_BAD_VALUE;
        PACKET(&rig, AEROGPU_CMD_SET_SAMPLER_STATE, stage, 0, 1, 1);
        cr_assert_eq(rig_run(&rig), d3d9);
        PACKET(&rig, AEROGPU_CMD_SET_SHADER_CONSTANTS_I, stage, 0, 0, 0);
        cr_assert_eq(rig_run(&rig), d3d9);
        PACKET(&rig, AEROGPU_CMD_SET_SHADER_CONSTANTS_B, stage, 0, 0, 0);
        cr_assert_eq(rig_run(&rig), d3d9);
        PACKET(&rig, AEROGPU_CMD_SET_UNORDERED_ACCESS_BUFFERS, stage, 0, 0, 0);
        cr_assert_eq(rig_run(&rig), uav);
    }
    for (uint32_t ex = 2; ex <= 5; ex++) {
        PACKET(&rig, AEROGPU_CMD_SET_UNORDERED_ACCESS_BUFFERS, 2, 7, 1, ex, 9, 0, 0, 0);
        rig_ok(&rig);
    }
    PACKET(&rig, AEROGPU_CMD_SET_SHADER_CONSTANTS_I, 2, 0, 0, 2);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    rig_finish(&rig);
}

/* ---- creation of programs ---- */

static enum sl_agpu_class create_shader(struct rig *rig, uint32_t stage, const uint8_t *blob,
                                        size_t size)
{
    rig_handle_packet(rig, AEROGPU_CMD_DESTROY_SHADER, 1);
    rig_packet_bytes(rig, AEROGPU_CMD_CREATE_SHADER_DXBC,
                     (const uint32_t[]){1, stage, (uint32_t)size, 0}, 4, blob, size);
    return rig_run(rig);
}

static enum sl_agpu_class create_d3d9(struct rig *rig, uint32_t stage, uint32_t version)
{
    uint8_t code[20];
    sl_put_le32(code, version);
    sl_put_le32(code + 4, 0x02000001);
    sl_put_le32(code + 8, 0x800F0000);
    sl_put_le32(code + 12, 0xA0E40000);
    sl_put_le32(code + 16, 0x0000FFFF);
    return create_shader(rig, stage, code, sizeof(code));
}

Test(aeroexec_shader, creation_checks_run_in_order)
{
    struct rig rig = rig_make();
    rig_create_buffer(&rig, 5, 4, 0, 0);
    rig_ok(&rig);
    PACKET(&rig, AEROGPU_CMD_CREATE_SHADER_DXBC, 0, 9, 0, 0);
    rig_fails(&rig, SL_AGPU_BAD_HANDLE);
    PACKET(&rig, AEROGPU_CMD_CREATE_SHADER_DXBC, 5, 0, 0, 0);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    PACKET(&rig, AEROGPU_CMD_CREATE_SHADER_DXBC, 5, 9, 4, 0, 0);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    PACKET(&rig, AEROGPU_CMD_CREATE_SHADER_DXBC, 5, 0, 4, 0, 0);
    rig_fails(&rig, SL_AGPU_HANDLE_IN_USE);
    PACKET(&rig, AEROGPU_CMD_CREATE_SHADER_DXBC, 6, 0, 4, 0, 0);
    rig_fails(&rig, SL_AGPU_BAD_SHADER);
    rig_finish(&rig);
}

Test(aeroexec_shader, d3d9_versions)
{
    static const uint32_t vertex[] = {0xFFFE0101, 0xFFFE0200, 0xFFFE0201, 0xFFFE0300};
    static const uint32_t pixel[] = {0xFFFF0101, 0xFFFF0102, 0xFFFF0103, 0xFFFF0104,
                                     0xFFFF0200, 0xFFFF0201, 0xFFFF0300};
    static const uint32_t bad[] = {0xFFFE0100, 0xFFFE0102, 0xFFFE0202, 0xFFFE0301, 0xFFFE0400,
                                   0xFFFF0100, 0xFFFF0105, 0xFFFF0202, 0xFFFF0000, 0xFFFD0200};
    struct rig rig = rig_make();
    for (size_t i = 0; i < sizeof(vertex) / sizeof(vertex[0]); i++) {
        cr_assert_eq(create_d3d9(&rig, 0, vertex[i]), SL_AGPU_OK, "%08x", vertex[i]);
        cr_assert_eq(create_d3d9(&rig, 1, vertex[i]), SL_AGPU_BAD_SHADER);
    }
    for (size_t i = 0; i < sizeof(pixel) / sizeof(pixel[0]); i++) {
        cr_assert_eq(create_d3d9(&rig, 1, pixel[i]), SL_AGPU_OK, "%08x", pixel[i]);
        cr_assert_eq(create_d3d9(&rig, 0, pixel[i]), SL_AGPU_BAD_SHADER);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        cr_assert_eq(create_d3d9(&rig, bad[i] >> 16 == 0xFFFF ? 1 : 0, bad[i]), SL_AGPU_BAD_SHADER,
                     "%08x", bad[i]);
    }
    rig_finish(&rig);
}

Test(aeroexec_shader, d3d9_bytecode_needs_its_end_outside_comments)
{
    struct rig rig = rig_make();
    uint8_t code[24];
    sl_put_le32(code, 0xFFFE0200);
    sl_put_le32(code + 4, 0x0002FFFE); /* a comment of two words */
    sl_put_le32(code + 8, 0x0000FFFF);
    sl_put_le32(code + 12, 0x0000FFFF);
    cr_assert_eq(create_shader(&rig, 0, code, 16), SL_AGPU_BAD_SHADER);
    cr_assert_eq(create_shader(&rig, 0, code, 8), SL_AGPU_BAD_SHADER);
    cr_assert_eq(create_shader(&rig, 0, code, 4), SL_AGPU_BAD_SHADER);
    cr_assert_eq(create_shader(&rig, 0, code, 3), SL_AGPU_BAD_SHADER);
    rig_finish(&rig);
}

Test(aeroexec_shader, program_type_must_be_the_stage)
{
    static const uint32_t stages[] = {1, 0, 3};
    struct rig rig = rig_make();
    uint8_t blob[RIG_DXBC_MAX];
    for (uint32_t type = 0; type < 3; type++) {
        size_t size = rig_make_dxbc(blob, type);
        for (size_t i = 0; i < 3; i++) {
            cr_assert_eq(create_shader(&rig, stages[i], blob, size),
                         i == type ? SL_AGPU_OK : SL_AGPU_BAD_SHADER, "type %u stage %u", type,
                         stages[i]);
        }
    }
    for (enum sl_abi_stage stage = SL_ABI_STAGE_VERTEX; stage <= SL_ABI_STAGE_COMPUTE; stage++) {
        rig_create_dxbc_shader(&rig, 10 + (uint32_t)stage, stage);
        rig_ok(&rig);
    }
    cr_assert_eq(create_shader(&rig, 2, blob, rig_make_dxbc(blob, 6)), SL_AGPU_BAD_SHADER);
    rig_finish(&rig);
}

/* One word of a good container changed. */
Test(aeroexec_shader, damaged_containers)
{
    static const struct {
        size_t offset;
        uint32_t value;
        enum sl_agpu_class class_;
    } cases[] = {
        {0, 0x43425845, SL_AGPU_BAD_SHADER}, /* magic */
        {4, 0x12345678, SL_AGPU_OK},         /* digest */
        {20, 2, SL_AGPU_OK},                 /* the word that is 1 */
        {24, 57, SL_AGPU_BAD_SHADER},        /* total size past the blob */
        {24, 55, SL_AGPU_BAD_SHADER},        /* a chunk past the total size */
        {24, 31, SL_AGPU_BAD_SHADER},
        {28, 0, SL_AGPU_BAD_SHADER}, /* no chunk */
        {28, 0xFFFFFFFF, SL_AGPU_BAD_SHADER},
        {28, 7, SL_AGPU_BAD_SHADER},  /* the table runs past the end */
        {32, 49, SL_AGPU_BAD_SHADER}, /* no room for a chunk header */
        {32, 0xFFFFFFF8, SL_AGPU_BAD_SHADER},
        {36, 0x46454452, SL_AGPU_BAD_SHADER}, /* RDEF: no program */
        {36, 0x52444853, SL_AGPU_OK},         /* SHDR */
        {40, 13, SL_AGPU_BAD_SHADER},         /* chunk size */
        {40, 0xFFFFFFFF, SL_AGPU_BAD_SHADER},
        {40, 7, SL_AGPU_BAD_SHADER},          /* shorter than its header */
        {44, 0x00010030, SL_AGPU_BAD_SHADER}, /* SM3 */
        {44, 0x00010060, SL_AGPU_BAD_SHADER}, /* SM6 */
        {44, 0x00010041, SL_AGPU_OK},         /* SM4.1 */
        {48, 4, SL_AGPU_BAD_SHADER},          /* length past the chunk */
        {48, 1, SL_AGPU_BAD_SHADER},
        {48, 0xFFFFFFFF, SL_AGPU_BAD_SHADER},
        {52, 0x0000083E, SL_AGPU_OK},         /* ret in the Aero encoding */
        {52, 0x0200003E, SL_AGPU_BAD_SHADER}, /* two words long, one is there */
        {52, 0x0000003E, SL_AGPU_BAD_SHADER}, /* no length in either encoding */
        {52, 0x0100013F, SL_AGPU_BAD_SHADER}, /* no SDK opcode */
    };
    struct rig rig = rig_make();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t blob[RIG_DXBC_MAX];
        size_t size = rig_make_dxbc(blob, 1);
        sl_put_le32(blob + cases[i].offset, cases[i].value);
        enum sl_agpu_class class_ = create_shader(&rig, 0, blob, size);
        cr_assert_eq(class_, cases[i].class_, "case %zu is %s: %s", i, sl_agpu_class_name(class_),
                     rig.outcome.detail);
    }
    uint8_t blob[RIG_DXBC_MAX];
    size_t size = rig_make_dxbc(blob, 1);
    for (size_t cut = 1; cut < size; cut++) {
        cr_assert_eq(create_shader(&rig, 0, blob, cut), SL_AGPU_BAD_SHADER, "cut at %zu", cut);
    }
    rig_finish(&rig);
}

Test(aeroexec_shader, a_container_may_hold_d3d9_bytecode)
{
    struct rig rig = rig_make();
    uint8_t blob[RIG_DXBC_MAX];
    size_t size = rig_make_dxbc(blob, 1);
    sl_put_le32(blob + 44, 0xFFFE0200);
    sl_put_le32(blob + 48, 0x00000000); /* nop */
    sl_put_le32(blob + 52, 0x0000FFFF);
    cr_assert_eq(create_shader(&rig, 0, blob, size), SL_AGPU_OK);
    cr_assert_eq(context(&rig)->flavour, SL_AGPU_FLAVOUR_D3D9);
    cr_assert_eq(create_shader(&rig, 1, blob, size), SL_AGPU_BAD_SHADER);
    rig_finish(&rig);
}

Test(aeroexec_shader, programs_have_a_largest_size)
{
    enum { D3D9_MAX = 256 * 1024, DXBC_MAX = 16 * 1024 * 1024 };
    struct rig rig = rig_make();
    uint8_t *blob = calloc(1, DXBC_MAX + 4);
    sl_put_le32(blob, 0xFFFE0200);
    sl_put_le32(blob + 8, 0x0000FFFF);
    cr_assert_eq(create_shader(&rig, 0, blob, D3D9_MAX), SL_AGPU_OK);
    cr_assert_eq(create_shader(&rig, 0, blob, D3D9_MAX + 4), SL_AGPU_BAD_SHADER);
    rig_make_dxbc(blob, 1);
    cr_assert_eq(create_shader(&rig, 0, blob, DXBC_MAX), SL_AGPU_OK);
    cr_assert_eq(create_shader(&rig, 0, blob, DXBC_MAX + 4), SL_AGPU_BAD_SHADER);
    free(blob);
    rig_finish(&rig);
}

/* ---- binding and constants ---- */

static void expect_programs(struct rig *rig, uint32_t vs, uint32_t ps, uint32_t gs, uint32_t hs,
                            uint32_t ds, uint32_t cs)
{
    const uint32_t expected[] = {vs, ps, gs, hs, ds, cs};
    for (size_t i = 0; i < 6; i++) {
        cr_assert_eq(context(rig)->stage[i].program, expected[i], "stage %zu has %u", i,
                     context(rig)->stage[i].program);
    }
}

Test(aeroexec_shader, binding_has_three_forms)
{
    struct rig rig = rig_make();
    PACKET(&rig, AEROGPU_CMD_BIND_SHADERS, 1, 2, 3, 4, 5, 6, 7);
    rig_ok(&rig);
    expect_programs(&rig, 1, 2, 5, 6, 7, 3);
    PACKET(&rig, AEROGPU_CMD_BIND_SHADERS, 1, 2, 3, 4);
    rig_ok(&rig);
    expect_programs(&rig, 1, 2, 4, 0, 0, 3);
    PACKET(&rig, AEROGPU_CMD_BIND_SHADERS, 11, 12, 13, 14, 15);
    rig_ok(&rig);
    expect_programs(&rig, 11, 12, 0, 0, 0, 13);
    PACKET(&rig, AEROGPU_CMD_BIND_SHADERS, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    rig_ok(&rig);
    expect_programs(&rig, 1, 2, 5, 6, 7, 3);
    PACKET(&rig, AEROGPU_CMD_BIND_SHADERS, 1, 2, 3, 4, 5, 6);
    rig_ok(&rig);
    expect_programs(&rig, 1, 2, 0, 0, 0, 3);
    rig_finish(&rig);
}

Test(aeroexec_shader, float_constants)
{
    struct rig rig = rig_make();
    PACKET(&rig, AEROGPU_CMD_SET_SHADER_CONSTANTS_F, 1, 4094, 2, 0, 1, 2, 3, 0x7FA00001, 5, 6, 7,
           0x80000001);
    rig_ok(&rig);
    uint32_t(*file)[4] = stage_state(&rig, SL_ABI_STAGE_PIXEL)->constants_f;
    cr_assert_eq(file[4094][3], 0x7FA00001, "bits are kept");
    cr_assert_eq(file[4095][3], 0x80000001);
    cr_assert_eq(file[4093][0], 0);
    PACKET(&rig, AEROGPU_CMD_SET_SHADER_CONSTANTS_F, 1, 4095, 2, 0, 1, 2, 3, 4, 5, 6, 7, 8);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    PACKET(&rig, AEROGPU_CMD_SET_SHADER_CONSTANTS_F, 1, 4097, 0, 0);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    PACKET(&rig, AEROGPU_CMD_SET_SHADER_CONSTANTS_F, 1, 4096, 0, 0);
    rig_ok(&rig);
    cr_assert_eq(context(&rig)->flavour, SL_AGPU_FLAVOUR_UNKNOWN);
    PACKET(&rig, AEROGPU_CMD_SET_RENDER_STATE, 7, 1);
    PACKET(&rig, AEROGPU_CMD_SET_SHADER_CONSTANTS_F, 1, 255, 1, 0, 1, 2, 3, 4);
    rig_ok(&rig);
    PACKET(&rig, AEROGPU_CMD_SET_SHADER_CONSTANTS_F, 1, 256, 1, 0, 1, 2, 3, 4);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    rig_finish(&rig);
}

Test(aeroexec_shader, integer_and_boolean_constants)
{
    struct rig rig = rig_make();
    PACKET(&rig, AEROGPU_CMD_SET_SHADER_CONSTANTS_I, 0, 255, 1, 0, 1, 2, 3, 0xFFFFFFFF);
    rig_ok(&rig);
    cr_assert_eq(stage_state(&rig, SL_ABI_STAGE_VERTEX)->constants_i[255][3], 0xFFFFFFFF);
    PACKET(&rig, AEROGPU_CMD_SET_SHADER_CONSTANTS_I, 0, 256, 1, 0, 1, 2, 3, 4);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    PACKET(&rig, AEROGPU_CMD_SET_SHADER_CONSTANTS_B, 0, 256, 1, 0, 1);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    const bool *b = stage_state(&rig, SL_ABI_STAGE_VERTEX)->constants_b;
    PACKET(&rig, AEROGPU_CMD_SET_SHADER_CONSTANTS_B, 0, 10, 3, 0, 1, 0, 0x80000000);
    rig_ok(&rig);
    cr_assert(b[10] && !b[11] && b[12] && !b[13]);
    PACKET(&rig, AEROGPU_CMD_SET_SHADER_CONSTANTS_B, 0, 10, 3, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0,
           0);
    rig_ok(&rig);
    cr_assert(!b[10] && b[11] && !b[12]);
    PACKET(&rig, AEROGPU_CMD_SET_SHADER_CONSTANTS_B, 0, 10, 3, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
    rig_ok(&rig);
    cr_assert(b[10] && !b[11] && b[12], "15 words are not four for each of three");
    rig_finish(&rig);
}

/* ---- input layouts ---- */

static enum sl_agpu_class create_layout(struct rig *rig, const void *blob, size_t size)
{
    rig_handle_packet(rig, AEROGPU_CMD_DESTROY_INPUT_LAYOUT, 1);
    rig_packet_bytes(rig, AEROGPU_CMD_CREATE_INPUT_LAYOUT, (const uint32_t[]){1, (uint32_t)size, 0},
                     3, blob, size);
    return rig_run(rig);
}

static enum sl_agpu_class create_ilay(struct rig *rig, uint32_t format, uint32_t slot,
                                      uint32_t offset, uint32_t slot_class)
{
    const uint32_t words[] = {AEROGPU_INPUT_LAYOUT_BLOB_MAGIC,
                              1,
                              1,
                              0,
                              0x7808E88A,
                              0,
                              format,
                              slot,
                              offset,
                              slot_class,
                              0};
    uint8_t blob[sizeof(words)];
    for (size_t i = 0; i < sizeof(words) / 4; i++) {
        sl_put_le32(blob + 4 * i, words[i]);
    }
    return create_layout(rig, blob, sizeof(blob));
}

/* Bytes of each vertex format, by DXGI number; 0 = not accepted. */
static const uint8_t dxgi_sizes[96] = {
    [2] = 16, [3] = 16, [4] = 16, [6] = 12, [7] = 12, [8] = 12, [10] = 8, [11] = 8,
    [12] = 8, [13] = 8, [14] = 8, [16] = 8, [17] = 8, [18] = 8, [24] = 4, [25] = 4,
    [28] = 4, [29] = 4, [30] = 4, [31] = 4, [32] = 4, [34] = 4, [35] = 4, [36] = 4,
    [37] = 4, [38] = 4, [41] = 4, [42] = 4, [43] = 4, [49] = 2, [50] = 2, [51] = 2,
    [52] = 2, [54] = 2, [56] = 2, [57] = 2, [58] = 2, [59] = 2, [61] = 1, [62] = 1,
    [63] = 1, [64] = 1, [87] = 4, [88] = 4, [91] = 4, [93] = 4,
};

Test(aeroexec_shader, ilay_elements)
{
    struct rig rig = rig_make();
    for (uint32_t format = 0; format < 130; format++) {
        uint32_t size = format < sizeof(dxgi_sizes) ? dxgi_sizes[format] : 0;
        cr_assert_eq(create_ilay(&rig, format, 31, 0xFFFFFFFF, 1),
                     size ? SL_AGPU_OK : SL_AGPU_BAD_VALUE, "format %u", format);
        for (uint32_t offset = 0; size && offset < 8; offset++) {
            bool aligned = offset % (size < 4 ? size : 4) == 0;
            cr_assert_eq(create_ilay(&rig, format, 0, offset, 0),
                         aligned ? SL_AGPU_OK : SL_AGPU_BAD_VALUE, "format %u at %u", format,
                         offset);
        }
    }
    cr_assert_eq(create_ilay(&rig, 2, 32, 0, 0), SL_AGPU_BAD_VALUE);
    cr_assert_eq(create_ilay(&rig, 2, 0, 0, 2), SL_AGPU_BAD_VALUE);
    cr_assert_eq(create_ilay(&rig, 0x102, 0, 0, 0), SL_AGPU_BAD_VALUE);
    rig_finish(&rig);
}

Test(aeroexec_shader, ilay_headers)
{
    struct rig rig = rig_make();
    uint8_t blob[16 + 28 * 33 + 4] = {0};
    memcpy(blob, "ILAY", 4);
    sl_put_le32(blob + 4, 1);
    for (size_t i = 0; i < 33; i++) {
        sl_put_le32(blob + 16 + 28 * i + 8, 2);
    }
    cr_assert_eq(create_layout(&rig, blob, 16), SL_AGPU_OK);
    cr_assert_eq(create_layout(&rig, blob, 12), SL_AGPU_BAD_VALUE);
    sl_put_le32(blob + 8, 32);
    cr_assert_eq(create_layout(&rig, blob, 16 + 28 * 32), SL_AGPU_OK);
    cr_assert_eq(create_layout(&rig, blob, 16 + 28 * 32 + 4), SL_AGPU_OK, "surplus is ignored");
    cr_assert_eq(create_layout(&rig, blob, 16 + 28 * 32 - 4), SL_AGPU_BAD_VALUE);
    sl_put_le32(blob + 8, 33);
    cr_assert_eq(create_layout(&rig, blob, 16 + 28 * 33), SL_AGPU_BAD_VALUE);
    sl_put_le32(blob + 8, 0xFFFFFFFF);
    cr_assert_eq(create_layout(&rig, blob, 16 + 28 * 33), SL_AGPU_BAD_VALUE);
    sl_put_le32(blob + 8, 0);
    sl_put_le32(blob + 4, 2);
    cr_assert_eq(create_layout(&rig, blob, 16), SL_AGPU_BAD_VALUE);
    cr_assert_eq(context(&rig)->flavour, SL_AGPU_FLAVOUR_D3D11);
    rig_finish(&rig);
}

Test(aeroexec_shader, d3d9_declarations)
{
    struct rig rig = rig_make();
    uint8_t blob[8 * 40];
    for (unsigned type = 0; type < 20; type++) {
        const uint8_t one[16] = {15, 0, 0, 0, (uint8_t)type, 0, 0, 0, 0xFF, 0, 0, 0, 17};
        cr_assert_eq(create_layout(&rig, one, 16), type <= 17 ? SL_AGPU_OK : SL_AGPU_BAD_VALUE,
                     "type %u", type);
    }
    cr_assert_eq(context(&rig)->flavour, SL_AGPU_FLAVOUR_D3D9);
    static const uint8_t stream_16[16] = {16, 0, 0, 0, 2, 0, 0, 0, 0xFF, 0, 0, 0, 17};
    cr_assert_eq(create_layout(&rig, stream_16, 16), SL_AGPU_BAD_VALUE);
    static const uint8_t stream_256[16] = {0, 1, 0, 0, 2, 0, 0, 0, 0xFF, 0, 0, 0, 17};
    cr_assert_eq(create_layout(&rig, stream_256, 16), SL_AGPU_BAD_VALUE);
    cr_assert_eq(create_layout(&rig, stream_16 + 8, 8), SL_AGPU_OK, "no element at all");
    cr_assert_eq(create_layout(&rig, stream_16 + 8, 7), SL_AGPU_BAD_VALUE);
    cr_assert_eq(create_layout(&rig, "", 0), SL_AGPU_BAD_VALUE);
    memset(blob, 0, sizeof(blob));
    cr_assert_eq(create_layout(&rig, blob, sizeof(blob)), SL_AGPU_BAD_VALUE, "no end");
    blob[8 * 32] = 0xFF;
    cr_assert_eq(create_layout(&rig, blob, sizeof(blob)), SL_AGPU_OK);
    blob[8 * 32] = 0;
    blob[8 * 33] = 0xFF;
    cr_assert_eq(create_layout(&rig, blob, sizeof(blob)), SL_AGPU_BAD_VALUE,
                 "a layout has at most 32 elements");
    rig_finish(&rig);
}

Test(aeroexec_shader, layout_and_sampler_checks_run_in_order)
{
    struct rig rig = rig_make();
    rig_create_buffer(&rig, 5, 4, 0, 0);
    rig_ok(&rig);
    PACKET(&rig, AEROGPU_CMD_CREATE_INPUT_LAYOUT, 0, 4, 0, 0);
    rig_fails(&rig, SL_AGPU_BAD_HANDLE);
    PACKET(&rig, AEROGPU_CMD_CREATE_INPUT_LAYOUT, 5, 4, 0, 0);
    rig_fails(&rig, SL_AGPU_HANDLE_IN_USE);
    PACKET(&rig, AEROGPU_CMD_CREATE_SAMPLER, 0, 2, 0, 0, 0);
    rig_fails(&rig, SL_AGPU_BAD_HANDLE);
    PACKET(&rig, AEROGPU_CMD_CREATE_SAMPLER, 5, 2, 0, 0, 0);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    PACKET(&rig, AEROGPU_CMD_CREATE_SAMPLER, 6, 0, 3, 0, 0);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    PACKET(&rig, AEROGPU_CMD_CREATE_SAMPLER, 6, 0, 0, 3, 0);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    PACKET(&rig, AEROGPU_CMD_CREATE_SAMPLER, 6, 0, 0, 0, 0xFFFFFFFF);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    PACKET(&rig, AEROGPU_CMD_CREATE_SAMPLER, 5, 1, 2, 2, 2);
    rig_fails(&rig, SL_AGPU_HANDLE_IN_USE);
    PACKET(&rig, AEROGPU_CMD_CREATE_SAMPLER, 6, 1, 2, 1, 0);
    rig_ok(&rig);
    rig_finish(&rig);
}
