/* abi emit: an ABI in other languages. */
#include "base/file.h"
#include "cli/abi_verbs.h"
#include "mirror/mirror.h"

#include <inttypes.h>
#include <string.h>

enum { INCLUDES_MAX = 16 };

struct job {
    const struct sl_cli_args *args;
    const struct sl_abi *abi;
    struct sl_mirror_options options;
    char includes_text[1024]; /* the names of --include, one after the other */
    const char *includes[INCLUDES_MAX];
    struct sl_buf text;
};

static enum sl_status choose_abi(struct job *job)
{
    static const struct sl_abi *const abis[] = {&sl_abi_aerogpu, &sl_abi_virtio_gpu};
    const char *name = job->args->values[SL_CLI_ABI];
    job->abi = name ? NULL : abis[0];
    for (size_t i = 0; i < sizeof(abis) / sizeof(abis[0]) && name; i++) {
        if (strcmp(abis[i]->name, name) == 0) {
            job->abi = abis[i];
        }
    }
    return job->abi
               ? SL_OK
               : sl_cli_usage(job->args->verb, "--abi takes aerogpu or virtio-gpu, not '%s'", name);
}

static enum sl_status choose_language(struct job *job)
{
    const char *name = job->args->values[SL_CLI_LANG];
    if (!name) {
        return sl_cli_usage(job->args->verb, "--lang is missing");
    }
    job->options.language = sl_mirror_find_language(name);
    if (job->options.language == SL_MIRROR_LANGUAGE_COUNT) {
        return sl_cli_usage(job->args->verb, "no language '%s'", name);
    }
    job->options.asserts_only = job->args->values[SL_CLI_ASSERTS_ONLY] != NULL;
    return SL_OK;
}

/* "1.3": the major number must be that of the ABI, the minor one not above it. */
static enum sl_status choose_version(struct job *job)
{
    const char *text = job->args->values[SL_CLI_ABI_VERSION];
    uint32_t major = job->abi->version >> 16;
    uint32_t newest = job->abi->version & 0xFFFF;
    job->options.minor = (uint16_t)newest;
    for (uint32_t minor = 0; minor <= newest && text; minor++) {
        char known[24];
        snprintf(known, sizeof(known), "%" PRIu32 ".%" PRIu32, major, minor);
        if (strcmp(known, text) == 0) {
            job->options.minor = (uint16_t)minor;
            return SL_OK;
        }
    }
    return !text
               ? SL_OK
               : sl_cli_usage(job->args->verb,
                              "--version takes %" PRIu32 ".0 to %" PRIu32 ".%" PRIu32 ", not '%s'",
                              major, major, newest, text);
}

static enum sl_status choose_group(struct job *job)
{
    const char *name = job->args->values[SL_CLI_GROUP];
    if (!name) {
        return SL_OK;
    }
    job->options.only = sl_mirror_find_group(job->abi, name);
    return job->options.only
               ? SL_OK
               : sl_cli_usage(job->args->verb, "%s has no group '%s'", job->abi->name, name);
}

/* Text that goes between quotes or into a path of the output as it is. */
static bool is_plain(const char *text)
{
    for (const char *p = text; *p; p++) {
        if ((unsigned char)*p <= ' ' || strchr("\"'\\`;*", *p)) {
            return false;
        }
    }
    return *text != '\0';
}

static enum sl_status choose_includes(struct job *job)
{
    const char *text = job->args->values[SL_CLI_INCLUDE];
    if (!text) {
        return SL_OK;
    }
    if (!is_plain(text) || strlen(text) >= sizeof(job->includes_text)) {
        return sl_cli_usage(job->args->verb, "--include takes names of headers, not '%s'", text);
    }
    strcpy(job->includes_text, text);
    char *rest = job->includes_text;
    for (char *name; (name = strtok_r(NULL, ",", &rest)) != NULL;) {
        if (job->options.include_count == INCLUDES_MAX) {
            return sl_cli_usage(job->args->verb, "--include takes at most %d headers",
                                INCLUDES_MAX);
        }
        job->includes[job->options.include_count++] = name;
    }
    job->options.includes = job->includes;
    return SL_OK;
}

