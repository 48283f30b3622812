/* admit.c - may this event be stepped? What a request can get wrong is found here, in words for the
 * person who asked, and nothing of it reaches the ledger. */
#include "core/state.h"

#include "base/check.h"
#include "base/money.h"

#include <stdio.h>

/* ---- who may
 * ---------------------------------------------------------------------------------------- */

static enum err find_job(const struct core *c, const struct event *ev, const struct entry **out,
                         struct errtext *error)
{
    *out = entry_find(c, ev->job.v);
    if (*out == NULL)
        return err_set(error, ERR_NOT_FOUND,
                       "there is no job %u; ended jobs are kept for %d minutes, `berth acct` knows "
                       "older ones",
                       ev->job.v, (int)(JOB_KEEP_MS / 60000));
    if (!ev->actor_is_operator && ev->actor_uid != (*out)->job.spec.uid)
        return err_set(error, ERR_DENIED, "job %u belongs to user " STR_FMT, ev->job.v,
                       STR_ARG((*out)->job.spec.user));
    return ERR_NONE;
}

static enum err wrong_state(const struct entry *e, const char *verb, const char *why,
                            struct errtext *error)
{
    return err_set(error, ERR_CONFLICT, "job %u cannot be %s: it is %s%s", e->job.id.v, verb,
                   job_state_names[e->job.state], why);
}

/* ---- can it run anywhere?
 * --------------------------------------------------------------------------- */

/* The words of a list, cut where the buffer ends. */
struct words {
    char s[512];
    size_t len;
};

static void add_word(struct words *w, struct str word)
{
    if (w->len + word.len + 8 >= sizeof w->s) return;
    int n = snprintf(w->s + w->len, sizeof w->s - w->len, "%s" STR_FMT, w->len > 0 ? ", " : "",
                     STR_ARG(word));
    if (n > 0) w->len += (size_t)n;
}

static enum err unknown_name(const char *what, struct str name, const struct words *w,
                             struct errtext *error)
{
    return err_set(error, ERR_NOT_FOUND, "no %s is named '" STR_FMT "'; there are: %s", what,
                   STR_ARG(name), w->len > 0 ? w->s : "none");
}

static enum err check_sites(const struct fleet *f, const struct str *names, uint32_t count,
                            struct errtext *error)
{
    for (uint32_t i = 0; i < count; i++) {
        if (fleet_site(f, names[i]) != NO_INDEX) continue;
        struct words w = {.len = 0};
        for (uint32_t k = 0; k < f->site_count; k++) add_word(&w, f->sites[k].id);
        return unknown_name("site", names[i], &w, error);
    }
    return ERR_NONE;
}

static enum err check_pool_names(const struct fleet *f, const struct job_spec *s,
                                 struct errtext *error)
{
    for (uint32_t i = 0; i < s->partition_count; i++) {
        if (fleet_pool(f, s->partitions[i]) != NO_INDEX) continue;
        struct words w = {.len = 0};
        for (uint32_t p = 0; p < f->pool_count; p++) add_word(&w, f->pools[p].id);
        return unknown_name("pool or partition", s->partitions[i], &w, error);
    }
    enum err e = check_sites(f, s->sites, s->site_count, error);
    if (e == ERR_NONE) e = check_sites(f, s->not_sites, s->not_site_count, error);
    if (e != ERR_NONE) return e;
    /* Kinds are alternatives: it is enough that the fleet has one of them. */
    if (s->chip_kind_count == 0) return ERR_NONE;
    struct words kinds = {.len = 0};
    for (uint32_t k = 0; k < f->chip_count; k++) {
        for (uint32_t i = 0; i < s->chip_kind_count; i++)
            if (chip_is_named(f->chips[k].id, s->chip_kinds[i])) return ERR_NONE;
        add_word(&kinds, f->chips[k].id);
    }
    return unknown_name("chip kind", s->chip_kinds[0], &kinds, error);
}

