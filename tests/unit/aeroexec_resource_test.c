/* Buffers, textures, views: creation, rebinding, upload, destruction. */
#include "aeroexec_rig.h"

#include <string.h>

TestSuite(aeroexec_resource);

Test(aeroexec_resource, buffer_creation_checks)
{
    struct rig rig = rig_make();
    rig_alloc(&rig, 5, RIG_RAM_GPA, 64, false);
    rig_create_buffer(&rig, 0, 3, 6, 0);
    rig_fails(&rig, SL_AGPU_BAD_HANDLE);
    rig_create_buffer(&rig, 1, 0, 6, 0);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    rig_create_buffer(&rig, 1, 6, 6, 0);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    rig_create_buffer(&rig, 1, UINT64_C(1) << 31, 0, 0);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    rig_create_buffer(&rig, 1, UINT64_MAX - 3, 0, 0);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    rig_create_buffer(&rig, 1, 64, 6, 0);
    rig_fails(&rig, SL_AGPU_NO_ALLOC);
    rig_create_buffer(&rig, 1, 64, 5, 4);
    rig_fails(&rig, SL_AGPU_OUT_OF_BOUNDS);
    rig_create_buffer(&rig, 1, 64, 5, 0xFFFFFFFF);
    rig_fails(&rig, SL_AGPU_OUT_OF_BOUNDS);
    rig_create_buffer(&rig, 1, 60, 5, 4);
    rig_ok(&rig);
    rig_finish(&rig);
}

Test(aeroexec_resource, texture_creation_checks)
{
    static const struct {
        struct rig_texture texture;
        enum sl_agpu_class class_;
    } cases[] = {
        {{.handle = 0, .width = 4, .height = 4}, SL_AGPU_BAD_HANDLE},
        {{.handle = 1, .width = 0, .height = 4}, SL_AGPU_BAD_VALUE},
        {{.handle = 1, .width = 4, .height = 0}, SL_AGPU_BAD_VALUE},
        {{.handle = 1, .width = 16385, .height = 4}, SL_AGPU_BAD_VALUE},
        {{.handle = 1, .width = 4, .height = 16385}, SL_AGPU_BAD_VALUE},
        {{.handle = 1, .width = 4, .height = 4, .layers = 2049}, SL_AGPU_BAD_VALUE},
        {{.handle = 1, .width = 4, .height = 4, .mips = 4}, SL_AGPU_BAD_VALUE},
        {{.handle = 1, .width = 7, .height = 1, .mips = 4}, SL_AGPU_BAD_VALUE},
        {{.handle = 1, .width = 4, .height = 4, .mips = UINT32_MAX}, SL_AGPU_BAD_VALUE},
        {{.handle = 1, .width = 4, .height = 4, .format = 11}, SL_AGPU_BAD_VALUE},
        {{.handle = 1, .width = 4, .height = 4, .format = 72}, SL_AGPU_BAD_VALUE},
        {{.handle = 1, .width = 4, .height = 4, .row_pitch_bytes = 15}, SL_AGPU_BAD_VALUE},
        {{.handle = 1, .width = 5, .height = 5, .format = 64, .row_pitch_bytes = 15},
         SL_AGPU_BAD_VALUE},
        {{.handle = 1, .width = 4, .height = 4, .alloc_id = 5}, SL_AGPU_BAD_VALUE},
        {{.handle = 1, .width = 4, .height = 4, .alloc_id = 6}, SL_AGPU_BAD_VALUE},
        {{.handle = 1, .width = 4, .height = 4, .alloc_id = 6, .row_pitch_bytes = 16},
         SL_AGPU_NO_ALLOC},
        {{.handle = 1, .width = 4, .height = 4, .alloc_id = 5, .row_pitch_bytes = 20},
         SL_AGPU_OUT_OF_BOUNDS},
        {{.handle = 1,
          .width = 4,
          .height = 4,
          .alloc_id = 5,
          .row_pitch_bytes = 16,
          .offset_bytes = 4},
         SL_AGPU_OUT_OF_BOUNDS},
        {{.handle = 1, .width = 4, .height = 4, .row_pitch_bytes = 0xFFFFFFFF, .alloc_id = 5},
         SL_AGPU_OUT_OF_BOUNDS},
        {{.handle = 1, .width = 4, .height = 4, .format = 64, .usage_flags = 0x10},
         SL_AGPU_BAD_VALUE},
        {{.handle = 1, .width = 4, .height = 4, .format = 71, .usage_flags = 0x20},
         SL_AGPU_BAD_VALUE},
        {{.handle = 1, .width = 4, .height = 4, .format = 66, .usage_flags = 0x40},
         SL_AGPU_BAD_VALUE},
        {{.handle = 1, .width = 4, .height = 4, .alloc_id = 5, .row_pitch_bytes = 16}, SL_AGPU_OK},
        {{.handle = 2, .width = 4, .height = 4, .mips = 3, .layers = 6}, SL_AGPU_OK},
        {{.handle = 3, .width = 8, .height = 1, .mips = 4}, SL_AGPU_OK},
        {{.handle = 4, .width = 5, .height = 3, .format = 70, .usage_flags = 0x8}, SL_AGPU_OK},
        {{.handle = 5, .width = 16384, .height = 1}, SL_AGPU_OK},
        {{.handle = 6, .width = 1, .height = 1, .layers = 2048}, SL_AGPU_OK},
    };
    struct rig rig = rig_make();
    rig_alloc(&rig, 5, RIG_RAM_GPA, 64, false);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rig_create_texture(&rig, &cases[i].texture);
        enum sl_agpu_class class_ = rig_run(&rig);
        cr_assert_eq(class_, cases[i].class_, "case %zu is %s: %s", i, sl_agpu_class_name(class_),
                     rig.outcome.detail);
    }
    PACKET(&rig, AEROGPU_CMD_CREATE_TEXTURE2D, 9, 0, 0, 4, 4, 1, 1, 0, 0, 0, 0, 0);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    PACKET(&rig, AEROGPU_CMD_CREATE_TEXTURE2D, 9, 0, 3, 4, 4, 0, 1, 0, 0, 0, 0, 0);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    PACKET(&rig, AEROGPU_CMD_CREATE_TEXTURE2D, 9, 0, 3, 4, 4, 1, 0, 0, 0, 0, 0, 0);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    rig_finish(&rig);
}

