/* regex.h - regular expressions with RE2's syntax and its promise: matching takes time linear in
 * the text, whatever the pattern (no backtracking, no back-references, no look-around).
 *
 * Accepted: literals, `.`, classes [a-z] [^...] with escapes and [:alpha:] names, \d \D \s \S \w
 * \W, \b \B \A \z ^ $, alternation, groups (...) (?:...) (?P<name>...) (?<name>...), flags (?ims-U)
 * and (?i:...), * + ? {n} {n,} {n,m} (n, m <= 1000) greedy or lazy, escapes \n \t \r \f \v \a \xFF
 * \x{10FFFF} \123 \Q...\E and escaped punctuation. Refused: \p \P and \C, because without Unicode's
 * tables the first would be wrong and the last splits characters. As in RE2, \d \s \w \b are ASCII,
 * `.` does not match a line feed without (?s), and ^ $ are the ends of the text without (?m). Case
 * folding (?i) covers ASCII, Latin-1, Latin Extended-A, Greek and Cyrillic letters.
 *
 * Method: the pattern is compiled to instructions for a Pike machine (Thompson 1968; Cox, "Regular
 * Expression Matching: the Virtual Machine Approach", 2009), which runs all alternatives in step.
 * Only whether there is a match is computed, so threads carry no captures. */
#ifndef BERTH_LAW_CEL_REGEX_H
#define BERTH_LAW_CEL_REGEX_H

#include "base/arena.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

#define REGEX_PATTERN_BYTES_MAX 4096 /* the longest in use in law packs is some 60 bytes */
#define REGEX_PROGRAM_MAX 20000 /* instructions: bounds x{1000} of something large */
#define REGEX_REPEAT_MAX 1000 /* as RE2 */
#define REGEX_DEPTH_MAX 100 /* groups in groups: bounds the compiler's stack */

struct regex; /* immutable; lives in the arena it was compiled in */

/* Compile UTF-8 `pattern`. NULL on a fault: *fault_out is a constant text and *at_out the byte. */
const struct regex *regex_compile(struct arena *a, struct str pattern, const char **fault_out,
                                  size_t *at_out);

/* Is there a match anywhere in UTF-8 `text`? Working memory comes from `a`. */
bool regex_matches(const struct regex *re, struct str text, struct arena *a);

/* Steps that a match over `text_bytes` may take at most, in units of 16 thread moves. */
uint64_t regex_cost(const struct regex *re, size_t text_bytes);

#endif
