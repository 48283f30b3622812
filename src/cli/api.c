#include "cli/api.h"

#include "base/cbor.h"
#include "base/check.h"
#include "base/mem.h"
#include "cli/lists.h"
#include "cli/say.h"
#include "read/json_text.h"
#include "read/json_visit.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int api_open(struct api *a, const char *name)
{
    *a = (struct api){.name = name};
    arena_init(&a->arena);
    enum err code = client_init(&a->client, &a->error);
    return code == ERR_NONE ? EXIT_DONE : api_fail(a, code);
}

int api_close(struct api *a, int code)
{
    json_decref(a->json);
    client_release(&a->client);
    arena_release(&a->arena);
    a->json = NULL;
    return code;
}

int api_fail(struct api *a, enum err code)
{
    return api_close(a, say_failure(a->name, code, &a->error));
}

void api_print_json(const struct api *a)
{
    if (a->json == NULL) return;
    json_dumpf(a->json, stdout, JSON_COMPACT | JSON_ENCODE_ANY);
    putchar('\n');
}

enum err api_users(struct api *a, struct str list, struct str *out)
{
    struct buf names = {0};
    struct str word;
    enum err code = ERR_NONE;
    while (code == ERR_NONE && list_next(&list, &word)) {
        uint64_t uid;
        bool digits = str_to_u64(word, &uid) && uid < UINT32_MAX;
        const struct passwd *p =
            digits ? getpwuid((uid_t)uid) : getpwnam(str_dupz(&a->arena, word));
        if (p == NULL && !digits)
            code = err_set(&a->error, ERR_INVALID, "Invalid user: " STR_FMT, STR_ARG(word));
        if (names.len > 0) buf_putc(&names, ',');
        if (p != NULL)
            buf_puts(&names, p->pw_name);
        else
            buf_put_str(&names, word);
    }
    *out = str_copy(&a->arena, buf_str(&names));
    buf_release(&names);
    return code;
}

const char *api_user_name(struct api *a)
{
    const struct passwd *p = getpwuid(geteuid());
    if (p != NULL) return str_dupz(&a->arena, str_of(p->pw_name));
    return arena_printf(&a->arena, "%u", (unsigned)geteuid());
}

/* Read the map `from` into *out with its visit function; sets `code`. */
#define READ(code, a, from, visit_one, out)                                                        \
    do {                                                                                           \
        memset((out), 0, sizeof *(out));                                                           \
        struct json_reader r_;                                                                     \
        json_reader_init(&r_, (from), &(a)->arena);                                                \
        if (visit_map(&r_.v, NULL, false)) {                                                       \
            visit_one(&r_.v, (out));                                                               \
            visit_map_end(&r_.v);                                                                  \
        }                                                                                          \
        (code) = json_reader_finish(&r_, &(a)->error);                                             \
        if ((code) != ERR_NONE)                                                                    \
            (code) = err_prefix(&(a)->error, ERR_CORRUPT, "the daemon's reply is not understood"); \
    } while (0)

enum err api_call(struct api *a, const char *method, const char *path, json_t *body)
{
    struct request r = {.method = method, .path = path};
    char *text = NULL;
    if (body != NULL) {
        text = json_dumps(body, JSON_COMPACT);
        json_decref(body);
        ASSERT(text != NULL);
        r.body = str_of(text);
    }
    json_decref(a->json);
    a->json = NULL;
    enum err code = client_json(&a->client, &r, &a->json, &a->error);
    free(text);
    return code;
}

/* ---- lists of jobs -------------------------------------------------------------------------- */

static void put_query(struct buf *url, const struct job_query *q)
{
    char number[24];
    url_put_query(url, "state", q->states);
    url_put_query(url, "user", q->users);
    url_put_query(url, "account", q->accounts);
    url_put_query(url, "name", q->names);
    url_put_query(url, "partition", q->partitions);
    url_put_query(url, "id", q->ids);
    snprintf(number, sizeof number, "%" PRId64, q->from_ms);
    if (q->from_ms != 0) url_put_query(url, "from_ms", str_of(number));
    snprintf(number, sizeof number, "%" PRId64, q->to_ms);
    if (q->to_ms != 0) url_put_query(url, "to_ms", str_of(number));
}

