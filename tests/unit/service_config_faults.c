/* csid.yaml: the texts of all faults and warnings, with their places. */
#include "tests/unit/service_config.h"

static const char base[] = "organisation: Bromley\nmail: {from: csi@bromley.example}\n";

static const struct fault_case whole_file[] = {
    {"", MISSING_ORGANISATION MISSING_FROM},
    {"# nothing\n", MISSING_ORGANISATION MISSING_FROM},
    {"---\n...\n", MISSING_ORGANISATION MISSING_FROM},
    {"\xef\xbb\xbf", MISSING_ORGANISATION MISSING_FROM},
    {"mail: {}\norganisation: B\n", MISSING_FROM},
    {"organisation: B\n", MISSING_FROM},
    {"mail: {from: a@b.example}\n", MISSING_ORGANISATION},
    {"just words", "1:1: the file is a text; it is to be lines of \"option: value\"\n"},
    {"\n- a\n", "2:1: the file is a list; it is to be lines of \"option: value\"\n"},
    {"organisation: B\nmail: [\n", "3:1: not YAML: *"},
    {"organisation: \"B\nmail: x\n", "3:1: not YAML: *"},
    {"organisation: B\n\tmail: x\n", "2:1: not YAML: *"},
    {"a: b\n---\nc: d\n", "2:1: a second document begins here; keep one and drop the '---'\n"},
    {"organisation: B\xff\n", "1:16: byte 0xff is not UTF-8; save the file as UTF-8\n"},
    {"# \xc3\xa9\r\n\r\xc3\xa9\xed\xa0\x80\n",
     "3:2: byte 0xed is not UTF-8; save the file as UTF-8\n"},
    {"a:\n b\x1b[31m\n", "2:3: character U+001B may not stand here; remove it\n"},
    {"a: \xef\xbb\xbf\n", "1:4: character U+FEFF may not stand here; remove it\n"},
    {"\xff\xfe"
     "a\n",
     "1:1: byte 0xff is not UTF-8; save the file as UTF-8\n"},
};

static void test_whole_file(void **state)
{
    (void)state;
    expect_each(whole_file, COUNT(whole_file), "", "");
    expect("a: b\n\0c", 7, "2:1: character U+0000 may not stand here; remove it\n", false);
}

