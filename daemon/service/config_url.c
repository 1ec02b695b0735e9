/* The types of values that name a way out: URLs, proxies, networks; and what is told there. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "notice/webhook_event.h"
#include "notice/webhook_format.h"
#include "service/config_value.h"

enum { HOST_MAX = 253, LABEL_MAX = 63 };

typedef bool known_check_fn(const char *name);

static bool starts(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

/* Letters, digits and hyphens between dots (RFC 1123); IPv4 addresses pass for one. */
static bool is_host_name(const char *s, size_t len)
{
    size_t label = 0;

    if (len == 0 || len > HOST_MAX)
        return false;
    for (size_t i = 0; i < len; i++) {
        bool last = i + 1 == len || s[i + 1] == '.';

        if (s[i] == '.') {
            if (label == 0 || last)
                return false;
            label = 0;
            continue;
        }
        if (!isascii(s[i]) || !(isalnum((unsigned char)s[i]) || s[i] == '-'))
            return false;
        if (++label > LABEL_MAX || (s[i] == '-' && (label == 1 || last)))
            return false;
    }
    return true;
}

static bool is_host(const char *s, size_t len)
{
    unsigned char bytes[16];
    char inner[INET6_ADDRSTRLEN];

    if (len == 0 || *s != '[')
        return is_host_name(s, len);
    if (len < 4 || s[len - 1] != ']' || len - 2 >= sizeof inner)
        return false;
    memcpy(inner, s + 1, len - 2);
    inner[len - 2] = '\0';
    return inet_pton(AF_INET6, inner, bytes) == 1;
}

static bool is_number(const char *s, size_t len, long max)
{
    long n = 0;

    for (size_t i = 0; i < len; i++) {
        if (!isdigit((unsigned char)s[i]))
            return false;
        n = n * 10 + (s[i] - '0');
        if (n > max)
            return false;
    }
    return len > 0;
}

/* What stands between :// and the path: a host and maybe a port. Never quotes what it was given. */
static int check_authority(const char *s, size_t len, struct err *e)
{
    const char *close = memchr(s, ']', len), *colon;
    size_t host = len;

    if (memchr(s, '@', len))
        return err_set(e, ERR_USAGE,
                       "has a user or password in it; secrets never stand in this file");
    colon = memchr(close ? close : s, ':', len - (size_t)(close ? close - s : 0));
    if (colon) {
        host = (size_t)(colon - s);
        if (!is_number(colon + 1, len - host - 1, 65535) ||
            strspn(colon + 1, "0") == len - host - 1)
            return err_set(e, ERR_USAGE, "has no port from 1 to 65535 after the last colon");
    }
    if (!is_host(s, host))
        return err_set(e, ERR_USAGE, "has no host name after //, such as relay.bromley.example");
    return 0;
}

/* A host and maybe a port behind the scheme, and nothing after them. */
static int check_host_alone(const char *url, struct err *e)
{
    const char *host = strstr(url, "//") + 2;
    size_t len = strcspn(host, "/?#");

    if (check_authority(host, len, e) < 0)
        return -1;
    if (host[len] && strcmp(host + len, "/") != 0)
        return err_set(e, ERR_USAGE, "has something after the host and port; remove it");
    return 0;
}

static int check_mail_url(char **v, known_check_fn *known, struct err *e)
{
    (void)known;
    if (starts(*v, "maildir:")) {
        const char *path = *v + strlen("maildir:");

        if (*path != '/' || path[1] == '/')
            return err_set(e, ERR_USAGE,
                           "is to be maildir: and a whole path, such as "
                           "maildir:/var/lib/csid/mail");
        return 0;
    }
    if (!starts(*v, "smtp://") && !starts(*v, "smtps://") && !starts(*v, "notify+https://") &&
        !starts(*v, "notify+http://"))
        return err_set(e, ERR_USAGE,
                       "must begin with maildir:/, smtp://, smtps:// or notify+https://");
    return check_host_alone(*v, e);
}

static int check_web_url(char **v, known_check_fn *known, struct err *e)
{
    const char *host;

    (void)known;
    if (!starts(*v, "https://") && !starts(*v, "http://"))
        return err_set(e, ERR_USAGE, "must begin with https://");
    for (const unsigned char *p = (const unsigned char *)*v; *p; p++)
        if (*p <= ' ' || *p >= 0x7f)
            return err_set(e, ERR_USAGE,
                           "has blanks or characters beyond ASCII; write them as %%XX");
    host = strstr(*v, "//") + 2;
    if (check_authority(host, strcspn(host, "/?#"), e) < 0)
        return -1;
    if (strchr(*v, '#'))
        return err_set(e, ERR_USAGE, "has a # part, which is never sent; remove it");
    return 0;
}

