#include "base/cbor.h"
#include "base/check.h"
#include "core/explain.h"
#include "serve/api.h"
#include "serve/job_filter.h"
#include "serve/reply.h"
#include "serve/views_fill.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct event request_event(struct server *s, const struct op *op, enum event_kind kind)
{
    return (struct event){
        .kind = (int)kind,
        .actor = str_of(arena_printf(&s->scratch, "uid:%" PRIu32, op->peer.uid)),
        .actor_uid = op->peer.uid,
        .actor_is_operator = op->peer.is_operator,
    };
}

/* The job named in the path, if the peer may see it; else NULL with the reply made. */
static const struct job *find_job(struct server *s, struct op *op, struct str id)
{
    uint64_t v = 0;
    const struct job *j = NULL;
    if (str_to_u64(id, &v) && v > 0 && v <= UINT32_MAX)
        j = core_job(s->journal.core, (struct job_id){(uint32_t)v});
    /* A job of somebody else is as good as none: its id tells nothing. */
    if (j != NULL && job_filter_may_see(op, j)) return j;
    reply_error(op, ERR_NOT_FOUND, "Invalid job id specified: " STR_FMT, STR_ARG(id));
    return NULL;
}

/* ---- submission ------------------------------------------------------------------------------ */

struct submit_request {
    struct job_spec spec;
    struct str key;
};

static void visit_submit_request(struct visit *v, void *what)
{
    struct submit_request *r = what;
    if (visit_map(v, "spec", false)) {
        visit_job_spec(v, &r->spec);
        visit_map_end(v);
    }
    visit_text(v, "key", &r->key);
}

static void visit_submit_reply_any(struct visit *v, void *what)
{
    visit_submit_reply(v, what);
}

static void visit_explanation_any(struct visit *v, void *what)
{
    visit_explanation(v, what);
}

/* Who no account names: the default one, else the only one there is. */
static void choose_tenant(const struct fleet *f, struct job_spec *spec)
{
    if (spec->tenant.len > 0 || f == NULL) return;
    for (uint32_t i = 0; i < f->tenant_count; i++)
        if (f->tenants[i].is_default || f->tenant_count == 1) spec->tenant = f->tenants[i].id;
}

/* What the tenant declared for jobs that state nothing themselves; it becomes part of the record. */
static void take_declared(const struct fleet *f, struct job_spec *spec)
{
    uint32_t i = f != NULL ? fleet_tenant(f, spec->tenant) : NO_INDEX;
    if (i == NO_INDEX) return;
    if (f->tenants[i].reads_no_data) spec->data_known = true;
    if (spec->purpose.len == 0) spec->purpose = f->tenants[i].purpose;
}

/* Read the body and check that the peer may submit as the uid it names. */
static enum err read_submission(struct server *s, struct op *op, struct submit_request *r,
                                struct errtext *error)
{
    enum err e = body_read(op, &s->scratch, visit_submit_request, r, error);
    if (e != ERR_NONE) return e;
    choose_tenant(core_fleet(s->journal.core), &r->spec);
    take_declared(core_fleet(s->journal.core), &r->spec);
    if (r->key.len == 0 && op->key != NULL) r->key = str_of(op->key);
    if (r->key.len > NAME_LEN_MAX)
        return err_set(error, ERR_LIMIT, "an idempotency key has at most %d bytes", NAME_LEN_MAX);
    if (r->spec.uid != op->peer.uid && !op->peer.is_operator)
        return err_set(error, ERR_DENIED,
                       "you are uid %" PRIu32 " and cannot submit as uid %" PRIu32, op->peer.uid,
                       r->spec.uid);
    return ERR_NONE; /* the rest is checked by core_admit */
}

static void reply_submitted(struct server *s, struct op *op, const struct job *j, uint32_t count,
                            bool repeated)
{
    const struct fleet *f = core_fleet(s->journal.core);
    struct submit_reply reply = {
        .job_id = j->id.v,
        .count = count,
        .state = str_of(job_state_names[j->state]),
        .reason = str_of(reason_names[j->reason]),
        .rule = j->refusal_rule,
        .repeated = repeated,
    };
    if (reply.rule.len > 0)
        law_cite(core_law(s->journal.core), reply.rule, &reply.cite, &reply.sentence);
    if (j->claim != NULL && f != NULL) reply.pool = f->pools[j->pool.v].id;
    reply_visit(op, 201, visit_submit_reply_any, &reply);
}

