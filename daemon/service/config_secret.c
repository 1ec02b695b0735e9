/* What the files hold that csid.yaml names for secrets and certificates. */
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"
#include "base/text.h"
#include "service/config_value.h"
#include "service/config_yaml.h"

enum { SECRET_MAX = 4096, CA_MAX = 1024 * 1024 };

int config_secret_path(const char *name, char **ret, struct err *e)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");

    if (*name == '/') {
        *ret = xstrdup(name);
        return 0;
    }
    if (!folder || !*folder)
        return err_set(e, ERR_USAGE,
                       "\"%s\" is a name under $CREDENTIALS_DIRECTORY, which is not set; "
                       "give a whole path, or LoadCredential= in the unit and, by hand, "
                       "CREDENTIALS_DIRECTORY=FOLDER csid --check",
                       name);
    *ret = xasprintf("%s/%s", folder, name);
    return 0;
}

int config_secret_read(const char *name, char **ret, struct err *e)
{
    char *path = NULL, *secret = NULL;
    size_t len;
    int result;

    if (config_secret_path(name, &path, e) < 0)
        return -1;
    result = config_file_read(path, SECRET_MAX, &secret, &len, e);
    free(path);
    if (result < 0)
        return -1;
    if (memchr(secret, '\0', len)) {
        free(secret);
        return err_set(e, ERR_USAGE, "%s has NUL bytes in it", name);
    }
    if (len && secret[len - 1] == '\n') {
        secret[--len] = '\0';
        if (len && secret[len - 1] == '\r')
            secret[--len] = '\0';
    }
    if (len == 0) {
        free(secret);
        return err_set(e, ERR_USAGE, "%s is empty; put the secret into it", name);
    }
    *ret = secret;
    return 0;
}

int config_secret_is_key(const char *secret, struct err *e)
{
    unsigned char *key;
    size_t len = 0;

    if (strncmp(secret, "whsec_", strlen("whsec_")) != 0)
        return 0;
    key = digest_unbase64(secret + strlen("whsec_"), &len);
    free(key);
    if (!key || len == 0)
        return err_set(e, ERR_USAGE, "what follows whsec_ in that file is not base64");
    return 0;
}

#define PEM_BEGIN "-----BEGIN CERTIFICATE-----"
#define PEM_END   "-----END CERTIFICATE-----"

/* Whether what stands between two lines of PEM is base64 of something (RFC 7468). */
static bool is_base64(const char *s, size_t len)
{
    struct text t = TEXT_INIT;
    unsigned char *bytes;
    size_t bytes_len = 0;

    text_clear(&t);
    for (size_t i = 0; i < len; i++)
        if (!strchr(" \t\r\n", s[i]))
            text_add_bytes(&t, s + i, 1);
    bytes = digest_unbase64(t.s, &bytes_len);
    text_free(&t);
    free(bytes);
    return bytes_len > 0;
}

static bool is_pem(const char *s)
{
    bool any = false;

    while ((s = strstr(s, PEM_BEGIN))) {
        const char *body = s + strlen(PEM_BEGIN), *end = strstr(body, PEM_END);

        if (!end || !is_base64(body, (size_t)(end - body)))
            return false;
        any = true;
        s = end;
    }
    return any;
}

int config_ca_read(const char *path, char **ret, struct err *e)
{
    char *text;
    size_t len;

    if (config_file_read(path, CA_MAX, &text, &len, e) < 0)
        return -1;
    if (strlen(text) != len || !is_pem(text)) {
        free(text);
        return err_set(e, ERR_USAGE,
                       "%s holds no certificates in PEM (-----BEGIN CERTIFICATE-----)", path);
    }
    *ret = text;
    return 0;
}
