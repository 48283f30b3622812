/* cel_check.c - the walk over a parsed tree: names to slots (cel_names.c), types from the bottom
 * up.
 *
 * With a schema, an undeclared name and a call that no overload takes are faults; typing is
 * gradual: dyn goes anywhere and is checked when evaluated. Without a schema the same walk only
 * arranges for names to be looked up at run time. Whatever depends on no variable is computed here,
 * once. */
#include "law/cel/cel_check.h"

/* Steps that folding may take in one expression: literals and conversions need a handful. */
#define FOLD_COST_MAX 100000

/* ---------------------------------------------------------------- macros */

static void expect_bool(struct cel_checker *c, const struct cel_node *n)
{
    const struct cel_type *t = cel_type_of_node(n);
    if (c->schema == NULL || cel_type_is_any(t) || t->kind == CEL_BOOL) return;
    cel_fault(c->d, ERR_INVALID, n->start, "expected type 'bool' but found '%s'",
              cel_type_text(c->a, t));
}

static const struct cel_type *element_type(struct cel_checker *c, const struct cel_node *range)
{
    const struct cel_type *t = cel_type_of_node(range), *elem = &cel_type_dyn;
    if (t->kind == CEL_LIST) elem = t->elem;
    if (t->kind == CEL_MAP) elem = t->key;
    if (t->kind != CEL_LIST && t->kind != CEL_MAP && !cel_type_is_any(t) && c->schema != NULL) {
        cel_fault(c->d, ERR_INVALID, range->start,
                  "expression of type '%s' cannot be range of a comprehension (must be list, map, "
                  "or dynamic)",
                  cel_type_text(c->a, t));
    }
    return elem != NULL ? elem : &cel_type_dyn;
}

static void check_macro(struct cel_checker *c, struct cel_node *n)
{
    struct cel_node *range = n->args[0], *predicate = n->args[1], *transform = n->args[2];
    cel_check_node(c, range);
    struct cel_scope s = {.name = n->name, .slot = range->slot, .up = c->scope};
    s.type = element_type(c, range);
    s.index = c->scope != NULL ? c->scope->index + 1 : 0;
    if (range->path.len > 0) s.path = cel_join_text(c, range->path, "[*]", STR(""));
    if ((uint32_t)s.index >= c->limits->loops) {
        cel_fault(c->d, ERR_LIMIT, n->pos, "macros are nested deeper than %u levels",
                  c->limits->loops);
        return;
    }
    n->index = s.index;
    c->scope = &s;
    if (predicate != NULL) {
        cel_check_node(c, predicate);
        expect_bool(c, predicate);
    }
    if (transform != NULL) cel_check_node(c, transform);
    c->scope = s.up;
    n->path = range->path; /* names the unknowns of a range that is not wholly known */
    cel_name_unknown(c, n);
    n->path = (struct str){0};
    n->type = &cel_type_bool;
    if (n->op == OP_MAPPED) n->type = cel_type_list(c->a, cel_type_of_node(transform));
    if (n->op == OP_FILTER) n->type = cel_type_list(c->a, s.type);
}

/* ---------------------------------------------------------------- calls and literals */

static void check_function(struct cel_checker *c, struct cel_node *n)
{
    const struct cel_node *pattern = n->arg_count == 2 ? n->args[1] : NULL;
    if (n->fn == FN_NONE) {
        if (c->schema == NULL) return; /* an error when, and only if, it is evaluated */
        cel_fault(c->d, ERR_INVALID, n->pos,
                  "undeclared reference to '" STR_FMT "' (in container '" STR_FMT "')",
                  STR_ARG(n->name), STR_ARG(c->schema->container));
    } else if (n->fn == FN_MATCHES && pattern != NULL && pattern->op == OP_CONST &&
               pattern->value.kind == CEL_STRING) {
        const char *fault;
        size_t at;
        n->regex = regex_compile(c->a, cel_str(pattern->value), &fault, &at);
        if (n->regex == NULL && c->schema != NULL) {
            cel_fault(c->d, ERR_INVALID, pattern->start, "invalid regular expression: %s", fault);
        }
    }
}

/* An element of [] may be of any type, until a call takes one type only: [].filter(n, n % 2 == 0)
 * is a list of int. */
static void settle_elements(struct cel_checker *c, const struct cel_node *n)
{
    for (uint32_t i = 0; i < n->arg_count; i++) {
        const struct cel_node *arg = n->args[i];
        if (arg->op != OP_LOCAL || cel_type_of_node(arg)->kind != CEL_NEVER) continue;
        struct cel_scope *s = c->scope;
        while (s->index != arg->index) s = s->up;
        const struct cel_type *t = cel_settled_type(n, i);
        if (t != NULL) s->type = t;
    }
}

static void check_call(struct cel_checker *c, struct cel_node *n)
{
    for (uint32_t i = 0; i < n->arg_count; i++) cel_check_node(c, n->args[i]);
    if (n->op == OP_CALL) {
        check_function(c, n);
        if (n->fn == FN_NONE) return;
    }
    if (n->op == OP_INDEX) cel_check_index(c, n);
    if (n->op == OP_EQ || n->op == OP_NE || n->op == OP_IN || n->op == OP_CALL)
        cel_name_operands(c, n);
    n->type = cel_call_type(c->a, n);
    settle_elements(c, n);
    if (n->type == NULL && c->schema != NULL) {
        cel_fault(c->d, ERR_INVALID, n->pos, "%s", cel_no_overload_text(c->a, n));
    }
}

