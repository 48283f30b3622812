/* berth order (sprio): the jobs that wait for room, in the order of the queue, and what that order
 * comes from: priority (of which --nice was taken off), then the account's score, then age
 * (core/share.h). */
#include "cli/api.h"
#include "cli/commands.h"
#include "cli/job_rows.h"
#include "cli/known.h"
#include "cli/lists.h"
#include "cli/say.h"
#include "cli/targets.h"
#include "cli/times.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { OPT_JSON = OPTION_LONG, OPT_IGNORED };

const struct cli_option order_options[] = {
    {'A', "account", "LIST", "only jobs of these accounts"},
    {'h', "noheader", NULL, "print no header"},
    {'j', "jobs", "LIST", "only these jobs; an array's id means all its tasks, 12_[1-3] some"},
    {'l', "long", NULL, "user, account and name as well"},
    {'o', "format", "FORMAT", "fields by %-letters, such as \"%i %Y %F %A\""},
    {'p', "partition", "LIST", "only jobs that name these pools or partitions"},
    {'u', "user", "LIST", "only jobs of these users"},
    {OPT_JSON, "json", NULL, "the API's JSON"},
    {OPT_IGNORED, "local", NULL, NULL},
    {OPT_IGNORED, "federation", NULL, NULL},
    {'v', "verbose", NULL, NULL},
    {0},
};

struct options {
    struct job_query query;
    const char *format;
    bool bare, json;
};

#define GETTER(name) static void name(const void *row, const void *env, struct buf *out)
#define JOB (((const struct job_row *)row)->job)

GETTER(o_id)
{
    (void)env;
    job_row_id(row, out);
}

GETTER(o_user)
{
    (void)env;
    buf_put_str(out, JOB->user);
}

GETTER(o_account)
{
    (void)env;
    buf_put_str(out, JOB->account);
}

GETTER(o_partition)
{
    (void)env;
    buf_put_str(out, JOB->partition.len > 0 ? JOB->partition : STR("(any)"));
}

GETTER(o_name)
{
    (void)env;
    buf_put_str(out, JOB->name);
}

GETTER(o_priority)
{
    (void)env;
    buf_printf(out, "%" PRId32, JOB->priority);
}

GETTER(o_nice)
{
    (void)env;
    buf_printf(out, "%" PRId32, JOB->nice);
}

GETTER(o_score)
{
    (void)env;
    char text[DOLLARS_TEXT_MAX];
    buf_puts(out, dollars(JOB->account_score, text));
}

GETTER(o_age)
{
    int64_t age_ms = ((const struct job_env *)env)->now_ms - JOB->submit_ms;
    char text[SPAN_TEXT_MAX];
    buf_puts(out, span_short(age_ms > 0 ? age_ms : 0, text));
}

GETTER(o_reason)
{
    (void)env;
    buf_put_str(out, JOB->reason);
}

static const struct field order_fields[] = {
    {'A', "Age", "AGE", FIELD_WHOLE, o_age},
    {'F', "Fairshare", "FAIRSHARE", FIELD_WHOLE, o_score},
    {'i', "JobID", "JOBID", 0, o_id},
    {'j', "Name", "NAME", 0, o_name},
    {'N', "Nice", "NICE", FIELD_WHOLE, o_nice},
    {'o', "Account", "ACCOUNT", 0, o_account},
    {'r', "Partition", "PARTITION", 0, o_partition},
    {'R', "Reason", "REASON", 0, o_reason},
    {'u', "User", "USER", 0, o_user},
    {'Y', "Priority", "PRIORITY", FIELD_WHOLE, o_priority},
};
enum { ORDER_FIELD_COUNT = sizeof order_fields / sizeof *order_fields };
#define ORDER_FORMAT "%.15i %9r %.10Y %.10N %.12F %.12A %R"
#define ORDER_FORMAT_LONG "%.15i %9r %.8u %.10o %.10j %.10Y %.10N %.12F %.12A %R"

