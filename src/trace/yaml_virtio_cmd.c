/* The verb cmd: one virtio-gpu command as a chain. */
#include "trace/yaml_virtio.h"

#include "abi_virtio_gpu.h"
#include "base/bytes.h"

#include <inttypes.h>
#include <linux/virtio_gpu.h>
#include <stddef.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum {
    PIECES_MAX = 1024, /* buffers of a chain, both directions */
    REQUEST_MAX = 16 << 20,
    CAPSET_ROOM = 4096,
};

/* Keys of a command that are no fields of its struct. */
static const char *const keys[] = {"cmd",    "fence",      "ctx",        "type",     "queue",
                                   "bytes",  "raw",        "split",      "response", "indirect",
                                   "notify", "request_at", "response_at"};

struct command {
    const yaml_node_t *item;
    uint32_t type;
    struct sl_buf request;
    struct sl_virtio_piece pieces[PIECES_MAX];
    size_t piece_count;
};

/* Bytes of the answer to a command that succeeds. */
static uint32_t response_size(uint32_t type)
{
    switch (type) {
    case VIRTIO_GPU_CMD_GET_DISPLAY_INFO:
        return SL_LAYOUT_VIRTIO_GPU_RESP_DISPLAY_INFO->size;
    case VIRTIO_GPU_CMD_GET_EDID:
        return SL_LAYOUT_VIRTIO_GPU_RESP_EDID->size;
    case VIRTIO_GPU_CMD_GET_CAPSET_INFO:
        return SL_LAYOUT_VIRTIO_GPU_RESP_CAPSET_INFO->size;
    case VIRTIO_GPU_CMD_GET_CAPSET:
        return SL_LAYOUT_VIRTIO_GPU_CTRL_HDR->size + CAPSET_ROOM;
    case VIRTIO_GPU_CMD_RESOURCE_ASSIGN_UUID:
        return SL_LAYOUT_VIRTIO_GPU_RESP_RESOURCE_UUID->size;
    case VIRTIO_GPU_CMD_RESOURCE_MAP_BLOB:
        return SL_LAYOUT_VIRTIO_GPU_RESP_MAP_INFO->size;
    default:
        return SL_LAYOUT_VIRTIO_GPU_CTRL_HDR->size;
    }
}

static bool is_cursor(uint32_t type)
{
    return type == VIRTIO_GPU_CMD_UPDATE_CURSOR || type == VIRTIO_GPU_CMD_MOVE_CURSOR;
}

/* A command or response by name, or any number. */
static enum sl_status read_type(struct sl_asm *a, const yaml_node_t *node, uint32_t *type,
                                struct sl_error *err)
{
    const char *text = sl_yaml_scalar(node);
    const struct sl_abi_opcode *opcode =
        text ? sl_abi_find_opcode_name(&sl_abi_virtio_gpu, text) : NULL;
    uint64_t value = opcode ? opcode->value : 0;
    enum sl_status status =
        opcode ? SL_OK
               : sl_asm_value(a, node, SL_ABI_U32, SL_ENUM_VIRTIO_GPU_CTRL_TYPE, &value, err);
    *type = (uint32_t)value;
    return status;
}

/* fence, ctx and type are shorthands for fields of the header. */
static enum sl_status fill_header(struct sl_asm *a, struct command *c, struct sl_error *err)
{
    uint8_t *hdr = c->request.data;
    const yaml_node_t *fence = sl_yaml_get(&a->yaml, c->item, "fence");
    const yaml_node_t *other = sl_yaml_get(&a->yaml, c->item, "type");
    uint64_t value = 0;
    uint32_t type = c->type;
    enum sl_status status = other ? read_type(a, other, &type, err) : SL_OK;
    sl_put_le32(hdr + offsetof(struct sl_virtio_gpu_ctrl_hdr, type), type);
    if (fence && status == SL_OK) {
        uint8_t *flags = hdr + offsetof(struct sl_virtio_gpu_ctrl_hdr, flags);
        status = sl_asm_number(a, fence, UINT64_MAX, &value, err);
        sl_put_le32(flags, sl_get_le32(flags) | VIRTIO_GPU_FLAG_FENCE);
        sl_put_le64(hdr + offsetof(struct sl_virtio_gpu_ctrl_hdr, fence_id), value);
    }
    const yaml_node_t *ctx = sl_yaml_get(&a->yaml, c->item, "ctx");
    if (ctx && status == SL_OK) {
        status = sl_asm_number(a, ctx, UINT32_MAX, &value, err);
        sl_put_le32(hdr + offsetof(struct sl_virtio_gpu_ctrl_hdr, ctx_id), (uint32_t)value);
    }
    return status;
}

