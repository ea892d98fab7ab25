/* `scanlock record` and the ways in which front ends and drivers start. */
#include "base/bytes.h"
#include "record_child.h"
#include "vhost_front_end.h"

#include <criterion/criterion.h>
#include <linux/virtio_gpu.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

TestSuite(vhost_start, .timeout = 120);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { W = 200, H = 150, PICTURE = VHOST_FREE };

static const struct vhost_variant variants[] = {
    {.name = "7.2, Linux", .has_event_idx = true, .has_indirect = true},
    {.name = "7.2, plain rings, two regions", .tables = 1},
    {.name = "7.2, three regions, all protocol features",
     .takes_mq = true,
     .takes_ack = true,
     .tables = 2,
     .has_event_idx = true,
     .has_indirect = true},
    {.name = "10, Linux", .is_version10 = true, .has_event_idx = true, .has_indirect = true},
    {.name = "10, all protocol features, direct descriptors",
     .is_version10 = true,
     .takes_mq = true,
     .takes_ack = true,
     .tables = 1,
     .has_event_idx = true},
    {.name = "10, indirect descriptors without event index",
     .is_version10 = true,
     .takes_ack = true,
     .tables = 2,
     .has_indirect = true},
    {.name = "7.2, byte by byte", .takes_ack = true, .has_event_idx = true, .splits = true},
    {.name = "10, byte by byte",
     .is_version10 = true,
     .takes_mq = true,
     .tables = 2,
     .has_indirect = true,
     .splits = true},
};

static void expect_pixels(const struct vhost_picture *picture, uint32_t seed, const char *what)
{
    cr_assert(picture->width == W && picture->height == H, "%s: %ux%u", what, picture->width,
              picture->height);
    for (uint32_t i = 0; i < W * H; i++) {
        cr_assert_eq(picture->pixels[i] & 0xFFFFFF, vhost_pixel(seed, i % W, i / W),
                     "%s: pixel %u, %u is 0x%x", what, i % W, i / W, picture->pixels[i]);
    }
}

static void show_one(struct vhost_front_end *fe, uint32_t seed)
{
    vhost_make_resource(fe, 1, W, H, PICTURE);
    VHOST_COMMAND(fe, VIRTIO_GPU_CMD_SET_SCANOUT, 0, 0, W, H, 0, 1);
    vhost_paint(fe, PICTURE, W, H, seed);
    vhost_show(fe, 1, W, H);
    vhost_settle(fe, 100);
}

Test(vhost_start, every_variant_gets_its_first_frame)
{
    for (size_t i = 0; i < COUNT(variants); i++) {
        const char *name = variants[i].name;
        struct record_child child;
        record_child_start(&child, NULL);
        struct vhost_front_end *fe = vhost_front_end_create(child.socket, &variants[i]);
        vhost_start(fe);
        show_one(fe, (uint32_t)i);
        cr_assert_eq(fe->screen.feature_questions, 1, "%s", name);
        cr_assert_eq(fe->screen.feature_choices, 1, "%s", name);
        expect_pixels(&fe->screen.pictures[0], (uint32_t)i, name);

        cr_assert_eq(record_child_stop(&child, SIGTERM), 0, "%s: %s", name,
                     record_child_log(&child));
        struct recorded recorded;
        recorded_read(&recorded, child.trace);
        cr_assert_not(recorded.is_truncated, "%s", name);
        cr_assert_eq(recorded.broken, 0, "%s: %s", name, recorded.first_broken);
        cr_assert_eq(recorded.responses, 5, "%s: %u answers", name, recorded.responses);
        cr_assert_eq(recorded.used, 5, "%s: %u used entries", name, recorded.used);
        cr_assert_geq(recorded.frames, 1, "%s", name);
        cr_assert_eq(recorded.errors, 0, "%s", name);
        cr_assert(recorded_shows(&recorded, 0, &fe->screen.pictures[0]), "%s", name);
        recorded_finish(&recorded);
        vhost_front_end_destroy(fe);
        record_child_finish(&child);
    }
}

/* A recorder and a front end of the usual kind. */
struct session {
    struct record_child child;
    struct vhost_front_end *fe;
};

static struct session begin(const char *const *args)
{
    struct session s;
    record_child_start(&s.child, args);
    s.fe = vhost_front_end_create(s.child.socket, &variants[0]);
    return s;
}

