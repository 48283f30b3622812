#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "model/topology.h"
#include "unit/wires.h"

#include <string.h>

/* ---- against what was drawn ------------------------------------------------------------------ */

/* The nodes below a switch, as bits; each span is told once, and they do not touch in one leaf. */
static uint32_t nodes_below(const struct topology *t, uint32_t at)
{
    struct node_span s;
    uint32_t nodes = 0;
    for (uint32_t next = 0; switch_next_nodes(t, at, &next, &s);) {
        for (uint32_t i = s.first; i < s.first + s.count; i++) {
            assert_int_equal(nodes >> i & 1, 0);
            nodes |= UINT32_C(1) << i;
        }
    }
    return nodes;
}

/* The nodes of a set of drawn leaves. */
static uint32_t nodes_of(const struct wires *w, uint32_t node_count, uint32_t leaves)
{
    uint32_t nodes = 0;
    for (uint32_t i = 0; i < node_count; i++)
        if ((leaves >> w->leaf_of[i] & 1) != 0) nodes |= UINT32_C(1) << i;
    return nodes;
}

static void check_leaves(const struct pool *p, const struct wires *w)
{
    const struct topology *t = p->topology;
    char name[SWITCH_NAME_MAX], want[SWITCH_NAME_MAX];
    assert_int_equal(t->leaf_count, w->leaf_count);
    assert_int_equal(t->level_first[1], t->leaf_count);
    for (uint32_t i = 0; i < p->node_count; i++) {
        uint32_t leaf = t->leaf_of[i], below = nodes_below(t, leaf);
        assert_int_equal(below, nodes_of(w, p->node_count, UINT32_C(1) << w->leaf_of[i]));
        assert_true((uint32_t)__builtin_popcount(below) <= t->leaf_nodes_max);
        snprintf(want, sizeof want, p->switch_count > 0 ? "leaf%u" : "pool-switch%u",
                 w->leaf_of[i]);
        if (p->switch_count > 0 && t->switches[leaf].stated == NO_INDEX) want[0] = '\0';
        assert_string_equal(switch_name(p, leaf, name), want);
    }
}

static void check_above(const struct pool *p, const struct wires *w)
{
    const struct topology *t = p->topology;
    assert_int_equal(t->switch_count, t->leaf_count + w->above_count);
    for (uint32_t i = 0; i < w->above_count; i++) {
        uint32_t want = nodes_of(w, p->node_count, w->above[i].leaves), at = t->leaf_count;
        if (w->above[i].name.len > 0) {
            at = switch_index(p, w->above[i].name);
            assert_int_not_equal(at, NO_INDEX);
        } else {
            while (at < t->switch_count && nodes_below(t, at) != want) at++;
        }
        assert_true(at < t->switch_count);
        assert_int_equal(t->switches[at].level, w->above[i].level);
        assert_int_equal(nodes_below(t, at), want);
    }
    for (uint32_t i = 0; i < t->switch_count; i++) {
        const struct topology_switch *s = &t->switches[i];
        assert_true(t->level_first[s->level] <= i && i < t->level_first[s->level + 1]);
        assert_true(i == 0 || s->level != s[-1].level || s[-1].end <= s->first);
        if (s->parent == NO_INDEX) continue;
        const struct topology_switch *up = &t->switches[s->parent];
        assert_true(up->level > s->level && up->first <= s->first && s->end <= up->end);
    }
}

static void both_forms_give_the_switches_that_were_stated(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        struct arena a = {0};
        struct wires w;
        struct pool p = {.node_count = 1 + (uint32_t)(seed % (WIRES_NODES_MAX - 1))};
        wires_draw(seed, &a, &p, &w);
        check_leaves(&p, &w);
        check_above(&p, &w);
        arena_release(&a);
    }
}

/* ---- by hand --------------------------------------------------------------------------------- */

enum { HAND_MAX = 12 };

