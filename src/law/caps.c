/* caps.c - rules that limit what acts add up to (law.h). */
#include "base/civil.h"
#include "law/demand.h"

uint32_t law_caps(const struct law *law)
{
    return law->cap_count;
}

uint32_t law_placement_acts(const struct law *law)
{
    return law->placement_acts;
}

const struct law_rule *law_cap_at(const struct law *law, uint32_t index)
{
    return law->caps[index]->def;
}

struct str law_cap_key(const struct law_rule *rule, const struct law_case *c)
{
    struct str by = rule->cap.by;
    if (str_eqz(by, "site")) return c->site.id;
    if (str_eqz(by, "country")) return c->to;
    for (int r = 0; r < ROLE_COUNT; r++)
        if (str_eqz(by, law_role_names[r])) return c->chain[r].id;
    return (struct str){0};
}

void law_adds(const struct law *law, const struct law_case *c, struct arena *arena,
              struct law_add **adds_out, uint32_t *count_out)
{
    *adds_out = NULL;
    *count_out = 0;
    struct evaluator ev;
    for (uint32_t i = 0; i < law->cap_count; i++) {
        if (!rule_concerns(law->caps[i], c)) continue;
        if (*adds_out == NULL) {
            evaluator_init(&ev, law, c, arena);
            *adds_out = ARENA_ARRAY(arena, law->cap_count, struct law_add);
        }
        struct law_add *a = &(*adds_out)[*count_out];
        a->cap = i;
        if (eval_add(&ev, law->caps[i], &a->milli)) ++*count_out;
    }
}

int64_t law_cap_until(const struct law_rule *rule, int64_t end_ms)
{
    struct civil end = civil_of_ms(end_ms);
    switch ((enum law_window)rule->cap.window) {
    case WINDOW_EVER: return CIVIL_NEVER_MS;
    case WINDOW_DAYS:
        return (civil_days(end.year, end.month, end.day) + rule->cap.days + 1) * CIVIL_DAY_MS;
    case WINDOW_YEAR: return civil_days(end.year + 1, 1, 1) * CIVIL_DAY_MS;
    case WINDOW_ACT:
    case WINDOW_HELD:
    case WINDOW_COUNT: break;
    }
    return end_ms;
}
