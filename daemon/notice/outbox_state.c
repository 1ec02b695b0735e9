#include "notice/outbox_state.h"

#include <ctype.h>
#include <stddef.h>

#define TO(state) (1u << OUTBOX_##state)

static const struct {
    const char *name;
    unsigned next; /* one bit per state that may follow */
} states[OUTBOX_STATES] = {
    /* failed: a mail that may have arrived at a first try has come back, or one that went from the
     * machine this database is a copy of */
    [OUTBOX_QUEUED] = {"queued", TO(SENDING) | TO(FAILED) | TO(EXPIRED) | TO(CANCELLED) | TO(HELD) |
                                     TO(COLLAPSED)},
    /* back to queued: an attempt given back that never reached the network */
    [OUTBOX_SENDING] = {"sending", TO(QUEUED) | TO(ACCEPTED) | TO(RETRY) | TO(IN_DOUBT) |
                                       TO(FAILED) | TO(HELD)},
    /* failed: a mail that came back, or one for an address that turned out to be none; queued: only
     * an endpoint's, by hand, which may have lost what it took */
    [OUTBOX_ACCEPTED] = {"accepted", TO(FAILED) | TO(QUEUED)},
    [OUTBOX_RETRY] = {"retry", TO(SENDING) | TO(EXPIRED) | TO(CANCELLED) | TO(HELD) | TO(FAILED)},
    [OUTBOX_IN_DOUBT] = {"in-doubt",
                         TO(SENDING) | TO(EXPIRED) | TO(CANCELLED) | TO(HELD) | TO(FAILED)},
    [OUTBOX_FAILED] = {"failed", TO(QUEUED)},
    [OUTBOX_EXPIRED] = {"expired", TO(QUEUED) | TO(FAILED)},
    [OUTBOX_CANCELLED] = {"cancelled", TO(QUEUED) | TO(FAILED)},
    /* held: for another reason, which decides who lets it go */
    [OUTBOX_HELD] = {"held", TO(QUEUED) | TO(FAILED) | TO(EXPIRED) | TO(CANCELLED) | TO(HELD)},
    [OUTBOX_COLLAPSED] = {"collapsed", 0},
};

const char *outbox_state_name(enum outbox_state state)
{
    return states[state].name;
}

/* Whether the two are the same but for case, with blank, underscore and hyphen alike. */
static bool same_word(const char *a, const char *b)
{
    for (; *a && *b; a++, b++) {
        char x = (char)(*a == ' ' || *a == '_' ? '-' : tolower((unsigned char)*a));

        if (x != *b)
            return false;
    }
    return *a == *b;
}

int outbox_state_parse(const char *name)
{
    for (int i = 0; i < OUTBOX_STATES; i++) {
        if (same_word(name, states[i].name))
            return i;
    }
    return -1;
}

bool outbox_may_become(enum outbox_state from, enum outbox_state to)
{
    return states[from].next & 1u << to;
}
