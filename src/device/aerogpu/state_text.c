/* The bound state of a context as lines of text, for whoever stopped in the middle of a trace. */
#include "device/aerogpu/exec.h"

#include "abi_aerogpu.h"
#include "base/status.h"
#include "device/aerogpu/stage.h"

#include <inttypes.h>
#include <string.h>

struct text {
    const struct sl_agpu_exec *exec;
    const struct sl_agpu_context *context;
    struct sl_buf buf; /* the current line */
    void (*line)(void *data, const char *text);
    void *data;
    bool failed;
};

static const char *const stage_names[SL_AGPU_STAGE_COUNT] = {"VERTEX", "PIXEL",  "GEOMETRY",
                                                             "HULL",   "DOMAIN", "COMPUTE"};

static const char *const flavour_names[] = {
    [SL_AGPU_FLAVOUR_UNKNOWN] = "undecided",
    [SL_AGPU_FLAVOUR_D3D9] = "d3d9",
    [SL_AGPU_FLAVOUR_D3D11] = "d3d11",
};

/* D3DBLEND, D3DBLENDOP and D3DSTENCILOP without their prefixes. */
static const char *const blend_factors[] = {
    "-",
    "ZERO",
    "ONE",
    "SRC_COLOR",
    "INV_SRC_COLOR",
    "SRC_ALPHA",
    "INV_SRC_ALPHA",
    "DEST_ALPHA",
    "INV_DEST_ALPHA",
    "DEST_COLOR",
    "INV_DEST_COLOR",
    "SRC_ALPHA_SAT",
    "BOTH_SRC_ALPHA",
    "BOTH_INV_SRC_ALPHA",
    "CONSTANT",
    "INV_CONSTANT",
};
static const char *const blend_ops[] = {"-", "ADD", "SUBTRACT", "REV_SUBTRACT", "MIN", "MAX"};
static const char *const stencil_ops[] = {"-",        "KEEP",   "ZERO", "REPLACE", "INCR_SAT",
                                          "DECR_SAT", "INVERT", "INCR", "DECR"};
static const char *const fills[] = {"-", "POINT", "WIREFRAME", "SOLID"};

#define NAME(table, value) ((value) < sizeof(table) / sizeof((table)[0]) ? (table)[value] : "?")

static const char *or_question(const char *name)
{
    return name ? name : "?";
}

/* D3DCMPFUNC counts from 1 in the order of the ABI's enum. */
static const char *compare_name(uint8_t func)
{
    return func == 0 ? "unset"
                     : or_question(sl_abi_value_name(SL_ENUM_AEROGPU_COMPARE_FUNC, func - 1u));
}

static void end_line(struct text *text)
{
    const char *line = sl_buf_cstr(&text->buf);
    if (line) {
        text->line(text->data, line);
    } else {
        text->failed = true;
    }
    sl_buf_clear(&text->buf);
}

static void put_float(struct text *text, const char *name, uint32_t bits)
{
    sl_buf_printf(&text->buf, " %s=", name);
    sl_abi_print_value(&text->buf, SL_ABI_F32, NULL, bits);
}

static void put_vector(struct text *text, const uint32_t value[4], enum sl_abi_type type)
{
    for (size_t i = 0; i < 4; i++) {
        sl_buf_text(&text->buf, i == 0 ? "[" : ", ");
        sl_abi_print_value(&text->buf, type, NULL, value[i]);
    }
    sl_buf_text(&text->buf, "]");
}

static const char *format_word(const struct sl_abi_format *format)
{
    return or_question(sl_abi_value_name(SL_ENUM_AEROGPU_FORMAT, format->value));
}

static void put_subresource(struct text *text, const struct sl_agpu_target *target)
{
    sl_buf_printf(&text->buf, " %" PRIu32 "x%" PRIu32 " %s mip=%" PRIu32 " layer=%" PRIu32,
                  target->width, target->height, format_word(target->format), target->mip,
                  target->layer);
}

/* What a handle is now: it is resolved at use, so it may be nothing. */
static void put_object(struct text *text, uint32_t handle)
{
    sl_buf_printf(&text->buf, " handle=%" PRIu32, handle);
    const struct sl_agpu_object *object = sl_agpu_find(text->exec, handle);
    if (!object) {
        sl_buf_text(&text->buf, " not created");
        return;
    }
    struct sl_agpu_target target = sl_agpu_resolve_target(text->exec, handle);
    if (target.storage) {
        put_subresource(text, &target);
    } else if (object->kind == SL_AGPU_BUFFER) {
        sl_buf_printf(&text->buf, " buffer of %" PRIu64 " bytes", object->storage->linear_size);
    }
}

static void put_range(struct text *text, const struct sl_agpu_buffer_range *range)
{
    sl_buf_printf(&text->buf, " offset_bytes=%" PRIu32 " size_bytes=%" PRIu32, range->offset_bytes,
                  range->size_bytes);
}

