#include "plan/signoff.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/* What is to be done at a status, as typed; REF stands for the action. */
enum remedy { MAY, PROPOSE, APPROVE, VERIFY, EMBED, REOPEN, RESUME, NOTHING };
static const char *const remedies[] = {
    [PROPOSE] = "csictl action complete REF --evidence TITLE=LINK",
    [APPROVE] = "csictl action approve REF",
    [VERIFY] = "csictl action verify REF",
    [EMBED] = "csictl action embed REF",
    [REOPEN] = "csictl action reopen REF --why TEXT",
    [RESUME] = "csictl action update REF --status in-progress",
};

static const struct {
    const char *name;
    enum status to;
} moves[SIGNOFF_COUNT] = {
    [SIGNOFF_COMPLETE] = {"complete", STATUS_COMPLETION_PROPOSED},
    [SIGNOFF_APPROVE] = {"approve", STATUS_COMPLETE},
    [SIGNOFF_VERIFY] = {"verify", STATUS_VERIFIED},
    [SIGNOFF_EMBED] = {"embed", STATUS_EMBEDDED},
    [SIGNOFF_REOPEN] = {"reopen", STATUS_IN_PROGRESS},
};

/* By status, then by move: whether it may be made, else what is to be done there. */
static const enum remedy table[STATUS_COUNT][SIGNOFF_COUNT] = {
    /*                               complete approve  verify   embed    reopen */
    [STATUS_DRAFT] = {MAY, PROPOSE, PROPOSE, PROPOSE, PROPOSE},
    [STATUS_AGREED] = {MAY, PROPOSE, PROPOSE, PROPOSE, PROPOSE},
    [STATUS_IN_PROGRESS] = {MAY, PROPOSE, PROPOSE, PROPOSE, PROPOSE},
    [STATUS_COMPLETION_PROPOSED] = {APPROVE, MAY, APPROVE, APPROVE, MAY},
    [STATUS_COMPLETE] = {VERIFY, VERIFY, MAY, VERIFY, MAY},
    [STATUS_VERIFIED] = {EMBED, EMBED, EMBED, MAY, MAY},
    [STATUS_EMBEDDED] = {NOTHING, NOTHING, NOTHING, NOTHING, MAY},
    [STATUS_SUSPENDED] = {RESUME, RESUME, RESUME, RESUME, MAY},
    [STATUS_SUPERSEDED] = {REOPEN, REOPEN, REOPEN, REOPEN, MAY},
    [STATUS_CANCELLED] = {REOPEN, REOPEN, REOPEN, REOPEN, MAY},
};

const char *signoff_name(enum signoff m)
{
    return moves[m].name;
}

enum status signoff_to(enum signoff m)
{
    return moves[m].to;
}

bool signoff_may(enum signoff m, enum status from)
{
    return table[from][m] == MAY;
}

static char *typed(enum remedy r, const char *ref)
{
    const char *at = strstr(remedies[r], "REF");

    return xasprintf("%.*s%s%s", (int)(at - remedies[r]), remedies[r], ref, at + strlen("REF"));
}

char *signoff_refusal(enum signoff m, enum status from, const char *ref)
{
    enum remedy r = table[from][m];
    char *todo, *text;

    if (r == MAY)
        return NULL;
    if (r == NOTHING)
        return xasprintf("%s is %s: nothing is left to sign off", ref, status_name(from));
    todo = typed(r, ref);
    text = xasprintf("%s is %s%s: %s", ref, status_name(from),
                     m == SIGNOFF_REOPEN ? ", so it is open" : "", todo);
    /* its evidence may still be missing: that is no move */
    if (m == SIGNOFF_COMPLETE && (r == APPROVE || r == VERIFY || r == EMBED)) {
        free(todo);
        todo = text;
        text = xasprintf("%s; for more evidence csictl action update %s --evidence TITLE=LINK",
                         todo, ref);
    }
    free(todo);
    return text;
}

char *signoff_next(enum status at, const char *ref)
{
    for (int m = SIGNOFF_COMPLETE; m < SIGNOFF_REOPEN; m++)
        if (table[at][m] == MAY)
            return typed((enum remedy)(PROPOSE + m), ref);
    return NULL;
}

/* ---- who said that it is done ---- */

void signoff_claim_clear(struct signoff_claim *c)
{
    free(c->who);
    *c = (struct signoff_claim){0};
}

void signoff_note(struct signoff_claim *c, enum status status, const char *who)
{
    bool proposed = status == STATUS_COMPLETION_PROPOSED;

    if (!proposed && !status_is_complete(status)) { /* whatever was said before is taken back */
        signoff_claim_clear(c);
        return;
    }
    if (proposed || !c->who) {
        free(c->who);
        *c = (struct signoff_claim){xstrdup(who), proposed};
    }
}
