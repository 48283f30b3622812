#include "read/pack_reader.h"

#include "base/cbor.h"
#include "base/check.h"
#include "port/sha256.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* ---- files ----------------------------------------------------------------------------------- */

/* The elements of one top-level list over all files, in order. */
static const struct yaml_node **gather(struct pack_reader *r, const struct yaml_doc *docs,
                                       uint32_t count, const char *key, uint32_t max,
                                       uint32_t *count_out)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct yaml_node *list = yaml_get(docs[i].root, key);
        if (list == NULL) continue;
        if (!yaml_list(r->errs, list, max)) continue;
        n += list->count;
        if (n > max) {
            yaml_fail(r->errs, list, "a pack has at most %u %s", max, key);
            n -= list->count;
            break;
        }
    }
    const struct yaml_node **out = ARENA_ARRAY(r->arena, n + 1, const struct yaml_node *);
    uint32_t at = 0;
    for (uint32_t i = 0; i < count && at < n; i++) {
        const struct yaml_node *list = yaml_get(docs[i].root, key);
        if (list == NULL || list->kind != YAML_LIST) continue;
        for (uint32_t k = 0; k < list->count && at < n; k++) out[at++] = &list->items[k];
    }
    *count_out = at;
    return out;
}

#define READ_ALL(r, docs, count, key, max, nodes, items, item_count, read_one)                     \
    do {                                                                                           \
        (nodes) = gather((r), (docs), (count), (key), (max), &(item_count));                       \
        (items) = arena_alloc((r)->arena, (item_count) + 1, sizeof *(items));                      \
        for (uint32_t i_ = 0; i_ < (item_count); i_++) read_one((r), (nodes)[i_], &(items)[i_]);   \
    } while (0)

static void read_head(struct pack_reader *r, const struct yaml_node *n)
{
    struct law_pack *p = &r->out->pack;
    const struct yaml_node *x = yaml_need(r->errs, n, "pack");
    if (x != NULL) yaml_id(r->errs, x, &p->id);
    pack_need_line(r, n, "title", &p->title);
    pack_need_line(r, n, "jurisdiction", &p->jurisdiction);
    x = yaml_get(n, "notes");
    if (x == NULL || !yaml_list(r->errs, x, LAW_NAMES_MAX)) return;
    p->note_count = x->count;
    p->notes = ARENA_ARRAY(r->arena, x->count + 1, struct str);
    for (uint32_t i = 0; i < x->count; i++)
        yaml_text(r->errs, &x->items[i], LAW_TEXT_LEN_MAX, &p->notes[i]);
}

static void read_content(struct pack_reader *r, const struct yaml_doc *docs, uint32_t count)
{
    static const char *const head_keys[] = {"pack", "title", "jurisdiction", "notes",     "sets",
                                            "lets", "rules", "acts",         "ownership", NULL};
    static const char *const keys[] = {"sets", "lets", "rules", "acts", "ownership", NULL};
    for (uint32_t i = 0; i < count; i++) yaml_map(r->errs, docs[i].root, i == 0 ? head_keys : keys);
    r->out->places.pack = docs[0].root;
    read_head(r, docs[0].root);
    struct law_pack *p = &r->out->pack;
    READ_ALL(r, docs, count, "sets", LAW_SETS_MAX, r->out->places.sets, p->sets, p->set_count,
             pack_read_set);
    READ_ALL(r, docs, count, "lets", LAW_LETS_MAX, r->out->places.lets, p->lets, p->let_count,
             pack_read_let);
    READ_ALL(r, docs, count, "ownership", LAW_OWNERSHIPS_MAX, r->out->places.ownerships,
             p->ownerships, p->ownership_count, pack_read_ownership);
    READ_ALL(r, docs, count, "rules", LAW_RULES_MAX, r->out->places.rules, p->rules, p->rule_count,
             pack_read_rule);
    READ_ALL(r, docs, count, "acts", LAW_ACTS_MAX, r->out->places.acts, p->acts, p->act_count,
             pack_read_implied);
    for (uint32_t i = 0; i < p->rule_count; i++)
        if (p->rules[i].law.len == 0) p->rules[i].law = p->jurisdiction;
    pack_read_examples(r);
}

/* ---- faults of the law's own check, at their places ------------------------------------------ */

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* Byte offset of column `column` (in characters) of line `line`, both from 1. */
static size_t offset_of(struct str text, unsigned long line, unsigned long column)
{
    size_t i = 0;
    while (line > 1 && i < text.len)
        if (text.p[i++] == '\n') line--;
    while (column > 1 && i < text.len) {
        i++;
        while (i < text.len && ((unsigned char)text.p[i] & 0xC0) == 0x80) i++;
        column--;
    }
    return i;
}

