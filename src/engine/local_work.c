#include "engine/local_work.h"

#include "base/civil.h"
#include "base/mem.h"
#include "engine/processes.h"
#include "engine/supervisor.h"

#include <limits.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

/* ---- active attempts ----------------------------------------------------------------------- */

/* Where `id` stands or would stand. */
static size_t active_place(const struct local *l, struct attempt_id id)
{
    size_t low = 0, high = l->active_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct attempt_id at = l->active[middle].id;
        bool before = at.job.v != id.job.v ? at.job.v < id.job.v : at.attempt < id.attempt;
        if (before)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct active *local_active(const struct local *l, struct attempt_id id)
{
    size_t i = active_place(l, id);
    if (i == l->active_count || l->active[i].id.job.v != id.job.v ||
        l->active[i].id.attempt != id.attempt)
        return NULL;
    return &l->active[i];
}

void local_watch(struct local *l, struct attempt_id id)
{
    if (local_active(l, id) != NULL) return;
    size_t i = active_place(l, id);
    l->active = mem_grow(l->active, &l->active_cap, l->active_count + 1, sizeof *l->active);
    memmove(&l->active[i + 1], &l->active[i], (l->active_count - i) * sizeof *l->active);
    l->active[i] = (struct active){
        .id = id, .patience_ms = l->now_ms + LOCAL_SPAWN_PATIENCE_MS, .grace_ms = l->kill_wait_ms};
    l->active_count++;
    if (l->look_ms == CIVIL_NEVER_MS) l->look_ms = l->now_ms + LOCAL_LOOK_MS;
}

static void active_remove(struct local *l, struct attempt_id id)
{
    struct active *a = local_active(l, id);
    if (a == NULL) return;
    size_t i = (size_t)(a - l->active);
    memmove(a, a + 1, (l->active_count - i - 1) * sizeof *a);
    l->active_count--;
}

/* ---- what the agent puts out --------------------------------------------------------------- */

/* Reports enter the ledger as text; a path in one may hold any bytes. */
static struct str as_text(struct arena *arena, struct str detail)
{
    char *p = arena_copy(arena, detail.p != NULL ? detail.p : "", detail.len);
    if (!str_is_utf8(detail))
        for (size_t i = 0; i < detail.len; i++)
            if ((unsigned char)p[i] >= 0x80) p[i] = '?';
    return (struct str){p, detail.len};
}

static void queue_report(struct local *l, const struct report *r)
{
    l->reports = mem_grow(l->reports, &l->report_cap, l->report_count + 1, sizeof *l->reports);
    struct report *kept = &l->reports[l->report_count++];
    *kept = *r;
    kept->detail = as_text(&l->report_arena, r->detail);
}

/* Queue a signal to the supervisor of an attempt. The pidfd is taken between two looks that agree,
 * so it is the supervisor's and not that of a process that inherited its number. False: it was not
 * queued, because the attempt does not run or the kernel has no room for it now. */
static bool order_supervisor(struct local *l, struct attempt_id id, int signal_number,
                             int64_t value)
{
    struct attempt_look first, second;
    bool queued = false;
    if (attempt_look(&l->dir, id, &l->scratch, &first, NULL) != ERR_NONE) return false;
    attempt_look_release(&first);
    if (first.phase != PHASE_RUNNING || first.supervisor <= 0) return false;
    int fd = pidfd_open(first.supervisor, 0);
    if (fd < 0) return false;
    if (attempt_look(&l->dir, id, &l->scratch, &second, NULL) == ERR_NONE) {
        attempt_look_release(&second);
        siginfo_t info = {.si_signo = signal_number, .si_code = SI_QUEUE};
        info.si_pid = getpid();
        info.si_uid = getuid();
        info.si_value.sival_int = value > INT_MAX ? INT_MAX : (int)value;
        if (second.phase == PHASE_RUNNING && second.supervisor == first.supervisor) {
            queued = pidfd_send_signal(fd, signal_number, &info, 0) == 0;
            (void)pidfd_send_signal(fd, SIGCONT, NULL, 0); /* should somebody have stopped it */
        }
    }
    close(fd);
    return queued;
}

/* Tell the supervisor a changed limit that it was not told yet. False: it still is not, so the
 * change may not be confirmed; the core asks again, and then it is tried again. */
static bool settle_limit(struct local *l, struct attempt_id id)
{
    struct active *a = local_active(l, id);
    if (a == NULL || a->limit_owed_s == 0) return true;
    if (!order_supervisor(l, id, SUPERVISOR_LIMIT, a->limit_owed_s)) return false;
    a->limit_owed_s = 0;
    return true;
}

void local_stop_supervisor(struct local *l, struct attempt_id id, int64_t grace_ms,
                           enum stop_why why)
{
    int64_t grace = grace_ms < SUPERVISOR_WHY - 1 ? grace_ms : SUPERVISOR_WHY - 1;
    (void)order_supervisor(l, id, SUPERVISOR_STOP, (grace > 0 ? grace : 0) + why * SUPERVISOR_WHY);
}

/* Returns false when the spawner did not take the order: the attempt will not run. */
static bool spawn(struct local *l, struct attempt_id id, struct errtext *why)
{
    if (spawner_order(l->spawner, id, why) != ERR_NONE) {
        (void)attempt_erase(&l->dir, id, NULL);
        return false;
    }
    local_watch(l, id);
    return true;
}

static void carry_out(struct local *l, const struct agent_output *o)
{
    struct attempt_id id = {o->job, o->attempt};
    struct active *a = local_active(l, id);
    switch ((enum agent_output_kind)o->kind) {
    case AGENT_TERM:
        local_stop_supervisor(l, id, a != NULL ? a->grace_ms : l->kill_wait_ms,
                              a != NULL ? a->why : STOP_ASKED);
        break;
    case AGENT_KILL: local_stop_supervisor(l, id, 0, a != NULL ? a->why : STOP_ASKED); break;
    case AGENT_SEND: (void)order_supervisor(l, id, SUPERVISOR_SIGNAL, o->signal); break;
    /* In whole seconds, which fit the signal's value; the core stops it at the exact instant. */
    case AGENT_SET_LIMIT:
        if (a != NULL) a->limit_owed_s = (o->limit_ms + 999) / 1000;
        break;
    case AGENT_ERASE: (void)attempt_erase(&l->dir, id, NULL); break;
    case AGENT_REPORT: /* STARTED confirms the limit */
        if (o->report.kind != REPORT_STARTED || settle_limit(l, id)) queue_report(l, &o->report);
        break;
    /* Only an attempt that never ran is barred. Orders and reports are function calls: neither a
     * late order nor a late report can come after this process. */
    case AGENT_BAR:
    case AGENT_SPAWN: /* by feed */
    case AGENT_OUTPUT_COUNT: break;
    }
}

/* Give the agent an input and do what it says. */
void local_feed(struct local *l, const struct agent_input *in)
{
    agent_step(l->agent, in, &l->outputs);
    struct errtext why;
    bool failed = false;
    for (size_t i = 0; i < l->outputs.count; i++) {
        const struct agent_output *o = &l->outputs.items[i];
        if (o->kind == AGENT_SPAWN)
            failed = !spawn(l, (struct attempt_id){o->job, o->attempt}, &why);
        else
            carry_out(l, o);
    }
    if (!failed) return;
    struct agent_input fact = {.kind = AGENT_SPAWN_FAILED,
                               .now_ms = l->now_ms,
                               .job = in->job,
                               .attempt = in->attempt,
                               .detail = str_of(why.s)};
    local_feed(l, &fact);
}

void local_feed_fact(struct local *l, struct attempt_id id, int kind, struct str detail)
{
    struct agent_input in = {.kind = kind,
                             .now_ms = l->now_ms,
                             .job = id.job,
                             .attempt = id.attempt,
                             .permanent = kind == AGENT_SPAWN_FAILED,
                             .detail = detail};
    local_feed(l, &in);
}

/* ---- what the files say -------------------------------------------------------------------- */

struct agent_exit local_exit_of(const struct attempt_end *end)
{
    return (struct agent_exit){.code = end->exit_code,
                               .signal = end->signal,
                               .timed_out = end->timed_out,
                               .out_of_memory = end->out_of_memory};
}

static void learn_end(struct local *l, struct attempt_id id, const struct attempt_end *end)
{
    int state = agent_state(l->agent, id.job, id.attempt);
    active_remove(l, id);
    if (end->kind == ATTEMPT_EXITED) {
        if (state == AGENT_STARTING) local_feed_fact(l, id, AGENT_SPAWNED, (struct str){0});
        struct agent_input in = {.kind = AGENT_EXITED,
                                 .now_ms = l->now_ms,
                                 .job = id.job,
                                 .attempt = id.attempt,
                                 .exit = local_exit_of(end)};
        local_feed(l, &in);
        return;
    }
    bool rejected = end->kind == ATTEMPT_REJECTED && state == AGENT_STARTING;
    local_feed_fact(l, id, rejected ? AGENT_SPAWN_FAILED : AGENT_LOST, end->detail);
}

/* The lock is ours and nothing of the attempt ever ran: take the start back. */
static void learn_unbegun(struct local *l, struct attempt_id id, bool now)
{
    const struct active *a = local_active(l, id);
    if (!now && a != NULL && l->now_ms < a->patience_ms) return;
    if (attempt_erase(&l->dir, id, NULL) != ERR_NONE) return;
    active_remove(l, id);
    local_feed_fact(l, id, AGENT_LOST, STR("its supervisor did not begin"));
}

/* The lock is ours and its supervisor is dead: end what is left of it, then say so. */
static void learn_dead(struct local *l, struct attempt_id id, const struct attempt_look *look)
{
    char mark[ATTEMPT_MARK_MAX];
    if (look->same_boot && stragglers_kill(look->supervisor, attempt_mark(&l->dir, id, mark)) > 0) {
        l->look_ms = l->now_ms + LOCAL_LOOK_SOON_MS;
        return;
    }
    struct attempt_end end = {
        .kind = ATTEMPT_LOST,
        .at_ms = l->now_ms,
        .detail = look->same_boot ? STR("its supervisor died") : STR("the machine was restarted"),
    };
    if (attempt_write_end(&l->dir, id, look->lock_fd, &end, NULL) == ERR_NONE)
        learn_end(l, id, &end);
}

static void learn_absent(struct local *l, struct attempt_id id)
{
    char mark[ATTEMPT_MARK_MAX];
    if (stragglers_kill(0, attempt_mark(&l->dir, id, mark)) > 0) {
        l->look_ms = l->now_ms + LOCAL_LOOK_SOON_MS;
        return;
    }
    active_remove(l, id);
    local_feed_fact(l, id, AGENT_LOST, STR("its record was removed"));
}

void local_learn(struct local *l, struct attempt_id id, bool now)
{
    if (local_active(l, id) == NULL) return;
    struct attempt_look look;
    if (attempt_look(&l->dir, id, &l->scratch, &look, NULL) != ERR_NONE) return;
    switch ((enum attempt_phase)look.phase) {
    case PHASE_ABSENT: learn_absent(l, id); break;
    case PHASE_UNBEGUN: learn_unbegun(l, id, now); break;
    case PHASE_RUNNING:
        if (look.started && agent_state(l->agent, id.job, id.attempt) == AGENT_STARTING)
            local_feed_fact(l, id, AGENT_SPAWNED, (struct str){0});
        break;
    case PHASE_DEAD: learn_dead(l, id, &look); break;
    case PHASE_ENDED: learn_end(l, id, &look.end); break;
    }
    attempt_look_release(&look);
}

void local_look_at_all(struct local *l)
{
    l->look_ms = l->now_ms + LOCAL_LOOK_MS;
    for (size_t i = l->active_count; i > 0; i--) /* downwards: learn removes */
        if (i <= l->active_count) local_learn(l, l->active[i - 1].id, false);
    if (l->active_count == 0) l->look_ms = CIVIL_NEVER_MS;
}
