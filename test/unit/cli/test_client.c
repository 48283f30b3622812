/* The API client against a daemon of two lines: a thread that answers on a unix socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/api.h"
#include "cli/bulk.h"
#include "cli/say.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { REQUESTS_MAX = 8, REQUEST_MAX = 8192 };

struct fake {
    char dir[64], path[96];
    int fd;
    pthread_t thread;
    const char *replies[REQUESTS_MAX]; /* whole HTTP replies; NULL: hang up without one */
    int reply_count;
    char requests[REQUESTS_MAX][REQUEST_MAX];
};

/* Read one request, body included. */
static void read_request(int fd, char *out)
{
    size_t len = 0;
    for (;;) {
        ssize_t n = read(fd, out + len, REQUEST_MAX - 1 - len);
        if (n <= 0) break;
        len += (size_t)n;
        out[len] = '\0';
        const char *head_end = strstr(out, "\r\n\r\n");
        if (head_end == NULL) continue;
        const char *length = strstr(out, "Content-Length: ");
        size_t body = length != NULL ? strtoul(length + 16, NULL, 10) : 0;
        if (len >= (size_t)(head_end + 4 - out) + body) break;
    }
    out[len] = '\0';
}

static void *answer(void *arg)
{
    struct fake *f = arg;
    for (int i = 0; i < f->reply_count; i++) {
        int fd = accept(f->fd, NULL, NULL);
        if (fd < 0) break;
        read_request(fd, f->requests[i]);
        const char *reply = f->replies[i];
        if (reply != NULL && write(fd, reply, strlen(reply)) < 0) break;
        close(fd);
    }
    return NULL;
}

