#include "notice/notify.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"
#include "base/text.h"

#define UUID_LEN (NOTIFY_UUID - 1)
#define NO_BREAK "\u200b" /* Notify knows no escape for ^, but a width of nought before it */

/* ---- key and token ---- */

static bool is_uuid(const char *s, size_t len)
{
    static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    if (len != UUID_LEN)
        return false;
    for (size_t i = 0; i < len; i++)
        if (shape[i] == '-' ? s[i] != '-' : !strchr("0123456789abcdef", s[i]) || !s[i])
            return false;
    return true;
}

bool notify_is_uuid(const char *s)
{
    return is_uuid(s, strlen(s));
}

int notify_key_parse(const char *key, struct notify_key *ret, struct err *e)
{
    size_t len = strlen(key), tail = 2 * (UUID_LEN + 1);
    const char *service = key + len - tail + 1, *secret = key + len - UUID_LEN;

    if (len <= tail || service[-1] != '-' || secret[-1] != '-' || !is_uuid(service, UUID_LEN) ||
        !is_uuid(secret, UUID_LEN))
        return err_set(e, ERR_USAGE,
                       "is no API key of GOV.UK Notify: NAME, the service's UUID and the secret's, "
                       "with dashes between them, as it was shown when the key was made");
    *ret = (struct notify_key){0};
    memcpy(ret->service, service, UUID_LEN);
    memcpy(ret->secret, secret, UUID_LEN);
    return 0;
}

/* Base64url without padding: RFC 7515, 2. */
static char *base64url(const void *data, size_t len)
{
    char *s = digest_base64(data, len);

    for (char *c = s; *c; c++)
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c == '=' ? '\0' : *c;
    return s;
}

char *notify_token(const struct notify_key *key, utc_t now)
{
    static const char header[] = "{\"typ\":\"JWT\",\"alg\":\"HS256\"}";
    char *claims = xasprintf("{\"iss\":\"%s\",\"iat\":%" PRId64 "}", key->service, now.s);
    char *first = base64url(header, strlen(header)), *second = base64url(claims, strlen(claims));
    char *input = xasprintf("%s.%s", first, second), *signature, *token;
    unsigned char mac[SHA256_BYTES];

    digest_hmac_sha256(key->secret, strlen(key->secret), input, strlen(input), mac);
    signature = base64url(mac, sizeof mac);
    token = xasprintf("%s.%s", input, signature);
    free(claims);
    free(first);
    free(second);
    free(input);
    free(signature);
    return token;
}

/* ---- the text ---- */

static bool all_of(const char *line, size_t len, char c)
{
    for (size_t i = 0; i < len; i++)
        if (line[i] != c)
            return false;
    return len > 0;
}

/* What Notify takes for the beginning of a block, whether a blank follows or not: "5.12 Title" is a
 * list to it, and "-5 days" too. */
static size_t add_start(struct text *t, const char *s, size_t len)
{
    size_t digits = 0;

    if (len == 0 || all_of(s, len, '-') || all_of(s, len, '='))
        return 0; /* a rule, and the line below a heading: meant as they stand */
    if (strchr("#*-`~|_", s[0])) {
        text_add(t, "\\");
        return 0;
    }
    if (s[0] == '^')
        text_add(t, NO_BREAK);
    while (digits < len && isdigit((unsigned char)s[digits]))
        digits++;
    if (digits == 0 || digits == len || s[digits] != '.')
        return 0;
    text_add_bytes(t, s, digits);
    text_add(t, "\\.");
    return digits + 1;
}

static void add_line(struct text *t, const char *s, size_t len)
{
    size_t at = 0;

    while (at < len && (s[at] == ' ' || (s[at] == '-' && at + 1 < len && s[at + 1] == ' ')))
        at++; /* our own lists */
    text_add_bytes(t, s, at);
    at += add_start(t, s + at, len - at);
    for (; at < len; at++) {
        if (s[at] == '[' || s[at] == '\\')
            text_add(t, "\\");
        text_add_bytes(t, s + at, 1);
    }
}

char *notify_markdown(const char *plain)
{
    struct text t = TEXT_INIT;

    text_clear(&t);
    while (*plain) {
        size_t len = strcspn(plain, "\n");

        add_line(&t, plain, len);
        plain += len;
        if (*plain == '\n') {
            text_add(&t, "\n");
            plain++;
        }
    }
    return text_take(&t);
}

/* ---- the request ---- */

static void add_member(struct text *t, const char *before, const char *value)
{
    text_add(t, before);
    text_add_json(t, value);
}

char *notify_request(const char *template, const char *to, const char *subject, const char *body,
                     const char *reference)
{
    struct text t = TEXT_INIT;

    add_member(&t, "{\"email_address\":", to);
    add_member(&t, ",\"template_id\":", template);
    add_member(&t, ",\"personalisation\":{\"subject\":", subject);
    add_member(&t, ",\"body\":", body);
    add_member(&t, "},\"reference\":", reference);
    text_add(&t, "}");
    return text_take(&t);
}
