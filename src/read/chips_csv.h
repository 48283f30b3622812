/* chips_csv.h - the chip catalogue, data/chips.csv. Its columns are explained in data/README.md. */
#ifndef BERTH_READ_CHIPS_CSV_H
#define BERTH_READ_CHIPS_CSV_H

#include "model/fleet.h"

/* Read the catalogue into `arena`, in the order of the file. Where rates are given, TPP is computed
 * (the greatest over formats of dense rate times bits) and performance density is TPP by die area;
 * else they are what the source states, else unknown. */
enum err chips_load(const char *path, struct arena *arena, struct chip **out, uint32_t *count_out,
                    struct errtext *error);

/* "900", "7700(7700..8000)" or "54000..56000", at most three decimals; "" is unknown. False when it
 * is none of these. */
bool quantity_parse(struct str text, struct quantity *out);

/* TPP of a chip by its rates, and performance density by that and the die area. Unknown without
 * rates, or without area. Sources: 15 CFR part 774, 3A090, technical notes 2 and 3. */
struct quantity chip_tpp_of_rates(const struct chip *c);
struct quantity chip_pd_of_die(const struct quantity *tpp, const struct quantity *die_mm2);

#endif
