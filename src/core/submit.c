#include "core/state.h"

#include "base/check.h"
#include "base/mem.h"

static struct entry *entry_new(struct core *c, const struct event *ev, struct spec_box *box,
                               uint32_t first, uint32_t task)
{
    struct entry *e = mem_alloc(1, sizeof *e);
    e->box = box;
    box->users++;
    struct job *j = &e->job;
    j->id.v = c->next_id++;
    j->spec = box->spec;
    j->spec_record = c->record;
    if (box->spec.array_count > 0) {
        j->array_job.v = first;
        j->array_task = box->spec.array_tasks[task];
    }
    if (task == 0) j->key = str_copy(&box->arena, ev->key);
    j->state = JOB_PENDING;
    j->reason = REASON_PRIORITY;
    j->submit_ms = c->now_ms;
    j->time_limit_ms = limit_anywhere(c, &j->spec);
    j->attempt = 1;
    j->held_user = j->spec.hold;
    j->pool.v = j->preempt_look.pool = NO_INDEX;
    j->decision_record = c->record;
    e->wall_ms = CIVIL_NEVER_MS;
    entry_add(c, e);
    return e;
}

/* One decision speaks for all tasks of an array: they are alike. */
static void refuse(struct core *c, uint32_t first, uint32_t count, struct str rule)
{
    for (uint32_t id = first; id < first + count; id++)
        job_close(c, entry_find(c, id), JOB_REFUSED, REASON_LAW_NO_SITE, rule);
    struct entry *e = entry_find(c, first);
    struct decision *d = decide(c, DECISION_REFUSED, e, REASON_LAW_NO_SITE, rule);
    decide_rows(c, e, d);
}

void on_submit(struct core *c, const struct event *ev)
{
    struct spec_box *box = box_new(c, ev->spec);
    uint32_t count = box->spec.array_count > 0 ? box->spec.array_count : 1;
    uint32_t first = c->next_id;
    ASSERT(c->job_count + count <= JOBS_MAX);
    for (uint32_t task = 0; task < count; task++) entry_new(c, ev, box, first, task);
    box_drop(box);
    c->out->first_job.v = first;
    c->out->job_count = count;
    struct str rule = {0};
    if (law_refuses(c, entry_find(c, first), &rule)) {
        refuse(c, first, count, rule);
        return;
    }
    for (uint32_t id = first; id < first + count; id++) {
        struct entry *e = entry_find(c, id);
        dependencies_enter(c, e);
        job_settle(c, e);
    }
}
