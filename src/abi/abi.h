/*
 * An ABI as data: constants, enums, structs, packets and registers, generated from a YAML file, and
 * the walkers that decode, encode, check and print by these tables. No layout is written anywhere
 * else.
 *
 * Wire structs are little-endian and packed. For every one there is a C struct with the same
 * offsets (AeroGPU: scanlock/aerogpu_abi.h, same name; virtio-gpu: the generated abi_virtio_gpu.h,
 * name with sl_ in front); sl_abi_decode() and sl_abi_encode() convert between the two on any host.
 *
 * Entries carry the minor version that brought them; docs/abi-lock.md tells what may change from
 * one version to the next.
 *
 * Code that knows which struct it wants takes its layout from the generated headers abi_aerogpu.h
 * and abi_virtio_gpu.h: SL_LAYOUT_AEROGPU_SUBMIT_DESC, SL_ENUM_AEROGPU_FORMAT and so on.
 */
#ifndef SL_ABI_ABI_H
#define SL_ABI_ABI_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sl_abi_type {
    SL_ABI_U8,
    SL_ABI_U16,
    SL_ABI_U32,
    SL_ABI_U64,
    SL_ABI_I32,
    SL_ABI_F32,    /* a u32 that carries the bits of an IEEE-754 single */
    SL_ABI_HANDLE, /* a u32 object id */
    SL_ABI_STRUCT,
};

/* A part of the ABI, and the header that declares it. */
struct sl_abi_group {
    const char *name;
    const char *header; /* or NULL */
    const char *doc;
};

/* What a number says about the ABI as a whole; an older version has another value then. */
enum sl_abi_states {
    SL_ABI_STATES_NOTHING,
    SL_ABI_STATES_MINOR,
    SL_ABI_STATES_VERSION, /* major << 16 | minor */
};

struct sl_abi_struct;

/*
 * A constant, a limit or a value of an enum. doc is one or more sentences, like in everything else
 * that has it.
 */
struct sl_abi_value {
    const char *name; /* in full, for instance "AEROGPU_CLEAR_COLOR" */
    uint64_t value;
    uint16_t since_minor;
    bool wide;                          /* of a constant: 64 bits */
    enum sl_abi_states states;          /* constants only */
    const struct sl_abi_group *group;   /* constants only */
    const char *alias_of;               /* this is another name of that one; or NULL */
    const struct sl_abi_struct *packet; /* of an escape operation, or NULL */
    const char *direction;              /* of that packet: "in", "out" or "inout"; or NULL */
    const char *doc;
};

/* Where the values of an enum come from. */
enum sl_abi_from { SL_ABI_FROM_HERE, SL_ABI_FROM_OPCODES, SL_ABI_FROM_FEATURES };

struct sl_abi_enum {
    const char *name;
    const char *prefix; /* what the names have in common, "AEROGPU_CLEAR_"; dropped for people */
    bool is_flags;
    const struct sl_abi_value *values; /* in the order of the source */
    size_t value_count;
    bool macros;      /* C has macros instead of an enum: wide or unsigned values */
    bool wide;        /* 64 bits */
    bool bit_numbers; /* the headers of the system declare numbers of bits, value is the mask */
    bool not_system;  /* the headers of the system do not have it, or not everywhere */
    uint16_t since_minor;
    enum sl_abi_from from;
    const char *unknown; /* what a reader does with any other value; NULL = nothing is said */
    const struct sl_abi_group *group;
    const char *doc;
};

struct sl_abi_field {
    const char *name;
    enum sl_abi_type type;
    const struct sl_abi_struct *of;  /* SL_ABI_STRUCT only */
    uint32_t offset;                 /* bytes from the start of the struct */
    uint32_t count;                  /* array length, 1 if it is none */
    const struct sl_abi_enum *names; /* enum or flags of an integer, or NULL */
    bool reserved;
    bool stage_ex;               /* carries stage_ex when stage_resolution says so */
    uint32_t present_if_size_ge; /* 0 = always; else absent in packets smaller than this */
    const char *overlaps;        /* this is another name for that field before it; not printed */
    const char *zero;            /* what 0 means: "invalid", "none" or "unbind"; or NULL */
    bool is_volatile;            /* the other side may change it at any time */
    bool not_system;             /* the headers of the system do not have it, or not everywhere */
    uint16_t since_minor;
    const char *doc;
};

