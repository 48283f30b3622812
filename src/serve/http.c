#include "serve/http.h"

#include "base/check.h"
#include "base/mem.h"
#include "serve/guests.h"
#include "serve/stream.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    REPLY_USUAL = 512, /* bytes: a submission's reply has some 100 */
    LOOK_FIRST_MS = 1, /* a door where replies are awaited is looked at again after so long, */
    LOOK_LAST_MS = 64, /* then after twice as long each time that nothing happens, up to this */
    LAST_LOOKS = 4, /* at the end, for replies that are not sent yet */
    PIECE_LARGE = 4096, /* bytes: when so much of a body came at a time more of it may be there */
};

/* One listening socket; libmicrohttpd watches it and its connections through an epoll descriptor.
 */
struct door {
    struct http *http;
    struct MHD_Daemon *daemon;
    int epoll_fd;
    bool is_unix;
    uint32_t waiting; /* requests that a connection waits for: their ops are the writer thread's */
    bool stirred; /* a request has moved on in the last look and can go on: look again */
    int look_ms; /* while requests wait: after so long */
};

enum { DOORS = 2 }; /* unix and TCP */

struct http {
    struct http_config config;
    struct door doors[DOORS];
    uint32_t door_count;
    uint16_t port;
    char *socket_path;
    bool bound; /* the socket there is ours: */
    dev_t socket_device;
    ino_t socket_inode;
    uint32_t guests_each; /* connections that a door takes */
    struct guests guests; /* of the unix socket */
    struct guests holders; /* of the TCP door: who have shown a token */
    struct strangers strangers; /* who have not */

    pthread_t thread;
    bool running; /* the thread */
    struct op_pool ops; /* of our thread */
    int wake_fd; /* eventfd: look at what follows */
    pthread_mutex_t mutex; /* guards what follows, between the writer thread and ours */
    struct op *replies; /* answered, to be sent */
    bool quiesce, stop;
};

/* ---- replies --------------------------------------------------------------------------------- */

/* `mode`: whether the library copies the body or it stays as it is until the request is completed.
 */
static enum MHD_Result send_text(struct MHD_Connection *c, unsigned status, const char *type,
                                 const char *allow, struct buf *body,
                                 enum MHD_ResponseMemoryMode mode)
{
    struct MHD_Response *r = MHD_create_response_from_buffer(body->len, body->p, mode);
    if (r == NULL) return MHD_NO;
    MHD_add_response_header(r, "Content-Type", type);
    MHD_add_response_header(r, "Cache-Control", "no-store");
    MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
    if (status == MHD_HTTP_UNAUTHORIZED) MHD_add_response_header(r, "WWW-Authenticate", "Bearer");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED) MHD_add_response_header(r, "Allow", allow);
    if (status == MHD_HTTP_SERVICE_UNAVAILABLE) MHD_add_response_header(r, "Retry-After", "1");
    enum MHD_Result result = MHD_queue_response(c, status, r);
    MHD_destroy_response(r);
    return result;
}

static enum MHD_Result send_error(struct MHD_Connection *c, unsigned status, const char *error,
                                  const char *message)
{
    struct buf body = {0};
    buf_printf(&body, "{\"error\":\"%s\",\"message\":\"%s\"}\n", error, message);
    enum MHD_Result result =
        send_text(c, status, "application/json", "GET", &body, MHD_RESPMEM_MUST_COPY);
    buf_release(&body);
    return result;
}

static enum MHD_Result send_reply(struct MHD_Connection *c, struct op *op)
{
    if (op->stream == NULL)
        return send_text(c, (unsigned)op->status, op->content_type, op->allow, &op->reply,
                         MHD_RESPMEM_PERSISTENT);
    struct MHD_Response *r = streams_response(op->stream, c);
    op->stream = NULL;
    if (r == NULL) return MHD_NO;
    MHD_add_response_header(r, "Content-Type", "text/event-stream");
    MHD_add_response_header(r, "Cache-Control", "no-store");
    enum MHD_Result result = MHD_queue_response(c, MHD_HTTP_OK, r);
    MHD_destroy_response(r);
    return result;
}

