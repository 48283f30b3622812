/* sbatch_chips.c - how many chips, and of which kind: --gpus and its relatives, --gres,
 * --constraint, --prefer. */
#include "model/fleet.h"
#include "read/sbatch_options.h"

#include <string.h>

/* The kind that a count came with; one job has one request, so two kinds contradict. */
static enum err take_kind(struct sbatch_request *r, struct str kind, struct errtext *error)
{
    if (!id_is_valid(kind)) return sbatch_bad(kind, "a kind of chip", error);
    if (r->chips.kind.len > 0 && !str_eq(r->chips.kind, kind))
        return err_set(error, ERR_INVALID,
                       "asks for '" STR_FMT "' beside '" STR_FMT "'; a job has one kind of chip "
                       "(for a choice write --constraint=\"a|b\")",
                       STR_ARG(kind), STR_ARG(r->chips.kind));
    r->chips.kind = str_copy(r->arena, kind);
    return ERR_NONE;
}

/* "[KIND:]N", "KIND" */
static enum err take_count(struct sbatch_request *r, struct str value, uint32_t max, uint32_t *to,
                           struct errtext *error)
{
    struct str count = value, kind = {0};
    if (value.len > 0 && memchr(value.p, ',', value.len) != NULL)
        return err_set(error, ERR_INVALID, "a job has one kind of chip; submit two jobs");
    bool is_kind = value.len > 0 && ((value.p[0] | 0x20) >= 'a' && (value.p[0] | 0x20) <= 'z');
    if (is_kind && memchr(value.p, ':', value.len) == NULL) { /* one of that kind, as in Slurm */
        *to = 1;
        return take_kind(r, value, error);
    }
    if (value.len > 0 && memchr(value.p, ':', value.len) != NULL) {
        sbatch_split(&count, ':', &kind);
        enum err e = take_kind(r, kind, error);
        if (e != ERR_NONE) return e;
    }
    return sbatch_take_u32(count, 0, max, to, error);
}

bool chip_part_parse(struct str text, uint32_t *milli_out)
{
    uint64_t digits = 0;
    if (!str_starts(text, "0.") && !str_starts(text, ".")) return false;
    size_t skip = text.p[0] == '0' ? 2 : 1;
    struct str rest = {text.p + skip, text.len - skip};
    if (rest.len < 1 || rest.len > 3 || !str_to_u64(rest, &digits)) return false;
    for (size_t i = rest.len; i < 3; i++) digits *= 10;
    *milli_out = (uint32_t)digits;
    return digits > 0;
}

/* The count behind the last ':' of "[KIND:]N". */
static struct str count_of(struct str value)
{
    for (size_t i = value.len; i > 0; i--)
        if (value.p[i - 1] == ':') return (struct str){value.p + i, value.len - i};
    return value;
}

enum err sbatch_set_gpus(struct sbatch_request *r, struct str value, struct errtext *error)
{
    struct str count = count_of(value);
    r->chips.milli = 0;
    if (!chip_part_parse(count, &r->chips.milli))
        return take_count(r, value, JOB_NODES_MAX * CHIPS_PER_NODE_MAX, &r->chips.total, error);
    r->chips.total = 1;
    if (count.p == value.p) return ERR_NONE;
    return take_kind(r, (struct str){value.p, (size_t)(count.p - value.p) - 1}, error);
}

enum err sbatch_set_gpus_per_node(struct sbatch_request *r, struct str value, struct errtext *error)
{
    return take_count(r, value, CHIPS_PER_NODE_MAX, &r->chips.per_node, error);
}

enum err sbatch_set_gpus_per_task(struct sbatch_request *r, struct str value, struct errtext *error)
{
    return take_count(r, value, CHIPS_PER_NODE_MAX, &r->chips.per_task, error);
}

enum err sbatch_set_cpus_per_gpu(struct sbatch_request *r, struct str value, struct errtext *error)
{
    return sbatch_take_u32(value, 1, CPUS_PER_NODE_MAX, &r->chips.cpus_per_chip, error);
}

/* "shard[:KIND][:N]", the part behind "shard:": N parts of one chip. */
static enum err take_shards(struct sbatch_request *r, struct str piece, struct str rest,
                            struct errtext *error)
{
    struct str count = count_of(rest), kind = {0};
    uint64_t unused;
    if (rest.len == 0 || !str_to_u64(count, &unused)) {
        kind = rest;
        r->chips.shards = 1;
    } else {
        enum err e = sbatch_take_u32(count, 1, CHIP_MILLI, &r->chips.shards, error);
        if (e != ERR_NONE) return e;
        if (count.p > rest.p) kind = (struct str){rest.p, (size_t)(count.p - rest.p) - 1};
    }
    if (kind.len > 0 && memchr(kind.p, ':', kind.len) != NULL)
        return sbatch_bad(piece, "shard[:KIND][:N]", error);
    return kind.len > 0 ? take_kind(r, kind, error) : ERR_NONE;
}

