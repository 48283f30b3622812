/* party_words.h - the words of a party's `kinds` and `lists`.
 *
 * Packs may use kinds and lists of their own, so that neither is a closed list. But a word that is
 * misspelt would slip past every rule that names it, and permit what is forbidden: one that is
 * nearly a kind of the contract, or a known list but for case, blanks and dashes, is an error. */
#ifndef BERTH_READ_PARTY_WORDS_H
#define BERTH_READ_PARTY_WORDS_H

#include "read/yaml.h"

/* Checks the values of the keys `kinds` and `lists` of a party, where it has them. */
void party_words_check(struct yaml_errors *errs, const struct yaml_node *party);

#endif
