/* world.h - what the tests of the local engine stand on: a folder of its own, a small fleet, an
 * engine with its spawner, and waiting for reports by a deadline. */
#ifndef TEST_ENGINE_WORLD_H
#define TEST_ENGINE_WORLD_H

#include "base/mem.h"
#include "engine/local.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The limit ends what a failed test leaves behind. */
enum {
    WORLD_WAIT_MS = 20000,
    WORLD_LIMIT_MS = 60000,
    WORLD_REPORTS_MAX = 4096,
    WORLD_PARTS_MAX = 8
};

/* Pools of the fleet, by index. */
enum { POOL_CPU, POOL_H100, POOL_MI300, POOL_ASCEND, WORLD_POOLS };

struct world {
    char root[64], state[96], work[96];
    struct arena arena;
    struct fleet fleet;
    struct spawner spawner;
    struct engine *engine;
    int64_t kill_wait_ms;
    struct report reports[WORLD_REPORTS_MAX]; /* details live in the arena */
    size_t report_count;
};

static inline int64_t world_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static inline struct pool world_pool(const char *id, const char *chip, const char *prefix)
{
    static struct node_range ranges[WORLD_POOLS];
    static int used;
    struct node_range *r = &ranges[used++ % WORLD_POOLS];
    *r = (struct node_range){
        .prefix = str_of(prefix), .first = 1, .count = 8, .width = 3, .numbered = true};
    return (struct pool){.id = str_of(id),
                         .chip = str_of(chip),
                         .site = STR("tokyo"),
                         .title = {.kind = TITLE_OWNED, .owner = STR("aozora")},
                         .ranges = r,
                         .range_count = 1,
                         .chips_per_node = chip[0] != '\0' ? 8 : 0,
                         .cpus_per_node = 64,
                         .mem_mb_per_node = 512000};
}

static inline void world_fleet(struct world *w)
{
    struct fleet *f = &w->fleet;
    f->name = STR("pacific");
    f->parties = ARENA_NEW(&w->arena, struct party);
    f->party_count = 1;
    f->parties[0] =
        (struct party){.id = STR("aozora"), .name = STR("Aozora"), .country = STR("JP")};
    f->chips = ARENA_ARRAY(&w->arena, 3, struct chip);
    f->chip_count = 3;
    f->chips[0] = (struct chip){.id = STR("h100"), .vendor = STR("NVIDIA")};
    f->chips[1] = (struct chip){.id = STR("mi300x"), .vendor = STR("AMD")};
    f->chips[2] = (struct chip){.id = STR("ascend-910b"), .vendor = STR("Huawei")};
    f->sites = ARENA_NEW(&w->arena, struct site);
    f->site_count = 1;
    f->sites[0] = (struct site){.id = STR("tokyo"),
                                .country = STR("JP"),
                                .operator_party = STR("aozora"),
                                .engine = STR("local")};
    f->pools = ARENA_ARRAY(&w->arena, WORLD_POOLS, struct pool);
    f->pool_count = WORLD_POOLS;
    f->pools[POOL_CPU] = world_pool("cpu", "", "cpu-");
    f->pools[POOL_H100] = world_pool("tokyo-h100", "h100", "tyo");
    f->pools[POOL_MI300] = world_pool("tokyo-mi300", "mi300x", "mi");
    f->pools[POOL_ASCEND] = world_pool("tokyo-ascend", "ascend-910b", "asc");
    f->tenants = ARENA_NEW(&w->arena, struct tenant);
    f->tenant_count = 1;
    f->tenants[0] = (struct tenant){.id = STR("acme"), .party = STR("aozora"), .weight = 1};
    struct errtext error;
    if (fleet_index(f, &w->arena, &error) != ERR_NONE) fail_msg("%s", error.s);
}

