/*
 * An answer as a web page: complete, escaped, without scripts, of tables that a screen reader can
 * tell and that turn into fields on a narrow screen. Says what the text form says, without bars.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "base/mem.h"

/* Where the screen is narrow a row is a block and each cell has its heading before it; the roles
 * say that it is a table all the same. */
static const char style[] =
    ":root{color-scheme:light dark}\n"
    "body{font:1rem/1.5 system-ui,sans-serif;margin:0 auto;max-width:80rem;padding:1rem}\n"
    "table{border-collapse:collapse;margin:1rem 0;width:100%}\n"
    "caption{font-weight:bold;padding:.3rem 0;text-align:left}\n"
    "th,td{border-bottom:1px solid GrayText;overflow-wrap:anywhere;padding:.3rem .6rem .3rem 0;"
    "text-align:left;vertical-align:top;white-space:pre-line}\n"
    ".number{text-align:right}\n"
    "@media (max-width:45rem){\n"
    "table,tbody,tr,th,td{display:block}\n"
    "thead{height:1px;overflow:hidden;position:absolute;width:1px}\n"
    "tr{border-bottom:2px solid GrayText;padding:.5rem 0}\n"
    "th,td{border:0;padding:.1rem 0}\n"
    "td:empty{display:none}\n"
    "[data-label]::before{content:attr(data-label) \": \";font-weight:normal}\n"
    ".number{text-align:left}\n"
    "}\n";

static void add_escaped(struct text *t, const char *s)
{
    static const struct {
        char character;
        const char *entity;
    } entities[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};
    char *clean = text_clean(s, strlen(s), NULL);

    for (const char *at = clean; *at; at++) {
        const char *entity = NULL;

        for (size_t i = 0; i < COUNT(entities); i++)
            if (*at == entities[i].character)
                entity = entities[i].entity;
        if (entity)
            text_add(t, entity);
        else
            text_add_bytes(t, at, 1);
    }
    free(clean);
}

/* <name>s</name> in a line, its attributes with a blank before each. */
static void add_element(struct text *t, const char *name, const char *attributes, const char *s)
{
    text_addf(t, "<%s%s>", name, attributes);
    add_escaped(t, s);
    text_addf(t, "</%s>\n", name);
}

static void add_lines(struct text *t, const char *s)
{
    while (s && *s) {
        size_t len = strcspn(s, "\n");
        struct text line = TEXT_INIT;

        text_add_bytes(&line, s, len);
        if (len)
            add_element(t, "p", "", line.s);
        text_free(&line);
        s += len + (s[len] == '\n');
    }
}

/* ---- tables ---- */

static bool is_number(const struct column *col)
{
    return col->kind == KIND_NUMBER || col->kind == KIND_FRACTION;
}

static void add_cell(const struct call *c, const json_t *row, const struct column *col, bool first,
                     struct text *t)
{
    char *value = value_text(c, row, col, false);

    text_add(t, first ? "<th scope=\"row\" role=\"rowheader\"" : "<td role=\"cell\"");
    if (is_number(col))
        text_add(t, " class=\"number\"");
    if (*col->heading) {
        text_add(t, " data-label=\"");
        add_escaped(t, col->heading);
        text_add(t, "\"");
    }
    text_add(t, ">");
    add_escaped(t, value);
    text_add(t, first ? "</th>\n" : "</td>\n");
    free(value);
}

static void add_row(const struct call *c, const struct section *section, const json_t *row,
                    struct text *t)
{
    text_add(t, "<tr role=\"row\">\n");
    for (size_t i = 0; i < section->count; i++)
        if (section->columns[i].kind != KIND_BAR)
            add_cell(c, row, &section->columns[i], i == 0, t);
    text_add(t, "</tr>\n");
}

static void add_headings(const struct section *section, struct text *t)
{
    text_add(t, "<thead role=\"rowgroup\">\n<tr role=\"row\">\n");
    for (size_t i = 0; i < section->count; i++)
        if (section->columns[i].kind != KIND_BAR)
            add_element(t, "th",
                        is_number(&section->columns[i])
                            ? " scope=\"col\" role=\"columnheader\" class=\"number\""
                            : " scope=\"col\" role=\"columnheader\"",
                        section->columns[i].heading);
    text_add(t, "</tr>\n</thead>\n");
}

