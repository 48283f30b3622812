/* sbatch_lists.c - values that are small languages: arrays, dependencies, signals, data, purposes,
 * environment. */
#include "base/check.h"
#include "base/mem.h"
#include "model/fleet.h"
#include "read/sbatch_options.h"
#include "read/suggest.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* ---- --array=0-7:2,9%4 ----------------------------------------------------------------------- */

enum { ARRAY_TASK_ID_MAX = 4000000 }; /* Slurm's greatest MaxArraySize, less one */

struct task_list {
    uint32_t *ids;
    size_t count, cap;
};

static enum err add_tasks(struct task_list *list, uint32_t lo, uint32_t hi, uint32_t step,
                          struct errtext *error)
{
    for (uint64_t id = lo; id <= hi; id += step) {
        /* Twice the limit leaves room for overlaps, which are merged afterwards. */
        if (list->count == (size_t)2 * ARRAY_TASKS_MAX)
            return err_set(error, ERR_LIMIT, "more than %d tasks", (int)ARRAY_TASKS_MAX);
        list->ids = mem_grow(list->ids, &list->cap, list->count + 1, sizeof *list->ids);
        list->ids[list->count++] = (uint32_t)id;
    }
    return ERR_NONE;
}

static enum err take_tasks(struct task_list *list, struct str piece, struct errtext *error)
{
    struct str range = {0}, step_text = {0}, lo_text = {0}, rest = piece;
    uint32_t lo = 0, hi = 0, step = 1;
    sbatch_split(&rest, ':', &range);
    step_text = rest;
    rest = range;
    sbatch_split(&rest, '-', &lo_text);
    enum err e = sbatch_take_u32(lo_text, 0, ARRAY_TASK_ID_MAX, &lo, error);
    hi = lo;
    if (e == ERR_NONE && rest.len > 0) e = sbatch_take_u32(rest, 0, ARRAY_TASK_ID_MAX, &hi, error);
    if (e == ERR_NONE && step_text.len > 0)
        e = sbatch_take_u32(step_text, 1, ARRAY_TASK_ID_MAX, &step, error);
    if (e == ERR_NONE && hi < lo)
        e = sbatch_bad(piece, "a range of tasks: it runs backwards", error);
    return e == ERR_NONE ? add_tasks(list, lo, hi, step, error) : e;
}

static int u32_cmp(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y ? 1 : 0;
}

enum err sbatch_set_array(struct sbatch_request *r, struct str value, struct errtext *error)
{
    struct task_list list = {0};
    struct str tasks = {0}, limit = value, piece;
    uint32_t limit_n = 0, n = 0;
    sbatch_split(&limit, '%', &tasks);
    if (tasks.len > 2 && tasks.p[0] == '[' &&
        tasks.p[tasks.len - 1] == ']') /* as squeue shows it */
        tasks = (struct str){tasks.p + 1, tasks.len - 2};
    enum err e =
        limit.len > 0 ? sbatch_take_u32(limit, 1, ARRAY_TASKS_MAX, &limit_n, error) : ERR_NONE;
    if (e == ERR_NONE && tasks.len == 0)
        e = sbatch_bad(value, "a list of tasks such as 0-9", error);
    while (e == ERR_NONE && sbatch_split(&tasks, ',', &piece)) e = take_tasks(&list, piece, error);
    if (e == ERR_NONE) {
        qsort(list.ids, list.count, sizeof *list.ids, u32_cmp);
        for (size_t i = 0; i < list.count; i++)
            if (i == 0 || list.ids[i] != list.ids[i - 1]) list.ids[n++] = list.ids[i];
        if (n > ARRAY_TASKS_MAX)
            e = err_set(error, ERR_LIMIT, "%u tasks; at most %d are allowed", n,
                        (int)ARRAY_TASKS_MAX);
    }
    if (e == ERR_NONE) {
        r->spec.array_tasks = ARENA_ARRAY(r->arena, n, uint32_t);
        memcpy(r->spec.array_tasks, list.ids, n * sizeof *list.ids);
        r->spec.array_count = n;
        r->spec.array_limit = limit_n;
    }
    mem_free(list.ids);
    return e;
}

