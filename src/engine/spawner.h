/* spawner.h - the process that makes supervisors.
 *
 * It is forked once, when the daemon starts and before it has threads or much memory, so that each
 * supervisor is a fork of something small and costs no exec. It only waits for orders: when the
 * daemon dies, however it dies, the spawner's socket ends and it goes; the supervisors stay. Its
 * messages, and those of supervisors about themselves, go to DIR/spawner.log. */
#ifndef BERTH_ENGINE_SPAWNER_H
#define BERTH_ENGINE_SPAWNER_H

#include "engine/attempt_file.h"

struct spawner {
    int fd; /* -1: none */
    pid_t pid;
};

/* Fork it for DIR (created where missing). Must be called while the process has one thread. */
enum err spawner_start(struct spawner *s, const char *dir, struct errtext *error);

/* False when it has gone: nothing can be started until the daemon is restarted. */
bool spawner_is_alive(const struct spawner *s);

/* Ask for a supervisor for an attempt that attempt_create has made. Waits a second at most. */
enum err spawner_order(const struct spawner *s, struct attempt_id id, struct errtext *error);

/* Let it go; what runs goes on. */
void spawner_release(struct spawner *s);

#endif
