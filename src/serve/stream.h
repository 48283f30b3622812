/* stream.h - server-sent events: what was decided, as it is decided, to whoever listens.
 *
 * Each subscriber has a bounded queue of bytes; one that reads too slowly loses the stream (it is
 * closed) rather than holding memory: it reconnects with the id of the last event that it read, and
 * is sent what it missed (events.c). */
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
    STREAM_MISSED_RECORDS_MAX = 10000, /* sent again to who comes back: read in some 50 ms */
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

/* Writer thread: from now on somebody hears what is published, after `missed`, which is as good as
 * published before. Events are limited to jobs of peer.uid unless the peer is an operator. NULL:
 * there are too many, or the daemon ends. */
struct subscriber *streams_enter(struct streams *s, struct peer peer, struct str missed);
/* HTTP thread: the response that streams to that connection. Takes the subscriber; NULL: out of
 * memory. */
struct MHD_Response *streams_response(struct subscriber *sub, struct MHD_Connection *connection);
/* There will be no response. Frees the subscriber. */
void streams_leave(struct subscriber *sub);
/* Writer thread: is anybody listening? (Saves making the text.) */
bool streams_wanted(struct streams *s);
/* Writer thread: hand one event to every subscriber that may see jobs of `uid`. They are sent at the
 * next http_wake. */
void streams_publish(struct streams *s, uint32_t uid, struct str text);
/* End all streams, at the next http_wake; later subscriptions are refused. */
void streams_close(struct streams *s);

#endif
