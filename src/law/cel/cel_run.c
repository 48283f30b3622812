/* cel_run.c - what may go wrong in an evaluation: errors with a place, unknowns with names. */
#include "law/cel/cel_eval.h"
#include "law/cel/cel_values.h"

#include <stdarg.h>
#include <stdio.h>

static const struct cel_error over_limit = {
    .text = {"cost limit exceeded", sizeof "cost limit exceeded" - 1}, .position = CEL_NO_POSITION};

struct cel_value cel_over(void)
{
    return (struct cel_value){.kind = CEL_ERROR, .as.error = &over_limit};
}

struct cel_value cel_place(const struct cel_node *n, struct cel_value v)
{
    if (v.kind != CEL_ERROR || v.as.error->position != CEL_NO_POSITION) return v;
    /* Made a moment ago by cel_error in this evaluation's arena, and not shared yet. */
    ((struct cel_error *)(uintptr_t)v.as.error)->position = n->pos;
    return v;
}

struct cel_value cel_fail(struct cel_run *r, const struct cel_node *n, const char *fmt, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return cel_place(n, cel_error(r->a, "%s", text));
}

struct cel_value cel_no_overload(struct cel_run *r, const struct cel_node *n,
                                 const struct cel_value *args, uint32_t count)
{
    const char *name =
        n->op == OP_CALL ? cel_fn_name((enum cel_fn)n->fn) : cel_op_name((enum cel_op)n->op);
    char types[200] = "";
    size_t len = 0;
    for (uint32_t i = 0; i < count && len < sizeof types - 64; i++) {
        len += (size_t)snprintf(types + len, sizeof types - len, "%s%s", i > 0 ? ", " : "",
                                cel_kind_name(args[i]));
    }
    return cel_fail(r, n, "no such overload: %s applied to (%s)", name != NULL ? name : "", types);
}

struct cel_value cel_unknown_in(struct cel_run *r, const struct cel_unknown *name, struct str path,
                                struct str key)
{
    if (path.len == 0) return cel_unknown_of(name);
    return cel_unknown_named(
        r->a, str_of(arena_printf(r->a, STR_FMT "." STR_FMT, STR_ARG(path), STR_ARG(key))));
}

struct cel_value cel_strict(struct cel_run *r, struct cel_value sum, struct cel_value v)
{
    if (v.kind == CEL_UNKNOWN) {
        return sum.kind == CEL_UNKNOWN ? cel_unknown_merge(r->a, sum, v) : v;
    }
    return v.kind == CEL_ERROR && cel_is_known(sum) ? v : sum;
}

struct cel_value cel_unknowns_within(struct cel_run *r, const struct cel_unknown *name,
                                     struct cel_value v, struct cel_value sum)
{
    if (!cel_charge(r, 1)) return sum;
    if (v.kind == CEL_UNKNOWN) return cel_strict(r, sum, cel_named(name, v));
    if (v.kind == CEL_LIST) {
        for (uint32_t i = 0; i < v.len; i++) sum = cel_unknowns_within(r, name, v.as.items[i], sum);
    } else if (v.kind == CEL_MAP) {
        const struct cel_map *m = v.as.map;
        for (uint32_t i = 0; i < m->count; i++) {
            sum = cel_unknowns_within(r, name, m->entries[i].value, sum);
        }
        if (m->open) sum = cel_strict(r, sum, cel_unknown_of(name));
    } else if (v.kind == CEL_OBJECT) {
        const struct cel_object *o = v.as.object;
        for (uint32_t i = 0; i < o->type->field_count; i++) {
            struct cel_value f = o->fields[i];
            if (f.kind == CEL_UNKNOWN && f.as.unknown == NULL) {
                f = cel_unknown_in(r, name, o->path, o->type->fields[i].name);
            }
            sum = cel_unknowns_within(r, name, f, sum);
        }
    }
    return sum;
}
