/* flip_facts.c - how other facts would end a rule: found by trying them on it, never by reading it.
 */
#include "law/flips.h"

#include <inttypes.h>
#include <string.h>

enum {
    WHO_MAX = 32, /* parties of a chain: more are not tried, a bit set holds them */
    SETS_MAX = 32 /* data sets of a case: the same */
};

/* ---- parties --------------------------------------------------------------------------------- */

/* A party of the chain, and each place where it stands. */
struct who {
    struct str id;
    uint32_t roles; /* bits of enum law_role */
    uint32_t intermediaries; /* bits */
};

static uint32_t find_who(struct who *all, uint32_t count, const struct law_party *p)
{
    uint32_t i = 0;
    while (i < count && (p->id.len == 0 || !str_eq(all[i].id, p->id))) i++;
    return i;
}

static uint32_t list_who(const struct law_case *c, struct who *all)
{
    uint32_t count = 0;
    for (int r = 0; r < ROLE_COUNT; r++) {
        if (!c->chain_present[r]) continue;
        uint32_t i = find_who(all, count, &c->chain[r]);
        if (i == count) all[count++] = (struct who){.id = c->chain[r].id};
        all[i].roles |= 1u << r;
    }
    for (uint32_t k = 0; k < c->intermediary_count; k++) {
        uint32_t i = find_who(all, count, &c->intermediaries[k]);
        if (i == count) all[count++] = (struct who){.id = c->intermediaries[k].id};
        all[i].intermediaries |= 1u << k;
    }
    return count;
}

/* Where somebody stands who could take a party's place without crossing a border. */
static struct str home_of(const struct law_case *c)
{
    if (c->site.present && c->site.country.len > 0) return c->site.country;
    return c->to.len > 0 ? c->to : c->from;
}

/* The case with the marked parties replaced by somebody of `home` who is on no list. */
static enum law_truth truth_without(const struct flips *l, const struct rule *r,
                                    const struct who *all, uint32_t count, uint32_t marked)
{
    struct law_case x = *l->d->c;
    struct law_party in[WHO_MAX];
    struct str home = home_of(&x);
    struct law_party other = {.country = home,
                              .hq = home,
                              .ultimate_parent_hq = home,
                              .owners_known = true,
                              .lists_known = true,
                              .kinds_known = true};
    for (uint32_t k = 0; k < x.intermediary_count; k++) in[k] = x.intermediaries[k];
    for (uint32_t i = 0; i < count; i++) {
        if ((marked >> i & 1u) == 0) continue;
        for (int k = 0; k < ROLE_COUNT; k++)
            if ((all[i].roles >> k & 1u) != 0) x.chain[k] = other;
        for (uint32_t k = 0; k < x.intermediary_count; k++)
            if ((all[i].intermediaries >> k & 1u) != 0) in[k] = other;
    }
    if (x.intermediary_count > 0) x.intermediaries = in;
    return flips_truth(l->d, r, &x);
}

static void put_who(struct buf *b, const struct who *w)
{
    buf_put_str(b, w->id.len > 0 ? w->id : STR("the one"));
    const char *sep = " (";
    for (int r = 0; r < ROLE_COUNT; r++) {
        if ((w->roles >> r & 1u) == 0) continue;
        buf_printf(b, "%s%s", sep, law_role_names[r]);
        sep = ", ";
    }
    if (w->intermediaries != 0) buf_printf(b, "%sintermediary", sep);
    buf_putc(b, ')');
}

static bool reads_parties(const struct rule *r)
{
    for (uint32_t i = 0; i < r->when.dep_count; i++) {
        uint32_t slot = r->when.deps[i];
        if (slot >= r->pack->ownership_slot && slot < r->pack->let_slot) return true;
    }
    return (r->when.facts & (1u << SLOT_LINKS | 1u << SLOT_CHAIN)) != 0;
}

/* The fewest parties, in the order of the chain, whose replacement ends the rule. */
static void flip_by_parties(struct flips *l, const struct rule *r)
{
    const struct law_case *c = l->d->c;
    struct who all[WHO_MAX] = {0};
    if (!reads_parties(r) || c->intermediary_count + ROLE_COUNT >= WHO_MAX || home_of(c).len == 0)
        return;
    uint32_t count = list_who(c, all), marked = (1u << count) - 1;
    if (count == 0 || truth_without(l, r, all, count, marked) != LAW_NO) return;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t fewer = marked & ~(1u << i);
        if (truth_without(l, r, all, count, fewer) == LAW_NO) marked = fewer;
    }
    struct buf b = {0};
    buf_printf(&b, "somebody of " STR_FMT " who is on no list, in place of ", STR_ARG(home_of(c)));
    const char *sep = "";
    for (uint32_t i = 0; i < count; i++) {
        if ((marked >> i & 1u) == 0) continue;
        buf_puts(&b, sep);
        put_who(&b, &all[i]);
        sep = " and ";
    }
    buf_printf(&b, ": " STR_FMT " would not apply", STR_ARG(r->def->id));
    flips_add(l, &b);
}

/* ---- data ------------------------------------------------------------------------------------ */

static enum law_truth truth_at_home(const struct flips *l, const struct rule *r, uint32_t marked)
{
    struct law_case x = *l->d->c;
    struct data_set sets[SETS_MAX];
    memcpy(sets, x.data, x.data_count * sizeof *sets);
    for (uint32_t i = 0; i < x.data_count; i++)
        if ((marked >> i & 1u) != 0)
            sets[i].located = sets[i].accessed_from = sets[i].subject_country;
    x.data = sets;
    return flips_truth(l->d, r, &x);
}

