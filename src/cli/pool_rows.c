#include "cli/pool_rows.h"

#include "base/mem.h"
#include "cli/lists.h"
#include "cli/node_set.h"

#include <stdlib.h>
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
    return str_eqz(state, "idle") || str_eqz(state, "mixed") || str_eqz(state, "allocated");
}

/* Sort `n` nodes (or CPUs, of which `used` are in use) of a state under Slurm's three heads. */
static struct aiot count_as(struct str state, uint64_t n, uint64_t used)
{
    if (!is_up(state)) return (struct aiot){.allocated = used, .other = n - used};
    return (struct aiot){.allocated = used, .idle = n - used};
}

void pool_rows_add_none(struct pool_rows *rows, const struct pool_view *pool)
{
    add(rows, (struct pool_row){.pool = pool, .state = STR("n/a")});
}

void pool_rows_add_groups(struct pool_rows *rows, const struct pool_view *pool)
{
    for (uint32_t i = 0; i < pool->group_count; i++) {
        const struct node_group_view *g = &pool->groups[i];
        bool busy = str_eqz(g->state, "allocated") || str_eqz(g->state, "mixed") ||
                    str_eqz(g->state, "draining");
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
        bool busy = n->cpus_used > 0 || n->chips_used > 0;
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
    static const char *const needs[] = {"NodeHost", "NodeAddr", "CPUsState", "Reason", "GresUsed"};
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
        struct buf folded = {0};
        struct errtext error;
        bool is_list = hostlist_fold(buf_str(&nodes[k]), true, &folded, &error) == ERR_NONE;
        rows->row[k].nodes = str_copy(arena, buf_str(is_list ? &folded : &nodes[k]));
        buf_release(&folded);
        buf_release(&nodes[k]);
    }
}

const char *node_state_compact(struct str state)
{
    static const char *const names[][2] = {
        {"idle", "idle"},     {"mixed", "mix"},     {"allocated", "alloc"}, {"down", "down"},
        {"drained", "drain"}, {"draining", "drng"}, {"maint", "maint"},     {"n/a", "n/a"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_eqz(state, names[i][0])) return names[i][1];
    return "unk";
}

/* ---- order ---------------------------------------------------------------------------------- */

/* States in Slurm's order, so that -t puts first what is out of use, then what works. */
static int state_rank(struct str state)
{
    static const char *const order[] = {"n/a",   "down",  "idle",    "allocated",
                                        "mixed", "maint", "drained", "draining"};
    int i = 0;
    while (i < (int)(sizeof order / sizeof *order) && !str_eqz(state, order[i])) i++;
    return i;
}

struct sort_key {
    const struct field *field; /* compared by what it prints, numbers as numbers */
    bool down;
};

struct sort_keys {
    struct sort_key key[POOL_SORT_KEYS_MAX];
    int count;
};

static int cmp_u64(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_by(const struct field *f, const struct pool_row *a, const struct pool_row *b)
{
    if (f->letter == 'P') return cmp_u64(a->place, b->place);
    if (f->letter == 't' || f->letter == 'T') return state_rank(a->state) - state_rank(b->state);
    struct buf x = {0}, y = {0};
    uint64_t n, m;
    f->put(a, NULL, &x);
    f->put(b, NULL, &y);
    bool numbers = str_to_u64(buf_str(&x), &n) && str_to_u64(buf_str(&y), &m);
    int c = numbers ? cmp_u64(n, m) : str_cmp(buf_str(&x), buf_str(&y));
    buf_release(&x);
    buf_release(&y);
    return c;
}

static int row_cmp(const void *pa, const void *pb, void *arg)
{
    const struct sort_keys *keys = arg;
    const struct pool_row *a = pa, *b = pb;
    for (int i = 0; i < keys->count; i++) {
        int c = compare_by(keys->key[i].field, a, b);
        if (c != 0) return keys->key[i].down ? -c : c;
    }
    return cmp_u64(a->order, b->order);
}

enum err pool_rows_sort(struct pool_rows *rows, struct str text, struct errtext *error)
{
    struct sort_keys keys = {0};
    struct str word;
    while (list_next(&text, &word)) {
        bool down = word.p[0] == '-';
        while (word.len > 1 && (word.p[0] == '-' || word.p[0] == '+' || word.p[0] == '#'))
            word = (struct str){word.p + 1, word.len - 1};
        const struct field *f = NULL;
        for (size_t i = 0; i < pool_field_count && word.len == 1; i++)
            if (pool_fields[i].letter == word.p[0] && word.p[0] != '\0') f = &pool_fields[i];
        if (f == NULL)
            return err_set(error, ERR_INVALID,
                           "cannot sort by '" STR_FMT "'; the keys are the letters of -o, with - "
                           "before for falling order",
                           STR_ARG(word));
        if (keys.count == POOL_SORT_KEYS_MAX)
            return err_set(error, ERR_LIMIT, "more than %d sort keys", POOL_SORT_KEYS_MAX);
        keys.key[keys.count++] = (struct sort_key){f, down};
    }
    for (size_t i = 0; i < rows->count; i++) rows->row[i].order = (uint32_t)i;
    if (rows->count > 1) qsort_r(rows->row, rows->count, sizeof *rows->row, row_cmp, &keys);
    return ERR_NONE;
}
