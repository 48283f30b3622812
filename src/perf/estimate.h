/* estimate.h - how long a job needs on a gang of chips, and how sure that is (design section 7).
 *
 * What is known decides, the first that applies:
 *
 *   steps stated    and the job's own heartbeats of an earlier attempt, on this kind and gang size;
 *                   the same, measured elsewhere and carried over by the tables or by data sheets;
 *                   the tables of measured speeds; these carried over from another kind
 *   a time limit    taken for the kind that the job names first, and carried over to other kinds by
 *                   the tables or by data sheets: equal work costs what it costs everywhere
 *   nothing more    the time limit, on any chip
 *
 * All in integers; the bar (lo, hi) is that of the speeds it is made from. */
#ifndef BERTH_PERF_ESTIMATE_H
#define BERTH_PERF_ESTIMATE_H

#include "model/fleet.h"
#include "model/job.h"
#include "perf/speeds.h"

/* What an estimate rests on. Names are stored: none is ever changed. */
enum basis {
    BASIS_LIMIT, /* the time limit as it is */
    BASIS_HEARTBEAT, /* measured: this job, on this kind and gang size */
    BASIS_HEARTBEAT_TABLE, /* measured elsewhere, carried over by the tables */
    BASIS_HEARTBEAT_ROOFLINE, /* ... by the data sheets */
    BASIS_TABLE, /* measured: a job of this type */
    BASIS_TABLE_GANG, /* ... with gangs of other sizes */
    BASIS_TABLE_ROOFLINE, /* ... on another kind, carried over by the data sheets */
    BASIS_LIMIT_TABLE, /* the time limit, carried over by the tables */
    BASIS_LIMIT_ROOFLINE, /* ... by the data sheets */
    BASIS_COUNT
};
extern const char *const basis_names[BASIS_COUNT];
/* True: a speed was measured for just this; its bar is nil. */
bool basis_is_measured(int basis);
/* True: from steps and a speed, so that it can be compared with the time limit. */
bool basis_counts_steps(int basis);

struct estimate {
    int64_t ms; /* expected; at least 1 */
    int64_t lo_ms, hi_ms; /* lo <= ms <= hi */
    int basis; /* enum basis */
    struct str source; /* of the table's row; "" where none was used. Borrowed from it */
};

/* `chip` is NULL for a gang of no chips: then only the limit counts. `kinds` are those that the job
 * names, the first being what its time limit is for; `limit_ms` > 0. */
void estimate_duration(const struct speeds *t, const struct fleet *f, const struct job_work *work,
                       const struct str *kinds, uint32_t kind_count, int64_t limit_ms,
                       const struct chip *chip, uint32_t chips, struct estimate *out);

#endif
