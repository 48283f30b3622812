#include "sim/trace/openb_fleet.h"

#include "base/mem.h"
#include "read/csv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SHAPES_MAX = 1000, MODEL_MAX = 32 };

/* Nodes alike. */
struct shape {
    char model[MODEL_MAX + 1]; /* "": without devices */
    uint64_t cpu_milli, memory_mib, gpus;
    uint32_t nodes;
};

bool openb_fleet_is(struct str text)
{
    const char *end = text.len > 0 ? memchr(text.p, '\n', text.len) : NULL;
    size_t len = end != NULL ? (size_t)(end - text.p) : text.len;
    return str_starts(text, "sn,") && memmem(text.p, len, "cpu_milli", 9) != NULL;
}

static enum err take_shape(const struct csv *c, const char *name, struct shape *out,
                           struct errtext *error)
{
    struct str model = csv_field(c, csv_column(c, "model"));
    *out = (struct shape){.nodes = 1};
    bool good = str_to_u64(csv_field(c, csv_column(c, "cpu_milli")), &out->cpu_milli) &&
                str_to_u64(csv_field(c, csv_column(c, "memory_mib")), &out->memory_mib) &&
                str_to_u64(csv_field(c, csv_column(c, "gpu")), &out->gpus) &&
                model.len <= MODEL_MAX && (model.len > 0) == (out->gpus > 0);
    for (size_t i = 0; good && i < model.len; i++)
        good = (model.p[i] >= 'A' && model.p[i] <= 'Z') || (model.p[i] >= '0' && model.p[i] <= '9');
    if (!good)
        return err_set(error, ERR_INVALID,
                       "%s:%u: a node needs cpu_milli, memory_mib, gpu and, with devices, a model "
                       "of capital letters and digits",
                       name, csv_line(c));
    if (model.len > 0) memcpy(out->model, model.p, model.len);
    return ERR_NONE;
}

static bool is_alike(const struct shape *a, const struct shape *b)
{
    return strcmp(a->model, b->model) == 0 && a->cpu_milli == b->cpu_milli &&
           a->memory_mib == b->memory_mib && a->gpus == b->gpus;
}

static enum err take_all(struct csv *c, const char *name, struct shape *shapes, uint32_t *count,
                         struct errtext *error)
{
    for (;;) {
        struct shape one;
        bool more = false;
        enum err e = csv_next(c, &more, error);
        if (e != ERR_NONE || !more) return e;
        e = take_shape(c, name, &one, error);
        if (e != ERR_NONE) return e;
        uint32_t i = 0;
        while (i < *count && !is_alike(&shapes[i], &one)) i++;
        if (i == SHAPES_MAX)
            return err_set(error, ERR_LIMIT, "%s:%u: more than %d kinds of nodes", name,
                           csv_line(c), (int)SHAPES_MAX);
        if (i == *count)
            shapes[(*count)++] = one;
        else
            shapes[i].nodes++;
    }
}

static void put_fleet(const struct shape *shapes, uint32_t count, struct buf *out)
{
    buf_puts(out, "fleet: openb\nparties:\n  owner: {name: Owner, country: ZZ, hq: ZZ}\nsites:\n"
                  "  site: {country: ZZ, operator: owner}\nchips:\n");
    for (uint32_t i = 0; i < count; i++) {
        bool known = shapes[i].model[0] == '\0';
        for (uint32_t k = 0; k < i; k++)
            known = known || strcmp(shapes[k].model, shapes[i].model) == 0;
        if (!known) buf_printf(out, "  %s: {name: %s}\n", shapes[i].model, shapes[i].model);
    }
    buf_puts(out, "tenants: {}\npools:\n");
    for (uint32_t i = 0; i < count; i++) {
        const struct shape *s = &shapes[i];
        buf_printf(out, "  %s%s%" PRIu32 ": {site: site, nodes: 'n%" PRIu32 "-[1-%" PRIu32 "]', ",
                   s->model, s->gpus > 0 ? "-" : "cpu-", i + 1, i + 1, s->nodes);
        if (s->gpus > 0)
            buf_printf(out, "chip: %s, chips_per_node: %" PRIu64 ", shards_per_chip: 100, ",
                       s->model, s->gpus);
        buf_printf(out,
                   "cpus_per_node: %" PRIu64 ", memory_per_node: %" PRIu64
                   "M, title: {owned: {owner: owner, price: \"1.00\"}}}\n",
                   s->cpu_milli / 1000, s->memory_mib);
    }
}

enum err openb_fleet_yaml(struct str text, const char *name, struct buf *out, struct errtext *error)
{
    struct csv *c = NULL;
    uint32_t count = 0;
    FILE *file = fmemopen((void *)(uintptr_t)text.p, text.len, "r");
    if (file == NULL) return err_set(error, ERR_IO, "%s: cannot be read", name);
    struct shape *shapes = mem_alloc(SHAPES_MAX, sizeof *shapes);
    enum err e = csv_new(file, name, &c, error);
    if (e == ERR_NONE) e = take_all(c, name, shapes, &count, error);
    if (e == ERR_NONE) put_fleet(shapes, count, out);
    csv_free(c);
    mem_free(shapes);
    fclose(file);
    return e;
}
