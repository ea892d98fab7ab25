/* DRAW, DRAW_INDEXED and DISPATCH: what is checked, in which order, and that nothing else fails. */
#include "aeroexec_rig.h"

TestSuite(aeroexec_draw);

enum { TARGET = 1, DEPTH, VS9, PS9, DECLARATION, VS11, PS11, GS11, CS11, INDICES, VERTICES, ILAY };

static struct rig draw_rig(void)
{
    struct rig rig = rig_make();
    rig.context_id = 7;
    TEXTURE(&rig, .handle = TARGET, .width = 4, .height = 4);
    TEXTURE(&rig, .handle = DEPTH, .width = 4, .height = 4, .format = 32);
    rig_create_d3d9_shader(&rig, VS9, 0);
    rig_create_d3d9_shader(&rig, PS9, 1);
    PACKET(&rig, AEROGPU_CMD_CREATE_INPUT_LAYOUT, DECLARATION, 16, 0, 0, 2, 0xFF, 0x11);
    rig_create_program(&rig, VS11, SL_ABI_STAGE_VERTEX,
                       ".signature ISGN\n.element POSITION 0 0 xyzw\n"
                       ".program SHDR\nvs_4_0\ndcl_input v0.xyzw\n"
                       "dcl_output_siv o0.xyzw, position\nmov o0.xyzw, v0.xyzw\nret\n");
    rig_create_dxbc_shader(&rig, PS11, SL_ABI_STAGE_PIXEL);
    rig_create_dxbc_shader(&rig, GS11, SL_ABI_STAGE_GEOMETRY);
    rig_create_dxbc_shader(&rig, CS11, SL_ABI_STAGE_COMPUTE);
    rig_create_buffer(&rig, INDICES, 64, 0, 0);
    rig_create_buffer(&rig, VERTICES, 64, 0, 0);
    PACKET(&rig, AEROGPU_CMD_CREATE_INPUT_LAYOUT, ILAY, 44, 0, 0x59414C49, 1, 1, 0, 0x7808E88A, 0,
           2, 0, 0, 0, 0);
    rig_ok(&rig);
    rig.context_id = 0;
    return rig;
}

static void bind(struct rig *rig, uint32_t vs, uint32_t ps)
{
    PACKET(rig, AEROGPU_CMD_BIND_SHADERS, vs, ps, 0, 0);
    rig_ok(rig);
}

static enum sl_agpu_class draw(struct rig *rig, uint32_t count, uint32_t instances)
{
    PACKET(rig, AEROGPU_CMD_DRAW, count, instances, 0, 0);
    return rig_run(rig);
}

static enum sl_agpu_class draw_indexed(struct rig *rig, uint32_t count, uint32_t instances)
{
    PACKET(rig, AEROGPU_CMD_DRAW_INDEXED, count, instances, 0, 0, 0);
    return rig_run(rig);
}

/* Zero counts are no-ops, but only after the state was found good. */
static void expect_draws(struct rig *rig, enum sl_agpu_class expected)
{
    cr_assert_eq(draw(rig, 3, 1), expected, "is %s: %s", sl_agpu_class_name(rig->outcome.class_),
                 rig->outcome.detail);
    cr_assert_eq(draw(rig, 0, 1), expected);
    cr_assert_eq(draw(rig, 3, 0), expected);
}

Test(aeroexec_draw, sm5_needs_a_vertex_program_and_a_target)
{
    struct rig rig = draw_rig();
    expect_draws(&rig, SL_AGPU_INCOMPLETE_STATE);
    bind(&rig, VS11, PS11);
    expect_draws(&rig, SL_AGPU_INCOMPLETE_STATE);
    rig_set_target(&rig, TARGET, 0);
    rig_ok(&rig);
    expect_draws(&rig, SL_AGPU_OK);
    bind(&rig, VS11, 0);
    expect_draws(&rig, SL_AGPU_OK);
    rig_set_target(&rig, 0, DEPTH);
    rig_ok(&rig);
    expect_draws(&rig, SL_AGPU_OK);
    bind(&rig, 0, PS11);
    expect_draws(&rig, SL_AGPU_INCOMPLETE_STATE);
    bind(&rig, 99, PS11);
    expect_draws(&rig, SL_AGPU_INCOMPLETE_STATE);
    bind(&rig, PS11, PS11);
    expect_draws(&rig, SL_AGPU_INCOMPLETE_STATE);
    rig_finish(&rig);
}

