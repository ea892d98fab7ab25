/*
 * What the parser, the disassembler and the assembler of D3D9 bytecode share: the rows of
 * d3d9_ops.def, the registers of each version, and the fields of tokens. Private to d3d9_*.c.
 */
#ifndef SL_BYTECODE_D3D9_TABLE_H
#define SL_BYTECODE_D3D9_TABLE_H

#include "bytecode/d3d9.h"

/* Columns of the tables. 2.x counts as 2.0: it has no instruction of its own here. */
enum sl_d3d9_version {
    SL_D3D9_VS_1,
    SL_D3D9_PS_1_1, /* to 1_3 */
    SL_D3D9_PS_1_4,
    SL_D3D9_VS_2,
    SL_D3D9_PS_2,
    SL_D3D9_VS_3,
    SL_D3D9_PS_3,
    SL_D3D9_VERSIONS,
};

/* What bits 23..16 and 28 of the opcode token may hold. */
enum sl_d3d9_class {
    SL_D3D9_CLASS_ARITHMETIC,   /* saturate and shift of other assemblers; a predicate */
    SL_D3D9_CLASS_SAMPLE,       /* how texld takes its coordinate; a predicate */
    SL_D3D9_CLASS_COMPARE,      /* a comparison; a predicate */
    SL_D3D9_CLASS_COMPARE_FLOW, /* a comparison */
    SL_D3D9_CLASS_KILL,         /* a predicate; its operand is written as a destination, but read */
    SL_D3D9_CLASS_FLOW,         /* nothing */
    SL_D3D9_CLASS_DEFINE,       /* nothing; literals follow the register */
    SL_D3D9_CLASS_DECLARE,      /* anything in the form with one operand */
    SL_D3D9_CLASS_NOP,          /* nothing, the length neither */
};

struct sl_d3d9_row {
    enum sl_d3d9_op op;
    const char *mnemonic; /* NULL in rows without an instruction */
    enum sl_d3d9_class kind;
    bool has_dst;
    int8_t sources[5]; /* as in d3d9_ops.def; -1 for X */
};

/* An opcode number of another assembler, accepted from version 2.0 on. */
struct sl_d3d9_alias {
    uint16_t code;
    uint8_t operands; /* without a predicate; 0 for any count */
    enum sl_d3d9_op op;
};

extern const struct sl_d3d9_alias sl_d3d9_aliases[];
extern const size_t sl_d3d9_alias_count;

/* NULL for what is no instruction, the end and comments included. */
const struct sl_d3d9_row *sl_d3d9_row(enum sl_d3d9_op op);

/* The first row with the mnemonic; NULL if there is none. */
const struct sl_d3d9_row *sl_d3d9_row_named(const char *mnemonic, size_t size);

/* The opcode number in streams. */
uint32_t sl_d3d9_code(enum sl_d3d9_op op);

/* The column of a version that sl_d3d9_version_known() accepts. */
enum sl_d3d9_version sl_d3d9_version_column(const struct sl_d3d9_program *program);
bool sl_d3d9_version_known(bool is_pixel, unsigned major, unsigned minor);

/* Sources of the row in a version; -1 where it has no such instruction. */
int sl_d3d9_sources(const struct sl_d3d9_row *row, enum sl_d3d9_version version);

/* How many registers of the type the version has; 0 for none. */
unsigned sl_d3d9_register_limit(enum sl_d3d9_register type, enum sl_d3d9_version version);

/* Words after a DEF, DEFI or DEFB register. */
static inline unsigned sl_d3d9_literal_count(enum sl_d3d9_op op)
{
    return op == SL_D3D9_DEFB ? 1 : 4;
}

#define SL_D3D9_END_TOKEN 0x0000FFFFu
#define SL_D3D9_PARAMETER 0x80000000u /* bit 31 of parameter tokens */
#define SL_D3D9_COISSUE 0x40000000u
#define SL_D3D9_PREDICATED 0x10000000u
#define SL_D3D9_RELATIVE 0x00002000u
#define SL_D3D9_SATURATE 0x00100000u
#define SL_D3D9_PARTIAL 0x00200000u
#define SL_D3D9_CENTROID 0x00400000u
#define SL_D3D9_SATURATE_ALIAS 0x00100000u
#define SL_D3D9_COMMENT_WORDS_MAX 0x7FFFu

static inline unsigned sl_d3d9_control(uint32_t token)
{
    return token >> 16 & 0xFF;
}

static inline unsigned sl_d3d9_length(uint32_t token)
{
    return token >> 24 & 0xF;
}

static inline enum sl_d3d9_register sl_d3d9_token_register(uint32_t token)
{
    return (enum sl_d3d9_register)((token >> 28 & 7) | (token >> 8 & 0x18));
}

#endif