void http_reply(struct http *h, struct op *first)
{
    if (first == NULL) return;
    struct op *last = first;
    while (last->next != NULL) last = last->next;
    pthread_mutex_lock(&h->mutex);
    last->next = h->replies;
    h->replies = first;
    pthread_mutex_unlock(&h->mutex);
    http_wake(h);
}

/* ---- requests -------------------------------------------------------------------------------- */

static int descriptor_of(struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info != NULL ? info->connect_fd : -1;
}

static struct peer peer_of_unix(const struct auth *auth, struct MHD_Connection *c)
{
    struct ucred cred;
    socklen_t len = sizeof cred;
    if (getsockopt(descriptor_of(c), SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0)
        return (struct peer){0};
    return auth_peer_of_uid(auth, (uint32_t)cred.uid);
}

static_assert(sizeof(uintptr_t) > sizeof(uint32_t), "a pointer has room for a uid and two bits");
enum { KEPT_KNOWN = 1, KEPT_COUNTED = 2, KEPT_BITS = 2 };

/* What the library keeps for us with a connection to the unix socket: who asks, asked once of the
 * kernel, and whether it is counted as a guest. */
static struct peer peer_of_kept(const struct auth *auth, uintptr_t kept)
{
    if ((kept & KEPT_KNOWN) == 0) return (struct peer){0};
    return auth_peer_of_uid(auth, (uint32_t)(kept >> KEPT_BITS));
}

static struct peer peer_of(const struct door *d, struct MHD_Connection *c)
{
    const struct auth *auth = d->http->config.auth;
    if (!d->is_unix)
        return auth_peer_of_header(
            auth, MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION));
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info != NULL ? peer_of_kept(auth, (uintptr_t)info->socket_context) : (struct peer){0};
}

/* A connection to the unix socket has come or goes. */
static void on_connection(void *cls, struct MHD_Connection *c, void **kept,
                          enum MHD_ConnectionNotificationCode what)
{
    struct http *h = cls;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        uintptr_t was = (uintptr_t)*kept;
        if ((was & KEPT_COUNTED) != 0) guests_leave(&h->guests, (uint32_t)(was >> KEPT_BITS));
        return;
    }
    struct peer peer = peer_of_unix(h->config.auth, c);
    uintptr_t keep = (uintptr_t)peer.uid << KEPT_BITS | (peer.known ? KEPT_KNOWN : 0);
    if (!peer.is_operator && guests_enter(&h->guests, peer.uid))
        keep |= KEPT_COUNTED;
    else if (!peer.is_operator)
        shutdown(descriptor_of(c), SHUT_RDWR); /* the library sees its end and closes it */
    *kept = (void *)keep;
}

/* A connection to the TCP door has come or goes. */
static void on_tcp_connection(void *cls, struct MHD_Connection *c, void **kept,
                              enum MHD_ConnectionNotificationCode what)
{
    struct http *h = cls;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED)
        strangers_leave(&h->strangers, *kept, &h->holders);
    else
        *kept = strangers_enter(&h->strangers, descriptor_of(c));
}

/* False: the token's user has too many connections. */
static bool recognise(const struct door *d, struct MHD_Connection *c, const struct peer *peer)
{
    struct http *h = d->http;
    if (d->is_unix) return true; /* counted when it came */
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    ASSERT(info != NULL);
    return strangers_know(&h->strangers, info->socket_context, &h->holders, peer->uid,
                          peer->is_operator);
}

static enum MHD_Result add_query(void *cls, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
    (void)kind;
    struct op *op = cls;
    if (op->query_count == OP_QUERY_MAX) return MHD_NO;
    op->query[op->query_count++] = (struct op_query){name, value != NULL ? value : ""};
    return MHD_YES;
}

