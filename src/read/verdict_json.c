#include "read/verdict_json.h"

#include "base/check.h"
#include "base/civil.h"

#include <stdlib.h>

static json_t *text(struct str s)
{
    json_t *j = json_stringn(s.p != NULL ? s.p : "", s.len);
    return j != NULL ? j : json_null(); /* not UTF-8: readers of outside text refuse it */
}

static json_t *text_or_null(struct str s)
{
    return s.len > 0 ? text(s) : json_null();
}

static json_t *texts(const struct str *items, uint32_t count)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < count; i++) json_array_append_new(list, text(items[i]));
    return list;
}

static json_t *policy(int p)
{
    return p == POLICY_NONE ? json_null() : json_string(law_policy_names[p]);
}

/* Whole numbers without a fraction. */
static json_t *milli(int64_t m)
{
    if (m % 1000 == 0) return json_integer(m / 1000);
    return json_real((double)m / 1000.0);
}

static json_t *number(const struct law_number *n)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "fact", text(n->fact), "value",
                     milli(n->value_milli), "op", text(n->op), "bound", milli(n->bound_milli),
                     "margin", milli(n->margin_milli));
}

static json_t *finding(const struct law_finding *f)
{
    json_t *numbers = json_array();
    for (uint32_t i = 0; i < f->number_count; i++)
        json_array_append_new(numbers, number(&f->numbers[i]));
    json_t *j = json_object();
    json_object_set_new(j, "rule", text(f->rule));
    json_object_set_new(j, "title", text(f->title));
    json_object_set_new(j, "level", text(f->level));
    json_object_set_new(j, "binding", json_boolean(f->binding));
    json_object_set_new(j, "effect", json_string(law_effect_names[f->effect]));
    json_object_set_new(j, "policy", policy(f->policy));
    json_object_set_new(j, "authority", text_or_null(f->authority));
    json_object_set_new(j, "days", f->days > 0 ? json_integer(f->days) : json_null());
    json_object_set_new(j, "cite", text(f->cite));
    json_object_set_new(j, "source", text(f->source));
    json_object_set_new(j, "because", text(f->because));
    json_object_set_new(j, "note", text_or_null(f->note));
    json_object_set_new(j, "lowered_by", text_or_null(f->lowered_by));
    json_object_set_new(j, "numbers", numbers);
    json_object_set_new(j, "met", json_boolean(f->met));
    json_object_set_new(j, "permit", text_or_null(f->permit));
    json_object_set_new(j, "short_by", json_integer(f->short_by));
    json_object_set_new(j, "missing_evidence", texts(f->missing_evidence, f->missing_count));
    json_object_set_new(j, "report", text_or_null(f->report));
    json_object_set_new(j, "record", text_or_null(f->record));
    return j;
}

static json_t *date(int64_t ms)
{
    char out[CIVIL_TEXT_MAX];
    return ms == CIVIL_NEVER_MS ? json_null() : json_string(civil_format(ms, out));
}

json_t *verdict_json(const struct law_verdict *v)
{
    json_t *unresolved = json_array(), *costs = json_array(), *findings = json_array();
    for (uint32_t i = 0; i < v->unresolved_count; i++) {
        const struct law_unknown *u = &v->unresolved[i];
        json_array_append_new(unresolved,
                              json_pack("{s:o, s:o, s:o}", "fact", text(u->fact), "why",
                                        text(u->why), "rules", texts(u->rules, u->rule_count)));
    }
    for (uint32_t i = 0; i < v->cost_count; i++)
        json_array_append_new(costs, json_pack("{s:o, s:i}", "rule", text(v->costs[i].rule),
                                               "percent", (int)v->costs[i].percent));
    for (uint32_t i = 0; i < v->finding_count; i++)
        json_array_append_new(findings, finding(&v->findings[i]));
    json_t *j = json_object();
    json_object_set_new(j, "on", date(v->on_ms));
    json_object_set_new(j, "effect", json_string(law_effect_names[v->effect]));
    json_object_set_new(j, "policy", policy(v->policy));
    json_object_set_new(j, "authority", text_or_null(v->authority));
    json_object_set_new(j, "allowed", json_boolean(v->allowed));
    json_object_set_new(j, "unresolved", unresolved);
    json_object_set_new(j, "costs", costs);
    json_object_set_new(j, "findings", findings);
    json_object_set_new(j, "considered", texts(v->considered, v->considered_count));
    json_object_set_new(j, "flip", texts(v->flip, v->flip_count));
    json_object_set_new(j, "next_change", date(v->next_change_ms));
    return j;
}

void verdict_json_put(const struct law_verdict *v, json_t *extra, struct buf *out)
{
    json_t *whole = extra != NULL ? json_copy(extra) : json_object();
    json_t *rest = verdict_json(v);
    json_object_update(whole, rest);
    /* 15 digits: thousandths read back exactly and print as they were written. */
    char *line = json_dumps(whole, JSON_COMPACT | JSON_REAL_PRECISION(15));
    ASSERT(line != NULL);
    buf_puts(out, line);
    free(line);
    json_decref(rest);
    json_decref(whole);
}
