/* cel_lex.c - see cel_lex.h. */
#include "law/cel/cel_lex.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int hex_value(char c)
{
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

static bool is_ident_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_ident(char c)
{
    return is_ident_start(c) || is_digit(c);
}

/* The byte `ahead` of the cursor, NUL beyond the end. */
static char peek(const struct cel_lexer *lx, uint32_t ahead)
{
    size_t i = (size_t)lx->at + ahead;
    return i < lx->d->src.len ? lx->d->src.p[i] : '\0';
}

static bool at_end(const struct cel_lexer *lx)
{
    return lx->at >= lx->d->src.len;
}

static struct cel_token fault(struct cel_lexer *lx, uint32_t pos, const char *text)
{
    cel_fault(lx->d, ERR_INVALID, pos, "Syntax error: %s", text);
    return (struct cel_token){.kind = TOKEN_FAULT, .start = pos, .end = pos};
}

static void skip_blank(struct cel_lexer *lx)
{
    for (;;) {
        char c = peek(lx, 0);
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
            lx->at++;
        } else if (c == '/' && peek(lx, 1) == '/') {
            while (!at_end(lx) && peek(lx, 0) != '\n' && peek(lx, 0) != '\r') lx->at++;
        } else {
            return;
        }
    }
}

/* ---------------------------------------------------------------- numbers */

static struct cel_token lex_double(struct cel_lexer *lx, uint32_t start)
{
    struct str text = {lx->d->src.p + start, lx->at - start};
    double d = strtod(str_dupz(lx->a, text), NULL);
    if (isinf(d)) return fault(lx, start, "the number is beyond the range of double");
    return (struct cel_token){
        .kind = TOKEN_LITERAL, .start = start, .end = lx->at, .value = cel_double(d)};
}

static struct cel_token lex_integer(struct cel_lexer *lx, uint32_t start, uint32_t base)
{
    uint64_t v = 0;
    bool overflow = false;
    for (uint32_t i = start + (base == 16 ? 2 : 0); i < lx->at; i++) {
        uint64_t digit = (uint64_t)hex_value(lx->d->src.p[i]);
        if (v > (UINT64_MAX - digit) / base) overflow = true;
        v = v * base + digit;
    }
    bool is_unsigned = peek(lx, 0) == 'u' || peek(lx, 0) == 'U';
    if (is_unsigned) lx->at++;
    /* 2^63 itself is allowed: it may follow a minus. */
    if (overflow || (!is_unsigned && v > (uint64_t)INT64_MAX + 1)) {
        return fault(lx, start,
                     is_unsigned ? "the number is beyond the range of uint"
                                 : "the number is beyond the range of int");
    }
    return (struct cel_token){.kind = is_unsigned ? TOKEN_LITERAL : TOKEN_INT,
                              .start = start,
                              .end = lx->at,
                              .value = cel_uint(v)};
}

static struct cel_token lex_number(struct cel_lexer *lx)
{
    uint32_t start = lx->at;
    if (peek(lx, 0) == '0' && peek(lx, 1) == 'x' && hex_value(peek(lx, 2)) >= 0) {
        lx->at += 2;
        while (hex_value(peek(lx, 0)) >= 0) lx->at++;
        return lex_integer(lx, start, 16);
    }
    bool real = false;
    while (is_digit(peek(lx, 0))) lx->at++;
    if (peek(lx, 0) == '.' && is_digit(peek(lx, 1))) {
        real = true;
        lx->at++;
        while (is_digit(peek(lx, 0))) lx->at++;
    }
    char e = peek(lx, 0);
    uint32_t sign = peek(lx, 1) == '+' || peek(lx, 1) == '-' ? 1 : 0;
    if ((e == 'e' || e == 'E') && is_digit(peek(lx, 1 + sign))) {
        real = true;
        lx->at += 1 + sign;
        while (is_digit(peek(lx, 0))) lx->at++;
    }
    return real ? lex_double(lx, start) : lex_integer(lx, start, 10);
}

/* ---------------------------------------------------------------- strings */

/* Append a code point as UTF-8. Gives the new length. */
static size_t put_utf8(char *out, size_t len, uint32_t cp)
{
    if (cp < 0x80) {
        out[len++] = (char)cp;
        return len;
    }
    if (cp < 0x800) {
        out[len++] = (char)(0xC0 | (cp >> 6));
    } else {
        if (cp < 0x10000) {
            out[len++] = (char)(0xE0 | (cp >> 12));
        } else {
            out[len++] = (char)(0xF0 | (cp >> 18));
            out[len++] = (char)(0x80 | ((cp >> 12) & 0x3F));
        }
        out[len++] = (char)(0x80 | ((cp >> 6) & 0x3F));
    }
    out[len++] = (char)(0x80 | (cp & 0x3F));
    return len;
}

