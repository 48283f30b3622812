/* case_yaml.h - case files: the facts of acts whose lawfulness is asked (docs/law-language.md).
 *
 * A file is one case or a list of cases. A fact that is left out, or is `unknown`, is unknown; an
 * empty list is knowledge. Beside the facts a case may have a `name`. Errors are recorded with
 * file, line and column, all of them in one run. */
#ifndef BERTH_READ_CASE_YAML_H
#define BERTH_READ_CASE_YAML_H

#include "law/case.h"
#include "read/yaml.h"

enum {
    CASES_MAX = 10000, /* of one file */
    CASE_PARTIES_MAX = 1000, /* of one case: a group is some dozens */
    CASE_FLEET_MAX = 4096, /* rows of one case: kinds of chips of one scope */
    CASE_PERMITS_MAX = 4096
};

/* What ids in a case may refer to. */
struct case_world {
    const struct chip *chips; /* the catalogue, sorted by id or not */
    uint32_t chip_count;
    const struct fleet *fleet; /* its parties; may be NULL */
};

struct case_file {
    struct law_case *cases;
    struct str *names; /* of each case; "" none */
    const struct yaml_node **nodes; /* of each case, for errors */
    uint32_t count;
};

/* Read a case from a node; false when errors were recorded. *name_out may be NULL. */
bool case_yaml_node(struct yaml_errors *errs, const struct yaml_node *n,
                    const struct case_world *world, struct arena *arena, struct law_case *out,
                    struct str *name_out);

/* Read a whole file; `bytes` is copied. False when errors were recorded. */
bool case_yaml_read(struct str bytes, struct str file, const struct case_world *world,
                    struct arena *arena, struct yaml_errors *errs, struct case_file *out);

/* Parts that deals (read/deal_yaml.h) share. */
bool case_yaml_acts(struct yaml_errors *errs, const struct yaml_node *n, uint32_t *acts_out);
/* The keys of a case that do not depend on the act or the date: chain, parties, site, end_use,
 * data, acquired, evidence, permits, fleet, chip, amount. */
void case_yaml_facts(struct yaml_errors *errs, const struct yaml_node *n,
                     const struct case_world *world, struct arena *arena, struct law_case *out);

#endif