/* ---- --dependency=afterok:1:2_7,afterany:3 ----------------------------------------------------- */

static enum err add_dependency(struct sbatch_request *r, struct dependency d, struct errtext *error)
{
    if (r->spec.dependency_count == DEPENDENCY_MAX)
        return err_set(error, ERR_LIMIT, "more than %d jobs", (int)DEPENDENCY_MAX);
    r->spec.dependencies[r->spec.dependency_count++] = d;
    return ERR_NONE;
}

static enum err take_dependency_job(struct sbatch_request *r, int kind, struct str piece,
                                    struct errtext *error)
{
    struct dependency d = {.kind = kind};
    struct str job = {0}, task = {0}, delay = piece;
    sbatch_split(&delay, '+', &task);
    size_t named = task.len;
    bool has_delay = named < piece.len;
    sbatch_split(&task, '_', &job);
    bool all = str_eqz(task, "*") || job.len == named;
    enum err e = sbatch_take_u32(job, 1, UINT32_MAX - 1, &d.job, error);
    if (e == ERR_NONE && has_delay && kind != DEPENDENCY_AFTER)
        e = err_set(error, ERR_INVALID, "'" STR_FMT "': only 'after' has a delay (+minutes)",
                    STR_ARG(piece));
    if (e == ERR_NONE && has_delay)
        e = sbatch_take_u32(delay, 0, DEPENDENCY_DELAY_MIN_MAX, &d.delay_min, error);
    if (e == ERR_NONE && !all) e = sbatch_take_u32(task, 0, ARRAY_TASK_ID_MAX, &d.task, error);
    d.of_task = !all;
    return e == ERR_NONE ? add_dependency(r, d, error) : e;
}

static enum err take_dependency(struct sbatch_request *r, struct str piece, struct errtext *error)
{
    struct str word = {0}, jobs = piece, job;
    sbatch_split(&jobs, ':', &word);
    if (jobs.len == 0 && word.len > 0 && word.p[0] >= '0' && word.p[0] <= '9') /* "12" alone */
        return take_dependency_job(r, DEPENDENCY_AFTER_ANY, word, error);
    int kind = 0;
    while (kind < DEPENDENCY_COUNT && !str_eqz(word, dependency_names[kind])) kind++;
    if (kind == DEPENDENCY_COUNT)
        return err_set(error, ERR_INVALID,
                       "'" STR_FMT "' is none of: after, afterany, afterok, afternotok, "
                       "aftercorr, singleton",
                       STR_ARG(word));
    if (kind == DEPENDENCY_SINGLETON)
        return jobs.len > 0 ? sbatch_bad(piece, "singleton alone", error)
                            : add_dependency(r, (struct dependency){.kind = kind}, error);
    if (jobs.len == 0) return sbatch_bad(piece, "a kind and job ids, such as afterok:12", error);
    enum err e = ERR_NONE;
    while (e == ERR_NONE && sbatch_split(&jobs, ':', &job))
        e = take_dependency_job(r, kind, job, error);
    return e;
}

enum err sbatch_set_dependency(struct sbatch_request *r, struct str value, struct errtext *error)
{
    struct str piece, rest = value;
    bool any = value.len > 0 && memchr(value.p, '?', value.len) != NULL;
    if (any && memchr(value.p, ',', value.len) != NULL)
        return err_set(error, ERR_INVALID, "',' (all) and '?' (any) cannot be mixed");
    r->spec.dependencies = ARENA_ARRAY(r->arena, DEPENDENCY_MAX, struct dependency);
    r->spec.dependency_count = 0;
    r->spec.dependency_any = any;
    enum err e = ERR_NONE;
    while (e == ERR_NONE && sbatch_split(&rest, any ? '?' : ',', &piece))
        e = take_dependency(r, piece, error);
    if (e == ERR_NONE && r->spec.dependency_count == 0)
        e = err_set(error, ERR_INVALID, "the list is empty");
    return e;
}

/* ---- --signal=B:USR1@120 --------------------------------------------------------------------- */

