/*
 * The one form in which programs run, whatever bytecode they came in. Registers are four 32-bit
 * words for each lane. An operation has one meaning: differences between the bytecodes (0/1 results
 * of slt, matrix products, loop counters, predicates) are spelt out in operations by the
 * translators sl_ir_from_d3d9() and sl_ir_from_sm4().
 *
 * A program is immutable once it was built and says of itself everything that drawing needs to
 * know: what it reads and writes, which slots it uses, how it interpolates.
 */
#ifndef SL_SHADER_IR_H
#define SL_SHADER_IR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sl_ir_stage {
    SL_IR_VERTEX,
    SL_IR_PIXEL,
    SL_IR_GEOMETRY,
    SL_IR_HULL,
    SL_IR_DOMAIN,
    SL_IR_COMPUTE,
};

enum sl_ir_family { SL_IR_D3D9, SL_IR_DXBC };

/* Operations; ir_ops.def has the meaning of each. */
enum sl_ir_op {
#define SL_IR_OP(name, ...) SL_IR_##name,
#include "shader/ir_ops.def"
#undef SL_IR_OP
    SL_IR_OP_COUNT
};

enum sl_ir_kind {
    SL_IR_KIND_FLOAT, /* negate and absolute act on the sign bit; operands and results are flushed
                       */
    SL_IR_KIND_INT,   /* negate is two's complement */
    SL_IR_KIND_RAW,   /* bits move; float rules apply only if there is a modifier or saturation */
    SL_IR_KIND_CONTROL,
};

struct sl_ir_op_info {
    const char *name;
    enum sl_ir_kind kind;
    uint8_t dst_count;
    uint8_t src_count;
    bool componentwise; /* component c of the result depends on component c of the sources only */
};

const struct sl_ir_op_info *sl_ir_op_info(enum sl_ir_op op);

enum sl_ir_file {
    SL_IR_NULL,   /* destination: dropped */
    SL_IR_TEMP,   /* per lane, 0 at the start */
    SL_IR_ARRAY,  /* reg = number of the array, index[0] = element; out of range reads 0 */
    SL_IR_INPUT,  /* per lane; reg or index[0] */
    SL_IR_OUTPUT, /* per lane, 0 at the start; may be read back */
    SL_IR_SYSTEM, /* reg = enum sl_ir_system; per lane */
    SL_IR_IMMEDIATE,
    SL_IR_CONSTANT,     /* constant buffer reg, row index[0]; out of range reads 0 */
    SL_IR_TABLE,        /* immediate constant buffer, row index[0] */
    SL_IR_VERTEX_INPUT, /* [index[0] = vertex][index[1] = register] of a primitive or patch */
    SL_IR_POINT_OUTPUT, /* [index[0] = point][index[1] = register]: what the hull program wrote */
    SL_IR_PATCH,        /* patch constant index[0] */
};

enum sl_ir_system {
    SL_IR_SYS_PRIMITIVE_ID,
    SL_IR_SYS_OUTPUT_POINT_ID,
    SL_IR_SYS_FORK_INSTANCE_ID, /* fork and join */
    SL_IR_SYS_DOMAIN_POINT,     /* x, y, z */
    SL_IR_SYS_THREAD_ID,        /* x, y, z; also the next two */
    SL_IR_SYS_GROUP_ID,
    SL_IR_SYS_THREAD_ID_IN_GROUP,
    SL_IR_SYS_THREAD_INDEX, /* flattened id in the group */
    SL_IR_SYS_GS_INSTANCE_ID,
    SL_IR_SYS_COVERAGE, /* input coverage: 1 where the pixel is covered */
    SL_IR_SYS_COUNT
};

/* base + component of a temporary, as a signed 32-bit sum. */
struct sl_ir_index {
    int32_t base;
    bool relative;
    uint8_t component;
    uint16_t temp;
};

struct sl_ir_src {
    enum sl_ir_file file;
    uint8_t swizzle[4]; /* component read for x, y, z, w */
    bool negate;        /* after absolute */
    bool absolute;
    bool clamp; /* CONSTANT: the row is clamped to 0..limit (D3D9) */
    uint16_t limit;
    uint16_t reg;
    struct sl_ir_index index[2];
    uint32_t immediate[4];
};

struct sl_ir_dst {
    enum sl_ir_file file;
    uint8_t mask; /* bit 0 = x */
    bool saturate;
    uint16_t reg; /* TEMP, OUTPUT, ARRAY; OUTPUT with a relative index uses index[0] instead */
    struct sl_ir_index index[2];
};

