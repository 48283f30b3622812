/* why_page.h - explanations for people: `berth why`, `berth plan`, sbatch --test-only. */
#ifndef BERTH_CLI_WHY_PAGE_H
#define BERTH_CLI_WHY_PAGE_H

#include "core/explain.h"
#include "law/law.h"
#include "serve/views.h"

struct page {
    struct buf *out;
    int width; /* 0: no limit */
    bool colour;
    bool all; /* every pool; else the first PAGE_POOLS of many */
};
enum { PAGE_POOLS = 40 };

/* The whole story of a job: headline, chosen pool and runner-up in money, the law, every other pool
 * with its one reason, and what would change it. */
void page_why(const struct page *p, const struct job_view *job, const struct explanation *x,
              const struct law_verdict *verdict, const struct pool_list *pools);

/* The table of a plan: POOL SITE CHIP FREE COST LAW, the chosen pool marked, and a line for each
 * pool that is not possible. */
void page_plan(const struct page *p, const struct explanation *x, const struct pool_list *pools);

/* A verdict: effect, findings with rule, citation and numbers, unknown facts, what would change it,
 * and when it changes by date alone. */
void page_verdict(const struct page *p, const struct law_verdict *v, int64_t now_ms);

/* Whether the reason of a pool is one of law. */
bool reason_is_law(int reason);

/* Why a job that was never submitted would not start: the reason of the pool that comes nearest to
 * taking it (one that only lacks room, before one that the law keeps it from, before others).
 * REASON_CHOSEN when it would start. */
int plan_reason(const struct explanation *x);

#endif
