/* hostlist.c - names of nodes: the hostlist expressions of model/fleet.h.
 *
 *     list  = item *("," item)
 *     item  = prefix [ "[" range *("," range) "]" suffix ]
 *     range = number [ "-" number ]
 *
 * A first number with leading zeros sets the width that all numbers of its range are padded to. */
#include "base/check.h"
#include "model/fleet.h"

#include <stdio.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_node_char(char c)
{
    return is_alnum(c) || c == '-' || c == '_' || c == '.';
}

struct hostlist {
    struct str text;
    size_t at;
    struct node_range *ranges;
    uint32_t count;
    uint64_t nodes;
};

static bool at_char(const struct hostlist *h, char c)
{
    return h->at < h->text.len && h->text.p[h->at] == c;
}

/* The longest run of node name characters from here, possibly empty. */
static struct str take_name(struct hostlist *h)
{
    size_t from = h->at;
    while (h->at < h->text.len && is_node_char(h->text.p[h->at])) h->at++;
    return (struct str){h->text.p + from, h->at - from};
}

static struct str take_digits(struct hostlist *h)
{
    size_t from = h->at;
    while (h->at < h->text.len && is_digit(h->text.p[h->at])) h->at++;
    return (struct str){h->text.p + from, h->at - from};
}

static enum err add_range(struct hostlist *h, struct node_range r, struct errtext *error)
{
    h->nodes += r.count;
    if (h->count == NODE_RANGES_MAX)
        return err_set(error, ERR_LIMIT, "hostlist: more than %d ranges", (int)NODE_RANGES_MAX);
    if (h->nodes > NODES_PER_POOL_MAX)
        return err_set(error, ERR_LIMIT, "hostlist: more than %d nodes", (int)NODES_PER_POOL_MAX);
    h->ranges[h->count++] = r;
    return ERR_NONE;
}

static enum err take_range(struct hostlist *h, struct str prefix, struct errtext *error)
{
    struct str lo_text = take_digits(h), hi_text = lo_text;
    if (at_char(h, '-')) {
        h->at++;
        hi_text = take_digits(h);
    }
    uint64_t lo = 0, hi = 0;
    /* Nine digits keep every number and its successor inside 32 bits. */
    if (lo_text.len > 9 || hi_text.len > 9 || !str_to_u64(lo_text, &lo) ||
        !str_to_u64(hi_text, &hi))
        return err_set(error, ERR_INVALID,
                       "hostlist: column %zu: expected a number or a range such as 001-064",
                       h->at + 1);
    if (hi < lo)
        return err_set(error, ERR_INVALID, "hostlist: range " STR_FMT "-" STR_FMT " runs backwards",
                       STR_ARG(lo_text), STR_ARG(hi_text));
    struct node_range r = {.prefix = prefix,
                           .first = (uint32_t)lo,
                           .count = (uint32_t)(hi - lo + 1),
                           .numbered = true};
    if (lo_text.len > 1 && lo_text.p[0] == '0') r.width = (uint32_t)lo_text.len;
    return add_range(h, r, error);
}

static enum err take_bracket(struct hostlist *h, struct str prefix, struct errtext *error)
{
    uint32_t first = h->count;
    do {
        h->at++; /* '[' or ',' */
        enum err e = take_range(h, prefix, error);
        if (e != ERR_NONE) return e;
    } while (at_char(h, ','));
    if (!at_char(h, ']'))
        return err_set(error, ERR_INVALID, "hostlist: column %zu: expected ',' or ']'", h->at + 1);
    h->at++;
    struct str suffix = take_name(h);
    for (size_t i = 0; i < suffix.len; i++)
        if (is_digit(suffix.p[i]))
            return err_set(error, ERR_INVALID,
                           "hostlist: '" STR_FMT "' behind a bracket has a digit; write such names "
                           "out one by one",
                           STR_ARG(suffix));
    if (at_char(h, '['))
        return err_set(error, ERR_INVALID,
                       "hostlist: column %zu: a second bracket in one name; write the list out",
                       h->at + 1);
    for (uint32_t i = first; i < h->count; i++) h->ranges[i].suffix = suffix;
    return ERR_NONE;
}

