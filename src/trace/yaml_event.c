/* Items of "events", and the verbs that stand for one event each. */
#include "trace/yaml_asm.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { REPEAT_DEPTH_MAX = 8 };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum sl_status sl_asm_put(struct sl_asm *a, const yaml_node_t *node, const struct sl_event *event,
                          struct sl_error *err)
{
    enum sl_status status = sl_event_list_put(a->list, event, err);
    if (status != SL_OK) {
        sl_error_set_file(err, a->yaml.path);
        sl_error_set_line(err, sl_yaml_line(&a->yaml, node));
    }
    return status;
}

enum sl_status sl_asm_put_memory(struct sl_asm *a, const yaml_node_t *node, uint64_t gpa,
                                 const void *bytes, size_t size, struct sl_error *err)
{
    struct sl_event event = {.type = SL_EVENT_MEM,
                             .u.mem = {.gpa = gpa, .bytes = bytes, .size = size}};
    return sl_asm_put(a, node, &event, err);
}

/* Chooses the address of memory: at, or room of the heap. */
static enum sl_status place_memory(struct sl_asm *a, const yaml_node_t *value, uint64_t size,
                                   uint64_t *gpa, struct sl_error *err)
{
    const yaml_node_t *at = sl_yaml_get(&a->yaml, value, "at");
    const yaml_node_t *name = sl_yaml_get(&a->yaml, value, "name");
    enum sl_status status = SL_OK;
    if (at) {
        status = sl_asm_number(a, at, UINT64_MAX, gpa, err);
    } else if (name) {
        status = sl_asm_allocate(a, value, size, gpa, err);
    } else {
        status = sl_asm_fail(a, value, SL_RULE_YAML_KEY, err, "memory needs 'at' or 'name'");
    }
    return status == SL_OK && name ? sl_asm_name(a, name, *gpa, size, err) : status;
}

/* True if a mapping says nothing about content, only that there is room. */
static bool is_room(struct sl_asm *a, const yaml_node_t *value)
{
    size_t pairs = (size_t)(value->data.mapping.pairs.top - value->data.mapping.pairs.start);
    size_t known = sl_yaml_get(&a->yaml, value, "at") ? 3 : 2;
    return known == pairs && sl_yaml_get(&a->yaml, value, "name") &&
           sl_yaml_get(&a->yaml, value, "size");
}

static enum sl_status run_memory(struct sl_asm *a, const yaml_node_t *item,
                                 const yaml_node_t *value, struct sl_error *err)
{
    static const char *const keys[] = {"at", "name"};
    struct sl_buf bytes = {0};
    uint64_t size = 0;
    uint64_t gpa = 0;
    (void)item;
    enum sl_status status = sl_asm_check_bytes_keys(a, value, keys, COUNT(keys), err);
    if (status != SL_OK) {
        return status;
    }
    if (is_room(a, value)) {
        status = sl_asm_number_at(a, value, "size", UINT64_MAX, 0, &size, err);
        return status == SL_OK ? place_memory(a, value, size, &gpa, err) : status;
    }
    status = sl_asm_bytes(a, value, &bytes, err);
    if (status == SL_OK) {
        status = place_memory(a, value, bytes.size, &gpa, err);
    }
    if (status == SL_OK) {
        status = sl_asm_put_memory(a, value, gpa, bytes.data, bytes.size, err);
    }
    sl_buf_finish(&bytes);
    return status;
}

static const struct {
    const char *name;
    enum sl_space space;
} spaces[] = {
    {"bar0", SL_SPACE_BAR0},     {"bar1", SL_SPACE_BAR1}, {"bar2", SL_SPACE_BAR2},
    {"bar3", SL_SPACE_BAR3},     {"bar4", SL_SPACE_BAR4}, {"bar5", SL_SPACE_BAR5},
    {"config", SL_SPACE_CONFIG}, {"vga", SL_SPACE_VGA},   {"vbe", SL_SPACE_VBE},
};

