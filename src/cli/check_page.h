/* check_page.h - a verdict as a page for people. */
#ifndef BERTH_CLI_CHECK_PAGE_H
#define BERTH_CLI_CHECK_PAGE_H

#include "law/law.h"

/* One case: what is decided, by which rule, which text, with which numbers, what is unknown, what
 * is missing, what would change it and when, and by which `law` ("packs at HEX"). `name` may be "".
 * `width` 0: not wrapped. */
void check_page_put(const struct law_case *c, const struct law_verdict *v, struct str name,
                    struct str law, int width, bool colour, struct buf *out);

/* "export US to CN, 8 x h200-sxm". */
void check_put_case(const struct law_case *c, struct buf *out);
/* "LICENCE presumption of denial, BIS". */
void check_put_verdict(const struct law_verdict *v, struct buf *out);
/* The same in fewer words, for a table: "LICENCE, denial presumed". */
void check_put_short(const struct law_verdict *v, struct buf *out);
/* Red where it may not be done, yellow where it is unresolved, green where it may. */
int check_colour(const struct law_verdict *v);

#endif
