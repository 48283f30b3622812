/* sbatch_values.c - values of one field each, and the small tools of all handlers. */
#include "base/civil.h"
#include "base/money.h"
#include "model/fleet.h"
#include "read/instant.h"
#include "read/sbatch_options.h"
#include "read/units.h"

#include <string.h>

/* ---- tools ----------------------------------------------------------------------------------- */

enum err sbatch_bad(struct str value, const char *want, struct errtext *error)
{
    return err_set(error, ERR_INVALID, "'" STR_FMT "' is not %s", STR_ARG(value), want);
}

bool sbatch_split(struct str *rest, char separator, struct str *piece)
{
    if (rest->len == 0) return false;
    const char *at = memchr(rest->p, separator, rest->len);
    if (at == NULL) {
        *piece = *rest;
        *rest = (struct str){0};
        return true;
    }
    *piece = (struct str){rest->p, (size_t)(at - rest->p)};
    *rest = (struct str){at + 1, rest->len - piece->len - 1};
    if (rest->len == 0) *rest = (struct str){at, 1};
    return true;
}

enum err sbatch_take_u32(struct str value, uint32_t lo, uint32_t hi, uint32_t *out,
                         struct errtext *error)
{
    uint64_t n = 0;
    if (!str_to_u64(value, &n) || n < lo || n > hi)
        return err_set(error, ERR_INVALID, "'" STR_FMT "' is not a number from %u to %u",
                       STR_ARG(value), lo, hi);
    *out = (uint32_t)n;
    return ERR_NONE;
}

enum err sbatch_take_ids(struct sbatch_request *r, struct str value, char separator,
                         struct str **out, uint32_t *count_out, struct errtext *error)
{
    struct str *ids = ARENA_ARRAY(r->arena, LIST_MAX, struct str), piece;
    uint32_t n = 0;
    while (sbatch_split(&value, separator, &piece)) {
        if (!id_is_valid(piece)) return sbatch_bad(piece, "a valid name", error);
        if (n == LIST_MAX) return err_set(error, ERR_LIMIT, "more than %d names", (int)LIST_MAX);
        ids[n++] = str_copy(r->arena, piece);
    }
    if (n == 0) return err_set(error, ERR_INVALID, "the list is empty");
    *out = ids;
    *count_out = n;
    return ERR_NONE;
}

static enum err take_text(struct sbatch_request *r, struct str value, struct str *out,
                          struct errtext *error)
{
    if (value.len == 0) return err_set(error, ERR_INVALID, "the value is empty");
    if (!text_is_valid(value, TEXT_LEN_MAX))
        return err_set(error, ERR_INVALID, "the value is too long or has control characters");
    *out = str_copy(r->arena, value);
    return ERR_NONE;
}

/* ---- names and texts ------------------------------------------------------------------------- */

enum err sbatch_set_account(struct sbatch_request *r, struct str value, struct errtext *error)
{
    if (!id_is_valid(value)) return sbatch_bad(value, "a valid name", error);
    r->spec.tenant = str_copy(r->arena, value);
    return ERR_NONE;
}

enum err sbatch_set_end_user(struct sbatch_request *r, struct str value, struct errtext *error)
{
    if (!id_is_valid(value)) return sbatch_bad(value, "the id of a party", error);
    r->spec.end_user = str_copy(r->arena, value);
    return ERR_NONE;
}

enum err sbatch_set_job_name(struct sbatch_request *r, struct str value, struct errtext *error)
{
    return take_text(r, value, &r->spec.name, error);
}

enum err sbatch_set_comment(struct sbatch_request *r, struct str value, struct errtext *error)
{
    return take_text(r, value, &r->spec.comment, error);
}

enum err sbatch_set_qos(struct sbatch_request *r, struct str value, struct errtext *error)
{
    return take_text(r, value, &r->spec.qos, error);
}

enum err sbatch_set_output(struct sbatch_request *r, struct str value, struct errtext *error)
{
    return take_text(r, value, &r->spec.stdout_path, error);
}

enum err sbatch_set_error(struct sbatch_request *r, struct str value, struct errtext *error)
{
    return take_text(r, value, &r->spec.stderr_path, error);
}

enum err sbatch_set_input(struct sbatch_request *r, struct str value, struct errtext *error)
{
    return take_text(r, value, &r->spec.stdin_path, error);
}

enum err sbatch_set_chdir(struct sbatch_request *r, struct str value, struct errtext *error)
{
    struct str path;
    enum err e = take_text(r, value, &path, error);
    if (e != ERR_NONE) return e;
    if (path.p[0] != '/')
        path = str_of(arena_printf(r->arena, "%s/" STR_FMT, r->context->workdir, STR_ARG(path)));
    r->spec.workdir = path;
    return ERR_NONE;
}

