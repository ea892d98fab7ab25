/*
 * How the input registers of a vertex program get their values: which element of the layout feeds
 * which register, and reading elements from vertex buffers.
 */
#ifndef SL_DEVICE_AEROGPU_VERTEX_FETCH_H
#define SL_DEVICE_AEROGPU_VERTEX_FETCH_H

#include "device/aerogpu/vertex_layout.h"
#include "shader/exec.h"

/* One input register. */
struct sl_agpu_vertex_input {
    const struct sl_agpu_vertex_element *element; /* NULL = defaults */
    uint8_t vertex_id_mask;                       /* components that are system values */
    uint8_t instance_id_mask;
};

struct sl_agpu_vertex_inputs {
    uint32_t count; /* program->input_count */
    uint32_t slot_mask;
    bool d3d9; /* registers without an element are 0, 0, 0, 1, not 0 */
    struct sl_agpu_vertex_input inputs[SL_IR_REGISTERS_MAX];
};

/* layout may be NULL; it must outlive the inputs. */
void sl_agpu_vertex_inputs_match(const struct sl_ir_program *program,
                                 const struct sl_agpu_layout *layout,
                                 struct sl_agpu_vertex_inputs *inputs);

/* A vertex buffer slot; bytes NULL = unbound. */
struct sl_agpu_vertex_stream {
    const uint8_t *bytes;
    uint64_t size;
    uint32_t offset;
    uint32_t stride;
};

/* A vertex to fetch. */
struct sl_agpu_vertex_key {
    uint32_t vertex_id;      /* what the program sees */
    uint32_t index;          /* which vertex of the buffers; a signed number */
    uint32_t instance_id;    /* from 0 */
    uint32_t first_instance; /* of the draw */
};

/* Options of the upstream executors. */
struct sl_agpu_fetch_rules {
    bool base_in_ids;      /* ids include the bases of the draw */
    bool divided_instance; /* per-instance elements: (first + instance) / rate */
};

/* Fills in lanes of the input registers: one for each key, from first_lane on. */
void sl_agpu_vertex_fetch(const struct sl_agpu_vertex_inputs *inputs,
                          const struct sl_agpu_vertex_stream streams[],
                          const struct sl_agpu_fetch_rules *rules,
                          const struct sl_agpu_vertex_key *keys, unsigned first_lane,
                          unsigned count, sl_register_lanes *registers);

#endif
