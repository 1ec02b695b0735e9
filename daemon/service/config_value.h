/*
 * config_value: the types a value of csid.yaml may have, each with its check. A check sees one
 * text, may bring it into its kept form, and says what to do about a bad one; it knows no place.
 */
#ifndef CSID_SERVICE_CONFIG_VALUE_H
#define CSID_SERVICE_CONFIG_VALUE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define QUIET_DAYS_NON_WORKING "non-working"

enum config_kind {
    CONFIG_TEXT,    /* kept as char * */
    CONFIG_MODE,    /* kept as int */
    CONFIG_LIST,    /* of texts, kept as struct strings */
    CONFIG_SECTION, /* a mapping of further options, nothing kept */
    CONFIG_ENTRIES, /* a list of mappings, kept as an array of structs and its count */
};

struct config_type {
    enum config_kind kind;
    const char *wanted; /* "an address": for messages */
    /* One value (of a list: one item), which it may replace. -1: refused, 1: kept with a warning,
     * both with the reason in e. NULL: anything goes. */
    int (*check)(char **value, bool (*known_check)(const char *name), struct err *e);
};

extern const struct config_type config_type_text, config_type_path, config_type_zone,
    config_type_division, config_type_mode, config_type_group, config_type_users,
    config_type_mail_url, config_type_mail_proxy, config_type_connections, config_type_per_minute,
    config_type_on_doubt, config_type_sender, config_type_address, config_type_secret,
    config_type_web_url, config_type_format, config_type_events, config_type_allowed,
    config_type_proxy, config_type_slug, config_type_check, config_type_cron, config_type_both,
    config_type_catchup, config_type_window, config_type_interval, config_type_ladder,
    config_type_roles, config_type_quiet, config_type_quiet_days, config_type_days,
    config_type_escalation, config_type_date, config_type_section, config_type_entries;

#define ON_DOUBT_HOLD "hold"

/* What a file of secrets holds, one trailing newline dropped; caller frees. `name` is a path, or a
 * name under $CREDENTIALS_DIRECTORY. ERR_USAGE when it cannot be read, is empty, above 4 KiB or has
 * NUL bytes. */
int config_secret_read(const char *name, char **ret, struct err *e);

/* Certificates in PEM, as a file holds them; caller frees. ERR_USAGE when it cannot be read, or has
 * none in it. */
int config_ca_read(const char *path, char **ret, struct err *e);

/* "10.1.0.0/16" or one address; "hooks.example.org" or "*.example.org". */
bool config_is_network(const char *s);
bool config_is_host_pattern(const char *s);

/* Where such a file is; caller frees. ERR_USAGE where $CREDENTIALS_DIRECTORY is wanted and not set.
 */
int config_secret_path(const char *name, char **ret, struct err *e);

/* Whether a webhook's secret is whsec_ and base64, or any other text. */
int config_secret_is_key(const char *secret, struct err *e);

#endif
