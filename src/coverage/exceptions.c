/* The file of what need not be covered. */
#include "coverage/coverage.h"

#include "base/file.h"
#include "base/status.h"
#include "base/yaml.h"

#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 20, VERSION = 1 };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct sl_yaml_kind exceptions_yaml = {
    .syntax = SL_RULE_COVERAGE_YAML,
    .key = SL_RULE_COVERAGE_KEY,
    .value = SL_RULE_COVERAGE_VALUE,
    .nodes_max = 1 << 16,
};

/* One entry being read. */
struct entry {
    struct sl_coverage *coverage;
    char *device;
    char *kind;
    char *reason;
    const yaml_node_t *names;
};

static enum sl_status set_device(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                 struct sl_error *err)
{
    return sl_yaml_text(yaml, value, &((struct entry *)data)->device, err);
}

static enum sl_status set_kind(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                               struct sl_error *err)
{
    return sl_yaml_text(yaml, value, &((struct entry *)data)->kind, err);
}

static enum sl_status set_reason(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                 struct sl_error *err)
{
    return sl_yaml_reason(yaml, value, &((struct entry *)data)->reason, err);
}

static enum sl_status set_names(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                struct sl_error *err)
{
    (void)yaml;
    (void)err;
    ((struct entry *)data)->names = value;
    return SL_OK;
}

static size_t find_row(const struct entry *entry, const char *name)
{
    for (int kind = 0; kind < SL_COVERAGE_KIND_COUNT; kind++) {
        if (strcmp(sl_coverage_kind_name((enum sl_coverage_kind)kind), entry->kind) == 0) {
            return sl_coverage_catalog_find(&entry->coverage->catalog, entry->device,
                                            (enum sl_coverage_kind)kind, name);
        }
    }
    return SL_COVERAGE_NO_ROW;
}

static enum sl_status except_row(struct entry *entry, size_t row, uint32_t line,
                                 struct sl_error *err)
{
    struct sl_coverage_outcome *outcome = &entry->coverage->outcomes[row];
    outcome->reason = strdup(entry->reason);
    outcome->line = line;
    return outcome->reason ? SL_OK : sl_fail_memory(err, 0);
}

/* What an opcode need not do, its fields need not have. */
static enum sl_status except_fields(struct entry *entry, size_t opcode, uint32_t line,
                                    struct sl_error *err)
{
    const struct sl_coverage_catalog *catalog = &entry->coverage->catalog;
    const struct sl_coverage_row *row = &catalog->rows[opcode];
    size_t length = strlen(row->name);
    enum sl_status status = SL_OK;
    for (size_t i = 0; status == SL_OK && i < catalog->count; i++) {
        const struct sl_coverage_row *field = &catalog->rows[i];
        bool its = field->kind == SL_COVERAGE_FIELD && field->abi == row->abi &&
                   strncmp(field->name, row->name, length) == 0 && field->name[length] == '.';
        if (its && !entry->coverage->outcomes[i].reason) {
            status = except_row(entry, i, line, err);
        }
    }
    return status;
}

static enum sl_status except_name(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                  struct sl_error *err)
{
    struct entry *entry = data;
    char *name = NULL;
    enum sl_status status = sl_yaml_text(yaml, value, &name, err);
    if (status != SL_OK) {
        return status;
    }
    size_t row = find_row(entry, name);
    if (row == SL_COVERAGE_NO_ROW) {
        status = sl_yaml_fail(yaml, value, SL_RULE_COVERAGE_NAME, err, "%s has no %s '%s'",
                              entry->device, entry->kind, name);
    } else if (entry->coverage->outcomes[row].reason) {
        status = sl_yaml_fail(yaml, value, SL_RULE_COVERAGE_NAME, err,
                              "%s %s '%s' is excepted already in line %u", entry->device,
                              entry->kind, name, entry->coverage->outcomes[row].line);
    } else {
        uint32_t line = sl_yaml_line(yaml, value);
        status = except_row(entry, row, line, err);
        if (status == SL_OK && entry->coverage->catalog.rows[row].kind == SL_COVERAGE_OPCODE) {
            status = except_fields(entry, row, line, err);
        }
    }
    free(name);
    return status;
}

static enum sl_status read_entry(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                 struct sl_error *err)
{
    static const struct sl_yaml_key keys[] = {
        {"device", true, set_device},
        {"kind", true, set_kind},
        {"names", true, set_names},
        {"reason", true, set_reason},
    };
    struct entry entry = {.coverage = data};
    enum sl_status status = sl_yaml_map(yaml, value, keys, COUNT(keys), &entry, err);
    if (status == SL_OK) {
        status = sl_yaml_sequence(yaml, entry.names, &entry, except_name, err);
    }
    free(entry.device);
    free(entry.kind);
    free(entry.reason);
    return status;
}

static enum sl_status set_version(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                  struct sl_error *err)
{
    (void)data;
    uint64_t version;
    enum sl_status status = sl_yaml_number(yaml, value, 1, UINT32_MAX, &version, err);
    if (status == SL_OK && version > VERSION) {
        status = sl_fail(err, SL_ERR_UNSUPPORTED, SL_RULE_COVERAGE_VERSION,
                         "exceptions format %u; known is up to %d", (unsigned)version, VERSION);
        sl_error_set_file(err, yaml->path);
    }
    return status;
}

static enum sl_status set_exceptions(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                     struct sl_error *err)
{
    return sl_yaml_sequence(yaml, value, data, read_entry, err);
}

enum sl_status sl_coverage_except(struct sl_coverage *coverage, const char *path,
                                  struct sl_error *err)
{
    static const struct sl_yaml_key keys[] = {
        {"scanlock-coverage-exceptions", true, set_version},
        {"exceptions", true, set_exceptions},
    };
    struct sl_buf file = {0};
    struct sl_yaml yaml;
    const yaml_node_t *root;
    enum sl_status status = sl_file_read(path, FILE_MAX, &file, err);
    if (status == SL_OK) {
        status = sl_yaml_parse(&yaml, &exceptions_yaml, path, 1, file.data, file.size, &root, err);
    }
    if (status == SL_OK) {
        status = sl_yaml_map(&yaml, root, keys, COUNT(keys), coverage, err);
        sl_yaml_finish(&yaml);
    }
    sl_buf_finish(&file);
    return status;
}
