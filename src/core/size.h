/* size.h - what a job needs of the nodes of one pool.
 *
 * A job states its size in sbatch's words; a pool turns them into at most two kinds of nodes:
 *   - chips_per_node on each of `nodes`: that many equal nodes (one where `nodes` is not stated);
 *   - `chips` in all on stated `nodes`: spread evenly, the first chips % nodes get one more;
 *   - `chips` in all, nodes not stated: full nodes, and one for the remainder. A job that fits on
 *     one node is never spread over two: links between nodes are slower than those inside;
 *   - no chips: tasks x cpus_per_task CPUs; on stated nodes (or tasks_per_node) the same number of
 *     tasks on each, otherwise as few nodes as hold them: full ones, and one for the remainder.
 * Each node of a job with chips holds the CPUs of its share of the tasks, rounded up. CPUs: at
 * least one for each task; memory: as stated, none where not. `exclusive` takes all of each node. A
 * pool that states no CPUs (or no memory) does not count them; it takes no jobs without chips.
 *
 * Part of a chip: a pool that cuts its chips in shards gives as many as are stated, or as many as
 * hold the thousandths stated, all of one chip; all its shards are the whole chip.
 *
 * Every need of part[0] is at least that of part[1], so nodes for part[0] are chosen first. */
#ifndef BERTH_CORE_SIZE_H
#define BERTH_CORE_SIZE_H

#include "core/job.h"
#include "model/fleet.h"

struct need {
    uint32_t chips, cpus;
    uint64_t mem_mb;
    uint32_t milli; /* of its only chip; 0: whole chips */
    bool beside_kept; /* not on nodes that are kept for another job (nodes_keep) */
};

struct size {
    struct {
        struct need each;
        uint32_t count;
    } part[2];
    uint32_t nodes, chips; /* sums */
    uint64_t milli; /* thousandths of chips in all: what is paid for */
    uint32_t switches_max; /* 0: any number */
    bool contiguous; /* on adjacent nodes */
};

/* The size of the job in that pool. Gives REASON_NONE, or why it can never fit there
 * (REASON_CHIP_KIND: chips are wanted and the pool has none; REASON_NOT_SHARED;
 * REASON_TOO_FEW_NODES; REASON_MEMORY) with the numbers: nodes, chips of a node, shards of a chip,
 * CPUs of a node or MB of a node. */
int size_in_pool(const struct job_spec *s, const struct pool *p, struct size *out,
                 int64_t *have_out, int64_t *need_out);

/* No pool asks less of the job: of one node, and how many such nodes (part[0], nodes), where pools
 * with chips have from `fewest` to `most` of them on a node. */
void size_least(const struct job_spec *s, uint32_t fewest, uint32_t most, struct size *out);

/* Does the job want accelerators? */
bool spec_wants_chips(const struct job_spec *s);

#endif
