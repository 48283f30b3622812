/* What a daemon really answered, against docs/openapi.yaml.
 *
 *     test_openapi_calls FILE
 *
 * FILE (test/e2e/test_openapi.sh writes it) has one line for each call, with tabs between:
 *
 *     METHOD PATH STATUS CONTENT-TYPE REQUEST-FILE REPLY-FILE        "-": no body, or not JSON
 *
 * Each call must be described, its status listed (or fall under default), the content type be the
 * one described, and JSON fit its schema: types, enums, bounds, required properties, no property
 * that is not described. Every operation must have been called with success. Without FILE this is
 * a unit test of the checker itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "openapi_doc.h"

#include <jansson.h>
#include <stdlib.h>

/* ---- values against schemas ------------------------------------------------------------------ */

struct checker {
    struct openapi file;
    char where[512]; /* path of the value in hand */
    char why[1024]; /* the first thing that does not fit */
};

static bool unfit(struct checker *c, const char *what, const char *detail)
{
    snprintf(c->why, sizeof c->why, "%s: %s%s%s", c->where[0] != '\0' ? c->where : "the body", what,
             detail[0] != '\0' ? " " : "", detail);
    return false;
}

static bool fits(struct checker *c, const struct yaml_node *schema, json_t *v);

/* Check a part of the value in hand under a longer path. */
static bool fits_at(struct checker *c, const char *step, const struct yaml_node *schema, json_t *v)
{
    size_t n = strlen(c->where);
    snprintf(c->where + n, sizeof c->where - n, "%s%s", n > 0 ? "." : "", step);
    bool ok = fits(c, schema, v);
    c->where[n] = '\0';
    return ok;
}

static bool fits_object(struct checker *c, const struct yaml_node *schema, json_t *v)
{
    const struct yaml_node *properties = yaml_get(schema, "properties");
    const struct yaml_node *required = yaml_get(schema, "required");
    const char *key;
    json_t *value;
    for (uint32_t i = 0; required != NULL && i < required->count; i++)
        if (json_object_get(v, required->items[i].text.p) == NULL)
            return unfit(c, "lacks", required->items[i].text.p);
    if (properties == NULL) return true;
    json_object_foreach(v, key, value)
    {
        const struct yaml_node *property = yaml_get(properties, key);
        if (property == NULL) return unfit(c, "has, what is not described,", key);
        if (!fits_at(c, key, property, value)) return false;
    }
    return true;
}

static bool fits_array(struct checker *c, const struct yaml_node *schema, json_t *v)
{
    const struct yaml_node *items = yaml_get(schema, "items");
    if (items == NULL) return unfit(c, "is described without items", "");
    for (size_t i = 0; i < json_array_size(v); i++) {
        char step[24];
        snprintf(step, sizeof step, "%zu", i);
        if (!fits_at(c, step, items, json_array_get(v, i))) return false;
    }
    return true;
}

static bool fits_string(struct checker *c, const struct yaml_node *schema, json_t *v)
{
    const struct yaml_node *words = yaml_get(schema, "enum");
    if (words == NULL) return true;
    for (uint32_t i = 0; i < words->count; i++)
        if (yaml_is(&words->items[i], json_string_value(v))) return true;
    return unfit(c, "is not one of the words:", json_string_value(v));
}

static bool fits_integer(struct checker *c, const struct yaml_node *schema, json_t *v)
{
    const struct yaml_node *least = yaml_get(schema, "minimum"),
                           *most = yaml_get(schema, "maximum");
    int64_t bound = 0;
    if (least != NULL && str_to_i64(least->text, &bound) && json_integer_value(v) < bound)
        return unfit(c, "is less than", least->text.p);
    if (most != NULL && str_to_i64(most->text, &bound) && json_integer_value(v) > bound)
        return unfit(c, "is more than", most->text.p);
    return true;
}

/* Exactly one of them. */
static bool fits_one_of(struct checker *c, const struct yaml_node *choices, json_t *v)
{
    uint32_t fit = 0;
    for (uint32_t i = 0; i < choices->count; i++) fit += fits(c, &choices->items[i], v);
    if (fit == 1) return true;
    return fit == 0 ? false : unfit(c, "fits several of oneOf", "");
}

static bool fits(struct checker *c, const struct yaml_node *schema, json_t *v)
{
    schema = openapi_follow(&c->file, schema);
    if (schema == NULL) return unfit(c, "has a reference that leads nowhere", "");
    const struct yaml_node *choices = yaml_get(schema, "oneOf");
    if (choices != NULL) return fits_one_of(c, choices, v);
    const struct yaml_node *type = yaml_get(schema, "type");
    if (type == NULL) return unfit(c, "is described without a type", "");
    if (yaml_is(type, "object") && json_is_object(v)) return fits_object(c, schema, v);
    if (yaml_is(type, "array") && json_is_array(v)) return fits_array(c, schema, v);
    if (yaml_is(type, "string") && json_is_string(v)) return fits_string(c, schema, v);
    if (yaml_is(type, "integer") && json_is_integer(v)) return fits_integer(c, schema, v);
    if (yaml_is(type, "boolean") && json_is_boolean(v)) return true;
    return unfit(c, "is not of type", type->text.p);
}

