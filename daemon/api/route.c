/* The dispatcher: route, access, transaction, idempotency, answer. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "base/digest.h"
#include "base/mem.h"
#include "engine/holidays.h"
#include "store/idempotency.h"

#define CALLS_0(id)        api_##id
#define CALLS_WORKER(id)   api_##id
#define CALLS_COPY(id)     api_##id
#define CALLS_TEST(id)     api_##id
#define CALLS_ROUTE(id)    api_##id
#define CALLS_SERVICE(id)  api_##id
#define CALLS_CALENDAR(id) api_##id
#define CALLS_MARKDOWN(id) api_##id
#define CALLS_FEED(id)     api_##id
#define CALLS_WIZARD(id)   api_##id
#define CALLS_PAGE(id)     api_##id
#define CALLS_LOCAL(id)    NULL
#define BITS_0             0
#define BITS_WORKER        COMMAND_WORKER
#define BITS_COPY          (COMMAND_WORKER | COMMAND_COPY)
#define BITS_TEST          COMMAND_TEST
#define BITS_ROUTE         COMMAND_ROUTE
#define BITS_SERVICE       COMMAND_SERVICE
#define BITS_CALENDAR      COMMAND_CALENDAR
#define BITS_MARKDOWN      COMMAND_MARKDOWN
#define BITS_FEED          (COMMAND_ROUTE | COMMAND_CALENDAR)
#define BITS_WIZARD        COMMAND_WIZARD
#define BITS_PAGE          (COMMAND_ROUTE | COMMAND_PAGE)
#define BITS_LOCAL         COMMAND_LOCAL
const struct command commands[] = {
#define COMMAND(id, words, method, path, who, flags, arguments, summary) \
    {words, #method, path, arguments, summary, ACCESS_##who, BITS_##flags, CALLS_##flags(id)},
#include "commands.def"
#undef COMMAND
};
const size_t command_count = COUNT(commands);

#define PARAMS_MAX 4

struct match {
    const struct command *command;
    char names[PARAMS_MAX][32];
    const char *values[PARAMS_MAX]; /* up to the next '/' or the end; still percent-encoded */
    size_t count;
};

/* ---- routes ---- */

/* Compares a path with a template such as /v1/plans/{slug}/position. */
static bool path_matches(const char *template, const char *path, struct match *ret)
{
    ret->count = 0;
    while (*template && *path) {
        if (*template == '{') {
            size_t len = strcspn(template, "}"), value = strcspn(path, "/");

            if (value == 0 || ret->count == PARAMS_MAX)
                return false;
            snprintf(ret->names[ret->count], sizeof ret->names[0], "%.*s", (int)len - 1,
                     template + 1);
            ret->values[ret->count++] = path;
            template += len + 1;
            path += value;
        } else if (*template ++ != *path++) {
            return false;
        }
    }
    return !*template && !*path;
}

/* The command for method and path; with NULL *allow names the methods the path has, if any. */
static bool find_route(const char *method, const char *path, bool test_clock, struct match *ret,
                       char **allow)
{
    struct text methods = TEXT_INIT;

    for (size_t i = 0; i < command_count; i++) {
        struct match m = {.command = &commands[i]};

        if ((commands[i].flags & COMMAND_LOCAL) ||
            ((commands[i].flags & COMMAND_TEST) && !test_clock) ||
            !path_matches(commands[i].path, path, &m))
            continue;
        if (strcmp(commands[i].method, method) == 0) {
            *ret = m;
            text_free(&methods);
            return true;
        }
        text_addf(&methods, "%s%s", methods.len ? ", " : "", commands[i].method);
    }
    *allow = methods.len ? text_take(&methods) : NULL;
    return false;
}

bool api_may_write(const char *method)
{
    return strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0;
}

static char *path_of(const char *target)
{
    return xstrndup(target, strcspn(target, "?"));
}

static bool has_flag(const char *method, const char *target, unsigned flag)
{
    char *path = path_of(target), *allow = NULL;
    struct match m;
    bool found = find_route(method, path, true, &m, &allow);

    free(path);
    free(allow);
    return found && (m.command->flags & flag);
}

