/* The whole daemon in a process of its own, each of whose syncs waits for the test's word: no reply
 * leaves before the sync of what it rests on. */
#include "serve/server.h"
#include "unit/store/fault_vfs.h"
#include "unit/store/store_util.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

enum {
    CLIENTS = 64,
    ROUNDS = 150, /* syncs watched */
    LEAK_MS = 3, /* at each of them: how long a reply that should not be there is waited for */
    DEADLINE_MS = 20000,
};

/* ---- the daemon's side ----------------------------------------------------------------------- */

static struct {
    int at_sync; /* a byte is written when a sync begins */
    int word; /* a byte is read: 'g' go, 'f' fail */
    bool is_gated;
} child;

static bool ask(void)
{
    char c = 's';
    if (!child.is_gated) return true;
    if (write(child.at_sync, &c, 1) != 1 || read(child.word, &c, 1) != 1) _exit(9);
    return c == 'g';
}

static void on_ready(void *arg, uint16_t port)
{
    (void)arg, (void)port;
    child.is_gated = true;
    char c = 'r';
    if (write(child.at_sync, &c, 1) != 1) _exit(9);
}

static void print_line(void *arg, const char *line)
{
    (void)arg;
    if (getenv("BERTH_TEST_LOG") != NULL) fprintf(stderr, "%s\n", line);
}

static void run_daemon(const char *dir, const char *socket_path)
{
    fault_vfs_register();
    sqlite3_vfs_register(sqlite3_vfs_find(FAULT_VFS), 1);
    fault_vfs_arm(FAULT_IO, 0, false); /* no fault but those that the test orders */
    fault.on_sync = ask;
    struct server_config config = {.state_dir = dir,
                                   .socket_path = socket_path,
                                   .fleet_path = "test/e2e/fleet.yaml",
                                   .data_dir = "data",
                                   .origin = "example.org/t",
                                   .log = print_line,
                                   .ready = on_ready};
    struct errtext why = {""};
    enum err e = server_run(&config, &why);
    if (e != ERR_NONE) fprintf(stderr, "%s\n", why.s);
    _exit(e == ERR_NONE ? 0 : 8);
}

/* ---- the test's side ------------------------------------------------------------------------- */

struct client {
    int fd;
    bool waits; /* for a reply */
    bool reads; /* what it asked was a reading */
    char reply[4096];
    size_t len;
};

struct rig {
    char *dir, path[256];
    pid_t pid;
    int at_sync, word;
    struct client clients[CLIENTS];
    int accepted, refused; /* submissions */
    int reads;
};

static char next_byte(const struct rig *r)
{
    char c = 0;
    struct pollfd p = {.fd = r->at_sync, .events = POLLIN};
    if (poll(&p, 1, DEADLINE_MS) != 1 || read(r->at_sync, &c, 1) != 1) fail_msg("no word from it");
    return c;
}

static int dial(const char *path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    memcpy(addr.sun_path, path, strlen(path));
    assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof addr), 0);
    return fd;
}

static struct rig *rig_new(void)
{
    struct rig *r = calloc(1, sizeof *r);
    int up[2], down[2];
    assert_non_null(r);
    r->dir = new_dir();
    snprintf(r->path, sizeof r->path, "%s.sock", r->dir);
    assert_int_equal(pipe2(up, O_CLOEXEC), 0);
    assert_int_equal(pipe2(down, O_CLOEXEC), 0);
    r->pid = fork();
    assert_true(r->pid >= 0);
    if (r->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves no daemon behind */
        child.at_sync = up[1];
        child.word = down[0];
        run_daemon(r->dir, r->path);
    }
    close(up[1]);
    close(down[0]);
    r->at_sync = up[0];
    r->word = down[1];
    assert_int_equal(next_byte(r), 'r');
    for (int i = 0; i < CLIENTS; i++) r->clients[i].fd = dial(r->path);
    return r;
}

