/* stock.h - what stands together: the sums that shares of the law are counted over. Private to
 * src/model; fleet.h says what each stock holds. */
#ifndef BERTH_MODEL_STOCK_H
#define BERTH_MODEL_STOCK_H

#include "model/fleet.h"

/* Add up all stocks of an indexed fleet anew; rows are allocated in `arena`. */
void stock_fleet(struct fleet *f, struct arena *arena);

#endif
