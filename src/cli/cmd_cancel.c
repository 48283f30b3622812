/* berth cancel (scancel): end jobs, or send them a signal. */
#include "cli/api.h"
#include "cli/bulk.h"
#include "cli/commands.h"
#include "cli/job_rows.h"
#include "cli/known.h"
#include "cli/lists.h"
#include "cli/node_set.h"
#include "cli/say.h"
#include "cli/targets.h"
#include "model/limits.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { OPT_ME = OPTION_LONG, OPT_JSON };

const struct cli_option cancel_options[] = {
    {'A', "account", "NAME", "jobs of this account"},
    {'b', "batch", NULL, "with -s: to the batch script's own process only"},
    {'f', "full", NULL, "with -s: to the batch script and all that it started"},
    {'i', "interactive", NULL, "ask before each job"},
    {OPT_ME, "me", NULL, "your own jobs"},
    {'n', "name", "NAME", "jobs of this name (also --jobname)"},
    {'p', "partition", "NAME", "jobs of this pool or partition"},
    {'q', "qos", "NAME", "jobs of this class of service"},
    {'Q', "quiet", NULL, "no word about jobs that are over already"},
    {'s', "signal", "NAME", "send this signal (USR1, 10, ...) in place of ending the job"},
    {'t', "state", "NAME", "jobs in this state: PENDING, RUNNING, ..."},
    {'u', "user", "NAME", "jobs of this user"},
    {'v', "verbose", NULL, "say what is done"},
    {'w', "nodelist", "HOSTLIST", "jobs that hold one of these nodes"},
    {OPT_JSON, "json", NULL, "the API's JSON, one object for each job or array"},
    {'N', "jobname", "NAME", NULL},
    {'H', "hurry", NULL, NULL},
    {0},
};

struct options {
    struct job_query query;
    struct str qos, nodes;
    uint32_t signal; /* 0: end the job */
    uint32_t signal_to; /* SIGNAL_TO_SHELL, SIGNAL_TO_ALL or 0: what the script started */
    bool interactive, me, quiet, verbose, json;
};

static bool parse_signal(const char *text, uint32_t *out)
{
    uint64_t n = 0;
    if (str_to_u64(str_of(text), &n) && n > 0 && n <= (uint64_t)SIGRTMAX) {
        *out = (uint32_t)n;
        return true;
    }
    if (strncasecmp(text, "SIG", 3) == 0) text += 3;
    for (int s = 1; s < NSIG; s++) {
        const char *name = sigabbrev_np(s);
        if (name == NULL || strcasecmp(name, text) != 0) continue;
        *out = (uint32_t)s;
        return true;
    }
    return false;
}

static int parse_one(struct args *a, int id, struct options *o)
{
    struct str value = str_of(a->value);
    switch (id) {
    case 'A': o->query.accounts = value; break;
    case 'b': o->signal_to = SIGNAL_TO_SHELL; break;
    case 'f': o->signal_to = SIGNAL_TO_ALL; break;
    case 'i': o->interactive = true; break;
    case OPT_ME: o->me = true; break;
    case 'n':
    case 'N': o->query.names = value; break;
    case 'p': o->query.partitions = value; break;
    case 'q': o->qos = value; break;
    case 'Q': o->quiet = true; break;
    case 's':
        if (!parse_signal(a->value, &o->signal))
            return say_error(a->name, "there is no signal '%s'", a->value);
        break;
    case 't': o->query.states = value; break;
    case 'u': o->query.users = value; break;
    case 'v': o->verbose = true; break;
    case 'w': o->nodes = value; break;
    case OPT_JSON: o->json = true; break;
    default: break;
    }
    return GO_ON;
}

static bool is_filtered(const struct options *o)
{
    const struct job_query *q = &o->query;
    return o->me || q->accounts.len + q->names.len + q->partitions.len + q->states.len +
                            q->users.len + o->qos.len + o->nodes.len >
                        0;
}

static bool fits(const struct options *o, const struct node_set *nodes, const struct job_view *j)
{
    const struct job_query *q = &o->query;
    return (q->accounts.len == 0 || list_has(q->accounts, j->account)) &&
           (q->names.len == 0 || list_has(q->names, j->name)) &&
           (q->partitions.len == 0 || list_has(q->partitions, j->partition)) &&
           (q->users.len == 0 || list_has(q->users, j->user)) &&
           (o->nodes.len == 0 || node_set_meets(nodes, j->nodes)) &&
           (q->states.len == 0 || list_has(q->states, STR("all")) ||
            list_has(q->states, j->state) || list_has(q->states, j->state_code)) &&
           (o->qos.len == 0 || list_has(o->qos, j->qos.len > 0 ? j->qos : STR("normal")));
}

static bool confirmed(const struct options *o, const struct job_view *j, const char *id)
{
    if (!o->interactive) return true;
    char question[1024];
    snprintf(question, sizeof question, "%s job_id=%s name=%.*s partition=%.*s",
             o->signal != 0 ? "Signal" : "Cancel", id, STR_ARG(j->name), STR_ARG(j->partition));
    return say_confirm(question);
}

/* Keep the jobs that are to be cancelled; a single named one that is over is an error. */
static int keep(struct api *a, const struct options *o, const struct node_set *nodes,
                struct job_list *list, bool named)
{
    uint32_t kept = 0;
    int exit_code = EXIT_DONE;
    bool single = named && list->count == 1;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct job_view *j = &list->jobs[i];
        struct buf id = {0};
        job_view_id(j, &id);
        if (!fits(o, nodes, j)) {
            buf_release(&id);
            continue;
        }
        if (!job_view_is_ended(j) && confirmed(o, j, id.p))
            list->jobs[kept++] = *j;
        else if (job_view_is_ended(j) && single && !o->quiet)
            exit_code = say_error(a->name,
                                  "Kill job error on job id %s: Job/step already completing or "
                                  "completed",
                                  id.p);
        buf_release(&id);
    }
    list->count = kept;
    return exit_code;
}

