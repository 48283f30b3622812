/* preempt_words.c - what preemption has to do with a job, in a sentence for people. */
#include "core/explain.h"
#include "core/preempt.h"

#include "base/money.h"

/* "jobs 3, 7 and 9", the first few of them. */
static const char *jobs_named(struct arena *a, const uint32_t *ids, uint32_t count)
{
    enum { SHOWN = 8 };
    char *text = arena_printf(a, "job%s %u", count == 1 ? "" : "s", ids[0]);
    for (uint32_t i = 1; i < count && i < SHOWN; i++)
        text = arena_printf(a, "%s%s%u", text, i + 1 == count ? " and " : ", ", ids[i]);
    return count <= SHOWN ? text : arena_printf(a, "%s and %u more", text, count - SHOWN);
}

static const char *holding(const struct core *c, const struct entry *e, struct arena *a)
{
    const struct preempt_look *look = &e->job.preempt_look;
    char loss[MONEY_TEXT_MAX], gain[MONEY_TEXT_MAX];
    return arena_printf(a,
                        "%s of lower priority %s being stopped for it in pool " STR_FMT
                        ", where their room is held for it; they lose %s USD, starting earlier is "
                        "worth %s USD",
                        jobs_named(a, e->hold->victims, e->hold->victim_count),
                        e->hold->victim_count == 1 ? "is" : "are",
                        STR_ARG(c->fleet.pools[e->hold->pool].id),
                        money_format(look->loss_uusd, loss), money_format(look->gain_uusd, gain));
}

/* What came of the last search. */
static const char *searched(const struct core *c, const struct job *j, struct arena *a)
{
    const struct preempt_look *look = &j->preempt_look;
    char loss[MONEY_TEXT_MAX], gain[MONEY_TEXT_MAX];
    struct str pool =
        look->pool < c->fleet.pool_count ? c->fleet.pools[look->pool].id : STR("a pool");
    switch ((enum preempt_result)look->result) {
    case PREEMPT_NO_VICTIM: return "no running job of lower priority may be stopped for it";
    case PREEMPT_NOT_ROOM:
        return arena_printf(a,
                            "jobs of lower priority run in pool " STR_FMT
                            ", but room is not all that it lacks there, and others are stopped for "
                            "room alone",
                            STR_ARG(pool));
    case PREEMPT_NOT_ENOUGH:
        return "stopping the running jobs of lower priority would not make room for it";
    case PREEMPT_LOSS:
        return arena_printf(a,
                            "stopping %u running job%s of lower priority in pool " STR_FMT
                            " would make room for it, but lose %s USD, and starting earlier is "
                            "worth %s USD",
                            look->victims, look->victims == 1 ? "" : "s", STR_ARG(pool),
                            money_format(look->loss_uusd, loss),
                            money_format(look->gain_uusd, gain));
    case PREEMPT_NOT_LOOKED:
    case PREEMPT_DONE:
    case PREEMPT_RESULT_COUNT: break;
    }
    return NULL;
}

static const char *stopped(const struct job *j, struct arena *a)
{
    uint32_t by = j->preempted_by.v;
    if (j->state == JOB_COMPLETING && j->reason == REASON_PREEMPTED)
        return arena_printf(a, "it is being stopped for job %u of higher priority%s", by,
                            j->requeue_asked ? ", and will wait again" : "");
    if (j->preemptions == 1) return arena_printf(a, "preempted by job %u", by);
    return arena_printf(a, "preempted %u times, the last time by job %u%s", j->preemptions, by,
                        j->preemptions >= PREEMPTIONS_MAX ? "; it is not stopped for others again"
                                                          : "");
}

struct str core_preempt_words(const struct core *c, const struct job *j, struct arena *arena)
{
    const struct entry *e = entry_find(c, j->id.v);
    const char *first = NULL, *second = NULL;
    if (e != NULL && e->hold != NULL && e->hold->victim_count > 0)
        first = holding(c, e, arena);
    else if (j->state == JOB_PENDING && c->preempts && e != NULL && e->class != NULL)
        first = searched(c, j, arena);
    if (j->preemptions > 0) second = stopped(j, arena);
    if (first != NULL && second != NULL) first = arena_printf(arena, "%s; %s", first, second);
    if (first == NULL) first = second;
    return first != NULL ? str_of(first) : (struct str){0};
}