/* Read `count` hexadecimal digits at the cursor. */
static bool read_hex(struct cel_lexer *lx, uint32_t count, uint32_t *out)
{
    uint32_t v = 0;
    for (uint32_t i = 0; i < count; i++) {
        int digit = hex_value(peek(lx, i));
        if (digit < 0) return false;
        v = v * 16 + (uint32_t)digit;
    }
    lx->at += count;
    *out = v;
    return true;
}

/* \uXXXX and \UXXXXXXXX, after the letter. A high surrogate takes the low one that must follow. */
static bool read_code_point(struct cel_lexer *lx, uint32_t digits, uint32_t *out)
{
    if (!read_hex(lx, digits, out)) return false;
    if (digits == 4 && *out >= 0xD800 && *out <= 0xDBFF) {
        uint32_t low;
        if (peek(lx, 0) != '\\' || peek(lx, 1) != 'u') return false;
        lx->at += 2;
        if (!read_hex(lx, 4, &low) || low < 0xDC00 || low > 0xDFFF) return false;
        *out = 0x10000 + ((*out - 0xD800) << 10) + (low - 0xDC00);
    }
    return *out <= 0x10FFFF && (*out < 0xD800 || *out > 0xDFFF);
}

static int simple_escape(char c)
{
    switch (c) {
    case 'a': return '\a';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'v': return '\v';
    case '\\':
    case '?':
    case '"':
    case '\'':
    case '`': return c;
    default: return -1;
    }
}

/* The escape after a backslash at the cursor. In bytes, \x and octal are single bytes. */
static bool lex_escape(struct cel_lexer *lx, bool bytes, char *out, size_t *len)
{
    char c = peek(lx, 0);
    lx->at++;
    int simple = simple_escape(c);
    if (simple >= 0) {
        out[(*len)++] = (char)simple;
        return true;
    }
    uint32_t v;
    if (c == 'u' || c == 'U') {
        if (!read_code_point(lx, c == 'u' ? 4 : 8, &v)) return false;
        *len = put_utf8(out, *len, v);
        return true;
    }
    if (c == 'x' || c == 'X') {
        if (!read_hex(lx, 2, &v)) return false;
    } else if (c >= '0' && c <= '3') {
        char c1 = peek(lx, 0), c2 = peek(lx, 1);
        if (c1 < '0' || c1 > '7' || c2 < '0' || c2 > '7') return false;
        v = (uint32_t)((c - '0') * 64 + (c1 - '0') * 8 + (c2 - '0'));
        lx->at += 2;
    } else {
        return false;
    }
    if (bytes) {
        out[(*len)++] = (char)v;
    } else {
        *len = put_utf8(out, *len, v);
    }
    return true;
}

/* A string or bytes literal whose prefix letters ended at the cursor. */
static struct cel_token lex_string(struct cel_lexer *lx, uint32_t start, bool raw, bool bytes)
{
    char quote = peek(lx, 0);
    bool triple = peek(lx, 1) == quote && peek(lx, 2) == quote;
    lx->at += triple ? 3 : 1;
    /* No escape is longer than what it denotes, so the rest of the source bounds the value; a first
     * pass to the closing quote keeps the buffer small. */
    uint32_t close = lx->at;
    const struct str src = lx->d->src;
    while (close < src.len && !(src.p[close] == quote &&
                                (!triple || (close + 2 < src.len && src.p[close + 1] == quote &&
                                             src.p[close + 2] == quote)))) {
        close += src.p[close] == '\\' && !raw ? 2 : 1;
    }
    if (close >= src.len) return fault(lx, start, "the string has no closing quote");
    char *out = arena_alloc(lx->a, close - lx->at + 1, 1);
    size_t len = 0;
    while (lx->at < close) {
        char c = peek(lx, 0);
        uint32_t pos = lx->at;
        if (!triple && (c == '\n' || c == '\r')) {
            return fault(lx, start, "the string has no closing quote on its line");
        }
        lx->at++;
        if (c != '\\' || raw) {
            out[len++] = c;
        } else if (!lex_escape(lx, bytes, out, &len)) {
            return fault(lx, pos, "this escape sequence does not exist");
        }
    }
    lx->at += triple ? 3 : 1;
    struct str s = {out, len};
    return (struct cel_token){.kind = TOKEN_LITERAL,
                              .start = start,
                              .end = lx->at,
                              .value = bytes ? cel_bytes(s) : cel_string(s)};
}

