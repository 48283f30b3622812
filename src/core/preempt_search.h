/* preempt_search.h - the cheapest running jobs of one pool to stop for one waiting job, and when it
 * would start without. Private to preempt.c, whose header says how they are looked for. */
#ifndef BERTH_CORE_PREEMPT_SEARCH_H
#define BERTH_CORE_PREEMPT_SEARCH_H

#include "core/preempt.h"
#include "core/tally.h"

struct victim {
    struct entry *e;
    int64_t loss_uusd;
    int64_t per_chip_uusd; /* loss, by chip */
    int64_t node_uusd; /* loss of all candidates on its first node */
    bool stays; /* it is not needed: what it holds is taken again */
};

struct search {
    struct core *c;
    uint32_t pool;
    int32_t priority; /* of the job in whose favour */
    struct size size;
    struct tally tally; /* of the candidates that are not there */
    struct victim v[PREEMPT_LOOK_MAX];
    uint32_t count;
    struct entry *best[PREEMPT_LOOK_MAX];
    uint32_t best_count;
    int64_t best_loss_uusd;
    uint32_t work; /* done for it: nodes given, taken and looked at */
};

/* Find the cheapest set of victims for s->size: s->best. False: there is none; s->count says how
 * many could be stopped, all of them too few. */
bool search_victims(struct search *s);
/* When running jobs' time limits would let the job start: by the nodes of those that end next;
 * where these do not do, at the earliest when enough chips are free, as far as was looked. */
int64_t search_natural_start(struct search *s);

/* ---- preempt.c ------------------------------------------------------------------------------- */
/* What a claim weighs, in thousandths: of chips; of CPUs in pools without. A job that uses none of
 * a pool's chips weighs as one. */
uint64_t preempt_milli(const struct core *c, const struct claim *k);
int64_t
preempt_exempt_ms(const struct core *c); /* a job has run so long before it may be stopped */

#endif
