#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

static void restore(struct world *from, struct world *to)
{
    struct buf bytes = {0};
    struct errtext error;
    world_init(to, from->seed);
    to->now_ms = core_now_ms(from->core);
    to->record = from->record;
    put_core(&bytes, from->core);
    if (get_core(buf_str(&bytes), to->core, &error) != ERR_NONE) fail_msg("%s", error.s);
    buf_release(&bytes);
}

static bool is_placed(const struct world *w, uint32_t id)
{
    const struct job *j = world_job(w, id);
    return j != NULL && job_state_holds_chips(j->state);
}

/* Engines answer, time passes, limits are used up: until `at_ms`, or the job is placed. */
static void answer(struct world *w, uint32_t id)
{
    struct job_id at = {0};
    const struct job *j;
    while (!is_placed(w, id) && (j = core_job_after(w->core, at)) != NULL) {
        at = j->id;
        if (j->state == JOB_CONFIGURING)
            world_report(w, REPORT_STARTED, at.v, j->attempt, 0);
        else if (j->state == JOB_COMPLETING)
            world_report(w, REPORT_FINISHED, at.v, j->attempt, 0);
    }
}

static void play_until(struct world *w, uint32_t id, int64_t at_ms)
{
    answer(w, id);
    while (!is_placed(w, id) && core_next_tick_ms(w->core) <= at_ms) {
        w->now_ms = core_next_tick_ms(w->core);
        world_tick(w);
        answer(w, id);
    }
}

static bool apply_update(struct world *w, uint32_t *id, const struct job_spec *s, uint32_t fields,
                         int state)
{
    struct errtext error;
    struct job_spec copy = *s;
    enum err e;
    if (state == JOB_REFUSED || *id == 0) {
        e = world_submit_try(w, s, &error);
        *id = w->out.first_job.v;
    } else {
        struct event ev = {.kind = EVENT_UPDATE,
                           .job = {*id},
                           .actor_is_operator = true,
                           .spec = &copy,
                           .update_fields = fields};
        e = world_try(w, &ev, &error);
    }
    if (e != ERR_NONE) print_error("the flip is not admitted: %s\n", error.s);
    return e == ERR_NONE && is_placed(w, *id);
}

static bool apply_nodes_up(struct world *w, uint32_t id, const struct flip *f)
{
    const struct pool *p = &core_fleet(w->core)->pools[f->pool];
    struct node_change *n = ARENA_ARRAY(&w->arena, (size_t)f->value, struct node_change);
    uint32_t count = 0;
    for (uint32_t i = 0; i < p->node_count && count < f->value; i++)
        if (core_node_use(w->core, (struct pool_id){f->pool}, i).state != NODE_UP)
            n[count++] = (struct node_change){.pool = p->id, .first = i, .count = 1};
    world_step(w, &(struct event){.kind = EVENT_NODES, .nodes = n, .node_change_count = count});
    return is_placed(w, id);
}

static bool apply_fleet(struct world *w, uint32_t *id, const struct flip *f,
                        const struct job_spec *spec, int state)
{
    struct fleet fleet;
    fleet_copy(core_fleet(w->core), &w->arena, &fleet);
    if (f->kind == FLIP_CAPACITY) {
        struct pool *p = &fleet.pools[f->pool];
        p->ranges[p->range_count - 1].count += (uint32_t)f->value / p->chips_per_node;
    } else if (f->kind == FLIP_PERMIT) {
        struct permit *all = ARENA_ARRAY(&w->arena, fleet.permit_count + 1, struct permit);
        for (uint32_t i = 0; i < fleet.permit_count; i++) all[i] = fleet.permits[i];
        uint32_t t = fleet_tenant(&fleet, spec->tenant);
        all[fleet.permit_count++] = (struct permit){.id = STR("new-permit"),
                                                    .rule = f->rule,
                                                    .unit = STR("chips"),
                                                    .holder = fleet.tenants[t].party,
                                                    .amount_known = true,
                                                    .amount = f->value};
        fleet.permits = all;
    } else if (f->kind == FLIP_BUDGET) {
        assert_true(str_eq(f->text, spec->tenant));
        fleet.tenants[fleet_tenant(&fleet, f->text)].budget.amount_uusd = f->value;
    } else { /* the unknown fact of these worlds: who the tenant is */
        uint32_t t = fleet_tenant(&fleet, spec->tenant);
        fleet.tenants[t].party = STR("home");
    }
    world_fleet_done(&w->arena, &fleet);
    world_apply(w, &fleet);
    if (state == JOB_REFUSED) *id = world_submit(w, spec);
    return is_placed(w, *id);
}

