#include "difference/trace_difference.h"

#include "base/hash.h"
#include "base/status.h"

#include <string.h>

static const struct sl_command_facts *facts_of(const struct sl_trace_difference *it, int side,
                                               size_t command)
{
    return &it->sides[side].list.commands[command];
}

/* The commands of one side as a sequence. */
static enum sl_status command_sequence(const struct sl_command_list *list,
                                       struct sl_sequence *sequence, struct sl_error *err)
{
    enum sl_status status = sl_sequence_init(sequence, list->count, err);
    for (size_t i = 0; status == SL_OK && i < list->count; i++) {
        sequence->identity[i] = list->commands[i].identity;
        sequence->kind[i] = list->commands[i].opcode;
    }
    return status;
}

/* The frames: their kind is their name. */
static enum sl_status frame_sequence(const struct sl_command_list *list,
                                     struct sl_sequence *sequence, struct sl_error *err)
{
    enum sl_status status = sl_sequence_init(sequence, list->frame_count, err);
    for (size_t i = 0; status == SL_OK && i < list->frame_count; i++) {
        const struct sl_command_frame *frame = &list->frames[i];
        uint64_t name = sl_hash64(frame->name, strlen(frame->name));
        uint64_t size = (uint64_t)frame->width << 32 | frame->height;
        const uint64_t all[] = {name, size, frame->pixels};
        sequence->identity[i] = sl_hash64(all, sizeof(all));
        sequence->kind[i] = (uint32_t)name;
    }
    return status;
}

typedef enum sl_status make_sequence(const struct sl_command_list *list,
                                     struct sl_sequence *sequence, struct sl_error *err);

static enum sl_status compare(const struct sl_trace_difference *it, make_sequence *make,
                              struct sl_sequence_comparison *comparison, struct sl_error *err)
{
    struct sl_sequence a = {0};
    struct sl_sequence b = {0};
    enum sl_status status = make(&it->sides[0].list, &a, err);
    if (status == SL_OK) {
        status = make(&it->sides[1].list, &b, err);
    }
    if (status == SL_OK) {
        status = sl_sequences_compare(&a, &b, comparison, err);
    }
    sl_sequence_finish(&a);
    sl_sequence_finish(&b);
    return status;
}

static void judge_pair(struct sl_trace_difference *it, const struct sl_aligned_pair *pair)
{
    const struct sl_command_facts *a = facts_of(it, 0, pair->a);
    const struct sl_command_facts *b = facts_of(it, 1, pair->b);
    bool seen = a->pictures && b->pictures;
    bool answer = a->answer != b->answer;
    bool state = a->state != b->state;
    bool pictures = seen && a->pictures != b->pictures;
    if (it->device_differs || !(answer || state || pictures)) {
        return;
    }
    it->device_differs = true;
    it->settled[0] = pair->a;
    it->settled[1] = pair->b;
    it->answer_differs = answer;
    it->state_differs = state;
    it->pictures_differ = pictures;
}

static enum sl_status look_closer(struct sl_trace_difference *it, struct sl_error *err)
{
    enum sl_status status = SL_OK;
    for (int side = 0; side < 2 && status == SL_OK; side++) {
        struct sl_command_closeup *closeup = &it->sides[side].closeup;
        closeup->command = it->commands.differs ? it->commands.first[side] : SL_CLOSEUP_NONE;
        closeup->settled = it->device_differs ? it->settled[side] : SL_CLOSEUP_NONE;
        if (closeup->command != SL_CLOSEUP_NONE || closeup->settled != SL_CLOSEUP_NONE) {
            status = sl_command_closeup_read(closeup, it->sides[side].path, err);
        }
    }
    return status;
}

enum sl_status sl_trace_difference_find(struct sl_trace_difference *it, const char *a,
                                        const char *b, struct sl_error *err)
{
    *it = (struct sl_trace_difference){.sides = {{.path = a}, {.path = b}}};
    enum sl_status status = SL_OK;
    for (int side = 0; side < 2 && status == SL_OK; side++) {
        status = sl_command_list_read(&it->sides[side].list, it->sides[side].path, err);
        it->cut = it->cut || it->sides[side].list.cut;
    }
    if (status == SL_OK) {
        status = compare(it, command_sequence, &it->commands, err);
    }
    if (status == SL_OK) {
        status = compare(it, frame_sequence, &it->frames, err);
    }
    if (status != SL_OK) {
        return status;
    }
    for (size_t i = 0; i < it->commands.alignment.count; i++) {
        judge_pair(it, &it->commands.alignment.pairs[i]);
    }
    return look_closer(it, err);
}

void sl_trace_difference_finish(struct sl_trace_difference *it)
{
    for (int side = 0; side < 2; side++) {
        sl_command_list_finish(&it->sides[side].list);
        sl_command_closeup_finish(&it->sides[side].closeup);
    }
    sl_sequence_comparison_finish(&it->commands);
    sl_sequence_comparison_finish(&it->frames);
    *it = (struct sl_trace_difference){0};
}

bool sl_trace_difference_exists(const struct sl_trace_difference *it)
{
    return it->commands.differs || it->device_differs || it->frames.differs;
}
