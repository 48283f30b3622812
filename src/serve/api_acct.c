/* GET /v1/acct: the history of jobs. Ended jobs come from the ledger's history, the others from the
 * state; both are in order of id, and one pass merges them. */
#include "base/check.h"
#include "serve/api.h"
#include "serve/job_filter.h"
#include "serve/reply.h"
#include "serve/views_fill.h"

#include <string.h>

struct acct {
    struct server *s;
    const struct op *op;
    const struct job_filter *filter;
    int64_t to_ms; /* submitted before; 0: any */
    struct job_list list; /* filter->limit fit */
    const struct job *next_active; /* the first job of the state that is not merged yet */
};

/* Room for one more job; else marks where the next page begins. */
static bool has_room(struct acct *a)
{
    if (a->list.count < a->filter->limit) return true;
    a->list.next = a->list.jobs[a->list.count - 1].job_id;
    return false;
}

static bool is_wanted(const struct acct *a, const struct job *j)
{
    return !job_state_is_ended(j->state) && job_filter_may_see(a->op, j) &&
           job_filter_passes(a->filter, core_fleet(a->s->journal.core), j) &&
           (a->to_ms == 0 || j->submit_ms < a->to_ms);
}

/* Add the jobs of the state with ids below `below`; false: the page is full. */
static bool add_active(struct acct *a, uint32_t below)
{
    const struct core *c = a->s->journal.core;
    for (; a->next_active != NULL && a->next_active->id.v < below;
         a->next_active = core_job_after(c, a->next_active->id)) {
        if (!is_wanted(a, a->next_active)) continue;
        if (!has_room(a)) return false;
        a->list.jobs[a->list.count++] = view_job(c, a->next_active, &a->s->scratch);
    }
    return true;
}

/* Is the pool that an ended job ran in one of those, each named by id or alias? */
static bool in_pools(const struct fleet *f, const char *list, struct str pool)
{
    if (job_filter_in_list(list, pool)) return true;
    uint32_t i = f != NULL ? fleet_pool(f, pool) : NO_INDEX;
    for (uint32_t k = 0; i != NO_INDEX && k < f->pools[i].alias_count; k++)
        if (job_filter_in_list(list, f->pools[i].aliases[k])) return true;
    return false;
}

static bool add_ended(void *arg, const struct history_row *row)
{
    struct acct *a = arg;
    const struct job_filter *f = a->filter;
    const struct core *c = a->s->journal.core;
    struct errtext error;
    struct job_view v;
    if (!add_active(a, row->job)) return false;
    if (!job_filter_in_list(f->user, row->user) || !job_filter_in_list(f->account, row->account) ||
        !job_filter_in_list(f->name, row->name) ||
        !in_pools(core_fleet(c), f->partition, row->partition))
        return true;
    if (!has_room(a)) return false;
    /* One unreadable row must not hide the others; `berth ledger verify` names it. */
    if (view_of_history(row->blob, &a->s->scratch, &v, &error) == ERR_NONE)
        a->list.jobs[a->list.count++] = v;
    return true;
}

static enum err query_ms(const struct op *op, const char *name, int64_t *out, struct errtext *error)
{
    const char *text = op_query(op, name);
    if (text == NULL || str_to_i64(str_of(text), out)) return ERR_NONE;
    return err_set(error, ERR_INVALID, "%s: milliseconds since 1970 are wanted", name);
}

/* What the store can filter by: one word; lists are filtered here. */
static struct str one_word(const char *list)
{
    return list == NULL || strchr(list, ',') != NULL ? (struct str){0} : str_of(list);
}

static enum err collect(struct acct *a, struct history_filter *h, struct errtext *error)
{
    struct server *s = a->s;
    struct str states[JOB_STATE_COUNT];
    for (int i = 0; i < JOB_STATE_COUNT; i++)
        if (a->filter->states >> i & 1u) states[h->state_count++] = str_of(job_state_names[i]);
    h->states = states;
    /* First, because a failed sync replaces the whole state. */
    server_settle(s);
    a->list.now_ms = journal_now_ms(&s->journal);
    a->list.jobs = ARENA_ARRAY(&s->scratch, a->filter->limit, struct job_view);
    a->next_active = core_job_after(s->journal.core, (struct job_id){a->filter->after});
    struct store *store = journal_store(&s->journal);
    enum err e = store->ops->history_query(store, h, add_ended, a, error);
    if (e == ERR_NONE && a->list.next == 0) add_active(a, UINT32_MAX);
    return e;
}

static void visit_job_list_any(struct visit *v, void *what)
{
    visit_job_list(v, what);
}

void handle_acct(struct server *s, struct op *op, struct str id)
{
    (void)id;
    struct job_filter f;
    struct errtext error;
    enum err e = job_filter_parse(op, &f, &error);
    struct history_filter h = {.user = one_word(f.user),
                               .account = one_word(f.account),
                               .name = one_word(f.name),
                               .jobs = f.ids,
                               .job_count = f.id_count,
                               .after = f.after,
                               .by_uid = !op->peer.is_operator,
                               .uid = op->peer.uid};
    struct acct a = {.s = s, .op = op, .filter = &f};
    if (e == ERR_NONE) e = query_ms(op, "from_ms", &h.from_ms, &error);
    if (e == ERR_NONE) e = query_ms(op, "to_ms", &h.to_ms, &error);
    a.to_ms = h.to_ms;
    if (e == ERR_NONE) e = collect(&a, &h, &error);
    if (e != ERR_NONE)
        reply_error(op, e, "%s", error.s);
    else
        reply_visit(op, 200, visit_job_list_any, &a.list);
}
