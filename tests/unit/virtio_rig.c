#include "virtio_rig.h"

#include "base/bytes.h"

#include <criterion/criterion.h>
#include <linux/pci_regs.h>
#include <linux/virtio_gpu.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 2048, OPTIONS_MAX = 20, LIST_MAX = 20000 };

static void observe(void *data, const struct sl_observation *observation)
{
    struct vrig *rig = data;
    if (rig->seen_count == VRIG_LOG_MAX) {
        return;
    }
    struct vrig_seen *seen = &rig->seen[rig->seen_count++];
    *seen = (struct vrig_seen){
        .kind = observation->kind,
        .queue = observation->queue,
        .head = observation->head,
        .value = observation->value,
        .size = observation->size,
    };
    snprintf(seen->text, sizeof(seen->text), "%s", observation->text);
}

/* Walks the capabilities, as a driver does. */
static void find_structures(struct vrig *rig)
{
    uint64_t at = vrig_config_read(rig, PCI_CAPABILITY_LIST, 1);
    while (at) {
        uint64_t offset = vrig_config_read(rig, at + 8, 4);
        uint64_t bar = vrig_config_read(rig, at + 4, 1);
        if (vrig_config_read(rig, at, 1) == PCI_CAP_ID_VNDR) {
            switch (vrig_config_read(rig, at + 3, 1)) {
            case VIRTIO_PCI_CAP_COMMON_CFG:
                rig->common = offset;
                rig->bar = (enum sl_space)bar;
                break;
            case VIRTIO_PCI_CAP_NOTIFY_CFG:
                rig->notify = offset;
                break;
            case VIRTIO_PCI_CAP_ISR_CFG:
                rig->isr = offset;
                break;
            case VIRTIO_PCI_CAP_DEVICE_CFG:
                rig->device = offset;
                break;
            default:
                break;
            }
        }
        at = vrig_config_read(rig, at + 1, 1);
    }
}

void vrig_create(struct vrig *rig, const char *profile, const char *options)
{
    struct sl_option list[OPTIONS_MAX];
    char *words = strdup(options);
    char *save = NULL;
    size_t count = 0;
    *rig = (struct vrig){.observer = {.data = rig, .observe = observe}};
    for (char *word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        char *value = strchr(word, '=');
        cr_assert(value && count < OPTIONS_MAX);
        *value = '\0';
        list[count++] = (struct sl_option){.name = word, .value = value + 1};
    }
    rig->mem = sl_mem_create(0);
    cr_assert(rig->mem);
    cr_assert_eq(sl_mem_add_region(rig->mem, 0, VRIG_RAM_SIZE, NULL), SL_OK);
    cr_assert_eq(sl_mem_add_region(rig->mem, VRIG_HIGH, 1 << 20, NULL), SL_OK);
    const struct sl_target_config config = {
        .mem = rig->mem,
        .observer = &rig->observer,
        .profile = profile,
        .options = list,
        .option_count = count,
    };
    struct sl_error err = {0};
    cr_assert_eq(sl_virtio_gpu_create(&config, &rig->target, &err), SL_OK, "%s", err.message);
    free(words);
    find_structures(rig);
    rig->queues[0] =
        (struct vrig_queue){VRIG_CONTROL, VRIG_CONTROL + 0x8000, VRIG_CONTROL + 0xC000, 64, 0};
    rig->queues[1] =
        (struct vrig_queue){VRIG_CURSOR, VRIG_CURSOR + 0x8000, VRIG_CURSOR + 0xC000, 16, 0};
}

void vrig_finish(struct vrig *rig)
{
    rig->target->impl->destroy(rig->target);
    sl_mem_destroy(rig->mem);
}

uint64_t vrig_read(struct vrig *rig, uint64_t offset, unsigned size)
{
    return rig->target->impl->read(rig->target, rig->bar, offset, size);
}

void vrig_write(struct vrig *rig, uint64_t offset, unsigned size, uint64_t value)
{
    rig->target->impl->write(rig->target, rig->bar, offset, size, value);
}

void vrig_config_write(struct vrig *rig, uint64_t offset, unsigned size, uint64_t value)
{
    rig->target->impl->write(rig->target, SL_SPACE_CONFIG, offset, size, value);
}