/* "gpu", "gpu:N", "gpu:KIND", "gpu:KIND:N"; a note in brackets, as squeue prints it, is cut. */
static enum err take_gres(struct sbatch_request *r, struct str piece, struct errtext *error)
{
    struct str name = {0}, rest = piece, part;
    if (str_starts(rest, "gres/") || str_starts(rest, "gres:"))
        rest = (struct str){rest.p + 5, rest.len - 5};
    const char *bracket = rest.len > 0 ? memchr(rest.p, '(', rest.len) : NULL;
    if (bracket != NULL) rest.len = (size_t)(bracket - rest.p);
    sbatch_split(&rest, ':', &name);
    if (str_eqz(name, "shard")) return take_shards(r, piece, rest, error);
    if (!str_eqz(name, "gpu") && !str_eqz(name, "npu"))
        return err_set(error, ERR_INVALID,
                       "resource '" STR_FMT
                       "' is not counted by Berth; only gpu, npu and shard are",
                       STR_ARG(name));
    uint32_t count = 1;
    uint64_t unused = 0;
    bool has_count = false;
    while (sbatch_split(&rest, ':', &part)) {
        enum err e = ERR_NONE;
        if (has_count) return sbatch_bad(piece, "gpu[:KIND][:N]", error);
        has_count = str_to_u64(part, &unused);
        if (has_count)
            e = sbatch_take_u32(part, 0, CHIPS_PER_NODE_MAX, &count, error);
        else
            e = take_kind(r, part, error);
        if (e != ERR_NONE) return e;
    }
    if (r->chips.per_node + count > CHIPS_PER_NODE_MAX)
        return err_set(error, ERR_LIMIT, "more than %d chips a node", (int)CHIPS_PER_NODE_MAX);
    r->chips.per_node += count;
    return ERR_NONE;
}

enum err sbatch_set_gres(struct sbatch_request *r, struct str value, struct errtext *error)
{
    struct str piece;
    r->chips.per_node = r->chips.shards = 0;
    if (str_eqz(value, "none")) return ERR_NONE;
    if (value.len == 0) return sbatch_bad(value, "gpu[:KIND][:N]", error);
    enum err e = ERR_NONE;
    while (e == ERR_NONE && sbatch_split(&value, ',', &piece)) e = take_gres(r, piece, error);
    return e;
}

/* "a|b" or "[a|b]". Berth places a job in one pool, so all nodes have the same chip anyway. */
static enum err take_alternatives(struct sbatch_request *r, struct str value, struct str **out,
                                  uint32_t *count_out, struct errtext *error)
{
    if (value.len >= 2 && value.p[0] == '[' && value.p[value.len - 1] == ']')
        value = (struct str){value.p + 1, value.len - 2};
    for (size_t i = 0; i < value.len; i++)
        if (memchr("&,*()[]", value.p[i], 7) != NULL)
            return err_set(error, ERR_INVALID,
                           "'%c' is not supported; name acceptable kinds of chip as \"h100|h200\"",
                           value.p[i]);
    return sbatch_take_ids(r, value, '|', out, count_out, error);
}

enum err sbatch_set_constraint(struct sbatch_request *r, struct str value, struct errtext *error)
{
    return take_alternatives(r, value, &r->constraint, &r->constraint_count, error);
}

enum err sbatch_set_prefer(struct sbatch_request *r, struct str value, struct errtext *error)
{
    return take_alternatives(r, value, &r->spec.chip_prefer, &r->spec.chip_prefer_count, error);
}

/* ---- settling -------------------------------------------------------------------------------- */

static enum err settle_kinds(struct sbatch_request *r, struct errtext *error)
{
    struct job_spec *s = &r->spec;
    bool is_constrained = r->constraint_count > 0;
    s->chip_kinds = is_constrained ? r->constraint : r->chips.kinds;
    s->chip_kind_count = is_constrained ? r->constraint_count : r->chips.kind_count;
    if (r->chips.kind.len == 0) return ERR_NONE;
    bool agrees = r->constraint_count == 0;
    for (uint32_t i = 0; i < r->constraint_count; i++)
        if (chip_is_named(r->chips.kind, r->constraint[i]) ||
            chip_is_named(r->constraint[i], r->chips.kind))
            agrees = true;
    if (!agrees)
        return err_set(error, ERR_INVALID,
                       "chips of kind '" STR_FMT "' are asked for, but --constraint excludes it",
                       STR_ARG(r->chips.kind));
    s->chip_kinds = ARENA_NEW(r->arena, struct str);
    s->chip_kinds[0] = r->chips.kind;
    s->chip_kind_count = 1;
    return ERR_NONE;
}

