#include "law/party.h"

#include "base/check.h"
#include "model/ids.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void law_parties_init(struct law_parties *ps, const struct law_case *c, struct arena *arena)
{
    *ps = (struct law_parties){.c = c, .arena = arena};
    ps->count = ROLE_COUNT + c->intermediary_count + c->party_count;
    ps->nodes = ARENA_ARRAY(arena, ps->count, struct law_node);
    for (uint32_t i = 0; i < ROLE_COUNT; i++)
        if (c->chain_present[i]) ps->nodes[i].party = &c->chain[i];
    for (uint32_t i = 0; i < c->intermediary_count; i++)
        ps->nodes[law_node_intermediary(i)].party = &c->intermediaries[i];
    for (uint32_t i = 0; i < c->party_count; i++)
        ps->nodes[law_node_party(c, i)].party = &c->parties[i];
}

/* Sorting takes longer than looking through so many: what a placement has is some ten. */
enum { FEW_PARTIES = 32 };

/* ---- finding a party by id ------------------------------------------------------------------- */

static int compare_nodes(const void *a, const void *b, void *ctx)
{
    const struct law_parties *ps = ctx;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    const struct law_party *p = ps->nodes[x].party, *q = ps->nodes[y].party;
    int order = str_cmp(p->id, q->id);
    if (order != 0) return order;
    if (p->owners_known != q->owners_known) return p->owners_known ? -1 : 1;
    return x < y ? -1 : x > y;
}

static void index_by_id(struct law_parties *ps)
{
    ps->by_id = ARENA_ARRAY(ps->arena, ps->count, uint32_t);
    for (uint32_t i = 0; i < ps->count; i++)
        if (ps->nodes[i].party != NULL && ps->nodes[i].party->id.len > 0)
            ps->by_id[ps->by_id_count++] = i;
    qsort_r(ps->by_id, ps->by_id_count, sizeof *ps->by_id, compare_nodes, ps);
    ps->is_indexed = true;
}

/* The same without an index. */
static uint32_t find_among_few(const struct law_parties *ps, struct str id)
{
    uint32_t found = NO_INDEX;
    for (uint32_t i = 0; i < ps->count; i++) {
        const struct law_party *p = ps->nodes[i].party;
        if (p == NULL || p->id.len != id.len || p->id.p[0] != id.p[0] || !str_eq(p->id, id))
            continue;
        if (p->owners_known) return i;
        if (found == NO_INDEX) found = i;
    }
    return found;
}

/* The node of a party id, or NO_INDEX. Where an id occurs twice: one whose owners are known, else
 * the first. */
static uint32_t law_parties_find(struct law_parties *ps, struct str id)
{
    if (id.len == 0) return NO_INDEX;
    if (ps->count <= FEW_PARTIES) return find_among_few(ps, id);
    if (!ps->is_indexed) index_by_id(ps);
    uint32_t lo = 0, hi = ps->by_id_count;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (str_cmp(ps->nodes[ps->by_id[mid]].party->id, id) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo == ps->by_id_count || !str_eq(ps->nodes[ps->by_id[lo]].party->id, id)) return NO_INDEX;
    return ps->by_id[lo];
}

static bool owner_holds(const struct law_parties *ps, const struct law_owner *o)
{
    return law_in_span(o->from_ms, o->to_ms, ps->c->on_ms);
}

/* What the known shares leave to those that are not. */
static int64_t share_left(const struct law_parties *ps, const struct law_party *p)
{
    int64_t known = 0;
    for (uint32_t i = 0; i < p->owner_count; i++)
        if (owner_holds(ps, &p->owners[i]) && p->owners[i].share_known)
            known += p->owners[i].share_ppm;
    return known < LAW_PPM ? LAW_PPM - known : 0;
}

/* ---- ultimate parent ------------------------------------------------------------------------- */

static struct str ultimate(struct law_parties *ps, uint32_t node, int depth);

static struct str owner_hq(struct law_parties *ps, const struct law_owner *o, int depth)
{
    uint32_t node = law_parties_find(ps, o->id);
    return node == NO_INDEX ? (struct str){0} : ultimate(ps, node, depth + 1);
}

