/* recorder.h - a visitor that writes down which keys a visit function names, and of which kind:
 * what docs/openapi.yaml must say about the struct.
 *
 * The tree is JSON: a map is an object; a list is an array of one element; values are the words
 * "integer", "boolean" and "string". The recorder reads: every map is entered, every list has one
 * element. */
#ifndef TEST_UNIT_CLI_RECORDER_H
#define TEST_UNIT_CLI_RECORDER_H

#include "base/check.h"
#include "base/visit.h"

#include <jansson.h>

enum { RECORDER_DEPTH_MAX = 32 };

struct recorder {
    struct visit v;
    json_t *level[RECORDER_DEPTH_MAX]; /* borrowed but level[0]: containers that are open */
    int depth;
};

static inline void recorder_put(struct recorder *r, const char *key, json_t *value)
{
    json_t *at = r->level[r->depth];
    if (json_is_array(at))
        json_array_append_new(at, value);
    else
        json_object_set_new(at, key, value);
}

static inline void recorder_i64(struct visit *v, const char *key, int64_t *x)
{
    *x = 0;
    recorder_put((struct recorder *)v, key, json_string("integer"));
}

static inline void recorder_boolean(struct visit *v, const char *key, bool *x)
{
    *x = false;
    recorder_put((struct recorder *)v, key, json_string("boolean"));
}

static inline void recorder_text(struct visit *v, const char *key, struct str *x)
{
    *x = (struct str){0};
    recorder_put((struct recorder *)v, key, json_string("string"));
}

static inline void recorder_enter(struct recorder *r, const char *key, json_t *container)
{
    ASSERT(r->depth + 1 < RECORDER_DEPTH_MAX);
    if (r->depth >= 0) recorder_put(r, key, container);
    r->level[++r->depth] = container;
}

static inline bool recorder_map_begin(struct visit *v, const char *key, bool is_empty)
{
    (void)is_empty;
    recorder_enter((struct recorder *)v, key, json_object());
    return true;
}

static inline bool recorder_list_begin(struct visit *v, const char *key, size_t *count)
{
    *count = 1;
    recorder_enter((struct recorder *)v, key, json_array());
    return true;
}

static inline void recorder_end(struct visit *v)
{
    ((struct recorder *)v)->depth--;
}

static inline void recorder_init(struct recorder *r, struct arena *arena)
{
    static const struct visit_ops ops = {
        .i64 = recorder_i64,
        .boolean = recorder_boolean,
        .text = recorder_text,
        .bytes = recorder_text,
        .map_begin = recorder_map_begin,
        .map_end = recorder_end,
        .list_begin = recorder_list_begin,
        .list_end = recorder_end,
    };
    *r = (struct recorder){.v = {.ops = &ops, .reading = true, .arena = arena}, .depth = 0};
    r->level[0] = json_object();
}

#endif
