/* What an inspector sees: requests before they execute, and what is bound where. */
#include "base/status.h"
#include "device/virtio_gpu/vgpu.h"

#include <inttypes.h>

bool sl_vgpu_inspect_begin(struct sl_vgpu *dev, const struct sl_vgpu_request *request)
{
    uint64_t index = dev->command_count++;
    if (!dev->inspector) {
        return true;
    }
    const struct sl_abi_opcode *opcode =
        sl_abi_find_opcode(&sl_abi_virtio_gpu, request->header.type);
    sl_buf_clear(&dev->text);
    if (opcode) {
        sl_abi_print_struct(&dev->text, opcode->layout, request->bytes, request->size);
    } else {
        sl_buf_printf(&dev->text, "type=0x%" PRIx32, request->header.type);
    }
    const char *text = sl_buf_cstr(&dev->text);
    const struct sl_command command = {
        .index = index,
        .submission = index,
        .name = opcode ? opcode->word : "?",
        .text = text ? text : "",
        .queue = request->queue,
        .opcode = request->header.type,
        .bytes = request->bytes,
        .size = request->size,
        .gpa = request->gpa,
        .has_gpa = request->has_gpa,
    };
    dev->stopped = !dev->inspector->command(dev->inspector->data, &command);
    return !dev->stopped;
}

void sl_vgpu_inspect_end(struct sl_vgpu *dev)
{
    if (dev->inspector && dev->inspector->executed) {
        dev->inspector->executed(dev->inspector->data);
    }
}

static const char *format_word(const struct sl_abi_format *format)
{
    const char *name = format ? sl_abi_value_name(SL_ENUM_VIRTIO_GPU_FORMATS, format->value) : NULL;
    return name ? name : "?";
}

static void print_resource(struct sl_buf *out, const struct sl_vgpu_resource *resource)
{
    if (resource->blob) {
        sl_buf_printf(out, " (blob of %" PRIu64 " bytes", resource->blob_size);
    } else {
        sl_buf_printf(out, " (%" PRIu32 "x%" PRIu32 " %s", resource->width, resource->height,
                      format_word(resource->format));
    }
    sl_buf_printf(out, ", backing of %" PRIu64 " bytes)", resource->backing.size);
}

static void print_scanout(struct sl_buf *out, const struct sl_vgpu *dev, uint32_t index)
{
    const struct sl_vgpu_view *view = &dev->scanouts[index].view;
    const struct sl_vgpu_cursor *cursor = &dev->cursors[index];
    const struct sl_vgpu_resource *resource = sl_vgpu_resource_find(dev, view->resource_id);
    sl_buf_printf(out, "scanout %" PRIu32, index);
    if (view->resource_id == 0) {
        sl_buf_text(out, " off");
    } else {
        sl_buf_printf(out, " resource_id=%" PRIu32, view->resource_id);
    }
    if (resource) {
        print_resource(out, resource);
        sl_buf_printf(out, " x=%" PRIu32 " y=%" PRIu32 " width=%" PRIu32 " height=%" PRIu32,
                      view->rect.x, view->rect.y, view->rect.width, view->rect.height);
    }
    if (view->blob) {
        sl_buf_printf(out, " format=%s stride_bytes=%" PRIu32, format_word(view->format),
                      view->stride_bytes);
    }
    if (cursor->visible) {
        sl_buf_printf(out, " cursor_x=%" PRId32 " cursor_y=%" PRId32, cursor->x, cursor->y);
    }
}

enum sl_status sl_vgpu_describe(struct sl_vgpu *dev, void (*line)(void *data, const char *text),
                                void *data, struct sl_error *err)
{
    struct sl_buf text = {0};
    const char *shown = "";
    for (uint32_t i = 0; i < dev->options.scanouts && shown; i++) {
        sl_buf_clear(&text);
        print_scanout(&text, dev, i);
        shown = sl_buf_cstr(&text);
        if (shown) {
            line(data, shown);
        }
    }
    sl_buf_finish(&text);
    return shown ? SL_OK : sl_fail_memory(err, 0);
}

static const char *const picture_names[SL_VGPU_SCANOUTS_MAX] = {
    "scanout0",  "scanout1",  "scanout2",  "scanout3",  "scanout4",  "scanout5",
    "scanout6",  "scanout7",  "scanout8",  "scanout9",  "scanout10", "scanout11",
    "scanout12", "scanout13", "scanout14", "scanout15",
};

enum sl_status sl_vgpu_picture(struct sl_vgpu *dev, uint32_t index, const char **name,
                               struct sl_image *image, struct sl_error *err)
{
    *image = (struct sl_image){0};
    *name = index < dev->options.scanouts ? picture_names[index] : NULL;
    if (!*name) {
        return SL_OK;
    }
    const struct sl_vgpu_view *view = &dev->scanouts[index].view;
    if (view->rect.width == 0 || view->rect.height == 0) {
        return SL_OK;
    }
    enum sl_status status = sl_image_init(image, view->rect.width, view->rect.height, err);
    for (uint32_t y = 0; status == SL_OK && y < image->height; y++) {
        sl_vgpu_view_row(dev, view, 0, y, image->width,
                         image->pixels + (size_t)y * image->width * SL_VGPU_PIXEL);
    }
    return status;
}