static uint32_t task_count(const struct job_spec *s)
{
    uint32_t nodes = s->nodes > 0 ? s->nodes : 1;
    if (s->tasks > 0) return s->tasks;
    return s->tasks_per_node > 0 ? s->tasks_per_node * nodes : nodes;
}

/* Part of a chip, and nothing that asks for whole ones. */
static enum err settle_share(struct sbatch_request *r, struct errtext *error)
{
    const struct sbatch_chips *c = &r->chips;
    bool is_whole = c->per_node > 0 || c->per_task > 0 || (c->milli == 0 && c->total > 0);
    if (is_whole || (c->milli > 0 && c->shards > 0))
        return err_set(error, ERR_INVALID,
                       "part of a chip is asked for beside other chips; a job takes part of one "
                       "chip, or whole chips");
    r->spec.chips = 1;
    r->spec.chip_milli = c->milli;
    r->spec.shards = c->shards;
    return ERR_NONE;
}

static enum err settle_counts(struct sbatch_request *r, struct errtext *error)
{
    struct job_spec *s = &r->spec;
    const struct sbatch_chips *c = &r->chips;
    uint64_t total = c->total;
    if (c->milli > 0 || c->shards > 0) return settle_share(r, error);
    if (c->per_task > 0) {
        bool is_told = s->tasks > 0 || s->tasks_per_node > 0;
        if (!is_told && total == 0)
            return err_set(error, ERR_INVALID,
                           "--gpus-per-task needs --ntasks, or --gpus for all tasks together");
        if (!is_told && total % c->per_task == 0) s->tasks = (uint32_t)(total / c->per_task);
        uint64_t by_task = (uint64_t)c->per_task * task_count(s);
        if (total > 0 && total != by_task)
            return err_set(error, ERR_INVALID,
                           "--gpus=%u does not agree with --gpus-per-task=%u and %u tasks",
                           c->total, c->per_task, task_count(s));
        total = by_task;
    }
    if (total > (uint64_t)JOB_NODES_MAX * CHIPS_PER_NODE_MAX)
        return err_set(error, ERR_LIMIT, "more than %d chips", JOB_NODES_MAX * CHIPS_PER_NODE_MAX);
    s->chips = (uint32_t)total;
    s->chips_per_node = c->per_node;
    if (total == 0 || c->per_node == 0) return ERR_NONE;
    uint64_t nodes = total / c->per_node;
    if (total % c->per_node != 0 || (s->nodes > 0 && s->nodes != nodes))
        return err_set(error, ERR_INVALID,
                       "%u chips in all and %u on each node do not agree with %s", s->chips,
                       c->per_node, s->nodes > 0 ? "--nodes" : "each other");
    s->nodes = (uint32_t)nodes;
    return ERR_NONE;
}

static enum err settle_cpus(struct sbatch_request *r, struct errtext *error)
{
    struct job_spec *s = &r->spec;
    uint64_t cpus = (uint64_t)r->chips.cpus_per_chip * job_spec_chips(s);
    if (r->chips.cpus_per_chip == 0) return ERR_NONE;
    if (cpus == 0) return err_set(error, ERR_INVALID, "--cpus-per-gpu, but the job has no chips");
    if (s->cpus_per_task > 0)
        return err_set(error, ERR_INVALID, "--cpus-per-gpu and --cpus-per-task are both stated");
    if (cpus % task_count(s) != 0 || cpus / task_count(s) > CPUS_PER_NODE_MAX)
        return err_set(error, ERR_INVALID,
                       "--cpus-per-gpu does not divide over %u tasks; use --cpus-per-task",
                       task_count(s));
    s->cpus_per_task = (uint32_t)(cpus / task_count(s));
    return ERR_NONE;
}

enum err sbatch_settle_chips(struct sbatch_request *r, struct errtext *error)
{
    enum err e = settle_kinds(r, error);
    if (e == ERR_NONE) e = settle_counts(r, error);
    if (e == ERR_NONE) e = settle_cpus(r, error);
    return e;
}
