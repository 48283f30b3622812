/* check_words.c - the words that a pack compares facts with: a country, an act, a role, an end use
 * or a class of data that no case can have. So misspelt, a rule would never apply, and nobody would
 * know. Only the reader of packs asks; a law that was adopted stays adopted. */
#include "law/compile.h"
#include "model/fleet.h"
#include "model/job.h"

#include <string.h>

enum { USES_MAX = 1024 }; /* of one expression; what is beyond them is not looked at */

struct words_check {
    const struct pack *p;
    law_report *report;
    void *ctx;
    uint32_t faults;
    struct arena arena;
    bool *of_countries; /* sets that a country is looked for in */
};

static void fault(struct words_check *k, enum law_part part, uint32_t index, const char *key,
                  const char *text)
{
    struct law_place at = {part, index, key};
    k->report(k->ctx, &at, text);
    k->faults++;
}

/* The words that a fact may be; none: any. */
struct vocabulary {
    const char *const *words;
    uint32_t count;
};

static uint32_t count_words(const char *const *words)
{
    uint32_t n = 0;
    while (words[n] != NULL) n++;
    return n;
}

static bool is_one_of(struct str word, struct vocabulary v)
{
    for (uint32_t i = 0; i < v.count; i++)
        if (str_eqz(word, v.words[i])) return true;
    return false;
}

static struct vocabulary vocabulary_of(struct str fact)
{
    static const char *const roles[] = {"exporter",  "owner",  "lessor",   "operator",
                                        "consignee", "tenant", "end_user", "intermediary"};
    static_assert(sizeof roles / sizeof *roles == ROLE_COUNT + 1, "and intermediaries");
    if (str_eqz(fact, "act") || str_eqz(fact, "acts"))
        return (struct vocabulary){law_act_names, ACT_COUNT};
    if (str_eqz(fact, "role")) return (struct vocabulary){roles, ROLE_COUNT + 1};
    if (str_eqz(fact, "end_use"))
        return (struct vocabulary){end_use_names, count_words(end_use_names)};
    if (str_eqz(fact, "class"))
        return (struct vocabulary){data_class_names, count_words(data_class_names)};
    return (struct vocabulary){0};
}

static bool is_country_fact(struct str fact)
{
    static const char *const facts[] = {"from",
                                        "to",
                                        "country",
                                        "hq",
                                        "vendor_hq",
                                        "located",
                                        "accessed_from",
                                        "subject_country",
                                        "ultimate_parent_hq"};
    return is_one_of(fact, (struct vocabulary){facts, sizeof facts / sizeof *facts});
}

/* "" is what a chip that is none reads as. */
static bool is_country(struct str word)
{
    return word.len == 0 || (country_is_valid(word) && country_exists(word));
}

/* ---- expressions ----------------------------------------------------------------------------- */

/* Where the expression looks a country up: sets, and lists that lets make of sets. */
static void mark_sets(struct words_check *k, uint32_t slot)
{
    const struct pack *p = k->p;
    if (slot >= p->set_slot && slot < p->ownership_slot) k->of_countries[slot - p->set_slot] = true;
    if (slot < p->let_slot || slot >= p->slot_count) return;
    const struct code *let = &p->lets[slot - p->let_slot].code;
    for (uint32_t d = 0; d < let->dep_count; d++)
        if (let->deps[d] < p->ownership_slot) k->of_countries[let->deps[d] - p->set_slot] = true;
}

static const char *what_is_wrong(struct words_check *k, const struct cel_word_use *use)
{
    struct vocabulary v = vocabulary_of(use->fact);
    if (is_country_fact(use->fact)) {
        if (is_country(use->word)) return NULL;
        return arena_printf(&k->arena, "'" STR_FMT "' is not an ISO 3166-1 country%s",
                            STR_ARG(use->word),
                            str_eqz(use->word, "UK") ? "; did you mean GB?" : "");
    }
    if (v.count == 0 || is_one_of(use->word, v)) return NULL;
    struct buf b = {0};
    buf_printf(&b, "'" STR_FMT "' is none of: ", STR_ARG(use->word));
    for (uint32_t i = 0; i < v.count; i++) buf_printf(&b, "%s%s", i > 0 ? ", " : "", v.words[i]);
    struct str text = str_copy(&k->arena, buf_str(&b));
    buf_release(&b);
    return str_dupz(&k->arena, text);
}

static void check_code(struct words_check *k, const struct code *c, enum law_part part,
                       uint32_t index, const char *key)
{
    struct cel_word_use *uses = ARENA_ARRAY(&k->arena, USES_MAX, struct cel_word_use);
    uint32_t n = c->expr != NULL ? cel_word_uses(c->expr, uses, USES_MAX) : 0;
    for (uint32_t i = 0; i < n && i < USES_MAX; i++) {
        if (uses[i].slot >= 0) {
            if (is_country_fact(uses[i].fact)) mark_sets(k, (uint32_t)uses[i].slot);
            continue;
        }
        const char *wrong = what_is_wrong(k, &uses[i]);
        if (wrong == NULL) continue;
        struct cel_error e = {.text = str_of(wrong), .position = uses[i].position};
        struct cel_value v = {.kind = CEL_ERROR, .as.error = &e};
        fault(k, part, index, key, cel_error_text(&k->arena, c->expr, v));
    }
}

/* ---- sets ------------------------------------------------------------------------------------ */

static void check_set(struct words_check *k, uint32_t i)
{
    const struct law_set *s = &k->p->def.sets[i];
    for (uint32_t m = 0; m < s->member_count; m++)
        if (!is_country(s->members[m].is) || s->members[m].is.len == 0)
            fault(k, PART_SET, i, "members",
                  arena_printf(&k->arena,
                               "countries are looked for in the set, and '" STR_FMT
                               "' is not an ISO 3166-1 country",
                               STR_ARG(s->members[m].is)));
}

uint32_t pack_check_words(const struct pack *p, law_report *report, void *ctx)
{
    struct words_check k = {.p = p, .report = report, .ctx = ctx};
    arena_init(&k.arena);
    k.of_countries = ARENA_ARRAY(&k.arena, p->def.set_count + 1, bool);
    for (uint32_t i = 0; i < p->def.let_count; i++)
        check_code(&k, &p->lets[i].code, PART_LET, i, "is");
    for (uint32_t i = 0; i < p->def.rule_count; i++) {
        const struct rule *r = &p->rules[i];
        uint32_t at = (uint32_t)(r->def - p->def.rules);
        check_code(&k, &r->when, PART_RULE, at, "when");
        check_code(&k, &r->sum, PART_RULE, at, "cap");
        check_code(&k, &r->share_of, PART_RULE, at, "ratio");
    }
    for (uint32_t i = 0; i < p->def.act_count; i++)
        check_code(&k, &p->acts[i].when, PART_ACT, i, "when");
    for (uint32_t i = 0; i < p->def.set_count; i++)
        if (k.of_countries[i]) check_set(&k, i);
    arena_release(&k.arena);
    return k.faults;
}
