/*
 * call: one request on its way through a handler: its arguments, checked against commands.def, and
 * the answer it builds. Handlers are `int api_ID(struct call *, struct err *)`, one per row of
 * commands.def; those that write run within the dispatcher's transaction. Nobody outside api/
 * includes it.
 */
#ifndef CSID_API_CALL_H
#define CSID_API_CALL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "api/api.h"
#include "base/text.h"
#include "calendar/when.h"
#include "plan/fraction.h"

#define CALL_TEXT_MAX    4000 /* characters of a title or a note */
#define CALL_YEARS_AHEAD 10   /* further ahead a date wants --yes */

struct call;

struct command {
    const char *words, *method, *path, *arguments, *summary;
    enum access access;
    unsigned flags;
    int (*handler)(struct call *c, struct err *e); /* NULL: csictl's own */
};
enum {
    COMMAND_LOCAL = 1,     /* csictl's own */
    COMMAND_WORKER = 2,    /* may take long */
    COMMAND_TEST = 4,      /* only with a test clock; writes nothing, so no transaction */
    COMMAND_ROUTE = 8,     /* a path without words in csictl */
    COMMAND_SERVICE = 16,  /* asks the service itself; no transaction */
    COMMAND_MARKDOWN = 64, /* its answer has a form as Markdown */
    COMMAND_CALENDAR = 32, /* its answer has a form as calendar; a route's, no other */
    COMMAND_PAGE = 256,    /* opened in a browser: takes a form, says no on a page */
    COMMAND_WIZARD = 128,  /* the body holds answers, which the handler reads */
    COMMAND_COPY = 512     /* works on a copy of the database in memory */
};

extern const struct command commands[];
extern const size_t command_count;

/* ---- the answer's forms ---- */

enum kind {
    KIND_TEXT,
    KIND_DAY,
    KIND_TIME,
    KIND_INSTANT, /* a time as evidence: to the second, with its distance from UTC */
    KIND_NUMBER,
    KIND_FRACTION,
    KIND_RATING,
    KIND_BAR,
    KIND_YES
};
/* How a column gives way on a narrow terminal: not, into several lines, or altogether; the last is
 * left out as well where no row says anything in it. */
enum give { COLUMN_STAYS = false, COLUMN_WRAPS = true, COLUMN_SPARE };
struct column {
    const char *key; /* member, or path: "counts.red" */
    const char *heading;
    enum kind kind;
    enum give give;
};
struct section {
    const char *title; /* above it, NULL without */
    const char *list;  /* member that holds the rows; NULL: the answer itself, a field a line */
    const struct column *columns;
    size_t count;
    const char *empty; /* what to say when there are no rows; NULL: leave the section out */
};
struct view {
    const struct section *sections;
    size_t count;
    size_t csv; /* the section that is the CSV */
};

struct form {
    enum { FORM_JSON, FORM_CSV, FORM_TEXT, FORM_HTML, FORM_MARKDOWN, FORM_ICS } name;
    unsigned width; /* of the terminal; 0: no terminal, tab-separated */
    bool color;
};

struct call {
    const struct api *api;
    const struct api_request *rq;
    const struct command *command;
    int (*handler)(struct call *c, struct err *e); /* the command's, or what answers in its place */
    struct form form;
    bool dry_run;
    json_t *args;     /* what was given, by member name; #format, #width, #color, #dry_run too */
    struct when when; /* today and the holidays, for dates as people type them */

    json_t *answer;          /* what the handler built; owned */
    const struct view *view; /* how it looks as a table; lives as long as the call */
    json_t *ratings;         /* code, label, symbol, colour of the ratings that occur; owned */
    char *calendar;          /* the answer as iCalendar, in that form only; owned */
    char *ask;               /* a form in HTML below the answer, in that form only; owned */
    char *head, *foot;       /* lines above and below the tables, text form only; owned */
    char *markdown;          /* the answer as Markdown, of those that have this form; owned */
    int64_t version;         /* the resource's, for its ETag; 0: none */
    char *next;              /* value of `after` for the next page; owned */
    bool paged;              /* made by page_begin */
    char *(*row_name)(const json_t *row); /* what `after` names; NULL: id, slug or name */
    int status;                           /* 200 unless the handler says otherwise */
    utc_t advance_to;
    json_t *problem; /* members to add to the problem when the handler fails; owned */
    void *scratch;   /* freed with the call: columns made at run time */
};

