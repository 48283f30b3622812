#include "read/chip_yaml.h"

#include "read/chips_csv.h"

const char *const chip_yaml_keys[] = {
    "id",        "name",           "vendor",      "vendor_hq",        "tpp",
    "pd",        "dram_bw_gbs",    "mem_gb",      "interconnect_gbs", "tdp_w",
    "die_mm2",   "fp32_tflops",    "fp16_tflops", "fp8_tops",         "fp4_tflops",
    "int4_tops", "announced_year", "dc_marketed", "source",           "confidence",
    NULL};

static bool milli(struct yaml_errors *errs, const struct yaml_node *n, int64_t *out)
{
    return yaml_decimal(errs, n, 3, 0, QUANTITY_MAX_MILLI, out);
}

static bool take_map(struct yaml_errors *errs, const struct yaml_node *n, struct quantity *out)
{
    static const char *const keys[] = {"value", "lo", "hi", NULL};
    if (!yaml_map(errs, n, keys)) return false;
    const struct yaml_node *value = yaml_need(errs, n, "value");
    const struct yaml_node *lo = yaml_get(n, "lo"), *hi = yaml_get(n, "hi");
    struct quantity q = {.known = true};
    if (value == NULL || !milli(errs, value, &q.milli)) return false;
    q.lo_milli = q.hi_milli = q.milli;
    if (lo != NULL && !milli(errs, lo, &q.lo_milli)) return false;
    if (hi != NULL && !milli(errs, hi, &q.hi_milli)) return false;
    if (q.lo_milli > q.milli || q.hi_milli < q.milli) {
        yaml_fail(errs, n, "the value must lie between lo and hi");
        return false;
    }
    *out = q;
    return true;
}

/* `900`, `54000..56000` (best value in the middle), `7700(7700..8000)`, `unknown`, or {value, lo,
 * hi}; at most three decimals. */
static bool yaml_quantity(struct yaml_errors *errs, const struct yaml_node *n, struct quantity *out)
{
    if (n->kind == YAML_MAP) return take_map(errs, n, out);
    if (yaml_is(n, "unknown")) {
        *out = (struct quantity){0};
        return true;
    }
    struct str text;
    if (!yaml_text(errs, n, NAME_LEN_MAX, &text)) return false;
    if (text.len > 0 && quantity_parse(text, out)) return true;
    yaml_fail(errs, n,
              "'" STR_FMT
              "' is not a quantity; write 900, 7700(7700..8000), 54000..56000 or unknown",
              STR_ARG(text));
    return false;
}

static void take_quantities(struct yaml_errors *errs, const struct yaml_node *map, struct chip *c)
{
    const struct {
        const char *key;
        struct quantity *to;
    } rows[] = {
        {"tpp", &c->tpp},
        {"pd", &c->pd},
        {"dram_bw_gbs", &c->dram_bw_gbs},
        {"interconnect_gbs", &c->interconnect_gbs},
        {"mem_gb", &c->mem_gb},
        {"tdp_w", &c->tdp_w},
        {"die_mm2", &c->die_mm2},
        {"fp32_tflops", &c->fp32_tflops},
        {"fp16_tflops", &c->fp16_tflops},
        {"fp8_tops", &c->fp8_tops},
        {"fp4_tflops", &c->fp4_tflops},
        {"int4_tops", &c->int4_tops},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct yaml_node *n = yaml_get(map, rows[i].key);
        if (n != NULL) yaml_quantity(errs, n, rows[i].to);
    }
}

bool chip_yaml_read(struct yaml_errors *errs, const struct yaml_node *map, struct chip *chip)
{
    uint32_t errors_before = errs->total;
    if (!yaml_map(errs, map, chip_yaml_keys) && map->kind != YAML_MAP) return false;
    const struct yaml_node *n;
    if ((n = yaml_get(map, "name")) != NULL) yaml_line(errs, n, NAME_LEN_MAX, &chip->name);
    if ((n = yaml_get(map, "vendor")) != NULL) yaml_line(errs, n, NAME_LEN_MAX, &chip->vendor);
    if ((n = yaml_get(map, "vendor_hq")) != NULL) yaml_country(errs, n, &chip->vendor_hq);
    if ((n = yaml_get(map, "dc_marketed")) != NULL) yaml_tri(errs, n, &chip->dc_marketed);
    if ((n = yaml_get(map, "source")) != NULL) yaml_line(errs, n, TEXT_LEN_MAX, &chip->source);
    if ((n = yaml_get(map, "confidence")) != NULL)
        yaml_line(errs, n, NAME_LEN_MAX, &chip->confidence);
    int64_t year = chip->announced_year;
    if ((n = yaml_get(map, "announced_year")) != NULL) yaml_i64(errs, n, 1970, 9999, &year);
    chip->announced_year = (int32_t)year;
    take_quantities(errs, map, chip);
    return errs->total == errors_before;
}
