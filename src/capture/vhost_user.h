/*
 * Numbers of the vhost-user protocol (QEMU, docs/interop/vhost-user.rst), as far as a back end for
 * virtio-gpu meets them. No system header has them.
 */
#ifndef SL_CAPTURE_VHOST_USER_H
#define SL_CAPTURE_VHOST_USER_H

#include <stdint.h>

enum {
    SL_VHOST_GET_FEATURES = 1,
    SL_VHOST_SET_FEATURES = 2,
    SL_VHOST_SET_OWNER = 3,
    SL_VHOST_RESET_OWNER = 4,
    SL_VHOST_SET_MEM_TABLE = 5,
    SL_VHOST_SET_VRING_NUM = 8,
    SL_VHOST_SET_VRING_ADDR = 9,
    SL_VHOST_SET_VRING_BASE = 10,
    SL_VHOST_GET_VRING_BASE = 11,
    SL_VHOST_SET_VRING_KICK = 12,
    SL_VHOST_SET_VRING_CALL = 13,
    SL_VHOST_SET_VRING_ERR = 14,
    SL_VHOST_GET_PROTOCOL_FEATURES = 15,
    SL_VHOST_SET_PROTOCOL_FEATURES = 16,
    SL_VHOST_GET_QUEUE_NUM = 17,
    SL_VHOST_SET_VRING_ENABLE = 18,
    SL_VHOST_GET_CONFIG = 24,
    SL_VHOST_SET_CONFIG = 25,
    SL_VHOST_GPU_SET_SOCKET = 33,
};

/* Flags of a message: version 1 in the low bits. */
#define SL_VHOST_VERSION_MASK 3u
#define SL_VHOST_VERSION 1u
#define SL_VHOST_REPLY 4u
#define SL_VHOST_NEED_REPLY 8u

/* Of the number in SET_VRING_KICK, _CALL and _ERR. */
#define SL_VHOST_VRING_INDEX 0xFFu
#define SL_VHOST_VRING_NO_FD 0x100u

/* Feature bit beside those of virtio. */
#define SL_VHOST_F_PROTOCOL_FEATURES 30

/* Protocol features. */
enum {
    SL_VHOST_PROTOCOL_MQ = 0,
    SL_VHOST_PROTOCOL_REPLY_ACK = 3,
    SL_VHOST_PROTOCOL_CONFIG = 9,
};

/* struct virtio_gpu_config (virtio 1.2, 5.7.4), and what one message may carry of any. */
#define SL_VHOST_GPU_CONFIG_SIZE 16u
#define SL_VHOST_CONFIG_MAX 256u

struct sl_vhost_vring_state {
    uint32_t index;
    uint32_t num;
};

struct sl_vhost_vring_addr {
    uint32_t index;
    uint32_t flags;
    uint64_t desc; /* addresses of the front end */
    uint64_t used;
    uint64_t avail;
    uint64_t log;
};

struct sl_vhost_mem_table {
    uint32_t count;
    uint32_t padding;
};

struct sl_vhost_config {
    uint32_t offset;
    uint32_t size;
    uint32_t flags;
};

#endif