/* The least and the most that owners with ultimate headquarters `hq` may hold together. */
static void tally(struct law_parties *ps, const struct law_party *p, struct str hq, int depth,
                  int64_t *lo_out, int64_t *hi_out)
{
    int64_t lo = 0, maybe = 0;
    bool open = false;
    for (uint32_t i = 0; i < p->owner_count; i++) {
        const struct law_owner *o = &p->owners[i];
        if (!owner_holds(ps, o)) continue;
        struct str at = owner_hq(ps, o, depth);
        if (at.len > 0 && !str_eq(at, hq)) continue;
        if (!o->share_known)
            open = true;
        else if (at.len > 0)
            lo += o->share_ppm;
        else
            maybe += o->share_ppm;
    }
    *lo_out = lo;
    *hi_out = lo + maybe + (open ? share_left(ps, p) : 0);
}

static struct str decide_ultimate(struct law_parties *ps, const struct law_party *p, int depth)
{
    if (!p->owners_known) return p->ultimate_parent_hq;
    bool open = false;
    /* The headquarters that none of the owners is known to have: "" matches only unknown ones. */
    int64_t lo = 0, hi = 0;
    tally(ps, p, (struct str){0}, depth, &lo, &hi);
    if (2 * hi > LAW_PPM) open = true;
    for (uint32_t i = 0; i < p->owner_count; i++) {
        if (!owner_holds(ps, &p->owners[i])) continue;
        struct str hq = owner_hq(ps, &p->owners[i], depth);
        if (hq.len == 0) continue;
        tally(ps, p, hq, depth, &lo, &hi);
        if (2 * lo > LAW_PPM) return hq;
        if (2 * hi > LAW_PPM && !str_eq(hq, p->hq)) open = true;
    }
    return open ? (struct str){0} : p->hq;
}

static struct str ultimate(struct law_parties *ps, uint32_t node, int depth)
{
    struct law_node *n = &ps->nodes[node];
    if (n->state == 2) return n->ultimate_hq;
    if (n->party == NULL || n->state == 1 || depth > LAW_OWNER_DEPTH_MAX) return (struct str){0};
    n->state = 1;
    n->ultimate_hq = decide_ultimate(ps, n->party, depth);
    n->state = 2;
    return n->ultimate_hq;
}

struct str law_parties_ultimate_hq(struct law_parties *ps, uint32_t node)
{
    ASSERT(node < ps->count);
    return ultimate(ps, node, 0);
}

/* ---- holdings by the listed ------------------------------------------------------------------ */

static enum law_truth held(struct law_parties *ps, const struct law_ownership *o, uint32_t node,
                           int depth);

static enum law_truth listed(const struct law_party *p, const struct law_ownership *o)
{
    if (!p->lists_known) return LAW_MAYBE;
    for (uint32_t i = 0; i < p->list_count; i++)
        for (uint32_t k = 0; k < o->list_count; k++)
            if (str_eq(p->lists[i], o->lists[k])) return LAW_YES;
    return LAW_NO;
}

static enum law_truth owner_counts(struct law_parties *ps, const struct law_ownership *o,
                                   const struct law_owner *owner, int depth)
{
    uint32_t node = law_parties_find(ps, owner->id);
    if (node == NO_INDEX) return LAW_MAYBE;
    enum law_truth is_listed = listed(ps->nodes[node].party, o);
    if (is_listed == LAW_YES) return LAW_YES;
    enum law_truth is_held = held(ps, o, node, depth + 1);
    if (is_held == LAW_YES) return LAW_YES;
    return is_listed == LAW_NO && is_held == LAW_NO ? LAW_NO : LAW_MAYBE;
}

/* The least and the most the listed may hold of `p` together. */
static void holding(struct law_parties *ps, const struct law_ownership *o,
                    const struct law_party *p, int depth, int64_t *lo_out, int64_t *hi_out)
{
    int64_t lo = 0, maybe = 0;
    bool open = false;
    for (uint32_t i = 0; i < p->owner_count; i++) {
        const struct law_owner *owner = &p->owners[i];
        if (!owner_holds(ps, owner)) continue;
        enum law_truth counts = owner_counts(ps, o, owner, depth);
        if (counts == LAW_NO) continue;
        if (!owner->share_known) {
            open = true;
            if (counts == LAW_YES) lo += 1; /* a share of unknown size is more than nothing */
        } else if (counts == LAW_YES) {
            lo += owner->share_ppm;
        } else {
            maybe += owner->share_ppm;
        }
    }
    *lo_out = lo;
    *hi_out = lo + maybe + (open ? share_left(ps, p) : 0);
}

