/* regex_parse.c - RE2's syntax: from a pattern to a tree. */
#include "law/cel/regex_tree.h"

#include <string.h>

struct parser {
    struct arena *a;
    struct str s;
    size_t at;
    const char *fault;
    size_t fault_at;
    bool fold, multiline, dot_all; /* flags i, m, s */
    uint32_t depth;
};

static void *fail(struct parser *c, const char *text)
{
    if (c->fault == NULL) {
        c->fault = text;
        c->fault_at = c->at;
    }
    return NULL;
}

static bool more(const struct parser *c)
{
    return c->at < c->s.len;
}

static char peek(const struct parser *c, size_t ahead)
{
    return c->at + ahead < c->s.len ? c->s.p[c->at + ahead] : '\0';
}

uint32_t regex_rune(struct str s, size_t *at)
{
    unsigned char b = (unsigned char)s.p[(*at)++];
    int tail = b < 0x80 ? 0 : b < 0xE0 ? 1 : b < 0xF0 ? 2 : 3;
    uint32_t cp = tail == 0 ? b : b & (0x3Fu >> tail);
    while (tail-- > 0 && *at < s.len) cp = (cp << 6) | ((unsigned char)s.p[(*at)++] & 0x3F);
    return cp;
}

static struct tree *leaf(struct parser *c, enum tree_kind kind, uint32_t value)
{
    struct tree *t = ARENA_NEW(c->a, struct tree);
    t->kind = kind;
    t->value = value;
    return t;
}

static void add_child(struct tree *t, struct tree *child)
{
    if (t->first == NULL) {
        t->first = child;
    } else {
        t->last->next = child;
    }
    t->last = child;
}

/* ---------------------------------------------------------------- escapes */

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

/* After "\x": FF or {10FFFF}. */
static bool parse_hex(struct parser *c, uint32_t *cp)
{
    uint32_t v = 0;
    size_t digits = 0;
    bool braced = peek(c, 0) == '{';
    if (braced) c->at++;
    while (hex_value(peek(c, 0)) >= 0 && digits < (braced ? 6u : 2u)) {
        v = v * 16 + (uint32_t)hex_value(peek(c, 0));
        c->at++;
        digits++;
    }
    if (digits == 0 || (!braced && digits != 2) || (braced && peek(c, 0) != '}')) return false;
    if (braced) c->at++;
    *cp = v;
    return v <= 0x10FFFF;
}

/* An escape for one character; the cursor is after the backslash. */
static bool parse_char_escape(struct parser *c, uint32_t *cp)
{
    static const char letters[] = "afnrtv", values[] = "\a\f\n\r\t\v";
    char e = peek(c, 0);
    const char *simple = e != '\0' ? strchr(letters, e) : NULL;
    if (simple != NULL) {
        *cp = (unsigned char)values[simple - letters];
        c->at++;
        return true;
    }
    if (e == 'x') {
        c->at++;
        return parse_hex(c, cp);
    }
    /* \1 to \9 alone would be a back-reference. */
    if (e == '0' || (e >= '1' && e <= '7' && is_octal(peek(c, 1)))) {
        *cp = 0;
        for (int i = 0; i < 3 && is_octal(peek(c, 0)); i++) {
            *cp = *cp * 8 + (uint32_t)(peek(c, 0) - '0');
            c->at++;
        }
        return true;
    }
    bool word = (e >= '0' && e <= '9') || (e >= 'a' && e <= 'z') || (e >= 'A' && e <= 'Z');
    if (!more(c) || word || (unsigned char)e >= 0x80) return false;
    *cp = (unsigned char)e;
    c->at++;
    return true;
}

/* \d \D \s \S \w \W at the cursor (on the letter) into `k`. */
static bool parse_set_escape(struct parser *c, struct charset *k)
{
    char e = peek(c, 0);
    if (e == '\0' || strchr("dDsSwW", e) == NULL) return false;
    char lower = (char)(e | 0x20);
    c->at++;
    return charset_add_named(c->a, k, (struct str){&lower, 1}, e != lower);
}

/* ---------------------------------------------------------------- bracket classes */

static bool parse_class_char(struct parser *c, uint32_t *cp)
{
    if (!more(c)) return fail(c, "missing closing ]") != NULL;
    if (peek(c, 0) != '\\') {
        *cp = regex_rune(c->s, &c->at);
        return true;
    }
    c->at++;
    if (parse_char_escape(c, cp)) return true;
    fail(c, "invalid escape sequence in a class");
    return false;
}

/* "[:name:]" or "[:^name:]" at the cursor. */
static bool parse_posix(struct parser *c, struct charset *k)
{
    size_t from = c->at + 2, to = from;
    if (peek(c, 0) != '[' || peek(c, 1) != ':') return false;
    while (to + 1 < c->s.len && !(c->s.p[to] == ':' && c->s.p[to + 1] == ']')) to++;
    if (to + 1 >= c->s.len) return false;
    bool negated = c->s.p[from] == '^';
    if (negated) from++;
    struct str name = {c->s.p + from, to - from};
    if (name.len < 2 || !charset_add_named(c->a, k, name, negated)) {
        fail(c, "invalid character class name");
        return false;
    }
    c->at = to + 2;
    return true;
}

