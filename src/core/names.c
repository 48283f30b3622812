/* names.c - the words by which states, reasons and kinds are stored and shown. A name is part of
 * the ledger format: none is ever changed or given to another meaning. */
#include "base/check.h"
#include "core/decision.h"
#include "core/event.h"
#include "core/explain.h"

const char *const job_state_names[JOB_STATE_COUNT] = {
    [JOB_PENDING] = "PENDING",
    [JOB_CONFIGURING] = "CONFIGURING",
    [JOB_RUNNING] = "RUNNING",
    [JOB_COMPLETING] = "COMPLETING",
    [JOB_COMPLETED] = "COMPLETED",
    [JOB_FAILED] = "FAILED",
    [JOB_CANCELLED] = "CANCELLED",
    [JOB_TIMEOUT] = "TIMEOUT",
    [JOB_NODE_FAIL] = "NODE_FAIL",
    [JOB_PREEMPTED] = "PREEMPTED",
    [JOB_OUT_OF_MEMORY] = "OUT_OF_MEMORY",
    [JOB_DEADLINE] = "DEADLINE",
    [JOB_REFUSED] = "REFUSED",
};

const char *const job_state_codes[JOB_STATE_COUNT] = {
    [JOB_PENDING] = "PD",    [JOB_CONFIGURING] = "CF",    [JOB_RUNNING] = "R",
    [JOB_COMPLETING] = "CG", [JOB_COMPLETED] = "CD",      [JOB_FAILED] = "F",
    [JOB_CANCELLED] = "CA",  [JOB_TIMEOUT] = "TO",        [JOB_NODE_FAIL] = "NF",
    [JOB_PREEMPTED] = "PR",  [JOB_OUT_OF_MEMORY] = "OOM", [JOB_DEADLINE] = "DL",
    [JOB_REFUSED] = "RX",
};

const char *const reason_names[REASON_COUNT] = {
    [REASON_NONE] = "None",
    [REASON_PRIORITY] = "Priority",
    [REASON_RESOURCES] = "Resources",
    [REASON_DEPENDENCY] = "Dependency",
    [REASON_DEPENDENCY_NEVER] = "DependencyNeverSatisfied",
    [REASON_BEGIN_TIME] = "BeginTime",
    [REASON_HELD_USER] = "JobHeldUser",
    [REASON_HELD_ADMIN] = "JobHeldAdmin",
    [REASON_ARRAY_LIMIT] = "JobArrayTaskLimit",
    [REASON_PARTITION_DOWN] = "PartitionDown",
    [REASON_NODES_DOWN] = "ReqNodeNotAvail",
    [REASON_TIME_LIMIT] = "PartitionTimeLimit",
    [REASON_DEADLINE] = "DeadLine",
    [REASON_BAD_CONSTRAINTS] = "BadConstraints",
    [REASON_LAUNCH_FAILED] = "JobLaunchFailure",
    [REASON_NON_ZERO_EXIT] = "NonZeroExitCode",
    [REASON_LAW_NO_SITE] = "LawNoSite",
    [REASON_LAW_UNRESOLVED] = "LawUnresolved",
    [REASON_LAW_FORBIDS] = "LawForbids",
    [REASON_LAW_ENDS_FIRST] = "LawExpiresBeforeEnd",
    [REASON_LEASE_ENDS_FIRST] = "LeaseEndsFirst",
    [REASON_LEASE_NOT_BEGUN] = "LeaseNotBegun",
    [REASON_MAINTENANCE] = "Maintenance",
    [REASON_MAINTENANCE_FIRST] = "MaintenanceBeginsFirst",
    [REASON_PRICE_ABOVE_MAX] = "PriceAboveMax",
    [REASON_QUOTA] = "QuotaExhausted",
    [REASON_BUDGET] = "AssocGrpBillingMinutes",
    [REASON_MEMORY] = "NodeMemory",
    [REASON_CHIP_KIND] = "ChipKind",
    [REASON_NOT_SHARED] = "ChipsNotShared",
    [REASON_NOT_NAMED] = "NotNamed",
    [REASON_TOO_FEW_NODES] = "TooFewNodes",
    [REASON_TOO_SLOW] = "TooSlow",
    [REASON_DEARER] = "Dearer",
    [REASON_CHOSEN] = "Chosen",
    [REASON_PREEMPTED] = "Preempted",
    [REASON_PREEMPTING] = "Preempting",
};

