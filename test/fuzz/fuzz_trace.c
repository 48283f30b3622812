/* Any bytes as a trace, in the format that they look like and in every other. Nothing may crash or
 * leak; what is read is a job that could be submitted, in order of time, and the same again when
 * the trace is read again. The same bytes as a list of nodes give a fleet file or an error. */
#include "base/check.h"
#include "sim/trace/openb_fleet.h"
#include "sim/trace/trace.h"

#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads all; gives a number that depends on every job, 0 when the trace is refused. */
static uint64_t read_all(struct trace *t)
{
    uint64_t sum = 1;
    int64_t last_ms = 0;
    for (;;) {
        struct trace_job j;
        struct errtext error = {""};
        bool more = false;
        enum err e = trace_next(t, &j, &more, &error);
        ASSERT((e == ERR_NONE) == (error.s[0] == '\0'));
        if (e != ERR_NONE) return 0;
        if (!more) return sum;
        ASSERT(j.submit_ms >= last_ms && j.line > 0);
        ASSERT(j.duration_ms >= 0 || j.on_count > 0 || j.spec.work.steps > 0);
        ASSERT(job_spec_check(&j.spec, NULL) == ERR_NONE);
        last_ms = j.submit_ms;
        sum = sum * 31 + (uint64_t)j.submit_ms + (uint64_t)j.duration_ms * 7 + j.id.len +
              job_spec_chips(&j.spec);
    }
}

static void read_as(const uint8_t *data, size_t size, int format)
{
    struct trace_options o = {.name = "trace", .format = format};
    struct errtext error = {""};
    struct trace *t = NULL;
    FILE *file = size > 0 ? fmemopen((void *)(uintptr_t)data, size, "r") : fopen("/dev/null", "re");
    ASSERT(file != NULL);
    enum err e = trace_open(file, &o, &t, &error);
    ASSERT((e == ERR_NONE) == (error.s[0] == '\0'));
    if (e == ERR_NONE) {
        uint64_t first = read_all(t);
        if (first != 0) {
            e = trace_rewind(t, NULL);
            ASSERT(e == ERR_NONE);
            ASSERT(read_all(t) == first);
        }
    }
    trace_close(t);
    fclose(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf yaml = {0};
    struct str text = {(const char *)data, size};
    for (int format = TRACE_AUTO; format < TRACE_FORMAT_COUNT; format++)
        read_as(data, size, format);
    if (openb_fleet_is(text)) openb_fleet_yaml(text, "nodes", &yaml, NULL);
    buf_release(&yaml);
    return 0;
}
