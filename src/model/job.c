#include "model/job.h"

#include "base/check.h"
#include "model/fleet.h"

#include <string.h>

const char *const dependency_names[DEPENDENCY_COUNT] = {"after",      "afterany",  "afterok",
                                                        "afternotok", "aftercorr", "singleton"};
const char *const data_class_names[] = {
    "personal", "sensitive-personal", "important", "payment", "public-sector", "public", NULL};
const char *const end_use_names[] = {"commercial-training",
                                     "commercial-inference",
                                     "research",
                                     "supercomputer",
                                     "military-intelligence",
                                     "military",
                                     "wmd",
                                     "us-data-centre",
                                     "other",
                                     NULL};

/* ---- visiting -------------------------------------------------------------------------------- */

static void visit_data_set(struct visit *v, struct data_set *d)
{
    visit_text(v, "class", &d->class);
    visit_text(v, "subject_country", &d->subject_country);
    visit_text(v, "located", &d->located);
    visit_text(v, "accessed_from", &d->accessed_from);
    visit_bool(v, "persons_known", &d->persons_known);
    visit_i64(v, "gb", &d->gb);
    visit_i64(v, "persons", &d->persons);
}

static void visit_dependency(struct visit *v, struct dependency *d)
{
    visit_enum(v, "kind", &d->kind, dependency_names, DEPENDENCY_COUNT);
    visit_u32(v, "job", &d->job);
    visit_bool(v, "of_task", &d->of_task);
    visit_u32(v, "task", &d->task);
    visit_u32(v, "delay_min", &d->delay_min);
}

static void visit_size(struct visit *v, struct job_spec *s)
{
    visit_u32(v, "nodes", &s->nodes);
    visit_u32(v, "nodes_limit", &s->nodes_limit);
    visit_u32(v, "chips", &s->chips);
    visit_u32(v, "chips_per_node", &s->chips_per_node);
    visit_u32(v, "chip_milli", &s->chip_milli);
    visit_u32(v, "shards", &s->shards);
    visit_u32(v, "tasks", &s->tasks);
    visit_u32(v, "tasks_per_node", &s->tasks_per_node);
    visit_u32(v, "cpus_per_task", &s->cpus_per_task);
    visit_u64(v, "mem_mb_per_node", &s->mem_mb_per_node);
    visit_u64(v, "mem_mb_per_chip", &s->mem_mb_per_chip);
    visit_u64(v, "mem_mb_per_cpu", &s->mem_mb_per_cpu);
    visit_bool(v, "exclusive", &s->exclusive);
    visit_bool(v, "contiguous", &s->contiguous);
    visit_u32(v, "switches", &s->switches);
    visit_i64(v, "switches_wait_ms", &s->switches_wait_ms);
}

static void visit_where(struct visit *v, struct job_spec *s)
{
    visit_texts(v, "chip_kinds", &s->chip_kinds, &s->chip_kind_count, LIST_MAX);
    visit_texts(v, "chip_prefer", &s->chip_prefer, &s->chip_prefer_count, LIST_MAX);
    visit_texts(v, "partitions", &s->partitions, &s->partition_count, LIST_MAX);
    visit_texts(v, "sites", &s->sites, &s->site_count, LIST_MAX);
    visit_texts(v, "not_sites", &s->not_sites, &s->not_site_count, LIST_MAX);
    visit_texts(v, "countries", &s->countries, &s->country_count, LIST_MAX);
    visit_i64(v, "max_uusd_per_chip_h", &s->max_uusd_per_chip_h);
}

static void visit_work(struct visit *v, struct job_work *w)
{
    visit_text(v, "type", &w->type);
    visit_i64(v, "steps", &w->steps);
    visit_i64(v, "steps_done", &w->steps_done);
    visit_text(v, "seen_chip", &w->seen_chip);
    visit_u32(v, "seen_chips", &w->seen_chips);
    visit_text(v, "saved_site", &w->saved_site);
    visit_i64(v, "checkpoint_gb", &w->checkpoint_gb);
    visit_i64(v, "seen_usteps_per_s", &w->seen_usteps_per_s);
}