const char *const preempt_result_names[PREEMPT_RESULT_COUNT] = {
    [PREEMPT_NOT_LOOKED] = "not-looked",
    [PREEMPT_NO_VICTIM] = "no-victim",
    [PREEMPT_NOT_ROOM] = "not-room",
    [PREEMPT_NOT_ENOUGH] = "not-enough",
    [PREEMPT_LOSS] = "loss",
    [PREEMPT_DONE] = "done",
};

const char *const decision_names[DECISION_COUNT] = {
    [DECISION_QUEUED] = "queued",         [DECISION_PLACED] = "placed",
    [DECISION_REFUSED] = "refused",       [DECISION_STOPPED] = "stopped",
    [DECISION_REQUEUED] = "requeued",     [DECISION_ENDED] = "ended",
    [DECISION_PREEMPTING] = "preempting", [DECISION_POSTPONED] = "postponed",
};

const char *const effect_names[FX_COUNT] = {
    [FX_START] = "start", [FX_STOP] = "stop",     [FX_SIGNAL] = "signal",
    [FX_LIMIT] = "limit", [FX_FORGET] = "forget",
};

const char *const event_names[EVENT_COUNT] = {
    [EVENT_FLEET] = "fleet",       [EVENT_PACKS] = "packs",   [EVENT_BIND] = "bind",
    [EVENT_SUBMIT] = "submit",     [EVENT_CANCEL] = "cancel", [EVENT_HOLD] = "hold",
    [EVENT_RELEASE] = "release",   [EVENT_UPDATE] = "update", [EVENT_REQUEUE] = "requeue",
    [EVENT_REPORT] = "report",     [EVENT_NODES] = "nodes",   [EVENT_SPEEDS] = "speeds",
    [EVENT_PROGRESS] = "progress", [EVENT_TICK] = "tick",
};

const char *const report_names[REPORT_COUNT] = {
    [REPORT_STARTED] = "started",
    [REPORT_FINISHED] = "finished",
    [REPORT_GONE] = "gone",
    [REPORT_REJECTED] = "rejected",
};

const char *const node_state_names[NODE_STATE_COUNT] = {
    [NODE_UP] = "up",
    [NODE_DOWN] = "down",
    [NODE_DRAIN] = "drain",
};

const char *const flip_names[FLIP_COUNT] = {
    [FLIP_NONE] = "none",
    [FLIP_CHIPS] = "chips",
    [FLIP_CHIP_KIND] = "chip-kind",
    [FLIP_UNNAME] = "unname",
    [FLIP_MAX_PRICE] = "max-price",
    [FLIP_TIME_LIMIT] = "time-limit",
    [FLIP_MORE_TIME] = "more-time",
    [FLIP_RELEASE] = "release",
    [FLIP_WAIT_UNTIL] = "wait-until",
    [FLIP_WAIT_JOB] = "wait-job",
    [FLIP_MEMORY] = "memory",
    [FLIP_NODES_UP] = "nodes-up",
    [FLIP_OPEN] = "open",
    [FLIP_FACT] = "fact",
    [FLIP_EVIDENCE] = "evidence",
    [FLIP_PERMIT] = "permit",
    [FLIP_CAPACITY] = "capacity",
    [FLIP_BUDGET] = "budget",
};

bool job_state_is_ended(int state)
{
    ASSERT(state >= 0 && state < JOB_STATE_COUNT);
    return state >= JOB_COMPLETED;
}

bool job_state_holds_chips(int state)
{
    ASSERT(state >= 0 && state < JOB_STATE_COUNT);
    return state == JOB_CONFIGURING || state == JOB_RUNNING || state == JOB_COMPLETING;
}
