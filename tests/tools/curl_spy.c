/* What csid asks of libcurl, for tests of limits that nobody waits for: preloaded before libcurl,
 * it writes "HANDLE NAME VALUE" for each option to the file in CURL_SPY and passes the option on.
 */
#include <dlfcn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <curl/curl.h>

#undef curl_easy_setopt

#define KIND 10000 /* an option's number says the type of its argument, in tens of thousands */

static void tell_list(FILE *out, const struct curl_slist *l)
{
    for (; l; l = l->next)
        fprintf(out, "%s%s", l->data, l->next ? "|" : "");
}

static void tell(CURL *curl, CURLoption option, intptr_t value)
{
    const struct curl_easyoption *o = curl_easy_option_by_id(option);
    const char *path = getenv("CURL_SPY");
    FILE *out;

    if (!path || !o ||
        (o->type == CURLOT_SLIST && !value)) /* a list that is taken back asks nothing */
        return;
    out = fopen(path, "a");
    if (!out)
        abort();
    fprintf(out, "%p %s ", (void *)curl, o->name);
    if (o->type == CURLOT_STRING && value)
        fprintf(out, "%s", (const char *)value);
    else if (o->type == CURLOT_SLIST)
        tell_list(out, (const struct curl_slist *)value);
    else
        fprintf(out, "%jd", (intmax_t)value);
    fputc('\n', out);
    fclose(out);
}

CURLcode curl_easy_setopt(CURL *curl, CURLoption option, ...)
{
    CURLcode (*pass)(CURL *, CURLoption, ...) =
        (CURLcode(*)(CURL *, CURLoption, ...))dlsym(RTLD_NEXT, "curl_easy_setopt");
    va_list ap;
    CURLcode rc;

    va_start(ap, option);
    if (option / KIND == CURLOPTTYPE_LONG / KIND) {
        long value = va_arg(ap, long);

        tell(curl, option, value);
        rc = pass(curl, option, value);
    } else if (option / KIND == CURLOPTTYPE_OFF_T / KIND) {
        curl_off_t value = va_arg(ap, curl_off_t);

        tell(curl, option, (intptr_t)value);
        rc = pass(curl, option, value);
    } else {
        void *value = va_arg(ap, void *);

        tell(curl, option, (intptr_t)value);
        rc = pass(curl, option, value);
    }
    va_end(ap);
    return rc;
}
