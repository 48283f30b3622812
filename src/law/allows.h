/* allows.h - the fast answer inside src/law: what law_allows is made of. */
#ifndef BERTH_LAW_ALLOWS_H
#define BERTH_LAW_ALLOWS_H

#include "law/law.h"

struct law_answer {
    int effect, policy;
    bool allowed;
    struct str rule; /* what stops it; "" nothing */
};

void law_answer(const struct law *law, const struct law_case *c, struct arena *scratch,
                struct law_answer *out);

#endif
