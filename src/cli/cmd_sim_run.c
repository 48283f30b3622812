/* berth sim run: recorded arrivals, played through the core on a virtual clock. */
#include "cli/cmd_sim_run.h"

#include "base/money.h"
#include "cli/commands.h"
#include "cli/say.h"
#include "cli/sim_run.h"
#include "read/suggest.h"

#include <string.h>

enum {
    OPT_FLEET = OPTION_LONG,
    OPT_TRACE,
    OPT_LEDGER,
    OPT_FORMAT,
    OPT_FROM,
    OPT_TO,
    OPT_LAW,
    OPT_BIND,
    OPT_ON,
    OPT_SPEEDS,
    OPT_FAULTS,
    OPT_CHIP,
    OPT_ADD_TENANTS,
    OPT_ANY_PARTITION,
    OPT_WITH_FLEET,
    OPT_WITH_LAW,
    OPT_WITH_BIND,
    OPT_WITH_PRICE,
    OPT_JSON,
    OPT_HTML,
    OPT_LOG
};

static const struct cli_option run_options[] = {
    {OPT_FLEET, "fleet", "FILE", "the fleet file to run it on, or openb's list of nodes"},
    {OPT_TRACE, "trace", "FILE", "who submits what, when, and how long it runs"},
    {OPT_LEDGER, "ledger", "DIR", "in place of both: what a daemon's state folder has recorded"},
    {OPT_FORMAT, "format", "NAME",
     "of the trace: csv, jsonl, openb, gavel, philly, sacct (default: by its first line)"},
    {OPT_FROM, "from", "TIME", "only jobs submitted from then on, as the trace writes times ..."},
    {OPT_TO, "to", "TIME", "... and before this"},
    {OPT_LAW, "law", "DIR", "under the rule packs of DIR; may be repeated (default: no law)"},
    {OPT_BIND, "bind", "LIST", "levels that bind (law,act,guidance)"},
    {OPT_ON, "on", "DATE", "the trace begins on this day (default: as it says, else today)"},
    {OPT_SPEEDS, "speeds", "FILE",
     "table of measured speeds (CSV), over those that come with Berth"},
    {OPT_FAULTS, "faults", "SEED", "nodes fail and reports are late, at times drawn by SEED"},
    {OPT_CHIP, "chip", "NAME=KIND", "NAME of the trace means KIND here; any: every kind will do"},
    {OPT_ADD_TENANTS, "add-tenants", NULL, "add tenants that the fleet file does not have"},
    {OPT_ANY_PARTITION, "any-partition", NULL, "partitions that the trace names do not matter"},
    {OPT_WITH_FLEET, "with-fleet", "FILE", "what if: run it a second time, on this fleet"},
    {OPT_WITH_LAW, "with-law", "DIR",
     "what if: with the packs of DIR beside, or in place of those of the same id; none: no law"},
    {OPT_WITH_BIND, "with-bind", "LIST", "what if: with these levels binding"},
    {OPT_WITH_PRICE, "with-price", "POOL=USD", "what if: at this price of a chip hour"},
    {OPT_JSON, "json", NULL, "all figures as JSON"},
    {OPT_HTML, "html", "FILE", "write a page with plots"},
    {OPT_LOG, "log", "FILE", "write a CSV line for each job: where and when it ran, at what cost"},
    {0},
};

static const struct command run_command = {
    .name = "sim run",
    .summary = "play recorded arrivals on a fleet, and what if",
    .usage = "--fleet FILE --trace FILE | --ledger DIR  [OPTION]...",
    .about =
        "The same core that the daemon runs decides, on a virtual clock; each job that it starts "
        "runs for as long as the trace says. Beside the figures stands what no scheduler could "
        "better.\nWith --with-fleet, --with-law, --with-bind or --with-price the same arrivals are "
        "played a second time in the changed world, and the jobs are listed whose verdict, pool, "
        "start or cost changes. docs/trace-format.md explains traces and figures.",
    .options = run_options,
    .examples = "berth sim run --fleet fleet.yaml --trace jobs.csv\ta summary\n"
                "berth sim run --fleet fleet.yaml --trace jobs.csv --law law/us --on 2027-01-01\t"
                "under the law of that day\n"
                "berth sim run --fleet fleet.yaml --trace jobs.csv --html report.html\ta page\n"
                "berth sim run --ledger /var/lib/berth --with-price tokyo-h100=3.20\t"
                "what if it were dearer?\n",
};

/* ---- the command line ------------------------------------------------------------------------ */

static int take_format(struct sim_run *q, const char *name)
{
    for (int i = 0; i < TRACE_FORMAT_COUNT; i++)
        if (strcmp(trace_format_names[i], name) == 0) {
            q->format = i;
            return GO_ON;
        }
    const char *near = suggest(str_of(name), trace_format_names);
    return say_error(q->name, "--format: '%s' is unknown%s%s%s", name,
                     near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                     near != NULL ? "'?" : "; see --help");
}

/* "NAME=VALUE" into its parts; false: it is not that. */
static bool take_pair(const char *value, struct str *name_out, const char **value_out)
{
    const char *is = strchr(value, '=');
    if (is == NULL || is == value || is[1] == '\0') return false;
    *name_out = (struct str){value, (size_t)(is - value)};
    *value_out = is + 1;
    return true;
}

