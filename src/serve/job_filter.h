/* job_filter.h - which jobs a request for a list is about: the query parameters that GET /v1/jobs
 * and GET /v1/acct share (docs/openapi.yaml). */
#ifndef BERTH_SERVE_JOB_FILTER_H
#define BERTH_SERVE_JOB_FILTER_H

#include "core/core.h"
#include "serve/op.h"

enum {
    JOBS_PAGE_DEFAULT = 1000, /* jobs of one reply, where the request names no limit */
    JOBS_PAGE_MAX = 10000, /* some 5 MB of JSON */
    FILTER_IDS_MAX = 1000, /* job ids in one request; the store takes no more, either */
};

/* Texts are comma separated lists, borrowed from the request; NULL: any. */
struct job_filter {
    const char *user, *account, *name, *partition;
    uint32_t states; /* bits of enum job_state; 0: those not ended */
    bool all_states;
    uint32_t ids[FILTER_IDS_MAX]; /* of jobs or arrays; id_count 0: any */
    uint32_t id_count;
    uint32_t after; /* job ids above this */
    uint32_t limit; /* 1 to JOBS_PAGE_MAX */
};

/* ERR_INVALID or ERR_LIMIT name the parameter. */
enum err job_filter_parse(const struct op *op, struct job_filter *out, struct errtext *error);

/* May the peer know of this job? A job of somebody else is as good as none. */
bool job_filter_may_see(const struct op *op, const struct job *j);

/* Does the job fit everything but after and limit? */
bool job_filter_passes(const struct job_filter *f, const struct fleet *fleet, const struct job *j);

/* Is `word` one of the comma separated words of `list`? NULL: yes. */
bool job_filter_in_list(const char *list, struct str word);

#endif
