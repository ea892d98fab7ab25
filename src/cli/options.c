#include "cli/cli.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPTIONS_MAX = 24,
    THREADS_MAX = 256,
    LONG_ONLY = 256, /* getopt's value for option n is n + LONG_ONLY */
};

enum sl_status sl_cli_fail(const struct sl_error *err)
{
    char text[1024];
    fprintf(stderr, "scanlock: %s\n", sl_error_format(err, text, sizeof(text)));
    return err->status;
}

enum sl_status sl_cli_usage(const struct sl_cli_verb *verb, const char *format, ...)
{
    va_list args;
    fprintf(stderr, "scanlock %s: ", verb->name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\nTry 'scanlock %s --help'.\n", verb->name);
    return SL_ERR_USAGE;
}

bool sl_cli_parse_number(const char *text, uint64_t *out)
{
    if (text[0] < '0' || text[0] > '9') {
        return false;
    }
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0') {
        return false;
    }
    *out = value;
    return true;
}

static const char *option_name(const struct sl_cli_args *args, enum sl_cli_option_id id)
{
    for (size_t i = 0; i < args->verb->option_count; i++) {
        if (args->verb->options[i].id == id) {
            return args->verb->options[i].name;
        }
    }
    return "?";
}

static enum sl_status bad_value(const struct sl_cli_args *args, enum sl_cli_option_id id,
                                const char *wanted)
{
    return sl_cli_usage(args->verb, "--%s takes %s, not '%s'", option_name(args, id), wanted,
                        args->values[id]);
}

enum sl_status sl_cli_number(const struct sl_cli_args *args, enum sl_cli_option_id id, uint64_t min,
                             uint64_t max, uint64_t *out)
{
    const char *text = args->values[id];
    uint64_t value;
    if (!text) {
        return SL_OK;
    }
    if (!sl_cli_parse_number(text, &value) || value < min || value > max) {
        char wanted[64];
        snprintf(wanted, sizeof(wanted), "a number from %" PRIu64 " to %" PRIu64, min, max);
        return bad_value(args, id, wanted);
    }
    *out = value;
    return SL_OK;
}

enum sl_status sl_cli_bytes(const struct sl_cli_args *args, enum sl_cli_option_id id, uint64_t *out)
{
    const char *text = args->values[id];
    if (!text) {
        return SL_OK;
    }
    char digits[24];
    size_t length = strlen(text);
    const char *suffix = length ? strchr("KMG", text[length - 1]) : NULL;
    unsigned shift = 0;
    if (suffix) {
        shift = *suffix == 'K' ? 10 : *suffix == 'M' ? 20 : 30;
        length--;
    }
    uint64_t value = 0;
    bool good = length > 0 && length < sizeof(digits);
    if (good) {
        memcpy(digits, text, length);
        digits[length] = '\0';
        good = sl_cli_parse_number(digits, &value) && value > 0 && value <= UINT64_MAX >> shift;
    }
    if (!good) {
        return bad_value(args, id, "a size in bytes such as 512M");
    }
    *out = value << shift;
    return SL_OK;
}

enum sl_status sl_cli_size(const struct sl_cli_args *args, enum sl_cli_option_id id,
                           uint32_t *width, uint32_t *height)
{
    const char *text = args->values[id];
    if (!text) {
        return SL_OK;
    }
    char first[8];
    const char *cross = strchr(text, 'x');
    size_t length = cross ? (size_t)(cross - text) : sizeof(first);
    uint64_t w;
    uint64_t h;
    bool good = length < sizeof(first);
    if (good) {
        memcpy(first, text, length);
        first[length] = '\0';
        good = sl_cli_parse_number(first, &w) && sl_cli_parse_number(cross + 1, &h) && w > 0 &&
               h > 0 && w <= SL_IMAGE_DIM_MAX && h <= SL_IMAGE_DIM_MAX;
    }
    if (!good) {
        return bad_value(args, id, "WIDTHxHEIGHT, each from 1 to 16384");
    }
    *width = (uint32_t)w;
    *height = (uint32_t)h;
    return SL_OK;
}

