#include "notice/link.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define PURPOSE "csid ack\n" /* a signature for one thing is none for another */

/* ---- base64url ---- */

static void swap(char *s, const char from[2], const char to[2])
{
    for (; *s; s++)
        for (int i = 0; i < 2; i++)
            if (*s == from[i]) {
                *s = to[i];
                break;
            }
}

static char *to_url(const void *bytes, size_t len)
{
    char *text = digest_base64(bytes, len);

    swap(text, "+/", "-_");
    text[strcspn(text, "=")] = '\0';
    return text;
}

/* NULL where it is not exactly what to_url makes: of two spellings one would count as unused. */
static char *from_url(const char *text, size_t *ret_len)
{
    size_t len = strlen(text);
    char *padded = xasprintf("%s%.*s", text, (int)((4 - len % 4) % 4), "==="), *again = NULL;
    char *bytes;

    swap(padded, "-_", "+/");
    bytes = (char *)digest_unbase64(padded, ret_len);
    if (bytes)
        again = to_url(bytes, *ret_len);
    if (!again || strcmp(again, text) != 0) {
        free(bytes);
        bytes = NULL;
    }
    free(again);
    free(padded);
    return bytes;
}

/* ---- signing ---- */

static void sign(const char *secret, const void *text, size_t len, unsigned char ret[SHA256_BYTES])
{
    struct text t = TEXT_INIT;

    text_add(&t, PURPOSE);
    text_add_bytes(&t, text, len);
    digest_hmac_sha256(secret, strlen(secret), t.s, t.len, ret);
    text_free(&t);
}

char *notice_link(const char *secret, const char *base, const struct link *l)
{
    char expires[UTC_ISO], due[DAY_ISO], *token, *url;
    unsigned char mac[SHA256_BYTES];
    struct text t = TEXT_INIT;

    if (!*base)
        return NULL;
    /* an address has no line's end, a reference might: it stands last */
    text_addf(&t, "%s\n%s\n%s\n%s", utc_iso(l->expires_at, expires), day_iso(l->due_on, due),
              l->address, l->about);
    sign(secret, t.s, t.len, mac);
    text_add_bytes(&t, mac, sizeof mac);
    token = to_url(t.s, t.len);
    url = xasprintf("%.*s/v1/ack/%s", (int)(strlen(base) - (base[strlen(base) - 1] == '/')), base,
                    token);
    free(token);
    text_free(&t);
    return url;
}

/* ---- reading ---- */

void link_clear(struct link_read *l)
{
    free(l->bytes);
    *l = (struct link_read){0};
}

/* Takes as long for a byte wrong at the beginning as for one at the end. */
static bool same(const unsigned char *a, const unsigned char *b, size_t len)
{
    unsigned char differ = 0;

    for (size_t i = 0; i < len; i++)
        differ |= a[i] ^ b[i];
    return differ == 0;
}

static bool is_signed(const char *secret, const char *bytes, size_t len)
{
    unsigned char mac[SHA256_BYTES];

    if (len <= sizeof mac)
        return false;
    sign(secret, bytes, len - sizeof mac, mac);
    return same(mac, (const unsigned char *)bytes + len - sizeof mac, sizeof mac);
}

/* Ends the first of the lines at *at and gives it; *at is then the next. */
static char *next_line(char **at)
{
    char *line = *at;
    size_t len = strcspn(line, "\n");

    *at = line + len + (line[len] == '\n');
    line[len] = '\0';
    return line;
}

static bool read_text(char *text, struct link *ret)
{
    char *at = text;
    bool good = utc_parse(next_line(&at), &ret->expires_at) == 0;

    good = day_parse_iso(next_line(&at), &ret->due_on) == 0 && good;
    ret->address = next_line(&at);
    ret->about = at;
    return good && *ret->address && *ret->about;
}

int link_read(const char *secret, const char *token, utc_t now, struct link_read *ret,
              struct err *e)
{
    struct link_read l = {0};
    size_t len = 0;
    bool good;

    l.bytes = from_url(token, &len);
    good = l.bytes && secret && is_signed(secret, l.bytes, len);
    if (good) {
        digest_sha256_hex(l.bytes, len, l.used);
        l.bytes[len - SHA256_BYTES] = '\0';
        good = read_text(l.bytes, &l.link);
    }
    if (!good) {
        link_clear(&l);
        return err_set(e, ERR_DENIED,
                       "This link is not one that csid has sent. Was it copied whole? Try the one "
                       "in the mail, or answer the mail.");
    }
    if (l.link.expires_at.s <= now.s) {
        link_clear(&l);
        return err_set(
            e, ERR_GONE,
            "This link has expired. Use the one in the latest mail, or answer the mail.");
    }
    *ret = l;
    return 0;
}
