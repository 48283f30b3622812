#include "read/skypilot_yaml.h"

#include "model/fleet.h"
#include "read/cloud_regions.h"
#include "read/sbatch_options.h"
#include "read/units.h"
#include "read/yaml.h"

#include <inttypes.h>
#include <string.h>

/* What one set of resources asks for. */
struct resources {
    struct str kinds[LIST_MAX];
    uint32_t kind_count;
    uint32_t count; /* chips on each node */
    uint32_t milli; /* thousandths of its only chip; 0: whole chips */
    bool is_ordered;
    struct str countries[LIST_MAX], sites[LIST_MAX];
    uint32_t country_count, site_count;
    uint32_t cpus;
    uint64_t mem_mb;
};

struct task {
    struct sbatch_request *r;
    struct yaml_errors *errs;
    const char *name;
    struct str setup, run;
};

bool skypilot_is_task(const char *name)
{
    size_t len = strlen(name);
    return (len > 5 && strcmp(name + len - 5, ".yaml") == 0) ||
           (len > 4 && strcmp(name + len - 4, ".yml") == 0);
}

/* Report each key of `map` that is in `refused` (pairs of key and reason), note those in `noted`.
 */
static void sort_out_keys(struct task *t, const struct yaml_node *map, const char *const *refused,
                          const char *const *noted)
{
    for (size_t i = 0; refused[i] != NULL; i += 2) {
        const struct yaml_node *key = yaml_key(map, refused[i]);
        if (key != NULL) yaml_fail(t->errs, key, "%s: %s", refused[i], refused[i + 1]);
    }
    for (size_t i = 0; noted[i] != NULL; i++)
        if (yaml_get(map, noted[i]) != NULL) sbatch_note(t->r, "%s has no effect here", noted[i]);
}

/* ---- accelerators ---------------------------------------------------------------------------- */

/* SkyPilot's name of a chip in Berth's form: small letters, without "GB". */
static struct str kind_of(struct task *t, struct str name)
{
    char *kind = str_dupz(t->r->arena, name);
    size_t len = name.len;
    for (size_t i = 0; i < len; i++)
        if (kind[i] >= 'A' && kind[i] <= 'Z') kind[i] = (char)(kind[i] - 'A' + 'a');
    if (len > 2 && strcmp(kind + len - 2, "gb") == 0) kind[len -= 2] = '\0';
    /* SkyPilot's A100 is the one of 40 GB, and its V100 has the memory in another place. */
    if (strcmp(kind, "a100") == 0) return STR("a100-40");
    if (strcmp(kind, "v100-32") == 0) return STR("v100-sxm2-32");
    return (struct str){kind, len};
}

/* "8" or, for part of one chip, "0.5". */
static bool take_chip_count(struct task *t, const struct yaml_node *n, struct str text,
                            uint32_t *count, uint32_t *milli)
{
    uint64_t value = 0;
    *count = 1;
    if (chip_part_parse(text, milli)) return true;
    if (!str_to_u64(text, &value) || value < 1 || value > CHIPS_PER_NODE_MAX) {
        yaml_fail(t->errs, n,
                  "'" STR_FMT "' is neither a whole number of chips from 1 to %d nor part of one "
                  "(0.5)",
                  STR_ARG(text), (int)CHIPS_PER_NODE_MAX);
        return false;
    }
    *count = (uint32_t)value;
    return true;
}