static uint8_t *held_states(struct law_parties *ps, const struct law_ownership *o)
{
    for (struct law_held *h = ps->held; h != NULL; h = h->next)
        if (h->test == o) return h->states;
    struct law_held *h = ARENA_NEW(ps->arena, struct law_held);
    *h = (struct law_held){.test = o, .next = ps->held};
    h->states = ARENA_ARRAY(ps->arena, ps->count, uint8_t);
    ps->held = h;
    return h->states;
}

static enum law_truth held(struct law_parties *ps, const struct law_ownership *o, uint32_t node,
                           int depth)
{
    const struct law_party *p = ps->nodes[node].party;
    if (p == NULL || !p->owners_known || depth > LAW_OWNER_DEPTH_MAX) return LAW_MAYBE;
    uint8_t *state = &held_states(ps, o)[node];
    if (*state >= 2) return (enum law_truth)(*state - 2);
    if (*state == 1) return LAW_MAYBE;
    *state = 1;
    int64_t lo = 0, hi = 0;
    holding(ps, o, p, depth, &lo, &hi);
    bool least = o->strict ? lo > o->threshold_ppm : lo >= o->threshold_ppm;
    bool most = o->strict ? hi > o->threshold_ppm : hi >= o->threshold_ppm;
    enum law_truth result = least ? LAW_YES : most ? LAW_MAYBE : LAW_NO;
    *state = (uint8_t)(2 + result);
    return result;
}

enum law_truth law_parties_held(struct law_parties *ps, const struct law_ownership *o,
                                uint32_t node)
{
    ASSERT(node < ps->count);
    return held(ps, o, node, 0);
}

/* ---- words ----------------------------------------------------------------------------------- */

void law_put_percent(struct buf *out, int64_t ppm)
{
    int64_t whole = ppm / 10000, part = ppm % 10000;
    buf_printf(out, "%" PRId64, whole);
    if (part != 0) {
        char digits[8];
        snprintf(digits, sizeof digits, "%04d", (int)part);
        size_t len = 4;
        while (len > 1 && digits[len - 1] == '0') len--;
        buf_printf(out, ".%.*s", (int)len, digits);
    }
    buf_puts(out, " %");
}

static void put_id(struct buf *out, struct str id)
{
    if (id.len > 0)
        buf_put_str(out, id);
    else
        buf_puts(out, "an unnamed party");
}

static void put_share(struct buf *out, const struct law_owner *o)
{
    if (o->share_known)
        law_put_percent(out, o->share_ppm);
    else
        buf_puts(out, "an unknown share");
}

void law_parties_put_path(struct law_parties *ps, uint32_t node, struct buf *out)
{
    struct str hq = law_parties_ultimate_hq(ps, node);
    for (int depth = 0; hq.len > 0 && depth <= LAW_OWNER_DEPTH_MAX; depth++) {
        const struct law_party *p = ps->nodes[node].party;
        const struct law_owner *best = NULL;
        for (uint32_t i = 0; p->owners_known && i < p->owner_count; i++) {
            const struct law_owner *o = &p->owners[i];
            if (!owner_holds(ps, o) || !o->share_known || !str_eq(owner_hq(ps, o, 0), hq)) continue;
            if (best == NULL || o->share_ppm > best->share_ppm) best = o;
        }
        int64_t lo = 0, hi = 0;
        if (best != NULL) tally(ps, p, hq, 0, &lo, &hi);
        if (best == NULL || 2 * lo <= LAW_PPM) return;
        buf_puts(out, depth > 0 ? ", held " : "held ");
        law_put_percent(out, lo);
        buf_puts(out, lo > best->share_ppm ? " from there, most by " : " by ");
        put_id(out, best->id);
        node = law_parties_find(ps, best->id);
        if (node == NO_INDEX) return;
    }
}