static int take_chip(struct sim_run *q, const char *value)
{
    const char *to;
    if (q->map_count == FEED_MAP_MAX)
        return say_error(q->name, "--chip is given more than %d times", (int)FEED_MAP_MAX);
    struct feed_map *m = &q->map[q->map_count];
    if (!take_pair(value, &m->from, &to))
        return say_error(q->name, "--chip: write NAME=KIND, for instance V100M32=v100-sxm2-32");
    m->to = strcmp(to, "any") == 0 ? (struct str){0} : str_of(to);
    q->map_count++;
    return GO_ON;
}

static int take_price(struct sim_run *q, const char *value)
{
    const char *usd;
    if (q->change.price_count == WHATIF_PRICES_MAX)
        return say_error(q->name, "--with-price is given more than %d times",
                         (int)WHATIF_PRICES_MAX);
    struct whatif_price *p = &q->change.price[q->change.price_count];
    if (!take_pair(value, &p->pool, &usd) || !money_parse(str_of(usd), &p->uusd_per_chip_h) ||
        p->uusd_per_chip_h > PRICE_MAX_UUSD)
        return say_error(q->name, "--with-price: write POOL=USD, for instance tokyo-h100=2.10");
    q->change.price_count++;
    q->is_whatif = true;
    return GO_ON;
}

static int take_with_law(struct sim_run *q, const char *dir)
{
    q->is_whatif = true;
    if (strcmp(dir, "none") == 0) {
        q->change.no_law = true;
        return GO_ON;
    }
    q->with_packs = true;
    return law_files_add(&q->with_law, dir);
}

static int take_with_bind(struct sim_run *q, const char *list)
{
    q->is_whatif = q->change.has_bind = true;
    int code = law_files_bind(&q->with_law, list);
    q->change.bind = q->with_law.bind;
    return code;
}

static int take_seed(struct sim_run *q, const char *value)
{
    q->faults = true;
    if (str_to_u64(str_of(value), &q->seed)) return GO_ON;
    return say_error(q->name, "--faults: '%s' is not a whole number", value);
}

static int parse_one(struct sim_run *q, struct args *a, int id)
{
    switch (id) {
    case ARGS_STOP: return a->exit_code;
    case OPT_FLEET: q->fleet = a->value; break;
    case OPT_TRACE: q->trace = a->value; break;
    case OPT_LEDGER: q->ledger = a->value; break;
    case OPT_FORMAT: return take_format(q, a->value);
    case OPT_FROM: q->from = a->value; break;
    case OPT_TO: q->to = a->value; break;
    case OPT_LAW: q->has_law = true; return law_files_add(&q->law, a->value);
    case OPT_BIND: return law_files_bind(&q->law, a->value);
    case OPT_ON: q->on = a->value; break;
    case OPT_SPEEDS: q->speeds_file = a->value; break;
    case OPT_FAULTS: return take_seed(q, a->value);
    case OPT_CHIP: return take_chip(q, a->value);
    case OPT_ADD_TENANTS: q->add_tenants = true; break;
    case OPT_ANY_PARTITION: q->any_partition = true; break;
    case OPT_WITH_FLEET:
        q->is_whatif = true;
        q->with_fleet = a->value;
        break;
    case OPT_WITH_LAW: return take_with_law(q, a->value);
    case OPT_WITH_BIND: return take_with_bind(q, a->value);
    case OPT_WITH_PRICE: return take_price(q, a->value);
    case OPT_JSON: q->json = true; break;
    case OPT_HTML: q->html = a->value; break;
    case OPT_LOG: q->log = a->value; break;
    default: break;
    }
    return GO_ON;
}

static int parse(struct sim_run *q, struct args *a)
{
    for (int id; (id = args_next(a)) != ARGS_END;) {
        int code = parse_one(q, a, id);
        if (code != GO_ON) return code;
    }
    if (args_count(a) > 0)
        return say_error(q->name, "what is '%s'? no operand is expected", args_operands(a)[0]);
    if (q->ledger != NULL && (q->fleet != NULL || q->trace != NULL || q->has_law || q->on != NULL ||
                              q->from != NULL || q->to != NULL))
        return say_error(q->name,
                         "a ledger has its own fleet, law and times; --with-fleet and --with-law "
                         "ask what would be with others");
    if (q->ledger == NULL && (q->fleet == NULL || q->trace == NULL))
        return say_error(q->name, "name a fleet file and a trace (--fleet FILE --trace FILE), or "
                                  "a daemon's folder (--ledger DIR)");
    return GO_ON;
}

int cmd_sim_run(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0) return command_usage(&run_command);
    struct sim_run q = {.name = "sim run"};
    struct args a;
    law_files_init(&q.law, q.name);
    law_files_init(&q.with_law, q.name);
    args_init(&a, argc, argv, run_options, false);
    int code = parse(&q, &a);
    if (code == GO_ON) code = sim_run_play(&q);
    law_files_release(&q.with_law);
    law_files_release(&q.law);
    return say_end(q.name, code);
}
