#include "trace/slt_event.h"

#include "base/bytes.h"
#include "base/checked.h"
#include "base/status.h"
#include "base/utf8.h"
#include "trace/slt_meta.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

enum {
    MMIO_READ = 1,
    MMIO_VALUE = 2,
};

/* The stored form of a run: a count, then 0 for zeros or the page's number plus one. */
void sl_slt_run_encode(struct sl_buf *out, const struct sl_slt_run *run)
{
    sl_buf_u32(out, run->count);
    sl_buf_u64(out, run->is_zero ? 0 : run->page + 1);
}

struct sl_slt_run sl_slt_run_decode(const uint8_t bytes[static SL_SLT_RUN])
{
    uint64_t reference = sl_get_le64(bytes + 4);
    return (struct sl_slt_run){
        .count = sl_get_le32(bytes),
        .is_zero = reference == 0,
        .page = reference ? reference - 1 : 0,
    };
}

/* The fixed parts. Bytes not mentioned are zero. */

static void encode_mem(const struct sl_event *event, uint8_t *p)
{
    sl_put_le32(p + 4, (uint32_t)event->u.mem.size);
    sl_put_le64(p + 8, event->u.mem.gpa);
}

static void decode_mem(const uint8_t *p, struct sl_event *event)
{
    event->u.mem = (struct sl_mem_event){.gpa = sl_get_le64(p + 8), .size = sl_get_le32(p + 4)};
}

static void encode_mmio(const struct sl_event *event, uint8_t *p)
{
    const struct sl_mmio_event *mmio = &event->u.mmio;
    p[1] = (uint8_t)mmio->space;
    p[2] = mmio->size;
    p[3] = (uint8_t)((mmio->is_read ? MMIO_READ : 0) | (mmio->has_value ? MMIO_VALUE : 0));
    sl_put_le64(p + 8, mmio->offset);
    sl_put_le64(p + 16, mmio->value);
}

static void decode_mmio(const uint8_t *p, struct sl_event *event)
{
    event->u.mmio = (struct sl_mmio_event){
        .space = (enum sl_space)p[1],
        .size = p[2],
        .is_read = p[3] & MMIO_READ,
        .has_value = p[3] & MMIO_VALUE,
        .offset = sl_get_le64(p + 8),
        .value = sl_get_le64(p + 16),
    };
}

static void encode_vring(const struct sl_event *event, uint8_t *p)
{
    const struct sl_vring_event *vring = &event->u.vring;
    sl_put_le16(p + 2, vring->base);
    sl_put_le32(p + 4, vring->queue);
    sl_put_le32(p + 8, vring->size);
    sl_put_le64(p + 16, vring->desc_gpa);
    sl_put_le64(p + 24, vring->avail_gpa);
    sl_put_le64(p + 32, vring->used_gpa);
}

static void decode_vring(const uint8_t *p, struct sl_event *event)
{
    event->u.vring = (struct sl_vring_event){
        .base = sl_get_le16(p + 2),
        .queue = sl_get_le32(p + 4),
        .size = sl_get_le32(p + 8),
        .desc_gpa = sl_get_le64(p + 16),
        .avail_gpa = sl_get_le64(p + 24),
        .used_gpa = sl_get_le64(p + 32),
    };
}

static void encode_notify(const struct sl_event *event, uint8_t *p)
{
    sl_put_le32(p + 4, event->u.notify_queue);
}

static void decode_notify(const uint8_t *p, struct sl_event *event)
{
    event->u.notify_queue = sl_get_le32(p + 4);
}

static void encode_vblank(const struct sl_event *event, uint8_t *p)
{
    sl_put_le32(p + 4, event->u.vblank.count);
    sl_put_le64(p + 8, event->u.vblank.time_ns);
}

static void decode_vblank(const uint8_t *p, struct sl_event *event)
{
    event->u.vblank =
        (struct sl_vblank_event){.count = sl_get_le32(p + 4), .time_ns = sl_get_le64(p + 8)};
}

static void encode_text(const struct sl_event *event, uint8_t *p)
{
    sl_put_le32(p + 4, (uint32_t)event->u.text.text_size);
}