static void show_programs(struct text *text)
{
    for (size_t i = 0; i < SL_AGPU_STAGE_COUNT; i++) {
        uint32_t handle = text->context->stage[i].program;
        if (handle == 0) {
            continue;
        }
        const struct sl_agpu_object *object = sl_agpu_find_kind(text->exec, handle, SL_AGPU_SHADER);
        sl_buf_printf(&text->buf, "program %s handle=%" PRIu32 " %s", stage_names[i], handle,
                      !object                                          ? "not created"
                      : object->u.shader.family == SL_AGPU_FAMILY_D3D9 ? "d3d9"
                                                                       : "dxbc");
        end_line(text);
    }
}

static void show_input(struct text *text)
{
    const struct sl_agpu_context *context = text->context;
    if (context->input_layout) {
        sl_buf_text(&text->buf, "input_layout");
        put_object(text, context->input_layout);
        end_line(text);
    }
    for (uint32_t i = 0; i < AEROGPU_LIMIT_VERTEX_BUFFER_SLOTS; i++) {
        const struct sl_agpu_vertex_slot *slot = &context->vertex_buffer[i];
        if (slot->handle) {
            sl_buf_printf(&text->buf, "vertex_buffer %" PRIu32, i);
            put_object(text, slot->handle);
            sl_buf_printf(&text->buf, " stride_bytes=%" PRIu32 " offset_bytes=%" PRIu32,
                          slot->stride_bytes, slot->offset_bytes);
            end_line(text);
        }
    }
    if (context->index_buffer.handle) {
        sl_buf_text(&text->buf, "index_buffer");
        put_object(text, context->index_buffer.handle);
        sl_buf_text(&text->buf, " format=");
        sl_abi_print_value(&text->buf, SL_ABI_U32, SL_ENUM_AEROGPU_INDEX_FORMAT,
                           context->index_buffer.format);
        sl_buf_printf(&text->buf, " offset_bytes=%" PRIu32, context->index_buffer.offset_bytes);
        end_line(text);
    }
    sl_buf_text(&text->buf, "topology ");
    sl_abi_print_value(&text->buf, SL_ABI_U32, SL_ENUM_AEROGPU_PRIMITIVE_TOPOLOGY,
                       context->topology);
    end_line(text);
}

static void show_target(struct text *text, uint32_t handle, const struct sl_agpu_target *target)
{
    if (!target->storage) {
        put_object(text, handle);
        sl_buf_text(&text->buf, ": nothing to render to");
    } else {
        /* With nothing else bound it may be the default target. */
        sl_buf_printf(&text->buf, " handle=%" PRIu32, handle);
        put_subresource(text, target);
    }
    end_line(text);
}

static void show_targets(struct text *text, const struct sl_agpu_targets *targets)
{
    const struct sl_agpu_context *context = text->context;
    for (size_t i = 0; i < AEROGPU_MAX_RENDER_TARGETS; i++) {
        if (context->color[i] || targets->color[i].storage) {
            sl_buf_printf(&text->buf, "color %zu", i);
            show_target(text, context->color[i], &targets->color[i]);
        }
    }
    if (context->depth) {
        sl_buf_text(&text->buf, "depth");
        show_target(text, context->depth, &targets->depth);
    }
}

static void show_viewport(struct text *text)
{
    const struct sl_agpu_viewport *viewport = &text->context->viewport;
    const struct sl_agpu_scissor *scissor = &text->context->scissor;
    sl_buf_text(&text->buf, "viewport");
    if (viewport->is_set) {
        put_float(text, "x", viewport->x);
        put_float(text, "y", viewport->y);
        put_float(text, "width", viewport->width);
        put_float(text, "height", viewport->height);
        put_float(text, "min_depth", viewport->min_depth);
        put_float(text, "max_depth", viewport->max_depth);
    } else {
        sl_buf_text(&text->buf, " not set");
    }
    end_line(text);
    sl_buf_printf(&text->buf, "scissor enable=%d", text->context->rasterizer.scissor_enable);
    if (scissor->is_set) {
        sl_buf_printf(&text->buf, " x=%" PRId32 " y=%" PRId32 " width=%" PRId32 " height=%" PRId32,
                      scissor->x, scissor->y, scissor->width, scissor->height);
    } else {
        sl_buf_text(&text->buf, " not set");
    }
    end_line(text);
}

