/* Tables on terminals of any width: no line is wider than the terminal, no word of the data is
 * lost. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <cmocka.h>

#include "api/call.h"
#include "base/mem.h"

static const struct column columns[] = {
    {"ref", "REF", KIND_TEXT, false},    {"title", "ACTION", KIND_TEXT, true},
    {"owner", "OWNER", KIND_TEXT, true}, {"count", "COUNT", KIND_FRACTION, false},
    {"on", "DUE", KIND_DAY, false},
};
static const struct section list[] = {{NULL, "items", columns, COUNT(columns), "Nothing."}};
static const struct view list_view = {list, 1, 0};
static const struct section object[] = {{NULL, NULL, columns, COUNT(columns), NULL}};
static const struct view object_view = {object, 1, 0};

static json_t *row(const char *ref, const char *title, const char *owner, double count)
{
    json_t *o = json_object();

    put_text(o, "ref", ref);
    put_text(o, "title", title);
    put_text(o, "owner", owner);
    json_object_set_new(o, "count", json_real(count));
    put_text(o, "on", "2017-09-01");
    return o;
}

/* The answer as a terminal of so many columns gets it; 0: as a pipe does. Takes over `answer`. */
static char *render(json_t *answer, const struct view *view, unsigned width)
{
    struct call c = {.answer = answer, .view = view, .form = {FORM_TEXT, width, false}};
    const char *type;
    char *body;
    size_t len;

    answer_render(&c, &body, &len, &type);
    assert_string_equal(type, "text/plain; charset=utf-8");
    assert_int_equal(len, strlen(body));
    json_decref(answer);
    return body;
}

static char *render_row(json_t *o, unsigned width)
{
    json_t *answer = json_object();

    json_array_append_new(put_list(answer, "items"), o);
    return render(answer, &list_view, width);
}

/* Columns of the widest line, as a terminal counts them. */
static size_t widest(const char *s)
{
    size_t most = 0, column = 0;
    wchar_t ch;

    for (int len; *s; s += len) {
        len = mbtowc(&ch, s, MB_CUR_MAX);
        assert_true(len > 0);
        column = ch == L'\n' ? 0 : column + (size_t)wcwidth(ch);
        most = column > most ? column : most;
    }
    return most;
}

/* The text without what a layout may add or take: blanks and newlines. */
static char *squeezed(const char *s)
{
    struct text t = TEXT_INIT;

    text_clear(&t);
    for (; *s; s++)
        if (*s != ' ' && *s != '\n')
            text_add_bytes(&t, s, 1);
    return text_take(&t);
}

static const struct {
    const char *name, *title;
} titles[] = {
    {"words", "Every child in need has a plan that was looked at by a manager within six weeks"},
    {"one word",
     "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft"},
    {"link",
     "see https://democracy.bromley.example/ieListDocuments.aspx?CId=559&MId=5961&Ver=4 there"},
    {"accents",
     "Évaluation des élèves à l’école déjà très éprouvée par les événements de l’été passé"},
    {"two columns each",
     "漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字"},
    {"two columns, blanks",
     "漢字 漢字漢字 漢字漢字漢字 漢字漢字漢字漢字 漢字漢字漢字漢字漢字 漢字漢字漢字漢字漢字 漢"},
    {"no column", "e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301 cafe\u0301 cafe\u0301 "
                  "cafe\u0301 end"},
    {"emoji",
     "\U0001f469\U0001f467\U0001f469\U0001f467\U0001f469\U0001f467\U0001f469\U0001f467\U0001f469"},
    {"no width", "zero\u200bwidth\u200bzero\u200bwidth\u200bzero\u200bwidth \ufeffmark \u200d "
                 "joined by nothing"},
    {"of nobody",
     "\ue000\ue001\ue002\ue003\ue004\ue005\ue006\ue007 \U000f0000\U0010fffd of nobody"},
    {"empty", ""},
};

static void test_no_line_is_wider(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(titles); i++)
        for (unsigned width = 40; width <= 130; width++) {
            char *text = render_row(row("5.12", titles[i].title, titles[i].title, 21.5), width);

            if (widest(text) > width)
                fail_msg("%s at %u:\n%s", titles[i].name, width, text);
            free(text);
        }
}

/* Field by field below each other: nothing is cut off, whatever the width. */
static void test_nothing_is_lost(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(titles); i++)
        for (unsigned width = 20; width <= 40; width++) {
            char *text = render(row("5.12", titles[i].title, NULL, 21.5), &object_view, width);
            char *bare = squeezed(text), *label = squeezed(titles[i].title);
            char *found = *label ? strstr(bare, label) : bare;

            if (!found || widest(text) > (width < 22 ? 22 : width))
                fail_msg("%s at %u:\n%s", titles[i].name, width, text);
            free(label);
            free(bare);
            free(text);
        }
}

static void test_lines_end_between_words(void **state)
{
    char *text = render_row(row("5.12", "one two three four five six seven", "Director", 2), 52);

    (void)state;
    assert_string_equal(text, "REF  ACTION             OWNER    COUNT DUE\n"
                              "5.12 one two three four Director     2 1 Sep 2017\n"
                              "     five six seven                    \n");
    free(text);
}

