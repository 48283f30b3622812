#include "serve/server.h"

#include "base/check.h"
#include "base/mem.h"
#include "engine/local.h"
#include "engine/nvml.h"
#include "read/chips_csv.h"
#include "store/sqlite_store.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    POLL_LONGEST_MS = 1000, /* the clock and the inbox are looked at this often at least */
    GATHER_MS = 3, /* requests that keep arriving are taken into one sync for so long */
    SEAL_RECORDS_MIN = 4, /* fewer are synced at once: handing them over costs more than the wait */
    SEAL_RECORDS_GOOD = 32, /* so many leave as soon as the disk is free: the rest is stepped while
                               they are written. A commit costs as much CPU as 20 records in it */
    WRITE_PAUSE_MS = 1000, /* after a failed sync writes are refused for this long */
    LOOK_AROUND_MS = 500, /* between looks whether everything we work with is still there */
    QUIET_MS = 50, /* no request for so long: there is time for a snapshot */
};

void server_log(struct server *s, const char *fmt, ...)
{
    if (s->config.log == NULL) return;
    char line[ERRTEXT_MAX + 256];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    s->config.log(s->config.log_arg, line);
}

/* ---- one turn -------------------------------------------------------------------------------- */

enum err server_step(struct server *s, struct event *e, struct job_id *first_out,
                     uint32_t *count_out, struct errtext *error)
{
    if (journal_is_full(&s->journal)) server_flush(s);
    if (steady_ms() < s->refuse_writes_until_ms)
        return err_set(error, ERR_UNAVAILABLE, "%s", s->refuse_why.s);
    return journal_step(&s->journal, e, first_out, count_out, error);
}

/* Even a read may have shown what was not yet durable. */
static void refuse(struct op *op)
{
    op->status = 503;
    if (op->stream != NULL) streams_leave(op->stream);
    op->stream = NULL;
    op->content_type = "application/json";
    buf_clear(&op->reply);
    buf_puts(&op->reply, "{\"error\":\"unavailable\",\"message\":\"the ledger cannot be "
                         "written, nothing was accepted; see the daemon's log\"}\n");
}

static void put_op(struct outbox *o, struct op *op)
{
    op->next = NULL;
    if (o->tail != NULL)
        o->tail->next = op;
    else
        o->head = op;
    o->tail = op;
}

/* The one way out. `failed`: the batch is lost, say so instead. */
static void send_outbox(struct server *s, struct outbox *o, bool failed)
{
    for (struct op *op = o->head; op != NULL; op = op->next) {
        ASSERT(failed || op->rests_on <= s->journal.durable);
        if (failed) refuse(op);
        s->metrics.requests_total++;
        if (op->status >= 400) s->metrics.request_errors_total++;
    }
    if (failed)
        events_drop(o);
    else
        events_send(s, o);
    http_reply(s->http, o->head);
    o->head = o->tail = NULL;
}

/* The open batch takes no more: what waits for it waits for the sealed one now. */
static void close_outbox(struct server *s)
{
    ASSERT(s->sealed.head == NULL);
    struct outbox o = s->open;
    s->open = s->sealed;
    s->sealed = o;
}

/* Both batches are lost: the one that failed, and what was stepped on top of it. */
static void sync_failed(struct server *s, const struct errtext *error)
{
    server_log(s, "the ledger refused a batch; its requests were refused: %s", error->s);
    s->refuse_writes_until_ms = steady_ms() + WRITE_PAUSE_MS;
    err_set(&s->refuse_why, ERR_UNAVAILABLE, "the ledger cannot be written: %s", error->s);
    send_outbox(s, &s->sealed, true);
    send_outbox(s, &s->open, true);
    if (!s->journal.lost) return;
    s->broken = "the ledger cannot be read back; look at the disk, then start again";
    s->stopping = true;
}

static void synced(struct server *s)
{
    struct batch *b = &s->journal.sealed;
    histogram_add(&s->metrics.sync, s->journal.stats.sync_last_us);
    /* An order is made from the state as it is now, which must be durable. */
    ASSERT(b->effect_count == 0 || journal_is_settled(&s->journal));
    for (size_t i = 0; i < b->effect_count; i++) dispatch_effect(s, &b->effects[i]);
    journal_batch_done(&s->journal);
    send_outbox(s, &s->sealed, false);
}