Test(aeroexec_draw, d3d9_needs_two_programs_and_a_layout)
{
    struct rig rig = draw_rig();
    rig_set_target(&rig, TARGET, 0);
    bind(&rig, VS9, PS9);
    expect_draws(&rig, SL_AGPU_INCOMPLETE_STATE);
    PACKET(&rig, AEROGPU_CMD_SET_INPUT_LAYOUT, DECLARATION, 0);
    PACKET(&rig, AEROGPU_CMD_SET_VERTEX_BUFFERS, 0, 1, VERTICES, 12, 0, 0);
    rig_ok(&rig);
    expect_draws(&rig, SL_AGPU_OK);
    bind(&rig, VS9, 0);
    expect_draws(&rig, SL_AGPU_INCOMPLETE_STATE);
    rig_finish(&rig);
}

Test(aeroexec_draw, families_do_not_mix)
{
    struct rig rig = draw_rig();
    rig_set_target(&rig, TARGET, 0);
    PACKET(&rig, AEROGPU_CMD_SET_INPUT_LAYOUT, DECLARATION, 0);
    bind(&rig, VS9, PS11);
    expect_draws(&rig, SL_AGPU_BAD_SHADER);
    bind(&rig, VS11, PS9);
    expect_draws(&rig, SL_AGPU_BAD_SHADER);
    PACKET(&rig, AEROGPU_CMD_BIND_SHADERS, VS9, PS9, 0, GS11);
    rig_ok(&rig);
    expect_draws(&rig, SL_AGPU_BAD_SHADER);
    rig_finish(&rig);
}

Test(aeroexec_draw, patches_need_hull_and_domain)
{
    struct rig rig = draw_rig();
    rig_set_target(&rig, TARGET, 0);
    bind(&rig, VS11, PS11);
    PACKET(&rig, AEROGPU_CMD_SET_PRIMITIVE_TOPOLOGY, AEROGPU_TOPOLOGY_PATCHLIST_3, 0);
    rig_ok(&rig);
    expect_draws(&rig, SL_AGPU_INCOMPLETE_STATE);
    PACKET(&rig, AEROGPU_CMD_SET_PRIMITIVE_TOPOLOGY, AEROGPU_TOPOLOGY_TRIANGLESTRIP_ADJ, 0);
    rig_ok(&rig);
    expect_draws(&rig, SL_AGPU_OK);
    rig_finish(&rig);
}

Test(aeroexec_draw, indexed_draws_need_an_index_buffer)
{
    struct rig rig = draw_rig();
    rig_set_target(&rig, TARGET, 0);
    bind(&rig, VS11, PS11);
    cr_assert_eq(draw_indexed(&rig, 3, 1), SL_AGPU_INCOMPLETE_STATE);
    cr_assert_eq(draw_indexed(&rig, 0, 1), SL_AGPU_INCOMPLETE_STATE);
    PACKET(&rig, AEROGPU_CMD_SET_INDEX_BUFFER, TARGET, 0, 0, 0);
    rig_ok(&rig);
    cr_assert_eq(draw_indexed(&rig, 3, 1), SL_AGPU_INCOMPLETE_STATE, "a texture is none");
    PACKET(&rig, AEROGPU_CMD_SET_INDEX_BUFFER, INDICES, 1, 2, 0);
    rig_ok(&rig);
    cr_assert_eq(draw_indexed(&rig, 0, 1), SL_AGPU_BAD_VALUE);
    PACKET(&rig, AEROGPU_CMD_SET_INDEX_BUFFER, INDICES, 0, 1, 0);
    rig_ok(&rig);
    cr_assert_eq(draw_indexed(&rig, 3, 1), SL_AGPU_BAD_VALUE);
    PACKET(&rig, AEROGPU_CMD_SET_INDEX_BUFFER, INDICES, 0, 2, 0);
    rig_ok(&rig);
    cr_assert_eq(draw_indexed(&rig, 3, 1), SL_AGPU_OK);
    cr_assert_eq(draw_indexed(&rig, 3, 0), SL_AGPU_OK);
    rig_finish(&rig);
}

Test(aeroexec_draw, vertex_buffers_that_the_layout_reads)
{
    struct rig rig = draw_rig();
    rig_set_target(&rig, TARGET, 0);
    bind(&rig, VS11, PS11);
    PACKET(&rig, AEROGPU_CMD_SET_INPUT_LAYOUT, ILAY, 0);
    rig_ok(&rig);
    expect_draws(&rig, SL_AGPU_OK);
    PACKET(&rig, AEROGPU_CMD_SET_VERTEX_BUFFERS, 0, 2, VERTICES, 12, 64, 0, VERTICES, 12, 65, 0);
    rig_ok(&rig);
    expect_draws(&rig, SL_AGPU_OK);
    PACKET(&rig, AEROGPU_CMD_SET_VERTEX_BUFFERS, 0, 1, VERTICES, 12, 65, 0);
    rig_ok(&rig);
    expect_draws(&rig, SL_AGPU_OUT_OF_BOUNDS);
    rig_finish(&rig);
}

