/* The doors against those who would keep others out: too many connections, too few descriptors, and
 * paths where something else lies. */
#include "serve/guests.h"
#include "serve/http.h"

#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    LET_IN = GUESTS_MAX / GUESTS_SHARES,
    CROWD = LET_IN + 40,
    DEADLINE_MS = 20000,
    STRANGER = 65534,
};

struct rig {
    char dir[64], path[96];
    struct auth auth;
    struct inbox inbox;
    struct http *http;
    struct errtext why;
    const char *listen_host; /* NULL: no TCP */
};

static struct rig *rig_new(void)
{
    struct rig *r = calloc(1, sizeof *r);
    assert_non_null(r);
    snprintf(r->dir, sizeof r->dir, "/tmp/berth-doors-XXXXXX");
    assert_non_null(mkdtemp(r->dir));
    assert_int_equal(chmod(r->dir, 0755), 0);
    snprintf(r->path, sizeof r->path, "%s/s", r->dir);
    /* Nobody but root is an operator here, so that a test without root is a plain user too. */
    r->auth.daemon_uid = UINT32_MAX - 1;
    assert_int_equal(inbox_init(&r->inbox, &r->why), ERR_NONE);
    return r;
}

static enum err rig_open(struct rig *r)
{
    struct http_config config = {.socket_path = r->path,
                                 .listen_host = r->listen_host,
                                 .auth = &r->auth,
                                 .inbox = &r->inbox};
    return http_start(&r->http, &config, &r->why);
}

static void rig_free(struct rig *r)
{
    inbox_close(&r->inbox);
    http_stop(r->http);
    inbox_release(&r->inbox);
    auth_release(&r->auth);
    unlink(r->path);
    assert_int_equal(rmdir(r->dir), 0);
    free(r);
}

static struct sockaddr_un address(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    memcpy(a.sun_path, path, strlen(path));
    return a;
}

static int dial(const char *path)
{
    struct sockaddr_un a = address(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

#define BEGUN "POST /v1/" /* half a request */

/* A body over the limit is answered by the door itself. `begun` was sent before: BEGUN or "". */
static void expect_an_answer(int fd, const char *begun)
{
    static const char ask[] = BEGUN "jobs HTTP/1.1\r\nHost: b\r\nContent-Length: 999999999\r\n\r\n";
    const char *rest = ask + strlen(begun);
    char reply[256] = "";
    assert_int_equal(send(fd, rest, strlen(rest), MSG_NOSIGNAL), strlen(rest));
    struct pollfd p = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&p, 1, DEADLINE_MS), 1);
    assert_true(recv(fd, reply, sizeof reply - 1, 0) > 12);
    assert_memory_equal(reply, "HTTP/1.1 413", 12);
}

static bool is_cut_off(int fd, int wait_ms)
{
    char c;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, wait_ms) == 1 && recv(fd, &c, 1, 0) <= 0;
}

/* All of them say half a request and no more. */
static void come_as_a_crowd(struct rig *r, int crowd[CROWD])
{
    if (getuid() == 0) assert_int_equal(seteuid(STRANGER), 0);
    for (int i = 0; i < CROWD; i++) {
        crowd[i] = dial(r->path);
        send(crowd[i], BEGUN, strlen(BEGUN), MSG_NOSIGNAL);
    }
    if (getuid() == 0) assert_int_equal(seteuid(0), 0);
}

static void one_user_cannot_take_every_connection(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    int crowd[CROWD], cut = 0;
    assert_int_equal(rig_open(r), ERR_NONE);
    come_as_a_crowd(r, crowd);
    for (int i = LET_IN; i < CROWD; i++) cut += is_cut_off(crowd[i], DEADLINE_MS);
    assert_int_equal(cut, CROWD - LET_IN);
    for (int i = 0; i < LET_IN; i++) assert_false(is_cut_off(crowd[i], 0));
    if (getuid() == 0) { /* an operator comes in all the same */
        int fd = dial(r->path);
        expect_an_answer(fd, "");
        close(fd);
    }
    for (int i = 0; i < CROWD; i++) close(crowd[i]);
    rig_free(r);
}

