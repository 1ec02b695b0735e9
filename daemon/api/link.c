/* The page behind a link in a mail: what it is about, and a form that acknowledges it. Programs
 * that look at every link in a mail only get the page; only the form acknowledges. */
#include "notice/link.h"

#include <stdlib.h>
#include <string.h>

#include "api/hold.h"
#include "base/mem.h"
#include "engine/subject.h"
#include "store/meta.h"
#include "store/person.h"

static const struct column columns[] = {
    {"title", "What", KIND_TEXT, true},
    {"about", "Reference", KIND_TEXT, false},
    {"due_on", "Due", KIND_DAY, false},
    {"address", "Sent to", KIND_TEXT, false},
};
static const struct section sections[] = {{NULL, NULL, columns, COUNT(columns), NULL}};
static const struct view view = {sections, 1, 0};

/* A link that counts, and what it is about now. */
struct opened {
    struct link_read read;
    struct subject subject;
};

static void opened_clear(struct opened *o)
{
    link_clear(&o->read);
    subject_clear(&o->subject);
}

/* What is closed, or due on another day by now, the link is no longer for. */
static int find_subject(struct call *c, struct opened *o, struct err *e)
{
    const struct link *l = &o->read.link;

    if (subject_find(c->api->store, c->api->engine, l->about, l->due_on, c->when.today, &o->subject,
                     e) == 0)
        return 0;
    if (e->code == ERR_CONFLICT || e->code == ERR_NOTFOUND)
        e->code = ERR_GONE;
    return -1;
}

/* *ret is to be cleared, also on failure. */
static int open_link(struct call *c, struct opened *ret, struct err *e)
{
    char *secret;
    int rc;

    *ret = (struct opened){.subject = {.due_on = DAY_NONE}};
    if (meta_link_secret(c->api->store, &secret, e) < 0)
        return -1;
    rc = link_read(secret, call_text(c, "token"), c->api->now, &ret->read, e);
    free(secret);
    if (rc == 0)
        rc = ack_check_link(c->api->store, ret->read.used, e);
    return rc == 0 ? find_subject(c, ret, e) : -1;
}

/* The form posts to where the page came from; all that stands in it are days. */
static char *form(day_t today, day_t latest)
{
    char from[DAY_ISO], to[DAY_ISO];

    return xasprintf(
        "<form method=\"post\">\n"
        "<p><label for=\"back\">Mine, back on</label>\n"
        "<input id=\"back\" name=\"back\" type=\"date\" value=\"%s\" min=\"%s\" "
        "max=\"%s\" required></p>\n"
        "<p><label for=\"comment\">Comment, if any</label>\n"
        "<input id=\"comment\" name=\"comment\" type=\"text\" maxlength=\"1000\"></p>\n"
        "<p><button type=\"submit\">Acknowledge</button></p>\n"
        "</form>\n",
        day_iso(latest, to), day_iso(today, from), to);
}

int api_ack_page(struct call *c, struct err *e)
{
    struct opened o;
    day_t latest;
    json_t *out;
    int rc = open_link(c, &o, e);

    if (rc == 0) {
        latest = ack_latest(o.subject.due_on, c->when.today);
        out = call_object(c, &view);
        put_text(out, "title", o.subject.title);
        put_text(out, "about", o.read.link.about);
        put_day(out, "due_on", o.subject.due_on);
        put_text(out, "address", o.read.link.address);
        put_day(out, "latest", latest);
        c->ask = form(c->when.today, latest);
    }
    opened_clear(&o);
    return rc;
}

/* "by link: Isabel Moore <chair@board.example>"; the address alone where nobody has it now. */
static int signature(struct call *c, const char *address, char **ret, struct err *e)
{
    char *name;

    if (person_name_of(c->api->store, address, &name, e) < 0)
        return -1;
    *ret = name ? xasprintf("by link: %s <%s>", name, address) : xasprintf("by link: %s", address);
    free(name);
    return 0;
}

static int acknowledge(struct call *c, const struct opened *o, struct err *e)
{
    const char *comment = call_text(c, "comment");
    struct acknowledgement a = {
        .about = o->read.link.about,
        .due_on = o->subject.due_on,
        .person = o->read.link.address,
        .comment = comment && *comment ? comment : NULL,
        .link = o->read.used,
    };
    char *by;
    int rc;

    if (call_back(c, a.due_on, &a.back_on, e) < 0 || signature(c, a.person, &by, e) < 0)
        return -1;
    a.by = by;
    rc = answer_ack(c, &a, o->subject.title, e);
    free(by);
    return rc;
}

int api_ack_link(struct call *c, struct err *e)
{
    struct opened o;
    int rc = open_link(c, &o, e);

    if (rc == 0)
        rc = acknowledge(c, &o, e);
    opened_clear(&o);
    return rc;
}
