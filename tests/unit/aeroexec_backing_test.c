/* Guest memory behind resources: dirty ranges, when they are read, write-back. */
#include "aeroexec_rig.h"

#include <string.h>

TestSuite(aeroexec_backing);

#define GPA RIG_RAM_GPA

static void dirty(struct rig *rig, uint32_t handle, uint64_t offset, uint64_t size)
{
    PACKET(rig, AEROGPU_CMD_RESOURCE_DIRTY_RANGE, handle, 0, U64(offset), U64(size));
}

static void copy_buffer(struct rig *rig, uint32_t dst, uint32_t src, uint64_t size, uint32_t flags)
{
    PACKET(rig, AEROGPU_CMD_COPY_BUFFER, dst, src, U64(0), U64(0), U64(size), flags, 0);
}

/* Uses a buffer without reading or changing its bytes by more than a copy of 4 to handle 90. */
static void use(struct rig *rig, uint32_t handle)
{
    rig_create_buffer(rig, 90, 4, 0, 0);
    copy_buffer(rig, 90, handle, 4, 0);
}

static void expect_buffer(struct rig *rig, uint32_t handle, const char *text)
{
    char bytes[64] = {0};
    rig_read_buffer(rig, handle, 0, bytes, strlen(text));
    cr_assert_str_eq(bytes, text);
}

Test(aeroexec_backing, a_backed_resource_is_read_at_its_first_use)
{
    struct rig rig = rig_make();
    rig_alloc(&rig, 5, GPA, 16, false);
    rig_poke(&rig, GPA, "before..", 8);
    rig_create_buffer(&rig, 1, 8, 5, 0);
    rig_ok(&rig);
    rig_poke(&rig, GPA, "at use..", 8);
    expect_buffer(&rig, 1, "at use..");
    rig_poke(&rig, GPA, "too late", 8);
    expect_buffer(&rig, 1, "at use..");
    rig_finish(&rig);
}

Test(aeroexec_backing, exactly_the_dirty_bytes_are_read)
{
    struct rig rig = rig_make();
    rig_alloc(&rig, 5, GPA, 32, false);
    rig_poke(&rig, GPA + 8, "0123456789abcdef", 16);
    rig_create_buffer(&rig, 1, 16, 5, 8);
    use(&rig, 1);
    rig_ok(&rig);
    rig_poke(&rig, GPA + 8, "ABCDEFGHIJKLMNOP", 16);
    dirty(&rig, 1, 3, 2);
    dirty(&rig, 1, 15, 1);
    dirty(&rig, 1, 4, 3);
    dirty(&rig, 1, 0, 0);
    rig_ok(&rig);
    expect_buffer(&rig, 1, "012DEFG789abcdeP");
    rig_finish(&rig);
}

Test(aeroexec_backing, dirty_range_checks_run_in_order)
{
    struct rig rig = rig_make();
    rig_alloc(&rig, 5, GPA, 16, false);
    rig_create_buffer(&rig, 1, 16, 5, 0);
    rig_create_buffer(&rig, 2, 16, 0, 0);
    PACKET(&rig, AEROGPU_CMD_CREATE_SAMPLER, 3, 0, 0, 0, 0);
    TEXTURE(&rig, .handle = 4, .width = 1, .height = 1);
    PACKET(&rig, AEROGPU_CMD_CREATE_TEXTURE_VIEW, 5, 4, 3, 0, 1, 0, 1, 0, 0);
    rig_ok(&rig);
    static const uint32_t not_resources[] = {0, 3, 5, 99};
    for (unsigned i = 0; i < 4; i++) {
        dirty(&rig, not_resources[i], 0, 0);
        rig_fails(&rig, SL_AGPU_BAD_HANDLE);
    }
    dirty(&rig, 2, 100, 100);
    dirty(&rig, 1, 100, 0);
    rig_ok(&rig);
    dirty(&rig, 1, 16, 1);
    rig_fails(&rig, SL_AGPU_OUT_OF_BOUNDS);
    dirty(&rig, 1, UINT64_MAX, 2);
    rig_fails(&rig, SL_AGPU_OUT_OF_BOUNDS);
    rig.table.count = 0;
    dirty(&rig, 1, 16, 1);
    rig_fails(&rig, SL_AGPU_OUT_OF_BOUNDS);
    dirty(&rig, 1, 8, 4);
    rig_fails(&rig, SL_AGPU_NO_ALLOC);
    rig_alloc(&rig, 5, GPA, 11, false);
    dirty(&rig, 1, 8, 4);
    rig_fails(&rig, SL_AGPU_OUT_OF_BOUNDS);
    dirty(&rig, 1, 8, 3);
    rig_ok(&rig);
    rig_finish(&rig);
}

