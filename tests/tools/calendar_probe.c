/*
 * calendar_probe: asks the calendar what standard input says, one question a line with tabs between
 * the words, and answers each with one line. The tests put the same questions to others.
 *
 *   offsets ZONE FROM STEP COUNT          the offset at FROM, FROM + STEP, …
 *   walls ZONE DAY SECOND STEP COUNT      fit:first:second of the readings from there on
 *   changes ZONE FROM COUNT               the next changes
 *   cron ZONE FROM COUNT DOM_DOW EXPR     at:day:second:fold:reason of the times, or an error
 *   workday DIVISION DAY N                added:clear
 * Instants are seconds, days are days since 1970-01-01.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "calendar/cron.h"
#include "calendar/workday.h"

#define WORDS 6

static struct zone *zone; /* the one asked about last */
static struct holidays *holidays;
static char division[32];

static int use_zone(const char *name, struct err *e)
{
    if (zone && strcmp(zone_name(zone), name) == 0)
        return 0;
    zone_free(zone);
    zone = NULL;
    return zone_load(name, &zone, e);
}

static int offsets(char *const w[], struct err *e)
{
    int64_t from = atoll(w[2]), step = atoll(w[3]);

    if (use_zone(w[1], e) < 0)
        return -1;
    for (long i = 0; i < atol(w[4]); i++)
        printf("%d ", zone_offset(zone, (utc_t){from + i * step}));
    return 0;
}

static int walls(char *const w[], struct err *e)
{
    struct local l = {{atoi(w[2])}, atoi(w[3])};

    if (use_zone(w[1], e) < 0)
        return -1;
    for (long i = 0; i < atol(w[5]); i++) {
        utc_t first, second;
        enum zone_fit fit = zone_utc(zone, l, &first, &second);

        printf("%d:%lld:%lld ", fit, (long long)first.s, (long long)second.s);
        l.second += atoi(w[4]);
        l.day.n += l.second / 86400;
        l.second %= 86400;
    }
    return 0;
}

static int changes(char *const w[], struct err *e)
{
    utc_t t = {atoll(w[2])};

    if (use_zone(w[1], e) < 0)
        return -1;
    for (long i = 0; i < atol(w[3]); i++) {
        t = zone_next_change(zone, t);
        if (!utc_is(t))
            break;
        printf("%lld ", (long long)t.s);
    }
    return 0;
}

static int cron(char *const w[], struct err *e)
{
    enum cron_both both;
    struct cron_time t;
    struct cron c;

    if (use_zone(w[1], e) < 0 || cron_both_read(w[4], &both, e) < 0 ||
        cron_parse(w[5], both, &c, e) < 0)
        return -1;
    if (!cron_first(&c, zone, (utc_t){atoll(w[2])}, &t))
        return 0;
    for (long i = 0; i < atol(w[3]); i++) {
        printf("%lld:%d:%d:%d:%d ", (long long)t.at.s, t.nominal.day.n, t.nominal.second, t.fold,
               t.reason);
        if (!cron_next(&c, zone, &t, &t))
            break;
    }
    return 0;
}

static int workday(char *const w[], struct err *e)
{
    day_t d = {atoi(w[2])};
    int n = atoi(w[3]);

    if (strcmp(division, w[1]) != 0) {
        holidays_free(holidays);
        holidays = NULL;
        if (holidays_parse(holidays_builtin, strlen(holidays_builtin), w[1], &holidays, e) < 0)
            return -1;
        snprintf(division, sizeof division, "%s", w[1]);
    }
    printf("%d:%d", workday_add(holidays, d, n).n, workday_clear(holidays, d, n).n);
    return 0;
}

static const struct {
    const char *name;
    int words;
    int (*answer)(char *const w[], struct err *e);
} questions[] = {
    {"offsets", 5, offsets}, {"walls", 6, walls},     {"changes", 4, changes},
    {"cron", 6, cron},       {"workday", 4, workday},
};

static int answer(char *line, struct err *e)
{
    char *w[WORDS];
    int n = 0;

    for (char *word; n < WORDS && (word = strsep(&line, "\t")); n++)
        w[n] = word;
    for (size_t i = 0; i < COUNT(questions); i++)
        if (strcmp(w[0], questions[i].name) == 0 && n == questions[i].words)
            return questions[i].answer(w, e);
    return err_set(e, ERR_USAGE, "no such question");
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;

    while (getline(&line, &size, stdin) > 0) {
        struct err e;

        line[strcspn(line, "\n")] = '\0';
        if (answer(line, &e) < 0)
            printf("error: %s", e.text);
        putchar('\n');
    }
    free(line);
    zone_free(zone);
    holidays_free(holidays);
    return 0;
}
