#include "base/cbor.h"
#include "model/fleet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

/* A small sound fleet; tests bend one thing of it. All of it lives in the arena. */
struct sample {
    struct arena arena;
    struct fleet f;
    struct errtext error;
};

static void ranges(struct sample *s, uint32_t pool, const char *hosts)
{
    struct pool *p = &s->f.pools[pool];
    assert_int_equal(hostlist_parse(str_of(hosts), &s->arena, &p->ranges, &p->range_count, NULL),
                     ERR_NONE);
}

static struct owner *owners(struct sample *s, uint32_t party, uint32_t count)
{
    struct party *p = &s->f.parties[party];
    p->owners = ARENA_ARRAY(&s->arena, count, struct owner);
    p->owner_count = count;
    p->owners_known = true;
    return p->owners;
}

static void sample_init(struct sample *s)
{
    *s = (struct sample){0};
    struct arena *a = &s->arena;
    struct fleet *f = &s->f;
    f->name = STR("sample");
    f->party_count = 3;
    f->parties = ARENA_ARRAY(a, 3, struct party);
    f->parties[0] = (struct party){.id = STR("op"), .country = STR("SG"), .hq = STR("SG")};
    f->parties[1] = (struct party){.id = STR("mid"), .country = STR("JP")};
    f->parties[2] = (struct party){.id = STR("top"), .country = STR("AU"), .hq = STR("AU")};
    struct owner *o = owners(s, 0, 1);
    o[0] = (struct owner){.party = STR("mid"), .share_known = true, .share_ppm = 600000};
    o = owners(s, 1, 1);
    o[0] = (struct owner){.party = STR("top")};
    f->chip_count = 1;
    f->chips = ARENA_ARRAY(a, 1, struct chip);
    f->chips[0] = (struct chip){.id = STR("h100-sxm"), .tpp = {true, 15832000, 15832000, 15832000}};
    f->site_count = 2;
    f->sites = ARENA_ARRAY(a, 2, struct site);
    f->sites[0] = (struct site){.id = STR("s1"), .country = STR("SG"), .operator_party = STR("op")};
    f->sites[1] = (struct site){.id = STR("s2"), .country = STR("JP")};
    f->pool_count = 2;
    f->pools = ARENA_ARRAY(a, 2, struct pool);
    f->pools[0] = (struct pool){.id = STR("p-gpu"),
                                .chip = STR("h100-sxm"),
                                .site = STR("s1"),
                                .chips_per_node = 8,
                                .cpus_per_node = 64};
    f->pools[1] = (struct pool){.id = STR("p-cpu"), .site = STR("s1"), .cpus_per_node = 8};
    for (uint32_t i = 0; i < 2; i++) {
        f->pools[i].aliases = ARENA_ARRAY(a, 1, struct str);
        f->pools[i].aliases[0] = STR("batch");
        f->pools[i].alias_count = 1;
    }
    f->pools[0].title.intermediaries = ARENA_ARRAY(a, 1, struct str);
    f->pools[0].title.intermediaries[0] = STR("mid");
    f->pools[0].title.intermediary_count = 1;
    f->pools[0].title.owner = STR("top");
    ranges(s, 0, "g[01-04]");
    ranges(s, 1, "c[1-3],d");
    f->tenant_count = 1;
    f->tenants = ARENA_ARRAY(a, 1, struct tenant);
    f->tenants[0] = (struct tenant){.id = STR("lab"), .party = STR("op"), .weight = 1};
    f->permit_count = 1;
    f->permits = ARENA_ARRAY(a, 1, struct permit);
    f->permits[0] = (struct permit){.id = STR("lic-1"),
                                    .rule = STR("R-1"),
                                    .holder = STR("top"),
                                    .amount_known = true,
                                    .amount = 10,
                                    .used = 3};
}

static enum err index_sample(struct sample *s)
{
    return fleet_index(&s->f, &s->arena, &s->error);
}

