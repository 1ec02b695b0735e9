/* Records: that the definitions are sane, that values, history, rules and references hold, and what
 * is said to be ahead; on a database of its own. */
#include "store_scratch.h"

#include <sqlite3.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/record.h"
#include "store/sql.h"

#define AT         \
    (utc_t)        \
    {              \
        1504254600 \
    }
#define MOST 8

/* ---- the definitions ---- */

static bool is_kind(const char *name)
{
    for (enum record_kind kind = 0; kind < RECORD_KINDS; kind++)
        if (strcmp(record_def(kind)->name, name) == 0)
            return true;
    return false;
}

static bool is_of(const struct record_def *def, const char *name, enum field_type type)
{
    for (size_t i = 0; i < def->count; i++)
        if (strcmp(def->fields[i].name, name) == 0)
            return def->fields[i].type == type;
    return false;
}

static bool is_limit(const struct record_def *def, const struct record_field *f)
{
    if (f->type == FIELD_REF)
        return is_kind(f->limit);
    if (!*f->limit)
        return f->need != NEED_SAME;
    if (f->type == FIELD_DAY)
        return strcmp(f->limit, f->name) != 0 && is_of(def, f->limit, FIELD_DAY);
    if (f->type == FIELD_TALLY)
        return is_of(def, f->limit, FIELD_TALLY) && strcmp(f->limit, f->name) != 0;
    if (f->type == FIELD_NUMBER)
        return strspn(f->limit, "0123456789") == strlen(f->limit);
    return f->type == FIELD_CODE &&
           strspn(f->limit, "abcdefghijklmnopqrstuvwxyz- ") == strlen(f->limit);
}

static void check_field(const struct record_def *def, size_t place)
{
    static const char *const taken[] = {"id", "version", "items", "changes", "notes", "hint"};
    const struct record_field *f = &def->fields[place];

    for (size_t i = 0; i < COUNT(taken); i++)
        assert_string_not_equal(f->name, taken[i]);
    for (enum record_kind kind = 0; kind < RECORD_KINDS; kind++) /* what stands under it */
        assert_string_not_equal(f->name, record_def(kind)->path);
    for (size_t i = 0; i < place; i++) {
        assert_string_not_equal(f->name, def->fields[i].name);
        assert_string_not_equal(f->option, def->fields[i].option);
    }
    assert_string_not_equal(f->option, "yes");
    assert_true(*f->heading && strlen(f->option) < 24);
    if (!is_limit(def, f))
        fail_msg("%s.%s: limit \"%s\"", def->name, f->name, f->limit);
    /* what stands behind `add` comes first, and goes by the field's own name */
    if (f->need == NEED_SUBJECT) {
        assert_true(place == 0 || def->fields[place - 1].need == NEED_SUBJECT);
        assert_string_equal(f->name, f->option);
    }
    if (f->need == NEED_SAME)
        assert_int_equal(f->type, FIELD_DAY);
}

static void test_definitions(void **state)
{
    (void)state;
    for (enum record_kind kind = 0; kind < RECORD_KINDS; kind++) {
        const struct record_def *def = record_def(kind);
        size_t either = 0, needed = 0;

        for (size_t i = 0; i < def->count; i++) {
            check_field(def, i);
            either += def->fields[i].need == NEED_EITHER;
            needed += def->fields[i].need == NEED_NEEDED || def->fields[i].need == NEED_SUBJECT;
        }
        assert_true(needed > 0); /* a record without a value could not be read */
        assert_int_not_equal(either, 1);
        for (enum record_kind other = 0; other < kind; other++)
            assert_string_not_equal(def->path, record_def(other)->path);
    }
    assert_string_equal(record_parent(RECORD_JUDGEMENT)->limit, "inspection");
    assert_string_equal(record_parent(RECORD_APPROVAL)->limit, "edition");
    assert_null(record_parent(RECORD_VISIT));
    assert_null(record_parent(RECORD_BOARD));
}

/* ---- writing ---- */

