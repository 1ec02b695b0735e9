#include "courier/notify.h"

#include <curl/curl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/failpoint.h"
#include "base/mem.h"
#include "base/text.h"
#include "notice/message.h"
#include "notice/mime.h"

#define CONNECT_S  10L
#define ANSWER_S   25L /* a token is good for 30 */
#define ANSWER_MAX (256 * 1024)
#define SAID_MAX   400

struct notify {
    CURL *curl;
    struct notify_server server;
    struct peer peer;
    const atomic_bool *stop;
    /* the request under way */
    struct text answer;
    char error[CURL_ERROR_SIZE];
    int64_t passed; /* seconds since `now` that requests have taken */
};

/* ---- one request ---- */

static size_t on_answer(char *bytes, size_t size, size_t count, void *arg)
{
    struct notify *n = arg;

    if (n->answer.len + size * count > ANSWER_MAX)
        return 0;
    text_add_bytes(&n->answer, bytes, size * count);
    return size * count;
}

static int on_progress(void *arg, curl_off_t down_all, curl_off_t down, curl_off_t up_all,
                       curl_off_t up)
{
    const struct notify *n = arg;

    (void)down_all;
    (void)down;
    (void)up_all;
    (void)up;
    return atomic_load(n->stop);
}

static void set_options(struct notify *n)
{
    CURL *c = n->curl;

    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR,
                     strncmp(n->server.url, "https:", 6) == 0 ? "https" : "http");
    curl_easy_setopt(c, CURLOPT_PROXY, n->server.proxy);
    curl_easy_setopt(c, CURLOPT_NOPROXY, "");
    if (*n->server.ca_file)
        curl_easy_setopt(c, CURLOPT_CAINFO, n->server.ca_file);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L);
    /* on a kept connection that has died libcurl would post again by itself */
    curl_easy_setopt(c, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, CONNECT_S);
    curl_easy_setopt(c, CURLOPT_TIMEOUT, ANSWER_S);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "csid/" CSID_VERSION);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_answer);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, n);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(c, CURLOPT_XFERINFODATA, n);
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, n->error);
    peer_listen(&n->peer, c);
}

struct notify *notify_open(const struct notify_server *server, const atomic_bool *stop)
{
    struct notify *n = xcalloc(1, sizeof *n);

    *n = (struct notify){.server = *server, .stop = stop};
    n->curl = curl_easy_init();
    if (!n->curl)
        abort(); /* out of memory, as everywhere */
    text_clear(&n->answer);
    set_options(n);
    return n;
}

void notify_close(struct notify *n)
{
    if (!n)
        return;
    curl_easy_cleanup(n->curl);
    text_free(&n->answer);
    free(n);
}

static struct curl_slist *headers(const struct notify *n, utc_t now)
{
    char *token = notify_token(n->server.key, (utc_t){now.s + n->passed});
    char *bearer = xasprintf("Authorization: Bearer %s", token);
    struct curl_slist *list = curl_slist_append(NULL, bearer);

    list = curl_slist_append(list, "Content-Type: application/json");
    list = curl_slist_append(list, "Accept: application/json");
    list = curl_slist_append(list, "Expect:"); /* no waiting for a 100 */
    free(token);
    free(bearer);
    return list;
}

/* body NULL: GET. What comes back is in n->answer. */
static struct notify_end ask(struct notify *n, const char *path, const char *body, utc_t now)
{
    char *base = xstrndup(n->server.url, strlen(n->server.url) -
                                             (n->server.url[strlen(n->server.url) - 1] == '/'));
    char *url = xasprintf("%s%s", base, path);
    struct curl_slist *list = headers(n, now);
    struct notify_end end = {.asking = !body};
    curl_off_t took = 0;
    long status = 0, sent = 0;

    text_clear(&n->answer);
    n->error[0] = '\0';
    curl_easy_setopt(n->curl, CURLOPT_URL, url);
    curl_easy_setopt(n->curl, CURLOPT_HTTPHEADER, list);
    if (body)
        curl_easy_setopt(n->curl, CURLOPT_POSTFIELDS, body);
    else
        curl_easy_setopt(n->curl, CURLOPT_HTTPGET, 1L);
    end.curl = (int)curl_easy_perform(n->curl);
    curl_easy_getinfo(n->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(n->curl, CURLINFO_REQUEST_SIZE, &sent);
    curl_easy_getinfo(n->curl, CURLINFO_TOTAL_TIME_T, &took);
    curl_easy_setopt(n->curl, CURLOPT_HTTPGET, 1L); /* lets go of the body */
    curl_easy_setopt(n->curl, CURLOPT_HTTPHEADER, NULL);
    n->passed += took / 1000000;
    end.status = (int)status;
    end.sent = sent > 0;
    curl_slist_free_all(list);
    free(url);
    free(base);
    return end;
}

/* ---- what it said ---- */

static const char *member(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));

    return s ? s : "";
}