/* The places of those who left are free again: the count goes down, too. */
static void who_leaves_makes_room(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    int crowd[CROWD];
    assert_int_equal(rig_open(r), ERR_NONE);
    for (int round = 0; round < 3; round++) {
        come_as_a_crowd(r, crowd);
        assert_true(is_cut_off(crowd[CROWD - 1], DEADLINE_MS));
        for (int i = 0; i < LET_IN; i++) expect_an_answer(crowd[i], BEGUN);
        for (int i = 0; i < CROWD; i++) close(crowd[i]);
        /* The next round begins when the doors have seen the end of this one. */
        for (int tries = 0;; tries++) {
            if (getuid() == 0) assert_int_equal(seteuid(STRANGER), 0);
            int fd = dial(r->path);
            if (getuid() == 0) assert_int_equal(seteuid(0), 0);
            bool in = !is_cut_off(fd, 20);
            close(fd);
            if (in) break;
            assert_true(tries < DEADLINE_MS / 20);
        }
    }
    rig_free(r);
}

static int dial_tcp(uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

static void say_half(int fd)
{
    send(fd, BEGUN, strlen(BEGUN), MSG_NOSIGNAL);
}

static void expect_status(int fd, const char *headers, const char *status)
{
    char ask[512], reply[2048] = "";
    int n = snprintf(ask, sizeof ask, "GET /v1/ping HTTP/1.1\r\nHost: b\r\n%s\r\n", headers);
    assert_int_equal(send(fd, ask, (size_t)n, MSG_NOSIGNAL), n);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&p, 1, DEADLINE_MS), 1);
    assert_true(recv(fd, reply, sizeof reply - 1, 0) > 12);
    assert_memory_equal(reply + sizeof "HTTP/1.1", status, 3);
}

/* Over TCP nobody is known yet: a crowd that says half a request, more than the door lets in, pushes
 * out itself. */
static void a_crowd_over_tcp_does_not_fill_the_door(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    uint32_t each = 0;
    r->listen_host = "127.0.0.1";
    assert_int_equal(rig_open(r), ERR_NONE);
    assert_int_equal(guests_room(2, &each, &r->why), ERR_NONE);
    int *crowd = calloc(each, sizeof *crowd);
    assert_non_null(crowd);
    for (uint32_t i = 0; i < each; i++) say_half(crowd[i] = dial_tcp(http_port(r->http)));
    int late = dial_tcp(http_port(r->http));
    expect_status(late, "", "401");
    uint32_t out = each - each / STRANGER_SHARES + 1;
    for (uint32_t i = 0; i < out; i++) assert_true(is_cut_off(crowd[i], DEADLINE_MS));
    for (uint32_t i = out; i < each; i++) assert_false(is_cut_off(crowd[i], 0));
    close(late);
    for (uint32_t i = 0; i < each; i++) close(crowd[i]);
    free(crowd);
    rig_free(r);
}

/* Who has shown a token stays, and counts for its user. */
static void over_tcp_a_token_keeps_its_place_and_has_its_share(void **state)
{
    (void)state;
    static const char token[] = "0123456789abcdef0123456789abcdef";
    struct rig *r = rig_new();
    char path[128], ask[256];
    snprintf(path, sizeof path, "%s/tokens", r->dir);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "user 7 %s\n", token);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(auth_load(&r->auth, r->dir, &r->why), ERR_NONE);
    unlink(path);
    r->listen_host = "127.0.0.1";
    assert_int_equal(rig_open(r), ERR_NONE);

    int *crowd = calloc(GUESTS_MAX, sizeof *crowd), known[LET_IN];
    assert_non_null(crowd);
    snprintf(ask, sizeof ask,
             "POST /v1/jobs HTTP/1.1\r\nHost: b\r\nAuthorization: Bearer %s\r\n"
             "Content-Length: 9\r\n\r\n{",
             token);
    for (int i = 0; i < LET_IN; i++) {
        known[i] = dial_tcp(http_port(r->http));
        assert_int_equal(send(known[i], ask, strlen(ask), MSG_NOSIGNAL), strlen(ask));
    }
    snprintf(ask, sizeof ask, "Authorization: Bearer %s\r\n", token);
    int late = dial_tcp(http_port(r->http));
    expect_status(late, ask, "503");
    for (int i = 0; i < GUESTS_MAX; i++) say_half(crowd[i] = dial_tcp(http_port(r->http)));
    assert_true(is_cut_off(late, DEADLINE_MS) && is_cut_off(crowd[0], DEADLINE_MS));
    for (int i = 0; i < LET_IN; i++) assert_false(is_cut_off(known[i], 0));
    close(late);
    for (int i = 0; i < LET_IN; i++) close(known[i]);
    for (int i = 0; i < GUESTS_MAX; i++) close(crowd[i]);
    free(crowd);
    rig_free(r);
}

