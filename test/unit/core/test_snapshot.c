#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

static bool states_are_equal(struct core *a, struct core *b)
{
    struct buf x = {0}, y = {0};
    put_core(&x, a);
    put_core(&y, b);
    bool equal = str_eq(buf_str(&x), buf_str(&y));
    buf_release(&x);
    buf_release(&y);
    return equal;
}

static struct core *restored(struct core *c)
{
    struct buf bytes = {0};
    struct errtext error;
    put_core(&bytes, c);
    struct core *copy = core_new();
    if (get_core(buf_str(&bytes), copy, &error) != ERR_NONE) fail_msg("%s", error.s);
    buf_release(&bytes);
    return copy;
}

static void an_empty_core_survives_a_snapshot(void **state)
{
    (void)state;
    struct core *c = core_new(), *copy = restored(c);
    assert_true(states_are_equal(c, copy));
    core_free(c);
    core_free(copy);
}

/* world.h compares every later outcome, byte for byte. */
static void a_restored_core_does_the_same_ever_after(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct world w;
        world_init(&w, seed);
        w.check = false;
        world_apply(&w, world_random_fleet(&w, 0));
        uint32_t at = 20 + (uint32_t)(seed * 13 % 200);
        for (uint32_t i = 0; i < 400; i++) {
            if (i % at == at - 1) {
                core_free(w.twin);
                w.twin = restored(w.core);
                assert_true(states_are_equal(w.core, w.twin));
                struct errtext error;
                if (core_check(w.twin, &error) != ERR_NONE) fail_msg("%s", error.s);
            }
            world_random(&w);
            if (w.twin != NULL && i % 50 == 0) assert_true(states_are_equal(w.core, w.twin));
        }
        assert_true(states_are_equal(w.core, w.twin));
        world_release(&w);
    }
}

static void bytes_that_are_no_snapshot_are_refused(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 7);
    world_apply(&w, world_random_fleet(&w, 0));
    for (int i = 0; i < 60; i++) world_random(&w);
    struct buf bytes = {0};
    put_core(&bytes, w.core);
    uint32_t refused = 0, tried = 0;
    for (size_t cut = 0; cut < bytes.len; cut += 1 + bytes.len / 300, tried++) {
        struct core *c = core_new();
        struct errtext error;
        if (get_core((struct str){bytes.p, cut}, c, &error) != ERR_NONE) refused++;
        core_free(c);
    }
    assert_int_equal(refused, tried);
    for (size_t at = 0; at < bytes.len; at += 1 + bytes.len / 1000) {
        struct core *c = core_new();
        struct errtext error;
        bytes.p[at] ^= 1; /* refused, or another state; never a crash */
        (void)get_core(buf_str(&bytes), c, &error);
        bytes.p[at] ^= 1;
        core_free(c);
    }
    buf_release(&bytes);
    world_release(&w);
}

static void events_survive_their_encoding(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct job_spec s = world_spec(4);
    s.script = STR("#!/bin/sh\ntrue\n");
    struct node_change n = {.pool = STR("p"), .first = 3, .count = 2, .state = NODE_DRAIN};
    struct fleet *f = world_fleet_base(&arena, 1);
    world_pool(&arena, f, 0, "pool", "big", "tokyo", 2, 8);
    world_fleet_done(&arena, f);
    struct event events[] = {
        {.kind = EVENT_FLEET, .fleet = f, .actor = STR("uid:0"), .actor_is_operator = true},
        {.kind = EVENT_BIND, .bind_levels = 5},
        {.kind = EVENT_SUBMIT, .spec = &s, .key = STR("k"), .actor_uid = 1000},
        {.kind = EVENT_CANCEL, .job = {7}, .signal = 9},
        {.kind = EVENT_UPDATE, .job = {7}, .spec = &s, .update_fields = 0x2ffff & 0x3ffff},
        {.kind = EVENT_REPORT,
         .report = {.kind = REPORT_GONE,
                    .job = {3},
                    .attempt = 2,
                    .signal = -1,
                    .detail = STR("no such user")}},
        {.kind = EVENT_NODES, .nodes = &n, .node_change_count = 1},
        {.kind = EVENT_TICK, .resume = true, .now_ms = WORLD_T0},
    };
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        struct buf one = {0}, two = {0};
        struct event e = events[i], back = {0};
        struct errtext error;
        for (int round = 0; round < 2; round++) {
            struct cbor_writer w;
            cbor_writer_init(&w, round == 0 ? &one : &two);
            if (visit_map(&w.v, NULL, false)) {
                visit_event(&w.v, round == 0 ? &e : &back);
                visit_map_end(&w.v);
            }
            struct cbor_reader r;
            cbor_reader_init(&r, buf_str(&one), &arena);
            if (visit_map(&r.v, NULL, false)) {
                visit_event(&r.v, &back);
                visit_map_end(&r.v);
            }
            if (cbor_reader_finish(&r, &error) != ERR_NONE) fail_msg("%s", error.s);
        }
        assert_true(str_eq(buf_str(&one), buf_str(&two)));
        assert_int_equal(back.kind, e.kind);
        buf_release(&one);
        buf_release(&two);
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_core_survives_a_snapshot),
        cmocka_unit_test(a_restored_core_does_the_same_ever_after),
        cmocka_unit_test(bytes_that_are_no_snapshot_are_refused),
        cmocka_unit_test(events_survive_their_encoding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
