/*
 * The generated header against facts entered by hand from the descriptions of the two devices, in
 * their own numbers: fourccs as text, bits as shifts, offsets as the register map prints them.
 */
#include "abi/abi.h"
#include "base/bytes.h"

#include <criterion/criterion.h>
#include <scanlock/aerogpu_abi.h>
#include <string.h>

TestSuite(abi_facts);

static uint32_t fourcc(const char *text)
{
    uint8_t bytes[4];
    memcpy(bytes, text, 4);
    return sl_get_le32(bytes);
}

Test(abi_facts, magics_spell_words)
{
    cr_assert_eq(AEROGPU_MMIO_MAGIC, fourcc("AGPU"));
    cr_assert_eq(AEROGPU_RING_MAGIC, fourcc("ARNG"));
    cr_assert_eq(AEROGPU_ALLOC_TABLE_MAGIC, fourcc("ALOC"));
    cr_assert_eq(AEROGPU_FENCE_PAGE_MAGIC, fourcc("FENC"));
    cr_assert_eq(AEROGPU_CMD_STREAM_MAGIC, fourcc("ACMD"));
    cr_assert_eq(AEROGPU_INPUT_LAYOUT_BLOB_MAGIC, fourcc("ILAY"));
}

Test(abi_facts, identity)
{
    cr_assert_eq(AEROGPU_PCI_VENDOR_ID, 0xA3A0);
    cr_assert_eq(AEROGPU_PCI_DEVICE_ID, 0x0001);
    cr_assert_eq(AEROGPU_PCI_BAR0_SIZE_BYTES, 64 << 10);
    cr_assert_eq(AEROGPU_PCI_BAR1_SIZE_BYTES, 64 << 20);
    cr_assert_eq(AEROGPU_PCI_BAR1_VBE_LFB_OFFSET_BYTES, 256 << 10);
    cr_assert_eq(AEROGPU_PCI_BAR1_VBE_LFB_SIZE_BYTES, (64 << 20) - (256 << 10));
    cr_assert_eq(AEROGPU_ABI_VERSION_U32, (1 << 16) + 4);
}

Test(abi_facts, registers)
{
    static const struct {
        uint32_t offset;
        const char *word;
        enum sl_abi_access access;
        uint64_t reset;
    } facts[] = {
        {0x000, "MAGIC", SL_ABI_RO, 0x55504741},
        {0x004, "ABI_VERSION", SL_ABI_RO, 0x00010004},
        {0x008, "FEATURES_LO", SL_ABI_RO, 0x3F},
        {0x00C, "FEATURES_HI", SL_ABI_RO, 0},
        {0x100, "RING_GPA_LO", SL_ABI_RW, 0},
        {0x108, "RING_SIZE_BYTES", SL_ABI_RW, 0},
        {0x10C, "RING_CONTROL", SL_ABI_RW, 0},
        {0x120, "FENCE_GPA_LO", SL_ABI_RW, 0},
        {0x130, "COMPLETED_FENCE_LO", SL_ABI_RO, 0},
        {0x200, "DOORBELL", SL_ABI_WO, 0},
        {0x300, "IRQ_STATUS", SL_ABI_RO, 0},
        {0x304, "IRQ_ENABLE", SL_ABI_RW, 0},
        {0x308, "IRQ_ACK", SL_ABI_WO, 0},
        {0x310, "ERROR_CODE", SL_ABI_RO, 0},
        {0x31C, "ERROR_COUNT", SL_ABI_RO, 0},
        {0x400, "SCANOUT0_ENABLE", SL_ABI_RW, 0},
        {0x40C, "SCANOUT0_FORMAT", SL_ABI_RW, 0},
        {0x418, "SCANOUT0_FB_GPA_HI", SL_ABI_RW, 0},
        {0x420, "SCANOUT0_VBLANK_SEQ_LO", SL_ABI_RO, 0},
        {0x430, "SCANOUT0_VBLANK_PERIOD_NS", SL_ABI_RO, 16666667},
        {0x500, "CURSOR_ENABLE", SL_ABI_RW, 0},
        {0x528, "CURSOR_PITCH_BYTES", SL_ABI_RW, 0},
    };
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
        const struct sl_abi_register *r = sl_abi_find_register(&sl_abi_aerogpu, facts[i].offset);
        cr_assert_not_null(r, "0x%x", facts[i].offset);
        cr_assert_str_eq(r->word, facts[i].word);
        cr_assert_eq(r->access, facts[i].access, "%s", r->word);
        cr_assert(r->reset == facts[i].reset, "%s", r->word);
    }
    cr_assert(sl_abi_find_register_name(&sl_abi_aerogpu, "CURSOR_X")->is_signed);
    cr_assert(sl_abi_find_register(&sl_abi_aerogpu, 0x310)->feature == AEROGPU_FEATURE_ERROR_INFO);
}