static bool signal_of(struct str s, uint32_t *out)
{
    static const struct {
        const char *name;
        uint32_t number;
    } names[] = {{"HUP", SIGHUP},   {"INT", SIGINT},   {"QUIT", SIGQUIT}, {"ABRT", SIGABRT},
                 {"KILL", SIGKILL}, {"ALRM", SIGALRM}, {"TERM", SIGTERM}, {"USR1", SIGUSR1},
                 {"USR2", SIGUSR2}, {"URG", SIGURG},   {"CONT", SIGCONT}, {"STOP", SIGSTOP},
                 {"TSTP", SIGTSTP}, {"TTIN", SIGTTIN}, {"TTOU", SIGTTOU}, {"XCPU", SIGXCPU}};
    uint64_t n = 0;
    if (str_to_u64(s, &n)) {
        *out = (uint32_t)n;
        return n >= 1 && n <= SIGNAL_MAX;
    }
    if (str_starts(s, "SIG")) s = (struct str){s.p + 3, s.len - 3};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!str_eqz(s, names[i].name)) continue;
        *out = names[i].number;
        return true;
    }
    return false;
}

enum err sbatch_set_signal(struct sbatch_request *r, struct str value, struct errtext *error)
{
    enum { BEFORE_S_DEFAULT = 60 };
    struct str rest = value, signal = {0};
    uint32_t number = 0, before_s = BEFORE_S_DEFAULT;
    /* "[RB]:": R is about reservations, of which there are none. */
    size_t marks = 0;
    bool shell = false;
    while (marks < rest.len && (rest.p[marks] == 'B' || rest.p[marks] == 'R'))
        shell = rest.p[marks++] == 'B' || shell;
    if (marks < rest.len && rest.p[marks] == ':')
        rest = (struct str){rest.p + marks + 1, rest.len - marks - 1};
    else
        shell = false;
    sbatch_split(&rest, '@', &signal);
    if (!signal_of(signal, &number))
        return sbatch_bad(value, "a signal such as USR1, B:TERM@120", error);
    enum err e =
        rest.len > 0 ? sbatch_take_u32(rest, 0, SIGNAL_BEFORE_S_MAX, &before_s, error) : ERR_NONE;
    if (e != ERR_NONE) return e;
    r->spec.signal_shell = shell;
    r->spec.signal_number = number;
    r->spec.signal_before_s = before_s;
    return ERR_NONE;
}

/* ---- facts of the law ------------------------------------------------------------------------ */

static bool is_among(struct str word, const char *const *names)
{
    for (size_t i = 0; names[i] != NULL; i++)
        if (str_eqz(word, names[i])) return true;
    return false;
}

static enum err bad_word(struct str word, const char *const *names, struct errtext *error)
{
    struct buf list = {0};
    for (size_t i = 0; names[i] != NULL; i++)
        buf_printf(&list, "%s%s", i > 0 ? ", " : "", names[i]);
    const char *near = suggest(word, names);
    enum err e =
        near != NULL
            ? err_set(error, ERR_INVALID, "'" STR_FMT "' is unknown; did you mean '%s'?",
                      STR_ARG(word), near)
            : err_set(error, ERR_INVALID, "'" STR_FMT "' is none of: %s", STR_ARG(word), list.p);
    buf_release(&list);
    return e;
}

/* The end uses of the law, and the shorter words that people say for two of them. */
enum err sbatch_set_purpose(struct sbatch_request *r, struct str value, struct errtext *error)
{
    static const struct {
        const char *word, *end_use;
    } aliases[] = {{"train", "commercial-training"},      {"training", "commercial-training"},
                   {"pretrain", "commercial-training"},   {"finetune", "commercial-training"},
                   {"inference", "commercial-inference"}, {"serve", "commercial-inference"}};
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (str_eqz(value, aliases[i].word)) value = str_of(aliases[i].end_use);
    if (!is_among(value, end_use_names)) return bad_word(value, end_use_names, error);
    r->spec.purpose = str_copy(r->arena, value);
    return ERR_NONE;
}

enum err sbatch_set_evidence(struct sbatch_request *r, struct str value, struct errtext *error)
{
    return sbatch_take_ids(r, value, ',', &r->spec.evidence, &r->spec.evidence_count, error);
}