/* What a plan can do without, and a job cannot. */
static enum err check_runnable(const struct job_spec *spec, struct errtext *error)
{
    if (spec->script.len == 0)
        return err_set(error, ERR_INVALID,
                       "spec.script: say what to run, a text that begins with #!");
    if (spec->workdir.len == 0 || spec->workdir.p[0] != '/')
        return err_set(error, ERR_INVALID, "spec.workdir: say in which folder, from / on");
    return ERR_NONE;
}

static void visit_job_spec_any(struct visit *v, void *what)
{
    visit_job_spec(v, what);
}

/* A key that was used: the first answer again, but only to the same request. */
static void submit_again(struct server *s, struct op *op, struct submit_request *r)
{
    struct errtext error;
    /* The record is read. A failed sync takes the job away; then the client asks again. */
    server_settle(s);
    const struct job *j = core_job_by_key(s->journal.core, r->spec.uid, r->key);
    if (j == NULL) {
        reply_error(op, ERR_UNAVAILABLE, "try again");
        return;
    }
    const struct job_spec *first = dispatch_submitted(s, j, &error);
    if (first == NULL) {
        reply_error(op, ERR_CORRUPT, "%s", error.s);
        return;
    }
    struct job_spec copy = *first;
    struct buf was = {0}, is = {0};
    cbor_put(&was, visit_job_spec_any, &copy);
    cbor_put(&is, visit_job_spec_any, &r->spec);
    if (str_eq(buf_str(&was), buf_str(&is)))
        reply_submitted(s, op, j, copy.array_count > 0 ? copy.array_count : 1, true);
    else
        reply_error(op, ERR_CONFLICT,
                    "the idempotency key '" STR_FMT "' came with another request, job %" PRIu32
                    "; take a new key for each job",
                    STR_ARG(r->key), j->id.v);
    buf_release(&was);
    buf_release(&is);
}

void handle_submit(struct server *s, struct op *op, struct str id)
{
    (void)id;
    struct submit_request r = {0};
    struct errtext error;
    enum err e = read_submission(s, op, &r, &error);
    if (e == ERR_NONE) e = check_runnable(&r.spec, &error);
    if (e != ERR_NONE) {
        reply_error(op, e, "%s", error.s);
        return;
    }
    if (r.key.len > 0 && core_job_by_key(s->journal.core, r.spec.uid, r.key) != NULL) {
        submit_again(s, op, &r);
        return;
    }
    struct event event = request_event(s, op, EVENT_SUBMIT);
    event.spec = &r.spec;
    event.key = r.key;
    struct job_id first = {0};
    uint32_t count = 0;
    e = server_step(s, &event, &first, &count, &error);
    if (e != ERR_NONE) {
        reply_error(op, e, "%s", error.s);
        return;
    }
    const struct job *j = core_job(s->journal.core, first);
    ASSERT(j != NULL);
    reply_submitted(s, op, j, count, false);
}

void handle_plan(struct server *s, struct op *op, struct str id)
{
    (void)id;
    struct submit_request r = {0};
    struct errtext error;
    enum err e = read_submission(s, op, &r, &error);
    struct event event = request_event(s, op, EVENT_SUBMIT);
    event.spec = &r.spec;
    event.now_ms = journal_now_ms(&s->journal);
    if (e == ERR_NONE) e = core_admit(s->journal.core, &event, &error);
    if (e != ERR_NONE) {
        reply_error(op, e, "%s", error.s);
        return;
    }
    struct explanation x = {0};
    core_explain_spec(s->journal.core, &r.spec, event.now_ms, &s->scratch, &x);
    reply_visit(op, 200, visit_explanation_any, &x);
}

/* ---- listing --------------------------------------------------------------------------------- */

static void visit_job_list_any(struct visit *v, void *what)
{
    visit_job_list(v, what);
}

void handle_jobs(struct server *s, struct op *op, struct str id)
{
    (void)id;
    struct job_filter f;
    struct errtext error;
    enum err e = job_filter_parse(op, &f, &error);
    if (e != ERR_NONE) {
        reply_error(op, e, "%s", error.s);
        return;
    }
    const struct core *c = s->journal.core;
    struct job_list list = {.now_ms = journal_now_ms(&s->journal)};
    list.jobs = ARENA_ARRAY(&s->scratch, f.limit, struct job_view);
    const struct job *j = core_job_after(c, (struct job_id){f.after});
    for (; j != NULL; j = core_job_after(c, j->id)) {
        if (!job_filter_may_see(op, j) || !job_filter_passes(&f, core_fleet(c), j)) continue;
        if (list.count == f.limit) {
            list.next = list.jobs[list.count - 1].job_id;
            break;
        }
        list.jobs[list.count++] = view_job(c, j, &s->scratch);
    }
    reply_visit(op, 200, visit_job_list_any, &list);
}

