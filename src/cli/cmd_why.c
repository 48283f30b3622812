/* berth why: why a job is where it is, why not elsewhere, and what would change it. */
#include "cli/api.h"
#include "cli/commands.h"
#include "cli/say.h"
#include "cli/targets.h"
#include "cli/why_page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { OPT_ALL = OPTION_LONG, OPT_JSON };

const struct cli_option why_options[] = {
    {'p', "pool", "POOL", "the law's verdict about the job in this pool"},
    {OPT_ALL, "all", NULL, "every pool, however many there are"},
    {OPT_JSON, "json", NULL, "the API's JSON"},
    {0},
};

struct options {
    const char *pool;
    bool all, json;
};

static void print(struct buf *out)
{
    say_buf(out, stdout);
    buf_release(out);
}

static enum err show_pool(struct api *a, const struct options *o, uint32_t id)
{
    struct law_verdict verdict = {0};
    enum err code = api_verdict(a, id, str_of(o->pool), &verdict);
    if (code != ERR_NONE) return code;
    if (o->json) {
        api_print_json(a);
        return ERR_NONE;
    }
    struct buf out = {0};
    struct page page = {.out = &out, .width = say_width(), .colour = say_in_colour()};
    buf_printf(&out, "Job %" PRIu32 " in pool %s: ", id, o->pool);
    page_verdict(&page, &verdict, verdict.on_ms);
    print(&out);
    return ERR_NONE;
}

static enum err show(struct api *a, const struct options *o, const struct job_view *job)
{
    struct why_reply why;
    struct pool_list pools;
    enum err code = api_why(a, job->job_id, &why);
    if (code != ERR_NONE) return code;
    if (o->json) {
        api_print_json(a);
        return ERR_NONE;
    }
    code = api_pools(a, &pools);
    if (code != ERR_NONE) return code;
    struct buf out = {0};
    struct page page = {
        .out = &out, .width = say_width(), .colour = say_in_colour(), .all = o->all};
    page_why(&page, job, &why.explanation, &why.verdict, &pools);
    print(&out);
    return ERR_NONE;
}

int cmd_why(int argc, char **argv)
{
    struct args args;
    struct options o = {0};
    args_init(&args, argc, argv, why_options, false);
    for (int id; (id = args_next(&args)) != ARGS_END;) {
        if (id == ARGS_STOP) return args.exit_code;
        if (id == 'p')
            o.pool = args.value;
        else if (id == OPT_ALL)
            o.all = true;
        else if (id == OPT_JSON)
            o.json = true;
    }
    int words = args_count(&args);
    /* `berth why JOB POOL` reads as "why not there?" */
    if (words == 2 && o.pool == NULL)
        o.pool = args_operands(&args)[1];
    else if (words != 1)
        return say_error(argv[0], "name one job, such as: berth why 12");
    if (strcmp(argv[0], "why-not") == 0 && o.pool == NULL)
        return say_error(argv[0], "name a job and a pool, such as: berth why-not 12 tokyo-h100");
    struct api a;
    int exit_code = api_open(&a, argv[0]);
    if (exit_code != EXIT_DONE) return exit_code;
    struct job_list list;
    enum err code = targets_find(&a, args_operands(&args), 1, &list);
    /* Of an array, the first task speaks for those that wait with it. */
    if (code == ERR_NONE)
        code =
            o.pool != NULL ? show_pool(&a, &o, list.jobs[0].job_id) : show(&a, &o, &list.jobs[0]);
    if (code != ERR_NONE) return api_fail(&a, code);
    return api_close(&a, say_end(argv[0], EXIT_DONE));
}
