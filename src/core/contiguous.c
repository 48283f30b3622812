#include "core/contiguous.h"

#include "base/check.h"

/* Nodes first .. end - 1. */
struct run {
    uint32_t first, end;
};

struct search {
    const struct pool_nodes *n;
    const struct size *z;
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

/* On how many switches the block from `first` on lies; 1 where the pool states none. */
static uint32_t switches_of(const struct search *s, uint32_t first)
{
    uint32_t per = s->n->nodes_per_switch;
    return per == 0 ? 1 : (first + s->z->nodes - 1) / per - first / per + 1;
}

/* No block lies on fewer. */
static uint32_t fewest_switches(const struct search *s)
{
    uint32_t per = s->n->nodes_per_switch;
    return per == 0 ? 1 : (s->z->nodes + per - 1) / per;
}

static bool is_allowed(const struct search *s, uint32_t switches)
{
    return s->n->nodes_per_switch == 0 || s->z->switches_max == 0 || switches <= s->z->switches_max;
}

/* The best block of the run, if it is better than the best so far. */
static void look_in(struct search *s, struct run r)
{
    uint32_t large = 0, least = fewest_switches(s), length = r.end - r.first;
    const struct need *larger = &s->z->part[0].each;
    for (uint32_t i = r.first; i < r.end; i++) {
        if (!is_even(s->z)) {
            large += node_fits(s->n, i, larger);
            if (i >= r.first + s->z->nodes) large -= node_fits(s->n, i - s->z->nodes, larger);
            if (large < s->z->part[0].count) continue;
        }
        if (i + 1 < r.first + s->z->nodes) continue;
        uint32_t first = i + 1 - s->z->nodes, switches = switches_of(s, first);
        bool better = s->best == NO_INDEX || switches < s->switches ||
                      (switches == s->switches && length < s->run);
        if (!better || !is_allowed(s, switches)) continue;
        s->best = first;
        s->switches = switches;
        s->run = length;
        if (s->any || switches == least) return;
    }
}

/* The best that any run could still give has been found. */
static bool is_done(const struct search *s)
{
    if (s->best == NO_INDEX) return false;
    return s->any || (s->switches == fewest_switches(s) && s->run == s->z->nodes);
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
    while (first != NO_INDEX && !is_done(s)) {
        struct run r = {first, run_end(s, first)};
        if (r.end - r.first >= s->z->nodes) look_in(s, r);
        first = nodes_next(s->n, smaller(s->z), r.end);
    }
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
