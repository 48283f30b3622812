/* scontrol: what Slurm's scontrol does to jobs, nodes and partitions, in its words. */
#include "cli/api.h"
#include "cli/commands.h"
#include "cli/lists.h"
#include "cli/node_set.h"
#include "cli/say.h"
#include "cli/show.h"
#include "cli/targets.h"
#include "cli/update.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { OPT_JSON = OPTION_LONG };
enum form { FORM_LINES, FORM_ONE_LINE, FORM_JSON }; /* of what is shown */

const struct cli_option scontrol_options[] = {
    {'o', "oneliner", NULL, "each record in one line"},
    {OPT_JSON, "json", NULL, "show: the API's JSON"},
    {'a', "all", NULL, NULL},
    {'d', "details", NULL, NULL},
    {'Q', "quiet", NULL, NULL},
    {'v', "verbose", NULL, NULL},
    {0},
};

/* Print what was shown, close, give the exit code. */
static int finish(struct api *a, enum err code, struct buf *out)
{
    if (code == ERR_NONE) say_buf(out, stdout);
    buf_release(out);
    if (code != ERR_NONE) return api_fail(a, code);
    return api_close(a, say_end(a->name, EXIT_DONE));
}

/* ---- show ----------------------------------------------------------------------------------- */

static enum err show_jobs(struct api *a, const char *id, enum form form, struct buf *out)
{
    struct job_list list;
    char *words[] = {NULL};
    struct job_query query = {.states = STR("all")};
    if (id != NULL) words[0] = str_dupz(&a->arena, str_of(id));
    enum err code = id != NULL ? targets_find(a, words, 1, &list) : api_jobs(a, &query, &list);
    if (code != ERR_NONE) return code;
    if (form == FORM_JSON) {
        api_print_jobs(&list);
        return ERR_NONE;
    }
    for (uint32_t i = 0; i < list.count; i++)
        show_job(&list.jobs[i], list.now_ms, form == FORM_ONE_LINE, out);
    if (list.count == 0) buf_puts(out, "No jobs in the system\n");
    return ERR_NONE;
}

static enum err show_partitions(struct api *a, const char *name, enum form form, struct buf *out)
{
    struct pool_list pools;
    enum err code = api_pools(a, &pools);
    uint32_t kept = 0;
    for (uint32_t i = 0; code == ERR_NONE && i < pools.count; i++) {
        const struct pool_view *p = &pools.pools[i];
        if (name == NULL || str_eqz(p->pool, name) || list_has(p->aliases, str_of(name)))
            pools.pools[kept++] = *p;
    }
    if (code == ERR_NONE && kept == 0 && name != NULL)
        return err_set(&a->error, ERR_NOT_FOUND, "Partition %s not found", name);
    if (code != ERR_NONE) return code;
    pools.count = kept;
    if (form == FORM_JSON) api_print_pools(&pools);
    for (uint32_t i = 0; form != FORM_JSON && i < kept; i++)
        show_partition(&pools.pools[i], form == FORM_ONE_LINE, out);
    return ERR_NONE;
}

/* Keep the nodes of the pool that are wanted (NULL: all) behind those that were kept. */
static enum err keep_nodes(struct api *a, const struct pool_view *pool,
                           const struct node_set *wanted, struct node_list *nodes)
{
    enum err code = api_nodes(a, pool->pool, nodes);
    uint32_t kept = 0;
    for (uint32_t n = 0; code == ERR_NONE && n < nodes->count; n++)
        if (wanted == NULL || node_set_has(wanted, nodes->nodes[n].name))
            nodes->nodes[kept++] = nodes->nodes[n];
    nodes->count = code == ERR_NONE ? kept : 0;
    return code;
}

/* The lists of all pools as one. */
static void print_nodes(struct api *a, const struct node_list *of, uint32_t pool_count,
                        uint32_t count)
{
    struct node_list all = {.nodes = ARENA_ARRAY(&a->arena, count, struct node_view)};
    for (uint32_t i = 0; i < pool_count; i++)
        for (uint32_t n = 0; n < of[i].count; n++) all.nodes[all.count++] = of[i].nodes[n];
    api_print_nodes(&all);
}

