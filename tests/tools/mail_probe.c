/*
 * mail_probe: builds mails from standard input, so that another mail library can be asked what it
 * reads in them. A mail is nine fields (from, to, to_name, reply_to, subject, message_id,
 * in_reply_to, markdown, date), each a decimal length, a newline and so many bytes; empty fields
 * are not given. The answer is the length of the mail, a newline and its bytes, or "-" and the
 * reason.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "notice/message.h"

static char *read_field(void)
{
    unsigned long len;
    char *s;

    if (scanf("%lu", &len) != 1 || getchar() != '\n')
        return NULL;
    s = xmalloc(len + 1);
    if (fread(s, 1, len, stdin) != len) {
        free(s);
        return NULL;
    }
    s[len] = '\0';
    return s;
}

static void answer(char **f)
{
    struct mail m = {.from = f[0],
                     .to = f[1],
                     .to_name = f[2],
                     .reply_to = f[3],
                     .subject = f[4],
                     .message_id = f[5],
                     .in_reply_to = *f[6] ? f[6] : NULL,
                     .markdown = f[7],
                     .date = {strtoll(f[8], NULL, 10)}};
    struct err e = {0};
    char *bytes;
    size_t len;

    if (mail_build(&m, &bytes, &len, &e) != 0) {
        printf("- %s\n", e.text);
        return;
    }
    printf("%zu\n", len);
    fwrite(bytes, 1, len, stdout);
    free(bytes);
}

int main(void)
{
    char *fields[9];

    for (;;) {
        for (int i = 0; i < 9; i++) {
            fields[i] = read_field();
            if (!fields[i])
                return 0;
        }
        answer(fields);
        for (int i = 0; i < 9; i++)
            free(fields[i]);
    }
}
