#include "sim/post.h"

#include "base/mem.h"

void post_release(struct post *p)
{
    mem_free(p->notes);
    *p = (struct post){0};
}

static bool is_before(const struct note *a, const struct note *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->seq < b->seq;
}

void post_put(struct post *p, const struct note *n)
{
    p->notes = mem_grow(p->notes, &p->cap, p->count + 1, sizeof *p->notes);
    struct note copy = *n;
    copy.seq = p->seq++;
    size_t at = p->count++;
    while (at > 0 && is_before(&copy, &p->notes[(at - 1) / 2])) {
        p->notes[at] = p->notes[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    p->notes[at] = copy;
}

bool post_take(struct post *p, struct note *out)
{
    if (p->count == 0) return false;
    *out = p->notes[0];
    struct note last = p->notes[--p->count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= p->count) break;
        if (child + 1 < p->count && is_before(&p->notes[child + 1], &p->notes[child])) child++;
        if (!is_before(&p->notes[child], &last)) break;
        p->notes[at] = p->notes[child];
        at = child;
    }
    if (p->count > 0) p->notes[at] = last;
    return true;
}