static enum err show_nodes(struct api *a, const char *names, enum form form, struct buf *out)
{
    struct pool_list pools;
    struct node_set wanted = {0};
    uint32_t found = 0;
    enum err code = api_pools(a, &pools);
    if (code == ERR_NONE && names != NULL)
        code = node_set_parse(str_of(names), &a->arena, &wanted, &a->error);
    if (code != ERR_NONE) return code;
    struct node_list *of = ARENA_ARRAY(&a->arena, pools.count, struct node_list);
    for (uint32_t i = 0; code == ERR_NONE && i < pools.count; i++) {
        const struct pool_view *p = &pools.pools[i];
        code = keep_nodes(a, p, names != NULL ? &wanted : NULL, &of[i]);
        for (uint32_t n = 0; form != FORM_JSON && n < of[i].count; n++)
            show_node(&of[i].nodes[n], p, form == FORM_ONE_LINE, out);
        found += of[i].count;
    }
    if (code == ERR_NONE && names != NULL && found == 0)
        return err_set(&a->error, ERR_NOT_FOUND, "Node %s not found", names);
    if (code == ERR_NONE && form == FORM_JSON) print_nodes(a, of, pools.count, found);
    return code;
}

/* Of all pools, or those with that name, or above a node with it. */
static enum err show_topology(struct api *a, const char *name, struct buf *out)
{
    struct pool_list pools;
    struct str wanted = str_of(name != NULL ? name : "");
    enum err code = api_pools(a, &pools);
    struct switch_list *of =
        ARENA_ARRAY(&a->arena, code == ERR_NONE ? pools.count : 0, struct switch_list);
    uint32_t found = 0, all = 0;
    for (uint32_t i = 0; code == ERR_NONE && i < pools.count; i++) {
        code = api_switches(a, pools.pools[i].pool, &of[i]);
        for (uint32_t k = 0; code == ERR_NONE && k < of[i].count; k++, all++) {
            if (name != NULL && !str_eq(of[i].switches[k].name, wanted)) continue;
            show_switch(&of[i].switches[k], out);
            found++;
        }
    }
    for (uint32_t i = 0; code == ERR_NONE && found == 0 && i < pools.count; i++) {
        for (uint32_t k = 0; k < of[i].count; k++) {
            struct node_set below;
            code = node_set_parse(of[i].switches[k].nodes, &a->arena, &below, &a->error);
            if (code != ERR_NONE || !node_set_has(&below, wanted)) continue;
            show_switch(&of[i].switches[k], out);
            found++;
        }
    }
    if (code == ERR_NONE && all == 0)
        buf_puts(out, "No topology information available\n");
    else if (code == ERR_NONE && found == 0)
        return err_set(&a->error, ERR_NOT_FOUND,
                       "Topology information contains no switch or node named %s", name);
    return code;
}

static enum err show_config(struct api *a, struct buf *out)
{
    struct ping_reply p;
    enum err code = api_ping(a, &p);
    if (code != ERR_NONE) return code;
    buf_printf(out, "ClusterName             = " STR_FMT "\n", STR_ARG(p.fleet));
    buf_printf(out, "SLURM_VERSION           = berth " STR_FMT "\n", STR_ARG(p.version));
    buf_puts(out, "SchedulerType           = berth\n");
    buf_printf(out, "BerthRecord             = %" PRIu64 "\n", p.record);
    return ERR_NONE;
}

/* scontrol show hostnames a[1-3]: one name a line; needs no daemon. */
static int show_hostnames(const char *name, const char *list)
{
    struct arena arena;
    struct node_set set;
    struct errtext error;
    char text[NODE_NAME_MAX];
    arena_init(&arena);
    enum err code = node_set_parse(str_of(list), &arena, &set, &error);
    for (uint32_t i = 0; code == ERR_NONE && i < set.names.node_count; i++)
        puts(pool_node_name(&set.names, i, text));
    int exit_code = code == ERR_NONE ? say_end(name, EXIT_DONE) : say_failure(name, code, &error);
    arena_release(&arena);
    return exit_code;
}

