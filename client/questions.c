#include "client/questions.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "client/print.h"
#include "client/prompt.h"

/* ---- reading them ---- */

static void add_word(struct words *w, char *word)
{
    w->at = xgrow(w->at, w->count, &w->cap, sizeof *w->at);
    w->at[w->count++] = word;
}

static void words_free(struct words *w)
{
    while (w->count)
        free(w->at[--w->count]);
    free(w->at);
}

static void read_words(struct json list, struct words *ret)
{
    struct json_walk walk = json_walk(list);
    struct json item;
    char *word;

    while (json_step(&walk, NULL, &item))
        if ((word = json_text(item))) {
            add_word(ret, text_one_line(word));
            free(word);
        }
}

/* A text of csid's on one line, fit for a terminal; "" where there is none. */
static char *line_of(struct json o, const char *name)
{
    char *raw = json_member_text(o, name), *line = text_one_line(raw ? raw : "");

    free(raw);
    return line;
}

/* {"issued": ["improvement-notice", …]}: the first of its members, as there is one at most. */
static void read_condition(struct json o, struct question *q)
{
    struct json only_if, list;
    struct json_walk walk;

    if (!json_member(o, "only_if", &only_if))
        return;
    walk = json_walk(only_if);
    if (json_is_object(only_if) && json_step(&walk, &q->hangs_on, &list))
        read_words(list, &q->hangs_on_words);
}

static void question_free(struct question *q)
{
    free(q->name);
    free(q->text);
    free(q->help);
    free(q->offered);
    free(q->hangs_on);
    free(q->answer);
    words_free(&q->choices);
    words_free(&q->hangs_on_words);
}

static struct question read_question(struct json o)
{
    struct question q = {
        .name = json_member_text(o, "name"),
        .text = line_of(o, "question"),
        .help = line_of(o, "help"),
        .offered = line_of(o, "default"),
    };
    char *kind = line_of(o, "kind");
    struct json v;

    q.chooses = strcmp(kind, "choice") == 0;
    free(kind);
    q.needed = json_member(o, "needed", &v) && json_is_true(v);
    if (json_member(o, "choices", &v))
        read_words(v, &q.choices);
    read_condition(o, &q);
    return q;
}

int questions_read(const char *s, size_t len, struct questions *ret)
{
    struct json o, items, item;
    struct json_walk walk;

    *ret = (struct questions){NULL, 0, 0};
    if (json_read(s, len, &o) < 0 || !json_member(o, "items", &items))
        return -1;
    walk = json_walk(items);
    while (json_step(&walk, NULL, &item)) {
        struct question q = read_question(item);

        if (!q.name) {
            question_free(&q);
            questions_free(ret);
            return -1;
        }
        ret->at = xgrow(ret->at, ret->count, &ret->cap, sizeof *ret->at);
        ret->at[ret->count++] = q;
    }
    return 0;
}

void questions_free(struct questions *all)
{
    while (all->count)
        question_free(&all->at[--all->count]);
    free(all->at);
    all->at = NULL;
}

/* ---- asking ---- */

static struct question *find(const struct questions *all, const char *name)
{
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->at[i].name, name) == 0)
            return &all->at[i];
    return NULL;
}

/* As csid takes codes: capitals and blanks do not matter. */
static bool same_code(const char *a, const char *b)
{
    for (; *a && *b; a++, b++)
        if (tolower((unsigned char)(*a == ' ' ? '-' : *a)) != *b)
            return false;
    return *a == *b;
}

static bool lists(const struct words *w, const char *word)
{
    for (size_t i = 0; i < w->count; i++)
        if (same_code(word, w->at[i]))
            return true;
    return false;
}

static bool applies(const struct questions *all, const struct question *q)
{
    const struct question *on = q->hangs_on ? find(all, q->hangs_on) : NULL;

    if (!on)
        return !q->hangs_on;
    if (!on->answer || !*on->answer)
        return false;
    return q->hangs_on_words.count == 0 || lists(&q->hangs_on_words, on->answer);
}

