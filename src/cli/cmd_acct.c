/* berth acct (sacct): the history of jobs, present ones included, in Slurm's formats. */
#include "cli/api.h"
#include "cli/commands.h"
#include "cli/job_rows.h"
#include "cli/node_set.h"
#include "cli/say.h"
#include "cli/targets.h"
#include "cli/times.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { OPT_JSON = OPTION_LONG, OPT_NAME, OPT_DELIMITER, OPT_IGNORED };

const struct cli_option acct_options[] = {
    {'a', "allusers", NULL, "jobs of all users (the usual for root)"},
    {'A', "accounts", "LIST", "only jobs of these accounts"},
    {'b', "brief", NULL, "JobID, State and ExitCode"},
    {OPT_DELIMITER, "delimiter", "TEXT", "what stands between the values of -p and -P"},
    {'E', "endtime", "TIME", "jobs that were there before this instant"},
    {'j', "jobs", "LIST", "only these job ids"},
    {'l', "long", NULL, "many fields"},
    {OPT_NAME, "name", "LIST", "only jobs of these names"},
    {'N', "nodelist", "HOSTLIST", "only jobs that ran on one of these nodes"},
    {'n', "noheader", NULL, "print no header"},
    {'o', "format", "LIST", "fields with widths, such as \"JobID,State%20,Elapsed,Cost\""},
    {'p', "parsable", NULL, "values whole, '|' behind each"},
    {'P', "parsable2", NULL, "values whole, '|' between them"},
    {'r', "partition", "LIST", "only jobs of these pools or partitions"},
    {'s', "state", "LIST", "only jobs in these states"},
    {'S', "starttime", "TIME", "jobs that were there after this instant (today's midnight)"},
    {'u', "user", "LIST", "only jobs of these users"},
    {'e', "helpformat", NULL, "list the fields"},
    {OPT_JSON, "json", NULL, "the API's JSON"},
    {'X', "allocations", NULL, NULL},
    {'D', "duplicates", NULL, NULL},
    {'T', "truncate", NULL, NULL},
    {OPT_IGNORED, "noconvert", NULL, NULL},
    {OPT_IGNORED, "array", NULL, NULL},
    {OPT_IGNORED, "federation", NULL, NULL},
    {OPT_IGNORED, "local", NULL, NULL},
    {'L', "allclusters", NULL, NULL},
    {'v', "verbose", NULL, NULL},
    {0},
};

#define ACCT_FORMAT_BERTH                                                                          \
    "JobID,JobName%16,User,Account,Partition%16,Chip,AllocGPUS,Elapsed,State%17,ExitCode,Cost"

struct options {
    struct job_query query;
    struct str nodes;
    const char *format, *from, *to, *delimiter;
    enum format_style style;
    bool all_users, bare, json, list_fields;
};

static int parse_one(struct args *a, int id, struct options *o)
{
    struct str value = str_of(a->value);
    switch (id) {
    case 'a': o->all_users = true; break;
    case 'A': o->query.accounts = value; break;
    case 'b': o->format = ACCT_FORMAT_BRIEF; break;
    case OPT_DELIMITER: o->delimiter = a->value; break;
    case 'E': o->to = a->value; break;
    case 'j': o->query.ids = value; break;
    case 'l': o->format = ACCT_FORMAT_LONG; break;
    case OPT_NAME: o->query.names = value; break;
    case 'N': o->nodes = value; break;
    case 'n': o->bare = true; break;
    case 'o': o->format = a->value; break;
    case 'p': o->style = STYLE_BARS; break;
    case 'P': o->style = STYLE_BARS_BETWEEN; break;
    case 'r': o->query.partitions = value; break;
    case 's': o->query.states = value; break;
    case 'S': o->from = a->value; break;
    case 'u': o->query.users = value; break;
    case 'e': o->list_fields = true; break;
    case OPT_JSON: o->json = true; break;
    default: break;
    }
    return GO_ON;
}

static int parse_times(const char *name, struct options *o)
{
    int64_t now_ms = (int64_t)time(NULL) * 1000;
    const char *from = o->from != NULL ? o->from : o->query.ids.len > 0 ? NULL : "today";
    if (from != NULL && !instant_parse(str_of(from), now_ms, &o->query.from_ms))
        return say_error(name, "'%s' is not a time such as 2026-11-21T14:00, 14:00 or now-2days",
                         from);
    if (o->to != NULL && !instant_parse(str_of(o->to), now_ms, &o->query.to_ms))
        return say_error(name, "'%s' is not a time such as 2026-11-21T14:00, 14:00 or now-2days",
                         o->to);
    return GO_ON;
}

