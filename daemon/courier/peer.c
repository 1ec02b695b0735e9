#include "courier/peer.h"

#include <stdio.h>
#include <string.h>

#include "base/failpoint.h"
#include "base/mem.h"

void peer_reset(struct peer *p)
{
    *p = (struct peer){"", ""};
}

void peer_hear(struct peer *p, curl_infotype type, const char *data, size_t len)
{
    static const char said[] = "SSL connection using ";
    size_t begin = sizeof said - 1, end = len;

    if (type != CURLINFO_TEXT || len <= begin || memcmp(data, said, begin) != 0)
        return;
    while (end > begin && (data[end - 1] == '\n' || data[end - 1] == '\r'))
        end--;
    snprintf(p->tls, sizeof p->tls, "%.*s", (int)(end - begin), data + begin);
}

void peer_note(struct peer *p, CURL *curl)
{
    const char *ip = NULL;
    long port = 0;

    if (curl_easy_getinfo(curl, CURLINFO_PRIMARY_IP, &ip) == CURLE_OK && ip && *ip &&
        curl_easy_getinfo(curl, CURLINFO_PRIMARY_PORT, &port) == CURLE_OK)
        snprintf(p->address, sizeof p->address, strchr(ip, ':') ? "[%s]:%ld" : "%s:%ld", ip, port);
}

/* What has gone out is told after it has. */
static void pass(curl_infotype type, const char *data, size_t len)
{
    static const char connected[] = "Connected to ";

    if (type == CURLINFO_TEXT && len >= sizeof connected &&
        memcmp(data, connected, sizeof connected - 1) == 0)
        failpoint("connect");
    else if (type == CURLINFO_HEADER_OUT)
        failpoint("data");
    else if (type == CURLINFO_DATA_OUT)
        failpoint("dot");
}

static int on_debug(CURL *curl, curl_infotype type, char *data, size_t len, void *arg)
{
    (void)curl;
    pass(type, data, len);
    peer_hear(arg, type, data, len);
    return 0;
}

static int on_connection(void *arg, curl_socket_t fd, curlsocktype purpose)
{
    (void)fd;
    (void)purpose;
    peer_reset(arg);
    return CURL_SOCKOPT_OK;
}

void peer_listen(struct peer *p, CURL *curl)
{
    peer_reset(p);
    curl_easy_setopt(curl, CURLOPT_SOCKOPTFUNCTION, on_connection);
    curl_easy_setopt(curl, CURLOPT_SOCKOPTDATA, p);
    curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, on_debug);
    curl_easy_setopt(curl, CURLOPT_DEBUGDATA, p);
    curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L);
}
