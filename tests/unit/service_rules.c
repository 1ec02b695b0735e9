/* Rule packs: those built in are faultless; what is told of a council's own, with its place; what
 * they add and override; hostile files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "engine/packs.h"
#include "service/rules.h"

static char folder[] = "/tmp/csid-rules-XXXXXX";
static struct err e;

static bool known_check(const char *name)
{
    return strcmp(name, "deadlines") == 0;
}

static void put(const char *name, const void *bytes, size_t len)
{
    char *path = xasprintf("%s/%s", folder, name);
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
    free(path);
}

static void drop(const char *name)
{
    char *path = xasprintf("%s/%s", folder, name);

    assert_int_equal(remove(path), 0);
    free(path);
}

/* The lines without the folder's name, each with a newline. */
static char *told(const struct strings *s)
{
    struct text t = TEXT_INIT;

    text_clear(&t);
    for (size_t i = 0; i < s->count; i++) {
        char *line = xstrdup(s->items[i]);

        for (char *at = line; (at = strstr(at, folder)) != NULL;)
            memmove(at, at + strlen(folder) + 1, strlen(at + strlen(folder) + 1) + 1);
        text_addf(&t, "%s\n", line);
        free(line);
    }
    return text_take(&t);
}

/* Reads the folder, which must be refused for these faults: a trailing '*' lets anything follow. */
static void expect(const char *what, const char *want)
{
    struct config_faults faults = {0};
    struct rule_texts rules;
    size_t n = strlen(want);
    char *got;

    assert_int_equal(rules_read(folder, known_check, &rules, &faults, &e), 0);
    assert_int_equal(rules.count, 0);
    assert_null(rules.items);
    got = told(&faults.faults);
    if (!*got || (n && want[n - 1] == '*' ? strncmp(got, want, n - 1) : strcmp(got, want)) != 0)
        fail_msg("for\n%.300s\nwant\n%s\ngot\n%s", what, want, got);
    free(got);
    config_faults_free(&faults);
}

static void expect_pack(const char *yaml, size_t len, const char *want)
{
    put("own.yaml", yaml, len);
    expect(yaml, want);
}

/* Reads the folder, which must be faultless. */
static struct rule_texts read_all(const char *from)
{
    struct config_faults faults = {0};
    struct rule_texts rules;

    if (rules_read(from, known_check, &rules, &faults, &e) < 0)
        fail_msg("%s", e.text);
    if (faults.faults.count + faults.warnings.count)
        fail_msg("%s", faults.faults.count ? faults.faults.items[0] : faults.warnings.items[0]);
    config_faults_free(&faults);
    return rules;
}

static const char *value(const struct rule_texts *all, const char *id, enum rule_field field)
{
    const struct rule_text *t = rule_texts_find(all, id);

    assert_non_null(t);
    return t->values[field];
}

/* ---- what is built in ---- */

static void test_built_in(void **state)
{
    static const char *const names[] = {"ilacs",        "sif-2015",   "jtai",
                                        "intervention", "governance", "homes"};
    struct rule_texts all = read_all("");
    struct rule *compiled;
    size_t count;

    (void)state;
    assert_int_equal(all.pack_count, COUNT(names));
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_string_equal(all.packs[i].name, names[i]);
        assert_true(strlen(all.packs[i].title) > 0);
        assert_null(all.packs[i].file);
    }
    assert_string_equal(rule_texts_find(&all, "STMT-70")->pack, "ilacs sif-2015");
    assert_string_equal(rule_texts_find(&all, "CHAIR-QTR")->pack, "intervention");
    assert_string_equal(value(&all, "STMT-70", RULE_citation),
                        "Education and Inspections Act 2006 s137(3); SI 2007/462 reg 3");
    if (packs_compile(&all, "sif-2015", &compiled, &count, &e) < 0)
        fail_msg("%s", e.text);
    assert_int_equal(count, 9);
    for (size_t i = 0; i < count; i++)
        rule_clear(&compiled[i]);
    free(compiled);
    rule_texts_clear(&all);
}

