/* cel.h - the Common Expression Language: the language of `when` in a rule.
 *
 * Source: the CEL language definition (github.com/google/cel-spec, doc/langdef.md): its grammar,
 * types, operators, standard macros (has all exists exists_one map filter) and standard functions,
 * heterogeneous equality and cross-type numeric comparison, and its unknowns. Left out: protobuf
 * messages and extensions; a message literal is refused when compiled.
 *
 * Compile once, evaluate many times:
 *
 *     cel_compile(&arena, STR("chip.tpp >= 4800.0 && tenant.hq in d5"), &schema, NULL, &e, &t);
 *     struct cel_value v = cel_eval(e, &(struct cel_env){.vars = slots, .var_count = n}, &scratch);
 *     if (v.kind == CEL_BOOL && v.as.b) ...
 *
 * The truth has more than two values. A result is CEL_UNKNOWN when it depends on facts that are not
 * known, and then names all of them; it is CEL_ERROR when the expression fails. `&&` and `||`
 * absorb both where the other side decides; elsewhere an unknown outranks an error, because the
 * unknown fact may turn out such that the error never happens.
 *
 * Everything here is pure: no clock, I/O, locale or hidden state; a compiled expression is
 * immutable and may be used by many threads. Memory: values borrow from the arena they were made
 * in, from the expression (its literals) and from the environment. Doubles are IEEE 754 with
 * round-to-nearest. `strtod` and `snprintf("%g")` assume the C locale; Berth never calls setlocale.
 */
#ifndef BERTH_LAW_CEL_CEL_H
#define BERTH_LAW_CEL_CEL_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

/* ---------------------------------------------------------------- values */

/* The first is 0, so that memory that was only zeroed reads as "not known". The last group occurs
 * only as the kind of a cel_type. */
enum cel_kind {
    CEL_UNKNOWN = 0, /* depends on facts that are not known */
    CEL_NULL,
    CEL_BOOL,
    CEL_INT, /* signed 64 bits */
    CEL_UINT, /* unsigned 64 bits */
    CEL_DOUBLE, /* IEEE 754 binary64 */
    CEL_STRING, /* valid UTF-8 */
    CEL_BYTES,
    CEL_LIST,
    CEL_MAP,
    CEL_TIMESTAMP, /* 0001-01-01T00:00:00Z .. 9999-12-31T23:59:59.999999999Z */
    CEL_DURATION, /* +-315,576,000,000 s (10,000 years) */
    CEL_TYPE, /* the name of a type, as `type(x)` gives it */
    CEL_OBJECT, /* a record with the fields its schema type declares */
    CEL_ERROR,
    CEL_ABSENT, /* only as a field of a cel_object: known to have no value; has() is false */

    CEL_DYN, /* types only: anything, checked when evaluated */
    CEL_NEVER, /* types only: no value (the element of an empty list) */
    CEL_KIND_COUNT
};

struct cel_map;
struct cel_object;
struct cel_error;
struct cel_unknown;

/* 16 bytes, passed by value. */
struct cel_value {
    enum cel_kind kind;
    /* string, bytes, type: bytes at as.s. list: items. timestamp, duration: nanoseconds
     * 0..999,999,999 to ADD to as.i seconds (so -0.5 s is as.i = -1, len = 500000000). */
    uint32_t len;
    union {
        bool b;
        int64_t i; /* int; timestamp: seconds since 1970-01-01T00:00:00Z; duration: seconds */
        uint64_t u;
        double d;
        const char *s; /* not NUL-terminated in general */
        const struct cel_value *items; /* may be NULL when len is 0 */
        const struct cel_map *map;
        const struct cel_object *object;
        const struct cel_error *error;
        const struct cel_unknown *unknown; /* NULL: the name is the path it was read by */
    } as;
};
static_assert(sizeof(struct cel_value) == 16, "a value travels in two registers");

/* The facts a result depends on: attribute paths ("chain.tenant.hq"), sorted by bytes, unique. */
struct cel_unknown {
    uint32_t count;
    const struct str *names;
};

