/* heartbeat.h - jobs say how far they are: a datagram socket beside the daemon's own.
 *
 *     BERTH_PROGRESS=SOCKET.progress      in the environment of every job
 *     job 12.1 step 1200 of 5000 saved    one datagram, one line; ".1", "of 5000" and "saved" may
 *                                         be left out: the present attempt, total as stated before
 *
 * `berth progress` sends that; so does any line of shell or Python that can write to a datagram
 * socket. Why a datagram: it cannot block a training loop for long, a daemon that is away costs the
 * job nothing but that heartbeat, and the next daemon binds the same name. Who sends is told by the
 * kernel (SCM_CREDENTIALS), so the socket is open to all and a job needs no token; only the job's
 * own user, root and the daemon's are heard.
 *
 * A job's heartbeats become at most one record of the ledger in HEARTBEAT_RECORD_MS: the first at
 * once, what follows merged into the newest. One that says "saved" is not overtaken by later ones
 * that do not, because what it saved is what the job can go back to. */
#ifndef BERTH_SERVE_HEARTBEAT_H
#define BERTH_SERVE_HEARTBEAT_H

#include "base/err.h"
#include "core/event.h"

#include <stddef.h>

enum {
    HEARTBEAT_RECORD_MS = 30 * 1000, /* 10,000 jobs that speak all the time: 333 records a second */
    HEARTBEAT_PAUSE_MS = 10, /* between looks at the socket: who floods it cannot keep the daemon */
    HEARTBEAT_TAKE_MAX = 256, /* datagrams of one look */
    HEARTBEAT_LINE_MAX = 256, /* bytes of one */
};

struct server;

struct pulse {
    struct heartbeat beat; /* newest that is not yet recorded */
    uint32_t uid; /* who sent it */
    bool is_dirty; /* there is one */
    int64_t due_ms; /* steady: a record may be made again, or the pulse be forgotten */
};

struct heartbeats {
    int fd; /* -1: there is no socket */
    char *path;
    struct pulse *pulses; /* in order of job */
    size_t count, cap;
    int64_t listen_ms; /* steady: when the socket is looked at again */
};

/* Bind `socket_path`.progress; ERR_INVALID where that name is too long for a socket. */
enum err heartbeats_open(struct heartbeats *h, const char *socket_path, struct errtext *error);
void heartbeats_close(struct heartbeats *h);
/* For poll: the descriptor, or -1 for now; and how long to wait at most. */
int heartbeats_fd(const struct heartbeats *h);
int heartbeats_wait_ms(const struct heartbeats *h);
/* Take what has arrived and record what is due. */
void heartbeats_take(struct server *s);

/* One line as above; attempt 0 and total 0: not said. */
bool heartbeat_parse(struct str line, struct heartbeat *out);
/* Bring `to`, which is not yet recorded, up to date by a later heartbeat of the same attempt. */
void heartbeat_merge(struct heartbeat *to, const struct heartbeat *later);

#endif
