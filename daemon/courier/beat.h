/*
 * beat: csid's sign of life, to an address that raises the alarm when it stays away. One call at a
 * time, with no row and no second try: the next one says the same. The address is a secret.
 */
#ifndef CSID_COURIER_BEAT_H
#define CSID_COURIER_BEAT_H

#include "courier/webhook.h"

struct beat;
/* Borrows both, which outlive it. */
struct beat *beat_open(struct web *web, const struct courier_ops *ops);
void beat_close(struct beat *b);
/* Takes over the endpoint; NULL: there is none. What another address answered is forgotten. */
void beat_aim(struct beat *b, struct endpoint *p);
/* False: there is no address, or a call is under way. */
bool beat_send(struct beat *b, bool failing);
const struct courier_beat *beat_state(const struct beat *b);

#endif
