/* views_fill.h - from the core's state to the flat records of serve/views.h. Everything made lives
 * in the arena given. */
#ifndef BERTH_SERVE_VIEWS_FILL_H
#define BERTH_SERVE_VIEWS_FILL_H

#include "core/core.h"
#include "port/store.h"
#include "serve/views.h"

struct job_view view_job(const struct core *c, const struct job *j, struct arena *arena);
struct pool_view view_pool(const struct core *c, struct pool_id pool, struct arena *arena);
/* Of all tenants of the fleet, which must be there; `list` has the sums too. */
void view_shares(const struct core *c, int64_t now_ms, struct arena *arena,
                 struct share_list *list);
/* The row kept for ever of a job that has ended; its blob is the job_view. */
struct history_row view_history(const struct core *c, const struct job *j, struct arena *arena);
/* The job_view inside such a row. */
enum err view_of_history(struct str blob, struct arena *arena, struct job_view *out,
                         struct errtext *error);
/* idle mixed allocated draining drained maint down. */
struct str view_node_state(const struct core *c, struct pool_id id, uint32_t node);
/* CPUs the job uses on all nodes together. */
uint32_t view_job_cpus(const struct job *j);

#endif