/* "H100" or "H100:8", with the count in a node of its own when it is a map's value. */
static void take_accelerator(struct task *t, const struct yaml_node *n,
                             const struct yaml_node *count_node, struct resources *res)
{
    struct str text, name = {0}, count_text;
    uint32_t count = 1, milli = 0;
    if (!yaml_text(t->errs, n, NAME_LEN_MAX, &text)) return;
    count_text = text;
    sbatch_split(&count_text, ':', &name);
    struct str kind = kind_of(t, name);
    if (!id_is_valid(kind)) {
        yaml_fail(t->errs, n, "'" STR_FMT "' is not a kind of chip", STR_ARG(text));
        return;
    }
    if (count_node != NULL && !yaml_text(t->errs, count_node, NAME_LEN_MAX, &count_text)) return;
    const struct yaml_node *at = count_node != NULL ? count_node : n;
    if (count_text.len > 0 && !take_chip_count(t, at, count_text, &count, &milli)) return;
    if (res->count != 0 && (res->milli > 0 || milli > 0) && res->milli != milli) {
        yaml_fail(t->errs, n,
                  "asks for parts of a chip that differ: a job has one size; write one "
                  "task for each");
        return;
    }
    if (res->count != 0 && res->count != count) {
        yaml_fail(t->errs, n,
                  "asks for %u or %u chips: a job has one size; write one task for each",
                  res->count, count);
        return;
    }
    res->count = count;
    res->milli = milli;
    if (res->kind_count == LIST_MAX)
        yaml_fail(t->errs, n, "more than %d kinds", (int)LIST_MAX);
    else
        res->kinds[res->kind_count++] = kind;
}

static void take_accelerators(struct task *t, const struct yaml_node *n, struct resources *res)
{
    if (n == NULL || yaml_is_null(n)) return;
    res->kind_count = 0;
    res->count = res->milli = 0;
    res->is_ordered = n->kind == YAML_LIST;
    if (n->kind == YAML_SCALAR) take_accelerator(t, n, NULL, res);
    for (uint32_t i = 0; n->kind == YAML_LIST && i < n->count; i++)
        take_accelerator(t, &n->items[i], NULL, res);
    for (uint32_t i = 0; n->kind == YAML_MAP && i < n->count; i++)
        take_accelerator(t, &n->keys[i], yaml_is_null(&n->items[i]) ? NULL : &n->items[i], res);
}

/* ---- places ---------------------------------------------------------------------------------- */

static void add_unique(struct str *items, uint32_t *count, struct str x)
{
    for (uint32_t i = 0; i < *count; i++)
        if (str_eq(items[i], x)) return;
    if (*count < LIST_MAX) items[(*count)++] = x;
}

/* One word of a place: a country, a region of a cloud, or a site. */
static void take_place(struct task *t, const struct yaml_node *n, struct str word,
                       struct resources *res)
{
    if (str_eqz(word, "*") || word.len == 0) return;
    char upper[3] = "";
    if (word.len == 2)
        for (size_t i = 0; i < 2; i++)
            upper[i] =
                (char)(word.p[i] >= 'a' && word.p[i] <= 'z' ? word.p[i] - 'a' + 'A' : word.p[i]);
    const char *country = cloud_region_country(word);
    if (country == NULL && country_exists(str_of(upper)))
        country = arena_copy(t->r->arena, upper, 2);
    if (country != NULL)
        add_unique(res->countries, &res->country_count, str_of(country));
    else if (id_is_valid(word))
        add_unique(res->sites, &res->site_count, str_copy(t->r->arena, word));
    else
        yaml_fail(t->errs, n, "'" STR_FMT "' is neither a region, a country nor a site",
                  STR_ARG(word));
}

static void note_cloud(struct task *t, struct str cloud)
{
    sbatch_note(t->r, "cloud " STR_FMT " restricts nothing: the task runs on the fleet's own sites",
                STR_ARG(cloud));
}

/* "CLOUD[/REGION[/ZONE]]"; behind a region a zone says no more than that does. */
static void take_infra(struct task *t, const struct yaml_node *n, struct resources *res)
{
    struct str text, cloud = {0}, region = {0};
    if (!yaml_text(t->errs, n, NAME_LEN_MAX, &text)) return;
    sbatch_split(&text, '/', &cloud);
    sbatch_split(&text, '/', &region);
    if (str_eqz(region, "*") && text.len > 0) region = text; /* CLOUD/<any>/ZONE */
    if (!cloud_is_known(cloud))
        take_place(t, n, cloud, res);
    else if (region.len == 0 || str_eqz(region, "*"))
        note_cloud(t, cloud);
    take_place(t, n, region, res);
}

