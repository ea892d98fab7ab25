/*
 * What does nothing, in place of what did something: a transfer of an empty rectangle reads no
 * memory and is answered like one that is not empty; a NOP of a stream is as long as the packet
 * was.
 */
#include "base/bytes.h"
#include "capture/trim_job.h"

#include <linux/virtio_gpu.h>
#include <scanlock/aerogpu_abi.h>
#include <stddef.h>
#include <string.h>

enum {
    TRANSFER = sizeof(struct virtio_gpu_transfer_to_host_2d),
    TRANSFER_WIDTH = offsetof(struct virtio_gpu_transfer_to_host_2d, r.width),
    TRANSFER_HEIGHT = offsetof(struct virtio_gpu_transfer_to_host_2d, r.height),
    PACKET_OPCODE = 0,
    PACKET_HEADER = 8, /* opcode, then the size of the packet */
    PACKET_MAX = 1 << 28,
};

static bool is_virtio(const struct sl_trim_job *job)
{
    return strcmp(job->maker->device, "virtio-gpu") == 0;
}

static bool is_transfer(const struct sl_command *command)
{
    return command->opcode == VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D && command->size >= TRANSFER &&
           sl_get_le32(command->bytes + TRANSFER_WIDTH) != 0 &&
           sl_get_le32(command->bytes + TRANSFER_HEIGHT) != 0;
}

static bool is_packet(const struct sl_command *command)
{
    return command->opcode != AEROGPU_CMD_NOP && command->opcode != AEROGPU_CMD_PRESENT &&
           command->opcode != AEROGPU_CMD_PRESENT_EX && command->size >= PACKET_HEADER &&
           command->size <= PACKET_MAX;
}

bool sl_trim_can_idle(const struct sl_trim_job *job, const struct sl_command *command,
                      struct sl_trim_command *out)
{
    bool can = is_virtio(job) ? is_transfer(command) : is_packet(command);
    if (!can || !command->has_gpa) {
        return false;
    }
    *out = (struct sl_trim_command){
        .gpa = command->gpa,
        .size = is_virtio(job) ? TRANSFER : (uint32_t)command->size,
    };
    return true;
}

int sl_trim_rounds(const struct sl_trim_job *job)
{
    return is_virtio(job) ? 1 : 3;
}

void sl_trim_make_idle(const struct sl_trim_job *job, uint8_t *bytes, size_t size)
{
    if (is_virtio(job)) {
        sl_put_le32(bytes + TRANSFER_WIDTH, 0);
        sl_put_le32(bytes + TRANSFER_HEIGHT, 0);
    } else {
        sl_put_le32(bytes + PACKET_OPCODE, AEROGPU_CMD_NOP);
        memset(bytes + PACKET_HEADER, 0, size - PACKET_HEADER);
    }
}
