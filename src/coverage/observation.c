#include "coverage/observation.h"

#include "abi_aerogpu.h"
#include "abi_virtio_gpu.h"
#include "base/status.h"
#include "device/aerogpu/executor.h"
#include "replay/transcript_line.h"

#include <stdlib.h>
#include <string.h>

/* The longest name of the ABI that a line can have. */
enum { WORD_MAX = 63 };

/* virtio 1.2, 2.1: the bit of STATUS that ends negotiation. */
enum { FEATURES_OK = 8 };

struct sl_coverage_observer {
    const struct sl_coverage_catalog *catalog;
    const struct sl_coverage_places *places; /* of the target; NULL: it has none */
    struct sl_coverage_set *set;
    struct sl_target *target;
    bool waiting; /* for the outcome of the command below */
    uint32_t opcode;
    uint32_t packet;
    struct sl_buf bytes;
    uint64_t read_value;     /* of the read that is going on */
    uint64_t accepted[2];    /* features: by the driver so far, 32 bits each */
    uint64_t feature_select; /* which 32 of them */
};

enum sl_status sl_coverage_set_init(struct sl_coverage_set *set, size_t row_count,
                                    struct sl_error *err)
{
    *set = (struct sl_coverage_set){.seen = calloc(row_count + 1, sizeof(*set->seen)),
                                    .values = calloc(row_count + 1, sizeof(*set->values))};
    if (!set->seen || !set->values) {
        sl_coverage_set_finish(set);
        return sl_fail_memory(err, 0);
    }
    return SL_OK;
}

void sl_coverage_set_finish(struct sl_coverage_set *set)
{
    free(set->seen);
    free(set->values);
    *set = (struct sl_coverage_set){0};
}

void sl_coverage_set_clear(struct sl_coverage_set *set, size_t row_count)
{
    set->abi = NULL;
    memset(set->seen, 0, row_count * sizeof(*set->seen));
    memset(set->values, 0, row_count * sizeof(*set->values));
}

void sl_coverage_add_values(struct sl_coverage_values *to, const struct sl_coverage_values *from)
{
    if (!to->any) {
        *to = *from;
    } else if (from->any) {
        to->several = to->several || from->several || to->first != from->first;
    }
}

static void mark(struct sl_coverage_observer *it, size_t row)
{
    if (row != SL_COVERAGE_NO_ROW) {
        it->set->seen[row] = true;
    }
}

/* Features of the ABI by their bits; what needs one exercises it. */
static void mark_features(struct sl_coverage_observer *it, uint64_t features)
{
    const struct sl_abi *abi = it->places->abi;
    for (size_t i = 0; i < abi->feature_count; i++) {
        if (features >> abi->features[i].bit & 1) {
            mark(it, it->places->features + i);
        }
    }
}

/* A value that a packet, a request or a register had where this enum names it. */
static void mark_value(struct sl_coverage_observer *it, const struct sl_abi_enum *names,
                       uint64_t value)
{
    if (!names) {
        return;
    }
    mark(it, sl_coverage_value(it->places, names, value));
    for (unsigned bit = 0; names->is_flags && bit < 64; bit++) {
        if (value >> bit & 1) {
            mark(it, sl_coverage_value(it->places, names, UINT64_C(1) << bit));
        }
    }
}

/* The fields of one packet, whose rows start at first. */
struct visit {
    struct sl_coverage_observer *observer;
    size_t first;
};

static void visit_field(void *data, const struct sl_coverage_field *found)
{
    const struct visit *visit = data;
    struct sl_coverage_observer *it = visit->observer;
    size_t row = visit->first + found->index;
    const struct sl_coverage_values value = {.first = found->value, .any = true};
    sl_coverage_add_values(&it->set->values[row], &value);
    it->set->seen[row] = it->set->values[row].several;
    if (found->field) {
        mark_value(it, found->field->names, found->value);
    }
}

/* A struct around commands; those without rows are passed over. */
static void visit_struct(struct sl_coverage_observer *it, const char *name, const uint8_t *bytes,
                         size_t size)
{
    for (size_t i = 0; i < it->places->struct_count; i++) {
        const struct sl_coverage_struct *found = &it->places->structs[i];
        if (strcmp(found->layout->name, name) == 0) {
            struct visit visit = {.observer = it, .first = found->first};
            sl_coverage_walk_fixed(found->layout, bytes, size, visit_field, &visit);
        }
    }
}

