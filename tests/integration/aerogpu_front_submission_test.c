/* What is checked before a submission executes: descriptor, stream, allocation table. */
#include "aerogpu_rig.h"

#include "base/bytes.h"

#include <criterion/criterion.h>
#include <string.h>

enum { CMD_DECODE = 1, OOB = 2 };

static struct aerogpu_rig rig;

static void up(void)
{
    aerogpu_rig_init(&rig);
}

static void down(void)
{
    aerogpu_rig_finish(&rig);
}

TestSuite(aerogpu_front_submission, .init = up, .fini = down);

/* An empty stream at AEROGPU_RIG_STREAM and a table of one entry at AEROGPU_RIG_TABLE. */
static void place_good(void)
{
    static const struct aerogpu_rig_alloc alloc = {.alloc_id = 1, .gpa = 0x2000, .size_bytes = 64};
    struct sl_buf bytes = {0};
    aerogpu_stream_begin(&bytes);
    aerogpu_rig_mem_set(&rig, AEROGPU_RIG_STREAM, bytes.data, bytes.size);
    aerogpu_table(&bytes, &alloc, 1);
    aerogpu_rig_mem_set(&rig, AEROGPU_RIG_TABLE, bytes.data, bytes.size);
    sl_buf_finish(&bytes);
}

static const struct aerogpu_rig_desc good = {
    .desc_size_bytes = 64,
    .cmd_gpa = AEROGPU_RIG_STREAM,
    .cmd_size_bytes = 24,
    .alloc_table_gpa = AEROGPU_RIG_TABLE,
    .alloc_table_size_bytes = 56,
};

/* Submits desc with the next fence and expects code, 0 for none; the fence completes anyway. */
static void expect(const struct aerogpu_rig_desc *desc, uint32_t code, const char *what)
{
    struct aerogpu_rig_desc numbered = *desc;
    numbered.signal_fence = aerogpu_rig_fence(&rig) + 1;
    uint32_t errors = aerogpu_rig_error_count(&rig);
    aerogpu_rig_push(&rig, &numbered);
    aerogpu_rig_ring(&rig);
    cr_assert_eq(aerogpu_rig_fence(&rig), numbered.signal_fence, "%s", what);
    cr_assert_eq(aerogpu_rig_error_count(&rig), errors + (code != 0), "%s", what);
    if (code != 0) {
        cr_assert_eq(aerogpu_rig_error(&rig), code, "%s", what);
        cr_assert_eq(aerogpu_rig_get64(&rig, 0x314), numbered.signal_fence, "%s", what);
        const char *class_ =
            code == OOB ? "OOB class=OUT_OF_BOUNDS" : "CMD_DECODE class=BAD_STREAM";
        const char *text = aerogpu_rig_seen(&rig, SL_OBS_ERROR, errors)->text;
        cr_assert_eq(strncmp(text, class_, strlen(class_)), 0, "%s: %s", what, text);
        cr_assert_not_null(strstr(text, what), "%s: %s", what, text);
    }
}

#define DESC(...) (&(struct aerogpu_rig_desc){__VA_ARGS__})

Test(aerogpu_front_submission, descriptor_rows)
{
    place_good();
    expect(&good, 0, "good");
    expect(DESC(.desc_size_bytes = 64), 0, "empty");
    expect(DESC(.desc_size_bytes = 63), CMD_DECODE, "desc_size_bytes 63 is not in 64..64");
    expect(DESC(.desc_size_bytes = 0), CMD_DECODE, "desc_size_bytes 0");
    expect(DESC(.desc_size_bytes = 65), CMD_DECODE, "desc_size_bytes 65");
    expect(DESC(.desc_size_bytes = 64, .cmd_gpa = 4096), CMD_DECODE, "cmd_size_bytes one is 0");
    expect(DESC(.desc_size_bytes = 64, .cmd_size_bytes = 24), CMD_DECODE, "cmd_gpa and");
    expect(DESC(.desc_size_bytes = 64, .cmd_gpa = UINT64_MAX - 23, .cmd_size_bytes = 24), OOB,
           "cmd_gpa 0xffffffffffffffe8 + 24 bytes wraps around");
    expect(DESC(.desc_size_bytes = 64, .alloc_table_gpa = 4096), CMD_DECODE, "alloc_table_gpa and");
    expect(DESC(.desc_size_bytes = 64, .alloc_table_size_bytes = 24), CMD_DECODE,
           "alloc_table_size_bytes one is 0");
    expect(DESC(.desc_size_bytes = 64, .alloc_table_gpa = UINT64_MAX - 23,
                .alloc_table_size_bytes = 24),
           OOB, "alloc_table_gpa 0xffffffffffffffe8");
    expect(
        DESC(.desc_size_bytes = 64, .flags = 0xFFFFFFFE, .context_id = 0xFFFFFFFF, .engine_id = 77),
        0, "what is not checked");
}