static void fake_start(struct fake *f)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(f->dir, sizeof f->dir, "/tmp/berth-test-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof f->path, "%s/s", f->dir);
    memcpy(address.sun_path, f->path, strlen(f->path) + 1);
    f->fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(f->fd >= 0);
    assert_int_equal(bind(f->fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(f->fd, REQUESTS_MAX), 0);
    assert_int_equal(pthread_create(&f->thread, NULL, answer, f), 0);
}

static void fake_stop(struct fake *f)
{
    shutdown(f->fd, SHUT_RDWR);
    pthread_join(f->thread, NULL);
    close(f->fd);
    unlink(f->path);
    rmdir(f->dir);
}

/* An api that talks to the fake. */
static void open_api(struct api *a, const struct fake *f)
{
    unsetenv("BERTH_URL");
    assert_int_equal(api_open(a, "test"), EXIT_DONE);
    a->client.socket = f->path;
}

#define HEAD(status) "HTTP/1.1 " status "\r\nConnection: close\r\n\r\n"

/* The key that a request carries in its header. */
static void key_of(const char *request, char out[CLIENT_KEY_MAX])
{
    const char *at = strstr(request, "Idempotency-Key: ");
    assert_non_null(at);
    assert_int_equal(sscanf(at, "Idempotency-Key: %39[0-9a-f]", out), 1);
}

static void a_lost_reply_is_asked_for_again_with_the_same_key(void **state)
{
    (void)state;
    struct fake f = {
        .replies = {NULL, HEAD("503 Service Unavailable") "{\"error\":\"unavailable\"}",
                    HEAD("201 Created") "{\"job_id\":7,\"count\":1,\"state\":\"PENDING\","
                                        "\"reason\":\"Resources\",\"repeated\":true}"},
        .reply_count = 3,
    };
    struct api a;
    struct submit_reply reply;
    struct job_spec spec = {.name = STR("x"), .script = STR("#!/bin/sh\ntrue\n")};
    char key[CLIENT_KEY_MAX], first[CLIENT_KEY_MAX], last[CLIENT_KEY_MAX];
    fake_start(&f);
    open_api(&a, &f);
    assert_int_equal(api_submit(&a, &spec, client_new_key(key), &reply), ERR_NONE);
    assert_int_equal(reply.job_id, 7);
    assert_true(reply.repeated);
    assert_true(str_eqz(reply.reason, "Resources"));
    key_of(f.requests[0], first);
    key_of(f.requests[2], last);
    assert_string_equal(first, key);
    assert_string_equal(last, key);
    assert_non_null(strstr(f.requests[2], "\"script\":\"#!/bin/sh\\ntrue\\n\""));
    assert_non_null(strstr(f.requests[2], "POST /v1/jobs HTTP/1.1"));
    api_close(&a, 0);
    fake_stop(&f);
}

static void a_refusal_carries_the_daemons_words(void **state)
{
    (void)state;
    struct fake f = {
        .replies = {HEAD("404 Not Found") "{\"error\":\"not-found\",\"message\":\"no job 9\"}",
                    HEAD("401 Unauthorized") "{\"error\":\"denied\"}"},
        .reply_count = 2,
    };
    struct api a;
    struct job_view job;
    fake_start(&f);
    open_api(&a, &f);
    assert_int_equal(api_job(&a, 9, &job), ERR_NOT_FOUND);
    assert_string_equal(a.error.s, "no job 9");
    assert_int_equal(api_job(&a, 9, &job), ERR_DENIED);
    assert_non_null(strstr(a.error.s, "BERTH_TOKEN"));
    api_close(&a, 0);
    fake_stop(&f);
}

static void pages_of_jobs_become_one_list(void **state)
{
    (void)state;
    struct fake f = {
        .replies = {HEAD("200 OK") "{\"jobs\":[{\"job_id\":1},{\"job_id\":2,\"chips\":8}],"
                                   "\"next\":2,\"now_ms\":5}",
                    HEAD("200 OK") "{\"jobs\":[{\"job_id\":3}],\"now_ms\":6}"},
        .reply_count = 2,
    };
    struct api a;
    struct job_list list;
    struct job_query query = {.users = STR("a b"), .states = STR("all")};
    fake_start(&f);
    open_api(&a, &f);
    assert_int_equal(api_jobs(&a, &query, &list), ERR_NONE);
    assert_int_equal(list.count, 3);
    assert_int_equal(list.jobs[1].chips, 8);
    assert_int_equal(list.jobs[2].job_id, 3);
    assert_int_equal(list.next, 0);
    assert_non_null(strstr(f.requests[0], "Accept: application/cbor"));
    assert_non_null(strstr(f.requests[0], "GET /v1/jobs?state=all&user=a%20b&limit="));
    assert_non_null(strstr(f.requests[1], "&after=2 "));
    api_close(&a, 0);
    fake_stop(&f);
}

static void lists_of_jobs_are_read_from_cbor(void **state)
{
    (void)state;
    struct fake f = {
        .replies = {HEAD("200 OK") "\xa3\x64jobs\x81\xa1\x66job_id\x01\x64next\x01\x66now_ms\x05",
                    HEAD("200 OK") "\xa2\x64jobs\x81\xa1\x66job_id\x18\x2a\x66now_ms\x06",
                    HEAD("200 OK") "\xa1\x66now_ms", HEAD("200 OK") "\xa1\x66now_mt\x06"},
        .reply_count = 4,
    };
    struct api a;
    struct job_list list;
    struct job_query query = {0};
    fake_start(&f);
    open_api(&a, &f);
    assert_int_equal(api_jobs(&a, &query, &list), ERR_NONE);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.jobs[0].job_id, 1);
    assert_int_equal(list.jobs[1].job_id, 42);
    assert_int_equal(list.now_ms, 6);
    assert_int_equal(api_jobs(&a, &query, &list), ERR_CORRUPT); /* cut off */
    assert_int_equal(api_jobs(&a, &query, &list), ERR_CORRUPT); /* a name that is none */
    assert_non_null(strstr(a.error.s, "the daemon's reply is not understood"));
    api_close(&a, 0);
    fake_stop(&f);
}

