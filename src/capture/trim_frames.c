#include "base/array.h"
#include "base/status.h"
#include "capture/trim_job.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void replay_options(const struct sl_trim_job *job, struct sl_replay_options *options)
{
    sl_replay_options_defaults(options);
    options->max_memory_bytes = job->options->max_memory_bytes;
    options->max_work = job->options->max_work;
    options->thread_count = job->options->thread_count;
}

/* ---- the original ---- */

struct listing {
    struct sl_trim_job *job;
    uint64_t event;
};

static void on_capturing(void *data, uint64_t event, uint32_t scanout)
{
    (void)scanout;
    ((struct listing *)data)->event = event;
}

static enum sl_status on_listed(void *data, uint32_t index, const char *name,
                                const struct sl_image *image, struct sl_error *err)
{
    (void)index;
    const struct listing *listing = data;
    struct sl_trim_job *job = listing->job;
    struct sl_trim_frame *frames =
        sl_array_grow(job->frames, &job->frame_capacity, job->frame_count, sizeof(*frames));
    if (!frames) {
        return sl_fail_memory(err, 0);
    }
    job->frames = frames;
    struct sl_trim_frame *frame = &job->frames[job->frame_count++];
    *frame = (struct sl_trim_frame){
        .event = listing->event,
        .width = image->width,
        .height = image->height,
        .hash = sl_hash128(image->pixels, sl_image_size_bytes(image)),
    };
    snprintf(frame->name, sizeof(frame->name), "%s", name);
    return SL_OK;
}

/* What the trace expects must hold before: what is trimmed would hide that it did not. */
static enum sl_status on_broken(void *data, uint64_t event, const char *text, struct sl_error *err)
{
    (void)data;
    enum sl_status status = sl_fail(err, SL_ERR_MISMATCH, SL_RULE_NONE, "%s", text);
    sl_error_set_event(err, event);
    return status;
}

enum sl_status sl_trim_list_frames(struct sl_trim_job *job, struct sl_error *err)
{
    struct listing listing = {.job = job};
    struct sl_replay_options options;
    replay_options(job, &options);
    const struct sl_replay_callbacks callbacks = {
        .data = &listing, .frame = on_listed, .broken = on_broken, .capturing = on_capturing};
    enum sl_status status = sl_trace_seek(job->trace, 0, err);
    return status == SL_OK ? sl_replay_run_on(job->maker, job->trace, &options, &callbacks, err)
                           : status;
}

/* ---- choosing ---- */

/* The frame that size bytes of text mean: its name, or its index. False if there is none. */
static bool find_frame(const struct sl_trim_job *job, const char *text, size_t size, size_t *out)
{
    size_t number = 0;
    bool is_number = size > 0 && size < 10;
    for (size_t i = 0; i < size; i++) {
        is_number &= text[i] >= '0' && text[i] <= '9';
        number = is_number ? number * 10 + (size_t)(text[i] - '0') : 0;
    }
    if (is_number && number < job->frame_count) {
        *out = number;
        return true;
    }
    for (size_t i = 0; !is_number && i < job->frame_count; i++) {
        const char *name = job->frames[i].name;
        if (strlen(name) == size && memcmp(name, text, size) == 0) {
            *out = i;
            return true;
        }
    }
    return false;
}

/* FIRST..LAST at any pair of dots, as names may have dots, too. */
static bool find_range(const struct sl_trim_job *job, const char *text, size_t size, size_t *first,
                       size_t *last)
{
    if (find_frame(job, text, size, first)) {
        *last = *first;
        return true;
    }
    for (size_t i = 1; i + 2 < size; i++) {
        if (text[i] == '.' && text[i + 1] == '.' && find_frame(job, text, i, first) &&
            find_frame(job, text + i + 2, size - i - 2, last)) {
            return true;
        }
    }
    return false;
}

