/* Packets that fail, seen from outside: errors, codes, and the option that passes over them. */
#include "aerogpu_rig.h"

#include <criterion/criterion.h>
#include <string.h>

enum { CMD_DECODE = 1, OOB = 2, BACKEND = 3 };

static struct aerogpu_rig rig;

static void down(void)
{
    aerogpu_rig_finish(&rig);
}

TestSuite(aerogpu_execution, .fini = down);

static void up(const char *option, const char *value)
{
    const struct sl_option given = {.name = option, .value = value};
    const struct sl_target_config config = {
        .profile = "", .options = &given, .option_count = option != NULL};
    aerogpu_rig_init_with(&rig, &config);
}

/* A bad handle, an upload past the end, a dispatch; then a buffer that can be made only once. */
static void run_failing_packets(void)
{
    struct sl_buf stream = {0};
    aerogpu_stream_begin(&stream);
    aerogpu_stream_packet(&stream, 0x100, (uint32_t[]){1, 0, 16, 0, 0, 0, 0, 0}, 8);
    aerogpu_stream_packet(&stream, 0x104, (uint32_t[]){9, 0, 0, 0, 4, 0, 0}, 7);
    aerogpu_stream_packet(&stream, 0x104, (uint32_t[]){1, 0, 16, 0, 4, 0, 0}, 7);
    aerogpu_stream_packet(&stream, 0x603, (uint32_t[]){1, 1, 1, 2}, 4);
    aerogpu_stream_packet(&stream, 0x520, (uint32_t[]){2, 0, 0, 0, 0}, 5);
    aerogpu_rig_run(&rig, &stream, 5);
    sl_buf_finish(&stream);
}

static void expect_error(size_t n, const char *start)
{
    const struct aerogpu_seen *seen = aerogpu_rig_seen(&rig, SL_OBS_ERROR, n);
    cr_assert_not_null(seen, "error %zu", n);
    cr_assert_eq(strncmp(seen->text, start, strlen(start)), 0, "%s", seen->text);
}

Test(aerogpu_execution, the_first_failing_packet_ends_a_stream)
{
    up(NULL, NULL);
    run_failing_packets();
    cr_assert_eq(aerogpu_rig_fence(&rig), 5);
    cr_assert_eq(aerogpu_rig_error_count(&rig), 1);
    cr_assert_eq(aerogpu_rig_error(&rig), CMD_DECODE);
    expect_error(0, "CMD_DECODE class=BAD_HANDLE fence=5 packet=1 offset=0x40 "
                    "UPLOAD_RESOURCE:");
}

Test(aerogpu_execution, failing_packets_can_be_passed_over)
{
    up("on_error", "continue");
    run_failing_packets();
    cr_assert_eq(aerogpu_rig_fence(&rig), 5);
    cr_assert_eq(aerogpu_rig_error_count(&rig), 3);
    cr_assert_eq(aerogpu_rig_error(&rig), BACKEND);
    expect_error(0, "CMD_DECODE class=BAD_HANDLE fence=5 packet=1 offset=0x40 "
                    "UPLOAD_RESOURCE:");
    expect_error(1, "OOB class=OUT_OF_BOUNDS fence=5 packet=2 offset=0x64 "
                    "UPLOAD_RESOURCE:");
    expect_error(2, "BACKEND class=UNSUPPORTED fence=5 packet=3 offset=0x88 DISPATCH:");
}

/* A clear without a target is an error of the d3d9 family only. */
Test(aerogpu_execution, the_flavour_can_be_given)
{
    struct sl_buf stream = {0};
    for (int d3d9 = 0; d3d9 < 2; d3d9++) {
        up("flavour", d3d9 ? "d3d9" : "d3d11");
        aerogpu_stream_begin(&stream);
        aerogpu_stream_packet(&stream, 0x600, (uint32_t[]){1, 0, 0, 0, 0, 0, 0}, 7);
        aerogpu_rig_run(&rig, &stream, 1);
        cr_assert_eq(aerogpu_rig_error_count(&rig), d3d9);
        aerogpu_rig_finish(&rig);
    }
    sl_buf_finish(&stream);
}