/* The id names the memory, in the table of the submission that uses it. */
Test(aeroexec_backing, the_current_table_says_where)
{
    struct rig rig = rig_make();
    rig_alloc(&rig, 5, GPA, 8, false);
    rig_create_buffer(&rig, 1, 8, 5, 0);
    use(&rig, 1);
    dirty(&rig, 1, 0, 8);
    rig_ok(&rig);
    rig_poke(&rig, GPA + 0x5000, "elsewher", 8);
    rig.table.count = 0;
    rig_alloc(&rig, 4, GPA, 8, false);
    rig_alloc(&rig, 5, GPA + 0x5000, 8, false);
    expect_buffer(&rig, 1, "elsewher");
    rig_finish(&rig);
}

Test(aeroexec_backing, a_named_range_needs_its_allocation_at_use)
{
    struct rig rig = rig_make();
    rig_alloc(&rig, 5, GPA, 8, false);
    rig_create_buffer(&rig, 1, 8, 5, 0);
    use(&rig, 1);
    dirty(&rig, 1, 4, 4);
    rig_ok(&rig);
    rig.table.count = 0;
    use(&rig, 1);
    rig_fails(&rig, SL_AGPU_NO_ALLOC);
    rig_alloc(&rig, 5, GPA, 7, false);
    use(&rig, 1);
    rig_fails(&rig, SL_AGPU_OUT_OF_BOUNDS);
    rig.table.count = 0;
    rig_alloc(&rig, 5, GPA, 8, false);
    rig_poke(&rig, GPA, "01234567", 8);
    use(&rig, 1);
    rig_ok(&rig);
    char bytes[8];
    rig_read_buffer(&rig, 1, 0, bytes, 8);
    cr_assert_eq(memcmp(bytes,
                        "\0\0\0\0"
                        "4567",
                        8),
                 0, "the range stayed pending");
    rig_finish(&rig);
}

Test(aeroexec_backing, what_creation_made_dirty_may_lack_its_allocation)
{
    struct rig rig = rig_make();
    char bytes[8];
    rig_alloc(&rig, 5, GPA, 8, false);
    rig_poke(&rig, GPA, "01234567", 8);
    rig_create_buffer(&rig, 1, 8, 5, 0);
    rig_ok(&rig);
    rig.table.count = 0;
    rig_read_buffer(&rig, 1, 0, bytes, 8);
    cr_assert_eq(memcmp(bytes, "\0\0\0\0\0\0\0\0", 8), 0, "content stays");
    rig_alloc(&rig, 5, GPA, 7, false);
    use(&rig, 1);
    rig_fails(&rig, SL_AGPU_OUT_OF_BOUNDS);
    rig.table.count = 0;
    rig_alloc(&rig, 5, GPA, 8, false);
    expect_buffer(&rig, 1, "01234567");
    rig_finish(&rig);
}

Test(aeroexec_backing, an_upload_wins_over_pending_ranges)
{
    struct rig rig = rig_make();
    rig_alloc(&rig, 5, GPA, 16, false);
    rig_poke(&rig, GPA, "0123456789abcdef", 16);
    rig_create_buffer(&rig, 1, 16, 5, 0);
    rig_upload(&rig, 1, 4, "WXYZ", 4);
    rig_ok(&rig);
    expect_buffer(&rig, 1, "0123WXYZ89abcdef");
    dirty(&rig, 1, 0, 16);
    rig_upload(&rig, 1, 8, "wxyz", 4);
    dirty(&rig, 1, 9, 1);
    rig_ok(&rig);
    expect_buffer(&rig, 1, "01234567w9yzcdef");
    char guest[16];
    rig_peek(&rig, GPA, guest, 16);
    cr_assert_eq(memcmp(guest, "0123456789abcdef", 16), 0, "uploads do not reach the guest");
    rig_finish(&rig);
}

