/* The position against a naive reckoning of random histories that shares no code with csid. */
#include "plan_fixture.h"

#include "report/position.h"

static struct position position(struct fixture *f, day_t as_at, utc_t known_at)
{
    struct position p;

    OK(position_make(f->s, "test", as_at, known_at, &p, &e));
    return p;
}

#define ACTIONS 24
#define SAYINGS 500
#define DAYS    40

enum field { RATING, STATUS, DUE, FIELDS };
#define UNSAID INT32_MIN

struct entry {
    int action, label;
    day_t effective;
    int64_t recorded;
    int fields[FIELDS]; /* UNSAID, or index of the rating (-1 none), of the status, or the due day
                         */
};

struct oracle {
    struct entry entries[SAYINGS];
    int count;
};

static const char *const rating_words[] = {"red", "amber", "green", "blue"};
static const char *const status_words[] = {"agreed",     "in-progress", "completion-proposed",
                                           "complete",   "embedded",    "suspended",
                                           "superseded", "cancelled"};
enum { COMPLETE = 3, EMBEDDED, SUSPENDED, SUPERSEDED, CANCELLED };

/* Field by field: of those effective and recorded by then the latest effective, of one day the last
 * said. */
static int holds(const struct oracle *o, int action_, int label, enum field field, day_t as_at,
                 int64_t known_at)
{
    int value = UNSAID;
    int32_t best = INT32_MIN;

    for (int i = 0; i < o->count; i++) {
        const struct entry *n = &o->entries[i];

        if (n->action == action_ && n->label == label && n->fields[field] != UNSAID &&
            n->effective.n <= as_at.n && n->recorded <= known_at && n->effective.n >= best) {
            best = n->effective.n;
            value = n->fields[field];
        }
    }
    return value;
}

static bool known(const struct oracle *o, int action_, int label, day_t as_at, int64_t known_at)
{
    for (int field = 0; field < FIELDS; field++)
        if (holds(o, action_, label, (enum field)field, as_at, known_at) != UNSAID)
            return true;
    return false;
}

struct twelfths {
    int actions, due, overdue, unrated, counts[4];
};

static void reckon_part(const struct oracle *o, int action_, int label, int weight, day_t as_at,
                        int64_t known_at, struct twelfths *t)
{
    int rating = holds(o, action_, label, RATING, as_at, known_at);
    int status = holds(o, action_, label, STATUS, as_at, known_at);
    int due = holds(o, action_, label, DUE, as_at, known_at);
    bool open = status != COMPLETE && status != EMBEDDED && status != SUSPENDED;

    if (status == CANCELLED || status == SUPERSEDED)
        return;
    t->actions += weight;
    if (due == UNSAID || due > as_at.n)
        return;
    t->due += weight;
    if (due < as_at.n && open)
        t->overdue += weight;
    if (rating < 0)
        t->unrated += weight;
    else
        t->counts[rating] += weight;
}

/* Labels 0 (the whole), 1 to 3 (parts). */
static struct twelfths reckon(const struct oracle *o, int from, int step, day_t as_at,
                              int64_t known_at)
{
    struct twelfths t = {0};

    for (int a = from; a < ACTIONS; a += step) {
        int parts = 0;

        for (int label = 1; label <= 3; label++)
            parts += known(o, a, label, as_at, known_at);
        for (int label = 1; label <= 3; label++)
            if (known(o, a, label, as_at, known_at))
                reckon_part(o, a, label, 12 / parts, as_at, known_at, &t);
        if (parts == 0 && known(o, a, 0, as_at, known_at))
            reckon_part(o, a, 0, 12, as_at, known_at, &t);
    }
    return t;
}

static int twelve(struct fraction f)
{
    assert_int_equal(f.num * 12 % f.den, 0);
    return (int)(f.num * 12 / f.den);
}

static void compare_line(const struct position_line *l, const struct twelfths *t)
{
    assert_int_equal(twelve(l->actions), t->actions);
    assert_int_equal(twelve(l->due), t->due);
    assert_int_equal(twelve(l->overdue), t->overdue);
    assert_int_equal(twelve(l->unrated), t->unrated);
    for (int i = 0; i < 4; i++)
        assert_int_equal(twelve(l->counts[i]), t->counts[i]);
}

struct overdue {
    day_t as_at;
    int twelfths;
};

