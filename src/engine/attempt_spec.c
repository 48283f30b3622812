#include "engine/attempt_spec.h"

#include "model/limits.h"

const char *const attempt_end_names[ATTEMPT_END_COUNT] = {"exited", "rejected", "lost"};

static void visit_byte_strings(struct visit *v, const char *key, struct str **items,
                               uint32_t *count, size_t max)
{
    size_t n = *count;
    if (!visit_list(v, key, &n, max)) {
        if (v->reading) *count = 0;
        return;
    }
    if (v->reading) {
        *items = arena_alloc(v->arena, n, sizeof **items);
        *count = (uint32_t)n;
    }
    for (size_t i = 0; i < n; i++) visit_bytes(v, NULL, &(*items)[i]);
    visit_list_end(v);
}

void visit_attempt_spec(struct visit *v, struct attempt_spec *s)
{
    visit_u32(v, "job", &s->id.job.v);
    visit_u32(v, "attempt", &s->id.attempt);
    visit_u32(v, "uid", &s->uid);
    visit_u32(v, "gid", &s->gid);
    visit_u32(v, "umask", &s->umask);
    visit_i64(v, "time_limit_ms", &s->time_limit_ms);
    visit_i64(v, "end_by_ms", &s->end_by_ms);
    visit_i64(v, "kill_wait_ms", &s->kill_wait_ms);
    visit_u32(v, "signal_number", &s->signal_number);
    visit_u32(v, "signal_before_s", &s->signal_before_s);
    visit_bool(v, "signal_shell", &s->signal_shell);
    visit_bool(v, "append", &s->append);
    visit_bytes(v, "workdir", &s->workdir);
    visit_bytes(v, "stdin", &s->stdin_path);
    visit_bytes(v, "stdout", &s->stdout_path);
    visit_bytes(v, "stderr", &s->stderr_path);
    visit_byte_strings(v, "arguments", &s->arguments, &s->argument_count, ENV_COUNT_MAX);
    visit_byte_strings(v, "environment", &s->environment, &s->environment_count, 2 * ENV_COUNT_MAX);
    visit_bytes(v, "script", &s->script);
}

void visit_attempt_end(struct visit *v, struct attempt_end *e)
{
    visit_enum(v, "kind", &e->kind, attempt_end_names, ATTEMPT_END_COUNT);
    visit_i32(v, "exit_code", &e->exit_code);
    visit_i32(v, "signal", &e->signal);
    visit_bool(v, "timed_out", &e->timed_out);
    visit_bool(v, "out_of_memory", &e->out_of_memory);
    visit_i64(v, "at_ms", &e->at_ms);
    visit_bytes(v, "detail", &e->detail);
}
