/* BAR0: each register of the ABI, and what each access width does. */
#include "aerogpu_rig.h"

#include <criterion/criterion.h>

enum access { RO, WO, RW };

/* How an RW register shows what was written. */
enum storage { PLAIN, BOOL, BIT0, STAGED };

/* The ABI page's register table, typed in. */
static const struct row {
    uint32_t offset;
    enum access access;
    uint32_t reset;
    enum storage storage;
    const char *name;
} rows[] = {
    {0x000, RO, 0x55504741, PLAIN, "MAGIC"},
    {0x004, RO, 0x00010004, PLAIN, "ABI_VERSION"},
    {0x008, RO, 0x3F, PLAIN, "FEATURES_LO"},
    {0x00C, RO, 0, PLAIN, "FEATURES_HI"},
    {0x100, RW, 0, PLAIN, "RING_GPA_LO"},
    {0x104, RW, 0, PLAIN, "RING_GPA_HI"},
    {0x108, RW, 0, PLAIN, "RING_SIZE_BYTES"},
    {0x10C, RW, 0, BIT0, "RING_CONTROL"},
    {0x120, RW, 0, PLAIN, "FENCE_GPA_LO"},
    {0x124, RW, 0, PLAIN, "FENCE_GPA_HI"},
    {0x130, RO, 0, PLAIN, "COMPLETED_FENCE_LO"},
    {0x134, RO, 0, PLAIN, "COMPLETED_FENCE_HI"},
    {0x200, WO, 0, PLAIN, "DOORBELL"},
    {0x300, RO, 0, PLAIN, "IRQ_STATUS"},
    {0x304, RW, 0, PLAIN, "IRQ_ENABLE"},
    {0x308, WO, 0, PLAIN, "IRQ_ACK"},
    {0x310, RO, 0, PLAIN, "ERROR_CODE"},
    {0x314, RO, 0, PLAIN, "ERROR_FENCE_LO"},
    {0x318, RO, 0, PLAIN, "ERROR_FENCE_HI"},
    {0x31C, RO, 0, PLAIN, "ERROR_COUNT"},
    {0x400, RW, 0, BOOL, "SCANOUT0_ENABLE"},
    {0x404, RW, 0, PLAIN, "SCANOUT0_WIDTH"},
    {0x408, RW, 0, PLAIN, "SCANOUT0_HEIGHT"},
    {0x40C, RW, 0, PLAIN, "SCANOUT0_FORMAT"},
    {0x410, RW, 0, PLAIN, "SCANOUT0_PITCH_BYTES"},
    {0x414, RW, 0, STAGED, "SCANOUT0_FB_GPA_LO"},
    {0x418, RW, 0, PLAIN, "SCANOUT0_FB_GPA_HI"},
    {0x420, RO, 0, PLAIN, "SCANOUT0_VBLANK_SEQ_LO"},
    {0x424, RO, 0, PLAIN, "SCANOUT0_VBLANK_SEQ_HI"},
    {0x428, RO, 0, PLAIN, "SCANOUT0_VBLANK_TIME_NS_LO"},
    {0x42C, RO, 0, PLAIN, "SCANOUT0_VBLANK_TIME_NS_HI"},
    {0x430, RO, 16666667, PLAIN, "SCANOUT0_VBLANK_PERIOD_NS"},
    {0x500, RW, 0, BOOL, "CURSOR_ENABLE"},
    {0x504, RW, 0, PLAIN, "CURSOR_X"},
    {0x508, RW, 0, PLAIN, "CURSOR_Y"},
    {0x50C, RW, 0, PLAIN, "CURSOR_HOT_X"},
    {0x510, RW, 0, PLAIN, "CURSOR_HOT_Y"},
    {0x514, RW, 0, PLAIN, "CURSOR_WIDTH"},
    {0x518, RW, 0, PLAIN, "CURSOR_HEIGHT"},
    {0x51C, RW, 0, PLAIN, "CURSOR_FORMAT"},
    {0x520, RW, 0, STAGED, "CURSOR_FB_GPA_LO"},
    {0x524, RW, 0, PLAIN, "CURSOR_FB_GPA_HI"},
    {0x528, RW, 0, PLAIN, "CURSOR_PITCH_BYTES"},
};

enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]) };

static struct aerogpu_rig rig;

static void powered(void)
{
    aerogpu_rig_init_bare(&rig, NULL);
    aerogpu_rig_command(&rig, 2); /* no bus master: nothing a register says can be acted upon */
}

static void done(void)
{
    aerogpu_rig_finish(&rig);
}

TestSuite(aerogpu_front_registers, .init = powered, .fini = done);

static uint64_t get(uint64_t offset, unsigned size)
{
    return rig.target->impl->read(rig.target, SL_SPACE_BAR0, offset, size);
}

static void set(uint64_t offset, unsigned size, uint64_t value)
{
    rig.target->impl->write(rig.target, SL_SPACE_BAR0, offset, size, value);
}

