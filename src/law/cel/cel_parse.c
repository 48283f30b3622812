/* cel_parse.c - from words to a tree, by recursive descent with precedence climbing.
 *
 * The grammar is langdef's. Chains of && and || become one node with many arguments, so that a rule
 * of hundreds of terms is not deep. Every node knows the depth below it and recursion is counted,
 * so no input can exhaust the stack, here or in any later walk. Macros (has all exists exists_one
 * map filter) are recognised by name, style and argument count, as the specification has it; any
 * other use of such a name is an ordinary call. */
#include "law/cel/cel_lex.h"

#include <string.h>

struct parser {
    struct arena *a;
    struct cel_diag *d;
    struct cel_lexer lx;
    struct cel_token t; /* the word under the cursor */
    uint32_t last_end; /* where the word before it ended */
    uint32_t depth, nodes;
    const struct cel_limits *limits;
};

struct list {
    struct cel_node **p;
    uint32_t n, cap;
};

static struct cel_node *parse_expr(struct parser *ps);

static void advance(struct parser *ps)
{
    ps->last_end = ps->t.end;
    ps->t = cel_lex(&ps->lx);
}

static bool is_char(const struct parser *ps, char c)
{
    return ps->t.kind == TOKEN_CHAR && ps->t.c == c;
}

static bool accept(struct parser *ps, char c)
{
    if (!is_char(ps, c)) return false;
    advance(ps);
    return true;
}

/* Report what stands under the cursor, unless a fault was reported already. */
static struct cel_node *unexpected(struct parser *ps, const char *wanted)
{
    if (ps->d->count > 0) return NULL;
    struct str found = {ps->d->src.p + ps->t.start, ps->t.end - ps->t.start};
    if (found.len > 40) found.len = 40;
    if (ps->t.kind == TOKEN_END) {
        cel_fault(ps->d, ERR_INVALID, ps->t.start, "Syntax error: the expression ends here, but %s",
                  wanted);
    } else if (ps->t.kind == TOKEN_RESERVED) {
        cel_fault(ps->d, ERR_INVALID, ps->t.start,
                  "Syntax error: '" STR_FMT "' is a reserved word and cannot be a name",
                  STR_ARG(found));
    } else {
        cel_fault(ps->d, ERR_INVALID, ps->t.start, "Syntax error: '" STR_FMT "' found, but %s",
                  STR_ARG(found), wanted);
    }
    return NULL;
}

static bool expect(struct parser *ps, char c, const char *wanted)
{
    if (accept(ps, c)) return true;
    unexpected(ps, wanted);
    return false;
}

/* ---------------------------------------------------------------- nodes */

static bool push(struct parser *ps, struct list *l, struct cel_node *n)
{
    if (n == NULL) return false;
    if (l->n == l->cap) {
        uint32_t cap = l->cap == 0 ? 4 : l->cap * 2;
        struct cel_node **p = ARENA_ARRAY(ps->a, cap, struct cel_node *);
        if (l->n > 0) memcpy(p, l->p, l->n * sizeof(struct cel_node *));
        l->p = p;
        l->cap = cap;
    }
    l->p[l->n++] = n;
    return true;
}

static bool too_deep(struct parser *ps, uint32_t pos, uint32_t depth)
{
    if (depth <= ps->limits->depth) return false;
    if (ps->d->count == 0) {
        cel_fault(ps->d, ERR_LIMIT, pos, "the expression is nested deeper than %u levels",
                  ps->limits->depth);
    }
    return true;
}

/* A node over `args`, from source byte `start` to the end of the last word. */
static struct cel_node *node(struct parser *ps, enum cel_op op, uint32_t start, uint32_t pos,
                             struct list args)
{
    if (++ps->nodes > ps->limits->nodes) {
        if (ps->d->count == 0) {
            cel_fault(ps->d, ERR_LIMIT, pos, "the expression has more than %u parts",
                      ps->limits->nodes);
        }
        return NULL;
    }
    struct cel_node *n = ARENA_NEW(ps->a, struct cel_node);
    n->op = (uint8_t)op;
    n->start = start;
    n->pos = pos;
    n->end = ps->last_end;
    n->args = args.p;
    n->arg_count = args.n;
    for (uint32_t i = 0; i < args.n; i++) {
        if (args.p[i] != NULL && args.p[i]->depth > n->depth) n->depth = args.p[i]->depth;
    }
    n->depth++;
    return too_deep(ps, pos, n->depth) ? NULL : n;
}

static struct cel_node *unary(struct parser *ps, enum cel_op op, uint32_t pos, struct cel_node *x)
{
    struct list args = {0};
    return push(ps, &args, x) ? node(ps, op, pos, pos, args) : NULL;
}

