#include "suite/event_difference.h"

#include "base/hash.h"
#include "replay/transcript.h"

#include <inttypes.h>
#include <string.h>

static bool equal_bytes(const void *a, size_t a_size, const void *b, size_t b_size)
{
    return a_size == b_size && (a_size == 0 || memcmp(a, b, a_size) == 0);
}

static bool equal_mmio(const struct sl_mmio_event *a, const struct sl_mmio_event *b)
{
    return a->space == b->space && a->size == b->size && a->is_read == b->is_read &&
           a->has_value == b->has_value && a->offset == b->offset &&
           (!a->has_value || a->value == b->value);
}

static bool equal_vring(const struct sl_vring_event *a, const struct sl_vring_event *b)
{
    return a->queue == b->queue && a->size == b->size && a->desc_gpa == b->desc_gpa &&
           a->avail_gpa == b->avail_gpa && a->used_gpa == b->used_gpa && a->base == b->base;
}

static bool equal_expect(const struct sl_expect_event *a, const struct sl_expect_event *b)
{
    return a->kind == b->kind && a->queue == b->queue && a->head == b->head &&
           a->value == b->value && equal_bytes(a->bytes, a->size, b->bytes, b->size);
}

static bool equal_text(const struct sl_text_event *a, const struct sl_text_event *b)
{
    return equal_bytes(a->text, a->text_size, b->text, b->text_size) &&
           equal_bytes(a->bytes, a->size, b->bytes, b->size);
}

static bool equal_ram(const struct sl_ram_event *a, const struct sl_ram_event *b)
{
    bool equal = a->count == b->count;
    for (size_t i = 0; equal && i < a->count; i++) {
        equal = a->regions[i].gpa == b->regions[i].gpa && a->regions[i].size == b->regions[i].size;
    }
    return equal;
}

bool sl_event_equal(const struct sl_event *a, const struct sl_event *b)
{
    if (a->type != b->type) {
        return false;
    }
    switch (a->type) {
    case SL_EVENT_MEM:
        return a->u.mem.gpa == b->u.mem.gpa &&
               equal_bytes(a->u.mem.bytes, a->u.mem.size, b->u.mem.bytes, b->u.mem.size);
    case SL_EVENT_MMIO:
        return equal_mmio(&a->u.mmio, &b->u.mmio);
    case SL_EVENT_VRING:
        return equal_vring(&a->u.vring, &b->u.vring);
    case SL_EVENT_NOTIFY:
        return a->u.notify_queue == b->u.notify_queue;
    case SL_EVENT_VBLANK:
        return a->u.vblank.count == b->u.vblank.count && a->u.vblank.time_ns == b->u.vblank.time_ns;
    case SL_EVENT_EXPECT:
        return equal_expect(&a->u.expect, &b->u.expect);
    case SL_EVENT_FRAME:
    case SL_EVENT_NOTE:
    case SL_EVENT_ATTACH:
        return equal_text(&a->u.text, &b->u.text);
    case SL_EVENT_DISPLAY:
        return a->u.display.scanout == b->u.display.scanout &&
               a->u.display.width == b->u.display.width &&
               a->u.display.height == b->u.display.height;
    case SL_EVENT_RAM:
        return equal_ram(&a->u.ram, &b->u.ram);
    case SL_EVENT_FEATURES:
        return a->u.features == b->u.features;
    case SL_EVENT_RESET:
        break;
    }
    return true;
}

static void print_bytes(struct sl_buf *out, const uint8_t *bytes, size_t size)
{
    char hex[33];
    struct sl_hash128 hash = sl_hash128(bytes, size);
    sl_hash128_hex(&hash, hex);
    sl_buf_printf(out, " len=%zu xxh3=%s", size, hex);
}

