#include "cli/job_rows.h"

#include "base/check.h"
#include "base/mem.h"
#include "cli/lists.h"
#include "cli/times.h"
#include "core/job.h"
#include "engine/output_path.h"
#include "model/limits.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int state_of(const struct job_view *job)
{
    for (int s = 0; s < JOB_STATE_COUNT; s++)
        if (str_eqz(job->state, job_state_names[s])) return s;
    return JOB_STATE_COUNT;
}

static bool is_state(struct str word)
{
    for (int s = 0; s < JOB_STATE_COUNT; s++)
        if (list_has(word, str_of(job_state_names[s])) ||
            list_has(word, str_of(job_state_codes[s])))
            return true;
    return list_has(word, STR("all"));
}

enum err job_states_check(struct str list, struct errtext *error)
{
    struct str word;
    while (list_next(&list, &word)) {
        if (is_state(word)) continue;
        struct buf names = {0};
        for (int s = 0; s < JOB_STATE_COUNT; s++)
            buf_printf(&names, " %s(%s)", job_state_names[s], job_state_codes[s]);
        enum err e = err_set(error, ERR_INVALID,
                             "Invalid job state specified: " STR_FMT "; there are: all%s",
                             STR_ARG(word), names.p);
        buf_release(&names);
        return e;
    }
    return ERR_NONE;
}

bool job_view_is_unlimited(const struct job_view *job)
{
    return job->time_limit_ms == 0 || job->time_limit_ms >= TIME_LIMIT_MAX_MS;
}

bool job_view_is_pending(const struct job_view *job)
{
    return str_eqz(job->state, job_state_names[JOB_PENDING]);
}

bool job_view_is_ended(const struct job_view *job)
{
    int s = state_of(job);
    return s < JOB_STATE_COUNT && job_state_is_ended(s);
}

int64_t job_elapsed_ms(const struct job_view *job, int64_t now_ms)
{
    if (job->start_ms == 0) return 0;
    int64_t end = job->end_ms != 0 ? job->end_ms : now_ms;
    return end > job->start_ms ? end - job->start_ms : 0;
}

void job_view_id(const struct job_view *job, struct buf *out)
{
    if (job->is_array)
        buf_printf(out, "%" PRIu32 "_%" PRIu32, job->array_job_id, job->array_task_id);
    else
        buf_printf(out, "%" PRIu32, job->job_id);
}

void job_row_tasks(const struct job_row *row, struct buf *out)
{
    buf_put_str(out, row->tasks);
    if (row->job->array_limit > 0) buf_printf(out, "%%%" PRIu32, row->job->array_limit);
}

void job_row_id(const struct job_row *row, struct buf *out)
{
    if (row->tasks.len == 0) {
        job_view_id(row->job, out);
        return;
    }
    buf_printf(out, "%" PRIu32 "_[", row->job->array_job_id);
    job_row_tasks(row, out);
    buf_putc(out, ']');
}

struct str job_first_node(const struct job_view *j, char name[NODE_NAME_MAX])
{
    struct arena arena;
    struct errtext error;
    struct pool p = {0}; /* only its ranges are used */
    arena_init(&arena);
    struct str first = {0};
    if (hostlist_parse(j->nodes, &arena, &p.ranges, &p.range_count, &error) == ERR_NONE &&
        p.range_count > 0)
        first = str_of(pool_node_name(&p, 0, name));
    arena_release(&arena);
    return first;
}

struct str job_output_file(const struct job_view *j, bool errors, struct arena *arena)
{
    struct str pattern = errors && j->stderr_path.len > 0 ? j->stderr_path : j->stdout_path;
    char node[NODE_NAME_MAX];
    struct output_names names = {
        .job = {j->job_id},
        .array_job = {j->is_array ? j->array_job_id : 0},
        .array_task = j->array_task_id,
        .job_name = j->name,
        .user = j->user,
        .node = job_first_node(j, node),
    };
    return output_path(pattern, j->workdir, &names, arena);
}

/* ---- arrays in one row ---------------------------------------------------------------------- */

/* Where the waiting tasks of an array stand: sorted by array, then task. */
struct waiting {
    uint32_t array, task;
    size_t at; /* index in the list */
};

static int waiting_cmp(const void *pa, const void *pb)
{
    const struct waiting *a = pa;
    const struct waiting *b = pb;
    if (a->array != b->array) return a->array < b->array ? -1 : 1;
    if (a->task != b->task) return a->task < b->task ? -1 : 1;
    return a->at < b->at ? -1 : a->at > b->at;
}

/* One row for the tasks w[0 .. n-1] of one array, at the place of the earliest in the list. */
static void collapse_one(const struct job_list *list, const struct waiting *w, size_t n,
                         struct arena *arena, struct job_row *by_place)
{
    uint32_t *ids = ARENA_ARRAY(arena, n, uint32_t);
    size_t first = w[0].at;
    for (size_t i = 0; i < n; i++) {
        ids[i] = w[i].task;
        if (w[i].at < first) first = w[i].at;
    }
    struct buf text = {0};
    ranges_put(&text, ids, n, ARRAY_TEXT_MAX);
    by_place[first] = (struct job_row){.job = &list->jobs[w[0].at],
                                       .tasks = str_copy(arena, buf_str(&text)),
                                       .task_count = (uint32_t)n};
    buf_release(&text);
}

