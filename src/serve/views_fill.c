#include "serve/views_fill.h"

#include "base/cbor.h"
#include "base/check.h"
#include "base/civil.h"
#include "base/money.h"
#include "model/nodelist.h"

#include <inttypes.h>
#include <string.h>

static struct str finish(struct buf *b, struct arena *arena)
{
    struct str s = str_copy(arena, buf_str(b));
    buf_release(b);
    return s;
}

static struct str join(const struct str *items, uint32_t count, struct arena *arena)
{
    if (count == 1) return items[0];
    struct buf b = {0};
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) buf_putc(&b, ',');
        buf_put_str(&b, items[i]);
    }
    return finish(&b, arena);
}

static struct str gres_text(const struct job_spec *s, struct arena *arena)
{
    uint32_t count = s->chips_per_node > 0 ? s->chips_per_node : s->chips;
    if (count == 0) return (struct str){0};
    struct buf b = {0};
    buf_puts(&b, s->shards > 0 ? "shard:" : "gpu:");
    if (s->chip_kind_count > 0) {
        for (uint32_t i = 0; i < s->chip_kind_count; i++) {
            if (i > 0) buf_putc(&b, '|');
            buf_put_str(&b, s->chip_kinds[i]);
        }
        buf_putc(&b, ':');
    }
    if (s->chip_milli > 0)
        buf_printf(&b, "0.%03u", s->chip_milli);
    else
        buf_printf(&b, "%u", s->shards > 0 ? s->shards : count);
    return finish(&b, arena);
}

static struct str dependency_text(const struct job_spec *s, struct arena *arena)
{
    if (s->dependency_count == 0) return (struct str){0};
    struct buf b = {0};
    for (uint32_t i = 0; i < s->dependency_count; i++) {
        if (i > 0) buf_putc(&b, s->dependency_any ? '?' : ',');
        buf_puts(&b, dependency_names[s->dependencies[i].kind]);
        if (s->dependencies[i].job != 0) buf_printf(&b, ":%u", s->dependencies[i].job);
        if (s->dependencies[i].of_task) buf_printf(&b, "_%u", s->dependencies[i].task);
        if (s->dependencies[i].delay_min > 0) buf_printf(&b, "+%u", s->dependencies[i].delay_min);
    }
    return finish(&b, arena);
}

/* Tasks as stated, else one on each node, as Slurm counts them. */
static uint32_t view_tasks(const struct job_spec *s)
{
    if (s->tasks > 0) return s->tasks;
    uint32_t nodes = s->nodes > 0 ? s->nodes : 1;
    return s->tasks_per_node > 0 ? nodes * s->tasks_per_node : nodes;
}

uint32_t view_job_cpus(const struct job *j)
{
    const struct job_spec *s = &j->spec;
    if (j->cpus > 0 && j->state != JOB_PENDING) return j->cpus;
    return view_tasks(s) * (s->cpus_per_task > 0 ? s->cpus_per_task : 1);
}

/* Memory on each node, as stated or for its CPUs or chips there. */
static uint64_t mem_mb_on_a_node(const struct job *j)
{
    const struct job_spec *s = &j->spec;
    uint64_t nodes = j->claim != NULL ? j->claim->part_count : s->nodes > 0 ? s->nodes : 1;
    if (s->mem_mb_per_cpu > 0) return s->mem_mb_per_cpu * view_job_cpus(j) / nodes;
    if (s->mem_mb_per_chip > 0) return s->mem_mb_per_chip * job_spec_chips(s) / nodes;
    return s->mem_mb_per_node;
}

static bool was_placed(const struct job *j)
{
    return j->claim != NULL || j->start_ms != 0;
}

/* How many nodes a hostlist names; 1 where it is none. */
static uint32_t node_count(struct str nodes, struct arena *arena)
{
    struct node_range *ranges;
    struct errtext error;
    uint32_t ranges_count = 0, count = 0;
    if (hostlist_parse(nodes, arena, &ranges, &ranges_count, &error) != ERR_NONE) return 1;
    for (uint32_t i = 0; i < ranges_count; i++) count += ranges[i].count;
    return count > 0 ? count : 1;
}

