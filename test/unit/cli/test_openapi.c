/* docs/openapi.yaml against the structs: each schema has exactly the properties that the visit
 * function of the struct names, of the same kinds, and so in all nested structs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/api.h"
#include "model/fleet.h"
#include "openapi_doc.h"
#include "recorder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct spec {
    struct openapi file;
    const struct yaml_node *schemas;
};

static int read_spec(void **state)
{
    static struct spec spec;
    if (!openapi_read(&spec.file)) return -1;
    spec.schemas = yaml_get(spec.file.components, "schemas");
    *state = &spec;
    return spec.schemas != NULL ? 0 : -1;
}

static int release_spec(void **state)
{
    struct spec *spec = *state;
    arena_release(&spec->file.arena);
    return 0;
}

/* Follow a $ref into the schemas. */
static const struct yaml_node *resolve(const struct spec *spec, const struct yaml_node *schema)
{
    const struct yaml_node *to = openapi_follow(&spec->file, schema);
    if (to == NULL) fail_msg("%s is not there", yaml_get(schema, "$ref")->text.p);
    return to;
}

static void hold(const struct spec *spec, const char *path, const struct yaml_node *schema,
                 const json_t *kind);

static void hold_object(const struct spec *spec, const char *path, const struct yaml_node *schema,
                        const json_t *object)
{
    const struct yaml_node *properties = yaml_get(schema, "properties");
    assert_non_null(properties);
    for (uint32_t i = 0; i < properties->count; i++)
        if (json_object_get(object, properties->keys[i].text.p) == NULL)
            fail_msg("%s has '%s', which the struct does not", path, properties->keys[i].text.p);
    const char *key;
    json_t *value;
    /* jansson's macro wants a pointer that is not const; nothing is changed through it. */
    void *iterator = json_object_iter((json_t *)(uintptr_t)object);
    for (; iterator != NULL;
         iterator = json_object_iter_next((json_t *)(uintptr_t)object, iterator)) {
        char deeper[256];
        key = json_object_iter_key(iterator);
        value = json_object_iter_value(iterator);
        const struct yaml_node *property = yaml_get(properties, key);
        snprintf(deeper, sizeof deeper, "%s.%s", path, key);
        if (property == NULL) fail_msg("%s is not described", deeper);
        hold(spec, deeper, property, value);
    }
}

static void hold(const struct spec *spec, const char *path, const struct yaml_node *schema,
                 const json_t *kind)
{
    schema = resolve(spec, schema);
    const struct yaml_node *type = yaml_get(schema, "type");
    assert_non_null(type);
    const char *want = json_is_object(kind)  ? "object"
                       : json_is_array(kind) ? "array"
                                             : json_string_value(kind);
    if (!yaml_is(type, want)) fail_msg("%s is described as %s, it is %s", path, type->text.p, want);
    if (json_is_object(kind)) hold_object(spec, path, schema, kind);
    if (json_is_array(kind)) hold(spec, path, yaml_get(schema, "items"), json_array_get(kind, 0));
}

static void compare(const struct spec *spec, const char *name, struct recorder *r)
{
    const struct yaml_node *schema = yaml_get(spec->schemas, name);
    if (r->v.failed != ERR_NONE) fail_msg("%s: %s", name, r->v.error.s);
    if (schema == NULL) fail_msg("there is no schema %s", name);
    hold(spec, name, schema, r->level[0]);
}

#define HOLDS(spec, name, type, visit_one)                                                         \
    do {                                                                                           \
        struct arena arena_;                                                                       \
        struct recorder r_;                                                                        \
        type x_ = {0};                                                                             \
        arena_init(&arena_);                                                                       \
        recorder_init(&r_, &arena_);                                                               \
        visit_one(&r_.v, &x_);                                                                     \
        compare((spec), (name), &r_);                                                              \
        json_decref(r_.level[0]);                                                                  \
        arena_release(&arena_);                                                                    \
    } while (0)

