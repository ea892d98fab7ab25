#include "replay/transcript.h"

#include <inttypes.h>

static const char *const space_names[SL_SPACE_COUNT] = {
    [SL_SPACE_BAR0] = "bar0", [SL_SPACE_BAR1] = "bar1",     [SL_SPACE_BAR2] = "bar2",
    [SL_SPACE_BAR3] = "bar3", [SL_SPACE_BAR4] = "bar4",     [SL_SPACE_BAR5] = "bar5",
    [SL_SPACE_VGA] = "vga",   [SL_SPACE_CONFIG] = "config", [SL_SPACE_VBE] = "vbe",
};

const char *sl_space_name(enum sl_space space)
{
    return (unsigned)space < SL_SPACE_COUNT ? space_names[space] : "?";
}

const char *sl_observation_kind_name(enum sl_observation_kind kind)
{
    switch (kind) {
    case SL_OBS_RESPONSE:
        return "response";
    case SL_OBS_USED:
        return "used";
    case SL_OBS_IRQ:
        return "irq";
    case SL_OBS_FENCE:
        return "fence";
    case SL_OBS_ERROR:
        return "error";
    case SL_OBS_FRAME:
        return "frame";
    }
    return "?";
}

/* What a device says about a guest's bytes stays one printable line. */
static void append_clean(struct sl_buf *out, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        sl_buf_u8(out, c < 0x20 || c == 0x7F ? '?' : c);
    }
}

void sl_transcript_header(struct sl_buf *out, const char *device)
{
    sl_buf_text(out, "scanlock-transcript 1 device=");
    append_clean(out, device);
}

void sl_transcript_read(struct sl_buf *out, uint64_t event, const struct sl_mmio_event *access,
                        const char *register_name, uint64_t value)
{
    sl_buf_printf(out, "%" PRIu64 " read %s+0x%" PRIx64 " u%u ", event,
                  sl_space_name(access->space), access->offset, access->size * 8u);
    if (register_name) {
        sl_buf_printf(out, "%s=", register_name);
    }
    sl_buf_printf(out, "0x%" PRIx64, value);
}

static void print_frame(struct sl_buf *out, uint32_t scanout, uint64_t size)
{
    sl_buf_printf(out, "scanout=%" PRIu32, scanout);
    if (size == 0) {
        sl_buf_text(out, " none");
    } else {
        sl_buf_printf(out, " %" PRIu64 "x%" PRIu64, size >> 32, size & UINT32_MAX);
    }
}

void sl_observation_print_fields(struct sl_buf *out, enum sl_observation_kind kind, uint32_t queue,
                                 uint32_t head, uint64_t value, size_t size)
{
    switch (kind) {
    case SL_OBS_RESPONSE:
        sl_buf_printf(out, "queue=%" PRIu32 " head=%" PRIu32 " len=%zu", queue, head, size);
        break;
    case SL_OBS_USED:
        sl_buf_printf(out, "queue=%" PRIu32 " head=%" PRIu32 " len=%" PRIu64, queue, head, value);
        break;
    case SL_OBS_IRQ:
        if (queue == SL_IRQ_INTX) {
            sl_buf_printf(out, "intx=%" PRIu64, value);
        } else {
            sl_buf_printf(out, "vector=%" PRIu32, queue);
        }
        break;
    case SL_OBS_FENCE:
        sl_buf_printf(out, "value=%" PRIu64, value);
        break;
    case SL_OBS_ERROR:
        sl_buf_printf(out, "code=%" PRIu64, value);
        break;
    case SL_OBS_FRAME:
        print_frame(out, queue, value);
        break;
    }
}

void sl_transcript_observation(struct sl_buf *out, uint64_t event, const struct sl_observation *o)
{
    sl_buf_printf(out, "%" PRIu64 " %s ", event, sl_observation_kind_name(o->kind));
    sl_observation_print_fields(out, o->kind, o->queue, o->head, o->value, o->size);
    if (o->text && o->text[0]) {
        sl_buf_u8(out, ' ');
        append_clean(out, o->text);
    }
}

void sl_transcript_write(struct sl_buf *out, uint64_t event, uint64_t gpa, uint64_t size,
                         const struct sl_hash128 *hash)
{
    char hex[33];
    sl_hash128_hex(hash, hex);
    sl_buf_printf(out, "%" PRIu64 " write gpa=0x%" PRIx64 " len=%" PRIu64 " xxh3=%s", event, gpa,
                  size, hex);
}

void sl_transcript_frame(struct sl_buf *out, uint64_t event, const char *name, uint32_t width,
                         uint32_t height)
{
    if (width == 0 || height == 0) {
        sl_buf_printf(out, "%" PRIu64 " frame %s none", event, name);
    } else {
        sl_buf_printf(out, "%" PRIu64 " frame %s %" PRIu32 "x%" PRIu32, event, name, width, height);
    }
}
