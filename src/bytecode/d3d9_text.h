/*
 * The listing's line of one instruction: written and read. Both use the same words, and reading
 * gives the SDK's encoding of what the line says. Private to d3d9_*.c.
 */
#ifndef SL_BYTECODE_D3D9_TEXT_H
#define SL_BYTECODE_D3D9_TEXT_H

#include "bytecode/d3d9_table.h"

/* Opcode token and the four bits of its length. */
#define SL_D3D9_INSN_WORDS_MAX 16u

/* Words of the listing; entry n is what value n of the field is called, "" where it is nothing. */
extern const char *const sl_d3d9_comparison_names[8];
extern const char *const sl_d3d9_usage_names[16];
extern const char *const sl_d3d9_sampler_names[5];
extern const char *const sl_d3d9_shift_names[7]; /* of shift + 3 */

struct sl_d3d9_modifier_name {
    const char *prefix;
    const char *suffix;
};
extern const struct sl_d3d9_modifier_name sl_d3d9_modifier_names[14];

struct sl_d3d9_register_name {
    const char *name;
    enum sl_d3d9_register type;
    int8_t number;    /* -1: a number follows the name */
    int8_t is_pixel;  /* -1: in both stages */
    uint8_t versions; /* bit n: major version n */
};
extern const struct sl_d3d9_register_name sl_d3d9_register_names[];
extern const size_t sl_d3d9_register_name_count;

/* Without indentation and line break; nothing for comments. */
void sl_d3d9_print_insn(const struct sl_d3d9_program *program, const struct sl_d3d9_insn *insn,
                        struct sl_buf *text);

/*
 * The tokens of a line, in the program's version and length form, with parameter_bit (bit 31 or 0)
 * in operands. Checks only what it needs to know; false with a sentence in message.
 */
bool sl_d3d9_read_insn(const struct sl_d3d9_program *program, uint32_t parameter_bit,
                       const char *text, size_t size, uint32_t words[SL_D3D9_INSN_WORDS_MAX],
                       size_t *count, char *message, size_t message_size);

#endif
