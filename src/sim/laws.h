/* laws.h - random rule packs, and an evaluator of them that shares nothing with src/law.
 *
 * A rule is kept twice: as typed conditions, which laws_judge evaluates by plain comparisons, and
 * as a law_pack with the same conditions written in CEL, which goes to the core. When the two
 * disagree one of them is wrong; that is the LAW oracle. */
#ifndef BERTH_SIM_LAWS_H
#define BERTH_SIM_LAWS_H

#include "law/law.h"
#include "law/pack.h"
#include "model/fleet.h"
#include "sim/rng.h"

enum {
    LAWS_RULES_MAX = 6,
    LAWS_SETS = 3, /* dated sets of countries of each version */
    LAWS_SET_MEMBERS = 3,
    LAWS_CONDITIONS_MAX = 3,
};

/* The countries of the simulated world. */
enum { SIM_COUNTRY_COUNT = 6 };
extern const char *const sim_countries[SIM_COUNTRY_COUNT];

enum condition_kind {
    CONDITION_SITE_IN, /* site.country in SET */
    CONDITION_TENANT_IN, /* chain.tenant.country in SET */
    CONDITION_PARENT_IN, /* chain.tenant.ultimate_parent_hq in SET */
    CONDITION_OWNER_PARENT_IN, /* chain.owner.ultimate_parent_hq in SET */
    CONDITION_TPP, /* chip.tpp >= N */
    CONDITION_CHIP, /* chip.id == "..." */
    CONDITION_END_USE, /* end_use == "military" */
    CONDITION_DATA, /* data.exists(d, d.class == "personal") */
    CONDITION_KIND_COUNT
};

struct condition {
    int kind; /* enum condition_kind */
    bool negated;
    uint32_t set; /* *_IN */
    int64_t tpp; /* TPP */
    struct str chip; /* CHIP */
};

/* A cap on what somebody's jobs use; such a rule has an id that no other version has. */
enum sim_cap_by { CAP_TENANT, CAP_OPERATOR, CAP_SITE, CAP_COUNTRY, CAP_ALL, CAP_BY_COUNT };
struct sim_cap {
    bool present;
    bool by_tpp; /* chip.tpp * amount, else the amount of chips */
    int by; /* enum sim_cap_by */
    int window; /* enum law_window: year, days, held */
    uint32_t days;
    int64_t at_most; /* chips or TPP */
};

/* At least so many ppm of the chips are of that kind, or stand in that country. */
enum sim_ratio_per {
    PER_SITE,
    PER_COUNTRY,
    PER_OPERATOR,
    PER_OWNER,
    PER_LESSOR,
    PER_TENANT,
    PER_END_USER,
    PER_ALL,
    PER_COUNT
};
struct sim_ratio {
    bool present;
    int per; /* enum sim_ratio_per */
    struct str chip; /* "": by country */
    uint32_t country;
    int32_t at_least_ppm;
};

struct sim_member {
    uint32_t country;
    int64_t from_ms, until_ms;
};

struct sim_rule {
    struct str id;
    int level; /* enum law_level: law, guidance or proposed */
    int64_t effective_ms, until_ms, suspended_from_ms, suspended_to_ms;
    uint32_t act; /* the one act it speaks of: place, remote_use or data_export */
    int effect; /* enum law_effect: condition, licence, forbid */
    struct str evidence; /* of a condition */
    struct condition conditions[LAWS_CONDITIONS_MAX]; /* all must hold */
    uint32_t condition_count;
    struct sim_cap cap; /* a rule has one of these at most; it applies where they are not kept */
    struct sim_ratio ratio;
};

struct laws {
    uint32_t version;
    struct sim_member sets[LAWS_SETS][LAWS_SET_MEMBERS];
    struct sim_rule rules[LAWS_RULES_MAX];
    uint32_t rule_count;
    struct law_pack *packs; /* the same for the core */
    uint32_t pack_count;
};

/* What a claim would be judged on; everything borrowed. */
struct laws_case {
    const struct fleet *fleet; /* indexed */
    const struct job_spec *spec;
    uint32_t pool;
    int64_t on_ms;
    uint32_t bind; /* levels that bind */
};

enum judgement {
    JUDGED_ALLOWED,
    JUDGED_FORBIDDEN, /* not allowed, or unknown where that stops it */
    JUDGED_UNSURE, /* an unknown fact meets a requirement that is met: words decide, not this */
};

/* Draw a version of the law whose dates lie around [from_ms, to_ms). `lenient`: no rules at all.
 * Lives in `arena`. */
struct laws *laws_draw(struct rng *r, struct arena *arena, uint32_t version, bool lenient,
                       const struct fleet *fleet, int64_t from_ms, int64_t to_ms);

/* What a claim of so many chips uses under the cap of rule `rule` (0: it does not count), and whose
 * counter it falls under. *met_out: it would be lawful beyond the cap too. */
int64_t laws_cap_use(const struct laws *l, const struct laws_case *c, uint32_t rule, uint32_t chips,
                     struct str *key_out, bool *met_out);
/* Does the cap bind then? */
bool laws_rule_binds(const struct laws *l, const struct laws_case *c, uint32_t rule);
/* What ended at `end_ms` counts until then. */
int64_t laws_cap_until(const struct sim_cap *cap, int64_t end_ms);

/* May it run there then? *permit_out gets the index in the fleet of the permit that the claim
 * relies on, or NO_INDEX. Amounts are not looked at: that is QUOTA's. */
enum judgement laws_judge(const struct laws *l, const struct laws_case *c, uint32_t *permit_out);
/* A rule about a share of chips forbids it, others aside. */
bool laws_ratio_forbids(const struct laws *l, const struct laws_case *c);

#endif
