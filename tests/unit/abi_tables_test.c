/* The generated tables have no holes and do not contradict themselves. */
#include "abi/abi.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(abi_tables);

static const struct sl_abi *const abis[] = {&sl_abi_aerogpu, &sl_abi_virtio_gpu};

#define EACH_ABI(abi)                                                                              \
    for (size_t i_ = 0; i_ < 2; i_++)                                                              \
        for (const struct sl_abi *abi = abis[i_]; abi; abi = NULL)

Test(abi_tables, are_as_large_as_the_abis)
{
    cr_assert_eq(sl_abi_aerogpu.version, 0x00010004);
    cr_assert_eq(sl_abi_aerogpu.opcode_count, 48);
    cr_assert_eq(sl_abi_aerogpu.register_count, 43);
    cr_assert_eq(sl_abi_aerogpu.format_count, 20);
    cr_assert_eq(sl_abi_aerogpu.feature_count, 6);
    cr_assert_eq(sl_abi_aerogpu.struct_count, 88 + 2, "the driver kit has 88");
    cr_assert_eq(sl_abi_virtio_gpu.opcode_count, 26 + 13);
    cr_assert_eq(sl_abi_virtio_gpu.format_count, 8);
    cr_assert_str_eq(sl_abi_aerogpu.name, "aerogpu");
    cr_assert_str_eq(sl_abi_virtio_gpu.name, "virtio-gpu");
}

Test(abi_tables, enums_are_sound)
{
    EACH_ABI(abi) {
        for (size_t i = 0; i < abi->enum_count; i++) {
            const struct sl_abi_enum *e = &abi->enums[i];
            cr_assert_eq(sl_abi_find_enum(abi, e->name), e, "%s", e->name);
            cr_assert(e->value_count, "%s", e->name);
            size_t prefix = strlen(e->prefix);
            for (size_t j = 0; j < e->value_count; j++) {
                const struct sl_abi_value *v = &e->values[j];
                uint64_t value;
                cr_assert_eq(strncmp(v->name, e->prefix, prefix), 0, "%s", v->name);
                cr_assert(v->name[prefix], "%s", v->name);
                cr_assert(sl_abi_value_of(e, v->name, &value) && value == v->value, "%s", v->name);
                cr_assert(sl_abi_value_of(e, v->name + prefix, &value) && value == v->value, "%s",
                          v->name);
                cr_assert_not_null(sl_abi_value_name(e, v->value), "%s", v->name);
                cr_assert(v->since_minor <= (abi->version & 0xFFFF), "%s", v->name);
            }
        }
    }
}

static void check_fields(const struct sl_abi *abi, const struct sl_abi_struct *s)
{
    uint32_t end = 0;
    for (size_t j = 0; j < s->field_count; j++) {
        const struct sl_abi_field *f = &s->fields[j];
        uint32_t bytes = f->count * sl_abi_type_size(f->type, f->of);
        cr_assert_eq(sl_abi_find_field(s, f->name), f, "%s.%s", s->name, f->name);
        cr_assert_eq(f->of != NULL, f->type == SL_ABI_STRUCT, "%s.%s", s->name, f->name);
        cr_assert_eq(f->offset, f->overlaps ? s->fields[j - 1].offset : end, "%s.%s", s->name,
                     f->name);
        end = f->offset + bytes;
        cr_assert(!f->of || (f->of >= abi->structs && f->of < s), "%s.%s", s->name, f->name);
        cr_assert(!f->names || sl_abi_find_enum(abi, f->names->name) == f->names, "%s.%s", s->name,
                  f->name);
        cr_assert(!f->present_if_size_ge || f->present_if_size_ge >= end, "%s.%s", s->name,
                  f->name);
        cr_assert(!f->stage_ex || f->names, "%s.%s", s->name, f->name);
    }
    cr_assert_eq(end, s->size, "%s", s->name);
}

Test(abi_tables, structs_are_sound)
{
    EACH_ABI(abi) {
        for (size_t i = 0; i < abi->struct_count; i++) {
            const struct sl_abi_struct *s = &abi->structs[i];
            cr_assert_eq(sl_abi_find_struct(abi, s->name), s, "%s", s->name);
            cr_assert(s->min_size <= s->size && s->size, "%s", s->name);
            check_fields(abi, s);
            const struct sl_abi_trailing *t = s->trailing;
            if (!t) {
                continue;
            }
            cr_assert_eq(t->offset, s->size, "%s", s->name);
            cr_assert(t->pad_to && t->count_scale && t->min_count_scale, "%s", s->name);
            cr_assert_eq(t->count, t->count_field ? sl_abi_find_field(s, t->count_field) : NULL,
                         "%s", s->name);
            cr_assert_eq(t->stride, t->stride_field ? sl_abi_find_field(s, t->stride_field) : NULL,
                         "%s", s->name);
        }
    }
}

Test(abi_tables, opcodes_are_sound)
{
    EACH_ABI(abi) {
        size_t found = 0;
        for (uint32_t value = 0; value < 0x20000; value++) {
            const struct sl_abi_opcode *op = sl_abi_find_opcode(abi, value);
            if (!op) {
                continue;
            }
            found++;
            cr_assert_eq(op->value, value, "%s", op->name);
            cr_assert_eq(sl_abi_find_opcode_name(abi, op->name), op, "%s", op->name);
            cr_assert_eq(sl_abi_find_opcode_name(abi, op->word), op, "%s", op->name);
            cr_assert_eq(op->min_size, op->layout->min_size, "%s", op->name);
        }
        cr_assert_eq(found, abi->opcode_count);
        cr_assert_null(sl_abi_find_opcode(abi, UINT32_MAX));
    }
}