/* Nothing lies in etc/rules that is not in the program: a pack's file is its name. */
static void test_all_are_built_in(void **state)
{
    struct rule_texts all = read_all("");
    DIR *d = opendir("etc/rules");
    size_t files = 0, found = 0;

    (void)state;
    assert_non_null(d);
    for (struct dirent *entry; (entry = readdir(d)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        files++;
        for (size_t i = 0; i < all.pack_count; i++) {
            char *file = xasprintf("%s.yaml", all.packs[i].name);

            found += strcmp(file, entry->d_name) == 0;
            free(file);
        }
    }
    closedir(d);
    assert_int_equal(files, all.pack_count);
    assert_int_equal(found, files);
    rule_texts_clear(&all);
}

/* ---- what is told of a council's own ---- */

#define HEAD "pack: own\ntitle: Ours\n"
#define RULE                                                                              \
    "  - id: OWN-1\n    title: T\n    from: inspection.received_on\n    role: director\n" \
    "    citation: C\n"

struct fault_case {
    const char *yaml, *want;
};

static void expect_each(const struct fault_case *cases, size_t n, const char *before)
{
    for (size_t i = 0; i < n; i++) {
        char *yaml = xasprintf("%s%s", before, cases[i].yaml);

        expect_pack(yaml, strlen(yaml), cases[i].want);
        free(yaml);
    }
}

#define NO_PACK                                                                              \
    "own.yaml:1:1: pack: is missing; add the name that plans put themselves under, such as " \
    "ilacs\n"
#define NO_TITLE "own.yaml:1:1: title: is missing; add what the pack is for\n"
#define NO_RULES "own.yaml:1:1: rules: is missing; add a list of rules\n"

static const struct fault_case whole_file[] = {
    {"", NO_PACK NO_TITLE NO_RULES},
    {"# nothing\n", NO_PACK NO_TITLE NO_RULES},
    {"---\n~\n", NO_PACK NO_TITLE NO_RULES},
    {"pack: own\nrules: []\n", NO_TITLE},
    {"also: STMT-70\ntitle: T\n", NO_PACK},
    {"organisation: Bromley\nmail: {from: a@b.example}\n",
     "own.yaml:1:1: organisation: unknown key; remove it (man csid-rules lists all)\n" NO_PACK
         NO_TITLE NO_RULES
     "own.yaml:2:1: mail: unknown key; remove it (man csid-rules lists all)\n"},
    {"just words", "own.yaml:1:1: the file is a text; it is to be lines of \"key: value\"\n"},
    {"\n- id: A\n", "own.yaml:2:1: the file is a list; it is to be lines of \"key: value\"\n"},
    {"pack: own\n\ttitle: T\n", "own.yaml:2:1: not YAML: *"},
    {"pack: own\ntitle: \xff\n", "own.yaml:2:8: byte 0xff is not UTF-8; save the file as UTF-8\n"},
    {"pack: own\n---\npack: two\n",
     "own.yaml:2:1: a second document begins here; keep one and drop the '---'\n"},
};

static void test_whole_file(void **state)
{
    (void)state;
    expect_each(whole_file, COUNT(whole_file), "");
    expect_pack("pack: \0own\n", 11,
                "own.yaml:1:7: character U+0000 may not stand here; remove it\n");
}

static const struct fault_case keys[] = {
    {"rule: []\nrules: []\n", "own.yaml:3:1: rule: unknown key; did you mean rules?\n"},
    {"rules:\n", "own.yaml:3:7: rules: has no value; it is to be a list of rules\n"},
    {"rules: {id: A}\n", "own.yaml:3:8: rules: is a mapping; it is to be a list of rules\n"},
    {"rules: [STMT-70]\n",
     "own.yaml:3:9: rules[1]: is a text; it is to be a mapping such as {id: …}\n"},
    {"rules: []\ntitle: Again\n",
     "own.yaml:4:1: title: is given twice, first in line 2; remove one\n"},
    {"rules: []\n? [a]\n: b\n", "own.yaml:4:3: a list stands where a key is to be\n"},
    {"rules: []\n\"al\\0so\": X\n", "own.yaml:4:1: al: unknown key; *"},
    {"also: [STMT-70]\n", "own.yaml:3:7: also: is a list; it is to be one text\n"},
    {"also: STMT-70  NOPE stmt-70 STMT-70\n",
     "own.yaml:3:7: also: there is no rule \"NOPE\"\n"
     "own.yaml:3:7: also: there is no rule \"stmt-70\"\n"
     "own.yaml:3:7: also: STMT-70 applies with this pack already\n"},
    {"also: OWN-1\nrules:\n" RULE, "own.yaml:3:7: also: OWN-1 applies with this pack already\n"},
    {"also: \"\"\n", "own.yaml:3:7: also: is empty; give a value, or remove it\n"},
    {"rules:\n  - !!map {id: A}\n", "own.yaml:4:5: tags (!name) are not read; remove it\n"},
};

static const struct fault_case names[] = {
    {"pack: ilacs\n", "own.yaml:3:7: pack: \"ilacs\" is the name of ilacs.yaml (built in) already; "
                      "choose another\n"},
    {"pack: Our own\n", "own.yaml:3:7: pack: *"},
    {"pack: {a: b}\n", "own.yaml:3:7: pack: is a mapping; it is to be one text\n"},
    {"pack:\n", "own.yaml:3:6: pack: has no value; give one, or remove it\n"},
};

static void test_keys(void **state)
{
    (void)state;
    expect_each(keys, COUNT(keys), HEAD);
    expect_each(names, COUNT(names), "title: Ours\nrules: []\n");
}

/* Each behind a rule that ends in line 8. */
static const struct fault_case fields[] = {
    {"    ofset: 3\n",
     "own.yaml:9:5: rules[1].ofset: unknown key; did you mean rules[1].offset?\n"},
    {"    weather: fine\n",
     "own.yaml:9:5: rules[1].weather: unknown key; remove it (man csid-rules lists all)\n"},
    {"    title: Again\n",
     "own.yaml:9:5: rules[1].title: is given twice, first in line 5; remove one\n"},
    {"    offset:\n", "own.yaml:9:12: rules[1].offset: has no value; give one, or remove it\n"},
    {"    offset: ~\n", "own.yaml:9:13: rules[1].offset: has no value; give one, or remove it\n"},
    {"    offset: [3]\n", "own.yaml:9:13: rules[1].offset: is a list; it is to be one text\n"},
    {"    to: {a: b}\n", "own.yaml:9:9: rules[1].to: is a mapping; it is to be one text\n"},
    {"    to: \"a\\nb\"\n", "own.yaml:9:9: rules[1].to: has a line break or another control "
                            "character in it; remove it\n"},
    {"    to: '  '\n", "own.yaml:9:9: rules[1].to: is empty; give a value, or remove it\n"},
    {"    offset: 3.5\n",
     "own.yaml:9:13: rules[1].offset: \"3.5\" is no whole number from -999 to 999\n"},
    {"    unit: workdays\n",
     "own.yaml:9:11: rules[1].unit: \"workdays\" is none of: days, working-days, weeks, months, "
     "years, clear-days, clear-working-days, month-ends\n"},
    {"    if: visit.kind=monitor\n    calendar: wales\n    every: monthly\n",
     "own.yaml:9:9: rules[1].if: \"monitor\" is none of: monitoring focused assurance peer "
     "annual-engagement other\n"
     "own.yaml:10:15: rules[1].calendar: \"wales\" is none of: england-and-wales, scotland, "
     "northern-ireland\n"
     "own.yaml:11:12: rules[1].every: *"},
    {"    if: judgement.grade=bad\n",
     "own.yaml:9:9: rules[1].if: \"bad\" is none of: outstanding good adequate "
     "requires-improvement inadequate\n"},
    {"    closed_by: visit.too_on\n",
     "own.yaml:9:16: rules[1].closed_by: \"visit.too_on\": visit has no such field\n"},
    {"    check: windows\n", "own.yaml:9:12: rules[1].check: there is no check \"windows\"\n"},
    {"    in_force_from: 2017-02-29\n",
     "own.yaml:9:20: rules[1].in_force_from: \"2017-02-29\" is no date, as in 2007-04-01\n"},
    {"    warn: 3\n", "own.yaml:9:11: rules[1].warn: is for windows: give opens too\n"},
    {"    opens: 5\n    offset: 3\n",
     "own.yaml:9:12: rules[1].opens: the window opens after offset, where it ends\n"},
    {"    per: resolution\n", "own.yaml:9:10: rules[1].per: what is counted from has no board\n"},
    {"    in_force_from: 2018-01-01\n    in_force_to: 2017-12-31\n",
     "own.yaml:10:18: rules[1].in_force_to: is before in_force_from\n"},
    /* all of them, in the file's order; what holds between fields is looked at when each is sound
     */
    {"    warn: 3\n    roll: up\n    copy: a b c d e\n  - {}\n  - {id: x, title: T, from: nowhere, "
     "role: A B, citation: C}\n",
     "own.yaml:10:11: rules[1].roll: \"up\" is none of: none, preceding, following\n"
     "own.yaml:11:11: rules[1].copy: more than 4 roles\n"
     "own.yaml:12:5: rules[2].id: is missing; add what it is called: STMT-70\n"
     "own.yaml:12:5: rules[2].title: is missing; add what is owed, or expected; {title}, {date} of "
     "what it counts from, {per}\n"
     "own.yaml:12:5: rules[2].from: is missing; add what it counts from\n"
     "own.yaml:12:5: rules[2].role: is missing; add who owes it, or hears of it\n"
     "own.yaml:12:5: rules[2].citation: is missing; add the law, guidance or practice it rests on\n"
     "own.yaml:13:10: rules[3].id: \"x\" is no name of a rule: A to Z, digits and hyphens, at most "
     "32\n"
     "own.yaml:13:29: rules[3].from: \"nowhere\" is no kind of record, as in "
     "inspection.received_on\n"
     "own.yaml:13:44: rules[3].role: \"A\" is to be the last\n"},
};

static void test_fields(void **state)
{
    (void)state;
    expect_each(fields, COUNT(fields), HEAD "rules:\n" RULE);
}

static const struct fault_case between[] = {
    {"  - {id: OWN-1, title: T, from: meeting.held_on, role: director, citation: C}\n",
     "own.yaml:9:10: OWN-1: is given twice, first in line 4; remove one\n"},
    {"  - {id: OWN-2, title: T, from: 'rule:OWN-3', role: director, citation: C}\n"
     "  - {id: OWN-4, title: T, from: 'rule:OWN-2', role: director, citation: C}\n"
     "  - {id: OWN-5, title: T, from: 'rule:OWN-1', role: director, citation: C}\n",
     "own.yaml:9:33: OWN-2: from: there is no rule OWN-3 to count from\n"},
    {"  - {id: OWN-2, title: T, from: 'rule:PLAN-APPROVE', role: director, citation: C}\n",
     "own.yaml:9:33: OWN-2: from: rule PLAN-APPROVE counts from a rule itself\n"},
    {"  - {id: OWN-2, title: T, from: 'rule:OWN-3', role: director, citation: C}\n"
     "  - {id: OWN-3, title: T, from: visit.x, role: director, citation: C}\n",
     "own.yaml:10:33: rules[3].from: \"visit.x\": visit has no such field\n"},
    /* a rule that others count from may not be made to count from one itself */
    {"  - {id: STMT-70, title: T, from: 'rule:RPT-PUB-30', role: director, citation: C}\n",
     "own.yaml:9:35: STMT-70: from: rule STMT-70 counts from a rule itself, and is counted from by "
     "PLAN-APPROVE\n"},
};

static void test_between_rules(void **state)
{
    (void)state;
    expect_each(between, COUNT(between), HEAD "rules:\n" RULE);
}

static void test_between_files(void **state)
{
    static const char rule[] = "pack: own\ntitle: T\nrules:\n" RULE;
    static const char over[] = "pack: two\ntitle: T\nalso: OWN-1 NOPE\nrules:\n  - {id: STMT-70, "
                               "title: T, from: visit.to_on, role: director, citation: C}\n";
    static const char again[] = "pack: own\ntitle: T\nrules:\n  - {id: STMT-70, title: T, from: "
                                "visit.to_on, role: director, citation: C}\n" RULE;

    (void)state;
    put("a.yaml", rule, strlen(rule));
    put("b.yaml", over, strlen(over));
    put("c.yaml", again, strlen(again));
    expect("three", "b.yaml:3:7: also: there is no rule \"NOPE\"\n"
                    "c.yaml:1:7: pack: \"own\" is the name of a.yaml already; choose another\n"
                    "c.yaml:4:10: STMT-70: is given in b.yaml too; remove one\n"
                    "c.yaml:5:9: OWN-1: is given in a.yaml too; remove one\n");
}

/* ---- what they add ---- */

static void test_own(void **state)
{
    static const char first[] =
        "pack: Bromley\ntitle: What we do besides\nalso: STMT-70\nrules:\n" RULE
        "    offset: +3\n    to: a text\n      over two lines\n"
        "  - {id: STMT-70, title: Ours, from: inspection.published_on, role: director, citation: "
        "C}\n";
    static const char second[] = "also: CHAIR-QTR OWN-1\ntitle: All of it\npack: all\n";
    struct rule_texts all, builtin = read_all("");
    const struct rule_text *t;

    (void)state;
    put("1-own.yaml", first, strlen(first));
    put("2-all.yaml", second, strlen(second));
    put(".hidden.yaml", "[", 1);
    put("README", "[", 1);
    all = read_all(folder);
    assert_int_equal(all.count, builtin.count + 1);
    assert_int_equal(all.pack_count, builtin.pack_count + 2);
    assert_string_equal(all.packs[6].name, "bromley");
    assert_string_equal(all.packs[6].title, "What we do besides");
    assert_memory_equal(all.packs[6].file, folder, strlen(folder));
    assert_string_equal(all.packs[6].file + strlen(folder), "/1-own.yaml");
    t = rule_texts_find(&all, "STMT-70");
    assert_ptr_equal(t, &all.items[0]); /* its place */
    assert_string_equal(t->pack, "ilacs sif-2015 bromley");
    assert_string_equal(t->values[RULE_title], "Ours");
    assert_null(t->values[RULE_offset]);
    t = rule_texts_find(&all, "OWN-1");
    assert_string_equal(t->pack, "bromley all");
    assert_string_equal(t->values[RULE_offset], "+3");
    assert_string_equal(t->values[RULE_to], "a text over two lines");
    assert_string_equal(rule_texts_find(&all, "CHAIR-QTR")->pack, "intervention all");
    rule_texts_clear(&all);
    rule_texts_clear(&builtin);
}

/* An override keeps the packs of what it takes the place of, its own is none of them. */
static void test_override(void **state)
{
    static const char own[] =
        HEAD "rules:\n  - {id: MV-LETTER, title: Ours, from: visit.to_on, role: "
             "director, citation: C}\n";
    struct rule_texts all;

    (void)state;
    put("own.yaml", own, strlen(own));
    all = read_all(folder);
    assert_string_equal(rule_texts_find(&all, "MV-LETTER")->pack, "ilacs sif-2015");
    assert_string_equal(value(&all, "MV-LETTER", RULE_title), "Ours");
    rule_texts_clear(&all);
}

/* ---- folders and hostile files ---- */

static void test_folders(void **state)
{
    struct config_faults faults = {0};
    struct rule_texts rules;
    char *path = xasprintf("%s/x.yaml", folder), *lines;

    (void)state;
    assert_int_equal(rules_read("/nowhere/rules", NULL, &rules, &faults, &e), -1);
    assert_string_equal(e.text,
                        "/nowhere/rules cannot be read as a folder: No such file or directory");
    assert_int_equal(rules_read("/etc/passwd", NULL, &rules, &faults, &e), -1);
    assert_string_equal(e.text, "/etc/passwd cannot be read as a folder: Not a directory");
    assert_int_equal(faults.faults.count + rules.count, 0);
    assert_int_equal(mkdir(path, 0700), 0);
    put("own.yml", "", 0);
    assert_int_equal(rules_read(folder, NULL, &rules, &faults, &e), 0);
    lines = told(&faults.faults);
    assert_string_equal(lines, "x.yaml:1:1: x.yaml is a directory; give the file\n");
    free(lines);
    lines = told(&faults.warnings);
    assert_string_equal(lines, "own.yml:1:1: is not read; let its name end in .yaml\n");
    free(lines);
    config_faults_free(&faults);
    drop("x.yaml");
    assert_int_equal(symlink("/nowhere", path), 0);
    expect("a link", "x.yaml:1:1: x.yaml cannot be read: No such file or directory\n");
    drop("x.yaml");
    drop("own.yml");
    free(path);
}

static void test_too_many(void **state)
{
    struct config_faults faults = {0};
    struct rule_texts rules;
    char *want = xasprintf("%s has 65 packs; at most 64 are read", folder);

    (void)state;
    for (int i = 0; i < 65; i++) {
        char name[16];

        snprintf(name, sizeof name, "%d.yaml", i);
        put(name, "", 0);
    }
    assert_int_equal(rules_read(folder, NULL, &rules, &faults, &e), -1);
    assert_string_equal(e.text, want);
    assert_int_equal(rules.count, 0);
    config_faults_free(&faults);
    free(want);
}

/* `head`, then `again` up to `size`. */
static void expect_bomb(size_t size, const char *head, const char *again, const char *want)
{
    struct text t = TEXT_INIT;

    text_add(&t, head);
    while (t.len + strlen(again) < size)
        text_add(&t, again);
    expect_pack(t.s, t.len, want);
    text_free(&t);
}

#define FULL (256 * 1024)

static void test_hostile(void **state)
{
    (void)state;
    alarm(60); /* whatever is quadratic ends here */
    expect_bomb(FULL + 2, "", "#", "own.yaml:1:1: own.yaml is larger than 262144 bytes\n");
    expect_bomb(FULL, HEAD "rules: ", "[", "own.yaml:3:23: nested more than 16 deep\n");
    expect_bomb(FULL, HEAD "rules:\n", "- &a x\n", "own.yaml:4:3: anchors (&name) are not read*");
    expect_bomb(FULL, HEAD "rules: [", "*a, ", "own.yaml:3:9: aliases (*name) are not read*");
    expect_bomb(FULL, HEAD "rules:\n", "  - {}\n", "own.yaml:4:5: rules[1].id: is missing*");
    expect_bomb(FULL, HEAD "rules:\n  -\n", "    id: A\n", "own.yaml:*");
    expect_bomb(FULL, HEAD "also: ", "X ", "own.yaml:3:7: also: is 262*");
    expect_bomb(FULL, HEAD "rules:\n" RULE "    to: ", "x", "own.yaml:9:9: rules[1].to: is 262*");
    expect_bomb(FULL, "", "k: v\n", "own.yaml:1:1: k: unknown key*");
    alarm(0);
}

static void test_rules_beyond_the_limit(void **state)
{
    struct text t = TEXT_INIT;

    (void)state;
    text_add(&t, HEAD "rules:\n");
    for (int i = 0; i < 201; i++)
        text_addf(&t, "- {id: R%d, title: T, from: visit.to_on, role: director, citation: C}\n", i);
    expect_pack(t.s, t.len, "own.yaml:204:3: rules: has 201 rules; at most 200 are read\n");
    text_free(&t);
}

/* A pack cut short anywhere is refused or read, never worse. */
static void test_cut_short(void **state)
{
    static const char full[] =
        HEAD "also: STMT-70 CHAIR-QTR\nrules:\n" RULE
             "    if: visit.kind=monitoring|focused meeting.cancelled_on=\n"
             "    every: instrument.every 3m\n    times: 2\n"
             "  - {id: OWN-2, title: \"T\\u00e2\", from: 'rule:STMT-70', role: "
             "home.registered_person director, citation: C}\n";

    (void)state;
    for (size_t len = 0; len <= strlen(full); len++) {
        struct config_faults faults = {0};
        struct rule_texts rules;

        put("own.yaml", full, len);
        assert_int_equal(rules_read(folder, known_check, &rules, &faults, &e), 0);
        assert_int_equal(rules.count == 0, faults.faults.count > 0);
        assert_true(len < strlen(full) || rules.count > 0);
        rule_texts_clear(&rules);
        config_faults_free(&faults);
    }
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int empty_folder(void **state)
{
    DIR *d = opendir(folder);

    (void)state;
    for (struct dirent *entry; d && (entry = readdir(d)) != NULL;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            drop(entry->d_name);
    return d ? closedir(d) : -1;
}

static int remove_folder(void **state)
{
    return empty_folder(state) || rmdir(folder);
}

#define TEST(f) cmocka_unit_test_setup(f, empty_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_built_in),
        TEST(test_all_are_built_in),
        TEST(test_whole_file),
        TEST(test_keys),
        TEST(test_fields),
        TEST(test_between_rules),
        TEST(test_between_files),
        TEST(test_own),
        TEST(test_override),
        TEST(test_folders),
        TEST(test_too_many),
        TEST(test_hostile),
        TEST(test_rules_beyond_the_limit),
        TEST(test_cut_short),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
