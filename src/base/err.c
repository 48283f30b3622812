#include "base/err.h"

#include "base/check.h"

#include <stdio.h>
#include <string.h>

enum err err_set(struct errtext *t, enum err code, const char *fmt, ...)
{
    ASSERT(code != ERR_NONE && code < ERR_COUNT);
    if (t == NULL) return code;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(t->s, sizeof t->s, fmt, ap);
    va_end(ap);
    return code;
}

enum err err_prefix(struct errtext *t, enum err code, const char *fmt, ...)
{
    if (t == NULL) return code;
    struct errtext old = *t;
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(t->s, sizeof t->s, fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n + 2 >= sizeof t->s) return code;
    int left = (int)sizeof t->s - n - 3;
    snprintf(t->s + n, sizeof t->s - (size_t)n, ": %.*s", left, old.s);
    return code;
}

const char *err_name(enum err code)
{
    static const char *const names[ERR_COUNT] = {
        [ERR_NONE] = "none",         [ERR_INVALID] = "invalid",
        [ERR_LIMIT] = "limit",       [ERR_NOT_FOUND] = "not-found",
        [ERR_EXISTS] = "exists",     [ERR_DENIED] = "denied",
        [ERR_CONFLICT] = "conflict", [ERR_IO] = "io",
        [ERR_CORRUPT] = "corrupt",   [ERR_UNAVAILABLE] = "unavailable",
    };
    ASSERT(code < ERR_COUNT);
    return names[code];
}