static struct cel_node *binary(struct parser *ps, enum cel_op op, uint32_t pos, struct cel_node *x,
                               struct cel_node *y)
{
    struct list args = {0};
    if (!push(ps, &args, x) || !push(ps, &args, y)) return NULL;
    return node(ps, op, x->start, pos, args);
}

static struct cel_node *constant(struct parser *ps, uint32_t start, struct cel_value v)
{
    struct cel_node *n = node(ps, OP_CONST, start, start, (struct list){0});
    if (n != NULL) n->value = v;
    return n;
}

/* ---------------------------------------------------------------- macros */

static enum cel_op macro_op(struct str name, uint32_t arg_count)
{
    static const struct {
        const char *name;
        uint32_t args;
        enum cel_op op;
    } macros[] = {{"all", 2, OP_ALL},    {"exists", 2, OP_EXISTS}, {"exists_one", 2, OP_EXISTS_ONE},
                  {"map", 2, OP_MAPPED}, {"map", 3, OP_MAPPED},    {"filter", 2, OP_FILTER}};
    for (size_t i = 0; i < sizeof macros / sizeof macros[0]; i++) {
        if (str_eqz(name, macros[i].name) && arg_count == macros[i].args) return macros[i].op;
    }
    return OP_COUNT;
}

/* target.op(x, ...): args[0] is the target, then the arguments as written. */
static struct cel_node *macro(struct parser *ps, enum cel_op op, uint32_t pos, struct list args)
{
    const struct cel_node *var = args.p[1];
    if (var->op != OP_IDENT || var->absolute) {
        cel_fault(ps->d, ERR_INVALID, var->start,
                  "the first argument of a macro must be a simple name");
        return NULL;
    }
    struct list parts = {0};
    if (!push(ps, &parts, args.p[0])) return NULL;
    bool with_predicate = op != OP_MAPPED || args.n == 4;
    parts.p[1] = with_predicate ? args.p[2] : NULL;
    parts.p[2] = op == OP_MAPPED ? args.p[args.n - 1] : NULL;
    parts.n = 3;
    struct cel_node *n = node(ps, op, args.p[0]->start, pos, parts);
    if (n != NULL) n->name = var->name;
    return n;
}

static struct cel_node *has_macro(struct parser *ps, uint32_t start, struct cel_node *arg)
{
    if (arg->op != OP_SELECT) {
        cel_fault(ps->d, ERR_INVALID, arg->start,
                  "invalid argument to has() macro: it must select a field, as in has(a.b)");
        return NULL;
    }
    arg->op = OP_HAS;
    arg->start = start;
    arg->end = ps->last_end;
    return arg;
}

/* ---------------------------------------------------------------- primary and member */

/* Expressions separated by commas up to `close`, which is taken; one comma may trail. */
static bool parse_list(struct parser *ps, struct list *l, char close)
{
    while (!is_char(ps, close)) {
        if (!push(ps, l, parse_expr(ps))) return false;
        if (!accept(ps, ',')) break;
    }
    return expect(ps, close, close == ')' ? "',' or ')' is wanted" : "',' or ']' is wanted");
}

static bool parse_entries(struct parser *ps, struct list *l)
{
    while (!is_char(ps, '}')) {
        if (!push(ps, l, parse_expr(ps)) || !expect(ps, ':', "':' is wanted") ||
            !push(ps, l, parse_expr(ps))) {
            return false;
        }
        if (!accept(ps, ',')) break;
    }
    return expect(ps, '}', "',' or '}' is wanted");
}

/* name(args) or, with a target in args[0], target.name(args). The cursor is after the '('. */
static struct cel_node *parse_call(struct parser *ps, struct str name, uint32_t start, uint32_t pos,
                                   struct list args)
{
    bool member = args.n == 1;
    /* f(a, b,) is no CEL: only lists and maps may trail a comma. */
    while (!is_char(ps, ')')) {
        if (!push(ps, &args, parse_expr(ps))) return NULL;
        if (!accept(ps, ',')) break;
        if (is_char(ps, ')')) return unexpected(ps, "an argument is wanted");
    }
    if (!expect(ps, ')', "',' or ')' is wanted")) return NULL;
    if (member && macro_op(name, args.n - 1) != OP_COUNT) {
        return macro(ps, macro_op(name, args.n - 1), pos, args);
    }
    if (!member && str_eqz(name, "has") && args.n == 1) return has_macro(ps, start, args.p[0]);
    struct cel_node *n = node(ps, OP_CALL, start, pos, args);
    if (n == NULL) return NULL;
    n->name = name;
    n->member = member;
    n->fn = (uint8_t)cel_fn_of(name);
    return n;
}

