/* What is bound in each context, and whether it was created for that. */
#include "lint/lint_agpu.h"

#include "abi_aerogpu.h"
#include "base/bytes.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>

/* Slots of a context: the tables of the six stages, then what there is once. */
enum {
    TEXTURES = 0,
    TEXTURE_COUNT = 128,
    SAMPLERS = TEXTURES + TEXTURE_COUNT,
    SAMPLER_COUNT = 64,
    CONSTANTS = SAMPLERS + SAMPLER_COUNT,
    CONSTANT_COUNT = 64,
    READ_BUFFERS = CONSTANTS + CONSTANT_COUNT,
    READ_BUFFER_COUNT = 128,
    WRITE_BUFFERS = READ_BUFFERS + READ_BUFFER_COUNT,
    WRITE_BUFFER_COUNT = 64,
    STAGE_SIZE = WRITE_BUFFERS + WRITE_BUFFER_COUNT,
    STAGES = 6,
    VERTEX_BUFFERS = STAGES * STAGE_SIZE,
    VERTEX_BUFFER_COUNT = 32,
    TARGETS = VERTEX_BUFFERS + VERTEX_BUFFER_COUNT,
    TARGET_COUNT = AEROGPU_MAX_RENDER_TARGETS,
    DEPTH = TARGETS + TARGET_COUNT,
    INDEX_BUFFER,
    LAYOUT,
    PROGRAMS,
    PROGRAM_COUNT = STAGES,
    SLOT_COUNT = PROGRAMS + PROGRAM_COUNT,
    CONTEXTS_MAX = 256, /* that are followed */
};

_Static_assert((int)SLOT_COUNT <= (int)SL_LINT_AGPU_SLOTS, "all slots of a context");

/* Packets that bind a run of slots. */
static const struct run_row {
    uint32_t opcode;
    uint32_t first;
    uint32_t count;
    bool staged; /* of one stage */
    uint32_t usage;
} runs[] = {
    {AEROGPU_CMD_SET_SAMPLERS, SAMPLERS, SAMPLER_COUNT, true, 0},
    {AEROGPU_CMD_SET_CONSTANT_BUFFERS, CONSTANTS, CONSTANT_COUNT, true,
     AEROGPU_RESOURCE_USAGE_CONSTANT_BUFFER},
    {AEROGPU_CMD_SET_SHADER_RESOURCE_BUFFERS, READ_BUFFERS, READ_BUFFER_COUNT, true,
     AEROGPU_RESOURCE_USAGE_STORAGE},
    {AEROGPU_CMD_SET_UNORDERED_ACCESS_BUFFERS, WRITE_BUFFERS, WRITE_BUFFER_COUNT, true,
     AEROGPU_RESOURCE_USAGE_STORAGE},
    {AEROGPU_CMD_SET_VERTEX_BUFFERS, VERTEX_BUFFERS, VERTEX_BUFFER_COUNT, false,
     AEROGPU_RESOURCE_USAGE_VERTEX_BUFFER},
};

static struct sl_lint_agpu_context *find_context(struct sl_lint *lint, uint32_t id)
{
    struct sl_digital_tree *contexts = &lint->agpu->contexts;
    struct sl_lint_agpu_context *context =
        (struct sl_lint_agpu_context *)sl_digital_find(contexts, id);
    if (context || contexts->count >= CONTEXTS_MAX) {
        return context;
    }
    context = calloc(1, sizeof(*context));
    if (!context) {
        sl_lint_out_of_memory(lint);
        return NULL;
    }
    context->node.key = id;
    sl_digital_insert(contexts, &context->node);
    return context;
}

/* Without any flag nothing is declared, and nothing can be wrong. */
static void check_usage(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet,
                        uint32_t handle, uint32_t usage)
{
    const struct sl_lint_agpu_object *object = sl_lint_agpu_find(lint, handle);
    struct sl_lint_agpu_storage *storage = object ? object->storage : NULL;
    if (!storage || storage->usage_flags == 0 || usage == 0 ||
        ((storage->usage_flags | storage->misused) & usage)) {
        return;
    }
    storage->misused |= usage;
    sl_lint_find(lint, SL_LINT_AGPU_USAGE, sl_lint_here(lint, packet->gpa),
                 "resource %" PRIu32 " is bound as %s and has usage_flags 0x%" PRIx32, handle,
                 sl_abi_value_name(SL_ENUM_AEROGPU_RESOURCE_USAGE_FLAGS, usage),
                 storage->usage_flags);
}

