/* yaml.c - from libfyaml's events to trees. The library parses; what is allowed is decided here. */
#include "read/yaml.h"

#include "base/check.h"
#include "base/mem.h"

#include <libfyaml.h>

#include <stdlib.h>
#include <string.h>

struct builder {
    struct fy_parser *parser;
    struct arena *arena;
    struct yaml_errors *errs;
    struct yaml_doc *doc;
    struct yaml_node *stack; /* children of containers that are still open */
    size_t stack_len, stack_cap;
    size_t nodes;
};

static size_t event_at(struct fy_event *ev, size_t otherwise)
{
    const struct fy_mark *mark = fy_event_start_mark(ev);
    return mark != NULL ? mark->input_pos : otherwise;
}

/* The library's own complaints about the text. */
static void report_parser(struct builder *b, struct fy_diag *diag)
{
    void *at = NULL;
    for (struct fy_diag_error *e; (e = fy_diag_errors_iterate(diag, &at)) != NULL;) {
        size_t offset = 0;
        for (int line = 1; line < e->line && offset < b->doc->bytes.len; offset++)
            if (b->doc->bytes.p[offset] == '\n') line++;
        int column = e->column > 0 ? e->column - 1 : 0;
        yaml_fail_at(b->errs, b->doc, offset + (size_t)column, "not valid YAML: %s", e->msg);
    }
    if (b->errs->total == 0) yaml_fail_at(b->errs, b->doc, 0, "not valid YAML");
}

/* Where a property begins: the library's mark stands behind its sign. */
static size_t property_at(const struct builder *b, struct fy_token *token, size_t otherwise)
{
    const struct fy_mark *mark = token != NULL ? fy_token_start_mark(token) : NULL;
    size_t at = mark != NULL ? mark->input_pos : otherwise;
    while (at > 0 && at <= b->doc->bytes.len && memchr("&*!", b->doc->bytes.p[at - 1], 3) != NULL)
        at--;
    return at;
}

/* Anchors, tags and the like on a node; false when one was refused. */
static bool check_properties(struct builder *b, struct fy_event *ev, size_t at)
{
    struct fy_token *anchor = fy_event_get_anchor_token(ev), *tag = fy_event_get_tag_token(ev);
    if (ev->type == FYET_ALIAS)
        yaml_fail_at(b->errs, b->doc, property_at(b, NULL, at),
                     "aliases (*name) are not allowed; write the value out");
    else if (anchor != NULL)
        yaml_fail_at(b->errs, b->doc, property_at(b, anchor, at),
                     "anchors (&name) are not allowed; write the value out");
    else if (tag != NULL)
        yaml_fail_at(b->errs, b->doc, property_at(b, tag, at),
                     "tags (!name) are not allowed; remove it");
    else
        return true;
    return false;
}

static bool push(struct builder *b, struct yaml_node n)
{
    if (++b->nodes > YAML_NODES_MAX) {
        yaml_fail_at(b->errs, b->doc, n.at, "more than %d values", (int)YAML_NODES_MAX);
        return false;
    }
    b->stack = mem_grow(b->stack, &b->stack_cap, b->stack_len + 1, sizeof *b->stack);
    b->stack[b->stack_len++] = n;
    return true;
}

static int node_text_cmp(const void *a, const void *b)
{
    const struct yaml_node *const *x = a, *const *y = b;
    int c = str_cmp((*x)->text, (*y)->text);
    if (c != 0) return c;
    return (*x)->at < (*y)->at ? -1 : (*x)->at > (*y)->at ? 1 : 0;
}

static bool check_keys(struct builder *b, const struct yaml_node *map)
{
    uint32_t errors_before = b->errs->total;
    const struct yaml_node **sorted = mem_alloc(map->count, sizeof *sorted);
    for (uint32_t i = 0; i < map->count; i++) {
        sorted[i] = &map->keys[i];
        if (map->keys[i].is_plain && str_eqz(map->keys[i].text, "<<"))
            yaml_fail(b->errs, &map->keys[i], "merge keys (<<) are not allowed");
    }
    qsort(sorted, map->count, sizeof *sorted, node_text_cmp);
    for (uint32_t i = 1; i < map->count; i++)
        if (str_eq(sorted[i - 1]->text, sorted[i]->text))
            yaml_fail(b->errs, sorted[i], "key '" STR_FMT "' is stated twice in one map",
                      STR_ARG(sorted[i]->text));
    mem_free(sorted);
    return b->errs->total == errors_before;
}

