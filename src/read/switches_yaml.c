#include "read/switches_yaml.h"

#include "model/topology.h"
#include "read/suggest.h"

enum { SUGGEST_MAX = 1000 }; /* names compared for "did you mean": more would take seconds */

/* Names as a hostlist writes them. */
static void expand(struct yaml_errors *errs, const struct yaml_node *n, struct arena *arena,
                   struct str text, struct pool_switch *s)
{
    struct pool names = {0};
    struct errtext error;
    char name[NODE_NAME_MAX];
    uint64_t count = 0;
    if (hostlist_parse(text, arena, &names.ranges, &names.range_count, &error) != ERR_NONE) {
        yaml_fail(errs, n, "%s", error.s);
        return;
    }
    for (uint32_t i = 0; i < names.range_count; i++) count += names.ranges[i].count;
    if (count > SWITCHES_MAX) {
        yaml_fail(errs, n, "more than %d switches", (int)SWITCHES_MAX);
        return;
    }
    s->below_count = (uint32_t)count;
    s->below = ARENA_ARRAY(arena, count, struct str);
    for (uint32_t i = 0; i < s->below_count; i++)
        s->below[i] = str_copy(arena, str_of(pool_node_name(&names, i, name)));
}

static void read_below(struct yaml_errors *errs, const struct yaml_node *n, struct arena *arena,
                       struct pool_switch *s)
{
    struct str text;
    if (n->kind == YAML_LIST)
        yaml_ids(errs, n, SWITCHES_MAX, &s->below, &s->below_count);
    else if (yaml_text(errs, n, TEXT_LEN_MAX * 16, &text))
        expand(errs, n, arena, text, s);
    if (n->kind == YAML_LIST && n->count == 0) yaml_fail(errs, n, "names no switch");
}

static void read_switch(struct yaml_errors *errs, const struct yaml_node *n, struct arena *arena,
                        struct pool_switch *s)
{
    static const char *const keys[] = {"nodes", "switches", NULL};
    struct str text;
    struct errtext error;
    bool is_sound = yaml_map(errs, n, keys);
    if (n->kind != YAML_MAP) return;
    const struct yaml_node *nodes = yaml_get(n, "nodes"), *below = yaml_get(n, "switches");
    if (is_sound && (nodes != NULL) == (below != NULL))
        yaml_fail(errs, n, "a switch has nodes or switches below it; write one of the two keys");
    if (below != NULL) read_below(errs, below, arena, s);
    if (nodes == NULL || !yaml_text(errs, nodes, TEXT_LEN_MAX * 16, &text)) return;
    if (hostlist_parse(text, arena, &s->ranges, &s->range_count, &error) != ERR_NONE)
        yaml_fail(errs, nodes, "%s", error.s);
}

/* ---- all together ---------------------------------------------------------------------------- */

static struct name_table table_of(const struct yaml_node *n, struct arena *arena)
{
    struct name_table t = {.entries = ARENA_ARRAY(arena, n->count, struct name_entry),
                           .count = n->count};
    for (uint32_t i = 0; i < n->count; i++)
        t.entries[i] = (struct name_entry){.name = n->keys[i].text, .index = i};
    name_table_sort(&t);
    return t;
}

static void check_name(struct yaml_errors *errs, const struct yaml_node *at,
                       const struct yaml_node *all, const struct name_table *table,
                       struct arena *arena, struct str name)
{
    if (name_table_find(table, name) != NULL) return;
    const char *near = NULL;
    if (all->count <= SUGGEST_MAX) {
        const char **names = ARENA_ARRAY(arena, all->count + 1, const char *);
        for (uint32_t i = 0; i < all->count; i++) names[i] = all->keys[i].text.p;
        near = suggest(name, names);
    }
    if (near != NULL)
        yaml_fail(errs, at, "switch '" STR_FMT "' does not exist; did you mean '%s'?",
                  STR_ARG(name), near);
    else
        yaml_fail(errs, at, "switch '" STR_FMT "' does not exist", STR_ARG(name));
}

static void check_names(struct yaml_errors *errs, const struct yaml_node *n, struct arena *arena,
                        const struct pool *p)
{
    struct name_table table = table_of(n, arena);
    for (uint32_t i = 0; i < p->switch_count; i++) {
        const struct yaml_node *below = yaml_get(&n->items[i], "switches");
        for (uint32_t k = 0; k < p->switches[i].below_count; k++)
            check_name(errs, below->kind == YAML_LIST ? &below->items[k] : below, n, &table, arena,
                       p->switches[i].below[k]);
    }
}

/* The faults that show only in the whole. Needs sound nodes; a node that the pool names twice is
 * told elsewhere. */
static void check_whole(struct yaml_errors *errs, const struct yaml_node *n, struct arena *arena,
                        const struct pool *p)
{
    struct pool copy = *p;
    struct fleet alone = {.pools = &copy, .pool_count = 1};
    struct errtext error;
    uint64_t nodes = 0;
    uint32_t at = 0;
    for (uint32_t i = 0; i < p->range_count; i++) nodes += p->ranges[i].count;
    if (nodes == 0 || nodes > NODES_PER_POOL_MAX) return;
    copy.node_count = (uint32_t)nodes;
    if (fleet_check_nodes(&alone, &error) != ERR_NONE) return;
    if (topology_build(&copy, arena, &at, &error) == ERR_NONE) return;
    const struct yaml_node *place = yaml_get(&n->items[at], "nodes");
    if (place == NULL) place = yaml_get(&n->items[at], "switches");
    yaml_fail(errs, place, "%s", error.s);
}

static void read_named(struct yaml_errors *errs, const struct yaml_node *n, struct arena *arena,
                       struct pool *p)
{
    uint32_t errors_before = errs->total;
    if (n->kind != YAML_MAP || n->count == 0) {
        yaml_fail(errs, n, "expected a map from the name of a switch to its nodes or switches");
        return;
    }
    if (n->count > SWITCHES_MAX) {
        yaml_fail(errs, n, "%u switches; at most %d are allowed in a pool", n->count,
                  (int)SWITCHES_MAX);
        return;
    }
    p->switch_count = n->count;
    p->switches = ARENA_ARRAY(arena, n->count, struct pool_switch);
    for (uint32_t i = 0; i < n->count; i++) {
        yaml_id(errs, &n->keys[i], &p->switches[i].name);
        read_switch(errs, &n->items[i], arena, &p->switches[i]);
    }
    check_names(errs, n, arena, p);
    if (errs->total == errors_before) check_whole(errs, n, arena, p);
}

void switches_yaml_read(struct yaml_errors *errs, const struct yaml_node *pool, struct arena *arena,
                        struct pool *p)
{
    const struct yaml_node *per = yaml_get(pool, "nodes_per_switch");
    const struct yaml_node *group = yaml_get(pool, "switches_per_spine");
    const struct yaml_node *named = yaml_get(pool, "switches");
    if (named != NULL) {
        read_named(errs, named, arena, p);
        if (per != NULL || group != NULL)
            yaml_fail(errs, yaml_key(pool, per != NULL ? "nodes_per_switch" : "switches_per_spine"),
                      "the pool names its switches; leave the numbers out");
        return;
    }
    if (per != NULL) yaml_u32(errs, per, 1, NODES_PER_POOL_MAX, &p->nodes_per_switch);
    if (group != NULL) {
        yaml_u32(errs, group, 1, NODES_PER_POOL_MAX, &p->switches_per_spine);
        yaml_need(errs, pool, "nodes_per_switch");
    }
}