static bool waits_for_failure(const struct job_spec *s, uint32_t other)
{
    for (uint32_t i = 0; i < s->dependency_count; i++)
        if (s->dependencies[i].job == other && s->dependencies[i].kind == DEPENDENCY_AFTER_NOTOK)
            return true;
    return false;
}

static bool apply_wait_job(struct world *w, uint32_t id, uint32_t other)
{
    const struct job *j = world_job(w, other);
    int code = waits_for_failure(&world_job(w, id)->spec, other) ? 1 : 0;
    if (j->state == JOB_CONFIGURING) world_report(w, REPORT_STARTED, other, j->attempt, 0);
    if (is_placed(w, id)) return true;
    world_report(w, REPORT_FINISHED, other, world_job(w, other)->attempt, code);
    return is_placed(w, id);
}

/* Do what the flip says and see the job placed by the next step (or by the instant it names). */
static bool flip_works(struct world *w, uint32_t id, const struct flip *f)
{
    const struct job *j = world_job(w, id);
    int state = j->state;
    struct job_spec s;
    job_spec_copy_light(&j->spec, &w->arena, &s);
    switch ((enum flip_kind)f->kind) {
    case FLIP_CHIPS:
        s.chips = (uint32_t)f->value;
        s.chips_per_node = s.nodes = s.nodes_limit = s.chip_milli = s.shards = 0;
        return apply_update(w, &id, &s, 1u << UPDATE_CHIPS | 1u << UPDATE_NODES, state);
    case FLIP_CHIP_KIND: {
        struct str *kinds = ARENA_ARRAY(&w->arena, s.chip_kind_count + 1, struct str);
        for (uint32_t i = 0; i < s.chip_kind_count; i++) kinds[i] = s.chip_kinds[i];
        kinds[s.chip_kind_count++] = f->text;
        s.chip_kinds = kinds;
        return apply_update(w, &id, &s, 1u << UPDATE_CHIP_KINDS, state);
    }
    case FLIP_UNNAME:
        s.partition_count = s.site_count = s.country_count = 0;
        return apply_update(w, &id, &s, 1u << UPDATE_PARTITION | 1u << UPDATE_SITES, state);
    case FLIP_MAX_PRICE:
        s.max_uusd_per_chip_h = f->value;
        return apply_update(w, &id, &s, 1u << UPDATE_MAX_PRICE, state);
    case FLIP_TIME_LIMIT:
    case FLIP_MORE_TIME:
        s.time_limit_ms = f->value;
        return apply_update(w, &id, &s, 1u << UPDATE_TIME_LIMIT, state);
    case FLIP_MEMORY:
        s.mem_mb_per_node = (uint64_t)f->value;
        s.mem_mb_per_chip = s.mem_mb_per_cpu = 0;
        return apply_update(w, &id, &s, 1u << UPDATE_MEMORY, state);
    case FLIP_EVIDENCE: {
        struct str *all = ARENA_ARRAY(&w->arena, s.evidence_count + 1, struct str);
        for (uint32_t i = 0; i < s.evidence_count; i++) all[i] = s.evidence[i];
        all[s.evidence_count++] = f->text;
        s.evidence = all;
        return apply_update(w, &id, &s, 1u << UPDATE_EVIDENCE, state);
    }
    case FLIP_RELEASE:
        world_step(w,
                   &(struct event){.kind = EVENT_RELEASE, .job = {id}, .actor_is_operator = true});
        return is_placed(w, id);
    case FLIP_WAIT_UNTIL:
        if (state == JOB_REFUSED) id = world_submit(w, &s);
        play_until(w, id, f->value);
        return is_placed(w, id);
    case FLIP_WAIT_JOB: return apply_wait_job(w, id, (uint32_t)f->value);
    case FLIP_NODES_UP: return apply_nodes_up(w, id, f);
    case FLIP_FACT:
        if (!str_eqz(s.tenant, "fog")) return true; /* nothing else is unknown in these worlds */
        return apply_fleet(w, &id, f, &s, state);
    case FLIP_PERMIT:
    case FLIP_BUDGET:
    case FLIP_CAPACITY: return apply_fleet(w, &id, f, &s, state);
    case FLIP_NONE:
    case FLIP_COUNT: break;
    }
    return false;
}

