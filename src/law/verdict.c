#include "law/law.h"

const char *const law_act_names[ACT_COUNT] = {
    "export", "reexport",   "transfer",     "import",  "transit",     "purchase",     "lease",
    "place",  "remote_use", "continue_use", "service", "data_export", "model_export", "resell"};
const char *const law_role_names[ROLE_COUNT] = {"exporter",  "owner",  "lessor",  "operator",
                                                "consignee", "tenant", "end_user"};
const char *const law_effect_names[EFFECT_COUNT] = {"permit",  "notice", "condition",
                                                    "licence", "forbid", "unresolved"};
const char *const law_policy_names[POLICY_COUNT] = {"none", "approve", "case-by-case",
                                                    "presumption-of-denial"};
const char *const law_level_names[LEVEL_COUNT] = {"law", "act", "guidance", "reported", "proposed"};

/* Bounds of a stored verdict: what the packs' own limits allow. */
enum { FINDINGS_MAX = 20000, NAMES_MAX = 20000 };

static void visit_number(struct visit *v, struct law_number *n)
{
    visit_text(v, "fact", &n->fact);
    visit_text(v, "op", &n->op);
    visit_i64(v, "value_milli", &n->value_milli);
    visit_i64(v, "bound_milli", &n->bound_milli);
    visit_i64(v, "margin_milli", &n->margin_milli);
}

static void visit_finding(struct visit *v, struct law_finding *f)
{
    visit_text(v, "rule", &f->rule);
    visit_text(v, "level", &f->level);
    visit_bool(v, "binding", &f->binding);
    visit_enum(v, "effect", &f->effect, law_effect_names, EFFECT_COUNT);
    visit_enum(v, "policy", &f->policy, law_policy_names, POLICY_COUNT);
    visit_text(v, "authority", &f->authority);
    visit_u32(v, "days", &f->days);
    visit_text(v, "cite", &f->cite);
    visit_text(v, "source", &f->source);
    visit_text(v, "title", &f->title);
    visit_text(v, "because", &f->because);
    visit_text(v, "note", &f->note);
    visit_text(v, "lowered_by", &f->lowered_by);
    VISIT_ARRAY(v, "numbers", f->numbers, f->number_count, NAMES_MAX, visit_number);
    visit_bool(v, "met", &f->met);
    visit_text(v, "permit", &f->permit);
    visit_i64(v, "short_by", &f->short_by);
    visit_texts(v, "missing_evidence", &f->missing_evidence, &f->missing_count, NAMES_MAX);
    visit_text(v, "report", &f->report);
    visit_text(v, "record", &f->record);
}

static void visit_unknown(struct visit *v, struct law_unknown *u)
{
    visit_text(v, "fact", &u->fact);
    visit_text(v, "why", &u->why);
    visit_texts(v, "rules", &u->rules, &u->rule_count, NAMES_MAX);
}

static void visit_cost(struct visit *v, struct law_cost *c)
{
    visit_text(v, "rule", &c->rule);
    visit_i32(v, "percent", &c->percent);
}

void visit_law_verdict(struct visit *v, struct law_verdict *x)
{
    visit_i64(v, "on_ms", &x->on_ms);
    visit_enum(v, "effect", &x->effect, law_effect_names, EFFECT_COUNT);
    visit_enum(v, "policy", &x->policy, law_policy_names, POLICY_COUNT);
    visit_text(v, "authority", &x->authority);
    visit_bool(v, "allowed", &x->allowed);
    VISIT_ARRAY(v, "unresolved", x->unresolved, x->unresolved_count, NAMES_MAX, visit_unknown);
    VISIT_ARRAY(v, "costs", x->costs, x->cost_count, FINDINGS_MAX, visit_cost);
    VISIT_ARRAY(v, "findings", x->findings, x->finding_count, FINDINGS_MAX, visit_finding);
    visit_texts(v, "considered", &x->considered, &x->considered_count, FINDINGS_MAX);
    visit_texts(v, "flip", &x->flip, &x->flip_count, NAMES_MAX);
    visit_i64(v, "next_change_ms", &x->next_change_ms);
}
