#include "read/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static enum err read_all(int fd, const char *path, size_t max, struct buf *out,
                         struct errtext *error)
{
    char block[65536];
    for (;;) {
        ssize_t n = read(fd, block, sizeof block);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return err_set(error, ERR_IO, "%s: %s", path, strerror(errno));
        if (n == 0) return ERR_NONE;
        buf_put(out, block, (size_t)n);
        if (out->len > max)
            return err_set(error, ERR_LIMIT, "%s: the file is longer than %zu bytes", path, max);
    }
}

enum err text_file_read(const char *path, size_t max, struct arena *arena, struct str *out,
                        struct errtext *error)
{
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(error, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s: %s", path,
                       strerror(errno));
    struct buf bytes = {0};
    enum err e = read_all(fd, path, max, &bytes, error);
    if (e == ERR_NONE) *out = str_copy(arena, buf_str(&bytes));
    buf_release(&bytes);
    if (!is_stdin) close(fd);
    return e;
}
