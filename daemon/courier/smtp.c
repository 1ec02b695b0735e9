#include "courier/smtp.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/failpoint.h"
#include "base/mem.h"
#include "base/text.h"
#include "courier/vet.h"

#define CONNECT_S  30L
#define REPLY_S    600L /* RFC 5321, 4.5.3.2.6: the reply to the final dot may take ten minutes */
#define TRANSFER_S 900L
#define WORDS_MAX  400

struct smtp {
    CURL *curl;
    struct smtp_server server;
    const atomic_bool *stop;
    bool authenticated;
    curl_socket_t socket; /* of the connection last made */
    struct peer peer;     /* its other side */
    /* the dialogue of the mail under way */
    struct smtp_end end;
    struct text words; /* the last reply */
    bool words_whole, closing;
    const char *bytes;
    size_t left;
    char error[CURL_ERROR_SIZE];
};

bool smtp_is_local(const char *url)
{
    CURLU *u = curl_url();
    char *host = NULL;
    struct network n;
    bool local = false;

    if (curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
        curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
        size_t len = strlen(host);

        if (host[0] == '[' && host[len - 1] == ']') { /* as a URL writes an IPv6 address */
            host[len - 1] = '\0';
            memmove(host, host + 1, len - 1);
        }
        local = strcasecmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
                (vet_parse(host, &n) == 0 && n.family == AF_INET && n.bytes[0] == 127);
    }
    curl_free(host);
    curl_url_cleanup(u);
    return local;
}

/* ---- the dialogue ---- */

static void note_command(struct smtp *s, const char *line)
{
    int step = verdict_step(line);

    if (strcspn(line, " \r\n") == 4 && strncasecmp(line, "QUIT", 4) == 0)
        s->closing = true;
    if (step < 0 || s->closing)
        return;
    s->end.step = (enum smtp_step)step;
    s->end.code = 0;
    if (s->end.step == STEP_HELLO)
        s->authenticated = false;
    if (s->end.step == STEP_AUTH)
        s->authenticated = true;
    /* libcurl goes on without logging in when the server offers no AUTH: nothing follows the MAIL
     */
    if (s->end.step == STEP_MAIL && *s->server.username && !s->authenticated) {
        s->end.no_auth = true;
        shutdown(s->socket, SHUT_RDWR);
    }
}

static void note_reply(struct smtp *s, const char *line, size_t len)
{
    while (len && (line[len - 1] == '\n' || line[len - 1] == '\r'))
        len--;
    if (s->closing || len < 3 || strspn(line, "0123456789") < 3)
        return;
    if (s->words_whole)
        text_clear(&s->words);
    if (s->words.len && s->words.len < WORDS_MAX)
        text_add(&s->words, " ");
    if (s->words.len < WORDS_MAX)
        text_add_bytes(&s->words, line, len < WORDS_MAX ? len : WORDS_MAX);
    s->words_whole = len == 3 || line[3] != '-';
    if (!s->words_whole)
        return;
    if (s->end.step == STEP_CONNECT)
        failpoint("connect");
    s->end.code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + line[2] - '0';
    if (s->end.step == STEP_DATA && s->end.code == 354)
        s->end.step = STEP_BODY;
}

static int on_debug(CURL *curl, curl_infotype type, char *data, size_t len, void *arg)
{
    char *line = xstrndup(data, len);

    (void)curl;
    peer_hear(&((struct smtp *)arg)->peer, type, data, len);
    if (type == CURLINFO_HEADER_OUT)
        note_command(arg, line);
    else if (type == CURLINFO_HEADER_IN)
        note_reply(arg, line, strlen(line));
    free(line);
    return 0;
}

static int on_socket(void *arg, curl_socket_t fd, curlsocktype purpose)
{
    (void)purpose;
    ((struct smtp *)arg)->socket = fd;
    peer_reset(&((struct smtp *)arg)->peer);
    return CURL_SOCKOPT_OK;
}

static size_t on_read(char *buffer, size_t size, size_t count, void *arg)
{
    struct smtp *s = arg;
    size_t n = size * count < s->left ? size * count : s->left;

    if (s->end.no_auth || atomic_load(s->stop))
        return CURL_READFUNC_ABORT;
    failpoint("data");
    memcpy(buffer, s->bytes, n);
    s->bytes += n;
    s->left -= n;
    return n;
}

static int on_progress(void *arg, curl_off_t down_all, curl_off_t down, curl_off_t up_all,
                       curl_off_t up)
{
    const struct smtp *s = arg;

    (void)down_all;
    (void)down;
    (void)up_all;
    (void)up;
    if (s->end.step == STEP_BODY && !s->left && !s->closing)
        failpoint("dot");
    return s->end.no_auth || atomic_load(s->stop);
}

/* ---- the connection ---- */

/* Never what the environment names: whoever starts csid must not lead its mail elsewhere. */
static void set_proxy(struct smtp *s)
{
    const char *proxy = s->server.proxy ? s->server.proxy : "";

    curl_easy_setopt(s->curl, CURLOPT_PROXY, proxy);
    curl_easy_setopt(s->curl, CURLOPT_NOPROXY, "");
    if (strncmp(proxy, "http:", strlen("http:")) == 0)
        curl_easy_setopt(s->curl, CURLOPT_HTTPPROXYTUNNEL, 1L);
}

