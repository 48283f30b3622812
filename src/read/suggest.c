#include "read/suggest.h"

#include <string.h>

enum { WORD_MAX = 64 }; /* longer words are not compared */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment distance of two words of at most WORD_MAX bytes. */
static size_t distance(struct str a, struct str b)
{
    size_t rows[3][WORD_MAX + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t k = 0; k <= b.len; k++) above[k] = k;
    for (size_t i = 1; i <= a.len; i++) {
        row[0] = i;
        for (size_t k = 1; k <= b.len; k++) {
            size_t same = a.p[i - 1] == b.p[k - 1] ? 0 : 1;
            row[k] = least(least(above[k], row[k - 1]) + 1, above[k - 1] + same);
            if (i > 1 && k > 1 && a.p[i - 1] == b.p[k - 2] && a.p[i - 2] == b.p[k - 1])
                row[k] = least(row[k], before[k - 2] + 1);
        }
        size_t *oldest = before;
        before = above;
        above = row;
        row = oldest;
    }
    return above[b.len];
}

const char *suggest(struct str word, const char *const *names)
{
    const char *best = NULL;
    size_t best_distance = 0;
    if (word.len > WORD_MAX) return NULL;
    for (size_t i = 0; names[i] != NULL; i++) {
        struct str name = str_of(names[i]);
        if (name.len > WORD_MAX) continue;
        size_t d = distance(word, name);
        size_t longer = word.len > name.len ? word.len : name.len;
        if (d * 3 > longer || (best != NULL && d >= best_distance)) continue;
        best = names[i];
        best_distance = d;
    }
    return best;
}
