/* `scanlock record` and what guests do once they run. */
#include "base/bytes.h"
#include "record_child.h"
#include "vhost_front_end.h"

#include <criterion/criterion.h>
#include <linux/virtio_gpu.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(vhost_guest, .timeout = 120);

enum { W = 160, H = 120, PICTURE = VHOST_FREE };

/* Two regions that touch in the guest and are far apart in the file. */
static const struct vhost_variant linux_driver = {
    .name = "Linux", .tables = 1, .has_event_idx = true, .has_indirect = true};

struct session {
    struct record_child child;
    struct vhost_front_end *fe;
};

static struct session begin(void)
{
    struct session s;
    record_child_start(&s.child, NULL);
    s.fe = vhost_front_end_create(s.child.socket, &linux_driver);
    vhost_start(s.fe);
    return s;
}

/* Ends recording; the caller finishes what it shows. */
static void stop_recording(struct session *s, struct recorded *recorded)
{
    cr_assert_eq(record_child_stop(&s->child, SIGTERM), 0, "%s", record_child_log(&s->child));
    recorded_read(recorded, s->child.trace);
    cr_assert_not(recorded->is_truncated);
    cr_assert_eq(recorded->broken, 0, "%s", recorded->first_broken);
}

static void finish(struct session *s)
{
    vhost_front_end_destroy(s->fe);
    record_child_finish(&s->child);
}

/* Ends recording; the trace ends with the picture that the front end has. */
static void end_with_picture(struct session *s)
{
    struct recorded recorded;
    vhost_settle(s->fe, 100);
    stop_recording(s, &recorded);
    cr_assert(recorded_shows(&recorded, 0, &s->fe->screen.pictures[0]));
    recorded_finish(&recorded);
    finish(s);
}

static void show(struct vhost_front_end *fe, uint32_t seed)
{
    vhost_paint(fe, PICTURE, W, H, seed);
    vhost_show(fe, 1, W, H);
}

static void make_screen(struct vhost_front_end *fe, uint32_t seed)
{
    vhost_make_resource(fe, 1, W, H, PICTURE);
    VHOST_COMMAND(fe, VIRTIO_GPU_CMD_SET_SCANOUT, 0, 0, W, H, 0, 1);
    show(fe, seed);
}

static void expect_seed(struct vhost_front_end *fe, uint32_t seed)
{
    vhost_settle(fe, 100);
    const struct vhost_picture *picture = &fe->screen.pictures[0];
    cr_assert(picture->width == W && picture->height == H);
    for (uint32_t i = 0; i < W * H; i++) {
        cr_assert_eq(picture->pixels[i] & 0xFFFFFF, vhost_pixel(seed, i % W, i / W), "pixel %u", i);
    }
}

Test(vhost_guest, several_scanouts_each_show_their_own)
{
    struct session s = begin();
    static const struct {
        uint32_t w, h;
    } sizes[] = {{64, 48}, {100, 30}, {17, 16}};
    for (uint32_t i = 0; i < 3; i++) {
        uint64_t gpa = VHOST_FREE + i * UINT64_C(0x10000);
        vhost_make_resource(s.fe, i + 1, sizes[i].w, sizes[i].h, gpa);
        vhost_paint(s.fe, gpa, sizes[i].w, sizes[i].h, i);
    }
    struct recorded recorded;
    for (uint32_t i = 0; i < 3; i++) {
        VHOST_COMMAND(s.fe, VIRTIO_GPU_CMD_SET_SCANOUT, 0, 0, sizes[i].w, sizes[i].h, i, i + 1);
        vhost_show(s.fe, i + 1, sizes[i].w, sizes[i].h);
    }
    vhost_settle(s.fe, 100);
    stop_recording(&s, &recorded);
    for (uint32_t i = 0; i < 3; i++) {
        const struct vhost_picture *picture = &s.fe->screen.pictures[i];
        cr_assert(picture->width == sizes[i].w && picture->height == sizes[i].h);
        cr_assert_eq(picture->pixels[sizes[i].w + 1] & 0xFFFFFF, vhost_pixel(i, 1, 1));
        cr_assert(recorded_shows(&recorded, i, picture), "scanout %u", i);
    }
    recorded_finish(&recorded);
    finish(&s);
}

