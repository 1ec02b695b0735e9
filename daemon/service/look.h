/*
 * look: what stands around a running csid: its configuration, disk, files and time zones. Reads,
 * changes nothing, and can be called in any thread as long as the configuration stays.
 */
#ifndef CSID_SERVICE_LOOK_H
#define CSID_SERVICE_LOOK_H

#include "api/api.h"
#include "service/config.h"

/* found(to, …) for each thing that is worth a line, good or bad; the text lives during the call and
 * says what to do where something is. `database` is the path of the open one. */
void look_around(const struct config *c, const char *database,
                 void (*found)(void *to, enum api_seen seen, enum api_health health,
                               const char *text),
                 void *to);

#endif
