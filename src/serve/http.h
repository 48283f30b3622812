/* http.h - the doors: HTTP/1.1 on a unix socket and on loopback TCP, by libmicrohttpd.
 *
 * One thread serves both. It authenticates, bounds and collects a request, puts it on the inbox, and
 * sends the reply when the writer thread has called http_reply. Nothing else happens here. */
#ifndef BERTH_SERVE_HTTP_H
#define BERTH_SERVE_HTTP_H

#include "serve/auth.h"
#include "serve/op.h"

enum {
    HTTP_IDLE_S = 60, /* a silent connection is closed, also one that waits for its reply: no disk
                         takes so long, and clients wait for less */
    HTTP_HEADER_BYTES_MAX = 16 * 1024, /* request line and headers: 1,000 job ids in a query have 11
                                          KB. More is refused with 431 or 414. The library clears as
                                          much for each request, so not more than that */
};

struct http;

struct http_config {
    const char
        *socket_path; /* unix socket, made with mode 0666: peers are told apart by uid. A dead
                                one there is replaced; anything else is left alone and an error */
    const char *listen_host; /* NULL: no TCP door */
    uint16_t listen_port; /* 0: the kernel chooses; see http_port */
    const struct auth *auth;
    struct inbox *inbox;
};

/* To be called when the spawner runs (see guests_room). */
enum err http_start(struct http **out, const struct http_config *config, struct errtext *error);
uint16_t http_port(const struct http *h); /* of the TCP door; 0: none */
/* False: the socket was removed, or something else lies in its place: nobody finds this door. */
bool http_socket_is_there(const struct http *h);
/* Writer thread: it is done with these ops, linked by `next`: send their replies, in no particular
 * order. They belong to the HTTP thread again. NULL: none. */
void http_reply(struct http *h, struct op *first);
/* Any thread: connections have been resumed, look at them. */
void http_wake(struct http *h);
/* Accept nothing new. Ops on the inbox must still be replied to before http_stop. */
void http_quiesce(struct http *h);
void http_stop(struct http *h);

#endif
