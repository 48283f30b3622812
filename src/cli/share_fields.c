/* The fields of sshare. Where Slurm counts seconds of its billing unit, Berth counts money: RawUsage
 * is whole cents, GrpTRESMins and TRESRunMins are the budget and what is committed of it, in USD. */
#include "cli/share_fields.h"

#include "base/money.h"
#include "cli/times.h"

#include <inttypes.h>
#include <math.h>

#define GETTER(name) static void name(const void *row, const void *env, struct buf *out)
#define ROW ((const struct share_row *)row)
#define ACCOUNT (ROW->account)
#define ALL ((const struct share_list *)env)

enum { CENT_UUSD = 10000 };

double share_usage(const struct share_list *all, const struct share_view *v)
{
    return all->used_uusd > 0 ? (double)v->used_uusd / (double)all->used_uusd : 0;
}

double share_norm(const struct share_list *all, const struct share_view *v)
{
    return all->weights > 0 ? (double)v->weight / (double)all->weights : 0;
}

/* Slurm's classic factor: 1 has used nothing, 0.5 its share, 0 far more. */
static double share_factor(const struct share_list *all, const struct share_view *v)
{
    return exp2(-share_usage(all, v) / share_norm(all, v));
}

/* Slurm shows the tree of accounts by blanks. */
GETTER(s_account)
{
    (void)env;
    if (ACCOUNT == NULL)
        buf_puts(out, "root");
    else
        buf_printf(out, "%s" STR_FMT, ROW->user.len > 0 ? "  " : " ", STR_ARG(ACCOUNT->account));
}

GETTER(s_user)
{
    (void)env;
    buf_put_str(out, ROW->user);
}

GETTER(s_raw_shares)
{
    (void)env;
    if (ACCOUNT != NULL) buf_printf(out, "%" PRIu32, ACCOUNT->weight);
}

GETTER(s_norm_shares)
{
    buf_printf(out, "%.6f", ACCOUNT == NULL ? 1.0 : share_norm(ALL, ACCOUNT));
}

GETTER(s_raw_usage)
{
    int64_t used = ACCOUNT == NULL ? ALL->used_uusd : ACCOUNT->used_uusd;
    buf_printf(out, "%" PRId64, used / CENT_UUSD);
}

GETTER(s_usage)
{
    buf_printf(out, "%.6f", ACCOUNT == NULL ? 1.0 : share_usage(ALL, ACCOUNT));
}

GETTER(s_factor)
{
    if (ACCOUNT != NULL) buf_printf(out, "%.6f", share_factor(ALL, ACCOUNT));
}

GETTER(s_level)
{
    if (ACCOUNT == NULL) return;
    double usage = share_usage(ALL, ACCOUNT);
    if (usage > 0)
        buf_printf(out, "%.6f", share_norm(ALL, ACCOUNT) / usage);
    else
        buf_puts(out, "inf");
}

static void put_billing(struct buf *out, int64_t uusd)
{
    buf_printf(out, "billing=%" PRId64, uusd / MONEY_UUSD);
}

GETTER(s_limit)
{
    (void)env;
    if (ACCOUNT != NULL && ACCOUNT->budget_per.len > 0) put_billing(out, ACCOUNT->budget_uusd);
}

GETTER(s_running)
{
    (void)env;
    if (ACCOUNT != NULL && ACCOUNT->budget_per.len > 0) put_billing(out, ACCOUNT->committed_uusd);
}

#define DOLLARS_GETTER(name, field)                                                                \
    GETTER(name)                                                                                   \
    {                                                                                              \
        (void)env;                                                                                 \
        char text[DOLLARS_TEXT_MAX];                                                               \
        if (ACCOUNT != NULL && ACCOUNT->budget_per.len > 0)                                        \
            buf_puts(out, dollars(ACCOUNT->field, text));                                          \
    }
DOLLARS_GETTER(s_budget, budget_uusd)
DOLLARS_GETTER(s_spent, spent_uusd)
DOLLARS_GETTER(s_committed, committed_uusd)
DOLLARS_GETTER(s_left, left_uusd)

GETTER(s_window_end)
{
    (void)env;
    char text[INSTANT_TEXT_MAX];
    if (ACCOUNT != NULL && ACCOUNT->window_to_ms != 0)
        buf_puts(out, instant_iso(ACCOUNT->window_to_ms, text));
}

const struct field share_fields[] = {
    {0, "Account", "Account", -20, s_account},
    {0, "User", "User", 10, s_user},
    {0, "RawShares", "RawShares", 10, s_raw_shares},
    {0, "NormShares", "NormShares", 11, s_norm_shares},
    {0, "RawUsage", "RawUsage", 11, s_raw_usage},
    {0, "NormUsage", "NormUsage", 11, s_usage},
    {0, "EffectvUsage", "EffectvUsage", 13, s_usage},
    {0, "FairShare", "FairShare", 10, s_factor},
    {0, "LevelFS", "LevelFS", 10, s_level},
    {0, "GrpTRESMins", "GrpTRESMins", 30, s_limit},
    {0, "TRESRunMins", "TRESRunMins", 30, s_running},
    {0, "Budget", "Budget", 14, s_budget},
    {0, "Spent", "Spent", 14, s_spent},
    {0, "Committed", "Committed", 14, s_committed},
    {0, "Left", "Left", 14, s_left},
    {0, "WindowEnd", "WindowEnd", 19, s_window_end},
};
const size_t share_field_count = sizeof share_fields / sizeof *share_fields;