static enum sl_status choose(struct sl_trim_job *job, const char *text, size_t size,
                             struct sl_error *err)
{
    size_t first;
    size_t last;
    if (!find_range(job, text, size, &first, &last)) {
        return sl_fail(err, SL_ERR_USAGE, SL_RULE_NONE, "the replay shows no frame '%.*s'",
                       size < 200 ? (int)size : 200, text);
    }
    if (first > last) {
        return sl_fail(err, SL_ERR_USAGE, SL_RULE_NONE, "frame %zu comes before frame %zu", last,
                       first);
    }
    for (size_t i = first; i <= last; i++) {
        job->frames[i].chosen = true;
    }
    return SL_OK;
}

/* A capture point is of all scanouts. */
static void choose_neighbours(struct sl_trim_job *job)
{
    for (size_t i = 1; i < job->frame_count; i++) {
        if (job->frames[i].event == job->frames[i - 1].event) {
            job->frames[i].chosen |= job->frames[i - 1].chosen;
        }
    }
    for (size_t i = job->frame_count; i-- > 1;) {
        if (job->frames[i].event == job->frames[i - 1].event) {
            job->frames[i - 1].chosen |= job->frames[i].chosen;
        }
    }
}

enum sl_status sl_trim_choose(struct sl_trim_job *job, struct sl_error *err)
{
    const char *text = job->options->frames;
    enum sl_status status = SL_OK;
    for (;;) {
        size_t size = strcspn(text, ",");
        status = choose(job, text, size, err);
        if (status != SL_OK || text[size] == '\0') {
            break;
        }
        text += size + 1;
    }
    choose_neighbours(job);
    job->first = UINT64_MAX;
    for (size_t i = 0; i < job->frame_count; i++) {
        if (job->frames[i].chosen) {
            job->first = job->first < job->frames[i].event ? job->first : job->frames[i].event;
            job->end = job->frames[i].event + 1;
        }
    }
    return status;
}

bool sl_trim_is_chosen(const struct sl_trim_job *job, uint64_t event)
{
    size_t low = 0;
    size_t high = job->frame_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (job->frames[middle].event < event) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < job->frame_count && job->frames[low].event == event && job->frames[low].chosen;
}

/* ---- the result ---- */

struct verification {
    const struct sl_trim_job *job;
    size_t next; /* chosen frame of the original */
};

static void skip_others(struct verification *verification)
{
    const struct sl_trim_job *job = verification->job;
    while (verification->next < job->frame_count && !job->frames[verification->next].chosen) {
        verification->next++;
    }
}

static enum sl_status on_compared(void *data, uint32_t index, const char *name,
                                  const struct sl_image *image, struct sl_error *err)
{
    struct verification *verification = data;
    (void)index;
    skip_others(verification);
    const struct sl_trim_job *job = verification->job;
    struct sl_hash128 hash = sl_hash128(image->pixels, sl_image_size_bytes(image));
    const struct sl_trim_frame *frame =
        verification->next < job->frame_count ? &job->frames[verification->next++] : NULL;
    if (!frame || frame->width != image->width || frame->height != image->height ||
        !sl_hash128_equal(&frame->hash, &hash)) {
        return sl_fail(err, SL_ERR_MISMATCH, SL_RULE_NONE,
                       "the trimmed trace shows another frame '%s'", name);
    }
    return SL_OK;
}

enum sl_status sl_trim_verify(const struct sl_trim_job *job, const char *path, struct sl_error *err)
{
    struct verification verification = {.job = job};
    struct sl_replay_options options;
    struct sl_trace *trace;
    replay_options(job, &options);
    const struct sl_replay_callbacks callbacks = {
        .data = &verification, .frame = on_compared, .broken = on_broken};
    enum sl_status status = sl_trace_open(path, &trace, err);
    if (status == SL_OK) {
        status = sl_replay_run_on(job->maker, trace, &options, &callbacks, err);
    }
    skip_others(&verification);
    if (status == SL_OK && verification.next < job->frame_count) {
        status = sl_fail(err, SL_ERR_MISMATCH, SL_RULE_NONE,
                         "the trimmed trace does not show frame '%s'",
                         job->frames[verification.next].name);
    }
    sl_trace_close(trace);
    return status;
}
