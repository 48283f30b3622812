/* regex.c - see regex.h: from a tree to a program, and the machine that runs it. */
#include "law/cel/regex.h"

#include "base/check.h"
#include "law/cel/regex_tree.h"

#include <string.h>

/* ---------------------------------------------------------------- program */

enum opcode { RE_CHAR, RE_ANY, RE_CLASS, RE_SPLIT, RE_JUMP, RE_ASSERT, RE_MATCH };

struct instr {
    enum opcode op;
    uint32_t x, y; /* char: code point; split, jump: targets; assert: enum assertion */
    const struct charset *set; /* class */
};

struct regex {
    struct instr *program;
    uint32_t count;
    uint64_t weight; /* instructions and class ranges: the most looked at per character */
};

/* ---------------------------------------------------------------- emit */

struct emitter {
    struct regex *out;
    uint32_t visits; /* of tree nodes: bounds repeats of nothing, too */
    bool too_large;
};

static uint32_t emit(struct emitter *c, enum opcode op, uint32_t x, uint32_t y)
{
    struct regex *re = c->out;
    if (re->count >= REGEX_PROGRAM_MAX) {
        c->too_large = true;
        return 0;
    }
    re->program[re->count] = (struct instr){.op = op, .x = x, .y = y};
    return re->count++;
}

static void emit_tree(struct emitter *c, const struct tree *t);

static void emit_alternatives(struct emitter *c, const struct tree *t)
{
    /* split L1, next; L1: first; jump end; next: ... The jumps are chained through x until the
     * end is known. */
    uint32_t chain = UINT32_MAX;
    for (const struct tree *k = t->first; k != NULL && !c->too_large; k = k->next) {
        if (k->next == NULL) {
            emit_tree(c, k);
            break;
        }
        uint32_t split = emit(c, RE_SPLIT, c->out->count + 1, 0);
        emit_tree(c, k);
        chain = emit(c, RE_JUMP, chain, 0);
        c->out->program[split].y = c->out->count;
    }
    while (chain != UINT32_MAX && !c->too_large) {
        uint32_t next = c->out->program[chain].x;
        c->out->program[chain].x = c->out->count;
        chain = next;
    }
}

static void emit_repeat(struct emitter *c, const struct tree *t)
{
    for (int i = 0; i < t->min && !c->too_large; i++) emit_tree(c, t->first);
    if (t->max < 0) {
        uint32_t split = emit(c, RE_SPLIT, c->out->count + 1, 0);
        emit_tree(c, t->first);
        (void)emit(c, RE_JUMP, split, 0);
        c->out->program[split].y = c->out->count;
        return;
    }
    uint32_t chain = UINT32_MAX;
    for (int i = t->min; i < t->max && !c->too_large; i++) {
        chain = emit(c, RE_SPLIT, c->out->count + 1, chain);
        emit_tree(c, t->first);
    }
    while (chain != UINT32_MAX && !c->too_large) {
        uint32_t next = c->out->program[chain].y;
        c->out->program[chain].y = c->out->count;
        chain = next;
    }
}

static void emit_tree(struct emitter *c, const struct tree *t)
{
    if (c->too_large) return;
    if (++c->visits > 4 * REGEX_PROGRAM_MAX) {
        c->too_large = true;
        return;
    }
    switch (t->kind) {
    case T_EMPTY: return;
    case T_CHAR: (void)emit(c, RE_CHAR, t->value, 0); return;
    case T_ANY: (void)emit(c, RE_ANY, 0, 0); return;
    case T_ASSERT: (void)emit(c, RE_ASSERT, t->value, 0); return;
    case T_CLASS: c->out->program[emit(c, RE_CLASS, 0, 0)].set = t->set; return;
    case T_CAT:
        for (const struct tree *k = t->first; k != NULL; k = k->next) emit_tree(c, k);
        return;
    case T_ALT: emit_alternatives(c, t); return;
    case T_REPEAT: emit_repeat(c, t); return;
    }
}

/* Copy the program and its sets out of the scratch arena. */
static const struct regex *keep(struct arena *a, const struct regex *from)
{
    struct regex *re = ARENA_NEW(a, struct regex);
    re->count = from->count;
    re->weight = from->count;
    re->program = ARENA_ARRAY(a, re->count, struct instr);
    memcpy(re->program, from->program, re->count * sizeof(struct instr));
    for (uint32_t i = 0; i < re->count; i++) {
        const struct charset *set = re->program[i].set;
        if (re->program[i].op != RE_CLASS) continue;
        struct charset *k = ARENA_NEW(a, struct charset);
        *k = *set;
        k->ranges = ARENA_ARRAY(a, k->count, struct range);
        memcpy(k->ranges, set->ranges, k->count * sizeof(struct range));
        re->program[i].set = k;
        re->weight += k->count;
    }
    return re;
}