/* No CURLOPT_INFILESIZE: with it libcurl 7.88 can drop the tail of a mail and report success. */
static void set_options(struct smtp *s)
{
    CURL *c = s->curl;

    curl_easy_setopt(c, CURLOPT_URL, s->server.url);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    set_proxy(s);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, CONNECT_S);
    curl_easy_setopt(c, CURLOPT_SERVER_RESPONSE_TIMEOUT, REPLY_S);
    curl_easy_setopt(c, CURLOPT_TIMEOUT, TRANSFER_S);
    curl_easy_setopt(c, CURLOPT_USE_SSL,
                     smtp_is_local(s->server.url) ? CURLUSESSL_NONE : CURLUSESSL_ALL);
    curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(c, CURLOPT_SOCKOPTFUNCTION, on_socket);
    curl_easy_setopt(c, CURLOPT_SOCKOPTDATA, s);
    curl_easy_setopt(c, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(c, CURLOPT_READDATA, s);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(c, CURLOPT_XFERINFODATA, s);
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(c, CURLOPT_DEBUGFUNCTION, on_debug);
    curl_easy_setopt(c, CURLOPT_DEBUGDATA, s);
    curl_easy_setopt(c, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, s->error);
    if (s->server.ca_file && *s->server.ca_file)
        curl_easy_setopt(c, CURLOPT_CAINFO, s->server.ca_file);
    if (*s->server.username) {
        curl_easy_setopt(c, CURLOPT_USERNAME, s->server.username);
        curl_easy_setopt(c, CURLOPT_PASSWORD, s->server.password ? s->server.password : "");
    }
}

struct smtp *smtp_open(const struct smtp_server *server, const atomic_bool *stop)
{
    struct smtp *s = xcalloc(1, sizeof *s);

    s->curl = curl_easy_init();
    if (!s->curl)
        abort(); /* out of memory, as everywhere */
    s->server = *server;
    s->stop = stop;
    s->socket = CURL_SOCKET_BAD;
    text_clear(&s->words);
    set_options(s);
    return s;
}

/* Cleaning up sends QUIT and waits for the answer, minutes with a stalled server. A socket that
 * cannot be read from ends the waiting, and QUIT goes out all the same. */
void smtp_close(struct smtp *s)
{
    curl_socket_t fd = CURL_SOCKET_BAD;

    if (!s)
        return;
    if (curl_easy_getinfo(s->curl, CURLINFO_ACTIVESOCKET, &fd) == CURLE_OK && fd != CURL_SOCKET_BAD)
        shutdown(fd, SHUT_RD);
    curl_easy_cleanup(s->curl);
    text_free(&s->words);
    free(s);
}

/* ---- one mail ---- */

static char *reply_text(const struct smtp *s)
{
    char *words = text_one_line(s->words.s), *reply;
    const char *why = s->error[0] ? s->error : curl_easy_strerror((CURLcode)s->end.curl);

    if (s->end.no_auth)
        reply = xstrdup("the server offers no AUTH, though mail.username is set");
    else if (s->end.curl == CURLE_OK)
        reply = xstrdup(words);
    else if (s->end.code >= 400)
        reply = xasprintf("%s: %s", verdict_step_name(s->end.step), words);
    else
        reply = xasprintf("%s: %s", verdict_step_name(s->end.step), why);
    free(words);
    return reply;
}

static void prepare(struct smtp *s, const char *bytes, size_t len)
{
    s->end = (struct smtp_end){.step = STEP_CONNECT};
    s->closing = false;
    s->words_whole = true;
    text_clear(&s->words);
    s->error[0] = '\0';
    s->bytes = bytes;
    s->left = len;
}

/* A connection that never came about was not a kept one either, though none was made. */
static bool was_kept(const struct smtp *s)
{
    long connects = 1;

    curl_easy_getinfo(s->curl, CURLINFO_NUM_CONNECTS, &connects);
    return connects == 0 && (s->end.step != STEP_CONNECT || s->end.curl == CURLE_SEND_ERROR ||
                             s->end.curl == CURLE_RECV_ERROR);
}

static enum verdict send_once(struct smtp *s, const char *bytes, size_t len)
{
    prepare(s, bytes, len);
    s->end.curl = (int)curl_easy_perform(s->curl);
    if (s->end.curl == CURLE_OK)
        failpoint("accepted");
    s->end.reused = was_kept(s);
    return verdict_smtp(&s->end);
}

void smtp_send(struct smtp *s, const char *from, const char *to, const char *bytes, size_t len,
               struct ended *ret)
{
    char *sender = xasprintf("<%s>", from), *rcpt = xasprintf("<%s>", to);
    struct curl_slist *rcpts = curl_slist_append(NULL, rcpt);
    enum verdict verdict;

    curl_easy_setopt(s->curl, CURLOPT_MAIL_FROM, sender);
    curl_easy_setopt(s->curl, CURLOPT_MAIL_RCPT, rcpts);
    curl_easy_setopt(s->curl, CURLOPT_FRESH_CONNECT, 0L);
    verdict = send_once(s, bytes, len);
    if (verdict == VERDICT_AGAIN) {
        curl_easy_setopt(s->curl, CURLOPT_FRESH_CONNECT, 1L);
        verdict = send_once(s, bytes, len);
    }
    peer_note(&s->peer, s->curl);
    *ret = (struct ended){.verdict = verdict, .reply = reply_text(s), .peer = s->peer};
    curl_easy_setopt(s->curl, CURLOPT_MAIL_RCPT, NULL);
    curl_slist_free_all(rcpts);
    free(sender);
    free(rcpt);
}
