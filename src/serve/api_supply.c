#include "base/check.h"
#include "model/topology.h"
#include "serve/api.h"
#include "serve/reply.h"
#include "serve/views_fill.h"

#include <inttypes.h>
#include <string.h>

static const struct fleet *need_fleet(struct server *s, struct op *op)
{
    const struct fleet *f = core_fleet(s->journal.core);
    if (f == NULL)
        reply_error(op, ERR_CONFLICT, "there is no fleet yet; apply one: berth fleet apply FILE");
    return f;
}

static void visit_pool_list_any(struct visit *v, void *what)
{
    visit_pool_list(v, what);
}

void handle_pools(struct server *s, struct op *op, struct str id)
{
    (void)id;
    const struct fleet *f = need_fleet(s, op);
    if (f == NULL) return;
    struct pool_list list = {
        .count = f->pool_count, .now_ms = journal_now_ms(&s->journal), .fleet = f->name};
    list.pools = ARENA_ARRAY(&s->scratch, f->pool_count, struct pool_view);
    for (uint32_t i = 0; i < f->pool_count; i++)
        list.pools[i] = view_pool(s->journal.core, (struct pool_id){i}, &s->scratch);
    reply_visit(op, 200, visit_pool_list_any, &list);
}

/* ---- nodes ----------------------------------------------------------------------------------- */

/* The pool of that name and its index; NULL: the reply says that there is none. */
static const struct pool *need_pool(struct server *s, struct op *op, struct str id, uint32_t *index)
{
    const struct fleet *f = need_fleet(s, op);
    if (f == NULL) return NULL;
    *index = fleet_pool(f, id);
    if (*index != NO_INDEX) return &f->pools[*index];
    reply_error(op, ERR_NOT_FOUND, "there is no pool '" STR_FMT "'", STR_ARG(id));
    return NULL;
}

static void visit_node_list_any(struct visit *v, void *what)
{
    visit_node_list(v, what);
}

void handle_nodes(struct server *s, struct op *op, struct str id)
{
    uint32_t pool;
    const struct pool *p = need_pool(s, op, id, &pool);
    if (p == NULL) return;
    const struct topology *t = p->topology;
    struct node_list rows = {ARENA_ARRAY(&s->scratch, p->node_count, struct node_view),
                             p->node_count};
    for (uint32_t n = 0; n < p->node_count; n++) {
        char name[NODE_NAME_MAX], leaf[SWITCH_NAME_MAX];
        struct node_use u = core_node_use(s->journal.core, (struct pool_id){pool}, n);
        rows.nodes[n] = (struct node_view){
            .name = str_copy(&s->scratch, str_of(pool_node_name(p, n, name))),
            .state = view_node_state(s->journal.core, (struct pool_id){pool}, n),
            .chips_used = (uint32_t)__builtin_popcountll(u.chip_mask),
            .cpus_used = u.cpus_used,
            .mem_mb_used = u.mem_mb_used,
            .reason = u.reason,
            .reason_uid = u.reason_uid,
            .reason_ms = u.reason_ms,
        };
        if (t != NULL)
            rows.nodes[n].on_switch =
                str_copy(&s->scratch, str_of(switch_name(p, t->leaf_of[n], leaf)));
    }
    reply_visit(op, 200, visit_node_list_any, &rows);
}

static void visit_switch_list_any(struct visit *v, void *what)
{
    visit_switch_list(v, what);
}

/* Rows by index of their switch; a node without a switch has none to show. */
static void list_switches(const struct pool *p, struct arena *arena, struct switch_list *out)
{
    const struct topology *t = p->topology;
    char name[SWITCH_NAME_MAX];
    struct buf nodes = {0};
    struct switch_view *rows = ARENA_ARRAY(arena, t->switch_count, struct switch_view);
    for (uint32_t i = 0; i < t->switch_count; i++) {
        const struct topology_switch *s = &t->switches[i];
        buf_clear(&nodes);
        switch_put_nodes(p, i, &nodes);
        rows[i].name = str_copy(arena, str_of(switch_name(p, i, name)));
        rows[i].level = s->level;
        rows[i].nodes = str_copy(arena, buf_str(&nodes));
        struct node_span span;
        for (uint32_t next = 0; switch_next_nodes(t, i, &next, &span);)
            rows[i].node_count += span.count;
        if (s->parent != NO_INDEX) rows[s->parent].below_count++;
    }
    for (uint32_t i = 0; i < t->switch_count; i++) {
        rows[i].below = ARENA_ARRAY(arena, rows[i].below_count, struct str);
        rows[i].below_count = 0;
    }
    for (uint32_t i = 0; i < t->switch_count; i++) {
        uint32_t up = t->switches[i].parent;
        if (up != NO_INDEX) rows[up].below[rows[up].below_count++] = rows[i].name;
        if (rows[i].name.len > 0) rows[out->count++] = rows[i];
    }
    out->switches = rows;
    buf_release(&nodes);
}

void handle_switches(struct server *s, struct op *op, struct str id)
{
    uint32_t pool;
    const struct pool *p = need_pool(s, op, id, &pool);
    if (p == NULL) return;
    struct switch_list rows = {0};
    if (p->topology != NULL) list_switches(p, &s->scratch, &rows);
    reply_visit(op, 200, visit_switch_list_any, &rows);
}

struct node_changes {
    struct node_change *changes;
    uint32_t count;
};

enum {
    NODE_CHANGES_MAX = 10000,
    NODE_REASON_MAX = 256, /* bytes: a line of sinfo -R; each run of nodes keeps one */
};

