#include "client/prompt.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "client/print.h"

bool prompt_possible(void)
{
    return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

/* A line as it was typed, cleaned; NULL at the end. An arrow key, say, types controls. */
static char *read_line(size_t *ret_controls)
{
    char *line = NULL, *clean = NULL;
    size_t room = 0;
    ssize_t len = getline(&line, &room, stdin);

    if (len >= 0)
        clean = text_clean(line, (size_t)len, ret_controls);
    free(line);
    return clean;
}

char *prompt(const char *fmt, ...)
{
    size_t controls = 0;
    char *line = NULL;
    va_list ap;

    do {
        free(line);
        va_start(ap, fmt);
        print_question(fmt, ap);
        va_end(ap);
        line = read_line(&controls);
        if (line && controls)
            advise("That line has characters in it that are no text: type it again.");
    } while (line && controls);
    if (!line)
        advise("%s", ""); /* the line is still open */
    return line;
}
