#include "read/chips_csv.h"

#include "base/check.h"
#include "read/csv.h"

#include <errno.h>
#include <string.h>

/* ---- quantities ------------------------------------------------------------------------------ */

/* Digits with at most three decimals, in thousandths. */
static bool parse_milli(struct str s, int64_t *out)
{
    int64_t v = 0;
    int places = -1; /* behind the point; -1 before it */
    bool digit = false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.p[i];
        if (c == '.' && places < 0 && digit) {
            places = 0;
            digit = false;
            continue;
        }
        if (c < '0' || c > '9' || places == 3 || v > QUANTITY_MAX_MILLI / 10) return false;
        v = v * 10 + (c - '0');
        digit = true;
        if (places >= 0) places++;
    }
    if (!digit) return false;
    for (int i = places < 0 ? 0 : places; i < 3; i++) v *= 10;
    if (v > QUANTITY_MAX_MILLI) return false;
    *out = v;
    return true;
}

static bool parse_bar(struct str s, struct quantity *q)
{
    for (size_t i = 0; i + 1 < s.len; i++) {
        if (s.p[i] != '.' || s.p[i + 1] != '.') continue;
        return parse_milli((struct str){s.p, i}, &q->lo_milli) &&
               parse_milli((struct str){s.p + i + 2, s.len - i - 2}, &q->hi_milli);
    }
    return false;
}

bool quantity_parse(struct str text, struct quantity *out)
{
    struct quantity q = {.known = true};
    if (text.len == 0) {
        *out = (struct quantity){0};
        return true;
    }
    const char *open = memchr(text.p, '(', text.len);
    if (open != NULL) {
        struct str best = {text.p, (size_t)(open - text.p)};
        struct str bar = {open + 1, text.len - best.len - 1};
        if (bar.len == 0 || bar.p[bar.len - 1] != ')') return false;
        bar.len--;
        if (!parse_milli(best, &q.milli) || !parse_bar(bar, &q)) return false;
    } else if (parse_bar(text, &q)) {
        q.milli = q.lo_milli + (q.hi_milli - q.lo_milli) / 2;
    } else {
        if (!parse_milli(text, &q.milli)) return false;
        q.lo_milli = q.hi_milli = q.milli;
    }
    if (q.lo_milli > q.milli || q.milli > q.hi_milli) return false;
    *out = q;
    return true;
}

static int64_t max_i64(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

struct quantity chip_tpp_of_rates(const struct chip *c)
{
    const struct {
        const struct quantity *rate;
        int64_t bits;
    } formats[] = {
        {&c->fp32_tflops, 32}, {&c->fp16_tflops, 16}, {&c->fp8_tops, 8},
        {&c->fp4_tflops, 4},   {&c->int4_tops, 4},
    };
    struct quantity tpp = {0};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        const struct quantity *rate = formats[i].rate;
        if (!rate->known) continue;
        tpp.known = true;
        tpp.milli = max_i64(tpp.milli, rate->milli * formats[i].bits);
        tpp.lo_milli = max_i64(tpp.lo_milli, rate->lo_milli * formats[i].bits);
        tpp.hi_milli = max_i64(tpp.hi_milli, rate->hi_milli * formats[i].bits);
    }
    return tpp;
}

/* a / b in thousandths, rounded to the nearest; 0 <= a <= QUANTITY_MAX_MILLI, b > 0. */
static int64_t ratio_milli(int64_t a_milli, int64_t b_milli)
{
    return (a_milli * 2000 + b_milli) / (b_milli * 2);
}

struct quantity chip_pd_of_die(const struct quantity *tpp, const struct quantity *die_mm2)
{
    if (!tpp->known || !die_mm2->known || die_mm2->lo_milli <= 0) return (struct quantity){0};
    ASSERT(tpp->hi_milli <= QUANTITY_MAX_MILLI);
    return (struct quantity){.known = true,
                             .milli = ratio_milli(tpp->milli, die_mm2->milli),
                             .lo_milli = ratio_milli(tpp->lo_milli, die_mm2->hi_milli),
                             .hi_milli = ratio_milli(tpp->hi_milli, die_mm2->lo_milli)};
}

/* Where sources state another value than the computed one, the bar reaches to it. */
static struct quantity widened(struct quantity computed, struct quantity stated)
{
    if (!computed.known) return stated;
    if (!stated.known) return computed;
    if (stated.lo_milli < computed.lo_milli) computed.lo_milli = stated.lo_milli;
    if (stated.hi_milli > computed.hi_milli) computed.hi_milli = stated.hi_milli;
    return computed;
}

/* ---- rows ------------------------------------------------------------------------------------ */

struct loader {
    struct csv *csv;
    const char *path;
    struct arena *arena;
    struct errtext *error;
};

static struct str cell(const struct loader *l, const char *header)
{
    return csv_field(l->csv, csv_column(l->csv, header));
}

static enum err bad_cell(const struct loader *l, const char *header)
{
    return err_set(l->error, ERR_INVALID, "%s:%u: column %s: '" STR_FMT "' is not valid", l->path,
                   csv_line(l->csv), header, STR_ARG(cell(l, header)));
}