static void decode_text(const uint8_t *p, struct sl_event *event)
{
    event->u.text = (struct sl_text_event){.text_size = sl_get_le32(p + 4)};
}

static void encode_attach(const struct sl_event *event, uint8_t *p)
{
    sl_put_le16(p + 2, (uint16_t)event->u.text.text_size);
    sl_put_le32(p + 4, (uint32_t)event->u.text.size);
}

static void decode_attach(const uint8_t *p, struct sl_event *event)
{
    event->u.text =
        (struct sl_text_event){.text_size = sl_get_le16(p + 2), .size = sl_get_le32(p + 4)};
}

static void encode_expect(const struct sl_event *event, uint8_t *p)
{
    const struct sl_expect_event *expect = &event->u.expect;
    p[1] = (uint8_t)expect->kind;
    sl_put_le32(p + 4, expect->queue);
    sl_put_le32(p + 8, expect->head);
    sl_put_le32(p + 12, (uint32_t)expect->size);
    sl_put_le64(p + 16, expect->value);
}

static void decode_expect(const uint8_t *p, struct sl_event *event)
{
    event->u.expect = (struct sl_expect_event){
        .kind = (enum sl_observation_kind)p[1],
        .queue = sl_get_le32(p + 4),
        .head = sl_get_le32(p + 8),
        .size = sl_get_le32(p + 12),
        .value = sl_get_le64(p + 16),
    };
}

static void encode_display(const struct sl_event *event, uint8_t *p)
{
    sl_put_le32(p + 4, event->u.display.scanout);
    sl_put_le32(p + 8, event->u.display.width);
    sl_put_le32(p + 12, event->u.display.height);
}

static void decode_display(const uint8_t *p, struct sl_event *event)
{
    event->u.display = (struct sl_display_event){
        .scanout = sl_get_le32(p + 4),
        .width = sl_get_le32(p + 8),
        .height = sl_get_le32(p + 12),
    };
}

static void encode_reset(const struct sl_event *event, uint8_t *p)
{
    (void)event;
    (void)p;
}

static void decode_reset(const uint8_t *p, struct sl_event *event)
{
    (void)p;
    (void)event;
}

static void encode_ram(const struct sl_event *event, uint8_t *p)
{
    sl_put_le32(p + 4, (uint32_t)event->u.ram.count);
}

static void decode_ram(const uint8_t *p, struct sl_event *event)
{
    event->u.ram = (struct sl_ram_event){.count = sl_get_le32(p + 4)};
}

static void encode_features(const struct sl_event *event, uint8_t *p)
{
    sl_put_le64(p + 8, event->u.features);
}

static void decode_features(const uint8_t *p, struct sl_event *event)
{
    event->u.features = sl_get_le64(p + 8);
}

/*
 * zeros: bit n is set if byte n of the first 16 must be zero. since: the minor version that brought
 * the type.
 */
static const struct record_type {
    uint8_t size;
    uint8_t since;
    uint16_t zeros;
    void (*encode)(const struct sl_event *event, uint8_t *p);
    void (*decode)(const uint8_t *p, struct sl_event *event);
} types[] = {
    [SL_EVENT_MEM] = {16, 0, 0x000E, encode_mem, decode_mem},
    [SL_EVENT_MMIO] = {24, 0, 0x00F0, encode_mmio, decode_mmio},
    [SL_EVENT_VRING] = {40, 0, 0xF002, encode_vring, decode_vring},
    [SL_EVENT_NOTIFY] = {8, 0, 0x000E, encode_notify, decode_notify},
    [SL_EVENT_VBLANK] = {16, 0, 0x000E, encode_vblank, decode_vblank},
    [SL_EVENT_FRAME] = {8, 0, 0x000E, encode_text, decode_text},
    [SL_EVENT_EXPECT] = {24, 0, 0x000C, encode_expect, decode_expect},
    [SL_EVENT_NOTE] = {8, 0, 0x000E, encode_text, decode_text},
    [SL_EVENT_DISPLAY] = {16, 0, 0x000E, encode_display, decode_display},
    [SL_EVENT_RESET] = {8, 0, 0x00FE, encode_reset, decode_reset},
    [SL_EVENT_ATTACH] = {8, 0, 0x0002, encode_attach, decode_attach},
    [SL_EVENT_RAM] = {8, 1, 0x000E, encode_ram, decode_ram},
    [SL_EVENT_FEATURES] = {16, 1, 0x00FE, encode_features, decode_features},
};