static void put_page(struct buf *url, const char *path, const struct job_query *q, uint32_t after)
{
    char number[24];
    buf_puts(url, path);
    put_query(url, q);
    snprintf(number, sizeof number, "%d", API_PAGE);
    url_put_query(url, "limit", str_of(number));
    snprintf(number, sizeof number, "%" PRIu32, after);
    if (after != 0) url_put_query(url, "after", str_of(number));
}

/* Where the next page begins must lie ahead. */
static enum err step_on(struct api *a, uint32_t next, uint32_t *after)
{
    if (next != 0 && next <= *after)
        return err_set(&a->error, ERR_CORRUPT, "the daemon's pages of jobs do not advance");
    *after = next;
    return ERR_NONE;
}

static enum err read_cbor_page(struct api *a, struct str body, struct job_list *out)
{
    struct cbor_reader reader;
    *out = (struct job_list){0};
    cbor_reader_init(&reader, body, &a->arena);
    if (visit_map(&reader.v, NULL, false)) {
        visit_job_list(&reader.v, out);
        visit_map_end(&reader.v);
    }
    enum err code = cbor_reader_finish(&reader, &a->error);
    return code == ERR_NONE
               ? ERR_NONE
               : err_prefix(&a->error, ERR_CORRUPT, "the daemon's reply is not understood");
}

/* From a daemon of a release that has no other form. */
static enum err read_json_page(struct api *a, struct str body, struct job_list *out)
{
    json_error_t why;
    enum err code;
    json_t *json = json_loadb(body.p, body.len, JSON_REJECT_DUPLICATES, &why);
    if (json == NULL)
        return err_set(&a->error, ERR_CORRUPT, "the daemon's reply is not JSON: %s", why.text);
    READ(code, a, json, visit_job_list, out);
    json_decref(json);
    return code;
}

/* One page; what it holds lives in the arena. */
static enum err get_page(struct api *a, const char *path, const struct job_query *q, uint32_t after,
                         struct job_list *out)
{
    struct buf url = {0}, body = {0};
    put_page(&url, path, q, after);
    struct request r = {.method = "GET", .path = url.p, .accept = "application/cbor"};
    enum err code = client_call(&a->client, &r, &body, &a->error);
    if (code == ERR_NONE) {
        struct str text = str_copy(&a->arena, buf_str(&body));
        /* No map of CBOR begins so. */
        code = str_starts(text, "{") ? read_json_page(a, text, out) : read_cbor_page(a, text, out);
    }
    buf_release(&url);
    buf_release(&body);
    return code;
}

static enum err get_jobs(struct api *a, const char *path, const struct job_query *q,
                         struct job_list *out)
{
    struct job_list page;
    uint32_t after = 0;
    size_t cap = 0;
    struct job_view *jobs = NULL; /* of all pages but the first */
    *out = (struct job_list){0};
    enum err code;
    do {
        code = get_page(a, path, q, after, &page);
        if (code != ERR_NONE) break;
        bool is_all = after == 0 && page.next == 0;
        if (is_all) *out = page;
        if (!is_all && page.count > 0) {
            jobs = mem_grow(jobs, &cap, (size_t)out->count + page.count, sizeof *jobs);
            memcpy(jobs + out->count, page.jobs, page.count * sizeof *jobs);
            out->count += page.count;
        }
        out->now_ms = page.now_ms;
        code = step_on(a, page.next, &after);
    } while (code == ERR_NONE && after != 0);
    if (jobs != NULL) {
        out->jobs = ARENA_ARRAY(&a->arena, out->count, struct job_view);
        memcpy(out->jobs, jobs, out->count * sizeof *jobs);
    }
    mem_free(jobs);
    return code;
}

