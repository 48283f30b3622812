/* The matching of jobs with types, held against all assignments. */
#include "sim/gavel/gavel_match.h"
#include "sim/gavel/gavel_random.h"
#include "sim/gavel/gavel_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

enum { JOBS_MAX = 7, PLACES = GAVEL_TYPES + 1 };

/* The greatest value of jobs i .. and the GPUs that are left. */
static double oracle(const struct gavel_match *m, uint32_t i, int32_t idle[GAVEL_TYPES])
{
    if (i == m->count) return 0;
    const struct gavel_match_job *j = &m->jobs[i];
    double best = oracle(m, i + 1, idle);
    for (int k = 0; k < GAVEL_TYPES; k++) {
        if (j->value[k] <= 0 || (int32_t)j->gpus > idle[k]) continue;
        idle[k] -= (int32_t)j->gpus;
        best = fmax(best, j->value[k] + oracle(m, i + 1, idle));
        idle[k] += (int32_t)j->gpus;
    }
    return best;
}

static void draw(struct gavel_match *m, struct gavel_random *r, bool mixed, int32_t *workers)
{
    gavel_match_init(m, 1 + gavel_random_below(r, JOBS_MAX));
    for (int k = 0; k < GAVEL_TYPES; k++)
        workers[k] = (int32_t)gavel_random_below(r, mixed ? 6 : 3);
    for (uint32_t i = 0; i < m->count; i++) {
        struct gavel_match_job *j = &m->jobs[i];
        j->type = (int)(i % PLACES) - 1; /* GAVEL_NOWHERE too */
        j->gpus = mixed ? UINT32_C(1) << gavel_random_below(r, 3) : 1;
        for (int k = 0; k < GAVEL_TYPES; k++)
            j->value[k] = gavel_random_below(r, 8) == 0 ? 0 : gavel_random_unit(r) * j->gpus;
    }
}

/* The value of what was chosen; checks that it fits. */
static double value_of(const struct gavel_match *m, const int32_t *workers)
{
    int32_t used[GAVEL_TYPES] = {0};
    double sum = 0;
    for (uint32_t i = 0; i < m->count; i++) {
        const struct gavel_match_job *j = &m->jobs[i];
        if (j->type == GAVEL_NOWHERE) continue;
        assert_true(j->value[j->type] > 0);
        sum += j->value[j->type];
        used[j->type] += (int32_t)j->gpus;
    }
    for (int k = 0; k < GAVEL_TYPES; k++) assert_true(used[k] <= workers[k]);
    return sum;
}

static void jobs_of_one_size_are_matched_best_with_true_prices(void **state)
{
    (void)state;
    struct gavel_match m = {0};
    struct gavel_random r;
    gavel_random_init(&r, 1);
    for (int round = 0; round < 2000; round++) {
        int32_t workers[GAVEL_TYPES];
        double price[GAVEL_TYPES];
        draw(&m, &r, false, workers);
        gavel_match_solve(&m, workers, price);
        double best = oracle(&m, 0, workers), got = value_of(&m, workers);
        if (fabs(got - best) > 1e-9) fail_msg("round %d: %.9g of %.9g", round, got, best);
        for (int k = 0; k < GAVEL_TYPES; k++) {
            workers[k]++;
            assert_true(fabs(oracle(&m, 0, workers) - best - price[k]) < 1e-9);
            workers[k]--;
        }
    }
    gavel_match_release(&m);
}

/* What is best does not depend on where the search begins. */
static void jobs_of_one_size_end_alike_from_wherever_they_ran(void **state)
{
    (void)state;
    enum { MANY = 200 };
    struct gavel_match m = {0};
    struct gavel_random r;
    gavel_random_init(&r, 3);
    for (int round = 0; round < 100; round++) {
        const int32_t workers[GAVEL_TYPES] = {10, (int32_t)gavel_random_below(&r, 40), 20};
        double price[2][GAVEL_TYPES];
        int type[MANY];
        gavel_match_init(&m, MANY);
        for (int k = 0; k < MANY * GAVEL_TYPES; k++)
            m.jobs[k / GAVEL_TYPES].value[k % GAVEL_TYPES] = gavel_random_unit(&r);
        for (int from = 0; from < 2; from++) {
            for (int i = 0; i < MANY; i++) {
                m.jobs[i].gpus = 1;
                m.jobs[i].type =
                    from == 0 ? GAVEL_NOWHERE : (int)gavel_random_below(&r, PLACES) - 1;
            }
            gavel_match_solve(&m, workers, price[from]);
            for (int i = 0; i < MANY; i++) {
                if (from == 1) assert_int_equal(m.jobs[i].type, type[i]);
                type[i] = m.jobs[i].type;
            }
        }
        for (int k = 0; k < GAVEL_TYPES; k++) assert_true(fabs(price[0][k] - price[1][k]) < 1e-9);
    }
    gavel_match_release(&m);
}

static void jobs_of_several_sizes_are_matched_nearly_best(void **state)
{
    (void)state;
    struct gavel_match m = {0};
    struct gavel_random r;
    double sum = 0, most = 0;
    int missed = 0;
    gavel_random_init(&r, 2);
    for (int round = 0; round < 2000; round++) {
        int32_t workers[GAVEL_TYPES];
        double price[GAVEL_TYPES];
        draw(&m, &r, true, workers);
        gavel_match_solve(&m, workers, price);
        double best = oracle(&m, 0, workers), got = value_of(&m, workers);
        assert_true(got <= best + 1e-9);
        missed += got < best - 1e-9;
        sum += got;
        most += best;
    }
    if (sum < 0.995 * most || missed > 200)
        fail_msg("%.4f of the best value, %d of 2000 missed", sum / most, missed);
    gavel_match_release(&m);
}

static void nothing_is_matched_with_nothing(void **state)
{
    (void)state;
    struct gavel_match m = {0};
    double price[GAVEL_TYPES];
    gavel_match_init(&m, 0);
    gavel_match_solve(&m, (int32_t[]){1, 1, 1}, price);
    assert_true(price[0] == 0 && price[1] == 0 && price[2] == 0);
    gavel_match_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_of_one_size_are_matched_best_with_true_prices),
        cmocka_unit_test(jobs_of_one_size_end_alike_from_wherever_they_ran),
        cmocka_unit_test(jobs_of_several_sizes_are_matched_nearly_best),
        cmocka_unit_test(nothing_is_matched_with_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
