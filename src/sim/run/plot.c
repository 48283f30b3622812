#include "sim/run/plot.h"

#include "base/civil.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#define PLOT_LOG_MIN_MS 1000.0 /* a second: what is shorter stands at the left edge */

void plot_text(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.p[i]) {
        case '&': buf_puts(out, "&amp;"); break;
        case '<': buf_puts(out, "&lt;"); break;
        case '>': buf_puts(out, "&gt;"); break;
        case '"': buf_puts(out, "&quot;"); break;
        default: buf_putc(out, text.p[i]); break;
        }
    }
}

void plot_span(struct buf *out, double ms)
{
    double s = ms / 1e3;
    if (s < 120)
        buf_printf(out, "%.3g s", s);
    else if (s < 2 * 3600)
        buf_printf(out, "%.3g min", s / 60);
    else if (s < 3 * 86400)
        buf_printf(out, "%.3g h", s / 3600);
    else
        buf_printf(out, "%.3g d", s / 86400);
}

static void begin(struct buf *out, const char *id, const char *title, const char *desc, int height)
{
    buf_printf(
        out,
        "<div class=\"plot\" tabindex=\"0\" role=\"group\" aria-labelledby=\"%s-t\">" /* it scrolls */
        "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"%s-t %s-d\">"
        "<title id=\"%s-t\">%s</title><desc id=\"%s-d\">%s</desc>\n",
        id, PLOT_WIDTH, height, id, id, id, title, id, desc);
}

static void line(struct buf *out, const char *class, double x1, double y1, double x2, double y2)
{
    buf_printf(out, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", class,
               x1, y1, x2, y2);
}

static void label(struct buf *out, const char *class, const char *anchor, double x, double y,
                  struct str text)
{
    buf_printf(out, "<text class=\"%s\" text-anchor=\"%s\" x=\"%.1f\" y=\"%.1f\">", class, anchor,
               x, y);
    plot_text(out, text);
    buf_puts(out, "</text>\n");
}

/* 1, 2 or 5 times a power of ten, so that about `steps` of them make `span`. */
static double nice_step(double span, int steps)
{
    double raw = span / steps, power = pow(10, floor(log10(raw)));
    double ratio = raw / power;
    return power * (ratio <= 1 ? 1 : ratio <= 2 ? 2 : ratio <= 5 ? 5 : 10);
}

/* ---- areas over time ------------------------------------------------------------------------- */

struct frame {
    const struct plot_areas *p;
    double top; /* of the axis */
    double bottom_y;
};

static double x_of(const struct frame *f, int64_t ms)
{
    double span = (double)(f->p->end_ms - f->p->begin_ms);
    double part = span > 0 ? (double)(ms - f->p->begin_ms) / span : 0;
    return PLOT_LEFT + part * (PLOT_WIDTH - PLOT_LEFT - PLOT_RIGHT);
}

static double y_of(const struct frame *f, double value)
{
    return f->bottom_y - value / f->top * (f->bottom_y - PLOT_TOP);
}

static void vertical_axis(const struct frame *f, struct buf *out)
{
    char text[32];
    double step = nice_step(f->top, 4);
    for (double v = 0; v <= f->top * 1.0001; v += step) {
        snprintf(text, sizeof text, "%.6g", v);
        line(out, "grid", PLOT_LEFT, y_of(f, v), PLOT_WIDTH - PLOT_RIGHT, y_of(f, v));
        label(out, "label", "end", PLOT_LEFT - 8, y_of(f, v) + 4, str_of(text));
    }
}

static int64_t time_step(int64_t span_ms)
{
    static const int64_t minutes[] = {1,    5,    15,    60,    180,   360,    720,   1440,
                                      2880, 5760, 10080, 20160, 43200, 129600, 525600};
    enum { TICKS_MAX = 8 };
    size_t i = 0;
    while (i + 1 < sizeof minutes / sizeof *minutes && span_ms / (minutes[i] * 60000) > TICKS_MAX)
        i++;
    return minutes[i] * 60000;
}