static void visit_array_tasks(struct visit *v, struct job_spec *s)
{
    size_t n = v->reading ? 0 : s->array_count;
    if (v->reading) {
        s->array_tasks = NULL;
        s->array_count = 0;
    }
    if (!visit_list(v, "array_tasks", &n, ARRAY_TASKS_MAX)) return;
    if (v->reading) {
        s->array_tasks = ARENA_ARRAY(v->arena, n, uint32_t);
        s->array_count = (uint32_t)n;
    }
    for (size_t i = 0; i < n; i++) visit_u32(v, NULL, &s->array_tasks[i]);
    visit_list_end(v);
}

static void visit_when(struct visit *v, struct job_spec *s)
{
    visit_i64(v, "time_limit_ms", &s->time_limit_ms);
    visit_i64(v, "begin_ms", &s->begin_ms);
    visit_i64(v, "deadline_ms", &s->deadline_ms);
    VISIT_ARRAY(v, "dependencies", s->dependencies, s->dependency_count, DEPENDENCY_MAX,
                visit_dependency);
    visit_bool(v, "dependency_any", &s->dependency_any);
    visit_i32(v, "priority", &s->priority);
    visit_i32(v, "nice", &s->nice);
    visit_text(v, "qos", &s->qos);
    visit_bool(v, "hold", &s->hold);
    visit_array_tasks(v, s);
    visit_u32(v, "array_limit", &s->array_limit);
    visit_work(v, &s->work);
}

static void visit_law_facts(struct visit *v, struct job_spec *s)
{
    visit_text(v, "purpose", &s->purpose);
    VISIT_ARRAY(v, "data", s->data, s->data_count, DATA_SETS_MAX, visit_data_set);
    visit_bool(v, "data_known", &s->data_known);
    visit_texts(v, "evidence", &s->evidence, &s->evidence_count, LIST_MAX);
    visit_text(v, "end_user", &s->end_user);
}

static void visit_running(struct visit *v, struct job_spec *s)
{
    visit_bool(v, "no_requeue", &s->no_requeue);
    visit_u32(v, "checkpoint_s", &s->checkpoint_s);
    visit_u32(v, "checkpoint_cost_s", &s->checkpoint_cost_s);
    visit_u32(v, "restart_cost_s", &s->restart_cost_s);
    visit_u32(v, "signal_number", &s->signal_number);
    visit_u32(v, "signal_before_s", &s->signal_before_s);
    visit_bool(v, "signal_shell", &s->signal_shell);
    visit_text(v, "workdir", &s->workdir);
    visit_text(v, "stdin_path", &s->stdin_path);
    visit_text(v, "stdout_path", &s->stdout_path);
    visit_text(v, "stderr_path", &s->stderr_path);
    visit_bool(v, "output_append", &s->output_append);
    visit_text(v, "comment", &s->comment);
    visit_text(v, "submit_host", &s->submit_host);
    visit_text(v, "wrapper", &s->wrapper);
}

void visit_job_spec_light(struct visit *v, struct job_spec *s)
{
    visit_text(v, "name", &s->name);
    visit_text(v, "tenant", &s->tenant);
    visit_text(v, "user", &s->user);
    visit_u32(v, "uid", &s->uid);
    visit_u32(v, "gid", &s->gid);
    visit_size(v, s);
    visit_where(v, s);
    visit_when(v, s);
    visit_law_facts(v, s);
    visit_running(v, s);
}

/* Arguments and environment are bytes of another program's choosing, not always UTF-8. */
static void visit_byte_strings(struct visit *v, const char *key, struct str **items,
                               uint32_t *count)
{
    size_t n = v->reading ? 0 : *count;
    if (v->reading) {
        *items = NULL;
        *count = 0;
    }
    if (!visit_list(v, key, &n, ENV_COUNT_MAX)) return;
    if (v->reading) {
        *items = ARENA_ARRAY(v->arena, n, struct str);
        *count = (uint32_t)n;
    }
    for (size_t i = 0; i < n; i++) visit_bytes(v, NULL, &(*items)[i]);
    visit_list_end(v);
}

