/*
 * An ABI file in memory, read and checked; the emitters turn it into C and Markdown. Every entry
 * knows its line. Texts belong to the YAML document that the model keeps.
 */
#ifndef SL_ABI_GEN_MODEL_H
#define SL_ABI_GEN_MODEL_H

#include "abi/abi.h"
#include "abi/gen/yaml_map.h"

struct gen_meta {
    uint32_t line;
    const char *abi;   /* "virtio_gpu": part of the names of files and symbols */
    const char *name;  /* "virtio-gpu": as users write it */
    const char *title; /* "AeroGPU": the heading of the page */
    uint64_t major;
    uint64_t minor;
    const char *symbol_prefix;   /* of struct and enum names */
    const char *constant_prefix; /* of limits */
    const char *register_prefix;
    const char *opcode_enum;
    const char *feature_enum;
    struct gen_list opcode_prefixes; /* gen_prefix; the enum's prefix if there are none */
    struct gen_list system_headers;  /* gen_prefix; what the C structs and constants come from */
    const char *doc;
};

struct gen_prefix {
    uint32_t line;
    const char *name;
};

struct gen_version {
    uint32_t line;
    uint64_t minor;
    const char *doc;
};

struct gen_group {
    uint32_t line;
    const char *name;
    const char *header;
    const char *doc;
};

struct gen_bar {
    uint32_t line;
    uint64_t index;
    bool prefetchable;
    uint64_t size;
    const char *doc;
};

struct gen_command_bit {
    uint32_t line;
    const char *name;
    uint64_t bit;
    const char *doc;
};

struct gen_vbe_mode {
    uint32_t line;
    uint64_t mode;
    uint64_t width;
    uint64_t height;
    uint64_t bits_per_pixel;
};

struct gen_pci {
    uint32_t line;
    const char *doc;
    struct gen_list bars;
    struct gen_list command_bits;
    struct gen_list vbe_modes;
};

struct gen_feature {
    uint32_t line;
    const char *name;
    const char *word;
    uint64_t bit;
    uint64_t display_order;
    uint64_t since;
    const char *doc;
};

struct gen_constant {
    uint32_t line;
    const char *name;
    const char *group;
    int is_u64;
    uint64_t value;
    const char *alias_of;
    int states; /* enum sl_abi_states */
    uint64_t since;
    const char *doc;
};

struct gen_macro {
    uint32_t line;
    const char *name;
    const char *group;
    const char *params;
    const char *body;
    const char *doc;
};

struct gen_typedef {
    uint32_t line;
    const char *name;
    const char *group;
    const char *type;
    const char *doc;
};

/* A value of an enum, of an opcode list or of a feature list. */
struct gen_value {
    uint32_t line;
    const char *name;
    uint64_t value;
    const char *alias_of;
    const char *struct_name; /* escape operations */
    const char *direction;
    uint64_t since;
    const char *doc;
};

enum gen_from { GEN_FROM_HERE, GEN_FROM_OPCODES, GEN_FROM_FEATURES };

struct gen_enum {
    uint32_t line;
    const char *name;
    const char *group;
    int is_flags;
    int emit_defines;
    int is_u64;
    int from;
    bool not_system; /* the system headers do not have it */
    const char *prefix;
    uint64_t since;
    const char *unknown;
    const char *doc;
    struct gen_list values; /* filled in from the opcodes or features if from says so */
};

struct gen_struct;

struct gen_field {
    uint32_t line;
    const char *name;
    const char *type_name;
    uint64_t offset;
    uint64_t count;
    const char *enum_name;
    const char *zero;
    bool is_volatile;
    const char *overlaps;
    bool reserved;
    bool stage_ex;
    uint64_t present_if_size_ge;
    bool not_system;
    uint64_t since; /* resolved: the struct's if the file gives none */
    const char *doc;

    enum sl_abi_type type; /* resolved */
    const struct gen_struct *of;
};