Test(aerogpu_front_submission, a_long_descriptor_needs_a_long_stride)
{
    aerogpu_rig_mem_set32(&rig, AEROGPU_RIG_RING + 0x0C, 1);
    aerogpu_rig_mem_set32(&rig, AEROGPU_RIG_RING + 0x10, 128);
    struct aerogpu_rig_desc desc = {.desc_size_bytes = 128, .signal_fence = 1};
    aerogpu_rig_push(&rig, &desc);
    aerogpu_rig_ring(&rig);
    cr_assert_eq(aerogpu_rig_error_count(&rig), 0);
    rig.tail = 16; /* slot 0 again */
    desc = (struct aerogpu_rig_desc){.desc_size_bytes = 129, .signal_fence = 2};
    aerogpu_rig_push(&rig, &desc);
    aerogpu_rig_mem_set32(&rig, AEROGPU_RIG_RING + 0x1C, 2);
    aerogpu_rig_ring(&rig);
    cr_assert_eq(aerogpu_rig_error(&rig), CMD_DECODE);
}

Test(aerogpu_front_submission, out_of_bounds_wins_among_several_problems)
{
    place_good();
    struct aerogpu_rig_desc desc = good;
    desc.desc_size_bytes = 1;
    desc.cmd_size_bytes = 0;
    desc.alloc_table_gpa = UINT64_MAX - 8;
    expect(&desc, OOB, "alloc_table_gpa");
    desc.alloc_table_gpa = AEROGPU_RIG_TABLE;
    expect(&desc, CMD_DECODE, "desc_size_bytes");
    desc.cmd_gpa = UINT64_MAX;
    desc.cmd_size_bytes = 24;
    desc.alloc_table_size_bytes = 8;
    expect(&desc, OOB, "cmd_gpa");
}

/* The stream header field at offset set to value, in a buffer of buffer_bytes. */
static void expect_stream(uint32_t offset, uint32_t value, uint32_t buffer_bytes, uint32_t code,
                          const char *what)
{
    place_good();
    aerogpu_rig_mem_set32(&rig, AEROGPU_RIG_STREAM + offset, value);
    expect(
        DESC(.desc_size_bytes = 64, .cmd_gpa = AEROGPU_RIG_STREAM, .cmd_size_bytes = buffer_bytes),
        code, what);
}

Test(aerogpu_front_submission, stream_header_rows)
{
    expect_stream(0, 0x444D4341, 23, CMD_DECODE, "stream: 23 bytes hold no header");
    expect_stream(0, 0x444D4340, 24, CMD_DECODE, "stream: magic is 0x444d4340");
    expect_stream(4, 0x00000004, 24, CMD_DECODE, "stream: abi_version is 0x00000004");
    expect_stream(4, 0x00020000, 24, CMD_DECODE, "stream: abi_version is 0x00020000");
    expect_stream(8, 20, 24, CMD_DECODE, "stream: size_bytes is 0x00000014");
    expect_stream(8, 0, 24, CMD_DECODE, "stream: size_bytes is 0x00000000");
    expect_stream(8, 26, 32, CMD_DECODE, "stream: size_bytes is 0x0000001a");
    expect_stream(8, 28, 24, OOB, "stream: size_bytes 28 exceeds cmd_size_bytes 24");
    expect_stream(8, 0x04000004, 0x04000000, OOB, "exceeds cmd_size_bytes");
    expect_stream(8, 0x04000004, 0x04000004, CMD_DECODE, "stream: size_bytes is 0x04000004");
    expect_stream(4, 0x00010000, 24, 0, "an older minor");
    expect_stream(4, 0x0001FFFF, 24, 0, "a newer minor");
    expect_stream(12, 0xFFFFFFFF, 24, 0, "flags");
    expect_stream(16, 0xFFFFFFFF, 24, 0, "reserved");
    expect_stream(8, 24, 0x1000, 0, "bytes behind the stream");
}

/* A stream of these words behind the header, with size_bytes following the words. */
static void expect_packets(const uint32_t *words, uint32_t count, uint32_t code, const char *what)
{
    struct sl_buf bytes = {0};
    aerogpu_stream_begin(&bytes);
    for (uint32_t i = 0; i < count; i++) {
        sl_buf_u32(&bytes, words[i]);
    }
    sl_put_le32(bytes.data + 8, (uint32_t)bytes.size);
    aerogpu_rig_mem_set(&rig, AEROGPU_RIG_STREAM, bytes.data, bytes.size);
    expect(DESC(.desc_size_bytes = 64, .cmd_gpa = AEROGPU_RIG_STREAM,
                .cmd_size_bytes = (uint32_t)bytes.size),
           code, what);
    sl_buf_finish(&bytes);
}