/* Sets fields by "name=value"; an empty value takes it away. */
static int put(enum record_kind kind, int64_t id, const char *const sets[MOST])
{
    struct record r = {.kind = kind};
    int rc;

    if (id)
        OK(record_find(s, kind, id, &r, &e));
    for (size_t i = 0; i < MOST && sets[i]; i++) {
        char *name = xstrndup(sets[i], strcspn(sets[i], "=")), **value = record_value(&r, name);
        const char *text = sets[i] + strlen(name) + 1;

        free(*value);
        *value = *text ? xstrdup(text) : NULL;
        free(name);
    }
    OK(store_begin(s, "test", AT, &e));
    rc = store_end(s, record_put(s, &r, &e), &e);
    record_clear(&r);
    return rc;
}

#define PUT(kind, id, ...) OK(put(kind, id, (const char *const[MOST]){__VA_ARGS__}))
#define REFUSED(wanted, kind, ...)                                                  \
    do {                                                                            \
        assert_int_equal(put(kind, 0, (const char *const[MOST]){__VA_ARGS__}), -1); \
        assert_int_equal(e.code, wanted);                                           \
    } while (0)

static int list_row(void *arg, const struct record *r)
{
    text_addf(arg, "%d v%d:", (int)r->id, (int)r->version);
    for (size_t i = 0; i < record_def(r->kind)->count; i++)
        if (r->values[i])
            text_addf(arg, " %s=%s", record_def(r->kind)->fields[i].name, r->values[i]);
    text_add(arg, "\n");
    return 0;
}

static void expect(enum record_kind kind, const char *expected)
{
    struct text t = TEXT_INIT;

    text_clear(&t);
    OK(record_each(s, kind, list_row, &t, &e));
    assert_string_equal(t.s, expected);
    text_free(&t);
}

static int history_row(void *arg, const struct record_change *c)
{
    assert_int_equal(c->recorded_at.s, AT.s);
    text_addf(arg, "%d %s %s=%s\n", (int)c->version, c->who, c->field->name,
              c->value ? c->value : "-");
    return 0;
}

static void expect_history(enum record_kind kind, int64_t id, const char *expected)
{
    struct text t = TEXT_INIT;

    text_clear(&t);
    OK(record_history(s, kind, id, history_row, &t, &e));
    assert_string_equal(t.s, expected);
    text_free(&t);
}

static int journal_row(void *arg, const struct journal_row *r)
{
    text_addf(arg, "%s %s -> %s\n", r->what, r->before ? r->before : "-", r->after);
    return 0;
}

static void test_values_and_history(void **state)
{
    struct text t = TEXT_INIT;

    (void)state;
    PUT(RECORD_BOARD, 0, "title=Board", "kind=board");
    PUT(RECORD_BOARD, 0, "title=Voice", "kind=Sub Group", "parent=1", "cycle=6w",
        "chair=Director of Children's Services");
    expect(RECORD_BOARD,
           "1 v1: title=Board kind=board\n"
           "2 v1: title=Voice kind=sub-group parent=board:1 chair=director cycle=6w\n");
    PUT(RECORD_BOARD, 2, "title=Voices", "cycle=", "purpose=To hear");
    PUT(RECORD_BOARD, 2, "title=Voices"); /* nothing new: no version, no row of the journal */
    PUT(RECORD_BOARD, 2, "cycle=3m");
    expect(RECORD_BOARD, "1 v1: title=Board kind=board\n"
                         "2 v3: title=Voices kind=sub-group parent=board:1 chair=director cycle=3m "
                         "purpose=To hear\n");
    expect_history(RECORD_BOARD, 2,
                   "1 test title=Voice\n1 test kind=sub-group\n1 test parent=board:1\n"
                   "1 test chair=director\n1 test cycle=6w\n"
                   "2 test title=Voices\n2 test cycle=-\n2 test purpose=To hear\n"
                   "3 test cycle=3m\n");
    expect_history(RECORD_BOARD, 3, "");
    expect_history(RECORD_VISIT, 2, "");
    text_clear(&t);
    OK(journal_each(s, UTC_NONE, "board:2", 0, 0, journal_row, &t, &e));
    assert_string_equal(
        t.s,
        "board.add board:2 - -> {\"id\":2,\"version\":1,\"title\":\"Voice\",\"kind\":\"sub-group\","
        "\"parent\":\"board:1\",\"chair\":\"director\",\"cycle\":\"6w\",\"purpose\":null}\n"
        "board.update board:2 {\"id\":2,\"version\":1,\"title\":\"Voice\",\"kind\":\"sub-group\","
        "\"parent\":\"board:1\",\"chair\":\"director\",\"cycle\":\"6w\",\"purpose\":null} -> "
        "{\"id\":2,\"version\":2,\"title\":\"Voices\",\"kind\":\"sub-group\",\"parent\":\"board:"
        "1\","
        "\"chair\":\"director\",\"cycle\":null,\"purpose\":\"To hear\"}\n"
        "board.update board:2 {\"id\":2,\"version\":2,\"title\":\"Voices\",\"kind\":\"sub-group\","
        "\"parent\":\"board:1\",\"chair\":\"director\",\"cycle\":null,\"purpose\":\"To hear\"} -> "
        "{\"id\":2,\"version\":3,\"title\":\"Voices\",\"kind\":\"sub-group\",\"parent\":\"board:"
        "1\","
        "\"chair\":\"director\",\"cycle\":\"3m\",\"purpose\":\"To hear\"}\n");
    text_free(&t);
}

