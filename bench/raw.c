/* raw.c - the least that any durable log must do on this disk: append and fdatasync.
 *
 *     build/bench/raw BYTES DIR [SECONDS]
 *
 * For batches of 1, 16 and 64 records of BYTES bytes: one write, one fdatasync, again. Prints a line
 * "BATCH RECORDS_PER_SECOND" for each. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    long bytes = argc > 2 ? strtol(argv[1], NULL, 10) : 0;
    double seconds = argc > 3 ? strtod(argv[3], NULL) : 2;
    if (bytes < 1 || bytes > 100000 || seconds <= 0) {
        fprintf(stderr, "usage: raw BYTES DIR [SECONDS]\n");
        return 1;
    }
    char path[4096];
    snprintf(path, sizeof path, "%s/raw-XXXXXX", argv[2]);
    int fd = mkstemp(path);
    if (fd < 0) {
        perror(path);
        return 1;
    }
    unlink(path);
    static const int batches[] = {1, 16, 64};
    char *block = calloc(64, (size_t)bytes);
    if (block == NULL) return 1;
    memset(block, 'x', 64 * (size_t)bytes);
    for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
        size_t len = (size_t)batches[b] * (size_t)bytes;
        long commits = 0;
        double begun = now_s();
        while (now_s() - begun < seconds) {
            if (write(fd, block, len) != (ssize_t)len || fdatasync(fd) != 0) {
                perror("write");
                return 1;
            }
            commits++;
        }
        printf("%d %.0f\n", batches[b], (double)commits * batches[b] / (now_s() - begun));
    }
    free(block);
    close(fd);
    return 0;
}