static void collect(struct server *s)
{
    struct errtext error;
    if (journal_collect(&s->journal, &error) == ERR_NONE)
        synced(s);
    else
        sync_failed(s, &error);
}

void server_flush(struct server *s)
{
    struct errtext error;
    if (journal_is_committing(&s->journal)) collect(s);
    if (!journal_is_dirty(&s->journal)) {
        send_outbox(s, &s->open, false); /* reads */
        return;
    }
    close_outbox(s);
    if (journal_commit(&s->journal, &error) == ERR_NONE)
        synced(s);
    else
        sync_failed(s, &error);
}

void server_settle(struct server *s)
{
    if (!journal_is_settled(&s->journal)) server_flush(s);
}

/* Have the open batch synced, without waiting where nothing is ordered by it. While a batch commits
 * the next one grows, and the disk finds as many records in it as arrived meanwhile. */
static void advance(struct server *s)
{
    if (journal_is_committing(&s->journal)) {
        if (!journal_has_ended(&s->journal)) return;
        collect(s);
    }
    const struct batch *b = &s->journal.open;
    if (b->effect_count > 0 || b->record_count < SEAL_RECORDS_MIN) {
        server_flush(s);
    } else {
        close_outbox(s);
        journal_seal(&s->journal);
    }
}

/* Between two requests: let out what has become durable, and have the disk work on what is enough
 * for a sync while the rest is stepped. So a crowd of clients that wait for their replies falls into
 * two groups, one at the disk and one here; in one group each part would wait for the other. */
static void advance_amid_requests(struct server *s)
{
    if (journal_has_ended(&s->journal)) collect(s);
    const struct batch *b = &s->journal.open;
    if (!journal_is_committing(&s->journal) && b->effect_count == 0 &&
        b->record_count >= SEAL_RECORDS_GOOD)
        advance(s);
}

/* False: nothing had arrived. */
static bool take_requests(struct server *s)
{
    struct op *op = inbox_take(&s->inbox);
    bool any = op != NULL;
    while (op != NULL) {
        struct op *next = op->next;
        arena_clear(&s->scratch);
        if (s->journal.lost)
            refuse(op);
        else
            api_handle(s, op);
        ASSERT(op->status != 0);
        op->rests_on = s->journal.head;
        put_op(&s->open, op);
        advance_amid_requests(s);
        op = next;
    }
    if (any) s->asked_steady_ms = steady_ms();
    return any;
}

/* What arrives while the first requests are worked on goes into the same sync: the more clients
 * there are, the more records share it. Bounded, so that the first of them does not wait for long.
 */
static void gather_requests(struct server *s)
{
    int64_t until = steady_ms() + GATHER_MS;
    while (take_requests(s) && !journal_is_settled(&s->journal) && !journal_is_full(&s->journal) &&
           steady_ms() < until) {
    }
}

static void keep_report(void *arg, const struct report *r)
{
    struct server *s = arg;
    s->reports = mem_grow(s->reports, &s->report_cap, s->report_count + 1, sizeof *s->reports);
    struct report *kept = &s->reports[s->report_count++];
    *kept = *r;
    kept->detail = str_copy(&s->report_arena, r->detail);
}

/* Engines say everything again until it is durable, so a report that cannot be stepped is dropped.
 */
static void take_reports(struct server *s)
{
    engine_drain(s->local, journal_now_ms(&s->journal), keep_report, s);
    for (size_t i = 0; i < s->report_count; i++) {
        struct event e = {
            .kind = EVENT_REPORT, .actor = STR("engine:local"), .report = s->reports[i]};
        e.actor_is_operator = true;
        struct errtext error;
        if (server_step(s, &e, NULL, NULL, &error) != ERR_NONE)
            server_log(s, "job %" PRIu32 ": report dropped: %s", e.report.job.v, error.s);
    }
    s->report_count = 0;
    arena_clear(&s->report_arena);
}

