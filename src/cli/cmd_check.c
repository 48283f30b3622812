#include "cli/cmd_check.h"

#include "base/civil.h"
#include "cli/check_page.h"
#include "cli/law_files.h"
#include "cli/say.h"
#include "cli/table.h"
#include "read/deal_yaml.h"
#include "read/fleet_yaml.h"
#include "read/text_file.h"
#include "read/verdict_json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { OPT_JSON = OPTION_LONG, OPT_LAW, OPT_BIND, OPT_FLEET };
enum { EXIT_UNRESOLVED = 3, DATES_MAX = 64 };

const struct cli_option check_options[] = {
    {OPT_JSON, "json", NULL, "print one JSON object a line for each verdict"},
    {OPT_LAW, "law", "DIR", "read the rule packs of DIR; may be repeated"},
    {OPT_BIND, "bind", "LIST",
     "levels that bind (law,act,guidance); the others, reported and proposed, give warnings"},
    {OPT_FLEET, "fleet", "FILE", "take parties that cases name by id from this fleet file"},
    {0},
};

struct check {
    struct law_files files;
    const char *fleet_path;
    bool json, colour;
    int width;
    uint32_t printed;
    bool refused, unresolved; /* of any verdict */
};

static void count(struct check *k, const struct law_verdict *v)
{
    if (v->effect == EFFECT_UNRESOLVED)
        k->unresolved = true;
    else if (!v->allowed)
        k->refused = true;
}

static void put_law(const struct check *k, struct buf *law)
{
    buf_printf(law, "packs at " STR_FMT "; binding: ", STR_ARG(k->files.digest));
    levels_put(k->files.bind, law);
}

static void print_page(const struct check *k, const struct law_case *c, const struct law_verdict *v,
                       struct str name)
{
    struct buf page = {0}, law = {0};
    put_law(k, &law);
    check_page_put(c, v, name, buf_str(&law), k->width, k->colour, &page);
    say_buf(&page, stdout);
    buf_release(&page);
    buf_release(&law);
}

/* The verdict with what it is on, and by which law: who has both gets these bytes again. */
static void print_json(const struct check *k, const struct law_verdict *v, json_t *extra)
{
    struct buf line = {0}, bind = {0};
    levels_put(k->files.bind, &bind);
    json_object_set_new(extra, "packs", json_stringn(k->files.digest.p, k->files.digest.len));
    json_object_set_new(extra, "bind", json_stringn(bind.len > 0 ? bind.p : "", bind.len));
    verdict_json_put(v, extra, &line);
    buf_putc(&line, '\n');
    say_buf(&line, stdout);
    buf_release(&line);
    buf_release(&bind);
}

/* ---- cases ----------------------------------------------------------------------------------- */

static void check_case(struct check *k, const struct law_case *c, struct str name)
{
    struct arena arena;
    struct law_verdict v;
    arena_init(&arena);
    law_decide(k->files.law, c, &arena, &v);
    count(k, &v);
    if (k->json) {
        json_t *extra = json_object();
        if (name.len > 0) json_object_set_new(extra, "name", json_stringn(name.p, name.len));
        print_json(k, &v, extra);
        json_decref(extra);
    } else {
        if (k->printed > 0) putchar('\n');
        print_page(k, c, &v, name);
    }
    k->printed++;
    arena_release(&arena);
}

/* ---- deals ----------------------------------------------------------------------------------- */

/* The day after `at` on which the deal is looked at again: its start, each day on which the law is
 * known to change, and `change_ms`, on which one of its acts gets another verdict (a permit ends,
 * an owner sells). CIVIL_NEVER_MS: none before it ends. */
static int64_t next_day(const struct check *k, const struct deal *d, int64_t at, int64_t change_ms)
{
    int64_t next = law_next_change(k->files.law, at);
    if (change_ms < next) next = change_ms;
    if (at < d->starts_ms && d->starts_ms < next) next = d->starts_ms;
    return next < d->ends_ms ? next : CIVIL_NEVER_MS;
}

/* Does the act take place on that day? Signing and delivery happen once, use goes on. */
static bool takes_place(const struct deal *d, const struct deal_act *a, int64_t on_ms)
{
    switch ((enum deal_time)a->time) {
    case DEAL_SIGNING: return on_ms == d->signed_ms;
    case DEAL_START: return on_ms == d->starts_ms;
    case DEAL_USE: return on_ms >= d->starts_ms;
    }
    return false;
}