/* True when the cursor stands at a string literal: [bB]? [rR]? and a quote. */
static bool string_ahead(const struct cel_lexer *lx, uint32_t *prefix, bool *raw, bool *bytes)
{
    *prefix = 0;
    *bytes = peek(lx, *prefix) == 'b' || peek(lx, *prefix) == 'B';
    *prefix += *bytes ? 1 : 0;
    *raw = peek(lx, *prefix) == 'r' || peek(lx, *prefix) == 'R';
    *prefix += *raw ? 1 : 0;
    return peek(lx, *prefix) == '"' || peek(lx, *prefix) == '\'';
}

/* ---------------------------------------------------------------- words and signs */

static struct cel_token lex_word(struct cel_lexer *lx)
{
    static const char *const reserved[] = {
        "as",  "break", "const",   "continue",  "else",   "for", "function", "if",   "import",
        "let", "loop",  "package", "namespace", "return", "var", "void",     "while"};
    struct cel_token t = {.kind = TOKEN_IDENT, .start = lx->at};
    while (is_ident(peek(lx, 0))) lx->at++;
    t.end = lx->at;
    t.text = (struct str){lx->d->src.p + t.start, t.end - t.start};
    if (str_eqz(t.text, "in")) t.kind = TOKEN_IN;
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
        if (str_eqz(t.text, reserved[i])) t.kind = TOKEN_RESERVED;
    }
    if (str_eqz(t.text, "true") || str_eqz(t.text, "false")) {
        t.kind = TOKEN_LITERAL;
        t.value = cel_bool(t.text.p[0] == 't');
    } else if (str_eqz(t.text, "null")) {
        t.kind = TOKEN_LITERAL;
        t.value = cel_null();
    }
    return t;
}

static struct cel_token lex_quoted(struct cel_lexer *lx)
{
    struct cel_token t = {.kind = TOKEN_QUOTED, .start = lx->at};
    lx->at++;
    while (is_ident(peek(lx, 0)) || (peek(lx, 0) != '\0' && strchr(".-/ ", peek(lx, 0)) != NULL)) {
        lx->at++;
    }
    if (peek(lx, 0) != '`' || lx->at == t.start + 1) {
        return fault(lx, t.start,
                     "a field in backquotes may have letters, digits and _ . - / only");
    }
    lx->at++;
    t.end = lx->at;
    t.text = (struct str){lx->d->src.p + t.start + 1, t.end - t.start - 2};
    return t;
}

static struct cel_token lex_sign(struct cel_lexer *lx)
{
    static const struct {
        char text[3];
        enum cel_token_kind kind;
    } pairs[] = {{"||", TOKEN_OR}, {"&&", TOKEN_AND}, {"==", TOKEN_EQ},
                 {"!=", TOKEN_NE}, {"<=", TOKEN_LE},  {">=", TOKEN_GE}};
    struct cel_token t = {.kind = TOKEN_CHAR, .start = lx->at, .c = peek(lx, 0)};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (t.c == pairs[i].text[0] && peek(lx, 1) == pairs[i].text[1]) {
            t.kind = pairs[i].kind;
            lx->at += 2;
            t.end = lx->at;
            return t;
        }
    }
    if (t.c == '\0' || strchr("<>+-*/%!?:.,()[]{}", t.c) == NULL) {
        return fault(lx, lx->at, "this character has no meaning here");
    }
    lx->at++;
    t.end = lx->at;
    return t;
}

struct cel_token cel_lex(struct cel_lexer *lx)
{
    uint32_t prefix;
    bool raw, bytes;
    skip_blank(lx);
    if (at_end(lx)) return (struct cel_token){.kind = TOKEN_END, .start = lx->at, .end = lx->at};
    if (string_ahead(lx, &prefix, &raw, &bytes)) {
        uint32_t start = lx->at;
        lx->at += prefix;
        return lex_string(lx, start, raw, bytes);
    }
    char c = peek(lx, 0);
    if (is_digit(c) || (c == '.' && is_digit(peek(lx, 1)))) return lex_number(lx);
    if (is_ident_start(c)) return lex_word(lx);
    if (c == '`') return lex_quoted(lx);
    return lex_sign(lx);
}
