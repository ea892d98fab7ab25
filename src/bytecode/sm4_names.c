/* The words of listings, as the compiler of the SDK writes them. */
#include "bytecode/sm4_text.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const struct sl_sm4_register_name sl_sm4_register_names[] = {
    {"r", SL_SM4_REG_TEMP, 4, 4, false},
    {"v", SL_SM4_REG_INPUT, 4, 4, false},
    {"o", SL_SM4_REG_OUTPUT, 4, 4, false},
    {"x", SL_SM4_REG_INDEXABLE_TEMP, 4, 4, false},
    {"s", SL_SM4_REG_SAMPLER, 0, 0, false},
    {"t", SL_SM4_REG_RESOURCE, 0, 4, false},
    {"cb", SL_SM4_REG_CONSTANT_BUFFER, 4, 4, false},
    {"icb", SL_SM4_REG_IMMEDIATE_CONSTANT_BUFFER, 4, 4, true},
    {"label", SL_SM4_REG_LABEL, 0, 0, false},
    {"vPrim", SL_SM4_REG_PRIMITIVE_ID, 0, 1, false},
    {"oDepth", SL_SM4_REG_DEPTH, 1, 1, false},
    {"null", SL_SM4_REG_NULL, 0, 0, false},
    {"rasterizer", SL_SM4_REG_RASTERIZER, 0, 0, false},
    {"oMask", SL_SM4_REG_COVERAGE_MASK, 0, 1, false},
    {"m", SL_SM4_REG_STREAM, 0, 0, false},
    {"vOutputControlPointID", SL_SM4_REG_OUTPUT_CONTROL_POINT_ID, 0, 1, false},
    {"vForkInstanceID", SL_SM4_REG_FORK_INSTANCE_ID, 0, 1, false},
    {"vJoinInstanceID", SL_SM4_REG_JOIN_INSTANCE_ID, 0, 1, false},
    {"vicp", SL_SM4_REG_INPUT_CONTROL_POINT, 4, 4, true},
    {"vocp", SL_SM4_REG_OUTPUT_CONTROL_POINT, 4, 4, true},
    {"vpc", SL_SM4_REG_PATCH_CONSTANT, 4, 4, false},
    {"vDomain", SL_SM4_REG_DOMAIN_POINT, 4, 4, false},
    {"u", SL_SM4_REG_UAV, 0, 0, false},
    {"g", SL_SM4_REG_GROUP_SHARED, 0, 0, false},
    {"vThreadID", SL_SM4_REG_THREAD_ID, 4, 4, false},
    {"vThreadGroupID", SL_SM4_REG_THREAD_GROUP_ID, 4, 4, false},
    {"vThreadIDInGroup", SL_SM4_REG_THREAD_ID_IN_GROUP, 4, 4, false},
    {"vCoverage", SL_SM4_REG_INPUT_COVERAGE, 1, 1, false},
    {"vThreadIDInGroupFlattened", SL_SM4_REG_THREAD_ID_IN_GROUP_FLATTENED, 0, 1, false},
    {"vGSInstanceID", SL_SM4_REG_GS_INSTANCE_ID, 0, 1, false},
    {"oDepthGE", SL_SM4_REG_DEPTH_GE, 1, 1, false},
    {"oDepthLE", SL_SM4_REG_DEPTH_LE, 1, 1, false},
    {"p", SL_SM4_REG_PREDICATE, 1, 1, false},
    /* Types without a use here, so that every operand can be written down. */
    {"fb", (enum sl_sm4_register)17, 0, 0, false},
    {"ft", (enum sl_sm4_register)18, 0, 0, false},
    {"fp", (enum sl_sm4_register)19, 0, 0, false},
    {"fi", (enum sl_sm4_register)20, 4, 4, false},
    {"fo", (enum sl_sm4_register)21, 4, 4, false},
    {"this", (enum sl_sm4_register)29, 0, 0, true},
    {"vInnerCoverage", (enum sl_sm4_register)40, 1, 1, false},
};

const size_t sl_sm4_register_name_count = COUNT(sl_sm4_register_names);

const struct sl_sm4_register_name *sl_sm4_register_name(enum sl_sm4_register type)
{
    for (size_t i = 0; i < COUNT(sl_sm4_register_names); i++) {
        if (sl_sm4_register_names[i].type == type) {
            return &sl_sm4_register_names[i];
        }
    }
    return NULL;
}

