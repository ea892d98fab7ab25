/*
 * The assembler: lowers a trace in YAML into events, in one pass from top to bottom.
 *
 * An item of "events" is a mapping whose first key is a verb. Each verb is a row of a table: those
 * that work for any device, and those of the one device that the trace is for.
 */
#ifndef SL_TRACE_YAML_ASM_H
#define SL_TRACE_YAML_ASM_H

#include "abi/abi.h"
#include "base/buf.h"
#include "base/status.h"
#include "base/yaml.h"
#include "trace/event_list.h"

struct sl_asm;

struct sl_asm_verb {
    const char *name;
    bool siblings; /* the item may have more keys, which run() judges; else it has only the verb */
    /* value is that of the verb's key; item the mapping it stands in. */
    enum sl_status (*run)(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *value,
                          struct sl_error *err);
};

/* A register by name. size is that of the usual access; names may be NULL. */
struct sl_asm_register {
    enum sl_space space;
    uint64_t offset;
    uint8_t size;
    const struct sl_abi_enum *names;
};

/* What one device adds. */
struct sl_asm_device {
    const struct sl_abi *abi;
    const struct sl_asm_verb *verbs;
    size_t verb_count;
    /* State of the device's verbs, kept in sl_asm.state; NULL if there is none. */
    void *(*create)(void);
    void (*destroy)(void *state);
    /* False if there is no register of this name. */
    bool (*find_register)(struct sl_asm *a, const char *name, struct sl_asm_register *out);
};

extern const struct sl_asm_device sl_asm_virtio_gpu;
extern const struct sl_asm_device sl_asm_aerogpu;
extern const struct sl_asm_device sl_asm_toy;

/* An address with a name. */
struct sl_asm_place {
    char *name;
    uint64_t gpa;
    uint64_t size;
};

struct sl_asm {
    struct sl_yaml yaml;
    const struct sl_asm_device *device;
    void *state;
    struct sl_event_list *list;
    struct sl_asm_place *places;
    size_t place_count;
    uint64_t heap; /* next free address of what the assembler gives out */
    uint64_t heap_end;
    uint64_t items; /* items lowered so far, repeated ones each time */
    uint64_t work;  /* what was read so far, repeated each time */
    unsigned repeat_depth;
};

/* ---- Events (yaml_event.c) ---- */

/* Verbs for any device. */
extern const struct sl_asm_verb sl_asm_common_verbs[];
extern const size_t sl_asm_common_verb_count;

/* Lowers a sequence of items. */
enum sl_status sl_asm_items(struct sl_asm *a, const yaml_node_t *sequence, struct sl_error *err);

/* Appends an event; a failure is at the line of node. */
enum sl_status sl_asm_put(struct sl_asm *a, const yaml_node_t *node, const struct sl_event *event,
                          struct sl_error *err);
enum sl_status sl_asm_put_memory(struct sl_asm *a, const yaml_node_t *node, uint64_t gpa,
                                 const void *bytes, size_t size, struct sl_error *err);

/* ---- Values (yaml_value.c) ---- */

#define SL_ASM_WORK_MAX (UINT64_C(4) << 30)

/*
 * Accounts for reading amount bytes or values that need not end up in events, so that a repeat
 * cannot multiply them without end: host.limit.
 */
enum sl_status sl_asm_spend(struct sl_asm *a, const yaml_node_t *node, uint64_t amount,
                            struct sl_error *err);

/* DAMAGED at the line of node. */
#define sl_asm_fail(a, node, rule, err, ...)                                                       \
    sl_yaml_fail(&(a)->yaml, (node), (rule), (err), __VA_ARGS__)

/*
 * A number of at most max: decimal, 0x..., either with K, M or G behind it, or a name with an
 * optional +NUMBER or -NUMBER (fb, fb+0x100). yaml.value, yaml.name.
 */
enum sl_status sl_asm_number(struct sl_asm *a, const yaml_node_t *node, uint64_t max, uint64_t *out,
                             struct sl_error *err);
enum sl_status sl_asm_u32(struct sl_asm *a, const yaml_node_t *node, uint32_t *out,
                          struct sl_error *err);

/* The value of key in item, or fallback without one. */
enum sl_status sl_asm_number_at(struct sl_asm *a, const yaml_node_t *item, const char *key,
                                uint64_t max, uint64_t fallback, uint64_t *out,
                                struct sl_error *err);

