/* What abi emit writes, for an ABI of a few entries whose texts stand here, and for the real ones.
 */
#include "fail_alloc.h"
#include "mirror/mirror.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct sl_abi_group groups[] = {
    {.name = "one", .header = "one.h", .doc = "First."},
    {.name = "two", .header = "two.h", .doc = "Second."},
};

static const struct sl_abi_value constants[] = {
    {"TOY_WIDE", 0x123456789, .wide = true, .group = &groups[0], .doc = "Wide."},
    {"TOY_MINOR", 5, .states = SL_ABI_STATES_MINOR, .group = &groups[1], .doc = "Minor."},
    {"TOY_LATE", 9, .since_minor = 5, .group = &groups[1], .doc = "Late."},
};

static const struct sl_abi_value opcode_values[] = {
    {"TOY_CMD_GO", 0x10, .doc = "Goes."},
    {"TOY_CMD_STOP", 0x20, .since_minor = 3, .doc = "Stops."},
};

static const struct sl_abi_value feature_values[] = {
    {"TOY_F_BIG", UINT64_C(1) << 33, .doc = "Big."},
};

static const struct sl_abi_enum enums[] = {
    {"toy_cmd", "TOY_CMD_", false, opcode_values, 2, .from = SL_ABI_FROM_OPCODES,
     .group = &groups[0], .doc = "Commands."},
    {"toy_feature", "TOY_", true, feature_values, 1, .macros = true, .wide = true,
     .bit_numbers = true, .group = &groups[1], .doc = "Features."},
};

static const struct sl_abi_struct structs[3];

static const struct sl_abi_field pair_fields[] = {
    {.name = "type",
     .type = SL_ABI_U32,
     .offset = 0,
     .count = 1,
     .names = &enums[0],
     .doc = "What."},
    {.name = "size",
     .type = SL_ABI_U32,
     .offset = 4,
     .count = 1,
     .since_minor = 4,
     .doc = "Bytes."},
};

static const struct sl_abi_field go_fields[] = {
    {.name = "pair",
     .type = SL_ABI_STRUCT,
     .of = &structs[0],
     .offset = 0,
     .count = 1,
     .doc = "Head."},
    {.name = "x", .type = SL_ABI_I32, .offset = 8, .count = 3, .doc = "X."},
    {.name = "pad",
     .type = SL_ABI_U16,
     .offset = 20,
     .count = 1,
     .reserved = true,
     .not_system = true,
     .doc = "Pad."},
    {.name = "low", .type = SL_ABI_U16, .offset = 22, .count = 1, .doc = "Low."},
    {.name = "under",
     .type = SL_ABI_U16,
     .offset = 22,
     .count = 1,
     .overlaps = "low",
     .doc = "Low."},
};

static const struct sl_abi_struct structs[3] = {
    {.name = "toy_pair",
     .size = 8,
     .min_size = 8,
     .fields = pair_fields,
     .field_count = 2,
     .packed = true,
     .is_typedef = true,
     .group = &groups[0],
     .doc = "A pair."},
    {.name = "toy_go",
     .size = 24,
     .min_size = 24,
     .fields = go_fields,
     .field_count = 5,
     .inner = true,
     .since_minor = 2,
     .group = &groups[1],
     .doc = "Goes."},
    {.name = "toy_gone",
     .size = 8,
     .min_size = 8,
     .fields = pair_fields,
     .field_count = 2,
     .not_system = true,
     .group = &groups[1],
     .doc = "Not there."},
};

static const struct sl_abi_typedef typedefs[] = {
    {.name = "toy_word", .type = SL_ABI_U64, .group = &groups[0], .doc = "A word."},
    {.name = "toy_old",
     .type = SL_ABI_STRUCT,
     .of = &structs[1],
     .group = &groups[1],
     .doc = "Old."},
};

static const struct sl_abi_macro macros[] = {
    {.name = "TOY_ADD",
     .parameters = "a, b",
     .body = "((a) + (b))",
     .group = &groups[1],
     .doc = "Adds."},
};

static const struct sl_abi_opcode opcodes[] = {
    {.name = "TOY_CMD_GO", .word = "GO", .value = 0x10, .layout = &structs[1], .min_size = 24},
};