/* After the '['. */
static struct tree *parse_class(struct parser *c)
{
    struct charset *k = ARENA_NEW(c->a, struct charset);
    k->fold = c->fold;
    k->negated = peek(c, 0) == '^';
    if (k->negated) c->at++;
    bool first = true;
    while (c->fault == NULL && (first || peek(c, 0) != ']')) {
        uint32_t lo, hi;
        first = false;
        if (parse_posix(c, k) || c->fault != NULL) continue;
        if (peek(c, 0) == '\\') {
            c->at++;
            if (parse_set_escape(c, k)) continue;
            c->at--;
        }
        if (!parse_class_char(c, &lo)) return NULL;
        hi = lo;
        if (peek(c, 0) == '-' && c->at + 1 < c->s.len && peek(c, 1) != ']') {
            c->at++;
            if (!parse_class_char(c, &hi)) return NULL;
        }
        if (hi < lo) return fail(c, "invalid character class range");
        charset_add(c->a, k, lo, hi);
    }
    if (c->fault != NULL) return NULL;
    c->at++;
    struct tree *t = leaf(c, T_CLASS, 0);
    t->set = k;
    return t;
}

/* ---------------------------------------------------------------- atoms */

static struct tree *parse_alternatives(struct parser *c);

static struct tree *one_char(struct parser *c, uint32_t cp)
{
    if (!c->fold || regex_other_case(cp) == cp) return leaf(c, T_CHAR, cp);
    struct tree *t = leaf(c, T_CLASS, 0);
    t->set = ARENA_NEW(c->a, struct charset);
    charset_add(c->a, t->set, cp, cp);
    charset_add(c->a, t->set, regex_other_case(cp), regex_other_case(cp));
    return t;
}

/* \Q...\E or to the end; the cursor is after the Q. */
static struct tree *parse_quoted(struct parser *c)
{
    struct tree *t = leaf(c, T_CAT, 0);
    while (more(c) && !(peek(c, 0) == '\\' && peek(c, 1) == 'E')) {
        add_child(t, one_char(c, regex_rune(c->s, &c->at)));
    }
    if (more(c)) c->at += 2;
    return t;
}

/* After a backslash outside of a class. */
static struct tree *parse_escape(struct parser *c)
{
    static const char letters[] = "AzbB";
    static const enum assertion kinds[] = {AT_TEXT_START, AT_TEXT_END, AT_WORD_EDGE, AT_NO_EDGE};
    char e = peek(c, 0);
    if (!more(c)) return fail(c, "trailing \\ at the end of the pattern");
    const char *edge = strchr(letters, e);
    if (e != '\0' && edge != NULL) {
        c->at++;
        return leaf(c, T_ASSERT, kinds[edge - letters]);
    }
    if (e == 'Q') {
        c->at++;
        return parse_quoted(c);
    }
    if (e == 'p' || e == 'P') return fail(c, "\\p classes are not supported");
    struct charset *k = ARENA_NEW(c->a, struct charset);
    if (parse_set_escape(c, k)) {
        struct tree *t = leaf(c, T_CLASS, 0);
        t->set = k;
        return t;
    }
    uint32_t cp;
    if (!parse_char_escape(c, &cp)) return fail(c, "invalid escape sequence");
    return one_char(c, cp);
}

/* "(?flags)" or "(?flags:": the cursor is after the '?'. Sets *scoped for the second. */
static bool parse_flags(struct parser *c, bool *scoped)
{
    bool on = true, any = false;
    for (; more(c); c->at++) {
        char f = peek(c, 0);
        any = any || (f != ')' && f != ':');
        if (f == 'i') {
            c->fold = on;
        } else if (f == 'm') {
            c->multiline = on;
        } else if (f == 's') {
            c->dot_all = on;
        } else if (f == '-' && on) {
            on = false;
        } else if (f == ')' || f == ':') {
            c->at++;
            *scoped = f == ':';
            return any || *scoped;
        } else if (f != 'U') { /* U swaps greedy and lazy, which changes no yes or no */
            break;
        }
    }
    return false;
}