enum { TYPE_COUNT = sizeof(types) / sizeof(types[0]) };

static bool zeros_are_zero(const uint8_t *p, uint16_t zeros)
{
    for (unsigned i = 0; zeros; i++, zeros >>= 1) {
        if ((zeros & 1) && p[i]) {
            return false;
        }
    }
    return true;
}

static enum sl_status check_mem(const struct sl_mem_event *mem, enum sl_status status,
                                struct sl_error *err)
{
    if (mem->size == 0 || mem->size - 1 > UINT64_MAX - mem->gpa) {
        return sl_fail(err, status, SL_RULE_SLT_EVENT_FIELD,
                       "mem event of %zu bytes at 0x%" PRIx64 " is empty or wraps around",
                       mem->size, mem->gpa);
    }
    return SL_OK;
}

static enum sl_status check_mmio(const struct sl_mmio_event *mmio, enum sl_status status,
                                 struct sl_error *err)
{
    if (mmio->size != 1 && mmio->size != 2 && mmio->size != 4 && mmio->size != 8) {
        return sl_fail(err, status, SL_RULE_SLT_EVENT_FIELD,
                       "access of %u bytes, expected 1, 2, 4 or 8", mmio->size);
    }
    if ((unsigned)mmio->space >= SL_SPACE_COUNT) {
        return sl_fail(err, status, SL_RULE_SLT_EVENT_FIELD, "unknown address space %u",
                       (unsigned)mmio->space);
    }
    if (!mmio->has_value && (!mmio->is_read || mmio->value != 0)) {
        return sl_fail(err, status, SL_RULE_SLT_EVENT_FIELD,
                       mmio->is_read ? "read without a value has one" : "write without a value");
    }
    if (mmio->size < 8 && mmio->value >> (8 * mmio->size)) {
        return sl_fail(err, status, SL_RULE_SLT_EVENT_FIELD,
                       "value 0x%" PRIx64 " is wider than the access of %u bytes", mmio->value,
                       mmio->size);
    }
    return SL_OK;
}

/* A picture has a size and a hash, nothing has neither. */
static enum sl_status check_frame(const struct sl_expect_event *expect, enum sl_status status,
                                  struct sl_error *err)
{
    uint32_t width = (uint32_t)(expect->value >> 32);
    uint32_t height = (uint32_t)expect->value;
    bool shown = width != 0 && height != 0;
    if (expect->size != (shown ? SL_FRAME_HASH_SIZE : 0) || (!shown && expect->value != 0)) {
        return sl_fail(err, status, SL_RULE_SLT_EVENT_FIELD,
                       "frame of %" PRIu32 "x%" PRIu32 " with a hash of %zu bytes", width, height,
                       expect->size);
    }
    return SL_OK;
}

static enum sl_status check_expect(const struct sl_expect_event *expect, enum sl_status status,
                                   struct sl_error *err)
{
    if (expect->kind < SL_OBS_RESPONSE || expect->kind > SL_OBS_FRAME) {
        return sl_fail(err, status, SL_RULE_SLT_EVENT_FIELD, "unknown kind of expectation %u",
                       (unsigned)expect->kind);
    }
    if (expect->kind == SL_OBS_FRAME) {
        return check_frame(expect, status, err);
    }
    if (expect->size && expect->kind != SL_OBS_RESPONSE) {
        return sl_fail(err, status, SL_RULE_SLT_EVENT_FIELD,
                       "only responses and frames carry bytes, kind %u has %zu",
                       (unsigned)expect->kind, expect->size);
    }
    return SL_OK;
}

static enum sl_status check_ram(const struct sl_ram_event *ram, enum sl_status status,
                                struct sl_error *err)
{
    if (ram->count > SL_RAM_REGIONS_MAX) {
        return sl_fail(err, status, SL_RULE_SLT_EVENT_FIELD, "%zu RAM regions, limit %u",
                       ram->count, SL_RAM_REGIONS_MAX);
    }
    return sl_slt_ram_check(ram->regions, ram->count, status, err);
}

