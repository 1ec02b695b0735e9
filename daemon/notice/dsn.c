#include "notice/dsn.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "notice/mime_read.h"

#define DEPTH_MAX      8
#define PARTS_MAX      100
#define RECIPIENTS_MAX 1000
#define TO_MAX         20
#define SAID_MAX       500

void dsn_clear(struct dsn *d)
{
    for (size_t i = 0; i < d->to_count; i++)
        free(d->to[i]);
    free(d->to);
    free(d->message_id);
    for (size_t i = 0; i < d->count; i++) {
        free(d->recipients[i].original);
        free(d->recipients[i].final);
        free(d->recipients[i].status);
        free(d->recipients[i].said);
    }
    free(d->recipients);
    *d = (struct dsn){0};
}

/* ---- one recipient ---- */

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* "+3D" is "=" (RFC 3461, section 4). In place. */
static char *unxtext(char *s)
{
    char *out = s;

    for (const char *p = s; *p; p++) {
        int high = *p == '+' ? hex_digit(p[1]) : -1, low = high >= 0 ? hex_digit(p[2]) : -1;

        *out++ = low >= 0 && high * 16 + low > ' ' ? (char)(high * 16 + low) : *p;
        p += low >= 0 && high * 16 + low > ' ' ? 2 : 0;
    }
    *out = '\0';
    return s;
}

/* "rfc822; ann@x.example", brackets around it too; NULL where it is no address. Caller frees. */
static char *read_address(const char *value)
{
    const char *s = value ? strchr(value, ';') : NULL;
    size_t len;

    if (!s)
        return NULL;
    s += 1 + strspn(s + 1, " \t<");
    len = strcspn(s, " \t>()");
    return len && memchr(s, '@', len) ? xstrndup(s, len) : NULL;
}

static bool read_action(const char *value, enum dsn_action *ret)
{
    static const char *const words[] = {[DSN_FAILED] = "failed",
                                        [DSN_DELAYED] = "delayed",
                                        [DSN_DELIVERED] = "delivered",
                                        [DSN_RELAYED] = "relayed",
                                        [DSN_EXPANDED] = "expanded"};

    for (size_t i = 0; value && i < COUNT(words); i++)
        if (mime_value_is(value, words[i])) {
            *ret = (enum dsn_action)i;
            return true;
        }
    return false;
}

/* "5.1.1 (no such user)" is "5.1.1" (RFC 3463: one of 2, 4, 5; up to three digits each); NULL where
 * it is none. Caller frees. */
static char *read_status(const char *value)
{
    size_t len = value ? strspn(value, "0123456789.") : 0, dots = 0, run = 0;

    if (len < 5 || len > 9 || !strchr("245", value[0]) || value[1] != '.')
        return NULL;
    for (size_t i = 0; i < len; i++) {
        dots += value[i] == '.';
        run = value[i] == '.' ? 0 : run + 1;
        if (run > 3 || (value[i] == '.' && value[i - 1] == '.'))
            return NULL;
    }
    return dots == 2 && run ? xstrndup(value, len) : NULL;
}

static char *read_said(const char *value)
{
    const char *words = value ? strchr(value, ';') : NULL;
    char *line = text_one_line(words ? words + 1 : value ? value : ""), *cut;
    size_t len = strlen(line);

    while (len > SAID_MAX || (len && ((unsigned char)line[len] & 0xc0) == 0x80))
        len--;
    cut = xstrndup(line, len);
    free(line);
    return cut;
}

/* Groups that do not say what became of whom are none: the one about the message, for one. */
static void add_recipient(struct dsn *d, size_t *cap, const struct mime_fields *f)
{
    char *status = read_status(mime_fields_get(f, "Status", 0));
    struct dsn_recipient r = {.original = read_address(mime_fields_get(f, "Original-Recipient", 0)),
                              .final = read_address(mime_fields_get(f, "Final-Recipient", 0))};

    if (!status || !read_action(mime_fields_get(f, "Action", 0), &r.action) ||
        (!r.final && !r.original) || d->count == RECIPIENTS_MAX) {
        free(r.original);
        free(r.final);
        free(status);
        return;
    }
    r.status = status;
    r.said = read_said(mime_fields_get(f, "Diagnostic-Code", 0));
    d->recipients = xgrow(d->recipients, d->count, cap, sizeof *d->recipients);
    d->recipients[d->count++] = r;
}

/* ---- the parts ---- */

struct reading {
    struct dsn *dsn;
    size_t cap, parts;
    bool reported; /* a report about a delivery has begun */
};

static void read_status_part(struct reading *r, struct span body)
{
    while (body.len) {
        struct mime_fields f;

        mime_fields_read(&body, &f);
        add_recipient(r->dsn, &r->cap, &f);
        mime_fields_clear(&f);
    }
}

/* The headers of the mail that came back: those of csid's are never folded within the id. */
static void read_returned(struct dsn *d, struct span body)
{
    struct mime_fields f;
    const char *id;

    mime_fields_read(&body, &f);
    id = mime_fields_get(&f, "Message-ID", 0);
    if (id && !d->message_id && *id == '<' && strchr(id, '>'))
        d->message_id = xstrndup(id + 1, strcspn(id + 1, "> \t"));
    mime_fields_clear(&f);
}