static void tick(struct server *s, int64_t stepped_ms)
{
    struct event e = {.kind = EVENT_TICK, .actor = STR("clock"), .actor_is_operator = true};
    e.stepped_ms = stepped_ms;
    struct errtext error;
    if (server_step(s, &e, NULL, NULL, &error) != ERR_NONE &&
        steady_ms() >= s->refuse_writes_until_ms)
        server_log(s, "tick refused: %s", error.s);
}

/* What the clock does that a clock should not. A step waits until it can be recorded. */
static void take_clock(struct server *s)
{
    struct stamp_clock *c = &s->journal.clock;
    if (c->leaping != s->clock_leaps) {
        s->clock_leaps = c->leaping;
        server_log(s, c->leaping ? "the clock leapt ahead by more than a day and is not believed; "
                                   "if it is right, restart the daemon"
                                 : "the clock is believed again");
    }
    if (c->leaping) return;
    bool is_behind = c->set_back_ms > (s->clock_is_behind ? 0 : CLOCK_STEP_MS);
    if (is_behind && !s->clock_is_behind)
        server_log(s,
                   "the clock is %" PRId64 " s behind the last record; time goes on at half "
                   "speed until it has caught up",
                   c->set_back_ms / 1000);
    else if (s->clock_is_behind && !is_behind)
        server_log(s, "the clock has caught up");
    s->clock_is_behind = is_behind;
    if (c->step_ms == 0 || steady_ms() < s->refuse_writes_until_ms) return;
    int64_t stepped_ms = stamp_clock_take_step(c);
    server_log(s, "the clock was set ahead by %" PRId64 " s; running jobs keep their time",
               stepped_ms / 1000);
    tick(s, stepped_ms);
}

static void take_time(struct server *s)
{
    int64_t now_ms = journal_now_ms(&s->journal);
    take_clock(s);
    if (now_ms >= core_next_tick_ms(s->journal.core)) tick(s, 0);
}

static int wait_ms(struct server *s)
{
    int64_t left = core_next_tick_ms(s->journal.core) - journal_now_ms(&s->journal);
    if (left > POLL_LONGEST_MS) return POLL_LONGEST_MS;
    /* While writes are refused a due tick cannot be stepped: do not spin. */
    if (left < 1) return steady_ms() < s->refuse_writes_until_ms ? 100 : 1;
    return (int)left;
}

static void take_snapshot(struct server *s)
{
    bool busy = steady_ms() - s->asked_steady_ms < QUIET_MS;
    if (!journal_snapshot_is_due(&s->journal, busy)) return;
    struct errtext error;
    server_settle(s);
    if (journal_snapshot(&s->journal, &error) != ERR_NONE) {
        server_log(s, "no snapshot was written: %s", error.s);
        s->journal.snapshot_at = s->journal.head; /* try again later, not every turn */
    }
}

/* What was taken away under us, and is made anew at a start: a service manager does that at once. */
static void look_around(struct server *s)
{
    if (steady_ms() - s->looked_steady_ms < LOOK_AROUND_MS) return;
    s->looked_steady_ms = steady_ms();
    if (!spawner_is_alive(&s->spawner))
        s->broken = "the spawner process died; start again";
    else if (!local_engine_has_folder(s->local))
        s->broken = "somebody removed the folder attempts of the state directory; start again";
    else if (!http_socket_is_there(s->http))
        s->broken = "somebody removed or replaced the socket; start again";
    s->stopping = s->stopping || s->broken != NULL;
}

