/* cel_cases.h - run a table of CEL expressions. Each line: the expression, and its value as a CEL
 * literal (cel_value_text), or "!text" for an error that contains the text. */
#ifndef BERTH_TEST_CEL_CASES_H
#define BERTH_TEST_CEL_CASES_H

#include "law/cel/cel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

struct cel_case {
    const char *expr, *want;
};

/* STR for static tables. */
#define LIT(literal)                                                                               \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }
#define CASES(table) (table), sizeof(table) / sizeof(table)[0]

/* The outcome of one expression in the form of cel_case.want. */
static inline const char *cel_outcome(struct arena *a, const char *expr,
                                      const struct cel_schema *schema, const struct cel_env *env)
{
    struct cel_expr *e;
    struct errtext t;
    if (cel_compile(a, str_of(expr), schema, NULL, &e, &t) != ERR_NONE) {
        return arena_printf(a, "!%s", t.s);
    }
    struct cel_value v = cel_eval(e, env, a);
    if (v.kind == CEL_ERROR) return arena_printf(a, "!%s", cel_error_text(a, e, v));
    return cel_value_text(a, v).p;
}

static inline bool cel_outcome_is(const char *got, const char *want)
{
    if (want[0] == '!') return got[0] == '!' && strstr(got, want + 1) != NULL;
    return strcmp(got, want) == 0;
}

static inline void run_cel_cases(const struct cel_case *cases, size_t count,
                                 const struct cel_schema *schema, const struct cel_env *env)
{
    size_t failed = 0;
    for (size_t i = 0; i < count; i++) {
        struct arena a;
        arena_init(&a);
        const char *got = cel_outcome(&a, cases[i].expr, schema, env);
        if (!cel_outcome_is(got, cases[i].want)) {
            failed++;
            print_error("%s\n  wanted: %s\n  got:    %s\n", cases[i].expr, cases[i].want, got);
        }
        arena_release(&a);
    }
    assert_int_equal(failed, 0);
}

#endif