enum sl_status sl_cli_replay_options(const struct sl_cli_args *args,
                                     struct sl_replay_options *options)
{
    uint64_t threads = 1;
    sl_replay_options_defaults(options);
    options->profile = args->values[SL_CLI_PROFILE];
    enum sl_status status = sl_cli_number(args, SL_CLI_UNTIL, 0, UINT64_MAX, &options->until_event);
    if (status == SL_OK) {
        status =
            sl_cli_number(args, SL_CLI_UNTIL_COMMAND, 0, UINT64_MAX - 1, &options->until_command);
    }
    if (status == SL_OK) {
        status = sl_cli_bytes(args, SL_CLI_MAX_MEMORY, &options->max_memory_bytes);
    }
    if (status == SL_OK) {
        status = sl_cli_number(args, SL_CLI_MAX_WORK, 1, UINT64_MAX, &options->max_work);
    }
    if (status == SL_OK) {
        status = sl_cli_number(args, SL_CLI_THREADS, 1, THREADS_MAX, &threads);
        options->thread_count = (unsigned)threads;
    }
    if (status == SL_OK) {
        status = sl_cli_size(args, SL_CLI_DEFAULT_TARGET, &options->default_target_width,
                             &options->default_target_height);
    }
    return status;
}

void sl_cli_print_json_string(FILE *out, const char *text)
{
    putc('"', out);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') {
            fprintf(out, "\\%c", c);
        } else if (c < 0x20 || c == 0x7F) {
            fprintf(out, "\\u%04x", c);
        } else {
            putc(c, out);
        }
    }
    putc('"', out);
}

/* getopt's own tables, made from the verb's. */
static void build_tables(const struct sl_cli_verb *verb, struct option *longs, char *shorts)
{
    size_t used = 0;
    shorts[used++] = ':';
    for (size_t i = 0; i < verb->option_count; i++) {
        const struct sl_cli_option *o = &verb->options[i];
        longs[i] = (struct option){
            .name = o->name,
            .has_arg = o->argument ? required_argument : no_argument,
            .val = (int)i + LONG_ONLY,
        };
        if (o->letter) {
            shorts[used++] = o->letter;
            if (o->argument) {
                shorts[used++] = ':';
            }
        }
    }
    longs[verb->option_count] = (struct option){.name = "help", .val = 'h'};
    longs[verb->option_count + 1] = (struct option){0};
    shorts[used++] = 'h';
    shorts[used] = '\0';
}

static const struct sl_cli_option *option_of(const struct sl_cli_verb *verb, int code)
{
    if (code >= LONG_ONLY) {
        return &verb->options[code - LONG_ONLY];
    }
    for (size_t i = 0; i < verb->option_count; i++) {
        if (verb->options[i].letter == code) {
            return &verb->options[i];
        }
    }
    return NULL;
}

enum sl_status sl_cli_parse(const struct sl_cli_verb *verb, int argc, char **argv,
                            struct sl_cli_args *args)
{
    struct option longs[OPTIONS_MAX + 2];
    char shorts[OPTIONS_MAX * 2 + 3];
    build_tables(verb, longs, shorts);
    *args = (struct sl_cli_args){.verb = verb};
    args->reports = calloc((size_t)argc, sizeof(*args->reports));
    if (!args->reports) {
        fprintf(stderr, "scanlock: out of memory\n");
        return SL_ERR_ENVIRONMENT;
    }
    opterr = 0;
    for (int code; (code = getopt_long(argc, argv, shorts, longs, NULL)) != -1;) {
        if (code == 'h') {
            args->values[SL_CLI_HELP] = "";
            return SL_OK;
        }
        if (code == '?' || code == ':') {
            return sl_cli_usage(verb, code == ':' ? "%s needs a value" : "unknown option %s",
                                argv[optind - 1]);
        }
        const struct sl_cli_option *option = option_of(verb, code);
        args->values[option->id] = optarg ? optarg : "";
        if (option->id == SL_CLI_REPORT) {
            args->reports[args->report_count++] = optarg;
        }
    }
    args->operands = argv + optind;
    args->operand_count = (size_t)(argc - optind);
    if (args->operand_count < verb->operands_min || args->operand_count > verb->operands_max) {
        return sl_cli_usage(verb, "expected %s",
                            verb->operands[0] ? verb->operands : "no operands");
    }
    return SL_OK;
}
