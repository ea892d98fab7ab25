/* One call per type of event, for callers that do not build struct sl_event. */
#include "base/hash.h"
#include "capture/recorder_impl.h"

#include <scanlock/image.h>
#include <string.h>

static enum sl_status put(struct sl_recorder *rec, const struct sl_event *event)
{
    return sl_recorder_put(rec, event, NULL);
}

enum sl_status sl_recorder_memory(struct sl_recorder *rec, uint64_t gpa, const void *bytes,
                                  size_t size)
{
    return put(rec, &(struct sl_event){
                        .type = SL_EVENT_MEM,
                        .u.mem = {.gpa = gpa, .bytes = bytes, .size = size},
                    });
}

/* A size that no access has stays one: the check refuses it. */
static enum sl_status put_mmio(struct sl_recorder *rec, uint32_t space, uint32_t size,
                               const struct sl_mmio_event *rest)
{
    struct sl_event event = {.type = SL_EVENT_MMIO, .u.mmio = *rest};
    event.u.mmio.space = (enum sl_space)space;
    event.u.mmio.size = size <= UINT8_MAX ? (uint8_t)size : 0;
    return put(rec, &event);
}

enum sl_status sl_recorder_mmio_write(struct sl_recorder *rec, uint32_t space, uint64_t offset,
                                      uint32_t size, uint64_t value)
{
    return put_mmio(rec, space, size,
                    &(struct sl_mmio_event){.has_value = true, .offset = offset, .value = value});
}

enum sl_status sl_recorder_mmio_read(struct sl_recorder *rec, uint32_t space, uint64_t offset,
                                     uint32_t size)
{
    return put_mmio(rec, space, size, &(struct sl_mmio_event){.is_read = true, .offset = offset});
}

enum sl_status sl_recorder_mmio_read_value(struct sl_recorder *rec, uint32_t space, uint64_t offset,
                                           uint32_t size, uint64_t value)
{
    return put_mmio(rec, space, size,
                    &(struct sl_mmio_event){
                        .is_read = true, .has_value = true, .offset = offset, .value = value});
}

enum sl_status sl_recorder_notify(struct sl_recorder *rec, uint32_t queue)
{
    return put(rec, &(struct sl_event){.type = SL_EVENT_NOTIFY, .u.notify_queue = queue});
}

enum sl_status sl_recorder_vring(struct sl_recorder *rec, uint32_t queue, uint32_t size,
                                 uint64_t desc_gpa, uint64_t avail_gpa, uint64_t used_gpa,
                                 uint16_t base)
{
    return put(rec, &(struct sl_event){
                        .type = SL_EVENT_VRING,
                        .u.vring = {.queue = queue,
                                    .size = size,
                                    .desc_gpa = desc_gpa,
                                    .avail_gpa = avail_gpa,
                                    .used_gpa = used_gpa,
                                    .base = base},
                    });
}

enum sl_status sl_recorder_ram(struct sl_recorder *rec, const struct sl_ram_region *regions,
                               size_t count)
{
    return put(rec, &(struct sl_event){
                        .type = SL_EVENT_RAM,
                        .u.ram = {.regions = count ? regions : NULL, .count = count},
                    });
}

enum sl_status sl_recorder_features(struct sl_recorder *rec, uint64_t features)
{
    return put(rec, &(struct sl_event){.type = SL_EVENT_FEATURES, .u.features = features});
}

enum sl_status sl_recorder_vblank(struct sl_recorder *rec, uint32_t count, uint64_t time_ns)
{
    return put(rec, &(struct sl_event){
                        .type = SL_EVENT_VBLANK,
                        .u.vblank = {.count = count, .time_ns = time_ns},
                    });
}

enum sl_status sl_recorder_display(struct sl_recorder *rec, uint32_t scanout, uint32_t width,
                                   uint32_t height)
{
    return put(rec, &(struct sl_event){
                        .type = SL_EVENT_DISPLAY,
                        .u.display = {.scanout = scanout, .width = width, .height = height},
                    });
}

enum sl_status sl_recorder_reset(struct sl_recorder *rec)
{
    return put(rec, &(struct sl_event){.type = SL_EVENT_RESET});
}

/* NULL counts as empty text. */
static enum sl_status put_text(struct sl_recorder *rec, enum sl_event_type type, const char *text,
                               const void *bytes, size_t size)
{
    const char *words = text ? text : "";
    return put(rec, &(struct sl_event){
                        .type = type,
                        .u.text = {.text = words,
                                   .text_size = strlen(words),
                                   .bytes = size ? bytes : NULL,
                                   .size = size},
                    });
}

enum sl_status sl_recorder_frame(struct sl_recorder *rec, const char *name)
{
    return put_text(rec, SL_EVENT_FRAME, name, NULL, 0);
}

enum sl_status sl_recorder_note(struct sl_recorder *rec, const char *text)
{
    return put_text(rec, SL_EVENT_NOTE, text, NULL, 0);
}

enum sl_status sl_recorder_attach(struct sl_recorder *rec, const char *name, const void *bytes,
                                  size_t size)
{
    return put_text(rec, SL_EVENT_ATTACH, name, bytes, size);
}

static enum sl_status put_expect(struct sl_recorder *rec, const struct sl_expect_event *expect)
{
    return put(rec, &(struct sl_event){.type = SL_EVENT_EXPECT, .u.expect = *expect});
}

enum sl_status sl_recorder_expect_response(struct sl_recorder *rec, uint32_t queue, uint32_t head,
                                           const void *bytes, size_t size)
{
    return put_expect(rec, &(struct sl_expect_event){.kind = SL_OBS_RESPONSE,
                                                     .queue = queue,
                                                     .head = head,
                                                     .bytes = size ? bytes : NULL,
                                                     .size = size});
}

enum sl_status sl_recorder_expect_used(struct sl_recorder *rec, uint32_t queue, uint32_t head,
                                       uint32_t length)
{
    return put_expect(rec, &(struct sl_expect_event){
                               .kind = SL_OBS_USED, .queue = queue, .head = head, .value = length});
}

enum sl_status sl_recorder_expect_irq(struct sl_recorder *rec, uint32_t vector, uint32_t level)
{
    return put_expect(
        rec, &(struct sl_expect_event){.kind = SL_OBS_IRQ, .queue = vector, .value = level});
}

enum sl_status sl_recorder_expect_fence(struct sl_recorder *rec, uint64_t value)
{
    return put_expect(rec, &(struct sl_expect_event){.kind = SL_OBS_FENCE, .value = value});
}

enum sl_status sl_recorder_expect_error(struct sl_recorder *rec, uint64_t code)
{
    return put_expect(rec, &(struct sl_expect_event){.kind = SL_OBS_ERROR, .value = code});
}

enum sl_status sl_recorder_expect_frame(struct sl_recorder *rec, uint32_t scanout, uint32_t width,
                                        uint32_t height, const void *pixels)
{
    struct sl_expect_event expect = {.kind = SL_OBS_FRAME, .queue = scanout};
    struct sl_hash128 hash;
    bool can_be = pixels && width <= SL_IMAGE_DIM_MAX && height <= SL_IMAGE_DIM_MAX;
    expect.value = (uint64_t)width << 32 | height;
    if (can_be && width != 0 && height != 0) {
        hash = sl_hash128(pixels, (size_t)width * height * 4);
        expect.bytes = hash.bytes;
        expect.size = sizeof(hash.bytes);
    }
    /* A picture that cannot be has no hash, and without one the check refuses it. */
    return put_expect(rec, &expect);
}
