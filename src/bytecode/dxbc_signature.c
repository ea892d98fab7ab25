/*
 * Signatures: how registers of a program are named to the outside. Three layouts of an element are
 * in use; they differ in a stream in front and a minimum precision behind.
 */
#include "bytecode/dxbc.h"
#include "bytecode/dxbc_layout.h"

#include "base/bytes.h"
#include "base/checked.h"

#include <string.h>

static const struct sl_dxbc_signature_layout layouts[] = {
    {SL_DXBC_FOURCC('I', 'S', 'G', '1'), SL_DXBC_INPUT, 32, true, true},
    {SL_DXBC_FOURCC('I', 'S', 'G', 'N'), SL_DXBC_INPUT, 24, false, false},
    {SL_DXBC_FOURCC('O', 'S', 'G', '1'), SL_DXBC_OUTPUT, 32, true, true},
    {SL_DXBC_FOURCC('O', 'S', 'G', '5'), SL_DXBC_OUTPUT, 28, true, false},
    {SL_DXBC_FOURCC('O', 'S', 'G', 'N'), SL_DXBC_OUTPUT, 24, false, false},
    {SL_DXBC_FOURCC('P', 'S', 'G', '1'), SL_DXBC_CONSTANT, 32, true, true},
    {SL_DXBC_FOURCC('P', 'S', 'G', 'N'), SL_DXBC_CONSTANT, 24, false, false},
    {SL_DXBC_FOURCC('P', 'C', 'S', 'G'), SL_DXBC_CONSTANT, 24, false, false},
};

#define LAYOUTS (sizeof(layouts) / sizeof(layouts[0]))

const struct sl_dxbc_signature_layout *sl_dxbc_signature_layout(uint32_t fourcc)
{
    for (size_t i = 0; i < LAYOUTS; i++) {
        if (layouts[i].fourcc == fourcc) {
            return &layouts[i];
        }
    }
    return NULL;
}

/* A name that runs out of the payload is as good as none. */
static const char *element_name(const struct sl_dxbc_chunk *chunk, uint32_t offset)
{
    if (offset >= chunk->size || !memchr(chunk->bytes + offset, 0, chunk->size - offset)) {
        return "";
    }
    return (const char *)(chunk->bytes + offset);
}

static struct sl_dxbc_element decode(const struct sl_dxbc_chunk *chunk,
                                     const struct sl_dxbc_signature_layout *layout, size_t at)
{
    const uint8_t *p = chunk->bytes + at;
    struct sl_dxbc_element element = {0};
    if (layout->has_stream) {
        element.stream = sl_get_le32(p);
        p += 4;
    }
    element.name = element_name(chunk, sl_get_le32(p));
    element.semantic_index = sl_get_le32(p + 4);
    element.system_value = sl_get_le32(p + 8);
    element.component_type = sl_get_le32(p + 12);
    element.register_index = sl_get_le32(p + 16);
    element.mask = p[20];
    element.used_mask = p[21];
    if (layout->has_precision) {
        element.min_precision = sl_get_le32(p + 24);
    }
    return element;
}

bool sl_dxbc_signature_decode(const struct sl_dxbc_chunk *chunk,
                              const struct sl_dxbc_signature_layout *layout,
                              struct sl_dxbc_signature *signature, const char **why)
{
    *signature = (struct sl_dxbc_signature){.present = true};
    if (chunk->size < SL_DXBC_SIGNATURE_HEADER_BYTES) {
        *why = "a signature is too short for its header";
        return false;
    }
    uint32_t count = sl_get_le32(chunk->bytes);
    if (count > SL_DXBC_SIGNATURE_MAX) {
        *why = "a signature has more than 128 elements";
        return false;
    }
    if (!sl_range_fits(SL_DXBC_SIGNATURE_HEADER_BYTES, (uint64_t)count * layout->element_bytes,
                       chunk->size)) {
        *why = "a signature is too short for its elements";
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        signature->elements[i] = decode(
            chunk, layout, SL_DXBC_SIGNATURE_HEADER_BYTES + (size_t)i * layout->element_bytes);
    }
    signature->count = count;
    return true;
}

bool sl_dxbc_signature(const struct sl_dxbc *dxbc, enum sl_dxbc_signature_kind kind,
                       struct sl_dxbc_signature *signature, const char **why)
{
    *why = NULL;
    for (size_t i = 0; i < LAYOUTS; i++) {
        struct sl_dxbc_chunk chunk;
        if (layouts[i].kind == kind && sl_dxbc_find(dxbc, layouts[i].fourcc, &chunk)) {
            return sl_dxbc_signature_decode(&chunk, &layouts[i], signature, why);
        }
    }
    *signature = (struct sl_dxbc_signature){0};
    return true;
}

