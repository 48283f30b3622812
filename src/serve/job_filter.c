#include "serve/job_filter.h"

#include <inttypes.h>
#include <string.h>

bool job_filter_may_see(const struct op *op, const struct job *j)
{
    return op->peer.is_operator || op->peer.uid == j->spec.uid;
}

static enum err parse_states(const char *text, struct job_filter *f, struct errtext *error)
{
    while (*text != '\0') {
        size_t n = strcspn(text, ",");
        struct str word = {text, n};
        text += n + (text[n] == ',');
        if (str_eqz(word, "all") || str_eqz(word, "ALL")) {
            f->all_states = true;
            continue;
        }
        int state = 0;
        while (state < JOB_STATE_COUNT &&
               !(word.len == strlen(job_state_names[state]) &&
                 strncasecmp(word.p, job_state_names[state], word.len) == 0) &&
               !(word.len == strlen(job_state_codes[state]) &&
                 strncasecmp(word.p, job_state_codes[state], word.len) == 0))
            state++;
        if (state == JOB_STATE_COUNT)
            return err_set(error, ERR_INVALID,
                           "Invalid job state specified: " STR_FMT
                           "; write PENDING or PD, RUNNING or R, ..., or all",
                           STR_ARG(word));
        f->states |= 1u << state;
    }
    return ERR_NONE;
}

static enum err parse_ids(const char *text, struct job_filter *f, struct errtext *error)
{
    while (*text != '\0') {
        size_t n = strcspn(text, ",");
        uint64_t v = 0;
        if (!str_to_u64((struct str){text, n}, &v) || v == 0 || v > UINT32_MAX)
            return err_set(error, ERR_INVALID, "'%.*s' is not a job id", (int)n, text);
        if (f->id_count == FILTER_IDS_MAX)
            return err_set(error, ERR_LIMIT, "at most %d job ids at once", FILTER_IDS_MAX);
        f->ids[f->id_count++] = (uint32_t)v;
        text += n + (text[n] == ',');
    }
    return ERR_NONE;
}

static enum err query_u32(const struct op *op, const char *name, uint32_t max, uint32_t *out,
                          struct errtext *error)
{
    const char *text = op_query(op, name);
    uint64_t v = 0;
    if (text == NULL) return ERR_NONE;
    if (!str_to_u64(str_of(text), &v) || v > max)
        return err_set(error, ERR_INVALID, "%s: a number up to %" PRIu32 " is wanted", name, max);
    *out = (uint32_t)v;
    return ERR_NONE;
}

enum err job_filter_parse(const struct op *op, struct job_filter *f, struct errtext *error)
{
    *f = (struct job_filter){.user = op_query(op, "user"),
                             .account = op_query(op, "account"),
                             .name = op_query(op, "name"),
                             .partition = op_query(op, "partition"),
                             .limit = JOBS_PAGE_DEFAULT};
    const char *states = op_query(op, "state"), *ids = op_query(op, "id");
    enum err e = query_u32(op, "after", UINT32_MAX, &f->after, error);
    if (e == ERR_NONE) e = query_u32(op, "limit", JOBS_PAGE_MAX, &f->limit, error);
    if (e == ERR_NONE && states != NULL) e = parse_states(states, f, error);
    if (e == ERR_NONE && ids != NULL) e = parse_ids(ids, f, error);
    if (f->limit == 0) f->limit = JOBS_PAGE_DEFAULT;
    return e;
}

bool job_filter_in_list(const char *list, struct str word)
{
    if (list == NULL) return true;
    for (;;) {
        size_t n = strcspn(list, ",");
        if (str_eq(word, (struct str){list, n})) return true;
        if (list[n] == '\0') return false;
        list += n + 1;
    }
}

static bool in_partition(const struct fleet *f, const struct job *j, const char *list)
{
    if (list == NULL) return true;
    if (f != NULL && (j->claim != NULL || j->start_ms != 0) && j->pool.v < f->pool_count) {
        const struct pool *p = &f->pools[j->pool.v];
        if (job_filter_in_list(list, p->id)) return true;
        for (uint32_t i = 0; i < p->alias_count; i++)
            if (job_filter_in_list(list, p->aliases[i])) return true;
    }
    for (uint32_t i = 0; i < j->spec.partition_count; i++)
        if (job_filter_in_list(list, j->spec.partitions[i])) return true;
    return false;
}

bool job_filter_passes(const struct job_filter *f, const struct fleet *fleet, const struct job *j)
{
    if (f->id_count > 0) {
        uint32_t i = 0;
        while (i < f->id_count && f->ids[i] != j->id.v && f->ids[i] != j->array_job.v) i++;
        if (i == f->id_count) return false;
    }
    if (f->states != 0 && (f->states >> j->state & 1u) == 0) return false;
    if (f->states == 0 && !f->all_states && job_state_is_ended(j->state)) return false;
    return job_filter_in_list(f->user, j->spec.user) &&
           job_filter_in_list(f->account, j->spec.tenant) &&
           job_filter_in_list(f->name, j->spec.name) && in_partition(fleet, j, f->partition);
}