static void end(struct session *s)
{
    cr_assert_eq(record_child_stop(&s->child, SIGTERM), 0, "%s", record_child_log(&s->child));
    struct recorded recorded;
    recorded_read(&recorded, s->child.trace);
    cr_assert_not(recorded.is_truncated);
    cr_assert_eq(recorded.broken, 0, "%s", recorded.first_broken);
    recorded_finish(&recorded);
    vhost_front_end_destroy(s->fe);
    record_child_finish(&s->child);
}

Test(vhost_start, the_guest_is_told_the_front_ends_displays)
{
    struct session s = begin(NULL);
    s.fe->screen.widths[0] = 1111;
    s.fe->screen.heights[0] = 777;
    vhost_start(s.fe);
    uint8_t info[408];
    vhost_query(s.fe, VIRTIO_GPU_CMD_GET_DISPLAY_INFO, NULL, 0, info, sizeof(info));
    cr_assert_eq(sl_get_le32(info), VIRTIO_GPU_RESP_OK_DISPLAY_INFO);
    cr_assert_eq(sl_get_le32(info + 24 + 8), 1111);
    cr_assert_eq(sl_get_le32(info + 24 + 12), 777);
    cr_assert_eq(sl_get_le32(info + 24 + 16), 1);
    cr_assert_eq(s.fe->screen.display_questions, 1);
    s.fe->screen.widths[0] = 500; /* the user resized the window */
    vhost_query(s.fe, VIRTIO_GPU_CMD_GET_DISPLAY_INFO, NULL, 0, info, sizeof(info));
    cr_assert_eq(sl_get_le32(info + 24 + 8), 500);
    end(&s);
}

Test(vhost_start, a_front_end_without_an_answer_does_not_hold_up_the_guest_for_good)
{
    struct session s = begin(NULL);
    s.fe->screen.is_mute = true;
    vhost_start(s.fe);
    static const uint8_t request[24] = {VIRTIO_GPU_CMD_GET_DISPLAY_INFO & 0xFF,
                                        VIRTIO_GPU_CMD_GET_DISPLAY_INFO >> 8};
    vhost_submit(s.fe, 0, request, sizeof(request), 408);
    vhost_settle(s.fe, 200);
    cr_assert_eq(s.fe->screen.display_questions, 1);
    vhost_screen_close(&s.fe->screen);
    cr_assert_eq(vhost_wait(s.fe, 0), 408);
    end(&s);
}

Test(vhost_start, a_driver_can_stop_while_the_front_end_thinks)
{
    struct session s = begin(NULL);
    s.fe->screen.is_mute = true;
    vhost_start(s.fe);
    static const uint8_t request[24] = {VIRTIO_GPU_CMD_GET_DISPLAY_INFO & 0xFF,
                                        VIRTIO_GPU_CMD_GET_DISPLAY_INFO >> 8};
    vhost_submit(s.fe, 0, request, sizeof(request), 408);
    vhost_settle(s.fe, 200);
    vhost_stop(s.fe);
    s.fe->screen.is_mute = false;
    vhost_start(s.fe);
    show_one(s.fe, 3);
    expect_pixels(&s.fe->screen.pictures[0], 3, "after the restart");
    end(&s);
}

Test(vhost_start, an_edid_can_be_asked_for)
{
    struct session s = begin(NULL);
    vhost_start(s.fe);
    uint8_t edid[1056];
    uint32_t words[] = {0, 0};
    vhost_query(s.fe, VIRTIO_GPU_CMD_GET_EDID, words, 2, edid, sizeof(edid));
    cr_assert_eq(sl_get_le32(edid), VIRTIO_GPU_RESP_OK_EDID);
    uint32_t size = sl_get_le32(edid + 24);
    cr_assert(size >= 128 && size <= 1024 && size % 128 == 0);
    cr_assert_eq(memcmp(edid + 32, "\0\xFF\xFF\xFF\xFF\xFF\xFF\0", 8), 0);
    uint32_t announced = 128u * (1u + edid[32 + 126]);
    cr_assert_leq(announced, size, "the guest drops an EDID without the blocks that it announces");
    for (uint32_t block = 0; block < announced; block += 128) {
        uint8_t sum = 0;
        for (uint32_t i = 0; i < 128; i++) {
            sum = (uint8_t)(sum + edid[32 + block + i]);
        }
        cr_assert_eq(sum, 0, "checksum of the block at %u", block);
    }
    end(&s);
}

