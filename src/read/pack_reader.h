/* pack_reader.h - the parts of the reader of packs. Internal to src/read.
 *
 * Getters by key leave *out alone where the key is missing; need_* reports that. */
#ifndef BERTH_READ_PACK_READER_H
#define BERTH_READ_PACK_READER_H

#include "read/pack_yaml.h"

struct pack_reader {
    struct yaml_errors *errs;
    const struct case_world *world;
    struct arena *arena;
    struct pack_file *out;
};

/* One line of text. */
void pack_line(struct pack_reader *r, const struct yaml_node *map, const char *key,
               struct str *out);
void pack_need_line(struct pack_reader *r, const struct yaml_node *map, const char *key,
                    struct str *out);
void pack_texts(struct pack_reader *r, const struct yaml_node *map, const char *key,
                struct str **out, uint32_t *count);

/* pack_parts.c: one element of each list. */
void pack_read_set(struct pack_reader *r, const struct yaml_node *n, struct law_set *s);
void pack_read_let(struct pack_reader *r, const struct yaml_node *n, struct law_let *l);
void pack_read_ownership(struct pack_reader *r, const struct yaml_node *n, struct law_ownership *o);
void pack_read_implied(struct pack_reader *r, const struct yaml_node *n, struct law_implied *a);
void pack_read_rule(struct pack_reader *r, const struct yaml_node *n, struct law_rule *rule);

/* pack_examples.c: the examples of all rules, which were read. */
void pack_read_examples(struct pack_reader *r);

#endif
