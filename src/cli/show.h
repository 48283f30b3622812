/* show.h - records as `scontrol show` prints them: Key=Value, in Slurm's order and with its words,
 * then Berth's own keys. */
#ifndef BERTH_CLI_SHOW_H
#define BERTH_CLI_SHOW_H

#include "serve/views.h"

/* `oneline`: each record in one line. Every record ends with an empty line unless it is one. */
void show_job(const struct job_view *job, int64_t now_ms, bool oneline, struct buf *out);
void show_partition(const struct pool_view *pool, bool oneline, struct buf *out);
void show_node(const struct node_view *node, const struct pool_view *pool, bool oneline,
               struct buf *out);
/* One line. */
void show_switch(const struct switch_view *s, struct buf *out);

#endif