/* Not even a dirty range is read by a draw that does not happen. */
Test(aeroexec_draw, a_failing_draw_changes_nothing)
{
    struct rig rig = draw_rig();
    rig_alloc(&rig, 5, RIG_RAM_GPA, 4, false);
    rig_poke(&rig, RIG_RAM_GPA, "old.", 4);
    TEXTURE(&rig, .handle = 20, .width = 1, .height = 1, .row_pitch_bytes = 4, .alloc_id = 5);
    rig_set_target(&rig, 20, 0);
    bind(&rig, 0, PS11);
    cr_assert_eq(draw(&rig, 3, 1), SL_AGPU_INCOMPLETE_STATE);
    rig_poke(&rig, RIG_RAM_GPA, "new.", 4);
    PACKET(&rig, AEROGPU_CMD_PRESENT, 0, 0);
    rig_ok(&rig);
    cr_assert_eq(sl_agpu_exec_presented(rig.exec)->pixels[0], 'n');
    rig_finish(&rig);
}

/* Not even those whose own dirty ranges could be read, if one of a draw's resources cannot. */
Test(aeroexec_draw, all_resources_are_checked_before_one_is_read)
{
    struct rig rig = draw_rig();
    rig_alloc(&rig, 5, RIG_RAM_GPA, 4, false);
    rig_alloc(&rig, 6, RIG_RAM_GPA + 0x1000, 64, false);
    rig_poke(&rig, RIG_RAM_GPA, "old.", 4);
    TEXTURE(&rig, .handle = 20, .width = 1, .height = 1, .row_pitch_bytes = 4, .alloc_id = 5);
    rig_create_buffer(&rig, 21, 64, 6, 0);
    PACKET(&rig, AEROGPU_CMD_RESOURCE_DIRTY_RANGE, 21, 0, U64(0), U64(64));
    PACKET(&rig, AEROGPU_CMD_SET_INPUT_LAYOUT, ILAY, 0);
    PACKET(&rig, AEROGPU_CMD_SET_VERTEX_BUFFERS, 0, 1, 21, 12, 0, 0);
    rig_set_target(&rig, 20, 0);
    bind(&rig, VS11, PS11);
    rig.table.count = 1;
    cr_assert_eq(draw(&rig, 3, 1), SL_AGPU_NO_ALLOC);
    cr_assert_eq(draw(&rig, 0, 1), SL_AGPU_OK, "a draw of nothing reads nothing");
    rig_poke(&rig, RIG_RAM_GPA, "new.", 4);
    PACKET(&rig, AEROGPU_CMD_PRESENT, 0, 0);
    rig_ok(&rig);
    cr_assert_eq(sl_agpu_exec_presented(rig.exec)->pixels[0], 'n');
    rig_finish(&rig);
}

static enum sl_agpu_class dispatch(struct rig *rig, uint32_t x, uint32_t y, uint32_t z,
                                   uint32_t stage_ex)
{
    PACKET(rig, AEROGPU_CMD_DISPATCH, x, y, z, stage_ex);
    return rig_run(rig);
}

Test(aeroexec_draw, dispatch_checks_run_in_order)
{
    struct rig rig = draw_rig();
    cr_assert_eq(dispatch(&rig, 0, 1, 1, 1), SL_AGPU_BAD_VALUE);
    cr_assert_eq(dispatch(&rig, 65536, 0, 1, 2), SL_AGPU_OK);
    cr_assert_eq(dispatch(&rig, 65536, 1, 1, 2), SL_AGPU_BAD_VALUE);
    cr_assert_eq(dispatch(&rig, 1, 65536, 1, 0), SL_AGPU_BAD_VALUE);
    cr_assert_eq(dispatch(&rig, 1, 1, 0xFFFFFFFF, 0), SL_AGPU_BAD_VALUE);
    cr_assert_eq(dispatch(&rig, 1, 1, 1, 2), SL_AGPU_UNSUPPORTED);
    cr_assert_eq(dispatch(&rig, 65535, 65535, 65535, 0), SL_AGPU_INCOMPLETE_STATE);
    PACKET(&rig, AEROGPU_CMD_BIND_SHADERS, 0, 0, VS11, 0);
    rig_ok(&rig);
    cr_assert_eq(dispatch(&rig, 1, 1, 1, 0), SL_AGPU_INCOMPLETE_STATE);
    PACKET(&rig, AEROGPU_CMD_BIND_SHADERS, 0, 0, CS11, 0);
    rig_ok(&rig);
    cr_assert_eq(dispatch(&rig, 1, 1, 1, 5), SL_AGPU_OK);
    rig.minor = 2;
    cr_assert_eq(dispatch(&rig, 1, 1, 1, 1), SL_AGPU_OK, "is %s", rig.outcome.detail);
    rig_finish(&rig);
}
