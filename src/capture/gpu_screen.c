#include "capture/gpu_screen.h"

#include "base/bytes.h"
#include "base/status.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* VhostUserGpuRequest of vhost-user-gpu.rst, those that are used. */
enum {
    GPU_GET_PROTOCOL_FEATURES = 1,
    GPU_SET_PROTOCOL_FEATURES = 2,
    GPU_GET_DISPLAY_INFO = 3,
    GPU_CURSOR_POS = 4,
    GPU_CURSOR_POS_HIDE = 5,
    GPU_CURSOR_UPDATE = 6,
    GPU_SCANOUT = 7,
    GPU_UPDATE = 8,
};

enum { FLAG_REPLY = 4 };

/* Pixels of one UPDATE: few enough for a socket's buffer, so that QEMU seldom waits for the rest.
 */
enum { BAND_PIXELS = 32768 };

enum { UPDATE_HEAD = 5 * 4, CURSOR_HEAD = 5 * 4 };
enum { QUEUE_LIMIT = SL_MESSAGE_HEADER_SIZE + UPDATE_HEAD + BAND_PIXELS * 4 };

/* struct virtio_gpu_resp_display_info, virtio 1.2, 5.7.6.8: a header and 16 displays. */
enum { DISPLAYS_AT = 24, DISPLAY_SIZE = 24 };
enum { DISPLAY_INFO_SIZE = DISPLAYS_AT + SL_GPU_SCREEN_SCANOUTS * DISPLAY_SIZE };

/* The largest answer that the protocol has, struct virtio_gpu_resp_edid. */
enum { PAYLOAD_LIMIT = 1056 };

/* Messages per call. */
enum { READ_TURN = 16, WRITE_TURN = 8 };

_Static_assert(BAND_PIXELS >= SL_GPU_SCREEN_MAX_SIDE, "a band holds a row");
_Static_assert(BAND_PIXELS >= SL_GPU_CURSOR_PIXELS, "a cursor fits the queue");

struct rect {
    uint32_t x;
    uint32_t y;
    uint32_t w; /* 0 = empty */
    uint32_t h;
};

struct scanout {
    bool was_on;    /* at any time: else a new socket need not hear of it */
    bool is_told;   /* the socket knows the size */
    uint32_t width; /* 0 = off */
    uint32_t height;
    struct rect damage; /* inside the size */

    bool has_cursor;
    bool is_image_told;
    bool is_place_told;
    struct sl_gpu_cursor cursor;
    uint32_t argb[SL_GPU_CURSOR_PIXELS];
};

/* What the front end was asked. */
enum question { NOT_ASKED, TO_ASK, ASKED };

struct sl_gpu_screen {
    struct sl_gpu_screen_owner owner;
    struct sl_message_channel channel; /* fd -1 without a socket */
    enum question features;
    bool must_set_features;
    enum question displays;
    uint32_t turn; /* the scanout that may send next */
    struct scanout scanouts[SL_GPU_SCREEN_SCANOUTS];
};

struct sl_gpu_screen *sl_gpu_screen_create(const struct sl_gpu_screen_owner *owner)
{
    struct sl_gpu_screen *screen = calloc(1, sizeof(*screen));
    if (screen) {
        screen->owner = *owner;
        screen->channel.fd = -1;
    }
    return screen;
}

void sl_gpu_screen_destroy(struct sl_gpu_screen *screen)
{
    if (screen) {
        sl_message_channel_close(&screen->channel);
        free(screen);
    }
}

/* ---- The socket ---- */

enum sl_status sl_gpu_screen_attach(struct sl_gpu_screen *screen, int fd, struct sl_error *err)
{
    sl_gpu_screen_detach(screen);
    enum sl_status status =
        sl_message_channel_open(&screen->channel, fd, PAYLOAD_LIMIT, QUEUE_LIMIT, err);
    if (status != SL_OK) {
        return status;
    }
    screen->features = TO_ASK;
    screen->turn = 0;
    for (uint32_t i = 0; i < SL_GPU_SCREEN_SCANOUTS; i++) {
        struct scanout *scanout = &screen->scanouts[i];
        scanout->is_told = !scanout->was_on;
        scanout->damage = (struct rect){0, 0, scanout->width, scanout->height};
        scanout->is_image_told = false;
        scanout->is_place_told = false;
    }
    return SL_OK;
}