/* A variable part behind the fixed fields. */
struct sl_abi_trailing {
    const char *name;
    enum sl_abi_type type;
    const struct sl_abi_struct *of;
    uint32_t offset;
    const char *count_field;           /* NULL = up to the end of the packet */
    uint32_t count_scale;              /* elements per unit of count_field */
    const char *stride_field;          /* NULL = elements are adjacent */
    const struct sl_abi_field *count;  /* the field named count_field, or NULL */
    const struct sl_abi_field *stride; /* the field named stride_field, or NULL */
    uint32_t pad_to;                   /* 1 = no padding */
    uint32_t min_count_scale; /* a shorter form is accepted; count_scale if there is none */
    bool text;                /* UTF-8 */
    const char *doc;
};

struct sl_abi_struct {
    const char *name;
    uint32_t size;     /* of the C struct and of the longest known fixed part */
    uint32_t min_size; /* smallest fixed part accepted */
    bool framing;      /* a packet header, which whoever shows the packet shows in its own way */
    const struct sl_abi_field *fields;
    size_t field_count;
    const struct sl_abi_trailing *trailing; /* NULL = none */
    uint16_t since_minor;
    const char *kind;     /* "wire", "packet", "blob" or "escape"; NULL = nothing is said */
    const char *sized_by; /* its field that holds its size, or NULL */
    bool packed;          /* the C struct has alignment 1 */
    bool is_typedef;      /* the name is also a type */
    bool not_system;      /* the headers of the system do not have it, or not everywhere */
    bool inner;           /* they declare it inside another struct */
    const struct sl_abi_group *group;
    const char *doc;
};

struct sl_abi_opcode {
    const char *name; /* in full, "AEROGPU_CMD_CLEAR" */
    const char *word; /* without the prefix, "CLEAR" */
    uint32_t value;
    const struct sl_abi_struct *layout; /* header included */
    uint32_t min_size;                  /* smallest packet accepted */
    uint64_t feature;                   /* feature bits it belongs to, 0 = none */
    uint16_t since_minor;
    const char *doc;
};

enum sl_abi_access { SL_ABI_RO, SL_ABI_WO, SL_ABI_RW };

struct sl_abi_register {
    const char *name; /* in full */
    const char *word; /* without the prefix, "IRQ_STATUS" */
    uint32_t offset;
    uint32_t width_bytes;
    enum sl_abi_access access;
    bool is_signed;
    uint64_t reset;
    const struct sl_abi_enum *names; /* or NULL */
    uint64_t feature;                /* feature bits that must be offered, 0 = none */
    uint16_t since_minor;
    enum sl_abi_states states; /* reset does */
    const char *pair;          /* the 64-bit value of which it is a half, or NULL */
    bool is_high;              /* the high half of pair */
    const char *doc;
};

enum sl_abi_format_kind {
    SL_ABI_FORMAT_COLOR,
    SL_ABI_FORMAT_DEPTH,
    SL_ABI_FORMAT_DEPTH_STENCIL,
    SL_ABI_FORMAT_BLOCK,
};

struct sl_abi_format {
    const char *name; /* in full */
    uint32_t value;
    enum sl_abi_format_kind kind;
    uint8_t block_width; /* texels; 1 unless block compressed */
    uint8_t block_height;
    uint8_t bytes_per_block;
    const char *channels; /* in order of increasing address or bit: "BGRX" */
    bool srgb;
    bool opaque_alpha; /* alpha reads as 1 whatever is stored */
    bool scanout;
    bool cursor;
};

