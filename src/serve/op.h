/* op.h - a request on its way from the HTTP thread to the writer thread and back.
 *
 * The HTTP thread only moves bytes. Each complete request becomes an op on the inbox; the one
 * writer thread, which owns the state, fills in the reply and gives it back after the sync of
 * everything that the reply may rest on. */
#ifndef BERTH_SERVE_OP_H
#define BERTH_SERVE_OP_H

#include "base/err.h"
#include "base/str.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    OP_BODY_MAX =
        12 * 1024 * 1024, /* a 4 MiB script, worst case of JSON escapes for text, and room */
    OP_QUERY_MAX = 16, /* query parameters of one request */
    OP_INBOX_MAX = 4096, /* waiting ops: more get 503 at once, so memory stays bounded */
    OP_SPARE_MAX = 256, /* ops kept for the next requests: more clients at once are rare */
    OP_SPARE_BYTES = 16 * 1024, /* of a kept op's buffers each: a usual job with its script */
};

/* Who asks. */
struct peer {
    bool known;
    bool is_operator; /* the daemon's own uid, root, or an operator's token */
    uint32_t uid;
};

struct op_query {
    const char *name, *value;
};

struct subscriber;

struct op {
    struct op *next;
    struct peer peer;
    const char *method, *path; /* in `texts`, as the query and the key are */
    struct op_query query[OP_QUERY_MAX];
    uint32_t query_count;
    const char *key; /* Idempotency-Key header; may be NULL */
    const char *last_event; /* Last-Event-ID header; may be NULL */
    bool wants_cbor; /* Accept header: application/cbor */
    struct buf texts;
    struct buf body;

    /* the reply, by the writer thread */
    int status;
    const char *content_type;
    char allow[40]; /* with status 405: the methods that the path takes */
    struct buf reply;
    struct subscriber *stream; /* whom the reply is a stream of events to; NULL: it is `reply` */
    uint64_t rests_on; /* ledger record: the reply leaves when it is durable */

    /* the HTTP thread's own */
    struct door *door; /* through which it came */
    bool sent; /* it is or was the writer thread's */
    bool answered; /* it has come back from there, or needs not go: the reply is complete */
    bool abandoned; /* the connection broke while it was there: nobody wants the reply */
};

/* Copy method, path, key and query, which the op has as somebody else's texts, into `texts`: the
 * connection may break while the writer thread reads them. */
void op_own_texts(struct op *op);

/* The value of a query parameter, or NULL. */
const char *op_query(const struct op *op, const char *name);

/* Ops between two requests, with the memory of their buffers: the HTTP thread makes and frees
 * nothing for a usual request. Zero-initialise; one thread. */
struct op_pool {
    struct op *spare;
    uint32_t count;
};

struct op *op_take(struct op_pool *pool); /* empty */
void op_give(struct op_pool *pool, struct op *op); /* NULL: nothing */
void op_pool_release(struct op_pool *pool);

struct inbox {
    pthread_mutex_t mutex;
    struct op *head, *tail;
    uint32_t count;
    int event_fd; /* readable when something arrived that was awaited */
    bool awaited; /* the taker sleeps, or is about to */
    bool told; /* event_fd is readable */
    bool closed;
};

enum err inbox_init(struct inbox *b, struct errtext *error);
void inbox_release(struct inbox *b);
/* False when it is full or closed: the caller keeps the op. */
bool inbox_put(struct inbox *b, struct op *op);
/* Before the taker sleeps on event_fd: it becomes readable with the next op. False: something waits
 * already, do not sleep. While the taker is at work ops arrive without a system call. */
bool inbox_await(struct inbox *b);
/* Take everything that waits, in order; NULL when nothing does. */
struct op *inbox_take(struct inbox *b);
/* Refuse everything from now on. */
void inbox_close(struct inbox *b);

#endif
