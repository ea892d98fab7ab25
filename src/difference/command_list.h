/*
 * What a trace makes a device do, command by command, in a few bytes each: enough to align two
 * traces and to see after which command their devices differ.
 */
#ifndef SL_DIFFERENCE_COMMAND_LIST_H
#define SL_DIFFERENCE_COMMAND_LIST_H

#include "base/buf.h"

#include <scanlock/replay.h>

/* Commands of one trace that are looked at; what follows is left out. */
#define SL_COMMANDS_MAX (1u << 21)

/* Frames of one trace that are looked at. */
#define SL_COMMAND_FRAMES_MAX (1u << 16)

/* Bytes of bound pictures that are hashed in one replay; past them pictures compare equal. */
#define SL_COMMAND_PICTURES_MAX (UINT64_C(1) << 30)

struct sl_command_facts {
    uint64_t identity; /* hash of the command's bytes */
    uint64_t answer;   /* of what the device said to it; 0 = nothing */
    uint64_t state;    /* of what was bound after it */
    uint64_t pictures; /* of the pixels of the bound targets after it; 0 = not looked at */
    uint64_t event;
    uint32_t opcode;
};

struct sl_command_frame {
    char *name;
    uint32_t width; /* 0 x 0 = nothing was shown */
    uint32_t height;
    uint64_t pixels; /* hash */
};

struct sl_command_list {
    struct sl_command_facts *commands;
    size_t count;
    size_t capacity;
    struct sl_command_frame *frames;
    size_t frame_count;
    size_t frame_capacity;
    bool cut; /* there were more commands or frames */
};

/*
 * Replays the trace at path. Statuses: those of opening and replaying; the list then ends where the
 * replay did. Finish it in any case.
 */
enum sl_status sl_command_list_read(struct sl_command_list *list, const char *path,
                                    struct sl_error *err);
void sl_command_list_finish(struct sl_command_list *list);

/* Opens the trace and replays it. */
enum sl_status sl_command_replay(const char *path, const struct sl_replay_options *options,
                                 const struct sl_replay_callbacks *callbacks, struct sl_error *err);

#endif
