#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum err file_read(const char *path, size_t max_bytes, struct buf *out, struct errtext *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        enum err e = errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
        return err_set(error, e, "%s: %s", path, strerror(errno));
    }
    enum err e = ERR_NONE;
    buf_clear(out);
    for (;;) {
        char chunk[16384];
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) e = err_set(error, ERR_IO, "%s: cannot read: %s", path, strerror(errno));
        if (n <= 0) break;
        buf_put(out, chunk, (size_t)n);
        if (out->len > max_bytes) {
            e = err_set(error, ERR_LIMIT, "%s: over %zu bytes", path, max_bytes);
            break;
        }
    }
    close(fd);
    return e;
}

static bool write_all(int fd, struct str bytes)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.p, bytes.len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        bytes.p += n;
        bytes.len -= (size_t)n;
    }
    return true;
}

enum err file_sync_folder(const char *path, struct errtext *error)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);
    snprintf(folder, sizeof folder, "%.*s", len > 0 ? (int)len : 1, len > 0 ? path : ".");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum err e = ERR_NONE;
    if (fd < 0 || fsync(fd) != 0)
        e = err_set(error, ERR_IO, "%s: cannot sync the folder: %s", folder, strerror(errno));
    if (fd >= 0) close(fd);
    return e;
}

enum err file_replace(const char *path, unsigned mode, struct str bytes, struct errtext *error)
{
    char fresh[PATH_MAX];
    if (snprintf(fresh, sizeof fresh, "%s.new", path) >= (int)sizeof fresh)
        return err_set(error, ERR_LIMIT, "%s: the path is too long", path);
    unlink(fresh); /* left by a crash; O_EXCL below refuses a link put there meanwhile */
    int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, (mode_t)mode);
    if (fd < 0) return err_set(error, ERR_IO, "%s: cannot create: %s", fresh, strerror(errno));
    bool good = write_all(fd, bytes) && fsync(fd) == 0;
    int cause = errno;
    if (close(fd) != 0 && good) {
        good = false;
        cause = errno;
    }
    if (good && rename(fresh, path) != 0) {
        good = false;
        cause = errno;
    }
    if (!good) {
        unlink(fresh);
        return err_set(error, ERR_IO, "%s: cannot write: %s", path, strerror(cause));
    }
    return file_sync_folder(path, error);
}