/* libcurl's port of a proxy is that of SOCKS, where few have theirs. */
static int warn_port(const char *url, struct err *e)
{
    const char *host = strstr(url, "//") + 2, *close = strchr(host, ']');

    if (!starts(url, "http://") || strchr(close ? close : host, ':'))
        return 0;
    err_set(e, ERR_USAGE, "names no port, so that 1080 is called; write http://host:3128");
    return 1;
}

static int check_proxy(char **v, known_check_fn *known, struct err *e)
{
    (void)known;
    if (!starts(*v, "http://") && !starts(*v, "https://"))
        return err_set(e, ERR_USAGE, "must begin with http:// or https://");
    return check_host_alone(*v, e) < 0 ? -1 : warn_port(*v, e);
}

static int check_mail_proxy(char **v, known_check_fn *known, struct err *e)
{
    (void)known;
    if (!starts(*v, "socks5h://") && !starts(*v, "http://"))
        return err_set(e, ERR_USAGE, "must begin with socks5h:// or http://");
    return check_host_alone(*v, e) < 0 ? -1 : warn_port(*v, e);
}

static int check_format(char **v, known_check_fn *known, struct err *e)
{
    struct text names = TEXT_INIT;
    int rc = 0;

    (void)known;
    for (size_t i = 0; i < webhook_format_count; i++)
        text_addf(&names, "%s%s",
                  i == 0                         ? ""
                  : i + 1 < webhook_format_count ? ", "
                                                 : " or ",
                  webhook_formats[i].name);
    if (!webhook_format_find(*v))
        rc = err_set(e, ERR_USAGE, "\"%s\" is no format that csid has; it is %s", *v, names.s);
    text_free(&names);
    return rc;
}

/* Of an older or a newer csid, or misspelt: then nothing would ever be told. */
static int warn_event(const char *type, struct err *e)
{
    const char **types = xcalloc(webhook_event_count, sizeof *types), *near;

    for (size_t i = 0; i < webhook_event_count; i++)
        types[i] = webhook_events[i].type;
    near = text_nearest(type, types, webhook_event_count);
    free(types);
    err_set(e, ERR_USAGE, "csid has no event \"%s\"%s%s; see EVENTS in csid.yaml(5)", type,
            near ? ": did you mean " : "", near ? near : "");
    return 1;
}

static int check_events(char **v, known_check_fn *known, struct err *e)
{
    const char *rest = *v + strlen("csi.");

    (void)known;
    if (!starts(*v, "csi.") || !*rest || rest[strspn(rest, "abcdefghijklmnopqrstuvwxyz-.")])
        return err_set(e, ERR_USAGE, "\"%s\" is no event type; they look like csi.action.overdue",
                       *v);
    return webhook_event_find(*v) ? 0 : warn_event(*v, e);
}

bool config_is_network(const char *s)
{
    const char *slash = strchr(s, '/');
    size_t len = slash ? (size_t)(slash - s) : strlen(s);
    bool six = memchr(s, ':', len) != NULL;
    char address[INET6_ADDRSTRLEN];
    unsigned char bytes[16];

    if (len >= sizeof address)
        return false;
    memcpy(address, s, len);
    address[len] = '\0';
    return inet_pton(six ? AF_INET6 : AF_INET, address, bytes) == 1 &&
           (!slash || is_number(slash + 1, strlen(slash + 1), six ? 128 : 32));
}

bool config_is_host_pattern(const char *s)
{
    s += starts(s, "*.") ? 2 : 0;
    return is_host_name(s, strlen(s)) && strpbrk(s, "abcdefghijklmnopqrstuvwxyz"
                                                    "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

/* Which of the two it is to be hangs on the proxy: config_finish looks again. */
static int check_allowed(char **v, known_check_fn *known, struct err *e)
{
    (void)known;
    if (config_is_network(*v) || config_is_host_pattern(*v))
        return 0;
    return err_set(e, ERR_USAGE, "\"%s\" is no network; write one as 10.1.0.0/16 or 10.1.2.3", *v);
}

const struct config_type config_type_mail_url = {CONFIG_TEXT, "a URL", check_mail_url};
const struct config_type config_type_web_url = {CONFIG_TEXT, "a URL", check_web_url};
const struct config_type config_type_mail_proxy = {CONFIG_TEXT, "a URL", check_mail_proxy};
const struct config_type config_type_proxy = {CONFIG_TEXT, "a URL", check_proxy};
const struct config_type config_type_format = {CONFIG_TEXT, "a format's name", check_format};
const struct config_type config_type_events = {CONFIG_LIST, "a list of event types", check_events};
const struct config_type config_type_allowed = {CONFIG_LIST, "a list of networks", check_allowed};
