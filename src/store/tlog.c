#include "store/tlog.h"

#include "base/check.h"
#include "base/mem.h"
#include "store/base64.h"

#include <inttypes.h>
#include <string.h>

#define PROOF_HEAD "c2sp.org/tlog-proof@v1"

/* Take the next line off *rest, without its newline; false when there is no whole line. */
static bool next_line(struct str *rest, struct str *line)
{
    const char *end = rest->len > 0 ? memchr(rest->p, '\n', rest->len) : NULL;
    if (end == NULL) return false;
    *line = (struct str){rest->p, (size_t)(end - rest->p)};
    *rest = (struct str){end + 1, rest->len - line->len - 1};
    return true;
}

/* Decimal without leading zeros. */
static bool get_decimal(struct str s, uint64_t *out)
{
    return (s.len == 1 || (s.len > 1 && s.p[0] != '0')) && str_to_u64(s, out);
}

static void put_base64_line(struct buf *out, const void *p, size_t len)
{
    base64_put(out, p, len);
    buf_putc(out, '\n');
}

void checkpoint_format(const struct checkpoint *c, struct buf *out)
{
    ASSERT(c->origin.len > 0);
    buf_put_str(out, c->origin);
    buf_printf(out, "\n%" PRIu64 "\n", c->size);
    put_base64_line(out, c->root.h, sizeof c->root.h);
}

enum err checkpoint_parse(struct str text, struct checkpoint *out, struct errtext *error)
{
    struct str size, root;
    struct checkpoint c = {0};
    if (!next_line(&text, &c.origin) || !next_line(&text, &size) || !next_line(&text, &root))
        return err_set(error, ERR_INVALID, "a checkpoint has three lines or more");
    if (c.origin.len == 0) return err_set(error, ERR_INVALID, "the checkpoint's origin is empty");
    if (!get_decimal(size, &c.size))
        return err_set(error, ERR_INVALID, "the checkpoint's size is not a number");
    if (!base64_get_exactly(root, c.root.h, sizeof c.root.h))
        return err_set(error, ERR_INVALID, "the checkpoint's root is not base64 of 32 bytes");
    for (struct str line; text.len > 0;)
        if (!next_line(&text, &line) || line.len == 0)
            return err_set(error, ERR_INVALID, "the checkpoint has an empty line");
    *out = c;
    return ERR_NONE;
}

void tlog_proof_release(struct tlog_proof *p)
{
    buf_release(&p->extra);
    *p = (struct tlog_proof){0};
}

void tlog_proof_format(const struct tlog_proof *p, struct buf *out)
{
    buf_puts(out, PROOF_HEAD "\n");
    if (p->extra.len > 0) {
        buf_puts(out, "extra ");
        put_base64_line(out, p->extra.p, p->extra.len);
    }
    buf_printf(out, "index %" PRIu64 "\n", p->index);
    for (uint32_t i = 0; i < p->path.count; i++)
        put_base64_line(out, p->path.hashes[i].h, STORE_HASH_BYTES);
    buf_putc(out, '\n');
    buf_put_str(out, p->note);
}

static bool get_extra(struct str base64, struct buf *out)
{
    if (base64.len == 0 || base64.len > (size_t)TLOG_EXTRA_MAX / 3 * 4) return false;
    size_t cap = base64_room(base64.len), len = 0;
    unsigned char *bytes = mem_alloc(cap, 1);
    bool good = base64_get(base64, bytes, cap, &len);
    if (good) buf_put(out, bytes, len);
    mem_free(bytes);
    return good;
}

enum err tlog_proof_parse(struct str text, struct tlog_proof *out, struct errtext *error)
{
    *out = (struct tlog_proof){0};
    struct str line;
    if (!next_line(&text, &line) || !str_eqz(line, PROOF_HEAD))
        return err_set(error, ERR_INVALID, "not a proof: line 1 is not " PROOF_HEAD);
    bool have = next_line(&text, &line);
    if (have && str_starts(line, "extra ")) {
        if (!get_extra((struct str){line.p + 6, line.len - 6}, &out->extra))
            return err_set(error, ERR_INVALID, "the proof's extra line is not base64");
        have = next_line(&text, &line);
    }
    if (!have || !str_starts(line, "index ") ||
        !get_decimal((struct str){line.p + 6, line.len - 6}, &out->index))
        return err_set(error, ERR_INVALID, "the proof has no line 'index N'");
    while ((have = next_line(&text, &line)) && line.len > 0) {
        if (out->path.count == MERKLE_PROOF_MAX)
            return err_set(error, ERR_INVALID, "the proof has over %d hashes", MERKLE_PROOF_MAX);
        if (!base64_get_exactly(line, out->path.hashes[out->path.count++].h, STORE_HASH_BYTES))
            return err_set(error, ERR_INVALID, "a line of the proof is not base64 of 32 bytes");
    }
    if (!have || text.len == 0)
        return err_set(error, ERR_INVALID, "the proof has no checkpoint after an empty line");
    out->note = text;
    return ERR_NONE;
}
