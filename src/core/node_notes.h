/* node_notes.h - why nodes are out of use: what the operator said, who and when.
 *
 * Kept beside the nodes, as runs of neighbours that one change spoke of: a pool of 100,000 nodes
 * that is drained as a whole has one note. Nodes that are in use have none. Part of the stored
 * state. */
#ifndef BERTH_CORE_NODE_NOTES_H
#define BERTH_CORE_NODE_NOTES_H

#include "base/str.h"
#include "base/visit.h"

struct node_note {
    uint32_t pool, first, count; /* nodes first .. first + count - 1 of a pool; count above 0 */
    struct str reason; /* "": nothing was said */
    uint32_t uid; /* who took them out of use */
    int64_t at_ms;
};
void visit_node_note(struct visit *v, struct node_note *n);

struct node_notes {
    struct node_note *list; /* by pool and first; none overlap; the texts are ours */
    size_t count, cap;
};

void node_notes_release(struct node_notes *n);

/* What was said of these nodes gives way to `note`, whose text is copied. */
void node_notes_set(struct node_notes *n, const struct node_note *note);
/* Nothing is said of nodes first .. first + count - 1 any more. */
void node_notes_forget(struct node_notes *n, uint32_t pool, uint32_t first, uint32_t count);

/* What is said of a node; NULL: nothing. Borrowed until the next change. */
const struct node_note *node_notes_find(const struct node_notes *n, uint32_t pool, uint32_t node);

#endif