struct gen_trailing {
    uint32_t line;
    const char *name;
    const char *type_name;
    uint64_t offset;
    const char *count_field;
    uint64_t count_scale;
    uint64_t min_count_scale;
    const char *stride_field;
    uint64_t pad_to;
    bool text;
    const char *doc;

    enum sl_abi_type type; /* resolved */
    const struct gen_struct *of;
};

struct gen_struct {
    uint32_t line;
    const char *name;
    const char *group;
    const char *kind;
    const char *sized_by;
    uint64_t size;
    uint64_t min_size; /* resolved: size if the file gives none */
    bool packed;
    bool is_typedef;
    bool framing;
    bool not_system;
    bool inner;
    uint64_t since;
    const char *doc;
    struct gen_list fields;
    struct gen_list trailing; /* at most one */
};

struct gen_opcode {
    uint32_t line;
    const char *name;
    uint64_t value;
    const char *struct_name;
    const char *group;
    const char *feature;
    uint64_t since;
    const char *doc;
};

struct gen_register {
    uint32_t line;
    const char *name;
    uint64_t offset;
    uint64_t width; /* bits */
    int is_signed;
    int access; /* enum sl_abi_access */
    int part;   /* 0 whole, 1 lo, 2 hi */
    const char *pair;
    uint64_t reset;
    int states; /* enum sl_abi_states */
    const char *enum_name;
    const char *feature;
    uint64_t since;
    const char *doc;
};

struct gen_format {
    uint32_t line;
    const char *name;
    int kind; /* enum sl_abi_format_kind */
    uint64_t block_width;
    uint64_t block_height;
    uint64_t bytes_per_block;
    const char *channels;
    bool srgb;
    bool opaque_alpha;
    bool scanout;
    bool cursor;

    uint64_t value; /* resolved */
};

struct gen_stage_rule {
    uint32_t line;
    uint64_t stage;     /* GEN_NONE = any */
    uint64_t reserved0; /* GEN_NONE = any */
    uint64_t min_stream_minor;
    int result; /* enum sl_abi_stage */
};

struct gen_limit {
    uint32_t line;
    const char *name;
    uint64_t value;
    const char *doc;
};

/* The whole file. line must be first, like in every other struct here. */
struct gen_abi {
    uint32_t line;
    struct gen_meta meta;
    struct gen_list versions;
    struct gen_list groups;
    struct gen_pci pci;
    struct gen_list registers;
    struct gen_list features;
    struct gen_list constants;
    struct gen_list macros;
    struct gen_list typedefs;
    struct gen_list enums;
    struct gen_list formats;
    struct gen_list structs;
    struct gen_list opcodes;
    struct gen_list stage_rules;
    struct gen_list limits;

    yaml_document_t document;
    bool has_document;
};

/* Walks a list: GEN_EACH(const struct gen_enum, e, &abi->enums) { ... } */
#define GEN_EACH(type, item, list)                                                                 \
    for (type *item = (list)->items, *item##_end = (list)->count ? item + (list)->count : item;    \
         item != item##_end; item++)

/*
 * Reads and checks the text of a file. SL_ERR_DAMAGED with file and line if it is not a sound
 * description (abi.syntax, abi.key, abi.value, abi.model). The model must be finished either way.
 */
enum sl_status gen_abi_load(struct gen_abi *abi, const char *path, const void *text, size_t size,
                            struct sl_error *err);
void gen_abi_finish(struct gen_abi *abi);

/* The second half of loading: resolves names and looks for contradictions. */
enum sl_status gen_abi_check(struct gen_abi *abi, struct sl_error *err);

/* NULL if there is none, or if name is NULL. */
struct gen_enum *gen_find_enum(const struct gen_abi *abi, const char *name);
struct gen_struct *gen_find_struct(const struct gen_abi *abi, const char *name);
const struct gen_feature *gen_find_feature(const struct gen_abi *abi, const char *name);

/* A name without the longest of the prefixes that opcodes have. */
const char *gen_opcode_word(const struct gen_abi *abi, const char *name);

/* Bytes of one element. */
uint64_t gen_type_size(enum sl_abi_type type, const struct gen_struct *of);

#endif
