/* What an import refuses, each with its line and column, all at once and with nothing written; what
 * it only tells; and what hostile cells come to. */
#include "engine_import.h"

#define HEAD \
    "ref,part,priority,action,owner,owner_email,due,rating,status,completed,progress,start\n"

static const char *long_text(size_t n, const char *one)
{
    static char *kept[8];
    static size_t count;
    struct text t = TEXT_INIT;

    for (size_t i = 0; i < n; i++)
        text_add(&t, one);
    free(kept[count % COUNT(kept)]);
    return kept[count++ % COUNT(kept)] = text_take(&t);
}

/* ---- faults: nothing is written ---- */

static void test_faults(void **state)
{
    static const struct {
        const char *rows, *faults;
    } cases[] = {
        {",,1,A\n", "2 ref: the ref is missing\n"},
        {"1,,1,A\n\n\"2\",,1,\"B\nb\"\n ,,1,C\n", "6 ref: the ref is missing\n"},
        {"1,,1,\n", "2 action: the action's wording is missing\n"},
        {"1,a,1,\n1,b,1,\n",
         "2 action: the action's wording is missing\n3 : left out with line 2\n"},
        {"1,,,A\n", "2 priority: the priority's number is missing\n"},
        {"1,,high,A\n", "2 priority: \"high\" is no whole number from 1 to 999\n"},
        {"1,,0,A\n", "2 priority: \"0\" is no whole number from 1 to 999\n"},
        {"1,,1000,A\n", "2 priority: \"1000\" is no whole number from 1 to 999\n"},
        {"1,,-1,A\n", "2 priority: \"-1\" is no whole number from 1 to 999\n"},
        {"1,,1.5,A\n", "2 priority: \"1.5\" is no whole number from 1 to 999\n"},
        {"1,,Priority 1.2,A\n", "2 priority: \"Priority 1.2\" is no whole number from 1 to 999\n"},
        {"1,,99999999999999999999,A\n",
         "2 priority: \"99999999999999999999\" is no whole number from 1 to 999\n"},
        {"1,,1,A\n1,,1,B\n", "3 ref: 1 stands on line 2 already\n"},
        {"1,,1,A\n2,,1,B\n1,,1,C\n1,,1,D\n",
         "4 ref: 1 stands on line 2 already\n5 ref: 1 stands on line 4 already\n"},
        {"1,a,1,A\n1,b,1,A\n1,a,1,A\n", "4 part: 1 part a stands on line 2 already\n"},
        {"1,,1,A\n1,a,1,A\n", "2 part: 1 is split into parts on line 3: say which part this is\n"},
        {"1,,1,A,X,a@b.org\n2,,1,B,X,A@B.org\n3,,1,C,x,c@b.org\n",
         "4 owner_email: on line 2 x has another address, a@b.org\n"},
        {"1,,1,A,,,,,done\n",
         "2 status: \"done\" is no status; there are draft, agreed, in-progress, "
         "completion-proposed, complete, verified, embedded, suspended, superseded, cancelled\n"},
        {"1,,1,A,,,,red\n2,,1,B,,,,purple\n",
         "3 rating: \"purple\" is no rating of the scheme rag: red, amber, green\n"},
        {"1,,1,A,,,,,,,,,x\n", "2 : 13 cells, but there are 12 headings; the last holds \"x\"\n"},
        /* every cell that is wrong, in one go */
        {"1,,p,\"A\n\nA\",X,nobody,31/4/2017,red,done,2017-13-01,,1/2/17\n,,1,B\n",
         "2 completed: date \"2017-13-01\": there is no month 13*\n"
         "2 due: date \"31/4/2017\": there is no day 31: April 2017 has 30 days\n"
         "2 owner_email: \"nobody\" has no @\n"
         "2 priority: \"p\" is no whole number from 1 to 999\n"
         "2 start: date \"1/2/17\": the year needs four digits; *\n"
         "2 status: \"done\" is no status; *\n"
         "5 ref: the ref is missing\n"},
    };
    struct fixture *f = *state;
    struct import_options o = options("p", "2017-03-01");
    int before = written(f);

    for (size_t i = 0; i < COUNT(cases); i++) {
        char *csv = xasprintf(HEAD "%s", cases[i].rows), *faults;
        const char *want = cases[i].faults, *got;

        assert_int_equal(import_text(f, &o, csv), -1);
        assert_int_equal(e.code, ERR_REFUSED);
        got = faults = told(f->result.faults, f->result.fault_count);
        for (; *want; want++) /* '*' stands for the rest of a line */
            if (*want == '*')
                got = strchr(got, '\n');
            else if (*got++ != *want)
                fail_msg("case %zu says\n%snot\n%s", i, faults, cases[i].faults);
        assert_string_equal(got, "");
        assert_int_equal(f->result.change_count, 0);
        free(faults);
        free(csv);
    }
    assert_int_equal(written(f), before);
}