static void take_places(struct task *t, const struct yaml_node *map, struct resources *res)
{
    const struct yaml_node *infra = yaml_get(map, "infra"), *cloud = yaml_get(map, "cloud");
    const struct yaml_node *region = yaml_get(map, "region"), *zone = yaml_get(map, "zone");
    struct str text;
    if (infra != NULL || cloud != NULL || region != NULL || zone != NULL)
        res->country_count = res->site_count = 0; /* in place of those of the base */
    if (infra != NULL && !yaml_is_null(infra)) take_infra(t, infra, res);
    if (cloud != NULL && !yaml_is_null(cloud) && yaml_text(t->errs, cloud, NAME_LEN_MAX, &text)) {
        if (!cloud_is_known(text))
            take_place(t, cloud, text, res);
        else if (region == NULL && zone == NULL)
            note_cloud(t, text);
    }
    const struct yaml_node *finer = region != NULL ? region : zone;
    if (finer != NULL && !yaml_is_null(finer) && yaml_text(t->errs, finer, NAME_LEN_MAX, &text))
        take_place(t, finer, text, res);
}

/* ---- cpus and memory ------------------------------------------------------------------------- */

/* The digits before a point, one more where there is something behind it: "0.5" is 1. */
static bool round_up(struct str text, uint64_t *out)
{
    struct str whole = {0}, part = text;
    uint64_t digits = 0;
    sbatch_split(&part, '.', &whole);
    bool has_part = whole.len < text.len;
    if (!str_to_u64(whole, out) || (has_part && !str_to_u64(part, &digits))) return false;
    *out += digits > 0;
    return true;
}

/* "8" or "8+": at least so many either way. */
static void take_cpus(struct task *t, const struct yaml_node *n, struct resources *res)
{
    struct str text;
    uint64_t v = 0;
    if (n == NULL || yaml_is_null(n) || !yaml_text(t->errs, n, NAME_LEN_MAX, &text)) return;
    if (text.len > 0 && text.p[text.len - 1] == '+') text.len--;
    if (round_up(text, &v) && v >= 1 && v <= CPUS_PER_NODE_MAX)
        res->cpus = (uint32_t)v;
    else
        yaml_fail(t->errs, n, "'" STR_FMT "' is not a number of CPUs", STR_ARG(n->text));
}

/* "32", "32+", "0.5" in GB, or with a unit: "512MB". */
static void take_memory(struct task *t, const struct yaml_node *n, struct resources *res)
{
    struct str text;
    if (n == NULL || yaml_is_null(n) || !yaml_text(t->errs, n, NAME_LEN_MAX, &text)) return;
    if (text.len > 0 && text.p[text.len - 1] == '+') text.len--;
    if (text.len > 0 && (text.p[text.len - 1] | 0x20) == 'b') text.len--;
    bool has_unit = text.len > 0 && (text.p[text.len - 1] < '0' || text.p[text.len - 1] > '9');
    uint64_t gb = 0;
    if (!has_unit && round_up(text, &gb) && gb > 0)
        text = str_of(arena_printf(t->r->arena, "%" PRIu64 "G", gb));
    else if (!has_unit)
        text = str_of(arena_printf(t->r->arena, STR_FMT "G", STR_ARG(text)));
    if (!memory_parse(text, &res->mem_mb) || res->mem_mb == 0)
        yaml_fail(t->errs, n, "'" STR_FMT "' is not an amount of memory; write GB, such as 64+",
                  STR_ARG(n->text));
}

/* ---- resources ------------------------------------------------------------------------------- */

static const char *const resource_keys[] = {"accelerators",
                                            "infra",
                                            "cloud",
                                            "region",
                                            "zone",
                                            "cpus",
                                            "memory",
                                            "any_of",
                                            "ordered",
                                            "priority",
                                            "job_recovery",
                                            "use_spot",
                                            "disk_size",
                                            "disk_tier",
                                            "ports",
                                            "labels",
                                            "autostop",
                                            "image_id",
                                            "network_tier",
                                            "instance_type",
                                            "accelerator_args",
                                            NULL};

