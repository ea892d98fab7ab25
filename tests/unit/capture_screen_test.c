/* What a front end is told of the screens, and when. */
#include "base/bytes.h"
#include "capture/gpu_screen.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

TestSuite(gpu_screen);

/* Of vhost-user-gpu.rst. */
enum {
    GET_FEATURES = 1,
    SET_FEATURES = 2,
    GET_DISPLAY_INFO = 3,
    CURSOR_POS = 4,
    CURSOR_POS_HIDE = 5,
    CURSOR_UPDATE = 6,
    SCANOUT = 7,
    UPDATE = 8,
};

struct rig {
    struct sl_gpu_screen *screen;
    int peer;
    unsigned answers;  /* display info that came */
    unsigned refusals; /* and that did not */
    struct sl_gpu_display displays[SL_GPU_SCREEN_SCANOUTS];
    uint32_t generation; /* mixed into the pixels */
    unsigned rows_calls;
};

/* One message that the front end received. */
struct heard {
    uint32_t request;
    uint32_t flags;
    uint32_t size; /* bytes */
    uint32_t words[5 + SL_GPU_CURSOR_PIXELS * 16];
};

static uint32_t pixel(const struct rig *rig, uint32_t scanout, uint32_t x, uint32_t y)
{
    return rig->generation << 24 ^ scanout << 20 ^ y << 10 ^ x;
}

static void fill_rows(void *data, uint32_t scanout, uint32_t x, uint32_t y, uint32_t w, uint32_t h,
                      uint32_t *xrgb)
{
    struct rig *rig = data;
    rig->rows_calls++;
    for (uint32_t row = 0; row < h; row++) {
        for (uint32_t column = 0; column < w; column++) {
            *xrgb++ = pixel(rig, scanout, x + column, y + row);
        }
    }
}

static void take_displays(void *data, const struct sl_gpu_display *displays)
{
    struct rig *rig = data;
    if (displays) {
        rig->answers++;
        memcpy(rig->displays, displays, sizeof(rig->displays));
    } else {
        rig->refusals++;
    }
}

static void attach(struct rig *rig)
{
    int ends[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    if (rig->peer >= 0) {
        close(rig->peer);
    }
    rig->peer = ends[1];
    cr_assert_eq(sl_gpu_screen_attach(rig->screen, ends[0], NULL), SL_OK);
    cr_assert_eq(sl_gpu_screen_fd(rig->screen), ends[0]);
}

static struct rig *make_rig(void)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    cr_assert_not_null(rig);
    rig->peer = -1;
    struct sl_gpu_screen_owner owner = {
        .data = rig, .rows = fill_rows, .display_info = take_displays};
    rig->screen = sl_gpu_screen_create(&owner);
    cr_assert_not_null(rig->screen);
    return rig;
}

static void finish_rig(struct rig *rig)
{
    sl_gpu_screen_destroy(rig->screen);
    if (rig->peer >= 0) {
        close(rig->peer);
    }
    free(rig);
}

static bool receive(struct rig *rig, void *to, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t n = recv(rig->peer, (uint8_t *)to + done, size - done, MSG_DONTWAIT);
        if (n > 0) {
            done += (size_t)n;
        } else if (sl_gpu_screen_wants_write(rig->screen)) {
            enum sl_message_result result = sl_gpu_screen_writable(rig->screen, NULL);
            cr_assert(result == SL_MESSAGE_READY || result == SL_MESSAGE_AGAIN);
        } else {
            cr_assert_eq(done, 0, "a message is cut off");
            return false;
        }
    }
    return true;
}

/* The next message, or false if the screen has nothing to say. */
static bool hear(struct rig *rig, struct heard *heard)
{
    uint32_t header[3];
    if (!receive(rig, header, sizeof(header))) {
        return false;
    }
    *heard = (struct heard){.request = header[0], .flags = header[1], .size = header[2]};
    cr_assert_eq(heard->flags, 0);
    cr_assert_leq(heard->size, sizeof(heard->words));
    cr_assert(heard->size == 0 || receive(rig, heard->words, heard->size));
    return true;
}