static void check_rows(const struct world *w, const struct job *j, const struct explanation *x)
{
    assert_int_equal(x->pool_count, core_fleet(w->core)->pool_count);
    assert_int_equal(x->job.v, j->id.v);
    for (uint32_t p = 0; p < x->pool_count; p++) {
        assert_int_equal(x->pools[p].pool, p);
        assert_true(x->pools[p].reason != REASON_NONE);
        assert_true(str_starts(x->sentences[p], "pool pool"));
        bool by_law = x->pools[p].reason == REASON_LAW_FORBIDS;
        if (by_law) assert_true(x->cites[p].len > 0 && x->pools[p].rule.len > 0);
    }
    if (job_state_holds_chips(j->state)) {
        assert_int_equal(x->chosen, j->pool.v);
        assert_int_equal(x->chosen_cost_uusd, j->cost_uusd);
        assert_int_equal(x->flip.kind, FLIP_NONE);
    }
    if (j->state == JOB_PENDING && j->reason == REASON_RESOURCES)
        assert_int_equal(x->chosen, NO_INDEX);
    if (j->state == JOB_PENDING || j->state == JOB_REFUSED) assert_true(x->flip.sentence.len > 0);
}

struct tally {
    uint32_t situations, flips[FLIP_COUNT], fact_changes;
    uint32_t open,
        open_none; /* of jobs that want nothing but a place: no hold, no dependency ... */
};

static bool is_open(int reason)
{
    return reason != REASON_HELD_USER && reason != REASON_HELD_ADMIN &&
           reason != REASON_DEPENDENCY && reason != REASON_DEPENDENCY_NEVER &&
           reason != REASON_ARRAY_LIMIT && reason != REASON_BEGIN_TIME;
}

static void explain_all(struct world *w, struct tally *t)
{
    struct arena arena;
    arena_init(&arena);
    for (const struct job *j = core_job_after(w->core, (struct job_id){0}); j != NULL;
         j = core_job_after(w->core, j->id)) {
        struct explanation x;
        arena_clear(&arena);
        core_explain(w->core, j, &arena, &x);
        check_rows(w, j, &x);
        if (j->state != JOB_PENDING && j->state != JOB_REFUSED) continue;
        t->situations++;
        t->flips[x.flip.kind]++;
        t->open += is_open(x.reason);
        t->open_none += is_open(x.reason) && x.flip.kind == FLIP_NONE;
        if (x.flip.kind == FLIP_NONE) continue;
        struct world copy;
        restore(w, &copy);
        bool works = flip_works(&copy, j->id.v, &x.flip);
        if (!works && x.flip.kind == FLIP_FACT) {
            t->fact_changes++; /* the fact, once known, may forbid: it was named, not promised */
        } else if (!works) {
            fail_msg("BERTH_TEST_SEED=%llu record %llu job %u (%s %s): %s %lld does not place it "
                     "(%s %s): " STR_FMT,
                     (unsigned long long)w->seed, (unsigned long long)w->record, j->id.v,
                     job_state_names[j->state], reason_names[j->reason], flip_names[x.flip.kind],
                     (long long)x.flip.value, job_state_names[world_job(&copy, j->id.v)->state],
                     reason_names[world_job(&copy, j->id.v)->reason], STR_ARG(x.flip.sentence));
        }
        world_release(&copy);
    }
    arena_release(&arena);
}

static void the_stated_change_places_the_job(void **state)
{
    (void)state;
    struct tally t = {0};
    const char *from = getenv("BERTH_TEST_SEED");
    uint64_t first = from != NULL ? strtoull(from, NULL, 10) : 1;
    uint64_t last = from != NULL ? first : 64;
    for (uint64_t seed = first; seed <= last; seed++) {
        struct world w;
        world_init(&w, seed);
        w.check = false;
        world_apply(&w, world_random_fleet(&w, 0));
        for (int i = 0; i < 160; i++) {
            world_random(&w);
            if (i % 40 == 39) explain_all(&w, &t);
        }
        world_release(&w);
    }
    print_message("  %u situations\n", t.situations);
    for (int i = 0; i < FLIP_COUNT; i++) print_message("  %-10s %u\n", flip_names[i], t.flips[i]);
    if (from != NULL) return;
    assert_true(t.situations >= 2000);
    assert_true(t.flips[FLIP_BUDGET] > 0);
    print_message("  no answer for %u of %u that want only a place\n", t.open_none, t.open);
    assert_true(t.open_none < t.open / 4); /* others lack two things at once */
    assert_true(t.flips[FLIP_NONE] < t.situations * 2 / 5);
}

static struct explanation explain_of(struct world *w, uint32_t id)
{
    struct explanation x;
    core_explain(w->core, world_job(w, id), &w->arena, &x);
    return x;
}

