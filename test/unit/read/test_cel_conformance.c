/* The public conformance cases of the Common Expression Language, test/law/cel-conformance.jsonl.
 *
 * The file has one JSON object a line; the first says where they are from. {"group", "name",
 * "skip": reason} is a case of a part that Berth leaves out. Else: `expr`; `declare` {variable:
 * type} and `container`, what the checker is told; `bind` {variable: value}; `unchecked`: not to be
 * type-checked; and what must come: `value`, or `error` (the specification's text for it, which
 * binds nobody), or neither where only the checker is asked; `type` as the checker deduces it. A
 * value is {kind: content}: int, uint and double as text, bytes in hexadecimal, a map as a list of
 * pairs.
 *
 * Each case is judged three ways, none of which goes through what it judges: the value with its
 * exact kind after a check; the JSON that `berth law eval` prints, which never checks; the type
 * that `berth law eval --type` prints. The program ends with a table of what passed, by group. */
#include "law/cel/cel.h"
#include "read/cel_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASES_FILE "test/law/cel-conformance.jsonl"

enum { LINE_MAX_BYTES = 65536, GROUPS_MAX = 64, CASES_MAX = 4096, VARS_MAX = 16 };

enum judged { BY_VALUE, BY_JSON, BY_TYPE, JUDGED_COUNT };

struct group {
    char name[64];
    unsigned asked[JUDGED_COUNT], passed[JUDGED_COUNT], skipped;
    char reasons[96]; /* why some are left out, each reason once */
};

static json_t *cases[CASES_MAX];
static size_t case_count;
static struct group groups[GROUPS_MAX];
static size_t group_count;

static const char *text_of(const json_t *c, const char *key)
{
    return json_string_value(json_object_get(c, key));
}

static struct group *group_of(const json_t *c)
{
    for (size_t i = 0; i < group_count; i++) {
        if (strcmp(groups[i].name, text_of(c, "group")) == 0) return &groups[i];
    }
    assert_true(group_count < GROUPS_MAX);
    (void)snprintf(groups[group_count].name, sizeof groups[0].name, "%s", text_of(c, "group"));
    return &groups[group_count++];
}

static int read_cases(void **state)
{
    static char line[LINE_MAX_BYTES];
    json_error_t why;
    FILE *f = fopen(CASES_FILE, "re");
    (void)state;
    if (f == NULL) fail_msg("cannot open " CASES_FILE ": run this from the project's folder");
    while (fgets(line, sizeof line, f) != NULL) {
        json_t *c = json_loads(line, JSON_ALLOW_NUL, &why);
        if (c == NULL) fail_msg("%s: %s: %s", CASES_FILE, why.text, line);
        if (text_of(c, "source") != NULL) { /* where all of it is from */
            json_decref(c);
            continue;
        }
        assert_true(case_count < CASES_MAX);
        cases[case_count++] = c;
        struct group *g = group_of(c);
        const char *skip = text_of(c, "skip");
        if (skip == NULL) continue;
        g->skipped++;
        if (strstr(g->reasons, skip) != NULL) continue;
        size_t len = strlen(g->reasons);
        (void)snprintf(g->reasons + len, sizeof g->reasons - len, "%s%s", len > 0 ? ", " : "",
                       skip);
    }
    return fclose(f);
}

/* ---------------------------------------------------------------- values that are wanted */

/* The bytes that a hexadecimal text stands for. */
static struct str bytes_of(struct arena *a, const json_t *hex)
{
    size_t len = json_string_length(hex) / 2;
    unsigned char *p = arena_alloc(a, len + 1, 1);
    assert_int_equal(sodium_hex2bin(p, len + 1, json_string_value(hex), 2 * len, NULL, &len, NULL),
                     0);
    return (struct str){(const char *)p, len};
}

static struct str string_in(const json_t *j)
{
    return (struct str){json_string_value(j), json_string_length(j)};
}

/* The same value of the same kind? NaN is the same as NaN, 0.0 as -0.0. */
static bool is_value(struct arena *a, json_t *want, struct cel_value got);

static bool is_list(struct arena *a, const json_t *items, struct cel_value got)
{
    if (got.kind != CEL_LIST || got.len != json_array_size(items)) return false;
    for (uint32_t i = 0; i < got.len; i++) {
        if (!is_value(a, json_array_get(items, i), got.as.items[i])) return false;
    }
    return true;
}

static bool is_map(struct arena *a, const json_t *pairs, struct cel_value got)
{
    if (got.kind != CEL_MAP || got.as.map->count != json_array_size(pairs)) return false;
    for (size_t i = 0; i < json_array_size(pairs); i++) {
        const json_t *pair = json_array_get(pairs, i);
        bool found = false;
        for (uint32_t k = 0; k < got.as.map->count && !found; k++) {
            found = is_value(a, json_array_get(pair, 0), got.as.map->entries[k].key) &&
                    is_value(a, json_array_get(pair, 1), got.as.map->entries[k].value);
        }
        if (!found) return false;
    }
    return true;
}

