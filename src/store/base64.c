#include "store/base64.h"

#include "base/mem.h"

#include <sodium.h>

void base64_put(struct buf *out, const void *p, size_t len)
{
    size_t cap = sodium_base64_ENCODED_LEN(len, sodium_base64_VARIANT_ORIGINAL);
    char *text = mem_alloc(cap, 1);
    sodium_bin2base64(text, cap, p, len, sodium_base64_VARIANT_ORIGINAL);
    buf_puts(out, text);
    sodium_memzero(text, cap); /* it may have been a key */
    mem_free(text);
}

size_t base64_room(size_t len)
{
    return len / 4 * 3 + 3;
}

bool base64_get(struct str text, void *out, size_t cap, size_t *len_out)
{
    /* libsodium 1.0.18 takes some bytes above 0x7f for letters where char is signed. */
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.p[i] > 0x7f) return false;
    const char *end = NULL;
    return sodium_base642bin(out, cap, text.p, text.len, NULL, len_out, &end,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           end == text.p + text.len;
}

bool base64_get_exactly(struct str text, void *out, size_t want)
{
    size_t len = 0;
    return base64_get(text, out, want, &len) && len == want;
}