static void bind(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet,
                 struct sl_lint_agpu_context *context, uint32_t slot, uint32_t handle,
                 uint32_t usage)
{
    struct sl_lint_agpu_binding *binding = &context->bound[slot];
    struct sl_lint_agpu_object *old = sl_lint_agpu_find(lint, binding->handle);
    struct sl_lint_agpu_object *now = sl_lint_agpu_find(lint, handle);
    if (old && old->life == binding->life) {
        old->bindings--;
    }
    if (now) {
        now->bindings++;
    }
    *binding = (struct sl_lint_agpu_binding){handle, now ? now->life : 0};
    check_usage(lint, packet, handle, usage);
}

/* First slot of the stage that a packet is about, or SLOT_COUNT. */
static uint32_t stage_base(const struct sl_lint_agpu_packet *packet)
{
    const struct sl_abi_struct *layout = packet->opcode->layout;
    uint32_t stage = 0;
    uint32_t reserved0 = 0;
    for (size_t i = 0; i < layout->field_count; i++) {
        const struct sl_abi_field *field = &layout->fields[i];
        if (field->names == SL_ENUM_AEROGPU_SHADER_STAGE) {
            stage = sl_lint_agpu_word(packet, field->offset);
        } else if (field->stage_ex) {
            reserved0 = sl_lint_agpu_word(packet, field->offset);
        }
    }
    enum sl_abi_stage resolved =
        sl_abi_resolve_stage(&sl_abi_aerogpu, stage, reserved0, packet->minor);
    return resolved == SL_ABI_STAGE_REJECT
               ? (uint32_t)SLOT_COUNT
               : (uint32_t)(resolved - SL_ABI_STAGE_VERTEX) * STAGE_SIZE;
}

static void check_vertex_alignment(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet,
                                   size_t at)
{
    uint32_t stride = sl_lint_agpu_word(
        packet, at + offsetof(struct aerogpu_vertex_buffer_binding, stride_bytes));
    uint32_t offset = sl_lint_agpu_word(
        packet, at + offsetof(struct aerogpu_vertex_buffer_binding, offset_bytes));
    if (stride % 4 != 0 || offset % 4 != 0) {
        sl_lint_find(lint, SL_LINT_AGPU_MISALIGNED, sl_lint_here(lint, packet->gpa + at),
                     "vertex buffer: stride_bytes %" PRIu32 ", offset_bytes %" PRIu32
                     ", no multiples of 4",
                     stride, offset);
    }
}

/* start_slot is the field before the count of the trailing part. */
static void bind_run(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet,
                     struct sl_lint_agpu_context *context, const struct run_row *run)
{
    const struct sl_abi_struct *layout = packet->opcode->layout;
    uint64_t stride;
    uint64_t count = sl_abi_trailing_count(layout, packet->bytes, packet->size, &stride);
    uint32_t start = sl_lint_agpu_word(packet, layout->trailing->count->offset - 4);
    uint32_t base = run->staged ? stage_base(packet) : 0;
    if (base >= SLOT_COUNT) {
        return;
    }
    for (uint64_t i = 0; i < count && start + i < run->count; i++) {
        size_t at = (size_t)(layout->trailing->offset + i * stride);
        bind(lint, packet, context, base + run->first + start + (uint32_t)i,
             sl_lint_agpu_word(packet, at), run->usage);
        if (run->first == VERTEX_BUFFERS && sl_lint_agpu_word(packet, at) != 0) {
            check_vertex_alignment(lint, packet, at);
        }
    }
}

static void bind_targets(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet,
                         struct sl_lint_agpu_context *context)
{
    uint32_t count =
        sl_lint_agpu_word(packet, offsetof(struct aerogpu_cmd_set_render_targets, color_count));
    for (uint32_t i = 0; i < TARGET_COUNT; i++) {
        uint32_t handle = sl_lint_agpu_word(
            packet, offsetof(struct aerogpu_cmd_set_render_targets, colors) + 4 * (size_t)i);
        bind(lint, packet, context, TARGETS + i, i < count ? handle : 0,
             AEROGPU_RESOURCE_USAGE_RENDER_TARGET);
    }
    bind(lint, packet, context, DEPTH,
         sl_lint_agpu_word(packet, offsetof(struct aerogpu_cmd_set_render_targets, depth_stencil)),
         AEROGPU_RESOURCE_USAGE_DEPTH_STENCIL);
}

