/* Decoding, encoding and sizing by table, with bytes written by hand. */
#include "abi/abi.h"
#include "abi_aerogpu.h"
#include "abi_virtio_gpu.h"

#include <criterion/criterion.h>
#include <scanlock/aerogpu_abi.h>
#include <string.h>

TestSuite(abi_codec);

static const uint8_t create_buffer[40] = {
    0x00, 0x01, 0x00, 0x00, 40,   0,    0,    0,    /* opcode 0x100, 40 bytes */
    0x44, 0x33, 0x22, 0x11, 0x03, 0,    0,    0,    /* handle 0x11223344, VERTEX | INDEX */
    0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01, /* size_bytes */
    0x05, 0,    0,    0,    0x00, 0x10, 0,    0,    /* alloc 5, offset 0x1000 */
    0xEF, 0xBE, 0xAD, 0xDE, 0xDE, 0xC0, 0xAD, 0x0B, /* reserved0 */
};

Test(abi_codec, scalars_are_little_endian)
{
    struct aerogpu_cmd_create_buffer p;
    sl_abi_decode(SL_LAYOUT_AEROGPU_CMD_CREATE_BUFFER, create_buffer, sizeof(create_buffer), &p);
    cr_assert_eq(p.hdr.opcode, 0x100);
    cr_assert_eq(p.hdr.size_bytes, 40);
    cr_assert_eq(p.buffer_handle, 0x11223344);
    cr_assert_eq(p.usage_flags, 3);
    cr_assert(p.size_bytes == UINT64_C(0x0102030405060708));
    cr_assert_eq(p.backing_alloc_id, 5);
    cr_assert_eq(p.backing_offset_bytes, 0x1000);
    cr_assert(p.reserved0 == UINT64_C(0x0BADC0DEDEADBEEF));
    uint8_t back[40];
    sl_abi_encode(SL_LAYOUT_AEROGPU_CMD_CREATE_BUFFER, &p, back);
    cr_assert_eq(memcmp(back, create_buffer, sizeof(back)), 0);
}

Test(abi_codec, what_is_cut_off_is_zero)
{
    struct aerogpu_cmd_create_buffer p;
    sl_abi_decode(SL_LAYOUT_AEROGPU_CMD_CREATE_BUFFER, create_buffer, 23, &p);
    cr_assert_eq(p.buffer_handle, 0x11223344);
    cr_assert(p.size_bytes == 0, "one byte short of the field");
    cr_assert_eq(p.backing_alloc_id, 0);
    sl_abi_decode(SL_LAYOUT_AEROGPU_CMD_CREATE_BUFFER, create_buffer, 0, &p);
    cr_assert_eq(p.hdr.opcode, 0);
}

Test(abi_codec, what_follows_is_ignored)
{
    uint8_t longer[48];
    memset(longer, 0xFF, sizeof(longer));
    memcpy(longer, create_buffer, sizeof(create_buffer));
    struct {
        struct aerogpu_cmd_create_buffer p;
        uint8_t guard;
    } host = {.guard = 0x5A};
    sl_abi_decode(SL_LAYOUT_AEROGPU_CMD_CREATE_BUFFER, longer, sizeof(longer), &host.p);
    cr_assert_eq(host.p.hdr.size_bytes, 40);
    cr_assert_eq(host.guard, 0x5A);
}

/* The nested state of a packet that ends inside it. */
Test(abi_codec, a_short_blend_state_keeps_what_it_has)
{
    uint8_t wire[28] = {0x00, 0x03, 0, 0, 28, 0, 0, 0};
    wire[8] = 1;     /* enable */
    wire[12] = 2;    /* src_factor */
    wire[16] = 3;    /* dst_factor */
    wire[20] = 4;    /* blend_op */
    wire[24] = 0x0F; /* color_write_mask */
    struct aerogpu_cmd_set_blend_state p;
    sl_abi_decode(SL_LAYOUT_AEROGPU_CMD_SET_BLEND_STATE, wire, sizeof(wire), &p);
    cr_assert_eq(p.state.enable, 1);
    cr_assert_eq(p.state.src_factor, 2);
    cr_assert_eq(p.state.dst_factor, 3);
    cr_assert_eq(p.state.blend_op, 4);
    cr_assert_eq(p.state.color_write_mask, 0x0F);
    cr_assert_eq(p.state.src_factor_alpha, 0);
    cr_assert_eq(p.state.sample_mask, 0);
    cr_assert(sl_abi_needed_size(SL_LAYOUT_AEROGPU_CMD_SET_BLEND_STATE, wire, 28) == 28);
    cr_assert_eq(sl_abi_find_opcode(&sl_abi_aerogpu, 0x300)->min_size, 28);
    cr_assert_eq(sizeof(p), 60);
}

