#include "core/forms.h"

#include "base/check.h"
#include "base/civil.h"
#include "base/mem.h"
#include "core/contiguous.h"
#include "core/leaves.h"
#include "core/switches.h"

bool form_matters(const struct pool_nodes *n, const struct size *z)
{
    return contiguous_matters(z) || (z->switches_max > 0 && switches_matter(n, z));
}

static bool binds_switches(const struct form_nodes *f, const struct size *z)
{
    return f->topology != NULL && z->switches_max > 0;
}

/* ---- adjacent -------------------------------------------------------------------------------- */

/* The first block that is ready by `at`; NO_INDEX: none. */
static uint32_t block_by(const struct form_nodes *f, const struct size *z, int64_t at)
{
    uint32_t run = 0, large = 0, found = NO_INDEX;
    struct leaves on;
    leaves_init(&on, f->topology);
    for (uint32_t i = 0; i < f->count && found == NO_INDEX; i++) {
        large += f->large[i] <= at;
        leaves_add(&on, i);
        if (i >= z->nodes) {
            large -= f->large[i - z->nodes] <= at;
            leaves_drop(&on, i - z->nodes);
        }
        run = f->small[i] <= at ? run + 1 : 0;
        if (run < z->nodes || large < z->part[0].count) continue;
        if (!binds_switches(f, z) || on.count <= z->switches_max) found = i + 1 - z->nodes;
    }
    leaves_release(&on);
    return found;
}

/* ---- on few switches ------------------------------------------------------------------------- */

struct ready {
    uint32_t large, all;
};

static struct ready ready_on(const struct form_nodes *f, uint32_t leaf, int64_t at)
{
    const struct topology *t = f->topology;
    struct ready r = {0, 0};
    for (uint32_t k = t->span_first[leaf]; k < t->span_first[leaf + 1]; k++) {
        uint32_t end = t->spans[k].first + t->spans[k].count;
        for (uint32_t i = t->spans[k].first; i < end; i++) {
            r.large += f->large[i] <= at;
            r.all += f->small[i] <= at;
        }
    }
    return r;
}

/* The first leaf that holds it alone; NO_INDEX: none. */
static uint32_t switch_by(const struct form_nodes *f, const struct size *z, int64_t at)
{
    for (uint32_t s = 0; s < f->topology->leaf_count; s++) {
        struct ready r = ready_on(f, s, at);
        if (r.large >= z->part[0].count && r.all >= z->nodes) return s;
    }
    return NO_INDEX;
}

/* Of a gang whose nodes all need the same: how many nodes the leaves it would take have at least.
 * Those with the most nodes are taken; of nodes beyond the gang's nothing is to be had. 0: too few. */
static uint32_t least_taken(const struct form_nodes *f, const struct size *z, int64_t at)
{
    uint32_t *with = mem_alloc((size_t)z->nodes + 1, sizeof *with); /* leaves, by ready nodes */
    for (uint32_t s = 0; s < f->topology->leaf_count; s++) {
        uint32_t ready = ready_on(f, s, at).all;
        with[ready < z->nodes ? ready : z->nodes]++;
    }
    uint32_t left = z->switches_max, got = 0, least = z->nodes + 1;
    while (got < z->nodes && left > 0 && least > 1) {
        uint32_t take = with[--least] < left ? with[least] : left;
        uint64_t sum = got + (uint64_t)take * least;
        got = sum < z->nodes ? (uint32_t)sum : z->nodes;
        left -= take;
    }
    mem_free(with);
    return got == z->nodes ? least : 0;
}

/* ---- both ------------------------------------------------------------------------------------ */

/* As if all nodes of the gang had the larger need. */
static struct form_nodes all_large(const struct form_nodes *f)
{
    return (struct form_nodes){f->large, f->large, f->count, f->topology};
}

static bool is_ready_by(const struct form_nodes *f, const struct size *z, int64_t at)
{
    const struct form_nodes even = all_large(f);
    if (z->contiguous) return block_by(f, z, at) != NO_INDEX;
    if (z->switches_max == 1) return switch_by(f, z, at) != NO_INDEX;
    if (z->part[1].count == 0) return least_taken(f, z, at) > 0;
    return switch_by(f, z, at) != NO_INDEX || least_taken(&even, z, at) > 0;
}