void visit_job_spec(struct visit *v, struct job_spec *s)
{
    visit_job_spec_light(v, s);
    visit_bytes(v, "script", &s->script);
    visit_byte_strings(v, "arguments", &s->arguments, &s->argument_count);
    visit_byte_strings(v, "environment", &s->environment, &s->environment_count);
}

static void keep_text(struct arena *arena, struct str *text)
{
    *text = text->len > 0 ? str_copy(arena, *text) : (struct str){0};
}

static struct str *keep_texts(struct arena *arena, const struct str *texts, uint32_t count)
{
    if (count == 0) return NULL;
    struct str *kept = ARENA_ARRAY(arena, count, struct str);
    for (uint32_t i = 0; i < count; i++) kept[i] = str_copy(arena, texts[i]);
    return kept;
}

static void *keep_array(struct arena *arena, const void *items, size_t count, size_t size)
{
    if (count == 0) return NULL;
    void *kept = arena_alloc(arena, count, size);
    memcpy(kept, items, count * size);
    return kept;
}

/* Written out because every submission makes two copies; a test compares it with the visited form and
 * looks for memory that is still shared. */
void job_spec_copy_light(const struct job_spec *from, struct arena *arena, struct job_spec *out)
{
    *out = *from;
    struct str *texts[] = {
        &out->name,        &out->tenant,      &out->user,           &out->qos,
        &out->purpose,     &out->end_user,    &out->workdir,        &out->stdin_path,
        &out->stdout_path, &out->stderr_path, &out->comment,        &out->submit_host,
        &out->wrapper,     &out->work.type,   &out->work.seen_chip, &out->work.saved_site};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) keep_text(arena, texts[i]);
    out->chip_kinds = keep_texts(arena, from->chip_kinds, from->chip_kind_count);
    out->chip_prefer = keep_texts(arena, from->chip_prefer, from->chip_prefer_count);
    out->partitions = keep_texts(arena, from->partitions, from->partition_count);
    out->sites = keep_texts(arena, from->sites, from->site_count);
    out->not_sites = keep_texts(arena, from->not_sites, from->not_site_count);
    out->countries = keep_texts(arena, from->countries, from->country_count);
    out->evidence = keep_texts(arena, from->evidence, from->evidence_count);
    out->dependencies =
        keep_array(arena, from->dependencies, from->dependency_count, sizeof *out->dependencies);
    out->array_tasks =
        keep_array(arena, from->array_tasks, from->array_count, sizeof *out->array_tasks);
    out->data = keep_array(arena, from->data, from->data_count, sizeof *out->data);
    for (uint32_t i = 0; i < out->data_count; i++) {
        keep_text(arena, &out->data[i].class);
        keep_text(arena, &out->data[i].subject_country);
        keep_text(arena, &out->data[i].located);
        keep_text(arena, &out->data[i].accessed_from);
    }
    out->script = (struct str){0};
    out->arguments = out->environment = NULL;
    out->argument_count = out->environment_count = 0;
}

/* ---- checking -------------------------------------------------------------------------------- */

static bool in_range(int64_t x, int64_t lo, int64_t hi)
{
    return lo <= x && x <= hi;
}