static void check_logic(struct cel_checker *c, struct cel_node *n)
{
    for (uint32_t i = 0; i < n->arg_count; i++) {
        cel_check_node(c, n->args[i]);
        expect_bool(c, n->args[i]);
    }
    n->type = &cel_type_bool;
}

static void check_conditional(struct cel_checker *c, struct cel_node *n)
{
    for (uint32_t i = 0; i < 3; i++) cel_check_node(c, n->args[i]);
    const struct cel_type *x = cel_type_of_node(n->args[1]), *y = cel_type_of_node(n->args[2]);
    bool ok = cel_types_agree(n->args[0]->type, &cel_type_bool) && cel_types_agree(x, y);
    if (c->schema != NULL && !ok) {
        cel_fault(c->d, ERR_INVALID, n->pos, "%s", cel_no_overload_text(c->a, n));
    }
    n->type = cel_types_join(c->a, x, y);
}

static void check_list(struct cel_checker *c, struct cel_node *n)
{
    const struct cel_type *elem = cel_type_of_kind(CEL_NEVER);
    for (uint32_t i = 0; i < n->arg_count; i++) {
        cel_check_node(c, n->args[i]);
        elem = cel_types_join(c->a, elem, n->args[i]->type);
    }
    n->type = cel_type_list(c->a, elem);
}

static void check_map(struct cel_checker *c, struct cel_node *n)
{
    const struct cel_type *key = cel_type_of_kind(CEL_NEVER), *value = key;
    for (uint32_t i = 0; i + 1 < n->arg_count; i += 2) {
        cel_check_node(c, n->args[i]);
        cel_check_node(c, n->args[i + 1]);
        key = cel_types_join(c->a, key, n->args[i]->type);
        value = cel_types_join(c->a, value, n->args[i + 1]->type);
        enum cel_kind k = cel_type_of_node(n->args[i])->kind;
        bool allowed = k == CEL_BOOL || k == CEL_INT || k == CEL_UINT || k == CEL_STRING;
        if (c->schema != NULL && !allowed && !cel_type_is_any(cel_type_of_node(n->args[i]))) {
            cel_fault(c->d, ERR_INVALID, n->args[i]->start, "unsupported key type: %s",
                      cel_type_text(c->a, n->args[i]->type));
        }
    }
    n->type = cel_type_map(c->a, key, value);
}

/* ---------------------------------------------------------------- folding */

/* Replace a node over constants by its value. What fails is left to fail when it is evaluated, but
 * a wrong date or duration in a checked rule is a fault now. */
static void fold(struct cel_checker *c, struct cel_node *n)
{
    if (c->d->count > 0 || n->op == OP_CONST || n->op >= OP_ALL || n->op == OP_SLOT ||
        n->op == OP_LOCAL || n->op == OP_CHAIN || (n->op == OP_CALL && n->fn == FN_NONE)) {
        return;
    }
    for (uint32_t i = 0; i < n->arg_count; i++) {
        if (n->args[i]->op != OP_CONST) return;
    }
    struct cel_value v = cel_fold(n, c->a, &c->fold_cost);
    if (v.kind != CEL_ERROR && v.kind != CEL_UNKNOWN) {
        n->op = OP_CONST;
        n->value = v;
        n->args = NULL;
        n->arg_count = 0;
        n->path = (struct str){0};
    } else if (c->schema != NULL && v.kind == CEL_ERROR &&
               (n->fn == FN_TIMESTAMP || n->fn == FN_DURATION) && c->fold_cost > 0) {
        cel_fault(c->d, ERR_INVALID, n->pos, STR_FMT, STR_ARG(v.as.error->text));
    }
}

void cel_check_node(struct cel_checker *c, struct cel_node *n)
{
    n->slot = -1;
    switch ((enum cel_op)n->op) {
    case OP_CONST: n->type = cel_type_of_kind(n->value.kind); return;
    case OP_IDENT:
    case OP_SELECT: cel_check_name(c, n); break;
    case OP_HAS:
        cel_check_node(c, n->args[0]);
        cel_check_select(c, n);
        break;
    case OP_ALL:
    case OP_EXISTS:
    case OP_EXISTS_ONE:
    case OP_MAPPED:
    case OP_FILTER: check_macro(c, n); break;
    case OP_LIST: check_list(c, n); break;
    case OP_MAP: check_map(c, n); break;
    case OP_COND: check_conditional(c, n); break;
    case OP_AND:
    case OP_OR: check_logic(c, n); break;
    case OP_NOT:
    case OP_NEG:
    case OP_INDEX:
    case OP_EQ:
    case OP_NE:
    case OP_LT:
    case OP_LE:
    case OP_GT:
    case OP_GE:
    case OP_IN:
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
    case OP_DIV:
    case OP_MOD:
    case OP_CALL: check_call(c, n); break;
    case OP_SLOT: /* made here, never met again */
    case OP_LOCAL:
    case OP_CHAIN:
    case OP_FIELD:
    case OP_COUNT: return;
    }
    if (n->type == NULL) n->type = &cel_type_dyn;
    fold(c, n);
}

void cel_check(struct arena *a, struct cel_diag *d, const struct cel_schema *schema,
               const struct cel_limits *limits, struct cel_node *root)
{
    struct cel_checker c = {
        .a = a, .d = d, .schema = schema, .limits = limits, .fold_cost = FOLD_COST_MAX};
    cel_check_node(&c, root);
}
