#include "base/civil.h"
#include "read/json_visit.h"
#include "read/sbatch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WORDS_MAX = 32 };

/* Splits at '~' into NUL-terminated words; gives their number. */
static int words(struct arena *a, const char *text, char **out)
{
    int n = 0;
    struct str rest = str_of(text);
    while (rest.len > 0) {
        const char *at = memchr(rest.p, '~', rest.len);
        size_t len = at != NULL ? (size_t)(at - rest.p) : rest.len;
        out[n++] = arena_copy(a, rest.p, len);
        rest = at != NULL ? (struct str){at + 1, rest.len - len - 1} : (struct str){0};
    }
    out[n] = NULL;
    return n;
}

struct fixture {
    struct arena arena;
    struct sbatch_request r;
    struct errtext error;
    char *json; /* of the spec, without what is the same for all; or the error */
};

static const char *const common[] = {"user",        "uid",     "gid",    "workdir",
                                     "submit_host", "wrapper", "script", "environment"};

/* `command` and `environment` are split at '~'. */
static enum err submit(struct fixture *f, const char *command, const char *environment,
                       const char *script)
{
    char *argv[WORDS_MAX + 1], *envp[WORDS_MAX + 1];
    *f = (struct fixture){0};
    argv[0] = arena_copy(&f->arena, "sbatch", 6);
    int argc = 1 + words(&f->arena, command, argv + 1);
    words(&f->arena, environment, envp);
    struct sbatch_context context = {.environment = envp,
                                     .workdir = "/home/ann",
                                     .host = "login",
                                     .user = "ann",
                                     .uid = 1000,
                                     .gid = 100};
    assert_true(civil_parse(STR("2026-11-21T06:30:00Z"), &context.now_ms));
    sbatch_request_init(&f->r, &context, &f->arena);
    enum err e = sbatch_read_command(&f->r, argc, argv, &f->error);
    if (e == ERR_NONE) e = sbatch_read_script(&f->r, str_of(script), "job.sh", &f->error);
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
    if (strcmp(json_string_value(json_object_get(j, "name")), "job.sh") == 0 ||
        strcmp(json_string_value(json_object_get(j, "name")), "sbatch") == 0)
        json_object_del(j, "name");
    if (strcmp(json_string_value(json_object_get(j, "stdout_path")), "slurm-%j.out") == 0)
        json_object_del(j, "stdout_path");
    f->json = json_dumps(j, JSON_COMPACT);
    json_decref(j);
    f->r.context = NULL;
    return ERR_NONE;
}

static void release(struct fixture *f)
{
    free(f->json);
    arena_release(&f->arena);
}

struct row {
    const char *command, *directives, *want;
};

/* The directives become a script; `want` is JSON, or a part of the error. */
static void check_rows(const struct row *rows, size_t count, bool ok)
{
    int wrong = 0;
    for (size_t i = 0; i < count; i++) {
        struct fixture f;
        struct buf script = {0};
        buf_printf(&script, "#!/bin/sh\n%s%shostname\n", rows[i].directives,
                   rows[i].directives[0] != '\0' ? "\n" : "");
        enum err e = submit(&f, rows[i].command, "", script.p);
        bool same = ok ? strcmp(f.json, rows[i].want) == 0 : strstr(f.json, rows[i].want) != NULL;
        if ((e == ERR_NONE) != ok || !same) {
            print_error("'%s' '%s'\n  gave   %s\n  wanted %s\n", rows[i].command,
                        rows[i].directives, f.json, rows[i].want);
            wrong++;
        }
        buf_release(&script);
        release(&f);
    }
    assert_int_equal(wrong, 0);
}