static enum err check_texts(const struct job_spec *s, struct errtext *error)
{
    const struct {
        const char *what;
        struct str text;
        size_t max;
    } rows[] = {
        {"job name", s->name, NAME_LEN_MAX},
        {"user", s->user, NAME_LEN_MAX},
        {"qos", s->qos, NAME_LEN_MAX},
        {"workdir", s->workdir, TEXT_LEN_MAX},
        {"input", s->stdin_path, TEXT_LEN_MAX},
        {"output", s->stdout_path, TEXT_LEN_MAX},
        {"error file", s->stderr_path, TEXT_LEN_MAX},
        {"comment", s->comment, TEXT_LEN_MAX},
        {"submit host", s->submit_host, NAME_LEN_MAX},
        {"wrapper", s->wrapper, NAME_LEN_MAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!text_is_valid(rows[i].text, rows[i].max))
            return err_set(error, ERR_INVALID,
                           "%s: longer than %zu bytes, not UTF-8, or with control characters",
                           rows[i].what, rows[i].max);
    if (s->tenant.len > 0 && !id_is_valid(s->tenant))
        return err_set(error, ERR_INVALID, "account '" STR_FMT "': not a valid id",
                       STR_ARG(s->tenant));
    if (s->end_user.len > 0 && !id_is_valid(s->end_user))
        return err_set(error, ERR_INVALID, "end user '" STR_FMT "': not a valid id",
                       STR_ARG(s->end_user));
    return ERR_NONE;
}

static enum err check_work(const struct job_work *w, struct errtext *error)
{
    if (!text_is_valid(w->type, NAME_LEN_MAX))
        return err_set(error, ERR_INVALID,
                       "job type: longer than %d bytes, not UTF-8, or with control characters",
                       (int)NAME_LEN_MAX);
    if (!in_range(w->steps, 0, WORK_STEPS_MAX) || !in_range(w->steps_done, 0, WORK_STEPS_MAX))
        return err_set(error, ERR_INVALID, "steps: 0 to %lld are possible",
                       (long long)WORK_STEPS_MAX);
    if (w->steps > 0 && w->steps_done > w->steps)
        return err_set(error, ERR_INVALID, "steps: %lld are done of %lld", (long long)w->steps_done,
                       (long long)w->steps);
    if (!in_range(w->seen_usteps_per_s, 0, USTEPS_PER_S_MAX) ||
        (w->seen_chip.len > 0 && !id_is_valid(w->seen_chip)) ||
        (w->saved_site.len > 0 && !id_is_valid(w->saved_site)) ||
        !in_range(w->checkpoint_gb, 0, DATA_GB_MAX))
        return err_set(error, ERR_INVALID, "the speed or checkpoint seen: out of range");
    return ERR_NONE;
}

static enum err check_share(const struct job_spec *s, struct errtext *error)
{
    if (!job_spec_shares(s)) return ERR_NONE;
    if (s->chip_milli >= CHIP_MILLI || s->shards > CHIP_MILLI)
        return err_set(error, ERR_LIMIT,
                       "part of a chip: at most 999 thousandths, or %d shards, are possible",
                       (int)CHIP_MILLI);
    if (s->chip_milli > 0 && s->shards > 0)
        return err_set(error, ERR_INVALID, "part of a chip is stated in two ways; state one");
    if (s->chips != 1 || s->chips_per_node > 0 || s->nodes > 1)
        return err_set(error, ERR_INVALID,
                       "a job takes part of one chip, or whole chips; for parts of several chips "
                       "submit several jobs");
    return ERR_NONE;
}

static enum err check_chips(const struct job_spec *s, struct errtext *error)
{
    enum err e = check_share(s, error);
    if (e != ERR_NONE) return e;
    if (s->switches > JOB_NODES_MAX || !in_range(s->switches_wait_ms, 0, TIME_LIMIT_MAX_MS))
        return err_set(error, ERR_LIMIT,
                       "switches: at most %d, and a wait of ten years, are possible",
                       (int)JOB_NODES_MAX);
    if (s->chips_per_node > CHIPS_PER_NODE_MAX)
        return err_set(error, ERR_LIMIT, "%u chips a node; at most %d are possible",
                       s->chips_per_node, (int)CHIPS_PER_NODE_MAX);
    if (s->chips > (uint32_t)JOB_NODES_MAX * CHIPS_PER_NODE_MAX)
        return err_set(error, ERR_LIMIT, "%u chips; at most %d are possible", s->chips,
                       JOB_NODES_MAX * CHIPS_PER_NODE_MAX);
    if (s->chips > 0 && s->chips_per_node > 0 &&
        (uint64_t)s->chips_per_node * (s->nodes > 0 ? s->nodes : 1) != s->chips)
        return err_set(error, ERR_INVALID,
                       "%u chips in all do not agree with %u on each of %u "
                       "nodes; state one of them",
                       s->chips, s->chips_per_node, s->nodes > 0 ? s->nodes : 1);
    if (s->chips > 0 && s->nodes > s->chips)
        return err_set(error, ERR_INVALID, "%u nodes for %u chips: each node needs at least one",
                       s->nodes, s->chips);
    return ERR_NONE;
}

static enum err check_size(const struct job_spec *s, struct errtext *error)
{
    if (s->nodes > JOB_NODES_MAX || s->nodes_limit > JOB_NODES_MAX)
        return err_set(error, ERR_LIMIT, "more than %d nodes", (int)JOB_NODES_MAX);
    if (s->nodes_limit != 0 && s->nodes_limit < s->nodes)
        return err_set(error, ERR_INVALID, "nodes: at most %u is below at least %u", s->nodes_limit,
                       s->nodes);
    if (s->tasks > JOB_TASKS_MAX || s->tasks_per_node > JOB_TASKS_MAX)
        return err_set(error, ERR_LIMIT, "more than %d tasks", (int)JOB_TASKS_MAX);
    if (s->cpus_per_task > CPUS_PER_NODE_MAX)
        return err_set(error, ERR_LIMIT, "more than %d CPUs a task", (int)CPUS_PER_NODE_MAX);
    if ((s->mem_mb_per_node != 0) + (s->mem_mb_per_chip != 0) + (s->mem_mb_per_cpu != 0) > 1)
        return err_set(error, ERR_INVALID,
                       "memory is stated in two ways; state it by node, by chip or by CPU");
    if (s->mem_mb_per_node > MEM_MB_PER_NODE_MAX || s->mem_mb_per_chip > MEM_MB_PER_NODE_MAX ||
        s->mem_mb_per_cpu > MEM_MB_PER_NODE_MAX)
        return err_set(error, ERR_LIMIT, "memory: more than %d MB", (int)MEM_MB_PER_NODE_MAX);
    if (s->mem_mb_per_chip != 0 && s->chips == 0 && s->chips_per_node == 0)
        return err_set(error, ERR_INVALID, "memory by chip, but the job asks for no chips");
    return check_chips(s, error);
}

static enum err check_ids(const char *what, const struct str *items, uint32_t count,
                          struct errtext *error)
{
    if (count > LIST_MAX)
        return err_set(error, ERR_LIMIT, "%s: %u names; at most %d are allowed", what, count,
                       (int)LIST_MAX);
    for (uint32_t i = 0; i < count; i++)
        if (!id_is_valid(items[i]))
            return err_set(error, ERR_INVALID, "%s: '" STR_FMT "' is not a valid name", what,
                           STR_ARG(items[i]));
    return ERR_NONE;
}

static enum err check_where(const struct job_spec *s, struct errtext *error)
{
    enum err e = check_ids("chip kinds", s->chip_kinds, s->chip_kind_count, error);
    if (e == ERR_NONE)
        e = check_ids("preferred chips", s->chip_prefer, s->chip_prefer_count, error);
    if (e == ERR_NONE) e = check_ids("partitions", s->partitions, s->partition_count, error);
    if (e == ERR_NONE) e = check_ids("sites", s->sites, s->site_count, error);
    if (e == ERR_NONE) e = check_ids("not_sites", s->not_sites, s->not_site_count, error);
    if (e == ERR_NONE) e = check_ids("countries", s->countries, s->country_count, error);
    if (e == ERR_NONE) e = check_ids("evidence", s->evidence, s->evidence_count, error);
    if (e != ERR_NONE) return e;
    for (uint32_t i = 0; i < s->country_count; i++)
        if (!country_is_valid(s->countries[i]))
            return err_set(error, ERR_INVALID, "country '" STR_FMT "': not two capital letters",
                           STR_ARG(s->countries[i]));
    if (!in_range(s->max_uusd_per_chip_h, 0, PRICE_MAX_UUSD))
        return err_set(error, ERR_INVALID, "the highest price is out of range");
    return ERR_NONE;
}

static enum err check_when(const struct job_spec *s, struct errtext *error)
{
    if (!in_range(s->time_limit_ms, 0, TIME_LIMIT_MAX_MS))
        return err_set(error, ERR_INVALID, "the time limit is negative or over ten years");
    if (s->begin_ms < 0 || s->deadline_ms < 0)
        return err_set(error, ERR_INVALID, "begin or deadline is before 1970");
    if (s->deadline_ms != 0 && s->deadline_ms <= s->begin_ms)
        return err_set(error, ERR_INVALID, "the deadline is not after the begin time");
    if (s->dependency_count > DEPENDENCY_MAX)
        return err_set(error, ERR_LIMIT, "%u dependencies; at most %d are allowed",
                       s->dependency_count, (int)DEPENDENCY_MAX);
    for (uint32_t i = 0; i < s->dependency_count; i++) {
        const struct dependency *d = &s->dependencies[i];
        bool has_job = d->job != 0;
        if (d->kind < 0 || d->kind >= DEPENDENCY_COUNT ||
            has_job == (d->kind == DEPENDENCY_SINGLETON))
            return err_set(error, ERR_INVALID, "dependency %u names no job", i + 1);
        if (d->delay_min > 0 && (d->kind != DEPENDENCY_AFTER || s->dependency_any))
            return err_set(error, ERR_INVALID,
                           "dependency %u: only 'after' has a delay, and not beside '?'", i + 1);
        if (d->delay_min > DEPENDENCY_DELAY_MIN_MAX)
            return err_set(error, ERR_LIMIT, "dependency %u: a delay is at most %d minutes", i + 1,
                           (int)DEPENDENCY_DELAY_MIN_MAX);
    }
    if (s->array_count > ARRAY_TASKS_MAX)
        return err_set(error, ERR_LIMIT, "%u array tasks; at most %d are allowed", s->array_count,
                       (int)ARRAY_TASKS_MAX);
    for (uint32_t i = 1; i < s->array_count; i++)
        if (s->array_tasks[i - 1] >= s->array_tasks[i])
            return err_set(error, ERR_INVALID, "array tasks are not in order or not distinct");
    return ERR_NONE;
}

static bool is_among(struct str word, const char *const *names)
{
    for (size_t i = 0; names[i] != NULL; i++)
        if (str_eqz(word, names[i])) return true;
    return false;
}

/* "a, b, c" for a message. */
static const char *join(const char *const *names, char *out, size_t room)
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; names[i] != NULL; i++) {
        size_t need = strlen(names[i]) + 2;
        if (len + need >= room) break;
        if (i > 0) {
            memcpy(out + len, ", ", 3);
            len += 2;
        }
        memcpy(out + len, names[i], need - 1);
        len += need - 2;
    }
    return out;
}

