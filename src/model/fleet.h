/* fleet.h - the nouns of supply: parties, chips, sites, pools, tenants, permits (design section 3).
 *
 * Plain data. A fleet is read whole from a fleet file (read/fleet_yaml.h), enters the ledger whole
 * as one event, and is then immutable. Things refer to each other by id text; fleet_index resolves
 * the texts to indexes once and proves that nothing dangles. Instants are ms UTC; 0 in a `from`
 * means "since ever", 0 in a `to` means "no end". Money is micro-USD. Ratios are parts per million.
 */
#ifndef BERTH_MODEL_FLEET_H
#define BERTH_MODEL_FLEET_H

#include "base/err.h"
#include "base/visit.h"
#include "model/ids.h"
#include "model/limits.h"

/* A measured or published number with its error bar, in thousandths of its unit. */
struct quantity {
    bool known;
    int64_t milli; /* best value */
    int64_t lo_milli, hi_milli; /* lo <= milli <= hi; equal to milli where no bar is stated */
};

struct chip;
struct topology;

/* What stands together: a row for each kind of chip in each country, in order of pools; drained
 * pools and leases that have not begun too. Made by fleet_index. */
struct stock_row {
    const struct chip *chip;
    struct str country; /* of the site; "" unknown */
    int64_t amount; /* chips */
};
struct stock {
    struct stock_row *rows;
    uint32_t count;
};

/* One owner of a party for a time. */
struct owner {
    struct str party;
    bool share_known;
    int32_t share_ppm; /* 0..1,000,000; meaningful when share_known */
    int64_t from_ms, to_ms;
    uint32_t party_index; /* by fleet_index */
};

struct party {
    struct str id, name;
    struct str country, hq; /* ISO 3166-1 alpha-2; "" unknown */
    struct str ultimate_parent_hq; /* as stated; used only where owners are not given; "" unknown */
    bool owners_known; /* an empty list then means: no owner holds anything */
    struct owner *owners;
    uint32_t owner_count;
    bool lists_known; /* screened; an empty list then means: on none */
    struct str *lists;
    uint32_t list_count;
    bool kinds_known;
    struct str *kinds;
    uint32_t kind_count;
    struct stock owned, let, operated; /* pools of which it is the owner, lessor, operator */
    struct stock held; /* pools that it owns or operates */
};

/* A kind of accelerator. Units: TPP and performance density as 15 CFR part 774 3A090 note 2 defines
 * them; bandwidths GB/s (interconnect: both directions together); rates dense TFLOPS or TOPS. */
struct chip {
    struct str id, name, vendor, vendor_hq;
    struct quantity tpp, pd;
    struct quantity dram_bw_gbs, interconnect_gbs, mem_gb, tdp_w, die_mm2;
    struct quantity fp32_tflops, fp16_tflops, fp8_tops, fp4_tflops, int4_tops;
    int32_t announced_year;
    int dc_marketed; /* enum tri: designed or marketed for data centres */
    struct str source, confidence;
};

/* When nothing may run in a pool, or at a site. */
struct window {
    int64_t from_ms, to_ms; /* from < to */
    struct str reason; /* for the eye; "" none */
};

/* How data come to a site from a country or from another site. */
struct site_link {
    struct str from; /* id of a site, or a country's code */
    int64_t mbps; /* what a job's data may use of it; 0: time is not counted */
    int64_t uusd_per_gb;
};

struct site {
    struct str id, name, country;
    struct str operator_party; /* id */
    struct str engine; /* "local" or the name of a Slurm cluster */
    int state_funded, public_hub, critical_infrastructure; /* enum tri */
    bool build_progress_known;
    int32_t build_progress_ppm;
    int64_t power_uusd_per_kwh;
    struct site_link *links; /* into it; the first that fits counts */
    uint32_t link_count;
    struct window *maintenance; /* of all its pools, beside their own; in order, apart */
    uint32_t maintenance_count;
    uint32_t operator_index; /* NO_INDEX when the operator is not stated */
    struct stock stock; /* of its pools */
    struct stock country_stock; /* of all sites in its country */
};

enum title_kind { TITLE_OWNED, TITLE_LEASED, TITLE_ON_DEMAND, TITLE_COUNT };
extern const char *const title_names[TITLE_COUNT];