static const struct sl_abi_register registers[] = {
    {.name = "TOY_REG_A",
     .word = "A",
     .offset = 0x40,
     .width_bytes = 4,
     .access = SL_ABI_WO,
     .doc = "A."},
};

static const struct sl_abi_value limits[] = {{"most_of_it", 5000, .doc = "Most."}};

static const struct sl_abi toy = {
    .name = "toy",
    .title = "Toy",
    .symbol_prefix = "toy_",
    .constant_prefix = "TOY_",
    .version = 0x10005,
    .doc = "A toy.",
    .groups = groups,
    .group_count = 2,
    .constants = constants,
    .constant_count = 3,
    .enums = enums,
    .enum_count = 2,
    .structs = structs,
    .struct_count = 3,
    .typedefs = typedefs,
    .typedef_count = 2,
    .macros = macros,
    .macro_count = 1,
    .opcodes = opcodes,
    .opcode_count = 1,
    .registers = registers,
    .register_count = 1,
    .limits = limits,
    .limit_count = 1,
};

/* The text, to be freed with its buffer. */
static const char *mirrored(const struct sl_abi *abi, const struct sl_mirror_options *options,
                            struct sl_buf *out)
{
    struct sl_error err = {0};
    *out = (struct sl_buf){0};
    cr_assert_eq(sl_mirror_write(abi, options, out, &err), SL_OK);
    return sl_buf_cstr(out);
}

static size_t occurrences(const char *text, const char *words)
{
    size_t count = 0;
    for (const char *p = text; (p = strstr(p, words)) != NULL; p += strlen(words)) {
        count++;
    }
    return count;
}

static void check_has(const struct sl_mirror_options *options, const char *const *wanted)
{
    struct sl_buf out;
    const char *text = mirrored(&toy, options, &out);
    for (; *wanted; wanted++) {
        cr_assert_eq(occurrences(text, *wanted), 1, "expected once: %s\nin:\n%s", *wanted, text);
    }
    sl_buf_finish(&out);
}

Test(mirror, c_declares_everything)
{
    const struct sl_mirror_options options = {.language = SL_MIRROR_C, .minor = 5};
    check_has(
        &options,
        (const char *const[]){
            "/* Generated by scanlock abi emit --lang c --abi toy --version 1.5; do not edit. */",
            "#ifndef TOY_ABI_MIRROR_H\n",
            "/* Wide. */\n#define TOY_WIDE UINT64_C(0x123456789)\n",
            "#define TOY_REG_A 0x40u\n",
            "enum toy_cmd {\n    /* Goes. */\n    TOY_CMD_GO = 0x10,\n    /* Stops. */\n"
            "    TOY_CMD_STOP = 0x20,\n};\n",
            "#define TOY_F_BIG 33u\n",
            "#pragma pack(push, 1)\nstruct toy_pair {\n",
            "typedef struct toy_pair toy_pair;\n",
            "    struct toy_pair pair;\n",
            "    int32_t x[3];\n",
            "    union {\n        /* Low. */\n        uint16_t low;\n        /* Low. */\n"
            "        uint16_t under;\n    };\n",
            "SL_ABI_SIZE(toy_go, 24);\n",
            "SL_ABI_OFFSET(toy_go, under, 22);\n",
            "typedef uint64_t toy_word;\n",
            "typedef struct toy_go toy_old;\n",
            "#define TOY_ADD(a, b) \\\n    ((a) + (b))\n",
            "#define TOY_LIMIT_MOST_OF_IT 0x1388u\n",
            NULL,
        });
}

