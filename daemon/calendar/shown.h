/*
 * shown: how much of somebody's text a message repeats. Private to calendar/.
 */
#ifndef CSID_CALENDAR_SHOWN_H
#define CSID_CALENDAR_SHOWN_H

#include <string.h>

#define SHOWN_MAX 60

/* How many of the first `len` bytes of s to print with "%.*s": no more than SHOWN_MAX, and never
 * half a UTF-8 character. */
static inline int shown(const char *s, size_t len)
{
    size_t n = strnlen(s, len < SHOWN_MAX ? len : SHOWN_MAX);

    while (n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80)
        n--;
    return (int)n;
}

#endif
