/*
 * api: words in, answer out. Takes one request as plain data and gives one response as plain data;
 * knows no socket, no loop and no courier. All writing happens in one transaction that the
 * dispatcher opens and ends, so that a dry run is a roll-back and an idempotent answer is stored
 * with its change.
 */
#ifndef CSID_API_API_H
#define CSID_API_API_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "calendar/day.h"
#include "engine/engine.h"
#include "store/store.h"

enum access { ACCESS_NONE, ACCESS_VIEWER, ACCESS_OFFICER, ACCESS_ADMIN };

struct api_request {
    const char *method, *target; /* "GET", "/v1/actions?overdue=true" as received */
    const char *accept, *content_type, *if_match, *idempotency_key; /* NULL where not sent */
    const void *body;
    size_t body_len;
    const char *who;    /* user name, or "uid 1234"; for the journal */
    enum access access; /* what the caller may do */
};

struct api_response {
    int status;
    const char *type;          /* static */
    char *etag, *link, *allow; /* NULL where there is none; owned */
    char *body;                /* owned */
    size_t body_len;
    bool wrote;       /* something was committed: run the courier */
    utc_t advance_to; /* UTC_NONE, or: let the test clock pass to here, then ask
                         api_clock for the answer */
};

struct api_place {
    size_t line, column; /* counted from 1; 0: nowhere */
};
/* A name with its text, out of a flat mapping in YAML; or what is wrong with it: then `fault` says
 * what, and without a name the whole text cannot be read and has no pairs. */
struct api_pair {
    char *name, *value, *fault; /* of value and fault one is NULL */
    struct api_place at;
};
void api_pairs_free(struct api_pair *pairs, size_t count);

/* What the service tells of itself and lets be done; made by service/, outlives every call. */
enum api_trouble {
    TROUBLE_COPY, /* the first that is told: the others matter less while nothing goes out */
    TROUBLE_CLOCK,
    TROUBLE_SCHEDULES,
    TROUBLE_COURIER,
    TROUBLE_MAIL,
    TROUBLE_COUNT
};

enum api_health { HEALTH_OK, HEALTH_WARNING, HEALTH_FAULT };
/* What the service sees around the database: files, disk, time zones, configuration. */
enum api_seen { SEEN_CONFIGURATION, SEEN_DISK, SEEN_FILES, SEEN_ZONE, SEEN_COUNT };

struct api_heartbeat {
    bool configured;
    utc_t ok_at, failed_at; /* UTC_NONE: never */
    bool said_failing;      /* what was last taken: that csid is in trouble */
    const char *failure;    /* why the last did not get through; NULL: it did */
};

struct api_service {
    const char *version, *database, *socket, *config_file;
    utc_t started_at;
    bool test_clock;
    const char
        *access_names[ACCESS_ADMIN + 1]; /* who holds each access, for a denial: "@csi-officers" */
    const char *
        troubles[TROUBLE_COUNT]; /* what keeps schedules or mail from going on now; NULL: nothing */
    struct api_heartbeat heartbeat;
    /* Step the test clock; read the configuration again. -1 with the reason. */
    int (*clock_set)(void *arg, utc_t to, struct err *e);
    int (*reload)(void *arg, struct err *e);
    /* Looks around, in any thread: found(to, …) for each thing that is worth a line. */
    void (*look)(void *arg,
                 void (*found)(void *to, enum api_seen seen, enum api_health health,
                               const char *text),
                 void *to);
    /* A suspect clock is right, says `who`; a trusted one stays as it is. */
    int (*clock_accept)(void *arg, const char *who, struct err *e);
    /* This copy of the database is the one in use, says `who`; with `hold` what waits is held, for
     * it may have gone out before. */
    int (*adopt)(void *arg, const char *who, bool hold, struct err *e);
    void *arg;
    /* The pairs of a text in YAML, in its order; free them with api_pairs_free. */
    size_t (*yaml_pairs)(const void *text, size_t len, struct api_pair **ret);
};

struct api {
    struct store *store; /* the calling thread's own */
    const struct engine *engine;
    const struct api_service *service;
    utc_t now; /* read once for this request */
};

/* Whether the request names a command that may take long and wants a worker, for a copy of the
 * database in memory; whether it may write. */
bool api_wants_worker(const char *method, const char *target);
bool api_wants_copy(const char *method, const char *target);
bool api_may_write(const char *method);

/* Answers a request; never fails: errors are responses (RFC 9457). Free with api_response_free. */
void api_handle(const struct api *api, const struct api_request *rq, struct api_response *ret);
/* The answer of `clock show` in the form that `rq` asks for: what an ended advance answers with. */
void api_clock(const struct api *api, const struct api_request *rq, struct api_response *ret);
/* A problem+json response for a request that never reached the dispatcher. */
void api_problem(const struct err *e, struct api_response *ret);
void api_response_free(struct api_response *r);

#endif
