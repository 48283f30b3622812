#include "law/compile.h"

#include "base/check.h"
#include "base/civil.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct compiler {
    struct pack *p;
    struct cel_decl *decls; /* of the pack's schema; the types of lets are filled in as found */
    law_report *report;
    void *ctx;
    uint32_t faults;
    uint8_t *let_state; /* 0 new, 1 on the path, 2 done */
};

static void fault(struct compiler *k, enum law_part part, uint32_t index, const char *key,
                  const char *text)
{
    struct law_place at = {part, index, key};
    k->report(k->ctx, &at, text);
    k->faults++;
}

/* ---- sets ------------------------------------------------------------------------------------ */

static int compare_instants(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void compile_set(struct arena *a, const struct law_set *def, struct set *out)
{
    int64_t *dates = ARENA_ARRAY(a, 2 * (size_t)def->member_count + 1, int64_t);
    uint32_t n = 0;
    dates[n++] = CIVIL_ALWAYS_MS;
    for (uint32_t i = 0; i < def->member_count; i++) {
        if (def->members[i].from_ms != 0) dates[n++] = def->members[i].from_ms;
        if (def->members[i].until_ms != 0) dates[n++] = def->members[i].until_ms;
    }
    qsort(dates, n, sizeof *dates, compare_instants);
    uint32_t count = 1;
    for (uint32_t i = 1; i < n; i++)
        if (dates[i] != dates[count - 1]) dates[count++] = dates[i];
    out->def = def;
    out->segment_count = count;
    out->segments = ARENA_ARRAY(a, count, struct set_segment);
    for (uint32_t i = 0; i < count; i++) {
        struct cel_value *items = ARENA_ARRAY(a, def->member_count + 1, struct cel_value);
        uint32_t members = 0;
        for (uint32_t m = 0; m < def->member_count; m++) {
            const struct law_member *x = &def->members[m];
            bool begun = x->from_ms == 0 || x->from_ms <= dates[i];
            bool over = x->until_ms != 0 && x->until_ms <= dates[i];
            if (begun && !over) items[members++] = cel_string(x->is);
        }
        out->segments[i] = (struct set_segment){dates[i], cel_list(items, members)};
    }
}

struct cel_value set_members(const struct set *s, int64_t on_ms)
{
    uint32_t i = s->segment_count - 1;
    while (s->segments[i].from_ms > on_ms) i--;
    return s->segments[i].list;
}

/* ---- expressions ----------------------------------------------------------------------------- */

static void add_dep(struct code *c, uint32_t slot)
{
    for (uint32_t i = 0; i < c->dep_count; i++)
        if (c->deps[i] == slot) return;
    c->deps[c->dep_count++] = slot;
}

static void find_deps(struct pack *p, struct code *c)
{
    const struct cel_read *reads = NULL;
    uint32_t count = cel_expr_reads(c->expr, &reads);
    c->deps = ARENA_ARRAY(&p->arena, p->slot_count, uint32_t);
    for (uint32_t i = 0; i < count; i++) {
        if (reads[i].slot < 0) continue;
        uint32_t slot = (uint32_t)reads[i].slot;
        if (slot < SLOT_FACTS) {
            c->facts |= 1u << slot;
            int q = law_chip_quantity(reads[i].path);
            if (q >= 0)
                c->quantities |= 1u << q;
            else if (str_eqz(reads[i].path, "chip"))
                c->quantities |= (1u << CHIP_QUANTITIES) - 1;
            continue;
        }
        if (slot >= p->let_slot) {
            const struct code *let = &p->lets[slot - p->let_slot].code;
            c->facts |= let->facts;
            c->quantities |= let->quantities;
            for (uint32_t d = 0; d < let->dep_count; d++) add_dep(c, let->deps[d]);
        }
        add_dep(c, slot);
    }
}

static double number_of(struct cel_value v)
{
    if (v.kind == CEL_INT) return (double)v.as.i;
    if (v.kind == CEL_UINT) return (double)v.as.u;
    return v.kind == CEL_DOUBLE ? v.as.d : (double)NAN;
}

/* With every fact unknown, what is still a number is a constant. */
static void find_bounds(struct pack *p, struct code *c)
{
    if (c->quantities == 0) return;
    struct cel_value *vars = ARENA_ARRAY(&p->arena, p->slot_count, struct cel_value);
    struct cel_env env = {.vars = vars, .var_count = p->slot_count};
    uint32_t n = cel_comparisons(c->expr, &env, &p->arena, NULL, 0);
    struct cel_comparison *found = ARENA_ARRAY(&p->arena, n + 1, struct cel_comparison);
    cel_comparisons(c->expr, &env, &p->arena, found, n);
    c->bounds = ARENA_ARRAY(&p->arena, n + 1, struct code_bound);
    for (uint32_t i = 0; i < n; i++) {
        int left = law_chip_quantity(found[i].left_text);
        int right = law_chip_quantity(found[i].right_text);
        double at = number_of(left >= 0 ? found[i].right : found[i].left);
        if ((left >= 0 || right >= 0) && !isnan(at))
            c->bounds[c->bound_count++] = (struct code_bound){left >= 0 ? left : right, at};
    }
}

/* Compile `source` so that it gives `kind` (CEL_DOUBLE: any number). */
static void compile_code(struct compiler *k, struct str source, enum cel_kind kind,
                         enum law_part part, uint32_t index, const char *key, struct code *out)
{
    struct errtext t = {0};
    if (source.len > LAW_EXPR_LEN_MAX) {
        err_set(&t, ERR_LIMIT, "the expression is longer than %d bytes", LAW_EXPR_LEN_MAX);
        fault(k, part, index, key, t.s);
        return;
    }
    struct cel_expr *e = NULL;
    if (cel_compile(&k->p->arena, source, &k->p->schema, NULL, &e, &t) != ERR_NONE) {
        fault(k, part, index, key, t.s);
        return;
    }
    enum cel_kind got = cel_expr_result_type(e)->kind;
    bool number = got == CEL_INT || got == CEL_UINT || got == CEL_DOUBLE;
    if (got != kind && got != CEL_DYN && kind != CEL_DYN && !(kind == CEL_DOUBLE && number)) {
        err_set(&t, ERR_INVALID, "the expression gives %s, not %s", cel_expr_type(e),
                kind == CEL_BOOL ? "bool" : "a number");
        fault(k, part, index, key, t.s);
        return;
    }
    out->expr = e;
    find_deps(k->p, out);
    find_bounds(k->p, out);
}

static void reject_row(struct compiler *k, const struct code *c, enum law_part part, uint32_t index,
                       const char *key)
{
    if ((c->facts >> SLOT_ROW & 1u) != 0)
        fault(k, part, index, key, "`row` is known only inside a ratio's `share_of`");
}

static void compile_let(struct compiler *k, uint32_t i)
{
    struct pack *p = k->p;
    struct let *let = &p->lets[i];
    k->let_state[i] = 1;
    let->def = &p->def.lets[i];
    /* The other lets it names must be compiled first, because their types are needed. */
    struct arena scratch;
    arena_init(&scratch);
    struct cel_expr *plain = NULL;
    const struct cel_read *reads = NULL;
    uint32_t count = 0;
    if (let->def->is.len <= LAW_EXPR_LEN_MAX &&
        cel_compile(&scratch, let->def->is, NULL, NULL, &plain, NULL) == ERR_NONE)
        count = cel_expr_reads(plain, &reads);
    bool cycle = false;
    for (uint32_t r = 0; r < count && !cycle; r++)
        for (uint32_t x = 0; x < p->def.let_count && !cycle; x++) {
            struct str name = p->def.lets[x].name;
            const struct str path = reads[r].path;
            bool named =
                path.len >= name.len && memcmp(path.p, name.p, name.len) == 0 &&
                (path.len == name.len || path.p[name.len] == '.' || path.p[name.len] == '[');
            if (!named || name.len == 0) continue;
            if (k->let_state[x] == 1)
                cycle = true;
            else if (k->let_state[x] == 0)
                compile_let(k, x);
        }
    arena_release(&scratch);
    k->let_state[i] = 2;
    if (cycle) {
        fault(k, PART_LET, i, "is", "the expression leads back to itself through lets");
        return;
    }
    compile_code(k, let->def->is, CEL_DYN, PART_LET, i, "is", &let->code);
    if (let->code.expr == NULL) return;
    reject_row(k, &let->code, PART_LET, i, "is");
    k->decls[p->let_slot + i].type = cel_expr_result_type(let->code.expr);
}

/* ---- packs ----------------------------------------------------------------------------------- */

static void make_schema(struct compiler *k)
{
    struct pack *p = k->p;
    p->set_slot = SLOT_FACTS;
    p->ownership_slot = p->set_slot + p->def.set_count;
    p->let_slot = p->ownership_slot + p->def.ownership_count;
    p->slot_count = p->let_slot + p->def.let_count;
    k->decls = ARENA_ARRAY(&p->arena, p->slot_count, struct cel_decl);
    memcpy(k->decls, law_fact_decls, sizeof law_fact_decls);
    const struct cel_type *strings = cel_type_list(&p->arena, &cel_type_string);
    for (uint32_t i = 0; i < p->def.set_count; i++)
        k->decls[p->set_slot + i] = (struct cel_decl){p->def.sets[i].name, strings};
    for (uint32_t i = 0; i < p->def.ownership_count; i++)
        k->decls[p->ownership_slot + i] =
            (struct cel_decl){p->def.ownerships[i].name, &law_ownership_type};
    for (uint32_t i = 0; i < p->def.let_count; i++)
        k->decls[p->let_slot + i] = (struct cel_decl){p->def.lets[i].name, NULL};
    p->schema = (struct cel_schema){.decls = k->decls, .count = p->slot_count};
}

static bool reads_dated_set(const struct pack *p, const struct code *c)
{
    for (uint32_t d = 0; d < c->dep_count; d++)
        if (c->deps[d] < p->ownership_slot && p->sets[c->deps[d] - p->set_slot].segment_count > 1)
            return true;
    return false;
}

static void compile_rule(struct compiler *k, uint32_t index, struct rule *r)
{
    const struct law_rule *def = &k->p->def.rules[index];
    r->def = def;
    r->pack = k->p;
    r->start_ms = def->effective_ms != 0 ? def->effective_ms : def->published_ms;
    if (def->when.len > 0) {
        compile_code(k, def->when, CEL_BOOL, PART_RULE, index, "when", &r->when);
        reject_row(k, &r->when, PART_RULE, index, "when");
    }
    if (def->cap.present) {
        compile_code(k, def->cap.sum, CEL_DOUBLE, PART_RULE, index, "cap", &r->sum);
        reject_row(k, &r->sum, PART_RULE, index, "cap");
    }
    if (def->ratio.present)
        compile_code(k, def->ratio.share_of, CEL_BOOL, PART_RULE, index, "ratio", &r->share_of);
    r->is_dated = reads_dated_set(k->p, &r->when) || reads_dated_set(k->p, &r->sum) ||
                  reads_dated_set(k->p, &r->share_of);
}

static int compare_rules(const void *a, const void *b)
{
    const struct rule *x = a, *y = b;
    return str_cmp(x->def->id, y->def->id);
}

static bool lowers(const struct law_rule *r, struct str id)
{
    for (uint32_t i = 0; i < r->lower_count; i++)
        if (str_eq(r->lowers[i], id)) return true;
    return false;
}

/* The rules in order of id, each with the exceptions to it. */
static void link_rules(struct pack *p)
{
    uint32_t n = p->def.rule_count;
    qsort(p->rules, n, sizeof *p->rules, compare_rules);
    for (uint32_t i = 0; i < n; i++) {
        struct rule *r = &p->rules[i];
        for (uint32_t x = 0; x < n; x++)
            if (lowers(p->rules[x].def, r->def->id)) r->exception_count++;
        r->exceptions = ARENA_ARRAY(&p->arena, r->exception_count, struct rule *);
        uint32_t e = 0;
        for (uint32_t x = 0; x < n; x++)
            if (lowers(p->rules[x].def, r->def->id)) r->exceptions[e++] = &p->rules[x];
    }
}

bool pack_compile(struct pack *p, law_report *report, void *ctx)
{
    struct compiler k = {.p = p, .report = report, .ctx = ctx};
    k.faults = pack_check_shape(&p->def, report, ctx);
    make_schema(&k);
    p->sets = ARENA_ARRAY(&p->arena, p->def.set_count, struct set);
    for (uint32_t i = 0; i < p->def.set_count; i++)
        compile_set(&p->arena, &p->def.sets[i], &p->sets[i]);
    p->lets = ARENA_ARRAY(&p->arena, p->def.let_count, struct let);
    k.let_state = ARENA_ARRAY(&p->arena, p->def.let_count, uint8_t);
    for (uint32_t i = 0; i < p->def.let_count; i++)
        if (k.let_state[i] == 0) compile_let(&k, i);
    p->rules = ARENA_ARRAY(&p->arena, p->def.rule_count, struct rule);
    for (uint32_t i = 0; i < p->def.rule_count; i++) compile_rule(&k, i, &p->rules[i]);
    p->acts = ARENA_ARRAY(&p->arena, p->def.act_count, struct implied);
    for (uint32_t i = 0; i < p->def.act_count; i++) {
        p->acts[i].def = &p->def.acts[i];
        if (p->def.acts[i].when.len == 0) continue;
        compile_code(&k, p->def.acts[i].when, CEL_BOOL, PART_ACT, i, "when", &p->acts[i].when);
        reject_row(&k, &p->acts[i].when, PART_ACT, i, "when");
        p->has_dated_acts |= reads_dated_set(p, &p->acts[i].when);
    }
    if (k.faults == 0) link_rules(p);
    return k.faults == 0;
}

bool law_pack_check(const struct law_pack *p,
                    void (*report)(void *ctx, const struct law_place *at, const char *text),
                    void *ctx)
{
    struct pack compiled = {.def = *p};
    arena_init(&compiled.arena);
    bool sound =
        pack_compile(&compiled, report, ctx) && pack_check_words(&compiled, report, ctx) == 0;
    arena_release(&compiled.arena);
    return sound;
}

/* ---- dates ----------------------------------------------------------------------------------- */

bool rule_in_force(const struct rule *r, int64_t on_ms)
{
    const struct law_rule *d = r->def;
    if (on_ms < r->start_ms || (d->until_ms != 0 && on_ms >= d->until_ms)) return false;
    for (uint32_t i = 0; i < d->suspended_count; i++)
        if (law_in_span(d->suspended[i].from_ms, d->suspended[i].to_ms, on_ms)) return false;
    return true;
}

bool rule_binds(const struct rule *r, int64_t on_ms, uint32_t bind)
{
    const struct law_rule *d = r->def;
    if ((bind >> d->level & 1u) == 0) return false;
    if (d->compliance_ms != 0 && on_ms < d->compliance_ms) return false;
    return !(d->unenforced &&
             law_in_span(d->unenforced_when.from_ms, d->unenforced_when.to_ms, on_ms));
}

int64_t rule_next_date(const struct rule *r, int64_t after_ms)
{
    const struct law_rule *d = r->def;
    int64_t best = CIVIL_NEVER_MS;
    law_nearer(r->start_ms, after_ms, &best);
    law_nearer(d->compliance_ms, after_ms, &best);
    law_nearer(d->until_ms, after_ms, &best);
    for (uint32_t i = 0; i < d->suspended_count; i++) {
        law_nearer(d->suspended[i].from_ms, after_ms, &best);
        law_nearer(d->suspended[i].to_ms, after_ms, &best);
    }
    law_nearer(d->doubt.from_ms, after_ms, &best);
    law_nearer(d->doubt.to_ms, after_ms, &best);
    if (!d->unenforced) return best;
    law_nearer(d->unenforced_when.from_ms, after_ms, &best);
    law_nearer(d->unenforced_when.to_ms, after_ms, &best);
    return best;
}

int64_t pack_next_set(const struct pack *p, int64_t after_ms)
{
    int64_t best = CIVIL_NEVER_MS;
    for (uint32_t s = 0; s < p->def.set_count; s++)
        for (uint32_t k = 1; k < p->sets[s].segment_count; k++)
            law_nearer(p->sets[s].segments[k].from_ms, after_ms, &best);
    return best;
}
