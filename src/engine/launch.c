#include "engine/launch.h"

#include "base/check.h"
#include "engine/environment.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DEFAULT_PATH "PATH=/usr/local/bin:/usr/bin:/bin"
enum { LINE_SHOWN_MAX = 100, EXTRA_ENTRIES = 8, TASK_PID_BYTES = 32, EXIT_NO_COMMAND = 127 };

/* All that the child needs, made before the fork so that the child only makes system calls. */
struct command {
    const struct attempt_spec *spec;
    bool change_user;
    const char *user; /* for the supplementary groups; set when change_user is */
    gid_t gid;
    const char *interpreter; /* the script's first line, for messages */
    const char *script, *workdir, *stdin_path, *stdout_path, *stderr_path; /* stderr NULL: stdout */
    int script_fd; /* where the user cannot reach `script` by its path */
    char **argv, **envp;
    char *task_pid; /* the entry of envp that the child completes */
    int outcome_fd;
    pid_t supervisor;
};

/* ---- before the fork ----------------------------------------------------------------------- */

static bool lacks(const struct attempt_spec *spec, const char *name)
{
    struct str value;
    return !environment_get(spec->environment, spec->environment_count, name, &value);
}

static char *entry(struct arena *arena, const char *name, const char *value)
{
    return arena_printf(arena, "%s=%s", name, value);
}

/* What a login would set, where the submitter did not. */
static size_t add_login(char **envp, size_t n, const struct attempt_spec *spec,
                        const struct passwd *user, struct arena *arena)
{
    if (lacks(spec, "PATH")) envp[n++] = arena_printf(arena, "%s", DEFAULT_PATH);
    if (user == NULL) return n;
    if (lacks(spec, "HOME")) envp[n++] = entry(arena, "HOME", user->pw_dir);
    if (lacks(spec, "SHELL")) envp[n++] = entry(arena, "SHELL", user->pw_shell);
    if (lacks(spec, "USER")) envp[n++] = entry(arena, "USER", user->pw_name);
    if (lacks(spec, "LOGNAME")) envp[n++] = entry(arena, "LOGNAME", user->pw_name);
    return n;
}

static void make_environment(struct command *c, const struct passwd *user, int64_t now_ms,
                             int64_t end_ms, struct arena *arena)
{
    const struct attempt_spec *spec = c->spec;
    char **envp = arena_alloc(arena, spec->environment_count + EXTRA_ENTRIES + 1, sizeof *envp);
    size_t n = 0;
    for (uint32_t i = 0; i < spec->environment_count; i++)
        envp[n++] = str_dupz(arena, spec->environment[i]);
    n = add_login(envp, n, spec, user, arena);
    envp[n++] = arena_printf(arena, "SLURM_JOB_START_TIME=%" PRId64, now_ms / 1000);
    if (end_ms != 0) envp[n++] = arena_printf(arena, "SLURM_JOB_END_TIME=%" PRId64, end_ms / 1000);
    c->task_pid = arena_alloc(arena, TASK_PID_BYTES, 1);
    envp[n++] = c->task_pid;
    ASSERT(n <= spec->environment_count + EXTRA_ENTRIES);
    c->envp = envp;
}

static void make_arguments(struct command *c, struct arena *arena)
{
    const struct attempt_spec *spec = c->spec;
    c->argv = arena_alloc(arena, (size_t)spec->argument_count + 2, sizeof *c->argv);
    c->argv[0] = str_dupz(arena, str_of(c->script));
    for (uint32_t i = 0; i < spec->argument_count; i++)
        c->argv[i + 1] = str_dupz(arena, spec->arguments[i]);
}

/* The first line, at most LINE_SHOWN_MAX bytes of it, with a mark for what cannot be seen: "\r" at
 * its end is a frequent reason why a script cannot run. */
static const char *first_line(struct str script, struct arena *arena)
{
    size_t len = 0;
    while (len < script.len && len < LINE_SHOWN_MAX && script.p[len] != '\n') len++;
    char *line = arena_copy(arena, script.p != NULL ? script.p : "", len);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)line[i] < ' ' || (unsigned char)line[i] >= 0x7f) line[i] = '?';
    return line;
}

static bool needs_passwd(const struct attempt_spec *spec, bool change_user)
{
    return change_user || lacks(spec, "HOME") || lacks(spec, "SHELL") || lacks(spec, "USER") ||
           lacks(spec, "LOGNAME");
}