Test(vhost_guest, a_part_of_a_resource_is_shown_and_updated)
{
    struct session s = begin();
    vhost_make_resource(s.fe, 1, W, H, PICTURE);
    vhost_paint(s.fe, PICTURE, W, H, 8);
    VHOST_COMMAND(s.fe, VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D, 0, 0, W, H, 0, 0, 1, 0);
    VHOST_COMMAND(s.fe, VIRTIO_GPU_CMD_SET_SCANOUT, 10, 20, 50, 40, 0, 1);
    VHOST_COMMAND(s.fe, VIRTIO_GPU_CMD_RESOURCE_FLUSH, 0, 0, W, H, 1, 0);
    vhost_settle(s.fe, 100);
    vhost_paint(s.fe, PICTURE, W, H, 9);
    uint32_t offset = (25 * W + 12) * 4;
    VHOST_COMMAND(s.fe, VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D, 12, 25, 4, 3, offset, 0, 1, 0);
    VHOST_COMMAND(s.fe, VIRTIO_GPU_CMD_RESOURCE_FLUSH, 12, 25, 4, 3, 1, 0);
    vhost_settle(s.fe, 100);
    const struct vhost_picture *picture = &s.fe->screen.pictures[0];
    cr_assert(picture->width == 50 && picture->height == 40);
    for (uint32_t y = 0; y < 40; y++) {
        for (uint32_t x = 0; x < 50; x++) {
            bool new = x >= 2 && x < 6 && y >= 5 && y < 8;
            cr_assert_eq(picture->pixels[y * 50 + x] & 0xFFFFFF,
                         vhost_pixel(new ? 9 : 8, x + 10, y + 20), "%u, %u", x, y);
        }
    }
    end_with_picture(&s);
}

Test(vhost_guest, a_mode_change_and_an_end_of_it_reach_the_front_end)
{
    struct session s = begin();
    make_screen(s.fe, 1);
    vhost_settle(s.fe, 100);
    vhost_make_resource(s.fe, 2, 40, 30, PICTURE);
    VHOST_COMMAND(s.fe, VIRTIO_GPU_CMD_SET_SCANOUT, 0, 0, 40, 30, 0, 2);
    vhost_paint(s.fe, PICTURE, 40, 30, 2);
    vhost_show(s.fe, 2, 40, 30);
    vhost_settle(s.fe, 100);
    cr_assert(s.fe->screen.pictures[0].width == 40 && s.fe->screen.pictures[0].height == 30);
    struct recorded recorded;
    VHOST_COMMAND(s.fe, VIRTIO_GPU_CMD_SET_SCANOUT, 0, 0, 0, 0, 0, 0);
    vhost_settle(s.fe, 100);
    cr_assert_eq(s.fe->screen.pictures[0].width, 0);
    stop_recording(&s, &recorded);
    cr_assert(recorded.last[0].width == 40 && recorded.last[0].height == 30);
    recorded_finish(&recorded);
    finish(&s);
}

Test(vhost_guest, a_cursor_goes_to_the_front_end_and_into_frames)
{
    struct session s = begin();
    make_screen(s.fe, 4);
    enum { IMAGE = VHOST_FREE + 0x80000 };
    VHOST_COMMAND(s.fe, VIRTIO_GPU_CMD_RESOURCE_CREATE_2D, 2, VIRTIO_GPU_FORMAT_B8G8R8A8_UNORM, 64,
                  64);
    VHOST_COMMAND(s.fe, VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING, 2, 1, IMAGE, 0, 64 * 64 * 4, 0);
    for (uint64_t i = 0; i < 64 * 64; i++) {
        uint8_t bytes[4];
        sl_put_le32(bytes, i < 64 * 32 ? 0xFF112233 : 0);
        vhost_write(s.fe, IMAGE + 4 * i, bytes, sizeof(bytes));
    }
    VHOST_COMMAND(s.fe, VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D, 0, 0, 64, 64, 0, 0, 2, 0);
    /* scanout, x, y, padding, resource, hot x, hot y, padding */
    uint32_t update[] = {0, 30, 20, 0, 2, 5, 6, 0};
    vhost_cursor(s.fe, VIRTIO_GPU_CMD_UPDATE_CURSOR, update, 8);
    vhost_settle(s.fe, 100);
    const struct vhost_pointer *pointer = &s.fe->screen.pointers[0];
    cr_assert(pointer->is_visible && pointer->images == 1);
    cr_assert(pointer->x == 30 && pointer->y == 20 && pointer->hot_x == 5 && pointer->hot_y == 6);
    cr_assert(pointer->argb[0] == 0xFF112233 && pointer->argb[64 * 63] == 0);
    uint32_t move[] = {0, 40, 25, 0, 2, 0, 0, 0};
    vhost_cursor(s.fe, VIRTIO_GPU_CMD_MOVE_CURSOR, move, 8);
    show(s.fe, 5);
    vhost_settle(s.fe, 100);
    cr_assert(pointer->x == 40 && pointer->y == 25 && pointer->images == 1);
    struct recorded recorded;
    cr_assert(pointer->is_visible);
    stop_recording(&s, &recorded);
    cr_assert_eq(recorded.last[0].width, W);
    const uint8_t *inside = recorded.last[0].pixels + 4 * (30 * W + 45);
    cr_assert(inside[0] == 0x11 && inside[1] == 0x22 && inside[2] == 0x33);
    const uint8_t *outside = recorded.last[0].pixels + 4 * (70 * W + 45);
    uint32_t pixel = (uint32_t)outside[0] << 16 | (uint32_t)outside[1] << 8 | outside[2];
    cr_assert_eq(pixel, vhost_pixel(5, 45, 70), "the lower half is transparent");
    recorded_finish(&recorded);
    finish(&s);
}

