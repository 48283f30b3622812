#include "core/node_notes.h"

#include "base/check.h"
#include "base/mem.h"

#include <string.h>

void visit_node_note(struct visit *v, struct node_note *n)
{
    visit_u32(v, "pool", &n->pool);
    visit_u32(v, "first", &n->first);
    visit_u32(v, "count", &n->count);
    visit_text(v, "reason", &n->reason);
    visit_u32(v, "uid", &n->uid);
    visit_i64(v, "at_ms", &n->at_ms);
}

static struct str text_copy(struct str text)
{
    if (text.len == 0) return (struct str){0};
    char *copy = mem_alloc(text.len, 1);
    memcpy(copy, text.p, text.len);
    return (struct str){copy, text.len};
}

static void text_free(struct str text)
{
    char *p; /* ours: made above */
    memcpy(&p, &text.p, sizeof p);
    mem_free(p);
}

void node_notes_release(struct node_notes *n)
{
    for (size_t i = 0; i < n->count; i++) text_free(n->list[i].reason);
    mem_free(n->list);
    *n = (struct node_notes){0};
}

/* The first note that ends behind the node, or the number of notes. */
static size_t place_of(const struct node_notes *n, uint32_t pool, uint32_t node)
{
    size_t low = 0, high = n->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const struct node_note *x = &n->list[mid];
        if (x->pool < pool || (x->pool == pool && x->first + x->count <= node))
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* Put `added` notes in the place of those from `at` to before `end`. */
static void splice(struct node_notes *n, size_t at, size_t end, const struct node_note *with,
                   size_t added)
{
    size_t count = n->count - (end - at) + added;
    if (at == end && added == 0) return;
    n->list = mem_grow(n->list, &n->cap, count, sizeof *n->list);
    memmove(n->list + at + added, n->list + end, (n->count - end) * sizeof *n->list);
    if (added > 0) memcpy(n->list + at, with, added * sizeof *with);
    n->count = count;
}

/* Cut nodes [first, end) of the pool out of the notes; gives the place where theirs would stand. */
static size_t cut(struct node_notes *n, uint32_t pool, uint32_t first, uint32_t end)
{
    size_t at = place_of(n, pool, first), behind = at;
    struct node_note rest[2];
    size_t rests = 0, place = at;
    for (; behind < n->count; behind++) {
        struct node_note *x = &n->list[behind];
        uint32_t x_end = x->first + x->count;
        if (x->pool != pool || x->first >= end) break;
        if (x->first < first) {
            rest[rests] = *x;
            rest[rests].count = first - x->first;
            rest[rests++].reason = text_copy(x->reason);
            place++;
        }
        if (x_end > end) {
            rest[rests] = *x;
            rest[rests].first = end;
            rest[rests].count = x_end - end;
            rest[rests++].reason = text_copy(x->reason);
        }
        text_free(x->reason);
    }
    splice(n, at, behind, rest, rests);
    return place;
}

void node_notes_set(struct node_notes *n, const struct node_note *note)
{
    ASSERT(note->count > 0 && note->count <= UINT32_MAX - note->first);
    struct node_note kept = *note;
    kept.reason = text_copy(note->reason); /* before the cut: it may be one of ours */
    size_t at = cut(n, note->pool, note->first, note->first + note->count);
    splice(n, at, at, &kept, 1);
}

void node_notes_forget(struct node_notes *n, uint32_t pool, uint32_t first, uint32_t count)
{
    ASSERT(count <= UINT32_MAX - first);
    cut(n, pool, first, first + count);
}

const struct node_note *node_notes_find(const struct node_notes *n, uint32_t pool, uint32_t node)
{
    size_t at = place_of(n, pool, node);
    if (at == n->count) return NULL;
    const struct node_note *x = &n->list[at];
    return x->pool == pool && x->first <= node ? x : NULL;
}