Test(abi_facts, bits)
{
    cr_assert_eq(AEROGPU_IRQ_FENCE, 1u << 0);
    cr_assert_eq(AEROGPU_IRQ_SCANOUT_VBLANK, 1u << 1);
    cr_assert_eq(AEROGPU_IRQ_ERROR, 1u << 31);
    cr_assert_eq(AEROGPU_RING_CONTROL_ENABLE, 1u << 0);
    cr_assert_eq(AEROGPU_RING_CONTROL_RESET, 1u << 1);
    cr_assert(AEROGPU_FEATURE_TRANSFER == 1u << 4);
    cr_assert(AEROGPU_FEATURE_ERROR_INFO == 1u << 5);
    cr_assert_eq(AEROGPU_SUBMIT_FLAG_NO_IRQ, 1 << 1);
    cr_assert_eq(AEROGPU_COPY_FLAG_WRITEBACK_DST, 1);
}

Test(abi_facts, error_codes_and_formats)
{
    cr_assert_eq(AEROGPU_ERROR_CMD_DECODE, 1);
    cr_assert_eq(AEROGPU_ERROR_OOB, 2);
    cr_assert_eq(AEROGPU_ERROR_BACKEND, 3);
    cr_assert_eq(AEROGPU_ERROR_INTERNAL, 0xFFFF);
    static const struct {
        uint32_t value;
        uint8_t bytes;
        uint8_t block;
        bool srgb;
        bool opaque;
        bool scanout;
        bool cursor;
    } facts[] = {
        {1, 4, 1, false, false, true, true},     {2, 4, 1, false, true, true, true},
        {3, 4, 1, false, false, true, true},     {4, 4, 1, false, true, true, true},
        {5, 2, 1, false, true, true, false},     {6, 2, 1, false, false, true, false},
        {7, 4, 1, true, false, true, true},      {10, 4, 1, true, true, true, true},
        {32, 4, 1, false, false, false, false},  {33, 4, 1, false, false, false, false},
        {64, 8, 4, false, false, false, false},  {65, 8, 4, true, false, false, false},
        {66, 16, 4, false, false, false, false}, {71, 16, 4, true, false, false, false},
    };
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
        const struct sl_abi_format *f = sl_abi_find_format(&sl_abi_aerogpu, facts[i].value);
        cr_assert_not_null(f, "%u", facts[i].value);
        cr_assert_eq(f->bytes_per_block, facts[i].bytes, "%s", f->name);
        cr_assert_eq(f->block_width, facts[i].block, "%s", f->name);
        cr_assert_eq(f->srgb, facts[i].srgb, "%s", f->name);
        cr_assert_eq(f->opaque_alpha, facts[i].opaque, "%s", f->name);
        cr_assert_eq(f->scanout, facts[i].scanout, "%s", f->name);
        cr_assert_eq(f->cursor, facts[i].cursor, "%s", f->name);
    }
}

Test(abi_facts, rings_and_tables)
{
    cr_assert_eq(sizeof(struct aerogpu_ring_header), 64);
    cr_assert_eq(offsetof(struct aerogpu_ring_header, head), 0x18);
    cr_assert_eq(offsetof(struct aerogpu_ring_header, tail), 0x1C);
    cr_assert_eq(sizeof(struct aerogpu_submit_desc), 64);
    cr_assert_eq(sizeof(struct aerogpu_alloc_table_header), 24);
    cr_assert_eq(sizeof(struct aerogpu_alloc_entry), 32);
    cr_assert_eq(sizeof(struct aerogpu_fence_page), 56);
    cr_assert_eq(offsetof(struct aerogpu_fence_page, completed_fence), 8);
    cr_assert_eq(sizeof(struct aerogpu_cmd_stream_header), 24);
    cr_assert_eq(sizeof(struct aerogpu_cmd_hdr), 8);
    cr_assert_eq(sizeof(struct aerogpu_input_layout_element_dxgi), 28);
}

Test(abi_facts, opcodes)
{
    static const struct {
        uint32_t value;
        const char *word;
        uint32_t min_size;
    } facts[] = {
        {0x000, "NOP", 8},
        {0x001, "DEBUG_MARKER", 8},
        {0x100, "CREATE_BUFFER", 40},
        {0x101, "CREATE_TEXTURE2D", 56},
        {0x103, "RESOURCE_DIRTY_RANGE", 32},
        {0x104, "UPLOAD_RESOURCE", 32},
        {0x105, "COPY_BUFFER", 48},
        {0x106, "COPY_TEXTURE2D", 64},
        {0x107, "CREATE_TEXTURE_VIEW", 44},
        {0x200, "CREATE_SHADER_DXBC", 24},
        {0x202, "BIND_SHADERS", 24},
        {0x204, "CREATE_INPUT_LAYOUT", 20},
        {0x207, "SET_SHADER_CONSTANTS_I", 24},
        {0x208, "SET_SHADER_CONSTANTS_B", 24},
        {0x300, "SET_BLEND_STATE", 28},
        {0x301, "SET_DEPTH_STENCIL_STATE", 28},
        {0x302, "SET_RASTERIZER_STATE", 32},
        {0x400, "SET_RENDER_TARGETS", 48},
        {0x401, "SET_VIEWPORT", 32},
        {0x402, "SET_SCISSOR", 24},
        {0x500, "SET_VERTEX_BUFFERS", 16},
        {0x501, "SET_INDEX_BUFFER", 24},
        {0x600, "CLEAR", 36},
        {0x601, "DRAW", 24},
        {0x602, "DRAW_INDEXED", 28},
        {0x603, "DISPATCH", 24},
        {0x700, "PRESENT", 16},
        {0x701, "PRESENT_EX", 24},
        {0x710, "EXPORT_SHARED_SURFACE", 24},
        {0x720, "FLUSH", 16},
    };
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
        const struct sl_abi_opcode *op = sl_abi_find_opcode(&sl_abi_aerogpu, facts[i].value);
        cr_assert_not_null(op, "0x%x", facts[i].value);
        cr_assert_str_eq(op->word, facts[i].word);
        cr_assert_eq(op->min_size, facts[i].min_size, "%s", op->word);
    }
    cr_assert_null(sl_abi_find_opcode(&sl_abi_aerogpu, 0x109));
    cr_assert(sl_abi_find_opcode(&sl_abi_aerogpu, 0x105)->feature == AEROGPU_FEATURE_TRANSFER);
}

