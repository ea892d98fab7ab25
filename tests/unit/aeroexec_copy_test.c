/* COPY_BUFFER and COPY_TEXTURE2D: checks in their order, what is moved. */
#include "aeroexec_rig.h"

#include <string.h>

TestSuite(aeroexec_copy);

static void copy_buffer(struct rig *rig, uint32_t dst, uint64_t dst_offset, uint32_t src,
                        uint64_t src_offset, uint64_t size, uint32_t flags)
{
    PACKET(rig, AEROGPU_CMD_COPY_BUFFER, dst, src, U64(dst_offset), U64(src_offset), U64(size),
           flags, 0);
}

Test(aeroexec_copy, buffer_checks_run_in_order)
{
    struct rig rig = rig_make();
    rig_create_buffer(&rig, 1, 16, 0, 0);
    rig_create_buffer(&rig, 2, 32, 0, 0);
    TEXTURE(&rig, .handle = 3, .width = 4, .height = 4);
    rig_ok(&rig);
    copy_buffer(&rig, 9, 1, 9, 1, 0, 2);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    copy_buffer(&rig, 9, 1, 9, 1, 0, 0);
    copy_buffer(&rig, 9, 1, 9, 1, 0, 1);
    rig_ok(&rig);
    copy_buffer(&rig, 1, 1, 9, 1, 4, 0);
    rig_fails(&rig, SL_AGPU_BAD_HANDLE);
    copy_buffer(&rig, 3, 1, 1, 1, 4, 0);
    rig_fails(&rig, SL_AGPU_BAD_HANDLE);
    copy_buffer(&rig, 1, 0, 3, 0, 4, 0);
    rig_fails(&rig, SL_AGPU_BAD_HANDLE);
    copy_buffer(&rig, 1, 18, 2, 0, 4, 0);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    copy_buffer(&rig, 1, 16, 2, 2, 4, 0);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    copy_buffer(&rig, 1, 16, 2, 0, 6, 0);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    copy_buffer(&rig, 1, 12, 2, 0, 8, 1);
    rig_fails(&rig, SL_AGPU_OUT_OF_BOUNDS);
    copy_buffer(&rig, 1, 0, 2, 28, 8, 1);
    rig_fails(&rig, SL_AGPU_OUT_OF_BOUNDS);
    copy_buffer(&rig, 2, 0, 2, UINT64_MAX - 3, 8, 0);
    rig_fails(&rig, SL_AGPU_OUT_OF_BOUNDS);
    copy_buffer(&rig, 2, 4, 2, 8, 8, 1);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    copy_buffer(&rig, 2, 8, 2, 8, 8, 0);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    copy_buffer(&rig, 2, 0, 2, 8, 8, 0);
    copy_buffer(&rig, 2, 16, 2, 8, 8, 0);
    copy_buffer(&rig, 1, 0, 2, 16, 16, 0);
    rig_ok(&rig);
    rig_finish(&rig);
}

Test(aeroexec_copy, buffer_bytes_move)
{
    struct rig rig = rig_make();
    char bytes[17] = "";
    rig_create_buffer(&rig, 1, 16, 0, 0);
    rig_create_buffer(&rig, 2, 16, 0, 0);
    rig_upload(&rig, 1, 0, "0123456789abcdef", 16);
    rig_upload(&rig, 2, 0, "ABCDEFGHIJKLMNOP", 16);
    copy_buffer(&rig, 2, 4, 1, 8, 8, 0);
    copy_buffer(&rig, 2, 12, 2, 0, 4, 0);
    rig_ok(&rig);
    rig_read_buffer(&rig, 2, 0, bytes, 16);
    cr_assert_str_eq(bytes, "ABCD89abcdefABCD");
    rig_finish(&rig);
}

/* dst (handle, mip, layer, x, y), src (the same), width, height, flags */
struct copy {
    uint32_t dst, dst_mip, dst_layer, dst_x, dst_y;
    uint32_t src, src_mip, src_layer, src_x, src_y;
    uint32_t width, height, flags;
};

static void copy_texture(struct rig *rig, struct copy c)
{
    PACKET(rig, AEROGPU_CMD_COPY_TEXTURE2D, c.dst, c.src, c.dst_mip, c.dst_layer, c.src_mip,
           c.src_layer, c.dst_x, c.dst_y, c.src_x, c.src_y, c.width, c.height, c.flags, 0);
}

