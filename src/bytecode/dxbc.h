/*
 * The DXBC container and its signatures. Views point into the bytes that were given; the digest is
 * not checked, as no driver does.
 */
#ifndef SL_BYTECODE_DXBC_H
#define SL_BYTECODE_DXBC_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SL_DXBC_FOURCC(a, b, c, d)                                                                 \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

#define SL_DXBC_SIZE_MAX (16u << 20)
#define SL_DXBC_SIGNATURE_MAX 128u /* elements; a real one has at most 32 registers of 4 */

struct sl_dxbc_chunk {
    uint32_t fourcc;
    const uint8_t *bytes; /* payload */
    uint32_t size;
    uint32_t offset; /* of the payload in the container */
};

/* The container's checked outline. */
struct sl_dxbc {
    const uint8_t *bytes;
    uint32_t size; /* as the header says */
    uint32_t chunk_count;
};

/* False with a static sentence piece if the container is malformed. */
bool sl_dxbc_open(const uint8_t *bytes, size_t size, struct sl_dxbc *dxbc, const char **why);

/* Chunk index < chunk_count. */
struct sl_dxbc_chunk sl_dxbc_chunk(const struct sl_dxbc *dxbc, uint32_t index);

/* The first chunk of that name. */
bool sl_dxbc_find(const struct sl_dxbc *dxbc, uint32_t fourcc, struct sl_dxbc_chunk *chunk);

/* The program: the first SHEX, else the first SHDR. */
bool sl_dxbc_find_program(const struct sl_dxbc *dxbc, struct sl_dxbc_chunk *chunk);

/* D3D_NAME as far as programs meet it; numbers are those of signatures. */
enum sl_dxbc_system_value {
    SL_SV_NONE = 0,
    SL_SV_POSITION = 1,
    SL_SV_CLIP_DISTANCE = 2,
    SL_SV_CULL_DISTANCE = 3,
    SL_SV_RENDER_TARGET_ARRAY_INDEX = 4,
    SL_SV_VIEWPORT_ARRAY_INDEX = 5,
    SL_SV_VERTEX_ID = 6,
    SL_SV_PRIMITIVE_ID = 7,
    SL_SV_INSTANCE_ID = 8,
    SL_SV_IS_FRONT_FACE = 9,
    SL_SV_SAMPLE_INDEX = 10,
    SL_SV_QUAD_EDGE_TESS = 11,   /* 11..14: u = 0, v = 0, u = 1, v = 1 */
    SL_SV_QUAD_INSIDE_TESS = 15, /* 15, 16 */
    SL_SV_TRI_EDGE_TESS = 17,    /* 17..19 */
    SL_SV_TRI_INSIDE_TESS = 20,
    SL_SV_LINE_DETAIL_TESS = 21,
    SL_SV_LINE_DENSITY_TESS = 22,
    SL_SV_TARGET = 64,
    SL_SV_DEPTH = 65,
    SL_SV_COVERAGE = 66,
    SL_SV_DEPTH_GREATER_EQUAL = 67,
    SL_SV_DEPTH_LESS_EQUAL = 68,
    SL_SV_DOMAIN_LOCATION = 100, /* from here on known by name only; numbers are ours */
    SL_SV_GS_INSTANCE_ID,
    SL_SV_OUTPUT_CONTROL_POINT_ID,
};

struct sl_dxbc_element {
    const char *name; /* in the container, terminated; "" if it lies outside */
    uint32_t semantic_index;
    uint32_t system_value;   /* as stored */
    uint32_t component_type; /* 1 u32, 2 i32, 3 f32 */
    uint32_t register_index; /* UINT32_MAX = none (depth, coverage) */
    uint8_t mask;
    uint8_t used_mask;
    uint32_t stream;
    uint32_t min_precision;
};

struct sl_dxbc_signature {
    bool present;
    uint32_t count;
    struct sl_dxbc_element elements[SL_DXBC_SIGNATURE_MAX];
};

enum sl_dxbc_signature_kind {
    SL_DXBC_INPUT,    /* ISG1, ISGN */
    SL_DXBC_OUTPUT,   /* OSG1, OSG5, OSGN */
    SL_DXBC_CONSTANT, /* PSG1, PSGN, PCSG: patch constants */
};

/* An absent signature is not an error. False with *why if it is malformed. */
bool sl_dxbc_signature(const struct sl_dxbc *dxbc, enum sl_dxbc_signature_kind kind,
                       struct sl_dxbc_signature *signature, const char **why);

/*
 * What an element is to the pipeline, enum sl_dxbc_system_value: a known SV_ name wins over the
 * number, without regard to case. Tess factors (SV_TessFactor, SV_InsideTessFactor) are resolved by
 * number; by name alone they give SL_SV_TRI_EDGE_TESS and SL_SV_TRI_INSIDE_TESS, and the domain
 * decides. SV_Target n gives SL_SV_TARGET.
 */
uint32_t sl_dxbc_resolve_system_value(const struct sl_dxbc_element *element);

/* FNV-1a over the upper-case name, as input layouts carry it. */
uint32_t sl_dxbc_semantic_hash(const char *name);

/* The container's own checksum over everything from byte 20 on, for writers. */
void sl_dxbc_digest(const uint8_t *bytes, size_t size, uint8_t digest[static 16]);

/*
 * A container as text: its signatures, its program as a listing, other chunks as bytes, and what is
 * unusual about it. sl_dxbc_assemble() gives the same bytes again. False if it is malformed.
 */
bool sl_dxbc_disassemble(const uint8_t *bytes, size_t size, struct sl_buf *text);

/*
 * Text to a container, appended to out, with its digest. False with the line (from 1) and a
 * sentence in message, which holds message_size bytes.
 */
bool sl_dxbc_assemble(const char *text, size_t size, struct sl_buf *out, uint32_t *line,
                      char *message, size_t message_size);

#endif