static const struct fault_case keys_and_types[] = {
    {"databse: /x", "3:1: databse: unknown key; did you mean database?\n"},
    {"Database: /x", "3:1: Database: unknown key; did you mean database?\n"},
    {"from: a@b.example", "3:1: from: unknown key; did you mean mail.from?\n"},
    {"access: {viewers: []}", "3:10: access.viewers: unknown key; did you mean access.viewer?\n"},
    {"mail.url: maildir:/x",
     "3:1: mail.url: unknown key; remove it (csid --print-config lists all)\n"},
    {"\"so\\0cket\": /x", "3:1: so: unknown key; *"},
    {"? [a]\n: b", "3:3: a list stands where an option's name is to be\n"},
    {"<<: {database: /x}", "3:1: <<: unknown key; *"},
    {"organisation: Again", "3:1: organisation: is given twice, first in line 1; remove one\n"},
    {"access: {admin: [root], admin: []}",
     "3:25: access.admin: is given twice, first in line 3; remove one\n"},
    {"mail: {url: maildir:/x}", "3:1: mail: is given twice, first in line 2; remove one\n"},
    {"timezone: {a: b}",
     "3:11: timezone: is a mapping; it is to be a zone such as Europe/London\n"},
    {"timezone: [UTC]", "3:11: timezone: is a list; it is to be a zone such as Europe/London\n"},
    {"database:", "3:10: database: has no value; give a path, or remove it\n"},
    {"database: ~", "3:11: database: has no value; give a path, or remove it\n"},
    {"database: \"\"", "3:11: database: is empty; give a path\n"},
    {"database: csid.db", "3:11: database: \"csid.db\" is no whole path; begin it with /\n"},
    {"access: all", "3:9: access: is a text; it is to be a mapping of options\n"},
    {"access: {admin: root}",
     "3:17: access.admin: is a text; it is to be a list of users such as [root]\n"},
    {"access:\n  admin:\n    - root\n    - [root]\n    -\n",
     "6:7: access.admin: is a list; it is to be one text\n"
     "7:6: access.admin: has no value; give one text, or remove it\n"},
    {"access: {admin: [\"\", \"@\", \"a b\"]}",
     "3:18: access.admin: is empty; give a list of users such as [root]\n"
     "3:22: access.admin: \"@\" is neither a user's name nor @group\n"
     "3:27: access.admin: \"a b\" is neither a user's name nor @group\n"},
    {"webhooks: {a: b}", "3:11: webhooks: is a mapping; it is to be a list\n"},
    {"webhooks:", "3:10: webhooks: has no value; give a list, or remove it\n"},
    {"webhooks: [x]", "3:12: webhooks[1]: is a text; it is to be a mapping such as {name: …}\n"},
    {"database: \"/a\\nb\"",
     "3:11: database: has a line break or another control character in it; remove it\n"},
    {"database: \"/a\\0b\"",
     "3:11: database: has a line break or another control character in it; remove it\n"},
    {"database: \"/a\\u2028b\"",
     "3:11: database: has a line break or another control character in it; remove it\n"},
    {"socket_mode: 0999",
     "3:14: socket_mode: \"0999\" is no octal mode; write three digits such as 0660\n"},
    {"socket_mode: rw",
     "3:14: socket_mode: \"rw\" is no octal mode; write three digits such as 0660\n"},
    {"socket_mode: 4755",
     "3:14: socket_mode: \"4755\" sets more than permissions; the highest is 0777\n"},
    {"socket_mode: -660", "3:14: socket_mode: \"-660\" is no octal mode; *"},
    {"socket_group: \"@csi\"", "3:15: socket_group: is a group's name here; write it without @\n"},
    {"timezone: Europe/Londn", "3:11: timezone: *"},
    {"timezone: ../../../etc/passwd", "3:11: timezone: *"},
    {"bank_holidays: /nowhere/x.csv",
     "3:16: bank_holidays: /nowhere/x.csv cannot be read: No such file or directory\n"},
    {"bank_holidays: /tmp", "3:16: bank_holidays: /tmp is a directory; give the file\n"},
    {"zone: x\ntimezone: Moon/Sea\ndatabase: 5\n# \xc3\xa9\nmode: \xc3\xa9",
     "3:1: zone: unknown key; *"},
};

static void test_keys_and_types(void **state)
{
    (void)state;
    expect_each(keys_and_types, COUNT(keys_and_types), base, "");
    expect("organisation: ' '\nmail: {from: a@b.example}", 43,
           "1:15: organisation: is blank; write something or remove the line\n", false);
}

static const struct fault_case escalation[] = {
    {"escalation: \"\"", "4:15: reminders.escalation: is empty; give roles and working days, *"},
    {"escalation:", "4:14: reminders.escalation: has no value; give roles and working days, *"},
    {"escalation: []", "4:15: reminders.escalation: is a list; *"},
    {"escalation: owner",
     "4:15: reminders.escalation: \"owner\": wants a role and working days, *"},
    {"escalation: director +3",
     "4:15: reminders.escalation: begins with director: the first level is the owner, owner +1\n"},
    {"escalation: owner +1, director +0",
     "4:15: reminders.escalation: \"+0\" is no number of working days from 1 to 366\n"},
    {"escalation: \"owner +1,\\ndirector +2\"", "4:15: reminders.escalation: has a line break or "
                                                "another control character in it; remove it\n"},
    {"backlog_from: 2 Oct 2017",
     "4:17: reminders.backlog_from: \"2 Oct 2017\" is no date; write it as 2017-10-02\n"},
    {"backlog_from: 2017-02-29",
     "4:17: reminders.backlog_from: \"2017-02-29\" is no date; write it as 2017-10-02\n"},
    {"backlog_from: 2017-10-2", "4:17: reminders.backlog_from: \"2017-10-2\" is no date; *"},
    {"no_update_days: 0",
     "4:19: reminders.no_update_days: \"0\" is no number of days from 1 to 366\n"},
    {"no_update_days: 28d",
     "4:19: reminders.no_update_days: \"28d\" is no number of days from 1 to 366\n"},
    {"no_update_days: +7", "4:19: reminders.no_update_days: \"+7\" is no number of days *"},
    {"no_update_days: 4294967297",
     "4:19: reminders.no_update_days: \"4294967297\" is no number of days *"},
    {"no_update_days: \"\"", "4:19: reminders.no_update_days: is empty; give a number of days\n"},
    {"nothing_booked_days: 367",
     "4:24: reminders.nothing_booked_days: \"367\" is no number of days from 1 to 366\n"},
    {"nothing_booked_days: [7]", "4:24: reminders.nothing_booked_days: is a list; *"},
    {"nothing_booked: 7",
     "4:3: reminders.nothing_booked: unknown key; did you mean reminders.nothing_booked_days?\n"},
    {"backlog_form: 2017-10-02",
     "4:3: reminders.backlog_form: unknown key; did you mean reminders.backlog_from?\n"},
};