/* No pool could ever take it: say which wish is the one that no pool meets. */
static enum err nowhere(const struct fleet *f, const struct job_spec *s, struct errtext *error)
{
    /* The pool that comes nearest: reasons in the order in which they are looked at. */
    static const int order[] = {REASON_NOT_NAMED, REASON_CHIP_KIND, REASON_NOT_SHARED,
                                REASON_TOO_FEW_NODES, REASON_MEMORY};
    struct pool_reason best = {.reason = REASON_NOT_NAMED};
    size_t best_at = 0;
    struct words kinds = {.len = 0};
    for (uint32_t p = 0; p < f->pool_count; p++) {
        struct pool_reason row = {.pool = p};
        row.reason = pool_row_static(f, s, p, &row);
        size_t at = 0;
        while (at < 4 && order[at] != row.reason) at++;
        if (p == 0 || at > best_at) best = row;
        if (p == 0 || at > best_at) best_at = at;
        if (f->pools[p].chip.len > 0) add_word(&kinds, f->pools[p].chip);
    }
    struct str pool = f->pool_count > 0 ? f->pools[best.pool].id : (struct str){0};
    if (best.reason == REASON_MEMORY)
        return err_set(
            error, ERR_INVALID,
            "no pool has enough memory on a node: the largest that fits otherwise, " STR_FMT
            ", has %lld MB, the job needs %lld MB; ask for less memory or "
            "spread it over more nodes",
            STR_ARG(pool), (long long)best.have, (long long)best.need);
    if (best.reason == REASON_TOO_FEW_NODES)
        return err_set(error, ERR_INVALID,
                       "no pool is large enough: " STR_FMT " has %lld, the job needs %lld (nodes, "
                       "or chips or CPUs of one node); ask for less or spread it over more nodes",
                       STR_ARG(pool), (long long)best.have, (long long)best.need);
    if (best.reason == REASON_NOT_SHARED)
        return err_set(error, ERR_INVALID,
                       "no pool that would do otherwise shares its chips so: " STR_FMT " has %lld "
                       "shards a chip, the job needs %lld; ask for a whole chip",
                       STR_ARG(pool), (long long)best.have, (long long)best.need);
    if (best.reason == REASON_CHIP_KIND)
        return err_set(error, ERR_INVALID,
                       "no pool among those named has the chips asked for; pools have: %s",
                       kinds.len > 0 ? kinds.s : "no chips");
    return err_set(
        error, ERR_INVALID,
        "no pool is in all of the partitions, sites and countries named, and at none of the "
        "sites excluded; leave one out");
}

static enum err check_places(const struct core *c, const struct job_spec *s, struct errtext *error)
{
    const struct fleet *f = &c->fleet;
    enum err e = check_pool_names(f, s, error);
    if (e != ERR_NONE) return e;
    for (uint32_t p = 0; p < f->pool_count; p++) {
        struct pool_reason row;
        int why = pool_row_static(f, s, p, &row);
        if (why == REASON_NONE || why == REASON_PRICE_ABOVE_MAX) return ERR_NONE;
    }
    return nowhere(f, s, error);
}

/* ---- submissions
 * ---------------------------------------------------------------------------------------- */

static enum err check_tenant(const struct core *c, const struct event *ev, struct errtext *error)
{
    const struct fleet *f = &c->fleet;
    const struct job_spec *s = ev->spec;
    if (!ev->actor_is_operator && ev->actor_uid != s->uid)
        return err_set(error, ERR_DENIED, "user %u may not submit as user %u", ev->actor_uid,
                       s->uid);
    if (f->tenant_count == 0 && s->tenant.len == 0) return ERR_NONE;
    uint32_t t = fleet_tenant(f, s->tenant);
    if (t == NO_INDEX) {
        struct words w = {.len = 0};
        for (uint32_t i = 0; i < f->tenant_count; i++) add_word(&w, f->tenants[i].id);
        return unknown_name("account", s->tenant, &w, error);
    }
    const struct tenant *x = &f->tenants[t];
    if (x->has_priority_max && s->priority > x->priority_max && !ev->actor_is_operator)
        return err_set(error, ERR_DENIED,
                       "account " STR_FMT " may ask for at most priority %d; ask for less, or let "
                       "an operator raise it",
                       STR_ARG(s->tenant), x->priority_max);
    bool may = ev->actor_is_operator;
    for (uint32_t i = 0; i < f->tenants[t].user_count; i++) {
        struct str user = f->tenants[t].users[i];
        may = may || str_eqz(user, "*") || str_eq(user, s->user);
    }
    if (may) return ERR_NONE;
    return err_set(error, ERR_DENIED,
                   "user " STR_FMT " may not submit for account " STR_FMT
                   "; ask whoever keeps the fleet file to list the user there",
                   STR_ARG(s->user), STR_ARG(s->tenant));
}