static struct heard *expect(struct rig *rig, uint32_t request, uint32_t size)
{
    static struct heard heard;
    cr_assert(hear(rig, &heard), "message %u does not come", request);
    cr_assert_eq(heard.request, request, "%u instead of %u", heard.request, request);
    cr_assert_eq(heard.size, size, "message %u has %u bytes", request, heard.size);
    return &heard;
}

static void expect_silence(struct rig *rig)
{
    struct heard heard;
    cr_assert_not(hear(rig, &heard), "message %u", heard.request);
}

static void expect_words(struct rig *rig, uint32_t request, const uint32_t *words, uint32_t count)
{
    struct heard *heard = expect(rig, request, count * 4);
    for (uint32_t i = 0; i < count; i++) {
        cr_assert_eq(heard->words[i], words[i], "message %u: word %u is %u", request, i,
                     heard->words[i]);
    }
}

static void expect_scanout(struct rig *rig, uint32_t scanout, uint32_t w, uint32_t h)
{
    expect_words(rig, SCANOUT, (uint32_t[]){scanout, w, h}, 3);
}

static void expect_update(struct rig *rig, uint32_t scanout, uint32_t x, uint32_t y, uint32_t w,
                          uint32_t h)
{
    struct heard *heard = expect(rig, UPDATE, 20 + w * h * 4);
    uint32_t want[] = {scanout, x, y, w, h};
    cr_assert_eq(memcmp(heard->words, want, sizeof(want)), 0, "%u,%u %ux%u of %u", heard->words[1],
                 heard->words[2], heard->words[3], heard->words[4], heard->words[0]);
    for (uint32_t i = 0; i < w * h; i++) {
        cr_assert_eq(heard->words[5 + i], pixel(rig, scanout, x + i % w, y + i / w), "pixel %u", i);
    }
}

static void say(struct rig *rig, uint32_t request, uint32_t flags, const void *payload,
                uint32_t size)
{
    uint32_t header[] = {request, flags, size};
    cr_assert_eq(send(rig->peer, header, sizeof(header), 0), (ssize_t)sizeof(header));
    cr_assert_eq(send(rig->peer, payload, size, 0), (ssize_t)size);
}

static enum sl_message_result answer(struct rig *rig, uint32_t request, const void *payload,
                                     uint32_t size)
{
    say(rig, request, 4, payload, size);
    return sl_gpu_screen_readable(rig->screen, NULL);
}

/* A rig with a socket that has exchanged features. */
static struct rig *make_ready(void)
{
    struct rig *rig = make_rig();
    attach(rig);
    expect(rig, GET_FEATURES, 0);
    return rig;
}

Test(gpu_screen, features_are_asked_for_and_none_is_taken)
{
    struct rig *rig = make_rig();
    cr_assert_eq(sl_gpu_screen_fd(rig->screen), -1);
    cr_assert_not(sl_gpu_screen_wants_write(rig->screen));
    attach(rig);
    expect(rig, GET_FEATURES, 0);
    expect_silence(rig);
    uint64_t offered = 3;
    cr_assert_eq(answer(rig, GET_FEATURES, &offered, 8), SL_MESSAGE_AGAIN);
    cr_assert(sl_gpu_screen_wants_write(rig->screen));
    expect_words(rig, SET_FEATURES, (uint32_t[]){0, 0}, 2);
    expect_silence(rig);
    finish_rig(rig);
}

