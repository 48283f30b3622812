/* resolve.h - from a start order to what a supervisor needs: names expanded, environment complete.
 */
#ifndef BERTH_ENGINE_RESOLVE_H
#define BERTH_ENGINE_RESOLVE_H

#include "engine/attempt_spec.h"
#include "port/engine.h"

struct resolve_config {
    int64_t kill_wait_ms;
    struct str socket; /* BERTH_SOCKET; "" none */
    struct str mark; /* BERTH_MARK */
};

/* Borrows from the order and allocates in `arena`; valid as long as both. */
struct attempt_spec order_resolve(const struct engine_start *order,
                                  const struct resolve_config *config, struct arena *arena);

#endif