struct sl_abi_feature {
    const char *name; /* in full */
    const char *word; /* "fence_page" */
    uint8_t bit;
    uint8_t display_order; /* tools list features in this order */
    uint16_t since_minor;
    const char *doc;
};

enum sl_abi_stage {
    SL_ABI_STAGE_REJECT,
    SL_ABI_STAGE_VERTEX,
    SL_ABI_STAGE_PIXEL,
    SL_ABI_STAGE_GEOMETRY,
    SL_ABI_STAGE_HULL,
    SL_ABI_STAGE_DOMAIN,
    SL_ABI_STAGE_COMPUTE,
};

#define SL_ABI_ANY UINT32_MAX

struct sl_abi_stage_rule {
    uint32_t stage;     /* or SL_ABI_ANY */
    uint32_t reserved0; /* or SL_ABI_ANY */
    uint16_t min_stream_minor;
    enum sl_abi_stage result;
};

struct sl_abi_vbe_mode {
    uint16_t mode;
    uint16_t width;
    uint16_t height;
    uint16_t bits_per_pixel;
};

/* A base address register of the PCI function. */
struct sl_abi_bar {
    uint8_t index;
    bool prefetchable;
    uint64_t size; /* bytes */
    const char *doc;
};

struct sl_abi_version {
    uint16_t minor;
    const char *doc; /* what it added */
};

/* Another name of a scalar type or of a struct. */
struct sl_abi_typedef {
    const char *name;
    enum sl_abi_type type;
    const struct sl_abi_struct *of; /* SL_ABI_STRUCT only */
    const struct sl_abi_group *group;
    const char *doc;
};

/* A macro of the C headers with parameters. */
struct sl_abi_macro {
    const char *name;
    const char *parameters;
    const char *body; /* C */
    const struct sl_abi_group *group;
    const char *doc;
};

struct sl_abi {
    const char *name;            /* "aerogpu", "virtio-gpu" */
    const char *title;           /* "AeroGPU" */
    const char *symbol_prefix;   /* of struct and enum names: "aerogpu_" */
    const char *constant_prefix; /* of constants: "AEROGPU_" */
    uint32_t version;            /* major << 16 | minor */
    const char *doc;
    const struct sl_abi_group *groups; /* registers belong to the first */
    size_t group_count;
    const char *const *system_headers; /* that declare all of it: "linux/virtio_gpu.h" */
    size_t system_header_count;
    const struct sl_abi_value *constants;
    size_t constant_count;
    const struct sl_abi_enum *enums;
    size_t enum_count;
    const struct sl_abi_struct *structs;
    size_t struct_count;
    const struct sl_abi_typedef *typedefs;
    size_t typedef_count;
    const struct sl_abi_macro *macros;
    size_t macro_count;
    const struct sl_abi_opcode *opcodes; /* sorted by value */
    size_t opcode_count;
    const uint8_t *opcode_index; /* by opcode value: index + 1 into opcodes, 0 = none */
    size_t opcode_index_count;
    const struct sl_abi_register *registers; /* sorted by offset */
    size_t register_count;
    const struct sl_abi_format *formats; /* sorted by value */
    size_t format_count;
    const struct sl_abi_feature *features; /* sorted by bit */
    size_t feature_count;
    const struct sl_abi_value *limits; /* numbers that are neither constants nor in structs */
    size_t limit_count;
    const struct sl_abi_stage_rule *stage_rules; /* the first match decides */
    size_t stage_rule_count;
    const struct sl_abi_vbe_mode *vbe_modes;
    size_t vbe_mode_count;
    const struct sl_abi_bar *bars;
    size_t bar_count;
    const struct sl_abi_version *versions; /* oldest first */
    size_t version_count;
};

extern const struct sl_abi sl_abi_aerogpu;
extern const struct sl_abi sl_abi_virtio_gpu;

