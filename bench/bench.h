/* bench.h - what the programs that measure share: chance from a fixed seed, clocks, quantiles. */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t bench_seed = 42;

/* 0 .. n - 1 (splitmix64). */
static inline uint32_t below(uint32_t n)
{
    uint64_t z = (bench_seed += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return (uint32_t)((z ^ (z >> 31)) % n);
}

static inline double clock_us(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Of this thread's CPU, so that other work on the machine does not count. */
static inline double cpu_us(void)
{
    return clock_us(CLOCK_THREAD_CPUTIME_ID);
}

static inline double now_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

static inline int by_time(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Sorts them. */
static inline void print_times(const char *what, double *us, size_t n)
{
    if (n == 0) return;
    qsort(us, n, sizeof *us, by_time);
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += us[i];
    printf("  %-22s p50 %8.1f us   p99 %8.1f us   max %8.1f us   mean %8.1f us   n %zu\n", what,
           us[n / 2], us[n * 99 / 100], us[n - 1], sum / (double)n, n);
}

#endif
