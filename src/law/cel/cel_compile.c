/* cel_compile.c - from source to an expression that can be evaluated, and what it reads. */
#include "base/check.h"
#include "law/cel/cel_check.h"

#include <stdlib.h>

static uint32_t pick(uint32_t wanted, uint32_t normal, bool may_raise)
{
    if (wanted == 0) return normal;
    return !may_raise && wanted > normal ? normal : wanted;
}

static struct cel_limits resolve_limits(const struct cel_limits *l)
{
    struct cel_limits none = {0};
    if (l == NULL) l = &none;
    return (struct cel_limits){.source_bytes = pick(l->source_bytes, CEL_SOURCE_BYTES_MAX, true),
                               .depth = pick(l->depth, CEL_DEPTH_MAX, false),
                               .nodes = pick(l->nodes, CEL_NODES_MAX, true),
                               .loops = pick(l->loops, CEL_LOOPS_MAX, false),
                               .cost = l->cost == 0 ? CEL_COST_MAX : l->cost};
}

/* All faults into the error text, as much as it holds. */
static enum err report(const struct cel_diag *d, struct errtext *t)
{
    struct buf b = {0};
    for (uint32_t i = 0; i < d->count; i++) {
        if (i > 0) buf_putc(&b, '\n');
        cel_put_fault(&b, d->src, d->faults[i].pos, d->faults[i].text);
    }
    (void)err_set(t, d->code, "%s", b.p);
    buf_release(&b);
    return d->code;
}

/* ---------------------------------------------------------------- what is read */

struct reads {
    struct cel_read *items;
    uint32_t count;
};

static uint32_t count_nodes(const struct cel_node *n)
{
    uint32_t count = 1;
    if (n->op == OP_CHAIN) return count;
    for (uint32_t i = 0; i < n->arg_count; i++) {
        if (n->args[i] != NULL) count += count_nodes(n->args[i]);
    }
    return count;
}

static void find_reads(struct reads *out, const struct cel_node *n)
{
    bool path = n->path.len > 0;
    if (path) out->items[out->count++] = (struct cel_read){.path = n->path, .slot = n->slot};
    if (n->op == OP_CHAIN) return;
    if (path) {
        /* The operands are prefixes of this path, but what stands in brackets is read as well. */
        while (n->op == OP_FIELD || n->op == OP_SELECT || n->op == OP_HAS || n->op == OP_INDEX) {
            if (n->op == OP_INDEX) find_reads(out, n->args[1]);
            n = n->args[0];
        }
        return;
    }
    for (uint32_t i = 0; i < n->arg_count; i++) {
        if (n->args[i] != NULL) find_reads(out, n->args[i]);
    }
}

static int read_order(const void *x, const void *y)
{
    const struct cel_read *a = x, *b = y;
    return str_cmp(a->path, b->path);
}

static void list_reads(struct arena *a, struct cel_expr *e)
{
    struct reads r = {.items = ARENA_ARRAY(a, count_nodes(e->root), struct cel_read)};
    find_reads(&r, e->root);
    if (r.count > 1) qsort(r.items, r.count, sizeof *r.items, read_order);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < r.count; i++) {
        if (kept > 0 && str_eq(r.items[kept - 1].path, r.items[i].path)) continue;
        r.items[kept++] = r.items[i];
    }
    e->reads = r.items;
    e->read_count = kept;
}

/* ---------------------------------------------------------------- compile */

enum err cel_compile(struct arena *a, struct str src, const struct cel_schema *schema,
                     const struct cel_limits *limits, struct cel_expr **out, struct errtext *t)
{
    struct cel_limits l = resolve_limits(limits);
    if (src.len > l.source_bytes) {
        return err_set(t, ERR_LIMIT,
                       "the expression has %zu bytes; at most %u are allowed: split the rule",
                       src.len, l.source_bytes);
    }
    if (!str_is_utf8(src)) {
        return err_set(t, ERR_INVALID, "the expression is not valid UTF-8: save it as UTF-8");
    }
    struct cel_expr *e = ARENA_NEW(a, struct cel_expr);
    e->source = str_copy(a, src);
    struct cel_diag d = {.a = a, .src = e->source};
    e->root = cel_parse(a, &d, &l);
    if (e->root != NULL) cel_check(a, &d, schema, &l, e->root);
    if (d.count > 0) return report(&d, t);
    ASSERT(e->root != NULL);
    e->type_text = cel_type_text(a, e->root->type);
    e->slot_count = schema != NULL ? schema->count : 0;
    e->cost_max = l.cost;
    list_reads(a, e);
    *out = e;
    return ERR_NONE;
}

const char *cel_expr_type(const struct cel_expr *e)
{
    return e->type_text;
}

const struct cel_type *cel_expr_result_type(const struct cel_expr *e)
{
    const struct cel_type *t = e->root->type;
    return t == NULL || t->kind == CEL_NEVER ? &cel_type_dyn : t;
}

uint32_t cel_expr_reads(const struct cel_expr *e, const struct cel_read **out)
{
    *out = e->reads;
    return e->read_count;
}
