#include "cli/verbs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct sl_cli_verb *const sl_cli_verbs[] = {
    &sl_cli_replay,   &sl_cli_blame,   &sl_cli_check,    &sl_cli_bless,    &sl_cli_merge,
    &sl_cli_record,   &sl_cli_info,    &sl_cli_dump,     &sl_cli_diff,     &sl_cli_lint,
    &sl_cli_assemble, &sl_cli_import,  &sl_cli_trim,     &sl_cli_coverage, &sl_cli_abi,
    &sl_cli_help,     &sl_cli_version, &sl_cli_generate,
};
const size_t sl_cli_verb_count = sizeof(sl_cli_verbs) / sizeof(sl_cli_verbs[0]);

const struct sl_cli_verb *sl_cli_find_verb(const char *name)
{
    for (size_t i = 0; i < sl_cli_verb_count; i++) {
        if (strcmp(sl_cli_verbs[i]->name, name) == 0) {
            return sl_cli_verbs[i];
        }
    }
    return NULL;
}

const char *sl_cli_word(const struct sl_cli_verb *group, const struct sl_cli_verb *verb)
{
    return verb->name + strlen(group->name) + 1;
}

const struct sl_cli_verb *sl_cli_find_in_group(const struct sl_cli_verb *group, const char *word)
{
    for (size_t i = 0; i < group->verb_count; i++) {
        if (strcmp(sl_cli_word(group, group->verbs[i]), word) == 0) {
            return group->verbs[i];
        }
    }
    return NULL;
}

const struct sl_cli_bit_meaning sl_cli_bits[] = {
    {SL_CLI_BIT_FAILED, "could not tell; a message says why"},
    {SL_CLI_BIT_USAGE, "with 1: wrong usage"},
    {SL_CLI_BIT_CHANGED, "something changed"},
    {SL_CLI_BIT_BROKEN, "with 4: something changed incompatibly"},
    {SL_CLI_BIT_DOCS, "descriptions, aliases or what only tools show changed"},
};
const size_t sl_cli_bit_count = sizeof(sl_cli_bits) / sizeof(sl_cli_bits[0]);

/* An exit status. A verb that answers with bits fails with bits, too. */
static int exit_of(const struct sl_cli_verb *verb, enum sl_status status)
{
    if (!verb->run_bits || status == SL_OK) {
        return (int)status;
    }
    return SL_CLI_BIT_FAILED | (status == SL_ERR_USAGE ? SL_CLI_BIT_USAGE : 0);
}

/*
 * Flushes what a verb printed; what cannot be written is lost, and with it the answer. A usage
 * error printed nothing there.
 */
static int finish_output(const struct sl_cli_verb *verb, int code)
{
    errno = 0;
    if ((fflush(stdout) == 0 && !ferror(stdout)) || code == exit_of(verb, SL_ERR_USAGE)) {
        return code;
    }
    fprintf(stderr, "scanlock: cannot write to standard output: %s\n",
            errno ? strerror(errno) : "an earlier write failed");
    return exit_of(verb, SL_ERR_ENVIRONMENT);
}

static int run_verb(const struct sl_cli_verb *verb, int argc, char **argv)
{
    struct sl_cli_args args;
    enum sl_status status = sl_cli_parse(verb, argc, argv, &args);
    int code = exit_of(verb, status);
    if (status == SL_OK && args.values[SL_CLI_HELP]) {
        sl_cli_print_verb_help(stdout, verb);
    } else if (status == SL_OK) {
        code = verb->run_bits ? (int)verb->run_bits(&args) : exit_of(verb, verb->run(&args));
    }
    free(args.reports);
    return finish_output(verb, code);
}

static int run_group(const struct sl_cli_verb *group, int argc, char **argv)
{
    if (argc < 2) {
        return (int)sl_cli_usage(group, "expected a verb");
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        sl_cli_print_verb_help(stdout, group);
        return finish_output(group, SL_OK);
    }
    const struct sl_cli_verb *verb = sl_cli_find_in_group(group, argv[1]);
    if (!verb) {
        return (int)sl_cli_usage(group, "no verb '%s'", argv[1]);
    }
    return run_verb(verb, argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        sl_cli_print_help(stderr);
        return SL_ERR_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        name = "help";
    } else if (strcmp(name, "--version") == 0) {
        name = "version";
    }
    const struct sl_cli_verb *verb = sl_cli_find_verb(name);
    if (!verb) {
        fprintf(stderr, "scanlock: no verb '%s'\nTry 'scanlock help'.\n", name);
        return SL_ERR_USAGE;
    }
    return verb->verb_count ? run_group(verb, argc - 1, argv + 1)
                            : run_verb(verb, argc - 1, argv + 1);
}
