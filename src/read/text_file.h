/* text_file.h - whole files into memory, with a bound. */
#ifndef BERTH_READ_TEXT_FILE_H
#define BERTH_READ_TEXT_FILE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* Read a file ("-": standard input) of at most `max` bytes into the arena. ERR_IO, ERR_NOT_FOUND,
 * or ERR_LIMIT when it is longer. */
enum err text_file_read(const char *path, size_t max, struct arena *arena, struct str *out,
                        struct errtext *error);

#endif
