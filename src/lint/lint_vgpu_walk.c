/*
 * Follows a virtio-gpu guest: looks at queues when they are notified, before the device does, and
 * finds the chain of each request that the device then executes.
 */
#include "lint/lint_vgpu.h"

#include "abi_virtio_gpu.h"
#include "base/bytes.h"

#include <linux/virtio_config.h>
#include <linux/virtio_gpu.h>
#include <linux/virtio_ring.h>
#include <stdlib.h>
#include <string.h>

/* What a driver without registers accepted, unless the trace says so: docs/devices.md. */
#define DIRECT_FEATURES                                                                            \
    (UINT64_C(1) << VIRTIO_GPU_F_EDID | UINT64_C(1) << VIRTIO_RING_F_INDIRECT_DESC |               \
     UINT64_C(1) << VIRTIO_F_VERSION_1)

bool sl_lint_vgpu_has(const struct sl_lint *lint, unsigned bit)
{
    return lint->vgpu->accepted >> bit & 1;
}

static uint64_t direct_features(const struct sl_lint *lint)
{
    for (size_t i = 0; i < lint->meta->option_count; i++) {
        if (strcmp(lint->meta->options[i].name, "driver_features") == 0) {
            return strtoull(lint->meta->options[i].value, NULL, 0);
        }
    }
    return DIRECT_FEATURES;
}

static void set_vring(struct sl_lint *lint, const struct sl_vring_event *vring)
{
    struct sl_lint_vgpu *v = lint->vgpu;
    if (vring->queue >= SL_LINT_VGPU_QUEUES) {
        return;
    }
    if (!v->direct && !v->told) {
        v->accepted = direct_features(lint);
    }
    v->direct = true;
    v->queues[vring->queue] = (struct sl_lint_vgpu_queue){
        .size = vring->size,
        .desc = vring->desc_gpa,
        .avail = vring->avail_gpa,
        .used = vring->used_gpa,
        .next = vring->base,
    };
    if (vring->size != 0) {
        sl_lint_vgpu_queue_check(lint, vring->queue);
    }
}

/* Power-on, or a status of 0. */
static void forget(struct sl_lint *lint)
{
    struct sl_lint_vgpu *v = lint->vgpu;
    memset(v->queues, 0, sizeof(v->queues));
    v->direct = false;
    v->told = false;
    v->accepted = 0;
    v->features_ok_read = false;
    v->last_fence = 0;
    v->raised = SL_LINT_NONE;
    sl_lint_vgpu_resources_clear(lint);
}

static void notify(struct sl_lint *lint, uint32_t queue)
{
    lint->vgpu->notified = lint->event;
    sl_lint_vgpu_queue_notified(lint, queue);
}

static void on_arriving(struct sl_lint *lint, const struct sl_event *event)
{
    uint32_t queue;
    lint->vgpu->chain_count = 0;
    lint->vgpu->next_chain = 0;
    switch (event->type) {
    case SL_EVENT_MEM:
        sl_lint_vgpu_queue_written(lint, &event->u.mem);
        sl_lint_vgpu_backing_written(lint, &event->u.mem);
        break;
    case SL_EVENT_MMIO:
        if (sl_lint_vgpu_registers_access(lint, &event->u.mmio, &queue)) {
            notify(lint, queue);
        }
        break;
    case SL_EVENT_VRING:
        set_vring(lint, &event->u.vring);
        break;
    case SL_EVENT_NOTIFY:
        notify(lint, event->u.notify_queue);
        break;
    case SL_EVENT_RESET:
        forget(lint);
        break;
    case SL_EVENT_FEATURES:
        lint->vgpu->accepted = event->u.features;
        lint->vgpu->told = true;
        break;
    case SL_EVENT_VBLANK:
    case SL_EVENT_FRAME:
    case SL_EVENT_EXPECT:
    case SL_EVENT_NOTE:
    case SL_EVENT_DISPLAY:
    case SL_EVENT_ATTACH:
    case SL_EVENT_RAM:
        break;
    }
}

static void on_passed(struct sl_lint *lint, const struct sl_event *event)
{
    if (event->type == SL_EVENT_MMIO) {
        if (sl_lint_vgpu_registers_passed(lint, &event->u.mmio)) {
            forget(lint);
        }
    }
}

