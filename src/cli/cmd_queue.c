/* berth queue (squeue): the jobs that wait and run. As squeue it prints Slurm's formats; as berth
 * queue, unless a format is asked for, a table that says where each job is and why it waits. */
#include "cli/api.h"
#include "cli/commands.h"
#include "cli/job_rows.h"
#include "cli/known.h"
#include "cli/lists.h"
#include "cli/node_set.h"
#include "cli/say.h"
#include "cli/table.h"
#include "cli/targets.h"
#include "cli/times.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { OPT_ME = OPTION_LONG, OPT_START, OPT_JSON, OPT_HELPFORMAT, OPT_IGNORED };
enum { ITERATE_S_MAX = 86400 };

const struct cli_option queue_options[] = {
    {'A', "account", "LIST", "only jobs of these accounts"},
    {'a', "all", NULL, "all partitions (always so)"},
    {'h', "noheader", NULL, "print no header"},
    {'i', "iterate", "SECONDS", "print again every so many seconds"},
    {'j', "jobs", "[=LIST]", "only these jobs; an array's id means all its tasks, 12_[1-3] some"},
    {'l', "long", NULL, "Slurm's long format"},
    {'M', "clusters", "LIST", "only jobs at these sites"},
    {OPT_ME, "me", NULL, "only your own jobs"},
    {'n', "name", "LIST", "only jobs of these names"},
    {'o', "format", "FORMAT", "Slurm's format with %-letters, such as \"%i %j %T %R\""},
    {'O', "Format", "LIST", "Slurm's format by names, such as \"JobID:10,Name,StartTime\""},
    {'p', "partition", "LIST", "only jobs of these pools or partitions"},
    {'q', "qos", "LIST", "only jobs of these classes of service"},
    {'r', "array", NULL, "one line for each task of a waiting array"},
    {'S', "sort", "KEYS", "sort by format letters, - before one for falling order"},
    {OPT_START, "start", NULL, "when waiting jobs are expected to start"},
    {'t', "states", "LIST", "only jobs in these states, or all"},
    {'u', "user", "LIST", "only jobs of these users"},
    {'w', "nodelist", "HOSTLIST", "only jobs that hold one of these nodes"},
    {OPT_HELPFORMAT, "helpformat", NULL, "list the fields of -O"},
    {OPT_JSON, "json", NULL, "the API's JSON"},
    {OPT_IGNORED, "noconvert", NULL, NULL},
    {OPT_IGNORED, "federation", NULL, NULL},
    {OPT_IGNORED, "local", NULL, NULL},
    {OPT_IGNORED, "sibling", NULL, NULL},
    {OPT_IGNORED, "array-unique", NULL, NULL},
    {OPT_IGNORED, "hide", NULL, NULL},
    {'P', "priority", NULL, NULL},
    {'v', "verbose", NULL, NULL},
    {0},
};

struct options {
    struct job_query query;
    struct str sites, qos, sort, nodes;
    const char *format, *long_format;
    unsigned iterate_s; /* 0: once */
    bool bare, long_rows, expand, start, me, ids_behind, json, slurm, list_fields;
};

static int parse_iterate(struct args *a, struct options *o)
{
    uint64_t n = 0;
    if (!str_to_u64(str_of(a->value), &n) || n == 0 || n > ITERATE_S_MAX)
        return say_error(a->name, "--iterate takes 1 to %d seconds, not '%s'", ITERATE_S_MAX,
                         a->value);
    o->iterate_s = (unsigned)n;
    return GO_ON;
}

static int parse_one(struct args *a, int id, struct options *o)
{
    struct str value = str_of(a->value);
    switch (id) {
    case 'A': o->query.accounts = value; break;
    case 'h': o->bare = true; break;
    case 'i': return parse_iterate(a, o);
    case 'j':
        o->query.ids = value;
        o->ids_behind = value.len == 0; /* -j 12: the list is the operand */
        break;
    case 'l': o->long_rows = true; break;
    case 'M': o->sites = value; break;
    case 'n': o->query.names = value; break;
    case 'o': o->format = a->value; break;
    case 'O': o->long_format = a->value; break;
    case 'p': o->query.partitions = value; break;
    case 'q': o->qos = value; break;
    case 'r': o->expand = true; break;
    case 'S': o->sort = value; break;
    case 't': o->query.states = value; break;
    case 'u': o->query.users = value; break;
    case 'w': o->nodes = value; break;
    case OPT_HELPFORMAT: o->list_fields = true; break;
    case OPT_ME: o->me = true; break;
    case OPT_START: o->start = true; break;
    case OPT_JSON: o->json = true; break;
    default: break;
    }
    return GO_ON;
}

