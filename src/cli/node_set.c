#include "cli/node_set.h"

#include <inttypes.h>
#include <stdlib.h>
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

/* "tokyo3" is node 3 of "tokyo". */
static struct node_range as_numbered(struct node_range r)
{
    size_t n = r.prefix.len;
    uint64_t number;
    while (n > 0 && r.prefix.p[n - 1] >= '0' && r.prefix.p[n - 1] <= '9') n--;
    struct str digits = {r.prefix.p + n, r.prefix.len - n};
    if (r.numbered || digits.len == 0 || digits.len > 9 || n == 0 || !str_to_u64(digits, &number))
        return r;
    return (struct node_range){.prefix = {r.prefix.p, n},
                               .first = (uint32_t)number,
                               .count = 1,
                               .width = digits.len > 1 && digits.p[0] == '0' ? (uint32_t)digits.len : 0,
                               .numbered = true};
}

static int range_cmp(const void *pa, const void *pb)
{
    const struct node_range *a = pa, *b = pb;
    int c = str_cmp(a->prefix, b->prefix);
    if (c == 0) c = str_cmp(a->suffix, b->suffix);
    return c != 0 ? c : a->first < b->first ? -1 : a->first > b->first;
}

/* Ranges of equal prefix and suffix, in one pair of brackets; a name without a number alone. */
static void put_ranges(const struct node_range *r, uint32_t n, struct buf *out)
{
    bool one = n == 1 && r[0].count == 1;
    buf_put_str(out, r[0].prefix);
    if (!r[0].numbered) return;
    if (!one) buf_putc(out, '[');
    for (uint32_t i = 0; i < n; i++) {
        int width = (int)r[i].width;
        buf_printf(out, "%s%0*" PRIu32, i > 0 ? "," : "", width, r[i].first);
        if (r[i].count > 1) buf_printf(out, "-%0*" PRIu32, width, r[i].first + r[i].count - 1);
    }
    if (!one) buf_putc(out, ']');
    buf_put_str(out, r[0].suffix);
}

static bool are_alike(const struct node_range *a, const struct node_range *b)
{
    return a->numbered && b->numbered && str_eq(a->prefix, b->prefix) &&
           str_eq(a->suffix, b->suffix);
}

/* Join each range with those before it that it goes on from; gives how many are left. */
static uint32_t join_ranges(struct node_range *r, uint32_t count)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct node_range *last = n > 0 ? &r[n - 1] : NULL;
        if (last != NULL && are_alike(last, &r[i]) && last->width == r[i].width &&
            last->first + last->count == r[i].first)
            last->count += r[i].count;
        else
            r[n++] = r[i];
    }
    return n;
}

enum err hostlist_fold(struct str hostlist, bool sorted, struct buf *out, struct errtext *error)
{
    struct arena arena;
    struct node_range *r;
    uint32_t count = 0;
    arena_init(&arena);
    enum err code = hostlist_parse(hostlist, &arena, &r, &count, error);
    for (uint32_t i = 0; code == ERR_NONE && i < count; i++) r[i] = as_numbered(r[i]);
    if (code == ERR_NONE && sorted) qsort(r, count, sizeof *r, range_cmp);
    if (code == ERR_NONE) count = join_ranges(r, count);
    for (uint32_t i = 0; code == ERR_NONE && i < count;) {
        uint32_t n = 1;
        while (i + n < count && are_alike(&r[i], &r[i + n])) n++;
        if (i > 0) buf_putc(out, ',');
        put_ranges(r + i, n, out);
        i += n;
    }
    arena_release(&arena);
    return code;
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