static bool body_is_too_long(struct MHD_Connection *c)
{
    const char *text =
        MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    uint64_t len = 0;
    return text != NULL && (!str_to_u64(str_of(text), &len) || len > OP_BODY_MAX);
}

static char *copy_text(const char *s)
{
    size_t len = strlen(s);
    char *p = mem_alloc(len + 1, 1);
    memcpy(p, s, len);
    return p;
}

static enum MHD_Result request_begin(struct door *d, struct MHD_Connection *c, const char *url,
                                     const char *method, void **con_cls)
{
    struct peer peer = peer_of(d, c);
    if (!peer.known)
        return send_error(c, MHD_HTTP_UNAUTHORIZED, "denied",
                          "no or unknown bearer token; see the file tokens in the state directory");
    if (!recognise(d, c, &peer))
        return send_error(c, MHD_HTTP_SERVICE_UNAVAILABLE, "unavailable",
                          "this token has too many connections open; close some");
    if (body_is_too_long(c))
        return send_error(c, MHD_HTTP_CONTENT_TOO_LARGE, "limit",
                          "the request body is over 12 MiB");
    struct op *op = op_take(&d->http->ops);
    op->door = d;
    op->peer = peer;
    op->method = method;
    op->path = url;
    /* Room for a usual reply, so that this thread frees what this thread allocated. */
    buf_reserve(&op->reply, REPLY_USUAL);
    op->key = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Idempotency-Key");
    op->last_event = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Last-Event-ID");
    const char *accept = MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
    op->wants_cbor = accept != NULL && strcmp(accept, "application/cbor") == 0;
    MHD_get_connection_values(c, MHD_GET_ARGUMENT_KIND, add_query, op);
    op_own_texts(op);
    *con_cls = op;
    return MHD_YES;
}

/* The request is complete. It comes here again at every look at the door until it has a response:
 * that is cheap, and what the library has for waiting (MHD_suspend_connection) costs two epoll_ctl
 * and a read in vain for each request. */
static enum MHD_Result request_end(struct door *d, struct MHD_Connection *c, struct op *op)
{
    if (op->sent && !op->answered) return MHD_YES;
    if (!op->answered) {
        op->sent = true; /* before it is the writer thread's */
        if (inbox_put(d->http->config.inbox, op)) {
            d->waiting++;
            return MHD_YES;
        }
        op->sent = false;
    }
    d->stirred = true; /* the next look sends it */
    if (op->answered) return send_reply(c, op);
    return send_error(c, MHD_HTTP_SERVICE_UNAVAILABLE, "unavailable",
                      "too many requests are waiting; try again");
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *c, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_size, void **con_cls)
{
    (void)version;
    struct door *d = cls;
    struct op *op = *con_cls;
    if (op == NULL) return request_begin(d, c, url, method, con_cls);
    if (*data_size == 0) return request_end(d, c, op);
    if (*data_size >= PIECE_LARGE) d->stirred = true;
    if (op->body.len + *data_size > OP_BODY_MAX) return MHD_NO; /* a chunked body: cut it off */
    buf_put(&op->body, data, *data_size);
    *data_size = 0;
    return MHD_YES;
}

static void give_back(struct http *h, struct op *op)
{
    if (op != NULL && op->stream != NULL) streams_leave(op->stream); /* nobody will read it */
    op_give(&h->ops, op);
}

static void on_completed(void *cls, struct MHD_Connection *c, void **con_cls,
                         enum MHD_RequestTerminationCode code)
{
    (void)c, (void)code;
    struct http *h = cls;
    struct op *op = *con_cls;
    *con_cls = NULL;
    if (op != NULL && op->sent && !op->answered) {
        op->abandoned = true; /* it is given back when the writer thread has done with it */
        op->door->waiting--;
    } else {
        give_back(h, op);
    }
}

/* ---- the thread ------------------------------------------------------------------------------ */

