/* Coverage: the catalog holds what the tables hold, and packets cover what is in them. */
#include "abi_aerogpu.h"
#include "abi_virtio_gpu.h"
#include "base/bytes.h"
#include "coverage/coverage.h"
#include "fail_alloc.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(coverage, .timeout = 120);

static size_t count_kind(const struct sl_coverage_catalog *catalog, const struct sl_abi *abi,
                         enum sl_coverage_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < catalog->count; i++) {
        count += catalog->rows[i].abi == abi && catalog->rows[i].kind == kind;
    }
    return count;
}

static size_t row(const struct sl_coverage_catalog *catalog, const char *device,
                  enum sl_coverage_kind kind, const char *name)
{
    size_t found = sl_coverage_catalog_find(catalog, device, kind, name);
    cr_assert_neq(found, SL_COVERAGE_NO_ROW, "%s %s", device, name);
    return found;
}

Test(coverage, the_catalog_has_what_the_tables_have)
{
    struct sl_coverage_catalog catalog;
    cr_assert_eq(sl_coverage_catalog_init(&catalog, NULL), SL_OK);
    cr_assert_eq(count_kind(&catalog, &sl_abi_aerogpu, SL_COVERAGE_OPCODE),
                 sl_abi_aerogpu.opcode_count);
    cr_assert_eq(count_kind(&catalog, &sl_abi_virtio_gpu, SL_COVERAGE_OPCODE) +
                     count_kind(&catalog, &sl_abi_virtio_gpu, SL_COVERAGE_RESPONSE),
                 sl_abi_virtio_gpu.opcode_count);
    cr_assert_eq(count_kind(&catalog, &sl_abi_aerogpu, SL_COVERAGE_FEATURE),
                 sl_abi_aerogpu.feature_count);
    size_t accesses = 0;
    for (size_t i = 0; i < sl_abi_aerogpu.register_count; i++) {
        accesses += sl_abi_aerogpu.registers[i].access == SL_ABI_RW ? 2 : 1;
    }
    cr_assert_eq(count_kind(&catalog, &sl_abi_aerogpu, SL_COVERAGE_REGISTER), accesses);
    for (size_t i = 0; i < catalog.count; i++) {
        const struct sl_coverage_row *it = &catalog.rows[i];
        cr_assert_eq(sl_coverage_catalog_find(&catalog, it->abi->name, it->kind, it->name), i,
                     "two rows are called %s", it->name);
    }
    /* Named one by one, from the ABI's pages. */
    row(&catalog, "aerogpu", SL_COVERAGE_REGISTER, "IRQ_ACK write");
    row(&catalog, "aerogpu", SL_COVERAGE_FIELD, "SET_BLEND_STATE.state.src_factor");
    row(&catalog, "aerogpu", SL_COVERAGE_FIELD, "SET_VERTEX_BUFFERS.bindings.stride_bytes");
    row(&catalog, "aerogpu", SL_COVERAGE_VALUE, "AEROGPU_TOPOLOGY_PATCHLIST_32");
    row(&catalog, "aerogpu", SL_COVERAGE_CLASS, "BAD_TOKEN");
    row(&catalog, "virtio-gpu", SL_COVERAGE_FORMAT, "X8B8G8R8_UNORM");
    row(&catalog, "virtio-gpu", SL_COVERAGE_REGISTER, "events_clear write");
    row(&catalog, "virtio-gpu", SL_COVERAGE_FIELD, "ctrl_hdr.fence_id");
    cr_assert_eq(
        sl_coverage_catalog_find(&catalog, "aerogpu", SL_COVERAGE_REGISTER, "IRQ_ACK read"),
        SL_COVERAGE_NO_ROW);
    cr_assert_eq(sl_coverage_catalog_find(&catalog, "aerogpu", SL_COVERAGE_FIELD,
                                          "CREATE_BUFFER.hdr.opcode"),
                 SL_COVERAGE_NO_ROW);
    sl_coverage_catalog_finish(&catalog);
}

/* The values that a walk gives to each field, in a text. */
static void note_value(void *data, const struct sl_coverage_field *field)
{
    struct sl_buf *out = data;
    sl_buf_printf(out, "%zu=%u ", field->index, (unsigned)field->value);
}

Test(coverage, values_of_a_packet)
{
    /* SET_VERTEX_BUFFERS from slot 3, two bindings, cut off within the second. */
    uint8_t packet[] = {
        0, 0, 0, 0, 48, 0, 0, 0,                            /* header */
        3, 0, 0, 0, 2,  0, 0, 0,                            /* start_slot, buffer_count */
        7, 0, 0, 0, 24, 0, 0, 0, 96,   0, 0, 0, 0, 0, 0, 0, /* buffer, stride, offset, reserved */
        8, 0, 0, 0, 12, 0, 0, 0, 0xFF,                      /* buffer, stride, a byte of offset */
    };
    struct sl_buf out = {0};
    const struct sl_abi_opcode *opcode =
        sl_abi_find_opcode_name(&sl_abi_aerogpu, "SET_VERTEX_BUFFERS");
    sl_put_le32(packet, opcode->value);
    cr_assert(sl_coverage_walk(opcode->layout, packet, sizeof(packet), note_value, &out));
    cr_assert_str_eq(sl_buf_cstr(&out), "0=3 1=2 2=7 3=24 4=96 2=8 3=12 ");
    for (size_t size = 0; size < sizeof(packet); size++) {
        uint8_t *copy = malloc(size ? size : 1);
        memcpy(copy, packet, size);
        cr_assert(sl_coverage_walk(opcode->layout, copy, size, note_value, &out));
        free(copy);
    }
    sl_buf_finish(&out);
}

Test(coverage, two_values_make_a_field)
{
    const struct sl_coverage_values five = {.first = 5, .any = true};
    const struct sl_coverage_values six = {.first = 6, .any = true};
    const struct sl_coverage_values none = {0};
    struct sl_coverage_values sum = {0};
    sl_coverage_add_values(&sum, &none);
    cr_assert_not(sum.any);
    sl_coverage_add_values(&sum, &five);
    sl_coverage_add_values(&sum, &five);
    sl_coverage_add_values(&sum, &none);
    cr_assert(sum.any && !sum.several && sum.first == 5);
    sl_coverage_add_values(&sum, &six);
    cr_assert(sum.several);
}

Test(coverage, without_memory)
{
    unsigned n = 1;
    for (bool failed = true; failed; n += 1 + n / 8) {
        struct sl_coverage_catalog catalog;
        struct sl_error err = {0};
        fail_alloc_arm(n);
        enum sl_status status = sl_coverage_catalog_init(&catalog, &err);
        failed = fail_alloc_disarm();
        cr_assert_eq(status, failed ? SL_ERR_ENVIRONMENT : SL_OK);
        cr_assert_eq(catalog.count == 0, failed);
        sl_coverage_catalog_finish(&catalog);
    }
    cr_assert_gt(n, 100);
}