/* Options that only some outputs have. */
static enum sl_status check_combination(const struct job *job)
{
    const struct sl_cli_args *args = job->args;
    bool asserts = job->options.asserts_only;
    if (asserts && job->options.language == SL_MIRROR_WIRESHARK) {
        return sl_cli_usage(args->verb, "a dissector has no assertions");
    }
    if (args->values[SL_CLI_GROUP] && !asserts) {
        return sl_cli_usage(args->verb, "--group goes with --asserts-only");
    }
    if (args->values[SL_CLI_INCLUDE] && !(asserts && job->options.language == SL_MIRROR_C)) {
        return sl_cli_usage(args->verb, "--include goes with --lang c --asserts-only");
    }
    const char *module = args->values[SL_CLI_PREFIX];
    if (module && (!asserts || job->options.language == SL_MIRROR_C)) {
        return sl_cli_usage(args->verb, "--prefix goes with --asserts-only for rust or typescript");
    }
    if (module && !is_plain(module)) {
        return sl_cli_usage(args->verb, "--prefix takes the name of a module, not '%s'", module);
    }
    return SL_OK;
}

static enum sl_status choose(struct job *job)
{
    enum sl_status (*const steps[])(struct job *) = {choose_abi, choose_language, choose_version,
                                                     choose_group, choose_includes};
    enum sl_status status = SL_OK;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && status == SL_OK; i++) {
        status = steps[i](job);
    }
    job->options.module = job->args->values[SL_CLI_PREFIX];
    return status == SL_OK ? check_combination(job) : status;
}

static enum sl_status write_file(void *data, const char *name, struct sl_error *err)
{
    const struct job *job = data;
    FILE *out = fopen(name, "wb");
    if (!out) {
        return sl_fail_errno(err, name, "create");
    }
    bool failed = fwrite(job->text.data, 1, job->text.size, out) != job->text.size;
    failed |= fclose(out) != 0;
    return failed ? sl_fail_errno(err, name, "write") : SL_OK;
}

static enum sl_status run(const struct sl_cli_args *args)
{
    struct job job = {.args = args};
    struct sl_error err = {0};
    enum sl_status status = choose(&job);
    if (status != SL_OK) {
        return status;
    }
    status = sl_mirror_write(job.abi, &job.options, &job.text, &err);
    const char *output = args->values[SL_CLI_OUTPUT];
    if (status == SL_OK && output) {
        status = sl_cli_write_whole(output, write_file, &job, &err);
    } else if (status == SL_OK) {
        fwrite(job.text.data, 1, job.text.size, stdout);
    }
    sl_buf_finish(&job.text);
    return status == SL_OK ? SL_OK : sl_cli_fail(&err);
}

static const struct sl_cli_option options[] = {
    {SL_CLI_LANG, 'l', "lang", "LANG", "c, rust, typescript or wireshark"},
    {SL_CLI_ASSERTS_ONLY, 0, "asserts-only", NULL,
     "only assertions about declarations that there are already"},
    {SL_CLI_ABI, 0, "abi", "NAME", "aerogpu, which is the default, or virtio-gpu"},
    {SL_CLI_ABI_VERSION, 0, "version", "1.N", "leave out what came later"},
    {SL_CLI_GROUP, 0, "group", "NAME",
     "assertions about one part of the ABI, which is one header: pci, ring, cmd and so on"},
    {SL_CLI_INCLUDE, 0, "include", "HEADER[,HEADER]...",
     "headers that assertions in C include first; those of the system for virtio-gpu unless given"},
    {SL_CLI_PREFIX, 0, "prefix", "MODULE",
     "module that assertions are about: a path in Rust, super unless given, or what TypeScript "
     "imports, ./abi unless given"},
    {SL_CLI_OUTPUT, 'o', "output", "FILE", "write into FILE instead of standard output"},
};

const struct sl_cli_verb sl_cli_abi_emit = {
    .name = "abi emit",
    .operands = "",
    .summary = "write an ABI in C, Rust, TypeScript or for Wireshark, or assertions",
    .description =
        "Writes declarations of every constant, enum, struct and register of an ABI in another "
        "language, or a dissector in Lua that shows its packets in Wireshark. With --asserts-only "
        "it writes assertions to be compiled inside another project "
        "instead: its compiler says by name what differs in its own declarations.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .run = run,
};
