/* Binding: targets, t# slots, hazards, what destruction unbinds. */
#include "aeroexec_rig.h"
#include "device/aerogpu/exec.h"
#include "device/aerogpu/stage.h"

TestSuite(aeroexec_bind);

static struct sl_agpu_context *context(struct rig *rig)
{
    return sl_agpu_get_context(rig->exec, rig->context_id);
}

static uint32_t srv(struct rig *rig, enum sl_abi_stage stage, size_t slot)
{
    return sl_agpu_stage_state(context(rig), stage)->srv[slot].range.handle;
}

static uint32_t uav(struct rig *rig, enum sl_abi_stage stage, size_t slot)
{
    return sl_agpu_stage_state(context(rig), stage)->uav[slot].handle;
}

static void make_d3d9(struct rig *rig)
{
    PACKET(rig, AEROGPU_CMD_SET_RENDER_STATE, 7, 1);
    rig_ok(rig);
}

static void make_d3d11(struct rig *rig)
{
    PACKET(rig, AEROGPU_CMD_SET_SAMPLERS, 0, 0, 0, 0);
    rig_ok(rig);
}

static void set_texture(struct rig *rig, uint32_t stage, uint32_t slot, uint32_t handle)
{
    PACKET(rig, AEROGPU_CMD_SET_TEXTURE, stage, slot, handle, 0);
    rig_ok(rig);
}

static void set_srv_buffer(struct rig *rig, uint32_t stage, uint32_t slot, uint32_t handle)
{
    PACKET(rig, AEROGPU_CMD_SET_SHADER_RESOURCE_BUFFERS, stage, slot, 1, 0, handle, 0, 0, 0);
    rig_ok(rig);
}

static void set_uav(struct rig *rig, uint32_t stage, uint32_t slot, uint32_t handle)
{
    PACKET(rig, AEROGPU_CMD_SET_UNORDERED_ACCESS_BUFFERS, stage, slot, 1, 0, handle, 0, 0, 0);
    rig_ok(rig);
}

Test(aeroexec_bind, slot_limits)
{
    static const struct {
        uint32_t opcode;
        uint32_t stage;
        uint32_t limit;
        size_t binding_words;
    } tables[] = {
        {AEROGPU_CMD_SET_SAMPLERS, 0, 16, 1},
        {AEROGPU_CMD_SET_CONSTANT_BUFFERS, 0, 14, 4},
        {AEROGPU_CMD_SET_SHADER_RESOURCE_BUFFERS, 0, 128, 4},
        {AEROGPU_CMD_SET_UNORDERED_ACCESS_BUFFERS, 2, 8, 4},
    };
    struct rig rig = rig_make();
    for (size_t i = 0; i < 4; i++) {
        uint32_t words[4 + 4 * 2] = {tables[i].stage};
        size_t count = 4 + 2 * tables[i].binding_words;
        words[1] = tables[i].limit - 2;
        words[2] = 2;
        rig_packet(&rig, tables[i].opcode, words, count);
        rig_ok(&rig);
        words[1] = tables[i].limit - 1;
        rig_packet(&rig, tables[i].opcode, words, count);
        rig_fails(&rig, SL_AGPU_BAD_VALUE);
        words[1] = 0xFFFFFFFF;
        rig_packet(&rig, tables[i].opcode, words, count);
        rig_fails(&rig, SL_AGPU_BAD_VALUE);
        words[1] = tables[i].limit + 1;
        words[2] = 0;
        rig_packet(&rig, tables[i].opcode, words, count);
        rig_fails(&rig, SL_AGPU_BAD_VALUE);
    }
    PACKET(&rig, AEROGPU_CMD_SET_TEXTURE, 0, 128, 0, 0);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    PACKET(&rig, AEROGPU_CMD_SET_TEXTURE, 0, 127, 0, 0);
    rig_ok(&rig);
    rig_finish(&rig);
}

