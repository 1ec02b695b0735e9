/*
 * An answer as text: on a terminal tables by libsmartcols with colour and symbols, dates as people
 * write them; without one the same rows tab-separated, full width, dates ISO. Every value goes
 * through text_one_line, so that no control character from the data reaches a terminal.
 */
#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "api/screen.h"
#include "base/mem.h"

#define BAR_WIDTH 20
#define NARROWEST 14 /* columns below which a text is no longer read */

static char *cell_text(const struct call *c, const json_t *row, const struct column *col)
{
    char *value = value_text(c, row, col, false);
    char *cell = c->form.width ? screen_line(value) : text_one_line(value);

    free(value);
    return cell;
}

/* One symbol per `width`th of what is due, in the order of the scheme; every rating that occurs
 * gets one. */
static char *bar_text(const struct call *c, const json_t *row, int width)
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
        int symbols = due > 0 && count > 0 ? (int)(count / due * width + 0.5) : 0;

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
    const json_t *rating = code && c->form.color ? call_rating(c, code) : NULL;

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

static void new_column(struct libscols_table *table, const char *heading, enum kind kind)
{
    bool right = kind == KIND_NUMBER || kind == KIND_FRACTION;
    struct libscols_column *column =
        scols_table_new_column(table, heading, 0, (right ? SCOLS_FL_RIGHT : 0) | SCOLS_FL_WRAP);

    /* lines end where screen_wrapped() put a newline, between words */
    scols_column_set_wrapfunc(column, scols_wrapnl_chunksize, scols_wrapnl_nextchunk, NULL);
    scols_column_set_safechars(column, "\n");
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

/* A section's cells as texts, row by row, and how wide each column wants to be. */
struct grid {
    size_t columns, rows;
    char **cells;
    size_t *widths;
};

static struct grid grid_make(const struct call *c, const struct section *section,
                             const json_t *rows, int bar)
{
    struct grid g = {.columns = section->count, .rows = json_array_size(rows)};
    const json_t *row;
    size_t i;

    g.cells = xcalloc(g.rows * g.columns, sizeof *g.cells);
    g.widths = xcalloc(g.columns, sizeof *g.widths);
    for (size_t k = 0; k < g.columns; k++)
        g.widths[k] = screen_columns(section->columns[k].heading);
    json_array_foreach(rows, i, row)
    {
        for (size_t k = 0; k < g.columns; k++) {
            const struct column *col = &section->columns[k];
            char *cell = col->kind == KIND_BAR ? bar_text(c, row, bar) : cell_text(c, row, col);

            if (screen_columns(cell) > g.widths[k])
                g.widths[k] = screen_columns(cell);
            g.cells[i * g.columns + k] = cell;
        }
    }
    return g;
}

static void grid_free(struct grid *g)
{
    for (size_t i = 0; i < g->rows * g->columns; i++)
        free(g->cells[i]);
    free(g->cells);
    free(g->widths);
}

static size_t grid_width(const struct grid *g)
{
    size_t all = g->columns - 1;

    for (size_t k = 0; k < g->columns; k++)
        all += g->widths[k];
    return all;
}

/* Takes columns from the widest of those that give way until all fit; false when one would be too
 * narrow to read. */
static bool grid_fit(struct grid *g, const struct section *section, size_t width)
{
    size_t all = grid_width(g);

    while (all > width) {
        size_t widest = 0, at = g->columns;

        for (size_t k = 0; k < g->columns; k++)
            if (section->columns[k].give == COLUMN_WRAPS && g->widths[k] > widest) {
                widest = g->widths[k];
                at = k;
            }
        if (widest <= NARROWEST)
            return false;
        g->widths[at]--;
        all--;
    }
    return true;
}

static void print_grid(const struct call *c, const struct section *section, const json_t *rows,
                       const struct grid *g, struct text *out)
{
    struct libscols_table *table = new_table(c);

    for (size_t k = 0; k < g->columns; k++)
        new_column(table, section->columns[k].heading, section->columns[k].kind);
    for (size_t i = 0; i < g->rows; i++) {
        struct libscols_line *line = scols_table_new_line(table, NULL);

        for (size_t k = 0; k < g->columns; k++) {
            const char *colour =
                section->columns[k].kind == KIND_RATING
                    ? rating_colour(c, json_array_get(rows, i), &section->columns[k])
                    : NULL;

            scols_line_refer_data(line, k,
                                  screen_wrapped(g->cells[i * g->columns + k], g->widths[k]));
            if (colour)
                scols_cell_set_color(scols_line_get_cell(line, k), colour);
        }
    }
    print_table(table, out);
}

/* Fields one a line: an object, or a row of a table too wide for the terminal. */
static void print_fields(const struct call *c, const struct section *section, char **cells,
                         struct text *out)
{
    struct libscols_table *table = new_table(c);
    size_t label = 0;

    scols_table_enable_noheadings(table, 1);
    new_column(table, "FIELD", KIND_TEXT);
    new_column(table, "VALUE", KIND_TEXT);
    for (size_t k = 0; k < section->count; k++)
        if (*cells[k] && screen_columns(section->columns[k].heading) > label)
            label = screen_columns(section->columns[k].heading);
    for (size_t k = 0; k < section->count; k++)
        if (*cells[k]) {
            struct libscols_line *line = scols_table_new_line(table, NULL);
            size_t room =
                c->form.width > label + 1 + NARROWEST ? c->form.width - label - 1 : NARROWEST;

            scols_line_set_data(line, 0, section->columns[k].heading);
            scols_line_refer_data(line, 1, screen_wrapped(cells[k], room));
        }
    print_table(table, out);
}

static bool says_anything(const struct grid *g, size_t column)
{
    for (size_t i = 0; i < g->rows; i++)
        if (*g->cells[i * g->columns + column])
            return true;
    return false;
}

static bool has_spare(const struct section *section)
{
    for (size_t k = 0; k < section->count; k++)
        if (section->columns[k].give == COLUMN_SPARE)
            return true;
    return false;
}

/* The columns that are shown, into `ret`; how many there are. */
static size_t without_spare(const struct call *c, const struct section *section, const json_t *rows,
                            struct column *ret)
{
    struct grid g;
    bool roomy;
    size_t count = 0;

    if (!has_spare(section)) {
        memcpy(ret, section->columns, section->count * sizeof *ret);
        return section->count;
    }
    g = grid_make(c, section, rows, BAR_WIDTH);
    roomy = grid_width(&g) <= c->form.width;
    for (size_t k = 0; k < section->count; k++)
        if (section->columns[k].give != COLUMN_SPARE || (roomy && says_anything(&g, k)))
            ret[count++] = section->columns[k];
    grid_free(&g);
    return count;
}

static bool print_rows(const struct call *c, const struct section *section, const json_t *rows,
                       int bar, struct text *out)
{
    struct grid g = grid_make(c, section, rows, bar);
    bool fits = grid_fit(&g, section, c->form.width);

    if (fits)
        print_grid(c, section, rows, &g, out);
    grid_free(&g);
    return fits;
}

static void terminal_section(const struct call *c, const struct section *section,
                             const json_t *rows, struct text *out)
{
    struct column *columns = xcalloc(section->count, sizeof *columns);
    struct section shown = *section;
    struct grid g;

    shown.columns = columns;
    shown.count = without_spare(c, section, rows, columns);
    if (!print_rows(c, &shown, rows, BAR_WIDTH, out) &&
        !print_rows(c, &shown, rows, BAR_WIDTH / 2, out)) {
        g = grid_make(c, section, rows, BAR_WIDTH / 2);
        for (size_t i = 0; i < g.rows; i++) {
            text_add(out, i ? "\n" : "");
            print_fields(c, section, &g.cells[i * g.columns], out);
        }
        grid_free(&g);
    }
    free(columns);
}

/* ---- one object, a field a line ---- */

static void object_section(const struct call *c, const struct section *section, struct text *out)
{
    char **cells = xcalloc(section->count, sizeof *cells);

    for (size_t k = 0; k < section->count; k++)
        cells[k] = cell_text(c, c->answer, &section->columns[k]);
    if (c->form.width)
        print_fields(c, section, cells, out);
    else
        for (size_t k = 0; k < section->count; k++)
            text_addf(out, "%s\t%s\n", section->columns[k].heading, cells[k]);
    for (size_t k = 0; k < section->count; k++)
        free(cells[k]);
    free(cells);
}

/* Text of any lines, those too long for the terminal broken between words. */
static void put_lines(const struct call *c, struct text *out, const char *s)
{
    while (*s) {
        size_t len = strcspn(s, "\n");
        char *line = xstrndup(s, len),
             *fit = c->form.width ? screen_wrapped(line, c->form.width) : NULL;

        text_addf(out, "%s\n", fit ? fit : line);
        free(fit);
        free(line);
        s += len + (s[len] == '\n');
    }
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
        put_lines(c, out, section->empty);
    else if (c->form.width)
        terminal_section(c, section, rows, out);
    else
        tab_section(c, section, rows, out);
}

static void one_line(const struct call *c, struct text *out, const char *before, const char *s)
{
    char *line = text_one_line(s), *both = xasprintf("%s%s", before, line);

    put_lines(c, out, both);
    free(both);
    free(line);
}

static void render_changes(const struct call *c, const json_t *changes, struct text *out)
{
    const json_t *row;
    size_t i;

    json_array_foreach(changes, i, row)
    {
        char *line = change_text(row);

        one_line(c, out, "", line);
        free(line);
    }
}

void table_render(const struct call *c, struct text *out)
{
    const json_t *note, *told = json_object_get(c->answer, "told");
    const char *hint = json_string_value(json_object_get(c->answer, "hint"));
    size_t i;

    if (c->head)
        put_lines(c, out, c->head);
    if (c->dry_run)
        put_lines(c, out, "Dry run: this is what would be; nothing was changed.");
    render_changes(c, json_object_get(c->answer, "changes"), out);
    for (i = 0; i < c->view->count; i++)
        render_section(c, &c->view->sections[i], out);
    json_array_foreach(told, i, note)
    {
        one_line(c, out, i ? "  " : "Will be told: ", json_string_value(note));
    }
    json_array_foreach(json_object_get(c->answer, "notes"), i, note)
    {
        one_line(c, out, "Note: ", json_string_value(note));
    }
    if (c->foot)
        put_lines(c, out, c->foot);
    if (hint && c->form.width && !c->dry_run) /* what is next, once this has been done */
        one_line(c, out, "\nNext: ", hint);
}
