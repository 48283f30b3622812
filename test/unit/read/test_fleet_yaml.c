#include "base/civil.h"
#include "model/fleet_diff.h"
#include "model/topology.h"
#include "read/chips_csv.h"
#include "read/fleet_yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

struct fixture {
    struct arena arena;
    struct yaml_errors errs;
    struct fleet f;
    struct buf text;
};

static const char base[] =
    "fleet: test\n"
    "default_time: 1:00:00\n"
    "parties:\n"
    "  op: {name: Operator, country: SG, hq: SG, lists: [], kinds: [data-centre-operator]}\n"
    "  mid:\n"
    "    country: JP\n"
    "    owners:\n"
    "      - {party: top, share: 60%, from: 2024-01-01}\n"
    "      - {party: op, share: unknown}\n"
    "  top: {country: AU, hq: AU, owners: []}\n"
    "sites:\n"
    "  sg-1: {country: SG, operator: op, public_hub: true, power_price: \"0.18\", "
    "links: [{from: JP, gbps: 10, price_per_gb: \"0.02\"}, {from: tyo-1}]}\n"
    "pools:\n"
    "  sg-h100:\n"
    "    site: sg-1\n"
    "    partition: [gpu, train]\n"
    "    chip: h100-sxm\n"
    "    nodes: h[01-04]\n"
    "    chips_per_node: 8\n"
    "    cpus_per_node: 64\n"
    "    memory_per_node: 1T\n"
    "    max_time: 7-0\n"
    "    title:\n"
    "      leased: {lessor: mid, owner: top, intermediaries: [mid], price: \"2.10\",\n"
    "               from: 2026-01-01, to: 2026-12-31, minimum_term: 30-0, acquired: 2024-05-01,\n"
    "               evidence: [us_supply]}\n"
    "  sg-cpu:\n"
    "    site: sg-1\n"
    "    nodes: c1\n"
    "    cpus_per_node: 4\n"
    "    memory_per_node: 16G\n"
    "    default: true\n"
    "    title: {owned: {price: \"0.05\", owner: op}}\n"
    "tenants:\n"
    "  lab: {party: top, weight: 3, users: [\"*\"], default: true}\n"
    "  guest: {party: unknown, users: [ann], data: none, purpose: research,\n"
    "          budget: {amount: 1200.50, per: month, from: 2026-04-01}}\n"
    "permits:\n"
    "  lic-1: {rule: R-1, holder: top, amount: 100, used: 3, to: 2026-12-31, issuer: Office}\n"
    "share_half_life: 2-0\n";

static enum err read_bytes(struct fixture *f, struct str bytes)
{
    static const struct chip catalogue[] = {
        {.id = {"h100-sxm", 8}, .tpp = {true, 15832000, 15832000, 15832000}},
        {.id = {"h200-sxm", 8}, .tpp = {true, 15832000, 15832000, 15832000}},
        {.id = {"b300", 4}, .tpp = {true, 55000000, 54000000, 56000000}},
    };
    *f = (struct fixture){0};
    yaml_errors_init(&f->errs, &f->arena);
    enum err e = fleet_yaml_read(bytes, "f.yaml", catalogue, 3, &f->arena, &f->f, &f->errs);
    buf_puts(&f->text, "");
    yaml_errors_print(&f->errs, &f->text);
    return e;
}

static void release(struct fixture *f)
{
    buf_release(&f->text);
    arena_release(&f->arena);
}

/* The base file with the first `from` replaced by `to`. */
static enum err read_bent(struct fixture *f, const char *from, const char *to)
{
    const char *at = strstr(base, from);
    assert_non_null(at);
    struct buf b = {0};
    buf_put(&b, base, (size_t)(at - base));
    buf_puts(&b, to);
    buf_puts(&b, at + strlen(from));
    enum err e = read_bytes(f, buf_str(&b));
    buf_release(&b);
    return e;
}