static const struct row *row_at(uint32_t offset)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (rows[i].offset == offset) {
            return &rows[i];
        }
    }
    return NULL;
}

Test(aerogpu_front_registers, every_offset_has_its_reset_value)
{
    for (uint32_t offset = 0; offset < 0x10000; offset += 4) {
        const struct row *row = row_at(offset);
        cr_assert_eq(get(offset, 4), row ? row->reset : 0, "0x%x", offset);
    }
}

Test(aerogpu_front_registers, names_are_the_abis)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        for (uint32_t into = 0; into < 4; into++) {
            const char *name =
                rig.target->impl->register_name(rig.target, SL_SPACE_BAR0, rows[i].offset + into);
            cr_assert_str_eq(name, rows[i].name);
        }
    }
    cr_assert_null(rig.target->impl->register_name(rig.target, SL_SPACE_BAR0, 0x434));
    cr_assert_null(rig.target->impl->register_name(rig.target, SL_SPACE_BAR1, 0));
}

static uint32_t shown(const struct row *row, uint32_t value)
{
    switch (row->storage) {
    case PLAIN:
    case STAGED:
        return value;
    case BOOL:
        return value != 0;
    case BIT0:
        return value & 1;
    }
    return 0;
}

Test(aerogpu_front_registers, every_register_obeys_its_access)
{
    static const uint32_t values[] = {0xFFFFFFFF, 0xA5C3E187, 2, 0};
    for (size_t i = 0; i < ROW_COUNT; i++) {
        const struct row *row = &rows[i];
        for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
            set(row->offset, 4, values[v]);
            uint32_t expected = row->access == RO   ? row->reset
                                : row->access == WO ? 0
                                                    : shown(row, values[v]);
            cr_assert_eq(get(row->offset, 4), expected, "%s after 0x%x", row->name, values[v]);
        }
    }
}

Test(aerogpu_front_registers, unknown_offsets_swallow_writes)
{
    static const uint32_t offsets[] = {0x010, 0x110, 0x204, 0x434, 0x52C, 0x1000, 0xFFFC};
    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        set(offsets[i], 4, 0xFFFFFFFF);
        cr_assert_eq(get(offsets[i], 4), 0);
    }
}

Test(aerogpu_front_registers, past_the_block_reads_zero)
{
    cr_assert_eq(get(0x10000, 4), 0);
    cr_assert_eq(get(0x10001, 1), 0);
    cr_assert_eq(get(UINT64_MAX, 8), 0);
    cr_assert_eq(get(UINT64_MAX - 3, 4), 0);
    set(UINT64_MAX - 3, 8, UINT64_MAX); /* the second dword must not become offset 0 */
    set(0x10000 + 0x108, 4, 1);
    cr_assert_eq(get(0x108, 4), 0);
}

/* Every register, every offset inside it, 1 and 2 byte reads. */
Test(aerogpu_front_registers, narrow_reads_take_bytes_of_their_dword)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        uint32_t word = rows[i].reset;
        if (rows[i].access == RW && rows[i].storage == PLAIN) {
            word = 0x44332211;
            set(rows[i].offset, 4, word);
        }
        for (unsigned into = 0; into < 4; into++) {
            uint32_t at = rows[i].offset + into;
            cr_assert_eq(get(at, 1), word >> 8 * into & 0xFF, "%s+%u", rows[i].name, into);
            cr_assert_eq(get(at, 2), word >> 8 * into & 0xFFFF, "%s+%u", rows[i].name, into);
            cr_assert_eq(get(at, 4), word, "%s+%u", rows[i].name, into);
        }
    }
}

Test(aerogpu_front_registers, a_two_byte_read_at_offset_3_gives_the_top_byte)
{
    set(0x108, 4, 0xAABBCCDD);
    set(0x10C, 4, 1);
    cr_assert_eq(get(0x10B, 2), 0x00AA);
}

Test(aerogpu_front_registers, wide_reads_are_two_dwords)
{
    cr_assert_eq(get(0x000, 8), UINT64_C(0x0001000455504741));
    cr_assert_eq(get(0x003, 8), UINT64_C(0x0001000455504741));
    set(0x108, 4, 0x11112222);
    cr_assert_eq(get(0x104, 8), UINT64_C(0x1111222200000000));
    cr_assert_eq(get(0xFFFC, 8), 0);
}

