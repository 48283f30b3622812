/* berth update, and what scontrol update does to jobs: change them. Values are written
 * as for sbatch. */
#include "cli/update.h"

#include "cli/commands.h"
#include "cli/say.h"
#include "cli/targets.h"
#include "read/sbatch_options.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* What may be changed: sbatch's option, Slurm's key for it, and the field of the API. */
static const struct {
    const char *option, *key;
    int field; /* enum update_field */
} changes[] = {
    {"job-name", "JobName", UPDATE_NAME},
    {"job-name", "Name", UPDATE_NAME},
    {"priority", "Priority", UPDATE_PRIORITY},
    {"nice", "Nice", UPDATE_PRIORITY},
    {"time", "TimeLimit", UPDATE_TIME_LIMIT},
    {"begin", "StartTime", UPDATE_BEGIN},
    {"begin", "EligibleTime", UPDATE_BEGIN},
    {"deadline", "Deadline", UPDATE_DEADLINE},
    {"partition", "Partition", UPDATE_PARTITION},
    {"constraint", "Features", UPDATE_CHIP_KINDS},
    {"gpus", "NumGPUs", UPDATE_CHIPS},
    {"gpus-per-node", "GPUsPerNode", UPDATE_CHIPS},
    {"gres", "Gres", UPDATE_CHIPS},
    {"gres", "TresPerNode", UPDATE_CHIPS},
    {"nodes", "NumNodes", UPDATE_NODES},
    {"max-price", "MaxPrice", UPDATE_MAX_PRICE},
    {"comment", "Comment", UPDATE_COMMENT},
    {"requeue", "Requeue", UPDATE_REQUEUE},
    {"no-requeue", NULL, UPDATE_REQUEUE},
    {"dependency", "Dependency", UPDATE_DEPENDENCY},
    {"clusters", "Clusters", UPDATE_SITES},
    {"data", "Data", UPDATE_DATA},
    {"purpose", "Purpose", UPDATE_PURPOSE},
    {"evidence", "Evidence", UPDATE_EVIDENCE},
    {"mem", "MinMemoryNode", UPDATE_MEMORY},
    {"type", "Type", UPDATE_TYPE},
    {"steps", "Steps", UPDATE_STEPS},
};
enum { CHANGE_COUNT = sizeof changes / sizeof *changes };

const struct cli_option *update_options(void)
{
    static struct cli_option options[CHANGE_COUNT + 2];
    if (options[0].id != 0) return options;
    int n = 0;
    for (int i = 0; i < CHANGE_COUNT; i++) {
        struct errtext ignored;
        if (i > 0 && strcmp(changes[i].option, changes[i - 1].option) == 0) continue;
        const struct sbatch_option *o = sbatch_option_name(str_of(changes[i].option), &ignored);
        if (o == NULL) continue;
        options[n] = (struct cli_option){OPTION_LONG + n, o->name,
                                         o->arg == ARG_NEEDED ? o->value_name : NULL, o->help};
        n++;
    }
    options[n] = (struct cli_option){OPTION_LONG + n, "json", NULL,
                                     "the API's JSON, one object for each job"};
    return options;
}

void update_init(struct update *u, struct arena *arena)
{
    *u = (struct update){0};
    u->context = (struct sbatch_context){
        .environment = environ,
        .workdir = "/",
        .host = "",
        .user = "",
        .uid = geteuid(),
        .gid = getegid(),
        .now_ms = (int64_t)time(NULL) * 1000,
    };
    sbatch_request_init(&u->request, &u->context, arena);
}

static enum err apply(struct update *u, const char *option, struct str value, int field,
                      struct errtext *error)
{
    const struct sbatch_option *o = sbatch_option_name(str_of(option), error);
    if (o == NULL || o->apply == NULL) return ERR_INVALID;
    if (field == UPDATE_TIME_LIMIT) {
        u->limit_sign = value.len < 2 ? 0 : value.p[0] == '+' ? 1 : value.p[0] == '-' ? -1 : 0;
        if (u->limit_sign != 0) value = (struct str){value.p + 1, value.len - 1};
    }
    enum err code = o->apply(&u->request, value, error);
    if (code != ERR_NONE) return err_prefix(error, code, "%s", option);
    u->fields |= 1u << field;
    u->has_nice = u->has_nice || strcmp(option, "nice") == 0;
    u->has_priority = u->has_priority || strcmp(option, "priority") == 0;
    return ERR_NONE;
}

