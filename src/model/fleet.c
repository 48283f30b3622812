#include "model/fleet.h"

#include "base/cbor.h"
#include "base/check.h"

const char *const title_names[TITLE_COUNT] = {"owned", "leased", "on_demand"};
const char *const budget_names[BUDGET_PER_COUNT] = {"none",  "ever",    "days",
                                                    "month", "quarter", "year"};
const char *const preempt_names[PREEMPT_MODE_COUNT] = {"unstated", "off", "requeue"};

bool pool_preempts(const struct fleet *f, uint32_t pool)
{
    int own = f->pools[pool].preempt;
    return (own == PREEMPT_UNSTATED ? f->preempt : own) == PREEMPT_REQUEUE;
}

/* An absent map is an unknown quantity. */
static void visit_quantity(struct visit *v, const char *key, struct quantity *q)
{
    bool there = visit_map(v, key, !q->known);
    if (v->reading) *q = (struct quantity){.known = there};
    if (!there) return;
    visit_i64(v, "milli", &q->milli);
    visit_i64(v, "lo_milli", &q->lo_milli);
    visit_i64(v, "hi_milli", &q->hi_milli);
    visit_map_end(v);
}

static void visit_owner(struct visit *v, struct owner *o)
{
    visit_text(v, "party", &o->party);
    visit_bool(v, "share_known", &o->share_known);
    visit_i32(v, "share_ppm", &o->share_ppm);
    visit_i64(v, "from_ms", &o->from_ms);
    visit_i64(v, "to_ms", &o->to_ms);
}

void visit_party(struct visit *v, struct party *p)
{
    visit_text(v, "id", &p->id);
    visit_text(v, "name", &p->name);
    visit_text(v, "country", &p->country);
    visit_text(v, "hq", &p->hq);
    visit_text(v, "ultimate_parent_hq", &p->ultimate_parent_hq);
    visit_bool(v, "owners_known", &p->owners_known);
    VISIT_ARRAY(v, "owners", p->owners, p->owner_count, LIST_MAX, visit_owner);
    visit_bool(v, "lists_known", &p->lists_known);
    visit_texts(v, "lists", &p->lists, &p->list_count, LIST_MAX);
    visit_bool(v, "kinds_known", &p->kinds_known);
    visit_texts(v, "kinds", &p->kinds, &p->kind_count, LIST_MAX);
}

void visit_chip(struct visit *v, struct chip *c)
{
    visit_text(v, "id", &c->id);
    visit_text(v, "name", &c->name);
    visit_text(v, "vendor", &c->vendor);
    visit_text(v, "vendor_hq", &c->vendor_hq);
    visit_quantity(v, "tpp", &c->tpp);
    visit_quantity(v, "pd", &c->pd);
    visit_quantity(v, "dram_bw_gbs", &c->dram_bw_gbs);
    visit_quantity(v, "interconnect_gbs", &c->interconnect_gbs);
    visit_quantity(v, "mem_gb", &c->mem_gb);
    visit_quantity(v, "tdp_w", &c->tdp_w);
    visit_quantity(v, "die_mm2", &c->die_mm2);
    visit_quantity(v, "fp32_tflops", &c->fp32_tflops);
    visit_quantity(v, "fp16_tflops", &c->fp16_tflops);
    visit_quantity(v, "fp8_tops", &c->fp8_tops);
    visit_quantity(v, "fp4_tflops", &c->fp4_tflops);
    visit_quantity(v, "int4_tops", &c->int4_tops);
    visit_i32(v, "announced_year", &c->announced_year);
    visit_enum(v, "dc_marketed", &c->dc_marketed, tri_names, 3);
    visit_text(v, "source", &c->source);
    visit_text(v, "confidence", &c->confidence);
}

static void visit_window(struct visit *v, struct window *w)
{
    visit_i64(v, "from_ms", &w->from_ms);
    visit_i64(v, "to_ms", &w->to_ms);
    visit_text(v, "reason", &w->reason);
}

static void visit_site_link(struct visit *v, struct site_link *l)
{
    visit_text(v, "from", &l->from);
    visit_i64(v, "mbps", &l->mbps);
    visit_i64(v, "uusd_per_gb", &l->uusd_per_gb);
}

