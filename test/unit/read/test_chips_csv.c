#include "read/chips_csv.h"
#include "read/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Tests run from the root of the repository. */
static const char catalogue[] = "data/chips.csv";

static struct chip *load(struct arena *a, uint32_t *count)
{
    struct chip *chips = NULL;
    struct errtext error = {""};
    if (chips_load(catalogue, a, &chips, count, &error) != ERR_NONE) fail_msg("%s", error.s);
    return chips;
}

static const struct chip *find(const struct chip *chips, uint32_t count, const char *id)
{
    for (uint32_t i = 0; i < count; i++)
        if (str_eqz(chips[i].id, id)) return &chips[i];
    fail_msg("no chip %s", id);
    return NULL;
}

/* What regulators, vendors or the trade press state, independent of the rates in the file:
 * 15,832 for H100 and H200 (90 FR 4544 counts in it), 2,368 and density 2.9 for H20, 4,992 and 6.04
 * for A100, the named examples of the rule of January 2026 for MI325X (below 21,000). */
static void computed_values_agree_with_stated_ones(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        double tpp, pd; /* pd 0: unknown */
    } rows[] = {
        {"k80", 260, 0},
        {"p100-pcie", 305.9, 0.5},
        {"v100-sxm2-16", 2000, 2.45},
        {"t4", 1042.1, 1.91},
        {"a10", 2000, 3.18},
        {"a30", 2644, 3.2},
        {"a40", 2395.2, 3.81},
        {"a100-40-sxm", 4992, 6.04},
        {"a800-80-sxm", 4989.9, 6.04},
        {"l4", 1936, 6.59},
        {"l2", 1544, 0},
        {"l20", 1912, 3.14},
        {"l40", 2896.8, 4.76},
        {"l40s", 5864, 9.64},
        {"h20-96", 2368, 2.91},
        {"h100-sxm", 15832, 19.45},
        {"h100-pcie", 12104, 14.87},
        {"h100-nvl", 13368, 16.42},
        {"h800-sxm", 15832, 19.45},
        {"h200-sxm", 15832, 19.45},
        {"b100", 28000, 0},
        {"b200", 36000, 0},
        {"gb200", 40000, 0},
        {"b300", 56000, 0},
        {"gb300", 60000, 0},
        {"rtx4090", 5284.8, 8.69},
        {"rtx5090", 6704, 8.94},
        {"rtx5090d-v2", 4750, 0},
        {"rtxpro6000", 8060.8, 10.75},
        {"mi250x", 6128, 4.23},
        {"mi300x", 20919.2, 0},
        {"mi325x", 20919.2, 0},
        {"mi350x", 36953.6, 0},
        {"mi355x", 40265.6, 0},
        {"gaudi2", 7200, 8.72},
        {"gaudi3", 26848, 0},
        {"ascend910a", 4096, 0},
        {"ascend910b2", 6016, 0},
        {"ascend910b4", 4480, 0},
        {"ascend910c", 12800, 0},
        {"br100", 16384, 15.26},
        {"tpu-v5e", 3152, 9.7},
        {"trn2", 10672, 0},
        {"mlu590", 5024, 0},
    };
    struct arena a = {0};
    uint32_t count = 0;
    struct chip *chips = load(&a, &count);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct chip *c = find(chips, count, rows[i].id);
        double tpp = (double)c->tpp.milli / 1000, pd = (double)c->pd.milli / 1000;
        if (!c->tpp.known || fabs(tpp - rows[i].tpp) > 0.6)
            fail_msg("%s: TPP %.3f, stated %.3f", rows[i].id, tpp, rows[i].tpp);
        if (c->pd.known != (rows[i].pd > 0) || fabs(pd - rows[i].pd) > 0.011)
            fail_msg("%s: density %.3f, stated %.3f", rows[i].id, pd, rows[i].pd);
    }
    arena_release(&a);
}

