#include "client/http.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/print.h"
#include "client/reach.h"

#define HEAD_MAX    65536
#define PATIENCE_MS 1000
#define CHUNK       65536

/* Sends until all is sent or csid has answered already (a refusal need not wait for the body). */
static void send_part(int fd, const struct text *part)
{
    size_t sent = 0;

    while (sent < part->len) {
        struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT};
        ssize_t n;

        if (poll(&p, 1, -1) < 0 && errno == EINTR)
            continue;
        if (p.revents & (POLLIN | POLLERR | POLLHUP))
            return;
        n = send(fd, part->s + sent, part->len - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return; /* reading tells what became of it */
        sent += n > 0 ? (size_t)n : 0;
    }
}

static void await(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int n = poll(&p, 1, PATIENCE_MS);

    if (n == 0 && waiting_begin()) {
        while (poll(&p, 1, -1) < 0 && errno == EINTR)
            ;
        waiting_end();
    }
}

/* Bytes received, 0 at the end of the connection, -1 if it was broken off. */
static ssize_t receive(struct http *h)
{
    char chunk[CHUNK];
    ssize_t n;

    do
        n = recv(h->fd, chunk, sizeof chunk, 0);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        text_add_bytes(&h->in, chunk, (size_t)n);
    return n;
}

static int cut_off(const struct http *h)
{
    return complain(EXIT_UNREACHABLE, "the answer of csid at %s was cut off; was it stopped?",
                    h->path);
}

static int unreadable(const struct http *h)
{
    return complain(EXIT_UNREACHABLE, "what listens at %s does not answer as csid does", h->path);
}

static int content_length(struct http *h, const char *value)
{
    size_t digits = strspn(value, "0123456789");
    unsigned long long before = h->left;

    if (digits == 0 || digits > 18 || value[digits + strspn(value + digits, " \t")] != '\0')
        return -1;
    h->left = strtoull(value, NULL, 10);
    if (h->has_length && h->left != before)
        return -1;
    h->has_length = true;
    return 0;
}

static int content_type(struct http *h, const char *value)
{
    static const char problem[] = "application/problem+json";
    size_t len = strlen(problem);

    h->is_problem = strncasecmp(value, problem, len) == 0 && !isalnum((unsigned char)value[len]);
    return 0;
}

/* Only HTTP/1.1 has it, which was not asked for. */
static int transfer_encoding(struct http *h, const char *value)
{
    (void)h;
    return strcasecmp(value, "identity") == 0 ? 0 : -1;
}

static const struct {
    const char *name;
    int (*take)(struct http *h, const char *value);
} fields[] = {
    {"Content-Length:", content_length},
    {"Content-Type:", content_type},
    {"Transfer-Encoding:", transfer_encoding},
};

static int take_field(struct http *h, const char *line)
{
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        size_t len = strlen(fields[i].name);

        if (strncasecmp(line, fields[i].name, len) == 0)
            return fields[i].take(h, line + len + strspn(line + len, " \t"));
    }
    return 0;
}

static int take_status(struct http *h, const char *line)
{
    const char *s = line + strlen("HTTP/1.x ");

    if (strncmp(line, "HTTP/1.", 7) != 0 || strlen(line) < 12 || strspn(s, "0123456789") != 3)
        return -1;
    h->status = (int)strtol(s, NULL, 10);
    return h->status >= 200 && h->status < 600 ? 0 : -1;
}

/* The head, NUL-terminated, line by line; a NUL within it is cut there and is no head of csid's. */
static int take_head(struct http *h, char *head)
{
    char *rest = head, *line = strsep(&rest, "\n");

    for (bool first = true; line && *line && *line != '\r'; line = strsep(&rest, "\n")) {
        line[strcspn(line, "\r")] = '\0';
        if ((first ? take_status(h, line) : take_field(h, line)) < 0)
            return -1;
        first = false;
    }
    return h->status ? 0 : -1;
}

static int read_head(struct http *h)
{
    char *end;

    for (;;) {
        ssize_t n = receive(h);

        if (n <= 0)
            return cut_off(h);
        if (h->in.len >= 5 && memcmp(h->in.s, "HTTP/", 5) != 0)
            return unreadable(h);
        end = memmem(h->in.s, h->in.len, "\r\n\r\n", 4);
        if (end)
            break;
        if (h->in.len > HEAD_MAX)
            return unreadable(h);
    }
    end[2] = '\0';
    h->taken = (size_t)(end - h->in.s) + 4;
    return take_head(h, h->in.s) < 0 ? unreadable(h) : EXIT_DONE;
}

int http_ask(const char *socket_path, const struct request *r, struct http *ret)
{
    int rc;

    *ret = (struct http){.path = socket_path, .in = TEXT_INIT};
    rc = reach(socket_path, &ret->fd);
    if (rc)
        return rc;
    send_part(ret->fd, &r->head);
    send_part(ret->fd, &r->body);
    await(ret->fd);
    rc = read_head(ret);
    if (rc)
        http_close(ret);
    return rc;
}

int http_body(struct http *h, const char **ret, size_t *ret_len)
{
    size_t have = h->in.len - h->taken;

    if (have == 0 && (!h->has_length || h->left)) {
        ssize_t n;

        text_clear(&h->in);
        h->taken = 0;
        n = receive(h);
        if (n < 0 || (n == 0 && h->has_length))
            return cut_off(h);
        have = h->in.len;
    }
    if (h->has_length && have > h->left)
        have = (size_t)h->left;
    *ret = h->in.s + h->taken;
    *ret_len = have;
    h->taken += have;
    h->left -= h->has_length ? have : 0;
    return EXIT_DONE;
}

void http_close(struct http *h)
{
    close(h->fd);
    text_free(&h->in);
}