/* A country code, which people write in small letters here. */
static enum err take_country(struct sbatch_request *r, struct str text, struct str *out,
                             struct errtext *error)
{
    char *code = str_dupz(r->arena, text);
    for (size_t i = 0; i < text.len; i++)
        if (code[i] >= 'a' && code[i] <= 'z') code[i] = (char)(code[i] - 'a' + 'A');
    if (!country_exists((struct str){code, text.len}))
        return sbatch_bad(text, "a country code such as JP", error);
    *out = (struct str){code, text.len};
    return ERR_NONE;
}

static enum err take_data_fact(struct sbatch_request *r, struct data_set *d, struct str piece,
                               struct errtext *error)
{
    struct str key = {0}, text = piece;
    sbatch_split(&text, '=', &key);
    if (str_eqz(key, "located")) return take_country(r, text, &d->located, error);
    if (str_eqz(key, "accessed-from")) return take_country(r, text, &d->accessed_from, error);
    uint64_t n = 0;
    if (str_eqz(key, "gb")) {
        if (!str_to_u64(text, &n) || n > (uint64_t)DATA_GB_MAX)
            return sbatch_bad(text, "a number of gigabytes", error);
        d->gb = (int64_t)n;
        return ERR_NONE;
    }
    if (!str_eqz(key, "persons"))
        return sbatch_bad(piece, "one of located=JP, accessed-from=SG, persons=1000, gb=500",
                          error);
    if (!str_to_u64(text, &n) || n > INT64_MAX) return sbatch_bad(text, "a number", error);
    d->persons_known = true;
    d->persons = (int64_t)n;
    return ERR_NONE;
}

/* CLASS[:COUNTRY][,located=C][,accessed-from=C][,persons=N][,gb=N]; given again it adds a data set. */
enum err sbatch_set_data(struct sbatch_request *r, struct str value, struct errtext *error)
{
    struct job_spec *s = &r->spec;
    if (str_eqz(value, "none")) {
        s->data_count = 0;
        s->data_known = true;
        return ERR_NONE;
    }
    struct data_set d = {0};
    struct str head = {0}, rest = value, piece;
    sbatch_split(&rest, ',', &head);
    sbatch_split(&head, ':', &d.class);
    if (!is_among(d.class, data_class_names)) return bad_word(d.class, data_class_names, error);
    d.class = str_copy(r->arena, d.class);
    enum err e = head.len > 0 ? take_country(r, head, &d.subject_country, error) : ERR_NONE;
    while (e == ERR_NONE && sbatch_split(&rest, ',', &piece))
        e = take_data_fact(r, &d, piece, error);
    if (e != ERR_NONE) return e;
    if (s->data_count == DATA_SETS_MAX)
        return err_set(error, ERR_LIMIT, "more than %d data sets", (int)DATA_SETS_MAX);
    if (s->data == NULL) s->data = ARENA_ARRAY(r->arena, DATA_SETS_MAX, struct data_set);
    s->data[s->data_count++] = d;
    s->data_known = true;
    return ERR_NONE;
}

/* ---- --export=ALL,NAME,NAME=VALUE ------------------------------------------------------------ */

enum err sbatch_set_export(struct sbatch_request *r, struct str value, struct errtext *error)
{
    if (value.len == 0) return err_set(error, ERR_INVALID, "the list is empty");
    r->export = str_copy(r->arena, value);
    r->export_given = true;
    return ERR_NONE;
}

static struct str name_of(struct str entry)
{
    const char *at = entry.len > 0 ? memchr(entry.p, '=', entry.len) : NULL;
    return at != NULL ? (struct str){entry.p, (size_t)(at - entry.p)} : entry;
}

enum err sbatch_put_variable(struct sbatch_request *r, struct str entry, struct errtext *error)
{
    struct job_spec *s = &r->spec;
    if (s->environment == NULL) s->environment = ARENA_ARRAY(r->arena, ENV_COUNT_MAX, struct str);
    struct str name = name_of(entry);
    for (uint32_t i = 0; i < s->environment_count; i++) {
        if (!str_eq(name_of(s->environment[i]), name)) continue;
        s->environment[i] = entry;
        return ERR_NONE;
    }
    if (s->environment_count == ENV_COUNT_MAX)
        return err_set(error, ERR_LIMIT, "more than %d environment variables", (int)ENV_COUNT_MAX);
    s->environment[s->environment_count++] = entry;
    return ERR_NONE;
}