static void expect_fault(struct fixture *f, const char *row, const char *column, const char *said)
{
    struct import_options o = options("p", "2017-03-01");
    char *csv = xasprintf(HEAD "%s\n", row);

    assert_int_equal(import_text(f, &o, csv), -1);
    assert_int_equal(f->result.fault_count, 1);
    assert_int_equal(f->result.faults[0].line, 2);
    assert_string_equal(f->result.faults[0].column, column);
    if (!strstr(f->result.faults[0].reason, said))
        fail_msg("%s says: %s", row, f->result.faults[0].reason);
    free(csv);
}

static void test_addresses(void **state)
{
    static const char *const bad[] = {
        "nobody",
        "@x.org",
        "a@",
        "a@b@x.org",
        "a b@x.org",
        "a@x.org\r\nBcc: b@x.org",
        "a@x.org\n",
        "a\x01@x.org",
        "a@x.org\r",
        "\x7f@x.org",
        "a@x.org, b@x.org",
        "a@x.org;b@x.org",
        "\xc3\xa9@x.org",
        "a@x..org",
        "mailto:a@x.org",
        "Ann\nBob <a@x.org>",
        "Ann\x1b[31m <a@x.org>",
        "<a@x.org",
        "a@x.org>",
    };
    struct fixture *f = *state;
    int before = written(f);

    for (size_t i = 0; i < COUNT(bad); i++) {
        char *row = xasprintf("1,,1,A,X,\"%s\"", bad[i]);

        expect_fault(f, row, "owner_email", "");
        free(row);
    }
    assert_int_equal(written(f), before);
}

static void test_dates(void **state)
{
    static const struct {
        const char *due, *said;
    } bad[] = {
        {"2017-02-29", "there is no day 29"},
        {"31/04/2017", "there is no day 31"},
        {"04/31/2017", "day first"},
        {"09/26/2017", "day first, so write 26/9/2017"},
        {"1/2/17", "four digits"},
        {"Mar-17", ""},
        {"0000-00-00", ""},
        {"42795", ""},
        {"asap", ""},
        {"tomorrow", ""},
        {"+2w", ""},
        {"Q5 2016", "Q1 to Q4"},
        {"2017-06-30; 2017-07-30", ""},
        {"Late Spring 2011", ""},
        {"21/05/2012\n\nCOMPLETED", ""},
        {"Sept ember 2017", ""},
        {"99999-01-01", ""},
        {"'2017-01-01", ""},
    };
    static const struct {
        const char *due, *kept;
    } good[] = {
        {"2017-06-30", "day 2017-06-30 -"},
        {"30/6/2017", "day 2017-06-30 -"},
        {"30 June 2017", "day 2017-06-30 -"},
        {"Jun 2017", "month 2017-06-30 Jun 2017"},
        {"2017-06", "month 2017-06-30 2017-06"},
        {"End of Q3 2016", "quarter 2016-09-30 End of Q3 2016"},
        {"2016", "year 2016-12-31 2016"},
        {"ONGOING", "ongoing - ONGOING"},
        {"TBC", "none - TBC"},
        {"Jun\xc2\xa0"
         "2017",
         "month 2017-06-30 Jun 2017"},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(bad); i++) {
        char *row = xasprintf("1,,1,A,,,\"%s\"", bad[i].due);

        expect_fault(f, row, "due", bad[i].said);
        free(row);
    }
    for (size_t i = 0; i < COUNT(good); i++) {
        char *plan = xasprintf("p%zu", i), *csv = xasprintf(HEAD "1,,1,A,,,%s\n", good[i].due);
        struct import_options o = options(plan, "2017-03-01");

        import_clean_file(f, &o, csv);
        expect(f,
               "SELECT due_precision || ' ' || ifnull(due_on, '-') || ' ' || ifnull(due_text, '-') "
               "FROM entry ORDER BY part_id DESC",
               good[i].kept);
        import_clean_file(f, &o, csv);
        expect_counts(f, 0, 0, 1, 0);
        free(plan);
        free(csv);
    }
}