static void time_axis(const struct frame *f, struct buf *out)
{
    const struct plot_areas *p = f->p;
    int64_t step = time_step(p->end_ms - p->begin_ms);
    char text[48];
    line(out, "axis", PLOT_LEFT, f->bottom_y, PLOT_WIDTH - PLOT_RIGHT, f->bottom_y);
    for (int64_t at = (p->begin_ms + step - 1) / step * step; at <= p->end_ms; at += step) {
        struct civil c = civil_of_ms(at);
        if (step < CIVIL_DAY_MS && (c.hour != 0 || c.minute != 0))
            snprintf(text, sizeof text, "%02" PRId32 ":%02" PRId32, c.hour, c.minute);
        else
            snprintf(text, sizeof text, "%04" PRId32 "-%02" PRId32 "-%02" PRId32, c.year, c.month,
                     c.day);
        line(out, "axis", x_of(f, at), f->bottom_y, x_of(f, at), f->bottom_y + 5);
        label(out, "label", x_of(f, at) > PLOT_WIDTH - 50 ? "end" : "middle", x_of(f, at),
              f->bottom_y + 20, str_of(text));
    }
}

static double stacked(const struct plot_areas *p, uint32_t lanes, uint32_t bin)
{
    double sum = 0;
    for (uint32_t l = 0; l < lanes; l++) sum += p->value(p->arg, l, bin);
    return sum;
}

/* The stack's border below or above a lane, as steps, left to right or back. */
static void border(const struct frame *f, uint32_t lanes, bool back, struct buf *out)
{
    const struct plot_areas *p = f->p;
    for (uint32_t i = 0; i < p->bins; i++) {
        uint32_t bin = back ? p->bins - 1 - i : i;
        int64_t from = p->begin_ms + (int64_t)bin * p->bin_ms, to = from + p->bin_ms;
        if (to > p->end_ms) to = p->end_ms;
        double y = y_of(f, stacked(p, lanes, bin));
        buf_printf(out, "%.1f,%.1f %.1f,%.1f ", x_of(f, back ? to : from), y,
                   x_of(f, back ? from : to), y);
    }
}

void plot_areas(const struct plot_areas *p, struct buf *out)
{
    struct frame f = {.p = p, .top = p->limit * 1.1, .bottom_y = p->height - PLOT_BOTTOM};
    for (uint32_t b = 0; b < p->bins; b++) f.top = fmax(f.top, stacked(p, p->lanes, b));
    if (f.top <= 0) f.top = 1;
    begin(out, p->id, p->title, p->desc, p->height);
    vertical_axis(&f, out);
    for (uint32_t l = 0; l < p->lanes; l++) {
        buf_printf(out, "<polygon class=\"area s%" PRIu32 "\" points=\"", l);
        border(&f, l, false, out);
        border(&f, l + 1, true, out);
        buf_puts(out, "\"/>\n");
    }
    if (p->limit > 0) {
        line(out, "limit", PLOT_LEFT, y_of(&f, p->limit), PLOT_WIDTH - PLOT_RIGHT,
             y_of(&f, p->limit));
        label(out, "value", "end", PLOT_WIDTH - PLOT_RIGHT, y_of(&f, p->limit) - 5,
              str_of(p->limit_word));
    }
    time_axis(&f, out);
    buf_puts(out, "</svg></div>\n");
}

/* ---- rows ------------------------------------------------------------------------------------ */

static struct str shortened(struct str s)
{
    enum { LABEL_BYTES = 30 };
    struct str cut = {s.p, s.len < LABEL_BYTES ? s.len : LABEL_BYTES};
    cut.len = str_utf8_len(cut);
    return cut;
}

