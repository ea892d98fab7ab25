/* Traces in YAML: the keys of the file, and opening one. */
#include "trace/yaml.h"

#include "base/file.h"
#include "trace/trace_impl.h"
#include "trace/yaml_asm.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    VERSION = 1,
    FILE_MAX = 256 << 20,
    PAGE = 4096,
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DEFAULT_RAM (UINT64_C(64) << 20)

static const struct sl_yaml_kind kind = {
    .syntax = SL_RULE_YAML_SYNTAX,
    .key = SL_RULE_YAML_KEY,
    .value = SL_RULE_YAML_VALUE,
    .nodes_max = 4 << 20,
};

/* What the file says before its events. */
struct header {
    struct sl_asm *a;
    struct sl_trace_meta meta;
    struct sl_ram_region *ram;
    struct sl_option *options;
    const yaml_node_t *events;
    bool has_abi;
};

static struct sl_asm *asm_of(void *data)
{
    return ((struct header *)data)->a;
}

static enum sl_status set_version(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                  struct sl_error *err)
{
    (void)data;
    uint64_t version = 0;
    enum sl_status status = sl_yaml_number(yaml, value, 1, UINT32_MAX, &version, err);
    if (status == SL_OK && version > VERSION) {
        sl_yaml_fail(yaml, value, SL_RULE_YAML_VERSION, err,
                     "version %" PRIu64 " of the format, this program knows %d", version, VERSION);
        if (err) {
            err->status = SL_ERR_UNSUPPORTED;
        }
        return SL_ERR_UNSUPPORTED;
    }
    return status;
}

static enum sl_status set_device(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                 struct sl_error *err)
{
    static const struct sl_asm_device *const devices[] = {&sl_asm_virtio_gpu, &sl_asm_aerogpu,
                                                          &sl_asm_toy};
    struct header *h = data;
    const char *text = sl_yaml_scalar(value);
    for (size_t i = 0; text && i < COUNT(devices); i++) {
        if (strcmp(text, devices[i]->abi->name) == 0) {
            h->a->device = devices[i];
            h->meta.device = devices[i]->abi->name;
            return SL_OK;
        }
    }
    return sl_yaml_fail(yaml, value, SL_RULE_YAML_DEVICE, err,
                        "expected the device virtio-gpu or aerogpu");
}

static enum sl_status set_text(struct sl_yaml *yaml, const yaml_node_t *value, const char **text,
                               struct sl_error *err)
{
    const char *scalar = sl_yaml_scalar(value);
    if (!scalar) {
        return sl_yaml_fail(yaml, value, SL_RULE_YAML_VALUE, err, "expected text");
    }
    *text = scalar;
    return SL_OK;
}

static enum sl_status set_about(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                struct sl_error *err)
{
    return set_text(yaml, value, &((struct header *)data)->meta.provenance, err);
}

static enum sl_status set_producer(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                   struct sl_error *err)
{
    return set_text(yaml, value, &((struct header *)data)->meta.producer, err);
}

static enum sl_status set_profile(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                  struct sl_error *err)
{
    const char **profile = &((struct header *)data)->meta.profile;
    enum sl_status status = set_text(yaml, value, profile, err);
    if (status == SL_OK && strcmp(*profile, "default") == 0 &&
        value->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
        *profile = ""; /* in quotes it would be a profile of that name */
    }
    return status;
}

/* MAJOR.MINOR */
static enum sl_status set_abi(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                              struct sl_error *err)
{
    const char *text = sl_yaml_scalar(value);
    unsigned parts[2] = {0};
    for (size_t i = 0; text && i < 2; i++) {
        size_t digits = strspn(text, "0123456789");
        unsigned long part = digits > 0 && digits < 6 ? strtoul(text, NULL, 10) : UINT32_MAX;
        parts[i] = (unsigned)part;
        text =
            part <= UINT16_MAX && text[digits] == (i == 0 ? '.' : '\0') ? text + digits + 1 : NULL;
    }
    if (!text) {
        return sl_yaml_fail(yaml, value, SL_RULE_YAML_VALUE, err, "expected a version MAJOR.MINOR");
    }
    struct header *h = data;
    h->meta.abi_version = parts[0] << 16 | parts[1];
    h->has_abi = true;
    return SL_OK;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct sl_option *)a)->name, ((const struct sl_option *)b)->name);
}

