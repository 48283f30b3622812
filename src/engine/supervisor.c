#include "engine/supervisor.h"

#include "base/check.h"
#include "base/civil.h"
#include "engine/environment.h"
#include "engine/launch.h"
#include "engine/notify.h"
#include "engine/processes.h"
#include "model/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NEVER INT64_MAX

struct supervisor {
    const struct supervisor_context *context;
    struct arena arena;
    struct attempt_spec spec;
    int lock_fd, signal_fd;
    struct launch launch;
    int64_t begun_at; /* steady ms */
    int64_t begun_ms; /* the same by the calendar */
    int64_t limit_at; /* steady ms; NEVER none */
    int64_t kill_at; /* steady ms of the next round of KILL; NEVER none */
    bool signal_due; /* signal_number is still to be sent */
    bool terminated; /* TERM was sent to everything */
    bool killed; /* so was KILL */
    bool timed_out;
    bool over; /* the script's process has been reaped; `status` is its wait status */
    int status;
    bool cannot_now; /* the command did not start for want of something of the machine's */
    struct errtext refusal; /* why the command did not start; "" */
};

static int64_t clock_ms(clockid_t clock)
{
    struct timespec t;
    ASSERT(clock_gettime(clock, &t) == 0);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t steady(void)
{
    return clock_ms(CLOCK_BOOTTIME);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t oom_kills_read(void)
{
    FILE *f = fopen("/proc/vmstat", "re");
    if (f == NULL) return -1;
    char line[128];
    long long count = -1;
    while (fgets(line, sizeof line, f) != NULL)
        if (sscanf(line, "oom_kill %lld", &count) == 1) break;
    fclose(f);
    return count;
}

/* ---- signals to the job -------------------------------------------------------------------- */

static void signal_everything(const struct supervisor *s, int signal_number)
{
    /* KILL first takes the group in one call, so that it cannot fork its way out; not once its
     * leader is reaped, as the number may then be somebody else's. Handlers of other signals must
     * not run twice. */
    if (signal_number == SIGKILL && !s->over) (void)kill(-s->launch.child, SIGKILL);
    (void)descendants_signal(signal_number, 0);
}

/* `order`: a signal, to which SIGNAL_TO_SHELL or SIGNAL_TO_ALL may be added. */
static void deliver(const struct supervisor *s, int order)
{
    int signal_number = order & (SIGNAL_TO_SHELL - 1);
    if (signal_number <= 0 || signal_number >= NSIG) return;
    bool to_all = signal_number == SIGKILL || signal_number == SIGTERM ||
                  signal_number == SIGSTOP || signal_number == SIGCONT;
    if (to_all) {
        signal_everything(s, signal_number);
        return;
    }
    pid_t script = s->launch.child;
    if ((order & SIGNAL_TO_ALL) != 0) (void)descendants_signal(signal_number, script);
    bool to_script = s->spec.signal_shell || (order & (SIGNAL_TO_SHELL | SIGNAL_TO_ALL)) != 0;
    if (!to_script && descendants_signal(signal_number, script) == 0)
        to_script = process_catches(script, signal_number);
    if (to_script && !s->over) (void)kill(script, signal_number);
}

/* In the job's error output, before anything is sent: what ended it. */
static void say_why(const struct supervisor *s, enum stop_why why)
{
    static const char *const due_to[STOP_WHY_COUNT] = {[STOP_ASKED] = "",
                                                       [STOP_TIME_LIMIT] = " DUE TO TIME LIMIT",
                                                       [STOP_PREEMPTED] = " DUE TO PREEMPTION",
                                                       [STOP_REQUEUED] = " DUE TO JOB REQUEUE",
                                                       [STOP_NODE_FAILED] = " DUE TO NODE FAILURE",
                                                       [STOP_UNLAWFUL] = " DUE TO THE LAW"};
    if (s->terminated || s->over) return;
    struct str node = {0};
    (void)environment_get(s->spec.environment, s->spec.environment_count, "SLURMD_NODENAME", &node);
    struct civil at = civil_of_ms(clock_ms(CLOCK_REALTIME));
    char line[512];
    snprintf(line, sizeof line,
             "slurmstepd: error: *** JOB %" PRIu32 " ON " STR_FMT
             " CANCELLED AT %04d-%02d-%02dT%02d:%02d:%02d%s ***\n",
             s->spec.id.job.v, STR_ARG(node), at.year, at.month, at.day, at.hour, at.minute,
             at.second, due_to[why]);
    launch_say(&s->launch, line);
}

/* TERM now, KILL after grace_ms; asked again, only the KILL may come sooner. */
static void stop(struct supervisor *s, int64_t grace_ms)
{
    if (!s->terminated) {
        signal_everything(s, SIGTERM);
        signal_everything(s, SIGCONT); /* a stopped process would not see the TERM */
    }
    s->terminated = true;
    s->kill_at = earlier(s->kill_at, steady() + (grace_ms > 0 ? grace_ms : 0));
}

/* ---- deadlines ----------------------------------------------------------------------------- */

/* The calendar, unless it leapt ahead since the command began: no work is lost to a clock that went
 * wrong. The daemon does the same. */
static int64_t calendar(const struct supervisor *s)
{
    int64_t now_ms = clock_ms(CLOCK_REALTIME), expected_ms = s->begun_ms + steady() - s->begun_at;
    return now_ms - expected_ms > SUPERVISOR_LEAP_MS ? expected_ms : now_ms;
}

/* Milliseconds until the first limit asks for TERM; NEVER: no limit. */
static int64_t until_limit(const struct supervisor *s)
{
    int64_t left = s->limit_at == NEVER ? NEVER : s->limit_at - steady();
    if (s->spec.end_by_ms != 0)
        left = earlier(left, s->spec.end_by_ms - s->spec.kill_wait_ms - calendar(s));
    return left;
}

static void meet_deadlines(struct supervisor *s)
{
    int64_t left = until_limit(s);
    if (s->signal_due && left <= (int64_t)s->spec.signal_before_s * 1000) {
        s->signal_due = false;
        deliver(s, (int)s->spec.signal_number);
    }
    if (left <= 0 && !s->timed_out && !s->over) {
        s->timed_out = true;
        say_why(s, STOP_TIME_LIMIT);
        stop(s, s->spec.kill_wait_ms);
    }
    if (s->kill_at <= steady()) {
        s->killed = true;
        signal_everything(s, SIGKILL);
        s->kill_at = steady() + SUPERVISOR_KILL_AGAIN_MS;
    }
}

static int wait_ms(const struct supervisor *s)
{
    int64_t wait = SUPERVISOR_LOOK_MS;
    int64_t left = until_limit(s);
    if (left != NEVER && s->signal_due)
        wait = earlier(wait, left - (int64_t)s->spec.signal_before_s * 1000);
    if (left != NEVER && !s->timed_out && !s->over) wait = earlier(wait, left);
    if (s->kill_at != NEVER) wait = earlier(wait, s->kill_at - steady());
    return wait > 0 ? (int)wait : 0;
}

/* ---- events -------------------------------------------------------------------------------- */

static void tell(const struct supervisor *s, uint32_t kind)
{
    const struct notice n = {.kind = kind, .id = s->spec.id};
    notify_send(s->context->notify_fd, s->context->dir, &n);
}

static void take_outcome(struct supervisor *s)
{
    launch_outcome(&s->launch, &s->refusal);
    if (s->refusal.s[0] != '\0') return;
    attempt_note_started(s->lock_fd);
    tell(s, NOTICE_STARTED);
}

static void set_limit(struct supervisor *s, int64_t limit_s)
{
    if (limit_s <= 0 || s->timed_out) return;
    int64_t limit_at = s->begun_at + limit_s * 1000;
    bool is_later = s->limit_at != NEVER && limit_at > s->limit_at;
    s->limit_at = limit_at;
    int64_t before_ms = (int64_t)s->spec.signal_before_s * 1000;
    if (is_later && s->spec.signal_number != 0 && until_limit(s) > before_ms) s->signal_due = true;
}

/* `order`: the grace in ms, and why. */
static void take_stop(struct supervisor *s, int order)
{
    int why = order / SUPERVISOR_WHY;
    if (order < 0 || why >= STOP_WHY_COUNT) why = STOP_ASKED;
    say_why(s, (enum stop_why)why);
    stop(s, order > 0 ? order % SUPERVISOR_WHY : 0);
}

static void take_signals(struct supervisor *s)
{
    struct signalfd_siginfo info;
    while (read(s->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        int number = (int)info.ssi_signo;
        if (number == SUPERVISOR_STOP)
            take_stop(s, info.ssi_int);
        else if (number == SUPERVISOR_SIGNAL)
            deliver(s, info.ssi_int);
        else if (number == SUPERVISOR_LIMIT)
            set_limit(s, info.ssi_int);
        else if (number == SIGTERM)
            take_stop(s, (int)(s->spec.kill_wait_ms % SUPERVISOR_WHY));
    }
}

/* False when nothing of the job is left. */
static bool reap(struct supervisor *s)
{
    for (;;) {
        int status;
        pid_t pid = waitpid(-1, &status, WNOHANG);
        if (pid < 0 && errno == EINTR) continue;
        if (pid < 0) return false;
        if (pid == 0) break;
        if (pid != s->launch.child) continue;
        s->over = true;
        s->status = status;
    }
    if (s->over) stop(s, SUPERVISOR_LEFTOVER_MS);
    return true;
}

static void supervise(struct supervisor *s)
{
    while (reap(s)) {
        meet_deadlines(s);
        struct pollfd fds[] = {{.fd = s->signal_fd, .events = POLLIN},
                               {.fd = s->launch.outcome_fd, .events = POLLIN}};
        if (poll(fds, 2, wait_ms(s)) < 0) continue;
        if (fds[0].revents != 0) take_signals(s);
        if (s->launch.outcome_fd >= 0 && fds[1].revents != 0) take_outcome(s);
    }
    if (s->launch.outcome_fd >= 0) take_outcome(s);
}

/* ---- the whole life ------------------------------------------------------------------------ */

static int make_signal_fd(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SUPERVISOR_STOP);
    sigaddset(&set, SUPERVISOR_SIGNAL);
    sigaddset(&set, SUPERVISOR_LIMIT);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static bool died_for_memory(const struct supervisor *s, const struct attempt_end *end)
{
    bool killed_by_other =
        !s->killed && (end->signal == SIGKILL || end->exit_code == 128 + SIGKILL);
    return killed_by_other && s->context->oom_kills >= 0 &&
           oom_kills_read() > s->context->oom_kills;
}

static struct attempt_end end_of(const struct supervisor *s)
{
    struct attempt_end end = {.at_ms = clock_ms(CLOCK_REALTIME)};
    if (s->refusal.s[0] != '\0') {
        end.kind = s->cannot_now ? ATTEMPT_LOST : ATTEMPT_REJECTED;
        end.detail = str_of(s->refusal.s);
        return end;
    }
    end.kind = ATTEMPT_EXITED;
    if (WIFEXITED(s->status))
        end.exit_code = WEXITSTATUS(s->status);
    else
        end.signal = WTERMSIG(s->status);
    end.timed_out = s->timed_out;
    end.out_of_memory = died_for_memory(s, &end);
    return end;
}

static enum err start_job(struct supervisor *s)
{
    const struct state_dir *dir = s->context->dir;
    enum err e = attempt_read_spec(s->lock_fd, &s->arena, &s->spec, &s->refusal);
    if (e != ERR_NONE) return e;
    s->signal_fd = make_signal_fd();
    if (s->signal_fd < 0)
        return err_set(&s->refusal, ERR_IO, "cannot make a signalfd: %s", strerror(errno));
    int64_t now_ms = clock_ms(CLOCK_REALTIME), end_ms = s->spec.end_by_ms;
    s->begun_at = steady();
    s->begun_ms = now_ms;
    if (s->spec.time_limit_ms > 0 && s->spec.time_limit_ms <= SUPERVISOR_LIMIT_MAX_MS) {
        int64_t limit_ms = now_ms + s->spec.time_limit_ms;
        s->limit_at = s->begun_at + s->spec.time_limit_ms;
        end_ms = end_ms == 0 ? limit_ms : earlier(end_ms, limit_ms);
    }
    s->signal_due = s->spec.signal_number != 0;
    return launch_command(dir, &s->spec, now_ms, end_ms, &s->arena, &s->launch, &s->refusal);
}

/* The end must be told, or the chips are held for ever. The record has room for it; where the file
 * system refuses all the same, until it does not. */
static void write_end(struct supervisor *s)
{
    struct attempt_end end = end_of(s);
    while (attempt_write_end(s->context->dir, s->spec.id, s->lock_fd, &end, NULL) != ERR_NONE)
        (void)poll(NULL, 0, SUPERVISOR_WRITE_AGAIN_MS);
}

static void name_process(struct attempt_id id)
{
    char name[ATTEMPT_NAME_MAX], title[ATTEMPT_NAME_MAX + 8];
    snprintf(title, sizeof title, "berth:%s", attempt_name(id, name));
    (void)prctl(PR_SET_NAME, title);
}

_Noreturn void supervisor_run(const struct supervisor_context *context, struct attempt_id id)
{
    struct supervisor s = {.context = context,
                           .spec.id = id,
                           .lock_fd = -1,
                           .signal_fd = -1,
                           .launch.outcome_fd = -1,
                           .limit_at = NEVER,
                           .kill_at = NEVER};
    arena_init(&s.arena);
    (void)setsid();
    (void)signal(SIGCHLD, SIG_DFL);
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    name_process(id);
    enum err e = attempt_begin(context->dir, id, &s.lock_fd);
    if (e == ERR_IO) tell(&s, NOTICE_FAILED);
    if (e != ERR_NONE) _exit(1);
    e = start_job(&s);
    if (e == ERR_NONE) supervise(&s);
    s.cannot_now = e == ERR_IO;
    s.spec.id = id;
    write_end(&s);
    tell(&s, NOTICE_ENDED);
    _exit(0);
}
