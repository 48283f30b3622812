/* progress.h - one line on stderr that says how far a long work is; nothing when stderr is no
 * terminal. */
#ifndef BERTH_CLI_PROGRESS_H
#define BERTH_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *doing; /* "verifying" */
    bool shown;
    int percent; /* the last shown */
};

/* `arg` is a struct progress: the shape that verify and replay call. */
void progress_show(void *arg, uint64_t done, uint64_t total);
/* Remove the line before other output. */
void progress_clear(struct progress *p);

#endif
