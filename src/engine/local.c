#include "engine/local.h"

#include "base/check.h"
#include "base/civil.h"
#include "base/mem.h"
#include "engine/local_work.h"
#include "engine/notify.h"
#include "engine/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { NOTICES_PER_DRAIN = 256 }; /* so that the daemon's other work is not starved */

static struct local *local_of(struct engine *e)
{
    return (struct local *)e;
}

/* ---- time ---------------------------------------------------------------------------------- */

static void enter(struct local *l, int64_t now_ms)
{
    if (now_ms > l->now_ms) l->now_ms = now_ms;
}

/* Set the timer to the first thing to do; at the end of every call. */
static void leave(struct local *l)
{
    arena_clear(&l->scratch);
    int64_t due_ms = agent_next_ms(l->agent);
    if (l->look_ms < due_ms) due_ms = l->look_ms;
    if (l->report_count > 0) due_ms = l->now_ms;
    if (due_ms == l->armed_ms) return;
    struct itimerspec t = {0}; /* disarms */
    if (due_ms != CIVIL_NEVER_MS) {
        int64_t wait_ms = due_ms > l->now_ms ? due_ms - l->now_ms : 0;
        t.it_value.tv_sec = wait_ms / 1000;
        t.it_value.tv_nsec = wait_ms % 1000 * 1000000 + 1;
    }
    ASSERT(timerfd_settime(l->timer_fd, 0, &t, NULL) == 0);
    l->armed_ms = due_ms;
}

/* ---- orders -------------------------------------------------------------------------------- */

/* Make the attempt's record. One that is there already can only be a remainder of a removal that
 * was cut short: every other was found by recover, and the agent knows it. */
static enum err prepare(struct local *l, const struct engine_start *order, struct errtext *error)
{
    if (!spawner_is_alive(l->spawner))
        return err_set(error, ERR_UNAVAILABLE,
                       "the spawner (pid %d) has gone; restart berth serve to start jobs again",
                       (int)l->spawner->pid);
    struct attempt_id id = {order->claim->job, order->claim->attempt};
    char mark[ATTEMPT_MARK_MAX];
    struct resolve_config config = {.kill_wait_ms = l->kill_wait_ms,
                                    .socket = str_of(l->socket),
                                    .mark = str_of(attempt_mark(&l->dir, id, mark))};
    struct attempt_spec spec = order_resolve(order, &config, &l->scratch);
    enum err e = attempt_create(&l->dir, &spec, error);
    if (e != ERR_EXISTS) return e;
    struct attempt_look look;
    e = attempt_look(&l->dir, spec.id, &l->scratch, &look, error);
    if (e != ERR_NONE) return e;
    if (look.phase == PHASE_ABSENT || look.phase == PHASE_UNBEGUN)
        e = attempt_erase(&l->dir, spec.id, error);
    else
        e = err_set(error, ERR_CONFLICT, "%s/attempts holds another %u.%u", l->dir.path,
                    spec.id.job.v, spec.id.attempt);
    attempt_look_release(&look);
    return e == ERR_NONE ? attempt_create(&l->dir, &spec, error) : e;
}

static enum err local_start(struct engine *engine, const struct engine_start *order, int64_t now_ms,
                            struct errtext *error)
{
    struct local *l = local_of(engine);
    enter(l, now_ms);
    struct job_id job = order->claim->job;
    uint32_t attempt = order->claim->attempt;
    bool is_new =
        agent_state(l->agent, job, attempt) == AGENT_NONE && l->now_ms <= order->expires_ms;
    enum err e = is_new ? prepare(l, order, error) : ERR_NONE;
    if (e == ERR_NONE) {
        struct agent_input in = {.kind = AGENT_START,
                                 .now_ms = l->now_ms,
                                 .job = job,
                                 .attempt = attempt,
                                 .issued_ms = l->now_ms,
                                 .expires_ms = order->expires_ms};
        local_feed(l, &in);
        /* Not spawned after all: an older attempt of the job still runs. */
        if (is_new && local_active(l, (struct attempt_id){job, attempt}) == NULL)
            (void)attempt_erase(&l->dir, (struct attempt_id){job, attempt}, NULL);
    }
    leave(l);
    return e;
}

