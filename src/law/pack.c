#include "law/pack.h"

#include "law/law.h"

const char *const law_window_names[WINDOW_COUNT] = {"act", "year", "ever", "days", "held"};
const char *const law_bound_names[BOUND_COUNT] = {"at_least", "more_than", "at_most", "less_than"};
const char *const law_unit_names[UNIT_COUNT] = {"chips", "tpp"};
const char *const law_permit_count_names[PERMIT_COUNT] = {"chips", "persons", "tpp", "nothing",
                                                          "none"};

static void visit_span(struct visit *v, struct law_span *s)
{
    visit_i64(v, "from", &s->from_ms);
    visit_i64(v, "to", &s->to_ms);
    visit_text(v, "reason", &s->reason);
}

static void visit_source(struct visit *v, struct law_source *s)
{
    visit_text(v, "cite", &s->cite);
    visit_text(v, "source", &s->source);
    visit_i64(v, "read", &s->read_ms);
    visit_text(v, "confidence", &s->confidence);
    visit_text(v, "basis", &s->basis);
    visit_text(v, "note", &s->note);
}

static void visit_member(struct visit *v, struct law_member *m)
{
    visit_text(v, "is", &m->is);
    visit_i64(v, "from", &m->from_ms);
    visit_i64(v, "until", &m->until_ms);
    visit_text(v, "cite", &m->cite);
}

static void visit_set(struct visit *v, struct law_set *s)
{
    visit_text(v, "set", &s->name);
    visit_text(v, "title", &s->title);
    visit_source(v, &s->source);
    VISIT_ARRAY(v, "members", s->members, s->member_count, LAW_MEMBERS_MAX, visit_member);
}

static void visit_let(struct visit *v, struct law_let *l)
{
    visit_text(v, "let", &l->name);
    visit_text(v, "title", &l->title);
    visit_text(v, "is", &l->is);
}

static void visit_ownership(struct visit *v, struct law_ownership *o)
{
    visit_text(v, "ownership", &o->name);
    visit_text(v, "title", &o->title);
    visit_source(v, &o->source);
    visit_texts(v, "lists", &o->lists, &o->list_count, LAW_NAMES_MAX);
    visit_i32(v, "threshold_ppm", &o->threshold_ppm);
    visit_bool(v, "strict", &o->strict);
}

static void visit_require(struct visit *v, struct law_require *r)
{
    visit_enum(v, "effect", &r->effect, law_effect_names, EFFECT_COUNT);
    visit_enum(v, "policy", &r->policy, law_policy_names, POLICY_COUNT);
    visit_u32(v, "days", &r->days);
    visit_text(v, "authority", &r->authority);
    visit_texts(v, "evidence", &r->evidence, &r->evidence_count, LAW_NAMES_MAX);
}

static void visit_question(struct visit *v, struct law_question *q)
{
    visit_text(v, "fact", &q->fact);
    visit_text(v, "ask", &q->ask);
}

static void visit_doubt(struct visit *v, struct law_doubt *d)
{
    if (visit_map(v, "doubt", !d->present)) {
        d->present = true;
        visit_i64(v, "from", &d->from_ms);
        visit_i64(v, "to", &d->to_ms);
        visit_text(v, "ask", &d->ask);
        visit_text(v, "confirmed_by", &d->confirmed_by);
        visit_text(v, "denied_by", &d->denied_by);
        visit_map_end(v);
    } else if (v->reading) {
        *d = (struct law_doubt){0};
    }
}

static void visit_cap(struct visit *v, struct law_cap *c)
{
    if (visit_map(v, "cap", !c->present)) {
        c->present = true;
        visit_text(v, "sum", &c->sum);
        visit_text(v, "by", &c->by);
        visit_enum(v, "window", &c->window, law_window_names, WINDOW_COUNT);
        visit_u32(v, "days", &c->days);
        visit_i64(v, "at_most_milli", &c->at_most_milli);
        visit_text(v, "unit", &c->unit);
        visit_map_end(v);
    } else if (v->reading) {
        *c = (struct law_cap){0};
    }
}

