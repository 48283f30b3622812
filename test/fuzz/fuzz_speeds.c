/* Tables of speeds as CSV, and a job's heartbeat: whatever is taken is within its bounds, and a table
 * that was taken is taken again as it stands. */
#include "read/speeds_csv.h"
#include "serve/heartbeat.h"

#include "base/check.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    struct arena arena;
    arena_init(&arena);
    char *bytes = arena_copy(&arena, (const char *)data, size);
    struct speeds t = {0};
    struct errtext error;
    FILE *f = fmemopen(bytes, size, "r");
    ASSERT(f != NULL);
    if (speeds_read(f, "fuzz", &arena, &t, &error) == ERR_NONE) {
        struct speed v;
        ASSERT(speeds_check(&t, &error) == ERR_NONE);
        for (uint32_t i = 0; i < t.row_count; i++) {
            const struct speed_row *r = &t.rows[i];
            ASSERT(speeds_find(&t, r->type, r->chip, r->chips, &v) && v.exact);
            ASSERT(speeds_find(&t, r->type, r->chip, r->chips + 3, &v));
            ASSERT(0 < v.lo && v.lo <= v.usteps_per_s && v.usteps_per_s <= v.hi);
        }
    }
    fclose(f);
    struct heartbeat beat;
    if (heartbeat_parse((struct str){bytes, size}, &beat))
        ASSERT(beat.job.v > 0 && beat.steps >= 0 && (beat.total == 0 || beat.steps <= beat.total));
    arena_release(&arena);
    return 0;
}
