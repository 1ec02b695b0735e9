/*
 * verdict: what an SMTP dialogue that ended means for its message and for the channel. Pure:
 * numbers in, verdict out; one table, first row that fits.
 */
#ifndef CSID_COURIER_VERDICT_H
#define CSID_COURIER_VERDICT_H

#include <stdbool.h>

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

/* The verdict on an HTTP status of a webhook; 0 when there was no answer. */
enum verdict verdict_http(long status);

#endif
