#include "courier/vet.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

/* Everything else in IPv4 is taken for public; in IPv6 only 2000::/3 is, less what stands here. */
static const char *const closed[] = {
    "0.0.0.0/8",     "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4",
    "2001::/23",     "2001:db8::/32",   "2002::/16",      "3fff::/20",
};
static const char *const open_v6 = "2000::/3";

int vet_parse(const char *text, struct network *ret)
{
    struct network n = {.family = strchr(text, ':') ? AF_INET6 : AF_INET};
    size_t len = strcspn(text, "/");
    char address[INET6_ADDRSTRLEN], *end;
    long most = n.family == AF_INET6 ? 128 : 32, bits = most;

    if (len >= sizeof address)
        return -1;
    memcpy(address, text, len);
    address[len] = '\0';
    if (inet_pton(n.family, address, n.bytes) != 1)
        return -1;
    if (text[len] == '/') {
        bits = strtol(text + len + 1, &end, 10);
        if (text[len + 1] < '0' || text[len + 1] > '9' || *end || bits > most)
            return -1;
    }
    n.bits = (int)bits;
    *ret = n;
    return 0;
}

static const unsigned char *address_bytes(const struct sockaddr *a)
{
    if (a->sa_family == AF_INET)
        return (const unsigned char *)&((const struct sockaddr_in *)(const void *)a)->sin_addr;
    if (a->sa_family == AF_INET6)
        return (const unsigned char *)&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr;
    return NULL;
}

static bool lies_in(const struct sockaddr *address, const struct network *n)
{
    const unsigned char *bytes = address_bytes(address);
    int whole = n->bits / 8, rest = n->bits % 8;

    if (!bytes || address->sa_family != n->family || memcmp(bytes, n->bytes, (size_t)whole) != 0)
        return false;
    return rest == 0 || (bytes[whole] ^ n->bytes[whole]) >> (8 - rest) == 0;
}

bool vet_listed(const struct sockaddr *address, const struct network *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (lies_in(address, &list[i]))
            return true;
    }
    return false;
}

static bool lies_in_text(const struct sockaddr *address, const char *network)
{
    struct network n;

    return vet_parse(network, &n) == 0 && lies_in(address, &n);
}

bool vet_public(const struct sockaddr *address)
{
    if (!address_bytes(address))
        return false;
    if (address->sa_family == AF_INET6 && !lies_in_text(address, open_v6))
        return false;
    for (size_t i = 0; i < COUNT(closed); i++) {
        if (lies_in_text(address, closed[i]))
            return false;
    }
    return true;
}

static size_t name_length(const char *name)
{
    size_t len = strlen(name);

    return len && name[len - 1] == '.' ? len - 1 : len;
}

static bool is_name(const char *host, size_t len, const char *name)
{
    bool under = strncmp(name, "*.", 2) == 0;
    const char *tail =
        under ? name + 1 : name; /* the dot too, so that no other name ends like it */
    size_t tail_len = name_length(tail);

    if (under ? len <= tail_len : len != tail_len)
        return false;
    return tail_len && strncasecmp(host + len - tail_len, tail, tail_len) == 0;
}

bool vet_host(const char *host, const char *const *names, size_t count)
{
    size_t len = name_length(host);

    for (size_t i = 0; i < count; i++)
        if (is_name(host, len, names[i]))
            return true;
    return false;
}