static void show_blend(struct text *text)
{
    const struct sl_agpu_blend *blend = &text->context->blend;
    sl_buf_printf(&text->buf, "blend enable=%d src=%s dst=%s op=%s", blend->enable,
                  NAME(blend_factors, blend->src), NAME(blend_factors, blend->dst),
                  NAME(blend_ops, blend->op));
    if (blend->separate_alpha) {
        sl_buf_printf(&text->buf, " src_alpha=%s dst_alpha=%s op_alpha=%s",
                      NAME(blend_factors, blend->src_alpha), NAME(blend_factors, blend->dst_alpha),
                      NAME(blend_ops, blend->op_alpha));
    }
    sl_buf_text(&text->buf, " constant=");
    put_vector(text, blend->constant, SL_ABI_F32);
    sl_buf_text(&text->buf, " write_mask=");
    for (size_t i = 0; i < AEROGPU_MAX_RENDER_TARGETS; i++) {
        sl_buf_printf(&text->buf, "%x", blend->write_mask[i]);
    }
    sl_buf_printf(&text->buf, " sample_mask=0x%" PRIx32 " srgb_write=%d", blend->sample_mask,
                  text->context->srgb_write);
    end_line(text);
}

static void put_face(struct text *text, const char *name, const struct sl_agpu_stencil_face *face)
{
    sl_buf_printf(&text->buf, " %s=[func=%s fail=%s zfail=%s pass=%s]", name,
                  compare_name(face->func), NAME(stencil_ops, face->fail),
                  NAME(stencil_ops, face->zfail), NAME(stencil_ops, face->pass));
}

static void show_tests(struct text *text)
{
    const struct sl_agpu_depth_stencil *state = &text->context->depth_stencil;
    const struct sl_agpu_alpha_test *alpha = &text->context->alpha_test;
    sl_buf_printf(&text->buf, "depth_stencil depth_enable=%d depth_write=%d depth_func=%s",
                  state->depth_enable, state->depth_write, compare_name(state->depth_func));
    sl_buf_printf(&text->buf, " stencil_enable=%d", state->stencil_enable);
    if (state->stencil_enable) {
        sl_buf_printf(&text->buf, " ref=%u read_mask=0x%x write_mask=0x%x two_sided=%d", state->ref,
                      state->read_mask, state->write_mask, state->two_sided);
        put_face(text, "front", &state->front);
        put_face(text, "back", &state->back);
    }
    end_line(text);
    sl_buf_printf(&text->buf, "alpha_test enable=%d func=%s ref=%u", alpha->enable,
                  compare_name(alpha->func), alpha->ref);
    end_line(text);
}

static void show_rasterizer(struct text *text)
{
    const struct sl_agpu_rasterizer *state = &text->context->rasterizer;
    sl_buf_printf(&text->buf, "rasterizer fill=%s cull=", NAME(fills, state->fill));
    sl_abi_print_value(&text->buf, SL_ABI_U32, SL_ENUM_AEROGPU_CULL_MODE, state->cull);
    sl_buf_printf(&text->buf, " front_ccw=%d depth_clip=%d flat_shade=%d depth_bias=%" PRId32,
                  state->front_ccw, state->depth_clip, state->flat_shade, state->depth_bias);
    put_float(text, "float_bias", state->float_bias);
    put_float(text, "slope_bias", state->slope_bias);
    put_float(text, "point_size", state->point_size);
    end_line(text);
}

static void show_sampler(struct text *text, size_t stage, uint32_t slot)
{
    const struct sl_agpu_stage_state *state = &text->context->stage[stage];
    uint32_t handle = state->sampler[slot];
    const struct sl_agpu_object *object = sl_agpu_find_kind(text->exec, handle, SL_AGPU_SAMPLER);
    if (handle == 0) {
        return;
    }
    sl_buf_printf(&text->buf, "sampler %s %" PRIu32 " handle=%" PRIu32, stage_names[stage], slot,
                  handle);
    if (object) {
        const struct sl_agpu_sampler *sampler = &object->u.sampler;
        sl_buf_text(&text->buf, " filter=");
        sl_abi_print_value(&text->buf, SL_ABI_U32, SL_ENUM_AEROGPU_SAMPLER_FILTER, sampler->filter);
        const uint32_t modes[3] = {sampler->address_u, sampler->address_v, sampler->address_w};
        for (size_t i = 0; i < 3; i++) {
            sl_buf_printf(&text->buf, " address_%c=", "uvw"[i]);
            sl_abi_print_value(&text->buf, SL_ABI_U32, SL_ENUM_AEROGPU_SAMPLER_ADDRESS_MODE,
                               modes[i]);
        }
    } else {
        sl_buf_text(&text->buf, " not created");
    }
    end_line(text);
}

/* D3D9 sampler states of a slot that has a texture, as raw values by number. */
static void show_sampler_states(struct text *text, size_t stage, uint32_t slot)
{
    const struct sl_agpu_stage_state *state = &text->context->stage[stage];
    sl_buf_printf(&text->buf, "sampler_state %s %" PRIu32, stage_names[stage], slot);
    for (size_t i = 1; i < SL_AGPU_SAMPLER_STATES; i++) {
        sl_buf_printf(&text->buf, " %zu=%" PRIu32, i, state->sampler_state[slot][i]);
    }
    end_line(text);
}