Test(aeroexec_resource, every_format_can_be_created)
{
    struct rig rig = rig_make();
    for (size_t i = 0; i < sl_abi_aerogpu.format_count; i++) {
        uint32_t format = sl_abi_aerogpu.formats[i].value;
        if (format != AEROGPU_FORMAT_INVALID) {
            TEXTURE(&rig, .handle = 100 + format, .format = format, .width = 5, .height = 3,
                    .mips = 3, .layers = 2);
        }
    }
    rig_ok(&rig);
    rig_finish(&rig);
}

/* Format 3, 5 x 3, 3 mips, 2 layers, pitch 32: 216 bytes; (mip 1, layer 1) is at 204. */
Test(aeroexec_resource, linear_image_of_the_layout_example)
{
    struct rig rig = rig_make();
    uint8_t image[216];
    uint8_t texels[60];
    for (unsigned i = 0; i < sizeof(image); i++) {
        image[i] = (uint8_t)(i + 1);
    }
    TEXTURE(&rig, .handle = 1, .width = 5, .height = 3, .mips = 3, .layers = 2,
            .row_pitch_bytes = 32);
    rig_upload(&rig, 1, 0, image, sizeof(image));
    rig_ok(&rig);
    rig_upload(&rig, 1, 213, image, 4);
    rig_fails(&rig, SL_AGPU_OUT_OF_BOUNDS);
    rig_upload(&rig, 1, UINT64_MAX, image, 4);
    rig_fails(&rig, SL_AGPU_OUT_OF_BOUNDS);
    rig_read_texture(&rig, 1, 3, 0, 0, 5, 3, texels, 60);
    for (unsigned y = 0; y < 3; y++) {
        cr_assert_eq(memcmp(texels + 20 * y, image + 32 * y, 20), 0, "row %u", y);
    }
    rig_read_texture(&rig, 1, 3, 0, 1, 5, 3, texels, 60);
    cr_assert_eq(memcmp(texels + 40, image + 108 + 64, 20), 0);
    rig_read_texture(&rig, 1, 3, 1, 1, 2, 1, texels, 8);
    cr_assert_eq(memcmp(texels, image + 204, 8), 0);
    rig_read_texture(&rig, 1, 3, 2, 0, 1, 1, texels, 4);
    cr_assert_eq(memcmp(texels, image + 104, 4), 0);
    rig_finish(&rig);
}

