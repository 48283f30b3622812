#include "serve/api.h"

#include "serve/reply.h"

#include <string.h>

/* `pattern` has at most one "*", which takes one path segment and becomes `id`. */
struct route {
    const char *method, *pattern;
    bool operator_only;
    api_handler *handler;
};

static const struct route routes[] = {
    {"GET", "/v1/ping", false, handle_ping},
    {"POST", "/v1/jobs", false, handle_submit},
    {"GET", "/v1/jobs", false, handle_jobs},
    {"GET", "/v1/jobs/*", false, handle_job},
    {"PATCH", "/v1/jobs/*", false, handle_update},
    {"GET", "/v1/jobs/*/spec", false, handle_job_spec},
    {"GET", "/v1/jobs/*/why", false, handle_why},
    {"POST", "/v1/jobs/*/cancel", false, handle_cancel},
    {"POST", "/v1/jobs/*/hold", false, handle_hold},
    {"POST", "/v1/jobs/*/release", false, handle_release},
    {"POST", "/v1/jobs/*/requeue", false, handle_requeue},
    {"POST", "/v1/plan", false, handle_plan},
    {"GET", "/v1/acct", false, handle_acct},
    {"GET", "/v1/pools", false, handle_pools},
    {"GET", "/v1/pools/*/nodes", false, handle_nodes},
    {"POST", "/v1/nodes", true, handle_nodes_change},
    {"GET", "/v1/leases", false, handle_leases},
    {"GET", "/v1/shares", false, handle_shares},
    {"GET", "/v1/fleet", true, handle_fleet},
    {"POST", "/v1/fleet", true, handle_fleet_apply},
    {"GET", "/v1/speeds", false, handle_speeds},
    {"POST", "/v1/speeds", true, handle_speeds_adopt},
    {"GET", "/v1/law", false, handle_law},
    {"POST", "/v1/law", true, handle_law_adopt},
    {"POST", "/v1/law/bind", true, handle_law_bind},
    {"GET", "/v1/law/diff", true, handle_law_diff},
    {"POST", "/v1/check", false, handle_check},
    {"GET", "/v1/ledger", true, handle_ledger},
    {"GET", "/v1/ledger/checkpoint", false, handle_checkpoint},
    {"GET", "/v1/events", false, handle_events},
    {"GET", "/metrics", false, handle_metrics},
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

void api_handle(struct server *s, struct op *op)
{
    bool path_known = false;
    struct str id = {0};
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        const struct route *r = &routes[i];
        if (!path_matches(r->pattern, op->path, &id)) continue;
        path_known = true;
        if (strcmp(r->method, op->method) != 0) continue;
        if (r->operator_only && !op->peer.is_operator) {
            reply_error(op, ERR_DENIED, "%s %s is for operators", op->method, r->pattern);
            return;
        }
        r->handler(s, op, id);
        return;
    }
    if (path_known) {
        reply_error(op, ERR_NOT_FOUND, "%s does not take %s", op->path, op->method);
        op->status = 405;
    } else {
        reply_error(op, ERR_NOT_FOUND, "no such resource; see docs/openapi.yaml for what there is");
    }
}
