/* clients.c - N clients that each send one HTTP request, wait for its answer, and send the next.
 *
 *     build/bench/clients WHERE PATH BODY CLIENTS SECONDS
 *
 * WHERE is a port of 127.0.0.1 or the path of a unix socket, BODY the body of each request; the bearer
 * token is $TOKEN. One thread serves all connections: on a machine where server and clients share the
 * processors, what the clients take is missing at the server, and wrk takes as much for a request as
 * the daemon's own HTTP thread. What no client may skip is done: of each answer the status line and the
 * length are read, its body is awaited to the last byte, and it must be 201 and name a job whose number
 * is above all that this connection was told before. Prints "RATE REQUESTS CPU_US", CPU_US of this
 * program for one request, and fails at the first answer that is not as it must be. */
#include "bench.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { CLIENTS_MAX = 256, ANSWER_MAX = 4096 };

struct client {
    int fd;
    size_t len; /* of the answer, so far */
    unsigned long job; /* the last one */
    char answer[ANSWER_MAX];
};

static struct client clients[CLIENTS_MAX];
static char request[8192];
static size_t request_len;

static _Noreturn void fail(const char *what, const char *text)
{
    fprintf(stderr, "clients: %s: %s\n", what, text);
    exit(1);
}

static int connect_unix(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof a.sun_path) fail(path, "too long");
    memcpy(a.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) != 0) fail(path, "no connection");
    return fd;
}

static int connect_tcp(const char *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) != 0) fail(port, "no connection");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static void ask(struct client *c)
{
    c->len = 0;
    if (send(c->fd, request, request_len, MSG_NOSIGNAL) != (ssize_t)request_len)
        fail("send", "the connection broke");
}

/* The whole answer is there; false: not yet. */
static bool is_complete(struct client *c)
{
    c->answer[c->len] = '\0';
    const char *end = strstr(c->answer, "\r\n\r\n");
    if (end == NULL) return false;
    const char *length = strstr(c->answer, "\r\nContent-Length: ");
    if (length == NULL || length > end) fail("no length", c->answer);
    size_t body = strtoul(length + strlen("\r\nContent-Length: "), NULL, 10);
    return c->len >= (size_t)(end + 4 - c->answer) + body;
}

static void check(struct client *c)
{
    static const char status[] = "HTTP/1.1 201 ", key[] = "\"job_id\":";
    const char *job = strstr(c->answer, key);
    if (strncmp(c->answer, status, sizeof status - 1) != 0 || job == NULL)
        fail("not accepted", c->answer);
    unsigned long id = strtoul(job + sizeof key - 1, NULL, 10);
    if (id <= c->job) fail("told a number twice", c->answer);
    c->job = id;
}

/* True: a request has been answered. */
static bool hear(struct client *c)
{
    ssize_t n = recv(c->fd, c->answer + c->len, sizeof c->answer - 1 - c->len, 0);
    if (n <= 0) fail("recv", "the connection broke");
    c->len += (size_t)n;
    if (!is_complete(c)) return false;
    check(c);
    return true;
}

int main(int argc, char **argv)
{
    if (argc != 6) fail("usage", "clients PORT|SOCKET PATH BODY CLIENTS SECONDS");
    const char *token = getenv("TOKEN");
    long count = strtol(argv[4], NULL, 10);
    double seconds = strtod(argv[5], NULL);
    if (count < 1 || count > CLIENTS_MAX) fail(argv[4], "1 to 256 clients");
    request_len =
        (size_t)snprintf(request, sizeof request,
                         "POST %s HTTP/1.1\r\nHost: berth\r\nAuthorization: Bearer %s\r\n"
                         "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                         argv[2], token != NULL ? token : "", strlen(argv[3]), argv[3]);
    if (request_len >= sizeof request) fail("body", "too long");
    int epoll = epoll_create1(0);
    for (long i = 0; i < count; i++) {
        struct client *c = &clients[i];
        c->fd = argv[1][0] == '/' ? connect_unix(argv[1]) : connect_tcp(argv[1]);
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &e) != 0) fail("epoll", "cannot add");
    }
    double begun = now_us(), now = begun;
    for (long i = 0; i < count; i++) ask(&clients[i]);
    unsigned long answered = 0;
    while (now - begun < seconds * 1e6) {
        struct epoll_event events[CLIENTS_MAX];
        int n = epoll_wait(epoll, events, CLIENTS_MAX, 1000);
        for (int i = 0; i < n; i++) {
            if (!hear(events[i].data.ptr)) continue;
            answered++;
            ask(events[i].data.ptr);
        }
        now = now_us();
    }
    double cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID);
    printf("%.0f %lu %.2f\n", (double)answered / ((now - begun) / 1e6), answered,
           answered > 0 ? cpu / (double)answered : 0);
    return 0;
}
