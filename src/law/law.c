#include "law/law.h"

#include "base/cbor.h"
#include "base/check.h"
#include "base/civil.h"
#include "base/mem.h"
#include "law/eval.h"

#include <stdlib.h>
#include <string.h>

struct law *law_new(void)
{
    struct law *law = mem_alloc(1, sizeof *law);
    law->bind = LAW_BIND_DEFAULT;
    law->placement_acts = 1u << ACT_PLACE;
    return law;
}

static void pack_free(struct pack *p)
{
    arena_release(&p->arena);
    mem_free(p);
}

void law_free(struct law *law)
{
    if (law == NULL) return;
    for (uint32_t i = 0; i < law->pack_count; i++) pack_free(law->packs[i]);
    mem_free(law->packs);
    mem_free(law->rules);
    mem_free(law->caps);
    mem_free(law);
}

void law_bind(struct law *law, uint32_t levels)
{
    law->bind = levels & ((1u << LEVEL_COUNT) - 1);
}

uint32_t law_binding(const struct law *law)
{
    return law->bind;
}

/* ---- adopting -------------------------------------------------------------------------------- */

/* A deep copy by way of the canonical form, so that no field can be forgotten. */
static enum err copy_pack(struct law_pack *from, struct arena *arena, struct law_pack *out,
                          struct errtext *error)
{
    struct buf bytes = {0};
    struct cbor_writer w;
    cbor_writer_init(&w, &bytes);
    if (visit_map(&w.v, NULL, false)) {
        visit_law_pack(&w.v, from);
        visit_map_end(&w.v);
    }
    char *kept = arena_copy(arena, bytes.p, bytes.len);
    struct cbor_reader r;
    cbor_reader_init(&r, (struct str){kept, bytes.len}, arena);
    if (visit_map(&r.v, NULL, false)) {
        visit_law_pack(&r.v, out);
        visit_map_end(&r.v);
    }
    buf_release(&bytes);
    return cbor_reader_finish(&r, error);
}

struct first_fault {
    const struct law_pack *p;
    struct errtext *error;
    bool seen;
};

static void keep_first(void *ctx, const struct law_place *at, const char *text)
{
    struct first_fault *f = ctx;
    if (f->seen) return;
    f->seen = true;
    struct str name = {0};
    switch (at->part) {
    case PART_PACK: break;
    case PART_SET: name = f->p->sets[at->index].name; break;
    case PART_LET: name = f->p->lets[at->index].name; break;
    case PART_OWNERSHIP: name = f->p->ownerships[at->index].name; break;
    case PART_RULE: name = f->p->rules[at->index].id; break;
    case PART_ACT: name = str_of(law_act_names[f->p->acts[at->index].act]); break;
    }
    err_set(f->error, ERR_INVALID, "pack " STR_FMT ": " STR_FMT ": %s: %s", STR_ARG(f->p->id),
            STR_ARG(name), at->key, text);
}

static int compare_rules(const void *a, const void *b)
{
    const struct rule *x = *(struct rule *const *)a, *y = *(struct rule *const *)b;
    return str_cmp(x->def->id, y->def->id);
}

/* The packs are in place: number them and list their rules in order of id. */
static void index_rules(struct law *law)
{
    size_t n = 0;
    for (uint32_t i = 0; i < law->pack_count; i++) {
        law->packs[i]->index = i;
        n += law->packs[i]->def.rule_count;
    }
    law->rules = mem_grow(law->rules, &law->rule_cap, n, sizeof(struct rule *));
    law->rule_count = 0;
    for (uint32_t i = 0; i < law->pack_count; i++)
        for (uint32_t r = 0; r < law->packs[i]->def.rule_count; r++)
            law->rules[law->rule_count++] = &law->packs[i]->rules[r];
    if (n > 0) qsort(law->rules, n, sizeof(struct rule *), compare_rules);
    law->caps = mem_grow(law->caps, &law->cap_cap, n, sizeof *law->caps);
    law->cap_count = 0;
    law->placement_acts = 1u << ACT_PLACE;
    for (uint32_t i = 0; i < law->pack_count; i++)
        for (uint32_t a = 0; a < law->packs[i]->def.act_count; a++)
            law->placement_acts |= 1u << law->packs[i]->def.acts[a].act;
    for (uint32_t i = 0; i < law->rule_count; i++) {
        law->rules[i]->index = i;
        const struct law_cap *cap = &law->rules[i]->def->cap;
        if (cap->present && cap->window != WINDOW_ACT) law->caps[law->cap_count++] = law->rules[i];
    }
}

static const struct rule *find_rule(const struct law *law, struct str id)
{
    uint32_t lo = 0, hi = law->rule_count;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (str_cmp(law->rules[mid]->def->id, id) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo == law->rule_count || !str_eq(law->rules[lo]->def->id, id)) return NULL;
    return law->rules[lo];
}

static enum err check_foreign_ids(const struct law *law, const struct pack *p,
                                  struct errtext *error)
{
    for (uint32_t i = 0; i < p->def.rule_count; i++) {
        const struct rule *other = find_rule(law, p->def.rules[i].id);
        if (other != NULL && !str_eq(other->pack->def.id, p->def.id))
            return err_set(error, ERR_EXISTS,
                           "pack " STR_FMT ": rule '" STR_FMT "' exists already in pack " STR_FMT,
                           STR_ARG(p->def.id), STR_ARG(other->def->id),
                           STR_ARG(other->pack->def.id));
    }
    return ERR_NONE;
}

