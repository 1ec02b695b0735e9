/*
 * What was given with a request, from path, query and body, held against the arguments that the
 * command's row in commands.def names.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/call.h"
#include "base/mem.h"

/* ---- the arguments a command takes, from its row in commands.def ---- */

struct argument {
    char name[32]; /* member: as_at */
    char meta[24]; /* DATE, N, …; "" for a flag */
    bool needed, repeats;
};

static void copy_name(char *ret, size_t room, const char *from, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len && n + 1 < room; i++) {
        char c = from[i];

        ret[n++] = c == '-' ? '_' : (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    ret[n] = '\0';
}

/* Reads one word of the arguments language ("[--as-at=DATE]"); false at the end. */
static bool next_argument(const char **at, struct argument *ret)
{
    const char *s = *at + strspn(*at, " "), *end, *eq;
    size_t len;

    if (!*s)
        return false;
    len = strcspn(s, " ");
    *at = s + len;
    *ret = (struct argument){.needed = *s != '['};
    if (*s == '[') {
        s++;
        len -= 2;
    }
    if (len > 3 && strncmp(s + len - 3, "...", 3) == 0) {
        ret->repeats = *s == '-';
        len -= 3;
    }
    end = s + len;
    if (*s != '-') {
        copy_name(ret->name, sizeof ret->name, s, len);
        snprintf(ret->meta, sizeof ret->meta, "%.*s", (int)len, s);
        return true;
    }
    s += strspn(s, "-");
    eq = memchr(s, '=', (size_t)(end - s));
    copy_name(ret->name, sizeof ret->name, s, (size_t)((eq ? eq : end) - s));
    if (eq)
        snprintf(ret->meta, sizeof ret->meta, "%.*s", (int)(end - eq - 1), eq + 1);
    return true;
}

static bool find_argument(const struct command *cmd, const char *name, struct argument *ret)
{
    const char *at = cmd->arguments;

    while (next_argument(&at, ret))
        if (strcmp(ret->name, name) == 0)
            return true;
    return false;
}

/* ---- reading them ---- */

static int unknown_argument(const struct call *c, const char *name, struct err *e)
{
    const char *words = c->command->words;

    if (!*words)
        return err_set(e, ERR_USAGE, "%s takes no argument \"%.40s\"", c->command->path, name);
    return err_set(e, ERR_USAGE, "%s takes no argument \"%.40s\": see csictl help %s", words, name,
                   words);
}

static bool is_flag_value(const char *s)
{
    static const char *const values[] = {"", "1", "true", "0", "false"};

    for (size_t i = 0; i < COUNT(values); i++)
        if (strcmp(s, values[i]) == 0)
            return true;
    return false;
}

static int put_argument(struct call *c, const char *name, const char *value, size_t len,
                        struct err *e)
{
    struct argument arg;
    size_t replaced;
    char *clean;
    json_t *text;

    if (!find_argument(c->command, name, &arg))
        return unknown_argument(c, name, e);
    if (!*arg.meta && !is_flag_value(value))
        return err_set(e, ERR_USAGE, "%s: \"%.40s\" is neither true nor false", name, value);
    if (memchr(value, '\0', len))
        return err_set(e, ERR_USAGE, "%s: a NUL byte stands in it", name);
    clean = text_clean(value, len, &replaced);
    if (utf8_count(clean) > CALL_TEXT_MAX) {
        free(clean);
        return err_set(e, ERR_USAGE, "%s: longer than %d characters", name, CALL_TEXT_MAX);
    }
    if (replaced) {
        json_t *notes = json_object_get(c->args, "#notes");

        if (!notes)
            json_object_set_new(c->args, "#notes", notes = json_array());
        json_array_append_new(
            notes, json_sprintf("%s: %d control characters became U+FFFD", name, (int)replaced));
    }
    text = json_string(clean);
    free(clean);
    if (arg.repeats) {
        json_t *all = json_object_get(c->args, name);

        if (!all)
            json_object_set_new(c->args, name, all = json_array());
        json_array_append_new(all, text);
    } else if (json_object_get(c->args, name)) {
        json_decref(text);
        return err_set(e, ERR_USAGE, "%s: is given twice", name);
    } else {
        json_object_set_new(c->args, name, text);
    }
    return 0;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Percent-decoding (RFC 3986); in a query '+' is a blank. NULL for a broken or zero escape. */
static char *decode(const char *s, size_t len, bool query)
{
    struct text t = TEXT_INIT;

    text_clear(&t);
    for (size_t i = 0; i < len; i++) {
        char c = s[i];

        if (c == '%') {
            int high = i + 2 < len ? hex_digit(s[i + 1]) : -1;
            int low = i + 2 < len ? hex_digit(s[i + 2]) : -1;

            if (high < 0 || low < 0 || high + low == 0) {
                text_free(&t);
                return NULL;
            }
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && query) {
            c = ' ';
        }
        text_add_bytes(&t, &c, 1);
    }
    return text_take(&t);
}

/* `limit` and `after` too, where the command has none of its own: any list is cut by them. */
static bool is_form_word(const struct command *cmd, const char *name)
{
    static const char *const words[] = {"format", "width", "color", "dry_run", "limit", "after"};
    struct argument arg;

    for (size_t i = 0; i < COUNT(words); i++)
        if (strcmp(name, words[i]) == 0)
            return !find_argument(cmd, name, &arg);
    return false;
}

/* What is about the answer's form, not about the command, is kept under a name no argument has. */
static int put_form_word(struct call *c, const char *name, const char *value, struct err *e)
{
    char *key = xasprintf("#%s", name), *clean = text_clean(value, strlen(value), NULL);
    bool twice = json_object_get(c->args, key) != NULL;
    int rc = 0;

    if (twice)
        rc = err_set(e, ERR_USAGE, "%s: is given twice", name);
    else if (strcmp(name, "dry_run") == 0 && !is_flag_value(value))
        rc = err_set(e, ERR_USAGE, "%s: \"%.40s\" is neither true nor false", name, value);
    else
        put_text(c->args, key, clean);
    free(clean);
    free(key);
    return rc;
}

/* NAME=VALUE&…; words about the answer's form may stand in a query, not in a form's body. */
static int read_pairs(struct call *c, const char *query, bool form_words, struct err *e)
{
    while (query && *query) {
        size_t len = strcspn(query, "&"), name_len = strcspn(query, "=&");
        size_t value_at = name_len < len ? name_len + 1 : len;
        char *name = decode(query, name_len, true);
        char *value = decode(query + value_at, len - value_at, true);
        int rc = 0;

        if (!name || !value)
            rc = err_set(e, ERR_USAGE, "what was sent has a broken %% escape");
        else if (form_words && is_form_word(c->command, name))
            rc = put_form_word(c, name, value, e);
        else if (*name)
            rc = put_argument(c, name, value, strlen(value), e);
        free(name);
        free(value);
        if (rc < 0)
            return -1;
        query += len + (query[len] == '&');
    }
    return 0;
}

static int put_member(struct call *c, const char *name, const json_t *value, struct err *e)
{
    struct argument arg;
    const json_t *item;
    size_t i;

    if (!find_argument(c->command, name, &arg))
        return unknown_argument(c, name, e);
    if (json_is_string(value))
        return put_argument(c, name, json_string_value(value), json_string_length(value), e);
    if (json_is_integer(value)) {
        char digits[24];

        snprintf(digits, sizeof digits, "%lld", (long long)json_integer_value(value));
        return put_argument(c, name, digits, strlen(digits), e);
    }
    if (json_is_real(value) && strcmp(arg.meta, "NUMBER") == 0) {
        char number[32];

        snprintf(number, sizeof number, "%.15g", json_real_value(value));
        return put_argument(c, name, number, strlen(number), e);
    }
    if (json_is_boolean(value) && !*arg.meta)
        return put_argument(c, name, json_is_true(value) ? "1" : "0", 1, e);
    if (json_is_array(value) && arg.repeats) {
        json_array_foreach(value, i, item)
        {
            if (json_is_array(item) || put_member(c, name, item, e) < 0)
                return json_is_array(item) ? err_set(e, ERR_USAGE, "%s: a list within a list", name)
                                           : -1;
        }
        return 0;
    }
    return err_set(e, ERR_USAGE, "%s: wants %s", name,
                   !*arg.meta    ? "true or false"
                   : arg.repeats ? "a list of texts"
                                 : "a text or a whole number");
}

/* What a browser sends for a form (application/x-www-form-urlencoded). */
static int read_form_body(struct call *c, struct err *e)
{
    char *text = xstrndup(c->rq->body, c->rq->body_len);
    int rc = strlen(text) == c->rq->body_len
                 ? read_pairs(c, text, false, e)
                 : err_set(e, ERR_USAGE, "a NUL byte stands in the form");

    free(text);
    return rc;
}

static bool brings_form(const struct call *c)
{
    static const char type[] = "application/x-www-form-urlencoded";

    return (c->command->flags & COMMAND_PAGE) && c->rq->content_type &&
           strncasecmp(c->rq->content_type, type, strlen(type)) == 0;
}

static int read_body(struct call *c, struct err *e)
{
    json_error_t je;
    json_t *body;
    const char *name;
    json_t *value;
    int rc = 0;

    if (c->rq->body_len == 0)
        return 0;
    if (brings_form(c))
        return read_form_body(c, e);
    body = json_loadb(c->rq->body, c->rq->body_len, JSON_REJECT_DUPLICATES, &je);
    if (!body)
        return err_set(e, ERR_USAGE, "the body is no JSON object: line %d, column %d: %s", je.line,
                       je.column, je.text);
    if (!json_is_object(body))
        rc = err_set(e, ERR_USAGE, "the body is JSON, but no object");
    json_object_foreach(body, name, value)
    {
        if (rc == 0)
            rc = put_member(c, name, value, e);
    }
    json_decref(body);
    return rc;
}

/* The body is no arguments: a file, or answers. */
static bool has_own_body(const struct command *cmd)
{
    struct argument arg;

    if (cmd->flags & COMMAND_WIZARD)
        return true;
    return find_argument(cmd, "file", &arg) && strcmp(arg.meta, "FILE") == 0;
}

int call_read_args(struct call *c, const char *path_values[], const char *path_names[], size_t n,
                   const char *query, struct err *e)
{
    const char *at = c->command->arguments;
    struct argument arg;

    for (size_t i = 0; i < n; i++) {
        char *value = decode(path_values[i], strcspn(path_values[i], "/"), false);
        int rc = value ? put_argument(c, path_names[i], value, strlen(value), e)
                       : err_set(e, ERR_USAGE, "the path has a broken %% escape");

        free(value);
        if (rc < 0)
            return -1;
    }
    if (read_pairs(c, query, true, e) < 0)
        return -1;
    if (api_may_write(c->rq->method) && !has_own_body(c->command) && read_body(c, e) < 0)
        return -1;
    while (next_argument(&at, &arg)) {
        const char *given = call_text(c, arg.name);

        bool there = arg.repeats ? json_object_get(c->args, arg.name) != NULL : given && *given;

        if (arg.needed && strcmp(arg.meta, "FILE") != 0 && !there)
            return err_set(e, ERR_USAGE, "%s: %s: is missing", c->command->words, arg.name);
        if (given && strcmp(arg.meta, "N") == 0) {
            int64_t value;

            if (call_number(c, arg.name, 0, &value, e) < 0)
                return -1;
        }
    }
    return 0;
}
