/*
 * State of one context: everything that packets set and draws, clears and presents use. Handles are
 * kept as numbers and resolved at use.
 *
 * Two families of packets set the same items: the D3D10/11-shaped state packets and D3D9 render
 * states. Items are kept in the D3D9 numbering, which is the wider one.
 */
#ifndef SL_DEVICE_AEROGPU_CONTEXT_H
#define SL_DEVICE_AEROGPU_CONTEXT_H

#include "base/digital_tree.h"
#include "device/aerogpu/executor.h"

#include <scanlock/aerogpu_abi.h>
#include <stdbool.h>
#include <stdint.h>

#define SL_AGPU_STAGE_COUNT 6u /* vertex, pixel, geometry, hull, domain, compute */
#define SL_AGPU_RENDER_STATES 4096u
#define SL_AGPU_SAMPLER_STATES 14u /* ids 1..13 */
#define SL_AGPU_D3D9_SAMPLERS 16u

struct sl_agpu_blend {
    bool enable;
    bool separate_alpha; /* off: alpha is blended like colour */
    uint8_t src;         /* D3DBLEND */
    uint8_t dst;
    uint8_t op;        /* D3DBLENDOP */
    uint8_t src_alpha; /* this and the next two: 0 = as for colour */
    uint8_t dst_alpha;
    uint8_t op_alpha;
    uint8_t write_mask[AEROGPU_MAX_RENDER_TARGETS]; /* bits 0..3 = R, G, B, A */
    uint32_t constant[4];                           /* float bits R, G, B, A */
    uint32_t sample_mask;
};

struct sl_agpu_stencil_face {
    uint8_t func; /* D3DCMPFUNC */
    uint8_t fail; /* D3DSTENCILOP */
    uint8_t zfail;
    uint8_t pass;
};

struct sl_agpu_depth_stencil {
    bool depth_enable;
    bool depth_write;
    uint8_t depth_func; /* D3DCMPFUNC; 0 = unset, the flavour decides */
    bool stencil_enable;
    bool two_sided;
    uint8_t read_mask;
    uint8_t write_mask;
    uint8_t ref;
    struct sl_agpu_stencil_face front;
    struct sl_agpu_stencil_face back; /* counter-clockwise triangles, if two-sided */
};

enum sl_agpu_fill { SL_AGPU_FILL_POINT = 1, SL_AGPU_FILL_WIREFRAME = 2, SL_AGPU_FILL_SOLID = 3 };

struct sl_agpu_rasterizer {
    enum sl_agpu_fill fill;
    uint8_t cull; /* enum aerogpu_cull_mode */
    bool front_ccw;
    bool scissor_enable;
    bool depth_clip;
    bool flat_shade;
    bool point_sprite;
    int32_t depth_bias;
    uint32_t slope_bias; /* float bits, as all below */
    uint32_t float_bias;
    uint32_t point_size;
    uint32_t point_size_min;
    uint32_t point_size_max;
};

struct sl_agpu_alpha_test {
    bool enable;
    uint8_t func; /* D3DCMPFUNC */
    uint8_t ref;
};

struct sl_agpu_viewport {
    bool is_set;
    uint32_t x, y, width, height, min_depth, max_depth; /* float bits */
};

struct sl_agpu_scissor {
    bool is_set;
    int32_t x, y, width, height;
};

struct sl_agpu_vertex_slot {
    uint32_t handle;
    uint32_t stride_bytes;
    uint32_t offset_bytes;
};

struct sl_agpu_buffer_range {
    uint32_t handle;
    uint32_t offset_bytes;
    uint32_t size_bytes; /* 0 = to the end of the buffer */
};

/* A t# slot: a texture or view, or a range of a buffer. */
struct sl_agpu_srv {
    struct sl_agpu_buffer_range range;
    bool by_texture_packet; /* SET_TEXTURE bound it; a buffer then counts as a whole */
};

struct sl_agpu_stage_state {
    uint32_t program;
    struct sl_agpu_srv srv[AEROGPU_LIMIT_TEXTURE_SLOTS];
    uint32_t sampler[AEROGPU_LIMIT_SAMPLER_SLOTS];
    struct sl_agpu_buffer_range constant_buffer[AEROGPU_LIMIT_CONSTANT_BUFFER_SLOTS];
    bool constant_buffer0_set; /* until then slot 0 reads the c# file */
    struct sl_agpu_buffer_range uav[AEROGPU_LIMIT_UNORDERED_ACCESS_BUFFER_SLOTS];
    uint32_t uav_counter[AEROGPU_LIMIT_UNORDERED_ACCESS_BUFFER_SLOTS]; /* 0 when bound */
    uint32_t (*constants_f)[4]; /* float bits; NULL = all 0; as many as the limit */
    uint32_t (*constants_i)[4]; /* vertex and pixel; NULL = all 0 */
    bool constants_b[AEROGPU_LIMIT_SHADER_CONSTANT_IB_REGISTERS];
    uint32_t sampler_state[SL_AGPU_D3D9_SAMPLERS][SL_AGPU_SAMPLER_STATES];
};

struct sl_agpu_context {
    struct sl_digital_node node; /* first; the key is the context id */
    enum sl_agpu_flavour flavour;
    struct sl_agpu_stage_state stage[SL_AGPU_STAGE_COUNT];
    uint32_t input_layout;
    struct sl_agpu_vertex_slot vertex_buffer[AEROGPU_LIMIT_VERTEX_BUFFER_SLOTS];
    struct {
        uint32_t handle;
        uint32_t format; /* enum aerogpu_index_format */
        uint32_t offset_bytes;
    } index_buffer;
    uint32_t topology;
    uint32_t color[AEROGPU_MAX_RENDER_TARGETS];
    uint32_t depth;
    struct sl_agpu_viewport viewport;
    struct sl_agpu_scissor scissor;
    struct sl_agpu_blend blend;
    struct sl_agpu_depth_stencil depth_stencil;
    struct sl_agpu_rasterizer rasterizer;
    struct sl_agpu_alpha_test alpha_test;
    bool srgb_write;
    uint32_t *render_state; /* raw values by id, SL_AGPU_RENDER_STATES of them; NULL = all 0 */
};

/* Everything as in a context that was never used; nothing allocated. */
void sl_agpu_context_defaults(struct sl_agpu_context *context);

/* Sets the flavour if it is still unknown. */
void sl_agpu_context_decide(struct sl_agpu_context *context, enum sl_agpu_flavour flavour);

#endif