static void options_become_the_spec_they_should(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"", "", "{}"},
        {"-J~x", "", "{\"name\":\"x\"}"},
        {"-Jx~-A~lab", "", "{\"name\":\"x\",\"tenant\":\"lab\"}"},
        {"--job-name=x y", "", "{\"name\":\"x y\"}"},
        {"-N~2", "", "{\"nodes\":2}"},
        {"-N2-4", "", "{\"nodes\":2,\"nodes_limit\":4}"},
        {"-n~8~-c4", "", "{\"tasks\":8,\"cpus_per_task\":4}"},
        {"--ntasks-per-node=4~-N3", "", "{\"nodes\":3,\"tasks_per_node\":4}"},
        {"-G~8", "", "{\"chips\":8}"},
        {"-N4~--contiguous", "", "{\"nodes\":4,\"contiguous\":true}"},
        {"-N4~--switches=1", "", "{\"nodes\":4,\"switches\":1,\"switches_wait_ms\":300000}"},
        {"-N4~--switches=2@1:00:00", "",
         "{\"nodes\":4,\"switches\":2,\"switches_wait_ms\":3600000}"},
        {"-G~0.5", "", "{\"chips\":1,\"chip_milli\":500}"},
        {"--chips=h100:.25", "", "{\"chips\":1,\"chip_milli\":250,\"chip_kinds\":[\"h100\"]}"},
        {"-G~0.5~-G~2", "", "{\"chips\":2}"},
        {"--gres=shard:3", "", "{\"chips\":1,\"shards\":3}"},
        {"--gres=shard:h100:2", "", "{\"chips\":1,\"shards\":2,\"chip_kinds\":[\"h100\"]}"},
        {"--gpus=h100:8", "", "{\"chips\":8,\"chip_kinds\":[\"h100\"]}"},
        {"--gpus-per-node=8~-N2", "", "{\"nodes\":2,\"chips_per_node\":8}"},
        {"--gpus-per-node=8~-G16", "", "{\"nodes\":2,\"chips\":16,\"chips_per_node\":8}"},
        {"--gpus-per-task=2~-n4", "", "{\"chips\":8,\"tasks\":4}"},
        {"--gpus-per-task=2~-G8", "", "{\"chips\":8,\"tasks\":4}"},
        {"--gpus-per-task=1~-N2~--ntasks-per-node=4", "",
         "{\"nodes\":2,\"chips\":8,\"tasks_per_node\":4}"},
        {"--gres=gpu:2", "", "{\"chips_per_node\":2}"},
        {"--gres=gpu", "", "{\"chips_per_node\":1}"},
        {"--gres=gpu:h100", "", "{\"chips_per_node\":1,\"chip_kinds\":[\"h100\"]}"},
        {"--gres=gpu:h100:4", "", "{\"chips_per_node\":4,\"chip_kinds\":[\"h100\"]}"},
        {"--gres=gres/gpu:h100:4", "", "{\"chips_per_node\":4,\"chip_kinds\":[\"h100\"]}"},
        {"--gres=gpu:h100:2,gpu:h100:2", "", "{\"chips_per_node\":4,\"chip_kinds\":[\"h100\"]}"},
        {"--gres=npu:8", "", "{\"chips_per_node\":8}"},
        {"--gres=none", "", "{}"},
        {"-C~h100|h200~-G4", "", "{\"chips\":4,\"chip_kinds\":[\"h100\",\"h200\"]}"},
        {"-C[h100|h200]~-G4", "", "{\"chips\":4,\"chip_kinds\":[\"h100\",\"h200\"]}"},
        {"-C~h100|h200~-G~h200-sxm:4", "", "{\"chips\":4,\"chip_kinds\":[\"h200-sxm\"]}"},
        {"-G4~--prefer=b200", "", "{\"chips\":4,\"chip_prefer\":[\"b200\"]}"},
        {"-G4~--cpus-per-gpu=8", "", "{\"chips\":4,\"cpus_per_task\":32}"},
        {"-G4~-n4~--cpus-per-gpu=8", "", "{\"chips\":4,\"tasks\":4,\"cpus_per_task\":8}"},
        {"--mem=4G", "", "{\"mem_mb_per_node\":4096}"},
        {"--mem-per-cpu=512", "", "{\"mem_mb_per_cpu\":512}"},
        {"--mem-per-gpu=64g~-G1", "", "{\"chips\":1,\"mem_mb_per_chip\":65536}"},
        {"--mem=0", "", "{\"exclusive\":true}"},
        {"-p~gpu,cpu", "", "{\"partitions\":[\"gpu\",\"cpu\"]}"},
        {"-M~tyo-1,sin-1", "", "{\"sites\":[\"tyo-1\",\"sin-1\"]}"},
        {"-M~all", "", "{}"},
        {"-M~tyo-1,sin-1~--cluster-constraint=sin-1,x", "", "{\"sites\":[\"sin-1\"]}"},
        {"--cluster-constraint=!sin-1,x", "", "{\"not_sites\":[\"sin-1\",\"x\"]}"},
        {"-t~30", "", "{\"time_limit_ms\":1800000}"},
        {"-t~1-12", "", "{\"time_limit_ms\":129600000}"},
        {"--time=UNLIMITED", "", "{\"time_limit_ms\":315619200000}"},
        {"-t0", "", "{\"time_limit_ms\":315619200000}"},
        {"-b~now+1hour", "", "{\"begin_ms\":1795246200000}"},
        {"-b~now", "", "{}"},
        {"--deadline=2026-12-01T00:00:00Z", "", "{\"deadline_ms\":1796083200000}"},
        {"-d~afterok:1:2,afterany:3", "",
         "{\"dependencies\":[{\"kind\":\"afterok\",\"job\":1},{\"kind\":\"afterok\",\"job\":2},"
         "{\"kind\":\"afterany\",\"job\":3}]}"},
        {"-d~after:1+5:2_3+90", "",
         "{\"dependencies\":[{\"job\":1,\"delay_min\":5},"
         "{\"job\":2,\"of_task\":true,\"task\":3,\"delay_min\":90}]}"},
        {"-d~afterok:1?after:2", "",
         "{\"dependencies\":[{\"kind\":\"afterok\",\"job\":1},{\"job\":2}],"
         "\"dependency_any\":true}"},
        {"-d~afterok:12_3:13_*,9", "",
         "{\"dependencies\":[{\"kind\":\"afterok\",\"job\":12,\"of_task\":true,\"task\":3},"
         "{\"kind\":\"afterok\",\"job\":13},{\"kind\":\"afterany\",\"job\":9}]}"},
        {"-a~[1-3]%2", "",
         "{\"array_tasks\":[1,2,3],\"array_limit\":2,\"stdout_path\":\"slurm-%A_%a.out\"}"},
        {"--gpus=h100", "", "{\"chips\":1,\"chip_kinds\":[\"h100\"]}"},
        {"-d~singleton", "", "{\"dependencies\":[{\"kind\":\"singleton\"}]}"},
        {"-a~1-3", "", "{\"array_tasks\":[1,2,3],\"stdout_path\":\"slurm-%A_%a.out\"}"},
        {"-a~0-6:2%4", "",
         "{\"array_tasks\":[0,2,4,6],\"array_limit\":4,\"stdout_path\":\"slurm-%A_%a.out\"}"},
        {"-a~5,1-2,2~-o~x", "", "{\"array_tasks\":[1,2,5],\"stdout_path\":\"x\"}"},
        {"--priority=50~--nice=20", "", "{\"priority\":30,\"nice\":20}"},
        {"--nice", "", "{\"priority\":-100,\"nice\":100}"},
        {"--nice=-5", "", "{\"priority\":5,\"nice\":-5}"},
        {"-q~high~-H~--comment=why not", "",
         "{\"qos\":\"high\",\"hold\":true,\"comment\":\"why not\"}"},
        {"--no-requeue", "", "{\"no_requeue\":true}"},
        {"--no-requeue~--requeue", "", "{}"},
        {"--signal=USR1", "", "{\"signal_number\":10,\"signal_before_s\":60}"},
        {"--signal=B:SIGTERM@120", "",
         "{\"signal_number\":15,\"signal_before_s\":120,\"signal_shell\":true}"},
        {"--signal=R:USR1", "", "{\"signal_number\":10,\"signal_before_s\":60}"},
        {"--signal=RB:USR1@9", "",
         "{\"signal_number\":10,\"signal_before_s\":9,\"signal_shell\":true}"},
        {"--signal=9@0", "", "{\"signal_number\":9}"},
        {"-o~out~-e~err~-i~in~--open-mode=append", "",
         "{\"stdin_path\":\"in\",\"stdout_path\":\"out\",\"stderr_path\":\"err\","
         "\"output_append\":true}"},
        {"--exclusive", "", "{\"exclusive\":true}"},
        {"--exclusive~-s", "", "{}"},
        {"-s~--exclusive", "", "{\"exclusive\":true}"},
        {"--exclusive", "#SBATCH --oversubscribe", "{\"exclusive\":true}"},
        {"job.sh~a~--b", "", "{\"arguments\":[\"a\",\"--b\"]}"},
        {"--~job.sh", "", "{}"},
        {"--part=gpu", "", "{\"partitions\":[\"gpu\"]}"},
        {"-HJx", "", "{\"name\":\"x\",\"hold\":true}"},
        /* Berth's own */
        {"--tenant=acme~--purpose=pretrain~--max-price=2.10~--checkpoint=600~--checkpoint-cost=90"
         "~--restart-cost=45",
         "",
         "{\"tenant\":\"acme\",\"max_uusd_per_chip_h\":2100000,"
         "\"purpose\":\"commercial-training\",\"checkpoint_s\":600,"
         "\"checkpoint_cost_s\":90,\"restart_cost_s\":45}"},
        {"--data=personal:cn", "",
         "{\"data\":[{\"class\":\"personal\",\"subject_country\":\"CN\"}],\"data_known\":true}"},
        {"--data=important:CN,located=sg,accessed-from=JP,persons=500~--data=public", "",
         "{\"data\":[{\"class\":\"important\",\"subject_country\":\"CN\",\"located\":\"SG\","
         "\"accessed_from\":\"JP\",\"persons_known\":true,\"persons\":500},"
         "{\"class\":\"public\"}],\"data_known\":true}"},
        {"--data=none", "", "{\"data_known\":true}"},
        {"--country=JP,SG~--evidence=kyc,us_supply~--end-user=jade", "",
         "{\"countries\":[\"JP\",\"SG\"],\"evidence\":[\"kyc\",\"us_supply\"],"
         "\"end_user\":\"jade\"}"},
        /* scripts */
        {"", "#SBATCH -N 2 --gpus-per-node=h100:8 # a comment",
         "{\"nodes\":2,\"chips_per_node\":8,\"chip_kinds\":[\"h100\"]}"},
        {"", "#SBATCH\t-N\t2\n\n# comment\n#SBATCH -c 4", "{\"nodes\":2,\"cpus_per_task\":4}"},
        {"", "#SBATCH --comment=\"a 'b' # c\" -J x\\ y",
         "{\"name\":\"x y\",\"comment\":\"a 'b' # c\"}"},
        {"", "# SBATCH -N 2\n##SBATCH -N 3\n#SBATCHX -N 4\n #SBATCH -N 5\n#SBATCH", "{}"},
        {"", "cd /tmp\n#SBATCH -N 2", "{}"},
        {"", "#BERTH --data=personal:cn --purpose=research",
         "{\"purpose\":\"research\",\"data\":[{\"class\":\"personal\","
         "\"subject_country\":\"CN\"}],\"data_known\":true}"},
        {"-N3", "#SBATCH -N 2 -c 2", "{\"nodes\":3,\"cpus_per_task\":2}"},
        {"--gres=gpu:4", "#SBATCH --gpus-per-node=8 --gpus=16", "{\"chips_per_node\":4}"},
        {"--mem-per-cpu=1G", "#SBATCH --mem=4G", "{\"mem_mb_per_cpu\":1024}"},
        {"--mem=1G~--mem=2G", "", "{\"mem_mb_per_node\":2048}"},
        {"--nice=1", "#SBATCH --nice=7", "{\"priority\":-1,\"nice\":1}"},
        {"", "#SBATCH --mail-type=ALL --mail-user=ann -m cyclic", "{}"},
        {"", "#SBATCH --parsable -Q -v --wait", "{}"},
    };
    setenv("TZ", "JST-9", 1);
    tzset();
    check_rows(rows, sizeof rows / sizeof *rows, true);
}

