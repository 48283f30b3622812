#include "cli/known.h"

#include "cli/lists.h"

#include <stdio.h>

enum { KNOWN_SHOWN_MAX = 400 }; /* bytes of the list of what there is */

/* Put one more name of what there is, as far as there is room. */
static void put_name(struct buf *there_are, struct str name)
{
    if (there_are->len > KNOWN_SHOWN_MAX) return;
    buf_putc(there_are, ' ');
    buf_put_str(there_are, there_are->len + name.len > KNOWN_SHOWN_MAX ? STR("...") : name);
}

static enum err unknown(const char *what, struct str word, const struct buf *there_are,
                        struct errtext *error)
{
    return err_set(error, ERR_NOT_FOUND, "Invalid %s specified: " STR_FMT "; there are:" STR_FMT,
                   what, STR_ARG(word), STR_ARG(buf_str(there_are)));
}

static bool is_pool(const struct pool_view *p, struct str word)
{
    return str_eq(word, p->pool) || list_has(p->aliases, word);
}

static bool is_site(const struct pool_view *p, struct str word)
{
    return str_eq(word, p->site) || str_eqz(word, "all");
}

static enum err check_pools(const struct pool_list *pools, struct str list,
                            bool (*is)(const struct pool_view *, struct str), const char *what,
                            struct errtext *error)
{
    struct str word;
    while (list_next(&list, &word)) {
        uint32_t i = 0;
        while (i < pools->count && !is(&pools->pools[i], word)) i++;
        if (i < pools->count) continue;
        struct buf there_are = {0};
        struct str last = {0};
        for (i = 0; i < pools->count; i++) {
            struct str name = is == is_pool ? pools->pools[i].pool : pools->pools[i].site;
            if (!str_eq(name, last)) put_name(&there_are, name);
            last = name;
        }
        enum err code = unknown(what, word, &there_are, error);
        buf_release(&there_are);
        return code;
    }
    return ERR_NONE;
}

enum err known_pools(const struct pool_list *pools, struct str partitions, struct str sites,
                     struct errtext *error)
{
    enum err code = check_pools(pools, partitions, is_pool, "partition", error);
    return code == ERR_NONE ? check_pools(pools, sites, is_site, "cluster", error) : code;
}

static enum err check_accounts(struct api *a, struct str list)
{
    struct share_list shares;
    struct str word;
    enum err code = api_shares(a, &shares);
    while (code == ERR_NONE && list_next(&list, &word)) {
        uint32_t i = 0;
        while (i < shares.count && !str_eq(shares.shares[i].account, word)) i++;
        if (i < shares.count) continue;
        struct buf there_are = {0};
        for (i = 0; i < shares.count; i++) put_name(&there_are, shares.shares[i].account);
        code = unknown("account", word, &there_are, &a->error);
        buf_release(&there_are);
    }
    return code;
}

enum err known_check(struct api *a, const struct known_lists *lists)
{
    enum err code = ERR_NONE;
    struct str qos = lists->qos, word;
    if (lists->partitions.len > 0 || lists->sites.len > 0) {
        struct pool_list pools;
        code = api_pools(a, &pools);
        if (code == ERR_NONE)
            code = known_pools(&pools, lists->partitions, lists->sites, &a->error);
    }
    if (code == ERR_NONE && lists->accounts.len > 0) code = check_accounts(a, lists->accounts);
    while (code == ERR_NONE && list_next(&qos, &word))
        if (!str_eqz(word, "normal"))
            code = err_set(&a->error, ERR_NOT_FOUND,
                           "Invalid qos specified: " STR_FMT "; there is: normal", STR_ARG(word));
    return code;
}

static enum err has_node(struct api *a, const struct pool_list *pools, struct str name)
{
    for (uint32_t p = 0; p < pools->count; p++)
        for (uint32_t g = 0; g < pools->pools[p].group_count; g++) {
            struct node_set group;
            enum err code =
                node_set_parse(pools->pools[p].groups[g].nodes, &a->arena, &group, &a->error);
            if (code != ERR_NONE) return code;
            if (node_set_has(&group, name)) return ERR_NONE;
        }
    return err_set(&a->error, ERR_NOT_FOUND, "Invalid node name " STR_FMT, STR_ARG(name));
}

enum err known_nodes(struct api *a, struct str hostlist, struct node_set *nodes)
{
    struct pool_list pools;
    enum err code = node_set_parse(hostlist, &a->arena, nodes, &a->error);
    if (code == ERR_NONE) code = api_pools(a, &pools);
    for (uint32_t i = 0; code == ERR_NONE && i < nodes->names.node_count; i++) {
        char name[NODE_NAME_MAX];
        code = has_node(a, &pools, str_of(pool_node_name(&nodes->names, i, name)));
    }
    return code;
}