static void bind_texture(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet,
                         struct sl_lint_agpu_context *context)
{
    uint32_t slot = sl_lint_agpu_word(packet, offsetof(struct aerogpu_cmd_set_texture, slot));
    uint32_t base = stage_base(packet);
    if (base < SLOT_COUNT && slot < TEXTURE_COUNT) {
        bind(lint, packet, context, base + TEXTURES + slot,
             sl_lint_agpu_word(packet, offsetof(struct aerogpu_cmd_set_texture, texture)),
             AEROGPU_RESOURCE_USAGE_TEXTURE);
    }
}

static void bind_indices(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet,
                         struct sl_lint_agpu_context *context)
{
    struct aerogpu_cmd_set_index_buffer cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    uint32_t bytes = cmd.format == AEROGPU_INDEX_FORMAT_UINT32 ? 4 : 2;
    bind(lint, packet, context, INDEX_BUFFER, cmd.buffer, AEROGPU_RESOURCE_USAGE_INDEX_BUFFER);
    if (cmd.buffer != 0 && cmd.offset_bytes % bytes != 0) {
        sl_lint_find(lint, SL_LINT_AGPU_MISALIGNED, sl_lint_here(lint, packet->gpa),
                     "index buffer: offset_bytes %" PRIu32 " is no multiple of %" PRIu32,
                     cmd.offset_bytes, bytes);
    }
}

static void bind_programs(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet,
                          struct sl_lint_agpu_context *context)
{
    for (uint32_t i = 0; i < PROGRAM_COUNT; i++) {
        size_t offset = offsetof(struct aerogpu_cmd_bind_shaders_ex, vs) + 4 * (size_t)i;
        bind(lint, packet, context, PROGRAMS + i, sl_lint_agpu_word(packet, offset), 0);
    }
}

void sl_lint_agpu_bindings_packet(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet)
{
    uint32_t opcode = packet->opcode->value;
    struct sl_lint_agpu_context *context = find_context(lint, packet->context_id);
    if (!context) {
        return;
    }
    for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
        if (runs[i].opcode == opcode) {
            bind_run(lint, packet, context, &runs[i]);
        }
    }
    if (opcode == AEROGPU_CMD_SET_RENDER_TARGETS) {
        bind_targets(lint, packet, context);
    } else if (opcode == AEROGPU_CMD_SET_TEXTURE) {
        bind_texture(lint, packet, context);
    } else if (opcode == AEROGPU_CMD_SET_INDEX_BUFFER) {
        bind_indices(lint, packet, context);
    } else if (opcode == AEROGPU_CMD_BIND_SHADERS) {
        bind_programs(lint, packet, context);
    } else if (opcode == AEROGPU_CMD_SET_INPUT_LAYOUT) {
        bind(lint, packet, context, LAYOUT,
             sl_lint_agpu_word(packet,
                               offsetof(struct aerogpu_cmd_set_input_layout, input_layout_handle)),
             0);
    }
}

void sl_lint_agpu_bindings_clear(struct sl_lint *lint)
{
    struct sl_digital_tree *contexts = &lint->agpu->contexts;
    while (contexts->root) {
        struct sl_digital_node *node = contexts->root;
        sl_digital_remove(contexts, node);
        free(node);
    }
}

bool sl_lint_agpu_has_target(struct sl_lint *lint, uint32_t context_id)
{
    const struct sl_lint_agpu_context *context = find_context(lint, context_id);
    for (size_t i = TARGETS; context && i < DEPTH; i++) {
        if (sl_lint_agpu_find(lint, context->bound[i].handle)) {
            return true;
        }
    }
    return false;
}

void sl_lint_agpu_visit_used(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet,
                             void (*visit)(struct sl_lint *lint, uint32_t handle))
{
    uint32_t first = 0;
    uint32_t end = 0;
    struct sl_lint_agpu_context *context = find_context(lint, packet->context_id);
    switch (packet->opcode->value) {
    case AEROGPU_CMD_DRAW:
    case AEROGPU_CMD_DRAW_INDEXED:
        end = LAYOUT;
        break;
    case AEROGPU_CMD_DISPATCH:
        first = (SL_ABI_STAGE_COMPUTE - SL_ABI_STAGE_VERTEX) * STAGE_SIZE;
        end = first + STAGE_SIZE;
        break;
    case AEROGPU_CMD_CLEAR:
        first = TARGETS;
        end = INDEX_BUFFER;
        break;
    case AEROGPU_CMD_PRESENT:
    case AEROGPU_CMD_PRESENT_EX:
        first = TARGETS;
        end = DEPTH;
        break;
    default:
        break;
    }
    for (uint32_t i = first; context && i < end; i++) {
        if (context->bound[i].handle != 0) {
            visit(lint, context->bound[i].handle);
        }
    }
}
