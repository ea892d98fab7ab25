#include "lint/lint_baseline.h"

#include "base/file.h"
#include "base/status.h"
#include "base/yaml.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

enum {
    FILE_MAX = 16 << 20,
    VERSION = 1,
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct sl_yaml_kind kind = {
    .syntax = SL_RULE_LINT_BASELINE_YAML,
    .key = SL_RULE_LINT_BASELINE_KEY,
    .value = SL_RULE_LINT_BASELINE_VALUE,
    .nodes_max = 1 << 20,
};

static void finish_entry(struct sl_lint_expected *entry)
{
    free(entry->trace);
    free(entry->rule);
    free(entry->reason);
}

void sl_lint_baseline_finish(struct sl_lint_baseline *baseline)
{
    for (size_t i = 0; i < baseline->count; i++) {
        finish_entry(&baseline->entries[i]);
    }
    free(baseline->entries);
    *baseline = (struct sl_lint_baseline){0};
}

/* ---- Keys ---- */

static enum sl_status set_trace(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                struct sl_error *err)
{
    struct sl_lint_expected *entry = data;
    return sl_yaml_text(yaml, value, &entry->trace, err);
}

static enum sl_status set_rule(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                               struct sl_error *err)
{
    struct sl_lint_expected *entry = data;
    enum sl_status status = sl_yaml_text(yaml, value, &entry->rule, err);
    for (int rule = 0; status == SL_OK && rule < SL_LINT_RULE_COUNT; rule++) {
        if (sl_lint_rule_matches((enum sl_lint_rule)rule, entry->rule)) {
            return SL_OK;
        }
    }
    return status == SL_OK ? sl_yaml_fail(yaml, value, SL_RULE_LINT_BASELINE_VALUE, err,
                                          "no rule is called \"%s\"", entry->rule)
                           : status;
}

static enum sl_status set_reason(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                 struct sl_error *err)
{
    struct sl_lint_expected *entry = data;
    return sl_yaml_reason(yaml, value, &entry->reason, err);
}

static enum sl_status set_event(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                struct sl_error *err)
{
    struct sl_lint_expected *entry = data;
    return sl_yaml_number(yaml, value, 0, SL_LINT_NONE - 1, &entry->event, err);
}

static enum sl_status set_command(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                  struct sl_error *err)
{
    struct sl_lint_expected *entry = data;
    return sl_yaml_number(yaml, value, 0, SL_LINT_NONE - 1, &entry->command, err);
}

static const struct sl_yaml_key entry_keys[] = {
    {"trace", true, set_trace},  {"rule", true, set_rule},        {"reason", true, set_reason},
    {"event", false, set_event}, {"command", false, set_command},
};

static enum sl_status add_entry(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                struct sl_error *err)
{
    struct sl_lint_baseline *baseline = data;
    struct sl_lint_expected entry = {
        .event = SL_LINT_NONE, .command = SL_LINT_NONE, .line = sl_yaml_line(yaml, value)};
    struct sl_lint_expected *grown =
        realloc(baseline->entries, (baseline->count + 1) * sizeof(*baseline->entries));
    if (!grown) {
        return sl_fail_memory(err, 0);
    }
    baseline->entries = grown;
    enum sl_status status = sl_yaml_map(yaml, value, entry_keys, COUNT(entry_keys), &entry, err);
    if (status != SL_OK) {
        finish_entry(&entry);
        return status;
    }
    baseline->entries[baseline->count++] = entry;
    return SL_OK;
}

static enum sl_status set_version(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                  struct sl_error *err)
{
    uint64_t version;
    (void)data;
    return sl_yaml_number(yaml, value, VERSION, VERSION, &version, err);
}

static enum sl_status set_expected(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                   struct sl_error *err)
{
    return sl_yaml_sequence(yaml, value, data, add_entry, err);
}

static const struct sl_yaml_key file_keys[] = {
    {"scanlock-lint-baseline", true, set_version},
    {"expected", true, set_expected},
};

enum sl_status sl_lint_baseline_read(struct sl_lint_baseline *baseline, const char *path,
                                     struct sl_error *err)
{
    struct sl_buf bytes = {0};
    struct sl_yaml yaml;
    const yaml_node_t *root;
    *baseline = (struct sl_lint_baseline){0};
    enum sl_status status = sl_file_read(path, FILE_MAX, &bytes, err);
    if (status == SL_OK) {
        status = sl_yaml_parse(&yaml, &kind, path, 1, bytes.data, bytes.size, &root, err);
    }
    if (status == SL_OK) {
        status = sl_yaml_map(&yaml, root, file_keys, COUNT(file_keys), baseline, err);
        sl_yaml_finish(&yaml);
    }
    if (status != SL_OK) {
        sl_error_set_file(err, path);
        sl_lint_baseline_finish(baseline);
    }
    sl_buf_finish(&bytes);
    return status;
}

/* ---- Use ---- */

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool is_about(const struct sl_lint_expected *entry, const char *trace)
{
    return fnmatch(entry->trace, trace, 0) == 0 || fnmatch(entry->trace, last_part(trace), 0) == 0;
}

static bool expects(const struct sl_lint_expected *entry, const struct sl_lint_finding *finding)
{
    return sl_lint_rule_matches(finding->rule, entry->rule) &&
           (entry->event == SL_LINT_NONE || entry->event == finding->event) &&
           (entry->command == SL_LINT_NONE || entry->command == finding->command);
}

void sl_lint_baseline_apply(struct sl_lint_baseline *baseline, const char *trace,
                            struct sl_lint_report *report)
{
    for (size_t i = 0; i < baseline->count; i++) {
        struct sl_lint_expected *entry = &baseline->entries[i];
        if (!is_about(entry, trace)) {
            continue;
        }
        entry->reached = true;
        for (size_t k = 0; k < report->finding_count; k++) {
            if (expects(entry, &report->findings[k])) {
                report->findings[k].expected = true;
                entry->used = true;
            }
        }
    }
}

void sl_lint_baseline_head(struct sl_buf *out)
{
    sl_buf_printf(out,
                  "# Findings of `scanlock lint` that are expected, and why.\n"
                  "scanlock-lint-baseline: %d\nexpected:\n",
                  VERSION);
}

/* A YAML scalar in single quotes. */
static void print_quoted(struct sl_buf *out, const char *text)
{
    sl_buf_u8(out, '\'');
    for (; *text; text++) {
        sl_buf_u8(out, (uint8_t)*text);
        if (*text == '\'') {
            sl_buf_u8(out, '\'');
        }
    }
    sl_buf_u8(out, '\'');
}

void sl_lint_baseline_entries(const char *trace, const struct sl_lint_report *report,
                              struct sl_buf *out)
{
    for (int rule = 0; rule < SL_LINT_RULE_COUNT; rule++) {
        size_t count = 0;
        for (size_t i = 0; i < report->finding_count; i++) {
            const struct sl_lint_finding *finding = &report->findings[i];
            count += finding->rule == (enum sl_lint_rule)rule && !finding->expected;
        }
        if (count == 0) {
            continue;
        }
        sl_buf_text(out, "- trace: ");
        print_quoted(out, last_part(trace));
        sl_buf_printf(out, "\n  rule: %s\n  reason: %zu found, not judged yet\n",
                      sl_lint_rule_row((enum sl_lint_rule)rule)->id, count);
    }
}
