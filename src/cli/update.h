/* update.h - changing jobs: what `berth update` and `scontrol update` share. */
#ifndef BERTH_CLI_UPDATE_H
#define BERTH_CLI_UPDATE_H

#include "cli/api.h"
#include "read/sbatch.h"

/* The changes asked for: `fields` (bits of enum update_field) of request.spec count. */
struct update {
    struct sbatch_context context;
    struct sbatch_request request;
    uint32_t fields;
    bool has_priority, has_nice; /* each by its own word */
    int limit_sign; /* of a time limit given as +N or -N: 1, -1; 0: it is given whole */
    int say; /* enum update_say: what of each job that was changed */
};
enum update_say { UPDATE_SAY_NOTHING, UPDATE_SAY_WORDS, UPDATE_SAY_JSON };

/* Must not be moved afterwards. Values read live in the arena. */
void update_init(struct update *u, struct arena *arena);

/* Note a change by sbatch's long option, or by scontrol's key (without regard to case). */
enum err update_option(struct update *u, const char *option, struct str value,
                       struct errtext *error);
enum err update_key(struct update *u, struct str key, struct str value, struct errtext *error);

/* Send it for each job named (cli/targets.h); prints what failed, closes `a`, gives the exit code.
 */
int update_send(struct update *u, struct api *a, char *const *jobs, int count);

#endif