static void on_observed(struct sl_lint *lint, const struct sl_observation *observation)
{
    struct sl_lint_vgpu *v = lint->vgpu;
    if (observation->kind == SL_OBS_ERROR) {
        sl_lint_find(lint, SL_LINT_VGPU_DEVICE_BROKEN, sl_lint_here(lint, SL_LINT_NONE), "%s",
                     observation->text ? observation->text : "");
    } else if (observation->kind == SL_OBS_IRQ && observation->queue == SL_IRQ_INTX) {
        v->raised = observation->value ? lint->event : SL_LINT_NONE;
    } else if (observation->kind == SL_OBS_RESPONSE && lint->command && observation->size >= 4 &&
               sl_get_le32(observation->bytes) >= VIRTIO_GPU_RESP_ERR_UNSPEC) {
        v->refused = true;
        sl_lint_find(lint, SL_LINT_VGPU_REFUSED,
                     sl_lint_here(lint, lint->command->has_gpa ? lint->command->gpa : SL_LINT_NONE),
                     "%s", observation->text ? observation->text : "");
    }
}

/* Chains are executed in order; those that the device dropped have no command. */
static const struct sl_lint_vgpu_chain *find_chain(struct sl_lint *lint,
                                                   const struct sl_command *command)
{
    struct sl_lint_vgpu *v = lint->vgpu;
    for (size_t i = v->next_chain; i < v->chain_count; i++) {
        if (v->chains[i].queue == command->queue && v->chains[i].gpa == command->gpa) {
            v->next_chain = i + 1;
            return &v->chains[i];
        }
    }
    return NULL;
}

static struct sl_lint_vgpu_request request_of(const struct sl_command *command)
{
    const struct sl_abi_opcode *opcode = sl_abi_find_opcode(&sl_abi_virtio_gpu, command->opcode);
    bool is_command = opcode && opcode->value < VIRTIO_GPU_RESP_OK_NODATA;
    return (struct sl_lint_vgpu_request){
        .opcode = is_command ? opcode : NULL,
        .queue = command->queue,
        .gpa = command->has_gpa ? command->gpa : SL_LINT_NONE,
    };
}

static void on_command(struct sl_lint *lint, const struct sl_command *command)
{
    struct sl_lint_vgpu *v = lint->vgpu;
    struct sl_lint_vgpu_request request = request_of(command);
    v->refused = false;
    sl_buf_clear(&v->request);
    sl_buf_append(&v->request, command->bytes, command->size);
    if (v->request.failed) {
        sl_lint_out_of_memory(lint);
        return;
    }
    request.bytes = v->request.data;
    request.size = v->request.size;
    request.chain = find_chain(lint, command);
    sl_lint_vgpu_request_check(lint, &request);
    sl_lint_vgpu_resources_check(lint, &request);
}

static void on_executed(struct sl_lint *lint)
{
    const struct sl_lint_vgpu *v = lint->vgpu;
    if (v->refused || !lint->command) {
        return;
    }
    struct sl_lint_vgpu_request request = request_of(lint->command);
    request.bytes = v->request.data;
    request.size = v->request.size;
    sl_lint_vgpu_resources_apply(lint, &request);
}

static void on_ended(struct sl_lint *lint)
{
    const struct sl_lint_vgpu *v = lint->vgpu;
    /* A trace may end before its guest gets to it; a guest that goes on had the time. */
    if (v->raised != SL_LINT_NONE && v->notified > v->raised) {
        const struct sl_lint_place place = {
            .event = v->raised, .command = SL_LINT_NONE, .name = "", .gpa = SL_LINT_NONE};
        sl_lint_find(lint, SL_LINT_VGPU_ISR_UNREAD, place,
                     "the line is high since here, and ISR is not read to the end");
    }
    sl_lint_vgpu_queue_ended(lint);
    sl_lint_vgpu_resources_ended(lint);
}

static bool create(struct sl_lint *lint)
{
    lint->vgpu = calloc(1, sizeof(*lint->vgpu));
    if (lint->vgpu) {
        lint->vgpu->raised = SL_LINT_NONE;
    }
    return lint->vgpu;
}

static void destroy(struct sl_lint *lint)
{
    if (lint->vgpu) {
        sl_lint_vgpu_resources_clear(lint);
        sl_buf_finish(&lint->vgpu->request);
        free(lint->vgpu->chains);
        free(lint->vgpu);
    }
}

const struct sl_lint_walker sl_lint_vgpu_walker = {
    .device = "virtio-gpu",
    .create = create,
    .destroy = destroy,
    .arriving = on_arriving,
    .passed = on_passed,
    .observed = on_observed,
    .command = on_command,
    .executed = on_executed,
    .ended = on_ended,
};