static void print_text(struct sl_buf *out, const char *word, const struct sl_text_event *text)
{
    sl_buf_printf(out, "%s \"", word);
    for (size_t i = 0; i < text->text_size; i++) {
        unsigned char c = (unsigned char)text->text[i];
        sl_buf_u8(out, c < 0x20 || c == 0x7F ? '?' : c);
    }
    sl_buf_u8(out, '"');
}

static void print_mmio(struct sl_buf *out, const struct sl_mmio_event *mmio)
{
    sl_buf_printf(out, "%s %s+0x%" PRIx64 " u%u", mmio->is_read ? "read" : "write",
                  sl_space_name(mmio->space), mmio->offset, mmio->size * 8u);
    if (mmio->has_value) {
        sl_buf_printf(out, " 0x%" PRIx64, mmio->value);
    }
}

static void print_vring(struct sl_buf *out, const struct sl_vring_event *vring)
{
    sl_buf_printf(out,
                  "vring queue=%" PRIu32 " size=%" PRIu32 " desc=0x%" PRIx64 " avail=0x%" PRIx64
                  " used=0x%" PRIx64 " base=%u",
                  vring->queue, vring->size, vring->desc_gpa, vring->avail_gpa, vring->used_gpa,
                  (unsigned)vring->base);
}

static void print_expect(struct sl_buf *out, const struct sl_expect_event *expect)
{
    sl_buf_printf(out, "expect %s ", sl_observation_kind_name(expect->kind));
    sl_observation_print_fields(out, expect->kind, expect->queue, expect->head, expect->value,
                                expect->size);
    if (expect->kind == SL_OBS_RESPONSE || expect->kind == SL_OBS_FRAME) {
        print_bytes(out, expect->bytes, expect->size);
    }
}

static void print_ram(struct sl_buf *out, const struct sl_ram_event *ram)
{
    sl_buf_text(out, "ram");
    for (size_t i = 0; i < ram->count; i++) {
        sl_buf_printf(out, " 0x%" PRIx64 "+0x%" PRIx64, ram->regions[i].gpa, ram->regions[i].size);
    }
}

void sl_event_print(const struct sl_event *event, struct sl_buf *out)
{
    switch (event->type) {
    case SL_EVENT_MEM:
        sl_buf_printf(out, "mem gpa=0x%" PRIx64, event->u.mem.gpa);
        print_bytes(out, event->u.mem.bytes, event->u.mem.size);
        return;
    case SL_EVENT_MMIO:
        print_mmio(out, &event->u.mmio);
        return;
    case SL_EVENT_VRING:
        print_vring(out, &event->u.vring);
        return;
    case SL_EVENT_NOTIFY:
        sl_buf_printf(out, "notify queue=%" PRIu32, event->u.notify_queue);
        return;
    case SL_EVENT_VBLANK:
        sl_buf_printf(out, "vblank count=%" PRIu32 " time_ns=%" PRIu64, event->u.vblank.count,
                      event->u.vblank.time_ns);
        return;
    case SL_EVENT_FRAME:
        print_text(out, "frame", &event->u.text);
        return;
    case SL_EVENT_EXPECT:
        print_expect(out, &event->u.expect);
        return;
    case SL_EVENT_NOTE:
        print_text(out, "note", &event->u.text);
        return;
    case SL_EVENT_DISPLAY:
        sl_buf_printf(out, "display scanout=%" PRIu32 " %" PRIu32 "x%" PRIu32,
                      event->u.display.scanout, event->u.display.width, event->u.display.height);
        return;
    case SL_EVENT_RESET:
        sl_buf_text(out, "reset");
        return;
    case SL_EVENT_ATTACH:
        print_text(out, "attach", &event->u.text);
        print_bytes(out, event->u.text.bytes, event->u.text.size);
        return;
    case SL_EVENT_RAM:
        print_ram(out, &event->u.ram);
        return;
    case SL_EVENT_FEATURES:
        sl_buf_printf(out, "features 0x%" PRIx64, event->u.features);
        return;
    }
    sl_buf_text(out, "(end)");
}
