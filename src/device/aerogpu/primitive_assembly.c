#include "device/aerogpu/primitive_assembly.h"

#include "base/bytes.h"
#include "base/checked.h"

#include <scanlock/aerogpu_abi.h>
#include <string.h>

static bool index_address(const struct sl_agpu_index_source *source, uint32_t place, uint64_t *at)
{
    *at = source->offset + (uint64_t)source->width * ((uint64_t)source->first + place);
    return sl_range_fits(*at, source->width, source->size);
}

struct sl_agpu_index sl_agpu_index_read(const struct sl_agpu_index_source *source, uint32_t place)
{
    if (!source->bytes) {
        return (struct sl_agpu_index){.vertex_id = place, .index = source->first + place};
    }
    uint64_t at;
    uint32_t value = 0;
    if (index_address(source, place, &at)) {
        value = (uint32_t)sl_get_le(source->bytes + at, source->width);
    }
    return (struct sl_agpu_index){.vertex_id = value, .index = value + source->base};
}

enum sl_agpu_shape sl_agpu_topology_shape(uint32_t topology)
{
    switch (topology) {
    case AEROGPU_TOPOLOGY_POINTLIST:
        return SL_AGPU_SHAPE_POINT;
    case AEROGPU_TOPOLOGY_LINELIST:
    case AEROGPU_TOPOLOGY_LINESTRIP:
        return SL_AGPU_SHAPE_LINE;
    case AEROGPU_TOPOLOGY_TRIANGLELIST:
    case AEROGPU_TOPOLOGY_TRIANGLESTRIP:
    case AEROGPU_TOPOLOGY_TRIANGLEFAN:
        return SL_AGPU_SHAPE_TRIANGLE;
    case AEROGPU_TOPOLOGY_LINELIST_ADJ:
    case AEROGPU_TOPOLOGY_LINESTRIP_ADJ:
        return SL_AGPU_SHAPE_LINE_ADJ;
    case AEROGPU_TOPOLOGY_TRIANGLELIST_ADJ:
    case AEROGPU_TOPOLOGY_TRIANGLESTRIP_ADJ:
        return SL_AGPU_SHAPE_TRIANGLE_ADJ;
    default:
        return SL_AGPU_SHAPE_PATCH;
    }
}

/* Primitives of a strip or list of so many vertices. */
static uint32_t count_primitives(uint32_t topology, uint32_t vertices)
{
    /* vertices of the first primitive, and of each one more */
    static const uint8_t needs[][2] = {
        [AEROGPU_TOPOLOGY_POINTLIST] = {1, 1},        [AEROGPU_TOPOLOGY_LINELIST] = {2, 2},
        [AEROGPU_TOPOLOGY_LINESTRIP] = {2, 1},        [AEROGPU_TOPOLOGY_TRIANGLELIST] = {3, 3},
        [AEROGPU_TOPOLOGY_TRIANGLESTRIP] = {3, 1},    [AEROGPU_TOPOLOGY_TRIANGLEFAN] = {3, 1},
        [AEROGPU_TOPOLOGY_LINELIST_ADJ] = {4, 4},     [AEROGPU_TOPOLOGY_LINESTRIP_ADJ] = {4, 1},
        [AEROGPU_TOPOLOGY_TRIANGLELIST_ADJ] = {6, 6}, [AEROGPU_TOPOLOGY_TRIANGLESTRIP_ADJ] = {6, 2},
    };
    uint32_t first = topology - AEROGPU_TOPOLOGY_PATCHLIST_1 + 1;
    uint32_t more = first;
    if (topology < AEROGPU_TOPOLOGY_PATCHLIST_1) {
        first = needs[topology][0];
        more = needs[topology][1];
    }
    return vertices < first ? 0 : (vertices - first) / more + 1;
}

/* The place of the next cut, or the end. Indices outside the buffer are no cuts. */
static uint32_t find_cut(struct sl_agpu_assembly *assembly, uint32_t from)
{
    const struct sl_agpu_index_source *source = assembly->source;
    uint32_t cut = source->width == 2 ? UINT16_MAX : UINT32_MAX;
    uint64_t at;
    if (!source->bytes || !source->has_cut) {
        return source->count;
    }
    for (uint32_t place = from; place < source->count; place++) {
        assembly->work++;
        if (!index_address(source, place, &at)) {
            break;
        }
        if ((uint32_t)sl_get_le(source->bytes + at, source->width) == cut) {
            return place;
        }
    }
    return source->count;
}

static void start_strip(struct sl_agpu_assembly *assembly, uint32_t from)
{
    assembly->start = from;
    assembly->end = find_cut(assembly, from);
    assembly->next = 0;
    assembly->strip_primitives =
        count_primitives(assembly->topology, assembly->end - assembly->start);
}