static void take_resources(struct task *t, const struct yaml_node *map, struct resources *res)
{
    static const char *const refused[] = {
        "instance_type", "names a machine of a cloud; state accelerators, cpus and memory",
        "accelerator_args", "is for TPUs of a cloud, which Berth does not run", NULL};
    static const char *const noted[] = {"use_spot",     "disk_size", "disk_tier",
                                        "network_tier", "ports",     "labels",
                                        "autostop",     "image_id",  NULL};
    if (!yaml_map(t->errs, map, resource_keys) && map->kind != YAML_MAP) return;
    sort_out_keys(t, map, refused, noted);
    take_accelerators(t, yaml_get(map, "accelerators"), res);
    take_places(t, map, res);
    take_cpus(t, yaml_get(map, "cpus"), res);
    take_memory(t, yaml_get(map, "memory"), res);
}

static bool same_list(const struct str *a, uint32_t a_count, const struct str *b, uint32_t b_count)
{
    for (uint32_t i = 0; a_count == b_count && i < a_count; i++)
        if (!str_eq(a[i], b[i])) return false;
    return a_count == b_count;
}

static bool same_places(const struct resources *a, const struct resources *b)
{
    return same_list(a->countries, a->country_count, b->countries, b->country_count) &&
           same_list(a->sites, a->site_count, b->sites, b->site_count);
}

/* Widen `all` by one alternative. Kinds and places are kept apart, so alternatives may differ in
 * one of them only: else a kind would be accepted at a place where it was not. */
static void add_alternative(struct task *t, const struct yaml_node *n, struct resources *all,
                            const struct resources *one)
{
    bool kinds_same = same_list(all->kinds, all->kind_count, one->kinds, one->kind_count);
    bool places_same = same_places(all, one);
    if (one->count != all->count || one->milli != all->milli || one->cpus != all->cpus ||
        one->mem_mb != all->mem_mb)
        yaml_fail(t->errs, n,
                  "differs from the first alternative in size; write one task for each");
    else if (!kinds_same && !places_same)
        yaml_fail(t->errs, n,
                  "differs from the first alternative in kind and in place; write one "
                  "task for each");
    if (one->kind_count == 0) all->kind_count = 0; /* any kind, anywhere: nothing restricts */
    for (uint32_t i = 0; all->kind_count > 0 && i < one->kind_count; i++)
        add_unique(all->kinds, &all->kind_count, one->kinds[i]);
    bool anywhere = one->country_count + one->site_count == 0;
    if (anywhere) all->country_count = all->site_count = 0;
    for (uint32_t i = 0; !anywhere && i < one->country_count; i++)
        add_unique(all->countries, &all->country_count, one->countries[i]);
    for (uint32_t i = 0; !anywhere && i < one->site_count; i++)
        add_unique(all->sites, &all->site_count, one->sites[i]);
}

/* Alternatives restrict either countries or sites; the two are joined by "and" in a job. */
static void check_places(struct task *t, const struct yaml_node *n, const struct resources *res)
{
    if (res->country_count > 0 && res->site_count > 0)
        yaml_fail(t->errs, n, "places are stated by country and by site; use one of them");
}

static void take_all_resources(struct task *t, const struct yaml_node *map, struct resources *res)
{
    struct arena *a = t->r->arena;
    take_resources(t, map, res);
    const struct yaml_node *any = yaml_get(map, "any_of"), *ordered = yaml_get(map, "ordered");
    const struct yaml_node *list = any != NULL ? any : ordered;
    if (any != NULL && ordered != NULL)
        yaml_fail(t->errs, yaml_key(map, "ordered"), "any_of and ordered are both stated");
    if (list != NULL && yaml_list(t->errs, list, LIST_MAX)) {
        struct resources *base = ARENA_NEW(a, struct resources);
        struct resources *all = ARENA_NEW(a, struct resources);
        struct resources *one = ARENA_NEW(a, struct resources);
        *base = *res;
        for (uint32_t i = 0; i < list->count; i++) {
            *one = *base;
            take_resources(t, &list->items[i], one);
            if (i == 0)
                *all = *one;
            else
                add_alternative(t, &list->items[i], all, one);
        }
        if (list->count > 0) *res = *all;
        if (ordered != NULL) res->is_ordered = true;
    }
    check_places(t, map, res);
}

