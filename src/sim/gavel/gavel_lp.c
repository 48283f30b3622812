/* Jobs that are alike stand in one row, as the central path, which the method follows, treats them
 * alike: a row's terms count `many` times. Below, such a row is called a job.
 *
 * Every job i has a row F (speed) and a row R (time); every type j a row C. Slacks: z of F, r of R,
 * q of C; duals: f, u, p, which are also the reduced costs of the slacks. The reduced costs of x
 * are  s_ij = u_i + gpus_i p_j - speed_ij f_i,  that of t is  st = sum_i need_i f_i - 1.  The start
 * is feasible and steps keep it so: only complementarity is worked on. */
#include "sim/gavel/gavel_lp.h"

#include "base/check.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    T = GAVEL_TYPES,
    SIDE = GAVEL_TYPES + 1,
    ITERATIONS_MAX = 100,
    PATIENCE = 4, /* iterations without a smaller gap: a step may widen it, rounding always does */
};
#define GAP 1e-8 /* of the objective: the iteration ends */
#define TO_THE_WALL 0.9995 /* the part of the way to the boundary that a step goes */

struct row {
    double a[T], g, gpus; /* speeds scaled to 1, need scaled, of the problem */
    double many; /* jobs that it stands for */
    double x[T], s[T], z, f, r, u; /* the iterate */
    double d[T]; /* x / s */
    double zf, ru, det; /* z / f, r / u, the determinant of the 2 x 2 block */
    double dx[T], ds[T], dz, df, dr, du; /* the step */
    double best_x[T]; /* at the smallest gap so far */
};

struct lp {
    struct row *rows;
    uint32_t count;
    size_t cap;
    double n[T]; /* workers; 0: the type is not there */
    double q[T], p[T], t, st, dq[T], dp[T], dt, dst;
    double best_t;
    double side[SIDE][SIDE]; /* the coupled system: dp, then dt */
};

/* ---- the start ------------------------------------------------------------------------------- */

static int by_terms(const void *a, const void *b)
{
    const struct gavel_lp_job *x = *(const struct gavel_lp_job *const *)a;
    const struct gavel_lp_job *y = *(const struct gavel_lp_job *const *)b;
    for (int j = 0; j < T; j++)
        if (x->speed[j] != y->speed[j]) return x->speed[j] < y->speed[j] ? -1 : 1;
    if (x->need != y->need) return x->need < y->need ? -1 : 1;
    return (x->gpus > y->gpus) - (x->gpus < y->gpus);
}

/* Make the rows, and note the row of each of the `count` jobs. */
static void gather(struct lp *lp, const struct gavel_lp_job *jobs, uint32_t count, uint32_t *row_of)
{
    const struct gavel_lp_job **order = mem_alloc(count, sizeof *order);
    for (uint32_t i = 0; i < count; i++) order[i] = &jobs[i];
    qsort(order, count, sizeof *order, by_terms);
    for (uint32_t i = 0; i < count; i++) {
        const struct gavel_lp_job *job = order[i];
        if (i == 0 || by_terms(&order[i - 1], &order[i]) != 0) {
            lp->rows = mem_grow(lp->rows, &lp->cap, (size_t)lp->count + 1, sizeof *lp->rows);
            struct row *w = &lp->rows[lp->count++];
            for (int j = 0; j < T; j++) w->a[j] = lp->n[j] > 0 ? job->speed[j] : 0;
            w->g = job->need;
            w->gpus = job->gpus;
        }
        lp->rows[lp->count - 1].many++;
        row_of[job - jobs] = lp->count - 1;
    }
    mem_free(order);
}

static void scale(struct lp *lp, double *unit_out)
{
    double most = 0;
    for (uint32_t i = 0; i < lp->count; i++) {
        struct row *w = &lp->rows[i];
        double top = 0;
        for (int j = 0; j < T; j++) top = fmax(top, w->a[j]);
        ASSERT(top > 0 && w->g > 0 && w->gpus > 0);
        for (int j = 0; j < T; j++) w->a[j] /= top;
        w->g /= top;
        most = fmax(most, w->g);
    }
    for (uint32_t i = 0; i < lp->count; i++) lp->rows[i].g /= most;
    *unit_out = 1 / most;
}

