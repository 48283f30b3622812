/* case.h - the facts that the law reads of a job in a pool. Private to src/core. */
#ifndef BERTH_CORE_CASE_H
#define BERTH_CORE_CASE_H

#include "core/explain.h"
#include "core/state.h"

/* Build the case of the act `place` alone; `permit_used` by permit (NULL: as the fleet states). What
 * *out points to lives in the fleet, the spec or `arena`. */
void case_build(const struct fleet *f, const struct job_spec *s, uint32_t pool, int64_t now_ms,
                const int64_t *permit_used, struct arena *arena, struct law_case *out);
/* The same case with another use of its permits. */
void case_permits_use(const struct fleet *f, struct law_case *x, const int64_t *permit_used);

/* Chips the job would hold there: the case's amount. */
uint32_t case_chips(const struct fleet *f, const struct job_spec *s, uint32_t pool);

#endif
