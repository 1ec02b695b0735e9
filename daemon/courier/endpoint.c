#include "courier/endpoint.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "notice/webhook.h"

static void free_secret(char *s)
{
    if (s)
        explicit_bzero(s, strlen(s));
    free(s);
}

void endpoint_drop(struct endpoint *p)
{
    if (!p || --p->references > 0)
        return;
    free_secret(p->secret);
    free_secret(p->previous);
    free(p->channel);
    free(p->url);
    free(p->proxy);
    free(p->ca);
    free(p->allow);
    free(p);
}

struct endpoint *endpoint_keep(struct endpoint *p)
{
    p->references++;
    return p;
}

const char *endpoint_channel(const struct endpoint *p)
{
    return p->channel;
}

bool endpoint_same_url(const struct endpoint *a, const struct endpoint *b)
{
    return strcmp(a->url, b->url) == 0;
}

bool endpoint_may_connect(const struct endpoint *p, const struct sockaddr *address)
{
    if (p->proxy || vet_listed(address, p->allow, p->allow_count))
        return true;
    return !p->plain && vet_public(address);
}

/* ---- what is wrong with it ---- */

/* Its networks, or, through a proxy, whether the host is one of the names. */
static int read_allow(struct endpoint *p, const struct courier_webhook *w, const char *host,
                      struct err *e)
{
    if (p->proxy && w->allow_count == 0)
        return err_set(e, ERR_USAGE,
                       "it has a proxy and lists no host under allow that may be reached through "
                       "it");
    if (p->proxy)
        return vet_host(host, w->allow, w->allow_count)
                   ? 0
                   : err_set(e, ERR_USAGE, "its host is not listed under allow");
    p->allow = xcalloc(w->allow_count, sizeof *p->allow);
    for (; p->allow_count < w->allow_count; p->allow_count++) {
        if (vet_parse(w->allow[p->allow_count], &p->allow[p->allow_count]) != 0)
            return err_set(e, ERR_USAGE, "allow: \"%s\" is no network", w->allow[p->allow_count]);
    }
    return 0;
}

static int check_scheme(struct endpoint *p, const char *scheme, struct err *e)
{
    p->plain = strcmp(scheme, "http") == 0;
    if (!p->plain && strcmp(scheme, "https") != 0)
        return err_set(e, ERR_USAGE, "its url is neither https nor http");
    if (p->plain && p->proxy)
        return err_set(e, ERR_USAGE, "only https goes through a proxy");
    return 0;
}

static int read_url(struct endpoint *p, const struct courier_webhook *w, struct err *e)
{
    CURLU *u = curl_url();
    char *scheme = NULL, *host = NULL;
    int rc;

    if (curl_url_set(u, CURLUPART_URL, p->url, 0) != CURLUE_OK ||
        curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
        rc = err_set(e, ERR_USAGE, "its url cannot be read");
    else
        rc = check_scheme(p, scheme, e);
    if (rc == 0 && curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK)
        rc = err_set(e, ERR_USAGE, "its url names no host");
    if (rc == 0)
        rc = read_allow(p, w, host, e);
    if (rc == 0 && p->plain && p->allow_count == 0)
        rc = err_set(e, ERR_USAGE, "http is taken only to networks listed under allow; use https");
    curl_free(host);
    curl_free(scheme);
    curl_url_cleanup(u);
    return rc;
}

static int check_secret(const char *secret, struct err *e)
{
    char *signature;

    if (!secret)
        return 0;
    if (!*secret)
        return err_set(e, ERR_USAGE, "it has no secret");
    if (webhook_signature(secret, "", (utc_t){0}, "", 0, &signature, e) != 0)
        return -1;
    free(signature);
    return 0;
}

static int make(const struct courier_webhook *w, struct endpoint **ret, struct err *e)
{
    struct endpoint *p = xcalloc(1, sizeof *p);

    p->references = 1;
    p->limits = w->limits;
    p->channel = xasprintf("webhook:%s", w->name);
    p->url = xstrdup(w->url);
    p->secret = xstrdup(w->secret);
    p->previous = xstrdup(w->previous);
    p->proxy = w->proxy && *w->proxy ? xstrdup(w->proxy) : NULL;
    p->ca = xstrdup(w->ca);
    if (read_url(p, w, e) != 0 || check_secret(p->secret, e) != 0 ||
        check_secret(p->previous, e) != 0) {
        endpoint_drop(p);
        return -1;
    }
    *ret = p;
    return 0;
}

int endpoint_new(const struct courier_webhook *w, struct endpoint **ret, struct err *e)
{
    return make(w, ret, e) == 0 ? 0 : err_within(e, "webhook %s", w->name);
}

int endpoint_new_ping(const struct courier_webhook *w, struct endpoint **ret, struct err *e)
{
    return make(w, ret, e) == 0 ? 0 : err_within(e, "%s", w->name);
}
