#include "trace/yaml_layout.h"

#include "bytecode/dxbc.h"

#include <scanlock/aerogpu_abi.h>
#include <string.h>

enum { APPEND = -1 };

struct name {
    const char *text;
    uint32_t value;
};

/* DXGI_FORMAT as far as vertex elements use it. */
static const struct name dxgi_formats[] = {
    {"R32G32B32A32_FLOAT", 2},
    {"R32G32B32A32_UINT", 3},
    {"R32G32B32A32_SINT", 4},
    {"R32G32B32_FLOAT", 6},
    {"R32G32B32_UINT", 7},
    {"R32G32B32_SINT", 8},
    {"R16G16B16A16_FLOAT", 10},
    {"R16G16B16A16_UNORM", 11},
    {"R16G16B16A16_UINT", 12},
    {"R16G16B16A16_SNORM", 13},
    {"R16G16B16A16_SINT", 14},
    {"R32G32_FLOAT", 16},
    {"R32G32_UINT", 17},
    {"R32G32_SINT", 18},
    {"R10G10B10A2_UNORM", 24},
    {"R10G10B10A2_UINT", 25},
    {"R8G8B8A8_UNORM", 28},
    {"R8G8B8A8_UNORM_SRGB", 29},
    {"R8G8B8A8_UINT", 30},
    {"R8G8B8A8_SNORM", 31},
    {"R8G8B8A8_SINT", 32},
    {"R16G16_FLOAT", 34},
    {"R16G16_UNORM", 35},
    {"R16G16_UINT", 36},
    {"R16G16_SNORM", 37},
    {"R16G16_SINT", 38},
    {"R32_FLOAT", 41},
    {"R32_UINT", 42},
    {"R32_SINT", 43},
    {"R8G8_UNORM", 49},
    {"R8G8_UINT", 50},
    {"R8G8_SNORM", 51},
    {"R8G8_SINT", 52},
    {"R16_FLOAT", 54},
    {"R16_UNORM", 56},
    {"R16_UINT", 57},
    {"R16_SNORM", 58},
    {"R16_SINT", 59},
    {"R8_UNORM", 61},
    {"R8_UINT", 62},
    {"R8_SNORM", 63},
    {"R8_SINT", 64},
    {"B8G8R8A8_UNORM", 87},
    {"B8G8R8X8_UNORM", 88},
    {"B8G8R8A8_UNORM_SRGB", 91},
    {"B8G8R8X8_UNORM_SRGB", 93},
};

/* D3DDECLTYPE. */
static const struct name decl_types[] = {
    {"FLOAT1", 0},     {"FLOAT2", 1},     {"FLOAT3", 2},    {"FLOAT4", 3},  {"D3DCOLOR", 4},
    {"UBYTE4", 5},     {"SHORT2", 6},     {"SHORT4", 7},    {"UBYTE4N", 8}, {"SHORT2N", 9},
    {"SHORT4N", 10},   {"USHORT2N", 11},  {"USHORT4N", 12}, {"UDEC3", 13},  {"DEC3N", 14},
    {"FLOAT16_2", 15}, {"FLOAT16_4", 16}, {"UNUSED", 17},
};

/* D3DDECLUSAGE. */
static const struct name decl_usages[] = {
    {"POSITION", 0}, {"BLENDWEIGHT", 1}, {"BLENDINDICES", 2}, {"NORMAL", 3},     {"PSIZE", 4},
    {"TEXCOORD", 5}, {"TANGENT", 6},     {"BINORMAL", 7},     {"TESSFACTOR", 8}, {"POSITIONT", 9},
    {"COLOR", 10},   {"FOG", 11},        {"DEPTH", 12},       {"SAMPLE", 13},
};

#define NAMES(table) (table), sizeof(table) / sizeof((table)[0])

/* The value of a key that must be there: one of the names or a number of at most max. */
static enum sl_status named(struct sl_asm *a, const yaml_node_t *item, const char *key,
                            const struct name *names, size_t count, uint64_t max, uint32_t *out,
                            struct sl_error *err)
{
    const yaml_node_t *node = sl_yaml_get(&a->yaml, item, key);
    const char *text = node ? sl_yaml_scalar(node) : NULL;
    if (!node) {
        return sl_asm_fail(a, item, SL_RULE_YAML_KEY, err, "key '%s' is missing", key);
    }
    for (size_t i = 0; text && i < count; i++) {
        if (strcmp(names[i].text, text) == 0) {
            *out = names[i].value;
            return SL_OK;
        }
    }
    uint64_t value = 0;
    enum sl_status status = sl_asm_number(a, node, max, &value, err);
    *out = (uint32_t)value;
    return status;
}

static enum sl_status number(struct sl_asm *a, const yaml_node_t *item, const char *key,
                             uint64_t max, uint64_t fallback, uint32_t *out, struct sl_error *err)
{
    uint64_t value = 0;
    enum sl_status status = sl_asm_number_at(a, item, key, max, fallback, &value, err);
    *out = (uint32_t)value;
    return status;
}

/* Calls append for each item, which must be a mapping. */
static enum sl_status each(struct sl_asm *a, const yaml_node_t *node, struct sl_buf *out,
                           enum sl_status (*append)(struct sl_asm *, const yaml_node_t *,
                                                    struct sl_buf *, struct sl_error *),
                           struct sl_error *err)
{
    enum sl_status status = SL_OK;
    for (const yaml_node_item_t *p = node->data.sequence.items.start;
         p < node->data.sequence.items.top && status == SL_OK; p++) {
        const yaml_node_t *item = sl_yaml_node(&a->yaml, *p);
        status = item->type == YAML_MAPPING_NODE
                     ? append(a, item, out, err)
                     : sl_asm_fail(a, item, SL_RULE_YAML_VALUE, err, "expected a mapping");
    }
    return status;
}