#define CEL_NO_POSITION UINT32_MAX

struct cel_error {
    struct str text;
    uint32_t position; /* byte offset in the source, or CEL_NO_POSITION */
};

struct cel_entry {
    struct cel_value key; /* bool, int, uint or string; unique, where 1 and 1u are the same key */
    struct cel_value value;
};

/* Made by cel_map_new only. Iterates in the order of `entries`. */
struct cel_map {
    const struct cel_entry *entries;
    const uint32_t *order; /* indexes of entries, sorted by key, for binary search */
    uint32_t count;
    bool open; /* a missing key is UNKNOWN instead of an error; has() of it is UNKNOWN */
    struct str path; /* names its unknowns "path.key"; empty: the path it was read by */
};

/* A value for a schema's object type: fields[i] belongs to type->fields[i]. A field may be
 * CEL_UNKNOWN (which zeroed memory is), CEL_ABSENT, or of the declared type. */
struct cel_object {
    const struct cel_type *type;
    const struct cel_value *fields; /* type->field_count values */
    struct str path; /* names its unknowns "path.field"; empty: the path it was read by */
};

static inline struct cel_value cel_null(void)
{
    return (struct cel_value){.kind = CEL_NULL};
}
static inline struct cel_value cel_bool(bool b)
{
    return (struct cel_value){.kind = CEL_BOOL, .as.b = b};
}
static inline struct cel_value cel_int(int64_t i)
{
    return (struct cel_value){.kind = CEL_INT, .as.i = i};
}
static inline struct cel_value cel_uint(uint64_t u)
{
    return (struct cel_value){.kind = CEL_UINT, .as.u = u};
}
static inline struct cel_value cel_double(double d)
{
    return (struct cel_value){.kind = CEL_DOUBLE, .as.d = d};
}
/* `s` is borrowed and must be valid UTF-8 of less than 4 GiB. */
static inline struct cel_value cel_string(struct str s)
{
    return (struct cel_value){.kind = CEL_STRING, .len = (uint32_t)s.len, .as.s = s.p};
}
static inline struct cel_value cel_bytes(struct str s)
{
    return (struct cel_value){.kind = CEL_BYTES, .len = (uint32_t)s.len, .as.s = s.p};
}
/* `items` is borrowed. */
static inline struct cel_value cel_list(const struct cel_value *items, uint32_t count)
{
    return (struct cel_value){.kind = CEL_LIST, .len = count, .as.items = items};
}
static inline struct cel_value cel_object(const struct cel_object *o)
{
    return (struct cel_value){.kind = CEL_OBJECT, .as.object = o};
}
/* An unknown that is named by the path it is read by. */
static inline struct cel_value cel_unknown(void)
{
    return (struct cel_value){.kind = CEL_UNKNOWN};
}
static inline struct cel_value cel_absent(void)
{
    return (struct cel_value){.kind = CEL_ABSENT};
}
/* The bytes of a string, bytes or type value. */
static inline struct str cel_str(struct cel_value v)
{
    return (struct str){v.as.s, v.len};
}