enum err api_jobs(struct api *a, const struct job_query *q, struct job_list *out)
{
    return get_jobs(a, "/v1/jobs", q, out);
}

enum err api_acct(struct api *a, const struct job_query *q, struct job_list *out)
{
    return get_jobs(a, "/v1/acct", q, out);
}

/* ---- as JSON -------------------------------------------------------------------------------- */

void api_print(void (*visit)(struct visit *v, void *what), void *what)
{
    struct buf out = {0};
    struct json_text w;
    json_text_init(&w, &out);
    if (visit_map(&w.v, NULL, false)) {
        visit(&w.v, what);
        visit_map_end(&w.v);
    }
    buf_putc(&out, '\n');
    say_buf(&out, stdout);
    buf_release(&out);
}

static void visit_jobs_any(struct visit *v, void *what)
{
    visit_job_list(v, what);
}

static void visit_pools_any(struct visit *v, void *what)
{
    visit_pool_list(v, what);
}

static void visit_nodes_any(struct visit *v, void *what)
{
    visit_node_list(v, what);
}

void api_print_jobs(const struct job_list *list)
{
    struct job_list copy = *list;
    copy.next = 0;
    api_print(visit_jobs_any, &copy);
}

void api_print_pools(const struct pool_list *list)
{
    struct pool_list copy = *list;
    api_print(visit_pools_any, &copy);
}

void api_print_nodes(const struct node_list *list)
{
    struct node_list copy = *list;
    api_print(visit_nodes_any, &copy);
}

/* ---- reading one thing ---------------------------------------------------------------------- */

