#include "plan/vacancy.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct vacancy vacancy_new(int64_t role_id, const char *slug, const char *title, const char *holder)
{
    return (struct vacancy){.role_id = role_id,
                            .slug = xstrdup(slug),
                            .title = xstrdup(title),
                            .holder = xstrdup(holder),
                            .first_on = DAY_NONE};
}

void vacancy_clear(struct vacancy *v)
{
    for (size_t i = 0; i < v->count; i++) {
        free(v->duties[i].about);
        free(v->duties[i].title);
    }
    free(v->duties);
    free(v->slug);
    free(v->title);
    free(v->holder);
    free(v->email);
    free(v->bounced);
    *v = (struct vacancy){.first_on = DAY_NONE};
}

void vacancy_add_duty(struct vacancy *v, const char *about, const char *title, day_t due_on,
                      bool window)
{
    v->duties = xgrow(v->duties, v->count, &v->cap, sizeof *v->duties);
    v->duties[v->count++] = (struct duty){xstrdup(about), xstrdup(title), due_on, window};
    v->first_on = day_earlier(v->first_on, due_on);
}

void vacancy_add_action(struct vacancy *v, day_t due_on)
{
    v->open++;
    v->actions += day_is(due_on);
    v->first_on = day_earlier(v->first_on, due_on);
}

int vacancy_order(const void *a, const void *b)
{
    const struct vacancy *x = a, *y = b;

    if (x->first_on.n == y->first_on.n)
        return strcmp(x->slug, y->slug);
    if (!day_is(x->first_on) || !day_is(y->first_on))
        return day_is(x->first_on) ? -1 : 1;
    return x->first_on.n < y->first_on.n ? -1 : 1;
}
