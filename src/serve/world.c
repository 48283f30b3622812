/* world.c - fleet files and rule packs become events: read whole, compared with what is in force,
 * recorded only when something differs. */
#include "base/cbor.h"
#include "base/check.h"
#include "model/fleet_diff.h"
#include "read/fleet_yaml.h"
#include "read/pack_yaml.h"
#include "read/speeds_csv.h"
#include "serve/server.h"

#include <string.h>

/* ---- fleet ------------------------------------------------------------------------------------ */

/* Every site's engine must be one that this daemon can start jobs with. */
static enum err check_engines(const struct fleet *f, struct errtext *error)
{
    for (uint32_t i = 0; i < f->site_count; i++)
        if (!str_eqz(f->sites[i].engine, "local"))
            return err_set(error, ERR_INVALID,
                           "site " STR_FMT ": engine '" STR_FMT
                           "' is not configured in this daemon; there is: local",
                           STR_ARG(f->sites[i].id), STR_ARG(f->sites[i].engine));
    return ERR_NONE;
}

static enum err record_fleet(struct server *s, struct fleet *f, struct str actor, uint32_t uid,
                             struct errtext *error)
{
    struct event e = {.kind = EVENT_FLEET,
                      .actor = actor,
                      .actor_uid = uid,
                      .actor_is_operator = true,
                      .fleet = f};
    return server_step(s, &e, NULL, NULL, error);
}

enum err server_apply_fleet(struct server *s, struct str yaml, const char *file_name, bool dry_run,
                            struct str actor, uint32_t uid, struct buf *diff_out,
                            struct errtext *error)
{
    struct arena arena;
    arena_init(&arena);
    struct yaml_errors errors;
    yaml_errors_init(&errors, &arena);
    struct fleet *fresh = ARENA_NEW(&arena, struct fleet);
    enum err e =
        fleet_yaml_read(yaml, file_name, s->catalogue, s->catalogue_count, &arena, fresh, &errors);
    if (e != ERR_NONE) e = yaml_errors_result(&errors, error);
    if (e == ERR_NONE) e = check_engines(fresh, error);
    if (e == ERR_NONE) {
        struct fleet none = {0};
        const struct fleet *old = core_fleet(s->journal.core);
        if (old == NULL) e = fleet_index(&none, &arena, error);
        ASSERT(e == ERR_NONE);
        fleet_diff(old != NULL ? old : &none, fresh, diff_out);
        if (!dry_run && diff_out->len > 0) e = record_fleet(s, fresh, actor, uid, error);
    }
    arena_release(&arena);
    return e;
}

/* ---- law -------------------------------------------------------------------------------------- */

/* True when the law in force is exactly these packs. */
static bool is_adopted(const struct law *law, const struct law_pack *packs, uint32_t count,
                       struct arena *arena)
{
    struct str *lines = NULL;
    uint32_t adopted = 0;
    law_digests(law, arena, &lines, &adopted);
    if (adopted != count) return false;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t k = 0;
        while (k < adopted &&
               memmem(lines[k].p, lines[k].len, packs[i].digest.p, packs[i].digest.len) == NULL)
            k++;
        if (k == adopted) return false;
    }
    return true;
}

enum err server_read_packs(struct server *s, const char *dir, struct arena *arena,
                           struct law_pack **out, uint32_t *count_out, struct errtext *error)
{
    struct yaml_errors errors;
    yaml_errors_init(&errors, arena);
    struct case_world world = {.chips = s->catalogue, .chip_count = s->catalogue_count};
    struct pack_file *files = NULL;
    uint32_t count = 0;
    if (!packs_load(dir, &world, arena, &errors, &files, &count)) {
        enum err e = yaml_errors_result(&errors, error);
        ASSERT(e != ERR_NONE);
        return e;
    }
    *out = ARENA_ARRAY(arena, count, struct law_pack);
    for (uint32_t i = 0; i < count; i++) (*out)[i] = files[i].pack;
    *count_out = count;
    return ERR_NONE;
}

enum err server_adopt_law(struct server *s, const char *dir, struct str actor, uint32_t uid,
                          bool *changed_out, struct errtext *error)
{
    struct arena arena;
    arena_init(&arena);
    struct law_pack *packs = NULL;
    uint32_t count = 0;
    *changed_out = false;
    enum err e = server_read_packs(s, dir, &arena, &packs, &count, error);
    if (e == ERR_NONE && !is_adopted(core_law(s->journal.core), packs, count, &arena)) {
        struct event event = {.kind = EVENT_PACKS,
                              .actor = actor,
                              .actor_uid = uid,
                              .actor_is_operator = true,
                              .packs = packs,
                              .pack_count = count};
        e = server_step(s, &event, NULL, NULL, error);
        *changed_out = e == ERR_NONE;
    }
    arena_release(&arena);
    return e;
}

/* ---- speeds ----------------------------------------------------------------------------------- */

static void put_speeds(const struct speeds *t, struct buf *out)
{
    struct cbor_writer w;
    struct speeds copy = *t; /* a writing visit changes nothing */
    cbor_writer_init(&w, out);
    if (!visit_map(&w.v, NULL, false)) return;
    visit_speeds(&w.v, &copy);
    visit_map_end(&w.v);
}

static bool is_same(const struct speeds *a, const struct speeds *b)
{
    struct buf x = {0}, y = {0};
    put_speeds(a, &x);
    put_speeds(b, &y);
    bool same = x.len == y.len && memcmp(x.p, y.p, x.len) == 0;
    buf_release(&x);
    buf_release(&y);
    return same;
}

enum err server_adopt_speeds(struct server *s, FILE *own, const char *own_name, struct str actor,
                             uint32_t uid, bool *changed_out, struct errtext *error)
{
    static const char *const files[] = {"speeds.csv", "job-types.csv"};
    struct arena arena;
    arena_init(&arena);
    struct speeds t = {0};
    enum err e = ERR_NONE;
    *changed_out = false;
    for (size_t i = 0; i < sizeof files / sizeof *files && e == ERR_NONE; i++) {
        e = speeds_load(arena_printf(&arena, "%s/%s", s->config.data_dir, files[i]), &arena, &t,
                        error);
        if (e == ERR_NOT_FOUND) e = ERR_NONE; /* a data folder need not have them */
    }
    if (e == ERR_NONE && own != NULL) e = speeds_read(own, own_name, &arena, &t, error);
    if (e == ERR_NONE && !is_same(&t, core_speeds(s->journal.core))) {
        struct event event = {.kind = EVENT_SPEEDS,
                              .actor = actor,
                              .actor_uid = uid,
                              .actor_is_operator = true,
                              .speeds = &t};
        e = server_step(s, &event, NULL, NULL, error);
        *changed_out = e == ERR_NONE;
    }
    arena_release(&arena);
    return e;
}