static const struct {
    enum sl_sm4_op op;
    const char *format;
} declarations[] = {
    {SL_SM4_DCL_RESOURCE, "%r %o"},
    {SL_SM4_DCL_CONSTANTBUFFER, "%o, %a"},
    {SL_SM4_DCL_SAMPLER, "%o, %m"},
    {SL_SM4_DCL_INDEX_RANGE, "%o %n"},
    {SL_SM4_DCL_OUTPUTTOPOLOGY, "%g"},
    {SL_SM4_DCL_INPUTPRIMITIVE, "%p"},
    {SL_SM4_DCL_MAXOUT, "%n"},
    {SL_SM4_DCL_INPUT, "%o"},
    {SL_SM4_DCL_INPUT_SGV, "%o, %s"},
    {SL_SM4_DCL_INPUT_SIV, "%o, %s"},
    {SL_SM4_DCL_INPUT_PS, "%i %o"},
    {SL_SM4_DCL_INPUT_PS_SGV, "%o, %s"},
    {SL_SM4_DCL_INPUT_PS_SIV, "%i %o, %s"},
    {SL_SM4_DCL_OUTPUT, "%o"},
    {SL_SM4_DCL_OUTPUT_SGV, "%o, %s"},
    {SL_SM4_DCL_OUTPUT_SIV, "%o, %s"},
    {SL_SM4_DCL_TEMPS, "%n"},
    {SL_SM4_DCL_INDEXABLE_TEMP, "x%n[%n], %n"},
    {SL_SM4_DCL_GLOBAL_FLAGS, "%f"},
    {SL_SM4_DCL_STREAM, "%o"},
    {SL_SM4_DCL_INPUT_CONTROL_POINT_COUNT, "%c"},
    {SL_SM4_DCL_OUTPUT_CONTROL_POINT_COUNT, "%c"},
    {SL_SM4_DCL_TESS_DOMAIN, "%d"},
    {SL_SM4_DCL_TESS_PARTITIONING, "%t"},
    {SL_SM4_DCL_TESS_OUTPUT_PRIMITIVE, "%u"},
    {SL_SM4_DCL_HS_MAX_TESSFACTOR, "%l"},
    {SL_SM4_DCL_HS_FORK_PHASE_INSTANCE_COUNT, "%n"},
    {SL_SM4_DCL_HS_JOIN_PHASE_INSTANCE_COUNT, "%n"},
    {SL_SM4_DCL_THREAD_GROUP, "%n, %n, %n"},
    {SL_SM4_DCL_UAV_TYPED, "%r %o"},
    {SL_SM4_DCL_UAV_RAW, "%o"},
    {SL_SM4_DCL_UAV_STRUCTURED, "%o, %n"},
    {SL_SM4_DCL_TGSM_RAW, "%o, %n"},
    {SL_SM4_DCL_TGSM_STRUCTURED, "%o, %n, %n"},
    {SL_SM4_DCL_RESOURCE_RAW, "%o"},
    {SL_SM4_DCL_RESOURCE_STRUCTURED, "%o, %n"},
    {SL_SM4_DCL_GS_INSTANCE_COUNT, "%n"},
};

const char *sl_sm4_declaration_format(enum sl_sm4_op op)
{
    for (size_t i = 0; i < COUNT(declarations); i++) {
        if (declarations[i].op == op) {
            return declarations[i].format;
        }
    }
    return "";
}

static const char *const access_names[] = {"immediateIndexed", "dynamicIndexed"};
static const char *const sampler_names[] = {"mode_default", "mode_comparison", "mode_mono"};
static const char *const topology_names[] = {
    NULL, "pointlist", "linelist", "linestrip", "trianglelist", "trianglestrip",
};
static const char *const primitive_names[] = {
    NULL, "point", "line", "triangle", NULL, NULL, "lineadj", "triangleadj",
};
static const char *const interpolation_names[] = {
    "undefined",
    "constant",
    "linear",
    "linear centroid",
    "linear noperspective",
    "linear noperspective centroid",
    "linear sample",
    "linear noperspective sample",
};
static const char *const domain_names[] = {NULL, "domain_isoline", "domain_tri", "domain_quad"};
static const char *const partitioning_names[] = {
    NULL,
    "partitioning_integer",
    "partitioning_pow2",
    "partitioning_fractional_odd",
    "partitioning_fractional_even",
};
static const char *const output_primitive_names[] = {
    NULL, "output_point", "output_line", "output_triangle_cw", "output_triangle_ccw",
};

#define FIELD_NAMES(names) names, COUNT(names)

