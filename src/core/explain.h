/* explain.h - why a job is where it is, why not elsewhere, and what would change it. Pure.
 *
 * The explanation is complete (every pool of the fleet has a row with one binding reason, the first
 * in the order law, names, kind, size, memory, price, lease, time, capacity), contrastive (chosen
 * and runner-up with their costs) and checkable: applying `flip` to a waiting or refused job makes
 * the next step place it, which a property test does. */
#ifndef BERTH_CORE_EXPLAIN_H
#define BERTH_CORE_EXPLAIN_H

#include "core/core.h"

enum flip_kind {
    FLIP_NONE, /* nothing is needed, or nothing is known to help */
    FLIP_CHIPS, /* ask for at most `value` chips */
    FLIP_CHIP_KIND, /* accept chip kind `text` too */
    FLIP_UNNAME, /* allow pool `pool`: drop the partition, site and country restriction */
    FLIP_MAX_PRICE, /* raise --max-price to `value` micro-USD per chip hour */
    FLIP_TIME_LIMIT, /* ask for at most `value` ms */
    FLIP_MORE_TIME, /* ask for at least `value` ms */
    FLIP_RELEASE, /* release the hold */
    FLIP_WAIT_UNTIL, /* wait: it can start at instant `value` (begin time, lease or rule date, or
                        the time limits of running jobs) */
    FLIP_WAIT_JOB, /* wait for job `value` to end */
    FLIP_MEMORY, /* ask for at most `value` MB a node */
    FLIP_NODES_UP, /* bring `value` nodes of pool `pool` back */
    FLIP_OPEN, /* take pool `pool`, which is drained as a whole, back into use */
    FLIP_FACT, /* state the unknown fact `text` (law rule `rule`) */
    FLIP_EVIDENCE, /* put the evidence `text` on record (law rule `rule`) */
    FLIP_PERMIT, /* obtain a permit under rule `rule` */
    FLIP_CAPACITY, /* add `value` chips to pool `pool` */
    FLIP_BUDGET, /* raise the budget of tenant `text` to `value` micro-USD */
    FLIP_COUNT
};
extern const char *const flip_names[FLIP_COUNT];

struct flip {
    int kind; /* enum flip_kind */
    int64_t value;
    uint32_t pool; /* pool index where the job would then run; NO_INDEX unknown */
    struct str text, rule;
    struct str sentence; /* for a person */
};

struct explanation {
    struct job_id job; /* 0: a hypothetical one */
    int state, reason;
    int64_t now_ms;
    uint32_t chosen, runner_up; /* pool indexes or NO_INDEX */
    int64_t chosen_cost_uusd, runner_up_cost_uusd;
    int64_t start_estimate_ms; /* 0 unknown; assumes that running jobs use their whole limit */
    struct pool_reason *pools; /* one for each pool of the fleet, in fleet order */
    struct str *sentences; /* one for each row, in words with numbers */
    struct str *cites; /* one for each row; "" where no law decided */
    uint32_t pool_count;
    struct str preempt; /* what preemption has to do with it, in words; "" nothing */
    struct str network; /* on which switches its nodes hang, in words; "" not stated, or one node */
    struct flip flip; /* the smallest change that would make it run */
    /* Where no single change does (FLIP_NONE): those of the job that would all together, with the
     * fewest for any pool. 0: none are known. */
    struct flip *together;
    uint32_t together_count;
};

/* Explain a job of the state as things are now. */
void core_explain(const struct core *c, const struct job *j, struct arena *arena,
                  struct explanation *out);
/* The same for a job that was never submitted (`sbatch --test-only`, `berth check`). */
void core_explain_spec(const struct core *c, const struct job_spec *spec, int64_t now_ms,
                       struct arena *arena, struct explanation *out);
/* The legal case of a job in a pool, for printing the full verdict (law_decide). */
void core_case(const struct core *c, const struct job_spec *spec, uint32_t pool, int64_t now_ms,
               struct arena *arena, struct law_case *out);

/* Does the law allow the job there, worked out from nothing? As law_decide says of core_case, which
 * core_may keeps. */
bool core_allows(const struct core *c, const struct job_spec *spec, uint32_t pool, int64_t now_ms,
                 struct arena *scratch);

/* The case of a job of the state; what it holds of permits and caps there does not count as used.
 */
void core_case_job(const struct core *c, const struct job *j, uint32_t pool, int64_t now_ms,
                   struct arena *arena, struct law_case *out);
/* Everything that the law can see of a job: those with equal bytes have equal verdicts everywhere,
 * apart from what they hold. */
void core_legal_bytes(const struct job_spec *spec, struct buf *out);
/* Would the pool do, law, time and free room aside? */
bool core_pool_would_do(const struct core *c, const struct job_spec *spec, uint32_t pool);

/* What preemption has to do with the job: who is being stopped for it, why nobody is, for whom it
 * was stopped. "" nothing. In `arena`. */
struct str core_preempt_words(const struct core *c, const struct job *j, struct arena *arena);

void visit_explanation(struct visit *v, struct explanation *x);

#endif
