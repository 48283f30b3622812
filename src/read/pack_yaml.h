/* pack_yaml.h - rule packs from YAML (docs/law-language.md, "The format").
 *
 * A pack is a folder with a pack.yaml; its other *.yaml files are read in order of their names. All
 * errors, also those that only the law's own check finds (law/pack.h), are recorded with file, line
 * and column; a pack with an error is not given. */
#ifndef BERTH_READ_PACK_YAML_H
#define BERTH_READ_PACK_YAML_H

#include "law/law.h"
#include "law/pack.h"
#include "read/case_yaml.h"

enum {
    PACKS_MAX = 256, /* in one folder of packs */
    PACK_FILES_MAX = 256, /* of one pack */
    EXAMPLES_MAX = 64 /* of one rule */
};

/* What becomes of the act under the rule. */
enum example_kind { EXAMPLE_REFUSED, EXAMPLE_PERMITTED, EXAMPLE_UNRESOLVED, EXAMPLE_COUNT };
extern const char *const example_kind_names[EXAMPLE_COUNT];

/* What a verdict must be. */
struct expectation {
    int effect, policy; /* of the verdict; policy is compared where it is not none */
    struct str *rules; /* that must be among the findings */
    uint32_t rule_count;
    struct str *unresolved; /* facts that must be named */
    uint32_t unresolved_count;
    int32_t cost_percent; /* of all binding rules together; -1: not compared */
    int allowed; /* enum tri; unknown: not compared */
    bool next_stated; /* the next change is compared; CIVIL_NEVER_MS: there is to be none */
    int64_t next_change_ms;
    struct str *flip; /* each must be part of something that would change the verdict */
    uint32_t flip_count;
};

struct law_example {
    uint32_t rule; /* index in pack.rules */
    int kind; /* enum example_kind */
    struct str title;
    struct law_case c;
    struct expectation expect;
    const struct yaml_node *node; /* for messages */
};

/* The nodes a pack was read from, so that what is found later has a place. */
struct pack_places {
    const struct yaml_node *pack;
    const struct yaml_node **sets, **lets, **ownerships, **rules, **acts;
};

struct pack_file {
    struct str dir;
    struct law_pack pack;
    struct pack_places places;
    struct law_example *examples;
    uint32_t example_count;
};

/* The node of a place: the value of its key where the file states it, else the whole. */
const struct yaml_node *pack_node(const struct pack_file *p, const struct law_place *at);

/* A file in memory, by its name in messages. */
struct pack_source {
    struct str name, bytes;
};

/* The pack that these files make; the first is pack.yaml. False when errors were recorded. */
bool pack_yaml_parse(const struct pack_source *sources, uint32_t count,
                     const struct case_world *world, struct arena *arena, struct yaml_errors *errs,
                     struct pack_file *out);

/* The packs of a folder: the folder itself when it has a pack.yaml, else each of its sub-folders
 * that has one, in order of name. A folder without any is an error. */
bool packs_load(const char *dir, const struct case_world *world, struct arena *arena,
                struct yaml_errors *errs, struct pack_file **out, uint32_t *count_out);

/* A case with the verdict it must have: a list of {title, case, bind, expect}
 * (test/law/vectors.yaml). */
struct vector {
    struct str title;
    struct law_case c;
    uint32_t bind; /* bits of enum law_level; 0: as the command says */
    struct expectation expect;
    const struct yaml_node *node;
};
bool vectors_yaml_read(struct str bytes, struct str file, const struct case_world *world,
                       struct arena *arena, struct yaml_errors *errs, struct vector **out,
                       uint32_t *count_out);

#endif