static void what_is_wrong_is_refused_by_name(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"-N~0", "", "--nodes: '0' is not a number from 1"},
        {"-N~4-2", "", "--nodes: '4-2' is not a range"},
        {"-N~2-", "", "--nodes: '-' is not"},
        {"-N", "", "--nodes needs a value"},
        {"--hold=x", "", "--hold takes no value"},
        {"--gpus=a100:2,h100:2", "", "one kind of chip"},
        {"--gres=gpu:a100:2,gpu:h100:2", "", "asks for 'h100' beside 'a100'"},
        {"--gres=gpu:2:3", "", "--gres: 'gpu:2:3' is not gpu[:KIND][:N]"},
        {"-G~0.5~--gpus-per-node=1", "", "part of a chip is asked for beside other chips"},
        {"--gres=shard:2~-G1", "", "part of a chip is asked for beside other chips"},
        {"--switches=0", "", "'0'"},
        {"--switches=1@soon", "", "a number of switches and a time"},
        {"-G~1.5", "", "1.5"},
        {"-G~0.0", "", "0.0"},
        {"-G~0.5~-N2", "", "part of one chip, or whole chips"},
        {"--gres=shard:0", "", "'0'"},
        {"--gres=nvme:1", "", "resource 'nvme' is not counted"},
        {"--gres=gpu:65", "", "--gres: '65' is not a number from 0 to 64"},
        {"--gres=gpu:40,gpu:40", "", "more than 64 chips a node"},
        {"-G~10~--gpus-per-node=4", "", "do not agree"},
        {"-G~8~--gpus-per-node=4~-N3", "", "do not agree with --nodes"},
        {"-G~2~-N4", "", "each node needs at least one"},
        {"-C~h100&nvlink", "", "--constraint: '&' is not supported"},
        {"-C~a100~-G~h100:1", "", "--constraint excludes it"},
        {"--mem=1G~--mem-per-cpu=1G", "",
         "--mem-per-cpu: --mem is stated as well; state one of the two"},
        {"--mem-per-gpu=1G~--mem=4G~-G1", "", "--mem: --mem-per-gpu is stated as well"},
        {"", "#SBATCH --mem=4G\n#SBATCH --mem-per-cpu=1G", "job.sh:3:9: --mem-per-cpu: --mem is"},
        {"--time-min=20~-t10", "", "--time-min is longer than --time"},
        {"--time-min=soon", "", "--time-min: 'soon' is not a time limit"},
        {"--gpus-per-task=1", "", "--gpus-per-task needs --ntasks, or --gpus"},
        {"--gpus-per-task=1~-N2", "", "--gpus-per-task needs --ntasks, or --gpus"},
        {"--gpus-per-task=3~-G8", "", "--gpus=8 does not agree with --gpus-per-task=3"},
        {"--mem=lots", "", "--mem: 'lots' is not an amount"},
        {"--mem-per-gpu=1G", "", "asks for no chips"},
        {"-t~soon", "", "--time: 'soon' is not a time limit"},
        {"-b~whenever", "", "--begin: 'whenever' is not a time"},
        {"--deadline=2020-01-01", "", "--deadline: the deadline is past"},
        {"-d~afterok:1,after:2?x", "", "cannot be mixed"},
        {"-d~before:1", "", "'before' is none of"},
        {"-d~afterok:", "", "--dependency"},
        {"-d~afterok:x", "", "'x' is not a number"},
        {"-d~afterok:1+5", "", "'1+5': only 'after' has a delay (+minutes)"},
        {"-d~after:1+5?after:2", "", "only 'after' has a delay, and not beside '?'"},
        {"-d~after:1+", "", "'+' is not a number from 0"},
        {"-d~afterok:12_x", "", "'x' is not a number"},
        {"-d~after:12+999999", "", "'999999' is not a number from 0 to 527040"},
        {"-a~3-1", "", "runs backwards"},
        {"-a~1-", "", "--array: '-' is not a number"},
        {"-a~%4", "", "--array: '%4' is not a list"},
        {"-a~1-3%", "", "--array: '%' is not a number"},
        {"-a~0-99999", "", "more than 10000 tasks"},
        {"-a~1:2:3", "", "--array: '2:3' is not a number"},
        {"--signal=BANG", "", "--signal: 'BANG' is not a signal"},
        {"--signal=USR1@", "", "--signal: '@' is not a number"},
        {"--data=persnal:cn", "", "'persnal' is unknown; did you mean 'personal'?"},
        {"--data=personal:xyz", "", "'xyz' is not a country"},
        {"--data=personal:cn,where=jp", "", "'where=jp' is not one of"},
        {"--purpose=reserch", "", "did you mean 'research'?"},
        {"--country=UK", "", "'UK' is not a country"},
        {"--max-price=0", "", "'0' is not a price"},
        {"--patition=x", "", "unknown option --patition; did you mean --partition?"},
        {"--gpu=4", "", "option --gpu is ambiguous"},
        {"--zzz", "", "unknown option --zzz"},
        {"-Z", "", "unknown option '-Z'"},
        {"--reservation=r", "", "--reservation: there are no reservations"},
        {"-w~n1", "", "--nodelist: nodes are chosen by Berth"},
        {"-L~matlab", "", "--licenses: software licences are not counted"},
        {"--exclusive=user", "", "--exclusive: sharing by 'user'"},
        {"--cluster-constraint=!", "", "--cluster-constraint"},
        {"--wrap=x~job.sh", "", "a script and --wrap"},
        {"job.sh~:~other.sh", "", "heterogeneous"},
        {"", "#SBATCH -N two",
         "job.sh:2:9: --nodes: 'two' is not a number from 1 to 65536\n    #SBATCH -N two\n"
         "            ^"},
        {"", "#SBATCH -c 2\n#SBATCH hetjob", "job.sh:3:9: heterogeneous"},
        {"", "#SBATCH -c 2 train.py", "job.sh:2:14: 'train.py' is not an option"},
        {"", "#SBATCH --comment=\"x", "job.sh:2:9: the quote \" is not closed"},
        {"", "#SBATCH --data=public", "job.sh:2:9: --data is Berth's own: write it on a #BERTH"},
        {"", "#SBATCH --wrap=x", "--wrap may stand on the command line only"},
        {"", "#SBATCH --tmp=1G", "job.sh:2:9: --tmp: space on local disks"},
        {"", "#SBATCH --nodse=2", "job.sh:2:9: unknown option --nodse; did you mean --nodes?"},
    };
    check_rows(rows, sizeof rows / sizeof *rows, false);
}

