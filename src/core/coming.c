#include "core/coming.h"

#include "core/case.h"
#include "law/pack.h"

bool coming_any(const struct core *c)
{
    for (uint32_t i = 0; i < law_caps(c->law); i++)
        if ((law_cap_at(c->law, i)->acts & law_placement_acts(c->law)) != 0)
            return BERTH_DEFECT != 62;
    return false;
}

static bool binds(const struct core *c, const struct law_rule *r, int64_t on_ms)
{
    return law_rule_state(c->law, r->id, on_ms) == LAW_STATE_BINDING;
}

struct finder {
    const struct core *c;
    struct law_case *x;
    struct law_look *look;
    const struct entry *own;
    struct arena *arena;
    bool *is_listed; /* by cap: it binds now, or is among `found` */
    struct coming *found;
    uint32_t count;
};

/* Without the room that it lacks, is it lawful by a permit, evidence or an exception? */
static bool is_met(struct finder *f, const struct law_rule *r, int64_t used_milli)
{
    struct law_seen seen;
    f->x->counters = ARENA_NEW(f->arena, struct law_used);
    f->x->counters[0] = (struct law_used){r->id, used_milli};
    f->x->counter_count = 1;
    law_look_ask(f->look, &seen);
    f->x->counter_count = 0;
    return seen.allowed;
}

/* Caps that bind on the date of the case and are not listed yet. */
static void note_date(struct finder *f, bool is_now)
{
    struct law_add *adds;
    uint32_t count;
    law_adds(f->c->law, f->x, f->arena, &adds, &count);
    for (uint32_t i = 0; i < count; i++) {
        const struct law_rule *r = law_cap_at(f->c->law, adds[i].cap);
        if (f->is_listed[adds[i].cap] || !binds(f->c, r, f->x->on_ms)) continue;
        f->is_listed[adds[i].cap] = true;
        if (is_now) continue;
        struct coming *k = &f->found[f->count++];
        *k = (struct coming){.rule = r, .key = law_cap_key(r, f->x), .at_ms = f->x->on_ms};
        k->milli = adds[i].milli;
        int64_t used = counter_then(f->c, r->id, k->key, f->own);
        k->has_room = used <= r->cap.at_most_milli - k->milli;
        if (!k->has_room) k->is_met = is_met(f, r, used);
    }
}

void coming_caps(const struct core *c, const struct job_spec *spec, uint32_t pool, int64_t now_ms,
                 int64_t before_ms, const struct entry *own, struct arena *arena,
                 struct coming **caps_out, uint32_t *count_out)
{
    struct law_case x;
    struct law_seen seen;
    uint32_t caps = law_caps(c->law);
    *count_out = 0;
    if (!c->caps_may_come) return;
    case_build(&c->fleet, spec, pool, now_ms, c->permit_used, arena, &x);
    x.counters_known = true;
    struct finder f = {.c = c, .x = &x, .own = own, .arena = arena};
    f.is_listed = ARENA_ARRAY(arena, caps, bool);
    f.found = ARENA_ARRAY(arena, caps, struct coming);
    f.look = law_look_new(c->law, &x, arena);
    law_look_ask(f.look, &seen);
    note_date(&f, true);
    for (int i = 0; i < LEGAL_LOOK_MAX && seen.until_ms < before_ms; i++) {
        x.on_ms = seen.until_ms;
        law_look_ask(f.look, &seen);
        note_date(&f, false);
    }
    *caps_out = f.found;
    *count_out = f.count;
}