void http_wake(struct http *h)
{
    uint64_t one = 1;
    ssize_t n = write(h->wake_fd, &one, sizeof one);
    ASSERT(n == (ssize_t)sizeof one);
}

static void door_quiesce(struct door *d)
{
    int fd = MHD_quiesce_daemon(d->daemon);
    if (fd >= 0) close(fd);
}

/* What the writer thread has left. False: it is time to end. */
static bool take_orders(struct http *h)
{
    uint64_t count = 0;
    ssize_t n = read(h->wake_fd, &count, sizeof count);
    ASSERT(n == (ssize_t)sizeof count);
    pthread_mutex_lock(&h->mutex);
    struct op *op = h->replies;
    bool quiesce = h->quiesce, stop = h->stop;
    h->replies = NULL;
    h->quiesce = false;
    pthread_mutex_unlock(&h->mutex);
    while (op != NULL) {
        struct op *next = op->next;
        op->answered = true;
        if (op->abandoned)
            give_back(h, op);
        else
            op->door->waiting--;
        op = next;
    }
    for (uint32_t i = 0; quiesce && i < h->door_count; i++) door_quiesce(&h->doors[i]);
    return !stop;
}

/* Until when nothing happens by itself at the door: -1: for ever. While a request waits there the
 * library says 0, since it calls us for that; the look is for what else it may have to do. */
static int idle_ms(const struct door *d)
{
    MHD_UNSIGNED_LONG_LONG left = 0;
    if (d->stirred) return 0;
    if (d->waiting > 0) return d->look_ms;
    if (MHD_get_timeout(d->daemon, &left) != MHD_YES) return -1;
    return left > HTTP_IDLE_S * 1000 ? HTTP_IDLE_S * 1000 : (int)left;
}

static int idle_ms_of_all(const struct http *h)
{
    int least = -1;
    for (uint32_t i = 0; i < h->door_count; i++) {
        int ms = idle_ms(&h->doors[i]);
        if (least < 0 || (ms >= 0 && ms < least)) least = ms;
    }
    return least;
}

static bool is_full(const struct door *d)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(d->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    return info != NULL && info->num_connections >= d->http->guests_each;
}

/* Twice where that leads further: what was queued in the first look is sent in the second. And a
 * full door does not watch for newcomers, and the library looks whether it is still full only when
 * it is run: once more where there is room again, or nobody gets in until something else stirs.
 * `in_vain`: nothing has happened, it is only time. */
static void door_run(struct door *d, bool in_vain)
{
    bool was_full = is_full(d);
    d->stirred = false;
    MHD_run(d->daemon);
    if (d->stirred || (was_full && !is_full(d))) {
        in_vain = d->stirred = false;
        MHD_run(d->daemon);
    }
    d->look_ms = in_vain ? d->look_ms * 2 : LOOK_FIRST_MS;
    if (d->look_ms > LOOK_LAST_MS) d->look_ms = LOOK_LAST_MS;
}

/* One thread serves all doors. Not libmicrohttpd's own threads: each reply would then wake them by
 * a system call of its own from the writer thread; so one wakes it for a whole batch. */
static void *serve_doors(void *arg)
{
    pthread_setname_np(pthread_self(), "berth-http");
    struct http *h = arg;
    struct pollfd fds[1 + DOORS] = {{.fd = h->wake_fd, .events = POLLIN}};
    for (uint32_t i = 0; i < h->door_count; i++)
        fds[1 + i] = (struct pollfd){.fd = h->doors[i].epoll_fd, .events = POLLIN};
    for (bool more = true; more;) {
        int ready = poll(fds, 1 + h->door_count, idle_ms_of_all(h));
        bool all = ready <= 0; /* it is time, or EINTR */
        if (ready > 0 && fds[0].revents != 0) {
            more = take_orders(h);
            all = true;
        }
        for (uint32_t i = 0; i < h->door_count; i++)
            if (all || fds[1 + i].revents != 0 || h->doors[i].stirred)
                door_run(&h->doors[i], ready == 0);
    }
    for (int look = 0; look < LAST_LOOKS; look++)
        for (uint32_t i = 0; i < h->door_count; i++)
            if (h->doors[i].stirred) door_run(&h->doors[i], false);
    return NULL;
}

