#include "core/waiting.h"

#include "base/check.h"

static bool key_is_before(int64_t major, uint32_t id, const struct waiting_node *n)
{
    return major != n->major ? major < n->major : id < n->id;
}

static void least_add(struct least *to, const struct waiting_node *n)
{
    if (n == NULL) return;
    const struct least *l = &n->all;
    if (l->mem_mb < to->mem_mb) to->mem_mb = l->mem_mb;
    if (l->limit_ms < to->limit_ms) to->limit_ms = l->limit_ms;
    if (l->milli < to->milli) to->milli = l->milli;
    if (l->cpus < to->cpus) to->cpus = l->cpus;
    if (l->nodes < to->nodes) to->nodes = l->nodes;
    to->pools |= l->pools;
}

static void sum(struct waiting_node *n)
{
    n->all = n->own;
    least_add(&n->all, n->left);
    least_add(&n->all, n->right);
}

static void split(struct waiting_node *t, const struct waiting_node *key,
                  struct waiting_node **left, struct waiting_node **right)
{
    if (t == NULL) {
        *left = *right = NULL;
    } else if (key_is_before(t->major, t->id, key)) {
        split(t->right, key, &t->right, right);
        *left = t;
        sum(t);
    } else {
        split(t->left, key, left, &t->left);
        *right = t;
        sum(t);
    }
}

static struct waiting_node *join(struct waiting_node *left, struct waiting_node *right)
{
    if (left == NULL) return right;
    if (right == NULL) return left;
    if (left->heap >= right->heap) {
        left->right = join(left->right, right);
        sum(left);
        return left;
    }
    right->left = join(left, right->left);
    sum(right);
    return right;
}

static struct waiting_node *with(struct waiting_node *t, struct waiting_node *n)
{
    if (t == NULL || t->heap < n->heap) {
        split(t, n, &n->left, &n->right);
        t = n;
    } else if (key_is_before(n->major, n->id, t)) {
        t->left = with(t->left, n);
    } else {
        ASSERT(t->major != n->major || t->id != n->id);
        t->right = with(t->right, n);
    }
    sum(t);
    return t;
}

static struct waiting_node *without(struct waiting_node *t, const struct waiting_node *n)
{
    ASSERT(t != NULL);
    if (t == n) return join(t->left, t->right);
    if (key_is_before(n->major, n->id, t))
        t->left = without(t->left, n);
    else
        t->right = without(t->right, n);
    sum(t);
    return t;
}

void waiting_insert(struct waiting *w, struct waiting_node *n, int64_t major, uint32_t id,
                    const struct least *own)
{
    ASSERT(n->heap == 0);
    *n = (struct waiting_node){.major = major, .id = id, .heap = order_heap_of(id), .own = *own};
    w->root = with(w->root, n);
    w->count++;
}

void waiting_remove(struct waiting *w, struct waiting_node *n)
{
    ASSERT(n->heap != 0 && w->count > 0);
    w->root = without(w->root, n);
    *n = (struct waiting_node){0};
    w->count--;
}

/* The first below `t` with a key greater than (major, id); on the way right the key grows. */
static struct waiting_node *find(struct waiting_node *t, int64_t major, uint32_t id,
                                 waiting_test *test, waiting_take *take, const void *of)
{
    while (t != NULL && test(of, &t->all, major, id)) {
        if (key_is_before(major, id, t)) {
            struct waiting_node *found = find(t->left, major, id, test, take, of);
            if (found != NULL) return found;
            if (test(of, &t->own, major, id) && take(of, t)) return t;
            major = t->major;
            id = t->id;
        }
        t = t->right;
    }
    return NULL;
}

struct waiting_node *waiting_find(const struct waiting *w, int64_t major, uint32_t id,
                                  waiting_test *test, waiting_take *take, const void *of)
{
    return find(w->root, major, id, test, take, of);
}

struct waiting_node *waiting_after(const struct waiting *w, int64_t major, uint32_t id)
{
    struct waiting_node *n = w->root, *found = NULL;
    while (n != NULL) {
        bool is_after = key_is_before(major, id, n);
        if (is_after) found = n;
        n = is_after ? n->left : n->right;
    }
    return found;
}