static enum err take_item(struct hostlist *h, struct errtext *error)
{
    size_t from = h->at;
    struct str prefix = take_name(h);
    if (prefix.len == 0 || !is_alnum(prefix.p[0]))
        return err_set(error, ERR_INVALID,
                       "hostlist: column %zu: expected a node name such as node[01-16]", from + 1);
    if (prefix.len > NAME_LEN_MAX)
        return err_set(error, ERR_LIMIT, "hostlist: a name is longer than %d bytes",
                       (int)NAME_LEN_MAX);
    enum err e = ERR_NONE;
    if (at_char(h, '['))
        e = take_bracket(h, prefix, error);
    else
        e = add_range(h, (struct node_range){.prefix = prefix, .count = 1}, error);
    if (e != ERR_NONE) return e;
    if (h->at - from > (size_t)8 * TEXT_LEN_MAX)
        return err_set(error, ERR_LIMIT, "hostlist: one name with its brackets is too long");
    if (h->at < h->text.len && !at_char(h, ','))
        return err_set(error, ERR_INVALID, "hostlist: column %zu: '%c' is not allowed here",
                       h->at + 1, h->text.p[h->at]);
    return ERR_NONE;
}

enum err hostlist_parse(struct str text, struct arena *arena, struct node_range **ranges_out,
                        uint32_t *count_out, struct errtext *error)
{
    size_t room = 1; /* no more ranges than commas and one */
    for (size_t i = 0; i < text.len; i++)
        if (text.p[i] == ',') room++;
    if (room > NODE_RANGES_MAX) room = NODE_RANGES_MAX;
    struct hostlist h = {.text = str_copy(arena, text)};
    h.ranges = ARENA_ARRAY(arena, room + 1, struct node_range);
    for (;;) {
        enum err e = take_item(&h, error);
        if (e != ERR_NONE) return e;
        if (h.at == text.len) break;
        h.at++; /* the comma: a name must follow */
    }
    *ranges_out = h.ranges;
    *count_out = h.count;
    return ERR_NONE;
}

const char *pool_node_name(const struct pool *p, uint32_t index, char out[NODE_NAME_MAX])
{
    uint32_t i = 0;
    while (i < p->range_count && index >= p->ranges[i].count) index -= p->ranges[i++].count;
    ASSERT(i < p->range_count);
    const struct node_range *r = &p->ranges[i];
    ASSERT(r->prefix.len <= NAME_LEN_MAX && r->suffix.len <= NAME_LEN_MAX);
    if (r->numbered)
        snprintf(out, NODE_NAME_MAX, STR_FMT "%0*u" STR_FMT, STR_ARG(r->prefix), (int)r->width,
                 r->first + index, STR_ARG(r->suffix));
    else
        snprintf(out, NODE_NAME_MAX, STR_FMT, STR_ARG(r->prefix));
    return out;
}

/* Position of `name` within the range, or NO_INDEX. */
static uint32_t range_find(const struct node_range *r, struct str name)
{
    if (!r->numbered) return str_eq(r->prefix, name) ? 0 : NO_INDEX;
    size_t ends = r->prefix.len + r->suffix.len;
    if (name.len <= ends || memcmp(name.p, r->prefix.p, r->prefix.len) != 0) return NO_INDEX;
    if (r->suffix.len > 0 &&
        memcmp(name.p + name.len - r->suffix.len, r->suffix.p, r->suffix.len) != 0)
        return NO_INDEX;
    struct str digits = {name.p + r->prefix.len, name.len - ends};
    uint64_t n = 0;
    if (!str_to_u64(digits, &n)) return NO_INDEX;
    /* The text must be the one that is printed: padded to the width and no further. */
    bool padded = digits.len > 1 && digits.p[0] == '0';
    if (digits.len < r->width || (padded && digits.len != r->width)) return NO_INDEX;
    if (n < r->first || n - r->first >= r->count) return NO_INDEX;
    return (uint32_t)(n - r->first);
}

uint32_t pool_node_index(const struct pool *p, struct str name)
{
    uint32_t before = 0;
    for (uint32_t i = 0; i < p->range_count; i++) {
        uint32_t at = range_find(&p->ranges[i], name);
        if (at != NO_INDEX) return before + at;
        before += p->ranges[i].count;
    }
    return NO_INDEX;
}
