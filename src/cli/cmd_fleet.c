/* berth fleet: check a fleet file, show the fleet in force, apply a file. */
#include "cli/api.h"
#include "cli/commands.h"
#include "cli/paths.h"
#include "cli/say.h"
#include "cli/table.h"
#include "cli/times.h"
#include "read/chips_csv.h"
#include "read/fleet_yaml.h"
#include "read/json_visit.h"
#include "store/file.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { OPT_DRY_RUN = OPTION_LONG, OPT_DATA, OPT_JSON };

const struct cli_option fleet_options[] = {
    {OPT_DRY_RUN, "dry-run", NULL, "apply: say what would change, change nothing"},
    {OPT_DATA, "data", "DIR", "check: the folder with chips.csv"},
    {OPT_JSON, "json", NULL, "the API's JSON"},
    {0},
};

struct options {
    const char *data;
    bool dry_run, json;
};

/* ---- check ---------------------------------------------------------------------------------- */

static enum err load(const char *path, const struct options *o, struct arena *arena,
                     struct fleet *fleet, struct yaml_errors *mistakes, struct errtext *error)
{
    char catalogue[PATH_MAX];
    struct chip *chips = NULL;
    uint32_t chip_count = 0;
    struct buf bytes = {0};
    snprintf(catalogue, sizeof catalogue, "%s/chips.csv", o->data != NULL ? o->data : path_data());
    enum err code = chips_load(catalogue, arena, &chips, &chip_count, error);
    if (code == ERR_NONE) code = file_read(path, YAML_BYTES_MAX, &bytes, error);
    if (code == ERR_NONE)
        code = fleet_yaml_read(buf_str(&bytes), path, chips, chip_count, arena, fleet, mistakes);
    buf_release(&bytes);
    return code;
}

/* What `check` found, for --json. */
struct check_result {
    bool good;
    struct str fleet;
    uint32_t pools, sites, parties, accounts;
    uint64_t nodes, chips;
    struct yaml_errors *mistakes;
};

static void visit_mistake(struct visit *v, struct yaml_error *e)
{
    visit_text(v, "file", &e->file);
    visit_u32(v, "line", &e->line);
    visit_u32(v, "column", &e->column);
    visit_text(v, "message", &e->text);
    visit_text(v, "source", &e->source);
}

static void visit_check_result(struct visit *v, void *what)
{
    struct check_result *r = what;
    visit_bool(v, "good", &r->good);
    visit_text(v, "fleet", &r->fleet);
    visit_u32(v, "pools", &r->pools);
    visit_u32(v, "sites", &r->sites);
    visit_u32(v, "parties", &r->parties);
    visit_u32(v, "accounts", &r->accounts);
    visit_u64(v, "nodes", &r->nodes);
    visit_u64(v, "chips", &r->chips);
    VISIT_ARRAY(v, "mistakes", r->mistakes->items, r->mistakes->count, UINT32_MAX, visit_mistake);
    visit_u32(v, "mistake_count", &r->mistakes->total);
}

static struct check_result counted(const struct fleet *f, struct yaml_errors *mistakes)
{
    struct check_result r = {.good = true,
                             .fleet = f->name,
                             .pools = f->pool_count,
                             .sites = f->site_count,
                             .parties = f->party_count,
                             .accounts = f->tenant_count,
                             .mistakes = mistakes};
    for (uint32_t i = 0; i < f->pool_count; i++) {
        r.nodes += f->pools[i].node_count;
        r.chips += (uint64_t)f->pools[i].node_count * f->pools[i].chips_per_node;
    }
    return r;
}