static enum err take_texts(const struct loader *l, struct chip *c)
{
    const struct {
        const char *header;
        struct str *to;
    } rows[] = {{"id", &c->id},         {"name", &c->name},
                {"vendor", &c->vendor}, {"vendor_hq", &c->vendor_hq},
                {"source", &c->source}, {"confidence", &c->confidence}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!text_is_valid(cell(l, rows[i].header), TEXT_LEN_MAX))
            return bad_cell(l, rows[i].header);
        *rows[i].to = str_copy(l->arena, cell(l, rows[i].header));
    }
    if (!id_is_valid(c->id)) return bad_cell(l, "id");
    if (c->vendor_hq.len > 0 && !country_exists(c->vendor_hq)) return bad_cell(l, "vendor_hq");
    struct str year = cell(l, "announced_year"), marketed = cell(l, "dc_marketed");
    int64_t y = 0;
    if (year.len > 0 && (!str_to_i64(year, &y) || y < 1970 || y > 9999))
        return bad_cell(l, "announced_year");
    c->announced_year = (int32_t)y;
    if (str_eqz(marketed, "yes"))
        c->dc_marketed = TRI_YES;
    else if (str_eqz(marketed, "no"))
        c->dc_marketed = TRI_NO;
    else if (marketed.len > 0)
        return bad_cell(l, "dc_marketed");
    return ERR_NONE;
}

static enum err take_quantities(const struct loader *l, struct chip *c)
{
    struct quantity tpp = {0}, pd = {0};
    const struct {
        const char *header;
        struct quantity *to;
    } rows[] = {
        {"fp32_tflops", &c->fp32_tflops},
        {"fp16_tflops", &c->fp16_tflops},
        {"fp8_tops", &c->fp8_tops},
        {"fp4_tflops", &c->fp4_tflops},
        {"int4_tops", &c->int4_tops},
        {"mem_gb", &c->mem_gb},
        {"dram_bw_gbs", &c->dram_bw_gbs},
        {"interconnect_gbs", &c->interconnect_gbs},
        {"tdp_w", &c->tdp_w},
        {"die_mm2", &c->die_mm2},
        {"tpp_stated", &tpp},
        {"pd_stated", &pd},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!quantity_parse(cell(l, rows[i].header), rows[i].to))
            return bad_cell(l, rows[i].header);
    struct str area = cell(l, "die_is_logic");
    if (!str_eqz(area, "yes") && !str_eqz(area, "no") && area.len > 0)
        return bad_cell(l, "die_is_logic");
    c->tpp = widened(chip_tpp_of_rates(c), tpp);
    if (c->tpp.hi_milli > QUANTITY_MAX_MILLI)
        return err_set(l->error, ERR_INVALID, "%s:%u: the rates give a TPP out of range", l->path,
                       csv_line(l->csv));
    struct quantity none = {0};
    c->pd = widened(str_eqz(area, "yes") ? chip_pd_of_die(&c->tpp, &c->die_mm2) : none, pd);
    return ERR_NONE;
}

static enum err check_columns(const struct loader *l)
{
    static const char *const needed[] = {
        "id",          "name",      "vendor",      "vendor_hq",        "fp32_tflops",
        "fp16_tflops", "fp8_tops",  "fp4_tflops",  "int4_tops",        "mem_gb",
        "dram_bw_gbs", "tdp_w",     "die_mm2",     "interconnect_gbs", "die_is_logic",
        "tpp_stated",  "pd_stated", "dc_marketed", "announced_year",   "confidence",
        "source"};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (csv_column(l->csv, needed[i]) < 0)
            return err_set(l->error, ERR_INVALID, "%s: column %s is missing", l->path, needed[i]);
    return ERR_NONE;
}

static enum err take_rows(const struct loader *l, struct chip *chips, uint32_t *count_out)
{
    uint32_t n = 0;
    for (;;) {
        bool more = false;
        enum err e = csv_next(l->csv, &more, l->error);
        if (e != ERR_NONE) return e;
        if (!more) break;
        if (n == CHIP_MAX)
            return err_set(l->error, ERR_LIMIT, "%s: more than %d chips", l->path, (int)CHIP_MAX);
        struct chip c = {0};
        if ((e = take_texts(l, &c)) != ERR_NONE) return e;
        if ((e = take_quantities(l, &c)) != ERR_NONE) return e;
        for (uint32_t i = 0; i < n; i++)
            if (str_eq(chips[i].id, c.id))
                return err_set(l->error, ERR_INVALID, "%s:%u: chip '" STR_FMT "' is stated twice",
                               l->path, csv_line(l->csv), STR_ARG(c.id));
        chips[n++] = c;
    }
    *count_out = n;
    return ERR_NONE;
}

enum err chips_load(const char *path, struct arena *arena, struct chip **out, uint32_t *count_out,
                    struct errtext *error)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return err_set(error, ERR_IO, "%s: cannot be opened: %s", path, strerror(errno));
    struct loader l = {.path = path, .arena = arena, .error = error};
    struct chip *chips = ARENA_ARRAY(arena, CHIP_MAX, struct chip);
    enum err e = csv_new(file, path, &l.csv, error);
    if (e == ERR_NONE) e = check_columns(&l);
    if (e == ERR_NONE) e = take_rows(&l, chips, count_out);
    if (e == ERR_NONE) *out = chips;
    csv_free(l.csv);
    fclose(file);
    return e;
}
