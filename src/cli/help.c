/* Help texts, generated from the verb tables. */
#include "cli/cli.h"

#include <string.h>

enum { COLUMN = 30, WIDTH = 80 };

/* Prints text from column start on, broken at blanks to fit the width. */
static void print_wrapped(FILE *out, const char *text, int start)
{
    int column = start;
    bool fresh = true;
    while (*text) {
        size_t length = strcspn(text, " \n");
        if (!fresh && column + 1 + (int)length > WIDTH) {
            fprintf(out, "\n%*s", start, "");
            column = start;
            fresh = true;
        }
        fprintf(out, "%s%.*s", fresh ? "" : " ", (int)length, text);
        column += (int)length + !fresh;
        fresh = false;
        text += length;
        if (*text == '\n') {
            fprintf(out, "\n%*s", text[1] ? start : 0, "");
            column = start;
            fresh = true;
        }
        text += *text != '\0';
    }
    putc('\n', out);
}

static void print_option(FILE *out, const struct sl_cli_option *option)
{
    char left[64];
    char letter[8] = "    ";
    if (option->letter) {
        snprintf(letter, sizeof(letter), "-%c, ", option->letter);
    }
    int used = snprintf(left, sizeof(left), "  %s--%s%s%s", letter, option->name,
                        option->argument ? " " : "", option->argument ? option->argument : "");
    if (used >= COLUMN - 1) {
        fprintf(out, "%s\n%*s", left, COLUMN, "");
    } else {
        fprintf(out, "%-*s", COLUMN, left);
    }
    print_wrapped(out, option->help, COLUMN);
}

static void print_group_help(FILE *out, const struct sl_cli_verb *group)
{
    fprintf(out, "usage: scanlock %s VERB [OPTION]... [OPERAND]...\n\n", group->name);
    print_wrapped(out, group->description, 0);
    putc('\n', out);
    for (size_t i = 0; i < group->verb_count; i++) {
        fprintf(out, "  %-10s ", sl_cli_word(group, group->verbs[i]));
        print_wrapped(out, group->verbs[i]->summary, 13);
    }
    fprintf(out, "\n'scanlock %s VERB --help' tells more.\n", group->name);
}

void sl_cli_print_verb_help(FILE *out, const struct sl_cli_verb *verb)
{
    if (verb->verb_count) {
        print_group_help(out, verb);
        return;
    }
    static const struct sl_cli_option help = {SL_CLI_HELP, 'h', "help", NULL, "this text"};
    fprintf(out, "usage: scanlock %s%s%s%s\n\n", verb->name,
            verb->option_count ? " [OPTION]..." : "", verb->operands[0] ? " " : "", verb->operands);
    print_wrapped(out, verb->description, 0);
    fprintf(out, "\noptions:\n");
    for (size_t i = 0; i < verb->option_count; i++) {
        print_option(out, &verb->options[i]);
    }
    print_option(out, &help);
    if (verb->run_bits) {
        fprintf(out, "\nexit status, a sum of:\n");
    }
    for (size_t i = 0; verb->run_bits && i < sl_cli_bit_count; i++) {
        fprintf(out, "  %-27u ", sl_cli_bits[i].bit);
        print_wrapped(out, sl_cli_bits[i].meaning, COLUMN);
    }
}

void sl_cli_print_help(FILE *out)
{
    fprintf(out, "usage: scanlock VERB [OPTION]... [OPERAND]...\n\n"
                 "Replays what a guest sent to a virtual GPU and compares what it showed with\n"
                 "goldens.\n\n");
    for (size_t i = 0; i < sl_cli_verb_count; i++) {
        if (!sl_cli_verbs[i]->hidden) {
            fprintf(out, "  %-10s ", sl_cli_verbs[i]->name);
            print_wrapped(out, sl_cli_verbs[i]->summary, 13);
        }
    }
    fprintf(out, "\n'scanlock VERB --help' tells more. Exit codes: 0 good, 1 a comparison failed,\n"
                 "2 wrong usage, 3 damaged input, 4 unsupported input, 5 the environment failed,\n"
                 "6 two replays of one trace differed.\n");
}
