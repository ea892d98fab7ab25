#include "coverage/catalog.h"

#include "abi_aerogpu.h"
#include "abi_virtio_gpu.h"
#include "base/array.h"
#include "base/status.h"
#include "device/aerogpu/executor.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    const char *plural;
} kinds[SL_COVERAGE_KIND_COUNT] = {
    [SL_COVERAGE_OPCODE] = {"opcode", "opcodes"},
    [SL_COVERAGE_FORMAT] = {"format", "formats"},
    [SL_COVERAGE_REGISTER] = {"register", "registers"},
    [SL_COVERAGE_ERROR] = {"error-code", "error-codes"},
    [SL_COVERAGE_RESPONSE] = {"response", "responses"},
    [SL_COVERAGE_CLASS] = {"error-class", "error-classes"},
    [SL_COVERAGE_FEATURE] = {"feature", "features"},
    [SL_COVERAGE_VALUE] = {"value", "values"},
    [SL_COVERAGE_FIELD] = {"field", "fields"},
};

const char *sl_coverage_kind_name(enum sl_coverage_kind kind)
{
    return kinds[kind].name;
}

const char *sl_coverage_kind_plural(enum sl_coverage_kind kind)
{
    return kinds[kind].plural;
}

/* A catalog being made. */
struct maker {
    struct sl_coverage_catalog *catalog;
    struct sl_coverage_places *places;
    const struct sl_abi *abi;
    const char *word;      /* whose fields are being added */
    bool *enum_seen;       /* per enum */
    size_t register_count; /* so far */
    bool failed;           /* without memory */
};

static bool grow(struct sl_coverage_catalog *catalog)
{
    struct sl_coverage_row *rows =
        sl_array_grow(catalog->rows, &catalog->capacity, catalog->count, sizeof(*rows));
    catalog->rows = rows ? rows : catalog->rows;
    return rows != NULL;
}

/* Adds a row whose name is the words with the text between them; b may be NULL. */
static void add(struct maker *maker, enum sl_coverage_kind kind, const char *a, const char *between,
                const char *b)
{
    struct sl_buf name = {0};
    sl_buf_text(&name, a);
    if (b) {
        sl_buf_text(&name, between);
        sl_buf_text(&name, b);
    }
    const char *text = sl_buf_cstr(&name);
    char *copy = text && grow(maker->catalog) ? strdup(text) : NULL;
    sl_buf_finish(&name);
    if (!copy) {
        maker->failed = true;
        return;
    }
    maker->catalog->rows[maker->catalog->count++] =
        (struct sl_coverage_row){.abi = maker->abi, .kind = kind, .name = copy};
}

bool sl_coverage_is_response(const struct sl_abi *abi, const struct sl_abi_opcode *opcode)
{
    return abi == &sl_abi_virtio_gpu && strncmp(opcode->name, "VIRTIO_GPU_RESP_", 16) == 0;
}

/* virtio-gpu: registers that are no registers of the transport. */
static const struct sl_abi_struct *config_of(const struct sl_abi *abi)
{
    return abi == &sl_abi_virtio_gpu ? SL_LAYOUT_VIRTIO_GPU_CONFIG : NULL;
}

static void see_enum(struct maker *maker, const struct sl_abi_enum *names)
{
    if (names) {
        maker->enum_seen[names - maker->abi->enums] = true;
    }
}

static void add_field(void *data, const struct sl_coverage_field *found)
{
    struct maker *maker = data;
    add(maker, SL_COVERAGE_FIELD, maker->word, ".", found->path);
    if (found->field) {
        see_enum(maker, found->field->names);
    }
}

typedef bool walk_fields(const struct sl_abi_struct *layout, const uint8_t *bytes, size_t size,
                         sl_coverage_visit *visit, void *data);

static void add_fields(struct maker *maker, const char *word, const struct sl_abi_struct *layout,
                       walk_fields *walk)
{
    maker->word = word;
    if (!walk(layout, NULL, 0, add_field, maker)) {
        maker->failed = true;
    }
}

static void add_opcodes(struct maker *maker)
{
    const struct sl_abi *abi = maker->abi;
    for (size_t i = 0; i < abi->opcode_count; i++) {
        bool response = sl_coverage_is_response(abi, &abi->opcodes[i]);
        maker->places->opcodes[i] = maker->catalog->count;
        add(maker, response ? SL_COVERAGE_RESPONSE : SL_COVERAGE_OPCODE, abi->opcodes[i].word, "",
            NULL);
    }
    for (size_t i = 0; i < abi->opcode_count; i++) {
        maker->places->fields[i] = maker->catalog->count;
        if (!sl_coverage_is_response(abi, &abi->opcodes[i]) &&
            !sl_coverage_is_header(abi->opcodes[i].layout)) {
            add_fields(maker, abi->opcodes[i].word, abi->opcodes[i].layout, sl_coverage_walk);
        }
    }
}

