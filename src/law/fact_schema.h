/* fact_schema.h - the shapes of the facts: fields by index. Internal to src/law. */
#ifndef BERTH_LAW_FACT_SCHEMA_H
#define BERTH_LAW_FACT_SCHEMA_H

#include "law/facts.h"

enum chip_field {
    CF_TPP,
    CF_PD,
    CF_DRAM,
    CF_INTERCONNECT,
    CF_MEM,
    CF_TDP,
    CF_DIE,
    CF_FP32,
    CF_FP16,
    CF_FP8,
    CF_FP4,
    CF_INT4,
    CF_ID,
    CF_NAME,
    CF_VENDOR,
    CF_VENDOR_HQ,
    CF_YEAR,
    CF_DC,
    CF_COUNT
};
static_assert((int)CF_ID == (int)CHIP_QUANTITIES, "quantities come first");

enum party_field {
    PF_ID,
    PF_COUNTRY,
    PF_HQ,
    PF_ULTIMATE_HQ,
    PF_OWNERS,
    PF_LISTS,
    PF_KINDS,
    PF_ROLE,
    PF_DEPTH,
    PF_COUNT
};

enum { OWNER_FIELDS = 2, SITE_FIELDS = 5, DATA_FIELDS = 5, PERMIT_FIELDS = 6, ROW_FIELDS = 2 };
enum { FLEET_FIELDS = 4, CHAIN_FIELDS = ROLE_COUNT + 1 };

extern const struct cel_type fact_chip, fact_owner, fact_party, fact_chain, fact_site, fact_data,
    fact_permit, fact_row, fact_fleet;

#endif
