/* Declarations of SM4 and SM5 programs as fields of the program. */
#include "shader/sm4_lowering.h"

#include "bytecode/sm4_table.h"
#include "render/texture.h"

#include <string.h>

#define TABLE_ROWS_MAX 4096u
#define SHARED_BYTES_MAX 32768u
#define STRIDE_MAX 2048u
#define GROUP_THREADS_MAX 1024u
#define GROUP_DEPTH_MAX 64u
#define GS_SCALARS_MAX 1024u
#define GS_INSTANCES_MAX 32u
#define CONTROL_POINTS_MAX 32u
#define TESS_FACTOR_MAX 64.0f
#define CUSTOM_TABLE 3u
#define FLAG_EARLY_DEPTH (1u << 2) /* of the control field, which starts at bit 11 */

bool sl_sm4_is_declaration(enum sl_sm4_op op)
{
    const struct sl_sm4_shape *shape = sl_sm4_shape((uint32_t)op);
    return (shape != NULL && shape->trait == SL_SM4_TRAIT_DECLARATION) ||
           op == SL_SM4_AERO_DCL_OTHER || op == SL_SM4_CUSTOMDATA || op == SL_SM4_HS_DECLS;
}

/* An enumeration of a declaration: control bits in one dialect, a word in the other. */
static uint32_t value_of(const struct sl_sm4_lowering *low)
{
    return low->aero ? low->insn->extra[0] : low->insn->control & 0x3Fu;
}

static const struct sl_sm4_operand *operand_of(struct sl_sm4_lowering *low)
{
    static const struct sl_sm4_operand none = {.type = SL_SM4_REG_NULL};
    if (low->insn->operand_count == 0) {
        sl_sm4_refuse(low, SL_IR_BAD, "a declaration has no operand");
        return &none;
    }
    return &low->insn->operands[0];
}

/* ---- registers ---- */

static uint8_t interpolation_of(const struct sl_sm4_lowering *low)
{
    static const uint8_t modes[16] = {
        [1] = SL_IR_FLAT, [4] = SL_IR_LINEAR, [5] = SL_IR_LINEAR, [7] = SL_IR_LINEAR};
    bool pixel = low->insn->op == SL_SM4_DCL_INPUT_PS || low->insn->op == SL_SM4_DCL_INPUT_PS_SGV ||
                 low->insn->op == SL_SM4_DCL_INPUT_PS_SIV;
    return pixel && !low->aero ? modes[low->insn->control & 0xFu] : SL_IR_PERSPECTIVE;
}

static void declare_register(struct sl_sm4_lowering *low)
{
    const struct sl_sm4_operand *operand = operand_of(low);
    sl_sm4_components *components = sl_sm4_components_of(low, operand);
    sl_sm4_note_output(low, operand);
    if (components == NULL || operand->index_count == 0) {
        return;
    }
    uint64_t reg = operand->index[operand->index_count - 1].immediate;
    if (reg >= SL_SM4_REGISTERS_MAX) {
        sl_sm4_refuse(low, SL_IR_BAD, "register %lu is declared, which is above %u",
                      (unsigned long)reg, SL_SM4_REGISTERS_MAX - 1);
        return;
    }
    for (unsigned c = 0; c < 4; c++) {
        if ((operand->mask & 1u << c) != 0) {
            uint32_t value = low->insn->extra_count > 0 ? low->insn->extra[0] : 0;
            (*components)[reg][c] = (struct sl_sm4_component){
                .declared = true,
                .interpolation = interpolation_of(low),
                .system_value = value <= SL_SV_LINE_DENSITY_TESS ? (uint8_t)value : 0,
            };
        }
    }
}

static void declare_range(struct sl_sm4_lowering *low)
{
    const struct sl_sm4_operand *operand = operand_of(low);
    if (operand->index_count == 0 || low->range_count == SL_SM4_RANGES_MAX) {
        sl_sm4_refuse(low, SL_IR_BAD, "an index range names no register, or is one too many");
        return;
    }
    uint64_t first = operand->index[operand->index_count - 1].immediate;
    uint32_t count = low->insn->extra[0];
    if (first >= SL_SM4_REGISTERS_MAX || count > SL_SM4_REGISTERS_MAX - first) {
        sl_sm4_refuse(low, SL_IR_BAD, "an index range goes beyond register %u",
                      SL_SM4_REGISTERS_MAX - 1);
        return;
    }
    low->ranges[low->range_count++] = (struct sl_sm4_range){operand->type, (uint32_t)first, count};
}

