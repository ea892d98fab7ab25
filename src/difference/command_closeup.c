#include "difference/command_closeup.h"

#include "base/status.h"
#include "difference/command_list.h"
#include "difference/device_state.h"

/* A replay on its way to the commands. */
struct viewer {
    struct sl_command_closeup *closeup;
    struct sl_target *target;
    size_t count; /* commands so far */
    struct sl_error failure;
};

static void attach(void *data, struct sl_target *target)
{
    ((struct viewer *)data)->target = target;
}

static bool is_near(const struct sl_command_closeup *closeup, size_t command)
{
    return closeup->command != SL_CLOSEUP_NONE && command <= closeup->command &&
           closeup->command - command <= SL_CLOSEUP_CONTEXT;
}

static enum sl_status view_command(void *data, uint64_t event, const struct sl_command *command,
                                   struct sl_error *err)
{
    struct viewer *viewer = data;
    struct sl_command_closeup *closeup = viewer->closeup;
    size_t number = viewer->count++;
    if (viewer->failure.status != SL_OK) {
        *err = viewer->failure;
        return err->status;
    }
    bool failed = false;
    if (is_near(closeup, number)) {
        struct sl_command_text *text = &closeup->texts[number % (SL_CLOSEUP_CONTEXT + 1)];
        text->event = event;
        sl_buf_text(&text->name, command->name);
        sl_buf_text(&text->text, command->text);
        sl_buf_append(&text->bytes, command->bytes, command->size);
        failed = text->name.failed || text->text.failed || text->bytes.failed;
    }
    if (number == closeup->settled) {
        sl_buf_printf(&closeup->after, "%s%s%s", command->name, command->text[0] ? " " : "",
                      command->text);
        failed = failed || closeup->after.failed;
    }
    return failed ? sl_fail_memory(err, command->size) : SL_OK;
}

static void view_state(void *data, uint64_t event)
{
    (void)event;
    struct viewer *viewer = data;
    struct sl_command_closeup *closeup = viewer->closeup;
    uint64_t left = SL_COMMAND_PICTURES_MAX;
    if (viewer->failure.status != SL_OK || viewer->count != closeup->settled + 1) {
        return;
    }
    if (sl_state_describe(viewer->target, &closeup->state, &viewer->failure) == SL_OK) {
        sl_state_list_targets(viewer->target, &left, &closeup->targets, &viewer->failure);
    }
}

static enum sl_status view_answer(void *data, const char *text, struct sl_error *err)
{
    struct viewer *viewer = data;
    struct sl_command_closeup *closeup = viewer->closeup;
    if (viewer->count == closeup->settled + 1 && closeup->settled != SL_CLOSEUP_NONE) {
        sl_state_append_answer(&closeup->answer, text);
    }
    return closeup->answer.failed ? sl_fail_memory(err, 0) : SL_OK;
}

static enum sl_status end_view(void *data, uint64_t event, const struct sl_command *next,
                               struct sl_target *target, struct sl_error *err)
{
    (void)event;
    (void)next;
    (void)target;
    const struct viewer *viewer = data;
    if (viewer->failure.status != SL_OK) {
        *err = viewer->failure;
    }
    return viewer->failure.status;
}

/* The command to stop before: the answer to a command comes before the next one. */
static uint64_t last_command(const struct sl_command_closeup *closeup)
{
    uint64_t last = closeup->command == SL_CLOSEUP_NONE ? 0 : (uint64_t)closeup->command + 1;
    uint64_t settled = closeup->settled == SL_CLOSEUP_NONE ? 0 : (uint64_t)closeup->settled + 1;
    return last > settled ? last : settled;
}

enum sl_status sl_command_closeup_read(struct sl_command_closeup *closeup, const char *path,
                                       struct sl_error *err)
{
    struct sl_error unused = {0};
    struct viewer viewer = {.closeup = closeup};
    struct sl_replay_options options;
    const struct sl_replay_callbacks callbacks = {
        .data = &viewer,
        .line = view_answer,
        .attached = attach,
        .command = view_command,
        .executed = view_state,
        .ended = end_view,
    };
    sl_replay_options_defaults(&options);
    options.until_command = last_command(closeup);
    return sl_command_replay(path, &options, &callbacks, err ? err : &unused);
}

const struct sl_command_text *sl_command_closeup_text(const struct sl_command_closeup *closeup,
                                                      size_t command)
{
    const struct sl_command_text *text = &closeup->texts[command % (SL_CLOSEUP_CONTEXT + 1)];
    return is_near(closeup, command) && text->name.size ? text : NULL;
}

void sl_command_closeup_finish(struct sl_command_closeup *closeup)
{
    for (size_t i = 0; i <= SL_CLOSEUP_CONTEXT; i++) {
        sl_buf_finish(&closeup->texts[i].name);
        sl_buf_finish(&closeup->texts[i].text);
        sl_buf_finish(&closeup->texts[i].bytes);
    }
    sl_buf_finish(&closeup->after);
    sl_buf_finish(&closeup->answer);
    sl_buf_finish(&closeup->state);
    sl_buf_finish(&closeup->targets);
}
