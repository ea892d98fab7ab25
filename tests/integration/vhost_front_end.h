/*
 * A front end of vhost-user-gpu with a guest in it: what QEMU and a driver say, in the order and
 * the variants seen of QEMU 7.2 and 10.0, without QEMU. Everything that does not go as it must
 * fails the running test.
 */
#ifndef SL_TESTS_VHOST_FRONT_END_H
#define SL_TESTS_VHOST_FRONT_END_H

#include "guest/virtio_guest.h"
#include "vhost_screen.h"

/* Requests of vhost-user (docs/interop/vhost-user.rst). */
enum {
    VHOST_GET_FEATURES = 1,
    VHOST_SET_FEATURES = 2,
    VHOST_SET_OWNER = 3,
    VHOST_SET_MEM_TABLE = 5,
    VHOST_SET_VRING_NUM = 8,
    VHOST_SET_VRING_ADDR = 9,
    VHOST_SET_VRING_BASE = 10,
    VHOST_GET_VRING_BASE = 11,
    VHOST_SET_VRING_KICK = 12,
    VHOST_SET_VRING_CALL = 13,
    VHOST_SET_VRING_ERR = 14,
    VHOST_GET_PROTOCOL_FEATURES = 15,
    VHOST_SET_PROTOCOL_FEATURES = 16,
    VHOST_GET_QUEUE_NUM = 17,
    VHOST_SET_VRING_ENABLE = 18,
    VHOST_GET_CONFIG = 24,
    VHOST_SET_CONFIG = 25,
    VHOST_GPU_SET_SOCKET = 33,
};

enum { VHOST_VERSION = 1, VHOST_REPLY = 4, VHOST_NEED_REPLY = 8 };
enum { VHOST_MQ = 1 << 0, VHOST_REPLY_ACK = 1 << 3, VHOST_CONFIG = 1 << 9 };

/* What differs between front ends and drivers. */
struct vhost_variant {
    const char *name;
    bool is_version10; /* waits after SET_VRING_ENABLE */
    bool takes_mq;     /* if it is offered */
    bool takes_ack;
    unsigned tables; /* memory table 0, 1 or 2, below */
    bool has_event_idx;
    bool has_indirect;
    bool splits; /* sends every message byte by byte */
};

/*
 * Guest memory is 4 MiB minus the holes of its table, and page aligned pieces of one file:
 *   table 0  one region
 *   table 1  two that touch at 2 MiB, far apart in the file
 *   table 2  below 640 KiB, and two from 1 MiB on that touch at 2 MiB
 */
enum { VHOST_RAM = 4 << 20, VHOST_SEAM = 2 << 20 };

/* Where the driver has its things; the rest is free for backings. */
enum { VHOST_FREE = 0x100000 };

struct vhost_front_end {
    struct vhost_variant variant;
    int socket; /* -1 = not connected */
    int file;
    uint8_t *memory; /* of the whole file */
    unsigned table;  /* in use */
    uint64_t features;
    uint64_t protocol_features;
    int kick[2];
    int call[2];
    int masked[2];    /* stands in for call until all is set up */
    uint16_t seen[2]; /* used entries that the driver took */
    uint16_t base[2];
    uint32_t slots; /* submissions so far */
    struct sl_virtio_guest guest;
    struct vhost_screen screen;
};

/* Connects, waiting for the socket to appear, and goes through the creation of the device. */
struct vhost_front_end *vhost_front_end_create(const char *path,
                                               const struct vhost_variant *variant);
void vhost_front_end_destroy(struct vhost_front_end *fe);

/* The parts of it. */
void vhost_connect(struct vhost_front_end *fe, const char *path);
void vhost_hello(struct vhost_front_end *fe);
void vhost_disconnect(struct vhost_front_end *fe);

/* A driver starts: fresh rings, index 0. */
void vhost_start(struct vhost_front_end *fe);

/* The virtual machine stops, or the guest resets; fe->base is what the back end answered. */
void vhost_stop(struct vhost_front_end *fe);

/* The virtual machine goes on at fe->base. */
void vhost_resume(struct vhost_front_end *fe);

/* Sends the table again, from now on with this number. Guest addresses in both keep content. */
void vhost_change_table(struct vhost_front_end *fe, unsigned table);

/* ---- Messages ---- */

