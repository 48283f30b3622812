#include "read/cloud_regions.h"
#include "read/json_visit.h"
#include "read/skypilot_yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

struct fixture {
    struct arena arena;
    struct sbatch_request r;
    struct errtext error;
    char *json; /* of the spec, without what is the same for all; or the error */
};

static const char *const common[] = {"name",        "user",    "uid",    "gid",        "workdir",
                                     "submit_host", "wrapper", "script", "stdout_path"};

/* Read a task; `option` is a word for the command line, or NULL. */
static enum err submit(struct fixture *f, const char *text, const char *option)
{
    static const char *const environment[] = {"HOME=/home/ann", "TOKEN=s3", "SHELL=/bin/sh", NULL};
    struct sbatch_context context = {.environment = (char *const *)(uintptr_t)environment,
                                     .workdir = "/w",
                                     .host = "login",
                                     .user = "ann",
                                     .uid = 1000,
                                     .now_ms = 1};
    *f = (struct fixture){0};
    char program[] = "submit";
    char *argv[3] = {program,
                     option != NULL ? arena_copy(&f->arena, option, strlen(option)) : NULL};
    sbatch_request_init(&f->r, &context, &f->arena);
    enum err e = sbatch_read_command(&f->r, option != NULL ? 2 : 1, argv, &f->error);
    if (e == ERR_NONE) e = skypilot_yaml_read(&f->r, str_of(text), "dir/task.yaml", &f->error);
    f->r.context = NULL;
    if (e != ERR_NONE) {
        f->json = strdup(f->error.s);
        return e;
    }
    struct json_writer w;
    json_writer_init(&w);
    if (visit_map(&w.v, NULL, false)) {
        visit_job_spec(&w.v, &f->r.spec);
        visit_map_end(&w.v);
    }
    json_t *j = json_writer_finish(&w);
    for (size_t i = 0; i < sizeof common / sizeof *common; i++) json_object_del(j, common[i]);
    f->json = json_dumps(j, JSON_COMPACT);
    json_decref(j);
    return ERR_NONE;
}

static void release(struct fixture *f)
{
    free(f->json);
    arena_release(&f->arena);
}

struct row {
    const char *resources, *want;
};

static void check_rows(const struct row *rows, size_t count, bool ok)
{
    int wrong = 0;
    for (size_t i = 0; i < count; i++) {
        struct buf text = {0};
        buf_printf(&text, "run: hostname\n%s\n", rows[i].resources);
        struct fixture f;
        enum err e = submit(&f, text.p, NULL);
        bool same = ok ? strcmp(f.json, rows[i].want) == 0 : strstr(f.json, rows[i].want) != NULL;
        if ((e == ERR_NONE) != ok || !same) {
            print_error("'%s'\n  gave   %s\n  wanted %s\n", rows[i].resources, f.json,
                        rows[i].want);
            wrong++;
        }
        buf_release(&text);
        release(&f);
    }
    assert_int_equal(wrong, 0);
}

#define ONE "{\"nodes\":1,"
#define TASK "\"tasks_per_node\":1"

