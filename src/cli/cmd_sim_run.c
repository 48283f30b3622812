/* berth sim run: recorded arrivals, played through the core on a virtual clock. */
#include "cli/cmd_sim_run.h"

#include "base/civil.h"
#include "cli/commands.h"
#include "cli/law_files.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "read/fleet_yaml.h"
#include "read/suggest.h"
#include "sim/run/feed.h"
#include "sim/run/report.h"
#include "sim/trace/openb_fleet.h"
#include "store/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    OPT_FLEET = OPTION_LONG,
    OPT_TRACE,
    OPT_FORMAT,
    OPT_FROM,
    OPT_TO,
    OPT_LAW,
    OPT_BIND,
    OPT_ON,
    OPT_FAULTS,
    OPT_CHIP,
    OPT_ADD_TENANTS,
    OPT_ANY_PARTITION,
    OPT_JSON,
    OPT_HTML,
    OPT_LOG
};

static const struct cli_option run_options[] = {
    {OPT_FLEET, "fleet", "FILE", "the fleet file to run it on, or openb's list of nodes"},
    {OPT_TRACE, "trace", "FILE", "who submits what, when, and how long it runs"},
    {OPT_FORMAT, "format", "NAME",
     "of the trace: csv, jsonl, openb, philly, sacct (default: by its first line)"},
    {OPT_FROM, "from", "TIME", "only jobs submitted from then on, as the trace writes times ..."},
    {OPT_TO, "to", "TIME", "... and before this"},
    {OPT_LAW, "law", "DIR", "under the rule packs of DIR; may be repeated (default: no law)"},
    {OPT_BIND, "bind", "LIST", "levels that bind (law,act,guidance)"},
    {OPT_ON, "on", "DATE", "the trace begins on this day (default: as it says, else today)"},
    {OPT_FAULTS, "faults", "SEED", "nodes fail and reports are late, at times drawn by SEED"},
    {OPT_CHIP, "chip", "NAME=KIND", "NAME of the trace means KIND here; any: every kind will do"},
    {OPT_ADD_TENANTS, "add-tenants", NULL, "add tenants that the fleet file does not have"},
    {OPT_ANY_PARTITION, "any-partition", NULL, "partitions that the trace names do not matter"},
    {OPT_JSON, "json", NULL, "all figures as JSON"},
    {OPT_HTML, "html", "FILE", "write a page with plots"},
    {OPT_LOG, "log", "FILE", "write a CSV line for each job: where and when it ran, at what cost"},
    {0},
};

static const struct command run_command = {
    .name = "sim run",
    .summary = "play recorded arrivals on a fleet",
    .usage = "--fleet FILE --trace FILE [OPTION]...",
    .about = "The same core that the daemon runs decides, on a virtual clock; each job that it "
             "starts runs for as long as the trace says. Beside the figures stands what no "
             "scheduler could better. docs/trace-format.md explains traces and figures.",
    .options = run_options,
    .examples = "berth sim run --fleet fleet.yaml --trace jobs.csv\ta summary\n"
                "berth sim run --fleet fleet.yaml --trace jobs.csv --law law/us --on 2027-01-01\t"
                "under the law of that day\n"
                "berth sim run --fleet fleet.yaml --trace jobs.csv --html report.html\ta page\n",
};

struct ask {
    const char *name; /* as typed */
    const char *fleet, *trace, *from, *to, *on, *html, *log;
    int format;
    bool has_law, faults, add_tenants, any_partition, json;
    uint64_t seed;
    struct law_files law;
    struct feed_map map[FEED_MAP_MAX];
    uint32_t map_count;
    struct fleet supply;
    FILE *log_file;
    struct progress progress;
};

/* ---- the log ----------------------------------------------------------------------------------
 */

static void put_instant(FILE *to, int64_t ms)
{
    char when[CIVIL_TEXT_MAX];
    fprintf(to, ",%s", ms > 0 ? civil_format(ms, when) : "");
}

static void put_field(FILE *to, struct str s)
{
    fputs(",\"", to);
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] == '"') fputc('"', to);
        fputc(s.p[i], to);
    }
    fputc('"', to);
}

