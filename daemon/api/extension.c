/* Later due dates: asked for, granted, refused. */
#include "store/extension.h"

#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "base/mem.h"
#include "store/action.h"
#include "store/role.h"

static const struct column columns[] = {
    {"id", "ID", KIND_NUMBER, false},          {"about", "ACTION", KIND_TEXT, false},
    {"part", "PART", KIND_TEXT, COLUMN_SPARE}, {"from_on", "DUE", KIND_DAY, false},
    {"to_on", "ASKED FOR", KIND_DAY, false},   {"asked_by", "BY", KIND_TEXT, false},
    {"state", "STATE", KIND_TEXT, false},      {"reason", "REASON", KIND_TEXT, true},
};
static const struct section list[] = {
    {NULL, "items", columns, COUNT(columns), "No extensions were asked for."}};
static const struct view list_view = {list, 1, 0};

static const struct column show_columns[] = {
    {"id", "Extension", KIND_NUMBER, false},
    {"about", "Action", KIND_TEXT, false},
    {"part", "Part", KIND_TEXT, false},
    {"title", "Title", KIND_TEXT, true},
    {"owner_title", "Owner", KIND_TEXT, true},
    {"from_on", "Due", KIND_DAY, false},
    {"to_on", "Asked for", KIND_DAY, false},
    {"reason", "Reason", KIND_TEXT, true},
    {"asked_on", "Asked on", KIND_DAY, false},
    {"asked_by", "By", KIND_TEXT, false},
    {"state", "State", KIND_TEXT, false},
    {"decided_on", "Decided on", KIND_DAY, false},
    {"decided_by", "Decided by", KIND_TEXT, false},
    {"why", "Why", KIND_TEXT, true},
};
static const struct section show_sections[] = {
    {NULL, NULL, show_columns, COUNT(show_columns), NULL}};
static const struct view show_view = {show_sections, 1, 0};

static void put_extension(json_t *o, const struct extension *x)
{
    put_int(o, "id", x->id);
    put_textf(o, "about", "%s:%s", x->plan, x->ref);
    put_text(o, "part", *x->part ? x->part : NULL);
    put_text(o, "title", x->title);
    put_text(o, "owner_title", x->owner);
    put_day(o, "from_on", x->from_on);
    put_day(o, "to_on", x->to_on);
    put_text(o, "reason", x->reason);
    put_day(o, "asked_on", x->asked_on);
    put_text(o, "asked_by", x->asked_by);
    put_text(o, "state", extension_state_name(x->state));
    put_day(o, "decided_on", x->decided_on);
    put_text(o, "decided_by", x->decided_by);
    put_text(o, "why", x->why);
}

static int put_item(void *arg, const struct extension *x)
{
    put_extension(put_row(arg), x);
    return 0;
}

int api_extension_list(struct call *c, struct err *e)
{
    const char *word = call_text(c, "state"), *words[EXTENSION_STATES];
    int parsed = word ? extension_state_parse(word) : 0;
    enum extension_state state = (enum extension_state)parsed;

    if (parsed < 0) {
        for (int i = 0; i < EXTENSION_STATES; i++)
            words[i] = extension_state_name((enum extension_state)i);
        return call_no_word(c, "state", words, EXTENSION_STATES, e);
    }
    return extension_each(c->api->store, word ? &state : NULL, put_item, call_items(c, &list_view),
                          e);
}

/* Makes it the answer; *ret is to be cleared. */
static int show(struct call *c, int64_t id, struct extension *ret, struct err *e)
{
    if (extension_find(c->api->store, id, ret, e) < 0)
        return -1;
    put_extension(call_object(c, &show_view), ret);
    return 0;
}

/* As the check extensions-waiting does from its next run on. */
static void tell_asked(struct call *c, const struct extension *x)
{
    bool both = x->accountable && strcmp(x->accountable, ROLE_OFFICE) != 0;

    call_told(c,
              "%s%s" ROLE_OFFICE ", in the next mail on what waits for a decision; somebody other "
              "than %s grants or refuses it",
              both ? x->accountable : "", both ? " and " : "", x->asked_by);
}

int api_action_extend(struct call *c, struct err *e)
{
    struct extension x;
    int64_t action, id;
    struct plan plan;
    day_t to;

    if (call_day_kept(c, "to", DAY_NONE, &to, e) < 0 ||
        action_find(c->api->store, call_text(c, "ref"), call_text(c, "plan"), &action, &plan, e) <
            0)
        return -1;
    plan_clear(&plan);
    if (extension_ask(c->api->store, action, call_text(c, "part"), to, call_text(c, "why"),
                      c->when.today, &id, e) < 0)
        return err_within(e, "%s", call_text(c, "ref"));
    if (show(c, id, &x, e) < 0)
        return -1;
    c->status = 201;
    call_changed_day(c, "asked for", x.from_on, x.to_on);
    put_textf(c->answer, "hint", "csictl extension grant %lld", (long long)id);
    tell_asked(c, &x);
    extension_clear(&x);
    return 0;
}

int api_extension_grant(struct call *c, struct err *e)
{
    struct extension x;
    int64_t id;

    if (call_number(c, "id", 0, &id, e) < 0 ||
        extension_grant(c->api->store, id, c->when.today, e) < 0 || show(c, id, &x, e) < 0)
        return -1;
    call_changed_day(c, "due", x.from_on, x.to_on);
    if (x.owner)
        call_told(c, "%s, when it is due next", x.owner);
    else
        call_told(c, "nobody: nobody owns it");
    extension_clear(&x);
    return 0;
}

int api_extension_refuse(struct call *c, struct err *e)
{
    char text[DAY_TEXT];
    struct extension x;
    int64_t id;

    if (call_number(c, "id", 0, &id, e) < 0 ||
        extension_refuse(c->api->store, id, call_text(c, "why"), c->when.today, e) < 0 ||
        show(c, id, &x, e) < 0)
        return -1;
    call_changed(c, "state", "asked", "refused");
    call_told(c, "nobody: it stays due on %s", day_long(x.from_on, text));
    extension_clear(&x);
    return 0;
}
