/* docs/ledger-format.md lists every key of an event and an outcome, in the order of their bytes.
 * This test holds the list against the visit functions of src: a field that is added, renamed or
 * moved makes it fail until the document says so. BERTH_DOC names the document (default:
 * docs/ledger-format.md of the working directory, where make runs the tests). With BERTH_PRINT=1 it
 * prints the skeleton of the lists instead. */
#include "base/visit.h"
#include "core/decision.h"
#include "core/event.h"
#include "store/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SECTIONS_MAX = 64, DEPTH_MAX = 16 };

/* A form that "reads" a value in which every map is there and every list has one element, and
 * writes down what it was asked for: one section for each struct. */
struct section {
    char path[128];
    struct buf lines;
};

struct recorder {
    struct visit v;
    struct arena arena;
    const char *kind; /* what `kind` of the top says */
    struct section sections[SECTIONS_MAX];
    int section_count;
    int level[DEPTH_MAX]; /* sections that are open */
    bool is_list[DEPTH_MAX];
    char list_key[DEPTH_MAX][64];
    int depth;
};

static struct recorder *of(struct visit *v)
{
    return (struct recorder *)v;
}

static struct section *open_section(struct recorder *r)
{
    return &r->sections[r->level[r->depth - 1]];
}

static void note(struct recorder *r, const char *key, const char *type)
{
    if (key == NULL) { /* a scalar element: mend the line of the list */
        assert_true(r->is_list[r->depth - 1]);
        struct buf *b = &open_section(r)->lines;
        assert_true(b->len > 0);
        b->len--; /* the newline */
        buf_printf(b, " of %s\n", type);
        return;
    }
    buf_printf(&open_section(r)->lines, "| `%s` | %s\n", key, type);
}

static void rec_i64(struct visit *v, const char *key, int64_t *x)
{
    *x = 0;
    note(of(v), key, "int");
}

static void rec_bool(struct visit *v, const char *key, bool *x)
{
    *x = false;
    note(of(v), key, "bool");
}

static void rec_text(struct visit *v, const char *key, struct str *x)
{
    struct recorder *r = of(v);
    *x = (struct str){0};
    if (key != NULL && strcmp(key, "kind") == 0 && r->depth == 1) *x = str_of(r->kind);
    note(r, key, "text");
}

static void rec_bytes(struct visit *v, const char *key, struct str *x)
{
    *x = (struct str){0};
    note(of(v), key, "bytes");
}

static void enter(struct recorder *r, const char *path)
{
    assert_true(r->section_count < SECTIONS_MAX && r->depth < DEPTH_MAX);
    struct section *s = &r->sections[r->section_count];
    snprintf(s->path, sizeof s->path, "%s", path);
    r->level[r->depth] = r->section_count++;
    r->is_list[r->depth] = false;
    r->depth++;
}

static bool rec_map_begin(struct visit *v, const char *key, bool is_empty)
{
    struct recorder *r = of(v);
    (void)is_empty;
    char path[160];
    if (r->depth == 0) {
        enter(r, r->kind);
        return true;
    }
    if (key == NULL) {
        note(r, NULL, "map");
        snprintf(path, sizeof path, "%s.%s[]", open_section(r)->path, r->list_key[r->depth - 1]);
    } else {
        note(r, key, "map");
        snprintf(path, sizeof path, "%s.%s", open_section(r)->path, key);
    }
    enter(r, path);
    return true;
}

static void rec_map_end(struct visit *v)
{
    of(v)->depth--;
}

/* Flags are a list of names; "" would be refused as none of them, so they are not entered. */
static bool is_flags(const char *path, const char *key)
{
    return strcmp(key, "bind_levels") == 0 || strcmp(key, "update_fields") == 0 ||
           (strcmp(key, "acts") == 0 && strstr(path, "rules[]") != NULL);
}

static bool rec_list_begin(struct visit *v, const char *key, size_t *count)
{
    struct recorder *r = of(v);
    assert_non_null(key);
    *count = 1;
    if (is_flags(open_section(r)->path, key)) {
        note(r, key, "list of text");
        return false;
    }
    note(r, key, "list");
    r->level[r->depth] = r->level[r->depth - 1];
    r->is_list[r->depth] = true;
    snprintf(r->list_key[r->depth], sizeof r->list_key[0], "%s", key);
    r->depth++;
    return true;
}

static void rec_list_end(struct visit *v)
{
    of(v)->depth--;
}

static const struct visit_ops recorder_ops = {
    .i64 = rec_i64,
    .boolean = rec_bool,
    .text = rec_text,
    .bytes = rec_bytes,
    .map_begin = rec_map_begin,
    .map_end = rec_map_end,
    .list_begin = rec_list_begin,
    .list_end = rec_list_end,
};

static void record(struct recorder *r, int event_kind)
{
    *r = (struct recorder){.kind = event_kind < 0 ? "outcome" : event_names[event_kind]};
    r->v.ops = &recorder_ops;
    r->v.reading = true;
    arena_init(&r->arena);
    r->v.arena = &r->arena;
    struct event e = {0};
    struct outcome o = {0};
    assert_true(visit_map(&r->v, NULL, false));
    if (event_kind < 0)
        visit_outcome(&r->v, &o);
    else
        visit_event(&r->v, &e); /* a fleet of zeros is refused, after its last field */
}

static void release(struct recorder *r)
{
    for (int i = 0; i < r->section_count; i++) buf_release(&r->sections[i].lines);
    arena_release(&r->arena);
}

