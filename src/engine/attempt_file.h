/* attempt_file.h - what is on disk of each attempt: the truth about it, whoever dies.
 *
 *     DIR/attempts/<job>.<attempt>          its record
 *     DIR/attempts/<job>.<attempt>.script   the script while it runs; its user's, mode 0500
 *
 * The record, written aside and renamed into place before a supervisor is asked for:
 *
 *     0      "begun PID BOOT\n", by the supervisor before it does anything; zeros: not begun
 *     128    '1' once the command runs
 *     129    '1' once the attempt is over and the following two are written
 *     130    length of the end, two bytes, low first
 *     132    struct attempt_end in canonical CBOR
 *     4096   struct attempt_spec in canonical CBOR; cut off at the end, because it holds secrets
 *
 * The first 4096 bytes exist from the beginning, so that the end of a job can be written on a disk
 * that has filled up meanwhile. Two files and no folder per attempt, because making a file is what
 * an attempt costs most on ext4.
 *
 * The supervisor holds a lock on the record for its whole life: a POSIX record lock (fcntl
 * F_SETLK), which belongs to the process, is not inherited by the job's processes, and vanishes at
 * the instant the supervisor dies, however it dies. Nobody opens a record twice in one process,
 * because any close of it would drop the lock.
 *
 * So every state is decisive:
 *
 *     over (129)         status known
 *     locked             a supervisor has it
 *     free and zeros     never ran; who gets the lock may remove the record, and a supervisor that
 *                        comes late finds it unlinked and goes
 *     free and begun     the supervisor died; what is left of the job has to be ended
 *
 * Nothing here is synced to disk: processes do not survive a power cut either. After a reboot BOOT
 * differs from the running kernel's, and an attempt that is not over is lost without anything to
 * end. */
#ifndef BERTH_ENGINE_ATTEMPT_FILE_H
#define BERTH_ENGINE_ATTEMPT_FILE_H

#include "base/err.h"
#include "engine/attempt_spec.h"
#include "engine/state_dir.h"

#include <sys/types.h>

enum {
    ATTEMPT_NAME_MAX = 32, /* "4294967295.4294967295.script" */
    ATTEMPT_MARK_MAX = 80,
    ATTEMPT_DETAIL_MAX = 2048, /* of attempt_end, kept in the record; the rest is cut */
    ATTEMPT_RECORD_MAX = 16 * 1024 * 1024 /* bytes: script, arguments and environment with room */
};

/* "<job>.<attempt>" */
const char *attempt_name(struct attempt_id id, char out[ATTEMPT_NAME_MAX]);
/* The value of BERTH_MARK in every process of the attempt; no other attempt on this machine, of
 * this daemon or another, has the same. */
const char *attempt_mark(const struct state_dir *d, struct attempt_id id,
                         char out[ATTEMPT_MARK_MAX]);

/* Make the record. ERR_EXISTS when it is there. On error nothing is left. */
enum err attempt_create(const struct state_dir *d, struct attempt_spec *spec,
                        struct errtext *error);
/* Remove everything of the attempt; what is not there is no error. The attempt must be over, or its
 * lock held by the caller. */
enum err attempt_erase(const struct state_dir *d, struct attempt_id id, struct errtext *error);

enum attempt_phase {
    PHASE_ABSENT, /* no record */
    PHASE_UNBEGUN, /* never ran; the lock is held by the caller */
    PHASE_RUNNING, /* a supervisor has it */
    PHASE_DEAD, /* its supervisor died; the lock is held by the caller */
    PHASE_ENDED
};

struct attempt_look {
    int phase; /* enum attempt_phase */
    int lock_fd; /* UNBEGUN, DEAD: holds the lock; else -1. attempt_look_release */
    pid_t supervisor; /* RUNNING: who holds the lock. DEAD: who held it, and its session */
    bool started; /* RUNNING: the command runs */
    bool same_boot; /* DEAD: it died since this boot: processes may be left */
    struct attempt_end end; /* ENDED; detail lives in the arena */
};

/* Look at one attempt and, where no supervisor has it, keep any from taking it until released. */
enum err attempt_look(const struct state_dir *d, struct attempt_id id, struct arena *arena,
                      struct attempt_look *out, struct errtext *error);
void attempt_look_release(struct attempt_look *l);

/* Write down the end and drop spec and script. By the holder of the lock, with its descriptor. */
enum err attempt_write_end(const struct state_dir *d, struct attempt_id id, int lock_fd,
                           struct attempt_end *end, struct errtext *error);

typedef void attempt_each_fn(void *context, struct attempt_id id);
/* Call once for every attempt of which there is a file, in order of job and attempt. */
enum err attempt_each(const struct state_dir *d, attempt_each_fn *fn, void *context,
                      struct errtext *error);

/* ---- the supervisor's side ---- */

/* Wait for the lock (others hold it only for an instant, or for good) and begin. ERR_CONFLICT when
 * the attempt was removed, has begun or has ended; ERR_IO when the disk refuses. On error nothing
 * may run. */
enum err attempt_begin(const struct state_dir *d, struct attempt_id id, int *lock_fd_out);
/* Note that the command runs. */
void attempt_note_started(int lock_fd);
/* Strings point into the arena. */
enum err attempt_read_spec(int lock_fd, struct arena *arena, struct attempt_spec *out,
                           struct errtext *error);
/* Write the script, mode 0500, owned by uid:gid where this process may give files away. */
enum err attempt_write_script(const struct state_dir *d, const struct attempt_spec *spec,
                              struct errtext *error);
/* The script's path; allocated in `arena`. */
const char *attempt_script_path(const struct state_dir *d, struct attempt_id id,
                                struct arena *arena);

#endif
