/* sqlite_store.h - the ledger in one SQLite file; docs/ledger-format.md describes it for others.
 *
 * The state directory (mode 0700) holds
 *
 *     ledger.db      the ledger, mode 0600, with ledger.db-wal and ledger.db-shm while open
 *     lock           empty; locked (fcntl, so F_GETLK tells the pid) by the process that writes
 *     checkpoint     a copy of the newest signed checkpoint, to be published
 *     ledger.key     the signing key, mode 0600 (note.h); ledger.vkey is its public half
 *
 * An fcntl lock ends with the process that took it and is not inherited by its children, so a job's
 * supervisor that outlives a killed daemon does not keep the next daemon out. For the same reason
 * one process opens a directory for writing only once.
 *
 * Durability: journal_mode WAL and synchronous FULL: a commit returns after the sync of the log. A
 * commit that fails may still be found after a crash, as a whole, when only its sync failed: a
 * record that was not acknowledged may exist, one that was acknowledged always does. */
#ifndef BERTH_STORE_SQLITE_STORE_H
#define BERTH_STORE_SQLITE_STORE_H

#include "port/store.h"

#define LEDGER_FILE "ledger.db"
#define LEDGER_KEY_FILE "ledger.key"
#define LEDGER_VKEY_FILE "ledger.vkey"
#define LEDGER_CHECKPOINT_FILE "checkpoint"
#define LEDGER_LOCK_FILE "lock"

enum {
    LEDGER_APPLICATION_ID = 0x42525448, /* "BRTH": PRAGMA application_id */
    LEDGER_FORMAT = 1, /* PRAGMA user_version */
    LEDGER_TREE_STEP = 8, /* the tree table keeps the levels 8, 16, 24 ... */
};

extern const struct store_ops sqlite_store_ops;

#endif
