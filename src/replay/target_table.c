/* The targets a trace can name. */
#include "base/status.h"
#include "replay/replay_impl.h"
#include "trace/aerogputrace.h"

#include <string.h>

static const struct sl_target_maker makers[] = {
    {"aerogpu", 1, sl_aerogpu_create},
    {"virtio-gpu", 1, sl_virtio_gpu_create},
};

enum sl_status sl_target_maker_find(const char *device, const struct sl_target_maker **maker,
                                    struct sl_error *err)
{
    *maker = NULL;
    for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++) {
        if (strcmp(makers[i].device, device) == 0) {
            *maker = &makers[i];
            return SL_OK;
        }
    }
    if (strcmp(device, SL_AEROGPUTRACE_TOY_DEVICE) == 0) {
        return sl_fail(err, SL_ERR_UNSUPPORTED, SL_RULE_TRACE_TOY_ABI,
                       "the trace uses the toy packet ABI, which can be listed but not replayed");
    }
    return sl_fail(err, SL_ERR_UNSUPPORTED, SL_RULE_REPLAY_DEVICE,
                   "the trace is for device \"%s\"; known are aerogpu and virtio-gpu", device);
}

enum sl_status sl_replay_run(struct sl_trace *trace, const struct sl_replay_options *options,
                             const struct sl_replay_callbacks *callbacks, struct sl_error *err)
{
    const struct sl_target_maker *maker;
    enum sl_status status = sl_target_maker_find(sl_trace_get_meta(trace)->device, &maker, err);
    return status == SL_OK ? sl_replay_run_on(maker, trace, options, callbacks, err) : status;
}
