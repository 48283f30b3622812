/* fidelity.c - a recording played again, beside what really happened. */
#include "sim/run/compare.h"
#include "sim/run/plot.h"

#include <inttypes.h>

struct fidelity {
    uint64_t jobs, same_pool; /* that ran in both; of these in the same pool */
    struct spread gap; /* between their starts */
};

static void look(const struct recorded *r, const struct compare_side *s, struct fidelity *f)
{
    *f = (struct fidelity){0};
    for (size_t i = 0; i < s->count; i++) {
        const struct compare_row *row = &s->rows[i];
        uint64_t id = 0;
        if (!row->known || row->start_ms == 0 || row->pool == NO_INDEX ||
            !str_to_u64(s->names->name[row->label], &id) || id > r->last_job)
            continue;
        const struct recorded_job *j = &r->jobs[id];
        if (j->start_ms == 0 || j->pool == NO_INDEX) continue;
        f->jobs++;
        f->same_pool += str_eq(r->pool_names.name[j->pool], s->names->name[row->pool]);
        int64_t gap = row->start_ms - j->start_ms;
        spread_add(&f->gap, gap < 0 ? -gap : gap);
    }
}

json_t *fidelity_json(const struct recorded *r, const struct compare_side *s)
{
    struct fidelity f;
    look(r, s, &f);
    json_t *o = json_object();
    json_object_set_new(o, "jobs", json_integer((json_int_t)f.jobs));
    json_object_set_new(o, "same_pool", json_integer((json_int_t)f.same_pool));
    json_object_set_new(o, "start_gap_p50_s",
                        json_real((double)spread_quantile(&f.gap, 500000) / 1e3));
    json_object_set_new(o, "start_gap_p90_s",
                        json_real((double)spread_quantile(&f.gap, 900000) / 1e3));
    spread_release(&f.gap);
    return o;
}

void fidelity_text(const struct recorded *r, const struct compare_side *s, struct buf *out)
{
    struct fidelity f;
    look(r, s, &f);
    if (f.jobs > 0) {
        buf_printf(out,
                   "fidelity    played again as recorded, %" PRIu64 " of %" PRIu64
                   " jobs run in the pool where they really ran; half of them start within ",
                   f.same_pool, f.jobs);
        plot_span(out, (double)spread_quantile(&f.gap, 500000));
        buf_puts(out, " of when they did, 90 % within ");
        plot_span(out, (double)spread_quantile(&f.gap, 900000));
        buf_putc(out, '\n');
    }
    spread_release(&f.gap);
}