/* Numbers count in each kind, and what failed leaves no gap and no row. */
static void test_numbers(void **state)
{
    (void)state;
    PUT(RECORD_VISIT, 0, "kind=peer", "from_on=2017-09-30");
    REFUSED(ERR_USAGE, RECORD_VISIT, "kind=pier", "from_on=2017-09-30");
    PUT(RECORD_INSPECTION, 0, "framework=sif", "from_on=2017-01-01", "to_on=2017-01-02");
    PUT(RECORD_VISIT, 0, "kind=monitoring", "number=007", "from_on=2017-09-29");
    expect(RECORD_VISIT, "2 v1: kind=monitoring number=7 from_on=2017-09-29 to_on=2017-09-29\n"
                         "1 v1: kind=peer from_on=2017-09-30 to_on=2017-09-30\n");
    expect(RECORD_INSPECTION, "1 v1: framework=sif from_on=2017-01-01 to_on=2017-01-02\n");
}

static void test_record_number(void **state)
{
    static const char *const faulty[] = {"",    "visit:",   "board:1",         "-1",  "1 ",
                                         " 1",  "visit:1x", "visit:-1",        "0x1", "+1",
                                         "1.0", "visit1",   "9999999999999999"};
    int64_t id;

    (void)state;
    OK(record_number(RECORD_VISIT, "2", &id, &e));
    assert_int_equal(id, 2);
    OK(record_number(RECORD_VISIT, "visit:17", &id, &e));
    assert_int_equal(id, 17);
    for (size_t i = 0; i < COUNT(faulty); i++) {
        assert_int_equal(record_number(RECORD_VISIT, faulty[i], &id, &e), -1);
        assert_int_equal(e.code, ERR_USAGE);
    }
}

/* ---- the rules ---- */