static const struct sl_sm4_control_field control_fields[] = {
    {'a', 11, 1, FIELD_NAMES(access_names)},
    {'m', 11, 4, FIELD_NAMES(sampler_names)},
    {'g', 11, 7, FIELD_NAMES(topology_names)},
    {'p', 11, 6, FIELD_NAMES(primitive_names)},
    {'i', 11, 4, FIELD_NAMES(interpolation_names)},
    {'c', 11, 6, NULL, 0},
    {'d', 11, 2, FIELD_NAMES(domain_names)},
    {'t', 11, 3, FIELD_NAMES(partitioning_names)},
    {'u', 11, 3, FIELD_NAMES(output_primitive_names)},
};

const struct sl_sm4_control_field *sl_sm4_control_field(char letter)
{
    for (size_t i = 0; i < COUNT(control_fields); i++) {
        if (control_fields[i].letter == letter) {
            return &control_fields[i];
        }
    }
    return NULL;
}

static const char *const system_values[] = {
    "undefined",
    "position",
    "clip_distance",
    "cull_distance",
    "rendertarget_array_index",
    "viewport_array_index",
    "vertex_id",
    "primitive_id",
    "instance_id",
    "is_front_face",
    "sampleIndex",
    "finalQuadUeq0EdgeTessFactor",
    "finalQuadVeq0EdgeTessFactor",
    "finalQuadUeq1EdgeTessFactor",
    "finalQuadVeq1EdgeTessFactor",
    "finalQuadUInsideTessFactor",
    "finalQuadVInsideTessFactor",
    "finalTriUeq0EdgeTessFactor",
    "finalTriVeq0EdgeTessFactor",
    "finalTriWeq0EdgeTessFactor",
    "finalTriInsideTessFactor",
    "finalLineDetailTessFactor",
    "finalLineDensityTessFactor",
};

static const char *const dimensions[] = {
    "unknown",          "buffer",      "texture1d",         "texture2d",      "texture2dms",
    "texture3d",        "texturecube", "texture1darray",    "texture2darray", "texture2dmsarray",
    "texturecubearray", "raw_buffer",  "structured_buffer",
};

static const char *const return_types[] = {
    NULL, "unorm", "snorm", "sint", "uint", "float", "mixed", "double", "continued", "unused",
};

static const char *const global_flags[] = {
    "refactoringAllowed",         "enableDoublePrecisionFloatOps",
    "forceEarlyDepthStencil",     "enableRawAndStructuredBuffers",
    "skipOptimization",           "enableMinimumPrecision",
    "enable11_1DoubleExtensions", "enable11_1ShaderExtensions",
    "allResourcesBound",
};

static const char *const compares[] = {NULL, NULL, "eq", "ne", "gt", "ge", "lt", "le"};

static const char *const setps[] = {
    "eq", "ne", "lt", "ge", "le", "gt", NULL, NULL, "equ", "neu", "ltu", "geu", "leu", "gtu",
};

static const char *const stages[] = {"ps", "vs", "gs", "hs", "ds", "cs"};
static const char *const syncs[] = {"t", "g", "ugroup", "uglobal"};
static const char *const aero_syncs[] = {"g", "u", "t"};
static const char *const resinfos[] = {NULL, "rcpFloat", "uint"};

const struct sl_sm4_names sl_sm4_system_value_names = {FIELD_NAMES(system_values)};
const struct sl_sm4_names sl_sm4_dimension_names = {FIELD_NAMES(dimensions)};
const struct sl_sm4_names sl_sm4_return_type_names = {FIELD_NAMES(return_types)};
const struct sl_sm4_names sl_sm4_global_flag_names = {FIELD_NAMES(global_flags)};
const struct sl_sm4_names sl_sm4_compare_names = {FIELD_NAMES(compares)};
const struct sl_sm4_names sl_sm4_setp_names = {FIELD_NAMES(setps)};
const struct sl_sm4_names sl_sm4_stage_names = {FIELD_NAMES(stages)};
const struct sl_sm4_names sl_sm4_sync_names = {FIELD_NAMES(syncs)};
const struct sl_sm4_names sl_sm4_aero_sync_names = {FIELD_NAMES(aero_syncs)};
const struct sl_sm4_names sl_sm4_resinfo_names = {FIELD_NAMES(resinfos)};

const char *sl_sm4_name(const struct sl_sm4_names *names, size_t number)
{
    return number < names->count ? names->names[number] : NULL;
}

size_t sl_sm4_find_name(const struct sl_sm4_names *names, const char *name, size_t size)
{
    for (size_t i = 0; i < names->count; i++) {
        const char *known = names->names[i];
        if (known && strlen(known) == size && memcmp(known, name, size) == 0) {
            return i;
        }
    }
    return names->count;
}