/* Slurm's users state their habits so. */
static void take_environment(struct options *o)
{
    if (!o->long_rows && !o->start && o->long_format == NULL)
        args_default(&o->format, "SQUEUE_FORMAT");
    if (!o->long_rows && !o->start && o->format == NULL)
        args_default(&o->long_format, "SQUEUE_FORMAT2");
    args_default_str(&o->sort, "SQUEUE_SORT");
    args_default_str(&o->query.states, "SQUEUE_STATES");
    args_default_str(&o->query.partitions, "SQUEUE_PARTITION");
    args_default_str(&o->query.accounts, "SQUEUE_ACCOUNT");
    args_default_str(&o->query.names, "SQUEUE_NAMES");
    args_default_str(&o->qos, "SQUEUE_QOS");
    if (!o->me) args_default_str(&o->query.users, "SQUEUE_USERS");
    o->expand = o->expand || getenv("SQUEUE_ARRAY") != NULL;
}

static int parse(int argc, char **argv, struct options *o)
{
    struct args a;
    args_init(&a, argc, argv, queue_options, false);
    o->slurm = strcmp(argv[0], "squeue") == 0;
    for (int id; (id = args_next(&a)) != ARGS_END;) {
        if (id == ARGS_STOP) return a.exit_code;
        int code = parse_one(&a, id, o);
        if (code != GO_ON) return code;
    }
    if (o->slurm) take_environment(o);
    if (args_count(&a) == 1 && o->query.ids.len == 0 && (o->ids_behind || !o->slurm))
        o->query.ids = str_of(args_operands(&a)[0]);
    else if (args_count(&a) > 0)
        return say_error(a.name, "'%s' is not understood; see '%s --help'", args_operands(&a)[0],
                         a.name);
    return GO_ON;
}

/* Keep what the API cannot filter by. */
static void filter(struct job_list *list, const struct options *o, const struct node_set *nodes)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct job_view *j = &list->jobs[i];
        bool fits =
            (o->sites.len == 0 || list_has(o->sites, STR("all")) || list_has(o->sites, j->site)) &&
            (o->qos.len == 0 || list_has(o->qos, j->qos.len > 0 ? j->qos : STR("normal"))) &&
            (o->nodes.len == 0 || node_set_meets(nodes, j->nodes)) &&
            (!o->start || job_view_is_pending(j));
        if (fits) list->jobs[kept++] = *j;
    }
    list->count = kept;
}

/* Fill in when waiting jobs are expected to start (squeue --start). */
static enum err estimate(struct api *a, struct job_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct why_reply why;
        enum err code = api_why(a, rows[i].job->job_id, &why);
        if (code == ERR_NOT_FOUND) continue; /* it has ended since */
        if (code != ERR_NONE) return code;
        struct job_view *copy = ARENA_NEW(&a->arena, struct job_view);
        *copy = *rows[i].job;
        copy->start_ms = why.explanation.start_estimate_ms;
        rows[i].job = copy;
    }
    return ERR_NONE;
}

static enum err print_slurm(const struct options *o, struct job_row *rows, size_t count,
                            const struct job_env *env, struct buf *out, struct errtext *error)
{
    struct format format;
    const char *text = o->format != NULL ? o->format
                       : o->start        ? QUEUE_FORMAT_START
                       : o->long_rows    ? QUEUE_FORMAT_LONG
                                         : QUEUE_FORMAT;
    enum err code =
        o->long_format != NULL
            ? format_long(str_of(o->long_format), queue_fields, queue_field_count, &format, error)
            : format_percent(str_of(text), queue_fields, queue_field_count, &format, error);
    if (code == ERR_NONE)
        code = job_rows_sort(rows, count, o->sort.len > 0 ? o->sort : STR("P,t,-p"), error);
    if (code != ERR_NONE) return code;
    if (!o->bare) format_header(&format, STYLE_CUT, out);
    for (size_t i = 0; i < count; i++) format_row(&format, STYLE_CUT, &rows[i], env, out);
    return ERR_NONE;
}

