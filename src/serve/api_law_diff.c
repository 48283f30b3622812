/* api_law_diff.c - what changes for this daemon between two dates of the law, or with another pack:
 * GET /v1/law/diff. */
#include "base/civil.h"
#include "core/explain.h"
#include "core/hash.h"
#include "serve/api.h"
#include "serve/reply.h"
#include "serve/views.h"

#include <string.h>

enum { CHANGES_MAX = 100000 }; /* told of one diff; the rest is counted */

struct answer {
    int effect;
    bool allowed;
    struct str rule; /* that stops it; borrowed from the law */
};

/* Answers for all waiting jobs that no law can tell apart, by pool. */
struct memo {
    struct hash_node node;
    struct str bytes;
    struct memo_row {
        bool is_known;
        struct answer from, to;
    } * rows;
};

struct diff {
    const struct core *core;
    const struct law *before, *after;
    struct law_diff_view *view;
    size_t cap;
    struct arena *out, scratch, kept;
    struct hash memos;
    struct buf key;
};

static struct answer ask(struct diff *d, const struct law *law, const struct law_case *c,
                         int64_t on_ms)
{
    struct answer a;
    struct law_case x = *c;
    x.on_ms = on_ms;
    bool is_placement = (c->acts & 1u << ACT_PLACE) != 0; /* what else it is, these packs say */
    a.allowed = is_placement ? law_allows_placement(law, &x, &d->scratch, &a.effect, &a.rule)
                             : law_allows(law, &x, &d->scratch, &a.effect, &a.rule);
    return a;
}

static void put_change(struct diff *d, struct law_change_view change, const struct answer *from,
                       const struct answer *to)
{
    struct law_diff_view *v = d->view;
    if (v->count == CHANGES_MAX) return;
    if (v->count == d->cap) {
        size_t cap = d->cap == 0 ? 64 : 2 * d->cap;
        struct law_change_view *more = ARENA_ARRAY(d->out, cap, struct law_change_view);
        if (v->count > 0) memcpy(more, v->changes, v->count * sizeof *more);
        v->changes = more;
        d->cap = cap;
    }
    struct law_change_view *x = &v->changes[v->count++];
    const struct law *law = to->rule.len > 0 ? d->after : d->before;
    *x = change;
    x->from = str_of(law_effect_names[from->effect]);
    x->to = str_of(law_effect_names[to->effect]);
    x->from_allowed = from->allowed;
    x->to_allowed = to->allowed;
    x->rule = str_copy(d->out, to->rule.len > 0 ? to->rule : from->rule);
    if (!law_cite(law, x->rule, &x->cite, &x->title)) return;
    x->cite = str_copy(d->out, x->cite);
    x->title = str_copy(d->out, x->title);
}

static void note(struct diff *d, int kind, uint32_t job, uint32_t pool, const struct answer *from,
                 const struct answer *to)
{
    struct law_change_view change = {
        .kind = kind, .job_id = job, .pool = core_fleet(d->core)->pools[pool].id};
    d->view->compared++;
    if (from->allowed != to->allowed || from->effect != to->effect) put_change(d, change, from, to);
}

static void compare(struct diff *d, int kind, uint32_t job, uint32_t pool, const struct law_case *c)
{
    struct answer from = ask(d, d->before, c, d->view->from_ms);
    struct answer to = ask(d, d->after, c, d->view->to_ms);
    note(d, kind, job, pool, &from, &to);
    arena_clear(&d->scratch);
}

/* ---- jobs ---- */

static struct memo *memo_of(struct diff *d, const struct job_spec *s)
{
    buf_clear(&d->key);
    core_legal_bytes(s, &d->key);
    uint64_t value = hash_bytes(d->key.p, d->key.len, 0);
    struct hash_node *n = hash_find(&d->memos, value);
    for (; n != NULL; n = hash_next(n)) {
        struct memo *m = (struct memo *)n;
        if (str_eq(m->bytes, buf_str(&d->key))) return m;
    }
    struct memo *m = ARENA_NEW(&d->kept, struct memo);
    m->bytes = str_copy(&d->kept, buf_str(&d->key));
    m->rows = ARENA_ARRAY(&d->kept, core_fleet(d->core)->pool_count, struct memo_row);
    hash_insert(&d->memos, &m->node, value);
    return m;
}

static void compare_waiting(struct diff *d, const struct job *j)
{
    struct memo *m = memo_of(d, &j->spec);
    for (uint32_t p = 0; p < core_fleet(d->core)->pool_count; p++) {
        struct memo_row *r = &m->rows[p];
        if (!core_pool_would_do(d->core, &j->spec, p)) continue;
        if (!r->is_known) {
            struct law_case x;
            core_case(d->core, &j->spec, p, d->view->from_ms, &d->scratch, &x);
            r->from = ask(d, d->before, &x, d->view->from_ms);
            r->to = ask(d, d->after, &x, d->view->to_ms);
            r->is_known = true;
            arena_clear(&d->scratch);
        }
        note(d, LAW_CHANGE_WAITING, j->id.v, p, &r->from, &r->to);
    }
}

