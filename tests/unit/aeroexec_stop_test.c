/* Stopping before a command: nothing from it on executes, and the state says what came before. */
#include "aeroexec_rig.h"

#include <stdio.h>
#include <string.h>

TestSuite(aeroexec_stop);

struct watcher {
    uint64_t until;
    uint64_t seen; /* commands told of */
    uint64_t executed;
    struct sl_buf names;
};

static bool on_command(void *data, const struct sl_command *command)
{
    struct watcher *watcher = data;
    cr_assert_eq(command->index, watcher->seen);
    watcher->seen++;
    if (command->index == watcher->until) {
        return false;
    }
    sl_buf_printf(&watcher->names, "%u.%u %s %s\n", (unsigned)command->submission, command->packet,
                  command->name, command->text);
    return true;
}

static void on_executed(void *data)
{
    struct watcher *watcher = data;
    watcher->executed++;
    cr_assert_eq(watcher->executed, watcher->seen);
}

static void append_line(void *data, const char *text)
{
    sl_buf_printf(data, "%s\n", text);
}

/* The line of the state that begins with this word and a space, or "". */
static void state_line(const struct rig *rig, const char *word, char *out, size_t size)
{
    struct sl_buf text = {0};
    cr_assert_eq(sl_agpu_exec_describe(rig->exec, append_line, &text, NULL), SL_OK);
    out[0] = '\0';
    size_t length = strlen(word);
    const char *line = sl_buf_cstr(&text);
    while (line && *line) {
        const char *end = strchr(line, '\n');
        if (strncmp(line, word, length) == 0 && line[length] == ' ') {
            snprintf(out, size, "%.*s", (int)(end - line), line);
        }
        line = end + 1;
    }
    sl_buf_finish(&text);
}

#define F1 0x3F800000u /* 1.0f */

/* Two submissions, of which the second begins with SET_SCISSOR, command 6. */
static void submit_first(struct rig *rig)
{
    TEXTURE(rig, .handle = 1, .width = 8, .height = 4, .usage_flags = 1u << 4);
    rig_set_target(rig, 1, 0);
    PACKET(rig, AEROGPU_CMD_SET_VIEWPORT, 0, 0, 0x41000000, 0x40800000, 0, F1);
    PACKET(rig, 0x7777, 1);
    PACKET(rig, AEROGPU_CMD_SET_PRIMITIVE_TOPOLOGY, AEROGPU_TOPOLOGY_LINELIST, 0);
    rig_clear_color(rig, 1, 0, 0, 1);
    rig_run(rig);
}

static void submit_second(struct rig *rig)
{
    PACKET(rig, AEROGPU_CMD_SET_SCISSOR, 1, 2, 3, 4);
    PACKET(rig, AEROGPU_CMD_SET_CONSTANT_BUFFERS, 1, 2, 1, 0, 9, 16, 32, 0);
    rig_clear_color(rig, 0, 1, 0, 1);
    rig_run(rig);
}

static struct rig make(struct watcher *watcher, struct sl_inspector *inspector)
{
    *inspector =
        (struct sl_inspector){.data = watcher, .command = on_command, .executed = on_executed};
    return rig_make_with((struct sl_agpu_exec_config){.inspector = inspector});
}

/* What each command changes shows behind it and not before it. */
Test(aeroexec_stop, state_before_each_command)
{
    static const struct {
        uint64_t command;
        const char *word;
        const char *before;
        const char *after;
    } changes[] = {
        {1, "color 0", "", "color 0 handle=1 8x4 R8G8B8A8_UNORM mip=0 layer=0"},
        {2, "viewport", "viewport not set",
         "viewport x=0 y=0 width=8 height=4 min_depth=0 max_depth=1"},
        {4, "topology", "topology TRIANGLELIST", "topology LINELIST"},
        {6, "scissor", "scissor enable=0 not set", "scissor enable=0 x=1 y=2 width=3 height=4"},
        {7, "constant_buffer PIXEL", "",
         "constant_buffer PIXEL 2 handle=9 not created offset_bytes=16 size_bytes=32"},
        {7, "context", "context 0 flavour=undecided", "context 0 flavour=d3d11"},
    };
    for (uint64_t until = 0; until <= 9; until++) {
        struct watcher watcher = {.until = until};
        struct sl_inspector inspector;
        struct rig rig = make(&watcher, &inspector);
        submit_first(&rig);
        cr_assert_eq(rig.outcome.stopped, until < 6);
        if (until >= 6) {
            submit_second(&rig);
            cr_assert_eq(rig.outcome.stopped, until < 9);
        }
        cr_assert_eq(rig.outcome.class_, SL_AGPU_OK);
        cr_assert_eq(watcher.executed, until);
        for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
            char line[256];
            state_line(&rig, changes[i].word, line, sizeof(line));
            cr_assert_str_eq(line,
                             changes[i].command < until ? changes[i].after : changes[i].before);
        }
        sl_buf_finish(&watcher.names);
        rig_finish(&rig);
    }
}

