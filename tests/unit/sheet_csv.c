/* CSV as spreadsheets write it, and as nobody should: rows with their lines, and every refusal with
 * its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"
#include "sheet/csv.h"

static struct err e;

/* The table as text: "LINE:cell|cell\n" for each row. */
static char *flat(const struct sheet *s)
{
    struct text t = TEXT_INIT;

    text_clear(&t);
    for (size_t i = 0; i < s->count; i++) {
        text_addf(&t, "%d:", s->rows[i].line);
        for (size_t j = 0; j < s->rows[i].count; j++)
            text_addf(&t, "%s%s", j ? "|" : "", s->rows[i].cells[j]);
        text_add(&t, "\n");
    }
    return text_take(&t);
}

static void test_read(void **state)
{
    static const struct {
        const char *csv, *table;
    } cases[] = {
        {"a,b\n1,2\n", "1:a|b\n2:1|2\n"},
        {"a,b\r\n1,2\r\n", "1:a|b\n2:1|2\n"},
        {"a,b\r1,2\r", "1:a|b\n2:1|2\n"},
        {"a,b\n1,2", "1:a|b\n2:1|2\n"},
        {"a\r\n\nb\r\rc\n\r\nd", "1:a\n3:b\n5:c\n7:d\n"},
        {"\xef\xbb\xbf"
         "a,b\n",
         "1:a|b\n"},
        {"\xef\xbb\xbf\"a,b\",c\n", "1:a,b|c\n"},
        {"\n\n  \n\na\n", "5:a\n"},
        {",,\na,,\n,,\n , \t,\n,b,,\n", "2:a\n5:|b\n"},
        {"a,\"x\ny\r\nz\",b\nc\n", "1:a|x\ny\r\nz|b\n4:c\n"},
        {"a,\"x\rz\"\rc\r", "1:a|x\rz\n3:c\n"},
        {"\"a\n\n\nb\"\nc\n", "1:a\n\n\nb\n5:c\n"},
        {"\"say \"\"yes\"\"\",\"\"\"\",\"\"\n", "1:say \"yes\"|\"\n"},
        {" a , b c ,\" d \" , \"e\"\n", "1:a|b c| d |e\n"},
        {"'a',b;c\td\n", "1:'a'|b;c\td\n"},
        {"=1+1,@x,+3,-4\n", "1:=1+1|@x|+3|-4\n"},
        {"\xc3\xa9,\xe2\x80\xae"
         "x,\x1b[31m\n",
         "1:\xc3\xa9|\xe2\x80\xae"
         "x|\x1b[31m\n"},
        {"a,\"b\nc\"", "1:a|b\nc\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sheet s;
        char *table;

        if (sheet_read_csv(cases[i].csv, strlen(cases[i].csv), &s, &e) != 0)
            fail_msg("case %zu: %s", i, e.text);
        table = flat(&s);
        assert_string_equal(table, cases[i].table);
        free(table);
        sheet_clear(&s);
    }
}

#define CASE(bytes, said)             \
    {                                 \
        bytes, sizeof bytes - 1, said \
    }

static void test_refused(void **state)
{
    static const struct {
        const char *csv;
        size_t len;
        const char *said;
    } cases[] = {
        CASE("", "the file is empty"),
        CASE("\xef\xbb\xbf", "the file is empty"),
        CASE("\n\r\n  \n,,,\n", "the file is empty"),
        CASE("a,b\n1,\"2", "line 2, column 2 (B): the quotation mark that opens this cell"),
        CASE("a,b\n1,2\n\"x\ny,3\nz,4\n", "line 3, column 1 (A): the quotation mark that opens"),
        CASE("a,\"x\ny\",\"z\nq", "line 2, column 3 (C): the quotation mark that opens"),
        CASE("a,b\nc,d \"e\" f\n", "line 2, column 2 (B): a quotation mark where none"),
        CASE("a\n\"b\nc\" d,e\n", "line 3, column 1 (A): a quotation mark where none"),
        CASE("\"a\"b\n", "line 1, column 1 (A): a quotation mark where none"),
        CASE("a,b\nc\0d\n", "line 2: a NUL byte"),
        CASE("a\r\nb\rc\n\0", "line 4: a NUL byte"),
        CASE("PK\x03\x04\x14\0\x06\0", "a workbook (.xlsx, .ods)"),
        CASE("\xd0\xcf\x11\xe0\xa1\xb1", "(.xls)"),
        CASE("\xff\xfe"
             "a\0,\0b\0\n\0",
             "UTF-16"),
        CASE("%PDF-1.7\n", "a PDF"),
        CASE("\x1f\x8b\x08\0", "compressed"),
        CASE("a,b\nx,caf\xe9\n", "line 2, column 2 (B): byte 4 of the cell, 0xE9, is not UTF-8: "
                                 "save the sheet as \"CSV UTF-8"),
        CASE("a,\"b\nc\n\x93quoted\x94\"\n", "line 3, column 2 (B): byte 5 of the cell, 0x93"),
        CASE("\xed\xa0\x80\n", "line 1, column 1 (A): byte 1 of the cell, 0xED"),
        CASE("a\n\xc0\xaf\n", "line 2, column 1 (A): byte 1 of the cell, 0xC0"),
        CASE("a\nb\xe2\x80", "line 2, column 1 (A): byte 2 of the cell, 0xE2"),
        CASE("\x7f"
             "ELF\x02\x01\x01\x80\x90\xff",
             "is not UTF-8"),
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sheet s = {NULL, 77};

        e = (struct err){0};
        if (sheet_read_csv(cases[i].csv, cases[i].len, &s, &e) != -1)
            fail_msg("case %zu is read", i);
        if (!strstr(e.text, cases[i].said))
            fail_msg("case %zu says: %s", i, e.text);
        assert_int_equal(e.code, ERR_REFUSED);
        assert_int_equal(s.count, 77);
    }
}

/* `count` times the text between head and tail. */
static char *repeat(const char *head, const char *text, size_t count, const char *tail)
{
    struct text t = TEXT_INIT;

    text_add(&t, head);
    for (size_t i = 0; i < count; i++)
        text_add(&t, text);
    text_add(&t, tail);
    return text_take(&t);
}

static void test_limits(void **state)
{
    static const struct {
        const char *head, *text, *tail;
        size_t most;
        const char *said;
    } cases[] = {
        {"a,b\nc,", "x", "\n", SHEET_CELL_BYTES_MAX, "line 2, column 2 (B): a cell of more than"},
        {"a,b\nc,\"", "\n", "\"\n", SHEET_CELL_BYTES_MAX, "line 2, column 2 (B): a cell of more"},
        {"a\n", "x,", "", SHEET_COLUMNS_MAX, "line 2: the sheet has more than 200 columns"},
        {"", "x\n", "", SHEET_ROWS_MAX, "line 200001: the sheet has more than 200000 rows"},
        {"", "\"\n\"x\n", "", 0, "line 2, column 1 (A): a quotation mark where none"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *fits = repeat(cases[i].head, cases[i].text, cases[i].most, cases[i].tail);
        char *more = repeat(cases[i].head, cases[i].text, cases[i].most + 1, cases[i].tail);
        struct sheet s;

        if (cases[i].most && sheet_read_csv(fits, strlen(fits), &s, &e) != 0)
            fail_msg("case %zu: %s", i, e.text);
        if (cases[i].most)
            sheet_clear(&s);
        assert_int_equal(sheet_read_csv(more, strlen(more), &s, &e), -1);
        if (!strstr(e.text, cases[i].said))
            fail_msg("case %zu says: %s", i, e.text);
        free(fits);
        free(more);
    }
}

/* Empty cells far to the right are what spreadsheets leave behind. */
static void test_wide_empty(void **state)
{
    char *wide = repeat("a,b", ",", 5000, "\n1,2\n");
    struct sheet s;

    (void)state;
    assert_int_equal(sheet_read_csv(wide, strlen(wide), &s, &e), 0);
    assert_int_equal(s.count, 2);
    assert_int_equal(s.rows[0].count, 2);
    sheet_clear(&s);
    free(wide);
}

static void test_huge(void **state)
{
    size_t len = SHEET_BYTES_MAX;
    char *bytes = xmalloc(len + 1);
    struct sheet s;

    (void)state;
    memset(bytes, '\n', len + 1);
    assert_int_equal(sheet_read_csv(bytes, len + 1, &s, &e), -1);
    assert_non_null(strstr(e.text, "67108865 bytes; at most 64 MiB"));
    memset(bytes, 'x', len);
    assert_int_equal(sheet_read_csv(bytes, len, &s, &e), -1);
    assert_non_null(strstr(e.text, "a cell of more than 64 KiB"));
    memset(bytes, '"', len);
    assert_int_equal(sheet_read_csv(bytes, len - 1, &s, &e), -1);
    memset(bytes, ',', len);
    assert_int_equal(sheet_read_csv(bytes, len, &s, &e), -1);
    assert_string_equal(e.text, "the file is empty");
    /* as many cells as memory is meant to hold, and no more */
    for (size_t i = 0; i < len; i++)
        bytes[i] = i % 100 == 99 ? '\n' : i % 2 ? ',' : 'x';
    assert_int_equal(sheet_read_csv(bytes, len, &s, &e), -1);
    assert_non_null(strstr(e.text, "more than 5000000 cells"));
    free(bytes);
}

/* A file cut anywhere is read or refused; what is read is the beginning of the whole. */
static void test_truncated(void **state)
{
    static const char csv[] = "ref,action\r\n1.1,\"Say \"\"yes\"\"\r\nto \xc3\xa9\"\r\n1.2,b\r\n";
    size_t refused = 0;

    (void)state;
    for (size_t n = 1; n < sizeof csv - 1; n++) {
        char *part = xmalloc(n); /* to the byte, so that a sanitizer sees what is read beyond */
        struct sheet s;

        memcpy(part, csv, n);
        if (sheet_read_csv(part, n, &s, &e) == 0)
            sheet_clear(&s);
        else
            refused++;
        free(part);
    }
    assert_in_range(refused, 15, 30);
}

static void test_letters(void **state)
{
    char ret[SHEET_LETTERS];

    (void)state;
    assert_string_equal(sheet_letters(0, ret), "A");
    assert_string_equal(sheet_letters(25, ret), "Z");
    assert_string_equal(sheet_letters(26, ret), "AA");
    assert_string_equal(sheet_letters(199, ret), "GR");
    assert_string_equal(sheet_letters(701, ret), "ZZ");
    assert_string_equal(sheet_letters(702, ret), "AAA");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),    cmocka_unit_test(test_refused),
        cmocka_unit_test(test_limits),  cmocka_unit_test(test_wide_empty),
        cmocka_unit_test(test_huge),    cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_letters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
