/* roofline.c - how far the data sheets miss measured speeds: every two kinds of chip on which the
 * tables know a type at the same gang size, their ratio of speeds as predicted and as measured.
 *
 *     bench/roofline CHIPS_CSV SPEEDS_CSV
 *
 * Errors are factors: 1.25 means a quarter too high or too low. "bar" counts the measured ratios
 * that lie inside the bar of perf/roofline.h for a type of unknown intensity. */
#include "perf/roofline.h"
#include "read/chips_csv.h"
#include "read/speeds_csv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum guess { BANDWIDTHS, PEAKS, GEOMETRIC_MEAN, GUESSES };
enum group { TRAINING, SERVING, GROUPS };

struct errors {
    double factor[GUESSES];
};

struct tally {
    struct errors *items;
    size_t count, in_bar;
};

/* The first of the catalogue that the table's name accepts: a row may name a family. */
static const struct chip *find_chip(const struct chip *chips, uint32_t count, struct str name)
{
    for (uint32_t i = 0; i < count; i++)
        if (chip_is_named(chips[i].id, name)) return &chips[i];
    return NULL;
}

/* The kinds of Gavel's table; all others were measured with serving benchmarks. */
static enum group group_of(const struct speed_row *r)
{
    bool is_gavel =
        str_eq(r->chip, STR("k80")) || str_eq(r->chip, STR("p100")) || str_eq(r->chip, STR("v100"));
    return is_gavel ? TRAINING : SERVING;
}

static double off_by(double predicted, double measured)
{
    return predicted > measured ? predicted / measured : measured / predicted;
}

static void compare(const struct chip *a, const struct chip *b, double measured, struct tally *t)
{
    const struct quantity *peak_a = a->fp16_tflops.known ? &a->fp16_tflops : &a->fp32_tflops;
    const struct quantity *peak_b = b->fp16_tflops.known ? &b->fp16_tflops : &b->fp32_tflops;
    struct ratio r;
    if (!peak_a->known || !peak_b->known || !a->dram_bw_gbs.known || !b->dram_bw_gbs.known ||
        !roofline_ratio(a, 1, b, 1, 0, &r))
        return;
    double memory = (double)b->dram_bw_gbs.milli / (double)a->dram_bw_gbs.milli;
    double peak = (double)peak_b->milli / (double)peak_a->milli;
    struct errors *e = &t->items[t->count++];
    e->factor[BANDWIDTHS] = off_by((double)r.ppm / RATIO_ONE, measured);
    e->factor[PEAKS] = off_by(peak, measured);
    e->factor[GEOMETRIC_MEAN] = off_by(sqrt(memory * peak), measured);
    t->in_bar +=
        measured >= (double)r.lo_ppm / RATIO_ONE && measured <= (double)r.hi_ppm / RATIO_ONE;
}

static void compare_all(const struct speeds *s, const struct chip *chips, uint32_t chip_count,
                        struct tally tallies[GROUPS])
{
    for (uint32_t i = 0; i < s->row_count; i++) {
        for (uint32_t j = i + 1; j < s->row_count; j++) {
            const struct speed_row *x = &s->rows[i], *y = &s->rows[j];
            if (!str_eq(x->type, y->type)) break;
            if (x->chips != y->chips || str_eq(x->chip, y->chip)) continue;
            const struct chip *a = find_chip(chips, chip_count, x->chip);
            const struct chip *b = find_chip(chips, chip_count, y->chip);
            double measured = (double)y->usteps_per_s / (double)x->usteps_per_s;
            if (a != NULL && b != NULL) compare(a, b, measured, &tallies[group_of(x)]);
        }
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void print_tally(const char *name, const struct tally *t)
{
    static const char *const names[GUESSES] = {"bandwidths", "FP16 peaks", "their geometric mean"};
    printf("%s: %zu ratios, %zu in the bar\n", name, t->count, t->in_bar);
    double *errors = calloc(t->count + 1, sizeof *errors);
    if (errors == NULL) abort();
    for (int g = 0; g < GUESSES && t->count > 0; g++) {
        for (size_t i = 0; i < t->count; i++) errors[i] = t->items[i].factor[g];
        qsort(errors, t->count, sizeof *errors, by_value);
        printf("  ratio of %-22s median error x%.2f, 80 %% of errors below x%.2f\n", names[g],
               errors[t->count / 2], errors[t->count * 4 / 5]);
    }
    free(errors);
}

int main(int argc, char **argv)
{
    struct arena arena;
    struct errtext t;
    struct chip *chips = NULL;
    uint32_t chip_count = 0;
    struct speeds speeds = {0};
    if (argc != 3) return fprintf(stderr, "usage: roofline CHIPS_CSV SPEEDS_CSV\n"), 1;
    arena_init(&arena);
    if (chips_load(argv[1], &arena, &chips, &chip_count, &t) != ERR_NONE ||
        speeds_load(argv[2], &arena, &speeds, &t) != ERR_NONE)
        return fprintf(stderr, "%s\n", t.s), 1;
    struct tally tallies[GROUPS] = {0};
    for (int g = 0; g < GROUPS; g++)
        tallies[g].items =
            arena_alloc(&arena, (size_t)speeds.row_count * speeds.row_count, sizeof(struct errors));
    compare_all(&speeds, chips, chip_count, tallies);
    print_tally("training (Gavel's types)", &tallies[TRAINING]);
    print_tally("serving", &tallies[SERVING]);
    arena_release(&arena);
    return 0;
}