Test(vhost_guest, a_cursor_can_be_hidden)
{
    struct session s = begin();
    make_screen(s.fe, 4);
    vhost_make_resource(s.fe, 2, 64, 64, VHOST_FREE + 0x80000);
    uint32_t update[] = {0, 30, 20, 0, 2, 5, 6, 0};
    vhost_cursor(s.fe, VIRTIO_GPU_CMD_UPDATE_CURSOR, update, 8);
    update[4] = 0;
    vhost_cursor(s.fe, VIRTIO_GPU_CMD_UPDATE_CURSOR, update, 8);
    show(s.fe, 6);
    expect_seed(s.fe, 6);
    cr_assert_not(s.fe->screen.pointers[0].is_visible);
    end_with_picture(&s);
}

Test(vhost_guest, buffers_across_regions_are_whole)
{
    struct session s = begin();
    enum { ACROSS = VHOST_SEAM - 4 * (W * 50 + 17) };
    vhost_make_resource(s.fe, 1, W, H, ACROSS);
    VHOST_COMMAND(s.fe, VIRTIO_GPU_CMD_SET_SCANOUT, 0, 0, W, H, 0, 1);
    vhost_paint(s.fe, ACROSS, W, H, 7);
    vhost_show(s.fe, 1, W, H);
    expect_seed(s.fe, 7);
    /* A request and a response, too. */
    static const uint8_t request[24] = {VIRTIO_GPU_CMD_GET_DISPLAY_INFO & 0xFF,
                                        VIRTIO_GPU_CMD_GET_DISPLAY_INFO >> 8};
    vhost_write(s.fe, VHOST_SEAM - 10, request, sizeof(request));
    struct sl_virtio_piece pieces[] = {{VHOST_SEAM - 10, 24, false}};
    cr_assert_eq(sl_virtio_guest_chain(&s.fe->guest, 0, pieces, 1, 0x18000, NULL), SL_OK);
    vhost_kick(s.fe, 0, true);
    cr_assert_eq(vhost_wait(s.fe, 0), 0);
    struct sl_virtio_piece both[] = {{0x50000, 24, false}, {VHOST_SEAM - 100, 408, true}};
    vhost_write(s.fe, 0x50000, request, sizeof(request));
    cr_assert_eq(sl_virtio_guest_chain(&s.fe->guest, 0, both, 2, 0x18000, NULL), SL_OK);
    vhost_kick(s.fe, 0, true);
    cr_assert_eq(vhost_wait(s.fe, 0), 408);
    uint8_t info[408];
    vhost_read(s.fe, VHOST_SEAM - 100, info, sizeof(info));
    cr_assert_eq(sl_get_le32(info), VIRTIO_GPU_RESP_OK_DISPLAY_INFO);
    cr_assert_eq(sl_get_le32(info + 24 + 8), 1280);
    end_with_picture(&s);
}