Test(aeroexec_backing, rebinding_drops_pending_ranges)
{
    struct rig rig = rig_make();
    char bytes[8];
    rig_alloc(&rig, 5, GPA, 8, false);
    rig_poke(&rig, GPA, "01234567", 8);
    rig_create_buffer(&rig, 1, 8, 5, 0);
    dirty(&rig, 1, 0, 8);
    rig_create_buffer(&rig, 1, 8, 0, 0);
    rig_ok(&rig);
    rig_read_buffer(&rig, 1, 0, bytes, 8);
    cr_assert_eq(memcmp(bytes, "\0\0\0\0\0\0\0\0", 8), 0);
    rig_finish(&rig);
}

/* Dirty padding is read and forgotten; a range may span rows, mips and layers. */
Test(aeroexec_backing, textures_are_read_from_their_linear_image)
{
    struct rig rig = rig_make();
    uint8_t image[216];
    uint8_t texels[60];
    for (unsigned i = 0; i < sizeof(image); i++) {
        image[i] = (uint8_t)(i + 1);
    }
    rig_alloc(&rig, 5, GPA, 220, false);
    rig_poke(&rig, GPA + 4, image, sizeof(image));
    TEXTURE(&rig, .handle = 1, .width = 5, .height = 3, .mips = 3, .layers = 2,
            .row_pitch_bytes = 32, .alloc_id = 5, .offset_bytes = 4);
    rig_read_texture(&rig, 1, 3, 0, 1, 5, 3, texels, 60);
    for (unsigned y = 0; y < 3; y++) {
        cr_assert_eq(memcmp(texels + 20 * y, image + 108 + 32 * y, 20), 0);
    }
    static const uint8_t zeros[216];
    rig_poke(&rig, GPA + 4, zeros, sizeof(zeros));
    dirty(&rig, 1, 19, 14);
    dirty(&rig, 1, 205, 1);
    rig_ok(&rig);
    image[19] = 0;
    image[32] = 0;
    image[205] = 0;
    rig_read_texture(&rig, 1, 3, 0, 0, 5, 3, texels, 60);
    for (unsigned y = 0; y < 3; y++) {
        cr_assert_eq(memcmp(texels + 20 * y, image + 32 * y, 20), 0, "row %u", y);
    }
    rig_read_texture(&rig, 1, 3, 1, 1, 2, 1, texels, 8);
    cr_assert_eq(memcmp(texels, image + 204, 8), 0);
    rig_finish(&rig);
}

Test(aeroexec_backing, holes_in_guest_memory_read_as_ones)
{
    struct rig rig = rig_make();
    char bytes[8];
    rig_alloc(&rig, 5, GPA - 4, 8, false);
    rig_poke(&rig, GPA, "0123", 4);
    rig_create_buffer(&rig, 1, 8, 5, 0);
    rig_read_buffer(&rig, 1, 0, bytes, 8);
    cr_assert_eq(memcmp(bytes,
                        "\xFF\xFF\xFF\xFF"
                        "0123",
                        8),
                 0);
    rig_finish(&rig);
}

Test(aeroexec_backing, many_scattered_ranges)
{
    enum { SIZE = 8192 };
    struct rig rig = rig_make();
    static uint8_t guest[SIZE];
    static uint8_t bytes[SIZE];
    rig_alloc(&rig, 5, GPA, SIZE, false);
    rig_create_buffer(&rig, 1, SIZE, 5, 0);
    use(&rig, 1);
    rig_ok(&rig);
    memset(guest, 0xEE, SIZE);
    rig_poke(&rig, GPA, guest, SIZE);
    for (unsigned i = 0; i < SIZE / 2; i++) {
        dirty(&rig, 1, (i * 2654435761u) % (SIZE / 2) * 2 + 1, 1);
    }
    rig_ok(&rig);
    rig_read_buffer(&rig, 1, 0, bytes, SIZE);
    for (unsigned i = 0; i < SIZE; i++) {
        cr_assert_eq(bytes[i], i % 2 ? 0xEE : 0);
    }
    rig_finish(&rig);
}

/* ---- write-back ---- */

