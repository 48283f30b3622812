/* api.h - the handlers behind the routes (docs/openapi.yaml). Each fills op->status and op->reply.
 */
#ifndef BERTH_SERVE_API_H
#define BERTH_SERVE_API_H

#include "serve/server.h"

typedef void api_handler(struct server *s, struct op *op, struct str id);

/* api_jobs.c */
api_handler handle_submit, handle_plan, handle_jobs, handle_job, handle_job_spec, handle_why,
    handle_cancel, handle_hold, handle_release, handle_requeue, handle_requeuehold, handle_update;
/* api_acct.c */
api_handler handle_acct;
/* api_supply.c */
api_handler handle_pools, handle_nodes, handle_switches, handle_nodes_change, handle_leases, handle_shares,
    handle_fleet, handle_fleet_apply;
/* api_speeds.c */
api_handler handle_speeds, handle_speeds_adopt;
/* api_law.c */
api_handler handle_law, handle_law_adopt, handle_law_bind, handle_check;
/* api_law_diff.c */
api_handler handle_law_diff;
/* api_ledger.c */
api_handler handle_ledger, handle_checkpoint, handle_events, handle_metrics, handle_ping;

#endif
