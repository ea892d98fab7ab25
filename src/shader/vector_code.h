/*
 * What the vector engine compiles a program into: for each operation of the IR the steps that
 * compute it, on one component each, between places that a machine has. Only files named vector_*
 * include this.
 */
#ifndef SL_SHADER_VECTOR_CODE_H
#define SL_SHADER_VECTOR_CODE_H

#include "shader/exec.h"
#include "shader/interp_machine.h"
#include "shader/vector_kernels.h"

/* Storage of one component in all lanes. */
enum sl_vector_base {
    SL_VECTOR_TEMPS, /* slot = 4 * register + component, as in the next three */
    SL_VECTOR_INPUTS,
    SL_VECTOR_OUTPUTS,
    SL_VECTOR_SYSTEM,
    SL_VECTOR_VALUES,  /* the same in all lanes */
    SL_VECTOR_SCRATCH, /* during one operation */
};

struct sl_vector_place {
    enum sl_vector_base base;
    uint32_t slot;
};

/* A component of an operand that is the same in all lanes, with its modifiers. */
struct sl_vector_value {
    const struct sl_ir_src *src;
    uint8_t component; /* after its swizzle */
    uint32_t and_bits;
    uint32_t xor_bits;
};

enum sl_vector_special {
    SL_VECTOR_KERNEL_STEP,
    SL_VECTOR_EXECUTE, /* the whole operation, by the interpreter */
    SL_VECTOR_FETCH,   /* a component of an operand, by the interpreter, without modifiers */
    SL_VECTOR_SAMPLE,  /* texels of the active lanes, to dst and the three places after it */
};

/* Where operands of a sampling operation are. */
struct sl_vector_sample {
    uint32_t insn;
    struct sl_vector_place places[SL_INTERP_SAMPLE_SRCS][4];
};

struct sl_vector_op {
    enum sl_vector_special special;
    enum sl_vector_kernel kernel;
    enum sl_vector_kernel fast; /* for a pass that leaves denormals alone */
    bool whole;                 /* written in all lanes, whichever are active */
    bool gone;                  /* part of another one */
    uint8_t source;             /* FETCH */
    uint8_t component;
    uint8_t src_count;
    uint32_t insn;   /* EXECUTE, FETCH */
    uint32_t sample; /* SAMPLE: its number */
    uint32_t and_bits;
    uint32_t xor_bits;
    struct sl_vector_place dst;
    struct sl_vector_place src[SL_VECTOR_SRCS];
};

struct sl_vector_code {
    const struct sl_ir_program *program;
    struct sl_vector_op *ops;
    uint32_t op_count;
    uint32_t *first;     /* [insn_count + 1]: the first op of each operation */
    uint32_t *next_flow; /* [insn_count + 1]: the next operation that is control flow, or the end */
    uint32_t *cost;      /* [insn_count + 1]: of all operations before */
    struct sl_vector_sample *samples;
    uint32_t sample_count;
    struct sl_vector_value *values;
    uint32_t value_count;
    struct sl_vector_place *cleared; /* temps and outputs that are zero at the start */
    uint32_t cleared_count;
    uint32_t scratch_count;
};

/* Registers as operations see them, found before compiling: bits are components of registers. */
struct sl_vector_facts {
    uint8_t *temps_as_bits; /* [temp_count]: something other than arithmetic reads them */
    uint8_t *clear_temps;   /* [temp_count]: may be read before written */
    uint8_t clear_outputs[SL_IR_REGISTERS_MAX];
};

/* False without memory. */
bool sl_vector_facts_find(struct sl_vector_facts *facts, const struct sl_ir_program *program);
void sl_vector_facts_finish(struct sl_vector_facts *facts);

/* Components of a source that an operation reads, before the source's swizzle. */
unsigned sl_vector_components_read(const struct sl_ir_insn *insn, unsigned source);

#endif
