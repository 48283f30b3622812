/* decide.h - the literal evaluation of a case, and what the words are made from. Internal. */
#ifndef BERTH_LAW_DECIDE_H
#define BERTH_LAW_DECIDE_H

#include "law/demand.h"

/* What was found out about one rule that concerns the case. */
struct stand {
    const struct rule *rule; /* NULL: it does not concern the case */
    bool binds;
    enum law_truth truth; /* its facts hold */
    enum law_truth needs; /* an exception's evidence is on record */
    enum law_act act; /* for which its facts hold */
    struct gaps gaps; /* why its truth is LAW_MAYBE */
};

/* One way the unknown facts may turn out. */
enum world { WORLD_GOOD, WORLD_BAD };

/* What a rule comes to in a world: the least strict of its own demand and those of its exceptions.
 */
struct demand {
    uint32_t rank;
    const struct rule *by; /* whose demand it is */
    bool met; /* by any of them */
};

struct ruling {
    uint32_t rank;
    bool allowed;
};

struct decision {
    struct evaluator ev;
    const struct law *law;
    const struct law_case *c;
    struct arena *arena;
    struct stand *stands; /* by rule */
    struct ruling good, bad;
    bool unresolved;
};

void decision_make(struct decision *d, const struct law *law, const struct law_case *c,
                   struct arena *arena);
/* Does the rule apply in that world? For an exception: does it lower? */
bool stand_applies(const struct stand *s, enum world w);
struct demand decision_demand(const struct decision *d, const struct rule *r, enum world w);
/* The unknown facts about this rule could change the verdict. */
bool decision_turns_on(const struct decision *d, const struct stand *s);

/* words.c */
void words_finding(struct decision *d, const struct stand *s, struct law_finding *f);
/* flips.c */
void words_unresolved(struct decision *d, struct law_verdict *out);
void words_flip(struct decision *d, struct law_verdict *out);

#endif
