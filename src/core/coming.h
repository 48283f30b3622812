/* coming.h - caps of the law that do not bind now and will, by date. Private to src/core.
 *
 * A cap begins on the day on which its rule takes effect or is to be complied with, returns from a
 * suspension, or comes to reach the case because a set or an owner changes. What may still run then
 * must be within it. So a claim counts ahead, from its start on, under each cap that begins before
 * it may end (struct count, is_later), and takes its room at once, also from those whom the cap
 * binds already: who was there first has it. Where there is none the date is a wall, as every other
 * date of the law: what runs is warned and stopped before it, what waits starts only if it ends, or
 * saves its work, before it. When a claim that counted ahead ends, those that run into the wall are
 * looked at anew, before anything starts.
 *
 * What a claim counts under a cap on that day is what it would count if it were made then. Claims
 * that end before do not count, unless they count now already: the cap reaches them before it
 * reaches others, or its rule is in force and does not bind yet. */
#ifndef BERTH_CORE_COMING_H
#define BERTH_CORE_COMING_H

#include "core/state.h"

struct coming {
    const struct law_rule *rule;
    struct str key; /* whose counter */
    int64_t milli; /* what the claim adds */
    int64_t at_ms; /* when the cap begins to bind it */
    bool has_room;
    bool is_met; /* it has no room, and is lawful beyond the cap */
};

/* The caps that begin for the case before `before_ms`, in order of date; in `arena`. What `own` (may
 * be NULL) counts is left aside. */
void coming_caps(const struct core *c, const struct job_spec *spec, uint32_t pool, int64_t now_ms,
                 int64_t before_ms, const struct entry *own, struct arena *arena,
                 struct coming **caps_out, uint32_t *count_out);
/* Is there any cap on placements? */
bool coming_any(const struct core *c);

#endif
