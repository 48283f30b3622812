#include "core/contiguous.h"

#include "base/check.h"
#include "core/leaves.h"

/* Nodes first .. end - 1. */
struct run {
    uint32_t first, end;
};

struct search {
    const struct pool_nodes *n;
    const struct size *z;
    struct leaves on; /* of the block that is looked at */
    bool any; /* the first block found will do */
    uint32_t best; /* its first node, or NO_INDEX */
    uint32_t switches, run; /* on how many it lies, and the length of its run */
};

bool contiguous_matters(const struct size *z)
{
    return z->contiguous && z->nodes > 1;
}

static bool is_even(const struct size *z)
{
    return z->part[1].count == 0;
}

static const struct need *smaller(const struct size *z)
{
    return &z->part[is_even(z) ? 0 : 1].each;
}

static bool is_allowed(const struct search *s)
{
    return s->on.topology == NULL || s->z->switches_max == 0 || s->on.count <= s->z->switches_max;
}

/* The block from `first` on, in a run of that length; true: no block of the run is better. */
static bool look_at(struct search *s, uint32_t first, uint32_t length)
{
    uint32_t switches = s->on.count;
    bool better = s->best == NO_INDEX || switches < s->switches ||
                  (switches == s->switches && length < s->run);
    if (!better || !is_allowed(s)) return false;
    s->best = first;
    s->switches = switches;
    s->run = length;
    return s->any || switches == leaves_least(&s->on, s->z->nodes);
}

/* The best block of the run, if it is better than the best so far. */
static void look_in(struct search *s, struct run r)
{
    uint32_t large = 0, first = r.first, i = r.first; /* the block: first .. i - 1 */
    const struct need *larger = &s->z->part[0].each;
    for (bool done = false; i < r.end && !done;) {
        if (i - first == s->z->nodes) {
            large -= is_even(s->z) || node_fits(s->n, first, larger);
            leaves_drop(&s->on, first++);
        }
        large += is_even(s->z) || node_fits(s->n, i, larger);
        leaves_add(&s->on, i++);
        if (i - first == s->z->nodes && large >= s->z->part[0].count)
            done = look_at(s, first, r.end - r.first);
    }
    while (first < i) leaves_drop(&s->on, first++);
}

/* The best that any run could still give has been found. */
static bool is_done(const struct search *s)
{
    if (s->best == NO_INDEX) return false;
    return s->any || (s->switches == leaves_least(&s->on, s->z->nodes) && s->run == s->z->nodes);
}

/* The first node from `first` on that is not of its run. */
static uint32_t run_end(const struct search *s, uint32_t first)
{
    uint32_t end = first + 1;
    while (end < s->n->count && node_fits(s->n, end, smaller(s->z))) end++;
    return end;
}

static void look_everywhere(struct search *s)
{
    uint32_t first = nodes_next(s->n, smaller(s->z), 0);
    leaves_init(&s->on, s->n->topology);
    while (first != NO_INDEX && !is_done(s)) {
        struct run r = {first, run_end(s, first)};
        if (r.end - r.first >= s->z->nodes) look_in(s, r);
        first = nodes_next(s->n, smaller(s->z), r.end);
    }
    leaves_release(&s->on);
}

uint32_t contiguous_pick(const struct pool_nodes *n, const struct size *z)
{
    ASSERT(contiguous_matters(z));
    struct search s = {.n = n, .z = z, .best = NO_INDEX};
    look_everywhere(&s);
    return s.best;
}

bool contiguous_fits(const struct pool_nodes *n, const struct size *z)
{
    ASSERT(contiguous_matters(z));
    struct search s = {.n = n, .z = z, .any = true, .best = NO_INDEX};
    look_everywhere(&s);
    return s.best != NO_INDEX;
}
