/* cel_overload.c - which operators and functions take which types: langdef "List of Standard
 * Definitions" as a table, and the few generic ones (equality, in, index, list + list) in code. */
#include "law/cel/cel_check.h"

#include <string.h>

/* ---------------------------------------------------------------- names */

static const char *const fn_names[FN_COUNT] = {
    [FN_BOOL] = "bool",
    [FN_BYTES] = "bytes",
    [FN_CONTAINS] = "contains",
    [FN_DOUBLE] = "double",
    [FN_DURATION] = "duration",
    [FN_DYN] = "dyn",
    [FN_ENDS_WITH] = "endsWith",
    [FN_GET_DATE] = "getDate",
    [FN_GET_DAY_OF_MONTH] = "getDayOfMonth",
    [FN_GET_DAY_OF_WEEK] = "getDayOfWeek",
    [FN_GET_DAY_OF_YEAR] = "getDayOfYear",
    [FN_GET_FULL_YEAR] = "getFullYear",
    [FN_GET_HOURS] = "getHours",
    [FN_GET_MILLISECONDS] = "getMilliseconds",
    [FN_GET_MINUTES] = "getMinutes",
    [FN_GET_MONTH] = "getMonth",
    [FN_GET_SECONDS] = "getSeconds",
    [FN_INT] = "int",
    [FN_MATCHES] = "matches",
    [FN_SIZE] = "size",
    [FN_STARTS_WITH] = "startsWith",
    [FN_STRING] = "string",
    [FN_TIMESTAMP] = "timestamp",
    [FN_TYPE] = "type",
    [FN_UINT] = "uint",
};

const char *cel_fn_name(enum cel_fn fn)
{
    return fn_names[fn];
}

enum cel_fn cel_fn_of(struct str name)
{
    for (int fn = FN_NONE + 1; fn < FN_COUNT; fn++) {
        if (str_eqz(name, fn_names[fn])) return (enum cel_fn)fn;
    }
    return FN_NONE;
}

const char *cel_op_name(enum cel_op op)
{
    static const char *const names[OP_COUNT] = {
        [OP_INDEX] = "_[_]", [OP_AND] = "_&&_",   [OP_OR] = "_||_", [OP_NOT] = "!_",
        [OP_NEG] = "-_",     [OP_COND] = "_?_:_", [OP_EQ] = "_==_", [OP_NE] = "_!=_",
        [OP_LT] = "_<_",     [OP_LE] = "_<=_",    [OP_GT] = "_>_",  [OP_GE] = "_>=_",
        [OP_IN] = "@in",     [OP_ADD] = "_+_",    [OP_SUB] = "_-_", [OP_MUL] = "_*_",
        [OP_DIV] = "_/_",    [OP_MOD] = "_%_"};
    return names[op];
}

/* ---------------------------------------------------------------- types in agreement */

static const struct cel_type *or_dyn(const struct cel_type *t)
{
    return t != NULL ? t : &cel_type_dyn;
}

bool cel_types_agree(const struct cel_type *x, const struct cel_type *y)
{
    x = or_dyn(x);
    y = or_dyn(y);
    if (cel_type_is_any(x) || cel_type_is_any(y)) return true;
    /* null stands for a message that is not there; Timestamp and Duration are messages. */
    if (x->kind == CEL_NULL && y->kind != CEL_NULL) {
        return y->kind == CEL_OBJECT || y->kind == CEL_TIMESTAMP || y->kind == CEL_DURATION;
    }
    if (y->kind == CEL_NULL && x->kind != CEL_NULL) return cel_types_agree(y, x);
    if (x->kind != y->kind) return false;
    if (x->kind == CEL_LIST) return cel_types_agree(x->elem, y->elem);
    if (x->kind == CEL_MAP) {
        return cel_types_agree(x->key, y->key) && cel_types_agree(x->elem, y->elem);
    }
    return x->kind != CEL_OBJECT || str_eq(x->name, y->name);
}

const struct cel_type *cel_types_join(struct arena *a, const struct cel_type *x,
                                      const struct cel_type *y)
{
    x = or_dyn(x);
    y = or_dyn(y);
    if (x->kind == CEL_NEVER) return y;
    if (y->kind == CEL_NEVER) return x;
    if (x->kind == CEL_DYN || y->kind == CEL_DYN || !cel_types_agree(x, y)) return &cel_type_dyn;
    if (x->kind == CEL_LIST) return cel_type_list(a, cel_types_join(a, x->elem, y->elem));
    if (x->kind == CEL_MAP) {
        return cel_type_map(a, cel_types_join(a, x->key, y->key),
                            cel_types_join(a, x->elem, y->elem));
    }
    return x->kind == CEL_NULL ? y : x;
}