/* scontrol show hostlist a1,a2: the list as short as can be; needs no daemon. */
static int show_hostlist(const char *name, const char *list, bool sorted)
{
    struct buf out = {0};
    struct errtext error;
    enum err code = hostlist_fold(str_of(list), sorted, &out, &error);
    if (code == ERR_NONE) printf("%.*s\n", STR_ARG(buf_str(&out)));
    buf_release(&out);
    return code == ERR_NONE ? say_end(name, EXIT_DONE) : say_failure(name, code, &error);
}

static bool is_word(const char *typed, const char *word)
{
    size_t n = strlen(typed);
    return n > 0 && strncasecmp(typed, word, n) == 0;
}

static int show(const char *name, char **words, int count, enum form form)
{
    const char *what = count > 0 ? words[0] : "";
    const char *which = count > 1 ? words[1] : NULL;
    char *equals = count > 0 ? strchr(words[0], '=') : NULL;
    if (equals != NULL) { /* show JobId=12 */
        *equals = '\0';
        which = equals + 1;
    }
    if (strncasecmp(what, "hostn", 5) == 0) {
        if (which == NULL) return say_error(name, "show hostnames: name a host list");
        return show_hostnames(name, which);
    }
    if (strncasecmp(what, "hostl", 5) == 0) {
        if (which == NULL) return say_error(name, "show %s: name a host list", what);
        return show_hostlist(name, which, strcasecmp(what, "hostlistsorted") == 0);
    }
    struct api a;
    struct buf out = {0};
    int exit_code = api_open(&a, name);
    if (exit_code != EXIT_DONE) return exit_code;
    bool in_json = is_word(what, "jobs") || strcasecmp(what, "jobid") == 0 ||
                   is_word(what, "nodes") || is_word(what, "partitions");
    enum err code;
    if (form == FORM_JSON && !in_json)
        code = err_set(&a.error, ERR_INVALID, "--json: only jobs, nodes and partitions have it");
    else if (is_word(what, "jobs") || strcasecmp(what, "jobid") == 0)
        code = show_jobs(&a, which, form, &out);
    else if (is_word(what, "nodes"))
        code = show_nodes(&a, which, form, &out);
    else if (is_word(what, "partitions"))
        code = show_partitions(&a, which, form, &out);
    else if (is_word(what, "config"))
        code = show_config(&a, &out);
    else if (is_word(what, "topology"))
        code = show_topology(&a, which, &out);
    else if (is_word(what, "reservations")) {
        buf_puts(&out, "No reservations in the system\n");
        code = ERR_NONE;
    } else
        code = err_set(&a.error, ERR_INVALID,
                       "invalid entity: %s for keyword: show; there are: job node partition "
                       "config reservation topology hostnames hostlist hostlistsorted",
                       what);
    return finish(&a, code, &out);
}

/* ---- update --------------------------------------------------------------------------------- */

static bool split_pair(const char *word, struct str *key, struct str *value)
{
    const char *equals = strchr(word, '=');
    if (equals == NULL) return false;
    *key = (struct str){word, (size_t)(equals - word)};
    *value = str_of(equals + 1);
    return true;
}

static bool is_key(struct str key, const char *name)
{
    return strlen(name) == key.len && strncasecmp(name, key.p, key.len) == 0;
}

static enum err node_state_of(struct str word, int *out, struct errtext *error)
{
    static const struct {
        const char *word;
        int state;
    } words[] = {
        {"DRAIN", NODE_DRAIN}, {"DOWN", NODE_DOWN}, {"RESUME", NODE_UP},      {"UNDRAIN", NODE_UP},
        {"IDLE", NODE_UP},     {"UP", NODE_UP},     {"INACTIVE", NODE_DRAIN},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!is_key(word, words[i].word)) continue;
        *out = words[i].state;
        return ERR_NONE;
    }
    return err_set(error, ERR_INVALID, "state '" STR_FMT "' is none of DRAIN, DOWN, RESUME, UP",
                   STR_ARG(word));
}

