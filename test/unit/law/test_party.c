/* Ultimate parents and holdings through chains of owners. */
#include "law/party.h"

#include "base/civil.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A group of parties in a few words: "p hq=JP a:60 b:?;  a hq=CN [L1] -;" - first the party that is
 * asked about; owners as id:percent, "?" unknown; "-" no owners; without either, owners unknown;
 * "[L]" on a list, "[]" on none, without it not screened; "up=XX" stated ultimate parent. */
struct group {
    struct arena arena;
    struct law_case c;
    struct law_parties parties;
};

static void add_owner(struct law_party *p, const char *id, const char *share)
{
    struct law_owner *o = &p->owners[p->owner_count++];
    o->id = str_of(id);
    o->share_known = strcmp(share, "?") != 0;
    int64_t tenths = 0;
    for (const char *s = share; o->share_known && *s != '\0'; s++)
        tenths = tenths * 10 + (*s - '0');
    o->share_ppm = (int32_t)(tenths * 10000);
    p->owners_known = true;
}

static void read_word(struct arena *a, struct law_party *p, char *word)
{
    char *colon = strchr(word, ':');
    if (strncmp(word, "hq=", 3) == 0) {
        p->hq = str_of(word + 3);
    } else if (strncmp(word, "up=", 3) == 0) {
        p->ultimate_parent_hq = str_of(word + 3);
    } else if (word[0] == '[') {
        p->lists_known = true;
        p->lists = ARENA_NEW(a, struct str);
        p->lists[0] = (struct str){word + 1, strlen(word) - 2};
        p->list_count = p->lists[0].len > 0 ? 1 : 0;
    } else if (strcmp(word, "-") == 0) {
        p->owners_known = true;
    } else if (colon != NULL) {
        *colon = '\0';
        add_owner(p, word, colon + 1);
    } else {
        p->id = str_of(word);
    }
}

static void group_open(struct group *g, const char *text)
{
    arena_init(&g->arena);
    g->c = (struct law_case){.on_ms = civil_days(2026, 1, 1) * CIVIL_DAY_MS};
    g->c.parties = ARENA_ARRAY(&g->arena, 100, struct law_party);
    char *rest = arena_copy(&g->arena, text, strlen(text)), *line = NULL, *word = NULL;
    while ((line = strsep(&rest, ";")) != NULL) {
        struct law_party *p = &g->c.parties[g->c.party_count++];
        p->owners = ARENA_ARRAY(&g->arena, 16, struct law_owner);
        while ((word = strsep(&line, " ")) != NULL)
            if (*word != '\0') read_word(&g->arena, p, word);
    }
    law_parties_init(&g->parties, &g->c, &g->arena);
}

static uint32_t first_node(const struct group *g)
{
    return law_node_party(&g->c, 0);
}

static void the_ultimate_parent_is_found_through_chains_of_owners(void **state)
{
    (void)state;
    static const struct {
        const char *group, *hq;
    } rows[] = {
        {"p hq=JP -", "JP"}, /* nobody owns it */
        {"p hq=JP", ""}, /* nothing is known of its owners */
        {"p hq=JP up=CN", "CN"}, /* stated */
        {"p hq=JP up=CN -", "JP"}, /* owners are known: what is stated does not count */
        {"p hq=JP a:60; a hq=CN -", "CN"},
        {"p hq=JP a:50; a hq=CN -", "JP"}, /* half is not more than half */
        {"p hq=JP a:51; a hq=SG b:100; b hq=CN -", "CN"},
        {"p hq=JP a:30 b:30; a hq=CN -; b hq=CN -", "CN"}, /* together */
        {"p hq=JP a:30 b:30; a hq=CN -; b hq=US -", "JP"},
        {"p hq=JP a:30 b:30; a hq=SG c:80; b hq=CN -; c hq=CN -", "CN"},
        {"p hq=JP a:?; a hq=CN -", ""}, /* the share could decide */
        {"p hq=JP a:? b:60; a hq=CN -; b hq=US -", "US"}, /* it cannot */
        {"p hq=JP a:? b:45; a hq=CN -; b hq=US -", ""},
        {"p hq=JP a:? b:50; a hq=CN -; b hq=US -", "JP"}, /* at most half is left */
        {"p hq=JP a:60", ""}, /* the owner is not described */
        {"p hq=JP a:60; a hq=CN", ""}, /* nor are its owners */
        {"p hq=JP a:40; a hq=CN", "JP"}, /* too little to matter */
        {"p hq=JP a:30 b:30; a hq=CN -; b", ""}, /* b may be Chinese too */
        {"p hq=JP a:30 b:19; a hq=CN -; b", "JP"},
        {"p hq=JP a:?; a hq=JP -", "JP"}, /* either way */
        {"p hq=JP a:60; a hq=SG p:60", ""}, /* a cycle */
        {"p -", ""}, /* its own headquarters are not known */
        {"p hq=JP a:40 b:40; a hq=SG c:100; b hq=US c:100; c hq=CN -", "CN"}, /* a diamond */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct group g;
        group_open(&g, rows[i].group);
        struct str hq = law_parties_ultimate_hq(&g.parties, first_node(&g));
        if (!str_eqz(hq, rows[i].hq))
            fail_msg("%s: expected '%s', got '" STR_FMT "'", rows[i].group, rows[i].hq,
                     STR_ARG(hq));
        arena_release(&g.arena);
    }
}

