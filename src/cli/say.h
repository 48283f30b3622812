/* say.h - how the commands speak: exit codes, messages, colour, the terminal.
 *
 * Answers go to stdout, messages to stderr as "NAME: error: text" (Slurm's form), NAME being what
 * the user typed. Only the command line may use this; libraries return errors. */
#ifndef BERTH_CLI_SAY_H
#define BERTH_CLI_SAY_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdio.h>

enum exit_code {
    EXIT_DONE = 0,
    EXIT_USER = 1, /* the request is wrong, or could not be carried out */
    EXIT_LAW = 2, /* refused by law */
    EXIT_CAPACITY = 3, /* lawful, but no capacity now */
    EXIT_UNREACHABLE = 4, /* no daemon answers */
};

/* "NAME: error: text\n" on stderr; gives EXIT_USER, so that callers can return it. */
int say_error(const char *name, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "NAME: text\n" on stderr. */
void say_note(const char *name, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Print the text of a failure; gives its exit code. */
int say_failure(const char *name, enum err code, const struct errtext *text);
/* Write what the buffer holds, perhaps nothing. */
void say_buf(const struct buf *text, FILE *to);
/* Flush stdout; gives `code`, or EXIT_USER with a message when the output could not be written
 * (a full disk). A reader that went away is no error. */
int say_end(const char *name, int code);

enum colour {
    COLOUR_NONE,
    COLOUR_BOLD,
    COLOUR_DIM,
    COLOUR_RED,
    COLOUR_GREEN,
    COLOUR_YELLOW,
    COLOUR_BLUE,
    COLOUR_COUNT
};

/* True when stdout is a terminal, NO_COLOR is unset or empty and TERM is not "dumb"
 * (https://no-color.org). */
bool say_in_colour(void);
/* The sequence that begins a colour; "" for COLOUR_NONE. COLOUR_END undoes all. */
const char *colour_begin(enum colour c);
#define COLOUR_END "\033[0m"
/* Print a string in colour when `on`. */
void say_coloured(bool on, enum colour c, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Columns to fit a page in: $COLUMNS, else the terminal's; 0: no limit (a pipe or file). */
int say_width(void);

/* Ask on the terminal; true for an answer that begins with y. False when stdin is no terminal. */
bool say_confirm(const char *question);

#endif
