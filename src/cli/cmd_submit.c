/* berth submit (sbatch) and berth plan: read a batch script or a SkyPilot task, then submit it, or
 * ask where it would go. The options are sbatch's (read/sbatch.h). */
#include "cli/api.h"
#include "cli/commands.h"
#include "cli/job_rows.h"
#include "cli/say.h"
#include "cli/times.h"
#include "cli/why_page.h"
#include "read/sbatch_options.h"
#include "read/skypilot_yaml.h"
#include "store/file.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    WAIT_FIRST_MS = 100, /* --wait: between questions; doubles up to the other */
    WAIT_MAX_MS = 2000,
};

extern char **environ;

struct submission {
    struct sbatch_context context;
    struct sbatch_request request;
    struct buf text;
    char workdir[PATH_MAX], host[256], user[256], umask[8];
};

const struct cli_option *submit_options(void)
{
    static struct cli_option options[OPTIONS_MAX + 1];
    if (options[0].id != 0) return options;
    int n = 0;
    for (size_t i = 0; i < sbatch_option_count && n < OPTIONS_MAX; i++) {
        const struct sbatch_option *o = &sbatch_options[i];
        if (o->help == NULL || (o->scope & IN_COMMAND) == 0) continue;
        options[n++] = (struct cli_option){o->letter != '\0' ? o->letter : OPTION_LONG, o->name,
                                           o->arg == ARG_NEEDED ? o->value_name : NULL, o->help};
    }
    return options;
}

/* ---- reading the job ------------------------------------------------------------------------ */

static enum err find_context(struct submission *s, struct errtext *error)
{
    const struct passwd *p = getpwuid(geteuid());
    if (getcwd(s->workdir, sizeof s->workdir) == NULL)
        return err_set(error, ERR_IO, "the working folder cannot be told: %s", strerror(errno));
    if (gethostname(s->host, sizeof s->host - 1) != 0) s->host[0] = '\0';
    if (p != NULL)
        snprintf(s->user, sizeof s->user, "%s", p->pw_name);
    else
        snprintf(s->user, sizeof s->user, "%u", (unsigned)geteuid());
    mode_t mask = umask(0); /* the only way to ask */
    (void)umask(mask);
    snprintf(s->umask, sizeof s->umask, "%04o", (unsigned)mask & 0777);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    s->context = (struct sbatch_context){
        .environment = environ,
        .workdir = s->workdir,
        .host = s->host,
        .user = s->user,
        .umask = s->umask,
        .uid = geteuid(),
        .gid = getegid(),
        .now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000,
    };
    return ERR_NONE;
}

/* A SkyPilot task is YAML: its first line that says something is a key. A script begins with #!. */
static bool is_task(struct str text)
{
    if (str_starts(text, "#!")) return false;
    size_t i = 0;
    while (i < text.len && (text.p[i] == '#' || text.p[i] == '\n' || text.p[i] == '\r')) {
        while (i < text.len && text.p[i] != '\n') i++;
        if (i < text.len) i++;
    }
    size_t start = i;
    while (i < text.len && ((text.p[i] >= 'a' && text.p[i] <= 'z') || text.p[i] == '_')) i++;
    return i > start && i < text.len && text.p[i] == ':';
}

static enum err read_job(struct submission *s, int argc, char **argv, struct arena *arena,
                         struct errtext *error)
{
    struct sbatch_request *r = &s->request;
    enum err code = find_context(s, error);
    if (code != ERR_NONE) return code;
    sbatch_request_init(r, &s->context, arena);
    code = sbatch_read_command(r, argc, argv, error);
    if (code != ERR_NONE || r->help || r->usage || r->version) return code;
    const char *path = r->script_path != NULL ? r->script_path : "/dev/stdin";
    const char *name = r->script_path != NULL ? r->script_path : "standard input";
    if (!r->is_wrap && r->script_path == NULL && isatty(STDIN_FILENO))
        return err_set(error, ERR_INVALID, "name a script, or give one on standard input");
    if (!r->is_wrap) code = file_read(path, TASK_BYTES_MAX, &s->text, error);
    if (code != ERR_NONE) return code;
    if (!r->is_wrap && (skypilot_is_task(name) || is_task(buf_str(&s->text))))
        return skypilot_yaml_read(r, buf_str(&s->text), name, error);
    return sbatch_read_script(r, buf_str(&s->text), name, error);
}

