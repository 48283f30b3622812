#include "engine/attempt_file.h"

#include "base/cbor.h"
#include "base/check.h"
#include "base/mem.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- names -------------------------------------------------------------------------------- */

const char *attempt_name(struct attempt_id id, char out[ATTEMPT_NAME_MAX])
{
    snprintf(out, ATTEMPT_NAME_MAX, "%" PRIu32 ".%" PRIu32, id.job.v, id.attempt);
    return out;
}

static const char *name_with(struct attempt_id id, const char *suffix, char out[ATTEMPT_NAME_MAX])
{
    snprintf(out, ATTEMPT_NAME_MAX, "%" PRIu32 ".%" PRIu32 "%s", id.job.v, id.attempt, suffix);
    return out;
}

const char *attempt_mark(const struct state_dir *d, struct attempt_id id,
                         char out[ATTEMPT_MARK_MAX])
{
    char name[ATTEMPT_NAME_MAX];
    snprintf(out, ATTEMPT_MARK_MAX, "%lx.%lx.%s", d->device, d->inode, attempt_name(id, name));
    return out;
}

const char *attempt_script_path(const struct state_dir *d, struct attempt_id id,
                                struct arena *arena)
{
    char name[ATTEMPT_NAME_MAX];
    return arena_printf(arena, "%s/attempts/%s", d->path, name_with(id, ".script", name));
}

static enum err io_error(const struct state_dir *d, const char *file, const char *what,
                         struct errtext *error)
{
    return err_set(error, ERR_IO, "cannot %s %s/attempts/%s: %s", what, d->path, file,
                   strerror(errno));
}

/* ---- the record ---------------------------------------------------------------------------- */

enum {
    AT_STARTED = 128,
    AT_OVER = 129,
    AT_END_LEN = 130,
    AT_END = 132,
    AT_SPEC = 4096,
    END_BYTES_MAX = AT_SPEC - AT_END
};
static_assert(ATTEMPT_DETAIL_MAX + 256 < END_BYTES_MAX, "an end with its detail fits");
static_assert(BOOT_NAME_MAX + 32 < AT_STARTED, "the begun line fits");

static bool write_all(int fd, const char *p, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, p, len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        p += n;
        len -= (size_t)n;
    }
    return true;
}

/* Create or overwrite `file` with these bytes. */
static enum err write_file(const struct state_dir *d, const char *file, struct str bytes,
                           mode_t mode, struct errtext *error)
{
    int fd =
        openat(d->attempts_fd, file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0) return io_error(d, file, "create", error);
    enum err e = ERR_NONE;
    if (!write_all(fd, bytes.p, bytes.len)) e = io_error(d, file, "write", error);
    if (close(fd) != 0 && e == ERR_NONE) e = io_error(d, file, "write", error);
    return e;
}

