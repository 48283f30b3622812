/* deal_yaml.h - a proposed deal: a lease or a purchase, read into the acts that it implies.
 *
 *     deal: lease                # or purchase
 *     name: Osaka B200
 *     signed: 2026-06-01
 *     starts: 2026-07-01         # delivery, or first use; the day of signing where left out
 *     ends: 2029-06-30           # last day; a purchase has none
 *     value_usd: 1200000000      # for the page only
 *     from: US                   # country the chips come from, where they move
 *     chips:
 *       - {chip: b200, amount: 5000, site: {country: JP}}
 *     chain: {...}               # and every other fact of a case: parties, end_use, data, evidence
 * ...
 *
 * Acts. A lease: `lease` on signing; from the start `place` and what the packs' map adds to it
 * (remote use, export of data). A purchase: `purchase` on signing; at the start, where the chips
 * move from one country to another, `export` (or the `acts` the deal names) and `import`; then
 * `place` and what it implies. Each act of each row of chips is a case of its own. */
#ifndef BERTH_READ_DEAL_YAML_H
#define BERTH_READ_DEAL_YAML_H

#include "read/case_yaml.h"

enum { DEAL_ROWS_MAX = 256 };

enum deal_kind { DEAL_LEASE, DEAL_PURCHASE, DEAL_KIND_COUNT };
extern const char *const deal_kind_names[DEAL_KIND_COUNT];

/* When an act takes place. */
enum deal_time { DEAL_SIGNING, DEAL_START, DEAL_USE };

struct deal_act {
    uint32_t row; /* of chips */
    int act; /* enum law_act */
    int time; /* enum deal_time */
    struct law_case c; /* on the first day of that time; other days: set on_ms */
};

struct deal {
    int kind; /* enum deal_kind */
    struct str name;
    int64_t signed_ms, starts_ms;
    int64_t ends_ms; /* midnight after the last day; CIVIL_NEVER_MS: no end */
    int64_t value_usd; /* 0: not stated */
    struct law_case *rows; /* the facts of each row of chips, without act and date */
    uint32_t row_count;
    uint32_t moves; /* acts of moving the chips, by which `export` and `import` are replaced */
    struct deal_act *acts;
    uint32_t act_count;
};

/* True for a document that is a deal: a map with the key `deal`. */
bool deal_yaml_is(const struct yaml_node *n);

bool deal_yaml_node(struct yaml_errors *errs, const struct yaml_node *n,
                    const struct case_world *world, struct arena *arena, struct deal *out);

struct law;
/* List the acts of the deal under a law, whose packs say what a placement implies. */
void deal_acts(struct deal *d, const struct law *law, struct arena *arena);

#endif
