/* sim_run.h - what `berth sim run` was asked, and doing it. */
#ifndef BERTH_CLI_SIM_RUN_H
#define BERTH_CLI_SIM_RUN_H

#include "cli/law_files.h"
#include "sim/run/feed.h"
#include "sim/run/recorded.h"

struct sim_run {
    const char *name; /* of the command, for messages */
    const char *fleet, *trace; /* files */
    const char *ledger; /* state folder of a daemon, in place of both; NULL none */
    const char *speeds_file; /* NULL: only the tables that come with Berth */
    const char *from, *to, *on, *html, *log;
    int format; /* enum trace_format */
    bool has_law, faults, add_tenants, any_partition, json;
    uint64_t seed;
    struct law_files law;
    struct feed_map map[FEED_MAP_MAX];
    uint32_t map_count;

    /* what is changed for a second run */
    bool is_whatif;
    const char *with_fleet;
    bool with_packs;
    struct law_files with_law;
    struct whatif change; /* prices, bind, no_law */
};

/* Read the files, run, and tell. Gives an exit code. */
int sim_run_play(struct sim_run *q);

#endif
