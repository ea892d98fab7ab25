/* The front end's side of the GPU socket: what QEMU would show. */
#ifndef SL_TESTS_VHOST_SCREEN_H
#define SL_TESTS_VHOST_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

enum { VHOST_SCANOUTS = 16, VHOST_CURSOR_PIXELS = 64 * 64 };

struct vhost_picture {
    uint32_t width; /* as the last SCANOUT had it */
    uint32_t height;
    uint32_t *pixels; /* x8r8g8b8 */
    unsigned updates;
};

struct vhost_pointer {
    uint32_t x, y, hot_x, hot_y;
    bool is_visible;
    unsigned images;
    uint32_t argb[VHOST_CURSOR_PIXELS];
};

/* Zeroed but for fd. */
struct vhost_screen {
    int fd;                          /* -1 = no socket */
    bool is_deaf;                    /* never reads */
    bool is_mute;                    /* reads, but answers nothing */
    uint64_t features;               /* that it offers */
    uint32_t widths[VHOST_SCANOUTS]; /* what it answers to GET_DISPLAY_INFO; 0 = disabled */
    uint32_t heights[VHOST_SCANOUTS];
    unsigned feature_questions;
    unsigned feature_choices;
    unsigned display_questions;
    struct vhost_picture pictures[VHOST_SCANOUTS];
    struct vhost_pointer pointers[VHOST_SCANOUTS];
};

/* Takes every message that is there. False if the back end has closed the socket. */
bool vhost_screen_serve(struct vhost_screen *screen);

/* Closes the socket; sizes are forgotten, as a new socket has to tell them. */
void vhost_screen_close(struct vhost_screen *screen);

#endif