enum err sbatch_set_wrap(struct sbatch_request *r, struct str value, struct errtext *error)
{
    if (value.len == 0) return err_set(error, ERR_INVALID, "the command line is empty");
    r->wrap = value;
    r->is_wrap = true;
    return ERR_NONE;
}

enum err sbatch_set_open_mode(struct sbatch_request *r, struct str value, struct errtext *error)
{
    bool append = str_eqz(value, "append") || str_eqz(value, "a");
    if (!append && !str_eqz(value, "truncate") && !str_eqz(value, "t"))
        return sbatch_bad(value, "append or truncate", error);
    r->spec.output_append = append;
    return ERR_NONE;
}

/* ---- where ----------------------------------------------------------------------------------- */

enum err sbatch_set_partition(struct sbatch_request *r, struct str value, struct errtext *error)
{
    return sbatch_take_ids(r, value, ',', &r->spec.partitions, &r->spec.partition_count, error);
}

enum err sbatch_set_clusters(struct sbatch_request *r, struct str value, struct errtext *error)
{
    r->clusters_given = !str_eqz(value, "all");
    if (!r->clusters_given) {
        r->spec.sites = NULL;
        r->spec.site_count = 0;
        return ERR_NONE;
    }
    return sbatch_take_ids(r, value, ',', &r->spec.sites, &r->spec.site_count, error);
}

enum err sbatch_set_cluster_constraint(struct sbatch_request *r, struct str value,
                                       struct errtext *error)
{
    if (value.len > 0 && value.p[0] == '!')
        return sbatch_take_ids(r, (struct str){value.p + 1, value.len - 1}, ',', &r->spec.not_sites,
                               &r->spec.not_site_count, error);
    struct str *sites = NULL;
    uint32_t count = 0;
    enum err e = sbatch_take_ids(r, value, ',', &sites, &count, error);
    if (e != ERR_NONE) return e;
    if (r->spec.site_count > 0) { /* narrow only */
        uint32_t kept = 0;
        for (uint32_t i = 0; i < count; i++)
            for (uint32_t k = 0; k < r->spec.site_count; k++)
                if (str_eq(sites[i], r->spec.sites[k])) {
                    sites[kept++] = sites[i];
                    break;
                }
        if (kept == 0) return err_set(error, ERR_INVALID, "names none of the sites of --clusters");
        count = kept;
    }
    r->spec.sites = sites;
    r->spec.site_count = count;
    return ERR_NONE;
}

enum err sbatch_set_country(struct sbatch_request *r, struct str value, struct errtext *error)
{
    enum err e = sbatch_take_ids(r, value, ',', &r->spec.countries, &r->spec.country_count, error);
    for (uint32_t i = 0; e == ERR_NONE && i < r->spec.country_count; i++)
        if (!country_exists(r->spec.countries[i]))
            e = sbatch_bad(r->spec.countries[i], "a country code such as JP", error);
    return e;
}

enum err sbatch_set_max_price(struct sbatch_request *r, struct str value, struct errtext *error)
{
    int64_t uusd = 0;
    if (!money_parse(value, &uusd) || uusd <= 0 || uusd > PRICE_MAX_UUSD)
        return sbatch_bad(value, "a price in USD such as 2.10", error);
    r->spec.max_uusd_per_chip_h = uusd;
    return ERR_NONE;
}

/* ---- sizes ----------------------------------------------------------------------------------- */

enum err sbatch_set_nodes(struct sbatch_request *r, struct str value, struct errtext *error)
{
    struct str min, rest = value, max;
    if (!sbatch_split(&rest, '-', &min)) return sbatch_bad(value, "a number of nodes", error);
    enum err e = sbatch_take_u32(min, 1, JOB_NODES_MAX, &r->spec.nodes, error);
    r->spec.nodes_limit = 0;
    if (e != ERR_NONE || rest.len == 0) return e;
    max = rest;
    e = sbatch_take_u32(max, 1, JOB_NODES_MAX, &r->spec.nodes_limit, error);
    if (e == ERR_NONE && r->spec.nodes_limit < r->spec.nodes)
        e = sbatch_bad(value, "a range of nodes: it runs backwards", error);
    return e;
}

enum err sbatch_set_ntasks(struct sbatch_request *r, struct str value, struct errtext *error)
{
    return sbatch_take_u32(value, 1, JOB_TASKS_MAX, &r->spec.tasks, error);
}

