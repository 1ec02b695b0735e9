/* The journal: every change, and whether its chain of hashes holds. */
#include "store/journal.h"

#include <stdlib.h>

#include "api/about.h"
#include "api/call.h"
#include "base/mem.h"

static const struct column columns[] = {
    {"seq", "SEQ", KIND_NUMBER, false},    {"at", "AT", KIND_TIME, false},
    {"who", "WHO", KIND_TEXT, false},      {"what", "WHAT", KIND_TEXT, true},
    {"before", "BEFORE", KIND_TEXT, true}, {"after", "AFTER", KIND_TEXT, true},
};
static const struct section list[] = {{NULL, "items", columns, COUNT(columns), "Nothing yet."}};
static const struct view list_view = {list, 1, 0};

static const struct column verify_columns[] = {
    {"rows", "Rows", KIND_NUMBER, false},
    {"intact", "Intact", KIND_YES, false},
};
static const struct section verify_sections[] = {
    {NULL, NULL, verify_columns, COUNT(verify_columns), NULL}};
static const struct view verify_view = {verify_sections, 1, 0};

/* before and after stand in the table as JSON text; a reader that takes JSON gets them as objects.
 */
static void put_snapshot(const struct call *c, json_t *row, const char *key, const char *text)
{
    json_t *value = text && c->form.name == FORM_JSON ? json_loads(text, 0, NULL) : NULL;

    if (value)
        json_object_set_new(row, key, value);
    else
        put_text(row, key, text);
}

static int put_entry(void *arg, const struct journal_row *r)
{
    struct page *page = arg;
    json_t *row = page_row(page, r->seq);

    if (!row)
        return 1;
    put_int(row, "seq", r->seq);
    put_text(row, "at", r->at);
    put_text(row, "who", r->who);
    put_text(row, "what", r->what);
    put_snapshot(page->call, row, "before", r->before);
    put_snapshot(page->call, row, "after", r->after);
    put_text(row, "hash", r->hash);
    return 0;
}

int api_journal_list(struct call *c, struct err *e)
{
    struct page page;
    char *about;
    utc_t since;
    int rc;

    if (call_instant(c, "since", UTC_NONE, &since, e) < 0 ||
        page_begin(c, &list_view, &page, e) < 0 || call_about(c, &about, e) < 0)
        return -1;
    rc = journal_each(c->api->store, since, about, page.after, page_rows(&page), put_entry, &page,
                      e);
    free(about);
    return rc;
}

int api_journal_verify(struct call *c, struct err *e)
{
    int64_t rows, broken;

    if (journal_verify(c->api->store, &rows, &broken, e) < 0)
        return -1;
    if (broken) {
        c->problem = json_object();
        put_int(c->problem, "rows", rows);
        put_int(c->problem, "broken", broken);
        return err_set(e, ERR_FAILED,
                       "the journal is broken at row %lld: what it says, or a row before it, was "
                       "changed outside csid; compare with a backup",
                       (long long)broken);
    }
    call_object(c, &verify_view);
    put_int(c->answer, "rows", rows);
    put_flag(c->answer, "intact", true);
    return 0;
}
