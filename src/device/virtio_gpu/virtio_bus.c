/* Between the device and its virtio-pci transport: layouts, features, device configuration. */
#include "device/virtio_gpu/vgpu.h"

#include <linux/virtio_gpu.h>
#include <linux/virtio_ids.h>
#include <string.h>

enum {
    VENDOR = 0x1AF4,
    DEVICE = 0x1040 + VIRTIO_ID_GPU, /* modern only: virtio 1.2, 4.1.2.1 */
    CLASS_DISPLAY_OTHER = 0x038000,
};

/* struct virtio_gpu_config, virtio 1.2, 5.7.4. */
enum { EVENTS_READ = 0, EVENTS_CLEAR = 4, NUM_SCANOUTS = 8, CONFIG_SIZE = 16 };

static const enum sl_virtio_structure qemu_order[SL_VIRTIO_STRUCTURES] = {
    SL_VIRTIO_COMMON, SL_VIRTIO_ISR, SL_VIRTIO_DEVICE, SL_VIRTIO_NOTIFY};

static const struct sl_virtio_pci_layout qemu_layout = {
    .identity = {.vendor = VENDOR,
                 .device = DEVICE,
                 .subsystem_vendor = VENDOR,
                 .subsystem = 0x1100,
                 .class_code = CLASS_DISPLAY_OTHER,
                 .revision = 1,
                 .interrupt_pin = 1},
    .bar = 4,
    .bar_kind = SL_PCI_BAR_MEM64_PREFETCH,
    .bar_size = 0x4000,
    .structures = {[SL_VIRTIO_COMMON] = {0x40, 0x0000, 0x1000},
                   [SL_VIRTIO_ISR] = {0x50, 0x1000, 0x1000},
                   [SL_VIRTIO_DEVICE] = {0x60, 0x2000, 0x1000},
                   [SL_VIRTIO_NOTIFY] = {0x70, 0x3000, 0x1000}},
    .notify_multiplier = 4,
    .window_capability = 0x84,
    .msix_capability = 0x98,
    .msix_bar = 1,
    .msix_bar_size = 0x1000,
    .msix_pending = 0x800,
    .vectors = 3,
    .order = qemu_order,
};

static const enum sl_virtio_structure aero_order[SL_VIRTIO_STRUCTURES] = {
    SL_VIRTIO_DEVICE, SL_VIRTIO_ISR, SL_VIRTIO_NOTIFY, SL_VIRTIO_COMMON};

static const struct sl_virtio_pci_layout aero_layout = {
    .identity = {.vendor = VENDOR,
                 .device = DEVICE,
                 .subsystem_vendor = VENDOR,
                 .subsystem = VIRTIO_ID_GPU,
                 .class_code = CLASS_DISPLAY_OTHER,
                 .revision = 1,
                 .interrupt_pin = 1},
    .bar = 0,
    .bar_kind = SL_PCI_BAR_MEM64,
    .bar_size = 0x4000,
    .structures = {[SL_VIRTIO_COMMON] = {0x40, 0x0000, 0x100},
                   [SL_VIRTIO_NOTIFY] = {0x50, 0x1000, 0x100},
                   [SL_VIRTIO_ISR] = {0x64, 0x2000, 0x20},
                   [SL_VIRTIO_DEVICE] = {0x74, 0x3000, 0x100}},
    .notify_multiplier = 4,
    .order = aero_order,
};

uint64_t sl_vgpu_features(const struct sl_vgpu *dev, uint32_t queue)
{
    return dev->queues[queue].direct ? dev->direct_features : dev->pci.driver_features;
}

/* What the options add to, or take from, the profile's features. */
static uint64_t offered(const struct sl_vgpu *dev)
{
    uint64_t features = dev->profile->features;
    if (!dev->options.edid) {
        features &= ~(UINT64_C(1) << VIRTIO_GPU_F_EDID);
    }
    features |= (uint64_t)dev->options.uuid << VIRTIO_GPU_F_RESOURCE_UUID;
    features |= (uint64_t)dev->options.blob << VIRTIO_GPU_F_RESOURCE_BLOB;
    return features;
}

/* Status write of 0, virtio 1.2, 2.4. Events and the host's wishes outlive it. */
static void reset(void *owner)
{
    struct sl_vgpu *dev = owner;
    for (uint32_t i = 0; i < SL_VIRTIO_QUEUES; i++) {
        sl_vgpu_queue_stop(dev, i);
    }
    dev->broken = false;
    dev->stalled = false;
    sl_vgpu_scanouts_reset(dev);
    sl_vgpu_cursors_reset(dev);
    sl_vgpu_resources_clear(dev);
    sl_vgpu_screen_reset(dev);
}

static void queue_start(void *owner, uint32_t queue, const struct sl_vq_rings *rings)
{
    sl_vgpu_queue_start(owner, queue, rings);
}

static void queue_stop(void *owner, uint32_t queue)
{
    sl_vgpu_queue_stop(owner, queue);
}

static void notify(void *owner, uint32_t queue)
{
    sl_vgpu_queue_serve(owner, queue);
}

static uint32_t config_word(const struct sl_vgpu *dev, uint32_t offset)
{
    switch (offset) {
    case EVENTS_READ:
        return dev->events_read;
    case NUM_SCANOUTS:
        return dev->options.scanouts;
    default:
        return 0; /* EVENTS_CLEAR reads as 0, and there are no capability sets */
    }
}

static uint32_t config_read(void *owner, uint32_t offset, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++) {
        uint32_t at = offset + i;
        uint32_t byte = config_word(owner, at & ~3u) >> at % 4 * 8 & 0xFF;
        value |= (uint64_t)byte << 8 * i;
    }
    return (uint32_t)value;
}

static void config_write(void *owner, uint32_t offset, unsigned size, uint32_t value)
{
    struct sl_vgpu *dev = owner;
    for (unsigned i = 0; i < size; i++) {
        uint32_t at = offset + i;
        if ((at & ~3u) == EVENTS_CLEAR) {
            dev->events_read &= ~((value >> 8 * i & 0xFF) << at % 4 * 8);
        }
    }
}

static void misuse(void *owner, const char *reason)
{
    struct sl_vgpu *dev = owner;
    sl_vgpu_break(dev, dev->pci.queue_select, reason);
}

static void interrupt(void *owner, uint32_t vector, uint32_t level, const char *text)
{
    sl_vgpu_observe(owner, &(struct sl_observation){
                               .kind = SL_OBS_IRQ, .queue = vector, .value = level, .text = text});
}

static const struct sl_virtio_owner_impl owner_impl = {
    .reset = reset,
    .queue_start = queue_start,
    .queue_stop = queue_stop,
    .notify = notify,
    .config_read = config_read,
    .config_write = config_write,
    .misuse = misuse,
    .interrupt = interrupt,
};

void sl_vgpu_bus_init(struct sl_vgpu *dev)
{
    const struct sl_vgpu_profile *profile = dev->profile;
    struct sl_virtio_behaviour behaviour = {
        .features = offered(dev),
        .queue_size_fixed = profile->queue_size_fixed,
        .features_checked = profile->features_checked,
        .config_end_ones = profile->config_end_ones,
        .config_size = CONFIG_SIZE,
    };
    memcpy(behaviour.queue_sizes, profile->queue_sizes, sizeof(behaviour.queue_sizes));
    dev->events_read = 0;
    dev->direct_features = dev->options.driver_features;
    memcpy(dev->displays, dev->options.displays, sizeof(dev->displays));
    sl_virtio_pci_init(&dev->pci, profile->aero_layout ? &aero_layout : &qemu_layout, &behaviour,
                       &owner_impl, dev);
}