/* ---------------------------------------------------------------- the table */

/* One letter a kind: b bool, i int, u uint, d double, s string, y bytes, l list, m map, t
 * timestamp, n duration, T type, * anything. */
static enum cel_kind kind_of(char letter)
{
    static const char letters[] = "biudsylmtnT";
    static const enum cel_kind kinds[] = {CEL_BOOL,      CEL_INT,      CEL_UINT, CEL_DOUBLE,
                                          CEL_STRING,    CEL_BYTES,    CEL_LIST, CEL_MAP,
                                          CEL_TIMESTAMP, CEL_DURATION, CEL_TYPE};
    const char *at = strchr(letters, letter);
    return letter != '\0' && at != NULL ? kinds[at - letters] : CEL_DYN;
}

/* Overloads as "args>result" separated by blanks. */
static const char *operator_overloads(enum cel_op op)
{
    static const char ordered[] =
        "bb>b ii>b iu>b id>b ui>b uu>b ud>b di>b du>b dd>b ss>b yy>b tt>b nn>b";
    static const char *const overloads[OP_COUNT] = {
        [OP_NOT] = "b>b",
        [OP_NEG] = "i>i d>d",
        [OP_LT] = ordered,
        [OP_LE] = ordered,
        [OP_GT] = ordered,
        [OP_GE] = ordered,
        [OP_ADD] = "ii>i uu>u dd>d ss>s yy>y ll>l tn>t nt>t nn>n",
        [OP_SUB] = "ii>i uu>u dd>d tt>n tn>t nn>n",
        [OP_MUL] = "ii>i uu>u dd>d",
        [OP_DIV] = "ii>i uu>u dd>d",
        [OP_MOD] = "ii>i uu>u",
    };
    return overloads[op];
}

static const struct {
    const char *global, *member; /* of f(x) and of x.f() */
} fn_overloads[FN_COUNT] = {
    [FN_BOOL] = {"b>b s>b", NULL},
    [FN_BYTES] = {"y>y s>y", NULL},
    [FN_CONTAINS] = {NULL, "ss>b"},
    [FN_DOUBLE] = {"d>d i>d u>d s>d", NULL},
    [FN_DURATION] = {"n>n s>n", NULL},
    [FN_DYN] = {"*>*", NULL},
    [FN_ENDS_WITH] = {NULL, "ss>b"},
    [FN_GET_DATE] = {NULL, "t>i ts>i"},
    [FN_GET_DAY_OF_MONTH] = {NULL, "t>i ts>i"},
    [FN_GET_DAY_OF_WEEK] = {NULL, "t>i ts>i"},
    [FN_GET_DAY_OF_YEAR] = {NULL, "t>i ts>i"},
    [FN_GET_FULL_YEAR] = {NULL, "t>i ts>i"},
    [FN_GET_HOURS] = {NULL, "t>i ts>i n>i"},
    [FN_GET_MILLISECONDS] = {NULL, "t>i ts>i n>i"},
    [FN_GET_MINUTES] = {NULL, "t>i ts>i n>i"},
    [FN_GET_MONTH] = {NULL, "t>i ts>i"},
    [FN_GET_SECONDS] = {NULL, "t>i ts>i n>i"},
    [FN_INT] = {"i>i u>i d>i s>i t>i n>i", NULL},
    [FN_MATCHES] = {"ss>b", "ss>b"},
    [FN_SIZE] = {"s>i y>i l>i m>i", "s>i y>i l>i m>i"},
    [FN_STARTS_WITH] = {NULL, "ss>b"},
    [FN_STRING] = {"s>s b>s i>s u>s d>s y>s t>s n>s", NULL},
    [FN_TIMESTAMP] = {"t>t s>t i>t", NULL},
    [FN_TYPE] = {"*>T", NULL},
    [FN_UINT] = {"u>u i>u d>u s>u", NULL},
};

/* Does overload `o`, up to its '>', take these arguments? */
static bool takes(const char *o, const struct cel_node *n)
{
    for (uint32_t i = 0; i < n->arg_count; i++) {
        if (o[i] == '>') return false;
        const struct cel_type *t = or_dyn(n->args[i]->type);
        if (o[i] != '*' && !cel_type_is_any(t) && t->kind != kind_of(o[i])) return false;
    }
    return o[n->arg_count] == '>';
}

