#include "device/aerogpu/inspection.h"

#include "abi_aerogpu.h"
#include "base/bytes.h"
#include "device/aerogpu/exec.h"
#include "device/aerogpu/pixel_row.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void sl_agpu_inspection_finish(struct sl_agpu_exec *exec)
{
    sl_buf_finish(&exec->inspection.text);
}

void sl_agpu_inspect_created(struct sl_agpu_exec *exec, struct sl_agpu_storage *storage)
{
    const struct sl_inspector *inspector = exec->config.inspector;
    storage->serial = ++exec->inspection.storages;
    if (inspector && inspector->watched.surface == storage->serial) {
        exec->inspection.watched = storage;
    }
}

void sl_agpu_inspect_destroyed(struct sl_agpu_exec *exec, const struct sl_agpu_storage *storage)
{
    if (exec->inspection.watched == storage) {
        exec->inspection.watched = NULL;
    }
}

/* Where the watched texel is in its storage, which has it. */
struct place {
    const struct sl_abi_format *format;
    const uint8_t *bytes;
    uint64_t linear;
};

/* False if there is no such texel, or none that is a few bytes of its own. */
static bool locate(const struct sl_agpu_exec *exec, struct place *place)
{
    const struct sl_agpu_storage *storage = exec->inspection.watched;
    if (!storage || !storage->is_texture) {
        return false;
    }
    const struct sl_texel *texel = &exec->config.inspector->watched;
    const struct sl_agpu_texture_layout *layout = &storage->layout;
    if (layout->format->kind == SL_ABI_FORMAT_BLOCK || texel->mip >= layout->mip_levels ||
        texel->layer >= layout->array_layers) {
        return false;
    }
    const struct sl_agpu_mip *mip = &layout->mips[texel->mip];
    if (texel->x >= mip->width || texel->y >= mip->height) {
        return false;
    }
    uint64_t in_row = (uint64_t)texel->x * layout->format->bytes_per_block;
    *place = (struct place){
        .format = layout->format,
        .bytes = storage->bytes + sl_agpu_texture_stored(layout, texel->mip, texel->layer) +
                 (uint64_t)texel->y * mip->row_bytes + in_row,
        .linear = sl_agpu_texture_offset(layout, texel->mip, texel->layer) +
                  (uint64_t)texel->y * mip->pitch + in_row,
    };
    return true;
}

static uint64_t value_at(const struct place *place)
{
    return sl_get_le(place->bytes, place->format->bytes_per_block);
}

bool sl_agpu_inspect_begin(struct sl_agpu_run *run, const struct sl_agpu_packet *packet)
{
    struct sl_agpu_inspection *it = &run->exec->inspection;
    const struct sl_inspector *inspector = run->exec->config.inspector;
    uint64_t index = it->commands++;
    if (!inspector) {
        return true;
    }
    sl_buf_clear(&it->text);
    if (packet->opcode) {
        sl_abi_print_struct(&it->text, packet->opcode->layout, packet->bytes, packet->size);
    } else {
        sl_buf_printf(&it->text, "opcode=0x%" PRIx32, sl_get_le32(packet->bytes));
    }
    const char *text = sl_buf_cstr(&it->text);
    const struct sl_command command = {
        .index = index,
        .submission = it->submissions - 1,
        .packet = run->outcome->packet_index,
        .name = packet->opcode ? packet->opcode->word : "?",
        .text = text ? text : "",
        .opcode = sl_get_le32(packet->bytes),
        .bytes = packet->bytes,
        .size = packet->size,
        .gpa = packet->gpa,
        .has_gpa = true,
    };
    struct place place;
    it->covered = false;
    it->before = locate(run->exec, &place) ? value_at(&place) : 0;
    return inspector->command(inspector->data, &command);
}

static void texel_rgba(const struct sl_abi_format *format, uint64_t value, uint8_t rgba[4])
{
    uint8_t bytes[8];
    memset(rgba, 0, 4);
    if (format->kind == SL_ABI_FORMAT_COLOR) {
        sl_put_le(bytes, format->bytes_per_block, value);
        sl_agpu_row_to_rgba8(format, bytes, rgba, 1);
    }
}

