#include "cli/sim_run.h"

#include "base/civil.h"
#include "cli/paths.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "read/fleet_yaml.h"
#include "read/speeds_csv.h"
#include "sim/run/compare.h"
#include "sim/trace/openb_fleet.h"
#include "store/file.h"
#include "store/sqlite_store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* One way to play the arrivals: as they are, or in the changed world. */
struct side {
    const struct whatif *change; /* NULL: none */
    struct run *run;
    const struct run_result *x;
    struct compare_side rows;
    bool keeps_rows;
    FILE *log; /* NULL none */
};

struct work {
    struct sim_run *q;
    struct progress progress;
    struct fleet supply; /* of --fleet */
    struct fleet other; /* of --with-fleet */
    struct speeds speeds; /* for a trace: those that come with Berth, and --speeds */
    /* where the arrivals come from: a file ... */
    FILE *file;
    struct trace *trace;
    struct feed_options feed_options;
    struct feed feed;
    bool has_feed;
    /* ... or a ledger */
    struct store *store;
    struct recorded recorded;
    bool has_recorded;
    struct names names; /* of both sides */
    struct side side[2];
    double begun; /* CPU seconds */
};

static double cpu_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int cannot_write(const struct sim_run *q, const char *path)
{
    return say_error(q->name, "%s: cannot be written: %s", path, strerror(errno));
}

/* ---- the log --------------------------------------------------------------------------------- */

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

static void log_job(FILE *to, const struct run_done *d)
{
    fprintf(to, "%" PRIu32, d->job);
    put_field(to, d->label);
    put_field(to, d->tenant);
    put_instant(to, d->submit_ms);
    put_instant(to, d->start_ms);
    put_instant(to, d->end_ms);
    fprintf(to, ",%s,%s", d->state < 0 ? "REJECTED" : job_state_names[d->state],
            reason_names[d->reason]);
    put_field(to, d->pool);
    fprintf(to, ",%g,%" PRIu32 ",%.6f", (double)d->chip_milli / 1000, d->restarts,
            (double)d->cost_uusd / 1e6);
    put_field(to, d->rule.len > 0 ? d->rule : d->text);
    fputc('\n', to);
}

static void on_done(void *arg, const struct run_done *d)
{
    struct side *s = arg;
    if (s->keeps_rows) compare_take(&s->rows, d);
    if (s->log != NULL) log_job(s->log, d);
}

/* The log is that of the last side. */
static int log_open(struct work *w)
{
    const struct sim_run *q = w->q;
    if (q->log == NULL) return GO_ON;
    FILE *log = fopen(q->log, "we");
    if (log == NULL) return cannot_write(q, q->log);
    fputs("job,id,tenant,submit,start,end,state,reason,pool,chips,restarts,cost_usd,why\n", log);
    w->side[q->is_whatif].log = log;
    return GO_ON;
}

static int log_close(struct work *w)
{
    FILE *log = w->side[w->q->is_whatif].log;
    if (log == NULL) return EXIT_DONE;
    bool failed = ferror(log) != 0;
    failed = fclose(log) != 0 || failed;
    return failed ? cannot_write(w->q, w->q->log) : EXIT_DONE;
}

/* ---- files ----------------------------------------------------------------------------------- */

static int load_fleet(struct sim_run *q, const char *path, struct fleet *out)
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

static struct law_pack *packs_of(struct law_files *l)
{
    struct law_pack *packs = ARENA_ARRAY(&l->arena, l->pack_count, struct law_pack);
    for (uint32_t i = 0; i < l->pack_count; i++) packs[i] = l->packs[i].pack;
    return packs;
}

/* The tables of the data folder, where there are any, and the user's own over them. */
static int load_speeds(struct work *w)
{
    static const char *const files[] = {"speeds.csv", "job-types.csv"};
    struct arena *arena = &w->q->law.arena;
    struct errtext error;
    enum err e = ERR_NONE;
    for (size_t i = 0; e == ERR_NONE && i < sizeof files / sizeof *files; i++) {
        e = speeds_load(arena_printf(arena, "%s/%s", path_data(), files[i]), arena, &w->speeds,
                        &error);
        if (e == ERR_NOT_FOUND) e = ERR_NONE;
    }
    if (e == ERR_NONE && w->q->speeds_file != NULL)
        e = speeds_load(w->q->speeds_file, arena, &w->speeds, &error);
    return e == ERR_NONE ? GO_ON : say_failure(w->q->name, e, &error);
}

