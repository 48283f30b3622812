/* Any bytes as the canonical form: no crash, and what is accepted writes itself to the same bytes.
 * The first byte chooses a fleet or a job. */
#include "base/cbor.h"
#include "base/check.h"
#include "model/fleet.h"
#include "model/job.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

union thing {
    struct fleet fleet;
    struct job_spec job;
};

static void visit_thing(struct visit *v, bool is_fleet, union thing *t)
{
    if (!visit_map(v, NULL, false)) return;
    if (is_fleet)
        visit_fleet(v, &t->fleet);
    else
        visit_job_spec(v, &t->job);
    visit_map_end(v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    bool is_fleet = data[0] == 'f';
    struct str in = {(const char *)data + 1, size - 1};
    struct arena a = {0};
    struct cbor_reader r;
    struct errtext error;
    union thing t = {0};
    cbor_reader_init(&r, in, &a);
    visit_thing(&r.v, is_fleet, &t);
    if (cbor_reader_finish(&r, &error) == ERR_NONE) {
        struct buf again = {0};
        struct cbor_writer w;
        cbor_writer_init(&w, &again);
        visit_thing(&w.v, is_fleet, &t);
        ASSERT(str_eq(buf_str(&again), in));
        buf_release(&again);
        if (!is_fleet)
            (void)job_spec_check(&t.job, &error);
        else if (fleet_index(&t.fleet, &a, &error) == ERR_NONE) {
            struct fleet copy;
            fleet_copy(&t.fleet, &a, &copy);
        }
    }
    arena_release(&a);
    return 0;
}
