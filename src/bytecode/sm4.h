/*
 * Shader model 4 and 5 programs (the payload of SHDR and SHEX): tokens to instructions and back,
 * for both token encodings in use, the SDK's and Aero's private one. An instruction names its
 * opcode and operands in the SDK's terms whatever encoding it came in, and keeps its words, so that
 * what was read can be written again bit for bit.
 *
 * Order: sl_sm4_parse(), use, sl_sm4_finish(). Tokens come from a guest; nothing about them is
 * believed.
 */
#ifndef SL_BYTECODE_SM4_H
#define SL_BYTECODE_SM4_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sl_sm4_stage {
    SL_SM4_PIXEL = 0,
    SL_SM4_VERTEX = 1,
    SL_SM4_GEOMETRY = 2,
    SL_SM4_HULL = 3,
    SL_SM4_DOMAIN = 4,
    SL_SM4_COMPUTE = 5,
};

enum sl_sm4_dialect { SL_SM4_SDK, SL_SM4_AERO };

/* Opcode numbers are the SDK's; each row of sm4_ops.def is SL_SM4_<NAME>. */
enum sl_sm4_op {
#define SL_SM4_OP(name, value, ...) SL_SM4_##name = (value),
#include "bytecode/sm4_ops.def"
#undef SL_SM4_OP
};

/* D3D10_SB_OPERAND_TYPE and its successors. */
enum sl_sm4_register {
    SL_SM4_REG_TEMP = 0,
    SL_SM4_REG_INPUT = 1,
    SL_SM4_REG_OUTPUT = 2,
    SL_SM4_REG_INDEXABLE_TEMP = 3,
    SL_SM4_REG_IMMEDIATE32 = 4,
    SL_SM4_REG_IMMEDIATE64 = 5,
    SL_SM4_REG_SAMPLER = 6,
    SL_SM4_REG_RESOURCE = 7,
    SL_SM4_REG_CONSTANT_BUFFER = 8,
    SL_SM4_REG_IMMEDIATE_CONSTANT_BUFFER = 9,
    SL_SM4_REG_LABEL = 10,
    SL_SM4_REG_PRIMITIVE_ID = 11, /* vPrim; Aero's type 11, a predicate, is REG_PREDICATE */
    SL_SM4_REG_DEPTH = 12,
    SL_SM4_REG_NULL = 13,
    SL_SM4_REG_RASTERIZER = 14,
    SL_SM4_REG_COVERAGE_MASK = 15, /* oMask */
    SL_SM4_REG_STREAM = 16,
    SL_SM4_REG_OUTPUT_CONTROL_POINT_ID = 22,
    SL_SM4_REG_FORK_INSTANCE_ID = 23,
    SL_SM4_REG_JOIN_INSTANCE_ID = 24,
    SL_SM4_REG_INPUT_CONTROL_POINT = 25,
    SL_SM4_REG_OUTPUT_CONTROL_POINT = 26,
    SL_SM4_REG_PATCH_CONSTANT = 27,
    SL_SM4_REG_DOMAIN_POINT = 28,
    SL_SM4_REG_UAV = 30,
    SL_SM4_REG_GROUP_SHARED = 31,
    SL_SM4_REG_THREAD_ID = 32,
    SL_SM4_REG_THREAD_GROUP_ID = 33,
    SL_SM4_REG_THREAD_ID_IN_GROUP = 34,
    SL_SM4_REG_INPUT_COVERAGE = 35,
    SL_SM4_REG_THREAD_ID_IN_GROUP_FLATTENED = 36,
    SL_SM4_REG_GS_INSTANCE_ID = 37,
    SL_SM4_REG_DEPTH_GE = 38,
    SL_SM4_REG_DEPTH_LE = 39,
    SL_SM4_REG_PREDICATE = 0x100, /* Aero only */
};

enum sl_sm4_selection { SL_SM4_MASK, SL_SM4_SWIZZLE, SL_SM4_SELECT };

#define SL_SM4_BYTES_MAX (16u << 20)
#define SL_SM4_INSNS_MAX 65536u /* so that a program's memory is bounded */
#define SL_SM4_OPERANDS_MAX 6u
#define SL_SM4_INDEX_MAX 3u
#define SL_SM4_EXTRA_MAX 4u

struct sl_sm4_operand;

struct sl_sm4_index {
    uint64_t immediate;                    /* 0 if the index is a register alone */
    const struct sl_sm4_operand *relative; /* one component, added to immediate; NULL = none */
    uint8_t representation;                /* as encoded, 0..4 */
};

