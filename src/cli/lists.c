#include "cli/lists.h"

#include <strings.h>

bool list_next(struct str *list, struct str *item)
{
    while (list->len > 0) {
        size_t n = 0;
        while (n < list->len && list->p[n] != ',') n++;
        *item = (struct str){list->p, n};
        size_t skip = n < list->len ? n + 1 : n;
        *list = (struct str){list->p + skip, list->len - skip};
        if (item->len > 0) return true;
    }
    return false;
}

bool list_has(struct str list, struct str word)
{
    struct str item;
    while (list_next(&list, &item))
        if (item.len == word.len && strncasecmp(item.p, word.p, word.len) == 0) return true;
    return false;
}
