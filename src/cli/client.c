#include "cli/client.h"

#include "base/check.h"
#include "base/mem.h"
#include "cli/paths.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum { TOKEN_MAX = 512, TOKEN_FILE_MAX = 64 * 1024, RETRY_FIRST_MS = 100 };

static const char *env(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static char *join(const char *a, const char *b, size_t b_len)
{
    size_t a_len = strlen(a);
    char *p = mem_alloc(a_len + b_len + 1, 1);
    memcpy(p, a, a_len);
    memcpy(p + a_len, b, b_len);
    return p;
}

/* The last word of the first line of `text` that is neither empty nor a comment: the token, alone
 * or as the daemon's file has it, behind a role and a uid. */
static void first_token(char *text, char token[TOKEN_MAX])
{
    token[0] = '\0';
    for (char *line = text; line != NULL && token[0] == '\0';) {
        char *end = strchr(line, '\n');
        if (end != NULL) *end = '\0';
        size_t len = strlen(line);
        while (len > 0 && strchr(" \t\r", line[len - 1]) != NULL) line[--len] = '\0';
        const char *blank = strrchr(line, ' ');
        const char *word = blank != NULL ? blank + 1 : line;
        size_t word_len = (size_t)(line + len - word);
        if (len > 0 && line[0] != '#' && word_len < TOKEN_MAX) memcpy(token, word, word_len + 1);
        line = end != NULL ? end + 1 : NULL;
    }
}

/* Read the token from its file; "" when there is no file and none was named. */
static enum err read_token(char token[TOKEN_MAX], struct errtext *error)
{
    char path[PATH_MAX];
    char text[TOKEN_FILE_MAX];
    const char *named = env("BERTH_TOKEN_FILE");
    token[0] = '\0';
    int len = named != NULL ? snprintf(path, sizeof path, "%s", named)
                            : snprintf(path, sizeof path, "%s/tokens", path_state());
    if (len < 0 || len >= (int)sizeof path)
        return err_set(error, ERR_LIMIT, "the path of the token file is too long");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && named == NULL) return ERR_NONE;
    if (fd < 0)
        return err_set(error, ERR_IO, "the token file %s cannot be read: %s", path,
                       strerror(errno));
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    first_token(text, token);
    return ERR_NONE;
}

enum err client_init(struct client *c, struct errtext *error)
{
    *c = (struct client){0};
    const char *url = env("BERTH_URL");
    if (url == NULL) {
        c->socket = path_socket();
        c->url = join("http://localhost", "", 0);
        return ERR_NONE;
    }
    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
        return err_set(error, ERR_INVALID, "BERTH_URL '%s' does not begin with http://", url);
    char token[TOKEN_MAX];
    if (env("BERTH_TOKEN") != NULL)
        snprintf(token, sizeof token, "%s", env("BERTH_TOKEN"));
    else {
        enum err code = read_token(token, error);
        if (code != ERR_NONE) return code;
    }
    size_t len = strlen(url);
    while (len > 0 && url[len - 1] == '/') len--;
    c->url = join("", url, len);
    if (token[0] != '\0') c->authorization = join("Authorization: Bearer ", token, strlen(token));
    return ERR_NONE;
}

void client_copy(const struct client *from, struct client *out)
{
    *out = (struct client){.socket = from->socket, .url = join(from->url, "", 0)};
    if (from->authorization != NULL) out->authorization = join(from->authorization, "", 0);
}

void client_release(struct client *c)
{
    if (c->curl != NULL) {
        curl_easy_cleanup(c->curl);
        curl_global_cleanup();
    }
    mem_free(c->url);
    mem_free(c->authorization);
    *c = (struct client){0};
}

static size_t take(char *p, size_t size, size_t n, void *to)
{
    struct buf *out = to;
    if (out->len + size * n > CLIENT_REPLY_MAX) return 0;
    buf_put(out, p, size * n);
    return size * n;
}

static enum err unreachable(const struct client *c, CURLcode code, struct errtext *error)
{
    const char *where = c->socket != NULL ? c->socket : c->url;
    if (code == CURLE_OPERATION_TIMEDOUT)
        return err_set(error, ERR_UNAVAILABLE, "no answer from %s in time", where);
    if (code == CURLE_WRITE_ERROR)
        return err_set(error, ERR_LIMIT, "the reply is over %d bytes; ask for less with a filter",
                       CLIENT_REPLY_MAX);
    return err_set(error, ERR_UNAVAILABLE,
                   "nothing answers at %s (%s); is the daemon running? start it with: berth serve",
                   where, curl_easy_strerror(code));
}

static struct curl_slist *make_headers(const struct client *c, const struct request *r)
{
    struct curl_slist *list = NULL;
    char line[256];
    if (r->body.len > 0) {
        snprintf(line, sizeof line, "Content-Type: %s",
                 r->type != NULL ? r->type : "application/json");
        list = curl_slist_append(list, line);
        list = curl_slist_append(list, "Expect:");
    }
    if (r->accept != NULL) {
        snprintf(line, sizeof line, "Accept: %s", r->accept);
        list = curl_slist_append(list, line);
    }
    if (r->key != NULL) {
        snprintf(line, sizeof line, "Idempotency-Key: %s", r->key);
        list = curl_slist_append(list, line);
    }
    if (c->authorization != NULL) list = curl_slist_append(list, c->authorization);
    return list;
}

