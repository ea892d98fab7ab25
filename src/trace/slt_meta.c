#include "trace/slt_meta.h"

#include "base/bytes.h"
#include "base/cursor.h"
#include "base/status.h"
#include "base/utf8.h"
#include "trace/slt_format.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPTION_MAX = 256,
    RAM_PAGE = 4096,
};

static enum sl_status check_strings(const struct sl_trace_meta *meta, enum sl_status status,
                                    struct sl_error *err)
{
    const struct {
        const char *name, *text;
    } strings[] = {
        {"device", meta->device},
        {"profile", meta->profile},
        {"producer", meta->producer},
        {"provenance", meta->provenance},
    };
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
        if (!sl_utf8_is_text(strings[i].text, strlen(strings[i].text))) {
            return sl_fail(err, status, SL_RULE_SLT_HEADER_FIELD, "%s is not UTF-8 text",
                           strings[i].name);
        }
    }
    if (meta->device[0] == '\0') {
        return sl_fail(err, status, SL_RULE_SLT_HEADER_FIELD, "the device is not named");
    }
    return SL_OK;
}

static bool regions_overlap(const struct sl_ram_region *a, const struct sl_ram_region *b)
{
    return a->gpa <= b->gpa + (b->size - 1) && b->gpa <= a->gpa + (a->size - 1);
}

