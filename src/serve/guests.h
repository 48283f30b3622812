/* guests.h - who is connected: the descriptors of the doors are shared so that nobody takes them
 * all.
 *
 * A connection costs the daemon a descriptor until its peer speaks or HTTP_IDLE_S have passed, and
 * a peer that sends one byte a minute never falls silent. Two bounds keep that harmless: the doors
 * never take so many that the daemon could not open its own files (a job could then neither start
 * nor report its end), and on the unix socket, where the kernel says who asks, one user holds at
 * most one of GUESTS_SHARES parts. Operators are not counted. Over TCP nobody is known before the
 * headers of a request with a good token have come; until then a connection is a stranger's. They
 * hold at most one of STRANGER_SHARES parts of that door, and when there are more the one that has
 * said nothing for longest is closed: a crowd pushes out itself, and who comes with a token needs a
 * moment only. From then on the connection counts for the token's user, as above.
 *
 * HTTP thread only, but for guests_room. */
#ifndef BERTH_SERVE_GUESTS_H
#define BERTH_SERVE_GUESTS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GUESTS_MAX = 1024, /* connections of each door; more wait in the kernel's backlog */
    GUESTS_MIN = 16, /* with room for fewer the daemon does not start */
    GUESTS_SHARES = 4, /* a user has a quarter of the unix socket: 256, several busy scripts */
    STRANGER_SHARES = 2, /* half of the TCP door: 512 */
    OWN_FILES_MAX = 64, /* descriptors that the daemon needs for itself: ledger, locks, sockets and
                           a record of an attempt are about 30 */
};

/* How many connections each of `doors` doors may take, GUESTS_MIN to GUESTS_MAX. Raises the
 * process's soft limit of open files as far as that needs and its hard limit allows: to be called
 * when the spawner runs, so that jobs keep the limit that the daemon was started with. ERR_LIMIT:
 * there are too few; the text says how many are needed. */
enum err guests_room(uint32_t doors, uint32_t *each_out, struct errtext *error);

struct guest {
    uint32_t uid;
    uint32_t count; /* connections, 1 or more */
};

/* Zero is empty but for `most`. Users that have a connection, in no order: at most GUESTS_MAX. */
struct guests {
    uint32_t most; /* connections of one user */
    struct guest *users;
    uint32_t user_count;
    size_t user_cap;
};
void guests_release(struct guests *g);

/* A connection of `uid` has come. False: the user has `most` already; nothing was counted,
 * close it. */
bool guests_enter(struct guests *g, uint32_t uid);
/* One that guests_enter let in has gone. */
void guests_leave(struct guests *g, uint32_t uid);

/* A TCP connection. */
struct stranger {
    struct stranger *older, *newer; /* while it is one */
    int fd;
    bool is_stranger;
    bool is_counted; /* no longer a stranger, and a guest by the name of `uid` */
    uint32_t uid;
};

/* Zero is empty but for `most`. */
struct strangers {
    uint32_t most;
    uint32_t count;
    struct stranger *oldest, *newest;
};

/* A connection has come. Gives it. The oldest is shut down where there are `most` already: its end
 * is seen by whoever serves it, who then calls strangers_leave. */
struct stranger *strangers_enter(struct strangers *s, int fd);
/* A request of `uid` has come over it. False: the user has too many connections. */
bool strangers_know(struct strangers *s, struct stranger *x, struct guests *g, uint32_t uid,
                    bool is_operator);
/* It has gone. Takes it. */
void strangers_leave(struct strangers *s, struct stranger *x, struct guests *g);

#endif
