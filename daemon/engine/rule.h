/*
 * rule: one deadline rule, as its fields' texts and as what they mean. Reads and checks texts;
 * knows no file format, works nothing out (engine/derive does).
 */
#ifndef CSID_ENGINE_RULE_H
#define CSID_ENGINE_RULE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "calendar/day.h"
#include "plan/ladder.h"
#include "store/record.h"

enum rule_field {
#define RULE_FIELD(name, need, type, help) RULE_##name,
#include "engine/rule.def"
#undef RULE_FIELD
    RULE_FIELDS
};
extern const char *const rule_field_names[RULE_FIELDS];
extern const bool rule_field_needed[RULE_FIELDS];

/* The texts of one rule, as a pack says them; NULL: not said. `pack` is the packs it applies with,
 * blanks between, its own first. */
struct rule_text {
    char *pack, *values[RULE_FIELDS];
};
void rule_text_clear(struct rule_text *t);

/* A pack: the name that a plan puts itself under, and where it is from (NULL: built in). */
struct rule_pack {
    char *name, *title, *file;
};

/* All rules of all packs, one of each id; the packs themselves where they were read from files. */
struct rule_texts {
    struct rule_text *items;
    size_t count, cap;
    struct rule_pack *packs;
    size_t pack_count, pack_cap;
};
void rule_texts_clear(struct rule_texts *all);
const struct rule_text *rule_texts_find(const struct rule_texts *all, const char *id); /* NULL */

#define RULE_PATHS      4
#define RULE_CONDITIONS 4
#define RULE_WORDS      6
#define RULE_COPIES     4

struct rule_path {
    enum record_kind kind;
    const struct record_field *field;
};
struct rule_paths {
    struct rule_path items[RULE_PATHS];
    size_t count;
};
struct rule_condition {
    struct rule_path path;
    char *words; /* "|sif|ilacs|"; NULL: there is no value */
};
struct rule_conditions {
    struct rule_condition items[RULE_CONDITIONS];
    size_t count;
};

enum rule_unit {
    UNIT_DAYS,
    UNIT_WORKING_DAYS,
    UNIT_WEEKS,
    UNIT_MONTHS,
    UNIT_YEARS,
    UNIT_CLEAR_DAYS,
    UNIT_CLEAR_WORKING_DAYS,
    UNIT_MONTH_ENDS,
    RULE_UNITS
};
extern const char *const rule_unit_names[RULE_UNITS]; /* "working-days" */
enum rule_roll { ROLL_NONE, ROLL_PRECEDING, ROLL_FOLLOWING };

struct rule {
    const char *id, *pack, *title, *to, *copy, *ladder, *check, *draft, *missed, *citation;
    const char *after; /* id of the rule it counts from; NULL: from records */
    struct rule_paths from;
    struct rule_conditions conditions, closed_if, precedes;
    struct ladder steps; /* what `ladder` says */
    bool has_per;
    enum record_kind per;
    int offset, opens, warn, times; /* times 0: without end */
    bool window;
    enum rule_unit unit;
    const char *calendar; /* NULL: the council's division */
    enum rule_roll roll;
    struct rule_paths every;
    const char *every_else; /* the period where no path has one; NULL: once */
    struct rule_paths until, met_by, closed_by, stated_by, role;
    const char *role_else; /* NULL: none */
    bool cut;              /* figures are as at the end of the month before */
    day_t in_force_from, in_force_to;
};

/* What the texts mean; *ret points into them. -1 with ERR_USAGE and the field at fault in
 * *ret_field (RULE_FIELDS: none in particular). Clear with rule_clear. */
int rule_read(const struct rule_text *t, struct rule *ret, enum rule_field *ret_field,
              struct err *e);
void rule_clear(struct rule *r);
/* Whether the text of one field can be read, whatever the others are. -1 with ERR_USAGE. */
int rule_check_field(enum rule_field field, const char *text, struct err *e);

/* The kinds of records that it looks at, a bit each (1 << kind). */
unsigned rule_kinds(const struct rule *r);

/* What holds between rules: a rule that is counted from is there, and counts from records itself.
 * -1 with the place of the faulty one in *ret_at. */
int rule_check_all(const struct rule_texts *all, size_t *ret_at, struct err *e);

#endif