static enum sl_status check_name(const struct sl_text_event *text, enum sl_status status,
                                 struct sl_error *err)
{
    if (text->text_size > SL_SLT_NAME_MAX) {
        return sl_fail(err, status, SL_RULE_SLT_EVENT_FIELD, "name of %zu bytes, limit %d",
                       text->text_size, SL_SLT_NAME_MAX);
    }
    return SL_OK;
}

enum sl_status sl_slt_event_check_text(const struct sl_event *event, enum sl_status status,
                                       struct sl_error *err)
{
    bool has_text = event->type == SL_EVENT_FRAME || event->type == SL_EVENT_NOTE ||
                    event->type == SL_EVENT_ATTACH;
    if (has_text && event->u.text.text &&
        !sl_utf8_is_text(event->u.text.text, event->u.text.text_size)) {
        return sl_fail(err, status, SL_RULE_SLT_EVENT_TEXT, "%s is not UTF-8 text",
                       event->type == SL_EVENT_NOTE ? "note" : "name");
    }
    return SL_OK;
}

static enum sl_status check_fields(const struct sl_event *event, enum sl_status status,
                                   struct sl_error *err)
{
    switch (event->type) {
    case SL_EVENT_MEM:
        return check_mem(&event->u.mem, status, err);
    case SL_EVENT_MMIO:
        return check_mmio(&event->u.mmio, status, err);
    case SL_EVENT_EXPECT:
        return check_expect(&event->u.expect, status, err);
    case SL_EVENT_FRAME:
    case SL_EVENT_ATTACH:
        return check_name(&event->u.text, status, err);
    case SL_EVENT_RAM:
        return check_ram(&event->u.ram, status, err);
    case SL_EVENT_FEATURES:
    case SL_EVENT_VRING:
    case SL_EVENT_NOTIFY:
    case SL_EVENT_VBLANK:
    case SL_EVENT_NOTE:
    case SL_EVENT_DISPLAY:
    case SL_EVENT_RESET:
        return SL_OK;
    }
    return sl_fail(err, status, SL_RULE_SLT_EVENT_TYPE, "unknown event type %u",
                   (unsigned)event->type);
}

enum sl_status sl_slt_event_check(const struct sl_event *event, enum sl_status status,
                                  struct sl_error *err)
{
    size_t size = sl_slt_event_payload(event).size;
    if (size > SL_SLT_PAYLOAD_MAX) {
        return sl_fail(err, status == SL_ERR_USAGE ? SL_ERR_UNSUPPORTED : status,
                       SL_RULE_HOST_LIMIT, "event of %zu bytes, limit %d", size,
                       SL_SLT_PAYLOAD_MAX);
    }
    enum sl_status result = check_fields(event, status, err);
    return result == SL_OK ? sl_slt_event_check_text(event, status, err) : result;
}

static struct sl_slt_payload split(uint64_t address, const void *bytes, size_t size)
{
    size_t head = (size_t)(-address & (SL_SLT_PAGE_SIZE - 1));
    if (size < head + SL_SLT_PAGE_SIZE) {
        return (struct sl_slt_payload){.bytes = bytes, .size = size, .head = size};
    }
    return (struct sl_slt_payload){
        .bytes = bytes,
        .size = size,
        .head = head,
        .tail = (size - head) % SL_SLT_PAGE_SIZE,
    };
}

struct sl_slt_payload sl_slt_event_payload(const struct sl_event *event)
{
    switch (event->type) {
    case SL_EVENT_MEM:
        return split(event->u.mem.gpa, event->u.mem.bytes, event->u.mem.size);
    case SL_EVENT_EXPECT:
        return split(0, event->u.expect.bytes, event->u.expect.size);
    case SL_EVENT_ATTACH:
        return split(0, event->u.text.bytes, event->u.text.size);
    case SL_EVENT_FRAME:
    case SL_EVENT_NOTE:
        return split(0, event->u.text.text, event->u.text.text_size);
    case SL_EVENT_MMIO:
    case SL_EVENT_VRING:
    case SL_EVENT_NOTIFY:
    case SL_EVENT_VBLANK:
    case SL_EVENT_DISPLAY:
    case SL_EVENT_RESET:
    case SL_EVENT_RAM:
    case SL_EVENT_FEATURES:
        break;
    }
    return (struct sl_slt_payload){0};
}

