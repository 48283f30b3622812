#include "cli/pool_rows.h"

#include "base/mem.h"

#include <string.h>

void pool_rows_release(struct pool_rows *rows)
{
    mem_free(rows->row);
    *rows = (struct pool_rows){0};
}

static struct pool_row *add(struct pool_rows *rows, struct pool_row row)
{
    rows->row = mem_grow(rows->row, &rows->cap, rows->count + 1, sizeof *rows->row);
    rows->row[rows->count] = row;
    return &rows->row[rows->count++];
}

static bool is_up(struct str state)
{
    return !str_eqz(state, "down") && !str_eqz(state, "drained");
}

/* Sort `n` nodes (or CPUs, of which `used` are in use) of a state under Slurm's three heads. */
static struct aiot count_as(struct str state, uint64_t n, uint64_t used)
{
    if (!is_up(state)) return (struct aiot){.allocated = used, .other = n - used};
    return (struct aiot){.allocated = used, .idle = n - used};
}

void pool_rows_add_groups(struct pool_rows *rows, const struct pool_view *pool)
{
    for (uint32_t i = 0; i < pool->group_count; i++) {
        const struct node_group_view *g = &pool->groups[i];
        bool busy = str_eqz(g->state, "allocated") || str_eqz(g->state, "mixed");
        add(rows,
            (struct pool_row){.pool = pool,
                              .state = g->state,
                              .nodes = g->nodes,
                              .node_count = count_as(g->state, g->count, busy ? g->count : 0)});
    }
}

void pool_rows_add_nodes(struct pool_rows *rows, const struct pool_view *pool,
                         const struct node_list *nodes)
{
    for (uint32_t i = 0; i < nodes->count; i++) {
        const struct node_view *n = &nodes->nodes[i];
        bool busy = str_eqz(n->state, "allocated") || str_eqz(n->state, "mixed");
        uint64_t used = n->cpus_used < pool->cpus_per_node ? n->cpus_used : pool->cpus_per_node;
        add(rows, (struct pool_row){.pool = pool,
                                    .state = n->state,
                                    .reason = n->reason,
                                    .reason_uid = n->reason_uid,
                                    .reason_ms = n->reason_ms,
                                    .nodes = n->name,
                                    .node_count = count_as(n->state, 1, busy ? 1 : 0),
                                    .cpus = count_as(n->state, pool->cpus_per_node, used),
                                    .chips_used = n->chips_used});
    }
}

/* Fields that count or list nodes: rows that differ only in these are one row. */
static bool is_sum(const struct field *f)
{
    static const char *const sums[] = {"Nodes",     "NodeAI",   "NodeAIOT",
                                       "CPUsState", "NodeList", "GresUsed"};
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
        if (f->name != NULL && strcmp(f->name, sums[i]) == 0) return true;
    return false;
}

bool pool_format_needs_nodes(const struct format *format)
{
    static const char *const needs[] = {"NodeHost", "CPUsState", "Reason", "GresUsed"};
    for (int i = 0; i < format->count; i++)
        for (size_t k = 0; k < sizeof needs / sizeof *needs; k++)
            if (format->items[i].field->name != NULL &&
                strcmp(format->items[i].field->name, needs[k]) == 0)
                return true;
    return false;
}

static struct str key_of(const struct pool_row *row, const struct format *format,
                         struct arena *arena)
{
    struct buf key = {0};
    for (int i = 0; i < format->count; i++) {
        if (is_sum(format->items[i].field)) continue;
        format->items[i].field->put(row, NULL, &key);
        buf_putc(&key, '\0');
    }
    struct str copy = str_copy(arena, buf_str(&key));
    buf_release(&key);
    return copy;
}

static void join_into(struct pool_row *to, const struct pool_row *from, struct buf *nodes)
{
    to->node_count.allocated += from->node_count.allocated;
    to->node_count.idle += from->node_count.idle;
    to->node_count.other += from->node_count.other;
    to->cpus.allocated += from->cpus.allocated;
    to->cpus.idle += from->cpus.idle;
    to->cpus.other += from->cpus.other;
    to->chips_used += from->chips_used;
    if (nodes->len > 0 && from->nodes.len > 0) buf_putc(nodes, ',');
    buf_put_str(nodes, from->nodes);
}

void pool_rows_join(struct pool_rows *rows, const struct format *format, struct arena *arena)
{
    struct str *keys = ARENA_ARRAY(arena, rows->count, struct str);
    struct buf *nodes = ARENA_ARRAY(arena, rows->count, struct buf);
    size_t kept = 0;
    for (size_t i = 0; i < rows->count; i++) {
        struct str key = key_of(&rows->row[i], format, arena);
        size_t k = 0;
        while (k < kept && !str_eq(keys[k], key)) k++;
        if (k == kept) {
            keys[kept] = key;
            rows->row[kept++] = rows->row[i];
            buf_put_str(&nodes[k], rows->row[k].nodes);
        } else {
            join_into(&rows->row[k], &rows->row[i], &nodes[k]);
        }
    }
    rows->count = kept;
    for (size_t k = 0; k < kept; k++) {
        rows->row[k].nodes = str_copy(arena, buf_str(&nodes[k]));
        buf_release(&nodes[k]);
    }
}

const char *node_state_compact(struct str state)
{
    static const char *const names[][2] = {
        {"idle", "idle"}, {"mixed", "mix"},     {"allocated", "alloc"},
        {"down", "down"}, {"drained", "drain"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_eqz(state, names[i][0])) return names[i][1];
    return "unk";
}
