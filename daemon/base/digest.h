/*
 * digest: SHA-256, HMAC-SHA256, base64 and random identifiers. The only <openssl/…> in the house.
 */
#ifndef CSID_BASE_DIGEST_H
#define CSID_BASE_DIGEST_H

#include <stddef.h>

#define SHA256_BYTES 32
#define SHA256_HEX   65 /* 64 digits and NUL */

/* SHA-256 (FIPS 180-4) as bytes or hex, and its HMAC (RFC 2104). */
void digest_sha256(const void *data, size_t len, unsigned char ret[SHA256_BYTES]);
void digest_sha256_hex(const void *data, size_t len, char ret[SHA256_HEX]);
void digest_hmac_sha256(const void *key, size_t key_len, const void *data, size_t len,
                        unsigned char ret[SHA256_BYTES]);

/* Base64 (RFC 4648 section 4), padded; caller frees. */
char *digest_base64(const void *data, size_t len);
/* The bytes of a base64 text, caller frees; NULL when it is not base64. */
unsigned char *digest_unbase64(const char *text, size_t *ret_len);

/* `bytes` random bytes as lower-case hex into ret[2 * bytes + 1]. */
void digest_random_hex(size_t bytes, char *ret);

#endif