static void a_budget_names_its_window(void **state)
{
    (void)state;
    static const struct {
        const char *per;
        int want;
        uint32_t days;
    } rows[] = {{"per: ever", BUDGET_EVER, 0},
                {"per: quarter", BUDGET_QUARTER, 0},
                {"per: year", BUDGET_YEAR, 0},
                {"per: day", BUDGET_DAYS, 1},
                {"per: 14 days", BUDGET_DAYS, 14}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f;
        if (read_bent(&f, "per: month", rows[i].per) != ERR_NONE) fail_msg("%s", f.text.p);
        assert_int_equal(f.f.tenants[1].budget.per, rows[i].want);
        assert_int_equal(f.f.tenants[1].budget.days, rows[i].days);
        release(&f);
    }
}

static void a_whole_fleet_is_read(void **state)
{
    (void)state;
    struct fixture f;
    if (read_bytes(&f, str_of(base)) != ERR_NONE) fail_msg("%s", f.text.p);
    const struct pool *p = &f.f.pools[0];
    assert_int_equal(f.f.time_limit_default_ms, 3600000);
    assert_int_equal(f.f.share_half_life_ms, 2 * 86400000);
    const struct budget *b = &f.f.tenants[1].budget;
    assert_int_equal(b->per, BUDGET_MONTH);
    assert_int_equal(b->amount_uusd, 1200500000);
    assert_int_equal(b->from_ms, INT64_C(1775001600000)); /* 2026-04-01 */
    assert_int_equal(f.f.tenants[0].budget.per, BUDGET_NONE);
    assert_int_equal(p->node_count, 4);
    assert_int_equal(p->mem_mb_per_node, 1048576);
    assert_int_equal(p->time_limit_max_ms, 7 * CIVIL_DAY_MS);
    assert_int_equal(p->title.kind, TITLE_LEASED);
    assert_int_equal(p->title.uusd_per_chip_h, 2100000);
    assert_int_equal(p->title.to_ms, civil_days(2027, 1, 1) * CIVIL_DAY_MS);
    assert_int_equal(p->title.minimum_term_ms, 30 * CIVIL_DAY_MS);
    assert_int_equal(p->title.lessor_index, 1);
    assert_true(pool_is_named(p, STR("train")));
    assert_int_equal(f.f.chip_count, 1);
    assert_int_equal(f.f.chips[0].tpp.milli, 15832000);
    assert_true(str_eqz(f.f.sites[0].engine, "local"));
    assert_int_equal(f.f.sites[0].public_hub, TRI_YES);
    assert_int_equal(f.f.sites[0].link_count, 2);
    assert_int_equal(f.f.sites[0].links[0].mbps, 10000);
    assert_int_equal(f.f.sites[0].links[0].uusd_per_gb, 20000);
    assert_true(str_eqz(f.f.sites[0].links[1].from, "tyo-1"));
    assert_int_equal(f.f.sites[0].state_funded, TRI_UNKNOWN);
    assert_true(f.f.parties[0].lists_known && !f.f.parties[0].owners_known);
    assert_true(f.f.parties[1].owners[0].share_known && !f.f.parties[1].owners[1].share_known);
    assert_int_equal(f.f.parties[1].owners[0].share_ppm, 600000);
    assert_true(f.f.parties[2].owners_known && f.f.parties[2].owner_count == 0);
    assert_int_equal(f.f.tenants[1].party_index, NO_INDEX);
    assert_true(f.f.tenants[1].reads_no_data && !f.f.tenants[0].reads_no_data);
    assert_true(str_eqz(f.f.tenants[1].purpose, "research"));
    assert_true(f.f.pools[1].is_default && f.f.pools[1].chip_index == NO_INDEX);
    assert_true(f.f.permits[0].amount_known && str_eqz(f.f.permits[0].unit, "chips"));
    release(&f);
}