static struct cel_node *parse_name(struct parser *ps, uint32_t start, bool absolute)
{
    struct cel_token t = ps->t;
    if (t.kind != TOKEN_IDENT) return unexpected(ps, "a name is wanted");
    advance(ps);
    uint32_t open = ps->t.start; /* calls are reported at their parenthesis, as in cel-go */
    if (accept(ps, '(')) return parse_call(ps, t.text, start, open, (struct list){0});
    struct cel_node *n = node(ps, OP_IDENT, start, t.start, (struct list){0});
    if (n == NULL) return NULL;
    n->name = t.text;
    n->absolute = absolute;
    return n;
}

static struct cel_node *parse_primary(struct parser *ps)
{
    struct cel_token t = ps->t;
    struct list items = {0};
    if (t.kind == TOKEN_INT) {
        advance(ps);
        if (t.value.as.u > INT64_MAX) {
            cel_fault(ps->d, ERR_INVALID, t.start,
                      "Syntax error: the number is beyond the range of int");
            return NULL;
        }
        return constant(ps, t.start, cel_int(t.value.as.i));
    }
    if (t.kind == TOKEN_LITERAL) {
        advance(ps);
        return constant(ps, t.start, t.value);
    }
    if (accept(ps, '(')) {
        struct cel_node *n = parse_expr(ps);
        if (n == NULL || !expect(ps, ')', "')' is wanted")) return NULL;
        n->start = t.start; /* the text of an operand is shown with its parentheses */
        n->end = ps->last_end;
        n->in_parens = true;
        return n;
    }
    if (accept(ps, '[')) {
        return parse_list(ps, &items, ']') ? node(ps, OP_LIST, t.start, t.start, items) : NULL;
    }
    if (accept(ps, '{')) {
        return parse_entries(ps, &items) ? node(ps, OP_MAP, t.start, t.start, items) : NULL;
    }
    if (accept(ps, '.')) return parse_name(ps, t.start, true);
    if (t.kind == TOKEN_IDENT) return parse_name(ps, t.start, false);
    return unexpected(ps, "an expression is wanted");
}

/* The cursor is after the dot at `dot`. */
static struct cel_node *parse_select(struct parser *ps, struct cel_node *target, uint32_t dot)
{
    struct cel_token t = ps->t;
    struct list args = {0};
    if (t.kind != TOKEN_IDENT && t.kind != TOKEN_RESERVED && t.kind != TOKEN_QUOTED) {
        return unexpected(ps, is_char(ps, '?') ? "optional fields are not supported"
                                               : "a field name is wanted after '.'");
    }
    advance(ps);
    if (!push(ps, &args, target)) return NULL;
    uint32_t open = ps->t.start;
    if (t.kind != TOKEN_QUOTED && accept(ps, '(')) {
        return parse_call(ps, t.text, target->start, open, args);
    }
    struct cel_node *n = node(ps, OP_SELECT, target->start, dot, args);
    if (n == NULL) return NULL;
    n->name = t.text;
    n->absolute = t.kind == TOKEN_QUOTED;
    return n;
}

static bool is_qualified_name(const struct cel_node *n)
{
    while (n->op == OP_SELECT) n = n->args[0];
    return n->op == OP_IDENT;
}

static struct cel_node *parse_member(struct parser *ps)
{
    struct cel_node *n = parse_primary(ps);
    while (n != NULL) {
        uint32_t pos = ps->t.start;
        if (accept(ps, '.')) {
            n = parse_select(ps, n, pos);
        } else if (accept(ps, '[')) {
            struct cel_node *index = parse_expr(ps);
            if (index == NULL || !expect(ps, ']', "']' is wanted")) return NULL;
            n = binary(ps, OP_INDEX, pos, n, index);
        } else if (is_char(ps, '{') && is_qualified_name(n)) {
            cel_fault(ps->d, ERR_INVALID, pos, "message literals are not supported; use a map");
            return NULL;
        } else {
            break;
        }
    }
    return n;
}

/* ---------------------------------------------------------------- operators */

/* -N, where the minus belongs to the number: the only way to write the least int. */
static struct cel_node *parse_negative(struct parser *ps, uint32_t start)
{
    struct cel_token t = ps->t;
    if (t.kind == TOKEN_INT) {
        advance(ps);
        /* 0 - x modulo 2^64 is the two's complement; 2^63 gives INT64_MIN. */
        return constant(ps, start, cel_int((int64_t)(0 - t.value.as.u)));
    }
    advance(ps);
    return constant(ps, start, cel_double(-t.value.as.d));
}