Test(aeroexec_backing, writeback_checks_run_in_order)
{
    struct rig rig = rig_make();
    rig_alloc(&rig, 5, GPA, 16, false);
    rig_alloc(&rig, 6, GPA + 0x1000, 16, true);
    rig_create_buffer(&rig, 1, 16, 0, 0);
    rig_create_buffer(&rig, 2, 16, 5, 0);
    rig_create_buffer(&rig, 3, 16, 6, 0);
    copy_buffer(&rig, 2, 1, 16, AEROGPU_COPY_FLAG_WRITEBACK_DST);
    rig_ok(&rig);
    copy_buffer(&rig, 1, 2, 16, AEROGPU_COPY_FLAG_WRITEBACK_DST);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    copy_buffer(&rig, 3, 1, 16, AEROGPU_COPY_FLAG_WRITEBACK_DST);
    rig_fails(&rig, SL_AGPU_READONLY);
    rig.table.count = 0;
    copy_buffer(&rig, 3, 1, 16, AEROGPU_COPY_FLAG_WRITEBACK_DST);
    rig_fails(&rig, SL_AGPU_NO_ALLOC);
    rig_alloc(&rig, 5, GPA, 15, false);
    rig_alloc(&rig, 6, GPA, 15, true);
    copy_buffer(&rig, 3, 1, 16, AEROGPU_COPY_FLAG_WRITEBACK_DST);
    rig_fails(&rig, SL_AGPU_READONLY);
    copy_buffer(&rig, 2, 1, 16, AEROGPU_COPY_FLAG_WRITEBACK_DST);
    rig_fails(&rig, SL_AGPU_OUT_OF_BOUNDS);
    copy_buffer(&rig, 2, 1, 12, AEROGPU_COPY_FLAG_WRITEBACK_DST);
    rig_ok(&rig);
    rig_finish(&rig);
}

Test(aeroexec_backing, a_later_dirty_range_sees_what_was_written_back)
{
    struct rig rig = rig_make();
    rig_alloc(&rig, 5, GPA, 8, false);
    rig_create_buffer(&rig, 1, 8, 0, 0);
    rig_upload(&rig, 1, 0, "newbytes", 8);
    rig_create_buffer(&rig, 2, 8, 5, 0);
    copy_buffer(&rig, 2, 1, 8, AEROGPU_COPY_FLAG_WRITEBACK_DST);
    rig_create_buffer(&rig, 3, 8, 5, 0);
    rig_ok(&rig);
    expect_buffer(&rig, 3, "newbytes");
    rig_finish(&rig);
}

Test(aeroexec_backing, pending_ranges_come_before_the_copy)
{
    struct rig rig = rig_make();
    rig_alloc(&rig, 5, GPA, 8, false);
    rig_poke(&rig, GPA, "01234567", 8);
    rig_create_buffer(&rig, 1, 8, 0, 0);
    rig_upload(&rig, 1, 0, "ABCDEFGH", 8);
    rig_create_buffer(&rig, 2, 8, 5, 0);
    copy_buffer(&rig, 2, 1, 4, 0);
    rig_ok(&rig);
    expect_buffer(&rig, 2, "ABCD4567");
    rig_finish(&rig);
}

/* A copy that fails for its source's range leaves the destination's range pending, and back. */
Test(aeroexec_backing, a_failing_packet_refreshes_nothing)
{
    struct rig rig = rig_make();
    rig_alloc(&rig, 5, GPA, 8, false);
    rig_alloc(&rig, 6, GPA + 0x100, 8, false);
    rig_create_buffer(&rig, 1, 8, 5, 0);
    rig_create_buffer(&rig, 2, 8, 6, 0);
    copy_buffer(&rig, 1, 2, 8, 0);
    dirty(&rig, 1, 0, 8);
    dirty(&rig, 2, 0, 8);
    rig_ok(&rig);
    rig_poke(&rig, GPA, "first..1", 8);
    rig_poke(&rig, GPA + 0x100, "first..2", 8);
    rig.table.count = 1;
    copy_buffer(&rig, 1, 2, 4, 0);
    rig_fails(&rig, SL_AGPU_NO_ALLOC);
    copy_buffer(&rig, 2, 1, 4, 0);
    rig_fails(&rig, SL_AGPU_NO_ALLOC);
    copy_buffer(&rig, 1, 1, 4, AEROGPU_COPY_FLAG_WRITEBACK_DST);
    rig_fails(&rig, SL_AGPU_BAD_VALUE);
    rig.table.count = 0;
    rig_alloc(&rig, 5, GPA, 8, false);
    rig_alloc(&rig, 6, GPA + 0x100, 8, false);
    rig_poke(&rig, GPA, "second.1", 8);
    rig_poke(&rig, GPA + 0x100, "second.2", 8);
    expect_buffer(&rig, 1, "second.1");
    expect_buffer(&rig, 2, "second.2");
    rig_finish(&rig);
}

