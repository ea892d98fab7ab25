#include "sample_fixture.h"

#include "render/convert.h"

#include <string.h>

struct fixture fix;
struct call call;

void make_texture(struct fixture *f, enum sl_texel_format format, uint32_t width, uint32_t height,
                  uint32_t levels, uint32_t layers)
{
    memset(f, 0, sizeof(*f));
    f->texture = (struct sl_texture){
        .format = format,
        .level_count = levels,
        .layer_count = layers,
        .layer_stride_bytes = LAYER_SIZE,
    };
    uint8_t *at = f->bytes;
    for (uint32_t i = 0; i < levels; i++) {
        uint32_t w = width >> i ? width >> i : 1;
        uint32_t h = height >> i ? height >> i : 1;
        f->texture.levels[i] = (struct sl_texture_level){at, w, h, w * sl_texel_size(format)};
        at += h * w * sl_texel_size(format);
    }
    f->sampler = (struct sl_sampler){.min_lod = -128.0f, .max_lod = 128.0f};
}

uint8_t *texel_at(struct fixture *f, uint32_t level, uint32_t layer, uint32_t x, uint32_t y)
{
    const struct sl_texture_level *from = &f->texture.levels[level];
    return f->bytes + (from->bytes - f->bytes) + layer * LAYER_SIZE + y * from->pitch_bytes +
           x * sl_texel_size(f->texture.format);
}

/* Red = x, green = y, blue = 16 * level + layer, alpha = 255: every texel tells where it is. */
void fill_with_places(struct fixture *f)
{
    for (uint32_t layer = 0; layer < f->texture.layer_count; layer++) {
        for (uint32_t level = 0; level < f->texture.level_count; level++) {
            for (uint32_t i = 0; i < f->texture.levels[level].width; i++) {
                for (uint32_t j = 0; j < f->texture.levels[level].height; j++) {
                    uint8_t texel[4] = {(uint8_t)i, (uint8_t)j, (uint8_t)(16 * level + layer), 255};
                    memcpy(texel_at(f, level, layer, i, j), texel, 4);
                }
            }
        }
    }
}

float unorm8(uint32_t code)
{
    return (float)((double)code / 255.0);
}

void make_call(struct call *c, enum sl_texture_dim dim, enum sl_lod_source lod_source)
{
    memset(c, 0, sizeof(*c));
    c->sample = (struct sl_sample){.dim = dim, .lod_source = lod_source};
    for (unsigned i = 0; i < 4; i++) {
        c->sample.coord[i] = c->coord[i];
    }
    c->sample.lod = c->lod;
    for (unsigned i = 0; i < 3; i++) {
        c->sample.ddx[i] = c->ddx[i];
        c->sample.ddy[i] = c->ddy[i];
    }
    c->sample.reference = c->reference;
}

void run_sample(const struct fixture *f, struct call *c)
{
    sl_texture_sample(&f->texture, &f->sampler, &c->sample, UINT64_MAX, c->result);
}

/* Samples at (u, v) with lane 0 of the call. */
void sample_at(const struct fixture *f, struct call *c, float u, float v, float rgba[4])
{
    c->coord[0][0] = u;
    c->coord[1][0] = v;
    run_sample(f, c);
    for (unsigned i = 0; i < 4; i++) {
        rgba[i] = c->result[i][0];
    }
}

void set_filters(struct fixture *f, enum sl_filter filter, enum sl_mip_filter mip,
                 enum sl_address address)
{
    f->sampler.mag = f->sampler.min = filter;
    f->sampler.mip = mip;
    f->sampler.address[0] = f->sampler.address[1] = address;
}

/* A small generator: every case can be replayed from its number. */
static uint32_t random_state;

uint32_t sample_random(void)
{
    random_state = random_state * 1664525u + 1013904223u;
    uint32_t x = random_state ^ random_state >> 15;
    return x * 2246822519u ^ x >> 13;
}

static const uint32_t strange_floats[] = {
    0,          0x80000000, 1,          0x80000001, 0x007FFFFF, 0x00800000, 0x7F7FFFFF,
    0xFF7FFFFF, 0x7F800000, 0xFF800000, 0x7FC00000, 0xFFFFFFFF, 0x3F800000, 0x3F7FFFFF,
    0xBF800000, 0x4B7FFFFF, 0x4B800000, 0xCB000001, 0x2F000000, 0xAF000000};

float random_coord(void)
{
    uint32_t kind = sample_random() % 16;
    if (kind == 0) {
        return sl_f32_from_bits(strange_floats[sample_random() % 20]);
    }
    if (kind == 1) {
        return sl_f32_from_bits(sample_random());
    }
    if (kind < 6) {
        return (float)(int32_t)(sample_random() % 257) / 64.0f - 2.0f;
    }
    return (float)(sample_random() >> 8) * 0x1p-22f - 2.0f;
}

/* A random texture and sampler, and a random explicit level of detail and coordinates per lane. */
void make_random_case(uint32_t number)
{
    random_state = number * 2654435769u + 12345;
    uint32_t width = 1 + sample_random() % EDGE_MAX;
    uint32_t height = 1 + sample_random() % EDGE_MAX;
    uint32_t levels = 1 + sample_random() % 3;
    make_texture(&fix, SL_TEXEL_R8G8B8A8, width, height, levels, 1);
    for (uint32_t i = 0; i < LAYER_SIZE; i++) {
        fix.bytes[i] = (uint8_t)(sample_random() >> 11);
    }
    fix.texture.srgb = sample_random() % 4 == 0;
    fix.sampler.mag = (enum sl_filter)(sample_random() % 2);
    fix.sampler.min = (enum sl_filter)(sample_random() % 2);
    fix.sampler.mip = (enum sl_mip_filter)(sample_random() % 3);
    fix.sampler.address[0] = (enum sl_address)(sample_random() % 5);
    fix.sampler.address[1] = (enum sl_address)(sample_random() % 5);
    for (unsigned i = 0; i < 4; i++) {
        fix.sampler.border[i] = unorm8(sample_random() % 256);
    }
    make_call(&call, SL_TEXTURE_2D, SL_LOD_EXPLICIT);
    if (sample_random() % 4 == 0) {
        call.sample.offset[0] = (int8_t)(sample_random() % 16 - 8);
        call.sample.offset[1] = (int8_t)(sample_random() % 16 - 8);
    }
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        call.coord[0][lane] = random_coord();
        call.coord[1][lane] = random_coord();
        call.lod[lane] = (float)(sample_random() % 1024) / 256.0f - 1.0f;
    }
}
