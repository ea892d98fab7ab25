/* What the ABI's tables, the accepted features and the chain say about a request. */
#include "lint/lint_vgpu.h"

#include "abi_virtio_gpu.h"
#include "lint/lint_fields.h"

#include <inttypes.h>
#include <linux/virtio_gpu.h>

enum {
    CURSOR_QUEUE = 1,
    VIRGL = VIRTIO_GPU_F_VIRGL,
    CONTEXT_INIT = 4, /* newer than the oldest supported headers (virtio 1.2, 5.7.3) */
    FLAG_RING_IDX = 2,
};

static uint64_t offset_of(const struct sl_lint_vgpu_request *request, uint64_t offset)
{
    return request->gpa == SL_LINT_NONE ? SL_LINT_NONE : request->gpa + offset;
}

static struct sl_lint_place at(const struct sl_lint *lint,
                               const struct sl_lint_vgpu_request *request, uint64_t offset)
{
    return sl_lint_here(lint, offset_of(request, offset));
}

static void check_header(struct sl_lint *lint, const struct sl_lint_vgpu_request *request,
                         const struct sl_virtio_gpu_ctrl_hdr *header)
{
    bool fenced = header->flags & VIRTIO_GPU_FLAG_FENCE;
    if (!fenced && header->fence_id != 0) {
        sl_lint_find(lint, SL_LINT_VGPU_FENCE_UNFLAGGED, at(lint, request, 8),
                     "fence_id is %" PRIu64 ", flags 0x%" PRIx32, (uint64_t)header->fence_id,
                     header->flags);
    }
    if (fenced && header->fence_id <= lint->vgpu->last_fence) {
        sl_lint_find(lint, SL_LINT_VGPU_FENCE_ORDER, at(lint, request, 8),
                     "fence_id is %" PRIu64 " after %" PRIu64, (uint64_t)header->fence_id,
                     lint->vgpu->last_fence);
    }
    if (fenced) {
        lint->vgpu->last_fence = header->fence_id;
    }
    if (header->ctx_id != 0 && !sl_lint_vgpu_has(lint, VIRGL)) {
        sl_lint_find(lint, SL_LINT_VGPU_COMMAND_FEATURE, at(lint, request, 16),
                     "ctx_id is %" PRIu32 "; VIRGL was not accepted", header->ctx_id);
    }
    bool ring = header->flags & FLAG_RING_IDX;
    if (ring && !sl_lint_vgpu_has(lint, CONTEXT_INIT)) {
        sl_lint_find(lint, SL_LINT_VGPU_COMMAND_FEATURE, at(lint, request, 4),
                     "flags have INFO_RING_IDX; CONTEXT_INIT was not accepted");
    }
    if (!ring && header->ring_idx != 0) {
        sl_lint_find(lint, SL_LINT_VGPU_COMMAND_FEATURE, at(lint, request, 20),
                     "ring_idx is %u without INFO_RING_IDX", header->ring_idx);
    }
}

static void check_sizes(struct sl_lint *lint, const struct sl_lint_vgpu_request *request)
{
    const struct sl_abi_struct *layout = request->opcode->layout;
    uint64_t size = request->chain ? request->chain->readable : request->size;
    uint64_t needed = sl_abi_needed_size(layout, request->bytes, request->size);
    if (size < needed) {
        sl_lint_find(lint, SL_LINT_VGPU_REQUEST_SHORT, at(lint, request, 0),
                     "%" PRIu64 " bytes, of which %s needs %" PRIu64, size, request->opcode->word,
                     needed);
    } else if (size > needed && !(layout->trailing && !layout->trailing->count_field)) {
        sl_lint_find(lint, SL_LINT_VGPU_REQUEST_LONG, at(lint, request, needed),
                     "%" PRIu64 " bytes, of which %s has %" PRIu64, size, request->opcode->word,
                     needed);
    }
}

/* Answers that are more than a header. */
static const struct {
    uint32_t command;
    uint32_t bytes;
} answers[] = {
    {VIRTIO_GPU_CMD_GET_DISPLAY_INFO, sizeof(struct sl_virtio_gpu_resp_display_info)},
    {VIRTIO_GPU_CMD_GET_CAPSET_INFO, sizeof(struct sl_virtio_gpu_resp_capset_info)},
    {VIRTIO_GPU_CMD_GET_EDID, sizeof(struct sl_virtio_gpu_resp_edid)},
    {VIRTIO_GPU_CMD_RESOURCE_ASSIGN_UUID, sizeof(struct sl_virtio_gpu_resp_resource_uuid)},
};

