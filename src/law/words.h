/* words.h - small things that the words of a verdict are made with. Internal to src/law. */
#ifndef BERTH_LAW_WORDS_H
#define BERTH_LAW_WORDS_H

#include "law/decide.h"

/* The text in the arena of the decision; releases the buffer. */
struct str words_keep(struct decision *d, struct buf *b);
/* Thousandths as a decimal number: 4800, 5.92. */
void words_put_milli(struct buf *b, int64_t milli);
/* The numbers of every comparison of the rule that holds, whether it decides or not, into `f`,
 * which holds nothing else. */
void words_all_numbers(struct decision *d, const struct stand *s, struct law_finding *f);
bool words_ends_with(struct str s, const char *tail);

#endif
