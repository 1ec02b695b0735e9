#include "courier/verdict.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"

/* CURLcode, by number: they are part of libcurl's ABI, and this file knows no curl. */
enum {
    ANY = -1,
    RC_OK = 0,
    RC_PROTOCOL = 1,
    RC_URL = 3,
    RC_NO_TLS = 64,
    RC_LOGIN = 67,
    RC_STOPPED = 42
};

#define ALL_CODES 0, 999

static const struct rule {
    int curl;
    enum smtp_step from, to;
    int least, most; /* reply codes */
    bool reused_only;
    enum verdict verdict;
} rules[] = {
    {RC_OK, STEP_BODY, STEP_BODY, 200, 299, false, VERDICT_ACCEPTED},
    {ANY, STEP_BODY, STEP_BODY, 500, 599, false, VERDICT_FAILED},
    {ANY, STEP_BODY, STEP_BODY, 400, 499, false, VERDICT_RETRY},
    /* lost after 354, or a 250 that curl did not finish with: nobody knows */
    {ANY, STEP_BODY, STEP_BODY, ALL_CODES, false, VERDICT_IN_DOUBT},
    {RC_STOPPED, STEP_CONNECT, STEP_DATA, ALL_CODES, false, VERDICT_STOPPED},
    {ANY, STEP_CONNECT, STEP_DATA, 421, 421, true, VERDICT_AGAIN},
    {RC_NO_TLS, STEP_CONNECT, STEP_DATA, ALL_CODES, false, VERDICT_HOLD},
    {RC_PROTOCOL, STEP_CONNECT, STEP_DATA, ALL_CODES, false, VERDICT_HOLD},
    {RC_URL, STEP_CONNECT, STEP_DATA, ALL_CODES, false, VERDICT_HOLD},
    {ANY, STEP_AUTH, STEP_AUTH, 400, 499, false, VERDICT_DOWN},
    {ANY, STEP_AUTH, STEP_AUTH, 500, 599, false, VERDICT_HOLD},
    {RC_LOGIN, STEP_CONNECT, STEP_DATA, ALL_CODES, false, VERDICT_HOLD},
    {ANY, STEP_STARTTLS, STEP_STARTTLS, 400, 599, false, VERDICT_HOLD},
    {ANY, STEP_MAIL, STEP_MAIL, 500, 599, false, VERDICT_HOLD},
    {ANY, STEP_RCPT, STEP_RCPT, 500, 599, false, VERDICT_REFUSED},
    {ANY, STEP_DATA, STEP_DATA, 500, 599, false, VERDICT_FAILED},
    {ANY, STEP_MAIL, STEP_DATA, 400, 499, false, VERDICT_RETRY},
    {ANY, STEP_CONNECT, STEP_DATA, ALL_CODES, true, VERDICT_AGAIN},
    /* lost while this message was spoken of: if it is the message, it must not stop the others */
    {ANY, STEP_MAIL, STEP_DATA, ALL_CODES, false, VERDICT_RETRY},
};

enum verdict verdict_smtp(const struct smtp_end *end)
{
    if (end->no_auth)
        return VERDICT_HOLD;
    for (size_t i = 0; i < COUNT(rules); i++) {
        const struct rule *r = &rules[i];

        if ((r->curl == ANY || r->curl == end->curl) && end->step >= r->from &&
            end->step <= r->to && end->code >= r->least && end->code <= r->most &&
            (end->reused || !r->reused_only))
            return r->verdict;
    }
    return VERDICT_DOWN;
}

static const struct {
    const char *verb;
    enum smtp_step step;
} verbs[] = {
    {"EHLO", STEP_HELLO}, {"HELO", STEP_HELLO}, {"STARTTLS", STEP_STARTTLS}, {"AUTH", STEP_AUTH},
    {"MAIL", STEP_MAIL},  {"RCPT", STEP_RCPT},  {"DATA", STEP_DATA},
};

int verdict_step(const char *command)
{
    size_t len = strcspn(command, " \r\n");

    for (size_t i = 0; i < COUNT(verbs); i++) {
        if (strlen(verbs[i].verb) == len && strncasecmp(command, verbs[i].verb, len) == 0)
            return (int)verbs[i].step;
    }
    return -1;
}

