/* The target: creation, the host's limits, and what a replay may call. */
#include "base/status.h"
#include "device/virtio_gpu/vgpu.h"

#include <inttypes.h>
#include <stdlib.h>

static struct sl_vgpu *device_of(struct sl_target *target)
{
    return (struct sl_vgpu *)target;
}

void sl_vgpu_fail_memory(struct sl_vgpu *dev, uint64_t size_bytes)
{
    if (dev->fault == SL_OK) {
        dev->fault = sl_fail_memory(&dev->fault_report, size_bytes);
    }
}

bool sl_vgpu_spend(struct sl_vgpu *dev, uint64_t work)
{
    if (dev->fault == SL_OK && work > dev->work_limit - dev->work) {
        dev->fault =
            sl_fail(&dev->fault_report, SL_ERR_UNSUPPORTED, SL_RULE_HOST_LIMIT,
                    "virtio-gpu: commands reach the work limit of %" PRIu64, dev->work_limit);
    }
    if (dev->fault != SL_OK) {
        return false;
    }
    dev->work += work;
    return true;
}

bool sl_vgpu_memory_take(struct sl_vgpu *dev, uint64_t size_bytes)
{
    if (size_bytes > dev->memory_limit - dev->memory_used) {
        if (dev->fault == SL_OK) {
            dev->fault = sl_fail(&dev->fault_report, SL_ERR_UNSUPPORTED, SL_RULE_HOST_LIMIT,
                                 "virtio-gpu: resources reach the limit of %" PRIu64 " bytes",
                                 dev->memory_limit);
        }
        return false;
    }
    dev->memory_used += size_bytes;
    return true;
}

void sl_vgpu_memory_give(struct sl_vgpu *dev, uint64_t size_bytes)
{
    dev->memory_used -= size_bytes;
}

void sl_vgpu_observe(struct sl_vgpu *dev, const struct sl_observation *observation)
{
    if (dev->observer) {
        dev->observer->observe(dev->observer->data, observation);
    }
}

static void destroy(struct sl_target *target)
{
    if (!target) {
        return;
    }
    struct sl_vgpu *dev = device_of(target);
    sl_vgpu_scanouts_finish(dev);
    sl_vgpu_cursors_finish(dev);
    sl_vgpu_resources_clear(dev);
    sl_vq_batch_finish(&dev->batch);
    sl_buf_finish(&dev->request);
    sl_buf_finish(&dev->text);
    free(dev);
}

static void reset(struct sl_target *target)
{
    struct sl_vgpu *dev = device_of(target);
    /* The line falls before the registers that hold it are gone. */
    sl_virtio_interrupt_reset(&dev->pci);
    sl_vgpu_cursors_finish(dev);
    sl_vgpu_bus_init(dev);
}

static uint64_t read_bus(struct sl_target *target, enum sl_space space, uint64_t offset,
                         unsigned size)
{
    return sl_virtio_pci_read(&device_of(target)->pci, space, offset, size);
}

static void write_bus(struct sl_target *target, enum sl_space space, uint64_t offset, unsigned size,
                      uint64_t value)
{
    sl_virtio_pci_write(&device_of(target)->pci, space, offset, size, value);
}

static void vring(struct sl_target *target, const struct sl_vring_event *event)
{
    sl_vgpu_queue_vring(device_of(target), event);
}

static void notify(struct sl_target *target, uint32_t queue)
{
    if (queue < SL_VIRTIO_QUEUES) {
        sl_vgpu_queue_serve(device_of(target), queue);
    }
}

static void features(struct sl_target *target, uint64_t value)
{
    device_of(target)->direct_features = value;
}

static uint16_t vring_base(struct sl_target *target, uint32_t queue)
{
    return queue < SL_VIRTIO_QUEUES ? device_of(target)->queues[queue].vq.last_avail : 0;
}

/* Nothing in this device depends on time. */
static void vblank(struct sl_target *target, const struct sl_vblank_event *event)
{
    (void)target;
    (void)event;
}

static void display(struct sl_target *target, const struct sl_display_event *event)
{
    sl_vgpu_display_event(device_of(target), event);
}

static uint32_t scanout_count(struct sl_target *target)
{
    return device_of(target)->options.scanouts;
}

