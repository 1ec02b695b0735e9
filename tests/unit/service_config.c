/* csid.yaml: what is kept of a good file, the file that is printed, hostile files. */
#include "tests/unit/service_config.h"

static const char base[] = "organisation: Bromley\nmail: {from: csi@bromley.example}\n";

static void test_minimal(void **state)
{
    struct config_faults f;
    struct config *c;

    (void)state;
    put(file, base, strlen(base));
    c = config_read(file, known_check, &f);
    assert_non_null(c);
    assert_int_equal(f.faults.count + f.warnings.count, 0);
    assert_string_equal(c->file, file);
    assert_string_equal(c->organisation, "Bromley");
    assert_string_equal(c->timezone, "Europe/London");
    assert_string_equal(zone_name(c->zone), "Europe/London");
    assert_string_equal(c->socket, "/run/csid/csid.sock");
    assert_int_equal(c->socket_mode, 0660);
    assert_string_equal(c->socket_group, "");
    assert_string_equal(c->database, "/var/lib/csid/csid.db");
    assert_string_equal(c->bank_holidays, "");
    assert_non_null(workday_why_not(c->holidays, day_from_ymd(2017, 12, 25)));
    assert_int_equal(c->admin.count, 1);
    assert_string_equal(c->admin.items[0], "root");
    assert_int_equal(c->officer.count + c->viewer.count + c->webhook_count, 0);
    assert_string_equal(c->mail.url, "maildir:/var/lib/csid/mail");
    assert_string_equal(c->mail.username, "");
    assert_null(c->mail.password);
    assert_string_equal(c->reminders.escalation, "owner +1, line-manager +3, accountable +7, "
                                                 "improvement-board-chair +14, then every 1m");
    assert_int_equal(c->escalation.count, 4);
    assert_int_equal(c->policy.no_update_days, policy_usual().no_update_days);
    assert_int_equal(c->policy.nothing_booked_days, policy_usual().nothing_booked_days);
    assert_int_equal(c->escalation.every_months, 1);
    assert_false(day_is(c->backlog_from));
    assert_int_equal(c->schedule_count, check_count); /* each is run by one */
    assert_string_equal(c->schedules[3].name, "deadlines");
    assert_string_equal(c->schedules[0].cron, "30 8 * * 1-5");
    assert_int_equal(c->schedules[0].parsed.hours, 1 << 8);
    assert_int_equal(c->schedules[0].catchup_kind, CATCHUP_LATEST);
    assert_int_equal(c->schedules[0].window_s, 0);
    config_free(c);
    config_faults_free(&f);
}

static const char full[] =
    "organisation: \"Conwy \\u00e2 M\u00f4n\"\r\ntimezone: UTC\r\nsocket: /tmp/s\nsocket_mode: "
    "600\n"
    "socket_group: root\ndatabase: /tmp/d\naccess:\n  admin: []\n  officer: [\"@root\"]\n"
    "mail:\n  url: smtps://[::1]:465\n  from: Programme <csi@b.example>\n  reply_to: Desk "
    "<desk@b.example>\n"
    "  administrator: ops@b.example\n  username: csi\n  password_file: crlf\n"
    "webhooks:\n- name: Board-1\n  url: http://10.1.2.3:8080/hook?x=1\n  secret_file: good\n"
    "  allow: [10.1.2.3, \"fd00::/8\"]\n  events: [csi.escalation]\n"
    "- {name: b, url: https://h.example, secret_file: key, format: standard}\n"
    "reminders: {backlog_from: 2017-10-02, escalation: 'Owner+2 ,Director  +5', no_update_days: "
    "14,\n  nothing_booked_days: 366}\n"
    "heartbeat: {url: 'http://10.1.2.3/b?k=1', every: 1h30m, allow: [10.1.2.3]}\n"
    "schedules: []\n";