void vhost_send(struct vhost_front_end *fe, uint32_t request, uint32_t flags, const void *payload,
                size_t size, const int *fds, size_t fd_count);
void vhost_send_u64(struct vhost_front_end *fe, uint32_t request, uint64_t value, const int *fd);
void vhost_send_pair(struct vhost_front_end *fe, uint32_t request, uint32_t index, uint32_t value);

/* Bytes as they are. */
void vhost_send_raw(struct vhost_front_end *fe, const void *bytes, size_t size, const int *fds,
                    size_t fd_count);

/* Reads the reply to a request: it has this size and flags 5. */
void vhost_read_reply(struct vhost_front_end *fe, uint32_t request, void *reply, size_t size);
uint64_t vhost_ask_u64(struct vhost_front_end *fe, uint32_t request);

/* Sends with need_reply and returns the acknowledgement. */
uint64_t vhost_send_acked(struct vhost_front_end *fe, uint32_t request, const void *payload,
                          size_t size, const int *fds, size_t fd_count);

/* True if the back end closes the connection before long. */
bool vhost_is_hung_up(struct vhost_front_end *fe);

/* ---- Configuration space: 16 bytes ---- */

void vhost_get_config(struct vhost_front_end *fe, uint8_t config[16]);
void vhost_set_config(struct vhost_front_end *fe, const uint8_t config[16]);

/* ---- The guest ---- */

/* Guest memory at an address; contiguous only within a region. */
uint8_t *vhost_at(struct vhost_front_end *fe, uint64_t gpa);
void vhost_write(struct vhost_front_end *fe, uint64_t gpa, const void *bytes, size_t size);
void vhost_read(struct vhost_front_end *fe, uint64_t gpa, void *bytes, size_t size);

/*
 * Puts a request with room for a response into the queue, as one indirect descriptor if the driver
 * has that, and tells the device if it wants to know. Returns the address of the response.
 */
uint64_t vhost_submit(struct vhost_front_end *fe, unsigned queue, const void *request, size_t size,
                      size_t response_size);

/* Tells the device to look; the rings decide, as in a driver, unless it must. */
void vhost_kick(struct vhost_front_end *fe, unsigned queue, bool must);

/* Waits for the next used entry, and that an interrupt came. Returns its length. */
uint32_t vhost_wait(struct vhost_front_end *fe, unsigned queue);

/* Serves the GPU socket until nothing comes for this long. */
void vhost_settle(struct vhost_front_end *fe, int milliseconds);

/* True if nothing is used, and no interrupt comes, for this long. */
bool vhost_is_quiet(struct vhost_front_end *fe, unsigned queue, int milliseconds);

/*
 * A command of 32-bit words after the header, on the control queue; checks the type of the
 * response. The words are in the order of the structure, 64-bit fields low half first.
 */
void vhost_command(struct vhost_front_end *fe, uint32_t type, const uint32_t *words, size_t count,
                   uint32_t want);

/* The same with a response to look at, of exactly that size. */
void vhost_query(struct vhost_front_end *fe, uint32_t type, const uint32_t *words, size_t count,
                 void *response, size_t response_size);

/* A command on the cursor queue, which gives no response. */
void vhost_cursor(struct vhost_front_end *fe, uint32_t type, const uint32_t *words, size_t count);

#define VHOST_COMMAND(fe, type, ...)                                                               \
    vhost_command(fe, type, (const uint32_t[]){__VA_ARGS__},                                       \
                  sizeof((const uint32_t[]){__VA_ARGS__}) / 4, 0x1100)

/* A resource of B8G8R8X8 with all of its backing in one piece at gpa. */
void vhost_make_resource(struct vhost_front_end *fe, uint32_t id, uint32_t width, uint32_t height,
                         uint64_t gpa);

/* Fills the backing at gpa with x8r8g8b8 pixels out of seed; vhost_pixel() says which. */
void vhost_paint(struct vhost_front_end *fe, uint64_t gpa, uint32_t width, uint32_t height,
                 uint32_t seed);
uint32_t vhost_pixel(uint32_t seed, uint32_t x, uint32_t y);

/* Transfers and flushes all of a resource. */
void vhost_show(struct vhost_front_end *fe, uint32_t id, uint32_t width, uint32_t height);

#endif
