#include "law/fact_schema.h"

#include "base/check.h"

#define FIELD(field_name, field_type)                                                              \
    {                                                                                              \
        .name = {field_name, sizeof(field_name) - 1}, .type = field_type                           \
    }
#define OBJECT(type_name, type_fields)                                                             \
    {                                                                                              \
        .kind = CEL_OBJECT, .name = {type_name, sizeof(type_name) - 1}, .fields = type_fields,     \
        .field_count = sizeof(type_fields) / sizeof(type_fields)[0]                                \
    }
#define LIST(element)                                                                              \
    {                                                                                              \
        .kind = CEL_LIST, .elem = element                                                          \
    }

static const struct cel_type t_strings = LIST(&cel_type_string);

const char *const law_chip_quantity_names[CHIP_QUANTITIES] = {
    "tpp",     "pd",          "dram_bw_gbs", "interconnect_gbs", "mem_gb",     "tdp_w",
    "die_mm2", "fp32_tflops", "fp16_tflops", "fp8_tops",         "fp4_tflops", "int4_tops"};

static const struct cel_field chip_fields[CF_COUNT] = {
    FIELD("tpp", &cel_type_double),         FIELD("pd", &cel_type_double),
    FIELD("dram_bw_gbs", &cel_type_double), FIELD("interconnect_gbs", &cel_type_double),
    FIELD("mem_gb", &cel_type_double),      FIELD("tdp_w", &cel_type_double),
    FIELD("die_mm2", &cel_type_double),     FIELD("fp32_tflops", &cel_type_double),
    FIELD("fp16_tflops", &cel_type_double), FIELD("fp8_tops", &cel_type_double),
    FIELD("fp4_tflops", &cel_type_double),  FIELD("int4_tops", &cel_type_double),
    FIELD("id", &cel_type_string),          FIELD("name", &cel_type_string),
    FIELD("vendor", &cel_type_string),      FIELD("vendor_hq", &cel_type_string),
    FIELD("announced_year", &cel_type_int), FIELD("dc_marketed", &cel_type_bool)};
const struct cel_type fact_chip = OBJECT("chip", chip_fields);

static const struct cel_field owner_fields[] = {FIELD("party", &cel_type_string),
                                                FIELD("share", &cel_type_double)};
const struct cel_type fact_owner = OBJECT("owner", owner_fields);
static const struct cel_type t_owners = LIST(&fact_owner);

static const struct cel_field party_fields[PF_COUNT] = {
    FIELD("id", &cel_type_string), FIELD("country", &cel_type_string),
    FIELD("hq", &cel_type_string), FIELD("ultimate_parent_hq", &cel_type_string),
    FIELD("owners", &t_owners),    FIELD("lists", &t_strings),
    FIELD("kinds", &t_strings),    FIELD("role", &cel_type_string),
    FIELD("depth", &cel_type_int)};
const struct cel_type fact_party = OBJECT("party", party_fields);
static const struct cel_type t_parties = LIST(&fact_party);

static const struct cel_field chain_fields[CHAIN_FIELDS] = {
    FIELD("exporter", &fact_party),  FIELD("owner", &fact_party),
    FIELD("lessor", &fact_party),    FIELD("operator", &fact_party),
    FIELD("consignee", &fact_party), FIELD("tenant", &fact_party),
    FIELD("end_user", &fact_party),  FIELD("intermediaries", &t_parties)};
const struct cel_type fact_chain = OBJECT("chain", chain_fields);
static const struct cel_field site_fields[] = {
    FIELD("country", &cel_type_string), FIELD("state_funded", &cel_type_bool),
    FIELD("public_hub", &cel_type_bool), FIELD("critical_infrastructure", &cel_type_bool),
    FIELD("build_progress", &cel_type_double)};
const struct cel_type fact_site = OBJECT("site", site_fields);

static const struct cel_field data_fields[] = {
    FIELD("class", &cel_type_string), FIELD("subject_country", &cel_type_string),
    FIELD("located", &cel_type_string), FIELD("accessed_from", &cel_type_string),
    FIELD("persons", &cel_type_int)};
const struct cel_type fact_data = OBJECT("data_set", data_fields);
static const struct cel_type t_data_list = LIST(&fact_data);