static void a_sound_fleet_is_indexed_and_found(void **state)
{
    (void)state;
    struct sample s;
    sample_init(&s);
    assert_int_equal(index_sample(&s), ERR_NONE);
    assert_int_equal(fleet_party(&s.f, STR("mid")), 1);
    assert_int_equal(fleet_party(&s.f, STR("nobody")), NO_INDEX);
    assert_int_equal(fleet_chip(&s.f, STR("h100-sxm")), 0);
    assert_int_equal(fleet_site(&s.f, STR("s2")), 1);
    assert_int_equal(fleet_pool(&s.f, STR("p-cpu")), 1);
    assert_int_equal(fleet_pool(&s.f, STR("batch")), 0);
    assert_int_equal(fleet_tenant(&s.f, STR("lab")), 0);
    assert_true(pool_is_named(&s.f.pools[1], STR("batch")));
    assert_false(pool_is_named(&s.f.pools[1], STR("p-gpu")));
    assert_int_equal(s.f.pools[0].node_count, 4);
    assert_int_equal(s.f.pools[1].node_count, 4);
    assert_int_equal(s.f.pools[1].chip_index, NO_INDEX);
    assert_int_equal(s.f.pools[0].title.owner_index, 2);
    assert_int_equal(s.f.pools[0].title.lessor_index, NO_INDEX);
    assert_int_equal(s.f.pools[0].title.intermediary_indexes[0], 1);
    assert_int_equal(s.f.parties[0].owners[0].party_index, 1);
    assert_int_equal(s.f.permits[0].holder_index, 2);
    assert_int_equal(s.f.sites[1].operator_index, NO_INDEX);
    arena_release(&s.arena);
}

static void encode(struct buf *b, const struct fleet *f)
{
    struct fleet tmp = *f;
    struct cbor_writer w;
    cbor_writer_init(&w, b);
    assert_true(visit_map(&w.v, NULL, false));
    visit_fleet(&w.v, &tmp);
    visit_map_end(&w.v);
}

static void a_copy_is_equal_and_owns_itself(void **state)
{
    (void)state;
    struct sample s;
    sample_init(&s);
    assert_int_equal(index_sample(&s), ERR_NONE);
    struct arena other = {0};
    struct fleet copy;
    fleet_copy(&s.f, &other, &copy);
    struct buf a = {0}, b = {0};
    encode(&a, &s.f);
    arena_release(&s.arena);
    encode(&b, &copy);
    assert_true(str_eq(buf_str(&a), buf_str(&b)));
    assert_int_equal(fleet_pool(&copy, STR("p-cpu")), 1);
    assert_int_equal(copy.chips[0].tpp.milli, 15832000);
    assert_false(copy.chips[0].pd.known);
    buf_release(&a);
    buf_release(&b);
    arena_release(&other);
}

static void expect_refused(struct sample *s, const char *text)
{
    if (index_sample(s) == ERR_NONE) fail_msg("accepted, wanted: %s", text);
    if (strstr(s->error.s, text) == NULL) fail_msg("got '%s', wanted '%s'", s->error.s, text);
    arena_release(&s->arena);
}

static void dangling_references_are_refused(void **state)
{
    (void)state;
    struct sample s;
    sample_init(&s);
    s.f.parties[1].owners[0].party = STR("ghost");
    expect_refused(&s, "party 'mid': owner 'ghost' does not exist");
    sample_init(&s);
    s.f.sites[0].operator_party = STR("ghost");
    expect_refused(&s, "operator 'ghost'");
    sample_init(&s);
    s.f.pools[0].chip = STR("h999");
    expect_refused(&s, "chip 'h999'");
    sample_init(&s);
    s.f.pools[0].site = (struct str){0};
    expect_refused(&s, "site ''");
    sample_init(&s);
    s.f.pools[0].title.lessor = STR("ghost");
    expect_refused(&s, "lessor 'ghost'");
    sample_init(&s);
    s.f.pools[0].title.intermediaries[0] = STR("ghost");
    expect_refused(&s, "intermediary 'ghost'");
    sample_init(&s);
    s.f.tenants[0].party = STR("ghost");
    expect_refused(&s, "tenant 'lab': party 'ghost'");
    sample_init(&s);
    s.f.permits[0].holder = STR("ghost");
    expect_refused(&s, "holder 'ghost'");
}

static void ids_stated_twice_or_malformed_are_refused(void **state)
{
    (void)state;
    struct sample s;
    sample_init(&s);
    s.f.parties[2].id = STR("op");
    expect_refused(&s, "party 'op' is stated twice");
    sample_init(&s);
    s.f.pools[1].id = STR("p-gpu");
    expect_refused(&s, "pool 'p-gpu' is stated twice");
    sample_init(&s);
    s.f.pools[1].aliases[0] = STR("p-gpu");
    expect_refused(&s, "pool 'p-gpu' is also an alias");
    sample_init(&s);
    s.f.sites[0].id = STR("a b");
    expect_refused(&s, "not a valid id");
    sample_init(&s);
    s.f.tenants[0].id = STR("-x");
    expect_refused(&s, "not a valid id");
}