Test(gpu_screen, a_size_comes_before_pixels)
{
    struct rig *rig = make_ready();
    sl_gpu_screen_damage(rig->screen, 0, 0, 0, 10, 10);
    expect_silence(rig);
    sl_gpu_screen_scanout(rig->screen, 0, 40, 30);
    expect_scanout(rig, 0, 40, 30);
    expect_update(rig, 0, 0, 0, 40, 30);
    expect_silence(rig);
    sl_gpu_screen_scanout(rig->screen, 0, 40, 30);
    expect_silence(rig);
    sl_gpu_screen_scanout(rig->screen, 0, 20, 30);
    expect_scanout(rig, 0, 20, 30);
    expect_update(rig, 0, 0, 0, 20, 30);
    sl_gpu_screen_scanout(rig->screen, 0, 0, 0);
    sl_gpu_screen_damage(rig->screen, 0, 0, 0, 10, 10);
    expect_scanout(rig, 0, 0, 0);
    expect_silence(rig);
    finish_rig(rig);
}

Test(gpu_screen, damage_joins_and_is_clipped)
{
    struct rig *rig = make_ready();
    sl_gpu_screen_scanout(rig->screen, 3, 40, 30);
    expect_scanout(rig, 3, 40, 30);
    expect_update(rig, 3, 0, 0, 40, 30);
    rig->generation++;
    sl_gpu_screen_damage(rig->screen, 3, 5, 6, 2, 1);
    sl_gpu_screen_damage(rig->screen, 3, 9, 4, 1, 1);
    sl_gpu_screen_damage(rig->screen, 3, 6, 7, 0, 9);
    expect_update(rig, 3, 5, 4, 5, 3);
    sl_gpu_screen_damage(rig->screen, 3, 38, 29, UINT32_MAX, UINT32_MAX);
    expect_update(rig, 3, 38, 29, 2, 1);
    sl_gpu_screen_damage(rig->screen, 3, 40, 0, 1, 1);
    sl_gpu_screen_damage(rig->screen, 3, 0, 30, 1, 1);
    sl_gpu_screen_damage(rig->screen, 3, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX);
    expect_silence(rig);
    sl_gpu_screen_damage(rig->screen, 3, 0, 0, 40, 30);
    sl_gpu_screen_scanout(rig->screen, 3, 8, 8);
    expect_scanout(rig, 3, 8, 8);
    expect_update(rig, 3, 0, 0, 8, 8);
    expect_silence(rig);
    finish_rig(rig);
}

Test(gpu_screen, large_updates_come_in_bands_that_cover_all)
{
    struct rig *rig = make_ready();
    enum { W = 1100, H = 300 };
    static uint8_t seen[H];
    sl_gpu_screen_scanout(rig->screen, 0, W, H);
    expect_scanout(rig, 0, W, H);
    static struct heard heard;
    unsigned messages = 0;
    while (hear(rig, &heard)) {
        messages++;
        cr_assert_eq(heard.request, UPDATE);
        cr_assert_eq(heard.words[1], 0);
        cr_assert_eq(heard.words[3], W);
        uint32_t y = heard.words[2];
        for (uint32_t i = 0; i < W * heard.words[4]; i++) {
            cr_assert_eq(heard.words[5 + i], pixel(rig, 0, i % W, y + i / W));
        }
        for (uint32_t i = 0; i < heard.words[4]; i++) {
            cr_assert_lt(y + i, H);
            seen[y + i]++;
        }
    }
    cr_assert_gt(messages, 1);
    for (uint32_t y = 0; y < H; y++) {
        cr_assert_eq(seen[y], 1, "row %u", y);
    }
    finish_rig(rig);
}

Test(gpu_screen, the_widest_screen_fits_and_wider_ones_are_off)
{
    struct rig *rig = make_ready();
    sl_gpu_screen_scanout(rig->screen, 0, SL_GPU_SCREEN_MAX_SIDE, 3);
    expect_scanout(rig, 0, SL_GPU_SCREEN_MAX_SIDE, 3);
    expect_update(rig, 0, 0, 0, SL_GPU_SCREEN_MAX_SIDE, 2);
    expect_update(rig, 0, 0, 2, SL_GPU_SCREEN_MAX_SIDE, 1);
    sl_gpu_screen_scanout(rig->screen, 0, SL_GPU_SCREEN_MAX_SIDE + 1, 3);
    expect_scanout(rig, 0, 0, 0);
    sl_gpu_screen_scanout(rig->screen, 0, 3, UINT32_MAX);
    sl_gpu_screen_scanout(rig->screen, 0, 3, 0);
    expect_silence(rig);
    finish_rig(rig);
}