Test(aerogpu_front_registers, narrow_writes_replace_their_bytes_only)
{
    static const struct {
        unsigned into;
        unsigned size;
        uint64_t value;
        uint32_t expected;
    } cases[] = {
        {0, 1, 0xEE, 0x443322EE},   {1, 1, 0xEE, 0x4433EE11},   {2, 1, 0xEE, 0x44EE2211},
        {3, 1, 0xEE, 0xEE332211},   {0, 2, 0xEEDD, 0x4433EEDD}, {1, 2, 0xEEDD, 0x44EEDD11},
        {2, 2, 0xEEDD, 0xEEDD2211}, {3, 2, 0xEEDD, 0xDD332211}, {1, 4, 0xCCBBAA99, 0xCCBBAA99},
        {0, 1, 0x1EE, 0x443322EE},
    };
    for (size_t r = 0; r < ROW_COUNT; r++) {
        if (rows[r].access != RW || rows[r].storage != PLAIN) {
            continue;
        }
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            set(rows[r].offset, 4, 0x44332211);
            set(rows[r].offset + cases[i].into, cases[i].size, cases[i].value);
            cr_assert_eq(get(rows[r].offset, 4), cases[i].expected, "%s case %zu", rows[r].name, i);
        }
    }
}

Test(aerogpu_front_registers, a_wide_write_is_low_dword_then_high)
{
    set(0x100, 8, UINT64_C(0x1111222233334444));
    cr_assert_eq(get(0x100, 4), 0x33334444);
    cr_assert_eq(get(0x104, 4), 0x11112222);
    set(0x106, 8, UINT64_C(0x5555666677778888));
    cr_assert_eq(get(0x104, 4), 0x77778888);
    cr_assert_eq(get(0x108, 4), 0x55556666);
}

Test(aerogpu_front_registers, a_staged_address_commits_with_its_high_half)
{
    static const uint32_t lows[] = {0x414, 0x520};
    static const uint32_t enables[] = {0x400, 0x500};
    for (size_t i = 0; i < 2; i++) {
        uint32_t lo = lows[i];
        set(lo, 4, 0x1000);
        set(lo + 4, 4, 0x2);
        set(lo, 4, 0x3000);
        cr_assert_eq(get(lo, 4), 0x3000, "reading LO gives what is staged");
        cr_assert_eq(get(lo + 4, 4), 0x2);
        set(enables[i], 4, 1);
        set(enables[i], 4, 7); /* stays enabled */
        cr_assert_eq(get(lo, 4), 0x3000);
        set(enables[i], 4, 0);
        cr_assert_eq(get(lo, 4), 0x1000, "disabling drops what is staged");
        set(lo, 4, 0x5000);
        set(enables[i], 4, 0); /* was disabled already */
        cr_assert_eq(get(lo, 4), 0x5000);
        set(lo + 4, 4, 0x6);
        cr_assert_eq(get(lo, 8), UINT64_C(0x600005000));
        set(lo + 4, 4, 0x7); /* nothing staged: the current LO stays */
        cr_assert_eq(get(lo, 8), UINT64_C(0x700005000));
    }
}

Test(aerogpu_front_registers, a_narrow_write_builds_on_the_staged_low_half)
{
    set(0x414, 4, 0x11223344);
    set(0x417, 1, 0xAA);
    cr_assert_eq(get(0x414, 4), 0xAA223344);
    set(0x418, 1, 0x5);
    cr_assert_eq(get(0x414, 8), UINT64_C(0x5AA223344));
}

Test(aerogpu_front_registers, a_wide_write_commits_a_staged_address)
{
    set(0x520, 8, UINT64_C(0x900000AAA0));
    set(0x500, 4, 1);
    set(0x500, 4, 0);
    cr_assert_eq(get(0x520, 8), UINT64_C(0x900000AAA0));
}

Test(aerogpu_front_registers, a_narrow_write_has_all_side_effects)
{
    set(0x402, 1, 1); /* bit 16 of SCANOUT0_ENABLE: any value enables */
    cr_assert_eq(get(0x400, 4), 1);
    set(0x400, 1, 0);
    cr_assert_eq(get(0x400, 4), 0);
}

Test(aerogpu_front_registers, features_not_offered_have_no_registers)
{
    static const struct {
        const char *mask;
        uint32_t first;
        uint32_t last;
        uint32_t features;
    } cases[] = {
        {"0x3e", 0x120, 0x124, 0x3E}, {"0x3d", 0x500, 0x528, 0x3D}, {"0x3b", 0x400, 0x418, 0x3B},
        {"0x37", 0x420, 0x430, 0x37}, {"31", 0x310, 0x31C, 0x1F},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct sl_option option = {.name = "features", .value = cases[i].mask};
        const struct sl_target_config config = {
            .profile = "", .options = &option, .option_count = 1};
        aerogpu_rig_finish(&rig);
        aerogpu_rig_init_bare(&rig, &config);
        aerogpu_rig_command(&rig, 2);
        cr_assert_eq(get(0x008, 4), cases[i].features);
        for (uint32_t offset = cases[i].first; offset <= cases[i].last; offset += 4) {
            set(offset, 4, 0xFFFFFFFF);
            cr_assert_eq(get(offset, 4), 0, "mask %s offset 0x%x", cases[i].mask, offset);
        }
        set(0x100, 4, 0x1234);
        cr_assert_eq(get(0x100, 4), 0x1234);
    }
}
