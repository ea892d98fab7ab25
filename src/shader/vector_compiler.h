/* Inside of the vector engine's compiler; vector_compile.c has the overview. */
#ifndef SL_SHADER_VECTOR_COMPILER_H
#define SL_SHADER_VECTOR_COMPILER_H

#include "shader/vector_code.h"

/* Steps and values of a program that is worth it; others are the interpreter's. */
#define SL_VECTOR_OPS_MAX 65536u
#define SL_VECTOR_VALUES_MAX 2048u
#define SL_VECTOR_SAMPLES_MAX 4096u

struct sl_vector_compiler {
    struct sl_vector_code *code;
    const struct sl_ir_program *program;
    struct sl_vector_facts facts;
    uint32_t insn;    /* the operation being compiled */
    uint32_t scratch; /* slots it has taken */
    uint32_t op_capacity;
    uint32_t value_capacity;
    uint32_t sample_capacity;
    bool failed;
};

/* ---- operands ---- */

/* A component of an operand and, if it could not be had otherwise, that it is to be negated. */
struct sl_vector_operand {
    struct sl_vector_place place;
    bool negate;
};

struct sl_vector_operand sl_vector_operand_of(struct sl_vector_compiler *compiler, unsigned source,
                                              unsigned component);

/* With the sign applied. */
struct sl_vector_place sl_vector_signed_place(struct sl_vector_compiler *compiler,
                                              struct sl_vector_operand operand);

/* Both at once. */
struct sl_vector_place sl_vector_place_of(struct sl_vector_compiler *compiler, unsigned source,
                                          unsigned component);

/* Where components of an operand are; SCRATCH if they must be fetched. */
enum sl_vector_base sl_vector_base_of(const struct sl_ir_src *src);
bool sl_vector_is_relative(const struct sl_ir_index index[2]);

/* ---- steps ---- */

/* Without memory or beyond a limit these note that the compiler has failed. */
void sl_vector_add_op(struct sl_vector_compiler *compiler, const struct sl_vector_op *op);
void sl_vector_add_unary(struct sl_vector_compiler *compiler, enum sl_vector_kernel kernel,
                         struct sl_vector_place dst, struct sl_vector_place src);
struct sl_vector_place sl_vector_scratch(struct sl_vector_compiler *compiler);

/* Room for one more item than count; NULL if there is none. */
void *sl_vector_grow(struct sl_vector_compiler *compiler, void *items, uint32_t count,
                     uint32_t *capacity, uint32_t most, size_t size);

/* True if nothing sees a denormal in this place but arithmetic, which notices it. */
bool sl_vector_may_be_denormal(const struct sl_vector_compiler *compiler,
                               struct sl_vector_place dst);

bool sl_vector_has_kernel(enum sl_ir_op op);

/* A component of the present operation's result, to dst; final is where it ends up. */
void sl_vector_compile_component(struct sl_vector_compiler *compiler, unsigned component,
                                 struct sl_vector_place dst, struct sl_vector_place final);

#endif