void sl_agpu_assembly_start(struct sl_agpu_assembly *assembly,
                            const struct sl_agpu_index_source *source, uint32_t topology,
                            bool drops_adjacency)
{
    *assembly = (struct sl_agpu_assembly){
        .source = source,
        .topology = topology,
        .drops_adjacency = drops_adjacency,
    };
    start_strip(assembly, 0);
}

static void set_places(struct sl_agpu_primitive *primitive, uint32_t first, uint32_t count)
{
    primitive->count = count;
    for (uint32_t i = 0; i < count; i++) {
        primitive->places[i] = first + i;
    }
}

/*
 * Vertices of a triangle strip with adjacency lie on both sides of the strip, so that neighbours
 * are two primitives away but at the ends (D3D11 functional specification, figure of 8.3). Offsets
 * from place 2p.
 */
static void adjacent_strip(struct sl_agpu_primitive *primitive, uint32_t p, uint32_t count)
{
    static const int8_t only[6] = {0, 1, 2, 5, 4, 3};
    static const int8_t first[6] = {0, 1, 2, 6, 4, 3};
    static const int8_t middle[2][6] = {{0, -2, 2, 6, 4, 3}, {0, 3, 4, 6, 2, -2}};
    static const int8_t last[2][6] = {{0, -2, 2, 5, 4, 3}, {0, 3, 4, 5, 2, -2}};
    bool is_last = p + 1 == count;
    const int8_t *row = is_last ? last[p & 1] : middle[p & 1];
    if (p == 0) {
        row = is_last ? only : first;
    }
    primitive->count = 6;
    for (uint32_t i = 0; i < 6; i++) {
        primitive->places[i] = (uint32_t)((int64_t)2 * p + row[i]);
    }
}

/* Places are relative to the start of the strip. */
static void place_vertices(struct sl_agpu_primitive *primitive, uint32_t topology, uint32_t p,
                           uint32_t count)
{
    primitive->leading = 0;
    switch (topology) {
    case AEROGPU_TOPOLOGY_POINTLIST:
        set_places(primitive, p, 1);
        break;
    case AEROGPU_TOPOLOGY_LINELIST:
        set_places(primitive, 2 * p, 2);
        break;
    case AEROGPU_TOPOLOGY_LINESTRIP:
        set_places(primitive, p, 2);
        break;
    case AEROGPU_TOPOLOGY_TRIANGLELIST:
        set_places(primitive, 3 * p, 3);
        break;
    case AEROGPU_TOPOLOGY_TRIANGLESTRIP:
        set_places(primitive, p, 3);
        primitive->places[1] += p & 1;
        primitive->places[2] -= p & 1;
        break;
    case AEROGPU_TOPOLOGY_TRIANGLEFAN:
        set_places(primitive, p, 3);
        primitive->places[0] = 0;
        primitive->leading = 1;
        break;
    case AEROGPU_TOPOLOGY_LINELIST_ADJ:
        set_places(primitive, 4 * p, 4);
        break;
    case AEROGPU_TOPOLOGY_LINESTRIP_ADJ:
        set_places(primitive, p, 4);
        break;
    case AEROGPU_TOPOLOGY_TRIANGLELIST_ADJ:
        set_places(primitive, 6 * p, 6);
        break;
    case AEROGPU_TOPOLOGY_TRIANGLESTRIP_ADJ:
        adjacent_strip(primitive, p, count);
        break;
    default: {
        uint32_t points = topology - AEROGPU_TOPOLOGY_PATCHLIST_1 + 1;
        set_places(primitive, points * p, points);
        break;
    }
    }
}

static void drop_adjacency(struct sl_agpu_primitive *primitive, uint32_t topology)
{
    enum sl_agpu_shape shape = sl_agpu_topology_shape(topology);
    if (shape == SL_AGPU_SHAPE_LINE_ADJ) {
        memmove(primitive->places, primitive->places + 1, 2 * sizeof(primitive->places[0]));
        primitive->count = 2;
    } else if (shape == SL_AGPU_SHAPE_TRIANGLE_ADJ) {
        primitive->places[1] = primitive->places[2];
        primitive->places[2] = primitive->places[4];
        primitive->count = 3;
    }
}

bool sl_agpu_assembly_next(struct sl_agpu_assembly *assembly, struct sl_agpu_primitive *primitive)
{
    while (assembly->next == assembly->strip_primitives) {
        if (assembly->end >= assembly->source->count) {
            return false;
        }
        start_strip(assembly, assembly->end + 1);
    }
    place_vertices(primitive, assembly->topology, assembly->next, assembly->strip_primitives);
    if (assembly->drops_adjacency) {
        drop_adjacency(primitive, assembly->topology);
    }
    for (uint32_t i = 0; i < primitive->count; i++) {
        primitive->places[i] += assembly->start;
    }
    primitive->id = assembly->id++;
    assembly->next++;
    return true;
}
