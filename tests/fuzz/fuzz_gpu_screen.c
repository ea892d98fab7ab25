/*
 * The GPU socket of vhost-user-gpu: a front end that sends anything, reads when it likes and goes
 * away, and a device that shows things meanwhile. What the front end gets must be what QEMU
 * survives: a size before pixels, pixels inside the size.
 *
 * The input is a list of actions: a byte modulo ACTION_COUNT and its operands, in the order they
 * are read below.
 */
#include "base/cursor.h"
#include "capture/gpu_screen.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { GET_FEATURES = 1, SET_FEATURES, GET_DISPLAY_INFO, CURSOR_POS, CURSOR_POS_HIDE };
enum { CURSOR_UPDATE = 6, SCANOUT, UPDATE };

enum { MOST_ACTIONS = 200, MOST_READ = 1 << 20 };

struct size {
    uint32_t width;
    uint32_t height;
};

struct front_end {
    struct sl_cursor in;
    struct sl_gpu_screen *screen;
    int peer;                                  /* -1 = closed */
    unsigned outstanding;                      /* questions that the owner waits for */
    struct size asked[SL_GPU_SCREEN_SCANOUTS]; /* of the screen */
    struct size told[SL_GPU_SCREEN_SCANOUTS];  /* by the screen */

    /* The message that the front end is reading. */
    uint32_t head[8]; /* header and the first words of the payload */
    size_t got;
};

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* ---- The owner ---- */

static void give_rows(void *data, uint32_t scanout, uint32_t x, uint32_t y, uint32_t w, uint32_t h,
                      uint32_t *xrgb)
{
    const struct front_end *fe = data;
    const struct size *size = &fe->asked[scanout];
    require(w > 0 && h > 0);
    require(x < size->width && w <= size->width - x);
    require(y < size->height && h <= size->height - y);
    memset(xrgb, 0x5A, (size_t)w * h * sizeof(*xrgb));
}

static void take_displays(void *data, const struct sl_gpu_display *displays)
{
    struct front_end *fe = data;
    (void)displays;
    require(fe->outstanding == 1);
    fe->outstanding = 0;
}

/* ---- The front end ---- */

static void check_message(struct front_end *fe)
{
    const uint32_t *words = fe->head + 3;
    require(fe->head[1] == 0);
    require(fe->head[0] < SCANOUT || words[0] < SL_GPU_SCREEN_SCANOUTS);
    switch (fe->head[0]) {
    case GET_FEATURES:
    case GET_DISPLAY_INFO:
        require(fe->head[2] == 0);
        break;
    case SET_FEATURES:
        require(fe->head[2] == 8);
        break;
    case CURSOR_POS:
    case CURSOR_POS_HIDE:
        require(fe->head[2] == 12);
        break;
    case CURSOR_UPDATE:
        require(fe->head[2] == 20 + 4 * SL_GPU_CURSOR_PIXELS);
        break;
    case SCANOUT:
        require(fe->head[2] == 12);
        fe->told[words[0]] = (struct size){words[1], words[2]};
        require(words[1] <= SL_GPU_SCREEN_MAX_SIDE && words[2] <= SL_GPU_SCREEN_MAX_SIDE);
        break;
    case UPDATE: {
        const struct size *size = &fe->told[words[0]];
        require(words[3] > 0 && words[4] > 0);
        require(words[1] < size->width && words[3] <= size->width - words[1]);
        require(words[2] < size->height && words[4] <= size->height - words[2]);
        require(fe->head[2] == 20 + words[3] * words[4] * 4);
        break;
    }
    default:
        abort();
    }
}

static void take_bytes(struct front_end *fe, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        size_t total = fe->got < 12 ? 12 : 12 + (size_t)fe->head[2];
        size_t run = total - fe->got < size ? total - fe->got : size;
        if (fe->got < sizeof(fe->head)) {
            size_t room = sizeof(fe->head) - fe->got;
            memcpy((uint8_t *)fe->head + fe->got, bytes, run < room ? run : room);
        }
        fe->got += run;
        bytes += run;
        size -= run;
        if (fe->got >= 12 && fe->got == 12 + (size_t)fe->head[2]) {
            check_message(fe);
            fe->got = 0;
        }
    }
}

static void do_read(struct front_end *fe)
{
    static uint8_t bytes[1 << 16];
    size_t left = (size_t)sl_cursor_u16(&fe->in) * 16 + 1;
    left = left < MOST_READ ? left : MOST_READ;
    while (left > 0 && fe->peer >= 0) {
        ssize_t n =
            recv(fe->peer, bytes, left < sizeof(bytes) ? left : sizeof(bytes), MSG_DONTWAIT);
        if (n <= 0) {
            return;
        }
        take_bytes(fe, bytes, (size_t)n);
        left -= (size_t)n;
    }
}

