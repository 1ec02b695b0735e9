/*
 * windows: who hears of what is expected: a visit with nothing booked, a letter that is awaited.
 */
#ifndef CSID_ENGINE_WINDOWS_H
#define CSID_ENGINE_WINDOWS_H

#include "plan/deadline.h"
#include "store/role.h"

/* Whether the role hears of a window: it is the window's own, gets a copy, or is the programme
 * office. */
bool windows_concern(const struct deadline *d, const struct role *role);

#endif