static void scripts_that_are_none_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *script, *want;
    } rows[] = {
        {"", "job.sh: the script is empty"},
        {"echo hi\n", "job.sh:1:1: this does not look like a batch script"},
        {"#!/bin/sh\r\necho\r\n", "DOS line ends"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f;
        assert_int_equal(submit(&f, "", "", rows[i].script), ERR_INVALID);
        if (strstr(f.json, rows[i].want) == NULL) fail_msg("%s", f.json);
        release(&f);
    }
}

static void the_environment_stands_between_script_and_command(void **state)
{
    (void)state;
    struct fixture f;
    static const char script[] = "#!/bin/sh\n#SBATCH -p one -A one -t 1\nx\n";
    assert_int_equal(submit(&f, "-t~3",
                            "SBATCH_PARTITION=two~SBATCH_TIMELIMIT=2~SBATCH_WAIT=1"
                            "~SBATCH_REQUEUE=0~SBATCH_QOS=~X=y",
                            script),
                     ERR_NONE);
    assert_string_equal(f.json, "{\"tenant\":\"one\",\"partitions\":[\"two\"],"
                                "\"time_limit_ms\":180000}");
    assert_true(f.r.wait);
    release(&f);
    assert_int_equal(submit(&f, "", "SBATCH_TIMELIMIT=never", script), ERR_INVALID);
    assert_string_equal(f.json, "environment variable SBATCH_TIMELIMIT: --time: 'never' is not a "
                                "time limit; write minutes, 4:00:00 or 2-12:00:00");
    release(&f);
}