static void maintenance_is_read_in_order(void **state)
{
    (void)state;
    static const struct {
        const char *to, *want;
    } rows[] = {
        {"max_time: 7-0\n    maintenance: [{from: 2026-03-01, to: 2026-03-02, reason: cooling},\n"
         "      {from: 2026-04-01T08:00:00Z, to: 2026-04-01T12:00:00Z}]",
         ""},
        {"max_time: 7-0\n    maintenance: [{from: 2026-03-01}]", "key 'to' is missing"},
        {"max_time: 7-0\n    maintenance: [{from: 2026-03-05, to: 2026-03-02}]",
         "ends before it begins"},
        {"max_time: 7-0\n    maintenance: [{from: 2026-03-01, to: 2026-03-02},\n"
         "      {from: 2026-03-02, to: 2026-03-04}]",
         "overlaps the one before"},
        {"max_time: 7-0\n    maintenance: soon", "expected a list"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f;
        enum err e = read_bent(&f, "max_time: 7-0", rows[i].to);
        if (i == 0) {
            assert_int_equal(e, ERR_NONE);
            assert_int_equal(f.f.pools[0].maintenance_count, 2);
            assert_int_equal(f.f.pools[0].maintenance[0].to_ms -
                                 f.f.pools[0].maintenance[0].from_ms,
                             2 * 86400000); /* an end date belongs to its period */
            assert_true(str_eqz(f.f.pools[0].maintenance[0].reason, "cooling"));
        } else {
            assert_int_not_equal(e, ERR_NONE);
            if (strstr(f.text.p, rows[i].want) == NULL)
                fail_msg("'%s' not in: %s", rows[i].want, f.text.p);
        }
        release(&f);
    }
}

static void a_site_has_maintenance_of_its_own(void **state)
{
    (void)state;
    struct fixture f;
    assert_int_equal(
        read_bent(&f, "public_hub: true,", "maintenance: [{from: 2026-03-01, to: 2026-03-02}],"),
        ERR_NONE);
    assert_int_equal(f.f.sites[0].maintenance_count, 1);
    assert_int_equal(f.f.pools[0].maintenance_count, 0);
    release(&f);
    assert_int_not_equal(
        read_bent(&f, "public_hub: true,", "maintenance: [{from: 2026-03-05, to: 2026-03-02}],"),
        ERR_NONE);
    release(&f);
}

static void switches_are_read_by_name_or_in_short(void **state)
{
    (void)state;
    struct fixture f;
    static const char named[] = "chips_per_node: 8\n"
                                "    switches:\n"
                                "      top: {switches: \"l[1-2]\"}\n"
                                "      l2: {nodes: \"h02,h01\"}\n"
                                "      l1:\n"
                                "        nodes: h[04]\n";
    if (read_bent(&f, "chips_per_node: 8\n", named) != ERR_NONE) fail_msg("%s", f.text.p);
    const struct topology *t = f.f.pools[0].topology;
    assert_int_equal(t->leaf_count, 3); /* h03 is alone */
    assert_int_equal(t->leaf_of[0], 1);
    assert_int_equal(t->leaf_of[1], 1);
    assert_int_equal(t->leaf_of[3], 0);
    assert_int_equal(t->switches[3].end, 2);
    assert_null(f.f.pools[1].topology);
    release(&f);
    if (read_bent(&f, "chips_per_node: 8\n",
                  "chips_per_node: 8\n    nodes_per_switch: 3\n    switches_per_spine: 2\n") !=
        ERR_NONE)
        fail_msg("%s", f.text.p);
    t = f.f.pools[0].topology;
    assert_int_equal(t->leaf_count, 2);
    assert_int_equal(t->switch_count, 3);
    assert_int_equal(t->spans[1].count, 1);
    release(&f);
}

static void mistakes_are_reported_at_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *want;
    } rows[] = {
        {"fleet: test\n", "", "f.yaml:1:1: key 'fleet' is missing"},
        {"default_time: 1:00:00", "default_tiem: 1:00:00",
         "f.yaml:2:1: unknown key 'default_tiem'; did you mean 'default_time'?"},
        {"default_time: 1:00:00", "default_time: soon", "f.yaml:2:15: 'soon' is not a duration"},
        {"share_half_life: 2-0", "share_half_life: 0:30",
         "f.yaml:40:18: share_half_life is from one"},
        {"amount: 1200.50", "amount: plenty", "f.yaml:37:28: expected an amount in USD such as"},
        {"amount: 1200.50, ", "", "f.yaml:37:19: key 'amount' is missing"},
        {"per: month", "per: moon", "f.yaml:37:42: expected month, quarter, year, ever, or"},
        {"per: month", "per: 0 days", "f.yaml:37:42: expected month, quarter, year, ever, or"},
        {"from: 2026-04-01}}", "from: 2026-04-31}}", "f.yaml:37:55: '2026-04-31' is not a date"},
        {"from: 2026-04-01}}", "from: 2026-04-30}}",
         "f.yaml:37:55: with per: month it begins on one of the first 28 days"},
        {"country: SG", "country: UK",
         "f.yaml:4:33: 'UK' is not an ISO 3166-1 country; did you "
         "mean GB?"},
        {"country: SG", "country: sg", "'sg' is not a country"},
        {"share: 60%", "share: 160%", "f.yaml:8:29: '160%' is not a share"},
        {"party: top, share", "party: tpo, share",
         "f.yaml:8:17: party 'tpo' does not exist; did you mean 'top'?"},
        {"share: 60%, from: 2024-01-01", "share: 60%, from: 2024-01-01, to: 2023-12-31",
         "f.yaml:8:56: ends before it begins"},
        {"operator: op", "operator: zed", "party 'zed' does not exist"},
        {"site: sg-1", "site: sg-2", "site 'sg-2' does not exist; did you mean 'sg-1'?"},
        {"chip: h100-sxm", "chip: h300-sxm",
         "chip 'h300-sxm' does not exist; did you mean 'h100-sxm'?"},
        {"nodes: h[01-04]", "nodes: h[04-01]", "range 04-01 runs backwards"},
        {"nodes: c1", "nodes: h03", "node 'h03' is named twice"},
        {"chips_per_node: 8", "chips_per_node: 8\n    shards_per_chip: 7", "does not divide 1000"},
        {"chips_per_node: 8", "chips_per_node: 80", "80 is outside 1..64"},
        {"chips_per_node: 8\n", "chips_per_node: 8\n    switches: []\n",
         "f.yaml:20:15: expected a map from the name of a switch to its nodes or switches"},
        {"chips_per_node: 8\n", "chips_per_node: 8\n    switches: {a b: {nodes: h01}}\n",
         "f.yaml:20:16: 'a b' is not an id"},
        {"chips_per_node: 8\n",
         "chips_per_node: 8\n    switches: {a: {nodes: h01}, a: {nodes: h02}}\n",
         "f.yaml:20:33: key 'a' is stated twice"},
        {"chips_per_node: 8\n", "chips_per_node: 8\n    switches: {a: {node: h01}}\n",
         "f.yaml:20:20: unknown key 'node'; did you mean 'nodes'?"},
        {"chips_per_node: 8\n",
         "chips_per_node: 8\n    switches: {a: {nodes: h01, switches: [a]}}\n",
         "f.yaml:20:19: a switch has nodes or switches below it; write one of the two keys"},
        {"chips_per_node: 8\n", "chips_per_node: 8\n    switches: {a: {}}\n",
         "f.yaml:20:19: a switch has nodes or switches"},
        {"chips_per_node: 8\n", "chips_per_node: 8\n    switches: {a: {nodes: \"h[0\"}}\n",
         "f.yaml:20:28: hostlist: column 4"},
        {"chips_per_node: 8\n",
         "chips_per_node: 8\n    switches: {leaf-1: {nodes: h01}, s: {switches: [leaf-2]}}\n",
         "f.yaml:20:53: switch 'leaf-2' does not exist; did you mean 'leaf-1'?"},
        {"chips_per_node: 8\n",
         "chips_per_node: 8\n    switches: {leaf-1: {nodes: h01}, s: {switches: \"leaf-[1-2]\"}}\n",
         "f.yaml:20:53: switch 'leaf-2' does not exist"},
        {"chips_per_node: 8\n",
         "chips_per_node: 8\n    switches: {a: {nodes: h01}, s: {switches: []}}\n",
         "f.yaml:20:47: names no switch"},
        {"chips_per_node: 8\n",
         "chips_per_node: 8\n    switches: {a: {nodes: h01}, s: {switches: [a, a]}}\n",
         "'a' stands twice in the list"},
        {"chips_per_node: 8\n",
         "chips_per_node: 8\n    switches: {a: {nodes: h01}, b: {nodes: \"h[05,02]\"}}\n",
         "f.yaml:20:45: pool 'sg-h100': switch 'b' has node 'h05', which the pool does not have"},
        {"chips_per_node: 8\n",
         "chips_per_node: 8\n    switches: {a: {nodes: h01}, b: {nodes: \"h[01-02]\"}}\n",
         "f.yaml:20:45: pool 'sg-h100': switch 'b' has node 'h01', which is on switch 'a' already"},
        {"chips_per_node: 8\n",
         "chips_per_node: 8\n    switches: {a: {switches: [b]}, b: {switches: [a]}}\n",
         "f.yaml:20:30: pool 'sg-h100': switch 'a' is below itself, or above one that is"},
        {"chips_per_node: 8\n",
         "chips_per_node: 8\n    nodes_per_switch: 2\n    switches: {a: {nodes: h01}}\n",
         "f.yaml:20:5: the pool names its switches; leave the numbers out"},
        {"chips_per_node: 8\n", "chips_per_node: 8\n    switches_per_spine: 2\n",
         "key 'nodes_per_switch' is missing"},
        {"    chip: h100-sxm\n", "", "f.yaml:18:5: a pool with chips needs the key chip"},
        {"memory_per_node: 1T", "memory_per_node: lots", "'lots' is not an amount of memory"},
        {"price: \"2.10\"", "price: cheap", "'cheap' is not a price"},
        {"to: 2026-12-31", "to: 2025-12-31", "ends before it begins"},
        {"leased:", "borrowed:", "'borrowed' is none of: owned, leased, on_demand"},
        {"{owned: {price", "{owned: {lessor: mid, price", "unknown key 'lessor'"},
        {"price: \"0.05\", ", "", "key 'price' is missing"},
        {"users: [ann]", "weight: 2", "key 'users' is missing"},
        {"data: none", "data: some", "data is none or unknown"},
        {"purpose: research", "purpose: reserch", "'reserch' is none of"},
        {"weight: 3", "weight: 0", "0 is outside 1..1000000"},
        {"holder: top", "holder: tip", "party 'tip' does not exist; did you mean 'top'?"},
        {"used: 3", "used: 300", "more is used than the amount"},
        {"owners: []", "owners: [{party: mid, share: 51%}]", "f.yaml:5:3: party 'mid' owns itself"},
        {"partition: [gpu, train]", "partition: [sg-cpu]", "pool 'sg-cpu' is also an alias"},
        {"tenants:\n", "tenant:\n", "unknown key 'tenant'; did you mean 'tenants'?"},
        {"  top: {country", "  mid: {country", "key 'mid' is stated twice"},
        {"  top: {country", "  to p: {country", "'to p' is not an id"},
        {"pools:\n", "pools: []\nx:\n", "expected a map from id to description"},
    };
    int wrong = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f;
        if (read_bent(&f, rows[i].from, rows[i].to) == ERR_NONE)
            fail_msg("accepted: %s", rows[i].to);
        if (strstr(f.text.p, rows[i].want) == NULL) {
            print_error("'%s' gave\n%swanted '%s'\n", rows[i].to, f.text.p, rows[i].want);
            wrong++;
        }
        release(&f);
    }
    assert_int_equal(wrong, 0);
}