/* Each line of the section begins a row of the document's table under the heading of that path, in
 * the same order, and the table has no other row. */
static void compare(const struct section *s, const char *doc)
{
    char heading[160];
    snprintf(heading, sizeof heading, "\n#### `%s`", s->path);
    const char *at = strstr(doc, heading);
    if (at == NULL) fail_msg("docs/ledger-format.md has no heading '%s'", heading + 1);
    at = strstr(at, "\n| `");
    const char *want = s->lines.p;
    while (*want != '\0') {
        size_t len = strcspn(want, "\n");
        if (at == NULL || strncmp(at + 1, want, len) != 0 || at[1 + len] != ' ')
            fail_msg("under %s the document should have the row: %.*s | ...", heading + 1, (int)len,
                     want);
        want += len + 1;
        at = strchr(at + 1, '\n');
    }
    if (at != NULL && strncmp(at, "\n| `", 4) == 0)
        fail_msg("under %s the document has one row too many: %.40s", heading + 1, at + 1);
}

/* The keys that every event begins with stand once, under `event`. */
static void split_common(struct section *s, struct section *common)
{
    static const char end[] = "| `actor_is_operator` | bool\n";
    const char *at = strchr(s->path, '.') == NULL ? strstr(s->lines.p, end) : NULL;
    *common = (struct section){.path = "event"};
    if (at == NULL) return;
    size_t len = (size_t)(at - s->lines.p) + sizeof end - 1;
    buf_put(&common->lines, s->lines.p, len);
    memmove(s->lines.p, s->lines.p + len, s->lines.len - len + 1);
    s->lines.len -= len;
}

/* Sections that several events share stand once, under the name without the event. */
static bool is_shared(struct section *s)
{
    static const char *const shared[] = {"submit.spec", "update.spec"};
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++) {
        size_t len = strlen(shared[i]);
        if (strncmp(s->path, shared[i], len) != 0) continue;
        memmove(s->path, strchr(s->path, '.') + 1, strlen(strchr(s->path, '.') + 1) + 1);
        return true;
    }
    return false;
}

/* A quantity is the same everywhere: one section. */
static bool is_quantity(struct section *s)
{
    if (strcmp(s->lines.p, "| `milli` | int\n| `lo_milli` | int\n| `hi_milli` | int\n") != 0)
        return false;
    snprintf(s->path, sizeof s->path, "quantity");
    return true;
}

static void the_document_lists_every_key_in_order(void **state)
{
    (void)state;
    const char *path = getenv("BERTH_DOC") != NULL ? getenv("BERTH_DOC") : "docs/ledger-format.md";
    bool print = getenv("BERTH_PRINT") != NULL;
    struct buf doc = {0};
    struct errtext why;
    if (!print && file_read(path, 1 << 20, &doc, &why) != ERR_NONE) fail_msg("%s", why.s);
    struct recorder *r = calloc(1, sizeof *r);
    assert_non_null(r);
    int sections = 0;
    for (int kind = -1; kind < EVENT_COUNT; kind++) {
        record(r, kind);
        for (int i = 0; i < r->section_count; i++) {
            struct section *s = &r->sections[i];
            if (s->lines.p == NULL) continue;
            is_shared(s);
            is_quantity(s);
            struct section common;
            split_common(s, &common);
            sections++;
            if (print)
                printf("#### `%s`\n%s\n", s->path, s->lines.p);
            else
                compare(s, doc.p);
            if (!print && common.lines.len > 0) compare(&common, doc.p);
            buf_release(&common.lines);
        }
        release(r);
    }
    assert_true(sections > 30);
    free(r);
    buf_release(&doc);
}

/* Names that are stored stand in the document too. */
static void expect_names(const char *doc, const char *const *names, int count)
{
    for (int i = 0; i < count; i++) {
        char quoted[80];
        snprintf(quoted, sizeof quoted, "`%s`", names[i]);
        if (strstr(doc, quoted) == NULL) fail_msg("the document does not name %s", quoted);
    }
}

static void the_document_lists_every_name(void **state)
{
    (void)state;
    const char *path = getenv("BERTH_DOC") != NULL ? getenv("BERTH_DOC") : "docs/ledger-format.md";
    struct buf doc = {0};
    struct errtext why;
    if (file_read(path, 1 << 20, &doc, &why) != ERR_NONE) fail_msg("%s", why.s);
    expect_names(doc.p, event_names, EVENT_COUNT);
    expect_names(doc.p, report_names, REPORT_COUNT);
    expect_names(doc.p, node_state_names, NODE_STATE_COUNT);
    expect_names(doc.p, decision_names, DECISION_COUNT);
    expect_names(doc.p, job_state_names, JOB_STATE_COUNT);
    expect_names(doc.p, reason_names, REASON_COUNT);
    expect_names(doc.p, basis_names, BASIS_COUNT);
    expect_names(doc.p, dependency_names, DEPENDENCY_COUNT);
    expect_names(doc.p, title_names, TITLE_COUNT);
    expect_names(doc.p, tri_names, 3);
    expect_names(doc.p, law_level_names, LEVEL_COUNT);
    expect_names(doc.p, law_effect_names, EFFECT_COUNT);
    expect_names(doc.p, law_policy_names, POLICY_COUNT);
    buf_release(&doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_document_lists_every_key_in_order),
        cmocka_unit_test(the_document_lists_every_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
