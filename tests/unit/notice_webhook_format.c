/* The bodies of calls: every event in every format, and texts that would be read as more than text.
 * Whether they are JSON, and what they hold, tests/system/test_webhook_formats.py asks Python. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "notice/webhook_event.h"
#include "notice/webhook_format.h"

static struct webhook_call a_call(const struct webhook_item *items, size_t count)
{
    return (struct webhook_call){.id = "msg_1",
                                 .type = "csi.action.overdue",
                                 .organisation = "London Borough of Bromley",
                                 .plan = "bromley-2016",
                                 .check = "actions-overdue",
                                 .at = {1504254600},
                                 .today = day_from_ymd(2017, 9, 1),
                                 .count = count,
                                 .items = items,
                                 .item_count = count,
                                 .data = "{\"count\":2}"};
}

static void test_standard(void **state)
{
    struct webhook_call c = a_call(NULL, 0);
    char *s;

    (void)state;
    c.type = "csi.\"x\"\n";
    s = webhook_standard(&c);
    assert_string_equal(s, "{\"type\":\"csi.\\\"x\\\"\\n\",\"timestamp\":\"2017-09-01T08:30:00Z\","
                           "\"data\":{\"count\":2}}");
    free(s);
}

static void test_cloudevent(void **state)
{
    const struct webhook_item items[] = {{"5.12", "A", DAY_NONE, NULL}};
    struct webhook_call c = a_call(items, 1);
    char *s = webhook_cloudevent(&c);

    (void)state;
    assert_string_equal(s, "{\"specversion\":\"1.0\",\"id\":\"msg_1\","
                           "\"source\":\"/csid/London%20Borough%20of%20Bromley\","
                           "\"type\":\"csi.action.overdue\",\"subject\":\"5.12\","
                           "\"time\":\"2017-09-01T08:30:00Z\",\"datacontenttype\":"
                           "\"application/json\",\"data\":{\"count\":2}}");
    free(s);
    c.count = 2; /* not all of them are here */
    s = webhook_cloudevent(&c);
    assert_non_null(strstr(s, "\"subject\":\"bromley-2016\""));
    free(s);
    c.plan = NULL;
    s = webhook_cloudevent(&c);
    assert_non_null(strstr(s, "\"subject\":\"actions-overdue\""));
    free(s);
}

static void test_words(void **state)
{
    const struct webhook_item items[] = {{"5.12", "Title", day_from_ymd(2017, 8, 31), NULL},
                                         {NULL, "Visit", day_from_ymd(2017, 9, 3), "monitoring"},
                                         {"", "Role", DAY_NONE, "vacant"},
                                         {"x", "y", day_from_ymd(2017, 9, 1), ""},
                                         {"x", "y", DAY_NONE, NULL}};
    static const char *const names[] = {"5.12 Title", "Visit", "Role", "x y", "x y"};
    static const char *const whens[] = {"31 Aug 2017, 1 day over",
                                        "3 Sep 2017, in 2 days; monitoring", "vacant",
                                        "1 Sep 2017, today", NULL};
    struct webhook_call c = a_call(items, 165);
    char *s;

    (void)state;
    for (size_t i = 0; i < COUNT(items); i++) {
        s = webhook_name_of(&items[i]);
        assert_string_equal(s, names[i]);
        free(s);
        s = webhook_when_of(&items[i], c.today);
        if (whens[i])
            assert_string_equal(s, whens[i]);
        else
            assert_null(s);
        free(s);
    }
    s = webhook_headline(&c);
    assert_string_equal(s, "165 actions are overdue");
    free(s);
    s = webhook_context(&c);
    assert_string_equal(s, "London Borough of Bromley, bromley-2016, as at 1 Sep 2017");
    free(s);
    s = webhook_command(&c);
    assert_string_equal(s, "csictl action list --overdue --plan bromley-2016");
    free(s);
    s = webhook_more(&c, 10);
    assert_string_equal(s, "and 155 more");
    free(s);
    assert_null(webhook_more(&c, 165));
}

/* 500 characters of four bytes; text_one_line leaves one line. */
static void test_long_and_hostile(void **state)
{
    char title[2001];
    struct webhook_item item = {"5.12\n\x1b[31m", title, DAY_NONE, NULL};
    char *s;

    (void)state;
    for (size_t i = 0; i < 500; i++)
        memcpy(title + 4 * i, "\xf0\x9f\x90\x8c", 4);
    title[2000] = '\0';
    s = webhook_name_of(&item);
    assert_true(utf8_valid(s, strlen(s)));
    assert_null(strpbrk(s, "\n\x1b"));
    assert_true(utf8_count(s) <= 300);
    assert_string_equal(s + strlen(s) - 3, "…");
    free(s);
}

/* However much the plan holds. */
static void test_card_stays_small(void **state)
{
    struct webhook_item items[50];
    char title[4001], name[2001];
    struct webhook_call c;

    (void)state;
    for (size_t i = 0; i < 1000; i++)
        memcpy(title + 4 * i, "\xf0\x9f\x90\x8c", 4);
    title[4000] = '\0';
    memset(name, '"', sizeof name); /* each is two bytes in JSON */
    name[2000] = '\0';
    for (size_t i = 0; i < COUNT(items); i++)
        items[i] = (struct webhook_item){title, title, day_from_ymd(2017, 1, 1), title};
    c = a_call(items, COUNT(items));
    c.count = 1000000;
    c.organisation = name;
    for (size_t round = 0; round < 2; round++) {
        char *s = webhook_card(&c);

        assert_true(strlen(s) <= WEBHOOK_CARD_MAX);
        assert_true(strlen(s) > WEBHOOK_CARD_MAX / 3);
        assert_non_null(strstr(s, "more\""));
        assert_non_null(strstr(s, "csictl action list"));
        free(s);
        c.items = items;
        for (size_t i = 0; i < COUNT(items); i++)
            items[i].title = name;
    }
}

static void test_every_event_in_every_format(void **state)
{
    const struct webhook_item items[] = {{"5.12", "A <b> & *c*", day_from_ymd(2017, 8, 1), "n"}};

    (void)state;
    for (size_t i = 0; i < webhook_event_count; i++) {
        for (size_t f = 0; f < webhook_format_count; f++) {
            struct webhook_call c = a_call(items, 1);
            char *s;

            c.type = webhook_events[i].type;
            s = webhook_formats[f].body(&c);
            if (webhook_formats[f].body == webhook_standard ||
                webhook_formats[f].body == webhook_cloudevent)
                assert_non_null(strstr(s, webhook_events[i].type));
            else
                assert_non_null(strstr(s, webhook_events[i].one));
            free(s);
        }
    }
    assert_null(webhook_event_find("csi.nothing"));
    assert_null(webhook_format_find("Teams"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_standard),
        cmocka_unit_test(test_cloudevent),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_long_and_hostile),
        cmocka_unit_test(test_card_stays_small),
        cmocka_unit_test(test_every_event_in_every_format),
    };

    return cmocka_run_group_tests_name("notice_webhook_format", tests, NULL, NULL);
}