static void one_run_reports_every_mistake(void **state)
{
    (void)state;
    struct fixture f;
    static const char text[] = "fleet: x\n"
                               "sites:\n  s: {country: xx, engin: local}\n"
                               "pools:\n"
                               "  p:\n    site: t\n    nodes: a[\n    cpus_per_node: many\n"
                               "tenants:\n  t: {weight: -1}\n";
    assert_int_equal(read_bytes(&f, str_of(text)), ERR_INVALID);
    if (f.errs.total != 9) fail_msg("%u errors:\n%s", f.errs.total, f.text.p);
    release(&f);
}

static void chips_of_the_file_override_the_catalogue(void **state)
{
    (void)state;
    struct fixture f;
    if (read_bent(&f, "parties:\n",
                  "chips:\n"
                  "  h100-sxm: {tpp: 15000..16000, dc_marketed: true}\n"
                  "  own-1: {name: Own, tpp: {value: 10.5, hi: 11}, pd: unknown}\n"
                  "parties:\n") != ERR_NONE)
        fail_msg("%s", f.text.p);
    assert_int_equal(f.f.chip_count, 2);
    const struct chip *h = &f.f.chips[fleet_chip(&f.f, STR("h100-sxm"))];
    assert_int_equal(h->tpp.milli, 15500000);
    assert_int_equal(h->tpp.lo_milli, 15000000);
    assert_int_equal(h->dc_marketed, TRI_YES);
    const struct chip *own = &f.f.chips[fleet_chip(&f.f, STR("own-1"))];
    assert_int_equal(own->tpp.milli, 10500);
    assert_int_equal(own->tpp.hi_milli, 11000);
    assert_false(own->pd.known);
    release(&f);
    assert_int_equal(read_bent(&f, "parties:\n", "chips:\n  q: {tpp: 5..3}\nparties:\n"),
                     ERR_INVALID);
    assert_non_null(strstr(f.text.p, "is not a quantity"));
    release(&f);
}