/* An unknown with a name of its own (copied). */
struct cel_value cel_unknown_named(struct arena *a, struct str name);
/* The union of the names of two unknowns; either may be nameless. */
struct cel_value cel_unknown_merge(struct arena *a, struct cel_value x, struct cel_value y);
/* An error without a position. */
struct cel_value cel_error(struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Milliseconds since 1970 (base/civil.h); an error outside 0001..9999. */
struct cel_value cel_timestamp_ms(struct arena *a, int64_t ms);
/* A map over `count` borrowed entries. An error value for a key of another kind or a repeated key.
 */
struct cel_value cel_map_new(struct arena *a, const struct cel_entry *entries, uint32_t count,
                             bool open, struct str path);
/* False when there is no such key. Numeric keys are found across int, uint and double. */
bool cel_map_find(const struct cel_map *m, struct cel_value key, struct cel_value *out);

/* CEL's `==` on values that are neither error nor unknown: numbers compare across types, values of
 * different kinds are unequal, NaN equals nothing. */
bool cel_equal(struct cel_value a, struct cel_value b);
/* CEL's order: sets *out to <0, 0 or >0. False when there is none: kinds that do not compare, NaN.
 */
bool cel_compare(struct cel_value a, struct cel_value b, int *out);

/* The value as a CEL literal for people: "text", [1, 2u], {"k": 0.5}, timestamp("..."). */
struct str cel_value_text(struct arena *a, struct cel_value v);

/* ---------------------------------------------------------------- types and declarations */

struct cel_field;

struct cel_type {
    enum cel_kind kind;
    const struct cel_type *elem; /* list: element; map: value; NULL is dyn */
    const struct cel_type *key; /* map; NULL is dyn */
    /* CEL_OBJECT only: */
    struct str name; /* as type() prints it */
    const struct cel_field *fields;
    uint32_t field_count;
};

struct cel_field {
    struct str name;
    const struct cel_type *type; /* NULL is dyn */
};

extern const struct cel_type cel_type_dyn, cel_type_null, cel_type_bool, cel_type_int,
    cel_type_uint, cel_type_double, cel_type_string, cel_type_bytes, cel_type_timestamp,
    cel_type_duration, cel_type_type;

/* Element types are borrowed. */
const struct cel_type *cel_type_list(struct arena *a, const struct cel_type *elem);
const struct cel_type *cel_type_map(struct arena *a, const struct cel_type *key,
                                    const struct cel_type *value);
/* "int", "list(int)", "map(string, dyn)", "timestamp", "null", "type(int)", an object's name: as
 * cel-go prints the types of its checker. */
const char *cel_type_text(struct arena *a, const struct cel_type *t);

/* A variable. Its index in the schema is its slot in cel_env.vars. */
struct cel_decl {
    struct str name; /* may be qualified: "a.b.c" */
    const struct cel_type *type; /* NULL is dyn */
};

/* What an expression may speak of. Borrowed by the compiled expression: it must outlive it. */
struct cel_schema {
    const struct cel_decl *decls;
    uint32_t count;
    struct str container; /* namespace in which names are resolved, innermost first; may be empty */
};

/* ---------------------------------------------------------------- limits */

#define CEL_SOURCE_BYTES_MAX 65536 /* the longest `when` of a law is some 2 KiB */
#define CEL_DEPTH_MAX 250 /* nesting of the tree: bounds the stack of parser and evaluator */
#define CEL_NODES_MAX 32768 /* parts of the tree: bounds compiling to some 10 MB */
#define CEL_LOOPS_MAX 6 /* macros inside macros */
#define CEL_COST_MAX 1000000 /* steps of one evaluation: about 20 ms */

/* 0 means the default above, and no value raises depth or loops above its default. */
struct cel_limits {
    uint32_t source_bytes;
    uint32_t depth;
    uint32_t nodes;
    uint32_t loops;
    uint64_t cost; /* a node visited, an element looped over, 16 bytes handled: 1 step each */
};

/* ---------------------------------------------------------------- compile */

struct cel_expr; /* immutable once compiled */

/* Parse `src` (copied) and, with a schema, resolve its names to slots and check its types. Without
 * a schema every name is asked of cel_env.lookup when evaluated and nothing is checked before.
 * ERR_INVALID: `t` has each fault as "ERROR: <input>:LINE:COLUMN: text", the source line and a line
 * with a caret. ERR_LIMIT: over a limit, which the text names. */
enum err cel_compile(struct arena *a, struct str src, const struct cel_schema *schema,
                     const struct cel_limits *limits, struct cel_expr **out, struct errtext *t);

/* The type of the result as cel_type_text has it; without a schema what can be said without one. */
const char *cel_expr_type(const struct cel_expr *e);
const struct cel_type *cel_expr_result_type(const struct cel_expr *e);

/* A fact the expression reads: a variable and the fields selected from it, as far as they are
 * constant: "chain.tenant.hq". A macro over a list reads the list, "chain.owners", and what it
 * selects from its elements, "chain.owners[*].hq". */
struct cel_read {
    struct str path;
    int32_t slot; /* of the variable; -1 without a schema */
};

/* The facts read, sorted by path, unique; each as long as it is written: reading "a.b" does not
 * list "a". Facts of branches that are not taken, or that && and || skip, are among them. */
uint32_t cel_expr_reads(const struct cel_expr *e, const struct cel_read **out);

/* ---------------------------------------------------------------- evaluate */

struct cel_env {
    const struct cel_value *vars; /* by slot, for expressions with a schema */
    uint32_t var_count; /* at least the schema's count */
    /* For expressions without a schema: sets *out and returns true when there is a variable of that
     * name ("a.b.c" is asked before "a.b" before "a"). May be NULL. */
    bool (*lookup)(void *ctx, struct str name, struct arena *a, struct cel_value *out);
    void *ctx;
    uint64_t cost_limit; /* 0: the limit the expression was compiled with */
};

/* The value, an error or a (named) unknown. Allocates from `a` only for what it must build: lists,
 * strings, errors, unions of unknowns; comparisons and logic over slots allocate nothing. */
struct cel_value cel_eval(const struct cel_expr *e, const struct cel_env *env, struct arena *a);

/* The text of an error value for people, with position, source line and caret where known. */
const char *cel_error_text(struct arena *a, const struct cel_expr *e, struct cel_value error);

/* One comparison the expression makes outside of its loops. */
struct cel_comparison {
    struct str left_text, right_text; /* source text of both sides */
    const char *op; /* "==" "!=" "<" "<=" ">" ">=" "in" */
    struct cel_value left, right; /* as evaluated; may be unknown or error */
};

/* Evaluate both sides of every comparison outside of macros, in source order, for explanations
 * ("chip.tpp 4720 < 4800"). Fills at most `max` of `out`; returns how many there are. */
uint32_t cel_comparisons(const struct cel_expr *e, const struct cel_env *env, struct arena *a,
                         struct cel_comparison *out, uint32_t max);

/* A fact that is compared with a text by `==`, `!=` or `in`, also inside of macros. */
struct cel_word_use {
    struct str fact; /* the last name of its path: "hq" of p.hq */
    struct str word; /* the text, where slot is -1 */
    int32_t slot; /* the fact is looked for in this variable; -1: compared with `word` */
    uint32_t position; /* byte offset in the source */
};

/* Fills at most `max` of `out`; returns how many there are. */
uint32_t cel_word_uses(const struct cel_expr *e, struct cel_word_use *out, uint32_t max);

/* One part of why an expression is true, or false: a comparison, or a variable that is a bool. A
 * field that is a bool is compared with what it is; `contains`, "starts with", "ends with" and
 * `matches` are operators here. */
struct cel_reason {
    struct cel_comparison comparison; /* where slot is -1 */
    int32_t slot; /* of the variable */
    bool holds; /* what the part is: false below a `!` that makes it count */
};

/* The parts that make a bool what it is, in source order: every term where all must hold, the first
 * where one is enough. What happens inside of macros is not told. Fills at most `max` of `out`;
 * returns how many there are; 0 for a value that is no bool. */
uint32_t cel_reasons(const struct cel_expr *e, const struct cel_env *env, struct arena *a,
                     struct cel_reason *out, uint32_t max);

/* That an expression is true (or false) as parts of which all must hold, or one: `&&`, `||`, `!`
 * and `?:` taken apart. A part is a comparison, a variable that is a bool, or, where the slot is -1
 * and the comparison has no operator, something else of which only the text is known. */
enum cel_join { CEL_PART, CEL_ALL_OF, CEL_ONE_OF };
struct cel_formula {
    enum cel_join join;
    struct cel_reason part;
    struct str text; /* of the part */
    struct cel_formula **args; /* of a join; CEL_ALL_OF nothing is true, CEL_ONE_OF nothing false */
    uint32_t arg_count;
};

/* Both sides of comparisons are evaluated as far as `env` has facts. */
struct cel_formula *cel_formula(const struct cel_expr *e, const struct cel_env *env,
                                struct arena *a, bool is);

#endif
