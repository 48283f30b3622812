/* lists.h - words separated by commas, as options take them. */
#ifndef BERTH_CLI_LISTS_H
#define BERTH_CLI_LISTS_H

#include "base/str.h"

#include <stdbool.h>

/* Iterate over a list separated by commas: gives the next non-empty element in *item. */
bool list_next(struct str *list, struct str *item);
/* True when the list holds `word`, without regard to ASCII case. */
bool list_has(struct str list, struct str word);

#endif