static int parse(int argc, char **argv, struct options *o)
{
    struct args a;
    args_init(&a, argc, argv, order_options, false);
    for (int id; (id = args_next(&a)) != ARGS_END;) {
        switch (id) {
        case ARGS_STOP: return a.exit_code;
        case 'A': o->query.accounts = str_of(a.value); break;
        case 'h': o->bare = true; break;
        case 'j': o->query.ids = str_of(a.value); break;
        case 'l': o->format = ORDER_FORMAT_LONG; break;
        case 'o': o->format = a.value; break;
        case 'p': o->query.partitions = str_of(a.value); break;
        case 'u': o->query.users = str_of(a.value); break;
        case OPT_JSON: o->json = true; break;
        default: break;
        }
    }
    if (args_count(&a) > 0)
        return say_error(a.name, "'%s' is not understood; see '%s --help'", args_operands(&a)[0],
                         a.name);
    return GO_ON;
}

/* What a job waits for that is no matter of order: it does not stand in the queue yet. */
static bool is_in_queue(const struct job_view *j)
{
    static const char *const elsewhere[] = {"JobHeldUser", "JobHeldAdmin", "Dependency",
                                            "DependencyNeverSatisfied", "BeginTime"};
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        if (str_eqz(j->reason, elsewhere[i])) return false;
    return true;
}

static enum err fetch(struct api *a, const struct options *o, struct job_list *list)
{
    struct job_query query = o->query;
    struct target_set set = {0};
    char *words[] = {str_dupz(&a->arena, query.ids)};
    enum err code = ERR_NONE;
    query.states = STR("PENDING");
    if (query.ids.len > 0) {
        code = target_set_parse(words, 1, &a->arena, &set, &a->error);
        query.ids = set.ids;
    }
    const struct known_lists named = {.partitions = query.partitions, .accounts = query.accounts};
    if (code == ERR_NONE) code = api_jobs(a, &query, list);
    if (code == ERR_NONE && list->count == 0) code = known_check(a, &named);
    if (code != ERR_NONE) return code;
    target_set_keep(&set, list);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < list->count; i++)
        if (is_in_queue(&list->jobs[i])) list->jobs[kept++] = list->jobs[i];
    list->count = kept;
    return ERR_NONE;
}

static enum err print(struct api *a, const struct options *o, const struct job_list *list)
{
    struct format format;
    struct job_row *rows;
    size_t count;
    struct buf out = {0};
    struct job_env env = {.now_ms = list->now_ms};
    const char *text = o->format != NULL ? o->format : ORDER_FORMAT;
    enum err code =
        format_percent(str_of(text), order_fields, ORDER_FIELD_COUNT, &format, &a->error);
    if (code != ERR_NONE) return code;
    job_rows_make(list, true, &a->arena, &rows, &count);
    code = job_rows_sort(rows, count, STR("-p"), &a->error);
    if (code != ERR_NONE) return code;
    if (!o->bare) format_header(&format, STYLE_CUT, &out);
    for (size_t i = 0; i < count; i++) format_row(&format, STYLE_CUT, &rows[i], &env, &out);
    say_buf(&out, stdout);
    buf_release(&out);
    return ERR_NONE;
}

int cmd_order(int argc, char **argv)
{
    struct options o = {0};
    struct api a;
    struct job_list list;
    int exit_code = parse(argc, argv, &o);
    if (exit_code != GO_ON) return exit_code;
    exit_code = api_open(&a, argv[0]);
    if (exit_code != EXIT_DONE) return exit_code;
    enum err code = fetch(&a, &o, &list);
    if (code == ERR_NONE && o.json)
        api_print_jobs(&list);
    else if (code == ERR_NONE)
        code = print(&a, &o, &list);
    if (code != ERR_NONE) return api_fail(&a, code);
    return api_close(&a, say_end(argv[0], EXIT_DONE));
}