static bool is_value(struct arena *a, json_t *want, struct cel_value got)
{
    void *it = json_object_iter(want);
    const char *kind = json_object_iter_key(it);
    const json_t *w = json_object_iter_value(it);
    const char *text = json_string_value(w);
    if (strcmp(kind, "null") == 0) return got.kind == CEL_NULL;
    if (strcmp(kind, "bool") == 0) return got.kind == CEL_BOOL && got.as.b == json_is_true(w);
    if (strcmp(kind, "int") == 0) return got.kind == CEL_INT && got.as.i == strtoll(text, NULL, 10);
    if (strcmp(kind, "uint") == 0) {
        return got.kind == CEL_UINT && got.as.u == strtoull(text, NULL, 10);
    }
    if (strcmp(kind, "double") == 0) {
        double d = strtod(text, NULL);
        return got.kind == CEL_DOUBLE &&
               (isnan(d) ? isnan(got.as.d) : !(got.as.d < d || got.as.d > d) && !isnan(got.as.d));
    }
    if (strcmp(kind, "string") == 0) {
        return got.kind == CEL_STRING && str_eq(cel_str(got), string_in(w));
    }
    if (strcmp(kind, "bytes") == 0) {
        return got.kind == CEL_BYTES && str_eq(cel_str(got), bytes_of(a, w));
    }
    if (strcmp(kind, "type") == 0) return got.kind == CEL_TYPE && str_eqz(cel_str(got), text);
    if (strcmp(kind, "list") == 0) return is_list(a, w, got);
    assert_string_equal(kind, "map");
    return is_map(a, w, got);
}

static struct cel_value value_in(struct arena *a, json_t *tagged)
{
    void *it = json_object_iter(tagged);
    const char *kind = json_object_iter_key(it);
    const json_t *w = json_object_iter_value(it);
    const char *text = json_string_value(w);
    size_t count = json_array_size(w);
    if (strcmp(kind, "null") == 0) return cel_null();
    if (strcmp(kind, "bool") == 0) return cel_bool(json_is_true(w));
    if (strcmp(kind, "int") == 0) return cel_int(strtoll(text, NULL, 10));
    if (strcmp(kind, "uint") == 0) return cel_uint(strtoull(text, NULL, 10));
    if (strcmp(kind, "double") == 0) return cel_double(strtod(text, NULL));
    if (strcmp(kind, "string") == 0) return cel_string(string_in(w));
    if (strcmp(kind, "bytes") == 0) return cel_bytes(bytes_of(a, w));
    if (strcmp(kind, "duration") == 0) { /* of 0 or more, with nine digits behind the point */
        char *point;
        struct cel_value v = {.kind = CEL_DURATION, .as.i = strtoll(text, &point, 10)};
        v.len = (uint32_t)strtoul(point + 1, NULL, 10);
        return v;
    }
    if (strcmp(kind, "list") == 0) {
        struct cel_value *items = ARENA_ARRAY(a, count, struct cel_value);
        for (size_t i = 0; i < count; i++) items[i] = value_in(a, json_array_get(w, i));
        return cel_list(items, (uint32_t)count);
    }
    assert_string_equal(kind, "map");
    struct cel_entry *entries = ARENA_ARRAY(a, count, struct cel_entry);
    for (size_t i = 0; i < count; i++) {
        entries[i].key = value_in(a, json_array_get(json_array_get(w, i), 0));
        entries[i].value = value_in(a, json_array_get(json_array_get(w, i), 1));
    }
    return cel_map_new(a, entries, (uint32_t)count, false, STR(""));
}

