#include "service/http_impl.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

/* what api_request has of the headers, in the order of http_call.headers */
static const char *const wanted[] = {"Accept", "Content-Type", "If-Match", "Idempotency-Key"};

/* headers that decide where a request ends or whom it is for: more than one and two readers differ
 */
enum { ONCE_LENGTH, ONCE_ENCODING, ONCE_HOST, ONCE_COUNT };
static const char *const once[ONCE_COUNT] = {"Content-Length", "Transfer-Encoding", "Host"};

static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

struct head {
    struct http_call *call;
    const char *expected; /* where the next header must begin, or a byte later after CRLF */
    const char *once[ONCE_COUNT];
    struct err *e;
    int rc;
};

static bool is_token(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!((s[i] >= '0' && s[i] <= '9') || (s[i] >= 'a' && s[i] <= 'z') ||
              (s[i] >= 'A' && s[i] <= 'Z') || strchr("!#$%&'*+-.^_`|~", s[i]) != NULL))
            return false;
    return len > 0;
}

static bool is_field_value(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (((unsigned char)s[i] < ' ' && s[i] != '\t') || s[i] == 0x7f)
            return false;
    return true;
}

/*
 * libmicrohttpd ends name and value at the first NUL and joins folded lines, and tells of neither.
 * But it cuts the lines up where they lie, so that an untouched header is a name, a colon, blanks,
 * a value and one line's end: whatever else is between two headers was hidden from us.
 */
static bool untouched(struct head *h, const char *key, size_t key_size, const char *value,
                      size_t value_size)
{
    bool in_place = value > key + key_size;

    for (const char *p = key + key_size + 1; in_place && p < value; p++)
        in_place = *p == ' ' || *p == '\t';
    in_place = in_place && (key == h->expected || key == h->expected + 1);
    h->expected = value + value_size + 1;
    return in_place;
}

static int note(struct head *h, const char *key, const char *value)
{
    for (size_t i = 0; i < ONCE_COUNT; i++) {
        if (strcasecmp(key, once[i]) != 0)
            continue;
        if (h->once[i])
            return err_set(h->e, ERR_USAGE, "the header %s is there twice", once[i]);
        h->once[i] = value;
    }
    for (size_t i = 0; i < COUNT(wanted); i++) {
        char **have = &h->call->headers[i], *joined;

        if (strcasecmp(key, wanted[i]) != 0)
            continue;
        /* a list may come in several lines (RFC 9110 section 5.3); the others are then not valid */
        joined = *have ? xasprintf("%s, %s", *have, value) : xstrdup(value);
        free(*have);
        *have = joined;
    }
    return 0;
}

static enum MHD_Result each_header(void *cls, enum MHD_ValueKind kind, const char *key,
                                   size_t key_size, const char *value, size_t value_size)
{
    struct head *h = cls;

    (void)kind;
    if (!value || !untouched(h, key, key_size, value, value_size))
        h->rc = err_set(h->e, ERR_USAGE, "a header is folded, or has a NUL in it");
    else if (!is_token(key, key_size) || !is_field_value(value, value_size))
        h->rc = err_set(h->e, ERR_USAGE, "a header has characters that do not belong there");
    else
        h->rc = note(h, key, value);
    return h->rc < 0 ? MHD_NO : MHD_YES;
}

/* The same trick for the request line: METHOD, blank, target, blank, version. */
static int check_line(struct http_call *call, const char *url, const char *method,
                      const char *version, struct err *e)
{
    const char *target = call->target;

    if (*target != '/')
        return err_set(e, ERR_USAGE, "the target of a request begins with /");
    for (const char *p = target; *p; p++)
        if (*p <= ' ' || *p > '~')
            return err_set(e, ERR_USAGE, "the target of a request has characters that need %%XX");
    if (url != method + strlen(method) + 1 || version != url + strlen(target) + 1 ||
        (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0))
        return err_set(e, ERR_USAGE, "the request line cannot be read");
    for (size_t i = 0; i < COUNT(methods); i++)
        if (strcmp(method, methods[i]) == 0)
            call->request.method = methods[i];
    if (!call->request.method)
        return err_set(e, ERR_METHOD, "there is no such method");
    return 0;
}

static int check_length(struct http_call *call, const struct head *h, bool http_1_1, struct err *e)
{
    const char *length = h->once[ONCE_LENGTH], *encoding = h->once[ONCE_ENCODING];
    size_t digits = length ? strspn(length, "0123456789") : 0;

    if (length && encoding)
        return err_set(e, ERR_USAGE, "Content-Length and Transfer-Encoding exclude each other");
    if (encoding && (!http_1_1 || strcasecmp(encoding, "chunked") != 0))
        return err_set(e, ERR_USAGE, "the only Transfer-Encoding is chunked, and of HTTP/1.1");
    if (length && (digits == 0 || length[digits]))
        return err_set(e, ERR_USAGE, "Content-Length is not a number");
    if (http_1_1 && !h->once[ONCE_HOST])
        return err_set(e, ERR_USAGE, "the header Host is missing");
    if (length && (digits > 18 || strtoull(length, NULL, 10) > call->body_max))
        return err_set(e, ERR_TOOBIG, "a body may have %zu bytes here", call->body_max);
    return 0;
}

/* Where a file is the body. Of what came back only the first MiB is read, but that it is longer is
 * its reader's to say. */
static bool is_import(const char *target, const char *method)
{
    static const char *const paths[] = {"/v1/plans/import", "/v1/bounces"};
    size_t len = strcspn(target, "?");

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (strcmp(method, "POST") == 0 && strlen(paths[i]) == len &&
            strncmp(target, paths[i], len) == 0)
            return true;
    return false;
}

static int check_headers(struct http_call *call, const char *method, const char *version,
                         struct head *h, struct err *e)
{
    const size_t max = call->conn->http->limits.header_max;
    const union MHD_ConnectionInfo *size =
        MHD_get_connection_info(call->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    ptrdiff_t rest;

    if (!size || size->header_size > max)
        return err_set(e, ERR_TOOBIG, "the head of a request may have %zu bytes", max);
    h->expected = version + strlen(version) + 1;
    MHD_get_connection_values_n(call->mhd, MHD_HEADER_KIND, each_header, h);
    if (h->rc < 0)
        return -1;
    /* after the last header: the rest of its line's end, and an empty line */
    rest = method + size->header_size - h->expected;
    if (rest < 1 || rest > 3)
        return err_set(e, ERR_USAGE, "a header is folded, or has a NUL in it");
    return 0;
}

int check_head(struct http_call *call, const char *url, const char *method, const char *version,
               struct err *e)
{
    const struct http_limits *limits = &call->conn->http->limits;
    struct api_request *rq = &call->request;
    struct head h = {.call = call, .e = e};

    if (check_line(call, url, method, version, e) < 0 ||
        check_headers(call, method, version, &h, e) < 0)
        return -1;
    call->body_max = is_import(call->target, method) ? limits->import_max : limits->body_max;
    if (check_length(call, &h, version[7] == '1', e) < 0)
        return -1;
    /* libmicrohttpd leaves the body of a reply to HEAD out by itself */
    if (strcmp(rq->method, "HEAD") == 0)
        rq->method = "GET";
    rq->target = call->target;
    rq->accept = call->headers[0];
    rq->content_type = call->headers[1];
    rq->if_match = call->headers[2];
    rq->idempotency_key = call->headers[3];
    return 0;
}
