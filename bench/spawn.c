/* spawn.c - how fast the local engine runs jobs that do nothing.
 *
 *     spawn [ATTEMPTS [AT_ONCE]]        default 5000 attempts, 64 at once; 0: only the last line
 *
 * Starts attempts of "#!/bin/sh\ntrue\n" through the engine alone (no core, no ledger), each until
 * its FINISHED and FORGET, and prints attempts per second and the processor time of the engine's
 * thread and of the spawner per attempt. The rest (supervisor, sh, true) is what the kernel takes
 * for a fork and an exec. Last what the machine gives at that moment without an engine: the same
 * script, run and waited for; the share of it says more than the rate where others use the machine
 * too. */
#include "base/check.h"
#include "engine/local.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct bench {
    struct engine *engine;
    uint32_t finished;
    uint32_t *to_forget; /* job ids whose end was told */
    uint32_t forget_count;
};

static int64_t now_ms(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void take(void *context, const struct report *r)
{
    struct bench *b = context;
    if (r->kind == REPORT_STARTED) return;
    if (r->kind != REPORT_FINISHED || r->exit_code != 0) {
        fprintf(stderr, "spawn: job %u did not run: %.*s\n", r->job.v, STR_ARG(r->detail));
        exit(1);
    }
    b->finished++;
    b->to_forget[b->forget_count++] = r->job.v;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

/* Processor time of a process, in ms. */
static int64_t cpu_ms(pid_t pid)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "re");
    if (f == NULL) return 0;
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = '\0';
    const char *rest = strrchr(text, ')');
    unsigned long user = 0, system = 0;
    if (rest == NULL || sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
                               &user, &system) != 2)
        return 0;
    return (int64_t)((user + system) * 1000 / (unsigned long)sysconf(_SC_CLK_TCK));
}

