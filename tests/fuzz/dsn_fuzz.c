/* libFuzzer over the reading of mails that came back: nothing crashes, and what is read holds what
 * notice/dsn.h promises. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "notice/dsn.h"
#include "notice/verp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hold(int promise)
{
    if (!promise)
        abort();
}

static void hold_text(const char *s)
{
    hold(!s || utf8_valid(s, strlen(s)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dsn d;
    struct err e = {0};
    int64_t message;

    if (dsn_read((const char *)data, size, &d, &e) != 0) {
        hold(e.code == ERR_USAGE && *e.text && utf8_valid(e.text, strlen(e.text)));
        return 0;
    }
    hold(d.count > 0);
    for (size_t i = 0; i < d.count; i++) {
        const struct dsn_recipient *r = &d.recipients[i];

        hold(r->status && r->said);
        hold_text(r->original);
        hold_text(r->final);
        hold_text(r->said);
    }
    for (size_t i = 0; i < d.to_count; i++)
        verp_read(d.to[i], &message);
    hold_text(d.message_id);
    dsn_clear(&d);
    return 0;
}
