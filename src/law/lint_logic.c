#include "law/lint_logic.h"

#include <stdlib.h>
#include <string.h>

enum {
    STEPS_MAX = 20000, /* parts looked at in one question: some 10 ms; the packs in use need 300 */
    LITERALS_MAX = 128 /* parts that hold at once */
};

/* A part with its fact to the left. */
struct literal {
    struct str fact; /* the whole text, where op is NULL */
    const char *op; /* "==", "in", "<" ...; NULL: a bool, or what is not understood */
    struct cel_value right;
    bool holds;
};

struct goal {
    const struct cel_formula *formula;
    const struct goal *next;
};

struct solver {
    const struct pack *p;
    struct cel_env env;
    struct arena *arena;
    uint32_t steps, count;
    struct literal literals[LITERALS_MAX];
    struct str conflict;
    bool conflicts_differ;
};

/* ---- parts ----------------------------------------------------------------------------------- */

static bool is_constant(struct cel_value v)
{
    return v.kind != CEL_UNKNOWN && v.kind != CEL_ERROR;
}

static bool is_order(const char *op)
{
    return op[0] == '<' || op[0] == '>';
}

static bool relation(const char *op, struct cel_value x, struct cel_value y)
{
    int order = 0;
    if (strcmp(op, "==") == 0) return cel_equal(x, y);
    if (strcmp(op, "in") == 0) {
        for (uint32_t i = 0; i < y.len; i++)
            if (cel_equal(x, y.as.items[i])) return true;
        return false;
    }
    if (!cel_compare(x, y, &order)) return false;
    bool closed = op[1] == '=' && order == 0;
    return closed || (op[0] == '<' ? order < 0 : order > 0);
}