/* The writer thread's part: the next request. */
static struct op *next_request(struct rig *r)
{
    if (inbox_await(&r->inbox)) {
        struct pollfd p = {.fd = r->inbox.event_fd, .events = POLLIN};
        assert_int_equal(poll(&p, 1, DEADLINE_MS), 1);
    }
    struct op *op = inbox_take(&r->inbox);
    assert_non_null(op);
    return op;
}

static void answer(struct rig *r, struct op *op, const char *text)
{
    op->status = 200;
    op->content_type = "text/plain";
    buf_puts(&op->reply, text);
    op->next = NULL;
    http_reply(r->http, op);
}

static void ask_for(int fd, const char *path)
{
    char text[256];
    int n = snprintf(text, sizeof text,
                     "GET %s HTTP/1.1\r\nHost: b\r\nIdempotency-Key: key of mine\r\n\r\n", path);
    assert_int_equal(send(fd, text, (size_t)n, MSG_NOSIGNAL), n);
}

static void expect_text(int fd, const char *text)
{
    char reply[1024] = "";
    size_t len = 0;
    while (strstr(reply, text) == NULL) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        assert_int_equal(poll(&p, 1, DEADLINE_MS), 1);
        ssize_t n = recv(fd, reply + len, sizeof reply - 1 - len, 0);
        assert_true(n > 0);
        len += (size_t)n;
    }
    assert_memory_equal(reply, "HTTP/1.1 200", 12);
}

/* Its texts were the connection's, and nobody waits for its reply. */
static void a_request_outlives_its_connection(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    assert_int_equal(rig_open(r), ERR_NONE);
    int fd = dial(r->path);
    ask_for(fd, "/v1/jobs?after=7&limit=5");
    struct op *op = next_request(r);
    close(fd);
    int other = dial(r->path); /* when this one is answered the end of the first was seen */
    expect_an_answer(other, "");
    close(other);
    assert_string_equal(op->method, "GET");
    assert_string_equal(op->path, "/v1/jobs");
    assert_string_equal(op->key, "key of mine");
    assert_string_equal(op_query(op, "after"), "7");
    assert_string_equal(op_query(op, "limit"), "5");
    answer(r, op, "nobody reads this");
    fd = dial(r->path);
    for (int i = 0; i < 3; i++) {
        ask_for(fd, "/v1/ping");
        answer(r, next_request(r), "here you are");
        expect_text(fd, "here you are");
    }
    close(fd);
    rig_free(r);
}

/* Who waits for a reply keeps nobody else from being served, and is answered in any order. */
static void replies_leave_in_any_order_while_others_wait(void **state)
{
    (void)state;
    enum { WAITING = 100 };
    struct rig *r = rig_new();
    int fds[WAITING];
    struct op *ops[WAITING];
    assert_int_equal(rig_open(r), ERR_NONE);
    for (int i = 0; i < WAITING; i++) {
        char path[32];
        snprintf(path, sizeof path, "/v1/jobs/%d", i);
        fds[i] = dial(r->path);
        ask_for(fds[i], path);
        ops[i] = next_request(r);
        assert_null(ops[i]->next);
        assert_string_equal(ops[i]->path, path);
    }
    int other = dial(r->path);
    ask_for(other, "/v1/ping");
    answer(r, next_request(r), "first");
    expect_text(other, "first");
    for (int i = WAITING - 1; i >= 0; i -= 2) answer(r, ops[i], ops[i]->path);
    for (int i = 0; i < WAITING; i += 2) answer(r, ops[i], ops[i]->path);
    for (int i = 0; i < WAITING; i++) {
        char path[32];
        snprintf(path, sizeof path, "\r\n\r\n/v1/jobs/%d", i);
        expect_text(fds[i], path);
        close(fds[i]);
    }
    close(other);
    rig_free(r);
}

