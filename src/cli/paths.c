#include "cli/paths.h"

#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef BERTH_PREFIX
#define BERTH_PREFIX "/usr/local"
#endif

#define STATE_OF_MACHINE "/var/lib/berth"
#define SOCKET_OF_MACHINE "/run/berth/berth.sock"

static const char *env(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* snprintf that gives "" instead of a cut path. */
__attribute__((format(printf, 2, 3))) static void set(char out[PATH_MAX], const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(out, PATH_MAX, fmt, ap);
    va_end(ap);
    if (n < 0 || n >= PATH_MAX) out[0] = '\0';
}

const char *path_state(void)
{
    static char path[PATH_MAX];
    if (path[0] != '\0') return path;
    if (env("BERTH_STATE") != NULL)
        set(path, "%s", env("BERTH_STATE"));
    else if (geteuid() == 0)
        set(path, STATE_OF_MACHINE);
    else if (env("XDG_STATE_HOME") != NULL)
        set(path, "%s/berth", env("XDG_STATE_HOME"));
    else if (env("HOME") != NULL)
        set(path, "%s/.local/state/berth", env("HOME"));
    if (path[0] == '\0') set(path, "/tmp/berth-%u", (unsigned)geteuid());
    return path;
}

const char *path_socket_of(const char *state)
{
    static char path[PATH_MAX];
    if (strcmp(state, STATE_OF_MACHINE) == 0) return SOCKET_OF_MACHINE;
    set(path, "%s/berth.sock", state);
    return path;
}

const char *path_socket(void)
{
    static char path[PATH_MAX];
    if (path[0] != '\0') return path;
    if (env("BERTH_SOCKET") != NULL) {
        set(path, "%s", env("BERTH_SOCKET"));
        return path;
    }
    set(path, "%s", path_socket_of(path_state()));
    if (env("BERTH_STATE") == NULL && access(path, F_OK) != 0 &&
        access(SOCKET_OF_MACHINE, F_OK) == 0)
        set(path, "%s", SOCKET_OF_MACHINE);
    return path;
}

static bool is_folder(const char *path)
{
    struct stat st;
    return path[0] != '\0' && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

const char *path_executable(void)
{
    static char path[PATH_MAX];
    if (path[0] != '\0') return path;
    ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);
    path[n > 0 ? n : 0] = '\0';
    return path;
}

/* The folder that belongs to the executable: in the tree it was built in, else installed. */
static void find_beside(char path[PATH_MAX], const char *name)
{
    const char *file = path_executable();
    const char *slash = strrchr(file, '/');
    int n = slash != NULL ? (int)(slash - file) : 0;
    set(path, "%.*s/../%s", n, file, name);
    if (is_folder(path)) return;
    set(path, "%.*s/../share/berth/%s", n, file, name);
    if (is_folder(path)) return;
    set(path, BERTH_PREFIX "/share/berth/%s", name);
}

static void find_folder(char path[PATH_MAX], const char *variable, const char *name)
{
    if (env(variable) != NULL) {
        set(path, "%s", env(variable));
        return;
    }
    set(path, "%s", name);
    if (is_folder(path)) return;
    find_beside(path, name);
}

const char *path_law(void)
{
    static char path[PATH_MAX];
    if (path[0] == '\0') find_folder(path, "BERTH_LAW", "law");
    return path;
}

const char *path_data(void)
{
    static char path[PATH_MAX];
    if (path[0] == '\0') find_folder(path, "BERTH_DATA", "data");
    return path;
}

const char *path_examples(void)
{
    static char path[PATH_MAX];
    if (path[0] == '\0') find_beside(path, "examples");
    return path;
}
