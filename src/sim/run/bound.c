#include "sim/run/bound.h"

#include "base/check.h"
#include "base/mem.h"

void bound_init(struct bound *b, uint64_t chips, int64_t begin_ms)
{
    *b = (struct bound){.chips = (double)chips, .begin_ms = begin_ms, .now_ms = begin_ms};
}

void bound_release(struct bound *b)
{
    mem_free(b->heap);
}

/* ---- a heap, the least on top ---------------------------------------------------------------- */

static void swap(double *a, double *b)
{
    double x = *a;
    *a = *b;
    *b = x;
}

static void sink(struct bound *b)
{
    for (size_t i = 0, child; (child = 2 * i + 1) < b->count; i = child) {
        if (child + 1 < b->count && b->heap[child + 1] < b->heap[child]) child++;
        if (b->heap[i] <= b->heap[child]) return;
        swap(&b->heap[i], &b->heap[child]);
    }
}

static void push(struct bound *b, double work)
{
    b->heap = mem_grow(b->heap, &b->cap, b->count + 1, sizeof *b->heap);
    size_t i = b->count++;
    b->heap[i] = work;
    for (; i > 0 && b->heap[(i - 1) / 2] > b->heap[i]; i = (i - 1) / 2)
        swap(&b->heap[i], &b->heap[(i - 1) / 2]);
}

/* ---- the relaxed machine --------------------------------------------------------------------- */

/* Work on the least until `to_ms` of its clock, or until all is done (to_ms < 0). The sum of the
 * jobs' times in the system is the integral of their number. */
static void work_until(struct bound *b, double to_ms)
{
    while (b->count > 0 && b->chips > 0) {
        double left_ms = b->heap[0] / b->chips;
        bool ends = to_ms < 0 || b->clock_ms + left_ms <= to_ms;
        double spent = ends ? left_ms : to_ms - b->clock_ms;
        b->jct_sum_ms += (double)b->count * spent;
        b->clock_ms += spent;
        b->busy_until_ms = b->clock_ms;
        if (!ends) {
            b->heap[0] -= spent * b->chips;
            return;
        }
        b->heap[0] = b->heap[--b->count];
        sink(b);
    }
    if (to_ms > b->clock_ms) b->clock_ms = to_ms;
}

void bound_add(struct bound *b, int64_t at_ms, double chip_ms, int64_t shortest_ms)
{
    ASSERT(at_ms >= b->now_ms);
    b->now_ms = at_ms;
    b->jobs++;
    b->shortest_sum_ms += (double)shortest_ms;
    if (at_ms + shortest_ms > b->end_ms) b->end_ms = at_ms + shortest_ms;
    work_until(b, (double)(at_ms - b->begin_ms));
    if (chip_ms <= 0) return;
    b->work_chip_ms += chip_ms;
    push(b, chip_ms);
}

struct bounds bound_finish(struct bound *b)
{
    work_until(b, -1);
    double by_job = b->end_ms > b->begin_ms ? (double)(b->end_ms - b->begin_ms) : 0;
    double sum = b->jct_sum_ms > b->shortest_sum_ms ? b->jct_sum_ms : b->shortest_sum_ms;
    return (struct bounds){
        .makespan_ms = by_job > b->busy_until_ms ? by_job : b->busy_until_ms,
        .mean_jct_ms = b->jobs > 0 ? sum / (double)b->jobs : 0,
        .work_chip_ms = b->work_chip_ms,
    };
}