static void test_escalation(void **state)
{
    (void)state;
    expect_each(escalation, COUNT(escalation),
                "organisation: B\nmail: {from: a@b.example}\nreminders:\n  ", "\n");
}

static const struct fault_case mail[] = {
    {"url: smtp:relay",
     "3:8: mail.url: must begin with maildir:/, smtp://, smtps:// or notify+https://\n"},
    {"url: https://relay",
     "3:8: mail.url: must begin with maildir:/, smtp://, smtps:// or notify+https://\n"},
    {"url: maildir:mail",
     "3:8: mail.url: is to be maildir: and a whole path, such as maildir:/var/lib/csid/mail\n"},
    {"url: maildir://var/mail",
     "3:8: mail.url: is to be maildir: and a whole path, such as maildir:/var/lib/csid/mail\n"},
    {"url: smtp://", "3:8: mail.url: has no host name after //, such as relay.bromley.example\n"},
    {"url: smtp://re lay",
     "3:8: mail.url: has no host name after //, such as relay.bromley.example\n"},
    {"url: smtp://-relay",
     "3:8: mail.url: has no host name after //, such as relay.bromley.example\n"},
    {"url: smtp://a..b",
     "3:8: mail.url: has no host name after //, such as relay.bromley.example\n"},
    {"url: \"smtp://[::g]:25\"",
     "3:8: mail.url: has no host name after //, such as relay.bromley.example\n"},
    {"url: smtp://relay:0", "3:8: mail.url: has no port from 1 to 65535 after the last colon\n"},
    {"url: smtp://relay:65536",
     "3:8: mail.url: has no port from 1 to 65535 after the last colon\n"},
    {"url: \"smtp://relay:\"", "3:8: mail.url: has no port from 1 to 65535 after the last colon\n"},
    {"url: smtp://relay:25/x", "3:8: mail.url: has something after the host and port; remove it\n"},
    {"url: smtp://csi:hunter2@relay:25",
     "3:8: mail.url: has a user or password in it; secrets never stand in this file\n"},
    {"username: csi", "3:13: mail.username: needs a password: name its file as password_file\n"},
    {"password_file: good", "3:18: mail.password_file: needs mail.username, the user it "
                            "belongs to\n"},
    {"username: csi\n  password_file: nowhere",
     "4:18: mail.password_file: FOLDER/nowhere cannot be read: No such file or directory\n"},
    {"username: csi\n  password_file: .",
     "4:18: mail.password_file: FOLDER/. is a directory; give the file\n"},
    {"username: csi\n  password_file: empty",
     "4:18: mail.password_file: empty is empty; put the secret into it\n"},
    {"username: csi\n  password_file: newline",
     "4:18: mail.password_file: newline is empty; put the secret into it\n"},
    {"username: csi\n  password_file: nul", "4:18: mail.password_file: nul has NUL bytes in it\n"},
    {"username: csi\n  password_file: large",
     "4:18: mail.password_file: FOLDER/large is larger than 4096 bytes\n"},
    {"username: csi\n  password_file: pipe",
     "4:18: mail.password_file: pipe is empty; put the secret into it\n"},
    {"username: csi\n  password_file: ../x",
     "4:18: mail.password_file: \"../x\" is neither a whole path nor a bare name under "
     "$CREDENTIALS_DIRECTORY\n"},
    {"reply_to: nobody", "3:13: mail.reply_to: *"},
    {"administrator: a@b.example, c@d.example", "3:18: mail.administrator: *"},
    {"administrator: \"a@b.example\\r\\nBcc: c@d.example\"",
     "3:18: mail.administrator: has a line break or another control character in it; remove it\n"},
    {"proxy: https://proxy:3128", "3:10: mail.proxy: must begin with socks5h:// or http://\n"},
    {"proxy: socks5://proxy:1080", "3:10: mail.proxy: must begin with socks5h:// or http://\n"},
    {"proxy: http://csi:hunter2@proxy",
     "3:10: mail.proxy: has a user or password in it; secrets never stand in this file\n"},
    {"proxy: http://proxy/x",
     "3:10: mail.proxy: has something after the host and port; remove it\n"},
    {"connections: 0", "3:16: mail.connections: \"0\" is no number from 1 to 16\n"},
    {"connections: 17", "3:16: mail.connections: \"17\" is no number from 1 to 16\n"},
    {"connections: -1", "3:16: mail.connections: \"-1\" is no number from 1 to 16\n"},
    {"per_minute: -1", "3:15: mail.per_minute: \"-1\" is no number from 0 to 999999\n"},
    {"per_minute: 1e3", "3:15: mail.per_minute: \"1e3\" is no number from 0 to 999999\n"},
    {"per_minute: 1000000", "3:15: mail.per_minute: is 7 bytes long; at most 6 are read\n"},
    {"on_doubt: maybe", "3:13: mail.on_doubt: \"maybe\" is neither resend nor hold\n"},
    {"connections: 4x", "3:16: mail.connections: \"4x\" is no number from 1 to 16\n"},
    {"ca_file: /nowhere/ca.pem",
     "3:12: mail.ca_file: /nowhere/ca.pem cannot be read: No such file or directory\n"},
    {"ca_file: /etc/hostname", "3:12: mail.ca_file: /etc/hostname holds no certificates in PEM *"},
    {"bounce_to: 1234567890123456789012345678901@b.example",
     "3:14: mail.bounce_to: has more than 30 characters before the @; *"},
    {"bounce_to: nobody", "3:14: mail.bounce_to: *"},
    {"redirect_all_to: nobody", "3:20: mail.redirect_all_to: *"},
    {"from: a@b.example", "4:3: mail.from: is given twice, first in line 3; remove one\n"},
};

