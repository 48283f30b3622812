/* suggest.h - "did you mean": the nearest of some known words. */
#ifndef BERTH_READ_SUGGEST_H
#define BERTH_READ_SUGGEST_H

#include "base/str.h"

/* The word of `names` (NULL at the end) that differs least from `word` by insertions, deletions,
 * substitutions and swaps of neighbours, the first of equals; NULL when none is near: more than one
 * third of the letters would have to change. */
const char *suggest(struct str word, const char *const *names);

#endif