static enum sl_status read_space(struct sl_asm *a, const yaml_node_t *node, enum sl_space *space,
                                 struct sl_error *err)
{
    const char *text = sl_yaml_scalar(node);
    for (size_t i = 0; text && i < COUNT(spaces); i++) {
        if (strcmp(text, spaces[i].name) == 0) {
            *space = spaces[i].space;
            return SL_OK;
        }
    }
    return sl_asm_fail(a, node, SL_RULE_YAML_VALUE, err,
                       "expected a space: bar0 to bar5, config, vga or vbe");
}

/* space and offset, or register: where an access goes. size is the usual one, 0 if none is. */
static enum sl_status read_where(struct sl_asm *a, const yaml_node_t *value,
                                 struct sl_asm_register *where, struct sl_error *err)
{
    const yaml_node_t *space = sl_yaml_get(&a->yaml, value, "space");
    const yaml_node_t *name = sl_yaml_get(&a->yaml, value, "register");
    const char *text = name ? sl_yaml_scalar(name) : NULL;
    *where = (struct sl_asm_register){0};
    if (!space == !name) {
        return sl_asm_fail(a, value, SL_RULE_YAML_KEY, err,
                           "an access needs either 'space' and 'offset' or 'register'");
    }
    if (name && (!text || !a->device->find_register(a, text, where))) {
        return sl_asm_fail(a, name, SL_RULE_YAML_VALUE, err, "the device has no register '%.80s'",
                           text ? text : "?");
    }
    uint64_t offset = 0;
    enum sl_status status = sl_asm_number_at(a, value, "offset", UINT64_MAX, 0, &offset, err);
    if (status == SL_OK && space) {
        status = read_space(a, space, &where->space, err);
        if (status == SL_OK && !sl_yaml_get(&a->yaml, value, "offset")) {
            status = sl_asm_fail(a, value, SL_RULE_YAML_KEY, err, "key 'offset' is missing");
        }
    }
    where->offset += offset;
    return status;
}

static enum sl_abi_type access_type(uint8_t size)
{
    return size == 8 ? SL_ABI_U64 : size == 4 ? SL_ABI_U32 : size == 2 ? SL_ABI_U16 : SL_ABI_U8;
}

static enum sl_status put_access(struct sl_asm *a, const yaml_node_t *value, bool is_read,
                                 const char *value_key, struct sl_error *err)
{
    const char *const keys[] = {"space", "offset", "register", "size", value_key};
    struct sl_asm_register where;
    uint64_t size = 0;
    enum sl_status status = sl_asm_check_keys(a, value, keys, COUNT(keys), err);
    if (status == SL_OK) {
        status = read_where(a, value, &where, err);
    }
    if (status == SL_OK) {
        status = sl_asm_number_at(a, value, "size", 8, where.size ? where.size : 4, &size, err);
    }
    if (status == SL_OK && size != 1 && size != 2 && size != 4 && size != 8) {
        status = sl_asm_fail(a, value, SL_RULE_YAML_VALUE, err, "an access of 1, 2, 4 or 8 bytes");
    }
    if (status != SL_OK) {
        return status;
    }
    struct sl_event event = {.type = SL_EVENT_MMIO,
                             .u.mmio = {.space = where.space,
                                        .size = (uint8_t)size,
                                        .is_read = is_read,
                                        .offset = where.offset}};
    const yaml_node_t *node = sl_yaml_get(&a->yaml, value, value_key);
    if (!node && !is_read) {
        return sl_asm_fail(a, value, SL_RULE_YAML_KEY, err, "key 'value' is missing");
    }
    if (node) {
        event.u.mmio.has_value = true;
        status = sl_asm_value(a, node, access_type((uint8_t)size), where.names, &event.u.mmio.value,
                              err);
    }
    return status == SL_OK ? sl_asm_put(a, value, &event, err) : status;
}

static enum sl_status run_read(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *value,
                               struct sl_error *err)
{
    (void)item;
    return put_access(a, value, true, "expect", err);
}

static enum sl_status run_write(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *value,
                                struct sl_error *err)
{
    (void)item;
    return put_access(a, value, false, "value", err);
}