static void test_mail(void **state)
{
    (void)state;
    expect_each(mail, COUNT(mail), "organisation: B\nmail:\n  ", "\n  from: a@b.example\n");
}

static void test_senders(void **state)
{
    static const char *const refused[] = {
        "nobody",
        "Name <nobody>",
        "Name <a@>",
        "'@b.example'",
        "Name <a@b.example",
        "a@b@c.example",
        "\"Name <a@b.example>\\nBcc: <c@d.example>\"",
        "a@b.example x",
        "a@b.example <c@d.example",
        "''",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        const struct fault_case one = {refused[i], "2:14: mail.from: *"};

        expect_each(&one, 1, "organisation: B\nmail: {from: ", "}\n");
    }
}

static const struct fault_case heartbeats[] = {
    {"url: http://h.example/SECRET",
     "3:18: heartbeat.url: http goes only to networks listed under allow; write https, or list "
     "them\n"},
    {"url: https://u:SECRET@h.example/x",
     "3:18: heartbeat.url: has a user or password in it; secrets never stand in this file\n"},
    {"url: ftp://h.example/SECRET", "3:18: heartbeat.url: must begin with https://\n"},
    {"every: 59s", "3:20: heartbeat.every: is to be from 1m to 1d\n"},
    {"every: 1d1s", "3:20: heartbeat.every: is to be from 1m to 1d\n"},
    {"every: ''", "3:20: heartbeat.every: is empty; give a duration such as 5m\n"},
    {"allow: [all]",
     "3:20: heartbeat.allow: \"all\" is no network; write one as 10.1.0.0/16 or 10.1.2.3\n"},
    {"address: x", "3:13: heartbeat.address: unknown key; *"},
};

