/* pool_rows.h - the rows of sinfo: nodes that are equal in all that the format shows. */
#ifndef BERTH_CLI_POOL_ROWS_H
#define BERTH_CLI_POOL_ROWS_H

#include "base/arena.h"
#include "cli/fields.h"
#include "serve/views.h"

/* Counts of nodes or CPUs as Slurm writes them: allocated/idle/other/total. */
struct aiot {
    uint64_t allocated, idle, other;
};

struct pool_row {
    const struct pool_view *pool;
    uint32_t place, order; /* of the pool in the fleet; of the row before sorting */
    struct str state; /* idle mixed allocated draining drained maint down; n/a: no node */
    struct str reason; /* of a node; "" none */
    uint32_t reason_uid; /* who took it out of use */
    int64_t reason_ms; /* when; 0: it is in use */
    struct str nodes; /* compressed hostlist */
    struct aiot node_count, cpus;
    uint32_t chips_used;
};

struct pool_rows {
    struct pool_row *row;
    size_t count, cap;
};

void pool_rows_release(struct pool_rows *rows);

/* A row for each group of nodes of the pool that are in one state. */
void pool_rows_add_groups(struct pool_rows *rows, const struct pool_view *pool);
/* A row for a pool of which no node is shown, as sinfo prints one. */
void pool_rows_add_none(struct pool_rows *rows, const struct pool_view *pool);
/* A row for each node. */
void pool_rows_add_nodes(struct pool_rows *rows, const struct pool_view *pool,
                         const struct node_list *nodes);

/* Join rows whose values are equal in all fields of the format that do not count or list nodes:
 * the first stays, in its place. Joined node lists live in the arena. */
void pool_rows_join(struct pool_rows *rows, const struct format *format, struct arena *arena);

enum { POOL_SORT_KEYS_MAX = 16 };
/* Sort by keys as sinfo -S takes them: letters of the percent dialect with - before for falling
 * order, such as "P,-t". Rows that are equal in all keys keep their order. */
enum err pool_rows_sort(struct pool_rows *rows, struct str keys, struct errtext *error);

/* True when the format shows what only GET /v1/pools/ID/nodes knows. */
bool pool_format_needs_nodes(const struct format *format);

/* "idle", "mix", "alloc", "down", "drain", "drng", "maint". */
const char *node_state_compact(struct str state);

/* The fields of sinfo over struct pool_row (percent and long dialects; no environment). */
extern const struct field pool_fields[];
extern const size_t pool_field_count;

#define INFO_FORMAT "%#P %.5a %.10l %.6D %.6t %N"
#define INFO_FORMAT_LONG "%#P %.5a %.10l %.10s %.4r %.8h %.10g %.6D %.11T %N"
#define INFO_FORMAT_SUMMARY "%#P %.5a %.10l %.16F %N"
#define INFO_FORMAT_NODES "%#N %.6D %#.P %6t"
#define INFO_FORMAT_NODES_LONG "%#N %.6D %#.P %.11T %4c %.8z %.6m %.8d %.6w %.8f %20E"
#define INFO_FORMAT_REASONS "%20E %9u %19H %N"

#endif