static CURLcode perform(struct client *c, const struct request *r, struct buf *out, long *status)
{
    CURL *curl = c->curl;
    char *url = join(c->url, r->path, strlen(r->path));
    struct curl_slist *headers = make_headers(c, r);
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    if (c->socket != NULL) curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, c->socket);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, r->method);
    if (r->body.len > 0 || strcmp(r->method, "POST") == 0) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, r->body.len > 0 ? r->body.p : "");
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.len);
    }
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CLIENT_CONNECT_S);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)CLIENT_TOTAL_S);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, out);
    CURLcode code = curl_easy_perform(curl);
    *status = 0;
    if (code == CURLE_OK) curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
    curl_slist_free_all(headers);
    mem_free(url);
    return code;
}

static void pause_ms(long ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* A call that may have reached the daemon, or that the daemon turned away for now. */
static bool is_worth_repeating(CURLcode code, long status, bool sent_before)
{
    if (code == CURLE_OK) return status == 503;
    if (code == CURLE_COULDNT_CONNECT) return sent_before;
    return code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR || code == CURLE_GOT_NOTHING ||
           code == CURLE_PARTIAL_FILE;
}

enum err client_call(struct client *c, const struct request *r, struct buf *out,
                     struct errtext *error)
{
    ASSERT(c->url != NULL && r->path[0] == '/');
    if (c->curl == NULL) {
        curl_global_init(c->socket != NULL ? CURL_GLOBAL_NOTHING : CURL_GLOBAL_DEFAULT);
        c->curl = curl_easy_init();
        if (c->curl == NULL) return err_set(error, ERR_IO, "libcurl cannot be initialised");
    }
    CURLcode code = CURLE_OK;
    long status = 0;
    bool sent = false;
    for (int i = 0; i < CLIENT_TRIES; i++) {
        if (i > 0) pause_ms((long)RETRY_FIRST_MS << i);
        buf_clear(out);
        code = perform(c, r, out, &status);
        if (r->key == NULL || !is_worth_repeating(code, status, sent)) break;
        sent = true;
    }
    if (code != CURLE_OK) return unreachable(c, code, error);
    return status >= 300 ? client_error(status, buf_str(out), error) : ERR_NONE;
}

static enum err error_named(const char *name)
{
    for (int i = ERR_NONE + 1; i < ERR_COUNT; i++)
        if (strcmp(name, err_name((enum err)i)) == 0) return (enum err)i;
    return ERR_NONE;
}

static enum err error_of_status(long status)
{
    switch (status) {
    case 401:
    case 403: return ERR_DENIED;
    case 404: return ERR_NOT_FOUND;
    case 409: return ERR_CONFLICT;
    case 413: return ERR_LIMIT;
    case 503: return ERR_UNAVAILABLE;
    default: return status >= 500 ? ERR_IO : ERR_INVALID;
    }
}

enum err client_error(long status, struct str body, struct errtext *error)
{
    enum err code = error_of_status(status);
    json_t *json = json_loadb(body.p != NULL ? body.p : "", body.len, 0, NULL);
    const char *name = json_string_value(json_object_get(json, "error"));
    const char *message = json_string_value(json_object_get(json, "message"));
    if (name != NULL && error_named(name) != ERR_NONE) code = error_named(name);
    if (message != NULL && message[0] != '\0')
        err_set(error, code, "%s", message);
    else if (status == 401)
        err_set(error, code,
                "the daemon wants a token: set BERTH_TOKEN, or BERTH_TOKEN_FILE to "
                "the file `tokens` of its state folder");
    else
        err_set(error, code, "the daemon answered with HTTP status %ld", status);
    json_decref(json);
    return code;
}

enum err client_json(struct client *c, const struct request *r, json_t **json_out,
                     struct errtext *error)
{
    struct buf body = {0};
    *json_out = NULL;
    enum err code = client_call(c, r, &body, error);
    if (code == ERR_NONE) {
        json_error_t why;
        *json_out =
            json_loadb(body.p != NULL ? body.p : "", body.len, JSON_REJECT_DUPLICATES, &why);
        if (*json_out == NULL)
            code = err_set(error, ERR_CORRUPT, "the reply to %s %s is not JSON: %s", r->method,
                           r->path, why.text);
    }
    buf_release(&body);
    return code;
}

const char *client_new_key(char out[CLIENT_KEY_MAX])
{
    unsigned char random[16];
    size_t got = 0;
    while (got < sizeof random) {
        ssize_t n = getrandom(random + got, sizeof random - got, 0);
        ASSERT(n > 0 || errno == EINTR);
        if (n > 0) got += (size_t)n;
    }
    for (size_t i = 0; i < sizeof random; i++) snprintf(out + 2 * i, 3, "%02x", random[i]);
    return out;
}

void url_put(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char b = (unsigned char)text.p[i];
        bool plain = (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9') ||
                     b == '-' || b == '.' || b == '_' || b == '~';
        if (plain)
            buf_putc(out, (char)b);
        else
            buf_printf(out, "%%%02X", b);
    }
}

void url_put_query(struct buf *url, const char *name, struct str value)
{
    if (value.len == 0) return;
    bool first = memchr(url->p, '?', url->len) == NULL;
    buf_printf(url, "%c%s=", first ? '?' : '&', name);
    url_put(url, value);
}