static const struct cel_field permit_fields[] = {
    FIELD("rule", &cel_type_string),    FIELD("holder", &cel_type_string),
    FIELD("amount", &cel_type_int),     FIELD("used", &cel_type_int),
    FIELD("from", &cel_type_timestamp), FIELD("to", &cel_type_timestamp)};
const struct cel_type fact_permit = OBJECT("permit", permit_fields);
static const struct cel_type t_permits = LIST(&fact_permit);

static const struct cel_field row_fields[] = {
    FIELD("chip", &fact_chip), FIELD("amount", &cel_type_int), FIELD("country", &cel_type_string)};
const struct cel_type fact_row = OBJECT("row", row_fields);
static const struct cel_type t_rows = LIST(&fact_row);
static const struct cel_field fleet_fields[] = {
    FIELD("scope", &cel_type_string), FIELD("chips", &t_rows), FIELD("total", &cel_type_int),
    FIELD("total_tpp", &cel_type_double)};
const struct cel_type fact_fleet = OBJECT("fleet", fleet_fields);

static const struct cel_field ownership_fields[] = {
    FIELD("exporter", &cel_type_bool),  FIELD("owner", &cel_type_bool),
    FIELD("lessor", &cel_type_bool),    FIELD("operator", &cel_type_bool),
    FIELD("consignee", &cel_type_bool), FIELD("tenant", &cel_type_bool),
    FIELD("end_user", &cel_type_bool),  FIELD("intermediaries", &cel_type_bool),
    FIELD("any", &cel_type_bool)};
const struct cel_type law_ownership_type = OBJECT("ownership", ownership_fields);

#define DECL(decl_name, decl_type)                                                                 \
    {                                                                                              \
        .name = {decl_name, sizeof(decl_name) - 1}, .type = decl_type                              \
    }
const struct cel_decl law_fact_decls[SLOT_FACTS] = {
    [SLOT_ON] = DECL("on", &cel_type_timestamp),
    [SLOT_ACT] = DECL("act", &cel_type_string),
    [SLOT_ACTS] = DECL("acts", &t_strings),
    [SLOT_FROM] = DECL("from", &cel_type_string),
    [SLOT_TO] = DECL("to", &cel_type_string),
    [SLOT_CHIP] = DECL("chip", &fact_chip),
    [SLOT_AMOUNT] = DECL("amount", &cel_type_int),
    [SLOT_CHAIN] = DECL("chain", &fact_chain),
    [SLOT_LINKS] = DECL("links", &t_parties),
    [SLOT_PARTIES] = DECL("parties", &t_parties),
    [SLOT_SITE] = DECL("site", &fact_site),
    [SLOT_END_USE] = DECL("end_use", &cel_type_string),
    [SLOT_DATA] = DECL("data", &t_data_list),
    [SLOT_ACQUIRED] = DECL("acquired", &cel_type_timestamp),
    [SLOT_EVIDENCE] = DECL("evidence", &t_strings),
    [SLOT_PERMITS] = DECL("permits", &t_permits),
    [SLOT_FLEET] = DECL("fleet", &fact_fleet),
    [SLOT_ROW] = DECL("row", &fact_row),
};

int law_chip_quantity(struct str path)
{
    if (!str_starts(path, "chip.")) return -1;
    struct str field = {path.p + 5, path.len - 5};
    for (int i = 0; i < CHIP_QUANTITIES; i++)
        if (str_eqz(field, law_chip_quantity_names[i])) return i;
    return -1;
}

const struct quantity *law_chip_quantity_of(const struct chip *c, int index)
{
    switch ((enum chip_field)index) {
    case CF_TPP: return &c->tpp;
    case CF_PD: return &c->pd;
    case CF_DRAM: return &c->dram_bw_gbs;
    case CF_INTERCONNECT: return &c->interconnect_gbs;
    case CF_MEM: return &c->mem_gb;
    case CF_TDP: return &c->tdp_w;
    case CF_DIE: return &c->die_mm2;
    case CF_FP32: return &c->fp32_tflops;
    case CF_FP16: return &c->fp16_tflops;
    case CF_FP8: return &c->fp8_tops;
    case CF_FP4: return &c->fp4_tflops;
    case CF_INT4: return &c->int4_tops;
    case CF_ID:
    case CF_NAME:
    case CF_VENDOR:
    case CF_VENDOR_HQ:
    case CF_YEAR:
    case CF_DC:
    case CF_COUNT: break;
    }
    ASSERT(false);
    return NULL;
}
