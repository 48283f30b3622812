/* cel_formula.c - the truth of an expression as parts that "and" and "or" join. */
#include "law/cel/cel_eval.h"

enum { FORMULA_NODES_MAX = 20000 }; /* `?:` inside the condition of `?:` doubles what it holds */

struct maker {
    struct cel_run *r;
    struct str source;
    uint32_t nodes;
};

static struct cel_formula *make(struct maker *m, const struct cel_node *n, bool is);

static struct cel_formula *join(struct maker *m, enum cel_join how, uint32_t count)
{
    struct cel_formula *f = ARENA_NEW(m->r->a, struct cel_formula);
    *f = (struct cel_formula){.join = how, .arg_count = count};
    f->args = ARENA_ARRAY(m->r->a, count, struct cel_formula *);
    return f;
}

static struct cel_formula *part(struct maker *m, const struct cel_node *n, bool is)
{
    struct cel_formula *f = ARENA_NEW(m->r->a, struct cel_formula);
    *f = (struct cel_formula){.join = CEL_PART,
                              .part = {.slot = n->op == OP_SLOT ? n->index : -1, .holds = is},
                              .text = {m->source.p + n->start, n->end - n->start}};
    if (cel_comparison_op(n) != NULL) f->part.comparison = cel_compared(m->r, m->source, n);
    return f;
}

/* c ? x : y is (c and x) or (not c and y). */
static struct cel_formula *choice(struct maker *m, const struct cel_node *n, bool is)
{
    struct cel_formula *either = join(m, CEL_ONE_OF, 2);
    for (uint32_t i = 0; i < 2; i++) {
        struct cel_formula *both = join(m, CEL_ALL_OF, 2);
        both->args[0] = make(m, n->args[0], i == 0);
        both->args[1] = make(m, n->args[1 + i], is);
        either->args[i] = both;
    }
    return either;
}

static struct cel_formula *make(struct maker *m, const struct cel_node *n, bool is)
{
    if (++m->nodes > FORMULA_NODES_MAX) return part(m, n, is);
    if (n->op == OP_NOT) return make(m, n->args[0], !is);
    if (n->op == OP_COND) return choice(m, n, is);
    if (n->op == OP_CONST && n->value.kind == CEL_BOOL)
        return join(m, n->value.as.b == is ? CEL_ALL_OF : CEL_ONE_OF, 0);
    if (n->op != OP_AND && n->op != OP_OR) return part(m, n, is);
    struct cel_formula *f =
        join(m, (n->op == OP_AND) == is ? CEL_ALL_OF : CEL_ONE_OF, n->arg_count);
    for (uint32_t i = 0; i < n->arg_count; i++) f->args[i] = make(m, n->args[i], is);
    return f;
}

struct cel_formula *cel_formula(const struct cel_expr *e, const struct cel_env *env,
                                struct arena *a, bool is)
{
    struct cel_run r;
    cel_begin(&r, e, env, a);
    struct maker m = {.r = &r, .source = e->source};
    return make(&m, e->root, is);
}
