/* cel_logic.c - && and ||, and the macros that repeat them over a list or the keys of a map.
 *
 * A term that decides ends the evaluation; what came before, error or unknown, is then forgotten.
 * So a && b is false when either is, in whichever order they stand. */
#include "law/cel/cel_eval.h"
#include "law/cel/cel_values.h"

/* The state of a && or || over its terms so far. */
struct logic {
    bool decides; /* the value that ends it: false for &&, true for || */
    bool decided;
    struct cel_value rest; /* unknowns so far, else the first error, else null */
};

/* True when `v` decides. A term that is no bool is an error, absorbed like any other. */
static bool logic_add(struct cel_run *r, struct logic *l, const struct cel_node *n,
                      struct cel_value v)
{
    if (v.kind == CEL_BOOL) {
        l->decided = v.as.b == l->decides;
        return l->decided;
    }
    if (cel_is_known(v)) {
        if (!cel_is_known(l->rest)) return false;
        v = cel_no_overload(r, n, &v, 1);
    }
    l->rest = cel_strict(r, l->rest, v);
    return false;
}

static struct cel_value logic_end(const struct logic *l)
{
    if (l->decided) return cel_bool(l->decides);
    return cel_is_known(l->rest) ? cel_bool(!l->decides) : l->rest;
}

struct cel_value cel_eval_logic(struct cel_run *r, const struct cel_node *n)
{
    struct logic l = {.decides = n->op == OP_OR, .rest = cel_null()};
    for (uint32_t i = 0; i < n->arg_count; i++) {
        if (logic_add(r, &l, n, cel_eval_node(r, n->args[i]))) break;
    }
    return logic_end(&l);
}

/* ---------------------------------------------------------------- macros */

/* The elements of a list or the keys of a map. */
struct range {
    struct cel_value of;
    uint32_t count;
    bool open; /* there may be more that are not known */
};

static bool range_of(struct cel_value v, struct range *out)
{
    out->of = v;
    out->open = false;
    if (v.kind == CEL_LIST) {
        out->count = v.len;
    } else if (v.kind == CEL_MAP) {
        out->count = v.as.map->count;
        out->open = v.as.map->open;
    } else {
        return false;
    }
    return true;
}

static struct cel_value range_at(const struct range *g, uint32_t i)
{
    return g->of.kind == CEL_LIST ? g->of.as.items[i] : g->of.as.map->entries[i].key;
}

static struct cel_value macro_logic(struct cel_run *r, const struct cel_node *n,
                                    const struct range *g)
{
    struct logic l = {.decides = n->op == OP_EXISTS, .rest = cel_null()};
    for (uint32_t i = 0; i < g->count && r->cost > 0; i++) {
        r->locals[n->index] = range_at(g, i);
        if (logic_add(r, &l, n, cel_eval_node(r, n->args[1]))) break;
    }
    if (!l.decided && g->open) (void)logic_add(r, &l, n, cel_unknown_of(n->unknown));
    return logic_end(&l);
}

/* The predicate on element `i`: a bool, or what stands in its way. */
static struct cel_value predicate(struct cel_run *r, const struct cel_node *n)
{
    struct cel_value v = n->args[1] != NULL ? cel_eval_node(r, n->args[1]) : cel_bool(true);
    return v.kind == CEL_BOOL || !cel_is_known(v) ? v : cel_no_overload(r, n, &v, 1);
}

static struct cel_value macro_one(struct cel_run *r, const struct cel_node *n,
                                  const struct range *g)
{
    uint32_t found = 0;
    struct cel_value bad = cel_null();
    for (uint32_t i = 0; i < g->count && r->cost > 0; i++) {
        r->locals[n->index] = range_at(g, i);
        struct cel_value v = predicate(r, n);
        bad = cel_strict(r, bad, v);
        if (v.kind == CEL_BOOL && v.as.b) found++;
    }
    if (g->open) bad = cel_strict(r, bad, cel_unknown_of(n->unknown));
    return cel_is_known(bad) ? cel_bool(found == 1) : bad;
}

/* map and filter. */
static struct cel_value macro_list(struct cel_run *r, const struct cel_node *n,
                                   const struct range *g)
{
    if (!cel_charge(r, g->count)) return cel_over();
    struct cel_value *items = ARENA_ARRAY(r->a, g->count, struct cel_value), bad = cel_null();
    uint32_t count = 0;
    for (uint32_t i = 0; i < g->count && r->cost > 0; i++) {
        r->locals[n->index] = range_at(g, i);
        struct cel_value keep = predicate(r, n);
        bad = cel_strict(r, bad, keep);
        if (keep.kind != CEL_BOOL || !keep.as.b) continue;
        struct cel_value v = n->op == OP_FILTER ? range_at(g, i) : cel_eval_node(r, n->args[2]);
        if (n->op == OP_MAPPED) bad = cel_strict(r, bad, v);
        items[count++] = v;
    }
    if (g->open) bad = cel_strict(r, bad, cel_unknown_of(n->unknown));
    return cel_is_known(bad) ? cel_list(items, count) : bad;
}

struct cel_value cel_eval_macro(struct cel_run *r, const struct cel_node *n)
{
    struct cel_value of = cel_eval_node(r, n->args[0]);
    struct range g;
    if (!cel_is_known(of)) return of;
    if (!range_of(of, &g)) {
        return cel_fail(r, n, "no such overload: a value of type %s cannot be looped over",
                        cel_kind_name(of));
    }
    if (n->op == OP_ALL || n->op == OP_EXISTS) return macro_logic(r, n, &g);
    return n->op == OP_EXISTS_ONE ? macro_one(r, n, &g) : macro_list(r, n, &g);
}
