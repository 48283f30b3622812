#include "cli/node_set.h"

#include <inttypes.h>
#include <string.h>

enum err node_set_parse(struct str hostlist, struct arena *arena, struct node_set *out,
                        struct errtext *error)
{
    *out = (struct node_set){0};
    struct pool *p = &out->names;
    enum err code = hostlist_parse(hostlist, arena, &p->ranges, &p->range_count, error);
    if (code != ERR_NONE) return code;
    for (uint32_t i = 0; i < p->range_count; i++) p->node_count += p->ranges[i].count;
    return ERR_NONE;
}

bool node_set_has(const struct node_set *s, struct str name)
{
    return pool_node_index(&s->names, name) != NO_INDEX;
}

bool node_set_meets(const struct node_set *s, struct str hostlist)
{
    struct arena arena;
    struct node_set other;
    struct errtext error;
    char name[NODE_NAME_MAX];
    bool found = false;
    arena_init(&arena);
    if (hostlist.len > 0 && node_set_parse(hostlist, &arena, &other, &error) == ERR_NONE)
        for (uint32_t i = 0; i < other.names.node_count && !found; i++)
            found = node_set_has(s, str_of(pool_node_name(&other.names, i, name)));
    arena_release(&arena);
    return found;
}

static json_t *make_change(struct str pool, uint32_t first, uint32_t count, int state,
                           struct str reason)
{
    json_t *change = json_object();
    json_object_set_new(change, "pool", json_stringn(pool.p, pool.len));
    if (count > 0) {
        json_object_set_new(change, "first", json_integer(first));
        json_object_set_new(change, "count", json_integer(count));
    }
    json_object_set_new(change, "state", json_string(node_state_names[state]));
    if (reason.len > 0) json_object_set_new(change, "reason", json_stringn(reason.p, reason.len));
    return change;
}

/* Add a change for each run of nodes of the pool that are in the set; gives how many nodes. */
static uint32_t add_runs(json_t *changes, const struct node_set *set, struct str pool,
                         const struct node_list *nodes, int state, struct str reason)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < nodes->count;) {
        uint32_t n = 0;
        while (i + n < nodes->count && node_set_has(set, nodes->nodes[i + n].name)) n++;
        if (n > 0) json_array_append_new(changes, make_change(pool, i, n, state, reason));
        found += n;
        i += n + 1;
    }
    return found;
}

static enum err find_nodes(struct api *a, struct str pool, const struct node_set *set, int state,
                           struct str reason, json_t *changes, uint32_t *found)
{
    struct pool_list pools;
    enum err code = api_pools(a, &pools);
    *found = 0;
    for (uint32_t i = 0; code == ERR_NONE && i < pools.count; i++) {
        struct node_list nodes;
        if (pool.len > 0 && !str_eq(pools.pools[i].pool, pool)) continue;
        code = api_nodes(a, pools.pools[i].pool, &nodes);
        if (code != ERR_NONE) break;
        *found += add_runs(changes, set, pools.pools[i].pool, &nodes, state, reason);
    }
    return code;
}

enum err nodes_change(struct api *a, struct str pool, struct str hostlist, int state,
                      struct str reason, uint32_t *count_out)
{
    json_t *changes = json_array();
    enum err code = ERR_NONE;
    *count_out = 0;
    if (hostlist.len == 0) {
        json_array_append_new(changes, make_change(pool, 0, 0, state, reason));
    } else {
        struct node_set set;
        code = node_set_parse(hostlist, &a->arena, &set, &a->error);
        if (code == ERR_NONE) code = find_nodes(a, pool, &set, state, reason, changes, count_out);
        if (code == ERR_NONE && *count_out < set.names.node_count)
            code = err_set(&a->error, ERR_NOT_FOUND,
                           "of the %" PRIu32 " nodes '" STR_FMT "' only %" PRIu32
                           " exist; 'berth info -N' lists them",
                           set.names.node_count, STR_ARG(hostlist), *count_out);
    }
    if (code != ERR_NONE) {
        json_decref(changes);
        return code;
    }
    return api_call(a, "POST", "/v1/nodes", json_pack("{s:o}", "changes", changes));
}
