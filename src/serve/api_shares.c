#include "base/check.h"
#include "serve/api.h"
#include "serve/reply.h"
#include "serve/views_fill.h"

#include <inttypes.h>
#include <pwd.h>
#include <unistd.h>

/* Who asks, as fleet files name people; digits where the uid has no name here. */
static struct str user_name(uint32_t uid, struct arena *arena)
{
    enum { PASSWD_BYTES = 16384 };
    struct passwd entry, *found = NULL;
    char *bytes = ARENA_ARRAY(arena, PASSWD_BYTES, char);
    if (getpwuid_r((uid_t)uid, &entry, bytes, PASSWD_BYTES, &found) == 0 && found != NULL)
        return str_copy(arena, str_of(entry.pw_name));
    return str_of(arena_printf(arena, "%" PRIu32, uid));
}

static bool may_use(const struct share_view *v, struct str user)
{
    for (uint32_t i = 0; i < v->user_count; i++)
        if (str_eqz(v->users[i], "*") || str_eq(v->users[i], user)) return true;
    return false;
}

static void visit_share_list_any(struct visit *v, void *what)
{
    visit_share_list(v, what);
}

void handle_shares(struct server *s, struct op *op, struct str id)
{
    (void)id;
    struct share_list list;
    if (core_fleet(s->journal.core) == NULL) {
        reply_error(op, ERR_CONFLICT, "there is no fleet yet; apply one: berth fleet apply FILE");
        return;
    }
    view_shares(s->journal.core, journal_now_ms(&s->journal), &s->scratch, &list);
    uint32_t kept = 0;
    struct str user = user_name(op->peer.uid, &s->scratch);
    for (uint32_t i = 0; i < list.count; i++)
        if (op->peer.is_operator || may_use(&list.shares[i], user))
            list.shares[kept++] = list.shares[i];
    list.count = kept;
    reply_visit(op, 200, visit_share_list_any, &list);
}