/* ---- plan ----------------------------------------------------------------------------------- */

static int plan_exit(const struct explanation *x)
{
    int reason = plan_reason(x);
    if (reason == REASON_CHOSEN) return EXIT_DONE;
    if (reason_is_law(reason)) return EXIT_LAW;
    return reason == REASON_BAD_CONSTRAINTS ? EXIT_USER : EXIT_CAPACITY;
}

/* sbatch --test-only says it in one line on stderr. */
static void say_as_sbatch(const struct api *a, const struct explanation *x,
                          const struct pool_list *pools)
{
    char when[INSTANT_TEXT_MAX];
    if (x->chosen < pools->count)
        say_note(a->name, "Job would start at %s in partition %.*s", instant_iso(x->now_ms, when),
                 STR_ARG(pools->pools[x->chosen].pool));
    else if (x->start_estimate_ms != 0)
        say_note(a->name, "Job would start at %s (%s)", instant_iso(x->start_estimate_ms, when),
                 reason_names[plan_reason(x)]);
    else
        say_note(a->name, "Job would not start (%s)", reason_names[plan_reason(x)]);
}

static int plan(struct api *a, struct submission *s)
{
    struct explanation x;
    struct pool_list pools;
    enum err code = api_plan(a, &s->request.spec, &x);
    if (code != ERR_NONE) return api_fail(a, code);
    if (s->request.json) {
        api_print_json(a);
        return api_close(a, say_end(a->name, plan_exit(&x)));
    }
    code = api_pools(a, &pools);
    if (code != ERR_NONE) return api_fail(a, code);
    struct buf out = {0};
    struct page page = {
        .out = &out, .width = say_width(), .colour = say_in_colour(), .all = s->request.all};
    page_plan(&page, &x, &pools);
    say_buf(&out, stdout);
    buf_release(&out);
    if (strcmp(a->name, "sbatch") == 0 && !s->request.quiet) say_as_sbatch(a, &x, &pools);
    return api_close(a, say_end(a->name, plan_exit(&x)));
}

/* ---- submit --------------------------------------------------------------------------------- */

static int job_exit(const struct job_view *j)
{
    if (str_eqz(j->state, "COMPLETED")) return 0;
    return j->exit_signal == 0 && j->exit_code > 0 ? j->exit_code : EXIT_USER;
}

/* Where the jobs stand: *left how many have not ended, *worst the highest exit code. */
static enum err look(struct api *a, uint32_t first, uint32_t *left, int *worst)
{
    char id[16];
    snprintf(id, sizeof id, "%" PRIu32, first);
    struct job_query query = {.ids = str_of(id), .states = STR("all")};
    struct job_list list;
    arena_clear(&a->arena);
    enum err code = api_acct(a, &query, &list);
    *left = 0;
    if (code == ERR_NONE && list.count == 0)
        return err_set(&a->error, ERR_NOT_FOUND, "job %s is not known any more", id);
    for (uint32_t i = 0; code == ERR_NONE && i < list.count; i++) {
        if (!job_view_is_ended(&list.jobs[i]))
            (*left)++;
        else if (job_exit(&list.jobs[i]) > *worst)
            *worst = job_exit(&list.jobs[i]);
    }
    return code;
}

static int wait_for_end(struct api *a, uint32_t first)
{
    int worst = EXIT_DONE;
    for (long pause = WAIT_FIRST_MS;; pause = pause < WAIT_MAX_MS ? 2 * pause : WAIT_MAX_MS) {
        uint32_t left = 0;
        enum err code = look(a, first, &left, &worst);
        if (code == ERR_NONE && left == 0) return worst;
        /* A daemon that is started again does not end the wait. */
        if (code != ERR_NONE && code != ERR_UNAVAILABLE)
            return say_failure(a->name, code, &a->error);
        struct timespec t = {.tv_sec = pause / 1000, .tv_nsec = pause % 1000 * 1000000};
        nanosleep(&t, NULL);
    }
}

