/* gavel_source.h - where the jobs of a run come from: a trace, or a stream that is drawn on demand.
 *
 * The drawn stream is, bit for bit, that of the published simulator for the same seed s: jobs from
 * a generator seeded s + 2, the times between them from one seeded s + 3 (gavel_random.h). Of a
 * job's run time on a v100, 80 % of jobs have 10^u minutes with u even in 1.5..3, the others in
 * 3..4; GPUs are 1, or in a `multi` stream 1, 2, 4 or 8 (70, 10, 15, 5 %); models are even.
 * Arrivals are Poisson; at a rate of 0 all jobs of the window are there at the start. */
#ifndef BERTH_SIM_GAVEL_SOURCE_H
#define BERTH_SIM_GAVEL_SOURCE_H

#include "sim/gavel/gavel_random.h"
#include "sim/gavel/gavel_speeds.h"

enum {
    GAVEL_MODELS = 26, /* that the stream draws from */
    GAVEL_SIZES = 4, /* of its jobs: 1, 2, 4 or 8 GPUs */
};

/* What to draw. */
struct gavel_draw {
    bool multi; /* jobs of several GPUs too */
    double per_hour; /* 0: all at once */
    uint32_t seed;
    uint32_t window_begin, window_end; /* the jobs that count: begin <= index < end */
};

struct gavel_source {
    struct gavel_job *jobs; /* by arrival; of the heap, gavel_source_release */
    uint32_t count;
    size_t cap;
    uint32_t window_begin, window_end;
    bool endless; /* jobs keep coming, until those of the window are done */
    struct gavel_draw draw; /* from here on: of an endless source */
    struct gavel_random job_random, time_random;
    const struct gavel_speed *model[GAVEL_MODELS][GAVEL_SIZES]; /* NULL: not drawn */
};

/* Read a trace: lines of ten fields with a tab between them: job type, command, working directory,
 * argument, needs data (0 or 1), total steps, scale factor, priority weight, SLO, arrival in
 * seconds. The first and 6th to 8th and the last count; the SLO (negative: none) is not used. Jobs
 * stand by arrival. Every mistake is told with file and line. */
enum err gavel_source_parse(FILE *file, const char *name, const struct gavel_speeds *speeds,
                            struct gavel_source *out, struct errtext *error);
enum err gavel_source_read(const char *path, const struct gavel_speeds *speeds,
                           struct gavel_source *out, struct errtext *error);
/* Draw. ERR_INVALID when the table (borrowed as long as the source lives) lacks a model. */
enum err gavel_source_init(struct gavel_source *s, const struct gavel_draw *draw,
                           const struct gavel_speeds *speeds, struct errtext *error);
void gavel_source_release(struct gavel_source *s);

/* True when there is a job `index`; draws up to it. Pointers into `jobs` may move. */
bool gavel_source_has(struct gavel_source *s, uint32_t index);

#endif
