#include "engine/state_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void read_boot(char out[BOOT_NAME_MAX])
{
    char id[37] = "unknown";
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        ssize_t n = read(fd, id, 36);
        id[n > 0 ? n : 0] = '\0';
        close(fd);
    }
    struct stat ns = {0};
    if (stat("/proc/self/ns/pid", &ns) != 0) ns.st_ino = 0;
    snprintf(out, BOOT_NAME_MAX, "%s:%" PRIuMAX, id, (uintmax_t)ns.st_ino);
}

static enum err make_dir(const char *path, struct errtext *error)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST) return ERR_NONE;
    return err_set(error, ERR_IO, "cannot create %s: %s", path, strerror(errno));
}

static enum err open_private(struct state_dir *d, const char *path, struct errtext *error)
{
    d->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (d->fd < 0) return err_set(error, ERR_IO, "cannot open %s: %s", path, strerror(errno));
    struct stat st;
    if (fstat(d->fd, &st) != 0)
        return err_set(error, ERR_IO, "cannot stat %s: %s", path, strerror(errno));
    if (st.st_uid != geteuid())
        return err_set(error, ERR_DENIED, "%s belongs to uid %u, not to the daemon's uid %u", path,
                       (unsigned)st.st_uid, (unsigned)geteuid());
    if ((st.st_mode & 077) != 0)
        return err_set(error, ERR_DENIED, "%s is open to others (mode %03o); run: chmod 700 %s",
                       path, (unsigned)(st.st_mode & 0777), path);
    d->device = (unsigned long)st.st_dev;
    d->inode = (unsigned long)st.st_ino;
    return ERR_NONE;
}

enum err state_dir_open(struct state_dir *d, const char *path, struct errtext *error)
{
    *d = (struct state_dir){.fd = -1, .attempts_fd = -1};
    enum err e = make_dir(path, error);
    if (e == ERR_NONE) e = open_private(d, path, error);
    if (e != ERR_NONE) goto fail;
    char *absolute = realpath(path, NULL);
    if (absolute == NULL) {
        e = err_set(error, ERR_IO, "cannot resolve %s: %s", path, strerror(errno));
        goto fail;
    }
    d->path = absolute;
    if (mkdirat(d->fd, "attempts", 0700) != 0 && errno != EEXIST) {
        e = err_set(error, ERR_IO, "cannot create %s/attempts: %s", path, strerror(errno));
        goto fail;
    }
    d->attempts_fd = openat(d->fd, "attempts", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (d->attempts_fd < 0) {
        e = err_set(error, ERR_IO, "cannot open %s/attempts: %s", path, strerror(errno));
        goto fail;
    }
    read_boot(d->boot);
    return ERR_NONE;
fail:
    state_dir_release(d);
    return e;
}

void state_dir_release(struct state_dir *d)
{
    if (d->attempts_fd >= 0) close(d->attempts_fd);
    if (d->fd >= 0) close(d->fd);
    free(d->path);
    *d = (struct state_dir){.fd = -1, .attempts_fd = -1};
}