void sl_gpu_screen_detach(struct sl_gpu_screen *screen)
{
    bool was_asked = screen->displays != NOT_ASKED;
    sl_message_channel_close(&screen->channel);
    screen->features = NOT_ASKED;
    screen->must_set_features = false;
    screen->displays = NOT_ASKED;
    if (was_asked) {
        screen->owner.display_info(screen->owner.data, NULL);
    }
}

int sl_gpu_screen_fd(const struct sl_gpu_screen *screen)
{
    return screen->channel.fd;
}

/* ---- State ---- */

/* The smallest rectangle around both. */
static struct rect join(struct rect a, struct rect b)
{
    if (a.w == 0 || a.h == 0) {
        return b;
    }
    uint32_t x = a.x < b.x ? a.x : b.x;
    uint32_t y = a.y < b.y ? a.y : b.y;
    uint32_t right = a.x + a.w > b.x + b.w ? a.x + a.w : b.x + b.w;
    uint32_t bottom = a.y + a.h > b.y + b.h ? a.y + a.h : b.y + b.h;
    return (struct rect){x, y, right - x, bottom - y};
}

void sl_gpu_screen_scanout(struct sl_gpu_screen *screen, uint32_t scanout, uint32_t width,
                           uint32_t height)
{
    assert(scanout < SL_GPU_SCREEN_SCANOUTS);
    struct scanout *s = &screen->scanouts[scanout];
    bool is_on = width > 0 && height > 0 && width <= SL_GPU_SCREEN_MAX_SIDE &&
                 height <= SL_GPU_SCREEN_MAX_SIDE;
    if (!is_on) {
        width = 0;
        height = 0;
    }
    if (s->width == width && s->height == height) {
        return;
    }
    s->was_on = true;
    s->is_told = false;
    s->width = width;
    s->height = height;
    s->damage = (struct rect){0, 0, width, height};
}

void sl_gpu_screen_damage(struct sl_gpu_screen *screen, uint32_t scanout, uint32_t x, uint32_t y,
                          uint32_t w, uint32_t h)
{
    assert(scanout < SL_GPU_SCREEN_SCANOUTS);
    struct scanout *s = &screen->scanouts[scanout];
    if (x >= s->width || y >= s->height || w == 0 || h == 0) {
        return;
    }
    struct rect rect = {x, y, w, h};
    rect.w = w < s->width - x ? w : s->width - x;
    rect.h = h < s->height - y ? h : s->height - y;
    s->damage = join(s->damage, rect);
}

void sl_gpu_screen_cursor(struct sl_gpu_screen *screen, uint32_t scanout,
                          const struct sl_gpu_cursor *cursor)
{
    assert(scanout < SL_GPU_SCREEN_SCANOUTS);
    struct scanout *s = &screen->scanouts[scanout];
    struct sl_gpu_cursor next = *cursor;
    if (cursor->argb) {
        memcpy(s->argb, cursor->argb, sizeof(s->argb));
        s->is_image_told = false;
    } else {
        next.hot_x = s->cursor.hot_x;
        next.hot_y = s->cursor.hot_y;
    }
    next.argb = s->argb;
    s->cursor = next;
    s->has_cursor = true;
    s->is_place_told = false;
}

bool sl_gpu_screen_ask_display_info(struct sl_gpu_screen *screen)
{
    if (screen->channel.fd < 0) {
        return false;
    }
    if (screen->displays == NOT_ASKED) {
        screen->displays = TO_ASK;
    }
    return true;
}

/* ---- Out ---- */

static bool send_words(struct sl_gpu_screen *screen, uint32_t request, const uint32_t *words,
                       size_t count, struct sl_error *err)
{
    return sl_message_channel_queue(&screen->channel, request, 0, words, count * sizeof(*words),
                                    err) == SL_OK;
}