/* A fleet has one class of service; what another name would ask for is not guessed at. */
static enum err check_qos(const struct job_spec *s, struct errtext *error)
{
    if (s->qos.len == 0 || str_eqz(s->qos, "normal")) return ERR_NONE;
    return err_set(error, ERR_NOT_FOUND,
                   "Invalid qos specification: no QOS is named '" STR_FMT
                   "', there is only normal; "
                   "leave it out, or ask for --priority or --nice",
                   STR_ARG(s->qos));
}

static enum err check_dependencies(const struct core *c, const struct job_spec *s, uint32_t self,
                                   struct errtext *error)
{
    for (uint32_t i = 0; i < s->dependency_count; i++) {
        const struct dependency *d = &s->dependencies[i];
        if (d->kind == DEPENDENCY_SINGLETON) continue;
        if (d->job >= c->next_id || d->job == self)
            return err_set(error, ERR_NOT_FOUND, "dependency on job %u, which does not exist",
                           d->job);
        const struct array *a = array_find(c, d->job);
        struct array *whole;
        struct entry *task = NULL;
        const struct entry asking = {.array = NULL};
        if (d->of_task && a != NULL) dependency_target(c, &asking, d, &whole, &task);
        if (d->of_task && task == NULL && entry_find(c, d->job) != NULL)
            return err_set(error, ERR_NOT_FOUND, "dependency on task %u of job %u, which has none",
                           d->task, d->job);
        bool any_end = d->kind == DEPENDENCY_AFTER || d->kind == DEPENDENCY_AFTER_ANY;
        if (!any_end && entry_find(c, d->job) == NULL)
            return err_set(error, ERR_NOT_FOUND,
                           "dependency on how job %u ended, but it ended more than %d minutes ago; "
                           "look it up with `berth acct -j %u` and submit without the dependency",
                           d->job, (int)(JOB_KEEP_MS / 60000), d->job);
    }
    return ERR_NONE;
}

static enum err check_deadline(const struct core *c, const struct event *ev,
                               const struct job_spec *s, struct errtext *error)
{
    if (s->deadline_ms == 0 || ev->now_ms + limit_anywhere(c, s) <= s->deadline_ms) return ERR_NONE;
    return err_set(error, ERR_INVALID,
                   "the deadline is nearer than the time limit; state a shorter --time or a later "
                   "--deadline");
}

static enum err check_spec(const struct core *c, const struct event *ev, const struct job_spec *s,
                           struct errtext *error)
{
    enum err e = job_spec_check(s, error);
    if (e == ERR_NONE) e = check_dependencies(c, s, 0, error);
    if (e == ERR_NONE) e = check_deadline(c, ev, s, error);
    if (e != ERR_NONE) return e;
    if (s->end_user.len > 0 && fleet_party(&c->fleet, s->end_user) == NO_INDEX)
        return err_set(error, ERR_NOT_FOUND,
                       "the end user '" STR_FMT "' is not among the parties of the fleet",
                       STR_ARG(s->end_user));
    return check_places(c, s, error);
}