static void sentences_read_well(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 3);
    struct fleet *f = world_fleet_base(&w.arena, 3);
    world_pool(&w.arena, f, 0, "tokyo-big", "big", "tokyo", 2, 8);
    world_pool(&w.arena, f, 1, "shanghai-big", "big", "shanghai", 2, 8);
    world_pool(&w.arena, f, 2, "sydney-small", "small", "sydney", 1, 4)->title.uusd_per_chip_h = 1;
    world_fleet_done(&w.arena, f);
    world_apply(&w, f);
    struct law_rule ban = world_rule("CN-2026", "site.country == 'CN'", EFFECT_FORBID);
    world_adopt(&w, &ban, 1);
    struct job_spec s = world_spec(5);
    world_submit(&w, &s);
    world_submit(&w, &s);
    s.chips = 8;
    uint32_t id = world_submit(&w, &s);
    struct explanation x = explain_of(&w, id);
    assert_string_equal(x.sentences[0].p,
                        "pool tokyo-big: 6 of 16 chips are free, the job needs 8");
    assert_string_equal(x.sentences[1].p,
                        "pool shanghai-big: CN-2026 does not allow it (Test Act 1)");
    assert_string_equal(x.sentences[2].p, "pool sydney-small: it is too small: it has 1, the job "
                                          "needs 2 (nodes, or chips or CPUs of one node)");
    assert_int_equal(x.flip.kind, FLIP_CHIPS);
    assert_int_equal(x.flip.value, 4);
    assert_string_equal(x.flip.sentence.p, "ask for at most 4 chips (--gpus=4); it would then run "
                                           "in sydney-small at once");
    assert_int_equal(x.start_estimate_ms, WORLD_T0 + HOUR);
    s = world_spec(1);
    struct explanation y;
    core_explain_spec(w.core, &s, w.now_ms, &w.arena, &y);
    assert_int_equal(y.chosen, 2);
    assert_int_equal(y.runner_up, 0);
    assert_string_equal(y.sentences[2].p, "pool sydney-small: chosen, at a cost of 0.000001 USD");
    assert_string_equal(y.sentences[0].p,
                        "pool tokyo-big: would do for 2.00 USD, 1.999999 more than the chosen one");
    world_release(&w);
}

static void a_job_with_too_much_memory_is_told_how_much_would_do(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 3);
    struct fleet *f = world_fleet_base(&w.arena, 1);
    world_pool(&w.arena, f, 0, "only", "big", "tokyo", 1, 8);
    world_fleet_done(&w.arena, f);
    world_apply(&w, f);
    struct job_spec s = world_spec(2);
    s.mem_mb_per_chip = 200000;
    struct explanation x;
    core_explain_spec(w.core, &s, w.now_ms, &w.arena, &x);
    assert_int_equal(x.flip.kind, FLIP_MEMORY);
    assert_int_equal(x.flip.value, 256000);
    s.mem_mb_per_chip = 0;
    s.mem_mb_per_node = (uint64_t)x.flip.value;
    assert_int_equal(world_job(&w, world_submit(&w, &s))->state, JOB_CONFIGURING);
    world_release(&w);
}

static void an_explanation_survives_its_encoding(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 5);
    world_apply(&w, world_random_fleet(&w, 0));
    for (int i = 0; i < 60; i++) world_random(&w);
    uint32_t id = world_any_job(&w);
    struct explanation x = explain_of(&w, id), back = {0};
    struct buf one = {0}, two = {0};
    for (int round = 0; round < 2; round++) {
        struct cbor_writer v;
        cbor_writer_init(&v, round == 0 ? &one : &two);
        if (visit_map(&v.v, NULL, false)) {
            visit_explanation(&v.v, round == 0 ? &x : &back);
            visit_map_end(&v.v);
        }
        struct cbor_reader r;
        cbor_reader_init(&r, buf_str(&one), &w.arena);
        if (visit_map(&r.v, NULL, false)) {
            visit_explanation(&r.v, &back);
            visit_map_end(&r.v);
        }
        assert_int_equal(cbor_reader_finish(&r, NULL), ERR_NONE);
    }
    assert_true(str_eq(buf_str(&one), buf_str(&two)));
    buf_release(&one);
    buf_release(&two);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentences_read_well),
        cmocka_unit_test(a_job_with_too_much_memory_is_told_how_much_would_do),
        cmocka_unit_test(an_explanation_survives_its_encoding),
        cmocka_unit_test(the_stated_change_places_the_job),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
