/* Shared surfaces: tokens unknown, live and retired; aliases; reserved handles. */
#include "aeroexec_rig.h"

#include <string.h>

TestSuite(aeroexec_shared);

static enum sl_agpu_class export(struct rig *rig, uint32_t handle, uint64_t token) {
    PACKET(rig, AEROGPU_CMD_EXPORT_SHARED_SURFACE, handle, 0, U64(token)); return rig_run(rig);
}

static enum sl_agpu_class import(struct rig *rig, uint32_t handle, uint64_t token)
{
    PACKET(rig, AEROGPU_CMD_IMPORT_SHARED_SURFACE, handle, 0, U64(token));
    return rig_run(rig);
}

static void release(struct rig *rig, uint64_t token)
{
    PACKET(rig, AEROGPU_CMD_RELEASE_SHARED_SURFACE, U64(token), U64(0));
    rig_ok(rig);
}

static void destroy(struct rig *rig, uint32_t handle)
{
    rig_handle_packet(rig, AEROGPU_CMD_DESTROY_RESOURCE, handle);
    rig_ok(rig);
}

#define T1 UINT64_C(0x100000001)
#define T2 UINT64_C(0x200000001)

static struct rig shared_rig(void)
{
    struct rig rig = rig_make();
    TEXTURE(&rig, .handle = 1, .width = 1, .height = 1);
    TEXTURE(&rig, .handle = 2, .width = 1, .height = 1);
    rig_upload(&rig, 1, 0, "one.", 4);
    rig_upload(&rig, 2, 0, "two.", 4);
    rig_ok(&rig);
    return rig;
}

static void expect_texel(struct rig *rig, uint32_t handle, const char *text)
{
    char texel[5] = "";
    rig_read_texture(rig, handle, 3, 0, 0, 1, 1, texel, 4);
    cr_assert_str_eq(texel, text);
}

Test(aeroexec_shared, export_rules)
{
    struct rig rig = shared_rig();
    rig_create_buffer(&rig, 3, 4, 0, 0);
    PACKET(&rig, AEROGPU_CMD_CREATE_TEXTURE_VIEW, 4, 1, 3, 0, 1, 0, 1, 0, 0);
    rig_ok(&rig);
    cr_assert_eq(export(&rig, 0, 0), SL_AGPU_BAD_HANDLE);
    cr_assert_eq(export(&rig, 99, T1), SL_AGPU_BAD_HANDLE);
    cr_assert_eq(export(&rig, 3, T1), SL_AGPU_BAD_HANDLE, "a buffer");
    cr_assert_eq(export(&rig, 4, T1), SL_AGPU_BAD_HANDLE, "a view");
    cr_assert_eq(export(&rig, 1, 0), SL_AGPU_BAD_TOKEN);
    cr_assert_eq(export(&rig, 1, T1), SL_AGPU_OK);
    cr_assert_eq(export(&rig, 1, T1), SL_AGPU_OK);
    cr_assert_eq(export(&rig, 1, T2), SL_AGPU_OK, "a surface has several tokens");
    cr_assert_eq(export(&rig, 2, T1), SL_AGPU_BAD_TOKEN, "another's");
    cr_assert_eq(import(&rig, 5, T1), SL_AGPU_OK);
    cr_assert_eq(export(&rig, 5, T1), SL_AGPU_OK, "the alias is the same surface");
    cr_assert_eq(export(&rig, 5, 7), SL_AGPU_OK);
    release(&rig, T1);
    cr_assert_eq(export(&rig, 1, T1), SL_AGPU_BAD_TOKEN, "retired");
    cr_assert_eq(export(&rig, 2, T1), SL_AGPU_BAD_TOKEN);
    rig_finish(&rig);
}

Test(aeroexec_shared, import_rules)
{
    struct rig rig = shared_rig();
    cr_assert_eq(import(&rig, 5, T1), SL_AGPU_BAD_TOKEN);
    cr_assert_eq(import(&rig, 5, 0), SL_AGPU_BAD_TOKEN);
    cr_assert_eq(export(&rig, 1, T1), SL_AGPU_OK);
    cr_assert_eq(export(&rig, 2, T2), SL_AGPU_OK);
    cr_assert_eq(import(&rig, 0, 0), SL_AGPU_BAD_HANDLE);
    cr_assert_eq(import(&rig, 5, T1), SL_AGPU_OK);
    cr_assert_eq(import(&rig, 5, T1), SL_AGPU_OK, "again is nothing");
    cr_assert_eq(import(&rig, 5, T2), SL_AGPU_HANDLE_IN_USE);
    cr_assert_eq(import(&rig, 1, T1), SL_AGPU_HANDLE_IN_USE, "the original is no alias");
    cr_assert_eq(import(&rig, 2, T1), SL_AGPU_HANDLE_IN_USE);
    expect_texel(&rig, 5, "one.");
    rig_upload(&rig, 5, 0, "ali.", 4);
    rig_ok(&rig);
    expect_texel(&rig, 1, "ali.");
    rig_finish(&rig);
}