/* "a, b, c"; caller frees. */
static char *joined(const struct words *w)
{
    struct text t = TEXT_INIT;

    text_clear(&t);
    for (size_t i = 0; i < w->count; i++)
        text_addf(&t, "%s%s", i ? ", " : "", w->at[i]);
    return text_take(&t);
}

static void explain(const struct question *q)
{
    char *words = joined(&q->choices);

    advise("  %s", q->help);
    if (*words)
        advise("  One of: %s.", words);
    free(words);
}

static char *ask_once(const struct question *q)
{
    char *words = q->chooses ? joined(&q->choices) : xstrdup("");
    char *line = prompt("%s%s%s%s%s%s%s", q->text, *words ? " (" : "", words, *words ? ")" : "",
                        *q->offered ? " [" : "", q->offered, *q->offered ? "]" : "");

    free(words);
    return line;
}

static void replace(char **text, const char *by)
{
    free(*text);
    *text = xstrdup(by);
}

/* Whether the line will do as it is; csid looks at it again. */
static bool takes(const struct question *q, const char *line)
{
    if (strcmp(line, "?") == 0) {
        explain(q);
        return false;
    }
    if (!*line && q->needed) {
        advise("  This one is needed; ? explains it.");
        return false;
    }
    if (*line && q->chooses && !lists(&q->choices, line)) {
        explain(q);
        return false;
    }
    return true;
}

static bool ask(struct question *q)
{
    char *line;

    while ((line = ask_once(q))) {
        if (!*line)
            replace(&line, q->offered);
        else if (strcmp(line, "-") == 0)
            replace(&line, "");
        if (takes(q, line)) {
            free(q->answer);
            q->answer = line;
            return true;
        }
        free(line);
    }
    return false;
}

bool questions_ask(struct questions *all)
{
    for (size_t i = 0; i < all->count; i++) {
        struct question *q = &all->at[i];

        if (!applies(all, q)) {
            free(q->answer);
            q->answer = NULL;
        } else if (!q->answer && !ask(q)) {
            return false;
        }
    }
    return true;
}

bool questions_again(struct questions *all, const char *name)
{
    struct question *q = find(all, name);

    if (!q)
        return false;
    free(q->answer);
    q->answer = NULL;
    return true;
}

/* ---- the answers ---- */

void questions_json(const struct questions *all, struct text *ret)
{
    const char *before = "";

    text_clear(ret);
    text_add(ret, "{");
    for (size_t i = 0; i < all->count; i++)
        if (all->at[i].answer && *all->at[i].answer) {
            text_add(ret, before);
            text_add_json(ret, all->at[i].name);
            text_add(ret, ": ");
            text_add_json(ret, all->at[i].answer);
            before = ", ";
        }
    text_add(ret, "}");
}

/* YAML 1.1, 5.1 and 5.4: what may not stand in a text, and what would end or fold a line of it. */
static bool stands(unsigned code)
{
    return code >= 0x20 && (code < 0x7f || code >= 0xa0) && code != 0x2028 && code != 0x2029 &&
           code != 0xfeff && (code < 0xfffe || code > 0xffff);
}

static void add_quoted(struct text *t, const char *s)
{
    text_add(t, "\"");
    while (*s) {
        unsigned code = 0;
        size_t len = utf8_char(s, strlen(s), &code);

        if (*s == '"' || *s == '\\')
            text_addf(t, "\\%c", *s);
        else if (stands(code))
            text_add_bytes(t, s, len);
        else
            text_addf(t, "\\U%08X", code);
        s += len ? len : 1;
    }
    text_add(t, "\"");
}

static void add_key(struct text *t, const char *name)
{
    if (*name && !name[strspn(name, "abcdefghijklmnopqrstuvwxyz_")])
        text_add(t, name);
    else
        add_quoted(t, name);
}

void questions_yaml(const struct questions *all, struct text *ret)
{
    text_clear(ret);
    for (size_t i = 0; i < all->count; i++)
        if (all->at[i].answer && *all->at[i].answer) {
            add_key(ret, all->at[i].name);
            text_add(ret, ": ");
            add_quoted(ret, all->at[i].answer);
            text_add(ret, "\n");
        }
}
