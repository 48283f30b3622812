/* several.c - what a job would have to change all together where no single change is enough.
 *
 * Only changes of the job itself that the law does not see: names left out, a kind of chip accepted,
 * less memory, a higher price, a shorter or a longer time. In each pool the thing that stands in the
 * way first is taken out of it, then what comes to light behind it, until the pool takes the job or
 * something is left that the job cannot change. The pool that takes the fewest changes is told, of
 * equals the first. Nothing is guessed: it takes the job so changed now. */
#include "core/case.h"
#include "core/explain.h"
#include "core/state.h"

#include "base/check.h"
#include "base/money.h"

enum { MINUTE_MS = 60 * 1000, ROUNDS_MAX = 12 };

/* The changes so far, and the job with them. */
struct attempt {
    struct job_spec spec;
    struct flip changes[FLIPS_TOGETHER_MAX];
    uint32_t count;
};

const char *change_words(struct arena *a, const struct flip *f)
{
    char text[MONEY_TEXT_MAX];
    long long value = (long long)f->value;
    switch ((enum flip_kind)f->kind) {
    case FLIP_UNNAME: return "leave out the partition, site and country it names";
    case FLIP_CHIP_KIND:
        return arena_printf(a, "accept " STR_FMT " too (--constraint)", STR_ARG(f->text));
    case FLIP_MEMORY: return arena_printf(a, "ask for at most %lld MB a node (--mem)", value);
    case FLIP_MAX_PRICE:
        return arena_printf(a, "pay up to %s USD a chip hour (--max-price)",
                            money_format(f->value, text));
    case FLIP_TIME_LIMIT:
        return arena_printf(a, "ask for at most %lld minutes (--time=%lld)", value / MINUTE_MS,
                            value / MINUTE_MS);
    case FLIP_MORE_TIME:
        return arena_printf(a, "ask for at least %lld minutes (--time=%lld)", value / MINUTE_MS,
                            value / MINUTE_MS);
    case FLIP_NONE:
    case FLIP_CHIPS:
    case FLIP_RELEASE:
    case FLIP_WAIT_UNTIL:
    case FLIP_WAIT_JOB:
    case FLIP_NODES_UP:
    case FLIP_OPEN:
    case FLIP_FACT:
    case FLIP_EVIDENCE:
    case FLIP_PERMIT:
    case FLIP_CAPACITY:
    case FLIP_BUDGET:
    case FLIP_COUNT: break;
    }
    ASSERT(false); /* answer_to gives only changes of the job that the law does not see */
    return "";
}

/* What would take that out of the way; FLIP_NONE: nothing that the job can change. */
static struct flip answer_to(const struct question *q, const struct pool_reason *r)
{
    struct flip f = {.kind = FLIP_NONE, .value = r->have, .pool = r->pool};
    if (r->reason == REASON_NOT_NAMED) {
        f.kind = FLIP_UNNAME;
        f.value = 0;
    } else if (r->reason == REASON_CHIP_KIND && q->c->fleet.pools[r->pool].chip.len > 0) {
        f.kind = FLIP_CHIP_KIND;
        f.value = 0;
        f.text = q->c->fleet.pools[r->pool].chip;
    } else if (r->reason == REASON_MEMORY && r->have > 0) {
        f.kind = FLIP_MEMORY;
    } else if (r->reason == REASON_PRICE_ABOVE_MAX) {
        f.kind = FLIP_MAX_PRICE;
    } else if (r->reason == REASON_TOO_SLOW && r->need <= TIME_LIMIT_MAX_MS - MINUTE_MS) {
        f.kind = FLIP_MORE_TIME;
        f.value = (r->need + MINUTE_MS - 1) / MINUTE_MS * MINUTE_MS;
    } else if (reason_is_about_time(r->reason) && r->reason != REASON_BUDGET &&
               r->have >= MINUTE_MS) {
        f.kind = FLIP_TIME_LIMIT;
        f.value = r->have - r->have % MINUTE_MS;
    }
    return f;
}

static void change(const struct question *q, struct attempt *t, const struct flip *f)
{
    struct job_spec *s = &t->spec;
    if (f->kind == FLIP_UNNAME) {
        s->partition_count = s->site_count = s->not_site_count = s->country_count = 0;
    } else if (f->kind == FLIP_CHIP_KIND) {
        struct str *kinds = ARENA_ARRAY(q->arena, s->chip_kind_count + 1, struct str);
        for (uint32_t i = 0; i < s->chip_kind_count; i++) kinds[i] = s->chip_kinds[i];
        kinds[s->chip_kind_count++] = f->text;
        s->chip_kinds = kinds;
    } else if (f->kind == FLIP_MEMORY) {
        s->mem_mb_per_node = (uint64_t)f->value;
        s->mem_mb_per_chip = s->mem_mb_per_cpu = 0;
    } else if (f->kind == FLIP_MAX_PRICE) {
        s->max_uusd_per_chip_h = f->value;
    } else {
        s->time_limit_ms = f->value;
    }
}

/* A later change of the same kind takes the place of the one before; False: there is no room, or
 * time would have to be both shorter and longer. */
static bool note(struct attempt *t, const struct flip *f)
{
    uint32_t at = 0;
    bool by_time = f->kind == FLIP_TIME_LIMIT || f->kind == FLIP_MORE_TIME;
    while (at < t->count && t->changes[at].kind != f->kind) {
        int other = t->changes[at].kind;
        if (by_time && (other == FLIP_TIME_LIMIT || other == FLIP_MORE_TIME)) return false;
        at++;
    }
    if (at == FLIPS_TOGETHER_MAX) return false;
    t->changes[at] = *f;
    if (at == t->count) t->count++;
    return true;
}

/* Does the pool take the job after some such changes? */
static bool try_pool(const struct question *q, const struct legal *legal, uint32_t pool,
                     struct attempt *t)
{
    t->spec = *q->spec;
    t->count = 0;
    for (int i = 0; i < ROUNDS_MAX; i++) {
        struct pool_reason row;
        if (pool_row(q->c, &t->spec, question_job(q), legal, pool, q->now_ms, &row) == REASON_NONE)
            return true;
        struct flip f = answer_to(q, &row);
        if (f.kind == FLIP_NONE || !note(t, &f)) return false;
        change(q, t, &f);
    }
    return false;
}

void explain_several(const struct question *q, const struct legal *laws, struct explanation *x)
{
    struct attempt best = {.count = 0}, t;
    for (uint32_t p = 0; p < x->pool_count; p++)
        if (try_pool(q, &laws[q->c->pool_signature[p]], p, &t) &&
            (best.count == 0 || t.count < best.count))
            best = t;
    if (best.count == 0) return;
    x->together = ARENA_ARRAY(q->arena, best.count, struct flip);
    x->together_count = best.count;
    const char *words = "no single change helps; it would run in ";
    words = arena_printf(q->arena, "%s" STR_FMT " if you ", words,
                         STR_ARG(q->c->fleet.pools[best.changes[0].pool].id));
    for (uint32_t i = 0; i < best.count; i++) {
        const char *one = change_words(q->arena, &best.changes[i]);
        x->together[i] = best.changes[i];
        x->together[i].sentence = str_of(one);
        words = arena_printf(q->arena, "%s%s%s", words,
                             i == 0                ? ""
                             : i + 1 == best.count ? ", and "
                                                   : ", ",
                             one);
    }
    x->flip.sentence = str_of(words);
}
