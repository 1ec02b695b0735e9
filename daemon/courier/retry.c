#include "courier/retry.h"

#include <curl/curl.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"

#define MINUTE        60
#define HOUR          3600
#define MAIL_ATTEMPTS 36 /* the delays of 35 add up to five days */

int64_t retry_mail(int attempt, const char *message_id)
{
    static const int delays[] = {MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR};
    unsigned char hash[SHA256_BYTES];
    int delay, per_mille;

    if (attempt < 1 || attempt >= MAIL_ATTEMPTS)
        return -1;
    delay = attempt <= (int)COUNT(delays) ? delays[attempt - 1] : 4 * HOUR;
    digest_sha256(message_id, strlen(message_id), hash);
    /* another pair of bytes for each attempt, so that those who met once do not meet again */
    per_mille = (hash[attempt % 16] << 8 | hash[16 + attempt % 16]) % 201 - 100;
    return delay + (int64_t)delay * per_mille / 1000;
}

int64_t retry_webhook(int attempt, int64_t retry_after)
{
    static const int delays[] = {5,         5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR,
                                 10 * HOUR, 14 * HOUR,  20 * HOUR,   24 * HOUR};

    if (attempt < 1 || attempt > (int)COUNT(delays))
        return -1;
    if (retry_after <= 0)
        return delays[attempt - 1];
    if (retry_after < 5)
        return 5;
    return retry_after < 24 * HOUR ? retry_after : 24 * HOUR;
}

#define FAR ((int64_t)1000000000) /* above what anybody is made to wait */

int64_t retry_asked(const char *value, utc_t now)
{
    size_t digits = strspn(value, "0123456789");
    int64_t wait = 0, at;

    if (digits && value[digits] == '\0') {
        for (; *value && wait < FAR; value++)
            wait = wait * 10 + (*value - '0');
        return wait ? wait : 1;
    }
    at = curl_getdate(value, NULL);
    if (at == -1)
        return 0;
    return at > now.s ? at - now.s : 1; /* it is past: soon */
}
