/* sim_main.c - `sim SEED [COUNT]`: run simulated worlds and say which seeds fail (sim/sim.h). */
#include "base/str.h"
#include "core/limits.h"
#include "sim/sim.h"

#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
    "usage: sim [options] SEED [COUNT]\n"
    "Run COUNT (default 1) simulated worlds from SEED on; exit 1 when an oracle fails.\n"
    "  --faults LIST   only these faults, of: all none and the names below, with commas\n"
    "  --steps N       stop each world after N steps of the core\n"
    "  --first         stop at the first seed that fails\n"
    "  --stats         at the end say how often everything happened\n"
    "  --trace         one line for everything that happens\n"
    "  -v              one line for each seed\n"
    "faults:";

struct arguments {
    uint64_t seed, count;
    struct sim_options options;
    bool stats, verbose, first;
    char repeat[256]; /* the options again, for the command that repeats a failure */
};

static int print_usage(FILE *out, int status)
{
    fputs(usage, out);
    for (int i = 0; i < SIM_FAULT_COUNT; i++) fprintf(out, " %s", sim_fault_names[i]);
    fputc('\n', out);
    return status;
}

static bool parse_faults(const char *list, uint32_t *faults)
{
    *faults = 0;
    while (*list != '\0') {
        size_t len = strcspn(list, ",");
        struct str word = {list, len};
        uint32_t bits = str_eqz(word, "all") ? SIM_FAULTS_ALL : 0;
        for (int i = 0; i < SIM_FAULT_COUNT; i++)
            if (str_eqz(word, sim_fault_names[i])) bits = 1u << i;
        if (bits == 0 && !str_eqz(word, "none")) {
            fprintf(stderr, "sim: no fault is called '%.*s'\n", (int)len, list);
            return false;
        }
        *faults |= bits;
        list += len + (list[len] == ',' ? 1 : 0);
    }
    return true;
}

static bool parse(int argc, char **argv, struct arguments *a)
{
    static const struct option longs[] = {{"faults", required_argument, NULL, 'f'},
                                          {"steps", required_argument, NULL, 'n'},
                                          {"first", no_argument, NULL, '1'},
                                          {"stats", no_argument, NULL, 's'},
                                          {"trace", no_argument, NULL, 't'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    *a = (struct arguments){.count = 1, .options = {.faults = SIM_FAULTS_ALL}};
    size_t used = 0;
    for (int c; (c = getopt_long(argc, argv, "vh", longs, NULL)) != -1;) {
        const char *name = c == 'f' ? "--faults" : "--steps";
        if (c == 'f' && !parse_faults(optarg, &a->options.faults)) return false;
        if (c == 'n' && !str_to_u64(str_of(optarg), &a->options.steps_max)) return false;
        if ((c == 'f' || c == 'n') && used < sizeof a->repeat)
            used +=
                (size_t)snprintf(a->repeat + used, sizeof a->repeat - used, "%s %s ", name, optarg);
        if (c == '1') a->first = true;
        if (c == 's') a->stats = true;
        if (c == 't') a->options.trace = stdout;
        if (c == 'v') a->verbose = true;
        if (c == 'h' || c == '?') return false;
    }
    int words = argc - optind;
    if (words < 1 || words > 2) return false;
    if (!str_to_u64(str_of(argv[optind]), &a->seed)) return false;
    return words == 1 || str_to_u64(str_of(argv[optind + 1]), &a->count);
}

/* An assertion or a sanitizer ends the process: the seed must still be said. */
static char last_words[512];

static void say_last_words(void)
{
    ssize_t written = write(STDOUT_FILENO, last_words, strlen(last_words));
    (void)written;
}

static void on_signal(int sig)
{
    say_last_words();
    signal(sig, SIG_DFL);
    raise(sig);
}

void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void watch_for_death(void)
{
    static const int signals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (__sanitizer_set_death_callback == NULL || signals[i] == SIGABRT)
            signal(signals[i], on_signal);
    if (__sanitizer_set_death_callback != NULL) __sanitizer_set_death_callback(say_last_words);
}

static void print_stats(const struct sim_stats *stats)
{
    for (int i = 0; i < SIM_STAT_COUNT; i++)
        printf("%-20s %12" PRIu64 "%s", sim_stat_names[i], stats->n[i],
               i % 3 == 2 || i == SIM_STAT_COUNT - 1 ? "\n" : "   ");
    printf("most often stopped for others: one job %" PRIu64 " times, at most %d may be\n",
           stats->preemptions_most, PREEMPTIONS_MAX);
}

/* So many worlds with every fault must have met everything at least once; what was never met was
 * never tested. */
enum { COVERING_SEEDS = 200 };

static bool covers_everything(const struct arguments *a, const struct sim_stats *stats)
{
    bool all = true;
    if (a->count < COVERING_SEEDS || a->options.faults != SIM_FAULTS_ALL ||
        a->options.steps_max != 0)
        return true;
    for (int i = 0; i < SIM_STAT_COUNT; i++) {
        if (stats->n[i] > 0) continue;
        printf("coverage: FAILED: in %" PRIu64 " worlds nothing was met of: %s\n", a->count,
               sim_stat_names[i]);
        all = false;
    }
    return all;
}

int main(int argc, char **argv)
{
    struct arguments a;
    if (!parse(argc, argv, &a)) return print_usage(stderr, 2);
    struct sim_stats stats = {0};
    uint64_t failed = 0, run = 0;
    clock_t begin = clock();
    watch_for_death();
    for (uint64_t seed = a.seed; run < a.count && !(a.first && failed > 0); seed++) {
        run++;
        struct sim_result result;
        uint64_t steps = stats.n[STAT_STEPS], minutes = stats.n[STAT_SIM_MINUTES];
        snprintf(last_words, sizeof last_words,
                 "seed %" PRIu64 ": FAILED by an assertion or sanitizer (see above)\n"
                 "    repeat: %s --trace %s%" PRIu64 "\n",
                 seed, argv[0], a.repeat, seed);
        sim_run(seed, &a.options, &stats, &result);
        if (a.verbose && !result.failed)
            printf("seed %" PRIu64 ": passed, %" PRIu64 " steps, %" PRIu64 " hours\n", seed,
                   stats.n[STAT_STEPS] - steps, (stats.n[STAT_SIM_MINUTES] - minutes) / 60);
        if (!result.failed) continue;
        failed++;
        printf("seed %" PRIu64 ": FAILED %s at record %" PRIu64 ": %s\n"
               "    repeat: %s --trace %s%" PRIu64 "\n",
               seed, result.oracle, result.step, result.text, argv[0], a.repeat, seed);
        fflush(stdout);
    }
    double cpu_s = (double)(clock() - begin) / CLOCKS_PER_SEC;
    if (cpu_s < 0.001) cpu_s = 0.001;
    if (a.stats) print_stats(&stats);
    printf("%" PRIu64 " seeds, %" PRIu64 " steps, %" PRIu64 " simulated hours in %.1f s of CPU: "
           "%.0f seeds/min, %.0f steps/s, %.0f simulated hours/s\n",
           run, stats.n[STAT_STEPS], stats.n[STAT_SIM_MINUTES] / 60, cpu_s,
           (double)run * 60 / cpu_s, (double)stats.n[STAT_STEPS] / cpu_s,
           (double)stats.n[STAT_SIM_MINUTES] / 60 / cpu_s);
    printf("%" PRIu64 " passed, %" PRIu64 " failed\n", run - failed, failed);
    bool covered = (a.first && failed > 0) || covers_everything(&a, &stats);
    return failed > 0 || !covered ? 1 : 0;
}
