#include "store/nearest.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"

/* Changes from one to the other; what only begins the candidate is a likely abbreviation. */
static unsigned apart(const char *word, const char *candidate)
{
    unsigned distance = text_distance(candidate, word);
    size_t len = strlen(word);

    return distance > 1 && len >= 3 && strncasecmp(candidate, word, len) == 0 ? 1 : distance;
}

char *nearest_hint(struct store *s, const struct query *q, int64_t key, const char *word)
{
    unsigned best = 2 + (unsigned)(strlen(word) / 4);
    char *found = NULL, *hint;
    struct err ignored; /* without a hint the answer is still true */
    struct rows r;

    rows_start(&r, s, q, "i", key);
    while (rows_next(&r)) {
        const char *candidate = rows_text(&r, 0);
        unsigned distance = candidate ? apart(word, candidate) : UINT_MAX;

        if (distance < best) {
            best = distance;
            free(found);
            found = xstrdup(candidate);
        }
    }
    rows_end(&r, &ignored);
    hint = found ? xasprintf(" (did you mean %s?)", found) : xstrdup("");
    free(found);
    return hint;
}