#define SL_IR_DSTS 2u
#define SL_IR_SRCS 5u

/* What memory an operation works on. */
enum sl_ir_memory {
    SL_IR_MEM_NONE,
    SL_IR_MEM_RESOURCE, /* t# */
    SL_IR_MEM_UAV,      /* u# */
    SL_IR_MEM_SHARED,   /* g# */
};

struct sl_ir_insn {
    uint16_t op;
    bool nonzero;      /* conditions: true if any bit is set, else if none is */
    uint8_t dimension; /* texture operations: enum sl_texture_dim */
    uint8_t memory;    /* enum sl_ir_memory */
    uint8_t atomic;    /* enum sl_ir_atomic */
    uint8_t flags;     /* SL_IR_FLAG_* */
    uint8_t channel;   /* GATHER: 0 = red */
    int8_t offset[3];  /* texels */
    uint8_t cost;      /* source instructions this stands for: 1 for the first of each, else 0 */
    uint16_t slot;     /* t#, u# or g# */
    uint16_t sampler;  /* s# */
    uint8_t result[4]; /* texture and buffer reads: which result component x, y, z, w of dst take */
    uint32_t target;   /* control flow: index of the matching operation (ir_ops.def) */
    uint32_t source_offset; /* of the instruction in the bytecode, in words, for people */
    struct sl_ir_dst dst[SL_IR_DSTS];
    struct sl_ir_src src[SL_IR_SRCS];
};

enum {
    SL_IR_FLAG_RETURN_UINT = 1 << 0, /* RESINFO: sizes as integers */
    SL_IR_FLAG_RETURN_RCP = 1 << 1,  /* RESINFO: reciprocals of sizes */
    SL_IR_FLAG_STRUCTURED = 1 << 2,  /* buffer operations: index, byte offset */
    SL_IR_FLAG_TYPED = 1 << 3,       /* buffer operations: an element is one 32-bit word */
    SL_IR_FLAG_WORD_INDEX = 1 << 4,  /* the address counts words (Aero's atomic) */
    SL_IR_FLAG_BARRIER = 1 << 5,     /* SYNC: threads of the group meet */
    SL_IR_FLAG_EXIT = 1 << 6,        /* RET at the level of the main program */
    SL_IR_FLAG_ALL_LANES = 1 << 7,   /* operations on temps: masked lanes compute too, for a
                                        derivative that follows */
};

enum sl_ir_atomic {
    SL_IR_ATOMIC_AND,
    SL_IR_ATOMIC_OR,
    SL_IR_ATOMIC_XOR,
    SL_IR_ATOMIC_CMP_STORE, /* compare, value */
    SL_IR_ATOMIC_ADD,
    SL_IR_ATOMIC_IMAX,
    SL_IR_ATOMIC_IMIN,
    SL_IR_ATOMIC_UMAX,
    SL_IR_ATOMIC_UMIN,
    SL_IR_ATOMIC_EXCHANGE,
};

enum sl_ir_interpolation {
    SL_IR_PERSPECTIVE, /* the default */
    SL_IR_LINEAR,      /* in screen space */
    SL_IR_FLAT,        /* bits of the leading vertex */
};

/* D3DDECLUSAGE, for semantics of D3D9 programs. */
enum sl_ir_usage {
    SL_IR_USAGE_POSITION,
    SL_IR_USAGE_BLENDWEIGHT,
    SL_IR_USAGE_BLENDINDICES,
    SL_IR_USAGE_NORMAL,
    SL_IR_USAGE_PSIZE,
    SL_IR_USAGE_TEXCOORD,
    SL_IR_USAGE_TANGENT,
    SL_IR_USAGE_BINORMAL,
    SL_IR_USAGE_TESSFACTOR,
    SL_IR_USAGE_POSITIONT,
    SL_IR_USAGE_COLOR,
    SL_IR_USAGE_FOG,
    SL_IR_USAGE_DEPTH,
    SL_IR_USAGE_SAMPLE,
};

/*
 * An input or output: some components of a register and what they are. D3D9 programs use usage and
 * semantic_index; inputs without any declaration have usage = 0xFF. DXBC programs use the rest.
 */