static void test_what_is_no_character_is_shown_as_such(void **state)
{
    char *text = render_row(row("5.12", "a\uffffb\u2028c\U0010ffffd", "O", 2), 80);
    char *piped = render_row(row("5.12", "a\uffffb", "O", 2), 0);

    (void)state;
    assert_non_null(strstr(text, "a\ufffdb\ufffdc\ufffdd"));
    assert_non_null(strstr(piped, "\ta\uffffb\t")); /* a program gets what there is */
    free(piped);
    free(text);
}

static void test_too_narrow_for_a_table_is_a_field_a_line(void **state)
{
    char *text =
        render_row(row("5.12", "one two three four five", "Director of Children", 0.5), 40);

    (void)state;
    assert_string_equal(text, "REF    5.12\n"
                              "ACTION one two three four five\n"
                              "OWNER  Director of Children\n"
                              "COUNT  ½\n"
                              "DUE    1 Sep 2017\n");
    free(text);
}

static void test_a_pipe_gets_whole_rows_between_tabs(void **state)
{
    char *text = render_row(row("5.12", "one\ttwo\nthree", "Director", 21.5), 0);
    char *none = render(json_pack("{s:[]}", "items"), &list_view, 0);

    (void)state;
    assert_string_equal(text, "REF\tACTION\tOWNER\tCOUNT\tDUE\n"
                              "5.12\tone two three\tDirector\t21½\t2017-09-01\n");
    assert_string_equal(none, "Nothing.\n");
    free(none);
    free(text);
}

/* A spare column is there where there is room for it and it says something. */
static void test_a_spare_column(void **state)
{
    static const struct column spare_columns[] = {{"ref", "REF", KIND_TEXT, COLUMN_STAYS},
                                                  {"from", "FROM", KIND_DAY, COLUMN_SPARE},
                                                  {"title", "ACTION", KIND_TEXT, COLUMN_WRAPS}};
    static const struct section spare_list[] = {
        {NULL, "items", spare_columns, COUNT(spare_columns), NULL}};
    static const struct view spare_view = {spare_list, 1, 0};
    static const struct {
        unsigned width;
        const char *from, *want;
    } cases[] = {
        {40, "2018-01-01",
         "REF FROM       ACTION\n"
         "1   1 Jan 2018 one two three four five\n"},
        {35, "2018-01-01",
         "REF ACTION\n"
         "1   one two three four five\n"},
        {40, NULL,
         "REF ACTION\n"
         "1   one two three four five\n"},
        {20, "2018-01-01",
         "REF ACTION\n"
         "1   one two three\n"
         "    four five\n"},
        {0, "2018-01-01",
         "REF\tFROM\tACTION\n"
         "1\t2018-01-01\tone two three four five\n"},
        {0, NULL,
         "REF\tFROM\tACTION\n"
         "1\t\tone two three four five\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        json_t *o = row("1", "one two three four five", "", 1), *answer = json_object();
        char *text;

        put_text(o, "from", cases[i].from);
        json_array_append_new(put_list(answer, "items"), o);
        text = render(answer, &spare_view, cases[i].width);
        assert_string_equal(text, cases[i].want);
        free(text);
    }
}

static const struct column bar_columns[] = {{"due", "", KIND_BAR, false}};
static const struct section bar_list[] = {{NULL, "items", bar_columns, 1, NULL}};
static const struct view bar_view = {bar_list, 1, 0};

/* Symbols per rating in the bar of these counts. */
static void assert_bar(double red, double amber, double due, int want_red, int want_amber)
{
    json_t *o = json_pack("{s:f, s:{s:f, s:f}}", "due", due, "counts", "red", red, "amber", amber);
    json_t *answer = json_pack("{s:[o]}", "items", o);
    struct call c = {.answer = answer, .view = &bar_view, .form = {FORM_TEXT, 80, false}};
    const char *type;
    char *body;
    size_t len;
    int reds = 0, ambers = 0;

    c.ratings = json_pack("[{s:s, s:s}, {s:s, s:s}]", "code", "red", "symbol", "✗", "code", "amber",
                          "symbol", "~");
    answer_render(&c, &body, &len, &type);
    for (const char *s = body; *s; s++) {
        reds += strncmp(s, "✗", 3) == 0;
        ambers += *s == '~';
    }
    assert_int_equal(reds, want_red);
    assert_int_equal(ambers, want_amber);
    free(body);
    json_decref(answer);
    json_decref(c.ratings);
}

static void test_bars(void **state)
{
    (void)state;
    assert_bar(10, 10, 20, 10, 10);
    assert_bar(1, 297, 298, 1, 20); /* one of many is still seen */
    assert_bar(0, 5, 5, 0, 20);
    assert_bar(0, 0, 0, 0, 0);
    assert_bar(3, 0, 0, 1, 0); /* nothing due: no share of it, but there it is */
    assert_bar(0.5, 0, 40, 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_line_is_wider),
        cmocka_unit_test(test_nothing_is_lost),
        cmocka_unit_test(test_lines_end_between_words),
        cmocka_unit_test(test_too_narrow_for_a_table_is_a_field_a_line),
        cmocka_unit_test(test_a_pipe_gets_whole_rows_between_tabs),
        cmocka_unit_test(test_a_spare_column),
        cmocka_unit_test(test_bars),
        cmocka_unit_test(test_what_is_no_character_is_shown_as_such),
    };

    setlocale(LC_CTYPE, "C.UTF-8"); /* as csid does */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
