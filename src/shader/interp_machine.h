/*
 * Inside of the interpreter: the machine's registers and how operations read and write them. Files
 * named interp_* are made of this, and the vector engine (vector_*), which keeps its registers in
 * the same machine and leaves control flow and whatever it has no faster form of to these
 * functions.
 */
#ifndef SL_SHADER_INTERP_MACHINE_H
#define SL_SHADER_INTERP_MACHINE_H

#include "shader/exec.h"

/*
 * A block that is open. Each lane is in the active set, or in one set of one open block, where it
 * waits to become active again; or it has ended and is nowhere.
 */
struct sl_interp_block {
    enum sl_ir_op op;      /* IF, LOOP, SWITCH, CALL */
    uint32_t at;           /* of the operation that opened it */
    uint64_t waiting;      /* IF: for ELSE; LOOP: continued; SWITCH: for their CASE */
    uint64_t left;         /* done: after ELSE the first half, broken, returned */
    uint64_t fallback;     /* SWITCH: for DEFAULT */
    uint32_t iterations;   /* LOOP */
    uint32_t *switch_keys; /* SWITCH: of each lane */
};

struct sl_machine {
    const struct sl_ir_program *program;
    struct sl_shader_call *call; /* the present one */
    unsigned lane_count;
    uint32_t at;      /* the operation to execute next */
    uint64_t active;  /* lanes that execute it */
    uint64_t helpers; /* lanes without effects on memory: the call's and discarded ones */

    struct sl_interp_block *blocks;
    unsigned block_count;
    unsigned open_switches;
    uint32_t *switch_keys; /* for each open SWITCH, of each lane */
    uint32_t *executed;    /* instructions of each lane; NULL if no cap is in reach */
    uint32_t *temps;       /* [register][component][lane] */
    uint32_t *arrays;
};

/* The values of one operand component (after swizzle) in all lanes; lanes beyond the machine's 0.
 */
typedef uint32_t sl_interp_lanes[SL_LANES];

/* Component of the register behind an operand, without swizzle and modifiers, in a lane. */
uint32_t sl_interp_component(const struct sl_machine *machine, const struct sl_ir_src *src,
                             unsigned component, unsigned lane);

/* Without modifiers. */
void sl_interp_fetch(const struct sl_machine *machine, const struct sl_ir_src *src,
                     unsigned component, sl_interp_lanes values);

/* With the modifiers of operand number `source`. */
void sl_interp_read(const struct sl_machine *machine, const struct sl_ir_insn *insn,
                    unsigned source, unsigned component, sl_interp_lanes values);

/* The same, as floats. */
void sl_interp_read_float(const struct sl_machine *machine, const struct sl_ir_insn *insn,
                          unsigned source, unsigned component, float values[SL_LANES]);

/* Writes the masked components of a result to the active lanes, saturated if dst says so. */
void sl_interp_write(struct sl_machine *machine, const struct sl_ir_dst *dst,
                     const sl_interp_lanes values[4]);

/* Starts a call: everything but clearing registers. */
void sl_interp_enter(struct sl_machine *machine, struct sl_shader_call *call);

/* Counts an operation; a lane that would exceed its cap ends instead. */
void sl_interp_account(struct sl_machine *machine, const struct sl_ir_insn *insn);

/* Any operation but control flow, for the active lanes. */
void sl_interp_execute(struct sl_machine *machine, const struct sl_ir_insn *insn);

/* ---- sampling, with operands wherever they are ---- */

#define SL_INTERP_SAMPLE_SRCS 3u

/* Components of operands, with modifiers; offsets are those of gathers, without. */
struct sl_interp_operands {
    const float *floats[SL_INTERP_SAMPLE_SRCS][4];
    const uint32_t *offsets[2];
};

/* True for SAMPLE* and GATHER4*, LOD: operations for sl_interp_sample(). */
bool sl_interp_samples(enum sl_ir_op op);

/* How many components of an operand they read. */
unsigned sl_interp_sample_components(const struct sl_ir_insn *insn, unsigned source);

/* Texels of the active lanes, in the order of their channels; other lanes are left alone. */
void sl_interp_sample(struct sl_machine *machine, const struct sl_ir_insn *insn,
                      const struct sl_interp_operands *operands, sl_texel_lanes texels);

/* Operations on textures and on buffers. */
void sl_interp_texture(struct sl_machine *machine, const struct sl_ir_insn *insn);
void sl_interp_memory(struct sl_machine *machine, const struct sl_ir_insn *insn);

#endif
