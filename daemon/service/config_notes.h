/*
 * config_notes: what is wrong with a configuration, each with its place. Gathers, sorts by place,
 * makes every text safe for a terminal. Decides nothing and prints nothing.
 */
#ifndef CSID_SERVICE_CONFIG_NOTES_H
#define CSID_SERVICE_CONFIG_NOTES_H

#include <stdbool.h>
#include <stddef.h>

#include "service/config.h"

/* Lines and columns count from 1, columns in characters; 0:0 stands for "nowhere". */
struct config_place {
    size_t line, column;
};

#define CONFIG_START ((struct config_place){1, 1})

struct config_note {
    struct config_place at;
    size_t order;
    bool warning;
    char *text; /* "key: what is wrong", one line */
};

struct config_notes {
    struct config_note *items;
    size_t count, cap, faults, left_out;
};

/* Adds a fault or a warning; key "" where the whole file is meant. Past 1,000 they are only
 * counted. */
void config_fault(struct config_notes *n, struct config_place at, const char *key, const char *fmt,
                  ...) __attribute__((format(printf, 4, 5)));
void config_warning(struct config_notes *n, struct config_place at, const char *key,
                    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Whether another note would be kept, so that costly texts are not made for nothing. */
bool config_notes_room(const struct config_notes *n);

/* Adds all notes to *to as lines "FILE:LINE:COLUMN: …" in the file's order; *n is empty afterwards.
 */
void config_notes_tell(struct config_notes *n, const char *file, struct config_faults *to);
/* Moves all lines behind those of *to. */
void config_faults_move(struct config_faults *from, struct config_faults *to);

#endif