static void visit_node_change(struct visit *v, struct node_change *c)
{
    visit_text(v, "pool", &c->pool);
    visit_u32(v, "first", &c->first);
    visit_u32(v, "count", &c->count);
    visit_enum(v, "state", &c->state, node_state_names, NODE_STATE_COUNT);
    visit_text(v, "reason", &c->reason);
}

static void visit_node_changes(struct visit *v, void *what)
{
    struct node_changes *c = what;
    VISIT_ARRAY(v, "changes", c->changes, c->count, NODE_CHANGES_MAX, visit_node_change);
}

void handle_nodes_change(struct server *s, struct op *op, struct str id)
{
    (void)id;
    struct node_changes changes = {0};
    struct errtext error;
    enum err e = body_read(op, &s->scratch, visit_node_changes, &changes, &error);
    if (e == ERR_NONE && changes.count == 0)
        e = err_set(&error, ERR_INVALID, "changes: name at least one pool");
    for (uint32_t i = 0; e == ERR_NONE && i < changes.count; i++)
        if (!text_is_valid(changes.changes[i].reason, NODE_REASON_MAX))
            e = err_set(&error, ERR_INVALID,
                        "changes[%" PRIu32 "].reason: at most %d bytes, without control characters",
                        i, NODE_REASON_MAX);
    struct event event = {
        .kind = EVENT_NODES,
        .actor = str_of(arena_printf(&s->scratch, "uid:%" PRIu32, op->peer.uid)),
        .actor_uid = op->peer.uid,
        .actor_is_operator = true,
        .nodes = changes.changes,
        .node_change_count = changes.count,
    };
    if (e == ERR_NONE) e = server_step(s, &event, NULL, NULL, &error);
    if (e != ERR_NONE)
        reply_error(op, e, "%s", error.s);
    else
        reply_json(op, 200, STR("{\"applied\":true}"));
}

/* ---- leases ---------------------------------------------------------------------------------- */

static void visit_lease_list_any(struct visit *v, void *what)
{
    visit_lease_list(v, what);
}

void handle_leases(struct server *s, struct op *op, struct str id)
{
    (void)id;
    const struct fleet *f = need_fleet(s, op);
    if (f == NULL) return;
    struct lease_list rows = {ARENA_ARRAY(&s->scratch, f->pool_count, struct lease_view), 0};
    for (uint32_t i = 0; i < f->pool_count; i++) {
        const struct pool *p = &f->pools[i];
        if (p->title.kind != TITLE_LEASED) continue;
        struct pool_view v = view_pool(s->journal.core, (struct pool_id){i}, &s->scratch);
        rows.leases[rows.count++] = (struct lease_view){
            .pool = p->id,
            .site = p->site,
            .chip = p->chip,
            .lessor = p->title.lessor,
            .from_ms = p->title.from_ms,
            .to_ms = p->title.to_ms,
            .chips = v.chips_total,
            .uusd_per_chip_h = p->title.uusd_per_chip_h,
            .last_safe_start_ms = v.last_safe_start_ms,
        };
    }
    reply_visit(op, 200, visit_lease_list_any, &rows);
}

/* ---- the fleet itself ------------------------------------------------------------------------ */

static void visit_whole_fleet(struct visit *v, void *what)
{
    if (visit_map(v, "fleet", false)) {
        visit_fleet(v, what);
        visit_map_end(v);
    }
}

void handle_fleet(struct server *s, struct op *op, struct str id)
{
    (void)id;
    if (need_fleet(s, op) == NULL) return;
    struct fleet copy = *core_fleet(s->journal.core);
    reply_visit(op, 200, visit_whole_fleet, &copy);
}

static void visit_fleet_reply_any(struct visit *v, void *what)
{
    visit_fleet_reply(v, what);
}

/* The diff comes as lines of text; the reply has them as a list. */
static void split_lines(struct str text, struct arena *arena, struct fleet_reply *out)
{
    uint32_t lines = 0;
    for (size_t i = 0; i < text.len; i++) lines += text.p[i] == '\n';
    out->diff = ARENA_ARRAY(arena, lines, struct str);
    for (const char *end; (end = memchr(text.p, '\n', text.len)) != NULL;) {
        size_t n = (size_t)(end - text.p);
        out->diff[out->diff_count++] = str_copy(arena, (struct str){text.p, n});
        text = (struct str){text.p + n + 1, text.len - n - 1};
    }
}

void handle_fleet_apply(struct server *s, struct op *op, struct str id)
{
    (void)id;
    const char *dry = op_query(op, "dry_run"), *name = op_query(op, "name");
    bool dry_run = dry != NULL && strcmp(dry, "0") != 0;
    struct str actor = str_of(arena_printf(&s->scratch, "uid:%" PRIu32, op->peer.uid));
    struct buf diff = {0};
    struct errtext error;
    enum err e = server_apply_fleet(s, buf_str(&op->body), name != NULL ? name : "fleet.yaml",
                                    dry_run, actor, op->peer.uid, &diff, &error);
    if (e != ERR_NONE) {
        reply_error(op, e, "%s", error.s);
        if (e == ERR_INVALID) op->status = 422;
    } else {
        struct fleet_reply reply = {.applied = !dry_run && diff.len > 0};
        if (diff.len > 0) split_lines(buf_str(&diff), &s->scratch, &reply);
        reply_visit(op, 200, visit_fleet_reply_any, &reply);
    }
    buf_release(&diff);
}