static enum sl_status run_vring(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *value,
                                struct sl_error *err)
{
    static const char *const keys[] = {"queue", "size", "desc", "avail", "used", "base"};
    static const uint64_t limits[] = {UINT32_MAX, UINT32_MAX, UINT64_MAX,
                                      UINT64_MAX, UINT64_MAX, UINT16_MAX};
    uint64_t values[COUNT(keys)] = {0};
    (void)item;
    enum sl_status status = sl_asm_check_keys(a, value, keys, COUNT(keys), err);
    for (size_t i = 0; i < COUNT(keys) && status == SL_OK; i++) {
        status = sl_asm_number_at(a, value, keys[i], limits[i], 0, &values[i], err);
    }
    if (status != SL_OK) {
        return status;
    }
    struct sl_event event = {.type = SL_EVENT_VRING,
                             .u.vring = {.queue = (uint32_t)values[0],
                                         .size = (uint32_t)values[1],
                                         .desc_gpa = values[2],
                                         .avail_gpa = values[3],
                                         .used_gpa = values[4],
                                         .base = (uint16_t)values[5]}};
    return sl_asm_put(a, value, &event, err);
}

static enum sl_status run_kick(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *value,
                               struct sl_error *err)
{
    struct sl_event event = {.type = SL_EVENT_NOTIFY};
    (void)item;
    enum sl_status status = sl_asm_u32(a, value, &event.u.notify_queue, err);
    return status == SL_OK ? sl_asm_put(a, value, &event, err) : status;
}

static enum sl_status run_vblank(struct sl_asm *a, const yaml_node_t *item,
                                 const yaml_node_t *value, struct sl_error *err)
{
    static const char *const keys[] = {"count", "time_ns"};
    struct sl_event event = {.type = SL_EVENT_VBLANK};
    uint64_t count = 0;
    (void)item;
    enum sl_status status = SL_OK;
    if (value->type == YAML_SCALAR_NODE) {
        status = sl_asm_number(a, value, UINT32_MAX, &count, err);
    } else {
        status = sl_asm_check_keys(a, value, keys, COUNT(keys), err);
        if (status == SL_OK) {
            status = sl_asm_number_at(a, value, "count", UINT32_MAX, 0, &count, err);
        }
        if (status == SL_OK) {
            status =
                sl_asm_number_at(a, value, "time_ns", UINT64_MAX, 0, &event.u.vblank.time_ns, err);
        }
    }
    event.u.vblank.count = (uint32_t)count;
    return status == SL_OK ? sl_asm_put(a, value, &event, err) : status;
}

static enum sl_status put_text(struct sl_asm *a, const yaml_node_t *value, enum sl_event_type type,
                               struct sl_error *err)
{
    const char *text = NULL;
    enum sl_status status = sl_asm_text(a, value, &text, err);
    if (status != SL_OK) {
        return status;
    }
    struct sl_event event = {.type = type, .u.text = {.text = text, .text_size = strlen(text)}};
    return sl_asm_put(a, value, &event, err);
}

static enum sl_status run_frame(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *value,
                                struct sl_error *err)
{
    (void)item;
    return put_text(a, value, SL_EVENT_FRAME, err);
}

static enum sl_status run_note(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *value,
                               struct sl_error *err)
{
    (void)item;
    return put_text(a, value, SL_EVENT_NOTE, err);
}

static enum sl_status run_attach(struct sl_asm *a, const yaml_node_t *item,
                                 const yaml_node_t *value, struct sl_error *err)
{
    static const char *const keys[] = {"name"};
    struct sl_buf bytes = {0};
    const char *name = NULL;
    (void)item;
    enum sl_status status = sl_asm_check_bytes_keys(a, value, keys, COUNT(keys), err);
    const yaml_node_t *node = status == SL_OK ? sl_yaml_get(&a->yaml, value, "name") : NULL;
    if (status == SL_OK && !node) {
        status = sl_asm_fail(a, value, SL_RULE_YAML_KEY, err, "key 'name' is missing");
    }
    if (status == SL_OK) {
        status = sl_asm_text(a, node, &name, err);
    }
    if (status == SL_OK) {
        status = sl_asm_bytes(a, value, &bytes, err);
    }
    if (status == SL_OK) {
        struct sl_event event = {
            .type = SL_EVENT_ATTACH,
            .u.text = {
                .text = name, .text_size = strlen(name), .bytes = bytes.data, .size = bytes.size}};
        status = sl_asm_put(a, value, &event, err);
    }
    sl_buf_finish(&bytes);
    return status;
}

