#include "serve/api.h"

#include "serve/reply.h"

#include <stdio.h>
#include <string.h>

/* `pattern` has at most one "*", which takes one path segment and becomes `id`. */
struct route {
    const char *method, *pattern;
    bool operator_only;
    api_handler *handler;
    const char *query; /* the parameters that it takes, a blank around each; NULL none */
};

#define JOB_FILTERS " state user account name partition id after limit "

static const struct route routes[] = {
    {"GET", "/v1/ping", false, handle_ping, NULL},
    {"POST", "/v1/jobs", false, handle_submit, NULL},
    {"GET", "/v1/jobs", false, handle_jobs, JOB_FILTERS},
    {"GET", "/v1/jobs/*", false, handle_job, NULL},
    {"PATCH", "/v1/jobs/*", false, handle_update, NULL},
    {"GET", "/v1/jobs/*/spec", false, handle_job_spec, NULL},
    {"GET", "/v1/jobs/*/why", false, handle_why, " pool "},
    {"POST", "/v1/jobs/*/cancel", false, handle_cancel, NULL},
    {"POST", "/v1/jobs/*/hold", false, handle_hold, NULL},
    {"POST", "/v1/jobs/*/release", false, handle_release, NULL},
    {"POST", "/v1/jobs/*/requeue", false, handle_requeue, NULL},
    {"POST", "/v1/jobs/*/requeuehold", false, handle_requeuehold, NULL},
    {"POST", "/v1/plan", false, handle_plan, NULL},
    {"GET", "/v1/acct", false, handle_acct, JOB_FILTERS " from_ms to_ms "},
    {"GET", "/v1/pools", false, handle_pools, NULL},
    {"GET", "/v1/pools/*/nodes", false, handle_nodes, NULL},
    {"GET", "/v1/pools/*/switches", false, handle_switches, NULL},
    {"POST", "/v1/nodes", true, handle_nodes_change, NULL},
    {"GET", "/v1/leases", false, handle_leases, NULL},
    {"GET", "/v1/shares", false, handle_shares, NULL},
    {"GET", "/v1/fleet", true, handle_fleet, NULL},
    {"POST", "/v1/fleet", true, handle_fleet_apply, " dry_run name "},
    {"GET", "/v1/speeds", false, handle_speeds, NULL},
    {"POST", "/v1/speeds", true, handle_speeds_adopt, " name "},
    {"GET", "/v1/law", false, handle_law, NULL},
    {"POST", "/v1/law", true, handle_law_adopt, NULL},
    {"POST", "/v1/law/bind", true, handle_law_bind, NULL},
    {"GET", "/v1/law/diff", true, handle_law_diff, " from_ms to_ms with "},
    {"POST", "/v1/check", false, handle_check, NULL},
    {"GET", "/v1/ledger", true, handle_ledger, " from limit "},
    {"GET", "/v1/ledger/checkpoint", false, handle_checkpoint, NULL},
    {"GET", "/v1/events", false, handle_events, NULL},
    {"GET", "/metrics", false, handle_metrics, NULL},
};

static bool path_matches(const char *pattern, const char *path, struct str *id)
{
    const char *star = strchr(pattern, '*');
    if (star == NULL) return strcmp(pattern, path) == 0;
    size_t before = (size_t)(star - pattern);
    if (strncmp(pattern, path, before) != 0) return false;
    size_t len = strcspn(path + before, "/");
    if (len == 0 || strcmp(star + 1, path + before + len) != 0) return false;
    *id = (struct str){path + before, len};
    return true;
}

/* A parameter that is none would leave the reply unfiltered: the first such, or NULL. */
static const char *unknown_query(const struct route *r, const struct op *op)
{
    for (uint32_t i = 0; i < op->query_count; i++) {
        char word[64];
        int n = snprintf(word, sizeof word, " %s ", op->query[i].name);
        bool known = n < (int)sizeof word && r->query != NULL && strstr(r->query, word) != NULL;
        if (!known) return op->query[i].name;
    }
    return NULL;
}

static void call(struct server *s, struct op *op, const struct route *r, struct str id)
{
    const char *unknown = unknown_query(r, op);
    if (r->operator_only && !op->peer.is_operator)
        reply_error(op, ERR_DENIED, "%s %s is for operators", op->method, r->pattern);
    else if (unknown != NULL)
        reply_error(op, ERR_INVALID, "%s: no such parameter; %s takes:%s", unknown, r->pattern,
                    r->query != NULL ? r->query : " none");
    else
        r->handler(s, op, id);
}

/* With status 405: the methods that the path takes. */
static void note_allowed(struct op *op)
{
    struct str id;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        const char *method = routes[i].method;
        size_t n = strlen(op->allow);
        if (path_matches(routes[i].pattern, op->path, &id))
            snprintf(op->allow + n, sizeof op->allow - n, "%s%s%s", n > 0 ? ", " : "", method,
                     strcmp(method, "GET") == 0 ? ", HEAD" : "");
    }
}

void api_handle(struct server *s, struct op *op)
{
    bool path_known = false;
    struct str id = {0};
    /* The library leaves out the body. */
    const char *method = strcmp(op->method, "HEAD") == 0 ? "GET" : op->method;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        const struct route *r = &routes[i];
        if (!path_matches(r->pattern, op->path, &id)) continue;
        path_known = true;
        if (strcmp(r->method, method) != 0) continue;
        call(s, op, r, id);
        return;
    }
    if (path_known) {
        note_allowed(op);
        reply_error(op, ERR_NOT_FOUND, "%s does not take %s, only %s", op->path, op->method,
                    op->allow);
        op->status = 405;
    } else {
        reply_error(op, ERR_NOT_FOUND, "no such resource; see docs/openapi.yaml for what there is");
    }
}