static void differences_are_named_by_thing_and_field(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *want;
    } rows[] = {
        {"fleet: test", "fleet: test", ""},
        {"price: \"2.10\"", "price: \"2.40\"", "~ pool sg-h100: title.price 2.10 -> 2.40\n"},
        {"nodes: h[01-04]", "nodes: h[01-05],x", "~ pool sg-h100: nodes h[01-04] -> h[01-05],x\n"},
        {"share: 60%", "share: 37.5%", "~ party mid: owners[0].share 60 % -> 37.5 %\n"},
        {"to: 2026-12-31, minimum", "to: 2027-12-31, minimum",
         "~ pool sg-h100: title.to 2027-01-01 -> 2028-01-01\n"},
        {"partition: [gpu, train]", "partition: [gpu]",
         "~ pool sg-h100: aliases gpu, train -> gpu\n"},
        {"public_hub: true", "public_hub: unknown", "~ site sg-1: public_hub yes -> none\n"},
        {"lists: []", "lists: [L-1]", "~ party op: lists none -> L-1\n"},
        {"  guest: {", "  visitor: {", "- tenant guest\n+ tenant visitor\n"},
        {"max_time: 7-0", "max_time: 1-0", "~ pool sg-h100: time_limit_max 604800 s -> 86400 s\n"},
        {"chip: h100-sxm", "chip: h200-sxm",
         "- chip h100-sxm\n+ chip h200-sxm\n~ pool sg-h100: chip h100-sxm -> h200-sxm\n"},
        {"fleet: test", "fleet: new", "~ fleet: name test -> new\n"},
        {"chips_per_node: 8\n",
         "chips_per_node: 8\n    switches: {a_ms: {nodes: \"h[01-02,04]\"}, top: {switches: "
         "[a_ms]}}\n",
         "~ pool sg-h100: switch a_ms none -> h[01-02],h[04]\n"
         "~ pool sg-h100: switch top none -> a_ms\n"},
        {"chips_per_node: 8\n", "chips_per_node: 8\n    nodes_per_switch: 2\n",
         "~ pool sg-h100: nodes_per_switch none -> 2\n"},
    };
    struct fixture old;
    assert_int_equal(read_bytes(&old, str_of(base)), ERR_NONE);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f;
        if (read_bent(&f, rows[i].from, rows[i].to) != ERR_NONE) fail_msg("%s", f.text.p);
        struct buf out = {0};
        buf_puts(&out, "");
        fleet_diff(&old.f, &f.f, &out);
        assert_string_equal(out.p, rows[i].want);
        buf_release(&out);
        release(&f);
    }
    release(&old);
}

