/*
 * Serving a queue: all available chains are popped, then executed and completed in order. If a
 * malformed chain breaks the device, those before it in the same round are still executed and
 * answered, but not completed.
 */
#include "base/bytes.h"
#include "device/virtio_gpu/vgpu.h"

#include <inttypes.h>
#include <linux/virtio_config.h>
#include <linux/virtio_gpu.h>
#include <linux/virtio_ring.h>

enum { HEADER_SIZE = sizeof(struct sl_virtio_gpu_ctrl_hdr) };

/* What a chain costs besides its bytes, and what one that is malformed may have cost. */
enum { CHAIN_WORK = 64, BUFFER_WORK = 16, MALFORMED_WORK = 65536 };

/*
 * Chains after which a notification is over: as many as an index can count. Answers that land on
 * the available ring could keep a tolerant queue busy for ever; the rest waits for the next one.
 */
enum { MOST_SERVED = 65536 };

enum { ERROR_BROKEN = 1 };

/* One round of one queue. */
struct round {
    struct sl_vgpu *dev;
    uint32_t queue;
    const struct sl_vq_chain *chain;
};

void sl_vgpu_break(struct sl_vgpu *dev, uint32_t queue, const char *reason)
{
    struct sl_vgpu_queue *it = &dev->queues[queue];
    bool *broken = it->direct ? &it->broken : &dev->broken;
    if (*broken) {
        return;
    }
    *broken = true;
    sl_vgpu_observe(dev, &(struct sl_observation){
                             .kind = SL_OBS_ERROR,
                             .queue = queue,
                             .value = ERROR_BROKEN,
                             .text = reason,
                         });
    if (!it->direct) {
        sl_virtio_pci_break(&dev->pci);
    }
}

/* Virtqueue results that end everything. False if this one does. */
static bool accept(struct sl_vgpu *dev, uint32_t queue, enum sl_vq_result result,
                   const char *reason)
{
    switch (result) {
    case SL_VQ_OK:
    case SL_VQ_EMPTY:
    case SL_VQ_FULL:
        return true;
    case SL_VQ_BROKEN:
        sl_vgpu_break(dev, queue, reason);
        return false;
    case SL_VQ_NO_MEMORY:
        sl_vgpu_fail_memory(dev, 0);
        return false;
    }
    return false;
}

void sl_vgpu_queue_start(struct sl_vgpu *dev, uint32_t queue, const struct sl_vq_rings *rings)
{
    struct sl_vgpu_queue *it = &dev->queues[queue];
    it->direct = false;
    uint64_t features = sl_vgpu_features(dev, queue);
    /* Enabling a queue once more moves its rings and keeps its place in them. */
    uint16_t base = it->vq.last_avail;
    uint16_t used = it->vq.used_index;
    sl_vq_start(&it->vq, dev->mem, rings, base, features >> VIRTIO_RING_F_EVENT_IDX & 1);
    it->vq.used_index = used;
}

void sl_vgpu_queue_stop(struct sl_vgpu *dev, uint32_t queue)
{
    dev->queues[queue] = (struct sl_vgpu_queue){0};
}

/* The used ring says how far its index is; a queue may be taken over while it runs. */
static uint16_t used_index(const struct sl_vgpu *dev, const struct sl_vring_event *vring)
{
    uint8_t index[2];
    bool readable = vring->used_gpa <= UINT64_MAX - 2 &&
                    sl_mem_read(dev->mem, vring->used_gpa + 2, index, 2) == SL_MEM_OK;
    return readable ? sl_get_le16(index) : vring->base;
}

void sl_vgpu_queue_vring(struct sl_vgpu *dev, const struct sl_vring_event *vring)
{
    if (vring->queue >= SL_VIRTIO_QUEUES) {
        return;
    }
    struct sl_vgpu_queue *it = &dev->queues[vring->queue];
    sl_vgpu_queue_stop(dev, vring->queue);
    if (vring->size == 0) {
        dev->stalled &= vring->queue != SL_VGPU_CONTROL_QUEUE;
        return;
    }
    it->direct = true;
    if (vring->size > SL_VQ_SIZE_MAX) {
        sl_vgpu_break(dev, vring->queue, "queue of more than 1024 descriptors");
        return;
    }
    const struct sl_vq_rings rings = {
        .size = vring->size,
        .desc_gpa = vring->desc_gpa,
        .avail_gpa = vring->avail_gpa,
        .used_gpa = vring->used_gpa,
    };
    bool event_index = dev->direct_features >> VIRTIO_RING_F_EVENT_IDX & 1;
    sl_vq_start(&it->vq, dev->mem, &rings, vring->base, event_index);
    it->vq.used_index = used_index(dev, vring);
}

