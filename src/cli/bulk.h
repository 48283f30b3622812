/* bulk.h - one thing done to many jobs, several requests at a time: the daemon makes what arrives
 * together durable together, so that ending an array of 10,000 tasks takes seconds. */
#ifndef BERTH_CLI_BULK_H
#define BERTH_CLI_BULK_H

#include "cli/api.h"

enum { BULK_CONNECTIONS = 32 }; /* at once: a group commit that is full enough */

struct bulk_result {
    enum err code;
    struct buf text; /* the reply's JSON, or the text of the error */
};

/* POST /v1/jobs/ID/ACTION for each id, with the same JSON body; results[i] belongs to ids[i]. Once
 * nobody answers, the ids that are left get ERR_UNAVAILABLE unasked. */
void bulk_act(const struct api *a, const uint32_t *ids, size_t count, const char *action,
              struct str body, struct bulk_result *results);
void bulk_release(struct bulk_result *results, size_t count);

#endif