/* BIND_SHADERS: the geometry, hull and domain shaders exist from 36 bytes on, not below. */
Test(abi_codec, bind_shaders_has_two_forms)
{
    uint8_t wire[40] = {0x02, 0x02, 0, 0, 36, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4};
    wire[24] = 5;
    wire[28] = 6;
    wire[32] = 7;
    const struct sl_abi_opcode *op = sl_abi_find_opcode(&sl_abi_aerogpu, AEROGPU_CMD_BIND_SHADERS);
    cr_assert_eq(op->layout, SL_LAYOUT_AEROGPU_CMD_BIND_SHADERS_EX);
    cr_assert_eq(op->min_size, 24);
    struct aerogpu_cmd_bind_shaders_ex p;
    for (size_t size = 24; size <= 40; size += 4) {
        bool has = size >= 36;
        sl_abi_decode(op->layout, wire, size, &p);
        cr_assert(p.vs == 1 && p.ps == 2 && p.cs == 3 && p.reserved0 == 4, "size %zu", size);
        cr_assert_eq(p.gs, has ? 5 : 0, "size %zu", size);
        cr_assert_eq(p.hs, has ? 6 : 0, "size %zu", size);
        cr_assert_eq(p.ds, has ? 7 : 0, "size %zu", size);
        cr_assert(sl_abi_needed_size(op->layout, wire, size) == 24, "size %zu", size);
    }
    cr_assert_eq(sizeof(struct aerogpu_cmd_bind_shaders), 24);
}

Test(abi_codec, bytes_are_padded_to_words)
{
    static const struct {
        uint8_t count;
        uint8_t needed;
    } cases[] = {{0, 32}, {1, 36}, {4, 36}, {5, 40}, {8, 40}, {9, 44}};
    uint8_t wire[32] = {0x04, 0x01, 0, 0, 32};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        wire[24] = cases[i].count; /* size_bytes */
        cr_assert(sl_abi_needed_size(SL_LAYOUT_AEROGPU_CMD_UPLOAD_RESOURCE, wire, sizeof(wire)) ==
                      cases[i].needed,
                  "%u bytes", cases[i].count);
    }
}

Test(abi_codec, sizes_that_overflow_are_the_largest)
{
    uint8_t wire[64];
    memset(wire, 0xFF, sizeof(wire));
    cr_assert(sl_abi_needed_size(SL_LAYOUT_AEROGPU_CMD_UPLOAD_RESOURCE, wire, 32) == UINT64_MAX);
    /* 32-bit counts of 32-bit strides do not overflow: 24 + (2^32-1)^2. */
    cr_assert(sl_abi_needed_size(SL_LAYOUT_AEROGPU_ALLOC_TABLE_HEADER, wire, 24) ==
              UINT64_C(0xFFFFFFFE00000001) + 24);
    /* 16 + 16 * (2^32-1) bindings. */
    cr_assert(sl_abi_needed_size(SL_LAYOUT_AEROGPU_CMD_SET_VERTEX_BUFFERS, wire, 16) ==
              UINT64_C(0x1000000000));
}

Test(abi_codec, elements_are_spaced_by_the_stride)
{
    uint8_t wire[24] = {0};
    wire[12] = 3;  /* entry_count */
    wire[16] = 40; /* entry_stride_bytes */
    uint64_t stride;
    cr_assert(sl_abi_needed_size(SL_LAYOUT_AEROGPU_ALLOC_TABLE_HEADER, wire, 24) == 24 + 120);
    cr_assert(sl_abi_trailing_count(SL_LAYOUT_AEROGPU_ALLOC_TABLE_HEADER, wire, 24, &stride) == 3);
    cr_assert(stride == 40);
}

/* Two booleans: 24 + 2 * 4 bytes are enough; from 24 + 2 * 16 on there are four words each. */
Test(abi_codec, boolean_constants_come_in_two_forms)
{
    const struct sl_abi_struct *layout = SL_LAYOUT_AEROGPU_CMD_SET_SHADER_CONSTANTS_B;
    uint8_t wire[56] = {0x08, 0x02, 0, 0};
    wire[16] = 2; /* bool_count */
    uint64_t stride;
    cr_assert(sl_abi_needed_size(layout, wire, 56) == 32);
    cr_assert(sl_abi_trailing_count(layout, wire, 32, &stride) == 2);
    cr_assert(sl_abi_trailing_count(layout, wire, 52, &stride) == 2);
    cr_assert(sl_abi_trailing_count(layout, wire, 56, &stride) == 8);
    cr_assert(stride == 4);
}

Test(abi_codec, text_takes_what_is_left)
{
    const struct sl_abi_struct *layout = SL_LAYOUT_AEROGPU_CMD_DEBUG_MARKER;
    uint8_t wire[16] = {1, 0, 0, 0, 16, 0, 0, 0, 'h', 'e', 'l', 'l', 'o'};
    uint64_t stride;
    cr_assert(sl_abi_needed_size(layout, wire, 16) == 8);
    cr_assert(sl_abi_trailing_count(layout, wire, 16, &stride) == 8);
    cr_assert(sl_abi_trailing_count(layout, wire, 8, &stride) == 0);
}

Test(abi_codec, virtio_commands_decode_the_same_way)
{
    uint8_t wire[64] = {0x06, 0x01, 0, 0, 1};
    wire[8] = 0x2A; /* fence_id */
    wire[20] = 3;   /* ring_idx */
    wire[24] = 9;   /* resource_id */
    wire[28] = 2;   /* nr_entries */
    struct sl_virtio_gpu_resource_attach_backing p;
    sl_abi_decode(SL_LAYOUT_VIRTIO_GPU_RESOURCE_ATTACH_BACKING, wire, sizeof(wire), &p);
    cr_assert_eq(p.hdr.type, 0x106);
    cr_assert_eq(p.hdr.flags, 1);
    cr_assert(p.hdr.fence_id == 42);
    cr_assert_eq(p.hdr.ring_idx, 3);
    cr_assert_eq(p.resource_id, 9);
    cr_assert(sl_abi_needed_size(SL_LAYOUT_VIRTIO_GPU_RESOURCE_ATTACH_BACKING, wire, 32) == 64);
}