static void start(struct lp *lp)
{
    double gpus = 0, needs = 0, even[T];
    for (uint32_t i = 0; i < lp->count; i++) {
        gpus += lp->rows[i].many * lp->rows[i].gpus;
        needs += lp->rows[i].many * lp->rows[i].g;
    }
    double price = 1 / needs;
    for (int j = 0; j < T; j++) {
        even[j] = 0.5 * fmin(1.0 / T, lp->n[j] / gpus);
        lp->q[j] = lp->n[j] - gpus * even[j];
        lp->p[j] = price;
    }
    lp->t = INFINITY;
    lp->st = 1;
    for (uint32_t i = 0; i < lp->count; i++) {
        struct row *w = &lp->rows[i];
        w->f = 2 * price;
        w->u = 3 * price;
        w->r = 1;
        for (int j = 0; j < T; j++) {
            w->x[j] = even[j];
            w->r -= even[j];
            w->z += w->a[j] * even[j];
            w->s[j] = w->u + w->gpus * lp->p[j] - w->a[j] * w->f;
        }
        lp->t = fmin(lp->t, 0.5 * w->z / w->g);
    }
    for (uint32_t i = 0; i < lp->count; i++) lp->rows[i].z -= lp->rows[i].g * lp->t;
}

/* ---- one step -------------------------------------------------------------------------------- */

/* The block of a job is  M = diag(z/f, r/u) + sum_j d_j v_j v_j'  with v_j = (a_j, -1). Near the
 * optimum one d_j outgrows the rest by many powers of ten, so nothing here may take the difference
 * of two such terms: determinant and minors are written as sums in which they have cancelled
 * already, by  v_j adj(v_k v_k') v_l = (a_j - a_k) (a_l - a_k). */
static void factor_row(struct row *w)
{
    w->zf = w->z / w->f;
    w->ru = w->r / w->u;
    w->det = w->zf * w->ru;
    for (int j = 0; j < T; j++) {
        w->d[j] = w->x[j] > 0 ? w->x[j] / w->s[j] : 0;
        w->det += w->d[j] * (w->ru * w->a[j] * w->a[j] + w->zf);
        for (int k = 0; k < j; k++)
            w->det += w->d[j] * w->d[k] * (w->a[j] - w->a[k]) * (w->a[j] - w->a[k]);
    }
}

/* M (df, du) = (h1, h2). */
static void solve_row(const struct row *w, double h1, double h2, double *df, double *du)
{
    *df = w->ru * h1;
    *du = w->zf * h2;
    for (int j = 0; j < T; j++) {
        double along = w->d[j] * (h1 + w->a[j] * h2);
        *df += along;
        *du += w->a[j] * along;
    }
    *df /= w->det;
    *du /= w->det;
}

/* det M less what type j adds to it, as a sum. */
static double det_without(const struct row *w, int j)
{
    double sum = w->zf * w->ru;
    for (int k = 0; k < T; k++) {
        if (k == j) continue;
        sum += w->d[k] * (w->ru * w->a[k] * w->a[k] + w->zf);
        for (int l = 0; l < k; l++)
            if (l != j) sum += w->d[k] * w->d[l] * (w->a[k] - w->a[l]) * (w->a[k] - w->a[l]);
    }
    return sum;
}

/* v_j adj(M) v_k, for j other than k. */
static double minor_of(const struct row *w, int j, int k)
{
    double sum = w->zf + w->ru * w->a[j] * w->a[k];
    for (int l = 0; l < T; l++) sum += w->d[l] * (w->a[j] - w->a[l]) * (w->a[k] - w->a[l]);
    return sum;
}

/* Add a job's part of the coupled matrix. Row and column j: what type j's use answers to a change
 * of its price; the last ones: of t, and what the sum of need f answers. */
static void add_to_side(struct lp *lp, const struct row *w)
{
    double all = w->ru;
    for (int j = 0; j < T; j++) {
        double use = w->many * w->gpus * w->d[j] / w->det, push = w->ru * w->a[j];
        all += w->d[j];
        lp->side[j][j] += w->gpus * use * det_without(w, j);
        for (int k = 0; k < T; k++) {
            push += w->d[k] * (w->a[j] - w->a[k]);
            if (k != j) lp->side[j][k] -= w->gpus * use * w->d[k] * minor_of(w, j, k);
        }
        lp->side[j][T] -= use * w->g * push;
        lp->side[T][j] += use * w->g * push;
    }
    lp->side[T][T] += w->many * w->g * w->g * all / w->det;
}

static void factor(struct lp *lp)
{
    for (int j = 0; j < SIDE; j++)
        for (int k = 0; k < SIDE; k++) lp->side[j][k] = 0;
    for (uint32_t i = 0; i < lp->count; i++) {
        factor_row(&lp->rows[i]);
        add_to_side(lp, &lp->rows[i]);
    }
    for (int j = 0; j < T; j++) lp->side[j][j] += lp->n[j] > 0 ? lp->q[j] / lp->p[j] : 1;
    lp->side[T][T] += lp->st / lp->t;
}

