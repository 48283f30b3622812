/* cel_eval.c - the evaluator: one recursive walk over the checked tree.
 *
 * Every node costs a step; what handles more than a word costs more (cel_charge). When the steps
 * are used up every further node fails at once, and the result is the limit's error whatever the
 * expression would make of it. Recursion is bounded by CEL_DEPTH_MAX.
 *
 * The rule for strict operators and functions: all arguments are evaluated; if any is unknown, the
 * result is the union of the unknowns; else the first error; else the operation. */
#include "law/cel/cel_eval.h"

#include "base/check.h"
#include "law/cel/cel_values.h"

#include <string.h>

/* ---------------------------------------------------------------- comparison */

static struct cel_value from_truth(struct cel_run *r, const struct cel_node *n, enum cel_truth t,
                                   struct cel_value x, struct cel_value y)
{
    if (t != CEL_MAYBE) return cel_bool((t == CEL_YES) != (n->op == OP_NE));
    return cel_unknowns_within(r, n->unknown, y, cel_unknowns_within(r, n->unknown, x, cel_null()));
}

static inline bool same_text(struct cel_value x, struct cel_value y)
{
    if (x.len != y.len) return false;
    /* Most texts that differ do so at once; a call would take longer than that. */
    return x.len == 0 || (x.as.s[0] == y.as.s[0] && memcmp(x.as.s, y.as.s, x.len) == 0);
}

static struct cel_value eval_equality(struct cel_run *r, const struct cel_node *n)
{
    struct cel_value x = cel_eval_node(r, n->args[0]), y = cel_eval_node(r, n->args[1]);
    if (cel_is_known(x) && cel_is_known(y)) {
        if (x.kind == y.kind && (x.kind == CEL_STRING || x.kind == CEL_BOOL)) {
            bool same = x.kind == CEL_BOOL ? x.as.b == y.as.b : same_text(x, y);
            return cel_bool(same != (n->op == OP_NE));
        }
        return from_truth(r, n, cel_match(x, y, &r->cost), x, y);
    }
    return cel_strict(r, cel_strict(r, cel_null(), x), y);
}

static struct cel_value eval_order(struct cel_run *r, const struct cel_node *n)
{
    struct cel_value x = cel_eval_node(r, n->args[0]), y = cel_eval_node(r, n->args[1]);
    int order;
    if (!cel_is_known(x) || !cel_is_known(y)) return cel_strict(r, cel_strict(r, cel_null(), x), y);
    if (!cel_compare(x, y, &order)) {
        bool numbers = cel_is_number(x) && cel_is_number(y); /* one is NaN */
        return numbers ? cel_bool(false) : cel_no_overload(r, n, (struct cel_value[]){x, y}, 2);
    }
    switch (n->op) {
    case OP_LT: return cel_bool(order < 0);
    case OP_LE: return cel_bool(order <= 0);
    case OP_GT: return cel_bool(order > 0);
    default: return cel_bool(order >= 0);
    }
}

static struct cel_value in_list(struct cel_run *r, const struct cel_node *n, struct cel_value x,
                                struct cel_value list)
{
    bool maybe = false;
    for (uint32_t i = 0; i < list.len && r->cost > 0; i++) {
        struct cel_value y = list.as.items[i];
        enum cel_truth t;
        if (x.kind == CEL_STRING && y.kind == CEL_STRING) { /* what sets of countries are */
            r->cost--;
            t = same_text(x, y) ? CEL_YES : CEL_NO;
        } else {
            t = cel_match(x, y, &r->cost);
        }
        if (t == CEL_YES) return cel_bool(true);
        maybe = maybe || t == CEL_MAYBE;
    }
    return from_truth(r, n, maybe ? CEL_MAYBE : CEL_NO, x, list);
}

static struct cel_value eval_in(struct cel_run *r, const struct cel_node *n)
{
    struct cel_value x = cel_eval_node(r, n->args[0]), of = cel_eval_node(r, n->args[1]), v;
    if (!cel_is_known(x) || !cel_is_known(of))
        return cel_strict(r, cel_strict(r, cel_null(), x), of);
    if (of.kind == CEL_LIST) return in_list(r, n, x, of);
    if (of.kind != CEL_MAP) return cel_no_overload(r, n, (struct cel_value[]){x, of}, 2);
    if (cel_map_find(of.as.map, x, &v)) return cel_bool(true);
    if (!of.as.map->open) return cel_bool(false);
    return x.kind == CEL_STRING ? cel_unknown_in(r, n->unknown, of.as.map->path, cel_str(x))
                                : cel_unknown_of(n->unknown);
}

/* ---------------------------------------------------------------- calls and literals */

static struct cel_value eval_conditional(struct cel_run *r, const struct cel_node *n)
{
    struct cel_value v = cel_eval_node(r, n->args[0]);
    if (v.kind == CEL_BOOL) return cel_eval_node(r, n->args[v.as.b ? 1 : 2]);
    return cel_is_known(v) ? cel_no_overload(r, n, &v, 1) : v;
}

static struct cel_value eval_unary(struct cel_run *r, const struct cel_node *n)
{
    struct cel_value v = cel_eval_node(r, n->args[0]);
    if (!cel_is_known(v)) return v;
    if (n->op == OP_NEG) return cel_negate(r, n, v);
    return v.kind == CEL_BOOL ? cel_bool(!v.as.b) : cel_no_overload(r, n, &v, 1);
}

