/* lint.h - what is lawful to write in a pack but probably a mistake.
 *
 * Errors: a rule that can never apply, an exception that never meets what it lowers, a rule that
 * rests on memory and yet binds. Warnings: a rule that another one shadows (whenever it applies the
 * other does, and demands as much) or contradicts (the same facts and another demand, or facts in
 * common and another policy of review), an empty set on a date, names nobody uses, old sources, an
 * expression that reads `on`, a permission that does nothing. What conditions can be true together:
 * law/lint_logic.h. Examples are the caller's to run. */
#ifndef BERTH_LAW_LINT_H
#define BERTH_LAW_LINT_H

#include "law/pack.h"

enum { LINT_SOURCE_DAYS = 365 }; /* a text read longer ago should be read again */

typedef void law_lint_report(void *ctx, bool is_error, const struct law_place *at,
                             const char *text);

/* `p` passed law_pack_check. `on_ms` is today, for the age of sources. */
void law_pack_lint(const struct law_pack *p, int64_t on_ms, law_lint_report *report, void *ctx);

#endif
