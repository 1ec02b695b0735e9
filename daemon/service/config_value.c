#include "service/config_value.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "calendar/cron.h"
#include "calendar/when.h"
#include "calendar/workday.h"
#include "engine/spec.h"
#include "notice/message.h"
#include "plan/escalation.h"
#include "plan/policy.h"
#include "plan/slug.h"
#include "service/config_yaml.h"

enum { INTERVAL_MIN_S = 60, INTERVAL_MAX_S = 86400 };

static const char slug_marks[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

typedef bool known_check_fn(const char *name);

static int check_text(char **v, known_check_fn *known, struct err *e)
{
    (void)known;
    if ((*v)[strspn(*v, " ")] == '\0')
        return err_set(e, ERR_USAGE, "is blank; write something or remove the line");
    return 0;
}

static int check_path(char **v, known_check_fn *known, struct err *e)
{
    (void)known;
    if (**v != '/')
        return err_set(e, ERR_USAGE, "\"%s\" is no whole path; begin it with /", *v);
    return 0;
}

static int check_zone(char **v, known_check_fn *known, struct err *e)
{
    struct zone *z;

    (void)known;
    if (zone_load(*v, &z, e) < 0)
        return -1;
    zone_free(z);
    return 0;
}

static int check_division(char **v, known_check_fn *known, struct err *e)
{
    struct holidays *h = holidays_new(*v);

    (void)known;
    if (!h)
        return err_set(e, ERR_USAGE,
                       "\"%s\" is no division; it is england-and-wales, scotland or "
                       "northern-ireland",
                       *v);
    holidays_free(h);
    return 0;
}

static int check_mode(char **v, known_check_fn *known, struct err *e)
{
    size_t len = strlen(*v);

    (void)known;
    if (len < 3 || len > 4 || strspn(*v, "01234567") != len)
        return err_set(e, ERR_USAGE, "\"%s\" is no octal mode; write three digits such as 0660",
                       *v);
    if (len == 4 && **v != '0')
        return err_set(e, ERR_USAGE, "\"%s\" sets more than permissions; the highest is 0777", *v);
    return 0;
}

static int warn_group(const char *name, struct err *e)
{
    if (getgrnam(name))
        return 0;
    err_set(e, ERR_NOTFOUND, "there is no group \"%s\" on this machine yet (groupadd makes one)",
            name);
    return 1;
}

static int check_group(char **v, known_check_fn *known, struct err *e)
{
    (void)known;
    if (**v == '@')
        return err_set(e, ERR_USAGE, "is a group's name here; write it without @");
    return warn_group(*v, e);
}

static int check_users(char **v, known_check_fn *known, struct err *e)
{
    (void)known;
    if (strcmp(*v, "@") == 0 || strpbrk(*v, " \t:,/"))
        return err_set(e, ERR_USAGE, "\"%s\" is neither a user's name nor @group", *v);
    if (**v == '@')
        return warn_group(*v + 1, e);
    if (getpwnam(*v))
        return 0;
    err_set(e, ERR_NOTFOUND, "there is no user \"%s\" on this machine yet", *v);
    return 1;
}

static int check_sender(char **v, known_check_fn *known, struct err *e)
{
    char *name, *address;

    (void)known;
    if (mail_address(*v, &name, &address, e) < 0)
        return -1;
    free(name);
    free(address);
    return 0;
}

static int check_address(char **v, known_check_fn *known, struct err *e)
{
    char *name, *address;

    (void)known;
    if (mail_address(*v, &name, &address, e) < 0)
        return -1;
    free(name);
    free(*v);
    *v = address;
    return 0;
}

static int check_secret(char **v, known_check_fn *known, struct err *e)
{
    (void)known;
    if (**v != '/' && strchr(*v, '/'))
        return err_set(e, ERR_USAGE,
                       "\"%s\" is neither a whole path nor a bare name under "
                       "$CREDENTIALS_DIRECTORY",
                       *v);
    return 0;
}

static int check_slug(char **v, known_check_fn *known, struct err *e)
{
    size_t len = strlen(*v);

    (void)known;
    for (char *p = *v; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    if (len > SLUG_MAX || strspn(*v, slug_marks) != len || **v == '-' || (*v)[len - 1] == '-')
        return err_set(e, ERR_USAGE, "is to be 1 to %d of a-z, 0-9 and -, no - at either end",
                       SLUG_MAX);
    return 0;
}

static int check_check(char **v, known_check_fn *known, struct err *e)
{
    if (known && !known(*v))
        return err_set(e, ERR_USAGE, "there is no check \"%s\"; csid --print-config shows some",
                       *v);
    return 0;
}

static int check_both(char **v, known_check_fn *known, struct err *e)
{
    enum cron_both both;

    (void)known;
    return cron_both_read(*v, &both, e);
}

static int check_catchup(char **v, known_check_fn *known, struct err *e)
{
    enum catchup kind;

    (void)known;
    return catchup_read(*v, &kind, e);
}

static int check_window(char **v, known_check_fn *known, struct err *e)
{
    int64_t seconds;

    (void)known;
    return catchup_window_read(*v, &seconds, e);
}

/* Kept in one spelling: another is no other policy. */
static int check_escalation(char **v, known_check_fn *known, struct err *e)
{
    struct escalation_policy policy;

    (void)known;
    if (escalation_parse(*v, &policy, e) < 0)
        return -1;
    free(*v);
    *v = escalation_text(&policy);
    return 0;
}

static int check_date(char **v, known_check_fn *known, struct err *e)
{
    day_t day;

    (void)known;
    if (day_parse_iso(*v, &day) < 0)
        return err_set(e, ERR_USAGE, "\"%s\" is no date; write it as 2017-10-02", *v);
    return 0;
}

static int check_interval(char **v, known_check_fn *known, struct err *e)
{
    int64_t seconds;

    (void)known;
    if (when_duration(*v, &seconds, e) < 0)
        return -1;
    if (seconds < INTERVAL_MIN_S || seconds > INTERVAL_MAX_S)
        return err_set(e, ERR_USAGE, "is to be from 1m to 1d");
    return 0;
}

const struct config_type config_type_text = {CONFIG_TEXT, "a text", check_text};
const struct config_type config_type_path = {CONFIG_TEXT, "a path", check_path};
const struct config_type config_type_zone = {CONFIG_TEXT, "a zone such as Europe/London",
                                             check_zone};
const struct config_type config_type_division = {
    CONFIG_TEXT, "a division such as england-and-wales", check_division};
const struct config_type config_type_mode = {CONFIG_MODE, "an octal mode such as 0660", check_mode};
const struct config_type config_type_group = {CONFIG_TEXT, "a group's name", check_group};
const struct config_type config_type_users = {CONFIG_LIST, "a list of users such as [root]",
                                              check_users};
const struct config_type config_type_sender = {CONFIG_TEXT, "an address", check_sender};
const struct config_type config_type_address = {CONFIG_TEXT, "an address", check_address};
const struct config_type config_type_secret = {CONFIG_TEXT, "a path or a name", check_secret};
static int check_ladder(char **v, known_check_fn *known, struct err *e)
{
    struct ladder l;

    (void)known;
    return ladder_parse(*v, &l, e);
}

static int check_role(char **v, known_check_fn *known, struct err *e)
{
    char *slug;

    (void)known;
    if (slug_parse(*v, &slug, e) < 0)
        return -1;
    free(*v);
    *v = slug;
    return 0;
}

static int check_quiet(char **v, known_check_fn *known, struct err *e)
{
    int from, to;

    (void)known;
    return policy_quiet_parse(*v, &from, &to, e);
}

static int check_quiet_days(char **v, known_check_fn *known, struct err *e)
{
    (void)known;
    if (strcmp(*v, "none") == 0 || strcmp(*v, QUIET_DAYS_NON_WORKING) == 0)
        return 0;
    return err_set(e, ERR_USAGE, "\"%s\" is neither none nor %s", *v, QUIET_DAYS_NON_WORKING);
}

static int check_days(char **v, known_check_fn *known, struct err *e)
{
    int days;

    (void)known;
    return policy_days_parse(*v, &days, e);
}

const struct config_type config_type_slug = {CONFIG_TEXT, "a name", check_slug};
const struct config_type config_type_check = {CONFIG_TEXT, "a check's name", check_check};
/* what its fields mean hangs on dom_dow too: config_finish_schedule reads them */
const struct config_type config_type_cron = {CONFIG_TEXT, "a cron expression", check_text};
const struct config_type config_type_both = {CONFIG_TEXT, "and or or", check_both};
const struct config_type config_type_catchup = {CONFIG_TEXT, "latest, all or none", check_catchup};
const struct config_type config_type_window = {CONFIG_TEXT, "a duration such as 24h", check_window};
const struct config_type config_type_ladder = {CONFIG_TEXT, "a ladder such as 28 7 0 +1 every 5",
                                               check_ladder};
const struct config_type config_type_roles = {CONFIG_LIST, "a list of roles", check_role};
const struct config_type config_type_quiet = {CONFIG_TEXT, "hours such as 20:00-07:00",
                                              check_quiet};
const struct config_type config_type_quiet_days = {CONFIG_TEXT, "none or non-working",
                                                   check_quiet_days};
const struct config_type config_type_days = {CONFIG_TEXT, "a number of days", check_days};
const struct config_type config_type_escalation = {
    CONFIG_TEXT, "roles and working days, such as owner +1, line-manager +3", check_escalation};
const struct config_type config_type_date = {CONFIG_TEXT, "a date such as 2017-10-02", check_date};
const struct config_type config_type_interval = {CONFIG_TEXT, "a duration such as 5m",
                                                 check_interval};
const struct config_type config_type_section = {CONFIG_SECTION, "a mapping of options", NULL};
const struct config_type config_type_entries = {CONFIG_ENTRIES, "a list", NULL};
