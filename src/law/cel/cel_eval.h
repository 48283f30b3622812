/* cel_eval.h - one evaluation in progress, shared by the files that evaluate: cel_eval.c
 * (dispatch), cel_access.c (names and selection), cel_logic.c (&& || and macros), cel_ops.c,
 * cel_funcs.c, cel_run.c (errors and unknowns), cel_explain.c (reasons). Internal to src/law/cel.
 */
#ifndef BERTH_LAW_CEL_EVAL_H
#define BERTH_LAW_CEL_EVAL_H

#include "law/cel/cel_ast.h"

struct cel_run {
    const struct cel_value *vars;
    const struct cel_env *env;
    struct arena *a;
    uint64_t cost; /* steps left; at 0 everything fails */
    struct cel_value locals[CEL_LOOPS_MAX]; /* variables of the macros around, outermost first */
};

/* An error at the node's place in the source. */
struct cel_value cel_fail(struct cel_run *r, const struct cel_node *n, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Give an error that was made without a position that of the node. */
struct cel_value cel_place(const struct cel_node *n, struct cel_value v);
/* "no such overload: _+_ applied to (int, string)" */
struct cel_value cel_no_overload(struct cel_run *r, const struct cel_node *n,
                                 const struct cel_value *args, uint32_t count);

/* Take `steps` and return true when that many were left. */
static inline bool cel_charge(struct cel_run *r, uint64_t steps)
{
    bool enough = r->cost > steps;
    r->cost = enough ? r->cost - steps : 0;
    return enough;
}

/* The error of an evaluation whose steps are used up. */
struct cel_value cel_over(void);

static inline bool cel_is_known(struct cel_value v)
{
    return v.kind != CEL_UNKNOWN && v.kind != CEL_ERROR;
}

/* Name what is unknown without a name by where it was read. */
static inline struct cel_value cel_named(const struct cel_unknown *name, struct cel_value v)
{
    if (v.kind == CEL_UNKNOWN && v.as.unknown == NULL) v.as.unknown = name;
    return v;
}

static inline struct cel_value cel_unknown_of(const struct cel_unknown *name)
{
    return (struct cel_value){.kind = CEL_UNKNOWN, .as.unknown = name};
}

/* "path.key", or `name` when the container does not say where it lies. */
struct cel_value cel_unknown_in(struct cel_run *r, const struct cel_unknown *name, struct str path,
                                struct str key);
/* Join the outcome of one argument to that of those before it: unknowns unite, else the first error
 * stays, else null. */
struct cel_value cel_strict(struct cel_run *r, struct cel_value sum, struct cel_value v);
/* All unknowns inside a value that is known in part, under `name` where they have none, joined to
 * `sum`. */
struct cel_value cel_unknowns_within(struct cel_run *r, const struct cel_unknown *name,
                                     struct cel_value v, struct cel_value sum);

/* cel_eval.c: a run over an expression; the value of a node. */
void cel_begin(struct cel_run *r, const struct cel_expr *e, const struct cel_env *env,
               struct arena *a);
struct cel_value cel_eval_node(struct cel_run *r, const struct cel_node *n);

/* cel_explain.c: "<", "in", "matches" ...; NULL: the node compares nothing. What it compares. */
const char *cel_comparison_op(const struct cel_node *n);
struct cel_comparison cel_compared(struct cel_run *r, struct str source, const struct cel_node *n);

/* cel_access.c: OP_FIELD and OP_HAS with a known index; OP_CHAIN; OP_INDEX; and `field` of a value
 * or, with `has`, whether it is there. */
struct cel_value cel_eval_field(struct cel_run *r, const struct cel_node *n);
struct cel_value cel_eval_chain(struct cel_run *r, const struct cel_node *n);
struct cel_value cel_eval_index(struct cel_run *r, const struct cel_node *n);
struct cel_value cel_select(struct cel_run *r, const struct cel_node *n,
                            const struct cel_unknown *name, struct cel_value of, struct str field,
                            bool has);

/* cel_logic.c: && and ||; the macros. */
struct cel_value cel_eval_logic(struct cel_run *r, const struct cel_node *n);
struct cel_value cel_eval_macro(struct cel_run *r, const struct cel_node *n);

/* cel_ops.c: + - * / % on two values that are neither error nor unknown; unary minus. */
struct cel_value cel_arithmetic(struct cel_run *r, const struct cel_node *n, struct cel_value x,
                                struct cel_value y);
struct cel_value cel_negate(struct cel_run *r, const struct cel_node *n, struct cel_value x);

/* cel_funcs.c: a standard function on values that are neither error nor unknown. */
struct cel_value cel_call(struct cel_run *r, const struct cel_node *n,
                          const struct cel_value *args);

#endif
