/* plot.h - plots as SVG inside a page of HTML: axes, areas, bars, ranges.
 *
 * A plot is WIDTH by its height in its own units and scales with the page. Colours come from the
 * page's style sheet, so that light and dark schemes share the markup: classes s0 .. s6 are the
 * series (s6: all others), "axis", "grid", "label" and "value" the rest. Each plot has a title and
 * a description for readers who do not see it; the page puts a table behind it. */
#ifndef BERTH_SIM_RUN_PLOT_H
#define BERTH_SIM_RUN_PLOT_H

#include "base/str.h"

enum {
    PLOT_WIDTH = 960,
    PLOT_LEFT = 64, /* room for the labels of the vertical axis */
    PLOT_RIGHT = 16,
    PLOT_TOP = 12,
    PLOT_BOTTOM = 32, /* and of the horizontal one */
    PLOT_SERIES_MAX = 6, /* colours that can be told apart; the rest is "others" */
    PLOT_ROW = 26, /* height of a bar or range with its label */
    PLOT_LABELS = 220, /* room for the labels of rows */
};

/* Text with the characters that HTML gives a meaning replaced. */
void plot_text(struct buf *out, struct str text);
/* "45 s", "12.5 min", "3.1 h", "2.4 d". */
void plot_span(struct buf *out, double ms);

/* Values of lanes over time, stacked; `value` gives the mean of a lane in a bin. */
struct plot_areas {
    const char *id, *title, *desc;
    int height;
    int64_t begin_ms, bin_ms, end_ms;
    uint32_t bins, lanes;
    double (*value)(const void *arg, uint32_t lane, uint32_t bin);
    const void *arg;
    double limit; /* drawn as a line with `limit_word`; 0: none */
    const char *limit_word;
};
void plot_areas(const struct plot_areas *p, struct buf *out);

/* Horizontal bars. */
struct plot_bar {
    struct str label;
    double value;
    const char *text; /* behind the bar */
};
void plot_bars(const char *id, const char *title, const char *desc, const struct plot_bar *bars,
               uint32_t count, struct buf *out);

/* Spans of time on a logarithmic axis: a line from the first quantile to the last, a box from the
 * second to the fourth, a mark at the third. */
enum { PLOT_QUANTILES = 5 };
struct plot_range {
    struct str label;
    double ms[PLOT_QUANTILES];
    double mean_ms; /* a dot */
};
void plot_ranges(const char *id, const char *title, const char *desc,
                 const struct plot_range *ranges, uint32_t count, struct buf *out);

#endif
