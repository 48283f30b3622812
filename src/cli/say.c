#include "cli/say.h"

#include "base/check.h"
#include "cli/table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH_MIN = 40, WIDTH_MAX = 1000 }; /* outside these a width is taken for a mistake */

/* A message may quote names that other users chose. */
__attribute__((format(printf, 3, 0))) static void say_message(const char *name, const char *kind,
                                                              const char *fmt, va_list ap)
{
    char *said = NULL;
    int len = vasprintf(&said, fmt, ap);
    ASSERT(len >= 0);
    struct buf text = {0};
    buf_printf(&text, "%s: %s%s\n", name, kind, said);
    free(said);
    text_clean_page(&text, 0);
    fflush(stdout);
    say_buf(&text, stderr);
    buf_release(&text);
}

int say_error(const char *name, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    say_message(name, "error: ", fmt, ap);
    va_end(ap);
    return EXIT_USER;
}

void say_note(const char *name, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    say_message(name, "", fmt, ap);
    va_end(ap);
}

int say_failure(const char *name, enum err code, const struct errtext *text)
{
    ASSERT(code != ERR_NONE);
    say_error(name, "%s", text->s);
    return code == ERR_UNAVAILABLE ? EXIT_UNREACHABLE : EXIT_USER;
}

void say_buf(const struct buf *text, FILE *to)
{
    if (text->len > 0) fwrite(text->p, 1, text->len, to);
}

int say_end(const char *name, int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) return code;
    if (errno == EPIPE) return code;
    return say_error(name, "the output could not be written: %s", strerror(errno));
}

bool say_in_colour(void)
{
    const char *no = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    if (no != NULL && no[0] != '\0') return false;
    return isatty(STDOUT_FILENO) && term != NULL && strcmp(term, "dumb") != 0;
}

const char *colour_begin(enum colour c)
{
    static const char *const sequences[COLOUR_COUNT] = {
        "", "\033[1m", "\033[2m", "\033[31m", "\033[32m", "\033[33m", "\033[34m",
    };
    ASSERT(c >= 0 && c < COLOUR_COUNT);
    return sequences[c];
}

void say_coloured(bool on, enum colour c, const char *fmt, ...)
{
    on = on && c != COLOUR_NONE;
    if (on) fputs(colour_begin(c), stdout);
    va_list ap;
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    if (on) fputs(COLOUR_END, stdout);
}

int say_width(void)
{
    const char *columns = getenv("COLUMNS");
    uint64_t n = 0;
    if (columns != NULL && str_to_u64(str_of(columns), &n) && n >= WIDTH_MIN && n <= WIDTH_MAX)
        return (int)n;
    struct winsize size;
    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
    return size.ws_col >= WIDTH_MIN ? size.ws_col : 0;
}

bool say_confirm(const char *question)
{
    if (!isatty(STDIN_FILENO)) return false;
    printf("%s [y/N] ", question);
    fflush(stdout);
    char line[16];
    return fgets(line, sizeof line, stdin) != NULL && (line[0] == 'y' || line[0] == 'Y');
}