/* "leaf=n[1-4] spine:leaf,leaf2 ..." over the nodes n[1-9],m[08-12]. */
static enum err build(const char *text, struct arena *a, struct pool *p, uint32_t *at,
                      struct errtext *error)
{
    *p = (struct pool){.id = STR("p"), .node_count = 14};
    assert_int_equal(hostlist_parse(STR("n[1-9],m[08-12]"), a, &p->ranges, &p->range_count, error),
                     ERR_NONE);
    p->switches = ARENA_ARRAY(a, HAND_MAX, struct pool_switch);
    char *words = arena_printf(a, "%s", text), *save = NULL;
    for (char *word = strtok_r(words, " ", &save); word != NULL;
         word = strtok_r(NULL, " ", &save)) {
        struct pool_switch *s = &p->switches[p->switch_count++];
        size_t name = strcspn(word, "=:");
        s->name = (struct str){word, name};
        if (word[name] == '\0') continue;
        struct str rest = str_of(word + name + 1);
        if (word[name] == '=') {
            assert_int_equal(hostlist_parse(rest, a, &s->ranges, &s->range_count, error), ERR_NONE);
            continue;
        }
        s->below = ARENA_ARRAY(a, HAND_MAX, struct str);
        while (rest.len > 0) {
            size_t len = 0;
            while (len < rest.len && rest.p[len] != ',') len++;
            s->below[s->below_count++] = (struct str){rest.p, len};
            len += len < rest.len;
            rest = (struct str){rest.p + len, rest.len - len};
        }
    }
    return topology_build(p, a, at, error);
}

static void names_of_nodes_are_found_however_they_are_written(void **state)
{
    (void)state;
    struct arena a = {0};
    struct errtext error;
    struct pool p;
    uint32_t at = 0;
    /* m1[0-2] are m10 .. m12; what is left over is alone. */
    assert_int_equal(build("b=m1[0-2],n9 a=n[1-4],m08 top:b,a", &a, &p, &at, &error), ERR_NONE);
    const struct topology *t = p.topology;
    assert_int_equal(t->leaf_count, 2 + 5);
    assert_int_equal(nodes_below(t, 0), 0x7 << 11 | 1 << 8);
    assert_int_equal(nodes_below(t, 1), 0xf | 1 << 9);
    assert_int_equal(nodes_below(t, switch_index(&p, STR("top"))),
                     0x7 << 11 | 1 << 8 | 0xf | 1 << 9);
    assert_int_equal(switch_index(&p, STR("side")), NO_INDEX);
    assert_int_equal(t->leaf_nodes_max, 5);
    arena_release(&a);
}

static void what_cannot_be_wired_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t at;
        const char *why;
    } rows[] = {
        {"a=n[1-4] a=n5", 1, "'a' is named twice"},
        {"a=n[1-4] b", 1, "'b' has neither nodes nor switches"},
        {"a=n[1-4] b=n[4-5]", 1, "'b' has node 'n4', which is on switch 'a' already"},
        {"a=n[1-4],n2", 0, "'a' has node 'n2', which is on switch 'a' already"},
        {"a=n[8-10]", 0, "'a' has node 'n10', which the pool does not have"},
        {"a=m8", 0, "'a' has node 'm8', which the pool does not have"},
        {"a=x", 0, "'a' has node 'x', which the pool does not have"},
        {"a=n1 s:a,b", 1, "'s' names a switch that is not there: 'b'"},
        {"a=n1 s:a,a", 1, "'s' names twice 'a'"},
        {"a=n1 s:a t:a", 2, "'t' takes one that is below another already: 'a'"},
        {"s:s", 0, "'s' is below itself"},
        {"a=n1 s:t,a t:s", 1, "'s' is below itself"},
        {"a=n1 t:u s:a,t u:s", 1, "'t' is below itself"},
        {"a=n1 b:a c:b d:c e:d f:e g:f h:g i:h", 8, "'i' is more than eight levels high"},
        {"-a=n1", 0, "has a name that is not a valid id"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a = {0};
        struct errtext error = {0};
        struct pool p;
        uint32_t at = 99;
        if (build(rows[i].text, &a, &p, &at, &error) != ERR_INVALID)
            fail_msg("accepted: %s", rows[i].text);
        if (strstr(error.s, rows[i].why) == NULL || at != rows[i].at)
            fail_msg("%s: switch %u: %s", rows[i].text, at, error.s);
        assert_null(p.topology);
        arena_release(&a);
    }
    struct arena a = {0};
    struct errtext error;
    struct pool p;
    assert_int_equal(build("a=n1 b:a c:b d:c e:d f:e g:f h:g", &a, &p, NULL, &error), ERR_NONE);
    assert_int_equal(p.topology->level_count, SWITCH_LEVELS_MAX);
    arena_release(&a);
}

static void a_pool_without_switches_has_no_topology(void **state)
{
    (void)state;
    struct arena a = {0};
    struct errtext error;
    struct pool p = {.node_count = 3, .topology = (const struct topology *)&a};
    assert_int_equal(topology_build(&p, &a, NULL, &error), ERR_NONE);
    assert_null(p.topology);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_forms_give_the_switches_that_were_stated),
        cmocka_unit_test(names_of_nodes_are_found_however_they_are_written),
        cmocka_unit_test(what_cannot_be_wired_is_refused),
        cmocka_unit_test(a_pool_without_switches_has_no_topology),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
