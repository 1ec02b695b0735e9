/*
 * An answer as text: on a terminal tables by libsmartcols with colour and symbols, dates as people
 * write them; without one the same rows tab-separated, full width, dates ISO. Every value goes
 * through text_one_line, so that no control character from the data reaches a terminal.
 */
#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "base/mem.h"

#define BAR_WIDTH 20

static char *cell_text(const struct call *c, const json_t *row, const struct column *col)
{
    char *value = value_text(c, row, col, c->form.width == 0), *line = text_one_line(value);

    free(value);
    return line;
}

/* One symbol per twentieth of what is due, in the order of the scheme; every rating that occurs
 * gets one. */
static char *bar_text(const struct call *c, const json_t *row)
{
    const json_t *counts = json_object_get(row, "counts"), *rating;
    double due = json_number_value(json_object_get(row, "due"));
    struct text t = TEXT_INIT;
    size_t i;

    text_clear(&t);
    json_array_foreach(c->ratings, i, rating)
    {
        const char *code = json_string_value(json_object_get(rating, "code"));
        double count = json_number_value(json_object_get(counts, code));
        int symbols = due > 0 && count > 0 ? (int)(count / due * BAR_WIDTH + 0.5) : 0;

        if (count > 0 && symbols == 0)
            symbols = 1;
        while (symbols-- > 0)
            text_add(&t, json_string_value(json_object_get(rating, "symbol")));
    }
    return text_take(&t);
}

/* ---- tab-separated ---- */

static void tab_section(const struct call *c, const struct section *section, const json_t *rows,
                        struct text *out)
{
    const json_t *row;
    size_t i, k;

    for (k = 0; k < section->count; k++)
        if (section->columns[k].kind != KIND_BAR)
            text_addf(out, "%s%s", k ? "\t" : "", section->columns[k].heading);
    text_add(out, "\n");
    json_array_foreach(rows, i, row)
    {
        for (k = 0; k < section->count; k++) {
            char *cell;

            if (section->columns[k].kind == KIND_BAR)
                continue;
            cell = cell_text(c, row, &section->columns[k]);
            text_addf(out, "%s%s", k ? "\t" : "", cell);
            free(cell);
        }
        text_add(out, "\n");
    }
}

/* ---- terminal ---- */

static const char *rating_colour(const struct call *c, const json_t *row, const struct column *col)
{
    static const char *const known[][2] = {
        {"red", "red"}, {"amber", "yellow"}, {"green", "green"}, {"blue", "blue"}, {"grey", "gray"},
    };
    const char *code = json_string_value(json_object_get(row, col->key)), *colour;
    const json_t *rating = code ? call_rating(c, code) : NULL;

    colour = rating ? json_string_value(json_object_get(rating, "colour")) : NULL;
    for (size_t i = 0; colour && i < COUNT(known); i++)
        if (strcmp(colour, known[i][0]) == 0)
            return known[i][1];
    return NULL;
}

static struct libscols_table *new_table(const struct call *c)
{
    struct libscols_table *table = scols_new_table();

    if (!table)
        abort(); /* out of memory only */
    scols_table_set_termforce(table, SCOLS_TERMFORCE_ALWAYS);
    scols_table_set_termwidth(table, c->form.width);
    scols_table_enable_colors(table, c->form.color);
    return table;
}

static void print_table(struct libscols_table *table, struct text *out)
{
    char *printed = NULL;

    if (scols_print_table_to_string(table, &printed) == 0 && printed) {
        text_add(out, printed);
        if (out->len && out->s[out->len - 1] != '\n')
            text_add(out, "\n");
    }
    free(printed);
    scols_unref_table(table);
}

static void table_row(const struct call *c, const struct section *section, const json_t *row,
                      struct libscols_table *table)
{
    struct libscols_line *line = scols_table_new_line(table, NULL);

    for (size_t k = 0; k < section->count; k++) {
        const struct column *col = &section->columns[k];

        scols_line_refer_data(line, k,
                              col->kind == KIND_BAR ? bar_text(c, row) : cell_text(c, row, col));
        if (c->form.color && col->kind == KIND_RATING) {
            const char *colour = rating_colour(c, row, col);

            if (colour)
                scols_cell_set_color(scols_line_get_cell(line, k), colour);
        }
    }
}