static void holdings_by_the_listed_add_up(void **state)
{
    (void)state;
    static struct str lists[] = {{"L1", 2}, {"L2", 2}};
    static const struct law_ownership half = {
        .lists = lists, .list_count = 2, .threshold_ppm = 500000};
    static const struct law_ownership any = {
        .lists = lists, .list_count = 2, .threshold_ppm = 0, .strict = true};
    static const struct {
        const char *group;
        enum law_truth half, any;
    } rows[] = {
        {"p -", LAW_NO, LAW_NO},
        {"p", LAW_MAYBE, LAW_MAYBE},
        {"p a:50; a - [L1]", LAW_YES, LAW_YES}, /* at least half */
        {"p a:49; a - [L1]", LAW_NO, LAW_YES},
        {"p a:26 b:26; a - [L1]; b - [L2]", LAW_YES, LAW_YES}, /* in aggregate */
        {"p a:26 b:26; a - [L1]; b - [L3]", LAW_NO, LAW_YES}, /* another list */
        {"p a:60; a b:50 []; b - [L1]", LAW_YES, LAW_YES}, /* a is held, and counts wholly */
        {"p a:60; a b:49 []; b - [L1]", LAW_NO, LAW_YES},
        {"p a:60; a - []", LAW_NO, LAW_NO},
        {"p a:60; a -", LAW_MAYBE, LAW_MAYBE}, /* not screened */
        {"p a:40; a -", LAW_NO, LAW_MAYBE},
        {"p a:60", LAW_MAYBE, LAW_MAYBE}, /* not described */
        {"p a:?; a - [L1]", LAW_MAYBE, LAW_YES}, /* a share of unknown size is some share */
        {"p a:? b:60; a - [L1]; b - []", LAW_NO, LAW_YES}, /* at most 40 % is left */
        {"p a:? b:30; a - [L1]; b - [L1]", LAW_MAYBE, LAW_YES},
        {"p a:? b:50; a - [L1]; b - [L1]", LAW_YES, LAW_YES},
        {"p a:60; a p:60 []", LAW_MAYBE, LAW_MAYBE}, /* a cycle */
        {"p a:25 b:25; a c:50 []; b c:50 []; c - [L1]", LAW_YES, LAW_YES},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct group g;
        group_open(&g, rows[i].group);
        enum law_truth h = law_parties_held(&g.parties, &half, first_node(&g));
        enum law_truth a = law_parties_held(&g.parties, &any, first_node(&g));
        if (h != rows[i].half || a != rows[i].any)
            fail_msg("%s: expected %d %d, got %d %d", rows[i].group, rows[i].half, rows[i].any, h,
                     a);
        arena_release(&g.arena);
    }
}

static void owners_count_only_in_their_time(void **state)
{
    (void)state;
    struct group g;
    group_open(&g, "p hq=JP a:60; a hq=CN -");
    struct law_owner *o = &g.c.parties[0].owners[0];
    o->from_ms = g.c.on_ms + 1;
    assert_true(str_eqz(law_parties_ultimate_hq(&g.parties, first_node(&g)), "JP"));
    o->from_ms = g.c.on_ms;
    law_parties_init(&g.parties, &g.c, &g.arena);
    assert_true(str_eqz(law_parties_ultimate_hq(&g.parties, first_node(&g)), "CN"));
    o->to_ms = g.c.on_ms;
    law_parties_init(&g.parties, &g.c, &g.arena);
    assert_true(str_eqz(law_parties_ultimate_hq(&g.parties, first_node(&g)), "JP"));
    arena_release(&g.arena);
}

static void the_path_and_the_gap_are_told(void **state)
{
    (void)state;
    struct group g;
    struct buf b = {0};
    group_open(&g, "p hq=JP a:60; a hq=SG b:30 c:40; b hq=CN -; c hq=CN -");
    law_parties_put_path(&g.parties, first_node(&g), &b);
    assert_string_equal(b.p, "held 60 % by a, held 70 % from there, most by c");
    arena_release(&g.arena);
    buf_clear(&b);
    group_open(&g, "p hq=JP a:60; a hq=SG b:?; b hq=CN -");
    law_parties_put_gap(&g.parties, first_node(&g), &b);
    assert_string_equal(b.p, "the share of b in a is not known");
    arena_release(&g.arena);
    buf_clear(&b);
    law_put_percent(&b, 333000);
    assert_string_equal(b.p, "33.3 %");
    buf_release(&b);
}

static void long_chains_and_wide_groups_end(void **state)
{
    (void)state;
    struct buf b = {0};
    for (int i = 0; i < 90; i++) buf_printf(&b, "p%d hq=JP p%d:51;", i, i + 1);
    buf_puts(&b, "p90 hq=CN -");
    struct group g;
    group_open(&g, b.p);
    /* Longer than the limit: not known, rather than wrong. */
    assert_int_equal(law_parties_ultimate_hq(&g.parties, first_node(&g)).len, 0);
    arena_release(&g.arena);
    buf_clear(&b);
    /* Every party owned by all later ones: paths without number, but each party is looked at once.
     */
    for (int i = 0; i < 30; i++) {
        buf_printf(&b, "q%d hq=JP []", i);
        for (int k = i + 1; k < 30 && k < i + 15; k++) buf_printf(&b, " q%d:6", k);
        buf_puts(&b, " -;");
    }
    group_open(&g, b.p);
    assert_true(str_eqz(law_parties_ultimate_hq(&g.parties, first_node(&g)), "JP"));
    static struct str lists[] = {{"L1", 2}};
    static const struct law_ownership half = {
        .lists = lists, .list_count = 1, .threshold_ppm = 500000};
    assert_int_equal(law_parties_held(&g.parties, &half, first_node(&g)), LAW_NO);
    arena_release(&g.arena);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ultimate_parent_is_found_through_chains_of_owners),
        cmocka_unit_test(holdings_by_the_listed_add_up),
        cmocka_unit_test(owners_count_only_in_their_time),
        cmocka_unit_test(the_path_and_the_gap_are_told),
        cmocka_unit_test(long_chains_and_wide_groups_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
