/*
 * carry: gives the courier its sockets, timers and wake-ups out of the loop.
 */
#ifndef CSID_SERVICE_CARRY_H
#define CSID_SERVICE_CARRY_H

#include <uv.h>

#include "courier/courier.h"
#include "service/clock.h"

struct carry;

struct carry_ops {
    void *arg;
    void (*idle)(void *arg); /* on the loop, whenever something it carried has ended */
    /* See struct courier_ops. */
    bool (*writable)(void *arg);
    int (*why_not)(void *arg, const struct outbox_message *m, utc_t now, char **ret, struct err *e);
};

/* Opens a courier on the loop. Close with carry_close. */
int carry_open(uv_loop_t *loop, const struct courier_config *config, struct store *store,
               const struct clock *clock, const struct carry_ops *ops, struct carry **ret,
               struct err *e);
struct courier *carry_courier(struct carry *c);
/* Gives what is under way grace_ms, then frees; the loop must run its closing callbacks after it.
 */
void carry_close(struct carry *c, int grace_ms);

#endif
