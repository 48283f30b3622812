/* gavel_alloc - one allocation of max-min fairness over many jobs, and one matching: CPU seconds.
 *   usage: gavel_alloc [THROUGHPUTS.csv]
 * The set-up of Gavel's own scaling experiment: n jobs drawn by the published generator (single
 * GPU, seed 0), n / 4 GPUs of each type. As drawn, many are of the same model, and the solver takes
 * these as one; with priority weights of their own no two are alike. */
#include "base/mem.h"
#include "sim/gavel/gavel_lp.h"
#include "sim/gavel/gavel_match.h"
#include "sim/gavel/gavel_source.h"

#include <math.h>
#include <time.h>

static double cpu_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void measure(struct gavel_source *s, uint32_t n)
{
    int32_t each = (int32_t)n / 4, workers[GAVEL_TYPES] = {each, each, each};
    struct gavel_lp_job *rows = mem_alloc(n, sizeof *rows), *unlike = mem_alloc(n, sizeof *unlike);
    double(*x)[GAVEL_TYPES] = mem_alloc(n, sizeof *x), price[GAVEL_TYPES];
    struct gavel_match m = {0};
    gavel_match_init(&m, n);
    for (uint32_t i = 0; i < n; i++) {
        const double *v = s->jobs[i].speed;
        double top = fmax(v[0], fmax(v[1], v[2]));
        unlike[i] = rows[i] =
            (struct gavel_lp_job){{v[0], v[1], v[2]}, (v[0] + v[1] + v[2]) / 3, 1};
        unlike[i].need *= 1 + (double)i / n;
        m.jobs[i] = (struct gavel_match_job){
            .value = {v[0] / top, v[1] / top, v[2] / top}, .gpus = 1, .type = GAVEL_NOWHERE};
    }
    double begun = cpu_now();
    double t = gavel_lp_solve(rows, n, workers, x);
    double between = cpu_now();
    gavel_lp_solve(unlike, n, workers, x);
    double after = cpu_now();
    gavel_match_solve(&m, workers, price);
    printf("%6u jobs: shares %.4f s (objective %.6f), no two alike %.4f s, matching %.4f s\n", n,
           between - begun, t, after - between, cpu_now() - after);
    gavel_match_release(&m);
    mem_free(rows);
    mem_free(unlike);
    mem_free(x);
}

int main(int argc, char **argv)
{
    struct arena arena;
    struct gavel_speeds speeds;
    struct gavel_source s;
    struct errtext error;
    struct gavel_draw draw = {.window_end = 32768};
    arena_init(&arena);
    enum err e = gavel_speeds_read(argc > 1 ? argv[1] : "test/gavel/throughputs.csv", &arena,
                                   &speeds, &error);
    if (e == ERR_NONE) e = gavel_source_init(&s, &draw, &speeds, &error);
    if (e != ERR_NONE) {
        fprintf(stderr, "gavel_alloc: %s\n", error.s);
        return 1;
    }
    for (uint32_t n = 128; n <= 32768; n *= 4) measure(&s, n);
    gavel_source_release(&s);
    arena_release(&arena);
    return 0;
}
