#include "model/nodelist.h"

#include "base/check.h"

/* The range that node `index` belongs to; *first_out is the index of its first node. */
static const struct node_range *range_of(const struct pool *p, uint32_t index, uint32_t *first_out)
{
    uint32_t first = 0;
    for (uint32_t r = 0; r < p->range_count; r++) {
        if (index < first + p->ranges[r].count) {
            *first_out = first;
            return &p->ranges[r];
        }
        first += p->ranges[r].count;
    }
    UNREACHABLE("node index outside the pool");
}

static void put_number(const struct node_range *r, uint32_t number, struct buf *out)
{
    buf_printf(out, "%0*u", (int)r->width, (unsigned)number);
}

/* The nodes [at, end) of `nodes` all lie in range `r`: print them as prefix[..]suffix. */
static void put_group(const struct node_range *r, uint32_t first, const uint32_t *nodes,
                      uint32_t count, struct buf *out)
{
    buf_put_str(out, r->prefix);
    if (r->numbered) {
        if (count > 1) buf_putc(out, '[');
        for (uint32_t i = 0; i < count;) {
            uint32_t run = 1;
            while (i + run < count && nodes[i + run] == nodes[i] + run) run++;
            if (i > 0) buf_putc(out, ',');
            put_number(r, r->first + (nodes[i] - first), out);
            if (run > 1) {
                buf_putc(out, '-');
                put_number(r, r->first + (nodes[i] - first) + run - 1, out);
            }
            i += run;
        }
        if (count > 1) buf_putc(out, ']');
    }
    buf_put_str(out, r->suffix);
}

void nodelist_format(const struct pool *p, const uint32_t *nodes, uint32_t count, struct buf *out)
{
    for (uint32_t i = 0; i < count;) {
        ASSERT(i == 0 || nodes[i] > nodes[i - 1]);
        uint32_t first = 0, n = 1;
        const struct node_range *r = range_of(p, nodes[i], &first);
        while (i + n < count && nodes[i + n] < first + r->count) n++;
        if (i > 0) buf_putc(out, ',');
        put_group(r, first, nodes + i, n, out);
        i += n;
    }
}