Test(aeroexec_resource, an_upload_starts_and_ends_anywhere)
{
    struct rig rig = rig_make();
    uint8_t texels[16];
    TEXTURE(&rig, .handle = 1, .width = 2, .height = 2, .row_pitch_bytes = 12);
    rig_upload(&rig, 1, 7, "ABCDEFGH", 8); /* byte 7 of row 0, padding 8..11, bytes 0..2 of row 1 */
    rig_ok(&rig);
    rig_read_texture(&rig, 1, 3, 0, 0, 2, 2, texels, 16);
    static const uint8_t expected[16] = {[7] = 'A', [8] = 'F', [9] = 'G', [10] = 'H'};
    cr_assert_eq(memcmp(texels, expected, 16), 0);
    rig_upload(&rig, 1, 8, "xyz", 3);
    rig_ok(&rig);
    rig_read_texture(&rig, 1, 3, 0, 0, 2, 2, texels, 16);
    cr_assert_eq(memcmp(texels, expected, 16), 0, "padding is nowhere");
    rig_finish(&rig);
}

Test(aeroexec_resource, upload_checks_run_in_order)
{
    struct rig rig = rig_make();
    rig_create_buffer(&rig, 1, 16, 0, 0);
    PACKET(&rig, AEROGPU_CMD_CREATE_SAMPLER, 2, 0, 0, 0, 0);
    TEXTURE(&rig, .handle = 3, .width = 1, .height = 1);
    PACKET(&rig, AEROGPU_CMD_CREATE_TEXTURE_VIEW, 4, 3, 3, 0, 1, 0, 1, 0, 0);
    rig_ok(&rig);
    static const uint32_t not_resources[] = {0, 2, 4, 99};
    for (unsigned i = 0; i < 4; i++) {
        rig_upload(&rig, not_resources[i], 2, "", 0);
        rig_fails(&rig, SL_AGPU_BAD_HANDLE);
    }
    rig_upload(&rig, 1, 99, "", 0);
    rig_ok(&rig);
    rig_upload(&rig, 1, 18, "abcd", 4);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    rig_upload(&rig, 1, 16, "ab", 2);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    rig_upload(&rig, 1, 16, "abcd", 4);
    rig_fails(&rig, SL_AGPU_OUT_OF_BOUNDS);
    rig_upload(&rig, 1, 12, "abcd", 4);
    rig_ok(&rig);
    uint8_t bytes[8];
    rig_read_buffer(&rig, 1, 8, bytes, 8);
    cr_assert_eq(memcmp(bytes, "\0\0\0\0abcd", 8), 0);
    rig_finish(&rig);
}

