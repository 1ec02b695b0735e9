/*
 * ready: tells systemd how the service is (sd_notify(3)): ready, reloading, stopping, one line of
 * status, and the watchdog's sign of life. Silent where nobody asked to be told.
 */
#ifndef CSID_SERVICE_READY_H
#define CSID_SERVICE_READY_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct ready;

/* `alive` is asked on the loop at least every half of WATCHDOG_USEC; a sign of life goes out only
 * when it says true, so a stuck loop or a store that does not answer gets the service restarted.
 * `tick_ms` says how often ready_tick will be called, 0 for never: where that is often enough, no
 * timer of its own wakes the process. Never fails. */
struct ready *ready_open(uv_loop_t *loop, uint64_t tick_ms, bool (*alive)(void *arg), void *arg);
/* The loop turns: the sign of life where it goes with the ticks, else nothing. */
void ready_tick(struct ready *r);
void ready_up(struct ready *r,
              const char *status); /* READY=1, after starting and after reloading */
void ready_reloading(struct ready *r);
void ready_stopping(struct ready *r);
void ready_status(struct ready *r, const char *status); /* one line for `systemctl status` */
/* Frees it once the loop has run its closing callbacks. NULL is fine. */
void ready_close(struct ready *r);

#endif