/* The command that waits was done. */
static void settle(struct sl_coverage_observer *it)
{
    if (!it->waiting) {
        return;
    }
    it->waiting = false;
    const struct sl_abi *abi = it->places->abi;
    const struct sl_abi_opcode *opcode = sl_abi_find_opcode(abi, it->opcode);
    if (!opcode || sl_coverage_is_response(abi, opcode)) {
        return;
    }
    size_t at = (size_t)(opcode - abi->opcodes);
    struct visit visit = {.observer = it, .first = it->places->fields[at]};
    mark(it, it->places->opcodes[at]);
    mark_features(it, opcode->feature);
    if (!sl_coverage_is_header(opcode->layout)) {
        sl_coverage_walk(opcode->layout, it->bytes.data, it->bytes.size, visit_field, &visit);
    }
    if (abi == &sl_abi_virtio_gpu) {
        visit_struct(it, SL_LAYOUT_VIRTIO_GPU_CTRL_HDR->name, it->bytes.data, it->bytes.size);
    }
}

static void structure(void *data, uint64_t event, const char *name, const uint8_t *bytes,
                      size_t size)
{
    (void)event;
    struct sl_coverage_observer *it = data;
    if (it->places) {
        visit_struct(it, name, bytes, size);
    }
}

static void attached(void *data, struct sl_target *target)
{
    struct sl_coverage_observer *it = data;
    it->target = target;
    it->places = sl_coverage_catalog_places(it->catalog, target->impl->device);
    it->set->abi = it->places ? it->places->abi : NULL;
}

/* AeroGPU: the packet before it did not fail. */
static enum sl_status command(void *data, uint64_t event, const struct sl_command *what,
                              struct sl_error *err)
{
    (void)event;
    struct sl_coverage_observer *it = data;
    if (!it->places) {
        return SL_OK;
    }
    if (it->places->abi == &sl_abi_aerogpu) {
        settle(it);
    }
    it->waiting = true;
    it->opcode = what->opcode;
    it->packet = what->packet;
    sl_buf_clear(&it->bytes);
    sl_buf_append(&it->bytes, what->bytes, what->size);
    return it->bytes.failed ? sl_fail_memory(err, what->size) : SL_OK;
}

static const char *copy_word(char out[WORD_MAX + 1], const struct sl_transcript_word *word)
{
    size_t size = word->size < WORD_MAX ? word->size : WORD_MAX;
    if (size) {
        memcpy(out, word->at, size);
    }
    out[size] = '\0';
    return out;
}

/* A request was done if its answer is good, or if it is one of those that are never answered. */
static void take_response(struct sl_coverage_observer *it, const struct sl_transcript_line *line)
{
    char word[WORD_MAX + 1];
    const struct sl_abi_opcode *answer =
        sl_abi_find_opcode_name(it->places->abi, copy_word(word, &line->answer));
    bool silent = strcmp(word, "nothing") == 0;
    if (answer) {
        mark(it, it->places->opcodes[answer - it->places->abi->opcodes]);
    }
    if (silent || strncmp(word, "OK_", 3) == 0) {
        settle(it);
    }
    it->waiting = false;
}

static void take_error(struct sl_coverage_observer *it, const struct sl_transcript_line *line)
{
    char word[WORD_MAX + 1];
    if (line->code.size == 0) {
        return;
    }
    mark_value(it, SL_ENUM_AEROGPU_ERROR_CODE, line->value);
    copy_word(word, &line->class_);
    for (int i = SL_AGPU_OK + 1; i < SL_AGPU_CLASS_COUNT; i++) {
        if (strcmp(word, sl_agpu_class_name((enum sl_agpu_class)i)) == 0) {
            mark(it, it->places->classes + (size_t)i - SL_AGPU_OK - 1);
        }
    }
    if (line->in_packet && line->packet == it->packet) {
        it->waiting = false;
    }
}