static int load_worlds(struct work *w)
{
    struct sim_run *q = w->q;
    int code = law_files_chips(&q->law);
    if (code == GO_ON) code = law_files_chips(&q->with_law);
    if (code == GO_ON && q->has_law) code = law_files_load(&q->law);
    if (code == GO_ON && q->with_packs) code = law_files_load(&q->with_law);
    if (code == GO_ON && q->fleet != NULL) code = load_fleet(q, q->fleet, &w->supply);
    if (code == GO_ON && q->with_fleet != NULL) code = load_fleet(q, q->with_fleet, &w->other);
    if (code == GO_ON && q->trace != NULL) code = load_speeds(w);
    if (code != GO_ON) return code;
    if (q->with_fleet != NULL) q->change.fleet = &w->other;
    if (q->with_packs) q->change.packs = packs_of(&q->with_law);
    if (q->with_packs) q->change.pack_count = q->with_law.pack_count;
    return GO_ON;
}

/* --from, --to and --on against the trace's own way of telling time. */
static int take_times(struct work *w)
{
    const struct sim_run *q = w->q;
    struct feed_options *o = &w->feed_options;
    const struct {
        const char *option, *text;
        int64_t *ms;
    } rows[] = {{"from", q->from, &o->from_ms}, {"to", q->to, &o->to_ms}};
    struct errtext error;
    struct trace_job job;
    bool more = false;
    enum err e = trace_next(w->trace, &job, &more, &error);
    if (e == ERR_NONE) e = trace_rewind(w->trace, &error);
    if (e != ERR_NONE) return say_failure(q->name, e, &error);
    o->from_ms = 0;
    o->to_ms = CIVIL_NEVER_MS;
    bool absolute = trace_is_absolute(w->trace);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].text == NULL) continue;
        if (civil_parse(str_of(rows[i].text), rows[i].ms) && absolute) continue;
        e = trace_seconds(str_of(rows[i].text), INT64_MAX / 10000, rows[i].ms, &error);
        if (e != ERR_NONE) return say_error(q->name, "--%s: %s", rows[i].option, error.s);
    }
    o->has_on = q->on != NULL || !absolute;
    if (q->on == NULL)
        o->on_ms = (int64_t)time(NULL) * 1000 / CIVIL_DAY_MS * CIVIL_DAY_MS;
    else if (!civil_parse(str_of(q->on), &o->on_ms) || o->on_ms < 0)
        return say_error(q->name, "--on: '%s' is no date such as 2026-11-21", q->on);
    return GO_ON;
}

static int open_trace(struct work *w)
{
    struct sim_run *q = w->q;
    struct errtext error;
    struct trace_options how = {.name = q->trace, .format = q->format};
    w->feed_options = (struct feed_options){.name = q->trace,
                                            .catalogue = q->law.world.chips,
                                            .catalogue_count = q->law.world.chip_count,
                                            .map_count = q->map_count,
                                            .speeds = &w->speeds,
                                            .add_tenants = q->add_tenants,
                                            .any_partition = q->any_partition,
                                            .progress = progress_show,
                                            .arg = &w->progress};
    memcpy(w->feed_options.map, q->map, sizeof q->map);
    w->file = fopen(q->trace, "re");
    if (w->file == NULL) return say_error(q->name, "%s: %s", q->trace, strerror(errno));
    enum err e = trace_open(w->file, &how, &w->trace, &error);
    if (e != ERR_NONE) return say_failure(q->name, e, &error);
    int code = take_times(w);
    if (code != GO_ON) return code;
    w->progress.doing = "reading";
    e = feed_init(&w->feed, w->trace, &w->supply, &w->feed_options, &error);
    if (e != ERR_NONE) return say_failure(q->name, e, &error);
    w->has_feed = true;
    return GO_ON;
}

static int open_ledger(struct work *w)
{
    struct errtext error;
    struct store_options where = {.dir = w->q->ledger, .read_only = true};
    enum err e = sqlite_store_ops.open(&where, &w->store, &error);
    if (e == ERR_NONE) e = recorded_load(w->store, &w->recorded, &error);
    if (e != ERR_NONE) return say_failure(w->q->name, e, &error);
    w->has_recorded = true;
    return GO_ON;
}

/* ---- playing --------------------------------------------------------------------------------- */

