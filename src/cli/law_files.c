#include "cli/law_files.h"

#include "base/check.h"
#include "base/civil.h"
#include "cli/lists.h"
#include "cli/paths.h"
#include "cli/say.h"
#include "port/sha256.h"
#include "read/chips_csv.h"

#include <string.h>
#include <unistd.h>

void law_files_init(struct law_files *f, const char *name)
{
    *f = (struct law_files){.name = name, .bind = LAW_BIND_DEFAULT};
    arena_init(&f->arena);
    yaml_errors_init(&f->errs, &f->arena);
    f->law = law_new();
}

void law_files_release(struct law_files *f)
{
    law_free(f->law);
    arena_release(&f->arena);
}

/* The bits of a list such as "law,act,guidance"; false with the wrong word in *wrong. */
static bool levels_parse(struct str list, uint32_t *out, struct str *wrong)
{
    uint32_t bits = 0;
    struct str word;
    while (list_next(&list, &word)) {
        int i = 0;
        while (i < LEVEL_COUNT && !str_eqz(word, law_level_names[i])) i++;
        *wrong = word;
        if (i == LEVEL_COUNT) return false;
        bits |= 1u << i;
    }
    *out = bits;
    return true;
}

int law_files_add(struct law_files *f, const char *dir)
{
    if (f->dir_count == LAW_DIRS_MAX)
        return say_error(f->name, "--law is given more than %d times", LAW_DIRS_MAX);
    f->dirs[f->dir_count++] = dir;
    return GO_ON;
}

int law_files_bind(struct law_files *f, const char *list)
{
    struct str wrong = {0};
    bool all_known = levels_parse(str_of(list), &f->bind, &wrong);
    if (all_known && f->bind == 0) /* an empty variable of a script must not permit everything */
        return say_error(f->name, "--bind names no level; the least is --bind law");
    if (all_known) return GO_ON;
    return say_error(f->name,
                     "--bind: '" STR_FMT "' is no level; levels are law, act, guidance, reported, "
                     "proposed",
                     STR_ARG(wrong));
}

int law_files_errors(struct law_files *f)
{
    if (f->errs.total == 0) return GO_ON;
    struct buf text = {0};
    yaml_errors_print(&f->errs, &text);
    say_buf(&text, stderr);
    buf_release(&text);
    return EXIT_USER;
}

int law_files_chips(struct law_files *f)
{
    struct errtext t;
    struct chip *chips = NULL;
    const char *path = arena_printf(&f->arena, "%s/chips.csv", path_data());
    if (access(path, F_OK) != 0) return GO_ON;
    if (chips_load(path, &f->arena, &chips, &f->world.chip_count, &t) != ERR_NONE)
        return say_error(f->name, "%s", t.s);
    f->world.chips = chips;
    return GO_ON;
}

static int load_dir(struct law_files *f, const char *dir)
{
    struct pack_file *packs = NULL;
    uint32_t count = 0;
    if (!packs_load(dir, &f->world, &f->arena, &f->errs, &packs, &count))
        return law_files_errors(f);
    struct pack_file *all = ARENA_ARRAY(&f->arena, f->pack_count + count + 1, struct pack_file);
    uint32_t n = 0;
    for (uint32_t i = 0; i < f->pack_count; i++) {
        bool replaced = false;
        for (uint32_t k = 0; k < count; k++)
            if (str_eq(packs[k].pack.id, f->packs[i].pack.id)) replaced = true;
        if (!replaced) all[n++] = f->packs[i];
    }
    for (uint32_t i = 0; i < count; i++) all[n++] = packs[i];
    f->packs = all;
    f->pack_count = n;
    return GO_ON;
}

static void set_digest(struct law_files *f)
{
    struct str *lines = NULL;
    uint32_t count = 0;
    struct buf text = {0}, hex = {0};
    unsigned char hash[SHA256_BYTES];
    law_digests(f->law, &f->arena, &lines, &count);
    for (uint32_t i = 0; i < count; i++) buf_printf(&text, STR_FMT "\n", STR_ARG(lines[i]));
    sha256_of(buf_str(&text), hash);
    for (size_t i = 0; i < sizeof hash; i++) buf_printf(&hex, "%02x", hash[i]);
    f->digest = str_copy(&f->arena, buf_str(&hex));
    buf_release(&hex);
    buf_release(&text);
}

