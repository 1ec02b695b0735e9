#include "notice/message.h"

#include <cmark.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"
#include "base/text.h"
#include "notice/mime.h"
#include "notice/plain.h"

#define ADDRESS_MAX 254 /* RFC 5321, 4.5.3.1: a path of 256 with its brackets */
#define LOCAL_MAX   64
#define LABEL_MAX   63

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* Dot-separated pieces of bytes from `set`, none empty, none longer than `most`. */
static bool is_dotted(const char *s, size_t len, const char *set, size_t most)
{
    size_t piece = 0;

    for (size_t i = 0; i < len; i++) {
        if (s[i] == '.') {
            if (piece == 0)
                return false;
            piece = 0;
        } else if (!strchr(set, s[i]) || ++piece > most) {
            return false;
        }
    }
    return piece > 0;
}

static bool is_domain(const char *s)
{
    size_t len = strlen(s);

    return is_dotted(s, len, ALNUM "-", LABEL_MAX) && s[0] != '-' && s[len - 1] != '-' &&
           !strstr(s, ".-") && !strstr(s, "-.");
}

/* NULL, or what is wrong with an addr-spec. */
static const char *addr_fault(const char *addr)
{
    const char *at = strchr(addr, '@');

    if (!at)
        return "has no @";
    if (strchr(at + 1, '@'))
        return "has more than one @";
    if (strlen(addr) > ADDRESS_MAX || at - addr > LOCAL_MAX)
        return "is too long";
    if (!is_dotted(addr, (size_t)(at - addr), ALNUM "!#$%&'*+-/=?^_`{|}~", LOCAL_MAX))
        return "is no address: what stands before the @ cannot be used";
    if (!is_domain(at + 1))
        return "is no address: what stands after the @ is no domain";
    return NULL;
}

static char *trimmed(const char *s, size_t len)
{
    while (len && *s == ' ') {
        s++;
        len--;
    }
    while (len && s[len - 1] == ' ')
        len--;
    return xstrndup(s, len);
}

/* Takes the quotes and backslashes of a quoted display name away, in place. False when the quotes
 * are not whole, or when brackets stand outside them. */
static bool unquote(char *name)
{
    size_t len = strlen(name), out = 0;

    if (name[0] != '"')
        return strcspn(name, "<>\"") == len;
    if (len < 2 || name[len - 1] != '"')
        return false;
    for (size_t i = 1; i < len - 1; i++) {
        if (name[i] == '"')
            return false;
        if (name[i] == '\\' && ++i == len - 1)
            return false;
        name[out++] = name[i];
    }
    name[out] = '\0';
    return true;
}

int mail_address(const char *text, char **ret_name, char **ret_addr, struct err *e)
{
    size_t len = strlen(text);
    const char *open, *fault = NULL;
    char *name, *addr;

    if (!mime_header_safe(text))
        return err_set(e, ERR_USAGE, "the address has control characters or is not UTF-8");
    while (len && text[len - 1] == ' ')
        len--;
    open = len && text[len - 1] == '>' ? strrchr(text, '<') : NULL;
    name = trimmed(text, open ? (size_t)(open - text) : 0);
    addr = open ? xstrndup(open + 1, len - (size_t)(open - text) - 2) : trimmed(text, len);
    if (!unquote(name))
        fault = "has quotes or brackets that do not fit together";
    else
        fault = addr_fault(addr);
    if (fault) {
        char *shown = text_one_line(text);

        err_set(e, ERR_USAGE, "\"%.*s\" %s", 300, shown, fault);
        free(shown);
        free(name);
        free(addr);
        return -1;
    }
    *ret_name = name;
    *ret_addr = addr;
    return 0;
}

char *mail_message_id(const char *from)
{
    char *name = NULL, *addr = NULL, *id, hex[33];
    struct err e;

    digest_random_hex(16, hex);
    if (mail_address(from, &name, &addr, &e) != 0)
        return xasprintf("%s@localhost", hex);
    id = xasprintf("%s@%s", hex, strchr(addr, '@') + 1);
    free(name);
    free(addr);
    return id;
}

char *markdown_escape(const char *s)
{
    char *line = text_one_line(s);
    struct text t = TEXT_INIT;

    text_clear(&t);
    for (const char *p = line; *p; p++) {
        if (strchr("\\`*_{}[]<>()#+-.!|&~=", *p))
            text_add(&t, "\\");
        text_add_bytes(&t, p, 1);
    }
    free(line);
    return text_take(&t);
}

static void add_date(struct text *t, utc_t at)
{
    int64_t days = at.s / 86400 - (at.s % 86400 < 0), second = at.s - days * 86400;
    day_t day = {(int32_t)days};
    int y, m, d;

    day_to_ymd(day, &y, &m, &d);
    text_addf(t, "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d +0000\r\n",
              day_weekday_names[day_weekday(day)], d, day_month_names[m - 1], y,
              (int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60));
}

static int add_mailbox(struct text *t, const char *field, const char *value, struct err *e)
{
    char *name, *addr;

    if (mail_address(value, &name, &addr, e) != 0)
        return err_within(e, "%s", field);
    mime_mailbox(t, field, name, addr);
    free(name);
    free(addr);
    return 0;
}

