/* Compile and evaluate any bytes as a CEL expression, without a schema, with one, and with facts
 * that are unknown, under a small cost limit. Nothing may crash, leak or take long, and what
 * evaluates must be printable. */
#include "law/cel/cel.h"

#include "base/check.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SLOTS = 6, COST = 20000 };

static const struct cel_type *type_of_slot(struct arena *a, int slot)
{
    switch (slot) {
    case 0: return &cel_type_int;
    case 1: return cel_type_list(a, &cel_type_string);
    case 2: return cel_type_map(a, &cel_type_string, &cel_type_dyn);
    case 3: return &cel_type_timestamp;
    case 4: return &cel_type_bool;
    default: return &cel_type_dyn;
    }
}

/* i, l, m (open), t, u (unknown), d. */
static void make_vars(struct arena *a, struct cel_value vars[SLOTS])
{
    struct cel_value *items = ARENA_ARRAY(a, 3, struct cel_value);
    struct cel_entry *entries = ARENA_ARRAY(a, 2, struct cel_entry);
    items[0] = cel_string(STR("a"));
    items[1] = cel_string(STR("b"));
    entries[0] = (struct cel_entry){cel_string(STR("k")), cel_int(1)};
    entries[1] = (struct cel_entry){cel_string(STR("x")), cel_unknown()};
    vars[0] = cel_int(7);
    vars[1] = cel_list(items, 3); /* the last is unknown */
    vars[2] = cel_map_new(a, entries, 2, true, STR(""));
    vars[3] = cel_timestamp_ms(a, 1767225600000);
    vars[4] = cel_unknown();
    vars[5] = cel_list(items, 2);
}

static bool lookup(void *ctx, struct str name, struct arena *a, struct cel_value *out)
{
    static const char names[SLOTS + 1] = "ilmtud";
    (void)a;
    for (int i = 0; i < SLOTS; i++) {
        if (name.len != 1 || name.p[0] != names[i]) continue;
        *out = ((const struct cel_value *)ctx)[i];
        return true;
    }
    return false;
}

static void evaluate(const struct cel_expr *e, const struct cel_env *env, struct arena *a)
{
    struct cel_comparison c[4];
    struct cel_value v = cel_eval(e, env, a);
    ASSERT(v.kind != CEL_UNKNOWN || v.as.unknown != NULL);
    if (v.kind == CEL_ERROR) (void)cel_error_text(a, e, v);
    (void)cel_value_text(a, v);
    (void)cel_comparisons(e, env, a, c, 4);
    struct cel_reason r[4];
    (void)cel_reasons(e, env, a, r, 4);
    struct cel_word_use u[4];
    (void)cel_word_uses(e, u, 4);
    (void)cel_formula(e, env, a, true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[SLOTS] = {"i", "l", "m", "t", "u", "d"};
    struct str src = {(const char *)data, size};
    struct cel_value vars[SLOTS];
    struct cel_decl decls[SLOTS];
    struct cel_expr *e;
    struct errtext t;
    struct arena a;
    arena_init(&a);
    make_vars(&a, vars);
    for (int i = 0; i < SLOTS; i++) {
        decls[i] = (struct cel_decl){str_of(names[i]), type_of_slot(&a, i)};
    }
    struct cel_schema schema = {.decls = decls, .count = SLOTS, .container = STR("a.b")};
    struct cel_env env = {
        .vars = vars, .var_count = SLOTS, .lookup = lookup, .ctx = vars, .cost_limit = COST};
    if (cel_compile(&a, src, NULL, NULL, &e, &t) == ERR_NONE) evaluate(e, &env, &a);
    if (cel_compile(&a, src, &schema, NULL, &e, &t) == ERR_NONE) evaluate(e, &env, &a);
    arena_release(&a);
    return 0;
}
