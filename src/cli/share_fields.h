/* share_fields.h - the fields of sshare (account dialect), over struct share_row and share_list. */
#ifndef BERTH_CLI_SHARE_FIELDS_H
#define BERTH_CLI_SHARE_FIELDS_H

#include "cli/fields.h"
#include "serve/views.h"

/* A line of sshare. */
struct share_row {
    const struct share_view *account; /* NULL: all accounts together, Slurm's root */
    struct str user; /* of a line about one user of it; "" none */
};

extern const struct field share_fields[];
extern const size_t share_field_count;

/* The account's part of what all have used, and of all weights; 0..1. */
double share_usage(const struct share_list *all, const struct share_view *v);
double share_norm(const struct share_list *all, const struct share_view *v);

#define SHARE_FORMAT "Account,User,RawShares,NormShares,RawUsage,EffectvUsage,FairShare"
#define SHARE_FORMAT_LONG                                                                          \
    "Account,User,RawShares,NormShares,RawUsage,NormUsage,EffectvUsage,FairShare,LevelFS,"         \
    "GrpTRESMins,TRESRunMins"

#endif
