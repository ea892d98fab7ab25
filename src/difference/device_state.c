#include "difference/device_state.h"

#include "base/hash.h"
#include "base/status.h"
#include "replay/transcript_line.h"

#include <inttypes.h>
#include <string.h>

/* Bound state as lines of one text. */
static void append_line(void *data, const char *text)
{
    struct sl_buf *out = data;
    sl_buf_text(out, text);
    sl_buf_u8(out, '\n');
}

enum sl_status sl_state_describe(struct sl_target *target, struct sl_buf *out, struct sl_error *err)
{
    enum sl_status status =
        target->impl->describe ? target->impl->describe(target, append_line, out, err) : SL_OK;
    return status == SL_OK && out->failed ? sl_fail_memory(err, 0) : status;
}

enum sl_status sl_state_list_targets(struct sl_target *target, uint64_t *left, struct sl_buf *out,
                                     struct sl_error *err)
{
    const struct sl_target_impl *impl = target->impl;
    for (uint32_t i = 0; impl->target_picture && *left; i++) {
        const char *name;
        char hex[33];
        struct sl_image image;
        enum sl_status status = impl->target_picture(target, i, &name, &image, err);
        if (status != SL_OK || !name) {
            return status;
        }
        uint64_t size = sl_image_size_bytes(&image);
        struct sl_hash128 hash = sl_hash128(image.pixels, (size_t)size);
        sl_hash128_hex(&hash, hex);
        if (size) {
            sl_buf_printf(out, "%s %" PRIu32 "x%" PRIu32 " xxh3=%s\n", name, image.width,
                          image.height, hex);
        }
        *left -= size < *left ? size : *left;
        sl_image_finish(&image);
    }
    return out->failed ? sl_fail_memory(err, 0) : SL_OK;
}

void sl_state_append_answer(struct sl_buf *out, const char *text)
{
    struct sl_transcript_line line;
    if (!sl_transcript_parse_line(text, strlen(text), &line)) {
        return;
    }
    if (line.kind == SL_TRANSCRIPT_RESPONSE && line.reason.size) {
        sl_buf_text(out, "dropped: ");
    } else if (line.kind == SL_TRANSCRIPT_RESPONSE) {
        sl_buf_append(out, line.answer.at, line.answer.size);
        sl_buf_printf(out, " len=%" PRIu64, line.length);
    } else if (line.kind == SL_TRANSCRIPT_ERROR) {
        sl_buf_append(out, line.code.at, line.code.size);
        sl_buf_text(out, line.code.size ? " class=" : "");
        sl_buf_append(out, line.class_.at, line.class_.size);
        sl_buf_text(out, line.code.size ? ": " : "");
    } else {
        return;
    }
    sl_buf_append(out, line.reason.at, line.reason.size);
    sl_buf_u8(out, '\n');
}