static void turn(struct server *s)
{
    struct pollfd fds[] = {{.fd = s->signal_fd, .events = POLLIN},
                           {.fd = s->inbox.event_fd, .events = POLLIN},
                           {.fd = engine_poll_fd(s->local), .events = POLLIN},
                           {.fd = heartbeats_fd(&s->heartbeats), .events = POLLIN},
                           {.fd = journal_fd(&s->journal), .events = POLLIN}};
    int wait = inbox_await(&s->inbox) ? wait_ms(s) : 0, beats = heartbeats_wait_ms(&s->heartbeats);
    int n = poll(fds, sizeof fds / sizeof *fds, beats < wait ? beats : wait);
    if (n < 0 && errno != EINTR) server_log(s, "poll: %s", strerror(errno));
    int64_t begun = steady_ms();
    if ((fds[0].revents & POLLIN) != 0) {
        struct signalfd_siginfo info;
        if (read(s->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) s->stopping = true;
    }
    take_time(s);
    gather_requests(s);
    take_reports(s);
    heartbeats_take(s);
    advance(s);
    take_snapshot(s);
    checkpoint_due(s);
    look_around(s);
    histogram_add(&s->metrics.turn, (steady_ms() - begun) * 1000);
}

/* ---- decisions as they fall ------------------------------------------------------------------ */

static void on_decision(void *arg, const struct event *e, const struct decision *d)
{
    struct server *s = arg;
    (void)e;
    const struct job *j = core_job(s->journal.core, d->job);
    switch ((enum decision_kind)d->kind) {
    case DECISION_QUEUED: s->metrics.submits_total += e->kind == EVENT_SUBMIT; break;
    case DECISION_PLACED:
        s->metrics.submits_total += e->kind == EVENT_SUBMIT;
        s->metrics.starts_total++;
        if (j != NULL && d->attempt == 1)
            histogram_add(&s->metrics.wait, (e->now_ms - j->submit_ms) * 1000);
        break;
    case DECISION_REFUSED:
        s->metrics.submits_total += e->kind == EVENT_SUBMIT;
        metrics_refusal(&s->metrics, d->rule);
        break;
    case DECISION_ENDED: s->metrics.ends_total++; break;
    case DECISION_STOPPED: s->metrics.preemptions_total += d->reason == REASON_PREEMPTED; break;
    case DECISION_REQUEUED:
    case DECISION_POSTPONED:
    case DECISION_PREEMPTING: break;
    case DECISION_COUNT: UNREACHABLE("not a decision");
    }
    events_add(s, d, j != NULL ? j->spec.uid : 0);
}

/* ---- starting and stopping ------------------------------------------------------------------- */

static enum err make_state_dir(const char *dir, struct errtext *error)
{
    struct buf path = {0};
    enum err e = ERR_NONE;
    for (const char *p = dir; e == ERR_NONE && *p != '\0';) {
        size_t n = strcspn(p + 1, "/") + 1;
        buf_put(&path, p, n);
        p += n;
        if (mkdir(path.p, 0700) != 0 && errno != EEXIST)
            e = err_set(error, ERR_IO, "cannot make %s: %s", path.p, strerror(errno));
    }
    buf_release(&path);
    struct stat st;
    if (e == ERR_NONE && (stat(dir, &st) != 0 || !S_ISDIR(st.st_mode)))
        e = err_set(error, ERR_IO, "%s is not a directory", dir);
    if (e == ERR_NONE && (st.st_mode & 022) != 0)
        e = err_set(error, ERR_DENIED, "%s: others may write there; run: chmod go-w %s", dir, dir);
    return e;
}

/* Signals are read from a descriptor; threads started later inherit the mask. A terminal that is
 * closed ends the daemon as orderly as Ctrl-C does, but for one that was started by nohup. */
static enum err catch_signals(struct server *s, struct errtext *error)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    struct sigaction hangup;
    bool is_deaf = sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler == SIG_IGN;
    if (!is_deaf) sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* ulimit -f: the write says so, as on a full disk */
    s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (s->signal_fd < 0) return err_set(error, ERR_IO, "signalfd: %s", strerror(errno));
    return ERR_NONE;
}

/* The ledger's lock comes first: it keeps a second daemon from everything that follows. The spawner
 * is forked next, while there is one thread and little memory; then the state is rebuilt. */
static enum err open_ledger(struct server *s, struct errtext *error)
{
    struct store_options options = {
        .dir = s->config.state_dir, .create = true, .origin = s->config.origin};
    struct store *store = NULL;
    enum err e = sqlite_store_ops.open(&options, &store, error);
    if (e != ERR_NONE) return e;
    e = spawner_start(&s->spawner, s->config.state_dir, error);
    struct local_config local = {
        .dir = s->config.state_dir, .spawner = &s->spawner, .socket = s->config.socket_path};
    if (e == ERR_NONE) e = local_engine_new(&local, &s->local, error);
    if (e == ERR_NONE) e = journal_open(&s->journal, store, NULL, error);
    if (e != ERR_NONE) {
        store->ops->close(store);
        return e;
    }
    s->journal.on_decision = on_decision;
    s->journal.on_decision_arg = s;
    if (s->journal.stats.replayed > 0)
        server_log(s, "ledger: %" PRIu64 " records, %" PRIu64 " replayed", s->journal.head,
                   s->journal.stats.replayed);
    return ERR_NONE;
}

