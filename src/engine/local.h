/* local.h - the engine that runs attempts as processes of this machine (port/engine.h).
 *
 *     daemon --order--> spawner --fork--> supervisor --fork, exec--> the job's script
 *        ^                                    |
 *        +------- notices (a socket) ---------+---- files: engine/attempt_file.h, the truth
 *
 * The daemon may be killed at any instant. What runs goes on under its supervisor, and `recover` of
 * the next daemon takes it over from the files: it neither loses, doubles nor orphans an attempt.
 * docs/decisions/0020-local-engine.md argues each case. The protocol with the core is the agent's
 * (agent/agent.h); this file carries out what the agent says and tells it what the files say.
 *
 * The nodes of local pools are posed by this machine, whatever the fleet file calls them. A gang's
 * script runs once, as on its first node, with the list of nodes in its environment. */
#ifndef BERTH_ENGINE_LOCAL_H
#define BERTH_ENGINE_LOCAL_H

#include "engine/spawner.h"
#include "port/engine.h"

enum {
    LOCAL_KILL_WAIT_MS = 30000, /* from TERM to KILL at a limit: Slurm's KillWait */
    LOCAL_LOOK_MS = 2000, /* between slow looks at the files of every active attempt */
    LOCAL_LOOK_SOON_MS = 50, /* until the next one while a dead attempt's processes are dying */
    LOCAL_SPAWN_PATIENCE_MS = 10000 /* a start of which nothing was heard is taken back */
};

struct local_config {
    const char *dir; /* DIR; created 0700 */
    const struct spawner *spawner; /* borrowed for the engine's life; started for the same DIR */
    const char *socket; /* for BERTH_SOCKET; NULL none */
    int64_t kill_wait_ms; /* 0: LOCAL_KILL_WAIT_MS */
};

/* ERR_CONFLICT when another daemon has DIR. */
enum err local_engine_new(const struct local_config *config, struct engine **out,
                          struct errtext *error);

/* False: somebody has removed DIR/attempts, so nothing can be started; a new engine makes it. */
bool local_engine_has_folder(const struct engine *e);

#endif
