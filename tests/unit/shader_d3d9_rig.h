/* Runs D3D9 programs given as listings through the translator and the interpreter. */
#ifndef SHADER_D3D9_RIG_H
#define SHADER_D3D9_RIG_H

#include "shader/exec.h"

#include <stdbool.h>
#include <stdint.h>

#define D3D9_NAN UINT32_C(0x7FC00000)
#define D3D9_INF UINT32_C(0x7F800000)
#define D3D9_MINUS_INF UINT32_C(0xFF800000)
#define D3D9_MINUS_ZERO UINT32_C(0x80000000)
#define D3D9_DENORMAL UINT32_C(0x00000123)
#define D3D9_OTHER_NAN UINT32_C(0xFFC54321)

union d3d9_word {
    float f;
    uint32_t u;
};
#define D3D9_F(value)                                                                              \
    {                                                                                              \
        .f = (value)                                                                               \
    }
#define D3D9_B(bits)                                                                               \
    {                                                                                              \
        .u = (bits)                                                                                \
    }

struct d3d9_rig {
    struct sl_ir_program *program;
    uint32_t constants[3][256][4];
    sl_register_lanes inputs[16];
    sl_register_lanes outputs[24];
    struct sl_sampler sampler; /* of every stage */
    struct sl_shader_bindings bindings;
    struct sl_shader_call call;
};

/* Lanes 0..lane_count-1 run. */
void d3d9_rig_start(struct d3d9_rig *rig, const char *listing, unsigned lane_count,
                    const struct sl_ir_options *options);
void d3d9_rig_finish(struct d3d9_rig *rig);

void d3d9_rig_set(struct d3d9_rig *rig, unsigned buffer, unsigned row, float x, float y, float z,
                  float w);
void d3d9_rig_set_ints(struct d3d9_rig *rig, unsigned row, int32_t x, int32_t y, int32_t z);
void d3d9_rig_set_bool(struct d3d9_rig *rig, unsigned row, bool value);
void d3d9_rig_input(struct d3d9_rig *rig, unsigned reg, unsigned lane, float x, float y, float z,
                    float w);

/* Patches definitions into the constants and runs. */
void d3d9_rig_run(struct d3d9_rig *rig);

/* Registers of elements; fails the test if there is none. */
unsigned d3d9_rig_input_reg(const struct d3d9_rig *rig, unsigned usage, unsigned index);
unsigned d3d9_rig_output_reg(const struct d3d9_rig *rig, unsigned usage, unsigned index);
unsigned d3d9_rig_system_reg(const struct d3d9_rig *rig, unsigned system_value);

uint32_t d3d9_rig_bits(const struct d3d9_rig *rig, unsigned reg, unsigned component, unsigned lane);
float d3d9_rig_float(const struct d3d9_rig *rig, unsigned reg, unsigned component, unsigned lane);

/* Compares all four components by their bits. */
void d3d9_rig_expect(const struct d3d9_rig *rig, const char *what, unsigned reg, unsigned lane,
                     float x, float y, float z, float w);

/* What becomes of a listing that is no program; message holds 160 bytes. */
enum sl_ir_verdict d3d9_rig_verdict(const char *listing, char *message);

/* A texture of width x 1 texels, R8G8B8A8; texels are bytes r, g, b, a. */
struct sl_texture d3d9_rig_texture(const uint8_t *texels, uint32_t width);

#endif
