#include "base/status.h"
#include "cli/abi_verbs.h"
#include "lock/lock_diff.h"

#include <inttypes.h>

static void print_version(const char *key, uint32_t version)
{
    printf("\"%s\": \"%" PRIu32 ".%" PRIu32 "\", ", key, version >> 16, version & 0xFFFF);
}

static void print_field(const char *key, const char *value, const char *after)
{
    printf("\"%s\": ", key);
    sl_cli_print_json_string(stdout, value);
    fputs(after, stdout);
}

static void print_json(const struct sl_lock_diff *diff, const struct sl_abi_lock *old,
                       const struct sl_abi_lock *new)
{
    printf("{");
    print_field("abi", new->name, ", ");
    print_version("old", old->version);
    print_version("new", new->version);
    print_field("class", sl_lock_class_name(sl_lock_diff_class(diff)), ", ");
    printf("\"changes\": [");
    for (size_t i = 0; i < diff->count; i++) {
        const struct sl_lock_change *change = &diff->changes[i];
        printf("%s{", i ? ", " : "");
        print_field("class", sl_lock_class_name(sl_lock_change_class(change->id)), ", ");
        print_field("change", sl_lock_change_word(change->id), ", ");
        print_field("kind", change->kind, ", ");
        print_field("name", change->name, ", ");
        print_field("text", change->text, "}");
    }
    printf("]}\n");
}

static enum sl_status print_text(const struct sl_lock_diff *diff, const struct sl_abi_lock *old,
                                 const struct sl_abi_lock *new, struct sl_error *err)
{
    struct sl_buf text = {0};
    for (size_t i = 0; i < diff->count; i++) {
        sl_lock_print_change(&text, &diff->changes[i]);
        sl_buf_u8(&text, '\n');
    }
    sl_lock_print_summary(&text, diff, old, new);
    sl_buf_u8(&text, '\n');
    fwrite(text.data, 1, text.size, stdout);
    enum sl_status status = text.failed ? sl_fail_memory(err, text.size) : SL_OK;
    sl_buf_finish(&text);
    return status;
}

static unsigned bits_of(const struct sl_lock_diff *diff)
{
    return (diff->per_class[SL_LOCK_PATCH] ? SL_CLI_BIT_DOCS : 0u) |
           (diff->per_class[SL_LOCK_MINOR] ? SL_CLI_BIT_CHANGED : 0u) |
           (diff->per_class[SL_LOCK_MAJOR] ? SL_CLI_BIT_CHANGED | SL_CLI_BIT_BROKEN : 0u);
}

static unsigned run_bits(const struct sl_cli_args *args)
{
    struct sl_abi_lock old = {0};
    struct sl_abi_lock new = {0};
    struct sl_lock_diff diff = {0};
    struct sl_error err = {0};
    enum sl_status status = sl_abi_lock_open(&old, args->operands[0], &err);
    if (status == SL_OK) {
        status = sl_abi_lock_open(&new, args->operands[1], &err);
    }
    if (status == SL_OK) {
        status = sl_lock_compare(&diff, &old, &new, &err);
    }
    if (status == SL_OK && args->values[SL_CLI_JSON]) {
        print_json(&diff, &old, &new);
    } else if (status == SL_OK) {
        status = print_text(&diff, &old, &new, &err);
    }
    unsigned bits = bits_of(&diff);
    if (status == SL_ERR_USAGE) {
        sl_cli_usage(args->verb, "%s", err.message);
        bits = SL_CLI_BIT_FAILED | SL_CLI_BIT_USAGE;
    } else if (status != SL_OK) {
        sl_cli_fail(&err);
        bits = SL_CLI_BIT_FAILED;
    }
    sl_lock_diff_finish(&diff);
    sl_abi_lock_finish(&new);
    sl_abi_lock_finish(&old);
    return bits;
}

static const struct sl_cli_option options[] = {
    {SL_CLI_JSON, 0, "json", NULL, "print one JSON object"},
};

const struct sl_cli_verb sl_cli_abi_diff = {
    .name = "abi diff",
    .operands = "OLD NEW",
    .operands_min = 2,
    .operands_max = 2,
    .summary = "tell what changed in an ABI, and how bad that is",
    .description =
        "Compares two versions of an ABI, each a lock or 'builtin:NAME', and prints a line for "
        "every change with its class: patch is what no guest and no device can notice, minor is an "
        "addition that the version announces, major is everything else. docs/abi-lock.md has the "
        "rules.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .run_bits = run_bits,
};