struct seen {
    int effect, policy;
    bool allowed, known;
};

/* What a deal comes to: its acts on signing day, and the first day on which one of them that might
 * be done may not; CIVIL_NEVER_MS: none. */
struct outcome {
    uint32_t acts, refused, unresolved;
    int64_t worse_ms;
};

static void put_stops(const struct law_verdict *v, struct buf *out)
{
    for (uint32_t i = 0; i < v->finding_count; i++) {
        const struct law_finding *f = &v->findings[i];
        if (f->effect == EFFECT_PERMIT) continue;
        if (out->len > 0) buf_puts(out, ", ");
        buf_put_str(out, f->rule);
        if (!f->binding)
            buf_puts(out, " (warning)");
        else if (f->met)
            buf_puts(out, " (met)");
    }
    for (uint32_t i = 0; i < v->unresolved_count; i++)
        buf_printf(out, "%s" STR_FMT "?", out->len > 0 ? ", " : "", STR_ARG(v->unresolved[i].fact));
}

static void deal_json(const struct check *k, const struct deal *d, const struct deal_act *a,
                      const struct law_verdict *v)
{
    json_t *extra = json_object();
    json_object_set_new(extra, "deal",
                        json_stringn(d->name.p != NULL ? d->name.p : "", d->name.len));
    json_object_set_new(extra, "act", json_string(law_act_names[a->act]));
    json_object_set_new(
        extra, "chip",
        json_stringn(a->c.chip.id.p != NULL ? a->c.chip.id.p : "", a->c.chip.id.len));
    json_object_set_new(extra, "to", json_stringn(a->c.to.p != NULL ? a->c.to.p : "", a->c.to.len));
    print_json(k, v, extra);
    json_decref(extra);
}

static void deal_row(struct table *t, const struct deal_act *a, int64_t on_ms,
                     const struct law_verdict *v)
{
    char date[CIVIL_TEXT_MAX];
    struct buf b = {0};
    struct law_case shown = a->c;
    if (!str_eq(shown.from, shown.to)) shown.from = (struct str){0}; /* the same for all */
    table_add(t, str_of(civil_format(on_ms, date)));
    check_put_case(&shown, &b);
    table_add(t, buf_str(&b));
    buf_clear(&b);
    check_put_short(v, &b);
    table_add_colour(t, (enum colour)check_colour(v), buf_str(&b));
    buf_clear(&b);
    put_stops(v, &b);
    table_add(t, b.len > 0 ? buf_str(&b) : STR("-"));
    buf_release(&b);
}

static void add_outcome(struct outcome *o, const struct law_verdict *v, bool first_day,
                        const struct seen *before)
{
    if (before->known && before->allowed && !v->allowed && v->on_ms < o->worse_ms)
        o->worse_ms = v->on_ms;
    if (!first_day) return;
    o->acts++;
    if (v->effect == EFFECT_UNRESOLVED)
        o->unresolved++;
    else if (!v->allowed)
        o->refused++;
}

/* Every act on one day; only what is new since the last day is told. Returns the first later day on
 * which one of them gets another verdict. */
static int64_t check_day(struct check *k, const struct deal *d, int64_t on_ms, bool first_day,
                         struct seen *seen, struct table *t, struct outcome *o)
{
    int64_t change_ms = CIVIL_NEVER_MS;
    struct arena arena;
    arena_init(&arena);
    for (uint32_t i = 0; i < d->act_count; i++) {
        struct deal_act a = d->acts[i];
        struct law_verdict v;
        /* On signing day the whole deal is judged, under the law of that day. */
        if (!first_day && !takes_place(d, &a, on_ms)) continue;
        a.c.on_ms = on_ms;
        law_decide(k->files.law, &a.c, &arena, &v);
        if (first_day) count(k, &v);
        if (v.next_change_ms < change_ms) change_ms = v.next_change_ms;
        add_outcome(o, &v, first_day, &seen[i]);
        struct seen now = {v.effect, v.policy, v.allowed, true};
        bool same = seen[i].known && seen[i].effect == now.effect && seen[i].policy == now.policy &&
                    seen[i].allowed == now.allowed;
        seen[i] = now;
        if (k->json)
            deal_json(k, d, &a, &v);
        else if (!same)
            deal_row(t, &a, on_ms, &v);
        arena_clear(&arena);
    }
    arena_release(&arena);
    return change_ms;
}