/* A body of many reads, in pieces, while another request waits. */
static void a_long_body_arrives_while_others_wait(void **state)
{
    (void)state;
    enum { BODY = 3000000, PIECE = 100000 };
    struct rig *r = rig_new();
    assert_int_equal(rig_open(r), ERR_NONE);
    int waits = dial(r->path), fd = dial(r->path);
    ask_for(waits, "/v1/ping");
    struct op *first = next_request(r);
    char head[128];
    int n = snprintf(head, sizeof head,
                     "POST /v1/jobs HTTP/1.1\r\nHost: b\r\nContent-Length: %d\r\n\r\n", BODY);
    assert_int_equal(send(fd, head, (size_t)n, MSG_NOSIGNAL), n);
    char *piece = malloc(PIECE);
    assert_non_null(piece);
    memset(piece, 'x', PIECE);
    for (int i = 0; i < BODY / PIECE; i++)
        assert_int_equal(send(fd, piece, PIECE, MSG_NOSIGNAL), PIECE);
    struct op *second = next_request(r);
    assert_int_equal(second->body.len, BODY);
    answer(r, second, "long");
    expect_text(fd, "long");
    answer(r, first, "short");
    expect_text(waits, "short");
    free(piece);
    close(fd);
    close(waits);
    rig_free(r);
}

static void the_last_replies_leave_before_the_doors_close(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    assert_int_equal(rig_open(r), ERR_NONE);
    int fd = dial(r->path);
    ask_for(fd, "/v1/ping");
    struct op *op = next_request(r);
    http_quiesce(r->http);
    answer(r, op, "and goodbye");
    http_stop(r->http);
    r->http = NULL;
    expect_text(fd, "and goodbye");
    assert_true(is_cut_off(fd, DEADLINE_MS));
    close(fd);
    rig_free(r);
}

/* In a process of its own, which cannot take the limit back. */
static void with_too_few_descriptors_it_says_how_many_it_needs(void **state)
{
    (void)state;
    uint32_t each = 0;
    struct errtext why = {""};
    int status = -1;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        const struct rlimit few = {40, 95}, enough = {40, 96 + 2 * 10};
        bool ok = setrlimit(RLIMIT_NOFILE, &enough) == 0 &&
                  guests_room(2, &each, &why) == ERR_NONE && each == GUESTS_MIN + 10 &&
                  setrlimit(RLIMIT_NOFILE, &few) == 0 && guests_room(2, &each, &why) == ERR_LIMIT &&
                  strstr(why.s, "at least 96") != NULL;
        _exit(ok ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void a_file_in_the_sockets_place_is_left_alone(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    FILE *f = fopen(r->path, "w");
    assert_non_null(f);
    fputs("a thesis\n", f);
    fclose(f);
    assert_int_equal(rig_open(r), ERR_EXISTS);
    assert_non_null(strstr(r->why.s, "is not a socket"));
    struct stat st;
    assert_int_equal(stat(r->path, &st), 0);
    assert_int_equal(st.st_size, 9);
    rig_free(r);
}

static void the_socket_of_a_living_program_is_left_alone(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    struct sockaddr_un a = address(r->path);
    int other = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(other, (const struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(other, 5), 0);
    assert_int_equal(rig_open(r), ERR_EXISTS);
    close(dial(r->path));
    close(other); /* it dies and leaves its socket behind, as a killed daemon does */
    assert_int_equal(rig_open(r), ERR_NONE);
    int fd = dial(r->path);
    expect_an_answer(fd, "");
    close(fd);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_user_cannot_take_every_connection),
        cmocka_unit_test(who_leaves_makes_room),
        cmocka_unit_test(a_request_outlives_its_connection),
        cmocka_unit_test(replies_leave_in_any_order_while_others_wait),
        cmocka_unit_test(a_long_body_arrives_while_others_wait),
        cmocka_unit_test(the_last_replies_leave_before_the_doors_close),
        cmocka_unit_test(a_crowd_over_tcp_does_not_fill_the_door),
        cmocka_unit_test(over_tcp_a_token_keeps_its_place_and_has_its_share),
        cmocka_unit_test(with_too_few_descriptors_it_says_how_many_it_needs),
        cmocka_unit_test(a_file_in_the_sockets_place_is_left_alone),
        cmocka_unit_test(the_socket_of_a_living_program_is_left_alone),
    };
    return cmocka_run_group_tests_name("doors", tests, NULL, NULL);
}
