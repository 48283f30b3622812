#include "serve/heartbeat.h"

#include "base/mem.h"
#include "engine/environment.h"
#include "serve/server.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- the socket ------------------------------------------------------------------------------ */

enum err heartbeats_open(struct heartbeats *h, const char *socket_path, struct errtext *error)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    *h = (struct heartbeats){.fd = -1};
    struct buf path = {0};
    buf_printf(&path, "%s" PROGRESS_SUFFIX, socket_path);
    h->path = path.p;
    if (path.len >= sizeof addr.sun_path)
        return err_set(error, ERR_INVALID,
                       "%s: too long for a socket; jobs cannot say how far "
                       "they are",
                       h->path);
    memcpy(addr.sun_path, h->path, path.len);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
    bool ok = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0;
    if (ok) (void)unlink(h->path); /* a dead daemon's: the ledger's lock says that none lives */
    ok = ok && bind(fd, (const struct sockaddr *)&addr, sizeof addr) == 0 &&
         chmod(h->path, 0666) == 0;
    if (ok) {
        h->fd = fd;
        return ERR_NONE;
    }
    enum err e = err_set(error, ERR_IO, "%s: %s; jobs cannot say how far they are", h->path,
                         strerror(errno));
    if (fd >= 0) close(fd);
    return e;
}

void heartbeats_close(struct heartbeats *h)
{
    if (h->fd >= 0) {
        close(h->fd);
        (void)unlink(h->path);
    }
    mem_free(h->path);
    mem_free(h->pulses);
    *h = (struct heartbeats){.fd = -1};
}

int heartbeats_fd(const struct heartbeats *h)
{
    return h->listen_ms > steady_ms() ? -1 : h->fd;
}

int heartbeats_wait_ms(const struct heartbeats *h)
{
    int64_t now = steady_ms(), at = now + HEARTBEAT_RECORD_MS;
    if (h->fd >= 0 && h->listen_ms > now) at = h->listen_ms;
    for (size_t i = 0; i < h->count; i++)
        if (h->pulses[i].due_ms < at) at = h->pulses[i].due_ms;
    return at > now ? (int)(at - now) : 1;
}

/* ---- one line -------------------------------------------------------------------------------- */

static struct str next_word(struct str *rest)
{
    while (rest->len > 0 && (*rest->p == ' ' || *rest->p == '\n')) rest->p++, rest->len--;
    struct str word = {rest->p, 0};
    while (rest->len > 0 && *rest->p != ' ' && *rest->p != '\n') rest->p++, rest->len--, word.len++;
    return word;
}

static bool take_number(struct str text, uint64_t most, uint64_t *out)
{
    return str_to_u64(text, out) && *out <= most;
}

/* "12.1" or "12" */
static bool take_job(struct str text, struct heartbeat *out)
{
    size_t dot = 0;
    while (dot < text.len && text.p[dot] != '.') dot++;
    uint64_t job = 0, attempt = 0;
    if (!take_number((struct str){text.p, dot}, UINT32_MAX, &job)) return false;
    if (dot < text.len &&
        !take_number((struct str){text.p + dot + 1, text.len - dot - 1}, UINT32_MAX, &attempt))
        return false;
    out->job.v = (uint32_t)job;
    out->attempt = (uint32_t)attempt;
    return job > 0;
}

bool heartbeat_parse(struct str line, struct heartbeat *out)
{
    *out = (struct heartbeat){0};
    uint64_t n = 0;
    if (!str_eqz(next_word(&line), "job") || !take_job(next_word(&line), out)) return false;
    if (!str_eqz(next_word(&line), "step")) return false;
    if (!take_number(next_word(&line), (uint64_t)WORK_STEPS_MAX, &n)) return false;
    out->steps = (int64_t)n;
    struct str word = next_word(&line);
    if (str_eqz(word, "of")) {
        if (!take_number(next_word(&line), (uint64_t)WORK_STEPS_MAX, &n) || n == 0) return false;
        out->total = (int64_t)n;
        word = next_word(&line);
    }
    out->checkpoint = str_eqz(word, "saved");
    if (out->checkpoint) word = next_word(&line);
    return word.len == 0 && (out->total == 0 || out->steps <= out->total);
}