Test(aeroexec_resource, one_id_space_for_all_kinds)
{
    struct rig rig = rig_make();
    rig_create_buffer(&rig, 1, 16, 0, 0);
    TEXTURE(&rig, .handle = 2, .width = 4, .height = 4);
    PACKET(&rig, AEROGPU_CMD_CREATE_TEXTURE_VIEW, 3, 2, 3, 0, 1, 0, 1, 0, 0);
    rig_create_d3d9_shader(&rig, 4, 0);
    PACKET(&rig, AEROGPU_CMD_CREATE_INPUT_LAYOUT, 5, 8, 0, 0x000000FF, 0x00000011);
    PACKET(&rig, AEROGPU_CMD_CREATE_SAMPLER, 6, 0, 0, 0, 0);
    PACKET(&rig, AEROGPU_CMD_EXPORT_SHARED_SURFACE, 2, 0, U64(1));
    PACKET(&rig, AEROGPU_CMD_IMPORT_SHARED_SURFACE, 7, 0, U64(1));
    rig_ok(&rig);
    for (uint32_t handle = 1; handle <= 7; handle++) {
        rig_create_buffer(&rig, handle, 32, 0, 0);
        rig_fails(&rig, SL_AGPU_HANDLE_IN_USE);
        TEXTURE(&rig, .handle = handle, .width = 4, .height = 5);
        rig_fails(&rig, SL_AGPU_HANDLE_IN_USE);
        PACKET(&rig, AEROGPU_CMD_CREATE_TEXTURE_VIEW, handle, 2, 3, 0, 1, 0, 1, 0, 0);
        rig_fails(&rig, SL_AGPU_HANDLE_IN_USE);
        rig_create_d3d9_shader(&rig, handle, 0);
        rig_fails(&rig, SL_AGPU_HANDLE_IN_USE);
        PACKET(&rig, AEROGPU_CMD_CREATE_INPUT_LAYOUT, handle, 8, 0, 0x000000FF, 0x00000011);
        rig_fails(&rig, SL_AGPU_HANDLE_IN_USE);
        PACKET(&rig, AEROGPU_CMD_CREATE_SAMPLER, handle, 0, 0, 0, 0);
        rig_fails(&rig, SL_AGPU_HANDLE_IN_USE);
    }
    rig_create_buffer(&rig, 7, 16, 0, 0);
    rig_fails(&rig, SL_AGPU_HANDLE_IN_USE);
    TEXTURE(&rig, .handle = 7, .width = 4, .height = 4);
    rig_fails(&rig, SL_AGPU_HANDLE_IN_USE);
    rig_finish(&rig);
}

Test(aeroexec_resource, an_identical_description_rebinds)
{
    struct rig rig = rig_make();
    uint8_t bytes[16];
    rig_alloc(&rig, 5, RIG_RAM_GPA, 64, false);
    rig_create_buffer(&rig, 1, 16, 0, 0);
    rig_upload(&rig, 1, 0, "0123456789abcdef", 16);
    rig_create_buffer(&rig, 1, 16, 0, 0);
    rig_ok(&rig);
    rig_read_buffer(&rig, 1, 0, bytes, 16);
    cr_assert_eq(memcmp(bytes, "0123456789abcdef", 16), 0, "content is kept");
    rig_create_buffer(&rig, 1, 20, 0, 0);
    rig_fails(&rig, SL_AGPU_HANDLE_IN_USE);
    PACKET(&rig, AEROGPU_CMD_CREATE_BUFFER, 1, 1, U64(16), 0, 0, 0, 0);
    rig_fails(&rig, SL_AGPU_HANDLE_IN_USE);
    rig_create_buffer(&rig, 1, 16, 6, 0);
    rig_fails(&rig, SL_AGPU_NO_ALLOC);
    rig_create_buffer(&rig, 1, 16, 5, 52);
    rig_fails(&rig, SL_AGPU_OUT_OF_BOUNDS);
    rig_poke(&rig, RIG_RAM_GPA + 8, "ABCDEFGHIJKLMNOP", 16);
    rig_create_buffer(&rig, 1, 16, 5, 8);
    rig_ok(&rig);
    rig_read_buffer(&rig, 1, 0, bytes, 16);
    cr_assert_eq(memcmp(bytes, "ABCDEFGHIJKLMNOP", 16), 0, "the new backing makes all of it dirty");
    rig_finish(&rig);
}