static void visit_job_view_any(struct visit *v, void *what)
{
    visit_job_view(v, what);
}

static void reply_job(struct server *s, struct op *op, const struct job *j)
{
    struct job_view v = view_job(s->journal.core, j, &s->scratch);
    reply_visit(op, 200, visit_job_view_any, &v);
}

void handle_job(struct server *s, struct op *op, struct str id)
{
    const struct job *j = find_job(s, op, id);
    if (j != NULL) reply_job(s, op, j);
}

void handle_job_spec(struct server *s, struct op *op, struct str id)
{
    /* The job's own record may still be in the batch. */
    server_settle(s);
    const struct job *j = find_job(s, op, id);
    if (j == NULL) return;
    struct errtext error;
    struct job_spec spec;
    if (dispatch_spec(s, j, &spec, &error) == NULL)
        reply_error(op, ERR_CORRUPT, "%s", error.s);
    else
        reply_visit(op, 200, visit_job_spec_any, &spec);
}

/* ---- why ------------------------------------------------------------------------------------- */

static void visit_verdict_any(struct visit *v, void *what)
{
    visit_law_verdict(v, what);
}

static void verdict_for(struct server *s, const struct job *j, uint32_t pool,
                        struct law_verdict *out)
{
    struct law_case c = {0};
    core_case_job(s->journal.core, j, pool, journal_now_ms(&s->journal), &s->scratch, &c);
    law_decide(core_law(s->journal.core), &c, &s->scratch, out);
}

static bool is_named(const struct fleet *f, const struct job_spec *spec, uint32_t pool)
{
    bool site = spec->site_count == 0, partition = spec->partition_count == 0;
    for (uint32_t i = 0; i < spec->site_count; i++)
        site = site || str_eq(spec->sites[i], f->pools[pool].site);
    for (uint32_t i = 0; i < spec->partition_count; i++)
        partition = partition || pool_is_named(&f->pools[pool], spec->partitions[i]);
    for (uint32_t i = 0; i < spec->not_site_count; i++)
        site = site && !str_eq(spec->not_sites[i], f->pools[pool].site);
    return site && partition;
}

/* The pool whose verdict tells most: the chosen one, else the first that the law keeps the job
 * from, one that the job names before any other. */
static uint32_t telling_pool(const struct fleet *f, const struct job_spec *spec,
                             const struct explanation *x)
{
    if (x->chosen != NO_INDEX) return x->chosen;
    uint32_t other = NO_INDEX;
    for (uint32_t i = 0; i < x->pool_count; i++) {
        int r = x->pools[i].reason;
        if (r != REASON_LAW_FORBIDS && r != REASON_LAW_UNRESOLVED && r != REASON_LAW_ENDS_FIRST)
            continue;
        if (is_named(f, spec, i)) return i;
        if (other == NO_INDEX) other = i;
    }
    return other;
}

static void reply_why_pool(struct server *s, struct op *op, const struct job *j, const char *name)
{
    uint32_t pool = fleet_pool(core_fleet(s->journal.core), str_of(name));
    if (pool == NO_INDEX) {
        reply_error(op, ERR_NOT_FOUND, "there is no pool '%s'; berth info lists them", name);
        return;
    }
    struct law_verdict verdict = {0};
    verdict_for(s, j, pool, &verdict);
    reply_visit(op, 200, visit_verdict_any, &verdict);
}

/* What the page of a job is made of. */
struct why {
    struct explanation explanation;
    bool has_decision, has_verdict;
    struct decision decision; /* the last one stored about the job */
    struct law_verdict verdict;
    const struct pool *pools;
    uint32_t pool_count;
};

static void visit_why(struct visit *v, void *what)
{
    struct why *w = what;
    if (visit_map(v, "explanation", false)) {
        visit_explanation(v, &w->explanation);
        visit_map_end(v);
    }
    if (visit_map(v, "decision", !w->has_decision)) {
        visit_decision(v, &w->decision);
        visit_map_end(v);
    }
    if (visit_map(v, "verdict", !w->has_verdict)) {
        visit_law_verdict(v, &w->verdict);
        visit_map_end(v);
    }
    size_t n = w->pool_count;
    if (!visit_list(v, "pools", &n, POOL_MAX)) return;
    for (uint32_t i = 0; i < w->pool_count; i++) {
        struct str id = w->pools[i].id;
        visit_text(v, NULL, &id);
    }
    visit_list_end(v);
}

struct decision_search {
    struct arena *arena;
    struct job_id job;
    struct why *why;
    enum err failed;
    struct errtext *error;
};