/* The value as the specification's "JSON Data Conversion" has it. */
static json_t *json_wanted(struct arena *a, json_t *tagged)
{
    void *it = json_object_iter(tagged);
    const char *kind = json_object_iter_key(it);
    json_t *w = json_object_iter_value(it);
    const char *text = json_string_value(w);
    if (strcmp(kind, "int") == 0 || strcmp(kind, "uint") == 0) {
        double d = strtod(text, NULL); /* exact below 2^53 */
        return fabs(d) < 9007199254740992.0 ? json_integer((json_int_t)d) : json_string(text);
    }
    if (strcmp(kind, "double") == 0) {
        double d = strtod(text, NULL);
        return isfinite(d) ? json_real(d) : json_string(text);
    }
    if (strcmp(kind, "bytes") == 0) {
        struct str s = bytes_of(a, w);
        size_t room = sodium_base64_ENCODED_LEN(s.len, sodium_base64_VARIANT_ORIGINAL);
        char *out = arena_alloc(a, room, 1);
        return json_string(sodium_bin2base64(out, room, (const unsigned char *)s.p, s.len,
                                             sodium_base64_VARIANT_ORIGINAL));
    }
    json_t *out = NULL;
    if (strcmp(kind, "list") == 0) {
        out = json_array();
        for (size_t i = 0; i < json_array_size(w); i++) {
            (void)json_array_append_new(out, json_wanted(a, json_array_get(w, i)));
        }
    } else if (strcmp(kind, "map") == 0) {
        out = json_object();
        for (size_t i = 0; i < json_array_size(w); i++) {
            json_t *key = json_array_get(json_array_get(w, i), 0);
            json_t *k = json_object_iter_value(json_object_iter(key));
            const char *name =
                json_is_boolean(k) ? (json_is_true(k) ? "true" : "false") : json_string_value(k);
            (void)json_object_set_new(out, name,
                                      json_wanted(a, json_array_get(json_array_get(w, i), 1)));
        }
    } else {
        out = json_incref(w); /* null, bool, string, type */
    }
    return out;
}

/* ---------------------------------------------------------------- one case */

/* "int", "list(string)", "map(string, int)": what the file declares. */
static const struct cel_type *type_named(struct arena *a, const char *name)
{
    static const struct {
        const char *name;
        const struct cel_type *type;
    } plain[] = {
        {"dyn", &cel_type_dyn},
        {"null", &cel_type_null},
        {"bool", &cel_type_bool},
        {"int", &cel_type_int},
        {"uint", &cel_type_uint},
        {"double", &cel_type_double},
        {"string", &cel_type_string},
        {"bytes", &cel_type_bytes},
        {"timestamp", &cel_type_timestamp},
        {"duration", &cel_type_duration},
    };
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        if (strcmp(plain[i].name, name) == 0) return plain[i].type;
    }
    size_t len = strlen(name);
    const char *comma = strchr(name, ',');
    char inner[64];
    assert_true(len < sizeof inner && name[len - 1] == ')');
    if (strncmp(name, "list(", 5) == 0) {
        (void)snprintf(inner, sizeof inner, "%.*s", (int)len - 6, name + 5);
        return cel_type_list(a, type_named(a, inner));
    }
    assert_true(strncmp(name, "map(", 4) == 0 && comma != NULL);
    (void)snprintf(inner, sizeof inner, "%.*s", (int)(comma - name) - 4, name + 4);
    const struct cel_type *key = type_named(a, inner);
    (void)snprintf(inner, sizeof inner, "%.*s", (int)len - 1 - (int)(comma + 2 - name), comma + 2);
    return cel_type_map(a, key, type_named(a, inner));
}

/* A case made ready: its variables as the checker and as the evaluator take them. */
struct trial {
    json_t *c;
    struct arena arena;
    struct cel_decl decls[VARS_MAX];
    struct cel_value values[VARS_MAX]; /* by decls; CEL_UNKNOWN: declared and not bound */
    struct cel_schema schema;
};

static void trial_begin(struct trial *t, json_t *c)
{
    const char *name;
    json_t *j;
    *t = (struct trial){.c = c, .schema.decls = t->decls};
    arena_init(&t->arena);
    json_object_foreach(json_object_get(c, "declare"), name, j)
    {
        assert_true(t->schema.count < VARS_MAX);
        t->decls[t->schema.count].name = str_of(name);
        t->decls[t->schema.count].type = type_named(&t->arena, json_string_value(j));
        json_t *v = json_object_get(json_object_get(c, "bind"), name);
        if (v != NULL) t->values[t->schema.count] = value_in(&t->arena, v);
        t->schema.count++;
    }
    t->schema.container = str_of(text_of(c, "container"));
}

static bool lookup(void *ctx, struct str name, struct arena *a, struct cel_value *out)
{
    const struct trial *t = ctx;
    json_t *v = json_object_get(json_object_get(t->c, "bind"), str_dupz(a, name));
    if (v != NULL) *out = value_in(a, v);
    return v != NULL;
}

/* The value, or an error that says why there is none. */
static struct cel_value outcome(struct trial *t, bool check)
{
    struct cel_env env = {.lookup = lookup, .ctx = t};
    struct cel_expr *e;
    struct errtext why;
    if (check) env = (struct cel_env){.vars = t->values, .var_count = t->schema.count};
    struct str expr = string_in(json_object_get(t->c, "expr"));
    if (cel_compile(&t->arena, expr, check ? &t->schema : NULL, NULL, &e, &why) != ERR_NONE) {
        return cel_error(&t->arena, "%s", why.s);
    }
    return cel_eval(e, &env, &t->arena);
}

