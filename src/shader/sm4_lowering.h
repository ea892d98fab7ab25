/*
 * The inside of sl_ir_from_sm4(): what one translation knows, and the jobs it is made of.
 *
 *   sm4_lowering.c   the order of things; the entry
 *   sm4_declaration.c  declarations -> fields of the program
 *   sm4_usage.c      what operands say beyond declarations
 *   sm4_interface.c  signatures -> elements
 *   sm4_access.c     operands
 *   sm4_arithmetic.c, sm4_flow.c, sm4_memory.c   instructions
 *
 * Whoever meets a fault calls sl_sm4_refuse(), which remembers the first; work goes on with empty
 * operands until the next instruction.
 */
#ifndef SL_SHADER_SM4_LOWERING_H
#define SL_SHADER_SM4_LOWERING_H

#include "bytecode/dxbc.h"
#include "bytecode/sm4.h"
#include "shader/ir_builder.h"

#define SL_SM4_ARRAYS_MAX 256u
#define SL_SM4_RANGES_MAX 64u
#define SL_SM4_REGISTERS_MAX 32u /* inputs, outputs, patch constants */
#define SL_SM4_TEMPS_MAX 4096u
#define SL_SM4_CONSTANT_ROWS_MAX 4096u
#define SL_SM4_PREDICATES_MAX 16u

/* dcl_indexRange: registers that relative addresses may reach. */
struct sl_sm4_range {
    enum sl_sm4_register type;
    uint32_t first;
    uint32_t count;
};

/* One component of an input, output or patch constant as declarations have it. */
struct sl_sm4_component {
    bool declared;
    uint8_t interpolation; /* enum sl_ir_interpolation */
    uint8_t system_value;  /* 0 = none */
};

typedef struct sl_sm4_component sl_sm4_components[SL_SM4_REGISTERS_MAX][4];

enum sl_sm4_phase { SL_SM4_WHOLE, SL_SM4_CONTROL_POINTS, SL_SM4_FORK, SL_SM4_JOIN };

struct sl_sm4_lowering {
    const struct sl_sm4_program *source;
    const struct sl_dxbc *dxbc;
    const struct sl_ir_options *options;
    struct sl_ir_builder builder;
    struct sl_ir_program *program;
    bool aero;

    const struct sl_sm4_insn *insn; /* being worked on */
    enum sl_ir_verdict verdict;     /* of the first fault */
    char *message;
    size_t message_size;

    /* From signatures; a container without one has present = false. */
    struct sl_dxbc_signature inputs;
    struct sl_dxbc_signature outputs;
    struct sl_dxbc_signature constants;

    /* From declarations, and in Aero's dialect from use. */
    sl_sm4_components input_components;
    sl_sm4_components output_components;
    sl_sm4_components constant_components;
    uint32_t temp_count;
    uint32_t predicate_count; /* temps from temp_count on */
    struct {
        bool declared;
        uint16_t number;
        uint32_t size;
    } arrays[SL_SM4_ARRAYS_MAX];
    uint32_t array_elements;
    struct sl_sm4_range ranges[SL_SM4_RANGES_MAX];
    uint32_t range_count;
    uint8_t resource_flags[128]; /* buffers: SL_IR_FLAG_STRUCTURED, _TYPED or 0 = raw */
    uint8_t uav_flags[8];
    bool writes_depth; /* to oDepth and its kin, which are no o# */
    bool writes_coverage;
    bool has_thread_group;
    bool splits_phases;        /* at returns */
    bool repeats_as_constants; /* the outputs of an Aero hull program are its patch constants too */

    enum sl_sm4_phase phase;
    uint32_t nesting;      /* of blocks, to find returns at the top */
    int32_t position_copy; /* temp that replaces the position input, -1 = none */
    uint32_t position_reg;
};

/* ---- sm4_lowering.c ---- */

void sl_sm4_refuse(struct sl_sm4_lowering *low, enum sl_ir_verdict verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- sm4_declaration.c ---- */

/* Reads all declarations, and whatever else is to be known before the first operation. */
void sl_sm4_declare(struct sl_sm4_lowering *low);

bool sl_sm4_is_declaration(enum sl_sm4_op op);

/* ---- sm4_usage.c ---- */

/* Notes the registers of an instruction; in Aero's dialect they need no declaration. */
void sl_sm4_use_operands(struct sl_sm4_lowering *low);

/* Notes depth and coverage outputs, which are no o#. */
void sl_sm4_note_output(struct sl_sm4_lowering *low, const struct sl_sm4_operand *operand);

/* The table that an operand's register is in, by its last index; NULL if in none. */
sl_sm4_components *sl_sm4_components_of(struct sl_sm4_lowering *low,
                                        const struct sl_sm4_operand *operand);

/* ---- sm4_interface.c ---- */

bool sl_sm4_read_signatures(struct sl_sm4_lowering *low);
void sl_sm4_add_elements(struct sl_sm4_lowering *low);

/* Whether the output signature has tessellation factors, which are patch constants. */
bool sl_sm4_outputs_hold_factors(const struct sl_sm4_lowering *low);

/* What an input register is by its signature, enum sl_dxbc_system_value. */
uint32_t sl_sm4_input_value(const struct sl_sm4_lowering *low, uint32_t reg);

/* ---- sm4_access.c ---- */

struct sl_ir_dst sl_sm4_dst(struct sl_sm4_lowering *low, const struct sl_sm4_operand *operand);
struct sl_ir_src sl_sm4_src(struct sl_sm4_lowering *low, const struct sl_sm4_operand *operand,
                            enum sl_ir_kind kind);

/* A slot number below limit. */
uint16_t sl_sm4_slot(struct sl_sm4_lowering *low, const struct sl_sm4_operand *operand,
                     enum sl_sm4_register type, uint32_t limit);

/* Operands of the current instruction. */
struct sl_ir_dst sl_sm4_dst_at(struct sl_sm4_lowering *low, size_t index);
struct sl_ir_src sl_sm4_src_at(struct sl_sm4_lowering *low, size_t index, enum sl_ir_kind kind);

/* A scratch temp as destination and source. */
struct sl_ir_dst sl_sm4_scratch(struct sl_sm4_lowering *low, unsigned mask, struct sl_ir_src *src);

/* ---- instructions: true if the opcode is theirs ---- */

bool sl_sm4_lower_arithmetic(struct sl_sm4_lowering *low);
bool sl_sm4_lower_flow(struct sl_sm4_lowering *low);
bool sl_sm4_lower_memory(struct sl_sm4_lowering *low);

/* The predicate of the current instruction as a condition. */
void sl_sm4_open_predicate(struct sl_sm4_lowering *low);
void sl_sm4_close_predicate(struct sl_sm4_lowering *low);

/* Starts a phase of a hull program; the program that has none of control points passes them on. */
void sl_sm4_start_phase(struct sl_sm4_lowering *low, enum sl_sm4_phase phase);

#endif
