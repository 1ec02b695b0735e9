#include "plan/slug.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

int slug_parse(const char *text, char **ret, struct err *e)
{
    size_t len = strlen(text);
    char *slug;

    if (len < 1 || len > SLUG_MAX)
        return err_set(e, ERR_USAGE, "a short name has 1 to %d characters", SLUG_MAX);
    slug = xstrdup(text);
    for (size_t i = 0; i < len; i++) {
        slug[i] = (char)tolower((unsigned char)slug[i]);
        if (!(slug[i] >= 'a' && slug[i] <= 'z') && !(slug[i] >= '0' && slug[i] <= '9') &&
            (slug[i] != '-' || i == 0 || i + 1 == len)) {
            free(slug);
            return err_set(e, ERR_USAGE,
                           "\"%s\" is no short name: a to z, 0 to 9 and -, with a letter or digit "
                           "at both ends",
                           text);
        }
    }
    *ret = slug;
    return 0;
}

/* An apostrophe joins ("Children's" gives childrens), all else parts. */
char *slug_of(const char *title, size_t max)
{
    struct text t = TEXT_INIT;
    bool gap = false;

    for (; *title && t.len + 2 <= max; title++) {
        unsigned char c = (unsigned char)*title;

        if (c < 0x80 && isalnum(c)) {
            text_addf(&t, "%s%c", gap && t.len ? "-" : "", tolower(c));
            gap = false;
        } else if (strncmp(title, "\xe2\x80\x99", 3) == 0) {
            title += 2; /* the typographer's apostrophe */
        } else if (c != '\'') {
            gap = true;
        }
    }
    return t.len ? text_take(&t) : NULL;
}

bool slug_next(const char **list, char ret[SLUG_MAX + 1])
{
    const char *at = *list ? *list + strspn(*list, " ") : "";
    size_t len = strcspn(at, " ");

    snprintf(ret, SLUG_MAX + 1, "%.*s", (int)(len < SLUG_MAX ? len : SLUG_MAX), at);
    *list = at + len;
    return len > 0;
}