static enum sl_status run_display(struct sl_asm *a, const yaml_node_t *item,
                                  const yaml_node_t *value, struct sl_error *err)
{
    static const char *const keys[] = {"scanout", "width", "height"};
    uint64_t values[COUNT(keys)] = {0};
    (void)item;
    enum sl_status status = sl_asm_check_keys(a, value, keys, COUNT(keys), err);
    for (size_t i = 0; i < COUNT(keys) && status == SL_OK; i++) {
        status = sl_asm_number_at(a, value, keys[i], UINT32_MAX, 0, &values[i], err);
    }
    if (status != SL_OK) {
        return status;
    }
    struct sl_event event = {.type = SL_EVENT_DISPLAY,
                             .u.display = {.scanout = (uint32_t)values[0],
                                           .width = (uint32_t)values[1],
                                           .height = (uint32_t)values[2]}};
    return sl_asm_put(a, value, &event, err);
}

static enum sl_status run_reset(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *value,
                                struct sl_error *err)
{
    (void)item;
    enum sl_status status = SL_OK;
    if (value->type != YAML_SCALAR_NODE || value->data.scalar.length > 0) {
        status = sl_asm_check_keys(a, value, NULL, 0, err);
    }
    struct sl_event event = {.type = SL_EVENT_RESET};
    return status == SL_OK ? sl_asm_put(a, value, &event, err) : status;
}

static enum sl_status run_ram(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *value,
                              struct sl_error *err)
{
    struct sl_ram_region *regions = NULL;
    size_t count = 0;
    (void)item;
    enum sl_status status = sl_asm_ram(a, value, &regions, &count, err);
    if (status == SL_OK) {
        struct sl_event event = {.type = SL_EVENT_RAM,
                                 .u.ram = {.regions = regions, .count = count}};
        status = sl_asm_put(a, value, &event, err);
    }
    free(regions);
    return status;
}

static enum sl_status run_features(struct sl_asm *a, const yaml_node_t *item,
                                   const yaml_node_t *value, struct sl_error *err)
{
    struct sl_event event = {.type = SL_EVENT_FEATURES};
    (void)item;
    enum sl_status status = sl_asm_number(a, value, UINT64_MAX, &event.u.features, err);
    return status == SL_OK ? sl_asm_put(a, value, &event, err) : status;
}

static enum sl_status read_kind(struct sl_asm *a, const yaml_node_t *value,
                                enum sl_observation_kind *kind, struct sl_error *err)
{
    static const struct {
        const char *name;
        enum sl_observation_kind kind;
    } kinds[] = {
        {"response", SL_OBS_RESPONSE}, {"used", SL_OBS_USED},   {"irq", SL_OBS_IRQ},
        {"fence", SL_OBS_FENCE},       {"error", SL_OBS_ERROR}, {"frame", SL_OBS_FRAME},
    };
    const yaml_node_t *node = sl_yaml_get(&a->yaml, value, "kind");
    const char *text = node ? sl_yaml_scalar(node) : NULL;
    for (size_t i = 0; text && i < COUNT(kinds); i++) {
        if (strcmp(text, kinds[i].name) == 0) {
            *kind = kinds[i].kind;
            return SL_OK;
        }
    }
    return sl_asm_fail(a, node ? node : value, node ? SL_RULE_YAML_VALUE : SL_RULE_YAML_KEY, err,
                       "expected a kind: response, used, irq, fence, error or frame");
}

