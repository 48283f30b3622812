/* client.h - one connection to the daemon's HTTP API, over libcurl.
 *
 * Where to: $BERTH_URL with the bearer token of $BERTH_TOKEN, else of the file $BERTH_TOKEN_FILE,
 * else of `tokens` in the state folder (serve/auth.h; the first); without $BERTH_URL the unix
 * socket path_socket(), whose peer the daemon knows by its uid. libcurl is initialised by the first
 * call. */
#ifndef BERTH_CLI_CLIENT_H
#define BERTH_CLI_CLIENT_H

#include "base/err.h"
#include "base/str.h"

#include <jansson.h>
#include <stdint.h>

enum {
    CLIENT_CONNECT_S = 5, /* a local daemon answers in milliseconds */
    CLIENT_TOTAL_S = 120, /* a large fleet or law takes seconds to adopt */
    CLIENT_REPLY_MAX = 512 * 1024 * 1024, /* bytes: far above the largest reply */
    CLIENT_TRIES = 6, /* of a request that carries an idempotency key */
    CLIENT_KEY_MAX = 40,
};

struct client {
    void *curl; /* CURL *, NULL before the first call */
    char *url; /* "http://localhost" or $BERTH_URL without a final slash */
    const char *socket; /* path, NULL: over TCP */
    char *authorization; /* header line, NULL none */
};

/* Reads the environment and the token; does not connect. */
enum err client_init(struct client *c, struct errtext *error);
void client_release(struct client *c);
/* A second connection to the same daemon, for another thread. */
void client_copy(const struct client *from, struct client *out);

struct request {
    const char *method; /* "GET" */
    const char *path; /* "/v1/jobs?user=a" */
    struct str body; /* empty: none */
    const char *type; /* of the body; NULL: application/json */
    const char *accept; /* form of the reply; NULL: JSON */
    const char *key; /* idempotency key: the call is repeated when the reply was lost */
};

/* The body of a 2xx reply is put into *out (cleared first). A refusal by the daemon gives the code
 * and message of its error_reply; ERR_UNAVAILABLE: nobody answers, the text says what to do. */
enum err client_call(struct client *c, const struct request *r, struct buf *out,
                     struct errtext *error);

/* The same for a reply that is JSON; the caller owns *json_out (json_decref). */
enum err client_json(struct client *c, const struct request *r, json_t **json_out,
                     struct errtext *error);

/* The error that a reply with an HTTP status from 300 on stands for. */
enum err client_error(long status, struct str body, struct errtext *error);

/* A fresh random idempotency key (128 bits, hexadecimal). */
const char *client_new_key(char out[CLIENT_KEY_MAX]);

/* Append text to a URL, percent-encoded (RFC 3986: all but unreserved). */
void url_put(struct buf *out, struct str text);
/* Append "?name=value" or "&name=value"; nothing when the value is empty. */
void url_put_query(struct buf *url, const char *name, struct str value);

#endif