/* Take the children from the stack into the arena. */
static bool close_container(struct builder *b, struct yaml_node *n, size_t base)
{
    size_t len = b->stack_len - base;
    struct yaml_node *from = len > 0 ? b->stack + base : NULL;
    b->stack_len = base;
    if (n->kind == YAML_LIST) {
        n->count = (uint32_t)len;
        n->items = ARENA_ARRAY(b->arena, len, struct yaml_node);
        if (len > 0) memcpy(n->items, from, len * sizeof *from);
        return true;
    }
    ASSERT(len % 2 == 0);
    n->count = (uint32_t)(len / 2);
    n->keys = ARENA_ARRAY(b->arena, n->count, struct yaml_node);
    n->items = ARENA_ARRAY(b->arena, n->count, struct yaml_node);
    for (uint32_t i = 0; i < n->count; i++) {
        n->keys[i] = from[2 * (size_t)i];
        n->items[i] = from[2 * (size_t)i + 1];
        if (n->keys[i].kind == YAML_SCALAR) continue;
        yaml_fail(b->errs, &n->keys[i], "a key must be a word, not a list or map");
        return false;
    }
    return check_keys(b, n);
}

static bool build(struct builder *b, struct fy_event *ev, int depth, size_t after,
                  struct yaml_node *out);

static bool build_children(struct builder *b, struct yaml_node *n, int depth)
{
    enum fy_event_type end = n->kind == YAML_LIST ? FYET_SEQUENCE_END : FYET_MAPPING_END;
    size_t base = b->stack_len, last = n->at;
    for (;;) {
        struct fy_event *ev = fy_parser_parse(b->parser);
        if (ev == NULL) return false;
        bool is_end = ev->type == end;
        struct yaml_node child;
        bool ok = is_end || build(b, ev, depth + 1, last, &child);
        fy_parser_event_free(b->parser, ev);
        if (is_end) return close_container(b, n, base);
        if (!ok || !push(b, child)) return false;
        last = child.at;
    }
}

/* Where two quotes stand for one twice in a row ("''''"), libfyaml 0.7.12 loses the memory in which it
 * undoes them: as much as the text is long, each time. On one line nothing else has to be undone. */
static bool has_doubled_quotes(struct str raw)
{
    return memmem(raw.p, raw.len, "''''", 4) != NULL;
}

static bool take_doubled_quotes(struct builder *b, struct str raw, struct yaml_node *out)
{
    char *text = arena_alloc(b->arena, raw.len + 1, 1);
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        if (raw.p[i] == '\n' || raw.p[i] == '\r') {
            yaml_fail(b->errs, out,
                      "a text in single quotes over several lines has ''''; write it in double "
                      "quotes, or as a block (|)");
            return false;
        }
        text[len++] = raw.p[i];
        if (raw.p[i] == '\'') i++;
    }
    text[len] = '\0';
    out->text = (struct str){text, len};
    return true;
}

/* What stands between the quotes: so the library marks it. */
static struct str between_quotes(const struct builder *b, struct fy_event *ev)
{
    size_t first = fy_event_start_mark(ev)->input_pos, end = fy_event_end_mark(ev)->input_pos;
    const char *bytes = b->doc->bytes.p;
    ASSERT(first > 0 && first <= end && end < b->doc->bytes.len);
    ASSERT(bytes[first - 1] == '\'' && bytes[end] == '\'');
    return (struct str){bytes + first, end - first};
}

static bool take_scalar(struct builder *b, struct fy_event *ev, struct yaml_node *out)
{
    struct fy_token *token = fy_event_get_token(ev);
    enum fy_scalar_style style = token != NULL ? fy_scalar_token_get_style(token) : FYSS_PLAIN;
    out->kind = YAML_SCALAR;
    out->is_plain = style == FYSS_PLAIN;
    if (style == FYSS_SINGLE_QUOTED && has_doubled_quotes(between_quotes(b, ev)))
        return take_doubled_quotes(b, between_quotes(b, ev), out);
    size_t len = 0;
    const char *text = token != NULL ? fy_token_get_text(token, &len) : NULL;
    out->text = str_copy(b->arena, (struct str){text, text != NULL ? len : 0});
    return true;
}

/* Build the node that begins with `ev`; `after` is the place of an empty one. False: failed, with
 * an error recorded unless it is the parser's. */