/* Start spawner and engine over w->state, and recover. */
static inline void world_open(struct world *w)
{
    struct errtext error;
    if (spawner_start(&w->spawner, w->state, &error) != ERR_NONE) fail_msg("%s", error.s);
    struct local_config config = {.dir = w->state,
                                  .spawner = &w->spawner,
                                  .socket = "/run/berth.sock",
                                  .kill_wait_ms = w->kill_wait_ms};
    if (local_engine_new(&config, &w->engine, &error) != ERR_NONE) fail_msg("%s", error.s);
    if (engine_recover(w->engine, world_now(), &error) != ERR_NONE) fail_msg("%s", error.s);
}

static inline void world_close(struct world *w)
{
    engine_close(w->engine);
    w->engine = NULL;
    spawner_release(&w->spawner);
}

/* Folders only, no engine. */
static inline struct world *world_new_closed(void)
{
    struct world *w = mem_alloc(1, sizeof *w);
    arena_init(&w->arena);
    snprintf(w->root, sizeof w->root, "/tmp/berth-engine-XXXXXX");
    assert_non_null(mkdtemp(w->root));
    assert_int_equal(chmod(w->root, 0755), 0);
    snprintf(w->state, sizeof w->state, "%s/state", w->root);
    snprintf(w->work, sizeof w->work, "%s/work", w->root);
    assert_int_equal(mkdir(w->work, 0777), 0);
    assert_int_equal(chmod(w->work, 0777), 0);
    w->kill_wait_ms = 1000;
    w->spawner.fd = -1;
    world_fleet(w);
    return w;
}

static inline struct world *world_new(void)
{
    struct world *w = world_new_closed();
    world_open(w);
    return w;
}