Test(abi_facts, limits)
{
    cr_assert_eq(AEROGPU_LIMIT_ALLOC_TABLE_MAX_BYTES, 16 << 20);
    cr_assert_eq(AEROGPU_LIMIT_CMD_STREAM_MAX_BYTES, 64 << 20);
    cr_assert_eq(AEROGPU_LIMIT_CURSOR_READBACK_MAX_BYTES, 4 << 20);
    cr_assert_eq(AEROGPU_LIMIT_VBLANK_CATCH_UP_MAX_TICKS, 1024);
    cr_assert_eq(AEROGPU_LIMIT_TEXTURE_MAX_EXTENT, 16384);
    cr_assert_eq(AEROGPU_LIMIT_TEXTURE_MAX_LAYERS, 2048);
    cr_assert_eq(AEROGPU_MAX_RENDER_TARGETS, 8);
}

Test(abi_facts, allocation_descriptions_pack)
{
    uint64_t desc = AEROGPU_WDDM_ALLOC_PRIV_DESC_PACK(21, 1920, 1080);
    cr_assert(desc == (UINT64_C(1) << 63 | UINT64_C(1080) << 48 | UINT64_C(1920) << 32 | 21));
    cr_assert(AEROGPU_WDDM_ALLOC_PRIV_DESC_PRESENT(desc));
    cr_assert_not(AEROGPU_WDDM_ALLOC_PRIV_DESC_PRESENT(0));
    cr_assert_eq(AEROGPU_WDDM_ALLOC_PRIV_DESC_FORMAT(desc), 21);
    cr_assert_eq(AEROGPU_WDDM_ALLOC_PRIV_DESC_WIDTH(desc), 1920);
    cr_assert_eq(AEROGPU_WDDM_ALLOC_PRIV_DESC_HEIGHT(desc), 1080);
}

Test(abi_facts, vbe_modes)
{
    static const struct sl_abi_vbe_mode facts[] = {
        {0x115, 800, 600, 32}, {0x118, 1024, 768, 32}, {0x160, 1280, 720, 32}};
    cr_assert_eq(sl_abi_aerogpu.vbe_mode_count, 3);
    cr_assert_eq(memcmp(facts, sl_abi_aerogpu.vbe_modes, sizeof(facts)), 0);
}

/* virtio 1.2, 5.7.6; sizes are also asserted against the headers of the system at build time. */
Test(abi_facts, virtio_gpu)
{
    static const struct {
        uint32_t value;
        const char *word;
        uint32_t size;
    } facts[] = {
        {0x0100, "GET_DISPLAY_INFO", 24},
        {0x0101, "RESOURCE_CREATE_2D", 40},
        {0x0103, "SET_SCANOUT", 48},
        {0x0105, "TRANSFER_TO_HOST_2D", 56},
        {0x0106, "RESOURCE_ATTACH_BACKING", 32},
        {0x010A, "GET_EDID", 32},
        {0x010C, "RESOURCE_CREATE_BLOB", 56},
        {0x010D, "SET_SCANOUT_BLOB", 96},
        {0x0204, "RESOURCE_CREATE_3D", 72},
        {0x0300, "UPDATE_CURSOR", 56},
        {0x1100, "OK_NODATA", 24},
        {0x1101, "OK_DISPLAY_INFO", 408},
        {0x1104, "OK_EDID", 1056},
        {0x1205, "ERR_INVALID_PARAMETER", 24},
    };
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
        const struct sl_abi_opcode *op = sl_abi_find_opcode(&sl_abi_virtio_gpu, facts[i].value);
        cr_assert_not_null(op, "0x%x", facts[i].value);
        cr_assert_str_eq(op->word, facts[i].word);
        cr_assert_eq(op->layout->size, facts[i].size, "%s", op->word);
    }
    cr_assert_str_eq(sl_abi_find_format(&sl_abi_virtio_gpu, 67)->channels, "RGBA");
    cr_assert_str_eq(sl_abi_find_format(&sl_abi_virtio_gpu, 121)->channels, "ABGR");
    cr_assert_str_eq(sl_abi_find_format(&sl_abi_virtio_gpu, 134)->channels, "RGBX");
}