Test(aeroexec_copy, texture_checks_run_in_order)
{
    static const struct {
        struct copy copy;
        enum sl_agpu_class class_;
    } cases[] = {
        {{.dst = 9, .src = 9, .flags = 2}, SL_AGPU_BAD_VALUE},
        {{.dst = 9, .src = 9, .width = 1, .flags = 1}, SL_AGPU_OK},
        {{.dst = 9, .src = 9, .height = 1}, SL_AGPU_OK},
        {{.dst = 9, .src = 1, .width = 1, .height = 1}, SL_AGPU_BAD_HANDLE},
        {{.dst = 1, .src = 9, .width = 1, .height = 1}, SL_AGPU_BAD_HANDLE},
        {{.dst = 1, .src = 3, .width = 1, .height = 1}, SL_AGPU_BAD_HANDLE},
        {{.dst = 4, .src = 1, .width = 1, .height = 1}, SL_AGPU_BAD_HANDLE},
        {{.dst = 2, .src = 1, .src_mip = 9, .width = 1, .height = 1}, SL_AGPU_BAD_VALUE},
        {{.dst = 1, .dst_mip = 3, .src = 1, .width = 1, .height = 1}, SL_AGPU_OUT_OF_BOUNDS},
        {{.dst = 1, .src = 1, .src_mip = 3, .width = 1, .height = 1}, SL_AGPU_OUT_OF_BOUNDS},
        {{.dst = 1, .dst_layer = 2, .src = 1, .width = 1, .height = 1}, SL_AGPU_OUT_OF_BOUNDS},
        {{.dst = 1, .src = 1, .src_layer = 2, .width = 1, .height = 1}, SL_AGPU_OUT_OF_BOUNDS},
        {{.dst = 1, .dst_x = 5, .src = 1, .width = 4, .height = 1}, SL_AGPU_OUT_OF_BOUNDS},
        {{.dst = 1, .dst_y = 5, .src = 1, .width = 1, .height = 4}, SL_AGPU_OUT_OF_BOUNDS},
        {{.dst = 1, .src = 1, .src_x = 8, .width = 1, .height = 1}, SL_AGPU_OUT_OF_BOUNDS},
        {{.dst = 1, .src = 1, .src_y = 0xFFFFFFFF, .width = 1, .height = 1}, SL_AGPU_OUT_OF_BOUNDS},
        {{.dst = 1, .src = 1, .src_x = 1, .width = 0xFFFFFFFF, .height = 1}, SL_AGPU_OUT_OF_BOUNDS},
        {{.dst = 1, .dst_mip = 1, .src = 1, .width = 5, .height = 1}, SL_AGPU_OUT_OF_BOUNDS},
        {{.dst = 1, .dst_x = 1, .dst_y = 1, .src = 1, .width = 2, .height = 2, .flags = 1},
         SL_AGPU_BAD_VALUE},
        {{.dst = 1, .src = 1, .width = 8, .height = 8}, SL_AGPU_BAD_VALUE},
        {{.dst = 1, .dst_layer = 1, .src = 1, .width = 8, .height = 8}, SL_AGPU_OK},
        {{.dst = 1, .dst_mip = 1, .src = 1, .width = 4, .height = 4}, SL_AGPU_OK},
        {{.dst = 1, .dst_x = 4, .src = 1, .width = 4, .height = 8}, SL_AGPU_OK},
        {{.dst = 1, .dst_y = 4, .src = 1, .width = 8, .height = 4}, SL_AGPU_OK},
    };
    struct rig rig = rig_make();
    TEXTURE(&rig, .handle = 1, .width = 8, .height = 8, .mips = 3, .layers = 2);
    TEXTURE(&rig, .handle = 2, .width = 8, .height = 8, .format = AEROGPU_FORMAT_R8G8B8X8_UNORM);
    rig_create_buffer(&rig, 3, 16, 0, 0);
    PACKET(&rig, AEROGPU_CMD_CREATE_TEXTURE_VIEW, 4, 1, 3, 0, 1, 0, 1, 0, 0);
    rig_ok(&rig);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        copy_texture(&rig, cases[i].copy);
        enum sl_agpu_class class_ = rig_run(&rig);
        cr_assert_eq(class_, cases[i].class_, "case %zu is %s: %s", i, sl_agpu_class_name(class_),
                     rig.outcome.detail);
    }
    rig_finish(&rig);
}

