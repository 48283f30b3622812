/* regex_tree.h - a pattern as a tree, between regex_parse.c and regex.c. Internal to the two. */
#ifndef BERTH_LAW_CEL_REGEX_TREE_H
#define BERTH_LAW_CEL_REGEX_TREE_H

#include "law/cel/regex.h"

struct range {
    uint32_t lo, hi; /* code points, both included */
};

struct charset {
    struct range *ranges;
    uint32_t count, cap;
    bool negated, fold;
};

enum assertion { AT_TEXT_START, AT_TEXT_END, AT_LINE_START, AT_LINE_END, AT_WORD_EDGE, AT_NO_EDGE };

enum tree_kind { T_EMPTY, T_CHAR, T_ANY, T_CLASS, T_ASSERT, T_CAT, T_ALT, T_REPEAT };

struct tree {
    enum tree_kind kind;
    uint32_t value; /* char, assertion */
    struct charset *set; /* class */
    int min, max; /* repeat; max -1 is no bound */
    struct tree *first, *last, *next; /* children of cat, alt, repeat; sibling */
};

/* The tree of `pattern`; NULL on a fault. */
struct tree *regex_parse(struct arena *a, struct str pattern, const char **fault_out,
                         size_t *at_out);

/* The code point at *at of valid UTF-8; moves *at behind it. */
uint32_t regex_rune(struct str s, size_t *at);

/* Add lo..hi, both included. */
void charset_add(struct arena *a, struct charset *k, uint32_t lo, uint32_t hi);
/* Add a set by name ("alpha", "d"), or its complement. False when there is no such name. */
bool charset_add_named(struct arena *a, struct charset *k, struct str name, bool negated);
/* The letter that differs from `cp` in case only; `cp` when there is none. */
uint32_t regex_other_case(uint32_t cp);
/* Is the code point in the set? */
bool charset_has(const struct charset *k, uint32_t cp);

#endif