static void tell(struct sl_agpu_run *run, const struct place *place, struct sl_texel_write *write)
{
    const struct sl_inspector *inspector = run->exec->config.inspector;
    write->texel_bytes = place->format->bytes_per_block;
    write->format = sl_abi_value_name(SL_ENUM_AEROGPU_FORMAT, place->format->value);
    texel_rgba(place->format, write->before, write->rgba_before);
    texel_rgba(place->format, write->after, write->rgba_after);
    if (inspector->texel) {
        inspector->texel(inspector->data, write);
    }
}

static void report(struct sl_agpu_run *run, const char *how, const struct sl_texel *source,
                   uint32_t source_handle)
{
    struct sl_agpu_inspection *it = &run->exec->inspection;
    struct place place;
    if (!locate(run->exec, &place)) {
        return;
    }
    uint64_t value = value_at(&place);
    if (it->covered || value != it->before) {
        struct sl_texel_write write = {
            .fate = SL_TEXEL_WRITTEN, .before = it->before, .after = value, .how = how};
        if (source) {
            write.source = *source;
            write.source_handle = source_handle;
        }
        tell(run, &place, &write);
    }
    it->before = value;
    it->covered = false;
}

void sl_agpu_inspect_tell(struct sl_agpu_run *run, struct sl_texel_write *write)
{
    struct sl_agpu_inspection *it = &run->exec->inspection;
    struct place place;
    if (locate(run->exec, &place)) {
        it->before = write->after;
        tell(run, &place, write);
    }
}

void sl_agpu_inspect_report(struct sl_agpu_run *run, const char *how)
{
    report(run, how, NULL, 0);
}

void sl_agpu_inspect_end(struct sl_agpu_run *run)
{
    const struct sl_inspector *inspector = run->exec->config.inspector;
    report(run, "", NULL, 0);
    if (inspector && inspector->executed) {
        inspector->executed(inspector->data);
    }
}

bool sl_agpu_inspect_rect(struct sl_agpu_run *run, const struct sl_agpu_storage *storage,
                          uint32_t mip, uint32_t layer, struct sl_agpu_rect rect)
{
    struct sl_agpu_inspection *it = &run->exec->inspection;
    if (!it->watched || it->watched != storage) {
        return false;
    }
    const struct sl_texel *texel = &run->exec->config.inspector->watched;
    bool covers = texel->mip == mip && texel->layer == layer && texel->x >= rect.left &&
                  texel->x < rect.right && texel->y >= rect.top && texel->y < rect.bottom;
    it->covered |= covers;
    return covers;
}

void sl_agpu_inspect_linear(struct sl_agpu_run *run, const struct sl_agpu_storage *storage,
                            uint64_t offset, uint64_t size)
{
    struct sl_agpu_inspection *it = &run->exec->inspection;
    struct place place;
    if (it->watched == storage && locate(run->exec, &place)) {
        it->covered |=
            offset < place.linear + place.format->bytes_per_block && place.linear < offset + size;
    }
}

void sl_agpu_inspect_copy(struct sl_agpu_run *run, const struct sl_agpu_storage *from,
                          const struct sl_texel *corner, const struct sl_agpu_rect *to)
{
    const struct sl_texel *texel = &run->exec->config.inspector->watched;
    struct sl_texel source = {
        .surface = from->serial,
        .mip = corner->mip,
        .layer = corner->layer,
        .x = corner->x + (texel->x - to->left),
        .y = corner->y + (texel->y - to->top),
    };
    char how[96];
    snprintf(how, sizeof(how),
             "from texture %" PRIu32 " mip %" PRIu32 " layer %" PRIu32 " (%" PRIu32 ", %" PRIu32
             ")",
             from->original, source.mip, source.layer, source.x, source.y);
    report(run, how, &source, from->original);
}
