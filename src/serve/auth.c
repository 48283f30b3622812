#include "serve/auth.h"

#include "base/check.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TOKEN_BYTES = 32, TOKENS_FILE_MAX = AUTH_TOKENS_MAX * 256 };

struct auth_token {
    bool is_operator;
    uint32_t uid;
    size_t len;
    char text[AUTH_TOKEN_LEN_MAX];
};

static enum err create_tokens(const char *path, struct errtext *error)
{
    unsigned char secret[TOKEN_BYTES];
    char hex[TOKEN_BYTES * 2 + 1];
    randombytes_buf(secret, sizeof secret);
    sodium_bin2hex(hex, sizeof hex, secret, sizeof secret);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return err_set(error, ERR_IO, "cannot create %s: %s", path, strerror(errno));
    struct buf text = {0};
    buf_printf(&text, "# ROLE UID TOKEN (role: operator or user); read at start\noperator %u %s\n",
               (unsigned)getuid(), hex);
    bool ok = write(fd, text.p, text.len) == (ssize_t)text.len && fsync(fd) == 0;
    int saved = errno;
    close(fd);
    sodium_memzero(hex, sizeof hex);
    buf_release(&text);
    if (!ok) {
        unlink(path);
        return err_set(error, ERR_IO, "cannot write %s: %s", path, strerror(saved));
    }
    return ERR_NONE;
}

/* Split off the next word of the line. */
static struct str next_word(struct str *line)
{
    while (line->len > 0 && line->p[0] == ' ') line->p++, line->len--;
    struct str word = {line->p, 0};
    while (line->len > 0 && line->p[0] != ' ') line->p++, line->len--, word.len++;
    return word;
}

static enum err parse_line(struct auth *a, size_t *cap, struct str line, const char *path,
                           unsigned number, struct errtext *error)
{
    struct str role = next_word(&line), uid_text = next_word(&line), token = next_word(&line);
    uint64_t uid = 0;
    bool operator_role = str_eqz(role, "operator");
    if ((!operator_role && !str_eqz(role, "user")) || !str_to_u64(uid_text, &uid) ||
        uid >= UINT32_MAX || next_word(&line).len > 0)
        return err_set(error, ERR_INVALID, "%s:%u: a line is: operator|user UID TOKEN", path,
                       number);
    if (token.len < AUTH_TOKEN_LEN_MIN || token.len >= AUTH_TOKEN_LEN_MAX)
        return err_set(error, ERR_INVALID, "%s:%u: a token has %d to %d characters", path, number,
                       AUTH_TOKEN_LEN_MIN, AUTH_TOKEN_LEN_MAX - 1);
    if (a->count == AUTH_TOKENS_MAX)
        return err_set(error, ERR_LIMIT, "%s:%u: more than %d tokens", path, number,
                       AUTH_TOKENS_MAX);
    a->tokens = mem_grow(a->tokens, cap, a->count + 1u, sizeof *a->tokens);
    struct auth_token *t = &a->tokens[a->count++];
    *t = (struct auth_token){.is_operator = operator_role, .uid = (uint32_t)uid, .len = token.len};
    memcpy(t->text, token.p, token.len);
    return ERR_NONE;
}

static enum err parse_tokens(struct auth *a, struct str text, const char *path,
                             struct errtext *error)
{
    size_t cap = 0;
    unsigned number = 0;
    while (text.len > 0) {
        const char *end = memchr(text.p, '\n', text.len);
        size_t len = end != NULL ? (size_t)(end - text.p) : text.len;
        struct str line = {text.p, len};
        size_t skip = end != NULL ? len + 1 : len;
        text = (struct str){text.p + skip, text.len - skip};
        number++;
        if (line.len == 0 || line.p[0] == '#') continue;
        enum err e = parse_line(a, &cap, line, path, number, error);
        if (e != ERR_NONE) return e;
    }
    return ERR_NONE;
}

static enum err read_private(int fd, const char *path, struct buf *out, struct errtext *error)
{
    struct stat st;
    if (fstat(fd, &st) != 0) return err_set(error, ERR_IO, "%s: %s", path, strerror(errno));
    if ((st.st_mode & 077) != 0)
        return err_set(error, ERR_DENIED, "%s: others may read it; run: chmod 600 %s", path, path);
    if (!S_ISREG(st.st_mode) || st.st_size > TOKENS_FILE_MAX)
        return err_set(error, ERR_LIMIT, "%s: not a file of at most %d bytes", path,
                       TOKENS_FILE_MAX);
    char block[4096];
    for (;;) {
        ssize_t n = read(fd, block, sizeof block);
        if (n < 0) return err_set(error, ERR_IO, "%s: %s", path, strerror(errno));
        if (n == 0) return ERR_NONE;
        buf_put(out, block, (size_t)n);
        if (out->len > TOKENS_FILE_MAX) return err_set(error, ERR_LIMIT, "%s: too long", path);
    }
}

enum err auth_load(struct auth *a, const char *state_dir, struct errtext *error)
{
    *a = (struct auth){.daemon_uid = (uint32_t)geteuid()};
    if (sodium_init() < 0) return err_set(error, ERR_IO, "libsodium cannot start");
    char path[4096];
    snprintf(path, sizeof path, "%s/tokens", state_dir);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT) {
        enum err e = create_tokens(path, error);
        if (e != ERR_NONE) return e;
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    }
    if (fd < 0) return err_set(error, ERR_IO, "cannot open %s: %s", path, strerror(errno));
    struct buf text = {0};
    enum err e = read_private(fd, path, &text, error);
    if (e == ERR_NONE) e = parse_tokens(a, buf_str(&text), path, error);
    close(fd);
    if (text.p != NULL) sodium_memzero(text.p, text.len);
    buf_release(&text);
    if (e != ERR_NONE) auth_release(a);
    return e;
}

void auth_release(struct auth *a)
{
    if (a->tokens != NULL) sodium_memzero(a->tokens, a->count * sizeof *a->tokens);
    mem_free(a->tokens);
    *a = (struct auth){0};
}

struct peer auth_peer_of_uid(const struct auth *a, uint32_t uid)
{
    return (struct peer){
        .known = true, .is_operator = uid == 0 || uid == a->daemon_uid, .uid = uid};
}

struct peer auth_peer_of_header(const struct auth *a, const char *header)
{
    static const char scheme[] = "Bearer ";
    struct peer p = {0};
    if (header == NULL || strncmp(header, scheme, sizeof scheme - 1) != 0) return p;
    const char *text = header + sizeof scheme - 1;
    size_t len = strlen(text);
    /* Every token is compared, so the time tells nothing about which one was near. */
    for (uint32_t i = 0; i < a->count; i++) {
        const struct auth_token *t = &a->tokens[i];
        if (len != t->len || sodium_memcmp(text, t->text, len) != 0) continue;
        p = (struct peer){.known = true, .is_operator = t->is_operator, .uid = t->uid};
    }
    return p;
}