static void test_lengths(void **state)
{
    struct fixture *f = *state;
    struct import_options o = options("p", "2017-03-01");
    char *row = xasprintf("1,,1,%s", long_text(4001, "\xc3\xa9"));

    expect_fault(f, row, "action", "4001 characters; at most 4000 are kept");
    free(row);
    row = xasprintf("%s,,1,A", long_text(65, "1"));
    expect_fault(f, row, "ref", "65 characters; at most 64");
    free(row);
    row = xasprintf("%s,,1,A", long_text(33, "\xc3\xa9"));
    expect_fault(f, row, "ref", "at most 64 bytes");
    free(row);
    row = xasprintf("1,,1,A,%s", long_text(201, "x"));
    expect_fault(f, row, "owner", "201 characters");
    free(row);
    row = xasprintf(HEAD "1,,1,%s\n", long_text(4000, "\xc3\xa9"));
    import_clean_file(f, &o, row);
    expect(f, "SELECT length(title) FROM action", "4000");
    free(row);
}

static void test_too_many_parts(void **state)
{
    struct fixture *f = *state;
    struct import_options o = options("p", "2017-03-01");
    struct text t = TEXT_INIT;

    text_add(&t, HEAD);
    for (int i = 0; i < 27; i++)
        text_addf(&t, "1,p%02d,1,A\n", i);
    assert_int_equal(import_text(f, &o, t.s), -1);
    assert_int_equal(f->result.fault_count, 1);
    assert_int_equal(f->result.faults[0].line, 28);
    assert_string_equal(f->result.faults[0].reason, "1 has more than 26 parts");
    /* those that the plan has count too */
    t.len = strlen(t.s) - strlen("1,p26,1,A\n");
    t.s[t.len] = '\0';
    import_clean_file(f, &o, t.s);
    assert_int_equal(import_text(f, &o, HEAD "1,p26,1,A\n"), -1);
    assert_int_equal(f->result.fault_count, 1);
    assert_string_equal(f->result.faults[0].reason, "1 has more than 26 parts");
    text_free(&t);
}

/* ---- the table as a whole ---- */

