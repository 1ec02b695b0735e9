#include "notice/verp.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/digest.h"
#include "base/mem.h"

#define NUMBER_MAX 15 /* digits that a message's number may have */
#define SIGNATURE  16
#define HEX        "0123456789abcdefABCDEF"

static void token(const char *secret, int64_t message, const char *message_id,
                  char ret[NUMBER_MAX + SIGNATURE + 2])
{
    char *text = xasprintf("csid bounce\n%" PRIx64 "\n%s", (uint64_t)message, message_id);
    unsigned char mac[SHA256_BYTES];
    int len = snprintf(ret, NUMBER_MAX + 2, "%" PRIx64 "-", (uint64_t)message);

    digest_hmac_sha256(secret, strlen(secret), text, strlen(text), mac);
    for (int i = 0; i < SIGNATURE / 2; i++)
        snprintf(ret + len + 2 * i, 3, "%02x", mac[i]);
    free(text);
}

char *verp_address(const char *secret, const char *bounce_to, int64_t message,
                   const char *message_id)
{
    char made[NUMBER_MAX + SIGNATURE + 2];

    token(secret, message, message_id, made);
    return xasprintf("%.*s+%s%s", (int)strcspn(bounce_to, "@"), bounce_to, made,
                     strchr(bounce_to, '@'));
}

/* What stands between the last "+" of the local part and the "@"; NULL where there is none. */
static const char *token_of(const char *address, size_t *ret_len)
{
    const char *at = strchr(address, '@'), *plus = at;

    while (plus && plus > address && *plus != '+')
        plus--;
    if (!plus || *plus != '+')
        return NULL;
    *ret_len = (size_t)(at - plus) - 1;
    return plus + 1;
}

bool verp_read(const char *address, int64_t *ret_message)
{
    size_t len, digits;
    const char *found = token_of(address, &len);

    if (!found)
        return false;
    digits = strspn(found, HEX);
    if (digits < 1 || digits > NUMBER_MAX || found[digits] != '-' ||
        len != digits + 1 + SIGNATURE || strspn(found + digits + 1, HEX) != SIGNATURE)
        return false;
    *ret_message = (int64_t)strtoull(found, NULL, 16);
    return *ret_message > 0;
}

bool verp_is(const char *secret, const char *address, int64_t message, const char *message_id)
{
    char made[NUMBER_MAX + SIGNATURE + 2];
    size_t len;
    const char *found = token_of(address, &len);

    token(secret, message, message_id, made);
    return found && len == strlen(made) && strncasecmp(found, made, len) == 0;
}
