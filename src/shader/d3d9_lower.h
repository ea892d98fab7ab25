/*
 * Lowering Direct3D 9 programs: what the parts of the translator share. An instruction goes through
 * three steps: its sources become operands (modifiers that the IR lacks are computed into scratch
 * temps), its own operations compute the result, and the result is shifted, saturated, predicated
 * and written as the destination says.
 *
 * Registers: r0..r31 are temps of the same number, then a0, aL, p0 and the t0..t5 of ps_1_x. Inputs
 * and outputs are numbered by d3d9_interface.c. c#, i#, b# are constant buffers 0, 1, 2.
 */
#ifndef SL_SHADER_D3D9_LOWER_H
#define SL_SHADER_D3D9_LOWER_H

#include "bytecode/d3d9.h"
#include "shader/exec.h"
#include "shader/ir_builder.h"

enum {
    SL_D3D9_TEMP_A0 = 32,
    SL_D3D9_TEMP_AL = 33,
    SL_D3D9_TEMP_P0 = 34,
    SL_D3D9_TEMP_T0 = 35,
    SL_D3D9_TEMP_PAD0 = 41, /* rows of the texm3x* instructions */
    SL_D3D9_TEMP_POSITION = 42,
    SL_D3D9_TEMPS = 43,
};

enum {
    SL_D3D9_BUFFER_FLOAT,
    SL_D3D9_BUFFER_INT,
    SL_D3D9_BUFFER_BOOL,
};

#define SL_D3D9_CONSTANT_ROWS 256u
#define SL_D3D9_DEPTH_OUTPUT 4u /* oDepth, after oC0..oC3 */
#define SL_D3D9_INPUTS 16u
#define SL_D3D9_TEXCOORDS 8u

/* What vertex outputs are, legacy ones first; o# and oT# share their numbers. */
enum {
    SL_D3D9_SLOT_POSITION,
    SL_D3D9_SLOT_FOG,
    SL_D3D9_SLOT_POINT_SIZE,
    SL_D3D9_SLOT_COLOR0,
    SL_D3D9_SLOT_COLOR1,
    SL_D3D9_SLOT_OUTPUT0,
    SL_D3D9_SLOTS = SL_D3D9_SLOT_OUTPUT0 + 12,
};

/* A loop or rep that is open. */
struct sl_d3d9_loop {
    uint16_t temp;    /* x iterations left, y the aL outside, z, w scratch */
    bool has_address; /* loop, not rep */
    struct sl_d3d9_operand count;
};

struct sl_d3d9_lower {
    struct sl_ir_builder builder;
    const struct sl_d3d9_program *source;
    const struct sl_ir_options *options;
    const struct sl_d3d9_insn *insn; /* the current one */
    bool sm1_pixel;
    bool needs_all_lanes; /* sources of the current instruction feed a derivative */

    uint8_t input_reg[SL_D3D9_INPUTS];       /* of v# */
    uint8_t texcoord_reg[SL_D3D9_TEXCOORDS]; /* of pixel t# */
    uint8_t misc_reg[2];                     /* vPos, vFace */
    bool input_is_position[SL_D3D9_INPUTS];  /* pixel v# declared as POSITION */
    uint8_t output_reg[SL_D3D9_SLOTS];
    uint8_t sampler_type[16]; /* as declared, 0 = not */

    struct sl_d3d9_loop loops[SL_SHADER_NESTING];
    uint32_t loop_depth;
    uint16_t loop_temps[SL_SHADER_NESTING]; /* of the current function, by depth */
    uint32_t loop_temp_count;
    unsigned pad_count; /* rows of a texm3x* matrix so far */

    enum sl_ir_verdict verdict;
    char *message;
    size_t message_size;
};

/* Remembers the first reason why there is no program. Lowering may go on. */
void sl_d3d9_refuse(struct sl_d3d9_lower *lower, enum sl_ir_verdict verdict, const char *reason);

/* ---- d3d9_interface.c: inputs, outputs, definitions ---- */

void sl_d3d9_lower_interface(struct sl_d3d9_lower *lower);

/* The slot of a vertex output register. */
unsigned sl_d3d9_output_slot(const struct sl_d3d9_operand *operand);

/* ---- d3d9_operands.c ---- */

struct sl_ir_src sl_d3d9_register(struct sl_d3d9_lower *lower,
                                  const struct sl_d3d9_operand *operand);

/* With swizzle and modifier. */
struct sl_ir_src sl_d3d9_source(struct sl_d3d9_lower *lower, const struct sl_d3d9_operand *operand);

/* b# or p0.c as a condition; *nonzero is false under the modifier "not". */
struct sl_ir_src sl_d3d9_condition(struct sl_d3d9_lower *lower,
                                   const struct sl_d3d9_operand *operand, bool *nonzero);

/* Whether a op b holds, as a mask, by the instruction's comparison; masks components of dst. */
void sl_d3d9_compare(struct sl_d3d9_lower *lower, struct sl_ir_dst dst, struct sl_ir_src a,
                     struct sl_ir_src b);

struct sl_ir_dst sl_d3d9_destination(struct sl_d3d9_lower *lower,
                                     const struct sl_d3d9_operand *operand);

/* Where an instruction's own operations write, and what to do with it then. */
struct sl_d3d9_result {
    struct sl_ir_dst dst; /* for the operations */
    struct sl_ir_dst final;
    bool staged; /* dst is a scratch temp */
};

/*
 * staged: the result is made of several operations or must not be written yet. ints: it is no
 * float, so shift and saturation do not apply.
 */
struct sl_d3d9_result sl_d3d9_begin_result(struct sl_d3d9_lower *lower, bool staged, bool ints);
void sl_d3d9_end_result(struct sl_d3d9_lower *lower, const struct sl_d3d9_result *result);

struct sl_ir_dst sl_d3d9_scratch(struct sl_d3d9_lower *lower, unsigned mask);
struct sl_ir_src sl_d3d9_read(struct sl_ir_dst dst); /* the same register as a source */

/* ---- the instructions; false if this part does not know the current one ---- */

/*
 * pending is the result, not written yet. staged: it must be kept apart from its destination until
 * sl_d3d9_end_result().
 */
bool sl_d3d9_lower_arithmetic(struct sl_d3d9_lower *lower, bool staged,
                              struct sl_d3d9_result *pending);
bool sl_d3d9_lower_matrix(struct sl_d3d9_lower *lower);
bool sl_d3d9_lower_flow(struct sl_d3d9_lower *lower);
bool sl_d3d9_lower_sampling(struct sl_d3d9_lower *lower);
bool sl_d3d9_lower_sm1_texture(struct sl_d3d9_lower *lower);

/* ---- for texture instructions of all versions ---- */

/* D3DSAMPLER_TEXTURE_TYPE; 0 = not declared. */
enum {
    SL_D3D9_SAMPLER_1D = 1,
    SL_D3D9_SAMPLER_2D = 2,
    SL_D3D9_SAMPLER_CUBE = 3,
    SL_D3D9_SAMPLER_VOLUME = 4,
};

struct sl_ir_insn *sl_d3d9_sample(struct sl_d3d9_lower *lower, enum sl_ir_op op,
                                  struct sl_ir_dst dst, unsigned stage, unsigned sampler_type,
                                  struct sl_ir_src coordinates);

/* Discards lanes where one of these components is negative, if the predicate agrees. */
void sl_d3d9_kill(struct sl_d3d9_lower *lower, struct sl_ir_src value, unsigned mask);

#endif
