/* file.h - small files of the state directory, whole. */
#ifndef BERTH_STORE_FILE_H
#define BERTH_STORE_FILE_H

#include "base/err.h"
#include "base/str.h"

#include <stddef.h>

/* The whole file into `out` (overwritten). Errors: ERR_NOT_FOUND, ERR_LIMIT (over max_bytes),
 * ERR_IO. */
enum err file_read(const char *path, size_t max_bytes, struct buf *out, struct errtext *error);

/* Write the file so that after a crash there is the old content or the new, never a part: a new
 * file beside it, synced, renamed over it, and the directory synced. */
enum err file_replace(const char *path, unsigned mode, struct str bytes, struct errtext *error);

/* Make entries of the folder that holds `path` durable. */
enum err file_sync_folder(const char *path, struct errtext *error);

#endif
