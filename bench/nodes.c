/* nodes.c - what a choice of nodes costs in one pool of many, filled at random and kept full: by
 * the number of nodes, with jobs that differ in chips, shares, CPUs and memory.
 *
 *     nodes [NODES...]      default: 1000 10000 125000
 *
 * Times are of this thread's CPU. `fit` asks, `choose` asks for the nodes, `move` books one node
 * and gives it back, `gang` chooses 16 whole nodes below as few switches as hold them. */
#include "bench.h"

#include "base/mem.h"
#include "core/nodes.h"

enum { ROUNDS = 20000, KINDS = 4 };

static struct size any_size(void)
{
    static const uint32_t chips[] = {1, 1, 1, 2, 4, 8};
    struct size z = {.nodes = 1};
    struct need *each = &z.part[0].each;
    each->chips = chips[below(6)];
    each->cpus = each->chips * (1 + below(16));
    each->mem_mb = each->chips * 16000 * (1 + below(12));
    if (each->chips == 1 && below(2) == 0) each->milli = 125 * (1 + below(7));
    z.part[0].count = 1;
    z.chips = each->chips;
    return z;
}

static void run(uint32_t count)
{
    struct pool p = {.node_count = count,
                     .chips_per_node = 8,
                     .shards_per_chip = 8,
                     .nodes_per_switch = 32,
                     .switches_per_spine = 16,
                     .cpus_per_node = 128,
                     .mem_mb_per_node = 2000000};
    struct arena arena = {0};
    struct pool_nodes n;
    struct claim_part part, *held = mem_alloc((size_t)count * 64, sizeof *held);
    double *us[KINDS];
    uint32_t waste, misses = 0;
    size_t holds = 0;
    for (int k = 0; k < KINDS; k++) us[k] = mem_alloc(ROUNDS, sizeof(double));
    topology_build(&p, &arena, NULL, NULL);
    nodes_init(&n, &p);
    while (misses < 100) { /* until hardly anything fits, then half of the jobs end */
        struct size z = any_size();
        if (!nodes_choose(&n, &z, &part, &waste) || holds == (size_t)count * 64) {
            misses++;
            continue;
        }
        nodes_take(&n, &part);
        nodes_note(&n, &z);
        held[holds++] = part;
    }
    for (size_t i = 0; i < holds; i += 4) {
        nodes_give(&n, &held[i]);
        held[i] = held[--holds];
    }
    struct size gang = {.part[0] = {{8, 8, 0, 0}, 16}, .nodes = 16, .chips = 128};
    struct claim_part gang_parts[16];
    for (int i = 0; i < ROUNDS; i++) {
        struct size z = any_size();
        double a = cpu_us();
        bool fits = nodes_fit(&n, &z);
        double b = cpu_us();
        if (fits) nodes_choose(&n, &z, &part, &waste);
        double c = cpu_us();
        uint32_t at = below((uint32_t)holds);
        nodes_give(&n, &held[at]);
        if (fits && nodes_is_free(&n, &part)) held[at] = part;
        nodes_take(&n, &held[at]);
        double d = cpu_us();
        nodes_choose(&n, &gang, gang_parts, &waste);
        double e = cpu_us();
        us[0][i] = b - a;
        us[1][i] = c - b;
        us[2][i] = (d - c) / 2;
        us[3][i] = e - d;
    }
    printf("%u nodes, %zu jobs, %u shapes, %llu of %u thousand chips in use\n", count, holds,
           n.shapes.count, (unsigned long long)n.use.milli_used / 1000000, count * 8 / 1000);
    static const char *const names[KINDS] = {"fit", "choose", "move", "gang"};
    for (int k = 0; k < KINDS; k++) {
        print_times(names[k], us[k], ROUNDS);
        mem_free(us[k]);
    }
    nodes_release(&n);
    arena_release(&arena);
    mem_free(held);
}

int main(int argc, char **argv)
{
    static const uint32_t sizes[] = {1000, 10000, 125000};
    for (int i = 1; i < argc; i++) run((uint32_t)strtoul(argv[i], NULL, 10));
    for (size_t i = 0; argc < 2 && i < sizeof sizes / sizeof *sizes; i++) run(sizes[i]);
    return 0;
}