/* The world of one side, before the tenants of a trace are added. */
static enum err world_of(struct work *w, const struct side *s, struct run_options *o,
                         struct errtext *error)
{
    static const struct whatif none;
    struct sim_run *q = w->q;
    struct arena *arena = &q->law.arena;
    const struct whatif *change = s->change != NULL ? s->change : &none;
    const struct fleet *fleet = w->has_recorded ? w->recorded.fleet : &w->supply;
    const struct law_pack *packs = w->has_recorded ? w->recorded.packs : packs_of(&q->law);
    uint32_t count = w->has_recorded ? w->recorded.pack_count : q->law.pack_count;
    o->bind = change->has_bind ? change->bind : w->has_recorded ? w->recorded.bind : q->law.bind;
    whatif_packs(change, packs, count, arena, &o->packs, &o->pack_count);
    return whatif_fleet(change, fleet, arena, &o->fleet, error);
}

static enum err arrive(struct work *w, struct side *s, struct run_options *o, struct errtext *error)
{
    if (w->has_recorded) {
        o->begin_ms = w->recorded.begin_ms;
        if (s->change == NULL || s->change->fleet == NULL) o->bound_chips = w->recorded.most_chips;
        enum err e = run_new(o, &s->run, error);
        return e != ERR_NONE ? e
                             : recorded_run(&w->recorded, w->store, s->change, s->run,
                                            progress_show, &w->progress, error);
    }
    if (w->speeds.row_count > 0) o->speeds = &w->speeds;
    struct fleet *whole = ARENA_NEW(&w->q->law.arena, struct fleet);
    w->feed.fleet = o->fleet;
    enum err e = feed_fleet(&w->feed, &w->q->law.arena, whole, error);
    o->fleet = whole;
    o->begin_ms = feed_begin_ms(&w->feed);
    if (e == ERR_NONE) e = run_new(o, &s->run, error);
    return e == ERR_NONE ? feed_run(&w->feed, s->run, error) : e;
}

static int play(struct work *w, struct side *s)
{
    struct errtext error;
    s->rows.names = &w->names;
    s->keeps_rows = w->q->is_whatif || w->has_recorded;
    struct run_options o = {.faults = w->q->faults,
                            .seed = w->q->seed,
                            .done = s->keeps_rows || s->log != NULL ? on_done : NULL,
                            .arg = s};
    w->progress.doing = "simulating";
    enum err e = world_of(w, s, &o, &error);
    if (e == ERR_NONE) e = arrive(w, s, &o, &error);
    if (e == ERR_NONE) s->x = run_finish(s->run);
    progress_clear(&w->progress);
    return e == ERR_NONE ? GO_ON : say_failure(w->q->name, e, &error);
}

/* ---- telling --------------------------------------------------------------------------------- */

/* Ids of packs with commas between. */
static const char *pack_words(struct arena *arena, const struct law_pack *packs, uint32_t count)
{
    struct buf words = {0};
    for (uint32_t i = 0; i < count; i++)
        buf_printf(&words, "%s" STR_FMT, i > 0 ? ", " : "", STR_ARG(packs[i].id));
    const char *kept = count > 0 ? arena_printf(arena, "%s", words.p) : "none";
    buf_release(&words);
    return kept;
}

static const char *change_words(struct work *w)
{
    struct sim_run *q = w->q;
    struct buf words = {0};
    const char *gap = "";
    if (q->with_fleet != NULL) buf_printf(&words, "with fleet %s", q->with_fleet);
    if (words.len > 0) gap = ", ";
    if (q->change.no_law) buf_printf(&words, "%swithout the law", gap);
    if (words.len > 0) gap = ", ";
    if (q->with_packs)
        buf_printf(&words, "%swith law %s", gap,
                   pack_words(&q->law.arena, q->change.packs, q->change.pack_count));
    if (words.len > 0) gap = ", ";
    if (q->change.has_bind) buf_printf(&words, "%swith other levels binding", gap);
    for (uint32_t i = 0; i < q->change.price_count; i++) {
        const struct whatif_price *p = &q->change.price[i];
        if (words.len > 0) gap = ", ";
        buf_printf(&words, "%s" STR_FMT " at %.4g USD", gap, STR_ARG(p->pool),
                   (double)p->uusd_per_chip_h / 1e6);
    }
    const char *kept = arena_printf(&q->law.arena, "%s", words.p);
    buf_release(&words);
    return kept;
}