static void resources_become_the_spec_they_should(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"", ONE TASK "}"},
        {"num_nodes: 4", "{\"nodes\":4," TASK "}"},
        {"resources: {cpus: 0.1, memory: 0.1}",
         ONE TASK ",\"cpus_per_task\":1,\"mem_mb_per_node\":1024}"},
        {"resources: {infra: aws/*/us-west-2a}", ONE TASK ",\"countries\":[\"US\"]}"},
        {"secrets: {T: \"\"}", ONE TASK ",\"environment\":[\"T=\"]}"},
        {"resources: {accelerators: H100}",
         ONE "\"chips_per_node\":1," TASK ",\"chip_kinds\":[\"h100\"]}"},
        {"resources: {accelerators: H100:0.5}",
         ONE "\"chips\":1,\"chip_milli\":500," TASK ",\"chip_kinds\":[\"h100\"]}"},
        {"resources: {accelerators: {H100: 0.25}}",
         ONE "\"chips\":1,\"chip_milli\":250," TASK ",\"chip_kinds\":[\"h100\"]}"},
        {"resources:\n  accelerators: H100:8",
         ONE "\"chips_per_node\":8," TASK ",\"chip_kinds\":[\"h100\"]}"},
        {"resources: {accelerators: [H100:8, A100-80GB:8]}",
         ONE "\"chips_per_node\":8," TASK
             ",\"chip_kinds\":[\"h100\",\"a100-80\"],\"chip_prefer\":[\"h100\"]}"},
        {"resources: {accelerators: {H100: 8, A100: 8}}",
         ONE "\"chips_per_node\":8," TASK ",\"chip_kinds\":[\"h100\",\"a100-40\"]}"},
        {"resources: {accelerators: {A10:1, L4:1}}",
         ONE "\"chips_per_node\":1," TASK ",\"chip_kinds\":[\"a10\",\"l4\"]}"},
        {"resources: {accelerators: }", ONE TASK "}"},
        {"resources: {cpus: 8+, memory: 32+}",
         ONE TASK ",\"cpus_per_task\":8,\"mem_mb_per_node\":32768}"},
        {"resources: {memory: 512MB}", ONE TASK ",\"mem_mb_per_node\":512}"},
        {"resources: {infra: aws}", ONE TASK "}"},
        {"resources: {infra: aws/ap-northeast-1}", ONE TASK ",\"countries\":[\"JP\"]}"},
        {"resources: {infra: gcp/us-central1/us-central1-a}", ONE TASK ",\"countries\":[\"US\"]}"},
        {"resources: {infra: \"*/europe-west4\"}", ONE TASK ",\"countries\":[\"NL\"]}"},
        {"resources: {infra: tyo-1}", ONE TASK ",\"sites\":[\"tyo-1\"]}"},
        {"resources: {cloud: aws, region: us-east-1}", ONE TASK ",\"countries\":[\"US\"]}"},
        {"resources: {region: NO}", ONE TASK ",\"countries\":[\"NO\"]}"},
        {"resources: {region: jp}", ONE TASK ",\"countries\":[\"JP\"]}"},
        {"resources: {zone: us-east-1a}", ONE TASK ",\"countries\":[\"US\"]}"},
        {"resources:\n  accelerators: H100:8\n  any_of:\n    - region: JP\n    - region: SG", ONE
         "\"chips_per_node\":8," TASK ",\"chip_kinds\":[\"h100\"],\"countries\":[\"JP\",\"SG\"]}"},
        {"resources:\n  ordered:\n    - accelerators: H200:8\n    - accelerators: H100:8",
         ONE "\"chips_per_node\":8," TASK
             ",\"chip_kinds\":[\"h200\",\"h100\"],\"chip_prefer\":[\"h200\"]}"},
        {"resources: {any_of: [{accelerators: H100, use_spot: true}, {accelerators: H100}]}",
         ONE "\"chips_per_node\":1," TASK ",\"chip_kinds\":[\"h100\"]}"},
        {"resources: {priority: 50, job_recovery: none}",
         ONE TASK ",\"priority\":50,\"no_requeue\":true}"},
        {"envs: {A: 1, B: x y, TOKEN: }",
         ONE TASK ",\"environment\":[\"A=1\",\"B=x y\",\"TOKEN=s3\"]}"},
        {"#BERTH --data=personal:cn -A lab --time=60",
         "{\"tenant\":\"lab\",\"nodes\":1," TASK ",\"time_limit_ms\":3600000,"
         "\"data\":[{\"class\":\"personal\",\"subject_country\":\"CN\"}],\"data_known\":true}"},
    };
    check_rows(rows, sizeof rows / sizeof *rows, true);
}

static void what_is_wrong_or_not_run_is_refused_at_its_place(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"resource: {}", "dir/task.yaml:2:1: unknown key 'resource'; did you mean 'resources'?"},
        {"num_nodes: 0", "dir/task.yaml:2:12: 0 is outside 1..65536"},
        {"num_nodes: two", "'two' is not a whole number"},
        {"service: {replicas: 2}", "dir/task.yaml:2:1: service: services are not run"},
        {"secrets: {T: x}", "dir/task.yaml:2:10: secrets: they would be kept in the ledger"},
        {"secrets: {T: }", "secrets: they would be kept in the ledger; leave them empty"},
        {"file_mounts: {/data: s3://b}", "file_mounts: files are not copied"},
        {"workdir: {url: x}", "a workdir from git is not fetched"},
        {"resources: {instance_type: p5}", "instance_type: names a machine of a cloud"},
        {"resources: {acelerators: H100}", "did you mean 'accelerators'?"},
        {"resources: {accelerators: H100:1.5}", "'1.5' is neither a whole number of chips"},
        {"resources: {accelerators: [H100:0.5, H200:1]}", "parts of a chip that differ"},
        {"resources: {accelerators: \"H100:\"}", "is neither a whole number of chips"},
        {"resources: {accelerators: {A10: 1, L4: 2}}",
         "dir/task.yaml:2:36: asks for 1 or 2 chips: a job has one size"},
        {"resources: {accelerators: H 100}", "'H 100' is not a kind of chip"},
        {"resources: {cpus: some}", "'some' is not a number of CPUs"},
        {"resources: {memory: 4x}", "'4x' is not an amount of memory"},
        {"resources: {infra: aws/mars}\nx: 1", "unknown key 'x'"},
        {"resources: {region: \"a b\"}", "'a b' is neither a region, a country nor a site"},
        {"resources: {any_of: [{accelerators: H100, region: JP}, {accelerators: L4, region: SG}]}",
         "in kind and in place"},
        {"resources: {any_of: [{accelerators: H100:8}, {accelerators: H100:4}]}", "in size"},
        {"resources: {any_of: [{region: JP}, {region: tyo-1}]}", "by country and by site"},
        {"resources: {any_of: [], ordered: []}", "both stated"},
        {"envs: {1A: x}", "'1A' is not the name of a variable"},
        {"envs: {MISSING: }", "MISSING has no value here"},
        {"envs: [A]", "expected a map from name to value"},
        {"#BERTH --dta=public", "dir/task.yaml:2:8: unknown option --dta; did you mean --data?"},
        {"envs: &x {}", "anchors"},
    };
    check_rows(rows, sizeof rows / sizeof *rows, false);
}