/* A map of RAM, a new array that the caller frees even on failure; NULL if it is empty. */
enum sl_status sl_asm_ram(struct sl_asm *a, const yaml_node_t *node, struct sl_ram_region **regions,
                          size_t *count, struct sl_error *err);

/*
 * A value of an ABI type: what sl_abi_parse_value() takes, what sl_asm_number() takes, and for
 * integers a negative number, which becomes its two's complement.
 */
enum sl_status sl_asm_value(struct sl_asm *a, const yaml_node_t *node, enum sl_abi_type type,
                            const struct sl_abi_enum *names, uint64_t *out, struct sl_error *err);

/* The text of a scalar, valid as long as the document; yaml.value if node is none. */
enum sl_status sl_asm_text(struct sl_asm *a, const yaml_node_t *node, const char **out,
                           struct sl_error *err);

/* true or false. */
enum sl_status sl_asm_bool_at(struct sl_asm *a, const yaml_node_t *item, const char *key,
                              bool fallback, bool *out, struct sl_error *err);

/* Complains about keys of a mapping that are not in the list: yaml.key. */
enum sl_status sl_asm_check_keys(struct sl_asm *a, const yaml_node_t *item, const char *const *keys,
                                 size_t key_count, struct sl_error *err);

/* ---- Places (yaml_place.c) ---- */

/* A page-aligned range of the heap, the upper half of the first RAM region. yaml.memory. */
enum sl_status sl_asm_allocate(struct sl_asm *a, const yaml_node_t *node, uint64_t size,
                               uint64_t *gpa, struct sl_error *err);

/* Gives a range a name; node holds the name. Names are unique: yaml.name. */
enum sl_status sl_asm_name(struct sl_asm *a, const yaml_node_t *node, uint64_t gpa, uint64_t size,
                           struct sl_error *err);

/* The same for a name of the assembler's own, which may move. */
enum sl_status sl_asm_define(struct sl_asm *a, const char *name, uint64_t gpa, uint64_t size,
                             struct sl_error *err);

/* NULL if no place has this name. */
const struct sl_asm_place *sl_asm_find(const struct sl_asm *a, const char *name, size_t length);

/* ---- Bytes (yaml_bytes.c) and pixels (yaml_pixels.c) ---- */

/*
 * Appends what a mapping with exactly one source of bytes says: hex, words, floats, text, file,
 * fill, ramp, random; with format, width and height: fill, gradient, checker, image. Other keys
 * are the caller's. docs/yaml-format.md.
 */
enum sl_status sl_asm_bytes(struct sl_asm *a, const yaml_node_t *item, struct sl_buf *out,
                            struct sl_error *err);

/*
 * UNSUPPORTED (host.limit) for more bytes than the next event may carry. Whoever gathers bytes of
 * several items asks after each, so that no buffer grows far beyond what could become an event.
 */
enum sl_status sl_asm_check_room(struct sl_asm *a, uint64_t size, struct sl_error *err);

/* Pairs of hexadecimal digits, blanks between pairs ignored. */
enum sl_status sl_asm_hex(struct sl_asm *a, const yaml_node_t *node, struct sl_buf *out,
                          struct sl_error *err);

/* sl_asm_check_keys() for a mapping that has the keys of sl_asm_bytes() and at most 8 others. */
enum sl_status sl_asm_check_bytes_keys(struct sl_asm *a, const yaml_node_t *item,
                                       const char *const *keys, size_t key_count,
                                       struct sl_error *err);

/* ---- Structs (yaml_struct.c) ---- */

/*
 * Appends a struct of an ABI. Fields are keys of item; missing ones are 0. A field that is an array
 * takes a sequence, a struct takes a mapping or a sequence of its fields in order. The trailing
 * part is a key of its own: a sequence, a hex string, or a mapping for sl_asm_bytes(); text as a
 * string. Its count, unless given as a field, follows from it. keys lists the other keys that item
 * may have. Bytes already in out before the call stay; offsets count from the end they make.
 */
enum sl_status sl_asm_struct(struct sl_asm *a, const struct sl_abi_struct *layout,
                             const yaml_node_t *item, const char *const *keys, size_t key_count,
                             struct sl_buf *out, struct sl_error *err);

#endif