Test(aeroexec_bind, target_checks)
{
    struct rig rig = rig_make();
    TEXTURE(&rig, .handle = 1, .width = 4, .height = 4);
    TEXTURE(&rig, .handle = 2, .width = 4, .height = 4, .format = 32);
    TEXTURE(&rig, .handle = 3, .width = 4, .height = 4, .format = 33);
    TEXTURE(&rig, .handle = 4, .width = 4, .height = 4, .format = 64);
    rig_create_buffer(&rig, 5, 16, 0, 0);
    TEXTURE(&rig, .handle = 6, .width = 4, .height = 4, .format = 5);
    PACKET(&rig, AEROGPU_CMD_CREATE_TEXTURE_VIEW, 7, 2, 32, 0, 1, 0, 1, 0, 0);
    TEXTURE(&rig, .handle = 8, .width = 4, .height = 4);
    rig_handle_packet(&rig, AEROGPU_CMD_DESTROY_RESOURCE, 8);
    rig_ok(&rig);
    static const uint32_t bad_colors[] = {2, 3, 4, 5, 7, 8, 99};
    static const uint32_t bad_depths[] = {1, 4, 5, 6, 8, 99};
    for (size_t i = 0; i < sizeof(bad_colors) / 4; i++) {
        rig_set_target(&rig, bad_colors[i], 0);
        rig_fails(&rig, SL_AGPU_BAD_HANDLE);
    }
    for (size_t i = 0; i < sizeof(bad_depths) / 4; i++) {
        rig_set_target(&rig, 0, bad_depths[i]);
        rig_fails(&rig, SL_AGPU_BAD_HANDLE);
    }
    PACKET(&rig, AEROGPU_CMD_SET_RENDER_TARGETS, 9, 99, 99, 0, 0, 0, 0, 0, 0, 0);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    PACKET(&rig, AEROGPU_CMD_SET_RENDER_TARGETS, 3, 3, 0, 1, 6, 99, 0, 0, 0, 0);
    rig_ok(&rig);
    const struct sl_agpu_context *c = context(&rig);
    cr_assert(c->color[0] == 0 && c->color[1] == 1 && c->color[2] == 6 && c->color[3] == 0);
    cr_assert_eq(c->depth, 3);
    rig_set_target(&rig, 0, 7);
    rig_ok(&rig);
    cr_assert(c->color[1] == 0 && c->color[2] == 0 && c->depth == 7);
    rig_finish(&rig);
}

Test(aeroexec_bind, a_slot_holds_a_texture_or_a_buffer)
{
    struct rig rig = rig_make();
    TEXTURE(&rig, .handle = 1, .width = 4, .height = 4);
    rig_create_buffer(&rig, 2, 16, 0, 0);
    set_texture(&rig, 0, 3, 1);
    set_srv_buffer(&rig, 0, 3, 0);
    cr_assert_eq(srv(&rig, SL_ABI_STAGE_VERTEX, 3), 1, "0 removes a buffer only");
    set_srv_buffer(&rig, 0, 3, 2);
    cr_assert_eq(srv(&rig, SL_ABI_STAGE_VERTEX, 3), 2);
    set_srv_buffer(&rig, 0, 3, 0);
    cr_assert_eq(srv(&rig, SL_ABI_STAGE_VERTEX, 3), 0);
    set_texture(&rig, 0, 3, 2);
    set_srv_buffer(&rig, 0, 3, 0);
    cr_assert_eq(srv(&rig, SL_ABI_STAGE_VERTEX, 3), 0, "SET_TEXTURE of a buffer binds a buffer");
    set_srv_buffer(&rig, 0, 3, 2);
    set_texture(&rig, 0, 3, 0);
    cr_assert_eq(srv(&rig, SL_ABI_STAGE_VERTEX, 3), 0, "SET_TEXTURE of 0 removes both");
    rig_finish(&rig);
}

Test(aeroexec_bind, constant_buffer_0_counts_as_set_once_touched)
{
    struct rig rig = rig_make();
    PACKET(&rig, AEROGPU_CMD_SET_CONSTANT_BUFFERS, 1, 1, 1, 0, 9, 0, 0, 0);
    PACKET(&rig, AEROGPU_CMD_SET_CONSTANT_BUFFERS, 1, 0, 0, 0);
    rig_ok(&rig);
    cr_assert_not(context(&rig)->stage[1].constant_buffer0_set);
    PACKET(&rig, AEROGPU_CMD_SET_CONSTANT_BUFFERS, 1, 0, 1, 0, 0, 0, 0, 0);
    rig_ok(&rig);
    cr_assert(context(&rig)->stage[1].constant_buffer0_set);
    cr_assert_not(context(&rig)->stage[0].constant_buffer0_set);
    rig_finish(&rig);
}