static void visit_ratio(struct visit *v, struct law_ratio *r)
{
    if (visit_map(v, "ratio", !r->present)) {
        r->present = true;
        visit_text(v, "share_of", &r->share_of);
        visit_text(v, "per", &r->per);
        visit_enum(v, "unit", &r->unit, law_unit_names, UNIT_COUNT);
        visit_enum(v, "bound", &r->bound, law_bound_names, BOUND_COUNT);
        visit_i32(v, "bound_ppm", &r->bound_ppm);
        visit_map_end(v);
    } else if (v->reading) {
        *r = (struct law_ratio){0};
    }
}

static void visit_rule(struct visit *v, struct law_rule *r)
{
    visit_text(v, "rule", &r->id);
    visit_text(v, "title", &r->title);
    visit_text(v, "law", &r->law);
    visit_enum(v, "level", &r->level, law_level_names, LEVEL_COUNT);
    visit_i64(v, "published", &r->published_ms);
    visit_i64(v, "effective", &r->effective_ms);
    visit_i64(v, "compliance", &r->compliance_ms);
    visit_i64(v, "until", &r->until_ms);
    VISIT_ARRAY(v, "suspended", r->suspended, r->suspended_count, LAW_SPANS_MAX, visit_span);
    if (visit_map(v, "unenforced", !r->unenforced)) {
        r->unenforced = true;
        visit_span(v, &r->unenforced_when);
        visit_map_end(v);
    } else if (v->reading) {
        r->unenforced = false;
        r->unenforced_when = (struct law_span){0};
    }
    visit_doubt(v, &r->doubt);
    visit_flags(v, "acts", &r->acts, law_act_names, ACT_COUNT);
    visit_text(v, "when", &r->when);
    visit_i64(v, "grandfather", &r->grandfather_ms);
    if (visit_map(v, "then", false)) {
        visit_require(v, &r->then);
        visit_map_end(v);
    }
    visit_texts(v, "lowers", &r->lowers, &r->lower_count, LAW_NAMES_MAX);
    visit_texts(v, "needs", &r->needs, &r->need_count, LAW_NAMES_MAX);
    visit_i32(v, "cost_percent", &r->cost_percent);
    visit_text(v, "report", &r->report);
    visit_text(v, "record", &r->record);
    visit_enum(v, "permit", &r->permit, law_permit_count_names, PERMIT_COUNT);
    visit_texts(v, "holders", &r->holders, &r->holder_count, LAW_NAMES_MAX);
    visit_cap(v, &r->cap);
    visit_ratio(v, &r->ratio);
    VISIT_ARRAY(v, "questions", r->questions, r->question_count, LAW_NAMES_MAX, visit_question);
    visit_source(v, &r->source);
}

static void visit_implied(struct visit *v, struct law_implied *a)
{
    visit_enum(v, "act", &a->act, law_act_names, ACT_COUNT);
    visit_text(v, "when", &a->when);
    visit_source(v, &a->source);
}

void visit_law_pack(struct visit *v, struct law_pack *p)
{
    visit_text(v, "pack", &p->id);
    visit_text(v, "digest", &p->digest);
    visit_text(v, "title", &p->title);
    visit_text(v, "jurisdiction", &p->jurisdiction);
    visit_texts(v, "notes", &p->notes, &p->note_count, LAW_NAMES_MAX);
    VISIT_ARRAY(v, "sets", p->sets, p->set_count, LAW_SETS_MAX, visit_set);
    VISIT_ARRAY(v, "lets", p->lets, p->let_count, LAW_LETS_MAX, visit_let);
    VISIT_ARRAY(v, "ownership", p->ownerships, p->ownership_count, LAW_OWNERSHIPS_MAX,
                visit_ownership);
    VISIT_ARRAY(v, "rules", p->rules, p->rule_count, LAW_RULES_MAX, visit_rule);
    VISIT_ARRAY(v, "acts", p->acts, p->act_count, LAW_ACTS_MAX, visit_implied);
}
