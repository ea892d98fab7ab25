/* Input layouts: the blob is checked when it is created and kept as it came. */
#include "device/aerogpu/exec.h"

#include "abi_aerogpu.h"
#include "base/bytes.h"
#include "device/aerogpu/wire.h"

#include <string.h>

enum {
    D3D9_ELEMENT = 8,
    D3D9_STREAMS = 16,
    D3D9_TYPE_UNUSED = 17, /* the highest D3DDECLTYPE; also the end marker's */
    D3D9_END_STREAM = 0xFF,
};

/* Bytes of a DXGI vertex format, 0 if it is none. */
static uint32_t dxgi_size(uint32_t format)
{
    static const struct {
        uint8_t first, last, size;
    } ranges[] = {
        {2, 4, 16},  {6, 8, 12},  {10, 14, 8}, {16, 18, 8}, {24, 25, 4},
        {28, 32, 4}, {34, 38, 4}, {41, 43, 4}, {49, 52, 2}, {54, 54, 2},
        {56, 59, 2}, {61, 64, 1}, {87, 88, 4}, {91, 91, 4}, {93, 93, 4},
    };
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        if (format >= ranges[i].first && format <= ranges[i].last) {
            return ranges[i].size;
        }
    }
    return 0;
}

#define ELEMENT(bytes, field) SL_WIRE_GET32(bytes, aerogpu_input_layout_element_dxgi, field)

static const char *check_element(const uint8_t *element)
{
    uint32_t size = dxgi_size(ELEMENT(element, dxgi_format));
    uint32_t offset = ELEMENT(element, aligned_byte_offset);
    if (ELEMENT(element, input_slot) >= AEROGPU_LIMIT_VERTEX_BUFFER_SLOTS) {
        return "an input slot past the last";
    }
    if (ELEMENT(element, input_slot_class) > 1) {
        return "an unknown slot class";
    }
    if (size == 0) {
        return "an unknown vertex format";
    }
    if (offset != UINT32_MAX && offset % (size < 4 ? size : 4)) {
        return "a misaligned element";
    }
    return NULL;
}

static const char *check_ilay(const uint8_t *bytes, size_t size, uint32_t *slot_mask)
{
    size_t header = sizeof(struct aerogpu_input_layout_blob_header);
    size_t stride = sizeof(struct aerogpu_input_layout_element_dxgi);
    if (size < header || SL_WIRE_GET32(bytes, aerogpu_input_layout_blob_header, version) !=
                             AEROGPU_INPUT_LAYOUT_BLOB_VERSION) {
        return "an ILAY blob of another version";
    }
    uint32_t count = SL_WIRE_GET32(bytes, aerogpu_input_layout_blob_header, element_count);
    if (count > AEROGPU_LIMIT_INPUT_LAYOUT_ELEMENTS || size < header + count * stride) {
        return "more elements than there may be or than there are";
    }
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *element = bytes + header + i * stride;
        const char *why = check_element(element);
        if (why) {
            return why;
        }
        *slot_mask |= UINT32_C(1) << ELEMENT(element, input_slot);
    }
    return NULL;
}

static const char *check_d3d9(const uint8_t *bytes, size_t size, uint32_t *slot_mask)
{
    for (size_t at = 0; size - at >= D3D9_ELEMENT; at += D3D9_ELEMENT) {
        size_t count = at / D3D9_ELEMENT;
        uint16_t stream = sl_get_le16(bytes + at);
        uint8_t type = bytes[at + 4];
        if (stream == D3D9_END_STREAM) {
            return NULL;
        }
        if (stream >= D3D9_STREAMS || type > D3D9_TYPE_UNUSED) {
            return "a vertex declaration with an unknown stream or type";
        }
        if (count == AEROGPU_LIMIT_INPUT_LAYOUT_ELEMENTS) {
            return "a vertex declaration of more elements than there may be";
        }
        if (type != D3D9_TYPE_UNUSED) {
            *slot_mask |= UINT32_C(1) << stream;
        }
    }
    return "a vertex declaration without its end";
}

bool sl_agpu_layout_check(const uint8_t *bytes, size_t size, struct sl_agpu_layout *layout,
                          const char **why)
{
    layout->is_ilay = size >= 4 && sl_get_le32(bytes) == AEROGPU_INPUT_LAYOUT_BLOB_MAGIC;
    *why = layout->is_ilay ? check_ilay(bytes, size, &layout->slot_mask)
                           : check_d3d9(bytes, size, &layout->slot_mask);
    return *why == NULL;
}

enum sl_agpu_class sl_agpu_cmd_create_input_layout(struct sl_agpu_run *run,
                                                   const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_create_input_layout cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    enum sl_agpu_class class_ = sl_agpu_check_free_handle(run, cmd.input_layout_handle);
    if (class_ != SL_AGPU_OK) {
        return class_;
    }
    const char *why;
    struct sl_agpu_layout layout = {.size = cmd.blob_size_bytes};
    const uint8_t *blob = packet->bytes + sizeof(cmd);
    if (!sl_agpu_layout_check(blob, layout.size, &layout, &why)) {
        return sl_agpu_fail(run, SL_AGPU_BAD_VALUE, "%s", why);
    }
    layout.bytes = sl_agpu_alloc(run->exec, layout.size);
    struct sl_agpu_object *object =
        layout.bytes ? sl_agpu_add(run->exec, cmd.input_layout_handle, SL_AGPU_LAYOUT) : NULL;
    if (!object) {
        sl_agpu_free(run->exec, layout.bytes, layout.size);
        return sl_agpu_fail_host_memory(run, layout.size);
    }
    memcpy(layout.bytes, blob, layout.size);
    object->u.layout = layout;
    sl_agpu_context_decide(run->context,
                           layout.is_ilay ? SL_AGPU_FLAVOUR_D3D11 : SL_AGPU_FLAVOUR_D3D9);
    return SL_AGPU_OK;
}

enum sl_agpu_class sl_agpu_cmd_destroy_input_layout(struct sl_agpu_run *run,
                                                    const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_destroy_input_layout cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    return sl_agpu_destroy(run, cmd.input_layout_handle, SL_AGPU_LAYOUT, "input layout");
}

enum sl_agpu_class sl_agpu_cmd_set_input_layout(struct sl_agpu_run *run,
                                                const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_set_input_layout cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    enum sl_agpu_class class_ = sl_agpu_check_bindable(run, cmd.input_layout_handle);
    if (class_ == SL_AGPU_OK) {
        run->context->input_layout = cmd.input_layout_handle;
    }
    return class_;
}