int64_t form_at(const struct form_nodes *f, const struct size *z, int64_t hint)
{
    int64_t low = 0, high = 0; /* ready by `high`, not before `low` */
    for (uint32_t i = 0; i < f->count; i++)
        if (f->large[i] != CIVIL_NEVER_MS && f->large[i] > high) high = f->large[i];
    for (uint32_t i = 0; i < f->count; i++)
        if (f->small[i] != CIVIL_NEVER_MS && f->small[i] > high) high = f->small[i];
    if (!is_ready_by(f, z, high)) return CIVIL_NEVER_MS;
    if (hint > 0 && hint < high) {
        if (is_ready_by(f, z, hint))
            high = hint;
        else
            low = hint + 1;
        if (high == hint && !is_ready_by(f, z, hint - 1)) return hint;
    }
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (is_ready_by(f, z, middle))
            high = middle;
        else
            low = middle + 1;
    }
    return high;
}

/* The nodes of the leaf that are ready, as many as are still wanted. Gives how many there are. */
static uint32_t take_ready(const struct form_nodes *f, const struct size *z, int64_t at,
                           uint32_t leaf, uint32_t got, uint32_t *out)
{
    const struct topology *t = f->topology;
    for (uint32_t k = t->span_first[leaf]; k < t->span_first[leaf + 1]; k++) {
        uint32_t end = t->spans[k].first + t->spans[k].count;
        for (uint32_t i = t->spans[k].first; i < end && got < z->nodes; i++)
            if (f->small[i] <= at) out[got++] = i;
    }
    return got;
}

/* A leaf that holds a gang of two needs alone: as many nodes that hold the larger one as it takes,
 * then others, in order. */
static void take_uneven(const struct form_nodes *f, const struct size *z, int64_t at, uint32_t leaf,
                        uint32_t *out)
{
    const struct topology *t = f->topology;
    uint32_t large = 0, others = 0, got = 0;
    for (uint32_t k = t->span_first[leaf]; k < t->span_first[leaf + 1]; k++) {
        uint32_t end = t->spans[k].first + t->spans[k].count;
        for (uint32_t i = t->spans[k].first; i < end && got < z->nodes; i++) {
            bool is_large = f->large[i] <= at && large < z->part[0].count;
            bool is_other = !is_large && f->small[i] <= at && others < z->part[1].count;
            large += is_large;
            others += is_other;
            if (is_large || is_other) out[got++] = i;
        }
    }
    ASSERT(got == z->nodes);
}

/* Of a gang whose nodes all need the same, on two switches or more: from the fullest on. */
static void take_even(const struct form_nodes *f, const struct size *z, int64_t at, uint32_t *out)
{
    uint32_t least = least_taken(f, z, at), taken = 0, got = 0;
    ASSERT(least > 0);
    for (int pass = 0; pass < 2; pass++) { /* all with more, then as many with just that */
        for (uint32_t s = 0; s < f->topology->leaf_count && taken < z->switches_max; s++) {
            uint32_t ready = ready_on(f, s, at).all;
            if (pass == 0 ? ready <= least : ready != least) continue;
            got = take_ready(f, z, at, s, got, out);
            taken++;
        }
    }
    ASSERT(got == z->nodes);
}

void form_take(const struct form_nodes *f, const struct size *z, int64_t at, uint32_t *out)
{
    const struct form_nodes even = all_large(f);
    bool is_even = z->part[1].count == 0;
    if (z->contiguous) {
        uint32_t first = block_by(f, z, at);
        ASSERT(first != NO_INDEX);
        for (uint32_t got = 0; got < z->nodes; got++) out[got] = first + got;
        return;
    }
    uint32_t one = is_even && z->switches_max > 1 ? NO_INDEX : switch_by(f, z, at);
    if (one == NO_INDEX)
        take_even(is_even ? f : &even, z, at, out);
    else if (is_even)
        take_ready(f, z, at, one, 0, out);
    else
        take_uneven(f, z, at, one, out);
}