static void fill_place(const struct core *c, const struct job *j, struct arena *arena,
                       struct job_view *out)
{
    const struct fleet *f = core_fleet(c);
    out->node_count = j->spec.nodes > 0 ? j->spec.nodes : 1;
    if (!was_placed(j) || f == NULL || j->pool.v >= f->pool_count) {
        out->partition = join(j->spec.partitions, j->spec.partition_count, arena);
        return;
    }
    const struct pool *p = &f->pools[j->pool.v];
    out->partition = p->id;
    out->site = p->site;
    out->chip = p->chip;
    out->nodes = j->nodes;
    out->node_count = j->claim != NULL ? j->claim->part_count : node_count(j->nodes, arena);
}

static int64_t account_score(const struct core *c, struct str tenant)
{
    struct tenant_share share;
    core_share(c, tenant, core_now_ms(c), &share);
    return share.score;
}

struct job_view view_job(const struct core *c, const struct job *j, struct arena *arena)
{
    const struct job_spec *s = &j->spec;
    struct job_view v = {
        .job_id = j->id.v,
        .array_job_id = j->array_job.v,
        .array_task_id = j->array_task,
        .is_array = j->array_job.v != 0,
        .name = s->name,
        .user = s->user,
        .account = s->tenant,
        .uid = s->uid,
        .gid = s->gid,
        .array_limit = s->array_limit,
        .exclusive = s->exclusive,
        .nice = s->nice,
        .state = str_of(job_state_names[j->state]),
        .state_code = str_of(job_state_codes[j->state]),
        .reason = str_of(reason_names[core_reason(c, j)]),
        .chips = j->claim != NULL ? j->claim->chips : job_spec_chips(s),
        .chip_milli = j->claim != NULL ? j->claim->parts[0].milli : s->chip_milli,
        .cpus = view_job_cpus(j),
        .tasks = view_tasks(s),
        .cpus_per_task = s->cpus_per_task > 0 ? s->cpus_per_task : 1,
        .mem_mb = mem_mb_on_a_node(j),
        .gres = gres_text(s, arena),
        .submit_ms = j->submit_ms,
        .eligible_ms = j->eligible_ms,
        .start_ms = j->start_ms,
        .end_ms = j->end_ms,
        .time_limit_ms = j->time_limit_ms,
        .priority = s->priority,
        .account_score = j->state == JOB_PENDING ? account_score(c, s->tenant) : 0,
        .qos = s->qos,
        .exit_code = j->exit_code,
        .exit_signal = j->exit_signal,
        .attempt = j->attempt,
        .restarts = j->restarts,
        .preemptions = j->preemptions,
        .preempted_by = j->preempted_by.v,
        .cost_uusd = j->cost_uusd,
        .spent_uusd = j->spent_uusd,
        .trouble = j->trouble,
        .rule = j->refusal_rule,
        .dependency = dependency_text(s, arena),
        .comment = s->comment,
        .workdir = s->workdir,
        .stdout_path = s->stdout_path,
        .stderr_path = s->stderr_path,
        .stdin_path = s->stdin_path,
        .purpose = s->purpose,
        .deadline_ms = s->deadline_ms,
        .begin_ms = s->begin_ms,
        .requeue = !s->no_requeue,
        .spec_record = j->spec_record,
        .decision_record = j->decision_record,
        .type = s->work.type,
        .steps = j->progress.steps,
        .steps_total = j->progress.total > 0 ? j->progress.total : s->work.steps,
        .usteps_per_s = j->progress.usteps_per_s,
        .heartbeat_ms = j->progress.at_ms,
        .checkpoint_ms = j->progress.checkpointed_ms,
        .expected_end_ms = j->state == JOB_RUNNING ? progress_end_ms(j) : 0,
        .cancel_asked = j->cancel_asked,
        .cancel_uid = j->cancel_uid,
    };
    fill_place(c, j, arena, &v);
    return v;
}

/* ---- pools ----------------------------------------------------------------------------------- */