/* ---- hazards ---- */

/* 1 a texture, 2 a view of it, 3 an alias, 4 a depth texture, 5 a buffer */
static struct rig hazard_rig(void)
{
    struct rig rig = rig_make();
    rig.context_id = 9;
    TEXTURE(&rig, .handle = 1, .width = 4, .height = 4);
    PACKET(&rig, AEROGPU_CMD_CREATE_TEXTURE_VIEW, 2, 1, 3, 0, 1, 0, 1, 0, 0);
    PACKET(&rig, AEROGPU_CMD_EXPORT_SHARED_SURFACE, 1, 0, U64(1));
    PACKET(&rig, AEROGPU_CMD_IMPORT_SHARED_SURFACE, 3, 0, U64(1));
    TEXTURE(&rig, .handle = 4, .width = 4, .height = 4, .format = 33);
    rig_create_buffer(&rig, 5, 16, 0, 0);
    rig_ok(&rig);
    rig.context_id = 0;
    return rig;
}

Test(aeroexec_bind, d3d11_binding_a_texture_unbinds_the_target)
{
    for (uint32_t handle = 1; handle <= 3; handle++) {
        struct rig rig = hazard_rig();
        make_d3d11(&rig);
        PACKET(&rig, AEROGPU_CMD_SET_RENDER_TARGETS, 2, 4, 1, 2, 0, 0, 0, 0, 0, 0);
        rig_ok(&rig);
        set_texture(&rig, 1, 0, handle);
        cr_assert(context(&rig)->color[0] == 0 && context(&rig)->color[1] == 0);
        cr_assert_eq(context(&rig)->depth, 4);
        set_texture(&rig, 0, 7, 4);
        cr_assert_eq(context(&rig)->depth, 0);
        rig_finish(&rig);
    }
}

Test(aeroexec_bind, d3d11_binding_a_target_unbinds_the_texture)
{
    for (uint32_t handle = 1; handle <= 3; handle++) {
        struct rig rig = hazard_rig();
        make_d3d11(&rig);
        set_texture(&rig, 0, 1, 1);
        set_texture(&rig, 1, 127, 2);
        set_texture(&rig, 3, 5, 3);
        set_texture(&rig, 2, 5, 4);
        set_texture(&rig, 2, 6, 77);
        rig_set_target(&rig, handle, 0);
        rig_ok(&rig);
        cr_assert_eq(srv(&rig, SL_ABI_STAGE_VERTEX, 1), 0);
        cr_assert_eq(srv(&rig, SL_ABI_STAGE_PIXEL, 127), 0);
        cr_assert_eq(srv(&rig, SL_ABI_STAGE_GEOMETRY, 5), 0);
        cr_assert_eq(srv(&rig, SL_ABI_STAGE_COMPUTE, 5), 4);
        cr_assert_eq(srv(&rig, SL_ABI_STAGE_COMPUTE, 6), 77);
        rig_set_target(&rig, 0, 4);
        rig_ok(&rig);
        cr_assert_eq(srv(&rig, SL_ABI_STAGE_COMPUTE, 5), 0);
        rig_finish(&rig);
    }
}

Test(aeroexec_bind, d3d11_a_buffer_is_read_or_written)
{
    struct rig rig = hazard_rig();
    set_uav(&rig, 2, 7, 5);
    set_srv_buffer(&rig, 1, 3, 5);
    cr_assert_eq(uav(&rig, SL_ABI_STAGE_COMPUTE, 7), 0);
    set_uav(&rig, 3, 0, 5);
    cr_assert_eq(srv(&rig, SL_ABI_STAGE_PIXEL, 3), 0);
    set_texture(&rig, 0, 0, 5);
    cr_assert_eq(uav(&rig, SL_ABI_STAGE_GEOMETRY, 0), 0);
    set_texture(&rig, 0, 1, 1);
    set_uav(&rig, 3, 0, 1);
    cr_assert_eq(srv(&rig, SL_ABI_STAGE_VERTEX, 1), 1, "no UAV is made of a texture");
    rig_finish(&rig);
}