static enum sl_status check_expect_keys(struct sl_asm *a, const yaml_node_t *value,
                                        enum sl_observation_kind kind, struct sl_error *err)
{
    static const char *const keys[] = {"kind", "queue", "head", "hex", "value"};
    static const char *const frame_keys[] = {"kind", "queue", "head", "hex", "width", "height"};
    return kind == SL_OBS_FRAME ? sl_asm_check_keys(a, value, frame_keys, COUNT(frame_keys), err)
                                : sl_asm_check_keys(a, value, keys, COUNT(keys), err);
}

static enum sl_status read_value(struct sl_asm *a, const yaml_node_t *value,
                                 struct sl_expect_event *expect, struct sl_error *err)
{
    uint64_t size[2] = {0};
    if (expect->kind != SL_OBS_FRAME) {
        return sl_asm_number_at(a, value, "value", UINT64_MAX, 0, &expect->value, err);
    }
    enum sl_status status = sl_asm_number_at(a, value, "width", UINT32_MAX, 0, &size[0], err);
    if (status == SL_OK) {
        status = sl_asm_number_at(a, value, "height", UINT32_MAX, 0, &size[1], err);
    }
    expect->value = size[0] << 32 | size[1];
    return status;
}

static enum sl_status read_expect(struct sl_asm *a, const yaml_node_t *value,
                                  struct sl_expect_event *expect, struct sl_buf *bytes,
                                  struct sl_error *err)
{
    enum sl_status status = read_kind(a, value, &expect->kind, err);
    if (status == SL_OK) {
        status = check_expect_keys(a, value, expect->kind, err);
    }
    const yaml_node_t *queue = status == SL_OK ? sl_yaml_get(&a->yaml, value, "queue") : NULL;
    const char *text = queue ? sl_yaml_scalar(queue) : NULL;
    if (text && strcmp(text, "intx") == 0) {
        expect->queue = SL_IRQ_INTX;
    } else if (queue) {
        status = sl_asm_u32(a, queue, &expect->queue, err);
    }
    uint64_t head = 0;
    if (status == SL_OK) {
        status = sl_asm_number_at(a, value, "head", UINT32_MAX, 0, &head, err);
        expect->head = (uint32_t)head;
    }
    if (status == SL_OK) {
        status = read_value(a, value, expect, err);
    }
    const yaml_node_t *hex = status == SL_OK ? sl_yaml_get(&a->yaml, value, "hex") : NULL;
    if (hex) {
        status = sl_asm_hex(a, hex, bytes, err);
    }
    return status;
}

static enum sl_status run_expect(struct sl_asm *a, const yaml_node_t *item,
                                 const yaml_node_t *value, struct sl_error *err)
{
    struct sl_event event = {.type = SL_EVENT_EXPECT};
    struct sl_buf bytes = {0};
    (void)item;
    enum sl_status status = read_expect(a, value, &event.u.expect, &bytes, err);
    if (status == SL_OK) {
        event.u.expect.bytes = bytes.size > 0 ? bytes.data : NULL;
        event.u.expect.size = bytes.size;
        status = sl_asm_put(a, value, &event, err);
    }
    sl_buf_finish(&bytes);
    return status;
}

/* Items cost something even if they make no events. */
static enum sl_status count_item(struct sl_asm *a, struct sl_error *err)
{
    if (a->items == SL_EVENT_LIST_EVENTS) {
        return sl_fail(err, SL_ERR_UNSUPPORTED, SL_RULE_HOST_LIMIT,
                       "more than %" PRIu64 " items, the limit", a->items);
    }
    a->items++;
    return SL_OK;
}

