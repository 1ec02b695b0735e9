/*
 * facts: every record that matters, in memory, so that what follows from them can be worked out
 * from all at once: the order in which they were recorded then cannot matter.
 */
#ifndef CSID_ENGINE_FACTS_H
#define CSID_ENGINE_FACTS_H

#include "engine/rule.h"

struct fact_list {
    struct record *items;
    size_t count, cap;
};
struct facts {
    struct fact_list kinds[RECORD_KINDS];
};
/* All records of these kinds (bits, 1 << kind) and of what they stand under; clear with
 * facts_clear. */
int facts_load(struct store *s, unsigned kinds, struct facts *ret, struct err *e);
void facts_clear(struct facts *f);

/* What a rule is applied to: a record, and where it says `per`, another on the same board. */
struct subject {
    const struct record *record, *per; /* per NULL: none */
};

/* Values of the subject, of its `per` and of what its record stands under; NULL where there is
 * none. */
const char *fact_value(const struct facts *f, const struct subject *s,
                       const struct rule_path *path);
/* The first of the paths that has a value; NULL: none has. *ret_path may be NULL. */
const char *fact_first(const struct facts *f, const struct subject *s,
                       const struct rule_paths *paths, const struct rule_path **ret_path);
day_t fact_day(const char *value); /* DAY_NONE for NULL */

/* The record's own value of a field by its name; NULL where it has none. */
const char *fact_named(const struct record *r, const char *field);
/* What a record stands under, when that is of the kind asked for; NULL otherwise. */
const struct record *fact_above(const struct facts *f, const struct record *r,
                                enum record_kind kind);

/* Whether all conditions hold; one about a kind that stands under the record's holds when it does
 * for any of those. */
bool fact_holds(const struct facts *f, const struct subject *s, const struct rule_conditions *c);
/* Whether all conditions about the record's own kind hold. */
bool fact_holds_itself(const struct record *r, const struct rule_conditions *c);
/* Whether one may close what counts from the other: of what stands under something, only what
 * stands under the same, or under the other itself. */
bool fact_related(const struct record *r, const struct record *other);

/* "visit:2". Caller frees. */
char *fact_name(const struct record *r);
/* The title of the record, or of what it stands under; NULL: none. */
const char *fact_title(const struct facts *f, const struct record *r);

#endif