static void test_tables(void **state)
{
    static const struct {
        const char *csv, *map, *said;
        enum err_code code;
    } cases[] = {
        {"", NULL, "the file is empty", ERR_REFUSED},
        {"action,due\nA,2017-01-01\n", NULL, "line 1 holds \"action\", \"due\"", ERR_REFUSED},
        {"\n\nref;action\n1;A\n", NULL, "not separated by commas", ERR_REFUSED},
        {"ref\taction\n1\tA\n", NULL, "not separated by commas", ERR_REFUSED},
        {"ref,action\n", NULL, "no row stands below the headings on line 1", ERR_REFUSED},
        {"ref,action,Due,DUE\n1,A,,\n", NULL, "two columns, \"Due\" and \"DUE\", are due",
         ERR_REFUSED},
        {"ref,action\n1,\"A\n", NULL, "line 2, column 2 (B): the quotation mark", ERR_REFUSED},
        {"ref,action\n1,A\n", "x", "map: \"x\" is not COLUMN=FIELD", ERR_USAGE},
        {"ref,action\n1,A\n", "x=", "map: \"x=\" is not COLUMN=FIELD", ERR_USAGE},
        {"ref,action\n1,A\n", "x=colour", "with a field out of ref, part, priority", ERR_USAGE},
        {"ref,action\n1,A\n", "When=due", "there is no column \"When=due\"", ERR_USAGE},
        {"no,what\n1,A\n", "no=ref", "no row of headings with ref and action", ERR_REFUSED},
        {"ref,action,priority,rating\n1,A,1,red\n2,B,1,limited\n3,C,1,pink\n4,D,1,red\n", NULL,
         "rag, the nearest, lacks \"limited\", \"pink\": correct them", ERR_REFUSED},
    };
    struct fixture *f = *state;
    int before = written(f);

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct import_options o = options("p", "2017-03-01");

        o.maps = &cases[i].map;
        o.map_count = cases[i].map != NULL;
        assert_int_equal(import_text(f, &o, cases[i].csv), -1);
        if (!strstr(e.text, cases[i].said) || e.code != cases[i].code)
            fail_msg("case %zu says: %s", i, e.text);
    }
    assert_int_equal(written(f), before);
}

static void test_options(void **state)
{
    static const struct {
        struct import_options o;
        enum err_code code;
        const char *said;
    } cases[] = {
        {{.plan = "not a slug"}, ERR_USAGE, "plan: \"not a slug\" is no short name"},
        {{.plan = "-"}, ERR_USAGE, "plan: "},
        {{.file = "???.csv"}, ERR_USAGE, "say --plan SLUG"},
        {{.file = NULL}, ERR_USAGE, "say --plan SLUG"},
        {{.plan = "p", .title = " \n"}, ERR_USAGE, "title"},
        {{.plan = "p", .scheme = "traffic"}, ERR_NOTFOUND, "no rating scheme \"traffic\""},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct import_options o = cases[i].o;

        o.as_at = day("2017-01-01");
        assert_int_equal(import_text(f, &o, "ref,action\n1,A\n"), -1);
        if (!strstr(e.text, cases[i].said) || e.code != cases[i].code)
            fail_msg("case %zu says: %s", i, e.text);
    }
}

/* The same row under headings as people write them. */
static void test_headings(void **state)
{
    static const struct {
        const char *head, *maps[3];
    } cases[] = {
        {"ref,action,priority,priority_title,owner_email,owner,due", {NULL}},
        {"REF,Action,Priority,Priority Title,Owner Email,OWNER,Due", {NULL}},
        {" Ref ,ACTION,priority,\"Priority\nTitle\",owner-email,owner,due", {NULL}},
        {"\xef\xbb\xbfRef,Action,Priority,priority -- title,Owner\xc2\xa0"
         "email,Owner,DUE",
         {NULL}},
        {"No.,What,Priority,PRIORITY__TITLE,owner_email,owner,By when",
         {"No.=ref", "WHAT=Action", "by_when=due"}},
        {"a=b,Action,Priority,Priority title,Owner email,owner,due", {"a=b=ref"}},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        char *plan = xasprintf("p%zu", i);
        char *csv = xasprintf("%s\n1.1,A,2,Help,h@x.org,Head,Dec 2017\n", cases[i].head);
        struct import_options o = options(plan, "2017-03-01");

        o.maps = cases[i].maps;
        while (o.map_count < 3 && cases[i].maps[o.map_count])
            o.map_count++;
        import_clean_file(f, &o, csv);
        expect(f,
               "SELECT a.ref || a.title || p.number || p.title || r.title || e.due_text FROM entry "
               "e JOIN part t ON t.id = e.part_id JOIN action a ON a.id = t.action_id JOIN "
               "priority p ON p.id = a.priority_id JOIN role r ON r.id = e.owner_id ORDER BY a.id "
               "DESC",
               "1.1A2HelpHeadDec 2017");
        expect(f, "SELECT email FROM person", "h@x.org");
        free(plan);
        free(csv);
    }
}