static enum sl_status take_line(void *data, const char *text, struct sl_error *err)
{
    (void)err;
    struct sl_coverage_observer *it = data;
    struct sl_transcript_line line;
    if (!it->places || !sl_transcript_parse_line(text, strlen(text), &line)) {
        return SL_OK;
    }
    if (line.kind == SL_TRANSCRIPT_READ) {
        it->read_value = line.value;
    } else if (line.kind == SL_TRANSCRIPT_RESPONSE) {
        take_response(it, &line);
    } else if (line.kind == SL_TRANSCRIPT_ERROR) {
        take_error(it, &line);
    }
    return SL_OK;
}

/* The features of virtio are those that the driver has accepted when it says FEATURES_OK. */
static void negotiate(struct sl_coverage_observer *it, const char *name, uint64_t value)
{
    if (strcmp(name, "GFSELECT") == 0) {
        it->feature_select = value;
    } else if (strcmp(name, "GF") == 0 && it->feature_select < 2) {
        it->accepted[it->feature_select] = value;
    } else if (strcmp(name, "STATUS") == 0 && value == 0) {
        it->accepted[0] = it->accepted[1] = 0;
    } else if (strcmp(name, "STATUS") == 0 && value & FEATURES_OK) {
        mark_features(it, it->accepted[1] << 32 | it->accepted[0]);
    }
}

/* size bytes of value at an offset where one register may be. */
static void access_register(struct sl_coverage_observer *it, const struct sl_mmio_event *mmio,
                            uint64_t offset, unsigned size, uint64_t value)
{
    const struct sl_target_impl *impl = it->target->impl;
    const char *name =
        impl->register_name ? impl->register_name(it->target, mmio->space, offset) : NULL;
    const size_t *rows = name ? sl_coverage_register(it->places, name) : NULL;
    if (!rows) {
        return;
    }
    mark(it, rows[!mmio->is_read]);
    const struct sl_abi *abi = it->places->abi;
    const struct sl_abi_register *reg = sl_abi_find_register_name(abi, name);
    const struct sl_abi_field *field =
        reg ? NULL : sl_abi_find_field(SL_LAYOUT_VIRTIO_GPU_CONFIG, name);
    if (reg && size == reg->width_bytes) {
        mark_value(it, reg->names, value);
    } else if (field && size == sl_abi_type_size(field->type, NULL)) {
        mark_value(it, field->names, value);
    }
    if (abi == &sl_abi_aerogpu) {
        mark_features(it, reg->feature);
    } else if (!mmio->is_read) {
        negotiate(it, name, value);
    }
}

/* An access of 8 bytes is one of two registers. */
static void access_registers(struct sl_coverage_observer *it, const struct sl_mmio_event *mmio)
{
    uint64_t value = mmio->is_read ? it->read_value : mmio->value;
    if (mmio->size == 8) {
        access_register(it, mmio, mmio->offset, 4, value & UINT32_MAX);
        access_register(it, mmio, mmio->offset + 4, 4, value >> 32);
    } else {
        access_register(it, mmio, mmio->offset, mmio->size, value);
    }
}

static enum sl_status passed(void *data, uint64_t event, const struct sl_event *what,
                             struct sl_error *err)
{
    (void)event;
    (void)err;
    struct sl_coverage_observer *it = data;
    if (!it->places) {
        return SL_OK;
    }
    if (it->places->abi == &sl_abi_aerogpu) {
        settle(it);
    }
    it->waiting = false;
    if (what->type == SL_EVENT_MMIO) {
        access_registers(it, &what->u.mmio);
    } else if (what->type == SL_EVENT_FEATURES) {
        mark_features(it, what->u.features);
    }
    return SL_OK;
}

struct sl_coverage_observer *sl_coverage_observer_create(const struct sl_coverage_catalog *catalog,
                                                         struct sl_coverage_set *set)
{
    struct sl_coverage_observer *it = calloc(1, sizeof(*it));
    if (it) {
        *it = (struct sl_coverage_observer){.catalog = catalog, .set = set};
    }
    return it;
}

void sl_coverage_observer_destroy(struct sl_coverage_observer *observer)
{
    if (observer) {
        sl_buf_finish(&observer->bytes);
        free(observer);
    }
}

void sl_coverage_callbacks(struct sl_coverage_observer *observer,
                           struct sl_replay_callbacks *callbacks)
{
    *callbacks = (struct sl_replay_callbacks){
        .data = observer,
        .line = take_line,
        .attached = attached,
        .command = command,
        .structure = structure,
        .passed = passed,
    };
}