enum err sbatch_set_ntasks_per_node(struct sbatch_request *r, struct str value,
                                    struct errtext *error)
{
    return sbatch_take_u32(value, 1, CPUS_PER_NODE_MAX, &r->spec.tasks_per_node, error);
}

enum err sbatch_set_cpus_per_task(struct sbatch_request *r, struct str value, struct errtext *error)
{
    return sbatch_take_u32(value, 1, CPUS_PER_NODE_MAX, &r->spec.cpus_per_task, error);
}

static enum err take_memory(struct sbatch_request *r, struct str value, uint64_t *to,
                            struct errtext *error)
{
    uint64_t mb = 0;
    if (!memory_parse(value, &mb))
        return sbatch_bad(value, "an amount of memory such as 64G", error);
    r->spec.mem_mb_per_node = r->spec.mem_mb_per_cpu = r->spec.mem_mb_per_chip = 0;
    *to = mb;
    return ERR_NONE;
}

enum err sbatch_set_mem(struct sbatch_request *r, struct str value, struct errtext *error)
{
    enum err e = take_memory(r, value, &r->spec.mem_mb_per_node, error);
    if (e == ERR_NONE && r->spec.mem_mb_per_node == 0) {
        r->spec.exclusive = true;
        sbatch_note(r, "--mem=0 asks for all memory of a node: the job gets whole nodes");
    }
    return e;
}

enum err sbatch_set_mem_per_cpu(struct sbatch_request *r, struct str value, struct errtext *error)
{
    return take_memory(r, value, &r->spec.mem_mb_per_cpu, error);
}

enum err sbatch_set_mem_per_gpu(struct sbatch_request *r, struct str value, struct errtext *error)
{
    return take_memory(r, value, &r->spec.mem_mb_per_chip, error);
}

enum err sbatch_set_exclusive(struct sbatch_request *r, struct str value, struct errtext *error)
{
    if (value.len > 0 && !str_eqz(value, "exclusive"))
        return err_set(error, ERR_INVALID,
                       "sharing by '" STR_FMT "' is not supported; use "
                       "--exclusive alone",
                       STR_ARG(value));
    r->spec.exclusive = true;
    return ERR_NONE;
}

/* ---- times ----------------------------------------------------------------------------------- */

enum err sbatch_set_time(struct sbatch_request *r, struct str value, struct errtext *error)
{
    int64_t ms = 0;
    if (!str_eqz(value, "0") && !duration_parse(value, &ms))
        return sbatch_bad(value, "a time limit; write minutes, 4:00:00 or 2-12:00:00", error);
    /* Zero in a job_spec is the pool's default; who asks for no limit gets the longest. */
    r->spec.time_limit_ms = ms != 0 ? ms : TIME_LIMIT_MAX_MS;
    return ERR_NONE;
}

enum err sbatch_set_time_min(struct sbatch_request *r, struct str value, struct errtext *error)
{
    if (!duration_parse(value, &r->time_min_ms))
        return sbatch_bad(value, "a time limit; write minutes, 4:00:00 or 2-12:00:00", error);
    sbatch_note(r, "--time-min has no effect here: a job keeps the limit that --time states");
    return ERR_NONE;
}

enum err sbatch_set_switches(struct sbatch_request *r, struct str value, struct errtext *error)
{
    struct str count = value, time = {0};
    int64_t wait_ms = SWITCHES_WAIT_DEFAULT_MS;
    const char *at = value.len > 0 ? memchr(value.p, '@', value.len) : NULL;
    if (at != NULL) {
        count.len = (size_t)(at - value.p);
        time = (struct str){at + 1, value.len - count.len - 1};
        if (!duration_parse(time, &wait_ms))
            return sbatch_bad(value, "a number of switches and a time; write 1@2:00:00", error);
        if (wait_ms == 0) wait_ms = TIME_LIMIT_MAX_MS; /* UNLIMITED */
    }
    enum err e = sbatch_take_u32(count, 1, JOB_NODES_MAX, &r->spec.switches, error);
    if (e == ERR_NONE) r->spec.switches_wait_ms = wait_ms;
    return e;
}

enum err sbatch_set_begin(struct sbatch_request *r, struct str value, struct errtext *error)
{
    int64_t ms = 0;
    if (!instant_read(value, r->context->now_ms, &ms))
        return sbatch_bad(value, "a time such as now+1hour, 16:00 or 2026-12-31T18:00", error);
    r->spec.begin_ms = ms > r->context->now_ms ? ms : 0;
    return ERR_NONE;
}

