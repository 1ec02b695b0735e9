#include "client/print.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"

#define REPLACEMENT "\xef\xbf\xbd"
#define SGR_MAX     64

static struct {
    struct text out;  /* not written yet */
    struct text held; /* the start of a character or colour whose rest has not come */
    bool terminal;
    int fault; /* errno of the first failed write */
} out;

void print_begin(void)
{
    /* opened the wrong way round: a use of them fails like that of a closed one */
    static const int modes[] = {O_WRONLY, O_RDONLY, O_RDONLY};

    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) != fd)
            _exit(EXIT_FAILED);
    out.terminal = isatty(STDOUT_FILENO);
}

static int write_all(int fd, const char *s, size_t len)
{
    while (len) {
        ssize_t n = write(fd, s, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        s += n;
        len -= (size_t)n;
    }
    return 0;
}

static bool flush(void)
{
    if (!out.fault && write_all(STDOUT_FILENO, out.out.s, out.out.len) < 0)
        out.fault = errno;
    text_clear(&out.out);
    return !out.fault;
}

/* Length of ESC [ digits ; : m at s; 0 if it is none; beyond n if it may yet become one. */
static size_t sgr(const char *s, size_t n)
{
    size_t i = 2;

    if (n < 2)
        return n + 1;
    if (s[1] != '[')
        return 0;
    while (i < n && i < SGR_MAX && strchr("0123456789;:", s[i]) && s[i])
        i++;
    if (i == n && i < SGR_MAX)
        return n + 1;
    return i < SGR_MAX && s[i] == 'm' ? i + 1 : 0;
}

/* Whether the n bytes at s may be the beginning of a longer character of UTF-8. */
static bool unfinished(const char *s, size_t n)
{
    unsigned char lead = (unsigned char)s[0];
    size_t want = lead < 0xc2 || lead > 0xf4 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;

    for (size_t i = 1; i < n && i < want; i++)
        if ((s[i] & 0xc0) != 0x80)
            return false;
    return n < want;
}

/* Length of what stands at s and goes out as it is; 0 if it must not; beyond n if more must come.
 */
static size_t harmless(const char *s, size_t n)
{
    unsigned code = 0;
    size_t len;

    if (*s == '\x1b')
        return sgr(s, n);
    if (*s == '\r') /* of a line's end in CSV and calendars */
        return n < 2 ? n + 1 : s[1] == '\n';
    len = utf8_char(s, n, &code);
    if (len == 0)
        return unfinished(s, n) ? n + 1 : 0;
    if (code == '\n' || code == '\t' || (code >= 0x20 && code < 0x7f) || code >= 0xa0)
        return len;
    return 0;
}

static void filter(bool last)
{
    const char *s = out.held.s;
    size_t n = out.held.len;

    while (n) {
        size_t len = harmless(s, n);

        if (len > n && !last)
            break;
        if (len == 0 || len > n) {
            unsigned code;
            text_add(&out.out, REPLACEMENT);
            len = utf8_char(s, n, &code);
            len = len ? len : 1;
        } else {
            text_add_bytes(&out.out, s, len);
        }
        s += len;
        n -= len;
    }
    memmove(out.held.s, s, n);
    out.held.len = n;
}

bool print_bytes(const void *bytes, size_t len)
{
    if (out.fault)
        return false;
    if (!out.terminal) {
        text_add_bytes(&out.out, bytes, len);
    } else {
        text_add_bytes(&out.held, bytes, len);
        filter(false);
    }
    return out.out.len < 65536 || flush();
}

bool print_text(const char *s)
{
    return print_bytes(s, strlen(s));
}

char *formatted(const char *fmt, va_list ap)
{
    struct text t = TEXT_INIT;

    text_addv(&t, fmt, ap);
    return text_take(&t);
}

bool printed(const char *fmt, ...)
{
    char *s;
    va_list ap;
    bool ok;

    va_start(ap, fmt);
    s = formatted(fmt, ap);
    va_end(ap);
    ok = print_text(s);
    free(s);
    return ok;
}

int print_end(int status)
{
    if (out.held.len)
        filter(true);
    if (out.out.len)
        flush();
    text_free(&out.out);
    text_free(&out.held);
    if (!out.fault)
        return status;
    if (out.fault == EPIPE)
        return status;
    return complain(EXIT_FAILED, "cannot write to standard output: %s", strerror(out.fault));
}

unsigned print_width(void)
{
    struct winsize size = {0};
    unsigned long columns = 0;
    const char *given;

    if (!out.terminal)
        return 0;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        columns = size.ws_col;
    given = getenv("COLUMNS");
    if (!columns && given)
        columns = strtoul(given, NULL, 10);
    if (columns == 0 || columns > 10000)
        columns = 80;
    return columns < 20 ? 20 : (unsigned)columns;
}

/* Breaks the text between words, in place, so that no line of it is wider than a terminal on
 * stderr. */
static void fit(char *s)
{
    struct winsize size = {0};
    size_t column = 0;
    char *blank = NULL;

    if (!isatty(STDERR_FILENO) || ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col < 20)
        return;
    for (char *p = s; *p; p++) {
        column = *p == '\n' ? 0 : column + ((*p & 0xc0) != 0x80);
        if (*p == ' ' && column > 0 && column <= size.ws_col + 1u)
            blank = p;
        if (*p == '\n')
            blank = NULL;
        if (column > size.ws_col && blank) {
            *blank = '\n';
            p = blank;
            blank = NULL;
            column = 0;
        }
    }
}

static void say(const char *before, const char *fmt, va_list ap, const char *after)
    __attribute__((format(printf, 2, 0)));

static void say(const char *before, const char *fmt, va_list ap, const char *after)
{
    struct text line = TEXT_INIT;
    char *raw = formatted(fmt, ap), *clean;

    clean = text_clean(raw, strlen(raw), NULL);
    text_add(&line, before);
    text_add(&line, clean);
    fit(line.s);
    text_add(&line, after);
    (void)!write_all(STDERR_FILENO, line.s, line.len);
    text_free(&line);
    free(clean);
    free(raw);
}

int complain(int status, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    say("csictl: ", fmt, ap, "\n");
    va_end(ap);
    return status;
}

void advise(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    say("", fmt, ap, "\n");
    va_end(ap);
}

void print_question(const char *fmt, va_list ap)
{
    flush();
    say("", fmt, ap, " ");
}

bool waiting_begin(void)
{
    static const char note[] = "csictl: waiting for csid …";

    return isatty(STDERR_FILENO) && write_all(STDERR_FILENO, note, strlen(note)) == 0;
}

void waiting_end(void)
{
    (void)!write_all(STDERR_FILENO, "\r\x1b[K", 4);
}