static enum colour colour_of(const struct job_view *j)
{
    if (str_eqz(j->state, "RUNNING")) return COLOUR_GREEN;
    if (job_view_is_pending(j)) return COLOUR_YELLOW;
    if (str_eqz(j->state, "REFUSED") || str_eqz(j->state, "FAILED")) return COLOUR_RED;
    return COLOUR_NONE;
}

/* The kind of chip: of the pool, or as asked for in "gpu:KIND:N". */
static struct str chip_of(const struct job_view *j)
{
    if (j->chip.len > 0) return j->chip;
    const char *first = j->gres.len > 0 ? memchr(j->gres.p, ':', j->gres.len) : NULL;
    const char *last = first != NULL ? memrchr(j->gres.p, ':', j->gres.len) : NULL;
    if (first == last) return STR("chips");
    return (struct str){first + 1, (size_t)(last - first - 1)};
}

static void add_row(struct table *t, const struct job_row *r, int64_t now_ms)
{
    const struct job_view *j = r->job;
    struct buf id = {0};
    char span[SPAN_TEXT_MAX];
    job_row_id(r, &id);
    table_add(t, buf_str(&id));
    buf_release(&id);
    table_add(t, j->name);
    table_add(t, j->account);
    table_add_colour(t, colour_of(j), j->state);
    table_add(t, str_of(j->start_ms != 0 ? span_short(job_elapsed_ms(j, now_ms), span) : ""));
    table_add(t, str_of(job_view_is_unlimited(j) ? "none" : span_short(j->time_limit_ms, span)));
    if (j->chip_milli > 0)
        table_addf(t, "0.%03" PRIu32 " %.*s", j->chip_milli, STR_ARG(chip_of(j)));
    else if (j->chips > 0)
        table_addf(t, "%" PRIu32 " %.*s", j->chips, STR_ARG(chip_of(j)));
    else
        table_addf(t, "%" PRIu32 " cpu", j->cpus);
    table_add(t, j->partition);
    table_add(t, j->site);
    bool waits = j->nodes.len == 0 || job_view_is_ended(j);
    table_add(t, waits ? j->reason : j->nodes);
}

static void print_table(const struct options *o, const struct job_row *rows, size_t count,
                        int64_t now_ms, struct buf *out)
{
    static const struct table_column columns[] = {
        {"JOB", COLUMN_RIGHT},
        {"NAME", COLUMN_SHRINKS},
        {"ACCOUNT", COLUMN_DROPS},
        {"STATE", COLUMN_PLAIN},
        {"TIME", COLUMN_RIGHT | COLUMN_SPARE},
        {"LIMIT", COLUMN_RIGHT | COLUMN_SPARE},
        {"SIZE", COLUMN_SHRINKS | COLUMN_SPARE},
        {"POOL", COLUMN_SHRINKS},
        {"SITE", COLUMN_DROPS},
        {"NODES, OR WHY IT WAITS", COLUMN_SHRINKS},
    };
    struct table t;
    table_init(&t, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < count; i++) add_row(&t, &rows[i], now_ms);
    table_print(&t, out, say_width(), 0, !o->bare, say_in_colour());
    table_release(&t);
    if (count == 0 && !o->bare) buf_puts(out, "no such jobs wait or run; ended ones: berth acct\n");
}

/* A job asked for alone that is nowhere is a mistake, as in Slurm; one that is over, or hidden by
 * another filter, is not. */
static enum err check_id(struct api *a, const struct job_query *q)
{
    uint64_t id;
    if (!str_to_u64(q->ids, &id)) return ERR_NONE;
    struct job_query alone = {.ids = q->ids, .states = STR("all")};
    struct job_list list;
    enum err code = api_jobs(a, &alone, &list);
    if (code != ERR_NONE || list.count > 0) return code;
    return err_set(&a->error, ERR_NOT_FOUND, "Invalid job id specified: " STR_FMT, STR_ARG(q->ids));
}