static void say(const struct rig *r, char word)
{
    assert_int_equal(write(r->word, &word, 1), 1);
}

static void send_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, text, len);
        if (n < 0 && errno == EAGAIN) continue;
        assert_true(n > 0);
        text += n;
        len -= (size_t)n;
    }
}

static void ask_something(struct client *c, bool reads)
{
    char body[512], text[1024];
    snprintf(body, sizeof body,
             "{\"spec\":{\"name\":\"t\",\"user\":\"t\",\"uid\":%u,\"hold\":true,\"tasks\":1,"
             "\"data_known\":true,\"workdir\":\"/tmp\",\"script\":\"#!/bin/sh\\n\"}}",
             (unsigned)getuid());
    if (reads)
        snprintf(text, sizeof text, "GET /v1/ping HTTP/1.1\r\nHost: t\r\n\r\n");
    else
        snprintf(text, sizeof text,
                 "POST /v1/jobs HTTP/1.1\r\nHost: t\r\nContent-Length: %zu\r\n\r\n%s", strlen(body),
                 body);
    send_all(c->fd, text, strlen(text));
    c->waits = true;
    c->reads = reads;
    c->len = 0;
}

/* Records in the ledger as another process sees it: SQLite shows a commit to others after its sync.
 */
static uint64_t stored(const struct rig *r)
{
    struct store *s = open_ledger(r->dir, true, NULL);
    struct store_head head;
    assert_int_equal(s->ops->head(s, &head, NULL), ERR_NONE);
    s->ops->close(s);
    return head.seq;
}

/* A reply is whole when the bytes that its Content-Length names are there. */
static bool is_whole(struct client *c)
{
    c->reply[c->len] = '\0';
    const char *body = strstr(c->reply, "\r\n\r\n"), *length = strstr(c->reply, "Content-Length: ");
    return body != NULL && length != NULL &&
           c->len == (size_t)(body + 4 - c->reply) + strtoul(length + 16, NULL, 10);
}

/* The record that a ping's reply shows as the last one. */
static uint64_t shown_record(const struct client *c)
{
    const char *p = strstr(c->reply, "\"record\":");
    assert_non_null(p);
    return strtoull(p + 9, NULL, 10);
}

static void check_reply(struct rig *r, struct client *c)
{
    long status = strtol(c->reply + strlen("HTTP/1.1 "), NULL, 10);
    c->waits = false;
    if (c->reads && status == 200) {
        r->reads++;
        if (shown_record(c) > stored(r)) fail_msg("a reading shows what is not durable");
    } else if (!c->reads) {
        if (status != 201 && status != 503) fail_msg("%s", c->reply);
        if (status == 201)
            r->accepted++;
        else
            r->refused++;
    }
}

/* Take the replies until none has come for so long. */
static void take_replies(struct rig *r, int wait_ms)
{
    struct pollfd fds[CLIENTS];
    for (int i = 0; i < CLIENTS; i++)
        fds[i] = (struct pollfd){.fd = r->clients[i].fd, .events = POLLIN};
    while (poll(fds, CLIENTS, wait_ms) > 0)
        for (int i = 0; i < CLIENTS; i++) {
            struct client *c = &r->clients[i];
            if ((fds[i].revents & POLLIN) == 0) continue;
            ssize_t n = read(c->fd, c->reply + c->len, sizeof c->reply - 1 - c->len);
            assert_true(n > 0);
            c->len += (size_t)n;
            if (is_whole(c)) check_reply(r, c);
        }
}

/* Let every client that waits for nothing ask anew; every fifth one reads. */
static void ask_all(struct rig *r)
{
    for (int i = 0; i < CLIENTS; i++)
        if (!r->clients[i].waits) ask_something(&r->clients[i], i % 5 == 4);
}