void plot_bars(const char *id, const char *title, const char *desc, const struct plot_bar *bars,
               uint32_t count, struct buf *out)
{
    enum { VALUES = 150 }; /* room for the text behind a bar */
    const double width = PLOT_WIDTH - PLOT_LABELS - VALUES;
    double top = 0;
    for (uint32_t i = 0; i < count; i++) top = fmax(top, bars[i].value);
    begin(out, id, title, desc, (int)count * PLOT_ROW + 2);
    line(out, "axis", PLOT_LABELS, 0, PLOT_LABELS, (double)count * PLOT_ROW);
    for (uint32_t i = 0; i < count; i++) {
        double y = (double)i * PLOT_ROW, w = top > 0 ? bars[i].value / top * width : 0;
        label(out, "label", "end", PLOT_LABELS - 8, y + 17, shortened(bars[i].label));
        if (w > 0)
            buf_printf(out,
                       "<rect class=\"s0\" x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" "
                       "rx=\"2\"/>\n",
                       PLOT_LABELS, y + 4, fmax(w, 1), PLOT_ROW - 8);
        label(out, "value", "start", PLOT_LABELS + w + 8, y + 17, str_of(bars[i].text));
    }
    buf_puts(out, "</svg></div>\n");
}

static double log_x(double ms, double most_ms)
{
    const double width = PLOT_WIDTH - PLOT_LABELS - PLOT_RIGHT;
    double decades = log10(most_ms / PLOT_LOG_MIN_MS);
    return PLOT_LABELS + width * log10(fmax(ms, PLOT_LOG_MIN_MS) / PLOT_LOG_MIN_MS) / decades;
}

static void log_axis(double most_ms, double bottom, struct buf *out)
{
    static const struct {
        double ms;
        const char *word;
    } ticks[] = {{1e3, "1 s or less"}, {1e4, "10 s"},      {60e3, "1 min"},
                 {600e3, "10 min"},    {3600e3, "1 h"},    {36000e3, "10 h"},
                 {86400e3, "1 d"},     {864000e3, "10 d"}, {8640000e3, "100 d"}};
    for (size_t i = 0; i < sizeof ticks / sizeof *ticks && ticks[i].ms <= most_ms; i++) {
        double x = log_x(ticks[i].ms, most_ms);
        line(out, "grid", x, 0, x, bottom);
        label(out, "label", i == 0 ? "start" : "middle", x, bottom + 18, str_of(ticks[i].word));
    }
}

void plot_ranges(const char *id, const char *title, const char *desc,
                 const struct plot_range *ranges, uint32_t count, struct buf *out)
{
    double most_ms = 10 * PLOT_LOG_MIN_MS, bottom = (double)count * PLOT_ROW;
    for (uint32_t i = 0; i < count; i++) most_ms = fmax(most_ms, ranges[i].ms[PLOT_QUANTILES - 1]);
    begin(out, id, title, desc, (int)count * PLOT_ROW + PLOT_BOTTOM);
    log_axis(most_ms * 1.05, bottom, out);
    for (uint32_t i = 0; i < count; i++) {
        double x[PLOT_QUANTILES], y = (double)i * PLOT_ROW + PLOT_ROW / 2.0;
        for (int k = 0; k < PLOT_QUANTILES; k++) x[k] = log_x(ranges[i].ms[k], most_ms * 1.05);
        label(out, "label", "end", PLOT_LABELS - 8, y + 4, shortened(ranges[i].label));
        line(out, "whisker", x[0], y, x[4], y);
        buf_printf(out,
                   "<rect class=\"s0\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"12\" "
                   "rx=\"2\"/>\n",
                   x[1], y - 6, fmax(x[3] - x[1], 1));
        line(out, "median", x[2], y - 8, x[2], y + 8);
        buf_printf(out, "<circle class=\"mean\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"/>\n",
                   log_x(ranges[i].mean_ms, most_ms * 1.05), y);
    }
    line(out, "axis", PLOT_LABELS, bottom, PLOT_WIDTH - PLOT_RIGHT, bottom);
    buf_puts(out, "</svg></div>\n");
}