static const struct {
    const char *name;
    enum sl_dxbc_system_value value;
} system_values[] = {
    {"SV_POSITION", SL_SV_POSITION},
    {"SV_CLIPDISTANCE", SL_SV_CLIP_DISTANCE},
    {"SV_CULLDISTANCE", SL_SV_CULL_DISTANCE},
    {"SV_RENDERTARGETARRAYINDEX", SL_SV_RENDER_TARGET_ARRAY_INDEX},
    {"SV_VIEWPORTARRAYINDEX", SL_SV_VIEWPORT_ARRAY_INDEX},
    {"SV_VERTEXID", SL_SV_VERTEX_ID},
    {"SV_PRIMITIVEID", SL_SV_PRIMITIVE_ID},
    {"SV_INSTANCEID", SL_SV_INSTANCE_ID},
    {"SV_ISFRONTFACE", SL_SV_IS_FRONT_FACE},
    {"SV_SAMPLEINDEX", SL_SV_SAMPLE_INDEX},
    {"SV_TARGET", SL_SV_TARGET},
    {"SV_DEPTH", SL_SV_DEPTH},
    {"SV_COVERAGE", SL_SV_COVERAGE},
    {"SV_DEPTHGREATEREQUAL", SL_SV_DEPTH_GREATER_EQUAL},
    {"SV_DEPTHLESSEQUAL", SL_SV_DEPTH_LESS_EQUAL},
    {"SV_DOMAINLOCATION", SL_SV_DOMAIN_LOCATION},
    {"SV_GSINSTANCEID", SL_SV_GS_INSTANCE_ID},
    {"SV_OUTPUTCONTROLPOINTID", SL_SV_OUTPUT_CONTROL_POINT_ID},
};

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool same_name(const char *name, const char *upper_case)
{
    while (*name && upper(*name) == *upper_case) {
        name++;
        upper_case++;
    }
    return *name == *upper_case;
}

/*
 * Compilers number the factors of a signature by kind, the elements of one kind by their semantic
 * index; other writers store the number that programs declare. Where both read the same number
 * differently, the compilers' sense counts.
 */
static const struct {
    const char *name;
    uint32_t stored;
    enum sl_dxbc_system_value first;
    uint32_t count;
} tess_factors[] = {
    {"SV_TESSFACTOR", 11, SL_SV_QUAD_EDGE_TESS, 4},
    {"SV_TESSFACTOR", 13, SL_SV_TRI_EDGE_TESS, 3},
    {"SV_TESSFACTOR", 15, SL_SV_LINE_DETAIL_TESS, 1},
    {"SV_TESSFACTOR", 16, SL_SV_LINE_DENSITY_TESS, 1},
    {"SV_INSIDETESSFACTOR", 12, SL_SV_QUAD_INSIDE_TESS, 2},
    {"SV_INSIDETESSFACTOR", 14, SL_SV_TRI_INSIDE_TESS, 1},
};

static uint32_t tess_factor(const struct sl_dxbc_element *element, uint32_t fallback)
{
    uint32_t stored = element->system_value;
    for (size_t i = 0; i < sizeof(tess_factors) / sizeof(tess_factors[0]); i++) {
        if (tess_factors[i].stored == stored && same_name(element->name, tess_factors[i].name)) {
            uint32_t last = tess_factors[i].count - 1;
            uint32_t index = element->semantic_index;
            return (uint32_t)tess_factors[i].first + (index < last ? index : last);
        }
    }
    bool declared = stored >= SL_SV_QUAD_EDGE_TESS && stored <= SL_SV_LINE_DENSITY_TESS;
    return declared ? stored : fallback;
}

uint32_t sl_dxbc_resolve_system_value(const struct sl_dxbc_element *element)
{
    for (size_t i = 0; i < sizeof(system_values) / sizeof(system_values[0]); i++) {
        if (same_name(element->name, system_values[i].name)) {
            return system_values[i].value;
        }
    }
    if (same_name(element->name, "SV_TESSFACTOR")) {
        return tess_factor(element, SL_SV_TRI_EDGE_TESS);
    }
    if (same_name(element->name, "SV_INSIDETESSFACTOR")) {
        return tess_factor(element, SL_SV_TRI_INSIDE_TESS);
    }
    return element->system_value;
}

uint32_t sl_dxbc_semantic_hash(const char *name)
{
    uint32_t hash = 0x811C9DC5u;
    for (; *name; name++) {
        hash = (hash ^ (uint8_t)upper(*name)) * 0x01000193u;
    }
    return hash;
}
