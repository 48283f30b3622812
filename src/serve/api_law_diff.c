/* api_law_diff.c - what changes for this daemon between two dates of the law: GET /v1/law/diff. */
#include "base/civil.h"
#include "core/explain.h"
#include "serve/api.h"
#include "serve/reply.h"
#include "serve/views.h"

#include <string.h>

struct answer {
    int effect;
    bool allowed;
    struct str rule; /* that stops it; borrowed from the law */
};

struct diff {
    const struct core *core;
    struct law_diff_view *view;
    size_t cap;
    struct arena *out, scratch;
};

static struct answer ask(struct diff *d, const struct law_case *c, int64_t on_ms)
{
    struct answer a;
    struct law_case x = *c;
    x.on_ms = on_ms;
    a.allowed = law_allows(core_law(d->core), &x, &d->scratch, &a.effect, &a.rule);
    return a;
}

static void put_change(struct diff *d, uint32_t job, struct str pool, const struct answer *from,
                       const struct answer *to)
{
    struct law_diff_view *v = d->view;
    if (v->count == d->cap) {
        size_t cap = d->cap == 0 ? 64 : 2 * d->cap;
        struct law_change_view *more = ARENA_ARRAY(d->out, cap, struct law_change_view);
        if (v->count > 0) memcpy(more, v->changes, v->count * sizeof *more);
        v->changes = more;
        d->cap = cap;
    }
    struct law_change_view *x = &v->changes[v->count++];
    *x = (struct law_change_view){.job_id = job, .pool = pool};
    x->from = str_of(law_effect_names[from->effect]);
    x->to = str_of(law_effect_names[to->effect]);
    x->from_allowed = from->allowed;
    x->to_allowed = to->allowed;
    x->rule = to->rule.len > 0 ? to->rule : from->rule;
    law_cite(core_law(d->core), x->rule, &x->cite, &x->title);
}

static void compare(struct diff *d, uint32_t job, uint32_t pool, const struct law_case *c)
{
    struct answer from = ask(d, c, d->view->from_ms), to = ask(d, c, d->view->to_ms);
    d->view->compared++;
    if (from.allowed != to.allowed || from.effect != to.effect)
        put_change(d, job, core_fleet(d->core)->pools[pool].id, &from, &to);
    arena_clear(&d->scratch);
}

/* The pool itself: going on to use all its chips, and their lease, whoever's work runs there. */
static void compare_pool(struct diff *d, uint32_t pool)
{
    const struct pool *p = &core_fleet(d->core)->pools[pool];
    struct job_spec nobody = {.chips = p->chips_per_node};
    struct law_case x;
    core_case(d->core, &nobody, pool, d->view->from_ms, &d->scratch, &x);
    x.acts = 1u << ACT_CONTINUE_USE;
    if (p->title.kind == TITLE_LEASED) x.acts |= 1u << ACT_LEASE;
    x.amount = (int64_t)p->node_count * p->chips_per_node;
    compare(d, 0, pool, &x);
}

static void compare_all(struct diff *d)
{
    const struct fleet *f = core_fleet(d->core);
    const struct job *j = core_job_after(d->core, (struct job_id){0});
    for (; j != NULL; j = core_job_after(d->core, j->id)) {
        if (!job_state_holds_chips(j->state)) continue;
        struct law_case x;
        core_case(d->core, &j->spec, j->pool.v, d->view->from_ms, &d->scratch, &x);
        compare(d, j->id.v, j->pool.v, &x);
    }
    for (uint32_t p = 0; f != NULL && p < f->pool_count; p++) compare_pool(d, p);
}

static enum err date_of(const struct op *op, const char *name, int64_t *out, struct errtext *error)
{
    const char *text = op_query(op, name);
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
    struct diff d = {.core = s->journal.core, .view = &view, .out = &s->scratch};
    enum err e = date_of(op, "from_ms", &view.from_ms, &error);
    if (e == ERR_NONE) e = date_of(op, "to_ms", &view.to_ms, &error);
    if (e != ERR_NONE) {
        reply_error(op, e, "%s", error.s);
        return;
    }
    arena_init(&d.scratch);
    compare_all(&d);
    arena_release(&d.scratch);
    reply_visit(op, 200, visit_any, &view);
}
