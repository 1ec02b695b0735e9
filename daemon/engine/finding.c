#include "engine/finding.h"

#include <stdlib.h>

#include "base/mem.h"

void finding_note(struct check_run *run, const char *about, day_t due_on, const char *what)
{
    struct finding_list *l = run->found;

    run->result.findings++;
    if (!l)
        return;
    l->items = xgrow(l->items, l->count, &l->cap, sizeof *l->items);
    l->items[l->count++] = (struct finding){xstrdup(about), xstrdup(what), due_on};
}

bool finding_listed(const struct check_run *run)
{
    return run->found != NULL;
}

void finding_list_clear(struct finding_list *l)
{
    for (size_t i = 0; i < l->count; i++) {
        free(l->items[i].about);
        free(l->items[i].what);
    }
    free(l->items);
    *l = (struct finding_list){0};
}