struct sl_ir_element {
    uint16_t reg; /* of the INPUT, OUTPUT or PATCH file */
    uint8_t mask;
    uint8_t interpolation;  /* pixel inputs: enum sl_ir_interpolation */
    uint8_t usage;          /* D3D9: enum sl_ir_usage */
    uint8_t system_value;   /* enum sl_dxbc_system_value; D3D9 vPos, vFace: see below */
    uint8_t component_type; /* DXBC: 1 u32, 2 i32, 3 f32 */
    uint8_t stream;
    uint32_t semantic_index; /* DXBC */
    uint32_t semantic_hash;  /* DXBC: of the upper-case name */
    bool declared;           /* D3D9 vertex inputs: has a dcl; else it is element number reg */
    bool saturate;           /* D3D9 oD# below vs_3_0: clamped to [0, 1] for each vertex */
};

/* D3D9 pixel inputs that the rasteriser provides, besides those of signatures. */
enum {
    SL_IR_SV_PIXEL_POSITION = 120, /* vPos: x, y = integer pixel position */
    SL_IR_SV_FACE_SIGN = 121,      /* vFace: +1 front, -1 back */
    SL_IR_SV_POINT_SIZE = 122,     /* vertex output */
};

#define SL_IR_ELEMENTS_MAX 128u
#define SL_IR_REGISTERS_MAX 64u /* inputs, outputs: the highest register used is below this */
#define SL_IR_TEMPS_MAX 4608u   /* 4096 of the program and some of the translator */
#define SL_IR_SHARED_MAX 32u

struct sl_ir_array {
    uint32_t size;  /* elements */
    uint32_t first; /* register of its first element in the storage of all arrays */
};

struct sl_ir_constant_buffer {
    bool used;
    uint32_t row_count; /* as declared; rows from here on read 0 */
};

struct sl_ir_resource {
    bool used;
    bool is_buffer;        /* raw, structured or typed */
    uint8_t dimension;     /* enum sl_texture_dim where it is none */
    bool is_volume;        /* 3D: always unbound here */
    uint32_t stride_bytes; /* structured */
};

/* Group-shared memory g#. */
struct sl_ir_shared {
    bool used;
    uint32_t offset_bytes; /* in the memory of the group */
    uint32_t size_bytes;
    uint32_t stride_bytes; /* 0 = raw */
};

enum sl_ir_phase_kind { SL_IR_PHASE_CONTROL_POINT, SL_IR_PHASE_FORK, SL_IR_PHASE_JOIN };

struct sl_ir_phase {
    enum sl_ir_phase_kind kind;
    uint32_t first; /* operation it starts at; it ends with a RET that has FLAG_EXIT */
    uint32_t instance_count;
};

/* Names follow the SDK: D3D10_PRIMITIVE and the like; see sm4.h's notes in sl_ir_from_sm4(). */
enum sl_ir_primitive {
    SL_IR_PRIM_POINT = 1,
    SL_IR_PRIM_LINE = 2,
    SL_IR_PRIM_TRIANGLE = 3,
    SL_IR_PRIM_LINE_ADJ = 6,
    SL_IR_PRIM_TRIANGLE_ADJ = 7,
};
enum sl_ir_domain { SL_IR_DOMAIN_ISOLINE = 1, SL_IR_DOMAIN_TRI = 2, SL_IR_DOMAIN_QUAD = 3 };
enum sl_ir_partitioning {
    SL_IR_PARTITIONING_INTEGER = 1,
    SL_IR_PARTITIONING_POW2 = 2,
    SL_IR_PARTITIONING_ODD = 3,
    SL_IR_PARTITIONING_EVEN = 4,
};
enum sl_ir_tess_output {
    SL_IR_TESS_POINT = 1,
    SL_IR_TESS_LINE = 2,
    SL_IR_TESS_CW = 3,
    SL_IR_TESS_CCW = 4,
};
enum sl_ir_strip { SL_IR_STRIP_POINT = 1, SL_IR_STRIP_LINE = 3, SL_IR_STRIP_TRIANGLE = 5 };

struct sl_ir_program {
    enum sl_ir_stage stage;
    enum sl_ir_family family;
    uint8_t major, minor;

    struct sl_ir_insn *insns;
    uint32_t insn_count;
    bool has_loops;        /* or calls: the execution cap may matter */
    bool reads_bits;       /* some operation can see the bits of a NaN that arithmetic made */
    bool has_side_effects; /* stores, atomics, counters */
    bool uses_derivatives; /* or an implicit level of detail */
    bool can_discard;
    bool early_depth; /* dcl_globalFlags forces early depth and stencil */