Test(gpu_screen, a_slow_front_end_sees_the_newest_picture)
{
    struct rig *rig = make_ready();
    enum { W = 640, H = 480 };
    sl_gpu_screen_scanout(rig->screen, 0, W, H);
    while (sl_gpu_screen_writable(rig->screen, NULL) == SL_MESSAGE_READY) {
        cr_assert(sl_gpu_screen_wants_write(rig->screen), "the socket never fills up");
    }
    unsigned calls = rig->rows_calls;
    for (int i = 0; i < 1000; i++) { /* frames that nobody takes */
        rig->generation = (uint32_t)i & 0x7F;
        sl_gpu_screen_damage(rig->screen, 0, 0, 0, W, H);
        cr_assert_eq(sl_gpu_screen_writable(rig->screen, NULL), SL_MESSAGE_AGAIN);
    }
    cr_assert_eq(rig->rows_calls, calls, "no work for a full socket");
    static uint32_t picture[W * H];
    static struct heard heard;
    while (hear(rig, &heard)) {
        if (heard.request == UPDATE) {
            cr_assert_eq(heard.words[3], W);
            memcpy(picture + heard.words[2] * W, heard.words + 5, heard.size - 20);
        }
    }
    for (uint32_t i = 0; i < W * H; i++) {
        cr_assert_eq(picture[i], pixel(rig, 0, i % W, i / W), "pixel %u", i);
    }
    finish_rig(rig);
}

Test(gpu_screen, scanouts_take_turns)
{
    struct rig *rig = make_ready();
    for (uint32_t i = 0; i < SL_GPU_SCREEN_SCANOUTS; i++) {
        sl_gpu_screen_scanout(rig->screen, i, 16, 8 + i);
    }
    for (uint32_t i = 0; i < SL_GPU_SCREEN_SCANOUTS; i++) {
        expect_scanout(rig, i, 16, 8 + i);
    }
    for (uint32_t i = 0; i < SL_GPU_SCREEN_SCANOUTS; i++) {
        expect_update(rig, i, 0, 0, 16, 8 + i);
    }
    expect_silence(rig);
    finish_rig(rig);
}

static uint32_t arrow[SL_GPU_CURSOR_PIXELS];

static void expect_cursor(struct rig *rig, const uint32_t head[5])
{
    struct heard *heard = expect(rig, CURSOR_UPDATE, 20 + sizeof(arrow));
    cr_assert_eq(memcmp(heard->words, head, 20), 0, "scanout, x, y, hot spot");
    cr_assert_eq(memcmp(heard->words + 5, arrow, sizeof(arrow)), 0, "pixels");
}

Test(gpu_screen, cursors_move_change_and_hide)
{
    struct rig *rig = make_ready();
    for (uint32_t i = 0; i < SL_GPU_CURSOR_PIXELS; i++) {
        arrow[i] = 0x80000000 | i * 7;
    }
    struct sl_gpu_cursor cursor = {10, 20, 3, 4, true, arrow};
    sl_gpu_screen_cursor(rig->screen, 1, &cursor);
    expect_cursor(rig, (uint32_t[]){1, 10, 20, 3, 4});
    cursor = (struct sl_gpu_cursor){11, 21, 9, 9, true, NULL};
    sl_gpu_screen_cursor(rig->screen, 1, &cursor);
    expect_words(rig, CURSOR_POS, (uint32_t[]){1, 11, 21}, 3);
    cursor = (struct sl_gpu_cursor){12, 22, 0, 0, false, NULL};
    sl_gpu_screen_cursor(rig->screen, 1, &cursor);
    expect_words(rig, CURSOR_POS_HIDE, (uint32_t[]){1, 12, 22}, 3);
    expect_silence(rig);
    arrow[5] = 1; /* an image that changes while it is hidden is sent when it shows */
    cursor = (struct sl_gpu_cursor){13, 23, 5, 6, false, arrow};
    sl_gpu_screen_cursor(rig->screen, 1, &cursor);
    expect_words(rig, CURSOR_POS_HIDE, (uint32_t[]){1, 13, 23}, 3);
    cursor = (struct sl_gpu_cursor){14, 24, 0, 0, true, NULL};
    sl_gpu_screen_cursor(rig->screen, 1, &cursor);
    expect_cursor(rig, (uint32_t[]){1, 14, 24, 5, 6});
    expect_silence(rig);
    finish_rig(rig);
}