/* update NodeName=... or PartitionName=... State=... Reason=... */
static int update_nodes(struct api *a, char **words, int count)
{
    struct str pool = {0}, nodes = {0}, reason = {0}, key, value;
    int state = -1;
    enum err code = ERR_NONE;
    for (int i = 0; i < count && code == ERR_NONE; i++) {
        if (!split_pair(words[i], &key, &value))
            code = err_set(&a->error, ERR_INVALID, "'%s' is not KEY=VALUE", words[i]);
        else if (is_key(key, "NodeName"))
            nodes = value;
        else if (is_key(key, "PartitionName"))
            pool = value;
        else if (is_key(key, "Reason"))
            reason = value;
        else if (is_key(key, "State"))
            code = node_state_of(value, &state, &a->error);
        else
            code = err_set(&a->error, ERR_INVALID,
                           "Update of this parameter is not supported: " STR_FMT, STR_ARG(key));
    }
    if (code == ERR_NONE && state < 0)
        code = err_set(&a->error, ERR_INVALID, "say State=DRAIN, DOWN or RESUME");
    if (code == ERR_NONE && nodes.len > 0 && state != NODE_UP && reason.len == 0)
        code = err_set(&a->error, ERR_INVALID,
                       "You must specify a reason when DOWNING or DRAINING a node: Reason=TEXT");
    uint32_t changed;
    if (code == ERR_NONE) code = nodes_change(a, pool, nodes, state, reason, &changed);
    return code == ERR_NONE ? api_close(a, EXIT_DONE) : api_fail(a, code);
}

static int update_job(struct api *a, char **words, int count)
{
    struct update u;
    char *job = NULL;
    enum err code = ERR_NONE;
    update_init(&u, &a->arena);
    for (int i = 0; i < count && code == ERR_NONE; i++) {
        struct str key, value;
        if (!split_pair(words[i], &key, &value))
            code = err_set(&a->error, ERR_INVALID, "'%s' is not KEY=VALUE", words[i]);
        else if (is_key(key, "JobId") || is_key(key, "Job"))
            job = str_dupz(&a->arena, value);
        else
            code = update_key(&u, key, value, &a->error);
    }
    if (code == ERR_NONE && job == NULL)
        code = err_set(&a->error, ERR_INVALID,
                       "No entity specified: say JobId=, NodeName= or "
                       "PartitionName=");
    if (code != ERR_NONE) return api_fail(a, code);
    return update_send(&u, a, &job, 1);
}

static int update(const char *name, char **words, int count)
{
    struct api a;
    int exit_code = api_open(&a, name);
    if (exit_code != EXIT_DONE) return exit_code;
    for (int i = 0; i < count; i++)
        if (strncasecmp(words[i], "NodeName=", 9) == 0 ||
            strncasecmp(words[i], "PartitionName=", 14) == 0)
            return update_nodes(&a, words, count);
    return update_job(&a, words, count);
}

/* ---- the other verbs ------------------------------------------------------------------------ */

static int act(const char *name, const char *action, char **words, int count)
{
    struct api a;
    if (count == 0) return say_error(name, "%s: name a job", action);
    for (int i = 0; i < count; i++)
        if (strncasecmp(words[i], "JobId=", 6) == 0) words[i] += 6;
    int code = api_open(&a, name);
    return code == EXIT_DONE ? targets_act(&a, words, count, action, NULL, false) : code;
}

/* write batch_script ID [FILE]; "-" is standard output, as without a file. */
static int write_script(const char *name, char **words, int count)
{
    struct api a;
    struct job_list list;
    struct job_spec spec;
    if (count < 2 || strcmp(words[0], "batch_script") != 0)
        return say_error(name, "say: write batch_script ID [FILE]");
    int exit_code = api_open(&a, name);
    if (exit_code != EXIT_DONE) return exit_code;
    enum err code = targets_find(&a, words + 1, 1, &list);
    if (code == ERR_NONE) code = api_job_spec(&a, list.jobs[0].job_id, &spec);
    if (code != ERR_NONE) return api_fail(&a, code);
    bool to_file = count > 2 && strcmp(words[2], "-") != 0;
    FILE *f = to_file ? fopen(words[2], "we") : stdout;
    bool ok = f != NULL && fwrite(spec.script.p, 1, spec.script.len, f) == spec.script.len;
    if (to_file && f != NULL && fclose(f) != 0) ok = false;
    if (!ok)
        return api_close(&a, say_error(name, "%s cannot be written: %s",
                                       to_file ? words[2] : "standard output", strerror(errno)));
    return api_close(&a, say_end(name, EXIT_DONE));
}