static bool build(struct builder *b, struct fy_event *ev, int depth, size_t after,
                  struct yaml_node *out)
{
    size_t at = event_at(ev, after);
    *out = (struct yaml_node){.at = (uint32_t)at, .doc = b->doc};
    if (!check_properties(b, ev, at)) return false;
    if (depth > YAML_DEPTH_MAX) {
        yaml_fail_at(b->errs, b->doc, at, "nested more than %d deep", (int)YAML_DEPTH_MAX);
        return false;
    }
    if (ev->type == FYET_SCALAR) return take_scalar(b, ev, out);
    ASSERT(ev->type == FYET_MAPPING_START || ev->type == FYET_SEQUENCE_START);
    out->kind = ev->type == FYET_MAPPING_START ? YAML_MAP : YAML_LIST;
    return build_children(b, out, depth);
}

static bool check_document(struct builder *b, struct fy_event *ev, bool is_first)
{
    size_t at = event_at(ev, 0);
    struct fy_document_state *state = ev->document_start.document_state;
    if (!is_first)
        yaml_fail_at(b->errs, b->doc, at,
                     "a second document begins here; put each document in a file of its own");
    else if (fy_document_state_version_explicit(state) || fy_document_state_tags_explicit(state))
        yaml_fail_at(b->errs, b->doc, at, "directives (%%YAML, %%TAG) are not allowed");
    else
        return true;
    return false;
}

/* Read the stream to its end; false when something failed. */
static bool build_stream(struct builder *b)
{
    bool more = true;
    while (more) {
        struct fy_event *ev = fy_parser_parse(b->parser);
        if (ev == NULL) return false;
        bool ok = true;
        if (ev->type == FYET_STREAM_END) {
            more = false;
        } else if (ev->type == FYET_DOCUMENT_START) {
            ok = check_document(b, ev, b->doc->root == NULL);
        } else if (ev->type != FYET_STREAM_START && ev->type != FYET_DOCUMENT_END) {
            struct yaml_node *root = ARENA_NEW(b->arena, struct yaml_node);
            ok = build(b, ev, 0, 0, root);
            b->doc->root = root;
        }
        fy_parser_event_free(b->parser, ev);
        if (!ok) return false;
    }
    return !fy_parser_get_stream_error(b->parser);
}

/* What no YAML parser needs to see. */
static bool check_bytes(struct yaml_errors *errs, const struct yaml_doc *doc)
{
    struct str b = doc->bytes;
    for (size_t i = 0; i < b.len; i++) {
        unsigned char c = (unsigned char)b.p[i];
        if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f) {
            yaml_fail_at(errs, doc, i, "control character 0x%02x is not allowed", c);
            return false;
        }
    }
    size_t valid = str_utf8_len(b);
    if (valid == b.len) return true;
    yaml_fail_at(errs, doc, valid, "the text is not valid UTF-8 here; save the file as UTF-8");
    return false;
}

bool yaml_parse(struct str bytes, size_t bytes_max, struct str file, struct arena *arena,
                struct yaml_errors *errs, struct yaml_doc *out)
{
    ASSERT(bytes_max <= YAML_BYTES_MAX);
    *out = (struct yaml_doc){.file = str_copy(arena, file)};
    if (bytes.len > bytes_max) {
        yaml_fail_at(errs, out, 0, "the file has %zu bytes; at most %zu are allowed", bytes.len,
                     bytes_max);
        return false;
    }
    if (str_starts(bytes, "\xef\xbb\xbf")) bytes = (struct str){bytes.p + 3, bytes.len - 3};
    out->bytes = str_copy(arena, bytes);
    if (!check_bytes(errs, out)) return false;

    struct fy_diag_cfg diag_cfg;
    fy_diag_cfg_default(&diag_cfg);
    diag_cfg.fp = NULL;
    struct fy_diag *diag = fy_diag_create(&diag_cfg);
    ASSERT(diag != NULL);
    fy_diag_set_collect_errors(diag, true);
    struct fy_parse_cfg cfg = {
        .search_path = "",
        .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE,
        .diag = diag,
    };
    struct builder b = {.arena = arena, .errs = errs, .doc = out};
    b.parser = fy_parser_create(&cfg);
    ASSERT(b.parser != NULL);
    uint32_t errors_before = errs->total;
    bool ok = fy_parser_set_string(b.parser, out->bytes.p, out->bytes.len) == 0 && build_stream(&b);
    if (!ok && errs->total == errors_before) report_parser(&b, diag);
    if (ok && (out->root == NULL || yaml_is_null(out->root))) {
        yaml_fail_at(errs, out, 0, "the file has no content");
        ok = false;
    }
    fy_parser_destroy(b.parser);
    fy_diag_destroy(diag);
    mem_free(b.stack);
    return ok;
}
