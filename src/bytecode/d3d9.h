/*
 * Direct3D 9 bytecode, vs_1_1 to vs_3_0 and ps_1_1 to ps_3_0: tokens to instructions and back. An
 * instruction says what it means, with the encodings that differ between producers resolved, and
 * keeps its tokens, so that what was read can be written again bit for bit.
 *
 * Order: sl_d3d9_parse(), use, sl_d3d9_finish(). Tokens come from a guest; nothing about them is
 * believed.
 */
#ifndef SL_BYTECODE_D3D9_H
#define SL_BYTECODE_D3D9_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* D3DSHADER_INSTRUCTION_OPCODE_TYPE; values are the SDK's. Aliases never occur in a parsed program.
 */
enum sl_d3d9_op {
    SL_D3D9_NOP = 0,
    SL_D3D9_MOV = 1,
    SL_D3D9_ADD = 2,
    SL_D3D9_SUB = 3,
    SL_D3D9_MAD = 4,
    SL_D3D9_MUL = 5,
    SL_D3D9_RCP = 6,
    SL_D3D9_RSQ = 7,
    SL_D3D9_DP3 = 8,
    SL_D3D9_DP4 = 9,
    SL_D3D9_MIN = 10,
    SL_D3D9_MAX = 11,
    SL_D3D9_SLT = 12,
    SL_D3D9_SGE = 13,
    SL_D3D9_EXP = 14,
    SL_D3D9_LOG = 15,
    SL_D3D9_LIT = 16,
    SL_D3D9_DST = 17,
    SL_D3D9_LRP = 18,
    SL_D3D9_FRC = 19,
    SL_D3D9_M4X4 = 20,
    SL_D3D9_M4X3 = 21,
    SL_D3D9_M3X4 = 22,
    SL_D3D9_M3X3 = 23,
    SL_D3D9_M3X2 = 24,
    SL_D3D9_CALL = 25,
    SL_D3D9_CALLNZ = 26,
    SL_D3D9_LOOP = 27,
    SL_D3D9_RET = 28,
    SL_D3D9_ENDLOOP = 29,
    SL_D3D9_LABEL = 30,
    SL_D3D9_DCL = 31,
    SL_D3D9_POW = 32,
    SL_D3D9_CRS = 33,
    SL_D3D9_SGN = 34,
    SL_D3D9_ABS = 35,
    SL_D3D9_NRM = 36,
    SL_D3D9_SINCOS = 37,
    SL_D3D9_REP = 38,
    SL_D3D9_ENDREP = 39,
    SL_D3D9_IF = 40,
    SL_D3D9_IFC = 41,
    SL_D3D9_ELSE = 42,
    SL_D3D9_ENDIF = 43,
    SL_D3D9_BREAK = 44,
    SL_D3D9_BREAKC = 45,
    SL_D3D9_MOVA = 46,
    SL_D3D9_DEFB = 47,
    SL_D3D9_DEFI = 48,
    SL_D3D9_TEXCOORD = 64, /* texcrd in ps_1_4 */
    SL_D3D9_TEXKILL = 65, /* what it tests is dst, as the SDK encodes it */
    SL_D3D9_TEX = 66, /* tex in ps_1_1 to 1_3, texld from ps_1_4 on */
    SL_D3D9_TEXBEM = 67,
    SL_D3D9_TEXBEML = 68,
    SL_D3D9_TEXREG2AR = 69,
    SL_D3D9_TEXREG2GB = 70,
    SL_D3D9_TEXM3X2PAD = 71,
    SL_D3D9_TEXM3X2TEX = 72,
    SL_D3D9_TEXM3X3PAD = 73,
    SL_D3D9_TEXM3X3TEX = 74,
    SL_D3D9_TEXM3X3SPEC = 76,
    SL_D3D9_TEXM3X3VSPEC = 77,
    SL_D3D9_EXPP = 78,
    SL_D3D9_LOGP = 79,
    SL_D3D9_CND = 80,
    SL_D3D9_DEF = 81,
    SL_D3D9_TEXREG2RGB = 82,
    SL_D3D9_TEXDP3TEX = 83,
    SL_D3D9_TEXM3X2DEPTH = 84,
    SL_D3D9_TEXDP3 = 85,
    SL_D3D9_TEXM3X3 = 86,
    SL_D3D9_TEXDEPTH = 87,
    SL_D3D9_CMP = 88,
    SL_D3D9_BEM = 89,
    SL_D3D9_DP2ADD = 90,
    SL_D3D9_DSX = 91,
    SL_D3D9_DSY = 92,
    SL_D3D9_TEXLDD = 93,
    SL_D3D9_SETP = 94,
    SL_D3D9_TEXLDL = 95,
    SL_D3D9_BREAKP = 96,

    /* Ours: forms of other assemblers without an SDK opcode. */
    SL_D3D9_DP2 = 0x100,
    SL_D3D9_SEQ,
    SL_D3D9_SNE,

    SL_D3D9_PHASE = 0xFFFD,
    SL_D3D9_COMMENT = 0xFFFE,
    SL_D3D9_END = 0xFFFF,
};