static int check(const char *name, const char *path, const struct options *o)
{
    struct arena arena;
    struct fleet fleet;
    struct yaml_errors mistakes;
    struct errtext error;
    arena_init(&arena);
    yaml_errors_init(&mistakes, &arena);
    int exit_code = EXIT_USER;
    enum err code = load(path, o, &arena, &fleet, &mistakes, &error);
    struct check_result r = {.mistakes = &mistakes};
    if (mistakes.total > 0) {
        struct buf text = {0};
        yaml_errors_print(&mistakes, &text);
        if (!o->json) say_buf(&text, stderr);
        buf_release(&text);
    } else if (code != ERR_NONE) {
        say_failure(name, code, &error);
    } else {
        r = counted(&fleet, &mistakes);
        exit_code = EXIT_DONE;
    }
    if (o->json && (mistakes.total > 0 || exit_code == EXIT_DONE))
        api_print(visit_check_result, &r);
    else if (exit_code == EXIT_DONE)
        printf("%s: good: fleet " STR_FMT ": %" PRIu32 " pools at %" PRIu32 " sites with %" PRIu64
               " nodes and %" PRIu64 " chips, %" PRIu32 " parties, %" PRIu32 " accounts\n",
               path, STR_ARG(r.fleet), r.pools, r.sites, r.nodes, r.chips, r.parties, r.accounts);
    arena_release(&arena);
    return say_end(name, exit_code);
}

/* ---- show ----------------------------------------------------------------------------------- */

static enum err read_fleet(struct api *a, struct fleet *fleet)
{
    struct json_reader r;
    json_reader_init(&r, json_object_get(a->json, "fleet"), &a->arena);
    if (visit_map(&r.v, NULL, false)) {
        visit_fleet(&r.v, fleet);
        visit_map_end(&r.v);
    }
    enum err code = json_reader_finish(&r, &a->error);
    if (code == ERR_NONE) return ERR_NONE;
    return err_prefix(&a->error, ERR_CORRUPT, "the daemon's reply is not understood");
}

static void print_pools(const struct fleet *f, struct buf *out)
{
    static const struct table_column columns[] = {
        {"POOL", COLUMN_SHRINKS}, {"SITE", COLUMN_SHRINKS},  {"CHIP", COLUMN_SHRINKS},
        {"TITLE", COLUMN_PLAIN},  {"OWNER", COLUMN_SHRINKS}, {"LESSOR", COLUMN_SHRINKS},
        {"NODES", COLUMN_RIGHT},  {"CHIPS", COLUMN_RIGHT},   {"$/CHIP H", COLUMN_RIGHT},
        {"UNTIL", COLUMN_PLAIN},
    };
    struct table t;
    char text[DOLLARS_TEXT_MAX];
    table_init(&t, columns, sizeof columns / sizeof *columns);
    for (uint32_t i = 0; i < f->pool_count; i++) {
        const struct pool *p = &f->pools[i];
        uint64_t nodes = 0;
        for (uint32_t k = 0; k < p->range_count; k++) nodes += p->ranges[k].count;
        table_add(&t, p->id);
        table_add(&t, p->site);
        table_add(&t, p->chip.len > 0 ? p->chip : STR("-"));
        table_add(&t, str_of(title_names[p->title.kind]));
        table_add(&t, p->title.owner.len > 0 ? p->title.owner : STR("unknown"));
        table_add(&t, p->title.lessor.len > 0 ? p->title.lessor : STR("-"));
        table_addf(&t, "%" PRIu64, nodes);
        table_addf(&t, "%" PRIu64, nodes * p->chips_per_node);
        table_add(&t, str_of(p->chip.len > 0 ? dollars(p->title.uusd_per_chip_h, text) : "-"));
        table_add(&t, str_of(p->title.to_ms != 0 ? instant_iso(p->title.to_ms, text) : "-"));
    }
    table_print(&t, out, say_width(), 0, true, say_in_colour());
    table_release(&t);
}

