/*
 * config: csid.yaml, read whole or not at all, through one table of options (key, type, limits,
 * default, one line of help). Secrets come from files it names, never from the file itself.
 */
#ifndef CSID_SERVICE_CONFIG_H
#define CSID_SERVICE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/digest.h"
#include "calendar/cron.h"
#include "calendar/workday.h"
#include "calendar/zone.h"
#include "engine/engine.h"
#include "engine/rule.h"
#include "plan/escalation.h"
#include "plan/policy.h"

struct strings {
    char **items;
    size_t count;
};

struct config_webhook {
    char *name, *url, *format, *secret_file, *previous_secret_file, *proxy, *ca_file;
    char *per_minute, *on_doubt;
    char *secret, *previous; /* what those files held, one trailing newline dropped; NULL without */
    char *ca;                /* what ca_file holds; NULL without */
    char *shown;             /* the URL's scheme and host */
    struct strings events;   /* empty: all */
    struct strings allow;    /* networks it may lie in though private; with a proxy, its host */
};

struct config_schedule {
    char *name, *check, *cron, *dom_dow, *catchup, *window;
    struct cron parsed;
    enum catchup catchup_kind;
    int64_t window_s; /* 0: no limit */
};

struct config {
    char *file;              /* where it was read from */
    char digest[SHA256_HEX]; /* of what stood in it then */
    char *organisation, *timezone;
    char *socket, *socket_group; /* group "" : none */
    int socket_mode;
    char *database;
    size_t database_line, database_column; /* where that stands in the file, 1:1 by default */
    char *division;                        /* one of holidays_divisions */
    char *bank_holidays;                   /* "": what was imported, else the built-in list */
    char *link_base;                       /* "": no links in mails */
    struct strings admin, officer, viewer;
    /* from as given, "Name <addr>" or "addr"; reply_to and administrator reduced to the addr */
    struct {
        char *url, *from, *reply_to, *administrator, *username, *password_file, *password;
        char *ca_file, *proxy, *connections, *per_minute, *on_doubt;
        char *bounce_to, *redirect_all_to;
        char *notify_template, *notify_key_file, *notify_key;
    } mail; /* "" where not given; password and notify_key NULL */
    struct {
        char *ladders[POLICY_KINDS], *quiet_hours, *quiet_days, *escalation, *backlog_from;
        char *no_update_days, *nothing_booked_days;
        struct strings copy_actions, copy_deadlines;
    } reminders;
    struct policy policy; /* what they say */
    struct escalation_policy escalation;
    day_t backlog_from; /* DAY_NONE: the day after the board */
    struct {
        char *url, *every, *proxy, *ca_file; /* "": none */
        char *ca;                            /* as above */
        struct strings allow;
        int64_t every_s;
    } heartbeat;
    struct config_webhook *webhooks;
    size_t webhook_count;
    struct config_schedule *schedules;
    size_t schedule_count;
    struct zone *zone;         /* timezone, loaded */
    struct holidays *holidays; /* of that file, or built in */
    char *holidays_text;       /* what the file holds, for other divisions; NULL without one */
    char *rules_folder;        /* with the council's own rule packs; "": none */
    struct rule_texts rules;   /* of the packs built in and of those */
};

/* "FILE:LINE:COLUMN: key: what is wrong", one line each, in the file's order, safe to print. At
 * most 1,000, then one that counts the rest. */
struct config_faults {
    struct strings faults, warnings;
};

/* Reads `path`, the files it names and the rule packs. All faults are gathered in *faults, not only
 * the first; NULL when there was one. `known_check` says whether a check of that name exists (NULL:
 * any does). Caller frees both. */
struct config *config_read(const char *path, bool (*known_check)(const char *name),
                           struct config_faults *faults);
/* Whether the file still holds what was read from it, and can be read at all. */
bool config_is_unchanged(const struct config *c, bool *ret_readable);
void config_free(struct config *c);
void config_faults_free(struct config_faults *f);

/* etc/csid.yaml: every option with its default and one line of comment. */
void config_print(FILE *out);

#endif