static struct cel_value eval_arithmetic(struct cel_run *r, const struct cel_node *n)
{
    struct cel_value x = cel_eval_node(r, n->args[0]), y = cel_eval_node(r, n->args[1]);
    if (cel_is_known(x) && cel_is_known(y)) return cel_arithmetic(r, n, x, y);
    return cel_strict(r, cel_strict(r, cel_null(), x), y);
}

static struct cel_value eval_call(struct cel_run *r, const struct cel_node *n)
{
    enum { FEW = 3 }; /* no standard function takes more than two */
    struct cel_value args[FEW] = {cel_null(), cel_null(), cel_null()}, bad = cel_null();
    if (n->fn == FN_NONE) {
        return cel_fail(r, n, "undeclared reference to '" STR_FMT "' (in container '')",
                        STR_ARG(n->name));
    }
    for (uint32_t i = 0; i < n->arg_count; i++) {
        struct cel_value v = cel_eval_node(r, n->args[i]);
        bad = cel_strict(r, bad, v);
        if (i < FEW) args[i] = v;
    }
    if (!cel_is_known(bad)) return bad;
    if (n->arg_count > FEW) return cel_no_overload(r, n, args, FEW);
    return cel_call(r, n, args);
}

/* Evaluate all arguments into an array. What is not known or failed comes back in *bad. */
static struct cel_value *eval_args(struct cel_run *r, const struct cel_node *n,
                                   struct cel_value *bad)
{
    struct cel_value *v = ARENA_ARRAY(r->a, n->arg_count, struct cel_value);
    *bad = cel_null();
    for (uint32_t i = 0; i < n->arg_count; i++) {
        v[i] = cel_eval_node(r, n->args[i]);
        *bad = cel_strict(r, *bad, v[i]);
    }
    return v;
}

static struct cel_value eval_list(struct cel_run *r, const struct cel_node *n)
{
    struct cel_value bad, *items = eval_args(r, n, &bad);
    return cel_is_known(bad) ? cel_list(items, n->arg_count) : bad;
}

static struct cel_value eval_map(struct cel_run *r, const struct cel_node *n)
{
    struct cel_value bad, *v = eval_args(r, n, &bad);
    uint32_t count = n->arg_count / 2;
    if (!cel_is_known(bad)) return bad;
    struct cel_entry *entries = ARENA_ARRAY(r->a, count, struct cel_entry);
    for (uint32_t i = 0; i < count; i++) entries[i] = (struct cel_entry){v[2 * i], v[2 * i + 1]};
    return cel_place(n, cel_map_new(r->a, entries, count, false, STR("")));
}

/* ---------------------------------------------------------------- dispatch */

struct cel_value cel_eval_node(struct cel_run *r, const struct cel_node *n)
{
    if (r->cost == 0) return cel_over();
    r->cost--;
    switch ((enum cel_op)n->op) {
    case OP_CONST: return n->value;
    case OP_SLOT: return cel_named(n->unknown, r->vars[n->index]);
    case OP_LOCAL: return cel_named(n->unknown, r->locals[n->index]);
    case OP_FIELD: return cel_eval_field(r, n);
    case OP_HAS:
        if (n->object != NULL) return cel_eval_field(r, n);
        return cel_select(r, n, n->unknown, cel_eval_node(r, n->args[0]), n->name, true);
    case OP_SELECT:
        return cel_select(r, n, n->unknown, cel_eval_node(r, n->args[0]), n->name, false);
    case OP_CHAIN: return cel_eval_chain(r, n);
    case OP_INDEX: return cel_eval_index(r, n);
    case OP_AND:
    case OP_OR: return cel_eval_logic(r, n);
    case OP_NOT:
    case OP_NEG: return eval_unary(r, n);
    case OP_COND: return eval_conditional(r, n);
    case OP_EQ:
    case OP_NE: return eval_equality(r, n);
    case OP_LT:
    case OP_LE:
    case OP_GT:
    case OP_GE: return eval_order(r, n);
    case OP_IN: return eval_in(r, n);
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
    case OP_DIV:
    case OP_MOD: return eval_arithmetic(r, n);
    case OP_LIST: return eval_list(r, n);
    case OP_MAP: return eval_map(r, n);
    case OP_CALL: return eval_call(r, n);
    case OP_ALL:
    case OP_EXISTS:
    case OP_EXISTS_ONE:
    case OP_MAPPED:
    case OP_FILTER: return cel_eval_macro(r, n);
    case OP_IDENT:
    case OP_COUNT: break;
    }
    check_failed("an evaluated tree is a checked tree", __FILE__, __LINE__);
}

struct cel_value cel_fold(const struct cel_node *n, struct arena *a, uint64_t *cost)
{
    struct cel_run r = {.a = a, .cost = *cost};
    struct cel_value v = cel_eval_node(&r, n);
    *cost = r.cost;
    return r.cost > 0 ? v : cel_over();
}

void cel_begin(struct cel_run *r, const struct cel_expr *e, const struct cel_env *env,
               struct arena *a)
{
    ASSERT(e->slot_count == 0 || (env != NULL && env->var_count >= e->slot_count));
    r->env = env;
    r->vars = env != NULL ? env->vars : NULL;
    r->a = a;
    r->cost = env != NULL && env->cost_limit > 0 ? env->cost_limit : e->cost_max;
}

struct cel_value cel_eval(const struct cel_expr *e, const struct cel_env *env, struct arena *a)
{
    struct cel_run r; /* locals are set before they are read */
    cel_begin(&r, e, env, a);
    struct cel_value v = cel_eval_node(&r, e->root);
    return r.cost > 0 ? v : cel_over();
}
