/*
 * Running programs. There are two engines over the same IR: the interpreter (interp.h's job), which
 * runs every stage, one operation and one lane at a time, and is the definition; and the vector
 * engine, which runs vertex and pixel programs many lanes at a time and gives the same bits.
 *
 * Memory is the caller's: registers live in a machine that is reused from call to call; bindings
 * are read-only but for UAVs.
 */
#ifndef SL_SHADER_EXEC_H
#define SL_SHADER_EXEC_H

#include "render/texture.h"
#include "shader/ir.h"

#include <stdbool.h>
#include <stdint.h>

/* Instructions an invocation may execute before it is capped. */
#define SL_SHADER_CAP UINT32_C(16777216)
#define SL_SHADER_LOOP_CAP 65535u
#define SL_SHADER_CALL_DEPTH 32u
#define SL_SHADER_NESTING 64u

/* Rows of a constant buffer in host order, with the program's definitions already in place. */
struct sl_shader_constants {
    const uint32_t (*rows)[4];
    uint32_t row_count; /* rows from here on read 0 */
};

/* t#: a texture or a range of a buffer; neither is unbound. Bytes are little-endian words. */
struct sl_shader_resource {
    const struct sl_texture *texture;
    const uint8_t *bytes;
    uint64_t size_bytes;
};

struct sl_shader_uav {
    uint8_t *bytes; /* NULL = unbound */
    uint64_t size_bytes;
    uint32_t *counter; /* of imm_atomic_alloc and consume */
};

/* What a program reads and writes apart from its registers. */
struct sl_shader_bindings {
    struct sl_shader_constants constants[14];
    struct sl_shader_resource resources[128];
    const struct sl_sampler *samplers[16]; /* never NULL where the program uses one */
    struct sl_shader_uav uavs[8];
    float unbound[4]; /* what sampling an unbound texture gives */
};

typedef uint32_t sl_register_lanes[4][SL_LANES]; /* one register: component, lane */

/*
 * So many registers of zeros, where no vector of lanes lies in two cache lines; for free(). NULL
 * without memory.
 */
sl_register_lanes *sl_registers_alloc(size_t count);

/* One call of a program for up to SL_LANES invocations. */
struct sl_shader_call {
    const struct sl_ir_program *program;
    const struct sl_shader_bindings *bindings;
    uint64_t lanes;                  /* invocations that exist, helpers included; whole quads in
                                        pixel programs */
    uint64_t helpers;                /* of those, the ones without effects on memory */
    const sl_register_lanes *inputs; /* program->input_count of them */
    sl_register_lanes *outputs;      /* program->output_count; cleared first unless keep_outputs */
    const sl_register_lanes *system; /* SL_IR_SYS_COUNT of them; may be NULL if none is used */
    bool keep_outputs;

    /* Per call, the same for all lanes: rows [vertex * stride + register]. */
    const uint32_t (*vertices)[4];
    uint32_t vertex_count;
    uint32_t vertex_stride;
    const uint32_t (*points)[4];
    uint32_t point_count;
    uint32_t point_stride;
    const uint32_t (*patch)[4]; /* program->patch_count rows */
    uint8_t *shared;            /* group-shared memory, program->shared_bytes */

    /* Geometry, one lane: outputs hold the vertex. cut ends the strip. */
    void (*emit)(void *data, const sl_register_lanes *outputs);
    void (*cut)(void *data);
    void *data;

    uint32_t first; /* operation to start at: 0, or that of a phase */

    /* Results. */
    uint64_t discarded; /* lanes that met a true discard */
    uint64_t capped;    /* lanes that hit SL_SHADER_CAP or a loop's cap; they ended there */
    uint64_t work;      /* instructions times lanes that executed them */
};

/* ---- the interpreter ---- */

struct sl_machine;

/* Registers for lane_count lanes (1..SL_LANES) of this program; NULL without memory. */
struct sl_machine *sl_machine_create(const struct sl_ir_program *program, unsigned lane_count);
void sl_machine_destroy(struct sl_machine *machine);

/* Bytes that creating one takes, for budgets. */
uint64_t sl_machine_size(const struct sl_ir_program *program, unsigned lane_count);

/* Runs to the end. Lanes are bits below the machine's lane_count. */
void sl_interp_run(struct sl_machine *machine, struct sl_shader_call *call);

/*
 * The same for compute threads that meet at barriers: false if the lanes stopped at a SYNC with a
 * barrier; call again with the same arguments to go on. A thread that ends has results in call.
 */
bool sl_interp_start(struct sl_machine *machine, struct sl_shader_call *call);
bool sl_interp_resume(struct sl_machine *machine, struct sl_shader_call *call);

/* ---- the vector engine ---- */

struct sl_vector_code;
struct sl_vector_machine;

/*
 * Compiles a program that has no side effects and is a vertex, pixel or domain program; NULL if it
 * cannot (the interpreter does everything) or without memory.
 */
struct sl_vector_code *sl_vector_compile(const struct sl_ir_program *program);
void sl_vector_code_destroy(struct sl_vector_code *code);

/* Bytes that it takes, for budgets. */
uint64_t sl_vector_code_size(const struct sl_vector_code *code);

/* One for each thread that runs the code; NULL without memory. */
struct sl_vector_machine *sl_vector_machine_create(const struct sl_vector_code *code);
void sl_vector_machine_destroy(struct sl_vector_machine *machine);

/* The same results as sl_interp_run(), to the bit, except for NaN bits nobody can see. */
void sl_vector_run(struct sl_vector_machine *machine, struct sl_shader_call *call);

#endif
