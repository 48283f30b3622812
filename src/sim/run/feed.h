/* feed.h - from a trace to a run: the jobs of a file as submissions to a fleet.
 *
 * Done in two passes. The first reads the whole file and holds every row against the fleet, so that
 * a mistake in the last line is told before hours are spent; it also finds tenants that the fleet
 * lacks. The second submits. */
#ifndef BERTH_SIM_RUN_FEED_H
#define BERTH_SIM_RUN_FEED_H

#include "perf/speeds.h"
#include "sim/run/run.h"

enum { FEED_MAP_MAX = 64 };

struct feed_options {
    const char *name; /* of the file, in messages */
    const struct chip *catalogue; /* kinds that may be named though the fleet has none of them */
    uint32_t catalogue_count;
    /* Kinds of the file that mean others here. `to` "": any kind will do. */
    struct feed_map {
        struct str from, to;
    } map[FEED_MAP_MAX];
    uint32_t map_count;
    const struct speeds *speeds; /* for jobs that state steps and no duration; NULL none */
    bool add_tenants; /* those that the fleet does not have: without a party */
    bool any_partition; /* partitions of the file do not matter */
    int64_t from_ms, to_ms; /* only jobs submitted at or after, and before; in the trace's time */
    bool has_on;
    int64_t on_ms; /* the instant to which the first job (absolute times) or zero (else) is moved */
    void (*progress)(void *arg, uint64_t done, uint64_t total); /* rows; NULL allowed */
    void *arg;
};

struct feed {
    const struct feed_options *o;
    struct trace *trace;
    const struct fleet *fleet; /* may be set to another before feed_fleet: what if */
    struct names missing; /* tenants to add */
    uint64_t rows, jobs; /* of the file; and those within from..to */
    int64_t first_ms, last_ms; /* submit times of the first and last of these, as in the file */
    int64_t shift_ms; /* to be added for the run's time */
};

/* The first pass. `fleet` is borrowed. ERR_INVALID with file, line and column. */
enum err feed_init(struct feed *f, struct trace *trace, const struct fleet *fleet,
                   const struct feed_options *o, struct errtext *error);
void feed_release(struct feed *f);
/* A copy of the fleet with the missing tenants, indexed, in `arena`. */
enum err feed_fleet(const struct feed *f, struct arena *arena, struct fleet *out,
                    struct errtext *error);
/* The instant of the first job in the run's time. */
int64_t feed_begin_ms(const struct feed *f);
/* The second pass: submit all to the run, whose fleet is that of feed_fleet. */
enum err feed_run(struct feed *f, struct run *r, struct errtext *error);

/* What a tenant declared for jobs that state nothing, and the tenant of those that name none. */
void feed_defaults(const struct fleet *f, struct job_spec *spec);

#endif