Test(aeroexec_shared, release_rules)
{
    struct rig rig = shared_rig();
    release(&rig, 0);
    release(&rig, T1);
    cr_assert_eq(export(&rig, 1, T1), SL_AGPU_OK, "an unknown token stays unknown");
    cr_assert_eq(import(&rig, 5, T1), SL_AGPU_OK);
    release(&rig, T1);
    release(&rig, T1);
    cr_assert_eq(import(&rig, 6, T1), SL_AGPU_BAD_TOKEN);
    cr_assert_eq(import(&rig, 5, T1), SL_AGPU_BAD_TOKEN, "the token is looked at first");
    expect_texel(&rig, 5, "one.");
    rig_finish(&rig);
}

Test(aeroexec_shared, the_last_handle_takes_the_tokens_along)
{
    struct rig rig = shared_rig();
    cr_assert_eq(export(&rig, 1, T1), SL_AGPU_OK);
    cr_assert_eq(export(&rig, 1, T2), SL_AGPU_OK);
    cr_assert_eq(import(&rig, 5, T1), SL_AGPU_OK);
    destroy(&rig, 1);
    cr_assert_eq(import(&rig, 6, T2), SL_AGPU_OK);
    destroy(&rig, 5);
    expect_texel(&rig, 6, "one.");
    destroy(&rig, 6);
    cr_assert_eq(import(&rig, 7, T1), SL_AGPU_BAD_TOKEN);
    cr_assert_eq(export(&rig, 2, T2), SL_AGPU_BAD_TOKEN, "retired for ever");
    TEXTURE(&rig, .handle = 1, .width = 3, .height = 3);
    TEXTURE(&rig, .handle = 6, .width = 3, .height = 3);
    rig_ok(&rig);
    rig_finish(&rig);
}

/* While only aliases are left, the number of the original is taken and names nothing. */
Test(aeroexec_shared, a_destroyed_original_reserves_its_handle)
{
    static const uint32_t destroys[] = {
        AEROGPU_CMD_DESTROY_RESOURCE,     AEROGPU_CMD_DESTROY_SHADER,
        AEROGPU_CMD_DESTROY_INPUT_LAYOUT, AEROGPU_CMD_DESTROY_SAMPLER,
        AEROGPU_CMD_DESTROY_TEXTURE_VIEW,
    };
    struct rig rig = shared_rig();
    cr_assert_eq(export(&rig, 1, T1), SL_AGPU_OK);
    cr_assert_eq(import(&rig, 5, T1), SL_AGPU_OK);
    destroy(&rig, 1);
    for (size_t i = 0; i < 5; i++) {
        rig_handle_packet(&rig, destroys[i], 1);
        rig_ok(&rig);
    }
    TEXTURE(&rig, .handle = 1, .width = 1, .height = 1);
    rig_fails(&rig, SL_AGPU_HANDLE_IN_USE);
    rig_create_buffer(&rig, 1, 4, 0, 0);
    rig_fails(&rig, SL_AGPU_HANDLE_IN_USE);
    PACKET(&rig, AEROGPU_CMD_CREATE_SAMPLER, 1, 0, 0, 0, 0);
    rig_fails(&rig, SL_AGPU_HANDLE_IN_USE);
    PACKET(&rig, AEROGPU_CMD_CREATE_TEXTURE_VIEW, 1, 5, 3, 0, 1, 0, 1, 0, 0);
    rig_fails(&rig, SL_AGPU_HANDLE_IN_USE);
    cr_assert_eq(import(&rig, 1, T1), SL_AGPU_HANDLE_IN_USE);
    cr_assert_eq(export(&rig, 1, T1), SL_AGPU_BAD_HANDLE);
    rig_upload(&rig, 1, 0, "no..", 4);
    rig_fails(&rig, SL_AGPU_BAD_HANDLE);
    PACKET(&rig, AEROGPU_CMD_RESOURCE_DIRTY_RANGE, 1, 0, U64(0), U64(0));
    rig_fails(&rig, SL_AGPU_BAD_HANDLE);
    PACKET(&rig, AEROGPU_CMD_COPY_TEXTURE2D, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0);
    rig_fails(&rig, SL_AGPU_BAD_HANDLE);
    PACKET(&rig, AEROGPU_CMD_CREATE_TEXTURE_VIEW, 9, 1, 3, 0, 1, 0, 1, 0, 0);
    rig_fails(&rig, SL_AGPU_BAD_HANDLE);
    expect_texel(&rig, 5, "one.");
    destroy(&rig, 5);
    TEXTURE(&rig, .handle = 1, .width = 9, .height = 9);
    rig_ok(&rig);
    rig_finish(&rig);
}

