/* Replay with a target of the caller's choice; sl_replay_run() picks it by the trace's device. */
#ifndef SL_REPLAY_REPLAY_IMPL_H
#define SL_REPLAY_REPLAY_IMPL_H

#include <scanlock/replay.h>

/* As sl_virtio_gpu_create() and its like. */
struct sl_target_maker {
    const char *device;
    uint32_t abi_major; /* newest major ABI version the target knows */
    enum sl_status (*create)(const struct sl_target_config *config, struct sl_target **target,
                             struct sl_error *err);
};

/* The built-in target for a device; SL_ERR_UNSUPPORTED if there is none. */
enum sl_status sl_target_maker_find(const char *device, const struct sl_target_maker **maker,
                                    struct sl_error *err);

enum sl_status sl_replay_run_on(const struct sl_target_maker *maker, struct sl_trace *trace,
                                const struct sl_replay_options *options,
                                const struct sl_replay_callbacks *callbacks, struct sl_error *err);

#endif