void visit_site(struct visit *v, struct site *s)
{
    visit_text(v, "id", &s->id);
    visit_text(v, "name", &s->name);
    visit_text(v, "country", &s->country);
    visit_text(v, "operator", &s->operator_party);
    visit_text(v, "engine", &s->engine);
    visit_enum(v, "state_funded", &s->state_funded, tri_names, 3);
    visit_enum(v, "public_hub", &s->public_hub, tri_names, 3);
    visit_enum(v, "critical_infrastructure", &s->critical_infrastructure, tri_names, 3);
    visit_bool(v, "build_progress_known", &s->build_progress_known);
    visit_i32(v, "build_progress_ppm", &s->build_progress_ppm);
    visit_i64(v, "power_uusd_per_kwh", &s->power_uusd_per_kwh);
    VISIT_ARRAY(v, "links", s->links, s->link_count, LIST_MAX, visit_site_link);
    VISIT_ARRAY(v, "maintenance", s->maintenance, s->maintenance_count, WINDOWS_MAX, visit_window);
}

static void visit_title(struct visit *v, struct title *t)
{
    visit_enum(v, "kind", &t->kind, title_names, TITLE_COUNT);
    visit_text(v, "owner", &t->owner);
    visit_text(v, "lessor", &t->lessor);
    visit_texts(v, "intermediaries", &t->intermediaries, &t->intermediary_count, LIST_MAX);
    visit_i64(v, "from_ms", &t->from_ms);
    visit_i64(v, "to_ms", &t->to_ms);
    visit_i64(v, "uusd_per_chip_h", &t->uusd_per_chip_h);
    visit_i64(v, "uusd_per_cpu_h", &t->uusd_per_cpu_h);
    visit_i64(v, "minimum_term_ms", &t->minimum_term_ms);
    visit_i64(v, "acquired_ms", &t->acquired_ms);
    visit_texts(v, "evidence", &t->evidence, &t->evidence_count, LIST_MAX);
}

static void visit_range(struct visit *v, struct node_range *r)
{
    visit_text(v, "prefix", &r->prefix);
    visit_text(v, "suffix", &r->suffix);
    visit_u32(v, "first", &r->first);
    visit_u32(v, "count", &r->count);
    visit_u32(v, "width", &r->width);
    visit_bool(v, "numbered", &r->numbered);
}

static void visit_pool_switch(struct visit *v, struct pool_switch *s)
{
    visit_text(v, "name", &s->name);
    VISIT_ARRAY(v, "nodes", s->ranges, s->range_count, NODE_RANGES_MAX, visit_range);
    visit_texts(v, "switches", &s->below, &s->below_count, SWITCHES_MAX);
}

void visit_pool(struct visit *v, struct pool *p)
{
    visit_text(v, "id", &p->id);
    visit_text(v, "chip", &p->chip);
    visit_text(v, "site", &p->site);
    visit_texts(v, "aliases", &p->aliases, &p->alias_count, LIST_MAX);
    if (visit_map(v, "title", false)) {
        visit_title(v, &p->title);
        visit_map_end(v);
    } else if (v->canonical) {
        visit_fail(v, "title: is always written");
    }
    VISIT_ARRAY(v, "nodes", p->ranges, p->range_count, NODE_RANGES_MAX, visit_range);
    visit_u32(v, "chips_per_node", &p->chips_per_node);
    visit_u32(v, "shards_per_chip", &p->shards_per_chip);
    visit_u32(v, "nodes_per_switch", &p->nodes_per_switch);
    visit_u32(v, "switches_per_spine", &p->switches_per_spine);
    VISIT_ARRAY(v, "switches", p->switches, p->switch_count, SWITCHES_MAX, visit_pool_switch);
    visit_u32(v, "cpus_per_node", &p->cpus_per_node);
    visit_u64(v, "mem_mb_per_node", &p->mem_mb_per_node);
    visit_i64(v, "shadow_uusd_per_chip_h", &p->shadow_uusd_per_chip_h);
    visit_i64(v, "time_limit_max_ms", &p->time_limit_max_ms);
    visit_i64(v, "time_limit_default_ms", &p->time_limit_default_ms);
    visit_bool(v, "is_default", &p->is_default);
    visit_bool(v, "drained", &p->drained);
    VISIT_ARRAY(v, "maintenance", p->maintenance, p->maintenance_count, WINDOWS_MAX, visit_window);
    visit_enum(v, "preempt", &p->preempt, preempt_names, PREEMPT_MODE_COUNT);
}

