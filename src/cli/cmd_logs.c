/* berth logs: the output of a job, from its file; -f goes on until the job ends. */
#include "cli/api.h"
#include "cli/commands.h"
#include "cli/job_rows.h"
#include "cli/say.h"
#include "cli/targets.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { OPT_STDERR = OPTION_LONG, OPT_PATH };
enum {
    POLL_MS = 250, /* between looks at the file: soon enough for the eye */
    ASK_EVERY = 4, /* looks between questions to the daemon whether the job has ended */
};

const struct cli_option logs_options[] = {
    {'f', "follow", NULL, "go on until the job ends"},
    {OPT_STDERR, "stderr", NULL, "what the job wrote to stderr, where that is a file of its own"},
    {OPT_PATH, "path", NULL, "print the name of the file, not what is in it"},
    {0},
};

struct options {
    bool follow, errors, path;
};

/* Copy what is in the file from where it stands; -1: it cannot be read. */
static int copy(int fd)
{
    char bytes[64 * 1024];
    ssize_t n;
    while ((n = read(fd, bytes, sizeof bytes)) > 0)
        if (fwrite(bytes, 1, (size_t)n, stdout) != (size_t)n) return -1;
    fflush(stdout);
    return n == 0 ? 0 : -1;
}

static void pause_ms(long ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* The job as it is now; a job that the daemon has forgotten has ended. */
static enum err look(struct api *a, uint32_t id, bool *ended)
{
    struct job_view job;
    arena_clear(&a->arena);
    enum err code = api_job(a, id, &job);
    *ended = code == ERR_NOT_FOUND || (code == ERR_NONE && job_view_is_ended(&job));
    return code == ERR_NOT_FOUND ? ERR_NONE : code;
}

/* Copy the file and what is added to it until the job has ended. */
static enum err follow(struct api *a, uint32_t id, const char *path)
{
    int fd = -1;
    enum err code = ERR_NONE;
    bool ended = false;
    bool last = false;
    for (int turn = 0; code == ERR_NONE && !last && !ferror(stdout); turn++) {
        last = ended; /* once more after the end: the last words may have come since */
        if (fd < 0) fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0 && copy(fd) != 0) break;
        if (turn % ASK_EVERY == 0 && !ended) code = look(a, id, &ended);
        if (!ended) pause_ms(POLL_MS);
    }
    if (fd >= 0)
        close(fd);
    else if (code == ERR_NONE)
        code = err_set(&a->error, ERR_NOT_FOUND, "the job wrote no output into %s", path);
    return code;
}

static enum err print(struct api *a, const struct job_view *j, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && j->start_ms == 0 && job_view_is_ended(j))
        return err_set(&a->error, ERR_NOT_FOUND,
                       "job %" PRIu32 " ended as %.*s without having started", j->job_id,
                       STR_ARG(j->state));
    if (fd < 0 && errno == ENOENT && j->start_ms == 0)
        return err_set(&a->error, ERR_NOT_FOUND,
                       "job %" PRIu32 " has not started; why: berth why %" PRIu32, j->job_id,
                       j->job_id);
    if (fd < 0)
        return err_set(&a->error, ERR_NOT_FOUND, "%s cannot be read: %s", path, strerror(errno));
    int failed = copy(fd);
    close(fd);
    if (failed == 0) return ERR_NONE;
    return err_set(&a->error, ERR_IO, "%s: %s", path, strerror(errno));
}

int cmd_logs(int argc, char **argv)
{
    struct args args;
    struct options o = {0};
    args_init(&args, argc, argv, logs_options, false);
    for (int id; (id = args_next(&args)) != ARGS_END;) {
        if (id == ARGS_STOP) return args.exit_code;
        if (id == 'f')
            o.follow = true;
        else if (id == OPT_STDERR)
            o.errors = true;
        else if (id == OPT_PATH)
            o.path = true;
    }
    if (args_count(&args) != 1) return say_error(argv[0], "name one job, such as: berth logs 12");
    struct api a;
    int exit_code = api_open(&a, argv[0]);
    if (exit_code != EXIT_DONE) return exit_code;
    struct job_list list;
    enum err code = targets_find(&a, args_operands(&args), 1, &list);
    if (code == ERR_NONE && list.count > 1)
        code =
            err_set(&a.error, ERR_INVALID, "%s is an array; name one task, such as %s_%" PRIu32,
                    args_operands(&args)[0], args_operands(&args)[0], list.jobs[0].array_task_id);
    if (code != ERR_NONE) return api_fail(&a, code);
    uint32_t id = list.jobs[0].job_id;
    struct buf path = {0};
    buf_put_str(&path, job_output_file(&list.jobs[0], o.errors, &a.arena));
    buf_putc(&path, '\0');
    if (o.path)
        puts(path.p);
    else if (o.follow)
        code = follow(&a, id, path.p);
    else
        code = print(&a, &list.jobs[0], path.p);
    buf_release(&path);
    if (code != ERR_NONE) return api_fail(&a, code);
    return api_close(&a, say_end(argv[0], EXIT_DONE));
}
