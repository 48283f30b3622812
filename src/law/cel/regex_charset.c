/* regex_charset.c - sets of characters: ranges, POSIX names, letter case. */
#include "law/cel/regex_tree.h"

#include <string.h>

void charset_add(struct arena *a, struct charset *k, uint32_t lo, uint32_t hi)
{
    if (k->count == k->cap) {
        uint32_t cap = k->cap == 0 ? 4 : k->cap * 2;
        struct range *r = ARENA_ARRAY(a, cap, struct range);
        if (k->count > 0) memcpy(r, k->ranges, k->count * sizeof(struct range));
        k->ranges = r;
        k->cap = cap;
    }
    k->ranges[k->count++] = (struct range){lo, hi};
}

/* Named sets: pairs of bounds, ascending, so that the complement is easy. */
static const struct named {
    const char *name;
    char bounds[14];
} named_classes[] = {{"d", "09"},         {"w", "09AZ__az"},     {"s", "\t\n\f\r  "},
                     {"alnum", "09AZaz"}, {"alpha", "AZaz"},     {"blank", "\t\t  "},
                     {"digit", "09"},     {"graph", "!~"},       {"lower", "az"},
                     {"print", " ~"},     {"punct", "!/:@[`{~"}, {"space", "\t\r  "},
                     {"upper", "AZ"},     {"word", "09AZ__az"},  {"xdigit", "09AFaf"}};

bool charset_add_named(struct arena *a, struct charset *k, struct str name, bool negated)
{
    for (size_t i = 0; i < sizeof named_classes / sizeof named_classes[0]; i++) {
        if (!str_eqz(name, named_classes[i].name)) continue;
        uint32_t from = 0;
        for (const char *p = named_classes[i].bounds; *p != '\0'; p += 2) {
            uint32_t lo = (unsigned char)p[0], hi = (unsigned char)p[1];
            if (!negated) {
                charset_add(a, k, lo, hi);
            } else if (lo > from) {
                charset_add(a, k, from, lo - 1);
            }
            from = hi + 1;
        }
        if (negated) charset_add(a, k, from, 0x10FFFF);
        return true;
    }
    if (!str_eqz(name, "cntrl") && !str_eqz(name, "ascii")) return false;
    /* Sets with NUL in them do not fit the table. */
    bool ascii = str_eqz(name, "ascii");
    if (ascii) {
        charset_add(a, k, negated ? 0x80 : 0, negated ? 0x10FFFF : 0x7F);
    } else if (negated) {
        charset_add(a, k, 0x20, 0x7E);
        charset_add(a, k, 0x80, 0x10FFFF);
    } else {
        charset_add(a, k, 0, 0x1F);
        charset_add(a, k, 0x7F, 0x7F);
    }
    return true;
}

static bool in_ranges(const struct charset *k, uint32_t cp)
{
    for (uint32_t i = 0; i < k->count; i++) {
        if (cp >= k->ranges[i].lo && cp <= k->ranges[i].hi) return true;
    }
    return false;
}

uint32_t regex_other_case(uint32_t cp)
{
    if (cp < 0x80) {
        if (cp >= 'a' && cp <= 'z') return cp - 32;
        return cp >= 'A' && cp <= 'Z' ? cp + 32 : cp;
    }
    if (cp >= 0xC0 && cp <= 0xFE && cp != 0xD7 && cp != 0xF7 && cp != 0xDF) return cp ^ 0x20;
    if (cp >= 0x100 && cp <= 0x177 && cp != 0x130 && cp != 0x131 && cp != 0x138 && cp != 0x149) {
        bool odd_upper = cp >= 0x139 && cp <= 0x148;
        return odd_upper ? ((cp - 1) ^ 1) + 1 : cp ^ 1;
    }
    if (cp >= 0x391 && cp <= 0x3A9 && cp != 0x3A2) return cp + 32;
    if (cp >= 0x3B1 && cp <= 0x3C9 && cp != 0x3C2) return cp - 32;
    if (cp >= 0x410 && cp <= 0x42F) return cp + 32;
    if (cp >= 0x430 && cp <= 0x44F) return cp - 32;
    if (cp >= 0x400 && cp <= 0x40F) return cp + 80;
    if (cp >= 0x450 && cp <= 0x45F) return cp - 80;
    return cp;
}

bool charset_has(const struct charset *k, uint32_t cp)
{
    return (in_ranges(k, cp) || (k->fold && in_ranges(k, regex_other_case(cp)))) != k->negated;
}