static void deal_head(const struct check *k, const struct deal *d)
{
    char signed_on[CIVIL_TEXT_MAX], ends[CIVIL_TEXT_MAX];
    struct buf b = {0};
    buf_printf(&b, "%s", deal_kind_names[d->kind]);
    if (d->name.len > 0) buf_printf(&b, " " STR_FMT, STR_ARG(d->name));
    buf_printf(&b, ", signed %s", civil_format(d->signed_ms, signed_on));
    if (d->ends_ms != CIVIL_NEVER_MS)
        buf_printf(&b, ", until %s", civil_format(d->ends_ms - CIVIL_DAY_MS, ends));
    if (d->value_usd > 0) buf_printf(&b, ", worth %" PRId64 " USD", d->value_usd);
    say_coloured(k->colour, COLOUR_BOLD, STR_FMT, STR_ARG(buf_str(&b)));
    putchar('\n');
    buf_release(&b);
}

/* What whoever signs wants to know first. */
static void deal_outcome(const struct check *k, const struct outcome *o)
{
    struct buf b = {0}, text = {0};
    char date[CIVIL_TEXT_MAX];
    uint32_t open = o->refused + o->unresolved;
    buf_printf(&b, "On signing day %u of its %u acts may be done", o->acts - open, o->acts);
    if (o->refused > 0) buf_printf(&b, ", %u may not", o->refused);
    if (o->unresolved > 0) buf_printf(&b, ", %u cannot be told", o->unresolved);
    if (o->worse_ms != CIVIL_NEVER_MS)
        buf_printf(&b, ". From %s on one that may be done then may not.",
                   civil_format(o->worse_ms, date));
    else if (open < o->acts)
        buf_puts(&b, ". No date is known on which one that may be done becomes unlawful.");
    else
        buf_puts(&b, ".");
    text_wrap(&text, buf_str(&b), k->width, 0, 2);
    buf_putc(&text, '\n');
    say_buf(&text, stdout);
    buf_release(&text);
    buf_release(&b);
}

static void check_deal(struct check *k, struct deal *d)
{
    static const struct table_column columns[] = {
        {"DATE", COLUMN_PLAIN},
        {"ACT", COLUMN_SHRINKS},
        {"VERDICT", COLUMN_PLAIN},
        {"RULES AND OPEN FACTS", COLUMN_WRAPS},
    };
    struct arena arena;
    struct outcome outcome = {.worse_ms = CIVIL_NEVER_MS};
    arena_init(&arena);
    deal_acts(d, k->files.law, &arena);
    struct seen *seen = ARENA_ARRAY(&arena, d->act_count + 1, struct seen);
    struct table t;
    table_init(&t, columns, sizeof columns / sizeof *columns);
    int64_t on_ms = d->signed_ms;
    for (int i = 0; i < DATES_MAX && on_ms != CIVIL_NEVER_MS; i++) {
        int64_t change_ms = check_day(k, d, on_ms, i == 0, seen, &t, &outcome);
        on_ms = next_day(k, d, on_ms, change_ms);
    }
    if (!k->json) {
        if (k->printed > 0) putchar('\n');
        deal_head(k, d);
        deal_outcome(k, &outcome);
        struct buf text = {0};
        table_print(&t, &text, k->width, 0, true, k->colour);
        say_buf(&text, stdout);
        buf_release(&text);
        /* The pages of what stands in the way on signing day. */
        for (uint32_t i = 0; i < d->act_count; i++) {
            struct law_case c = d->acts[i].c;
            struct law_verdict v;
            c.on_ms = d->signed_ms;
            law_decide(k->files.law, &c, &arena, &v);
            if (v.allowed && v.finding_count == 0) continue;
            putchar('\n');
            print_page(k, &c, &v, (struct str){0});
        }
    }
    k->printed++;
    table_release(&t);
    arena_release(&arena);
}

/* ---- permits --------------------------------------------------------------------------------- */

/* A permit under a rule that no pack has meets nothing; mostly the id is misspelt. */
static void note_permits(const struct check *k, const struct law_case *c)
{
    for (uint32_t i = 0; i < c->permit_count; i++)
        if (law_rule(k->files.law, c->permits[i].rule) == NULL)
            say_note(k->files.name, "no pack has the rule '" STR_FMT "' of a permit",
                     STR_ARG(c->permits[i].rule));
}

