/*
 * Builds programs: the translators append operations, registers and elements, and
 * sl_ir_builder_complete() resolves control flow, checks its shape and fills in what a program says
 * of itself. No function here needs its result checked for lack of memory: it is remembered, and
 * completion reports it.
 *
 * Temps are numbered by the translator below the reserved count and by sl_ir_builder_scratch()
 * above it; scratch temps are good until the next source instruction, kept ones for ever.
 *
 * Until completion, target of LABEL, CALL and CALLC is the number of the label in the source.
 */
#ifndef SL_SHADER_IR_BUILDER_H
#define SL_SHADER_IR_BUILDER_H

#include "shader/ir.h"

struct sl_ir_builder {
    struct sl_ir_program *program; /* NULL without memory */
    struct sl_ir_insn spare;       /* what appending returns without memory */
    struct sl_ir_element spare_element;
    struct sl_ir_program spare_program;
    uint32_t insn_capacity;
    uint32_t source_offset;
    uint32_t kept_temps;   /* numbers below are taken for the whole program */
    uint32_t next_scratch; /* >= kept_temps */
    uint8_t cost;          /* of the next operation */
    bool failed;           /* without memory */
    bool crowded;          /* too many temps, elements or operations */
};

/* Starts an empty program without depth or coverage output. Always sl_ir_builder_finish(). */
void sl_ir_builder_start(struct sl_ir_builder *builder, enum sl_ir_stage stage,
                         enum sl_ir_family family, unsigned major, unsigned minor);
void sl_ir_builder_finish(struct sl_ir_builder *builder);

/* Never NULL: a spare one without memory. */
struct sl_ir_program *sl_ir_builder_program(struct sl_ir_builder *builder);

/* The operations that follow come from the instruction at this offset; scratch temps are free. */
void sl_ir_builder_source(struct sl_ir_builder *builder, uint32_t offset_words);

/* Temps 0..count-1 belong to the translator; call before any of the next two. */
void sl_ir_builder_reserve(struct sl_ir_builder *builder, uint32_t count);
uint16_t sl_ir_builder_keep(struct sl_ir_builder *builder); /* not while scratch temps are in use */
uint16_t sl_ir_builder_scratch(struct sl_ir_builder *builder);

/* The number of a new array. */
uint16_t sl_ir_builder_array(struct sl_ir_builder *builder, uint32_t elements);

/* New zeroed elements; good until the next one of the same kind. */
struct sl_ir_element *sl_ir_builder_input(struct sl_ir_builder *builder);
struct sl_ir_element *sl_ir_builder_output(struct sl_ir_builder *builder);
struct sl_ir_element *sl_ir_builder_patch_constant(struct sl_ir_builder *builder);

void sl_ir_builder_definition(struct sl_ir_builder *builder, unsigned buffer, unsigned row,
                              const uint32_t value[4]);

/* A phase that starts with the next operation. */
void sl_ir_builder_phase(struct sl_ir_builder *builder, enum sl_ir_phase_kind kind,
                         uint32_t instance_count);

/* Copies rows of four words into the immediate constant buffer. */
void sl_ir_builder_table(struct sl_ir_builder *builder, const uint32_t *words, uint32_t rows);

/*
 * Appends an operation: result is x, y, z, w, everything else zero. It is good until the next one,
 * and in time to change the rest of its fields.
 */
struct sl_ir_insn *sl_ir_append(struct sl_ir_builder *builder, enum sl_ir_op op);

/* The same with operands. */
struct sl_ir_insn *sl_ir_append1(struct sl_ir_builder *builder, enum sl_ir_op op,
                                 struct sl_ir_dst dst, struct sl_ir_src a);
struct sl_ir_insn *sl_ir_append2(struct sl_ir_builder *builder, enum sl_ir_op op,
                                 struct sl_ir_dst dst, struct sl_ir_src a, struct sl_ir_src b);
struct sl_ir_insn *sl_ir_append3(struct sl_ir_builder *builder, enum sl_ir_op op,
                                 struct sl_ir_dst dst, struct sl_ir_src a, struct sl_ir_src b,
                                 struct sl_ir_src c);

/* A control operation with a condition: component 0 of the source's swizzle. */
struct sl_ir_insn *sl_ir_append_condition(struct sl_ir_builder *builder, enum sl_ir_op op,
                                          struct sl_ir_src condition, bool nonzero);

/* Operands: registers without swizzle or modifiers. */
struct sl_ir_dst sl_ir_dst(enum sl_ir_file file, unsigned reg, unsigned mask);
struct sl_ir_src sl_ir_src(enum sl_ir_file file, unsigned reg);
struct sl_ir_src sl_ir_constant(unsigned buffer, int32_t row);
struct sl_ir_src sl_ir_bits(uint32_t x, uint32_t y, uint32_t z, uint32_t w);
struct sl_ir_src sl_ir_word(uint32_t bits); /* in all components */
struct sl_ir_src sl_ir_float(float value);  /* in all components */
struct sl_ir_src sl_ir_swizzled(struct sl_ir_src src, unsigned x, unsigned y, unsigned z,
                                unsigned w); /* of what src reads so far */
struct sl_ir_src sl_ir_component(struct sl_ir_src src, unsigned component);
struct sl_ir_src sl_ir_negated(struct sl_ir_src src);
struct sl_ir_src sl_ir_magnitude(struct sl_ir_src src); /* |src| */

/*
 * Appends a RET where the last function has none, resolves targets, sets FLAG_EXIT on returns
 * outside functions, checks nesting, calls and register numbers, and computes counts and facts.
 * SL_IR_OK hands over the program.
 */
enum sl_ir_verdict sl_ir_builder_complete(struct sl_ir_builder *builder,
                                          struct sl_ir_program **program, char *message,
                                          size_t message_size);

/* Writes a message for a person; returns verdict. */
enum sl_ir_verdict sl_ir_refuse(enum sl_ir_verdict verdict, char *message, size_t message_size,
                                const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