static enum sl_status run_repeat(struct sl_asm *a, const yaml_node_t *item,
                                 const yaml_node_t *value, struct sl_error *err)
{
    static const char *const keys[] = {"count", "events"};
    uint64_t count = 0;
    (void)item;
    enum sl_status status = sl_asm_check_keys(a, value, keys, COUNT(keys), err);
    if (status == SL_OK) {
        status = sl_asm_number_at(a, value, "count", UINT32_MAX, 1, &count, err);
    }
    const yaml_node_t *events = status == SL_OK ? sl_yaml_get(&a->yaml, value, "events") : NULL;
    if (status == SL_OK && !events) {
        status = sl_asm_fail(a, value, SL_RULE_YAML_KEY, err, "key 'events' is missing");
    }
    if (status == SL_OK && a->repeat_depth == REPEAT_DEPTH_MAX) {
        status = sl_asm_fail(a, value, SL_RULE_YAML_VALUE, err, "repeats are nested deeper than %d",
                             REPEAT_DEPTH_MAX);
    }
    a->repeat_depth++;
    for (uint64_t i = 0; i < count && status == SL_OK; i++) {
        status = count_item(a, err);
        if (status == SL_OK) {
            status = sl_asm_items(a, events, err);
        }
    }
    a->repeat_depth--;
    return status;
}

const struct sl_asm_verb sl_asm_common_verbs[] = {
    {"memory", false, run_memory},   {"read", false, run_read},   {"write", false, run_write},
    {"vring", false, run_vring},     {"kick", false, run_kick},   {"vblank", false, run_vblank},
    {"frame", false, run_frame},     {"note", false, run_note},   {"attach", false, run_attach},
    {"display", false, run_display}, {"reset", false, run_reset}, {"expect", false, run_expect},
    {"repeat", false, run_repeat},   {"ram", false, run_ram},     {"features", false, run_features},
};

const size_t sl_asm_common_verb_count = COUNT(sl_asm_common_verbs);

static const struct sl_asm_verb *find_verb(const struct sl_asm_verb *verbs, size_t count,
                                           const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(verbs[i].name, name) == 0) {
            return &verbs[i];
        }
    }
    return NULL;
}

static enum sl_status run_item(struct sl_asm *a, const yaml_node_t *item, struct sl_error *err)
{
    const yaml_node_pair_t *first =
        item->type == YAML_MAPPING_NODE ? item->data.mapping.pairs.start : NULL;
    if (!first || first == item->data.mapping.pairs.top) {
        return sl_asm_fail(a, item, SL_RULE_YAML_EVENT, err,
                           "expected a mapping that begins with a verb");
    }
    const char *name = sl_yaml_scalar(sl_yaml_node(&a->yaml, first->key));
    const struct sl_asm_verb *verb = NULL;
    if (name) {
        verb = find_verb(a->device->verbs, a->device->verb_count, name);
    }
    if (name && !verb) {
        verb = find_verb(sl_asm_common_verbs, sl_asm_common_verb_count, name);
    }
    if (!verb) {
        return sl_asm_fail(a, item, SL_RULE_YAML_EVENT, err, "'%.80s' is no verb of %s",
                           name ? name : "?", a->device->abi->name);
    }
    if (!verb->siblings && first + 1 < item->data.mapping.pairs.top) {
        return sl_asm_fail(a, sl_yaml_node(&a->yaml, first[1].key), SL_RULE_YAML_KEY, err,
                           "'%s' takes no keys beside it", name);
    }
    enum sl_status status = verb->run(a, item, sl_yaml_node(&a->yaml, first->value), err);
    if (status != SL_OK && err && err->file[0] == '\0') {
        sl_error_set_file(err, a->yaml.path);
        sl_error_set_line(err, sl_yaml_line(&a->yaml, item));
    }
    return status;
}

enum sl_status sl_asm_items(struct sl_asm *a, const yaml_node_t *sequence, struct sl_error *err)
{
    if (sequence->type != YAML_SEQUENCE_NODE) {
        return sl_asm_fail(a, sequence, SL_RULE_YAML_VALUE, err, "events are a sequence");
    }
    for (const yaml_node_item_t *p = sequence->data.sequence.items.start;
         p < sequence->data.sequence.items.top; p++) {
        const yaml_node_t *item = sl_yaml_node(&a->yaml, *p);
        enum sl_status status = count_item(a, err);
        if (status == SL_OK) {
            status = run_item(a, item, err);
        }
        if (status != SL_OK) {
            return status;
        }
    }
    return SL_OK;
}
