/* Kill -9 at random moments, many times: the daemon (which drives the engine), its spawner's
 * supervisors, or both. The test itself plays the core: it keeps the ledger, repeats what is not
 * confirmed, and requeues what is GONE as the next attempt, as the core does.
 *
 * Proof of "at most once" is the marker file to which each attempt's command appends a byte.
 *
 * BERTH_SEED repeats a run; BERTH_KILLS sets the number of kills (default 200). */
#include "unit/engine/world.h"

enum { JOBS = 20000, AT_ONCE = 12 };

struct order {
    uint32_t kind; /* 0 start, 1 forget, 2 stop */
    uint32_t job, attempt;
};

struct news {
    uint32_t kind; /* enum report_kind */
    uint32_t job, attempt;
    int32_t exit_code;
};

struct test_job {
    uint32_t attempt; /* 0: not yet submitted */
    bool ended;
    bool stop_asked;
};

static uint64_t random_state;

static uint32_t random_below(uint32_t n)
{
    random_state += 0x9e3779b97f4a7c15u; /* splitmix64 */
    uint64_t z = random_state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ (z >> 31)) % n);
}

/* ---- the daemon, in a process of its own --------------------------------------------------- */

static int news_fd;

static void send_news(void *context, const struct report *r)
{
    (void)context;
    const struct news n = {(uint32_t)r->kind, r->job.v, r->attempt, r->exit_code};
    if (write(news_fd, &n, sizeof n) != (ssize_t)sizeof n) _exit(3);
}

static void carry_out(struct world *w, const struct order *o)
{
    if (o->kind == 1) {
        world_forget(w, o->job, o->attempt);
        return;
    }
    if (o->kind == 2) {
        world_stop(w, o->job, o->attempt, 100);
        return;
    }
    world_run(w, o->job, o->attempt,
              arena_printf(&w->arena,
                           "printf x >> ran-%u.%u\n"
                           "(exec sleep 0.0%u) & wait\n"
                           "exit %u",
                           (unsigned)o->job, (unsigned)o->attempt, (unsigned)(o->job * 7 % 60 + 10),
                           (unsigned)(o->job % 100 + 1)));
}

static _Noreturn void be_daemon(struct world *w, int orders_fd)
{
    world_open(w);
    for (;;) {
        struct pollfd fds[] = {{.fd = engine_poll_fd(w->engine), .events = POLLIN},
                               {.fd = orders_fd, .events = POLLIN}};
        (void)poll(fds, 2, -1);
        struct order o;
        if ((fds[1].revents & POLLIN) != 0 && read(orders_fd, &o, sizeof o) == (ssize_t)sizeof o)
            carry_out(w, &o);
        else if ((fds[1].revents & POLLHUP) != 0)
            _exit(0);
        engine_drain(w->engine, world_now(), send_news, NULL);
    }
}

/* ---- the core and its ledger --------------------------------------------------------------- */

struct core_of_test {
    struct world *w;
    struct test_job jobs[JOBS + 1];
    pid_t daemon;
    int orders_fd, news_fd;
    uint32_t submitted, ended;
    unsigned gone, finished, kills_daemon, kills_supervisor;
};

static void start_daemon(struct core_of_test *c)
{
    int orders[2], news[2];
    assert_int_equal(pipe2(orders, O_CLOEXEC | O_NONBLOCK), 0);
    assert_int_equal(pipe2(news, O_CLOEXEC), 0);
    c->daemon = fork();
    assert_true(c->daemon >= 0);
    if (c->daemon == 0) {
        close(orders[1]);
        close(news[0]);
        news_fd = news[1];
        be_daemon(c->w, orders[0]);
    }
    close(orders[0]);
    close(news[1]);
    c->orders_fd = orders[1];
    c->news_fd = news[0];
}

static void say(const struct core_of_test *c, uint32_t kind, uint32_t job)
{
    const struct order o = {kind, job, c->jobs[job].attempt};
    (void)!write(c->orders_fd, &o, sizeof o); /* lost where the pipe is full: it is said again */
}

/* Submit up to AT_ONCE jobs, and say again what is not confirmed. */
static void say_orders(struct core_of_test *c)
{
    while (c->submitted < JOBS && c->submitted - c->ended < AT_ONCE)
        c->jobs[++c->submitted].attempt = 1;
    for (uint32_t j = 1; j <= c->submitted; j++) {
        if (c->jobs[j].ended) continue;
        if (random_below(40) == 0) c->jobs[j].stop_asked = true;
        say(c, c->jobs[j].stop_asked ? 2 : 0, j);
    }
}

static void take_news(struct core_of_test *c, const struct news *n)
{
    assert_in_range(n->job, 1, JOBS);
    struct test_job *job = &c->jobs[n->job];
    if (n->kind == REPORT_STARTED) return;
    assert_int_not_equal(n->kind, REPORT_REJECTED);
    const struct order forget = {1, n->job, n->attempt};
    (void)!write(c->orders_fd, &forget, sizeof forget);
    if (job->ended || n->attempt != job->attempt) return; /* an old end, said again */
    if (n->kind == REPORT_FINISHED) {
        job->ended = true;
        c->ended++;
        c->finished++;
        if (!job->stop_asked) assert_int_equal(n->exit_code, (int)(n->job % 100 + 1));
    } else {
        c->gone++;
        job->attempt++;
        job->stop_asked = false;
    }
}

