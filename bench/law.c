/* law.c - how many verdicts a second: every case of a file of vectors under all packs of a folder,
 * evaluated from scratch from facts already typed (law_allows), and in full with words
 * (law_decide).
 *
 *     bench/law LAW_DIR CHIPS_CSV VECTORS_YAML [SECONDS] */
#include "law/law.h"
#include "read/chips_csv.h"
#include "read/pack_yaml.h"
#include "read/text_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int fail(const struct yaml_errors *errs)
{
    struct buf text = {0};
    yaml_errors_print(errs, &text);
    fprintf(stderr, STR_FMT, STR_ARG(buf_str(&text)));
    buf_release(&text);
    return 1;
}

int main(int argc, char **argv)
{
    struct arena arena, scratch;
    struct yaml_errors errs;
    struct errtext t;
    struct case_world world = {0};
    struct chip *chips = NULL;
    struct pack_file *packs = NULL;
    struct vector *vectors = NULL;
    struct str bytes = {0};
    uint32_t pack_count = 0, count = 0, rules = 0;
    if (argc < 4)
        return fprintf(stderr, "usage: law LAW_DIR CHIPS_CSV VECTORS_YAML [SECONDS]\n"), 1;
    double seconds = argc > 4 ? strtod(argv[4], NULL) : 2.0;
    arena_init(&arena);
    arena_init(&scratch);
    yaml_errors_init(&errs, &arena);
    if (chips_load(argv[2], &arena, &chips, &world.chip_count, &t) != ERR_NONE ||
        text_file_read(argv[3], YAML_BYTES_MAX, &arena, &bytes, &t) != ERR_NONE)
        return fprintf(stderr, "%s\n", t.s), 1;
    world.chips = chips;
    if (!packs_load(argv[1], &world, &arena, &errs, &packs, &pack_count) ||
        !vectors_yaml_read(bytes, str_of(argv[3]), &world, &arena, &errs, &vectors, &count))
        return fail(&errs);
    struct law *law = law_new();
    for (uint32_t i = 0; i < pack_count; i++) {
        rules += packs[i].pack.rule_count;
        if (law_adopt(law, &packs[i].pack, &t) != ERR_NONE) return fprintf(stderr, "%s\n", t.s), 1;
    }
    printf("%u packs, %u rules, %u cases\n", pack_count, rules, count);
    for (int full = 0; full < 2; full++) {
        uint64_t n = 0, allowed = 0;
        double begin = now_s(), end = begin;
        while (end - begin < seconds) {
            for (uint32_t i = 0; i < count; i++, n++) {
                int effect = 0;
                struct str rule;
                struct law_verdict v;
                arena_clear(&scratch);
                law_bind(law, vectors[i].bind != 0 ? vectors[i].bind : LAW_BIND_DEFAULT);
                if (full) law_decide(law, &vectors[i].c, &scratch, &v);
                allowed +=
                    full ? v.allowed : law_allows(law, &vectors[i].c, &scratch, &effect, &rule);
            }
            end = now_s();
        }
        printf("%s: %.0f verdicts/s (%.1f%% allowed)\n", full ? "law_decide" : "law_allows",
               (double)n / (end - begin), 100.0 * (double)allowed / (double)n);
    }
    law_free(law);
    arena_release(&scratch);
    arena_release(&arena);
    return 0;
}
