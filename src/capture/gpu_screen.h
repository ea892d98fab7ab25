/*
 * The socket over which a back end of vhost-user-gpu tells the front end what its screens show
 * (QEMU, docs/interop/vhost-user-gpu.rst).
 *
 * The owner reports what the device does; what goes out is made from the state of the moment at
 * which the socket takes it. So a front end that reads slowly, or not at all, costs a rectangle per
 * scanout and never the device's time, and sees the newest picture. A new socket is told
 * everything again.
 *
 * The front end answers two questions, GET_PROTOCOL_FEATURES and GET_DISPLAY_INFO. Nothing waits
 * for an answer: QEMU may be waiting for us at that moment. Answers are told apart by their id; one
 * that nobody asked for is ignored. Pictures go as pixels, never as DMABUF messages.
 */
#ifndef SL_CAPTURE_GPU_SCREEN_H
#define SL_CAPTURE_GPU_SCREEN_H

#include "capture/message_channel.h"

#define SL_GPU_SCREEN_SCANOUTS 16u /* VIRTIO_GPU_MAX_SCANOUTS, virtio 1.2, 5.7.4 */
#define SL_GPU_CURSOR_SIDE 64u     /* pixels */
#define SL_GPU_CURSOR_PIXELS (SL_GPU_CURSOR_SIDE * SL_GPU_CURSOR_SIDE)

/* Larger scanouts are shown as off: QEMU cannot make a surface of any size. */
#define SL_GPU_SCREEN_MAX_SIDE 16384u

/* What the front end wants a scanout to be. */
struct sl_gpu_display {
    uint32_t x; /* of the host's desktop */
    uint32_t y;
    uint32_t width;
    uint32_t height;
    bool is_enabled;
};

struct sl_gpu_screen_owner {
    void *data;

    /*
     * Fills xrgb with w * h pixels of the scanout, rows packed, as native 32-bit words of x8r8g8b8.
     * The rectangle lies inside the size that the screen was last told.
     */
    void (*rows)(void *data, uint32_t scanout, uint32_t x, uint32_t y, uint32_t w, uint32_t h,
                 uint32_t *xrgb);

    /*
     * The answer to sl_gpu_screen_ask_display_info(): SL_GPU_SCREEN_SCANOUTS displays, borrowed for
     * the call, or NULL if the socket went away. May ask again.
     */
    void (*display_info)(void *data, const struct sl_gpu_display *displays);
};

struct sl_gpu_screen;

/* NULL without memory. Without a socket everything but asking works and is kept for one. */
struct sl_gpu_screen *sl_gpu_screen_create(const struct sl_gpu_screen_owner *owner);
void sl_gpu_screen_destroy(struct sl_gpu_screen *screen);

/* Takes a socket in place of the one before, if any. */
enum sl_status sl_gpu_screen_attach(struct sl_gpu_screen *screen, int fd, struct sl_error *err);

/* Closes the socket. A question without an answer is answered by NULL. */
void sl_gpu_screen_detach(struct sl_gpu_screen *screen);

/* To poll; -1 without a socket. */
int sl_gpu_screen_fd(const struct sl_gpu_screen *screen);

/* True if something is to go out. */
bool sl_gpu_screen_wants_write(const struct sl_gpu_screen *screen);

/*
 * Call these when the socket is readable or writable. They do a bounded amount of work: poll again
 * after SL_MESSAGE_READY, too. After SL_MESSAGE_CLOSED and SL_MESSAGE_BAD (an answer of the wrong
 * size, or as sl_message_channel_read() has it) the socket is detached.
 */
enum sl_message_result sl_gpu_screen_readable(struct sl_gpu_screen *screen, struct sl_error *err);
enum sl_message_result sl_gpu_screen_writable(struct sl_gpu_screen *screen, struct sl_error *err);

/*
 * The size of a scanout; 0 x 0 is off. All of a scanout is damaged when its size changes.
 * Numbers of scanouts are below SL_GPU_SCREEN_SCANOUTS here and below.
 */
void sl_gpu_screen_scanout(struct sl_gpu_screen *screen, uint32_t scanout, uint32_t width,
                           uint32_t height);

/* A rectangle of the scanout shows something new; what lies outside the scanout is ignored. */
void sl_gpu_screen_damage(struct sl_gpu_screen *screen, uint32_t scanout, uint32_t x, uint32_t y,
                          uint32_t w, uint32_t h);

struct sl_gpu_cursor {
    uint32_t x; /* of the image on the scanout, as the guest gave it */
    uint32_t y;
    uint32_t hot_x;
    uint32_t hot_y;
    bool is_visible;
    const uint32_t *argb; /* SL_GPU_CURSOR_PIXELS native words of a8r8g8b8; NULL = unchanged */
};

/* The pixels are copied. hot_x and hot_y only count with pixels. */
void sl_gpu_screen_cursor(struct sl_gpu_screen *screen, uint32_t scanout,
                          const struct sl_gpu_cursor *cursor);

/*
 * Asks the front end for its displays. False without a socket. While an answer is outstanding
 * asking again asks nothing more.
 */
bool sl_gpu_screen_ask_display_info(struct sl_gpu_screen *screen);

#endif
