#include "engine/resolve.h"

#include "engine/environment.h"
#include "engine/output_path.h"

#define DEFAULT_UMASK 0022u

/* Slurm's sbatch exports the submitter's umask as SLURM_UMASK, in octal. */
static uint32_t umask_of(const struct job_spec *spec)
{
    struct str text;
    if (!environment_get(spec->environment, spec->environment_count, "SLURM_UMASK", &text) ||
        text.len == 0 || text.len > 4)
        return DEFAULT_UMASK;
    uint32_t mask = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] < '0' || text.p[i] > '7') return DEFAULT_UMASK;
        mask = mask * 8 + (uint32_t)(text.p[i] - '0');
    }
    return mask & 0777;
}

struct attempt_spec order_resolve(const struct engine_start *o, const struct resolve_config *config,
                                  struct arena *arena)
{
    const struct job_spec *job = o->spec;
    const struct pool *pool = &o->fleet->pools[o->claim->pool.v];
    char node[NODE_NAME_MAX];
    struct output_names names = {.job = o->claim->job,
                                 .array_job = o->array_job,
                                 .array_task = o->array_task,
                                 .job_name = job->name,
                                 .user = job->user};
    names.node = str_of(pool_node_name(pool, o->claim->parts[0].node, node));
    struct attempt_spec spec = {.id = {o->claim->job, o->claim->attempt},
                                .uid = job->uid,
                                .gid = job->gid,
                                .umask = umask_of(job),
                                .time_limit_ms = o->time_limit_ms,
                                .end_by_ms = o->end_by_ms,
                                .kill_wait_ms = config->kill_wait_ms,
                                .signal_number = job->signal_number,
                                .signal_before_s = job->signal_before_s,
                                .signal_shell = job->signal_shell,
                                .append = job->output_append,
                                .workdir = job->workdir,
                                .arguments = job->arguments,
                                .argument_count = job->argument_count,
                                .script = job->script};
    if (job->stdin_path.len > 0)
        spec.stdin_path = output_path(job->stdin_path, job->workdir, &names, arena);
    spec.stdout_path = output_path(job->stdout_path, job->workdir, &names, arena);
    if (job->stderr_path.len > 0)
        spec.stderr_path = output_path(job->stderr_path, job->workdir, &names, arena);
    struct environment_extra extra = {.socket = config->socket, .mark = config->mark};
    environment_build(o, &extra, arena, &spec.environment, &spec.environment_count);
    return spec;
}
