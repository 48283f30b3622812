/* berth info (sinfo): the pools. As sinfo it prints Slurm's formats; as berth info, unless a format
 * is asked for, what is free where, at what price, and until when. */
#include "cli/api.h"
#include "cli/commands.h"
#include "cli/known.h"
#include "cli/lists.h"
#include "cli/node_set.h"
#include "cli/pool_rows.h"
#include "cli/say.h"
#include "cli/table.h"
#include "cli/times.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { OPT_JSON = OPTION_LONG, OPT_SWITCHES, OPT_IGNORED };
enum { ITERATE_S_MAX = 86400 };

const struct cli_option info_options[] = {
    {'d', "dead", NULL, "only nodes that are down"},
    {'h', "noheader", NULL, "print no header"},
    {'i', "iterate", "SECONDS", "print again every so many seconds"},
    {'l', "long", NULL, "Slurm's long format"},
    {'M', "clusters", "LIST", "only pools at these sites"},
    {'n', "nodes", "HOSTLIST", "only these nodes, such as a[1-4],b7"},
    {'N', "Node", NULL, "one line for each node"},
    {'o', "format", "FORMAT", "Slurm's format with %-letters, such as \"%P %a %D %N\""},
    {'O', "Format", "LIST", "Slurm's format by names, such as \"Partition,Nodes,StateLong\""},
    {'p', "partition", "LIST", "only these pools or partitions"},
    {'r', "responding", NULL, "only nodes that are not down"},
    {'R', "list-reasons", NULL, "why nodes are down or drained"},
    {'s', "summarize", NULL, "one line for each pool"},
    {'S', "sort", "KEYS", "sort by format letters, - before one for falling order"},
    {'t', "states", "LIST",
     "only nodes in these states: idle mixed allocated draining drained maint down"},
    {OPT_SWITCHES, "switches", NULL, "the switches of the pools, and what hangs on each"},
    {OPT_JSON, "json", NULL, "the API's JSON"},
    {'a', "all", NULL, NULL},
    {'e', "exact", NULL, NULL},
    {'v', "verbose", NULL, NULL},
    {OPT_IGNORED, "noconvert", NULL, NULL},
    {OPT_IGNORED, "federation", NULL, NULL},
    {OPT_IGNORED, "local", NULL, NULL},
    {OPT_IGNORED, "hide", NULL, NULL},
    {0},
};

struct options {
    struct str sites, nodes, partitions, states, sort;
    const char *format, *long_format;
    unsigned iterate_s; /* 0: once */
    bool bare, long_rows, by_node, reasons, summary, dead, responding, switches, json, slurm;
};

static int parse_one(struct args *a, int id, struct options *o)
{
    struct str value = str_of(a->value);
    uint64_t n = 0;
    switch (id) {
    case 'd': o->dead = true; break;
    case 'h': o->bare = true; break;
    case 'i':
        if (!str_to_u64(value, &n) || n == 0 || n > ITERATE_S_MAX)
            return say_error(a->name, "--iterate takes 1 to %d seconds, not '%s'", ITERATE_S_MAX,
                             a->value);
        o->iterate_s = (unsigned)n;
        break;
    case 'l': o->long_rows = true; break;
    case 'M': o->sites = value; break;
    case 'n': o->nodes = value; break;
    case 'N': o->by_node = true; break;
    case 'o': o->format = a->value; break;
    case 'O': o->long_format = a->value; break;
    case 'p': o->partitions = value; break;
    case 'r': o->responding = true; break;
    case 'R': o->reasons = true; break;
    case 's': o->summary = true; break;
    case 'S': o->sort = value; break;
    case 't': o->states = value; break;
    case OPT_SWITCHES: o->switches = true; break;
    case OPT_JSON: o->json = true; break;
    default: break;
    }
    return GO_ON;
}

static int parse(int argc, char **argv, struct options *o)
{
    struct args a;
    args_init(&a, argc, argv, info_options, false);
    o->slurm = strcmp(argv[0], "sinfo") == 0;
    for (int id; (id = args_next(&a)) != ARGS_END;) {
        if (id == ARGS_STOP) return a.exit_code;
        int code = parse_one(&a, id, o);
        if (code != GO_ON) return code;
    }
    bool shaped = o->long_rows || o->by_node || o->reasons || o->summary || o->long_format != NULL;
    if (o->slurm && !shaped) args_default(&o->format, "SINFO_FORMAT");
    if (o->slurm) args_default_str(&o->sort, "SINFO_SORT");
    if (o->slurm) args_default_str(&o->partitions, "SINFO_PARTITION");
    if (args_count(&a) > 0)
        return say_error(a.name, "'%s' is not understood; see '%s --help'", args_operands(&a)[0],
                         a.name);
    bool of_nodes = o->by_node || o->reasons || o->dead || o->responding || o->states.len > 0 ||
                    o->nodes.len > 0;
    if (o->json && of_nodes)
        return say_error(a.name, "--json shows whole pools, with their nodes by state; leave out "
                                 "-d, -n, -N, -r, -R and -t, or say 'scontrol --json show nodes'");
    return GO_ON;
}

