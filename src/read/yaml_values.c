#include "base/check.h"
#include "base/civil.h"
#include "base/money.h"
#include "model/fleet.h"
#include "read/suggest.h"
#include "read/yaml.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- walking --------------------------------------------------------------------------------- */

static uint32_t key_index(const struct yaml_node *map, const char *key)
{
    if (map == NULL || map->kind != YAML_MAP) return UINT32_MAX;
    for (uint32_t i = 0; i < map->count; i++)
        if (str_eqz(map->keys[i].text, key)) return i;
    return UINT32_MAX;
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
    uint32_t i = key_index(map, key);
    return i != UINT32_MAX ? &map->items[i] : NULL;
}

const struct yaml_node *yaml_key(const struct yaml_node *map, const char *key)
{
    uint32_t i = key_index(map, key);
    return i != UINT32_MAX ? &map->keys[i] : NULL;
}

bool yaml_is_null(const struct yaml_node *n)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    if (n->kind != YAML_SCALAR || !n->is_plain) return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eqz(n->text, words[i])) return true;
    return false;
}

bool yaml_is(const struct yaml_node *n, const char *word)
{
    return n->kind == YAML_SCALAR && str_eqz(n->text, word);
}

static const char *kind_name(const struct yaml_node *n)
{
    if (yaml_is_null(n)) return "nothing";
    return n->kind == YAML_SCALAR ? "a single value" : n->kind == YAML_LIST ? "a list" : "a map";
}

bool yaml_map(struct yaml_errors *errs, const struct yaml_node *n, const char *const *allowed)
{
    if (n->kind != YAML_MAP) {
        yaml_fail(errs, n, "expected a map (key: value), found %s", kind_name(n));
        return false;
    }
    bool ok = true;
    for (uint32_t i = 0; i < n->count; i++) {
        const struct yaml_node *key = &n->keys[i];
        size_t k = 0;
        while (allowed[k] != NULL && !str_eqz(key->text, allowed[k])) k++;
        if (allowed[k] != NULL) continue;
        const char *near = suggest(key->text, allowed);
        if (near != NULL)
            yaml_fail(errs, key, "unknown key '" STR_FMT "'; did you mean '%s'?",
                      STR_ARG(key->text), near);
        else
            yaml_fail(errs, key, "unknown key '" STR_FMT "'", STR_ARG(key->text));
        ok = false;
    }
    return ok;
}

const struct yaml_node *yaml_need(struct yaml_errors *errs, const struct yaml_node *map,
                                  const char *key)
{
    const struct yaml_node *n = yaml_get(map, key);
    if (n == NULL) yaml_fail(errs, map, "key '%s' is missing", key);
    return n;
}

bool yaml_list(struct yaml_errors *errs, const struct yaml_node *n, uint32_t max)
{
    if (n->kind != YAML_LIST)
        yaml_fail(errs, n, "expected a list ([a, b] or lines with -), found %s", kind_name(n));
    else if (n->count > max)
        yaml_fail(errs, n, "%u elements; at most %u are allowed", n->count, max);
    else
        return true;
    return false;
}

/* ---- texts ----------------------------------------------------------------------------------- */

static bool is_scalar(struct yaml_errors *errs, const struct yaml_node *n, const char *what)
{
    if (n->kind == YAML_SCALAR && !yaml_is_null(n)) return true;
    yaml_fail(errs, n, "expected %s, found %s", what, kind_name(n));
    return false;
}

bool yaml_text(struct yaml_errors *errs, const struct yaml_node *n, size_t max, struct str *out)
{
    if (!is_scalar(errs, n, "a text")) return false;
    if (n->text.len > max) {
        yaml_fail(errs, n, "the text has %zu bytes; at most %zu are allowed", n->text.len, max);
        return false;
    }
    *out = n->text;
    return true;
}

bool yaml_line(struct yaml_errors *errs, const struct yaml_node *n, size_t max, struct str *out)
{
    struct str text;
    if (!yaml_text(errs, n, max, &text)) return false;
    if (!text_is_valid(text, max)) {
        yaml_fail(errs, n, "expected one line of text without control characters");
        return false;
    }
    *out = text;
    return true;
}

bool yaml_id(struct yaml_errors *errs, const struct yaml_node *n, struct str *out)
{
    if (!is_scalar(errs, n, "an id")) return false;
    if (!id_is_valid(n->text)) {
        yaml_fail(errs, n,
                  "'" STR_FMT "' is not an id: letters and digits, . _ - : @ + between them, at "
                  "most %d bytes",
                  STR_ARG(n->text), (int)ID_LEN_MAX);
        return false;
    }
    *out = n->text;
    return true;
}