/* A command by name, or any number, which then is a header only. */
static enum sl_status build_request(struct sl_asm *a, const yaml_node_t *value, struct command *c,
                                    struct sl_error *err)
{
    enum sl_status status = read_type(a, value, &c->type, err);
    if (status != SL_OK) {
        return status;
    }
    const struct sl_abi_opcode *opcode = sl_abi_find_opcode(&sl_abi_virtio_gpu, c->type);
    const struct sl_abi_struct *layout = opcode ? opcode->layout : SL_LAYOUT_VIRTIO_GPU_CTRL_HDR;
    status = sl_asm_struct(a, layout, c->item, keys, COUNT(keys), &c->request, err);
    return status == SL_OK ? fill_header(a, c, err) : status;
}

/* raw replaces the request; bytes cuts it off or adds zeros. */
static enum sl_status override_request(struct sl_asm *a, struct command *c, struct sl_error *err)
{
    const yaml_node_t *raw = sl_yaml_get(&a->yaml, c->item, "raw");
    enum sl_status status = SL_OK;
    if (raw) {
        sl_buf_clear(&c->request);
        status = sl_asm_hex(a, raw, &c->request, err);
    }
    uint64_t size = 0;
    if (status == SL_OK) {
        status = sl_asm_number_at(a, c->item, "bytes", REQUEST_MAX, c->request.size, &size, err);
    }
    if (status != SL_OK) {
        return status;
    }
    if (size > c->request.size) {
        sl_buf_append_zeros(&c->request, (size_t)size - c->request.size);
    }
    if (c->request.failed) {
        return sl_fail_memory(err, size);
    }
    c->request.size = (size_t)size;
    return SL_OK;
}

static enum sl_status add_piece(struct sl_asm *a, struct command *c, uint64_t gpa, uint64_t size,
                                bool device_writes, struct sl_error *err)
{
    if (c->piece_count == PIECES_MAX) {
        return sl_asm_fail(a, c->item, SL_RULE_YAML_QUEUE, err, "more than %d pieces", PIECES_MAX);
    }
    c->pieces[c->piece_count++] = (struct sl_virtio_piece){
        .gpa = gpa, .size = (uint32_t)size, .device_writes = device_writes};
    return SL_OK;
}

/* Sizes in a sequence, which become pieces in a row; *left is what they leave of size. */
static enum sl_status add_pieces(struct sl_asm *a, struct command *c, const yaml_node_t *node,
                                 uint64_t gpa, bool device_writes, uint64_t *left,
                                 struct sl_error *err)
{
    if (node->type != YAML_SEQUENCE_NODE) {
        return sl_asm_fail(a, node, SL_RULE_YAML_VALUE, err, "expected a sequence of sizes");
    }
    uint64_t at = gpa;
    enum sl_status status = SL_OK;
    for (const yaml_node_item_t *p = node->data.sequence.items.start;
         p < node->data.sequence.items.top && status == SL_OK; p++) {
        uint64_t size = 0;
        status = sl_asm_number(a, sl_yaml_node(&a->yaml, *p), *left, &size, err);
        if (status == SL_OK) {
            status = add_piece(a, c, at, size, device_writes, err);
        }
        at += size;
        *left -= size;
    }
    return status;
}

static enum sl_status place(struct sl_asm *a, struct command *c, const char *key, uint64_t size,
                            uint64_t *gpa, struct sl_error *err)
{
    const yaml_node_t *at = sl_yaml_get(&a->yaml, c->item, key);
    return at ? sl_asm_number(a, at, UINT64_MAX, gpa, err)
              : sl_asm_scratch(a, c->item, size, gpa, err);
}

