#include "sim/openb/openb_trace.h"

#include "base/check.h"
#include "base/mem.h"
#include "read/csv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct pod {
    struct str name;
    uint32_t class_index;
};

struct reader {
    struct arena *arena;
    struct errtext *error;
    struct openb_trace *trace;
    struct csv *csv;
    const char *path;
    struct str models[OPENB_MODELS_MAX];
    uint32_t model_count;
    struct pod *pods; /* by name */
    size_t pod_cap, node_cap, arrival_cap;
    uint32_t *node_by_name; /* indices of trace->nodes */
};

/* ---- cells ----------------------------------------------------------------------------------- */

static struct str cell(const struct reader *r, const char *header)
{
    return csv_field(r->csv, csv_column(r->csv, header));
}

/* A count in lo..hi, written in digits. */
static enum err take_int(const struct reader *r, const char *header, int32_t hi, int32_t *out)
{
    uint64_t v;
    struct str s = cell(r, header);
    if (!str_to_u64(s, &v) || v > (uint64_t)hi)
        return err_set(r->error, ERR_INVALID,
                       "%s:%u: column %s: '" STR_FMT "' is not a number from 0 to %d", r->path,
                       csv_line(r->csv), header, STR_ARG(s), hi);
    *out = (int32_t)v;
    return ERR_NONE;
}

static enum err take_name(const struct reader *r, const char *header, struct str *out)
{
    struct str s = cell(r, header);
    if (s.len == 0 || s.len > OPENB_LINE_MAX / 2)
        return err_set(r->error, ERR_INVALID, "%s:%u: column %s: a name of 1 to %d bytes is needed",
                       r->path, csv_line(r->csv), header, OPENB_LINE_MAX / 2);
    *out = str_copy(r->arena, s);
    return ERR_NONE;
}

static enum err check_columns(const struct reader *r, const char *const *needed)
{
    for (; *needed != NULL; needed++)
        if (csv_column(r->csv, *needed) < 0)
            return err_set(r->error, ERR_INVALID, "%s:1: column %s is missing", r->path, *needed);
    return ERR_NONE;
}

