#include "client/problem.h"

#include <stdlib.h>

#include "base/mem.h"
#include "client/json.h"

static void read_faults(struct json list, struct problem *p)
{
    struct json_walk w = json_walk(list);
    struct json item, line;
    size_t cap = 0;

    while (json_step(&w, NULL, &item)) {
        struct fault f = {json_member_text(item, "name"), json_member_text(item, "reason"), 0, 0};

        if (json_member(item, "line", &line))
            f.line = json_whole(line);
        if (json_member(item, "column", &line))
            f.column = json_whole(line);
        p->faults = xgrow(p->faults, p->fault_count, &cap, sizeof *p->faults);
        p->faults[p->fault_count++] = f;
    }
}

int problem_read(const char *s, size_t len, struct problem *ret)
{
    struct json o, faults;

    if (json_read(s, len, &o) < 0 || !json_is_object(o))
        return -1;
    *ret = (struct problem){
        .title = json_member_text(o, "title"),
        .detail = json_member_text(o, "detail"),
        .hint = json_member_text(o, "hint"),
    };
    if (json_member(o, "faults", &faults))
        read_faults(faults, ret);
    return 0;
}

void problem_free(struct problem *p)
{
    free(p->title);
    free(p->detail);
    free(p->hint);
    for (size_t i = 0; i < p->fault_count; i++) {
        free(p->faults[i].name);
        free(p->faults[i].reason);
    }
    free(p->faults);
    *p = (struct problem){0};
}