/* ---- what is told, and goes in ---- */

static void test_notes(void **state)
{
    static const struct {
        const char *csv, *notes;
    } cases[] = {
        {"ref,action,priority,Colour,,Notes\n1,A,1,blue,x,\n2,B,1,red,,\n",
         "1 Colour: not a column csid knows: its 2 filled cells are not kept (--map "
         "\"Colour\"=FIELD if it is one)\n"
         "1 Notes: not a column csid knows: its 0 filled cells are not kept (--map "
         "\"Notes\"=FIELD if it is one)\n"
         "1 column E: not a column csid knows: its 1 filled cells are not kept (--map \"column "
         "E\"=FIELD if it is one)\n"},
        {"Our plan\n\nref,action,priority\n1,A,1\n",
         "1 : what stands above the headings is not kept\n"},
        {"ref,action\n1,A\n2,B\n",
         "2 : there is no column priority: new actions go to priority 1\n"},
        {"ref,action,priority\n1,A,Priority 2\n2,B,P3\n3,C,4\n",
         "2 priority: \"Priority 2\" is read as 2, and what is like it below\n"},
        {"ref,action,priority,priority_title\n1,A,1,Help\n2,B,1,Support\n3,C,1,\n",
         "3 priority_title: on line 2 priority 1 is called \"Help\", which is kept\n"},
        {"ref,action,priority\n1,A\x1b[31m\x07\x7f,1\n",
         "2 action: 3 control characters became U+FFFD\n"},
        {"ref,action,priority,owner\n1,A,1,\"Head\x01 of\n A\xe2\x80\xae\"\n",
         "2 owner: 2 control characters became U+FFFD\n"},
        {"ref,action,priority,status,completed\n1,A,1,in progress,2017-01-01\n",
         "2 completed: \"2017-01-01\" is not kept: the status is in-progress\n"},
        {"ref,action,priority,status,completed\n1,A,1,complete,2027-01-01\n",
         "2 completed: it lies in the future\n"},
        {"ref,action,priority,start,status,completed\n1,A,1,Q2 2016,complete,Dec 2016\n"
         "2,B,1,TBC,,\n3,C,1,2016,,\n",
         "2 completed: \"Dec 2016\" is read as 31 Dec 2016\n"
         "2 start: \"Q2 2016\" is read as 1 Apr 2016\n"
         "3 start: \"TBC\" is no date and is not kept\n"
         "4 start: \"2016\" is read as 1 Jan 2016\n"},
        {"ref,part,action,priority\n1,a,A,1\n1,b,B,2\n",
         "3 action: another part of 1 has this differently on line 2; that one is kept\n"
         "3 priority: another part of 1 has this differently on line 2; that one is kept\n"},
        {"ref,action,priority,owner_email\n1,A,1,a@x.org\n",
         "2 owner_email: a@x.org belongs to no owner and is not kept\n"},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        char *plan = xasprintf("p%zu", i), *notes;
        struct import_options o = options(plan, "2017-03-01");
        int before;

        OK(import_text(f, &o, cases[i].csv));
        notes = told(f->result.notes, f->result.note_count);
        if (strcmp(notes, cases[i].notes) != 0)
            fail_msg("case %zu tells\n%snot\n%s", i, notes, cases[i].notes);
        before = written(f);
        OK(import_text(f, &o, cases[i].csv));
        assert_int_equal(f->result.change_count, 0);
        assert_int_equal(written(f), before);
        free(notes);
        free(plan);
    }
    expect(f, "SELECT start_on FROM action WHERE start_on LIKE '%04%'", "2016-04-01");
}