static enum err check_law_facts(const struct job_spec *s, struct errtext *error)
{
    char words[256];
    if (s->purpose.len > 0 && !is_among(s->purpose, end_use_names))
        return err_set(error, ERR_INVALID, "purpose '" STR_FMT "' is none of: %s",
                       STR_ARG(s->purpose), join(end_use_names, words, sizeof words));
    if (s->data_count > DATA_SETS_MAX)
        return err_set(error, ERR_LIMIT, "%u data sets; at most %d are allowed", s->data_count,
                       (int)DATA_SETS_MAX);
    for (uint32_t i = 0; i < s->data_count; i++) {
        const struct data_set *d = &s->data[i];
        if (!is_among(d->class, data_class_names))
            return err_set(error, ERR_INVALID, "data class '" STR_FMT "' is none of: %s",
                           STR_ARG(d->class), join(data_class_names, words, sizeof words));
        const struct str *countries[] = {&d->subject_country, &d->located, &d->accessed_from};
        for (size_t k = 0; k < 3; k++)
            if (countries[k]->len > 0 && !country_is_valid(*countries[k]))
                return err_set(error, ERR_INVALID,
                               "data: country '" STR_FMT "': not two capital letters",
                               STR_ARG(*countries[k]));
        if (d->persons < 0) return err_set(error, ERR_INVALID, "data: negative persons");
        if (!in_range(d->gb, 0, DATA_GB_MAX))
            return err_set(error, ERR_INVALID, "data: gigabytes out of range");
    }
    if (s->data_count > 0 && !s->data_known)
        return err_set(error, ERR_INVALID, "data sets are listed, yet said to be unknown");
    return ERR_NONE;
}