/* Solve the coupled system for the right-hand side b, by Gauss with row pivots. */
static void solve_side(const struct lp *lp, double b[SIDE])
{
    double a[SIDE][SIDE + 1];
    for (int i = 0; i < SIDE; i++) {
        for (int j = 0; j < SIDE; j++) a[i][j] = lp->side[i][j];
        a[i][SIDE] = b[i];
    }
    for (int k = 0; k < SIDE; k++) {
        int top = k;
        for (int i = k + 1; i < SIDE; i++)
            if (fabs(a[i][k]) > fabs(a[top][k])) top = i;
        for (int j = k; j <= SIDE; j++) {
            double kept = a[k][j];
            a[k][j] = a[top][j];
            a[top][j] = kept;
        }
        for (int i = k + 1; i < SIDE; i++) {
            double by = a[i][k] / a[k][k];
            for (int j = k; j <= SIDE; j++) a[i][j] -= by * a[k][j];
        }
    }
    for (int k = SIDE - 1; k >= 0; k--) {
        b[k] = a[k][SIDE];
        for (int j = k + 1; j < SIDE; j++) b[k] -= a[k][j] * b[j];
        b[k] /= a[k][k];
    }
}

/* What is wanted of complementarity; the corrector also takes off the predictor's dv dw. */
struct want {
    double target;
    double second; /* 0 in the predictor, 1 in the corrector */
};

static double lack(const struct want *n, double v, double w, double dv, double dw)
{
    return n->target - v * w - n->second * dv * dw;
}

/* The step towards what is wanted; the corrector finds the predictor's step in the rows. */
static void direction(struct lp *lp, const struct want *want)
{
    double b[SIDE], lack_q[T], lack_t = lack(want, lp->t, lp->st, lp->dt, lp->dst);
    for (int j = 0; j < T; j++) {
        lack_q[j] = lp->n[j] > 0 ? lack(want, lp->q[j], lp->p[j], lp->dq[j], lp->dp[j]) : 0;
        b[j] = lp->n[j] > 0 ? lack_q[j] / lp->p[j] : 0;
    }
    b[T] = lack_t / lp->t;
    for (uint32_t i = 0; i < lp->count; i++) {
        struct row *w = &lp->rows[i];
        double h1 = lack(want, w->z, w->f, w->dz, w->df) / w->f;
        double h2 = lack(want, w->r, w->u, w->dr, w->du) / w->u;
        for (int j = 0; j < T; j++) {
            double e = w->x[j] > 0 ? lack(want, w->x[j], w->s[j], w->dx[j], w->ds[j]) / w->s[j] : 0;
            w->dx[j] = e; /* to be completed below */
            h1 -= w->a[j] * e;
            h2 += e;
        }
        solve_row(w, h1, h2, &w->df, &w->du);
        for (int j = 0; j < T; j++)
            b[j] += w->many * w->gpus * (w->dx[j] - w->d[j] * (w->du - w->a[j] * w->df));
        b[T] -= w->many * w->g * w->df;
    }
    solve_side(lp, b);
    lp->dt = b[T];
    for (int j = 0; j < T; j++) {
        lp->dp[j] = lp->n[j] > 0 ? b[j] : 0;
        lp->dq[j] = lp->n[j] > 0 ? (lack_q[j] - lp->q[j] * b[j]) / lp->p[j] : 0;
    }
    lp->dst = 0;
    for (uint32_t i = 0; i < lp->count; i++) {
        struct row *w = &lp->rows[i];
        double h1 = w->g * lp->dt, h2 = 0, df, du;
        for (int j = 0; j < T; j++) {
            h1 += w->gpus * w->a[j] * w->d[j] * lp->dp[j];
            h2 -= w->gpus * w->d[j] * lp->dp[j];
        }
        solve_row(w, h1, h2, &df, &du);
        w->df += df;
        w->du += du;
        w->dz = -w->g * lp->dt;
        w->dr = 0;
        for (int j = 0; j < T; j++) {
            w->ds[j] = w->du + w->gpus * lp->dp[j] - w->a[j] * w->df;
            w->dx[j] -= w->d[j] * w->ds[j];
            w->dz += w->a[j] * w->dx[j];
            w->dr -= w->dx[j];
        }
        lp->dst += w->many * w->g * w->df;
    }
}

/* ---- the iteration --------------------------------------------------------------------------- */

/* Shorten the step so that v stays above 0 along dv. */
static void limit(double *step, double v, double dv)
{
    if (v + *step * dv < 0) *step = -v / dv;
}

static void step_lengths(const struct lp *lp, double *primal, double *dual)
{
    *primal = *dual = 1 / TO_THE_WALL;
    limit(primal, lp->t, lp->dt);
    limit(dual, lp->st, lp->dst);
    for (int j = 0; j < T; j++) {
        limit(primal, lp->q[j], lp->dq[j]);
        limit(dual, lp->p[j], lp->dp[j]);
    }
    for (uint32_t i = 0; i < lp->count; i++) {
        const struct row *w = &lp->rows[i];
        limit(primal, w->z, w->dz);
        limit(primal, w->r, w->dr);
        limit(dual, w->f, w->df);
        limit(dual, w->u, w->du);
        for (int j = 0; j < T; j++) {
            limit(primal, w->x[j], w->dx[j]);
            if (lp->n[j] > 0) limit(dual, w->s[j], w->ds[j]);
        }
    }
}

