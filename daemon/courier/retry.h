/*
 * retry: when the next attempt is, and when there is none any more. Pure.
 */
#ifndef CSID_COURIER_RETRY_H
#define CSID_COURIER_RETRY_H

#include <stdint.h>

#include "calendar/day.h"

/* Seconds from attempt number `attempt` (1 for the first) to the next: 1, 5, 15, 30 min, 1 h, 2 h,
 * then every 4 h, each up to 10 % more or less as the message id says, so that it can be foretold.
 * -1: five days are over. */
int64_t retry_mail(int attempt, const char *message_id);

/* 5 s, 5 min, 30 min, 2, 5, 10, 14, 20, 24 h; then -1. `retry_after` (seconds, 0 without one) is
 * what the endpoint asked for, taken between 5 s and 24 h. */
int64_t retry_webhook(int attempt, int64_t retry_after);

/* Seconds that a Retry-After asks for (RFC 9110, 10.2.3), which is a number of them or a date; of
 * one that has passed 1. 0: it says neither. */
int64_t retry_asked(const char *value, utc_t now);

#endif