/* One piece between commas that are outside of quotes. */
static bool split_quoted(struct str *rest, struct str *piece)
{
    if (rest->len == 0) return false;
    char quote = 0;
    size_t i = 0;
    for (; i < rest->len; i++) {
        char c = rest->p[i];
        if (quote != 0)
            quote = c == quote ? 0 : quote;
        else if (c == '\'' || c == '"')
            quote = c;
        else if (c == ',')
            break;
    }
    *piece = (struct str){rest->p, i};
    *rest = i < rest->len ? (struct str){rest->p + i + 1, rest->len - i - 1} : (struct str){0};
    return true;
}

/* NAME="a,b" without its quotes. */
static struct str unquoted(struct sbatch_request *r, struct str piece)
{
    struct str name = name_of(piece);
    if (piece.len < name.len + 3) return piece;
    char quote = piece.p[name.len + 1];
    if ((quote != '\'' && quote != '"') || piece.p[piece.len - 1] != quote) return piece;
    return str_of(arena_printf(r->arena, STR_FMT "=" STR_FMT, STR_ARG(name),
                               (int)(piece.len - name.len - 3), piece.p + name.len + 2));
}

static bool is_set(const struct job_spec *s, struct str name)
{
    for (uint32_t i = 0; i < s->environment_count; i++)
        if (str_eq(name_of(s->environment[i]), name)) return true;
    return false;
}

/* The caller's variable of that name; with `all`, each that is not set already. */
static enum err inherit(struct sbatch_request *r, struct str name, bool all, struct errtext *error)
{
    for (char *const *at = r->context->environment; at != NULL && *at != NULL; at++) {
        struct str entry = str_of(*at), its = name_of(entry);
        bool is_slurm = str_starts(its, "SLURM_");
        /* What an outer allocation set would be false in this job. */
        if (all ? is_slurm || str_starts(its, "SBATCH_") : !str_eq(its, name)) continue;
        if (its.len == entry.len || its.len == 0 || (all && is_set(&r->spec, its))) continue;
        enum err e = sbatch_put_variable(r, str_copy(r->arena, entry), error);
        if (e != ERR_NONE) return e;
    }
    return ERR_NONE;
}

static enum err export_piece(struct sbatch_request *r, struct str piece, struct errtext *error)
{
    static const struct str nothing = {0};
    if (str_eqz(piece, "ALL")) return inherit(r, nothing, true, error);
    if (str_eqz(piece, "NONE") || str_eqz(piece, "NIL")) return ERR_NONE;
    struct str name = name_of(piece);
    if (name.len == 0) return sbatch_bad(r->export, "a list such as ALL,NAME,NAME=VALUE", error);
    if (name.len == piece.len) return inherit(r, piece, false, error);
    return sbatch_put_variable(r, unquoted(r, piece), error);
}

enum err sbatch_put_umask(struct sbatch_request *r, struct errtext *error)
{
    const char *mask = r->context->umask;
    if (mask == NULL || is_set(&r->spec, STR("SLURM_UMASK"))) return ERR_NONE;
    return sbatch_put_variable(r, str_of(arena_printf(r->arena, "SLURM_UMASK=%s", mask)), error);
}

enum err sbatch_settle_environment(struct sbatch_request *r, struct errtext *error)
{
    struct str rest = r->export_given ? r->export : STR("ALL"), piece;
    /* ALL first, wherever it stands, so that what is stated wins. */
    enum err e = ERR_NONE;
    for (int pass = 0; pass < 2; pass++) {
        struct str left = rest;
        while (e == ERR_NONE && split_quoted(&left, &piece))
            if (str_eqz(piece, "ALL") == (pass == 0)) e = export_piece(r, piece, error);
    }
    if (e != ERR_NONE) return err_prefix(error, e, "--export");
    return sbatch_put_umask(r, error);
}
