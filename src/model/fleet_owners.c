/* fleet_owners.c - proof that no party owns itself.
 *
 * Shares have dates, so two parties may own each other in turn but not at once. A walk that ignores
 * dates finds nearly every fleet free of cycles. Only where it does not, the walk is repeated at
 * each instant at which some share begins: a set of half-open periods that have an instant in
 * common have the latest of their beginnings in common. */
#include "base/civil.h"
#include "base/mem.h"
#include "model/fleet_names.h"

#include <stdlib.h>

enum {
    /* Owners looked at in the walks by date, all together: some seconds of work. Only a fleet with
     * a cycle in its undated graph and very many dated shares can reach it. */
    OWNER_STEPS_MAX = 200 * 1000 * 1000,
};

enum { WHITE, GREY, BLACK };

struct walk {
    const struct fleet *f;
    bool dated;
    int64_t at_ms;
    unsigned char *colour;
    uint32_t *stack, *next; /* path of parties, and the owner to look at next of each */
    uint64_t steps;
};

static bool holds_at(const struct owner *o, int64_t at_ms)
{
    return o->from_ms <= at_ms && (o->to_ms == 0 || at_ms < o->to_ms);
}

/* Depth first from `root`; the party at which a cycle closes, or NO_INDEX. */
static uint32_t walk_from(struct walk *w, uint32_t root)
{
    uint32_t depth = 0;
    w->stack[0] = root;
    w->next[0] = 0;
    w->colour[root] = GREY;
    for (;;) {
        const struct party *p = &w->f->parties[w->stack[depth]];
        if (w->next[depth] == p->owner_count) {
            w->colour[w->stack[depth]] = BLACK;
            if (depth-- == 0) return NO_INDEX;
            continue;
        }
        const struct owner *o = &p->owners[w->next[depth]++];
        w->steps++;
        if (w->dated && !holds_at(o, w->at_ms)) continue;
        if (w->colour[o->party_index] == GREY) return o->party_index;
        if (w->colour[o->party_index] == BLACK) continue;
        depth++;
        w->stack[depth] = o->party_index;
        w->next[depth] = 0;
        w->colour[o->party_index] = GREY;
    }
}

static uint32_t walk_all(struct walk *w)
{
    for (uint32_t i = 0; i < w->f->party_count; i++) w->colour[i] = WHITE;
    for (uint32_t i = 0; i < w->f->party_count; i++) {
        if (w->colour[i] != WHITE) continue;
        uint32_t at = walk_from(w, i);
        if (at != NO_INDEX) return at;
    }
    return NO_INDEX;
}

static int i64_cmp(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y ? 1 : 0;
}

static int64_t *beginnings(const struct fleet *f, size_t *count_out)
{
    size_t count = 0, cap = 0;
    int64_t *at = NULL;
    for (uint32_t i = 0; i < f->party_count; i++) {
        for (uint32_t k = 0; k < f->parties[i].owner_count; k++) {
            at = mem_grow(at, &cap, count + 1, sizeof *at);
            at[count++] = f->parties[i].owners[k].from_ms;
        }
    }
    if (count > 1) qsort(at, count, sizeof *at, i64_cmp);
    *count_out = count;
    return at;
}

static enum err walk_dates(struct walk *w, struct errtext *error)
{
    size_t count = 0;
    int64_t *at = beginnings(w->f, &count);
    enum err e = ERR_NONE;
    w->dated = true;
    w->steps = 0;
    for (size_t i = 0; i < count && e == ERR_NONE; i++) {
        if (i > 0 && at[i] == at[i - 1]) continue;
        w->at_ms = at[i];
        uint32_t party = walk_all(w);
        char date[CIVIL_TEXT_MAX];
        if (party != NO_INDEX)
            e = err_set(error, ERR_INVALID,
                        "party '" STR_FMT "' owns itself through its owners%s%s; mend the owners",
                        STR_ARG(w->f->parties[party].id), at[i] != 0 ? " on " : "",
                        at[i] != 0 ? civil_format(at[i], date) : "");
        else if (w->steps > OWNER_STEPS_MAX)
            e = err_set(error, ERR_LIMIT,
                        "parties own each other in turn at too many dates to check; state fewer");
    }
    mem_free(at);
    return e;
}

enum err fleet_check_owners(const struct fleet *f, struct errtext *error)
{
    struct walk w = {.f = f};
    w.colour = mem_alloc(f->party_count, 1);
    w.stack = mem_alloc(f->party_count, sizeof *w.stack);
    w.next = mem_alloc(f->party_count, sizeof *w.next);
    enum err e = walk_all(&w) == NO_INDEX ? ERR_NONE : walk_dates(&w, error);
    mem_free(w.colour);
    mem_free(w.stack);
    mem_free(w.next);
    return e;
}