bool yaml_country(struct yaml_errors *errs, const struct yaml_node *n, struct str *out)
{
    if (!is_scalar(errs, n, "a country such as JP, or unknown")) return false;
    if (yaml_is(n, "unknown")) {
        *out = (struct str){0};
        return true;
    }
    if (!country_is_valid(n->text)) {
        yaml_fail(errs, n,
                  "'" STR_FMT "' is not a country; write two capital letters (ISO 3166-1) or "
                  "unknown",
                  STR_ARG(n->text));
        return false;
    }
    if (!country_exists(n->text)) {
        yaml_fail(errs, n, "'" STR_FMT "' is not an ISO 3166-1 country%s", STR_ARG(n->text),
                  yaml_is(n, "UK") ? "; did you mean GB?" : "");
        return false;
    }
    *out = n->text;
    return true;
}

/* ---- numbers --------------------------------------------------------------------------------- */

/* "[-]digits[.digits]" with _ between digits, scaled by 10^decimals, exactly. */
static bool parse_decimal(struct str s, int decimals, int64_t *out)
{
    bool minus = s.len > 0 && s.p[0] == '-';
    bool point = false, digit_before = false;
    int64_t v = 0;
    int places = 0;
    for (size_t i = minus ? 1 : 0; i < s.len; i++) {
        char c = s.p[i];
        bool is_last = i + 1 == s.len;
        if ((c == '_' || c == '.') && (!digit_before || is_last)) return false;
        if (c == '.' && point) return false;
        if (c == '.') point = true;
        digit_before = c >= '0' && c <= '9';
        if (c == '_' || c == '.') continue;
        if (!digit_before || (point && ++places > decimals)) return false;
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, c - '0', &v))
            return false;
    }
    if (!digit_before) return false;
    for (; places < decimals; places++)
        if (__builtin_mul_overflow(v, 10, &v)) return false;
    *out = minus ? -v : v;
    return true;
}

bool yaml_i64(struct yaml_errors *errs, const struct yaml_node *n, int64_t lo, int64_t hi,
              int64_t *out)
{
    if (!is_scalar(errs, n, "a whole number")) return false;
    int64_t v = 0;
    if (!parse_decimal(n->text, 0, &v)) {
        yaml_fail(errs, n, "'" STR_FMT "' is not a whole number", STR_ARG(n->text));
        return false;
    }
    if (v < lo || v > hi) {
        yaml_fail(errs, n, "%" PRId64 " is outside %" PRId64 "..%" PRId64, v, lo, hi);
        return false;
    }
    *out = v;
    return true;
}

bool yaml_u32(struct yaml_errors *errs, const struct yaml_node *n, uint32_t lo, uint32_t hi,
              uint32_t *out)
{
    int64_t v = 0;
    if (!yaml_i64(errs, n, lo, hi, &v)) return false;
    *out = (uint32_t)v;
    return true;
}

bool yaml_decimal(struct yaml_errors *errs, const struct yaml_node *n, int decimals, int64_t lo,
                  int64_t hi, int64_t *out)
{
    if (!is_scalar(errs, n, "a number")) return false;
    int64_t v = 0;
    if (!parse_decimal(n->text, decimals, &v)) {
        yaml_fail(errs, n, "'" STR_FMT "' is not a number with at most %d decimals",
                  STR_ARG(n->text), decimals);
        return false;
    }
    if (v < lo || v > hi) {
        yaml_fail(errs, n, "'" STR_FMT "' is out of range", STR_ARG(n->text));
        return false;
    }
    *out = v;
    return true;
}

bool yaml_share(struct yaml_errors *errs, const struct yaml_node *n, int32_t *ppm_out)
{
    if (!is_scalar(errs, n, "a share such as 40% or 0.4")) return false;
    struct str s = n->text;
    bool percent = s.len > 0 && s.p[s.len - 1] == '%';
    if (percent) s.len--;
    int64_t v = 0;
    if (!parse_decimal(s, percent ? 4 : 6, &v) || v < 0 || v > 1000000) {
        yaml_fail(errs, n, "'" STR_FMT "' is not a share; write 40%% or 0.4", STR_ARG(n->text));
        return false;
    }
    *ppm_out = (int32_t)v;
    return true;
}

bool yaml_money(struct yaml_errors *errs, const struct yaml_node *n, int64_t *uusd_out)
{
    if (!is_scalar(errs, n, "a price in USD such as 2.10")) return false;
    int64_t v = 0;
    if (!money_parse(n->text, &v) || v > PRICE_MAX_UUSD) {
        yaml_fail(errs, n, "'" STR_FMT "' is not a price; write USD such as 2.10",
                  STR_ARG(n->text));
        return false;
    }
    *uusd_out = v;
    return true;
}

/* ---- words ----------------------------------------------------------------------------------- */

