/* cel_names.c - what a name means.
 *
 * langdef "Name Resolution": a macro's variable hides everything; else the longest prefix of a.b.c
 * that is declared, in the container's namespaces from the innermost to the root; else the name of
 * a type. Without a schema the same is arranged for run time (OP_CHAIN). */
#include "law/cel/cel_check.h"
#include "law/cel/cel_values.h"

#include <string.h>

static struct str source_of(const struct cel_checker *c, const struct cel_node *n)
{
    return (struct str){c->d->src.p + n->start, n->end - n->start};
}

struct str cel_join_text(struct cel_checker *c, struct str x, const char *between, struct str y)
{
    char *p = arena_alloc(c->a, x.len + y.len + 5, 1);
    struct str s = {p, 0};
    struct str parts[] = {x, str_of(between), y};
    for (size_t k = 0; k < 3; k++) {
        if (parts[k].len > 0) memcpy(p + s.len, parts[k].p, parts[k].len);
        s.len += parts[k].len;
    }
    return s;
}

void cel_name_unknown(struct cel_checker *c, struct cel_node *n)
{
    struct cel_unknown *u = ARENA_NEW(c->a, struct cel_unknown);
    struct str *name = ARENA_NEW(c->a, struct str);
    *name = n->path.len > 0 ? n->path : source_of(c, n);
    u->names = name;
    u->count = 1;
    n->unknown = u;
}

void cel_name_operands(struct cel_checker *c, struct cel_node *n)
{
    struct cel_unknown *u = ARENA_NEW(c->a, struct cel_unknown);
    struct str *names = ARENA_ARRAY(c->a, 2, struct str);
    for (uint32_t i = 0; i < n->arg_count && i < 2; i++) {
        struct str path = n->args[i]->path;
        if (path.len == 0 || (u->count == 1 && str_eq(names[0], path))) continue;
        names[u->count++] = path;
    }
    if (u->count == 0) names[u->count++] = source_of(c, n);
    if (u->count == 2 && str_cmp(names[0], names[1]) > 0) {
        struct str swap = names[0];
        names[0] = names[1];
        names[1] = swap;
    }
    u->names = names;
    n->unknown = u;
}

/* ---------------------------------------------------------------- selection */

static int32_t field_index(const struct cel_type *t, struct str name)
{
    for (uint32_t i = 0; i < t->field_count; i++) {
        if (str_eq(t->fields[i].name, name)) return (int32_t)i;
    }
    return -1;
}

void cel_check_select(struct cel_checker *c, struct cel_node *n)
{
    struct cel_node *of = n->args[0];
    const struct cel_type *t = cel_type_of_node(of), *result = &cel_type_dyn;
    if (t->kind == CEL_OBJECT) {
        n->index = field_index(t, n->name);
        n->object = t;
        if (n->index >= 0) {
            result = t->fields[n->index].type;
            if (n->op == OP_SELECT) n->op = OP_FIELD;
        } else {
            n->object = NULL;
            cel_fault(c->d, ERR_INVALID, n->pos, "undefined field '" STR_FMT "' of '" STR_FMT "'",
                      STR_ARG(n->name), STR_ARG(t->name));
        }
    } else if (t->kind == CEL_MAP) {
        result = t->elem;
    } else if (!cel_type_is_any(t) && c->schema != NULL) {
        cel_fault(c->d, ERR_INVALID, n->pos, "type '%s' does not support field selection",
                  cel_type_text(c->a, t));
    }
    if (of->path.len > 0) n->path = cel_join_text(c, of->path, ".", n->name);
    n->slot = of->slot;
    n->type = n->op == OP_HAS ? &cel_type_bool : result;
    cel_name_unknown(c, n);
}

void cel_check_index(struct cel_checker *c, struct cel_node *n)
{
    const struct cel_node *of = n->args[0], *at = n->args[1];
    n->slot = of->slot;
    if (of->path.len > 0) {
        if (at->op == OP_CONST && at->value.kind == CEL_STRING) {
            n->path = cel_join_text(c, of->path, ".", cel_str(at->value));
        } else if (at->op == OP_CONST) {
            struct str text = cel_value_text(c->a, at->value);
            n->path = cel_join_text(c, cel_join_text(c, of->path, "[", text), "]", STR(""));
        } else {
            n->path = cel_join_text(c, of->path, "[*]", STR(""));
        }
    }
    cel_name_unknown(c, n);
}

/* ---------------------------------------------------------------- names */

/* A name and the fields selected from it: a.b.c, and where each of its prefixes ends. */
struct chain {
    struct cel_node *nodes[CEL_DEPTH_MAX]; /* of a, a.b, a.b.c */
    uint32_t *ends;
    uint32_t count;
    struct str name; /* "a.b.c" */
};

/* Is `n` a name with nothing but plain selections after it? */
static bool is_chain(const struct cel_node *n)
{
    while (n->op == OP_SELECT && !n->absolute && !n->args[0]->in_parens) n = n->args[0];
    return n->op == OP_IDENT;
}