void job_rows_make(const struct job_list *list, bool collapse, struct arena *arena,
                   struct job_row **rows_out, size_t *count_out)
{
    struct job_row *rows = ARENA_ARRAY(arena, list->count, struct job_row);
    struct waiting *w = mem_alloc(list->count, sizeof *w);
    size_t waiting = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct job_view *j = &list->jobs[i];
        if (collapse && j->is_array && job_view_is_pending(j))
            w[waiting++] = (struct waiting){j->array_job_id, j->array_task_id, i};
        else
            rows[i] = (struct job_row){.job = j, .task_count = 1};
    }
    qsort(w, waiting, sizeof *w, waiting_cmp);
    for (size_t i = 0; i < waiting;) {
        size_t n = 1;
        while (i + n < waiting && w[i + n].array == w[i].array) n++;
        collapse_one(list, w + i, n, arena, rows);
        i += n;
    }
    mem_free(w);
    size_t count = 0;
    for (uint32_t i = 0; i < list->count; i++)
        if (rows[i].job != NULL) rows[count++] = rows[i];
    *rows_out = rows;
    *count_out = count;
}

/* ---- order ---------------------------------------------------------------------------------- */

enum { SORT_KEYS_MAX = 16 };

struct sort_keys {
    struct {
        char letter;
        bool down;
    } key[SORT_KEYS_MAX];
    int count;
};

static int cmp_i64(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_by(char letter, const struct job_view *a, const struct job_view *b)
{
    switch (letter) {
    case 'i':
    case 'A':
    case 'F': return cmp_i64(a->job_id, b->job_id);
    case 'P': return str_cmp(a->partition, b->partition);
    case 'j': return str_cmp(a->name, b->name);
    case 'u': return str_cmp(a->user, b->user);
    case 'U': return cmp_i64(a->uid, b->uid);
    case 'a': return str_cmp(a->account, b->account);
    case 't':
    case 'T': return cmp_i64(state_of(a), state_of(b));
    case 'p':
    case 'Q': /* the order of the queue: then whose account has had less */
        if (a->priority != b->priority) return cmp_i64(a->priority, b->priority);
        return cmp_i64(b->account_score, a->account_score);
    case 'M': return cmp_i64(b->start_ms, a->start_ms);
    case 'l': return cmp_i64(a->time_limit_ms, b->time_limit_ms);
    case 'L': return cmp_i64(a->start_ms + a->time_limit_ms, b->start_ms + b->time_limit_ms);
    case 'S': return cmp_i64(a->start_ms, b->start_ms);
    case 'e': return cmp_i64(a->end_ms, b->end_ms);
    case 'V': return cmp_i64(a->submit_ms, b->submit_ms);
    case 'D': return cmp_i64(a->node_count, b->node_count);
    case 'C': return cmp_i64(a->cpus, b->cpus);
    case 'N': return str_cmp(a->nodes, b->nodes);
    case 'q': return str_cmp(a->qos, b->qos);
    case 'r':
    case 'R': return str_cmp(a->reason, b->reason);
    default: return 0;
    }
}

static int row_cmp(const void *pa, const void *pb, void *arg)
{
    const struct sort_keys *keys = arg;
    const struct job_view *a = ((const struct job_row *)pa)->job;
    const struct job_view *b = ((const struct job_row *)pb)->job;
    for (int i = 0; i < keys->count; i++) {
        int c = compare_by(keys->key[i].letter, a, b);
        if (c != 0) return keys->key[i].down ? -c : c;
    }
    return cmp_i64(a->job_id, b->job_id);
}

enum err job_rows_sort(struct job_row *rows, size_t count, struct str text, struct errtext *error)
{
    static const char letters[] = "iAFPjuUatTpQMlLSeVDCNqrR";
    struct sort_keys keys = {0};
    struct str word;
    while (list_next(&text, &word)) {
        bool down = word.p[0] == '-';
        if (down || word.p[0] == '+') word = (struct str){word.p + 1, word.len - 1};
        if (word.len != 1 || strchr(letters, word.p[0]) == NULL || word.p[0] == '\0')
            return err_set(error, ERR_INVALID,
                           "cannot sort by '" STR_FMT "'; the keys are the letters %s, with - "
                           "before for falling order",
                           STR_ARG(word), letters);
        if (keys.count == SORT_KEYS_MAX)
            return err_set(error, ERR_LIMIT, "more than %d sort keys", SORT_KEYS_MAX);
        keys.key[keys.count].letter = word.p[0];
        keys.key[keys.count++].down = down;
    }
    qsort_r(rows, count, sizeof *rows, row_cmp, &keys);
    return ERR_NONE;
}