static void log_done(void *arg, const struct run_done *d)
{
    const struct ask *q = arg;
    FILE *to = q->log_file;
    if (to == NULL) return;
    fprintf(to, "%" PRIu32, d->job);
    put_field(to, d->label);
    put_field(to, d->tenant);
    put_instant(to, d->submit_ms);
    put_instant(to, d->start_ms);
    put_instant(to, d->end_ms);
    fprintf(to, ",%s,%s", d->state < 0 ? "REJECTED" : job_state_names[d->state],
            reason_names[d->reason]);
    put_field(to, d->pool);
    fprintf(to, ",%" PRIu32 ",%" PRIu32 ",%.6f", d->chips, d->restarts, (double)d->cost_uusd / 1e6);
    put_field(to, d->rule.len > 0 ? d->rule : d->text);
    fputc('\n', to);
}

static int log_open(struct ask *q)
{
    if (q->log == NULL) return GO_ON;
    q->log_file = fopen(q->log, "we");
    if (q->log_file == NULL)
        return say_error(q->name, "%s: cannot be written: %s", q->log, strerror(errno));
    fputs("job,id,tenant,submit,start,end,state,reason,pool,chips,restarts,cost_usd,why\n",
          q->log_file);
    return GO_ON;
}

static int log_close(struct ask *q)
{
    if (q->log_file == NULL) return EXIT_DONE;
    bool failed = ferror(q->log_file) != 0;
    failed = fclose(q->log_file) != 0 || failed;
    q->log_file = NULL;
    return failed ? say_error(q->name, "%s: cannot be written: %s", q->log, strerror(errno))
                  : EXIT_DONE;
}

/* ---- files ------------------------------------------------------------------------------------
 */

static int load_fleet(struct ask *q, const char *path, struct fleet *out)
{
    struct errtext error;
    struct buf bytes = {0};
    struct law_files *l = &q->law;
    enum err e = file_read(path, YAML_BYTES_MAX, &bytes, &error);
    if (e == ERR_NONE && openb_fleet_is(buf_str(&bytes))) {
        struct buf yaml = {0};
        e = openb_fleet_yaml(buf_str(&bytes), path, &yaml, &error);
        buf_release(&bytes);
        bytes = yaml;
    }
    if (e != ERR_NONE) {
        buf_release(&bytes);
        return say_failure(q->name, e, &error);
    }
    e = fleet_yaml_read(buf_str(&bytes), path, l->world.chips, l->world.chip_count, &l->arena, out,
                        &l->errs);
    buf_release(&bytes);
    return e == ERR_NONE ? GO_ON : law_files_errors(l);
}

static int load(struct ask *q)
{
    int code = law_files_chips(&q->law);
    if (code == GO_ON && q->has_law) code = law_files_load(&q->law);
    if (code == GO_ON) code = load_fleet(q, q->fleet, &q->supply);
    return code;
}

static int write_page(const struct ask *q, const struct report_about *about,
                      const struct run_result *x)
{
    struct buf page = {0};
    FILE *to = fopen(q->html, "we");
    if (to == NULL)
        return say_error(q->name, "%s: cannot be written: %s", q->html, strerror(errno));
    report_html(about, x, &page);
    bool failed = fwrite(page.p, 1, page.len, to) != page.len;
    failed = fclose(to) != 0 || failed;
    buf_release(&page);
    return failed ? say_error(q->name, "%s: cannot be written: %s", q->html, strerror(errno))
                  : EXIT_DONE;
}

/* ---- the run ----------------------------------------------------------------------------------
 */

static double cpu_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void print_json(const struct report_about *about, const struct run_result *x)
{
    enum { DIGITS = 15 }; /* as many as a double holds for sure */
    json_t *all = report_json(about, x);
    char *text = json_dumps(all, JSON_INDENT(1) | JSON_REAL_PRECISION(DIGITS));
    if (text != NULL) puts(text);
    free(text);
    json_decref(all);
}

/* The packs' ids with commas between. */
static const char *law_words(struct ask *q)
{
    struct buf words = {0};
    if (!q->has_law) return "none";
    for (uint32_t i = 0; i < q->law.pack_count; i++)
        buf_printf(&words, "%s" STR_FMT, i > 0 ? ", " : "", STR_ARG(q->law.packs[i].pack.id));
    const char *kept = words.len > 0 ? arena_printf(&q->law.arena, "%s", words.p) : "no packs";
    buf_release(&words);
    return kept;
}

