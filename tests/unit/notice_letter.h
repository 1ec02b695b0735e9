/* What the tests of letters share: days, a footer, golden texts as a plain mail shows them, and
 * titles that are no titles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"
#include "notice/compose.h"
#include "notice/message.h"
#include "notice/plain.h"

#define RULE "----------------------------------------\n"

static const char *const hostile_titles[] = {
    "**bold** [link](http://x.example) <b>html</b> `code` # heading",
    "line one\r\nBcc: everyone@x.example\r\n\r\nline two",
    "- list\n- of things\n---\n",
    "\xe2\x80\xae reversed \x1b[31m red \x01",
    "\xff\xfe not UTF-8 \xc3",
    "1. first",
    "&amp; &lt;script&gt; \\",
    "***",
    " ",
};

static day_t day(const char *iso)
{
    day_t d;

    if (day_parse_iso(iso, &d) < 0)
        fail_msg("no date: %s", iso);
    return d;
}

/* Of the ORGANISATION that the test names before it includes this. */
static const struct compose_footer *footer(const char *roles, const char *reference,
                                           const char *next)
{
    static struct compose_footer f;

    f = (struct compose_footer){ORGANISATION, roles, reference, next ? day(next) : DAY_NONE, false};
    return &f;
}

static void expect(struct letter *l, const char *subject, const char *plain)
{
    char *text = plain_from_markdown(l->markdown);

    assert_string_equal(l->subject, subject);
    assert_string_equal(text, plain);
    free(text);
    letter_clear(l);
}
