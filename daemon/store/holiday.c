#include "store/holiday.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/journal.h"
#include "store/sql.h"

enum { Q_READ, Q_CLEAR, Q_ADD };
static const struct query queries[] = {
    [Q_READ] = {"SELECT day, name FROM holiday WHERE division = ? ORDER BY day", false},
    [Q_CLEAR] = {"DELETE FROM holiday WHERE division = ? AND day BETWEEN ? AND ?", false},
    [Q_ADD] = {"INSERT INTO holiday (division, day, name) VALUES (?, ?, ?)", false},
};
const struct query_table holiday_queries = {queries, COUNT(queries)};

int holiday_read(struct store *s, const char *division, struct holidays **ret, struct err *e)
{
    struct holidays *h = NULL;
    struct rows r;

    rows_start(&r, s, &queries[Q_READ], "t", division);
    while (rows_next(&r)) {
        const char *name = rows_text(&r, 1);
        day_t day = rows_day(&r, 0);

        if (!h)
            h = holidays_new(division);
        if (h && day_is(day))
            holidays_add(h, day, name ? name : "");
    }
    if (rows_end(&r, e) < 0) {
        holidays_free(h);
        return -1;
    }
    *ret = h;
    return 0;
}

/* {"2017-12-25":"Christmas Day", …}; NULL for no list. Caller frees. */
static char *as_json(const struct holidays *h)
{
    struct text t = TEXT_INIT;
    char iso[DAY_ISO];
    day_t day;

    if (!h)
        return NULL;
    for (size_t i = 0; i < holidays_count(h); i++) {
        const char *name = holidays_at(h, i, &day);

        text_addf(&t, "%s\"%s\":", i ? "," : "{", day_iso(day, iso));
        text_add_json(&t, name);
    }
    text_add(&t, "}");
    return text_take(&t);
}

static int replace(struct store *s, const struct holidays *list, struct err *e)
{
    const char *division = holidays_division(list);
    int cleared = 0, year, month, of_month;
    day_t day;

    for (size_t i = 0; i < holidays_count(list); i++) {
        const char *name = holidays_at(list, i, &day);

        day_to_ymd(day, &year, &month, &of_month);
        if (year != cleared && sql_run(s, &queries[Q_CLEAR], e, "tdd", division,
                                       day_from_ymd(year, 1, 1), day_from_ymd(year, 12, 31)) < 0)
            return -1;
        cleared = year;
        if (sql_run(s, &queries[Q_ADD], e, "tdt", division, day, name) < 0)
            return -1;
    }
    return 0;
}

int holiday_write(struct store *s, const struct holidays *list, struct err *e)
{
    const char *division = holidays_division(list);
    struct holidays *was = NULL, *is = NULL;
    char *before = NULL, *after = NULL;
    int rc = holiday_read(s, division, &was, e);

    if (rc == 0)
        rc = replace(s, list, e);
    if (rc == 0)
        rc = holiday_read(s, division, &is, e);
    before = as_json(was);
    after = as_json(is);
    if (rc == 0 && (!before || !after || strcmp(before, after) != 0))
        rc = journal_change(s, "holidays.import", division, before, after, e);
    free(before);
    free(after);
    holidays_free(was);
    holidays_free(is);
    return rc;
}
