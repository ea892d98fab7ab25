#include "difference/command_list.h"

#include "base/array.h"
#include "base/hash.h"
#include "base/status.h"
#include "difference/device_state.h"

#include <stdlib.h>
#include <string.h>

static uint64_t hash_buf(const struct sl_buf *buf)
{
    return sl_hash64(buf->data, buf->size);
}

/* A replay that fills a list. */
struct lister {
    struct sl_command_list *list;
    struct sl_target *target;
    struct sl_buf text;
    uint64_t pictures_left;
    struct sl_error failure; /* of a callback that cannot say so */
};

static void attach(void *data, struct sl_target *target)
{
    ((struct lister *)data)->target = target;
}

static enum sl_status list_command(void *data, uint64_t event, const struct sl_command *command,
                                   struct sl_error *err)
{
    struct lister *lister = data;
    struct sl_command_list *list = lister->list;
    if (lister->failure.status != SL_OK) {
        *err = lister->failure;
        return err->status;
    }
    void *room =
        sl_array_grow(list->commands, &list->capacity, list->count, sizeof(*list->commands));
    if (!room) {
        return sl_fail_memory(err, list->capacity * 2 * sizeof(*list->commands));
    }
    list->commands = room;
    list->commands[list->count++] = (struct sl_command_facts){
        .identity = sl_hash64(command->bytes, command->size),
        .event = event,
        .opcode = command->opcode,
    };
    return SL_OK;
}

static void note_state(void *data, uint64_t event)
{
    (void)event;
    struct lister *lister = data;
    if (lister->list->count == 0 || lister->failure.status != SL_OK) {
        return;
    }
    struct sl_command_facts *last = &lister->list->commands[lister->list->count - 1];
    sl_buf_clear(&lister->text);
    enum sl_status status = sl_state_describe(lister->target, &lister->text, &lister->failure);
    last->state = hash_buf(&lister->text);
    sl_buf_clear(&lister->text);
    if (status == SL_OK) {
        status = sl_state_list_targets(lister->target, &lister->pictures_left, &lister->text,
                                       &lister->failure);
    }
    last->pictures = lister->pictures_left ? hash_buf(&lister->text) : 0;
}

/* An answer belongs to the command before it. */
static enum sl_status note_answer(void *data, const char *text, struct sl_error *err)
{
    struct lister *lister = data;
    struct sl_command_list *list = lister->list;
    sl_buf_clear(&lister->text);
    sl_state_append_answer(&lister->text, text);
    if (lister->text.failed) {
        return sl_fail_memory(err, 0);
    }
    if (list->count && lister->text.size) {
        struct sl_command_facts *last = &list->commands[list->count - 1];
        last->answer = last->answer * 31 + hash_buf(&lister->text);
    }
    return SL_OK;
}

static enum sl_status list_frame(void *data, uint32_t index, const char *name,
                                 const struct sl_image *image, struct sl_error *err)
{
    (void)index;
    struct sl_command_list *list = ((struct lister *)data)->list;
    if (list->frame_count >= SL_COMMAND_FRAMES_MAX) {
        list->cut = true;
        return SL_OK;
    }
    void *room = sl_array_grow(list->frames, &list->frame_capacity, list->frame_count,
                               sizeof(*list->frames));
    char *copy = room ? strdup(name) : NULL;
    list->frames = room ? room : list->frames;
    if (!copy) {
        return sl_fail_memory(err, 0);
    }
    list->frames[list->frame_count++] = (struct sl_command_frame){
        .name = copy,
        .width = image->width,
        .height = image->height,
        .pixels = sl_hash64(image->pixels, sl_image_size_bytes(image)),
    };
    return SL_OK;
}

static enum sl_status end_list(void *data, uint64_t event, const struct sl_command *next,
                               struct sl_target *target, struct sl_error *err)
{
    (void)event;
    (void)target;
    struct lister *lister = data;
    lister->list->cut = lister->list->cut || next;
    if (lister->failure.status != SL_OK) {
        *err = lister->failure;
    }
    return lister->failure.status;
}

enum sl_status sl_command_replay(const char *path, const struct sl_replay_options *options,
                                 const struct sl_replay_callbacks *callbacks, struct sl_error *err)
{
    struct sl_trace *trace = NULL;
    enum sl_status status = sl_trace_open(path, &trace, err);
    if (status == SL_OK) {
        status = sl_replay_run(trace, options, callbacks, err);
        sl_trace_close(trace);
    }
    if (status != SL_OK) {
        sl_error_set_file(err, path);
    }
    return status;
}

enum sl_status sl_command_list_read(struct sl_command_list *list, const char *path,
                                    struct sl_error *err)
{
    struct sl_error unused = {0};
    struct lister lister = {.list = list, .pictures_left = SL_COMMAND_PICTURES_MAX};
    struct sl_replay_options options;
    const struct sl_replay_callbacks callbacks = {
        .data = &lister,
        .frame = list_frame,
        .line = note_answer,
        .attached = attach,
        .command = list_command,
        .executed = note_state,
        .ended = end_list,
    };
    *list = (struct sl_command_list){0};
    sl_replay_options_defaults(&options);
    options.until_command = SL_COMMANDS_MAX;
    enum sl_status status = sl_command_replay(path, &options, &callbacks, err ? err : &unused);
    sl_buf_finish(&lister.text);
    return status;
}

void sl_command_list_finish(struct sl_command_list *list)
{
    for (size_t i = 0; i < list->frame_count; i++) {
        free(list->frames[i].name);
    }
    free(list->frames);
    free(list->commands);
    *list = (struct sl_command_list){0};
}