static void show_textures(struct text *text, size_t stage)
{
    const struct sl_agpu_stage_state *state = &text->context->stage[stage];
    for (uint32_t i = 0; i < AEROGPU_LIMIT_TEXTURE_SLOTS; i++) {
        const struct sl_agpu_srv *srv = &state->srv[i];
        if (srv->range.handle == 0) {
            continue;
        }
        sl_buf_printf(&text->buf, "texture %s %" PRIu32, stage_names[stage], i);
        put_object(text, srv->range.handle);
        if (!srv->by_texture_packet) {
            put_range(text, &srv->range);
        }
        end_line(text);
        if (text->context->flavour == SL_AGPU_FLAVOUR_D3D9 && i < SL_AGPU_D3D9_SAMPLERS) {
            show_sampler_states(text, stage, i);
        }
    }
    for (uint32_t i = 0; i < AEROGPU_LIMIT_SAMPLER_SLOTS; i++) {
        show_sampler(text, stage, i);
    }
}

static void show_ranges(struct text *text, size_t stage, const char *name,
                        const struct sl_agpu_buffer_range *ranges, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (ranges[i].handle) {
            sl_buf_printf(&text->buf, "%s %s %" PRIu32, name, stage_names[stage], i);
            put_object(text, ranges[i].handle);
            put_range(text, &ranges[i]);
            end_line(text);
        }
    }
}

/* Registers that are not 0 one by one. */
static void show_constants(struct text *text, size_t stage, const char *name,
                           uint32_t (*constants)[4], uint32_t count, enum sl_abi_type type)
{
    static const uint32_t zero[4];
    for (uint32_t i = 0; constants && i < count; i++) {
        if (memcmp(constants[i], zero, sizeof(zero)) != 0) {
            sl_buf_printf(&text->buf, "%s %s %" PRIu32 " ", name, stage_names[stage], i);
            put_vector(text, constants[i], type);
            end_line(text);
        }
    }
}

static void show_bools(struct text *text, size_t stage)
{
    const bool *bools = text->context->stage[stage].constants_b;
    for (uint32_t i = 0; i < AEROGPU_LIMIT_SHADER_CONSTANT_IB_REGISTERS; i++) {
        if (bools[i]) {
            sl_buf_printf(&text->buf, "constants_b %s %" PRIu32 " 1", stage_names[stage], i);
            end_line(text);
        }
    }
}

static void show_stage(struct text *text, size_t stage)
{
    const struct sl_agpu_stage_state *state = &text->context->stage[stage];
    show_textures(text, stage);
    show_ranges(text, stage, "constant_buffer", state->constant_buffer,
                AEROGPU_LIMIT_CONSTANT_BUFFER_SLOTS);
    show_ranges(text, stage, "unordered_access_buffer", state->uav,
                AEROGPU_LIMIT_UNORDERED_ACCESS_BUFFER_SLOTS);
    show_constants(text, stage, "constants_f", state->constants_f,
                   AEROGPU_LIMIT_SHADER_CONSTANT_F_REGISTERS, SL_ABI_F32);
    show_constants(text, stage, "constants_i", state->constants_i,
                   AEROGPU_LIMIT_SHADER_CONSTANT_IB_REGISTERS, SL_ABI_I32);
    show_bools(text, stage);
}

static struct sl_agpu_context *current_context(struct sl_agpu_exec *exec)
{
    return (struct sl_agpu_context *)sl_digital_find(&exec->contexts, exec->inspection.context_id);
}

enum sl_status sl_agpu_exec_describe(struct sl_agpu_exec *exec,
                                     void (*line)(void *data, const char *text), void *data,
                                     struct sl_error *err)
{
    struct sl_agpu_context *context = current_context(exec);
    if (!context) {
        line(data, "no context");
        return SL_OK;
    }
    const struct sl_agpu_run run = {.exec = exec, .context = context};
    struct sl_agpu_targets targets = sl_agpu_resolve_targets(&run);
    struct text text = {.exec = exec, .context = context, .line = line, .data = data};
    sl_buf_printf(&text.buf, "context %" PRIu32 " flavour=%s", exec->inspection.context_id,
                  flavour_names[context->flavour]);
    end_line(&text);
    show_programs(&text);
    show_input(&text);
    show_targets(&text, &targets);
    show_viewport(&text);
    show_rasterizer(&text);
    show_tests(&text);
    show_blend(&text);
    for (size_t i = 0; i < SL_AGPU_STAGE_COUNT; i++) {
        show_stage(&text, i);
    }
    sl_buf_finish(&text.buf);
    return text.failed ? sl_fail_memory(err, 0) : SL_OK;
}