static enum err local_stop(struct engine *engine, struct job_id job, uint32_t attempt,
                           int64_t grace_ms, enum stop_why why, int64_t now_ms,
                           struct errtext *error)
{
    (void)error;
    struct local *l = local_of(engine);
    enter(l, now_ms);
    struct attempt_id id = {job, attempt};
    struct active *a = local_active(l, id);
    if (a != NULL) {
        a->grace_ms = grace_ms;
        a->why = why;
    }
    struct agent_input in = {.kind = AGENT_STOP,
                             .now_ms = l->now_ms,
                             .job = job,
                             .attempt = attempt,
                             .issued_ms = l->now_ms,
                             .grace_ms = grace_ms};
    local_feed(l, &in);
    if (agent_state(l->agent, job, attempt) == AGENT_STARTING) local_learn(l, id, true);
    /* Its supervisor is at work, but the command does not run yet; it may never, when the opening
     * of its output waits for a reader. */
    if (agent_state(l->agent, job, attempt) == AGENT_STARTING)
        local_stop_supervisor(l, id, grace_ms, why);
    leave(l);
    return ERR_NONE;
}

static enum err local_signal(struct engine *engine, struct job_id job, uint32_t attempt,
                             uint32_t signal_number, int64_t now_ms, struct errtext *error)
{
    (void)error;
    struct local *l = local_of(engine);
    enter(l, now_ms);
    struct agent_input in = {.kind = AGENT_SIGNAL,
                             .now_ms = l->now_ms,
                             .job = job,
                             .attempt = attempt,
                             .issued_ms = l->now_ms,
                             .signal = signal_number};
    local_feed(l, &in);
    leave(l);
    return ERR_NONE;
}

static enum err local_limit(struct engine *engine, struct job_id job, uint32_t attempt,
                            int64_t limit_ms, uint32_t number, int64_t now_ms,
                            struct errtext *error)
{
    (void)error;
    struct local *l = local_of(engine);
    enter(l, now_ms);
    struct agent_input in = {.kind = AGENT_LIMIT,
                             .now_ms = l->now_ms,
                             .job = job,
                             .attempt = attempt,
                             .issued_ms = l->now_ms,
                             .limit_ms = limit_ms,
                             .limit_number = number};
    local_feed(l, &in);
    leave(l);
    return ERR_NONE;
}

static enum err local_forget(struct engine *engine, struct job_id job, uint32_t attempt,
                             int64_t now_ms, struct errtext *error)
{
    (void)error;
    struct local *l = local_of(engine);
    enter(l, now_ms);
    struct agent_input in = {.kind = AGENT_FORGET,
                             .now_ms = l->now_ms,
                             .job = job,
                             .attempt = attempt,
                             .issued_ms = l->now_ms};
    local_feed(l, &in);
    leave(l);
    return ERR_NONE;
}

/* ---- recovery ------------------------------------------------------------------------------ */

struct recovery {
    struct local *local;
    enum err failed;
    struct errtext *error;
};

static void feed_found(struct local *l, struct attempt_id id, const struct attempt_look *look)
{
    struct agent_input in = {.now_ms = l->now_ms, .job = id.job, .attempt = id.attempt};
    if (look->phase == PHASE_RUNNING || look->phase == PHASE_DEAD) {
        /* A dead one is ended by the first look, which is due at once. */
        in.kind = AGENT_FOUND_RUNNING;
        local_watch(l, id);
    } else if (look->end.kind == ATTEMPT_EXITED) {
        in.kind = AGENT_FOUND_ENDED;
        in.exit = local_exit_of(&look->end);
    } else {
        in.kind = AGENT_FOUND_LOST;
        in.permanent = look->end.kind == ATTEMPT_REJECTED;
        in.detail = look->end.detail;
    }
    local_feed(l, &in);
}

static void recover_one(void *context, struct attempt_id id)
{
    struct recovery *r = context;
    struct local *l = r->local;
    if (r->failed != ERR_NONE) return;
    struct attempt_look look;
    r->failed = attempt_look(&l->dir, id, &l->scratch, &look, r->error);
    if (r->failed != ERR_NONE) return;
    /* One that never began is removed under its lock: should the dead daemon's spawner still make
     * its supervisor, that finds the lock file unlinked and goes. The core says the start again. */
    if (look.phase == PHASE_ABSENT || look.phase == PHASE_UNBEGUN)
        r->failed = attempt_erase(&l->dir, id, r->error);
    else
        feed_found(l, id, &look);
    attempt_look_release(&look);
}

static enum err local_recover(struct engine *engine, int64_t now_ms, struct errtext *error)
{
    struct local *l = local_of(engine);
    enter(l, now_ms);
    struct recovery r = {.local = l, .error = error};
    enum err e = attempt_each(&l->dir, recover_one, &r, error);
    if (l->active_count > 0) l->look_ms = l->now_ms;
    leave(l);
    return e != ERR_NONE ? e : r.failed;
}

/* ---- reports ------------------------------------------------------------------------------- */

static int local_poll_fd(const struct engine *engine)
{
    return ((const struct local *)engine)->epoll_fd;
}

