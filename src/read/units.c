#include "read/units.h"

#include "model/limits.h"

#include <string.h>

static bool is_word(struct str s, const char *upper)
{
    if (s.len != strlen(upper)) return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.p[i];
        if (c >= 'a' && c <= 'z') c = (char)(c - 'a' + 'A');
        if (c != upper[i]) return false;
    }
    return true;
}

/* Split "a:b:c" into up to three numbers; the count, or 0 when it is not that. */
static int split_numbers(struct str s, uint64_t out[3])
{
    int count = 0;
    for (;;) {
        const char *colon = s.len > 0 ? memchr(s.p, ':', s.len) : NULL;
        struct str part = {s.p, colon != NULL ? (size_t)(colon - s.p) : s.len};
        if (count == 3 || part.len > 9 || !str_to_u64(part, &out[count])) return 0;
        count++;
        if (colon == NULL) return count;
        s = (struct str){colon + 1, s.len - part.len - 1};
    }
}

bool duration_parse(struct str text, int64_t *ms_out)
{
    if (is_word(text, "UNLIMITED") || is_word(text, "INFINITE") || str_eqz(text, "-1")) {
        *ms_out = 0;
        return true;
    }
    uint64_t days = 0, n[3] = {0}, seconds = 0;
    const char *dash = text.len > 0 ? memchr(text.p, '-', text.len) : NULL;
    if (dash != NULL) {
        struct str head = {text.p, (size_t)(dash - text.p)};
        struct str tail = {dash + 1, text.len - head.len - 1};
        if (head.len > 9 || !str_to_u64(head, &days)) return false;
        if (split_numbers(tail, n) == 0) return false;
        seconds = days * 86400 + n[0] * 3600 + n[1] * 60 + n[2];
    } else {
        switch (split_numbers(text, n)) {
        case 1: seconds = n[0] * 60; break;
        case 2: seconds = n[0] * 60 + n[1]; break;
        case 3: seconds = n[0] * 3600 + n[1] * 60 + n[2]; break;
        default: return false;
        }
    }
    if (seconds == 0 || seconds > (uint64_t)(TIME_LIMIT_MAX_MS / 1000)) return false;
    *ms_out = (int64_t)seconds * 1000;
    return true;
}

bool memory_parse(struct str text, uint64_t *mb_out)
{
    if (text.len == 0) return false;
    static const char units[] = "KMGTP";
    char last = text.p[text.len - 1];
    if (last >= 'a' && last <= 'z') last = (char)(last - 'a' + 'A');
    const char *unit = memchr(units, last, sizeof units - 1);
    if (unit != NULL) text.len--;
    uint64_t n = 0;
    if (text.len > 12 || !str_to_u64(text, &n)) return false;
    size_t power = unit != NULL ? (size_t)(unit - units) : 1;
    if (power == 0) n = (n + 1023) / 1024;
    for (; power > 1; power--) n *= 1024;
    if (n > MEM_MB_PER_NODE_MAX) return false;
    *mb_out = n;
    return true;
}
