/*
 * peer: the other side of a connection, for the proof of what was sent: its address and how the
 * connection was secured, as libcurl tells them.
 */
#ifndef CSID_COURIER_PEER_H
#define CSID_COURIER_PEER_H

#include <curl/curl.h>

struct peer {
    char address[64]; /* with its port; a proxy's where there is one; "" : no connection */
    char tls[64];     /* "TLSv1.3 / TLS_AES_256_GCM_SHA384"; "": not secured */
};

/* A new connection is made: forgets the one before. */
void peer_reset(struct peer *p);
/* What libcurl's debug function is told, of which the words about TLS are kept. */
void peer_hear(struct peer *p, curl_infotype type, const char *data, size_t len);
/* After a transfer: notes the address. */
void peer_note(struct peer *p, CURL *curl);
/* Lets libcurl tell `p` by itself, where nobody else listens; `p` lives as long as the handle. */
void peer_listen(struct peer *p, CURL *curl);

#endif