Test(aeroexec_copy, texels_move_between_subresources)
{
    struct rig rig = rig_make();
    uint8_t image[4 * (16 + 4 + 1) * 2];
    uint8_t texels[16];
    for (unsigned i = 0; i < sizeof(image); i++) {
        image[i] = (uint8_t)i;
    }
    TEXTURE(&rig, .handle = 1, .width = 4, .height = 4, .mips = 3, .layers = 2);
    rig_upload(&rig, 1, 0, image, sizeof(image));
    copy_texture(&rig, (struct copy){.dst = 1,
                                     .dst_mip = 1,
                                     .dst_layer = 1,
                                     .src = 1,
                                     .src_x = 2,
                                     .src_y = 1,
                                     .width = 2,
                                     .height = 2});
    rig_ok(&rig);
    rig_read_texture(&rig, 1, 3, 1, 1, 2, 2, texels, 16);
    cr_assert_eq(memcmp(texels, image + 16 + 8, 8), 0);
    cr_assert_eq(memcmp(texels + 8, image + 32 + 8, 8), 0);
    rig_finish(&rig);
}

Test(aeroexec_copy, x_bytes_and_depth_are_copied_as_they_are)
{
    struct rig rig = rig_make();
    TEXTURE(&rig, .handle = 1, .width = 1, .height = 1, .format = 2);
    TEXTURE(&rig, .handle = 2, .width = 1, .height = 1, .format = 2);
    PACKET(&rig, AEROGPU_CMD_CREATE_TEXTURE_VIEW, 3, 2, 1, 0, 1, 0, 1, 0, 0);
    rig_upload(&rig, 1, 0, "\1\2\3\4", 4);
    copy_texture(&rig, (struct copy){.dst = 2, .src = 1, .width = 1, .height = 1});
    rig_set_target(&rig, 3, 0);
    PACKET(&rig, AEROGPU_CMD_PRESENT, 0, 0);
    TEXTURE(&rig, .handle = 4, .width = 1, .height = 1, .format = 33);
    TEXTURE(&rig, .handle = 5, .width = 1, .height = 1, .format = 33);
    rig_upload(&rig, 4, 0, "\1\0\xC0\xFF", 4); /* a NaN */
    copy_texture(&rig, (struct copy){.dst = 5, .src = 4, .width = 1, .height = 1});
    rig_ok(&rig);
    cr_assert_eq(memcmp(sl_agpu_exec_presented(rig.exec)->pixels, "\3\2\1\4", 4), 0);
    uint8_t bits[4];
    rig_read_texture(&rig, 5, 33, 0, 0, 1, 1, bits, 4);
    cr_assert_eq(memcmp(bits, "\1\0\xC0\xFF", 4), 0);
    rig_finish(&rig);
}