void heartbeat_merge(struct heartbeat *to, const struct heartbeat *later)
{
    int64_t total = later->total > 0 ? later->total : to->total;
    if (!to->checkpoint || later->checkpoint) *to = *later;
    if (total >= to->steps) to->total = total;
}

/* ---- what has arrived ------------------------------------------------------------------------ */

/* The job's pulse, or where it would stand. */
static size_t pulse_at(const struct heartbeats *h, uint32_t job)
{
    size_t lo = 0, hi = h->count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (h->pulses[mid].beat.job.v < job)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static void take_beat(struct server *s, const struct heartbeat *said, uint32_t uid)
{
    struct heartbeats *h = &s->heartbeats;
    const struct job *j = core_job(s->journal.core, said->job);
    struct heartbeat beat = *said;
    if (j == NULL || j->claim == NULL) return;
    if (beat.attempt == 0) beat.attempt = j->attempt;
    if (beat.attempt != j->attempt) return;
    if (uid != j->spec.uid && uid != 0 && uid != geteuid()) return;
    size_t at = pulse_at(h, beat.job.v);
    if (at == h->count || h->pulses[at].beat.job.v != beat.job.v) {
        h->pulses = mem_grow(h->pulses, &h->cap, h->count + 1, sizeof *h->pulses);
        memmove(h->pulses + at + 1, h->pulses + at, (h->count - at) * sizeof *h->pulses);
        h->count++;
        h->pulses[at] = (struct pulse){.due_ms = steady_ms()};
    }
    struct pulse *p = &h->pulses[at];
    if (p->is_dirty && p->beat.attempt == beat.attempt)
        heartbeat_merge(&p->beat, &beat);
    else
        p->beat = beat;
    p->uid = uid;
    p->is_dirty = true;
}

/* False: nothing more has arrived. */
static bool receive(struct server *s)
{
    char line[HEARTBEAT_LINE_MAX];
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(struct ucred))];
    } control;
    struct iovec part = {line, sizeof line};
    struct msghdr m = {.msg_iov = &part,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof control};
    ssize_t n = recvmsg(s->heartbeats.fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n < 0) return errno == EINTR;
    const struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    bool is_whole = (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
    struct heartbeat beat;
    struct ucred who;
    if (!is_whole || c == NULL || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS ||
        c->cmsg_len != CMSG_LEN(sizeof who))
        return true;
    memcpy(&who, CMSG_DATA(c), sizeof who);
    if (heartbeat_parse((struct str){line, (size_t)n}, &beat)) take_beat(s, &beat, who.uid);
    return true;
}

/* False: try again later. */
static bool record(struct server *s, const struct pulse *p)
{
    struct event e = {.kind = EVENT_PROGRESS,
                      .actor = str_of(arena_printf(&s->scratch, "uid:%" PRIu32, p->uid)),
                      .actor_uid = p->uid,
                      .actor_is_operator = p->uid == 0 || p->uid == geteuid(),
                      .heartbeat = p->beat};
    struct errtext error; /* a job that has ended meanwhile is no news */
    return server_step(s, &e, NULL, NULL, &error) != ERR_UNAVAILABLE;
}

void heartbeats_take(struct server *s)
{
    struct heartbeats *h = &s->heartbeats;
    int64_t now = steady_ms();
    if (h->fd >= 0 && h->listen_ms <= now) {
        int taken = 0;
        while (taken < HEARTBEAT_TAKE_MAX && receive(s)) taken++;
        if (taken > 0) h->listen_ms = now + HEARTBEAT_PAUSE_MS;
    }
    size_t kept = 0;
    for (size_t i = 0; i < h->count; i++) {
        struct pulse p = h->pulses[i];
        bool is_due = p.due_ms <= now;
        if (is_due && !p.is_dirty) continue; /* it has been silent: forgotten */
        if (is_due) {
            p.is_dirty = !record(s, &p);
            p.due_ms = now + HEARTBEAT_RECORD_MS;
        }
        h->pulses[kept++] = p;
    }
    h->count = kept;
}