enum sl_status sl_slt_ram_check(const struct sl_ram_region *regions, size_t count,
                                enum sl_status status, struct sl_error *err)
{
    if (count > SL_RAM_REGIONS_MAX) {
        return sl_fail(err, status, SL_RULE_SLT_HEADER_FIELD, "%zu RAM regions, limit %u", count,
                       SL_RAM_REGIONS_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        const struct sl_ram_region *r = &regions[i];
        if (r->size == 0 || (r->gpa | r->size) % RAM_PAGE || r->size - 1 > UINT64_MAX - r->gpa) {
            return sl_fail(err, status, SL_RULE_MEM_REGION,
                           "RAM at 0x%" PRIx64 " of 0x%" PRIx64
                           " bytes is empty, not page aligned or wraps around",
                           r->gpa, r->size);
        }
        for (size_t k = 0; k < i; k++) {
            if (regions_overlap(r, &regions[k])) {
                return sl_fail(err, status, SL_RULE_MEM_REGION,
                               "RAM at 0x%" PRIx64 " overlaps RAM at 0x%" PRIx64, r->gpa,
                               regions[k].gpa);
            }
        }
    }
    return SL_OK;
}

static enum sl_status check_options(const struct sl_trace_meta *meta, enum sl_status status,
                                    struct sl_error *err)
{
    if (meta->option_count > OPTION_MAX) {
        return sl_fail(err, status, SL_RULE_SLT_HEADER_FIELD, "%zu options, limit %d",
                       meta->option_count, OPTION_MAX);
    }
    for (size_t i = 0; i < meta->option_count; i++) {
        const struct sl_option *o = &meta->options[i];
        if (o->name[0] == '\0' || !sl_utf8_is_text(o->name, strlen(o->name)) ||
            !sl_utf8_is_text(o->value, strlen(o->value))) {
            return sl_fail(err, status, SL_RULE_SLT_HEADER_FIELD,
                           "option %zu has no name or is not UTF-8 text", i);
        }
        if (i > 0 && strcmp(meta->options[i - 1].name, o->name) >= 0) {
            return sl_fail(err, status, SL_RULE_SLT_HEADER_FIELD,
                           "option %s is repeated or out of order", o->name);
        }
    }
    return SL_OK;
}

enum sl_status sl_slt_meta_check(const struct sl_trace_meta *meta, enum sl_status status,
                                 struct sl_error *err)
{
    enum sl_status result = check_strings(meta, status, err);
    if (result == SL_OK) {
        result = sl_slt_ram_check(meta->ram, meta->ram_count, status, err);
    }
    if (result == SL_OK) {
        result = check_options(meta, status, err);
    }
    return result;
}

static void encode_head(struct sl_buf *out, enum sl_slt_field id, size_t size)
{
    sl_buf_u32(out, id);
    sl_buf_u32(out, size > UINT32_MAX ? UINT32_MAX : (uint32_t)size);
}

static void encode_string(struct sl_buf *out, enum sl_slt_field id, const char *text)
{
    if (text[0] != '\0') {
        encode_head(out, id, strlen(text) + 1);
        sl_buf_append(out, text, strlen(text) + 1);
    }
}

void sl_slt_meta_encode(const struct sl_trace_meta *meta, struct sl_buf *out)
{
    encode_string(out, SL_SLT_FIELD_DEVICE, meta->device);
    encode_head(out, SL_SLT_FIELD_ABI, 4);
    sl_buf_u32(out, meta->abi_version);
    encode_string(out, SL_SLT_FIELD_PROFILE, meta->profile);
    encode_string(out, SL_SLT_FIELD_PRODUCER, meta->producer);
    encode_string(out, SL_SLT_FIELD_PROVENANCE, meta->provenance);
    if (meta->ram_count) {
        encode_head(out, SL_SLT_FIELD_RAM, meta->ram_count * SL_SLT_RAM_ENTRY);
    }
    for (size_t i = 0; i < meta->ram_count; i++) {
        sl_buf_u64(out, meta->ram[i].gpa);
        sl_buf_u64(out, meta->ram[i].size);
    }
    for (size_t i = 0; i < meta->option_count; i++) {
        const struct sl_option *o = &meta->options[i];
        encode_head(out, SL_SLT_FIELD_OPTION, strlen(o->name) + 1 + strlen(o->value) + 1);
        sl_buf_append(out, o->name, strlen(o->name) + 1);
        sl_buf_append(out, o->value, strlen(o->value) + 1);
    }
}

/* A field as it stands in the file. */
struct field {
    uint32_t id;
    uint32_t size;
    const uint8_t *bytes;
};

/* The terminated string at the start of a field's bytes, NULL if there is none. */
static const char *string_at(const uint8_t *bytes, size_t size)
{
    return size && memchr(bytes, 0, size) ? (const char *)bytes : NULL;
}

static bool decode_string(const struct field *field, const char **text)
{
    *text = string_at(field->bytes, field->size);
    return *text && strlen(*text) + 1 == field->size;
}

static bool decode_ram(const struct field *field, struct sl_slt_meta *out, bool *no_memory)
{
    size_t count = field->size / SL_SLT_RAM_ENTRY;
    if (field->size == 0 || field->size % SL_SLT_RAM_ENTRY || count > SL_RAM_REGIONS_MAX) {
        return false;
    }
    out->ram = calloc(count, sizeof(*out->ram));
    if (!out->ram) {
        *no_memory = true;
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        out->ram[i].gpa = sl_get_le64(field->bytes + i * SL_SLT_RAM_ENTRY);
        out->ram[i].size = sl_get_le64(field->bytes + i * SL_SLT_RAM_ENTRY + 8);
    }
    out->meta.ram = out->ram;
    out->meta.ram_count = count;
    return true;
}

static bool decode_option(const struct field *field, struct sl_slt_meta *out, bool *no_memory)
{
    const char *name = string_at(field->bytes, field->size);
    size_t name_size = name ? strlen(name) + 1 : 0;
    const char *value = string_at(field->bytes + name_size, field->size - name_size);
    if (!name || !value || name_size + strlen(value) + 1 != field->size ||
        out->meta.option_count == OPTION_MAX) {
        return false;
    }
    size_t count = out->meta.option_count;
    struct sl_option *options = realloc(out->options, (count + 1) * sizeof(*options));
    if (!options) {
        *no_memory = true;
        return false;
    }
    options[count] = (struct sl_option){.name = name, .value = value};
    out->options = options;
    out->meta.options = options;
    out->meta.option_count = count + 1;
    return true;
}

static bool decode_field(const struct field *field, uint16_t minor, struct sl_slt_meta *out,
                         bool *no_memory)
{
    struct sl_trace_meta *meta = &out->meta;
    switch (field->id) {
    case SL_SLT_FIELD_DEVICE:
        return decode_string(field, &meta->device);
    case SL_SLT_FIELD_ABI:
        meta->abi_version = field->size == 4 ? sl_get_le32(field->bytes) : 0;
        return field->size == 4;
    case SL_SLT_FIELD_PROFILE:
        return decode_string(field, &meta->profile);
    case SL_SLT_FIELD_PRODUCER:
        return decode_string(field, &meta->producer);
    case SL_SLT_FIELD_PROVENANCE:
        return decode_string(field, &meta->provenance);
    case SL_SLT_FIELD_RAM:
        return decode_ram(field, out, no_memory);
    case SL_SLT_FIELD_OPTION:
        return decode_option(field, out, no_memory);
    }
    return minor > SL_SLT_MINOR;
}

enum sl_status sl_slt_meta_decode(const uint8_t *bytes, size_t size, uint16_t minor,
                                  struct sl_slt_meta *out, struct sl_error *err)
{
    *out = (struct sl_slt_meta){
        .meta = {.device = "", .profile = "", .producer = "", .provenance = ""},
    };
    struct sl_cursor c = sl_cursor_init(bytes, size);
    uint32_t last = 0;
    while (sl_cursor_left(&c) > 0) {
        size_t start = c.pos;
        struct field field = {.id = sl_cursor_u32(&c)};
        field.size = sl_cursor_u32(&c);
        field.bytes = sl_cursor_take(&c, field.size);
        bool in_order = field.id > last || (field.id == last && field.id == SL_SLT_FIELD_OPTION);
        bool no_memory = false;
        if (c.failed || !in_order || !decode_field(&field, minor, out, &no_memory)) {
            return no_memory ? sl_fail_memory(err, 0)
                             : sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_SLT_HEADER_FIELD,
                                          SL_SLT_FRAME_HEAD + SL_SLT_HEADER_FIXED + start,
                                          "metadata field %" PRIu32 " of %" PRIu32
                                          " bytes is malformed or out of place",
                                          field.id, field.size);
        }
        last = field.id;
    }
    enum sl_status status = sl_slt_meta_check(&out->meta, SL_ERR_DAMAGED, err);
    if (status != SL_OK) {
        sl_error_set_offset(err, SL_SLT_FRAME_HEAD + SL_SLT_HEADER_FIXED);
    }
    return status;
}

void sl_slt_meta_finish(struct sl_slt_meta *meta)
{
    free(meta->ram);
    free(meta->options);
    *meta = (struct sl_slt_meta){0};
}
