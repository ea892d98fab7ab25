#include "capture/trim.h"

#include "base/status.h"
#include "capture/trim_job.h"

#include <inttypes.h>
#include <stdlib.h>

/*
 * Memory by what was read is the smaller form as a rule. Where few bytes were written and all are
 * read, the writes of the original are.
 */
static enum sl_status write_smaller(const struct sl_trim_job *job, const char *path,
                                    struct sl_trim_result *result, struct sl_error *err)
{
    uint64_t verbatim_bytes = 0;
    enum sl_status status =
        sl_trim_write(job, "/dev/null", true, &verbatim_bytes, &result->events, err);
    if (status == SL_OK) {
        status = sl_trim_write(job, path, false, &result->size_bytes, &result->events, err);
    }
    if (status == SL_OK && verbatim_bytes < result->size_bytes) {
        result->idle_commands = 0;
        result->gone_kicks = 0;
        status = sl_trim_write(job, path, true, &result->size_bytes, &result->events, err);
    }
    return status;
}

static void count(const struct sl_trim_job *job, struct sl_trim_result *result)
{
    result->events_before = sl_trace_event_count(job->trace);
    result->frames_before = job->frame_count;
    for (size_t i = 0; i < job->frame_count; i++) {
        result->frames += job->frames[i].chosen;
    }
    for (size_t i = 0; i < job->kick_count; i++) {
        const struct sl_trim_kick *kick = &job->kicks[i];
        result->kicks += kick->event >= job->start && kick->event < job->end;
        result->gone_kicks += kick->gone;
    }
    for (size_t i = 0; i < job->command_count; i++) {
        const struct sl_trim_command *command = &job->commands[i];
        result->commands += command->event >= job->start && command->event < job->end;
        result->idle_commands += command->idle;
    }
}

static enum sl_status find_limit(const struct sl_trim_job *job, struct sl_trim_result *result,
                                 struct sl_error *err)
{
    result->size_before_bytes = job->options->size_limit_bytes;
    return result->size_before_bytes ? SL_OK
                                     : sl_trim_measure(job, &result->size_before_bytes, err);
}

/* Writes and judges. */
static enum sl_status make(struct sl_trim_job *job, const char *path, struct sl_trim_result *result,
                           struct sl_error *err)
{
    enum sl_status status = sl_trim_search(job, err);
    if (status == SL_OK) {
        count(job, result);
        status = write_smaller(job, path, result, err);
    }
    return status == SL_OK ? sl_trim_verify(job, path, err) : status;
}

static enum sl_status trim(struct sl_trim_job *job, const char *path, struct sl_trim_result *result,
                           struct sl_error *err)
{
    enum sl_status status =
        sl_target_maker_find(sl_trace_get_meta(job->trace)->device, &job->maker, err);
    if (status == SL_OK) {
        status = sl_trim_list_frames(job, err);
    }
    if (status == SL_OK) {
        status = sl_trim_choose(job, err);
    }
    if (status == SL_OK) {
        status = sl_trim_list_commands(job, err);
    }
    if (status == SL_OK) {
        status = find_limit(job, result, err);
    }
    if (status == SL_OK) {
        status = make(job, path, result, err);
    }
    if (status == SL_OK && result->size_bytes > result->size_before_bytes) {
        status = sl_fail(err, SL_ERR_MISMATCH, SL_RULE_NONE,
                         "trimmed, it would take %" PRIu64 " bytes, more than the %" PRIu64
                         " of the whole",
                         result->size_bytes, result->size_before_bytes);
    }
    return status;
}

enum sl_status sl_trim(struct sl_trace *trace, const char *path,
                       const struct sl_trim_options *options, struct sl_trim_result *result,
                       struct sl_error *err)
{
    struct sl_trim_job job = {.trace = trace, .options = options};
    *result = (struct sl_trim_result){0};
    enum sl_status status = trim(&job, path, result, err);
    free(job.frames);
    free(job.told);
    free(job.kicks);
    free(job.commands);
    return status;
}
