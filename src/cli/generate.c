/*
 * Man pages and shell completion from the verb tables. A hidden verb, run by make: what it prints
 * cannot differ from what --help says.
 */
#include "cli/verbs.h"

#include <ctype.h>
#include <string.h>

/* Calls visit for every verb that is not hidden, and after a group for the verbs in it. */
static void each_verb(void (*visit)(const struct sl_cli_verb *verb))
{
    for (size_t i = 0; i < sl_cli_verb_count; i++) {
        const struct sl_cli_verb *verb = sl_cli_verbs[i];
        if (!verb->hidden) {
            visit(verb);
        }
        for (size_t k = 0; k < verb->verb_count; k++) {
            visit(verb->verbs[k]);
        }
    }
}

/* "abi lock" as one word: the names of man pages. */
static void page_name(const struct sl_cli_verb *verb, char *out, size_t size)
{
    snprintf(out, size, "scanlock-%s", verb->name);
    for (char *p = out; *p; p++) {
        *p = *p == ' ' ? '-' : *p;
    }
}

/* roff: a line must not start with '.' or "'", and '\' and '-' are escaped. */
static void print_roff(const char *text)
{
    bool fresh = true;
    for (; *text; text++) {
        if (fresh && (*text == '.' || *text == '\'')) {
            printf("\\&");
        }
        if (*text == '\\') {
            printf("\\e");
        } else if (*text == '-') {
            printf("\\-");
        } else {
            putchar(*text);
        }
        fresh = *text == '\n';
    }
    putchar('\n');
}

static void print_name(const char *page, int (*letter)(int))
{
    for (; *page; page++) {
        printf("%s%c", *page == '-' ? "\\" : "", letter((unsigned char)*page));
    }
}

static void print_man_option(const struct sl_cli_option *option)
{
    printf(".TP\n");
    if (option->letter) {
        printf("\\fB\\-%c\\fR, ", option->letter);
    }
    printf("\\fB\\-\\-");
    for (const char *p = option->name; *p; p++) {
        fputs(*p == '-' ? "\\-" : (const char[]){*p, '\0'}, stdout);
    }
    printf("\\fR");
    if (option->argument) {
        printf(" \\fI%s\\fR", option->argument);
    }
    putchar('\n');
    print_roff(option->help);
}

static void print_exit_bits(void)
{
    printf(".SH EXIT STATUS\nA sum of:\n");
    for (size_t i = 0; i < sl_cli_bit_count; i++) {
        printf(".TP\n%u\n", sl_cli_bits[i].bit);
        print_roff(sl_cli_bits[i].meaning);
    }
}

static void print_exit_codes(void)
{
    printf(".SH EXIT STATUS\n");
    for (int status = SL_OK; status <= SL_ERR_UNSTABLE; status++) {
        printf(".TP\n%d\n", status);
        print_roff(sl_status_name((enum sl_status)status));
    }
}

static void print_man_group(const struct sl_cli_verb *group)
{
    printf(".SH VERBS\n");
    for (size_t i = 0; i < group->verb_count; i++) {
        printf(".TP\n.BR scanlock\\-%s\\-%s (1)\n", group->name,
               sl_cli_word(group, group->verbs[i]));
        print_roff(group->verbs[i]->summary);
    }
}

static void print_man_verb(const struct sl_cli_verb *verb)
{
    char page[64];
    page_name(verb, page, sizeof(page));
    printf(".TH ");
    print_name(page, toupper);
    printf(" 1 \"\" \"scanlock %s\"\n.SH NAME\n", SL_VERSION);
    print_name(page, tolower);
    printf(" \\- ");
    print_roff(verb->summary);
    printf(".SH SYNOPSIS\n.B scanlock %s\n%s[\\fIOPTION\\fR]... ", verb->name,
           verb->verb_count ? "\\fIVERB\\fR " : "");
    print_roff(verb->verb_count ? "[OPERAND]..." : verb->operands);
    printf(".SH DESCRIPTION\n");
    print_roff(verb->description);
    if (verb->verb_count) {
        print_man_group(verb);
    }
    if (verb->option_count) {
        printf(".SH OPTIONS\n");
    }
    for (size_t i = 0; i < verb->option_count; i++) {
        print_man_option(&verb->options[i]);
    }
    if (verb->run_bits) {
        print_exit_bits();
    } else {
        print_exit_codes();
    }
    printf(".SH SEE ALSO\n.BR scanlock (1)\n");
}

