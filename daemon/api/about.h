/*
 * about: what a request means by the subject it names.
 */
#ifndef CSID_API_ABOUT_H
#define CSID_API_ABOUT_H

#include "api/call.h"

/* What `about` names, as notices and journal write it: "5.12" and "action:5.12" give
 * "bromley-2016:5.12", "deadline:CHAIR-QTR/2017Q4" (a rule and the day, month, quarter or year its
 * date lies in) "deadline:7"; anything else stays; NULL when not given. Caller frees. ERR_NOTFOUND,
 * ERR_CONFLICT: no deadline, or several are that. */
int call_about(const struct call *c, char **ret, struct err *e);

#endif
