/*
 * From the outputs of the last program before the rasteriser to the inputs of the pixel program.
 * SM4/5 programs meet by register number, D3D9 programs by semantics; what the producer does not
 * write has defaults. Some outputs and inputs are not for each other but for the rasteriser.
 */
#ifndef SL_DEVICE_AEROGPU_DRAW_LINK_H
#define SL_DEVICE_AEROGPU_DRAW_LINK_H

#include "raster/raster.h"
#include "shader/exec.h"

#include <stdbool.h>
#include <stdint.h>

/* One component of the producer, or a constant. */
struct sl_agpu_link_source {
    bool is_constant;
    bool saturate;
    uint8_t component;
    uint16_t reg;
    uint32_t constant;
};

struct sl_agpu_link {
    uint32_t row_count;
    struct sl_agpu_link_source rows[SL_RASTER_INPUTS][4];
    uint8_t sources[SL_RASTER_INPUTS][4]; /* enum sl_raster_source */

    struct sl_agpu_link_source position[4];
    uint32_t clip_count;
    uint32_t cull_count;
    struct sl_agpu_link_source clip[SL_RASTER_PLANES];
    struct sl_agpu_link_source cull[SL_RASTER_PLANES];
    struct sl_agpu_link_source point_size; /* a constant, clamped, unless the program writes it */
    float point_size_min;
    float point_size_max;
    struct sl_agpu_link_source layer;        /* of geometry programs, else the constant 0 */
    struct sl_agpu_link_source primitive_id; /* of geometry programs */
    bool writes_primitive_id;
};

/*
 * Registers of a program behind producer that is no pixel program, by number: what producer's
 * signature has not is 0, 0, 0, 1.
 */
void sl_agpu_link_registers(const struct sl_ir_program *producer, uint32_t count,
                            struct sl_agpu_link_source sources[][4]);

/* What of the context matters. */
struct sl_agpu_link_rules {
    bool flat_colors;   /* D3DSHADE_FLAT */
    bool point_sprites; /* points are drawn, with texture coordinates of their own */
    float point_size;   /* where the program writes none */
    float point_size_min;
    float point_size_max;

    /* Components of each pixel input that its program reads; NULL = all. Others need no value. */
    const uint8_t *reads;
};

/* Components of each input register that a program reads. */
void sl_agpu_link_find_reads(const struct sl_ir_program *program,
                             uint8_t reads[SL_IR_REGISTERS_MAX]);

/* producer is the vertex, domain or geometry program. pixel may be NULL. */
void sl_agpu_link_programs(const struct sl_ir_program *producer, const struct sl_ir_program *pixel,
                           const struct sl_agpu_link_rules *rules, struct sl_agpu_link *link);

/* So many lanes of outputs as vertices of link->row_count rows, so many bytes apart. */
void sl_agpu_link_vertices(const struct sl_agpu_link *link, const sl_register_lanes *outputs,
                           unsigned count, struct sl_raster_vertex *first, size_t stride);

/* A single component, as a layer or an id. */
uint32_t sl_agpu_link_word(const struct sl_agpu_link_source *source,
                           const sl_register_lanes *outputs, unsigned lane);

#endif