static void check_room(struct sl_lint *lint, const struct sl_lint_vgpu_request *request)
{
    uint32_t command = request->opcode->value;
    uint64_t size = SL_LAYOUT_VIRTIO_GPU_CTRL_HDR->size;
    uint64_t room = request->chain->writable;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        size = answers[i].command == command ? answers[i].bytes : size;
    }
    if (room < size) {
        sl_lint_find(lint, SL_LINT_VGPU_RESPONSE_SHORT, at(lint, request, 0),
                     "room for %" PRIu64 " bytes, and the answer has %" PRIu64, room, size);
    } else if (room > size && command != VIRTIO_GPU_CMD_GET_CAPSET) {
        sl_lint_find(lint, SL_LINT_VGPU_RESPONSE_LONG, at(lint, request, 0),
                     "room for %" PRIu64 " bytes, and the answer has %" PRIu64, room, size);
    }
}

static void check_feature(struct sl_lint *lint, const struct sl_lint_vgpu_request *request)
{
    const struct sl_abi_opcode *opcode = request->opcode;
    if (opcode->feature & ~lint->vgpu->accepted) {
        sl_lint_find(lint, SL_LINT_VGPU_COMMAND_FEATURE, at(lint, request, 0),
                     "%s needs feature %s; the driver accepted 0x%" PRIx64, opcode->word,
                     sl_abi_value_name(SL_ENUM_VIRTIO_GPU_FEATURE, opcode->feature),
                     lint->vgpu->accepted);
    }
}

/* A scanout that is switched off may have any rectangle. */
static void check_rect(struct sl_lint *lint, const struct sl_lint_vgpu_request *request)
{
    const struct sl_abi_struct *layout = request->opcode->layout;
    const struct sl_abi_field *r = sl_abi_find_field(layout, "r");
    const struct sl_abi_field *id = sl_abi_find_field(layout, "resource_id");
    struct sl_virtio_gpu_rect rect;
    if (!r || !id || request->size < layout->min_size ||
        sl_lint_field(id, request->bytes, request->size) == 0) {
        return;
    }
    sl_abi_decode(SL_LAYOUT_VIRTIO_GPU_RECT, request->bytes + r->offset, sizeof(rect), &rect);
    if (rect.width == 0 || rect.height == 0) {
        sl_lint_find(lint, SL_LINT_VGPU_EMPTY_WORK, at(lint, request, r->offset),
                     "%s of %" PRIu32 "x%" PRIu32, request->opcode->word, rect.width, rect.height);
    }
}

static bool is_cursor(const struct sl_abi_opcode *opcode)
{
    return opcode->value == VIRTIO_GPU_CMD_UPDATE_CURSOR ||
           opcode->value == VIRTIO_GPU_CMD_MOVE_CURSOR;
}

void sl_lint_vgpu_request_check(struct sl_lint *lint, const struct sl_lint_vgpu_request *request)
{
    struct sl_virtio_gpu_ctrl_hdr header;
    sl_abi_decode(SL_LAYOUT_VIRTIO_GPU_CTRL_HDR, request->bytes, request->size, &header);
    if (!request->opcode) {
        sl_lint_find(lint, SL_LINT_VGPU_COMMAND_UNKNOWN, at(lint, request, 0), "type is 0x%" PRIx32,
                     header.type);
        return;
    }
    const struct sl_lint_fields rules = {
        .reserved = SL_LINT_VGPU_RESERVED_FIELD,
        .flag = SL_LINT_VGPU_UNKNOWN_FLAG,
        .value = SL_LINT_VGPU_UNKNOWN_VALUE,
        .newer = SL_LINT_RULE_COUNT,
        .what = request->opcode->word,
        .gpa = request->gpa,
    };
    check_header(lint, request, &header);
    check_feature(lint, request);
    check_sizes(lint, request);
    check_rect(lint, request);
    sl_lint_check_fields(lint, &rules, request->opcode->layout, request->bytes, request->size);
    if (is_cursor(request->opcode) != (request->queue == CURSOR_QUEUE)) {
        sl_lint_find(lint, SL_LINT_VGPU_COMMAND_QUEUE, at(lint, request, 0),
                     "%s is on queue %" PRIu32, request->opcode->word, request->queue);
    } else if (request->chain && request->queue != CURSOR_QUEUE) {
        check_room(lint, request);
    }
}
