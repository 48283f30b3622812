#include "core/shapes.h"

#include "base/check.h"
#include "base/mem.h"
#include "core/hash.h"

static int cmp_u64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

int free_room_compare(const struct free_room *a, const struct free_room *b)
{
    int c = cmp_u64(a->chips, b->chips);
    if (c == 0) c = cmp_u64(a->partial_count, b->partial_count);
    for (uint32_t i = 0; c == 0 && i < a->partial_count; i++)
        c = cmp_u64(a->partial[i], b->partial[i]);
    if (c == 0) c = cmp_u64(a->cpus, b->cpus);
    if (c == 0) c = cmp_u64(a->mem_mb, b->mem_mb);
    return c != 0 ? c : cmp_u64(a->is_kept, b->is_kept);
}

static uint32_t heap_of(const struct free_room *f)
{
    const uint64_t words[] = {(uint64_t)f->chips << 32 | f->cpus, f->mem_mb};
    uint64_t h = hash_bytes(words, sizeof words, f->is_kept);
    return (uint32_t)hash_bytes(f->partial, f->partial_count * sizeof *f->partial, h);
}

void shapes_release(struct shapes *s)
{
    for (struct shape *x = s->first; x != NULL;) {
        struct shape *next = x->after;
        mem_free(x);
        x = next;
    }
    *s = (struct shapes){0};
}

/* Split the tree `t` into the shapes before `f` and those after it. */
static void split(struct shape *t, const struct free_room *f, struct shape **left,
                  struct shape **right)
{
    while (t != NULL) {
        if (free_room_compare(&t->free, f) < 0) {
            *left = t;
            left = &t->right;
            t = t->right;
        } else {
            *right = t;
            right = &t->left;
            t = t->left;
        }
    }
    *left = NULL;
    *right = NULL;
}

static struct shape *shape_new(struct shapes *s, const struct free_room *f, struct shape *before)
{
    struct shape *x = mem_alloc(1, sizeof *x);
    x->free = *f;
    x->heap = heap_of(f);
    x->before = before;
    x->after = before != NULL ? before->after : s->first;
    if (x->after != NULL)
        x->after->before = x;
    else
        s->last = x;
    if (before != NULL)
        before->after = x;
    else
        s->first = x;
    struct shape **at = &s->root;
    while (*at != NULL && (*at)->heap >= x->heap)
        at = free_room_compare(&(*at)->free, f) < 0 ? &(*at)->right : &(*at)->left;
    split(*at, f, &x->left, &x->right);
    *at = x;
    s->count++;
    return x;
}

static void shape_free(struct shapes *s, struct shape *x)
{
    if (x->before != NULL)
        x->before->after = x->after;
    else
        s->first = x->after;
    if (x->after != NULL)
        x->after->before = x->before;
    else
        s->last = x->before;
    struct shape **at = &s->root;
    while (*at != x) {
        ASSERT(*at != NULL);
        at = free_room_compare(&(*at)->free, &x->free) < 0 ? &(*at)->right : &(*at)->left;
    }
    struct shape *left = x->left, *right = x->right;
    while (left != NULL && right != NULL) {
        if (left->heap >= right->heap) {
            *at = left;
            at = &left->right;
            left = left->right;
        } else {
            *at = right;
            at = &right->left;
            right = right->left;
        }
    }
    *at = left != NULL ? left : right;
    s->count--;
    mem_free(x);
}

struct shape *shapes_enter(struct shapes *s, const struct free_room *free, struct order_node *node,
                           uint32_t index)
{
    struct shape *x = s->root, *before = NULL;
    while (x != NULL) {
        int c = free_room_compare(&x->free, free);
        if (c == 0) break;
        if (c < 0) before = x;
        x = c < 0 ? x->right : x->left;
    }
    if (x == NULL) x = shape_new(s, free, before);
    order_insert(&x->nodes, node, 0, index);
    return x;
}

void shapes_leave(struct shapes *s, struct shape *x, struct order_node *node)
{
    order_remove(&x->nodes, node);
    if (x->nodes.count == 0) shape_free(s, x);
}

struct shape *shapes_from(const struct shapes *s, uint32_t chips)
{
    struct shape *x = s->root, *found = NULL;
    while (x != NULL) {
        bool will_do = x->free.chips >= chips;
        if (will_do) found = x;
        x = will_do ? x->left : x->right;
    }
    return found;
}
