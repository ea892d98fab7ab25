/*
 * From the vertices of a draw to primitives. Primitives name vertices by their place in the draw, 0
 * to count - 1; sl_agpu_index_read() says which vertex that is.
 */
#ifndef SL_DEVICE_AEROGPU_PRIMITIVE_ASSEMBLY_H
#define SL_DEVICE_AEROGPU_PRIMITIVE_ASSEMBLY_H

#include <stdbool.h>
#include <stdint.h>

#define SL_AGPU_PRIMITIVE_VERTICES 32u /* control points of the largest patch */

/* The vertices of a draw in order. */
struct sl_agpu_index_source {
    const uint8_t *bytes; /* index buffer; NULL = DRAW */
    uint64_t size;
    uint32_t offset;
    uint32_t width; /* of an index, 2 or 4 */
    uint32_t first; /* first_index or first_vertex */
    uint32_t count;
    uint32_t base; /* base_vertex; wraps around */
    bool has_cut;  /* an index with all bits set ends a strip */
};

struct sl_agpu_index {
    uint32_t vertex_id; /* the index, or the place in the draw */
    uint32_t index;     /* which vertex of the buffers */
};

/* place < count. An index outside the buffer is 0. */
struct sl_agpu_index sl_agpu_index_read(const struct sl_agpu_index_source *source, uint32_t place);

enum sl_agpu_shape {
    SL_AGPU_SHAPE_POINT,
    SL_AGPU_SHAPE_LINE,
    SL_AGPU_SHAPE_TRIANGLE,
    SL_AGPU_SHAPE_LINE_ADJ,
    SL_AGPU_SHAPE_TRIANGLE_ADJ,
    SL_AGPU_SHAPE_PATCH,
};

/* What a topology (enum aerogpu_primitive_topology, a known one) assembles. */
enum sl_agpu_shape sl_agpu_topology_shape(uint32_t topology);

struct sl_agpu_primitive {
    uint32_t id; /* counts from 0 over all strips */
    uint32_t count;
    uint8_t leading; /* the vertex that constant attributes come from */
    uint32_t places[SL_AGPU_PRIMITIVE_VERTICES];
};

struct sl_agpu_assembly {
    const struct sl_agpu_index_source *source;
    uint32_t topology;
    bool drops_adjacency; /* primitives come without their adjacent vertices */
    uint32_t start;       /* places start..end - 1 are the current strip */
    uint32_t end;
    uint32_t next; /* primitive of the strip */
    uint32_t strip_primitives;
    uint32_t id;
    uint64_t work; /* indices looked at so far to find cuts */
};

void sl_agpu_assembly_start(struct sl_agpu_assembly *assembly,
                            const struct sl_agpu_index_source *source, uint32_t topology,
                            bool drops_adjacency);

/* False after the last one. */
bool sl_agpu_assembly_next(struct sl_agpu_assembly *assembly, struct sl_agpu_primitive *primitive);

#endif
