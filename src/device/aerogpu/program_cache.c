/*
 * Programs of shader objects: translated when they are created, compiled when they first run.
 * One that the shader core refuses is kept with the reason, for whoever draws with it.
 */
#include "device/aerogpu/draw_link.h"
#include "device/aerogpu/exec.h"

#include "base/bytes.h"
#include "base/fast_path.h"
#include "bytecode/dxbc.h"
#include "shader/exec.h"

#include <string.h>

/* Largest programs, and what translating costs for each byte. */
enum { D3D9_BYTES_MAX = 256 * 1024, DXBC_BYTES_MAX = 16 * 1024 * 1024, TRANSLATION_WORK = 64 };

#define D3D9_VERTEX 0xFFFEu
#define D3D9_PIXEL 0xFFFFu

/* The first word of the program says family and stage; a container has it in a chunk. */
static bool read_version(const uint8_t *bytes, size_t size, uint32_t *version, const char **why)
{
    struct sl_dxbc_chunk chunk = {.bytes = bytes, .size = (uint32_t)size};
    struct sl_dxbc dxbc;
    if (size >= 4 && memcmp(bytes, "DXBC", 4) == 0) {
        if (!sl_dxbc_open(bytes, size, &dxbc, why)) {
            return false;
        }
        if (!sl_dxbc_find_program(&dxbc, &chunk)) {
            *why = "a DXBC container without a program";
            return false;
        }
    }
    *why = "no version";
    if (chunk.size < 4) {
        return false;
    }
    *version = sl_get_le32(chunk.bytes);
    return true;
}

static bool identify(const uint8_t *bytes, size_t size, enum sl_agpu_family *family,
                     enum sl_abi_stage *stage, const char **why)
{
    static const enum sl_abi_stage stages[] = {
        SL_ABI_STAGE_PIXEL, SL_ABI_STAGE_VERTEX, SL_ABI_STAGE_GEOMETRY,
        SL_ABI_STAGE_HULL,  SL_ABI_STAGE_DOMAIN, SL_ABI_STAGE_COMPUTE,
    };
    uint32_t version;
    if (!read_version(bytes, size, &version, why)) {
        return false;
    }
    uint32_t type = version >> 16;
    bool is_d3d9 = type == D3D9_VERTEX || type == D3D9_PIXEL;
    *family = is_d3d9 ? SL_AGPU_FAMILY_D3D9 : SL_AGPU_FAMILY_DXBC;
    *why = "neither DXBC nor D3D9 bytecode";
    if (!is_d3d9 && (memcmp(bytes, "DXBC", 4) != 0 || type >= sizeof(stages) / sizeof(stages[0]))) {
        return false;
    }
    *stage =
        is_d3d9 ? (type == D3D9_VERTEX ? SL_ABI_STAGE_VERTEX : SL_ABI_STAGE_PIXEL) : stages[type];
    return true;
}

/* Host memory of a translated program, for the budget. */
static uint64_t program_memory(const struct sl_ir_program *program)
{
    uint64_t elements = (uint64_t)program->input_element_count + program->output_element_count +
                        program->patch_element_count;
    return sizeof(*program) + (uint64_t)program->insn_count * sizeof(*program->insns) +
           elements * sizeof(*program->inputs) +
           (uint64_t)program->table_rows * sizeof(*program->table) +
           (uint64_t)program->definition_count * sizeof(*program->definitions);
}

static enum sl_agpu_class keep(struct sl_agpu_run *run, struct sl_agpu_shader *shader)
{
    uint64_t memory = program_memory(shader->program);
    if (!sl_agpu_reserve(run->exec, memory)) {
        sl_ir_destroy(shader->program);
        shader->program = NULL;
        return sl_agpu_fail_host_memory(run, memory);
    }
    shader->memory = memory;
    sl_agpu_link_find_reads(shader->program, shader->input_reads);
    return SL_AGPU_OK;
}

/* What the upstream executors do otherwise. */
static const struct sl_ir_options upstream = {
    .d3d9_loop_range = true,
    .d3d9_compare_from_zero = true,
    .no_color_clamp = true,
    .vpos_half = true,
    .f16_nearest_even = true,
    .firstbit_lsb = true,
    .position_w_reciprocal = true,
};

static enum sl_agpu_class translate(struct sl_agpu_run *run, const uint8_t *bytes, size_t size,
                                    struct sl_agpu_shader *shader)
{
    char message[sizeof(shader->refusal)] = "";
    const struct sl_ir_options *options = run->exec->config.profile_aero ? &upstream : NULL;
    sl_agpu_work(run, (uint64_t)size * TRANSLATION_WORK);
    switch (sl_ir_translate(bytes, size, options, &shader->program, message, sizeof(message))) {
    case SL_IR_OK:
        return keep(run, shader);
    case SL_IR_UNSUPPORTED:
        shader->program = NULL;
        memcpy(shader->refusal, message, sizeof(shader->refusal));
        return SL_AGPU_OK;
    case SL_IR_WRONG_STREAM:
        return sl_agpu_fail(run, SL_AGPU_UNSUPPORTED, "%s", message);
    case SL_IR_NO_MEMORY:
        return sl_agpu_fail(run, SL_AGPU_HOST, "no memory for a program");
    case SL_IR_BAD:
        break;
    }
    return sl_agpu_fail(run, SL_AGPU_BAD_SHADER, "%s", message);
}

enum sl_agpu_class sl_agpu_program_create(struct sl_agpu_run *run, const uint8_t *bytes,
                                          size_t size, enum sl_abi_stage stage,
                                          struct sl_agpu_shader *shader)
{
    const char *why;
    *shader = (struct sl_agpu_shader){0};
    if (!identify(bytes, size, &shader->family, &shader->stage, &why)) {
        return sl_agpu_fail(run, SL_AGPU_BAD_SHADER, "%s", why);
    }
    size_t limit = shader->family == SL_AGPU_FAMILY_D3D9 ? D3D9_BYTES_MAX : DXBC_BYTES_MAX;
    if (size > limit) {
        return sl_agpu_fail(run, SL_AGPU_BAD_SHADER, "%zu bytes; at most %zu", size, limit);
    }
    enum sl_agpu_class class_ = translate(run, bytes, size, shader);
    if (class_ == SL_AGPU_OK && shader->stage != stage) {
        sl_agpu_program_destroy(run->exec, shader);
        return sl_agpu_fail(run, SL_AGPU_BAD_SHADER, "the program is for another stage");
    }
    return class_;
}

static struct sl_vector_code *compile(struct sl_agpu_exec *exec, struct sl_agpu_shader *shader)
{
    struct sl_vector_code *code =
        sl_fast_path(SL_FAST_VECTOR) ? sl_vector_compile(shader->program) : NULL;
    uint64_t memory = code ? sl_vector_code_size(code) : 0;
    if (!sl_agpu_reserve(exec, memory)) {
        sl_vector_code_destroy(code);
        return NULL;
    }
    shader->memory += memory;
    return code;
}

const struct sl_vector_code *sl_agpu_program_code(struct sl_agpu_exec *exec,
                                                  struct sl_agpu_shader *shader)
{
    if (!shader->compiled) {
        shader->compiled = true;
        shader->code = compile(exec, shader);
    }
    return shader->code;
}

void sl_agpu_program_destroy(struct sl_agpu_exec *exec, struct sl_agpu_shader *shader)
{
    sl_vector_code_destroy(shader->code);
    sl_ir_destroy(shader->program);
    sl_agpu_release(exec, shader->memory);
    *shader = (struct sl_agpu_shader){0};
}
