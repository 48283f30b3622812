/* cel_check.h - the checker: cel_check.c walks the tree, cel_names.c resolves names and names what
 * is unknown, cel_overload.c knows which types go together. Internal to src/law/cel. */
#ifndef BERTH_LAW_CEL_CHECK_H
#define BERTH_LAW_CEL_CHECK_H

#include "law/cel/cel_ast.h"

static inline const struct cel_type *cel_type_of_node(const struct cel_node *n)
{
    return n->type != NULL ? n->type : &cel_type_dyn;
}

static inline bool cel_type_is_any(const struct cel_type *t)
{
    return t->kind == CEL_DYN || t->kind == CEL_NEVER;
}

/* ---------------------------------------------------------------- cel_overload.c, cel_type.c */

/* The type of a kind; list and map have dyn parameters. Never NULL. */
const struct cel_type *cel_type_of_kind(enum cel_kind kind);

/* May a value of one type be a value of the other? dyn may be anything. */
bool cel_types_agree(const struct cel_type *x, const struct cel_type *y);

/* The type of a place that holds values of both: the same type, the one that is more general, or
 * dyn where they do not agree. */
const struct cel_type *cel_types_join(struct arena *a, const struct cel_type *x,
                                      const struct cel_type *y);

/* The result of operator or function `n` on the types of its arguments; NULL when no overload
 * matches. Not for names, selections, macros, logic and ?:. */
const struct cel_type *cel_call_type(struct arena *a, const struct cel_node *n);

/* What argument `arg` must be, where its type is open and one overload only takes the others; NULL
 * where nothing settles it. */
const struct cel_type *cel_settled_type(const struct cel_node *n, uint32_t arg);

/* "found no matching overload for '_+_' applied to '(int, string)'" */
const char *cel_no_overload_text(struct arena *a, const struct cel_node *n);

/* ---------------------------------------------------------------- cel_check.c, cel_names.c */

struct cel_scope { /* the variable of a macro */
    struct str name, path;
    const struct cel_type *type;
    int32_t index, slot;
    struct cel_scope *up;
};

struct cel_checker {
    struct arena *a;
    struct cel_diag *d;
    const struct cel_schema *schema; /* NULL: nothing is declared, nothing is checked */
    const struct cel_limits *limits;
    struct cel_scope *scope;
    uint64_t fold_cost;
};

/* Resolve and deduce the type of a node and all below it. */
void cel_check_node(struct cel_checker *c, struct cel_node *n);

/* OP_IDENT, OP_SELECT. */
void cel_check_name(struct cel_checker *c, struct cel_node *n);
/* OP_SELECT or OP_HAS, whose operand is checked. */
void cel_check_select(struct cel_checker *c, struct cel_node *n);
/* OP_INDEX, whose operands are checked: its path. */
void cel_check_index(struct cel_checker *c, struct cel_node *n);
/* Let a nameless unknown that `n` reads be called by its path, or by its text where it has none. */
void cel_name_unknown(struct cel_checker *c, struct cel_node *n);
/* The same for what comes out of comparing or measuring containers that are known in part: the
 * paths of the first two operands. */
void cel_name_operands(struct cel_checker *c, struct cel_node *n);
/* x, between, y as one text. */
struct str cel_join_text(struct cel_checker *c, struct str x, const char *between, struct str y);

#endif
