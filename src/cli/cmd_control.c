/* berth hold, release, requeue, drain, resume, ping. */
#include "cli/api.h"
#include "cli/commands.h"
#include "cli/node_set.h"
#include "cli/say.h"
#include "cli/targets.h"
#include "cli/times.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { OPT_JSON = OPTION_LONG };

const struct cli_option no_options[] = {{0}};
const struct cli_option act_options[] = {
    {OPT_JSON, "json", NULL, "the API's JSON, one object for each job"},
    {0},
};
const struct cli_option nodes_options[] = {
    {'r', "reason", "TEXT", "why, for those who look at the nodes"},
    {OPT_JSON, "json", NULL, "the API's JSON"},
    {0},
};
const struct cli_option ping_options[] = {
    {OPT_JSON, "json", NULL, "the API's JSON"},
    {0},
};

static int act(int argc, char **argv, const char *action, const char *done)
{
    struct args args;
    bool json = false;
    args_init(&args, argc, argv, act_options, false);
    for (int id; (id = args_next(&args)) != ARGS_END;) {
        if (id == ARGS_STOP) return args.exit_code;
        json = true;
    }
    if (args_count(&args) == 0)
        return say_error(argv[0], "name a job, such as: berth %s 12", argv[0]);
    struct api a;
    int code = api_open(&a, argv[0]);
    if (code != EXIT_DONE) return code;
    return targets_act(&a, args_operands(&args), args_count(&args), action, done, json);
}

int cmd_hold(int argc, char **argv)
{
    return act(argc, argv, "hold", "held job");
}

int cmd_release(int argc, char **argv)
{
    return act(argc, argv, "release", "released job");
}

int cmd_requeue(int argc, char **argv)
{
    return act(argc, argv, "requeue", "requeued job");
}

static int change_nodes(int argc, char **argv, int state, const char *done)
{
    struct args args;
    struct str reason = {0};
    bool json = false;
    args_init(&args, argc, argv, nodes_options, false);
    for (int id; (id = args_next(&args)) != ARGS_END;) {
        if (id == ARGS_STOP) return args.exit_code;
        if (id == 'r')
            reason = str_of(args.value);
        else
            json = true;
    }
    int words = args_count(&args);
    if (words < 1 || words > 2)
        return say_error(argv[0], "name a pool, and nodes of it if not all: berth %s POOL [NODES]",
                         argv[0]);
    struct str pool = str_of(args_operands(&args)[0]);
    struct str nodes = words == 2 ? str_of(args_operands(&args)[1]) : (struct str){0};
    struct api a;
    int exit_code = api_open(&a, argv[0]);
    if (exit_code != EXIT_DONE) return exit_code;
    uint32_t count;
    enum err code = nodes_change(&a, pool, nodes, state, reason, &count);
    if (code != ERR_NONE) return api_fail(&a, code);
    if (json)
        api_print_json(&a);
    else if (count == 0)
        printf("%s pool %.*s\n", done, STR_ARG(pool));
    else
        printf("%s %" PRIu32 " node%s of pool %.*s\n", done, count, count == 1 ? "" : "s",
               STR_ARG(pool));
    return api_close(&a, say_end(argv[0], EXIT_DONE));
}

int cmd_drain(int argc, char **argv)
{
    return change_nodes(argc, argv, NODE_DRAIN, "draining");
}

int cmd_resume(int argc, char **argv)
{
    return change_nodes(argc, argv, NODE_UP, "resumed");
}

int cmd_ping(int argc, char **argv)
{
    struct args args;
    bool json = false;
    args_init(&args, argc, argv, ping_options, false);
    for (int id; (id = args_next(&args)) != ARGS_END;) {
        if (id == ARGS_STOP) return args.exit_code;
        json = true;
    }
    struct api a;
    int exit_code = api_open(&a, argv[0]);
    if (exit_code != EXIT_DONE) return exit_code;
    struct ping_reply p;
    enum err code = api_ping(&a, &p);
    if (code != ERR_NONE) return api_fail(&a, code);
    char up[SPAN_TEXT_MAX];
    if (json)
        api_print_json(&a);
    else
        printf("berth %.*s at %s has been up for %s: fleet %.*s, record %" PRIu64 ", %" PRIu32
               " jobs pending, %" PRIu32 " running\n",
               STR_ARG(p.version), a.client.socket != NULL ? a.client.socket : a.client.url,
               span_words(p.now_ms - p.started_ms, up), STR_ARG(p.fleet), p.record, p.jobs_pending,
               p.jobs_running);
    return api_close(&a, say_end(argv[0], EXIT_DONE));
}