static void replies_that_make_no_sense_are_errors(void **state)
{
    (void)state;
    struct fake f = {
        .replies = {HEAD("200 OK") "{\"jobs\":", HEAD("200 OK") "{\"jobs\":[{\"job_id\":\"x\"}]}",
                    HEAD("200 OK") "{\"jobs\":[{\"job_id\":5}],\"next\":5}",
                    HEAD("200 OK") "{\"jobs\":[{\"job_id\":5}],\"next\":5}"},
        .reply_count = 4,
    };
    struct api a;
    struct job_list list;
    struct job_query query = {0};
    fake_start(&f);
    open_api(&a, &f);
    assert_int_equal(api_jobs(&a, &query, &list), ERR_CORRUPT);
    assert_int_equal(api_jobs(&a, &query, &list), ERR_CORRUPT);
    assert_non_null(strstr(a.error.s, "jobs[0].job_id"));
    assert_int_equal(api_jobs(&a, &query, &list), ERR_CORRUPT);
    assert_non_null(strstr(a.error.s, "advance"));
    api_close(&a, 0);
    fake_stop(&f);
}

static void a_story_is_read_with_its_pools(void **state)
{
    (void)state;
    struct fake f = {
        .replies = {HEAD("200 OK") "{\"explanation\":{},\"decision\":{\"job\":4,\"kind\":"
                                   "\"placed\"},\"verdict\":{\"allowed\":true},"
                                   "\"pools\":[\"a\",\"b\"]}"},
        .reply_count = 1,
    };
    struct api a;
    struct why_reply why;
    fake_start(&f);
    open_api(&a, &f);
    assert_int_equal(api_why(&a, 4, &why), ERR_NONE);
    assert_int_equal(why.decision.kind, DECISION_PLACED);
    assert_true(why.verdict.allowed);
    assert_int_equal(why.pool_count, 2);
    assert_true(str_eqz(why.pools[1], "b"));
    api_close(&a, 0);
    fake_stop(&f);
}

static void many_jobs_are_asked_for_at_once_and_each_gets_its_answer(void **state)
{
    (void)state;
    struct fake f = {.reply_count = 6};
    for (int i = 0; i < f.reply_count; i++)
        f.replies[i] = i == 3 ? HEAD("409 Conflict") "{\"message\":\"over\"}" : HEAD("200 OK") "{}";
    static const uint32_t ids[] = {11, 12, 13, 14, 15, 16};
    struct bulk_result results[6] = {{0}};
    struct api a;
    fake_start(&f);
    open_api(&a, &f);
    bulk_act(&a, ids, 6, "cancel", STR("{\"signal\":10}"), results);
    int done = 0;
    int refused = 0;
    bool asked[6] = {false};
    for (size_t i = 0; i < 6; i++) {
        unsigned id = 0;
        done += results[i].code == ERR_NONE && strcmp(results[i].text.p, "{}") == 0;
        refused += results[i].code == ERR_CONFLICT && strcmp(results[i].text.p, "over") == 0;
        assert_int_equal(sscanf(f.requests[i], "POST /v1/jobs/%u/cancel ", &id), 1);
        assert_true(id >= 11 && id <= 16);
        asked[id - 11] = true;
        assert_non_null(strstr(f.requests[i], "{\"signal\":10}"));
    }
    for (size_t i = 0; i < 6; i++) assert_true(asked[i]);
    assert_int_equal(done, 5);
    assert_int_equal(refused, 1);
    bulk_release(results, 6);
    api_close(&a, 0);
    fake_stop(&f);
}

static void nobody_at_the_socket_gives_advice(void **state)
{
    (void)state;
    struct api a;
    struct ping_reply ping;
    unsetenv("BERTH_URL");
    assert_int_equal(api_open(&a, "test"), EXIT_DONE);
    a.client.socket = "/nonexistent/berth.sock";
    assert_int_equal(api_ping(&a, &ping), ERR_UNAVAILABLE);
    assert_non_null(strstr(a.error.s, "start it with: berth serve"));
    api_close(&a, 0);
}

