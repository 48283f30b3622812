#include "read/party_words.h"

#include "read/suggest.h"

/* The contract's kinds (docs/law-language.md) and the lists of the packs in law/ (law/README.md).
 */
static const char *const kind_names[] = {"government",
                                         "state-owned",
                                         "military",
                                         "critical-infrastructure",
                                         "public-sector",
                                         "data-centre-operator",
                                         "bona-fide",
                                         "us-person",
                                         "us-lab",
                                         "foundry",
                                         NULL};
static const char *const list_names[] = {"US-EL",    "US-MEU",   "US-UVL",  "US-SDN",
                                         "US-SUPP8", "US-DCVEU", "TW-SHTC", "EU-DPF",
                                         "MY-STA",   "UN-SC",    NULL};

static char plain(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* The same letters and digits, whatever their case and what stands between them. */
static bool is_alike(struct str a, struct str b)
{
    size_t i = 0, k = 0;
    for (;;) {
        while (i < a.len && (a.p[i] == '-' || a.p[i] == '_' || a.p[i] == ' ')) i++;
        while (k < b.len && (b.p[k] == '-' || b.p[k] == '_' || b.p[k] == ' ')) k++;
        if (i == a.len || k == b.len) return i == a.len && k == b.len;
        if (plain(a.p[i++]) != plain(b.p[k++])) return false;
    }
}

static const char *list_meant(struct str word)
{
    for (size_t i = 0; list_names[i] != NULL; i++)
        if (is_alike(word, str_of(list_names[i]))) return list_names[i];
    return NULL;
}

static void check_word(struct yaml_errors *errs, const struct yaml_node *n, bool is_kind)
{
    if (n->kind != YAML_SCALAR) return; /* told by who reads the words */
    const char *meant = is_kind ? suggest(n->text, kind_names) : list_meant(n->text);
    if (meant != NULL && !str_eqz(n->text, meant))
        yaml_fail(errs, n, "no rule knows '" STR_FMT "'; did you mean '%s'?", STR_ARG(n->text),
                  meant);
}

void party_words_check(struct yaml_errors *errs, const struct yaml_node *party)
{
    for (int k = 0; k < 2; k++) {
        const struct yaml_node *words = yaml_get(party, k == 0 ? "kinds" : "lists");
        if (words == NULL) continue;
        if (words->kind == YAML_SCALAR && !yaml_is(words, "unknown"))
            check_word(errs, words, k == 0);
        for (uint32_t i = 0; words->kind == YAML_LIST && i < words->count; i++)
            check_word(errs, &words->items[i], k == 0);
    }
}
