/* share.h - what each tenant has used, and whose turn it is. Private to src/core.
 *
 * Queue order: priority, larger first; then the tenant's score, smaller first; then the job's id,
 * which is its age. Within a tenant that is (priority, id), which does not change with time; only
 * the order between tenants does, so each tenant keeps its own queue and the queues are merged.
 *
 * Usage is money: the price of the chips a tenant's claims hold, for as long as they hold them,
 * from the claim to its end, halved in every half-life of the fleet file (core/decay.h). It is what
 * the chips cost, not how many there are, so that a cheap chip is used as readily as a dear one.
 * A claim that costs nothing counts SHARE_UUSD_PER_CHIP_H for each chip; CPUs count
 * where they have a price.
 *
 *     score = (usage now + what the tenant's claims use in one hour) / weight
 *
 * The hour ahead makes a claim count from the instant it is made: otherwise whoever is a micro-USD
 * behind would take everything that is free at that instant.
 *
 * The rate of a tenant changes only when one of its claims is made or given back, or the fleet
 * changes; then the usage is settled: brought up to that instant, rounded (core/decay.h). Reading
 * the usage settles nothing, so a replay settles at the same instants and gives the same numbers.
 */
#ifndef BERTH_CORE_SHARE_H
#define BERTH_CORE_SHARE_H

#include "base/str.h"
#include "core/budget.h"
#include "core/waiting.h"

#include <stdint.h>

struct core;
struct entry;

#define SHARE_UUSD_PER_CHIP_H INT64_C(1000000) /* of chips without a price: an arbitrary unit */
/* Of one claim, 2.2 million USD an hour: so that the sum over JOBS_MAX claims stays in 63 bits. */
#define SHARE_RATE_MAX_UUSD_H (INT64_C(1) << 41)
#define SHARE_HALF_LIFE_DEFAULT_MS (INT64_C(7) * 86400000) /* Slurm's PriorityDecayHalfLife */

struct share {
    struct str tenant; /* id, behind the struct; "" where the fleet has no tenants */
    uint32_t weight; /* as the fleet says now; 1 for a tenant that it does not name */

    /* stored */
    int64_t used_uusd; /* at `at_ms` */
    int64_t at_ms;
    struct account account; /* of its budget; partly stored */

    /* derived */
    int64_t rate_uusd_h; /* of the claims held */
    uint32_t active; /* jobs that hold chips */
    struct order queue; /* PENDING, by (-priority, id) */
    struct waiting waiting; /* classes whose first job waits for room, by that (reserve.h) */
    int64_t score, score_was; /* when reservations were last updated, and the time before */
    struct order pass; /* classes to try in this step, by their first job */
    struct order_node in_pass; /* c->pass while `pass` has classes, or this holds: */
    bool looks; /* classes that wait for room may use what is marked */
    bool found; /* ... first the one at that place; else only such as come behind it */
    int64_t look_major;
    uint32_t look_id;
};

/* The tenant's share: made when first asked for, kept for ever. */
struct share *share_of(struct core *c, struct str tenant);
/* The same only looking; NULL: it has never had a job. */
const struct share *share_find(const struct core *c, struct str tenant);
void shares_release(struct core *c);

/* Has it used anything, or does it hold anything? */
bool share_is_used(const struct share *s);
int64_t share_used(const struct core *c, const struct share *s, int64_t now_ms);
int64_t share_score(const struct core *c, const struct share *s, int64_t now_ms);

/* Bring the usage up to c->now_ms; before anything that changes the rate. */
void share_settle(struct core *c, struct share *s);
/* Count the claim of the job in, or out. */
void share_hold(struct core *c, struct entry *e);
void share_drop(struct core *c, struct entry *e);
/* The fleet is about to change: settle all and forget the rates; claims are counted in anew. */
void shares_leave_fleet(struct core *c);
void shares_enter_fleet(struct core *c); /* weights of the present fleet */

/* A place in the queue. */
struct rank {
    int64_t priority, score;
    uint32_t id;
};
/* Of jobs of that score and of that rank's priority, those with greater ids come behind it. */
uint32_t share_id_after(int64_t score, const struct rank *after);
struct rank rank_of(const struct core *c, const struct entry *e, int64_t now_ms);
bool rank_is_before(const struct rank *a, const struct rank *b);

/* The pass of a step: the classes that are to be tried, the one whose turn it is first: those that
 * were pushed (class_push), and those waiting for room that a marked pool may have room for
 * (pass_look), looked for one at a time, since each that starts takes room from those behind. */
struct class;
void pass_look(struct core *c); /* from the first on */
void pass_look_no_more(struct core *c);
struct class *pass_take(struct core *c); /* takes it off; NULL: none is left */
void pass_update(struct core *c, struct share *s); /* its classes or its score changed */

#endif