static int64_t own_cpu_ms(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (int64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000 +
           (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1000;
}

static struct fleet make_fleet(void)
{
    static struct site site;
    static struct pool pool;
    static struct node_range range;
    site = (struct site){.id = STR("here"), .country = STR("JP"), .engine = STR("local")};
    range = (struct node_range){.prefix = STR("node"), .count = 1};
    pool = (struct pool){.id = STR("cpu"),
                         .site = STR("here"),
                         .ranges = &range,
                         .range_count = 1,
                         .node_count = 1,
                         .cpus_per_node = 64,
                         .chip_index = NO_INDEX};
    return (struct fleet){
        .name = STR("bench"), .sites = &site, .site_count = 1, .pools = &pool, .pool_count = 1};
}

static void run(struct bench *b, const char *workdir, uint32_t attempts, uint32_t at_once)
{
    struct fleet fleet = make_fleet();
    struct str environment[] = {STR("HOME=/tmp"), STR("USER=bench"), STR("LOGNAME=bench"),
                                STR("SHELL=/bin/sh"), STR("PATH=/usr/bin:/bin")};
    const struct job_spec spec = {.name = STR("true"),
                                  .tenant = STR("bench"),
                                  .user = STR("bench"),
                                  .uid = (uint32_t)geteuid(),
                                  .gid = (uint32_t)getegid(),
                                  .workdir = str_of(workdir),
                                  .stdout_path = STR("/dev/null"),
                                  .script = STR("#!/bin/sh\ntrue\n"),
                                  .environment = environment,
                                  .environment_count = 5};
    struct claim_part part = {.cpus = 1};
    uint32_t started = 0;
    while (b->finished < attempts) {
        while (started < attempts && started - b->finished < at_once) {
            struct claim claim = {
                .job = {++started}, .attempt = 1, .parts = &part, .part_count = 1};
            int64_t now = now_ms(CLOCK_REALTIME);
            struct engine_start order = {
                .fleet = &fleet, .claim = &claim, .spec = &spec, .expires_ms = now + 60000};
            struct errtext error;
            if (engine_start(b->engine, &order, now, &error) != ERR_NONE) {
                fprintf(stderr, "spawn: %s\n", error.s);
                exit(1);
            }
        }
        struct pollfd p = {.fd = engine_poll_fd(b->engine), .events = POLLIN};
        (void)poll(&p, 1, 1000);
        engine_drain(b->engine, now_ms(CLOCK_REALTIME), take, b);
        for (uint32_t i = 0; i < b->forget_count; i++)
            (void)engine_forget(b->engine, (struct job_id){b->to_forget[i]}, 1,
                                now_ms(CLOCK_REALTIME), NULL);
        b->forget_count = 0;
    }
}

static void put_script(const char *path)
{
    static const char text[] = "#!/bin/sh\ntrue\n";
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
    if (fd < 0 || write(fd, text, sizeof text - 1) != (ssize_t)sizeof text - 1 || close(fd) != 0) {
        perror(path);
        exit(1);
    }
}

/* The script, run and waited for, so many at once: runs per second. No other child is there. */
static int64_t raw_runs(const char *dir, uint32_t at_once)
{
    enum { SECONDS = 2 };
    char path[64];
    snprintf(path, sizeof path, "%s/true", dir);
    put_script(path);
    char *argv[] = {path, NULL}, *environment[] = {NULL};
    uint32_t running = 0, done = 0;
    int64_t begin = now_ms(CLOCK_MONOTONIC), now = begin;
    while (now - begin < SECONDS * 1000 || running > 0) {
        int status = 0;
        for (; now - begin < SECONDS * 1000 && running < at_once; running++) {
            pid_t pid;
            if (posix_spawn(&pid, path, NULL, NULL, argv, environment) == 0) continue;
            fprintf(stderr, "spawn: %s does not run\n", path);
            exit(1);
        }
        if (wait(&status) < 0 || status != 0) {
            fprintf(stderr, "spawn: %s failed\n", path);
            exit(1);
        }
        running--;
        done++;
        now = now_ms(CLOCK_MONOTONIC);
    }
    return (int64_t)done * 1000 / (now - begin);
}

/* Through the engine; gives attempts per second. */
static int64_t measure(const char *root, uint32_t attempts, uint32_t at_once)
{
    char state[64];
    snprintf(state, sizeof state, "%s/state", root);
    struct errtext error;
    struct spawner spawner;
    struct bench b = {0};
    struct local_config config = {.dir = state, .spawner = &spawner};
    if (spawner_start(&spawner, state, &error) != ERR_NONE ||
        local_engine_new(&config, &b.engine, &error) != ERR_NONE ||
        engine_recover(b.engine, now_ms(CLOCK_REALTIME), &error) != ERR_NONE) {
        fprintf(stderr, "spawn: %s\n", error.s);
        exit(1);
    }
    b.to_forget = calloc(attempts, sizeof *b.to_forget);
    ASSERT(b.to_forget != NULL);
    int64_t begin = now_ms(CLOCK_MONOTONIC), cpu = own_cpu_ms();
    run(&b, root, attempts, at_once);
    int64_t wall = now_ms(CLOCK_MONOTONIC) - begin;
    int64_t engine_us = (own_cpu_ms() - cpu) * 1000 / attempts;
    int64_t spawner_us = cpu_ms(spawner.pid) * 1000 / attempts;
    int64_t rate = wall > 0 ? (int64_t)attempts * 1000 / wall : 0;
    printf("%" PRIu32 " attempts, %" PRIu32 " at once: %" PRId64 " ms, %" PRId64
           " attempts/s; engine %" PRId64 " us, spawner %" PRId64 " us of processor time each\n",
           attempts, at_once, wall, rate, engine_us, spawner_us);
    engine_close(b.engine);
    spawner_release(&spawner);
    free(b.to_forget);
    return rate;
}

int main(int argc, char **argv)
{
    uint32_t attempts = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 5000;
    uint32_t at_once = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 64;
    char root[] = "/tmp/berth-spawn-XXXXXX";
    if (at_once == 0 || mkdtemp(root) == NULL) {
        fprintf(stderr, "usage: spawn [ATTEMPTS [AT_ONCE]]\n");
        return 2;
    }
    int64_t rate = attempts > 0 ? measure(root, attempts, at_once) : 0;
    int64_t raw = raw_runs(root, at_once);
    printf("the machine alone: %" PRId64 " runs/s of the same script", raw);
    if (attempts > 0 && raw > 0) printf("; the engine does %.2f of it", (double)rate / (double)raw);
    putchar('\n');
    nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}
