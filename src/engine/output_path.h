/* output_path.h - names of a job's output files: sbatch's filename patterns.
 *
 *     %j job id   %A array's job id   %a array task   %b array task modulo 10   %J job id
 *     %x job name   %u user   %N first node   %n node number (0)   %t task number (0)   %s "batch"
 *     %% a percent sign
 *
 * A width between % and a number's letter fills with zeros, at most 10 places: "%4j" is "0012". A
 * backslash anywhere in the name takes the meaning from every %, and is itself removed. Other
 * letters stand as they are. Source: sbatch(1), "filename pattern"; a batch script's %a outside an
 * array is 4294967294 there, so it is here. */
#ifndef BERTH_ENGINE_OUTPUT_PATH_H
#define BERTH_ENGINE_OUTPUT_PATH_H

#include "base/str.h"
#include "model/ids.h"

struct output_names {
    struct job_id job, array_job; /* array_job 0: not of an array */
    uint32_t array_task;
    struct str job_name, user, node;
};

/* The file for `pattern`; relative ones stand in `workdir`. "" gives slurm-%j.out, or
 * slurm-%A_%a.out for a task of an array. Slashes in job, user and node names become '_'. Allocated
 * in `arena`. */
struct str output_path(struct str pattern, struct str workdir, const struct output_names *names,
                       struct arena *arena);

#endif
