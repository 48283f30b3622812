#include "cli/targets.h"

#include "cli/args.h"
#include "cli/bulk.h"
#include "cli/job_rows.h"
#include "cli/say.h"
#include "cli/times.h"
#include "model/limits.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum err target_parse(struct str word, struct arena *arena, struct target *out,
                      struct errtext *error)
{
    *out = (struct target){0};
    const char *mark = memchr(word.p, '_', word.len);
    struct str number = {word.p, mark != NULL ? (size_t)(mark - word.p) : word.len};
    uint64_t job = 0;
    if (!str_to_u64(number, &job) || job == 0 || job > UINT32_MAX)
        return err_set(error, ERR_INVALID, "'" STR_FMT "' is not a job id such as 12 or 12_[1-3]",
                       STR_ARG(word));
    out->job = (uint32_t)job;
    if (mark == NULL) return ERR_NONE;
    struct str tasks = {mark + 1, word.len - number.len - 1};
    if (str_eqz(tasks, "*")) return ERR_NONE;
    out->tasks = ARENA_ARRAY(arena, TARGET_TASKS_MAX, uint32_t);
    int n = ranges_parse(tasks, out->tasks, TARGET_TASKS_MAX);
    if (n <= 0)
        return err_set(error, ERR_INVALID, "'" STR_FMT "' does not name array tasks as in 12_[1-3]",
                       STR_ARG(word));
    out->task_count = (uint32_t)n;
    return ERR_NONE;
}

bool target_has(const struct target *t, const struct job_view *job)
{
    if (t->task_count == 0)
        return job->job_id == t->job || (job->is_array && job->array_job_id == t->job);
    if (!job->is_array || job->array_job_id != t->job) return false;
    for (uint32_t i = 0; i < t->task_count; i++)
        if (t->tasks[i] == job->array_task_id) return true;
    return false;
}

/* The next target of a word: commas within brackets do not separate. */
static bool next_target(struct str *rest, struct str *word)
{
    size_t n = 0;
    int depth = 0;
    while (n < rest->len && (rest->p[n] != ',' || depth > 0)) {
        depth += (rest->p[n] == '[') - (rest->p[n] == ']');
        n++;
    }
    *word = (struct str){rest->p, n};
    size_t skip = n < rest->len ? n + 1 : n;
    *rest = (struct str){rest->p + skip, rest->len - skip};
    return word->len > 0;
}

enum err target_set_parse(char *const *words, int count, struct arena *arena,
                          struct target_set *out, struct errtext *error)
{
    *out = (struct target_set){.targets = ARENA_ARRAY(arena, TARGETS_MAX, struct target),
                               .texts = ARENA_ARRAY(arena, TARGETS_MAX, struct str)};
    struct buf ids = {0};
    enum err code = ERR_NONE;
    for (int i = 0; i < count && code == ERR_NONE; i++) {
        struct str rest = str_of(words[i]);
        struct str word;
        while (code == ERR_NONE && next_target(&rest, &word)) {
            if (out->count == TARGETS_MAX) {
                code = err_set(error, ERR_LIMIT, "more than %d jobs are named", TARGETS_MAX);
                break;
            }
            struct target *t = &out->targets[out->count];
            out->texts[out->count++] = word;
            code = target_parse(word, arena, t, error);
            buf_printf(&ids, "%s%" PRIu32, ids.len > 0 ? "," : "", t->job);
        }
    }
    if (code == ERR_NONE && out->count == 0)
        code = err_set(error, ERR_INVALID, "name a job by its id");
    out->ids = str_copy(arena, buf_str(&ids));
    buf_release(&ids);
    return code;
}

/* Is the job one of the set? Marks in `used` (NULL: nothing) each target that names it. */
static bool set_has(const struct target_set *set, const struct job_view *job, bool *used)
{
    bool found = set->count == 0;
    for (uint32_t i = 0; i < set->count; i++) {
        if (!target_has(&set->targets[i], job)) continue;
        found = true;
        if (used != NULL) used[i] = true;
    }
    return found;
}