/* A container is part of a schema, so a case that has one is checked even where it need not be. */
static bool passes_by_value(struct trial *t, const char **got)
{
    bool check = json_object_get(t->c, "unchecked") == NULL || t->schema.container.len > 0;
    struct cel_value v = outcome(t, check);
    json_t *want = json_object_get(t->c, "value");
    *got = v.kind == CEL_ERROR ? arena_printf(&t->arena, "!" STR_FMT, STR_ARG(v.as.error->text))
                               : cel_value_text(&t->arena, v).p;
    return want == NULL ? v.kind == CEL_ERROR : is_value(&t->arena, want, v);
}

static bool passes_by_json(struct trial *t, const char **got)
{
    struct cel_value v = outcome(t, false);
    json_t *want = json_object_get(t->c, "value");
    if (v.kind == CEL_ERROR) *got = arena_printf(&t->arena, "!" STR_FMT, STR_ARG(v.as.error->text));
    if (v.kind == CEL_ERROR || want == NULL) return v.kind == CEL_ERROR && want == NULL;
    struct buf b = {0};
    assert_int_equal(cel_to_json(v, &b, NULL), ERR_NONE);
    *got = str_dupz(&t->arena, buf_str(&b));
    buf_release(&b);
    json_t *is = json_loads(*got, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    json_t *should = json_wanted(&t->arena, want);
    bool same = is != NULL && json_equal(is, should);
    json_decref(is);
    json_decref(should);
    return same;
}

static bool passes_by_type(struct trial *t, const char **got)
{
    struct cel_expr *e;
    struct errtext why;
    struct str expr = string_in(json_object_get(t->c, "expr"));
    if (cel_compile(&t->arena, expr, &t->schema, NULL, &e, &why) != ERR_NONE) {
        *got = arena_printf(&t->arena, "!%s", why.s);
        return json_object_get(t->c, "error") != NULL; /* found before it is evaluated */
    }
    *got = cel_expr_type(e);
    return strcmp(*got, text_of(t->c, "type")) == 0;
}

/* ---------------------------------------------------------------- all cases */

static bool is_asked(const json_t *c, enum judged by)
{
    if (text_of(c, "skip") != NULL) return false;
    if (by == BY_TYPE) return text_of(c, "type") != NULL;
    if (json_object_get(c, "value") == NULL && text_of(c, "error") == NULL) return false;
    return by == BY_VALUE || text_of(c, "container") == NULL; /* law eval knows no containers */
}

static void run_all(enum judged by, bool (*passes)(struct trial *t, const char **got))
{
    unsigned failed = 0;
    for (size_t i = 0; i < case_count; i++) {
        json_t *c = cases[i];
        const char *got = "";
        struct trial t;
        if (!is_asked(c, by)) continue;
        trial_begin(&t, c);
        struct group *g = group_of(c);
        bool ok = passes(&t, &got);
        g->asked[by]++;
        g->passed[by] += ok ? 1 : 0;
        failed += ok ? 0 : 1;
        if (!ok) {
            char *line = json_dumps(c, JSON_COMPACT);
            print_error("%s\n  got: %s\n", line, got);
            free(line);
        }
        arena_release(&t.arena);
    }
    assert_int_equal(failed, 0);
}

static void every_case_gives_its_value_and_kind(void **state)
{
    (void)state;
    run_all(BY_VALUE, passes_by_value);
}

static void every_case_gives_its_json_without_a_check(void **state)
{
    (void)state;
    run_all(BY_JSON, passes_by_json);
}

static void the_checker_deduces_every_type(void **state)
{
    (void)state;
    run_all(BY_TYPE, passes_by_type);
}

static void print_row(const char *name, const struct group *g)
{
    printf("%-16s", name);
    for (int by = 0; by < JUDGED_COUNT; by++) {
        char text[32] = "-";
        if (g->asked[by] > 0)
            (void)snprintf(text, sizeof text, "%u/%u", g->passed[by], g->asked[by]);
        printf(" %10s", text);
    }
    printf(" %9u  %s\n", g->skipped, g->reasons);
}

static int print_table(void **state)
{
    struct group total = {0};
    (void)state;
    printf("\n%-16s %10s %10s %10s %9s\n", "group", "value", "JSON", "type", "left out");
    for (size_t i = 0; i < group_count; i++) {
        print_row(groups[i].name, &groups[i]);
        for (int by = 0; by < JUDGED_COUNT; by++) {
            total.asked[by] += groups[i].asked[by];
            total.passed[by] += groups[i].passed[by];
        }
        total.skipped += groups[i].skipped;
    }
    print_row("all", &total);
    for (size_t i = 0; i < case_count; i++) json_decref(cases[i]);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_gives_its_value_and_kind),
        cmocka_unit_test(every_case_gives_its_json_without_a_check),
        cmocka_unit_test(the_checker_deduces_every_type),
    };
    return cmocka_run_group_tests(tests, read_cases, print_table);
}