/* How the chips of a pool are held. */
struct title {
    int kind; /* enum title_kind */
    struct str owner, lessor; /* party ids; owner "" unknown */
    struct str *intermediaries; /* party ids between lessor and operator, in order */
    uint32_t intermediary_count;
    int64_t from_ms, to_ms; /* of a lease */
    int64_t uusd_per_chip_h; /* price, or full cost of an owned chip hour */
    int64_t uusd_per_cpu_h; /* of each CPU beside that; 0: CPUs are not charged */
    int64_t minimum_term_ms;
    int64_t acquired_ms; /* 0 unknown: when these very chips were acquired */
    struct str *evidence; /* held on record for this pool (law facts `evidence`) */
    uint32_t evidence_count;
    uint32_t owner_index, lessor_index;
    uint32_t *intermediary_indexes;
};

/* Part of a hostlist: prefix, then numbers first .. first+count-1 with `width` digits, then suffix.
 * A single name has count 1, width 0 and no number. */
struct node_range {
    struct str prefix, suffix;
    uint32_t first, count, width;
    bool numbered;
};

/* A switch of a pool as the fleet file names it: nodes of the pool hang on it, or other switches do. */
struct pool_switch {
    struct str name; /* unique in the pool */
    struct node_range *ranges;
    uint32_t range_count;
    struct str *below; /* names of switches of the same pool */
    uint32_t below_count;
};

/* May jobs of higher priority have running ones stopped, which then wait again (core/preempt.h)? */
enum preempt_mode { PREEMPT_UNSTATED, PREEMPT_OFF, PREEMPT_REQUEUE, PREEMPT_MODE_COUNT };
extern const char *const preempt_names[PREEMPT_MODE_COUNT];

/* The nodes of one chip kind at one site under one title: the law's facts are uniform in a pool. */
struct pool {
    struct str id;
    struct str chip; /* id; "" for a pool without accelerators */
    struct str site;
    struct str *aliases; /* names that `--partition` accepts beside the id */
    uint32_t alias_count;
    struct title title;
    struct node_range *ranges;
    uint32_t range_count;
    uint32_t node_count; /* sum over ranges; by fleet_index */
    uint32_t chips_per_node;
    uint32_t shards_per_chip; /* equal parts that jobs may share a chip in; divides 1000; 0: none */
    /* Topology, stated by name, or in short: so many consecutive nodes hang on one switch, so many
     * consecutive switches on one spine; 0: not stated. */
    struct pool_switch *switches;
    uint32_t switch_count;
    uint32_t nodes_per_switch, switches_per_spine;
    const struct topology *topology; /* what either of them comes to (model/topology.h), by
                                        fleet_index; NULL: not stated; not stored */
    uint32_t cpus_per_node;
    uint64_t mem_mb_per_node;
    int64_t shadow_uusd_per_chip_h; /* what a chip hour is worth to others, as the plan says: it
                                       steers placement and is not paid */
    int64_t time_limit_max_ms; /* 0: none */
    int64_t time_limit_default_ms; /* 0: the fleet's default */
    bool is_default; /* where jobs without chips go first */
    bool drained; /* nothing new starts */
    struct window *maintenance; /* in order, apart */
    uint32_t maintenance_count;
    int preempt; /* enum preempt_mode; unstated: as the fleet */
    uint32_t chip_index, site_index; /* chip_index NO_INDEX without accelerators */
};

/* What a tenant's jobs may cost in a window of time. Windows follow one another from `from_ms`;
 * before it nothing binds. */
enum budget_per {
    BUDGET_NONE, /* any amount */
    BUDGET_EVER, /* one window without an end */
    BUDGET_DAYS,
    BUDGET_MONTH, /* of the calendar, UTC; likewise */
    BUDGET_QUARTER,
    BUDGET_YEAR,
    BUDGET_PER_COUNT
};
extern const char *const budget_names[BUDGET_PER_COUNT];

struct budget {
    int per; /* enum budget_per */
    uint32_t days; /* of each window, with BUDGET_DAYS */
    int64_t amount_uusd;
    int64_t from_ms; /* with months, quarters and years a midnight before the 29th of a month */
};

/* Who submits: an account. */
struct tenant {
    struct str id;
    struct str party; /* id: whose work it is; "" unknown */
    uint32_t weight; /* fair share weight, at least 1 */
    struct str *users; /* unix users that may submit; "*" anyone */
    uint32_t user_count;
    bool is_default;
    bool has_priority_max; /* its users may ask for at most that priority */
    int32_t priority_max;
    /* What its jobs are taken to state where they state nothing: facts for the law, as the tenant
     * declared them to the owner of the fleet. */
    bool reads_no_data; /* no regulated data */
    struct str purpose; /* end use; "" none */
    struct budget budget;
    uint32_t party_index;
};

