/*
 * What there is to exercise: a row for every opcode, field, value, format, register, feature, error
 * and response of the ABIs, all out of their tables. docs/coverage.md says what makes a row
 * covered.
 */
#ifndef SL_COVERAGE_CATALOG_H
#define SL_COVERAGE_CATALOG_H

#include "abi/abi.h"

#include <scanlock/error.h>

enum sl_coverage_kind {
    SL_COVERAGE_OPCODE,
    SL_COVERAGE_FORMAT,
    SL_COVERAGE_REGISTER,
    SL_COVERAGE_ERROR,    /* AeroGPU: codes of the error registers */
    SL_COVERAGE_RESPONSE, /* virtio-gpu: types of responses */
    SL_COVERAGE_CLASS,    /* AeroGPU: classes of errors */
    SL_COVERAGE_FEATURE,
    SL_COVERAGE_VALUE, /* of enums and flags in packets, requests and registers */
    SL_COVERAGE_FIELD, /* of packets and requests */
    SL_COVERAGE_KIND_COUNT,
};

/* "opcode", and "opcodes". Static storage. */
const char *sl_coverage_kind_name(enum sl_coverage_kind kind);
const char *sl_coverage_kind_plural(enum sl_coverage_kind kind);

struct sl_coverage_row {
    const struct sl_abi *abi;
    enum sl_coverage_kind kind;
    char *name; /* unique among the rows of its device and kind */
};

enum { SL_COVERAGE_ABIS = 2 };

#define SL_COVERAGE_NO_ROW SIZE_MAX

/* The rows of the fields of a struct that is no packet. */
struct sl_coverage_struct {
    const struct sl_abi_struct *layout;
    size_t first;
};

enum { SL_COVERAGE_STRUCTS_MAX = 5 };

/* Where the rows of one ABI start. */
struct sl_coverage_places {
    const struct sl_abi *abi;
    size_t *opcodes;   /* per opcode: its row, an opcode's or a response's */
    size_t *fields;    /* per opcode: the rows of its fields, as sl_coverage_walk() numbers them */
    size_t *values;    /* per enum: rows of its values, or NO_ROW for an enum that is never seen */
    size_t *registers; /* two per register, read and written, or NO_ROW; config follows */
    size_t features;   /* per feature */
    size_t classes;    /* per class of errors */
    struct sl_coverage_struct structs[SL_COVERAGE_STRUCTS_MAX]; /* around the commands */
    size_t struct_count;
};

struct sl_coverage_catalog {
    struct sl_coverage_row *rows;
    size_t count;
    size_t capacity;
    struct sl_coverage_places places[SL_COVERAGE_ABIS];
};

/* On failure (ENVIRONMENT) the catalog is zeroed. */
enum sl_status sl_coverage_catalog_init(struct sl_coverage_catalog *catalog, struct sl_error *err);
void sl_coverage_catalog_finish(struct sl_coverage_catalog *catalog);

/* NULL for a device without a table. */
const struct sl_coverage_places *
sl_coverage_catalog_places(const struct sl_coverage_catalog *catalog, const char *device);

/* The row, or NO_ROW. */
size_t sl_coverage_catalog_find(const struct sl_coverage_catalog *catalog, const char *device,
                                enum sl_coverage_kind kind, const char *name);

/*
 * The rows of the register that a device calls by this name: [0] read, [1] written. For virtio-gpu
 * these are the registers of the common configuration, then the fields of the device configuration,
 * then ISR. NULL if there is none.
 */
const size_t *sl_coverage_register(const struct sl_coverage_places *places, const char *name);

/* The row of a value of an enum, or of one flag; NO_ROW if it has none. */
size_t sl_coverage_value(const struct sl_coverage_places *places, const struct sl_abi_enum *names,
                         uint64_t value);

/* True if the opcode is one of a response. */
bool sl_coverage_is_response(const struct sl_abi *abi, const struct sl_abi_opcode *opcode);

/*
 * One scalar field of a layout, those of nested structs included; elements of arrays are one field.
 * index counts them, in the same order for every call. A field that overlaps another, a reserved
 * one and those of the header are none.
 */
struct sl_coverage_field {
    const struct sl_abi_field *field; /* NULL for the elements of a trailing part */
    const char *path;                 /* "state.enable"; only where no bytes are given */
    size_t index;
    uint64_t value; /* only where bytes are given */
};

typedef void sl_coverage_visit(void *data, const struct sl_coverage_field *field);

/* True for what every packet or request begins with. */
bool sl_coverage_is_header(const struct sl_abi_struct *layout);

/*
 * Visits the fields of a layout. With bytes NULL every field once; else every value of those that
 * are in the size bytes. False without memory. sl_coverage_walk_fixed() leaves the variable part
 * out.
 */
bool sl_coverage_walk(const struct sl_abi_struct *layout, const uint8_t *bytes, size_t size,
                      sl_coverage_visit *visit, void *data);
bool sl_coverage_walk_fixed(const struct sl_abi_struct *layout, const uint8_t *bytes, size_t size,
                            sl_coverage_visit *visit, void *data);

#endif