static void compare_job(struct diff *d, const struct job *j)
{
    if (j->state == JOB_PENDING) compare_waiting(d, j);
    if (!job_state_holds_chips(j->state)) return;
    struct law_case x;
    core_case_job(d->core, j, j->pool.v, d->view->from_ms, &d->scratch, &x);
    compare(d, LAW_CHANGE_JOB, j->id.v, j->pool.v, &x);
}

/* ---- pools ---- */

static void compare_pool(struct diff *d, uint32_t pool, int kind, enum law_act act)
{
    const struct pool *p = &core_fleet(d->core)->pools[pool];
    struct job_spec nobody = {.chips = p->chips_per_node};
    struct law_case x;
    core_case(d->core, &nobody, pool, d->view->from_ms, &d->scratch, &x);
    x.acts = 1u << act;
    x.amount = (int64_t)p->node_count * p->chips_per_node;
    compare(d, kind, 0, pool, &x);
}

static void compare_all(struct diff *d)
{
    const struct fleet *f = core_fleet(d->core);
    const struct job *j = core_job_after(d->core, (struct job_id){0});
    for (; f != NULL && j != NULL; j = core_job_after(d->core, j->id)) compare_job(d, j);
    for (uint32_t p = 0; f != NULL && p < f->pool_count; p++) {
        compare_pool(d, p, LAW_CHANGE_POOL, ACT_CONTINUE_USE);
        if (f->pools[p].title.kind == TITLE_LEASED) compare_pool(d, p, LAW_CHANGE_LEASE, ACT_LEASE);
    }
}

/* ---- the law of the second date ---- */

static bool is_among(const struct law_pack *packs, uint32_t count, struct str id)
{
    for (uint32_t i = 0; i < count; i++)
        if (str_eq(packs[i].id, id)) return true;
    return false;
}

/* The packs in force, but for those that the folder has instead, and those of the folder. */
static enum err with_packs(struct server *s, const char *dir, struct law **out,
                           struct errtext *error)
{
    const struct law *now = core_law(s->journal.core);
    struct law_pack *packs = NULL;
    uint32_t count = 0;
    if (dir[0] != '/')
        return err_set(error, ERR_INVALID, "with: the absolute path of a folder is wanted");
    enum err e = server_read_packs(s, dir, &s->scratch, &packs, &count, error);
    struct law *law = law_new();
    law_bind(law, law_binding(now));
    for (uint32_t i = 0; i < law_packs(now) && e == ERR_NONE; i++) {
        struct law_pack copy = *law_pack_at(now, i); /* a writing visit changes nothing */
        if (!is_among(packs, count, copy.id)) e = law_adopt(law, &copy, error);
    }
    for (uint32_t i = 0; i < count && e == ERR_NONE; i++) e = law_adopt(law, &packs[i], error);
    if (e == ERR_NONE)
        *out = law;
    else
        law_free(law);
    return e;
}

/* Dates may be left out where a pack is named: then it is now. */
static enum err date_of(struct server *s, const struct op *op, const char *name, bool may_lack,
                        int64_t *out, struct errtext *error)
{
    const char *text = op_query(op, name);
    *out = journal_now_ms(&s->journal);
    if (text == NULL && may_lack) return ERR_NONE;
    if (text != NULL && str_to_i64(str_of(text), out) && *out > 0 && *out < CIVIL_NEVER_MS)
        return ERR_NONE;
    return err_set(error, ERR_INVALID, "%s: an instant in ms since 1970 is wanted", name);
}

static void visit_any(struct visit *v, void *what)
{
    visit_law_diff_view(v, what);
}

void handle_law_diff(struct server *s, struct op *op, struct str id)
{
    (void)id;
    struct errtext error;
    struct law_diff_view view = {0};
    struct law *with = NULL;
    const char *dir = op_query(op, "with");
    enum err e = date_of(s, op, "from_ms", dir != NULL, &view.from_ms, &error);
    if (e == ERR_NONE) e = date_of(s, op, "to_ms", dir != NULL, &view.to_ms, &error);
    if (e == ERR_NONE && dir != NULL) e = with_packs(s, dir, &with, &error);
    if (e != ERR_NONE) {
        reply_error(op, e, "%s", error.s);
        return;
    }
    if (dir != NULL) view.with = str_of(dir);
    const struct law *now = core_law(s->journal.core);
    struct diff d = {.core = s->journal.core,
                     .before = now,
                     .after = with != NULL ? with : now,
                     .view = &view,
                     .out = &s->scratch};
    arena_init(&d.scratch);
    arena_init(&d.kept);
    compare_all(&d);
    hash_release(&d.memos);
    buf_release(&d.key);
    arena_release(&d.kept);
    arena_release(&d.scratch);
    law_free(with);
    reply_visit(op, 200, visit_any, &view);
}
