/* notify.h - how supervisors tell the daemon that something happened.
 *
 * Datagrams to the unix socket DIR/notify. They only save the daemon from waiting for its next slow
 * look at the files, which are the truth: a datagram that is lost because no daemon runs, or
 * because it does not read, costs time and nothing else. DIR is closed to other users, so nobody
 * else can send. */
#ifndef BERTH_ENGINE_NOTIFY_H
#define BERTH_ENGINE_NOTIFY_H

#include "engine/attempt_file.h"

enum notice_kind {
    NOTICE_STARTED, /* the command runs */
    NOTICE_ENDED, /* its end is written */
    NOTICE_FAILED /* no supervisor could be made, or it could not begin */
};

struct notice {
    uint32_t kind; /* enum notice_kind */
    struct attempt_id id;
};

/* The daemon's end: a non-blocking descriptor bound to DIR/notify, in place of any before. */
enum err notify_listen(const struct state_dir *d, int *fd_out, struct errtext *error);
/* The next notice; false: none is waiting. What is not a notice is skipped. */
bool notify_receive(int fd, struct notice *out);

/* The supervisors' end, -1 when the system refuses. */
int notify_socket(void);
/* Waits NOTIFY_WAIT_MS at most for room in the daemon's queue. */
enum { NOTIFY_WAIT_MS = 1000 };
void notify_send(int fd, const struct state_dir *d, const struct notice *n);

#endif
