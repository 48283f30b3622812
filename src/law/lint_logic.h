/* lint_logic.h - can conditions of rules be true together, for some facts? Internal to src/law.
 *
 * Conditions are taken apart into parts that "and" and "or" join; every way to make all of them
 * true is tried (a tableau), and given up where the parts about one fact leave it no value: `to ==
 * "JP"` and `to in ["CN"]`, `chip.tpp > 5` and `chip.tpp < 3`. Of other parts (macros, functions,
 * facts compared with facts) only the text counts: the same text cannot both hold and not. So "no"
 * is certain, and "yes" means that nothing speaks against it. */
#ifndef BERTH_LAW_LINT_LOGIC_H
#define BERTH_LAW_LINT_LOGIC_H

#include "law/compile.h"

/* That the code is true, or false. Code without an expression is true. */
struct logic_claim {
    const struct code *code;
    bool is;
};

/* Can all claims be on that date, for one of `acts` (bits)? Where they cannot, *fact_out is the
 * fact that has no value left; "" several or none. All code is of pack `p`. True also where it
 * would take too long to find out. */
bool logic_possible(const struct pack *p, int64_t on_ms, uint32_t acts,
                    const struct logic_claim *claims, uint32_t count, struct arena *scratch,
                    struct str *fact_out);

#endif