static enum err get(struct api *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static enum err get(struct api *a, const char *fmt, ...)
{
    char path[512];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(path, sizeof path, fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= sizeof path)
        return err_set(&a->error, ERR_LIMIT, "the name is too long");
    return api_call(a, "GET", path, NULL);
}

enum err api_job(struct api *a, uint32_t id, struct job_view *out)
{
    enum err code = get(a, "/v1/jobs/%" PRIu32, id);
    if (code == ERR_NONE) READ(code, a, a->json, visit_job_view, out);
    return code;
}

enum err api_job_spec(struct api *a, uint32_t id, struct job_spec *out)
{
    enum err code = get(a, "/v1/jobs/%" PRIu32 "/spec", id);
    if (code == ERR_NONE) READ(code, a, a->json, visit_job_spec, out);
    return code;
}

enum err api_pools(struct api *a, struct pool_list *out)
{
    enum err code = get(a, "/v1/pools");
    if (code == ERR_NONE) READ(code, a, a->json, visit_pool_list, out);
    return code;
}

/* "/v1/.../ID..." with the id percent-encoded. */
static enum err get_named(struct api *a, const char *before, struct str id, const char *after)
{
    struct buf url = {0};
    buf_puts(&url, before);
    url_put(&url, id);
    buf_puts(&url, after);
    enum err code = api_call(a, "GET", url.p, NULL);
    buf_release(&url);
    return code;
}

enum err api_nodes(struct api *a, struct str pool, struct node_list *out)
{
    enum err code = get_named(a, "/v1/pools/", pool, "/nodes");
    if (code == ERR_NONE) READ(code, a, a->json, visit_node_list, out);
    return code;
}

enum err api_switches(struct api *a, struct str pool, struct switch_list *out)
{
    enum err code = get_named(a, "/v1/pools/", pool, "/switches");
    if (code == ERR_NONE) READ(code, a, a->json, visit_switch_list, out);
    return code;
}

enum err api_shares(struct api *a, struct share_list *out)
{
    enum err code = get(a, "/v1/shares");
    if (code == ERR_NONE) READ(code, a, a->json, visit_share_list, out);
    return code;
}

enum err api_ping(struct api *a, struct ping_reply *out)
{
    enum err code = get(a, "/v1/ping");
    if (code == ERR_NONE) READ(code, a, a->json, visit_ping_reply, out);
    return code;
}

enum err api_law_diff(struct api *a, int64_t from_ms, int64_t to_ms, const char *with,
                      struct law_diff_view *out)
{
    struct buf url = {0};
    buf_puts(&url, "/v1/law/diff?");
    if (from_ms != 0) buf_printf(&url, "from_ms=%" PRId64 "&", from_ms);
    if (to_ms != 0) buf_printf(&url, "to_ms=%" PRId64 "&", to_ms);
    if (with != NULL) {
        buf_puts(&url, "with=");
        url_put(&url, str_of(with));
    }
    enum err code = api_call(a, "GET", url.p, NULL);
    buf_release(&url);
    if (code == ERR_NONE) READ(code, a, a->json, visit_law_diff_view, out);
    return code;
}

void visit_why_reply(struct visit *v, struct why_reply *x)
{
    if (visit_map(v, "explanation", false)) {
        visit_explanation(v, &x->explanation);
        visit_map_end(v);
    }
    if (visit_map(v, "decision", x->decision.job.v == 0)) {
        visit_decision(v, &x->decision);
        visit_map_end(v);
    }
    if (visit_map(v, "verdict", false)) {
        visit_law_verdict(v, &x->verdict);
        visit_map_end(v);
    }
    visit_texts(v, "pools", &x->pools, &x->pool_count, POOL_MAX);
}

enum err api_why(struct api *a, uint32_t id, struct why_reply *out)
{
    *out = (struct why_reply){0};
    enum err code = get(a, "/v1/jobs/%" PRIu32 "/why", id);
    if (code == ERR_NONE) READ(code, a, a->json, visit_why_reply, out);
    return code;
}

enum err api_verdict(struct api *a, uint32_t id, struct str pool, struct law_verdict *out)
{
    char before[64];
    snprintf(before, sizeof before, "/v1/jobs/%" PRIu32 "/why?pool=", id);
    enum err code = get_named(a, before, pool, "");
    if (code == ERR_NONE) READ(code, a, a->json, visit_law_verdict, out);
    return code;
}

/* ---- asking for something ------------------------------------------------------------------- */

static json_t *spec_json(struct job_spec *spec)
{
    struct json_writer w;
    json_writer_init(&w);
    if (visit_map(&w.v, NULL, false)) {
        visit_job_spec(&w.v, spec);
        visit_map_end(&w.v);
    }
    json_t *json = json_writer_finish(&w);
    ASSERT(json != NULL);
    return json;
}

enum err api_submit(struct api *a, struct job_spec *spec, const char *key, struct submit_reply *out)
{
    json_t *body = json_pack("{s:o, s:s}", "spec", spec_json(spec), "key", key);
    ASSERT(body != NULL);
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    ASSERT(text != NULL);
    struct request r = {.method = "POST", .path = "/v1/jobs", .body = str_of(text), .key = key};
    json_decref(a->json);
    enum err code = client_json(&a->client, &r, &a->json, &a->error);
    free(text);
    if (code == ERR_NONE) READ(code, a, a->json, visit_submit_reply, out);
    return code;
}

enum err api_plan(struct api *a, struct job_spec *spec, struct explanation *out)
{
    enum err code = api_call(a, "POST", "/v1/plan", json_pack("{s:o}", "spec", spec_json(spec)));
    if (code == ERR_NONE) READ(code, a, a->json, visit_explanation, out);
    return code;
}

enum err api_update(struct api *a, uint32_t id, uint32_t fields, struct job_spec *spec)
{
    char path[64];
    snprintf(path, sizeof path, "/v1/jobs/%" PRIu32, id);
    json_t *names = json_array();
    for (int i = 0; i < UPDATE_FIELD_COUNT; i++)
        if (((fields >> i) & 1u) != 0)
            json_array_append_new(names, json_string(update_field_names[i]));
    return api_call(a, "PATCH", path,
                    json_pack("{s:o, s:o}", "fields", names, "spec", spec_json(spec)));
}
