/*
 * deadline: how long a thread may wait, without asking anybody for the time.
 */
#ifndef CSID_COURIER_DEADLINE_H
#define CSID_COURIER_DEADLINE_H

#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/timerfd.h>

/* A descriptor that can be read once ms of real time have passed; the caller closes it. */
static inline int deadline_open(int ms)
{
    struct itimerspec in = {.it_value = {ms / 1000, ms > 0 ? ms % 1000 * 1000000L : 1}};
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

    if (fd < 0 || timerfd_settime(fd, 0, &in, NULL) != 0)
        abort(); /* no descriptor left at the very end: as out of memory */
    return fd;
}

static inline bool deadline_passed(int fd)
{
    struct pollfd p = {fd, POLLIN, 0};

    return poll(&p, 1, 0) > 0;
}

#endif
