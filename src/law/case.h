/* case.h - the facts that a verdict reads, typed.
 *
 * The names and meanings are the contract of docs/law-language.md ("Facts"): each field here is a
 * variable of the rule language with the same name. A fact that is absent is UNKNOWN, not false. A
 * case comes from a case file (read/case_yaml.h) or from a job and a pool (core/legal.h). */
#ifndef BERTH_LAW_CASE_H
#define BERTH_LAW_CASE_H

#include "base/visit.h"
#include "model/fleet.h"
#include "model/job.h"

/* Acts, as bits of a set. The names are the contract's. */
enum law_act {
    ACT_EXPORT,
    ACT_REEXPORT,
    ACT_TRANSFER,
    ACT_IMPORT,
    ACT_TRANSIT,
    ACT_PURCHASE,
    ACT_LEASE,
    ACT_PLACE,
    ACT_REMOTE_USE,
    ACT_CONTINUE_USE,
    ACT_SERVICE,
    ACT_DATA_EXPORT,
    ACT_MODEL_EXPORT,
    ACT_RESELL,
    ACT_COUNT
};
extern const char *const law_act_names[ACT_COUNT];

/* A party as the law sees it at the date of the case. */
struct law_party {
    struct str id;
    struct str country, hq; /* "" unknown */
    struct str ultimate_parent_hq; /* stated, or computed from owners (law/party.h); "" unknown */
    bool owners_known;
    struct law_owner {
        struct str id; /* of the owner, among case.parties or a chain role; "" anonymous */
        bool share_known;
        int32_t share_ppm;
        int64_t from_ms, to_ms; /* [from, to); 0: open */
    } * owners;
    uint32_t owner_count;
    bool lists_known;
    struct str *lists;
    uint32_t list_count;
    bool kinds_known;
    struct str *kinds;
    uint32_t kind_count;
};

enum law_role {
    ROLE_EXPORTER,
    ROLE_OWNER,
    ROLE_LESSOR,
    ROLE_OPERATOR,
    ROLE_CONSIGNEE,
    ROLE_TENANT,
    ROLE_END_USER,
    ROLE_COUNT
};
extern const char *const law_role_names[ROLE_COUNT];

struct law_site {
    bool present;
    struct str id; /* for the counters of caps by site; "" unknown */
    struct str country; /* "" unknown */
    int state_funded, public_hub, critical_infrastructure; /* enum tri */
    bool build_progress_known;
    int32_t build_progress_ppm;
};

struct law_permit {
    struct str rule; /* the rule it is a permit under */
    struct str holder; /* a role name ("tenant") or a party id */
    struct str id;
    bool amount_known;
    int64_t amount, used;
    /* [from, to): a reader turns a last day into the midnight after it; 0: open */
    int64_t from_ms, to_ms;
};

/* What acts before this one, as far as they still count, add up to in the counter of a rule's cap
 * that this act falls under. */
struct law_used {
    struct str rule;
    int64_t milli; /* thousandths of the cap's unit */
};

/* What a scope holds after the act: ratios of the law are shares of it. */
struct law_fleet {
    struct str scope; /* a ratio's `per`: "site", "operator" ... */
    struct stock stock;
};
/* A placement states these scopes; a case file any. */
enum { LAW_SCOPES_MAX = 8 };

struct law_case {
    int64_t on_ms;
    uint32_t acts; /* bit set of enum law_act */
    struct str from, to; /* countries; "" unknown */
    /* False: the act concerns no chip; rules then read 0 and "". A chip of which nothing is known is
     * present, with nothing known. */
    bool chip_present;
    struct chip chip;
    bool amount_known;
    int64_t amount; /* chips */
    struct law_party chain[ROLE_COUNT];
    bool chain_present[ROLE_COUNT];
    bool intermediaries_known;
    struct law_party *intermediaries;
    uint32_t intermediary_count;
    struct law_party *parties; /* further parties, owners for instance */
    uint32_t party_count;
    struct law_site site;
    struct str end_use; /* "" unknown */
    bool data_known;
    struct data_set *data;
    uint32_t data_count;
    int64_t acquired_ms; /* 0 unknown */
    bool evidence_known; /* an absent list is no knowledge; [] is knowledge of none */
    struct str *evidence;
    uint32_t evidence_count;
    struct law_permit *permits;
    uint32_t permit_count;
    /* The counters are kept: one that is not listed stands at 0. Where they are not, what permits
     * under a capped rule have used counts instead. */
    bool counters_known;
    struct law_used *counters;
    uint32_t counter_count;
    /* The first is the fact `fleet` of expressions. Of a scope that is not there nothing is known. */
    struct law_fleet fleets[LAW_SCOPES_MAX];
    uint32_t fleet_count;
};

#endif
