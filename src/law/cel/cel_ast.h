/* cel_ast.h - the syntax tree of one expression, shared by parser, checker and evaluator. Internal
 * to src/law/cel.
 *
 * The parser makes IDENT, SELECT and CALL nodes and expands macros; the checker (cel_check.c)
 * rewrites names into SLOT, FIELD, LOCAL, CHAIN or TYPE constants and folds constants; the
 * evaluator reads the result and never writes to it. */
#ifndef BERTH_LAW_CEL_AST_H
#define BERTH_LAW_CEL_AST_H

#include "law/cel/cel.h"
#include "law/cel/regex.h"

enum cel_op {
    OP_CONST, /* value */
    OP_SLOT, /* index: variable of the schema */
    OP_LOCAL, /* index: variable of a macro */
    OP_CHAIN, /* name: "a.b.c" resolved at run time; ends: length of each prefix */
    OP_FIELD, /* args[0].name where args[0] has an object type; index: its field */
    OP_SELECT, /* args[0].name */
    OP_HAS, /* has(args[0].name) */
    OP_INDEX, /* args[0][args[1]] */
    OP_IDENT, /* only before the check: a name not resolved yet */
    OP_AND, /* two or more args */
    OP_OR,
    OP_NOT,
    OP_NEG,
    OP_COND,
    OP_EQ,
    OP_NE,
    OP_LT,
    OP_LE,
    OP_GT,
    OP_GE,
    OP_IN,
    OP_ADD,
    OP_SUB,
    OP_MUL,
    OP_DIV,
    OP_MOD,
    OP_LIST,
    OP_MAP, /* args: key, value, key, value ... */
    OP_CALL,
    OP_ALL, /* macros: args[0] range, args[1] predicate or NULL, args[2] transform or NULL */
    OP_EXISTS,
    OP_EXISTS_ONE,
    OP_MAPPED,
    OP_FILTER,
    OP_COUNT
};

enum cel_fn {
    FN_NONE, /* not a standard function */
    FN_BOOL,
    FN_BYTES,
    FN_CONTAINS,
    FN_DOUBLE,
    FN_DURATION,
    FN_DYN,
    FN_ENDS_WITH,
    FN_GET_DATE,
    FN_GET_DAY_OF_MONTH,
    FN_GET_DAY_OF_WEEK,
    FN_GET_DAY_OF_YEAR,
    FN_GET_FULL_YEAR,
    FN_GET_HOURS,
    FN_GET_MILLISECONDS,
    FN_GET_MINUTES,
    FN_GET_MONTH,
    FN_GET_SECONDS,
    FN_INT,
    FN_MATCHES,
    FN_SIZE,
    FN_STARTS_WITH,
    FN_STRING,
    FN_TIMESTAMP,
    FN_TYPE,
    FN_UINT,
    FN_COUNT
};

struct cel_node {
    /* What the evaluator reads, together. */
    uint8_t op; /* enum cel_op */
    uint8_t fn; /* enum cel_fn of OP_CALL */
    bool member; /* OP_CALL: written x.f(y), x is args[0] */
    bool absolute; /* OP_IDENT: written with a leading dot. OP_SELECT: field in backquotes */
    bool in_parens; /* OP_IDENT, OP_SELECT: what follows is a selection, not part of the name */
    uint32_t arg_count;
    int32_t index;
    uint32_t pos; /* byte offset a fault is reported at: the operator, the dot, the name */
    struct cel_node **args;
    struct cel_value value;
    struct str name; /* identifier, field, function or macro variable */
    /* Names a nameless unknown this node reads; OP_CHAIN: one per prefix, shortest first. */
    const struct cel_unknown *unknown;
    const struct cel_type *object; /* OP_FIELD */
    const uint32_t *ends; /* OP_CHAIN: arg_count lengths, each a prefix of name */
    const struct regex *regex; /* FN_MATCHES with a constant pattern */
    /* What only the compiler reads. */
    const struct cel_type *type;
    struct str path; /* attribute path, empty when it is none */
    int32_t slot; /* of the variable the path begins with, or -1 */
    uint32_t start, end; /* source range */
    uint32_t depth; /* of the tree below, a leaf is 1 */
};

struct cel_expr {
    struct cel_node *root;
    struct str source;
    const char *type_text;
    const struct cel_read *reads;
    uint32_t read_count;
    uint32_t slot_count; /* variables of the schema */
    uint64_t cost_max;
};

/* Faults found while compiling, in order; the parser stops at the first, the checker goes on. */
enum { CEL_FAULTS_MAX = 5 };
struct cel_diag {
    struct arena *a;
    struct str src;
    enum err code;
    uint32_t count;
    struct {
        uint32_t pos;
        const char *text;
    } faults[CEL_FAULTS_MAX];
};

void cel_fault(struct cel_diag *d, enum err code, uint32_t pos, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* "ERROR: <input>:1:5: text\n | source line\n | ....^" */
void cel_put_fault(struct buf *b, struct str src, uint32_t pos, const char *text);

/* The operator's name as CEL spells it in errors: "_+_"; NULL for what is no operator. */
const char *cel_op_name(enum cel_op op);
const char *cel_fn_name(enum cel_fn fn);
enum cel_fn cel_fn_of(struct str name);

/* cel_parse.c: the tree of `d->src`, or NULL with a fault. */
struct cel_node *cel_parse(struct arena *a, struct cel_diag *d, const struct cel_limits *limits);

/* cel_check.c: resolve names, deduce types, fold constants. Without a schema only names are
 * resolved and no fault is reported but those of limits. */
void cel_check(struct arena *a, struct cel_diag *d, const struct cel_schema *schema,
               const struct cel_limits *limits, struct cel_node *root);

/* cel_eval.c: the value of a node whose leaves are constants, for folding. */
struct cel_value cel_fold(const struct cel_node *n, struct arena *a, uint64_t *cost);

#endif