static void declare_temps(struct sl_sm4_lowering *low)
{
    if (low->insn->extra[0] > SL_SM4_TEMPS_MAX) {
        sl_sm4_refuse(low, SL_IR_BAD, "more than %u temporary registers", SL_SM4_TEMPS_MAX);
    } else if (low->insn->extra[0] > low->temp_count) {
        low->temp_count = low->insn->extra[0]; /* each phase of a hull program has its own */
    }
}

/* The phases of a hull program may reuse a number; the largest counts, as phases run apart. */
static void declare_array(struct sl_sm4_lowering *low)
{
    uint32_t number = low->insn->extra[0];
    uint32_t size = low->insn->extra[1];
    if (number >= SL_SM4_ARRAYS_MAX || size == 0 || size > SL_SM4_TEMPS_MAX) {
        sl_sm4_refuse(low, SL_IR_BAD, "x%lu[%lu] is beyond the limits", (unsigned long)number,
                      (unsigned long)size);
        return;
    }
    low->arrays[number].declared = true;
    if (size > low->arrays[number].size) {
        low->array_elements += size - low->arrays[number].size;
        low->arrays[number].size = size;
    }
}

/* ---- bindings ---- */

static void declare_constants(struct sl_sm4_lowering *low)
{
    const struct sl_sm4_operand *operand = operand_of(low);
    uint16_t slot = sl_sm4_slot(low, operand, SL_SM4_REG_CONSTANT_BUFFER, 14);
    uint64_t rows = operand->index_count > 1 ? operand->index[1].immediate : 0;
    if (rows > SL_SM4_CONSTANT_ROWS_MAX) {
        sl_sm4_refuse(low, SL_IR_BAD, "cb%u has more than %u rows", (unsigned)slot,
                      SL_SM4_CONSTANT_ROWS_MAX);
        return;
    }
    low->program->constants[slot] = (struct sl_ir_constant_buffer){
        .used = true,
        .row_count = rows == 0 ? SL_SM4_CONSTANT_ROWS_MAX : (uint32_t)rows, /* 0: not known */
    };
}

static bool stride_is_good(struct sl_sm4_lowering *low, uint32_t stride)
{
    if (stride == 0 || stride > STRIDE_MAX || stride % 4 != 0) {
        sl_sm4_refuse(low, SL_IR_BAD, "a structure of %lu bytes", (unsigned long)stride);
        return false;
    }
    return true;
}

static const struct {
    bool known;
    bool is_buffer;
    bool is_volume;
    uint8_t dimension;
} dimensions[] = {
    [SL_SM4_DIM_BUFFER] = {true, true, false, SL_TEXTURE_2D},
    [SL_SM4_DIM_TEXTURE1D] = {true, false, false, SL_TEXTURE_1D},
    [SL_SM4_DIM_TEXTURE2D] = {true, false, false, SL_TEXTURE_2D},
    [SL_SM4_DIM_TEXTURE3D] = {true, false, true, SL_TEXTURE_2D},
    [SL_SM4_DIM_TEXTURECUBE] = {true, false, false, SL_TEXTURE_CUBE},
    [SL_SM4_DIM_TEXTURE1DARRAY] = {true, false, false, SL_TEXTURE_1D_ARRAY},
    [SL_SM4_DIM_TEXTURE2DARRAY] = {true, false, false, SL_TEXTURE_2D_ARRAY},
    [SL_SM4_DIM_TEXTURECUBEARRAY] = {true, false, false, SL_TEXTURE_CUBE_ARRAY},
};