enum err sbatch_set_deadline(struct sbatch_request *r, struct str value, struct errtext *error)
{
    int64_t ms = 0;
    if (!instant_read(value, r->context->now_ms, &ms))
        return sbatch_bad(value, "a time such as now+1hour, 16:00 or 2026-12-31T18:00", error);
    if (ms <= r->context->now_ms) return err_set(error, ERR_INVALID, "the deadline is past");
    r->spec.deadline_ms = ms;
    return ERR_NONE;
}

enum err sbatch_set_checkpoint(struct sbatch_request *r, struct str value, struct errtext *error)
{
    return sbatch_take_u32(value, 1, CHECKPOINT_S_MAX, &r->spec.checkpoint_s, error);
}

enum err sbatch_set_checkpoint_cost(struct sbatch_request *r, struct str value,
                                    struct errtext *error)
{
    return sbatch_take_u32(value, 1, CHECKPOINT_S_MAX, &r->spec.checkpoint_cost_s, error);
}

enum err sbatch_set_restart_cost(struct sbatch_request *r, struct str value, struct errtext *error)
{
    return sbatch_take_u32(value, 1, CHECKPOINT_S_MAX, &r->spec.restart_cost_s, error);
}

enum err sbatch_set_type(struct sbatch_request *r, struct str value, struct errtext *error)
{
    if (value.len == 0 || !text_is_valid(value, NAME_LEN_MAX))
        return sbatch_bad(value, "a job type", error);
    r->spec.work.type = str_copy(r->arena, value);
    return ERR_NONE;
}

/* "10000" or "10000/2500": in all, and done. */
enum err sbatch_set_steps(struct sbatch_request *r, struct str value, struct errtext *error)
{
    struct str done = value, all = {0};
    uint64_t n = 0, m = 0;
    sbatch_split(&done, '/', &all);
    bool has_done = all.len < value.len;
    if (!str_to_u64(all, &n) || n == 0 || n > (uint64_t)WORK_STEPS_MAX ||
        (has_done && (!str_to_u64(done, &m) || m > n)))
        return sbatch_bad(value, "a number of steps, such as 10000 or 10000/2500", error);
    r->spec.work.steps = (int64_t)n;
    r->spec.work.steps_done = (int64_t)m;
    return ERR_NONE;
}

enum err sbatch_set_checkpoint_size(struct sbatch_request *r, struct str value,
                                    struct errtext *error)
{
    uint32_t gb = 0;
    enum err e = sbatch_take_u32(value, 0, (uint32_t)DATA_GB_MAX, &gb, error);
    if (e == ERR_NONE) r->spec.work.checkpoint_gb = gb;
    return e;
}

enum err sbatch_set_priority(struct sbatch_request *r, struct str value, struct errtext *error)
{
    uint32_t n = 0;
    enum err e = sbatch_take_u32(value, 0, INT32_MAX, &n, error);
    if (e == ERR_NONE) r->spec.priority = (int32_t)n;
    return e;
}

enum err sbatch_set_nice(struct sbatch_request *r, struct str value, struct errtext *error)
{
    enum { NICE_DEFAULT = 100, NICE_MAX = 2147483645 };
    int64_t n = NICE_DEFAULT;
    if (value.len > 0 && (!str_to_i64(value, &n) || n < -NICE_MAX || n > NICE_MAX))
        return sbatch_bad(value, "a whole number", error);
    r->nice = n;
    return ERR_NONE;
}

/* ---- switches -------------------------------------------------------------------------------- */

#define SWITCH(name, statement)                                                                    \
    enum err name(struct sbatch_request *r, struct str value, struct errtext *error)               \
    {                                                                                              \
        (void)value;                                                                               \
        (void)error;                                                                               \
        statement;                                                                                 \
        return ERR_NONE;                                                                           \
    }

SWITCH(sbatch_set_contiguous, r->spec.contiguous = true)
SWITCH(sbatch_set_hold, r->spec.hold = true)
SWITCH(sbatch_set_requeue, r->spec.no_requeue = false)
SWITCH(sbatch_set_no_requeue, r->spec.no_requeue = true)
SWITCH(sbatch_set_test_only, r->test_only = true)
/* The last of --exclusive and this one counts, as in Slurm. */
SWITCH(sbatch_set_oversubscribe, r->spec.exclusive = false)
SWITCH(sbatch_set_parsable, r->parsable = true)
SWITCH(sbatch_set_json, r->json = true)
SWITCH(sbatch_set_all, r->all = true)
SWITCH(sbatch_set_wait, r->wait = true)
SWITCH(sbatch_set_quiet, r->quiet = true)
SWITCH(sbatch_set_verbose, r->verbose = true)
SWITCH(sbatch_set_help, r->help = true)
SWITCH(sbatch_set_usage, r->usage = true)
SWITCH(sbatch_set_version, r->version = true)