static int parse(int argc, char **argv, struct options *o)
{
    struct args a;
    o->style = STYLE_PLUS;
    args_init(&a, argc, argv, acct_options, false);
    for (int id; (id = args_next(&a)) != ARGS_END;) {
        if (id == ARGS_STOP) return a.exit_code;
        parse_one(&a, id, o);
    }
    bool slurm = strcmp(argv[0], "sacct") == 0;
    if (slurm) args_default(&o->format, "SACCT_FORMAT");
    if (o->format == NULL) o->format = slurm ? ACCT_FORMAT : ACCT_FORMAT_BERTH;
    if (args_count(&a) > 0)
        return say_error(a.name, "'%s' is not understood; see '%s --help'", args_operands(&a)[0],
                         a.name);
    if (o->delimiter != NULL && strlen(o->delimiter) != 1)
        return say_error(a.name, "--delimiter takes one character");
    return parse_times(a.name, o);
}

static enum err print(struct api *a, const struct options *o, const struct job_list *list)
{
    struct format format;
    struct job_row *rows;
    size_t count;
    struct buf out = {0};
    struct job_env env = {.now_ms = list->now_ms};
    enum err code =
        format_account(str_of(o->format), acct_fields, acct_field_count, &format, &a->error);
    if (code != ERR_NONE) return code;
    if (o->delimiter != NULL) format.separator = o->delimiter[0];
    for (int i = 0; i < format.count; i++)
        if (strcmp(format.items[i].field->name, "Cluster") == 0 && env.cluster.len == 0) {
            struct ping_reply ping;
            code = api_ping(a, &ping);
            if (code != ERR_NONE) return code;
            env.cluster = ping.fleet;
        }
    job_rows_make(list, true, &a->arena, &rows, &count);
    code = job_rows_sort(rows, count, (struct str){0}, &a->error);
    if (!o->bare) format_header(&format, o->style, &out);
    if (!o->bare && o->style == STYLE_PLUS) format_rule(&format, &out);
    for (size_t i = 0; i < count; i++) format_row(&format, o->style, &rows[i], &env, &out);
    say_buf(&out, stdout);
    buf_release(&out);
    return code;
}

/* Keep the jobs that hold or held one of the nodes. */
static void keep_on(struct job_list *list, const struct node_set *nodes)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < list->count; i++)
        if (node_set_meets(nodes, list->jobs[i].nodes)) list->jobs[kept++] = list->jobs[i];
    list->count = kept;
}

int cmd_acct(int argc, char **argv)
{
    struct options o = {0};
    int exit_code = parse(argc, argv, &o);
    if (exit_code != GO_ON) return exit_code;
    if (o.list_fields) return fields_list(argv[0], acct_fields, acct_field_count);
    struct api a;
    exit_code = api_open(&a, argv[0]);
    if (exit_code != EXIT_DONE) return exit_code;
    bool all = o.all_users || geteuid() == 0 || o.query.ids.len > 0 || o.query.users.len > 0;
    if (!all) o.query.users = str_of(api_user_name(&a));
    struct job_list list;
    struct node_set nodes = {0};
    struct target_set jobs = {0};
    char *words[] = {str_dupz(&a.arena, o.query.ids)};
    enum err code = ERR_NONE;
    if (o.query.ids.len > 0) {
        code = target_set_parse(words, 1, &a.arena, &jobs, &a.error);
        o.query.ids = jobs.ids;
    }
    if (code == ERR_NONE) code = api_users(&a, o.query.users, &o.query.users);
    if (code == ERR_NONE && o.nodes.len > 0)
        code = node_set_parse(o.nodes, &a.arena, &nodes, &a.error);
    if (code == ERR_NONE) code = api_acct(&a, &o.query, &list);
    if (code == ERR_NONE) target_set_keep(&jobs, &list);
    if (code == ERR_NONE && o.nodes.len > 0) keep_on(&list, &nodes);
    if (code == ERR_NONE && o.json)
        api_print_jobs(&list);
    else if (code == ERR_NONE)
        code = print(&a, &o, &list);
    if (code != ERR_NONE) return api_fail(&a, code);
    return api_close(&a, say_end(argv[0], EXIT_DONE));
}