/* The hash of the element's semantic: of a name, or a number that is one. */
static enum sl_status semantic(struct sl_asm *a, const yaml_node_t *item, uint32_t *out,
                               struct sl_error *err)
{
    const yaml_node_t *node = sl_yaml_get(&a->yaml, item, "semantic");
    const char *text = node ? sl_yaml_scalar(node) : NULL;
    if (text && (text[0] < '0' || text[0] > '9')) {
        *out = sl_dxbc_semantic_hash(text);
        return SL_OK;
    }
    if (!node) {
        return sl_asm_fail(a, item, SL_RULE_YAML_KEY, err, "key 'semantic' is missing");
    }
    return sl_asm_u32(a, node, out, err);
}

static enum sl_status append_element(struct sl_asm *a, const yaml_node_t *item, struct sl_buf *out,
                                     struct sl_error *err)
{
    static const char *const keys[] = {"semantic", "index", "format", "slot", "offset", "step"};
    struct aerogpu_input_layout_element_dxgi e = {0};
    enum sl_status status = sl_asm_check_keys(a, item, keys, sizeof(keys) / sizeof(keys[0]), err);
    if (status == SL_OK) {
        status = semantic(a, item, &e.semantic_name_hash, err);
    }
    if (status == SL_OK) {
        status = number(a, item, "index", UINT32_MAX, 0, &e.semantic_index, err);
    }
    if (status == SL_OK) {
        status = named(a, item, "format", NAMES(dxgi_formats), UINT32_MAX, &e.dxgi_format, err);
    }
    if (status == SL_OK) {
        status = number(a, item, "slot", UINT32_MAX, 0, &e.input_slot, err);
    }
    if (status == SL_OK) {
        status =
            number(a, item, "offset", UINT32_MAX, (uint32_t)APPEND, &e.aligned_byte_offset, err);
    }
    bool per_instance = sl_yaml_get(&a->yaml, item, "step") != NULL;
    if (status == SL_OK) {
        status = number(a, item, "step", UINT32_MAX, 0, &e.instance_data_step_rate, err);
    }
    const uint32_t words[] = {e.semantic_name_hash,
                              e.semantic_index,
                              e.dxgi_format,
                              e.input_slot,
                              e.aligned_byte_offset,
                              per_instance,
                              e.instance_data_step_rate};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        sl_buf_u32(out, words[i]);
    }
    return status;
}

enum sl_status sl_asm_layout(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *node,
                             struct sl_buf *out, struct sl_error *err)
{
    (void)item;
    if (node->type != YAML_SEQUENCE_NODE) {
        return sl_asm_fail(a, node, SL_RULE_YAML_VALUE, err, "expected a sequence of elements");
    }
    size_t count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    sl_buf_u32(out, AEROGPU_INPUT_LAYOUT_BLOB_MAGIC);
    sl_buf_u32(out, AEROGPU_INPUT_LAYOUT_BLOB_VERSION);
    sl_buf_u32(out, (uint32_t)count);
    sl_buf_u32(out, 0);
    return each(a, node, out, append_element, err);
}

static enum sl_status append_declaration(struct sl_asm *a, const yaml_node_t *item,
                                         struct sl_buf *out, struct sl_error *err)
{
    static const char *const keys[] = {"stream", "offset", "type", "usage", "index"};
    uint32_t stream = 0, offset = 0, type = 0, usage = 0, index = 0;
    enum sl_status status = sl_asm_check_keys(a, item, keys, sizeof(keys) / sizeof(keys[0]), err);
    if (status == SL_OK) {
        status = number(a, item, "stream", UINT16_MAX, 0, &stream, err);
    }
    if (status == SL_OK) {
        status = number(a, item, "offset", UINT16_MAX, 0, &offset, err);
    }
    if (status == SL_OK) {
        status = named(a, item, "type", NAMES(decl_types), UINT8_MAX, &type, err);
    }
    if (status == SL_OK) {
        status = named(a, item, "usage", NAMES(decl_usages), UINT8_MAX, &usage, err);
    }
    if (status == SL_OK) {
        status = number(a, item, "index", UINT8_MAX, 0, &index, err);
    }
    sl_buf_u16(out, (uint16_t)stream);
    sl_buf_u16(out, (uint16_t)offset);
    sl_buf_u8(out, (uint8_t)type);
    sl_buf_u8(out, 0);
    sl_buf_u8(out, (uint8_t)usage);
    sl_buf_u8(out, (uint8_t)index);
    return status;
}

/* The declaration's end is an element of stream 255 and type UNUSED. */
enum sl_status sl_asm_declaration(struct sl_asm *a, const yaml_node_t *item,
                                  const yaml_node_t *node, struct sl_buf *out, struct sl_error *err)
{
    static const uint8_t end[8] = {0xFF, 0, 0, 0, 17, 0, 0, 0};
    (void)item;
    if (node->type != YAML_SEQUENCE_NODE) {
        return sl_asm_fail(a, node, SL_RULE_YAML_VALUE, err, "expected a sequence of elements");
    }
    enum sl_status status = each(a, node, out, append_declaration, err);
    sl_buf_append(out, end, sizeof(end));
    return status;
}
