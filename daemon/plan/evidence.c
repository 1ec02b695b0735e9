#include "plan/evidence.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/digest.h"
#include "base/mem.h"
#include "base/text.h"

#define HASH_MARK "#sha256="
#define HASH_LEN  (SHA256_HEX - 1)
#define REPLACED  "\xef\xbf\xbd" /* U+FFFD: a control stood there */

void evidence_clear(struct evidence *v)
{
    free(v->title);
    free(v->link);
    free(v->sha256);
    *v = (struct evidence){0};
}

/* Behind the scheme of an address; NULL: it is none. */
static const char *address_of(const char *link)
{
    static const char *const schemes[] = {"https://", "http://"};

    for (size_t i = 0; i < COUNT(schemes); i++)
        if (strncasecmp(link, schemes[i], strlen(schemes[i])) == 0)
            return link + strlen(schemes[i]);
    return NULL;
}

static bool one_plain_line(const char *s)
{
    char *line = text_one_line(s);
    bool plain = strcmp(line, s) == 0 && !strstr(line, REPLACED);

    free(line);
    return plain;
}

int evidence_check_link(const char *link, struct err *e)
{
    const char *address = address_of(link);

    if (!address && *link != '/' && *link != '\\')
        return err_set(e, ERR_USAGE, "the link wants to begin with https://, http:// or a path");
    if (utf8_count(link) > EVIDENCE_LINK_MAX)
        return err_set(e, ERR_USAGE, "the link is longer than %d characters", EVIDENCE_LINK_MAX);
    if (!one_plain_line(link))
        return err_set(e, ERR_USAGE, "the link holds a character that cannot be seen");
    if (address && (!*address || strchr("/?#:", *address)))
        return err_set(e, ERR_USAGE, "the link names no host");
    if (address && strpbrk(address, " <>\"\\"))
        return err_set(e, ERR_USAGE,
                       "the link holds a blank, <, >, \" or \\: write %%20 and so on");
    return 0;
}

int evidence_split(const char *text, char **ret_title, char **ret_link, struct err *e)
{
    const char *eq = strchr(text, '=');
    size_t blanks = strspn(text, " ");

    if (!eq || eq <= text + blanks || !eq[1])
        return err_set(e, ERR_USAGE, "wants TITLE=LINK, such as \"Report Q3=https://…\"");
    if (evidence_check_link(eq + 1, e) < 0)
        return -1;
    *ret_title = xstrndup(text + blanks, (size_t)(eq - text) - blanks);
    *ret_link = xstrdup(eq + 1);
    return 0;
}

/* Cuts the hash off the link's end. */
static int take_hash(char *link, char **ret, struct err *e)
{
    char *mark = strstr(link, HASH_MARK), *hash;

    *ret = NULL;
    if (!mark)
        return 0;
    hash = mark + strlen(HASH_MARK);
    if (strlen(hash) != HASH_LEN || strspn(hash, "0123456789abcdefABCDEF") != HASH_LEN)
        return err_set(e, ERR_USAGE,
                       "#sha256= wants the %d hexadecimal digits that sha256sum gives", HASH_LEN);
    *ret = xstrdup(hash);
    for (char *p = *ret; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    *mark = '\0';
    return 0;
}

int evidence_read(const char *text, struct evidence *ret, struct err *e)
{
    struct evidence v = {0};
    char *title;

    if (evidence_split(text, &title, &v.link, e) < 0)
        return -1;
    v.title = text_one_line(title);
    free(title);
    if (take_hash(v.link, &v.sha256, e) < 0 || evidence_check_link(v.link, e) < 0) {
        evidence_clear(&v);
        return -1;
    }
    *ret = v;
    return 0;
}