static bool pool_fits(const struct options *o, const struct pool_view *p)
{
    bool at_site =
        o->sites.len == 0 || list_has(o->sites, STR("all")) || list_has(o->sites, p->site);
    if (!at_site) return false;
    if (o->partitions.len == 0) return true;
    struct str rest = o->partitions;
    struct str word;
    while (list_next(&rest, &word))
        if (str_eq(word, p->pool) || list_has(p->aliases, word)) return true;
    return false;
}

static const char *const node_states[] = {"idle",    "mixed", "allocated", "draining",
                                          "drained", "maint", "down"};

/* "idle", "alloc", "MIX" and the like: a state is named by a beginning of its name; "drain" is both
 * that begin so. */
static bool is_state(struct str word, const char *state)
{
    if (str_eqz(word, "drng") || str_eqz(word, "DRNG")) return strcmp(state, "draining") == 0;
    return word.len >= 3 && word.len <= strlen(state) && strncasecmp(word.p, state, word.len) == 0;
}

static enum err check_states(struct str list, struct errtext *error)
{
    struct str word;
    while (list_next(&list, &word)) {
        bool known = str_eqz(word, "all") || str_eqz(word, "ALL");
        for (size_t i = 0; i < sizeof node_states / sizeof *node_states && !known; i++)
            known = is_state(word, node_states[i]);
        if (!known)
            return err_set(error, ERR_INVALID,
                           "Bad state string: " STR_FMT
                           "; there are: all idle mixed allocated draining "
                           "drained maint down",
                           STR_ARG(word));
    }
    return ERR_NONE;
}

static bool state_fits(struct str list, struct str state)
{
    if (list.len == 0 || list_has(list, STR("all"))) return true;
    char name[32];
    struct str word;
    snprintf(name, sizeof name, STR_FMT, STR_ARG(state));
    while (list_next(&list, &word))
        if (is_state(word, name)) return true;
    return false;
}

static void keep(const struct options *o, const struct node_set *nodes, struct pool_rows *rows)
{
    size_t kept = 0;
    for (size_t i = 0; i < rows->count; i++) {
        struct pool_row *r = &rows->row[i];
        bool down = str_eqz(r->state, "down");
        bool out = down || str_eqz(r->state, "drained") || str_eqz(r->state, "draining");
        bool fits = state_fits(o->states, r->state) && (!o->dead || down) &&
                    (!o->responding || !down) && (!o->reasons || out) &&
                    (o->nodes.len == 0 || node_set_has(nodes, r->nodes));
        if (fits) rows->row[kept++] = *r;
    }
    rows->count = kept;
}

/* Slurm tells of a partition without a node that fits. */
static void add_empty(const struct options *o, const struct pool_list *pools,
                      struct pool_rows *rows)
{
    size_t shown = rows->count;
    for (uint32_t i = 0; i < pools->count; i++) {
        const struct pool_view *p = &pools->pools[i];
        bool has = !pool_fits(o, p);
        for (size_t k = 0; k < shown && !has; k++) has = rows->row[k].pool == p;
        if (!has) pool_rows_add_none(rows, p);
    }
}

static enum err make_rows(struct api *a, const struct options *o, const struct pool_list *pools,
                          const struct format *format, struct pool_rows *rows)
{
    bool by_node = o->by_node || o->nodes.len > 0 || pool_format_needs_nodes(format);
    for (uint32_t i = 0; i < pools->count; i++) {
        const struct pool_view *p = &pools->pools[i];
        if (!pool_fits(o, p)) continue;
        if (!by_node) {
            pool_rows_add_groups(rows, p);
            continue;
        }
        struct node_list nodes;
        enum err code = api_nodes(a, p->pool, &nodes);
        if (code != ERR_NONE) return code;
        pool_rows_add_nodes(rows, p, &nodes);
    }
    struct node_set named = {0};
    if (o->nodes.len > 0) {
        enum err code = node_set_parse(o->nodes, &a->arena, &named, &a->error);
        if (code != ERR_NONE) return code;
    }
    keep(o, &named, rows);
    if (!o->by_node && !o->reasons) add_empty(o, pools, rows);
    for (size_t i = 0; i < rows->count; i++)
        rows->row[i].place = (uint32_t)(rows->row[i].pool - pools->pools);
    if (!o->by_node) pool_rows_join(rows, format, &a->arena);
    const char *usual = o->by_node ? "N" : o->reasons ? "" : "P,-t";
    return pool_rows_sort(rows, o->sort.len > 0 ? o->sort : str_of(usual), &a->error);
}

