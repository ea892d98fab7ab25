#include "device/aerogpu/vertex_layout.h"

#include "base/bytes.h"
#include "device/aerogpu/wire.h"

enum {
    D3D9_ELEMENT = 8,
    D3D9_STREAMS = 16,
    D3D9_TYPE_UNUSED = 17, /* the highest D3DDECLTYPE; also the end marker's */
    D3D9_END_STREAM = 0xFF,
};

/* FNV-1a of the name of each D3DDECLUSAGE, by which the two kinds of layout know each other's. */
static const uint32_t usage_hashes[] = {
    0x7808E88A, /* POSITION */
    0xD99AFBF8, /* BLENDWEIGHT */
    0x124DBC05, /* BLENDINDICES */
    0x3C329992, /* NORMAL */
    0xEC468126, /* PSIZE */
    0x0BC45413, /* TEXCOORD */
    0x999442E2, /* TANGENT */
    0x856485E7, /* BINORMAL */
    0x3846D563, /* TESSFACTOR */
    0xD406957A, /* POSITIONT */
    0xE7C308F8, /* COLOR */
    0xE4CD895F, /* FOG */
    0xCE61558A, /* DEPTH */
    0x348EEE67, /* SAMPLE */
};

enum { USAGES = sizeof(usage_hashes) / sizeof(usage_hashes[0]) };

static uint8_t usage_of_hash(uint32_t hash)
{
    for (uint8_t i = 0; i < USAGES; i++) {
        if (usage_hashes[i] == hash) {
            return i;
        }
    }
    return SL_AGPU_USAGE_NONE;
}

#define ELEMENT(bytes, field) SL_WIRE_GET32(bytes, aerogpu_input_layout_element_dxgi, field)

static const char *parse_ilay_element(const uint8_t *bytes, struct sl_agpu_vertex_element *element,
                                      uint64_t ends[AEROGPU_LIMIT_VERTEX_BUFFER_SLOTS])
{
    const struct sl_agpu_vertex_format *format =
        sl_agpu_vertex_format_dxgi(ELEMENT(bytes, dxgi_format));
    uint32_t slot = ELEMENT(bytes, input_slot);
    uint32_t offset = ELEMENT(bytes, aligned_byte_offset);
    if (slot >= AEROGPU_LIMIT_VERTEX_BUFFER_SLOTS) {
        return "an input slot past the last";
    }
    if (ELEMENT(bytes, input_slot_class) > 1) {
        return "an unknown slot class";
    }
    if (!format) {
        return "an unknown vertex format";
    }
    bool append = offset == UINT32_MAX;
    if (!append && offset % (format->size_bytes < 4 ? format->size_bytes : 4)) {
        return "a misaligned element";
    }
    *element = (struct sl_agpu_vertex_element){
        .format = format,
        .slot = (uint8_t)slot,
        .usage = usage_of_hash(ELEMENT(bytes, semantic_name_hash)),
        .per_instance = ELEMENT(bytes, input_slot_class) == 1,
        .step_rate = ELEMENT(bytes, instance_data_step_rate),
        .semantic_hash = ELEMENT(bytes, semantic_name_hash),
        .semantic_index = ELEMENT(bytes, semantic_index),
        .offset_bytes = append ? (ends[slot] + 3) / 4 * 4 : offset,
    };
    ends[slot] = element->offset_bytes + format->size_bytes;
    return NULL;
}

static const char *parse_ilay(const uint8_t *bytes, size_t size, struct sl_agpu_layout *layout)
{
    size_t header = sizeof(struct aerogpu_input_layout_blob_header);
    size_t stride = sizeof(struct aerogpu_input_layout_element_dxgi);
    uint64_t ends[AEROGPU_LIMIT_VERTEX_BUFFER_SLOTS] = {0};
    if (size < header || SL_WIRE_GET32(bytes, aerogpu_input_layout_blob_header, version) !=
                             AEROGPU_INPUT_LAYOUT_BLOB_VERSION) {
        return "an ILAY blob of another version";
    }
    uint32_t count = SL_WIRE_GET32(bytes, aerogpu_input_layout_blob_header, element_count);
    if (count > AEROGPU_LIMIT_INPUT_LAYOUT_ELEMENTS || size < header + count * stride) {
        return "more elements than there may be or than there are";
    }
    for (uint32_t i = 0; i < count; i++) {
        struct sl_agpu_vertex_element *element = &layout->elements[i];
        const char *why = parse_ilay_element(bytes + header + i * stride, element, ends);
        if (why) {
            return why;
        }
        layout->slot_mask |= UINT32_C(1) << element->slot;
    }
    layout->element_count = count;
    return NULL;
}

static const char *parse_d3d9(const uint8_t *bytes, size_t size, struct sl_agpu_layout *layout)
{
    for (size_t at = 0; size - at >= D3D9_ELEMENT; at += D3D9_ELEMENT) {
        uint16_t stream = sl_get_le16(bytes + at);
        uint8_t type = bytes[at + 4];
        uint8_t usage = bytes[at + 6];
        if (stream == D3D9_END_STREAM) {
            return NULL;
        }
        if (stream >= D3D9_STREAMS || type > D3D9_TYPE_UNUSED) {
            return "a vertex declaration with an unknown stream or type";
        }
        if (layout->element_count == AEROGPU_LIMIT_INPUT_LAYOUT_ELEMENTS) {
            return "a vertex declaration of more elements than there may be";
        }
        layout->elements[layout->element_count++] = (struct sl_agpu_vertex_element){
            .format = sl_agpu_vertex_format_d3d9(type),
            .slot = (uint8_t)stream,
            .usage = usage < USAGES ? usage : SL_AGPU_USAGE_NONE,
            .semantic_hash = usage < USAGES ? usage_hashes[usage] : 0,
            .semantic_index = bytes[at + 7],
            .offset_bytes = sl_get_le16(bytes + at + 2),
        };
        if (type != D3D9_TYPE_UNUSED) {
            layout->slot_mask |= UINT32_C(1) << stream;
        }
    }
    return "a vertex declaration without its end";
}

bool sl_agpu_layout_parse(const uint8_t *bytes, size_t size, struct sl_agpu_layout *layout,
                          const char **why)
{
    *layout = (struct sl_agpu_layout){
        .is_ilay = size >= 4 && sl_get_le32(bytes) == AEROGPU_INPUT_LAYOUT_BLOB_MAGIC,
    };
    *why = layout->is_ilay ? parse_ilay(bytes, size, layout) : parse_d3d9(bytes, size, layout);
    return *why == NULL;
}
