/* dependencies.c - jobs that wait for jobs.
 *
 * A dependency that was once met stays met (a bit in the job), so what it named may be purged. One
 * that is not yet met is written down at the job or array it names, which wakes the waiting jobs
 * when it starts and when it ends. An id that is an array's means all its tasks; of aftercorr,
 * where the waiting job is a task too, the one of the same number. */
#include "core/state.h"

#include "base/check.h"

/* afterok and its kind, over `count` jobs of which so many have begun, ended, ended well. */
static int state_of(int kind, uint32_t count, uint32_t begun, uint32_t ended, uint32_t ok)
{
    switch ((enum dependency_kind)kind) {
    case DEPENDENCY_AFTER: return begun == count ? DEPENDENCY_MET : DEPENDENCY_WAITS;
    case DEPENDENCY_AFTER_ANY: return ended == count ? DEPENDENCY_MET : DEPENDENCY_WAITS;
    case DEPENDENCY_AFTER_CORR:
    case DEPENDENCY_AFTER_OK:
        if (ended > ok) return DEPENDENCY_FAILED;
        return ok == count ? DEPENDENCY_MET : DEPENDENCY_WAITS;
    case DEPENDENCY_AFTER_NOTOK:
        if (ended < count) return DEPENDENCY_WAITS;
        return ok < count ? DEPENDENCY_MET : DEPENDENCY_FAILED;
    case DEPENDENCY_SINGLETON:
    case DEPENDENCY_COUNT: break;
    }
    ASSERT(false);
    return DEPENDENCY_FAILED;
}

/* The task of the array with that number; NULL: it has none. */
static struct entry *task_numbered(const struct core *c, const struct array *a, uint32_t number)
{
    for (uint32_t i = 0; i < a->count; i++) {
        struct entry *e = entry_find(c, a->first + i);
        if (e != NULL && e->job.array_task == number) return e;
    }
    return NULL;
}

/* The task of the array with the same number as that job of another array. */
static struct entry *task_of(const struct core *c, const struct array *a, const struct job *like)
{
    /* Nearly always both arrays have the same tasks. */
    struct entry *e = entry_find(c, a->first + (like->id.v - like->array_job.v));
    if (e != NULL && e->array == a && e->job.array_task == like->array_task) return e;
    return task_numbered(c, a, like->array_task);
}

void dependency_target(const struct core *c, const struct entry *e, const struct dependency *d,
                       struct array **array_out, struct entry **entry_out)
{
    *array_out = array_find(c, d->job);
    *entry_out = *array_out == NULL ? entry_find(c, d->job) : NULL;
    if (*array_out == NULL) return;
    if (d->of_task)
        *entry_out = task_numbered(c, *array_out, d->task);
    else if (d->kind == DEPENDENCY_AFTER_CORR && e->array != NULL)
        *entry_out = task_of(c, *array_out, &e->job);
    else
        return;
    *array_out = NULL;
}

static int one_state(const struct core *c, const struct entry *e, const struct dependency *d)
{
    if (d->kind == DEPENDENCY_SINGLETON)
        return order_first(&e->name->live) == &e->in_name ? DEPENDENCY_MET : DEPENDENCY_WAITS;
    struct array *a;
    struct entry *x;
    dependency_target(c, e, d, &a, &x);
    if (a != NULL) return state_of(d->kind, a->count, a->begun, a->ended, a->ended_ok);
    if (x == NULL) { /* long over, so how it ended is no longer known here; or no such task */
        bool any_end = d->kind == DEPENDENCY_AFTER || d->kind == DEPENDENCY_AFTER_ANY;
        return any_end ? DEPENDENCY_MET : DEPENDENCY_FAILED;
    }
    bool ended = job_state_is_ended(x->job.state);
    bool begun = ended || x->job.start_ms > 0 || x->job.restarts > 0;
    return state_of(d->kind, 1, begun, ended, x->job.state == JOB_COMPLETED);
}

/* Who is waited for may not be purged: bring the timers of `x`, or of the array, up to date. */
static void waiters_changed(struct core *c, struct array *a, struct entry *x)
{
    if (a == NULL && x != NULL) a = x->array;
    if (a != NULL) {
        if (a->waiter_count + a->task_waiter_count <= 1) array_purge_timers(c, a);
    } else if (x != NULL && job_state_is_ended(x->job.state)) {
        timer_set(c, x);
    }
}

static void unregister(struct core *c, struct entry *e, const struct dependency *d)
{
    struct array *a;
    struct entry *x;
    dependency_target(c, e, d, &a, &x);
    if (a != NULL) {
        waiter_drop(a->waiters, &a->waiter_count, e->job.id.v);
    } else if (x != NULL) {
        size_t before = x->waiter_count;
        waiter_drop(x->waiters, &x->waiter_count, e->job.id.v);
        if (x->array != NULL) x->array->task_waiter_count -= before - x->waiter_count;
    }
    /* What nobody waits for any more may be purged. */
    waiters_changed(c, a, x);
}

static bool is_met(const struct entry *e, uint32_t i)
{
    return (e->dependencies_met >> i & 1) != 0;
}