/* The result of all overloads that match; dyn when they differ, NULL when there is none. */
static const struct cel_type *table_type(const char *overloads, const struct cel_node *n)
{
    const struct cel_type *result = NULL;
    for (const char *o = overloads; o != NULL && *o != '\0'; o = strchr(o, ' ')) {
        o += *o == ' ' ? 1 : 0;
        if (!takes(o, n)) continue;
        const struct cel_type *t = cel_type_of_kind(kind_of(strchr(o, '>')[1]));
        result = result == NULL || result == t ? t : &cel_type_dyn;
    }
    return result;
}

/* Of an operator or function; NULL for a generic one. */
static const char *overloads_of(const struct cel_node *n)
{
    if (n->op != OP_CALL) return operator_overloads((enum cel_op)n->op);
    return n->member ? fn_overloads[n->fn].member : fn_overloads[n->fn].global;
}

const struct cel_type *cel_settled_type(const struct cel_node *n, uint32_t arg)
{
    const char *match = NULL;
    for (const char *o = overloads_of(n); o != NULL && *o != '\0'; o = strchr(o, ' ')) {
        o += *o == ' ' ? 1 : 0;
        if (!takes(o, n)) continue;
        if (match != NULL) return NULL;
        match = o;
    }
    enum cel_kind kind = match != NULL ? kind_of(match[arg]) : CEL_DYN;
    return kind != CEL_DYN && kind != CEL_LIST && kind != CEL_MAP ? cel_type_of_kind(kind) : NULL;
}

/* ---------------------------------------------------------------- generic ones */

static const struct cel_type *index_type(const struct cel_type *of, const struct cel_type *index)
{
    if (cel_type_is_any(of)) return &cel_type_dyn;
    if (of->kind == CEL_MAP) return cel_types_agree(of->key, index) ? or_dyn(of->elem) : NULL;
    if (of->kind != CEL_LIST || (!cel_type_is_any(index) && index->kind != CEL_INT)) return NULL;
    return or_dyn(of->elem);
}

static const struct cel_type *in_type(const struct cel_type *x, const struct cel_type *of)
{
    bool ok = cel_type_is_any(of) || (of->kind == CEL_LIST && cel_types_agree(x, of->elem)) ||
              (of->kind == CEL_MAP && cel_types_agree(x, of->key));
    return ok ? &cel_type_bool : NULL;
}

const struct cel_type *cel_call_type(struct arena *a, const struct cel_node *n)
{
    enum cel_op op = (enum cel_op)n->op;
    const struct cel_type *x = n->arg_count > 0 ? or_dyn(n->args[0]->type) : NULL;
    const struct cel_type *y = n->arg_count > 1 ? or_dyn(n->args[1]->type) : NULL;
    if (op == OP_EQ || op == OP_NE) return cel_types_agree(x, y) ? &cel_type_bool : NULL;
    if (op == OP_INDEX) return index_type(x, y);
    if (op == OP_IN) return in_type(x, y);
    if (op == OP_CALL && n->fn == FN_TYPE && n->arg_count == 1) {
        struct cel_type *t = ARENA_NEW(a, struct cel_type);
        *t = (struct cel_type){.kind = CEL_TYPE, .elem = x};
        return t;
    }
    const struct cel_type *t = table_type(overloads_of(n), n);
    if (t == NULL || t->kind != CEL_LIST) return t;
    /* The only one with a list for a result is list + list; dyn + list is a list of dyn. */
    if (cel_type_is_any(x)) return x->kind == CEL_NEVER ? y : &cel_type_dyn;
    if (cel_type_is_any(y)) return y->kind == CEL_NEVER ? x : &cel_type_dyn;
    return cel_types_agree(x, y) ? cel_types_join(a, x, y) : NULL;
}

const char *cel_no_overload_text(struct arena *a, const struct cel_node *n)
{
    struct buf b = {0};
    const char *name =
        n->op == OP_CALL ? cel_fn_name((enum cel_fn)n->fn) : cel_op_name((enum cel_op)n->op);
    buf_printf(&b, "found no matching overload for '%s' applied to '", name);
    uint32_t first = n->op == OP_CALL && n->member ? 1 : 0;
    if (first == 1) buf_printf(&b, "%s.", cel_type_text(a, n->args[0]->type));
    buf_putc(&b, '(');
    for (uint32_t i = first; i < n->arg_count; i++) {
        buf_printf(&b, "%s%s", i > first ? ", " : "", cel_type_text(a, n->args[i]->type));
    }
    buf_puts(&b, ")'");
    char *text = arena_copy(a, b.p, b.len);
    buf_release(&b);
    return text;
}