static void interrupt(struct sl_vgpu *dev, uint32_t queue)
{
    if (!dev->queues[queue].direct) {
        sl_virtio_pci_queue_interrupt(&dev->pci, queue);
        return;
    }
    sl_vgpu_observe(dev, &(struct sl_observation){
                             .kind = SL_OBS_IRQ, .queue = queue, .value = 1, .text = "call"});
}

static void complete(const struct round *round, uint32_t written)
{
    struct sl_vgpu *dev = round->dev;
    struct sl_vq *vq = &dev->queues[round->queue].vq;
    const char *reason = NULL;
    bool wants_interrupt = false;
    if (dev->broken || dev->queues[round->queue].broken) {
        return;
    }
    enum sl_vq_result result =
        sl_vq_complete(vq, &dev->batch, round->chain, written, &wants_interrupt, &reason);
    if (!accept(dev, round->queue, result, reason)) {
        return;
    }
    sl_vgpu_observe(dev, &(struct sl_observation){
                             .kind = SL_OBS_USED,
                             .queue = round->queue,
                             .head = round->chain->head,
                             .value = written,
                             .text = "",
                         });
    if (wants_interrupt) {
        interrupt(dev, round->queue);
    }
}

/* Tells what was answered; text is in dev->text. */
static void observe_response(const struct round *round, const uint8_t *bytes, size_t size)
{
    struct sl_vgpu *dev = round->dev;
    const char *text = sl_buf_cstr(&dev->text);
    if (!text) {
        sl_vgpu_fail_memory(dev, 0);
        return;
    }
    sl_vgpu_observe(dev, &(struct sl_observation){
                             .kind = SL_OBS_RESPONSE,
                             .queue = round->queue,
                             .head = round->chain->head,
                             .bytes = bytes,
                             .size = size,
                             .text = text,
                         });
}

/* A chain that is completed without being executed. */
static void drop(const struct round *round, const char *why)
{
    sl_buf_clear(&round->dev->text);
    sl_buf_printf(&round->dev->text, "dropped: %s", why);
    observe_response(round, NULL, 0);
    complete(round, 0);
}

static void print_type(struct sl_buf *out, uint32_t type)
{
    const struct sl_abi_opcode *opcode = sl_abi_find_opcode(&sl_abi_virtio_gpu, type);
    if (opcode) {
        sl_buf_text(out, opcode->word);
    } else {
        sl_buf_printf(out, "0x%" PRIx32, type);
    }
}

static void print_exchange(struct sl_vgpu *dev, const struct sl_vgpu_request *request,
                           const struct sl_vgpu_response *response)
{
    const struct sl_virtio_gpu_ctrl_hdr *header = &request->header;
    sl_buf_clear(&dev->text);
    print_type(&dev->text, header->type);
    sl_buf_text(&dev->text, " -> ");
    if (response) {
        print_type(&dev->text, sl_get_le32(response->bytes));
    } else {
        sl_buf_text(&dev->text, "nothing");
    }
    if (header->flags & VIRTIO_GPU_FLAG_FENCE) {
        sl_buf_printf(&dev->text, " fence=%" PRIu64 " ctx=%" PRIu32, header->fence_id,
                      header->ctx_id);
    }
}

/* Writes the response as far as it goes, and completes the chain. NULL: there is none. */
static void answer(const struct round *round, const struct sl_vgpu_request *request,
                   const struct sl_vgpu_response *response)
{
    struct sl_vgpu *dev = round->dev;
    struct sl_vq *vq = &dev->queues[round->queue].vq;
    uint32_t written = 0;
    bool withheld =
        response && dev->profile->response_whole && round->chain->writable < response->size;
    if (response && !withheld) {
        enum sl_vq_result result =
            sl_vq_scatter(vq, &dev->batch, round->chain, response->bytes, response->size, &written);
        if (!accept(dev, round->queue, result, NULL)) {
            return;
        }
    }
    print_exchange(dev, request, response);
    observe_response(round, response ? response->bytes : NULL, written);
    complete(round, written);
}

/* A request without a header on the control queue. */
static void meet_headless(const struct round *round)
{
    struct sl_vgpu *dev = round->dev;
    switch (dev->profile->headless) {
    case SL_VGPU_HEADLESS_COMPLETE:
        drop(round, "request shorter than a header");
        break;
    case SL_VGPU_HEADLESS_STALL:
        dev->stalled = true;
        break;
    case SL_VGPU_HEADLESS_LOSE:
        break;
    }
}

