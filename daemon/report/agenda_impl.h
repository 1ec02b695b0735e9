/*
 * agenda_impl: what the parts of the agenda share: agenda.c, agenda_record.c for what comes from
 * records, and agenda_upkeep.c for what is to be kept up.
 */
#ifndef CSID_REPORT_AGENDA_IMPL_H
#define CSID_REPORT_AGENDA_IMPL_H

#include "report/agenda.h"

struct making {
    struct store *store;
    const struct agenda_query *q;
    struct agenda *agenda;
    char **stated; /* the records that state a window of their own: visit:4 */
    size_t stated_count, stated_cap;
};

/* One that lies on `on`, of nobody, with nothing said of it. */
struct agenda_item agenda_item_new(enum agenda_kind kind, int64_t id, day_t on);
/* Takes it over: onto the agenda if its days are within those asked for. */
void agenda_add(struct making *m, struct agenda_item item);
bool agenda_wants(const struct making *m, enum agenda_kind kind);
/* Whether the agenda is for everyone, or for this role (NULL: nobody). */
bool agenda_is_for(const struct making *m, const char *role);

int agenda_add_visits(struct making *m, struct err *e); /* inspections too */
int agenda_add_meetings(struct making *m, struct err *e);
int agenda_add_decisions(struct making *m, struct err *e);
int agenda_add_upkeep(struct making *m, struct err *e);

#endif
