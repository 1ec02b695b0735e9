#include "client/request.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "client/print.h"

#define FILE_MAX (64u << 20) /* csid takes no more, see interface "The socket" */

/* RFC 3986: all but the unreserved characters. */
static void add_encoded(struct text *t, const char *s)
{
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;

        if (c < 0x80 && (isalnum(c) || strchr("-._~", c)))
            text_add_bytes(t, s, 1);
        else
            text_addf(t, "%%%02X", c);
    }
}

static void add_query(struct text *t, const char *member, const char *value)
{
    text_add(t, strchr(t->s, '?') ? "&" : "?");
    text_add(t, member);
    text_add(t, "=");
    add_encoded(t, value);
}

static void add_path(struct text *t, const struct call *c)
{
    const char *p = c->command->path;

    text_clear(t);
    while (*p) {
        size_t plain = strcspn(p, "{"), name;
        const char *value = "-";

        text_add_bytes(t, p, plain);
        p += plain;
        if (!*p)
            break;
        name = strcspn(++p, "}");
        for (size_t i = 0; i < c->value_count; i++) {
            const char *member = c->values[i].arg->member;
            if (strlen(member) == name && memcmp(member, p, name) == 0)
                value = c->values[i].text;
        }
        add_encoded(t, value);
        p += name + 1;
    }
}

/* The file that is the body; one that may be left out is standard input then. NULL: there is none.
 */
static const char *file_of(const struct call *c)
{
    for (size_t i = 0; i < c->value_count; i++)
        if (arg_is_file(c->values[i].arg))
            return c->values[i].text;
    for (size_t i = 0; i < c->args.count; i++)
        if (arg_is_file(&c->args.at[i]) && !c->args.at[i].option)
            return "-";
    return NULL;
}

static bool is_dry_run(const struct arg *a)
{
    return strcmp(a->name, "--dry-run") == 0;
}

/* Positionals that go on (EXPR...) are one value; the first of them stands for all. */
static bool stands_for_others(const struct call *c, const struct value *v, bool *ret_first)
{
    *ret_first = true;
    for (const struct value *w = c->values; w < v; w++)
        if (w->arg == v->arg)
            *ret_first = false;
    return v->arg->many && !v->arg->option;
}

static void add_query_value(struct text *t, const struct call *c, const struct value *v)
{
    bool first, whole = stands_for_others(c, v, &first);

    if (whole && first) {
        char *joined = call_joined(c, v->arg);
        add_query(t, v->arg->member, joined);
        free(joined);
    } else if (!whole) {
        add_query(t, v->arg->member,
                  *v->arg->metavar     ? v->text
                  : is_dry_run(v->arg) ? "1"
                                       : "true");
    }
}

/* The form of the answer, as far as Accept does not say it. */
static void add_form(struct text *t, const struct call *c, unsigned width)
{
    bool form = c->global[G_JSON] || c->global[G_CSV] || c->global[G_FORMAT];
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    char *columns;

    if (c->global[G_FORMAT])
        add_query(t, "format", c->global[G_FORMAT]);
    if (!width || form)
        return;
    columns = xasprintf("%u", width);
    add_query(t, "width", columns);
    free(columns);
    if (!(no_color && *no_color) && !(term && strcmp(term, "dumb") == 0) && !c->global[G_NO_COLOR])
        add_query(t, "color", "1");
}

static void add_queries(struct text *t, const struct call *c, unsigned width)
{
    const char *file = file_of(c);

    for (size_t i = 0; i < c->value_count; i++) {
        const struct value *v = &c->values[i];

        if (arg_is_file(v->arg) || command_in_path(c->command, v->arg))
            continue;
        if (c->command->method == GET || file || is_dry_run(v->arg))
            add_query_value(t, c, v);
    }
    if (file && strcmp(file, "-") != 0) {
        const char *slash = strrchr(file, '/');
        add_query(t, "file", slash ? slash + 1 : file);
    }
    add_form(t, c, width);
}

static void add_scalar(struct text *t, const struct value *v)
{
    if (!*v->arg->metavar)
        text_add(t, "true");
    else if (arg_is_number(v->arg))
        text_addf(t, "%lld", strtoll(v->text, NULL, 10));
    else
        text_add_json(t, v->text);
}

static void add_array(struct text *t, const struct call *c, const struct arg *a)
{
    const char *before = "[";

    for (size_t i = 0; i < c->value_count; i++) {
        if (c->values[i].arg != a)
            continue;
        text_add(t, before);
        add_scalar(t, &c->values[i]);
        before = ", ";
    }
    text_add(t, "]");
}

