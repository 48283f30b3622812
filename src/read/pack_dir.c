/* pack_dir.c - packs from folders. */
#include "read/pack_yaml.h"
#include "read/text_file.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- folders --------------------------------------------------------------------------------- */

static int is_yaml_name(const struct dirent *e)
{
    size_t n = strlen(e->d_name);
    return e->d_name[0] != '.' && n > 5 && strcmp(e->d_name + n - 5, ".yaml") == 0 &&
           strcmp(e->d_name, "pack.yaml") != 0;
}

static int is_shown(const struct dirent *e)
{
    return e->d_name[0] != '.';
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void free_names(struct dirent **names, int n)
{
    for (int i = 0; i < n; i++) free(names[i]);
    free(names);
}

static bool load_source(const char *path, struct arena *arena, struct yaml_errors *errs,
                        struct pack_source *out)
{
    struct errtext t;
    struct stat s;
    out->name = str_of(arena_printf(arena, "%s", path));
    if (stat(path, &s) == 0 && !S_ISREG(s.st_mode)) { /* a pipe would be waited for without end */
        yaml_fail(errs, NULL, "%s: not a file", path);
        return false;
    }
    if (text_file_read(path, YAML_BYTES_MAX, arena, &out->bytes, &t) == ERR_NONE) return true;
    yaml_fail(errs, NULL, "%s", t.s);
    return false;
}

static bool load_pack(const char *dir, const struct case_world *world, struct arena *arena,
                      struct yaml_errors *errs, struct pack_file *out)
{
    struct dirent **names = NULL;
    int n = scandir(dir, &names, is_yaml_name, by_bytes);
    if (n < 0) {
        yaml_fail(errs, NULL, "%s: %s", dir, strerror(errno));
        return false;
    }
    bool ok = n < PACK_FILES_MAX;
    if (!ok) yaml_fail(errs, NULL, "%s: a pack has at most %d files", dir, PACK_FILES_MAX);
    struct pack_source *sources = ARENA_ARRAY(arena, (size_t)n + 1, struct pack_source);
    if (ok) ok = load_source(arena_printf(arena, "%s/pack.yaml", dir), arena, errs, &sources[0]);
    for (int i = 0; ok && i < n; i++)
        ok = load_source(arena_printf(arena, "%s/%s", dir, names[i]->d_name), arena, errs,
                         &sources[i + 1]);
    free_names(names, n);
    if (ok) ok = pack_yaml_parse(sources, (uint32_t)n + 1, world, arena, errs, out);
    out->dir = str_of(arena_printf(arena, "%s", dir));
    return ok;
}

static bool has_pack(const char *dir, struct arena *arena)
{
    struct stat s;
    return stat(arena_printf(arena, "%s/pack.yaml", dir), &s) == 0;
}

bool packs_load(const char *dir, const struct case_world *world, struct arena *arena,
                struct yaml_errors *errs, struct pack_file **out, uint32_t *count_out)
{
    uint32_t before = errs->total, count = 0;
    *count_out = 0;
    if (has_pack(dir, arena)) {
        *out = ARENA_NEW(arena, struct pack_file);
        *count_out = load_pack(dir, world, arena, errs, *out) ? 1 : 0;
        return *count_out == 1;
    }
    struct dirent **names = NULL;
    int n = scandir(dir, &names, is_shown, by_bytes);
    if (n < 0) {
        yaml_fail(errs, NULL, "%s: %s", dir, strerror(errno));
        return false;
    }
    struct pack_file *packs = ARENA_ARRAY(arena, PACKS_MAX, struct pack_file);
    for (int i = 0; i < n; i++) {
        const char *sub = arena_printf(arena, "%s/%s", dir, names[i]->d_name);
        if (!has_pack(sub, arena)) continue;
        if (count == PACKS_MAX) {
            yaml_fail(errs, NULL, "%s: more than %d packs", dir, PACKS_MAX);
            break;
        }
        if (load_pack(sub, world, arena, errs, &packs[count])) count++;
    }
    free_names(names, n);
    if (count == 0 && errs->total == before)
        yaml_fail(errs, NULL, "%s: no rule pack here (a folder with a pack.yaml)", dir);
    *out = packs;
    *count_out = count;
    return errs->total == before;
}