/* ---- doors ----------------------------------------------------------------------------------- */

/* /run is empty after a boot. When this fails, bind says why. */
static void make_folder(const char *path)
{
    char folder[sizeof((struct sockaddr_un *)0)->sun_path];
    const char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path) return;
    memcpy(folder, path, (size_t)(slash - path));
    folder[slash - path] = '\0';
    mkdir(folder, 0755);
}

/* A socket that nobody listens on any more is removed. What else lies there stays: a file that was
 * named by mistake, or the socket of a daemon with another state directory. */
static enum err clear_socket(const char *path, const struct sockaddr_un *addr,
                             struct errtext *error)
{
    struct stat st;
    if (lstat(path, &st) != 0) return ERR_NONE; /* bind says what is wrong, if anything is */
    if (!S_ISSOCK(st.st_mode))
        return err_set(error, ERR_EXISTS, "%s is there and is not a socket; name another path",
                       path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return err_set(error, ERR_IO, "socket: %s", strerror(errno));
    bool dead =
        connect(fd, (const struct sockaddr *)addr, sizeof *addr) != 0 && errno == ECONNREFUSED;
    close(fd);
    if (!dead)
        return err_set(error, ERR_EXISTS,
                       "%s is the socket of another program that runs; name another path", path);
    unlink(path);
    return ERR_NONE;
}

static enum err listen_unix(const char *path, int *fd_out, struct errtext *error)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof addr.sun_path)
        return err_set(error, ERR_LIMIT, "%s: a socket path has at most %zu bytes", path,
                       sizeof addr.sun_path - 1);
    memcpy(addr.sun_path, path, strlen(path));
    enum err e = clear_socket(path, &addr, error);
    if (e != ERR_NONE) return e;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return err_set(error, ERR_IO, "socket: %s", strerror(errno));
    make_folder(path);
    if (bind(fd, (const struct sockaddr *)&addr, sizeof addr) != 0 || chmod(path, 0666) != 0 ||
        listen(fd, SOMAXCONN) != 0) {
        int saved = errno;
        close(fd);
        return err_set(error, ERR_IO, "cannot listen on %s: %s", path, strerror(saved));
    }
    *fd_out = fd;
    return ERR_NONE;
}

static enum err listen_tcp(const char *host, uint16_t port, int *fd_out, uint16_t *port_out,
                           struct errtext *error)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, host, &addr.sin_addr) != 1)
        return err_set(error, ERR_INVALID, "--listen: '%s' is not an IPv4 address", host);
    if ((ntohl(addr.sin_addr.s_addr) >> 24) != 127)
        return err_set(error, ERR_DENIED,
                       "--listen: %s is not a loopback address; put a TLS proxy before %s instead",
                       host, "127.0.0.1");
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return err_set(error, ERR_IO, "socket: %s", strerror(errno));
    int one = 1;
    socklen_t len = sizeof addr;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(fd, (const struct sockaddr *)&addr, sizeof addr) != 0 || listen(fd, SOMAXCONN) != 0 ||
        getsockname(fd, (struct sockaddr *)&addr, &len) != 0) {
        int saved = errno;
        close(fd);
        return err_set(error, ERR_IO, "cannot listen on %s:%u: %s%s", host, port, strerror(saved),
                       saved == EADDRINUSE ? "; choose another port with --listen" : "");
    }
    *fd_out = fd;
    *port_out = ntohs(addr.sin_port);
    return ERR_NONE;
}