static void take_recovery(struct task *t, const struct yaml_node *n)
{
    if (n == NULL) return;
    if (yaml_is_null(n) || yaml_is(n, "none") || yaml_is(n, "NONE"))
        t->r->spec.no_requeue = true;
    else if (n->kind == YAML_MAP)
        sbatch_note(t->r, "job_recovery: a job runs again after a failure of a node; other "
                          "strategies have no effect");
}

static struct str *keep_list(struct task *t, const struct str *items, uint32_t count)
{
    struct str *kept = ARENA_ARRAY(t->r->arena, count, struct str);
    if (count > 0) memcpy(kept, items, count * sizeof *kept);
    return kept;
}

static void put_resources(struct task *t, const struct resources *res, uint32_t nodes)
{
    struct sbatch_request *r = t->r;
    struct job_spec *s = &r->spec;
    s->nodes = nodes;
    s->tasks_per_node = 1;
    s->cpus_per_task = res->cpus;
    s->mem_mb_per_node = res->mem_mb;
    r->chips.per_node = res->milli > 0 ? 0 : res->count;
    r->chips.milli = res->milli;
    r->chips.kinds = keep_list(t, res->kinds, res->kind_count);
    r->chips.kind_count = res->kind_count;
    if (res->is_ordered && res->kind_count > 1) {
        s->chip_prefer = keep_list(t, res->kinds, 1);
        s->chip_prefer_count = 1;
    }
    s->countries = keep_list(t, res->countries, res->country_count);
    s->country_count = res->country_count;
    s->sites = keep_list(t, res->sites, res->site_count);
    s->site_count = res->site_count;
    r->group_source[GROUP_CHIPS] = r->group_source[GROUP_MEMORY] = SBATCH_FROM_SCRIPT;
}

static void read_resources(struct task *t, const struct yaml_node *root)
{
    struct resources *res = ARENA_NEW(t->r->arena, struct resources);
    const struct yaml_node *nodes = yaml_get(root, "num_nodes");
    const struct yaml_node *map = yaml_get(root, "resources");
    uint32_t count = 1;
    if (nodes != NULL) yaml_u32(t->errs, nodes, 1, JOB_NODES_MAX, &count);
    if (map != NULL && !yaml_is_null(map)) {
        take_all_resources(t, map, res);
        take_recovery(t, yaml_get(map, "job_recovery"));
        const struct yaml_node *priority = yaml_get(map, "priority");
        int64_t value = 0;
        if (priority != NULL && yaml_i64(t->errs, priority, -1000, 1000, &value))
            t->r->spec.priority = (int32_t)value;
    }
    put_resources(t, res, count);
}

/* ---- environment and script ------------------------------------------------------------------ */

static bool is_variable_name(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.p[i], l = (char)(c | 0x20);
        if (c != '_' && !(l >= 'a' && l <= 'z') && (i == 0 || c < '0' || c > '9')) return false;
    }
    return s.len > 0;
}

/* A variable of who submits, or NULL. */
static const char *caller_variable(const struct task *t, struct str name)
{
    for (char *const *at = t->r->context->environment; at != NULL && *at != NULL; at++)
        if (strncmp(*at, name.p, name.len) == 0 && (*at)[name.len] == '=')
            return *at + name.len + 1;
    return NULL;
}