/* Keep the clients busy until the next sync begins and waits for a word. */
static void wait_for_sync(struct rig *r)
{
    char c = 0;
    struct pollfd p = {.fd = r->at_sync, .events = POLLIN};
    for (int waited_ms = 0; poll(&p, 1, 0) == 0; waited_ms++) {
        if (waited_ms > DEADLINE_MS) fail_msg("no sync within %d ms", DEADLINE_MS);
        ask_all(r);
        take_replies(r, 1);
    }
    assert_int_equal(read(r->at_sync, &c, 1), 1);
    assert_int_equal(c, 's');
    take_replies(r, LEAK_MS);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

static void rig_free(struct rig *r, int sig)
{
    int status = 0;
    for (int i = 0; i < CLIENTS; i++) close(r->clients[i].fd);
    kill(r->pid, sig);
    while (waitpid(r->pid, &status, WNOHANG) == 0) {
        struct pollfd p = {.fd = r->at_sync, .events = POLLIN};
        char c;
        if (poll(&p, 1, 20) == 1 && read(r->at_sync, &c, 1) == 1) say(r, 'g');
    }
    if (sig == SIGTERM) assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(r->at_sync);
    close(r->word);
    *strrchr(r->dir, '/') = '\0';
    assert_int_equal(nftw(r->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    free(r->dir);
    free(r);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void no_reply_leaves_before_the_sync_of_what_it_rests_on(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    uint64_t before = stored(r);
    for (int i = 0; i < ROUNDS; i++) {
        wait_for_sync(r);
        if ((uint64_t)r->accepted > stored(r) - before)
            fail_msg("%d jobs were acknowledged, %d are stored", r->accepted,
                     (int)(stored(r) - before));
        ask_all(r);
        say(r, 'g');
    }
    assert_int_equal(r->refused, 0);
    assert_true(r->accepted >= ROUNDS && r->reads > 0);
    rig_free(r, SIGTERM);
}

static void a_failed_sync_refuses_every_request_that_rests_on_it(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    uint64_t before = stored(r);
    for (int i = 0; i < 40; i++) {
        wait_for_sync(r);
        if (i < 39) ask_all(r);
        say(r, i < 39 ? 'g' : 'f');
    }
    /* All get an answer, and the acknowledged jobs are those in the ledger. */
    for (int i = 0; i < CLIENTS; i++)
        while (r->clients[i].waits) take_replies(r, LEAK_MS);
    assert_true(r->accepted > 0 && r->refused > 0);
    assert_int_equal(stored(r) - before, r->accepted);

    /* It goes on when the disk does: a second later writes are taken again. */
    int accepted = r->accepted;
    while (r->accepted == accepted) {
        if (!r->clients[0].waits) ask_something(&r->clients[0], false);
        struct pollfd p = {.fd = r->at_sync, .events = POLLIN};
        char c;
        if (poll(&p, 1, 20) == 1 && read(r->at_sync, &c, 1) == 1) say(r, 'g');
        take_replies(r, LEAK_MS);
    }
    assert_int_equal(stored(r) - before, r->accepted);
    rig_free(r, SIGTERM);
}

static void a_kill_between_two_batches_leaves_what_was_acknowledged(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    uint64_t before = stored(r);
    for (int i = 0; i < 30; i++) {
        wait_for_sync(r);
        ask_all(r);
        if (i < 29) say(r, 'g');
    }
    kill(r->pid, SIGKILL);
    int status;
    assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
    struct store *s = open_ledger(r->dir, false, NULL);
    struct store_head head;
    assert_int_equal(s->ops->head(s, &head, NULL), ERR_NONE);
    assert_true(head.seq - before >= (uint64_t)r->accepted);
    s->ops->close(s);
    rig_free(r, 0);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_reply_leaves_before_the_sync_of_what_it_rests_on),
        cmocka_unit_test(a_failed_sync_refuses_every_request_that_rests_on_it),
        cmocka_unit_test(a_kill_between_two_batches_leaves_what_was_acknowledged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
