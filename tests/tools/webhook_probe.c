/*
 * webhook_probe: bodies of calls for Python to read.
 *
 *   webhook_probe                                   the event types, a line each
 *   webhook_probe FORMAT TYPE COUNT TITLE [NOTE]    a body about that many items of that title
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "notice/webhook_event.h"
#include "notice/webhook_format.h"

#define ITEMS 50

int main(int argc, char **argv)
{
    struct webhook_item items[ITEMS];
    struct webhook_call c = {.id = "msg_1",
                             .type = argc > 2 ? argv[2] : "",
                             .organisation = "Dorset & \"Poole\"",
                             .plan = "dorset-2020",
                             .check = "checks",
                             .at = {1504254600},
                             .today = day_from_ymd(2017, 9, 1),
                             .items = items,
                             .data = "{\"n\":1}"};
    const struct webhook_format *format;
    char *body;

    for (size_t i = 0; argc == 1 && i < webhook_event_count; i++)
        puts(webhook_events[i].type);
    if (argc == 1)
        return 0;
    format = webhook_format_find(argv[1]);
    if (!format || argc < 5)
        return 2;
    c.count = strtoul(argv[3], NULL, 10);
    c.item_count = c.count < ITEMS ? c.count : ITEMS;
    for (size_t i = 0; i < c.item_count; i++)
        items[i] = (struct webhook_item){argv[4], argv[4], day_from_ymd(2017, 8, 1),
                                         argc > 5 ? argv[5] : NULL};
    body = format->body(&c);
    fputs(body, stdout);
    free(body);
    return 0;
}
