/* state_dir.h - DIR, the local engine's folder.
 *
 *     DIR/              0700, the daemon's own; refused otherwise. It must be on a local file
 * system (record locks), not mounted noexec (scripts run from here). engine.lock     held by the
 * daemon that owns DIR notify          datagram socket of the present daemon (engine/notify.h)
 *       spawner.log     what spawner and supervisors have to say
 *       attempts/       engine/attempt_file.h
 */
#ifndef BERTH_ENGINE_STATE_DIR_H
#define BERTH_ENGINE_STATE_DIR_H

#include "base/err.h"

enum { BOOT_NAME_MAX = 64 };

struct state_dir {
    int fd, attempts_fd; /* of DIR and DIR/attempts, close-on-exec */
    char *path; /* absolute; owned */
    unsigned long device, inode; /* of DIR: tells one daemon's jobs from another's */
    char boot[BOOT_NAME_MAX]; /* this boot and pid namespace */
};

/* Open DIR; creates it and `attempts` where missing. ERR_DENIED when DIR belongs to another user or
 * others may enter it. */
enum err state_dir_open(struct state_dir *d, const char *path, struct errtext *error);
void state_dir_release(struct state_dir *d);

#endif
