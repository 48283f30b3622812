/* berth serve: run the daemon in the foreground. A service manager, or the shell's &, keeps it. */
#include "cli/cmd_serve.h"

#include "base/civil.h"
#include "cli/paths.h"
#include "cli/say.h"
#include "serve/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    OPT_STATE = OPTION_LONG,
    OPT_SOCKET,
    OPT_LISTEN,
    OPT_FLEET,
    OPT_LAW,
    OPT_DATA,
    OPT_ORIGIN,
    OPT_SPEEDS
};

#define LISTEN_DEFAULT "127.0.0.1:8620"

const struct cli_option serve_options[] = {
    {OPT_STATE, "state", "DIR", "where ledger, keys, tokens and socket are kept"},
    {OPT_FLEET, "fleet", "FILE",
     "apply this fleet file at start when it differs from the ledger's"},
    {OPT_LAW, "law", "DIR", "adopt the rule packs in this folder at start when they differ"},
    {OPT_LISTEN, "listen", "ADDRESS",
     "HTTP on this loopback address:port; port 0: any; none: no TCP "
     "(default " LISTEN_DEFAULT ")"},
    {OPT_SOCKET, "socket", "PATH",
     "unix socket (default berth.sock in the state directory, /run/berth/berth.sock for the "
     "machine's)"},
    {OPT_DATA, "data", "DIR", "catalogues of chips, countries and prices"},
    {OPT_SPEEDS, "speeds", "FILE",
     "table of measured speeds (CSV), over those that come with Berth"},
    {OPT_ORIGIN, "origin", "NAME", "name of a new ledger, as its signed checkpoints state it"},
    {0},
};

/* One line on stderr, with the time, as a service manager's journal keeps it. */
static void log_line(void *arg, const char *line)
{
    (void)arg;
    struct timespec t;
    char stamp[CIVIL_TEXT_MAX];
    clock_gettime(CLOCK_REALTIME, &t);
    civil_format((int64_t)t.tv_sec * 1000, stamp);
    fprintf(stderr, "berth: %s %s\n", stamp, line);
}

/* Tell systemd (sd_notify(3)'s protocol: a datagram to $NOTIFY_SOCKET) that the doors are open. */
static void notify_manager(const char *text)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    if (path == NULL || (path[0] != '/' && path[0] != '@')) return;
    size_t len = strlen(path);
    if (len >= sizeof addr.sun_path) return;
    memcpy(addr.sun_path, path, len);
    if (path[0] == '@') addr.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return;
    socklen_t addr_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    ssize_t n =
        sendto(fd, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&addr, addr_len);
    (void)n; /* nobody listens: nothing to do about it */
    close(fd);
}

static void ready(void *arg, uint16_t port)
{
    const struct server_config *config = arg;
    char line[512];
    int n = snprintf(line, sizeof line, "ready: socket %s", config->socket_path);
    if (port != 0 && n > 0 && (size_t)n < sizeof line)
        snprintf(line + n, sizeof line - (size_t)n, ", http://%s:%u", config->listen_host,
                 (unsigned)port);
    log_line(NULL, line);
    notify_manager("READY=1");
}

/* "127.0.0.1:8620" or "none". `host` holds the copied address. */
static int parse_listen(const char *name, const char *text, char *host, size_t size,
                        struct server_config *config)
{
    if (strcmp(text, "none") == 0) {
        config->listen_host = NULL;
        return GO_ON;
    }
    const char *colon = strrchr(text, ':');
    uint64_t port = 0;
    if (colon == NULL || !str_to_u64(str_of(colon + 1), &port) || port > UINT16_MAX ||
        (size_t)(colon - text) >= size)
        return say_error(name, "--listen takes ADDRESS:PORT or none, not '%s'", text);
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = '\0';
    config->listen_host = host;
    config->listen_port = (uint16_t)port;
    return GO_ON;
}

struct serve_words {
    char host[64];
    char socket[4096];
    const char *listen;
};

static int parse(struct args *a, struct server_config *config, struct serve_words *w)
{
    for (int id; (id = args_next(a)) != ARGS_END;) {
        switch (id) {
        case OPT_STATE: config->state_dir = a->value; break;
        case OPT_SOCKET: config->socket_path = a->value; break;
        case OPT_LISTEN: w->listen = a->value; break;
        case OPT_FLEET: config->fleet_path = a->value; break;
        case OPT_LAW: config->law_dir = a->value; break;
        case OPT_DATA: config->data_dir = a->value; break;
        case OPT_SPEEDS: config->speeds_path = a->value; break;
        case OPT_ORIGIN: config->origin = a->value; break;
        default: return a->exit_code;
        }
    }
    if (args_count(a) > 0)
        return say_error(a->name, "'%s' is not expected here; a fleet file is given with --fleet",
                         args_operands(a)[0]);
    return parse_listen(a->name, w->listen, w->host, sizeof w->host, config);
}

int cmd_serve(int argc, char **argv)
{
    struct server_config config = {
        .state_dir = path_state(), .data_dir = path_data(), .log = log_line, .ready = ready};
    struct serve_words words = {.listen = LISTEN_DEFAULT};
    struct args a;
    args_init(&a, argc, argv, serve_options, false);
    int code = parse(&a, &config, &words);
    if (code != GO_ON) return code;
    config.law_default = path_law();
    if (config.socket_path == NULL) {
        const char *env = getenv("BERTH_SOCKET");
        if (env != NULL && env[0] != '\0')
            snprintf(words.socket, sizeof words.socket, "%s", env);
        else
            snprintf(words.socket, sizeof words.socket, "%s", path_socket_of(config.state_dir));
        config.socket_path = words.socket;
    }
    config.ready_arg = &config;
    struct errtext error;
    enum err e = server_run(&config, &error);
    notify_manager("STOPPING=1");
    if (e == ERR_NONE) return EXIT_DONE;
    return say_failure(a.name, e, &error);
}