static void say_submitted(const struct api *a, const struct sbatch_request *r,
                          const struct submit_reply *reply)
{
    /* As in Slurm, who names the cluster is told it. */
    struct str site = r->clusters_given && r->spec.site_count == 1 ? r->spec.sites[0] : STR("");
    if (r->parsable)
        printf("%" PRIu32 "%s" STR_FMT "\n", reply->job_id, site.len > 0 ? ";" : "", STR_ARG(site));
    else if (!r->quiet)
        printf("Submitted batch job %" PRIu32 "%s" STR_FMT "\n", reply->job_id,
               site.len > 0 ? " on cluster " : "", STR_ARG(site));
    bool told = r->parsable || r->quiet || strcmp(a->name, "sbatch") == 0;
    if (told || str_eqz(reply->state, "REFUSED")) return;
    if (reply->pool.len > 0)
        printf("It starts in pool %.*s.\n", STR_ARG(reply->pool));
    else
        printf("It waits (%.*s). %.*s\nTell me more: berth why %" PRIu32 "\n",
               STR_ARG(reply->reason), STR_ARG(reply->sentence), reply->job_id);
}

static void say_refused(const struct api *a, const struct submit_reply *reply)
{
    struct buf text = {0};
    buf_printf(&text, "job %" PRIu32 " is refused by law", reply->job_id);
    if (reply->sentence.len > 0) buf_printf(&text, ": " STR_FMT, STR_ARG(reply->sentence));
    if (reply->rule.len > 0) buf_printf(&text, "\nrule " STR_FMT, STR_ARG(reply->rule));
    if (reply->cite.len > 0) buf_printf(&text, " [" STR_FMT "]", STR_ARG(reply->cite));
    say_error(a->name, "%s\nwhat would change it: berth why %" PRIu32, text.p, reply->job_id);
    buf_release(&text);
}

static int submit(struct api *a, struct submission *s)
{
    char key[CLIENT_KEY_MAX];
    struct submit_reply reply;
    const struct sbatch_request *r = &s->request;
    enum err code = api_submit(a, &s->request.spec, client_new_key(key), &reply);
    if (code != ERR_NONE) return api_fail(a, code);
    bool refused = str_eqz(reply.state, "REFUSED");
    uint32_t first = reply.job_id;
    if (r->json)
        api_print_json(a);
    else
        say_submitted(a, r, &reply);
    if (refused && !r->json) say_refused(a, &reply);
    fflush(stdout);
    int exit_code = refused ? EXIT_LAW : EXIT_DONE;
    if (r->wait && !refused) exit_code = wait_for_end(a, first);
    return api_close(a, say_end(a->name, exit_code));
}

/* sbatch --usage: one line. */
static int say_usage(const char *name)
{
    printf("Usage: %s %s\n", name, command_find(name)->usage);
    return say_end(name, EXIT_DONE);
}

static int run(int argc, char **argv, bool plan_only)
{
    struct submission s = {0};
    struct api a;
    int exit_code = api_open(&a, argv[0]);
    if (exit_code != EXIT_DONE) return exit_code;
    /* The job is read into an arena of its own: --wait empties the other. */
    struct arena arena;
    arena_init(&arena);
    enum err code = read_job(&s, argc, argv, &arena, &a.error);
    const struct sbatch_request *r = &s.request;
    if (code != ERR_NONE)
        exit_code = api_fail(&a, code);
    else if (r->help)
        exit_code = api_close(&a, command_usage(command_find(argv[0])));
    else if (r->usage)
        exit_code = api_close(&a, say_usage(argv[0]));
    else if (r->version)
        exit_code = api_close(&a, cmd_version(argc, argv));
    else {
        for (uint32_t i = 0; i < r->note_count && !r->quiet; i++)
            say_note(argv[0], "%.*s", STR_ARG(r->notes[i]));
        exit_code = plan_only || r->test_only ? plan(&a, &s) : submit(&a, &s);
    }
    buf_release(&s.text);
    arena_release(&arena);
    return exit_code;
}

int cmd_submit(int argc, char **argv)
{
    return run(argc, argv, false);
}

int cmd_plan(int argc, char **argv)
{
    return run(argc, argv, true);
}
