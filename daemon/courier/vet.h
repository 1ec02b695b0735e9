/*
 * vet: which addresses a webhook may be carried to. Nothing of the machine itself, of the networks
 * around it or of the cloud that runs it can be reached by way of a URL, unless the endpoint lists
 * it. Pure.
 */
#ifndef CSID_COURIER_VET_H
#define CSID_COURIER_VET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

struct network {
    int family; /* AF_INET or AF_INET6 */
    unsigned char bytes[16];
    int bits;
};

/* "10.1.0.0/16", "fd00::/8" or one address. 0 or -1. */
int vet_parse(const char *text, struct network *ret);

/* Whether an address lies in one of these networks. */
bool vet_listed(const struct sockaddr *address, const struct network *list, size_t count);

/* Whether the public may be there: neither loopback, link-local, private, shared, documentation,
 * multicast, reserved nor one that carries another address inside (RFC 6890; v4-mapped, NAT64,
 * 6to4, Teredo). */
bool vet_public(const struct sockaddr *address);

/* Whether a host's name is one of these, or lies under one that begins with "*."; capitals and a
 * dot at the end make no difference. */
bool vet_host(const char *host, const char *const *names, size_t count);

#endif