enum err update_option(struct update *u, const char *option, struct str value,
                       struct errtext *error)
{
    for (int i = 0; i < CHANGE_COUNT; i++)
        if (strcmp(changes[i].option, option) == 0)
            return apply(u, option, value, changes[i].field, error);
    return err_set(error, ERR_INVALID, "%s cannot be changed once a job is submitted", option);
}

enum err update_key(struct update *u, struct str key, struct str value, struct errtext *error)
{
    for (int i = 0; i < CHANGE_COUNT; i++) {
        const char *name = changes[i].key;
        if (name == NULL || strlen(name) != key.len || strncasecmp(name, key.p, key.len) != 0)
            continue;
        if (changes[i].field == UPDATE_REQUEUE)
            return apply(u, str_eqz(value, "0") ? "no-requeue" : "requeue", (struct str){0},
                         UPDATE_REQUEUE, error);
        return apply(u, changes[i].option, value, changes[i].field, error);
    }
    return err_set(error, ERR_INVALID, "Update of this parameter is not supported: " STR_FMT,
                   STR_ARG(key));
}

/* What depends on the job as it is: a limit given as a difference; the priority that --nice lowers.
 */
static void settle(struct update *u, const struct job_view *j, struct job_spec *spec)
{
    *spec = u->request.spec;
    if (u->limit_sign != 0)
        spec->time_limit_ms = j->time_limit_ms + u->limit_sign * spec->time_limit_ms;
    int64_t base = u->has_priority ? spec->priority : (int64_t)j->priority + j->nice;
    if (u->has_nice) sbatch_set_priority_of(base, u->request.nice, spec);
}

int update_send(struct update *u, struct api *a, char *const *jobs, int count)
{
    struct job_list list;
    enum err code = u->fields == 0 ? err_set(&a->error, ERR_INVALID, "name something to change")
                                   : sbatch_settle_chips(&u->request, &a->error);
    /* --gpus=h100:8 says the kind, too. */
    if (u->request.spec.chip_kind_count > 0) u->fields |= 1u << UPDATE_CHIP_KINDS;
    if (code == ERR_NONE) code = targets_find(a, jobs, count, &list);
    if (code != ERR_NONE) return api_fail(a, code);
    int exit_code = EXIT_DONE;
    for (uint32_t i = 0; i < list.count; i++) {
        uint32_t id = list.jobs[i].job_id;
        struct job_spec spec;
        settle(u, &list.jobs[i], &spec);
        code = api_update(a, id, u->fields, &spec);
        if (code != ERR_NONE)
            exit_code = say_error(a->name, "job %" PRIu32 ": %s", id, a->error.s);
        else if (u->say == UPDATE_SAY_JSON)
            api_print_json(a);
        else if (u->say == UPDATE_SAY_WORDS)
            printf("updated job %" PRIu32 "\n", id);
    }
    return api_close(a, say_end(a->name, exit_code));
}

int cmd_update(int argc, char **argv)
{
    struct args args;
    struct api a;
    struct update u;
    const struct cli_option *options = update_options();
    int exit_code = api_open(&a, argv[0]);
    if (exit_code != EXIT_DONE) return exit_code;
    update_init(&u, &a.arena);
    u.say = UPDATE_SAY_WORDS;
    args_init(&args, argc, argv, options, false);
    for (int id; (id = args_next(&args)) != ARGS_END;) {
        if (id == ARGS_STOP) return api_close(&a, args.exit_code);
        if (strcmp(options[id - OPTION_LONG].name, "json") == 0) {
            u.say = UPDATE_SAY_JSON;
            continue;
        }
        enum err code =
            update_option(&u, options[id - OPTION_LONG].name, str_of(args.value), &a.error);
        if (code != ERR_NONE) return api_fail(&a, code);
    }
    if (args_count(&args) == 0) {
        say_error(argv[0], "name a job, such as: berth update 12 --time=2:00:00");
        return api_close(&a, EXIT_USER);
    }
    return update_send(&u, &a, args_operands(&args), args_count(&args));
}