Test(mirror, c_asserts_what_headers_have)
{
    const char *const headers[] = {"one.h", "<two.h>"};
    const struct sl_mirror_options options = {.language = SL_MIRROR_C,
                                              .minor = 5,
                                              .asserts_only = true,
                                              .includes = headers,
                                              .include_count = 2};
    check_has(
        &options,
        (const char *const[]){
            "#include \"one.h\"\n#include <two.h>\n",
            "SL_ABI_VALUE(TOY_WIDE, UINT64_C(0x123456789));\n",
            "SL_ABI_VALUE(TOY_CMD_STOP, 0x20);\n",
            "SL_ABI_VALUE(TOY_F_BIG, 33);\n",
            "SL_ABI_SIZE(struct toy_pair, 8);\nSL_ABI_SIZE(toy_pair, 8);\n"
            "SL_ABI_FIELD(toy_pair, type, 0, 4);\n",
            "#ifndef __cplusplus\nSL_ABI_SIZE(struct toy_go, 24);\n",
            "SL_ABI_ARRAY(toy_go, x, 8, 12, 4);\n/* toy_go.pad has other names elsewhere. */\n",
            "SL_ABI_FIELD(toy_go, under, 22, 2);\n#endif\n",
            "SL_ABI_SIZE(toy_word, 8);\n",
            "#define SL_ABI_BODY(a, b) ((a) + (b))\n",
            "#ifdef TOY_LIMIT_MOST_OF_IT\n",
            NULL,
        });
    struct sl_buf out;
    cr_assert_eq(occurrences(mirrored(&toy, &options, &out), "toy_gone"), 0);
    sl_buf_finish(&out);
}

Test(mirror, rust_has_names_of_its_own)
{
    const struct sl_mirror_options options = {.language = SL_MIRROR_RUST, .minor = 5};
    check_has(&options,
              (const char *const[]){
                  "pub const TOY_WIDE: u64 = 0x123456789;\n",
                  "pub type toy_cmd = u32;\n/// Goes.\npub const TOY_CMD_GO: toy_cmd = 0x10;\n",
                  "pub type toy_feature = u32;\n",
                  "#[repr(C, packed)]\n",
                  "pub struct toy_pair {\n    /// What.\n    pub type_: u32,\n",
                  "    pub x: [i32; 3],\n",
                  "    // under is another name of low.\n",
                  "core::mem::offset_of!(toy_pair, type_) == 0, \"offset of toy_pair.type\"",
                  "pub type toy_old = toy_go;\n",
                  NULL,
              });
}

Test(mirror, rust_asserts_widths)
{
    const struct sl_mirror_options options = {
        .language = SL_MIRROR_RUST, .minor = 5, .asserts_only = true, .module = "a::b"};
    check_has(&options,
              (const char *const[]){
                  "use a::b as abi;\n",
                  "assert!(abi::TOY_F_BIG as u64 == 33, \"TOY_F_BIG is not 33\");\n",
                  "addr_of!((*s).x) }) == 12, \"toy_go.x does not have 12 bytes\");\n",
                  "addr_of!((*s).x[0]) }) == 4, \"toy_go.x[0] does not have 4 bytes\");\n",
                  "size_of::<abi::toy_word>() == 8, \"toy_word does not have 8 bytes\");\n",
                  NULL,
              });
}

Test(mirror, typescript_has_layouts)
{
    const struct sl_mirror_options options = {.language = SL_MIRROR_TYPESCRIPT, .minor = 5};
    check_has(
        &options,
        (const char *const[]){
            "export const TOY_WIDE = 0x123456789n;\n",
            "export const toy_cmd = {\n  GO: TOY_CMD_GO,\n  STOP: TOY_CMD_STOP,\n} as const;\n",
            "    x: { offset: 8, size: 12, type: \"i32\", count: 3 },\n",
            "    pair: { offset: 0, size: 8, type: \"toy_pair\" },\n",
            "  A: { offset: TOY_REG_A, size: 4, access: \"WO\" },\n",
            "export type toy_word = bigint;\n",
            NULL,
        });
    const struct sl_mirror_options asserts = {
        .language = SL_MIRROR_TYPESCRIPT, .minor = 5, .asserts_only = true, .module = "./x"};
    check_has(&asserts, (const char *const[]){
                            "import type * as abi from \"./x\";\n",
                            "Holds<Is<\"TOY_WIDE\", typeof abi.TOY_WIDE, \"4886718345\">>,\n",
                            "typeof abi.toy_go.fields.x.count, \"3\">>,\n",
                            NULL,
                        });
}

Test(mirror, an_older_version_has_less)
{
    const struct sl_mirror_options options = {
        .language = SL_MIRROR_C, .minor = 1, .asserts_only = true};
    struct sl_buf out;
    const char *text = mirrored(&toy, &options, &out);
    cr_assert_eq(occurrences(text, "SL_ABI_VALUE(TOY_MINOR, 1);\n"), 1);
    cr_assert_eq(occurrences(text, "TOY_CMD_GO"), 1);
    static const char *const later[] = {"TOY_LATE", "TOY_CMD_STOP", "toy_go", "toy_old",
                                        "toy_pair, size"};
    for (size_t i = 0; i < 5; i++) {
        cr_assert_eq(occurrences(text, later[i]), 0, "%s is newer", later[i]);
    }
    sl_buf_finish(&out);
}

