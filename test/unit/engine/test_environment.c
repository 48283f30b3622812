#include "unit/engine/world.h"

#include "engine/environment.h"
#include "model/topology.h"

struct expected {
    const char *name, *value; /* value NULL: must not be set */
};

static void check(const struct world_order *o, const struct expected *rows, size_t count)
{
    struct arena arena;
    arena_init(&arena);
    const struct environment_extra extra = {.socket = STR("/run/berth.sock"),
                                            .mark = STR("1.2.7.3")};
    struct str *entries = NULL;
    uint32_t n = 0;
    environment_build(&o->start, &extra, &arena, &entries, &n);
    for (size_t i = 0; i < count; i++) {
        struct str value = {0};
        bool found = environment_get(entries, n, rows[i].name, &value);
        if (found != (rows[i].value != NULL))
            fail_msg("%s is %s", rows[i].name, found ? "set" : "not set");
        if (found && !str_eqz(value, rows[i].value))
            fail_msg("%s is \"" STR_FMT "\", not \"%s\"", rows[i].name, STR_ARG(value),
                     rows[i].value);
    }
    for (uint32_t i = 0; i < n; i++) /* no name stands twice */
        for (uint32_t k = i + 1; k < n; k++) {
            const char *equals = memchr(entries[i].p, '=', entries[i].len);
            size_t len = (size_t)(equals - entries[i].p) + 1;
            if (entries[k].len >= len && memcmp(entries[i].p, entries[k].p, len) == 0)
                fail_msg("%.*s stands twice", (int)len - 1, entries[i].p);
        }
    arena_release(&arena);
}

#define CHECK(order, rows) check((order), (rows), sizeof(rows) / sizeof *(rows))

static struct world_order *cpu_order(struct world *w)
{
    struct world_order *o = world_order(w, 7, 3, "true");
    o->spec.uid = 1000;
    o->spec.gid = 100;
    o->spec.workdir = STR("/home/mika/run");
    return o;
}

static void a_job_without_chips_sees_none(void **state)
{
    (void)state;
    struct world *w = world_new_closed();
    static const struct expected rows[] = {
        {"SLURM_JOB_ID", "7"},
        {"SLURM_JOBID", "7"},
        {"SLURM_JOB_NAME", "train"},
        {"SLURM_JOB_PARTITION", "cpu"},
        {"SLURM_JOB_ACCOUNT", "acme"},
        {"SLURM_JOB_USER", "mika"},
        {"SLURM_JOB_UID", "1000"},
        {"SLURM_JOB_GID", "100"},
        {"SLURM_CLUSTER_NAME", "pacific"},
        {"SLURM_SUBMIT_DIR", "/home/mika/run"},
        {"SLURM_SUBMIT_HOST", "login-1"},
        {"SLURM_JOB_NODELIST", "cpu-001"},
        {"SLURM_NODELIST", "cpu-001"},
        {"SLURM_JOB_NUM_NODES", "1"},
        {"SLURM_NNODES", "1"},
        {"SLURMD_NODENAME", "cpu-001"},
        {"SLURM_NODEID", "0"},
        {"SLURM_PROCID", "0"},
        {"SLURM_LOCALID", "0"},
        {"SLURM_NTASKS", "1"},
        {"SLURM_NPROCS", "1"},
        {"SLURM_TASKS_PER_NODE", "1"},
        {"SLURM_CPUS_ON_NODE", "2"},
        {"SLURM_JOB_CPUS_PER_NODE", "2"},
        {"SLURM_CPUS_PER_TASK", NULL},
        {"SLURM_RESTART_COUNT", NULL},
        {"SLURM_ARRAY_JOB_ID", NULL},
        {"SLURM_GPUS", NULL},
        {"SLURM_GPUS_ON_NODE", NULL},
        {"SLURM_JOB_GPUS", NULL},
        {"SLURM_MEM_PER_NODE", NULL},
        {"SLURM_JOB_QOS", "normal"},
        {"CUDA_VISIBLE_DEVICES", ""},
        {"ROCR_VISIBLE_DEVICES", ""},
        {"ASCEND_RT_VISIBLE_DEVICES", ""},
        {"CUDA_DEVICE_ORDER", NULL},
        {"ENVIRONMENT", "BATCH"},
        {"BERTH_JOB_ID", "7"},
        {"BERTH_ATTEMPT", "3"},
        {"BERTH_POOL", "cpu"},
        {"BERTH_SITE", "tokyo"},
        {"BERTH_COUNTRY", "JP"},
        {"BERTH_TENANT", "acme"},
        {"BERTH_CHIP", NULL},
        {"BERTH_CHIPS", NULL},
        {"BERTH_SOCKET", "/run/berth.sock"},
        {"BERTH_MARK", "1.2.7.3"},
        {"SKYPILOT_NODE_RANK", NULL},
    };
    CHECK(cpu_order(w), rows);
    world_free(w);
}