Test(aeroexec_bind, d3d9_has_no_hazards)
{
    struct rig rig = hazard_rig();
    make_d3d9(&rig);
    rig_set_target(&rig, 1, 4);
    rig_ok(&rig);
    set_texture(&rig, 1, 0, 1);
    set_texture(&rig, 1, 1, 4);
    cr_assert(context(&rig)->color[0] == 1 && context(&rig)->depth == 4);
    rig_set_target(&rig, 1, 4);
    rig_ok(&rig);
    cr_assert(srv(&rig, SL_ABI_STAGE_PIXEL, 0) == 1 && srv(&rig, SL_ABI_STAGE_PIXEL, 1) == 4);
    set_srv_buffer(&rig, 1, 3, 5);
    set_uav(&rig, 2, 0, 5);
    set_srv_buffer(&rig, 1, 3, 5);
    cr_assert(srv(&rig, SL_ABI_STAGE_PIXEL, 3) == 5 && uav(&rig, SL_ABI_STAGE_COMPUTE, 0) == 5);
    rig_finish(&rig);
}

Test(aeroexec_bind, an_undecided_context_has_no_hazards)
{
    struct rig rig = hazard_rig();
    rig_set_target(&rig, 1, 0);
    rig_ok(&rig);
    set_texture(&rig, 1, 0, 1);
    cr_assert_eq(context(&rig)->color[0], 1);
    cr_assert_eq(srv(&rig, SL_ABI_STAGE_PIXEL, 0), 1);
    set_texture(&rig, 1, 1, 5);
    set_uav(&rig, 2, 0, 5);
    cr_assert_eq(srv(&rig, SL_ABI_STAGE_PIXEL, 1), 0, "the packet decides before it acts");
    rig_finish(&rig);
}

/* ---- destruction ---- */

static void bind_everything(struct rig *rig)
{
    PACKET(rig, AEROGPU_CMD_BIND_SHADERS, 10, 10, 10, 10, 10, 10, 10);
    PACKET(rig, AEROGPU_CMD_SET_INPUT_LAYOUT, 11, 0);
    PACKET(rig, AEROGPU_CMD_SET_VERTEX_BUFFERS, 4, 1, 12, 16, 4, 0);
    PACKET(rig, AEROGPU_CMD_SET_INDEX_BUFFER, 12, 0, 0, 0);
    PACKET(rig, AEROGPU_CMD_SET_RENDER_TARGETS, 2, 14, 0, 13, 0, 0, 0, 0, 0, 0);
    PACKET(rig, AEROGPU_CMD_SET_TEXTURE, 0, 1, 15, 0);
    rig_ok(rig);
}

static void bind_d3d11_tables(struct rig *rig)
{
    PACKET(rig, AEROGPU_CMD_SET_SAMPLERS, 1, 2, 1, 0, 16);
    PACKET(rig, AEROGPU_CMD_SET_CONSTANT_BUFFERS, 1, 3, 1, 0, 12, 0, 0, 0);
    PACKET(rig, AEROGPU_CMD_SET_SHADER_RESOURCE_BUFFERS, 1, 4, 1, 0, 12, 0, 0, 0);
    PACKET(rig, AEROGPU_CMD_SET_UNORDERED_ACCESS_BUFFERS, 2, 5, 1, 0, 17, 0, 0, 0);
    rig_ok(rig);
}