static enum err check_byte_strings(const char *what, const struct str *items, uint32_t count,
                                   bool are_assignments, struct errtext *error)
{
    uint64_t total = 0;
    if (count > ENV_COUNT_MAX)
        return err_set(error, ERR_LIMIT, "%s: %u entries; at most %d are allowed", what, count,
                       (int)ENV_COUNT_MAX);
    for (uint32_t i = 0; i < count; i++) {
        struct str s = items[i];
        total += s.len + 1;
        if (s.len > 0 && memchr(s.p, '\0', s.len) != NULL)
            return err_set(error, ERR_INVALID, "%s: entry %u has a NUL byte", what, i + 1);
        if (are_assignments && (s.len < 2 || s.p[0] == '=' || memchr(s.p, '=', s.len) == NULL))
            return err_set(error, ERR_INVALID, "%s: entry %u is not NAME=VALUE", what, i + 1);
    }
    if (total > ENV_LEN_MAX)
        return err_set(error, ERR_LIMIT, "%s: more than %d bytes together", what, (int)ENV_LEN_MAX);
    return ERR_NONE;
}

static enum err check_running(const struct job_spec *s, struct errtext *error)
{
    if (s->signal_number > SIGNAL_MAX || s->signal_before_s > SIGNAL_BEFORE_S_MAX)
        return err_set(error, ERR_INVALID,
                       "signal: number 1..%d, at most %d seconds before the end", (int)SIGNAL_MAX,
                       (int)SIGNAL_BEFORE_S_MAX);
    if (s->checkpoint_s > CHECKPOINT_S_MAX)
        return err_set(error, ERR_INVALID, "checkpoint: at most %d seconds", (int)CHECKPOINT_S_MAX);
    if (s->checkpoint_cost_s > CHECKPOINT_S_MAX || s->restart_cost_s > CHECKPOINT_S_MAX)
        return err_set(error, ERR_INVALID, "checkpoint and restart cost: at most %d seconds",
                       (int)CHECKPOINT_S_MAX);
    if (s->script.len > SCRIPT_LEN_MAX)
        return err_set(error, ERR_LIMIT, "the script has %zu bytes; at most %d are allowed",
                       s->script.len, (int)SCRIPT_LEN_MAX);
    if (s->script.len > 0 && !str_starts(s->script, "#!"))
        return err_set(error, ERR_INVALID,
                       "the script does not begin with #!; begin it with the "
                       "path of its interpreter, for instance #!/bin/sh");
    if (s->script.len > 0 && memchr(s->script.p, '\0', s->script.len) != NULL)
        return err_set(error, ERR_INVALID, "the script has a NUL byte; submit a text file");
    enum err e = check_byte_strings("arguments", s->arguments, s->argument_count, false, error);
    if (e != ERR_NONE) return e;
    return check_byte_strings("environment", s->environment, s->environment_count, true, error);
}

enum err job_spec_check(const struct job_spec *s, struct errtext *error)
{
    enum err e = check_texts(s, error);
    if (e == ERR_NONE) e = check_work(&s->work, error);
    if (e == ERR_NONE) e = check_size(s, error);
    if (e == ERR_NONE) e = check_where(s, error);
    if (e == ERR_NONE) e = check_when(s, error);
    if (e == ERR_NONE) e = check_law_facts(s, error);
    if (e == ERR_NONE) e = check_running(s, error);
    return e;
}

bool job_spec_shares(const struct job_spec *s)
{
    return s->chip_milli > 0 || s->shards > 0;
}

uint32_t job_spec_chips(const struct job_spec *s)
{
    if (s->chips > 0) return s->chips;
    return s->chips_per_node * (s->nodes > 0 ? s->nodes : 1);
}