/* A rule has one text: no pack that is in states one of its ids. */
static int check_ids(struct law_files *f, const struct pack_file *p)
{
    for (uint32_t r = 0; r < p->pack.rule_count; r++) {
        struct str id = p->pack.rules[r].id;
        struct law_place at = {PART_RULE, r, "rule"};
        if (law_rule(f->law, id) == NULL) continue;
        yaml_fail(&f->errs, pack_node(p, &at),
                  "rule '" STR_FMT "' exists already in another pack; give it another id",
                  STR_ARG(id));
    }
    return law_files_errors(f);
}

int law_files_load(struct law_files *f)
{
    if (f->dir_count == 0) {
        f->dirs[f->dir_count++] = path_law();
        if (access(path_law(), F_OK) != 0)
            return say_error(f->name,
                             "no rule packs at %s: name their folder with --law DIR or $BERTH_LAW",
                             path_law());
    }
    for (int i = 0; i < f->dir_count; i++) {
        int code = load_dir(f, f->dirs[i]);
        if (code != GO_ON) return code;
    }
    struct errtext t;
    law_bind(f->law, f->bind);
    for (uint32_t i = 0; i < f->pack_count; i++) {
        int code = check_ids(f, &f->packs[i]);
        if (code != GO_ON) return code;
        if (law_adopt(f->law, &f->packs[i].pack, &t) != ERR_NONE)
            return say_error(f->name, "%s", t.s);
    }
    set_digest(f);
    return GO_ON;
}

void levels_put(uint32_t bind, struct buf *out)
{
    const char *sep = "";
    for (int i = 0; i < LEVEL_COUNT; i++) {
        if ((bind >> i & 1u) == 0) continue;
        buf_printf(out, "%s%s", sep, law_level_names[i]);
        sep = ",";
    }
}

/* ---- expectations ---------------------------------------------------------------------------- */

void put_verdict_words(struct buf *out, int effect, int policy)
{
    buf_puts(out, law_effect_names[effect]);
    if (policy != POLICY_NONE) buf_printf(out, " %s", law_policy_names[policy]);
}

static bool has_finding(const struct law_verdict *v, struct str rule)
{
    for (uint32_t i = 0; i < v->finding_count; i++)
        if (str_eq(v->findings[i].rule, rule)) return true;
    return false;
}

static bool is_open(const struct law_verdict *v, struct str fact)
{
    for (uint32_t i = 0; i < v->unresolved_count; i++)
        if (str_eq(v->unresolved[i].fact, fact)) return true;
    return false;
}

/* Which rules and facts made the verdict, for the person who mends the rule. */
static void put_reasons(struct buf *why, const struct law_verdict *v)
{
    for (uint32_t i = 0; i < v->finding_count; i++) {
        const struct law_finding *f = &v->findings[i];
        buf_printf(why, "%s" STR_FMT " ", i == 0 ? "; findings: " : ", ", STR_ARG(f->rule));
        put_verdict_words(why, f->effect, f->policy);
        if (!f->binding) buf_puts(why, " (warning)");
    }
    for (uint32_t i = 0; i < v->unresolved_count; i++) {
        const struct law_unknown *u = &v->unresolved[i];
        buf_printf(why, "%s" STR_FMT " (", i == 0 ? "; unknown: " : ", ", STR_ARG(u->fact));
        for (uint32_t r = 0; r < u->rule_count; r++)
            buf_printf(why, "%s" STR_FMT, r > 0 ? ", " : "", STR_ARG(u->rules[r]));
        buf_puts(why, ")");
    }
}

static bool has_flip(const struct law_verdict *v, struct str part)
{
    for (uint32_t i = 0; i < v->flip_count; i++)
        if (memmem(v->flip[i].p, v->flip[i].len, part.p, part.len) != NULL) return true;
    return false;
}

