#include "core/order.h"

#include "base/check.h"

/* A finaliser of 32 bits (C. Wellons, hash prospector: lowbias32). */
uint32_t order_heap_of(uint32_t id)
{
    uint32_t x = id;
    x ^= x >> 16;
    x *= 0x7feb352dU;
    x ^= x >> 15;
    x *= 0x846ca68bU;
    x ^= x >> 16;
    return x | 1u;
}

/* Is the key of `a` smaller? */
static bool is_before(const struct order_node *a, const struct order_node *b)
{
    if (a->major != b->major) return a->major < b->major;
    return a->minor != b->minor ? a->minor < b->minor : a->id < b->id;
}

/* Split the tree `t` into the nodes before `key` and the others. */
static void split(struct order_node *t, const struct order_node *key, struct order_node **left,
                  struct order_node **right)
{
    while (t != NULL) {
        if (is_before(t, key)) {
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

void order_insert(struct order *o, struct order_node *n, int64_t major, uint32_t id)
{
    order_insert_minor(o, n, major, 0, id);
}

void order_insert_minor(struct order *o, struct order_node *n, int64_t major, int64_t minor,
                        uint32_t id)
{
    ASSERT(n->heap == 0);
    *n = (struct order_node){.major = major, .minor = minor, .id = id, .heap = order_heap_of(id)};
    struct order_node **at = &o->root;
    while (*at != NULL && (*at)->heap >= n->heap) {
        struct order_node *t = *at;
        ASSERT(t->major != major || t->minor != minor || t->id != id);
        at = is_before(t, n) ? &t->right : &t->left;
    }
    split(*at, n, &n->left, &n->right);
    *at = n;
    o->count++;
}

void order_remove(struct order *o, struct order_node *n)
{
    ASSERT(n->heap != 0 && o->count > 0);
    struct order_node **at = &o->root;
    while (*at != n) {
        ASSERT(*at != NULL);
        at = is_before(*at, n) ? &(*at)->right : &(*at)->left;
    }
    struct order_node *left = n->left, *right = n->right;
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
    *n = (struct order_node){0};
    o->count--;
}

bool order_holds(const struct order_node *n)
{
    return n->heap != 0;
}

struct order_node *order_first(const struct order *o)
{
    struct order_node *n = o->root;
    while (n != NULL && n->left != NULL) n = n->left;
    return n;
}

/* Recurses as deep as the tree is: some tens for any ids not chosen against the mix. */
static void list(struct order_node *n, struct order_node **out, uint32_t most, uint32_t *count)
{
    for (; n != NULL && *count < most; n = n->right) {
        list(n->left, out, most, count);
        if (*count < most) out[(*count)++] = n;
    }
}

uint32_t order_list(const struct order *o, struct order_node **out, uint32_t most)
{
    uint32_t count = 0;
    list(o->root, out, most, &count);
    return count;
}

struct order_node *order_after(const struct order *o, int64_t major, uint32_t id)
{
    struct order_node *n = o->root, *found = NULL;
    const struct order_node key = {.major = major, .id = id};
    while (n != NULL) {
        bool is_after = is_before(&key, n);
        if (is_after) found = n;
        n = is_after ? n->left : n->right;
    }
    return found;
}