bool api_wants_worker(const char *method, const char *target)
{
    return has_flag(method, target, COMMAND_WORKER);
}

bool api_wants_copy(const char *method, const char *target)
{
    return has_flag(method, target, COMMAND_COPY);
}

static int check_access(const struct call *c, struct err *e)
{
    static const char *const words[] = {"nobody", "viewer", "officer", "administrator"};
    enum access needed = c->command->access;
    const char *who = c->api->service->access_names[needed];

    if (c->rq->access >= needed)
        return 0;
    return err_set(e, ERR_DENIED,
                   "%s is for the role %s, %s has %s: ask for %s, which csid's configuration lists "
                   "under access.%s",
                   *c->command->words ? c->command->words : c->command->path, words[needed],
                   c->rq->who, c->rq->access ? words[c->rq->access] : "none",
                   who && *who ? who : "an entry",
                   needed == ACCESS_ADMIN ? "admin" : words[needed]);
}

/* ---- responses ---- */

void api_response_free(struct api_response *r)
{
    free(r->etag);
    free(r->link);
    free(r->allow);
    free(r->body);
    *r = (struct api_response){.advance_to = UTC_NONE};
}

static void problem_with(const struct err *e, json_t *members, struct api_response *ret)
{
    json_t *o = members ? json_incref(members) : json_object();
    char *body;

    put_textf(o, "type", "urn:csid:problem:%s", err_slug(e->code));
    put_text(o, "title", err_title(e->code));
    put_int(o, "status", err_http_status(e->code));
    if (!json_object_get(o, "detail")) {                          /* a handler may have said more */
        char *clean = text_clean(e->text, strlen(e->text), NULL); /* it may quote any bytes */

        put_text(o, "detail", clean);
        free(clean);
    }
    body = json_dumps(o, JSON_COMPACT);
    json_decref(o);
    ret->status = err_http_status(e->code);
    ret->type = "application/problem+json";
    ret->body = xasprintf("%s\n", body ? body : "{}");
    ret->body_len = strlen(ret->body);
    ret->advance_to = UTC_NONE;
    free(body);
}

/* The same for people. */
static void problem_page(const struct call *c, const struct err *e, struct api_response *ret)
{
    struct text t = TEXT_INIT;

    html_problem(c, e, &t);
    *ret = (struct api_response){.status = err_http_status(e->code), .advance_to = UTC_NONE};
    ret->type = "text/html; charset=utf-8";
    ret->body_len = t.len;
    ret->body = text_take(&t);
}

void api_problem(const struct err *e, struct api_response *ret)
{
    *ret = (struct api_response){0};
    problem_with(e, NULL, ret);
}

static bool in_path(const struct command *cmd, const char *name)
{
    char *place = xasprintf("{%s}", name);
    bool found = strstr(cmd->path, place) != NULL;

    free(place);
    return found;
}

/* RFC 3986: all but the unreserved characters. */
static void add_encoded(struct text *t, const char *s)
{
    for (; *s; s++)
        text_addf(t, isalnum((unsigned char)*s) || strchr("-._~", *s) ? "%c" : "%%%02X",
                  (unsigned char)*s);
}

/* The same list in the same form, from where this page ended. */
static char *next_link(const struct call *c)
{
    struct text t = TEXT_INIT;
    char *path = path_of(c->rq->target);
    const char *name;
    json_t *value;

    text_addf(&t, "<%s?", path);
    json_object_foreach(c->args, name, value)
    {
        const char *word = name + (*name == '#');

        if (strcmp(word, "after") == 0 || !json_is_string(value) || in_path(c->command, name))
            continue;
        text_addf(&t, "%s=", word);
        add_encoded(&t, json_string_value(value));
        text_add(&t, "&");
    }
    text_add(&t, "after=");
    add_encoded(&t, c->next);
    text_add(&t, ">; rel=\"next\"");
    free(path);
    return text_take(&t);
}