/* Which group the job runs with. The submission states one, and that is only a claim: taken as it
 * is, anybody could run with the group of root, of the disks or of another project. Only groups
 * that the user database gives the user will do; none stated (0) is the user's own. */
static enum err choose_group(struct command *c, const struct passwd *user, struct arena *arena,
                             struct errtext *error)
{
    uint32_t uid = c->spec->uid, gid = c->spec->gid;
    c->gid = (gid_t)gid;
    if (!c->change_user) return ERR_NONE;
    if (user == NULL)
        return err_set(error, ERR_DENIED,
                       "uid %" PRIu32 " is not in this machine's user database, so its groups are "
                       "not known; add the user, or run berth serve as that user",
                       uid);
    c->user = arena_printf(arena, "%s", user->pw_name);
    if (uid == 0) return ERR_NONE;
    if (gid == 0) c->gid = user->pw_gid;
    int count = 0;
    (void)getgrouplist(c->user, user->pw_gid, NULL, &count); /* says how many */
    gid_t *groups = arena_alloc(arena, (size_t)(count > 0 ? count : 1), sizeof *groups);
    if (getgrouplist(c->user, user->pw_gid, groups, &count) < 0) count = 0;
    for (int i = 0; i < count; i++)
        if (groups[i] == c->gid) return ERR_NONE;
    return err_set(error, ERR_DENIED, "group %" PRIu32 " is not one of %s's groups (see id %s)",
                   gid, c->user, c->user);
}

static enum err prepare(struct command *c, const struct state_dir *d, int64_t now_ms,
                        int64_t end_ms, struct arena *arena, struct errtext *error)
{
    const struct attempt_spec *spec = c->spec;
    if (geteuid() != 0 && spec->uid != geteuid())
        return err_set(error, ERR_DENIED,
                       "the job is of uid %" PRIu32 ", but the daemon runs as uid %u and cannot "
                       "become another user; run berth serve as root, or submit as that user",
                       spec->uid, (unsigned)geteuid());
    c->change_user = geteuid() == 0 && (spec->uid != 0 || spec->gid != getegid());
    const struct passwd *user =
        needs_passwd(spec, c->change_user) ? getpwuid((uid_t)spec->uid) : NULL;
    enum err e = choose_group(c, user, arena, error);
    if (e != ERR_NONE) return e;
    c->script = attempt_script_path(d, spec->id, arena);
    c->interpreter = first_line(spec->script, arena);
    c->workdir = str_dupz(arena, spec->workdir);
    c->stdin_path = spec->stdin_path.len > 0 ? str_dupz(arena, spec->stdin_path) : "/dev/null";
    c->stdout_path = str_dupz(arena, spec->stdout_path);
    if (spec->stderr_path.len > 0 && !str_eq(spec->stderr_path, spec->stdout_path))
        c->stderr_path = str_dupz(arena, spec->stderr_path);
    make_environment(c, user, now_ms, end_ms, arena);
    make_arguments(c, arena);
    e = attempt_write_script(d, spec, error);
    if (e != ERR_NONE) return e;
    c->script_fd = open(c->script, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (c->script_fd < 0)
        return err_set(error, ERR_IO, "cannot open %s: %s", c->script, strerror(errno));
    return ERR_NONE;
}

/* ---- the child ----------------------------------------------------------------------------- */

static _Noreturn void give_up(const struct command *c, const char *what, const char *path)
{
    char text[ERRTEXT_MAX];
    int len = snprintf(text, sizeof text, "%s %s: %s", what, path, strerror(errno));
    if (len >= (int)sizeof text) len = (int)sizeof text - 1;
    (void)!write(c->outcome_fd, text, (size_t)len);
    _exit(EXIT_NO_COMMAND);
}

/* To be repeated after a change of user, which clears it. */
static void die_with_supervisor(const struct command *c)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != c->supervisor) _exit(EXIT_NO_COMMAND);
}

static void become_user(const struct command *c)
{
    if (!c->change_user) return;
    uid_t uid = (uid_t)c->spec->uid;
    if (initgroups(c->user, c->gid) != 0 || setresgid(c->gid, c->gid, c->gid) != 0 ||
        setresuid(uid, uid, uid) != 0)
        give_up(c, "cannot become the user", c->user);
}

static void open_as(const struct command *c, int target, const char *path, int flags)
{
    int fd = open(path, flags | O_NOCTTY | O_CLOEXEC, 0666);
    if (fd < 0) give_up(c, target == 0 ? "cannot open input" : "cannot open output", path);
    if (dup2(fd, target) < 0) give_up(c, "cannot use", path);
}

