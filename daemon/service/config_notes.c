#include "service/config_notes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"

enum { NOTES_MAX = 1000, NOTE_BYTES = 1500 };

bool config_notes_room(const struct config_notes *n)
{
    return n->count < NOTES_MAX;
}

static void add(struct config_notes *n, struct config_place at, bool warning, const char *key,
                const char *what)
{
    char *raw;

    n->faults += !warning;
    if (!config_notes_room(n)) {
        n->left_out++;
        return;
    }
    raw = xasprintf("%s%s%s", key, *key ? ": " : "", what);
    n->items = xgrow(n->items, n->count, &n->cap, sizeof *n->items);
    n->items[n->count] = (struct config_note){at, n->count, warning, text_one_line(raw)};
    n->count++;
    free(raw);
}

void config_fault(struct config_notes *n, struct config_place at, const char *key, const char *fmt,
                  ...)
{
    char what[NOTE_BYTES];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    add(n, at, false, key, what);
}

void config_warning(struct config_notes *n, struct config_place at, const char *key,
                    const char *fmt, ...)
{
    char what[NOTE_BYTES];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    add(n, at, true, key, what);
}

static int by_place(const void *x, const void *y)
{
    const struct config_note *a = x, *b = y;

    if (a->at.line != b->at.line)
        return a->at.line < b->at.line ? -1 : 1;
    if (a->at.column != b->at.column)
        return a->at.column < b->at.column ? -1 : 1;
    return a->order < b->order ? -1 : 1;
}

static void add_line(struct strings *s, char *line)
{
    s->items = xreallocarray(s->items, s->count + 1, sizeof *s->items);
    s->items[s->count++] = line;
}

static void move_lines(struct strings *from, struct strings *to)
{
    for (size_t i = 0; i < from->count; i++)
        add_line(to, from->items[i]);
    free(from->items);
    *from = (struct strings){0};
}

void config_faults_move(struct config_faults *from, struct config_faults *to)
{
    move_lines(&from->faults, &to->faults);
    move_lines(&from->warnings, &to->warnings);
}

void config_notes_tell(struct config_notes *n, const char *file, struct config_faults *to)
{
    char *shown = text_one_line(file);

    if (n->count)
        qsort(n->items, n->count, sizeof *n->items, by_place);
    for (size_t i = 0; i < n->count; i++) {
        const struct config_note *note = &n->items[i];

        add_line(note->warning ? &to->warnings : &to->faults,
                 xasprintf("%s:%zu:%zu: %s", shown, note->at.line, note->at.column, note->text));
        free(note->text);
    }
    if (n->left_out)
        add_line(&to->faults, xasprintf("%s:1:1: and %zu more, not listed", shown, n->left_out));
    free(n->items);
    free(shown);
    *n = (struct config_notes){0};
}