static void every_chip_is_sound_and_has_a_source(void **state)
{
    (void)state;
    struct arena a = {0};
    uint32_t count = 0;
    struct chip *chips = load(&a, &count);
    assert_true(count >= 60);
    struct fleet f = {.name = STR("all"), .chips = chips, .chip_count = count};
    struct errtext error = {""};
    if (fleet_index(&f, &a, &error) != ERR_NONE) fail_msg("%s", error.s);
    for (uint32_t i = 0; i < count; i++) {
        assert_true(chips[i].confidence.len > 0);
        assert_int_equal(chips[i].vendor_hq.len, 2);
        assert_true(chips[i].announced_year >= 2014);
        if (chips[i].tpp.known) assert_true(chips[i].source.len > 0);
    }
    arena_release(&a);
}

static void error_bars_stand_where_sources_differ(void **state)
{
    (void)state;
    struct arena a = {0};
    uint32_t count = 0;
    struct chip *chips = load(&a, &count);
    const struct chip *c = find(chips, count, "b300");
    assert_int_equal(c->tpp.lo_milli, 54000000);
    assert_int_equal(c->tpp.hi_milli, 56000000);
    c = find(chips, count, "gb300");
    assert_int_equal(c->tpp.hi_milli, 61120000);
    c = find(chips, count, "ascend910b2");
    assert_int_equal(c->tpp.lo_milli, 5120000);
    assert_int_equal(c->tpp.hi_milli, 6016000);
    c = find(chips, count, "b200");
    assert_int_equal(c->dram_bw_gbs.hi_milli, 8000000);
    c = find(chips, count, "h20-141");
    assert_false(c->tpp.known);
    assert_false(c->pd.known);
    c = find(chips, count, "h100-sxm");
    assert_int_equal(c->tpp.lo_milli, c->tpp.hi_milli);
    assert_int_equal(c->dc_marketed, TRI_YES);
    arena_release(&a);
}