/* Kept and read where their subjects are. */
static void flip_by_home(struct flips *l, const struct rule *r)
{
    const struct law_case *c = l->d->c;
    uint32_t marked = (uint32_t)((UINT64_C(1) << c->data_count) - 1);
    if (truth_at_home(l, r, marked) != LAW_NO) return;
    for (uint32_t i = 0; i < c->data_count; i++) {
        uint32_t fewer = marked & ~(1u << i);
        if (truth_at_home(l, r, fewer) == LAW_NO) marked = fewer;
    }
    for (uint32_t i = 0; i < c->data_count; i++) {
        if ((marked >> i & 1u) == 0 || c->data[i].subject_country.len == 0) continue;
        struct buf b = {0};
        buf_printf(&b, "data set %u held and read in " STR_FMT ": " STR_FMT " would not apply",
                   i + 1, STR_ARG(c->data[i].subject_country), STR_ARG(r->def->id));
        flips_add(l, &b);
    }
}

static enum law_truth truth_for_persons(const struct flips *l, const struct rule *r, uint32_t i,
                                        int64_t persons)
{
    struct law_case x = *l->d->c;
    struct data_set sets[SETS_MAX];
    memcpy(sets, x.data, x.data_count * sizeof *sets);
    sets[i].persons = persons;
    x.data = sets;
    return flips_truth(l->d, r, &x);
}

/* Fewer persons, where that is enough. */
static void flip_by_persons(struct flips *l, const struct rule *r)
{
    const struct law_case *c = l->d->c;
    for (uint32_t i = 0; i < c->data_count; i++) {
        int64_t lo = 0, hi = c->data[i].persons; /* lo: it does not apply; hi: it does */
        if (!c->data[i].persons_known || truth_for_persons(l, r, i, lo) != LAW_NO) continue;
        while (hi - lo > 1) {
            int64_t mid = lo + (hi - lo) / 2;
            *(truth_for_persons(l, r, i, mid) == LAW_NO ? &lo : &hi) = mid;
        }
        if (lo == 0) continue; /* no data at all is no advice */
        struct buf b = {0};
        buf_printf(&b,
                   "at most %" PRId64 " persons in data set %u (now %" PRId64 "): " STR_FMT
                   " would not apply",
                   lo, i + 1, c->data[i].persons, STR_ARG(r->def->id));
        flips_add(l, &b);
    }
}

/* ---- end use and evidence -------------------------------------------------------------------- */

static void flip_by_end_use(struct flips *l, const struct rule *r)
{
    struct law_case x = *l->d->c;
    if ((r->when.facts >> SLOT_END_USE & 1u) == 0 || x.end_use.len == 0) return;
    for (uint32_t i = 0; end_use_names[i] != NULL; i++) {
        x.end_use = str_of(end_use_names[i]);
        if (flips_truth(l->d, r, &x) != LAW_NO) continue;
        struct buf b = {0};
        buf_printf(&b,
                   "another end use than " STR_FMT ", %s for instance: " STR_FMT " would not apply",
                   STR_ARG(l->d->c->end_use), end_use_names[i], STR_ARG(r->def->id));
        flips_add(l, &b);
        return;
    }
}

static void try_evidence(struct flips *l, const struct rule *r, struct str word)
{
    struct law_case x = *l->d->c;
    if (has_evidence(&x, word)) return;
    struct str *words = ARENA_ARRAY(l->d->arena, x.evidence_count + 1, struct str);
    for (uint32_t i = 0; i < x.evidence_count; i++) words[i] = x.evidence[i];
    words[x.evidence_count++] = word;
    x.evidence = words;
    if (flips_truth(l->d, r, &x) != LAW_NO) return;
    struct buf b = {0};
    buf_printf(&b, "with " STR_FMT " on record " STR_FMT " would not apply", STR_ARG(word),
               STR_ARG(r->def->id));
    flips_add(l, &b);
}

/* The words that the rule looks for among the evidence: "word" in evidence. */
static void flip_by_evidence_read(struct flips *l, const struct rule *r)
{
    enum { COMPARED_MAX = 64 };
    if ((r->when.facts >> SLOT_EVIDENCE & 1u) == 0) return;
    for (uint32_t i = 0; i <= r->when.dep_count; i++) {
        const struct code *code = &r->when;
        if (i > 0) {
            uint32_t slot = r->when.deps[i - 1];
            if (slot < r->pack->let_slot) continue;
            code = &r->pack->lets[slot - r->pack->let_slot].code;
        }
        struct cel_comparison found[COMPARED_MAX];
        struct cel_env env = eval_env(&l->d->ev, r->pack, code);
        uint32_t n = cel_comparisons(code->expr, &env, l->d->arena, found, COMPARED_MAX);
        for (uint32_t k = 0; k < n && k < COMPARED_MAX; k++)
            if (strcmp(found[k].op, "in") == 0 && str_eqz(found[k].right_text, "evidence") &&
                found[k].left.kind == CEL_STRING)
                try_evidence(l, r, cel_str(found[k].left));
    }
}

void flip_by_facts(struct flips *l, const struct rule *r)
{
    const struct law_case *c = l->d->c;
    flip_by_evidence_read(l, r);
    flip_by_parties(l, r);
    if ((r->when.facts >> SLOT_DATA & 1u) != 0 && c->data_count > 0 && c->data_count <= SETS_MAX) {
        flip_by_persons(l, r);
        flip_by_home(l, r);
    }
    flip_by_end_use(l, r);
}