const struct regex *regex_compile(struct arena *a, struct str pattern, const char **fault_out,
                                  size_t *at_out)
{
    struct arena scratch; /* the tree and a program of the largest size */
    const struct regex *made = NULL;
    arena_init(&scratch);
    const struct tree *t = regex_parse(&scratch, pattern, fault_out, at_out);
    if (t != NULL) {
        struct regex draft = {.program = ARENA_ARRAY(&scratch, REGEX_PROGRAM_MAX, struct instr)};
        struct emitter e = {.out = &draft};
        emit_tree(&e, t);
        (void)emit(&e, RE_MATCH, 0, 0);
        if (!e.too_large) {
            made = keep(a, &draft);
        } else {
            *fault_out = "the pattern is too large";
            *at_out = 0;
        }
    }
    arena_release(&scratch);
    return made;
}

/* ---------------------------------------------------------------- match */

/* A set of program positions with insertion order and constant-time membership (Briggs and
 * Torczon, 1993). */
struct set {
    uint32_t *dense, *sparse;
    uint32_t count;
};

struct machine {
    const struct regex *re;
    struct set now, next;
    uint32_t *stack;
    struct str text;
    uint32_t before, after; /* code points around the position, NO_RUNE at the ends */
};

enum { NO_RUNE = 0x110000 };

static bool set_add(struct set *s, uint32_t v)
{
    uint32_t i = s->sparse[v];
    if (i < s->count && s->dense[i] == v) return false;
    s->sparse[v] = s->count;
    s->dense[s->count++] = v;
    return true;
}

static bool is_word(uint32_t cp)
{
    return (cp >= '0' && cp <= '9') || (cp >= 'A' && cp <= 'Z') || (cp >= 'a' && cp <= 'z') ||
           cp == '_';
}

static bool holds(const struct machine *m, uint32_t assertion)
{
    switch ((enum assertion)assertion) {
    case AT_TEXT_START: return m->before == NO_RUNE;
    case AT_TEXT_END: return m->after == NO_RUNE;
    case AT_LINE_START: return m->before == NO_RUNE || m->before == '\n';
    case AT_LINE_END: return m->after == NO_RUNE || m->after == '\n';
    case AT_WORD_EDGE: return is_word(m->before) != is_word(m->after);
    case AT_NO_EDGE: return is_word(m->before) == is_word(m->after);
    }
    return false;
}

/* Add position `pc` and all that is reached from it without reading. True when that is a match. */
static bool add_thread(struct machine *m, struct set *s, uint32_t pc)
{
    uint32_t n = 0;
    if (set_add(s, pc)) m->stack[n++] = pc;
    while (n > 0) {
        const struct instr *in = &m->re->program[m->stack[--n]];
        uint32_t here = (uint32_t)(in - m->re->program);
        if (in->op == RE_MATCH) return true;
        if (in->op == RE_JUMP || in->op == RE_SPLIT) {
            if (set_add(s, in->x)) m->stack[n++] = in->x;
            if (in->op == RE_SPLIT && set_add(s, in->y)) m->stack[n++] = in->y;
        } else if (in->op == RE_ASSERT && holds(m, in->x)) {
            if (set_add(s, here + 1)) m->stack[n++] = here + 1;
        }
    }
    return false;
}

static bool reads(const struct instr *in, uint32_t cp)
{
    if (in->op == RE_CHAR) return in->x == cp;
    if (in->op == RE_CLASS) return charset_has(in->set, cp);
    return in->op == RE_ANY;
}

static bool run(struct machine *m)
{
    size_t at = 0;
    m->before = NO_RUNE;
    m->after = m->text.len > 0 ? regex_rune(m->text, &at) : NO_RUNE;
    for (;;) {
        /* An unanchored search may begin at every position. */
        if (add_thread(m, &m->now, 0)) return true;
        uint32_t cp = m->after;
        if (cp == NO_RUNE) return false;
        m->before = cp;
        m->after = at < m->text.len ? regex_rune(m->text, &at) : NO_RUNE;
        m->next.count = 0;
        for (uint32_t i = 0; i < m->now.count; i++) {
            uint32_t pc = m->now.dense[i];
            if (reads(&m->re->program[pc], cp) && add_thread(m, &m->next, pc + 1)) return true;
        }
        struct set swap = m->now;
        m->now = m->next;
        m->next = swap;
    }
}

bool regex_matches(const struct regex *re, struct str text, struct arena *a)
{
    ASSERT(re->count > 0);
    uint32_t *words = ARENA_ARRAY(a, (size_t)re->count * 5, uint32_t);
    struct machine m = {
        .re = re,
        .text = text,
        .now = {.dense = words, .sparse = words + re->count},
        .next = {.dense = words + 2 * (size_t)re->count, .sparse = words + 3 * (size_t)re->count},
        .stack = words + 4 * (size_t)re->count};
    return run(&m);
}

uint64_t regex_cost(const struct regex *re, size_t text_bytes)
{
    return ((uint64_t)text_bytes + 1) * re->weight / 16 + 1;
}