/* D3DSHADER_PARAM_REGISTER_TYPE. */
enum sl_d3d9_register {
    SL_D3D9_REG_TEMP = 0,
    SL_D3D9_REG_INPUT = 1,
    SL_D3D9_REG_CONST = 2,
    SL_D3D9_REG_ADDR = 3, /* vertex: a0; pixel: t# */
    SL_D3D9_REG_RASTOUT = 4,
    SL_D3D9_REG_ATTROUT = 5,
    SL_D3D9_REG_OUTPUT = 6, /* oT# up to vs_2_x, o# in vs_3_0 */
    SL_D3D9_REG_CONSTINT = 7,
    SL_D3D9_REG_COLOROUT = 8,
    SL_D3D9_REG_DEPTHOUT = 9,
    SL_D3D9_REG_SAMPLER = 10,
    SL_D3D9_REG_CONST2 = 11,
    SL_D3D9_REG_CONST3 = 12,
    SL_D3D9_REG_CONST4 = 13,
    SL_D3D9_REG_CONSTBOOL = 14,
    SL_D3D9_REG_LOOP = 15,
    SL_D3D9_REG_TEMPFLOAT16 = 16,
    SL_D3D9_REG_MISC = 17, /* 0 vPos, 1 vFace */
    SL_D3D9_REG_LABEL = 18,
    SL_D3D9_REG_PREDICATE = 19,
};

/* D3DSHADER_PARAM_SRCMOD. */
enum sl_d3d9_modifier {
    SL_D3D9_MOD_NONE,
    SL_D3D9_MOD_NEG,
    SL_D3D9_MOD_BIAS,
    SL_D3D9_MOD_BIASNEG,
    SL_D3D9_MOD_SIGN,
    SL_D3D9_MOD_SIGNNEG,
    SL_D3D9_MOD_COMP,
    SL_D3D9_MOD_X2,
    SL_D3D9_MOD_X2NEG,
    SL_D3D9_MOD_DZ,
    SL_D3D9_MOD_DW,
    SL_D3D9_MOD_ABS,
    SL_D3D9_MOD_ABSNEG,
    SL_D3D9_MOD_NOT,
};

/* D3DSHADER_COMPARISON: ifc, breakc and setp. 0 and 7 occur in streams and mean > and always. */
enum sl_d3d9_comparison {
    SL_D3D9_CMP_GT = 1,
    SL_D3D9_CMP_EQ = 2,
    SL_D3D9_CMP_GE = 3,
    SL_D3D9_CMP_LT = 4,
    SL_D3D9_CMP_NE = 5,
    SL_D3D9_CMP_LE = 6,
    SL_D3D9_CMP_ALWAYS = 7,
};

#define SL_D3D9_SOURCES_MAX 4u

struct sl_d3d9_operand {
    enum sl_d3d9_register type;
    uint16_t number;    /* c2048 and up are type CONST here, with their whole number */
    uint8_t write_mask; /* destinations: bit 0 = x; never 0 */
    uint8_t swizzle[4]; /* sources */
    enum sl_d3d9_modifier modifier;
    bool relative;                       /* number is added to the register below */
    enum sl_d3d9_register relative_type; /* ADDR or LOOP */
    uint8_t relative_component;          /* 0..3 */
    uint32_t token;                      /* as read */
    uint32_t relative_token;             /* as read; 0 where SM1 has none */
};

struct sl_d3d9_insn {
    enum sl_d3d9_op op;
    uint8_t control; /* TEX: 0 plain, 1 project, 2 bias; IFC, BREAKC, SETP: the comparison */
    bool coissue;    /* ps_1_x: executes together with the one before */
    bool saturate;
    bool partial_precision;
    bool centroid;
    int8_t shift; /* result is multiplied by 2^shift, -3..3 */
    bool has_dst;
    bool predicated;
    uint8_t src_count;
    struct sl_d3d9_operand dst;
    struct sl_d3d9_operand predicate;
    struct sl_d3d9_operand src[SL_D3D9_SOURCES_MAX];

    /* DCL; the register is dst. */
    bool has_usage; /* false for the one-operand form of a register without a semantic */
    uint8_t usage;  /* D3DDECLUSAGE */
    uint8_t usage_index;
    uint8_t sampler_type; /* 1 1D, 2 2D, 3 cube, 4 volume, where dst is a sampler */

    uint32_t literal[4]; /* DEF: float bits; DEFI: integers; DEFB: [0] */

    uint32_t token;      /* the opcode token as read */
    uint32_t offset;     /* of that token, in words from the version token */
    uint32_t word_count; /* with that token; comments: with their content */
};

/* How instruction tokens of SM2 and SM3 count their words. */
enum sl_d3d9_length_form {
    SL_D3D9_LENGTH_OPERANDS, /* words that follow: the SDK's */
    SL_D3D9_LENGTH_TOTAL,    /* the opcode token counts too */
};

struct sl_d3d9_program {
    bool is_pixel;
    uint8_t major;
    uint8_t minor;
    enum sl_d3d9_length_form length_form;
    uint32_t *words; /* the stream in host order, as far as it was given */
    size_t word_count;
    size_t end;                 /* index of the end token */
    struct sl_d3d9_insn *insns; /* comments included, the end token not */
    size_t insn_count;
};

/*
 * Parses size bytes (a multiple of 4 or not; a rest is ignored) that start with the version token.
 * False if they are no program, with *why a static sentence piece and *offset its byte offset, or
 * without memory (*why = NULL). program is empty then.
 */
bool sl_d3d9_parse(const uint8_t *bytes, size_t size, struct sl_d3d9_program *program,
                   const char **why, size_t *offset);
void sl_d3d9_finish(struct sl_d3d9_program *program);

/*
 * The listing: one line for each instruction in the customary mnemonics, as the compiler of the SDK
 * writes them, and directives (they start with a dot) for what such a listing cannot say: comments,
 * another length form, odd bits of tokens. sl_d3d9_assemble() turns it into the same bytes again.
 */
void sl_d3d9_disassemble(const struct sl_d3d9_program *program, struct sl_buf *text);

/*
 * Text to tokens, appended to out in little-endian order. False with the line (from 1) and a
 * sentence in message, which holds message_size bytes.
 */
bool sl_d3d9_assemble(const char *text, size_t size, struct sl_buf *out, uint32_t *line,
                      char *message, size_t message_size);

#endif
