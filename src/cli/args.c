#include "cli/args.h"

#include "base/check.h"
#include "cli/commands.h"
#include "cli/say.h"
#include "read/suggest.h"

#include <stdlib.h>
#include <string.h>

enum { OPTION_HELP = 10000, OPTION_VERSION };

static bool has_letter(const struct cli_option *options, int letter)
{
    for (; options->id != 0; options++)
        if (options->id == letter) return true;
    return false;
}

void args_init(struct args *a, int argc, char **argv, const struct cli_option *options,
               bool in_order)
{
    *a = (struct args){.argc = argc, .argv = argv, .name = argv[0], .options = options};
    size_t s = 0;
    size_t l = 0;
    if (in_order) a->shorts[s++] = '+';
    a->shorts[s++] = ':';
    for (const struct cli_option *o = options; o->id != 0; o++) {
        ASSERT(l < OPTIONS_MAX);
        int wants = o->argument == NULL                  ? no_argument
                    : strncmp(o->argument, "[=", 2) == 0 ? optional_argument
                                                         : required_argument;
        if (o->name != NULL)
            a->longs[l++] = (struct option){.name = o->name, .has_arg = wants, .val = o->id};
        if (o->id >= OPTION_LONG) continue;
        a->shorts[s++] = (char)o->id;
        if (wants != no_argument) a->shorts[s++] = ':';
        if (wants == optional_argument) a->shorts[s++] = ':';
    }
    a->longs[l++] = (struct option){.name = "help", .val = OPTION_HELP};
    a->longs[l] = (struct option){.name = "version", .val = OPTION_VERSION};
    if (!has_letter(options, 'V')) a->shorts[s++] = 'V';
    a->shorts[s] = '\0';
    optind = 0; /* GNU: begin anew */
    opterr = 0;
}

/* The long option nearest to what was typed, NULL when none is near. */
static const char *nearest(const struct args *a, const char *typed)
{
    const char *names[OPTIONS_MAX + 3];
    size_t n = 0;
    for (const struct option *o = a->longs; o->name != NULL; o++) names[n++] = o->name;
    names[n] = NULL;
    return suggest((struct str){typed, strcspn(typed, "=")}, names);
}

static void report(struct args *a, int got)
{
    const char *typed = optind > 0 && optind <= a->argc ? a->argv[optind - 1] : "";
    bool is_long = strncmp(typed, "--", 2) == 0;
    if (got == ':') {
        if (is_long)
            say_error(a->name, "option '%s' needs a value", typed);
        else
            say_error(a->name, "option '-%c' needs a value", optopt);
    } else if (!is_long && optopt != 0) {
        say_error(a->name, "there is no option '-%c'; see '%s --help'", optopt, a->name);
    } else {
        const char *near = nearest(a, typed + (is_long ? 2 : 0));
        if (strchr(typed, '=') != NULL && near != NULL &&
            strncmp(near, typed + 2, strlen(near)) == 0)
            say_error(a->name, "option '--%s' takes no value", near);
        else if (near != NULL)
            say_error(a->name, "there is no option '%s'; did you mean '--%s'?", typed, near);
        else
            say_error(a->name, "there is no option '%s'; see '%s --help'", typed, a->name);
    }
}

int args_next(struct args *a)
{
    optarg = NULL;
    int got = getopt_long(a->argc, a->argv, a->shorts, a->longs, NULL);
    a->value = optarg;
    if (got == -1) {
        a->operand = optind;
        return ARGS_END;
    }
    if (got == '?' || got == ':') {
        report(a, got);
        a->exit_code = EXIT_USER;
        return ARGS_STOP;
    }
    if (got == OPTION_VERSION || (got == 'V' && !has_letter(a->options, 'V'))) {
        a->exit_code = cmd_version(1, a->argv);
        return ARGS_STOP;
    }
    if (got == OPTION_HELP) {
        const struct command *c = command_find(a->name);
        a->exit_code = c != NULL ? command_usage(c) : EXIT_USER;
        return ARGS_STOP;
    }
    return got;
}

void args_default(const char **given, const char *variable)
{
    const char *value = getenv(variable);
    if (*given == NULL && value != NULL && value[0] != '\0') *given = value;
}

void args_default_str(struct str *given, const char *variable)
{
    const char *value = getenv(variable);
    if (given->len == 0 && value != NULL) *given = str_of(value);
}

int args_count(const struct args *a)
{
    return a->argc - a->operand;
}

char **args_operands(const struct args *a)
{
    return a->argv + a->operand;
}