    uint32_t temp_count;
    uint32_t input_count; /* highest register used + 1 */
    uint32_t output_count;
    uint32_t patch_count;
    struct sl_ir_array *arrays;
    uint32_t array_count;
    uint32_t array_registers; /* of all arrays together */
    uint32_t (*table)[4];     /* immediate constant buffer */
    uint32_t table_rows;

    struct sl_ir_element *inputs; /* DXBC hull, domain, geometry: of each vertex or point */
    uint32_t input_element_count;
    struct sl_ir_element *outputs;
    uint32_t output_element_count;
    struct sl_ir_element *patch_constants;
    uint32_t patch_element_count;
    bool has_input_signature;  /* false: inputs are matched by register number */
    bool has_output_signature; /* false: all components count as written */

    struct sl_ir_constant_buffer constants[14]; /* D3D9: 0 = c#, 1 = i#, 2 = b# (0 or ~0 in x) */
    struct sl_ir_resource resources[128];       /* D3D9: s# is texture and sampler */
    uint32_t sampler_mask;                      /* s# used */
    struct sl_ir_resource uavs[8];
    bool uav_used[8];
    struct sl_ir_shared shared[SL_IR_SHARED_MAX];
    uint32_t shared_bytes;

    /* D3D9: values of def, defi and defb, which hide those of the context. */
    struct sl_ir_definition {
        uint8_t buffer; /* 0, 1, 2 as above */
        uint16_t row;
        uint32_t value[4];
    } * definitions;
    uint32_t definition_count;

    /* Pixel: registers of the OUTPUT file; targets are registers 0..7. */
    uint8_t color_mask[8]; /* components the program may write; 0 = target is not touched */
    int32_t depth_reg;     /* component x unless depth_component says else; -1 = none */
    uint8_t depth_component;
    int32_t coverage_reg; /* -1 = none */
    uint8_t coverage_component;

    /* Geometry. */
    enum sl_ir_primitive input_primitive;
    enum sl_ir_strip output_strip;
    uint32_t max_vertices;
    uint32_t instance_count;

    /* Hull and domain. */
    uint32_t input_points;
    uint32_t output_points;
    enum sl_ir_domain domain;
    enum sl_ir_partitioning partitioning;
    enum sl_ir_tess_output tess_output;
    float max_tess_factor;
    struct sl_ir_phase *phases;
    uint32_t phase_count;

    uint32_t group_size[3]; /* compute */
};

enum sl_ir_verdict {
    SL_IR_OK,
    SL_IR_BAD,          /* no valid program: creation fails */
    SL_IR_UNSUPPORTED,  /* valid, but uses what this device refuses: its use fails, by name */
    SL_IR_WRONG_STREAM, /* valid, but emits to a stream other than 0: creation is unsupported */
    SL_IR_NO_MEMORY,
};

/* How programs are to be understood where implementations differ; all false is the default. */
struct sl_ir_options {
    bool d3d9_loop_range; /* loop: i# is start, inclusive end, step, not count, start, step */
    bool d3d9_compare_from_zero; /* ifc, breakc, setp: 0 is >, 1 ==, and so on */
    bool no_color_clamp;         /* oD# below vs_3_0 are not clamped to [0, 1] */
    bool vpos_half;              /* vPos is the centre of the pixel, not its integer position */
    bool f16_nearest_even;       /* f32tof16 rounds to nearest even, not toward zero */
    bool firstbit_lsb;           /* firstbit_hi, firstbit_shi count from bit 0, not bit 31 */
    bool position_w_reciprocal;  /* SV_Position.w of pixel programs is 1/w */
};

/*
 * Translates a shader blob: raw D3D9 tokens, or a DXBC container with tokens of either family. Only
 * SL_IR_OK gives a program. options may be NULL for the defaults. message (size bytes of it) says
 * what is wrong in a few words and where. The caller destroys the program.
 */
enum sl_ir_verdict sl_ir_translate(const uint8_t *bytes, size_t size,
                                   const struct sl_ir_options *options,
                                   struct sl_ir_program **program, char *message,
                                   size_t message_size);
void sl_ir_destroy(struct sl_ir_program *program);

/* The operations as text, one a line, for debugging and tests. */
struct sl_buf;
void sl_ir_print(const struct sl_ir_program *program, struct sl_buf *text);

#endif