static void send_bytes(struct front_end *fe, const void *bytes, size_t size)
{
    if (fe->peer >= 0 && size > 0) {
        send(fe->peer, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
}

static void do_send(struct front_end *fe)
{
    size_t size = sl_cursor_u8(&fe->in);
    const uint8_t *bytes = sl_cursor_take(&fe->in, size);
    if (bytes) {
        send_bytes(fe, bytes, size);
    }
}

/* An answer of the right size, more or less. */
static void do_answer(struct front_end *fe)
{
    uint8_t how = sl_cursor_u8(&fe->in);
    uint32_t header[] = {how & 1 ? GET_DISPLAY_INFO : GET_FEATURES, how & 2 ? 0 : 4,
                         how & 1 ? 408 : 8};
    uint8_t payload[412];
    memset(payload, sl_cursor_u8(&fe->in), sizeof(payload));
    header[2] += how & 4 ? (how >> 3 & 7) - 3u : 0;
    send_bytes(fe, header, sizeof(header));
    send_bytes(fe, payload, header[2]);
}

static void hang_up(struct front_end *fe)
{
    if (fe->peer >= 0) {
        close(fe->peer);
    }
    fe->peer = -1;
    fe->got = 0;
    memset(fe->told, 0, sizeof(fe->told));
}

static void do_attach(struct front_end *fe)
{
    int ends[2];
    hang_up(fe);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0) {
        fe->peer = ends[1];
        sl_gpu_screen_attach(fe->screen, ends[0], NULL);
    }
}

/* ---- The device ---- */

/* Sizes at which comparisons go wrong. */
static uint32_t take_number(struct sl_cursor *in)
{
    static const uint32_t corners[] = {0,      1,          64,         0x3FFF,    0x4000,
                                       0x4001, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
    uint8_t code = sl_cursor_u8(in);
    return code < 224 ? code : corners[code % (sizeof(corners) / sizeof(corners[0]))];
}

static void do_scanout(struct front_end *fe)
{
    uint32_t scanout = sl_cursor_u8(&fe->in) % SL_GPU_SCREEN_SCANOUTS;
    uint32_t width = take_number(&fe->in);
    uint32_t height = take_number(&fe->in);
    fe->asked[scanout] = (struct size){width, height};
    sl_gpu_screen_scanout(fe->screen, scanout, width, height);
}

static void do_damage(struct front_end *fe)
{
    uint32_t scanout = sl_cursor_u8(&fe->in) % SL_GPU_SCREEN_SCANOUTS;
    uint32_t x = take_number(&fe->in);
    uint32_t y = take_number(&fe->in);
    uint32_t w = take_number(&fe->in);
    sl_gpu_screen_damage(fe->screen, scanout, x, y, w, take_number(&fe->in));
}

static void do_cursor(struct front_end *fe)
{
    static const uint32_t argb[SL_GPU_CURSOR_PIXELS];
    uint8_t how = sl_cursor_u8(&fe->in);
    struct sl_gpu_cursor cursor = {
        .x = take_number(&fe->in), .is_visible = how & 1, .argb = how & 2 ? argb : NULL};
    sl_gpu_screen_cursor(fe->screen, how >> 4, &cursor);
}

static void do_ask(struct front_end *fe)
{
    if (sl_gpu_screen_ask_display_info(fe->screen)) {
        fe->outstanding = 1;
    }
}

static void do_readable(struct front_end *fe)
{
    sl_gpu_screen_readable(fe->screen, NULL);
}

static void do_writable(struct front_end *fe)
{
    sl_gpu_screen_writable(fe->screen, NULL);
    require(fe->outstanding == 0 || sl_gpu_screen_fd(fe->screen) >= 0);
}

static void do_detach(struct front_end *fe)
{
    sl_gpu_screen_detach(fe->screen);
    require(fe->outstanding == 0);
}

static void (*const actions[])(struct front_end *fe) = {
    do_attach, do_send,     do_answer,   do_read,   do_scanout, do_damage,
    do_cursor, do_readable, do_writable, do_detach, do_ask,     hang_up,
};

enum { ACTION_COUNT = sizeof(actions) / sizeof(actions[0]) };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct front_end fe = {.in = sl_cursor_init(data, size), .peer = -1};
    struct sl_gpu_screen_owner owner = {
        .data = &fe, .rows = give_rows, .display_info = take_displays};
    fe.screen = sl_gpu_screen_create(&owner);
    for (int i = 0; fe.screen && i < MOST_ACTIONS && sl_cursor_left(&fe.in) > 0; i++) {
        actions[sl_cursor_u8(&fe.in) % ACTION_COUNT](&fe);
    }
    if (fe.screen) {
        do_detach(&fe);
    }
    sl_gpu_screen_destroy(fe.screen);
    hang_up(&fe);
    return 0;
}