/* Lookups return NULL if there is no such thing. Names match in full or without their prefix. */
const struct sl_abi_opcode *sl_abi_find_opcode(const struct sl_abi *abi, uint32_t value);
const struct sl_abi_opcode *sl_abi_find_opcode_name(const struct sl_abi *abi, const char *name);
const struct sl_abi_struct *sl_abi_find_struct(const struct sl_abi *abi, const char *name);
const struct sl_abi_enum *sl_abi_find_enum(const struct sl_abi *abi, const char *name);
const struct sl_abi_register *sl_abi_find_register(const struct sl_abi *abi, uint64_t offset);
const struct sl_abi_register *sl_abi_find_register_name(const struct sl_abi *abi, const char *name);
const struct sl_abi_field *sl_abi_find_field(const struct sl_abi_struct *layout, const char *name);
const struct sl_abi_format *sl_abi_find_format(const struct sl_abi *abi, uint32_t value);

/*
 * The shader stage that a packet means, from its stage field, its reserved0 and the minor version
 * of its stream header.
 */
enum sl_abi_stage sl_abi_resolve_stage(const struct sl_abi *abi, uint32_t stage, uint32_t reserved0,
                                       uint16_t stream_minor);

/* Name of a value without its prefix, or NULL. Not for combined flags. */
const char *sl_abi_value_name(const struct sl_abi_enum *names, uint64_t value);

/* Value of a name, in full or without its prefix; false if unknown. */
bool sl_abi_value_of(const struct sl_abi_enum *names, const char *name, uint64_t *value);

/* Size in bytes of one element of a type. */
uint32_t sl_abi_type_size(enum sl_abi_type type, const struct sl_abi_struct *of);

/*
 * Converts between wire bytes and the C struct of the same name. wire_size may be shorter than the
 * struct (fields that do not fit become 0) or longer (the rest is ignored).
 */
void sl_abi_decode(const struct sl_abi_struct *layout, const uint8_t *wire, size_t wire_size,
                   void *host);
void sl_abi_encode(const struct sl_abi_struct *layout, const void *host, uint8_t *wire);

/*
 * Bytes that a packet of this layout needs: min_size, or the fixed part and the trailing part with
 * padding, computed without overflow from the counts inside it; UINT64_MAX if they overflow. The
 * trailing part is taken in its shortest accepted form (SET_SHADER_CONSTANTS_B: one word per
 * register). size is what there is of the packet; counts past it are 0.
 */
uint64_t sl_abi_needed_size(const struct sl_abi_struct *layout, const uint8_t *wire, size_t size);

/*
 * Elements of the trailing part (there must be one) as the counts in the packet announce them, and
 * the bytes from one to the next. Of two accepted forms the one that the packet size means; without
 * a count what fits. Nothing says that they all lie inside the packet.
 */
uint64_t sl_abi_trailing_count(const struct sl_abi_struct *layout, const uint8_t *wire, size_t size,
                               uint64_t *stride);

/*
 * One scalar as people read it. With names: a name, NAME|NAME|0x80, or the number. Without: decimal
 * below 1048576, hexadecimal from there. Floats: the shortest decimal that reads back as the same
 * float; inf, -inf; NaN as the hexadecimal bits. The same in every locale.
 */
void sl_abi_print_value(struct sl_buf *out, enum sl_abi_type type, const struct sl_abi_enum *names,
                        uint64_t value);

/*
 * The inverse: accepts what sl_abi_print_value() writes, and names in full. For a float a
 * hexadecimal integer means its bits. False if the text is nothing of that kind or does not fit.
 */
bool sl_abi_parse_value(const char *text, enum sl_abi_type type, const struct sl_abi_enum *names,
                        uint64_t *value);

/*
 * "field=value field=value" for the fields that fit in size, reserved ones only if not zero,
 * framing ones never, then the trailing part ("data[64]=00112233.." shows at most 16 bytes or
 * elements, text at most 256 bytes).
 */
void sl_abi_print_struct(struct sl_buf *out, const struct sl_abi_struct *layout,
                         const uint8_t *wire, size_t size);

#endif
