/* From the words on the command line to the command that they name. */
#include "cli/commands.h"
#include "cli/say.h"
#include "read/suggest.h"

#include <stdio.h>
#include <string.h>

enum { NAMES_MAX = 64 };

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < command_count; i++) {
        const struct command *c = &commands[i];
        if (strcmp(c->name, name) == 0) return c;
        if (c->alias != NULL && strcmp(c->alias, name) == 0) return c;
    }
    return NULL;
}

const struct cli_option *command_options(const struct command *c)
{
    return c->options_of != NULL ? c->options_of() : c->options;
}

const char *command_nearest(const char *word)
{
    const char *names[NAMES_MAX];
    size_t n = 0;
    for (size_t i = 0; i < command_count && n + 2 < NAMES_MAX; i++) {
        names[n++] = commands[i].name;
        if (commands[i].alias != NULL) names[n++] = commands[i].alias;
    }
    names[n < NAMES_MAX ? n : NAMES_MAX - 1] = NULL;
    return suggest(str_of(word), names);
}

static int unknown(const char *word)
{
    const char *near = command_nearest(word);
    if (near != NULL)
        return say_error("berth", "there is no command '%s'; did you mean 'berth %s'?", word, near);
    return say_error("berth", "there is no command '%s'; 'berth help' lists them", word);
}

/* --help of commands that read their options themselves. */
static bool asks_help(int argc, char **argv)
{
    return argc == 2 && strcmp(argv[1], "--help") == 0;
}

int command_usage(const struct command *c)
{
    struct buf text = {0};
    command_help(c, &text);
    say_buf(&text, stdout);
    buf_release(&text);
    return say_end(c->name, EXIT_DONE);
}

static int run(const struct command *c, int argc, char **argv)
{
    return asks_help(argc, argv) ? command_usage(c) : c->run(argc, argv);
}

int command_dispatch(int argc, char **argv)
{
    if (argc < 1) return EXIT_USER;
    const char *slash = strrchr(argv[0], '/');
    char *base = argv[0] + (slash != NULL ? slash + 1 - argv[0] : 0);
    const struct command *linked = command_find(base);
    if (linked != NULL && linked->alias != NULL && strcmp(linked->alias, base) == 0) {
        argv[0] = base;
        return run(linked, argc, argv);
    }
    if (argc < 2) {
        char *help[] = {base, NULL};
        cmd_help(1, help);
        return EXIT_USER;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return cmd_help(argc - 1, argv + 1);
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
        return cmd_version(argc - 1, argv + 1);
    const struct command *c = command_find(argv[1]);
    return c != NULL ? run(c, argc - 1, argv + 1) : unknown(argv[1]);
}
