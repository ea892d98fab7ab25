/* A recorder that gets its metadata call by call, for callers without structs. */
#include "base/status.h"
#include "capture/recorder_impl.h"

#include <stdlib.h>
#include <string.h>

/* As many as a trace can declare (docs/trace-format.md). */
enum { RAM_MAX = 1024, OPTIONS_MAX = 256 };

void sl_recorder_setup_finish(struct sl_recorder_setup *setup)
{
    for (size_t i = 0; i < setup->option_count; i++) {
        free(setup->options[i].name);
        free(setup->options[i].value);
    }
    free(setup->options);
    free(setup->ram);
    free(setup->device);
    free(setup->profile);
    free(setup->producer);
    free(setup->provenance);
    *setup = (struct sl_recorder_setup){0};
}

static int compare_options(const void *a, const void *b)
{
    const struct sl_option *left = a;
    const struct sl_option *right = b;
    return strcmp(left->name, right->name);
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

enum sl_status sl_recorder_start_collected(struct sl_recorder *rec, struct sl_error *err)
{
    const struct sl_recorder_setup *setup = &rec->setup;
    struct sl_option *options = calloc(setup->option_count + 1, sizeof(*options));
    if (!options) {
        return sl_fail_memory(err, 0);
    }
    for (size_t i = 0; i < setup->option_count; i++) {
        options[i] = (struct sl_option){setup->options[i].name, setup->options[i].value};
    }
    qsort(options, setup->option_count, sizeof(*options), compare_options);
    const struct sl_trace_meta meta = {
        .device = or_empty(setup->device),
        .abi_version = setup->abi_version,
        .profile = or_empty(setup->profile),
        .producer = or_empty(setup->producer),
        .provenance = or_empty(setup->provenance),
        .ram = setup->ram,
        .ram_count = setup->ram_count,
        .options = options,
        .option_count = setup->option_count,
    };
    enum sl_status status = sl_recorder_start(rec, &meta, err);
    free(options);
    return status;
}

/* Replaces a string by a copy of another; NULL counts as empty. */
static enum sl_status set_text(char **place, const char *text, struct sl_error *err)
{
    char *copy = strdup(or_empty(text));
    if (!copy) {
        return sl_fail_memory(err, 0);
    }
    free(*place);
    *place = copy;
    return SL_OK;
}

enum sl_status sl_recorder_open(const char *path, const char *device, uint32_t abi_version,
                                const char *profile, struct sl_recorder **out)
{
    struct sl_recorder *rec;
    struct sl_error err = {0};
    enum sl_status status = sl_recorder_allocate(path ? path : "", NULL, &rec, &err);
    *out = rec;
    if (status != SL_OK) {
        return status;
    }
    rec->setup.abi_version = abi_version;
    status = set_text(&rec->setup.device, device, &err);
    if (status == SL_OK) {
        status = set_text(&rec->setup.profile, profile, &err);
    }
    if (status == SL_OK) {
        status = sl_recorder_open_file(rec, &err);
    }
    return status == SL_OK ? SL_OK : sl_recorder_note_failure(rec, status, &err);
}

/* What is asked of the setup, by which call. */
struct request {
    enum sl_status (*apply)(struct sl_recorder *rec, const struct request *request,
                            struct sl_error *err);
    const char *name;
    const char *value;
    uint64_t first;
    uint64_t second;
};

/* Applies a request if the header is not written yet. */
static enum sl_status set_up(struct sl_recorder *rec, const struct request *request)
{
    struct sl_error err = {0};
    pthread_mutex_lock(&rec->mutex);
    enum sl_status status = rec->status;
    if (status == SL_OK) {
        status = rec->state == SL_RECORDER_SETUP
                     ? request->apply(rec, request, &err)
                     : sl_fail(&err, SL_ERR_USAGE, SL_RULE_NONE,
                               "metadata after the first event of a recording");
    }
    if (status != SL_OK) {
        status = sl_recorder_note_failure(rec, status, &err);
    }
    pthread_mutex_unlock(&rec->mutex);
    return status;
}

static enum sl_status apply_option(struct sl_recorder *rec, const struct request *request,
                                   struct sl_error *err)
{
    struct sl_recorder_setup *setup = &rec->setup;
    size_t count = setup->option_count;
    if (count == OPTIONS_MAX) {
        return sl_fail(err, SL_ERR_USAGE, SL_RULE_HOST_LIMIT, "more than %d options", OPTIONS_MAX);
    }
    void *grown = realloc(setup->options, (count + 1) * sizeof(*setup->options));
    if (!grown) {
        return sl_fail_memory(err, 0);
    }
    setup->options = grown;
    struct sl_recorder_option *option = &setup->options[count];
    *option = (struct sl_recorder_option){0};
    setup->option_count++;
    enum sl_status status = set_text(&option->name, request->name, err);
    return status == SL_OK ? set_text(&option->value, request->value, err) : status;
}

enum sl_status sl_recorder_set_option(struct sl_recorder *rec, const char *name, const char *value)
{
    return set_up(rec, &(struct request){.apply = apply_option, .name = name, .value = value});
}

static enum sl_status apply_ram(struct sl_recorder *rec, const struct request *request,
                                struct sl_error *err)
{
    struct sl_recorder_setup *setup = &rec->setup;
    size_t count = setup->ram_count;
    if (count == RAM_MAX) {
        return sl_fail(err, SL_ERR_USAGE, SL_RULE_HOST_LIMIT, "more than %d RAM regions", RAM_MAX);
    }
    void *grown = realloc(setup->ram, (count + 1) * sizeof(*setup->ram));
    if (!grown) {
        return sl_fail_memory(err, 0);
    }
    setup->ram = grown;
    setup->ram[count] = (struct sl_ram_region){request->first, request->second};
    setup->ram_count++;
    return SL_OK;
}

enum sl_status sl_recorder_add_ram(struct sl_recorder *rec, uint64_t gpa, uint64_t size)
{
    return set_up(rec, &(struct request){.apply = apply_ram, .first = gpa, .second = size});
}

static enum sl_status apply_description(struct sl_recorder *rec, const struct request *request,
                                        struct sl_error *err)
{
    enum sl_status status = set_text(&rec->setup.producer, request->name, err);
    return status == SL_OK ? set_text(&rec->setup.provenance, request->value, err) : status;
}

enum sl_status sl_recorder_describe(struct sl_recorder *rec, const char *producer,
                                    const char *provenance)
{
    return set_up(
        rec, &(struct request){.apply = apply_description, .name = producer, .value = provenance});
}

static enum sl_status apply_limits(struct sl_recorder *rec, const struct request *request,
                                   struct sl_error *err)
{
    (void)err;
    rec->limits.max_trace_bytes = request->first;
    rec->limits.max_backlog_bytes = request->second;
    return SL_OK;
}

enum sl_status sl_recorder_set_limits(struct sl_recorder *rec, uint64_t max_trace_bytes,
                                      uint64_t max_backlog_bytes)
{
    return set_up(rec, &(struct request){.apply = apply_limits,
                                         .first = max_trace_bytes,
                                         .second = max_backlog_bytes});
}