/* Upload under one pitch, rebind with another: the texels stay where they are. */
Test(aeroexec_resource, rebinding_a_texture_may_change_its_pitch)
{
    struct rig rig = rig_make();
    uint8_t texels[16];
    TEXTURE(&rig, .handle = 1, .width = 2, .height = 2);
    rig_upload(&rig, 1, 0, "0123456789abcdef", 16);
    TEXTURE(&rig, .handle = 1, .width = 2, .height = 2, .row_pitch_bytes = 100);
    rig_ok(&rig);
    rig_read_texture(&rig, 1, 3, 0, 0, 2, 2, texels, 16);
    cr_assert_eq(memcmp(texels, "0123456789abcdef", 16), 0);
    rig_upload(&rig, 1, 100, "WXYZ", 4);
    rig_ok(&rig);
    rig_read_texture(&rig, 1, 3, 0, 0, 2, 2, texels, 16);
    cr_assert_eq(memcmp(texels, "01234567WXYZcdef", 16), 0);
    TEXTURE(&rig, .handle = 1, .width = 2, .height = 2, .format = 4);
    rig_fails(&rig, SL_AGPU_HANDLE_IN_USE);
    TEXTURE(&rig, .handle = 1, .width = 2, .height = 2, .mips = 2);
    rig_fails(&rig, SL_AGPU_HANDLE_IN_USE);
    TEXTURE(&rig, .handle = 1, .width = 2, .height = 2, .usage_flags = 8);
    rig_fails(&rig, SL_AGPU_HANDLE_IN_USE);
    rig_finish(&rig);
}

Test(aeroexec_resource, destroying)
{
    static const uint32_t destroy[] = {
        AEROGPU_CMD_DESTROY_RESOURCE,     AEROGPU_CMD_DESTROY_RESOURCE,
        AEROGPU_CMD_DESTROY_TEXTURE_VIEW, AEROGPU_CMD_DESTROY_SHADER,
        AEROGPU_CMD_DESTROY_INPUT_LAYOUT, AEROGPU_CMD_DESTROY_SAMPLER,
    };
    struct rig rig = rig_make();
    rig_create_buffer(&rig, 1, 16, 0, 0);
    TEXTURE(&rig, .handle = 2, .width = 4, .height = 4);
    PACKET(&rig, AEROGPU_CMD_CREATE_TEXTURE_VIEW, 3, 2, 3, 0, 1, 0, 1, 0, 0);
    rig_create_d3d9_shader(&rig, 4, 0);
    PACKET(&rig, AEROGPU_CMD_CREATE_INPUT_LAYOUT, 5, 8, 0, 0x000000FF, 0x00000011);
    PACKET(&rig, AEROGPU_CMD_CREATE_SAMPLER, 6, 0, 0, 0, 0);
    rig_ok(&rig);
    for (uint32_t handle = 1; handle <= 6; handle++) {
        for (unsigned i = 1; i < 6; i++) {
            bool same = destroy[i] == destroy[handle - 1];
            if (!same) {
                rig_handle_packet(&rig, destroy[i], handle);
                rig_fails(&rig, SL_AGPU_BAD_HANDLE);
            }
        }
    }
    for (uint32_t handle = 1; handle <= 6; handle++) {
        rig_handle_packet(&rig, destroy[handle - 1], handle);
        rig_handle_packet(&rig, destroy[handle - 1], handle);
        rig_handle_packet(&rig, destroy[handle - 1], 0);
        rig_handle_packet(&rig, destroy[handle - 1], 1000);
        rig_create_buffer(&rig, handle, 24, 0, 0);
    }
    rig_ok(&rig);
    rig_finish(&rig);
}

