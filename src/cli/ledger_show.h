/* ledger_show.h - records of the ledger as lines for people and as JSON. */
#ifndef BERTH_CLI_LEDGER_SHOW_H
#define BERTH_CLI_LEDGER_SHOW_H

#include "store/replay.h"

#include <jansson.h>

/* Does the record concern the job: as the event's subject, or in a decision? */
bool ledger_concerns(const struct replay_record *r, uint32_t job);

/* Append one line for the record and, when it holds several decisions, one for each; `job` other
 * than 0: only those about that job. At most LEDGER_LINES_MAX decisions are shown; the rest are
 * counted. */
enum { LEDGER_LINES_MAX = 20 };
void ledger_put_line(const struct ledger_record *record, const struct replay_record *r,
                     uint32_t job, struct buf *out);

/* The record as the API gives it: {seq, now_ms, hash, event, outcome}. A new reference. */
json_t *ledger_json(const struct ledger_record *record, struct replay_record *r);

/* Bytes of an outcome (canonical CBOR) as indented JSON text; what cannot be read is said. */
void ledger_put_outcome(struct str cbor, struct buf *out);

#endif