static char *cut(char *line)
{
    char *shorter = xstrndup(line, strnlen(line, SAID_MAX));
    char *whole = text_clean(shorter, strlen(shorter), NULL); /* a cut may halve a character */

    free(line);
    free(shorter);
    return whole;
}

/* {"errors": [{"error": "BadRequestError", "message": "…"}]} */
static char *read_error(struct notify_end *end, const json_t *answer)
{
    const json_t *first = json_array_get(json_object_get(answer, "errors"), 0);
    char *said =
        first ? xasprintf("GOV.UK Notify: HTTP %d %s: %s", end->status, member(first, "error"),
                          member(first, "message"))
              : xasprintf("GOV.UK Notify: HTTP %d, and nothing that Notify would say", end->status);
    char *line = cut(text_one_line(said));

    end->error = notify_error(member(first, "error"), member(first, "message"));
    free(said);
    return line;
}

static char *no_answer(const struct notify *n, const struct notify_end *end)
{
    const char *why = n->error[0] ? n->error : curl_easy_strerror((CURLcode)end->curl);

    return xasprintf("GOV.UK Notify: %s", why);
}

static char *accepted(const json_t *row, const char *how)
{
    char *said = xasprintf("GOV.UK Notify %s %s%s%s", how, member(row, "id"),
                           *member(row, "status") ? ", " : "", member(row, "status"));
    char *line = cut(text_one_line(said));

    free(said);
    return line;
}

/* Whether one of the notifications listed has our reference: what another service of ours sent. */
static const json_t *find(const json_t *answer, const char *reference)
{
    const json_t *row;
    size_t i;

    json_array_foreach(json_object_get(answer, "notifications"), i, row)
    {
        if (strcmp(member(row, "reference"), reference) == 0)
            return row;
    }
    return NULL;
}

static void judge(struct notify *n, struct notify_end *end, const char *reference, utc_t now,
                  struct ended *ret)
{
    json_t *answer = json_loadb(n->answer.s, n->answer.len, JSON_REJECT_DUPLICATES, NULL);
    const json_t *row = end->asking ? find(answer, reference) : answer;

    end->found = end->asking && end->status == 200 && row;
    end->none = end->asking && end->status == 200 && !row &&
                json_is_array(json_object_get(answer, "notifications"));
    if (end->found)
        ret->reply = accepted(row, "had it already, as");
    else if (end->status == 201 && !end->asking)
        ret->reply = accepted(row, "has it as");
    else
        ret->reply = end->status ? read_error(end, answer) : no_answer(n, end);
    ret->verdict = verdict_notify(end, now.s + n->passed, &ret->wait);
    json_decref(answer);
}

/* ---- one mail ---- */

static struct notify_end look_first(struct notify *n, const struct outbox_message *m, utc_t now)
{
    char *reference = curl_easy_escape(n->curl, m->message_id, 0);
    char *path = xasprintf("/v2/notifications?reference=%s", reference);
    struct notify_end end = ask(n, path, NULL, now);

    curl_free(reference);
    free(path);
    return end;
}

static struct notify_end post(struct notify *n, const struct outbox_message *m, utc_t now)
{
    char *plain = mime_plain_part(m->body, m->body_len);
    char *body = notify_markdown(plain ? plain : "");
    char *subject =
        m->redirected_to ? mail_redirected_subject(m->recipient, m->subject) : xstrdup(m->subject);
    char *request =
        notify_request(n->server.template, outbox_goes_to(m), subject, body, m->message_id);
    struct notify_end end = ask(n, "/v2/notifications/email", request, now);

    free(plain);
    free(body);
    free(subject);
    free(request);
    return end;
}

void notify_send(struct notify *n, const struct outbox_message *m, utc_t now, struct ended *ret)
{
    struct notify_end end = {.none = true};

    *ret = (struct ended){.reply = NULL};
    n->passed = 0;
    if (m->attempts > 1) {
        end = look_first(n, m, now);
        judge(n, &end, m->message_id, now, ret);
    }
    if (end.none) {
        free(ret->reply);
        end = post(n, m, now);
        judge(n, &end, m->message_id, now, ret);
    }
    if (ret->verdict == VERDICT_ACCEPTED)
        failpoint("accepted");
    peer_note(&n->peer, n->curl);
    ret->peer = n->peer;
}