static void quantities_are_read_with_their_bars(void **state)
{
    (void)state;
    struct quantity q;
    assert_true(quantity_parse(STR("900"), &q) && q.milli == 900000 && q.lo_milli == 900000);
    assert_true(quantity_parse(STR("0.5"), &q) && q.milli == 500);
    assert_true(quantity_parse(STR("1.125"), &q) && q.milli == 1125);
    assert_true(quantity_parse(STR("10..20"), &q) && q.milli == 15000 && q.hi_milli == 20000);
    assert_true(quantity_parse(STR("12(10..20)"), &q) && q.milli == 12000 && q.lo_milli == 10000);
    assert_true(quantity_parse(STR(""), &q) && !q.known);
    static const char *const bad[] = {"x",   "-1",  "1.",     ".5",      "1.2345",
                                      "1..", "..2", "20..10", "1(2..3)", "1(0..2",
                                      "1()", "1e3", " 1",     "1 ",      "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (quantity_parse(str_of(bad[i]), &q)) fail_msg("accepted: %s", bad[i]);
}

static void country_list_and_file_are_equal(void **state)
{
    (void)state;
    FILE *file = fopen("data/countries.csv", "re");
    assert_non_null(file);
    struct csv *c = NULL;
    assert_int_equal(csv_new(file, "countries", &c, NULL), ERR_NONE);
    int code = csv_column(c, "code"), name = csv_column(c, "name"), rows = 0;
    bool more = true;
    while (csv_next(c, &more, NULL) == ERR_NONE && more) {
        rows++;
        assert_true(country_exists(csv_field(c, code)));
        assert_true(csv_field(c, name).len > 2);
    }
    csv_free(c);
    fclose(file);
    int exist = 0;
    for (char x = 'A'; x <= 'Z'; x++)
        for (char y = 'A'; y <= 'Z'; y++) {
            char text[3] = {x, y, '\0'};
            exist += country_exists(str_of(text));
        }
    assert_int_equal(rows, 249);
    assert_int_equal(exist, 249 + 1 + 14 + 26 + 1); /* AA, QM..QZ, XA..XZ, ZZ */
}

static void prices_are_complete(void **state)
{
    (void)state;
    FILE *file = fopen("data/prices.csv", "re");
    assert_non_null(file);
    struct csv *c = NULL;
    struct errtext error = {""};
    assert_int_equal(csv_new(file, "prices", &c, &error), ERR_NONE);
    int rows = 0;
    bool more = true;
    while (csv_next(c, &more, &error) == ERR_NONE && more) {
        rows++;
        assert_true(csv_field(c, csv_column(c, "source")).len > 0);
        assert_true(csv_field(c, csv_column(c, "as_stated")).len > 0);
        struct str country = csv_field(c, csv_column(c, "country"));
        assert_true(country.len == 0 || country_exists(country));
        char usd[32] = "0";
        struct str value = csv_field(c, csv_column(c, "usd"));
        assert_true(value.len < sizeof usd);
        if (value.len > 0) memcpy(usd, value.p, value.len);
        char *end = NULL;
        assert_true(strtod(usd, &end) >= 0 && end != usd);
    }
    assert_string_equal(error.s, "");
    assert_true(rows > 150);
    csv_free(c);
    fclose(file);
}

static void a_bad_catalogue_is_refused_by_line(void **state)
{
    (void)state;
    struct arena a = {0};
    struct chip *chips = NULL;
    uint32_t n = 0;
    struct errtext error;
    assert_int_equal(chips_load("data/no-such.csv", &a, &chips, &n, &error), ERR_IO);
    assert_int_equal(chips_load("data/countries.csv", &a, &chips, &n, &error), ERR_INVALID);
    assert_non_null(strstr(error.s, "column id is missing"));
    static const char header[] =
        "id,name,vendor,vendor_hq,fp32_tflops,fp16_tflops,fp8_tops,fp4_tflops,int4_tops,mem_gb,"
        "dram_bw_gbs,interconnect_gbs,tdp_w,die_mm2,die_is_logic,tpp_stated,pd_stated,dc_marketed,"
        "announced_year,confidence,source\n";
    static const struct {
        const char *row, *want;
    } rows[] = {
        {"a,A,V,US,,x,,,,,,,,,,,,yes,2020,high,s\n", "2: column fp16_tflops: 'x' is not valid"},
        {"a b,A,V,US,,,,,,,,,,,,,,yes,2020,high,s\n", "2: column id"},
        {"a,A,V,UK,,,,,,,,,,,,,,yes,2020,high,s\n", "2: column vendor_hq"},
        {"a,A,V,US,,,,,,,,,,,,,,maybe,2020,high,s\n", "2: column dc_marketed"},
        {"a,A,V,US,,,,,,,,,,,,,,yes,20,high,s\n", "2: column announced_year"},
        {"a,A,V,US,,,,,,,,,,,,,,yes,2020,high,s\na,A,V,US,,,,,,,,,,,,,,yes,2020,high,s\n",
         "3: chip 'a' is stated twice"},
        {"a,A\n", "2: 2 fields, but the header has 21"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[] = "/tmp/berth-chips-XXXXXX";
        int fd = mkstemp(path);
        assert_true(fd >= 0);
        assert_true(write(fd, header, sizeof header - 1) > 0);
        assert_true(write(fd, rows[i].row, strlen(rows[i].row)) > 0);
        close(fd);
        enum err e = chips_load(path, &a, &chips, &n, &error);
        unlink(path);
        assert_int_equal(e, ERR_INVALID);
        if (strstr(error.s, rows[i].want) == NULL) fail_msg("%s, wanted %s", error.s, rows[i].want);
    }
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(computed_values_agree_with_stated_ones),
        cmocka_unit_test(every_chip_is_sound_and_has_a_source),
        cmocka_unit_test(error_bars_stand_where_sources_differ),
        cmocka_unit_test(quantities_are_read_with_their_bars),
        cmocka_unit_test(country_list_and_file_are_equal),
        cmocka_unit_test(prices_are_complete),
        cmocka_unit_test(a_bad_catalogue_is_refused_by_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
