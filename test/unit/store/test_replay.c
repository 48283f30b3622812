#include "store_util.h"

#include "store/replay.h"
#include "store/verify.h"

/* The random world of the core's tests, with every step written to a ledger as the daemon does. */
static void recorded_step(struct core *c, uint64_t record, const struct event *e,
                          struct outcome *out);
#define core_step recorded_step
#include "unit/core/world.h"
#undef core_step

static struct {
    struct store *store;
    uint64_t offset; /* replace the outcome of this record by another; 0: none */
} recorder;

static void recorded_step(struct core *c, uint64_t record, const struct event *e,
                          struct outcome *out)
{
    struct event copy = *e;
    struct buf event = {0}, outcome = {0};
    core_step(c, record, e, out);
    replay_encode_event(&copy, &event);
    if (record == recorder.offset) out->job_count ^= 5;
    replay_encode_outcome(out, &outcome);
    if (record == recorder.offset) out->job_count ^= 5;
    struct ledger_record r = {
        .seq = record, .now_ms = e->now_ms, .event = buf_str(&event), .outcome = buf_str(&outcome)};
    struct store_batch batch = {.records = &r, .record_count = 1};
    struct errtext why;
    if (OPS->append(recorder.store, &batch, &why) != ERR_NONE) fail_msg("%s", why.s);
    buf_release(&event);
    buf_release(&outcome);
}

/* A ledger of a random life; the world stays, to be compared with. */
static void live(struct world *w, const char *dir, uint64_t seed, int events, uint64_t forged)
{
    recorder.store = open_ledger(dir, false, NULL);
    recorder.offset = forged;
    world_init(w, seed);
    w->check = false;
    world_apply(w, world_random_fleet(w, 0));
    for (int i = 0; i < events; i++) {
        world_random(w);
        if (i != events / 2 && i != events * 3 / 4) continue;
        struct buf state = {0};
        struct errtext why;
        replay_encode_core(w->core, &state);
        if (OPS->snapshot_put(recorder.store, w->record, buf_str(&state), &why) != ERR_NONE)
            fail_msg("%s", why.s);
        buf_release(&state);
    }
    OPS->close(recorder.store);
}

static struct buf state_of(struct core *c)
{
    struct buf state = {0};
    replay_encode_core(c, &state);
    return state;
}

static void replay_gives_the_live_state_from_the_start_and_from_a_snapshot(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        char *dir = new_dir();
        struct world w;
        live(&w, dir, seed, 250, 0);
        struct store *s = open_ledger(dir, true, NULL);
        struct buf want = state_of(w.core);
        for (int from_snapshot = 0; from_snapshot < 2; from_snapshot++) {
            struct replay_options o = {.from_snapshot = from_snapshot != 0, .check = seed == 1};
            struct replay_result r;
            struct core *core = NULL;
            struct errtext why;
            if (ledger_replay(s, &o, &core, &r, &why) != ERR_NONE) fail_msg("%s", why.s);
            struct buf got = state_of(core);
            assert_true(str_eq(buf_str(&got), buf_str(&want)));
            assert_int_equal(r.last, w.record);
            assert_int_equal(r.first == 1, !from_snapshot);
            assert_int_equal(r.differs, 0);
            buf_release(&got);
            core_free(core);
            replay_result_release(&r);
        }
        struct verify_result v;
        assert_int_equal(ledger_verify(s, &(struct verify_options){0}, &v, NULL), ERR_NONE);
        buf_release(&want);
        OPS->close(s);
        world_release(&w);
        drop_dir(dir);
    }
}

static void replay_stops_where_it_is_told(void **state)
{
    (void)state;
    char *dir = new_dir();
    struct world w;
    live(&w, dir, 9, 120, 0);
    struct store *s = open_ledger(dir, true, NULL);
    static const uint64_t ends[] = {1, 2, 50};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct replay_options o = {.until = ends[i], .from_snapshot = true};
        struct replay_result r;
        struct core *core = NULL;
        assert_int_equal(ledger_replay(s, &o, &core, &r, NULL), ERR_NONE);
        assert_int_equal(core_record(core), ends[i]);
        assert_int_equal(r.last, ends[i]);
        core_free(core);
        replay_result_release(&r);
    }
    struct replay_options o = {.until = w.record + 1};
    struct replay_result r;
    struct core *core = NULL;
    assert_int_equal(ledger_replay(s, &o, &core, &r, NULL), ERR_NOT_FOUND);
    replay_result_release(&r);
    OPS->close(s);
    world_release(&w);
    drop_dir(dir);
}

/* The chain is sound, but a decision is not the one that follows: whoever wrote it lied. */
static void the_first_decision_that_does_not_follow_is_named(void **state)
{
    (void)state;
    char *dir = new_dir();
    struct world w;
    live(&w, dir, 3, 200, 77);
    struct store *s = open_ledger(dir, true, NULL);
    struct verify_result v;
    assert_int_equal(ledger_verify(s, &(struct verify_options){0}, &v, NULL), ERR_NONE);
    struct replay_options o = {0};
    struct replay_result r;
    struct core *core = NULL;
    struct errtext why;
    assert_int_equal(ledger_replay(s, &o, &core, &r, &why), ERR_CORRUPT);
    assert_int_equal(r.differs, 77);
    assert_int_equal(r.last, 76);
    assert_non_null(strstr(why.s, "record 77"));
    assert_true(r.stored.len > 0 && r.derived.len > 0);
    assert_false(str_eq(buf_str(&r.stored), buf_str(&r.derived)));
    replay_result_release(&r);
    OPS->close(s);
    world_release(&w);
    drop_dir(dir);
}

static enum err replay_of(struct str event, struct str outcome, int64_t now_ms, struct errtext *why)
{
    char *dir = new_dir();
    struct store *s = open_ledger(dir, false, NULL);
    struct ledger_record r = {.seq = 1, .now_ms = now_ms, .event = event, .outcome = outcome};
    struct store_batch batch = {.records = &r, .record_count = 1};
    assert_int_equal(OPS->append(s, &batch, NULL), ERR_NONE);
    struct replay_options o = {0};
    struct replay_result result;
    struct core *core = NULL;
    enum err e = ledger_replay(s, &o, &core, &result, why);
    if (e == ERR_NONE) core_free(core);
    replay_result_release(&result);
    OPS->close(s);
    drop_dir(dir);
    return e;
}

static void events_that_nobody_could_have_written_are_refused(void **state)
{
    (void)state;
    struct errtext why;
    struct buf event = {0};
    struct event e = {.kind = EVENT_CANCEL, .now_ms = 5, .job = {12}};
    replay_encode_event(&e, &event);
    assert_int_equal(replay_of(buf_str(&event), STR("\xa0"), 5, &why), ERR_CORRUPT);
    assert_non_null(strstr(why.s, "record 1 holds an event that is refused"));
    assert_int_equal(replay_of(buf_str(&event), STR("\xa0"), 6, &why), ERR_CORRUPT);
    assert_non_null(strstr(why.s, "time is not the record's"));
    assert_int_equal(replay_of(STR("\xa1"), STR("\xa0"), 5, &why), ERR_CORRUPT);
    assert_non_null(strstr(why.s, "record 1, event"));
    assert_int_equal(replay_of(STR(""), STR(""), 0, &why), ERR_CORRUPT);
    buf_release(&event);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replay_gives_the_live_state_from_the_start_and_from_a_snapshot),
        cmocka_unit_test(replay_stops_where_it_is_told),
        cmocka_unit_test(the_first_decision_that_does_not_follow_is_named),
        cmocka_unit_test(events_that_nobody_could_have_written_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