static void add_struct(struct maker *maker, const struct sl_abi_struct *layout)
{
    maker->places->structs[maker->places->struct_count++] =
        (struct sl_coverage_struct){layout, maker->catalog->count};
    add_fields(maker, layout->name + strlen(maker->abi->symbol_prefix), layout,
               sl_coverage_walk_fixed);
}

/* What stands around packets and requests in guest memory. */
static void add_structs(struct maker *maker)
{
    if (maker->abi == &sl_abi_virtio_gpu) {
        add_struct(maker, SL_LAYOUT_VIRTIO_GPU_CTRL_HDR);
        return;
    }
    add_struct(maker, SL_LAYOUT_AEROGPU_RING_HEADER);
    add_struct(maker, SL_LAYOUT_AEROGPU_SUBMIT_DESC);
    add_struct(maker, SL_LAYOUT_AEROGPU_CMD_STREAM_HEADER);
    add_struct(maker, SL_LAYOUT_AEROGPU_ALLOC_TABLE_HEADER);
    add_struct(maker, SL_LAYOUT_AEROGPU_ALLOC_ENTRY);
}

static void add_access(struct maker *maker, const char *word, bool read, bool write)
{
    size_t *rows = &maker->places->registers[2 * maker->register_count++];
    rows[0] = read ? maker->catalog->count : SL_COVERAGE_NO_ROW;
    if (read) {
        add(maker, SL_COVERAGE_REGISTER, word, " ", "read");
    }
    rows[1] = write ? maker->catalog->count : SL_COVERAGE_NO_ROW;
    if (write) {
        add(maker, SL_COVERAGE_REGISTER, word, " ", "write");
    }
}

static void add_registers(struct maker *maker)
{
    const struct sl_abi *abi = maker->abi;
    const struct sl_abi_struct *config = config_of(abi);
    for (size_t i = 0; i < abi->register_count; i++) {
        const struct sl_abi_register *reg = &abi->registers[i];
        add_access(maker, reg->word, reg->access != SL_ABI_WO, reg->access != SL_ABI_RO);
        see_enum(maker, reg->names);
    }
    for (size_t i = 0; config && i < config->field_count; i++) {
        bool clears = strcmp(config->fields[i].name, "events_clear") == 0;
        add_access(maker, config->fields[i].name, !clears, clears);
        see_enum(maker, config->fields[i].names);
    }
    if (config) {
        add_access(maker, "ISR", true, false);
    }
}

const size_t *sl_coverage_register(const struct sl_coverage_places *places, const char *name)
{
    const struct sl_abi *abi = places->abi;
    const struct sl_abi_struct *config = config_of(abi);
    const struct sl_abi_register *reg = sl_abi_find_register_name(abi, name);
    if (reg) {
        return &places->registers[2 * (size_t)(reg - abi->registers)];
    }
    const struct sl_abi_field *field = config ? sl_abi_find_field(config, name) : NULL;
    if (field) {
        return &places->registers[2 * (abi->register_count + (size_t)(field - config->fields))];
    }
    bool isr = config && strcmp(name, "ISR") == 0;
    return isr ? &places->registers[2 * (abi->register_count + config->field_count)] : NULL;
}

static enum sl_coverage_kind kind_of(const struct sl_abi_enum *names)
{
    if (names == SL_ENUM_AEROGPU_ERROR_CODE) {
        return SL_COVERAGE_ERROR;
    }
    bool formats = names == SL_ENUM_AEROGPU_FORMAT || names == SL_ENUM_VIRTIO_GPU_FORMATS;
    return formats ? SL_COVERAGE_FORMAT : SL_COVERAGE_VALUE;
}

/* Other names of a value have no row. */
static void add_values(struct maker *maker, const struct sl_abi_enum *names)
{
    enum sl_coverage_kind kind = kind_of(names);
    for (size_t i = 0; i < names->value_count; i++) {
        const char *name = names->values[i].name;
        if (!names->values[i].alias_of) {
            bool in_full = kind == SL_COVERAGE_VALUE;
            add(maker, kind, in_full ? name : name + strlen(names->prefix), "", NULL);
        }
    }
}