/* Takes `fd`. */
static enum err door_open(struct http *h, int fd, bool is_unix, struct errtext *error)
{
    struct door *d = &h->doors[h->door_count];
    *d = (struct door){.http = h, .is_unix = is_unix, .look_ms = LOOK_FIRST_MS};
    d->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, d,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)h->guests_each,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)HTTP_HEADER_BYTES_MAX, MHD_OPTION_NOTIFY_COMPLETED, on_completed, h,
        MHD_OPTION_NOTIFY_CONNECTION, is_unix ? on_connection : on_tcp_connection, h,
        MHD_OPTION_END);
    if (d->daemon == NULL) {
        close(fd);
        return err_set(error, ERR_IO, "the HTTP server cannot start: %s", strerror(errno));
    }
    h->door_count++;
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(d->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    ASSERT(info != NULL && info->epoll_fd >= 0);
    d->epoll_fd = info->epoll_fd;
    return ERR_NONE;
}

static enum err thread_start(struct http *h, struct errtext *error)
{
    int failed = pthread_create(&h->thread, NULL, serve_doors, h);
    if (failed != 0)
        return err_set(error, ERR_IO, "the HTTP thread cannot start: %s", strerror(failed));
    h->running = true;
    return ERR_NONE;
}

/* False: it has gone already. */
static bool note_socket(struct http *h)
{
    struct stat st;
    if (lstat(h->socket_path, &st) != 0) return false;
    h->socket_device = st.st_dev;
    h->socket_inode = st.st_ino;
    return true;
}

bool http_socket_is_there(const struct http *h)
{
    struct stat st;
    return h->bound && lstat(h->socket_path, &st) == 0 && st.st_dev == h->socket_device &&
           st.st_ino == h->socket_inode;
}

enum err http_start(struct http **out, const struct http_config *config, struct errtext *error)
{
    struct http *h = mem_alloc(1, sizeof *h);
    *h = (struct http){.config = *config, .socket_path = copy_text(config->socket_path)};
    ASSERT(pthread_mutex_init(&h->mutex, NULL) == 0);
    h->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    enum err e =
        h->wake_fd >= 0 ? ERR_NONE : err_set(error, ERR_IO, "eventfd: %s", strerror(errno));
    int fd = -1;
    if (e == ERR_NONE) e = guests_room(DOORS, &h->guests_each, error);
    h->guests.most = h->holders.most = h->guests_each / GUESTS_SHARES;
    h->strangers.most = h->guests_each / STRANGER_SHARES;
    if (e == ERR_NONE) e = listen_unix(config->socket_path, &fd, error);
    h->bound = e == ERR_NONE && note_socket(h);
    if (e == ERR_NONE) e = door_open(h, fd, true, error);
    if (e == ERR_NONE && config->listen_host != NULL) {
        e = listen_tcp(config->listen_host, config->listen_port, &fd, &h->port, error);
        if (e == ERR_NONE) e = door_open(h, fd, false, error);
    }
    if (e == ERR_NONE) e = thread_start(h, error);
    if (e != ERR_NONE) {
        http_stop(h);
        return e;
    }
    *out = h;
    return ERR_NONE;
}

uint16_t http_port(const struct http *h)
{
    return h->port;
}

void http_quiesce(struct http *h)
{
    pthread_mutex_lock(&h->mutex);
    h->quiesce = true;
    pthread_mutex_unlock(&h->mutex);
    http_wake(h);
}

void http_stop(struct http *h)
{
    if (h == NULL) return;
    if (h->running) {
        pthread_mutex_lock(&h->mutex);
        h->stop = true;
        pthread_mutex_unlock(&h->mutex);
        http_wake(h);
        pthread_join(h->thread, NULL);
    }
    for (uint32_t i = 0; i < h->door_count; i++) MHD_stop_daemon(h->doors[i].daemon);
    if (http_socket_is_there(h)) unlink(h->socket_path);
    guests_release(&h->guests);
    guests_release(&h->holders);
    op_pool_release(&h->ops);
    if (h->wake_fd >= 0) close(h->wake_fd);
    pthread_mutex_destroy(&h->mutex);
    mem_free(h->socket_path);
    mem_free(h);
}
