/* cel_access.c - reading facts: names, fields, elements. Here a nameless unknown gets the path it
 * was read by. */
#include "law/cel/cel_eval.h"
#include "law/cel/cel_values.h"

static struct cel_value select_map(struct cel_run *r, const struct cel_node *n,
                                   const struct cel_unknown *name, const struct cel_map *m,
                                   struct str field, bool has)
{
    struct cel_value v;
    bool found = cel_map_find(m, cel_string(field), &v);
    if ((!found && m->open) || (found && v.kind == CEL_UNKNOWN && v.as.unknown == NULL)) {
        return cel_unknown_in(r, name, m->path, field);
    }
    if (found && v.kind == CEL_UNKNOWN) return v;
    if (has) return cel_bool(found && v.kind != CEL_ABSENT);
    return found ? v : cel_fail(r, n, "no such key: '" STR_FMT "'", STR_ARG(field));
}

static struct cel_value select_object(struct cel_run *r, const struct cel_node *n,
                                      const struct cel_unknown *name, const struct cel_object *o,
                                      struct str field, bool has)
{
    for (uint32_t i = 0; i < o->type->field_count; i++) {
        if (!str_eq(o->type->fields[i].name, field)) continue;
        struct cel_value v = o->fields[i];
        if (v.kind == CEL_UNKNOWN) {
            return v.as.unknown != NULL ? v : cel_unknown_in(r, name, o->path, field);
        }
        if (has) return cel_bool(v.kind != CEL_ABSENT);
        if (v.kind != CEL_ABSENT) return v;
        return cel_fail(r, n, "no such field: '" STR_FMT "' has no value", STR_ARG(field));
    }
    return cel_fail(r, n, "no such field: '" STR_FMT "'", STR_ARG(field));
}

struct cel_value cel_select(struct cel_run *r, const struct cel_node *n,
                            const struct cel_unknown *name, struct cel_value of, struct str field,
                            bool has)
{
    if (!cel_is_known(of)) return of;
    if (of.kind == CEL_MAP) return select_map(r, n, name, of.as.map, field, has);
    if (of.kind == CEL_OBJECT) return select_object(r, n, name, of.as.object, field, has);
    return cel_fail(r, n, "no such overload: type '%s' does not support field selection",
                    cel_kind_name(of));
}

/* OP_FIELD and OP_HAS on the object type the checker saw: the field by its index. */
struct cel_value cel_eval_field(struct cel_run *r, const struct cel_node *n)
{
    struct cel_value of = cel_eval_node(r, n->args[0]);
    bool has = n->op == OP_HAS;
    if (of.kind == CEL_OBJECT && of.as.object->type == n->object) {
        struct cel_value v = of.as.object->fields[n->index];
        if (v.kind == CEL_UNKNOWN && v.as.unknown == NULL) {
            return cel_unknown_in(r, n->unknown, of.as.object->path, n->name);
        }
        if (v.kind != CEL_UNKNOWN && has) return cel_bool(v.kind != CEL_ABSENT);
        if (v.kind != CEL_ABSENT) return v;
    }
    return cel_select(r, n, n->unknown, of, n->name, has);
}

/* a.b.c without a schema: the longest prefix that is a variable, then its fields. */
struct cel_value cel_eval_chain(struct cel_run *r, const struct cel_node *n)
{
    for (uint32_t k = n->arg_count; k > 0; k--) {
        struct str name = {n->name.p, n->ends[k - 1]};
        struct cel_value v;
        if (r->env == NULL || r->env->lookup == NULL ||
            !r->env->lookup(r->env->ctx, name, r->a, &v)) {
            continue;
        }
        v = cel_named(&n->unknown[k - 1], v);
        for (; k < n->arg_count; k++) {
            uint32_t from = n->ends[k - 1] + 1;
            struct str field = {n->name.p + from, n->ends[k] - from};
            v = cel_select(r, n, &n->unknown[k], v, field, false);
        }
        return v;
    }
    if (n->value.kind == CEL_TYPE) return n->value;
    struct str root = {n->name.p, n->ends[0]};
    return cel_fail(r, n, "undeclared reference to '" STR_FMT "' (in container '')", STR_ARG(root));
}

static struct cel_value index_list(struct cel_run *r, const struct cel_node *n,
                                   struct cel_value list, struct cel_value at)
{
    int64_t i = -1;
    if (at.kind == CEL_INT) {
        i = at.as.i;
    } else if (at.kind == CEL_UINT) {
        i = at.as.u <= INT64_MAX ? (int64_t)at.as.u : -1;
    } else if (at.kind != CEL_DOUBLE) {
        return cel_no_overload(r, n, (struct cel_value[]){list, at}, 2);
    } else if (!cel_double_to_i64(at.as.d, &i) || (double)i != at.as.d) {
        return cel_fail(r, n, "invalid_argument: a list index must be a whole number");
    }
    if (i < 0 || i >= (int64_t)list.len) {
        return cel_fail(r, n, "invalid_argument: index out of bounds: " STR_FMT " of %u elements",
                        STR_ARG(cel_value_text(r->a, at)), list.len);
    }
    return cel_named(n->unknown, list.as.items[i]);
}

struct cel_value cel_eval_index(struct cel_run *r, const struct cel_node *n)
{
    struct cel_value of = cel_eval_node(r, n->args[0]), at = cel_eval_node(r, n->args[1]), v;
    struct cel_value bad = cel_strict(r, cel_strict(r, cel_null(), of), at);
    if (!cel_is_known(bad)) return bad;
    if (of.kind == CEL_LIST) return index_list(r, n, of, at);
    if (of.kind != CEL_MAP) return cel_no_overload(r, n, (struct cel_value[]){of, at}, 2);
    if (cel_map_find(of.as.map, at, &v)) {
        if (v.kind != CEL_UNKNOWN || v.as.unknown != NULL || at.kind != CEL_STRING) {
            return cel_named(n->unknown, v);
        }
        return cel_unknown_in(r, n->unknown, of.as.map->path, cel_str(at));
    }
    if (at.kind != CEL_STRING && at.kind != CEL_BOOL && !cel_is_number(at)) {
        return cel_fail(r, n, "no such overload: unsupported key type: %s", cel_kind_name(at));
    }
    if (of.as.map->open) {
        return at.kind == CEL_STRING ? cel_unknown_in(r, n->unknown, of.as.map->path, cel_str(at))
                                     : cel_unknown_of(n->unknown);
    }
    struct str key = at.kind == CEL_STRING ? cel_str(at) : cel_value_text(r->a, at);
    return cel_fail(r, n, "no such key: '" STR_FMT "'", STR_ARG(key));
}
