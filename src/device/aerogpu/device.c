/* The target: creation, the processing step and what a replay may call. */
#include "abi/abi.h"
#include "base/status.h"
#include "device/aerogpu/front.h"

#include <inttypes.h>
#include <stdlib.h>

static struct sl_agpu *device_of(struct sl_target *target)
{
    return (struct sl_agpu *)target;
}

void sl_agpu_fail_memory(struct sl_agpu *dev, uint64_t size_bytes)
{
    if (dev->fault == SL_OK) {
        dev->fault = sl_fail_memory(&dev->fault_report, size_bytes);
    }
}

bool sl_agpu_spend(struct sl_agpu *dev, uint64_t work)
{
    if (dev->fault == SL_OK && work > dev->work_limit - dev->work) {
        dev->fault =
            sl_fail(&dev->fault_report, SL_ERR_UNSUPPORTED, SL_RULE_HOST_LIMIT,
                    "aerogpu: submissions reach the work limit of %" PRIu64, dev->work_limit);
    }
    if (dev->fault != SL_OK) {
        return false;
    }
    dev->work += work;
    return true;
}

void sl_agpu_show_struct(const struct sl_agpu *dev, const struct sl_abi_struct *layout,
                         const uint8_t *bytes, size_t size)
{
    const struct sl_inspector *inspector = dev->inspector;
    if (inspector && inspector->structure) {
        inspector->structure(inspector->data, layout->name, bytes, size);
    }
}

void sl_agpu_observe(struct sl_agpu *dev, const struct sl_observation *observation)
{
    if (dev->observer) {
        dev->observer->observe(dev->observer->data, observation);
    }
}

void sl_agpu_step(struct sl_agpu *dev)
{
    if (dev->fault != SL_OK || dev->stopped) {
        return;
    }
    sl_agpu_fences_complete(dev);
    if (dev->ring_reset_pending && sl_agpu_is_master(dev)) {
        sl_agpu_ring_reset_memory(dev);
    }
    sl_agpu_vblank_run(dev);
    if (dev->doorbell_pending && sl_agpu_is_master(dev)) {
        sl_agpu_ring_process(dev);
    }
    sl_agpu_display_update(dev);
}

static void destroy(struct sl_target *target)
{
    if (!target) {
        return;
    }
    struct sl_agpu *dev = device_of(target);
    sl_agpu_exec_destroy(dev->exec);
    sl_agpu_fences_finish(&dev->fences);
    sl_agpu_vram_finish(&dev->vram);
    sl_agpu_alloc_table_finish(&dev->table);
    sl_buf_finish(&dev->stream);
    sl_buf_finish(&dev->scratch);
    sl_buf_finish(&dev->text);
    free(dev);
}

static void reset(struct sl_target *target)
{
    sl_agpu_device_reset(device_of(target));
}

static uint64_t read_bus(struct sl_target *target, enum sl_space space, uint64_t offset,
                         unsigned size)
{
    return sl_agpu_bus_read(device_of(target), space, offset, size);
}

static void write_bus(struct sl_target *target, enum sl_space space, uint64_t offset, unsigned size,
                      uint64_t value)
{
    sl_agpu_bus_write(device_of(target), space, offset, size, value);
}

static void vblank(struct sl_target *target, const struct sl_vblank_event *event)
{
    sl_agpu_vblank_advance(device_of(target), event);
}

static uint32_t scanout_count(struct sl_target *target)
{
    (void)target;
    return 1;
}

static enum sl_status capture(struct sl_target *target, uint32_t scanout, struct sl_image *image,
                              struct sl_error *err)
{
    (void)scanout;
    *image = (struct sl_image){0};
    return sl_agpu_capture(device_of(target), image, err);
}

static bool pixel(struct sl_target *target, uint32_t scanout, uint32_t x, uint32_t y,
                  uint8_t rgba[4])
{
    (void)scanout;
    return sl_agpu_pixel(device_of(target), x, y, rgba);
}

static struct sl_pixel_source pixel_source(struct sl_target *target, uint32_t scanout, uint32_t x,
                                           uint32_t y)
{
    (void)scanout;
    return sl_agpu_pixel_source(device_of(target), x, y);
}

static enum sl_status describe(struct sl_target *target, void (*line)(void *data, const char *text),
                               void *data, struct sl_error *err)
{
    return sl_agpu_exec_describe(device_of(target)->exec, line, data, err);
}

static enum sl_status target_picture(struct sl_target *target, uint32_t index, const char **name,
                                     struct sl_image *image, struct sl_error *err)
{
    return sl_agpu_exec_picture(device_of(target)->exec, index, name, image, err);
}

static const char *register_name(struct sl_target *target, enum sl_space space, uint64_t offset)
{
    (void)target;
    const struct sl_abi_register *reg = NULL;
    if (space == SL_SPACE_BAR0) {
        reg = sl_abi_find_register(&sl_abi_aerogpu, offset & ~UINT64_C(3));
    }
    return reg ? reg->word : NULL;
}

static enum sl_status fault(struct sl_target *target, struct sl_error *err)
{
    const struct sl_agpu *dev = device_of(target);
    if (dev->fault != SL_OK && err) {
        *err = dev->fault_report;
    }
    return dev->fault;
}

static const struct sl_target_impl impl = {
    .device = "aerogpu",
    .destroy = destroy,
    .reset = reset,
    .read = read_bus,
    .write = write_bus,
    .vblank = vblank,
    .scanout_count = scanout_count,
    .capture = capture,
    .pixel = pixel,
    .pixel_source = pixel_source,
    .describe = describe,
    .target_picture = target_picture,
    .register_name = register_name,
    .fault = fault,
};

enum sl_status sl_aerogpu_create(const struct sl_target_config *config, struct sl_target **target,
                                 struct sl_error *err)
{
    *target = NULL;
    struct sl_agpu_options options;
    enum sl_status status = sl_agpu_options_parse(&options, config, err);
    if (status != SL_OK) {
        return status;
    }
    const struct sl_agpu_exec_config exec_config = {
        .mem = config->mem,
        .profile_aero = options.profile_aero,
        .flavour = options.flavour,
        .default_target_width = config->default_target_width,
        .default_target_height = config->default_target_height,
        .max_memory_bytes = config->max_memory_bytes,
        .half_pixel = options.half_pixel,
        .thread_count = config->thread_count,
        .inspector = config->inspector,
    };
    struct sl_agpu *dev = calloc(1, sizeof(*dev));
    struct sl_agpu_exec *exec = dev ? sl_agpu_exec_create(&exec_config) : NULL;
    if (!exec) {
        free(dev);
        return sl_fail_memory(err, 0);
    }
    *dev = (struct sl_agpu){
        .inspector = config->inspector,
        .target = {.impl = &impl},
        .mem = config->mem,
        .observer = config->observer,
        .exec = exec,
        .options = options,
        .work_limit = config->max_work ? config->max_work : SL_AGPU_WORK_LIMIT,
    };
    sl_agpu_pci_init(dev);
    sl_agpu_registers_reset(dev);
    *target = &dev->target;
    return SL_OK;
}
