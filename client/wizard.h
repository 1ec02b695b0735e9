/*
 * wizard: a dialogue or a file of answers, shown as csid takes it and written when confirmed.
 */
#ifndef CSICTL_WIZARD_H
#define CSICTL_WIZARD_H

#include "client/args.h"

/* The whole of a command of the kind WIZARD; an exit status. */
int wizard(const struct call *c);

#endif