static enum err find(struct api *a, struct args *args, const struct options *o,
                     struct job_list *list)
{
    if (args_count(args) > 0) return targets_find(a, args_operands(args), args_count(args), list);
    const struct known_lists named = {
        .partitions = o->query.partitions, .accounts = o->query.accounts, .qos = o->qos};
    enum err code = api_jobs(a, &o->query, list);
    return code == ERR_NONE && list->count == 0 ? known_check(a, &named) : code;
}

/* ---- whole jobs and arrays by id ------------------------------------------------------------- */

/* The ids, where the words are nothing but ids; NULL: they name tasks, or no job at all. */
static uint32_t *plain_ids(struct api *a, struct args *args, size_t *count)
{
    uint32_t *ids = ARENA_ARRAY(&a->arena, TARGETS_MAX, uint32_t);
    *count = 0;
    for (int i = 0; i < args_count(args); i++) {
        struct str rest = str_of(args_operands(args)[i]), word;
        while (list_next(&rest, &word)) {
            uint64_t id = 0;
            if (!str_to_u64(word, &id) || id == 0 || id > UINT32_MAX || *count == TARGETS_MAX)
                return NULL;
            ids[(*count)++] = (uint32_t)id;
        }
    }
    return *count > 0 ? ids : NULL;
}

/* Print one result; gives its exit code. Only a job named alone is missed when it is over. */
static int report(const struct api *a, const struct options *o, uint32_t id,
                  const struct bulk_result *r, bool alone, const char *done)
{
    if (r->code == ERR_UNAVAILABLE) {
        say_error(a->name, "%s", r->text.p);
        return EXIT_UNREACHABLE;
    }
    if (r->code == ERR_NOT_FOUND) return say_error(a->name, "%s", r->text.p);
    if (r->code == ERR_CONFLICT && o->signal == 0) {
        if (!alone || o->quiet) return EXIT_DONE;
        return say_error(a->name,
                         "Kill job error on job id %" PRIu32 ": Job/step already completing or "
                         "completed",
                         id);
    }
    if (r->code != ERR_NONE) return say_error(a->name, "job %" PRIu32 ": %s", id, r->text.p);
    if (o->json)
        printf("%.*s\n", STR_ARG(buf_str(&r->text)));
    else if (done != NULL)
        printf("%s %" PRIu32 "\n", done, id);
    return EXIT_DONE;
}

/* One request for each id: the daemon ends all tasks of an array by itself. */
static int cancel_ids(struct api *a, const struct options *o, const uint32_t *ids, size_t count,
                      const char *done)
{
    char body[CANCEL_BODY_MAX];
    int exit_code = EXIT_DONE;
    struct bulk_result *results = ARENA_ARRAY(&a->arena, count, struct bulk_result);
    bulk_act(a, ids, count, "cancel", str_of(cancel_body(o->signal, true, body)), results);
    for (size_t i = 0; i < count && exit_code != EXIT_UNREACHABLE; i++) {
        int one = report(a, o, ids[i], &results[i], count == 1, done);
        if (one != EXIT_DONE) exit_code = one;
    }
    bulk_release(results, count);
    return exit_code;
}

/* ---- the command ----------------------------------------------------------------------------- */

/* Jobs that must be looked at first: tasks, jobs picked by options, jobs to ask about. */
static int cancel_found(struct api *a, struct args *args, const struct options *o, const char *done)
{
    struct job_list list;
    struct node_set nodes = {0};
    enum err code = job_states_check(o->query.states, &a->error);
    if (code == ERR_NONE && o->nodes.len > 0)
        code = node_set_parse(o->nodes, &a->arena, &nodes, &a->error);
    if (code == ERR_NONE) code = find(a, args, o, &list);
    if (code != ERR_NONE) return say_failure(a->name, code, &a->error);
    int exit_code = keep(a, o, &nodes, &list, args_count(args) > 0);
    int result = targets_do(a, &list, "cancel", o->signal, done, o->json);
    return result != EXIT_DONE ? result : exit_code;
}

int cmd_cancel(int argc, char **argv)
{
    struct args args;
    struct options o = {0};
    args_init(&args, argc, argv, cancel_options, false);
    for (int id; (id = args_next(&args)) != ARGS_END;) {
        if (id == ARGS_STOP) return args.exit_code;
        int code = parse_one(&args, id, &o);
        if (code != GO_ON) return code;
    }
    if (o.signal != 0) o.signal |= o.signal_to;
    if (args_count(&args) == 0 && !is_filtered(&o))
        return say_error(argv[0], "No job identification provided");
    struct api a;
    int exit_code = api_open(&a, argv[0]);
    if (exit_code != EXIT_DONE) return exit_code;
    enum err code = api_users(&a, o.query.users, &o.query.users);
    if (code != ERR_NONE) return api_fail(&a, code);
    if (o.me) o.query.users = str_of(api_user_name(&a));
    bool tells = o.verbose || strcmp(argv[0], "scancel") != 0;
    const char *done = !tells ? NULL : o.signal != 0 ? "signalled job" : "cancelled job";
    size_t count = 0;
    bool whole = !is_filtered(&o) && !o.interactive;
    uint32_t *ids = whole ? plain_ids(&a, &args, &count) : NULL;
    exit_code =
        ids != NULL ? cancel_ids(&a, &o, ids, count, done) : cancel_found(&a, &args, &o, done);
    return api_close(&a, say_end(argv[0], exit_code));
}