#define PACKETS(code, what, ...)                                                                   \
    expect_packets((const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / 4,   \
                   code, what)

Test(aerogpu_front_submission, framing)
{
    PACKETS(0, "nop", 0, 8);
    PACKETS(0, "two nops", 0, 8, 0, 12, 99);
    PACKETS(0, "unknown opcodes", 0xDEADBEEF, 8, 0x7FF, 16, 1, 2);
    PACKETS(CMD_DECODE, "stream: 4 bytes left at 0x18 hold no packet", 0);
    PACKETS(CMD_DECODE, "stream: 4 bytes left at 0x20", 0, 8, 0);
    PACKETS(CMD_DECODE, "stream: packet at 0x18 of 0 bytes", 0, 0);
    PACKETS(CMD_DECODE, "stream: packet at 0x18 of 4 bytes", 0, 4);
    PACKETS(CMD_DECODE, "stream: packet at 0x18 of 10 bytes", 0, 10, 0);
    PACKETS(CMD_DECODE, "stream: packet at 0x18 of 12 bytes, 8 are left", 0, 12);
    PACKETS(CMD_DECODE, "stream: packet at 0x20 of 4294967292 bytes", 0, 8, 0, 0xFFFFFFFC);
}

Test(aerogpu_front_submission, a_stream_that_is_no_ram_reads_as_ones)
{
    expect(DESC(.desc_size_bytes = 64, .cmd_gpa = AEROGPU_RIG_RAM_SIZE, .cmd_size_bytes = 24),
           CMD_DECODE, "stream: magic is 0xffffffff");
    /* The header is RAM, the packet behind it is not. */
    place_good();
    aerogpu_rig_mem_set32(&rig, AEROGPU_RIG_STREAM + 8, 32);
    uint8_t header[24];
    cr_assert_eq(sl_mem_read(rig.mem, AEROGPU_RIG_STREAM, header, 24), SL_MEM_OK);
    aerogpu_rig_mem_set(&rig, AEROGPU_RIG_RAM_SIZE - 24, header, 24);
    expect(DESC(.desc_size_bytes = 64, .cmd_gpa = AEROGPU_RIG_RAM_SIZE - 24, .cmd_size_bytes = 32),
           CMD_DECODE, "stream: packet at 0x18 of 4294967295 bytes");
}

/* The good table with the u32 at offset replaced, announced with size bytes. */
static void expect_table(uint32_t offset, uint32_t value, uint32_t size, uint32_t code,
                         const char *what)
{
    place_good();
    aerogpu_rig_mem_set32(&rig, AEROGPU_RIG_TABLE + offset, value);
    expect(DESC(.desc_size_bytes = 64, .alloc_table_gpa = AEROGPU_RIG_TABLE,
                .alloc_table_size_bytes = size),
           code, what);
}

Test(aerogpu_front_submission, table_rows)
{
    expect_table(0, 0x434F4C41, 23, CMD_DECODE, "alloc table: 23 bytes hold no header");
    expect_table(0, 0, 56, CMD_DECODE, "alloc table: magic is 0x00000000");
    expect_table(4, 0x00020004, 56, CMD_DECODE, "alloc table: abi_version is 0x00020004");
    expect_table(8, 23, 56, CMD_DECODE, "alloc table: size_bytes is 0x00000017");
    expect_table(8, 57, 56, CMD_DECODE, "alloc table: size_bytes is 0x00000039");
    expect_table(8, 0x01000001, 0x02000000, CMD_DECODE, "alloc table: size_bytes is 0x01000001");
    expect_table(16, 31, 56, CMD_DECODE, "alloc table: entry_stride_bytes is 0x0000001f");
    expect_table(12, 2, 56, OOB, "alloc table: 2 entries of 32 bytes exceed size_bytes 56");
    expect_table(16, 33, 56, OOB, "alloc table: 1 entries of 33 bytes");
    expect_table(12, 0xFFFFFFFF, 56, OOB, "alloc table: 4294967295 entries");
    expect_table(24, 0, 56, CMD_DECODE, "alloc table: entry 0 has alloc_id 0");
    expect_table(40, 0, 56, CMD_DECODE, "alloc table: entry 0 has size_bytes 0");
    expect_table(36, 0xFFFFFFFF, 56, 0, "a high address");
    expect_table(4, 0x0001FFFF, 56, 0, "any minor");
    expect_table(12, 0, 56, 0, "no entries");
    expect_table(28, 0xFFFFFFFF, 56, 0, "flags");
    expect_table(20, 0xFFFFFFFF, 56, 0, "reserved");
    expect_table(8, 56, 0x1000, 0, "bytes behind the table");
}

Test(aerogpu_front_submission, the_largest_table_is_accepted)
{
    place_good();
    aerogpu_rig_mem_set32(&rig, AEROGPU_RIG_TABLE + 8, 0x01000000);
    expect(DESC(.desc_size_bytes = 64, .alloc_table_gpa = AEROGPU_RIG_TABLE,
                .alloc_table_size_bytes = 0x01000000),
           0, "16 MiB");
}

static void expect_entries(const struct aerogpu_rig_alloc *allocs, size_t count, uint32_t code,
                           const char *what)
{
    struct sl_buf table = {0};
    aerogpu_table(&table, allocs, count);
    aerogpu_rig_mem_set(&rig, AEROGPU_RIG_TABLE, table.data, table.size);
    expect(DESC(.desc_size_bytes = 64, .alloc_table_gpa = AEROGPU_RIG_TABLE,
                .alloc_table_size_bytes = (uint32_t)table.size),
           code, what);
    sl_buf_finish(&table);
}

#define ENTRIES(code, what, ...)                                                                   \
    expect_entries((const struct aerogpu_rig_alloc[]){__VA_ARGS__},                                \
                   sizeof((const struct aerogpu_rig_alloc[]){__VA_ARGS__}) /                       \
                       sizeof(struct aerogpu_rig_alloc),                                           \
                   code, what)

Test(aerogpu_front_submission, table_entries)
{
    ENTRIES(0, "address 0", {1, 0, 0, 1}, {0xFFFFFFFF, 1, 0, UINT64_MAX});
    ENTRIES(CMD_DECODE, "alloc table: entry 1 has alloc_id 0", {1, 0, 0, 1}, {0, 0, 0, 1});
    ENTRIES(CMD_DECODE, "alloc table: entry 2 has size_bytes 0", {1, 0, 0, 1}, {2, 0, 0, 1},
            {3, 0, 0, 0});
    ENTRIES(OOB, "alloc table: entry 1 wraps", {1, 0, 0, 1}, {2, 0, UINT64_MAX, 1});
    ENTRIES(CMD_DECODE, "alloc table: alloc_id 0x7 occurs twice", {7, 0, 0, 1}, {2, 0, 0, 1},
            {9, 0, 0, 1}, {7, 0, 4096, 2});
    ENTRIES(CMD_DECODE, "alloc table: entry 1 has alloc_id 0", {1, 0, UINT64_MAX, 1}, {0, 0, 0, 1});
    ENTRIES(OOB, "alloc table: entry 0 wraps", {1, 0, UINT64_MAX, 1}, {2, 0, 0, 1}, {2, 0, 0, 1});
}

Test(aerogpu_front_submission, table_and_stream_are_both_judged)
{
    place_good();
    aerogpu_rig_mem_set32(&rig, AEROGPU_RIG_STREAM, 0);
    aerogpu_rig_mem_set32(&rig, AEROGPU_RIG_TABLE + 12, 2);
    expect(&good, OOB, "alloc table");
    place_good();
    aerogpu_rig_mem_set32(&rig, AEROGPU_RIG_STREAM, 0);
    aerogpu_rig_mem_set32(&rig, AEROGPU_RIG_TABLE, 0);
    expect(&good, CMD_DECODE, "stream: magic");
    place_good();
    aerogpu_rig_mem_set32(&rig, AEROGPU_RIG_TABLE, 0);
    expect(&good, CMD_DECODE, "alloc table: magic");
}

Test(aerogpu_front_submission, one_bad_submission_does_not_stop_the_next)
{
    struct aerogpu_rig_desc desc = {.desc_size_bytes = 1, .signal_fence = 1};
    aerogpu_rig_push(&rig, &desc);
    desc = (struct aerogpu_rig_desc){.desc_size_bytes = 64, .signal_fence = 2};
    aerogpu_rig_push(&rig, &desc);
    desc = (struct aerogpu_rig_desc){.desc_size_bytes = 2, .signal_fence = 0};
    aerogpu_rig_push(&rig, &desc);
    aerogpu_rig_ring(&rig);
    cr_assert_eq(aerogpu_rig_fence(&rig), 2);
    cr_assert_eq(aerogpu_rig_error_count(&rig), 2);
    cr_assert_eq(aerogpu_rig_get64(&rig, 0x314), 0);
}