static int ping(const char *name)
{
    struct api a;
    struct ping_reply p;
    int exit_code = api_open(&a, name);
    if (exit_code != EXIT_DONE) return exit_code;
    enum err code = api_ping(&a, &p);
    const char *where = a.client.socket != NULL ? a.client.socket : a.client.url;
    printf("Slurmctld(primary) at %s is %s\n", where, code == ERR_NONE ? "UP" : "DOWN");
    fflush(stdout);
    return code == ERR_NONE ? api_close(&a, EXIT_DONE) : api_fail(&a, code);
}

/* Verbs of Slurm's that Berth refuses, and what to do in their place; NULL: not one of them. */
static const char *not_done(const char *verb)
{
    static const struct {
        const char *verb, *instead;
    } verbs[] = {
        {"suspend", "a stopped job would keep its chips and its claim in the law's counts; "
                    "'scontrol requeue' frees them, and 'scontrol hold' keeps it from starting"},
        {"resume", "jobs are never suspended here; 'scontrol release' lets held ones start, "
                   "'berth resume POOL' takes a drained pool back into use"},
        {"top", "the order among your own jobs follows their priority; lower the others with "
                "'scontrol update JobId=ID Nice=100'"},
        {"create", "there are no reservations; maintenance windows stand in the fleet file"},
        {"delete", "there are no reservations; 'scancel' ends jobs"},
        {"reconfigure", "'berth fleet apply FILE' changes the fleet"},
        {"shutdown", "end the daemon with SIGTERM, as 'systemctl stop berth' does"},
        {"token", "tokens stand in the state folder of the daemon (docs/operations.md)"},
        {"notify", "jobs have no terminal to write to; 'scancel -s USR1 ID' sends a signal"},
    };
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strcasecmp(verbs[i].verb, verb) == 0) return verbs[i].instead;
    return NULL;
}

int cmd_scontrol(int argc, char **argv)
{
    struct args args;
    enum form form = FORM_LINES;
    args_init(&args, argc, argv, scontrol_options, false);
    for (int id; (id = args_next(&args)) != ARGS_END;) {
        if (id == ARGS_STOP) return args.exit_code;
        if (id == 'o' && form != FORM_JSON) form = FORM_ONE_LINE;
        if (id == OPT_JSON) form = FORM_JSON;
    }
    const char *name = argv[0];
    int count = args_count(&args) - 1;
    if (count < 0) return say_error(name, "say what to do; see '%s --help'", name);
    char **words = args_operands(&args) + 1;
    const char *verb = words[-1];
    if (form == FORM_JSON && strcasecmp(verb, "show") != 0)
        return say_error(name, "--json goes with 'show'");
    if (strcasecmp(verb, "show") == 0) return show(name, words, count, form);
    if (strcasecmp(verb, "update") == 0) return update(name, words, count);
    if (strcasecmp(verb, "hold") == 0 || strcasecmp(verb, "uhold") == 0)
        return act(name, "hold", words, count);
    if (strcasecmp(verb, "release") == 0) return act(name, "release", words, count);
    if (strcasecmp(verb, "requeuehold") == 0) return act(name, "requeuehold", words, count);
    if (strcasecmp(verb, "requeue") == 0) return act(name, "requeue", words, count);
    if (strcasecmp(verb, "write") == 0) return write_script(name, words, count);
    if (strcasecmp(verb, "ping") == 0) return ping(name);
    if (strcasecmp(verb, "version") == 0) return cmd_version(1, argv);
    const char *why = not_done(verb);
    if (why != NULL) return say_error(name, "%s: %s", verb, why);
    return say_error(name,
                     "there is no verb '%s'; there are: show update hold uhold release "
                     "requeue requeuehold write ping version",
                     verb);
}
