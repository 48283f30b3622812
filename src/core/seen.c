#include "core/seen.h"

#include "base/check.h"

/* Up to the next number of two leading bits, so that tasks that hardly differ share a row. */
static uint32_t round_cpus(uint32_t cpus, uint32_t most)
{
    uint32_t unit = 1;
    while (cpus / unit > 3) unit *= 2;
    uint64_t rounded = (cpus + (uint64_t)unit - 1) / unit * unit;
    return rounded < most ? (uint32_t)rounded : most;
}

static void drop_row(struct seen *s, uint32_t at)
{
    s->sum -= s->rows[at].weight;
    for (uint32_t i = at + 1; i < s->count; i++) s->rows[i - 1] = s->rows[i];
    s->count--;
}

static void halve(struct seen *s)
{
    uint32_t kept = 0;
    s->sum = 0;
    for (uint32_t i = 0; i < s->count; i++) {
        struct seen_row r = s->rows[i];
        r.weight /= 2;
        r.mem_mb /= 2;
        if (r.weight == 0) continue;
        s->sum += r.weight;
        s->rows[kept++] = r;
    }
    s->count = kept;
}

static uint32_t rarest(const struct seen *s)
{
    uint32_t at = 0;
    for (uint32_t i = 1; i < s->count; i++)
        if (s->rows[i].weight < s->rows[at].weight) at = i;
    return at;
}

void seen_note(struct seen *s, const struct need *each, uint32_t cpus_per_node)
{
    uint32_t cpus = round_cpus(each->cpus, cpus_per_node), at = 0;
    uint32_t milli = each->milli > 0 ? each->milli : CHIP_MILLI;
    while (at < s->count && (s->rows[at].chips != each->chips || s->rows[at].milli != milli ||
                             s->rows[at].cpus != cpus))
        at++;
    if (at == s->count) {
        if (s->count == SEEN_ROWS_MAX) drop_row(s, rarest(s));
        at = s->count++;
        s->rows[at] = (struct seen_row){.chips = each->chips, .milli = milli, .cpus = cpus};
    }
    s->rows[at].weight += SEEN_ONE;
    s->rows[at].mem_mb += each->mem_mb * SEEN_ONE;
    s->sum += SEEN_ONE;
    if (s->sum >= SEEN_SUM_MAX) halve(s);
}

void seen_expect(const struct seen *s, struct fit_workload *out, struct arena *arena)
{
    struct fit_task tasks[SEEN_ROWS_MAX];
    ASSERT(s->count > 0 && s->count <= SEEN_ROWS_MAX);
    for (uint32_t i = 0; i < s->count; i++) {
        const struct seen_row *r = &s->rows[i];
        tasks[i] = (struct fit_task){.chips = (int32_t)r->chips,
                                     .milli = (int32_t)r->milli,
                                     .cpu = r->cpus,
                                     .mem = (int64_t)(r->mem_mb / r->weight),
                                     .models = 1,
                                     .count = r->weight};
    }
    arena_clear(arena);
    fit_expect(out, tasks, s->count, tasks, s->count, arena);
}

bool seen_is_sane(const struct seen *s)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < s->count; i++) {
        const struct seen_row *r = &s->rows[i];
        if (r->weight == 0 || r->chips > CHIPS_PER_NODE_MAX || r->cpus > CPUS_PER_NODE_MAX ||
            r->milli == 0 || r->milli > CHIP_MILLI || (r->milli < CHIP_MILLI && r->chips != 1) ||
            r->mem_mb / r->weight > 2 * (uint64_t)MEM_MB_PER_NODE_MAX) /* halves are cut down */
            return false;
        sum += r->weight;
    }
    return sum < SEEN_SUM_MAX;
}

void visit_seen_row(struct visit *v, struct seen_row *r)
{
    visit_u32(v, "chips", &r->chips);
    visit_u32(v, "milli", &r->milli);
    visit_u32(v, "cpus", &r->cpus);
    visit_u32(v, "weight", &r->weight);
    visit_u64(v, "mem_mb", &r->mem_mb);
}