static enum err print_slurm(struct api *a, const struct options *o, const struct pool_list *pools,
                            struct buf *out)
{
    struct format format;
    const char *text = o->format != NULL            ? o->format
                       : o->reasons                 ? INFO_FORMAT_REASONS
                       : o->summary                 ? INFO_FORMAT_SUMMARY
                       : o->by_node && o->long_rows ? INFO_FORMAT_NODES_LONG
                       : o->by_node                 ? INFO_FORMAT_NODES
                       : o->long_rows               ? INFO_FORMAT_LONG
                                                    : INFO_FORMAT;
    enum err code =
        o->long_format != NULL
            ? format_long(str_of(o->long_format), pool_fields, pool_field_count, &format, &a->error)
            : format_percent(str_of(text), pool_fields, pool_field_count, &format, &a->error);
    if (code != ERR_NONE) return code;
    struct pool_rows rows = {0};
    code = make_rows(a, o, pools, &format, &rows);
    const void **pointers = arena_alloc(&a->arena, rows.count, sizeof *pointers);
    for (size_t i = 0; i < rows.count; i++) pointers[i] = &rows.row[i];
    format_fit(&format, pointers, rows.count, NULL, !o->bare);
    if (code == ERR_NONE && !o->bare) format_header(&format, STYLE_CUT, out);
    for (size_t i = 0; code == ERR_NONE && i < rows.count; i++)
        format_row(&format, STYLE_CUT, &rows.row[i], NULL, out);
    pool_rows_release(&rows);
    return code;
}

static void add_instant(struct table *t, int64_t ms, int64_t now_ms)
{
    char text[INSTANT_TEXT_MAX];
    enum colour c = ms != 0 && ms < now_ms ? COLOUR_RED : COLOUR_NONE;
    table_add_colour(t, c, str_of(ms != 0 ? instant_words(ms, now_ms, text) : "-"));
}

static void add_pool(struct table *t, const struct pool_view *p, int64_t now_ms)
{
    char text[DOLLARS_TEXT_MAX];
    bool has_chips = p->chips_total > 0;
    table_addf(t, "%.*s%s", STR_ARG(p->pool), p->is_default ? "*" : "");
    table_add(t, p->site);
    table_add(t, p->country);
    table_add(t, has_chips ? p->chip : STR("-"));
    table_add(t, p->title);
    uint32_t free = p->chips_up > p->chips_used ? p->chips_up - p->chips_used : 0;
    if (has_chips)
        table_addf(t, "%" PRIu32 "/%" PRIu32, free, p->chips_total);
    else
        table_add(t, STR("-"));
    if (!p->up)
        table_add_colour(t, COLOUR_YELLOW, STR("draining"));
    else
        table_addf(t, "%" PRIu32 "/%" PRIu32, p->nodes_idle + p->nodes_mixed, p->nodes);
    table_add(t, str_of(has_chips ? dollars(p->uusd_per_chip_h, text) : "-"));
    add_instant(t, p->lease_to_ms, now_ms);
    add_instant(t, p->last_safe_start_ms, now_ms);
}

/* What is ahead of the pools, or under way. */
static void print_windows(const struct options *o, const struct pool_list *pools, struct buf *out)
{
    char from[INSTANT_TEXT_MAX], to[INSTANT_TEXT_MAX];
    for (uint32_t i = 0; i < pools->count; i++) {
        const struct pool_view *p = &pools->pools[i];
        if (o->bare || p->maintenance_to_ms == 0 || !pool_fits(o, p)) continue;
        buf_printf(out, STR_FMT ": maintenance", STR_ARG(p->pool));
        if (p->maintenance_reason.len > 0)
            buf_printf(out, " (" STR_FMT ")", STR_ARG(p->maintenance_reason));
        if (p->maintenance_from_ms > pools->now_ms)
            buf_printf(out, " from %s", instant_words(p->maintenance_from_ms, pools->now_ms, from));
        buf_printf(out, " until %s\n", instant_words(p->maintenance_to_ms, pools->now_ms, to));
    }
}

static void print_table(const struct options *o, const struct pool_list *pools, struct buf *out)
{
    static const struct table_column columns[] = {
        {"POOL", COLUMN_PLAIN},
        {"SITE", COLUMN_SHRINKS},
        {"COUNTRY", COLUMN_DROPS},
        {"CHIP", COLUMN_SHRINKS},
        {"TITLE", COLUMN_DROPS},
        {"FREE CHIPS", COLUMN_RIGHT},
        {"OPEN NODES", COLUMN_RIGHT | COLUMN_DROPS},
        {"$/CHIP H", COLUMN_RIGHT},
        {"LEASE ENDS", COLUMN_RIGHT},
        {"LAST SAFE START", COLUMN_RIGHT},
    };
    struct table t;
    table_init(&t, columns, sizeof columns / sizeof *columns);
    for (uint32_t i = 0; i < pools->count; i++)
        if (pool_fits(o, &pools->pools[i])) add_pool(&t, &pools->pools[i], pools->now_ms);
    table_print(&t, out, say_width(), 0, !o->bare, say_in_colour());
    table_release(&t);
    print_windows(o, pools, out);
}

