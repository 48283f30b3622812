/* fault_vfs.h - a file layer for SQLite that fails the k-th write, sync or truncation.
 *
 * It passes everything on to the system's own layer, but for syncs: what a process wrote is there for
 * the next one without them, and some thousand real ones would take minutes on a busy disk. Register once with fault_vfs_register; then
 * fault_vfs_arm before each run. */
#ifndef BERTH_TEST_FAULT_VFS_H
#define BERTH_TEST_FAULT_VFS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <string.h>

#define FAULT_VFS "berth-fault"

enum fault_kind {
    FAULT_IO, /* the call fails and does nothing */
    FAULT_TORN, /* a write leaves its first half behind; others as FAULT_IO */
    FAULT_FULL, /* the disk is full; a sync fails as FAULT_IO */
    FAULT_KINDS
};

static struct {
    enum fault_kind kind;
    bool for_ever; /* all later calls fail too: the disk is gone */
    long k; /* which call fails, from 1; 0: none */
    long calls; /* so far */
    bool struck;
    bool (*on_sync)(void); /* asked before each sync, in the thread that syncs; false: it fails */
} fault;

struct fault_file {
    sqlite3_file base;
    sqlite3_file *real; /* behind this struct */
};

static void fault_vfs_arm(enum fault_kind kind, long k, bool for_ever)
{
    fault.kind = kind;
    fault.k = k;
    fault.for_ever = for_ever;
    fault.calls = 0;
    fault.struck = false;
}

static bool fault_now(void)
{
    fault.calls++;
    bool hit = fault.k > 0 && (fault.calls == fault.k || (fault.for_ever && fault.calls > fault.k));
    if (hit) fault.struck = true;
    return hit;
}

static sqlite3_file *real_of(sqlite3_file *f)
{
    return ((struct fault_file *)f)->real;
}

static int ff_close(sqlite3_file *f)
{
    return real_of(f)->pMethods->xClose(real_of(f));
}

static int ff_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    return real_of(f)->pMethods->xRead(real_of(f), p, n, at);
}

static int ff_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    sqlite3_file *r = real_of(f);
    if (!fault_now()) return r->pMethods->xWrite(r, p, n, at);
    if (fault.kind == FAULT_TORN && n > 1) r->pMethods->xWrite(r, p, n / 2, at);
    return fault.kind == FAULT_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static int ff_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    if (fault_now()) return SQLITE_IOERR_TRUNCATE;
    return real_of(f)->pMethods->xTruncate(real_of(f), size);
}

static int ff_sync(sqlite3_file *f, int flags)
{
    (void)f, (void)flags;
    bool fails = fault_now() || (fault.on_sync != NULL && !fault.on_sync());
    return fails ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static int ff_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return real_of(f)->pMethods->xFileSize(real_of(f), size);
}

static int ff_lock(sqlite3_file *f, int level)
{
    return real_of(f)->pMethods->xLock(real_of(f), level);
}

static int ff_unlock(sqlite3_file *f, int level)
{
    return real_of(f)->pMethods->xUnlock(real_of(f), level);
}

static int ff_reserved(sqlite3_file *f, int *out)
{
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}

static int ff_control(sqlite3_file *f, int op, void *arg)
{
    return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}

static int ff_sector(sqlite3_file *f)
{
    return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int ff_device(sqlite3_file *f)
{
    return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

static int ff_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
    return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, out);
}

static int ff_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
    return real_of(f)->pMethods->xShmLock(real_of(f), at, n, flags);
}

static void ff_shm_barrier(sqlite3_file *f)
{
    real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static int ff_shm_unmap(sqlite3_file *f, int del)
{
    return real_of(f)->pMethods->xShmUnmap(real_of(f), del);
}

static const sqlite3_io_methods ff_methods = {
    .iVersion = 2,
    .xClose = ff_close,
    .xRead = ff_read,
    .xWrite = ff_write,
    .xTruncate = ff_truncate,
    .xSync = ff_sync,
    .xFileSize = ff_size,
    .xLock = ff_lock,
    .xUnlock = ff_unlock,
    .xCheckReservedLock = ff_reserved,
    .xFileControl = ff_control,
    .xSectorSize = ff_sector,
    .xDeviceCharacteristics = ff_device,
    .xShmMap = ff_shm_map,
    .xShmLock = ff_shm_lock,
    .xShmBarrier = ff_shm_barrier,
    .xShmUnmap = ff_shm_unmap,
};

static int ff_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
    sqlite3_vfs *below = vfs->pAppData;
    struct fault_file *ff = (struct fault_file *)f;
    ff->base.pMethods = NULL;
    ff->real = (sqlite3_file *)(ff + 1);
    int rc = below->xOpen(below, name, ff->real, flags, out);
    if (rc == SQLITE_OK) ff->base.pMethods = &ff_methods;
    return rc;
}

static int ff_delete(sqlite3_vfs *vfs, const char *name, int sync_dir)
{
    sqlite3_vfs *below = vfs->pAppData;
    return fault_now() ? SQLITE_IOERR_DELETE : below->xDelete(below, name, sync_dir);
}

static void fault_vfs_register(void)
{
    static sqlite3_vfs vfs;
    sqlite3_vfs *below = sqlite3_vfs_find(NULL);
    vfs = *below; /* the calls that need no file go straight to it */
    vfs.zName = FAULT_VFS;
    vfs.pNext = NULL;
    vfs.pAppData = below;
    vfs.szOsFile = (int)sizeof(struct fault_file) + below->szOsFile;
    vfs.xOpen = ff_open;
    vfs.xDelete = ff_delete;
    sqlite3_vfs_register(&vfs, 0);
}

#endif