/* Call `take_row` for every row of the CSV file. */
static enum err read_rows(struct reader *r, const struct openb_input *in, const char *const *needed,
                          enum err (*take_row)(struct reader *r))
{
    bool more = true;
    r->csv = NULL;
    r->path = in->name;
    enum err e = csv_new(in->file, in->name, &r->csv, r->error);
    if (e == ERR_NONE) e = check_columns(r, needed);
    while (e == ERR_NONE) {
        e = csv_next(r->csv, &more, r->error);
        if (e != ERR_NONE || !more) break;
        e = take_row(r);
    }
    csv_free(r->csv);
    return e;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

/* The bit of a model that some node has; `add`: of any. 0 when there is none, or no room. */
static uint64_t model_bit(struct reader *r, struct str name, bool add)
{
    for (uint32_t i = 0; i < r->model_count; i++)
        if (str_eq(r->models[i], name)) return UINT64_C(1) << i;
    if (!add || r->model_count == OPENB_MODELS_MAX) return 0;
    r->models[r->model_count] = str_copy(r->arena, name);
    return UINT64_C(1) << r->model_count++;
}

static enum err take_node(struct reader *r)
{
    struct openb_trace *t = r->trace;
    struct openb_node n = {.rank = UINT32_MAX};
    if (t->node_count == OPENB_NODES_MAX)
        return err_set(r->error, ERR_LIMIT, "%s:%u: more than %d nodes", r->path, csv_line(r->csv),
                       (int)OPENB_NODES_MAX);
    enum err e = take_name(r, "sn", &n.name);
    if (e == ERR_NONE) e = take_int(r, "cpu_milli", OPENB_CPU_MILLI_MAX, &n.cpu_milli);
    if (e == ERR_NONE) e = take_int(r, "memory_mib", OPENB_MEMORY_MIB_MAX, &n.memory_mib);
    if (e == ERR_NONE) e = take_int(r, "gpu", OPENB_GPUS_MAX, &n.gpu_count);
    if (e != ERR_NONE) return e;
    n.model_bit = n.gpu_count > 0 ? model_bit(r, cell(r, "model"), true) : 0;
    if (n.gpu_count > 0 && n.model_bit == 0)
        return err_set(r->error, ERR_LIMIT, "%s:%u: more than %d models", r->path, csv_line(r->csv),
                       (int)OPENB_MODELS_MAX);
    t->nodes = mem_grow(t->nodes, &r->node_cap, t->node_count + 1, sizeof *t->nodes);
    t->nodes[t->node_count++] = n;
    t->capacity_milli += (int64_t)n.gpu_count * OPENB_GPU_MILLI;
    return ERR_NONE;
}

static int by_node_name(const void *a, const void *b, void *nodes)
{
    const struct openb_node *n = nodes;
    return str_cmp(n[*(const uint32_t *)a].name, n[*(const uint32_t *)b].name);
}

static enum err index_nodes(struct reader *r, const char *path)
{
    struct openb_trace *t = r->trace;
    if (t->node_count == 0) return err_set(r->error, ERR_INVALID, "%s: no nodes", path);
    r->node_by_name = mem_alloc(t->node_count, sizeof *r->node_by_name);
    for (uint32_t i = 0; i < t->node_count; i++) r->node_by_name[i] = i;
    qsort_r(r->node_by_name, t->node_count, sizeof *r->node_by_name, by_node_name, t->nodes);
    for (uint32_t i = 1; i < t->node_count; i++)
        if (by_node_name(&r->node_by_name[i - 1], &r->node_by_name[i], t->nodes) == 0)
            return err_set(r->error, ERR_INVALID, "%s: node '" STR_FMT "' is stated twice", path,
                           STR_ARG(t->nodes[r->node_by_name[i]].name));
    return ERR_NONE;
}

static struct openb_node *find_node(const struct reader *r, struct str name)
{
    uint32_t lo = 0, hi = r->trace->node_count;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        struct openb_node *n = &r->trace->nodes[r->node_by_name[mid]];
        int c = str_cmp(n->name, name);
        if (c == 0) return n;
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

/* ---- pods ------------------------------------------------------------------------------------ */

static uint64_t spec_models(struct reader *r, struct str spec)
{
    uint64_t models = 0;
    bool named = false;
    for (size_t from = 0; from < spec.len;) {
        const char *bar = memchr(spec.p + from, '|', spec.len - from);
        size_t to = bar != NULL ? (size_t)(bar - spec.p) : spec.len;
        if (to > from) {
            named = true;
            models |= model_bit(r, (struct str){spec.p + from, to - from}, false);
        }
        from = to + 1;
    }
    return named ? models : UINT64_MAX;
}

static enum err take_class(struct reader *r, struct openb_class *c)
{
    enum err e = take_int(r, "cpu_milli", OPENB_CPU_MILLI_MAX, &c->cpu_milli);
    if (e == ERR_NONE) e = take_int(r, "memory_mib", OPENB_MEMORY_MIB_MAX, &c->memory_mib);
    if (e == ERR_NONE) e = take_int(r, "num_gpu", OPENB_GPUS_MAX, &c->gpu_count);
    if (e == ERR_NONE) e = take_int(r, "gpu_milli", OPENB_GPU_MILLI, &c->gpu_milli);
    if (e != ERR_NONE) return e;
    bool ok = c->gpu_count == 0   ? c->gpu_milli == 0
              : c->gpu_count == 1 ? c->gpu_milli > 0
                                  : c->gpu_milli == OPENB_GPU_MILLI;
    if (!ok)
        return err_set(r->error, ERR_INVALID,
                       "%s:%u: num_gpu %d with gpu_milli %d: no device has no share, one has 1 to "
                       "1000, several have 1000 each",
                       r->path, csv_line(r->csv), c->gpu_count, c->gpu_milli);
    c->spec = c->gpu_count > 0 ? cell(r, "gpu_spec") : (struct str){0};
    c->models = spec_models(r, c->spec);
    return ERR_NONE;
}

static bool same_class(const struct openb_class *a, const struct openb_class *b)
{
    return a->cpu_milli == b->cpu_milli && a->memory_mib == b->memory_mib &&
           a->gpu_count == b->gpu_count && a->gpu_milli == b->gpu_milli && str_eq(a->spec, b->spec);
}

static enum err take_pod(struct reader *r)
{
    struct openb_trace *t = r->trace;
    struct openb_class c = {0};
    struct pod p = {0};
    if (t->pod_count == OPENB_PODS_MAX)
        return err_set(r->error, ERR_LIMIT, "%s:%u: more than %d pods", r->path, csv_line(r->csv),
                       (int)OPENB_PODS_MAX);
    enum err e = take_name(r, "name", &p.name);
    if (e == ERR_NONE) e = take_class(r, &c);
    if (e != ERR_NONE) return e;
    while (p.class_index < t->class_count && !same_class(&t->classes[p.class_index], &c))
        p.class_index++;
    if (p.class_index == OPENB_CLASSES_MAX)
        return err_set(r->error, ERR_LIMIT, "%s:%u: more than %d different tasks", r->path,
                       csv_line(r->csv), (int)OPENB_CLASSES_MAX);
    if (p.class_index == t->class_count) {
        c.spec = str_copy(r->arena, c.spec);
        t->classes[t->class_count++] = c;
    }
    t->classes[p.class_index].pods++;
    r->pods = mem_grow(r->pods, &r->pod_cap, t->pod_count + 1, sizeof *r->pods);
    r->pods[t->pod_count++] = p;
    return ERR_NONE;
}

static int by_pod_name(const void *a, const void *b)
{
    return str_cmp(((const struct pod *)a)->name, ((const struct pod *)b)->name);
}

static enum err index_pods(struct reader *r, const char *path)
{
    uint32_t n = r->trace->pod_count;
    if (n == 0) return err_set(r->error, ERR_INVALID, "%s: no pods", path);
    qsort(r->pods, n, sizeof *r->pods, by_pod_name);
    for (uint32_t i = 1; i < n; i++)
        if (by_pod_name(&r->pods[i - 1], &r->pods[i]) == 0)
            return err_set(r->error, ERR_INVALID, "%s: pod '" STR_FMT "' is stated twice", path,
                           STR_ARG(r->pods[i].name));
    return ERR_NONE;
}

/* ---- the order ------------------------------------------------------------------------------- */

/* "x-tuned-12" is a copy of "x". */
static struct str original(struct str name)
{
    static const char mark[] = "-tuned-";
    size_t digits = name.len, mark_len = sizeof mark - 1;
    while (digits > 0 && name.p[digits - 1] >= '0' && name.p[digits - 1] <= '9') digits--;
    if (digits < name.len && digits >= mark_len &&
        memcmp(name.p + digits - mark_len, mark, mark_len) == 0)
        name.len = digits - mark_len;
    return name;
}

static enum err take_arrival(struct reader *r, struct str name, unsigned line)
{
    struct openb_trace *t = r->trace;
    struct pod key = {.name = original(name)};
    const struct pod *p = bsearch(&key, r->pods, t->pod_count, sizeof *r->pods, by_pod_name);
    if (p == NULL)
        return err_set(r->error, ERR_INVALID, "%s:%u: the pod list has no pod '" STR_FMT "'",
                       r->path, line, STR_ARG(name));
    if (t->arrival_count == OPENB_ARRIVALS_MAX)
        return err_set(r->error, ERR_LIMIT, "%s:%u: more than %d arrivals", r->path, line,
                       (int)OPENB_ARRIVALS_MAX);
    t->arrivals = mem_grow(t->arrivals, &r->arrival_cap, t->arrival_count + 1, sizeof *t->arrivals);
    t->arrivals[t->arrival_count++] =
        (struct openb_arrival){str_copy(r->arena, name), p->class_index};
    return ERR_NONE;
}

static enum err take_rank(struct reader *r, struct str rest, unsigned line)
{
    const char *comma = rest.len > 0 ? memchr(rest.p, ',', rest.len) : NULL;
    uint64_t rank;
    if (comma == NULL)
        return err_set(r->error, ERR_INVALID, "%s:%u: a node is written N,<node>,<rank>", r->path,
                       line);
    struct str name = {rest.p, (size_t)(comma - rest.p)};
    struct str digits = {comma + 1, rest.len - name.len - 1};
    struct openb_node *n = find_node(r, name);
    if (n == NULL)
        return err_set(r->error, ERR_INVALID, "%s:%u: the node list has no node '" STR_FMT "'",
                       r->path, line, STR_ARG(name));
    if (!str_to_u64(digits, &rank) || rank >= OPENB_NODES_MAX)
        return err_set(r->error, ERR_INVALID, "%s:%u: '" STR_FMT "' is not a rank from 0 to %d",
                       r->path, line, STR_ARG(digits), OPENB_NODES_MAX - 1);
    if (n->rank != UINT32_MAX)
        return err_set(r->error, ERR_INVALID, "%s:%u: node '" STR_FMT "' has a rank already",
                       r->path, line, STR_ARG(name));
    n->rank = (uint32_t)rank;
    return ERR_NONE;
}

static enum err take_line(struct reader *r, struct str line, unsigned number)
{
    if (line.len == 0) return ERR_NONE;
    struct str rest = {line.p + 2, line.len > 2 ? line.len - 2 : 0};
    if (str_starts(line, "P,")) return take_arrival(r, rest, number);
    if (str_starts(line, "N,")) return take_rank(r, rest, number);
    return err_set(r->error, ERR_INVALID, "%s:%u: a line begins with N, or P,", r->path, number);
}

static enum err read_order(struct reader *r, const struct openb_input *in)
{
    char text[OPENB_LINE_MAX + 2]; /* with the line's end and the final NUL */
    enum err e = ERR_NONE;
    r->path = in->name;
    for (unsigned n = 1; e == ERR_NONE && fgets(text, sizeof text, in->file) != NULL; n++) {
        struct str line = str_of(text);
        bool ended = line.len > 0 && line.p[line.len - 1] == '\n';
        if (ended) line.len--;
        if (line.len > 0 && line.p[line.len - 1] == '\r') line.len--;
        if (!ended && !feof(in->file)) /* too long, or cut short by a NUL byte */
            e = err_set(r->error, ERR_INVALID, "%s:%u: a line of more than %d bytes, or with NUL",
                        in->name, n, (int)OPENB_LINE_MAX);
        else
            e = take_line(r, line, n);
    }
    if (e == ERR_NONE && ferror(in->file))
        e = err_set(r->error, ERR_IO, "%s: cannot be read: %s", in->name, strerror(errno));
    return e;
}

static int by_rank(const void *a, const void *b)
{
    const struct openb_node *x = a, *y = b;
    return (x->rank > y->rank) - (x->rank < y->rank);
}

/* Nodes by rank: whoever looks at them in this order and keeps the first best has broken ties. */
static enum err rank_nodes(struct reader *r)
{
    struct openb_trace *t = r->trace;
    qsort(t->nodes, t->node_count, sizeof *t->nodes, by_rank);
    for (uint32_t i = 0; i < t->node_count; i++) {
        const struct openb_node *n = &t->nodes[i];
        if (n->rank == UINT32_MAX)
            return err_set(r->error, ERR_INVALID, "%s: node '" STR_FMT "' has no line N", r->path,
                           STR_ARG(n->name));
        if (i > 0 && t->nodes[i - 1].rank == n->rank)
            return err_set(r->error, ERR_INVALID, "%s: two nodes have rank %u", r->path, n->rank);
    }
    if (t->arrival_count == 0)
        return err_set(r->error, ERR_INVALID, "%s: no line P: nothing arrives", r->path);
    return ERR_NONE;
}

/* ---- all ------------------------------------------------------------------------------------- */

static void *keep(struct arena *arena, void *p, size_t count, size_t size)
{
    void *copy = arena_alloc(arena, count, size);
    memcpy(copy, p, count * size);
    mem_free(p);
    return copy;
}

enum err openb_trace_parse(const struct openb_input *nodes, const struct openb_input *pods,
                           const struct openb_input *order, struct arena *arena,
                           struct openb_trace *out, struct errtext *error)
{
    static const char *const node_columns[] = {"sn",  "cpu_milli", "memory_mib",
                                               "gpu", "model",     NULL};
    static const char *const pod_columns[] = {"name",    "cpu_milli", "memory_mib",
                                              "num_gpu", "gpu_milli", NULL};
    struct openb_trace t = {.classes = ARENA_ARRAY(arena, OPENB_CLASSES_MAX, struct openb_class)};
    struct reader r = {.arena = arena, .error = error, .trace = &t};
    enum err e = read_rows(&r, nodes, node_columns, take_node);
    if (e == ERR_NONE) e = index_nodes(&r, nodes->name);
    if (e == ERR_NONE) e = read_rows(&r, pods, pod_columns, take_pod);
    if (e == ERR_NONE) e = index_pods(&r, pods->name);
    if (e == ERR_NONE) e = read_order(&r, order);
    if (e == ERR_NONE) e = rank_nodes(&r);
    mem_free(r.pods);
    mem_free(r.node_by_name);
    if (e != ERR_NONE) {
        mem_free(t.nodes);
        mem_free(t.arrivals);
        return e;
    }
    t.nodes = keep(arena, t.nodes, t.node_count, sizeof *t.nodes);
    t.arrivals = keep(arena, t.arrivals, t.arrival_count, sizeof *t.arrivals);
    *out = t;
    return ERR_NONE;
}

enum err openb_trace_read(const char *nodes_path, const char *pods_path, const char *order_path,
                          struct arena *arena, struct openb_trace *out, struct errtext *error)
{
    struct openb_input in[] = {{NULL, nodes_path}, {NULL, pods_path}, {NULL, order_path}};
    enum { INPUTS = sizeof in / sizeof *in };
    enum err e = ERR_NONE;
    for (int i = 0; i < INPUTS && e == ERR_NONE; i++) {
        in[i].file = fopen(in[i].name, "re");
        if (in[i].file == NULL)
            e = err_set(error, ERR_IO, "%s: cannot be opened: %s", in[i].name, strerror(errno));
    }
    if (e == ERR_NONE) e = openb_trace_parse(&in[0], &in[1], &in[2], arena, out, error);
    for (int i = 0; i < INPUTS; i++)
        if (in[i].file != NULL) fclose(in[i].file);
    return e;
}