/* What follows from the verdict: allowed or not, what changes it and when. */
static bool outlook_is(const struct law_verdict *v, const struct expectation *e, struct buf *why)
{
    char is[CIVIL_TEXT_MAX] = "none", wanted[CIVIL_TEXT_MAX] = "none";
    if (e->allowed != TRI_UNKNOWN && v->allowed != (e->allowed == TRI_YES)) {
        buf_printf(why, "it is %s", v->allowed ? "allowed" : "not allowed");
        put_reasons(why, v);
        return false;
    }
    if (e->next_stated && v->next_change_ms != e->next_change_ms) {
        if (v->next_change_ms != CIVIL_NEVER_MS) civil_format(v->next_change_ms, is);
        if (e->next_change_ms != CIVIL_NEVER_MS) civil_format(e->next_change_ms, wanted);
        buf_printf(why, "expected the next change on %s, got %s", wanted, is);
        return false;
    }
    for (uint32_t i = 0; i < e->flip_count; i++)
        if (!has_flip(v, e->flip[i])) {
            buf_printf(why,
                       "nothing that would change it says '" STR_FMT "':", STR_ARG(e->flip[i]));
            for (uint32_t k = 0; k < v->flip_count; k++)
                buf_printf(why, "%s " STR_FMT, k > 0 ? ";" : "", STR_ARG(v->flip[k]));
            return false;
        }
    return true;
}

static bool verdict_is(const struct law_verdict *v, const struct expectation *e, struct buf *why)
{
    bool same = v->effect == e->effect && (e->policy == POLICY_NONE || v->policy == e->policy);
    if (!same) {
        buf_puts(why, "expected ");
        put_verdict_words(why, e->effect, e->policy);
        buf_puts(why, ", got ");
        put_verdict_words(why, v->effect, v->policy);
        put_reasons(why, v);
        return false;
    }
    int32_t percent = 0;
    for (uint32_t i = 0; i < v->cost_count; i++) percent += v->costs[i].percent;
    if (e->cost_percent >= 0 && e->cost_percent != percent) {
        buf_printf(why, "expected a cost of %d %%, got %d %%", e->cost_percent, percent);
        put_reasons(why, v);
        return false;
    }
    for (uint32_t i = 0; i < e->rule_count; i++)
        if (!has_finding(v, e->rules[i])) {
            buf_printf(why, "rule " STR_FMT " is not among the findings", STR_ARG(e->rules[i]));
            put_reasons(why, v);
            return false;
        }
    for (uint32_t i = 0; i < e->unresolved_count; i++)
        if (!is_open(v, e->unresolved[i])) {
            buf_printf(why, "fact " STR_FMT " is not named as unknown", STR_ARG(e->unresolved[i]));
            put_reasons(why, v);
            return false;
        }
    return outlook_is(v, e, why);
}

bool expectation_holds(const struct law *law, const struct law_case *c, const struct expectation *e,
                       struct arena *arena, struct buf *why)
{
    struct law_verdict v;
    law_decide(law, c, arena, &v);
    return verdict_is(&v, e, why);
}

static bool names_rule(const struct law_verdict *v, struct str rule)
{
    for (uint32_t i = 0; i < v->unresolved_count; i++)
        for (uint32_t r = 0; r < v->unresolved[i].rule_count; r++)
            if (str_eq(v->unresolved[i].rules[r], rule)) return true;
    return false;
}

bool example_holds(const struct pack_file *p, const struct law_example *x, struct arena *arena,
                   struct buf *why)
{
    const struct law_rule *rule = &p->pack.rules[x->rule];
    struct law *law = law_new();
    struct law_pack pack = p->pack;
    struct law_verdict v;
    struct errtext t;
    enum err adopted = law_adopt(law, &pack, &t);
    ASSERT(adopted == ERR_NONE); /* the reader checked it */
    law_bind(law, LAW_BIND_DEFAULT | 1u << rule->level);
    law_decide(law, &x->c, arena, &v);
    law_free(law);
    bool found = has_finding(&v, rule->id);
    bool exception = rule->lower_count > 0;
    bool want = (x->kind == EXAMPLE_REFUSED) != exception;
    if (x->kind == EXAMPLE_UNRESOLVED && !names_rule(&v, rule->id)) {
        buf_puts(why, "no unknown fact names the rule");
        put_reasons(why, &v);
        return false;
    }
    if (x->kind != EXAMPLE_UNRESOLVED && found != want) {
        buf_printf(why, "the rule is %s the findings of an example that is %s",
                   found ? "among" : "not among", example_kind_names[x->kind]);
        put_reasons(why, &v);
        return false;
    }
    return verdict_is(&v, &x->expect, why);
}