static int add_recipient(struct text *t, const struct mail *m, struct err *e)
{
    const char *display = m->to_name ? m->to_name : "", *fault = addr_fault(m->to);

    if (fault)
        return err_set(e, ERR_USAGE, "To: the address %s", fault);
    if (!mime_header_safe(display))
        return err_set(e, ERR_USAGE, "To: the name has control characters or is not UTF-8");
    if (m->redirect && *m->redirect) { /* without the name: it is not who reads it */
        mime_field(t, "X-Csid-Original-To", m->to);
        return add_mailbox(t, "To", m->redirect, e);
    }
    mime_mailbox(t, "To", display, m->to);
    return 0;
}

char *mail_redirected_subject(const char *to, const char *subject)
{
    return xasprintf("[for %s] %s", to, subject);
}

static void add_subject(struct text *t, const struct mail *m)
{
    char *redirected =
        m->redirect && *m->redirect ? mail_redirected_subject(m->to, m->subject) : NULL;

    mime_field(t, "Subject", redirected ? redirected : m->subject);
    free(redirected);
}

/* A message id is an address in shape, its left part as free as its right. */
static int add_id(struct text *t, const char *field, const char *id, struct err *e)
{
    const char *at = strchr(id, '@');

    if (!at || strlen(id) > 2 * ADDRESS_MAX || !is_domain(at + 1) ||
        !is_dotted(id, (size_t)(at - id), ALNUM "!#$%&'*+-/=?^_`{|}~", ADDRESS_MAX))
        return err_set(e, ERR_USAGE, "%s: no message id", field);
    mime_id(t, field, id);
    return 0;
}

static int add_headers(struct text *t, const struct mail *m, struct err *e)
{
    if (!utc_is(m->date))
        return err_set(e, ERR_USAGE, "Date: there is none");
    if (!*m->subject || !mime_header_safe(m->subject))
        return err_set(e, ERR_USAGE, "Subject: empty, not UTF-8 or with control characters");
    add_date(t, m->date);
    if (add_mailbox(t, "From", m->from, e) != 0 || add_recipient(t, m, e) != 0 ||
        (m->reply_to && *m->reply_to && add_mailbox(t, "Reply-To", m->reply_to, e) != 0))
        return -1;
    add_subject(t, m);
    if (add_id(t, "Message-ID", m->message_id, e) != 0)
        return -1;
    if (m->in_reply_to && (add_id(t, "In-Reply-To", m->in_reply_to, e) != 0 ||
                           add_id(t, "References", m->in_reply_to, e) != 0))
        return -1;
    text_add(t, "Auto-Submitted: auto-generated\r\n"
                "X-Auto-Response-Suppress: OOF, AutoReply\r\n"
                "MIME-Version: 1.0\r\n");
    return 0;
}

static void add_html_text(struct text *t, const char *s)
{
    for (; *s; s++) {
        if (*s == '<')
            text_add(t, "&lt;");
        else if (*s == '&')
            text_add(t, "&amp;");
        else
            text_add_bytes(t, s, 1);
    }
}

static char *html_page(const char *subject, const char *markdown)
{
    struct text t = TEXT_INIT;
    char *body = cmark_markdown_to_html(markdown, strlen(markdown),
                                        CMARK_OPT_SAFE | CMARK_OPT_VALIDATE_UTF8);

    text_add(&t, "<!DOCTYPE html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n"
                 /* or a phone shows it shrunk to the width of a desk */
                 "<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
    add_html_text(&t, subject);
    text_add(&t, "</title>\n</head>\n<body style=\"font-family: sans-serif; line-height: 1.4\">\n");
    text_add(&t, body);
    text_add(&t, "</body>\n</html>\n");
    free(body);
    return text_take(&t);
}

static void add_part(struct text *t, const char *boundary, const char *type, const char *content)
{
    text_addf(t,
              "--%s\r\n"
              "Content-Type: %s; charset=utf-8\r\n"
              "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
              boundary, type);
    mime_quoted_printable(t, content);
    text_add(t, "\r\n");
}

/* The boundary follows from the id, so that the same mail is the same bytes; "=_" cannot occur in
 * quoted-printable. */
static void add_body(struct text *t, const struct mail *m)
{
    char hash[SHA256_HEX], *clean = text_clean(m->markdown, strlen(m->markdown), NULL);
    char *boundary, *plain = plain_from_markdown(clean), *html = html_page(m->subject, clean);

    digest_sha256_hex(m->message_id, strlen(m->message_id), hash);
    boundary = xasprintf("=_csid_%.32s", hash);
    text_addf(t, "Content-Type: multipart/alternative;\r\n boundary=\"%s\"\r\n\r\n", boundary);
    add_part(t, boundary, "text/plain", plain);
    add_part(t, boundary, "text/html", html);
    text_addf(t, "--%s--\r\n", boundary);
    free(clean);
    free(boundary);
    free(plain);
    free(html);
}

int mail_build(const struct mail *m, char **ret, size_t *ret_len, struct err *e)
{
    struct text t = TEXT_INIT;

    if (add_headers(&t, m, e) != 0) {
        text_free(&t);
        return -1;
    }
    add_body(&t, m);
    *ret_len = t.len;
    *ret = text_take(&t);
    return 0;
}