enum err attempt_create(const struct state_dir *d, struct attempt_spec *spec, struct errtext *error)
{
    char name[ATTEMPT_NAME_MAX], aside[ATTEMPT_NAME_MAX];
    attempt_name(spec->id, name);
    name_with(spec->id, ".new", aside);
    if (faccessat(d->attempts_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return err_set(error, ERR_EXISTS, "%s/attempts/%s exists", d->path, name);
    struct buf bytes = {0};
    static const char zeros[AT_SPEC];
    buf_put(&bytes, zeros, sizeof zeros);
    struct cbor_writer w;
    cbor_writer_init(&w, &bytes);
    if (visit_map(&w.v, NULL, false)) {
        visit_attempt_spec(&w.v, spec);
        visit_map_end(&w.v);
    }
    enum err e = write_file(d, aside, buf_str(&bytes), 0600, error);
    if (e == ERR_NONE && renameat(d->attempts_fd, aside, d->attempts_fd, name) != 0)
        e = io_error(d, name, "rename", error);
    if (e != ERR_NONE) (void)unlinkat(d->attempts_fd, aside, 0);
    buf_release(&bytes);
    return e;
}

enum err attempt_read_spec(int lock_fd, struct arena *arena, struct attempt_spec *out,
                           struct errtext *error)
{
    struct stat st;
    if (fstat(lock_fd, &st) != 0 || st.st_size < AT_SPEC || st.st_size > ATTEMPT_RECORD_MAX)
        return err_set(error, ERR_CORRUPT, "the attempt's record has a wrong size");
    size_t len = (size_t)st.st_size - AT_SPEC, got = 0;
    char *p = arena_alloc(arena, len + 1, 1);
    while (got < len) {
        ssize_t n = pread(lock_fd, p + got, len - got, AT_SPEC + (off_t)got);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0)
            return err_set(error, ERR_IO, "cannot read the attempt's record: %s", strerror(errno));
        if (n == 0) break;
        got += (size_t)n;
    }
    *out = (struct attempt_spec){0};
    struct cbor_reader r;
    cbor_reader_init(&r, (struct str){p, got}, arena);
    if (visit_map(&r.v, NULL, false)) {
        visit_attempt_spec(&r.v, out);
        visit_map_end(&r.v);
    }
    enum err e = cbor_reader_finish(&r, error);
    return e == ERR_NONE ? e : err_prefix(error, e, "the attempt's record");
}

enum err attempt_write_end(const struct state_dir *d, struct attempt_id id, int lock_fd,
                           struct attempt_end *end, struct errtext *error)
{
    char name[ATTEMPT_NAME_MAX];
    struct attempt_end kept = *end;
    if (kept.detail.len > ATTEMPT_DETAIL_MAX) kept.detail.len = ATTEMPT_DETAIL_MAX;
    struct buf bytes = {0};
    buf_put(&bytes, "\0\0", 2);
    struct cbor_writer w;
    cbor_writer_init(&w, &bytes);
    if (visit_map(&w.v, NULL, false)) {
        visit_attempt_end(&w.v, &kept);
        visit_map_end(&w.v);
    }
    size_t len = bytes.len - 2;
    ASSERT(len <= END_BYTES_MAX);
    bytes.p[0] = (char)(len & 0xff);
    bytes.p[1] = (char)(len >> 8);
    enum err e = ERR_NONE;
    /* The mark comes last, in a write of its own: who sees it sees the end whole. */
    if (pwrite(lock_fd, bytes.p, bytes.len, AT_END_LEN) != (ssize_t)bytes.len ||
        pwrite(lock_fd, "1", 1, AT_OVER) != 1)
        e = io_error(d, attempt_name(id, name), "write", error);
    buf_release(&bytes);
    if (e != ERR_NONE) return e;
    (void)!ftruncate(lock_fd, AT_SPEC);
    (void)unlinkat(d->attempts_fd, name_with(id, ".script", name), 0);
    return ERR_NONE;
}

/* False when the attempt is not over. A power cut may leave the mark without the rest; that it is
 * there says enough: nothing runs. */
static bool read_end(int fd, struct arena *arena, struct attempt_end *out)
{
    char mark = 0;
    unsigned char len_bytes[2] = {0, 0};
    if (pread(fd, &mark, 1, AT_OVER) != 1 || mark != '1') return false;
    *out = (struct attempt_end){.kind = ATTEMPT_LOST,
                                .detail = STR("the record of its end is damaged")};
    if (pread(fd, len_bytes, 2, AT_END_LEN) != 2) return true;
    size_t len = len_bytes[0] | (size_t)len_bytes[1] << 8;
    char *p = arena_alloc(arena, len + 1, 1);
    if (len > END_BYTES_MAX || pread(fd, p, len, AT_END) != (ssize_t)len) return true;
    struct attempt_end end = {0};
    struct cbor_reader r;
    cbor_reader_init(&r, (struct str){p, len}, arena);
    if (visit_map(&r.v, NULL, false)) {
        visit_attempt_end(&r.v, &end);
        visit_map_end(&r.v);
    }
    if (cbor_reader_finish(&r, NULL) == ERR_NONE) *out = end;
    return true;
}

struct begun {
    bool begun, started, same_boot;
    pid_t pid;
};

static struct begun read_begun(const struct state_dir *d, int fd)
{
    struct begun b = {0};
    char text[AT_OVER + 1];
    ssize_t n = pread(fd, text, AT_OVER, 0);
    if (n != AT_OVER) return b;
    b.started = text[AT_STARTED] == '1';
    text[AT_STARTED] = '\0';
    char *end = strchr(text, '\n');
    if (end == NULL || strncmp(text, "begun ", 6) != 0) return b;
    *end = '\0';
    char *boot = NULL;
    long pid = strtol(text + 6, &boot, 10);
    if (pid <= 1 || pid > INT32_MAX || *boot != ' ') return b;
    b.begun = true;
    b.pid = (pid_t)pid;
    b.same_boot = strcmp(boot + 1, d->boot) == 0;
    return b;
}

enum err attempt_erase(const struct state_dir *d, struct attempt_id id, struct errtext *error)
{
    /* The record goes last of what could be found again, and with it the attempt. */
    static const char *const suffixes[] = {".script", ".new", ""};
    char name[ATTEMPT_NAME_MAX];
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (unlinkat(d->attempts_fd, name_with(id, suffixes[i], name), 0) != 0 && errno != ENOENT)
            return io_error(d, name, "remove", error);
    return ERR_NONE;
}

enum err attempt_write_script(const struct state_dir *d, const struct attempt_spec *spec,
                              struct errtext *error)
{
    char name[ATTEMPT_NAME_MAX];
    enum err e = write_file(d, name_with(spec->id, ".script", name), spec->script, 0500, error);
    if (e != ERR_NONE) return e;
    if ((spec->uid != geteuid() || spec->gid != getegid()) && geteuid() == 0 &&
        fchownat(d->attempts_fd, name, spec->uid, spec->gid, AT_SYMLINK_NOFOLLOW) != 0)
        return io_error(d, name, "give away", error);
    return ERR_NONE;
}

/* ---- the lock ------------------------------------------------------------------------------ */

static struct flock whole_file(void)
{
    return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
}

/* -1 with errno. */
static int open_record(const struct state_dir *d, struct attempt_id id)
{
    char name[ATTEMPT_NAME_MAX];
    return openat(d->attempts_fd, attempt_name(id, name), O_RDWR | O_NOFOLLOW | O_CLOEXEC);
}

enum err attempt_begin(const struct state_dir *d, struct attempt_id id, int *lock_fd_out)
{
    int fd = open_record(d, id);
    if (fd < 0) return errno == ENOENT ? ERR_CONFLICT : ERR_IO;
    enum err e = ERR_IO;
    struct flock lock = whole_file();
    int rc;
    do {
        rc = fcntl(fd, F_SETLKW, &lock);
    } while (rc != 0 && errno == EINTR);
    struct stat st;
    if (rc != 0 || fstat(fd, &st) != 0) goto refuse;
    if (st.st_nlink == 0 || read_begun(d, fd).begun) {
        e = ERR_CONFLICT;
        goto refuse;
    }
    char line[AT_STARTED];
    int len = snprintf(line, sizeof line, "begun %d %s\n", (int)getpid(), d->boot);
    ASSERT(len > 0 && (size_t)len < sizeof line);
    if (pwrite(fd, line, (size_t)len, 0) != len) goto refuse;
    *lock_fd_out = fd;
    return ERR_NONE;
refuse:
    close(fd);
    return e;
}

void attempt_note_started(int lock_fd)
{
    (void)!pwrite(lock_fd, "1", 1, AT_STARTED);
}

/* The record is open and its end not written: find out by the lock. Gives up `fd` or keeps it. */
static enum err look_by_lock(const struct state_dir *d, struct attempt_id id, int fd,
                             struct arena *arena, struct attempt_look *out, struct errtext *error)
{
    struct flock lock = whole_file();
    if (fcntl(fd, F_SETLK, &lock) == 0) {
        /* Under the lock nothing moves any more: an end written since the first look counts. */
        if (read_end(fd, arena, &out->end)) {
            out->phase = PHASE_ENDED;
            close(fd);
            return ERR_NONE;
        }
        struct begun b = read_begun(d, fd);
        out->phase = b.begun ? PHASE_DEAD : PHASE_UNBEGUN;
        out->lock_fd = fd;
        out->supervisor = b.pid;
        out->same_boot = b.same_boot;
        return ERR_NONE;
    }
    enum err e = ERR_NONE;
    if (errno != EACCES && errno != EAGAIN) {
        char name[ATTEMPT_NAME_MAX];
        e = io_error(d, attempt_name(id, name), "lock", error);
        goto out;
    }
    out->phase = PHASE_RUNNING;
    out->started = read_begun(d, fd).started;
    lock = whole_file();
    if (fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK) out->supervisor = lock.l_pid;
out:
    close(fd);
    return e;
}

enum err attempt_look(const struct state_dir *d, struct attempt_id id, struct arena *arena,
                      struct attempt_look *out, struct errtext *error)
{
    *out = (struct attempt_look){.phase = PHASE_ABSENT, .lock_fd = -1};
    int fd = open_record(d, id);
    if (fd < 0) {
        char name[ATTEMPT_NAME_MAX];
        return errno == ENOENT ? ERR_NONE : io_error(d, attempt_name(id, name), "open", error);
    }
    if (!read_end(fd, arena, &out->end)) return look_by_lock(d, id, fd, arena, out, error);
    out->phase = PHASE_ENDED;
    close(fd);
    return ERR_NONE;
}

void attempt_look_release(struct attempt_look *l)
{
    if (l->lock_fd >= 0) close(l->lock_fd);
    l->lock_fd = -1;
}

/* ---- all of them --------------------------------------------------------------------------- */

/* Exactly the names that are made here. */
static bool parse_name(const char *name, struct attempt_id *out)
{
    static const char *const suffixes[] = {"", ".new", ".script"};
    const char *dot = strchr(name, '.');
    uint64_t job = 0, attempt = 0;
    if (dot == NULL || !str_to_u64((struct str){name, (size_t)(dot - name)}, &job) ||
        !str_to_u64((struct str){dot + 1, strcspn(dot + 1, ".")}, &attempt) || job == 0 ||
        job > UINT32_MAX || attempt == 0 || attempt > UINT32_MAX)
        return false;
    *out = (struct attempt_id){{(uint32_t)job}, (uint32_t)attempt};
    char again[ATTEMPT_NAME_MAX];
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (strcmp(name_with(*out, suffixes[i], again), name) == 0) return true;
    return false;
}

static int compare_ids(const void *a, const void *b)
{
    const struct attempt_id *x = a, *y = b;
    if (x->job.v != y->job.v) return x->job.v < y->job.v ? -1 : 1;
    return x->attempt < y->attempt ? -1 : x->attempt > y->attempt;
}

enum err attempt_each(const struct state_dir *d, attempt_each_fn *fn, void *context,
                      struct errtext *error)
{
    int fd = openat(d->attempts_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (dir == NULL) {
        if (fd >= 0) close(fd);
        return err_set(error, ERR_IO, "cannot list %s/attempts: %s", d->path, strerror(errno));
    }
    struct attempt_id *ids = NULL;
    size_t count = 0, cap = 0;
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        struct attempt_id id;
        if (!parse_name(entry->d_name, &id)) continue;
        ids = mem_grow(ids, &cap, count + 1, sizeof *ids);
        ids[count++] = id;
    }
    closedir(dir);
    if (count > 0) qsort(ids, count, sizeof *ids, compare_ids);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || compare_ids(&ids[i - 1], &ids[i]) != 0) fn(context, ids[i]);
    mem_free(ids);
    return ERR_NONE;
}