void law_parties_put_gap(struct law_parties *ps, uint32_t node, struct buf *out)
{
    for (int depth = 0; depth <= LAW_OWNER_DEPTH_MAX; depth++) {
        const struct law_party *p = ps->nodes[node].party;
        if (p == NULL) {
            buf_puts(out, "the party is not stated");
            return;
        }
        if (!p->owners_known) {
            buf_puts(out, "neither owners nor ultimate parent of ");
            put_id(out, p->id);
            buf_puts(out, " are stated");
            return;
        }
        uint32_t next = NO_INDEX;
        for (uint32_t i = 0; i < p->owner_count; i++) {
            const struct law_owner *o = &p->owners[i];
            if (!owner_holds(ps, o)) continue;
            uint32_t at = law_parties_find(ps, o->id);
            if (!o->share_known || at == NO_INDEX) {
                buf_puts(out, o->share_known ? "the owner " : "the share of ");
                put_id(out, o->id);
                buf_puts(out, o->share_known ? " is not described, holding " : " in ");
                if (o->share_known)
                    law_put_percent(out, o->share_ppm);
                else
                    put_id(out, p->id);
                if (!o->share_known) buf_puts(out, " is not known");
                return;
            }
            if (law_parties_ultimate_hq(ps, at).len == 0 && next == NO_INDEX) next = at;
        }
        if (next == NO_INDEX) {
            buf_puts(out, "the headquarters of ");
            put_id(out, p->id);
            buf_puts(out, " is not stated");
            return;
        }
        node = next;
    }
    buf_puts(out, "the chain of owners runs in a cycle or is too long");
}

void law_parties_put_holders(struct law_parties *ps, const struct law_ownership *o, uint32_t node,
                             struct buf *out)
{
    const struct law_party *p = ps->nodes[node].party;
    if (p == NULL || !p->owners_known) return;
    int64_t lo = 0, hi = 0;
    holding(ps, o, p, 0, &lo, &hi);
    law_put_percent(out, lo);
    buf_puts(out, " held by");
    bool first = true;
    for (uint32_t i = 0; i < p->owner_count; i++) {
        const struct law_owner *owner = &p->owners[i];
        if (!owner_holds(ps, owner) || owner_counts(ps, o, owner, 0) != LAW_YES) continue;
        buf_puts(out, first ? " " : ", ");
        first = false;
        put_id(out, owner->id);
        buf_puts(out, " (");
        put_share(out, owner);
        buf_puts(out, ")");
    }
}

static void put_held_gap(struct law_parties *ps, const struct law_ownership *o, uint32_t node,
                         int depth, struct buf *out)
{
    const struct law_party *p = ps->nodes[node].party;
    if (p == NULL || !p->owners_known) {
        buf_puts(out, "the owners of ");
        put_id(out, p != NULL ? p->id : (struct str){0});
        buf_puts(out, " are not stated");
        return;
    }
    if (depth > LAW_OWNER_DEPTH_MAX) {
        buf_puts(out, "the chain of owners runs in a cycle or is too long");
        return;
    }
    for (uint32_t i = 0; i < p->owner_count; i++) {
        const struct law_owner *owner = &p->owners[i];
        if (!owner_holds(ps, owner)) continue;
        enum law_truth counts = owner_counts(ps, o, owner, 0);
        if (counts == LAW_NO || (counts == LAW_YES && owner->share_known)) continue;
        uint32_t at = law_parties_find(ps, owner->id);
        if (counts == LAW_YES) {
            buf_puts(out, "the share of ");
            put_id(out, owner->id);
            buf_puts(out, ", which is listed, is not known");
        } else if (at == NO_INDEX || !ps->nodes[at].party->lists_known) {
            put_id(out, owner->id);
            buf_puts(out, ", an owner, was not screened");
        } else {
            put_held_gap(ps, o, at, depth + 1, out);
        }
        return;
    }
}

void law_parties_put_held_gap(struct law_parties *ps, const struct law_ownership *o, uint32_t node,
                              struct buf *out)
{
    put_held_gap(ps, o, node, 0, out);
}