static void all_mistakes_are_reported_at_once(void **state)
{
    (void)state;
    struct fixture f;
    assert_int_equal(submit(&f, "num_nodes: 0\nservice: {}\nresources: {cpus: x}\n", NULL),
                     ERR_INVALID);
    assert_non_null(strstr(f.json, "task.yaml:1:12: 0 is outside"));
    assert_non_null(strstr(f.json, "task.yaml:2:1: service"));
    assert_non_null(strstr(f.json, "task.yaml:3:19: 'x' is not a number of CPUs\n"
                                   "    resources: {cpus: x}\n"
                                   "                      ^"));
    release(&f);
}

static void setup_and_run_become_one_script(void **state)
{
    (void)state;
    struct fixture f;
    assert_int_equal(
        submit(&f, "name: t\nworkdir: ~/code\nsetup: pip install x\nrun: |\n  python a.py\n", NULL),
        ERR_NONE);
    assert_true(str_eqz(f.r.spec.script,
                        "#!/bin/bash\n# Made from the task file: setup, then run.\n"
                        "(\npip install x\n) || {\n    status=$?\n"
                        "    echo \"setup failed with exit code $status\" >&2\n"
                        "    exit \"$status\"\n}\npython a.py\n"));
    assert_true(str_eqz(f.r.spec.name, "t"));
    assert_true(str_eqz(f.r.spec.workdir, "/home/ann/code"));
    assert_true(str_eqz(f.r.spec.wrapper, "skypilot"));
    release(&f);
    assert_int_equal(submit(&f, "run: x\n", NULL), ERR_NONE);
    assert_true(str_eqz(f.r.spec.name, "task"));
    assert_true(str_eqz(f.r.spec.workdir, "/w"));
    release(&f);
}

static void the_command_line_wins(void **state)
{
    (void)state;
    struct fixture f;
    static const char text[] = "run: x\nresources: {accelerators: H100:8}\nenvs: {SHELL: zsh}\n";
    assert_int_equal(submit(&f, text, "--gpus-per-node=h200:4"), ERR_NONE);
    assert_non_null(strstr(f.json, "\"chips_per_node\":4"));
    assert_non_null(strstr(f.json, "\"chip_kinds\":[\"h200\"]"));
    release(&f);
    assert_int_equal(submit(&f, text, "--export=ALL"), ERR_NONE);
    assert_non_null(strstr(f.json, "[\"SHELL=zsh\",\"HOME=/home/ann\",\"TOKEN=s3\"]"));
    release(&f);
    assert_int_equal(submit(&f, text, "--wrap=x"), ERR_INVALID);
    release(&f);
}

static void what_has_no_effect_is_noted(void **state)
{
    (void)state;
    struct fixture f;
    assert_int_equal(submit(&f, "run: x\nresources: {use_spot: true, infra: k8s}\n", NULL),
                     ERR_NONE);
    assert_int_equal(f.r.note_count, 2);
    assert_true(str_eqz(f.r.notes[0], "use_spot has no effect here"));
    release(&f);
}

static void regions_lie_in_their_countries(void **state)
{
    (void)state;
    assert_string_equal(cloud_region_country(STR("ap-southeast-1")), "SG");
    assert_string_equal(cloud_region_country(STR("ap-southeast-1b")), "SG");
    assert_string_equal(cloud_region_country(STR("asia-northeast1-c")), "JP");
    assert_string_equal(cloud_region_country(STR("eastus2")), "US");
    assert_string_equal(cloud_region_country(STR("uaenorth")), "AE");
    assert_null(cloud_region_country(STR("us")));
    assert_null(cloud_region_country(STR("us-east-1 us-east-2")));
    assert_null(cloud_region_country(STR("")));
    assert_null(cloud_region_country(STR("a")));
    assert_true(cloud_is_known(STR("gcp")));
    assert_false(cloud_is_known(STR("gc")));
    assert_true(skypilot_is_task("a/b.yaml") && skypilot_is_task("b.yml"));
    assert_false(skypilot_is_task("yaml") || skypilot_is_task("a.sh"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resources_become_the_spec_they_should),
        cmocka_unit_test(what_is_wrong_or_not_run_is_refused_at_its_place),
        cmocka_unit_test(all_mistakes_are_reported_at_once),
        cmocka_unit_test(setup_and_run_become_one_script),
        cmocka_unit_test(the_command_line_wins),
        cmocka_unit_test(what_has_no_effect_is_noted),
        cmocka_unit_test(regions_lie_in_their_countries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
