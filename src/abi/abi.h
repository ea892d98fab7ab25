/*
 * An ABI as data: constants, enums, structs, packets and registers, generated from a YAML file, and
 * the walkers that decode, encode, check and print by these tables. No layout is written anywhere
 * else.
 *
 * Wire structs are little-endian and packed. For every one there is a C struct of the same name and
 * the same offsets (AeroGPU: scanlock/aerogpu_abi.h); sl_abi_decode() and sl_abi_encode() convert
 * between the two on any host.
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

struct sl_abi_value {
    const char *name; /* in full, for instance "AEROGPU_CLEAR_COLOR" */
    uint64_t value;
    uint16_t since_minor;
};

struct sl_abi_enum {
    const char *name;
    const char *prefix; /* what the names have in common, "AEROGPU_CLEAR_"; dropped for people */
    bool is_flags;
    const struct sl_abi_value *values; /* in the order of the source */
    size_t value_count;
};

struct sl_abi_struct;

struct sl_abi_field {
    const char *name;
    enum sl_abi_type type;
    const struct sl_abi_struct *of; /* SL_ABI_STRUCT only */
    uint32_t offset;                /* bytes from the start of the struct */
    uint32_t count;                 /* array length, 1 if it is none */
    const struct sl_abi_enum *names; /* enum or flags of an integer, or NULL */
    bool reserved;
    bool stage_ex;                /* carries stage_ex when stage_resolution says so */
    uint32_t present_if_size_ge;  /* 0 = always */
};

/* A variable part behind the fixed fields. */
struct sl_abi_trailing {
    const char *name;
    enum sl_abi_type type;
    const struct sl_abi_struct *of;
    uint32_t offset;
    const char *count_field;  /* NULL = up to the end of the packet */
    uint32_t count_scale;     /* elements per unit of count_field */
    const char *stride_field; /* NULL = elements are adjacent */
    uint32_t pad_to;          /* 0 or 1 = no padding */
};

struct sl_abi_struct {
    const char *name;
    uint32_t size; /* of the fixed part */
    const struct sl_abi_field *fields;
    size_t field_count;
    const struct sl_abi_trailing *trailing; /* NULL = none */
    uint16_t since_minor;
};

struct sl_abi_opcode {
    const char *name; /* in full, "AEROGPU_CMD_CLEAR" */
    const char *word; /* without the prefix, "CLEAR" */
    uint32_t value;
    const struct sl_abi_struct *layout; /* header included */
    uint32_t min_size;                  /* smallest packet accepted */
    uint16_t since_minor;
};

enum sl_abi_access { SL_ABI_RO, SL_ABI_WO, SL_ABI_RW };

struct sl_abi_register {
    const char *name; /* in full */
    const char *word; /* without the prefix, "IRQ_STATUS" */
    uint32_t offset;
    uint32_t width_bytes;
    enum sl_abi_access access;
    uint64_t reset;
    const struct sl_abi_enum *names; /* or NULL */
    uint64_t feature;                /* feature bits that must be offered, 0 = none */
    uint16_t since_minor;
};

struct sl_abi {
    const char *name; /* "aerogpu", "virtio-gpu" */
    uint32_t version; /* major << 16 | minor */
    const struct sl_abi_value *constants;
    size_t constant_count;
    const struct sl_abi_enum *enums;
    size_t enum_count;
    const struct sl_abi_struct *structs;
    size_t struct_count;
    const struct sl_abi_opcode *opcodes; /* sorted by value */
    size_t opcode_count;
    const struct sl_abi_register *registers; /* sorted by offset */
    size_t register_count;
};

extern const struct sl_abi sl_abi_aerogpu;
extern const struct sl_abi sl_abi_virtio_gpu;

/* Lookups return NULL if there is no such thing. Names match in full or without their prefix. */
const struct sl_abi_opcode *sl_abi_find_opcode(const struct sl_abi *abi, uint32_t value);
const struct sl_abi_opcode *sl_abi_find_opcode_name(const struct sl_abi *abi, const char *name);
const struct sl_abi_struct *sl_abi_find_struct(const struct sl_abi *abi, const char *name);
const struct sl_abi_enum *sl_abi_find_enum(const struct sl_abi *abi, const char *name);
const struct sl_abi_register *sl_abi_find_register(const struct sl_abi *abi, uint64_t offset);
const struct sl_abi_register *sl_abi_find_register_name(const struct sl_abi *abi,
                                                        const char *name);
const struct sl_abi_field *sl_abi_find_field(const struct sl_abi_struct *layout, const char *name);

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
 * Bytes that a packet of this layout needs, fixed part and trailing part with padding, computed
 * without overflow from the counts inside it; UINT64_MAX if they overflow. size is at least
 * layout->size.
 */
uint64_t sl_abi_needed_size(const struct sl_abi_struct *layout, const uint8_t *wire, size_t size);

/* One scalar as people read it: a name, NAME|NAME, a decimal, a hexadecimal or a float. */
void sl_abi_print_value(struct sl_buf *out, enum sl_abi_type type, const struct sl_abi_enum *names,
                        uint64_t value);

/*
 * "field=value field=value" for the fields that fit in size, reserved ones only if not zero, then
 * the trailing part ("data[64]=00112233.." shows at most 16 bytes).
 */
void sl_abi_print_struct(struct sl_buf *out, const struct sl_abi_struct *layout,
                         const uint8_t *wire, size_t size);

#endif