static void declare_texture(struct sl_sm4_lowering *low)
{
    uint16_t slot = sl_sm4_slot(low, operand_of(low), SL_SM4_REG_RESOURCE, 128);
    unsigned dimension = low->insn->dimension;
    if (dimension == SL_SM4_DIM_UNKNOWN && low->aero) {
        dimension = SL_SM4_DIM_TEXTURE2D;
    }
    if (dimension == SL_SM4_DIM_TEXTURE2DMS || dimension == SL_SM4_DIM_TEXTURE2DMSARRAY) {
        sl_sm4_refuse(low, SL_IR_UNSUPPORTED, "a multisampled texture");
        return;
    }
    if (dimension >= sizeof(dimensions) / sizeof(dimensions[0]) || !dimensions[dimension].known) {
        sl_sm4_refuse(low, SL_IR_BAD, "t%u has an unknown dimension", (unsigned)slot);
        return;
    }
    low->program->resources[slot] = (struct sl_ir_resource){
        .used = true,
        .is_buffer = dimensions[dimension].is_buffer,
        .is_volume = dimensions[dimension].is_volume,
        .dimension = dimensions[dimension].dimension,
    };
    low->resource_flags[slot] = SL_IR_FLAG_TYPED;
}

static void declare_resource_buffer(struct sl_sm4_lowering *low, uint32_t stride)
{
    uint16_t slot = sl_sm4_slot(low, operand_of(low), SL_SM4_REG_RESOURCE, 128);
    low->program->resources[slot] =
        (struct sl_ir_resource){.used = true, .is_buffer = true, .stride_bytes = stride};
    low->resource_flags[slot] = stride != 0 ? SL_IR_FLAG_STRUCTURED : 0;
}

static void declare_uav(struct sl_sm4_lowering *low, uint32_t stride, uint8_t flags)
{
    uint16_t slot = sl_sm4_slot(low, operand_of(low), SL_SM4_REG_UAV, 8);
    low->program->uavs[slot] =
        (struct sl_ir_resource){.used = true, .is_buffer = true, .stride_bytes = stride};
    low->program->uav_used[slot] = true;
    low->uav_flags[slot] = flags;
}

/* Only buffers can be bound to u#. Aero's dimension words say too little to tell. */
static void declare_typed_uav(struct sl_sm4_lowering *low)
{
    if (!low->aero && low->insn->dimension != SL_SM4_DIM_BUFFER) {
        sl_sm4_refuse(low, SL_IR_UNSUPPORTED, "a texture as unordered access view");
        return;
    }
    declare_uav(low, 0, SL_IR_FLAG_TYPED);
}

static void declare_structures(struct sl_sm4_lowering *low)
{
    uint32_t stride = low->insn->extra[0];
    if (!stride_is_good(low, stride)) {
        return;
    }
    if (low->insn->op == SL_SM4_DCL_RESOURCE_STRUCTURED) {
        declare_resource_buffer(low, stride);
    } else {
        declare_uav(low, stride, SL_IR_FLAG_STRUCTURED);
    }
}

static void declare_shared(struct sl_sm4_lowering *low)
{
    uint16_t slot = sl_sm4_slot(low, operand_of(low), SL_SM4_REG_GROUP_SHARED, SL_IR_SHARED_MAX);
    struct sl_ir_shared *shared = &low->program->shared[slot];
    bool structured = low->insn->op == SL_SM4_DCL_TGSM_STRUCTURED;
    uint32_t stride = structured ? low->insn->extra[0] : 0;
    uint64_t size = structured ? (uint64_t)stride * low->insn->extra[1] : low->insn->extra[0];
    if (structured && !stride_is_good(low, stride)) {
        return;
    }
    size = (size + 3) & ~UINT64_C(3);
    if (shared->used || size > SHARED_BYTES_MAX - low->program->shared_bytes) {
        sl_sm4_refuse(low, SL_IR_BAD, "g%u is declared twice or exceeds %u bytes of shared memory",
                      (unsigned)slot, SHARED_BYTES_MAX);
        return;
    }
    *shared = (struct sl_ir_shared){
        .used = true,
        .offset_bytes = low->program->shared_bytes,
        .size_bytes = (uint32_t)size,
        .stride_bytes = stride,
    };
    low->program->shared_bytes += (uint32_t)size;
}

static void declare_sampler(struct sl_sm4_lowering *low)
{
    uint16_t slot = sl_sm4_slot(low, operand_of(low), SL_SM4_REG_SAMPLER, 16);
    low->program->sampler_mask |= UINT32_C(1) << slot;
}