Test(mirror, a_group_is_one_header)
{
    cr_assert_null(sl_mirror_find_group(&toy, "three"));
    const struct sl_mirror_options options = {.language = SL_MIRROR_C,
                                              .minor = 5,
                                              .asserts_only = true,
                                              .only = sl_mirror_find_group(&toy, "two")};
    struct sl_buf out;
    const char *text = mirrored(&toy, &options, &out);
    cr_assert_eq(occurrences(text, "TOY_MINOR"), 1);
    static const char *const elsewhere[] = {"TOY_WIDE", "TOY_REG_A", "toy_pair", "LIMIT"};
    for (size_t i = 0; i < 4; i++) {
        cr_assert_eq(occurrences(text, elsewhere[i]), 0, "%s is of the other group", elsewhere[i]);
    }
    sl_buf_finish(&out);
}

/* Each of the real ABIs in each language, whole and as assertions. */
#define EACH_OUTPUT(abi, options)                                                                  \
    for (unsigned each = 0; each < 14; each++)                                                     \
        for (const struct sl_abi *abi = each % 2 ? &sl_abi_virtio_gpu : &sl_abi_aerogpu; abi;      \
             abi = NULL)                                                                           \
            for (struct sl_mirror_options options = {.language = each / 4,                         \
                                                    .asserts_only = each / 2 % 2,                  \
                                                    .minor = (uint16_t)abi->version},              \
                                          *once = &options;                                        \
                 once; once = NULL)

Test(mirror, every_entry_is_asserted)
{
    EACH_OUTPUT(abi, options)
    {
        size_t values = abi->constant_count + abi->register_count;
        size_t fields = 0;
        for (size_t i = 0; i < abi->enum_count; i++) {
            values += abi->enums[i].value_count;
        }
        for (size_t i = 0; i < abi->struct_count; i++) {
            for (size_t j = 0; j < abi->structs[i].field_count; j++) {
                const struct sl_abi_field *f = &abi->structs[i].fields[j];
                fields += !f->not_system && (options.language == SL_MIRROR_C || !f->overlaps);
            }
        }
        if (!options.asserts_only || options.language > SL_MIRROR_RUST) {
            continue;
        }
        struct sl_buf out;
        const char *text = mirrored(abi, &options, &out);
        bool c = options.language == SL_MIRROR_C;
        size_t found = occurrences(text, c ? "\nSL_ABI_VALUE(" : " as u64 == ");
        cr_assert_eq(found, values + (c ? abi->limit_count : 0), "%s: %zu values", abi->name,
                     found);
        found = c ? occurrences(text, "\nSL_ABI_FIELD(") + occurrences(text, "\nSL_ABI_ARRAY(")
                  : occurrences(text, "offset_of!(");
        cr_assert_eq(found, fields, "%s: %zu fields", abi->name, found);
        sl_buf_finish(&out);
    }
}

Test(mirror, no_memory_is_an_error)
{
    EACH_OUTPUT(abi, options)
    {
        for (unsigned n = 1;; n += n < 20 ? 1 : 97) {
            struct sl_buf out = {0};
            struct sl_error err = {0};
            fail_alloc_arm(n);
            enum sl_status status = sl_mirror_write(abi, &options, &out, &err);
            bool failed = fail_alloc_disarm();
            sl_buf_finish(&out);
            if (!failed) {
                cr_assert_eq(status, SL_OK);
                break;
            }
            cr_assert_eq(status, SL_ERR_ENVIRONMENT, "allocation %u of output %u", n, each);
        }
    }
}

Test(mirror, languages_have_names)
{
    for (enum sl_mirror_language l = SL_MIRROR_C; l < SL_MIRROR_LANGUAGE_COUNT; l++) {
        cr_assert_eq(sl_mirror_find_language(sl_mirror_language_name(l)), l);
    }
    cr_assert_eq(sl_mirror_find_language("go"), SL_MIRROR_LANGUAGE_COUNT);
}