uint64_t vrig_config_read(struct vrig *rig, uint64_t offset, unsigned size)
{
    return rig->target->impl->read(rig->target, SL_SPACE_CONFIG, offset, size);
}

static void set_up_queue(struct vrig *rig, uint16_t index)
{
    const struct vrig_queue *queue = &rig->queues[index];
    uint64_t c = rig->common;
    vrig_write(rig, c + VIRTIO_PCI_COMMON_Q_SELECT, 2, index);
    vrig_write(rig, c + VIRTIO_PCI_COMMON_Q_SIZE, 2, queue->size);
    vrig_write(rig, c + VIRTIO_PCI_COMMON_Q_DESCLO, 8, queue->desc);
    vrig_write(rig, c + VIRTIO_PCI_COMMON_Q_AVAILLO, 8, queue->avail);
    vrig_write(rig, c + VIRTIO_PCI_COMMON_Q_USEDLO, 8, queue->used);
    vrig_write(rig, c + VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
}

void vrig_negotiate(struct vrig *rig, uint64_t features)
{
    uint64_t c = rig->common;
    vrig_config_write(rig, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    vrig_write(rig, c + VIRTIO_PCI_COMMON_STATUS, 1, 0);
    vrig_write(rig, c + VIRTIO_PCI_COMMON_STATUS, 1, 1);
    vrig_write(rig, c + VIRTIO_PCI_COMMON_STATUS, 1, 3);
    for (uint32_t half = 0; half < 2; half++) {
        vrig_write(rig, c + VIRTIO_PCI_COMMON_DFSELECT, 4, half);
        vrig_write(rig, c + VIRTIO_PCI_COMMON_GFSELECT, 4, half);
        vrig_write(rig, c + VIRTIO_PCI_COMMON_GF, 4,
                   vrig_read(rig, c + VIRTIO_PCI_COMMON_DF, 4) & (features >> 32 * half));
    }
    vrig_write(rig, c + VIRTIO_PCI_COMMON_STATUS, 1, 0x0B);
    set_up_queue(rig, 0);
    set_up_queue(rig, 1);
    vrig_write(rig, c + VIRTIO_PCI_COMMON_STATUS, 1, 0x0F);
}

void vrig_start(struct vrig *rig, const char *profile, const char *options)
{
    vrig_create(rig, profile, options);
    vrig_negotiate(rig, ~(UINT64_C(1) << VIRTIO_RING_F_EVENT_IDX));
}

void vrig_poke(struct vrig *rig, uint64_t gpa, const void *bytes, size_t size)
{
    cr_assert_eq(sl_mem_write(rig->mem, gpa, bytes, size), SL_MEM_OK);
}

void vrig_peek(struct vrig *rig, uint64_t gpa, void *bytes, size_t size)
{
    cr_assert_eq(sl_mem_read(rig->mem, gpa, bytes, size), SL_MEM_OK);
}

void vrig_put16(struct vrig *rig, uint64_t gpa, uint16_t value)
{
    uint8_t bytes[2];
    sl_put_le16(bytes, value);
    vrig_poke(rig, gpa, bytes, 2);
}

uint16_t vrig_get16(struct vrig *rig, uint64_t gpa)
{
    uint8_t bytes[2];
    vrig_peek(rig, gpa, bytes, 2);
    return sl_get_le16(bytes);
}

uint32_t vrig_get32(struct vrig *rig, uint64_t gpa)
{
    uint8_t bytes[4];
    vrig_peek(rig, gpa, bytes, 4);
    return sl_get_le32(bytes);
}

void vrig_descriptor(struct vrig *rig, uint64_t table, uint32_t index, uint64_t gpa, uint32_t size,
                     uint16_t flags, uint16_t next)
{
    uint8_t bytes[16];
    sl_put_le64(bytes, gpa);
    sl_put_le32(bytes + 8, size);
    sl_put_le16(bytes + 12, flags);
    sl_put_le16(bytes + 14, next);
    vrig_poke(rig, table + (uint64_t)index * 16, bytes, sizeof(bytes));
}

void vrig_offer(struct vrig *rig, uint32_t queue, uint16_t head)
{
    struct vrig_queue *q = &rig->queues[queue];
    vrig_put16(rig, q->avail + 4 + 2 * (uint64_t)(q->avail_index % q->size), head);
    q->avail_index++;
    vrig_put16(rig, q->avail + 2, q->avail_index);
}

void vrig_notify(struct vrig *rig, uint32_t queue)
{
    vrig_write(rig, rig->notify + 4 * (uint64_t)queue, 2, queue);
}

uint16_t vrig_used_index(struct vrig *rig, uint32_t queue)
{
    return vrig_get16(rig, rig->queues[queue].used + 2);
}

uint32_t vrig_send(struct vrig *rig, uint32_t queue, const void *request, size_t size,
                   uint32_t response_room)
{
    struct vrig_queue *q = &rig->queues[queue];
    uint16_t used = vrig_used_index(rig, queue);
    uint8_t zeros[ROOM] = {0};
    vrig_poke(rig, VRIG_REQUEST, request, size);
    vrig_poke(rig, VRIG_RESPONSE, zeros, sizeof(zeros));
    vrig_descriptor(rig, q->desc, 0, VRIG_REQUEST, (uint32_t)size,
                    response_room ? VRING_DESC_F_NEXT : 0, 1);
    vrig_descriptor(rig, q->desc, 1, VRIG_RESPONSE, response_room, VRING_DESC_F_WRITE, 0);
    vrig_offer(rig, queue, 0);
    vrig_notify(rig, queue);
    rig->answered = UINT32_MAX;
    if (vrig_used_index(rig, queue) != used) {
        rig->answered = vrig_get32(rig, q->used + 8 + 8 * (uint64_t)(used % q->size));
    }
    vrig_peek(rig, VRIG_RESPONSE, rig->response, sizeof(rig->response));
    return sl_get_le32(rig->response);
}

/* A request from its struct. */
static uint32_t send_struct(struct vrig *rig, uint32_t type, const struct sl_abi_struct *layout,
                            const void *host)
{
    uint8_t bytes[128];
    sl_abi_encode(layout, host, bytes);
    sl_put_le32(bytes, type);
    return vrig_send(rig, 0, bytes, layout->size, ROOM);
}

uint32_t vrig_command(struct vrig *rig, uint32_t type)
{
    struct sl_virtio_gpu_ctrl_hdr cmd = {0};
    return send_struct(rig, type, SL_LAYOUT_VIRTIO_GPU_CTRL_HDR, &cmd);
}

uint32_t vrig_create_2d(struct vrig *rig, uint32_t id, uint32_t format, uint32_t width,
                        uint32_t height)
{
    struct sl_virtio_gpu_resource_create_2d cmd = {
        .resource_id = id, .format = format, .width = width, .height = height};
    return send_struct(rig, VIRTIO_GPU_CMD_RESOURCE_CREATE_2D,
                       SL_LAYOUT_VIRTIO_GPU_RESOURCE_CREATE_2D, &cmd);
}

uint32_t vrig_unref(struct vrig *rig, uint32_t id)
{
    struct sl_virtio_gpu_resource_unref cmd = {.resource_id = id};
    return send_struct(rig, VIRTIO_GPU_CMD_RESOURCE_UNREF, SL_LAYOUT_VIRTIO_GPU_RESOURCE_UNREF,
                       &cmd);
}

uint32_t vrig_attach_list(struct vrig *rig, uint32_t id, uint32_t announced,
                          const struct sl_virtio_gpu_mem_entry *entries, uint32_t count)
{
    struct sl_virtio_gpu_resource_attach_backing cmd = {
        .hdr = {.type = VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING},
        .resource_id = id,
        .nr_entries = announced};
    size_t size = sizeof(cmd) + (size_t)count * 16;
    static uint8_t bytes[sizeof(cmd) + LIST_MAX * 16];
    cr_assert(count <= LIST_MAX);
    sl_abi_encode(SL_LAYOUT_VIRTIO_GPU_RESOURCE_ATTACH_BACKING, &cmd, bytes);
    for (uint32_t i = 0; i < count; i++) {
        sl_abi_encode(SL_LAYOUT_VIRTIO_GPU_MEM_ENTRY, &entries[i],
                      bytes + sizeof(cmd) + (size_t)i * 16);
    }
    return vrig_send(rig, 0, bytes, size, ROOM);
}

uint32_t vrig_attach(struct vrig *rig, uint32_t id, uint64_t gpa, uint32_t size)
{
    const struct sl_virtio_gpu_mem_entry entry = {.addr = gpa, .length = size};
    return vrig_attach_list(rig, id, 1, &entry, 1);
}

uint32_t vrig_detach(struct vrig *rig, uint32_t id)
{
    struct sl_virtio_gpu_resource_detach_backing cmd = {.resource_id = id};
    return send_struct(rig, VIRTIO_GPU_CMD_RESOURCE_DETACH_BACKING,
                       SL_LAYOUT_VIRTIO_GPU_RESOURCE_DETACH_BACKING, &cmd);
}

uint32_t vrig_transfer(struct vrig *rig, uint32_t id, struct sl_virtio_gpu_rect rect,
                       uint64_t offset)
{
    struct sl_virtio_gpu_transfer_to_host_2d cmd = {.r = rect, .offset = offset, .resource_id = id};
    return send_struct(rig, VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D,
                       SL_LAYOUT_VIRTIO_GPU_TRANSFER_TO_HOST_2D, &cmd);
}

uint32_t vrig_set_scanout(struct vrig *rig, uint32_t scanout, uint32_t id,
                          struct sl_virtio_gpu_rect rect)
{
    struct sl_virtio_gpu_set_scanout cmd = {.r = rect, .scanout_id = scanout, .resource_id = id};
    return send_struct(rig, VIRTIO_GPU_CMD_SET_SCANOUT, SL_LAYOUT_VIRTIO_GPU_SET_SCANOUT, &cmd);
}

uint32_t vrig_flush(struct vrig *rig, uint32_t id, struct sl_virtio_gpu_rect rect)
{
    struct sl_virtio_gpu_resource_flush cmd = {.r = rect, .resource_id = id};
    return send_struct(rig, VIRTIO_GPU_CMD_RESOURCE_FLUSH, SL_LAYOUT_VIRTIO_GPU_RESOURCE_FLUSH,
                       &cmd);
}

uint32_t vrig_get_edid(struct vrig *rig, uint32_t scanout)
{
    struct sl_virtio_gpu_cmd_get_edid cmd = {.scanout = scanout};
    return send_struct(rig, VIRTIO_GPU_CMD_GET_EDID, SL_LAYOUT_VIRTIO_GPU_CMD_GET_EDID, &cmd);
}

void vrig_cursor(struct vrig *rig, uint32_t type, uint32_t scanout, uint32_t id, uint32_t x,
                 uint32_t y)
{
    struct sl_virtio_gpu_update_cursor cmd = {
        .hdr = {.type = type},
        .pos = {.scanout_id = scanout, .x = x, .y = y},
        .resource_id = id,
        .hot_x = 3,
        .hot_y = 5,
    };
    uint8_t bytes[sizeof(cmd)];
    sl_abi_encode(SL_LAYOUT_VIRTIO_GPU_UPDATE_CURSOR, &cmd, bytes);
    vrig_send(rig, 1, bytes, sizeof(bytes), 0);
}

static void capture(struct vrig *rig, uint32_t scanout, struct sl_image *image)
{
    struct sl_error err = {0};
    cr_assert_eq(rig->target->impl->capture(rig->target, scanout, image, &err), SL_OK, "%s",
                 err.message);
}

uint32_t vrig_pixel(struct vrig *rig, uint32_t scanout, uint32_t x, uint32_t y)
{
    struct sl_image image;
    uint32_t value = 0;
    capture(rig, scanout, &image);
    if (x < image.width && y < image.height) {
        const uint8_t *p = image.pixels + ((size_t)y * image.width + x) * 4;
        value = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    }
    sl_image_finish(&image);
    return value;
}

uint32_t vrig_shown(struct vrig *rig, uint32_t scanout)
{
    struct sl_image image;
    capture(rig, scanout, &image);
    uint32_t value = image.width << 16 | image.height;
    sl_image_finish(&image);
    return value;
}

size_t vrig_count(const struct vrig *rig, enum sl_observation_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < rig->seen_count; i++) {
        count += rig->seen[i].kind == kind;
    }
    return count;
}

const char *vrig_last_text(const struct vrig *rig, enum sl_observation_kind kind)
{
    const char *text = "";
    for (size_t i = 0; i < rig->seen_count; i++) {
        text = rig->seen[i].kind == kind ? rig->seen[i].text : text;
    }
    return text;
}