static void respond(const struct call *c, struct api_response *ret)
{
    call_note_args(c);
    if (c->dry_run)
        put_flag(c->answer, "dry_run", true);
    *ret = (struct api_response){.status = c->status, .advance_to = c->advance_to};
    answer_render(c, &ret->body, &ret->body_len, &ret->type);
    if (c->version)
        ret->etag = xasprintf("\"%lld\"", (long long)c->version);
    if (c->next)
        ret->link = next_link(c);
}

/* ---- running a handler ---- */

static char *request_digest(const struct api_request *rq)
{
    struct text t = TEXT_INIT;
    char *hex = xmalloc(SHA256_HEX);

    text_addf(&t, "%s %s\n", rq->method, rq->target);
    text_add_bytes(&t, rq->body, rq->body_len);
    digest_sha256_hex(t.s, t.len, hex);
    text_free(&t);
    return hex;
}

/* 1 when the answer of an earlier request with this key was found and is the answer now. */
static int replay(struct call *c, struct idempotent *i, struct api_response *ret, struct err *e)
{
    int found = idempotent_find(c->api->store, i, e);

    if (found == 1) {
        *ret = (struct api_response){.status = i->status,
                                     .type = answer_type(i->type),
                                     .etag = i->etag,
                                     .body = i->body,
                                     .body_len = i->body_len,
                                     .advance_to = UTC_NONE};
        free(i->type);
    }
    return found;
}

/* Within its transaction a handler goes by the bank holidays that this transaction sees: what
 * another has just imported holds at once, in a worker too. */
static int run_handler(struct call *c, struct err *e)
{
    const struct api *api = c->api;
    const struct holidays *configured = c->when.holidays;
    struct holidays *imported;
    struct engine engine;
    struct api within = *api;
    int rc;

    if (engine_in_force(api->store, api->engine, &engine, &imported, e) < 0)
        return -1;
    within.engine = &engine;
    c->api = &within;
    c->when.holidays = engine.holidays;
    rc = c->handler(c, e);
    c->api = api;
    c->when.holidays = configured;
    holidays_free(imported);
    return rc;
}

static int write_within(struct call *c, struct idempotent *i, struct api_response *ret,
                        struct err *e)
{
    int found = i ? replay(c, i, ret, e) : 0;

    if (found != 0)
        return found < 0 ? -1 : 0;
    if (run_handler(c, e) < 0)
        return -1;
    respond(c, ret);
    ret->wrote = !c->dry_run;
    if (!i || c->dry_run)
        return 0;
    i->status = ret->status;
    i->type = (char *)ret->type;
    i->etag = ret->etag;
    i->body = ret->body;
    i->body_len = ret->body_len;
    return idempotent_add(c->api->store, i, e);
}

static int run_write(struct call *c, struct api_response *ret, struct err *e)
{
    struct store *s = c->api->store;
    struct idempotent i = {.key = c->rq->idempotency_key, .who = c->rq->who};
    bool keyed = i.key && *i.key && strcmp(c->rq->method, "POST") == 0;
    char *digest = keyed ? request_digest(c->rq) : NULL;
    int rc = -1;

    i.request = digest;
    if (keyed && strlen(i.key) > 200)
        err_set(e, ERR_USAGE, "Idempotency-Key: longer than 200 bytes");
    else if (store_begin(s, c->rq->who, c->api->now, e) == 0) {
        rc = write_within(c, keyed ? &i : NULL, ret, e);
        if (rc == 0 && c->dry_run)
            store_undo(s);
        else
            rc = store_end(s, rc, e);
    }
    if (rc < 0)
        api_response_free(ret);
    free(digest);
    return rc;
}

static int run_read(struct call *c, struct api_response *ret, struct err *e)
{
    int rc;

    if (store_read_begin(c->api->store, e) < 0)
        return -1;
    rc = run_handler(c, e) < 0 ? -1 : call_cut_page(c, e);
    store_read_end(c->api->store);
    if (rc == 0)
        respond(c, ret);
    return rc;
}

static int run_service(struct call *c, struct api_response *ret, struct err *e)
{
    if (c->handler(c, e) < 0)
        return -1;
    respond(c, ret);
    return 0;
}