/* Take what the daemon says for `ms`. */
static void listen_for(struct core_of_test *c, int ms)
{
    int64_t deadline = world_now() + ms;
    for (int64_t left = ms; left > 0; left = deadline - world_now()) {
        struct pollfd p = {.fd = c->news_fd, .events = POLLIN};
        if (poll(&p, 1, (int)left) <= 0) return;
        struct news n;
        if (read(c->news_fd, &n, sizeof n) != (ssize_t)sizeof n) return;
        take_news(c, &n);
    }
}

static void replace_daemon(struct core_of_test *c)
{
    assert_int_equal(kill(c->daemon, SIGKILL), 0);
    assert_int_equal(waitpid(c->daemon, NULL, 0), c->daemon);
    c->kills_daemon++;
    listen_for(c, 1); /* what it had said before */
    close(c->orders_fd);
    close(c->news_fd);
    start_daemon(c);
}

/* Kill who holds the lock of an attempt's record: its supervisor, or the daemon while it looks. */
static void kill_a_holder(struct core_of_test *c)
{
    for (int tries = 0; tries < 20; tries++) {
        uint32_t j = c->submitted - random_below(c->submitted < AT_ONCE ? c->submitted : AT_ONCE);
        pid_t pid = world_supervisor(c->w, j, c->jobs[j].attempt);
        if (pid <= 1) continue;
        if (pid == c->daemon)
            replace_daemon(c);
        else if (kill(pid, SIGKILL) == 0)
            c->kills_supervisor++;
        return;
    }
}

/* ---- what must hold ------------------------------------------------------------------------ */

static void check_markers(const struct core_of_test *c)
{
    for (uint32_t j = 1; j <= c->submitted; j++) {
        for (uint32_t a = 1; a <= c->jobs[j].attempt; a++) {
            char path[200];
            snprintf(path, sizeof path, "%s/ran-%u.%u", c->w->work, (unsigned)j, (unsigned)a);
            struct stat st = {0};
            bool ran = stat(path, &st) == 0;
            if (st.st_size > 1) fail_msg("attempt %u.%u ran %u times", j, a, (unsigned)st.st_size);
            bool last = a == c->jobs[j].attempt;
            if (last && !c->jobs[j].stop_asked && !ran) fail_msg("attempt %u.%u never ran", j, a);
        }
    }
}

/* All attempts were forgotten, so their folders go, and with them every supervisor. */
static void check_nothing_is_left(struct core_of_test *c)
{
    char path[200];
    snprintf(path, sizeof path, "%s/attempts", c->w->state);
    int64_t deadline = world_now() + WORLD_WAIT_MS;
    unsigned left = 1;
    while (left > 0 && world_now() < deadline) {
        listen_for(c, 50);
        left = 0;
        DIR *dir = opendir(path);
        assert_non_null(dir);
        for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir))
            left += e->d_name[0] != '.';
        closedir(dir);
    }
    assert_int_equal(left, 0);
}

static void whatever_is_killed_each_attempt_runs_at_most_once_and_none_is_lost(void **state)
{
    (void)state;
    const char *seed = getenv("BERTH_SEED"), *wanted = getenv("BERTH_KILLS");
    random_state = seed != NULL ? strtoull(seed, NULL, 10) : (uint64_t)world_now();
    unsigned kills = wanted != NULL ? (unsigned)strtoul(wanted, NULL, 10) : 200;
    print_message("             repeat with: BERTH_SEED=%llu BERTH_KILLS=%u\n",
                  (unsigned long long)random_state, kills);
    (void)signal(SIGPIPE, SIG_IGN);
    struct core_of_test *c = mem_alloc(1, sizeof *c);
    c->w = world_new_closed();
    c->w->kill_wait_ms = 200;
    start_daemon(c);
    while (c->kills_daemon + c->kills_supervisor < kills && c->ended < JOBS) {
        say_orders(c);
        listen_for(c, (int)random_below(25) + 1);
        if (random_below(3) == 0) kill_a_holder(c);
        if (random_below(3) != 0) replace_daemon(c);
    }
    int64_t deadline = world_now() + 3 * WORLD_WAIT_MS;
    while (c->ended < c->submitted && world_now() < deadline) {
        say_orders(c);
        listen_for(c, 100);
    }
    print_message(
        "             %u kills of the daemon, %u of supervisors; %u jobs, %u attempts gone\n",
        c->kills_daemon, c->kills_supervisor, c->ended, c->gone);
    if (c->ended < c->submitted)
        for (uint32_t j = 1; j <= c->submitted; j++)
            if (!c->jobs[j].ended) print_message("lost: %u.%u\n", j, c->jobs[j].attempt);
    assert_int_equal(c->ended, c->submitted);
    assert_true(c->kills_daemon > 0);
    check_markers(c);
    check_nothing_is_left(c);
    close(c->orders_fd);
    assert_int_equal(waitpid(c->daemon, NULL, 0), c->daemon);
    close(c->news_fd);
    world_free(c->w);
    mem_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_is_killed_each_attempt_runs_at_most_once_and_none_is_lost),
    };
    return cmocka_run_group_tests_name("kill", tests, NULL, NULL);
}