static bool find_decision(void *arg, const struct ledger_record *r)
{
    struct decision_search *d = arg;
    struct outcome o = {0};
    struct cbor_reader reader;
    cbor_reader_init(&reader, str_copy(d->arena, r->outcome), d->arena);
    if (visit_map(&reader.v, NULL, false)) {
        visit_outcome(&reader.v, &o);
        visit_map_end(&reader.v);
    }
    d->failed = cbor_reader_finish(&reader, d->error);
    for (size_t i = 0; d->failed == ERR_NONE && i < o.decision_count; i++) {
        if (o.decisions[i].job.v != d->job.v) continue;
        d->why->decision = o.decisions[i];
        d->why->has_decision = true;
    }
    return false;
}

/* The decision is in the ledger, which the caller has made complete. */
static enum err last_decision(struct server *s, const struct job *j, struct why *why,
                              struct errtext *error)
{
    if (j->decision_record == 0) return ERR_NONE;
    struct decision_search d = {&s->scratch, j->id, why, ERR_NONE, error};
    struct store *store = journal_store(&s->journal);
    enum err e = store->ops->read(store, j->decision_record, 1, find_decision, &d, error);
    return e != ERR_NONE ? e : d.failed;
}

void handle_why(struct server *s, struct op *op, struct str id)
{
    /* First, because a failed sync replaces the whole state. */
    server_settle(s);
    const struct job *j = find_job(s, op, id);
    if (j == NULL) return;
    const char *pool_name = op_query(op, "pool");
    if (pool_name != NULL) {
        reply_why_pool(s, op, j, pool_name);
        return;
    }
    struct why why = {.pools = core_fleet(s->journal.core)->pools};
    core_explain(s->journal.core, j, &s->scratch, &why.explanation);
    why.pool_count = why.explanation.pool_count;
    uint32_t pool = telling_pool(core_fleet(s->journal.core), &j->spec, &why.explanation);
    why.has_verdict = pool != NO_INDEX;
    if (why.has_verdict) verdict_for(s, j, pool, &why.verdict);
    struct errtext error;
    enum err e = last_decision(s, j, &why, &error);
    if (e != ERR_NONE)
        reply_error(op, e, "%s", error.s);
    else
        reply_visit(op, 200, visit_why, &why);
}

/* ---- changing -------------------------------------------------------------------------------- */

/* Step an event about one job and answer with the job as it is then. */
static void step_job(struct server *s, struct op *op, struct event *event)
{
    struct errtext error;
    enum err e = server_step(s, event, NULL, NULL, &error);
    const struct job *j = e == ERR_NONE ? core_job(s->journal.core, event->job) : NULL;
    if (e != ERR_NONE)
        reply_error(op, e, "%s", error.s);
    else if (j == NULL)
        reply_error(op, ERR_NOT_FOUND, "job %" PRIu32 " is gone", event->job.v);
    else
        reply_job(s, op, j);
}

static void change_job(struct server *s, struct op *op, struct str id, enum event_kind kind)
{
    const struct job *j = find_job(s, op, id);
    if (j == NULL) return;
    struct event event = request_event(s, op, kind);
    event.job = j->id;
    step_job(s, op, &event);
}

struct cancel_request {
    uint32_t signal; /* 0: end it */
    int to; /* index in signal_targets */
    bool array; /* all tasks, where the path names an array by its first id */
};

static const char *const signal_targets[] = {"steps", "shell", "all"};
static const uint32_t signal_marks[] = {0, SIGNAL_TO_SHELL, SIGNAL_TO_ALL};

static void visit_cancel_request(struct visit *v, void *what)
{
    struct cancel_request *r = what;
    visit_u32(v, "signal", &r->signal);
    visit_enum(v, "to", &r->to, signal_targets, sizeof signal_targets / sizeof *signal_targets);
    visit_bool(v, "array", &r->array);
}

/* The first task of the array behind `after` that the request can act on; NULL: no more. Looked up
 * anew for each, because a step, and a failed sync even more, moves jobs. */
static const struct job *next_task(const struct core *c, uint32_t array, uint32_t after,
                                   uint32_t signal)
{
    const struct job *j = core_job_after(c, (struct job_id){after});
    for (; j != NULL && j->array_job.v == array; j = core_job_after(c, j->id))
        if (!job_state_is_ended(j->state) && (signal == 0 || j->state == JOB_RUNNING)) return j;
    return NULL;
}