static struct str slurp(struct arena *a, const char *path)
{
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    char *bytes = arena_alloc(a, 1024 * 1024, 1);
    size_t len = fread(bytes, 1, 1024 * 1024 - 1, file);
    fclose(file);
    return (struct str){bytes, len};
}

static void read_with_catalogue(struct fixture *f, struct str bytes)
{
    *f = (struct fixture){0};
    yaml_errors_init(&f->errs, &f->arena);
    struct chip *chips = NULL;
    uint32_t count = 0;
    assert_int_equal(chips_load("data/chips.csv", &f->arena, &chips, &count, NULL), ERR_NONE);
    if (fleet_yaml_read(bytes, "f.yaml", chips, count, &f->arena, &f->f, &f->errs) == ERR_NONE)
        return;
    yaml_errors_print(&f->errs, &f->text);
    fail_msg("%s", f->text.p);
}

static void the_example_is_a_sound_fleet(void **state)
{
    (void)state;
    struct arena a = {0};
    struct fixture f;
    read_with_catalogue(&f, slurp(&a, "examples/pacific/fleet.yaml"));
    assert_int_equal(f.f.pool_count, 7);
    assert_int_equal(f.f.chip_count, 6);
    assert_int_equal(f.f.pools[fleet_pool(&f.f, STR("sin-h200"))].title.intermediary_count, 1);
    release(&f);
    arena_release(&a);
}