static void keep(const struct target_set *set, struct job_list *list, bool *used)
{
    uint32_t kept = 0;
    for (uint32_t j = 0; j < list->count; j++)
        if (set_has(set, &list->jobs[j], used)) list->jobs[kept++] = list->jobs[j];
    list->count = kept;
}

void target_set_keep(const struct target_set *set, struct job_list *list)
{
    keep(set, list, NULL);
}

enum err targets_find(struct api *a, char *const *words, int count, struct job_list *out)
{
    struct target_set set;
    enum err code = target_set_parse(words, count, &a->arena, &set, &a->error);
    if (code != ERR_NONE) return code;
    struct job_query query = {.ids = set.ids, .states = STR("all")};
    code = api_jobs(a, &query, out);
    if (code != ERR_NONE) return code;
    bool used[TARGETS_MAX] = {false};
    keep(&set, out, used);
    for (uint32_t i = 0; i < set.count; i++)
        if (!used[i])
            return err_set(&a->error, ERR_NOT_FOUND, "Invalid job id specified: " STR_FMT,
                           STR_ARG(set.texts[i]));
    return ERR_NONE;
}

/* One result, printed; gives its exit code. */
static int report_one(struct api *a, const struct job_view *job, const struct bulk_result *result,
                      const char *done, bool json)
{
    struct buf id = {0};
    int exit_code = EXIT_DONE;
    job_view_id(job, &id);
    if (result->code == ERR_UNAVAILABLE) {
        say_error(a->name, "%s", result->text.p);
        exit_code = EXIT_UNREACHABLE;
    } else if (result->code != ERR_NONE) {
        exit_code = say_error(a->name, "job %s: %s", id.p, result->text.p);
    } else if (json) {
        printf("%.*s\n", STR_ARG(buf_str(&result->text)));
    } else if (done != NULL) {
        printf("%s %s\n", done, id.p);
    }
    buf_release(&id);
    return exit_code;
}

const char *cancel_body(uint32_t signal, bool array, char out[CANCEL_BODY_MAX])
{
    const char *to = (signal & SIGNAL_TO_SHELL) != 0 ? "shell"
                     : (signal & SIGNAL_TO_ALL) != 0 ? "all"
                                                     : "steps";
    snprintf(out, CANCEL_BODY_MAX, "{\"signal\":%" PRIu32 ",\"to\":\"%s\",\"array\":%s}",
             signal & ~(uint32_t)(SIGNAL_TO_SHELL | SIGNAL_TO_ALL), to, array ? "true" : "false");
    return out;
}

int targets_do(struct api *a, const struct job_list *list, const char *action, uint32_t signal,
               const char *done, bool json)
{
    int exit_code = EXIT_DONE;
    char body[CANCEL_BODY_MAX] = "{}";
    if (signal != 0) cancel_body(signal, false, body);
    uint32_t *ids = ARENA_ARRAY(&a->arena, list->count, uint32_t);
    struct bulk_result *results = ARENA_ARRAY(&a->arena, list->count, struct bulk_result);
    for (uint32_t i = 0; i < list->count; i++) ids[i] = list->jobs[i].job_id;
    if (list->count > 0) bulk_act(a, ids, list->count, action, str_of(body), results);
    for (uint32_t i = 0; i < list->count && exit_code != EXIT_UNREACHABLE; i++) {
        int one = report_one(a, &list->jobs[i], &results[i], done, json);
        if (one != EXIT_DONE) exit_code = one;
    }
    bulk_release(results, list->count);
    return exit_code;
}

int targets_act(struct api *a, char *const *words, int count, const char *action, const char *done,
                bool json)
{
    struct job_list list;
    enum err code = targets_find(a, words, count, &list);
    if (code != ERR_NONE) return api_fail(a, code);
    uint32_t kept = 0;
    bool several = list.count > 1;
    for (uint32_t i = 0; i < list.count; i++) {
        /* Tasks of an array that are over do not stand in the way of the others. */
        bool over = several && list.jobs[i].is_array && job_view_is_ended(&list.jobs[i]);
        if (!over) list.jobs[kept++] = list.jobs[i];
    }
    list.count = kept;
    int exit_code = targets_do(a, &list, action, 0, done, json);
    return api_close(a, say_end(a->name, exit_code));
}