/* The place in the file of a byte of a scalar's value: both are walked side by side, blanks aside,
 * because folding and indentation change only those. False where escapes differ. */
static bool place_of(const struct yaml_node *n, size_t offset, size_t *out)
{
    struct str file = n->doc->bytes;
    size_t at = n->at;
    for (size_t i = 0; i <= offset; i++) {
        if (i == n->text.len) break;
        if (is_space(n->text.p[i])) continue;
        while (at < file.len && is_space(file.p[at])) at++;
        if (at == file.len || file.p[at] != n->text.p[i]) return false;
        *out = at++;
    }
    return n->text.len > 0;
}

static void report_expression(struct yaml_errors *errs, const struct yaml_node *n, const char *text)
{
    static const char head[] = "ERROR: <input>:";
    const char *p = text;
    while (p != NULL && strncmp(p, head, sizeof head - 1) == 0) {
        p += sizeof head - 1;
        char *end = NULL;
        unsigned long line = strtoul(p, &end, 10), column = 1;
        if (*end == ':') column = strtoul(end + 1, &end, 10);
        while (*end == ':' || *end == ' ') end++;
        const char *stop = strchr(end, '\n');
        int len = (int)(stop != NULL ? (size_t)(stop - end) : strlen(end));
        size_t at = 0;
        if (n->kind == YAML_SCALAR && place_of(n, offset_of(n->text, line, column), &at))
            yaml_fail_at(errs, n->doc, at, "%.*s", len, end);
        else
            yaml_fail(errs, n, "%.*s (line %lu, column %lu of the expression)", len, end, line,
                      column);
        p = strstr(end, head);
    }
}

static const struct yaml_node *whole_node(const struct pack_places *at, const struct law_place *p)
{
    switch (p->part) {
    case PART_PACK: return at->pack;
    case PART_SET: return at->sets[p->index];
    case PART_LET: return at->lets[p->index];
    case PART_OWNERSHIP: return at->ownerships[p->index];
    case PART_RULE: return at->rules[p->index];
    case PART_ACT: return at->acts[p->index];
    }
    return at->pack;
}

const struct yaml_node *pack_node(const struct pack_file *p, const struct law_place *at)
{
    const struct yaml_node *n = whole_node(&p->places, at);
    const struct yaml_node *x = yaml_get(n, at->key);
    return x != NULL ? x : n;
}

static void report_fault(void *ctx, const struct law_place *at, const char *text)
{
    struct pack_reader *r = ctx;
    const struct yaml_node *n = pack_node(r->out, at);
    if (strncmp(text, "ERROR: ", 7) != 0) {
        yaml_fail(r->errs, n, "%s", text);
        return;
    }
    /* The expression of a cap or ratio stands one level deeper. */
    const struct yaml_node *inner = yaml_get(n, "sum");
    if (inner == NULL) inner = yaml_get(n, "share_of");
    report_expression(r->errs, inner != NULL ? inner : n, text);
}

static void set_digest(struct law_pack *p, struct arena *arena)
{
    struct buf bytes = {0};
    struct cbor_writer w;
    p->digest = (struct str){0};
    cbor_writer_init(&w, &bytes);
    if (visit_map(&w.v, NULL, false)) {
        visit_law_pack(&w.v, p);
        visit_map_end(&w.v);
    }
    unsigned char hash[SHA256_BYTES];
    sha256_of(buf_str(&bytes), hash);
    char *hex = arena_alloc(arena, 2 * sizeof hash + 1, 1);
    sodium_bin2hex(hex, 2 * sizeof hash + 1, hash, sizeof hash);
    p->digest = (struct str){hex, 2 * sizeof hash};
    buf_release(&bytes);
}

bool pack_yaml_parse(const struct pack_source *sources, uint32_t count,
                     const struct case_world *world, struct arena *arena, struct yaml_errors *errs,
                     struct pack_file *out)
{
    ASSERT(count > 0);
    uint32_t before = errs->total;
    *out = (struct pack_file){0};
    struct yaml_doc *docs = ARENA_ARRAY(arena, count, struct yaml_doc);
    bool parsed = true;
    for (uint32_t i = 0; i < count; i++)
        if (!yaml_parse(sources[i].bytes, YAML_BYTES_MAX, sources[i].name, arena, errs, &docs[i]))
            parsed = false;
    if (!parsed) return false;
    struct pack_reader r = {.errs = errs, .world = world, .arena = arena, .out = out};
    read_content(&r, docs, count);
    /* What could not be read would be reported again, misleadingly. */
    if (errs->total == before) law_pack_check(&out->pack, report_fault, &r);
    if (errs->total != before) return false;
    set_digest(&out->pack, arena);
    return true;
}