static int add_overdue(void *arg, const struct action *a)
{
    struct overdue *o = arg;
    int n = 0, over = 0;

    for (size_t i = 0; i < a->part_count; i++) {
        n += a->parts[i].known;
        over += a->parts[i].known && part_days_overdue(&a->parts[i], o->as_at) > 0;
    }
    assert_true(n > 0);
    assert_int_equal(over > 0, action_date_state(a, o->as_at) == DATE_OVERDUE);
    o->twelfths += 12 / n * over;
    return 0;
}

static void compare(struct fixture *f, const struct oracle *o, day_t as_at, int64_t known_at)
{
    utc_t known_utc = known_at == INT64_MAX ? UTC_NONE : (utc_t){known_at};
    struct position p = position(f, as_at, known_utc);
    struct twelfths all = reckon(o, 0, 1, as_at, known_at);
    struct action_query q = {.plan_id = f->plan.id, .as_at = as_at, .known_at = known_utc};
    struct overdue over = {as_at, 0};
    int sum = p.unrated_percent;

    compare_line(&p.all, &all);
    for (size_t i = 0; i < p.priority_count; i++) {
        struct twelfths one = reckon(o, (int)i, 3, as_at, known_at);

        compare_line(&p.priorities[i], &one);
    }
    for (int i = 0; i < 4; i++)
        sum += p.percents[i];
    assert_int_equal(sum, all.due ? 100 : 0);
    /* it adds up with the list of overdue actions */
    OK(action_each(f->s, &q, add_overdue, &over, &e));
    assert_int_equal(over.twelfths, all.overdue);
    position_clear(&p);
}

/* Says something at random; the oracle keeps what of it was news, as part_say promises. */
static void say_at_random(struct fixture *f, struct oracle *o, const int64_t *ids, unsigned *seed)
{
    static const char *const labels[] = {"", "a", "b", "c"};
    struct entry n = {.action = rand_r(seed) % ACTIONS,
                      .label = rand_r(seed) % 3 ? 0 : 1 + rand_r(seed) % 3,
                      .effective = day_add(on(3, 1), rand_r(seed) % DAYS),
                      .recorded = f->now,
                      .fields = {UNSAID, UNSAID, UNSAID}};
    struct said said = {.completed_on = DAY_NONE};
    bool news = false, changed;

    if (rand_r(seed) % 2)
        n.fields[RATING] = rand_r(seed) % 5 - 1;
    if (rand_r(seed) % 2)
        n.fields[STATUS] = rand_r(seed) % (int)COUNT(status_words);
    if (rand_r(seed) % 2)
        n.fields[DUE] = day_add(on(3, 1), rand_r(seed) % DAYS).n;
    if (n.fields[RATING] != UNSAID)
        said.rating = n.fields[RATING] < 0 ? "" : rating_words[n.fields[RATING]];
    if (n.fields[STATUS] != UNSAID)
        said.status = status_words[n.fields[STATUS]];
    if (n.fields[DUE] != UNSAID) {
        said.due = true;
        said.due_on = (day_t){n.fields[DUE]};
    }
    for (int i = 0; i < FIELDS; i++) {
        int was = holds(o, n.action, n.label, (enum field)i, n.effective, INT64_MAX);

        if (n.fields[i] == was || (i == RATING && n.fields[i] < 0 && was == UNSAID))
            n.fields[i] = UNSAID;
        news = news || n.fields[i] != UNSAID;
    }
    OK(part_say(f->s, &f->plan, ids[n.action], part(f, ids[n.action], labels[n.label]), &said,
                n.effective, &changed, &e));
    assert_int_equal(changed, news);
    if (news)
        o->entries[o->count++] = n;
}

static void test_against_naive(void **state)
{
    struct fixture *f = *state;
    struct oracle *o = xcalloc(1, sizeof *o);
    int64_t ids[ACTIONS], first;
    unsigned seed = 20170926;
    char ref[8];

    begin(f);
    for (int i = 0; i < ACTIONS; i++) {
        snprintf(ref, sizeof ref, "%d", i);
        ids[i] = add(f, ref, 1 + i % 3);
    }
    commit(f);
    first = f->now;
    for (int i = 0; i < SAYINGS;) {
        begin(f);
        for (int j = 1 + rand_r(&seed) % 8; j > 0 && i < SAYINGS; j--, i++)
            say_at_random(f, o, ids, &seed);
        commit(f);
    }
    for (int i = 0; i < 300; i++) {
        day_t as_at = day_add(on(2, 25), rand_r(&seed) % (DAYS + 10));
        int64_t span = f->now - first + 120;

        compare(f, o, as_at, i % 3 ? first + rand_r(&seed) % span : INT64_MAX);
    }
    assert_true(o->count > SAYINGS / 2);
    free(o);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_against_naive)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
