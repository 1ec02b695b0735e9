#include "notice/webhook.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"
#include "base/text.h"

#define SECRET_PREFIX "whsec_"

int webhook_signature(const char *secret, const char *id, utc_t at, const void *body, size_t len,
                      char **ret, struct err *e)
{
    size_t prefix = strlen(SECRET_PREFIX), key_len = strlen(secret);
    unsigned char *key, mac[SHA256_BYTES];
    struct text t = TEXT_INIT;
    char *base64;

    if (strncmp(secret, SECRET_PREFIX, prefix) == 0)
        key = digest_unbase64(secret + prefix, &key_len);
    else
        key = (unsigned char *)xstrdup(secret);
    if (!key)
        return err_set(e, ERR_USAGE, "what follows whsec_ in the secret is not base64");
    text_addf(&t, "%s.%" PRId64 ".", id, at.s);
    text_add_bytes(&t, body, len);
    digest_hmac_sha256(key, key_len, t.s, t.len, mac);
    base64 = digest_base64(mac, sizeof mac);
    *ret = xasprintf("v1,%s", base64);
    free(base64);
    free(key);
    text_free(&t);
    return 0;
}