static void add_json(struct text *t, const struct call *c)
{
    const char *before = "";

    text_add(t, "{");
    for (size_t i = 0; i < c->value_count; i++) {
        const struct value *v = &c->values[i];
        bool first, whole = stands_for_others(c, v, &first);

        if (command_in_path(c->command, v->arg) || is_dry_run(v->arg) || !first)
            continue;
        text_addf(t, "%s\"%s\": ", before, v->arg->member);
        before = ", ";
        if (whole) {
            char *joined = call_joined(c, v->arg);
            text_add_json(t, joined);
            free(joined);
        } else if (v->arg->many) {
            add_array(t, c, v->arg);
        } else {
            add_scalar(t, v);
        }
    }
    text_add(t, "}");
}

static int read_all(int fd, const char *path, struct text *ret)
{
    static char chunk[65536];
    ssize_t n;

    text_clear(ret);
    while ((n = read(fd, chunk, sizeof chunk)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return complain(EXIT_FAILED, "%s: %s", path, strerror(errno));
        text_add_bytes(ret, chunk, (size_t)n);
        if (ret->len > FILE_MAX)
            return complain(EXIT_USAGE, "%s: more than 64 MiB, which is all that csid takes", path);
    }
    return EXIT_DONE;
}

int request_file(const char *path, struct text *ret)
{
    struct stat st;
    int fd, rc;

    if (strcmp(path, "-") == 0)
        return read_all(STDIN_FILENO, "standard input", ret);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return complain(EXIT_FAILED, "%s cannot be read: %s", path, strerror(errno));
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
        rc = complain(EXIT_FAILED, "%s is a directory, not a file to read", path);
    else
        rc = read_all(fd, path, ret);
    close(fd);
    return rc;
}

static void add_key(struct text *t)
{
    unsigned char key[16];

    if (getrandom(key, sizeof key, 0) != (ssize_t)sizeof key)
        return; /* cannot fail on a booted system; without a key the request is merely not
                   repeatable */
    text_add(t, "Idempotency-Key: ");
    for (size_t i = 0; i < sizeof key; i++)
        text_addf(t, "%02x", key[i]);
    text_add(t, "\r\n");
}

static const char *accepted(const struct call *c)
{
    return c->global[G_JSON]     ? "application/json"
           : c->global[G_CSV]    ? "text/csv"
           : c->global[G_FORMAT] ? "*/*"
                                 : "text/plain";
}

/* `type` is that of the body. */
static void add_head(struct text *t, enum method method, const char *target, const char *accept,
                     const char *type, size_t body)
{
    text_addf(t, "%s %s HTTP/1.0\r\nHost: localhost\r\nUser-Agent: csictl/%s\r\nAccept: %s\r\n",
              method_name(method), target, CSID_VERSION, accept);
    if (method != GET)
        text_addf(t, "Content-Type: %s\r\nContent-Length: %zu\r\n", type, body);
    if (method == POST)
        add_key(t);
    text_add(t, "\r\n");
}

void request_own(const struct call *c, const struct own_request *o, unsigned width,
                 const struct text *body, struct request *ret)
{
    struct text target = TEXT_INIT;

    *ret = (struct request){TEXT_INIT, TEXT_INIT};
    if (body)
        text_add_bytes(&ret->body, body->s, body->len);
    add_path(&target, c);
    text_add(&target, o->query);
    if (!o->accept)
        add_form(&target, c, width);
    add_head(&ret->head, o->method, target.s, o->accept ? o->accept : accepted(c), o->type,
             ret->body.len);
    text_free(&target);
}

int request_build(const struct call *c, unsigned width, struct request *ret)
{
    const char *file = file_of(c);
    struct text target = TEXT_INIT;
    int rc = EXIT_DONE;

    *ret = (struct request){TEXT_INIT, TEXT_INIT};
    if (file)
        rc = request_file(file, &ret->body);
    else if (c->command->method != GET)
        add_json(&ret->body, c);
    if (rc) {
        request_free(ret);
        return rc;
    }
    add_path(&target, c);
    add_queries(&target, c, width);
    add_head(&ret->head, c->command->method, target.s, accepted(c),
             file ? "text/csv" : "application/json", ret->body.len);
    text_free(&target);
    return EXIT_DONE;
}

void request_free(struct request *r)
{
    text_free(&r->head);
    text_free(&r->body);
}