Test(vhost_guest, a_stopped_machine_goes_on_where_it_was)
{
    struct session s = begin();
    make_screen(s.fe, 1);
    vhost_stop(s.fe);
    cr_assert_eq(s.fe->base[0], 5);
    cr_assert_eq(s.fe->base[1], 0);
    vhost_resume(s.fe);
    expect_seed(s.fe, 1); /* the new socket is told everything again */
    show(s.fe, 2);        /* the resource is still there */
    expect_seed(s.fe, 2);
    end_with_picture(&s);
}

Test(vhost_guest, a_driver_that_starts_again_finds_no_resources)
{
    struct session s = begin();
    for (uint32_t i = 0; i < 3; i++) {
        make_screen(s.fe, i); /* the same ids each time */
        expect_seed(s.fe, i);
        vhost_stop(s.fe);
        vhost_start(s.fe);
        uint32_t words[] = {0, 0, W, H, 1, 0};
        vhost_command(s.fe, VIRTIO_GPU_CMD_RESOURCE_FLUSH, words, 6,
                      VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID);
    }
    make_screen(s.fe, 9);
    expect_seed(s.fe, 9);
    end_with_picture(&s);
}

Test(vhost_guest, memory_can_move_while_the_guest_runs)
{
    struct session s = begin();
    make_screen(s.fe, 1);
    expect_seed(s.fe, 1);
    vhost_change_table(s.fe, 0);
    show(s.fe, 2);
    expect_seed(s.fe, 2);
    vhost_change_table(s.fe, 2);
    vhost_get_config(s.fe, (uint8_t[16]){0});
    show(s.fe, 3);
    expect_seed(s.fe, 3);
    struct recorded recorded;
    stop_recording(&s, &recorded);
    cr_assert_geq(recorded.ram_maps, 1, "the trace knows that RAM became less");
    cr_assert(recorded_shows(&recorded, 0, &s.fe->screen.pictures[0]));
    recorded_finish(&recorded);
    finish(&s);
}

/* ---- Rings ---- */

/* Chains that no device may follow; each as descriptors from the table's start on. */
static const struct {
    const char *what;
    uint16_t head;
    struct sl_virtio_desc descs[3];
} malformed[] = {
    {"head outside the table", 16, {{0x50000, 24, 0, 0}}},
    {"no bytes", 0, {{0x50000, 0, 0, 0}}},
    {"loop", 0, {{0x50000, 8, 1, 1}, {0x50000, 8, 1, 0}}},
    {"next outside the table", 0, {{0x50000, 8, 1, 16}}},
    {"readable after writable", 0, {{0x50000, 8, 3, 1}, {0x50000, 8, 0, 0}}},
    {"outside of RAM", 0, {{0x7FFFFFFF0000, 24, 0, 0}}},
    {"indirect table of half a descriptor", 0, {{0x50000, 24, 4, 0}}},
    {"indirect table outside of RAM", 0, {{0x7FFFFFFF0000, 32, 4, 0}}},
};

Test(vhost_guest, a_malformed_ring_stops_its_own_queue)
{
    for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
        const char *what = malformed[i].what;
        struct session s = begin();
        make_screen(s.fe, 1);
        struct sl_virtio_guest *guest = &s.fe->guest;
        cr_assert_eq(
            sl_virtio_guest_write_descs(guest, guest->queues[1].desc, malformed[i].descs, 3, NULL),
            SL_OK);
        cr_assert_eq(sl_virtio_guest_offer(guest, 1, malformed[i].head, 1, NULL), SL_OK);
        vhost_kick(s.fe, 1, true);
        cr_assert(vhost_is_quiet(s.fe, 1, 100), "%s", what);
        show(s.fe, 2);
        expect_seed(s.fe, 2);

        vhost_stop(s.fe);
        vhost_start(s.fe);
        make_screen(s.fe, 3);
        uint32_t move[] = {0, 40, 25, 0, 0, 0, 0, 0};
        vhost_cursor(s.fe, VIRTIO_GPU_CMD_MOVE_CURSOR, move, 8);
        expect_seed(s.fe, 3);
        cr_assert(record_child_is_alive(&s.child), "%s: %s", what, record_child_log(&s.child));
        end_with_picture(&s);
    }
}

