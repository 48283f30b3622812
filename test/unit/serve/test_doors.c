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
    struct streams streams;
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
    streams_init(&r->streams);
    return r;
}

static enum err rig_open(struct rig *r)
{
    struct http_config config = {.socket_path = r->path,
                                 .listen_host = r->listen_host,
                                 .auth = &r->auth,
                                 .inbox = &r->inbox,
                                 .streams = &r->streams};
    return http_start(&r->http, &config, &r->why);
}

static void rig_free(struct rig *r)
{
    inbox_close(&r->inbox);
    http_stop(r->http);
    streams_release(&r->streams);
    inbox_release(&r->inbox);
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

/* A body over the limit is answered by the door itself. */
static void expect_an_answer(int fd)
{
    static const char ask[] =
        "POST /v1/jobs HTTP/1.1\r\nHost: b\r\nContent-Length: 999999999\r\n\r\n";
    char reply[256] = "";
    assert_int_equal(send(fd, ask, sizeof ask - 1, MSG_NOSIGNAL), sizeof ask - 1);
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
        send(crowd[i], "POST /v1/", 9, MSG_NOSIGNAL);
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
        expect_an_answer(fd);
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
        for (int i = 0; i < LET_IN; i++) expect_an_answer(crowd[i]);
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

/* Over TCP nobody is known yet, so a crowd can fill the door; when one leaves, the next gets in. */
static void a_door_that_was_full_opens_again(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    uint32_t each = 0;
    r->listen_host = "127.0.0.1";
    assert_int_equal(rig_open(r), ERR_NONE);
    assert_int_equal(guests_room(2, &each, &r->why), ERR_NONE);
    int *crowd = calloc(each, sizeof *crowd);
    assert_non_null(crowd);
    for (uint32_t i = 0; i < each; i++) {
        crowd[i] = dial_tcp(http_port(r->http));
        send(crowd[i], "POST /v1/", 9, MSG_NOSIGNAL);
    }
    int late = dial_tcp(http_port(r->http));
    static const char ask[] = "GET /v1/ping HTTP/1.1\r\nHost: b\r\n\r\n";
    send(late, ask, sizeof ask - 1, MSG_NOSIGNAL);
    struct pollfd p = {.fd = late, .events = POLLIN};
    assert_int_equal(poll(&p, 1, 100), 0);
    close(crowd[0]);
    assert_int_equal(poll(&p, 1, DEADLINE_MS), 1);
    char reply[256] = "";
    assert_true(recv(late, reply, sizeof reply - 1, 0) > 12);
    assert_memory_equal(reply, "HTTP/1.1 401", 12);
    close(late);
    for (uint32_t i = 1; i < each; i++) close(crowd[i]);
    free(crowd);
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
    expect_an_answer(fd);
    close(fd);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_user_cannot_take_every_connection),
        cmocka_unit_test(who_leaves_makes_room),
        cmocka_unit_test(a_door_that_was_full_opens_again),
        cmocka_unit_test(with_too_few_descriptors_it_says_how_many_it_needs),
        cmocka_unit_test(a_file_in_the_sockets_place_is_left_alone),
        cmocka_unit_test(the_socket_of_a_living_program_is_left_alone),
    };
    return cmocka_run_group_tests_name("doors", tests, NULL, NULL);
}