/* ---- files ----------------------------------------------------------------------------------- */

static int check_document(struct check *k, const struct yaml_node *n)
{
    struct law_files *f = &k->files;
    if (deal_yaml_is(n)) {
        struct deal d;
        if (!deal_yaml_node(&f->errs, n, &f->world, &f->arena, &d)) return EXIT_USER;
        note_permits(k, &d.rows[0]);
        check_deal(k, &d);
        return GO_ON;
    }
    struct law_case c;
    struct str name;
    if (!case_yaml_node(&f->errs, n, &f->world, &f->arena, &c, &name)) return EXIT_USER;
    note_permits(k, &c);
    check_case(k, &c, name);
    return GO_ON;
}

static int check_file(struct check *k, const char *path)
{
    struct law_files *f = &k->files;
    struct errtext e;
    struct str bytes = {0};
    struct yaml_doc doc;
    yaml_errors_init(&f->errs, &f->arena); /* those of the file before are told */
    const char *shown = strcmp(path, "-") == 0 ? "(standard input)" : path;
    if (text_file_read(path, YAML_BYTES_MAX, &f->arena, &bytes, &e) != ERR_NONE)
        return say_error(f->name, "%s", e.s);
    if (!yaml_parse(bytes, YAML_BYTES_MAX, str_of(shown), &f->arena, &f->errs, &doc))
        return law_files_errors(f);
    bool is_list = doc.root->kind == YAML_LIST;
    const struct yaml_node *items = is_list ? doc.root->items : doc.root;
    uint32_t n = is_list ? doc.root->count : 1;
    if (is_list && (n == 0 || n > CASES_MAX))
        yaml_fail(&f->errs, doc.root, "a file holds 1 to %d cases", CASES_MAX);
    for (uint32_t i = 0; i < n && f->errs.total < YAML_ERRORS_MAX; i++)
        (void)check_document(k, &items[i]);
    return law_files_errors(f);
}

static int load_fleet(struct check *k)
{
    struct law_files *f = &k->files;
    struct errtext e;
    struct str bytes = {0};
    struct fleet *fleet = ARENA_NEW(&f->arena, struct fleet);
    if (text_file_read(k->fleet_path, YAML_BYTES_MAX, &f->arena, &bytes, &e) != ERR_NONE)
        return say_error(f->name, "%s", e.s);
    enum err got = fleet_yaml_read(bytes, k->fleet_path, f->world.chips, f->world.chip_count,
                                   &f->arena, fleet, &f->errs);
    if (got != ERR_NONE || f->errs.total > 0) return law_files_errors(f);
    f->world.fleet = fleet;
    return GO_ON;
}

static int parse_one(struct check *k, struct args *a, int id)
{
    switch (id) {
    case ARGS_STOP: return a->exit_code;
    case OPT_JSON: k->json = true; break;
    case OPT_LAW: return law_files_add(&k->files, a->value);
    case OPT_BIND: return law_files_bind(&k->files, a->value);
    case OPT_FLEET: k->fleet_path = a->value; break;
    default: break;
    }
    return GO_ON;
}

static int run(struct check *k, struct args *a)
{
    for (int id; (id = args_next(a)) != ARGS_END;) {
        int code = parse_one(k, a, id);
        if (code != GO_ON) return code;
    }
    if (args_count(a) == 0)
        return say_error(a->name, "name a case file, or - for standard input; see '%s --help'",
                         a->name);
    int code = law_files_chips(&k->files);
    if (code == GO_ON) code = law_files_load(&k->files);
    if (code == GO_ON && k->fleet_path != NULL) code = load_fleet(k);
    if (code != GO_ON) return code;
    /* A file that is wrong keeps no other from being judged. */
    for (int i = 0; i < args_count(a); i++)
        if (check_file(k, args_operands(a)[i]) != GO_ON) code = EXIT_USER;
    if (code != GO_ON) return code;
    return k->refused ? EXIT_LAW : k->unresolved ? EXIT_UNRESOLVED : EXIT_DONE;
}

int cmd_check(int argc, char **argv)
{
    struct check k = {.width = say_width(), .colour = say_in_colour()};
    struct args a;
    law_files_init(&k.files, argv[0]);
    args_init(&a, argc, argv, check_options, false);
    int code = run(&k, &a);
    law_files_release(&k.files);
    return say_end(argv[0], code);
}
