/* metrics.h - what the daemon counts, and its Prometheus text (version 0.0.4) at /metrics.
 *
 * Base units in the names, _total on counters, no label that grows without bound (users and jobs
 * are never labels). docs/metrics.md lists them. */
#ifndef BERTH_SERVE_METRICS_H
#define BERTH_SERVE_METRICS_H

#include "core/core.h"
#include "serve/journal.h"

enum {
    HISTOGRAM_BUCKETS = 12,
    METRIC_RULES_MAX = 256,
    METRIC_TENANTS_MAX = 256, /* labels are bounded: the first accounts of the fleet file */
};

struct histogram {
    const int64_t *bounds_us; /* HISTOGRAM_BUCKETS ascending upper bounds */
    uint64_t bucket[HISTOGRAM_BUCKETS + 1];
    uint64_t count;
    int64_t sum_us;
};

struct metrics {
    uint64_t requests_total, request_errors_total;
    uint64_t submits_total, starts_total, ends_total, preemptions_total;
    struct {
        char rule[ID_LEN_MAX + 1];
        uint64_t count;
    } refusals[METRIC_RULES_MAX];
    uint32_t refusal_count;
    struct histogram sync, turn, wait;
};

void metrics_init(struct metrics *m);
void histogram_add(struct histogram *h, int64_t us);
void metrics_refusal(struct metrics *m, struct str rule);
void metrics_print(const struct metrics *m, struct journal *j, struct buf *out);

#endif
