/* report.h - the results of a run as JSON and as a page. */
#ifndef BERTH_SIM_RUN_REPORT_H
#define BERTH_SIM_RUN_REPORT_H

#include "sim/run/run.h"

#include <jansson.h>

/* What was run: for the head of a report. */
struct report_about {
    const char *title; /* of the page */
    const char *trace, *format; /* file or ledger, and how it was read; "" none */
    const char *fleet; /* its name */
    const char *law; /* packs, with commas between; "none" */
    const char *faults; /* "seed 7"; "none" */
    uint64_t skipped; /* rows of the file that were no jobs */
    double cpu_seconds;
};

/* All figures as one object. docs/trace-format.md lists its members. New reference. */
json_t *report_json(const struct report_about *about, const struct run_result *x);
/* The same as text for a terminal. */
void report_text(const struct report_about *about, const struct run_result *x, struct buf *out);
/* One page of HTML with its plots as SVG: it needs no network and no script. `before`: a part of
 * the page to stand before the plots, "" none. */
void report_html(const struct report_about *about, const struct run_result *x, struct str before,
                 struct buf *out);

/* ---- figures that more than one form tells --------------------------------------------------- */

double report_hours(double ms);
/* Every job submitted ran to its end: then the bounds are of the same jobs as the figures. */
bool report_is_whole(const struct run_result *x);
/* Chip time held, and chip time whose work counted, over what the fleet had until the last end. */
double report_allocation(const struct run_result *x);
double report_utilisation(const struct run_result *x);
/* Tenants by how much they held, most first: numbers into x->tenants, in `arena`. */
uint32_t *report_tenants(const struct run_result *x, struct arena *arena);

#endif
