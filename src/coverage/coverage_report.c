/* What coverage says, for people and for programs. */
#include "coverage/coverage.h"

#include "suite/json_text.h"

#include <inttypes.h>

static void print_share(struct sl_buf *out, unsigned share)
{
    sl_buf_printf(out, "%u.%02u", share / 100, share % 100);
}

static void print_table(struct sl_buf *out, const struct sl_coverage *coverage)
{
    sl_buf_printf(out, "%-12s %-14s %7s %7s %9s %8s\n", "device", "kind", "of", "covered",
                  "excepted", "percent");
    for (size_t i = 0; i < SL_COVERAGE_ABIS; i++) {
        const struct sl_abi *abi = coverage->catalog.places[i].abi;
        for (int kind = 0; kind < SL_COVERAGE_KIND_COUNT; kind++) {
            struct sl_coverage_count count =
                sl_coverage_count_rows(coverage, abi, (enum sl_coverage_kind)kind);
            if (count.rows) {
                unsigned share = sl_coverage_share(&count);
                sl_buf_printf(out, "%-12s %-14s %7zu %7zu %9zu %5u.%02u\n", abi->name,
                              sl_coverage_kind_plural((enum sl_coverage_kind)kind), count.rows,
                              count.covered, count.excepted, share / 100, share % 100);
            }
        }
    }
}

static void print_first(struct sl_buf *out, const struct sl_coverage *coverage,
                        const struct sl_coverage_outcome *outcome)
{
    const char *suite;
    const char *test;
    sl_coverage_test_name(coverage, outcome->first, &suite, &test);
    sl_buf_printf(out, "tests %" PRIu32 ", first %s/%s", outcome->tests, suite, test);
}

/* Why a row that is not covered is none. */
static void print_state(struct sl_buf *out, const struct sl_coverage_row *row,
                        const struct sl_coverage_outcome *outcome)
{
    if (row->kind == SL_COVERAGE_FIELD && outcome->values.any) {
        sl_buf_printf(out, "always %" PRIu64, outcome->values.first);
    } else {
        sl_buf_text(out, "never");
    }
    if (outcome->reason) {
        sl_buf_printf(out, "; excepted: %s", outcome->reason);
    }
}

static void print_rows(struct sl_buf *out, const struct sl_coverage *coverage, bool every_row)
{
    for (size_t i = 0; i < coverage->catalog.count; i++) {
        const struct sl_coverage_row *row = &coverage->catalog.rows[i];
        const struct sl_coverage_outcome *outcome = &coverage->outcomes[i];
        bool stale = outcome->covered && outcome->reason;
        bool missing = !outcome->covered && !outcome->reason;
        bool shown = every_row || stale || missing;
        if (!shown || !sl_coverage_drives(coverage, row->abi)) {
            continue;
        }
        sl_buf_printf(out, "%s %s %s: ", row->abi->name, sl_coverage_kind_name(row->kind),
                      row->name);
        if (!outcome->covered) {
            print_state(out, row, outcome);
        } else if (outcome->tests) {
            print_first(out, coverage, outcome);
        } else {
            sl_buf_text(out, "by several tests together");
        }
        sl_buf_text(out, stale ? "; its exception is stale\n" : "\n");
    }
}

void sl_coverage_print(struct sl_buf *out, const struct sl_coverage *coverage, bool every_row)
{
    print_table(out, coverage);
    print_rows(out, coverage, every_row);
}

static void print_json_counts(struct sl_buf *out, const struct sl_coverage *coverage)
{
    const char *comma = "";
    sl_buf_printf(out, "{\"scanlock-coverage\": 1, \"tests\": %zu, \"counts\": [",
                  coverage->test_count);
    for (size_t i = 0; i < SL_COVERAGE_ABIS; i++) {
        const struct sl_abi *abi = coverage->catalog.places[i].abi;
        for (int kind = 0; kind < SL_COVERAGE_KIND_COUNT; kind++) {
            struct sl_coverage_count count =
                sl_coverage_count_rows(coverage, abi, (enum sl_coverage_kind)kind);
            if (count.rows == 0) {
                continue;
            }
            sl_buf_printf(
                out,
                "%s{\"device\": \"%s\", \"kind\": \"%s\", \"rows\": %zu, \"covered\": %zu, "
                "\"excepted\": %zu, \"stale\": %zu, \"percent\": ",
                comma, abi->name, sl_coverage_kind_name((enum sl_coverage_kind)kind), count.rows,
                count.covered, count.excepted, count.stale);
            print_share(out, sl_coverage_share(&count));
            sl_buf_u8(out, '}');
            comma = ", ";
        }
    }
    sl_buf_text(out, "]}\n");
}

static void print_json_row(struct sl_buf *out, const struct sl_coverage *coverage, size_t i)
{
    const struct sl_coverage_row *row = &coverage->catalog.rows[i];
    const struct sl_coverage_outcome *outcome = &coverage->outcomes[i];
    const char *suite;
    const char *test;
    sl_buf_printf(out, "{\"device\": \"%s\", \"kind\": \"%s\", \"name\": ", row->abi->name,
                  sl_coverage_kind_name(row->kind));
    sl_json_string(out, row->name);
    sl_buf_printf(out, ", \"covered\": %s, \"tests\": %" PRIu32,
                  outcome->covered ? "true" : "false", outcome->tests);
    if (outcome->tests) {
        struct sl_buf name = {0};
        sl_coverage_test_name(coverage, outcome->first, &suite, &test);
        sl_buf_printf(&name, "%s/%s", suite, test);
        sl_buf_text(out, ", \"first\": ");
        out->failed = out->failed || !sl_buf_cstr(&name);
        if (!out->failed) {
            sl_json_string(out, sl_buf_cstr(&name));
        }
        sl_buf_finish(&name);
    }
    if (row->kind == SL_COVERAGE_FIELD && outcome->values.any && !outcome->values.several) {
        sl_buf_printf(out, ", \"always\": %" PRIu64, outcome->values.first);
    }
    if (outcome->reason) {
        sl_buf_text(out, ", \"reason\": ");
        sl_json_string(out, outcome->reason);
    }
    sl_buf_text(out, "}\n");
}

void sl_coverage_print_json(struct sl_buf *out, const struct sl_coverage *coverage)
{
    print_json_counts(out, coverage);
    for (size_t i = 0; i < coverage->catalog.count; i++) {
        if (sl_coverage_drives(coverage, coverage->catalog.rows[i].abi)) {
            print_json_row(out, coverage, i);
        }
    }
}
