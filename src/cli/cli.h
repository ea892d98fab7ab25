/*
 * The command line: verbs and options as data. A verb is one file with one table; help texts, man
 * pages, completion and getopt_long() all read the same tables.
 */
#ifndef SL_CLI_CLI_H
#define SL_CLI_CLI_H

#include <scanlock/error.h>
#include <scanlock/replay.h>
#include <stddef.h>
#include <stdio.h>

enum sl_cli_option_id {
    SL_CLI_OUTPUT,
    SL_CLI_FRAME,
    SL_CLI_UNTIL,
    SL_CLI_UNTIL_COMMAND,
    SL_CLI_COMMANDS,
    SL_CLI_DIGEST,
    SL_CLI_TRANSCRIPT,
    SL_CLI_PROFILE,
    SL_CLI_DEFAULT_TARGET,
    SL_CLI_MAX_MEMORY,
    SL_CLI_MAX_WORK,
    SL_CLI_THREADS,
    SL_CLI_JSON,
    SL_CLI_SHADERS,
    SL_CLI_YAML,
    SL_CLI_GOLDEN,
    SL_CLI_JOBS,
    SL_CLI_REPORT,
    SL_CLI_SHARD,
    SL_CLI_FILTER,
    SL_CLI_REPEAT,
    SL_CLI_NEW_ONLY,
    SL_CLI_PARTIAL,
    SL_CLI_VERBOSE,
    SL_CLI_VHOST_USER_GPU,
    SL_CLI_DISPLAY_INFO,
    SL_CLI_EDID,
    SL_CLI_NO_EDID,
    SL_CLI_FRAMES,
    SL_CLI_MARKS,
    SL_CLI_UNTIL_FRAMES,
    SL_CLI_MAX_SIZE,
    SL_CLI_ONCE,
    SL_CLI_EXCEPTIONS,
    SL_CLI_FAIL_UNDER,
    SL_CLI_LANG,
    SL_CLI_ASSERTS_ONLY,
    SL_CLI_ABI,
    SL_CLI_ABI_VERSION,
    SL_CLI_GROUP,
    SL_CLI_INCLUDE,
    SL_CLI_PREFIX,
    SL_CLI_TRIES,
    SL_CLI_DOCS,
    SL_CLI_FAIL_ON,
    SL_CLI_RULE,
    SL_CLI_NO_RULE,
    SL_CLI_BASELINE,
    SL_CLI_WRITE_BASELINE,
    SL_CLI_LIST,
    SL_CLI_HELP,
    SL_CLI_OPTION_COUNT
};

struct sl_cli_option {
    enum sl_cli_option_id id;
    char letter; /* 0 = no short form */
    const char *name;
    const char *argument; /* NULL = a flag */
    const char *help;     /* one sentence without full stop */
};

/* What follows the verb, parsed. Nothing is owned. */
struct sl_cli_args {
    const struct sl_cli_verb *verb;
    const char *values[SL_CLI_OPTION_COUNT]; /* last value given; "" for a flag; NULL = not given */
    const char **reports;                    /* every --report, in order */
    size_t report_count;
    char **operands;
    size_t operand_count;
};

/*
 * The exit status of a verb that answers with bits, the lower four as abidiff of libabigail has
 * them. Bits of failures and of answers do not come together.
 */
enum sl_cli_bit {
    SL_CLI_BIT_FAILED = 1,
    SL_CLI_BIT_USAGE = 2, /* with FAILED: the call was wrong */
    SL_CLI_BIT_CHANGED = 4,
    SL_CLI_BIT_BROKEN = 8, /* with CHANGED: the change is incompatible */
    SL_CLI_BIT_DOCS = 16,  /* only descriptions and names of things changed */
};

/*
 * A verb, or with verbs a group of them: then the next word says which, and only name, summary and
 * description of the group itself mean something. Names of the verbs in a group start with the
 * group's, "abi lock".
 */
struct sl_cli_verb {
    const char *name;
    const char *operands; /* as in a usage line, "TRACE" */
    const char *summary;  /* one line without full stop */
    const char *description;
    const struct sl_cli_option *options;
    size_t option_count;
    size_t operands_min;
    size_t operands_max;
    bool hidden; /* not in help, man pages or completion */
    /* Returns the exit code; what went wrong has been printed to stderr. */
    enum sl_status (*run)(const struct sl_cli_args *args);
    /* Instead of run: returns enum sl_cli_bit. */
    unsigned (*run_bits)(const struct sl_cli_args *args);
    const struct sl_cli_verb *const *verbs;
    size_t verb_count;
};