/* The handlers, one per row of commands.def that is not csictl's own. */
#define HANDLER_0(id)        int api_##id(struct call *c, struct err *e);
#define HANDLER_WORKER(id)   HANDLER_0(id)
#define HANDLER_COPY(id)     HANDLER_0(id)
#define HANDLER_TEST(id)     HANDLER_0(id)
#define HANDLER_ROUTE(id)    HANDLER_0(id)
#define HANDLER_SERVICE(id)  HANDLER_0(id)
#define HANDLER_CALENDAR(id) HANDLER_0(id)
#define HANDLER_MARKDOWN(id) HANDLER_0(id)
#define HANDLER_FEED(id)     HANDLER_0(id)
#define HANDLER_WIZARD(id)   HANDLER_0(id)
#define HANDLER_PAGE(id)     HANDLER_0(id)
#define HANDLER_LOCAL(id)
#define COMMAND(id, words, method, path, who, flags, arguments, summary) HANDLER_##flags(id)
#include "commands.def"
#undef COMMAND

/* ---- arguments ---- */

/* NULL when not given; cleaned (text_clean), at most CALL_TEXT_MAX characters. Lives with the call.
 */
const char *call_text(const struct call *c, const char *name);
bool call_flag(const struct call *c, const char *name);
/* A text that can be replaced but not taken away; NULL when not given. ERR_USAGE when it is empty.
 */
int call_name(const struct call *c, const char *name, const char **ret, struct err *e);
/* The number `id`, which may be written as the subject that it is: 3, deadline:3. */
int call_id(const struct call *c, const char *kind, int64_t *ret, struct err *e);
/* `none` when not given. ERR_USAGE when it is no whole number of 0 or above. */
int call_number(const struct call *c, const char *name, int64_t none, int64_t *ret, struct err *e);
/* A date in any form of when_date; `none` when not given. */
int call_day(const struct call *c, const char *name, day_t none, day_t *ret, struct err *e);
/* The same for a date that will be kept: more than ten years ahead wants `yes`. */
int call_day_kept(const struct call *c, const char *name, day_t none, day_t *ret, struct err *e);
/* A day, twice, or the first and the last day of a month, quarter or year; both DAY_NONE when it is
 * not given or undated. Kept, as above. */
int call_period(const struct call *c, const char *name, day_t *ret_from, day_t *ret_to,
                struct err *e);
/* The same of a text in an argument: "2017-10-01", "2017-10", "2017Q4", "2017". */
int call_read_period(const char *text, day_t *ret_from, day_t *ret_to, struct err *e);
int call_instant(const struct call *c, const char *name, utc_t none, utc_t *ret, struct err *e);
/* Arguments `as_at`, today unless given, and `known_at`, UTC_NONE unless given. */
int call_as_at(const struct call *c, day_t *ret_day, utc_t *ret_known, struct err *e);
/* The argument `division` as one of holidays_divisions; the configuration's when not given. */
int call_division(const struct call *c, const char **ret, struct err *e);
/* TITLE=LINK, both copied; both NULL when not given. The link is http, https or a path. */
int call_link(const struct call *c, const char *name, char **ret_title, char **ret_link,
              struct err *e);
/* The id of the role that an argument names; 0 when not given. */
int call_role(const struct call *c, const char *name, int64_t *ret_id, struct err *e);
/* ERR_USAGE: what was given is none of the words there are. */
int call_no_word(const struct call *c, const char *name, const char *const words[], size_t count,
                 struct err *e);
/* ERR_STALE unless If-Match is absent or names this version (c->answer is then what is there now).
 */
int call_match(const struct call *c, int64_t version, struct err *e);

/* Fills c->args from path, query and body. ERR_USAGE names what is unknown, missing or not
 * readable. */