static void declare_table(struct sl_sm4_lowering *low)
{
    const struct sl_sm4_insn *insn = low->insn;
    if (insn->custom_class != CUSTOM_TABLE) {
        return;
    }
    if (insn->data_count % 4 != 0 || insn->data_count / 4 > TABLE_ROWS_MAX ||
        low->program->table_rows != 0) {
        sl_sm4_refuse(low, SL_IR_BAD, "an immediate constant buffer of %lu words, or a second one",
                      (unsigned long)insn->data_count);
        return;
    }
    sl_ir_builder_table(&low->builder, insn->data, insn->data_count / 4);
}

/* ---- stages ---- */

static uint32_t bounded(struct sl_sm4_lowering *low, uint32_t value, uint32_t most,
                        const char *what)
{
    if (value == 0 || value > most) {
        sl_sm4_refuse(low, SL_IR_BAD, "%s is %lu, not 1 to %lu", what, (unsigned long)value,
                      (unsigned long)most);
        return 1;
    }
    return value;
}

static uint32_t looked_up(struct sl_sm4_lowering *low, const uint8_t *table, size_t count,
                          const char *what)
{
    uint32_t value = value_of(low);
    if (value >= count || table[value] == 0) {
        sl_sm4_refuse(low, SL_IR_BAD, "%s has the unknown value %lu", what, (unsigned long)value);
        return 0;
    }
    return table[value];
}

#define LOOK_UP(low, table, what) looked_up(low, table, sizeof(table), what)

static void declare_input_primitive(struct sl_sm4_lowering *low)
{
    static const uint8_t sdk[] = {[1] = SL_IR_PRIM_POINT,
                                  [2] = SL_IR_PRIM_LINE,
                                  [3] = SL_IR_PRIM_TRIANGLE,
                                  [6] = SL_IR_PRIM_LINE_ADJ,
                                  [7] = SL_IR_PRIM_TRIANGLE_ADJ};
    static const uint8_t aero[] = {
        [1] = SL_IR_PRIM_POINT,         [2] = SL_IR_PRIM_LINE,      [3] = SL_IR_PRIM_TRIANGLE,
        [4] = SL_IR_PRIM_TRIANGLE,      [6] = SL_IR_PRIM_LINE_ADJ,  [7] = SL_IR_PRIM_TRIANGLE_ADJ,
        [10] = SL_IR_PRIM_LINE_ADJ,     [11] = SL_IR_PRIM_LINE_ADJ, [12] = SL_IR_PRIM_TRIANGLE_ADJ,
        [13] = SL_IR_PRIM_TRIANGLE_ADJ,
    };
    low->program->input_primitive =
        (enum sl_ir_primitive)(low->aero ? LOOK_UP(low, aero, "the input primitive")
                                         : LOOK_UP(low, sdk, "the input primitive"));
}

static void declare_topology(struct sl_sm4_lowering *low)
{
    static const uint8_t sdk[] = {
        [1] = SL_IR_STRIP_POINT, [3] = SL_IR_STRIP_LINE, [5] = SL_IR_STRIP_TRIANGLE};
    static const uint8_t aero[] = {[1] = SL_IR_STRIP_POINT,
                                   [2] = SL_IR_STRIP_LINE,
                                   [3] = SL_IR_STRIP_TRIANGLE,
                                   [5] = SL_IR_STRIP_TRIANGLE};
    low->program->output_strip =
        (enum sl_ir_strip)(low->aero ? LOOK_UP(low, aero, "the output topology")
                                     : LOOK_UP(low, sdk, "the output topology"));
}

static void declare_partitioning(struct sl_sm4_lowering *low)
{
    static const uint8_t known[] = {0, 1, 2, 3, 4};
    low->program->partitioning = (enum sl_ir_partitioning)LOOK_UP(low, known, "the partitioning");
    if (low->program->partitioning >= SL_IR_PARTITIONING_ODD) {
        sl_sm4_refuse(low, SL_IR_UNSUPPORTED, "fractional partitioning");
    }
}

static void declare_max_factor(struct sl_sm4_lowering *low)
{
    float factor;
    memcpy(&factor, &low->insn->extra[0], sizeof(factor));
    if (!(factor >= 1.0f && factor <= TESS_FACTOR_MAX)) {
        sl_sm4_refuse(low, SL_IR_BAD, "the greatest tessellation factor is not 1 to 64");
        return;
    }
    low->program->max_tess_factor = factor;
}

