#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

void progress_show(void *arg, uint64_t done, uint64_t total)
{
    struct progress *p = arg;
    int percent = total > 0 ? (int)((double)done * 100 / (double)total) : 100;
    if (!isatty(STDERR_FILENO) || (p->shown && percent == p->percent)) return;
    p->shown = true;
    p->percent = percent;
    fprintf(stderr, "\r%s: record %" PRIu64 " of %" PRIu64 " (%d %%)\033[K", p->doing, done, total,
            percent);
    fflush(stderr);
}

void progress_clear(struct progress *p)
{
    if (p->shown) fputs("\r\033[K", stderr);
    p->shown = false;
}
