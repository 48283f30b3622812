/* stream.h - server-sent events: what was decided, as it is decided, to whoever listens.
 *
 * Each subscriber has a bounded queue of bytes; one that reads too slowly loses the stream (it is
 * closed) rather than holding memory: it reconnects and reads what it missed from /v1/ledger. */
#ifndef BERTH_SERVE_STREAM_H
#define BERTH_SERVE_STREAM_H

#include "base/str.h"
#include "serve/op.h"

#include <pthread.h>

struct MHD_Connection;
struct MHD_Response;

enum {
    STREAM_QUEUE_MAX = 1024 * 1024, /* bytes a slow reader may be behind */
    STREAM_SUBSCRIBERS_MAX = 64,
};

struct subscriber;

struct streams {
    pthread_mutex_t mutex;
    struct subscriber *list;
    uint32_t count;
    bool closed;
};

void streams_init(struct streams *s);
void streams_release(struct streams *s);

/* HTTP thread: a response that streams to this connection; NULL when there are too many. Events are
 * limited to jobs of peer.uid unless the peer is an operator. */
struct MHD_Response *streams_subscribe(struct streams *s, struct MHD_Connection *connection,
                                       struct peer peer);
/* Writer thread: is anybody listening? (Saves making the text.) */
bool streams_wanted(struct streams *s);
/* Writer thread: hand one event to every subscriber that may see jobs of `uid`. They are sent at the
 * next http_wake. */
void streams_publish(struct streams *s, uint32_t uid, struct str text);
/* End all streams, at the next http_wake; later subscriptions are refused. */
void streams_close(struct streams *s);

#endif