const char *verdict_step_name(enum smtp_step step)
{
    static const char *const names[] = {
        [STEP_CONNECT] = "connecting", [STEP_HELLO] = "EHLO",       [STEP_STARTTLS] = "STARTTLS",
        [STEP_AUTH] = "AUTH",          [STEP_MAIL] = "MAIL",        [STEP_RCPT] = "RCPT",
        [STEP_DATA] = "DATA",          [STEP_BODY] = "the message",
    };

    return names[step];
}

/* ---- GOV.UK Notify ---- */

enum { POSTED = 1, ASKED = 2, EITHER = POSTED | ASKED };
enum { FOR_LONG = 0, A_MINUTE = 60, DAY_S = 86400 };

#define ANY_ERROR -1

static const struct {
    int when;
    int least, most; /* HTTP status */
    int error;       /* enum notify_error */
    enum verdict verdict;
    int wait; /* seconds; DAY_S: until their day ends */
} notify_rules[] = {
    {POSTED, 201, 201, ANY_ERROR, VERDICT_ACCEPTED, FOR_LONG},
    {EITHER, 429, 429, NOTIFY_LIMIT, VERDICT_DOWN, DAY_S},
    {EITHER, 429, 429, ANY_ERROR, VERDICT_DOWN, A_MINUTE},
    {EITHER, 403, 403, NOTIFY_CLOCK, VERDICT_DOWN, FOR_LONG},
    /* the key, the service, or another server than Notify: no message gets through */
    {EITHER, 300, 399, ANY_ERROR, VERDICT_HOLD, FOR_LONG},
    {EITHER, 401, 405, ANY_ERROR, VERDICT_HOLD, FOR_LONG},
    {ASKED, 400, 499, ANY_ERROR, VERDICT_HOLD, FOR_LONG},
    {POSTED, 408, 408, ANY_ERROR, VERDICT_RETRY, FOR_LONG},
    {POSTED, 400, 499, ANY_ERROR, VERDICT_FAILED, FOR_LONG},
    /* asking changes nothing, so that only the channel is in trouble */
    {ASKED, 0, 999, ANY_ERROR, VERDICT_DOWN, FOR_LONG},
    {POSTED, 500, 500, ANY_ERROR, VERDICT_RETRY, FOR_LONG},
    {POSTED, 503, 503, ANY_ERROR, VERDICT_DOWN, FOR_LONG},
    /* a proxy's word, or none that Notify would say: it may have been taken */
    {POSTED, 100, 999, ANY_ERROR, VERDICT_IN_DOUBT, FOR_LONG},
};

enum notify_error notify_error(const char *type, const char *message)
{
    if (strcmp(type, "RateLimitError") == 0)
        return NOTIFY_RATE;
    if (strcmp(type, "TooManyRequestsError") == 0)
        return NOTIFY_LIMIT;
    return strcasestr(message, "clock") ? NOTIFY_CLOCK : NOTIFY_OTHER;
}

enum verdict verdict_notify(const struct notify_end *end, int64_t now, int64_t *ret_wait)
{
    int when = end->asking ? ASKED : POSTED;

    *ret_wait = 0;
    if (end->found)
        return VERDICT_ACCEPTED;
    if (end->curl == RC_STOPPED && (end->asking || !end->sent))
        return VERDICT_STOPPED;
    for (size_t i = 0; i < COUNT(notify_rules); i++) {
        if (!(notify_rules[i].when & when) || end->status < notify_rules[i].least ||
            end->status > notify_rules[i].most ||
            (notify_rules[i].error != ANY_ERROR && notify_rules[i].error != (int)end->error))
            continue;
        *ret_wait =
            notify_rules[i].wait == DAY_S ? DAY_S - now % DAY_S : (int64_t)notify_rules[i].wait;
        return notify_rules[i].verdict;
    }
    return end->sent ? VERDICT_IN_DOUBT : VERDICT_DOWN;
}

/* ---- webhooks ---- */

enum verdict verdict_http(long status)
{
    if (status >= 200 && status <= 299)
        return VERDICT_ACCEPTED;
    return status == 410 ? VERDICT_GONE : VERDICT_RETRY;
}