static int tell(struct ask *q, const struct feed *f, const struct run_result *x, double cpu_seconds)
{
    struct report_about about = {
        .title = arena_printf(&q->law.arena, "%s on %.*s", q->trace, STR_ARG(q->supply.name)),
        .trace = q->trace,
        .format = trace_format_names[trace_format(f->trace)],
        .fleet = str_dupz(&q->law.arena, q->supply.name),
        .law = law_words(q),
        .faults = q->faults ? arena_printf(&q->law.arena, "seed %" PRIu64, q->seed) : "none",
        .skipped = trace_skipped(f->trace),
        .cpu_seconds = cpu_seconds};
    if (trace_is_cut(f->trace))
        say_note(q->name,
                 "%s: the last line has no end; it was read as it stands, but the file "
                 "may be cut off",
                 q->trace);
    if (q->json) {
        print_json(&about, x);
    } else {
        struct buf text = {0};
        report_text(&about, x, &text);
        say_buf(&text, stdout);
        buf_release(&text);
    }
    return q->html != NULL ? write_page(q, &about, x) : EXIT_DONE;
}

static enum err play(struct ask *q, struct feed *f, struct run **out, struct errtext *error)
{
    struct fleet *fleet = ARENA_NEW(&q->law.arena, struct fleet);
    struct law_pack *packs = ARENA_ARRAY(&q->law.arena, q->law.pack_count, struct law_pack);
    for (uint32_t i = 0; i < q->law.pack_count; i++) packs[i] = q->law.packs[i].pack;
    enum err e = feed_fleet(f, &q->law.arena, fleet, error);
    if (e != ERR_NONE) return e;
    struct run_options o = {.fleet = fleet,
                            .packs = packs,
                            .pack_count = q->law.pack_count,
                            .bind = q->law.bind,
                            .begin_ms = feed_begin_ms(f),
                            .faults = q->faults,
                            .seed = q->seed,
                            .done = q->log_file != NULL ? log_done : NULL,
                            .arg = q};
    e = run_new(&o, out, error);
    return e == ERR_NONE ? feed_run(f, *out, error) : e;
}

static int run_trace(struct ask *q, struct trace *t, const struct feed_options *o)
{
    struct errtext error;
    struct feed f;
    struct run *r = NULL;
    double begun = cpu_now();
    q->progress.doing = "reading";
    enum err e = feed_init(&f, t, &q->supply, o, &error);
    if (e != ERR_NONE) return say_failure(q->name, e, &error);
    q->progress.doing = "simulating";
    e = play(q, &f, &r, &error);
    const struct run_result *x = e == ERR_NONE ? run_finish(r) : NULL;
    progress_clear(&q->progress);
    int code = e == ERR_NONE ? tell(q, &f, x, cpu_now() - begun) : say_failure(q->name, e, &error);
    run_free(r);
    feed_release(&f);
    return code;
}

/* --from, --to and --on against the trace's own way of telling time. */
static int take_times(const struct ask *q, struct trace *t, struct feed_options *o)
{
    const struct {
        const char *option, *text;
        int64_t *ms;
    } rows[] = {{"from", q->from, &o->from_ms}, {"to", q->to, &o->to_ms}};
    struct errtext error;
    struct trace_job job;
    bool more = false;
    enum err e = trace_next(t, &job, &more, &error);
    if (e == ERR_NONE) e = trace_rewind(t, &error);
    if (e != ERR_NONE) return say_failure(q->name, e, &error);
    o->from_ms = 0;
    o->to_ms = CIVIL_NEVER_MS;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].text == NULL) continue;
        if (civil_parse(str_of(rows[i].text), rows[i].ms) && trace_is_absolute(t)) continue;
        e = trace_seconds(str_of(rows[i].text), INT64_MAX / 10000, rows[i].ms, &error);
        if (e != ERR_NONE) return say_error(q->name, "--%s: %s", rows[i].option, error.s);
    }
    o->has_on = q->on != NULL || !trace_is_absolute(t);
    if (q->on == NULL) {
        o->on_ms = (int64_t)time(NULL) * 1000 / CIVIL_DAY_MS * CIVIL_DAY_MS;
    } else if (!civil_parse(str_of(q->on), &o->on_ms) || o->on_ms < 0) {
        return say_error(q->name, "--on: '%s' is no date such as 2026-11-21", q->on);
    }
    return GO_ON;
}

