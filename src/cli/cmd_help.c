/* berth help, man, completion, version. */
#include "cli/commands.h"
#include "cli/say.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { OPT_ALL = OPTION_LONG };

const struct cli_option man_options[] = {
    {OPT_ALL, "all", "DIR", "write the pages of all commands into this folder"},
    {0},
};

static int print(const char *name, struct buf *text)
{
    say_buf(text, stdout);
    buf_release(text);
    return say_end(name, EXIT_DONE);
}

static int unknown(const char *name, const char *word)
{
    const char *near = command_nearest(word);
    if (near != NULL)
        return say_error(name, "there is no command '%s'; did you mean '%s'?", word, near);
    return say_error(name, "there is no command '%s'; 'berth help' lists them", word);
}

int cmd_help(int argc, char **argv)
{
    struct buf text = {0};
    if (argc < 2) {
        command_help_all(&text);
        return print(argv[0], &text);
    }
    const struct command *c = command_find(argv[1]);
    if (c == NULL) return unknown(argv[0], argv[1]);
    command_help(c, &text);
    return print(argv[0], &text);
}

static int write_page(const char *name, const char *dir, const char *page, struct buf *text)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s.1", dir, page) >= (int)sizeof path)
        return say_error(name, "the path of the folder is too long");
    FILE *f = fopen(path, "we");
    bool ok = f != NULL && fwrite(text->p, 1, text->len, f) == text->len;
    if (f != NULL && fclose(f) != 0) ok = false;
    buf_release(text);
    return ok ? EXIT_DONE : say_error(name, "%s cannot be written: %s", path, strerror(errno));
}

static int write_all(const char *name, const char *dir)
{
    if (mkdir(dir, 0777) != 0 && errno != EEXIST)
        return say_error(name, "the folder %s cannot be made: %s", dir, strerror(errno));
    struct buf text = {0};
    command_man_all(&text);
    int code = write_page(name, dir, "berth", &text);
    for (size_t i = 0; i < command_count && code == EXIT_DONE; i++) {
        char page[64];
        snprintf(page, sizeof page, "berth-%s", commands[i].name);
        command_man(&commands[i], &text);
        code = write_page(name, dir, page, &text);
    }
    return code;
}

int cmd_man(int argc, char **argv)
{
    struct args a;
    args_init(&a, argc, argv, man_options, false);
    const char *dir = NULL;
    for (int id; (id = args_next(&a)) != ARGS_END;) {
        if (id == ARGS_STOP) return a.exit_code;
        dir = a.value;
    }
    if (dir != NULL) return write_all(argv[0], dir);
    struct buf text = {0};
    if (args_count(&a) == 0) {
        command_man_all(&text);
        return print(argv[0], &text);
    }
    const struct command *c = command_find(args_operands(&a)[0]);
    if (c == NULL) return unknown(argv[0], args_operands(&a)[0]);
    command_man(c, &text);
    return print(argv[0], &text);
}

int cmd_completion(int argc, char **argv)
{
    struct args a;
    args_init(&a, argc, argv, (const struct cli_option[]){{0}}, false);
    if (args_next(&a) == ARGS_STOP) return a.exit_code;
    struct buf text = {0};
    if (args_count(&a) != 1 || !command_completion(args_operands(&a)[0], &text))
        return say_error(argv[0], "name a shell: bash, zsh or fish");
    return print(argv[0], &text);
}

int cmd_version(int argc, char **argv)
{
    (void)argc;
    puts("berth " BERTH_VERSION);
    return say_end(argv[0], EXIT_DONE);
}