enum node_group {
    GROUP_IDLE,
    GROUP_MIXED,
    GROUP_ALLOCATED,
    GROUP_DRAINING, /* drained, and jobs still run there */
    GROUP_DRAINED,
    GROUP_MAINT, /* idle, because its pool is in a maintenance window */
    GROUP_DOWN,
    GROUP_COUNT
};

static bool in_window(const struct core *c, struct pool_id id)
{
    const struct window *w = core_window(core_fleet(c), id.v, core_now_ms(c));
    return w != NULL && w->from_ms <= core_now_ms(c);
}

/* `closed`: its pool is in a maintenance window. */
static enum node_group group_of(const struct core *c, struct pool_id id, uint32_t node, bool closed)
{
    const struct pool *p = &core_fleet(c)->pools[id.v];
    struct node_use u = core_node_use(c, id, node);
    uint32_t chips = (uint32_t)__builtin_popcountll(u.chip_mask);
    bool idle = chips == 0 && u.cpus_used == 0 && u.mem_mb_used == 0;
    if (u.state == NODE_DOWN) return GROUP_DOWN;
    if (u.state == NODE_DRAIN) return idle ? GROUP_DRAINED : GROUP_DRAINING;
    if (idle) return closed ? GROUP_MAINT : GROUP_IDLE;
    bool full =
        p->chips_per_node > 0 ? chips == p->chips_per_node : u.cpus_used >= p->cpus_per_node;
    return full ? GROUP_ALLOCATED : GROUP_MIXED;
}

static const char *const group_names[GROUP_COUNT] = {"idle",    "mixed", "allocated", "draining",
                                                     "drained", "maint", "down"};

struct str view_node_state(const struct core *c, struct pool_id id, uint32_t node)
{
    return str_of(group_names[group_of(c, id, node, in_window(c, id))]);
}

static void fill_groups(const struct core *c, struct pool_id id, struct arena *arena,
                        struct pool_view *out)
{
    const struct pool *p = &core_fleet(c)->pools[id.v];
    bool closed = in_window(c, id);
    uint32_t *nodes[GROUP_COUNT], count[GROUP_COUNT] = {0};
    for (int g = 0; g < GROUP_COUNT; g++) nodes[g] = ARENA_ARRAY(arena, p->node_count, uint32_t);
    for (uint32_t n = 0; n < p->node_count; n++) {
        enum node_group g = group_of(c, id, n, closed);
        nodes[g][count[g]++] = n;
    }
    out->groups = ARENA_ARRAY(arena, GROUP_COUNT, struct node_group_view);
    for (int g = 0; g < GROUP_COUNT; g++) {
        if (count[g] == 0) continue;
        struct buf text = {0};
        nodelist_format(p, nodes[g], count[g], &text);
        out->groups[out->group_count++] =
            (struct node_group_view){str_of(group_names[g]), count[g], finish(&text, arena)};
    }
}

struct pool_view view_pool(const struct core *c, struct pool_id id, struct arena *arena)
{
    const struct fleet *f = core_fleet(c);
    ASSERT(f != NULL && id.v < f->pool_count);
    const struct pool *p = &f->pools[id.v];
    struct pool_use u = core_pool_use(c, id);
    struct pool_view v = {
        .pool = p->id,
        .site = p->site,
        .country = f->sites[p->site_index].country,
        .chip = p->chip,
        .engine = f->sites[p->site_index].engine,
        .title = str_of(title_names[p->title.kind]),
        .aliases = join(p->aliases, p->alias_count, arena),
        .up = !p->drained,
        .is_default = p->is_default,
        .nodes = p->node_count,
        .chips_per_node = p->chips_per_node,
        .shards_per_chip = p->shards_per_chip,
        .cpus_per_node = p->cpus_per_node,
        .mem_mb_per_node = p->mem_mb_per_node,
        .nodes_idle = u.nodes_idle,
        .nodes_mixed = u.nodes_mixed,
        .nodes_allocated = u.nodes_allocated,
        .nodes_down = u.nodes_down,
        .nodes_drained = u.nodes_drained,
        .chips_total = u.chips_total,
        .chips_up = u.chips_up,
        .chips_used = u.chips_used,
        .milli_used = u.milli_used,
        .uusd_per_chip_h = p->title.uusd_per_chip_h,
        .time_limit_max_ms = p->time_limit_max_ms,
        .lease_from_ms = p->title.from_ms,
        .lease_to_ms = p->title.to_ms,
    };
    v.last_safe_start_ms = core_last_start_ms(c, id, core_now_ms(c));
    const struct window *w = core_window(f, id.v, core_now_ms(c));
    if (w != NULL) {
        v.maintenance_from_ms = w->from_ms;
        v.maintenance_to_ms = w->to_ms;
        v.maintenance_reason = w->reason;
    }
    fill_groups(c, id, arena, &v);
    return v;
}