static void every_schema_has_the_keys_of_its_struct(void **state)
{
    const struct spec *spec = *state;
    HOLDS(spec, "JobView", struct job_view, visit_job_view);
    HOLDS(spec, "JobList", struct job_list, visit_job_list);
    HOLDS(spec, "JobSpec", struct job_spec, visit_job_spec);
    HOLDS(spec, "SubmitReply", struct submit_reply, visit_submit_reply);
    HOLDS(spec, "PoolList", struct pool_list, visit_pool_list);
    HOLDS(spec, "NodeList", struct node_list, visit_node_list);
    HOLDS(spec, "LeaseList", struct lease_list, visit_lease_list);
    HOLDS(spec, "ShareList", struct share_list, visit_share_list);
    HOLDS(spec, "LawView", struct law_view, visit_law_view);
    HOLDS(spec, "LawDiff", struct law_diff_view, visit_law_diff_view);
    HOLDS(spec, "Speeds", struct speeds, visit_speeds);
    HOLDS(spec, "Fleet", struct fleet, visit_fleet);
    HOLDS(spec, "FleetReply", struct fleet_reply, visit_fleet_reply);
    HOLDS(spec, "Decision", struct decision, visit_decision);
    HOLDS(spec, "Explanation", struct explanation, visit_explanation);
    HOLDS(spec, "Verdict", struct law_verdict, visit_law_verdict);
    HOLDS(spec, "WhyReply", struct why_reply, visit_why_reply);
    HOLDS(spec, "PingReply", struct ping_reply, visit_ping_reply);
    HOLDS(spec, "ErrorReply", struct error_reply, visit_error_reply);
}

/* The enum of a schema is the list of names, in order. */
static void hold_names(const struct spec *spec, const char *schema, const struct yaml_node *at,
                       const char *const *names, int from, int count)
{
    const struct yaml_node *list =
        yaml_get(at != NULL ? at : yaml_get(spec->schemas, schema), "enum");
    assert_non_null(list);
    assert_int_equal(list->count, count - from);
    for (int i = from; i < count; i++)
        if (!yaml_is(&list->items[i - from], names[i]))
            fail_msg("%s: '%s' stands where '%s' belongs", schema, list->items[i - from].text.p,
                     names[i]);
}

static void every_enum_has_the_names_of_its_type(void **state)
{
    const struct spec *spec = *state;
    const char *errors[ERR_COUNT];
    for (int i = 0; i < ERR_COUNT; i++) errors[i] = err_name((enum err)i);
    hold_names(spec, "JobState", NULL, job_state_names, 0, JOB_STATE_COUNT);
    hold_names(spec, "Effect", NULL, law_effect_names, 0, EFFECT_COUNT);
    hold_names(spec, "ErrorName", NULL, errors, ERR_NONE + 1, ERR_COUNT);
    const struct yaml_node *update = yaml_get(spec->schemas, "UpdateRequest");
    const struct yaml_node *fields = yaml_get(yaml_get(update, "properties"), "fields");
    hold_names(spec, "UpdateRequest", yaml_get(fields, "items"), update_field_names, 0,
               UPDATE_FIELD_COUNT);
    const struct yaml_node *change = yaml_get(spec->schemas, "NodeChange");
    const struct yaml_node *node_state = yaml_get(yaml_get(change, "properties"), "state");
    hold_names(spec, "NodeChange", node_state, node_state_names, 0, NODE_STATE_COUNT);
}

/* Every "$ref" anywhere leads somewhere. */
static void check_refs(const struct spec *spec, const struct yaml_node *n)
{
    for (uint32_t i = 0; i < n->count; i++) {
        if (n->kind == YAML_MAP && str_eqz(n->keys[i].text, "$ref")) {
            if (openapi_follow(&spec->file, n) == NULL)
                fail_msg("%s leads nowhere", n->items[i].text.p);
        }
        check_refs(spec, &n->items[i]);
    }
}

static void no_reference_leads_nowhere(void **state)
{
    const struct spec *spec = *state;
    check_refs(spec, spec->file.doc.root);
}

static void every_operation_has_a_name_and_an_error(void **state)
{
    const struct spec *spec = *state;
    const struct yaml_node *paths = yaml_get(spec->file.doc.root, "paths");
    assert_non_null(paths);
    for (uint32_t i = 0; i < paths->count; i++) {
        const struct yaml_node *path = &paths->items[i];
        for (uint32_t k = 0; k < path->count; k++) {
            if (str_eqz(path->keys[k].text, "parameters")) continue;
            const struct yaml_node *operation = &path->items[k];
            const struct yaml_node *responses = yaml_get(operation, "responses");
            if (yaml_get(operation, "operationId") == NULL || responses == NULL ||
                yaml_get(responses, "default") == NULL)
                fail_msg("%s %s lacks operationId or responses", path->keys[k].text.p,
                         paths->keys[i].text.p);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_schema_has_the_keys_of_its_struct),
        cmocka_unit_test(every_enum_has_the_names_of_its_type),
        cmocka_unit_test(no_reference_leads_nowhere),
        cmocka_unit_test(every_operation_has_a_name_and_an_error),
    };
    return cmocka_run_group_tests(tests, read_spec, release_spec);
}