Test(aeroexec_backing, texture_writeback_touches_the_rectangle_only)
{
    struct rig rig = rig_make();
    uint8_t texels[64];
    uint8_t guest[80];
    rig_alloc(&rig, 5, GPA, 84, false);
    memset(guest, 0x77, sizeof(guest));
    rig_poke(&rig, GPA, guest, sizeof(guest));
    for (unsigned i = 0; i < 64; i++) {
        texels[i] = (uint8_t)i;
    }
    TEXTURE(&rig, .handle = 1, .width = 4, .height = 4);
    rig_upload(&rig, 1, 0, texels, 64);
    TEXTURE(&rig, .handle = 2, .width = 4, .height = 4, .row_pitch_bytes = 20, .alloc_id = 5,
            .offset_bytes = 4);
    PACKET(&rig, AEROGPU_CMD_COPY_TEXTURE2D, 2, 1, 0, 0, 0, 0, 2, 1, 1, 2, 2, 2, 1, 0);
    rig_ok(&rig);
    uint8_t expected[80];
    memset(expected, 0x77, sizeof(expected));
    memcpy(expected + 4 + 20 * 1 + 8, texels + 16 * 2 + 4, 8);
    memcpy(expected + 4 + 20 * 2 + 8, texels + 16 * 3 + 4, 8);
    rig_peek(&rig, GPA, guest, sizeof(guest));
    cr_assert_eq(memcmp(guest, expected, sizeof(guest)), 0);
    rig_finish(&rig);
}

Test(aeroexec_backing, texture_writeback_needs_room_up_to_its_last_byte)
{
    struct rig rig = rig_make();
    rig_alloc(&rig, 5, GPA, 64, false);
    TEXTURE(&rig, .handle = 1, .width = 4, .height = 4);
    TEXTURE(&rig, .handle = 2, .width = 4, .height = 4, .row_pitch_bytes = 16, .alloc_id = 5);
    PACKET(&rig, AEROGPU_CMD_COPY_TEXTURE2D, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 4, 4, 1, 0);
    rig_ok(&rig);
    rig.table.count = 0;
    rig_alloc(&rig, 5, GPA, 16 * 2 + 8, false);
    PACKET(&rig, AEROGPU_CMD_COPY_TEXTURE2D, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 3, 1, 0);
    rig_ok(&rig);
    PACKET(&rig, AEROGPU_CMD_COPY_TEXTURE2D, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 3, 3, 1, 0);
    rig_fails(&rig, SL_AGPU_OUT_OF_BOUNDS);
    PACKET(&rig, AEROGPU_CMD_COPY_TEXTURE2D, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 4, 1, 0);
    rig_fails(&rig, SL_AGPU_OUT_OF_BOUNDS);
    rig_finish(&rig);
}

/* The unused byte is written as ones to the guest and kept as it is in the host copy. */
Test(aeroexec_backing, texture_writeback_makes_x_bytes_opaque)
{
    static const uint32_t formats[] = {2, 8, 4, 10};
    for (unsigned i = 0; i < 4; i++) {
        struct rig rig = rig_make();
        uint8_t guest[4];
        rig_alloc(&rig, 5, GPA, 4, false);
        TEXTURE(&rig, .handle = 1, .width = 1, .height = 1, .format = formats[i]);
        rig_upload(&rig, 1, 0, "\1\2\3\4", 4);
        TEXTURE(&rig, .handle = 2, .width = 1, .height = 1, .format = formats[i],
                .row_pitch_bytes = 4, .alloc_id = 5);
        PACKET(&rig, AEROGPU_CMD_COPY_TEXTURE2D, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0);
        rig_ok(&rig);
        rig_peek(&rig, GPA, guest, 4);
        cr_assert_eq(memcmp(guest, "\1\2\3\xFF", 4), 0);
        uint32_t with_alpha = formats[i] - 1;
        PACKET(&rig, AEROGPU_CMD_CREATE_TEXTURE_VIEW, 3, 2, with_alpha, 0, 1, 0, 1, 0, 0);
        rig_set_target(&rig, 3, 0);
        PACKET(&rig, AEROGPU_CMD_PRESENT, 0, 0);
        rig_ok(&rig);
        cr_assert_eq(sl_agpu_exec_presented(rig.exec)->pixels[3], 4, "format %u", formats[i]);
        rig_finish(&rig);
    }
}