Test(vhost_guest, many_chains_at_once_are_all_answered)
{
    struct session s = begin();
    make_screen(s.fe, 1);
    uint8_t request[24 + 24] = {VIRTIO_GPU_CMD_RESOURCE_FLUSH & 0xFF,
                                VIRTIO_GPU_CMD_RESOURCE_FLUSH >> 8};
    sl_put_le32(request + 24 + 8, W);
    sl_put_le32(request + 24 + 12, H);
    sl_put_le32(request + 24 + 16, 1);
    for (int round = 0; round < 20; round++) {
        uint64_t responses[32];
        for (int i = 0; i < 32; i++) {
            responses[i] = vhost_submit(s.fe, 0, request, sizeof(request), 24);
        }
        const struct sl_virtio_queue *q = &s.fe->guest.queues[0];
        uint16_t want = (uint16_t)(s.fe->seen[0] + 32);
        for (int waited = 0; waited < 2000; waited++) {
            __atomic_thread_fence(__ATOMIC_SEQ_CST);
            if (sl_get_le16(vhost_at(s.fe, q->used + 2)) == want) {
                break;
            }
            vhost_settle(s.fe, 5);
        }
        s.fe->seen[0] = want;
        cr_assert_eq(sl_get_le16(vhost_at(s.fe, q->used + 2)), want, "round %d", round);
        for (int i = 0; i < 32; i++) {
            uint8_t type[4];
            vhost_read(s.fe, responses[i], type, 4);
            cr_assert_eq(sl_get_le32(type), VIRTIO_GPU_RESP_OK_NODATA);
        }
        uint64_t count;
        while (read(s.fe->call[0], &count, sizeof(count)) > 0) {
        }
    }
    end_with_picture(&s);
}

/* ---- Guests that change memory while the device reads it ---- */

struct scribbler {
    uint8_t *bytes;
    size_t size;
    const uint8_t *values; /* each in turn */
    size_t count;
    atomic_bool stop;
};

static void *scribble(void *argument)
{
    struct scribbler *it = argument;
    for (size_t i = 0; !atomic_load(&it->stop); i++) {
        for (size_t k = 0; k < it->size; k++) {
            *(volatile uint8_t *)(it->bytes + k) = it->values[i % it->count];
        }
    }
    return NULL;
}

Test(vhost_guest, a_guest_that_draws_meanwhile_gives_a_trace_that_replays)
{
    struct session s = begin();
    make_screen(s.fe, 1);
    static const uint8_t shades[] = {0, 1, 2, 3, 50, 100, 150, 200, 250};
    struct scribbler it = {vhost_at(s.fe, PICTURE), W * H * 4, shades, sizeof(shades), false};
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, scribble, &it), 0);
    for (int i = 0; i < 60; i++) {
        vhost_show(s.fe, 1, W, H);
    }
    atomic_store(&it.stop, true);
    pthread_join(thread, NULL);
    end_with_picture(&s); /* torn pictures, but the same ones */
}

Test(vhost_guest, a_guest_that_rewrites_its_requests_gives_a_trace_that_replays)
{
    struct session s = begin();
    make_screen(s.fe, 1);
    enum { REQUEST = 0x60000, ANSWER = 0x60800, TABLE = 0x18000, ID_AT = 24 + 24 };
    uint8_t transfer[24 + 32] = {VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D & 0xFF,
                                 VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D >> 8};
    sl_put_le32(transfer + 24 + 8, W);
    sl_put_le32(transfer + 24 + 12, H);
    sl_put_le32(transfer + ID_AT, 1);
    vhost_write(s.fe, REQUEST, transfer, sizeof(transfer));
    static const uint8_t ids[] = {1, 2};
    static const uint8_t widths[] = {W, 1, W + 1, 0};
    struct scribbler its[] = {{vhost_at(s.fe, REQUEST + ID_AT), 1, ids, 2, false},
                              {vhost_at(s.fe, REQUEST + 24 + 8), 1, widths, 4, false}};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(pthread_create(&threads[i], NULL, scribble, &its[i]), 0);
    }
    for (int i = 0; i < 200; i++) {
        struct sl_virtio_piece pieces[] = {{REQUEST, sizeof(transfer), false}, {ANSWER, 24, true}};
        cr_assert_eq(sl_virtio_guest_chain(&s.fe->guest, 0, pieces, 2, TABLE, NULL), SL_OK);
        vhost_kick(s.fe, 0, true);
        cr_assert_eq(vhost_wait(s.fe, 0), 24);
    }
    for (int i = 0; i < 2; i++) {
        atomic_store(&its[i].stop, true);
        pthread_join(threads[i], NULL);
    }
    show(s.fe, 2);
    expect_seed(s.fe, 2);
    end_with_picture(&s);
}