static void each_vendors_variable_names_the_chips_of_the_claim(void **state)
{
    (void)state;
    struct world *w = world_new_closed();
    struct world_order *o = cpu_order(w);
    o->parts[0].chip_mask = 0x8d; /* 0 2 3 7 */
    o->claim.chips = 4;
    o->spec.chips_per_node = 4;

    o->claim.pool.v = POOL_H100;
    static const struct expected nvidia[] = {
        {"CUDA_VISIBLE_DEVICES", "0,2,3,7"},
        {"CUDA_DEVICE_ORDER", "PCI_BUS_ID"},
        {"ROCR_VISIBLE_DEVICES", NULL},
        {"ASCEND_RT_VISIBLE_DEVICES", NULL},
        {"SLURM_JOB_GPUS", "0,2,3,7"},
        {"SLURM_GPUS_ON_NODE", "4"},
        {"SLURM_GPUS", "4"},
        {"SLURM_GPUS_PER_NODE", "4"},
        {"BERTH_CHIP", "h100"},
        {"BERTH_CHIPS", "4"},
    };
    CHECK(o, nvidia);
    o->claim.pool.v = POOL_MI300;
    static const struct expected amd[] = {
        {"ROCR_VISIBLE_DEVICES", "0,2,3,7"}, /* HIP obeys CUDA's too, so that must not be set */
        {"CUDA_VISIBLE_DEVICES", NULL},
        {"HIP_VISIBLE_DEVICES", NULL},
        {"CUDA_DEVICE_ORDER", NULL},
    };
    CHECK(o, amd);
    o->claim.pool.v = POOL_ASCEND;
    static const struct expected huawei[] = {{"ASCEND_RT_VISIBLE_DEVICES", "0,2,3,7"},
                                             {"CUDA_VISIBLE_DEVICES", NULL},
                                             {"BERTH_CHIP", "ascend-910b"}};
    CHECK(o, huawei);
    world_free(w);
}

static void a_job_is_told_its_part_of_a_chip_and_where_it_hangs(void **state)
{
    (void)state;
    struct world *w = world_new_closed();
    struct world_order *o = cpu_order(w);
    o->parts[0].chip_mask = 4;
    o->parts[0].milli = 250;
    o->claim.chips = 1;
    o->claim.pool.v = POOL_H100;
    w->fleet.pools[POOL_H100].shards_per_chip = 8;
    static const struct expected nvidia[] = {
        {"CUDA_VISIBLE_DEVICES", "2"}, {"CUDA_MPS_ACTIVE_THREAD_PERCENTAGE", "25"},
        {"SLURM_SHARDS_ON_NODE", "2"}, {"SLURM_GPUS_ON_NODE", "1"},
        {"BERTH_CHIP_MILLI", "250"},
    };
    CHECK(o, nvidia);
    o->parts[0].milli = 0;
    o->parts[0].node = 5;
    struct pool *p = &w->fleet.pools[POOL_H100];
    struct errtext error;
    p->nodes_per_switch = 2;
    p->switches_per_spine = 2;
    assert_int_equal(topology_build(p, &w->arena, NULL, &error), ERR_NONE);
    static const struct expected hangs[] = {
        {"SLURM_TOPOLOGY_ADDR", "tokyo-h100-spine1.tokyo-h100-switch2.tyo006"},
        {"SLURM_TOPOLOGY_ADDR_PATTERN", "switch.switch.node"},
    };
    CHECK(o, hangs);
    struct node_range sixth = p->ranges[0];
    struct str leaf = STR("leaf-b");
    struct pool_switch named[] = {
        {.name = STR("top"), .below = &leaf, .below_count = 1},
        {.name = leaf, .ranges = &sixth, .range_count = 1},
    };
    sixth.first += 5;
    sixth.count = 1;
    p->nodes_per_switch = p->switches_per_spine = 0;
    p->switches = named;
    p->switch_count = 2;
    assert_int_equal(topology_build(p, &w->arena, NULL, &error), ERR_NONE);
    static const struct expected by_name[] = {{"SLURM_TOPOLOGY_ADDR", "top.leaf-b.tyo006"}};
    CHECK(o, by_name);
    o->parts[0].node = 4;
    static const struct expected alone[] = {{"SLURM_TOPOLOGY_ADDR", "tyo005"},
                                            {"SLURM_TOPOLOGY_ADDR_PATTERN", "node"}};
    CHECK(o, alone);
    static const struct expected whole[] = {{"CUDA_MPS_ACTIVE_THREAD_PERCENTAGE", NULL},
                                            {"SLURM_SHARDS_ON_NODE", NULL},
                                            {"BERTH_CHIP_MILLI", NULL}};
    CHECK(o, whole);
    world_free(w);
}

