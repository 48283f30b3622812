/* flips.h - what would change a verdict: the list, and the part that asks how the facts of the case
 * other than its chips and counters would have to differ. Internal to src/law. */
#ifndef BERTH_LAW_FLIPS_H
#define BERTH_LAW_FLIPS_H

#include "law/words.h"

struct flips {
    struct decision *d;
    struct str *items;
    uint32_t count, max;
};

/* Adds the text unless it is there, and releases the buffer. */
void flips_add(struct flips *l, struct buf *b);

/* Does the rule apply to a case that differs from the one decided? */
enum law_truth flips_truth(const struct decision *d, const struct rule *r,
                           const struct law_case *x);

/* How much each fact would have to differ for the rule, which applies, not to apply: other parties,
 * data kept at home, fewer persons, another end use, evidence on record. Each is tried on the rule
 * itself; what does not end it is not told. */
void flip_by_facts(struct flips *l, const struct rule *r);

#endif