static int show(const char *name, const struct options *o)
{
    struct api a;
    int exit_code = api_open(&a, name);
    if (exit_code != EXIT_DONE) return exit_code;
    enum err code = api_call(&a, "GET", "/v1/fleet", NULL);
    struct fleet fleet;
    if (code == ERR_NONE && o->json) {
        api_print_json(&a);
        return api_close(&a, say_end(name, EXIT_DONE));
    }
    if (code == ERR_NONE) code = read_fleet(&a, &fleet);
    if (code != ERR_NONE) return api_fail(&a, code);
    struct buf out = {0};
    buf_printf(&out,
               "fleet " STR_FMT ": %" PRIu32 " sites, %" PRIu32 " parties, %" PRIu32
               " accounts, %" PRIu32 " permits\n\n",
               STR_ARG(fleet.name), fleet.site_count, fleet.party_count, fleet.tenant_count,
               fleet.permit_count);
    print_pools(&fleet, &out);
    say_buf(&out, stdout);
    buf_release(&out);
    return api_close(&a, say_end(name, EXIT_DONE));
}

/* ---- apply ---------------------------------------------------------------------------------- */

static enum err read_reply(struct api *a, struct fleet_reply *reply)
{
    struct json_reader r;
    json_reader_init(&r, a->json, &a->arena);
    if (visit_map(&r.v, NULL, false)) {
        visit_fleet_reply(&r.v, reply);
        visit_map_end(&r.v);
    }
    return json_reader_finish(&r, &a->error);
}

static enum err send(struct api *a, const char *path, bool dry_run, struct fleet_reply *reply)
{
    struct buf bytes = {0};
    struct buf url = {0};
    const char *slash = strrchr(path, '/');
    enum err code = file_read(path, YAML_BYTES_MAX, &bytes, &a->error);
    buf_puts(&url, "/v1/fleet");
    if (dry_run) url_put_query(&url, "dry_run", STR("1"));
    url_put_query(&url, "name", str_of(slash != NULL ? slash + 1 : path));
    struct request r = {
        .method = "POST", .path = url.p, .body = buf_str(&bytes), .type = "application/yaml"};
    if (code == ERR_NONE) code = client_json(&a->client, &r, &a->json, &a->error);
    buf_release(&bytes);
    buf_release(&url);
    return code == ERR_NONE ? read_reply(a, reply) : code;
}

static int apply(const char *name, const char *path, const struct options *o)
{
    struct api a;
    int exit_code = api_open(&a, name);
    if (exit_code != EXIT_DONE) return exit_code;
    struct fleet_reply reply;
    enum err code = send(&a, path, o->dry_run, &reply);
    if (code == ERR_INVALID) { /* the reader's lines stand as they are, with their carets */
        fprintf(stderr, "%s\n", a.error.s);
        return api_close(&a, EXIT_USER);
    }
    if (code != ERR_NONE) return api_fail(&a, code);
    if (o->json) {
        api_print_json(&a);
        return api_close(&a, say_end(name, EXIT_DONE));
    }
    for (uint32_t i = 0; i < reply.diff_count; i++) printf("%.*s\n", STR_ARG(reply.diff[i]));
    if (reply.diff_count == 0)
        puts("nothing to change: this fleet is in force");
    else
        printf("%" PRIu32 " change%s %s\n", reply.diff_count, reply.diff_count == 1 ? "" : "s",
               reply.applied ? "applied" : "to make; this was a dry run");
    return api_close(&a, say_end(name, EXIT_DONE));
}

int cmd_fleet(int argc, char **argv)
{
    struct args args;
    struct options o = {0};
    args_init(&args, argc, argv, fleet_options, false);
    for (int id; (id = args_next(&args)) != ARGS_END;) {
        if (id == ARGS_STOP) return args.exit_code;
        if (id == OPT_DRY_RUN)
            o.dry_run = true;
        else if (id == OPT_DATA)
            o.data = args.value;
        else if (id == OPT_JSON)
            o.json = true;
    }
    char **words = args_operands(&args);
    int count = args_count(&args);
    const char *verb = count > 0 ? words[0] : "show";
    if (strcmp(verb, "show") == 0 && count <= 1) return show(argv[0], &o);
    if (strcmp(verb, "check") == 0 && count == 2) return check(argv[0], words[1], &o);
    if (strcmp(verb, "apply") == 0 && count == 2) return apply(argv[0], words[1], &o);
    return say_error(argv[0], "say 'fleet show', 'fleet check FILE' or 'fleet apply FILE'");
}