static enum err admit_submit(const struct core *c, const struct event *ev, struct errtext *error)
{
    const struct job_spec *s = ev->spec;
    if (!c->has_fleet)
        return err_set(error, ERR_CONFLICT,
                       "no fleet is known yet; apply one first: berth fleet apply FILE");
    enum err e = check_tenant(c, ev, error);
    if (e == ERR_NONE) e = check_qos(s, error);
    if (e == ERR_NONE) e = check_spec(c, ev, s, error);
    if (e != ERR_NONE) return e;
    uint32_t count = s->array_count > 0 ? s->array_count : 1;
    if (c->job_count + count > JOBS_MAX)
        return err_set(error, ERR_LIMIT, "%u jobs are in memory; at most %d are allowed, try later",
                       c->job_count, (int)JOBS_MAX);
    if (c->next_id > UINT32_MAX - count - 1)
        return err_set(error, ERR_LIMIT, "job ids are used up");
    if (ev->key.len > NAME_LEN_MAX)
        return err_set(error, ERR_LIMIT, "the idempotency key has more than %d bytes",
                       (int)NAME_LEN_MAX);
    const struct job *twin = core_job_by_key(c, s->uid, ev->key);
    if (twin != NULL)
        return err_set(error, ERR_EXISTS, "job %u was submitted with this key", twin->id.v);
    return ERR_NONE;
}

/* ---- changes
 * ---------------------------------------------------------------------------------------------- */

static bool has(const struct event *ev, enum update_field f)
{
    return (ev->update_fields >> f & 1) != 0;
}

/* The job as it would be: only what the update touches is looked at, so that what has become
 * impossible meanwhile does not stop an update of something else. */
static enum err check_merged(const struct core *c, const struct event *ev, const struct entry *e,
                             struct errtext *error)
{
    static const uint32_t places = 1u << UPDATE_PARTITION | 1u << UPDATE_CHIP_KINDS |
                                   1u << UPDATE_CHIPS | 1u << UPDATE_NODES | 1u << UPDATE_SITES |
                                   1u << UPDATE_MEMORY;
    struct job_spec merged;
    update_merge(&e->job.spec, ev, &merged);
    enum err code = job_spec_check(&merged, error);
    if (code != ERR_NONE || e->job.state != JOB_PENDING) return code;
    if (has(ev, UPDATE_DEPENDENCY)) code = check_dependencies(c, &merged, e->job.id.v, error);
    if (code == ERR_NONE && (has(ev, UPDATE_DEADLINE) || has(ev, UPDATE_TIME_LIMIT)))
        code = check_deadline(c, ev, &merged, error);
    if (code == ERR_NONE && (ev->update_fields & places) != 0)
        code = check_places(c, &merged, error);
    return code;
}

static enum err admit_more_cost(const struct core *c, const struct event *ev, const struct entry *e,
                                int64_t more_ms, struct errtext *error)
{
    int64_t more_uusd = cost_of_claim(c, e->job.claim, more_ms);
    int64_t left_uusd = budget_left(c, e->job.spec.tenant, ev->now_ms);
    if (more_uusd == 0 || more_uusd <= left_uusd) return ERR_NONE;
    long long more = more_uusd / 10000, left = left_uusd > 0 ? left_uusd / 10000 : 0;
    return err_set(error, ERR_CONFLICT,
                   "job %u could cost %lld.%02lld USD more; the budget of account " STR_FMT
                   " has %lld.%02lld USD left",
                   e->job.id.v, more / 100, more % 100, STR_ARG(e->job.spec.tenant), left / 100,
                   left % 100);
}

/* Another time limit for an attempt that holds chips: its owner may lower it, an operator may also
 * raise it, as far as a wall, its deadline and its account's budget allow. */