/* "<name>" or "P<name>" after "(?". */
static bool skip_group_name(struct parser *c)
{
    size_t skip = peek(c, 0) == 'P' ? 1 : 0;
    if (peek(c, skip) != '<') return false;
    size_t i = skip + 1;
    for (char ch = peek(c, i); (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z') ||
                               (ch >= 'A' && ch <= 'Z') || ch == '_';
         ch = peek(c, i)) {
        i++;
    }
    if (peek(c, i) != '>' || i == skip + 1) return false;
    c->at += i + 1;
    return true;
}

/* After the '('. Flags set inside hold to the end of the group. */
static struct tree *parse_group(struct parser *c)
{
    bool fold = c->fold, multiline = c->multiline, dot_all = c->dot_all, scoped = true;
    if (++c->depth > REGEX_DEPTH_MAX) return fail(c, "groups are nested too deep");
    if (peek(c, 0) == '?') {
        c->at++;
        if (!skip_group_name(c) && !parse_flags(c, &scoped)) {
            return fail(c, "invalid or unsupported group syntax");
        }
    }
    if (!scoped) { /* (?i): no group at all; the flags hold until the enclosing one ends */
        c->depth--;
        return leaf(c, T_EMPTY, 0);
    }
    struct tree *t = parse_alternatives(c);
    if (t == NULL) return NULL;
    if (peek(c, 0) != ')') return fail(c, "missing closing )");
    c->at++;
    c->depth--;
    c->fold = fold;
    c->multiline = multiline;
    c->dot_all = dot_all;
    return t;
}

static struct tree *parse_atom(struct parser *c)
{
    char ch = peek(c, 0);
    if (ch == '*' || ch == '+' || ch == '?') {
        return fail(c, "missing argument to repetition operator");
    }
    if (ch == '(' || ch == '[' || ch == '\\') {
        c->at++;
        return ch == '(' ? parse_group(c) : ch == '[' ? parse_class(c) : parse_escape(c);
    }
    if (ch == '.' || ch == '^' || ch == '$') {
        c->at++;
        if (ch == '^') return leaf(c, T_ASSERT, c->multiline ? AT_LINE_START : AT_TEXT_START);
        if (ch == '$') return leaf(c, T_ASSERT, c->multiline ? AT_LINE_END : AT_TEXT_END);
        if (c->dot_all) return leaf(c, T_ANY, 0);
        struct tree *t = leaf(c, T_CLASS, 0);
        t->set = ARENA_NEW(c->a, struct charset);
        t->set->negated = true;
        charset_add(c->a, t->set, '\n', '\n');
        return t;
    }
    return one_char(c, regex_rune(c->s, &c->at));
}

/* ---------------------------------------------------------------- repetition */

static bool parse_count(struct parser *c, size_t *i, int *out)
{
    size_t from = *i;
    int v = 0;
    while (peek(c, *i) >= '0' && peek(c, *i) <= '9' && *i - from < 6) {
        v = v * 10 + (peek(c, *i) - '0');
        (*i)++;
    }
    *out = v;
    return *i > from;
}

/* The operator at the cursor, if there is one. "{" that begins no count is a literal, as in RE2. */
static bool parse_repeat(struct parser *c, int *min, int *max)
{
    char ch = peek(c, 0);
    if (ch == '*' || ch == '+' || ch == '?') {
        *min = ch == '+' ? 1 : 0;
        *max = ch == '?' ? 1 : -1;
        c->at++;
    } else if (ch == '{') {
        size_t i = 1;
        if (!parse_count(c, &i, min)) return false;
        *max = *min;
        if (peek(c, i) == ',') {
            i++;
            if (!parse_count(c, &i, max)) *max = -1;
        }
        if (peek(c, i) != '}') return false;
        c->at += i + 1;
        if (*min > REGEX_REPEAT_MAX || *max > REGEX_REPEAT_MAX || (*max >= 0 && *max < *min)) {
            fail(c, "invalid repeat count");
        }
    } else {
        return false;
    }
    if (peek(c, 0) == '?') c->at++; /* lazy: finds another match, not another answer */
    return true;
}

static struct tree *parse_sequence(struct parser *c)
{
    struct tree *cat = leaf(c, T_CAT, 0);
    while (more(c) && peek(c, 0) != '|' && peek(c, 0) != ')') {
        struct tree *atom = parse_atom(c);
        int min, max;
        if (atom == NULL) return NULL;
        if (atom->kind != T_EMPTY && parse_repeat(c, &min, &max)) {
            struct tree *t = leaf(c, T_REPEAT, 0);
            t->min = min;
            t->max = max;
            add_child(t, atom);
            atom = t;
            if (c->fault == NULL && parse_repeat(c, &min, &max)) {
                return fail(c, "invalid nested repetition operator");
            }
        }
        if (c->fault != NULL) return NULL;
        add_child(cat, atom);
    }
    return cat;
}

static struct tree *parse_alternatives(struct parser *c)
{
    struct tree *alt = leaf(c, T_ALT, 0);
    for (;;) {
        struct tree *t = parse_sequence(c);
        if (t == NULL) return NULL;
        add_child(alt, t);
        if (peek(c, 0) != '|') break;
        c->at++;
    }
    return alt->first->next == NULL ? alt->first : alt;
}

struct tree *regex_parse(struct arena *a, struct str pattern, const char **fault_out,
                         size_t *at_out)
{
    struct parser c = {.a = a, .s = pattern};
    struct tree *t = pattern.len > REGEX_PATTERN_BYTES_MAX ? fail(&c, "the pattern is too long")
                                                           : parse_alternatives(&c);
    if (t != NULL && more(&c)) t = fail(&c, "unexpected )");
    if (t == NULL) {
        *fault_out = c.fault;
        *at_out = c.fault_at;
    }
    return t;
}
