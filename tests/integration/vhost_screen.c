#include "vhost_screen.h"

#include "base/bytes.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Requests of vhost-user-gpu (docs/interop/vhost-user-gpu.rst). */
enum {
    GET_PROTOCOL_FEATURES = 1,
    SET_PROTOCOL_FEATURES = 2,
    GET_DISPLAY_INFO = 3,
    CURSOR_POS = 4,
    CURSOR_POS_HIDE = 5,
    CURSOR_UPDATE = 6,
    SCANOUT = 7,
    UPDATE = 8,
};

enum { REPLY = 4, PATIENCE_MS = 20000, DISPLAY_INFO_SIZE = 408 };

struct call {
    uint32_t request;
    uint32_t flags;
    uint32_t size;
    uint32_t *words;
};

/* All of size bytes, waiting for them; false if the socket ends before the first. */
static bool receive(struct vhost_screen *screen, void *to, size_t size)
{
    size_t done = 0;
    while (done < size) {
        struct pollfd wait = {.fd = screen->fd, .events = POLLIN};
        cr_assert_gt(poll(&wait, 1, PATIENCE_MS), 0, "a GPU message does not go on");
        ssize_t n = recv(screen->fd, (uint8_t *)to + done, size - done, 0);
        if (n == 0 || (n < 0 && errno == ECONNRESET)) {
            return false;
        }
        cr_assert_gt(n, 0);
        done += (size_t)n;
    }
    return true;
}

static void reply(struct vhost_screen *screen, uint32_t request, const void *payload, uint32_t size)
{
    uint32_t header[] = {request, REPLY, size};
    if (!screen->is_mute) {
        send(screen->fd, header, sizeof(header), MSG_NOSIGNAL);
        send(screen->fd, payload, size, MSG_NOSIGNAL);
    }
}

static void answer_display_info(struct vhost_screen *screen)
{
    uint8_t bytes[DISPLAY_INFO_SIZE] = {0};
    sl_put_le32(bytes, 0x1101);
    for (size_t i = 0; i < VHOST_SCANOUTS; i++) {
        uint8_t *p = bytes + 24 + i * 24;
        sl_put_le32(p + 8, screen->widths[i]);
        sl_put_le32(p + 12, screen->heights[i]);
        sl_put_le32(p + 16, screen->widths[i] > 0);
    }
    reply(screen, GET_DISPLAY_INFO, bytes, sizeof(bytes));
}

static void take_scanout(struct vhost_screen *screen, const struct call *call)
{
    cr_assert_eq(call->size, 12);
    uint32_t width = call->words[1];
    uint32_t height = call->words[2];
    struct vhost_picture *picture = &screen->pictures[call->words[0]];
    cr_assert(width <= 16384 && height <= 16384, "a surface of %u x %u", width, height);
    free(picture->pixels);
    *picture = (struct vhost_picture){.width = width, .height = height};
    if (width > 0) {
        picture->pixels = calloc((size_t)width * height, sizeof(*picture->pixels));
        cr_assert_not_null(picture->pixels);
    }
}

static void take_update(struct vhost_screen *screen, const struct call *call)
{
    const uint32_t *words = call->words;
    struct vhost_picture *picture = &screen->pictures[words[0]];
    uint32_t x = words[1], y = words[2], w = words[3], h = words[4];
    cr_assert(picture->pixels, "UPDATE of a scanout without SCANOUT: QEMU 7.2 crashes here");
    cr_assert(w > 0 && h > 0);
    cr_assert(x < picture->width && w <= picture->width - x, "UPDATE outside the scanout");
    cr_assert(y < picture->height && h <= picture->height - y, "UPDATE outside the scanout");
    cr_assert_eq(call->size, 20 + w * h * 4);
    for (uint32_t row = 0; row < h; row++) {
        memcpy(picture->pixels + (size_t)(y + row) * picture->width + x,
               words + 5 + (size_t)row * w, w * sizeof(*words));
    }
    picture->updates++;
}

static void take_cursor(struct vhost_screen *screen, const struct call *call)
{
    struct vhost_pointer *pointer = &screen->pointers[call->words[0]];
    pointer->x = call->words[1];
    pointer->y = call->words[2];
    pointer->is_visible = call->request != CURSOR_POS_HIDE;
    if (call->request == CURSOR_UPDATE) {
        cr_assert_eq(call->size, 20 + sizeof(pointer->argb));
        pointer->hot_x = call->words[3];
        pointer->hot_y = call->words[4];
        pointer->images++;
        memcpy(pointer->argb, call->words + 5, sizeof(pointer->argb));
    } else {
        cr_assert_eq(call->size, 12);
    }
}

static void take_call(struct vhost_screen *screen, const struct call *call)
{
    cr_assert_eq(call->flags, 0);
    if (call->request >= CURSOR_POS && call->request <= UPDATE) {
        cr_assert_geq(call->size, 12);
        cr_assert_lt(call->words[0], VHOST_SCANOUTS);
    }
    switch (call->request) {
    case GET_PROTOCOL_FEATURES:
        cr_assert_eq(call->size, 0);
        screen->feature_questions++;
        reply(screen, call->request, &screen->features, sizeof(screen->features));
        break;
    case SET_PROTOCOL_FEATURES:
        cr_assert_eq(call->size, 8);
        screen->feature_choices++;
        break;
    case GET_DISPLAY_INFO:
        cr_assert_eq(call->size, 0);
        screen->display_questions++;
        answer_display_info(screen);
        break;
    case CURSOR_POS:
    case CURSOR_POS_HIDE:
    case CURSOR_UPDATE:
        take_cursor(screen, call);
        break;
    case SCANOUT:
        take_scanout(screen, call);
        break;
    case UPDATE:
        take_update(screen, call);
        break;
    default:
        cr_assert_fail("GPU message %u", call->request);
    }
}

static bool has_input(const struct vhost_screen *screen)
{
    struct pollfd wait = {.fd = screen->fd, .events = POLLIN};
    return screen->fd >= 0 && !screen->is_deaf && poll(&wait, 1, 0) > 0;
}

bool vhost_screen_serve(struct vhost_screen *screen)
{
    while (has_input(screen)) {
        struct call call = {0};
        if (!receive(screen, &call, 12)) {
            return false;
        }
        cr_assert_leq(call.size, 4 << 20);
        call.words = calloc(1, (size_t)call.size + 1);
        cr_assert_not_null(call.words);
        bool whole = receive(screen, call.words, call.size);
        if (whole) {
            take_call(screen, &call);
        }
        free(call.words);
        if (!whole) {
            return false;
        }
    }
    return true;
}

void vhost_screen_close(struct vhost_screen *screen)
{
    if (screen->fd >= 0) {
        close(screen->fd);
    }
    screen->fd = -1;
    for (size_t i = 0; i < VHOST_SCANOUTS; i++) {
        free(screen->pictures[i].pixels);
        screen->pictures[i] = (struct vhost_picture){0};
    }
}
