/* Several letters in one mail: what they are about first, then each under its subject with its own
 * foot. */
#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "notice/compose_impl.h"
#include "notice/message.h"

static void add_subject(struct text *t, const char *before, const char *subject)
{
    text_add(t, before);
    compose_add_safe(t, subject);
    text_add(t, "\n");
}

void compose_digest(const struct letter *const *letters, size_t count, struct letter *ret)
{
    struct text subject = TEXT_INIT, t = TEXT_INIT;

    if (count == 1) {
        *ret = (struct letter){xstrdup(letters[0]->subject), xstrdup(letters[0]->markdown)};
        return;
    }
    text_addf(&subject, "%zu matters: ", count);
    compose_add_short(&subject, letters[0]->subject);
    text_addf(&t, "%zu matters for you today, the most urgent first:\n\n", count);
    for (size_t i = 0; i < count; i++)
        add_subject(&t, "1. ", letters[i]->subject);
    for (size_t i = 0; i < count; i++) {
        add_subject(&t, "\n# ", letters[i]->subject);
        text_addf(&t, "\n%s", letters[i]->markdown);
    }
    *ret = (struct letter){text_take(&subject), text_take(&t)};
}