static void print_man_main(void)
{
    printf(".TH SCANLOCK 1 \"\" \"scanlock %s\"\n"
           ".SH NAME\nscanlock \\- replay what a guest sent to a virtual GPU and compare with "
           "goldens\n"
           ".SH SYNOPSIS\n.B scanlock\n\\fIVERB\\fR [\\fIOPTION\\fR]... [\\fIOPERAND\\fR]...\n"
           ".SH VERBS\n",
           SL_VERSION);
    for (size_t i = 0; i < sl_cli_verb_count; i++) {
        const struct sl_cli_verb *verb = sl_cli_verbs[i];
        if (!verb->hidden) {
            printf(".TP\n.BR scanlock\\-%s (1)\n", verb->name);
            print_roff(verb->summary);
        }
    }
    print_exit_codes();
}

/* In a group the second word is the verb, too. */
static void print_bash_group(const struct sl_cli_verb *group)
{
    if (!group->verb_count) {
        return;
    }
    printf("    if [ \"$verb\" = %s ]; then\n"
           "        if [ \"$COMP_CWORD\" -eq 2 ]; then\n"
           "            COMPREPLY=($(compgen -W '",
           group->name);
    for (size_t i = 0; i < group->verb_count; i++) {
        printf("%s%s", i ? " " : "", sl_cli_word(group, group->verbs[i]));
    }
    printf("' -- \"$cur\"))\n            return\n        fi\n"
           "        verb=\"$verb ${COMP_WORDS[2]}\"\n    fi\n");
}

static void print_bash_verb(const struct sl_cli_verb *verb)
{
    if (verb->verb_count) {
        return;
    }
    const char *quote = strchr(verb->name, ' ') ? "'" : "";
    printf("    %s%s%s) options='--help", quote, verb->name, quote);
    for (size_t i = 0; i < verb->option_count; i++) {
        printf(" --%s", verb->options[i].name);
    }
    printf("' ;;\n");
}

static void print_bash(void)
{
    printf("# bash completion for scanlock\n"
           "_scanlock()\n{\n"
           "    local cur=${COMP_WORDS[COMP_CWORD]} options= verb\n"
           "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
           "        COMPREPLY=($(compgen -W '");
    for (size_t i = 0; i < sl_cli_verb_count; i++) {
        if (!sl_cli_verbs[i]->hidden) {
            printf("%s%s", i ? " " : "", sl_cli_verbs[i]->name);
        }
    }
    printf("' -- \"$cur\"))\n        return\n    fi\n    verb=${COMP_WORDS[1]}\n");
    each_verb(print_bash_group);
    printf("    case $verb in\n");
    each_verb(print_bash_verb);
    printf("    esac\n"
           "    case $cur in\n"
           "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$cur\")) ;;\n"
           "    *) COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n"
           "    esac\n}\n"
           "complete -o filenames -F _scanlock scanlock\n");
}

/* For a single-quoted word of zsh's _arguments, where ':' and brackets mean something. */
static void print_zsh(const char *text)
{
    for (; *text; text++) {
        if (*text == '\'') {
            printf("'\\''");
        } else if (strchr(":[]", *text)) {
            printf("\\%c", *text);
        } else {
            putchar(*text);
        }
    }
}

static void print_zsh_option(const struct sl_cli_option *option)
{
    printf(" \\\n            '");
    if (option->id == SL_CLI_REPORT) {
        putchar('*');
    }
    printf("--%s%s[", option->name, option->argument ? "=" : "");
    print_zsh(option->help);
    printf("]");
    if (option->argument) {
        printf(":");
        print_zsh(option->argument);
        printf(":_files");
    }
    printf("'");
}

static void print_zsh_word(const char *word, const struct sl_cli_verb *verb)
{
    printf("        '%s:", word);
    print_zsh(verb->summary);
    printf("'\n");
}

static void print_zsh_group(const struct sl_cli_verb *group)
{
    if (!group->verb_count) {
        return;
    }
    printf("    if [[ $verb = %s ]]; then\n"
           "        verbs=(\n",
           group->name);
    for (size_t i = 0; i < group->verb_count; i++) {
        print_zsh_word(sl_cli_word(group, group->verbs[i]), group->verbs[i]);
    }
    printf("        )\n"
           "        if (( CURRENT == 2 )); then\n"
           "            _describe verb verbs\n"
           "            return\n"
           "        fi\n"
           "        verb=\"$verb $words[2]\"\n"
           "        shift words\n"
           "        (( CURRENT-- ))\n"
           "    fi\n");
}

static void print_zsh_verb(const struct sl_cli_verb *verb)
{
    if (verb->verb_count) {
        return;
    }
    const char *quote = strchr(verb->name, ' ') ? "'" : "";
    printf("        %s%s%s)\n            _arguments '--help[this text]'", quote, verb->name, quote);
    for (size_t i = 0; i < verb->option_count; i++) {
        print_zsh_option(&verb->options[i]);
    }
    printf(" \\\n            '*:file:_files' ;;\n");
}