static void begin_table(const struct section *section, struct text *t)
{
    text_add(t, "<table role=\"table\">\n");
    if (section->title && *section->title)
        add_element(t, "caption", "", section->title);
}

static void add_list(const struct call *c, const struct section *section, struct text *t)
{
    const json_t *rows = json_object_get(c->answer, section->list), *row;
    size_t i;

    if (json_array_size(rows) == 0) {
        add_lines(t, section->empty);
        return;
    }
    begin_table(section, t);
    add_headings(section, t);
    text_add(t, "<tbody role=\"rowgroup\">\n");
    json_array_foreach(rows, i, row)
    {
        add_row(c, section, row, t);
    }
    text_add(t, "</tbody>\n</table>\n");
}

/* A field a row; those without a value are left out. */
static void add_object(const struct call *c, const struct section *section, struct text *t)
{
    begin_table(section, t);
    text_add(t, "<tbody role=\"rowgroup\">\n");
    for (size_t i = 0; i < section->count; i++) {
        char *value = value_text(c, c->answer, &section->columns[i], false);

        if (*value) {
            text_add(t, "<tr role=\"row\">\n");
            add_element(t, "th", " scope=\"row\" role=\"rowheader\"", section->columns[i].heading);
            add_element(t, "td", " role=\"cell\"", value);
            text_add(t, "</tr>\n");
        }
        free(value);
    }
    text_add(t, "</tbody>\n</table>\n");
}

/* ---- what stands around them ---- */

static void add_changes(const json_t *changes, struct text *t)
{
    const json_t *row;
    size_t i;

    json_array_foreach(changes, i, row)
    {
        char *line = change_text(row);

        add_element(t, "p", "", line);
        free(line);
    }
}

static void add_note(struct text *t, const char *before, const char *note)
{
    char *line = xasprintf("%s: %s", before, note);

    add_element(t, "p", "", line);
    free(line);
}

static void add_notes(const json_t *notes, const char *before, struct text *t)
{
    const json_t *note;
    size_t i;

    json_array_foreach(notes, i, note)
    {
        add_note(t, before, json_string_value(note));
    }
}

/* What the command does, with a capital. */
static char *heading_of(const struct call *c)
{
    struct text t = TEXT_INIT;

    text_add(&t, c->command ? c->command->summary : "csid");
    t.s[0] = (char)toupper((unsigned char)t.s[0]);
    return text_take(&t);
}

static void begin_page(const struct call *c, const char *heading, struct text *t)
{
    text_add(t,
             "<!DOCTYPE html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    add_escaped(t, heading);
    if (c->api) {
        text_add(t, " – ");
        add_escaped(t, c->api->engine->organisation);
    }
    text_addf(t, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n", style);
    add_element(t, "h1", "", heading);
}

static void end_page(struct text *t)
{
    text_add(t, "</main>\n</body>\n</html>\n");
}

void html_problem(const struct call *c, const struct err *e, struct text *out)
{
    begin_page(c, err_title(e->code), out);
    add_lines(out, e->text);
    end_page(out);
}

void html_render(const struct call *c, struct text *out)
{
    const char *hint = json_string_value(json_object_get(c->answer, "hint"));
    char *heading = heading_of(c);

    begin_page(c, heading, out);
    free(heading);
    add_lines(out, c->head);
    if (c->dry_run)
        add_lines(out, "Dry run: this is what would be; nothing was changed.");
    add_changes(json_object_get(c->answer, "changes"), out);
    for (size_t i = 0; i < c->view->count; i++)
        if (c->view->sections[i].list)
            add_list(c, &c->view->sections[i], out);
        else
            add_object(c, &c->view->sections[i], out);
    add_notes(json_object_get(c->answer, "told"), "Will be told", out);
    add_notes(json_object_get(c->answer, "notes"), "Note", out);
    add_lines(out, c->foot);
    if (hint && !c->dry_run)
        add_note(out, "Next", hint);
    if (c->ask)
        text_add(out, c->ask);
    end_page(out);
}
