/*
 * The listing's line of one instruction: written and read, with the same words. Private to
 * sm4_*.c.
 */
#ifndef SL_BYTECODE_SM4_TEXT_H
#define SL_BYTECODE_SM4_TEXT_H

#include "bytecode/sm4_table.h"

struct sl_sm4_register_name {
    const char *name;
    enum sl_sm4_register type;
    uint8_t bare_declared; /* components of an operand without a suffix, in declarations */
    uint8_t bare_used;     /* and in other instructions */
    bool brackets;         /* the first index stands in brackets even if it is a number */
};

extern const struct sl_sm4_register_name sl_sm4_register_names[];
extern const size_t sl_sm4_register_name_count;

const struct sl_sm4_register_name *sl_sm4_register_name(enum sl_sm4_register type);

/*
 * What a declaration says after its mnemonic: text with fields in it. %o is the operand, %n the
 * next extra word, %l that word as a float literal, %s as a system value, %r as four return types;
 * other letters are control fields.
 */
const char *sl_sm4_declaration_format(enum sl_sm4_op op);

struct sl_sm4_control_field {
    char letter;
    uint8_t low; /* bit in the opcode token */
    uint8_t count;
    const char *const *names; /* NULL: a number */
    uint8_t name_count;
};

const struct sl_sm4_control_field *sl_sm4_control_field(char letter);

/* Names by number; NULL entries have none. */
struct sl_sm4_names {
    const char *const *names;
    size_t count;
};

extern const struct sl_sm4_names sl_sm4_system_value_names;
extern const struct sl_sm4_names sl_sm4_dimension_names;
extern const struct sl_sm4_names sl_sm4_return_type_names;
extern const struct sl_sm4_names sl_sm4_global_flag_names; /* by bit, from bit 11 on */
extern const struct sl_sm4_names sl_sm4_compare_names;     /* Aero's ifc, breakc, continuec */
extern const struct sl_sm4_names sl_sm4_setp_names;
extern const struct sl_sm4_names sl_sm4_stage_names;
extern const struct sl_sm4_names sl_sm4_sync_names; /* by bit, from bit 11 on, high bits first */
extern const struct sl_sm4_names sl_sm4_aero_sync_names;
extern const struct sl_sm4_names sl_sm4_resinfo_names;

/* NULL if the number has no name. */
const char *sl_sm4_name(const struct sl_sm4_names *names, size_t number);

/* The number of a name of size bytes, or names->count. */
size_t sl_sm4_find_name(const struct sl_sm4_names *names, const char *name, size_t size);

/* In the opcode token of a view's declaration. */
#define SL_SM4_GLOBALLY_COHERENT (1u << 16)
#define SL_SM4_ORDER_PRESERVING (1u << 23)

#define SL_SM4_CLASS_ICB 3u /* customdata: an immediate constant buffer */

/* Kinds of extended opcode tokens. */
enum sl_sm4_extension {
    SL_SM4_EXTENSION_OFFSETS = 1,
    SL_SM4_EXTENSION_DIMENSION = 2,
    SL_SM4_EXTENSION_RETURN_TYPES = 3,
};

/* Without indentation and line break; an immediate constant buffer has several lines. */
void sl_sm4_print_insn(const struct sl_sm4_program *program, const struct sl_sm4_insn *insn,
                       struct sl_buf *text);

/* Six digits behind the point, ties away from zero, as listings do. The bits must be finite. */
void sl_sm4_print_float(struct sl_buf *text, uint32_t bits);
void sl_sm4_print_double(struct sl_buf *text, uint64_t bits);

/* One component of a literal operand. */
void sl_sm4_print_literal(struct sl_buf *text, enum sl_sm4_literal kind, uint32_t bits);

/* A literal that may be anything: a small integer, a float, or bits. */
void sl_sm4_print_mixed(struct sl_buf *text, uint32_t bits);

#endif