static void expect_bound(struct rig *rig, bool bound)
{
    const struct sl_agpu_context *c = context(rig);
    for (size_t i = 0; i < 6; i++) {
        cr_assert_eq(c->stage[i].program, bound ? 10 : 0);
    }
    cr_assert_eq(c->input_layout, bound ? 11 : 0);
    cr_assert_eq(c->vertex_buffer[4].handle, bound ? 12 : 0);
    cr_assert_eq(c->index_buffer.handle, bound ? 12 : 0);
    cr_assert_eq(c->color[1], bound ? 13 : 0);
    cr_assert_eq(c->depth, bound ? 14 : 0);
    cr_assert_eq(c->stage[0].srv[1].range.handle, bound ? 15 : 0);
    cr_assert_eq(c->stage[1].sampler[2], bound ? 16 : 0);
    cr_assert_eq(c->stage[1].constant_buffer[3].handle, bound ? 12 : 0);
    cr_assert_eq(c->stage[1].srv[4].range.handle, bound ? 12 : 0);
    cr_assert_eq(uav(rig, SL_ABI_STAGE_COMPUTE, 5), bound ? 17 : 0);
}

/* d3d11 contexts drop the handle, d3d9 contexts keep the number. */
Test(aeroexec_bind, what_destruction_unbinds)
{
    struct rig rig = rig_make();
    rig.context_id = 3;
    rig_create_d3d9_shader(&rig, 10, 0);
    PACKET(&rig, AEROGPU_CMD_CREATE_INPUT_LAYOUT, 11, 8, 0, 0xFF, 0x11);
    rig_create_buffer(&rig, 12, 16, 0, 0);
    TEXTURE(&rig, .handle = 13, .width = 4, .height = 4);
    TEXTURE(&rig, .handle = 14, .width = 4, .height = 4, .format = 32);
    TEXTURE(&rig, .handle = 18, .width = 4, .height = 4);
    PACKET(&rig, AEROGPU_CMD_CREATE_TEXTURE_VIEW, 15, 18, 3, 0, 1, 0, 1, 0, 0);
    PACKET(&rig, AEROGPU_CMD_CREATE_SAMPLER, 16, 0, 0, 0, 0);
    rig_create_buffer(&rig, 17, 16, 0, 0);
    rig_ok(&rig);
    rig.context_id = 0;
    make_d3d9(&rig);
    bind_everything(&rig);
    bind_d3d11_tables(&rig);
    rig.context_id = 1;
    make_d3d11(&rig);
    bind_everything(&rig);
    bind_d3d11_tables(&rig);
    expect_bound(&rig, true);
    rig.context_id = 3;
    rig_handle_packet(&rig, AEROGPU_CMD_DESTROY_SHADER, 10);
    rig_handle_packet(&rig, AEROGPU_CMD_DESTROY_INPUT_LAYOUT, 11);
    for (uint32_t handle = 12; handle <= 14; handle++) {
        rig_handle_packet(&rig, AEROGPU_CMD_DESTROY_RESOURCE, handle);
    }
    rig_handle_packet(&rig, AEROGPU_CMD_DESTROY_TEXTURE_VIEW, 15);
    rig_handle_packet(&rig, AEROGPU_CMD_DESTROY_SAMPLER, 16);
    rig_handle_packet(&rig, AEROGPU_CMD_DESTROY_RESOURCE, 17);
    rig_ok(&rig);
    rig.context_id = 0;
    expect_bound(&rig, true);
    rig.context_id = 1;
    expect_bound(&rig, false);
    rig_finish(&rig);
}

/* A handle is resolved when it is used: a texture may come after its binding, and be another. */
Test(aeroexec_bind, d3d9_targets_are_resolved_at_use)
{
    struct rig rig = rig_make();
    make_d3d9(&rig);
    TEXTURE(&rig, .handle = 1, .width = 1, .height = 1);
    rig_set_target(&rig, 1, 0);
    rig_handle_packet(&rig, AEROGPU_CMD_DESTROY_RESOURCE, 1);
    PACKET(&rig, AEROGPU_CMD_PRESENT, 0, 0);
    rig_ok(&rig);
    cr_assert_null(sl_agpu_exec_presented(rig.exec));
    TEXTURE(&rig, .handle = 1, .width = 3, .height = 2);
    PACKET(&rig, AEROGPU_CMD_PRESENT, 0, 0);
    rig_ok(&rig);
    cr_assert_eq(sl_agpu_exec_presented(rig.exec)->width, 3);
    rig_finish(&rig);
}
