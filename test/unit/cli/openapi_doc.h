/* openapi_doc.h - docs/openapi.yaml in memory, for the tests that hold it against the program. The
 * working folder is the root of the tree. */
#ifndef BERTH_TEST_OPENAPI_DOC_H
#define BERTH_TEST_OPENAPI_DOC_H

#include "read/yaml.h"

#include <stdio.h>
#include <string.h>

enum { OPENAPI_BYTES_MAX = 1024 * 1024 };

struct openapi {
    struct arena arena;
    struct yaml_doc doc;
    const struct yaml_node *components;
};

/* False: it cannot be read; the reason is on stderr. Release the arena either way. */
static inline bool openapi_read(struct openapi *o)
{
    struct yaml_errors errs;
    arena_init(&o->arena);
    yaml_errors_init(&errs, &o->arena);
    char *bytes = ARENA_ARRAY(&o->arena, OPENAPI_BYTES_MAX, char);
    FILE *f = fopen("docs/openapi.yaml", "r");
    if (f == NULL) {
        perror("docs/openapi.yaml");
        return false;
    }
    struct str text = {bytes, fread(bytes, 1, OPENAPI_BYTES_MAX, f)};
    fclose(f);
    if (!yaml_parse(text, OPENAPI_BYTES_MAX, STR("docs/openapi.yaml"), &o->arena, &errs, &o->doc)) {
        struct buf out = {0};
        yaml_errors_print(&errs, &out);
        fputs(out.p, stderr);
        buf_release(&out);
        return false;
    }
    o->components = yaml_get(o->doc.root, "components");
    return o->components != NULL;
}

/* What a "$ref" leads to, the node itself when it has none, NULL when it leads nowhere. */
static inline const struct yaml_node *openapi_follow(const struct openapi *o,
                                                     const struct yaml_node *n)
{
    static const char before[] = "#/components/";
    const struct yaml_node *ref = yaml_get(n, "$ref");
    if (ref == NULL) return n;
    char path[256];
    snprintf(path, sizeof path, "%s", ref->text.p);
    if (strncmp(path, before, sizeof before - 1) != 0) return NULL;
    char *kind = path + sizeof before - 1;
    char *slash = strchr(kind, '/');
    if (slash == NULL) return NULL;
    *slash = '\0';
    return yaml_get(yaml_get(o->components, kind), slash + 1);
}

#endif