static bool send_cursor(struct sl_gpu_screen *screen, uint32_t number, struct scanout *s,
                        struct sl_error *err)
{
    const struct sl_gpu_cursor *c = &s->cursor;
    uint32_t head[] = {number, c->x, c->y, c->hot_x, c->hot_y};
    s->is_place_told = true;
    if (!c->is_visible || s->is_image_told) {
        return send_words(screen, c->is_visible ? GPU_CURSOR_POS : GPU_CURSOR_POS_HIDE, head, 3,
                          err);
    }
    s->is_image_told = true;
    uint8_t *p = sl_message_channel_begin(&screen->channel, GPU_CURSOR_UPDATE, 0,
                                          CURSOR_HEAD + sizeof(s->argb), err);
    if (!p) {
        return false;
    }
    memcpy(p, head, sizeof(head));
    memcpy(p + CURSOR_HEAD, s->argb, sizeof(s->argb));
    return true;
}

/* The top of the damage, as many rows as a band holds. */
static bool send_band(struct sl_gpu_screen *screen, uint32_t number, struct scanout *s,
                      struct sl_error *err)
{
    struct rect band = s->damage;
    uint32_t most = BAND_PIXELS / band.w;
    band.h = band.h < most ? band.h : most;
    size_t size = UPDATE_HEAD + (size_t)band.w * band.h * sizeof(uint32_t);
    uint8_t *p = sl_message_channel_begin(&screen->channel, GPU_UPDATE, 0, size, err);
    if (!p) {
        return false;
    }
    uint32_t head[] = {number, band.x, band.y, band.w, band.h};
    memcpy(p, head, sizeof(head));
    /* The queue was empty: the message starts where malloc() put it, and header and head are 32. */
    uint32_t *pixels = (uint32_t *)(void *)(p + UPDATE_HEAD);
    screen->owner.rows(screen->owner.data, number, band.x, band.y, band.w, band.h, pixels);
    s->damage.y += band.h;
    s->damage.h -= band.h;
    if (s->damage.h == 0) {
        s->damage = (struct rect){0};
    }
    return true;
}

static bool is_pending(const struct scanout *s)
{
    return !s->is_told || (s->has_cursor && !s->is_place_told) || s->damage.w > 0;
}

/* QEMU 7.2 crashes at an UPDATE of a scanout without size, so that comes first. */
static bool send_scanout(struct sl_gpu_screen *screen, uint32_t number, struct sl_error *err)
{
    struct scanout *s = &screen->scanouts[number];
    if (!s->is_told) {
        s->is_told = true;
        uint32_t words[] = {number, s->width, s->height};
        return send_words(screen, GPU_SCANOUT, words, 3, err);
    }
    if (s->has_cursor && !s->is_place_told) {
        return send_cursor(screen, number, s, err);
    }
    return send_band(screen, number, s, err);
}

/* The first scanout from turn on that has something to say; SL_GPU_SCREEN_SCANOUTS if none has. */
static uint32_t find_pending(const struct sl_gpu_screen *screen)
{
    for (uint32_t i = 0; i < SL_GPU_SCREEN_SCANOUTS; i++) {
        uint32_t number = (screen->turn + i) % SL_GPU_SCREEN_SCANOUTS;
        if (is_pending(&screen->scanouts[number])) {
            return number;
        }
    }
    return SL_GPU_SCREEN_SCANOUTS;
}

static bool is_talk_pending(const struct sl_gpu_screen *screen)
{
    return screen->features == TO_ASK || screen->must_set_features || screen->displays == TO_ASK;
}

bool sl_gpu_screen_wants_write(const struct sl_gpu_screen *screen)
{
    return screen->channel.fd >= 0 &&
           (sl_message_channel_wants_write(&screen->channel) || is_talk_pending(screen) ||
            find_pending(screen) < SL_GPU_SCREEN_SCANOUTS);
}

static bool send_talk(struct sl_gpu_screen *screen, struct sl_error *err)
{
    if (screen->features == TO_ASK) {
        screen->features = ASKED;
        return send_words(screen, GPU_GET_PROTOCOL_FEATURES, NULL, 0, err);
    }
    if (screen->must_set_features) {
        static const uint64_t none = 0;
        screen->must_set_features = false;
        return sl_message_channel_queue(&screen->channel, GPU_SET_PROTOCOL_FEATURES, 0, &none,
                                        sizeof(none), err) == SL_OK;
    }
    screen->displays = ASKED;
    return send_words(screen, GPU_GET_DISPLAY_INFO, NULL, 0, err);
}

