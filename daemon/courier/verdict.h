/*
 * verdict: what an SMTP dialogue or an answer of HTTP means for its message and for the channel.
 * Pure: numbers in, verdict out; one table, first row that fits.
 */
#ifndef CSID_COURIER_VERDICT_H
#define CSID_COURIER_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

enum verdict {
    VERDICT_ACCEPTED, /* the server took it over */
    VERDICT_RETRY,    /* this message later */
    VERDICT_FAILED,   /* this message never */
    VERDICT_REFUSED,  /* this message never, for its address is none */
    VERDICT_IN_DOUBT, /* it may have arrived: the same bytes again */
    VERDICT_DOWN,     /* the channel's trouble: later, the attempt does not count */
    VERDICT_HOLD,     /* the channel's fault: nothing goes until somebody mends it */
    VERDICT_GONE,     /* a webhook that says it is gone for good: failed, and the channel held */
    VERDICT_AGAIN,    /* a kept connection had died: at once over a new one, no attempt */
    VERDICT_STOPPED,  /* csid ended before anything of it was sent: given back, no attempt */
    VERDICT_COUNT
};

/* What the last reply answered, in the order of a dialogue. */
enum smtp_step {
    STEP_CONNECT,
    STEP_HELLO,
    STEP_STARTTLS,
    STEP_AUTH,
    STEP_MAIL,
    STEP_RCPT,
    STEP_DATA,
    STEP_BODY
};

struct smtp_end {
    int curl; /* CURLcode */
    int code; /* last reply, 0 without one */
    enum smtp_step step;
    bool reused;  /* the connection had carried a message before */
    bool no_auth; /* a user is set and the server offered no AUTH */
};

/* The verdict on how the dialogue of one message ended. */
enum verdict verdict_smtp(const struct smtp_end *end);

/* The step a command begins; -1 for what continues the present one (the lines of an AUTH). */
int verdict_step(const char *command);
const char *verdict_step_name(enum smtp_step step);

/* What Notify's errors are known by: their type, for it says that its messages may change; only of
 * a clock that is wrong and a key that is wrong the types are the same. */
enum notify_error {
    NOTIFY_OTHER,
    NOTIFY_RATE,  /* RateLimitError: so many a minute */
    NOTIFY_LIMIT, /* TooManyRequestsError: so many a day */
    NOTIFY_CLOCK  /* ours is more than 30 seconds off theirs */
};
enum notify_error notify_error(const char *type, const char *message);

struct notify_end {
    int curl;         /* CURLcode */
    int status;       /* HTTP, 0 without an answer */
    bool asking;      /* whether it has the message already; else it was to take it */
    bool found, none; /* when asking: it has, it has not */
    bool sent;        /* the request may have been taken */
    enum notify_error error;
};
/* The verdict on one request, and in how many seconds Notify wants the next; 0: it does not say.
 * `now` in seconds UTC. When asking it is none's own: what was not found is to be sent. */
enum verdict verdict_notify(const struct notify_end *end, int64_t now, int64_t *ret_wait);

/* The verdict on an HTTP status of a webhook; 0 when there was no answer. */
enum verdict verdict_http(long status);

#endif
