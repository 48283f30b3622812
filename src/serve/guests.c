#include "serve/guests.h"

#include "base/check.h"
#include "base/mem.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>

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
