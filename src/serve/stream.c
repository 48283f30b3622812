#include "serve/stream.h"

#include "base/check.h"
#include "base/mem.h"

#include <microhttpd.h>
#include <string.h>
#include <sys/types.h>

enum { STREAM_BLOCK = 16 * 1024 };

struct subscriber {
    struct subscriber *next;
    struct streams *streams;
    struct MHD_Connection *connection;
    struct peer peer;
    struct buf queue;
    size_t sent; /* bytes of the queue that went out */
    size_t queue_max;
    bool waiting; /* its connection is suspended */
    bool ended;
};

void streams_init(struct streams *s)
{
    *s = (struct streams){0};
    ASSERT(pthread_mutex_init(&s->mutex, NULL) == 0);
}

void streams_release(struct streams *s)
{
    ASSERT(s->list == NULL);
    pthread_mutex_destroy(&s->mutex);
}

/* libmicrohttpd asks for more of the body. With nothing to send the connection sleeps. */
static ssize_t stream_read(void *cls, uint64_t pos, char *out, size_t max)
{
    (void)pos;
    struct subscriber *sub = cls;
    pthread_mutex_lock(&sub->streams->mutex);
    ssize_t n = 0;
    size_t left = sub->queue.len - sub->sent;
    if (left > 0) {
        n = (ssize_t)(left < max ? left : max);
        memcpy(out, sub->queue.p + sub->sent, (size_t)n);
        sub->sent += (size_t)n;
        if (sub->sent == sub->queue.len) {
            buf_clear(&sub->queue);
            sub->sent = 0;
            sub->queue_max = STREAM_QUEUE_MAX; /* it has caught up */
        }
    } else if (sub->ended) {
        n = MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        sub->waiting = true;
        MHD_suspend_connection(sub->connection);
    }
    pthread_mutex_unlock(&sub->streams->mutex);
    return n;
}

void streams_leave(struct subscriber *sub)
{
    struct streams *s = sub->streams;
    pthread_mutex_lock(&s->mutex);
    struct subscriber **at = &s->list;
    while (*at != sub) at = &(*at)->next;
    *at = sub->next;
    s->count--;
    pthread_mutex_unlock(&s->mutex);
    buf_release(&sub->queue);
    mem_free(sub);
}

static void stream_free(void *cls)
{
    streams_leave(cls);
}

struct subscriber *streams_enter(struct streams *s, struct peer peer, struct str missed)
{
    struct subscriber *sub = NULL;
    pthread_mutex_lock(&s->mutex);
    if (!s->closed && s->count < STREAM_SUBSCRIBERS_MAX) {
        sub = mem_alloc(1, sizeof *sub);
        *sub = (struct subscriber){.next = s->list,
                                   .streams = s,
                                   .peer = peer,
                                   .queue_max = STREAM_QUEUE_MAX + missed.len};
        buf_puts(&sub->queue, ": connected\n\n");
        buf_put_str(&sub->queue, missed);
        s->list = sub;
        s->count++;
    }
    pthread_mutex_unlock(&s->mutex);
    return sub;
}

struct MHD_Response *streams_response(struct subscriber *sub, struct MHD_Connection *connection)
{
    sub->connection = connection; /* others look at it only once it waits */
    struct MHD_Response *r = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK,
                                                               stream_read, sub, stream_free);
    if (r == NULL) streams_leave(sub);
    return r;
}

bool streams_wanted(struct streams *s)
{
    pthread_mutex_lock(&s->mutex);
    bool wanted = s->list != NULL;
    pthread_mutex_unlock(&s->mutex);
    return wanted;
}

static void wake(struct subscriber *sub)
{
    if (!sub->waiting) return;
    sub->waiting = false;
    MHD_resume_connection(sub->connection);
}

void streams_publish(struct streams *s, uint32_t uid, struct str text)
{
    pthread_mutex_lock(&s->mutex);
    for (struct subscriber *sub = s->list; sub != NULL; sub = sub->next) {
        if (sub->ended || (!sub->peer.is_operator && sub->peer.uid != uid)) continue;
        if (sub->queue.len + text.len > sub->queue_max)
            sub->ended = true;
        else
            buf_put_str(&sub->queue, text);
        wake(sub);
    }
    pthread_mutex_unlock(&s->mutex);
}

void streams_close(struct streams *s)
{
    pthread_mutex_lock(&s->mutex);
    s->closed = true;
    for (struct subscriber *sub = s->list; sub != NULL; sub = sub->next) {
        sub->ended = true;
        wake(sub);
    }
    pthread_mutex_unlock(&s->mutex);
}