static void test_skip_bad(void **state)
{
    struct fixture *f = *state;
    struct import_options o = options("p", "2017-03-01");
    const char *csv = HEAD "1,a,1,A,,,2017-00-01,red\n"
                           "1,b,,,,,2017-12-01,red\n"
                           "2,a,1,B,,,2017-12-01,red\n"
                           "2,b,1,B,,,31/11/2017,red\n"
                           "3,,1,C,X,a@x.org,,red\n"
                           "4,,1,D,X,b@x.org,,red\n"
                           "3,,1,E,,,,red\n"
                           ",,1,F\n";
    char *faults;

    o.skip_bad = true;
    OK(import_text(f, &o, csv));
    expect_counts(f, 2, 0, 0, 0);
    faults = told(f->result.faults, f->result.fault_count);
    assert_string_equal(faults, "2 due: date \"2017-00-01\": there is no month 0\n"
                                "3 action: the action's wording is missing\n"
                                "3 priority: the priority's number is missing\n"
                                "5 due: date \"31/11/2017\": there is no day 31: November "
                                "2017 has 30 days\n"
                                "7 owner_email: on line 6 X has another address, a@x.org\n"
                                "8 ref: 3 stands on line 6 already\n"
                                "9 ref: the ref is missing\n");
    free(faults);
    expect(f, "SELECT group_concat(ref || title) FROM action", "2B,3C");
    expect(f, "SELECT group_concat(label) FROM part WHERE action_id = 1", "a");
    expect(f, "SELECT group_concat(email) FROM person", "a@x.org");
    OK(import_text(f, &o, csv));
    expect_counts(f, 0, 0, 2, 0);
}

/* ---- hostile cells ---- */

static void test_hostile(void **state)
{
    static const char *const cells[] = {
        "'; DROP TABLE action; --",
        "=cmd|' /C calc'!A0",
        "\xe2\x80\xaetxet desrever\xe2\x80\xac",
        "%s%n%p{}$(reboot)`x`",
        "</td><script>alert(1)</script>",
        "line\none\n\n.\r\ntwo\r\nFrom here",
        "{\"a\":\"\\u0000\"}",
        "a\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xf0\x9f\x98\x80\xe2\x80\x8d",
    };
    struct fixture *f = *state;
    struct import_options o = options("p", "2017-03-01");
    struct text t = TEXT_INIT;
    int before;

    text_add(&t, HEAD);
    for (size_t i = 0; i < COUNT(cells); i++) {
        struct text quoted = TEXT_INIT;

        for (const char *c = cells[i]; *c; c++)
            text_addf(&quoted, *c == '"' ? "\"\"" : "%c", *c);
        text_addf(&t, "\"%zu%s\",,1,\"%s\",\"%s\",,\"\",,,,\"%s\"\n", i, quoted.s, quoted.s,
                  quoted.s, quoted.s);
        text_free(&quoted);
    }
    OK(import_text(f, &o, t.s));
    expect_counts(f, COUNT(cells), 0, 0, 0);
    expect(f, "SELECT title FROM action", cells[0]);
    expect(f, "SELECT title FROM action ORDER BY id DESC", cells[COUNT(cells) - 1]);
    expect(f, "SELECT title FROM role WHERE title LIKE 'line%'", "line one . two From here");
    before = written(f);
    OK(import_text(f, &o, t.s));
    expect_counts(f, 0, 0, COUNT(cells), 0);
    assert_int_equal(written(f), before);
    text_free(&t);
}

/* A file with a fault in every cell is told up to a point, and counted. */
static void test_all_bad(void **state)
{
    struct fixture *f = *state;
    struct import_options o = options("p", "2017-03-01");
    struct text t = TEXT_INIT;

    text_add(&t, "ref,action,priority,due\n");
    for (int i = 0; i < 12000; i++)
        text_add(&t, "1,A,x,y\n");
    assert_int_equal(import_text(f, &o, t.s), -1);
    assert_int_equal(f->result.fault_count, 10001);
    assert_string_equal(f->result.faults[10000].reason, "and 25999 more");
    assert_string_equal(e.text, "35999 faults; nothing is imported");
    text_free(&t);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_faults),         TEST(test_addresses), TEST(test_dates),   TEST(test_lengths),
        TEST(test_too_many_parts), TEST(test_tables),    TEST(test_options), TEST(test_headings),
        TEST(test_notes),          TEST(test_skip_bad),  TEST(test_hostile), TEST(test_all_bad),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