/* One event for each task, durable together as far as a batch reaches. */
static void cancel_array(struct server *s, struct op *op, uint32_t array, struct event *event)
{
    struct errtext error;
    const struct job *j = next_task(s->journal.core, array, array - 1, event->signal);
    if (j == NULL) {
        reply_error(op, ERR_CONFLICT, "no task of array %" PRIu32 " is %s", array,
                    event->signal == 0 ? "left to be cancelled" : "RUNNING");
        return;
    }
    struct job_id first = j->id;
    for (; j != NULL; j = next_task(s->journal.core, array, event->job.v, event->signal)) {
        event->job = j->id;
        enum err e = server_step(s, event, NULL, NULL, &error);
        if (e == ERR_NONE) continue;
        reply_error(op, e, "at task %" PRIu32 " of array %" PRIu32 ": %s", j->array_task, array,
                    error.s);
        return;
    }
    j = core_job(s->journal.core, first);
    ASSERT(j != NULL);
    reply_job(s, op, j);
}

/* The number of the array that the path names by its first id, whose job may be gone already; 0: it
 * names none that the peer may see. */
static uint32_t find_array(const struct server *s, const struct op *op, struct str id)
{
    uint64_t v = 0;
    if (!str_to_u64(id, &v) || v == 0 || v > UINT32_MAX) return 0;
    const struct job *j = core_job_after(s->journal.core, (struct job_id){(uint32_t)v - 1});
    bool is_array = j != NULL && j->array_job.v == v && job_filter_may_see(op, j);
    return is_array ? (uint32_t)v : 0;
}

void handle_cancel(struct server *s, struct op *op, struct str id)
{
    struct cancel_request r = {0};
    struct errtext error;
    enum err e = body_read(op, &s->scratch, visit_cancel_request, &r, &error);
    if (e == ERR_NONE && r.signal > SIGNAL_MAX)
        e = err_set(&error, ERR_INVALID, "signal %" PRIu32 " does not exist", r.signal);
    if (e == ERR_NONE && r.signal == 0 && r.to != 0)
        e = err_set(&error, ERR_INVALID, "to: only a signal is sent to one of them");
    if (e != ERR_NONE) {
        reply_error(op, e, "%s", error.s);
        return;
    }
    struct event event = request_event(s, op, EVENT_CANCEL);
    event.signal = r.signal | signal_marks[r.to];
    uint32_t array = r.array ? find_array(s, op, id) : 0;
    if (array != 0) {
        cancel_array(s, op, array, &event);
        return;
    }
    const struct job *j = find_job(s, op, id);
    if (j == NULL) return;
    event.job = j->id;
    step_job(s, op, &event);
}

void handle_hold(struct server *s, struct op *op, struct str id)
{
    change_job(s, op, id, EVENT_HOLD);
}

void handle_release(struct server *s, struct op *op, struct str id)
{
    change_job(s, op, id, EVENT_RELEASE);
}

void handle_requeue(struct server *s, struct op *op, struct str id)
{
    change_job(s, op, id, EVENT_REQUEUE);
}

/* Both in one turn of the writer: it cannot start in between. A job that waits is held. */
void handle_requeuehold(struct server *s, struct op *op, struct str id)
{
    const struct job *j = find_job(s, op, id);
    if (j == NULL) return;
    struct event event = request_event(s, op, EVENT_REQUEUE);
    struct errtext error;
    event.job = j->id;
    enum err e = ERR_NONE;
    if (j->state != JOB_PENDING) e = server_step(s, &event, NULL, NULL, &error);
    if (e != ERR_NONE) {
        reply_error(op, e, "%s", error.s);
        return;
    }
    struct event hold = request_event(s, op, EVENT_HOLD);
    hold.job = event.job;
    step_job(s, op, &hold);
}

struct update_request {
    uint32_t fields;
    struct job_spec spec;
};

static void visit_update_request(struct visit *v, void *what)
{
    struct update_request *r = what;
    visit_flags(v, "fields", &r->fields, update_field_names, UPDATE_FIELD_COUNT);
    if (visit_map(v, "spec", false)) {
        visit_job_spec(v, &r->spec);
        visit_map_end(v);
    }
}

void handle_update(struct server *s, struct op *op, struct str id)
{
    const struct job *j = find_job(s, op, id);
    if (j == NULL) return;
    struct update_request r = {0};
    struct errtext error;
    enum err e = body_read(op, &s->scratch, visit_update_request, &r, &error);
    if (e == ERR_NONE && r.fields == 0)
        e = err_set(&error, ERR_INVALID, "fields: name what is to change");
    if (e != ERR_NONE) {
        reply_error(op, e, "%s", error.s);
        return;
    }
    struct event event = request_event(s, op, EVENT_UPDATE);
    event.job = j->id;
    event.spec = &r.spec;
    event.update_fields = r.fields;
    step_job(s, op, &event);
}
