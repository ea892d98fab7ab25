/*
 * Man pages and shell completion from the verb tables. A hidden verb, run by make: what it prints
 * cannot differ from what --help says.
 */
#include "cli/verbs.h"

#include <ctype.h>
#include <string.h>

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

static void print_upper(const char *text)
{
    for (; *text; text++) {
        putchar(toupper((unsigned char)*text));
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

static void print_exit_codes(void)
{
    printf(".SH EXIT STATUS\n");
    for (int status = SL_OK; status <= SL_ERR_UNSTABLE; status++) {
        printf(".TP\n%d\n", status);
        print_roff(sl_status_name((enum sl_status)status));
    }
}

static void print_man_verb(const struct sl_cli_verb *verb)
{
    printf(".TH SCANLOCK\\-");
    print_upper(verb->name);
    printf(" 1 \"\" \"scanlock %s\"\n.SH NAME\nscanlock\\-%s \\- ", SL_VERSION, verb->name);
    print_roff(verb->summary);
    printf(".SH SYNOPSIS\n.B scanlock %s\n[\\fIOPTION\\fR]... ", verb->name);
    print_roff(verb->operands);
    printf(".SH DESCRIPTION\n");
    print_roff(verb->description);
    if (verb->option_count) {
        printf(".SH OPTIONS\n");
    }
    for (size_t i = 0; i < verb->option_count; i++) {
        print_man_option(&verb->options[i]);
    }
    print_exit_codes();
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

static void print_bash(void)
{
    printf("# bash completion for scanlock\n"
           "_scanlock()\n{\n"
           "    local cur=${COMP_WORDS[COMP_CWORD]} options=\n"
           "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
           "        COMPREPLY=($(compgen -W '");
    for (size_t i = 0; i < sl_cli_verb_count; i++) {
        if (!sl_cli_verbs[i]->hidden) {
            printf("%s%s", i ? " " : "", sl_cli_verbs[i]->name);
        }
    }
    printf("' -- \"$cur\"))\n        return\n    fi\n    case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; i < sl_cli_verb_count; i++) {
        const struct sl_cli_verb *verb = sl_cli_verbs[i];
        if (verb->hidden) {
            continue;
        }
        printf("    %s) options='--help", verb->name);
        for (size_t k = 0; k < verb->option_count; k++) {
            printf(" --%s", verb->options[k].name);
        }
        printf("' ;;\n");
    }
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

static void print_zsh_completion(void)
{
    printf("#compdef scanlock\n"
           "_scanlock() {\n"
           "    local -a verbs\n"
           "    verbs=(\n");
    for (size_t i = 0; i < sl_cli_verb_count; i++) {
        if (!sl_cli_verbs[i]->hidden) {
            printf("        '%s:", sl_cli_verbs[i]->name);
            print_zsh(sl_cli_verbs[i]->summary);
            printf("'\n");
        }
    }
    printf("    )\n"
           "    if (( CURRENT == 2 )); then\n"
           "        _describe verb verbs\n"
           "        return\n"
           "    fi\n"
           "    local verb=$words[2]\n"
           "    shift words\n"
           "    (( CURRENT-- ))\n"
           "    case $verb in\n");
    for (size_t i = 0; i < sl_cli_verb_count; i++) {
        const struct sl_cli_verb *verb = sl_cli_verbs[i];
        if (verb->hidden) {
            continue;
        }
        printf("        %s)\n            _arguments '--help[this text]'", verb->name);
        for (size_t k = 0; k < verb->option_count; k++) {
            print_zsh_option(&verb->options[k]);
        }
        printf(" \\\n            '*:file:_files' ;;\n");
    }
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

static void print_fish(void)
{
    printf("# fish completion for scanlock\n");
    for (size_t i = 0; i < sl_cli_verb_count; i++) {
        const struct sl_cli_verb *verb = sl_cli_verbs[i];
        if (verb->hidden) {
            continue;
        }
        printf("complete -c scanlock -n __fish_use_subcommand -f -a %s -d ", verb->name);
        print_fish_text(verb->summary);
        putchar('\n');
        for (size_t k = 0; k < verb->option_count; k++) {
            const struct sl_cli_option *option = &verb->options[k];
            printf("complete -c scanlock -n '__fish_seen_subcommand_from %s' -l %s", verb->name,
                   option->name);
            if (option->letter) {
                printf(" -s %c", option->letter);
            }
            printf("%s -d ", option->argument ? " -r" : "");
            print_fish_text(option->help);
            putchar('\n');
        }
    }
}

static void print_man_names(void)
{
    printf("scanlock.1\n");
    for (size_t i = 0; i < sl_cli_verb_count; i++) {
        if (!sl_cli_verbs[i]->hidden) {
            printf("scanlock-%s.1\n", sl_cli_verbs[i]->name);
        }
    }
}

static const struct {
    const char *name;
    void (*print)(void);
} kinds[] = {
    {"bash", print_bash},           {"fish", print_fish},          {"man-names", print_man_names},
    {"scanlock.1", print_man_main}, {"zsh", print_zsh_completion},
};

static enum sl_status run(const struct sl_cli_args *args)
{
    const char *what = args->operands[0];
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].name, what) == 0) {
            kinds[i].print();
            return SL_OK;
        }
    }
    /* scanlock-VERB.1 */
    char verb[32];
    if (sscanf(what, "scanlock-%31[a-z].1", verb) == 1 && sl_cli_find_verb(verb)) {
        print_man_verb(sl_cli_find_verb(verb));
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
