/* cel_lex.h - the words of CEL (langdef "Syntax", lexis). Internal to src/law/cel.
 *
 * The source is valid UTF-8 (cel_compile checks). Escapes are resolved here, so a token carries the
 * value of its literal. `-` is never part of a number: the parser joins them. */
#ifndef BERTH_LAW_CEL_LEX_H
#define BERTH_LAW_CEL_LEX_H

#include "law/cel/cel_ast.h"

enum cel_token_kind {
    TOKEN_END,
    TOKEN_FAULT, /* a fault was reported */
    TOKEN_INT, /* value.as.u: magnitude, at most 2^63 */
    TOKEN_LITERAL, /* uint, double, string, bytes, bool, null: value */
    TOKEN_IDENT,
    TOKEN_RESERVED, /* a word that may be a field but no variable */
    TOKEN_QUOTED, /* `a-b`: a field name in backquotes; text is without them */
    TOKEN_IN,
    TOKEN_OR,
    TOKEN_AND,
    TOKEN_EQ,
    TOKEN_NE,
    TOKEN_LE,
    TOKEN_GE,
    TOKEN_CHAR /* one of < > + - * / % ! ? : . , ( ) [ ] { } */
};

struct cel_token {
    enum cel_token_kind kind;
    char c; /* TOKEN_CHAR */
    uint32_t start, end;
    struct str text;
    struct cel_value value;
};

struct cel_lexer {
    struct arena *a;
    struct cel_diag *d;
    uint32_t at;
};

struct cel_token cel_lex(struct cel_lexer *lx);

#endif