/* The jobs to show; `nodes` are those of -w. */
static enum err fetch(struct api *a, const struct options *o, struct node_set *nodes,
                      struct job_list *list)
{
    struct job_query query = o->query;
    struct target_set set = {0};
    char *words[] = {str_dupz(&a->arena, query.ids)};
    enum err code = api_users(a, o->query.users, &query.users);
    if (o->me) query.users = str_of(api_user_name(a));
    if (code == ERR_NONE && o->nodes.len > 0) code = known_nodes(a, o->nodes, nodes);
    if (code == ERR_NONE && query.ids.len > 0) {
        code = target_set_parse(words, 1, &a->arena, &set, &a->error);
        query.ids = set.ids;
    }
    if (code == ERR_NONE) code = api_jobs(a, &query, list);
    if (code == ERR_NONE && list->count == 0) code = check_id(a, &query);
    if (code == ERR_NONE) target_set_keep(&set, list);
    return code;
}

/* Asked of the daemon only where the format shows it. */
static struct str cluster_name(struct api *a, const struct options *o)
{
    struct ping_reply ping;
    bool shown = o->long_format != NULL && strcasestr(o->long_format, "cluster") != NULL;
    return shown && api_ping(a, &ping) == ERR_NONE ? ping.fleet : (struct str){0};
}

/* One row for each job, in the order of the list. */
static enum err show_json(struct api *a, const struct options *o, struct job_list *list,
                          struct job_row *rows, size_t count)
{
    enum err code = o->start ? estimate(a, rows, count) : ERR_NONE;
    for (size_t i = 0; code == ERR_NONE && o->start && i < count; i++) list->jobs[i] = *rows[i].job;
    if (code == ERR_NONE) api_print_jobs(list);
    return code;
}

static enum err show(struct api *a, const struct options *o)
{
    struct job_list list;
    struct node_set nodes = {0};
    enum err code = fetch(a, o, &nodes, &list);
    if (code != ERR_NONE) return code;
    filter(&list, o, &nodes);
    const struct known_lists named = {o->query.partitions, o->sites, o->query.accounts, o->qos};
    if (list.count == 0) code = known_check(a, &named);
    if (code != ERR_NONE) return code;
    struct job_row *rows;
    size_t count;
    job_rows_make(&list, !o->expand && !o->json, &a->arena, &rows, &count);
    if (o->json) return show_json(a, o, &list, rows, count);
    struct job_env env = {.now_ms = list.now_ms, .cluster = cluster_name(a, o)};
    struct buf out = {0};
    bool formatted = o->slurm || o->format != NULL || o->long_format != NULL || o->long_rows;
    if (o->start) code = estimate(a, rows, count);
    if (code == ERR_NONE && (formatted || o->start))
        code = print_slurm(o, rows, count, &env, &out, &a->error);
    else if (code == ERR_NONE) {
        if (o->sort.len > 0) code = job_rows_sort(rows, count, o->sort, &a->error);
        if (code == ERR_NONE) print_table(o, rows, count, list.now_ms, &out);
    }
    say_buf(&out, stdout);
    buf_release(&out);
    return code;
}

/* squeue -i and -l head each listing with the time. */
static void print_time(const struct options *o)
{
    if (o->iterate_s == 0 && !o->long_rows) return;
    time_t now = time(NULL);
    struct tm tm;
    char text[64];
    localtime_r(&now, &tm);
    if (!o->bare && strftime(text, sizeof text, "%a %b %d %H:%M:%S %Y", &tm) > 0) puts(text);
}

int cmd_queue(int argc, char **argv)
{
    struct options o = {0};
    int exit_code = parse(argc, argv, &o);
    if (exit_code != GO_ON) return exit_code;
    if (o.list_fields) return fields_list(argv[0], queue_fields, queue_field_count);
    for (;;) {
        struct api a;
        exit_code = api_open(&a, argv[0]);
        if (exit_code != EXIT_DONE) return exit_code;
        if (!o.json) print_time(&o);
        enum err code = show(&a, &o);
        if (code != ERR_NONE) return api_fail(&a, code);
        api_close(&a, EXIT_DONE);
        if (o.iterate_s == 0 || fflush(stdout) != 0) return say_end(argv[0], EXIT_DONE);
        sleep(o.iterate_s);
        putchar('\n');
    }
}
