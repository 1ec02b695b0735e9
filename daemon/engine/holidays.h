/*
 * holidays: whose list of bank holidays is in force, and taking in a new one. The configuration's
 * file wins; else what was imported holds for the years it lists, and the list built in for the
 * others. Nothing is remembered between transactions, so what one has imported the next goes by,
 * in a worker and after a restart too.
 */
#ifndef CSID_ENGINE_HOLIDAYS_H
#define CSID_ENGINE_HOLIDAYS_H

#include "calendar/revise.h"
#include "engine/engine.h"
#include "engine/moved.h"
#include "store/store.h"

/* *ret is `engine` with the holidays as this transaction sees them; they live as long as
 * *ret_imported (NULL where nothing was imported), which the caller frees with holidays_free. */
int engine_in_force(struct store *s, const struct engine *engine, struct engine *ret,
                    struct holidays **ret_imported, struct err *e);

struct holidays_source {
    struct holidays *list;     /* in force */
    struct holidays *imported; /* what of it was imported; NULL: nothing, or the file wins */
    const char *file;          /* the configuration's, where it lists the division; else NULL */
};
/* The same for any division, one of holidays_divisions. */
int holidays_source_find(struct store *s, const struct engine *engine, const char *division,
                         struct holidays_source *ret, struct err *e);
void holidays_source_clear(struct holidays_source *h);
/* Where the holidays of that year come from: "configuration", "imported", "built in", "by rule". */
const char *holidays_source_of(const struct holidays_source *h, int year);

/* In transactions of its own: where the list in force is another than deadlines were last reckoned
 * with, because a file was edited or csid is newer, moves them and tells those concerned. */
int holidays_watch(struct store *s, const struct engine *engine, utc_t now, struct err *e);

struct holidays_import {
    const char *file; /* what wins over the import, for the division in force; NULL: nothing */
    struct {
        struct holidays *before, *after; /* what the texts of the revisions live in */
        struct revision *revisions;
        size_t count;
        struct moved_deadlines moved;
    } divisions[HOLIDAYS_DIVISIONS]; /* as in holidays_divisions; before NULL: not imported */
};
/* Keeps the lists (NULL: not that division), finds the deadlines that move with the holidays in
 * force, or by a rule that counts by another division's, and tells those concerned, all within the
 * caller's transaction. */
int holidays_import(struct store *s, const struct engine *engine, utc_t now,
                    struct holidays *const lists[HOLIDAYS_DIVISIONS], struct holidays_import *ret,
                    struct err *e);
void holidays_import_clear(struct holidays_import *i);

#endif