static void terminal_section(const struct call *c, const struct section *section,
                             const json_t *rows, struct text *out)
{
    struct libscols_table *table = new_table(c);
    const json_t *row;
    size_t i;

    for (i = 0; i < section->count; i++) {
        const struct column *col = &section->columns[i];
        int flags = col->wraps ? SCOLS_FL_WRAP : 0;

        if (col->kind == KIND_NUMBER || col->kind == KIND_FRACTION)
            flags |= SCOLS_FL_RIGHT;
        if (col->kind == KIND_BAR)
            flags |= SCOLS_FL_TRUNC;
        scols_table_new_column(table, col->heading, col->wraps ? 0.2 : 0, flags);
    }
    json_array_foreach(rows, i, row)
    {
        table_row(c, section, row, table);
    }
    print_table(table, out);
}

/* ---- one object, a field a line ---- */

static void object_section(const struct call *c, const struct section *section, struct text *out)
{
    struct libscols_table *table = NULL;

    if (c->form.width) {
        table = new_table(c);
        scols_table_enable_noheadings(table, 1);
        scols_table_new_column(table, "FIELD", 0, 0);
        scols_table_new_column(table, "VALUE", 0.6, SCOLS_FL_WRAP);
    }
    for (size_t k = 0; k < section->count; k++) {
        char *value = cell_text(c, c->answer, &section->columns[k]);

        if (table && *value) {
            struct libscols_line *line = scols_table_new_line(table, NULL);

            scols_line_set_data(line, 0, section->columns[k].heading);
            scols_line_set_data(line, 1, value);
        } else if (!table) {
            text_addf(out, "%s\t%s\n", section->columns[k].heading, value);
        }
        free(value);
    }
    if (table)
        print_table(table, out);
}

static void render_section(const struct call *c, const struct section *section, struct text *out)
{
    const json_t *rows = section->list ? json_object_get(c->answer, section->list) : NULL;
    size_t before = out->len;

    if (section->list && json_array_size(rows) == 0 && !section->empty)
        return;
    if (section->title) /* "" only sets it apart */
        text_addf(out, "%s%s%s", before ? "\n" : "", section->title, *section->title ? "\n" : "");
    if (!section->list)
        object_section(c, section, out);
    else if (json_array_size(rows) == 0)
        text_addf(out, "%s\n", section->empty);
    else if (c->form.width)
        terminal_section(c, section, rows, out);
    else
        tab_section(c, section, rows, out);
}

static void one_line(struct text *out, const char *before, const char *s)
{
    char *line = text_one_line(s);

    text_addf(out, "%s%s\n", before, line);
    free(line);
}

static void render_changes(const json_t *changes, struct text *out)
{
    const json_t *row;
    size_t i;

    json_array_foreach(changes, i, row)
    {
        const char *was = json_string_value(json_object_get(row, "was"));
        const char *is = json_string_value(json_object_get(row, "is"));
        char *both = xasprintf("%s: %s%s%s", json_string_value(json_object_get(row, "what")),
                               was ? was : "", was ? " → " : "", is ? is : "nothing");

        one_line(out, "", both);
        free(both);
    }
}

void table_render(const struct call *c, struct text *out)
{
    const json_t *note, *told = json_object_get(c->answer, "told");
    const char *hint = json_string_value(json_object_get(c->answer, "hint"));
    size_t i;

    if (c->head)
        text_add(out, c->head);
    if (c->dry_run)
        text_add(out, "Dry run: this is what would be; nothing was changed.\n");
    render_changes(json_object_get(c->answer, "changes"), out);
    for (i = 0; i < c->view->count; i++)
        render_section(c, &c->view->sections[i], out);
    json_array_foreach(told, i, note)
    {
        one_line(out, i ? "  " : "Will be told: ", json_string_value(note));
    }
    json_array_foreach(json_object_get(c->answer, "notes"), i, note)
    {
        one_line(out, "Note: ", json_string_value(note));
    }
    if (c->foot)
        text_add(out, c->foot);
    if (hint && c->form.width)
        one_line(out, "\nNext: ", hint);
}