void sl_slt_event_set_payload(struct sl_event *event, const uint8_t *bytes)
{
    switch (event->type) {
    case SL_EVENT_MEM:
        event->u.mem.bytes = bytes;
        break;
    case SL_EVENT_EXPECT:
        event->u.expect.bytes = event->u.expect.size ? bytes : NULL;
        break;
    case SL_EVENT_ATTACH:
        event->u.text.bytes = event->u.text.size ? bytes : NULL;
        break;
    case SL_EVENT_FRAME:
    case SL_EVENT_NOTE:
        event->u.text.text = (const char *)bytes;
        break;
    case SL_EVENT_MMIO:
    case SL_EVENT_VRING:
    case SL_EVENT_NOTIFY:
    case SL_EVENT_VBLANK:
    case SL_EVENT_DISPLAY:
    case SL_EVENT_RESET:
    case SL_EVENT_RAM:
    case SL_EVENT_FEATURES:
        break;
    }
}

void sl_slt_event_encode(const struct sl_event *event, const struct sl_buf *runs,
                         struct sl_buf *out)
{
    const struct record_type *type = &types[event->type];
    uint8_t fixed[SL_SLT_RECORD_FIXED_MAX] = {(uint8_t)event->type};
    type->encode(event, fixed);
    sl_buf_append(out, fixed, type->size);
    if (event->type == SL_EVENT_ATTACH) {
        sl_buf_append(out, event->u.text.text, event->u.text.text_size);
    }
    for (size_t i = 0; event->type == SL_EVENT_RAM && i < event->u.ram.count; i++) {
        sl_buf_u64(out, event->u.ram.regions[i].gpa);
        sl_buf_u64(out, event->u.ram.regions[i].size);
    }
    struct sl_slt_payload payload = sl_slt_event_payload(event);
    sl_buf_append(out, payload.bytes, payload.head);
    if (payload.tail) {
        sl_buf_append(out, payload.bytes + payload.size - payload.tail, payload.tail);
    }
    sl_buf_append(out, runs->data, runs->size);
}

static enum sl_status too_short(struct sl_error *err, size_t need, size_t left)
{
    return sl_fail(err, SL_ERR_DAMAGED, SL_RULE_SLT_EVENT_SIZE,
                   "event record of at least %zu bytes, %zu left in its chunk", need, left);
}

static enum sl_status decode_runs(const uint8_t *bytes, size_t left, uint64_t page_limit,
                                  struct sl_slt_record *record, struct sl_error *err)
{
    size_t pages = (record->payload.size - record->payload.head) / SL_SLT_PAGE_SIZE;
    record->runs = bytes + record->size;
    while (pages > 0) {
        if (left - record->size < SL_SLT_RUN) {
            return too_short(err, record->size + SL_SLT_RUN, left);
        }
        struct sl_slt_run run = sl_slt_run_decode(bytes + record->size);
        if (run.count == 0 || run.count > pages) {
            return sl_fail(err, SL_ERR_DAMAGED, SL_RULE_SLT_EVENT_PAGES,
                           "run of %" PRIu32 " pages where %zu are missing", run.count, pages);
        }
        if (!run.is_zero && !sl_range_fits(run.page, run.count, page_limit)) {
            return sl_fail(err, SL_ERR_DAMAGED, SL_RULE_SLT_EVENT_PAGES,
                           "pages %" PRIu64 " and %" PRIu32 " more, of %" PRIu64 " stored so far",
                           run.page, run.count - 1, page_limit);
        }
        pages -= run.count;
        record->run_count++;
        record->size += SL_SLT_RUN;
    }
    return SL_OK;
}