Test(vhost_start, configuration_reads_and_takes_writes_at_any_time)
{
    struct session s = begin(NULL);
    uint8_t config[16];
    vhost_get_config(s.fe, config);
    cr_assert_eq(sl_get_le32(config + 12), 0, "no capability sets");
    vhost_start(s.fe);
    sl_put_le32(config + 4, 1); /* events_clear */
    vhost_set_config(s.fe, config);
    vhost_get_config(s.fe, config);
    cr_assert_eq(sl_get_le32(config), 0, "nothing has happened");
    show_one(s.fe, 5);
    vhost_get_config(s.fe, config);
    expect_pixels(&s.fe->screen.pictures[0], 5, "frame");
    end(&s);
}

/* A driver may queue before the queues are enabled; that kick must not be lost. */
Test(vhost_start, what_waits_in_a_ring_is_found_at_the_start)
{
    struct session s = begin(NULL);
    vhost_start(s.fe);
    show_one(s.fe, 1);
    vhost_stop(s.fe);
    cr_assert_eq(s.fe->base[0], 5);
    static const uint8_t request[24] = {VIRTIO_GPU_CMD_GET_DISPLAY_INFO & 0xFF,
                                        VIRTIO_GPU_CMD_GET_DISPLAY_INFO >> 8};
    vhost_submit(s.fe, 0, request, sizeof(request), 408);
    vhost_resume(s.fe);
    cr_assert_eq(vhost_wait(s.fe, 0), 408);
    end(&s);
}

Test(vhost_start, without_an_interrupt_to_send_commands_complete)
{
    struct session s = begin(NULL);
    vhost_start(s.fe);
    enum { NO_FD = 0x100 };
    vhost_send_u64(s.fe, VHOST_SET_VRING_CALL, 0 | NO_FD, NULL);
    static const uint8_t request[24] = {VIRTIO_GPU_CMD_GET_DISPLAY_INFO & 0xFF,
                                        VIRTIO_GPU_CMD_GET_DISPLAY_INFO >> 8};
    vhost_get_config(s.fe, (uint8_t[16]){0}); /* a barrier */
    vhost_submit(s.fe, 0, request, sizeof(request), 408);
    const uint8_t *used = vhost_at(s.fe, s.fe->guest.queues[0].used);
    for (int i = 0; i < 1000 && sl_get_le16(used + 2) == 0; i++) {
        vhost_settle(s.fe, 10);
    }
    cr_assert_eq(sl_get_le16(used + 2), 1);
    uint64_t count;
    cr_assert_lt(read(s.fe->call[0], &count, sizeof(count)), 0, "nobody may be interrupted");
    s.fe->seen[0]++;
    vhost_send_u64(s.fe, VHOST_SET_VRING_CALL, 0, &s.fe->call[0]);
    vhost_get_config(s.fe, (uint8_t[16]){0});
    show_one(s.fe, 2);
    end(&s);
}

Test(vhost_start, displays_of_the_command_line_are_not_asked_for)
{
    static const char *const args[] = {"--display-info", "640x480,off,320x200", NULL};
    struct session s = begin(args);
    uint8_t config[16];
    vhost_get_config(s.fe, config);
    cr_assert_eq(sl_get_le32(config + 8), 3, "scanouts");
    vhost_start(s.fe);
    uint8_t info[408];
    vhost_query(s.fe, VIRTIO_GPU_CMD_GET_DISPLAY_INFO, NULL, 0, info, sizeof(info));
    static const uint32_t want[][3] = {{640, 480, 1}, {0, 0, 0}, {320, 200, 1}, {0, 0, 0}};
    for (size_t i = 0; i < 4; i++) {
        const uint8_t *display = info + 24 + i * 24;
        cr_assert_eq(sl_get_le32(display + 16), want[i][2], "display %zu", i);
        cr_assert(!want[i][2] || (sl_get_le32(display + 8) == want[i][0] &&
                                  sl_get_le32(display + 12) == want[i][1]),
                  "display %zu", i);
    }
    cr_assert_eq(s.fe->screen.display_questions, 0);
    end(&s);
}

Test(vhost_start, a_second_front_end_waits_for_its_turn)
{
    struct session s = begin(NULL);
    vhost_start(s.fe);
    struct vhost_front_end second = {.socket = -1, .variant = variants[0]};
    vhost_connect(&second, s.child.socket);
    vhost_send(&second, VHOST_GET_FEATURES, 0, NULL, 0, NULL, 0);
    show_one(s.fe, 1);
    expect_pixels(&s.fe->screen.pictures[0], 1, "the first one goes on");
    vhost_disconnect(s.fe);
    uint64_t features;
    vhost_read_reply(&second, VHOST_GET_FEATURES, &features, sizeof(features));
    close(second.socket);
    end(&s);
}