/* What docs/fleet-file.md shows is a fleet that reads, once the parties it leaves out are added. */
static void the_documented_file_is_a_sound_fleet(void **state)
{
    (void)state;
    struct arena a = {0};
    struct fixture f;
    struct str doc = slurp(&a, "docs/fleet-file.md");
    const char *from = strstr(doc.p, "```yaml\n"), *parties = strstr(doc.p, "\nparties:\n");
    const char *end = strstr(from + 8, "```");
    struct buf text = {0};
    buf_put(&text, from + 8, (size_t)(parties + 10 - from - 8));
    buf_puts(&text, "\n  meridian: {}\n  fund: {}\n  broker: {}\n  atlas-labs: {}\n");
    buf_put(&text, parties + 10, (size_t)(end - parties - 10));
    read_with_catalogue(&f, buf_str(&text));
    assert_int_equal(f.f.chip_count, 2);
    buf_release(&text);
    release(&f);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_fleet_is_read),
        cmocka_unit_test(a_budget_names_its_window),
        cmocka_unit_test(maintenance_is_read_in_order),
        cmocka_unit_test(a_site_has_maintenance_of_its_own),
        cmocka_unit_test(switches_are_read_by_name_or_in_short),
        cmocka_unit_test(mistakes_are_reported_at_their_place),
        cmocka_unit_test(one_run_reports_every_mistake),
        cmocka_unit_test(chips_of_the_file_override_the_catalogue),
        cmocka_unit_test(the_example_is_a_sound_fleet),
        cmocka_unit_test(the_documented_file_is_a_sound_fleet),
        cmocka_unit_test(differences_are_named_by_thing_and_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