/* A variable without a value takes the one of who submits. */
static void read_env(struct task *t, const struct yaml_node *key, const struct yaml_node *value)
{
    struct str text = {0};
    struct errtext error;
    if (!is_variable_name(key->text)) {
        yaml_fail(t->errs, key, "'" STR_FMT "' is not the name of a variable", STR_ARG(key->text));
        return;
    }
    if (yaml_is_null(value)) {
        const char *its = caller_variable(t, key->text);
        if (its == NULL)
            yaml_fail(t->errs, key, STR_FMT " has no value here and is not set in your environment",
                      STR_ARG(key->text));
        text = str_of(its);
    } else if (!yaml_text(t->errs, value, ENV_LEN_MAX, &text)) {
        return;
    }
    const char *entry =
        arena_printf(t->r->arena, STR_FMT "=" STR_FMT, STR_ARG(key->text), STR_ARG(text));
    if (sbatch_put_variable(t->r, str_of(entry), &error) != ERR_NONE)
        yaml_fail(t->errs, key, "%s", error.s);
}

static void read_envs(struct task *t, const struct yaml_node *n)
{
    if (n == NULL || yaml_is_null(n)) return;
    if (n->kind != YAML_MAP) {
        yaml_fail(t->errs, n, "expected a map from name to value");
        return;
    }
    for (uint32_t i = 0; i < n->count; i++) read_env(t, &n->keys[i], &n->items[i]);
}

/* A secret would be kept in the ledger. One that the file leaves empty is none yet. */
static void read_secrets(struct task *t, const struct yaml_node *n)
{
    if (n == NULL || yaml_is_null(n)) return;
    bool empty = n->kind == YAML_MAP;
    for (uint32_t i = 0; empty && i < n->count; i++)
        empty = n->items[i].kind == YAML_SCALAR && !yaml_is_null(&n->items[i]) &&
                n->items[i].text.len == 0;
    if (!empty)
        yaml_fail(t->errs, n,
                  "secrets: they would be kept in the ledger; leave them empty (\"\"), "
                  "and read them from a file on the node");
    else
        read_envs(t, n);
}

/* `run` is for every node, told by SKYPILOT_NODE_RANK; the first that fails ends all. */
#define EACH_NODE_BEGIN                                                                            \
    "for ((rank = 0; rank < SKYPILOT_NUM_NODES; rank++)); do\n(\nexport "                          \
    "SKYPILOT_NODE_RANK=$rank\n"
#define EACH_NODE_END                                                                              \
    ") &\ndone\n"                                                                                  \
    "for ((rank = 0; rank < SKYPILOT_NUM_NODES; rank++)); do\n"                                    \
    "    wait -n || {\n        status=$?\n        kill $(jobs -p) 2>/dev/null\n"                   \
    "        exit \"$status\"\n    }\ndone\n"

static void read_script(struct task *t, const struct yaml_node *root)
{
    const struct yaml_node *n = yaml_get(root, "setup");
    if (n != NULL && !yaml_is_null(n)) yaml_text(t->errs, n, SCRIPT_LEN_MAX, &t->setup);
    n = yaml_get(root, "run");
    if (n != NULL && !yaml_is_null(n)) yaml_text(t->errs, n, SCRIPT_LEN_MAX, &t->run);
}

/* Once the number of nodes is settled. */
static void make_script(struct task *t)
{
    bool many = t->r->spec.nodes > 1;
    struct buf b = {0};
    buf_printf(&b, "#!/bin/bash\n# Made from the task file: setup, then run%s.\n",
               many ? " for each node" : "");
    if (t->setup.len > 0)
        buf_printf(&b,
                   "(\n" STR_FMT "\n) || {\n    status=$?\n    echo \"setup failed with exit code "
                   "$status\" >&2\n    exit \"$status\"\n}\n",
                   STR_ARG(t->setup));
    if (many) buf_puts(&b, EACH_NODE_BEGIN);
    buf_put_str(&b, t->run);
    if (b.p[b.len - 1] != '\n') buf_putc(&b, '\n');
    if (many) buf_puts(&b, EACH_NODE_END);
    t->r->spec.script = str_copy(t->r->arena, buf_str(&b));
    buf_release(&b);
}

