/* verdict_json.h - a verdict as the JSON that `berth check --json` and the API give
 * (docs/law-language.md, "Verdicts"). Every key is always present; the same verdict gives the same
 * bytes. */
#ifndef BERTH_READ_VERDICT_JSON_H
#define BERTH_READ_VERDICT_JSON_H

#include "law/law.h"

#include <jansson.h>

/* A new reference. */
json_t *verdict_json(const struct law_verdict *v);

/* One line without the newline. Keys of `extra` (may be NULL; borrowed) come first. */
void verdict_json_put(const struct law_verdict *v, json_t *extra, struct buf *out);

#endif
