#include "engine/notify.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* Through the descriptor, because a socket's path may have 107 bytes and DIR's may be longer. */
static struct sockaddr_un address_of(const struct state_dir *d)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "/proc/self/fd/%d/notify", d->fd);
    return a;
}

enum err notify_listen(const struct state_dir *d, int *fd_out, struct errtext *error)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return err_set(error, ERR_IO, "cannot make a socket: %s", strerror(errno));
    struct sockaddr_un a = address_of(d);
    (void)unlinkat(d->fd, "notify", 0);
    if (bind(fd, (const struct sockaddr *)&a, sizeof a) != 0) {
        close(fd);
        return err_set(error, ERR_IO, "cannot bind %s/notify: %s", d->path, strerror(errno));
    }
    *fd_out = fd;
    return ERR_NONE;
}

bool notify_receive(int fd, struct notice *out)
{
    for (;;) {
        ssize_t n = recv(fd, out, sizeof *out, MSG_DONTWAIT | MSG_TRUNC);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        if (n == (ssize_t)sizeof *out && out->kind <= NOTICE_FAILED && out->id.job.v != 0 &&
            out->id.attempt != 0)
            return true;
    }
}

int notify_socket(void)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    struct timeval wait = {.tv_sec = NOTIFY_WAIT_MS / 1000};
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    return fd;
}

void notify_send(int fd, const struct state_dir *d, const struct notice *n)
{
    struct sockaddr_un a = address_of(d);
    ssize_t rc;
    do {
        rc = sendto(fd, n, sizeof *n, MSG_NOSIGNAL, (const struct sockaddr *)&a, sizeof a);
    } while (rc < 0 && errno == EINTR);
}