static void declare_thread_group(struct sl_sm4_lowering *low)
{
    const uint32_t *size = low->insn->extra;
    uint64_t threads = 1;
    for (unsigned i = 0; i < 3; i++) {
        uint32_t most = i == 2 ? GROUP_DEPTH_MAX : GROUP_THREADS_MAX;
        low->program->group_size[i] = bounded(low, size[i], most, "a side of the thread group");
        threads *= low->program->group_size[i];
    }
    if (threads > GROUP_THREADS_MAX) {
        sl_sm4_refuse(low, SL_IR_BAD, "a thread group of %lu threads", (unsigned long)threads);
    }
    low->has_thread_group = true;
}

static void declare(struct sl_sm4_lowering *low)
{
    static const uint8_t domains[] = {0, 1, 2, 3};
    static const uint8_t outputs[] = {0, 1, 2, 3, 4};
    struct sl_ir_program *program = low->program;
    switch ((uint32_t)low->insn->op) {
    case SL_SM4_DCL_INPUT:
    case SL_SM4_DCL_INPUT_SGV:
    case SL_SM4_DCL_INPUT_SIV:
    case SL_SM4_DCL_INPUT_PS:
    case SL_SM4_DCL_INPUT_PS_SGV:
    case SL_SM4_DCL_INPUT_PS_SIV:
    case SL_SM4_DCL_OUTPUT:
    case SL_SM4_DCL_OUTPUT_SGV:
    case SL_SM4_DCL_OUTPUT_SIV:
        declare_register(low);
        break;
    case SL_SM4_DCL_INDEX_RANGE:
        declare_range(low);
        break;
    case SL_SM4_DCL_TEMPS:
        declare_temps(low);
        break;
    case SL_SM4_DCL_INDEXABLE_TEMP:
        declare_array(low);
        break;
    case SL_SM4_DCL_CONSTANTBUFFER:
        declare_constants(low);
        break;
    case SL_SM4_DCL_RESOURCE:
        declare_texture(low);
        break;
    case SL_SM4_DCL_RESOURCE_RAW:
        declare_resource_buffer(low, 0);
        break;
    case SL_SM4_DCL_UAV_RAW:
        declare_uav(low, 0, 0);
        break;
    case SL_SM4_DCL_RESOURCE_STRUCTURED:
    case SL_SM4_DCL_UAV_STRUCTURED:
        declare_structures(low);
        break;
    case SL_SM4_DCL_UAV_TYPED:
        declare_typed_uav(low);
        break;
    case SL_SM4_DCL_TGSM_RAW:
    case SL_SM4_DCL_TGSM_STRUCTURED:
        declare_shared(low);
        break;
    case SL_SM4_DCL_SAMPLER:
        declare_sampler(low);
        break;
    case SL_SM4_CUSTOMDATA:
        declare_table(low);
        break;
    case SL_SM4_DCL_INPUTPRIMITIVE:
        declare_input_primitive(low);
        break;
    case SL_SM4_DCL_OUTPUTTOPOLOGY:
        declare_topology(low);
        break;
    case SL_SM4_DCL_MAXOUT:
        program->max_vertices =
            bounded(low, low->insn->extra[0], GS_SCALARS_MAX, "the number of vertices");
        break;
    case SL_SM4_DCL_GS_INSTANCE_COUNT:
        program->instance_count =
            bounded(low, low->insn->extra[0], GS_INSTANCES_MAX, "the number of instances");
        break;
    case SL_SM4_DCL_INPUT_CONTROL_POINT_COUNT:
        program->input_points =
            bounded(low, value_of(low), CONTROL_POINTS_MAX, "the number of input points");
        break;
    case SL_SM4_DCL_OUTPUT_CONTROL_POINT_COUNT:
        program->output_points =
            bounded(low, value_of(low), CONTROL_POINTS_MAX, "the number of output points");
        break;
    case SL_SM4_DCL_TESS_DOMAIN:
        program->domain = (enum sl_ir_domain)LOOK_UP(low, domains, "the domain");
        break;
    case SL_SM4_DCL_TESS_PARTITIONING:
        declare_partitioning(low);
        break;
    case SL_SM4_DCL_TESS_OUTPUT_PRIMITIVE:
        program->tess_output =
            (enum sl_ir_tess_output)LOOK_UP(low, outputs, "the tessellator's output");
        break;
    case SL_SM4_DCL_HS_MAX_TESSFACTOR:
        declare_max_factor(low);
        break;
    case SL_SM4_DCL_THREAD_GROUP:
        declare_thread_group(low);
        break;
    case SL_SM4_DCL_GLOBAL_FLAGS:
        program->early_depth |= (low->insn->control & FLAG_EARLY_DEPTH) != 0;
        break;
    case SL_SM4_DCL_FUNCTION_BODY:
    case SL_SM4_DCL_FUNCTION_TABLE:
    case SL_SM4_DCL_INTERFACE:
        sl_sm4_refuse(low, SL_IR_UNSUPPORTED, "interfaces");
        break;
    default: /* streams and what Aero's writers fill in; instance counts of phases come later */
        break;
    }
}