static enum sl_status capture(struct sl_target *target, uint32_t scanout, struct sl_image *image,
                              struct sl_error *err)
{
    return sl_vgpu_capture(device_of(target), scanout, image, err);
}

static bool screen_row(struct sl_target *target, uint32_t scanout, uint32_t x, uint32_t y,
                       uint32_t count, uint8_t *rgba)
{
    return sl_vgpu_screen_row(device_of(target), scanout, x, y, count, rgba);
}

static bool pixel(struct sl_target *target, uint32_t scanout, uint32_t x, uint32_t y,
                  uint8_t rgba[4])
{
    return sl_vgpu_pixel(device_of(target), scanout, x, y, rgba);
}

static enum sl_status describe(struct sl_target *target, void (*line)(void *data, const char *text),
                               void *data, struct sl_error *err)
{
    return sl_vgpu_describe(device_of(target), line, data, err);
}

static enum sl_status target_picture(struct sl_target *target, uint32_t index, const char **name,
                                     struct sl_image *image, struct sl_error *err)
{
    return sl_vgpu_picture(device_of(target), index, name, image, err);
}

static const char *config_name(uint32_t offset)
{
    const struct sl_abi_struct *layout = SL_LAYOUT_VIRTIO_GPU_CONFIG;
    for (size_t i = 0; i < layout->field_count; i++) {
        if (layout->fields[i].offset == (offset & ~3u)) {
            return layout->fields[i].name;
        }
    }
    return NULL;
}

static const char *register_name(struct sl_target *target, enum sl_space space, uint64_t offset)
{
    const struct sl_abi_register *reg;
    enum sl_virtio_structure structure;
    uint32_t inside;
    if (!sl_virtio_pci_locate(&device_of(target)->pci, space, offset, &structure, &inside)) {
        return NULL;
    }
    switch (structure) {
    case SL_VIRTIO_COMMON:
        reg = sl_abi_find_register(&sl_abi_virtio_gpu, inside);
        return reg ? reg->word : NULL;
    case SL_VIRTIO_DEVICE:
        return config_name(inside);
    case SL_VIRTIO_ISR:
        return "ISR";
    case SL_VIRTIO_NOTIFY:
        return "NOTIFY";
    case SL_VIRTIO_STRUCTURES:
        break;
    }
    return NULL;
}

static enum sl_status fault(struct sl_target *target, struct sl_error *err)
{
    const struct sl_vgpu *dev = device_of(target);
    if (dev->fault != SL_OK && err) {
        *err = dev->fault_report;
    }
    return dev->fault;
}

static const struct sl_target_impl impl = {
    .device = "virtio-gpu",
    .destroy = destroy,
    .reset = reset,
    .read = read_bus,
    .write = write_bus,
    .vring = vring,
    .notify = notify,
    .features = features,
    .vring_base = vring_base,
    .vblank = vblank,
    .display = display,
    .scanout_count = scanout_count,
    .capture = capture,
    .screen_row = screen_row,
    .pixel = pixel,
    .describe = describe,
    .target_picture = target_picture,
    .register_name = register_name,
    .fault = fault,
};

enum sl_status sl_virtio_gpu_create(const struct sl_target_config *config,
                                    struct sl_target **target, struct sl_error *err)
{
    *target = NULL;
    struct sl_vgpu_options options;
    enum sl_status status = sl_vgpu_options_parse(&options, config, err);
    if (status != SL_OK) {
        return status;
    }
    struct sl_vgpu *dev = calloc(1, sizeof(*dev));
    if (!dev) {
        return sl_fail_memory(err, sizeof(*dev));
    }
    *dev = (struct sl_vgpu){
        .target = {.impl = &impl},
        .mem = config->mem,
        .observer = config->observer,
        .inspector = config->inspector,
        .screen = config->screen,
        .profile = options.profile,
        .options = options,
        .memory_limit =
            config->max_memory_bytes ? config->max_memory_bytes : SL_VGPU_MEMORY_DEFAULT,
        .work_limit = config->max_work ? config->max_work : SL_VGPU_WORK_LIMIT,
    };
    sl_vgpu_bus_init(dev);
    status = fault(&dev->target, err);
    if (status != SL_OK) {
        destroy(&dev->target);
        return status;
    }
    *target = &dev->target;
    return SL_OK;
}
