/*
 * One draw on its way: vertices, then patches, then geometry programs where there are any, then the
 * rasteriser. Between stages a vertex is a record: registers for the next program, or a vertex of
 * the rasteriser.
 */
#ifndef SL_DEVICE_AEROGPU_DRAW_PIPELINE_H
#define SL_DEVICE_AEROGPU_DRAW_PIPELINE_H

#include "device/aerogpu/draw.h"
#include "device/aerogpu/vertex_stage.h"

struct sl_agpu_geometry_stage;
struct sl_agpu_tessellation;

/* What records of a producer hold. */
struct sl_agpu_records {
    bool is_raster; /* struct sl_raster_vertex, else rows of registers */
    uint32_t row_count;
    size_t stride;
    struct sl_agpu_link_source rows[SL_IR_REGISTERS_MAX][4];
};

struct sl_agpu_pipeline {
    struct sl_agpu_run *run;
    const struct sl_agpu_draw *draw;
    struct sl_agpu_drawing *drawing;
    struct sl_raster_config config;
    struct sl_agpu_link link;                  /* of the last producer */
    struct sl_agpu_tessellation *tessellation; /* NULL = no such programs */
    struct sl_agpu_geometry_stage *geometry;
    bool begun;  /* the rasteriser has primitives of this draw */
    bool capped; /* some invocation was */
    bool failed; /* memory ran out on the way */
};

/* A primitive of records. */
struct sl_agpu_shaded {
    enum sl_agpu_shape shape;
    uint32_t id;
    uint8_t leading;
    uint32_t count;
    const void *records[SL_AGPU_PRIMITIVE_VERTICES];
};

/* Records for a consumer, or for the rasteriser (NULL). */
void sl_agpu_records_init(struct sl_agpu_records *records, const struct sl_agpu_pipeline *pipeline,
                          const struct sl_ir_program *producer,
                          const struct sl_ir_program *consumer);

/* So many lanes of outputs as records, one after the other. */
void sl_agpu_records_store(const struct sl_agpu_records *records,
                           const struct sl_agpu_pipeline *pipeline,
                           const sl_register_lanes *outputs, unsigned count, void *first);

/* Hands a primitive to the geometry program or the rasteriser. */
void sl_agpu_pipeline_primitive(struct sl_agpu_pipeline *pipeline,
                                const struct sl_agpu_shaded *primitive);

/* A primitive of so many corners of the rasteriser's. */
void sl_agpu_pipeline_rasterise(struct sl_agpu_pipeline *pipeline,
                                const struct sl_raster_primitive *primitive, uint32_t corners);

/* Draws what the rasteriser has; its vertices may be reused afterwards. */
void sl_agpu_pipeline_end_batch(struct sl_agpu_pipeline *pipeline);

/* Records given to sl_agpu_pipeline_primitive() may be reused after this. */
void sl_agpu_pipeline_flush(struct sl_agpu_pipeline *pipeline);

/* Work that may still be done; 0 once the limit is passed. */
uint64_t sl_agpu_pipeline_work_left(const struct sl_agpu_pipeline *pipeline);

/* ---- geometry_stage.c ---- */

/* NULL without memory. */
struct sl_agpu_geometry_stage *sl_agpu_geometry_create(struct sl_agpu_pipeline *pipeline);
void sl_agpu_geometry_destroy(struct sl_agpu_geometry_stage *stage);
void sl_agpu_geometry_primitive(struct sl_agpu_geometry_stage *stage,
                                const struct sl_agpu_shaded *primitive);
void sl_agpu_geometry_flush(struct sl_agpu_geometry_stage *stage);

/* ---- tessellation.c ---- */

struct sl_agpu_tessellation *sl_agpu_tessellation_create(struct sl_agpu_pipeline *pipeline);
void sl_agpu_tessellation_destroy(struct sl_agpu_tessellation *tessellation);
void sl_agpu_tessellation_patch(struct sl_agpu_tessellation *tessellation,
                                const struct sl_agpu_shaded *patch);

#endif