static int combine(const struct job_spec *s, uint32_t met, uint32_t failed)
{
    if (s->dependency_count == 0 || met == s->dependency_count) return DEPENDENCY_MET;
    if (s->dependency_any && met > 0) return DEPENDENCY_MET;
    if (s->dependency_any ? failed == s->dependency_count : failed > 0) return DEPENDENCY_FAILED;
    return DEPENDENCY_WAITS;
}

int dependencies_look(const struct core *c, const struct entry *e, uint32_t *waits_for_out)
{
    const struct job_spec *s = &e->job.spec;
    uint32_t met = 0, failed = 0;
    *waits_for_out = 0;
    for (uint32_t i = 0; i < s->dependency_count; i++) {
        int state = is_met(e, i) ? DEPENDENCY_MET : one_state(c, e, &s->dependencies[i]);
        met += state == DEPENDENCY_MET;
        failed += state == DEPENDENCY_FAILED;
        if (state == DEPENDENCY_WAITS && *waits_for_out == 0)
            *waits_for_out = s->dependencies[i].job;
    }
    return combine(s, met, failed);
}

/* When what is named began; the last of an array's tasks. 0: it is long over. */
static int64_t begun_at(const struct core *c, const struct entry *e, const struct dependency *d)
{
    struct array *a;
    struct entry *x;
    dependency_target(c, e, d, &a, &x);
    /* One that is to start again has no start of its own; it began some time before. */
    if (x != NULL) return x->job.start_ms > 0 ? x->job.start_ms : c->now_ms;
    int64_t last = 0;
    for (uint32_t i = 0; a != NULL && i < a->count; i++) {
        x = entry_find(c, a->first + i);
        if (x != NULL && x->job.start_ms > last) last = x->job.start_ms;
    }
    return last;
}

/* It is met now; a delay counts from the start. */
static void meet(struct core *c, struct entry *e, uint32_t i)
{
    const struct dependency *d = &e->job.spec.dependencies[i];
    e->dependencies_met |= UINT64_C(1) << i;
    if (d->delay_min > 0) {
        int64_t at = begun_at(c, e, d) + (int64_t)d->delay_min * 60000;
        if (at > e->not_before_ms) e->not_before_ms = at;
    }
    unregister(c, e, d);
}

int dependencies_state(struct core *c, struct entry *e)
{
    const struct job_spec *s = &e->job.spec;
    for (uint32_t i = 0; i < s->dependency_count; i++) {
        const struct dependency *d = &s->dependencies[i];
        /* A singleton is not met for good: it asks who else lives now. */
        if (is_met(e, i) || d->kind == DEPENDENCY_SINGLETON) continue;
        if (one_state(c, e, d) == DEPENDENCY_MET) meet(c, e, i);
    }
    uint32_t waits_for;
    return dependencies_look(c, e, &waits_for);
}

void dependencies_enter(struct core *c, struct entry *e)
{
    const struct job_spec *s = &e->job.spec;
    ASSERT(s->dependency_count <= DEPENDENCY_MAX);
    for (uint32_t i = 0; i < s->dependency_count; i++) {
        const struct dependency *d = &s->dependencies[i];
        if (is_met(e, i) || d->kind == DEPENDENCY_SINGLETON) continue;
        struct array *a;
        struct entry *x;
        dependency_target(c, e, d, &a, &x);
        if (a != NULL) {
            waiter_add(&a->waiters, &a->waiter_count, &a->waiter_cap, e->job.id.v);
        } else if (x != NULL) {
            waiter_add(&x->waiters, &x->waiter_count, &x->waiter_cap, e->job.id.v);
            if (x->array != NULL) x->array->task_waiter_count++;
        }
        waiters_changed(c, a, x);
    }
}

void dependencies_leave(struct core *c, struct entry *e)
{
    const struct job_spec *s = &e->job.spec;
    for (uint32_t i = 0; i < s->dependency_count; i++)
        if (!is_met(e, i) && s->dependencies[i].kind != DEPENDENCY_SINGLETON)
            unregister(c, e, &s->dependencies[i]);
}

/* Settling a waiter may take it off the list. */
static void wake_list(struct core *c, uint32_t *const *list, const size_t *count)
{
    for (size_t i = 0; i < *count;) {
        uint32_t id = (*list)[i];
        struct entry *w = entry_find(c, id);
        ASSERT(w != NULL);
        if (w->job.state == JOB_PENDING) job_settle(c, w);
        while (i < *count && (*list)[i] <= id) i++;
    }
}

void wake_waiters(struct core *c, struct entry *e)
{
    wake_list(c, &e->waiters, &e->waiter_count);
    if (e->array != NULL) wake_list(c, &e->array->waiters, &e->array->waiter_count);
}

void wake_namesakes(struct core *c, struct name_group *g)
{
    struct order_node *n = order_first(&g->live);
    if (n == NULL || BERTH_DEFECT == 70) return;
    struct entry *e = CONTAINER(n, struct entry, in_name);
    if (e->job.state == JOB_PENDING && e->job.reason == REASON_DEPENDENCY) job_settle(c, e);
}