Test(aeroexec_stop, commands_are_told_in_order)
{
    struct watcher watcher = {.until = UINT64_MAX};
    struct sl_inspector inspector;
    struct rig rig = make(&watcher, &inspector);
    submit_first(&rig);
    submit_second(&rig);
    const char *names = sl_buf_cstr(&watcher.names);
    cr_assert_not_null(strstr(names, "0.1 SET_RENDER_TARGETS color_count=1 depth_stencil=0 "));
    cr_assert_not_null(strstr(names, "\n0.3 ? opcode=0x7777\n"));
    cr_assert_not_null(strstr(names, "\n1.0 SET_SCISSOR x=1 y=2 width=3 height=4\n"));
    sl_buf_finish(&watcher.names);
    rig_finish(&rig);
}

/* 8 x 4 texels: red from the first submission, green from the second. */
Test(aeroexec_stop, pictures_of_targets)
{
    for (uint64_t until = 5; until <= 9; until++) {
        struct watcher watcher = {.until = until};
        struct sl_inspector inspector;
        struct rig rig = make(&watcher, &inspector);
        submit_first(&rig);
        if (until > 5) {
            submit_second(&rig);
        }
        const char *name = NULL;
        struct sl_image image;
        cr_assert_eq(sl_agpu_exec_picture(rig.exec, 0, &name, &image, NULL), SL_OK);
        cr_assert_str_eq(name, "color0");
        cr_assert(image.width == 8 && image.height == 4);
        static const uint8_t texels[3][4] = {{0, 0, 0, 0}, {255, 0, 0, 255}, {0, 255, 0, 255}};
        const uint8_t *want = texels[until == 5 ? 0 : until < 9 ? 1 : 2];
        for (size_t i = 0; i < 8 * 4; i++) {
            cr_assert_arr_eq(image.pixels + 4 * i, want, 4);
        }
        sl_image_finish(&image);
        for (uint32_t i = 1; i < 10; i++) {
            cr_assert_eq(sl_agpu_exec_picture(rig.exec, i, &name, &image, NULL), SL_OK);
            cr_assert(name && image.width == 0);
        }
        cr_assert_eq(sl_agpu_exec_picture(rig.exec, 10, &name, &image, NULL), SL_OK);
        cr_assert_null(name);
        sl_buf_finish(&watcher.names);
        rig_finish(&rig);
    }
}

/* D24S8: depth is the low 24 bits, stencil the high 8. Half of 0xFFFFFF is 128 of 255. */
Test(aeroexec_stop, depth_and_stencil_are_grey)
{
    struct rig rig = rig_make();
    TEXTURE(&rig, .handle = 1, .width = 2, .height = 2, .format = AEROGPU_FORMAT_D24_UNORM_S8_UINT);
    rig_set_target(&rig, 0, 1);
    rig_clear(&rig, AEROGPU_CLEAR_DEPTH | AEROGPU_CLEAR_STENCIL, 0.5f, 7);
    rig_ok(&rig);
    static const uint8_t greys[2][4] = {{128, 128, 128, 255}, {7, 7, 7, 255}};
    for (uint32_t i = 0; i < 2; i++) {
        const char *name;
        struct sl_image image;
        cr_assert_eq(sl_agpu_exec_picture(rig.exec, 8 + i, &name, &image, NULL), SL_OK);
        cr_assert_str_eq(name, i ? "stencil" : "depth");
        cr_assert_arr_eq(image.pixels, greys[i], 4);
        sl_image_finish(&image);
    }
    rig_finish(&rig);
}