static void read_workdir(struct task *t, const struct yaml_node *n)
{
    struct str text;
    struct errtext error;
    if (n == NULL || yaml_is_null(n)) return;
    if (n->kind == YAML_MAP) {
        yaml_fail(t->errs, n, "a workdir from git is not fetched; give a folder");
        return;
    }
    if (!yaml_line(t->errs, n, TEXT_LEN_MAX, &text)) return;
    const char *home = caller_variable(t, STR("HOME"));
    if (home != NULL && text.len > 0 && text.p[0] == '~' && (text.len == 1 || text.p[1] == '/'))
        text = str_of(arena_printf(t->r->arena, "%s" STR_FMT, home, (int)text.len - 1, text.p + 1));
    if (sbatch_set_chdir(t->r, text, &error) != ERR_NONE) yaml_fail(t->errs, n, "%s", error.s);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void read_root(struct task *t, const struct yaml_node *root)
{
    static const char *const keys[] = {"name",         "num_nodes", "workdir",     "setup",
                                       "run",          "envs",      "resources",   "config",
                                       "service",      "secrets",   "storage",     "volumes",
                                       "inputs",       "outputs",   "file_mounts", "event_callback",
                                       "experimental", "pool",      NULL};
    static const char *const refused[] = {
        "service",
        "services are not run by this release; submit the server as a job",
        "file_mounts",
        "files are not copied; put them on a file system that the nodes share",
        "storage",
        "buckets are not mounted; put files on a file system that the nodes share",
        "volumes",
        "volumes are not mounted; put files on a file system that the nodes share",
        "pool",
        "pools of workers are not run by this release",
        "event_callback",
        "is not supported; use --dependency to run something afterwards",
        NULL};
    static const char *const noted[] = {"config", "inputs", "outputs", "experimental", NULL};
    if (!yaml_map(t->errs, root, keys) && root->kind != YAML_MAP) return;
    sort_out_keys(t, root, refused, noted);
    const struct yaml_node *name = yaml_get(root, "name");
    if (name != NULL && !yaml_is_null(name))
        yaml_line(t->errs, name, NAME_LEN_MAX, &t->r->spec.name);
    if (yaml_get(root, "run") == NULL && yaml_get(root, "setup") == NULL &&
        yaml_get(root, "service") == NULL)
        yaml_fail(t->errs, root, "a task needs the key run");
    read_workdir(t, yaml_get(root, "workdir"));
    read_resources(t, root);
    read_envs(t, yaml_get(root, "envs"));
    read_secrets(t, yaml_get(root, "secrets"));
    read_script(t, root);
}

/* The file's name without folder and ending. */
static struct str task_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct str s = str_of(slash != NULL ? slash + 1 : path);
    const char *dot = strrchr(s.p, '.');
    if (dot != NULL && dot != s.p) s.len = (size_t)(dot - s.p);
    return s;
}

enum err skypilot_yaml_read(struct sbatch_request *r, struct str bytes, const char *name,
                            struct errtext *error)
{
    struct yaml_errors errs;
    struct yaml_doc doc;
    yaml_errors_init(&errs, r->arena);
    struct task t = {.r = r, .errs = &errs, .name = name};
    if (yaml_parse(bytes, TASK_BYTES_MAX, str_of(name), r->arena, &errs, &doc))
        read_root(&t, doc.root);
    enum err e = yaml_errors_result(&errs, error);
    if (e == ERR_NONE && r->is_wrap)
        e = err_set(error, ERR_INVALID, "a task file and --wrap are both given; choose one");
    if (e == ERR_NONE) e = sbatch_apply_berth_lines(r, doc.bytes, name, error);
    if (e == ERR_NONE) e = sbatch_apply_command(r, error);
    if (e == ERR_NONE) e = sbatch_settle_chips(r, error);
    make_script(&t);
    if (e == ERR_NONE)
        e = r->export_given ? sbatch_settle_environment(r, error) : sbatch_put_umask(r, error);
    if (e != ERR_NONE) return e;
    if (r->spec.name.len == 0 && text_is_valid(task_name(name), NAME_LEN_MAX))
        r->spec.name = str_copy(r->arena, task_name(name));
    return sbatch_finish(r, "skypilot", error);
}