/* Every packet starts with the header that frames it. */
Test(abi_tables, packets_start_with_their_header)
{
    EACH_ABI(abi) {
        for (size_t i = 0; i < abi->opcode_count; i++) {
            const struct sl_abi_struct *s = abi->opcodes[i].layout;
            bool is_header = strstr(s->name, "cmd_hdr") || strstr(s->name, "ctrl_hdr");
            cr_assert(is_header || strcmp(s->fields[0].name, "hdr") == 0, "%s", s->name);
        }
    }
}

Test(abi_tables, registers_are_sound)
{
    EACH_ABI(abi) {
        uint32_t end = 0;
        for (size_t i = 0; i < abi->register_count; i++) {
            const struct sl_abi_register *r = &abi->registers[i];
            cr_assert(r->offset >= end, "%s", r->name);
            end = r->offset + r->width_bytes;
            cr_assert_eq(sl_abi_find_register(abi, r->offset), r, "%s", r->name);
            cr_assert_null(sl_abi_find_register(abi, r->offset + UINT64_C(0x100000000)));
            cr_assert_eq(sl_abi_find_register_name(abi, r->name), r, "%s", r->name);
            cr_assert_eq(sl_abi_find_register_name(abi, r->word), r, "%s", r->name);
        }
        cr_assert_null(sl_abi_find_register(abi, end));
        cr_assert_null(sl_abi_find_register(abi, abi->registers[0].offset + 1));
    }
}

Test(abi_tables, formats_and_features_are_sound)
{
    EACH_ABI(abi) {
        for (size_t i = 0; i < abi->format_count; i++) {
            const struct sl_abi_format *f = &abi->formats[i];
            cr_assert_eq(sl_abi_find_format(abi, f->value), f, "%s", f->name);
            bool block = f->kind == SL_ABI_FORMAT_BLOCK;
            cr_assert_eq(f->block_width, block ? 4 : 1, "%s", f->name);
            cr_assert_eq(f->block_height, block ? 4 : 1, "%s", f->name);
            cr_assert(!f->cursor || f->bytes_per_block == 4, "%s", f->name);
            cr_assert(!f->scanout || f->kind == SL_ABI_FORMAT_COLOR, "%s", f->name);
        }
        for (size_t i = 0; i < abi->feature_count; i++) {
            cr_assert(i == 0 || abi->features[i].bit > abi->features[i - 1].bit);
        }
        cr_assert_null(sl_abi_find_format(abi, 0));
    }
}

Test(abi_tables, unknown_names_are_not_found)
{
    EACH_ABI(abi) {
        cr_assert_null(sl_abi_find_struct(abi, "nothing"));
        cr_assert_null(sl_abi_find_enum(abi, ""));
        cr_assert_null(sl_abi_find_opcode_name(abi, "nothing"));
        cr_assert_null(sl_abi_find_register_name(abi, "nothing"));
        cr_assert_null(sl_abi_find_field(&abi->structs[0], "nothing"));
    }
    cr_assert_not_null(sl_abi_find_struct(&sl_abi_aerogpu, "submit_desc"), "without its prefix");
}

/* AeroGPU: stage 2 means compute unless a stream of minor 3 or newer says more in reserved0. */
Test(abi_tables, stages_resolve)
{
    static const struct {
        uint32_t stage;
        uint32_t reserved0;
        uint16_t minor;
        enum sl_abi_stage expected;
    } cases[] = {
        {0, 0, 4, SL_ABI_STAGE_VERTEX},   {0, 7, 4, SL_ABI_STAGE_VERTEX},
        {1, 3, 4, SL_ABI_STAGE_PIXEL},    {3, 0, 0, SL_ABI_STAGE_GEOMETRY},
        {2, 0, 4, SL_ABI_STAGE_COMPUTE},  {2, 1, 4, SL_ABI_STAGE_REJECT},
        {2, 2, 3, SL_ABI_STAGE_GEOMETRY}, {2, 3, 3, SL_ABI_STAGE_HULL},
        {2, 4, 4, SL_ABI_STAGE_DOMAIN},   {2, 5, 4, SL_ABI_STAGE_COMPUTE},
        {2, 6, 4, SL_ABI_STAGE_REJECT},   {2, UINT32_MAX, 3, SL_ABI_STAGE_REJECT},
        {2, 1, 2, SL_ABI_STAGE_COMPUTE},  {2, 3, 2, SL_ABI_STAGE_COMPUTE},
        {2, 3, 0, SL_ABI_STAGE_COMPUTE},  {4, 0, 4, SL_ABI_STAGE_REJECT},
        {5, 0, 0, SL_ABI_STAGE_REJECT},   {UINT32_MAX, 0, 4, SL_ABI_STAGE_REJECT},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cr_assert_eq(sl_abi_resolve_stage(&sl_abi_aerogpu, cases[i].stage, cases[i].reserved0,
                                          cases[i].minor),
                     cases[i].expected, "case %zu", i);
    }
}