/* A licence or approval issued by an authority under a rule. */
struct permit {
    struct str id, rule, holder; /* holder: party id */
    struct str unit; /* "chips" (default), "tpp", "persons" */
    bool amount_known;
    int64_t amount, used; /* used before this fleet was loaded */
    int64_t from_ms, to_ms;
    struct str issuer, note;
    uint32_t holder_index;
};

struct fleet_names;

struct fleet {
    struct str name;
    int64_t time_limit_default_ms; /* of a job that states none; 0: one hour */
    int64_t share_half_life_ms; /* of what tenants have used; 0: seven days */
    int preempt; /* enum preempt_mode; unstated: off */
    int64_t
        preempt_exempt_ms; /* a job is not stopped for another before it ran so long; 0: default */
    int64_t preempt_grace_ms; /* the most time that such a job gets to save its work; 0: default */
    struct party *parties;
    uint32_t party_count;
    struct chip *chips;
    uint32_t chip_count;
    struct site *sites;
    uint32_t site_count;
    struct pool *pools;
    uint32_t pool_count;
    struct tenant *tenants;
    uint32_t tenant_count;
    struct permit *permits;
    uint32_t permit_count;
    struct stock stock; /* all pools */
    const struct fleet_names *names; /* by fleet_index: ids in order; not stored */
};

void visit_fleet(struct visit *v, struct fleet *f);
void visit_party(struct visit *v, struct party *p);
void visit_chip(struct visit *v, struct chip *c);
void visit_site(struct visit *v, struct site *s);
void visit_pool(struct visit *v, struct pool *p);
void visit_tenant(struct visit *v, struct tenant *t);
void visit_permit(struct visit *v, struct permit *p);

/* Resolve every reference and check every bound: ids unique and well formed, references exist,
 * counts within model/limits.h, lease dates in order, no cycle of owners. Index arrays are
 * allocated in `arena`. The reader of the fleet file has reported the same faults with positions
 * already; this is what the core relies on. */
enum err fleet_index(struct fleet *f, struct arena *arena, struct errtext *error);

/* A deep copy in `arena`, indexed. */
void fleet_copy(const struct fleet *from, struct arena *arena, struct fleet *out);

/* Index of the thing with that id, or NO_INDEX; the fleet must be indexed. An alias may be shared
 * by several pools (a partition); fleet_pool then gives the first of them, pool_is_named tells
 * each. */
uint32_t fleet_party(const struct fleet *f, struct str id);
uint32_t fleet_chip(const struct fleet *f, struct str id);
uint32_t fleet_site(const struct fleet *f, struct str id);
uint32_t fleet_pool(const struct fleet *f, struct str id_or_alias);
uint32_t fleet_tenant(const struct fleet *f, struct str id);
/* True when `name`, as a user writes it, accepts the chip kind `id`: the id itself, or the family
 * before a '-' of the id ("h100" accepts "h100-sxm"), without regard to the case of ASCII letters.
 */
bool chip_is_named(struct str id, struct str name);
/* May jobs running in that pool be stopped for others? */
bool pool_preempts(const struct fleet *f, uint32_t pool);
/* True when `name` is the pool's id or one of its aliases. */
bool pool_is_named(const struct pool *p, struct str name);

enum { NODE_NAME_MAX = 2 * 256 + 16 };
/* The name of node `index` (< p->node_count); gives out. */
const char *pool_node_name(const struct pool *p, uint32_t index, char out[NODE_NAME_MAX]);
/* Index of the node with that name in the pool, or NO_INDEX. */
uint32_t pool_node_index(const struct pool *p, struct str name);

/* Parse "a[001-064,70],b7" into ranges allocated in `arena`: at most one bracket a name, no digit
 * behind the bracket, at most NODE_RANGES_MAX ranges and NODES_PER_POOL_MAX nodes. That no node is
 * named twice is for fleet_index to check. */
enum err hostlist_parse(struct str text, struct arena *arena, struct node_range **ranges_out,
                        uint32_t *count_out, struct errtext *error);

/* True for ids: letters, digits, and . _ - : @ + inside, at most ID_LEN_MAX bytes. */
bool id_is_valid(struct str id);
/* True for two capital letters, the form of an ISO 3166-1 alpha-2 code. */
bool country_is_valid(struct str code);
/* True for a code that ISO assigns, or leaves to users (XK, ZZ ...): not for UK or EU. */
bool country_exists(struct str code);
/* True for UTF-8 without control characters, at most `max` bytes. */
bool text_is_valid(struct str text, size_t max);

#endif
