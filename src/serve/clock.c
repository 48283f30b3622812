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
    *c = (struct stamp_clock){
        .base_wall_ms = read_ms(CLOCK_REALTIME),
        .base_steady_ms = steady_ms(),
    };
    c->creep_steady_ms = c->base_steady_ms;
    c->last_ms = c->base_wall_ms > not_before_ms ? c->base_wall_ms : not_before_ms;
}

int64_t stamp_clock_advance(struct stamp_clock *c, int64_t wall_ms, int64_t steady)
{
    int64_t expected = c->base_wall_ms + (steady - c->base_steady_ms);
    c->leaping = wall_ms - expected > CLOCK_LEAP_MS;
    if (c->leaping) {
        wall_ms = expected;
    } else {
        c->base_wall_ms = wall_ms;
        c->base_steady_ms = steady;
    }
    c->set_back_ms = wall_ms < c->last_ms ? c->last_ms - wall_ms : 0;
    if (c->set_back_ms == 0) {
        c->last_ms = wall_ms;
        c->creep_steady_ms = steady;
    } else if (steady - c->creep_steady_ms >= 2) {
        c->last_ms += (steady - c->creep_steady_ms) / 2;
        c->creep_steady_ms = steady;
    }
    return c->last_ms;
}

int64_t stamp_clock_now(struct stamp_clock *c)
{
    return stamp_clock_advance(c, read_ms(CLOCK_REALTIME), steady_ms());
}