int call_read_args(struct call *c, const char *path_values[], const char *path_names[], size_t n,
                   const char *query, struct err *e);

/* ---- building answers; `o` is an object ---- */

void put_text(json_t *o, const char *key, const char *value); /* NULL gives null */
void put_int(json_t *o, const char *key, int64_t value);
void put_flag(json_t *o, const char *key, bool value);
void put_day(json_t *o, const char *key, day_t value);
void put_utc(json_t *o, const char *key, utc_t value);
void put_textf(json_t *o, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
json_t *fraction_json(struct fraction f);     /* 21.5, or 142 */
json_t *put_list(json_t *o, const char *key); /* a new array under key */
json_t *put_row(json_t *list);                /* a new object at its end */
/* c->answer = {"items": []} with this view; the array. */
json_t *call_items(struct call *c, const struct view *view);
/* c->answer = {} with this view; the object. */
json_t *call_object(struct call *c, const struct view *view);

/* ---- what a change is answered with ---- */

/* One line of "what was, what is" under "changes" of the answer; texts NULL: nothing. */
void call_changed(struct call *c, const char *what, const char *was, const char *is);
/* The same for a date, in full and with the distance: "Friday 12 December 2025, 2 weeks later".
 * Nothing when both are the same. */
void call_changed_day(struct call *c, const char *what, day_t was, day_t is);
/* Such a line for each column of the first section in which the answer now differs from `before`.
 */
void call_compare(struct call *c, const json_t *before);
/* Such a line as people read it: "due: 1 Oct → 8 Oct". Caller frees. */
char *change_text(const json_t *change);
/* The dates of what was added, in full. */
void call_echo_days(struct call *c);
/* One line under "notes", which stand below an answer. */
void call_note(struct call *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* What was noted when the arguments were read, before the answer's own notes. */
void call_note_args(const struct call *c);
/* Before what decides by today: ERR_REFUSED while the clock is suspect. */
int call_trusts_clock(const struct call *c, struct err *e);
/* One line under "told": who will be told, and when. */
void call_told(struct call *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A page that a handler makes itself, of rows that come in the order of their ids. */
struct page {
    struct call *call;
    json_t *items;
    int64_t limit, after; /* 0: none */
    int64_t seen, last;
};
/* Begins one as `limit` and `after` ask: ask the store for page_rows() rows after `after`. */
int page_begin(struct call *c, const struct view *view, struct page *ret, struct err *e);
/* One more than the page holds, to see whether there is a next; 0: all. */
int64_t page_rows(const struct page *p);
/* A new row at the end of the page; NULL when it is full, and the next begins after it. */
json_t *page_row(struct page *p, int64_t id);

/* Cuts the answer's items to what `limit` and `after` ask for, where the handler made no page.
 * ERR_USAGE when the answer is no list. */
int call_cut_page(struct call *c, struct err *e);

/* ---- forms ---- */

/* Renders c->answer; body is owned by the caller, *ret_type static. */
void answer_render(const struct call *c, char **ret_body, size_t *ret_len, const char **ret_type);
/* The static text of a media type that was kept with an answer. */
const char *answer_type(const char *kept);
/* Which form of those the command has Accept (RFC 9110, 12.5.1) and ?format= ask for. ERR_TYPE
 * names the forms there are. */
int answer_form(const struct command *command, const char *accept, const char *format,
                struct form *ret, struct err *e);
void table_render(const struct call *c, struct text *out);
void html_render(const struct call *c, struct text *out);
/* Why there is no answer, as a page. */
void html_problem(const struct call *c, const struct err *e, struct text *out);
/* The rating of that code in c->ratings, NULL without. */
const json_t *call_rating(const struct call *c, const char *code);
/* Lets the ratings of a scheme be known by c->ratings. */
struct scheme;
void call_use_scheme(struct call *c, const struct scheme *scheme);
/* The value of a column in a row: `plain` gives ISO dates, codes and numbers, else dates, halves
 * and labels as people read them; "" for null. Caller frees. */
char *value_text(const struct call *c, const json_t *row, const struct column *col, bool plain);

#endif
