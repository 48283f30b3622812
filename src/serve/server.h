/* server.h - the daemon: one writer thread that owns the state, and the doors around it.
 *
 * A turn of the loop takes what has arrived (requests, engine reports, time), steps it into the
 * core as one batch, has the batch synced, and only then sends orders to engines and replies to
 * clients. While a batch without orders is on its way to the disk the next one is stepped; what
 * leaves then leaves with its own batch (struct outbox).
 */
#ifndef BERTH_SERVE_SERVER_H
#define BERTH_SERVE_SERVER_H

#include "engine/local.h"
#include "port/engine.h"
#include "serve/auth.h"
#include "serve/heartbeat.h"
#include "serve/http.h"
#include "serve/journal.h"
#include "serve/metrics.h"
#include "serve/stream.h"
#include "store/note.h"

#include <stdio.h>

struct server_config {
    const char *state_dir; /* created private when absent */
    const char *socket_path;
    const char *listen_host; /* NULL: unix socket only */
    uint16_t listen_port;
    const char *fleet_path; /* applied at start when it differs; NULL: what the ledger has */
    const char *law_dir; /* folder of pack folders, adopted at start when it differs; NULL: not */
    const char *law_default; /* adopted at the very first start when law_dir is NULL */
    const char *data_dir; /* catalogues */
    const char *speeds_path; /* table of speeds, adopted over those of data_dir; NULL: none */
    const char *origin; /* of a new ledger; NULL: a random name */
    void (*log)(void *arg, const char *line); /* one line for the operator, without newline */
    void *log_arg;
    void (*ready)(void *arg, uint16_t port); /* the doors are open; may be NULL */
    void *ready_arg;
};

/* A spec that was read back from the ledger, kept because tasks of an array share it. */
struct spec_slot {
    uint64_t record; /* 0: empty */
    uint64_t used; /* turn of the last use */
    struct arena arena;
    struct job_spec spec;
};

enum { SPEC_SLOTS = 16 };

/* A decision of the batch as event text, and whose job it concerns (events.c). */
struct pending_event {
    uint32_t uid;
    struct str text;
};

/* What waits to leave the process until the batch that it rests on is durable. A reply that only
 * reads waits too: it may show what was stepped and is not durable yet. */
struct outbox {
    struct op *head, *tail; /* answered requests */
    struct pending_event *events;
    size_t event_count, event_cap;
    uint64_t event_record; /* of the last decision */
    uint32_t event_index; /* its number among those of its record */
    struct arena arena; /* of the events' text */
};

struct server {
    struct server_config config;
    struct journal journal;
    struct auth auth;
    struct inbox inbox;
    struct streams streams;
    struct http *http;
    struct spawner spawner;
    struct engine *local;
    struct heartbeats heartbeats;
    struct metrics metrics;
    struct arena scratch; /* of the request in hand */
    struct spec_slot specs[SPEC_SLOTS];
    uint64_t spec_turn;

    struct outbox open, sealed; /* of the journal's two batches */
    struct report *reports; /* drained from engines, not yet stepped */
    size_t report_count, report_cap;
    struct arena report_arena;

    struct chip *catalogue;
    uint32_t catalogue_count;
    struct arena catalogue_arena;
    struct note_signer signer;
    uint64_t checkpoint_at; /* record of the last signed head */
    int64_t checkpoint_steady_ms;

    int64_t started_ms;
    int64_t refuse_writes_until_ms; /* steady clock: after a failed sync */
    struct errtext refuse_why;
    int signal_fd;
    bool stopping;
    const char *broken; /* stopping because it cannot work on: why; NULL: not */
    int64_t looked_steady_ms; /* when it was last looked whether all is there */
    int64_t asked_steady_ms; /* when a request was last taken */
    bool clock_leaps, clock_is_behind; /* was said */
};

/* Run until SIGTERM or SIGINT. Returns ERR_NONE after a clean stop. */
enum err server_run(const struct server_config *config, struct errtext *error);

/* ---- for the parts of the daemon ---- */

void server_log(struct server *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Step one event for the request in hand. ERR_UNAVAILABLE while writes are refused. */
enum err server_step(struct server *s, struct event *e, struct job_id *first_out,
                     uint32_t *count_out, struct errtext *error);
/* Sync all that was stepped, then send orders, events and replies. */
void server_flush(struct server *s);
/* The same where something was stepped and is not durable: before the store is read. After a failed
 * sync the core is another one. */
void server_settle(struct server *s);

/* Server-sent events: one per decision of the open batch, sent after the sync (events.c). */
void events_add(struct server *s, const struct decision *d, uint32_t uid);
void events_send(struct server *s, struct outbox *o);
void events_drop(struct outbox *o);
/* The same events of the ledger, those that the peer may see, behind the one with that id (text of
 * a Last-Event-ID header). Settles first. ERR_INVALID: it is no id, ERR_LIMIT: too much was missed.
 */
enum err events_missed(struct server *s, const struct peer *peer, const char *last, struct buf *out,
                       struct errtext *error);

/* Answer the request: fills status and reply (api.c). */
void api_handle(struct server *s, struct op *op);

/* Carry out one effect whose record is durable (dispatch.c). */
void dispatch_effect(struct server *s, const struct effect *e);
/* The whole spec of a job as it is in force now; borrowed until the next call. NULL: unreadable. */
const struct job_spec *dispatch_submitted(struct server *s, const struct job *j,
                                          struct errtext *error); /* as it was submitted */
const struct job_spec *dispatch_spec(struct server *s, const struct job *j, struct job_spec *out,
                                     struct errtext *error);

/* Signed heads of the ledger (checkpoint.c). */
enum err checkpoint_open(struct server *s, struct errtext *error);
enum err checkpoint_sign(struct server *s, struct buf *note_out, struct errtext *error);
void checkpoint_due(struct server *s);

/* Load and adopt (world.c). The texts name file, line and column. */
enum err server_apply_fleet(struct server *s, struct str yaml, const char *file_name, bool dry_run,
                            struct str actor, uint32_t uid, struct buf *diff_out,
                            struct errtext *error);
/* The tables of data_dir, and `own` (may be NULL) over them. */
enum err server_adopt_speeds(struct server *s, FILE *own, const char *own_name, struct str actor,
                             uint32_t uid, bool *changed_out, struct errtext *error);
/* The packs of the folder, without their examples, in `arena`. */
enum err server_read_packs(struct server *s, const char *dir, struct arena *arena,
                           struct law_pack **out, uint32_t *count_out, struct errtext *error);
enum err server_adopt_law(struct server *s, const char *dir, struct str actor, uint32_t uid,
                          bool *changed_out, struct errtext *error);

#endif
