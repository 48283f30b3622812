#include "cli/bulk.h"

#include "base/check.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

/* Shared by the workers; each takes the next id until none is left. */
struct bulk {
    const struct client *client;
    const uint32_t *ids;
    size_t count;
    const char *action;
    struct str body;
    struct bulk_result *results;
    atomic_size_t next;
    atomic_bool unreachable;
};

static void act_one(const struct bulk *b, struct client *c, size_t i)
{
    struct errtext error = {0};
    char path[64];
    snprintf(path, sizeof path, "/v1/jobs/%" PRIu32 "/%s", b->ids[i], b->action);
    struct request r = {.method = "POST", .path = path, .body = b->body};
    struct bulk_result *result = &b->results[i];
    result->code = client_call(c, &r, &result->text, &error);
    if (result->code == ERR_NONE) return;
    buf_clear(&result->text);
    buf_puts(&result->text, error.s);
}

static void *work(void *arg)
{
    struct bulk *b = arg;
    struct client c;
    client_copy(b->client, &c);
    for (;;) {
        size_t i = atomic_fetch_add(&b->next, 1);
        if (i >= b->count) break;
        if (atomic_load(&b->unreachable)) {
            b->results[i].code = ERR_UNAVAILABLE;
            buf_puts(&b->results[i].text, "the daemon does not answer");
            continue;
        }
        act_one(b, &c, i);
        if (b->results[i].code == ERR_UNAVAILABLE) atomic_store(&b->unreachable, true);
    }
    client_release(&c);
    return NULL;
}

void bulk_act(const struct api *a, const uint32_t *ids, size_t count, const char *action,
              struct str body, struct bulk_result *results)
{
    struct bulk b = {.client = &a->client,
                     .ids = ids,
                     .count = count,
                     .action = action,
                     .body = body,
                     .results = results};
    pthread_t threads[BULK_CONNECTIONS];
    size_t started = 0;
    while (started + 1 < BULK_CONNECTIONS && started + 1 < count &&
           pthread_create(&threads[started], NULL, work, &b) == 0)
        started++;
    work(&b); /* this thread works, too: it suffices where no other can be had */
    for (size_t i = 0; i < started; i++) {
        int failed = pthread_join(threads[i], NULL);
        ASSERT(failed == 0);
    }
}

void bulk_release(struct bulk_result *results, size_t count)
{
    for (size_t i = 0; i < count; i++) buf_release(&results[i].text);
}
