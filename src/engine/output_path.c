#include "engine/output_path.h"

#include <inttypes.h>
#include <string.h>

enum { WIDTH_MAX = 10 };
#define NO_ARRAY_TASK UINT32_C(4294967294)

static void put_number(struct buf *b, uint32_t number, int width)
{
    buf_printf(b, "%0*" PRIu32, width, number);
}

/* A name is one component of a path: it must not lead elsewhere. */
static void put_name(struct buf *b, struct str name)
{
    for (size_t i = 0; i < name.len; i++) buf_putc(b, name.p[i] == '/' ? '_' : name.p[i]);
}

/* The meaning of %LETTER; false when it has none. */
static bool put_field(struct buf *b, char letter, int width, const struct output_names *n)
{
    bool array = n->array_job.v != 0;
    uint32_t task = array ? n->array_task : NO_ARRAY_TASK;
    switch (letter) {
    case 'j':
    case 'J': put_number(b, n->job.v, width); return true;
    case 'A': put_number(b, array ? n->array_job.v : n->job.v, width); return true;
    case 'a': put_number(b, task, width); return true;
    case 'b': put_number(b, task % 10, width); return true;
    case 'n':
    case 't': put_number(b, 0, width); return true;
    case 's': buf_puts(b, "batch"); return true;
    case 'x': put_name(b, n->job_name); return true;
    case 'u': put_name(b, n->user); return true;
    case 'N': put_name(b, n->node); return true;
    case '%': buf_putc(b, '%'); return true;
    default: return false;
    }
}

static void expand(struct buf *b, struct str pattern, const struct output_names *names)
{
    for (size_t i = 0; i < pattern.len; i++) {
        if (pattern.p[i] != '%') {
            buf_putc(b, pattern.p[i]);
            continue;
        }
        size_t at = i + 1;
        int width = 0;
        for (; at < pattern.len && pattern.p[at] >= '0' && pattern.p[at] <= '9'; at++) {
            width = width * 10 + (pattern.p[at] - '0');
            if (width > WIDTH_MAX) width = WIDTH_MAX;
        }
        if (at < pattern.len && put_field(b, pattern.p[at], width, names))
            i = at;
        else
            buf_putc(b, '%');
    }
}

static void put_unescaped(struct buf *b, struct str pattern)
{
    for (size_t i = 0; i < pattern.len; i++)
        if (pattern.p[i] != '\\') buf_putc(b, pattern.p[i]);
}

struct str output_path(struct str pattern, struct str workdir, const struct output_names *names,
                       struct arena *arena)
{
    if (pattern.len == 0)
        pattern = names->array_job.v != 0 ? STR("slurm-%A_%a.out") : STR("slurm-%j.out");
    struct buf b = {0};
    bool is_absolute = pattern.p[0] == '/';
    if (!is_absolute) {
        buf_put_str(&b, workdir);
        if (workdir.len == 0 || workdir.p[workdir.len - 1] != '/') buf_putc(&b, '/');
    }
    if (memchr(pattern.p, '\\', pattern.len) != NULL)
        put_unescaped(&b, pattern);
    else
        expand(&b, pattern, names);
    struct str out = str_copy(arena, buf_str(&b));
    buf_release(&b);
    return out;
}