static void the_job_gets_the_environment_it_exports(void **state)
{
    (void)state;
    static const struct {
        const char *command, *want;
    } rows[] = {
        {"", "A=1 B=two,three"},
        {"--export=ALL", "A=1 B=two,three"},
        {"--export=NONE", ""},
        {"--export=NIL", ""},
        {"--export=A", "A=1"},
        {"--export=A,C=3", "A=1 C=3"},
        {"--export=A=9,ALL", "A=9 B=two,three"},
        {"--export=NONE,C='x,y'", "C=x,y"},
        {"--export=C=\"x,y\",D=", "C=x,y D="},
        {"--export=ABSENT", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f;
        enum err e =
            submit(&f, rows[i].command, "A=1~SBATCH_COMMENT=x~SLURM_JOB_ID=7~B=two,three~broken",
                   "#!/bin/sh\n");
        if (e != ERR_NONE) fail_msg("%s", f.json);
        struct buf got = {0};
        buf_puts(&got, "");
        for (uint32_t k = 0; k < f.r.spec.environment_count; k++) {
            if (k > 0) buf_putc(&got, ' ');
            buf_put_str(&got, f.r.spec.environment[k]);
        }
        assert_string_equal(got.p, rows[i].want);
        buf_release(&got);
        release(&f);
    }
}

static void notes_warn_once(void **state)
{
    (void)state;
    struct fixture f;
    assert_int_equal(submit(&f, "--mail-type=END", "",
                            "#!/bin/sh\n#SBATCH --mail-type=ALL\nls\n#SBATCH -N 2\n#SBATCH -N 3\n"),
                     ERR_NONE);
    assert_int_equal(f.r.note_count, 2);
    assert_true(str_eqz(f.r.notes[0], "--mail-type has no effect here"));
    assert_true(str_eqz(f.r.notes[1], "job.sh:4: directives behind the first command are ignored"));
    release(&f);
}

static void a_wrapped_command_becomes_a_script(void **state)
{
    (void)state;
    struct fixture f;
    assert_int_equal(submit(&f, "--wrap=echo $X~--test-only~--parsable~-Q", "", ""), ERR_NONE);
    assert_true(str_eqz(f.r.spec.script,
                        "#!/bin/sh\n# This script was created by sbatch --wrap.\n\necho $X\n"));
    assert_true(str_eqz(f.r.spec.name, "wrap"));
    assert_true(f.r.test_only && f.r.parsable && f.r.quiet && !f.r.wait);
    assert_null(f.r.script_path);
    release(&f);
}

static void defaults_name_who_submits(void **state)
{
    (void)state;
    struct fixture f;
    assert_int_equal(submit(&f, "-D~work~dir/train.sh", "", "#!/bin/sh\n"), ERR_NONE);
    assert_string_equal(f.r.script_path, "dir/train.sh");
    assert_true(str_eqz(f.r.spec.name, "train.sh"));
    assert_true(str_eqz(f.r.spec.workdir, "/home/ann/work"));
    assert_true(str_eqz(f.r.spec.user, "ann") && f.r.spec.uid == 1000 && f.r.spec.gid == 100);
    assert_true(str_eqz(f.r.spec.wrapper, "sbatch"));
    release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_become_the_spec_they_should),
        cmocka_unit_test(what_is_wrong_is_refused_by_name),
        cmocka_unit_test(scripts_that_are_none_are_refused),
        cmocka_unit_test(the_environment_stands_between_script_and_command),
        cmocka_unit_test(the_job_gets_the_environment_it_exports),
        cmocka_unit_test(notes_warn_once),
        cmocka_unit_test(a_wrapped_command_becomes_a_script),
        cmocka_unit_test(defaults_name_who_submits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