static const char *turned(const char *op)
{
    static const char *const pairs[][2] = {{"<", ">"}, {">", "<"}, {"<=", ">="}, {">=", "<="}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (strcmp(op, pairs[i][0]) == 0) return pairs[i][1];
    return op;
}

/* Without blanks and parentheses around it. */
static struct str bare(struct str s)
{
    for (;;) {
        while (s.len > 0 && (*s.p == ' ' || *s.p == '\n')) s = (struct str){s.p + 1, s.len - 1};
        while (s.len > 0 && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\n')) s.len--;
        if (s.len < 2 || s.p[0] != '(' || s.p[s.len - 1] != ')') return s;
        int depth = 0;
        for (size_t i = 0; i + 1 < s.len; i++) {
            depth += s.p[i] == '(' ? 1 : s.p[i] == ')' ? -1 : 0;
            if (depth == 0) return s; /* closed before the end: (a) + (b) */
        }
        s = (struct str){s.p + 1, s.len - 2};
    }
}

static struct literal literal_of(const struct cel_formula *f)
{
    struct cel_comparison c = f->part.comparison;
    struct literal l = {.fact = bare(f->text), .holds = f->part.holds};
    if (c.op == NULL) return l;
    bool membership = strcmp(c.op, "in") == 0;
    if (!membership && is_constant(c.left) && !is_constant(c.right))
        c = (struct cel_comparison){c.right_text, c.left_text, turned(c.op), c.right, c.left};
    bool known = is_order(c.op) || membership || strcmp(c.op, "==") == 0 || strcmp(c.op, "!=") == 0;
    if (!known || !is_constant(c.right) || is_constant(c.left)) return l;
    if (membership && c.right.kind != CEL_LIST) return l;
    bool is = l.holds;
    if (strcmp(c.op, "!=") == 0) {
        c.op = "==";
        is = !is;
    }
    if (c.right.kind == CEL_BOOL && !is_order(c.op))
        return (struct literal){.fact = bare(c.left_text), .holds = c.right.as.b == is};
    return (struct literal){bare(c.left_text), c.op, c.right, is};
}

/* ---- values ---------------------------------------------------------------------------------- */

static bool fits(const struct solver *s, struct str fact, struct cel_value v)
{
    for (uint32_t i = 0; i < s->count; i++) {
        const struct literal *l = &s->literals[i];
        if (l->op != NULL && str_eq(l->fact, fact) && relation(l->op, v, l->right) != l->holds)
            return false;
    }
    return true;
}

static double number_of(struct cel_value v)
{
    if (v.kind == CEL_DOUBLE) return v.as.d;
    return v.kind == CEL_INT ? (double)v.as.i : (double)v.as.u;
}

static bool is_number(struct cel_value v)
{
    return v.kind == CEL_INT || v.kind == CEL_UINT || v.kind == CEL_DOUBLE;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Between two neighbouring bounds nothing changes, so one value there stands for all. */
static bool fits_between(const struct solver *s, struct str fact, double *bounds, uint32_t n)
{
    qsort(bounds, n, sizeof *bounds, compare_doubles);
    if (fits(s, fact, cel_double(bounds[0] - 1)) || fits(s, fact, cel_double(bounds[n - 1] + 1)))
        return true;
    for (uint32_t i = 0; i < n; i++) {
        if (fits(s, fact, cel_double(bounds[i]))) return true;
        if (i + 1 < n && fits(s, fact, cel_double(bounds[i] / 2 + bounds[i + 1] / 2))) return true;
    }
    return false;
}

/* Is there a value of the fact with which all that is said of it holds? */
static bool has_value(const struct solver *s, struct str fact)
{
    double bounds[LITERALS_MAX];
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->count; i++) {
        const struct literal *l = &s->literals[i];
        if (l->op == NULL || !str_eq(l->fact, fact)) continue;
        if (is_order(l->op)) {
            if (!is_number(l->right)) return true;
            bounds[n++] = number_of(l->right);
            continue;
        }
        if (!l->holds) continue;
        if (strcmp(l->op, "==") == 0) return fits(s, fact, l->right);
        for (uint32_t k = 0; k < l->right.len; k++)
            if (fits(s, fact, l->right.as.items[k])) return true;
        return false;
    }
    return n == 0 || fits_between(s, fact, bounds, n);
}

/* False: the part contradicts those that hold already. */
static bool add(struct solver *s, const struct cel_formula *f)
{
    struct literal l = literal_of(f);
    bool sound = true;
    s->literals[s->count++] = l;
    for (uint32_t i = 0; l.op == NULL && i + 1 < s->count; i++) {
        const struct literal *o = &s->literals[i];
        if (o->op == NULL && o->holds != l.holds && str_eq(o->fact, l.fact)) sound = false;
    }
    if (l.op != NULL) sound = has_value(s, l.fact);
    if (sound) return true;
    if (s->conflict.len > 0 && !str_eq(s->conflict, l.fact)) s->conflicts_differ = true;
    s->conflict = l.fact;
    return false;
}

/* ---- search ---------------------------------------------------------------------------------- */

static const struct goal *push(struct solver *s, const struct cel_formula *f,
                               const struct goal *next)
{
    struct goal *g = ARENA_NEW(s->arena, struct goal);
    *g = (struct goal){f, next};
    return g;
}

/* A let stands for its expression; any other part for itself: NULL. */
static const struct cel_formula *look_through(struct solver *s, const struct cel_formula *f)
{
    const struct pack *p = s->p;
    if (f->part.slot < 0 || (uint32_t)f->part.slot < p->let_slot) return NULL;
    const struct code *let = &p->lets[(uint32_t)f->part.slot - p->let_slot].code;
    return let->expr != NULL ? cel_formula(let->expr, &s->env, s->arena, f->part.holds) : NULL;
}

/* `goals` must all be; of each of `choices` one argument. Parts first: they decide most. */
static bool search(struct solver *s, const struct goal *goals, const struct goal *choices)
{
    while (goals != NULL) {
        const struct cel_formula *f = goals->formula;
        goals = goals->next;
        if (++s->steps > STEPS_MAX || s->count == LITERALS_MAX) return true;
        if (f->join == CEL_ONE_OF) {
            choices = push(s, f, choices);
        } else if (f->join == CEL_ALL_OF) {
            for (uint32_t i = f->arg_count; i > 0; i--) goals = push(s, f->args[i - 1], goals);
        } else {
            const struct cel_formula *let = look_through(s, f);
            if (let != NULL)
                goals = push(s, let, goals);
            else if (!add(s, f))
                return false;
        }
    }
    if (choices == NULL) return true;
    uint32_t held = s->count;
    for (uint32_t i = 0; i < choices->formula->arg_count; i++) {
        s->count = held;
        if (search(s, push(s, choices->formula->args[i], NULL), choices->next)) return true;
    }
    return false;
}

/* Sets, and the lists that lets make of them, have the members of the day; facts are unknown. */
static void set_date(struct solver *s, struct cel_value *vars, const struct code *c, int64_t on_ms)
{
    const struct pack *p = s->p;
    for (uint32_t d = 0; d < c->dep_count; d++) {
        uint32_t slot = c->deps[d];
        if (slot < p->ownership_slot) {
            vars[slot] = set_members(&p->sets[slot - p->set_slot], on_ms);
        } else if (slot >= p->let_slot) {
            const struct cel_expr *let = p->lets[slot - p->let_slot].code.expr;
            if (cel_expr_result_type(let)->kind == CEL_LIST)
                vars[slot] = cel_eval(let, &s->env, s->arena);
        }
    }
}

static const struct cel_formula *one_of_acts(struct solver *s, uint32_t acts)
{
    struct cel_value *items = ARENA_ARRAY(s->arena, ACT_COUNT, struct cel_value);
    struct cel_formula *f = ARENA_NEW(s->arena, struct cel_formula);
    uint32_t n = 0;
    for (int a = 0; a < ACT_COUNT; a++)
        if ((acts >> a & 1u) != 0) items[n++] = cel_string(str_of(law_act_names[a]));
    *f = (struct cel_formula){.join = CEL_PART,
                              .text = STR("act"),
                              .part = {.slot = -1,
                                       .holds = true,
                                       .comparison = {.left_text = STR("act"),
                                                      .op = "in",
                                                      .left = cel_unknown(),
                                                      .right = cel_list(items, n)}}};
    return f;
}

bool logic_possible(const struct pack *p, int64_t on_ms, uint32_t acts,
                    const struct logic_claim *claims, uint32_t count, struct arena *scratch,
                    struct str *fact_out)
{
    struct cel_value *vars = ARENA_ARRAY(scratch, p->slot_count, struct cel_value);
    struct solver *s = ARENA_NEW(scratch, struct solver);
    *s = (struct solver){.p = p, .arena = scratch};
    s->env = (struct cel_env){.vars = vars, .var_count = p->slot_count};
    const struct goal *goals = NULL;
    for (uint32_t i = count; i > 0; i--) {
        const struct logic_claim *c = &claims[i - 1];
        if (c->code->expr == NULL && !c->is) return false;
        if (c->code->expr == NULL) continue;
        set_date(s, vars, c->code, on_ms);
        goals = push(s, cel_formula(c->code->expr, &s->env, scratch, c->is), goals);
    }
    goals = push(s, one_of_acts(s, acts), goals);
    if (search(s, goals, NULL)) return true;
    *fact_out = s->conflicts_differ ? (struct str){0} : s->conflict;
    return false;
}