/* The regions behind the fixed part; too many are left to the check of the event. */
static enum sl_status decode_regions(const uint8_t *bytes, size_t left, struct sl_slt_ram *ram,
                                     struct sl_slt_record *record, struct sl_error *err)
{
    struct sl_ram_event *event = &record->event.u.ram;
    size_t count = event->count <= SL_RAM_REGIONS_MAX ? event->count : 0;
    if (left - record->size < count * SL_SLT_RAM_ENTRY) {
        return too_short(err, record->size + count * SL_SLT_RAM_ENTRY, left);
    }
    for (size_t i = 0; i < count; i++) {
        ram->regions[i].gpa = sl_get_le64(bytes + record->size);
        ram->regions[i].size = sl_get_le64(bytes + record->size + 8);
        record->size += SL_SLT_RAM_ENTRY;
    }
    event->regions = count > 0 ? ram->regions : NULL;
    return SL_OK;
}

static enum sl_status decode_tail(const uint8_t *bytes, size_t left, uint64_t page_limit,
                                  struct sl_slt_record *record, struct sl_error *err)
{
    if (record->event.type == SL_EVENT_ATTACH) {
        if (left - record->size < record->event.u.text.text_size) {
            return too_short(err, record->size + record->event.u.text.text_size, left);
        }
        record->event.u.text.text = (const char *)bytes + record->size;
        record->size += record->event.u.text.text_size;
    }
    enum sl_status status = sl_slt_event_check(&record->event, SL_ERR_DAMAGED, err);
    if (status != SL_OK) {
        return status;
    }
    record->payload = sl_slt_event_payload(&record->event);
    size_t edges = record->payload.head + record->payload.tail;
    if (left - record->size < edges) {
        return too_short(err, record->size + edges, left);
    }
    record->edges = bytes + record->size;
    record->size += edges;
    if (edges < record->payload.size) {
        return decode_runs(bytes, left, page_limit, record, err);
    }
    sl_slt_event_set_payload(&record->event, record->edges);
    return sl_slt_event_check_text(&record->event, SL_ERR_DAMAGED, err);
}

static unsigned newest_kind(uint16_t minor)
{
    return minor == 0 ? SL_OBS_ERROR : SL_OBS_FRAME;
}

/* What this program does not know, or what the file's version did not. */
static enum sl_status unknown(struct sl_error *err, enum sl_rule rule, const char *what,
                              unsigned number, uint16_t minor)
{
    return sl_fail(err, minor > SL_SLT_MINOR ? SL_ERR_UNSUPPORTED : SL_ERR_DAMAGED, rule,
                   "unknown %s %u in a file of format version %u.%u", what, number, SL_SLT_MAJOR,
                   minor);
}

enum sl_status sl_slt_event_decode(const uint8_t *bytes, size_t left, uint64_t page_limit,
                                   uint16_t minor, struct sl_slt_ram *ram,
                                   struct sl_slt_record *record, struct sl_error *err)
{
    if (left < SL_SLT_RECORD_MIN) {
        return too_short(err, SL_SLT_RECORD_MIN, left);
    }
    const struct record_type *type = bytes[0] < TYPE_COUNT ? &types[bytes[0]] : NULL;
    if (!type || !type->decode || type->since > minor) {
        return unknown(err, SL_RULE_SLT_EVENT_TYPE, "event type", bytes[0], minor);
    }
    if (left < type->size) {
        return too_short(err, type->size, left);
    }
    if (!zeros_are_zero(bytes, type->zeros) ||
        (bytes[0] == SL_EVENT_MMIO && bytes[3] > (MMIO_READ | MMIO_VALUE))) {
        return sl_fail(err, SL_ERR_DAMAGED, SL_RULE_SLT_EVENT_FIELD,
                       "event of type %u uses bits that are reserved", bytes[0]);
    }
    *record =
        (struct sl_slt_record){.event.type = (enum sl_event_type)bytes[0], .size = type->size};
    type->decode(bytes, &record->event);
    if (bytes[0] == SL_EVENT_EXPECT && bytes[1] > newest_kind(minor)) {
        return unknown(err, SL_RULE_SLT_EVENT_FIELD, "kind of expectation", bytes[1], minor);
    }
    if (bytes[0] == SL_EVENT_RAM) {
        enum sl_status status = decode_regions(bytes, left, ram, record, err);
        if (status != SL_OK) {
            return status;
        }
    }
    return decode_tail(bytes, left, page_limit, record, err);
}