Test(aeroexec_shared, no_packet_binds_a_reserved_handle)
{
    struct rig rig = shared_rig();
    cr_assert_eq(export(&rig, 1, T1), SL_AGPU_OK);
    cr_assert_eq(import(&rig, 5, T1), SL_AGPU_OK);
    destroy(&rig, 1);
    static const struct {
        uint32_t opcode;
        uint32_t words[10];
        size_t count;
    } packets[] = {
        {AEROGPU_CMD_BIND_SHADERS, {0, 0, 0, 1}, 4},
        {AEROGPU_CMD_BIND_SHADERS, {0, 0, 0, 0, 0, 0, 1}, 7},
        {AEROGPU_CMD_SET_INPUT_LAYOUT, {1, 0}, 2},
        {AEROGPU_CMD_SET_RENDER_TARGETS, {1, 0, 1}, 10},
        {AEROGPU_CMD_SET_RENDER_TARGETS, {0, 1}, 10},
        {AEROGPU_CMD_SET_VERTEX_BUFFERS, {0, 2, 0, 0, 0, 0, 1, 0, 0, 0}, 10},
        {AEROGPU_CMD_SET_INDEX_BUFFER, {1, 0, 0, 0}, 4},
        {AEROGPU_CMD_SET_TEXTURE, {0, 0, 1, 0}, 4},
        {AEROGPU_CMD_SET_SAMPLERS, {0, 0, 2, 0, 0, 1}, 6},
        {AEROGPU_CMD_SET_CONSTANT_BUFFERS, {0, 0, 1, 0, 1, 0, 0, 0}, 8},
        {AEROGPU_CMD_SET_SHADER_RESOURCE_BUFFERS, {0, 0, 1, 0, 1, 0, 0, 0}, 8},
        {AEROGPU_CMD_SET_UNORDERED_ACCESS_BUFFERS, {2, 0, 1, 0, 1, 0, 0, 0}, 8},
    };
    for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
        rig_packet(&rig, packets[i].opcode, packets[i].words, packets[i].count);
        rig_fails(&rig, SL_AGPU_BAD_HANDLE);
    }
    rig_finish(&rig);
}

/* Views keep the bytes, but neither the number nor the tokens. */
Test(aeroexec_shared, views_do_not_count)
{
    struct rig rig = shared_rig();
    PACKET(&rig, AEROGPU_CMD_CREATE_TEXTURE_VIEW, 9, 1, 3, 0, 1, 0, 1, 0, 0);
    rig_ok(&rig);
    cr_assert_eq(export(&rig, 1, T1), SL_AGPU_OK);
    destroy(&rig, 1);
    cr_assert_eq(import(&rig, 5, T1), SL_AGPU_BAD_TOKEN);
    TEXTURE(&rig, .handle = 1, .width = 3, .height = 3);
    rig_set_target(&rig, 9, 0);
    PACKET(&rig, AEROGPU_CMD_PRESENT, 0, 0);
    rig_ok(&rig);
    cr_assert_eq(memcmp(sl_agpu_exec_presented(rig.exec)->pixels, "one.", 4), 0);
    destroy(&rig, 1);
    rig_handle_packet(&rig, AEROGPU_CMD_DESTROY_TEXTURE_VIEW, 9);
    rig_ok(&rig);
    rig_finish(&rig);
}

/* The alias is followed without binding it again. */
Test(aeroexec_shared, a_bound_alias_may_become_another_surface)
{
    struct rig rig = shared_rig();
    cr_assert_eq(export(&rig, 1, T1), SL_AGPU_OK);
    cr_assert_eq(export(&rig, 2, T2), SL_AGPU_OK);
    cr_assert_eq(import(&rig, 5, T1), SL_AGPU_OK);
    PACKET(&rig, AEROGPU_CMD_SET_RENDER_STATE, 7, 1);
    rig_set_target(&rig, 5, 0);
    rig_ok(&rig);
    destroy(&rig, 5);
    cr_assert_eq(import(&rig, 5, T2), SL_AGPU_OK);
    PACKET(&rig, AEROGPU_CMD_PRESENT, 0, 0);
    rig_ok(&rig);
    cr_assert_eq(memcmp(sl_agpu_exec_presented(rig.exec)->pixels, "two.", 4), 0);
    rig_finish(&rig);
}

Test(aeroexec_shared, an_alias_is_no_handle_to_rebind)
{
    struct rig rig = shared_rig();
    cr_assert_eq(export(&rig, 1, T1), SL_AGPU_OK);
    cr_assert_eq(import(&rig, 5, T1), SL_AGPU_OK);
    TEXTURE(&rig, .handle = 5, .width = 1, .height = 1);
    rig_fails(&rig, SL_AGPU_HANDLE_IN_USE);
    TEXTURE(&rig, .handle = 1, .width = 1, .height = 1);
    rig_ok(&rig);
    expect_texel(&rig, 5, "one.");
    rig_finish(&rig);
}
