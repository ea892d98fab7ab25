#include "device/aerogpu/exec.h"

#include <inttypes.h>
#include <stdlib.h>

/* Contexts live until a reset; each is a page or two of host memory and more with constants. */
enum { CONTEXTS_MAX = 4096 };

enum {
    CONSTANTS_F_BYTES = AEROGPU_LIMIT_SHADER_CONSTANT_F_REGISTERS * 16,
    CONSTANTS_I_BYTES = AEROGPU_LIMIT_SHADER_CONSTANT_IB_REGISTERS * 16,
    RENDER_STATE_BYTES = SL_AGPU_RENDER_STATES * 4,
};

struct sl_agpu_context *sl_agpu_get_context(struct sl_agpu_exec *exec, uint32_t context_id)
{
    struct sl_digital_node *node = sl_digital_find(&exec->contexts, context_id);
    if (node) {
        return (struct sl_agpu_context *)node;
    }
    if (exec->contexts.count == CONTEXTS_MAX) {
        return NULL;
    }
    struct sl_agpu_context *context = sl_agpu_alloc(exec, sizeof(*context));
    if (context) {
        sl_agpu_context_defaults(context);
        context->flavour = exec->config.flavour;
        context->node.key = context_id;
        sl_digital_insert(&exec->contexts, &context->node);
    }
    return context;
}

void sl_agpu_contexts_clear(struct sl_agpu_exec *exec)
{
    while (exec->contexts.root) {
        struct sl_agpu_context *context = (struct sl_agpu_context *)exec->contexts.root;
        sl_digital_remove(&exec->contexts, &context->node);
        for (size_t i = 0; i < SL_AGPU_STAGE_COUNT; i++) {
            sl_agpu_free(exec, context->stage[i].constants_f, CONSTANTS_F_BYTES);
            sl_agpu_free(exec, context->stage[i].constants_i, CONSTANTS_I_BYTES);
        }
        sl_agpu_free(exec, context->render_state, RENDER_STATE_BYTES);
        sl_agpu_free(exec, context, sizeof(*context));
    }
}

static void drop(uint32_t *slot, uint32_t handle)
{
    if (*slot == handle) {
        *slot = 0;
    }
}

static void drop_range(struct sl_agpu_buffer_range *range, uint32_t handle)
{
    if (range->handle == handle) {
        *range = (struct sl_agpu_buffer_range){0};
    }
}

static void unbind_stage(struct sl_agpu_stage_state *stage, uint32_t handle)
{
    drop(&stage->program, handle);
    for (size_t i = 0; i < AEROGPU_LIMIT_TEXTURE_SLOTS; i++) {
        drop_range(&stage->srv[i].range, handle);
    }
    for (size_t i = 0; i < AEROGPU_LIMIT_SAMPLER_SLOTS; i++) {
        drop(&stage->sampler[i], handle);
    }
    for (size_t i = 0; i < AEROGPU_LIMIT_CONSTANT_BUFFER_SLOTS; i++) {
        drop_range(&stage->constant_buffer[i], handle);
    }
    for (size_t i = 0; i < AEROGPU_LIMIT_UNORDERED_ACCESS_BUFFER_SLOTS; i++) {
        drop_range(&stage->uav[i], handle);
    }
}

struct unbinding {
    uint32_t handle;
};

static void unbind_context(void *data, struct sl_digital_node *node)
{
    const struct unbinding *unbinding = data;
    struct sl_agpu_context *context = (struct sl_agpu_context *)node;
    uint32_t handle = unbinding->handle;
    if (context->flavour == SL_AGPU_FLAVOUR_D3D9) {
        return;
    }
    for (size_t i = 0; i < SL_AGPU_STAGE_COUNT; i++) {
        unbind_stage(&context->stage[i], handle);
    }
    for (size_t i = 0; i < AEROGPU_LIMIT_VERTEX_BUFFER_SLOTS; i++) {
        drop(&context->vertex_buffer[i].handle, handle);
    }
    for (size_t i = 0; i < AEROGPU_MAX_RENDER_TARGETS; i++) {
        drop(&context->color[i], handle);
    }
    drop(&context->depth, handle);
    drop(&context->index_buffer.handle, handle);
    drop(&context->input_layout, handle);
}

void sl_agpu_unbind_everywhere(struct sl_agpu_run *run, uint32_t handle)
{
    struct unbinding unbinding = {.handle = handle};
    sl_digital_visit(&run->exec->contexts, &unbinding, unbind_context);
    sl_agpu_work(run, run->exec->contexts.count * sizeof(struct sl_agpu_stage_state));
}
