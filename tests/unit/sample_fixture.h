/*
 * What the tests of sampling share: textures with their bytes, calls with their lanes, and random
 * cases that can be replayed from their number.
 */
#ifndef TESTS_SAMPLE_FIXTURE_H
#define TESTS_SAMPLE_FIXTURE_H

#include "render/pixel.h"

#define EDGE_MAX 16u
#define LEVELS_MAX 5u
#define LAYERS_MAX 14u
#define LAYER_SIZE (4u * EDGE_MAX * EDGE_MAX * 2)

/* A texture with its bytes: levels of a layer one behind the other. */
struct fixture {
    struct sl_texture texture;
    struct sl_sampler sampler;
    uint8_t bytes[LAYER_SIZE * LAYERS_MAX];
};

/* One lane of a sample; the other lanes of its quad are as derivatives want them. */
struct call {
    struct sl_sample sample;
    float coord[4][SL_LANES];
    float lod[SL_LANES];
    float bias[SL_LANES];
    float ddx[3][SL_LANES];
    float ddy[3][SL_LANES];
    float reference[SL_LANES];
    sl_texel_lanes result;
};

/* Used by all of them: each test runs in a process of its own. */
extern struct fixture fix;
extern struct call call;

void make_texture(struct fixture *f, enum sl_texel_format format, uint32_t width, uint32_t height,
                  uint32_t levels, uint32_t layers);
uint8_t *texel_at(struct fixture *f, uint32_t level, uint32_t layer, uint32_t x, uint32_t y);
void fill_with_places(struct fixture *f);
float unorm8(uint32_t code);
void make_call(struct call *c, enum sl_texture_dim dim, enum sl_lod_source lod_source);
void run_sample(const struct fixture *f, struct call *c);
void sample_at(const struct fixture *f, struct call *c, float u, float v, float rgba[4]);
void set_filters(struct fixture *f, enum sl_filter filter, enum sl_mip_filter mip,
                 enum sl_address address);
uint32_t sample_random(void);
float random_coord(void);
void make_random_case(uint32_t number);

#endif