static void make_arrays(struct sl_sm4_lowering *low)
{
    if (low->temp_count + low->array_elements > SL_SM4_TEMPS_MAX) {
        sl_sm4_refuse(low, SL_IR_BAD, "more than %u temporary registers", SL_SM4_TEMPS_MAX);
        return;
    }
    for (unsigned i = 0; i < SL_SM4_ARRAYS_MAX; i++) {
        if (low->arrays[i].declared) {
            low->arrays[i].number = sl_ir_builder_array(&low->builder, low->arrays[i].size);
        }
    }
}

static void set_defaults(struct sl_ir_program *program)
{
    program->max_tess_factor = TESS_FACTOR_MAX;
    program->instance_count = 1;
    program->partitioning = SL_IR_PARTITIONING_INTEGER;
    program->tess_output = SL_IR_TESS_CW;
}

/* Aero's hull and domain programs may say nothing of the tessellator: triangles then. */
static void check_stage(struct sl_sm4_lowering *low)
{
    struct sl_ir_program *program = low->program;
    bool tess = program->stage == SL_IR_HULL || program->stage == SL_IR_DOMAIN;
    if (tess && program->domain == 0 && low->aero) {
        program->domain = SL_IR_DOMAIN_TRI;
    }
    if (program->stage == SL_IR_HULL && program->output_points == 0 && low->aero) {
        program->output_points = program->input_points;
    }
    if (tess && program->domain == 0) {
        sl_sm4_refuse(low, SL_IR_BAD, "no domain is declared");
    } else if (program->stage == SL_IR_HULL && !low->aero && program->input_points == 0) {
        sl_sm4_refuse(low, SL_IR_BAD, "no number of input points is declared");
    } else if (program->stage == SL_IR_COMPUTE && !low->has_thread_group) {
        sl_sm4_refuse(low, SL_IR_BAD, "no thread group is declared");
    }
}

/* Calls visit for each instruction, with the phase that it is in. */
static void visit_all(struct sl_sm4_lowering *low, void visit(struct sl_sm4_lowering *low))
{
    low->phase = SL_SM4_WHOLE;
    for (size_t i = 0; i < low->source->insn_count && low->verdict == SL_IR_OK; i++) {
        low->insn = &low->source->insns[i];
        if (low->insn->op == SL_SM4_HS_CONTROL_POINT_PHASE) {
            low->phase = SL_SM4_CONTROL_POINTS;
        } else if (low->insn->op == SL_SM4_HS_FORK_PHASE) {
            low->phase = SL_SM4_FORK;
        } else if (low->insn->op == SL_SM4_HS_JOIN_PHASE) {
            low->phase = SL_SM4_JOIN;
        }
        visit(low);
    }
    low->phase = SL_SM4_WHOLE;
    low->insn = NULL;
}

void sl_sm4_declare(struct sl_sm4_lowering *low)
{
    set_defaults(low->program);
    visit_all(low, declare);
    visit_all(low, sl_sm4_use_operands); /* what is declared wins */
    if (low->verdict == SL_IR_OK) {
        make_arrays(low);
        check_stage(low);
    }
}