Test(gpu_screen, a_new_socket_is_told_everything_again)
{
    struct rig *rig = make_ready();
    struct sl_gpu_cursor cursor = {10, 20, 3, 4, true, arrow};
    sl_gpu_screen_scanout(rig->screen, 0, 16, 8);
    sl_gpu_screen_scanout(rig->screen, 1, 4, 4);
    sl_gpu_screen_cursor(rig->screen, 0, &cursor);
    static struct heard heard;
    while (hear(rig, &heard)) {
    }
    sl_gpu_screen_detach(rig->screen);
    cr_assert_eq(sl_gpu_screen_fd(rig->screen), -1);
    cr_assert_not(sl_gpu_screen_wants_write(rig->screen));
    sl_gpu_screen_scanout(rig->screen, 1, 0, 0);
    for (int i = 0; i < 2; i++) {
        rig->generation++;
        attach(rig);
        expect(rig, GET_FEATURES, 0);
        expect_scanout(rig, 0, 16, 8);
        expect_scanout(rig, 1, 0, 0);
        expect_cursor(rig, (uint32_t[]){0, 10, 20, 3, 4});
        expect_update(rig, 0, 0, 0, 16, 8);
        expect_silence(rig);
    }
    finish_rig(rig);
}

/* ---- Questions ---- */

static const uint8_t *display_info(void)
{
    static uint8_t bytes[408];
    sl_put_le32(bytes, 0x1101);
    for (uint32_t i = 0; i < 16; i++) {
        uint8_t *p = bytes + 24 + (size_t)i * 24;
        sl_put_le32(p, i * 1000);
        sl_put_le32(p + 4, i);
        sl_put_le32(p + 8, 640 + i);
        sl_put_le32(p + 12, 480 + i);
        sl_put_le32(p + 16, i % 3 == 0);
    }
    return bytes;
}

Test(gpu_screen, displays_are_asked_for_ahead_of_pixels)
{
    struct rig *rig = make_ready();
    sl_gpu_screen_scanout(rig->screen, 0, 4, 4);
    cr_assert(sl_gpu_screen_ask_display_info(rig->screen));
    cr_assert(sl_gpu_screen_ask_display_info(rig->screen));
    expect(rig, GET_DISPLAY_INFO, 0);
    expect_scanout(rig, 0, 4, 4);
    expect_update(rig, 0, 0, 0, 4, 4);
    expect_silence(rig);
    cr_assert_eq(rig->answers, 0);
    cr_assert_eq(answer(rig, GET_DISPLAY_INFO, display_info(), 408), SL_MESSAGE_AGAIN);
    cr_assert_eq(rig->answers, 1);
    for (uint32_t i = 0; i < 16; i++) {
        const struct sl_gpu_display *d = &rig->displays[i];
        cr_assert(d->x == i * 1000 && d->y == i && d->width == 640 + i && d->height == 480 + i);
        cr_assert_eq(d->is_enabled, i % 3 == 0);
    }
    cr_assert(sl_gpu_screen_ask_display_info(rig->screen));
    expect(rig, GET_DISPLAY_INFO, 0);
    finish_rig(rig);
}