static void add_switch(struct table *t, struct str pool, const struct switch_view *s)
{
    struct buf below = {0};
    for (uint32_t i = 0; i < s->below_count; i++)
        buf_printf(&below, "%s" STR_FMT, i > 0 ? " " : "", STR_ARG(s->below[i]));
    table_add(t, pool);
    table_add(t, s->name);
    table_addf(t, "%" PRIu32, s->level);
    table_addf(t, "%" PRIu32, s->node_count);
    table_add(t, s->below_count > 0 ? buf_str(&below) : s->nodes);
    buf_release(&below);
}

/* {"pools": [{"pool": ID, "switches": [...]}]}, or a table. */
static enum err show_switches(struct api *a, const struct options *o, const struct pool_list *pools)
{
    static const struct table_column columns[] = {
        {"POOL", COLUMN_PLAIN},  {"SWITCH", COLUMN_PLAIN}, {"LEVEL", COLUMN_RIGHT},
        {"NODES", COLUMN_RIGHT}, {"BELOW", COLUMN_WRAPS},
    };
    struct table t;
    json_t *all = json_array();
    enum err code = ERR_NONE;
    table_init(&t, columns, sizeof columns / sizeof *columns);
    for (uint32_t i = 0; i < pools->count && code == ERR_NONE; i++) {
        struct str pool = pools->pools[i].pool;
        struct switch_list list = {0};
        if (!pool_fits(o, &pools->pools[i])) continue;
        code = api_switches(a, pool, &list);
        for (uint32_t k = 0; k < list.count && code == ERR_NONE; k++)
            add_switch(&t, pool, &list.switches[k]);
        if (list.count > 0 && code == ERR_NONE)
            json_array_append_new(all, json_pack("{s:s%, s:O}", "pool", pool.p, pool.len,
                                                 "switches", json_object_get(a->json, "switches")));
    }
    if (code == ERR_NONE && o->json) {
        json_decref(a->json);
        a->json = json_pack("{s:O}", "pools", all);
        api_print_json(a);
    } else if (code == ERR_NONE) {
        struct buf out = {0};
        table_print(&t, &out, say_width(), 0, !o->bare, say_in_colour());
        say_buf(&out, stdout);
        buf_release(&out);
    }
    json_decref(all);
    table_release(&t);
    return code;
}

static enum err show(struct api *a, const struct options *o)
{
    struct pool_list pools;
    enum err code = check_states(o->states, &a->error);
    if (code == ERR_NONE) code = api_pools(a, &pools);
    struct node_set nodes;
    if (code == ERR_NONE && o->nodes.len > 0) code = known_nodes(a, o->nodes, &nodes);
    if (code == ERR_NONE) code = known_pools(&pools, o->partitions, o->sites, &a->error);
    if (code != ERR_NONE) return code;
    if (o->switches) return show_switches(a, o, &pools);
    if (o->json) {
        uint32_t kept = 0;
        for (uint32_t i = 0; i < pools.count; i++)
            if (pool_fits(o, &pools.pools[i])) pools.pools[kept++] = pools.pools[i];
        pools.count = kept;
        api_print_pools(&pools);
        return ERR_NONE;
    }
    struct buf out = {0};
    bool formatted = o->slurm || o->format != NULL || o->long_format != NULL || o->long_rows ||
                     o->by_node || o->summary || o->reasons || o->states.len > 0 || o->dead ||
                     o->responding || o->nodes.len > 0;
    if (formatted)
        code = print_slurm(a, o, &pools, &out);
    else
        print_table(o, &pools, &out);
    say_buf(&out, stdout);
    buf_release(&out);
    return code;
}

int cmd_info(int argc, char **argv)
{
    struct options o = {0};
    int exit_code = parse(argc, argv, &o);
    if (exit_code != GO_ON) return exit_code;
    for (;;) {
        struct api a;
        exit_code = api_open(&a, argv[0]);
        if (exit_code != EXIT_DONE) return exit_code;
        enum err code = show(&a, &o);
        if (code != ERR_NONE) return api_fail(&a, code);
        api_close(&a, EXIT_DONE);
        if (o.iterate_s == 0 || fflush(stdout) != 0) return say_end(argv[0], EXIT_DONE);
        sleep(o.iterate_s);
        putchar('\n');
    }
}
