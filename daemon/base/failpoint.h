/*
 * failpoint: places at which a test lets csid die as if the power went. Absent unless built with
 * FAILPOINTS=1: then a SIGKILL at the place that $CSID_FAILPOINT names ("dot", or "dot:3" for the
 * third time it is passed).
 */
#ifndef CSID_BASE_FAILPOINT_H
#define CSID_BASE_FAILPOINT_H

#ifdef CSID_FAILPOINTS
/* Passes the place of that name; does not come back where a test says so. From any thread. */
void failpoint(const char *name);
#else
#define failpoint(name) ((void)0)
#endif

#endif