static struct report_about about_of(struct work *w, const struct side *s)
{
    struct sim_run *q = w->q;
    struct arena *arena = &q->law.arena;
    struct run_options o = {0};
    struct errtext unused;
    if (world_of(w, s, &o, &unused) != ERR_NONE) return (struct report_about){0}; /* it was made */
    struct report_about a = {
        .trace = w->has_recorded ? str_dupz(arena, w->recorded.origin) : q->trace,
        .format = w->has_recorded ? "ledger" : trace_format_names[trace_format(w->trace)],
        .fleet = str_dupz(arena, o.fleet->name),
        .law = pack_words(arena, o.packs, o.pack_count),
        .faults = q->faults ? arena_printf(arena, "seed %" PRIu64, q->seed) : "none",
        .skipped = w->has_feed ? trace_skipped(w->trace) : 0,
        .cpu_seconds = cpu_now() - w->begun};
    a.title = s->change != NULL ? arena_printf(arena, "%s, %s", a.trace, change_words(w))
                                : arena_printf(arena, "%s on %s", a.trace, a.fleet);
    return a;
}

static int write_page(struct work *w, const struct report_about *about, const struct compare *c)
{
    const struct sim_run *q = w->q;
    struct buf page = {0}, before = {0};
    FILE *to = fopen(q->html, "we");
    if (to == NULL) return cannot_write(q, q->html);
    if (c != NULL) compare_html(c, w->side[0].x, w->side[1].x, &before);
    report_html(about, w->side[q->is_whatif].x, buf_str(&before), &page);
    bool failed = fwrite(page.p, 1, page.len, to) != page.len;
    failed = fclose(to) != 0 || failed;
    buf_release(&page);
    buf_release(&before);
    return failed ? cannot_write(q, q->html) : EXIT_DONE;
}

static void print_json(struct work *w, const struct report_about *about, const struct compare *c)
{
    enum { DIGITS = 15 }; /* as many as a double holds for sure */
    json_t *all = report_json(about, w->side[w->q->is_whatif].x);
    if (w->has_recorded)
        json_object_set_new(all, "fidelity", fidelity_json(&w->recorded, &w->side[0].rows));
    if (c != NULL) {
        struct report_about a = about_of(w, &w->side[0]);
        json_object_set_new(all, "base", report_json(&a, w->side[0].x));
        json_object_set_new(all, "what_if", compare_json(c));
    }
    char *text = json_dumps(all, JSON_INDENT(1) | JSON_REAL_PRECISION(DIGITS));
    if (text != NULL) puts(text);
    free(text);
    json_decref(all);
}

static void print_text(struct work *w, const struct report_about *about, const struct compare *c)
{
    struct buf text = {0};
    if (c != NULL)
        compare_text(c, w->side[0].x, w->side[1].x, &text);
    else
        report_text(about, w->side[0].x, &text);
    if (w->has_recorded) fidelity_text(&w->recorded, &w->side[0].rows, &text);
    say_buf(&text, stdout);
    buf_release(&text);
}

static int tell(struct work *w)
{
    struct sim_run *q = w->q;
    struct report_about about = about_of(w, &w->side[q->is_whatif]);
    struct compare c = {.a = &w->side[0].rows,
                        .b = &w->side[1].rows,
                        .a_name = w->has_recorded ? "as recorded" : "as given",
                        .b_name = q->is_whatif ? change_words(w) : ""};
    if (q->is_whatif) compare_count(&c);
    if (w->has_feed && trace_is_cut(w->trace))
        say_note(q->name,
                 "%s: the last line has no end; it was read as it stands, but the file may be cut "
                 "off",
                 q->trace);
    (q->json ? print_json : print_text)(w, &about, q->is_whatif ? &c : NULL);
    return q->html != NULL ? write_page(w, &about, q->is_whatif ? &c : NULL) : EXIT_DONE;
}

static void release(struct work *w)
{
    for (int i = 0; i < 2; i++) {
        run_free(w->side[i].run);
        compare_release(&w->side[i].rows);
    }
    if (w->has_feed) feed_release(&w->feed);
    trace_close(w->trace);
    if (w->file != NULL) fclose(w->file);
    if (w->has_recorded) recorded_release(&w->recorded);
    if (w->store != NULL) w->store->ops->close(w->store);
    names_release(&w->names);
}

int sim_run_play(struct sim_run *q)
{
    struct work w = {.q = q, .begun = cpu_now()};
    w.side[1].change = &q->change;
    names_init(&w.names);
    int code = load_worlds(&w);
    if (code == GO_ON) code = q->ledger != NULL ? open_ledger(&w) : open_trace(&w);
    if (code == GO_ON) code = log_open(&w);
    if (code == GO_ON) {
        code = play(&w, &w.side[0]);
        if (code == GO_ON && q->is_whatif) code = play(&w, &w.side[1]);
        if (code == GO_ON) code = tell(&w);
        int closed = log_close(&w);
        if (code == EXIT_DONE) code = closed;
    }
    release(&w);
    return code;
}