static void execute_cursor(const struct round *round, const struct sl_vgpu_request *request)
{
    struct sl_vgpu *dev = round->dev;
    bool whole = request->size >= sizeof(struct sl_virtio_gpu_update_cursor);
    bool room = round->chain->writable >= HEADER_SIZE;
    if (whole) {
        sl_vgpu_cursor_execute(dev, request);
    }
    if (dev->profile->cursor_answer == SL_VGPU_CURSOR_SILENT || !room) {
        answer(round, request, NULL);
        return;
    }
    uint32_t type = whole ? VIRTIO_GPU_RESP_OK_NODATA : dev->profile->short_request;
    dev->response.size = HEADER_SIZE;
    sl_vgpu_response_header(dev, request, type, &dev->response);
    answer(round, request, &dev->response);
}

static void execute_request(const struct round *round)
{
    struct sl_vgpu *dev = round->dev;
    struct sl_vgpu_request request = {
        .bytes = dev->request.data, .size = dev->request.size, .queue = round->queue};
    if (request.size < HEADER_SIZE) {
        if (round->queue == SL_VGPU_CONTROL_QUEUE) {
            meet_headless(round);
        } else {
            drop(round, "request shorter than a header");
        }
        return;
    }
    const struct sl_vq_buffer *first = &dev->batch.buffers[round->chain->first];
    request.gpa = first->gpa;
    request.has_gpa = first->size >= request.size && !first->bounced;
    sl_abi_decode(SL_LAYOUT_VIRTIO_GPU_CTRL_HDR, request.bytes, request.size, &request.header);
    if (!sl_vgpu_inspect_begin(dev, &request)) {
        return;
    }
    if (round->queue == SL_VGPU_CURSOR_QUEUE) {
        execute_cursor(round, &request);
    } else {
        sl_vgpu_execute(dev, &request, &dev->response);
        answer(round, &request, &dev->response);
    }
    sl_vgpu_inspect_end(dev);
}

static void execute_chain(const struct round *round)
{
    struct sl_vgpu *dev = round->dev;
    const struct sl_vq_chain *chain = round->chain;
    const struct sl_vgpu_profile *profile = dev->profile;
    if (chain->malformed) {
        drop(round, "malformed chain");
        return;
    }
    if (chain->readable > profile->request_max_bytes) {
        drop(round, "request too large");
        return;
    }
    if (chain->writable == 0 && profile->response_required) {
        drop(round, "no room for a response");
        return;
    }
    sl_buf_clear(&dev->request);
    if (!sl_vq_gather(&dev->queues[round->queue].vq, &dev->batch, chain, SL_VGPU_REQUEST_MAX,
                      &dev->request)) {
        sl_vgpu_fail_memory(dev, SL_VGPU_REQUEST_MAX);
        return;
    }
    if (sl_vgpu_spend(dev, CHAIN_WORK + dev->request.size)) {
        execute_request(round);
    }
}

/* Pops until nothing is left; false once the host cannot go on. */
static enum sl_vq_result pop_all(struct sl_vgpu *dev, uint32_t queue)
{
    struct sl_vq *vq = &dev->queues[queue].vq;
    enum sl_vq_result result;
    const char *reason = NULL;
    sl_vq_batch_clear(&dev->batch);
    do {
        size_t buffers = dev->batch.buffer_count;
        result = sl_vq_pop(vq, &dev->profile->ring, &dev->batch, &reason);
        uint64_t work = (dev->batch.buffer_count - buffers) * BUFFER_WORK;
        if (result == SL_VQ_OK && dev->batch.chains[dev->batch.chain_count - 1].malformed) {
            work = MALFORMED_WORK;
        }
        if (!sl_vgpu_spend(dev, work)) {
            return SL_VQ_NO_MEMORY;
        }
    } while (result == SL_VQ_OK);
    accept(dev, queue, result, reason);
    return result;
}

static bool may_serve(const struct sl_vgpu *dev, uint32_t queue)
{
    const struct sl_vgpu_queue *it = &dev->queues[queue];
    if (dev->fault != SL_OK || dev->broken || dev->stopped || it->broken ||
        it->vq.rings.size == 0) {
        return false;
    }
    if (it->direct) {
        return true;
    }
    bool ready = (dev->pci.status & VIRTIO_CONFIG_S_DRIVER_OK) || !dev->profile->needs_driver_ok;
    return ready && sl_virtio_pci_is_master(&dev->pci);
}

void sl_vgpu_queue_serve(struct sl_vgpu *dev, uint32_t queue)
{
    enum sl_vq_result result = SL_VQ_FULL;
    size_t served = 0;
    while (result == SL_VQ_FULL && served < MOST_SERVED && may_serve(dev, queue)) {
        result = pop_all(dev, queue);
        served += dev->batch.chain_count;
        for (size_t i = 0; i < dev->batch.chain_count && dev->fault == SL_OK; i++) {
            const struct round round = {.dev = dev, .queue = queue, .chain = &dev->batch.chains[i]};
            if (!dev->stopped && (queue != SL_VGPU_CONTROL_QUEUE || !dev->stalled)) {
                execute_chain(&round);
            }
        }
    }
}