Test(aeroexec_resource, view_creation_checks)
{
    struct rig rig = rig_make();
    TEXTURE(&rig, .handle = 1, .width = 8, .height = 8, .mips = 3, .layers = 4);
    rig_create_buffer(&rig, 2, 16, 0, 0);
    PACKET(&rig, AEROGPU_CMD_CREATE_TEXTURE_VIEW, 3, 1, 3, 1, 2, 2, 2, 0, 0);
    rig_ok(&rig);
    static const struct {
        uint32_t words[7];
        enum sl_agpu_class class_;
    } cases[] = {
        {{0, 1, 3, 0, 1, 0, 1}, SL_AGPU_BAD_HANDLE},
        {{4, 0, 3, 0, 1, 0, 1}, SL_AGPU_BAD_HANDLE},
        {{4, 9, 3, 0, 1, 0, 1}, SL_AGPU_BAD_HANDLE},
        {{4, 2, 3, 0, 1, 0, 1}, SL_AGPU_BAD_HANDLE},
        {{4, 3, 3, 0, 1, 0, 1}, SL_AGPU_BAD_HANDLE},
        {{4, 1, 3, 0, 0, 0, 1}, SL_AGPU_OUT_OF_BOUNDS},
        {{4, 1, 3, 0, 1, 0, 0}, SL_AGPU_OUT_OF_BOUNDS},
        {{4, 1, 3, 0, 4, 0, 1}, SL_AGPU_OUT_OF_BOUNDS},
        {{4, 1, 3, 3, 1, 0, 1}, SL_AGPU_OUT_OF_BOUNDS},
        {{4, 1, 3, 1, 0xFFFFFFFF, 0, 1}, SL_AGPU_OUT_OF_BOUNDS},
        {{4, 1, 3, 0, 1, 4, 1}, SL_AGPU_OUT_OF_BOUNDS},
        {{4, 1, 3, 0, 1, 2, 3}, SL_AGPU_OUT_OF_BOUNDS},
        {{4, 1, 3, 0, 1, 0xFFFFFFFF, 2}, SL_AGPU_OUT_OF_BOUNDS},
        {{4, 1, 1, 0, 1, 0, 1}, SL_AGPU_BAD_VALUE},
        {{4, 1, 0, 0, 1, 0, 1}, SL_AGPU_BAD_VALUE},
        {{4, 1, 99, 0, 1, 0, 1}, SL_AGPU_BAD_VALUE},
        {{4, 1, 1, 3, 1, 0, 1}, SL_AGPU_OUT_OF_BOUNDS},
        {{3, 9, 3, 0, 1, 0, 1}, SL_AGPU_BAD_HANDLE},
        {{3, 1, 1, 3, 1, 0, 1}, SL_AGPU_HANDLE_IN_USE},
        {{1, 1, 3, 0, 1, 0, 1}, SL_AGPU_HANDLE_IN_USE},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rig_packet_bytes(&rig, AEROGPU_CMD_CREATE_TEXTURE_VIEW, cases[i].words, 7, "\0\0\0\0\0\0\0",
                         8);
        enum sl_agpu_class class_ = rig_run(&rig);
        cr_assert_eq(class_, cases[i].class_, "case %zu is %s: %s", i, sl_agpu_class_name(class_),
                     rig.outcome.detail);
    }
    rig_finish(&rig);
}

Test(aeroexec_resource, view_formats_stay_in_their_class)
{
    static const uint32_t classes[][4] = {
        {1, 2, 7, 8},     {3, 4, 9, 10},    {5, 5, 5, 5},     {6, 6, 6, 6},     {32, 32, 32, 32},
        {33, 33, 33, 33}, {64, 65, 64, 65}, {66, 67, 66, 67}, {68, 69, 68, 69}, {70, 71, 70, 71},
    };
    enum { CLASSES = sizeof(classes) / sizeof(classes[0]) };
    struct rig rig = rig_make();
    for (unsigned i = 0; i < 4 * CLASSES; i++) {
        uint32_t format = classes[i / 4][i % 4];
        TEXTURE(&rig, .handle = 1, .width = 4, .height = 4, .format = format);
        rig_ok(&rig);
        for (unsigned j = 0; j < 4 * CLASSES; j++) {
            PACKET(&rig, AEROGPU_CMD_CREATE_TEXTURE_VIEW, 2, 1, classes[j / 4][j % 4], 0, 1, 0, 1,
                   0, 0);
            enum sl_agpu_class expected = i / 4 == j / 4 ? SL_AGPU_OK : SL_AGPU_BAD_VALUE;
            cr_assert_eq(rig_run(&rig), expected, "format %u as %u", format, classes[j / 4][j % 4]);
            rig_handle_packet(&rig, AEROGPU_CMD_DESTROY_TEXTURE_VIEW, 2);
            rig_ok(&rig);
        }
        rig_handle_packet(&rig, AEROGPU_CMD_DESTROY_RESOURCE, 1);
        rig_ok(&rig);
    }
    rig_finish(&rig);
}

