/*
 * ended: how an attempt ended, whichever way the message went.
 */
#ifndef CSID_COURIER_ENDED_H
#define CSID_COURIER_ENDED_H

#include <stdint.h>

#include "courier/peer.h"
#include "courier/verdict.h"

struct ended {
    enum verdict verdict;
    char *reply;  /* the other side's last words, or what went wrong; freed by who made it */
    int64_t wait; /* seconds that it asked for, 0 without */
    struct peer peer;
};

#endif
