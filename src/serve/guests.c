#include "serve/guests.h"

#include "base/check.h"
#include "base/mem.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

enum err guests_room(uint32_t doors, uint32_t *each_out, struct errtext *error)
{
    ASSERT(doors > 0);
    rlim_t wanted = OWN_FILES_MAX + (rlim_t)doors * GUESTS_MAX;
    rlim_t least = OWN_FILES_MAX + (rlim_t)doors * GUESTS_MIN;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return err_set(error, ERR_IO, "the limit of open files is not known: %s", strerror(errno));
    if (limit.rlim_cur < wanted && limit.rlim_cur < limit.rlim_max) {
        struct rlimit raised = {limit.rlim_max < wanted ? limit.rlim_max : wanted, limit.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
    }
    if (limit.rlim_cur < least)
        return err_set(error, ERR_LIMIT,
                       "the daemon may open %" PRIuMAX " files at a time and needs at least "
                       "%" PRIuMAX "; raise the limit (ulimit -n, LimitNOFILE=)",
                       (uintmax_t)limit.rlim_cur, (uintmax_t)least);
    rlim_t each = (limit.rlim_cur - OWN_FILES_MAX) / doors;
    *each_out = each < GUESTS_MAX ? (uint32_t)each : (uint32_t)GUESTS_MAX;
    return ERR_NONE;
}

void guests_release(struct guests *g)
{
    mem_free(g->users);
    *g = (struct guests){0};
}

static struct guest *find(const struct guests *g, uint32_t uid)
{
    for (uint32_t i = 0; i < g->user_count; i++)
        if (g->users[i].uid == uid) return &g->users[i];
    return NULL;
}

bool guests_enter(struct guests *g, uint32_t uid)
{
    ASSERT(g->most > 0);
    struct guest *user = find(g, uid);
    if (user == NULL) {
        g->users = mem_grow(g->users, &g->user_cap, g->user_count + 1u, sizeof *g->users);
        user = &g->users[g->user_count++];
        *user = (struct guest){.uid = uid};
    }
    if (user->count >= g->most) return false;
    user->count++;
    return true;
}

void guests_leave(struct guests *g, uint32_t uid)
{
    struct guest *user = find(g, uid);
    ASSERT(user != NULL && user->count > 0);
    if (--user->count == 0) *user = g->users[--g->user_count];
}

static void unlink_stranger(struct strangers *s, struct stranger *x)
{
    ASSERT(x->is_stranger && s->count > 0);
    *(x->older != NULL ? &x->older->newer : &s->oldest) = x->newer;
    *(x->newer != NULL ? &x->newer->older : &s->newest) = x->older;
    x->older = x->newer = NULL;
    x->is_stranger = false;
    s->count--;
}

struct stranger *strangers_enter(struct strangers *s, int fd)
{
    ASSERT(s->most > 0);
    if (s->count == s->most) {
        shutdown(s->oldest->fd, SHUT_RDWR);
        unlink_stranger(s, s->oldest);
    }
    struct stranger *x = mem_alloc(1, sizeof *x);
    *x = (struct stranger){.older = s->newest, .fd = fd, .is_stranger = true};
    *(s->newest != NULL ? &s->newest->newer : &s->oldest) = x;
    s->newest = x;
    s->count++;
    return x;
}

bool strangers_know(struct strangers *s, struct stranger *x, struct guests *g, uint32_t uid,
                    bool is_operator)
{
    if (!x->is_stranger) return true; /* known from an earlier request, or shut down */
    if (!is_operator && !guests_enter(g, uid)) return false;
    x->is_counted = !is_operator;
    x->uid = uid;
    unlink_stranger(s, x);
    return true;
}

void strangers_leave(struct strangers *s, struct stranger *x, struct guests *g)
{
    if (x->is_stranger) unlink_stranger(s, x);
    if (x->is_counted) guests_leave(g, x->uid);
    mem_free(x);
}