static void values_out_of_bounds_are_refused(void **state)
{
    (void)state;
    struct sample s;
    sample_init(&s);
    s.f.parties[0].owners[0].share_ppm = 1000001;
    expect_refused(&s, "outside 0..100 %");
    sample_init(&s);
    s.f.parties[0].country = STR("sg");
    expect_refused(&s, "two capital letters");
    sample_init(&s);
    s.f.chips[0].tpp.lo_milli = 15832001;
    expect_refused(&s, "error bar");
    sample_init(&s);
    s.f.pools[0].chips_per_node = 65;
    expect_refused(&s, "chips_per_node must be 1..64");
    sample_init(&s);
    s.f.pools[1].chips_per_node = 1;
    expect_refused(&s, "no chip");
    sample_init(&s);
    s.f.pools[0].title.from_ms = 5;
    s.f.pools[0].title.to_ms = 5;
    expect_refused(&s, "lease ends before it begins");
    sample_init(&s);
    s.f.pools[0].range_count = 0;
    expect_refused(&s, "has no nodes");
    sample_init(&s);
    s.f.pools[0].is_default = s.f.pools[1].is_default = true;
    expect_refused(&s, "more than one pool is the default");
    sample_init(&s);
    s.f.tenants[0].weight = 0;
    expect_refused(&s, "weight");
    sample_init(&s);
    s.f.permits[0].used = 11;
    expect_refused(&s, "used must be 0..amount");
    sample_init(&s);
    s.f.pools[0].time_limit_max_ms = 1000;
    s.f.pools[0].time_limit_default_ms = 2000;
    expect_refused(&s, "default time limit");
    sample_init(&s);
    struct owner *o = owners(&s, 0, 2);
    o[0] = (struct owner){.party = STR("mid"), .share_known = true, .share_ppm = 600000};
    o[1] = (struct owner){.party = STR("top"), .share_known = true, .share_ppm = 400001};
    expect_refused(&s, "more than 100 %");
}

static void a_cycle_of_owners_is_refused(void **state)
{
    (void)state;
    struct sample s;
    sample_init(&s);
    owners(&s, 2, 1)[0] = (struct owner){.party = STR("op")};
    expect_refused(&s, "owns itself");
    sample_init(&s);
    owners(&s, 2, 1)[0] = (struct owner){.party = STR("top")};
    expect_refused(&s, "party 'top' owns itself");
}

static void owning_each_other_in_turn_is_allowed(void **state)
{
    (void)state;
    struct sample s;
    sample_init(&s);
    s.f.parties[0].owners[0].to_ms = 1000;
    owners(&s, 2, 1)[0] = (struct owner){.party = STR("op"), .from_ms = 1000};
    assert_int_equal(index_sample(&s), ERR_NONE);
    arena_release(&s.arena);
    sample_init(&s);
    s.f.parties[0].owners[0].to_ms = 1001;
    owners(&s, 2, 1)[0] = (struct owner){.party = STR("op"), .from_ms = 1000};
    expect_refused(&s, "owns itself through its owners on 1970-01-01T00:00:01Z");
}