static void print_zsh_completion(void)
{
    printf("#compdef scanlock\n"
           "_scanlock() {\n"
           "    local -a verbs\n"
           "    verbs=(\n");
    for (size_t i = 0; i < sl_cli_verb_count; i++) {
        if (!sl_cli_verbs[i]->hidden) {
            print_zsh_word(sl_cli_verbs[i]->name, sl_cli_verbs[i]);
        }
    }
    printf("    )\n"
           "    if (( CURRENT == 2 )); then\n"
           "        _describe verb verbs\n"
           "        return\n"
           "    fi\n"
           "    local verb=$words[2]\n"
           "    shift words\n"
           "    (( CURRENT-- ))\n");
    each_verb(print_zsh_group);
    printf("    case $verb in\n");
    each_verb(print_zsh_verb);
    printf("    esac\n}\n_scanlock \"$@\"\n");
}

static void print_fish_text(const char *text)
{
    putchar('\'');
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\') {
            putchar('\\');
        }
        putchar(*text);
    }
    putchar('\'');
}

static void print_fish_options(const struct sl_cli_verb *verb, const char *condition)
{
    for (size_t i = 0; i < verb->option_count; i++) {
        const struct sl_cli_option *option = &verb->options[i];
        printf("complete -c scanlock -n '%s' -l %s", condition, option->name);
        if (option->letter) {
            printf(" -s %c", option->letter);
        }
        printf("%s -d ", option->argument ? " -r" : "");
        print_fish_text(option->help);
        putchar('\n');
    }
}

static void print_fish_group(const struct sl_cli_verb *group)
{
    char condition[128];
    for (size_t i = 0; i < group->verb_count; i++) {
        const char *word = sl_cli_word(group, group->verbs[i]);
        printf("complete -c scanlock -n '__fish_seen_subcommand_from %s' -f -a %s -d ", group->name,
               word);
        print_fish_text(group->verbs[i]->summary);
        putchar('\n');
        snprintf(condition, sizeof(condition),
                 "__fish_seen_subcommand_from %s; and __fish_seen_subcommand_from %s", group->name,
                 word);
        print_fish_options(group->verbs[i], condition);
    }
}

/* The verbs of a group come with their group. */
static void print_fish_verb(const struct sl_cli_verb *verb)
{
    char condition[64];
    if (strchr(verb->name, ' ')) {
        return;
    }
    printf("complete -c scanlock -n __fish_use_subcommand -f -a %s -d ", verb->name);
    print_fish_text(verb->summary);
    putchar('\n');
    snprintf(condition, sizeof(condition), "__fish_seen_subcommand_from %s", verb->name);
    print_fish_options(verb, condition);
    print_fish_group(verb);
}

static void print_fish(void)
{
    printf("# fish completion for scanlock\n");
    each_verb(print_fish_verb);
}

static void print_page_name(const struct sl_cli_verb *verb)
{
    char page[64];
    page_name(verb, page, sizeof(page));
    printf("%s.1\n", page);
}

static void print_man_names(void)
{
    printf("scanlock.1\n");
    each_verb(print_page_name);
}

static const struct {
    const char *name;
    void (*print)(void);
} kinds[] = {
    {"bash", print_bash},           {"fish", print_fish},          {"man-names", print_man_names},
    {"scanlock.1", print_man_main}, {"zsh", print_zsh_completion},
};

static bool is_page_of(const struct sl_cli_verb *verb, const char *what)
{
    char page[64];
    page_name(verb, page, sizeof(page));
    size_t length = strlen(page);
    return strncmp(what, page, length) == 0 && strcmp(what + length, ".1") == 0;
}

/* The verb of "scanlock-VERB.1" or "scanlock-GROUP-VERB.1", NULL if that is no such name. */
static const struct sl_cli_verb *verb_of_page(const char *what)
{
    for (size_t i = 0; i < sl_cli_verb_count; i++) {
        const struct sl_cli_verb *verb = sl_cli_verbs[i];
        if (is_page_of(verb, what)) {
            return verb;
        }
        for (size_t k = 0; k < verb->verb_count; k++) {
            if (is_page_of(verb->verbs[k], what)) {
                return verb->verbs[k];
            }
        }
    }
    return NULL;
}

static enum sl_status run(const struct sl_cli_args *args)
{
    const char *what = args->operands[0];
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].name, what) == 0) {
            kinds[i].print();
            return SL_OK;
        }
    }
    const struct sl_cli_verb *verb = verb_of_page(what);
    if (verb) {
        print_man_verb(verb);
        return SL_OK;
    }
    return sl_cli_usage(args->verb, "nothing is called '%s'", what);
}

const struct sl_cli_verb sl_cli_generate = {
    .name = "generate",
    .operands = "bash|fish|zsh|man-names|scanlock.1|scanlock-VERB.1",
    .operands_min = 1,
    .operands_max = 1,
    .hidden = true,
    .summary = "print a man page or a completion script",
    .description = "Prints a man page or a completion script.",
    .run = run,
};