Test(aeroexec_backing, drawing_into_a_backed_target_leaves_the_guest_alone)
{
    struct rig rig = rig_make();
    uint8_t guest[4];
    rig_alloc(&rig, 5, GPA, 4, false);
    rig_poke(&rig, GPA, "abcd", 4);
    TEXTURE(&rig, .handle = 1, .width = 1, .height = 1, .row_pitch_bytes = 4, .alloc_id = 5);
    rig_set_target(&rig, 1, 0);
    rig_clear_color(&rig, 1, 1, 1, 1);
    PACKET(&rig, AEROGPU_CMD_PRESENT, 0, 0);
    rig_ok(&rig);
    rig_peek(&rig, GPA, guest, 4);
    cr_assert_eq(memcmp(guest, "abcd", 4), 0);
    cr_assert_eq(sl_agpu_exec_presented(rig.exec)->pixels[0], 255, "the clear came last");
    dirty(&rig, 1, 0, 2);
    PACKET(&rig, AEROGPU_CMD_PRESENT, 0, 0);
    rig_ok(&rig);
    cr_assert_eq(memcmp(sl_agpu_exec_presented(rig.exec)->pixels, "ab\xFF\xFF", 4), 0);
    dirty(&rig, 1, 0, 4);
    rig_ok(&rig);
    rig.table.count = 0;
    rig_clear_color(&rig, 0, 0, 0, 0);
    rig_fails(&rig, SL_AGPU_NO_ALLOC);
    PACKET(&rig, AEROGPU_CMD_PRESENT, 0, 0);
    rig_fails(&rig, SL_AGPU_NO_ALLOC);
    cr_assert_eq(memcmp(sl_agpu_exec_presented(rig.exec)->pixels, "ab\xFF\xFF", 4), 0);
    rig_finish(&rig);
}

Test(aeroexec_backing, dirty_ranges_are_bounded)
{
    enum { MOST = 16384 };
    struct rig rig = rig_make();
    uint8_t byte = 0x5A;
    uint8_t bytes[4];
    rig_alloc(&rig, 5, GPA, 2 * MOST + 4, false);
    rig_create_buffer(&rig, 1, 2 * MOST + 4, 5, 0);
    use(&rig, 1);
    for (unsigned i = 0; i < MOST; i++) {
        dirty(&rig, 1, 2 * i, 1);
    }
    rig_ok(&rig);
    dirty(&rig, 1, 2 * MOST, 1);
    rig_fails(&rig, SL_AGPU_HOST);
    rig_poke(&rig, GPA + 2 * MOST - 2, &byte, 1);
    rig_read_buffer(&rig, 1, 2 * MOST - 4, bytes, 4);
    cr_assert_eq(bytes[2], 0x5A, "those before are there");
    rig_finish(&rig);
}

Test(aeroexec_backing, writeback_into_a_full_guest_is_a_host_error)
{
    struct rig rig =
        rig_make_with((struct sl_agpu_exec_config){.mem = sl_mem_create(SL_MEM_PAGE_SIZE)});
    rig_poke(&rig, GPA, "all there is", 12);
    rig_alloc(&rig, 5, GPA + SL_MEM_PAGE_SIZE, 64, false);
    rig_create_buffer(&rig, 1, 16, 0, 0);
    rig_upload(&rig, 1, 0, "0123456789abcdef", 16);
    rig_create_buffer(&rig, 2, 16, 5, 0);
    TEXTURE(&rig, .handle = 3, .width = 1, .height = 2, .format = 4, .row_pitch_bytes = 4,
            .alloc_id = 5);
    TEXTURE(&rig, .handle = 4, .width = 1, .height = 2, .format = 4);
    rig_ok(&rig);
    copy_buffer(&rig, 2, 1, 16, AEROGPU_COPY_FLAG_WRITEBACK_DST);
    rig_fails(&rig, SL_AGPU_HOST);
    PACKET(&rig, AEROGPU_CMD_COPY_TEXTURE2D, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 1, 0);
    rig_fails(&rig, SL_AGPU_HOST);
    rig_finish(&rig);
}
