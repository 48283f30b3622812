#include "serve/clock.h"

#include "base/check.h"

#include <time.h>

static int64_t read_ms(clockid_t id)
{
    struct timespec t;
    ASSERT(clock_gettime(id, &t) == 0);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t steady_ms(void)
{
    return read_ms(CLOCK_BOOTTIME);
}

void stamp_clock_init(struct stamp_clock *c, int64_t not_before_ms)
{
    int64_t wall_ms = read_ms(CLOCK_REALTIME);
    *c = (struct stamp_clock){
        .last_ms = wall_ms > not_before_ms ? wall_ms : not_before_ms,
        .last_steady_ms = steady_ms(),
    };
}

int64_t stamp_clock_advance(struct stamp_clock *c, int64_t wall_ms, int64_t steady)
{
    int64_t passed_ms = steady - c->last_steady_ms;
    int64_t ahead_ms = wall_ms - c->last_ms - passed_ms;
    c->leaping = ahead_ms > CLOCK_LEAP_MS;
    c->step_ms = ahead_ms > CLOCK_STEP_MS && !c->leaping ? ahead_ms : 0;
    if (c->leaping || c->step_ms > 0) wall_ms = c->last_ms + passed_ms;
    c->set_back_ms = wall_ms < c->last_ms ? c->last_ms - wall_ms : 0;
    if (c->set_back_ms == 0) {
        c->last_ms = wall_ms;
        c->last_steady_ms = steady;
    } else if (passed_ms >= 2) {
        c->last_ms += passed_ms / 2;
        c->last_steady_ms = steady;
    }
    return c->last_ms;
}

int64_t stamp_clock_take_step(struct stamp_clock *c)
{
    int64_t step_ms = c->step_ms;
    c->last_ms += step_ms;
    c->step_ms = 0;
    return step_ms;
}

int64_t stamp_clock_now(struct stamp_clock *c)
{
    return stamp_clock_advance(c, read_ms(CLOCK_REALTIME), steady_ms());
}