/* The sum of complementarity, which is the gap, after a step. */
static double gap_after(const struct lp *lp, double a, double b)
{
    double sum = (lp->t + a * lp->dt) * (lp->st + b * lp->dst);
    for (int j = 0; j < T; j++)
        if (lp->n[j] > 0) sum += (lp->q[j] + a * lp->dq[j]) * (lp->p[j] + b * lp->dp[j]);
    for (uint32_t i = 0; i < lp->count; i++) {
        const struct row *w = &lp->rows[i];
        double one =
            (w->z + a * w->dz) * (w->f + b * w->df) + (w->r + a * w->dr) * (w->u + b * w->du);
        for (int j = 0; j < T; j++) one += (w->x[j] + a * w->dx[j]) * (w->s[j] + b * w->ds[j]);
        sum += w->many * one;
    }
    return sum;
}

static void take_step(struct lp *lp, double a, double b)
{
    lp->t += a * lp->dt;
    lp->st += b * lp->dst;
    for (int j = 0; j < T; j++) {
        lp->q[j] += a * lp->dq[j];
        lp->p[j] += b * lp->dp[j];
    }
    for (uint32_t i = 0; i < lp->count; i++) {
        struct row *w = &lp->rows[i];
        w->z += a * w->dz;
        w->r += a * w->dr;
        w->f += b * w->df;
        w->u += b * w->du;
        for (int j = 0; j < T; j++) {
            w->x[j] += a * w->dx[j];
            w->s[j] += b * w->ds[j];
        }
    }
}

static void keep_best(struct lp *lp)
{
    lp->best_t = lp->t;
    for (uint32_t i = 0; i < lp->count; i++)
        memcpy(lp->rows[i].best_x, lp->rows[i].x, sizeof lp->rows[i].x);
}

static void iterate(struct lp *lp, uint32_t jobs)
{
    int types = 0;
    for (int j = 0; j < T; j++) types += lp->n[j] > 0;
    double pairs = jobs * (2.0 + types) + types + 1, a, b;
    double gap = gap_after(lp, 0, 0), least = gap;
    keep_best(lp);
    for (int k = 0, in_vain = 0; k < ITERATIONS_MAX && gap > GAP * lp->t; k++) {
        factor(lp);
        direction(lp, &(struct want){0, 0});
        step_lengths(lp, &a, &b);
        double reach = gap_after(lp, fmin(1, a), fmin(1, b)) / gap;
        direction(lp, &(struct want){reach * reach * reach * gap / pairs, 1});
        step_lengths(lp, &a, &b);
        take_step(lp, TO_THE_WALL * a, TO_THE_WALL * b);
        gap = gap_after(lp, 0, 0);
        in_vain = gap < least ? 0 : in_vain + 1;
        if (in_vain == PATIENCE || !isfinite(gap)) break;
        if (in_vain > 0) continue;
        least = gap;
        keep_best(lp);
    }
}

/* Rounding lets the rows drift by some parts of 1e-9: give no more than there is. */
static void trim(struct lp *lp)
{
    double used[T] = {0};
    for (uint32_t i = 0; i < lp->count; i++) {
        struct row *w = &lp->rows[i];
        double time = 0;
        for (int j = 0; j < T; j++) time += w->x[j] = fmax(0, w->best_x[j]);
        for (int j = 0; j < T; j++) {
            w->x[j] /= fmax(1, time);
            used[j] += w->many * w->gpus * w->x[j];
        }
    }
    for (uint32_t i = 0; i < lp->count; i++)
        for (int j = 0; j < T; j++)
            if (used[j] > lp->n[j]) lp->rows[i].x[j] *= lp->n[j] / used[j];
}

double gavel_lp_solve(const struct gavel_lp_job *jobs, uint32_t count,
                      const int32_t workers[GAVEL_TYPES], double (*x)[GAVEL_TYPES])
{
    double unit;
    ASSERT(count > 0);
    struct lp lp = {.count = 0};
    uint32_t *row_of = mem_alloc(count, sizeof *row_of);
    for (int j = 0; j < T; j++) lp.n[j] = workers[j];
    gather(&lp, jobs, count, row_of);
    scale(&lp, &unit);
    start(&lp);
    iterate(&lp, count);
    trim(&lp);
    for (uint32_t i = 0; i < count; i++) memcpy(x[i], lp.rows[row_of[i]].x, sizeof x[i]);
    mem_free(lp.rows);
    mem_free(row_of);
    return lp.best_t * unit;
}