static void take_notices(struct local *l)
{
    struct notice n;
    for (int i = 0; i < NOTICES_PER_DRAIN && notify_receive(l->notify_fd, &n); i++) {
        bool starting = agent_state(l->agent, n.id.job, n.id.attempt) == AGENT_STARTING;
        if (n.kind != NOTICE_STARTED)
            local_learn(l, n.id, n.kind == NOTICE_FAILED);
        else if (starting)
            local_feed_fact(l, n.id, AGENT_SPAWNED, (struct str){0});
    }
}

static void local_drain(struct engine *engine, int64_t now_ms, engine_report_fn *fn, void *context)
{
    struct local *l = local_of(engine);
    enter(l, now_ms);
    uint64_t expirations;
    if (read(l->timer_fd, &expirations, sizeof expirations) > 0) l->armed_ms = CIVIL_NEVER_MS;
    take_notices(l);
    if (l->look_ms <= l->now_ms) local_look_at_all(l);
    if (agent_next_ms(l->agent) <= l->now_ms) {
        struct agent_input in = {.kind = AGENT_CLOCK, .now_ms = l->now_ms};
        local_feed(l, &in);
    }
    for (size_t i = 0; i < l->report_count; i++) fn(context, &l->reports[i]);
    l->report_count = 0;
    arena_clear(&l->report_arena);
    leave(l);
}

/* ---- life ---------------------------------------------------------------------------------- */

static void local_close(struct engine *engine)
{
    struct local *l = local_of(engine);
    int fds[] = {l->epoll_fd, l->timer_fd, l->notify_fd, l->lock_fd};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] >= 0) close(fds[i]);
    state_dir_release(&l->dir);
    agent_free(l->agent);
    agent_outputs_release(&l->outputs);
    mem_free(l->active);
    mem_free(l->reports);
    mem_free(l->socket);
    arena_release(&l->report_arena);
    arena_release(&l->scratch);
    mem_free(l);
}

static const struct engine_ops local_ops = {
    .version = ENGINE_OPS_VERSION,
    .name = "local",
    .recover = local_recover,
    .start = local_start,
    .stop = local_stop,
    .signal = local_signal,
    .limit = local_limit,
    .forget = local_forget,
    .poll_fd = local_poll_fd,
    .drain = local_drain,
    .close = local_close,
};

static enum err take_engine_lock(struct local *l, struct errtext *error)
{
    l->lock_fd = openat(l->dir.fd, "engine.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (l->lock_fd < 0)
        return err_set(error, ERR_IO, "cannot open %s/engine.lock: %s", l->dir.path,
                       strerror(errno));
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(l->lock_fd, F_OFD_SETLK, &lock) == 0) return ERR_NONE;
    return err_set(error, ERR_CONFLICT, "another daemon uses %s", l->dir.path);
}

static enum err open_timer(struct local *l, struct errtext *error)
{
    l->timer_fd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN};
    if (l->timer_fd < 0 || l->epoll_fd < 0 ||
        epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, l->timer_fd, &event) != 0 ||
        epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, l->notify_fd, &event) != 0)
        return err_set(error, ERR_IO, "cannot make the engine's timer: %s", strerror(errno));
    return ERR_NONE;
}

enum err local_engine_new(const struct local_config *config, struct engine **out,
                          struct errtext *error)
{
    struct local *l = mem_alloc(1, sizeof *l);
    *l = (struct local){.base.ops = &local_ops,
                        .dir = {.fd = -1, .attempts_fd = -1},
                        .spawner = config->spawner,
                        .kill_wait_ms =
                            config->kill_wait_ms > 0 ? config->kill_wait_ms : LOCAL_KILL_WAIT_MS,
                        .lock_fd = -1,
                        .notify_fd = -1,
                        .timer_fd = -1,
                        .epoll_fd = -1,
                        .look_ms = CIVIL_NEVER_MS,
                        .armed_ms = CIVIL_NEVER_MS};
    arena_init(&l->report_arena);
    arena_init(&l->scratch);
    l->agent = agent_new((struct agent_config){.erase_at_once = true});
    const char *socket = config->socket != NULL ? config->socket : "";
    l->socket = mem_alloc(strlen(socket) + 1, 1);
    memcpy(l->socket, socket, strlen(socket));
    enum err e = state_dir_open(&l->dir, config->dir, error);
    if (e == ERR_NONE) e = take_engine_lock(l, error);
    if (e == ERR_NONE) e = notify_listen(&l->dir, &l->notify_fd, error);
    if (e == ERR_NONE) e = open_timer(l, error);
    if (e != ERR_NONE) {
        local_close(&l->base);
        return e;
    }
    *out = &l->base;
    return ERR_NONE;
}

bool local_engine_has_folder(const struct engine *e)
{
    const struct local *l = (const struct local *)e;
    struct stat st;
    return fstat(l->dir.attempts_fd, &st) == 0 && st.st_nlink > 0;
}