bool yaml_bool(struct yaml_errors *errs, const struct yaml_node *n, bool *out)
{
    if (!is_scalar(errs, n, "true or false")) return false;
    bool is_true = yaml_is(n, "true");
    if (!is_true && !yaml_is(n, "false")) {
        yaml_fail(errs, n, "'" STR_FMT "' is neither true nor false", STR_ARG(n->text));
        return false;
    }
    *out = is_true;
    return true;
}

bool yaml_tri(struct yaml_errors *errs, const struct yaml_node *n, int *out)
{
    if (!is_scalar(errs, n, "true, false or unknown")) return false;
    if (yaml_is(n, "true") || yaml_is(n, "yes"))
        *out = TRI_YES;
    else if (yaml_is(n, "false") || yaml_is(n, "no"))
        *out = TRI_NO;
    else if (yaml_is(n, "unknown"))
        *out = TRI_UNKNOWN;
    else {
        yaml_fail(errs, n, "'" STR_FMT "' is none of: true, false, unknown", STR_ARG(n->text));
        return false;
    }
    return true;
}

bool yaml_enum(struct yaml_errors *errs, const struct yaml_node *n, const char *const *names,
               int count, int *out)
{
    if (!is_scalar(errs, n, "a word")) return false;
    struct buf list = {0};
    for (int i = 0; i < count; i++) {
        if (str_eqz(n->text, names[i])) {
            *out = i;
            buf_release(&list);
            return true;
        }
        buf_printf(&list, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    yaml_fail(errs, n, "'" STR_FMT "' is none of: %s", STR_ARG(n->text), list.p);
    buf_release(&list);
    return false;
}

bool yaml_date(struct yaml_errors *errs, const struct yaml_node *n, bool is_end, int64_t *ms_out)
{
    if (!is_scalar(errs, n, "a date such as 2026-01-31")) return false;
    int64_t ms = 0;
    if (!civil_parse(n->text, &ms)) {
        yaml_fail(errs, n, "'" STR_FMT "' is not a date; write 2026-01-31 or 2026-01-31T18:00:00Z",
                  STR_ARG(n->text));
        return false;
    }
    bool is_bare = n->text.len == 10;
    *ms_out = is_bare && is_end ? ms + CIVIL_DAY_MS : ms;
    return true;
}

/* ---- lists ----------------------------------------------------------------------------------- */

struct text_at {
    struct str text;
    const struct yaml_node *node;
};

static int text_at_cmp(const void *a, const void *b)
{
    const struct text_at *x = a, *y = b;
    int c = str_cmp(x->text, y->text);
    if (c != 0) return c;
    return x->node->at < y->node->at ? -1 : x->node->at > y->node->at ? 1 : 0;
}

static bool take_texts(struct yaml_errors *errs, const struct yaml_node *n, uint32_t max_count,
                       size_t max_bytes, bool ids, struct str **out, uint32_t *count_out)
{
    uint32_t errors_before = errs->total;
    bool single = n->kind == YAML_SCALAR && !yaml_is_null(n);
    if (!single && !yaml_list(errs, n, max_count)) return false;
    uint32_t count = single ? 1 : n->count;
    struct str *texts = ARENA_ARRAY(errs->arena, count, struct str);
    struct text_at *sorted = ARENA_ARRAY(errs->arena, count, struct text_at);
    for (uint32_t i = 0; i < count; i++) {
        const struct yaml_node *item = single ? n : &n->items[i];
        if (ids)
            yaml_id(errs, item, &texts[i]);
        else if (yaml_line(errs, item, max_bytes, &texts[i]) && texts[i].len == 0)
            yaml_fail(errs, item, "an empty text in a list");
        sorted[i] = (struct text_at){texts[i], item};
    }
    if (errs->total != errors_before) return false;
    if (count > 1) qsort(sorted, count, sizeof *sorted, text_at_cmp);
    for (uint32_t i = 1; i < count; i++)
        if (str_eq(sorted[i - 1].text, sorted[i].text))
            yaml_fail(errs, sorted[i].node, "'" STR_FMT "' stands twice in the list",
                      STR_ARG(sorted[i].text));
    if (errs->total != errors_before) return false;
    *out = texts;
    *count_out = count;
    return true;
}

bool yaml_texts(struct yaml_errors *errs, const struct yaml_node *n, uint32_t max_count,
                size_t max_bytes, struct str **out, uint32_t *count_out)
{
    return take_texts(errs, n, max_count, max_bytes, false, out, count_out);
}

bool yaml_ids(struct yaml_errors *errs, const struct yaml_node *n, uint32_t max_count,
              struct str **out, uint32_t *count_out)
{
    return take_texts(errs, n, max_count, ID_LEN_MAX, true, out, count_out);
}
