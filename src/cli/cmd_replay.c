/* berth replay: derive every decision again from the events and compare with what is stored. */
#include "cli/cmd_ledger.h"

#include "base/civil.h"
#include "cli/ledger_show.h"
#include "cli/paths.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "port/sha256.h"
#include "store/sqlite_store.h"

#include <inttypes.h>
#include <sodium.h>
#include <string.h>

enum { OPT_STATE = OPTION_LONG, OPT_UNTIL, OPT_SNAPSHOT, OPT_CHECK, OPT_JSON };
enum { DIFF_CONTEXT = 3, DIFF_LINES_MAX = 40 };

const struct cli_option replay_options[] = {
    {OPT_UNTIL, "until", "N", "stop after record N (default: the last)"},
    {OPT_SNAPSHOT, "from-snapshot", NULL, "begin at the newest snapshot, not at record 1"},
    {OPT_CHECK, "check", NULL, "check every invariant of the state after every record (slow)"},
    {OPT_STATE, "state", "DIR", "the daemon's state directory"},
    {OPT_JSON, "json", NULL, "the result as JSON"},
    {0},
};

const char replay_examples[] = "berth replay\tcheck every decision of the whole ledger\n"
                               "berth replay --until 1000\tonly the first thousand records\n";

struct work {
    const char *name;
    struct progress progress;
};

static void show_progress(void *arg, uint64_t done, uint64_t total)
{
    struct work *w = arg;
    progress_show(&w->progress, done, total);
}

static void warn(void *arg, const char *line)
{
    struct work *w = arg;
    progress_clear(&w->progress);
    say_note(w->name, "%s", line);
}

/* ---- the first difference ------------------------------------------------------------------- */

static struct str next_line(struct str *rest)
{
    const char *end = rest->len > 0 ? memchr(rest->p, '\n', rest->len) : NULL;
    struct str line = {rest->p, end != NULL ? (size_t)(end - rest->p) : rest->len};
    size_t used = end != NULL ? line.len + 1 : line.len;
    *rest = (struct str){rest->p + used, rest->len - used};
    return line;
}

/* The lines of `text` from `first` on, at most so many. */
static void put_lines(const char *mark, struct str text, size_t first, size_t count)
{
    for (size_t i = 0; text.len > 0 && i < first + count; i++) {
        struct str line = next_line(&text);
        if (i >= first) fprintf(stderr, "%s " STR_FMT "\n", mark, STR_ARG(line));
    }
}

/* Both outcomes as JSON, from shortly before the first line that differs. */
static void show_difference(const struct replay_result *r)
{
    struct buf stored = {0}, derived = {0};
    ledger_put_outcome(buf_str(&r->stored), &stored);
    ledger_put_outcome(buf_str(&r->derived), &derived);
    struct str a = buf_str(&stored), b = buf_str(&derived);
    size_t same = 0;
    while (a.len > 0 && b.len > 0 && str_eq(next_line(&a), next_line(&b))) same++;
    size_t first = same > DIFF_CONTEXT ? same - DIFF_CONTEXT : 0;
    fprintf(stderr, "stored, from line %zu:\n", first + 1);
    put_lines("-", buf_str(&stored), first, DIFF_LINES_MAX);
    fprintf(stderr, "derived again:\n");
    put_lines("+", buf_str(&derived), first, DIFF_LINES_MAX);
    buf_release(&stored);
    buf_release(&derived);
}

/* ---- the command ---------------------------------------------------------------------------- */

static void show_result(struct core *c, const struct replay_result *r, bool json)
{
    struct buf state = {0};
    unsigned char hash[SHA256_BYTES];
    char hex[2 * sizeof hash + 1], when[CIVIL_TEXT_MAX];
    replay_encode_core(c, &state);
    sha256_of(buf_str(&state), hash);
    sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
    uint64_t records = r->last + 1 - r->first;
    if (json)
        printf("{\"first\":%" PRIu64 ",\"last\":%" PRIu64 ",\"decisions\":%" PRIu64
               ",\"now_ms\":%" PRId64 ",\"state_bytes\":%zu,\"state_sha256\":\"%s\"}\n",
               r->first, r->last, r->decisions, core_now_ms(c), state.len, hex);
    else
        printf("good: %" PRIu64 " records from %" PRIu64 " to %" PRIu64 ": %" PRIu64
               " decisions derived again, all as stored\n"
               "state at %s: %zu bytes, SHA-256 %s\n",
               records, r->first, r->last, r->decisions, civil_format(core_now_ms(c), when),
               state.len, hex);
    buf_release(&state);
}

static int replay(const char *name, const char *dir, struct replay_options *o, bool json)
{
    struct errtext error;
    struct store_options where = {.dir = dir, .read_only = true};
    struct store *s = NULL;
    enum err e = sqlite_store_ops.open(&where, &s, &error);
    if (e != ERR_NONE) return say_failure(name, e, &error);
    struct work w = {.name = name, .progress = {.doing = "replaying"}};
    struct replay_result r = {0};
    struct core *core = NULL;
    o->progress = show_progress;
    o->warn = warn;
    o->arg = &w;
    e = ledger_replay(s, o, &core, &r, &error);
    progress_clear(&w.progress);
    int code = EXIT_DONE;
    if (e == ERR_NONE)
        show_result(core, &r, json);
    else
        code = say_failure(name, e, &error);
    if (r.differs != 0) show_difference(&r);
    core_free(core);
    replay_result_release(&r);
    s->ops->close(s);
    return say_end(name, code);
}

int cmd_replay(int argc, char **argv)
{
    struct args a;
    struct replay_options o = {0};
    const char *dir = path_state();
    bool json = false;
    args_init(&a, argc, argv, replay_options, false);
    for (int id; (id = args_next(&a)) != ARGS_END;) {
        switch (id) {
        case OPT_STATE: dir = a.value; break;
        case OPT_UNTIL:
            if (!str_to_u64(str_of(a.value), &o.until) || o.until == 0)
                return say_error(a.name, "--until: '%s' is not a record's number", a.value);
            break;
        case OPT_SNAPSHOT: o.from_snapshot = true; break;
        case OPT_CHECK: o.check = true; break;
        case OPT_JSON: json = true; break;
        default: return a.exit_code;
        }
    }
    if (args_count(&a) > 0)
        return say_error(a.name, "what is '%s'? no operand is expected", args_operands(&a)[0]);
    return replay(a.name, dir, &o, json);
}