static enum sl_status set_options(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                  struct sl_error *err)
{
    struct header *h = data;
    if (value->type != YAML_MAPPING_NODE) {
        return sl_yaml_fail(yaml, value, SL_RULE_YAML_VALUE, err, "expected a mapping of options");
    }
    const yaml_node_pair_t *pairs = value->data.mapping.pairs.start;
    size_t count = (size_t)(value->data.mapping.pairs.top - pairs);
    h->options = calloc(count + 1, sizeof(*h->options));
    if (!h->options) {
        return sl_fail_memory(err, 0);
    }
    for (size_t i = 0; i < count; i++) {
        const char *name = sl_yaml_scalar(sl_yaml_node(yaml, pairs[i].key));
        const char *text = sl_yaml_scalar(sl_yaml_node(yaml, pairs[i].value));
        if (!name || !text) {
            return sl_yaml_fail(yaml, value, SL_RULE_YAML_VALUE, err, "an option is name: value");
        }
        h->options[i] = (struct sl_option){.name = name, .value = text};
    }
    qsort(h->options, count, sizeof(*h->options), by_name);
    for (size_t i = 1; i < count; i++) {
        if (strcmp(h->options[i - 1].name, h->options[i].name) == 0) {
            return sl_yaml_fail(yaml, value, SL_RULE_YAML_KEY, err, "option '%.80s' is repeated",
                                h->options[i].name);
        }
    }
    h->meta.options = h->options;
    h->meta.option_count = count;
    return SL_OK;
}

static enum sl_status set_ram(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                              struct sl_error *err)
{
    struct header *h = data;
    (void)yaml;
    enum sl_status status = sl_asm_ram(asm_of(data), value, &h->ram, &h->meta.ram_count, err);
    h->meta.ram = h->ram;
    return status;
}

static enum sl_status set_events(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                 struct sl_error *err)
{
    (void)yaml;
    (void)err;
    ((struct header *)data)->events = value;
    return SL_OK;
}

static const struct sl_yaml_key header_keys[] = {
    {"scanlock", true, set_version}, {"device", true, set_device},
    {"about", false, set_about},     {"producer", false, set_producer},
    {"profile", false, set_profile}, {"abi", false, set_abi},
    {"options", false, set_options}, {"ram", false, set_ram},
    {"events", true, set_events},
};

/* The half of the first region that the assembler gives out. */
static void set_heap(struct sl_asm *a, const struct sl_trace_meta *meta)
{
    if (meta->ram_count > 0) {
        const struct sl_ram_region *region = &meta->ram[0];
        a->heap = region->gpa + region->size / 2 / PAGE * PAGE;
        a->heap_end = region->gpa + (region->size - PAGE); /* short of a wrap */
    }
}

static enum sl_status make_list(struct header *h, const struct sl_event_list_limits *limits,
                                struct sl_error *err)
{
    struct sl_asm *a = h->a;
    const struct sl_asm_device *device = a->device;
    if (!h->has_abi) {
        h->meta.abi_version = device->abi->version;
    }
    enum sl_status status = sl_event_list_create(SL_TRACE_YAML, &h->meta, limits, &a->list, err);
    if (status != SL_OK) {
        return status;
    }
    set_heap(a, &h->meta);
    a->state = device->create ? device->create() : NULL;
    return a->state || !device->create ? SL_OK : sl_fail_memory(err, 0);
}

static enum sl_status assemble(struct sl_asm *a, const yaml_node_t *root,
                               const struct sl_event_list_limits *limits, struct sl_error *err)
{
    static const struct sl_ram_region default_ram = {.gpa = 0, .size = DEFAULT_RAM};
    struct header h = {
        .a = a,
        .meta =
            {.profile = "", .producer = "", .provenance = "", .ram = &default_ram, .ram_count = 1},
    };
    enum sl_status status = sl_yaml_map(&a->yaml, root, header_keys, COUNT(header_keys), &h, err);
    if (status == SL_OK) {
        status = make_list(&h, limits, err);
    }
    if (status == SL_OK) {
        status = sl_asm_items(a, h.events, err);
    }
    free(h.ram);
    free(h.options);
    return status;
}

static void asm_finish(struct sl_asm *a)
{
    for (size_t i = 0; i < a->place_count; i++) {
        free(a->places[i].name);
    }
    free(a->places);
    if (a->state) {
        a->device->destroy(a->state);
    }
    sl_event_list_destroy(a->list);
    sl_yaml_finish(&a->yaml);
}

enum sl_status sl_yaml_open_memory(const uint8_t *bytes, size_t size, const char *path,
                                   const struct sl_event_list_limits *limits,
                                   struct sl_trace **trace, struct sl_error *err)
{
    struct sl_asm a = {0};
    const yaml_node_t *root = NULL;
    *trace = NULL;
    enum sl_status status = sl_yaml_parse(&a.yaml, &kind, path, 1, bytes, size, &root, err);
    if (status != SL_OK) {
        return status;
    }
    status = assemble(&a, root, limits, err);
    if (status == SL_OK) {
        *trace = sl_event_list_finish(a.list);
        a.list = NULL;
    } else {
        sl_error_set_file(err, path);
    }
    asm_finish(&a);
    return status;
}

enum sl_status sl_yaml_open(const char *path, struct sl_trace **trace, struct sl_error *err)
{
    struct sl_buf file = {0};
    *trace = NULL;
    enum sl_status status = sl_file_read(path, FILE_MAX, &file, err);
    if (status == SL_OK) {
        status = sl_yaml_open_memory(file.data, file.size, path, NULL, trace, err);
    }
    sl_buf_finish(&file);
    return status;
}
