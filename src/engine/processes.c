#include "engine/processes.h"

#include "base/mem.h"
#include "base/str.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    STAT_BYTES_MAX = 1024, /* /proc/PID/stat is about 300 bytes; the name in it is at most 64 */
    ENVIRON_CHUNK = 8192
};

/* "PID (name) S PPID PGRP SESSION ..."; the name may hold anything, so look for the last ')'. */
static bool parse_stat(const char *text, struct process *p)
{
    const char *rest = strrchr(text, ')');
    char state = 0;
    int parent = 0, group = 0, session = 0;
    if (rest == NULL || sscanf(rest + 1, " %c %d %d %d", &state, &parent, &group, &session) != 4)
        return false;
    p->parent = parent;
    p->session = session;
    p->is_zombie = state == 'Z' || state == 'X';
    return true;
}

static bool read_process(int proc_fd, const char *name, struct process *out)
{
    uint64_t pid = 0;
    if (!str_to_u64(str_of(name), &pid) || pid > INT32_MAX) return false;
    char path[32], text[STAT_BYTES_MAX];
    snprintf(path, sizeof path, "%d/stat", (int)pid);
    int fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false; /* it has just gone */
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0) return false;
    text[n] = '\0';
    *out = (struct process){.pid = (pid_t)pid};
    return parse_stat(text, out);
}

static int compare_pids(const void *a, const void *b)
{
    const struct process *x = a, *y = b;
    return x->pid < y->pid ? -1 : x->pid > y->pid;
}

/* Every process of this pid namespace, in order of pid; count 0 when /proc cannot be read. */
static struct process *processes_read(struct arena *arena, uint32_t *count_out)
{
    *count_out = 0;
    DIR *dir = opendir("/proc");
    if (dir == NULL) return NULL;
    struct process *list = NULL;
    size_t count = 0, cap = 0;
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        list = mem_grow(list, &cap, count + 1, sizeof *list);
        if (read_process(dirfd(dir), entry->d_name, &list[count])) count++;
    }
    closedir(dir);
    struct process *out = arena_alloc(arena, count, sizeof *out);
    if (count > 0) {
        memcpy(out, list, count * sizeof *out);
        qsort(out, count, sizeof *out, compare_pids);
    }
    mem_free(list);
    *count_out = (uint32_t)count;
    return out;
}

static struct process *find(struct process *list, uint32_t count, pid_t pid)
{
    struct process key = {.pid = pid};
    return count == 0 ? NULL : bsearch(&key, list, count, sizeof *list, compare_pids);
}

/* ---- descendants --------------------------------------------------------------------------- */

static void choose_descendants(struct process *list, uint32_t count, pid_t root)
{
    bool grew = true;
    while (grew) {
        grew = false;
        for (uint32_t i = 0; i < count; i++) {
            struct process *p = &list[i];
            if (p->chosen || p->pid == root) continue;
            const struct process *parent = find(list, count, p->parent);
            if (p->parent != root && (parent == NULL || !parent->chosen)) continue;
            p->chosen = true;
            grew = true;
        }
    }
}

uint32_t descendants_signal(int signal_number, pid_t except)
{
    struct arena arena;
    arena_init(&arena);
    uint32_t count = 0, sent = 0;
    struct process *list = processes_read(&arena, &count);
    choose_descendants(list, count, getpid());
    for (uint32_t i = 0; i < count; i++) {
        const struct process *p = &list[i];
        if (!p->chosen || p->is_zombie || p->pid == except) continue;
        if (kill(p->pid, signal_number) == 0) sent++;
    }
    arena_release(&arena);
    return sent;
}

bool process_catches(pid_t pid, int signal_number)
{
    char path[32], text[4096];
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    const char *line = strstr(text, "\nSigCgt:");
    unsigned long long caught = 0;
    return line != NULL && sscanf(line, "\nSigCgt: %llx", &caught) == 1 &&
           (caught >> (signal_number - 1) & 1) != 0;
}

/* ---- stragglers ---------------------------------------------------------------------------- */

static bool has_entry(const char *p, size_t len, const char *entry)
{
    size_t want = strlen(entry);
    for (const char *end = p + len; p < end;) {
        size_t n = strnlen(p, (size_t)(end - p));
        if (n == want && memcmp(p, entry, n) == 0) return true;
        p += n + 1;
    }
    return false;
}

/* False also for processes whose environment is closed to us: they are of other users. */
static bool environment_has(pid_t pid, const char *entry)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/%d/environ", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    struct buf text = {0};
    char chunk[ENVIRON_CHUNK];
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n <= 0) break;
        buf_put(&text, chunk, (size_t)n);
    }
    close(fd);
    bool found = text.len > 0 && has_entry(text.p, text.len, entry);
    buf_release(&text);
    return found;
}

uint32_t stragglers_kill(pid_t session, const char *mark)
{
    char entry[128];
    snprintf(entry, sizeof entry, "BERTH_MARK=%s", mark);
    struct arena arena;
    arena_init(&arena);
    uint32_t count = 0, living = 0;
    struct process *list = processes_read(&arena, &count);
    const struct process *leader = find(list, count, session);
    bool session_is_ours = session > 1 && (leader == NULL || leader->is_zombie);
    for (uint32_t i = 0; i < count; i++) {
        const struct process *p = &list[i];
        if (p->is_zombie || p->pid <= 1 || p->pid == getpid()) continue;
        bool ours = (session_is_ours && p->session == session) || environment_has(p->pid, entry);
        if (!ours) continue;
        kill(p->pid, SIGKILL);
        living++;
    }
    arena_release(&arena);
    return living;
}
