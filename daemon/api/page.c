/* Pages: any list takes `limit` and `after`, those that grow without end out of the store itself.
 */
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "base/mem.h"

/* What a row is known by among its list: as the handler says, else id, slug or name, else its
 * place. Caller frees. */
static char *row_key(const struct call *c, const json_t *row, size_t place)
{
    static const char *const keys[] = {"id", "slug", "name"};

    if (c->row_name)
        return c->row_name(row);
    for (size_t i = 0; i < COUNT(keys); i++) {
        const json_t *value = json_object_get(row, keys[i]);

        if (json_is_integer(value))
            return xasprintf("%lld", (long long)json_integer_value(value));
        if (json_is_string(value))
            return xstrdup(json_string_value(value));
    }
    return xasprintf("%zu", place + 1);
}

/* *ret is the place after the row that `after` names. */
static int find_start(const struct call *c, const json_t *items, const char *after, size_t *ret,
                      struct err *e)
{
    bool found = !after;
    size_t i = 0;

    for (; i < json_array_size(items) && !found; i++) {
        char *key = row_key(c, json_array_get(items, i), i);

        found = strcmp(key, after) == 0;
        free(key);
    }
    *ret = i;
    /* an empty page would look like the end of the list */
    return found ? 0
                 : err_set(e, ERR_USAGE,
                           "after: \"%.80s\" is not in this list, or no longer: begin without it",
                           after);
}

/* The argument of that name where the command has one, else what stands for it in any query. */
static const char *given(const struct call *c, const char *name, const char *general)
{
    return call_text(c, name) ? name : general;
}

int call_cut_page(struct call *c, struct err *e)
{
    const char *name = given(c, "limit", "#limit");
    const char *after = call_text(c, given(c, "after", "#after"));
    json_t *items = json_object_get(c->answer, "items"), *page;
    int64_t limit;
    size_t from, n;

    if (c->paged || (!after && !call_text(c, name)))
        return 0;
    if (call_number(c, name, 0, &limit, e) < 0)
        return err_set(e, ERR_USAGE, "limit: wants a whole number");
    if (!items)
        return err_set(e, ERR_USAGE, "limit and after are for lists");
    if (find_start(c, items, after, &from, e) < 0)
        return -1;
    n = json_array_size(items) - from;
    if (limit && (int64_t)n > limit) {
        n = (size_t)limit;
        c->next = row_key(c, json_array_get(items, from + n - 1), from + n - 1);
    }
    page = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append(page, json_array_get(items, from + i));
    json_object_set_new(c->answer, "items", page);
    return 0;
}

int page_begin(struct call *c, const struct view *view, struct page *ret, struct err *e)
{
    *ret = (struct page){.call = c};
    if (call_number(c, "limit", 0, &ret->limit, e) < 0 ||
        call_number(c, "after", 0, &ret->after, e) < 0)
        return -1;
    ret->items = call_items(c, view);
    c->paged = true;
    return 0;
}

int64_t page_rows(const struct page *p)
{
    return p->limit ? p->limit + 1 : 0;
}

json_t *page_row(struct page *p, int64_t id)
{
    if (p->limit && p->seen++ == p->limit) {
        p->call->next = xasprintf("%lld", (long long)p->last);
        return NULL;
    }
    p->last = id;
    return put_row(p->items);
}