/* ---- history --------------------------------------------------------------------------------- */

struct history_row view_history(const struct core *c, const struct job *j, struct arena *arena)
{
    struct job_view v = view_job(c, j, arena);
    struct buf bytes = {0};
    struct cbor_writer w;
    cbor_writer_init(&w, &bytes);
    if (visit_map(&w.v, NULL, false)) {
        visit_job_view(&w.v, &v);
        visit_map_end(&w.v);
    }
    struct history_row row = {
        .job = v.job_id,
        .array_job = v.array_job_id,
        .array_task = v.array_task_id,
        .uid = v.uid,
        .user = str_copy(arena, v.user),
        .account = str_copy(arena, v.account),
        .name = str_copy(arena, v.name),
        .partition = str_copy(arena, v.partition),
        .state = v.state,
        .submit_ms = v.submit_ms,
        .start_ms = v.start_ms,
        .end_ms = v.end_ms,
        .exit_code = v.exit_code,
        .exit_signal = v.exit_signal,
        .chips = v.chips,
        .nodes = str_copy(arena, v.nodes),
        .cost_uusd = v.spent_uusd,
        .blob = finish(&bytes, arena),
    };
    return row;
}

enum err view_of_history(struct str blob, struct arena *arena, struct job_view *out,
                         struct errtext *error)
{
    struct cbor_reader r;
    cbor_reader_init(&r, str_copy(arena, blob), arena);
    *out = (struct job_view){0};
    if (visit_map(&r.v, NULL, false)) {
        visit_job_view(&r.v, out);
        visit_map_end(&r.v);
    }
    return cbor_reader_finish(&r, error);
}

static void fill_budget(const struct tenant_budget *b, struct share_view *v)
{
    if (b->terms.per == BUDGET_NONE) return;
    v->budget_per = str_of(budget_names[b->terms.per]);
    v->budget_days = b->terms.days;
    v->budget_uusd = b->terms.amount_uusd;
    v->budget_binds = b->binds;
    v->window_from_ms = b->from_ms;
    v->window_to_ms = b->to_ms != CIVIL_NEVER_MS ? b->to_ms : 0;
    v->spent_uusd = b->spent_uusd;
    v->committed_uusd = b->committed_uusd;
    v->left_uusd = b->binds ? b->left_uusd : 0;
}

void view_shares(const struct core *c, int64_t now_ms, struct arena *arena, struct share_list *list)
{
    const struct fleet *f = core_fleet(c);
    struct tenant_budget *budgets = ARENA_ARRAY(arena, f->tenant_count, struct tenant_budget);
    *list = (struct share_list){.count = f->tenant_count, .now_ms = now_ms};
    list->shares = ARENA_ARRAY(arena, f->tenant_count, struct share_view);
    core_budgets(c, now_ms, budgets);
    for (uint32_t i = 0; i < f->tenant_count; i++) {
        const struct tenant *t = &f->tenants[i];
        struct tenant_share use;
        core_share(c, t->id, now_ms, &use);
        list->shares[i] = (struct share_view){.account = t->id,
                                              .users = t->users,
                                              .user_count = t->user_count,
                                              .weight = t->weight,
                                              .used_uusd = use.used_uusd,
                                              .uusd_per_h = use.rate_uusd_h,
                                              .pending = use.pending,
                                              .running = use.active};
        fill_budget(&budgets[i], &list->shares[i]);
        list->weights += t->weight;
        list->used_uusd = money_add(list->used_uusd, use.used_uusd);
    }
}