static void test_heartbeat(void **state)
{
    (void)state;
    expect_each(heartbeats, COUNT(heartbeats),
                "organisation: B\nmail: {from: a@b.example}\nheartbeat: {", "}\n");
}

static const struct fault_case webhooks[] = {
    {"{}",
     "3:12: webhooks[1].name: is missing; add a name, such as board-channel\n"
     "3:12: webhooks[1].url: is missing; add a URL, such as https://hooks.bromley.example/csi\n"
     "3:12: webhooks[1].secret_file: is missing: the standard format is signed, so name a file "
     "with the secret\n"},
    {"{name: a, url: https://h.example/s, format: xml, secret_file: good}",
     "3:56: webhooks[1].format: \"xml\" is no format that csid has; it is standard, cloudevents, "
     "teams or slack\n"},
    {"{name: a b, url: https://h.example, secret_file: good}",
     "3:19: webhooks[1].name: is to be 1 to 64 of a-z, 0-9 and -, no - at either end\n"},
    {"{name: -a, url: https://h.example, secret_file: good}",
     "3:19: webhooks[1].name: is to be 1 to 64 of a-z, 0-9 and -, no - at either end\n"},
    {"{name: a, url: https://h.example, secret_file: good}, {name: A, url: https://h.example, "
     "secret_file: good}",
     "3:73: webhooks[2].name: is the name of an entry before; choose another\n"},
    {"{name: a, url: ftp://h.example/SECRET, secret_file: good}",
     "3:27: webhooks[1].url: must begin with https://\n"},
    {"{name: a, url: https://u:SECRET@h.example/x, secret_file: good}",
     "3:27: webhooks[1].url: has a user or password in it; secrets never stand in this file\n"},
    {"{name: a, url: https:///SECRET, secret_file: good}",
     "3:27: webhooks[1].url: has no host name after //, such as relay.bromley.example\n"},
    {"{name: a, url: https://h.example/SE CRET, secret_file: good}",
     "3:27: webhooks[1].url: has blanks or characters beyond ASCII; write them as %XX\n"},
    {"{name: a, url: 'https://h.example/#SECRET', secret_file: good}",
     "3:27: webhooks[1].url: has a # part, which is never sent; remove it\n"},
    {"{name: a, url: http://h.example/SECRET, secret_file: good}",
     "3:27: webhooks[1].url: http goes only to networks listed under allow; write https, or list "
     "them\n"},
    {"{name: a, \"https://h.example/SECRET\": url, url: https://h.example, secret_file: good}",
     "3:22: webhooks[1].…: unknown key; remove it (csid --print-config lists all)\n"},
    {"{name: a, url: https://h.example, secret_file: bad-key}",
     "3:59: webhooks[1].secret_file: what follows whsec_ in that file is not base64\n"},
    {"{name: a, url: https://h.example, secret_file: good, allow: [10.0.0.0/33, '::1/129', 10.1, "
     "all/8, 10.0.0.0/8/8, \"fe80::/\"]}",
     "3:73: webhooks[1].allow: \"10.0.0.0/33\" is no network; write one as 10.1.0.0/16 or "
     "10.1.2.3\n"
     "3:86: webhooks[1].allow: \"::1/129\" is no network; *"},
    {"{name: a, url: https://h.example, secret_file: good, events: [csi.action.overdue, Overdue, "
     "csi.]}",
     "3:94: webhooks[1].events: \"Overdue\" is no event type; they look like csi.action.overdue\n"
     "3:103: webhooks[1].events: \"csi.\" is no event type; they look like csi.action.overdue\n"},
    {"{name: a, url: https://h.example, format: teams, previous_secret_file: good}",
     "3:83: webhooks[1].previous_secret_file: is the secret before secret_file, which is missing; "
     "name both\n"},
    {"{name: a, url: https://h.example, secret_file: good, previous_secret_file: bad-key}",
     "3:87: webhooks[1].previous_secret_file: what follows whsec_ in that file is not base64\n"},
    {"{name: a, url: https://h.example, secret_file: good, proxy: socks5://p.example:1080}",
     "3:72: webhooks[1].proxy: must begin with http:// or https://\n"},
    {"{name: a, url: https://h.example, secret_file: good, proxy: http://u:SECRET@p.example}",
     "3:72: webhooks[1].proxy: has a user or password in it; secrets never stand in this file\n"},
    {"{name: a, url: https://h.example, secret_file: good, proxy: http://p.example:3128/x}",
     "3:72: webhooks[1].proxy: has something after the host and port; remove it\n"},
    {"{name: a, url: https://h.example, secret_file: good, proxy: http://p.example:3128}",
     "3:72: webhooks[1].proxy: wants allow beside it: the host names that may be reached through "
     "it, such as [hooks.example.org] or [\"*.example.org\"]\n"},
    {"{name: a, url: https://h.example, secret_file: good, proxy: http://p.example:3128, allow: "
     "[10.0.0.0/8]}",
     "3:102: webhooks[1].allow: \"10.0.0.0/8\" is no host name; with a proxy write "
     "hooks.example.org or *.example.org\n"},
    {"{name: a, url: https://h.example, secret_file: good, proxy: http://p.example:3128, allow: "
     "[other.example]}",
     "3:27: webhooks[1].url: has a host that is not listed under allow; with a proxy that "
     "decides\n"},
    {"{name: a, url: http://h.example/SECRET, secret_file: good, proxy: http://p.example:3128, "
     "allow: [h.example]}",
     "3:27: webhooks[1].url: only https goes through a proxy; write https\n"},
    {"{name: a, url: https://h.example, secret_file: good, allow: [h.example]}",
     "3:72: webhooks[1].allow: \"h.example\" is no network; write one as 10.1.0.0/16 or "
     "10.1.2.3\n"},
    {"{name: a, url: https://h.example, secret_file: good, ca_file: /nowhere/ca.pem}",
     "3:74: webhooks[1].ca_file: /nowhere/ca.pem cannot be read: *"},
    {"{name: a, url: https://h.example, secret_file: good, ca_file: /etc/passwd}",
     "3:74: webhooks[1].ca_file: /etc/passwd holds no certificates in PEM (-----BEGIN "
     "CERTIFICATE-----)\n"},
    {"{name: a, url: https://h.example, secret_file: good, secret: SECRET}",
     "3:65: webhooks[1].secret: unknown key; *"},
};

