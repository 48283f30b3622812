/* cel_type.c - types and their names. */
#include "law/cel/cel_check.h"
#include "law/cel/cel_values.h"

const struct cel_type cel_type_dyn = {.kind = CEL_DYN};
const struct cel_type cel_type_null = {.kind = CEL_NULL};
const struct cel_type cel_type_bool = {.kind = CEL_BOOL};
const struct cel_type cel_type_int = {.kind = CEL_INT};
const struct cel_type cel_type_uint = {.kind = CEL_UINT};
const struct cel_type cel_type_double = {.kind = CEL_DOUBLE};
const struct cel_type cel_type_string = {.kind = CEL_STRING};
const struct cel_type cel_type_bytes = {.kind = CEL_BYTES};
const struct cel_type cel_type_timestamp = {.kind = CEL_TIMESTAMP};
const struct cel_type cel_type_duration = {.kind = CEL_DURATION};
const struct cel_type cel_type_type = {.kind = CEL_TYPE};
static const struct cel_type type_never = {.kind = CEL_NEVER};

const struct cel_type *cel_type_of_kind(enum cel_kind kind)
{
    static const struct cel_type list = {.kind = CEL_LIST}, map = {.kind = CEL_MAP};
    static const struct cel_type *const types[CEL_KIND_COUNT] = {
        [CEL_NULL] = &cel_type_null,
        [CEL_BOOL] = &cel_type_bool,
        [CEL_INT] = &cel_type_int,
        [CEL_UINT] = &cel_type_uint,
        [CEL_DOUBLE] = &cel_type_double,
        [CEL_STRING] = &cel_type_string,
        [CEL_BYTES] = &cel_type_bytes,
        [CEL_LIST] = &list,
        [CEL_MAP] = &map,
        [CEL_TIMESTAMP] = &cel_type_timestamp,
        [CEL_DURATION] = &cel_type_duration,
        [CEL_TYPE] = &cel_type_type,
        [CEL_NEVER] = &type_never};
    return types[kind] != NULL ? types[kind] : &cel_type_dyn;
}

const struct cel_type *cel_type_list(struct arena *a, const struct cel_type *elem)
{
    struct cel_type *t = ARENA_NEW(a, struct cel_type);
    t->kind = CEL_LIST;
    t->elem = elem;
    return t;
}

const struct cel_type *cel_type_map(struct arena *a, const struct cel_type *key,
                                    const struct cel_type *value)
{
    struct cel_type *t = ARENA_NEW(a, struct cel_type);
    t->kind = CEL_MAP;
    t->key = key;
    t->elem = value;
    return t;
}

static const char *const kind_names[CEL_KIND_COUNT] = {
    [CEL_UNKNOWN] = "unknown",
    [CEL_NULL] = "null_type",
    [CEL_BOOL] = "bool",
    [CEL_INT] = "int",
    [CEL_UINT] = "uint",
    [CEL_DOUBLE] = "double",
    [CEL_STRING] = "string",
    [CEL_BYTES] = "bytes",
    [CEL_LIST] = "list",
    [CEL_MAP] = "map",
    [CEL_TIMESTAMP] = "google.protobuf.Timestamp",
    [CEL_DURATION] = "google.protobuf.Duration",
    [CEL_TYPE] = "type",
    [CEL_OBJECT] = "object",
    [CEL_ERROR] = "error",
    [CEL_ABSENT] = "absent",
    [CEL_DYN] = "dyn",
    [CEL_NEVER] = "dyn", /* a parameter nothing constrains is shown as dyn */
};

const char *cel_kind_name(struct cel_value v)
{
    return kind_names[v.kind];
}

struct str cel_type_name(struct cel_value v)
{
    return v.kind == CEL_OBJECT ? v.as.object->type->name : str_of(kind_names[v.kind]);
}

bool cel_type_denoted(struct str name, struct cel_value *out, const struct cel_type **of)
{
    for (int k = CEL_NULL; k <= CEL_TYPE; k++) {
        if (!str_eqz(name, kind_names[k])) continue;
        *out =
            (struct cel_value){.kind = CEL_TYPE, .len = (uint32_t)name.len, .as.s = kind_names[k]};
        *of = cel_type_of_kind((enum cel_kind)k);
        return true;
    }
    return false;
}

static void put_type(struct buf *b, const struct cel_type *t)
{
    if (t == NULL) t = &cel_type_dyn;
    if (t->kind == CEL_OBJECT) {
        buf_put_str(b, t->name);
        return;
    }
    /* The checker's names, as other tools print them; type() has the long ones. */
    buf_puts(b, t->kind == CEL_TIMESTAMP  ? "timestamp"
                : t->kind == CEL_DURATION ? "duration"
                : t->kind == CEL_NULL     ? "null"
                                          : kind_names[t->kind]);
    if (t->kind == CEL_LIST || (t->kind == CEL_TYPE && t->elem != NULL)) {
        buf_putc(b, '(');
        put_type(b, t->elem);
        buf_putc(b, ')');
    } else if (t->kind == CEL_MAP) {
        buf_putc(b, '(');
        put_type(b, t->key);
        buf_puts(b, ", ");
        put_type(b, t->elem);
        buf_putc(b, ')');
    }
}

const char *cel_type_text(struct arena *a, const struct cel_type *t)
{
    struct buf b = {0};
    put_type(&b, t);
    char *text = arena_copy(a, b.p, b.len);
    buf_release(&b);
    return text;
}