static void test_full(void **state)
{
    struct config_faults f;
    struct config *c;

    (void)state;
    put(file, full, strlen(full));
    c = config_read(file, known_check, &f);
    if (!c)
        fail_msg("%s", f.faults.items[0]);
    assert_int_equal(f.warnings.count, 0);
    assert_string_equal(c->organisation, "Conwy \u00e2 M\u00f4n");
    assert_int_equal(c->socket_mode, 0600);
    assert_int_equal(c->admin.count, 0);
    assert_string_equal(c->officer.items[0], "@root");
    assert_string_equal(c->mail.url, "smtps://[::1]:465");
    assert_string_equal(c->mail.from, "Programme <csi@b.example>");
    assert_string_equal(c->mail.reply_to, "desk@b.example");
    assert_string_equal(c->mail.administrator, "ops@b.example");
    assert_string_equal(c->mail.password, "pass word");
    assert_string_equal(c->reminders.escalation, "owner +2, director +5");
    assert_int_equal(c->escalation.levels[1].days, 5);
    assert_int_equal(c->policy.no_update_days, 14);
    assert_int_equal(c->policy.nothing_booked_days, 366);
    assert_int_equal(c->backlog_from.n, day_from_ymd(2017, 10, 2).n);
    assert_int_equal(c->webhook_count, 2);
    assert_string_equal(c->webhooks[0].name, "board-1");
    assert_string_equal(c->webhooks[0].format, "standard");
    assert_string_equal(c->webhooks[0].secret, "secret\n");
    assert_int_equal(c->webhooks[0].allow.count, 2);
    assert_string_equal(c->webhooks[0].events.items[0], "csi.escalation");
    assert_string_equal(c->webhooks[1].secret, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    assert_int_equal(c->webhooks[1].allow.count + c->webhooks[1].events.count, 0);
    assert_string_equal(c->heartbeat.url, "http://10.1.2.3/b?k=1");
    assert_int_equal(c->heartbeat.every_s, 5400);
    assert_int_equal(c->heartbeat.allow.count, 1);
    assert_int_equal(c->schedule_count, 0);
    config_free(c);
    config_faults_free(&f);
}

/* What --print-config prints is a good file, and the one that is shipped. */
static void test_printed(void **state)
{
    char *printed = NULL, *nothing;
    size_t len = 0, shipped_len;
    FILE *out = open_memstream(&printed, &len), *in = fopen("etc/csid.yaml", "r");
    char shipped[16384];

    (void)state;
    assert_non_null(in);
    config_print(out);
    fclose(out);
    shipped_len = fread(shipped, 1, sizeof shipped - 1, in);
    fclose(in);
    shipped[shipped_len] = '\0';
    assert_string_equal(printed, shipped);
    put(file, printed, len);
    nothing = outcome(file, true);
    assert_string_equal(nothing, "");
    free(nothing);
    free(printed);
}

static void test_no_file(void **state)
{
    char *path = xasprintf("%s/none.yaml", folder), *want, *got;

    (void)state;
    got = outcome(path, false);
    want = xasprintf("1:1: %s cannot be read: No such file or directory\n", path);
    assert_string_equal(got, want);
    free(got);
    free(want);
    free(path);
    got = outcome(folder, false);
    want = xasprintf("1:1: %s is a directory; give the file\n", folder);
    assert_string_equal(got, want);
    free(got);
    free(want);
    got = outcome("/dev/zero", false);
    assert_string_equal(got, "1:1: /dev/zero is larger than 1048576 bytes\n");
    free(got);
}

/* `head`, then `again` so often that the file has about a megabyte. */
static void expect_bomb(const char *head, const char *again, const char *want)
{
    struct text t = TEXT_INIT;

    text_add(&t, head);
    while (t.len + strlen(again) < 1024 * 1024)
        text_add(&t, again);
    expect(t.s, t.len, want, false);
    text_free(&t);
}

static void test_bombs(void **state)
{
    (void)state;
    alarm(60); /* whatever is quadratic ends here */
    expect("a: &a [x]\nb: &b [*a, *a]\n", 25,
           "1:4: anchors (&name) are not read; remove it\n"
           "2:4: anchors (&name) are not read; remove it\n"
           "2:8: aliases (*name) are not read; write the value out\n"
           "2:12: aliases (*name) are not read; write the value out\n",
           false);
    expect("a: !!binary x\n", 14, "1:4: tags (!name) are not read; remove it\n", false);
    expect_bomb("access: ", "[", "1:24: nested more than 16 deep\n");
    expect_bomb("access: ", "{a: ", "1:69: nested more than 16 deep\n");
    expect_bomb("", "- ", "1:33: nested more than 16 deep\n");
    expect_bomb("", "? ", "1:33: nested more than 16 deep\n");
    expect_bomb("", "[\n", "17:1: nested more than 16 deep\n");
    expect_bomb("", "a: &a b\n", "1:4: anchors*");
    expect_bomb("", "k: v\n", "1:1: k: unknown key; *");
    expect_bomb("", "organisation: B\n", "*");
    expect_bomb("access: {admin: [root", ", root", "*");
    expect_bomb("schedules: [a", ", {}", "*");
    expect_bomb("schedules:\n", "- {name: a, check: deadlines, cron: '* * * * *'}\n", "*");
    expect_bomb("organisation: ", "B",
                MISSING_FROM "1:15: organisation: is 1048561 bytes long; at most 200 are read\n");
    expect_bomb("", "B", "*");
    expect_bomb("\"", "\\x41", "*");
    expect_bomb("", "---\n", "2:1: a second document*");
    expect_bomb("", "# comment\n", MISSING_ORGANISATION MISSING_FROM);
    expect_bomb("", "\n", MISSING_ORGANISATION MISSING_FROM);
    expect_bomb("%YAML 1.1\n", "%TAG !a! !b\n", "*");
    alarm(0);
}

/* Past a thousand, faults are counted only. */
static void test_many_faults(void **state)
{
    struct config_faults f;
    struct text t = TEXT_INIT;

    (void)state;
    for (int i = 0; i < 1500; i++)
        text_addf(&t, "key%d: v\n", i);
    put(file, t.s, t.len);
    text_free(&t);
    assert_null(config_read(file, known_check, &f));
    assert_int_equal(f.faults.count, 1001);
    assert_non_null(strstr(f.faults.items[1000], ":1:1: and 502 more, not listed"));
    config_faults_free(&f);
}

/* Every file cut short anywhere is refused or read, never worse. */
static void test_truncated(void **state)
{
    (void)state;
    for (size_t len = 0; len <= strlen(full); len++) {
        struct config_faults f;
        struct config *c;

        put(file, full, len);
        c = config_read(file, known_check, &f);
        assert_int_equal(c == NULL, f.faults.count > 0);
        config_free(c);
        config_faults_free(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_minimal),   cmocka_unit_test(test_full),
        cmocka_unit_test(test_printed),   cmocka_unit_test(test_no_file),
        cmocka_unit_test(test_bombs),     cmocka_unit_test(test_many_faults),
        cmocka_unit_test(test_truncated),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