static inline int world_remove_one(const char *path, const struct stat *st, int flag,
                                   struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static inline void world_free(struct world *w)
{
    if (w->engine != NULL) world_close(w);
    nftw(w->root, world_remove_one, 16, FTW_DEPTH | FTW_PHYS);
    arena_release(&w->arena);
    mem_free(w);
}

/* ---- orders -------------------------------------------------------------------------------- */

struct world_order {
    struct job_spec spec;
    struct claim_part parts[WORLD_PARTS_MAX];
    struct claim claim;
    struct engine_start start;
};

/* An order for a job without chips on the first node, owned by the present user. */
static inline struct world_order *world_order(struct world *w, uint32_t job, uint32_t attempt,
                                              const char *script)
{
    struct world_order *o = ARENA_NEW(&w->arena, struct world_order);
    struct str text = str_of(arena_printf(&w->arena, "#!/bin/sh\n%s\n", script));
    o->spec = (struct job_spec){.name = STR("train"),
                                .tenant = STR("acme"),
                                .user = STR("mika"),
                                .uid = (uint32_t)geteuid(),
                                .gid = (uint32_t)getegid(),
                                .workdir = str_of(w->work),
                                .submit_host = STR("login-1"),
                                .wrapper = STR("sbatch"),
                                .script = text};
    o->parts[0] = (struct claim_part){.node = 0, .cpus = 2};
    o->claim = (struct claim){
        .job = {job}, .attempt = attempt, .pool = {POOL_CPU}, .parts = o->parts, .part_count = 1};
    o->start = (struct engine_start){.fleet = &w->fleet,
                                     .claim = &o->claim,
                                     .spec = &o->spec,
                                     .expires_ms = world_now() + 60000,
                                     .time_limit_ms = WORLD_LIMIT_MS};
    return o;
}

static inline void world_start(struct world *w, const struct world_order *o)
{
    struct errtext error;
    if (engine_start(w->engine, &o->start, world_now(), &error) != ERR_NONE)
        fail_msg("%s", error.s);
}

static inline void world_run(struct world *w, uint32_t job, uint32_t attempt, const char *script)
{
    world_start(w, world_order(w, job, attempt, script));
}

static inline void world_stop(struct world *w, uint32_t job, uint32_t attempt, int64_t grace_ms)
{
    struct errtext error;
    struct job_id id = {job};
    if (engine_stop(w->engine, id, attempt, grace_ms, STOP_ASKED, world_now(), &error) != ERR_NONE)
        fail_msg("%s", error.s);
}

static inline void world_forget(struct world *w, uint32_t job, uint32_t attempt)
{
    struct job_id id = {job};
    assert_int_equal(engine_forget(w->engine, id, attempt, world_now(), NULL), ERR_NONE);
}

/* ---- reports ------------------------------------------------------------------------------- */

static inline void world_take(void *context, const struct report *r)
{
    struct world *w = context;
    if (w->report_count == WORLD_REPORTS_MAX) return;
    w->reports[w->report_count] = *r;
    w->reports[w->report_count++].detail = str_copy(&w->arena, r->detail);
}

/* The first report of the attempt with a kind among `kinds` (bits), or NULL. */
static inline const struct report *world_find(const struct world *w, uint32_t job, uint32_t attempt,
                                              unsigned kinds)
{
    for (size_t i = 0; i < w->report_count; i++) {
        const struct report *r = &w->reports[i];
        if (r->job.v == job && r->attempt == attempt && (kinds >> r->kind & 1) != 0) return r;
    }
    return NULL;
}

/* Let the engine work for at most `ms`, less when something happens. */
static inline void world_turn(struct world *w, int ms)
{
    struct pollfd p = {.fd = engine_poll_fd(w->engine), .events = POLLIN};
    (void)poll(&p, 1, ms);
    engine_drain(w->engine, world_now(), world_take, w);
}

#define KIND(k) (1u << (k))
#define KINDS_END (KIND(REPORT_FINISHED) | KIND(REPORT_GONE) | KIND(REPORT_REJECTED))

static inline const struct report *world_wait_kinds(struct world *w, uint32_t job, uint32_t attempt,
                                                    unsigned kinds)
{
    int64_t deadline = world_now() + WORLD_WAIT_MS;
    const struct report *r = NULL;
    while ((r = world_find(w, job, attempt, kinds)) == NULL && world_now() < deadline)
        world_turn(w, 100);
    if (r == NULL) fail_msg("no report of %u.%u in time", (unsigned)job, (unsigned)attempt);
    return r;
}

static inline const struct report *world_wait(struct world *w, uint32_t job, uint32_t attempt,
                                              int kind)
{
    return world_wait_kinds(w, job, attempt, KIND(kind));
}

static inline const struct report *world_wait_end(struct world *w, uint32_t job, uint32_t attempt)
{
    return world_wait_kinds(w, job, attempt, KINDS_END);
}

/* ---- files and processes ------------------------------------------------------------------- */

/* Whole text of a file in the working folder, "" when it is not there. */
static inline const char *world_text(struct world *w, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", w->work, name);
    FILE *f = fopen(path, "re");
    if (f == NULL) return "";
    char text[8192];
    size_t n = fread(text, 1, sizeof text, f);
    fclose(f);
    return arena_copy(&w->arena, text, n);
}

static inline void world_wait_text(struct world *w, const char *name, const char *want)
{
    int64_t deadline = world_now() + WORLD_WAIT_MS;
    while (strstr(world_text(w, name), want) == NULL && world_now() < deadline) world_turn(w, 20);
    assert_non_null(strstr(world_text(w, name), want));
}

/* The letter of /proc/PID/stat; 0: no such process. */
static inline char world_process_state(pid_t pid)
{
    char path[64], text[256];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "re");
    if (f == NULL) return 0;
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = '\0';
    const char *rest = strrchr(text, ')');
    return rest != NULL ? rest[2] : 0;
}

static inline bool world_is_alive(pid_t pid)
{
    char state = world_process_state(pid);
    return state != 0 && state != 'Z';
}

/* The supervisor of an attempt: who holds the lock of its record. */
static inline pid_t world_supervisor(struct world *w, uint32_t job, uint32_t attempt)
{
    char path[256];
    snprintf(path, sizeof path, "%s/attempts/%u.%u", w->state, job, attempt);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return 0;
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    pid_t pid = fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK ? lock.l_pid : 0;
    close(fd);
    return pid;
}

#endif
