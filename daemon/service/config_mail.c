/* What the options of mail and webhooks may be that say how they are carried. */
#include <stdlib.h>
#include <string.h>

#include "courier/mail.h"
#include "service/config_value.h"

static int check_connections(char **v, bool (*known)(const char *name), struct err *e)
{
    char *end;
    long n = strtol(*v, &end, 10);

    (void)known;
    if (*end || **v < '0' || **v > '9' || n < 1 || n > MAIL_WORKERS)
        return err_set(e, ERR_USAGE, "\"%s\" is no number from 1 to %d", *v, MAIL_WORKERS);
    return 0;
}

static int check_per_minute(char **v, bool (*known)(const char *name), struct err *e)
{
    (void)known;
    if (strspn(*v, "0123456789") != strlen(*v))
        return err_set(e, ERR_USAGE, "\"%s\" is no number from 0 to 999999", *v);
    return 0;
}

static int check_on_doubt(char **v, bool (*known)(const char *name), struct err *e)
{
    (void)known;
    if (strcmp(*v, "resend") != 0 && strcmp(*v, ON_DOUBT_HOLD) != 0)
        return err_set(e, ERR_USAGE, "\"%s\" is neither resend nor hold", *v);
    return 0;
}

const struct config_type config_type_per_minute = {CONFIG_TEXT, "a number", check_per_minute};
const struct config_type config_type_on_doubt = {CONFIG_TEXT, "resend or hold", check_on_doubt};
const struct config_type config_type_connections = {CONFIG_TEXT, "a number from 1 to 16",
                                                    check_connections};