struct sl_sm4_operand {
    enum sl_sm4_register type;
    uint8_t component_count;         /* 0, 1 or 4 */
    enum sl_sm4_selection selection; /* of four components */
    uint8_t mask;                    /* MASK: bit 0 = x */
    uint8_t swizzle[4]; /* what a source reads for x, y, z, w, whatever the selection */
    uint8_t index_count;
    struct sl_sm4_index index[SL_SM4_INDEX_MAX]; /* v[vertex][register] in both encodings */
    bool negate;
    bool absolute;
    uint32_t
        immediate[4];  /* IMMEDIATE32; a scalar is repeated. IMMEDIATE64: two pairs, low first */
    uint32_t token;    /* as read */
    uint32_t extended; /* the extended token as read, 0 = none */
};

/* D3D11_SB_RESOURCE_DIMENSION. */
enum sl_sm4_dimension {
    SL_SM4_DIM_UNKNOWN,
    SL_SM4_DIM_BUFFER,
    SL_SM4_DIM_TEXTURE1D,
    SL_SM4_DIM_TEXTURE2D,
    SL_SM4_DIM_TEXTURE2DMS,
    SL_SM4_DIM_TEXTURE3D,
    SL_SM4_DIM_TEXTURECUBE,
    SL_SM4_DIM_TEXTURE1DARRAY,
    SL_SM4_DIM_TEXTURE2DARRAY,
    SL_SM4_DIM_TEXTURE2DMSARRAY,
    SL_SM4_DIM_TEXTURECUBEARRAY,
    SL_SM4_DIM_RAW_BUFFER,
    SL_SM4_DIM_STRUCTURED_BUFFER,
};

struct sl_sm4_insn {
    enum sl_sm4_op op;
    bool saturate;
    bool test_nonzero; /* if, breakc, continuec, callc, retc, discard */
    uint8_t compare;   /* Aero ifc, breakc, continuec, setp with two operands: its control field */
    uint32_t control;  /* SDK: bits 23..11 of the opcode token; Aero: bits 30..24 */
    uint8_t operand_count;                 /* destinations first */
    const struct sl_sm4_operand *operands; /* at most SL_SM4_OPERANDS_MAX */
    bool has_predicate; /* Aero: the whole instruction depends on predicate, negate inverts it */
    struct sl_sm4_operand predicate;
    int8_t offset[3];    /* texel offsets u, v, w of the extended token */
    uint8_t dimension;   /* enum sl_sm4_dimension of dcl_resource, dcl_uav_typed and *_indexable */
    uint8_t extra_count; /* words after the operands of a declaration */
    uint32_t extra[SL_SM4_EXTRA_MAX];
    const uint32_t *data; /* customdata: what follows its length word */
    uint32_t data_count;
    uint32_t custom_class; /* customdata: 3 = immediate constant buffer */
    uint32_t token;        /* the opcode token as read */
    uint32_t offset_words; /* of that token, from the version token */
    uint32_t word_count;
};

struct sl_sm4_program {
    enum sl_sm4_dialect dialect;
    enum sl_sm4_stage stage;
    uint8_t major;
    uint8_t minor;
    uint32_t *words; /* the whole chunk in host order */
    size_t word_count;
    size_t length; /* as the program says, <= word_count */
    struct sl_sm4_insn *insns;
    size_t insn_count;
    void *operands; /* owns all operands */
};

/*
 * Parses the payload of a program chunk. False if it is no program, with *why a static sentence
 * piece and *offset its byte offset in the payload, or without memory (*why = NULL). program is
 * empty then. Opcodes and operands are checked for their shape only: what a stage may use is the
 * business of who translates the program.
 */
bool sl_sm4_parse(const uint8_t *bytes, size_t size, struct sl_sm4_program *program,
                  const char **why, size_t *offset);
void sl_sm4_finish(struct sl_sm4_program *program);

/* The name of an opcode as listings write it, without its suffixes. */
const char *sl_sm4_mnemonic(enum sl_sm4_op op);

/*
 * The listing of a program: one line for each instruction in the customary mnemonics, as the
 * compiler of the SDK writes them, and directives (they start with a dot) for what such a listing
 * cannot say. sl_sm4_assemble() turns it into the same bytes again.
 */
void sl_sm4_disassemble(const struct sl_sm4_program *program, struct sl_buf *text);

/*
 * Text to the payload of a program chunk, appended to out in little-endian order. False with the
 * line (from 1) and a sentence in message, which holds message_size bytes.
 */
bool sl_sm4_assemble(const char *text, size_t size, struct sl_buf *out, uint32_t *line,
                     char *message, size_t message_size);

#endif
