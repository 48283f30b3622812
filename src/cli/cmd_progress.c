/* berth progress: inside a job, say how far it is (serve/heartbeat.h). */
#include "base/str.h"
#include "cli/commands.h"
#include "cli/say.h"
#include "model/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { OPT_OF = OPTION_LONG, OPT_CHECKPOINT };

const struct cli_option progress_options[] = {
    {OPT_OF, "of", "TOTAL", "steps in all"},
    {OPT_CHECKPOINT, "checkpoint", NULL, "what is done so far has been saved"},
    {'v', "verbose", NULL, "say when nobody hears it"},
    {0},
};

/* Gives 0, or errno. */
static int send_line(const char *path, const char *line, size_t len)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof addr.sun_path) return ENAMETOOLONG;
    memcpy(addr.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return errno;
    struct timeval second = {.tv_sec = 1}; /* a full queue must not hold the job */
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second);
    ssize_t n = sendto(fd, line, len, MSG_NOSIGNAL, (const struct sockaddr *)&addr, sizeof addr);
    int failed = n < 0 ? errno : 0;
    close(fd);
    return failed;
}

static bool is_steps(const char *text, uint64_t least, uint64_t *out)
{
    return str_to_u64(str_of(text), out) && *out >= least && *out <= (uint64_t)WORK_STEPS_MAX;
}

int cmd_progress(int argc, char **argv)
{
    struct args a;
    uint64_t step = 0, total = 0;
    bool saved = false, verbose = false;
    args_init(&a, argc, argv, progress_options, false);
    for (int id; (id = args_next(&a)) != ARGS_END;) {
        if (id == ARGS_STOP) return a.exit_code;
        saved = saved || id == OPT_CHECKPOINT;
        verbose = verbose || id == 'v';
        if (id == OPT_OF && !is_steps(a.value, 1, &total))
            return say_error(argv[0], "--of takes a number of steps, not '%s'", a.value);
    }
    if (args_count(&a) != 1 || !is_steps(args_operands(&a)[0], 0, &step))
        return say_error(argv[0], "say how many steps are done, such as: berth progress 1200");
    if (total > 0 && step > total)
        return say_error(argv[0], "step %" PRIu64 " is beyond the %" PRIu64 " in all", step, total);
    const char *path = getenv("BERTH_PROGRESS"), *job = getenv("BERTH_JOB_ID");
    const char *attempt = getenv("BERTH_ATTEMPT");
    if (path == NULL || job == NULL || attempt == NULL)
        return say_error(argv[0], "this is for inside a job of Berth: BERTH_PROGRESS is not set");
    char line[200];
    int len = snprintf(line, sizeof line, "job %.20s.%.20s step %" PRIu64, job, attempt, step);
    if (total > 0) len += snprintf(line + len, sizeof line - (size_t)len, " of %" PRIu64, total);
    if (saved) len += snprintf(line + len, sizeof line - (size_t)len, " saved");
    /* A heartbeat that is lost does no harm, so it never fails a script. */
    int failed = send_line(path, line, (size_t)len);
    if (failed != 0 && verbose) fprintf(stderr, "berth: %s: %s\n", path, strerror(failed));
    return EXIT_DONE;
}