static int run_file(struct ask *q)
{
    struct errtext error;
    struct trace *t = NULL;
    FILE *file = fopen(q->trace, "re");
    if (file == NULL) return say_error(q->name, "%s: %s", q->trace, strerror(errno));
    struct trace_options how = {.name = q->trace, .format = q->format};
    struct feed_options o = {.name = q->trace,
                             .catalogue = q->law.world.chips,
                             .catalogue_count = q->law.world.chip_count,
                             .map_count = q->map_count,
                             .add_tenants = q->add_tenants,
                             .any_partition = q->any_partition,
                             .progress = progress_show,
                             .arg = &q->progress};
    memcpy(o.map, q->map, sizeof o.map);
    int code;
    enum err e = trace_open(file, &how, &t, &error);
    if (e != ERR_NONE)
        code = say_failure(q->name, e, &error);
    else if ((code = take_times(q, t, &o)) == GO_ON)
        code = run_trace(q, t, &o);
    trace_close(t);
    fclose(file);
    return code;
}

/* ---- the command line -------------------------------------------------------------------------
 */

static int take_format(struct ask *q, const char *name)
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

static int take_chip(struct ask *q, const char *value)
{
    const char *is = strchr(value, '=');
    if (is == NULL || is == value || is[1] == '\0')
        return say_error(q->name, "--chip: write NAME=KIND, for instance V100M32=v100-sxm2-32g");
    if (q->map_count == FEED_MAP_MAX)
        return say_error(q->name, "--chip is given more than %d times", (int)FEED_MAP_MAX);
    struct feed_map *m = &q->map[q->map_count++];
    m->from = (struct str){value, (size_t)(is - value)};
    m->to = strcmp(is + 1, "any") == 0 ? (struct str){0} : str_of(is + 1);
    return GO_ON;
}

static int parse_one(struct ask *q, struct args *a, int id)
{
    switch (id) {
    case ARGS_STOP: return a->exit_code;
    case OPT_FLEET: q->fleet = a->value; break;
    case OPT_TRACE: q->trace = a->value; break;
    case OPT_FORMAT: return take_format(q, a->value);
    case OPT_FROM: q->from = a->value; break;
    case OPT_TO: q->to = a->value; break;
    case OPT_LAW: q->has_law = true; return law_files_add(&q->law, a->value);
    case OPT_BIND: return law_files_bind(&q->law, a->value);
    case OPT_ON: q->on = a->value; break;
    case OPT_FAULTS:
        q->faults = true;
        if (!str_to_u64(str_of(a->value), &q->seed))
            return say_error(q->name, "--faults: '%s' is not a whole number", a->value);
        break;
    case OPT_CHIP: return take_chip(q, a->value);
    case OPT_ADD_TENANTS: q->add_tenants = true; break;
    case OPT_ANY_PARTITION: q->any_partition = true; break;
    case OPT_JSON: q->json = true; break;
    case OPT_HTML: q->html = a->value; break;
    case OPT_LOG: q->log = a->value; break;
    default: break;
    }
    return GO_ON;
}

static int parse(struct ask *q, struct args *a)
{
    for (int id; (id = args_next(a)) != ARGS_END;) {
        int code = parse_one(q, a, id);
        if (code != GO_ON) return code;
    }
    if (args_count(a) > 0)
        return say_error(q->name, "what is '%s'? no operand is expected", args_operands(a)[0]);
    if (q->fleet == NULL || q->trace == NULL)
        return say_error(q->name, "name a fleet file and a trace: --fleet FILE --trace FILE");
    return GO_ON;
}

int cmd_sim_run(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0) return command_usage(&run_command);
    struct ask q = {.name = "sim run"};
    struct args a;
    law_files_init(&q.law, q.name);
    args_init(&a, argc, argv, run_options, false);
    int code = parse(&q, &a);
    if (code == GO_ON) code = load(&q);
    if (code == GO_ON) code = log_open(&q);
    if (code == GO_ON) {
        code = run_file(&q);
        int closed = log_close(&q);
        if (code == EXIT_DONE) code = closed;
    }
    law_files_release(&q.law);
    return say_end(q.name, code);
}