static void open_files(const struct command *c)
{
    /* Everybody who writes appends, as in Slurm: nobody's lines are lost to another's. */
    int out_flags = O_WRONLY | O_CREAT | O_APPEND | (c->spec->append ? 0 : O_TRUNC);
    open_as(c, STDIN_FILENO, c->stdin_path, O_RDONLY);
    open_as(c, STDOUT_FILENO, c->stdout_path, out_flags);
    if (c->stderr_path != NULL)
        open_as(c, STDERR_FILENO, c->stderr_path, out_flags);
    else if (dup2(STDOUT_FILENO, STDERR_FILENO) < 0)
        give_up(c, "cannot use", c->stdout_path);
}

static void reset_signals(void)
{
    for (int s = 1; s < NSIG; s++) (void)signal(s, SIG_DFL);
    /* The two that glibc keeps for itself and does not let signal() touch: its posix_spawn, by
     * which make and others start programs, leaves them ignored. All zero is the kernel's SIG_DFL.
     */
    const unsigned long dfl[8] = {0};
    for (int s = 32; s < SIGRTMIN; s++)
        (void)syscall(SYS_rt_sigaction, s, dfl, NULL, sizeof(unsigned long));
    sigset_t none;
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void run_child(const struct command *c)
{
    (void)setpgid(0, 0);
    die_with_supervisor(c);
    become_user(c);
    die_with_supervisor(c);
    (void)umask((mode_t)c->spec->umask);
    if (chdir(c->workdir) != 0) give_up(c, "cannot enter the working folder", c->workdir);
    open_files(c);
    snprintf(c->task_pid, TASK_PID_BYTES, "SLURM_TASK_PID=%d", (int)getpid());
    reset_signals();
    execve(c->script, c->argv, c->envp);
    if (errno == EACCES) {
        /* DIR is closed to the user, but the script is theirs: run it through its descriptor, which
         * the interpreter must be able to open (/dev/fd/N). */
        (void)fcntl(c->script_fd, F_SETFD, 0);
        fexecve(c->script_fd, c->argv, c->envp);
    }
    /* ENOENT speaks of the program, ENOEXEC of a first line that names none. */
    bool by_line = errno == ENOENT || errno == ENOEXEC || errno == EACCES;
    give_up(c, by_line ? "cannot run the script by its first line" : "cannot run",
            by_line ? c->interpreter : c->script);
}

/* ---- fork ---------------------------------------------------------------------------------- */

enum err launch_command(const struct state_dir *d, const struct attempt_spec *spec, int64_t now_ms,
                        int64_t end_ms, struct arena *arena, struct launch *out,
                        struct errtext *error)
{
    struct command *c = ARENA_NEW(arena, struct command);
    *c = (struct command){.spec = spec, .script_fd = -1, .supervisor = getpid()};
    int outcome[2] = {-1, -1};
    enum err e = prepare(c, d, now_ms, end_ms, arena, error);
    if (e != ERR_NONE) return e;
    if (pipe2(outcome, O_CLOEXEC) != 0) {
        e = err_set(error, ERR_IO, "cannot make a pipe: %s", strerror(errno));
        goto out;
    }
    c->outcome_fd = outcome[1];
    pid_t child = fork();
    if (child == 0) run_child(c);
    if (child < 0) {
        e = err_set(error, ERR_IO, "cannot fork: %s", strerror(errno));
        close(outcome[0]);
        goto out;
    }
    (void)setpgid(child, child); /* whoever is first */
    *out = (struct launch){c, child, outcome[0]};
out:
    if (outcome[1] >= 0) close(outcome[1]);
    c->outcome_fd = -1;
    close(c->script_fd);
    return e;
}

void launch_say(const struct launch *l, const char *line)
{
    const struct command *c = l->command;
    if (c == NULL || fork() != 0) return;
    become_user(c);
    (void)!chdir(c->workdir); /* paths are absolute, unless that is not */
    const char *path = c->stderr_path != NULL ? c->stderr_path : c->stdout_path;
    int fd = open(path, O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0) (void)!write(fd, line, strlen(line));
    _exit(0);
}

void launch_outcome(struct launch *l, struct errtext *out)
{
    size_t len = 0;
    while (len < ERRTEXT_MAX - 1) {
        ssize_t n = read(l->outcome_fd, out->s + len, ERRTEXT_MAX - 1 - len);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        len += (size_t)n;
    }
    out->s[len] = '\0';
    close(l->outcome_fd);
    l->outcome_fd = -1;
}
