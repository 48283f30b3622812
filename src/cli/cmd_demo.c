/* berth demo: run one of the examples that come with Berth. */
#include "cli/commands.h"
#include "cli/paths.h"
#include "cli/say.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEMO_DEFAULT "pacific"

/* The path of an example's script; false: it cannot be run. */
static bool script_of(const char *name, char path[PATH_MAX])
{
    if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL) return false;
    int n = snprintf(path, PATH_MAX, "%s/%s/run", path_examples(), name);
    return n > 0 && n < PATH_MAX && access(path, X_OK) == 0;
}

static int is_example(const struct dirent *entry)
{
    char path[PATH_MAX];
    return script_of(entry->d_name, path);
}

/* There is no such example: say which there are. */
static int unknown(const char *command, const char *name)
{
    struct dirent **entries = NULL;
    struct buf names = {0};
    int n = scandir(path_examples(), &entries, is_example, alphasort);
    for (int i = 0; i < n; i++) {
        buf_printf(&names, "%s%s", i > 0 ? ", " : "", entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    if (names.len > 0)
        say_error(command, "there is no example '%s'; there are: %s", name, names.p);
    else
        say_error(command, "no examples are in %s; install Berth, or run it from its build folder",
                  path_examples());
    buf_release(&names);
    return EXIT_USER;
}

int cmd_demo(int argc, char **argv)
{
    struct args args;
    args_init(&args, argc, argv, no_options, false);
    for (int id; (id = args_next(&args)) != ARGS_END;)
        if (id == ARGS_STOP) return args.exit_code;
    if (args_count(&args) > 1) return say_error(argv[0], "name one example");
    const char *name = args_count(&args) == 1 ? args_operands(&args)[0] : DEMO_DEFAULT;
    char path[PATH_MAX];
    if (!script_of(name, path)) return unknown(argv[0], name);
    /* The scripts run this very program, not another that may be installed. */
    if (setenv("BERTH", path_executable(), 1) != 0)
        return say_error(argv[0], "the environment cannot be set: %s", strerror(errno));
    execl(path, path, (char *)NULL);
    return say_error(argv[0], "%s cannot be run: %s", path, strerror(errno));
}