/* ---- calls ----------------------------------------------------------------------------------- */

struct call {
    const char *method, *path, *status, *content_type, *request, *reply;
};

/* Does the path, without its query, fit the template "/v1/jobs/{id}/why"? */
static bool path_fits(const char *template, const char *path)
{
    while (*template != '\0') {
        if (*template == '{') {
            size_t n = strcspn(path, "/?");
            if (n == 0) return false;
            path += n;
            template = strchr(template, '}') + 1;
        } else if (*template ++ != *path++) {
            return false;
        }
    }
    return *path == '\0' || *path == '?';
}

/* The operation of a call, or NULL. */
static const struct yaml_node *operation_of(const struct checker *c, const struct call *call)
{
    const struct yaml_node *paths = yaml_get(c->file.doc.root, "paths");
    char method[16];
    size_t n = 0;
    for (; call->method[n] != '\0' && n + 1 < sizeof method; n++)
        method[n] = (char)(call->method[n] | 0x20);
    method[n] = '\0';
    for (uint32_t i = 0; i < paths->count; i++)
        if (path_fits(paths->keys[i].text.p, call->path)) return yaml_get(&paths->items[i], method);
    return NULL;
}

/* The schema of the described content, whose type must be the one that came. */
static const struct yaml_node *content_schema(struct checker *c, const struct yaml_node *holder,
                                              const char *content_type)
{
    const struct yaml_node *content = yaml_get(openapi_follow(&c->file, holder), "content");
    for (uint32_t i = 0; content != NULL && i < content->count; i++) {
        struct str want = content->keys[i].text;
        if (strncmp(content_type, want.p, want.len) == 0 &&
            (content_type[want.len] == '\0' || content_type[want.len] == ';'))
            return yaml_get(&content->items[i], "schema");
    }
    unfit(c, "has a content type that is not described:", content_type);
    return NULL;
}

/* Each JSON value of the file: one, or one a line. */
static bool file_fits(struct checker *c, const struct yaml_node *schema, const char *path)
{
    json_error_t error;
    bool ok = true;
    FILE *f = fopen(path, "r");
    if (f == NULL) return unfit(c, "cannot be opened:", path);
    for (int values = 0; ok; values++) {
        int next = fgetc(f);
        while (next == '\n' || next == ' ') next = fgetc(f);
        if (next == EOF) {
            if (values == 0) ok = unfit(c, "is empty", "");
            break;
        }
        ungetc(next, f);
        json_t *v = json_loadf(f, JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL, &error);
        ok = v != NULL ? fits(c, schema, v) : unfit(c, "is not JSON:", error.text);
        json_decref(v);
    }
    fclose(f);
    return ok;
}

static bool call_fits(struct checker *c, const struct call *call)
{
    c->where[0] = '\0';
    const struct yaml_node *operation = operation_of(c, call);
    if (operation == NULL) return unfit(c, "is the answer to a call that is not described", "");
    if (strcmp(call->request, "-") != 0) {
        const struct yaml_node *schema =
            content_schema(c, yaml_get(operation, "requestBody"), "application/json");
        if (schema == NULL || !file_fits(c, schema, call->request)) return false;
    }
    const struct yaml_node *responses = yaml_get(operation, "responses");
    const struct yaml_node *response = yaml_get(responses, call->status);
    if (response == NULL && call->status[0] == '2')
        return unfit(c, "has a status that is not described:", call->status);
    if (response == NULL) response = yaml_get(responses, "default");
    const struct yaml_node *schema = content_schema(c, response, call->content_type);
    if (schema == NULL) return false;
    bool json = strncmp(call->content_type, "application/json", 16) == 0;
    return !json || file_fits(c, schema, call->reply);
}

/* ---- a file of calls ------------------------------------------------------------------------- */

enum { OPERATIONS_MAX = 200 };

struct coverage {
    const struct yaml_node *seen[OPERATIONS_MAX]; /* operations that were called with success */
    size_t count;
};

static bool was_called(const struct coverage *v, const struct yaml_node *operation)
{
    for (size_t i = 0; i < v->count; i++)
        if (v->seen[i] == operation) return true;
    return false;
}

static bool read_call(char *line, struct call *out)
{
    const char **fields[] = {&out->method,       &out->path,    &out->status,
                             &out->content_type, &out->request, &out->reply};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        *fields[i] = line;
        size_t n = strcspn(line, "\t\n");
        if (n == 0 || (line[n] == '\t') != (i + 1 < sizeof fields / sizeof *fields)) return false;
        line[n] = '\0';
        line += n + 1;
    }
    return true;
}

