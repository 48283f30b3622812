/* recorded.h - what a ledger says happened, as arrivals that can be played again.
 *
 * First the ledger is read for what became of each job: when it ran, where, how long, at what cost.
 * Then its requests are played: submissions with the durations that really happened, cancels, holds
 * and updates at their instants, changes of fleet, law and nodes. What engines and the clock said
 * is left out: in the run the simulated engine says it.
 *
 *     ended by itself    lasts as long as its last attempt did
 *     was stopped        by a limit or by its owner: lasts until it is stopped again
 *     has not ended      lasts for its whole time limit
 *
 * A job is taken to last as long on any kind of chip. */
#ifndef BERTH_SIM_RECORDED_H
#define BERTH_SIM_RECORDED_H

#include "port/store.h"
#include "sim/run/run.h"

enum { WHATIF_PRICES_MAX = 64 };

/* One job as it really went. */
struct recorded_job {
    int64_t duration_ms; /* of its last attempt; -1: it did not end by itself */
    int64_t start_ms; /* of its first attempt; 0: never */
    int64_t begun_ms; /* of its last */
    int32_t exit_code;
    uint32_t pool; /* number in pool_names; NO_INDEX: never placed */
};

struct recorded {
    struct arena arena;
    struct recorded_job *jobs; /* by id */
    size_t job_cap;
    uint32_t last_job; /* the greatest id; 0: none */
    struct names pool_names;
    struct str origin; /* the ledger's name */
    uint64_t records;
    int64_t begin_ms; /* of the first submission */
    uint64_t most_chips; /* that any fleet of it had */

    /* In force at the first submission; parts of `arena`. */
    struct fleet *fleet;
    struct law_pack *packs;
    uint32_t pack_count;
    uint32_t bind;
};

/* Changes to a recorded (or any other) world: what if it had been so? Borrowed. */
struct whatif {
    const struct fleet *fleet; /* in place of every fleet; NULL: as it was */
    const struct law_pack *packs; /* added to every law, or in place of a pack of the same id */
    uint32_t pack_count;
    bool no_law; /* no pack but these */
    bool has_bind;
    uint32_t bind;
    struct whatif_price {
        struct str pool;
        int64_t uusd_per_chip_h;
    } price[WHATIF_PRICES_MAX];
    uint32_t price_count;
};

/* A copy of the fleet under the changes, in `arena`, indexed. ERR_NOT_FOUND: a price is for a pool
 * that it does not have. */
enum err whatif_fleet(const struct whatif *w, const struct fleet *from, struct arena *arena,
                      struct fleet **out, struct errtext *error);
/* The packs under the changes, in `arena`. */
void whatif_packs(const struct whatif *w, const struct law_pack *from, uint32_t count,
                  struct arena *arena, struct law_pack **out, uint32_t *count_out);

/* Read a ledger. ERR_INVALID: nobody has submitted anything to it. */
enum err recorded_load(struct store *s, struct recorded *out, struct errtext *error);
void recorded_release(struct recorded *r);

/* Play its requests, from the first submission on, to a run made with the fleet, law and begin_ms
 * of `r` under the same changes. `w` NULL: none. `progress` may be NULL. */
enum err recorded_run(struct recorded *r, struct store *s, const struct whatif *w, struct run *run,
                      void (*progress)(void *arg, uint64_t done, uint64_t total), void *arg,
                      struct errtext *error);

#endif
