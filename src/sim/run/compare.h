/* compare.h - two runs of the same arrivals, job by job: what changes when the world does. */
#ifndef BERTH_SIM_RUN_COMPARE_H
#define BERTH_SIM_RUN_COMPARE_H

#include "sim/run/recorded.h"
#include "sim/run/report.h"

enum {
    COMPARE_JOBS_MAX = 5000000, /* jobs of which both runs are remembered: under 1 GB */
    COMPARE_LIST_MAX = 10000, /* jobs that are listed one by one */
};

/* What became of a job in one run. */
struct compare_row {
    bool known;
    int state; /* enum job_state; -1: rejected */
    int reason; /* enum reason */
    int64_t start_ms, end_ms, cost_uusd;
    uint32_t pool, rule, label; /* numbers in names; NO_INDEX: none */
};

/* One run's jobs, by serial. compare_take is a run's `done`, with this as its argument. */
struct compare_side {
    struct names *names; /* shared by both sides; borrowed */
    struct compare_row *rows;
    size_t count, cap;
};
void compare_take(void *arg, const struct run_done *d);
void compare_release(struct compare_side *s);

enum compare_kind {
    COMPARE_VERDICT, /* refused by law, or left waiting for it, in one run only */
    COMPARE_STATE, /* ended otherwise, or not at all */
    COMPARE_POOL,
    COMPARE_START, /* by more than a second */
    COMPARE_COST, /* by more than rounding */
    COMPARE_KINDS
};
extern const char *const compare_kind_names[COMPARE_KINDS];

struct compare {
    const struct compare_side *a, *b;
    const char *a_name, *b_name; /* "as recorded", "with law us" */
    uint64_t jobs, changed;
    uint64_t by_kind[COMPARE_KINDS]; /* a job may count in several */
};

/* Bits of enum compare_kind in which a job differs; 0: it goes the same way. */
unsigned compare_job(const struct compare *c, size_t serial);
void compare_count(struct compare *c);

/* Both runs' figures and the jobs that change, for each form. */
void compare_text(const struct compare *c, const struct run_result *a, const struct run_result *b,
                  struct buf *out);
json_t *compare_json(const struct compare *c);
void compare_html(const struct compare *c, const struct run_result *a, const struct run_result *b,
                  struct buf *out);

/* How near a recording played again comes to what really happened. */
json_t *fidelity_json(const struct recorded *r, const struct compare_side *s);
void fidelity_text(const struct recorded *r, const struct compare_side *s, struct buf *out);

#endif
