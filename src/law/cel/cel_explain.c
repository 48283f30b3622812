/* cel_explain.c - what an expression compares, and which of it makes the value what it is. */
#include "law/cel/cel_eval.h"

static const char *comparison_text(enum cel_op op)
{
    static const char *const texts[OP_COUNT] = {
        [OP_EQ] = "==", [OP_NE] = "!=", [OP_LT] = "<", [OP_LE] = "<=",
        [OP_GT] = ">",  [OP_GE] = ">=", [OP_IN] = "in"};
    return texts[op];
}

/* "chip.id.matches(x)" is told as "chip.id matches x". */
static const char *function_text(const struct cel_node *n)
{
    if (n->op != OP_CALL || !n->member || n->arg_count != 2) return NULL;
    switch (n->fn) {
    case FN_CONTAINS: return "contains";
    case FN_STARTS_WITH: return "starts with";
    case FN_ENDS_WITH: return "ends with";
    case FN_MATCHES: return "matches";
    default: return NULL;
    }
}

const char *cel_comparison_op(const struct cel_node *n)
{
    const char *op = comparison_text((enum cel_op)n->op);
    return op != NULL ? op : function_text(n);
}

struct cel_comparison cel_compared(struct cel_run *r, struct str source, const struct cel_node *n)
{
    const struct cel_node *x = n->args[0], *y = n->args[1];
    return (struct cel_comparison){.left_text = {source.p + x->start, x->end - x->start},
                                   .right_text = {source.p + y->start, y->end - y->start},
                                   .op = cel_comparison_op(n),
                                   .left = cel_eval_node(r, x),
                                   .right = cel_eval_node(r, y)};
}

struct comparisons {
    struct cel_run *r;
    struct str source;
    struct cel_comparison *out;
    uint32_t max, count;
};

static void find_comparisons(struct comparisons *c, const struct cel_node *n)
{
    if (comparison_text((enum cel_op)n->op) != NULL) {
        if (c->count < c->max) c->out[c->count] = cel_compared(c->r, c->source, n);
        c->count++;
        return;
    }
    if (n->op >= OP_ALL || n->op == OP_CHAIN) return;
    for (uint32_t i = 0; i < n->arg_count; i++) find_comparisons(c, n->args[i]);
}

uint32_t cel_comparisons(const struct cel_expr *e, const struct cel_env *env, struct arena *a,
                         struct cel_comparison *out, uint32_t max)
{
    struct cel_run r;
    cel_begin(&r, e, env, a);
    struct comparisons c = {.r = &r, .source = e->source, .out = out, .max = max};
    find_comparisons(&c, e->root);
    return c.count;
}

/* ---------------------------------------------------------------- reasons */

struct reasons {
    struct cel_run *r;
    struct str source;
    struct cel_reason *out;
    uint32_t max, count;
};

static void add_reason(struct reasons *x, const struct cel_node *n, bool holds)
{
    if (x->count < x->max) {
        bool variable = n->op == OP_SLOT;
        x->out[x->count] = (struct cel_reason){.slot = variable ? n->index : -1, .holds = holds};
        if (!variable) x->out[x->count].comparison = cel_compared(x->r, x->source, n);
    }
    x->count++;
}

/* A fact that is a bool is its own reason, in the form of a comparison: `site.public_hub` is told
 * as "site.public_hub == true". */
static void add_fact(struct reasons *x, const struct cel_node *n)
{
    struct cel_value v = cel_eval_node(x->r, n);
    if (v.kind != CEL_BOOL) return;
    if (x->count < x->max)
        x->out[x->count] = (struct cel_reason){
            .slot = -1,
            .holds = true,
            .comparison = {.left_text = {x->source.p + n->start, n->end - n->start},
                           .right_text = v.as.b ? STR("true") : STR("false"),
                           .op = "==",
                           .left = v,
                           .right = v}};
    x->count++;
}