static void test_webhooks(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(webhooks); i++)
        assert_null(strstr(webhooks[i].want, "SECRET"));
    expect_each(webhooks, COUNT(webhooks),
                "organisation: B\nmail: {from: a@b.example}\nwebhooks: [", "]\n");
}

static const struct fault_case schedules[] = {
    {"{name: a, check: deadlines}",
     "3:13: schedules[1].cron: is missing; add a cron expression, such as \"30 8 * * 1-5\"\n"},
    {"{name: a, check: deadline, cron: 0 8 * * 1}",
     "3:30: schedules[1].check: there is no check \"deadline\"; csid --print-config shows some\n"},
    {"{name: a, check: deadlines, cron: 61 * * * *}", "3:47: schedules[1].cron: *"},
    {"{name: a, check: deadlines, cron: 0 0 30 2 *}", "3:47: schedules[1].cron: *"},
    {"{name: a, check: deadlines, cron: \"@reboot\"}", "3:47: schedules[1].cron: *"},
    {"{name: a, check: deadlines, cron: 0 8 1 * 1}", "3:47: schedules[1].cron: *"},
    {"{name: a, check: deadlines, cron: [0, 8]}",
     "3:47: schedules[1].cron: is a list; it is to be a cron expression\n"},
    {"{name: a, check: deadlines, cron: 0 8 * * 1}, {name: b, check: deadlines, cron: 0 8 * * 1}, "
     "{name: a, check: visits-ahead, cron: 0 8 * * 2}",
     "3:112: schedules[3].name: is the name of an entry before; choose another\n"},
    {"{name: a, check: deadlines, cron: 0 8 * * 1, timezone: UTC}",
     "3:58: schedules[1].timezone: unknown key; remove it (csid --print-config lists all)\n"},
    {"{name: a, check: deadlines, cron: 0 8 1 * 1, dom_dow: xor}", "3:67: schedules[1].dom_dow: *"},
    {"{name: a, check: deadlines, cron: 0 8 * * 1, catchup: some}",
     "3:67: schedules[1].catchup: *"},
    {"{name: a, check: deadlines, cron: 0 8 * * 1, window: 401d}", "3:66: schedules[1].window: *"},
    {"{name: a, check: deadlines, cron: 0 8 * * 1, catchup: none, window: 1h}",
     "3:81: schedules[1].window: is for catchup: latest and all; nothing is caught up here\n"},
    {"{nam: a, chek: deadlines, cron: 0 8 * * 1}",
     "3:13: schedules[1].name: is missing; add a name, such as overdue\n"
     "3:13: schedules[1].check: is missing; add a check's name, such as actions-overdue\n"
     "3:14: schedules[1].nam: unknown key; did you mean schedules[1].name?\n"
     "3:22: schedules[1].chek: unknown key; did you mean schedules[1].check?\n"},
};