static void test_bad_values(void **state)
{
    static const char *const faulty[][3] = {
        {"from_on=2017-10-30"},
        {"kind=monitor", "from_on=2017-10-30"},
        {"kind=monitoring focused", "from_on=2017-10-30"},
        {"kind=-", "from_on=2017-10-30"},
        {"kind=peer", "from_on=2017-10-30", "number=five"},
        {"kind=peer", "from_on=2017-10-30", "number=0"},
        {"kind=peer", "from_on=2017-10-30", "number=-3"},
        {"kind=peer", "from_on=2017-10-30", "number= 5"},
        {"kind=peer", "from_on=2017-10-30", "number=10000"},
        {"kind=peer", "from_on=2017-10-30", "number=99999999999999999999"},
        {"kind=peer"}, /* neither booked nor expected */
        {"kind=peer", "to_on=2017-10-30"},
        {"kind=peer", "to_on=2017-10-30", "expected_from_on=2017-10-01"},
        {"kind=peer", "from_on=30/10/2017"},
        {"kind=peer", "from_on=2017-02-29"},
        {"kind=peer", "from_on=2017-10-30", "to_on=2017-10-29"},
        {"kind=peer", "expected_from_on=2017-10-30", "expected_to_on=2017-10-29"},
        {"kind=peer", "from_on=2017-10-30", "letter_received_on=2017-10-29"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(faulty); i++)
        REFUSED(ERR_USAGE, RECORD_VISIT, faulty[i][0], faulty[i][1], faulty[i][2]);
    REFUSED(ERR_USAGE, RECORD_BOARD, "title=A", "kind=board", "cycle=6");
    REFUSED(ERR_USAGE, RECORD_BOARD, "title=A", "kind=board", "cycle=0m");
    REFUSED(ERR_NOTFOUND, RECORD_BOARD, "title=A", "kind=board", "chair=nobody");
    REFUSED(ERR_USAGE, RECORD_INSPECTION, "framework=a/b", "from_on=2017-01-01",
            "to_on=2017-01-01");
    for (enum record_kind kind = 0; kind < RECORD_KINDS; kind++) {
        REFUSED(ERR_USAGE, kind, NULL);
        expect(kind, "");
    }
}

static void test_times(void **state)
{
    static const char *const faulty[] = {"at=24:00", "at=12:60",  "at=2pm",   "at=14",
                                         "at=14:5",  "at=14:000", "at=-1:00", "at=014:00",
                                         "at=14.00", "at=:00",    "at=14:00 "};

    (void)state;
    PUT(RECORD_BOARD, 0, "title=Board", "kind=board");
    for (size_t i = 0; i < COUNT(faulty); i++)
        REFUSED(ERR_USAGE, RECORD_MEETING, "board=1", "held_on=2017-09-22", faulty[i]);
    PUT(RECORD_MEETING, 0, "board=1", "held_on=2017-09-22", "at=9:30");
    PUT(RECORD_MEETING, 0, "board=1", "held_on=2017-09-23", "at=00:00", "place=Civic Centre");
    PUT(RECORD_MEETING, 0, "board=1", "held_on=2017-09-24", "at=23:59");
    expect(RECORD_MEETING, "1 v1: board=board:1 held_on=2017-09-22 at=09:30\n"
                           "2 v1: board=board:1 held_on=2017-09-23 at=00:00 place=Civic Centre\n"
                           "3 v1: board=board:1 held_on=2017-09-24 at=23:59\n");
}

/* Months, numbers with a point, and counts of which none is above what there is. */
static void test_figures(void **state)
{
    static const char *const faulty[][2] = {
        {"month=2017"},        {"month=2017-13"},  {"month=2017-09-01"}, {"month=Q3 2017"},
        {"month=ongoing"},     {"month=next"},     {"month=Sep 17"},     {"cases=-1"},
        {"cases=1.5"},         {"cases=10000000"}, {"good=1"}, /* of how many? */
        {"good=9", "cases=8"},
    };
    static const char *const bad_values[][3] = {
        {"count=1"},
        {"count=0"},
        {"count=5", "out_of=4"},
        {"out_of=4"},
        {"comparator=england"},
        {"value=1e3"},
        {"value=1,5"},
        {"value=61%"},
        {"value=12345678901"},
        {"value=1", "comparator=wales"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(faulty); i++)
        REFUSED(ERR_USAGE, RECORD_AUDIT, "kind=monthly", "planned_on=2017-09-01", faulty[i][0],
                faulty[i][1]);
    REFUSED(ERR_USAGE, RECORD_AUDIT, "kind=monthly"); /* for when? */
    PUT(RECORD_AUDIT, 0, "kind=deep dive", "planned_on=2017-10-02", "theme=Neglect");
    PUT(RECORD_AUDIT, 0, "kind=monthly", "month=September 2017", "cases=8", "good=0",
        "inadequate=8");
    PUT(RECORD_AUDIT, 0, "kind=monthly", "month=Feb 2016", "cases=0", "good=0");
    expect(RECORD_AUDIT, "3 v1: kind=monthly month=2016-02 cases=0 good=0\n"
                         "2 v1: kind=monthly month=2017-09 cases=8 good=0 inadequate=8\n"
                         "1 v1: kind=deep-dive planned_on=2017-10-02 theme=Neglect\n");
    REFUSED(ERR_NOTFOUND, RECORD_VALUE, "measure=1", "dated_on=2017-08-31", "value=1");
    PUT(RECORD_MEASURE, 0, "title=Timely", "frequency=1m", "polarity=Higher", "baseline=61.50",
        "target=-0");
    expect(RECORD_MEASURE,
           "1 v1: title=Timely frequency=1m polarity=higher baseline=61.5 target=0\n");
    for (size_t i = 0; i < COUNT(bad_values); i++)
        REFUSED(ERR_USAGE, RECORD_VALUE, "measure=1", "dated_on=2017-08-31", bad_values[i][0],
                bad_values[i][1]);
    PUT(RECORD_VALUE, 0, "measure=1", "dated_on=2017-08-31", "count=0", "out_of=0");
    PUT(RECORD_VALUE, 0, "measure=1", "dated_on=2017-07-31", "value=-007.10",
        "comparator=statistical neighbours");
    expect(RECORD_VALUE, "2 v1: measure=measure:1 dated_on=2017-07-31 value=-7.1 "
                         "comparator=statistical-neighbours\n"
                         "1 v1: measure=measure:1 dated_on=2017-08-31 count=0 out_of=0\n");
    REFUSED(ERR_USAGE, RECORD_RISK, "title=R", "likelihood=0", "impact=1");
    REFUSED(ERR_USAGE, RECORD_RISK, "title=R", "likelihood=5", "impact=6");
    PUT(RECORD_RISK, 0, "title=R", "likelihood=5", "impact=1");
}

/* The first value and the latest tell when it was added and last changed. */
static void test_added(void **state)
{
    struct record r;

    (void)state;
    PUT(RECORD_RISK, 0, "title=R", "likelihood=5", "impact=1");
    OK(record_find(s, RECORD_RISK, 1, &r, &e));
    free(*record_value(&r, "impact"));
    *record_value(&r, "impact") = xstrdup("2");
    OK(store_begin(s, "test", (utc_t){AT.s + 60}, &e));
    OK(store_end(s, record_put(s, &r, &e), &e));
    record_clear(&r);
    OK(record_find(s, RECORD_RISK, 1, &r, &e));
    assert_int_equal(r.added_at.s, AT.s);
    assert_int_equal(r.recorded_at.s, AT.s + 60);
    record_clear(&r);
}

static void test_titles(void **state)
{
    static const char *const titles[][2] = {
        {"kind=monitoring", "Monitoring visit 2"},
        {"kind=focused", "Focused visit 2"},
        {"kind=assurance", "Assurance visit 2"},
        {"kind=peer", "Peer visit 2"},
        {"kind=other", "Visit 2"},
        {"kind=annual engagement", "Annual engagement meeting 2"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(titles); i++) {
        struct record r;
        char *title;

        PUT(RECORD_VISIT, 0, titles[i][0], "number=2", "from_on=2017-10-30");
        OK(record_find(s, RECORD_VISIT, (int64_t)i + 1, &r, &e));
        assert_int_equal(r.recorded_at.s, AT.s);
        title = record_title(&r);
        assert_string_equal(title, titles[i][1]);
        free(title);
        record_clear(&r);
    }
}

/* Of an audit what it is of, of what has a title that. */
static void test_other_titles(void **state)
{
    static const struct {
        enum record_kind kind;
        const char *sets[4], *title;
    } table[] = {
        {RECORD_AUDIT, {"kind=monthly", "month=2017-09"}, "Monthly audit of Sep 2017"},
        {RECORD_AUDIT,
         {"kind=deep-dive", "planned_on=2016-02-29", "theme=Neglect"},
         "Deep dive audit of Feb 2016: Neglect"},
        {RECORD_AUDIT,
         {"kind=live", "planned_on=2017-10-05", "month=2017-09"},
         "Live audit of Sep 2017"},
        {RECORD_MEASURE, {"title=Timely", "frequency=1m", "polarity=higher"}, "Timely"},
        {RECORD_RISK, {"title=No money", "likelihood=1", "impact=5"}, "No money"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct record r = {.kind = table[i].kind};
        char *title;

        for (size_t k = 0; k < 4 && table[i].sets[k]; k++) {
            char *name = xstrndup(table[i].sets[k], strcspn(table[i].sets[k], "="));

            *record_value(&r, name) = xstrdup(table[i].sets[k] + strlen(name) + 1);
            free(name);
        }
        title = record_title(&r);
        assert_string_equal(title, table[i].title);
        free(title);
        record_clear(&r);
    }
}

static void test_windows(void **state)
{
    (void)state;
    PUT(RECORD_VISIT, 0, "kind=monitoring", "expected_from_on=2019-01-01",
        "expected_to_on=2019-01-31");
    expect(RECORD_VISIT,
           "1 v1: kind=monitoring expected_from_on=2019-01-01 expected_to_on=2019-01-31\n");
    PUT(RECORD_VISIT, 1, "from_on=2019-02-05"); /* booked, and not where it was expected */
    expect(RECORD_VISIT, "1 v2: kind=monitoring from_on=2019-02-05 to_on=2019-02-05 "
                         "expected_from_on=2019-01-01 expected_to_on=2019-01-31\n");
    PUT(RECORD_VISIT, 1, "from_on=", "to_on="); /* called off */
    expect(RECORD_VISIT,
           "1 v3: kind=monitoring expected_from_on=2019-01-01 expected_to_on=2019-01-31\n");
    assert_int_equal(put(RECORD_VISIT, 1, (const char *const[MOST]){"expected_from_on="}), -1);
    assert_int_equal(e.code, ERR_USAGE);
}

static void test_parents(void **state)
{
    (void)state;
    REFUSED(ERR_NOTFOUND, RECORD_JUDGEMENT, "inspection=1", "area=Leaders", "grade=good");
    PUT(RECORD_INSPECTION, 0, "framework=ilacs", "from_on=2021-12-06", "to_on=2021-12-17");
    REFUSED(ERR_USAGE, RECORD_JUDGEMENT, "inspection=visit:1", "area=Leaders", "grade=good");
    REFUSED(ERR_USAGE, RECORD_JUDGEMENT, "inspection=1", "area=Leaders");
    REFUSED(ERR_USAGE, RECORD_JUDGEMENT, "inspection=1", "grade=inadequate");
    REFUSED(ERR_USAGE, RECORD_JUDGEMENT, "inspection=1", "area=Leaders", "grade=poor");
    PUT(RECORD_JUDGEMENT, 0, "inspection=1", "area=Leaders", "grade=Requires improvement");
    PUT(RECORD_JUDGEMENT, 0, "inspection=inspection:1", "area=Care leavers", "finding=Weak");
    expect(RECORD_JUDGEMENT,
           "1 v1: inspection=inspection:1 area=Leaders grade=requires-improvement\n"
           "2 v1: inspection=inspection:1 area=Care leavers finding=Weak\n");
}

static void test_no_body_under_itself(void **state)
{
    (void)state;
    PUT(RECORD_BOARD, 0, "title=A", "kind=board");
    PUT(RECORD_BOARD, 0, "title=B", "kind=panel", "parent=1");
    PUT(RECORD_BOARD, 0, "title=C", "kind=panel", "parent=2");
    assert_int_equal(put(RECORD_BOARD, 1, (const char *const[MOST]){"parent=1"}), -1);
    assert_int_equal(e.code, ERR_USAGE);
    assert_int_equal(put(RECORD_BOARD, 1, (const char *const[MOST]){"parent=3"}), -1);
    assert_non_null(strstr(e.text, "under itself"));
    PUT(RECORD_BOARD, 3, "parent=1");
}

/* ---- as known by a time ---- */

static void expect_known(utc_t known_at, const char *expected)
{
    struct text t = TEXT_INIT;

    text_clear(&t);
    OK(record_each_known(s, RECORD_VISIT, known_at, list_row, &t, &e));
    assert_string_equal(t.s, expected);
    text_free(&t);
}

static void test_known(void **state)
{
    struct record r = {.kind = RECORD_VISIT};

    (void)state;
    PUT(RECORD_VISIT, 0, "kind=peer", "from_on=2017-08-08", "to_on=2017-08-09", "scope=All");
    OK(record_find(s, RECORD_VISIT, 1, &r, &e));
    free(*record_value(&r, "scope"));
    *record_value(&r, "scope") = NULL;
    *record_value(&r, "finding") = xstrdup("Better");
    OK(store_begin(s, "test", (utc_t){AT.s + 60}, &e));
    OK(store_end(s, record_put(s, &r, &e), &e));
    record_clear(&r);
    expect_known((utc_t){AT.s - 1}, "");
    expect_known(AT, "1 v2: kind=peer from_on=2017-08-08 to_on=2017-08-09 scope=All\n");
    expect_known((utc_t){AT.s + 59},
                 "1 v2: kind=peer from_on=2017-08-08 to_on=2017-08-09 scope=All\n");
    expect_known((utc_t){AT.s + 60},
                 "1 v2: kind=peer from_on=2017-08-08 to_on=2017-08-09 finding=Better\n");
    expect_known(UTC_NONE, "1 v2: kind=peer from_on=2017-08-08 to_on=2017-08-09 finding=Better\n");
}

/* ---- a database that another program has changed ---- */

static int no_row(void *arg, const struct record *r)
{
    (void)arg;
    fail_msg("%s %d is read", record_def(r->kind)->name, (int)r->id);
    return 1;
}

static void test_damaged(void **state)
{
    struct record r;

    (void)state;
    PUT(RECORD_INSPECTION, 0, "framework=ilacs", "from_on=2017-10-30", "to_on=2017-11-03");
    PUT(RECORD_JUDGEMENT, 0, "inspection=1", "area=Care", "grade=good");
    assert_int_equal(
        sqlite3_exec(sql_handle(s),
                     "DELETE FROM record_value WHERE kind = 'judgement' AND field = 'inspection'",
                     NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(record_each(s, RECORD_JUDGEMENT, no_row, NULL, &e), -1);
    assert_int_equal(e.code, ERR_STORAGE);
    assert_non_null(strstr(e.text, "judgement 1 has no inspection"));
    assert_int_equal(record_find(s, RECORD_JUDGEMENT, 1, &r, &e), -1);
    assert_int_equal(e.code, ERR_STORAGE);
}

/* ---- ahead ---- */

static int ahead_row(void *arg, const struct happening *h)
{
    char from[DAY_ISO], to[DAY_ISO];

    text_addf(arg, "%s %s %s..%s\n", h->about, h->title, day_iso(h->from_on, from),
              day_iso(h->to_on, to));
    return 0;
}

static void expect_ahead(const char *from, const char *expected)
{
    struct text t = TEXT_INIT;

    text_clear(&t);
    OK(record_ahead(s, day(from), ahead_row, &t, &e));
    assert_string_equal(t.s, expected);
    text_free(&t);
}

static void test_ahead(void **state)
{
    (void)state;
    PUT(RECORD_VISIT, 0, "kind=monitoring", "number=5", "from_on=2017-10-30", "to_on=2017-10-31");
    PUT(RECORD_VISIT, 0, "kind=peer", "from_on=2017-11-30");
    PUT(RECORD_VISIT, 0, "kind=monitoring", "from_on=2017-10-30");
    PUT(RECORD_VISIT, 0, "kind=monitoring", "expected_from_on=2017-11-01");
    PUT(RECORD_INSPECTION, 0, "framework=ilacs", "from_on=2017-10-30", "to_on=2017-11-03");
    PUT(RECORD_INSPECTION, 0, "framework=area-send", "from_on=2017-12-01", "to_on=2017-12-01");
    expect_ahead("2017-10-30", "inspection:1 ILACS inspection 2017-10-30..2017-11-03\n"
                               "visit:1 Monitoring visit 5 2017-10-30..2017-10-31\n"
                               "visit:3 Monitoring visit 2017-10-30..2017-10-30\n"
                               "inspection:2 Area send inspection 2017-12-01..2017-12-01\n");
    expect_ahead("2017-10-31", "inspection:2 Area send inspection 2017-12-01..2017-12-01\n");
    expect_ahead("2017-12-02", "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_definitions),
        TEST(test_values_and_history),
        TEST(test_numbers),
        cmocka_unit_test(test_record_number),
        TEST(test_bad_values),
        TEST(test_times),
        TEST(test_figures),
        TEST(test_added),
        TEST(test_titles),
        TEST(test_other_titles),
        TEST(test_windows),
        TEST(test_parents),
        TEST(test_no_body_under_itself),
        TEST(test_known),
        TEST(test_damaged),
        TEST(test_ahead),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