/* Why `n` is `is`. */
static void find_reasons(struct reasons *x, const struct cel_node *n, bool is)
{
    if (comparison_text((enum cel_op)n->op) != NULL || n->op == OP_SLOT) {
        add_reason(x, n, is);
    } else if (n->op == OP_FIELD || function_text(n) != NULL) {
        n->op == OP_FIELD ? add_fact(x, n) : add_reason(x, n, is);
    } else if (n->op == OP_AND || n->op == OP_OR) {
        bool all = (n->op == OP_AND) == is; /* each term counts; else the first that decides */
        for (uint32_t i = 0; i < n->arg_count; i++) {
            struct cel_value v = cel_eval_node(x->r, n->args[i]);
            if (v.kind != CEL_BOOL || v.as.b != is) continue;
            find_reasons(x, n->args[i], is);
            if (!all) break;
        }
    } else if (n->op == OP_NOT) {
        find_reasons(x, n->args[0], !is);
    } else if (n->op == OP_COND) {
        struct cel_value v = cel_eval_node(x->r, n->args[0]);
        if (v.kind != CEL_BOOL) return;
        find_reasons(x, n->args[0], v.as.b);
        find_reasons(x, n->args[v.as.b ? 1 : 2], is);
    }
}

uint32_t cel_reasons(const struct cel_expr *e, const struct cel_env *env, struct arena *a,
                     struct cel_reason *out, uint32_t max)
{
    struct cel_run r;
    cel_begin(&r, e, env, a);
    struct reasons x = {.r = &r, .source = e->source, .out = out, .max = max};
    struct cel_value v = cel_eval_node(&r, e->root);
    if (v.kind == CEL_BOOL) find_reasons(&x, e->root, v.as.b);
    return x.count;
}

/* ---------------------------------------------------------------- words */

struct word_uses {
    struct cel_word_use *out;
    uint32_t max, count;
};

static void add_use(struct word_uses *u, struct cel_word_use use)
{
    if (u->count < u->max) u->out[u->count] = use;
    u->count++;
}

/* "hq" of p.hq, "to" of the variable; empty: the node reads no fact. */
static struct str fact_name(const struct cel_node *n)
{
    if (n->op == OP_FIELD) return n->name;
    return n->op == OP_SLOT ? n->path : (struct str){0};
}

static void add_word(struct word_uses *u, struct str fact, struct cel_value v, uint32_t position)
{
    if (v.kind == CEL_STRING) add_use(u, (struct cel_word_use){fact, cel_str(v), -1, position});
    for (uint32_t i = 0; v.kind == CEL_LIST && i < v.len; i++)
        if (v.as.items[i].kind == CEL_STRING)
            add_use(u, (struct cel_word_use){fact, cel_str(v.as.items[i]), -1, position});
}

/* `n` is compared with the fact. */
static void add_words(struct word_uses *u, struct str fact, const struct cel_node *n, bool is_list)
{
    if (n->op == OP_CONST) add_word(u, fact, n->value, n->start);
    if (n->op == OP_SLOT && is_list)
        add_use(u, (struct cel_word_use){fact, {0}, n->index, n->start});
    for (uint32_t i = 0; n->op == OP_LIST && i < n->arg_count; i++)
        if (n->args[i]->op == OP_CONST) add_word(u, fact, n->args[i]->value, n->args[i]->start);
}

static void find_words(struct word_uses *u, const struct cel_node *n)
{
    if (n->op == OP_EQ || n->op == OP_NE || n->op == OP_IN) {
        struct str left = fact_name(n->args[0]), right = fact_name(n->args[1]);
        if (left.len > 0) add_words(u, left, n->args[1], n->op == OP_IN);
        if (right.len > 0 && n->args[0]->op == OP_CONST) add_words(u, right, n->args[0], false);
    }
    if (n->op == OP_CHAIN) return;
    for (uint32_t i = 0; i < n->arg_count; i++)
        if (n->args[i] != NULL) find_words(u, n->args[i]);
}

uint32_t cel_word_uses(const struct cel_expr *e, struct cel_word_use *out, uint32_t max)
{
    struct word_uses u = {.out = out, .max = max};
    find_words(&u, e->root);
    return u.count;
}