static struct cel_node *parse_unary(struct parser *ps)
{
    char sign = is_char(ps, '!') ? '!' : is_char(ps, '-') ? '-' : '\0';
    if (sign == '\0') return parse_member(ps);
    uint32_t first = ps->t.start, count = 0, last = first;
    while (is_char(ps, sign)) {
        last = ps->t.start;
        advance(ps);
        if (too_deep(ps, last, ++count)) return NULL;
    }
    bool number =
        ps->t.kind == TOKEN_INT || (ps->t.kind == TOKEN_LITERAL && ps->t.value.kind == CEL_DOUBLE);
    struct cel_node *n;
    if (sign == '-' && number) {
        n = parse_negative(ps, last);
        count--;
    } else {
        n = parse_member(ps);
    }
    while (n != NULL && count > 0) {
        count--;
        n = unary(ps, sign == '!' ? OP_NOT : OP_NEG, first + count, n);
    }
    return n;
}

/* The binary operator under the cursor and its precedence: 1 relations, 2 sums, 3 products. */
static enum cel_op binary_op(const struct parser *ps, int *level)
{
    static const struct {
        char c;
        int level;
        enum cel_op op;
    } signs[] = {{'<', 1, OP_LT},  {'>', 1, OP_GT},  {'+', 2, OP_ADD}, {'-', 2, OP_SUB},
                 {'*', 3, OP_MUL}, {'/', 3, OP_DIV}, {'%', 3, OP_MOD}};
    if (ps->t.kind == TOKEN_CHAR) {
        for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
            *level = signs[i].level;
            if (signs[i].c == ps->t.c) return signs[i].op;
        }
        return OP_COUNT;
    }
    *level = 1;
    if (ps->t.kind == TOKEN_EQ) return OP_EQ;
    if (ps->t.kind == TOKEN_NE) return OP_NE;
    if (ps->t.kind == TOKEN_LE) return OP_LE;
    if (ps->t.kind == TOKEN_GE) return OP_GE;
    return ps->t.kind == TOKEN_IN ? OP_IN : OP_COUNT;
}

/* Operators of at least precedence `min`, each taking what binds tighter on its right. */
static struct cel_node *parse_binary(struct parser *ps, int min)
{
    struct cel_node *x = parse_unary(ps);
    while (x != NULL) {
        int level;
        enum cel_op op = binary_op(ps, &level);
        if (op == OP_COUNT || level < min) break;
        uint32_t pos = ps->t.start;
        advance(ps);
        x = binary(ps, op, pos, x, parse_binary(ps, level + 1));
    }
    return x;
}

/* x || y || ... and, one level below, x && y && ... */
static struct cel_node *parse_logic(struct parser *ps, enum cel_op op)
{
    enum cel_token_kind sign = op == OP_OR ? TOKEN_OR : TOKEN_AND;
    struct list terms = {0};
    uint32_t pos = 0;
    for (;;) {
        struct cel_node *x = op == OP_OR ? parse_logic(ps, OP_AND) : parse_binary(ps, 1);
        if (!push(ps, &terms, x)) return NULL;
        if (ps->t.kind != sign) break;
        if (terms.n == 1) pos = ps->t.start;
        advance(ps);
    }
    return terms.n == 1 ? terms.p[0] : node(ps, op, terms.p[0]->start, pos, terms);
}

static struct cel_node *parse_expr(struct parser *ps)
{
    if (too_deep(ps, ps->t.start, ps->depth + 1)) return NULL;
    ps->depth++;
    struct cel_node *n = parse_logic(ps, OP_OR);
    uint32_t pos = ps->t.start;
    if (n != NULL && accept(ps, '?')) {
        struct list args = {0};
        bool ok = push(ps, &args, n) && push(ps, &args, parse_logic(ps, OP_OR)) &&
                  expect(ps, ':', "':' is wanted") && push(ps, &args, parse_expr(ps));
        n = ok ? node(ps, OP_COND, n->start, pos, args) : NULL;
    }
    ps->depth--;
    return n;
}

struct cel_node *cel_parse(struct arena *a, struct cel_diag *d, const struct cel_limits *limits)
{
    struct parser ps = {.a = a, .d = d, .lx = {.a = a, .d = d}, .limits = limits};
    advance(&ps);
    struct cel_node *n = parse_expr(&ps);
    if (n != NULL && ps.t.kind != TOKEN_END) return unexpected(&ps, "the end is wanted");
    return d->count == 0 ? n : NULL;
}