size_t sl_coverage_value(const struct sl_coverage_places *places, const struct sl_abi_enum *names,
                         uint64_t value)
{
    size_t row = places->values[names - places->abi->enums];
    for (size_t i = 0; row != SL_COVERAGE_NO_ROW && i < names->value_count; i++) {
        if (names->values[i].alias_of) {
            continue;
        }
        if (names->values[i].value == value) {
            return row;
        }
        row++;
    }
    return SL_COVERAGE_NO_ROW;
}

static void add_enums(struct maker *maker)
{
    const struct sl_abi *abi = maker->abi;
    for (size_t i = 0; i < abi->enum_count; i++) {
        maker->places->values[i] = SL_COVERAGE_NO_ROW;
        if (maker->enum_seen[i] && abi->enums[i].from == SL_ABI_FROM_HERE) {
            maker->places->values[i] = maker->catalog->count;
            add_values(maker, &abi->enums[i]);
        }
    }
}

static void add_rest(struct maker *maker)
{
    const struct sl_abi *abi = maker->abi;
    maker->places->features = maker->catalog->count;
    for (size_t i = 0; i < abi->feature_count; i++) {
        add(maker, SL_COVERAGE_FEATURE, abi->features[i].word, "", NULL);
    }
    maker->places->classes = maker->catalog->count;
    for (int i = SL_AGPU_OK + 1; abi == &sl_abi_aerogpu && i < SL_AGPU_CLASS_COUNT; i++) {
        add(maker, SL_COVERAGE_CLASS, sl_agpu_class_name((enum sl_agpu_class)i), "", NULL);
    }
}

static void add_abi(struct sl_coverage_catalog *catalog, size_t at, const struct sl_abi *abi,
                    bool *failed)
{
    struct sl_coverage_places *places = &catalog->places[at];
    size_t extra = config_of(abi) ? config_of(abi)->field_count + 1 : 0;
    *places = (struct sl_coverage_places){
        .abi = abi,
        .opcodes = calloc(abi->opcode_count + 1, sizeof(size_t)),
        .fields = calloc(abi->opcode_count + 1, sizeof(size_t)),
        .values = calloc(abi->enum_count + 1, sizeof(size_t)),
        .registers = calloc(abi->register_count + extra + 1, 2 * sizeof(size_t)),
    };
    struct maker maker = {.catalog = catalog,
                          .places = places,
                          .abi = abi,
                          .enum_seen = calloc(abi->enum_count + 1, sizeof(bool))};
    maker.failed = !places->opcodes || !places->fields || !places->values || !places->registers ||
                   !maker.enum_seen;
    if (!maker.failed) {
        add_opcodes(&maker);
        add_structs(&maker);
        add_registers(&maker);
        add_enums(&maker);
        add_rest(&maker);
    }
    free(maker.enum_seen);
    *failed = *failed || maker.failed;
}

enum sl_status sl_coverage_catalog_init(struct sl_coverage_catalog *catalog, struct sl_error *err)
{
    bool failed = false;
    *catalog = (struct sl_coverage_catalog){0};
    add_abi(catalog, 0, &sl_abi_aerogpu, &failed);
    add_abi(catalog, 1, &sl_abi_virtio_gpu, &failed);
    if (failed) {
        sl_coverage_catalog_finish(catalog);
        return sl_fail_memory(err, 0);
    }
    return SL_OK;
}

void sl_coverage_catalog_finish(struct sl_coverage_catalog *catalog)
{
    for (size_t i = 0; i < catalog->count; i++) {
        free(catalog->rows[i].name);
    }
    for (size_t i = 0; i < SL_COVERAGE_ABIS; i++) {
        free(catalog->places[i].opcodes);
        free(catalog->places[i].fields);
        free(catalog->places[i].values);
        free(catalog->places[i].registers);
    }
    free(catalog->rows);
    *catalog = (struct sl_coverage_catalog){0};
}

const struct sl_coverage_places *
sl_coverage_catalog_places(const struct sl_coverage_catalog *catalog, const char *device)
{
    for (size_t i = 0; i < SL_COVERAGE_ABIS; i++) {
        if (strcmp(catalog->places[i].abi->name, device) == 0) {
            return &catalog->places[i];
        }
    }
    return NULL;
}

size_t sl_coverage_catalog_find(const struct sl_coverage_catalog *catalog, const char *device,
                                enum sl_coverage_kind kind, const char *name)
{
    for (size_t i = 0; i < catalog->count; i++) {
        const struct sl_coverage_row *row = &catalog->rows[i];
        if (row->kind == kind && strcmp(row->abi->name, device) == 0 &&
            strcmp(row->name, name) == 0) {
            return i;
        }
    }
    return SL_COVERAGE_NO_ROW;
}