static void read_leaf(struct reading *r, const char *type, const char *encoding, struct span body)
{
    size_t len;
    char *decoded = mime_decode(encoding, body, &len);
    struct span own = {decoded, len};

    if (mime_value_is(type, "message/delivery-status") ||
        mime_value_is(type, "message/global-delivery-status"))
        read_status_part(r, own);
    else if (mime_value_is(type, "message/rfc822") || mime_value_is(type, "text/rfc822-headers") ||
             mime_value_is(type, "message/global") || mime_value_is(type, "message/global-headers"))
        read_returned(r->dsn, own);
    free(decoded);
}

static bool is_report(const char *type)
{
    char *kind =
        mime_value_is(type, "multipart/report") ? mime_parameter(type, "report-type") : NULL;
    bool is = kind && strcasecmp(kind, "delivery-status") == 0;

    free(kind);
    return is;
}

static void read_entity(struct reading *r, const struct mime_fields *f, struct span body,
                        size_t depth);

static void read_parts(struct reading *r, const char *type, struct span body, size_t depth)
{
    char *boundary = mime_parameter(type, "boundary");
    struct span part;

    while (boundary && *boundary && r->parts < PARTS_MAX &&
           mime_next_part(&body, boundary, &part)) {
        struct mime_fields f;

        r->parts++;
        mime_fields_read(&part, &f);
        read_entity(r, &f, part, depth + 1);
        mime_fields_clear(&f);
    }
    free(boundary);
}

/* Reports may lie in a mixed mail, as what checks for viruses wraps them; mails in mails are only
 * looked at for what came back, and only within a report. */
static void read_entity(struct reading *r, const struct mime_fields *f, struct span body,
                        size_t depth)
{
    const char *type = mime_fields_get(f, "Content-Type", 0);
    bool outside = !r->reported;

    if (!type || depth > DEPTH_MAX)
        return;
    if (strncasecmp(type, "multipart/", strlen("multipart/")) != 0) {
        if (r->reported)
            read_leaf(r, type, mime_fields_get(f, "Content-Transfer-Encoding", 0), body);
        return;
    }
    r->reported |= is_report(type);
    read_parts(r, type, body, depth);
    if (outside)
        r->reported = false;
}

/* ---- whom it was delivered to ---- */

/* Every address in a list, with or without a name. */
static void add_addresses(struct dsn *d, size_t *cap, const char *value)
{
    while (*value && d->to_count < TO_MAX) {
        size_t len;

        value += strspn(value, " \t,;<>\"");
        len = strcspn(value, " \t,;<>\"");
        if (memchr(value, '@', len)) {
            d->to = xgrow(d->to, d->to_count, cap, sizeof *d->to);
            d->to[d->to_count++] = xstrndup(value, len);
        }
        value += len;
    }
}

static void read_to(struct dsn *d, const struct mime_fields *f)
{
    static const char *const names[] = {
        "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To", "Apparently-To"};
    size_t cap = 0;

    for (size_t i = 0; i < COUNT(names); i++) {
        const char *value;

        for (size_t n = 0; (value = mime_fields_get(f, names[i], n)); n++)
            add_addresses(d, &cap, value);
    }
}

/* ---- all of it ---- */

static int why_none(const struct mime_fields *f, struct err *e)
{
    const char *automatic = mime_fields_get(f, "Auto-Submitted", 0);
    const char *type = mime_fields_get(f, "Content-Type", 0);

    if (f->count == 0)
        return err_set(e, ERR_USAGE, "it is no mail: it has no header");
    if (type && is_report(type))
        return err_set(e, ERR_USAGE,
                       "it is a report about a delivery that does not say what "
                       "became of whom");
    if (automatic && mime_value_is(automatic, "auto-replied"))
        return err_set(e, ERR_USAGE, "it is an automatic reply, such as a vacation's");
    return err_set(e, ERR_USAGE, "it is no report about a delivery (RFC 3464)");
}

int dsn_read(const char *bytes, size_t len, struct dsn *ret, struct err *e)
{
    struct dsn d = {0};
    struct reading r = {.dsn = &d};
    struct span at = {bytes, len};
    struct mime_fields f;
    int rc = 0;

    mime_fields_read(&at, &f);
    read_to(&d, &f);
    read_entity(&r, &f, at, 0);
    if (d.count == 0)
        rc = why_none(&f, e);
    mime_fields_clear(&f);
    if (rc == 0)
        *ret = d;
    else
        dsn_clear(&d);
    return rc;
}

static bool is_of(const char *address, const char *said)
{
    char *plain = said ? unxtext(xstrdup(said)) : NULL;
    bool is = said && (strcasecmp(said, address) == 0 || strcasecmp(plain, address) == 0);

    free(plain);
    return is;
}

const struct dsn_recipient *dsn_about(const struct dsn *d, const char *address)
{
    const struct dsn_recipient *first = &d->recipients[0];

    for (size_t i = 0; i < d->count; i++)
        if (is_of(address, d->recipients[i].original) || is_of(address, d->recipients[i].final))
            return &d->recipients[i];
    for (size_t i = 1; i < d->count; i++)
        if (d->recipients[i].action != first->action)
            return NULL;
    return first;
}