static void a_gang_is_told_its_nodes_tasks_and_cpus(void **state)
{
    (void)state;
    struct world *w = world_new_closed();
    struct world_order *o = cpu_order(w);
    static const uint32_t nodes[] = {0, 1, 2, 6};
    for (uint32_t i = 0; i < 4; i++)
        o->parts[i] =
            (struct claim_part){.node = nodes[i], .cpus = i < 3 ? 16 : 8, .chip_mask = 0xff};
    o->claim.part_count = 4;
    o->claim.chips = 32;
    o->claim.pool.v = POOL_H100;
    o->spec.tasks = 9;
    o->spec.cpus_per_task = 2;
    o->spec.mem_mb_per_node = 64000;
    o->spec.qos = STR("high");
    o->start.restarts = 2;
    static const struct expected rows[] = {
        {"SLURM_JOB_NODELIST", "tyo[001-003,007]"},
        {"SLURM_JOB_NUM_NODES", "4"},
        {"SLURMD_NODENAME", "tyo001"},
        {"SLURM_NTASKS", "9"},
        {"SLURM_TASKS_PER_NODE", "3,2(x3)"},
        {"SLURM_JOB_CPUS_PER_NODE", "16(x3),8"},
        {"SLURM_CPUS_ON_NODE", "16"},
        {"SLURM_CPUS_PER_TASK", "2"},
        {"SLURM_MEM_PER_NODE", "64000"},
        {"SLURM_GPUS", "32"},
        {"SLURM_GPUS_ON_NODE", "8"},
        {"SLURM_JOB_QOS", "high"},
        {"SLURM_RESTART_COUNT", "2"},
    };
    CHECK(o, rows);
    o->spec.tasks = 0;
    static const struct expected one_each[] = {{"SLURM_NTASKS", "4"},
                                               {"SLURM_TASKS_PER_NODE", "1(x4)"}};
    CHECK(o, one_each);
    o->spec.tasks_per_node = 8;
    static const struct expected eight_each[] = {
        {"SLURM_NTASKS", "32"}, {"SLURM_NTASKS_PER_NODE", "8"}, {"SLURM_TASKS_PER_NODE", "8(x4)"}};
    CHECK(o, eight_each);
    world_free(w);
}

static void a_task_of_an_array_is_told_which(void **state)
{
    (void)state;
    struct world *w = world_new_closed();
    struct world_order *o = cpu_order(w);
    uint32_t even[] = {10, 12, 14, 16}, uneven[] = {1, 2, 9};
    o->start.array_job.v = 5;
    o->start.array_task = 12;
    o->spec.array_tasks = even;
    o->spec.array_count = 4;
    static const struct expected rows[] = {
        {"SLURM_ARRAY_JOB_ID", "5"},     {"SLURM_ARRAY_TASK_ID", "12"},
        {"SLURM_ARRAY_TASK_COUNT", "4"}, {"SLURM_ARRAY_TASK_MIN", "10"},
        {"SLURM_ARRAY_TASK_MAX", "16"},  {"SLURM_ARRAY_TASK_STEP", "2"},
        {"SLURM_JOB_ID", "7"},
    };
    CHECK(o, rows);
    o->start.array_task = 9;
    o->spec.array_tasks = uneven;
    o->spec.array_count = 3;
    static const struct expected others[] = {{"SLURM_ARRAY_TASK_STEP", "1"},
                                             {"SLURM_ARRAY_TASK_MIN", "1"},
                                             {"SLURM_ARRAY_TASK_MAX", "9"}};
    CHECK(o, others);
    world_free(w);
}

static void a_skypilot_task_finds_its_names(void **state)
{
    (void)state;
    struct world *w = world_new_closed();
    struct world_order *o = cpu_order(w);
    o->spec.wrapper = STR("skypilot");
    o->parts[1] = (struct claim_part){.node = 1, .cpus = 2, .chip_mask = 3};
    o->parts[0].chip_mask = 3;
    o->claim.part_count = 2;
    o->claim.chips = 4;
    o->claim.pool.v = POOL_H100;
    static const struct expected rows[] = {
        {"SKYPILOT_NODE_RANK", "0"},
        {"SKYPILOT_NUM_NODES", "2"},
        {"SKYPILOT_NUM_GPUS_PER_NODE", "2"},
        {"SKYPILOT_NODE_IPS", "127.0.0.1\n127.0.0.1"},
        {"SKYPILOT_TASK_ID", "sky-managed-train_7-0"},
    };
    CHECK(o, rows);
    world_free(w);
}

