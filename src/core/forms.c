#include "core/forms.h"

#include "base/check.h"
#include "base/civil.h"
#include "base/mem.h"
#include "core/contiguous.h"
#include "core/switches.h"

bool form_matters(const struct pool_nodes *n, const struct size *z)
{
    return contiguous_matters(z) || (z->switches_max > 0 && switches_matter(n, z));
}

static bool binds_switches(const struct form_nodes *f, const struct size *z)
{
    return f->nodes_per_switch > 0 && z->switches_max > 0;
}

/* ---- adjacent -------------------------------------------------------------------------------- */

/* The first block that is ready by `at`; NO_INDEX: none. */
static uint32_t block_by(const struct form_nodes *f, const struct size *z, int64_t at)
{
    uint32_t run = 0, large = 0, per = f->nodes_per_switch;
    for (uint32_t i = 0; i < f->count; i++) {
        large += f->large[i] <= at;
        if (i >= z->nodes) large -= f->large[i - z->nodes] <= at;
        run = f->small[i] <= at ? run + 1 : 0;
        if (run < z->nodes || large < z->part[0].count) continue;
        uint32_t first = i + 1 - z->nodes;
        if (!binds_switches(f, z) || i / per - first / per < z->switches_max) return first;
    }
    return NO_INDEX;
}

/* ---- on few switches ------------------------------------------------------------------------- */

struct ready {
    uint32_t large, all;
};

static struct ready ready_on(const struct form_nodes *f, uint32_t at_switch, int64_t at)
{
    struct ready r = {0, 0};
    uint32_t first = at_switch * f->nodes_per_switch, end = first + f->nodes_per_switch;
    for (uint32_t i = first; i < end && i < f->count; i++) {
        r.large += f->large[i] <= at;
        r.all += f->small[i] <= at;
    }
    return r;
}

static uint32_t switch_count(const struct form_nodes *f)
{
    return (f->count + f->nodes_per_switch - 1) / f->nodes_per_switch;
}

/* The first switch that holds it alone; NO_INDEX: none. */
static uint32_t switch_by(const struct form_nodes *f, const struct size *z, int64_t at)
{
    for (uint32_t s = 0, count = switch_count(f); s < count; s++) {
        struct ready r = ready_on(f, s, at);
        if (r.large >= z->part[0].count && r.all >= z->nodes) return s;
    }
    return NO_INDEX;
}

/* Of a gang whose nodes all need the same: how many nodes the switches it would take have at least.
 * Those with the most nodes are taken; of nodes beyond the gang's nothing is to be had. 0: too few. */
static uint32_t least_taken(const struct form_nodes *f, const struct size *z, int64_t at)
{
    uint32_t *with = mem_alloc((size_t)z->nodes + 1, sizeof *with); /* switches, by ready nodes */
    for (uint32_t s = 0, count = switch_count(f); s < count; s++) {
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

static bool is_ready_by(const struct form_nodes *f, const struct size *z, int64_t at)
{
    if (z->contiguous) return block_by(f, z, at) != NO_INDEX;
    if (z->switches_max > 1 && z->part[1].count == 0) return least_taken(f, z, at) > 0;
    return switch_by(f, z, at) != NO_INDEX;
}

int64_t form_at(const struct form_nodes *f, const struct size *z, int64_t hint)
{
    if (!z->contiguous && z->switches_max > 1 && z->part[1].count > 0) return CIVIL_NEVER_MS;
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

/* Of the nodes first .. end - 1 those that are ready, the larger need's first. Gives how many. */
static uint32_t take(const struct form_nodes *f, const struct size *z, int64_t at, uint32_t first,
                     uint32_t end, uint32_t got, uint32_t *out)
{
    for (uint32_t i = first; i < end && i < f->count && got < z->nodes; i++)
        if (f->small[i] <= at) out[got++] = i;
    return got;
}

/* A switch that holds a gang of two needs alone: as many nodes that hold the larger one as it takes,
 * then others, in order. */
static void take_uneven(const struct form_nodes *f, const struct size *z, int64_t at,
                        uint32_t first, uint32_t *out)
{
    uint32_t end = first + f->nodes_per_switch, large = 0, others = 0, got = 0;
    for (uint32_t i = first; i < end && i < f->count && got < z->nodes; i++) {
        bool is_large = f->large[i] <= at && large < z->part[0].count;
        bool is_other = !is_large && f->small[i] <= at && others < z->part[1].count;
        large += is_large;
        others += is_other;
        if (is_large || is_other) out[got++] = i;
    }
    ASSERT(got == z->nodes);
}

void form_take(const struct form_nodes *f, const struct size *z, int64_t at, uint32_t *out)
{
    uint32_t per = f->nodes_per_switch, got = 0;
    if (z->contiguous) {
        uint32_t first = block_by(f, z, at);
        ASSERT(first != NO_INDEX);
        take(f, z, at, first, first + z->nodes, 0, out);
        return;
    }
    if (z->part[1].count > 0 || z->switches_max == 1) {
        uint32_t one = switch_by(f, z, at);
        ASSERT(one != NO_INDEX);
        if (z->part[1].count > 0)
            take_uneven(f, z, at, one * per, out);
        else
            take(f, z, at, one * per, (one + 1) * per, 0, out);
        return;
    }
    uint32_t least = least_taken(f, z, at), taken = 0;
    ASSERT(least > 0);
    for (int pass = 0; pass < 2; pass++) { /* all with more, then as many with just that */
        for (uint32_t s = 0, count = switch_count(f); s < count && taken < z->switches_max; s++) {
            uint32_t ready = ready_on(f, s, at).all;
            if (pass == 0 ? ready <= least : ready != least) continue;
            got = take(f, z, at, s * per, (s + 1) * per, got, out);
            taken++;
        }
    }
    ASSERT(got == z->nodes);
}