static enum err load_catalogue(struct server *s, struct errtext *error)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/chips.csv", s->config.data_dir);
    return chips_load(path, &s->catalogue_arena, &s->catalogue, &s->catalogue_count, error);
}

static enum err read_file(const char *path, struct buf *out, struct errtext *error)
{
    FILE *f = fopen(path, "re");
    if (f == NULL) return err_set(error, ERR_IO, "cannot open %s: %s", path, strerror(errno));
    char block[65536];
    size_t n = 0;
    while ((n = fread(block, 1, sizeof block, f)) > 0 && out->len <= OP_BODY_MAX)
        buf_put(out, block, n);
    bool failed = ferror(f) != 0;
    fclose(f);
    if (failed) return err_set(error, ERR_IO, "cannot read %s: %s", path, strerror(errno));
    if (out->len > OP_BODY_MAX) return err_set(error, ERR_LIMIT, "%s: over 12 MiB", path);
    return ERR_NONE;
}

/* With a table of the operator's it is looked at at every start; else the ledger's stay, once it
 * has any. */
static enum err load_speeds(struct server *s, struct errtext *error)
{
    const struct speeds *now = core_speeds(s->journal.core);
    const char *path = s->config.speeds_path;
    if (path == NULL && now->row_count + now->type_count > 0) return ERR_NONE;
    FILE *own = path != NULL ? fopen(path, "re") : NULL;
    if (path != NULL && own == NULL)
        return err_set(error, ERR_IO, "cannot open %s: %s", path, strerror(errno));
    bool changed = false;
    enum err e = server_adopt_speeds(s, own, path, STR("start"), 0, &changed, error);
    if (own != NULL) fclose(own);
    if (changed) server_log(s, "speeds: %" PRIu32 " rows adopted", now->row_count);
    return e;
}

/* The law before the fleet, so that the first placement already knows it. */
static enum err load_world(struct server *s, struct errtext *error)
{
    enum err e = load_catalogue(s, error);
    bool changed = false;
    const char *law = s->config.law_dir;
    if (law == NULL && s->journal.head == 0) law = s->config.law_default;
    if (e == ERR_NONE && law != NULL)
        e = server_adopt_law(s, law, STR("start"), 0, &changed, error);
    if (e == ERR_NONE && changed) server_log(s, "law: adopted from %s", law);
    if (e == ERR_NONE) e = load_speeds(s, error);
    if (e != ERR_NONE || s->config.fleet_path == NULL) return e;
    struct buf yaml = {0}, diff = {0};
    e = read_file(s->config.fleet_path, &yaml, error);
    if (e == ERR_NONE)
        e = server_apply_fleet(s, buf_str(&yaml), s->config.fleet_path, false, STR("start"), 0,
                               &diff, error);
    if (e == ERR_NONE && diff.len > 0) server_log(s, "fleet: applied %s", s->config.fleet_path);
    buf_release(&yaml);
    buf_release(&diff);
    return e;
}

static enum err resume(struct server *s, struct errtext *error)
{
    struct event e = {
        .kind = EVENT_TICK, .actor = STR("clock"), .actor_is_operator = true, .resume = true};
    return journal_step(&s->journal, &e, NULL, NULL, error);
}

/* What this machine has; placement goes by the fleet file, so this is for the operator's eye. */
static void log_gpus(struct server *s)
{
    struct gpu *gpus = NULL;
    uint32_t count = 0;
    struct errtext error;
    arena_clear(&s->scratch);
    if (nvml_list(&s->scratch, &gpus, &count, &error) != ERR_NONE) {
        server_log(s, "%s", error.s);
        return;
    }
    server_log(s, "this machine has %" PRIu32 " NVIDIA devices%s" STR_FMT, count,
               count > 0 ? ", the first is " : "",
               STR_ARG(count > 0 ? gpus[0].name : (struct str){0}));
}