static void test_schedules(void **state)
{
    (void)state;
    expect_each(schedules, COUNT(schedules),
                "organisation: B\nmail: {from: a@b.example}\nschedules: [", "]\n");
}

/* Faults of different kinds in one file: all are told, in the file's order. */
static void test_all_at_once(void **state)
{
    static const struct fault_case one = {
        "timezone: Moon/Sea\nsocket: csid.sock\nmail:\n  url: ftp://x\n  form: a@b.example\n"
        "schedules:\n  - {name: a, check: x, cron: 0 8 * * 1}\nscheduls: []\n",
        MISSING_ORGANISATION MISSING_FROM "1:11: timezone: *"};
    char *got;

    (void)state;
    expect_each(&one, 1, "", "");
    got = outcome(file, false);
    assert_non_null(strstr(
        got, "\n2:9: socket: \"csid.sock\" is no whole path; begin it with /\n"
             "4:8: mail.url: must begin with maildir:/, smtp://, smtps:// or notify+https://\n"
             "5:3: mail.form: unknown key; did you mean mail.from?\n"
             "7:22: schedules[1].check: there is no check \"x\"; csid --print-config "
             "shows some\n8:1: scheduls: unknown key; did you mean schedules?\n"));
    free(got);
}

static void test_warnings(void **state)
{
    static const char yaml[] =
        "organisation: B\nmail: {from: a@b.example}\nsocket_group: no-such-group\n"
        "access: {admin: [root, no-such-user], viewer: [\"@no-such\", \"@root\"]}\n"
        "webhooks:\n- {name: a, url: https://h.example, format: slack, proxy: http://proxy,\n"
        "  allow: [h.example], events: [csi.action.overdu, csi.weather.outlook, csi.escalation]}\n"
        "- {name: b, url: https://h.example, format: slack, proxy: \"http://[fd00::1]\", allow: "
        "[h.example]}\n"
        "- {name: c, url: https://h.example, format: slack, proxy: https://proxy, allow: "
        "[h.example]}\n";

    (void)state;
    expect(yaml, strlen(yaml),
           "3:15: socket_group: there is no group \"no-such-group\" on this machine yet (groupadd "
           "makes "
           "one)\n"
           "4:24: access.admin: there is no user \"no-such-user\" on this machine yet\n"
           "4:48: access.viewer: there is no group \"no-such\" on this machine yet (groupadd makes "
           "one)\n"
           "6:59: webhooks[1].proxy: names no port, so that 1080 is called; write "
           "http://host:3128\n"
           "7:32: webhooks[1].events: csid has no event \"csi.action.overdu\": did you mean "
           "csi.action.overdue; see EVENTS in csid.yaml(5)\n"
           "7:51: webhooks[1].events: csid has no event \"csi.weather.outlook\"; see EVENTS in "
           "csid.yaml(5)\n"
           "8:59: webhooks[2].proxy: names no port, so that 1080 is called; write "
           "http://host:3128\n",
           true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_file),  cmocka_unit_test(test_keys_and_types),
        cmocka_unit_test(test_escalation),  cmocka_unit_test(test_mail),
        cmocka_unit_test(test_senders),     cmocka_unit_test(test_webhooks),
        cmocka_unit_test(test_schedules),   cmocka_unit_test(test_heartbeat),
        cmocka_unit_test(test_all_at_once), cmocka_unit_test(test_warnings),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