/* Every verb, in the order of the help text, and the rows of the options that replays share. */
extern const struct sl_cli_verb *const sl_cli_verbs[];
extern const size_t sl_cli_verb_count;
const struct sl_cli_verb *sl_cli_find_verb(const char *name);

/* The verb of a group that this word means, or NULL; and the word of such a verb, "lock". */
const struct sl_cli_verb *sl_cli_find_in_group(const struct sl_cli_verb *group, const char *word);
const char *sl_cli_word(const struct sl_cli_verb *group, const struct sl_cli_verb *verb);

#define SL_CLI_REPLAY_OPTIONS                                                                      \
    {SL_CLI_PROFILE, 0, "profile", "NAME", "run the device under this profile"},                   \
        {SL_CLI_DEFAULT_TARGET, 0, "default-target", "WxH",                                        \
         "give AeroGPU streams that clear or draw with no target bound a canvas of this size"},    \
        {SL_CLI_MAX_MEMORY, 0, "max-memory", "BYTES",                                              \
         "limit of guest memory and of device resources, 4 GiB each unless given; K, M and G may " \
         "follow"},                                                                                \
    {                                                                                              \
        SL_CLI_MAX_WORK, 0, "max-work", "N",                                                       \
            "limit of what a trace may cost in bytes touched, instructions of programs and "       \
            "pixels, "                                                                             \
            "2^38 for AeroGPU and 2^40 for virtio-gpu unless given"                                \
    }

/* What the exit status of run_bits() means, for help and man pages. */
struct sl_cli_bit_meaning {
    unsigned bit;
    const char *meaning;
};
extern const struct sl_cli_bit_meaning sl_cli_bits[];
extern const size_t sl_cli_bit_count;

/* Prints the report to stderr and returns its status. */
enum sl_status sl_cli_fail(const struct sl_error *err);

/* Prints "scanlock VERB: message" and a pointer to the help; returns SL_ERR_USAGE. */
enum sl_status sl_cli_usage(const struct sl_cli_verb *verb, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Values of options. Each leaves *out alone and succeeds if the option was not given; otherwise it
 * reports a bad value and returns SL_ERR_USAGE.
 */
enum sl_status sl_cli_number(const struct sl_cli_args *args, enum sl_cli_option_id id, uint64_t min,
                             uint64_t max, uint64_t *out);
enum sl_status sl_cli_bytes(const struct sl_cli_args *args, enum sl_cli_option_id id,
                            uint64_t *out);
enum sl_status sl_cli_size(const struct sl_cli_args *args, enum sl_cli_option_id id,
                           uint32_t *width, uint32_t *height);
enum sl_status sl_cli_replay_options(const struct sl_cli_args *args,
                                     struct sl_replay_options *options);

/* Strict decimal; false if text is anything else or too large. */
bool sl_cli_parse_number(const char *text, uint64_t *out);

/* Text as a JSON string with its quotes. */
void sl_cli_print_json_string(FILE *out, const char *text);

/* Parses argv (argv[0] is the verb), or reports and returns SL_ERR_USAGE. Free args->reports. */
enum sl_status sl_cli_parse(const struct sl_cli_verb *verb, int argc, char **argv,
                            struct sl_cli_args *args);

/*
 * Makes the file at path appear whole or not at all: write() makes a file of another name beside
 * it, which takes its place if all went well and is removed otherwise.
 */
typedef enum sl_status sl_cli_write_fn(void *data, const char *name, struct sl_error *err);
enum sl_status sl_cli_write_whole(const char *path, sl_cli_write_fn *write, void *data,
                                  struct sl_error *err);

/* Help on stdout or, after a mistake, on stderr. */
void sl_cli_print_help(FILE *out);
void sl_cli_print_verb_help(FILE *out, const struct sl_cli_verb *verb);

/*
 * Progress on stderr if that is a terminal: a line that each call replaces at most ten times a
 * second, and that sl_cli_progress_end() removes.
 */
void sl_cli_progress(const char *what, uint64_t done, uint64_t total);
void sl_cli_progress_end(void);

#endif
