/* Notes of nodes, against one slot for each node. */
#include "core/node_notes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

enum { POOLS = 3, NODES = 40 };

struct slot {
    bool is_noted;
    char said;
};

static void check_all(const struct node_notes *n, struct slot slots[POOLS][NODES])
{
    for (uint32_t p = 0; p < POOLS; p++) {
        for (uint32_t i = 0; i < NODES; i++) {
            const struct node_note *x = node_notes_find(n, p, i);
            assert_int_equal(x != NULL, slots[p][i].is_noted);
            if (x == NULL) continue;
            assert_int_equal(x->reason.len, 1);
            assert_int_equal(x->reason.p[0], slots[p][i].said);
        }
    }
    for (size_t i = 1; i < n->count; i++) {
        const struct node_note *a = &n->list[i - 1], *b = &n->list[i];
        assert_true(a->pool < b->pool || (a->pool == b->pool && a->first + a->count <= b->first));
    }
}

static void any_changes_leave_what_one_slot_a_node_would(void **state)
{
    (void)state;
    struct node_notes n = {0};
    struct slot slots[POOLS][NODES] = {0};
    uint32_t x = 1;
    for (int round = 0; round < 5000; round++) {
        x = x * 1103515245u + 12345u;
        uint32_t pool = x >> 8 & 0xffff;
        x = x * 1103515245u + 12345u;
        uint32_t first = (x >> 8) % NODES;
        x = x * 1103515245u + 12345u;
        uint32_t count = 1 + (x >> 8) % (NODES - first);
        char said = (char)('a' + (x >> 20) % 26);
        bool is_note = (x >> 12) % 3 != 0;
        pool %= POOLS;
        struct node_note note = {pool, first, count, {&said, 1}, 0, 0};
        if (is_note)
            node_notes_set(&n, &note);
        else
            node_notes_forget(&n, pool, first, count);
        for (uint32_t i = first; i < first + count; i++)
            slots[pool][i] = (struct slot){is_note, said};
        check_all(&n, slots);
    }
    node_notes_release(&n);
}

static void a_note_may_be_made_of_itself(void **state)
{
    (void)state;
    struct node_notes n = {0};
    struct node_note note = {1, 4, 8, STR("fan broken"), 7, 99};
    node_notes_set(&n, &note);
    struct node_note part = *node_notes_find(&n, 1, 5);
    part.first = 6;
    part.count = 1;
    node_notes_set(&n, &part);
    assert_int_equal(n.count, 3);
    for (uint32_t i = 4; i < 12; i++) {
        assert_true(str_eqz(node_notes_find(&n, 1, i)->reason, "fan broken"));
        assert_int_equal(node_notes_find(&n, 1, i)->uid, 7);
    }
    node_notes_release(&n);
}

static struct node_use look(const struct world *w, uint32_t node)
{
    return core_node_use(w->core, (struct pool_id){0}, node);
}

static void a_reason_stays_until_the_node_is_up_again(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    struct fleet *f = world_fleet_base(&w.arena, 1);
    world_pool(&w.arena, f, 0, "pool", "big", "tokyo", 4, 8);
    world_fleet_done(&w.arena, f);
    world_apply(&w, f);
    struct node_change down = {
        .pool = STR("pool"), .state = NODE_DRAIN, .reason = STR("new cables")};
    struct event e = {.kind = EVENT_NODES,
                      .actor_uid = 12,
                      .actor_is_operator = true,
                      .nodes = &down,
                      .node_change_count = 1};
    world_step(&w, &e);
    assert_true(str_eqz(look(&w, 3).reason, "new cables"));
    assert_int_equal(look(&w, 3).reason_uid, 12);
    assert_true(look(&w, 3).reason_ms > 0);
    struct node_change up = {.pool = STR("pool"), .first = 1, .count = 2, .state = NODE_UP};
    e.nodes = &up;
    world_step(&w, &e);
    assert_int_equal(look(&w, 1).reason.len, 0);
    assert_int_equal(look(&w, 1).reason_ms, 0);
    assert_true(str_eqz(look(&w, 0).reason, "new cables"));
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_changes_leave_what_one_slot_a_node_would),
        cmocka_unit_test(a_note_may_be_made_of_itself),
        cmocka_unit_test(a_reason_stays_until_the_node_is_up_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
