#include "base/failpoint.h"

#ifdef CSID_FAILPOINTS
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

void failpoint(const char *name)
{
    static atomic_long passed;
    const char *wanted = getenv("CSID_FAILPOINT");
    size_t len = strlen(name);

    if (!wanted || strncmp(wanted, name, len) != 0 || (wanted[len] && wanted[len] != ':'))
        return;
    if (atomic_fetch_add(&passed, 1) + 1 == (wanted[len] ? strtol(wanted + len + 1, NULL, 10) : 1))
        raise(SIGKILL);
}
#endif