static void a_node_named_twice_at_a_site_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b, *node; /* node: NULL when they do not meet */
    } rows[] = {
        {"n[1-4]", "n[5-8]", NULL},
        {"n[1-4]", "n[4-8]", "'n4'"},
        {"n[1-4]", "n3", "'n3'"},
        {"n[8-12]", "n[08-09]", NULL},
        {"n[8-12]", "n[008-012]", NULL},
        {"n[8-12]", "n[08-12]", "'n10'"},
        {"n[10-12]", "n1[2-3]", "'n12'"},
        {"n[10-12]", "n1[3-4]", NULL},
        {"n[100-120]", "n1[19-21]", "'n119'"},
        {"n1[8-12]", "n1[10-11]", "'n110'"},
        {"n1[8-12]", "n[18-19]", "'n18'"},
        {"n[1-2]-ib", "n2-ib", "'n2-ib'"},
        {"n[1-2]-ib", "n[1-2]", NULL},
        {"single", "single", "'single'"},
        {"x,y,x", "z", "'x'"},
        {"n[1-2],n2", "z", "'n2'"},
        {"123456789012345678901[1-3]", "1234567890123456789012", "'1234567890123456789012'"},
        {"123456789012345678901[1-3]", "1234567890123456789014", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sample s;
        sample_init(&s);
        ranges(&s, 0, rows[i].a);
        ranges(&s, 1, rows[i].b);
        enum err e = index_sample(&s);
        if ((e != ERR_NONE) != (rows[i].node != NULL))
            fail_msg("%s and %s: %s", rows[i].a, rows[i].b, s.error.s);
        if (rows[i].node != NULL && strstr(s.error.s, rows[i].node) == NULL)
            fail_msg("%s and %s: %s", rows[i].a, rows[i].b, s.error.s);
        arena_release(&s.arena);
        /* At another site the same names are other nodes. */
        if (strchr(rows[i].a, ',') != NULL) continue;
        sample_init(&s);
        s.f.pools[1].site = STR("s2");
        ranges(&s, 0, rows[i].a);
        ranges(&s, 1, rows[i].b);
        assert_int_equal(index_sample(&s), ERR_NONE);
        arena_release(&s.arena);
    }
}

static void a_hundred_thousand_parties_are_indexed(void **state)
{
    (void)state;
    struct sample s;
    sample_init(&s);
    s.f.party_count = PARTY_MAX;
    struct party *many = ARENA_ARRAY(&s.arena, PARTY_MAX, struct party);
    memcpy(many, s.f.parties, 3 * sizeof *many);
    s.f.parties = many;
    for (uint32_t i = 3; i < PARTY_MAX; i++) {
        many[i].id = str_of(arena_printf(&s.arena, "party-%u", i));
        owners(&s, i, 1)[0] = (struct owner){.party = many[i - 1].id};
    }
    assert_int_equal(index_sample(&s), ERR_NONE);
    assert_int_equal(fleet_party(&s.f, STR("party-99999")), 99999);
    s.f.party_count = PARTY_MAX + 1;
    expect_refused(&s, "100001 parties; at most 100000");
}

static void chip_names_accept_the_family_in_any_case(void **state)
{
    (void)state;
    assert_true(chip_is_named(STR("h100-sxm"), STR("h100-sxm")));
    assert_true(chip_is_named(STR("h100-sxm"), STR("H100")));
    assert_true(chip_is_named(STR("h20-96"), STR("h20")));
    assert_false(chip_is_named(STR("h200-sxm"), STR("h20")));
    assert_false(chip_is_named(STR("b200"), STR("b200-x")));
    assert_false(chip_is_named(STR("b200"), STR("")));
}

static void ids_countries_and_texts_are_told_apart(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "A1", "a.b_c-d:e@f+g", "9"};
    static const char *const bad[] = {
        "",         "-a",  "a-",
        ".a",       "a b", "a/b",
        "\xc3\xa9", "_a",  "01234567890123456789012345678901234567890123456789012345678901234"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(id_is_valid(str_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(id_is_valid(str_of(bad[i])));
    assert_true(country_is_valid(STR("NO")));
    assert_false(country_is_valid(STR("no")));
    assert_false(country_is_valid(STR("NOR")));
    assert_true(text_is_valid(STR("caf\xc3\xa9"), 5));
    assert_false(text_is_valid(STR("caf\xc3\xa9"), 4));
    assert_false(text_is_valid(STR("a\nb"), 9));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_fleet_is_indexed_and_found),
        cmocka_unit_test(a_copy_is_equal_and_owns_itself),
        cmocka_unit_test(dangling_references_are_refused),
        cmocka_unit_test(ids_stated_twice_or_malformed_are_refused),
        cmocka_unit_test(values_out_of_bounds_are_refused),
        cmocka_unit_test(a_cycle_of_owners_is_refused),
        cmocka_unit_test(owning_each_other_in_turn_is_allowed),
        cmocka_unit_test(a_node_named_twice_at_a_site_is_refused),
        cmocka_unit_test(a_hundred_thousand_parties_are_indexed),
        cmocka_unit_test(chip_names_accept_the_family_in_any_case),
        cmocka_unit_test(ids_countries_and_texts_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
