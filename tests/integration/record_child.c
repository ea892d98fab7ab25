#include "record_child.h"

#include "base/buf.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 30000, MOST_ARGS = 16 };

/* The tool lies beside the folder of the test program. */
static const char *tool_path(void)
{
    static char path[4096];
    ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - 32);
    cr_assert_gt(size, 0);
    path[size] = '\0';
    for (int i = 0; i < 2; i++) {
        char *slash = strrchr(path, '/');
        cr_assert_not_null(slash);
        *slash = '\0';
    }
    strcat(path, "/scanlock");
    return path;
}

static _Noreturn void run_tool(const struct record_child *child, const char *tool,
                               const char *const *args)
{
    const char *argv[MOST_ARGS + 1] = {tool,          "record", "--vhost-user-gpu",
                                       child->socket, "-o",     child->trace};
    size_t count = 6;
    for (; args && *args && count < MOST_ARGS; args++) {
        argv[count++] = *args;
    }
    int log = open(child->log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(log, 1);
    dup2(log, 2);
    char *words[MOST_ARGS + 1];
    memcpy(words, argv, sizeof(words));
    execv(tool, words);
    _exit(127);
}

void record_child_start(struct record_child *child, const char *const *args)
{
    *child = (struct record_child){0};
    strcpy(child->folder, "/tmp/scanlock-record-XXXXXX");
    cr_assert_not_null(mkdtemp(child->folder));
    snprintf(child->socket, sizeof(child->socket), "%s/socket", child->folder);
    snprintf(child->trace, sizeof(child->trace), "%s/guest.slt", child->folder);
    snprintf(child->log, sizeof(child->log), "%s/log", child->folder);
    const char *tool = tool_path();
    child->pid = fork();
    cr_assert_geq(child->pid, 0);
    if (child->pid == 0) {
        run_tool(child, tool, args);
    }
}

const char *record_child_log(const struct record_child *child)
{
    static char text[4096];
    int fd = open(child->log, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
    if (fd >= 0) {
        close(fd);
    }
    text[size < 0 ? 0 : size] = '\0';
    return text;
}

int record_child_wait(struct record_child *child)
{
    int status = 0;
    pid_t ended = 0;
    for (int waited = 0; ended == 0 && waited < PATIENCE_MS; waited += 5) {
        ended = waitpid(child->pid, &status, WNOHANG);
        if (ended == 0) {
            nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
        }
    }
    cr_assert_eq(ended, child->pid, "the recorder does not end: %s", record_child_log(child));
    child->pid = 0;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int record_child_stop(struct record_child *child, int number)
{
    cr_assert_eq(kill(child->pid, number), 0);
    return record_child_wait(child);
}

bool record_child_is_alive(struct record_child *child)
{
    siginfo_t info = {0};
    waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT);
    return info.si_pid == 0;
}

void record_child_finish(struct record_child *child)
{
    if (child->pid > 0) {
        record_child_stop(child, SIGKILL);
    }
    unlink(child->socket);
    unlink(child->trace);
    unlink(child->log);
    cr_assert_eq(rmdir(child->folder), 0, "%s is not empty", child->folder);
}

/* ---- Replay ---- */

struct reader {
    struct recorded *recorded;
    uint32_t scanout;
};

static enum sl_status take_frame(void *data, uint32_t index, const char *name,
                                 const struct sl_image *image, struct sl_error *err)
{
    struct reader *reader = data;
    struct sl_image *last = &reader->recorded->last[reader->scanout];
    (void)index;
    (void)name;
    reader->recorded->frames++;
    sl_image_finish(last);
    enum sl_status status = sl_image_init(last, image->width, image->height, err);
    if (status == SL_OK) {
        memcpy(last->pixels, image->pixels, sl_image_size_bytes(image));
    }
    return status;
}

static void take_scanout(void *data, uint64_t event, uint32_t scanout)
{
    struct reader *reader = data;
    (void)event;
    reader->scanout = scanout;
}

static enum sl_status take_broken(void *data, uint64_t event, const char *text,
                                  struct sl_error *err)
{
    struct reader *reader = data;
    (void)err;
    if (reader->recorded->broken++ == 0) {
        snprintf(reader->recorded->first_broken, sizeof(reader->recorded->first_broken),
                 "event %llu: %s", (unsigned long long)event, text);
    }
    return SL_OK;
}

static enum sl_status take_error(void *data, uint64_t event, const char *text, struct sl_error *err)
{
    struct reader *reader = data;
    (void)event;
    (void)text;
    (void)err;
    reader->recorded->errors++;
    return SL_OK;
}

static enum sl_status take_event(void *data, uint64_t event, const struct sl_event *what,
                                 struct sl_error *err)
{
    struct recorded *recorded = ((struct reader *)data)->recorded;
    (void)event;
    (void)err;
    if (what->type == SL_EVENT_EXPECT) {
        recorded->responses += what->u.expect.kind == SL_OBS_RESPONSE;
        recorded->used += what->u.expect.kind == SL_OBS_USED;
    } else if (what->type == SL_EVENT_MEM) {
        recorded->memory_bytes += what->u.mem.size;
    } else if (what->type == SL_EVENT_RAM) {
        recorded->ram_maps++;
    }
    return SL_OK;
}

void recorded_read(struct recorded *recorded, const char *path)
{
    *recorded = (struct recorded){0};
    struct reader reader = {.recorded = recorded};
    struct sl_error err = {0};
    struct sl_trace *trace;
    char text[1024];
    cr_assert_eq(sl_trace_open(path, &trace, &err), SL_OK, "%s",
                 sl_error_format(&err, text, sizeof(text)));
    recorded->is_truncated = sl_trace_is_truncated(trace);
    struct sl_replay_options options;
    sl_replay_options_defaults(&options);
    struct sl_replay_callbacks callbacks = {.data = &reader,
                                            .frame = take_frame,
                                            .broken = take_broken,
                                            .device_error = take_error,
                                            .capturing = take_scanout,
                                            .passed = take_event};
    cr_assert_eq(sl_replay_run(trace, &options, &callbacks, &err), SL_OK, "%s",
                 sl_error_format(&err, text, sizeof(text)));
    sl_trace_close(trace);
}

void recorded_finish(struct recorded *recorded)
{
    for (size_t i = 0; i < VHOST_SCANOUTS; i++) {
        sl_image_finish(&recorded->last[i]);
    }
}

bool recorded_shows(const struct recorded *recorded, uint32_t scanout,
                    const struct vhost_picture *picture)
{
    const struct sl_image *image = &recorded->last[scanout];
    if (image->width != picture->width || image->height != picture->height || !picture->pixels) {
        return false;
    }
    for (size_t i = 0; i < (size_t)image->width * image->height; i++) {
        const uint8_t *p = image->pixels + 4 * i;
        uint32_t xrgb = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
        if (xrgb != (picture->pixels[i] & 0xFFFFFF)) {
            return false;
        }
    }
    return true;
}
