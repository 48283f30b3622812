/* law_files.h - the law as the command line loads it: catalogue, rule packs, and what a verdict on
 * an example must be. */
#ifndef BERTH_CLI_LAW_FILES_H
#define BERTH_CLI_LAW_FILES_H

#include "cli/args.h"
#include "law/law.h"
#include "read/pack_yaml.h"

enum { LAW_DIRS_MAX = 32 };

struct law_files {
    const char *name; /* of the command, for messages */
    const char *dirs[LAW_DIRS_MAX]; /* of --law; none: path_law() */
    int dir_count;
    uint32_t bind; /* of --bind */
    struct arena arena;
    struct yaml_errors errs;
    struct case_world world;
    struct pack_file *packs; /* of all folders; a later pack replaces one of the same id */
    uint32_t pack_count;
    struct law *law;
    /* After law_files_load: SHA-256, in hexadecimal, over a line "id@digest" for each adopted pack
     * in order of id. Who has packs of this digest gets the same verdicts. */
    struct str digest;
};

/* `name` is borrowed. */
void law_files_init(struct law_files *f, const char *name);
void law_files_release(struct law_files *f);

/* The value of --law and --bind. Give GO_ON, or an exit code after a message. */
int law_files_add(struct law_files *f, const char *dir);
int law_files_bind(struct law_files *f, const char *list);

/* Read the chip catalogue (no catalogue is no error: cases then state numbers). */
int law_files_chips(struct law_files *f);
/* Read and adopt the packs. Give GO_ON, or EXIT_USER after all errors were printed. */
int law_files_load(struct law_files *f);
/* Print the recorded errors on stderr; gives EXIT_USER, or GO_ON when there are none. */
int law_files_errors(struct law_files *f);

/* The levels of `bind` as --bind takes them: "law,act,guidance". */
void levels_put(uint32_t bind, struct buf *out);

/* Is the verdict of `law` on a case what was expected? If not, `why` gets one line. */
bool expectation_holds(const struct law *law, const struct law_case *c, const struct expectation *e,
                       struct arena *arena, struct buf *why);
/* The example under its pack alone, with the level of its rule binding. */
bool example_holds(const struct pack_file *p, const struct law_example *x, struct arena *arena,
                   struct buf *why);
/* "licence case-by-case". */
void put_verdict_words(struct buf *out, int effect, int policy);

#endif
