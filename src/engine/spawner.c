#include "engine/spawner.h"

#include "engine/notify.h"
#include "engine/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    ORDER_WAIT_S = 1, /* for a spawner that does not read */
    OOM_LOOK_S = 1 /* the count of memory kills is at most so old when an attempt starts */
};

/* ---- the spawner's process ----------------------------------------------------------------- */

/* Keep nothing of the daemon's: not its terminal, pipes, files, working folder or signals. */
static bool detach(int socket_fd, const struct state_dir *d)
{
    sigset_t all;
    sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, NULL);
    (void)signal(SIGCHLD, SIG_IGN); /* supervisors are reaped by the kernel */
    (void)setsid();
    (void)prctl(PR_SET_NAME, "berth:spawner");
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    int log_fd = openat(d->fd, "spawner.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (null_fd < 0 || log_fd < 0 || dup2(null_fd, 0) < 0 || dup2(null_fd, 1) < 0 ||
        dup2(log_fd, 2) < 0 || chdir("/") != 0)
        return false;
    /* Three are needed, as 3, 4 and 5; by way of higher ones, as they may stand there already. */
    int keep[] = {socket_fd, d->fd, d->attempts_fd};
    for (int i = 0; i < 3; i++)
        if ((keep[i] = fcntl(keep[i], F_DUPFD_CLOEXEC, 6)) < 0) return false;
    for (int i = 0; i < 3; i++)
        if (dup3(keep[i], 3 + i, O_CLOEXEC) < 0) return false;
    return close_range(6, ~0u, 0) == 0;
}

struct spawning {
    struct state_dir dir;
    int fd, notify_fd;
    int64_t oom_kills;
    time_t oom_looked; /* steady seconds */
};

static void look_at_oom(struct spawning *s)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC_COARSE, &now) != 0) return;
    if (s->oom_looked != 0 && now.tv_sec - s->oom_looked < OOM_LOOK_S) return;
    s->oom_kills = oom_kills_read();
    s->oom_looked = now.tv_sec;
}

static void spawn(struct spawning *s, struct attempt_id id)
{
    look_at_oom(s);
    pid_t pid = fork();
    if (pid == 0) {
        close(s->fd);
        const struct supervisor_context context = {
            .dir = &s->dir, .notify_fd = s->notify_fd, .oom_kills = s->oom_kills};
        supervisor_run(&context, id);
    }
    if (pid < 0) {
        fprintf(stderr, "spawner: cannot fork a supervisor: %s\n", strerror(errno));
        const struct notice failed = {.kind = NOTICE_FAILED, .id = id};
        notify_send(s->notify_fd, &s->dir, &failed);
    }
}

static _Noreturn void run_spawner(int socket_fd, const struct state_dir *d)
{
    struct spawning s = {.dir = *d, .fd = 3};
    char ready = detach(socket_fd, d) ? 1 : 0;
    s.dir.fd = 4;
    s.dir.attempts_fd = 5;
    s.notify_fd = ready ? notify_socket() : -1;
    if (s.notify_fd < 0) _exit(1);
    (void)getpwuid(geteuid()); /* loads the name service once instead of in every supervisor */
    if (send(s.fd, &ready, 1, MSG_NOSIGNAL) != 1) _exit(1);
    for (;;) {
        struct attempt_id id;
        ssize_t n = recv(s.fd, &id, sizeof id, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) _exit(0);
        if (n == (ssize_t)sizeof id) spawn(&s, id);
    }
}

/* ---- the daemon's side --------------------------------------------------------------------- */

enum err spawner_start(struct spawner *s, const char *dir, struct errtext *error)
{
    *s = (struct spawner){.fd = -1};
    struct state_dir d;
    enum err e = state_dir_open(&d, dir, error);
    if (e != ERR_NONE) return e;
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        e = err_set(error, ERR_IO, "cannot make a socket: %s", strerror(errno));
        goto out;
    }
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        run_spawner(ends[1], &d);
    }
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        e = err_set(error, ERR_IO, "cannot fork the spawner: %s", strerror(errno));
        goto out;
    }
    char ready = 0;
    if (recv(ends[0], &ready, 1, 0) != 1 || ready != 1) {
        close(ends[0]);
        (void)waitpid(pid, NULL, 0);
        e = err_set(error, ERR_IO, "the spawner cannot work in %s; see %s/spawner.log", dir, dir);
        goto out;
    }
    struct timeval wait = {.tv_sec = ORDER_WAIT_S};
    (void)setsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    *s = (struct spawner){.fd = ends[0], .pid = pid};
out:
    state_dir_release(&d);
    return e;
}

bool spawner_is_alive(const struct spawner *s)
{
    char byte;
    return s->fd >= 0 && recv(s->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

enum err spawner_order(const struct spawner *s, struct attempt_id id, struct errtext *error)
{
    ssize_t n;
    do {
        n = send(s->fd, &id, sizeof id, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n == (ssize_t)sizeof id) return ERR_NONE;
    return err_set(error, ERR_UNAVAILABLE, "the spawner (pid %d) does not take orders: %s",
                   (int)s->pid, strerror(errno));
}

void spawner_release(struct spawner *s)
{
    if (s->fd >= 0) {
        (void)shutdown(s->fd, SHUT_RDWR); /* reaches it even if another process holds a copy */
        close(s->fd);
    }
    if (s->pid > 0) (void)waitpid(s->pid, NULL, 0);
    *s = (struct spawner){.fd = -1};
}