void visit_tenant(struct visit *v, struct tenant *t)
{
    visit_text(v, "id", &t->id);
    visit_text(v, "party", &t->party);
    visit_u32(v, "weight", &t->weight);
    visit_texts(v, "users", &t->users, &t->user_count, LIST_MAX);
    visit_bool(v, "is_default", &t->is_default);
    visit_bool(v, "has_priority_max", &t->has_priority_max);
    visit_i32(v, "priority_max", &t->priority_max);
    visit_bool(v, "reads_no_data", &t->reads_no_data);
    visit_text(v, "purpose", &t->purpose);
    visit_enum(v, "budget_per", &t->budget.per, budget_names, BUDGET_PER_COUNT);
    visit_u32(v, "budget_days", &t->budget.days);
    visit_i64(v, "budget_uusd", &t->budget.amount_uusd);
    visit_i64(v, "budget_from_ms", &t->budget.from_ms);
}

void visit_permit(struct visit *v, struct permit *p)
{
    visit_text(v, "id", &p->id);
    visit_text(v, "rule", &p->rule);
    visit_text(v, "holder", &p->holder);
    visit_text(v, "unit", &p->unit);
    visit_bool(v, "amount_known", &p->amount_known);
    visit_i64(v, "amount", &p->amount);
    visit_i64(v, "used", &p->used);
    visit_i64(v, "from_ms", &p->from_ms);
    visit_i64(v, "to_ms", &p->to_ms);
    visit_text(v, "issuer", &p->issuer);
    visit_text(v, "note", &p->note);
}

void visit_fleet(struct visit *v, struct fleet *f)
{
    visit_text(v, "name", &f->name);
    visit_i64(v, "time_limit_default_ms", &f->time_limit_default_ms);
    visit_i64(v, "share_half_life_ms", &f->share_half_life_ms);
    visit_enum(v, "preempt", &f->preempt, preempt_names, PREEMPT_MODE_COUNT);
    visit_i64(v, "preempt_exempt_ms", &f->preempt_exempt_ms);
    visit_i64(v, "preempt_grace_ms", &f->preempt_grace_ms);
    VISIT_ARRAY(v, "parties", f->parties, f->party_count, PARTY_MAX, visit_party);
    VISIT_ARRAY(v, "chips", f->chips, f->chip_count, CHIP_MAX, visit_chip);
    VISIT_ARRAY(v, "sites", f->sites, f->site_count, SITE_MAX, visit_site);
    VISIT_ARRAY(v, "pools", f->pools, f->pool_count, POOL_MAX, visit_pool);
    VISIT_ARRAY(v, "tenants", f->tenants, f->tenant_count, TENANT_MAX, visit_tenant);
    VISIT_ARRAY(v, "permits", f->permits, f->permit_count, PERMIT_MAX, visit_permit);
}

/* Through the canonical form, so that no field can be forgotten here. */
void fleet_copy(const struct fleet *from, struct arena *arena, struct fleet *out)
{
    struct fleet source = *from;
    struct buf bytes = {0};
    struct cbor_writer w;
    cbor_writer_init(&w, &bytes);
    if (visit_map(&w.v, NULL, false)) {
        visit_fleet(&w.v, &source);
        visit_map_end(&w.v);
    }
    struct str kept = str_copy(arena, buf_str(&bytes));
    buf_release(&bytes);

    struct cbor_reader r;
    cbor_reader_init(&r, kept, arena);
    *out = (struct fleet){0};
    if (visit_map(&r.v, NULL, false)) {
        visit_fleet(&r.v, out);
        visit_map_end(&r.v);
    }
    ASSERT(cbor_reader_finish(&r, NULL) == ERR_NONE);
    ASSERT(fleet_index(out, arena, NULL) == ERR_NONE);
}