Test(gpu_screen, answers_are_matched_by_id)
{
    struct rig *rig = make_ready();
    cr_assert(sl_gpu_screen_ask_display_info(rig->screen));
    expect(rig, GET_DISPLAY_INFO, 0);
    cr_assert_eq(answer(rig, GET_DISPLAY_INFO, display_info(), 408), SL_MESSAGE_AGAIN);
    uint64_t features = 0;
    cr_assert_eq(answer(rig, GET_FEATURES, &features, 8), SL_MESSAGE_AGAIN);
    cr_assert_eq(rig->answers, 1);
    expect(rig, SET_FEATURES, 8);
    finish_rig(rig);
}

Test(gpu_screen, what_nobody_asked_for_is_ignored)
{
    struct rig *rig = make_ready();
    cr_assert_eq(answer(rig, GET_DISPLAY_INFO, display_info(), 408), SL_MESSAGE_AGAIN);
    cr_assert_eq(answer(rig, 99, "unknown", 7), SL_MESSAGE_AGAIN);
    cr_assert_eq(answer(rig, 10, "", 0), SL_MESSAGE_AGAIN);
    say(rig, GET_DISPLAY_INFO, 0, "not an answer", 13);
    cr_assert_eq(sl_gpu_screen_readable(rig->screen, NULL), SL_MESSAGE_AGAIN);
    cr_assert_eq(rig->answers, 0);
    uint64_t features = 0;
    cr_assert_eq(answer(rig, GET_FEATURES, &features, 8), SL_MESSAGE_AGAIN);
    expect(rig, SET_FEATURES, 8);
    cr_assert_eq(answer(rig, GET_FEATURES, &features, 3), SL_MESSAGE_AGAIN);
    expect_silence(rig);
    finish_rig(rig);
}

Test(gpu_screen, an_answer_of_the_wrong_size_ends_the_socket)
{
    for (int i = 0; i < 2; i++) {
        struct rig *rig = make_ready();
        cr_assert(sl_gpu_screen_ask_display_info(rig->screen));
        expect(rig, GET_DISPLAY_INFO, 0);
        say(rig, i ? GET_DISPLAY_INFO : GET_FEATURES, 4, display_info(), 407);
        struct sl_error err = {0};
        cr_assert_eq(sl_gpu_screen_readable(rig->screen, &err), SL_MESSAGE_BAD);
        cr_assert_str_eq(err.rule, "vhost.message");
        cr_assert_eq(sl_gpu_screen_fd(rig->screen), -1);
        cr_assert_eq(rig->refusals, 1, "the question ends with it");
        finish_rig(rig);
    }
}

Test(gpu_screen, the_end_of_the_socket_answers_the_question)
{
    struct rig *rig = make_ready();
    cr_assert(sl_gpu_screen_ask_display_info(rig->screen));
    expect(rig, GET_DISPLAY_INFO, 0);
    close(rig->peer);
    rig->peer = -1;
    cr_assert_eq(sl_gpu_screen_readable(rig->screen, NULL), SL_MESSAGE_CLOSED);
    cr_assert_eq(rig->refusals, 1);
    cr_assert_eq(sl_gpu_screen_fd(rig->screen), -1);
    cr_assert_not(sl_gpu_screen_ask_display_info(rig->screen));
    cr_assert_eq(sl_gpu_screen_readable(rig->screen, NULL), SL_MESSAGE_CLOSED);
    cr_assert_eq(sl_gpu_screen_writable(rig->screen, NULL), SL_MESSAGE_CLOSED);

    attach(rig);
    cr_assert(sl_gpu_screen_ask_display_info(rig->screen));
    attach(rig);
    cr_assert_eq(rig->refusals, 2, "a new socket does, too");
    finish_rig(rig);
}

Test(gpu_screen, writing_to_a_closed_socket_detaches)
{
    struct rig *rig = make_ready();
    close(rig->peer);
    rig->peer = -1;
    sl_gpu_screen_scanout(rig->screen, 0, 640, 480);
    cr_assert_eq(sl_gpu_screen_writable(rig->screen, NULL), SL_MESSAGE_CLOSED);
    cr_assert_eq(sl_gpu_screen_fd(rig->screen), -1);
    finish_rig(rig);
}