static void the_token_comes_from_variable_or_file(void **state)
{
    (void)state;
    struct client c;
    struct errtext error;
    char path[] = "/tmp/berth-token-XXXXXX";
    int fd = mkstemp(path);
    const char text[] = "# tokens\n\noperator 0 secret-of-the-operator\nuser 5 other\n";
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
    close(fd);
    setenv("BERTH_URL", "http://127.0.0.1:1//", 1);
    setenv("BERTH_TOKEN_FILE", path, 1);
    assert_int_equal(client_init(&c, &error), ERR_NONE);
    assert_string_equal(c.url, "http://127.0.0.1:1");
    assert_string_equal(c.authorization, "Authorization: Bearer secret-of-the-operator");
    client_release(&c);
    setenv("BERTH_TOKEN", "abc", 1);
    assert_int_equal(client_init(&c, &error), ERR_NONE);
    assert_string_equal(c.authorization, "Authorization: Bearer abc");
    client_release(&c);
    unsetenv("BERTH_TOKEN");
    unlink(path);
    assert_int_equal(client_init(&c, &error), ERR_IO);
    client_release(&c);
    unsetenv("BERTH_TOKEN_FILE");
    setenv("BERTH_URL", "ftp://x", 1);
    assert_int_equal(client_init(&c, &error), ERR_INVALID);
    client_release(&c);
    unsetenv("BERTH_URL");
}

static void statuses_become_errors(void **state)
{
    (void)state;
    static const struct {
        long status;
        const char *body;
        enum err code;
    } rows[] = {
        {400, "", ERR_INVALID},
        {401, "", ERR_DENIED},
        {403, "{}", ERR_DENIED},
        {404, "[1]", ERR_NOT_FOUND},
        {409, "", ERR_CONFLICT},
        {422, "x", ERR_INVALID},
        {500, "", ERR_IO},
        {503, "", ERR_UNAVAILABLE},
        {400, "{\"error\":\"limit\",\"message\":\"too much\"}", ERR_LIMIT},
        {500, "{\"error\":\"corrupt\"}", ERR_CORRUPT},
        {409, "{\"error\":\"exists\",\"message\":3}", ERR_EXISTS},
        {409, "{\"error\":\"nonsense\"}", ERR_CONFLICT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct errtext error = {0};
        assert_int_equal(client_error(rows[i].status, str_of(rows[i].body), &error), rows[i].code);
        assert_true(error.s[0] != '\0');
    }
}

static void urls_escape_what_must_be(void **state)
{
    (void)state;
    struct buf url = {0};
    buf_puts(&url, "/v1/jobs");
    url_put_query(&url, "user", STR(""));
    url_put_query(&url, "name", STR("a&b=c/\xc3\xbc"));
    url_put_query(&url, "id", STR("1,2"));
    assert_string_equal(url.p, "/v1/jobs?name=a%26b%3Dc%2F%C3%BC&id=1%2C2");
    buf_release(&url);
}

static void keys_are_never_the_same(void **state)
{
    (void)state;
    char a[CLIENT_KEY_MAX], b[CLIENT_KEY_MAX];
    assert_int_equal(strlen(client_new_key(a)), 32);
    assert_string_not_equal(a, client_new_key(b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lost_reply_is_asked_for_again_with_the_same_key),
        cmocka_unit_test(a_refusal_carries_the_daemons_words),
        cmocka_unit_test(pages_of_jobs_become_one_list),
        cmocka_unit_test(lists_of_jobs_are_read_from_cbor),
        cmocka_unit_test(replies_that_make_no_sense_are_errors),
        cmocka_unit_test(a_story_is_read_with_its_pools),
        cmocka_unit_test(many_jobs_are_asked_for_at_once_and_each_gets_its_answer),
        cmocka_unit_test(nobody_at_the_socket_gives_advice),
        cmocka_unit_test(the_token_comes_from_variable_or_file),
        cmocka_unit_test(statuses_become_errors),
        cmocka_unit_test(urls_escape_what_must_be),
        cmocka_unit_test(keys_are_never_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
