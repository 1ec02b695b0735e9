/*
 * spec: all that a schedule is but its name, in one text. It is kept with how far the schedule has
 * been decided: another text is another schedule, and the one before can still be read from it.
 */
#ifndef CSID_ENGINE_SPEC_H
#define CSID_ENGINE_SPEC_H

#include "engine/engine.h"

#define CATCHUP_WINDOW_MAX_S (INT64_C(400) * 86400)

/* "actions-overdue|30 8 * * 1-5|Europe/London", then what is not the default. Caller frees. */
char *spec_text(const struct engine *engine, const struct engine_schedule *sch);
/* When a schedule of this spec comes round. Caller frees *ret_zone. ERR_USAGE when nobody can say
 * any more: the zone is gone. */
int spec_read(const char *spec, struct cron *ret, struct zone **ret_zone, struct err *e);

/* "latest", "all", "none". */
const char *catchup_name(enum catchup kind);
int catchup_read(const char *s, enum catchup *ret, struct err *e);
/* A duration of at most 400 days. */
int catchup_window_read(const char *s, int64_t *ret_s, struct err *e);
int64_t catchup_window_default(enum catchup kind);

#endif