/* 10 x 6 texels of BC1: 3 x 2 blocks of 8 bytes; mip 1 is 5 x 3: 2 x 1 blocks. */
Test(aeroexec_copy, compressed_textures_are_copied_by_blocks)
{
    static const struct {
        struct copy copy;
        enum sl_agpu_class class_;
    } cases[] = {
        {{.dst = 2, .dst_x = 2, .src = 1, .width = 4, .height = 4}, SL_AGPU_BAD_VALUE},
        {{.dst = 2, .dst_y = 1, .src = 1, .width = 4, .height = 4}, SL_AGPU_BAD_VALUE},
        {{.dst = 2, .src = 1, .src_x = 3, .width = 4, .height = 4}, SL_AGPU_BAD_VALUE},
        {{.dst = 2, .src = 1, .src_y = 2, .width = 4, .height = 4}, SL_AGPU_BAD_VALUE},
        {{.dst = 2, .src = 1, .width = 3, .height = 4}, SL_AGPU_BAD_VALUE},
        {{.dst = 2, .src = 1, .width = 4, .height = 2}, SL_AGPU_BAD_VALUE},
        {{.dst = 2, .dst_x = 12, .src = 1, .width = 4, .height = 4}, SL_AGPU_OUT_OF_BOUNDS},
        {{.dst = 2, .dst_x = 8, .src = 1, .width = 4, .height = 4}, SL_AGPU_OUT_OF_BOUNDS},
        {{.dst = 2, .src = 1, .src_x = 8, .width = 2, .height = 4}, SL_AGPU_BAD_VALUE},
        {{.dst = 2, .dst_x = 8, .src = 1, .src_x = 8, .width = 2, .height = 6}, SL_AGPU_OK},
        {{.dst = 2, .src = 1, .width = 10, .height = 6}, SL_AGPU_OK},
        {{.dst = 2, .dst_mip = 1, .src = 1, .src_mip = 1, .width = 5, .height = 3}, SL_AGPU_OK},
        {{.dst = 2, .dst_mip = 1, .src = 1, .width = 4, .height = 3}, SL_AGPU_BAD_VALUE},
        {{.dst = 1, .dst_x = 4, .src = 1, .width = 4, .height = 4}, SL_AGPU_OK},
        {{.dst = 1, .src = 1, .width = 4, .height = 4}, SL_AGPU_BAD_VALUE},
    };
    struct rig rig = rig_make();
    TEXTURE(&rig, .handle = 1, .width = 10, .height = 6, .mips = 2, .format = 64);
    TEXTURE(&rig, .handle = 2, .width = 10, .height = 6, .mips = 2, .format = 64);
    rig_ok(&rig);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        copy_texture(&rig, cases[i].copy);
        enum sl_agpu_class class_ = rig_run(&rig);
        cr_assert_eq(class_, cases[i].class_, "case %zu is %s: %s", i, sl_agpu_class_name(class_),
                     rig.outcome.detail);
    }
    rig_finish(&rig);
}

Test(aeroexec_copy, compressed_bytes_move)
{
    struct rig rig = rig_make();
    char image[65] = "";
    char blocks[49] = "";
    for (unsigned i = 0; i < 64; i++) {
        image[i] = (char)('0' + i);
    }
    TEXTURE(&rig, .handle = 1, .width = 10, .height = 6, .mips = 2, .format = 64);
    TEXTURE(&rig, .handle = 2, .width = 10, .height = 6, .mips = 2, .format = 64);
    rig_upload(&rig, 1, 0, image, 64);
    copy_texture(&rig, (struct copy){.dst = 2,
                                     .dst_x = 4,
                                     .src = 1,
                                     .src_x = 0,
                                     .src_y = 4,
                                     .width = 4,
                                     .height = 2,
                                     .dst_y = 4});
    rig_ok(&rig);
    rig_read_texture(&rig, 2, 64, 0, 0, 10, 6, blocks, 48);
    static const char zeros[48];
    cr_assert_eq(memcmp(blocks + 24 + 8, image + 24, 8), 0);
    cr_assert_eq(memcmp(blocks, zeros, 32), 0);
    cr_assert_eq(memcmp(blocks + 40, zeros, 8), 0);
    rig_finish(&rig);
}

/* A rectangle that reaches past the block grid is written back with whole blocks. */
Test(aeroexec_copy, compressed_writeback)
{
    struct rig rig = rig_make();
    char guest[60];
    rig_alloc(&rig, 5, RIG_RAM_GPA, 60, false);
    memset(guest, 'g', sizeof(guest));
    rig_poke(&rig, RIG_RAM_GPA, guest, sizeof(guest));
    TEXTURE(&rig, .handle = 1, .width = 5, .height = 5, .format = 64);
    rig_upload(&rig, 1, 0, "block-00block-10block-01block-11", 32);
    TEXTURE(&rig, .handle = 2, .width = 5, .height = 5, .format = 64, .row_pitch_bytes = 24,
            .alloc_id = 5, .offset_bytes = 4);
    copy_texture(
        &rig, (struct copy){
                  .dst = 2, .dst_x = 4, .src = 1, .src_x = 4, .width = 1, .height = 5, .flags = 1});
    rig_ok(&rig);
    rig_peek(&rig, RIG_RAM_GPA, guest, sizeof(guest));
    cr_assert_eq(memcmp(guest, "ggggggggggggblock-10ggggggggggggggggblock-11gggg", 48), 0, "%.60s",
                 guest);
    rig_finish(&rig);
}