/* A view keeps the bytes, not the handle. */
Test(aeroexec_resource, a_view_keeps_its_texture_alive)
{
    struct rig rig = rig_make();
    TEXTURE(&rig, .handle = 1, .width = 1, .height = 1);
    PACKET(&rig, AEROGPU_CMD_CREATE_TEXTURE_VIEW, 2, 1, 3, 0, 1, 0, 1, 0, 0);
    rig_upload(&rig, 1, 0, "RGBA", 4);
    rig_handle_packet(&rig, AEROGPU_CMD_DESTROY_RESOURCE, 1);
    TEXTURE(&rig, .handle = 1, .width = 9, .height = 9);
    rig_set_target(&rig, 2, 0);
    PACKET(&rig, AEROGPU_CMD_PRESENT, 0, 0);
    rig_ok(&rig);
    const struct sl_image *image = sl_agpu_exec_presented(rig.exec);
    cr_assert_not_null(image);
    cr_assert_eq(image->width, 1);
    cr_assert_eq(memcmp(image->pixels, "RGBA", 4), 0);
    rig_finish(&rig);
}

Test(aeroexec_resource, memory_has_a_ceiling)
{
    struct rig rig =
        rig_make_with((struct sl_agpu_exec_config){.max_memory_bytes = UINT64_C(1) << 20});
    TEXTURE(&rig, .handle = 1, .width = 16384, .height = 16384, .mips = 15, .layers = 2048);
    rig_fails(&rig, SL_AGPU_HOST);
    TEXTURE(&rig, .handle = 1, .width = 256, .height = 256, .layers = 5);
    rig_fails(&rig, SL_AGPU_HOST);
    for (unsigned i = 0; i < 20; i++) {
        TEXTURE(&rig, .handle = 1, .width = 256, .height = 256, .layers = 3);
        rig_ok(&rig);
        TEXTURE(&rig, .handle = 2, .width = 256, .height = 256, .layers = 3);
        rig_fails(&rig, SL_AGPU_HOST);
        rig_handle_packet(&rig, AEROGPU_CMD_DESTROY_RESOURCE, 1);
        rig_ok(&rig);
    }
    rig_finish(&rig);
    rig = rig_make();
    TEXTURE(&rig, .handle = 1, .width = 16384, .height = 16384, .mips = 15, .layers = 2048);
    rig_fails(&rig, SL_AGPU_HOST);
    rig_finish(&rig);
}

/* Imitating the D3D11 executor, sizes are rounded up; the D3D9 executor refuses them. */
Test(aeroexec_resource, profile_aero_pads_buffers_outside_d3d9)
{
    struct rig rig = rig_make_with((struct sl_agpu_exec_config){.profile_aero = true});
    rig_create_buffer(&rig, 1, 6, 0, 0);
    rig_upload(&rig, 1, 4, "abcd", 4);
    rig_ok(&rig);
    rig_create_buffer(&rig, 2, 0, 0, 0);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    PACKET(&rig, AEROGPU_CMD_SET_RENDER_STATE, 7, 1);
    rig_create_buffer(&rig, 2, 6, 0, 0);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    rig_finish(&rig);
}
