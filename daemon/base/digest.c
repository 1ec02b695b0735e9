#include "base/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void to_hex(const unsigned char *bytes, size_t len, char *ret)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        ret[2 * i] = digits[bytes[i] >> 4];
        ret[2 * i + 1] = digits[bytes[i] & 15];
    }
    ret[2 * len] = '\0';
}

void digest_sha256(const void *data, size_t len, unsigned char ret[SHA256_BYTES])
{
    if (EVP_Digest(data, len, ret, NULL, EVP_sha256(), NULL) != 1)
        abort(); /* fails only when OpenSSL itself is broken; a journal without hashes is worse */
}

void digest_sha256_hex(const void *data, size_t len, char ret[SHA256_HEX])
{
    unsigned char sum[SHA256_BYTES];

    digest_sha256(data, len, sum);
    to_hex(sum, sizeof sum, ret);
}

void digest_hmac_sha256(const void *key, size_t key_len, const void *data, size_t len,
                        unsigned char ret[SHA256_BYTES])
{
    if (!HMAC(EVP_sha256(), key, (int)key_len, data, len, ret, NULL))
        abort();
}

char *digest_base64(const void *data, size_t len)
{
    char *text = xmalloc(4 * ((len + 2) / 3) + 1);

    EVP_EncodeBlock((unsigned char *)text, data, (int)len);
    return text;
}

unsigned char *digest_unbase64(const char *text, size_t *ret_len)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t len = strlen(text);
    size_t data = strspn(text, alphabet);
    unsigned char *bytes;
    int n;

    /* OpenSSL takes a "=" anywhere, and blanks around */
    if (len == 0 || len % 4 || data + strspn(text + data, "=") != len || data + 2 < len)
        return NULL;
    bytes = xmalloc(len / 4 * 3 + 1);
    n = EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)len);
    if (n < 0) {
        free(bytes);
        return NULL;
    }
    /* EVP_DecodeBlock counts the padding as bytes */
    n -= (text[len - 1] == '=') + (text[len - 2] == '=');
    *ret_len = (size_t)n;
    return bytes;
}

void digest_random_hex(size_t bytes, char *ret)
{
    unsigned char raw[64];

    if (bytes > sizeof raw || RAND_bytes(raw, (int)bytes) != 1)
        abort();
    to_hex(raw, bytes, ret);
}
