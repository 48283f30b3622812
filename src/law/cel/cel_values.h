/* cel_values.h - what the parts of src/law/cel share about values beyond cel.h: three-valued
 * matching, conversions, time and text. Internal to src/law/cel, but for src/read/cel_json.c. */
#ifndef BERTH_LAW_CEL_VALUES_H
#define BERTH_LAW_CEL_VALUES_H

#include "law/cel/cel.h"

enum cel_truth { CEL_NO, CEL_YES, CEL_MAYBE };

/* Equality that is MAYBE when unknown parts decide it. Takes 1 from *cost for each pair of values
 * compared (shared parts may make a small value very large); at 0 it gives up and the answer means
 * nothing. The recursion is as deep as the values, which are nested no deeper than the expression
 * and the data that made them (CEL_DEPTH_MAX each). */
enum cel_truth cel_match(struct cel_value a, struct cel_value b, uint64_t *cost);

bool cel_is_number(struct cel_value v);
/* Toward zero. False outside of the range, at its ends and for NaN. */
bool cel_double_to_i64(double d, int64_t *out);
bool cel_double_to_u64(double d, uint64_t *out);

/* The name type() gives a value: "int", "google.protobuf.Timestamp", an object's name. */
struct str cel_type_name(struct cel_value v);
/* The same, NUL-terminated for messages; an object's is "object". */
const char *cel_kind_name(struct cel_value v);
/* The type value of a type's name, as the identifier `int` denotes it. False when there is none. */
bool cel_type_denoted(struct str name, struct cel_value *out, const struct cel_type **of);

/* ---------------------------------------------------------------- text of numbers and times */

enum { CEL_DOUBLE_TEXT_MAX = 40, CEL_TIME_TEXT_MAX = 48 };

/* The shortest decimal that reads back as `d`: "0.1", "1e+100", "-0", "NaN", "Infinity". */
const char *cel_double_text(double d, char out[CEL_DOUBLE_TEXT_MAX]);
/* RFC 3339 in UTC with as many decimals as needed: "2026-11-21T20:15:00.5Z". */
const char *cel_timestamp_text(struct cel_value v, char out[CEL_TIME_TEXT_MAX]);
/* Seconds with as many decimals as needed: "1.5s", "-3s". */
const char *cel_duration_text(struct cel_value v, char out[CEL_TIME_TEXT_MAX]);

/* ---------------------------------------------------------------- time */

/* RFC 3339, years 0001..9999. An error value for anything else. */
struct cel_value cel_parse_timestamp(struct arena *a, struct str s);
/* A sign and numbers with units (h m s ms us ns), as in "1h30m", "-1.5s". */
struct cel_value cel_parse_duration(struct arena *a, struct str s);
/* From seconds and any nanoseconds; a "range" error outside of the type's range. */
struct cel_value cel_make_timestamp(struct arena *a, int64_t seconds, int64_t nanos);
struct cel_value cel_make_duration(struct arena *a, int64_t seconds, int64_t nanos);

/* Seconds to add to UTC at instant `utc_s` in a zone: "UTC", "+05:45", "-08:00", "02:00" or a name
 * of the table in cel_zone.c. False when the zone is not known for that instant. */
bool cel_zone_offset(struct str zone, int64_t utc_s, int32_t *offset_s_out);

#endif
