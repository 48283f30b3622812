#include "base/check.h"
#include "base/civil.h"
#include "read/case_yaml.h"
#include "serve/api.h"
#include "serve/reply.h"
#include "serve/views.h"

#include <inttypes.h>
#include <string.h>

static struct str actor_of(struct server *s, const struct op *op)
{
    return str_of(arena_printf(&s->scratch, "uid:%" PRIu32, op->peer.uid));
}

/* ---- what is adopted -------------------------------------------------------------------------- */

static void visit_law_view_any(struct visit *v, void *what)
{
    visit_law_view(v, what);
}

void handle_law(struct server *s, struct op *op, struct str id)
{
    (void)id;
    const struct law *law = core_law(s->journal.core);
    struct law_view view = {.next_change_ms = law_next_change(law, journal_now_ms(&s->journal))};
    view.pack_count = law_packs(law);
    view.packs = ARENA_ARRAY(&s->scratch, view.pack_count, struct pack_view);
    for (uint32_t i = 0; i < view.pack_count; i++) {
        const struct law_pack *p = law_pack_at(law, i);
        view.packs[i] = (struct pack_view){p->id, p->digest, p->title, p->rule_count};
    }
    view.binding = ARENA_ARRAY(&s->scratch, LEVEL_COUNT, struct str);
    for (int l = 0; l < LEVEL_COUNT; l++)
        if ((law_binding(law) >> l & 1u) != 0)
            view.binding[view.binding_count++] = str_of(law_level_names[l]);
    if (view.next_change_ms == CIVIL_NEVER_MS) view.next_change_ms = 0;
    reply_visit(op, 200, visit_law_view_any, &view);
}

/* ---- changing it ------------------------------------------------------------------------------ */

static void visit_adopt_request(struct visit *v, void *what)
{
    visit_text(v, "dir", what);
}

void handle_law_adopt(struct server *s, struct op *op, struct str id)
{
    struct str dir = {0};
    struct errtext error;
    bool changed = false;
    enum err e = body_read(op, &s->scratch, visit_adopt_request, &dir, &error);
    if (e == ERR_NONE && (dir.len == 0 || dir.p[0] != '/'))
        e = err_set(&error, ERR_INVALID, "dir: the absolute path of a folder of packs is wanted");
    if (e == ERR_NONE)
        e = server_adopt_law(s, str_dupz(&s->scratch, dir), actor_of(s, op), op->peer.uid, &changed,
                             &error);
    if (e != ERR_NONE)
        reply_error(op, e, "%s", error.s);
    else
        handle_law(s, op, id);
}

struct bind_request {
    struct str *levels;
    uint32_t count;
};

static void visit_bind_request(struct visit *v, void *what)
{
    struct bind_request *r = what;
    visit_texts(v, "levels", &r->levels, &r->count, LEVEL_COUNT);
}

static enum err levels_of(const struct bind_request *r, uint32_t *out, struct errtext *error)
{
    *out = 0;
    for (uint32_t i = 0; i < r->count; i++) {
        int l = 0;
        while (l < LEVEL_COUNT && !str_eqz(r->levels[i], law_level_names[l])) l++;
        if (l == LEVEL_COUNT)
            return err_set(error, ERR_INVALID,
                           "levels: '" STR_FMT
                           "' is none of law, act, guidance, reported, proposed",
                           STR_ARG(r->levels[i]));
        *out |= 1u << l;
    }
    if ((*out & 1u << LEVEL_LAW) == 0)
        return err_set(error, ERR_INVALID, "levels: law itself always binds; name it");
    return ERR_NONE;
}

void handle_law_bind(struct server *s, struct op *op, struct str id)
{
    struct bind_request r = {0};
    struct errtext error;
    struct event event = {.kind = EVENT_BIND,
                          .actor = actor_of(s, op),
                          .actor_uid = op->peer.uid,
                          .actor_is_operator = true};
    enum err e = body_read(op, &s->scratch, visit_bind_request, &r, &error);
    if (e == ERR_NONE) e = levels_of(&r, &event.bind_levels, &error);
    if (e == ERR_NONE) e = server_step(s, &event, NULL, NULL, &error);
    if (e != ERR_NONE)
        reply_error(op, e, "%s", error.s);
    else
        handle_law(s, op, id);
}

/* ---- a case ----------------------------------------------------------------------------------- */

static void visit_verdict_any(struct visit *v, void *what)
{
    visit_law_verdict(v, what);
}

/* One verdict a line, by the law and fleet in force. */
void handle_check(struct server *s, struct op *op, struct str id)
{
    (void)id;
    struct yaml_errors errors;
    yaml_errors_init(&errors, &s->scratch);
    struct case_world world = {.chips = s->catalogue,
                               .chip_count = s->catalogue_count,
                               .fleet = core_fleet(s->journal.core)};
    struct case_file cases = {0};
    struct errtext error;
    if (!case_yaml_read(buf_str(&op->body), STR("case.yaml"), &world, &s->scratch, &errors,
                        &cases)) {
        enum err e = yaml_errors_result(&errors, &error);
        reply_error(op, e, "%s", error.s);
        op->status = 422;
        return;
    }
    struct buf lines = {0};
    for (uint32_t i = 0; i < cases.count; i++) {
        struct law_verdict verdict = {0};
        law_decide(core_law(s->journal.core), &cases.cases[i], &s->scratch, &verdict);
        json_put(&lines, visit_verdict_any, &verdict);
        if (i + 1 < cases.count) buf_putc(&lines, '\n');
    }
    reply_json(op, 200, buf_str(&lines));
    buf_release(&lines);
}
