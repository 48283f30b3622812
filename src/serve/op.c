#include "serve/op.h"

#include "base/check.h"
#include "base/mem.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

const char *op_query(const struct op *op, const char *name)
{
    for (uint32_t i = 0; i < op->query_count; i++)
        if (strcmp(op->query[i].name, name) == 0) return op->query[i].value;
    return NULL;
}

static const char *own(struct buf *texts, const char *s)
{
    const char *copy = texts->p + texts->len;
    buf_put(texts, s, strlen(s) + 1);
    return copy;
}

void op_own_texts(struct op *op)
{
    size_t room = strlen(op->method) + strlen(op->path) + 2;
    if (op->key != NULL) room += strlen(op->key) + 1;
    if (op->last_event != NULL) room += strlen(op->last_event) + 1;
    for (uint32_t i = 0; i < op->query_count; i++)
        room += strlen(op->query[i].name) + strlen(op->query[i].value) + 2;
    buf_reserve(&op->texts, room); /* so that it stays where it is */
    op->method = own(&op->texts, op->method);
    op->path = own(&op->texts, op->path);
    if (op->key != NULL) op->key = own(&op->texts, op->key);
    if (op->last_event != NULL) op->last_event = own(&op->texts, op->last_event);
    for (uint32_t i = 0; i < op->query_count; i++) {
        struct op_query *q = &op->query[i];
        *q = (struct op_query){own(&op->texts, q->name), own(&op->texts, q->value)};
    }
    ASSERT(op->texts.len == room);
}

struct op *op_take(struct op_pool *pool)
{
    struct op *op = pool->spare;
    if (op == NULL) return mem_alloc(1, sizeof *op);
    pool->spare = op->next;
    pool->count--;
    struct buf texts = op->texts, body = op->body, reply = op->reply;
    *op = (struct op){.texts = texts, .body = body, .reply = reply};
    buf_clear(&op->texts);
    buf_clear(&op->body);
    buf_clear(&op->reply);
    return op;
}

static void op_free(struct op *op)
{
    buf_release(&op->texts);
    buf_release(&op->body);
    buf_release(&op->reply);
    mem_free(op);
}

void op_give(struct op_pool *pool, struct op *op)
{
    if (op == NULL) return;
    if (pool->count == OP_SPARE_MAX) {
        op_free(op);
        return;
    }
    if (op->body.cap > OP_SPARE_BYTES) buf_release(&op->body);
    if (op->reply.cap > OP_SPARE_BYTES) buf_release(&op->reply);
    op->next = pool->spare;
    pool->spare = op;
    pool->count++;
}

void op_pool_release(struct op_pool *pool)
{
    for (struct op *op = pool->spare; op != NULL;) {
        struct op *next = op->next;
        op_free(op);
        op = next;
    }
    *pool = (struct op_pool){0};
}

enum err inbox_init(struct inbox *b, struct errtext *error)
{
    *b = (struct inbox){0};
    b->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (b->event_fd < 0) return err_set(error, ERR_IO, "eventfd: %s", strerror(errno));
    ASSERT(pthread_mutex_init(&b->mutex, NULL) == 0);
    return ERR_NONE;
}

void inbox_release(struct inbox *b)
{
    pthread_mutex_destroy(&b->mutex);
    close(b->event_fd);
}

bool inbox_put(struct inbox *b, struct op *op)
{
    op->next = NULL;
    pthread_mutex_lock(&b->mutex);
    bool ok = !b->closed && b->count < OP_INBOX_MAX;
    bool wake = ok && b->awaited;
    if (ok) {
        if (b->tail != NULL)
            b->tail->next = op;
        else
            b->head = op;
        b->tail = op;
        b->count++;
    }
    if (wake) {
        uint64_t one = 1;
        ssize_t n = write(b->event_fd, &one, sizeof one);
        ASSERT(n == (ssize_t)sizeof one);
        b->awaited = false;
        b->told = true;
    }
    pthread_mutex_unlock(&b->mutex);
    return ok;
}

bool inbox_await(struct inbox *b)
{
    pthread_mutex_lock(&b->mutex);
    b->awaited = b->head == NULL;
    bool may_sleep = b->awaited;
    pthread_mutex_unlock(&b->mutex);
    return may_sleep;
}

struct op *inbox_take(struct inbox *b)
{
    pthread_mutex_lock(&b->mutex);
    struct op *head = b->head;
    b->head = b->tail = NULL;
    b->count = 0;
    b->awaited = false;
    if (b->told) {
        uint64_t count = 0;
        ssize_t n = read(b->event_fd, &count, sizeof count);
        ASSERT(n == (ssize_t)sizeof count);
        b->told = false;
    }
    pthread_mutex_unlock(&b->mutex);
    return head;
}

void inbox_close(struct inbox *b)
{
    pthread_mutex_lock(&b->mutex);
    b->closed = true;
    pthread_mutex_unlock(&b->mutex);
}