enum err law_adopt(struct law *law, struct law_pack *pack, struct errtext *error)
{
    struct pack *p = mem_alloc(1, sizeof *p);
    arena_init(&p->arena);
    enum err e = copy_pack(pack, &p->arena, &p->def, error);
    struct first_fault fault = {.p = &p->def, .error = error};
    if (e == ERR_NONE && !pack_compile(p, keep_first, &fault)) e = ERR_INVALID;
    if (e == ERR_NONE) e = check_foreign_ids(law, p, error);
    if (e != ERR_NONE) {
        pack_free(p);
        return e;
    }
    uint32_t at = 0;
    while (at < law->pack_count && str_cmp(law->packs[at]->def.id, p->def.id) < 0) at++;
    if (at < law->pack_count && str_eq(law->packs[at]->def.id, p->def.id)) {
        pack_free(law->packs[at]);
    } else {
        law->packs = mem_grow(law->packs, &law->pack_cap, (size_t)law->pack_count + 1,
                              sizeof(struct pack *));
        memmove(&law->packs[at + 1], &law->packs[at],
                (law->pack_count - at) * sizeof(struct pack *));
        law->pack_count++;
    }
    law->packs[at] = p;
    index_rules(law);
    return ERR_NONE;
}

/* ---- asking ---------------------------------------------------------------------------------- */

bool law_cite(const struct law *law, struct str rule, struct str *cite_out, struct str *title_out)
{
    const struct rule *r = find_rule(law, rule);
    if (r == NULL) return false;
    *cite_out = r->def->source.cite;
    *title_out = r->def->title;
    return true;
}

const struct law_rule *law_rule(const struct law *law, struct str id)
{
    const struct rule *r = find_rule(law, id);
    return r != NULL ? r->def : NULL;
}

uint32_t law_packs(const struct law *law)
{
    return law->pack_count;
}

const struct law_pack *law_pack_at(const struct law *law, uint32_t index)
{
    ASSERT(index < law->pack_count);
    return &law->packs[index]->def;
}

enum law_state law_rule_state(const struct law *law, struct str id, int64_t on_ms)
{
    const struct rule *r = find_rule(law, id);
    ASSERT(r != NULL);
    if (on_ms < r->start_ms) return LAW_STATE_FUTURE;
    if (r->def->until_ms != 0 && on_ms >= r->def->until_ms) return LAW_STATE_ENDED;
    if (!rule_in_force(r, on_ms)) return LAW_STATE_SUSPENDED;
    if (r->def->compliance_ms != 0 && on_ms < r->def->compliance_ms) return LAW_STATE_COMING;
    if (!rule_binds(r, on_ms, UINT32_MAX)) return LAW_STATE_UNENFORCED;
    return rule_binds(r, on_ms, law->bind) ? LAW_STATE_BINDING : LAW_STATE_WARNING;
}

void law_digests(const struct law *law, struct arena *arena, struct str **lines_out,
                 uint32_t *count_out)
{
    struct str *lines = ARENA_ARRAY(arena, law->pack_count + 1, struct str);
    for (uint32_t i = 0; i < law->pack_count; i++)
        lines[i] = str_of(arena_printf(arena, STR_FMT "@" STR_FMT, STR_ARG(law->packs[i]->def.id),
                                       STR_ARG(law->packs[i]->def.digest)));
    *lines_out = lines;
    *count_out = law->pack_count;
}

void law_imply_acts(const struct law *law, struct law_case *c, struct arena *scratch)
{
    struct evaluator ev;
    evaluator_init(&ev, law, c, scratch);
    c->acts |= eval_implied_acts(&ev);
}

/* ---- dates ----------------------------------------------------------------------------------- */

int64_t law_next_change(const struct law *law, int64_t after_ms)
{
    int64_t best = CIVIL_NEVER_MS;
    for (uint32_t i = 0; i < law->rule_count; i++) {
        int64_t at = rule_next_date(law->rules[i], after_ms);
        if (at < best) best = at;
    }
    for (uint32_t i = 0; i < law->pack_count; i++) {
        int64_t at = pack_next_set(law->packs[i], after_ms);
        if (at < best) best = at;
    }
    return best;
}

/* ---- snapshots ------------------------------------------------------------------------------- */

enum { PACKS_MAX = 1000 };

static void read_packs(struct visit *v, struct law *law)
{
    size_t n = 0;
    if (!visit_list(v, "packs", &n, PACKS_MAX)) return;
    for (size_t i = 0; i < n && v->failed == ERR_NONE; i++) {
        struct law_pack pack = {0};
        if (!visit_map(v, NULL, false)) break;
        visit_law_pack(v, &pack);
        visit_map_end(v);
        struct errtext t;
        if (v->failed == ERR_NONE && law_adopt(law, &pack, &t) != ERR_NONE)
            visit_fail(v, "%s", t.s);
    }
    visit_list_end(v);
}

void visit_law(struct visit *v, struct law *law)
{
    visit_flags(v, "bind", &law->bind, law_level_names, LEVEL_COUNT);
    if (v->reading) {
        read_packs(v, law);
        return;
    }
    size_t n = law->pack_count;
    if (!visit_list(v, "packs", &n, PACKS_MAX)) return;
    for (size_t i = 0; i < n; i++)
        if (visit_map(v, NULL, false)) {
            visit_law_pack(v, &law->packs[i]->def);
            visit_map_end(v);
        }
    visit_list_end(v);
}