static void what_the_submitter_exported_passes_but_for_names_that_are_ours(void **state)
{
    (void)state;
    struct world *w = world_new_closed();
    struct world_order *o = cpu_order(w);
    struct str environment[] = {
        STR("PATH=/opt/bin:/bin"),
        STR("EMPTY="),
        STR("EQUALS=a=b=c"),
        STR("LINES=one\ntwo"),
        STR("SLURM_JOB_ID=999"), /* submitted from within another job */
        STR("SLURM_ARRAY_TASK_ID=4"),
        STR("SLURM_RESTART_COUNT=1"),
        STR("SLURM_STEP_ID=0"),
        STR("SLURM_SUBMIT_DIR=/home/mika/here"),
        STR("SLURM_UMASK=0027"),
        STR("SLURM_CONF=/etc/slurm.conf"),
        STR("CUDA_VISIBLE_DEVICES=0,1,2,3"),
        STR("HIP_VISIBLE_DEVICES=0"),
        STR("BERTH_MARK=forged"),
        STR("BERTH_STATE=/home/mika/state"),
        STR("SKYPILOT_NODE_RANK=5"),
        STR("NO_EQUALS_SIGN"),
        STR("=nameless"),
    };
    o->spec.environment = environment;
    o->spec.environment_count = sizeof environment / sizeof *environment;
    static const struct expected rows[] = {
        {"PATH", "/opt/bin:/bin"},
        {"EMPTY", ""},
        {"EQUALS", "a=b=c"},
        {"LINES", "one\ntwo"},
        {"SLURM_JOB_ID", "7"},
        {"SLURM_ARRAY_TASK_ID", NULL},
        {"SLURM_RESTART_COUNT", NULL},
        {"SLURM_STEP_ID", NULL},
        {"SLURM_SUBMIT_DIR", "/home/mika/here"},
        {"SLURM_UMASK", "0027"},
        {"SLURM_CONF", "/etc/slurm.conf"},
        {"CUDA_VISIBLE_DEVICES", ""},
        {"HIP_VISIBLE_DEVICES", NULL},
        {"BERTH_MARK", "1.2.7.3"},
        {"BERTH_STATE", NULL},
        {"SKYPILOT_NODE_RANK", NULL},
        {"NO_EQUALS_SIGN", NULL},
    };
    CHECK(o, rows);
    world_free(w);
}

static void a_real_job_sees_its_environment(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct world_order *o = world_order(w, 1, 1, "env; echo \"self=$$\"");
    struct str environment[] = {STR("MINE=yes"), STR("HOME=/home/elsewhere")};
    o->spec.environment = environment;
    o->spec.environment_count = 2;
    o->start.time_limit_ms = 3600000;
    world_start(w, o);
    world_wait_end(w, 1, 1);
    const char *out = world_text(w, "slurm-1.out");
    static const char *const lines[] = {
        "MINE=yes\n",       "HOME=/home/elsewhere\n",  "\nPATH=/usr/local/bin:/usr/bin:/bin\n",
        "SLURM_JOB_ID=1\n", "SLURM_JOB_START_TIME=1",  "SLURM_JOB_END_TIME=1",
        "SLURM_TASK_PID=",  "CUDA_VISIBLE_DEVICES=\n", "\nUSER=",
        "\nSHELL="};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (strstr(out, lines[i]) == NULL) fail_msg("no %s in\n%s", lines[i], out);
    int64_t start = strtoll(strstr(out, "SLURM_JOB_START_TIME=") + 21, NULL, 10);
    int64_t end = strtoll(strstr(out, "SLURM_JOB_END_TIME=") + 19, NULL, 10);
    assert_int_equal(end - start, 3600);
    assert_int_equal(atoi(strstr(out, "SLURM_TASK_PID=") + 15), atoi(strstr(out, "self=") + 5));
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_without_chips_sees_none),
        cmocka_unit_test(each_vendors_variable_names_the_chips_of_the_claim),
        cmocka_unit_test(a_job_is_told_its_part_of_a_chip_and_where_it_hangs),
        cmocka_unit_test(a_gang_is_told_its_nodes_tasks_and_cpus),
        cmocka_unit_test(a_task_of_an_array_is_told_which),
        cmocka_unit_test(a_skypilot_task_finds_its_names),
        cmocka_unit_test(what_the_submitter_exported_passes_but_for_names_that_are_ours),
        cmocka_unit_test(a_real_job_sees_its_environment),
    };
    return cmocka_run_group_tests_name("environment", tests, NULL, NULL);
}