static void take_chain(struct cel_checker *c, struct chain *ch, struct cel_node *n)
{
    size_t len = 0;
    ch->count = n->depth; /* a chain has one node a level */
    for (uint32_t i = ch->count; i > 0; i--) {
        ch->nodes[i - 1] = n;
        n->slot = -1;
        len += n->name.len + 1;
        if (i > 1) n = n->args[0];
    }
    char *p = arena_alloc(c->a, len, 1);
    ch->ends = ARENA_ARRAY(c->a, ch->count, uint32_t);
    ch->name = (struct str){p, 0};
    for (uint32_t i = 0; i < ch->count; i++) {
        if (i > 0) p[ch->name.len++] = '.';
        memcpy(p + ch->name.len, ch->nodes[i]->name.p, ch->nodes[i]->name.len);
        ch->name.len += ch->nodes[i]->name.len;
        ch->ends[i] = (uint32_t)ch->name.len;
    }
}

static struct str chain_prefix(const struct chain *ch, uint32_t count)
{
    return (struct str){ch->name.p, ch->ends[count - 1]};
}

static int32_t find_decl(const struct cel_schema *s, struct str name)
{
    for (uint32_t i = 0; i < s->count; i++) {
        if (str_eq(s->decls[i].name, name)) return (int32_t)i;
    }
    return -1;
}

/* The declaration `name` means in the container: A.B.name, A.name, name. */
static int32_t resolve_decl(struct cel_checker *c, struct str name, bool absolute)
{
    struct str space = absolute ? STR("") : c->schema->container;
    while (space.len > 0) {
        int32_t i = find_decl(c->schema, cel_join_text(c, space, ".", name));
        if (i >= 0) return i;
        while (space.len > 0 && space.p[space.len - 1] != '.') space.len--;
        if (space.len > 0) space.len--;
    }
    return find_decl(c->schema, name);
}

static void check_selects(struct cel_checker *c, const struct chain *ch, uint32_t from)
{
    for (uint32_t i = from; i < ch->count; i++) cel_check_select(c, ch->nodes[i]);
}

static bool resolve_local(struct cel_checker *c, const struct chain *ch)
{
    struct cel_node *root = ch->nodes[0];
    for (const struct cel_scope *s = c->scope; s != NULL && !root->absolute; s = s->up) {
        if (!str_eq(s->name, root->name)) continue;
        root->op = OP_LOCAL;
        root->index = s->index;
        root->slot = s->slot;
        root->type = s->type;
        root->path = s->path;
        cel_name_unknown(c, root);
        check_selects(c, ch, 1);
        return true;
    }
    return false;
}

static bool resolve_slot(struct cel_checker *c, const struct chain *ch)
{
    for (uint32_t k = ch->count; k > 0; k--) {
        int32_t i = resolve_decl(c, chain_prefix(ch, k), ch->nodes[0]->absolute);
        if (i < 0) continue;
        struct cel_node *n = ch->nodes[k - 1];
        n->op = OP_SLOT;
        n->index = n->slot = i;
        n->type = c->schema->decls[i].type;
        n->path = c->schema->decls[i].name;
        n->args = NULL;
        n->arg_count = 0;
        cel_name_unknown(c, n);
        check_selects(c, ch, k);
        return true;
    }
    return false;
}

static bool resolve_type(struct cel_checker *c, const struct chain *ch)
{
    const struct cel_type *of;
    struct cel_node *n = ch->nodes[ch->count - 1];
    if (!cel_type_denoted(ch->name, &n->value, &of)) return false;
    struct cel_type *t = ARENA_NEW(c->a, struct cel_type);
    *t = (struct cel_type){.kind = CEL_TYPE, .elem = of};
    n->op = OP_CONST;
    n->type = t;
    n->args = NULL;
    n->arg_count = 0;
    return true;
}

/* To be looked up when evaluated: the longest prefix of the name that is a variable then. */
static void resolve_later(struct cel_checker *c, const struct chain *ch)
{
    struct cel_node *n = ch->nodes[ch->count - 1];
    const struct cel_type *of;
    struct cel_unknown *unknown = ARENA_ARRAY(c->a, ch->count, struct cel_unknown);
    struct str *names = ARENA_ARRAY(c->a, ch->count, struct str);
    for (uint32_t i = 0; i < ch->count; i++) {
        names[i] = chain_prefix(ch, i + 1);
        unknown[i] = (struct cel_unknown){.count = 1, .names = &names[i]};
    }
    n->op = OP_CHAIN;
    n->pos = n->start;
    n->name = n->path = ch->name;
    n->ends = ch->ends;
    n->unknown = unknown;
    n->arg_count = ch->count;
    n->args = NULL;
    n->type = &cel_type_dyn;
    if (!cel_type_denoted(ch->name, &n->value, &of)) n->value = cel_null();
}

static void check_chain(struct cel_checker *c, struct cel_node *n)
{
    struct chain ch;
    take_chain(c, &ch, n);
    if (resolve_local(c, &ch)) return;
    if (c->schema == NULL) {
        resolve_later(c, &ch);
        return;
    }
    if (resolve_slot(c, &ch) || resolve_type(c, &ch)) return;
    cel_fault(c->d, ERR_INVALID, ch.nodes[0]->pos,
              "undeclared reference to '" STR_FMT "' (in container '" STR_FMT "')",
              STR_ARG(ch.nodes[0]->name), STR_ARG(c->schema->container));
}

void cel_check_name(struct cel_checker *c, struct cel_node *n)
{
    if (is_chain(n)) {
        check_chain(c, n);
    } else {
        cel_check_node(c, n->args[0]);
        cel_check_select(c, n);
    }
}
