#include "api/record_derived.h"

#include <stdlib.h>

#include "base/mem.h"

void put_decimal(json_t *o, const char *key, const char *text)
{
    struct fraction number;
    struct err none;

    if (text && fraction_parse(text, &number, &none) == 0)
        json_object_set_new(o, key, fraction_json(number));
    else
        put_text(o, key, text);
}

/* ---- measures ---- */

static const struct column measure_columns[] = {
    {"latest", "Latest", KIND_NUMBER, false},
    {"latest_on", "Latest of", KIND_DAY, false},
    {"standing", "Standing", KIND_TEXT, false},
};

static int load_measures(const struct call *c, struct derived *ret, struct err *e)
{
    return measures_latest(c->api->store, c->when.today, UTC_NONE, &ret->latest, e);
}

static void put_measure(json_t *o, const struct record *r, const struct derived *d)
{
    static const char *const standings[] = {
        [MEASURE_UNKNOWN] = NULL,
        [MEASURE_ON_TARGET] = "on-target",
        [MEASURE_OFF_TARGET] = "off-target",
    };
    const struct measure_latest *l = measures_latest_of(&d->latest, r->id);
    char figure[FRACTION_TEXT];

    put_decimal(o, "latest", l && l->there ? fraction_decimal(l->figure, 2, figure) : NULL);
    put_day(o, "latest_on", l ? l->dated_on : DAY_NONE);
    put_text(o, "standing", standings[measure_state(r, l)]);
}

/* ---- risks ---- */

static const struct column risk_columns[] = {{"score", "Score", KIND_NUMBER, false}};

static void put_risk(json_t *o, const struct record *r, const struct derived *d)
{
    struct record at = *r; /* shares the values */

    (void)d;
    put_int(o, "score",
            strtoll(*record_value(&at, "likelihood"), NULL, 10) *
                strtoll(*record_value(&at, "impact"), NULL, 10));
}

/* ---- every kind ---- */

static const struct {
    const struct column *columns;
    size_t count;
    int (*load)(const struct call *c, struct derived *ret, struct err *e); /* NULL: nothing */
    void (*put)(json_t *o, const struct record *r, const struct derived *d);
} kinds[RECORD_KINDS] = {
    [RECORD_MEASURE] = {measure_columns, COUNT(measure_columns), load_measures, put_measure},
    [RECORD_RISK] = {risk_columns, COUNT(risk_columns), NULL, put_risk},
};

int derived_load(const struct call *c, enum record_kind kind, struct derived *ret, struct err *e)
{
    *ret = (struct derived){0};
    return kinds[kind].load ? kinds[kind].load(c, ret, e) : 0;
}

void derived_clear(struct derived *d)
{
    measures_latest_clear(&d->latest);
}

const struct column *derived_columns(enum record_kind kind, size_t *ret_count)
{
    *ret_count = kinds[kind].count;
    return kinds[kind].columns;
}

void derived_put(json_t *o, const struct record *r, const struct derived *d)
{
    if (kinds[r->kind].put)
        kinds[r->kind].put(o, r, d);
}
