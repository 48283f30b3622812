/* skypilot_yaml.h - SkyPilot task files, read into a job_spec.
 *
 * The common subset of a task runs as it is: name, num_nodes, workdir, setup, run, envs, and of
 * resources: accelerators, infra, cloud, region, zone, cpus, memory, any_of, ordered, priority,
 * job_recovery. What Berth needs beside it stands in comment lines `#BERTH --data=personal:CN`,
 * which SkyPilot ignores (the options are those of sbatch, read/sbatch.h), or on the command line,
 * which wins.
 *
 * - setup and run become one bash script; setup runs first, in a shell of its own, and must
 * succeed.
 * - A choice of accelerators becomes acceptable kinds; of an ordered one the first is preferred.
 * All must have the same count, since a job has one size.
 * - A region of a known cloud, or a country code, restricts the country; any other word is a site
 * of the fleet. The name of a cloud alone restricts nothing and is noted.
 * - Noted and ignored, since they change neither size, place nor law: autostop, config, disk_size,
 *   disk_tier, image_id, labels, network_tier, ports, use_spot.
 * - Refused: service (services are not run by this release), secrets (they would be kept in the
 *   ledger), file_mounts, storage, volumes, instance_type, accelerator_args, workdir from git.
 *
 * The variables SKYPILOT_* are set by the engine when the job starts. */
#ifndef BERTH_READ_SKYPILOT_YAML_H
#define BERTH_READ_SKYPILOT_YAML_H

#include "read/sbatch.h"

enum { TASK_BYTES_MAX = 8 * 1024 * 1024 }; /* setup and run are at most SCRIPT_LEN_MAX together */

/* True when a file that was submitted is a task file: named *.yaml or *.yml. */
bool skypilot_is_task(const char *name);

/* Read a task file into r->spec, apply the command line of `r`, fill in defaults and check the
 * whole. All mistakes of the file are in the text, each with line, column and caret, as far as it
 * reaches. */
enum err skypilot_yaml_read(struct sbatch_request *r, struct str bytes, const char *name,
                            struct errtext *error);

#endif