static int list_uncalled(const struct checker *c, const struct coverage *v)
{
    int faults = 0;
    const struct yaml_node *paths = yaml_get(c->file.doc.root, "paths");
    for (uint32_t i = 0; i < paths->count; i++) {
        const struct yaml_node *path = &paths->items[i];
        for (uint32_t k = 0; k < path->count; k++) {
            if (str_eqz(path->keys[k].text, "parameters") || was_called(v, &path->items[k]))
                continue;
            printf("%s %s was not called with success\n", path->keys[k].text.p,
                   paths->keys[i].text.p);
            faults++;
        }
    }
    return faults;
}

static int check_calls(const char *path)
{
    struct checker c = {0};
    struct coverage covered = {0};
    int faults = 0, calls = 0;
    char line[4096];
    FILE *f = fopen(path, "r");
    if (f == NULL || !openapi_read(&c.file)) {
        printf("%s or docs/openapi.yaml cannot be read\n", path);
        faults++;
    }
    while (faults == 0 && fgets(line, sizeof line, f) != NULL) {
        struct call call;
        calls++;
        if (!read_call(line, &call)) {
            printf("call %d: a malformed line\n", calls);
            faults++;
        } else if (!call_fits(&c, &call)) {
            printf("%s %s gave %s: %s\n", call.method, call.path, call.status, c.why);
            faults++;
        } else if (call.status[0] == '2' && covered.count < OPERATIONS_MAX) {
            covered.seen[covered.count++] = operation_of(&c, &call);
        }
    }
    if (faults == 0) faults += list_uncalled(&c, &covered);
    if (faults == 0) printf("%d calls fit docs/openapi.yaml\n", calls);
    arena_release(&c.file.arena);
    if (f != NULL) fclose(f);
    return faults == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- the checker itself ---------------------------------------------------------------------- */

static int open_checker(void **state)
{
    static struct checker c;
    *state = &c;
    return openapi_read(&c.file) ? 0 : -1;
}

static int close_checker(void **state)
{
    struct checker *c = *state;
    arena_release(&c->file.arena);
    return 0;
}

static void a_value_fits_its_schema_or_the_place_is_named(void **state)
{
    struct checker *c = *state;
    static const struct {
        const char *schema, *json, *why; /* why NULL: it fits */
    } cases[] = {
        {"PingReply", "{}", NULL},
        {"PingReply", "{\"version\":\"1\",\"record\":7}", NULL},
        {"PingReply", "{\"version\":1}", "version: is not of type string"},
        {"PingReply", "{\"record\":1.5}", "record: is not of type integer"},
        {"PingReply", "{\"colour\":\"red\"}", "has, what is not described, colour"},
        {"PingReply", "[]", "is not of type object"},
        {"JobList", "{\"jobs\":[{},{\"job_id\":2,\"state\":\"RUNNING\"}]}", NULL},
        {"JobList", "{\"jobs\":[{},{\"state\":\"LOST\"}]}",
         "jobs.1.state: is not one of the words"},
        {"JobList", "{\"jobs\":{}}", "jobs: is not of type array"},
        {"CancelRequest", "{\"signal\":64,\"array\":true}", NULL},
        {"CancelRequest", "{\"signal\":65}", "signal: is more than 64"},
        {"CancelRequest", "{\"signal\":-1}", "signal: is less than 0"},
        {"CancelRequest", "{\"array\":1}", "array: is not of type boolean"},
        {"AdoptRequest", "{}", "the body: lacks dir"},
    };
    const struct yaml_node *schemas = yaml_get(c->file.components, "schemas");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *v = json_loads(cases[i].json, 0, NULL);
        c->where[0] = c->why[0] = '\0';
        bool ok = fits(c, yaml_get(schemas, cases[i].schema), v);
        if (ok != (cases[i].why == NULL) || (!ok && strstr(c->why, cases[i].why) == NULL))
            fail_msg("%s %s: %s", cases[i].schema, cases[i].json, ok ? "it fits" : c->why);
        json_decref(v);
    }
}

static void a_path_finds_its_operation(void **state)
{
    struct checker *c = *state;
    static const struct {
        const char *method, *path, *operation; /* NULL: none */
    } cases[] = {
        {"GET", "/v1/jobs", "listJobs"},
        {"GET", "/v1/jobs?state=all&limit=2", "listJobs"},
        {"POST", "/v1/jobs", "submitJob"},
        {"GET", "/v1/jobs/12", "getJob"},
        {"GET", "/v1/jobs/12/why?pool=a", "explainJob"},
        {"DELETE", "/v1/jobs/12", NULL},
        {"GET", "/v1/jobs/", NULL},
        {"GET", "/v1/jobs/12/where", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct call call = {.method = cases[i].method, .path = cases[i].path};
        const struct yaml_node *name = yaml_get(operation_of(c, &call), "operationId");
        if (cases[i].operation == NULL)
            assert_null(name);
        else
            assert_true(name != NULL && yaml_is(name, cases[i].operation));
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_fits_its_schema_or_the_place_is_named),
        cmocka_unit_test(a_path_finds_its_operation),
    };
    if (argc == 2) return check_calls(argv[1]);
    return cmocka_run_group_tests(tests, open_checker, close_checker);
}