static enum sl_status put_request(struct sl_asm *a, struct command *c, struct sl_error *err)
{
    const yaml_node_t *split = sl_yaml_get(&a->yaml, c->item, "split");
    uint64_t gpa = 0;
    uint64_t left = c->request.size;
    if (left == 0 && !split) {
        return SL_OK;
    }
    enum sl_status status = place(a, c, "request_at", left, &gpa, err);
    if (status == SL_OK && left > 0) {
        status = sl_asm_put_memory(a, c->item, gpa, c->request.data, c->request.size, err);
    }
    if (status == SL_OK && split) {
        status = add_pieces(a, c, split, gpa, false, &left, err);
    }
    return status == SL_OK && left > 0
               ? add_piece(a, c, gpa + c->request.size - left, left, false, err)
               : status;
}

/* Bytes that the response may take: the sum of a sequence, a number, 0 for none. */
static enum sl_status response_room(struct sl_asm *a, struct command *c, const yaml_node_t *node,
                                    uint64_t *room, struct sl_error *err)
{
    const char *text = sl_yaml_scalar(node);
    *room = 0;
    if (text) {
        bool none = strcmp(text, "none") == 0;
        return none ? SL_OK : sl_asm_number(a, node, REQUEST_MAX, room, err);
    }
    struct command sizes = {.item = c->item};
    uint64_t left = REQUEST_MAX;
    enum sl_status status = add_pieces(a, &sizes, node, 0, true, &left, err);
    *room = REQUEST_MAX - left;
    return status;
}

/* response: a size, none, or a sequence of sizes. */
static enum sl_status put_response(struct sl_asm *a, struct command *c, struct sl_error *err)
{
    const yaml_node_t *node = sl_yaml_get(&a->yaml, c->item, "response");
    bool pieces = node && node->type == YAML_SEQUENCE_NODE;
    uint64_t room = is_cursor(c->type) ? 0 : response_size(c->type);
    uint64_t gpa = 0;
    enum sl_status status = node ? response_room(a, c, node, &room, err) : SL_OK;
    if (status != SL_OK || (room == 0 && !pieces)) {
        return status;
    }
    status = place(a, c, "response_at", room, &gpa, err);
    if (status != SL_OK) {
        return status;
    }
    return pieces ? add_pieces(a, c, node, gpa, true, &room, err)
                  : add_piece(a, c, gpa, room, true, err);
}

static enum sl_status put_chain(struct sl_asm *a, struct command *c, struct sl_error *err)
{
    struct sl_asm_virtio *v = sl_asm_virtio_state(a);
    unsigned queue = 0;
    bool indirect = false;
    bool notify = false;
    uint64_t table = 0;
    enum sl_status status = sl_asm_queue_at(a, c->item, "queue", is_cursor(c->type), &queue, err);
    if (status == SL_OK) {
        status = sl_asm_bool_at(a, c->item, "indirect", v->indirect, &indirect, err);
    }
    if (status == SL_OK) {
        status = sl_asm_bool_at(a, c->item, "notify", true, &notify, err);
    }
    if (status != SL_OK) {
        return status;
    }
    const struct sl_virtio_queue *q = &v->guest.queues[queue];
    size_t need = indirect ? 1 : c->piece_count;
    if (c->piece_count == 0 || need + q->unnotified > q->size) {
        return sl_asm_fail(a, c->item, SL_RULE_YAML_QUEUE, err,
                           "%zu descriptors, queue %u has room for %" PRIu32, need, queue,
                           q->size - q->unnotified);
    }
    if (indirect) {
        status = sl_asm_scratch(a, c->item, c->piece_count * SL_VIRTIO_DESC_SIZE, &table, err);
    }
    if (status == SL_OK) {
        status = sl_virtio_guest_chain(&v->guest, queue, c->pieces, c->piece_count, table, err);
    }
    return status == SL_OK && notify ? sl_virtio_guest_notify(&v->guest, queue, err) : status;
}

enum sl_status sl_asm_run_cmd(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *value,
                              struct sl_error *err)
{
    struct command c = {.item = item};
    enum sl_status status = build_request(a, value, &c, err);
    if (status == SL_OK) {
        status = override_request(a, &c, err);
    }
    if (status == SL_OK) {
        status = put_request(a, &c, err);
    }
    if (status == SL_OK) {
        status = put_response(a, &c, err);
    }
    if (status == SL_OK) {
        status = put_chain(a, &c, err);
    }
    sl_buf_finish(&c.request);
    return status;
}