static enum err start_all(struct server *s, struct errtext *error)
{
    enum err e = make_state_dir(s->config.state_dir, error);
    if (e == ERR_NONE) e = catch_signals(s, error);
    if (e == ERR_NONE) e = open_ledger(s, error);
    if (e == ERR_NONE) e = checkpoint_open(s, error);
    if (e == ERR_NONE) e = auth_load(&s->auth, s->config.state_dir, error);
    if (e == ERR_NONE) e = engine_recover(s->local, journal_now_ms(&s->journal), error);
    if (e == ERR_NONE) e = load_world(s, error);
    if (e == ERR_NONE) e = resume(s, error);
    if (e != ERR_NONE) return e;
    server_flush(s);
    log_gpus(s);
    struct http_config doors = {.socket_path = s->config.socket_path,
                                .listen_host = s->config.listen_host,
                                .listen_port = s->config.listen_port,
                                .auth = &s->auth,
                                .inbox = &s->inbox};
    e = http_start(&s->http, &doors, error);
    if (e != ERR_NONE) return e;
    /* Now that the path is known to be ours: the socket of heartbeats stands beside it. */
    if (heartbeats_open(&s->heartbeats, s->config.socket_path, error) != ERR_NONE)
        server_log(s, "%s", error->s);
    s->started_ms = journal_now_ms(&s->journal);
    if (s->config.ready != NULL) s->config.ready(s->config.ready_arg, http_port(s->http));
    return ERR_NONE;
}

/* Answer what has arrived, keep the jobs running, leave a snapshot for a quick start. */
static void stop_all(struct server *s)
{
    if (s->http != NULL) {
        http_quiesce(s->http);
        take_requests(s);
        inbox_close(&s->inbox);
        take_requests(s);
        server_flush(s);
        streams_close(&s->streams);
        http_stop(s->http);
    }
    struct errtext error;
    struct buf note = {0};
    if (s->journal.core != NULL && s->journal.head != s->checkpoint_at &&
        checkpoint_sign(s, &note, &error) != ERR_NONE)
        server_log(s, "the ledger's head was not signed: %s", error.s);
    buf_release(&note);
    if (s->journal.core != NULL && journal_snapshot(&s->journal, &error) != ERR_NONE)
        server_log(s, "no snapshot was written: %s", error.s);
    if (s->journal.core != NULL) journal_close(&s->journal);
    heartbeats_close(&s->heartbeats);
    engine_close(s->local);
    spawner_release(&s->spawner);
}

static void outbox_release(struct outbox *o)
{
    ASSERT(o->head == NULL);
    mem_free(o->events);
    arena_release(&o->arena);
}

enum err server_run(const struct server_config *config, struct errtext *error)
{
    struct server *s = mem_alloc(1, sizeof *s);
    *s = (struct server){.config = *config, .signal_fd = -1, .spawner.fd = -1, .heartbeats.fd = -1};
    arena_init(&s->scratch);
    arena_init(&s->report_arena);
    arena_init(&s->open.arena);
    arena_init(&s->sealed.arena);
    arena_init(&s->catalogue_arena);
    for (int i = 0; i < SPEC_SLOTS; i++) arena_init(&s->specs[i].arena);
    metrics_init(&s->metrics);
    streams_init(&s->streams);
    enum err e = inbox_init(&s->inbox, error);
    if (e == ERR_NONE) e = start_all(s, error);
    while (e == ERR_NONE && !s->stopping) turn(s);
    if (s->broken != NULL) e = err_set(error, ERR_UNAVAILABLE, "%s", s->broken);
    stop_all(s);

    streams_release(&s->streams);
    inbox_release(&s->inbox);
    auth_release(&s->auth);
    note_signer_release(&s->signer);
    if (s->signal_fd >= 0) close(s->signal_fd);
    for (int i = 0; i < SPEC_SLOTS; i++) arena_release(&s->specs[i].arena);
    arena_release(&s->scratch);
    arena_release(&s->report_arena);
    arena_release(&s->catalogue_arena);
    outbox_release(&s->open);
    outbox_release(&s->sealed);
    mem_free(s->reports);
    mem_free(s);
    return e;
}