static enum err admit_limit(const struct core *c, const struct event *ev, const struct entry *e,
                            struct errtext *error)
{
    const struct job *j = &e->job;
    int64_t limit_ms = ev->spec->time_limit_ms;
    if (limit_ms <= 0 || limit_ms > TIME_LIMIT_MAX_MS)
        return err_set(error, ERR_INVALID, "a running job needs a time limit of its own");
    if (limit_ms <= j->time_limit_ms) return ERR_NONE;
    if (!ev->actor_is_operator)
        return err_set(error, ERR_DENIED,
                       "job %u %s: only an operator may raise its time limit above %lld min",
                       j->id.v, job_state_names[j->state], (long long)j->time_limit_ms / 60000);
    if (j->state == JOB_COMPLETING) return wrong_state(e, "given more time", "", error);
    enum err code = admit_more_cost(c, ev, e, limit_ms - j->time_limit_ms, error);
    if (code != ERR_NONE) return code;
    int64_t start_ms = j->start_ms > 0 ? j->start_ms : ev->now_ms;
    int64_t wall_ms = e->wall_ms == CIVIL_NEVER_MS ? CIVIL_NEVER_MS : e->wall_ms - WALL_STOP_MS;
    if (wall_run_ms(&j->spec, limit_ms) < limit_ms) wall_ms = CIVIL_NEVER_MS; /* it can move on */
    const char *what = wall_ms != CIVIL_NEVER_MS ? reason_names[e->wall_reason] : "";
    if (j->spec.deadline_ms > 0 && j->spec.deadline_ms < wall_ms) {
        wall_ms = j->spec.deadline_ms;
        what = reason_names[REASON_DEADLINE];
    }
    if (wall_ms == CIVIL_NEVER_MS || limit_ms <= wall_ms - start_ms) return ERR_NONE;
    return err_set(error, ERR_CONFLICT,
                   "job %u must be over before that (%s): its time limit can be at most %lld min",
                   j->id.v, what, (long long)(wall_ms - start_ms) / 60000);
}

static enum err admit_update(const struct core *c, const struct event *ev, struct errtext *error)
{
    const struct entry *e;
    enum err code = find_job(c, ev, &e, error);
    if (code != ERR_NONE) return code;
    if (ev->update_fields == 0)
        return err_set(error, ERR_INVALID, "an update names at least one field");
    if (job_state_is_ended(e->job.state)) return wrong_state(e, "changed", "", error);
    if (has(ev, UPDATE_PRIORITY) && !ev->actor_is_operator &&
        ev->spec->priority > e->job.spec.priority)
        return err_set(error, ERR_DENIED, "only an operator may raise a priority above %d",
                       e->job.spec.priority);
    if (e->job.state != JOB_PENDING) {
        uint32_t allowed = 1u << UPDATE_NAME | 1u << UPDATE_COMMENT | 1u << UPDATE_REQUEUE |
                           1u << UPDATE_TIME_LIMIT;
        if ((ev->update_fields & ~allowed) != 0)
            return wrong_state(e, "changed so",
                               "; name, comment, requeue and time limit can still be changed",
                               error);
        if (has(ev, UPDATE_TIME_LIMIT)) code = admit_limit(c, ev, e, error);
        if (code != ERR_NONE) return code;
    }
    return check_merged(c, ev, e, error);
}

static enum err admit_cancel(const struct core *c, const struct event *ev, struct errtext *error)
{
    const struct entry *e;
    enum err code = find_job(c, ev, &e, error);
    if (code != ERR_NONE) return code;
    if (job_state_is_ended(e->job.state)) return wrong_state(e, "cancelled", "", error);
    if (ev->signal == 0) return ERR_NONE;
    uint32_t to = ev->signal & (SIGNAL_TO_SHELL | SIGNAL_TO_ALL), number = ev->signal - to;
    if (number < 1 || number > SIGNAL_MAX || to == (SIGNAL_TO_SHELL | SIGNAL_TO_ALL))
        return err_set(error, ERR_INVALID, "signals are numbered 1 to %d", (int)SIGNAL_MAX);
    if (e->job.state != JOB_RUNNING) return wrong_state(e, "signalled", ", not RUNNING", error);
    return ERR_NONE;
}

static enum err admit_hold(const struct core *c, const struct event *ev, struct errtext *error)
{
    const struct entry *e;
    enum err code = find_job(c, ev, &e, error);
    if (code != ERR_NONE) return code;
    bool release = ev->kind == EVENT_RELEASE;
    bool will_wait = e->job.state == JOB_COMPLETING && e->job.requeue_asked;
    if (e->job.state != JOB_PENDING && !will_wait)
        return wrong_state(e, release ? "released" : "held", "; only waiting jobs can be", error);
    if (release && e->job.held_admin && !ev->actor_is_operator)
        return err_set(error, ERR_DENIED, "job %u is held by an operator, who must release it",
                       ev->job.v);
    return ERR_NONE;
}