static int run(struct call *c, struct api_response *ret, struct err *e)
{
    if (c->command->flags & (COMMAND_TEST | COMMAND_SERVICE))
        return run_service(c, ret, e);
    return api_may_write(c->rq->method) ? run_write(c, ret, e) : run_read(c, ret, e);
}

/* ---- the request ---- */

static int read_form(struct call *c, struct err *e)
{
    const char *width = call_text(c, "#width"), *color = call_text(c, "#color");

    if (answer_form(c->command, c->rq->accept, call_text(c, "#format"), &c->form, e) < 0)
        return -1;
    if (width)
        c->form.width = (unsigned)strtoul(width, NULL, 10);
    if (c->form.width && c->form.width < 20)
        c->form.width = 20;
    if (c->form.width > 1000)
        c->form.width = 1000;
    c->form.color = color && strcmp(color, "1") == 0;
    c->dry_run = call_flag(c, "#dry_run");
    return 0;
}

static int handle(struct call *c, struct match *m, struct api_response *ret, struct err *e)
{
    const char *query = strchr(c->rq->target, '?');
    const char *names[PARAMS_MAX];
    struct err unread;

    for (size_t i = 0; i < m->count; i++)
        names[i] = m->names[i];
    c->command = m->command;
    if (!c->handler)
        c->handler = m->command->handler;
    if (c->command->flags & COMMAND_PAGE) /* what cannot be read is said on a page too */
        answer_form(c->command, c->rq->accept, NULL, &c->form, &unread);
    if (check_access(c, e) < 0 ||
        call_read_args(c, m->values, names, m->count, query ? query + 1 : NULL, e) < 0 ||
        read_form(c, e) < 0)
        return -1;
    return run(c, ret, e);
}

static void call_clear(struct call *c)
{
    json_decref(c->args);
    json_decref(c->answer);
    json_decref(c->ratings);
    json_decref(c->problem);
    free(c->next);
    free(c->calendar);
    free(c->ask);
    free(c->head);
    free(c->foot);
    free(c->markdown);
    free(c->scratch);
}

static struct call call_start(const struct api *api, const struct api_request *rq)
{
    return (struct call){
        .api = api,
        .rq = rq,
        .status = 200,
        .advance_to = UTC_NONE,
        .args = json_object(),
        .answer = json_object(),
        .when = {zone_today(api->engine->zone, api->now), api->engine->holidays},
    };
}

/* `instead`, when given, answers in place of the command's own handler. */
static void answer_request(const struct api *api, const struct api_request *rq,
                           int (*instead)(struct call *c, struct err *e), struct api_response *ret)
{
    struct call c = call_start(api, rq);
    char *path = path_of(rq->target), *allow = NULL;
    struct match m;
    struct err e = {0};
    int rc;

    c.handler = instead;
    *ret = (struct api_response){.advance_to = UTC_NONE};
    if (find_route(rq->method, path, api->service->test_clock, &m, &allow))
        rc = handle(&c, &m, ret, &e);
    else if (allow)
        rc = err_set(&e, ERR_METHOD, "%s takes %s", path, allow);
    else
        rc = err_set(&e, ERR_NOTFOUND, "csid knows no %s: see csictl help", path);
    if (rc < 0) {
        if (e.code == ERR_STALE && json_object_size(c.answer)) {
            if (!c.problem)
                c.problem = json_object();
            json_object_set(c.problem, "present", c.answer);
        }
        if (c.command && (c.command->flags & COMMAND_PAGE) && c.form.name == FORM_HTML)
            problem_page(&c, &e, ret);
        else
            problem_with(&e, c.problem, ret);
        ret->allow = allow;
        allow = NULL;
    }
    free(allow);
    free(path);
    call_clear(&c);
}

void api_handle(const struct api *api, const struct api_request *rq, struct api_response *ret)
{
    answer_request(api, rq, NULL, ret);
}

void api_clock(const struct api *api, const struct api_request *rq, struct api_response *ret)
{
    answer_request(api, rq, api_clock_show, ret);
}
