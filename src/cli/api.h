/* api.h - the daemon's API as typed calls (docs/openapi.yaml), for the commands.
 *
 * Every call decodes into structs that live in api.arena until api_close. On failure the text is in
 * api.error; api_fail prints it and gives the exit code. The last JSON reply is kept for --json. */
#ifndef BERTH_CLI_API_H
#define BERTH_CLI_API_H

#include "base/arena.h"
#include "cli/client.h"
#include "core/explain.h"
#include "model/job.h"
#include "serve/views.h"

struct api {
    const char *name; /* of the command as typed, for messages */
    struct client client;
    struct arena arena;
    struct errtext error;
    json_t *json; /* last reply that came as JSON; NULL before it */
};

/* Gives EXIT_DONE, or an exit code after a message. Does not connect. */
int api_open(struct api *a, const char *name);
/* Releases everything; gives `code`. */
int api_close(struct api *a, int code);
/* Print a->error, release everything, give the exit code that belongs to `code`. */
int api_fail(struct api *a, enum err code);
/* Print the last reply as one line of JSON on stdout. */
void api_print_json(const struct api *a);

/* Any call whose reply is JSON; the reply is kept, not decoded. `body` may be NULL (none); it is
 * released. */
enum err api_call(struct api *a, const char *method, const char *path, json_t *body);

/* Lists of jobs; fields are comma separated, empty: not restricted. */
struct job_query {
    struct str states, users, accounts, names, partitions, ids;
    int64_t from_ms, to_ms; /* acct only; 0: not restricted */
};
enum { API_PAGE = 10000 }; /* jobs a page: the most that the daemon gives, some 5 MB of JSON */

/* All pages of GET /v1/jobs or /v1/acct, as one list. They come in CBOR, which is read faster; to
 * show them as JSON, after all filters, is api_print_jobs. */
enum err api_jobs(struct api *a, const struct job_query *q, struct job_list *out);
enum err api_acct(struct api *a, const struct job_query *q, struct job_list *out);

/* As one line of JSON on stdout; lists as the daemon would have sent them. */
void api_print(void (*visit)(struct visit *v, void *what), void *what);
void api_print_jobs(const struct job_list *list);
void api_print_pools(const struct pool_list *list);
void api_print_nodes(const struct node_list *list);

enum err api_job(struct api *a, uint32_t id, struct job_view *out);
enum err api_job_spec(struct api *a, uint32_t id, struct job_spec *out);
enum err api_pools(struct api *a, struct pool_list *out);
enum err api_nodes(struct api *a, struct str pool, struct node_list *out);
enum err api_switches(struct api *a, struct str pool, struct switch_list *out);
enum err api_shares(struct api *a, struct share_list *out);
enum err api_ping(struct api *a, struct ping_reply *out);
/* Dates of 0: now. `with`: absolute path of a folder of packs, on the daemon's machine; NULL none. */
enum err api_law_diff(struct api *a, int64_t from_ms, int64_t to_ms, const char *with,
                      struct law_diff_view *out);

/* A job's story. */
struct why_reply {
    struct explanation explanation;
    struct decision decision; /* the last one stored about it; kind and job 0: none */
    struct law_verdict verdict; /* of the chosen pool, else of the first */
    struct str *pools; /* ids, as the explanation counts them */
    uint32_t pool_count;
};
void visit_why_reply(struct visit *v, struct why_reply *x);
enum err api_why(struct api *a, uint32_t id, struct why_reply *out);
/* The verdict about a job in one pool. */
enum err api_verdict(struct api *a, uint32_t id, struct str pool, struct law_verdict *out);

/* `key`: see client.h. */
enum err api_submit(struct api *a, struct job_spec *spec, const char *key,
                    struct submit_reply *out);
enum err api_plan(struct api *a, struct job_spec *spec, struct explanation *out);

/* Change the fields of `fields` (bits of enum update_field) to those of `spec`. */
enum err api_update(struct api *a, uint32_t id, uint32_t fields, struct job_spec *spec);

/* Names of users as the API takes them: Slurm's users may write uids. A name that is none is an
 * error, never an empty list. */
enum err api_users(struct api *a, struct str list, struct str *out);

/* The name of the user who runs this process; its uid in digits when it has none. */
const char *api_user_name(struct api *a);

#endif