static bool send_next(struct sl_gpu_screen *screen, struct sl_error *err)
{
    if (is_talk_pending(screen)) {
        return send_talk(screen, err);
    }
    uint32_t number = find_pending(screen);
    screen->turn = (number + 1) % SL_GPU_SCREEN_SCANOUTS;
    return send_scanout(screen, number, err);
}

enum sl_message_result sl_gpu_screen_writable(struct sl_gpu_screen *screen, struct sl_error *err)
{
    if (screen->channel.fd < 0) {
        return SL_MESSAGE_CLOSED;
    }
    enum sl_message_result result = sl_message_channel_write(&screen->channel, err);
    for (int i = 0; result == SL_MESSAGE_READY && i < WRITE_TURN; i++) {
        if (!sl_gpu_screen_wants_write(screen)) {
            return result;
        }
        result = send_next(screen, err) ? sl_message_channel_write(&screen->channel, err)
                                        : SL_MESSAGE_BAD;
    }
    if (result == SL_MESSAGE_CLOSED || result == SL_MESSAGE_BAD) {
        sl_gpu_screen_detach(screen);
    }
    return result;
}

/* ---- In ---- */

static void hand_out_displays(struct sl_gpu_screen *screen, const uint8_t *payload)
{
    struct sl_gpu_display displays[SL_GPU_SCREEN_SCANOUTS];
    for (uint32_t i = 0; i < SL_GPU_SCREEN_SCANOUTS; i++) {
        const uint8_t *p = payload + DISPLAYS_AT + (size_t)i * DISPLAY_SIZE;
        displays[i] = (struct sl_gpu_display){.x = sl_get_le32(p),
                                              .y = sl_get_le32(p + 4),
                                              .width = sl_get_le32(p + 8),
                                              .height = sl_get_le32(p + 12),
                                              .is_enabled = sl_get_le32(p + 16) != 0};
    }
    screen->displays = NOT_ASKED;
    screen->owner.display_info(screen->owner.data, displays);
}

static bool check_size(const struct sl_message *answer, size_t want, struct sl_error *err)
{
    if (answer->size != want) {
        sl_fail(err, SL_ERR_DAMAGED, SL_RULE_VHOST_MESSAGE,
                "the answer to GPU message %" PRIu32 " has %zu bytes, not %zu", answer->request,
                answer->size, want);
        return false;
    }
    return true;
}

static bool take_answer(struct sl_gpu_screen *screen, const struct sl_message *answer,
                        struct sl_error *err)
{
    if (!(answer->flags & FLAG_REPLY)) {
        return true;
    }
    if (answer->request == GPU_GET_PROTOCOL_FEATURES && screen->features == ASKED) {
        screen->features = NOT_ASKED;
        screen->must_set_features = true;
        return check_size(answer, sizeof(uint64_t), err);
    }
    if (answer->request == GPU_GET_DISPLAY_INFO && screen->displays == ASKED) {
        if (!check_size(answer, DISPLAY_INFO_SIZE, err)) {
            return false;
        }
        hand_out_displays(screen, answer->payload);
    }
    return true;
}

enum sl_message_result sl_gpu_screen_readable(struct sl_gpu_screen *screen, struct sl_error *err)
{
    enum sl_message_result result = screen->channel.fd < 0 ? SL_MESSAGE_CLOSED : SL_MESSAGE_READY;
    for (int i = 0; result == SL_MESSAGE_READY && i < READ_TURN; i++) {
        struct sl_message *answer;
        result = sl_message_channel_read(&screen->channel, &answer, err);
        if (result == SL_MESSAGE_READY && !take_answer(screen, answer, err)) {
            result = SL_MESSAGE_BAD;
        }
    }
    if (result == SL_MESSAGE_CLOSED || result == SL_MESSAGE_BAD) {
        sl_gpu_screen_detach(screen);
    }
    return result;
}