static enum err admit_requeue(const struct core *c, const struct event *ev, struct errtext *error)
{
    const struct entry *e;
    enum err code = find_job(c, ev, &e, error);
    if (code != ERR_NONE) return code;
    if (e->job.state != JOB_CONFIGURING && e->job.state != JOB_RUNNING)
        return wrong_state(e, "requeued", "", error);
    if (e->job.spec.no_requeue)
        return err_set(error, ERR_CONFLICT,
                       "job %u was submitted with --no-requeue; change that first: berth update "
                       "%u requeue=1",
                       ev->job.v, ev->job.v);
    return ERR_NONE;
}

static enum err admit_nodes(const struct core *c, const struct event *ev, struct errtext *error)
{
    if (ev->node_change_count > NODE_CHANGES_MAX)
        return err_set(error, ERR_LIMIT, "more than %d changes of nodes at once",
                       (int)NODE_CHANGES_MAX);
    for (uint32_t i = 0; i < ev->node_change_count; i++) {
        const struct node_change *x = &ev->nodes[i];
        uint32_t p = c->has_fleet ? fleet_pool(&c->fleet, x->pool) : NO_INDEX;
        if (p == NO_INDEX)
            return err_set(error, ERR_NOT_FOUND, "no pool is named '" STR_FMT "'",
                           STR_ARG(x->pool));
        if ((uint64_t)x->first + x->count > c->fleet.pools[p].node_count)
            return err_set(error, ERR_INVALID, "pool " STR_FMT " has only %u nodes",
                           STR_ARG(x->pool), c->fleet.pools[p].node_count);
    }
    return ERR_NONE;
}

static enum err admit_packs(const struct event *ev, struct errtext *error)
{
    if (ev->pack_count > PACKS_MAX)
        return err_set(error, ERR_LIMIT, "%u rule packs; at most %d are allowed", ev->pack_count,
                       (int)PACKS_MAX);
    struct law *law = law_new();
    enum err e = ERR_NONE;
    for (uint32_t i = 0; i < ev->pack_count && e == ERR_NONE; i++)
        e = law_adopt(law, &ev->packs[i], error);
    law_free(law);
    return e;
}

static enum err operators_only(const struct event *ev, struct errtext *error)
{
    if (ev->actor_is_operator) return ERR_NONE;
    return err_set(error, ERR_DENIED, "only an operator may do this (%s)", event_names[ev->kind]);
}

enum err core_admit(const struct core *c, const struct event *ev, struct errtext *error)
{
    ASSERT(ev->now_ms >= c->now_ms);
    enum err e = ERR_NONE;
    switch ((enum event_kind)ev->kind) {
    case EVENT_FLEET:
        e = operators_only(ev, error);
        return e == ERR_NONE ? fleet_admit(c, ev->fleet, error) : e;
    case EVENT_PACKS:
        e = operators_only(ev, error);
        return e == ERR_NONE ? admit_packs(ev, error) : e;
    case EVENT_BIND: return operators_only(ev, error);
    case EVENT_SUBMIT: return admit_submit(c, ev, error);
    case EVENT_CANCEL: return admit_cancel(c, ev, error);
    case EVENT_HOLD:
    case EVENT_RELEASE: return admit_hold(c, ev, error);
    case EVENT_UPDATE: return admit_update(c, ev, error);
    case EVENT_REQUEUE: return admit_requeue(c, ev, error);
    case EVENT_REPORT: return ERR_NONE;
    case EVENT_NODES: return admit_nodes(c, ev, error);
    case EVENT_SPEEDS:
        e = operators_only(ev, error);
        return e == ERR_NONE ? speeds_check(ev->speeds, error) : e;
    case EVENT_PROGRESS: return progress_admit(c, ev, error);
    case EVENT_TICK:
        if (ev->stepped_ms >= 0 && ev->stepped_ms <= ev->now_ms - c->now_ms) return ERR_NONE;
        return err_set(error, ERR_INVALID, "the clock was not set ahead by %lld ms",
                       (long long)ev->stepped_ms);
    case EVENT_COUNT: break;
    }
    return err_set(error, ERR_INVALID, "unknown kind of event %d", ev->kind);
}
